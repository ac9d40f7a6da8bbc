"""Tables of counts: tests of independence, residuals, measures of association. Arrays in, frozen dataclass out.

Numeric file. N, shape (r, c), counts without empty rows or columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import chdtrc, gammaln, ndtri, xlogy

from cgsurvey.base.parallel import streams
from cgsurvey.classical.group_tests import chisq_share
from cgsurvey.responses.two_samples import independence

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
NAN = float("nan")
FEW = 5  # expected count below which a cell is thin


@dataclass(frozen=True)
class Test:
    """A test: name, statistic, degrees of freedom (`df2` of an F), p; NaN where there is none."""

    name: str
    statistic: float
    df: float
    p: float
    df2: float = NAN


@dataclass(frozen=True)
class Measure:
    """A measure of association with its interval."""

    name: str
    estimate: float
    lower: float
    upper: float


def expected(N: Counts) -> Array:
    """Counts that independence expects."""
    return np.outer(N.sum(axis=1), N.sum(axis=0)) / N.sum()


def adjusted_residuals(N: Counts) -> Array:
    """Residuals that are standard normal under independence (Haberman, 1973; R: chisq.test()$stdres)."""
    E, n = expected(N), N.sum()
    rows, columns = N.sum(axis=1, keepdims=True) / n, N.sum(axis=0, keepdims=True) / n
    return (N - E) / np.sqrt(E * (1 - rows) * (1 - columns))


def independence_tests(N: Counts, *, seed: int, replicates: int) -> list[Test]:
    """Pearson's chi-square, Yates' correction (2 x 2), the likelihood ratio, Fisher's exact test.

    Fisher's test is exact for 2 x 2, else by Monte Carlo over tables with the same margins (R: fisher.test, with
    simulate.p.value); R: chisq.test.
    """
    E, pearson = expected(N), independence(N)
    df, ratio = pearson.df, float(2 * xlogy(N, N / E).sum())
    out = [Test("pearson", pearson.chisq, df, pearson.p_value)]
    if N.shape == (2, 2):
        shift = np.minimum(0.5, np.abs(N - E).min())
        yates = float(((np.abs(N - E) - shift) ** 2 / E).sum())
        out.append(Test("yates", yates, df, float(chdtrc(df, yates))))
    out.append(Test("likelihood_ratio", ratio, df, float(chdtrc(df, ratio))))
    if N.shape == (2, 2):
        return [*out, Test("fisher", NAN, NAN, float(stats.fisher_exact(N).pvalue))]
    return [*out, Test("fisher_monte_carlo", NAN, NAN, _fisher(N, seed, replicates))]


def _fisher(N: Counts, seed: int, replicates: int) -> float:
    """Share of random tables with the margins of N that are no more probable than N, N itself counted."""
    drawn = stats.random_table(N.sum(axis=1), N.sum(axis=0), seed=streams(seed, 1)[0])
    own, hits, left = float(gammaln(N + 1).sum()), 0, replicates
    while left:
        size = min(left, 1000)
        tables = drawn.rvs(size).reshape(size, -1)
        hits += int((gammaln(tables + 1).sum(axis=1) >= own * (1 - 1e-9)).sum())
        left -= size
    return (hits + 1) / (replicates + 1)


def measures(N: Counts, level: float) -> list[Measure]:
    """Cramer's V, freed of bias too (Bergsma, 2013), and for 2 x 2 the odds ratio.

    The interval of V is that of the noncentral chi-square (Smithson, 2003), in the metric of the population:
    sqrt(lambda / (n min(r - 1, c - 1))). The odds ratio of the sample has Woolf's (1955) interval and is NaN with an
    empty cell; the conditional one and its exact interval are those of fisher.test of R.
    """
    (r, c), n, found = N.shape, float(N.sum()), independence(N)
    chisq, df, m = found.chisq, found.df, min(r, c) - 1
    lower, upper = (float(np.sqrt(v)) for v in chisq_share(chisq, df, n * m, level))
    corrected = np.sqrt(
        max(0.0, chisq / n - df / (n - 1)) / (min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1)
    )
    out = [
        Measure("cramers_v", found.v, lower, upper),
        Measure("cramers_v_corrected", float(min(1.0, corrected)), lower, upper),
    ]
    if N.shape != (2, 2):
        return out
    ratio, limits = NAN, (NAN, NAN)
    if (N > 0).all():
        log = float(np.log(N[0, 0]) + np.log(N[1, 1]) - np.log(N[0, 1]) - np.log(N[1, 0]))
        width = float(ndtri((1 + level) / 2)) * float(np.sqrt((1 / N).sum()))
        ratio, limits = float(np.exp(log)), (float(np.exp(log - width)), float(np.exp(log + width)))
    conditional = stats.contingency.odds_ratio(N, kind="conditional")
    exact = conditional.confidence_interval(level)
    return [
        *out,
        Measure("odds_ratio", ratio, *limits),
        Measure("odds_ratio_conditional", float(conditional.statistic), float(exact.low), float(exact.high)),
    ]
