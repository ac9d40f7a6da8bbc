"""Minimising a fit function within nonlinear equalities and inequalities: sequential quadratic programming.

Numeric file. A step s minimises ``g's + s'W s / 2`` within ``h + J s = 0`` and ``c + A s >= 0``, where W is the Hessian
of the Lagrangian where it is positive definite on the tangent plane, the expected information elsewhere (Nocedal &
Wright, 2006, ch. 18). All is done in units of the root information, so that the units of the items do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

from cgsurvey.base.errors import ModelError
from cgsurvey.moments.normal import Kind
from cgsurvey.moments.sample import Floats
from cgsurvey.sem.fitting.optimise import TOLERANCE, Optimum
from cgsurvey.sem.model.constraints import Constraints

RANK = 1e-8  # singular values of constraints, relative to the largest, below which a constraint is no other
HELD = 1e-9  # violation in units of the root information
STALE = 5  # steps near the solution that bring it no nearer


class FitFunction(Protocol):
    """What is minimised: a function of z, with theta = K z + k0."""

    @property
    def K(self) -> Floats:
        """Change of theta by one unit of each z, shape (p, q)."""

    @property
    def patterned(self) -> bool:
        """True when a sample has missing values."""

    @property
    def complete(self) -> Any:
        """The same problem as if all rows were complete."""

    def theta(self, z: Floats) -> Floats:
        """Parameters, shape (p,), at z, shape (q,)."""

    def value(self, z: Floats) -> float:
        """Value at z; not finite where the model implies no covariance matrix."""

    def slope(self, z: Floats, kind: Kind) -> tuple[Floats, Floats]:
        """Gradient, shape (q,), and information, shape (q, q), at z."""


@dataclass(frozen=True)
class Within:
    """Where the optimiser stopped, and what the constraints leave free there.

    Attributes
    ----------
    optimum : Optimum
    K : ndarray, shape (q, f)
        Directions in theta that neither equalities nor active inequalities forbid.
    active : tuple of int
        Inequalities that hold as equalities, by their place among all constraints.
    multipliers : ndarray, shape (m,)
        Of all constraints.
    bounds : int
        By how many directions the active inequalities make K narrower.
    """

    optimum: Optimum
    K: Floats
    active: tuple[int, ...] = ()
    multipliers: Floats = field(default_factory=lambda: np.zeros(0))
    bounds: int = 0


@dataclass(frozen=True)
class _Local:
    """One point in units of the root information: y = z / units, rows of J of length 1, c in the same measure."""

    g: Floats
    H: Floats
    c: Floats
    J: Floats
    bend: Floats
    units: Floats
    length: Floats


def minimise_within(problem: FitFunction, z: Floats, constraints: Constraints, *, limit: int = 200) -> Within:
    """Minimise the fit function within constraints.

    Raises
    ------
    ModelError
        When no point was found at which the constraints hold.
    """
    if problem.patterned:  # second derivatives cost a pass over all patterns: begin near the solution
        near = minimise_within(problem.complete, z, constraints, limit=limit).optimum.z
        z = near if np.isfinite(problem.value(near)) else z
    z = feasible(problem, z, constraints)
    n, m = constraints.n_equal, len(constraints)
    multipliers, penalty, active = np.zeros(m), np.zeros(m), np.zeros(m, dtype=bool)
    now, size, iteration, converged = problem.value(z), np.inf, 0, False
    best, stale = np.inf, 0
    while iteration < limit and stale < STALE:
        iteration += 1
        at = _local(problem, z, constraints, "observed")
        found = _quadratic(at.g, at.H - np.einsum("m,mij->ij", multipliers, at.bend), at, n, active)
        damping = 1e-6
        while found is None and damping < 1e12:
            at = _local(problem, z, constraints, "expected")
            found = _quadratic(at.g, at.H + damping * np.eye(len(z)), at, n, active)
            damping *= 10
        if found is None:
            break
        step, multipliers, active = found
        broken = _broken(at.c, n)
        size = float(max(np.abs(at.g - at.J.T @ multipliers).max(), broken.max()))
        stale = stale + 1 if size < 1e-5 and size > 0.5 * best else 0  # rounding error may be larger than the tolerance
        best = min(best, size)
        if size < TOLERANCE:
            z, converged = z + at.units * step, True
            break
        raw = multipliers / at.length
        penalty = np.maximum(penalty, 2 * np.abs(raw))
        merit = now + penalty @ (broken * at.length)
        fall = float(at.g @ step - penalty @ (broken * at.length))
        moved = _search(problem, z, at, step, active, constraints, penalty, merit, fall, size < 1e-5)
        if moved is None:
            break
        z, now = moved
        multipliers = raw
    theta = problem.theta(z)
    c, J, _ = constraints(theta)
    J = J @ problem.K
    units = at.units
    length = _length(J * units)
    broken = _broken(c / length, n)
    if not np.all(broken < 1e-6):
        worst = int(np.argmax(np.where(np.isnan(broken), np.inf, broken)))
        raise ModelError(
            f"No parameters were found at which the constraint '{constraints.texts[worst]}' holds together with the "
            "others. Check it, or give start values near a solution, e.g. 'f =~ start(0.5)*x'."
        )
    held = np.flatnonzero(active | (np.arange(m) < n))
    scaled = J * units / length[:, None]
    tangent = _kernel(scaled[held])[1]
    bounds = _kernel(scaled[:n])[1].shape[1] - tangent.shape[1]
    K = problem.K @ (units[:, None] * tangent)
    value = problem.value(z)
    optimum = Optimum(z, value, size, iteration, converged or size < 1e-6)
    return Within(optimum, _tidy(K), tuple(np.flatnonzero(active).tolist()), multipliers, bounds)


def feasible(problem: FitFunction, z: Floats, constraints: Constraints, *, limit: int = 50) -> Floats:
    """Move from `z` to the nearest point at which the constraints hold, as far as Gauss-Newton steps lead there."""
    n = constraints.n_equal
    rng = np.random.default_rng(0)
    tried = z
    for _ in range(20):
        if _defined(constraints, problem.theta(tried)):
            z = tried
            break
        tried = z + rng.normal(0.0, 0.3, len(z)) * np.maximum(np.abs(z), 0.3)
    _, H = problem.slope(z, "expected")
    units = 1 / np.sqrt(np.maximum(np.diag(H), 1e-300))
    for _ in range(limit):
        c, J, _ = constraints(problem.theta(z))
        J = J @ problem.K * units
        length = _length(J)
        broken = _broken(c / length, n)
        if not np.any(broken > HELD):
            break
        rows = broken > 0
        step = -np.linalg.lstsq(J[rows] / length[rows, None], c[rows] / length[rows], rcond=RANK)[0] * units
        for shrink in 0.5 ** np.arange(12):
            tried = z + shrink * step
            after = _broken(constraints(problem.theta(tried))[0] / length, n)
            if (
                np.sum(after) < np.sum(broken)
                and np.isfinite(problem.value(tried))
                and _defined(constraints, problem.theta(tried))
            ):
                z = tried
                break
        else:
            break
    return z


def tangent(problem: FitFunction, z: Floats, constraints: Constraints) -> Floats:
    """Directions in theta that the equalities leave free at `z`, shape (q, f)."""
    _, J, _ = constraints(problem.theta(z))
    J = J[: constraints.n_equal] @ problem.K
    return problem.K @ _kernel(J / _length(J)[:, None])[1]


def _local(problem: FitFunction, z: Floats, constraints: Constraints, kind: Kind) -> _Local:
    g, H = problem.slope(z, kind)
    units = 1 / np.sqrt(np.maximum(np.abs(np.diag(H)), 1e-300))
    c, J, bend = constraints(problem.theta(z))
    K = problem.K * units
    J = J @ K
    length = _length(J)
    return _Local(g * units, H * units * units[:, None], c / length, J / length[:, None], K.T @ bend @ K, units, length)


def _quadratic(
    g: Floats, W: Floats, at: _Local, n: int, before: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.bool_]] | None:
    """Minimise g's + s'Ws/2 within the linearised constraints: step, multipliers, active inequalities.

    None when W is not positive definite where it must be.
    """
    m = len(at.c)
    is_equal = np.arange(m) < n
    if before.any():  # the active set of the step before is kept while it is consistent
        found = _equalities(g, W, at, is_equal | before)
        if found is not None and _consistent(*found, at, n, before):
            return *found, before
    if n == m:
        found = _equalities(g, W, at, is_equal)
        return None if found is None else (*found, before)
    particular, Z = _kernel(at.J[:n], -at.c[:n])
    L = _cholesky(Z.T @ W @ Z)
    if L is None:
        return None
    # Least distance programming (Lawson & Hanson, 1974, ch. 23): with v = L'w + L^-1 Z'(g + W y0) minimise |v|.
    shift = solve_triangular(L, Z.T @ (g + W @ particular), lower=True)
    A = solve_triangular(L, (at.J[n:] @ Z).T, lower=True).T
    b = -at.c[n:] - at.J[n:] @ particular + A @ shift
    for bound in (b, np.minimum(b, A @ shift)):  # the second can always be met: what is broken gets no worse
        u, _ = nnls(np.vstack([A.T, bound]), np.append(np.zeros(Z.shape[1]), 1.0))
        rest = 1 - bound @ u
        if rest > 1e-10:
            break
    active = np.append(np.zeros(n, dtype=bool), u > 1e-12 * max(1.0, u.max(initial=0.0)))
    found = _equalities(g, W, at, is_equal | active)
    if found is not None and _consistent(*found, at, n, active):
        return *found, active
    w = solve_triangular(L, A.T @ u / rest - shift, lower=True, trans="T")
    step = particular + Z @ w
    multipliers = np.zeros(m)
    multipliers[n:] = u / rest
    multipliers[:n] = np.linalg.lstsq(at.J[:n].T, g + W @ step - at.J[n:].T @ multipliers[n:], rcond=RANK)[0]
    return step, multipliers, active


def _equalities(g: Floats, W: Floats, at: _Local, held: NDArray[np.bool_]) -> tuple[Floats, Floats] | None:
    """The same with the rows `held` as equalities and all others left out."""
    J = at.J[held]
    particular, Z = _kernel(J, -at.c[held])
    L = _cholesky(Z.T @ W @ Z)
    if L is None:
        return None
    w = solve_triangular(L, solve_triangular(L, -Z.T @ (g + W @ particular), lower=True), lower=True, trans="T")
    step = particular + Z @ w
    multipliers = np.zeros(len(at.c))
    multipliers[held] = np.linalg.lstsq(J.T, g + W @ step, rcond=RANK)[0]
    return step, multipliers


def _consistent(step: Floats, multipliers: Floats, at: _Local, n: int, active: NDArray[np.bool_]) -> bool:
    """True when multipliers of active inequalities are positive and the others hold after the step."""
    after = at.c + at.J @ step
    loose = ~active
    loose[:n] = False
    return bool(np.all(multipliers[active] > 0) and np.all(after[loose] > -HELD))


def _search(
    problem: FitFunction,
    z: Floats,
    at: _Local,
    step: Floats,
    active: NDArray[np.bool_],
    constraints: Constraints,
    penalty: Floats,
    merit: float,
    fall: float,
    near: bool,
) -> tuple[Floats, float] | None:
    """Shorten a step until the fit function with its penalties falls enough; the new point and the value there."""
    n = constraints.n_equal
    held = active | (np.arange(len(active)) < n)

    def tried(y: Floats) -> tuple[Floats, float, float, Floats]:
        point = z + at.units * y
        value = problem.value(point)
        c, J, _ = constraints(problem.theta(point))
        total = value + penalty @ _broken(c, n) if np.all(np.isfinite(c)) and np.all(np.isfinite(J)) else np.inf
        return point, value, float(total), c

    for shrink in 0.5 ** np.arange(40):
        point, value, total, c = tried(shrink * step)
        if near and np.isfinite(total):
            return point, value
        if total <= merit + 1e-4 * shrink * fall:
            return point, value
        if shrink == 1.0 and np.all(np.isfinite(c)) and held.any():
            # A full step along curved constraints breaks them; one step back onto them saves it (Maratos effect).
            back = np.linalg.lstsq(at.J[held], c[held] / at.length[held], rcond=RANK)[0]
            point, value, total, _ = tried(step - back)
            if total <= merit + 1e-4 * fall:
                return point, value
    return None


def _defined(constraints: Constraints, theta: Floats) -> bool:
    c, J, _ = constraints(theta)
    return bool(np.all(np.isfinite(c)) and np.all(np.isfinite(J)))


def _broken(c: Floats, n: int) -> Floats:
    """By how much each constraint is broken."""
    return np.append(np.abs(c[:n]), np.maximum(-c[n:], 0.0))


def _length(J: Floats) -> Floats:
    length = np.linalg.norm(J, axis=1)
    return np.where(length > 1e-12, length, 1.0)


def _kernel(J: Floats, h: Floats | None = None) -> tuple[Floats, Floats]:
    """The shortest solution y of J y = h, and a basis of the vectors that J takes to zero."""
    U, s, Vt = np.linalg.svd(J)
    rank = int(np.sum(s > RANK * max(1.0, s.max(initial=0.0))))
    y = np.zeros(J.shape[1]) if h is None else Vt[:rank].T @ ((U[:, :rank].T @ h) / s[:rank])
    return y, Vt[rank:].T


def _cholesky(W: Floats) -> Floats | None:
    try:
        L = np.asarray(np.linalg.cholesky(W), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return L if not len(L) or np.diag(L).min() > 1e-5 else None


def _tidy(K: Floats) -> Floats:
    """Zeros where rounding left something: a parameter that the constraints fix does not vary."""
    return np.where(np.abs(K) > 1e-12 * np.abs(K).max(initial=0.0, axis=0), K, 0.0)
