"""The parameter table: the one language of syntax, automatic parameters, constraints and results.

Rows, their order and their defaults are those of lavaan 0.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.sem.structure import Structure
from cgsurvey.sem.syntax import Syntax

Kind = Literal["cfa", "sem", "growth"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ParameterTable:
    """One row per parameter, group by group; then ``:= == < >`` rows (group 0).

    Attributes
    ----------
    lhs, op, rhs : tuple of str
        The parameter; `op` is one of ``=~ ~ ~~ ~1 | ~*~ := == < >``; `rhs` of ``~1`` is "".
    group : ndarray of int
        1..G; 0 for ``:= == < >``.
    user : ndarray of int
        1 written by the user, 0 automatic, 2 equality that a repeated label implies.
    free : ndarray of int
        0 fixed, else 1.. in order of rows: each free row has its own number, as in lavaan. `structure` merges equal ones.
    exo : ndarray of int
        1 where the value is that of the sample (moments of covariates under ``fixed_x``).
    label, plabel : tuple of str
        The user's label, or the plabel of the first group's row where `group_equal` sets the rows equal; plabel is
        ``.p7.`` for row 7 (counted from 1), "" for ``:= == < >``.
    value : ndarray of float
        Fixed values; NaN where free, where `exo`, and for ``:= == < >``.
    start : ndarray of float
        The user's start values, else NaN.
    observed, latents : tuple of str
        Variables in lavaan's order; `observed` is the order of Sigma. All groups have the same.
    exogenous : tuple of str
        Observed covariates whose moments are those of the sample (empty unless ``fixed_x``).
    ordered : tuple of str
        Observed variables with thresholds.
    products : tuple of str
        Observed variables written as ``x:z`` that are not columns: made as products of columns.
    n_groups : int
    means : bool
        True with a mean structure.
    """

    lhs: tuple[str, ...]
    op: tuple[str, ...]
    rhs: tuple[str, ...]
    group: Ints
    user: Ints
    free: Ints
    exo: Ints
    label: tuple[str, ...]
    plabel: tuple[str, ...]
    value: Floats
    start: Floats
    observed: tuple[str, ...]
    latents: tuple[str, ...]
    exogenous: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    n_groups: int = 1
    means: bool = False

    def __len__(self) -> int:
        return len(self.lhs)

    @property
    def variables(self) -> tuple[str, ...]:
        """Observed, then latent variables: the order of v in `Structure`."""
        return self.observed + self.latents

    def where(self, *ops: str) -> Ints:
        """Return the rows (0-based) whose operator is one of `ops`."""
        return np.array([k for k, o in enumerate(self.op) if o in ops], dtype=np.int64)

    def name(self, row: int) -> str:
        """Return the parameter as text, e.g. "visual=~x2" (".g2" is added in the second group and after)."""
        g = int(self.group[row])
        return f"{self.lhs[row]}{self.op[row]}{self.rhs[row]}" + (f".g{g}" if g > 1 else "")


@dataclass(frozen=True)
class Restrictions:
    """What the user's ``==``, ``<``, ``>`` rows ask of theta, the merged free parameters of `Structure` (q,).

    Attributes
    ----------
    K, k0 : ndarray, shape (q, z) and (q,)
        Linear equalities hold exactly for theta = K z + k0; K is the identity when there are none.
    nonlinear, inequalities : tuple of int
        Rows of the table that K cannot express.
    """

    K: Floats
    k0: Floats
    nonlinear: tuple[int, ...] = ()
    inequalities: tuple[int, ...] = ()


def parameter_table(
    syntax: Syntax | str,
    observed_names: Iterable[str] | None = None,
    *,
    kind: Kind = "cfa",
    groups: int = 1,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    std_lv: bool = False,
    orthogonal: bool = False,
    auto: bool = True,
    auto_fix_first: bool = True,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Mapping[str, int] | None = None,
    parameterization: Literal["delta", "theta"] = "delta",
) -> ParameterTable:
    """Complete a model by the automatic parameters of `kind`.

    Parameters
    ----------
    syntax : Syntax or str
    observed_names : iterable of str, optional
        Columns of the data; names that the model uses and the data lack raise ModelError. None: not checked.
    groups : int
        Number of groups.
    meanstructure : bool, optional
        None: only where the model has intercepts, `kind` is "growth", or `group_equal` needs it.
        (Callers set it True for fiml, ordered data, clusters.)
    ordered : mapping of str to int, optional
        Number of thresholds of each ordered variable.
    """
    raise NotImplementedError


def structure(table: ParameterTable) -> Structure:
    """Place each parameter in A, S or m, and merge the free parameters that equal labels tie together.

    Cells of `exo` rows have free = -1 and value NaN: the estimator fills them from the sample (row of the cell gives the
    names: covariances or means of `table.exogenous`).
    """
    raise NotImplementedError


def restrictions(table: ParameterTable, made: Structure) -> Restrictions:
    """Return the user's linear equality constraints as theta = K z + k0, and the rows that are not linear."""
    raise NotImplementedError
