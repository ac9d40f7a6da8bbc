"""Index of each group with its error, interval and chances of grades. Numeric file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from scipy import stats

from cgsurvey.base.parallel import streams
from cgsurvey.service_quality.grades import bounds
from cgsurvey.service_quality.index_numbers import (
    FACTOR,
    Floats,
    Ints,
    Units,
    bootstrap_limits,
    design_covariance,
    grade_probabilities,
    influence,
    patterns,
    resample,
    simple_variance,
    units_of_groups,
    weighted_sums,
)


class Sample(Protocol):
    """How respondents were drawn: `units` (None: each for itself) and their weights `omega` (None: equal)."""

    @property
    def units(self) -> Units | None:
        """How they were drawn; None where each was drawn for itself."""

    @property
    def omega(self) -> Floats | None:
        """Their weights, shape (n,); None where all are equal."""


@dataclass(frozen=True)
class Estimates:
    """Estimates of G groups over E elements.

    Attributes
    ----------
    n : ndarray, shape (G,)
        Respondents.
    theta, std_error, df, lower, upper : ndarray, shape (G,)
        Index and its interval.
    chances : ndarray, shape (G, 4)
        Of grades D, C, B, A.
    covariance : ndarray, shape (G, G) or None
        None where the groups are independent.
    sums, counts : ndarray, shape (G, E)
        Sums of (weighted) scores as answered; answers given.
    means, element_lower, element_upper : ndarray, shape (G, E)
        NRR on 1..4, limits of 25 NRR.
    weighted : bool
    alone : ndarray of bool, shape (G,)
        Groups whose respondents come from one sampling unit: their error is that of a simple random sample.
    """

    n: Ints
    theta: Floats
    std_error: Floats
    df: Floats
    lower: Floats
    upper: Floats
    chances: Floats
    covariance: Floats | None
    sums: Floats
    counts: Ints
    means: Floats
    element_lower: Floats
    element_upper: Floats
    weighted: bool
    alone: np.ndarray


def estimate(
    x: Floats,
    group: Ints,
    G: int,
    share: Fraction,
    sample: Sample,
    *,
    single: bool,
    interval: str,
    level: float,
    R: int,
    seed: int | None,
    scale: tuple[int, int],
) -> Estimates:
    """Estimate the index of each group.

    Parameters
    ----------
    x : ndarray, shape (n, E)
    group : ndarray, shape (n,)
    G : int
    share : Fraction
        Weight of an element.
    sample : Sample
    single : bool
        Whether the groups are parts of the sample (their random streams differ from that of the whole).
    interval : {"taylor", "percentile", "bca"}
    level : float
    R, seed : int
        Of the bootstrap.
    scale : (int, int)
    """
    low, high = scale
    slope = 3.0 / (high - low)
    w = float(share)
    omega, units = sample.omega, sample.units
    n = np.bincount(group, minlength=G)
    S, N = weighted_sums(x, group, G, omega)
    counts = N.astype(np.int64) if omega is None else weighted_sums(x, group, G, None)[1].astype(np.int64)
    theta, means = _index(S, N, w, slope, low)
    z = influence(x, group, S, N, omega)
    total = FACTOR * w * slope * z.sum(axis=1)
    variance = simple_variance(total, group, G)
    df = np.maximum(n - 1.0, 1.0)
    alone = np.zeros(G, dtype=bool)
    covariance: Floats | None = None
    if units is not None:
        psus, strata = units_of_groups(group, G, units)
        alone = psus < 2
        covariance = design_covariance(np.where(alone[group], 0.0, total), group, G, units)
        own = np.diag(covariance).copy()
        variance = np.where(alone, variance, np.maximum(own, 0.0))
        df = np.where(alone, df, np.maximum(psus - strata, 1))
        if not (covariance - np.diag(own)).any():
            covariance = None
    variance = np.where(np.isfinite(theta), variance, np.nan)
    se = np.sqrt(variance)
    quantile = stats.t.ppf((1 + level) / 2, df)
    half = quantile * se
    cuts = [float(b) - 0.005 for b in sorted(bounds().values())][1:]  # what is rounded up to a bound has its grade
    chances = grade_probabilities(theta, se, df, cuts)
    least = FACTOR * w * x.shape[1]  # every answer the lowest
    lower, upper = np.maximum(theta - half, least), np.minimum(theta + half, 4 * least)
    if interval != "taylor":
        order = np.argsort(group, kind="stable")
        rows = np.split(order, np.cumsum(n)[:-1])
        drawn = _resampled(x, rows, sample, alone, R, seed, single, lambda s, c: _index(s, c, w, slope, low)[0])
        for g in range(G):
            if n[g] < 2:
                continue  # nothing to resample
            known = drawn[g][np.isfinite(drawn[g])]
            reach = float(quantile[g]) * (1.0 if units is not None and not alone[g] else np.sqrt(n[g] / (n[g] - 1)))
            z_here = total[rows[g]]
            lower[g], upper[g] = bootstrap_limits(drawn[g], float(theta[g]), z_here, reach, bca=interval == "bca")
            if len(known) > 1 and np.isfinite(theta[g]):
                se[g] = known.std(ddof=1)
                # a draw a hair below a half cent is one that floating point moved
                above = [1.0, *((known >= c - 1e-9).mean() for c in cuts), 0.0]
                chances[g] = -np.diff(above) + 0.0
    ends = _element_limits(z, group, G, units, alone, means, level, df, slope)
    return Estimates(
        n, theta, se, df, lower, upper, chances, covariance, S, counts, means, *ends, omega is not None, alone
    )


def _index(S: Floats, N: Floats, w: float, slope: float, low: int) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore", divide="ignore"):
        means = 1.0 + slope * (np.where(N > 0, S / N, np.nan) - low)
    return FACTOR * w * means.sum(axis=1), means


def _element_limits(
    z: Floats,
    group: Ints,
    G: int,
    units: Units | None,
    alone: np.ndarray,
    means: Floats,
    level: float,
    df: Floats,
    slope: float,
) -> tuple[Floats, Floats]:
    """Limits of 25 NRR of each element, shapes (G, E)."""
    variance = np.column_stack([simple_variance(z[:, u], group, G) for u in range(z.shape[1])])
    if units is not None:
        drawn = np.column_stack([np.diag(design_covariance(z[:, u], group, G, units)) for u in range(z.shape[1])])
        variance = np.where(alone[:, None], variance, np.maximum(drawn, 0.0))
    half = stats.t.ppf((1 + level) / 2, df)[:, None] * FACTOR * slope * np.sqrt(variance)
    index = FACTOR * means
    return np.maximum(index - half, FACTOR), np.minimum(index + half, 4.0 * FACTOR)


def _resampled(
    x: Floats,
    groups: list[Ints],
    sample: Sample,
    alone: np.ndarray,
    R: int,
    seed: int | None,
    single: bool,
    index: Callable[[Floats, Floats], Floats],
) -> Floats:
    """Index of each group, given as its rows, in R resamples, shape (G, R)."""
    G = len(groups)
    out = np.full((G, R), np.nan)
    generators = streams(seed, G + 1)[1:] if single else streams(seed, 1)
    units, omega = sample.units, sample.omega
    for g, rows in enumerate(groups):
        if units is not None and not alone[g]:
            P = len(units.stratum)
            weights = np.ones(len(rows)) if omega is None else omega[rows]
            S, N = weighted_sums(x[rows], units.psu[rows], P, weights)
            ones = np.ones(P, dtype=np.int64)
            drawn = resample(S, N, ones, units.stratum, R=R, rng=generators[g], rescaled=True)
        elif omega is not None:
            here, w = x[rows], omega[rows][:, None]
            given = ~np.isnan(here)
            ones = np.ones(len(rows), dtype=np.int64)
            drawn = resample(
                np.where(given, w * here, 0.0), given * w, ones, 0 * ones, R=R, rng=generators[g], rescaled=False
            )
        else:
            kinds, copies = patterns(x[rows])
            given = ~np.isnan(kinds)
            drawn = resample(
                np.nan_to_num(kinds), given.astype(float), copies, 0 * copies, R=R, rng=generators[g], rescaled=False
            )
        out[g] = index(*drawn)
    return out
