"""se="bootstrap" and test="bollen.stine": what is drawn for a fitted model, and what is said about it.

Labelled file; the numbers are made in `resample`, `batch`, `bootstrap` and `drawn`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import SeedSequence

from cgsurvey.base.errors import EstimationError, ModelError, OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.moments.build import Grouped
from cgsurvey.moments.sample import Floats, Ints, Sample
from cgsurvey.sem.derived.effects import effects_of, reduced
from cgsurvey.sem.fitting.optimise import Problem
from cgsurvey.sem.model.constraints import Constraints
from cgsurvey.sem.model.structure import GroupMatrices, Structure
from cgsurvey.sem.model.table import ParameterTable, covariates
from cgsurvey.sem.options import Options
from cgsurvey.sem.resampling.batch import Cells
from cgsurvey.sem.resampling.bootstrap import (
    BollenStine,
    Bootstrap,
    Interval,
    accelerations,
    admissible,
    cell_values,
    deviations,
    intervals,
    transformed,
)
from cgsurvey.sem.resampling.drawn import standardized_cells, table_rows
from cgsurvey.sem.resampling.resample import Refits, Resampler


@dataclass(frozen=True)
class Remake:
    """Makes samples of rows of a table, by the way of the whole sample.

    Attributes
    ----------
    frame : DataFrame
        The rows that the fit used.
    where : tuple of ndarray of int
        Places of the rows of each group.
    make : callable
        From a table to sample statistics.
    cluster : str, optional
        Column of clusters; a cluster drawn twice is two clusters.
    """

    frame: pd.DataFrame
    where: tuple[Ints, ...]
    make: Callable[[pd.DataFrame], Grouped]
    cluster: str | None = None

    @classmethod
    def of(
        cls, frame: pd.DataFrame, grouped: Grouped, options: Options, make: Callable[[pd.DataFrame], Grouped]
    ) -> Remake:
        """Keep the rows that were used."""
        used = frame.iloc[grouped.rows]
        if options.group is None:
            where: tuple[Ints, ...] = (np.arange(len(used)),)
        else:
            names = used[options.group].astype(str).to_numpy()
            where = tuple(np.flatnonzero(names == label) for label in grouped.labels)
        return cls(used, where, make, options.cluster)

    def __call__(self, rows: Sequence[Ints], draws: Sequence[Ints]) -> Sequence[Sample]:
        """Samples of the groups, from places among their rows."""
        part = self.frame.iloc[np.concatenate([w[r] for w, r in zip(self.where, rows, strict=True)])]
        if self.cluster is not None:
            before = np.cumsum([0, *(int(d.max()) + 1 for d in draws[:-1])])
            part = part.assign(**{self.cluster: np.concatenate([d + b for d, b in zip(draws, before, strict=True)])})
        return self.make(part.reset_index(drop=True)).samples


KINDS = ("raw", "std_all", "std_lv", "std_nox")
FEW_RESAMPLES = 500  # resamples below which the limits of an interval are left to chance


def resample(
    problem: Problem,
    structure: Structure,
    z: Floats,
    matrices: Sequence[GroupMatrices],
    table: ParameterTable,
    options: Options,
    chisq: float,
    within: Constraints,
    basis: Floats,
    again: Callable[[], Remake] | None = None,
) -> tuple[Bootstrap | None, list[Note]]:
    """Draw what the options ask for.

    Parameters
    ----------
    problem : Problem
        The fit function on the samples, rows included.
    z : ndarray
        The estimates.
    matrices : sequence of GroupMatrices
        Filled at the estimates; the Bollen-Stine test makes samples of them.
    chisq : float
        Test statistic of the data.
    within, basis
        Constraints, and the directions they leave free (`Resampler`).
    again : callable, optional
        Returns what makes samples of rows; used with least squares, where moments alone do not tell the weights.

    Raises
    ------
    EstimationError
        When fewer than ten resamples could be fitted.
    """
    if not (options.se == "bootstrap" or options.bollen_stine):
        return None, []
    if options.bollen_stine and any(s.patterns is not None for s in problem.samples):
        raise OptionError(
            "test='bollen.stine' needs complete rows: leave missing= out (rows with missing answers are dropped), or "
            "use estimator='MLR' with missing='fiml', whose test allows for distributions that are not normal."
        )
    fixed_cells = np.flatnonzero((structure.free < 0) & (table.exo[structure.row] == 1))
    remake = None if options.weight is None or again is None else again()
    resampler = Resampler.of(problem, structure, z, fixed_cells, within, basis, remake)
    seed = options.seed if options.seed is not None else int(SeedSequence().generate_state(1)[0])
    ordinary, tested = SeedSequence(seed).spawn(2)
    clusters = options.cluster is not None
    test = (
        _bollen_stine(resampler, problem, matrices, tested.spawn(options.bootstrap), chisq, options)
        if options.bollen_stine
        else None
    )
    if options.se == "bootstrap":
        drawn = resampler.draw(ordinary.spawn(options.bootstrap), n_jobs=options.n_jobs)
        kept = drawn.take(drawn.converged)
        if len(kept.theta) < min(10, options.bootstrap):
            raise EstimationError.of("sem.few_resamples", n=len(kept.theta), of=options.bootstrap)
        cells = Cells.of(structure, np.eye(structure.q), np.zeros(structure.q))
        good = admissible(structure, cells, resampler.cells(kept))
        slow = remake is not None and options.ci_type != "bca"
        left_out = None if slow else resampler.jackknife(n_jobs=options.n_jobs)
        found = Bootstrap(
            kept.theta,
            kept.fixed,
            resampler.fixed_cells,
            options.bootstrap,
            int((~drawn.converged).sum()),
            int((~good).sum()),
            seed,
            clusters,
            {} if left_out is None else _accelerations(resampler, cells, left_out, table),
            test,
        )
    else:
        empty = np.zeros((0, structure.q)), np.zeros((0, len(resampler.fixed_cells)))
        found = Bootstrap(*empty, resampler.fixed_cells, 0, 0, 0, seed, clusters, {}, test)
    return found, _notes(found, resampler, options)


def _bollen_stine(
    resampler: Resampler,
    problem: Problem,
    matrices: Sequence[GroupMatrices],
    seeds: Sequence[SeedSequence],
    chisq: float,
    options: Options,
) -> BollenStine:
    means = resampler.structure.means
    moved = tuple(
        transformed(s, m.Sigma, m.mu if means else None) for s, m in zip(resampler.samples, matrices, strict=True)
    )
    r = resampler
    anew = Resampler.of(replace(problem, samples=moved), r.structure, r.z, r.fixed_cells, r.within, r.basis)
    drawn = anew.draw(seeds, n_jobs=options.n_jobs)
    statistic = drawn.statistic[np.isfinite(drawn.statistic)]
    p = float((statistic >= chisq).mean()) if len(statistic) else float("nan")
    return BollenStine(statistic, p, len(seeds), len(seeds) - len(statistic))


def _accelerations(resampler: Resampler, cells: Cells, left_out: Refits, table: ParameterTable) -> dict[str, Floats]:
    structure = resampler.structure
    x = resampler.cells(left_out.take(left_out.converged))
    out = {kind: accelerations(rows_of(kind, table, structure, cells, x)) for kind in KINDS}
    try:
        effects = effects_of(table, structure)
    except ModelError:  # too many paths to be listed: mediation() says so
        return out
    if effects.rows:
        y = reduced(structure, effects.variables).standardized(x)
        out |= {"effects": accelerations(effects.values(x)), "effects_std": accelerations(effects.values(y))}
    return out


def rows_of(kind: str, table: ParameterTable, structure: Structure, cells: Cells, x: Floats) -> Floats:
    """Values of the rows of the table, shape (R, rows), raw or standardised, from cells (R, cells)."""
    if kind != "raw":
        x = standardized_cells(structure, cells, x, scaled(kind, table, structure))
    return table_rows(table, structure, x)


def scaled(kind: str, table: ParameterTable, structure: Structure) -> np.ndarray:
    """Variables that a standardised solution brings to unit variance, shape (v,)."""
    out = np.ones(structure.v, dtype=bool)
    if kind == "std_lv":
        out[: structure.p] = False
    elif kind == "std_nox":
        out[[table.observed.index(x) for x in covariates(table)]] = False
    return out


def drawn_rows(found: Bootstrap, kind: str, table: ParameterTable, structure: Structure) -> Floats:
    """Values of the rows of the table in each resample, shape (R, rows); NaN for moments taken from the sample."""
    cells = Cells.of(structure, np.eye(structure.q), np.zeros(structure.q))
    out = rows_of(kind, table, structure, cells, found.cells(structure))
    out[:, table.exo == 1] = np.nan
    return out


def bootstrap_errors(found: Bootstrap, table: ParameterTable, structure: Structure) -> Floats:
    """Standard error of each row of the table: the standard deviation of its draws."""
    out = deviations(drawn_rows(found, "raw", table, structure))
    return np.where((table.free > 0) | (np.array(table.op) == ":="), out, np.nan)


def resampled(
    found: Bootstrap | None, table: ParameterTable, structure: Structure, covariance: Floats, errors: Floats
) -> tuple[Floats, Floats]:
    """Covariance of the estimates and standard error of each row of the table: from resamples, where there are any."""
    if found is None or not found.requested:
        return covariance, errors
    return found.covariance, bootstrap_errors(found, table, structure)


def normal_draws(theta: Floats, covariance: Floats, draws: int, seed: int) -> Floats:
    """Draw parameters from their normal distribution, shape (draws, q)."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return theta + np.random.default_rng(seed).standard_normal((draws, len(theta))) @ root.T


