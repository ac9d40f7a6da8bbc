"""Whether one model is nested in another, told from the moments that both imply (Bentler & Satorra, 2010).

Numeric file. A model is nested in a larger one when the larger one can reproduce whatever moments the smaller implies.
So the larger model is fitted, by unweighted least squares on moments in units of standard deviations, to the moments
that the smaller one implies at its estimates and near them; misfit there means that it is not nested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import least_squares

from cgsurvey.moments.normal import low
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.sem.model.constraints import Constraints
from cgsurvey.sem.model.implied import implied, implied_jacobian, moment_units
from cgsurvey.sem.model.ram import Layout, factors, fill, layouts, matrices
from cgsurvey.sem.model.structure import COVARIANCE, GroupMatrices, Structure

SAME = 1e-5  # largest gap, in standard deviations, between moments that count as equal
STEP, NEIGHBOURS = 0.1, 2
ZERO = 1e-4  # what counts as a variance of zero, or as a determinant of zero, in units of the variances


@dataclass(frozen=True)
class Reproduced:
    """Parameters of a model at which it comes nearest to given moments, and the largest gap left."""

    theta: Floats
    gap: float


def reordered(structure: Structure, order: Sequence[int]) -> Structure:
    """The same model with observed variable k moved to place ``order[k]``."""
    at = np.concatenate([np.asarray(order, dtype=np.int64), np.arange(structure.p, structure.v)])
    i, second = at[structure.i], structure.matrix <= COVARIANCE
    j = np.where(second, at[np.where(second, structure.j, 0)], structure.j)
    swap = (structure.matrix == COVARIANCE) & (i < j)
    return replace(
        structure,
        i=np.where(swap, j, i),
        j=np.where(swap, i, j),
        given=tuple(sorted(int(at[k]) for k in structure.given)),
    )


def moments(structure: Structure, theta: Floats) -> tuple[Floats, Floats]:
    """Implied moments of all groups, one below the other, shape (k,), and their Jacobian, shape (k, q)."""
    values, slopes = [], []
    for layout in layouts(structure):
        filled = matrices(layout, theta)
        f = factors(layout, filled)
        values.append(implied(layout, filled, f))
        # Cells with the same parameter add up; a sparse product does that faster than np.add.at.
        cells = len(layout.target)
        merge = sparse.csc_array((np.ones(cells), (np.arange(cells), layout.target)), shape=(cells, layout.q))
        slopes.append(np.asarray(implied_jacobian(layout, filled, f) @ merge))
    return np.concatenate(values), np.vstack(slopes)


def moment_values(structure: Structure, theta: Floats) -> Floats:
    """The implied moments alone."""
    made = ((layout, matrices(layout, theta)) for layout in layouts(structure))
    return np.concatenate([implied(layout, filled, factors(layout, filled)) for layout, filled in made])


def are_means(structure: Structure) -> NDArray[np.bool_]:
    """Which of the moments are means of numeric variables, shape (k,); none where variables are ordered."""
    p = structure.p
    if len(structure.ordered):
        return np.zeros(1, dtype=bool)
    one = np.repeat([structure.means, False], [p if structure.means else 0, p * (p + 1) // 2])
    return np.tile(one, structure.n_groups)


def units(structure: Structure, theta: Floats) -> Floats:
    """Standard deviations that the moments are measured in, shape (k,)."""
    return np.concatenate([_units(layout, matrices(layout, theta)) for layout in layouts(structure)])


def _units(layout: Layout, filled: GroupMatrices) -> Floats:
    sd = np.sqrt(np.abs(np.diag(filled.Sigma)))
    sd[sd == 0] = 1.0
    if filled.scale is None:
        i, j = low(layout.p)
        return np.concatenate([sd if layout.has_means else sd[:0], sd[i] * sd[j]])
    return moment_units(layout, sd)


def reproduce(
    structure: Structure,
    starts: Sequence[Floats],
    basis: Floats,
    target: Floats,
    unit: Floats,
    constraints: Constraints | None = None,
) -> Reproduced:
    """Fit a model to moments.

    Parameters
    ----------
    starts : sequence of ndarray, shape (q,)
        Parameters within the linear constraints to start from, the likeliest first.
    basis : ndarray, shape (q, z)
        Directions that linear constraints leave free.
    target, unit : ndarray, shape (k,)
        The moments, and what they are measured in.
    constraints : Constraints, optional
        Equalities that are not linear.
    """
    best: Reproduced | None = None
    for start in starts:
        found = _fit(structure, start, basis, target, unit, constraints)
        if best is None or found.gap < best.gap:
            best = found
        if best.gap < SAME:
            break
    assert best is not None
    return best


def _fit(
    structure: Structure, start: Floats, basis: Floats, target: Floats, unit: Floats, constraints: Constraints | None
) -> Reproduced:
    held = 0 if constraints is None else len(constraints)
    far = np.full(len(target) + held, 1e6)

    def gap(z: Floats) -> Floats:
        theta = start + basis @ z
        try:
            with np.errstate(all="ignore"):
                out = (moment_values(structure, theta) - target) / unit
        except np.linalg.LinAlgError:
            return far
        if constraints is not None:
            out = np.concatenate([out, constraints(theta)[0]])
        return out if np.all(np.isfinite(out)) else far

    def slope(z: Floats) -> Floats:
        theta = start + basis @ z
        with np.errstate(all="ignore"):
            D = moments(structure, theta)[1] / unit[:, None]
        if constraints is not None:
            D = np.vstack([D, constraints(theta)[1]])
        return np.asarray(D @ basis)

    z = np.zeros(basis.shape[1])
    if len(z) and np.abs(gap(z)).max() > 1e-9:
        how = "lm" if len(target) + held >= len(z) else "trf"  # MINPACK's, the faster one, needs as many moments
        z = least_squares(
            gap, z, jac=slope, method=how, x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=300
        ).x
    return Reproduced(start + basis @ z, float(np.abs(gap(z)).max()))


def neighbours(structure: Structure, theta: Floats, basis: Floats, unit: Floats) -> list[Floats]:
    """Parameters near `theta`, within the constraints, at which no accident can make models look nested."""
    size = np.sqrt(np.sum((moments(structure, theta)[1] @ basis / unit[:, None]) ** 2, axis=0))
    rng = np.random.default_rng(20101)  # a fixed choice of directions: any will do
    steps = [rng.uniform(-STEP, STEP, len(size)) / np.where(size > 0, size, 1.0) for _ in range(NEIGHBOURS)]
    return [theta + basis @ step for step in steps]


def on_boundary(structure: Structure, theta: Floats, inner: Floats) -> tuple[list[tuple[int, int]], list[int]]:
    """Places where the parameters `theta` of a model lie on the boundary of what is possible, and `inner` do not.

    Returns
    -------
    list of (group, cell)
        Free variances that are zero (cells of `structure`).
    list of group
        Groups in which latent variables cannot be told apart: their correlation matrix is singular.
    """
    flat, merged = [], []
    free = (structure.matrix == COVARIANCE) & (structure.i == structure.j) & (structure.free >= 0)
    p = structure.p
    for g, (here, there) in enumerate(zip(fill(structure, theta), fill(structure, inner), strict=True)):
        total, before = _covariance(here), _covariance(there)
        for cell in np.flatnonzero(free & (structure.group == g)):
            k = structure.i[cell]
            scale = max(abs(before[k, k]), 1e-300)
            if abs(here.S[k, k]) < ZERO * scale < abs(there.S[k, k]):
                flat.append((g, int(cell)))
        latent = np.array([k for k in range(p, structure.v) if abs(total[k, k]) > ZERO * abs(before[k, k])], dtype=int)
        if len(latent) > 1 and _singular(total, latent) and not _singular(before, latent):
            merged.append(g)
    return flat, merged


def _covariance(filled: GroupMatrices) -> Floats:
    E = np.linalg.inv(np.eye(len(filled.A)) - filled.A)
    return np.asarray(E @ filled.S @ E.T)


def _singular(V: Floats, at: Ints) -> bool:
    part = V[np.ix_(at, at)]
    sd = np.sqrt(np.abs(np.diag(part)))
    return bool(np.linalg.eigvalsh(part / np.outer(sd, sd))[0] < ZERO)
