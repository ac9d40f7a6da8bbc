"""Extraction of m common factors from a correlation matrix R, shape (p, p).

Numeric file. Given the uniquenesses psi the best loadings are known from an eigen-decomposition (Lawley, 1940; Harman &
Jones, 1966; Jöreskog, 1967), which leaves a function of p unknowns. Its gradient and Hessian are written out in
eigenvalues and eigenvectors (Jöreskog, 1977), so that Newton's method arrives at the minimum to machine precision.
Everything works on stacks of matrices: parallel analysis extracts a factor from hundreds of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LOWEST = 0.005  # smallest uniqueness: the bound of factanal and of psych
TOLERANCE = 1e-10  # of the gradient
LOOSE = 1e-6  # gradient at which a stalled search still counts as arrived
STEPS = 200
SAME = 1e-7  # relative difference of two minima that count as one


@dataclass(frozen=True)
class Extraction:
    """Unrotated factors.

    Attributes
    ----------
    loadings : ndarray, shape (p, m)
        Columns by falling eigenvalue, each with a sum that is not negative.
    uniquenesses : ndarray, shape (p,)
        One minus the communality, but at a bound the bound itself.
    bounded : ndarray of bool, shape (p,)
        Heywood cases: uniqueness at its bound of 0.005.
    discrepancy : float
        The function that was minimised, at its minimum.
    gradient : float
        Largest derivative that is left, variables at a bound aside.
    converged : bool
    iterations : int
    """

    loadings: Floats
    uniquenesses: Floats
    bounded: Flags
    discrepancy: float
    gradient: float
    converged: bool
    iterations: int


@dataclass(frozen=True)
class Discrepancy:
    """What separates a fit function from the others: how it weighs the eigenvalues that m factors leave behind.

    ``scaled`` functions take the eigenvalues theta of Psi^-1/2 R Psi^-1/2 and log psi, the others those of R - Psi and
    psi itself; `neutral` is the eigenvalue that costs nothing. With h the gradient is sum h(theta_k) w_ik^2 over the
    eigenvectors w that are left behind. The part of the Hessian among these is a sum of c A_a * A_b (elementwise) with
    A_a = sum theta_k^a w_k w_k', listed as (c, a, b).
    """

    scaled: bool
    neutral: float
    value: Callable[[Floats], Floats]
    h: Callable[[Floats], Floats]
    pairs: tuple[tuple[float, int, int], ...]


DISCREPANCIES = {
    # 1/2 tr (R - Sigma)^2
    "uls": Discrepancy(False, 0.0, lambda t: t**2 / 2, lambda t: -t, ((1.0, 0, 0),)),
    # log|Sigma| + tr(R Sigma^-1) - log|R| - p
    "ml": Discrepancy(True, 1.0, lambda t: t - np.log(t) - 1, lambda t: 1 - t, ((1.0, 0, 1),)),
    # 1/2 tr (I - R^-1 Sigma)^2
    "gls": Discrepancy(
        True,
        1.0,
        lambda t: (1 / t - 1) ** 2 / 2,
        lambda t: (1 / t - 1) / t,
        ((1.0, -2, 0), (1.0, -1, -1), (-1.0, -1, 0)),
    ),
}
NAMES = {"minres": "uls", "uls": "uls", "ml": "ml", "gls": "gls", "pa": "uls"}


def extract(R: Floats, m: int, method: str = "minres", *, start: Floats | None = None) -> Extraction:
    """Extract m common factors.

    Parameters
    ----------
    R : ndarray, shape (p, p)
        Correlation matrix; positive definite for "ml" and "gls".
    m : int
        Number of factors, 1 <= m < p.
    method : {"minres", "uls", "ml", "gls", "pa"}
        "minres" and "uls" minimise the squared residual correlations; "pa" (principal axes, iterated) has the same
        solution and goes there by its own steps, h^2 <- diag(Lambda Lambda').
    start : ndarray, shape (p,), optional
        Uniquenesses to start from, and from nowhere else. Default: from the squared multiple correlations, and from
        further points where that ends in a Heywood case, of which the lowest minimum is taken.

    Notes
    -----
    Equals psych::fa(fm = "minres" | "uls" | "ml" | "pa", rotate = "none") and factanal(rotation = "none") up to the
    signs of columns, at a minimum that is reached more closely.
    """
    x, bounded, f, gradient, steps = uniquenesses(R[None], m, method, start=None if start is None else start[None])
    best = 0
    if start is None and bounded[0].any() and method != "pa":
        starts = _other_starts(R)
        more = uniquenesses(np.broadcast_to(R, (len(starts), *R.shape)), m, method, start=starts)
        x, bounded, f, gradient = (
            np.concatenate(pair) for pair in zip((x, bounded, f, gradient), more[:4], strict=True)
        )
        better = np.flatnonzero((gradient < LOOSE) & (f < f[0] - SAME * (1 + f[0])))
        best = int(better[np.argmin(f[better])]) if len(better) else 0
        steps = max(steps, more[4])
    loadings = loadings_given(R[None], x[[best]], m, method)[0]
    return Extraction(
        loadings=loadings * signs(loadings),
        uniquenesses=x[best],
        bounded=bounded[best],
        discrepancy=float(f[best]),
        gradient=float(gradient[best]),
        converged=bool(gradient[best] < LOOSE),
        iterations=steps,
    )


def _other_starts(R: Floats) -> Floats:
    """Starts for a matrix that ended at a bound, where several minima are common, shape (p + 2, p).

    1 - smc, one half, and 1 - smc with each variable in turn near its bound.
    """
    unexplained = np.clip(_unexplained(R[None])[0], 0.05, 1.0)
    near = np.where(np.eye(len(R), dtype=bool), 2 * LOWEST, unexplained)
    return np.vstack([unexplained, np.full(len(R), 0.5), near])


def signs(loadings: Floats) -> Floats:
    """Sign per column, shape (m,), that makes its sum positive; of a sum of zero its first loading decides."""
    total = loadings.sum(axis=0)
    unclear = np.abs(total) < 1e-12
    first = loadings[np.argmax(np.abs(loadings) > 1e-12, axis=0), np.arange(loadings.shape[1])]
    return np.where(np.where(unclear, first, total) < 0, -1.0, 1.0)


def uniquenesses(
    R: Floats, m: int, method: str, *, start: Floats | None = None, tolerance: float = TOLERANCE
) -> tuple[Floats, Flags, Floats, Floats, int]:
    """Minimise over the uniquenesses of a stack of matrices, shape (s, p, p).

    Parameters
    ----------
    R, m, method
        As `extract`.
    start : ndarray, shape (s, p), optional
        Default: from the squared multiple correlations.
    tolerance : float
        Largest derivative that ends the search.

    Returns
    -------
    psi : ndarray, shape (s, p)
    bounded : ndarray of bool, shape (s, p)
    discrepancy, gradient : ndarray, shape (s,)
    steps : int
        Of the matrix that took most.
    """
    fit = DISCREPANCIES[NAMES[method]]
    if start is None:
        start = np.clip(_unexplained(R), 0.05, 1.0) * (1 - 0.5 * m / R.shape[-1])
        start = np.maximum(start, LOWEST)
    if method == "pa":
        start = _principal_axes(R, start, m)
    low = np.log(LOWEST) if fit.scaled else LOWEST
    x, f, gradient, steps = _minimise(fit, R, np.log(start) if fit.scaled else start, m, low, tolerance)
    return (np.exp(x) if fit.scaled else x), x <= low, f, gradient, steps


def loadings_given(R: Floats, psi: Floats, m: int, method: str) -> Floats:
    """Best loadings for given uniquenesses, shapes (s, p, p), (s, p) -> (s, p, m)."""
    fit = DISCREPANCIES[NAMES[method]]
    t, w = _eigen(fit, R, np.log(psi) if fit.scaled else psi)
    out = w[..., :m] * np.sqrt(np.maximum(t[..., None, :m] - fit.neutral, 0))
    return np.sqrt(psi)[..., None] * out if fit.scaled else out


def smc(R: Floats) -> Floats:
    """Squared multiple correlation of each variable with the others, shape (..., p); R positive definite."""
    return 1 - 1 / np.diagonal(np.linalg.inv(R), axis1=-2, axis2=-1)


def _unexplained(R: Floats) -> Floats:
    """1 - smc; one half where the matrix is singular or indefinite."""
    regular = np.linalg.eigvalsh(R)[..., 0] > 1e-8
    out = np.full(R.shape[:-1], 0.5)
    if regular.any():
        out[regular] = 1 - smc(R[regular])
    return out


def _eigen(fit: Discrepancy, R: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, falling, shape (s, p), and eigenvectors, shape (s, p, p), of the reduced matrix."""
    if fit.scaled:
        d = np.exp(-x / 2)
        M = R * d[..., :, None] * d[..., None, :]
    else:
        M = R - x[..., :, None] * np.eye(R.shape[-1])
    t, w = np.linalg.eigh(M)
    t, w = t[..., ::-1], w[..., ::-1]
    # rounding can put an eigenvalue of a nearly singular matrix below zero
    return (np.maximum(t, 1e-300) if fit.scaled else t), w


def _left_behind(fit: Discrepancy, t: Floats, m: int) -> Flags:
    """Eigenvalues that m real factors cannot reproduce: all but the first m, and any of these below neutral."""
    left = t <= fit.neutral
    left[..., m:] = True
    return left


@dataclass(frozen=True)
class _Point:
    """Stack of uniquenesses x, shape (s, p), with what follows from them."""

    x: Floats
    t: Floats
    w: Floats
    left: Flags
    value: Floats

    def take(self, which: NDArray[Any]) -> _Point:
        return _Point(*(getattr(self, f)[which] for f in ("x", "t", "w", "left", "value")))

    def put(self, which: NDArray[np.intp], other: _Point) -> None:
        for f in ("x", "t", "w", "left", "value"):
            getattr(self, f)[which] = getattr(other, f)


def _at(fit: Discrepancy, R: Floats, x: Floats, m: int) -> _Point:
    t, w = _eigen(fit, R, x)
    left = _left_behind(fit, t, m)
    return _Point(x, t, w, left, np.where(left, fit.value(t), 0.0).sum(axis=-1))


def _derivatives(fit: Discrepancy, point: _Point, m: int) -> tuple[Floats, Floats]:
    """Gradient, shape (s, p), and Hessian, shape (s, p, p)."""
    t, w, left = point.t, point.w, point.left
    h = np.where(left, fit.h(t), 0.0)
    gradient = (h[..., None, :] * w**2).sum(axis=-1)
    A = {a: (w * (left * t**a)[..., None, :]) @ w.mT for a in {a for _, *ab in fit.pairs for a in ab}}
    H = np.asarray(sum(c * A[a] * A[b] for c, a, b in fit.pairs))
    for k in range(m):
        kept = ~left[..., k, None] & left
        # an eigenvalue that is kept and one that is left behind may meet on the way, never at the minimum
        apart = np.where(kept, np.minimum(t - t[..., k, None], -1e-12), 1.0)
        c = np.where(kept, -h * ((t + t[..., k, None]) if fit.scaled else 2.0), 0.0) / apart
        v = w[..., k]
        H += ((w * c[..., None, :]) @ w.mT) * (v[..., :, None] * v[..., None, :])
    return gradient, H


def _minimise(
    fit: Discrepancy, R: Floats, x: Floats, m: int, low: float, tolerance: float
) -> tuple[Floats, Floats, Floats, int]:
    """Newton's method from x, shape (s, p), projected on x >= low."""
    point, gradient = _at(fit, R, x, m), np.full(len(x), np.inf)
    active, steps = np.arange(len(x)), 0
    while len(active) and steps < STEPS:
        steps += 1
        here = point.take(active)
        g, H = _derivatives(fit, here, m)
        fixed = (here.x <= low) & (g > 0)
        g = np.where(fixed, 0.0, g)
        gradient[active] = np.abs(g).max(axis=-1)
        going = gradient[active] > tolerance
        active, here = active[going], here.take(going)
        if len(active):
            new, moved = _line_search(
                fit, R[active], here, g[going], _direction(g[going], H[going], fixed[going]), m, low
            )
            point.put(active, new)
            active = active[moved]
    return point.x, point.value, gradient, steps


def _direction(g: Floats, H: Floats, fixed: Flags) -> Floats:
    """Newton's direction among the variables that may move, downhill where the function is not convex."""
    out = fixed[..., :, None] | fixed[..., None, :]
    H = np.where(out, np.eye(g.shape[-1]), H)
    convex = np.array([_is_convex(h) for h in H])
    step = np.empty_like(g)
    step[convex] = -np.linalg.solve(H[convex], g[convex][..., None])[..., 0]
    if not convex.all():
        curve, v = np.linalg.eigh(H[~convex])
        curve = np.abs(curve)
        curve = np.maximum(curve, 1e-7 * curve.max(axis=-1, keepdims=True))
        step[~convex] = -(v @ ((v.mT @ g[~convex][..., None]) / curve[..., None]))[..., 0]
    longest = np.abs(step).max(axis=-1, keepdims=True)
    return np.where(fixed, 0.0, step * np.minimum(1.0, 1.0 / np.maximum(longest, 1e-300)))


def _is_convex(H: Floats) -> bool:
    try:
        root = np.linalg.cholesky(H)
    except np.linalg.LinAlgError:
        return False
    d = np.diag(root)
    return bool(d.min() > 1e-6 * d.max())


def _line_search(
    fit: Discrepancy, R: Floats, here: _Point, g: Floats, step: Floats, m: int, low: float
) -> tuple[_Point, Flags]:
    """Halve the steps until each lowers its function; those that cannot stay where they are, and are not marked."""
    out, waiting, size = here.take(np.ones(len(g), dtype=bool)), np.arange(len(g)), 1.0
    for _ in range(30):
        x = here.x[waiting]
        new = _at(fit, R[waiting], np.maximum(x + size * step[waiting], low), m)
        slope = (g[waiting] * (new.x - x)).sum(axis=-1)
        # near the minimum the function is flat to rounding
        value = here.value[waiting]
        good = new.value <= value + 1e-4 * slope + 1e-14 * (1 + np.abs(value))
        out.put(waiting[good], new.take(good))
        waiting, size = waiting[~good], size / 2
        if not len(waiting):
            break
    return out, (out.x != here.x).any(axis=-1)


def _principal_axes(R: Floats, psi: Floats, m: int, limit: int = 5000) -> Floats:
    """Iterate communalities until none changes by 1e-6."""
    for _ in range(limit):
        L = loadings_given(R, psi, m, "uls")
        new = np.maximum(1 - (L**2).sum(axis=-1), LOWEST)
        change, psi = np.abs(new - psi).max(), new
        if change < 1e-6:
            break
    return psi
