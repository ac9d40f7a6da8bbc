"""Pooling of what was found in multiply imputed data: Rubin's rules, D2 and D3.

Numeric file. Letters of the papers: m imputations, Q estimates, U their variances in one imputation, B between
imputations, r the relative increase in variance, lambda the share of the variance that is due to missing answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
NAN = math.nan


@dataclass(frozen=True)
class Rubin:
    """Estimates pooled by Rubin's rules, each of shape (k,).

    Attributes
    ----------
    estimate, std_error : ndarray
    within, between : ndarray
        Mean of the variances, and variance of the estimates (divisor m - 1).
    riv : ndarray
        r = (1 + 1/m) B / U.
    share : ndarray
        lambda = (1 + 1/m) B / T.
    df : ndarray
        (m - 1)(1 + 1/r)^2 (Rubin, 1987); infinite where imputations agree.
    df_small : ndarray
        The same for small samples (Barnard & Rubin, 1999).
    fmi : ndarray
        Fraction of missing information, (r + 2 / (df + 3)) / (r + 1).
    fmi_small : ndarray
        The same with `df_small`.
    """

    estimate: Floats
    std_error: Floats
    within: Floats
    between: Floats
    riv: Floats
    share: Floats
    df: Floats
    df_small: Floats
    fmi: Floats
    fmi_small: Floats


@dataclass(frozen=True)
class PooledTest:
    """A pooled test of k restrictions: `F` on `df1` = k and `df2` degrees of freedom.

    Attributes
    ----------
    riv : float
        Average relative increase in variance.
    """

    F: float
    df1: int
    df2: float
    riv: float

    @property
    def p_value(self) -> float:
        """Tail probability of F."""
        if not self.df1 or self.F != self.F:
            return NAN
        if not math.isfinite(self.df2):
            return float(special.chdtrc(self.df1, self.df1 * self.F))
        return float(special.fdtrc(self.df1, self.df2, max(self.F, 0.0)))

    @property
    def chisq(self) -> float:
        """k F: the statistic for infinitely many imputations, chi-square with k degrees of freedom."""
        return self.df1 * self.F


def rubin(Q: Floats, U: Floats, df_complete: float = math.inf) -> Rubin:
    """Pool estimates Q and their variances U, shapes (m, k), m at least 2.

    Parameters
    ----------
    df_complete : float
        Degrees of freedom that the complete data would have had; infinite for inference by z.
    """
    m = len(Q)
    estimate, within, between = Q.mean(axis=0), U.mean(axis=0), Q.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * between
    total = within + extra
    with np.errstate(divide="ignore", invalid="ignore"):
        riv, share = extra / within, extra / total
        df = (m - 1) * (1 + 1 / riv) ** 2
        df_small = df
        if math.isfinite(df_complete):
            observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
            df_small = 1 / (1 / df + 1 / observed)
        fmi, fmi_small = ((riv + 2 / (v + 3)) / (riv + 1) for v in (df, df_small))
    return Rubin(estimate, np.sqrt(total), within, between, riv, share, df, df_small, fmi, fmi_small)


def pooled_covariance(Q: Floats, U: Floats) -> Floats:
    """T = U + (1 + 1/m) B of estimates Q, shape (m, q), with covariance matrices U, shape (m, q, q)."""
    D = Q - Q.mean(axis=0)
    return np.asarray(U.mean(axis=0) + (1 + 1 / len(Q)) * D.T @ D / (len(Q) - 1))


def d2(chisq: Floats, k: int) -> PooledTest:
    """Pool chi-square statistics of shape (m,) with k degrees of freedom (Li, Meng, Raghunathan & Rubin, 1991)."""
    m = len(chisq)
    if k <= 0:
        return PooledTest(NAN, 0, NAN, NAN)
    r = (1 + 1 / m) * float(np.var(np.sqrt(np.maximum(chisq, 0.0)), ddof=1))
    F = (float(np.mean(chisq)) / k - (m + 1) / (m - 1) * r) / (1 + r)
    df2 = k ** (-3 / m) * (m - 1) * (1 + 1 / r) ** 2 if r > 0 else math.inf
    return PooledTest(F, k, df2, r)


def d3(own: Floats, common: Floats, k: int) -> PooledTest:
    """Pool likelihood-ratio statistics with k degrees of freedom (Meng & Rubin, 1992).

    Parameters
    ----------
    own, common : ndarray, shape (m,)
        The statistic of each imputation at its own estimates, and at those pooled over imputations.
    """
    m = len(own)
    if k <= 0:
        return PooledTest(NAN, 0, NAN, NAN)
    at_own, at_common = float(np.mean(own)), float(np.mean(common))
    r = (m + 1) / (k * (m - 1)) * (at_own - at_common)
    F = at_common / (k * (1 + r))
    t = k * (m - 1)
    if r == 0:
        df2 = math.inf
    elif t > 4:
        df2 = 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    else:
        df2 = t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2
    return PooledTest(F, k, df2, r)
