"""Reliability by halves, from S (k, k), covariances or correlations of the items.

Numeric file. Of each split into halves of k/2 items (rounded down and up) Guttman's coefficient
2 (1 - (V1 + V2) / V) = 4 C12 / V, V the variance of the sum and C12 the covariance of the halves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb

import numpy as np

from cgsurvey.reliability.coefficients import NAN, Floats

MOST = 16  # items up to which every split is looked at, as in psych
DRAWN = 10_000


@dataclass(frozen=True)
class Halves:
    """Guttman's coefficient over splits.

    Attributes
    ----------
    best, worst, mean : float
        Largest (lambda 4), smallest and mean.
    splits : int
        Splits looked at.
    exact : bool
        All there are.
    """

    best: float
    worst: float
    mean: float
    splits: int
    exact: bool


def split_halves(S: Floats, draw: np.random.Generator | None = None) -> Halves:
    """Go through all splits (psych::splitHalf: maxrb, minrb, meanr), beyond `MOST` items through those `draw` gives."""
    k, total = len(S), S.sum()
    if k < 2 or total <= 1e-12 * np.trace(S):
        return Halves(NAN, NAN, NAN, 0, True)
    exact = k <= MOST
    first = _all(k) if exact else _some(k, draw if draw is not None else np.random.default_rng(0))
    r = 4 * ((first @ S) * (1 - first)).sum(axis=1) / total
    return Halves(float(r.max()), float(r.min()), float(r.mean()), len(r), exact)


@cache
def _all(k: int) -> Floats:
    """Marks of the items of the first half, one split a row; of an even number of items the first is always there."""
    half = k // 2
    if k % 2:
        chosen = list(combinations(range(k), half))
    else:
        chosen = [(0, *rest) for rest in combinations(range(1, k), half - 1)]
    out = np.zeros((comb(k, half) // (1 if k % 2 else 2), k))
    out[np.arange(len(out))[:, None], np.array(chosen)] = 1
    out.flags.writeable = False
    return out


def _some(k: int, draw: np.random.Generator) -> Floats:
    places = np.argsort(draw.random((DRAWN, k)), axis=1)
    return (places < k // 2).astype(float)


@dataclass(frozen=True)
class OddEven:
    """Items 1, 3, ... against 2, 4, ...: correlation, stepped up by Spearman and Brown, and Guttman's coefficient."""

    r: float
    spearman_brown: float
    guttman_rulon: float


def odd_even(S: Floats) -> OddEven:
    """Split by place in the questionnaire (Spearman, 1910; Brown, 1910; Rulon, 1939); NaN where a half is constant."""
    odd = np.arange(len(S)) % 2 == 0
    v1, v2, both = S[np.ix_(odd, odd)].sum(), S[np.ix_(~odd, ~odd)].sum(), S[np.ix_(odd, ~odd)].sum()
    if len(S) < 2 or min(v1, v2) <= 1e-12 * np.trace(S):
        return OddEven(NAN, NAN, NAN)
    r, total = both / np.sqrt(v1 * v2), v1 + v2 + 2 * both
    stepped = 2 * r / (1 + r) if r > -1 else NAN
    return OddEven(float(r), float(stepped), float(4 * both / total) if total > 1e-12 * np.trace(S) else NAN)
