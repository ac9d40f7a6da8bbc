"""Errors and intervals of coefficients of one construct without assuming normal answers.

Numeric file. All coefficients are functions of the covariances of the items, some through the one-factor solution. The
derivative of a coefficient times what a row adds to the covariances is the influence of that row: its spread gives the
standard error (delta method, distribution free; for alpha Maydeu-Olivares, Coffman & Hartmann, 2007), its skewness the
acceleration of the BCa interval (Efron, 1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from cgsurvey.reliability.coefficients import (
    NAN,
    Floats,
    alpha,
    average_variance_extracted,
    composite_reliability,
    correlation,
    lambda2,
    lambda6,
    maximal_reliability,
    mean_correlation,
    omega,
)
from cgsurvey.reliability.one_factor import OneFactor, derivative, one_factor

MEASURES = (
    *("alpha", "alpha_std", "lambda2", "lambda6", "mean_inter_item_r"),
    *("omega", "omega_observed", "composite_reliability", "ave", "h"),
)
STEP = 1e-5
AT_A_TIME = 250  # resamples


def measures(S: Floats) -> Floats:
    """Return the coefficients `MEASURES` of covariance matrices S, shape (m, k, k), as an array (m, measures)."""
    d = np.sqrt(np.diagonal(S, axis1=-2, axis2=-1))
    R = correlation(S)
    return _measures(R, one_factor(R), d)


def _measures(R: Floats, found: OneFactor, d: Floats) -> Floats:
    """Coefficients of S = D R D from R, covariances of items in units d, and the factor solution of R."""
    S = R * d[..., :, None] * d[..., None, :]
    unit = found.loadings**2 + found.residuals
    std = found.loadings / np.sqrt(np.where(unit > 0, unit, NAN))
    raw = found.loadings * d
    closed = (alpha(S), alpha(correlation(R)), lambda2(S), lambda6(correlation(R)), mean_correlation(correlation(R)))
    return np.stack(
        [
            *closed,
            omega(raw, found.residuals * d**2),
            raw.sum(-1) ** 2 / S.sum((-2, -1)),
            composite_reliability(std),
            average_variance_extracted(std),
            maximal_reliability(std),
        ],
        axis=-1,
    )


def row_products(x: Floats) -> Floats:
    """What each row of x, shape (n, k), adds to the correlations of fixed units, shape (n, k (k + 1) / 2)."""
    i, j = np.tril_indices(x.shape[1])
    d = x - x.mean(axis=0)
    z = d / np.sqrt((d**2).mean(axis=0))
    P = z[:, i] * z[:, j]
    return np.asarray(P - P.mean(axis=0))


def gradient(S: Floats, found: OneFactor) -> Floats:
    """Derivatives of the coefficients by the lower triangle of R, S = D R D with D fixed, shape (q, measures).

    `found` is the one-factor solution of the correlations; without one what rests on it is NaN.
    """
    k = len(S)
    d, R = np.sqrt(np.diag(S)), correlation(S)
    theta = np.hstack([found.loadings[0], found.residuals[0]])
    i, j = np.tril_indices(k)
    E = np.zeros((len(i), k, k))
    E[np.arange(len(i)), i, j] = E[np.arange(len(i)), j, i] = 1.0

    def at(R: Floats, theta: Floats) -> Floats:
        return _measures(R, OneFactor(theta[:, :k], theta[:, k:]), d)

    m, q = len(theta), len(i)
    own = np.broadcast_to(theta, (q, m))
    by_R = (at(R + STEP * E, own) - at(R - STEP * E, own)) / (2 * STEP)
    moved, fixed = STEP * np.eye(m), np.broadcast_to(R, (m, k, k))
    by_theta = (at(fixed, theta + moved) - at(fixed, theta - moved)) / (2 * STEP)
    if np.isfinite(theta).all():
        by_R = by_R + derivative(R, theta, E).T @ by_theta
    return np.asarray(by_R)


def influences(x: Floats, found: OneFactor) -> Floats:
    """Influence of each row of x, shape (n, k), on each coefficient, shape (n, measures)."""
    return np.asarray(row_products(x) @ gradient(np.cov(x, rowvar=False), found))


@dataclass(frozen=True)
class Delta:
    """Coefficients with standard errors and intervals by the delta method, shapes (measures,) and (measures, 2)."""

    estimate: Floats
    std_error: Floats
    interval: Floats


def delta(S: Floats, gamma: Floats, n: int, found: OneFactor, level: float) -> Delta:
    """Return the coefficients of covariances S and their errors; gamma (q, q): covariances of `row_products`."""
    estimate = _measures(correlation(S)[None], found, np.sqrt(np.diag(S)))[0]
    G = gradient(S, found)
    error = np.sqrt(np.maximum(((gamma @ G) * G).sum(axis=0), 0) / n)
    z = ndtri((1 + level) / 2)
    return Delta(estimate, error, np.stack([estimate - z * error, estimate + z * error], axis=1))


@dataclass(frozen=True)
class Resampled:
    """Standard errors and intervals by resampling of rows, shapes (measures,) and (measures, 2).

    Attributes
    ----------
    std_error, percentile, bca : ndarray
    failed : ndarray of int, shape (measures,)
        Resamples without a value.
    """

    std_error: Floats
    percentile: Floats
    bca: Floats
    failed: np.ndarray


def resampled(x: Floats, found: OneFactor, level: float, resamples: int, rng: np.random.Generator) -> Resampled:
    """Return intervals of the coefficients of complete answers x, shape (n, k).

    `resamples` sets of n rows are drawn with replacement by `rng`, many at once: counts times products of answers.
    """
    tail = (1 - level) / 2
    S = np.cov(x, rowvar=False)
    estimate = _measures(correlation(S)[None], found, np.sqrt(np.diag(S)))[0]
    U = influences(x, found)
    drawn = _resampled(x, resamples, rng)
    cube = (U**3).sum(axis=0)
    spread = (U**2).sum(axis=0) ** 1.5
    a = np.divide(cube, 6 * spread, out=np.full(len(MEASURES), NAN), where=spread > 0)
    percentile, bca, sd = (np.full(shape, NAN) for shape in ((len(MEASURES), 2), (len(MEASURES), 2), len(MEASURES)))
    for m, values in enumerate(drawn.T):
        values = values[np.isfinite(values)]
        if len(values) < 2 or not np.isfinite(estimate[m]):
            continue
        percentile[m] = np.quantile(values, [tail, 1 - tail])
        sd[m] = values.std(ddof=1)
        share = ((values < estimate[m]).mean() + (values <= estimate[m]).mean()) / 2
        if 0 < share < 1 and np.isfinite(a[m]):
            z0 = ndtri(share)
            w = z0 + ndtri(np.array([tail, 1 - tail]))
            bca[m] = np.quantile(values, ndtr(z0 + w / (1 - a[m] * w)))
    return Resampled(sd, percentile, bca, (~np.isfinite(drawn)).sum(axis=0))


def _resampled(x: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Coefficients of resampled rows, shape (resamples, measures); NaN where an item became constant."""
    n, k = x.shape
    i, j = np.tril_indices(k)
    c = x - x.mean(axis=0)
    columns = np.hstack([c[:, i] * c[:, j], c])
    out = []
    for first in range(0, resamples, AT_A_TIME):
        size = min(AT_A_TIME, resamples - first)
        rows = rng.integers(n, size=(size, n)) + n * np.arange(size)[:, None]
        counts = np.bincount(rows.ravel(), minlength=size * n).reshape(size, n)
        sums = counts @ columns / n
        mean = sums[:, len(i) :]
        S = np.empty((size, k, k))
        S[:, i, j] = S[:, j, i] = sums[:, : len(i)] - mean[:, i] * mean[:, j]
        varies = (np.diagonal(S, axis1=1, axis2=2) > 1e-12 * np.diag(np.cov(x, rowvar=False))).all(axis=1)
        found = np.full((size, len(MEASURES)), NAN)
        if varies.any():
            found[varies] = measures(S[varies])
        out.append(found)
    return np.concatenate(out)
