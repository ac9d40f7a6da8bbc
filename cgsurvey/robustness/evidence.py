"""What is known of a number: the fit, the data, the construct or path it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CgSurveyError, ConvergenceError
from cgsurvey.responses.source import Source, as_source
from cgsurvey.robustness.composites import Composites, composites
from cgsurvey.sem import SemFit, sem
from cgsurvey.sem.options import Options
from cgsurvey.service_quality import SatisfactionIndex

Floats = np.ndarray
Found = Iterator[tuple[str, float]]  # details of a variant ("" for none) and its number
PARAMETER = re.compile(r"^\s*(\S+?)\s*(=~|~~|~1|~)\s*(\S*)\s*$")
COLUMNS = {"estimate": "estimate", "std_error": "std_error", "statistic": "statistic", "p_value": "p_value"}


@dataclass(frozen=True)
class Evidence:
    """A number that two programs give differently, and all that its variants can be computed from.

    Attributes
    ----------
    quantity : str
        What kind of number it is, a key of `conventions.yaml`.
    of : tuple of str
        What it is about: a parameter (lhs, op, rhs), a construct, items.
    ours : float
        The number of this package.
    fit : SemFit, optional
    index : SatisfactionIndex, optional
    data : Responses or DataFrame, optional
    """

    quantity: str
    of: tuple[str, ...] = ()
    ours: float = float("nan")
    fit: SemFit | None = None
    index: SatisfactionIndex | None = None
    data: Any = None

    @cached_property
    def source(self) -> Source | None:
        """The data, reverse items keyed."""
        return None if self.data is None else as_source(self.data)

    @cached_property
    def row(self) -> pd.Series | None:
        """The row of the parameter in the fit; of the first group."""
        return None if self.fit is None else row_of(self.fit, self.of)

    @cached_property
    def S(self) -> list[Floats]:
        """Covariances of the sample per group, divisor n; empty with missing or ordered answers."""
        fit = self.fit
        if fit is None or fit.options.weight is not None or fit.options.missing != "listwise":
            return []
        return [s.cov * ((s.n - 1) / s.n if s.wishart else 1.0) for s in fit.samples]

    @cached_property
    def n(self) -> list[int]:
        """Rows per group."""
        return [] if self.fit is None else [s.n for s in self.fit.samples]

    @cached_property
    def block(self) -> list[str]:
        """Items of the construct that the number is about."""
        if self.fit is None or len(self.of) != 1:
            return []
        t = self.fit.table
        return [t.rhs[k] for k in t.where("=~") if t.lhs[k] == self.of[0] and t.group[k] == 1]

    @cached_property
    def measured(self) -> tuple[Floats, Floats, float]:
        """Standardised-scale pieces of the construct: raw loadings (k,), residual covariances (k, k), its variance."""
        assert self.fit is not None
        names, m = list(self.fit.table.variables), self.fit.matrices[0]
        at, f = [names.index(i) for i in self.block], names.index(self.of[0])
        E = np.linalg.inv(np.eye(len(names)) - m.A)
        return m.A[at, f], m.S[np.ix_(at, at)], float((E @ m.S @ E.T)[f, f])

    @cached_property
    def simple(self) -> tuple[list[str], list[Floats], Floats] | None:
        """Constructs, positions of their items and causes, where every construct has items of its own and no other.

        Observed variables of regressions are constructs of one item.
        """
        fit = self.fit
        if fit is None or len(fit.meta.groups) > 1:
            return None
        t = fit.table
        loads = [(t.lhs[k], t.rhs[k]) for k in t.where("=~")]
        items = [i for _, i in loads]
        if len(set(items)) != len(items) or not set(items) <= set(fit.observed) or not fit.latents:
            return None
        ends = [v for k in t.where("~") for v in (t.rhs[k], t.lhs[k])]
        alone = [v for v in dict.fromkeys(ends) if v in fit.observed]
        if set(alone) & set(items):
            return None
        names = [*fit.latents, *alone]
        blocks = [
            np.array([fit.observed.index(i) for f, i in [*loads, *zip(alone, alone, strict=True)] if f == name])
            for name in names
        ]
        causes = np.zeros((len(names), len(names)), dtype=bool)
        for k in t.where("~"):
            if t.lhs[k] in names and t.rhs[k] in names:
                causes[names.index(t.lhs[k]), names.index(t.rhs[k])] = True
        if not causes.any():  # without paths every construct is a neighbour of every other
            causes = np.tril(np.ones((len(names), len(names)), dtype=bool), -1)
        return names, blocks, causes

    def composed(self, *, equal: bool = False) -> Composites | None:
        """Composites of the items of the model, of partial least squares or of equal weights; None where undefined."""
        if self.simple is None or self.fit is None:
            return None
        _, blocks, causes = self.simple
        if min(map(len, blocks)) < 1 or len(blocks) < 2:
            return None
        cov = self.fit.samples[0].cov
        sd = np.sqrt(np.diag(cov))
        try:
            return composites(cov / np.outer(sd, sd), blocks, causes, equal=equal)
        except ConvergenceError:
            return None

    def refit(self, **changed: Any) -> SemFit | None:
        """Fit the model to the data again under other options; None where that cannot be done or changes nothing."""
        if self.fit is None or self.data is None:
            return None
        try:
            found = sem(self.fit.model, self.data, **(options_of(self.fit.options) | changed))
        except CgSurveyError:
            return None
        return None if found.options == self.fit.options or not found.converged else found

    @property
    def incomplete(self) -> bool:
        """Whether answers to the variables of the model are missing."""
        if self.source is None or self.fit is None:
            return False
        asked = [n for n in self.fit.observed if n in self.source.frame]
        return bool(self.source.frame[asked].isna().any(axis=None))


def options_of(options: Options) -> dict[str, Any]:
    """Return the options that a refit keeps; errors and tests follow from the estimator."""
    kept = (
        "estimator", "ordered", "parameterization", "missing", "group", "group_equal", "group_partial", "meanstructure",
        "fixed_x", "std_lv", "orthogonal", "auto", "auto_fix_first", "likelihood",
    )  # fmt: skip
    out = {k: getattr(options, k) for k in kept}
    out |= {k: getattr(options, k) or False for k in ("cluster", "weights", "strata")}
    return out | {"ordered": out["ordered"] or None}


def parameter(of: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Read what a number is about: "quality ~ trust", a construct, several items."""
    if of is None:
        return ()
    if not isinstance(of, str):
        return tuple(map(str, of))
    found = PARAMETER.match(of)
    return tuple(g for g in found.groups() if g) if found else (of.strip(),)


