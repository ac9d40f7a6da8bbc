"""Sums of products of casewise scores over the units that were drawn: rows, clusters, clusters within strata.

Numeric file. Between-unit estimator of the variance of a total (Binder, 1983)::

    sum over strata h of  (1 - f_h) n_h / (n_h - 1)  sum over units c of h  (t_c - tbar_h)(t_c - tbar_h)'

t_c being the sum of the scores in unit c and f_h the share of the units of h that were drawn, 0 where they are drawn
with replacement or from very many. Without clusters and strata the rows are the units and the factor is left out;
without strata nothing is centred, since scores sum to zero where they are solved for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.parallel import all_threads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 4096  # rows whose scores are held at a time
LARGE = 5e9  # multiplications from which several threads pay


def total_products(
    scores: Callable[[Ints], Floats],
    n: int,
    k: int,
    *,
    cluster: Ints | None = None,
    strata: Ints | None = None,
    domain: Ints | None = None,
    fraction: Floats | None = None,
    alone: str = "adjust",
    chunk: int = CHUNK,
) -> Floats:
    """Covariance matrix of the total of the scores for units drawn as `cluster` and `strata` say.

    Parameters
    ----------
    scores : callable
        Takes places of rows, shape (m,), and returns their scores, weights included, shape (m, k).
    n, k : int
        Rows and scores.
    cluster, strata : ndarray of int, shape (n,), optional
        Codes. A cluster that lies in two strata counts as two units.
    domain : ndarray of int, shape (n,), optional
        Code 0..D-1 of the part of the population that a row belongs to, -1 for none; needs `strata`. Each part has a
        total of its own, to which units without rows in it contribute zero.
    fraction : ndarray, shape (H,), optional
        Share of the units of each stratum that were drawn, strata in the order of their codes.
    alone : {"adjust", "average", "remove"}
        What the only unit of a stratum contributes: its distance from zero, the mean of scores that are solved for; the
        average of the other strata; nothing. `lonely` counts such strata.
    chunk : int
        Rows whose scores are held at a time.

    Returns
    -------
    ndarray, shape (k, k), with `domain` (D, k, k)
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
    kept = np.ones(len(size)) if fraction is None else 1.0 - fraction
    factor = kept * size / np.maximum(size - 1, 1)
    factor[size == 1] *= alone == "adjust"
    place = np.zeros(len(order), dtype=np.int64)
    if domain is not None:
        order, unit, place = _by_domain(order, unit, domain)
    D = int(place.max(initial=0)) + 1
    products, sums = np.zeros((D, k, k)), np.zeros((D, len(size), k))
    piece = np.cumsum(np.concatenate([[False], (np.diff(unit) != 0) | (np.diff(place) != 0)]))
    carried = np.zeros((0, k))  # the part of a unit that a chunk has cut
    for at in range(0, len(order), chunk):
        here = piece[at : at + chunk]
        first = np.flatnonzero(np.diff(here, prepend=here[0] - 1))
        T = np.add.reduceat(scores(order[at : at + chunk]), first, axis=0)
        last = first + at
        if len(carried):
            if here[0] == piece[at - 1]:
                T[0] += carried[0]
            else:
                T, last = np.vstack([carried, T]), np.concatenate([[at - 1], last])
        if at + chunk < len(order):
            carried, T, last = T[-1:].copy(), T[:-1], last[:-1]
        h, d = stratum[unit[last]], place[last]
        _collect(products, sums, T, h, d, factor)
    if strata is not None:
        _centre(products, sums, size, factor, alone)
    return products if domain is not None else products[0]


def _collect(products: Floats, sums: Floats, T: Floats, h: Ints, d: Ints, factor: Floats) -> None:
    """Add units, sorted by domain and stratum, to products (D, k, k) and sums (D, H, k)."""
    if not len(T):
        return
    starts = np.flatnonzero(np.concatenate([[True], (np.diff(h) != 0) | (np.diff(d) != 0)]))
    sums[d[starts], h[starts]] += np.add.reduceat(T, starts, axis=0)
    T = T * np.sqrt(factor[h])[:, None]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(d) != 0]))
    for a, b in zip(starts, [*starts[1:], len(T)], strict=True):
        products[d[a]] += T[a:b].T @ T[a:b]


def _centre(products: Floats, sums: Floats, size: Ints, factor: Floats, alone: str) -> None:
    """Take off what units owe to the mean of their stratum; lone units may count as the others do on average."""
    single = size == 1
    by_root = sums * np.sqrt(np.where(single, 0.0, factor / size))[:, None]
    products -= np.swapaxes(by_root, 1, 2) @ by_root
    if single.any() and alone == "average" and not single.all():
        products *= len(size) / (~single).sum()


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


def unit_of_rows(n: int, cluster: Ints | None, strata: Ints | None) -> tuple[Ints, Ints]:
    """Unit of each row, shape (n,), and stratum of each unit, shape (U,)."""
    order, unit, stratum = units(n, cluster, strata)
    of_row = np.empty(n, dtype=np.int64)
    of_row[order] = unit
    return of_row, stratum


def _by_domain(order: Ints, unit: Ints, domain: Ints) -> tuple[Ints, Ints, Ints]:
    """Order of the rows by domain and unit, rows outside left out, with unit and domain of each."""
    d = domain[order]
    again = np.argsort(d, kind="stable")
    again = again[np.searchsorted(d[again], 0) :]
    return order[again], unit[again], d[again]


def _chunks(rows: Ints, size: int) -> list[Ints]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]
