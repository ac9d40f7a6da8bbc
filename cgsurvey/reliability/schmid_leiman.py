"""A general factor and group factors from the correlations R (k, k) of the items of one construct.

Numeric file. Schmid and Leiman (1957): m oblique factors (minimum residual, oblimin from varimax), their correlations
explained by one factor of second order, and its share of each loading taken out. psych::omega(nfactors = m,
flip = FALSE).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.parallel import one_thread
from cgsurvey.factor import criteria
from cgsurvey.factor.extraction import LOWEST, extract, signs, smc
from cgsurvey.factor.rotation import minimise
from cgsurvey.reliability.coefficients import NAN, Floats

FACTORS, LEAST = 3, 6  # factors, and the items that they need
ROUGH, FINE = 1e-4, 1e-7  # where the start and the rotation may stop; omega is wanted to about six digits
STEPS = 100


@dataclass(frozen=True)
class SchmidLeiman:
    """A Schmid-Leiman solution of k items and m group factors.

    Attributes
    ----------
    general, groups : ndarray, shapes (k,), (k, m)
        Loadings on orthogonal factors.
    residuals : ndarray, shape (k,)
        Uniquenesses.
    second_order, phi : ndarray, shapes (m,), (m, m)
        Loadings of the oblique factors on the general one; their correlations.
    heywood, beyond : bool
        A uniqueness at its bound; an oblique factor that the general one explains wholly, or more.
    converged : bool
    """

    general: Floats
    groups: Floats
    residuals: Floats
    second_order: Floats
    phi: Floats
    heywood: bool
    beyond: bool
    converged: bool


def schmid_leiman(R: Floats, m: int = FACTORS) -> SchmidLeiman:
    """Decompose a positive definite correlation matrix; m = 3 or more factors."""
    with one_thread():
        # Where several minima are, the lowest is as a rule a Heywood case; the one next to 1 - smc is that of psych.
        first = extract(R, m, "minres", start=1 - smc(R))
        L, phi, settled = _oblique(first.loadings)
        g, found = _second_order(phi)
    own = 1 - g**2
    groups = L * np.sqrt(np.maximum(own, 0))
    return SchmidLeiman(
        general=L @ g,
        groups=groups,
        residuals=1 - np.einsum("ij,jk,ik->i", L, phi, L),
        second_order=g,
        phi=phi,
        heywood=bool(first.bounded.any()),
        beyond=bool((own <= 0).any()),
        converged=first.converged and settled and found,
    )


def _oblique(A: Floats) -> tuple[Floats, Floats, bool]:
    """Oblimin of unrotated loadings: pattern, factor correlations, whether it arrived.

    From varimax, as psych::omega: oblimin has several minima, and this start keeps from collapsed factors.
    """
    length = np.sqrt((A**2).sum(axis=1, keepdims=True))
    unit = A / np.where(length > 0, length, 1.0)
    turned = A @ _varimax(unit)
    # so near a minimum fast steps from the first on lead to the same one as Jennrich's: in 800 of 800 simulated scales
    T, _, arrived = minimise(
        turned, criteria.oblimin(0.0), np.eye(A.shape[1])[None], oblique=True, tolerance=FINE, near=np.inf
    )
    rotmat = np.linalg.inv(T[0]).T
    L = turned @ rotmat
    order = np.argsort(-(L**2).sum(axis=0), kind="stable")
    turn = signs(L[:, order])
    phi = (T[0].T @ T[0])[np.ix_(order, order)] * np.outer(turn, turn)
    return L[:, order] * turn, phi, bool(arrived[0])


def _varimax(A: Floats) -> Floats:
    """Rotation to varimax, roughly: the orthogonal matrix nearest to the gradient, until it settles."""
    T, before = np.eye(A.shape[1]), 0.0
    for _ in range(STEPS):
        L = A @ T
        U, s, V = np.linalg.svd(A.T @ (L**3 - L * (L**2).mean(axis=0)))
        T = U @ V
        if s.sum() < before * (1 + ROUGH):
            break
        before = s.sum()
    return np.asarray(T)


def _second_order(phi: Floats) -> tuple[Floats, bool]:
    """Loadings of the factors on one general factor; of three they are sqrt(r12 r13 / r23) and the like."""
    if len(phi) == 3 and (phi > 0).all():
        a, b, c = phi[0, 1], phi[0, 2], phi[1, 2]
        r = np.array([a * b / c, a * c / b, b * c / a])
        if (r <= 1 - LOWEST).all():
            return np.sqrt(r), True
    second = extract(phi, 1, "minres")
    return second.loadings[:, 0], second.converged


@dataclass(frozen=True)
class Hierarchy:
    """Reliability of the sum of all items and of subsets, by a general and group factors.

    Attributes
    ----------
    total, general, group : ndarray, shape (1 + m,)
        Share of the variance of a sum that is due to all factors, to the general one, to the group factor of its items:
        of all items first, then of the items of each group (omega total, hierarchical, subscale; of a group the total
        is that of the general and its own factor).
    limit : float
        Omega hierarchical of endlessly many such items.
    ecv : float
        Share of the general factor in the common variance.
    """

    total: Floats
    general: Floats
    group: Floats
    limit: float
    ecv: float


def hierarchy(R: Floats, general: Floats, groups: Floats, residuals: Floats) -> Hierarchy:
    """Return omega coefficients (McDonald, 1999; Zinbarg, Revelle, Yovel & Li, 2005; psych: omega.group).

    Each item belongs to the group factor on which its absolute loading is largest. Variances of sums are those of R.
    """
    home = np.abs(groups).argmax(axis=1)
    subsets = [np.ones(len(R), dtype=bool), *(home == j for j in range(groups.shape[1]))]
    total, by_general, by_group = (np.full(len(subsets), NAN) for _ in range(3))
    for s, at in enumerate(subsets):
        variance = R[np.ix_(at, at)].sum()
        if not at.any() or variance <= 0:
            continue
        own = [groups[at & (home == j), j].sum() ** 2 for j in range(groups.shape[1])]
        by_general[s], by_group[s] = general[at].sum() ** 2 / variance, sum(own) / variance
        total[s] = by_general[s] + by_group[s] if s else 1 - residuals.sum() / variance
    common = (general**2).sum()
    return Hierarchy(
        total=total,
        general=by_general,
        group=by_group,
        limit=float(by_general[0] / total[0]) if total[0] > 0 else NAN,
        ecv=float(common / (common + (groups**2).sum())),
    )
