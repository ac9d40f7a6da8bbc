"""Means, gaps and response surfaces: perceptions P, expectations E, importance W. Numeric file.

Rows are respondents; NaN = no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
NAN = float("nan")
SURFACE = ("b0", "b1", "b2", "b3", "b4", "b5", "a1", "a2", "a3", "a4")
# Rows: a1 = b1 + b2, a2 = b3 + b4 + b5, a3 = b1 - b2, a4 = b3 - b4 + b5.
_A = np.array([[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 1, -1, 0, 0, 0], [0, 0, 0, 1, -1, 1]], dtype=float)
# Constraints of a difference score, Z = b0 + b (P - E): b1 + b2 = b3 = b4 = b5 = 0.
_DIFFERENCE = np.array([[0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]], dtype=float)


@dataclass(frozen=True)
class Mean:
    """A mean with its t interval and the t test that it is zero; NaN where fewer than two values or no variance."""

    n: int
    mean: float
    sd: float
    std_error: float
    df: float
    lower: float
    upper: float
    statistic: float
    p_value: float


def mean_of(x: Floats, level: float) -> Mean:
    """Mean of the values that are there, with Student's interval; of differences: the paired t test."""
    x = x[~np.isnan(x)]
    n = len(x)
    mean = float(x.mean()) if n else NAN
    if n < 2:
        return Mean(n, mean, *[NAN] * 7)
    sd = float(x.std(ddof=1))
    sd = 0.0 if sd < 1e-12 * max(1.0, abs(mean)) else sd
    error, half = sd / np.sqrt(n), float(stats.t.ppf((1 + level) / 2, n - 1)) * sd / np.sqrt(n)
    t = mean / error if error > 0 else NAN
    p = float(2 * stats.t.sf(abs(t), n - 1))
    return Mean(n, mean, sd, float(error), float(n - 1), mean - half, mean + half, float(t), p)


def item_mean(x: Floats, least: float) -> Floats:
    """Mean over columns of each row with answers to the share `least` of them at least, shape (n,)."""
    given = (~np.isnan(x)).sum(axis=1)
    enough = (given > 0) & (given >= least * x.shape[1])
    return np.where(enough, np.nansum(x, axis=1) / np.maximum(given, 1), NAN)


def weighted_mean(x: Floats, w: Floats) -> Floats:
    """sum_d w_id x_id / sum_d w_id over the places where both are there, shape (n,); NaN where weights sum to 0."""
    both = ~np.isnan(x) & ~np.isnan(w)
    total = np.where(both, w, 0.0).sum(axis=1)
    value = np.where(both, w * np.where(both, x, 0.0), 0.0).sum(axis=1)
    return np.where(total > 0, value / np.where(total > 0, total, 1.0), NAN)


def difference_reliability(P: Floats, E: Floats, r_P: float, r_E: float) -> float:
    """Reliability of P - E (Peter, Churchill & Brown, 1993, equation 1).

    (s_P^2 r_P + s_E^2 r_E - 2 s_PE) / (s_P^2 + s_E^2 - 2 s_PE), over rows with both; r_P and r_E are reliabilities.
    """
    both = ~np.isnan(P) & ~np.isnan(E)
    if both.sum() < 3:
        return NAN
    S = np.cov(P[both], E[both])
    below = S[0, 0] + S[1, 1] - 2 * S[0, 1]
    return float((S[0, 0] * r_P + S[1, 1] * r_E - 2 * S[0, 1]) / below) if below > 1e-12 else NAN


@dataclass(frozen=True)
class Surface:
    """Polynomial regression Z = b0 + b1 P + b2 E + b3 P^2 + b4 P E + b5 E^2 + e.

    Attributes
    ----------
    estimate, std_error : ndarray, shape (10,)
        b0..b5 and a1..a4, in the order of `SURFACE`.
    df : int
        n - 6.
    r2, r2_difference : float
        Explained share, and that of the difference score, Z = b0 + b (P - E) + e.
    statistic, p_value : float
        F of the four constraints of the difference score, on 4 and df.
    """

    n: int
    estimate: Floats
    std_error: Floats
    df: int
    r2: float
    r2_difference: float
    statistic: float
    p_value: float


def surface(P: Floats, E: Floats, Z: Floats) -> Surface | None:
    """Fit the response surface by least squares (Edwards & Parry, 1993).

    Parameters
    ----------
    P, E : ndarray, shape (n,)
        Centred on the midpoint of their scale, so that a1 to a4 are slopes and curvatures there: a1, a2 along P = E,
        a3, a4 along P = -E.
    Z : ndarray, shape (n,)
        The outcome. Rows without all three are left out.

    Returns
    -------
    Surface or None
        None where fewer than 12 rows are left, or P and E do not span the surface.
    """
    keep = ~np.isnan(P) & ~np.isnan(E) & ~np.isnan(Z)
    P, E, Z = P[keep], E[keep], Z[keep]
    n = len(Z)
    if n < 12 or np.ptp(Z) == 0:
        return None
    X = np.column_stack([np.ones(n), P, E, P**2, P * E, E**2])
    size = np.linalg.norm(X, axis=0)
    if (size == 0).any() or np.linalg.matrix_rank(X / size) < 6:
        return None
    Q, R = np.linalg.qr(X)
    b = np.linalg.solve(R, Q.T @ Z)
    residual = float(((Z - X @ b) ** 2).sum())
    total = float(((Z - Z.mean()) ** 2).sum())
    df, root = n - 6, np.linalg.inv(R)
    V = root @ root.T * residual / df
    full = np.vstack([np.eye(6), _A])
    error = np.sqrt(np.einsum("ij,jk,ik->i", full, V, full))
    one = np.column_stack([np.ones(n), P - E])
    fitted = one @ np.linalg.lstsq(one, Z, rcond=None)[0]
    r2 = 1 - residual / total
    r2_difference = 1 - float(((Z - fitted) ** 2).sum()) / total
    statistic = p = NAN
    if residual > 1e-12 * total:
        c = _DIFFERENCE @ b
        statistic = float(c @ np.linalg.solve(_DIFFERENCE @ V @ _DIFFERENCE.T, c)) / 4
        p = float(stats.f.sf(statistic, 4, df))
    return Surface(n, full @ b, error, df, r2, r2_difference, statistic, p)
