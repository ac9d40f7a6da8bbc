"""Score tests: what would be gained by giving directions free that a model holds.

Numeric file. With g the gradient of -(log-likelihood)/N, H the unit information, K the directions that stay free and D
those that are released, the released ones are first freed of what K can do, P = D - K (K'HK)^-1 K'HD; then::

    V = D'HP      s = P'g      X2_r = n s_r^2 / V_rr      X2 = n s'V^-1 s      change_r = -P_r s_r / V_rr

(Rao's score test; its expected parameter changes: Saris, Satorra & Soerbom, 1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.moments.sample import Floats, Ints

NONE = 1e-7  # information of a direction, relative to what it holds by itself, below which K can do what it can


@dataclass(frozen=True)
class Scores:
    """Score tests of r directions.

    Attributes
    ----------
    each, df : ndarray, shape (r,)
        Statistic and degrees of freedom (1, or 0 and NaN where nothing is released) of each direction by itself.
    change : ndarray, shape (r, q)
        Expected changes of the parameters when one direction is released.
    total, rank : float and int
        Statistic and degrees of freedom of all together.
    all_change : ndarray, shape (q,)
        Expected changes when all are released.
    """

    each: Floats
    df: Ints
    change: Floats
    total: float
    rank: int
    all_change: Floats


def score_tests(g: Floats, H: Floats, K: Floats, D: Floats, n: float, every: Floats | None = None) -> Scores:
    """Test directions beside the free directions K (q, z).

    Parameters
    ----------
    g, H : ndarray, shapes (q,) and (q, q)
        Gradient and unit information.
    D : ndarray, shape (q, r)
        The directions that are tested one by one.
    n : float
        Number of rows.
    every : ndarray, shape (q, e), optional
        The directions that are tested together; D unless given.
    """
    P, V, s, own = _freed(g, H, K, D)
    alone = np.diag(V)
    real = alone > NONE * own
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(real, n * s**2 / alone, np.nan)
        change = np.where(real, -s / alone, np.nan)[:, None] * P.T
    if every is not None:
        P, V, s, own = _freed(g, H, K, every)
    scale = 1 / np.sqrt(own)
    values, vectors = np.linalg.eigh((V + V.T) / 2 * scale * scale[:, None])
    keep = values > NONE
    half = scale[:, None] * vectors[:, keep] / np.sqrt(values[keep])
    step = half @ (half.T @ s)
    return Scores(each, real.astype(np.int64), change, float(n * s @ step), int(keep.sum()), -P @ step)


def _freed(g: Floats, H: Floats, K: Floats, D: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """P, V and s, and the information that each direction holds by itself."""
    HD = H @ D
    inner = K.T @ H @ K
    units = 1 / np.sqrt(np.maximum(np.diag(inner), 1e-300))
    A = units[:, None] * np.linalg.lstsq(inner * units * units[:, None], units[:, None] * (K.T @ HD), rcond=1e-12)[0]
    P = D - K @ A
    own = np.maximum(np.einsum("qr,qr->r", D, HD), 1e-300)
    return P, HD.T @ P, P.T @ g, own


def released(J: Floats, n_equal: int, units: Floats) -> tuple[Floats, Floats, Floats]:
    """Directions that constraints leave free, and one per equality that breaks it and no other.

    Parameters
    ----------
    J : ndarray, shape (m, q)
        Jacobian of the constraints.
    n_equal : int
        How many of them, the first, may be released.
    units : ndarray, shape (q,)
        Size of each parameter, so that the units of the items do not matter.

    Returns
    -------
    K, D, every : ndarray, shapes (q, z), (q, n_equal) and (q, e)
        A constraint that the others imply has a direction of zeros: to release it alone changes nothing. `every` spans
        what is released when all equalities are.
    """
    J = J * units
    length = np.linalg.norm(J, axis=1)
    J = J / np.where(length > 0, length, 1.0)[:, None]
    U, s, Vt = np.linalg.svd(J)
    rank = int(np.sum(s > 1e-9 * max(1.0, s.max(initial=0.0))))
    inverse = Vt[:rank].T @ (U[:, :rank] / s[:rank]).T
    D = inverse[:, :n_equal]
    if rank < len(J):
        breaks = J @ D
        only = np.abs(breaks - np.eye(len(J))[:, :n_equal]).max(axis=0) < 1e-7
        D = np.where(only, D, 0.0)
    held = _row_space(J[n_equal:])[1]
    every = held @ _row_space(J[:n_equal] @ held)[0]
    return units[:, None] * Vt[rank:].T, units[:, None] * D, units[:, None] * every


def _row_space(J: Floats) -> tuple[Floats, Floats]:
    """Orthonormal bases of the row space of J and of its null space, as columns."""
    _, s, Vt = np.linalg.svd(J)
    rank = int(np.sum(s > 1e-9 * max(1.0, s.max(initial=0.0))))
    return Vt[:rank].T, Vt[rank:].T
