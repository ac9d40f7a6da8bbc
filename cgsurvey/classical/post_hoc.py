"""Pairs of groups after a test of all: Tukey, Games and Howell, Dunn, paired tests. Arrays in, arrays out.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr, ndtri

from cgsurvey.classical.group_tests import Array, Found, Samples, mann_whitney, paired_t, wilcoxon
from cgsurvey.classical.studentised_range import cdf, quantile
from cgsurvey.responses.two_samples import hedges, hedges_interval, holm, sample_of

NAN = float("nan")


@dataclass(frozen=True)
class Pairs:
    """All pairs (a, b), a < b, shape (m,): differences a - b, their tests, adjusted p-values, intervals, effects."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    difference: Array
    se: Array
    statistic: Array
    df: Array
    p: Array
    lower: Array
    upper: Array
    size: Array
    size_lower: Array
    size_upper: Array


def _pairs(k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    a, b = np.array(list(combinations(range(k), 2)), dtype=np.int64).T
    return a, b


def _studentised(groups: Samples, se: Array, df: Array, level: float) -> Pairs:
    a, b = _pairs(len(groups))
    mean = np.array([g.mean() for g in groups])
    difference, k = mean[a] - mean[b], len(groups)
    q = np.abs(difference) / np.where(se > 0, se, NAN) * np.sqrt(2)
    p, width = 1 - cdf(q, k, df), quantile(level, k, df) * se / np.sqrt(2)
    samples = [sample_of(g) for g in groups]
    g = np.array([float(hedges(samples[i], samples[j])) for i, j in zip(a, b, strict=True)])
    limits = np.array(
        [hedges_interval(x, samples[i][0], samples[j][0], level) for x, i, j in zip(g, a, b, strict=True)]
    )
    return Pairs(a, b, difference, se, np.sign(difference) * q / np.sqrt(2), df, p, difference - width,
                 difference + width, g, limits[:, 0], limits[:, 1])  # fmt: skip


def tukey(groups: Samples, level: float) -> Pairs:
    """Tukey and Kramer's honest differences, equal variances assumed (R: TukeyHSD); t = q / sqrt 2."""
    a, b = _pairs(len(groups))
    n = np.array([len(g) for g in groups], dtype=float)
    df = n.sum() - len(groups)
    within = sum(float(((g - g.mean()) ** 2).sum()) for g in groups) / df
    return _studentised(groups, np.sqrt(within * (1 / n[a] + 1 / n[b])), np.full(len(a), df), level)


def games_howell(groups: Samples, level: float) -> Pairs:
    """Games and Howell's (1976) differences with unequal variances."""
    a, b = _pairs(len(groups))
    n = np.array([len(g) for g in groups], dtype=float)
    v = np.array([g.var(ddof=1) for g in groups]) / n
    total = v[a] + v[b]
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.where(total > 0, total**2 / (v[a] ** 2 / (n[a] - 1) + v[b] ** 2 / (n[b] - 1)), NAN)
    return _studentised(groups, np.sqrt(total), df, level)


def dunn(groups: Samples, level: float) -> Pairs:
    """Dunn's (1964) differences of mean ranks, corrected for ties, p-values by Holm; rank-biserial effect sizes."""
    a, b = _pairs(len(groups))
    n = np.array([len(g) for g in groups], dtype=float)
    both = np.concatenate(list(groups))
    ranks = np.split(stats.rankdata(both), np.cumsum([len(g) for g in groups])[:-1])
    counts = np.unique(both, return_counts=True)[1].astype(float)
    N = n.sum()
    variance = N * (N + 1) / 12 - float((counts**3 - counts).sum()) / (12 * (N - 1))
    mean = np.array([r.mean() for r in ranks])
    difference, se = mean[a] - mean[b], np.sqrt(variance * (1 / n[a] + 1 / n[b]))
    z = difference / np.where(se > 0, se, NAN)
    width = float(ndtri((1 + level) / 2)) * se
    found = [mann_whitney((groups[i], groups[j]), level) for i, j in zip(a, b, strict=True)]
    return Pairs(a, b, difference, se, z, np.full(len(a), NAN), holm(2 * ndtr(-np.abs(z))), difference - width,
                 difference + width, *_sizes(found))  # fmt: skip


def paired(x: Array, level: float, *, ranks: bool) -> Pairs:
    """All pairs of the columns of x, shape (n, k), by paired t or Wilcoxon tests, p-values by Holm."""
    a, b = _pairs(x.shape[1])
    found = [(wilcoxon if ranks else paired_t)(x[:, [i, j]], level) for i, j in zip(a, b, strict=True)]
    statistic, df, p = (np.array([getattr(f, name) for f in found]) for name in ("statistic", "df1", "p"))
    difference = np.array([f.difference for f in found])
    se = difference / np.where(statistic != 0, statistic, NAN) if not ranks else np.full(len(a), NAN)
    lower, upper = (np.array([getattr(f, name) for f in found]) for name in ("lower", "upper"))
    return Pairs(a, b, difference, se, statistic, df, holm(p), lower, upper, *_sizes(found))


def _sizes(found: list[Found]) -> tuple[Array, Array, Array]:
    one, two, three = (np.array([getattr(f, n) for f in found]) for n in ("size", "size_lower", "size_upper"))
    return one, two, three
