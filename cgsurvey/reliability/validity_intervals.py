"""Sampling errors and resamples of functions of correlations such as HTMT.

Numeric file. Let D be the matrix with dh = tr(D dS) at the correlation matrix R (`quadratic`) and z a standardised row.
Then, with n rows::

    no assumption (ADF)   var h = sum (z'Dz)^2 / n^2         Browne (1984), by the delta method
    normal rows           var h = 2 tr(D R D R) / n          Steiger (1980)
    incomplete rows       the same from the sandwich of maximum-likelihood moments (Yuan & Bentler, 2000)
    polychoric            var h = g' Gamma g / n             Gamma of the correlations as `moments.ordinal` has it

z'Dz is the influence of a row on h; its third moment is the acceleration of the BCa interval (Efron, 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import SeedSequence
from scipy.special import ndtri

from cgsurvey.base.parallel import one_thread, run_parallel
from cgsurvey.base.units import total_products
from cgsurvey.moments.normal import low
from cgsurvey.moments.ordinal import ordinal_moments
from cgsurvey.moments.sample import Cases, Floats, Ints, Sample
from cgsurvey.moments.two_stage import em_gamma
from cgsurvey.sem.resampling.bootstrap import draw_counts, resampled_moments, strata_of, units_of

BLOCK = 4_000_000  # numbers that a block of resamples may hold
GROUPS = 100  # parts of the rows that a jackknife of costly statistics leaves out


def influences(cases: Cases, sample: Sample, D: Floats) -> Floats:
    """Influence z'Dz of each row, weights included, shape (n, k)."""
    sd = np.sqrt(np.diag(sample.cov))
    z = (cases.y - sample.mean) / sd
    if sample.wishart:
        z *= np.sqrt(sample.rows / (sample.rows - 1))
    out = np.stack([np.einsum("np,np->n", z @ one, z) for one in D], axis=1) if len(D) else np.zeros((len(z), 0))
    return out if cases.weights is None else out * cases.weights[:, None]


def distribution_free(influence: Floats, cases: Cases) -> Floats:
    """Standard errors from influences, shape (k,); clusters and strata enter as units that were drawn."""
    total = float(len(influence)) if cases.weights is None else float(cases.weights.sum())
    made = total_products(
        lambda rows: influence[rows], len(influence), influence.shape[1], cluster=cases.cluster, strata=cases.strata
    )
    return np.sqrt(np.diag(made)) / total


def normal_theory(D: Floats, R: Floats, n: float) -> Floats:
    """Standard errors for normal rows, shape (k,)."""
    DR = D @ R
    return np.sqrt(2 * np.einsum("kij,kji->k", DR, DR) / n)


def from_gamma(D: Floats, sample: Sample, ordered: np.ndarray) -> Floats:
    """Standard errors from Gamma of thresholds, variances and correlations, shape (k,).

    Parameters
    ----------
    D : ndarray, shape (k, p, p)
    sample : Sample
        With `gamma`, in the order of `moments.ordinal`, without covariates.
    ordered : ndarray of bool, shape (p,)
    """
    assert sample.gamma is not None
    p, sd = sample.p, np.sqrt(np.diag(sample.cov))
    j, i = np.triu_indices(p, 1)  # strict lower triangle by columns
    numeric = np.flatnonzero(~ordered)
    own = D[:, numeric, numeric] / sd[numeric] ** 2
    slopes = np.hstack([own, 2 * D[:, i, j] / (sd[i] * sd[j])])
    m = slopes.shape[1]
    return np.sqrt(np.einsum("km,mn,kn->k", slopes, sample.gamma[-m:, -m:], slopes) / sample.rows)


def incomplete(D: Floats, sample: Sample) -> Floats:
    """Standard errors for moments of incomplete rows by maximum likelihood, without assuming normality, shape (k,)."""
    gamma = em_gamma(sample, robust=True)[sample.p :, sample.p :]
    i, j = low(sample.p)
    sd = np.sqrt(np.diag(sample.cov))
    slopes = np.where(i == j, 1.0, 2.0) * D[:, i, j] / (sd[i] * sd[j])
    return np.sqrt(np.einsum("km,mn,kn->k", slopes, gamma, slopes) / sample.rows)


def acceleration(influence: Floats, cases: Cases) -> Floats:
    """Acceleration of the BCa interval, sum t^3 / (6 (sum t^2)^3/2) over units, shape (k,)."""
    unit = units_of(cases)
    t = np.zeros((int(unit.max()) + 1, influence.shape[1]))
    np.add.at(t, unit, influence)
    size = (t**2).sum(axis=0)
    return np.asarray(np.where(size > 0, (t**3).sum(axis=0) / (6 * np.where(size > 0, size, 1.0) ** 1.5), 0.0))


