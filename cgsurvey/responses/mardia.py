"""Skewness and kurtosis: their standard errors, and Mardia's multivariate versions. Arrays in, frozen dataclass out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr

Array = NDArray[np.float64]
_BLOCK = 250_000  # numbers that a block of products of pairs may hold


def standard_errors(n: int) -> tuple[float, float]:
    """Exact standard errors of G1 and G2 of n normal values, as SPSS prints them; NaN below 3 and 4 values."""
    if n < 3:
        return np.nan, np.nan
    skewness = np.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    kurtosis = 2 * skewness * np.sqrt((n**2 - 1) / ((n - 3) * (n + 5))) if n > 3 else np.nan
    return float(skewness), float(kurtosis)


def moment_ratios(x: Array) -> tuple[float, float]:
    """g1 = m3 / m2^1.5 and g2 = m4 / m2^2 - 3 of x (n,), moments with divisor n; NaN where x does not vary."""
    d = x - x.mean() if len(x) else x
    m2 = float(np.mean(d**2)) if len(x) else 0.0
    if len(x) < 2 or m2 <= np.finfo(float).eps * max(1.0, float(x.mean()) ** 2):
        return np.nan, np.nan
    return float(np.mean(d**3) / m2**1.5), float(np.mean(d**4) / m2**2 - 3)


def two_sided(z: float) -> float:
    """Two-sided p-value of a standard normal statistic."""
    return float(2 * ndtr(-abs(z)))


@dataclass(frozen=True)
class Mardia:
    """Mardia's (1970) coefficients of n rows and p columns; letters as in the paper.

    Attributes
    ----------
    b1, chisq, df, p_value : float
        b1p; n b1p / 6 on p (p + 1)(p + 2) / 6 degrees of freedom.
    chisq_small, p_small : float
        The same with Mardia's (1974) factor for small samples.
    b2, z, p_kurtosis : float
        b2p; (b2p - p (p + 2)) / sqrt(8 p (p + 2) / n).
    """

    b1: float
    chisq: float
    df: int
    p_value: float
    chisq_small: float
    p_small: float
    b2: float
    z: float
    p_kurtosis: float


def mardia(X: Array, ddof: int = 1) -> Mardia:
    """Return Mardia's skewness and kurtosis of X, shape (n, p), without gaps, of full rank, n > p.

    With ``ddof=1`` distances rest on the covariance matrix with divisor n - 1 (psych::mardia, semTools::mardiaSkew),
    with 0 on divisor n, as in the paper. b1p is the sum of all squared third moments of the whitened columns, so that
    no n by n matrix is made.
    """
    n, p = X.shape
    Z = _whitened(X, ddof)
    j, k = np.triu_indices(p)
    third, rows = np.zeros((p, len(j))), max(1, _BLOCK // len(j))
    for at in range(0, n, rows):
        z = Z[at : at + rows]
        third += z.T @ (z[:, j] * z[:, k])
    b1 = float(((third / n) ** 2).sum(axis=0) @ np.where(j == k, 1.0, 2.0))
    b2 = float(np.mean((Z**2).sum(axis=1) ** 2))
    df = p * (p + 1) * (p + 2) // 6
    small = (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    chisq = n * b1 / 6
    z_kurtosis = (b2 - p * (p + 2)) / np.sqrt(8 * p * (p + 2) / n)
    return Mardia(
        b1,
        chisq,
        df,
        float(chdtrc(df, chisq)),
        chisq * small,
        float(chdtrc(df, chisq * small)),
        b2,
        float(z_kurtosis),
        two_sided(z_kurtosis),
    )


def amos_kurtosis(X: Array) -> tuple[float, float]:
    """Multivariate kurtosis of X, shape (n, p), as AMOS prints it, and its critical ratio.

    b2p of the covariance matrix with divisor n less its mean under normality, p (p + 2)(n - 1) / (n + 1); divided by
    sqrt(8 p (p + 2) / n).
    """
    n, p = X.shape
    value = float(np.mean((_whitened(X, 0) ** 2).sum(axis=1) ** 2)) - p * (p + 2) * (n - 1) / (n + 1)
    return value, float(value / np.sqrt(8 * p * (p + 2) / n))


def kurtosis_bias(n: int, p: int) -> float:
    """Standard errors by which b2p with divisor n - 1 lies below p (p + 2) on average when the data are normal."""
    expected = p * (p + 2) * (n - 1) / (n + 1) * ((n - 1) / n) ** 2
    return float((p * (p + 2) - expected) / np.sqrt(8 * p * (p + 2) / n))


def full_rank(X: Array) -> bool:
    """Say whether no column of X, shape (n, p), is a combination of the others."""
    spread = X.std(axis=0)
    if not spread.all() or len(X) <= X.shape[1]:
        return False
    return bool(np.linalg.eigvalsh(np.corrcoef(X / spread, rowvar=False).reshape(X.shape[1], -1))[0] > 1e-10)


def _whitened(X: Array, ddof: int) -> Array:
    """Columns turned to unit covariance; distances and moments do not depend on which root is taken."""
    C = (X - X.mean(axis=0)) / X.std(axis=0)
    root, V = np.linalg.eigh(C.T @ C / (len(X) - ddof))
    return C @ (V / np.sqrt(root))