def row_of(fit: SemFit, of: tuple[str, ...]) -> pd.Series | None:
    """Return the row of a parameter in `fit.tidy()`, of a covariance in either order."""
    t = fit.tidy()
    if len(of) == 1:
        rows = t[(t["lhs"] == of[0]) & (t["op"] == ":=")]
    elif of[1:] == ("~1",):
        rows = t[(t["lhs"] == of[0]) & (t["op"] == "~1")]
    elif len(of) == 3:
        ends = [(of[0], of[2])] + ([(of[2], of[0])] if of[1] == "~~" else [])
        named = np.array([pair in ends for pair in zip(t["lhs"], t["rhs"], strict=True)])
        rows = t[(t["op"] == of[1]).to_numpy() & named]
    else:
        rows = t.iloc[:0]
    return None if rows.empty else rows.iloc[0]


def value_of(fit: SemFit, quantity: str, of: tuple[str, ...]) -> float:
    """Return a quantity of a fit as this package gives it; NaN where it has none."""
    if quantity == "chisq_df":
        return float(fit.fit_measures["chisq"] / fit.fit_measures["df"]) if fit.fit_measures["df"] else float("nan")
    if quantity in COLUMNS:
        row = row_of(fit, of)
        return float("nan") if row is None else float(row[COLUMNS[quantity]])
    if quantity == "r2":
        found = fit.r2
        return float(found[of[0]]) if len(of) == 1 and of[0] in found.index else float("nan")
    return float(fit.fit_measures.get(quantity, np.nan))


COMPUTED: dict[str, Callable[[Evidence], Found]] = {}


def computes(code: str) -> Callable[[Callable[[Evidence], Found]], Callable[[Evidence], Found]]:
    """Register the function that computes the number under a convention of `conventions.yaml`."""

    def register(function: Callable[[Evidence], Found]) -> Callable[[Evidence], Found]:
        COMPUTED[code] = function
        return function

    return register


def catalogue() -> Mapping[str, Any]:
    """Return `conventions.yaml`: quantities, conventions, what to ask for."""
    from cgsurvey.base.data import package_yaml

    found: Mapping[str, Any] = package_yaml("robustness/conventions.yaml")
    return found
