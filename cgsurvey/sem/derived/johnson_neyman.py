"""Where a moderated effect differs from zero (Johnson & Neyman, 1936).

Numeric file. The effect at w is b1 + b3 w, with variance V11 + 2 w V13 + w^2 V33. It lies at the limit of significance
where its square is crit^2 times its variance, a quadratic in w.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cgsurvey.moments.sample import Floats

Region = Literal["inside", "outside", "above", "below", "everywhere", "nowhere"]


@dataclass(frozen=True)
class Bounds:
    """Values of the moderator between which, or beyond which, the effect differs from zero.

    Attributes
    ----------
    lower, upper : float
        Bounds of the region; NaN where there is none on that side.
    region : str
        Where the effect differs from zero: "inside" or "outside" the bounds, "above" or "below" the single one,
        "everywhere", "nowhere".
    """

    lower: float
    upper: float
    region: Region


def effect_at(b: Floats, V: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Effect and standard error at values of the moderator; b = (b1, b3), V their covariance matrix."""
    w = np.asarray(w, dtype=float)
    return b[0] + b[1] * w, np.sqrt(np.maximum(V[0, 0] + 2 * w * V[0, 1] + w**2 * V[1, 1], 0.0))


def johnson_neyman(b: Floats, V: Floats, crit: float) -> Bounds:
    """Exact bounds.

    Parameters
    ----------
    b : ndarray, shape (2,)
        Effect where the moderator is zero, and its change per unit of the moderator.
    V : ndarray, shape (2, 2)
        Their covariance matrix.
    crit : float
        Critical value of z.
    """
    c2 = crit**2
    p = float(b[1] ** 2 - c2 * V[1, 1])
    q = float(2 * (b[0] * b[1] - c2 * V[0, 1]))
    r = float(b[0] ** 2 - c2 * V[0, 0])
    size = max(b[1] ** 2, c2 * V[1, 1], 1e-300)
    if abs(p) <= 1e-12 * size:
        if q == 0:
            return Bounds(math.nan, math.nan, "everywhere" if r > 0 else "nowhere")
        root = -r / q
        return Bounds(root, math.nan, "above") if q > 0 else Bounds(math.nan, root, "below")
    inside = q * q - 4 * p * r
    if inside <= 0:
        return Bounds(math.nan, math.nan, "everywhere" if p > 0 else "nowhere")
    half = -(q + math.copysign(math.sqrt(inside), q)) / 2  # without cancellation
    roots = sorted((half / p, r / half)) if half else [0.0, 0.0]
    return Bounds(roots[0], roots[1], "outside" if p > 0 else "inside")
