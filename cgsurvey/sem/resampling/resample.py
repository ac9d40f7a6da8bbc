"""Fitting one model to many resamples of its data, in chunks that do not depend on how many processes work on them.

Numeric file. Likelihood of complete rows: all resamples of a chunk at once (`batch`). Rows with missing answers,
nonlinear constraints, least squares: one by one, from the estimates of the whole sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from cgsurvey.base.errors import CgSurveyError, SampleError
from cgsurvey.base.parallel import one_thread, run_parallel
from cgsurvey.moments.normal import cluster_sums
from cgsurvey.moments.patterns import find_patterns
from cgsurvey.moments.sample import Floats, Ints, Sample
from cgsurvey.moments.saturated import saturated
from cgsurvey.sem.fitting.constrained import minimise_within
from cgsurvey.sem.fitting.derivatives import case_scores, information
from cgsurvey.sem.fitting.optimise import Optimum, Problem, minimise
from cgsurvey.sem.model.constraints import Constraints
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.resampling.batch import PATIENCE, Cells, Moments, finish, solve
from cgsurvey.sem.resampling.bootstrap import (
    cell_values,
    draw_counts,
    fixed_moments,
    leave_out,
    left_out_moments,
    repeated_rows,
    resampled_moments,
    saturated_value,
    units_of,
)

CHUNK, SINGLES = 250, 10  # resamples of a task: fitted at once, fitted one by one
COUNTS = 4_000_000  # counts of a task that are held at once
Again = Callable[[Sequence[Ints], Sequence[Ints]], Sequence[Sample]]
PARTS, FEW = 5000, 500  # parts of which each is left out: fitted at once, fitted one by one


@dataclass(frozen=True)
class Refits:
    """Fits to R resamples.

    Attributes
    ----------
    theta : ndarray, shape (R, q)
        NaN where no minimum was found.
    fixed : ndarray, shape (R, e)
        Moments of covariates.
    statistic : ndarray, shape (R,)
        N times the fit function; NaN with missing answers.
    """

    theta: Floats
    fixed: Floats
    statistic: Floats

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which have estimates."""
        return np.asarray(np.isfinite(np.hstack([self.theta, self.fixed])).all(axis=1))

    def take(self, which: NDArray[np.bool_]) -> Refits:
        """The resamples `which`."""
        return Refits(self.theta[which], self.fixed[which], self.statistic[which])


