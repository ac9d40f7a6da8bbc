"""Tests of what a linear regression assumes. Arrays in, arrays out.

Numeric file. e, shape (n,), residuals; X, shape (n, k), with the intercept in its first column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr

from cgsurvey.classical.linear import Array, Linear, least_squares

SHAPIRO_MOST = 5000  # rows up to which the p-value of Shapiro and Wilk is known
EXACT_MOST = 200  # rows up to which the distribution of Durbin and Watson's d is computed exactly


@dataclass(frozen=True)
class Check:
    """One test of an assumption; `df2` is that of the denominator of an F test."""

    assumption: str
    test: str
    statistic: float
    df: float = np.nan
    df2: float = np.nan
    p: float = np.nan
    term: int = -1  # column of X that a test is about, -1 for all


def checks(y: Array, X: Array, fit: Linear) -> Iterator[Check]:
    """Yield all tests that the sample can carry."""
    yield from normality(fit.e)
    yield from equal_variances(X, fit)
    yield durbin_watson(fit.e, X)
    yield from reset(y, X, fit)


def normality(e: Array) -> Iterator[Check]:
    """Shapiro and Wilk (1965), Jarque and Bera (1980), and Kolmogorov and Smirnov as corrected by Lilliefors (1967)."""
    from statsmodels.stats.diagnostic import lilliefors

    if 3 <= len(e) <= SHAPIRO_MOST:
        yield Check("normality", "shapiro_wilk", *_pair(stats.shapiro(e)))
    if len(e) >= 4:
        D, p = lilliefors(e, dist="norm", pvalmethod="approx")
        yield Check("normality", "lilliefors", float(D), p=float(p))
    found = stats.jarque_bera(e)
    yield Check("normality", "jarque_bera", float(found.statistic), 2, p=float(found.pvalue))


def _pair(found: Any) -> tuple[float, float, float, float]:
    return float(found.statistic), np.nan, np.nan, float(found.pvalue)


def equal_variances(X: Array, fit: Linear) -> Iterator[Check]:
    """Breusch and Pagan (1979) as studentised by Koenker (1981), White (1980), Glejser (1969) in all and by column.

    R: lmtest::bptest; White's test takes squares and products of the columns.
    """
    from statsmodels.stats.diagnostic import het_breuschpagan

    n, k = X.shape
    if k < 2:
        return
    lm, p, _, _ = het_breuschpagan(fit.e, X)
    yield Check("homoscedasticity", "breusch_pagan", float(lm), k - 1, p=float(p))
    i, j = np.triu_indices(k)
    products = X[:, i] * X[:, j]
    rank = np.linalg.matrix_rank(products / np.linalg.norm(products, axis=0).clip(1e-300))
    if rank < n:  # products of indicators repeat them
        squares = fit.e**2 - (fit.e**2).mean()
        left = squares - products @ np.linalg.lstsq(products, squares, rcond=None)[0]
        lm = n * (1 - float(left @ left) / float(squares @ squares))
        yield Check("homoscedasticity", "white", lm, int(rank) - 1, p=float(stats.chi2.sf(lm, rank - 1)))
    size = least_squares(np.abs(fit.e), X, intercept=True)
    yield Check("homoscedasticity", "glejser", size.F, size.df1, size.df2, size.p_f)
    for column in range(1, k if k > 2 else 1):
        yield Check("homoscedasticity", "glejser_t", size.t[column], size.df, p=float(size.p[column]), term=column)


def durbin_watson(e: Array, X: Array) -> Check:
    """Durbin and Watson's (1951) d with its p-value against positive autocorrelation, rows in the order of the data.

    The p-value is exact by Imhof's (1961) integral up to 200 rows, else that of the normal distribution with the exact
    mean and variance of d (R: lmtest::dwtest).
    """
    n, k = X.shape
    change = np.diff(e)
    d = float(change @ change / (e @ e))
    A_X = 2 * X
    A_X[[0, -1]] -= X[[0, -1]]
    A_X[1:] -= X[:-1]
    A_X[:-1] -= X[1:]
    inverse = np.linalg.pinv(X.T @ X)
    if n <= EXACT_MOST:
        A = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
        A[0, 0] = A[-1, -1] = 1
        Q = np.linalg.qr(X, mode="complete")[0][:, k:]
        return Check("independence", "durbin_watson", d, p=_imhof(np.linalg.eigvalsh(Q.T @ A @ Q) - d))
    one = 2 * (n - 1) - float(np.trace(A_X.T @ X @ inverse))
    two = (
        6 * n
        - 8
        - 2 * float(np.trace(A_X.T @ A_X @ inverse))
        + float(np.trace((X.T @ A_X @ inverse) @ (X.T @ A_X @ inverse)))
    )
    free = n - k
    mean, variance = one / free, 2 * (two - one * one / free) / (free * (free + 2))
    return Check("independence", "durbin_watson", d, p=float(ndtr((d - mean) / np.sqrt(variance))))


def _imhof(weights: NDArray[np.float64]) -> float:
    """P(sum w_i z_i^2 < 0) of independent standard normal z (Imhof, 1961)."""

    def integrand(u: float) -> float:
        wu = weights * u
        return float(np.sin(0.5 * np.arctan(wu).sum()) / (u * np.exp(0.25 * np.log1p(wu * wu).sum())))

    value = quad(integrand, 0, np.inf, limit=500, epsabs=1e-9)[0]
    return float(np.clip(0.5 - value / np.pi, 0, 1))


def reset(y: Array, X: Array, fit: Linear) -> Iterator[Check]:
    """Ramsey's (1969) test of squares and cubes of the fitted values (R: lmtest::resettest)."""
    centred = fit.fitted - fit.fitted.mean()  # the same test, better conditioned
    spread = centred.std()
    n, k = X.shape
    if n - k - 2 < 1 or spread <= 1e-9 * np.abs(y).max():
        return
    z = centred / spread
    wide = np.column_stack([X, z**2, z**3])
    if np.linalg.matrix_rank(wide / np.linalg.norm(wide, axis=0)) < k + 2:
        return  # fitted values of a few categories leave no curve to look for
    more = least_squares(y, wide, intercept=True)
    rss, less = float(more.e @ more.e), float(fit.e @ fit.e)
    if rss <= 0:
        return
    F = (less - rss) / 2 / (rss / more.df)
    yield Check("linearity", "reset", F, 2, more.df, float(stats.f.sf(F, 2, more.df)))
