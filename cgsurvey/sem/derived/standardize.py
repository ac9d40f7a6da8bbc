"""Standardised parameters and their exact derivatives.

Numeric file. With E = (I - A)^-1 and V = E S E' the variances of all variables differentiate as::

    dV_kk / dA_ij = 2 E_ki V_jk        dV_kk / dS_ij = 2 E_ki E_kj     (half of it when i = j)

Arrows and means are divided by the standard deviation of the variable they point at, arrows are multiplied by that of
the variable they start from; variances are divided by the total variance, covariances by the square roots of the two
(residual) variances, so that a residual covariance becomes a correlation of residuals, as in lavaan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, SCALE, THRESHOLD, GroupMatrices, Structure

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Standardized:
    """Standardised cells: value, shape (cells,), and jacobian by the free parameters, shape (cells, q)."""

    value: Floats
    jacobian: Floats

    def std_error(self, vcov: Floats) -> Floats:
        """Standard errors by the delta method, shape (cells,)."""
        return np.sqrt(np.maximum(np.einsum("cq,cq->c", self.jacobian @ vcov, self.jacobian), 0.0))


def total_covariance(matrices: GroupMatrices) -> tuple[Floats, Floats]:
    """E = (I - A)^-1 and V = E S E' of all variables, shapes (v, v)."""
    E = np.linalg.inv(np.eye(len(matrices.A)) - matrices.A).astype(np.float64, copy=False)
    return E, E @ matrices.S @ E.T


def standardize(
    structure: Structure,
    theta: Floats,
    matrices: Sequence[GroupMatrices],
    scaled: NDArray[np.bool_],
    *,
    derivatives: bool = True,
) -> Standardized:
    """Standardise all cells.

    Parameters
    ----------
    structure, theta, matrices
        The model, its free parameters (q,), its filled matrices.
    scaled : ndarray of bool, shape (v,)
        Variables that are brought to unit variance: all (std_all), the latent ones (std_lv), all but observed
        covariates (std_nox).
    derivatives : bool
        False leaves the Jacobian out (no columns).

    Returns
    -------
    Standardized
        Rows are the cells of `structure`.
    """
    s = structure
    value = np.where(s.free >= 0, theta[s.free] if s.q else 0.0, s.value)
    q = s.q if derivatives else 0
    logs = np.zeros((len(value), q))  # derivative of the logarithm of the factor that multiplies the cell
    factor = np.ones(len(value))
    for g, filled in enumerate(matrices):
        here = np.flatnonzero(s.group == g)
        sd, dlog = _deviations(s, here[s.free[here] >= 0] if q else here[:0], filled, scaled, q)
        inverse = 1 / np.where(sd > 0, sd, np.nan)
        arrows = here[s.matrix[here] == ARROW]
        i, j = s.i[arrows], s.j[arrows]
        factor[arrows] = sd[j] * inverse[i]
        logs[arrows] = dlog[j] - dlog[i]
        means = here[(s.matrix[here] == MEAN) | (s.matrix[here] == THRESHOLD)]
        factor[means] = inverse[s.i[means]]
        logs[means] = -dlog[s.i[means]]
        scales = here[s.matrix[here] == SCALE]
        if filled.scale is not None:
            value[scales] = filled.scale[s.i[scales]]
            factor[scales] = np.where(scaled[s.i[scales]], 1 / value[scales], 1.0)
        both = here[s.matrix[here] == COVARIANCE]
        i, j = s.i[both], s.j[both]
        same = i == j
        factor[both] = np.where(same, inverse[i] * inverse[j], 1.0)
        logs[both] = np.where(same, -2.0, 0.0)[:, None] * dlog[i]
        residual = np.diag(filled.S)
        own = np.full(s.v, -1)  # free parameter of each residual variance
        own[i[same]] = s.free[both[same]]
        off, i, j = both[~same], i[~same], j[~same]
        for k in (i, j):
            divided = scaled[k] & (residual[k] != 0)
            # lavaan takes the absolute value, so that a Heywood case still has a number.
            size = np.sqrt(np.abs(np.where(divided, residual[k], 1.0)))
            factor[off] *= np.where(scaled[k] & ~divided, np.nan, 1 / size)
            slope = divided & (own[k] >= 0) & (q > 0)
            np.add.at(logs, (off[slope], own[k[slope]]), -0.5 / residual[k[slope]])
    jacobian = (value * factor)[:, None] * logs
    still = (s.matrix == SCALE) & scaled[s.i]
    jacobian[still] = 0.0
    free = np.flatnonzero((s.free >= 0) & (q > 0) & ~still)
    jacobian[free, s.free[free]] += factor[free]
    return Standardized(value * factor, jacobian)


def _deviations(
    s: Structure, free: NDArray[np.int64], filled: GroupMatrices, scaled: NDArray[np.bool_], q: int
) -> tuple[Floats, Floats]:
    """Standard deviations (v,), 1 where not scaled, and derivatives of their logarithms by the parameters (v, q)."""
    E, V = total_covariance(filled)
    variances = np.diag(V)
    # A variable without variance (a growth factor whose variance is fixed at zero) has none at any other value either.
    half = np.where(scaled & (variances != 0), 0.5 / np.where(variances > 0, variances, np.nan), 0.0)[:, None]
    a, c = free[s.matrix[free] == ARROW], free[s.matrix[free] == COVARIANCE]
    both = np.where(s.i[c] == s.j[c], 1.0, 2.0)
    columns = np.hstack([2 * E[:, s.i[a]] * V[s.j[a]].T, both * E[:, s.i[c]] * E[:, s.j[c]]])
    out = np.zeros((q, s.v))
    np.add.at(out, s.free[np.concatenate([a, c])], columns.T)
    sd = np.where(scaled, np.sqrt(np.where(variances >= 0, variances, np.nan)), 1.0)
    return sd, half * out.T


def explained(structure: Structure, matrices: Sequence[GroupMatrices]) -> Floats:
    """R2 of all variables that an arrow points at, shape (groups, v): 1 - residual / total variance.

    NaN for other variables, and where a negative residual variance (Heywood case) would give more than 1.
    """
    out = np.full((len(matrices), structure.v), np.nan)
    for g, filled in enumerate(matrices):
        here = (structure.group == g) & (structure.matrix == ARROW)
        target = np.unique(structure.i[here])
        _, V = total_covariance(filled)
        share = np.diag(filled.S)[target] / np.diag(V)[target]
        out[g, target] = np.where(share >= 0, 1 - share, np.nan)
    return out
