"""What a model leaves unexplained of means and covariances: raw, as correlations, and as z-values.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.sample import Sample
from cgsurvey.sem.structure import GroupMatrices

Floats = NDArray[np.float64]
Kind = Literal["raw", "cor", "standardized"]


@dataclass(frozen=True)
class Residuals:
    """Residuals of one group: cov (p, p) and mean (p,)."""

    cov: Floats
    mean: Floats


def raw(sample: Sample, matrices: GroupMatrices) -> Residuals:
    """Sample minus implied moments."""
    return Residuals(sample.cov - matrices.Sigma, sample.mean - matrices.mu)


def correlations(sample: Sample, matrices: GroupMatrices) -> Residuals:
    """Sample minus implied correlations; differences of means over standard deviations of the sample (Bollen, 1989)."""
    sd, implied = np.sqrt(np.diag(sample.cov)), np.sqrt(np.diag(matrices.Sigma))
    cov = sample.cov / np.outer(sd, sd) - matrices.Sigma / np.outer(implied, implied)
    np.fill_diagonal(cov, 0.0)
    return Residuals(cov, (sample.mean - matrices.mu) / sd)


def normal_gamma(Sigma: Floats, means: bool) -> Floats:
    """Asymptotic covariance of sqrt(n) (mean, vech S) under normality, shape (m, m)."""
    p = len(Sigma)
    j, i = np.triu_indices(p)
    gamma = Sigma[np.ix_(i, i)] * Sigma[np.ix_(j, j)] + Sigma[np.ix_(i, j)] * Sigma[np.ix_(j, i)]
    if not means:
        return gamma
    out = np.zeros((p + len(i),) * 2)
    out[:p, :p], out[p:, p:] = Sigma, gamma
    return out


def standardized(
    sample: Sample, matrices: GroupMatrices, delta: Floats, vcov: Floats, gamma: Floats, means: bool
) -> Residuals:
    """Residuals divided by their standard errors: z-values, NaN where the residual has no variance.

    Parameters
    ----------
    delta : ndarray, shape (m, q)
        Derivatives of the implied moments by the free parameters.
    vcov : ndarray, shape (q, q)
        Covariance of the estimates.
    gamma : ndarray, shape (m, m)
        Covariance of the sample moments times n (`normal_gamma`, or that of the missing-data or robust estimator).

    Notes
    -----
    The covariance of a residual is taken as that of the sample moment less that of the implied moment.
    """
    p = len(sample.mean)
    variance = np.diag(gamma) / sample.n - np.einsum("mq,mq->m", delta @ vcov, delta)
    # Differences of nearly equal numbers: what is left of a variance that is zero in theory.
    variance = np.where(variance > 1e-9 * np.diag(gamma) / sample.n, variance, np.nan)
    left = raw(sample, matrices)
    j, i = np.triu_indices(p)
    error = np.zeros((p, p))
    error[i, j] = error[j, i] = np.sqrt(variance[p:] if means else variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        cov = np.where(np.abs(left.cov) < 1e-12 * np.abs(sample.cov).max(), 0.0, left.cov / error)
        mean = left.mean / np.sqrt(variance[:p]) if means else np.zeros(p)
    return Residuals(cov, np.where(np.isnan(mean), 0.0, mean))
