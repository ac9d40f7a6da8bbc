"""The vector of moments that a model implies, and its Jacobian: what least squares compares with the sample.

Numeric file. Numeric variables alone: (mu,) vech Sigma, the columns of the lower triangle one after another. With
ordered variables, whose answers show only thresholds crossed by a latent response y* with scale d::

    thresholds d (tau - mu), a numeric variable's -mu in its place;  slopes d Pi on the covariates the moments are
    conditional on;  variances of numeric variables;  correlations d_i d_j Sigma_ij below the diagonal, by columns

in the order of the variables (Muthen, 1984). Parameterisation delta: d is a parameter and Var(y*) = 1/d^2, so residual
variances follow; theta: residual variances are parameters and d = Var(y*)^(-1/2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from cgsurvey.moments.normal import low
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.sem.model.ram import Factors, Layout, factors, gathered, layouts, matrices
from cgsurvey.sem.model.structure import COVARIANCE, GroupMatrices, Structure


@dataclass(frozen=True)
class Places:
    """Where the moments of ordered and numeric variables stand.

    Attributes
    ----------
    y, x : ndarray of int
        Variables that are explained, and covariates that the moments are conditional on.
    variable : ndarray of int, shape (t,)
        Variable of each threshold or mean.
    threshold : ndarray of int, shape (t,)
        Its place in `GroupMatrices.thresholds`, -1 for the mean of a numeric variable.
    numeric : ndarray of int
        Variables whose variances are moments.
    i, j : ndarray of int
        Variables of each correlation.
    """

    y: Ints
    x: Ints
    variable: Ints
    threshold: Ints
    numeric: Ints
    i: Ints
    j: Ints


@lru_cache(maxsize=64)
def _places(p: int, owner: tuple[int, ...], given: tuple[int, ...]) -> Places:
    y = np.array([k for k in range(p) if k not in given], dtype=np.int64)
    of = np.array(owner, dtype=np.int64)
    variable, threshold, numeric = [], [], []
    for k in map(int, y):
        own = np.flatnonzero(of == k).tolist()
        if not own:
            numeric.append(k)
        variable += [k] * max(len(own), 1)
        threshold += own or [-1]
    i, j = low(len(y))
    off = i != j
    x, v, t, n = (np.array(part, dtype=np.int64) for part in (given, variable, threshold, numeric))
    return Places(y, x, v, t, n, y[i[off]], y[j[off]])


def places(layout: Layout) -> Places:
    """Return where the moments of one group stand."""
    return _places(layout.p, tuple(layout.thresholds.i.tolist()), tuple(layout.given.tolist()))


def moment_units(layout: Layout, sd: Floats) -> Floats:
    """Units that the moments are measured in, shape (k,), from the standard deviations (p,) of the variables."""
    sd = sd.copy()
    sd[layout.ordered] = 1.0
    at = places(layout)
    slopes = (sd[at.y, None] / sd[at.x]).ravel(order="F")
    return np.concatenate([sd[at.variable], slopes, sd[at.numeric] ** 2, sd[at.i] * sd[at.j]])


def implied(layout: Layout, filled: GroupMatrices, f: Factors | None = None) -> Floats:
    """Return the implied moments of one group, shape (k,).

    `f`, the factors at the same point, is needed only where moments are conditional on covariates.
    """
    if filled.scale is None or filled.thresholds is None:
        i, j = low(layout.p)
        vech = filled.Sigma[i, j]
        return np.concatenate([filled.mu, vech]) if layout.has_means else vech
    at, d = places(layout), filled.scale
    if len(at.x):
        assert f is not None
        Sigma, mu, slopes = f.V[: layout.p, : layout.p], f.eta[: layout.p], f.G[np.ix_(at.y, at.x)]
    else:
        Sigma, mu, slopes = filled.Sigma, filled.mu, np.zeros((len(at.y), 0))
    tau = np.where(at.threshold >= 0, np.append(filled.thresholds, 0.0)[at.threshold], 0.0)
    return np.concatenate(
        [
            d[at.variable] * (tau - mu[at.variable]),
            (d[at.y, None] * slopes).ravel(order="F"),
            Sigma[at.numeric, at.numeric],
            d[at.i] * d[at.j] * Sigma[at.i, at.j],
        ]
    )


def implied_jacobian(layout: Layout, filled: GroupMatrices, f: Factors) -> Floats:
    """Return the derivatives of the implied moments by the free cells of one group, shape (k, c)."""
    if filled.scale is None or filled.thresholds is None:
        i, j = low(layout.p)
        D = f.scale * (f.L[i] * f.R[j] + f.L[j] * f.R[i])
        return np.vstack([f.U, D]) if layout.has_means else D
    cells, follow = _latent_jacobian(layout, filled, f)
    return cells if follow is None else cells + follow


def _latent_jacobian(layout: Layout, filled: GroupMatrices, f: Factors) -> tuple[Floats, Floats | None]:
    """Jacobian with residual variances as they are, and what their following the scales adds (None: nothing)."""
    assert filled.scale is not None and filled.thresholds is not None
    at, d = places(layout), filled.scale
    c = len(layout.target)
    n_t, n_d = len(layout.thresholds.free), len(layout.scales.free)
    free_t, free_d = np.flatnonzero(layout.thresholds.free >= 0), np.flatnonzero(layout.scales.free >= 0)
    first = c - len(free_t) - len(free_d)
    assert n_t >= len(free_t) and n_d >= len(free_d)

    # Derivatives of the scales themselves.
    dd = np.zeros((layout.p, c))
    o = layout.ordered
    if layout.theta:
        dd[o] = -0.5 * d[o, None] ** 3 * (2 * f.scale * f.L[o] * f.R[o])
    else:
        dd[layout.scales.i[free_d], np.arange(c - len(free_d), c)] = 1.0

    tau = np.where(at.threshold >= 0, np.append(filled.thresholds, 0.0)[at.threshold], 0.0)
    mu = f.eta[: layout.p]
    dtau = np.zeros((n_t + 1, c))
    dtau[free_t, first + np.arange(len(free_t))] = 1.0
    v = at.variable
    location = dd[v] * (tau - mu[v])[:, None] + d[v, None] * (dtau[at.threshold] - f.U[v])
    location[at.threshold < 0] = -f.U[v[at.threshold < 0]]

    Sigma = f.V[: layout.p, : layout.p]
    i, j = at.i, at.j
    r = (d[i] * d[j])[:, None] * (f.scale * (f.L[i] * f.R[j] + f.L[j] * f.R[i]))
    if len(free_d) or layout.theta:
        r += (Sigma[i, j] * d[j])[:, None] * dd[i] + (Sigma[i, j] * d[i])[:, None] * dd[j]
    variances = 2 * f.scale * f.L[at.numeric] * f.R[at.numeric]
    slopes = np.zeros((0, c))
    if len(at.x):
        n_a = len(layout.ai)
        dE = np.zeros((len(at.x), len(at.y), c))
        dE[:, :, :n_a] = f.E[at.y][:, layout.ai][None] * f.E[np.ix_(layout.aj, at.x)].T[:, None, :]
        E = f.G[np.ix_(at.y, at.x)].T
        slopes = (d[at.y, None] * dE + E[:, :, None] * dd[at.y]).reshape(-1, c)
    cells = np.vstack([location, slopes, variances, r])
    follows = layout.following
    if not len(follows) or not np.any(f.E[:, follows][: layout.p] != np.eye(layout.p)[:, follows]):
        return cells, None
    dS = residual_jacobian(layout, filled, f)
    G = f.G[:, follows]
    by_residual = np.vstack(
        [
            np.zeros((len(location) + len(slopes), len(follows))),
            G[at.numeric] ** 2,
            (d[i] * d[j])[:, None] * G[i] * G[j],
        ]
    )
    return cells, by_residual @ dS


def residual_jacobian(layout: Layout, filled: GroupMatrices, f: Factors) -> Floats:
    """Derivatives of the residual variances that follow from scales, by the free cells, shape (ordered, c)."""
    o = layout.following
    c = len(layout.target)
    if not len(o):
        return np.zeros((0, c))
    assert filled.scale is not None
    held = 2 * f.scale * f.L[o] * f.R[o]  # variances of the latent responses, residual variances held
    own = np.zeros(c, dtype=bool)  # a free cell that is such a residual variance has no effect of its own
    n_a, n_s = len(layout.ai), len(layout.si)
    own[n_a : n_a + n_s] = (layout.si == layout.sj) & np.isin(layout.si, o)
    held[:, own] = 0.0
    wanted = np.zeros((len(o), c))
    free_d = np.flatnonzero(layout.scales.free >= 0)
    for k, i in enumerate(layout.scales.i[free_d]):
        wanted[o == i, c - len(free_d) + k] = -2 / filled.scale[i] ** 3
    return np.asarray(np.linalg.solve(f.E[np.ix_(o, o)] ** 2, wanted - held), dtype=np.float64)


def following(structure: Structure, theta: Floats) -> tuple[Structure, Floats, Floats]:
    """Make parameters of the residual variances that follow from scales, for what needs derivatives of all of them.

    Returns
    -------
    structure : Structure
        The same with d more free parameters.
    theta : ndarray, shape (q + d,)
        Its parameters.
    derivatives : ndarray, shape (q + d, q)
        By the parameters of the model.
    """
    q = structure.q
    if structure.theta or not len(structure.ordered):
        return structure, theta, np.eye(q)
    free, values, slopes = structure.free.copy(), [], []
    for g, layout in enumerate(layouts(structure)):
        filled = matrices(layout, theta)
        slopes.append(gathered(layout, residual_jacobian(layout, filled, factors(layout, filled))))
        values.append(np.diag(filled.S)[layout.following])
        for k, o in enumerate(layout.following):
            cell = (structure.matrix == COVARIANCE) & (structure.group == g) & (structure.i == o) & (structure.j == o)
            free[cell] = q + len(layout.following) * g + k
    made = replace(structure, free=free)
    return made, np.concatenate([theta, *values]), np.vstack([np.eye(q), *slopes])
