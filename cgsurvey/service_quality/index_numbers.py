"""The satisfaction index as arithmetic: exact sums, variances by linearisation, resamples, grades, ranks.

x is always (n respondents, E elements), float64, NaN = no answer; `group` holds 0..G-1 per respondent. Numeric file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FACTOR = 25  # from the scale 1..4 to 25..100
_CELLS = 20_000_000  # numbers that are held at once while resampling


@dataclass(frozen=True)
class Units:
    """How respondents were drawn.

    Attributes
    ----------
    psu : ndarray, shape (n,)
        Primary sampling unit of each respondent, 0..P-1.
    stratum : ndarray, shape (P,)
        Stratum of each unit, 0..H-1.
    fraction : ndarray, shape (H,)
        Sampling fraction of the units of each stratum; 0 is sampling with replacement.
    alone : {"adjust", "average", "remove"}
        What the only unit of a stratum adds to a variance: its distance from zero, the average of the other strata,
        nothing.
    """

    psu: Ints
    stratum: Ints
    fraction: Floats
    alone: str = "adjust"


def tally(x: Floats, group: Ints, G: int, low: int, high: int) -> Ints:
    """Count the answers, shape (G, E, K) for the K = high - low + 1 scores."""
    K, E = high - low + 1, x.shape[1]
    out = np.zeros((G, E, K), dtype=np.int64)
    for u in range(E):
        given = ~np.isnan(x[:, u])
        cell = group[given] * K + (x[given, u].astype(np.int64) - low)
        out[:, u] = np.bincount(cell, minlength=G * K).reshape(G, K)
    return out


def exact_index(sums: Sequence[int], counts: Sequence[int], weight: Fraction, low: int, high: int) -> Fraction | None:
    """25 * sum of weight * NRR as an exact ratio; None where an element has no answer.

    NRR_u = 1 + 3 (sums_u / counts_u - low) / (high - low), which is sums_u / counts_u on the scale 1..4.
    """
    if not all(counts):
        return None
    slope = Fraction(3, high - low)
    means = (1 + slope * (Fraction(int(s), int(c)) - low) for s, c in zip(sums, counts, strict=True))
    return FACTOR * weight * sum(means, start=Fraction(0))


def weighted_sums(x: Floats, group: Ints, G: int, omega: Floats | None) -> tuple[Floats, Floats]:
    """Return sum of scores and sum of weights of those who answered, shapes (G, E)."""
    E = x.shape[1]
    S, N = np.zeros((G, E)), np.zeros((G, E))
    for u in range(E):
        given = ~np.isnan(x[:, u])
        w = np.ones(int(given.sum())) if omega is None else omega[given]
        N[:, u] = np.bincount(group[given], weights=w, minlength=G)
        S[:, u] = np.bincount(group[given], weights=w * x[given, u], minlength=G)
    return S, N


def influence(x: Floats, group: Ints, S: Floats, N: Floats, omega: Floats | None) -> Floats:
    """Linearised values of the mean of each element of the respondent's group, shape (n, E).

    z_iu = omega_i (x_iu - S_u / N_u) / N_u, 0 without an answer; they sum to 0 in each group (Woodruff, 1971).
    """
    z = np.zeros(x.shape)
    for u in range(x.shape[1]):
        with np.errstate(invalid="ignore", divide="ignore"):
            mean, share = S[:, u] / N[:, u], 1.0 / N[:, u]
        value = (x[:, u] - mean[group]) * share[group]
        z[:, u] = np.where(np.isnan(value), 0.0, value if omega is None else omega * value)
    return z


def simple_variance(z: Floats, group: Ints, G: int) -> Floats:
    """n_g / (n_g - 1) sum of z^2 per group: each group a simple random sample of its own; NaN below 2 respondents."""
    n = np.bincount(group, minlength=G).astype(float)
    squares = np.bincount(group, weights=z * z, minlength=G)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 1, n / (n - 1) * squares, np.nan)


def design_covariance(z: Floats, group: Ints, G: int, units: Units) -> Floats:
    """Covariance of the groups' estimates under stratified sampling of units, shape (G, G).

    sum_h (1 - f_h) n_h / (n_h - 1) sum_i (t_hi - mean t_h)(t_hi - mean t_h)', t the totals of z per unit and group
    (Särndal, Swensson & Wretman, 1992). Equals survey::svyby of linear combinations of svymean.
    """
    P, H = len(units.stratum), len(units.fraction)
    T = sparse.coo_matrix((z, (units.psu, group)), shape=(P, G)).tocsr()
    n = np.bincount(units.stratum, minlength=H).astype(float)
    c = (1.0 - units.fraction) * np.where(n > 1, n / np.maximum(n - 1, 1), float(units.alone == "adjust"))
    member = sparse.csr_matrix((np.ones(P), (units.stratum, np.arange(P))), shape=(H, P))
    sums = (member @ T).tocsr()
    centred = c * np.where(n > 1, 1.0 / np.maximum(n, 1), 0.0)
    V = T.T @ sparse.diags(c[units.stratum]) @ T - sums.T @ sparse.diags(centred) @ sums
    known = (n > 1).sum()
    share = H / known if units.alone == "average" and known else 1.0
    return np.asarray(share * V.toarray(), dtype=np.float64)


def units_of_groups(group: Ints, G: int, units: Units) -> tuple[Ints, Ints]:
    """Return how many units, and strata, hold respondents of each group, shapes (G,)."""
    pairs = np.unique(np.column_stack([group, units.psu]), axis=0)
    strata = np.unique(np.column_stack([pairs[:, 0], units.stratum[pairs[:, 1]]]), axis=0)
    return np.bincount(pairs[:, 0], minlength=G), np.bincount(strata[:, 0], minlength=G)


def grade_probabilities(theta: Floats, se: Floats, df: Floats, cuts: Sequence[float]) -> Floats:
    """Share of the t distribution around each estimate that lies between the cuts, shape (G, len(cuts) + 1).

    `cuts` ascend: a value at or above the k-th belongs to grade k + 1. Without an error all of it lies in one grade.
    """
    bounds = np.asarray(cuts)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = stats.t.sf((bounds - theta[:, None]) / se[:, None], df[:, None])
    sure = (theta[:, None] >= bounds).astype(float)
    above = np.where((se == 0)[:, None], sure, above)
    whole = np.column_stack([np.ones(len(theta)), above, np.zeros(len(theta))])
    known = np.isfinite(theta) & np.isfinite(se)
    return np.where(known[:, None], -np.diff(whole, axis=1) + 0.0, np.nan)  # no -0


def resample(
    sums: Floats,
    counts: Floats,
    copies: Ints,
    stratum: Ints,
    *,
    R: int,
    rng: np.random.Generator,
    rescaled: bool,
) -> tuple[Floats, Floats]:
    """Draw R resamples of units; return their sums of scores and of weights, shapes (R, E).

    Parameters
    ----------
    sums, counts : ndarray, shape (P, E)
        What one unit of each kind adds to the sums of scores and of weights.
    copies : ndarray, shape (P,)
        How many units are of this kind.
    stratum : ndarray, shape (P,)
    R : int
        Number of resamples.
    rng : Generator
    rescaled : bool
        n_h - 1 of n_h units, with weights n_h / (n_h - 1) (Rao, Wu & Yue, 1992), else n_h of n_h (Efron, 1979).
    """
    E = sums.shape[1]
    both = np.hstack([sums, counts])
    out = np.zeros((R, 2 * E))
    for h in np.unique(stratum):
        here = np.flatnonzero(stratum == h)
        if not both[here].any():
            continue  # nobody of this group was drawn there
        n = int(copies[here].sum())
        draw = n - 1 if rescaled and n > 1 else n
        share = copies[here] / n
        step = max(1, _CELLS // len(here))
        for start in range(0, R, step):
            rows = slice(start, min(start + step, R))
            m = rng.multinomial(draw, share, size=rows.stop - rows.start)
            out[rows] += (n / draw) * (m.astype(np.float64) @ both[here])
    return out[:, :E], out[:, E:]


def patterns(x: Floats) -> tuple[Floats, Ints]:
    """Return the distinct rows of answers and how often each occurs; complete rows count by their total alone.

    Where nobody left an element out all means have one divisor, so that the index depends on totals only: a row of
    totals t is returned as (t / E, ..., t / E).
    """
    E = x.shape[1]
    if not np.isnan(x).any():
        total, copies = np.unique(x.sum(axis=1), return_counts=True)
        return np.repeat(total[:, None] / E, E, axis=1), copies
    digits = np.nan_to_num(x, nan=0.0).astype(np.int64)
    key = digits @ (int(digits.max()) + 1) ** np.arange(E, dtype=np.int64)
    _, first, copies = np.unique(key, return_index=True, return_counts=True)
    return x[first], copies


def bootstrap_limits(draws: Floats, estimate: float, z: Floats, reach: float, *, bca: bool) -> tuple[float, float]:
    """Percentile limits, or BCa with the acceleration sum z^3 / (6 (sum z^2)^1.5) of the influence values z.

    The percentiles are those at normal quantiles -reach and reach. With the quantile of t times sqrt(n / (n - 1)) small
    samples get intervals as wide as they need (Hesterberg, 2015, "expanded percentiles").
    """
    known = np.sort(draws[np.isfinite(draws)])
    if len(known) < 2 or not np.isfinite(estimate):
        return np.nan, np.nan
    q = np.array([-reach, reach])
    squares = float((z * z).sum())
    if bca and squares > 0 and known[0] < known[-1]:
        # draws of a coarse index often equal the estimate: half of these lie below it
        below = ((known < estimate).sum() + 0.5 * (known == estimate).sum()) / len(known)
        z0 = stats.norm.ppf(np.clip(below, 0.5 / len(known), 1 - 0.5 / len(known)))
        a = float((z**3).sum()) / (6 * squares**1.5)
        q = z0 + (z0 + q) / (1 - a * (z0 + q))
    low, high = np.quantile(known, stats.norm.cdf(q))
    return float(low), float(high)


def compare(theta: Floats, variance: Floats, df: Floats, covariance: Floats | None, i: Ints, j: Ints) -> Floats:
    """Differences theta_i - theta_j: estimate, standard error, degrees of freedom, t, p; shape (pairs, 5).

    Degrees of freedom by Welch and Satterthwaite where the groups are independent, else the smaller of the two.
    """
    d = theta[i] - theta[j]
    a, b = variance[i], variance[j]
    v = a + b - (0.0 if covariance is None else 2 * covariance[i, j])
    se = np.sqrt(np.maximum(v, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        welch = (a + b) ** 2 / (a * a / df[i] + b * b / df[j])
        t = np.where(se > 0, d / se, np.where(d == 0, 0.0, np.sign(d) * np.inf))
    t = np.where(np.isfinite(d) & np.isfinite(se), t, np.nan)
    least = np.minimum(df[i], df[j])
    nu = np.where(np.isfinite(welch), welch, least) if covariance is None else least
    p = 2 * stats.t.sf(np.abs(t), nu)
    return np.column_stack([d, se, nu, t, p])


def rank_limits(d: Floats, p: Floats, i: Ints, j: Ints, G: int, alpha: float) -> tuple[Ints, Ints]:
    """Ranks that the data do not rule out, shapes (G,): 1 + those that are surely better, G - those surely worse.

    With p adjusted for all pairs the limits hold for all groups at once (Mogstad, Romano, Shaikh & Wilhelm, 2024).
    """
    sure = np.nan_to_num(p, nan=1.0) < alpha
    first, second = sure & (d > 0), sure & (d < 0)
    better = np.bincount(j[first], minlength=G) + np.bincount(i[second], minlength=G)
    worse = np.bincount(i[first], minlength=G) + np.bincount(j[second], minlength=G)
    return 1 + better, G - worse


def descending_ranks(values: Floats) -> Floats:
    """1 for the largest; equal values share the better rank; NaN has none."""
    out = np.full(len(values), np.nan)
    known = np.isfinite(values)
    out[known] = stats.rankdata(-values[known], method="min")
    return out
