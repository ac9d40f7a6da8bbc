"""Random answers from a model: what variances must be, drawing, cutting into categories.

Numeric file. With E = (I - A)^-1 the variables of a model are v = E (m + zeta), zeta ~ N(0, S).
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def unit_variances(A: Floats, S: Floats, wanted: NDArray[np.bool_]) -> Floats:
    """Return the diagonal of S that gives the `wanted` variables variance 1.

    The variances diag(E S E') are linear in diag(S); the equations are solved at once, so loops in A are no obstacle.

    Parameters
    ----------
    A, S : ndarray, shape (v, v)
        The diagonal of S counts where `wanted` is False.
    wanted : ndarray of bool, shape (v,)

    Returns
    -------
    ndarray, shape (v,)
        May be negative where a variable is explained more than fully.
    """
    E = np.linalg.inv(np.eye(len(A)) - A)
    known = S.copy()
    known[wanted, wanted] = 0.0
    rest = 1.0 - np.einsum("ki,ij,kj->k", E, known, E)[wanted]
    out = np.diag(S).copy()
    out[wanted] = np.linalg.solve((E**2)[np.ix_(wanted, wanted)], rest)
    return out


def draw(
    A: Floats,
    S: Floats,
    m: Floats,
    n: int,
    rng: Generator,
    *,
    cluster: NDArray[np.int64] | None = None,
    icc: Floats | None = None,
) -> Floats:
    """Draw n rows of v = E (m + zeta), shape (n, v).

    Parameters
    ----------
    A, S, m : ndarray
        Arrows (v, v), covariances of zeta (v, v), intercepts (v,).
    cluster : ndarray of int, shape (n,), optional
        Cluster of each row, 0-based.
    icc : ndarray, shape (v,), optional
        Share of the variance of each zeta that the rows of a cluster have in common:
        zeta = sqrt(icc) u[cluster] + sqrt(1 - icc) e. The covariance of zeta stays S where correlated zetas have the
        same share.

    Raises
    ------
    numpy.linalg.LinAlgError
        When S is not positive semidefinite.
    """
    zeta = _normal(S, n, rng)
    if cluster is not None and icc is not None:
        shared = _normal(S, int(cluster.max()) + 1, rng)
        zeta = np.sqrt(1 - icc) * zeta + np.sqrt(icc) * shared[cluster]
    return np.asarray(np.linalg.solve(np.eye(len(A)) - A, (zeta + m).T).T, dtype=np.float64)


def _normal(S: Floats, n: int, rng: Generator) -> Floats:
    """Draw from N(0, S); variables of variance 0 are 0."""
    live = np.diag(S) > 0
    out = np.zeros((n, len(S)))
    out[:, live] = rng.standard_normal((n, int(live.sum()))) @ np.linalg.cholesky(S[np.ix_(live, live)]).T
    return out


def even_thresholds(categories: int, skew: float = 0.0) -> Floats:
    """Return categories - 1 evenly spaced thresholds around `skew`, in standard deviations."""
    reach = 1.6 * (categories - 2) / max(categories - 1, 1)
    return np.asarray(np.linspace(-reach, reach, categories - 1) + skew, dtype=np.float64)


def cut(y: Floats, thresholds: Floats) -> Floats:
    """Return 1 + the number of thresholds below each value, as float."""
    return np.asarray(1.0 + np.searchsorted(thresholds, y, side="left"), dtype=np.float64)
