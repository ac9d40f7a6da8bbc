"""`parallel_analysis`: how many factors, by eigenvalues that exceed those of chance and by other rules.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import one_thread, run_parallel, streams
from cgsurvey.base.result import Result
from cgsurvey.factor.dimensions import (
    Eigenvalues,
    correlations_by_chance,
    eigenvalues,
    leading,
    minimum_average_partial,
    successive,
)
from cgsurvey.factor.extraction import Floats
from cgsurvey.factor.gathered import Correlation, Items, Missing, gather_items
from cgsurvey.factor.misfit import degrees_of_freedom
from cgsurvey.moments.pairs import first_stage, second_stage
from cgsurvey.responses import Responses

Null = Literal["normal", "permuted"]
BATCH = 50  # data sets of chance that are worked on at a time
MOST = 8  # factors up to which the rules of parsimony look, as in psych::vss
MAIN = "parallel_fa_percentile"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ParallelAnalysis(Result):
    """Recommendations on the number of factors.

    Attributes
    ----------
    n_factors : int
        Leading common-factor eigenvalues above the percentile of chance.
    eigenvalues : DataFrame
        One row per eigenvalue, `number`: `pca` of the correlation matrix, `fa` of the matrix with the communalities of
        one minres factor in its diagonal, each with `_mean` and `_percentile` over the data sets of chance.
    rules : DataFrame
        One row per rule: `rule`, `n_factors`.
    average_partial : DataFrame
        Velicer's average partial correlations, squared (`map`) and to the fourth power (`map4`), by `number` of
        components taken out.
    """

    n_factors: int
    eigenvalues: pd.DataFrame
    rules: pd.DataFrame
    average_partial: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per rule, with the number of factors that it recommends."""
        return self.rules.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: rows, items, recommendation, data sets of chance, percentile."""
        options = self.meta.options
        return pd.DataFrame(
            [
                {
                    "n": self.meta.n,
                    "n_items": len(self.eigenvalues),
                    "n_factors": self.n_factors,
                    "iterations": options["iterations"],
                    "quantile": options["quantile"],
                }
            ]
        )


def parallel_analysis(
    data: Responses | pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    seed: int,
    iterations: int = 200,
    quantile: float = 0.95,
    correlation: Correlation = "pearson",
    null: Null | None = None,
    missing: Missing = "listwise",
    smooth: bool = False,
    n_jobs: int = 1,
) -> ParallelAnalysis:
    """Compare eigenvalues with those of data sets in which nothing is common (Horn, 1965).

    Parameters
    ----------
    data : Responses or DataFrame
        One row per respondent.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    seed : int
        Seed of the data sets of chance.
    iterations : int
        Their number.
    quantile : float
        Percentile of chance that an eigenvalue has to exceed (Glorfeld, 1995).
    correlation : {"pearson", "polychoric"}
    null : {"normal", "permuted"}, optional
        Data sets of chance: independent normal variables, or the answers of each item shuffled over the respondents,
        which keeps its categories and their shares. Default: normal for Pearson correlations, permuted for polychoric.
    missing : {"listwise", "pairwise", "fiml"}
        Complete rows; rows that answered both items of a pair; EM.
    smooth : bool
        Repair a matrix that is not positive definite instead of refusing it.
    n_jobs : int
        Processes; the numbers do not depend on it.

    Returns
    -------
    ParallelAnalysis
        `n_factors` is the recommendation of common-factor parallel analysis by the percentile. `tidy()` adds those by
        the mean and of principal components, Velicer's MAP (1976, and to the fourth power, 2000), Kaiser's eigenvalues
        above one, very simple structure and two BICs of minres solutions.

    Raises
    ------
    OptionError
        An option without meaning.
    ColumnNotFoundError, CodingError, SampleError, NotPositiveDefiniteError
        See `cgsurvey.factor.gathered.gather_items`.

    Notes
    -----
    Equals psych::fa.parallel(fm = "minres", quant = .95) up to random numbers; MAP, VSS and the empirical BIC equal
    psych::vss. Communalities of one factor may stand at their bound in a data set of chance, so that the first
    percentile of common factors is large when items are few; with few items look at the mean as well.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> items = ["tan1", "tan2", "tan3", "emp1", "emp2", "emp3"]
    >>> cg.parallel_analysis(answers, items, seed=1).n_factors
    2
    """
    whole("iterations", iterations, 20)
    fraction("quantile", quantile)
    if seed is None:
        raise OptionError("parallel_analysis compares with random data sets, so it needs a seed: seed=1.")
    null = ("permuted" if correlation == "polychoric" else "normal") if null is None else null
    choose("null", null, ("normal", "permuted"))
    if null == "normal" and correlation == "polychoric":
        raise OptionError("null='normal' has no categories to correlate; with polychoric correlations use 'permuted'.")
    found = gather_items(data, items, correlation, missing, smooth, least=3)
    draws = streams(seed, iterations)
    batches = [draws[k : k + BATCH] for k in range(0, iterations, BATCH)]
    task = _Chance(found, correlation, null)
    parts = run_parallel(task, batches, n_jobs=n_jobs, progress="parallel analysis")
    chance = Eigenvalues(
        np.concatenate([e.components for e, _ in parts]), np.concatenate([e.factors for e, _ in parts])
    )
    with one_thread():
        own = eigenvalues(found.R[None])
        table = _table(own, chance, quantile)
        partial = {"map": minimum_average_partial(found.R), "map4": minimum_average_partial(found.R, 4)}
        rules = _rules(table, partial, found)
    n_factors = int(rules.set_index("rule")["n_factors"][MAIN])
    smoothed = sum(count for _, count in parts)
    return ParallelAnalysis(
        n_factors=n_factors,
        eigenvalues=table,
        rules=rules,
        average_partial=pd.DataFrame({"number": np.arange(len(partial["map"])), **partial}),
        notes=(*found.notes, *_remarks(rules, smoothed, iterations)),
        meta=found.meta(
            "parallel_analysis",
            ("horn1965", "glorfeld1995", "velicer1976", "velicer2000", "revelle1979"),
            seed=seed,
            iterations=iterations,
            quantile=quantile,
            correlation=correlation,
            null=null,
            missing=missing,
            smooth=smooth,
        ),
    )


@dataclass(frozen=True)
class _Chance:
    """Eigenvalues of a batch of data sets of chance, and how many of their matrices were indefinite."""

    found: Items
    correlation: Correlation
    null: Null

    def __call__(self, draws: Sequence[Generator]) -> tuple[Eigenvalues, int]:
        with one_thread():
            R = np.stack([self._matrix(rng) for rng in draws])
            indefinite = int((np.linalg.eigvalsh(R)[:, 0] < 0).sum())
            return eigenvalues(R), indefinite

    def _matrix(self, rng: Generator) -> Floats:
        y = self.found.y
        if self.null == "normal":
            return correlations_by_chance(self.found.n, len(self.found.names), rng)
        shuffled = rng.permuted(y, axis=0)
        if self.correlation == "polychoric":
            return _polychoric(shuffled)
        return _pearson(shuffled)


def _pearson(y: Floats) -> Floats:
    """Correlations over the rows that answered both."""
    if not np.isnan(y).any():
        return np.asarray(np.corrcoef(y, rowvar=False))
    return pd.DataFrame(y).corr().to_numpy()


def _polychoric(y: Floats) -> Floats:
    codes, levels = np.full_like(y, np.nan), np.zeros(y.shape[1], dtype=np.int64)
    for j, column in enumerate(y.T):
        there = ~np.isnan(column)
        values, place = np.unique(column[there], return_inverse=True)
        codes[there, j], levels[j] = place, len(values)
    pairs = second_stage(first_stage(codes, levels, None, None))
    R = np.eye(len(levels))
    R[pairs.a, pairs.b] = R[pairs.b, pairs.a] = pairs.rho
    return R


def _table(own: Eigenvalues, chance: Eigenvalues, quantile: float) -> pd.DataFrame:
    columns: dict[str, Floats] = {}
    for name, observed, drawn in (
        ("pca", own.components[0], chance.components),
        ("fa", own.factors[0], chance.factors),
    ):
        columns[name] = observed
        columns[f"{name}_mean"] = drawn.mean(axis=0)
        columns[f"{name}_percentile"] = np.quantile(drawn, quantile, axis=0)
    return pd.DataFrame({"number": np.arange(1, len(own.factors[0]) + 1), **columns})


def _rules(table: pd.DataFrame, partial: dict[str, Floats], found: Items) -> pd.DataFrame:
    observed = {kind: table[kind].to_numpy() for kind in ("fa", "pca")}
    out = {
        f"parallel_{kind}_{against}": leading(observed[kind], table[f"{kind}_{against}"].to_numpy())
        for kind in ("fa", "pca")
        for against in ("percentile", "mean")
    }
    out |= {name: int(np.argmin(values)) for name, values in partial.items()}
    out["kaiser"] = int((observed["pca"] > 1).sum())
    p = len(found.names)
    k = max((m for m in range(1, min(MOST, p - 2) + 1) if degrees_of_freedom(p, m) > 0), default=0)
    if k:
        tried = successive(found.R, found.n, k)
        out["vss1"] = 1 + int(np.argmax(tried.vss1))
        if k > 1:
            out["vss2"] = 2 + int(np.argmax(tried.vss2[1:]))
        out["ebic"] = 1 + int(np.argmin(tried.ebic))
        out["bic"] = 1 + int(np.argmin(tried.bic))
    return pd.DataFrame({"rule": list(out), "n_factors": list(out.values())})


def _remarks(rules: pd.DataFrame, indefinite: int, iterations: int) -> list[Note]:
    by = rules.set_index("rule")["n_factors"]
    notes = []
    if by[MAIN] == 0:
        notes.append(note("factor.nothing_common"))
    compared = [by[MAIN], by["parallel_pca_percentile"], by["map"]]
    if len(set(compared)) > 1:
        told = {"fa": int(compared[0]), "pca": int(compared[1]), "map": int(compared[2])}
        notes.append(note("factor.rules_differ", **told))
    if indefinite:
        notes.append(note("factor.chance_indefinite", n=indefinite, iterations=iterations))
    return notes
