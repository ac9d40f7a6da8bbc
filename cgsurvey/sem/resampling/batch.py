"""Many fits of one model at once: the normal likelihood of R samples, minimised together.

Numeric file. All R problems start at one point near their minima (the estimates of the whole sample) and share the
inverse Hessian there, so quasi-Newton steps (BFGS in its limited-memory form, Nocedal, 1980) need gradients only.
With the letters of `moments.normal` and `ram`, V_p the observed rows of V::

    dF / dA_ij = (G' W V_p)_ij - (G' b)_i eta_j     dF / dS_ij = (G' W G)_ij  (half of it when i = j)
    dF / dm_i  = -(G' b)_i

which are products of stacks of small matrices. Cells are linear in z, the parameters after linear constraints:
x = D z + d0, where d0 also holds the fixed values, which may differ between samples (moments of covariates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.normal import inverse
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.sem.fitting.optimise import Problem, minimise
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, SCALE, THRESHOLD, Structure

TOLERANCE = 1e-9  # largest gradient element, in units of the root information; one more step is taken after it
SHORT = 3  # arrows up to which a path is short
LIMIT, SHORTEST = 80, 1e-4  # iterations, and step length below which a sample is left to `optimise.minimise`
PATIENCE = 150  # iterations of `optimise.minimise` after which a sample counts as failed
CROWDED = 0.7  # share of open samples below which the others are put aside
FAR = 12.0  # standard errors from the start beyond which a solution is checked by `optimise.minimise`


@dataclass(frozen=True)
class Moments:
    """Sample statistics of R samples of one group.

    Attributes
    ----------
    weight : ndarray, shape (R,)
        Rows, each counted by its weight.
    mean, cov : ndarray, shapes (R, p), (R, p, p)
    """

    weight: Floats
    mean: Floats
    cov: Floats

    def take(self, which: NDArray[np.bool_] | Ints) -> Moments:
        """The samples `which`."""
        return Moments(self.weight[which], self.mean[which], self.cov[which])


@dataclass(frozen=True)
class Group:
    """Cells of one group: their places in A, S, m, thresholds and scales, and in the vector of all cells."""

    a: Ints
    ai: Ints
    aj: Ints
    s: Ints
    si: Ints
    sj: Ints
    half: Floats
    m: Ints
    mi: Ints
    t: Ints
    ti: Ints
    c: Ints
    ci: Ints


@dataclass(frozen=True)
class Cells:
    """A structure prepared for stacks: x = D z + d0 over all cells."""

    p: int
    v: int
    means: bool
    groups: tuple[Group, ...]
    D: Floats
    d0: Floats
    depth: int

    @classmethod
    def of(cls, structure: Structure, K: Floats, k0: Floats) -> Cells:
        """Prepare a structure under theta = K z + k0."""
        s, free = structure, structure.free >= 0
        D, d0 = np.zeros((len(s.free), K.shape[1])), s.value.copy()
        D[free], d0[free] = K[s.free[free]], k0[s.free[free]]
        groups = []
        for g in range(s.n_groups):
            kinds = (ARROW, COVARIANCE, MEAN, THRESHOLD, SCALE)
            a, c, m, t, scales = (np.flatnonzero((s.group == g) & (s.matrix == kind)) for kind in kinds)
            half = np.where(s.i[c] == s.j[c], 0.5, 1.0)
            both = c, s.i[c], s.j[c], half
            groups.append(Group(a, s.i[a], s.j[a], *both, m, s.i[m], t, s.i[t], scales, s.i[scales]))
        return cls(s.p, s.v, s.means, tuple(groups), D, d0, _depth(s))

    def reach(self, A: Floats) -> Floats:
        """E = (I - A)^-1 of a stack; I + A + A^2 + ... where paths are short, which is faster."""
        I = np.eye(self.v)
        if not 0 <= self.depth <= SHORT:
            return inverses(I - A)
        E = I + A
        for _ in range(self.depth - 1):
            E = I + A @ E
        return E

    def filled(self, group: Group, x: Floats) -> tuple[Floats, Floats, Floats]:
        """A, S and m of one group, shapes (R, v, v), (R, v, v), (R, v), from cells (R, cells)."""
        R, v = len(x), self.v
        A, S, m = np.zeros((R, v, v)), np.zeros((R, v, v)), np.zeros((R, v))
        A[:, group.ai, group.aj] = x[:, group.a]
        S[:, group.si, group.sj] = S[:, group.sj, group.si] = x[:, group.s]
        m[:, group.mi] = x[:, group.m]
        return A, S, m


def _depth(structure: Structure) -> int:
    """Arrows on the longest path; -1 with loops."""
    step = np.zeros((structure.v, structure.v), dtype=bool)
    arrows = structure.matrix == ARROW
    step[structure.i[arrows], structure.j[arrows]] = True
    reached = np.eye(structure.v, dtype=bool)
    for length in range(structure.v + 1):
        reached = step @ reached
        if not reached.any():
            return length
    return -1


@dataclass(frozen=True)
class Solutions:
    """Minima of R problems.

    Attributes
    ----------
    z : ndarray, shape (R, z)
        NaN where none was found.
    value : ndarray, shape (R,)
        -(log-likelihood)/N without constants.
    converged : ndarray of bool, shape (R,)
    """

    z: Floats
    value: Floats
    converged: NDArray[np.bool_]


@dataclass(frozen=True)
class _Evaluation:
    value: Floats
    gradient: Floats


def inverses(M: Floats) -> Floats:
    """Inverses of a stack of matrices, NaN where one is singular."""
    try:
        return np.asarray(np.linalg.inv(M), dtype=np.float64)
    except np.linalg.LinAlgError:
        out = np.full(M.shape, np.nan)
        for k, one in enumerate(M):
            try:
                out[k] = np.linalg.inv(one)
            except np.linalg.LinAlgError:
                continue
        return out


def definite(M: Floats) -> NDArray[np.bool_]:
    """Whether each matrix of a stack is positive definite, shape (R,)."""
    try:
        np.linalg.cholesky(M)
        return np.ones(len(M), dtype=bool)
    except np.linalg.LinAlgError:
        known = np.isfinite(M).all(axis=(1, 2))
        low = np.full(len(M), -1.0)
        low[known] = np.linalg.eigvalsh(M[known])[:, 0]
        return low > 0


def evaluate(cells: Cells, z: Floats, base: Floats, moments: Sequence[Moments]) -> _Evaluation:
    """Value (R,) and gradient (R, z) of -(log-likelihood)/N at z, shape (R, z).

    Parameters
    ----------
    base : ndarray, shape (R, cells)
        d0 of each sample.
    moments : sequence of Moments
        One per group.
    """
    x = z @ cells.D.T + base
    slope = np.zeros_like(x)
    value = np.zeros(len(x))
    total = np.sum([m.weight for m in moments], axis=0)
    for group, sample in zip(cells.groups, moments, strict=True):
        A, S, m = cells.filled(group, x)
        E = cells.reach(A)
        G = E[:, : cells.p]
        Vp = G @ S @ np.swapaxes(E, 1, 2)
        Sigma = Vp[:, :, : cells.p]
        K = inverses(Sigma)
        sign, log_det = np.linalg.slogdet(Sigma)
        T, b, eta = sample.cov, None, None
        if cells.means:
            eta = np.einsum("rij,rj->ri", E, m)
            d = sample.mean - eta[:, : cells.p]
            T = T + d[:, :, None] * d[:, None, :]
            b = np.einsum("rij,rj->ri", K, d)
        KT = K @ T
        W = K - KT @ K
        share = sample.weight / total
        with np.errstate(invalid="ignore"):
            part = (log_det + np.trace(KT, axis1=1, axis2=2)) / 2
        value += share * np.where(sign > 0, part, np.inf)
        GW = np.swapaxes(G, 1, 2) @ W
        slope[:, group.a] = (GW @ Vp)[:, group.ai, group.aj]
        slope[:, group.s] = (GW @ G)[:, group.si, group.sj] * group.half
        if b is not None and eta is not None:
            Gb = np.einsum("rpv,rp->rv", G, b)
            slope[:, group.a] -= Gb[:, group.ai] * eta[:, group.aj]
            slope[:, group.m] = -Gb[:, group.mi]
        for places in (group.a, group.s, group.m):
            slope[:, places] *= share[:, None]
    return _Evaluation(np.where(np.isfinite(value), value, np.inf), slope @ cells.D)


def solve(
    cells: Cells,
    base: Floats,
    moments: Sequence[Moments],
    start: Floats,
    H: Floats,
    *,
    limit: int = LIMIT,
) -> Solutions:
    """Minimise R problems from one start; those that do not arrive are NaN (`finish` takes them up).

    Parameters
    ----------
    cells, base, moments
        As in `evaluate`.
    start : ndarray, shape (z,)
    H : ndarray, shape (z, z)
        Positive definite second derivatives at the start, for all problems.
    """
    R, q = len(base), len(start)
    out = Solutions(np.full((R, q), np.nan), np.full(R, np.nan), np.zeros(R, dtype=bool))
    B = inverse(H)
    units = np.sqrt(np.diag(B))  # about 1 / root information, corrected for what parameters share
    where, z, alive = np.arange(R), np.tile(start, (R, 1)), np.ones(R, dtype=bool)
    now = evaluate(cells, z, base, moments)
    f, g = now.value, now.gradient
    pairs: list[tuple[Floats, Floats, Floats]] = []
    length = np.ones(R)
    for _ in range(limit):
        size = np.abs(g * units).max(axis=1, initial=0.0)
        step = -_direction(g, B, pairs)
        done = alive & (size < TOLERANCE)
        out.z[where[done]] = z[done] + step[done]
        out.value[where[done]] = f[done]
        out.converged[where[done]] = True
        alive &= ~done & (length > SHORTEST) & np.isfinite(f)
        if not alive.any():
            break
        if alive.mean() < CROWDED:
            where, length, size, f, base = where[alive], length[alive], size[alive], f[alive], base[alive]
            z, g, step = z[alive], g[alive], step[alive]
            pairs = [(s[alive], y[alive], rho[alive]) for s, y, rho in pairs]
            moments = [m.take(alive) for m in moments]
            alive = np.ones(len(where), dtype=bool)
        slope = np.einsum("rq,rq->r", g, step)
        step = step * length[:, None]
        new = evaluate(cells, z + step, base, moments)
        with np.errstate(invalid="ignore"):
            good = new.value <= f + 1e-4 * length * slope
            good |= (size < 1e-5) & (new.value <= f + 1e-12 * np.abs(f))
        s = np.where(good[:, None], step, 0.0)
        y = np.where(good[:, None], new.gradient - g, 0.0)
        sy = np.einsum("rq,rq->r", s, y)
        pairs.append((s, y, np.where(sy > 1e-300, 1 / np.where(sy > 1e-300, sy, 1.0), 0.0)))
        z = z + s
        f, g = np.where(good, new.value, f), np.where(good[:, None], new.gradient, g)
        length = np.where(good, 1.0, length / 4)
    return out


def _direction(g: Floats, B: Floats, pairs: Sequence[tuple[Floats, Floats, Floats]]) -> Floats:
    """The BFGS inverse Hessian, started at B, times the gradients (two loops over the pairs of steps)."""
    out, alphas = g, []
    for s, y, rho in reversed(pairs):
        alpha = rho * np.einsum("rq,rq->r", s, out)
        alphas.append(alpha)
        out = out - alpha[:, None] * y
    out = out @ B
    for (s, y, rho), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = rho * np.einsum("rq,rq->r", y, out)
        out = out + (alpha - beta)[:, None] * s
    return out


def finish(
    found: Solutions,
    cells: Cells,
    base: Floats,
    moments: Sequence[Moments],
    problem: Problem,
    structure: Structure,
    start: Floats,
    H: Floats,
) -> Solutions:
    """Solve one by one what `solve` left open, or found where only a closer look can tell.

    Solutions far from the start, or with implied covariances that are not positive definite, are looked at again.
    """
    far = np.abs(found.z - start) / np.sqrt(np.diag(np.linalg.inv(H)) / sum(s.rows for s in problem.samples))
    open_ = ~found.converged | (np.nan_to_num(far, nan=np.inf).max(axis=1, initial=0.0) > FAR)
    x = np.where(open_[:, None], start, found.z) @ cells.D.T + base
    for group in cells.groups:
        A, S, _ = cells.filled(group, x)
        G = cells.reach(A)[:, : cells.p]
        open_ |= ~definite(G @ S @ np.swapaxes(G, 1, 2))
    z, value, converged = found.z.copy(), found.value.copy(), found.converged.copy()
    for r in np.flatnonzero(open_):
        one = _single(problem, replace(structure, value=base_values(structure, base[r])), moments, int(r))
        optimum = minimise(one, start, limit=PATIENCE)
        converged[r] = optimum.converged
        z[r], value[r] = (optimum.z, optimum.value) if optimum.converged else (np.nan, np.nan)
    return Solutions(z, value, converged)


def base_values(structure: Structure, base: Floats) -> Floats:
    """Fixed values of one sample, NaN at free cells as `Structure.value` has them."""
    return np.where(structure.free >= 0, np.nan, base)


def _single(problem: Problem, structure: Structure, moments: Sequence[Moments], r: int) -> Problem:
    samples = [
        replace(s, mean=m.mean[r], cov=m.cov[r], size=float(m.weight[r]), cases=None, wishart=False)
        for s, m in zip(problem.samples, moments, strict=True)
    ]
    return Problem.of(structure, samples, problem.K, problem.k0)