@dataclass(frozen=True)
class Resampler:
    """A fitted model and its rows.

    Attributes
    ----------
    structure : Structure
    samples : tuple of Sample
        With rows.
    K, k0 : ndarray
        Linear constraints, theta = K z + k0.
    z : ndarray, shape (z,)
        The estimates.
    H : ndarray, shape (z, z)
        Positive definite second derivatives there.
    fixed_cells : ndarray of int
        Cells that hold moments of covariates.
    within : Constraints
        Nonlinear equalities and inequalities.
    basis : ndarray, shape (q, f)
        Directions in theta that all constraints leave free at the estimates.
    again : callable, optional
        Makes samples of rows (those of each group, and the draw that each belongs to); given with least squares.
    """

    structure: Structure
    samples: tuple[Sample, ...]
    K: Floats
    k0: Floats
    z: Floats
    H: Floats
    fixed_cells: Ints
    within: Constraints
    basis: Floats
    again: Again | None = None

    @classmethod
    def of(
        cls,
        problem: Problem,
        structure: Structure,
        z: Floats,
        fixed_cells: Ints,
        within: Constraints,
        basis: Floats,
        again: Again | None = None,
    ) -> Resampler:
        """Prepare resampling at the estimates `z` of `problem`."""
        H = problem.slope(z, "observed")[1]
        if not _definite(H):
            H = problem.slope(z, "expected")[1]
        samples = tuple(replace(s, gamma=None) for s in problem.samples)
        return cls(structure, samples, problem.K, problem.k0, z, H, fixed_cells, within, basis, again)

    @property
    def complete(self) -> bool:
        """True when no answer is missing."""
        return all(s.patterns is None for s in self.samples)

    @property
    def batched(self) -> bool:
        """True when resamples are fitted all at once."""
        return self.complete and not len(self.within) and self.again is None

    @property
    def units(self) -> int:
        """Rows, or clusters, of all groups."""
        return sum(int(units_of(s.cases).max()) + 1 for s in self.samples if s.cases is not None)

    def draw(self, seeds: Sequence[SeedSequence], *, n_jobs: int = 1) -> Refits:
        """Fit one resample per seed."""
        size = self._size() if self.batched else SINGLES
        chunks = [seeds[at : at + size] for at in range(0, len(seeds), size)]
        return _joined(run_parallel(self._drawn, chunks, n_jobs=n_jobs))

    def jackknife(self, *, n_jobs: int = 1) -> Refits:
        """Fit without each unit (row or cluster) in turn, or without each of many parts where units are more than that.

        Likelihood that is not fitted at once: one Newton step from the estimates, which is exact enough.
        """
        if not self.batched and self.again is None:
            return self._by_scores()
        size, most, units = (CHUNK, PARTS, self.units) if self.batched else (SINGLES, FEW, self.units)
        order = np.arange(units) if units <= most else np.random.default_rng(0).permutation(units)
        parts = np.array_split(order, min(units, most))
        chunks = [parts[at : at + size] for at in range(0, len(parts), size)]
        return _joined(run_parallel(self._left_out, chunks, n_jobs=n_jobs))

    def _size(self) -> int:
        most = max([s.n for s in self.samples] + [self.structure.v**2])
        return int(np.clip(COUNTS // most, 8, CHUNK))

    @one_thread()
    def _drawn(self, seeds: Sequence[SeedSequence]) -> Refits:
        counts = draw_counts(self.samples, seeds)
        if not self.batched:
            return self._singles(counts)
        return self._batch([resampled_moments(s, c) for s, c in zip(self.samples, counts, strict=True)])

    @one_thread()
    def _left_out(self, parts: Sequence[Ints]) -> Refits:
        if not self.batched:
            return self._singles(leave_out(self.samples, parts))
        moments, before = [], 0
        for s in self.samples:
            moments.append(left_out_moments(s, before, parts))
            before += 0 if s.cases is None else int(units_of(s.cases).max()) + 1
        return self._batch(moments)

    def _batch(self, moments: Sequence[Moments]) -> Refits:
        fixed = fixed_moments(self.structure, self.fixed_cells, moments)
        cells = Cells.of(self.structure, self.K, self.k0)
        base = np.tile(cells.d0, (len(fixed), 1))
        base[:, self.fixed_cells] = fixed
        found = solve(cells, base, moments, self.z, self.H)
        problem = Problem.of(self.structure, self.samples, self.K, self.k0)
        found = finish(found, cells, base, moments, problem, self.structure, self.z, self.H)
        statistic = 2 * self._size_of_fit() * (found.value - saturated_value(moments))
        return Refits(found.z @ self.K.T + self.k0, fixed, np.maximum(statistic, 0.0))

    def _singles(self, counts: Sequence[Floats]) -> Refits:
        R = len(counts[0])
        theta, fixed = np.full((R, self.structure.q), np.nan), np.full((R, len(self.fixed_cells)), np.nan)
        statistic = np.full(R, np.nan)
        for r in range(R):
            try:
                samples, moments = self._resampled([c[r] for c in counts])
                fixed[r] = fixed_moments(self.structure, self.fixed_cells, moments)[0]
                value = self.structure.value.copy()
                value[self.fixed_cells] = fixed[r]
                problem = Problem.of(replace(self.structure, value=value), samples, self.K, self.k0)
                found = self._minimise(problem)
            except (np.linalg.LinAlgError, CgSurveyError):
                continue
            if found.converged:
                theta[r] = problem.theta(found.z)
                if self.complete and self.again is None:
                    statistic[r] = 2 * self._size_of_fit() * (found.value - saturated_value(moments)[0])
        return Refits(theta, fixed, np.maximum(statistic, 0.0))

    def _resampled(self, counts: Sequence[Floats]) -> tuple[Sequence[Sample], list[Moments]]:
        """Samples of one resample and their moments."""
        if self.again is None:
            pairs = [
                resampled(s, c, self._covariates(g)) for g, (s, c) in enumerate(zip(self.samples, counts, strict=True))
            ]
            return [s for s, _ in pairs], [m for _, m in pairs]
        rows = [repeated_rows(s.cases, c) for s, c in zip(self.samples, counts, strict=True) if s.cases is not None]
        samples = self.again([r for r, _ in rows], [d for _, d in rows])
        for new, old in zip(samples, self.samples, strict=True):
            if new.moments is not None and old.moments is not None and len(new.moments) != len(old.moments):
                raise SampleError("A category that the data have does not occur in a resample.")
        return samples, [Moments(np.array([s.rows]), s.mean[None], s.cov[None]) for s in samples]

    def _minimise(self, problem: Problem) -> Optimum:
        if len(self.within):
            return minimise_within(problem, self.z, self.within, limit=PATIENCE).optimum
        return minimise(problem, self.z, limit=PATIENCE)

    def _size_of_fit(self) -> float:
        return float(sum(s.size for s in self.samples))

    def _covariates(self, group: int) -> Ints:
        """Variables of which the model takes the moments."""
        here = self.fixed_cells[self.structure.group[self.fixed_cells] == group]
        return np.unique(self.structure.i[here])

    def _by_scores(self) -> Refits:
        theta = self.K @ self.z + self.k0
        H = self.basis.T @ information(self.structure, theta, self.samples, "observed") @ self.basis
        inverse = self.basis @ np.linalg.solve(H, self.basis.T)
        N = sum(s.rows for s in self.samples)
        parts = []
        for sample, scores in zip(self.samples, case_scores(self.structure, theta, self.samples), strict=True):
            assert sample.cases is not None
            sums = cluster_sums(scores, units_of(sample.cases))
            parts.append(theta - sums @ inverse / N)
        out = np.concatenate(parts)
        fixed = np.tile(self.structure.value[self.fixed_cells], (len(out), 1))
        return Refits(out, fixed, np.full(len(out), np.nan))

    def cells(self, refits: Refits) -> Floats:
        """Values of all cells, shape (R, cells)."""
        return cell_values(self.structure, refits.theta, refits.fixed, self.fixed_cells)


def resampled(sample: Sample, counts: Floats, covariates: Ints) -> tuple[Sample, Moments]:
    """A resample, and its moments; with missing answers these are right at the `covariates` only.

    There the moments of the unrestricted model are those of the whole sample: the optimiser starts from them.
    """
    if sample.patterns is None:
        moments = resampled_moments(sample, counts[None])
        one = replace(sample, mean=moments.mean[0], cov=moments.cov[0], size=float(moments.weight[0]), cases=None)
        return replace(one, wishart=False), moments
    assert sample.cases is not None
    cases = sample.cases
    w = counts[units_of(cases)]
    rows = np.flatnonzero(w)
    w = w[rows] if cases.weights is None else w[rows] * cases.weights[rows]
    y, total = cases.y[rows], w.sum()
    patterns = find_patterns(y, w)
    x = y[:, covariates]
    mean, cov = sample.mean.copy(), sample.cov.copy()
    if np.isnan(x).any():
        mean, cov, _ = saturated(patterns, sample.p)
    elif len(covariates):
        mean[covariates] = w @ x / total
        d = x - mean[covariates]
        cov[np.ix_(covariates, covariates)] = (d * w[:, None]).T @ d / total
    moments = Moments(np.array([total]), mean[None], cov[None])
    return Sample(sample.n, sample.mean, sample.cov, float(total), patterns), moments


def _definite(H: Floats) -> bool:
    units = 1 / np.sqrt(np.maximum(np.diag(H), 1e-300))
    return bool(len(H) == 0 or np.linalg.eigvalsh(H * units * units[:, None])[0] > 1e-8)


def _joined(parts: Sequence[Refits]) -> Refits:
    return Refits(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("theta", "fixed", "statistic")))
