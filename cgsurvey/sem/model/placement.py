"""The parameter table as matrices: which free parameter fills which cell, and what constraints ask of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.errors import ModelError
from cgsurvey.sem.model.expressions import Linear, evaluation_order, linear_form, parse_expression
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, SCALE, THRESHOLD, Structure
from cgsurvey.sem.model.syntax import threshold_number
from cgsurvey.sem.model.table import ParameterTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


def structure(table: ParameterTable) -> Structure:
    """Place each parameter in A, S or m, and merge the free parameters that equal labels or ``a == b`` tie together.

    Cells of `exo` rows have free = -1 and value NaN: the estimator fills them from the sample (i and j of the cell are
    places in `table.observed`).

    Raises
    ------
    ModelError
        When two parameters stand in one place, such as ``f =~ y`` and ``y ~ f``.
    """
    at = {name: k for k, name in enumerate(table.variables)}
    index = _merged(table)
    cells: list[tuple[int, int, int, int, int]] = []
    taken: dict[tuple[int, int, int, int], int] = {}
    for row in range(len(table)):
        g = int(table.group[row]) - 1
        if g < 0:
            break
        op, left, right = table.op[row], table.lhs[row], table.rhs[row]
        if op == "=~":
            place = (ARROW, at[right], at[left])
        elif op == "~":
            place = (ARROW, at[left], at[right])
        elif op == "~~":
            place = (COVARIANCE, max(at[left], at[right]), min(at[left], at[right]))
        elif op == "~1":
            place = (MEAN, at[left], 0)
        elif op == "|":
            place = (THRESHOLD, at[left], threshold_number(right) - 1)
        else:
            place = (SCALE, at[left], 0)
        if (g, *place) in taken:
            other = taken[g, *place]
            raise ModelError(
                f"'{table.name(other)}' and '{table.name(row)}' are one and the same path; keep one of the two."
            )
        taken[g, *place] = row
        cells.append((row, g, *place))
    made = np.array(cells, dtype=np.int64).reshape(-1, 5)
    rows = made[:, 0]
    return Structure(
        p=len(table.observed), v=len(at), n_groups=table.n_groups, means=table.means, row=rows, group=made[:, 1],
        matrix=made[:, 2], i=made[:, 3], j=made[:, 4], free=index[rows], value=table.value[rows], theta=table.theta,
        given=tuple(at[x] for x in table.exogenous) if table.ordered else (),
    )  # fmt: skip


def _merged(table: ParameterTable) -> Ints:
    """Return the index of the free parameter of each row (-1: none), one for all rows that must be equal."""
    parent = list(range(len(table)))

    def root(k: int) -> int:
        while parent[k] != k:
            k = parent[k]
        return k

    first: dict[str, int] = {}
    for k, (label, plabel) in enumerate(zip(table.label, table.plabel, strict=True)):
        if plabel and table.free[k]:
            first.setdefault(plabel, k)
            if label and first.setdefault(label, k) != k:
                parent[root(k)] = root(first[label])
    for k in map(int, table.where("==")):
        a, b = (first.get(side[k]) for side in (table.lhs, table.rhs))
        if a is not None and b is not None and root(a) != root(b):
            low, high = sorted((root(a), root(b)))
            parent[high] = low
    number: dict[int, int] = {}
    out = np.full(len(table), -1, dtype=np.int64)
    for k in map(int, np.flatnonzero(table.free)):
        out[k] = number.setdefault(root(k), len(number))
    return out


def restrictions(table: ParameterTable, made: Structure) -> Restrictions:
    """Return the linear equality constraints as theta = K z + k0, and the rows of the table that are not linear.

    Raises
    ------
    ModelError
        When the constraints contradict each other.
    """
    q = made.q
    rows = [int(k) for k in table.where("==") if table.user[k] == 1]
    unequal = tuple(int(k) for k in table.where("<", ">"))
    if not rows:
        return Restrictions(np.eye(q), np.zeros(q), (), unequal)
    forms = _linear_names(table, made)
    R, r, nonlinear, texts = [], [], [], []
    for k in rows:
        left, right = (linear_form(parse_expression(text), forms) for text in (table.lhs[k], table.rhs[k]))
        if left is None or right is None:
            nonlinear.append(k)
            continue
        line = np.zeros(q)
        for sign, (_, coefficients) in ((1.0, left), (-1.0, right)):
            for name, weight in coefficients.items():
                line[int(name)] += sign * weight
        if not np.all(np.isfinite([*line, left[0], right[0]])):
            raise ModelError(f"The constraint '{table.lhs[k]} == {table.rhs[k]}' has a side without value.")
        R.append(line)
        r.append(right[0] - left[0])
        texts.append(f"{table.lhs[k]} == {table.rhs[k]}")
    K, k0 = _solve(np.array(R).reshape(len(R), q), np.array(r), texts)
    return Restrictions(K, k0, tuple(nonlinear), unequal)


def _linear_names(table: ParameterTable, made: Structure) -> dict[str, Linear | None]:
    """Return each label and defined name as a linear form in theta, whose names are the indices as text."""
    forms: dict[str, Linear | None] = {}
    for row, free, value in zip(made.row, made.free, made.value, strict=True):
        form: Linear = (0.0, {str(free): 1.0}) if free >= 0 else (float(value), {})
        for name in (table.plabel[row], table.label[row]):
            forms.setdefault(name, form)
    definitions = {table.lhs[k]: parse_expression(table.rhs[k]) for k in table.where(":=")}
    for name in evaluation_order(definitions):
        forms[name] = linear_form(definitions[name], forms)
    return forms


def _solve(R: Floats, r: Floats, texts: Sequence[str]) -> tuple[Floats, Floats]:
    """Solve R theta = r for as many parameters as there are equations, by elimination: theta = K z + k0."""
    R, r = R.copy(), r.copy()
    q = R.shape[1]
    pivots: list[tuple[int, int]] = []
    for k, text in enumerate(texts):
        column = int(np.argmax(np.abs(R[k]))) if q else 0
        if q == 0 or abs(R[k, column]) < 1e-12:
            if abs(r[k]) > 1e-10:
                raise ModelError(f"The constraint '{text}' cannot hold together with the others or with fixed values.")
            continue
        r[k] /= R[k, column]
        R[k] /= R[k, column]
        for other in range(len(texts)):
            if other != k:
                r[other] -= R[other, column] * r[k]
                R[other] -= R[other, column] * R[k]
        pivots.append((k, column))
    bound = {column: k for k, column in pivots}
    loose = [c for c in range(q) if c not in bound]
    K, k0 = np.zeros((q, len(loose))), np.zeros(q)
    K[loose, np.arange(len(loose))] = 1.0
    for column, k in bound.items():
        K[column] = -R[k, loose]
        k0[column] = r[k]
    return K, k0
