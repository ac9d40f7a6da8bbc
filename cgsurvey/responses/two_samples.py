"""Two groups compared: Welch's test, Hedges' g, equivalence, tables of counts, Holm. Arrays in, arrays out.

A sample is (n, mean, variance with divisor n - 1); all three may be arrays of one shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, gammaln, nctdtr, nctdtrinc, stdtr

Array = NDArray[np.float64]
Sample = tuple[Any, Any, Any]


def sample_of(x: Array) -> tuple[int, float, float]:
    """Return size, mean and variance of x (n,), gaps left out; NaN where they do not exist."""
    x = x[~np.isnan(x)]
    n = len(x)
    return n, float(x.mean()) if n else np.nan, float(x.var(ddof=1)) if n > 1 else np.nan


@dataclass(frozen=True)
class Welch:
    """Statistic, degrees of freedom, two-sided p-value and standard error of the difference; NaN without variance."""

    t: Any
    df: Any
    p_value: Any
    std_error: Any


def welch(one: Sample, other: Sample) -> Welch:
    """Welch's (1947) test of two means with unequal variances (R: t.test), elementwise."""
    (n1, m1, v1), (n2, m2, v2) = (tuple(np.asarray(part, dtype=float) for part in s) for s in (one, other))
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = v1 / n1, v2 / n2
        se = np.sqrt(np.where(a + b > 0, a + b, np.nan))
        t = (m1 - m2) / se
        df = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    return Welch(t, np.where(np.isnan(t), np.nan, df), 2 * stdtr(df, -np.abs(t)), se)


def hedges(one: Sample, other: Sample) -> Any:
    """Hedges' (1981) g: the difference in pooled standard deviations, freed of bias by the exact factor."""
    (n1, m1, v1), (n2, m2, v2) = (tuple(np.asarray(part, dtype=float) for part in s) for s in (one, other))
    df = n1 + n2 - 2
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = ((n1 - 1) * v1 + (n2 - 1) * v2) / df
        return unbiasing(df) * (m1 - m2) / np.sqrt(np.where(pooled > 0, pooled, np.nan))


def unbiasing(df: Any) -> Any:
    """Return the factor J = Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)) that turns Cohen's d into Hedges' g."""
    return np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) * np.sqrt(2 / df)


def hedges_interval(g: float, n1: int, n2: int, level: float) -> tuple[float, float]:
    """Interval of Hedges' g from the noncentral t distribution (Steiger & Fouladi, 1997), equal variances assumed."""
    if not np.isfinite(g):
        return np.nan, np.nan
    df, root = n1 + n2 - 2, np.sqrt(n1 * n2 / (n1 + n2))
    J = float(unbiasing(df))
    t, tail = g / J * root, (1 - level) / 2
    lower, upper = (noncentrality(df, t, p) for p in (1 - tail, tail))
    return float(J * lower / root), float(J * upper / root)


def noncentrality(df: float, t: float, p: float) -> float:
    """Return the noncentrality at which t is the p quantile; NaN where the distribution cannot be computed."""
    near = float(nctdtrinc(df, p, t))  # right to about five digits
    off = 1e-3 * (1 + abs(near))
    while not nctdtr(df, near - off, t) > p > nctdtr(df, near + off, t):
        off *= 2
        if off > 10 * (1 + abs(near)):
            return np.nan
    return float(brentq(lambda nc: nctdtr(df, nc, t) - p, near - off, near + off, xtol=1e-12))


def equivalence(one: Sample, other: Sample, bound: float) -> float:
    """p-value of two one-sided Welch tests that the means differ by less than `bound` standard deviations.

    Schuirmann (1987); the bound is in roots of the mean variance of both groups (Lakens, 2017).
    """
    w = welch(one, other)
    raw = bound * np.sqrt((one[2] + other[2]) / 2)
    difference = one[1] - other[1]
    return float(max(stdtr(w.df, -(difference + raw) / w.std_error), stdtr(w.df, (difference - raw) / w.std_error)))


@dataclass(frozen=True)
class Independence:
    """Pearson's chi-square without correction, Cramer's V, and the share of cells with an expected count below 5."""

    chisq: float
    df: int
    p_value: float
    v: float
    thin: float


def independence(counts: NDArray[np.int64]) -> Independence:
    """Test a table of counts, shape (r, c), for independence (R: chisq.test without correction); empty lines drop."""
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0].astype(float)
    r, c = counts.shape
    if min(r, c) < 2:
        return Independence(np.nan, 0, np.nan, np.nan, np.nan)
    n = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chisq = float(((counts - expected) ** 2 / expected).sum())
    df = (r - 1) * (c - 1)
    v = float(np.sqrt(chisq / (n * (min(r, c) - 1))))
    return Independence(chisq, df, float(chdtrc(df, chisq)), v, float((expected < 5).mean()))


def holm(p: Array) -> Array:
    """Adjust p-values, shape (m,), for their number (Holm, 1979; R: p.adjust); NaN is no test and stays."""
    out, known = np.full(len(p), np.nan), np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return out