def monte_carlo(
    theta: Floats, covariance: Floats, table: ParameterTable, structure: Structure, draws: int, seed: int
) -> Floats:
    """Values of the rows of the table, shape (draws, rows), in draws from the distribution of the estimates."""
    drawn = normal_draws(theta, covariance, draws, seed)
    none = np.zeros((draws, 0)), np.zeros(0, dtype=np.int64)
    return table_rows(table, structure, cell_values(structure, drawn, *none, follow=False))


def with_p_value(measures: pd.Series, found: Bootstrap | None) -> pd.Series:
    """Fit measures with the p-value of Bollen and Stine, where it was asked for."""
    if found is None or found.bollen_stine is None:
        return measures
    return pd.concat([measures, pd.Series({"pvalue_bollen_stine": found.bollen_stine.p_value})]).rename(measures.name)


def limits(
    found: Bootstrap,
    kind: str,
    estimate: Floats,
    table: ParameterTable,
    structure: Structure,
    ci_type: Interval,
    level: float,
) -> tuple[Floats, Floats, Floats]:
    """Standard error and interval of each row of the table, raw or standardised."""
    draws = drawn_rows(found, kind, table, structure)
    error = deviations(draws)
    fixed = ~(error > 1e-9) if kind != "raw" else (table.free == 0) & (np.array(table.op) != ":=")
    error[fixed], draws[:, fixed] = np.nan, np.nan
    return error, *intervals(draws, estimate, ci_type, level, found.acceleration.get(kind))


def _notes(found: Bootstrap, resampler: Resampler, options: Options) -> list[Note]:
    out = []
    if found.requested:
        unit = "clusters" if found.clusters else "rows"
        out.append(
            note(
                f"sem.bootstrap_{unit}", n=found.requested, units=resampler.units, seed=found.seed, type=options.ci_type
            )
        )
        if found.failed or found.inadmissible:
            share = 100 * (found.failed + found.inadmissible) / found.requested
            code = "sem.bootstrap_losses" if share > 5 else "sem.bootstrap_some_losses"
            out.append(note(code, failed=found.failed, inadmissible=found.inadmissible, n=found.requested))
        if found.requested < FEW_RESAMPLES:
            out.append(note("sem.few_resamples", n=found.requested))
    test = found.bollen_stine
    if test is not None:
        out.append(note("sem.bollen_stine", n=test.requested, failed=test.failed, p=test.p_value))
    return out
