"""Agreement of a panel of experts on items: Aiken's V, content validity index and ratio.

Numeric file. n experts judge an item on scores low..high in steps of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm

from cgsurvey.reliability.coefficients import NAN, Floats


def aiken(total: float, n: int, steps: int) -> float:
    """Aiken's (1985) V, total / (n steps): `total` is the sum of scores above the lowest, `steps` high - low."""
    return total / (n * steps) if n else NAN


def score_interval(V: float, n: int, steps: int, level: float) -> tuple[float, float]:
    """Interval of V by the score method, which stays within 0..1 (Penfield & Giacobbi, 2004, eq. 5 and 6)."""
    if not n:
        return NAN, NAN
    z, m = float(norm.ppf((1 + level) / 2)), n * steps
    root = z * np.sqrt(4 * m * V * (1 - V) + z**2)
    low, up = 2 * m * V + z**2 - root, 2 * m * V + z**2 + root
    return float(low / (2 * (m + z**2))), float(up / (2 * (m + z**2)))


def at_least(n: int, steps: int) -> Floats:
    """P(S >= s) for s = 0..n steps, S the sum of n judgements that fall on each score with equal probability."""
    one, out = np.full(steps + 1, 1 / (steps + 1)), np.ones(1)
    for _ in range(n):
        out = np.convolve(out, one)
    return np.minimum(np.cumsum(out[::-1])[::-1], 1.0)


def critical_aiken(n: int, steps: int, level: float) -> float:
    """Smallest V whose right tail is at most `level` (the table of Aiken, 1985); NaN where even V = 1 is not."""
    tail = at_least(n, steps)
    found = np.flatnonzero(tail <= level + 1e-12)
    return float(found[0] / (n * steps)) if n and len(found) else NAN


@dataclass(frozen=True)
class Relevance:
    """How far n experts hold an item relevant.

    Attributes
    ----------
    i_cvi : float
        Share who do.
    by_chance : float
        Probability of that number when each decides by the toss of a coin.
    kappa : float
        Modified kappa, (i_cvi - by_chance) / (1 - by_chance) (Polit, Beck & Owen, 2007).
    cvr : float
        Lawshe's (1975) ratio, (relevant - n/2) / (n/2).
    cvr_critical : float
        Smallest ratio that chance reaches with at most `level`, exact (Ayre & Scally, 2014); NaN where none does.
    """

    i_cvi: float
    by_chance: float
    kappa: float
    cvr: float
    cvr_critical: float


def relevance(relevant: int, n: int, level: float) -> Relevance:
    """Judge one item from the number of experts who hold it relevant."""
    if not n:
        return Relevance(*[NAN] * 5)
    share, chance = relevant / n, float(binom.pmf(relevant, n, 0.5))
    tail = binom.sf(np.arange(n + 1) - 1, n, 0.5)
    found = np.flatnonzero(tail <= level + 1e-12)
    needed = (2 * found[0] - n) / n if len(found) else NAN
    kappa = (share - chance) / (1 - chance) if chance < 1 else NAN
    return Relevance(share, chance, float(kappa), (2 * relevant - n) / n, float(needed))
