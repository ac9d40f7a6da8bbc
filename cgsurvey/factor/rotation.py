"""Rotation of loadings A, shape (p, m), to a simple structure Lambda = A (T')^-1 with factor correlations Phi = T'T.

Numeric file. Gradient projection (Jennrich, 2001, orthogonal; 2002, oblique; Bernaards & Jennrich, 2005) on all starts
at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from cgsurvey.factor import criteria
from cgsurvey.factor.criteria import Criterion, Floats
from cgsurvey.factor.extraction import signs

ORTHOGONAL = ("varimax", "quartimax", "geomin_orthogonal", "target_orthogonal", "bifactor")
OBLIQUE = ("promax", "oblimin", "geomin", "target", "bifactor_oblique")
ROTATIONS = ("none", *ORTHOGONAL, *OBLIQUE)
FROM_IDENTITY = ("none", "varimax", "quartimax", "promax", "oblimin")
POWER = 4.0  # of promax
STARTS = 30
TOLERANCE = 1e-9  # norm of the projected gradient at the minimum that is kept
SOON = 1e-6  # norm at which starts are compared
NEAR = 1e-3  # norm below which the steps are others than Jennrich's; random starts need not follow him
NEAR_OF_STARTS = 0.1
MEMORY = 10
LONGEST = 1e6
LOOSE = 1e-5  # norm at which GPArotation stops, and at which a stalled search still counts as arrived
STEPS = 5000
STEPS_OF_STARTS = 1000
SAME = 1e-5  # relative difference of two minima that are counted as one


@dataclass(frozen=True)
class Rotation:
    """Rotated factors.

    Attributes
    ----------
    loadings : ndarray, shape (p, m)
        Pattern matrix, A @ rotmat. Columns by falling sum of squared loadings, each with a sum that is not negative;
        those of a target stand as the target has them, and the general factor of a bifactor rotation is the first.
    phi : ndarray, shape (m, m)
        Factor correlations.
    rotmat : ndarray, shape (m, m)
    criterion : float
        Value at the minimum; NaN for "none" and "promax", which minimise nothing.
    converged : bool
    starts : int
        Starts that were tried.
    minima : int
        Different minima among those that arrived.
    """

    loadings: Floats
    phi: Floats
    rotmat: Floats
    criterion: float
    converged: bool
    starts: int
    minima: int


def rotate(
    A: Floats,
    method: str = "oblimin",
    *,
    gamma: float = 0.0,
    delta: float = 0.01,
    power: float = POWER,
    wanted: Floats | None = None,
    kaiser: bool | None = None,
    starts: int | None = None,
    rng: Generator | None = None,
) -> Rotation:
    """Rotate loadings.

    Parameters
    ----------
    A : ndarray, shape (p, m)
        Unrotated loadings.
    method : str
        One of `ROTATIONS`.
    gamma : float
        Of oblimin; 0 is quartimin.
    delta : float
        Of geomin.
    power : float
        Of promax.
    wanted : ndarray, shape (p, m), optional
        Target; NaN where no value is wanted.
    kaiser : bool, optional
        Rows are scaled to length one while they are rotated. Default: for varimax and promax only, as psych has it.
        False with promax: varimax is normalised, the fit to its powers is not, as in stats::promax.
    starts : int, optional
        The identity and random matrices; 1 is the identity alone. Default: 1 for criteria whose users expect the
        minimum next to the unrotated solution (varimax, quartimax, oblimin), else 30.
    rng : Generator, optional
        Of the random starts.

    Notes
    -----
    Equals GPArotation's GPForth and GPFoblq from the same start, stats::varimax, and psych::fa(rotate = "promax").
    """
    m = A.shape[1]
    if m == 1 or method == "none":
        flip = np.diag(signs(A))
        return Rotation(A @ flip, np.eye(m), flip, np.nan, True, 0, 0)
    scaled = method in ("varimax", "promax") if kaiser is None else kaiser
    length = np.sqrt((A**2).sum(axis=1, keepdims=True))
    A_scaled = A / np.where(length > 0, length, 1.0)
    A_used = A_scaled if scaled else A
    if method == "promax":
        return _promax(A, A_scaled, A_used, power)
    count = (1 if method in FROM_IDENTITY else STARTS) if starts is None else starts
    first = _starts(m, count, rng)
    criterion = criterion_of(method, gamma, delta, wanted)
    oblique = method in OBLIQUE
    near = NEAR if count == 1 else NEAR_OF_STARTS
    T, f, arrived = minimise(
        A_used, criterion, first, oblique=oblique, tolerance=SOON, steps=STEPS_OF_STARTS, near=near
    )
    minima = _distinct(f[arrived])
    among = np.flatnonzero(arrived) if arrived.any() else np.arange(count)
    best = among[np.argmin(f[among])]
    T, f, arrived = minimise(A_used, criterion, T[[best]], oblique=oblique)
    rotmat = np.linalg.inv(T[0]).T
    if wanted is not None:  # zeros alone do not say where a factor points
        rotmat = rotmat * np.where((np.nan_to_num(wanted) == 0).all(axis=0), signs(A @ rotmat), 1.0)
    return _ordered(A, rotmat, method, float(f[0]), bool(arrived[0]), count, minima)


def criterion_of(method: str, gamma: float, delta: float, wanted: Floats | None) -> Criterion:
    """What a rotation minimises; not defined for "none" and "promax"."""
    family = method.removesuffix("_orthogonal").removesuffix("_oblique")
    if family == "target":
        if wanted is None:
            raise ValueError("a target rotation needs its target")
        return criteria.target(wanted)
    made = {
        "varimax": lambda: criteria.orthomax(1.0),
        "quartimax": lambda: criteria.orthomax(0.0),
        "oblimin": lambda: criteria.oblimin(gamma),
        "geomin": lambda: criteria.geomin(delta),
        "bifactor": criteria.bifactor,
    }
    return made[family]()


def _starts(m: int, count: int, rng: Generator | None) -> Floats:
    """The identity, then random orthogonal matrices, shape (count, m, m)."""
    out = np.broadcast_to(np.eye(m), (count, m, m)).copy()
    if count > 1:
        if rng is None:
            raise ValueError("random starts need a generator")
        q, r = np.linalg.qr(rng.normal(size=(count - 1, m, m)))
        out[1:] = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    return out


def minimise(
    A: Floats,
    criterion: Criterion,
    T: Floats,
    *,
    oblique: bool,
    tolerance: float = TOLERANCE,
    steps: int = STEPS,
    near: float = NEAR,
) -> tuple[Floats, Floats, np.ndarray]:
    """Gradient projection from the matrices T, shape (s, m, m).

    Steps are Jennrich's until the projected gradient is as short as `near`, then those of Barzilai and Borwein (1988)
    with the line search of Grippo, Lampariello and Lucidi (1986), which cross flat valleys some 20 times sooner.

    Returns
    -------
    T : ndarray, shape (s, m, m)
    value : ndarray, shape (s,)
    arrived : ndarray of bool, shape (s,)
    """
    if len(T) == 1:
        one, value_of_one, length = _minimise_one(A, criterion, T[0], oblique, tolerance, steps, near)
        arrived = length < LOOSE and np.linalg.cond(one) < 1e6
        return one[None], np.array([value_of_one]), np.array([arrived])
    T, s = T.copy(), len(T)
    norm, size = np.full(s, np.inf), np.ones(s)
    value, G = _gradient(A, criterion, T, oblique)
    P = _project(T, G, oblique)
    past = np.tile(value, (MEMORY, 1))
    active = np.arange(s)
    for count in range(steps):
        norm[active] = np.sqrt((P[active] ** 2).sum(axis=(1, 2)))
        active = active[norm[active] > tolerance]
        if not len(active):
            break
        close = norm[active] < near
        highest = np.where(close, past[:, active].max(axis=0), value[active])
        share = np.where(close, 1e-4, 0.5)
        new, f, G, step = _descend(A, criterion, T[active], P[active], highest, share, size[active], oblique)
        dT, dP = new - T[active], -P[active]
        T[active], value[active] = new, f
        past[count % MEMORY, active] = f
        P[active] = _project(new, G, oblique)
        size[active] = np.where(close, _next_size(step, dT, dP + P[active], count), 2 * step)
        active = active[step > 0]
        if not len(active):
            break
    return T, value, (norm < LOOSE) & (np.linalg.cond(T) < 1e6)


def _minimise_one(
    A: Floats, criterion: Criterion, T: Floats, oblique: bool, tolerance: float, steps: int, near: float
) -> tuple[Floats, float, float]:
    """The same from one matrix (m, m), without the bookkeeping of many; the last number is the norm of the gradient."""
    value, G = _gradient(A, criterion, T, oblique)
    P, size, past, norm = _project(T, G, oblique), 1.0, [float(value)], np.inf
    for count in range(steps):
        norm = float(np.sqrt(np.vdot(P, P)))
        if norm <= tolerance:
            break
        close = norm < near
        highest = max(past[-MEMORY:]) if close else past[-1]
        promised = (1e-4 if close else 0.5) * norm**2
        for _ in range(40):
            new = _retract(T - size * P, oblique)
            value, G = _gradient(A, criterion, new, oblique)
            if value <= highest - promised * size + 1e-15 * abs(highest):
                break
            size /= 2
        else:
            break
        past.append(float(value))
        dT, before = new - T, P
        T, P = new, _project(new, G, oblique)
        last, size = size, 2 * size
        if close:
            dP = P - before
            curve = float(np.vdot(dT, dP))
            top, bottom = (float(np.vdot(dT, dT)), curve) if count % 2 else (curve, float(np.vdot(dP, dP)))
            size = min(top / bottom, LONGEST) if curve > 0 and bottom > 0 else 2 * last
    return T, past[-1], norm


def _gradient(A: Floats, criterion: Criterion, T: Floats, oblique: bool) -> tuple[Floats, Floats]:
    """Value and derivative with respect to T."""
    if not oblique:
        value, Q = criterion(A @ T)
        return value, A.T @ Q
    inverse = np.linalg.inv(T)
    L = A @ inverse.mT
    value, Q = criterion(L)
    return value, -(L.mT @ Q @ inverse).mT


def _project(T: Floats, G: Floats, oblique: bool) -> Floats:
    """Part of the gradient that keeps to the rotations: T'T = I, or columns of length one."""
    if oblique:
        return G - T * (T * G).sum(axis=-2, keepdims=True)
    M = T.mT @ G
    return G - T @ (M + M.mT) / 2


