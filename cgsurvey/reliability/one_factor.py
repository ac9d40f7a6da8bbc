"""The one-factor model of constructs by maximum likelihood: many matrices of one size at a time.

Numeric file. Sigma = l l' + diag(psi), F = log|Sigma| + tr(R Sigma^-1) - log|R| - k. Gradient and Hessian are closed
forms in P = Sigma^-1 and Q = P R P (Jöreskog, 1969), so that all matrices take their Newton steps together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.parallel import one_thread
from cgsurvey.reliability.coefficients import NAN, Floats, correlation

STEPS, HALVINGS, FLAT = 200, 30, 1e-9


@dataclass(frozen=True)
class OneFactor:
    """Solutions of m matrices.

    Attributes
    ----------
    loadings, residuals : ndarray, shapes (m, k), (m, k)
        Loadings, their sum not negative, and residual variances, which may be negative; NaN where there is no solution.
    """

    loadings: Floats
    residuals: Floats


def one_factor(R: Floats) -> OneFactor:
    """Fit one factor to each of m correlation (or covariance) matrices R, shape (m, k, k).

    A matrix has no solution when it has fewer than three items, is singular, or when its signs are such that no factor
    gives them. The solution does not depend on units.
    """
    m, k = R.shape[:2]
    loadings, residuals = np.full((m, k), NAN), np.full((m, k), NAN)
    usable = np.flatnonzero(np.isfinite(R).all(axis=(1, 2)))
    with one_thread():
        if k > 2 and len(usable):
            usable = usable[np.linalg.eigvalsh(correlation(R[usable]))[:, 0] >= 1e-10]
        if k > 2 and len(usable):
            theta, done = _minimise(correlation(R[usable]))
            usable, theta = usable[done], theta[done]
            unit = np.sqrt(np.diagonal(R[usable], axis1=1, axis2=2))
            found = theta[:, :k] * unit
            loadings[usable] = found * np.where(found.sum(axis=1) < 0, -1.0, 1.0)[:, None]
            residuals[usable] = theta[:, k:] * unit**2
    return OneFactor(loadings, residuals)


def one_factor_loadings(R: Floats) -> Floats:
    """Return the standardised loadings of k items on one factor, shape (k,); NaN where there is no solution."""
    return one_factor(R[None]).loadings[0]


def derivative(R: Floats, theta: Floats, E: Floats) -> Floats:
    """Change of a solution theta = (loadings, residuals) with R in directions E, shape (q, k, k); gives (2k, q).

    By the implicit function theorem, with the exact Hessian, so that it holds where one factor does not fit.
    """
    k = len(R)
    _, H = _derivatives(R[None], theta[None])
    P = np.linalg.inv(np.outer(theta[:k], theta[:k]) + np.diag(theta[k:]))
    PE = P @ E
    by_loadings = -2 * (PE @ (P @ theta[:k]))
    by_residuals = -np.diagonal(PE @ P, axis1=1, axis2=2)
    return -np.linalg.pinv(H[0], hermitian=True) @ np.hstack([by_loadings, by_residuals]).T


def _minimise(R: Floats) -> tuple[Floats, np.ndarray]:
    """Newton's method, by the expected information where the Hessian is not positive definite; (m, 2k), (m,)."""
    k = R.shape[1]
    theta = _start(R)
    value = _value(R, theta)
    done = np.zeros(len(R), dtype=bool)
    active = np.arange(len(R))
    for _ in range(STEPS):
        g, H = _derivatives(R[active], theta[active])
        flat = np.abs(g).max(axis=1) < FLAT
        done[active[flat]] = True
        active, g, H = active[~flat], g[~flat], H[~flat]
        if not len(active):
            break
        curved = np.linalg.eigvalsh(H)[:, 0] <= 1e-10
        if curved.any():
            H[curved] = _expected(theta[active[curved]])
        step = -np.linalg.solve(H + 1e-12 * np.eye(2 * k), g[..., None])[..., 0]
        size, waiting = np.ones(len(active)), np.arange(len(active))
        slope = (g * step).sum(axis=1)
        near = np.abs(g).max(axis=1) < 1e-6  # there differences of F are rounding
        for _ in range(HALVINGS):
            at = active[waiting]
            new = theta[at] + size[waiting, None] * step[waiting]
            found = _value(R[at], new)
            ok = (found <= value[at] + 1e-4 * size[waiting] * slope[waiting]) | (near[waiting] & np.isfinite(found))
            theta[at[ok]], value[at[ok]] = new[ok], found[ok]
            waiting = waiting[~ok]
            if not len(waiting):
                break
            size[waiting] /= 2
        stuck = np.zeros(len(active), dtype=bool)
        stuck[waiting] = True
        active = active[~stuck]
    return theta, done


