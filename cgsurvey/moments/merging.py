"""Means and covariances of rows that come in parts: moments of the parts merge into those of the whole.

Numeric file. With weights w, means m and sums of products C about them, two parts merge as (Chan, Golub & LeVeque,
1983)::

    w = w1 + w2        m = m1 + (w2 / w) d        C = C1 + C2 + (w1 w2 / w) d d'        d = m2 - m1

so rows are passed once, a part at a time, and no sum of squares about zero loses digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from cgsurvey.moments.sample import Floats

CHUNK = 32768  # rows that are worked on at a time


@dataclass(frozen=True)
class PartMoments:
    """Weight of some rows, their means (p,), and sums of products about the means (p, p)."""

    weight: float
    mean: Floats
    products: Floats

    def merge(self, other: PartMoments) -> PartMoments:
        """Moments of the rows of both parts."""
        weight = self.weight + other.weight
        d = other.mean - self.mean
        return PartMoments(
            weight,
            self.mean + other.weight / weight * d,
            self.products + other.products + self.weight * other.weight / weight * np.outer(d, d),
        )


def moments_of(y: Floats, weights: Floats | None = None) -> PartMoments:
    """Moments of complete rows, shape (n, p), at once."""
    if weights is None:
        mean = y.mean(axis=0)
        D = y - mean
        return PartMoments(float(len(y)), mean, D.T @ D)
    mean = weights @ y / weights.sum()
    D = y - mean
    return PartMoments(float(weights.sum()), mean, (D * weights[:, None]).T @ D)


def complete_moments(y: Floats, weights: Floats | None = None, *, chunk: int = CHUNK) -> PartMoments:
    """Moments of complete rows, shape (n, p), `chunk` rows at a time."""
    parts = (
        moments_of(y[k : k + chunk], None if weights is None else weights[k : k + chunk])
        for k in range(0, len(y), chunk)
    )
    return reduce(PartMoments.merge, parts)
