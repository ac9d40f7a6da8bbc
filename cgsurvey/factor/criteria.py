"""Criteria of rotation: value and gradient of a stack of loading matrices, shape (s, p, m).

Numeric file. Smaller is simpler. Formulas as collected by Bernaards and Jennrich (2005); bifactor from Jennrich and
Bentler (2011).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Criterion = Callable[[Floats], tuple[Floats, Floats]]


def _sum(x: Floats) -> Floats:
    return np.asarray(x.sum(axis=(-2, -1)))


def orthomax(gamma: float) -> Criterion:
    """Orthogonal family: quartimax (gamma 0), varimax (gamma 1)."""

    def criterion(L: Floats) -> tuple[Floats, Floats]:
        spread = L**2 - gamma * (L**2).mean(axis=-2, keepdims=True)
        return -_sum(L**2 * spread) / 4, -L * spread

    return criterion


def oblimin(gamma: float) -> Criterion:
    """Products of squared loadings of different factors: quartimin (gamma 0), covarimin (gamma 1)."""

    def criterion(L: Floats) -> tuple[Floats, Floats]:
        square = L**2
        others = square.sum(axis=-1, keepdims=True) - square
        if gamma:
            others = others - gamma * others.mean(axis=-2, keepdims=True)
        return _sum(square * others) / 4, L * others

    return criterion


def geomin(delta: float) -> Criterion:
    """Sum over items of the geometric mean of squared loadings, each raised by delta (Yates, 1987)."""

    def criterion(L: Floats) -> tuple[Floats, Floats]:
        raised = L**2 + delta
        mean = np.exp(np.log(raised).mean(axis=-1, keepdims=True))
        return _sum(mean), 2 / L.shape[-1] * L / raised * mean

    return criterion


def target(wanted: Floats) -> Criterion:
    """Squared distance from the loadings that are `wanted`, shape (p, m); NaN where none is (Browne, 2001)."""
    given, aim = ~np.isnan(wanted), np.nan_to_num(wanted)

    def criterion(L: Floats) -> tuple[Floats, Floats]:
        off = given * (L - aim)
        return _sum(off**2), 2 * off

    return criterion


def bifactor() -> Criterion:
    """Quartimin of all factors but the first, which is left to be general."""
    group = oblimin(0.0)

    def criterion(L: Floats) -> tuple[Floats, Floats]:
        value, gradient = group(L[..., 1:])
        return value, np.concatenate([np.zeros_like(L[..., :1]), gradient], axis=-1)

    return criterion
