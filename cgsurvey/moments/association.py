"""Correlations of pairs of variables given their margins, by maximum likelihood, all pairs at a time.

Numeric file. Second stage of Muthén (1984): polychoric (Olsson, 1979), polyserial and normal correlations. Each pair
has one parameter; Newton's method, kept between bounds that close in on the maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from cgsurvey.moments.bivariate import (
    FAR,
    cdf,
    density,
    density_slope,
    grid,
    normal_density,
)
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.moments.univariate import interval

BOUND = 0.999  # largest correlation that is reported, as in lavaan
TOLERANCE = 1e-9  # of a Newton step, whose error is of the order of its square
STEPS = 60
EARLY = 8
TINY = 1e-15

# Takes correlations and the places of their pairs; gives first and second derivatives of the log-likelihood and a
# negative number that replaces the second where it is not negative.
Derivatives = Callable[[Floats, Ints], tuple[Floats, Floats, Floats]]


@dataclass(frozen=True)
class Rhos:
    """Correlations, shape (m,); which stand at a bound, and which were not found."""

    rho: Floats
    bound: np.ndarray
    lost: np.ndarray


def maximise(derivatives: Derivatives, start: Floats) -> Rhos:
    """Maximise m functions of one correlation each."""
    m = len(start)
    rho = np.clip(start, -0.95, 0.95)
    low, high = np.full(m, -BOUND), np.full(m, BOUND)
    bound = np.zeros(m, dtype=bool)
    active = np.arange(m)
    for count in range(STEPS):
        here = rho[active]
        slope, curve, safe = derivatives(here, active)
        # A maximum at a bound: the function still rises there.
        stuck = ((here == BOUND) & (slope > 0)) | ((here == -BOUND) & (slope < 0))
        low[active] = np.where(slope > 0, here, low[active])
        high[active] = np.where(slope > 0, high[active], here)
        step = -slope / np.where(curve < 0, curve, safe)
        new = here + step
        lo, hi = low[active], high[active]
        out = (new <= lo) | (new >= hi)
        # Early on a bound is tried; later the bracket is halved.
        edge = np.where(new >= hi, hi, lo)
        untried = out & (np.abs(edge) == BOUND) & (here != edge) & (count < EARLY)
        new = np.where(untried, edge, np.where(out & (np.abs(step) >= TOLERANCE), (lo + hi) / 2, new))
        new = np.where(stuck, here, np.clip(new, -BOUND, BOUND))
        rho[active] = new
        bound[active] = stuck
        done = stuck | (np.abs(step) < TOLERANCE) | (hi - lo < TINY)
        active = active[~done]
        if not len(active):
            break
    lost = np.zeros(m, dtype=bool)
    lost[active] = True
    return Rhos(rho, bound, lost)


@dataclass(frozen=True)
class Cells:
    """Probabilities of the cells of m tables of La x Lb cells, and their derivatives by rho."""

    pi: Floats
    slope: Floats
    curve: Floats


def cells(a: Floats, b: Floats, rho: Floats) -> Cells:
    """Cells between thresholds a, shape (m, La - 1), and b, shape (m, Lb - 1), shapes (m, La, Lb)."""
    m, rows, columns = len(a), a.shape[1] + 2, b.shape[1] + 2
    C = np.zeros((m, rows, columns))
    C[:, 1:-1, 1:-1] = grid(a, b, rho)
    C[:, 1:-1, -1], C[:, -1, 1:-1], C[:, -1, -1] = ndtr(a), ndtr(b), 1.0
    h, k, r = a[:, :, None], b[:, None, :], rho[:, None, None]
    D, E = np.zeros_like(C), np.zeros_like(C)
    D[:, 1:-1, 1:-1] = inner = density(h, k, r)
    E[:, 1:-1, 1:-1] = density_slope(h, k, r, inner)
    return Cells(_rectangles(C), _rectangles(D), _rectangles(E))


def _rectangles(C: Floats) -> Floats:
    rows = C[:, 1:] - C[:, :-1]
    return rows[:, :, 1:] - rows[:, :, :-1]


def polychoric(N: Floats, a: Floats, b: Floats) -> Rhos:
    """Polychoric correlations of m tables N, shape (m, La, Lb), given thresholds, shapes (m, La - 1), (m, Lb - 1)."""
    total = N.sum(axis=(1, 2))
    share = N / total[:, None, None]

    def derivatives(rho: Floats, which: Ints) -> tuple[Floats, Floats, Floats]:
        cell = cells(a[which], b[which], rho)
        n, pi = share[which], np.maximum(cell.pi, TINY)
        ratio = cell.slope / pi
        slope = (n * ratio).sum(axis=(1, 2))
        curve = (n * (cell.curve / pi - ratio * ratio)).sum(axis=(1, 2))
        return slope, curve, -(cell.slope * ratio).sum(axis=(1, 2)) - TINY

    return maximise(derivatives, _start(share, a, b))


def _start(share: Floats, a: Floats, b: Floats) -> Floats:
    """Correlation of the conditional means of the categories, freed of grouping to first order."""
    A, B = _category_means(a), _category_means(b)
    first = np.einsum("mij,mi,mj->m", share, A, B)
    spread = np.einsum("mij,mi->m", share, A * A) * np.einsum("mij,mj->m", share, B * B)
    return first / np.maximum(spread, TINY)


def _category_means(t: Floats) -> Floats:
    pad = np.zeros((len(t), 1))
    phi = np.hstack([pad, normal_density(t), pad])
    pi = np.diff(np.hstack([pad, ndtr(t), pad + 1]), axis=1)
    return -np.diff(phi, axis=1) / np.maximum(pi, TINY)


@dataclass(frozen=True)
class TableScores:
    """Casewise derivatives of the log-likelihood of pairs, one number for each cell of m tables.

    Attributes
    ----------
    rho : ndarray, shape (m, La, Lb)
        By the correlation.
    square : ndarray, shape (m,)
        Sum of its squares over the rows.
    by_a, by_b : ndarray, shapes (m, La - 1), (m, Lb - 1)
        Sums of its products with the derivatives by the thresholds.
    """

    rho: Floats
    square: Floats
    by_a: Floats
    by_b: Floats


def table_scores(N: Floats, a: Floats, b: Floats, rho: Floats) -> TableScores:
    """Scores at the correlations rho of tables N."""
    cell = cells(a, b, rho)
    pi = np.maximum(cell.pi, TINY)
    # Cells that nobody chose count nowhere; their tiny probabilities must not overflow.
    score = np.where(N > 0, cell.slope / pi, 0.0)
    weight = N * score / pi
    s = np.sqrt(1 - rho * rho)[:, None, None]
    h, k, r = a[:, :, None], b[:, None, :], rho[:, None, None]
    pad_b = np.zeros((len(a), a.shape[1], 1))
    given_a = np.concatenate([pad_b, ndtr((k - r * h) / s), pad_b + 1], axis=2)
    pad_a = np.zeros((len(a), 1, b.shape[1]))
    given_b = np.concatenate([pad_a, ndtr((h - r * k) / s), pad_a + 1], axis=1)
    by_a = normal_density(a) * ((weight[:, :-1] - weight[:, 1:]) * np.diff(given_a, axis=2)).sum(axis=2)
    by_b = normal_density(b) * ((weight[:, :, :-1] - weight[:, :, 1:]) * np.diff(given_b, axis=1)).sum(axis=1)
    return TableScores(score, (N * score * score).sum(axis=(1, 2)), by_a, by_b)


@dataclass(frozen=True)
class Limits:
    """Limits of the chosen categories of ordered variables, shapes (n, m)."""

    low: Floats
    up: Floats


def rectangle(a: Limits, b: Limits, rho: Floats) -> Cells:
    """Probability of each row's pair of categories, shapes (n, m), and its derivatives by rho, shape (m,)."""
    r = np.broadcast_to(rho, a.low.shape)
    corners = ((a.up, b.up, 1.0), (a.low, b.up, -1.0), (a.up, b.low, -1.0), (a.low, b.low, 1.0))
    pi, slope, curve = np.zeros(a.low.shape), np.zeros(a.low.shape), np.zeros(a.low.shape)
    for h, k, sign in corners:
        inside = (h > -FAR) & (k > -FAR)  # elsewhere all is zero
        C = np.zeros(h.shape)
        edge = inside & ((h >= FAR) | (k >= FAR))
        inner = inside & ~edge
        C[edge] = ndtr(np.minimum(h, k)[edge])
        C[inner] = cdf(h[inner], k[inner], r[inner])
        pi += sign * C
        phi2 = density(h[inner], k[inner], r[inner])
        slope[inner] += sign * phi2
        curve[inner] += sign * density_slope(h[inner], k[inner], r[inner], phi2)
    return Cells(np.maximum(pi, TINY), slope, curve)


