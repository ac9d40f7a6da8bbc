"""How many respondents a test needs to find what is there: power at n, and the smallest n of a wanted power.

Numeric file. F and chi-square tests have noncentral distributions when the null hypothesis is false:

    explained variance    F(u, n - u - 1), noncentrality n R^2 / (1 - R^2)         (Cohen, 1988, chapter 9)
    fit of a model        chi-square(df), noncentrality (n - 1) df rmsea^2 / G     (MacCallum, Browne & Sugawara, 1996;
                                                                                    G groups: Steiger, 1998)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

MOST = 10_000_000  # respondents beyond which no study goes


def path_size(path: float, alpha: float, power: float) -> float:
    """n of the inverse square root method: ((z_{1-alpha} + z_power) / |path|)^2 (Kock & Hadaya, 2018, equation 4)."""
    return float(((ndtri(1 - alpha) + ndtri(power)) / abs(path)) ** 2)


def path_power(n: float, path: float, alpha: float) -> float:
    """Power at n when a standardised path has the standard error 1 / sqrt(n), one-sided."""
    return float(ndtr(abs(path) * np.sqrt(n) - ndtri(1 - alpha)))


def corrected_ratio(n: float, path: float) -> float:
    """Path over its gamma-exponential standard error, exp(-e |path| / sqrt(n)) / sqrt(n) (Kock & Hadaya, 2018)."""
    root = np.sqrt(n)
    return float(abs(path) * root * np.exp(np.e * abs(path) / root))


def corrected_path_size(path: float, alpha: float, power: float) -> float | None:
    """n of the gamma-exponential method: the ratio reaches z_{1-alpha} + z_power.

    The ratio grows with n from (e |path|)^2 on only; None where it is large enough already there.
    """
    wanted = ndtri(1 - alpha) + ndtri(power)
    least, most = (np.e * path) ** 2, path_size(path, alpha, power)
    if corrected_ratio(least, path) >= wanted:
        return None
    return float(brentq(lambda n: corrected_ratio(n, path) - wanted, least, most, xtol=1e-9))


def corrected_path_power(n: float, path: float, alpha: float) -> float:
    """Power at n by the gamma-exponential standard error, one-sided."""
    return float(ndtr(corrected_ratio(n, path) - ndtri(1 - alpha)))


def r2_power(n: float, r2: float, predictors: int, alpha: float) -> float:
    """Power of the F test that all coefficients of a regression are zero, when R^2 of the population is `r2`.

    Predictors count as fixed, as in Cohen's tables.
    """
    rest = n - predictors - 1
    if rest <= 0:
        return 0.0
    limit = stats.f.isf(alpha, predictors, rest)
    return float(stats.ncf.sf(limit, predictors, rest, n * r2 / (1 - r2)))


def rmsea_power(n: float, df: int, null: float, true: float, alpha: float, groups: int = 1) -> float:
    """Power of the test of the RMSEA of a model at n respondents in all groups together.

    Parameters
    ----------
    null : float
        RMSEA under the null hypothesis: 0 (exact fit), .05 (close or not-close fit).
    true : float
        RMSEA of the population. Above `null`, the test looks for a bad fit; below it, for a good one.

    Notes
    -----
    Equals semTools::findRMSEApower.
    """
    size = max(n - 1, 0.0) * df / groups
    if true > null:
        return float(_above(_limit(df, size * null**2, 1 - alpha), df, size * true**2))
    return float(1 - _above(_limit(df, size * null**2, alpha), df, size * true**2))


def _limit(df: int, shift: float, share: float) -> float:
    return float(stats.chi2.ppf(share, df) if shift == 0 else stats.ncx2.ppf(share, df, shift))


def _above(limit: float, df: int, shift: float) -> float:
    return float(stats.chi2.sf(limit, df) if shift == 0 else stats.ncx2.sf(limit, df, shift))


def smallest(power_at: Callable[[float], float], target: float, least: int) -> int | None:
    """The smallest whole n from `least` on whose power reaches the target, as power grows with n; None: beyond MOST."""
    low, high = least - 1, least
    while power_at(high) < target:
        low, high = high, 2 * high
        if low > MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(middle) >= target else (middle, high)
    return high
