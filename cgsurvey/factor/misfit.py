"""How well m factors reproduce correlations R, shape (p, p).

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc
from scipy.stats import ncx2

from cgsurvey.factor.extraction import Floats

LEVEL = 0.90  # of the interval of RMSEA


@dataclass(frozen=True)
class Misfit:
    """Measures of fit; NaN where there are no degrees of freedom to judge by."""

    chisq: float
    df: int
    pvalue: float
    rmsea: float
    rmsea_ci_lower: float
    rmsea_ci_upper: float
    tli: float
    bic: float
    rmsr: float
    rmsr_corrected: float
    fit_off_diagonal: float
    fit: float


def degrees_of_freedom(p: int, m: int) -> int:
    """Correlations less free parameters, ((p - m)^2 - (p + m)) / 2 (Lawley & Maxwell, 1971)."""
    return ((p - m) ** 2 - (p + m)) // 2


def most_factors(p: int) -> int:
    """Largest number of factors that leaves no negative degrees of freedom."""
    return max((m for m in range(1, p) if degrees_of_freedom(p, m) >= 0), default=0)


def misfit(R: Floats, common: Floats, m: int, n: int) -> Misfit:
    """Measure the distance of R from Sigma = common + Psi, with Psi such that Sigma has a unit diagonal.

    Parameters
    ----------
    R : ndarray, shape (p, p)
    common : ndarray, shape (p, p)
        Lambda Phi Lambda'.
    m, n : int
        Factors and rows.

    Notes
    -----
    The chi-square is (n - 1 - (2p + 5)/6 - 2m/3) F with F the ML discrepancy (Bartlett, 1951) whatever function was
    minimised, as psych::fa and factanal report it. RMSEA = sqrt(max(chisq / (df n) - 1 / (n - 1), 0)), TLI by Tucker
    and Lewis (1973) with the same factor for the independence model, BIC = chisq - df log n, RMSR over the correlations
    below the diagonal, its corrected form with df in the place of their number. `fit` is
    1 - sum (R - common)^2 / sum R^2, `fit_off_diagonal` the same without the diagonals. All equal psych::fa.
    """
    p = len(R)
    off = ~np.eye(p, dtype=bool)
    residual = np.where(off, R - common, 0.0)
    lost = (residual**2).sum()
    df = degrees_of_freedom(p, m)
    scale = n - 1 - (2 * p + 5) / 6 - 2 * m / 3
    chisq, F0 = chi_square(R, common, m, n), -np.linalg.slogdet(R)[1]
    tested = df > 0 and np.isfinite(chisq)
    rmsea = np.sqrt(max(chisq / (df * n) - 1 / (n - 1), 0.0)) if tested else np.nan
    lower, upper = _rmsea_interval(chisq, df, n) if tested else (np.nan, np.nan)
    null = scale * F0 / (p * (p - 1) / 2)
    return Misfit(
        chisq=float(chisq),
        df=df,
        pvalue=float(chdtrc(df, max(chisq, 0.0))) if tested else np.nan,
        rmsea=float(rmsea),
        rmsea_ci_lower=lower,
        rmsea_ci_upper=upper,
        tli=float((null - chisq / df) / (null - 1)) if tested and abs(null - 1) > 1e-12 else np.nan,
        bic=float(chisq - df * np.log(n)) if tested else np.nan,
        rmsr=float(np.sqrt(lost / (p * (p - 1)))),
        rmsr_corrected=float(np.sqrt(lost / (2 * df))) if df > 0 else np.nan,
        fit_off_diagonal=float(1 - lost / (R[off] ** 2).sum()),
        fit=float(1 - ((R - common) ** 2).sum() / (R**2).sum()),
    )


def chi_square(R: Floats, common: Floats, m: int, n: int) -> float:
    """Likelihood-ratio statistic of m factors with Bartlett's factor; NaN where it does not exist."""
    p = len(R)
    Sigma = common.copy()
    np.fill_diagonal(Sigma, 1.0)
    scale = n - 1 - (2 * p + 5) / 6 - 2 * m / 3
    return scale * _discrepancy(R, Sigma) if scale > 0 else np.nan


def _discrepancy(R: Floats, Sigma: Floats) -> float:
    """ML discrepancy of two correlation matrices; NaN where Sigma or R is not positive definite."""
    if min(np.linalg.eigvalsh(Sigma)[0], np.linalg.eigvalsh(R)[0]) <= 1e-12:
        return np.nan
    values = np.linalg.eigvals(np.linalg.solve(Sigma, R)).real
    return float((values - np.log(values) - 1).sum())


def _rmsea_interval(chisq: float, df: int, n: int) -> tuple[float, float]:
    """Interval of RMSEA from that of the noncentrality (Steiger & Lind, 1980)."""

    def bound(level: float) -> float:
        def excess(nc: float) -> float:
            return float(ncx2.cdf(chisq, df, nc) if nc > 0 else 1 - chdtrc(df, chisq)) - level

        if excess(0.0) <= 0:
            return 0.0
        high = max(chisq, df, 1.0)
        while excess(high) > 0:
            high *= 2
        return float(np.sqrt(brentq(excess, 0.0, high, xtol=1e-10) / (df * (n - 1))))

    return bound((1 + LEVEL) / 2), bound((1 - LEVEL) / 2)
