"""Implied moments of a model and their derivatives, exact and without loops over parameters.

Numeric file. With E = (I - A)^-1, G the observed rows of E, V = E S E' and eta = E m (McArdle & McDonald, 1984)::

    dSigma / dA_ij = G_i V_j' + V_j G_i'        dmu / dA_ij = eta_j G_i
    dSigma / dS_ij = G_i G_j' + G_j G_i'        dmu / dm_i  = G_i          (half of it when i = j)

so every derivative of Sigma is s (l r' + r l') with two vectors l, r of length p, which makes information matrices
products of small matrices (`Factors`).
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.normal import inverse, low
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, SCALE, THRESHOLD, GroupMatrices, Structure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Cells of one matrix in one group: place (i, j), free index (-1 fixed), fixed value."""

    i: Ints
    j: Ints
    free: Ints
    value: Floats

    def filled(self, theta: Floats) -> Floats:
        """Values of the cells at `theta`."""
        if not len(self.free):
            return self.value
        return np.where(self.free >= 0, theta[self.free], self.value)


@dataclass(frozen=True)
class Layout:
    """One group of a structure, sorted once for repeated evaluation.

    Attributes
    ----------
    p, v, q : int
        Observed variables, all variables, free parameters of the whole model.
    arrows, covariances, means, thresholds, scales : Cells
        All cells, fixed and free; thresholds variable by variable.
    ai, aj, si, sj, mi : ndarray of int
        Places of the free cells of the first three kinds.
    target : ndarray of int, shape (c,)
        Free index of each free cell, in the order arrows, covariances, means, thresholds, scales.
    single : bool
        True when no parameter fills two cells, so that sums over cells are plain placements.
    ordered : ndarray of int
        Observed variables with thresholds.
    theta : bool
        Their parameterisation, see `Structure`.
    given : ndarray of int
        Covariates that the moments are conditional on.
    """

    p: int
    v: int
    q: int
    has_means: bool
    arrows: Cells
    covariances: Cells
    means: Cells
    ai: Ints
    aj: Ints
    si: Ints
    sj: Ints
    mi: Ints
    target: Ints
    single: bool
    thresholds: Cells
    scales: Cells
    ordered: Ints
    theta: bool
    given: Ints

    @property
    def following(self) -> Ints:
        """Ordered variables whose residual variance follows from their scale."""
        return self.ordered[:0] if self.theta else self.ordered

    def gather(self, cells: Floats) -> Floats:
        """Sum a vector over free cells to a vector over parameters, shape (c,) to (q,)."""
        return np.bincount(self.target, weights=cells, minlength=self.q).astype(float)

    def gather_both(self, cells: Floats) -> Floats:
        """Sum a matrix over free cells to one over parameters, shape (c, c) to (q, q)."""
        out = np.zeros((self.q, self.q))
        if self.single:
            out[np.ix_(self.target, self.target)] = cells
        else:
            np.add.at(out, (self.target[:, None], self.target[None, :]), cells)
        return out


@dataclass(frozen=True)
class Factors:
    """Everything that derivatives at one theta are made of, for one group.

    Attributes
    ----------
    E, V : ndarray, shape (v, v)
        (I - A)^-1 and the covariances of all variables.
    G : ndarray, shape (p, v)
        Observed rows of E.
    eta : ndarray, shape (v,)
        Means of all variables.
    L, R, scale : ndarray, shapes (p, c), (p, c), (c,)
        dSigma / dcell = scale (l r' + r l'); zero for cells of means.
    U : ndarray, shape (p, c)
        dmu / dcell.
    """

    E: Floats
    V: Floats
    G: Floats
    eta: Floats
    L: Floats
    R: Floats
    scale: Floats
    U: Floats


_KNOWN: WeakKeyDictionary[Structure, list[Layout]] = WeakKeyDictionary()


def layouts(structure: Structure) -> list[Layout]:
    """Sort the cells of a structure by group and matrix; done once for each structure."""
    if structure not in _KNOWN:
        _KNOWN[structure] = _layouts(structure)
    return _KNOWN[structure]


def _layouts(structure: Structure) -> list[Layout]:
    p, v = structure.p, structure.v
    out = []
    for g in range(structure.n_groups):
        kinds = [_cells(structure, g, matrix) for matrix in (ARROW, COVARIANCE, MEAN, THRESHOLD, SCALE)]
        arrows, covariances, means, thresholds, scales = kinds
        fa, fs, fm = (np.flatnonzero(k.free >= 0) for k in kinds[:3])
        target = np.concatenate([k.free[k.free >= 0] for k in kinds])
        out.append(
            Layout(
                p=p,
                v=v,
                q=structure.q,
                has_means=structure.means,
                arrows=arrows,
                covariances=covariances,
                means=means,
                ai=arrows.i[fa],
                aj=arrows.j[fa],
                si=covariances.i[fs],
                sj=covariances.j[fs],
                mi=means.i[fm],
                target=target,
                single=len(np.unique(target)) == len(target),
                thresholds=thresholds,
                scales=scales,
                ordered=structure.ordered,
                theta=structure.theta,
                given=np.array(structure.given, dtype=np.int64),
            )
        )
    return out


def _cells(structure: Structure, group: int, matrix: int) -> Cells:
    here = np.flatnonzero((structure.group == group) & (structure.matrix == matrix))
    if matrix == THRESHOLD:
        here = here[np.lexsort((structure.j[here], structure.i[here]))]
    return Cells(structure.i[here], structure.j[here], structure.free[here], structure.value[here])


