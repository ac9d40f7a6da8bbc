"""Intervals of shares under a design. Numeric file."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, expit, logit

from cgsurvey.base.units import Floats
from cgsurvey.responses.design.sample import t_quantile

METHODS = ("logit", "beta", "asin", "wald")


def share_interval(p: Floats, se: Floats, df: Floats, n: Floats, ci: float, method: str) -> tuple[Floats, Floats]:
    """Interval of shares p with standard errors se; equals svyciprop of R's survey.

    Parameters
    ----------
    p, se, df, n : ndarray, same shape
        Shares, standard errors, degrees of freedom, respondents.
    ci : float
    method : {"logit", "beta", "asin", "wald"}
        "logit": on the log odds; "beta": Clopper-Pearson with the effective size of the sample (Korn & Graubard, 1998),
        which stays defined at 0 and 1; "asin": on arcsin sqrt(p); "wald": p +- t se.

    Notes
    -----
    A share known without error (se 0 strictly between 0 and 1) is its own interval. At 0 and 1 log odds do not exist
    and the interval is NaN.
    """
    t = t_quantile(df, ci)
    if method == "wald":
        return p - t * se, p + t * se
    if method == "asin":
        low, high = (np.arcsin(np.sqrt(p)) + s * t * se / np.sqrt(_inner(4 * p * (1 - p))) for s in (-1, 1))
        return np.sin(np.clip(low, 0, np.pi / 2)) ** 2, np.sin(np.clip(high, 0, np.pi / 2)) ** 2
    if method == "logit":
        odds, spread = logit(np.where((p > 0) & (p < 1), p, np.nan)), t * se / _inner(p * (1 - p))
        return expit(odds - spread), expit(odds + spread)
    effective = np.where(se > 0, p * (1 - p) / np.where(se > 0, se, 1.0) ** 2, n)
    effective = effective * (t_quantile(n - 1, ci) / t) ** 2
    a, b = p * effective, (1 - p) * effective
    half = (1 - ci) / 2
    low = np.where(p > 0, betaincinv(np.maximum(a, 1e-300), b + 1, half), 0.0)
    high = np.where(p < 1, betaincinv(a + 1, np.maximum(b, 1e-300), 1 - half), 1.0)
    known = (se == 0) & (p > 0) & (p < 1)
    return np.where(known, p, low), np.where(known, p, high)


def _inner(x: Floats) -> Floats:
    """x, NaN where it is 0 or less."""
    return np.where(x > 0, x, np.nan)