def _retract(X: Floats, oblique: bool) -> Floats:
    if oblique:
        return X / np.sqrt((X**2).sum(axis=-2, keepdims=True))
    u, _, vt = np.linalg.svd(X)
    return np.asarray(u @ vt)


def _descend(
    A: Floats,
    criterion: Criterion,
    T: Floats,
    P: Floats,
    highest: Floats,
    share: Floats,
    size: Floats,
    oblique: bool,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Halve each step until the criterion is below `highest` by a share of what the slope promises.

    Returns the new matrices, their values and gradients, and the steps; 0 says that none was short enough.
    """
    out, value, gradient, step = T.copy(), highest.copy(), np.zeros_like(T), np.zeros(len(T))
    waiting, size = np.arange(len(T)), size.copy()
    promised = share * (P**2).sum(axis=(1, 2))
    for _ in range(40):
        new = _retract(T[waiting] - size[waiting, None, None] * P[waiting], oblique)
        got, G = _gradient(A, criterion, new, oblique)
        enough = highest[waiting] - promised[waiting] * size[waiting] + 1e-15 * np.abs(highest[waiting])
        good = got <= enough
        if len(waiting) == len(T) and good.all():
            return new, got, G, size
        done = waiting[good]
        out[done], value[done], gradient[done], step[done] = new[good], got[good], G[good], size[done]
        waiting = waiting[~good]
        if not len(waiting):
            break
        size[waiting] /= 2
    return out, value, gradient, step


def _next_size(last: Floats, dT: Floats, dP: Floats, count: int) -> Floats:
    """The two steps of Barzilai and Borwein in turn; twice the last where the criterion curves down."""
    curve = (dT * dP).sum(axis=(1, 2))
    top, bottom = ((dT**2).sum(axis=(1, 2)), curve) if count % 2 else (curve, (dP**2).sum(axis=(1, 2)))
    usable = (curve > 0) & (bottom > 0)
    return np.where(usable, np.minimum(top / np.where(usable, bottom, 1.0), LONGEST), 2 * last)


def _distinct(f: Floats) -> int:
    """Number of different values."""
    if not len(f):
        return 0
    ordered = np.sort(f)
    return 1 + int((np.diff(ordered) > SAME * np.maximum(np.abs(ordered[1:]), 1e-3)).sum())


def _promax(A: Floats, A_scaled: Floats, A_used: Floats, power: float) -> Rotation:
    """Least-squares fit of varimax loadings to their own powers (Hendrickson & White, 1964)."""
    T, _, arrived = minimise(A_scaled, criteria.orthomax(1.0), np.eye(A.shape[1])[None], oblique=False)
    V = A_used @ T[0]
    U = np.linalg.lstsq(V, V * np.abs(V) ** (power - 1), rcond=None)[0]
    U = U * np.sqrt(np.diag(np.linalg.inv(U.T @ U)))
    return _ordered(A, T[0] @ U, "promax", np.nan, bool(arrived[0]), 1, 1)


def _ordered(
    A: Floats, rotmat: Floats, method: str, criterion: float, converged: bool, starts: int, minima: int
) -> Rotation:
    """Put columns in order and turn them."""
    L = A @ rotmat
    if not method.startswith("target"):
        order = np.argsort(-(L**2).sum(axis=0), kind="stable")
        if method.startswith("bifactor"):
            order = np.concatenate([[0], order[order != 0]])
        rotmat = rotmat[:, order] * signs(L[:, order])
    inverse = np.linalg.inv(rotmat)
    phi = inverse @ inverse.T
    np.fill_diagonal(phi, 1.0)
    return Rotation(A @ rotmat, phi, rotmat, criterion, converged, starts, minima)
