"""Patterns of answers within a person and between persons (Meade & Craig 2012; Curran 2016): arrays in, arrays out.

X is always (rows = respondents, columns = items in the order of the form), float64, NaN = no answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CATEGORIES = 20  # distinct answers beyond which an item counts as a measurement, of which equal values say little
CELLS = 20_000_000  # of one block of comparisons between persons, so that memory does not grow with n squared


def longest_run(X: Array) -> NDArray[np.int64]:
    """Return the longest run of equal consecutive answers per row (Johnson 2005), shape (n,); 0 without an answer.

    Items without an answer are passed over: the run is over the answers that were given, in their order.
    """
    n, p = X.shape
    best = np.zeros(n, dtype=np.int64)
    run = np.zeros(n, dtype=np.int64)
    last = np.full(n, np.nan)
    for j in range(p):
        x = X[:, j]
        given = ~np.isnan(x)
        run = np.where(given, np.where(x == last, run + 1, 1), run)
        last = np.where(given, x, last)
        best = np.maximum(best, run)
    return best


def same_throughout(X: Array, at_least: int) -> Array:
    """Return 1 where all answers of a row are equal, 0 where not, NaN with fewer than `at_least` answers."""
    answered = (~np.isnan(X)).sum(axis=1)
    top = np.where(np.isnan(X), -np.inf, X).max(axis=1, initial=-np.inf)
    bottom = np.where(np.isnan(X), np.inf, X).min(axis=1, initial=np.inf)
    return np.where(answered >= at_least, (top == bottom).astype(float), np.nan)


def intra_individual_sd(X: Array) -> Array:
    """Return the standard deviation (divisor: answers - 1) of each row's answers (Dunn et al. 2018), shape (n,)."""
    given = ~np.isnan(X)
    k = given.sum(axis=1)
    filled = np.where(given, X, 0.0)
    mean = filled.sum(axis=1) / np.maximum(k, 1)
    ss = (np.where(given, X - mean[:, None], 0.0) ** 2).sum(axis=1)
    return np.where(k >= 2, np.sqrt(ss / np.maximum(k - 1, 1)), np.nan)


def first_equal_row(X: Array) -> NDArray[np.int64]:
    """Return per row the position of the first row with the same answers and gaps, -1 where there is none.

    Rows without any answer are nobody's copy.
    """
    found = np.full(len(X), -1, dtype=np.int64)
    seen: dict[bytes, int] = {}
    for i, row in enumerate(np.ascontiguousarray(np.nan_to_num(X, nan=np.inf) + 0.0)):
        if np.isinf(row).all():
            continue
        first = seen.setdefault(row.tobytes(), i)
        found[i] = first if first != i else -1
    return found


def repeats(X: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many answers of a row equal the one given before, and how many have one before; shapes (n,)."""
    last = X[:, :1].copy() if X.shape[1] else np.full((len(X), 1), np.nan)
    same, chances = np.zeros(len(X), dtype=np.int64), np.zeros(len(X), dtype=np.int64)
    for x in X.T[1:]:
        both = ~np.isnan(x) & ~np.isnan(last[:, 0])
        chances += both
        same += both & (x == last[:, 0])
        last[:, 0] = np.where(np.isnan(x), last[:, 0], x)
    return same, chances


def best_match(X: Array, least: float = 0.5) -> tuple[Array, NDArray[np.int64]]:
    """Return the share of answers that a row has in common with the row most like it, and which row that is.

    The percent match of Kuriakose & Robbins (2016): equal answers among the items that both answered, the largest over
    all other rows. Rows that share fewer than `least` of the items that this row answered are not compared with it.

    Returns
    -------
    share : (n,) array
        NaN for rows that cannot be compared with any other.
    other : (n,) array of int
        First of the rows most like it, -1 without any.

    Notes
    -----
    With E the (n, items x categories) indicators of the answers, E E' counts equal answers; rows are taken in blocks.
    Items of more than `CATEGORIES` distinct answers are no categories and are not compared.
    """
    n = len(X)
    share, other = np.full(n, np.nan), np.full(n, -1, dtype=np.int64)
    values = [np.unique(x[~np.isnan(x)]) for x in X.T]
    kept = [j for j, v in enumerate(values) if 0 < len(v) <= CATEGORIES]
    if not kept or n < 2:
        return share, other
    E = np.column_stack([X[:, [j]] == values[j] for j in kept]).astype(np.float32)
    G = (~np.isnan(X[:, kept])).astype(np.float32)
    complete = bool(G.all())
    answered = G.sum(axis=1)
    size = max(1, CELLS // n)
    for at in range(0, n, size):
        rows = np.arange(at, min(at + size, n))
        both = np.full((len(rows), n), float(len(kept)), dtype=np.float32) if complete else G[rows] @ G.T
        both[both < np.maximum(least * answered[rows], 1)[:, None]] = np.nan
        match = E[rows] @ E.T / both
        match[np.arange(len(rows)), rows] = np.nan
        match = np.where(np.isnan(match), -1.0, match)
        best = match.argmax(axis=1)
        found = match[np.arange(len(rows)), best]
        share[rows], other[rows] = np.where(found >= 0, found, np.nan), np.where(found >= 0, best, -1)
    return share, other
