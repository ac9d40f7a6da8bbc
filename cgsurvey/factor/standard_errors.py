"""Sampling errors of rotated loadings and factor correlations.

Numeric file. Rotated loadings minimise a discrepancy of correlations subject to the equations that say that the
rotation is at its minimum; the bordered matrix of that problem carries the covariance of the correlations over to them
(Jennrich, 1973, 1974). p items, m factors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cgsurvey.factor.criteria import Criterion
from cgsurvey.factor.extraction import Floats

Equations = Callable[[Floats, Floats, Floats], Floats]
STEP = 1e-6


@dataclass(frozen=True)
class Errors:
    """Standard errors of loadings, shape (p, m), and of factor correlations, (m, m), zero where nothing is free."""

    loadings: Floats
    phi: Floats


@dataclass(frozen=True)
class Influence:
    """How parameters answer to correlations.

    Attributes
    ----------
    jacobian : ndarray, shape (t, p, p)
        Derivative of each parameter by the correlations, symmetric, half on either side of a diagonal of zeros.
        Loadings come first, row by row, then the correlations of factors below their diagonal, column by column.
    """

    jacobian: Floats

    def normal(self, Sigma: Floats, n: int) -> Floats:
        """Covariance of the parameters, shape (t, t), when rows are normal with correlations Sigma."""
        K = self._of_covariances(Sigma)
        half = K @ Sigma
        return 2 * np.einsum("aij,bji->ab", half, half, optimize=True) / n

    def any_rows(self, z: Floats, R: Floats) -> Floats:
        """The same for rows of any distribution, from the standardised rows z, shape (n, p), with correlations R."""
        K = self._of_covariances(R)
        scores = np.stack([((z @ k) * z).sum(axis=1) for k in K], axis=1)
        scores -= scores.mean(axis=0)
        return scores.T @ scores / len(z) ** 2

    def given(self, Gamma: Floats, n: int) -> Floats:
        """The same from the asymptotic covariance of the correlations below the diagonal, by columns."""
        p = self.jacobian.shape[1]
        j, i = np.triu_indices(p, 1)
        J = 2 * self.jacobian[:, i, j]
        return J @ Gamma @ J.T / n

    def _of_covariances(self, R: Floats) -> Floats:
        """Derivatives by covariances of standardised items, whose variances move the correlations too."""
        K = self.jacobian.copy()
        at = np.arange(K.shape[1])
        K[:, at, at] = -(self.jacobian * R).sum(axis=2)
        return K


def turned(criterion: Criterion, oblique: bool, kaiser: bool) -> Equations:
    """Equations of a rotation at its minimum: Lambda' Q Phi^-1 diagonal (oblique), Lambda' Q symmetric (orthogonal)."""

    def equations(L: Floats, phi: Floats, psi: Floats) -> Floats:
        if kaiser:
            L = L / np.sqrt((L @ phi * L).sum(axis=-1, keepdims=True))
        M = L.mT @ criterion(L)[1]
        m = L.shape[-1]
        if oblique:
            return (M @ np.linalg.inv(phi))[..., ~np.eye(m, dtype=bool)]
        i, j = np.tril_indices(m, -1)
        return M[..., i, j] - M[..., j, i]

    return equations


def unrotated(scaled: bool) -> Equations:
    """Equations of principal directions: Lambda' Psi^-1 Lambda (ML, GLS) or Lambda' Lambda diagonal."""

    def equations(L: Floats, phi: Floats, psi: Floats) -> Floats:
        M = L.mT @ (L / psi[..., None] if scaled else L)
        i, j = np.tril_indices(L.shape[-1], -1)
        return M[..., i, j]

    return equations


def influence(
    L: Floats, phi: Floats, psi: Floats, equations: Equations, *, oblique: bool, W: Floats | None = None
) -> Influence:
    """Derivatives of loadings and factor correlations by the correlations of items.

    Parameters
    ----------
    L, phi, psi : ndarray, shapes (p, m), (m, m), (p,)
    equations : callable
        What the rotation has made zero, for stacks of parameters.
    oblique : bool
        Factor correlations are free.
    W : ndarray, shape (k,) or (k, k), optional
        Weights of the k correlations below the diagonal, by columns, that least squares used: ones for minres. Default:
        those of ML and GLS.
    """
    p, m = L.shape
    changes = _changes(p, m, oblique)
    dL, dphi, dpsi = changes
    half = dL @ phi @ L.T
    dSigma = half + half.mT + L @ dphi @ L.T + dpsi[:, :, None] * np.eye(p)
    at = [x + way * STEP * d for way in (1, -1) for x, d in zip((L, phi, psi), changes, strict=True)]
    C = (equations(*at[:3]) - equations(*at[3:])).T / (2 * STEP)
    kept = len(dL) - p
    if W is None:
        inner = np.linalg.inv(L @ phi @ L.T + np.diag(psi))
        weighted = inner @ dSigma @ inner
        H = np.einsum("aij,bij->ab", weighted, dSigma, optimize=True) / 2
        jacobian = np.tensordot(_free_part(H, C)[:kept], weighted, 1) / 2
        jacobian[:, np.arange(p), np.arange(p)] = 0.0
        return Influence(jacobian)
    j, i = np.triu_indices(p, 1)
    D = dSigma[:kept, i, j]
    DW = D * W if W.ndim == 1 else D @ W
    J = _free_part(DW @ D.T, C[:, :kept]) @ DW
    jacobian = np.zeros((kept, p, p))
    jacobian[:, i, j] = jacobian[:, j, i] = J / 2
    return Influence(jacobian)


def _free_part(H: Floats, C: Floats) -> Floats:
    """Inverse of the Hessian H, shape (t, t), where the equations with derivatives C, shape (k, t), hold."""
    k, t = C.shape
    bordered = np.block([[H, C.T], [C, np.zeros((k, k))]])
    return np.asarray(np.linalg.pinv(bordered, rcond=1e-12)[:t, :t])


def _changes(p: int, m: int, oblique: bool) -> tuple[Floats, Floats, Floats]:
    """Unit changes of each parameter: loadings, factor correlations, uniquenesses."""
    j, i = np.triu_indices(m, 1)
    q = len(i) if oblique else 0
    t = p * m + q + p
    dL, dphi, dpsi = np.zeros((t, p, m)), np.zeros((t, m, m)), np.zeros((t, p))
    dL[np.arange(p * m), np.repeat(np.arange(p), m), np.tile(np.arange(m), p)] = 1.0
    for k in range(q):
        dphi[p * m + k, i[k], j[k]] = dphi[p * m + k, j[k], i[k]] = 1.0
    dpsi[p * m + q + np.arange(p), np.arange(p)] = 1.0
    return dL, dphi, dpsi


def rotation_errors(
    L: Floats,
    phi: Floats,
    psi: Floats,
    equations: Equations,
    *,
    oblique: bool,
    W: Floats | None,
    n: int,
    R: Floats,
    Gamma: Floats | None = None,
    z: Floats | None = None,
) -> Errors:
    """Standard errors of a rotated solution.

    Parameters
    ----------
    L, phi, psi, equations, oblique, W
        See `influence`.
    n : int
        Rows.
    R : ndarray, shape (p, p)
        Sample correlations.
    Gamma : ndarray, shape (k, k), optional
        Asymptotic covariance of the correlations, where these are polychoric.
    z : ndarray, shape (n, p), optional
        Standardised rows, for errors that do not presume normal rows. Default: normal rows with the correlations of the
        model.
    """
    found = influence(L, phi, psi, equations, oblique=oblique, W=W)
    if Gamma is not None:
        V = found.given(Gamma, n)
    elif z is not None:
        V = found.any_rows(z, R)
    else:
        V = found.normal(L @ phi @ L.T + np.diag(psi), n)
    se = np.sqrt(np.maximum(np.diag(V), 0.0))
    of_phi = np.zeros_like(phi)
    if oblique:
        j, i = np.triu_indices(len(phi), 1)
        of_phi[i, j] = of_phi[j, i] = se[L.size :]
    return Errors(se[: L.size].reshape(L.shape), of_phi)
