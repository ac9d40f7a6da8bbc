"""What a model leaves unexplained of means and covariances: raw, as correlations, and as z-values.

Numeric file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.normal import low, moment_information
from cgsurvey.moments.sample import Sample, shares
from cgsurvey.sem.model.implied import Places
from cgsurvey.sem.model.structure import GroupMatrices

Floats = NDArray[np.float64]
Kind = Literal["raw", "cor", "standardized"]


@dataclass(frozen=True)
class Residuals:
    """Residuals of one group: cov (p, p) and mean (p,)."""

    cov: Floats
    mean: Floats


def raw(sample: Sample, matrices: GroupMatrices) -> Residuals:
    """Sample minus implied moments."""
    return Residuals(sample.cov - matrices.cov, sample.mean - matrices.mean)


def correlations(sample: Sample, matrices: GroupMatrices) -> Residuals:
    """Sample minus implied correlations; differences of means over standard deviations of the sample (Bollen, 1989)."""
    sd, implied = np.sqrt(np.diag(sample.cov)), np.sqrt(np.diag(matrices.Sigma))
    cov = sample.cov / np.outer(sd, sd) - matrices.Sigma / np.outer(implied, implied)
    np.fill_diagonal(cov, 0.0)
    return Residuals(cov, (sample.mean - matrices.mean) / sd)


def standardized(
    samples: Sequence[Sample],
    matrices: Sequence[GroupMatrices],
    deltas: Sequence[Floats],
    basis: Floats,
    *,
    means: bool,
    exogenous: Sequence[int] = (),
) -> list[Residuals]:
    """Residuals over their standard errors under normal theory: z-values, 0 where residual and error are both zero.

    Parameters
    ----------
    samples, matrices, deltas : sequence
        Per group: sample moments, implied moments, and derivatives of these, shape (m, q).
    basis : ndarray, shape (q, z)
        Directions that linear equality constraints leave free.
    means : bool
        True when the m moments begin with the means.
    exogenous : sequence of int
        Covariates with fixed moments.

    Notes
    -----
    With W the weights of the fit function at the implied moments, Gamma the covariance of the sample moments at those
    of the sample and D = deltas: residuals = (I - D (D'WD)^-1 D'W) e, Var(e) = Gamma / n. This is what
    ``residuals(type="standardized")`` of lavaan gives for estimator ML.
    """
    p = len(samples[0].mean)
    i, j = low(p)
    fixed = np.isin(np.arange(p), list(exogenous))
    varies = np.concatenate([~fixed, ~(fixed[i] & fixed[j])]) if means else ~(fixed[i] & fixed[j])
    at = np.ix_(varies, varies)
    parts = shares(samples)
    D = [delta[varies] @ basis for delta in deltas]
    W = [share * _weights(s, m, means)[at] for share, s, m in zip(parts, samples, matrices, strict=True)]
    gamma = [np.linalg.inv(_unrestricted(s, m, means)[at]) / s.n for s, m in zip(samples, matrices, strict=True)]
    pull = [d.T @ w for d, w in zip(D, W, strict=True)]  # what moves the estimates
    inverse = np.linalg.inv(np.sum([a @ d for a, d in zip(pull, D, strict=True)], axis=0))
    out = []
    for s, m, d, a, v in zip(samples, matrices, D, pull, gamma, strict=True):
        moved = inverse @ a @ v @ a.T @ inverse  # by the group's own rows: lavaan too leaves those of others out
        own = np.diag(v) - 2 * np.einsum("mz,zm->m", d @ inverse, a @ v) + np.einsum("mz,mz->m", d @ moved, d)
        variance = np.zeros(len(varies))
        # What is left of a variance that is zero in theory is the difference of nearly equal numbers.
        variance[varies] = np.where(own > 1e-9 * np.diag(v), own, 0.0)
        left = raw(s, m)
        error = np.zeros((p, p))
        error[i, j] = error[j, i] = np.sqrt(variance[-len(i) :])
        cov = _divided(left.cov, error, np.abs(s.cov).max())
        mean = _divided(left.mean, np.sqrt(variance[:p]), np.abs(s.mean).max()) if means else np.zeros(p)
        out.append(Residuals(cov, mean))
    return out


def over_errors(sample: Sample, matrices: GroupMatrices, e: Floats, Xi: Floats, at: Places | None) -> Residuals:
    """z-values from residuals of the moments and their covariances (`misfit.residual_covariances`).

    Moments are (mean, vech S), or, with ordered items, stand at `at`; then correlations alone have z-values.
    """
    p = sample.p
    error, left, means = np.zeros((p, p)), np.zeros((p, p)), np.zeros(p)
    own = np.sqrt(np.diag(Xi))
    if at is None:
        i, j = low(p)
        error[i, j] = error[j, i] = own[p:]
        left[i, j] = left[j, i] = e[p:]
        means = _divided(e[:p], own[:p], np.abs(sample.mean).max())
    else:
        k = len(e) - len(at.i)
        error[at.i, at.j] = error[at.j, at.i] = own[k:]
        left[at.i, at.j] = left[at.j, at.i] = e[k:]
        k -= len(at.numeric)
        error[at.numeric, at.numeric], left[at.numeric, at.numeric] = (
            own[k:][: len(at.numeric)],
            e[k:][: len(at.numeric)],
        )
    return Residuals(_divided(left, error, np.abs(sample.cov).max()), means)


def _divided(residual: Floats, error: Floats, size: float) -> Floats:
    nothing = np.abs(residual) < 1e-9 * size
    return np.where(nothing & (error == 0), 0.0, residual / np.where(error > 0, error, np.nan))


def _weights(sample: Sample, matrices: GroupMatrices, means: bool) -> Floats:
    """Expected information of the moments at the implied ones; with missing values that of the patterns."""
    if sample.curvature is not None:
        return sample.curvature.H
    return _complete(sample, matrices.Sigma, matrices.mu, means)


def _unrestricted(sample: Sample, matrices: GroupMatrices, means: bool) -> Floats:
    """Information at the unrestricted moments; with missing values at the implied ones, which alone are kept."""
    if sample.curvature is not None:
        return sample.curvature.H
    return _complete(sample, sample.cov, sample.mean, means)


def _complete(sample: Sample, Sigma: Floats, mu: Floats, means: bool) -> Floats:
    H = moment_information(sample, Sigma, mu, "expected")
    return H if means else H[len(mu) :, len(mu) :]