def matrices(layout: Layout, theta: Floats) -> GroupMatrices:
    """Fill the matrices of one group and compute its implied moments."""
    A, S, m = _fill_cells(layout, theta)
    E = inverse(np.eye(layout.v) - A)
    G = E[: layout.p]
    scale = thresholds = None
    if len(layout.ordered):
        thresholds, scale = layout.thresholds.filled(theta), np.ones(layout.p)
        if not layout.theta:
            scale[layout.scales.i] = layout.scales.filled(theta)
            S[layout.ordered, layout.ordered] = residual_variances(layout, E, S, scale)
    Sigma = G @ S @ G.T
    if layout.theta and scale is not None:
        o = layout.ordered
        own = G[o] @ conditional(layout, S)
        with np.errstate(invalid="ignore", divide="ignore"):  # no scale exists where a step makes a variance negative
            scale[o] = 1 / np.sqrt(np.einsum("ov,ov->o", own, G[o]))
    return GroupMatrices(A, S, m, (Sigma + Sigma.T) / 2, G @ m, scale, thresholds)


def conditional(layout: Layout, S: Floats) -> Floats:
    """S without the covariates that moments are conditional on."""
    if not len(layout.given):
        return S
    S = S.copy()
    S[layout.given], S[:, layout.given] = 0.0, 0.0
    return S


def residual_variances(layout: Layout, E: Floats, S: Floats, scale: Floats) -> Floats:
    """Residual variances of ordered variables that give them the variances 1 / scale^2: linear equations in diag(S)."""
    o = layout.ordered
    S = conditional(layout, S).copy()
    S[o, o] = 0.0
    rest = 1 / scale[o] ** 2 - np.einsum("ov,ov->o", E[o] @ S, E[o])
    return np.asarray(np.linalg.solve(E[np.ix_(o, o)] ** 2, rest), dtype=np.float64)


def _fill_cells(layout: Layout, theta: Floats) -> tuple[Floats, Floats, Floats]:
    A, S, m = np.zeros((layout.v, layout.v)), np.zeros((layout.v, layout.v)), np.zeros(layout.v)
    A[layout.arrows.i, layout.arrows.j] = layout.arrows.filled(theta)
    S[layout.covariances.i, layout.covariances.j] = S[layout.covariances.j, layout.covariances.i] = (
        layout.covariances.filled(theta)
    )
    m[layout.means.i] = layout.means.filled(theta)
    return A, S, m


def factors(layout: Layout, filled: GroupMatrices) -> Factors:
    """Compute what derivatives are made of at filled matrices."""
    p = layout.p
    E = inverse(np.eye(layout.v) - filled.A)
    V = E @ conditional(layout, filled.S) @ E.T
    G = E[:p]
    m = filled.m
    if len(layout.given):
        m = m.copy()
        m[layout.given] = 0.0
    eta = E @ m
    n_a, n_s, n_m = len(layout.ai), len(layout.si), len(layout.mi)
    L, R, U = np.zeros((3, p, len(layout.target)))
    L[:, :n_a], R[:, :n_a] = G[:, layout.ai], V[:p, layout.aj]
    L[:, n_a : n_a + n_s], R[:, n_a : n_a + n_s] = G[:, layout.si], G[:, layout.sj]
    if layout.has_means:
        U[:, :n_a] = G[:, layout.ai] * eta[layout.aj]
        U[:, n_a + n_s : n_a + n_s + n_m] = G[:, layout.mi]
    scale = np.ones(len(layout.target))
    scale[n_a : n_a + n_s][layout.si == layout.sj] = 0.5
    return Factors(E, V, G, eta, L, R, scale, U)


def moment_jacobian(layout: Layout, f: Factors) -> Floats:
    """Derivatives of (mu,) vech(Sigma) by the free parameters, shape (p + p* or p*, q)."""
    i, j = low(layout.p)
    D = f.scale * (f.L[i] * f.R[j] + f.L[j] * f.R[i])
    if layout.has_means:
        D = np.vstack([f.U, D])
    return gathered(layout, D)


def gathered(layout: Layout, D: Floats) -> Floats:
    """Sum derivatives by free cells, shape (k, c), to derivatives by parameters, shape (k, q)."""
    out = np.zeros((len(D), layout.q))
    if layout.single:
        out[:, layout.target] = D
    else:
        np.add.at(out.T, layout.target, D.T)
    return out


def fill(structure: Structure, theta: Floats) -> list[GroupMatrices]:
    """Fill the matrices of all groups.

    Parameters
    ----------
    structure : Structure
        Where each parameter stands.
    theta : ndarray, shape (q,)
        Free parameters.

    Returns
    -------
    list of GroupMatrices
        One per group, with the implied covariances and means.
    """
    return [matrices(layout, theta) for layout in layouts(structure)]


def jacobian(structure: Structure, theta: Floats) -> list[Floats]:
    """Derivatives of the implied moments by the free parameters.

    Returns
    -------
    list of ndarray, shape (moments, q)
        One per group; rows are the means (only with a mean structure), then vech(Sigma), the columns of its lower
        triangle one after another.
    """
    return [moment_jacobian(layout, factors(layout, matrices(layout, theta))) for layout in layouts(structure)]