def _start(R: Floats) -> Floats:
    """First principal component with squared multiple correlations on the diagonal."""
    k = R.shape[1]
    scale = np.diagonal(R, axis1=1, axis2=2)
    smc = scale - 1 / np.diagonal(np.linalg.inv(R), axis1=1, axis2=2)
    reduced = R.copy()
    reduced[:, np.arange(k), np.arange(k)] = np.maximum(smc, 0.05 * scale)
    roots, vectors = np.linalg.eigh(reduced)
    loadings = vectors[:, :, -1] * np.sqrt(np.maximum(roots[:, -1], 0.1))[:, None]
    return np.hstack([loadings, np.maximum(scale - loadings**2, 0.2 * scale)])


def _value(R: Floats, theta: Floats) -> Floats:
    """Value of log|Sigma| + tr(R Sigma^-1), infinite where Sigma is not positive definite; shape (m,)."""
    k = R.shape[1]
    Sigma = theta[:, :k, None] * theta[:, None, :k]
    Sigma[:, np.arange(k), np.arange(k)] += theta[:, k:]
    roots, vectors = np.linalg.eigh(Sigma)
    good = roots[:, 0] > 1e-10
    safe = np.where(good[:, None], roots, 1.0)
    trace = (np.einsum("mij,mjk->mik", R, vectors) * vectors).sum(axis=1)
    return np.where(good, np.log(safe).sum(axis=1) + (trace / safe).sum(axis=1), np.inf)


def _derivatives(R: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Gradient (m, 2k) and Hessian (m, 2k, 2k) of F."""
    loadings, P = _inverse(theta)
    Q = np.asarray(P @ R @ P)
    u, w = (np.einsum("mij,mj->mi", M, loadings) for M in (P, Q))
    gradient = np.hstack([2 * (u - w), np.diagonal(P - Q, axis1=1, axis2=2)])
    return gradient, _hessian(P, Q, u, w, loadings)


def _expected(theta: Floats) -> Floats:
    """Expected Hessian, which is positive definite, shape (m, 2k, 2k)."""
    loadings, P = _inverse(theta)
    u = np.einsum("mij,mj->mi", P, loadings)
    return _hessian(P, P, u, u, loadings)


def _inverse(theta: Floats) -> tuple[Floats, Floats]:
    """Loadings and the inverse of Sigma."""
    k = theta.shape[1] // 2
    loadings = theta[:, :k]
    Sigma = loadings[:, :, None] * loadings[:, None, :]
    Sigma[:, np.arange(k), np.arange(k)] += theta[:, k:]
    return loadings, np.asarray(np.linalg.inv(Sigma), dtype=np.float64)


def _hessian(P: Floats, Q: Floats, u: Floats, w: Floats, loadings: Floats) -> Floats:
    """Second derivatives of F; with Q = P their expectation."""
    k = P.shape[1]
    a, b = (np.einsum("mi,mi->m", loadings, v)[:, None, None] for v in (u, w))
    uu, uw = u[:, :, None] * u[:, None, :], u[:, :, None] * w[:, None, :]
    H = np.empty((len(P), 2 * k, 2 * k))
    H[:, :k, :k] = 2 * (P - Q + P * (b - a) + Q * a - uu + uw + uw.transpose(0, 2, 1))
    H[:, k:, k:] = 2 * P * Q - P**2
    cross = 2 * (P * (w - u)[:, :, None] + Q * u[:, :, None])  # residual of row i, loading of column j
    H[:, k:, :k], H[:, :k, k:] = cross, cross.transpose(0, 2, 1)
    return H
