"""Resampling: drawing rows, the moments of all resamples at once, intervals from what was drawn.

Numeric file. A resample is a vector of counts over units (rows, or clusters); the moments of R resamples are products
of the matrix of counts (R, units) with the cross products of the rows. Intervals follow Efron (1987) and Davison &
Hinkley (1997), whose interpolation between order statistics R's package boot and lavaan use too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.random import SeedSequence
from scipy.special import ndtr, ndtri

from cgsurvey.moments.normal import low
from cgsurvey.moments.sample import Cases, Floats, Ints, Sample
from cgsurvey.sem.model.ram import fill
from cgsurvey.sem.model.structure import COVARIANCE, MEAN, SCALE, Structure
from cgsurvey.sem.resampling.batch import Cells, Moments, definite

Interval = Literal["percentile", "bc", "bca", "normal", "basic"]
INTERVALS: tuple[Interval, ...] = ("percentile", "bc", "bca", "normal", "basic")
BLOCK = 2_000_000  # numbers of cross products that are held at once


@dataclass(frozen=True)
class BollenStine:
    """Test statistics of samples in which the model holds exactly (Bollen & Stine, 1992).

    Attributes
    ----------
    statistic : ndarray, shape (R,)
        One per resample that could be fitted.
    p_value : float
        Share of them that reach the statistic of the data.
    requested, failed : int
    """

    statistic: Floats
    p_value: float
    requested: int
    failed: int


@dataclass(frozen=True)
class Bootstrap:
    """What was drawn.

    Attributes
    ----------
    theta : ndarray, shape (R, q)
        Free parameters of each resample that could be fitted.
    fixed : ndarray, shape (R, e)
        Moments of covariates that the model takes from the sample, one column per such cell.
    fixed_cells : ndarray of int, shape (e,)
        Cells of the structure that `fixed` fills.
    requested, failed, inadmissible : int
        Resamples asked for; those without a minimum, which are left out; those kept whose estimates no population
        could have (negative variances, correlations beyond 1).
    seed : int
    clusters : bool
        True when whole clusters were drawn.
    acceleration : mapping of str to ndarray
        Acceleration of each row of the parameter table, for "raw", "std_all", "std_lv" and "std_nox"; of each effect
        (`effects`), for "effects" and "effects_std"; empty when no jackknife was made.
    bollen_stine : BollenStine, optional
    """

    theta: Floats
    fixed: Floats
    fixed_cells: Ints
    requested: int
    failed: int
    inadmissible: int
    seed: int
    clusters: bool = False
    acceleration: Mapping[str, Floats] = field(default_factory=dict)
    bollen_stine: BollenStine | None = None

    @property
    def covariance(self) -> Floats:
        """Covariance of the draws with divisor R, as lavaan has it, shape (q, q)."""
        d = self.theta - self.theta.mean(axis=0)
        return d.T @ d / len(d)

    def cells(self, structure: Structure) -> Floats:
        """Values of all cells in each resample, shape (R, cells)."""
        return cell_values(structure, self.theta, self.fixed, self.fixed_cells)


def cell_values(
    structure: Structure, theta: Floats, fixed: Floats, fixed_cells: Ints, *, follow: bool = True
) -> Floats:
    """Values of all cells, shape (R, cells), from free parameters (R, q) and moments of covariates (R, e).

    What follows from the parameters of ordered variables (residual variances, or scales) is filled in if `follow`.
    """
    free = structure.free >= 0
    out = np.tile(structure.value, (len(theta), 1))
    out[:, free] = theta[:, structure.free[free]]
    out[:, fixed_cells] = fixed
    ordered = structure.ordered
    if not follow or not len(ordered):
        return out
    s = structure
    for r, one in enumerate(theta):
        for g, filled in enumerate(fill(replace(s, value=np.where(free, np.nan, out[r])), one)):
            here = (s.group == g) & ~free & np.isin(s.i, ordered)
            if s.theta and filled.scale is not None:
                scales = here & (s.matrix == SCALE)
                out[r, scales] = filled.scale[s.i[scales]]
            else:
                own = here & (s.matrix == COVARIANCE) & (s.i == s.j)
                out[r, own] = np.diag(filled.S)[s.i[own]]
    return out


def units_of(cases: Cases) -> Ints:
    """Unit of each row, 0-based: its cluster, or the row itself."""
    return np.arange(len(cases.y)) if cases.cluster is None else cases.cluster


def strata_of(cases: Cases) -> list[Ints]:
    """Units of each stratum; all units without strata."""
    units = units_of(cases)
    if cases.strata is None:
        return [np.arange(int(units.max()) + 1)]
    pairs = np.unique(np.column_stack([cases.strata, units]), axis=0)
    return [pairs[pairs[:, 0] == k, 1] for k in np.unique(pairs[:, 0])]


def draw_counts(samples: Sequence[Sample], seeds: Sequence[SeedSequence]) -> list[Floats]:
    """How often each unit was drawn, shape (R, units) per group: as many units as there are, with replacement.

    Strata are kept: as many units of each as there are.
    """
    parts = [strata_of(s.cases) for s in samples if s.cases is not None]
    out = [np.zeros((len(seeds), 1 + max(int(units.max()) for units in strata))) for strata in parts]
    for r, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        for counts, strata in zip(out, parts, strict=True):
            for units in strata:
                n = len(units)
                counts[r, units] += np.bincount(rng.integers(0, n, n), minlength=n)
    return out


def leave_out(samples: Sequence[Sample], parts: Sequence[Ints]) -> list[Floats]:
    """Counts of samples without the units of one part each, shape (R, units) per group.

    Units are numbered over all groups.
    """
    out, before = [], 0
    for s in samples:
        assert s.cases is not None  # rows are there while a model is being fitted
        n = int(units_of(s.cases).max()) + 1
        counts = np.ones((len(parts), n))
        for r, part in enumerate(parts):
            mine = part[(part >= before) & (part < before + n)]
            counts[r, mine - before] = 0.0
        out.append(counts)
        before += n
    return out


def repeated_rows(cases: Cases, counts: Floats) -> tuple[Ints, Ints]:
    """Rows of a resample of units, and to which draw each belongs: a cluster drawn twice is two clusters."""
    drawn = np.repeat(np.arange(len(counts)), counts.astype(np.int64))
    units = units_of(cases)
    order = np.argsort(units, kind="stable")
    size = np.bincount(units, minlength=len(counts))
    start = np.cumsum(size) - size
    draw = np.repeat(np.arange(len(drawn)), size[drawn])
    within = np.arange(len(draw)) - np.repeat(np.cumsum(size[drawn]) - size[drawn], size[drawn])
    return order[start[drawn][draw] + within], draw


def resampled_moments(sample: Sample, counts: Floats) -> Moments:
    """Moments of R resamples of complete rows, from counts over units (R, units)."""
    assert sample.cases is not None
    y, w, unit = sample.cases.y, sample.cases.weights, units_of(sample.cases)
    n, p = y.shape
    centre = sample.mean
    i, j = low(p)
    R, k = len(counts), len(i)
    sums = np.zeros((R, 1 + p + k))
    rows = max(BLOCK // (1 + p + k), 1)
    for at in range(0, n, rows):
        here = slice(at, at + rows)
        d = y[here] - centre
        block = np.hstack([np.ones((len(d), 1)), d, d[:, i] * d[:, j]])
        if w is not None:
            block *= w[here, None]
        sums += counts[:, unit[here]] @ block
    return _moments(sample, sums)


def _moments(sample: Sample, sums: Floats) -> Moments:
    """Moments from sums (R, 1 + p + p*) of 1, of deviations from the means of the sample, and of their products."""
    p = sample.p
    i, j = low(p)
    total = sums[:, 0]
    first = sums[:, 1 : 1 + p] / total[:, None]
    cov = np.empty((len(sums), p, p))
    cov[:, i, j] = cov[:, j, i] = sums[:, 1 + p :] / total[:, None] - first[:, i] * first[:, j]
    if sample.wishart:
        cov *= (total / (total - 1))[:, None, None]
    return Moments(total, sample.mean + first, cov)


def left_out_moments(sample: Sample, before: int, parts: Sequence[Ints]) -> Moments:
    """Moments of complete rows without the units of one part each; `before` units stand in the groups before.

    What is left out is taken from the sums of the whole sample, so that the cost grows with the rows that are left out.
    """
    assert sample.cases is not None
    y, w, unit = sample.cases.y, sample.cases.weights, units_of(sample.cases)
    n, p = y.shape
    i, j = low(p)
    part_of = np.full(int(unit.max()) + 1, -1)
    for r, part in enumerate(parts):
        part_of[part[(part >= before) & (part < before + len(part_of))] - before] = r
    rows = np.flatnonzero(part_of[unit] >= 0)
    d = y[rows] - sample.mean
    block = np.hstack([np.ones((len(rows), 1)), d, d[:, i] * d[:, j]])
    if w is not None:
        block *= w[rows, None]
    total = float(n) if w is None else float(w.sum())
    cov = sample.cov * (n - 1) / n if sample.wishart else sample.cov
    sums = np.tile(total * np.concatenate([[1.0], np.zeros(p), cov[i, j]]), (len(parts), 1))
    np.subtract.at(sums, part_of[unit[rows]], block)
    return _moments(sample, sums)


def fixed_moments(structure: Structure, cells: Ints, moments: Sequence[Moments]) -> Floats:
    """Moments of covariates that fill `cells`, shape (R, e)."""
    out = np.empty((len(moments[0].weight), len(cells)))
    for k, cell in enumerate(cells):
        m, i, j = moments[structure.group[cell]], structure.i[cell], structure.j[cell]
        out[:, k] = m.mean[:, i] if structure.matrix[cell] == MEAN else m.cov[:, i, j]
    return out


def transformed(sample: Sample, Sigma: Floats, mu: Floats | None) -> Sample:
    """The sample with rows moved so that its moments are those of the model: Z = (Y - ybar) S^-1/2 Sigma^1/2 + mu."""
    assert sample.cases is not None
    centre = sample.mean if mu is None else mu
    y = (sample.cases.y - sample.mean) @ _root(sample.cov, -0.5) @ _root(Sigma, 0.5) + centre
    return replace(sample, mean=centre, cov=Sigma, cases=replace(sample.cases, y=y))


def _root(M: Floats, power: float) -> Floats:
    values, vectors = np.linalg.eigh(M)
    return (vectors * values**power) @ vectors.T


def saturated_value(moments: Sequence[Moments]) -> Floats:
    """-(log-likelihood)/N of the unrestricted model without constants, shape (R,)."""
    total = np.sum([m.weight for m in moments], axis=0)
    out = np.zeros(len(total))
    for m in moments:
        sign, log_det = np.linalg.slogdet(m.cov)
        out += m.weight / total * np.where(sign > 0, log_det + m.cov.shape[1], -np.inf) / 2
    return out


def admissible(structure: Structure, cells: Cells, x: Floats) -> np.ndarray:
    """Whether a population could have these cells, shape (R,): variances above zero, correlations within 1."""
    p = structure.p
    out = np.ones(len(x), dtype=bool)
    for group in cells.groups:
        A, S, _ = cells.filled(group, x)
        variances = np.diagonal(S, axis1=1, axis2=2)
        out &= (variances >= -1e-12).all(axis=1)
        if structure.v > p + 1:
            E = cells.reach(A)
            V = (E @ S @ np.swapaxes(E, 1, 2))[:, p:, p:]
            sd = np.sqrt(np.abs(np.diagonal(V, axis1=1, axis2=2)))
            live = (sd > 0).all(axis=0)
            V, sd = V[:, live][:, :, live], sd[:, live]
            out &= definite(V / (sd[:, :, None] * sd[:, None, :]) + 1e-8 * np.eye(V.shape[1]))
        off = (group.si < p) & (group.si != group.sj)
        if off.any():
            top = np.maximum(variances[:, :p].max(axis=1), 1e-300)
            out &= definite(S[:, :p, :p] / top[:, None, None] + 1e-8 * np.eye(p))
    return out


def intervals(
    draws: Floats, estimate: Floats, kind: Interval, level: float, acceleration: Floats | None = None
) -> tuple[Floats, Floats]:
    """Lower and upper limits from draws.

    Parameters
    ----------
    draws : ndarray, shape (R, k)
        Rows with NaN in a column do not count in it.
    estimate : ndarray, shape (k,)
    kind : {"percentile", "bc", "bca", "normal", "basic"}
        Quantiles of the draws; the same corrected for bias, and for bias and skewness (Efron, 1987); estimate less
        bias plus and minus normal quantiles times the standard deviation; quantiles mirrored at the estimate.
    level : float
    acceleration : ndarray, shape (k,)
        For "bca".
    """
    out = np.full((2, draws.shape[1]), np.nan)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    for k in range(draws.shape[1]):
        x = draws[:, k]
        x = x[np.isfinite(x)]
        if len(x) < 2 or not np.isfinite(estimate[k]) or np.ptp(x) <= 1e-12 * abs(estimate[k]):
            continue
        if kind == "normal":
            out[:, k] = 2 * estimate[k] - x.mean() + ndtri(tails) * x.std()
            continue
        share = tails
        if kind in ("bc", "bca"):
            z0 = float(ndtri(np.clip((x < estimate[k]).mean(), 0.5 / len(x), 1 - 0.5 / len(x))))
            a = 0.0 if kind == "bc" or acceleration is None else float(acceleration[k])
            z = z0 + ndtri(tails)
            share = ndtr(z0 + z / (1 - a * z))
        found = quantiles(np.sort(x), share)
        out[:, k] = 2 * estimate[k] - found[::-1] if kind == "basic" else found
    return out[0], out[1]


def quantiles(x: Floats, share: Floats) -> Floats:
    """Quantiles of sorted draws, interpolated on the normal scale (Davison & Hinkley, 1997, equation 5.8)."""
    R = len(x)
    at = (R + 1) * np.asarray(share, dtype=float)
    k = np.clip(np.floor(at + 1e-10), 1, R - 1).astype(np.int64)
    below, above = ndtri(k / (R + 1)), ndtri((k + 1) / (R + 1))
    weight = np.clip((ndtri(np.clip(share, 1e-300, 1 - 1e-16)) - below) / (above - below), 0.0, 1.0)
    return np.asarray(x[k - 1] + weight * (x[k] - x[k - 1]), dtype=np.float64)


def deviations(draws: Floats) -> Floats:
    """Standard deviations of the draws with divisor R, as lavaan has them, shape (k,)."""
    with np.errstate(invalid="ignore"):
        known = np.isfinite(draws)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, draws, 0.0).sum(axis=0) / count
        spread = (np.where(known, draws - mean, 0.0) ** 2).sum(axis=0) / count
    return np.where(known.sum(axis=0) > 1, np.sqrt(spread), np.nan)


def accelerations(left_out: Floats) -> Floats:
    """Acceleration from estimates without one unit each, shape (units, k) to (k,): sum d^3 / (6 (sum d^2)^1.5)."""
    known = np.isfinite(left_out)
    mean = np.where(known, left_out, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    d = np.where(known, mean - left_out, 0.0)
    size = (d**2).sum(axis=0)
    return np.where(size > 0, (d**3).sum(axis=0) / (6 * np.where(size > 0, size, 1.0) ** 1.5), 0.0)