def polychoric_given(a: Limits, b: Limits, v: Floats) -> Rhos:
    """Polychoric correlations of m pairs whose limits differ from row to row; weights v, shape (n, m)."""
    share = v / v.sum(axis=0)

    def derivatives(rho: Floats, which: Ints) -> tuple[Floats, Floats, Floats]:
        cell = rectangle(_some(a, which), _some(b, which), rho)
        return _ratio_derivatives(share[:, which], cell)

    A, B = _interval_mean(a), _interval_mean(b)
    spread = (share * A * A).sum(axis=0) * (share * B * B).sum(axis=0)
    return maximise(derivatives, (share * A * B).sum(axis=0) / np.maximum(spread, TINY))


def polyserial(z: Floats, b: Limits, v: Floats) -> Rhos:
    """Correlations of m standardised numeric variables with ordered ones, all of shape (n, m)."""
    share = v / v.sum(axis=0)

    def derivatives(rho: Floats, which: Ints) -> tuple[Floats, Floats, Floats]:
        return _ratio_derivatives(share[:, which], conditional(z[:, which], _some(b, which), rho))

    B = _interval_mean(b)
    return maximise(derivatives, (share * z * B).sum(axis=0) / np.maximum((share * B * B).sum(axis=0), TINY))


def conditional(z: Floats, b: Limits, rho: Floats) -> Cells:
    """Probability of the chosen category given z, and its derivatives by rho."""
    s = np.sqrt(1 - rho * rho)
    low, up = (b.low - rho * z) / s, (b.up - rho * z) / s
    slope, curve = np.zeros(z.shape), np.zeros(z.shape)
    for limit, t, sign in ((b.up, up, 1.0), (b.low, low, -1.0)):
        phi = np.where(np.abs(limit) < FAR, sign * normal_density(t), 0.0)
        by = (rho * limit - z) / s**3
        slope += phi * by
        curve += phi * (limit / s**3 + 3 * rho * (rho * limit - z) / s**5 - t * by * by)
    return Cells(interval(low, up), slope, curve)


