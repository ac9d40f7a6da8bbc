"""One variable at a time: thresholds, means, variances, slopes on covariates, and their casewise scores.

Numeric file. First stage of Muthén (1984): ordered probit or linear regression of each variable on the covariates. A
category c of an ordered variable lies between the limits tau_c - x'beta and tau_(c+1) - x'beta.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from cgsurvey.moments.bivariate import FAR, normal_density
from cgsurvey.moments.sample import Floats, Ints

STEPS = 100


@dataclass(frozen=True)
class Margin:
    """What the first stage found for one variable.

    Attributes
    ----------
    thresholds : ndarray, shape (L - 1,)
        Of an ordered variable; empty for a numeric one.
    mean, variance : float
        Mean (intercept) and (residual) variance of a numeric variable; 0 and 1 for an ordered one.
    slopes : ndarray, shape (m,)
        On the covariates.
    arrived : bool
        Whether the probit regression converged.
    """

    thresholds: Floats
    mean: float
    variance: float
    slopes: Floats
    arrived: bool = True

    @property
    def ordered(self) -> bool:
        """Whether the variable has categories."""
        return len(self.thresholds) > 0

    @property
    def size(self) -> int:
        """Number of parameters: thresholds or mean, slopes, variance of a numeric variable."""
        return len(self.thresholds) + len(self.slopes) + (0 if self.ordered else 2)

    def limits(self, code: Ints, x: Floats | None) -> tuple[Floats, Floats]:
        """Lower and upper limits of the categories that were chosen, infinite ones cut at -38 and 38."""
        edges = np.concatenate([[-FAR], self.thresholds, [FAR]])
        low, up = edges[code], edges[code + 1]
        if x is None:
            return low, up
        eta = x @ self.slopes
        return np.where(code == 0, low, low - eta), np.where(code == len(self.thresholds), up, up - eta)

    def residual(self, y: Floats, x: Floats | None) -> Floats:
        """Standardised residuals of a numeric variable."""
        fitted = self.mean if x is None else self.mean + x @ self.slopes
        return np.asarray((y - fitted) / np.sqrt(self.variance))


def fit_margin(y: Floats, levels: int, x: Floats | None, v: Floats) -> Margin:
    """First stage for answered rows y, shape (n,), weights v; `levels` is the number of categories, 0 for numbers."""
    m = 0 if x is None else x.shape[1]
    if levels:
        code = y.astype(np.int64)
        counted = margin_of_counts(np.bincount(code, v, levels).astype(float))
        return counted if x is None else _probit(code, counted.thresholds, x, v)
    Z = np.ones((len(y), 1 + m))
    if x is not None:
        Z[:, 1:] = x
    root = np.sqrt(v)
    b = np.linalg.lstsq(Z * root[:, None], y * root, rcond=None)[0]
    r = y - Z @ b
    return Margin(np.zeros(0), float(b[0]), float(v @ r**2 / v.sum()), np.asarray(b[1:], dtype=np.float64))


def margin_of_counts(counts: Floats) -> Margin:
    """First stage of an ordered variable without covariates, from the rows (sums of weights) of its categories."""
    return Margin(ndtri(np.cumsum(counts)[:-1] / counts.sum()), 0.0, 1.0, np.zeros(0))


def category_scores(margin: Margin) -> Floats:
    """Derivatives of log pi_c by the thresholds, without covariates, shape (L, L - 1)."""
    t = margin.thresholds
    phi = normal_density(t)
    pi = np.diff(np.concatenate([[0.0], ndtr(t), [1.0]]))
    k = np.arange(len(t))
    out = np.zeros((len(t) + 1, len(t)))
    out[k, k] = phi / pi[:-1]
    out[k + 1, k] = -phi / pi[1:]
    return out


def margin_scores(margin: Margin, y: Floats, x: Floats | None) -> Floats:
    """Casewise derivatives of the log-likelihood by the parameters of one variable, shape (n, size)."""
    if margin.ordered:
        code = y.astype(np.int64)
        if x is None:
            return category_scores(margin)[code]
        low, up = margin.limits(code, x)
        pi = interval(low, up)
        return limit_scores(code, len(margin.thresholds), normal_density(low) / -pi, normal_density(up) / pi, x)
    return moment_scores(margin, -(z := margin.residual(y, x)), z, x)


def limit_scores(code: Ints, cuts: int, by_low: Floats, by_up: Floats, x: Floats | None) -> Floats:
    """Derivatives by (thresholds, slopes), given those by the lower and upper limit of each row."""
    out = np.zeros((len(code), cuts + (0 if x is None else x.shape[1])))
    rows = np.arange(len(code))
    above, below = code < cuts, code > 0
    out[rows[above], code[above]] = by_up[above]
    out[rows[below], code[below] - 1] = by_low[below]
    if x is not None:
        out[:, cuts:] = -(by_low + by_up)[:, None] * x
    return out


def moment_scores(margin: Margin, by_z: Floats, z: Floats, x: Floats | None) -> Floats:
    """Derivatives by (mean, slopes, variance), given those by the standardised residual z."""
    m = 0 if x is None else x.shape[1]
    out = np.empty((len(z), 2 + m))
    out[:, 0] = -by_z / np.sqrt(margin.variance)
    if x is not None:
        out[:, 1:-1] = out[:, :1] * x
    out[:, -1] = -(1 + by_z * z) / (2 * margin.variance)
    return out


def interval(low: Floats, up: Floats) -> Floats:
    """Phi(up) - Phi(low), both taken from the nearer tail."""
    flip = low > 0
    return np.maximum(ndtr(np.where(flip, -low, up)) - ndtr(np.where(flip, -up, low)), 1e-300)


def _probit(code: Ints, start: Floats, x: Floats, v: Floats) -> Margin:
    """Ordered probit regression by Newton's method; its log-likelihood is concave."""
    cuts, total = len(start), v.sum()
    k = np.arange(cuts)
    up_of, low_of = np.empty((len(code), cuts + x.shape[1])), np.empty((len(code), cuts + x.shape[1]))
    up_of[:, :cuts], low_of[:, :cuts] = code[:, None] == k, code[:, None] == k + 1
    up_of[:, cuts:] = low_of[:, cuts:] = -x
    has_up, has_low = code < cuts, code > 0
    theta = np.concatenate([start, np.zeros(x.shape[1])])

    def limits(theta: Floats) -> tuple[Floats, Floats, Floats]:
        low = np.where(has_low, low_of @ theta, -FAR)
        up = np.where(has_up, up_of @ theta, FAR)
        return low, up, interval(low, up)

    low, up, pi = limits(theta)
    loss = float(-(v @ np.log(pi)))
    arrived = False
    for _ in range(STEPS):
        a, b = normal_density(low) / pi, normal_density(up) / pi
        a, b = np.where(has_low, a, 0.0), np.where(has_up, b, 0.0)
        gradient = up_of.T @ (v * b) - low_of.T @ (v * a)
        curve = (up_of * (v * (up * b + b * b))[:, None]).T @ up_of
        curve += (low_of * (v * (a * a - low * a))[:, None]).T @ low_of
        cross = (up_of * (v * a * b)[:, None]).T @ low_of
        step = np.linalg.solve(curve - cross - cross.T, gradient)
        size = 1.0
        while True:
            trial = theta + size * step
            low, up, pi = limits(trial)
            new = float(-(v @ np.log(pi))) if (np.diff(trial[:cuts]) > 0).all() else np.inf
            if new <= loss + 1e-12 * total or size < 1e-6:
                break
            size /= 2
        theta, loss = trial, new
        if np.abs(step).max() < 1e-9:
            arrived = True
            break
    return Margin(theta[:cuts], 0.0, 1.0, theta[cuts:], arrived)
