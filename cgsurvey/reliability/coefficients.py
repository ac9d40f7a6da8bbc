"""Coefficients of internal consistency, from moments: S covariance, R correlation, lambda standardised loadings.

Numeric file. Matrices may have leading axes, shape (..., k, k): one coefficient for each, shape (...).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, ndtri

Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class Consistency:
    """Closed-form coefficients of each construct, shape (...); NaN where a coefficient does not exist."""

    alpha: Floats
    alpha_ci_lower: Floats
    alpha_ci_upper: Floats
    alpha_std: Floats
    lambda2: Floats
    lambda6: Floats
    mean_inter_item_r: Floats


def consistency(S: Floats, n: int | NDArray[np.int64], level: float) -> Consistency:
    """Return the closed-form coefficients of constructs that stand in their rows of the table.

    Parameters
    ----------
    S : ndarray, shape (..., k, k)
        Covariance matrices of their items, k >= 2, all variances positive.
    n : int or ndarray, shape (...)
        Rows behind `S`.
    level : float
        Level of the interval of alpha.
    """
    R, a = correlation(S), alpha(S)
    return Consistency(a, *feldt(a, n, S.shape[-1], level), alpha(R), lambda2(S), lambda6(R), mean_correlation(R))


def correlation(S: Floats) -> Floats:
    """Scale covariance matrices to correlation matrices with an exact unit diagonal."""
    d = np.sqrt(_diagonal(S))
    R = np.asarray(S / (d[..., :, None] * d[..., None, :]))
    k = np.arange(S.shape[-1])
    R[..., k, k] = 1.0
    return R


def alpha(S: Floats) -> Floats:
    """Coefficient alpha, k/(k-1) (1 - tr S / 1'S1) (Cronbach, 1951); of a correlation matrix: standardised alpha.

    NaN for fewer than two items and where the sum of the items does not vary.
    """
    k = S.shape[-1]
    return _plain(k / max(k - 1, 1) * (1 - _trace(S) / _total(S)))


def feldt(a: float | Floats, n: int | NDArray[np.int64], k: int, level: float) -> tuple[Floats, Floats]:
    """Interval of alpha: 1 - (1 - alpha) F quantiles on n-1 and (n-1)(k-1) df (Feldt, 1965; psych::alpha.ci)."""
    a, tail = np.asarray(a), (1 - level) / 2
    known = np.isfinite(a) & (np.asarray(n) > 1) & (k > 1)
    df = np.where(known, np.asarray(n) - 1.0, 1.0)
    lower, upper = (np.where(known, 1 - (1 - a) * fdtri(df, df * max(k - 1, 1), p), NAN) for p in (1 - tail, tail))
    return _plain(lower), _plain(upper)


def alpha_error(S: Floats, n: int | NDArray[np.int64]) -> Floats:
    """Asymptotic standard error of alpha under normal answers (Duhachek & Iacobucci, 2004; psych: ase).

    SE^2 = 2 k^2 [1'S1 (tr S^2 + tr^2 S) - 2 tr S 1'S^2 1] / (n (k-1)^2 (1'S1)^3)
    """
    k, total, trace = S.shape[-1], _total(S), _trace(S)
    inner = total * ((S * S).sum((-2, -1)) + trace**2) - 2 * trace * (S.sum(-1) ** 2).sum(-1)
    return _plain(np.sqrt(np.maximum(2 * k**2 * inner / (n * max(k - 1, 1) ** 2 * total**3), 0.0)))


def duhachek(S: Floats, n: int, level: float) -> tuple[float, float, float]:
    """Standard error of alpha and its interval, both by `alpha_error`."""
    a, error, z = float(alpha(S)), float(alpha_error(S, n)), float(ndtri((1 + level) / 2))
    return error, a - z * error, a + z * error


def lambda1(S: Floats) -> Floats:
    """Guttman's (1945) lambda 1, 1 - tr S / 1'S1."""
    return _plain(1 - _trace(S) / _total(S))


def lambda2(S: Floats) -> Floats:
    """Guttman's (1945) lambda 2; never below alpha."""
    k, off = S.shape[-1], _off(S)
    return _plain((off.sum((-2, -1)) + np.sqrt(k / max(k - 1, 1) * (off**2).sum((-2, -1)))) / _total(S))


def lambda5(S: Floats) -> Floats:
    """Guttman's (1945) lambda 5: lambda 1 and twice the root of the largest sum of squared covariances of an item."""
    return _plain(lambda1(S) + 2 * np.sqrt((_off(S) ** 2).sum(-1).max(-1)) / _total(S))


def lambda6(R: Floats) -> Floats:
    """Guttman's (1945) lambda 6, 1 - sum(s_j^2 (1 - smc_j)) / 1'S1 (of correlations psych: G6(smc)).

    NaN when the matrix is singular.
    """
    total = _total(R)
    fit = np.linalg.eigvalsh(correlation(R))[..., 0] >= 1e-10
    inverse = np.linalg.inv(np.where(fit[..., None, None], R, np.eye(R.shape[-1])))
    return _plain(np.where(fit, 1 - (1 / _diagonal(inverse)).sum(-1) / total, NAN))


def mu(S: Floats, order: int) -> Floats:
    """Lower bound mu_r of ten Berge & Zegers (1978); mu 0 is alpha, mu 1 is lambda 2, each is at least the one before.

    mu_r = (p0 + (p1 + ... (p_{r-1} + k/(k-1) p_r)^(1/2) ...)^(1/2))^(1/2) / 1'S1 without the outermost root, where p_h
    is the sum of the covariances between items, each to the power 2^h (psych::tenberge).
    """
    k, off = S.shape[-1], _off(S)
    inner = k / max(k - 1, 1) * (off ** (2**order)).sum((-2, -1))
    for h in range(order - 1, -1, -1):
        inner = (off ** (2**h)).sum((-2, -1)) + np.sqrt(inner)
    return _plain(inner / _total(S))


def mean_correlation(R: Floats) -> Floats:
    """Mean of the correlations below the diagonal; NaN for one item."""
    return _plain(below(R).mean(-1) if R.shape[-1] > 1 else np.full(R.shape[:-2], NAN))


def below(R: Floats) -> Floats:
    """Elements below the diagonal, shape (..., k (k - 1) / 2)."""
    return _plain(R[(..., *_below(R.shape[-1]))])


@cache
def _below(k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.tril_indices(k, -1)


def composite_reliability(loadings: Floats) -> Floats:
    """Reliability of the sum of congeneric standardised items, L^2 / (L^2 + sum(1 - lambda^2)), L = sum(lambda).

    Rho of Jöreskog (1971) as printed by Fornell and Larcker (1981); SmartPLS calls it rho_c.
    """
    return omega(loadings, 1 - loadings**2)


def omega(loadings: Floats, residuals: Floats) -> Floats:
    """Reliability of a sum by its one-factor model, L^2 / (L^2 + sum of residual variances) (McDonald, 1999).

    Of loadings in the units of the items it is omega of semTools::reliability.
    """
    common = loadings.sum(-1) ** 2
    return _plain(common / (common + residuals.sum(-1)))


def average_variance_extracted(loadings: Floats) -> Floats:
    """Mean squared standardised loading (Fornell & Larcker, 1981)."""
    return _plain((loadings**2).mean(-1))


def maximal_reliability(loadings: Floats) -> Floats:
    """Reliability of the best weighted sum, H = 1 / (1 + 1 / sum(l^2 / (1 - l^2))) (Hancock & Mueller, 2001).

    NaN when a standardised loading is 1 or beyond.
    """
    unique = 1 - loadings**2
    fit = (unique > 0).all(-1)
    signal = (loadings**2 / np.where(unique > 0, unique, 1.0)).sum(-1)
    return _plain(np.where(fit, signal / (1 + signal), NAN))


def rho_a(R: Floats) -> float:
    """Consistent reliability of mode A composites (Dijkstra & Henseler, 2015), of one block.

    (w'w)^2 w'(R - I)w / w'(ww' - diag ww')w with w the weights of the first principal component, var(w'x) = 1: without
    other constructs these stand in for the weights of PLS.
    """
    root, vector = np.linalg.eigh(R)
    w = vector[:, -1] / np.sqrt(root[-1])
    off = (w @ w) ** 2 - (w**4).sum()
    return float((w @ w) ** 2 * (w @ _off(R) @ w) / off) if off > 1e-12 else NAN


def _plain(x: Floats) -> Floats:
    """Return a number for one matrix, an array for several."""
    return np.asarray(x)[()]


def _diagonal(S: Floats) -> Floats:
    return np.diagonal(S, axis1=-2, axis2=-1)


def _trace(S: Floats) -> Floats:
    return np.asarray(_diagonal(S).sum(-1))


def _total(S: Floats) -> Floats:
    """Variance of the sum of the items; NaN where it does not vary, or for one item."""
    total = S.sum((-2, -1))
    return np.where((total > 1e-12 * _trace(S)) & (S.shape[-1] > 1), total, NAN)


def _off(S: Floats) -> Floats:
    return np.asarray(S * (1 - np.eye(S.shape[-1])))