def normal(aa: Floats, bb: Floats, ab: Floats) -> Rhos:
    """Correlations of numeric variables given their means and variances: mean squares and products of residuals."""

    def derivatives(rho: Floats, which: Ints) -> tuple[Floats, Floats, Floats]:
        R, c, total = 1 - rho * rho, ab[which], aa[which] + bb[which]
        top = rho * R + c * (1 + rho * rho) - rho * total
        slope = top / R**2
        curve = (1 - 3 * rho * rho + 2 * c * rho - total) / R**2 + 4 * rho * top / R**3
        return slope, curve, -(1 + rho * rho) / R**2

    return maximise(derivatives, ab / np.sqrt(aa * bb))


def _ratio_derivatives(share: Floats, cell: Cells) -> tuple[Floats, Floats, Floats]:
    ratio = cell.slope / cell.pi
    square = (share * ratio * ratio).sum(axis=0)
    return (share * ratio).sum(axis=0), (share * cell.curve / cell.pi).sum(axis=0) - square, -square - TINY


def _interval_mean(b: Limits) -> Floats:
    return (normal_density(b.low) - normal_density(b.up)) / interval(b.low, b.up)


def _some(limits: Limits, which: Ints) -> Limits:
    return Limits(limits.low[:, which], limits.up[:, which])
