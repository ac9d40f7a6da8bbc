"""Item analysis from the moments of one construct: S (k, k) covariance matrix of its items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as t_distribution

from cgsurvey.reliability.coefficients import NAN, alpha, correlation

Floats = NDArray[np.float64]


def item_rest_correlation(S: Floats) -> Floats:
    """Correlation of each item with the sum of the others, shape (k,) (psych: r.drop).

    NaN where that sum is constant.
    """
    variance, with_sum = np.diag(S), S.sum(axis=1)
    rest = S.sum() - 2 * with_sum + variance
    defined = (variance > 0) & (rest > 1e-12 * np.trace(S))
    out = np.full(len(S), NAN)
    np.divide(with_sum - variance, np.sqrt(variance * rest, where=defined, out=np.ones(len(S))), where=defined, out=out)
    return out


def alpha_if_dropped(S: Floats) -> Floats:
    """Alpha of the construct without each item, shape (k,); NaN when only one item would remain."""
    return np.array([alpha(np.delete(np.delete(S, j, 0), j, 1)) for j in range(len(S))])


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


def critical_correlation(n: int, level: float = 0.05) -> float:
    """Smallest correlation that differs from zero at `level`, two-sided: t / sqrt(n - 2 + t^2) ("r tabel").

    NaN for n < 3.
    """
    if n < 3:
        return NAN
    t = t_distribution.ppf(1 - level / 2, n - 2)
    return float(t / np.sqrt(n - 2 + t**2))
