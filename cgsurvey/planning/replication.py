"""Replications of a study by maximum likelihood: R samples, fitted all at once, with their standard errors.

Numeric file. All start at the parameters of the population, where the Hessian is shared (`sem.resampling.batch`);
standard errors are those of `sem`: expected information, or the sandwich of observed information and scores of rows
or clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from cgsurvey.base.parallel import one_thread
from cgsurvey.moments.normal import Kind
from cgsurvey.moments.sample import Cases, Floats, Ints, Sample
from cgsurvey.planning.drawing import Source, row_moments, wishart_moments
from cgsurvey.sem.derived.defined import defined_parameters, selection
from cgsurvey.sem.fitting.derivatives import score_products
from cgsurvey.sem.fitting.optimise import Problem
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.resampling.batch import Cells, Moments, base_values, finish, solve
from cgsurvey.sem.resampling.bootstrap import admissible, cell_values, fixed_moments, saturated_value
from cgsurvey.sem.resampling.drawn import table_rows

CHUNK = 125  # replications of a task


@dataclass(frozen=True)
class Replications:
    """What R fits found.

    Attributes
    ----------
    values, errors : ndarray, shape (R, rows)
        Estimates and standard errors of the rows of the parameter table; NaN where a fit failed.
    statistic : ndarray, shape (R,)
        Chi-square of the model; NaN with robust errors, whose test is another.
    converged, proper : ndarray of bool, shape (R,)
        Which found a minimum; at which variances are above zero and correlations within 1.
    reasons : tuple of str
        Of the failures that an error tells of.
    """

    values: Floats
    errors: Floats
    statistic: Floats
    converged: NDArray[np.bool_]
    proper: NDArray[np.bool_]
    reasons: tuple[str, ...] = ()

    @classmethod
    def joined(cls, parts: Sequence[Replications]) -> Replications:
        """One after the other."""

        def stacked(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(p, name) for p in parts])

        reasons = tuple(r for p in parts for r in p.reasons)
        return cls(
            stacked("values"), stacked("errors"), stacked("statistic"), stacked("converged"), stacked("proper"), reasons
        )


@dataclass(frozen=True)
class Study:
    """A study that is repeated: the population, the model, and the model's parameters in that population.

    Attributes
    ----------
    source : Source
    mean, cov : ndarray, shapes (p,), (p, p)
        Moments of the answers in the population.
    table : ParameterTable
    structure : Structure
    K, k0 : ndarray
        Linear constraints, theta = K z + k0.
    z : ndarray, shape (z,)
        Parameters at which the model comes nearest to the population.
    H : ndarray, shape (z, z)
        Positive definite second derivatives there.
    fixed_cells : ndarray of int
        Cells that hold moments of covariates.
    robust : bool
        Standard errors of "MLR": of rows or, where the source has them, of clusters.
    """

    source: Source
    mean: Floats
    cov: Floats
    table: ParameterTable
    structure: Structure
    K: Floats
    k0: Floats
    z: Floats
    H: Floats
    fixed_cells: Ints
    robust: bool = False

    @one_thread()
    def replicate(self, n: int, seeds: Sequence[SeedSequence]) -> Replications:
        """Draw one sample of n rows per seed, and fit it."""
        rngs = [np.random.default_rng(s) for s in seeds]
        rows: list[Floats] = []
        if self.source.normal and not self.robust:
            moments = wishart_moments(self.mean, self.cov, n, rngs)
        else:
            parts = []
            for rng in rngs:
                y = self.source.rows(n, rng)
                parts.append(row_moments(y))
                rows += [y] if self.robust else []
            moments = Moments(np.full(len(rngs), float(n)), *(np.array(m) for m in zip(*parts, strict=True)))
        return self._fit(n, moments, rows)

    def problem(self, n: int) -> Problem:
        """The fit function with the moments of the population."""
        return Problem.of(self.structure, [Sample(n, self.mean, self.cov, float(n))], self.K, self.k0)

    def _fit(self, n: int, moments: Moments, rows: Sequence[Floats]) -> Replications:
        problem, s = self.problem(n), self.structure
        fixed = fixed_moments(s, self.fixed_cells, [moments])
        cells = Cells.of(s, self.K, self.k0)
        base = np.tile(cells.d0, (len(fixed), 1))
        base[:, self.fixed_cells] = fixed
        found = solve(cells, base, [moments], self.z, self.H)
        found = finish(found, cells, base, [moments], problem, s, self.z, self.H)
        theta = found.z @ self.K.T + self.k0
        x = cell_values(s, theta, fixed, self.fixed_cells)
        errors = np.full((len(x), len(self.table)), np.nan)
        for r in np.flatnonzero(found.converged).tolist():
            cases = Cases(rows[r], cluster=self.source.clusters(n)) if rows else None
            sample = Sample(n, moments.mean[r], moments.cov[r], float(n), cases=cases)
            errors[r] = self._errors(problem, base[r], found.z[r], x[r], sample)
        statistic = 2 * n * (found.value - saturated_value([moments]))
        proper = np.zeros(len(x), dtype=bool)
        proper[found.converged] = admissible(s, cells, x[found.converged])
        values = np.full_like(errors, np.nan)
        values[found.converged] = table_rows(self.table, s, x[found.converged])
        told = found.converged & (not self.robust)
        return Replications(values, errors, np.where(told, np.maximum(statistic, 0.0), np.nan), found.converged, proper)

    def _errors(self, problem: Problem, base: Floats, z: Floats, x: Floats, sample: Sample) -> Floats:
        """Standard errors of the rows of the table, NaN where the information is singular."""
        kind: Kind = "observed" if self.robust else "expected"
        s = self.structure
        if len(self.fixed_cells):
            s = replace(s, value=base_values(s, base))
            one = Problem.of(s, [sample], self.K, self.k0)
        else:
            one = replace(problem, samples=(sample,), last=[])
        out = np.full(len(self.table), np.nan)
        try:
            covariance = unit_covariance(one, z, kind)
        except np.linalg.LinAlgError:
            return out
        if self.robust:
            covariance = covariance @ score_products(s, one.theta(z), [sample])[0] @ covariance
        return row_errors(self.table, self.structure, x, covariance / sample.n)


def row_errors(table: ParameterTable, structure: Structure, x: Floats, covariance: Floats) -> Floats:
    """Standard errors of the rows of the table, := included, from the covariance of theta."""
    out = np.full(len(table), np.nan)
    own = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    free = structure.free >= 0
    out[structure.row[free]] = own[structure.free[free]]
    rows = table.where(":=")
    if len(rows):
        _, slope = defined_parameters(table, structure, x, selection(structure))
        out[rows] = np.sqrt(np.maximum(np.einsum("dq,qr,dr->d", slope, covariance, slope), 0.0))
    return out


def unit_covariance(problem: Problem, z: Floats, kind: Kind = "expected") -> Floats:
    """Inverse information of one row at z within the constraints, shape (q, q); LinAlgError where it is singular."""
    return problem.K @ _inverse(problem.slope(z, kind)[1]) @ problem.K.T


def _inverse(H: Floats) -> Floats:
    units = 1 / np.sqrt(np.abs(np.diag(H)))
    factor = np.linalg.cholesky(H * units * units[:, None])
    half = np.linalg.solve(factor, np.diag(units))
    return half.T @ half
