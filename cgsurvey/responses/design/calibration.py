"""Weights that reproduce known totals, and their trimming. Numeric file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.units import Floats, Ints


@dataclass(frozen=True)
class Raked:
    """Weights (n,), rounds that it took, and the largest relative distance from a known total that is left."""

    weights: Floats
    rounds: int
    distance: float


def rake_weights(
    w: Floats, margins: tuple[Ints, ...], totals: tuple[Floats, ...], *, tolerance: float = 1e-12, most: int = 2000
) -> Raked:
    """Iterative proportional fitting of weights to known totals (Deming & Stephan, 1940).

    Parameters
    ----------
    w : ndarray, shape (n,)
        Weights, all greater than zero.
    margins : tuple of ndarray of int, shape (n,)
        Category of each row in each margin.
    totals : tuple of ndarray
        Known total of each category; those of a margin with one entry alone are met at once (post-stratification).
    tolerance : float
        Largest relative distance from a total at which it stops.
    most : int
        Rounds after which it stops in any case.
    """
    distance = np.inf
    rounds = 0
    while rounds < most:
        rounds += 1
        for codes, total in zip(margins, totals, strict=True):
            w = w * (total / np.bincount(codes, w, minlength=len(total)))[codes]
        distance = max(
            float(np.abs(np.bincount(codes, w, minlength=len(total)) / total - 1).max())
            for codes, total in zip(margins, totals, strict=True)
        )
        if distance <= tolerance:
            break
    return Raked(w, rounds, distance)


def trim_weights(w: Floats, low: float, high: float) -> Floats:
    """Weights within low..high with the same sum: what is cut off is shared equally by the others, until none exceeds.

    Equals trimWeights(strict = TRUE) of R's survey. The mean weight must lie within the bounds.
    """
    total, full = w.sum(), np.zeros(len(w), dtype=bool)
    while ((w < low) | (w > high)).any():
        full |= w >= high
        share = ~full & (w >= low)
        w = np.clip(w, low, high)
        if not share.any():
            return w
        w = np.where(share, w + (total - w.sum()) / share.sum(), w)
    return w


def unequal(w: Floats) -> float:
    """Design effect of unequal weights, 1 + cv^2 (Kish, 1965)."""
    return float(len(w) * (w @ w) / w.sum() ** 2)
