"""Agreement and reliability of people who rate the same thing: arrays in, frozen dataclasses out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

# Shares of five categories under response bias, from LeBreton & Senter (2008, Table 2).
_SKEWED = {
    "slight_skew": (0.05, 0.15, 0.20, 0.35, 0.25),
    "moderate_skew": (0.00, 0.10, 0.15, 0.40, 0.35),
    "heavy_skew": (0.00, 0.00, 0.10, 0.40, 0.50),
}
NULLS = ("uniform", "triangular", *_SKEWED)


@dataclass(frozen=True)
class Coefficients:
    """Intraclass correlations with F test and interval, one entry per form, each shape (m,)."""

    type: tuple[str, ...]
    icc: Array
    F: Array
    df1: Array
    df2: Array
    p_value: Array
    lower: Array
    upper: Array


def shrout_fleiss(X: Array, ci: float = 0.95) -> Coefficients:
    """Return the six forms of Shrout & Fleiss (1979), in the order ICC1, ICC2, ICC3, ICC1k, ICC2k, ICC3k.

    Parameters
    ----------
    X : (n, k) array
        n targets rated by k raters, no gaps, n and k at least 2.
    ci : float
        Confidence level of the interval.
    """
    n, k = X.shape
    rows, columns = X.mean(axis=1), X.mean(axis=0)
    grand = X.mean()
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    within = ((X - rows[:, None]) ** 2).sum() / (n * (k - 1))
    raters = n * ((columns - grand) ** 2).sum() / (k - 1)
    error = ((X - rows[:, None] - columns[None, :] + grand) ** 2).sum() / ((n - 1) * (k - 1))
    icc1 = (between - within) / (between + (k - 1) * within)
    icc2 = (between - error) / (between + (k - 1) * error + k * (raters - error) / n)
    icc3 = (between - error) / (between + (k - 1) * error)
    icc1k = (between - within) / between
    icc2k = (between - error) / (between + (raters - error) / n)
    icc3k = (between - error) / between
    tail = 1.0 - (1.0 - ci) / 2.0
    dfb, dfw, dfe = n - 1, n * (k - 1), (n - 1) * (k - 1)
    f1, f3 = _ratio(between, within), _ratio(between, error)
    low1, up1 = f1 / stats.f.ppf(tail, dfb, dfw), f1 * stats.f.ppf(tail, dfw, dfb)
    low3, up3 = f3 / stats.f.ppf(tail, dfb, dfe), f3 * stats.f.ppf(tail, dfe, dfb)
    low2, up2 = _absolute_agreement(icc2, between, raters, error, n, k, tail)

    def single(f: float) -> float:
        return (f - 1) / (f + k - 1)

    def average(f: float) -> float:
        return 1 - 1 / f

    def stepped(r: float) -> float:
        return k * r / (1 + (k - 1) * r)

    f, d2 = np.array([f1, f3, f3]), np.array([dfw, dfe, dfe], dtype=float)
    p = stats.f.sf(f, dfb, d2)
    return Coefficients(
        ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"),
        np.array([icc1, icc2, icc3, icc1k, icc2k, icc3k]),
        np.tile(f, 2),
        np.full(6, float(dfb)),
        np.tile(d2, 2),
        np.tile(p, 2),
        np.array([single(low1), low2, single(low3), average(low1), stepped(low2), average(low3)]),
        np.array([single(up1), up2, single(up3), average(up1), stepped(up2), average(up3)]),
    )


def _absolute_agreement(
    icc: float, msb: float, msr: float, mse: float, n: int, k: int, tail: float
) -> tuple[float, float]:
    """Interval of ICC(2,1), Shrout & Fleiss (1979, p. 424), degrees of freedom by Satterthwaite."""
    f = _ratio(msr, mse)
    v = (k - 1) * (n - 1) * (k * icc * f + n * (1 + (k - 1) * icc) - k * icc) ** 2
    v /= (n - 1) * k**2 * icc**2 * f**2 + (n * (1 + (k - 1) * icc) - k * icc) ** 2
    upper, lower = stats.f.ppf(tail, n - 1, v), stats.f.ppf(tail, v, n - 1)
    spread = k * msr + (k * n - k - n) * mse
    return (
        n * (msb - upper * mse) / (upper * spread + n * msb),
        n * (lower * msb - mse) / (spread + n * lower * msb),
    )


def _ratio(a: float, b: float) -> float:
    return float(a / b) if b > 0 else float("inf") if a > 0 else float("nan")


@dataclass(frozen=True)
class OneWay:
    """One-way random analysis of variance of groups of unequal size.

    Attributes
    ----------
    msb, msw : float
        Mean squares between and within groups.
    F, df1, df2, p_value : float
        Test of no difference between groups.
    n0 : float
        Group size that stands for the unequal ones: (N - sum n_j^2 / N) / (groups - 1) (Searle).
    icc1, icc2 : float
        Reliability of one member's answer and of a group mean (Bliese 2000); not cut at zero.
    icc1_lower, icc1_upper, icc2_lower, icc2_upper : float
        Interval from F; exact for equal groups, approximate with n0 otherwise.
    """

    msb: float
    msw: float
    F: float
    df1: float
    df2: float
    p_value: float
    n0: float
    icc1: float
    icc2: float
    icc1_lower: float
    icc1_upper: float
    icc2_lower: float
    icc2_upper: float


def one_way(x: Array, group: NDArray[np.int64], ci: float = 0.95) -> OneWay:
    """Decompose x by group.

    Parameters
    ----------
    x : (n,) array
        Scores without gaps.
    group : (n,) int array
        Group 0..G-1 of each score; at least two groups and one group with two members.
    """
    size = np.bincount(group).astype(float)
    size = size[size > 0]
    _, group = np.unique(group, return_inverse=True)
    N, G = len(x), len(size)
    means = np.bincount(group, weights=x) / size
    ssb = float((size * (means - x.mean()) ** 2).sum())
    ssw = float(((x - means[group]) ** 2).sum())
    df1, df2 = G - 1, N - G
    msb, msw = ssb / df1, ssw / df2
    F = _ratio(msb, msw)
    n0 = (N - (size**2).sum() / N) / (G - 1)
    tail = 1.0 - (1.0 - ci) / 2.0
    low, up = F / stats.f.ppf(tail, df1, df2), F * stats.f.ppf(tail, df2, df1)
    flat = msb == 0 and msw == 0
    icc1 = np.nan if flat else (msb - msw) / (msb + (n0 - 1) * msw)
    icc2 = (msb - msw) / msb if msb > 0 else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        one = [np.divide(f - 1, f + n0 - 1) if np.isfinite(f) else 1.0 if f > 0 else np.nan for f in (low, up)]
        two = [1 - np.divide(1.0, f) if f > 0 else np.nan for f in (low, up)]
    p = float(stats.f.sf(F, df1, df2)) if F == F else np.nan
    return OneWay(
        msb, msw, F, float(df1), float(df2), p, float(n0), float(icc1), float(icc2), *map(float, (*one, *two))
    )


def null_variance(null: str | float | Sequence[float], scores: Array) -> float:
    """Return the variance of answers that are given without any agreement.

    Parameters
    ----------
    null : {"uniform", "triangular", "slight_skew", "moderate_skew", "heavy_skew"}, float or sequence of float
        Shape of the answers, their variance, or one share per category. Skewed shapes are tabled for five categories.
    scores : (A,) array
        The scores of the categories, ascending.
    """
    if isinstance(null, int | float):
        return float(null)
    A = len(scores)
    if not isinstance(null, str):
        shares = np.asarray(null, dtype=float)
    elif null == "uniform":
        shares = np.full(A, 1.0 / A)
    elif null == "triangular":
        shares = np.minimum(np.arange(1, A + 1), np.arange(A, 0, -1)).astype(float)
    else:
        shares = np.array(_SKEWED[null])
    if len(shares) != A:
        raise ValueError(f"{len(shares)} shares for {A} categories")
    shares = shares / shares.sum()
    mean = float(shares @ scores)
    return float(shares @ (scores - mean) ** 2)


def rwg_j(
    X: Array, group: NDArray[np.int64], expected: Array, at_least: int = 2
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return within-group agreement (James, Demaree & Wolf 1984) of J items; J = 1 is their single-item form.

    Parameters
    ----------
    X : (n, J) array
        Answers, NaN = none. Only members who answered all J items count.
    group : (n,) int array
        Group 0..G-1.
    expected : (J,) array
        Null variance of each item.
    at_least : int
        Smallest group that gets a value.

    Returns
    -------
    rwg, raw, size : (G,) arrays
        Agreement with values outside 0..1 set to 0 as the authors advise, the same before that, members counted.
    """
    whole = ~np.isnan(X).any(axis=1)
    X, g, G = X[whole], group[whole], int(group.max(initial=-1)) + 1
    size = np.bincount(g, minlength=G)
    J = X.shape[1]
    raw = np.full(G, np.nan)
    for j in np.flatnonzero(size >= max(at_least, 2)):
        share = float(np.mean(X[g == j].var(axis=0, ddof=1) / expected))
        denominator = J * (1 - share) + share
        raw[j] = J * (1 - share) / denominator if denominator != 0 else -np.inf
    with np.errstate(invalid="ignore"):
        rwg = np.where(np.isnan(raw), np.nan, np.where((raw < 0) | (raw > 1), 0.0, raw))
    return rwg, raw, size.astype(np.int64)


def pooled_within(X: Array, group: NDArray[np.int64]) -> tuple[Array, int]:
    """Return the pooled within-group covariance of X (n, q), no gaps, and its degrees of freedom n - G."""
    labels, group = np.unique(group, return_inverse=True)
    size = np.bincount(group)
    means = np.stack([np.bincount(group, weights=X[:, c]) / size for c in range(X.shape[1])], axis=1)
    D = X - means[group]
    df = len(X) - len(labels)
    return D.T @ D / df, df
