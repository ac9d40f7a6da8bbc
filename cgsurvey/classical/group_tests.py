"""Tests of independent and of paired groups with effect sizes and intervals. Arrays in, frozen dataclass out.

Numeric file. Samples are arrays of numbers without gaps; paired data an array, shape (n, k), without gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr, ncfdtr, ndtr, ndtri, stdtr, stdtrit

from cgsurvey.responses.two_samples import hedges, hedges_interval, noncentrality, sample_of, unbiasing, welch

Array = NDArray[np.float64]
Samples = Sequence[Array]
NAN = float("nan")
EXACT = 50  # rows below which rank tests without ties are exact, as in R


@dataclass(frozen=True)
class Found:
    """A test.

    Attributes
    ----------
    method : str
    statistic, df1, df2, p : float
        df2 is NaN where the statistic has one; both are NaN for W, V and U.
    difference, lower, upper : float
        Difference of two means with its interval.
    effect : str
        Name of the effect size: "hedges_g", "hedges_g_z", "omega2", "rank_biserial", "epsilon2_rank", "kendall_w",
        "eta2_partial".
    size, size_lower, size_upper : float
        The effect size with its interval.
    eta2, omega2, epsilon2 : float
        Shares of variance between groups: as observed, and freed of bias (Hays, 1963; Kelley, 1935).
    """

    method: str
    statistic: float
    df1: float
    df2: float
    p: float
    effect: str
    size: float
    size_lower: float = NAN
    size_upper: float = NAN
    difference: float = NAN
    lower: float = NAN
    upper: float = NAN
    eta2: float = NAN
    omega2: float = NAN
    epsilon2: float = NAN


def student(groups: Samples, level: float) -> Found:
    """Student's t of two groups, equal variances assumed (R: t.test(var.equal = TRUE)), with Hedges' g."""
    one, other = (sample_of(g) for g in groups)
    df = one[0] + other[0] - 2
    pooled = ((one[0] - 1) * one[2] + (other[0] - 1) * other[2]) / df
    return _two("t", groups, df, float(np.sqrt(pooled * (1 / one[0] + 1 / other[0]))), level)


def welch_t(groups: Samples, level: float) -> Found:
    """Welch's t of two groups (R: t.test), with Hedges' g."""
    w = welch(*(sample_of(g) for g in groups))
    return _two("welch", groups, float(w.df), float(w.std_error), level)


def _two(method: str, groups: Samples, df: float, se: float, level: float) -> Found:
    one, other = (sample_of(g) for g in groups)
    difference = one[1] - other[1]
    t = difference / se if se > 0 else NAN
    g = float(hedges(one, other))
    width = float(stdtrit(df, (1 + level) / 2)) * se
    limits = hedges_interval(g, one[0], other[0], level)
    p = float(2 * stdtr(df, -abs(t)))
    return Found(method, t, df, NAN, p, "hedges_g", g, *limits, difference, difference - width, difference + width)


def anova(groups: Samples, level: float) -> Found:
    """One-way analysis of variance (R: oneway.test(var.equal = TRUE)); the interval is that of Steiger (2004)."""
    F, df1, df2, eta2 = _between(groups)
    n = df1 + df2 + 1
    omega2 = max(0.0, df1 * (F - 1) / (df1 * (F - 1) + n)) if F == F else NAN
    epsilon2 = max(0.0, df1 * (F - 1) / (df1 * F + df2)) if F == F else NAN
    p = float(stats.f.sf(F, df1, df2)) if F == F else NAN
    limits = variance_share(F, df1, df2, n, level)
    return Found("anova", F, df1, df2, p, "omega2", omega2, *limits, eta2=eta2, omega2=omega2, epsilon2=epsilon2)


def _between(groups: Samples) -> tuple[float, int, int, float]:
    n, k = sum(map(len, groups)), len(groups)
    grand = float(np.concatenate(list(groups)).mean())
    between = sum(len(g) * (float(g.mean()) - grand) ** 2 for g in groups)
    within = sum(float(((g - g.mean()) ** 2).sum()) for g in groups)
    F = between / (k - 1) / (within / (n - k)) if within > 0 else NAN
    return F, k - 1, n - k, between / (between + within) if between + within > 0 else NAN


def welch_anova(groups: Samples, level: float) -> Found:
    """Welch's (1951) analysis of variance with unequal variances (R: oneway.test).

    Omega2 and its interval rest on Welch's F and degrees of freedom, and are approximate.
    """
    n = np.array([len(g) for g in groups], dtype=float)
    mean = np.array([g.mean() for g in groups])
    variance = np.array([g.var(ddof=1) for g in groups])
    k, total = len(groups), float(n.sum())
    eta2 = _between(groups)[3]
    if (variance <= 0).any():
        return Found("welch_anova", NAN, k - 1, NAN, NAN, "omega2", NAN, eta2=eta2)
    w = n / variance
    centre = float(w @ mean / w.sum())
    spread = float((((1 - w / w.sum()) ** 2) / (n - 1)).sum())
    top = float(w @ (mean - centre) ** 2) / (k - 1)
    F = top / (1 + 2 * (k - 2) * spread / (k * k - 1))
    df2 = (k * k - 1) / (3 * spread)
    omega2 = max(0.0, (k - 1) * (F - 1) / ((k - 1) * (F - 1) + total))
    limits = variance_share(F, k - 1, df2, total, level)
    p = float(stats.f.sf(F, k - 1, df2))
    return Found("welch_anova", F, k - 1, df2, p, "omega2", omega2, *limits, eta2=eta2, omega2=omega2)


def variance_share(F: float, df1: float, df2: float, n: float, level: float) -> tuple[float, float]:
    """Interval of the share of variance between groups, lambda / (lambda + n) of the noncentral F (Steiger, 2004)."""
    if not np.isfinite(F):
        return NAN, NAN
    tail = (1 - level) / 2
    lower, upper = (_inverted(lambda nc: float(ncfdtr(df1, df2, nc, F)), q) for q in (1 - tail, tail))
    return lower / (lower + n), upper / (upper + n)


def _inverted(cdf: Callable[[float], float], q: float) -> float:
    """Return the noncentrality at which a falling distribution function is q; 0 where it is below q from the start."""
    if cdf(0.0) <= q:
        return 0.0
    high = 1.0
    while cdf(high) > q:
        high *= 2
        if high > 1e8:
            return NAN
    return float(brentq(lambda nc: cdf(nc) - q, 0, high, xtol=1e-10))


def chisq_share(chisq: float, df: int, scale: float, level: float) -> tuple[float, float]:
    """Interval of the noncentrality of a chi-square, divided by `scale`, at most 1 (Smithson, 2003)."""
    if not np.isfinite(chisq):
        return NAN, NAN
    tail = (1 - level) / 2
    lower, upper = (_inverted(lambda nc: float(chndtr(chisq, df, nc)), q) for q in (1 - tail, tail))
    return min(1.0, lower / scale), min(1.0, upper / scale)


def mann_whitney(groups: Samples, level: float) -> Found:
    """Mann and Whitney's U of the first group (R: wilcox.test), exact for fewer than 50 rows each without ties.

    The rank-biserial correlation P(X > Y) - P(X < Y) (Kerby, 2014) has an interval by the variance of the placements,
    which ties do not disturb (Brunner & Munzel, 2000), on Fisher's z.
    """
    x, y = groups
    n1, n2 = len(x), len(y)
    both = np.concatenate([x, y])
    exact = max(n1, n2) < EXACT and len(np.unique(both)) == len(both)
    found = stats.mannwhitneyu(x, y, method="exact" if exact else "asymptotic")
    U, size = float(found.statistic), 2 * float(found.statistic) / (n1 * n2) - 1
    p = float(found.pvalue) if np.ptp(both) > 0 else NAN
    limits = _by_placements(x, y, size, level)
    return Found("mann_whitney", U, NAN, NAN, p, "rank_biserial", size, *limits)


def _by_placements(x: Array, y: Array, size: float, level: float) -> tuple[float, float]:
    if min(len(x), len(y)) < 2 or abs(size) >= 1:
        return NAN, NAN
    above = stats.rankdata(np.concatenate([x, y]))
    in_x = (above[: len(x)] - stats.rankdata(x)) / len(y)  # share of y below each x
    in_y = (above[len(x) :] - stats.rankdata(y)) / len(x)
    se = 2 * float(np.sqrt(in_x.var(ddof=1) / len(x) + in_y.var(ddof=1) / len(y)))
    width = float(ndtri((1 + level) / 2)) * se / (1 - size * size)
    return float(np.tanh(np.arctanh(size) - width)), float(np.tanh(np.arctanh(size) + width))


def kruskal_wallis(groups: Samples, level: float) -> Found:
    """Kruskal and Wallis' H, corrected for ties (R: kruskal.test), with epsilon2 = H / (n - 1) (Tomczak, 2014).

    Epsilon2 is the share of variance of the ranks; its interval is that of their analysis of variance, approximate.
    """
    both = np.concatenate(list(groups))
    n, k = len(both), len(groups)
    if np.ptp(both) == 0:
        return Found("kruskal_wallis", NAN, k - 1, NAN, NAN, "epsilon2_rank", NAN)
    found = stats.kruskal(*groups)
    H = float(found.statistic)
    F = H / (k - 1) / ((n - 1 - H) / (n - k)) if n - 1 > H else np.inf  # that of the ranks
    limits = variance_share(F, k - 1, n - k, n, level)
    return Found("kruskal_wallis", H, k - 1, NAN, float(found.pvalue), "epsilon2_rank", H / (n - 1), *limits)


def paired_t(x: Array, level: float) -> Found:
    """Paired t of the columns of x, shape (n, 2) (R: t.test(paired = TRUE)).

    Hedges' g of the differences: their mean in their own standard deviations, interval by the noncentral t.
    """
    d = x[:, 0] - x[:, 1]
    n, mean, variance = sample_of(d)
    se = float(np.sqrt(variance / n))
    t = mean / se if se > 0 else NAN
    J, width = float(unbiasing(n - 1)), float(stdtrit(n - 1, (1 + level) / 2)) * se
    tail, root = (1 - level) / 2, np.sqrt(n)
    lower, upper = (J * noncentrality(n - 1, t, q) / root if t == t else NAN for q in (1 - tail, tail))
    p = float(2 * stdtr(n - 1, -abs(t)))
    return Found(
        "paired_t", t, n - 1, NAN, p, "hedges_g_z", J * t / root, lower, upper, mean, mean - width, mean + width
    )


def wilcoxon(x: Array, level: float) -> Found:
    """Wilcoxon's signed-rank V of the columns of x, shape (n, 2) (R: wilcox.test(paired = TRUE)), zeros left out.

    Exact for fewer than 50 rows without ties and zeros, else normal with correction for continuity. The rank-biserial
    correlation is the difference of the shares of positive and negative ranks (Kerby, 2014); its interval, on Fisher's
    z with the error under the null hypothesis, is approximate.
    """
    d = x[:, 0] - x[:, 1]
    moved = d[d != 0]
    n = len(moved)
    if n == 0:
        return Found("wilcoxon", NAN, NAN, NAN, NAN, "rank_biserial", NAN)
    ranks = stats.rankdata(np.abs(moved))
    V, total = float(ranks[moved > 0].sum()), n * (n + 1) / 2
    exact = n == len(d) and n < EXACT and len(np.unique(np.abs(moved))) == n
    if exact:
        p = float(stats.wilcoxon(moved, method="exact").pvalue)
    else:
        counts = np.unique(np.abs(moved), return_counts=True)[1].astype(float)
        sigma = np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - float((counts**3 - counts).sum()) / 48)
        p = float(min(1.0, 2 * ndtr(-max(0.0, abs(V - total / 2) - 0.5) / sigma)))
    size = 2 * V / total - 1
    limits = (NAN, NAN)
    if abs(size) < 1:
        se = np.sqrt(n * (n + 1) * (2 * n + 1) / 6) / total
        width = float(ndtri((1 + level) / 2)) * se
        limits = float(np.tanh(np.arctanh(size) - width)), float(np.tanh(np.arctanh(size) + width))
    return Found("wilcoxon", V, NAN, NAN, p, "rank_biserial", size, *limits)


def friedman(x: Array, level: float) -> Found:
    """Friedman's chi-square of the columns of x, shape (n, k) (R: friedman.test), with Kendall's W.

    The interval of W is that of F = (n - 1) W / (1 - W) (Kendall & Babington Smith, 1939), approximate.
    """
    n, k = x.shape
    if (np.ptp(x, axis=1) == 0).all():
        return Found("friedman", NAN, k - 1, NAN, NAN, "kendall_w", NAN)
    ranks = stats.rankdata(x, axis=1)
    middle = (k + 1) / 2
    spread = float(((ranks - middle) ** 2).sum()) / (k - 1)
    chisq = float(((ranks.sum(axis=0) - n * middle) ** 2).sum()) / spread
    W, df1 = chisq / (n * (k - 1)), k - 1 - 2 / n
    limits = variance_share((n - 1) * W / (1 - W) if W < 1 else np.inf, df1, (n - 1) * df1, n * df1 + 1, level)
    return Found("friedman", chisq, k - 1, NAN, float(chdtrc(k - 1, chisq)), "kendall_w", W, *limits)


def repeated_anova(x: Array, level: float) -> Found:
    """Analysis of variance of k repeated measures, shape (n, k), with Greenhouse and Geisser's (1959) correction.

    Partial eta2 = SS of the measures / (that + error), interval by the noncentral F, degrees uncorrected.
    R: anova of mlm with test = "Spherical".
    """
    n, k = x.shape
    residual = x - x.mean(axis=0) - x.mean(axis=1, keepdims=True) + x.mean()
    between, error = n * float(((x.mean(axis=0) - x.mean()) ** 2).sum()), float((residual**2).sum())
    df1, df2 = k - 1, (n - 1) * (k - 1)
    if error <= 0:
        return Found("repeated_anova", NAN, df1, df2, NAN, "eta2_partial", NAN)
    F, epsilon = between / df1 / (error / df2), greenhouse_geisser(x)
    limits = variance_share(F, df1, df2, df1 + df2 + 1, level)
    p = float(stats.f.sf(F, df1 * epsilon, df2 * epsilon))
    size = between / (between + error)
    return Found("repeated_anova", F, df1 * epsilon, df2 * epsilon, p, "eta2_partial", size, *limits, eta2=size)


def greenhouse_geisser(x: Array) -> float:
    """Return the estimate of sphericity of k repeated measures, 1 / (k - 1) at worst, 1 at best."""
    S = np.cov(x, rowvar=False)
    S = S - S.mean(axis=0) - S.mean(axis=1, keepdims=True) + S.mean()
    values = np.linalg.eigvalsh(S)
    return float(values.sum() ** 2 / ((x.shape[1] - 1) * (values**2).sum()))


def levene(groups: Samples, centre: str) -> tuple[float, int, int, float]:
    """Levene's (1960) test of equal variances about the means, or Brown and Forsythe's (1974) about the medians.

    Returns F, df1, df2 and p (R: car::leveneTest); NaN where nothing varies within the groups.
    """
    middle = np.median if centre == "median" else np.mean
    F, df1, df2, _ = _between([np.abs(g - middle(g)) for g in groups])
    return F, df1, df2, float(stats.f.sf(F, df1, df2)) if F == F else NAN
