"""Extraction by weighted least squares: residual correlations weighted by how precisely they are known.

Numeric file. W is the inverse of the asymptotic covariance Gamma of the correlations, or of its diagonal (Browne, 1984;
Muthén, 1984).
"""

from __future__ import annotations

import numpy as np

from cgsurvey.factor.extraction import LOOSE, LOWEST, Extraction, Flags, Floats, extract, signs

TOLERANCE = 1e-9  # of the gradient
ROWS = 2048  # rows of products that are worked on at a time
STEPS = 500


def correlation_gamma(z: Floats, R: Floats) -> Floats:
    """Asymptotic covariance of correlations below the diagonal, by columns, for rows of any distribution.

    z standardised rows, shape (n, p), with mean square 1 and correlations R (Steiger & Hakstian, 1982).
    """
    j, i = np.triu_indices(len(R), 1)
    r = R[i, j]
    out = np.zeros((len(r), len(r)))
    for at in range(0, len(z), ROWS):
        part = z[at : at + ROWS]
        square = part**2 / 2
        u = part[:, i] * part[:, j] - r * (square[:, i] + square[:, j])
        out += u.T @ u
    return out / len(z)


def extract_weighted(R: Floats, m: int, W: Floats) -> Extraction:
    """Minimise (r - rho)' W (r - rho) / 2 over the loadings, rho the correlations that they imply.

    Parameters
    ----------
    R : ndarray, shape (p, p)
    m : int
    W : ndarray, shape (k,) or (k, k)
        Weights of the k = p (p - 1) / 2 correlations below the diagonal, by columns; scaled so that their size does not
        matter.

    Notes
    -----
    Levenberg-Marquardt from the minres solution. Where a communality would pass 1 - 0.005 it is held there. With the
    diagonal equals lavaan::efa(estimator = "DWLS") of ordered items.
    """
    W = W / (W.mean() if W.ndim == 1 else np.diag(W).mean())
    L = extract(R, m).loadings
    bounded = np.zeros(len(R), dtype=bool)
    for _ in range(len(R)):
        L, f, gradient, steps = _minimise(R, L, W, bounded)
        over = ((L**2).sum(axis=1) > 1 - LOWEST + 1e-9) & ~bounded
        if not over.any():
            break
        bounded |= over
    L = _principal(L)
    psi = np.where(bounded, LOWEST, 1 - (L**2).sum(axis=1))
    return Extraction(L * signs(L), psi, bounded, f, gradient, gradient < LOOSE, steps)


def _principal(L: Floats) -> Floats:
    """The turn of loadings for which Lambda'Lambda is diagonal, by falling size."""
    u, d, _ = np.linalg.svd(L, full_matrices=False)
    return np.asarray(u * d)


def _minimise(R: Floats, V: Floats, W: Floats, bounded: Flags) -> tuple[Floats, float, float, int]:
    """Levenberg-Marquardt over V, whose bounded rows give the direction of loadings of fixed length."""
    damping = 1e-3
    L = _held(V, bounded)
    e = _residuals(R, L)
    f = _size(e, W)
    gradient, steps = np.inf, 0
    while steps < STEPS:
        steps += 1
        J = _jacobian(L, V, bounded)
        WJ = W[:, None] * J if W.ndim == 1 else W @ J
        g = WJ.T @ e
        gradient = float(np.abs(g).max())
        if gradient < TOLERANCE:
            break
        A = J.T @ WJ
        scale = np.diag(A).mean()
        for _ in range(30):
            step = np.linalg.solve(A + damping * scale * np.eye(len(A)), -g).reshape(V.shape)
            new = _held(V + step, bounded)
            after = _residuals(R, new)
            size = _size(after, W)
            if size <= f + 1e-15:
                break
            damping *= 4
        else:
            break
        V, L, e, f = V + step, new, after, size
        damping = max(damping / 5, 1e-12)
    return L, f, gradient, steps


def _held(V: Floats, bounded: Flags) -> Floats:
    length = np.sqrt((V**2).sum(axis=1, keepdims=True))
    return np.where(bounded[:, None], V * np.sqrt(1 - LOWEST) / np.where(length > 0, length, 1.0), V)


def _residuals(R: Floats, L: Floats) -> Floats:
    j, i = np.triu_indices(len(R), 1)
    return np.asarray((L @ L.T - R)[i, j])


def _size(e: Floats, W: Floats) -> float:
    return float(e @ (W * e if W.ndim == 1 else W @ e)) / 2


def _jacobian(L: Floats, V: Floats, bounded: Flags) -> Floats:
    """Derivatives of the correlations by V, shape (k, p m)."""
    p, m = L.shape
    j, i = np.triu_indices(p, 1)
    k = np.arange(len(i))
    J = np.zeros((len(i), p, m))
    J[k, i] = L[j]
    J[k, j] = L[i]
    for b in np.flatnonzero(bounded):
        length = np.sqrt((V[b] ** 2).sum())
        u = V[b] / length
        J[:, b] = J[:, b] @ ((np.eye(m) - np.outer(u, u)) * np.sqrt(1 - LOWEST) / length)
    return J.reshape(len(i), p * m)
