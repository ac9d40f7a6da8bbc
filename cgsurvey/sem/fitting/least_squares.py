"""Least squares on moments: F = (s - sigma)' W (s - sigma) / 2, its gradient and information, group by group.

Numeric file. GLS, ULS, WLS and DWLS differ in W alone (Browne, 1984; Muthen, 1984). `Sample.weight` is W, of shape
(k, k), or its diagonal, shape (k,); the order of moments is that of `sem.model.implied`.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.moments.normal import Kind, low
from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.sem.model.implied import implied, implied_jacobian
from cgsurvey.sem.model.ram import Factors, Layout, factors
from cgsurvey.sem.model.structure import GroupMatrices


def weigh(weight: Floats, values: Floats) -> Floats:
    """W values, for a full or a diagonal W; `values` of shape (k,) or (k, c)."""
    if weight.ndim == 2:
        return np.asarray(weight @ values, dtype=np.float64)
    return weight * values if values.ndim == 1 else weight[:, None] * values


def residual(layout: Layout, sample: Sample, filled: GroupMatrices, f: Factors | None = None) -> Floats:
    """Sample minus implied moments, shape (k,)."""
    if f is None and len(layout.given):
        f = factors(layout, filled)
    assert sample.moments is not None
    return np.asarray(sample.moments - implied(layout, filled, f), dtype=np.float64)


def value(layout: Layout, sample: Sample, filled: GroupMatrices) -> float:
    """Half the weighted sum of squares; infinite where a scale does not exist."""
    r = residual(layout, sample, filled)
    assert sample.weight is not None
    out = float(r @ weigh(sample.weight, r)) / 2
    return out if np.isfinite(out) else np.inf


def cell_gradient(layout: Layout, f: Factors, sample: Sample, filled: GroupMatrices) -> Floats:
    """Gradient by the free cells of one group, shape (c,)."""
    assert sample.weight is not None
    return -implied_jacobian(layout, filled, f).T @ weigh(sample.weight, residual(layout, sample, filled, f))


def cell_information(layout: Layout, f: Factors, sample: Sample, filled: GroupMatrices) -> Floats:
    """D'WD by the free cells of one group, shape (c, c)."""
    assert sample.weight is not None
    D = implied_jacobian(layout, filled, f)
    return np.asarray(D.T @ weigh(sample.weight, D), dtype=np.float64)


def curvature(layout: Layout, sample: Sample, filled: GroupMatrices, kind: Kind) -> tuple[Floats, Floats] | None:
    """Derivatives of the value by mu and Sigma in the form of `moments.normal.slopes`, for second derivatives.

    None where they are not needed (expected information) or where moments are no linear functions of (mu, Sigma):
    there the information D'WD serves as the Hessian (Gauss-Newton).
    """
    if kind == "expected" or filled.scale is not None:
        return None
    assert sample.weight is not None
    p = layout.p
    u = weigh(sample.weight, residual(layout, sample, filled))
    b = u[:p] if layout.has_means else np.zeros(p)
    i, j = low(p)
    W = np.zeros((p, p))
    W[i, j] = W[j, i] = -(u[p:] if layout.has_means else u)
    W[np.arange(p), np.arange(p)] *= 2
    return b, W
