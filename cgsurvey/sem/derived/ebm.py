"""Factor scores of ordered items: the mode of the factors given the answers (empirical Bayes modal, EBM).

Numeric file. Items are cut from latent responses y* = nu + Lambda eta + epsilon with independent normal residuals, so
the posterior of eta given the answers y of a row is proportional to::

    N(eta; alpha, Psi) prod_j P(y_j | eta),   P(y_j = c | eta) = Phi((tau_c+1 - m_j) / s_j) - Phi((tau_c - m_j) / s_j)

with m = nu + Lambda eta, s_j the residual standard deviation (numeric items: their normal density). Its logarithm is
concave, so Newton steps from the prior mean arrive; they are taken for all distinct rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import log_ndtr

from cgsurvey.moments.sample import Floats

LOG_2PI = float(np.log(2 * np.pi))
TOLERANCE, LIMIT, CHUNK = 1e-10, 100, 4096


def modal_scores(
    y: Floats,
    thresholds: Sequence[Floats],
    Lambda: Floats,
    nu: Floats,
    theta: Floats,
    alpha: Floats,
    Psi: Floats,
) -> Floats:
    """Return the mode of the factors given each row.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Ordered items as category 0, 1, ...; numeric ones as they are; NaN where missing.
    thresholds : sequence of ndarray
        Increasing thresholds of each item; empty for a numeric one.
    Lambda : ndarray, shape (p, m)
        Loadings, of the latent responses where items are ordered.
    nu : ndarray, shape (p,) or (n, p)
        Intercepts; by row where they depend on covariates.
    theta : ndarray, shape (p,)
        Residual variances; a value that is not positive counts as 1e-6 of the item's variance.
    alpha : ndarray, shape (m,) or (n, m)
        Means of the factors.
    Psi : ndarray, shape (m, m)
        Covariances of the factors; may be singular.

    Returns
    -------
    ndarray, shape (n, m)
        NaN for rows without any answer.
    """
    n, m = len(y), Lambda.shape[1]
    out = np.full((n, m), np.nan)
    some = np.flatnonzero(~np.isnan(y).all(axis=1))
    if not len(some):
        return out
    values, vectors = np.linalg.eigh(Psi)
    root = vectors * np.sqrt(np.maximum(values, 0.0))  # eta = alpha + root u, u standard normal
    total = np.einsum("pm,mk,pk->p", Lambda, Psi, Lambda) + np.maximum(theta, 0.0)
    s = np.sqrt(np.where(theta > 0, theta, 1e-6 * np.maximum(total, 1e-12)))
    level = np.broadcast_to(nu, y.shape)[some] + np.broadcast_to(alpha, (n, m))[some] @ Lambda.T
    answers = np.hstack([y[some], level]) if nu.ndim + alpha.ndim > 2 else y[some]
    _, first, back = np.unique(answers, axis=0, return_index=True, return_inverse=True)
    low, high = _limits(y[some[first]], thresholds)
    numeric = np.array([len(t) == 0 for t in thresholds])
    B = Lambda @ root
    u = np.empty((len(first), m))
    for start in range(0, len(first), CHUNK):
        at = slice(start, start + CHUNK)
        u[at] = _modes(low[at], high[at], numeric, level[first[at]], B, s)
    scores = u[back.ravel()] @ root.T
    out[some] = np.broadcast_to(alpha, (n, m))[some] + scores
    return out


def _limits(y: Floats, thresholds: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Thresholds below and above each answer; the value itself, twice, of numeric items; NaN where missing."""
    low, high = y.copy(), y.copy()
    for j, t in enumerate(thresholds):
        if len(t):
            seen = ~np.isnan(y[:, j])
            code, edges = y[seen, j].astype(np.int64), np.concatenate([[-np.inf], t, [np.inf]])
            low[seen, j], high[seen, j] = edges[code], edges[code + 1]
    return low, high


def _modes(low: Floats, high: Floats, numeric: np.ndarray, level: Floats, B: Floats, s: Floats) -> Floats:
    """Newton's method with halved steps on -log posterior of u, for all rows at once, shape (n, m)."""
    n, m = len(low), B.shape[1]
    u, going = np.zeros((n, m)), np.arange(n)
    loss, g, w = _terms(low, high, numeric, level, s)
    for _ in range(LIMIT):
        slope = u[going] - g @ B
        H = np.eye(m) + np.einsum("np,pi,pj->nij", w, B, B, optimize=True)
        step = -np.linalg.solve(H, slope[:, :, None])[:, :, 0]
        left, size = np.arange(len(going)), np.ones(len(going))
        before, now = loss + 0.5 * np.sum(u[going] ** 2, axis=1), u[going].copy()
        for _ in range(30):
            tried = now[left] + size[left, None] * step[left]
            r = going[left]
            new, g_new, w_new = _terms(low[r], high[r], numeric, level[r] + tried @ B.T, s)
            better = new + 0.5 * np.sum(tried**2, axis=1) <= before[left] + 1e-12 * np.abs(before[left])
            took = left[better]
            u[going[took]], loss[took], g[took], w[took] = tried[better], new[better], g_new[better], w_new[better]
            left = left[~better]
            if not len(left):
                break
            size[left] /= 2
        stay = np.abs(step).max(axis=1) > TOLERANCE
        stay[left] = False  # no step lowers the loss: rounding error is reached
        going, loss, g, w = going[stay], loss[stay], g[stay], w[stay]
        if not len(going):
            break
    return u


def _terms(low: Floats, high: Floats, numeric: np.ndarray, level: Floats, s: Floats) -> tuple[Floats, Floats, Floats]:
    """-log P of each row, shape (n,), and first and minus second derivatives of log P by m, shape (n, p)."""
    seen = ~np.isnan(low)
    a, b = (low - level) / s, (high - level) / s
    flip = (a > 0) & ~numeric  # upper tails are computed as lower ones, where they keep their digits
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    a, b = np.where(seen, a, -np.inf), np.where(seen, b, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        top, bottom = log_ndtr(b), log_ndtr(a)
        logP = top + np.log1p(-np.exp(bottom - top))
        fa, fb = (np.exp(-0.5 * z**2 - LOG_2PI / 2 - logP) for z in (a, b))
        r = fb - fa
        drift = np.where(np.isfinite(b), b * fb, 0.0) - np.where(np.isfinite(a), a * fa, 0.0)
    g, w = np.where(flip, r, -r) / s, (drift + r * r) / s**2
    if numeric.any():
        z = np.where(seen, (low - level) / s, 0.0)
        logP = np.where(numeric & seen, -0.5 * z**2 - LOG_2PI / 2 - np.log(s), logP)
        g, w = np.where(numeric, z / s, g), np.where(numeric, 1 / s**2, w)
    g, w = np.where(seen, g, 0.0), np.where(seen, np.maximum(w, 0.0), 0.0)
    return -np.where(seen, logP, 0.0).sum(axis=1), g, w
