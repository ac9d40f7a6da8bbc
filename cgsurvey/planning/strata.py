"""Dividing a sample among strata.

Numeric file. Stratum h has N_h people, standard deviation S_h and cost c_h per interview; the variance of the estimated
mean is sum W_h^2 S_h^2 (1/n_h - 1/N_h) with W_h = N_h / N (Cochran, 1977, chapter 5). It is smallest for n_h in
proportion to N_h S_h (Neyman, 1934), and at a given cost to N_h S_h / sqrt(c_h).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from cgsurvey.moments.sample import Floats, Ints

NONE = 1e-12  # share of the largest claim below which a stratum claims nothing


def quotas(claim: Floats, n: int, low: Floats, high: Floats) -> Floats:
    """n divided in proportion to the claims, each part within its limits, shape (h,).

    Parts are clip(t claim, low, high); their sum grows with t, which is found so that they sum to n. Strata that claim
    nothing get their lower limit.
    """

    def over(log_t: float) -> float:
        return float(np.clip(np.exp(log_t) * claim, low, high).sum() - n)

    live = claim > NONE * claim.max()
    ends = np.log(np.concatenate([low[live], high[live]]) / np.tile(claim[live], 2) + 1e-300)
    a, b = float(ends.min()) - 1, float(ends.max()) + 1
    if over(a) >= 0:
        return low.astype(float)
    t = np.exp(brentq(over, a, b, xtol=1e-14, rtol=1e-14))
    return np.asarray(np.clip(t * claim, low, high), dtype=np.float64)


def whole_parts(parts: Floats, n: int) -> Ints:
    """Whole numbers that sum to n: what is left after rounding down goes to the largest remainders (Hamilton)."""
    down = np.floor(parts + 1e-9).astype(np.int64)
    order = np.argsort(-(parts - down), kind="stable")
    down[order[: n - int(down.sum())]] += 1
    return down


def stratified_variance(n: Ints | Floats, size: Floats, sd: Floats) -> float:
    """Variance of the stratified mean; NaN where a stratum that varies has nobody in the sample."""
    share = size / size.sum()
    seen = np.where(n > 0, n, 1)
    lacking = (np.asarray(n) == 0) & (sd > 0)
    return float("nan") if lacking.any() else float(np.sum(share**2 * sd**2 * (1 / seen - 1 / size)))


def affordable(budget: float, size: Floats, sd: Floats, cost: Floats) -> float:
    """n that a budget buys when it is divided at optimal cost: C sum(N S / sqrt c) / sum(N S sqrt c)."""
    return float(budget * np.sum(size * sd / np.sqrt(cost)) / np.sum(size * sd * np.sqrt(cost)))
