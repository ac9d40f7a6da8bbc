"""Item analysis from the moments of one construct: S (k, k) covariance matrix of its items.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from cgsurvey.reliability.coefficients import NAN, Floats, alpha, alpha_error, below, correlation, lambda6


def item_rest_correlation(S: Floats) -> Floats:
    """Correlation of each item with the sum of the others, shape (..., k) (psych: r.drop).

    NaN where that sum is constant.
    """
    variance, with_sum = np.diagonal(S, axis1=-2, axis2=-1), S.sum(axis=-1)
    rest = with_sum.sum(axis=-1, keepdims=True) - 2 * with_sum + variance
    defined = (variance > 0) & (rest > 1e-12 * variance.sum(axis=-1, keepdims=True))
    return np.where(defined, with_sum - variance, NAN) / np.sqrt(np.where(defined, variance * rest, 1.0))


def item_total_correlation(S: Floats) -> Floats:
    """Correlation of each item with the sum of all, itself included, shape (..., k) (psych: raw.r; of R: std.r)."""
    variance, with_sum = np.diagonal(S, axis1=-2, axis2=-1), S.sum(axis=-1)
    total = with_sum.sum(axis=-1, keepdims=True)
    varies = total > 1e-12 * variance.sum(axis=-1, keepdims=True)
    return np.where(varies, with_sum, NAN) / np.sqrt(variance * np.where(varies, total, 1.0))


def item_whole_correlation(R: Floats) -> Floats:
    """Item-total correlation freed of the overlap, shape (..., k): squared multiple correlations for 1 (psych: r.cor).

    NaN when the matrix is singular or nothing common remains.
    """
    k = R.shape[-1]
    regular = (np.linalg.eigvalsh(R)[..., 0] >= 1e-10) & (k > 1)
    inverse = np.linalg.inv(np.where(regular[..., None, None], R, np.eye(k)))
    shared = R.sum(axis=-1) - 1 / np.diagonal(inverse, axis1=-2, axis2=-1)
    total = shared.sum(axis=-1)
    known = regular & (total > 1e-12)
    return np.where(known[..., None], shared, NAN) / np.sqrt(np.where(known, total, 1.0))[..., None]


@dataclass(frozen=True)
class ItemStatistics:
    """How each item goes with the others, all shape (..., k)."""

    r_drop: Floats
    alpha_if_dropped: Floats
    r_total: Floats
    r_std: Floats
    r_cor: Floats


def item_statistics(S: Floats) -> ItemStatistics:
    """Return the statistics of items that stand in their rows of the table, S (..., k, k)."""
    R = correlation(S)
    return ItemStatistics(
        r_drop=item_rest_correlation(S),
        alpha_if_dropped=alpha_if_dropped(S),
        r_total=item_total_correlation(S),
        r_std=item_total_correlation(R),
        r_cor=item_whole_correlation(R),
    )


@dataclass(frozen=True)
class Dropped:
    """What remains of m constructs without each of their items, all shape (m, k) (psych::alpha: alpha.drop)."""

    alpha: Floats
    std_error: Floats
    alpha_std: Floats
    lambda6: Floats
    mean_r: Floats
    median_r: Floats
    var_r: Floats


def without_each(S: Floats, n: NDArray[np.int64]) -> Dropped:
    """Recompute coefficients without each item, from S (m, k, k) of n (m,) rows; NaN when one item would remain."""
    k = S.shape[-1]
    if k < 3:
        return Dropped(*[np.full(S.shape[:2], NAN)] * 7)
    stay = np.array([[i for i in range(k) if i != j] for j in range(k)])
    without = S[:, stay[:, :, None], stay[:, None, :]]
    R = correlation(without)
    r = below(R)
    return Dropped(
        alpha=alpha(without),
        std_error=alpha_error(without, n[:, None]),
        alpha_std=alpha(R),
        lambda6=lambda6(R),
        mean_r=r.mean(axis=-1),
        median_r=np.median(r, axis=-1),
        var_r=r.var(axis=-1, ddof=1) if r.shape[-1] > 1 else np.full(S.shape[:2], NAN),
    )


def alpha_if_dropped(S: Floats) -> Floats:
    """Alpha of the construct without each item, shape (..., k); NaN when only one item would remain."""
    k, variance, with_sum = S.shape[-1], np.diagonal(S, axis1=-2, axis2=-1), S.sum(axis=-1)
    if k < 3:
        return np.full(variance.shape, NAN)
    total = with_sum.sum(axis=-1, keepdims=True) - 2 * with_sum + variance
    trace = variance.sum(axis=-1, keepdims=True) - variance
    varies = total > 1e-12 * trace
    return (k - 1) / (k - 2) * (1 - np.where(varies, trace, NAN) / np.where(varies, total, 1.0))


def against_the_rest(S: Floats) -> NDArray[np.bool_]:
    """Mark the items that run against the others, shape (k,).

    An item is marked when its weight on the first principal component has the sign of the lighter side. Item-rest
    correlations decide only where the component sees nothing: several negative items distort each other's rest.
    """
    weights = np.linalg.eigh(correlation(S))[1][:, -1]
    total = weights.sum()
    orientation = np.sign(total) if abs(total) > 1e-8 else np.sign(weights[0])
    marked = weights * orientation < -1e-8
    return marked if marked.any() else np.nan_to_num(item_rest_correlation(S)) < 0


def critical_correlation(n: int, level: float = 0.05, tails: int = 2) -> float:
    """Smallest correlation that differs from zero at `level`: t / sqrt(n - 2 + t^2) ("r tabel").

    NaN for n < 3.
    """
    if n < 3:
        return NAN
    t = stdtrit(n - 2, 1 - level / tails)
    return float(t / np.sqrt(n - 2 + t**2))