def resampled(
    sample: Sample, statistic: Callable[[Floats], Floats], seeds: Sequence[SeedSequence], *, n_jobs: int = 1
) -> Floats:
    """Statistics of the Pearson correlations of resamples, shape (R, k).

    Parameters
    ----------
    sample : Sample
        With complete rows; clusters are drawn whole, strata kept, weights used.
    statistic : callable
        From correlation matrices (m, p, p), all NaN where an item does not vary, to statistics (m, k).
    seeds : sequence of SeedSequence
        One per resample, so that neither blocks nor `n_jobs` change a number.
    """
    assert sample.cases is not None
    p = sample.p
    size = max(BLOCK // (len(sample.cases.y) + p * (p + 1)), 1)

    def block(mine: Sequence[SeedSequence]) -> Floats:
        with one_thread():
            cov = resampled_moments(sample, draw_counts([sample], mine)[0]).cov
            sd = np.sqrt(np.maximum(np.diagonal(cov, axis1=1, axis2=2), 0.0))
            flat = sd <= 1e-6 * np.sqrt(np.diag(sample.cov))
            sd = np.where(flat, 1.0, sd)
            R = cov / (sd[:, :, None] * sd[:, None, :])
            R[flat.any(axis=1)] = np.nan
            return statistic(R)

    parts = [seeds[at : at + size] for at in range(0, len(seeds), size)]
    return np.vstack(run_parallel(block, parts, n_jobs=n_jobs))


def resampled_rows(
    cases: Cases, statistic: Callable[[Floats, Floats | None], Floats], seeds: Sequence[SeedSequence], n_jobs: int = 1
) -> Floats:
    """Statistics that need rows (polychoric correlations), shape (R, k), of resamples of rows or whole clusters.

    Parameters
    ----------
    statistic : callable
        From rows (m, p) and their weights to statistics (k,).
    """
    unit = units_of(cases)

    def one(seed: SeedSequence) -> Floats:
        rng = np.random.default_rng(seed)
        drawn = np.concatenate([s[rng.integers(0, len(s), len(s))] for s in strata_of(cases)])
        counts = np.bincount(drawn, minlength=int(unit.max()) + 1)[unit]
        with one_thread():
            return statistic(*_repeated(cases, np.repeat(np.arange(len(unit)), counts)))

    return np.vstack(run_parallel(one, seeds, n_jobs=n_jobs))


def left_out_rows(cases: Cases, statistic: Callable[[Floats, Floats | None], Floats], n_jobs: int = 1) -> Floats:
    """Statistics without one of at most 100 parts of the units, shape (parts, k)."""
    unit = units_of(cases)
    parts = np.array_split(np.arange(int(unit.max()) + 1), min(GROUPS, int(unit.max()) + 1))

    def one(part: Ints) -> Floats:
        with one_thread():
            return statistic(*_repeated(cases, np.flatnonzero(~np.isin(unit, part))))

    return np.vstack(run_parallel(one, parts, n_jobs=n_jobs))


def _repeated(cases: Cases, rows: Ints) -> tuple[Floats, Floats | None]:
    return cases.y[rows], None if cases.weights is None else cases.weights[rows]


def normal_limits(estimate: Floats, error: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Lower and upper limit at `level`, and the upper limit of the one-sided interval at `level`."""
    half = ndtri((1 + level) / 2) * error
    return estimate - half, estimate + half, estimate + ndtri(level) * error


def polychorics(y: Floats, weights: Floats | None, ordered: np.ndarray) -> Floats:
    """Correlations of rows, polychoric where both items are ordered, shape (p, p); NaN where an item does not vary.

    Categories that nobody chose are left out, as a resample may lack a rare one.
    """
    codes, levels = y.copy(), np.zeros(y.shape[1], dtype=np.int64)
    for k in np.flatnonzero(ordered):
        seen = ~np.isnan(y[:, k])
        values, codes[seen, k] = np.unique(y[seen, k], return_inverse=True)
        levels[k] = len(values)
    if (levels[ordered] < 2).any() or any(np.nanstd(y[:, k]) == 0 for k in np.flatnonzero(~ordered)):
        return np.full((y.shape[1], y.shape[1]), np.nan)
    found = ordinal_moments(codes, levels, weights=weights, pairwise=bool(np.isnan(y).any()), gamma=False)
    sd = np.sqrt(np.diag(found.cov))
    return np.asarray(found.cov / np.outer(sd, sd))
