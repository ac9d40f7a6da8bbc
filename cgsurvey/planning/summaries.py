"""What replications tell: power, bias, coverage with their Monte-Carlo errors, and the n at which power is wanted.

Numeric file. Formulas of Monte-Carlo errors by Morris, White and Crowther (2019); intervals of shares by Wilson (1927).
The power of a test of one parameter is near Phi(d sqrt(n) - z_{1-alpha/2}), so the probit of power is fitted as a
straight line in sqrt(n), by maximum likelihood of the counts of rejections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtri

from cgsurvey.moments.normal import inverse
from cgsurvey.moments.sample import Floats

STEPS = 100


@dataclass(frozen=True)
class Tally:
    """Of each parameter, shape (k,): see `Power.table`."""

    used: Floats
    mean: Floats
    sd: Floats
    mean_error: Floats
    bias: Floats
    bias_mcse: Floats
    coverage: Floats
    coverage_mcse: Floats
    power: Floats
    power_mcse: Floats
    lower: Floats
    upper: Floats


def tally(values: Floats, errors: Floats, true: Floats, alpha: float, confidence: float = 0.95) -> Tally:
    """Sum replications up.

    Parameters
    ----------
    values, errors : ndarray, shape (R, k)
        Rows with NaN do not count.
    true : ndarray, shape (k,)
    alpha : float
        Level of the two-sided test; the interval whose coverage is counted has level 1 - alpha.
    """
    z = float(ndtri(1 - alpha / 2))
    known = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    R = known.sum(axis=0).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.where(R > 0, R, np.nan)
        mean = np.where(known, values, 0.0).sum(axis=0) / size
        sd = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / np.where(R > 1, R - 1, np.nan))
        mean_error = np.where(known, errors, 0.0).sum(axis=0) / size
        covered = (known & (np.abs(values - true) <= z * errors)).sum(axis=0) / size
        hits = (known & (np.abs(values) > z * errors)).sum(axis=0) / size
        lower, upper = wilson(hits, size, confidence)
        return Tally(
            R,
            mean,
            sd,
            mean_error,
            mean - true,
            sd / np.sqrt(size),
            covered,
            np.sqrt(covered * (1 - covered) / size),
            hits,
            np.sqrt(hits * (1 - hits) / size),
            lower,
            upper,
        )


def wilson(share: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of a share of n."""
    z = float(ndtri((1 + level) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def wanted_size(
    n: Floats, hits: Floats, trials: Floats, target: float, alpha: float, level: float = 0.95
) -> tuple[float, float, float]:
    """The n at which power reaches the target, with an interval; NaN where the replications do not tell.

    Parameters
    ----------
    n, hits, trials : ndarray, shape (k,)
        Sizes, rejections, replications.

    Notes
    -----
    With two or more sizes whose power lies within 1 % and 99 % intercept and slope are estimated, and the interval is
    Fieller's; with one the intercept is that of theory, -z_{1-alpha/2}. Limits are infinite where the slope is not
    clearly above zero.
    """
    live = trials > 0
    x, y, R = np.sqrt(n[live]), hits[live], trials[live]
    share = y / R
    telling = (share > 0.01) & (share < 0.99)
    nothing = (float("nan"),) * 3
    if not telling.any():
        return nothing
    eta, z = float(ndtri(target)), float(ndtri((1 + level) / 2))
    low = -float(ndtri(1 - alpha / 2))
    if telling.sum() < 2:
        first = (ndtri(share[telling]) - low) / x[telling]
        b, V = _probit(x[:, None], y, R, np.full(len(x), low), first)
        if not np.isfinite(b[0]) or b[0] <= 0:
            return nothing
        ends = [(eta - low) / max(b[0] + k * z * np.sqrt(V[0, 0]), 1e-12) for k in (0, 1, -1)]
        return float(ends[0] ** 2), float(ends[1] ** 2), float(ends[2] ** 2 if ends[2] < 1e6 else np.inf)
    X = np.column_stack([np.ones(len(x)), x])
    first = np.polyfit(x[telling], ndtri(share[telling]), 1)[::-1]
    b, V = _probit(X, y, R, np.zeros(len(x)), first)
    if not np.isfinite(b).all() or b[1] <= 0:
        return nothing
    best = (eta - b[0]) / b[1]
    # Fieller: (eta - a - b x)^2 <= z^2 (V_aa + 2 x V_ab + x^2 V_bb)
    A, B, C = (
        b[1] ** 2 - z**2 * V[1, 1],
        (b[0] - eta) * b[1] - z**2 * V[0, 1],
        (b[0] - eta) ** 2 - z**2 * V[0, 0],
    )
    if A <= 0 or B * B - A * C < 0:
        return float(max(best, 0.0) ** 2), 0.0, float("inf")
    root = np.sqrt(B * B - A * C)
    lower, upper = (-B - root) / A, (-B + root) / A
    return float(max(best, 0.0) ** 2), float(max(lower, 0.0) ** 2), float(max(upper, 0.0) ** 2)


def _probit(X: Floats, y: Floats, R: Floats, offset: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Coefficients of a probit regression of counts, and their covariance; NaN where none are found."""

    def value(b: Floats) -> float:
        eta = X @ b + offset
        return float(y @ log_ndtr(eta) + (R - y) @ log_ndtr(-eta))

    b, now = np.asarray(b, dtype=float), value(b)
    H = np.eye(len(b))
    for _ in range(STEPS):
        eta = np.clip(X @ b + offset, -8, 8)
        log_density = -0.5 * eta**2 - 0.5 * np.log(2 * np.pi)
        up, down = np.exp(log_density - log_ndtr(eta)), np.exp(log_density - log_ndtr(-eta))
        H = (X * (R * up * down)[:, None]).T @ X
        step = np.linalg.lstsq(H, X.T @ (y * up - (R - y) * down), rcond=None)[0]
        while value(b + step) < now - 1e-9 * abs(now) and np.abs(step).max() > 1e-12:
            step = step / 2
        b = b + step
        now = value(b)
        if np.abs(step).max() < 1e-10 * (1 + np.abs(b).max()):
            try:
                return b, inverse(H)
            except np.linalg.LinAlgError:
                break
    return np.full(len(b), np.nan), np.full(H.shape, np.nan)
