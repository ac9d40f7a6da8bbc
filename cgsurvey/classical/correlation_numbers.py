"""Correlations of all pairs of variables, their tests and intervals. Arrays in, frozen dataclass out.

Numeric file. x, shape (n, p), NaN where missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr, ndtri, stdtr

from cgsurvey.moments.ordinal import ordinal_moments

Array = NDArray[np.float64]
Method = Literal["pearson", "spearman", "kendall", "polychoric"]
METHODS = ("pearson", "spearman", "kendall", "polychoric")


@dataclass(frozen=True)
class Pairs:
    """All pairs (a, b), a < b, shape (m,): rows, correlation, statistic, its df (NaN for z), p, limits.

    `bound` marks polychoric correlations that stand at the largest value that is reported.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    n: NDArray[np.int64]
    r: Array
    statistic: Array
    df: Array
    p: Array
    lower: Array
    upper: Array
    bound: NDArray[np.bool_]


def correlations(x: Array, method: Method, level: float, controls: Array | None = None) -> Pairs:
    """Correlate all pairs on the rows that have both (and all controls).

    Parameters
    ----------
    x : ndarray, shape (n, p)
    method : {"pearson", "spearman", "kendall"}
    level : float
    controls : ndarray, shape (n, q), optional
        Variables that are partialled out: the correlation is that of residuals, for Spearman of residuals of ranks.

    Notes
    -----
    Pearson: t with n - 2 - q degrees of freedom, limits on Fisher's z with 1 / (n - 3 - q). Spearman: the same t, and
    (1 + r^2 / 2) / (n - 3 - q) (Bonett & Wright, 2000). Kendall: tau-b, normal test corrected for ties or exact
    without them, .437 / (n - 4) (Fieller et al., 1957). R: cor.test (Spearman with exact = FALSE).
    """
    a, b = (i.astype(np.int64) for i in np.triu_indices(x.shape[1], 1))
    q = 0 if controls is None else controls.shape[1]
    found = [_pair(x[:, i], x[:, j], method, controls) for i, j in zip(a, b, strict=True)]
    r, n = np.array([f[0] for f in found]), np.array([f[1] for f in found], dtype=np.int64)
    if method == "kendall":
        statistic, p, df = np.array([f[2] for f in found]), np.array([f[3] for f in found]), np.full(len(a), np.nan)
        variance = 0.437 / np.where(n > 4, n - 4, np.nan)
    else:
        df = np.where(n - 2 - q > 0, n - 2 - q, np.nan).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = r * np.sqrt(df / (1 - r * r))
            p = np.where(np.abs(r) < 1, 2 * stdtr(df, -np.abs(statistic)), np.where(np.isnan(r), np.nan, 0.0))
        variance = (1.0 if method == "pearson" else 1 + r * r / 2) / np.where(n - 3 - q > 0, n - 3 - q, np.nan)
    lower, upper = _limits(r, np.sqrt(variance), level)
    return Pairs(a, b, n, r, statistic, df, p, lower, upper, np.zeros(len(a), dtype=bool))


def _limits(r: Array, se: Array, level: float) -> tuple[Array, Array]:
    """Limits on Fisher's z with the standard error there; the correlation itself where it is 1 or -1."""
    inside = np.abs(r) < 1
    z = np.arctanh(np.where(inside, r, 0))
    width = float(ndtri((1 + level) / 2)) * se
    return np.where(inside, np.tanh(z - width), r), np.where(inside, np.tanh(z + width), r)


def _pair(x: Array, y: Array, method: str, controls: Array | None) -> tuple[float, int, float, float]:
    rows = ~(np.isnan(x) | np.isnan(y))
    if controls is not None:
        rows &= ~np.isnan(controls).any(axis=1)
    x, y, n = x[rows], y[rows], int(rows.sum())
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, n, np.nan, np.nan
    if method == "kendall":
        found = stats.kendalltau(x, y)
        tau = float(found.statistic)
        return tau, n, tau / _kendall_error(x, y), float(found.pvalue)
    if method == "spearman":
        x, y = stats.rankdata(x), stats.rankdata(y)
    x, y = x - x.mean(), y - y.mean()
    if controls is not None:
        C = controls[rows]
        C = np.apply_along_axis(stats.rankdata, 0, C) if method == "spearman" else C
        C = np.column_stack([np.ones(n), C])
        spread = (np.linalg.norm(x), np.linalg.norm(y))
        x, y = (v - C @ np.linalg.lstsq(C, v, rcond=None)[0] for v in (x, y))
        if np.linalg.norm(x) < 1e-9 * spread[0] or np.linalg.norm(y) < 1e-9 * spread[1]:
            return np.nan, n, np.nan, np.nan
    r = float(x @ y / np.sqrt((x @ x) * (y @ y)))
    return float(np.clip(r, -1, 1)), n, np.nan, np.nan


def _kendall_error(x: Array, y: Array) -> float:
    """Standard error of tau-b without a relation, corrected for ties (Kendall, 1970)."""
    n = len(x)
    t, u = (np.unique(v, return_counts=True)[1].astype(float) for v in (x, y))
    pairs = n * (n - 1) / 2
    tied = [float((c * (c - 1)).sum()) for c in (t, u)]
    v0, vt, vu = (float((c * (c - 1) * (2 * c + 5)).sum()) for c in (np.array([n], dtype=float), t, u))
    v1 = tied[0] * tied[1] / (2 * n * (n - 1))
    v2 = float((t * (t - 1) * (t - 2)).sum()) * float((u * (u - 1) * (u - 2)).sum()) / (9 * n * (n - 1) * (n - 2))
    spread = np.sqrt((pairs - tied[0] / 2) * (pairs - tied[1] / 2))
    return float(np.sqrt((v0 - vt - vu) / 18 + v1 + v2) / spread)


def polychoric(codes: Array, levels: NDArray[np.int64], level: float) -> Pairs:
    """Polychoric correlations of codes 0, 1, ..., shape (n, p), by pairs of rows that have both.

    Standard errors are those of the two-step estimator (Muthén, 1984), by the casewise scores; z tests and limits on
    Fisher's z.
    """
    moments = ordinal_moments(codes, levels, pairwise=True)
    p = codes.shape[1]
    columns, rows = np.triu_indices(p, 1)  # the lower triangle by columns
    m = len(columns)
    assert moments.gamma is not None
    se = np.sqrt(np.diag(moments.gamma)[-m:] / moments.size)
    a, b = columns.astype(np.int64), rows.astype(np.int64)
    r = moments.cov[a, b]
    seen = ~np.isnan(codes)
    n = (seen[:, a] & seen[:, b]).sum(axis=0)
    known = np.array([(int(i), int(j)) not in moments.lost for i, j in zip(a, b, strict=True)])
    extreme = {*moments.bound, *moments.perfect}
    bound = np.array([(int(i), int(j)) in extreme for i, j in zip(a, b, strict=True)])
    r, se = np.where(known, r, np.nan), np.where(known & ~bound, se, np.nan)
    z = r / se
    lower, upper = _limits(r, se / (1 - np.where(np.abs(r) < 1, r, 0) ** 2), level)
    return Pairs(a, b, n, r, z, np.full(m, np.nan), 2 * ndtr(-np.abs(z)), lower, upper, bound)
