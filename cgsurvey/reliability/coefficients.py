"""Coefficients of internal consistency, from moments: S covariance, R correlation, lambda standardised loadings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

Floats = NDArray[np.float64]
NAN = float("nan")


@dataclass(frozen=True)
class Consistency:
    """Closed-form coefficients of one construct; NaN where a coefficient does not exist."""

    alpha: float
    alpha_ci_lower: float
    alpha_ci_upper: float
    alpha_std: float
    lambda2: float
    lambda6: float
    mean_inter_item_r: float


def consistency(S: Floats, n: int, level: float) -> Consistency:
    """Return every closed-form coefficient of a construct.

    Parameters
    ----------
    S : ndarray, shape (k, k)
        Covariance matrix of its items, k >= 2, all variances positive.
    n : int
        Rows behind `S`.
    level : float
        Level of the interval of alpha.
    """
    R = correlation(S)
    a = alpha(S)
    return Consistency(a, *feldt(a, n, len(S), level), alpha(R), lambda2(S), lambda6(R), mean_correlation(R))


def correlation(S: Floats) -> Floats:
    """Scale a covariance matrix to a correlation matrix with an exact unit diagonal."""
    d = np.sqrt(np.diag(S))
    R = S / np.outer(d, d)
    np.fill_diagonal(R, 1.0)
    return R


def alpha(S: Floats) -> float:
    """Coefficient alpha, k/(k-1) (1 - tr S / 1'S1) (Cronbach, 1951); of a correlation matrix: standardised alpha.

    NaN for fewer than two items and where the sum of the items does not vary.
    """
    k, total = len(S), S.sum()
    if k < 2 or total <= 1e-12 * np.trace(S):
        return NAN
    return float(k / (k - 1) * (1 - np.trace(S) / total))


def feldt(a: float, n: int, k: int, level: float) -> tuple[float, float]:
    """Interval of alpha: 1 - (1 - alpha) F quantiles on n-1 and (n-1)(k-1) df (Feldt, 1965; psych::alpha.ci)."""
    if not np.isfinite(a) or n < 2 or k < 2:
        return NAN, NAN
    tail = (1 - level) / 2
    upper, lower = f_distribution.ppf([tail, 1 - tail], n - 1, (n - 1) * (k - 1))
    return float(1 - (1 - a) * lower), float(1 - (1 - a) * upper)


def lambda2(S: Floats) -> float:
    """Guttman's (1945) lambda 2 of a covariance matrix; never below alpha."""
    k, total = len(S), S.sum()
    if k < 2 or total <= 1e-12 * np.trace(S):
        return NAN
    off = S - np.diag(np.diag(S))
    return float((off.sum() + np.sqrt(k / (k - 1) * (off**2).sum())) / total)


def lambda6(R: Floats) -> float:
    """Guttman's (1945) lambda 6 of a correlation matrix, 1 - sum(1 - smc) / 1'R1 (psych: G6(smc)).

    NaN when the matrix is singular.
    """
    total = R.sum()
    if len(R) < 2 or total <= 1e-12 * len(R) or np.linalg.eigvalsh(R)[0] < 1e-10:
        return NAN
    return float(1 - (1 / np.diag(np.linalg.inv(R))).sum() / total)


def mean_correlation(R: Floats) -> float:
    """Mean of the correlations below the diagonal; NaN for one item."""
    return float(R[np.tril_indices(len(R), -1)].mean()) if len(R) > 1 else NAN


def composite_reliability(loadings: Floats) -> float:
    """Reliability of the sum of congeneric standardised items, L^2 / (L^2 + sum(1 - lambda^2)), L = sum(lambda).

    Rho of Joreskog (1971) as printed by Fornell and Larcker (1981); SmartPLS calls it rho_c.
    """
    common = loadings.sum() ** 2
    return float(common / (common + (1 - loadings**2).sum()))


def average_variance_extracted(loadings: Floats) -> float:
    """Mean squared standardised loading (Fornell & Larcker, 1981)."""
    return float((loadings**2).mean())
