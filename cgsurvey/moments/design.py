"""Sums of products of casewise scores over the units that were drawn: rows, clusters, clusters within strata.

Numeric file. Between-unit (with-replacement) estimator of the variance of a total (Binder, 1983)::

    sum over strata h of  n_h / (n_h - 1)  sum over units c of h  (t_c - tbar_h)(t_c - tbar_h)'

t_c being the sum of the scores in unit c. Without clusters and strata the rows are the units and the factor is left
out; without strata nothing is centred, since scores sum to zero where they are solved for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np

from cgsurvey.base.parallel import all_threads
from cgsurvey.moments.sample import Floats, Ints

CHUNK = 4096  # rows whose scores are held at a time
LARGE = 5e9  # multiplications from which several threads pay


def total_products(
    scores: Callable[[Ints], Floats],
    n: int,
    k: int,
    *,
    cluster: Ints | None = None,
    strata: Ints | None = None,
    chunk: int = CHUNK,
) -> Floats:
    """Covariance matrix of the total of the scores, shape (k, k), for units drawn as `cluster` and `strata` say.

    Parameters
    ----------
    scores : callable
        Takes places of rows, shape (m,), and returns their scores, weights included, shape (m, k).
    n, k : int
        Rows and scores.
    cluster, strata : ndarray of int, shape (n,), optional
        Codes. A cluster that lies in two strata counts as two units. The only unit of a stratum is set against the
        mean of all units, which is zero ("adjust" of the R package survey); `lonely` counts such strata.
    chunk : int
        Rows whose scores are held at a time.
    """
    out = np.zeros((k, k))
    if cluster is None and strata is None:
        with all_threads() if n * k**2 > LARGE else nullcontext():
            for rows in _chunks(np.arange(n), chunk):
                Z = scores(rows)
                out += Z.T @ Z
        return out
    order, unit, stratum = units(n, cluster, strata)
    size = np.bincount(stratum)
    factor = size / np.maximum(size - 1, 1)
    sums = np.zeros((len(size), k))
    carried = np.zeros((0, k))  # the part of a unit that a chunk has cut
    for at in range(0, n, chunk):
        here = unit[at : at + chunk]
        first = np.flatnonzero(np.diff(here, prepend=here[0] - 1))
        T = np.add.reduceat(scores(order[at : at + chunk]), first, axis=0)
        unit_of = here[first]
        if len(carried):
            if unit_of[0] == unit[at - 1]:
                T[0] += carried[0]
            else:
                T, unit_of = np.vstack([carried, T]), np.concatenate([[unit[at - 1]], unit_of])
        if at + chunk < n:
            carried, T, unit_of = T[-1:].copy(), T[:-1], unit_of[:-1]
        h = stratum[unit_of]
        T = T * np.sqrt(factor[h])[:, None]
        out += T.T @ T
        if strata is not None:
            np.add.at(sums, h, T)
    if strata is not None:
        # sums carry the root of the factor once, as their products need it.
        centred = sums / np.sqrt(np.where(size > 1, size, np.inf))[:, None]
        out -= centred.T @ centred
    return out


def lonely(strata: Ints, cluster: Ints | None) -> int:
    """Number of strata that consist of one unit."""
    return int((np.bincount(units(len(strata), cluster, strata)[2]) == 1).sum())


def units(n: int, cluster: Ints | None, strata: Ints | None) -> tuple[Ints, Ints, Ints]:
    """Order of the rows by unit, unit of each row in that order, and stratum of each unit."""
    rows = np.arange(n)
    c = rows if cluster is None else cluster
    h = np.zeros(n, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1].astype(np.int64)
    order = np.lexsort((c, h))
    c, h = c[order], h[order]
    new = np.concatenate([[False], (np.diff(c) != 0) | (np.diff(h) != 0)])
    unit = np.cumsum(new).astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], new[1:]]))
    return order, unit, h[first]


def _chunks(rows: Ints, size: int) -> list[Ints]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]
