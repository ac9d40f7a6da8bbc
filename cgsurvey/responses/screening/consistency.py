"""How consistent the answers of a person are with each other: arrays in, arrays out.

X is always (rows = respondents, columns = items), float64, NaN = no answer. Each index is a correlation within a person
and NaN where fewer than `PAIRS` pairs of answers, or no variance, leave none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgsurvey.responses.screening.distances import available_covariance

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
PAIRS = 3  # pairs of answers below which a correlation is always 1, -1 or nothing


def row_correlation(A: Array, B: Array) -> Array:
    """Return the Pearson correlation of each row of A with the same row of B, over the columns where both have a value.

    Parameters
    ----------
    A, B : (n, k) array

    Returns
    -------
    (n,) array
    """
    both = ~(np.isnan(A) | np.isnan(B))
    k = both.sum(axis=1)
    a, b = (np.where(both, v, 0.0) for v in (A, B))
    a, b = (np.where(both, v - (v.sum(axis=1) / np.maximum(k, 1))[:, None], 0.0) for v in (a, b))
    aa, bb = (a**2).sum(axis=1), (b**2).sum(axis=1)
    # Equal answers leave rounding errors, not variance.
    size = np.maximum(1.0, np.abs(np.where(both, A, 0.0)).max(axis=1, initial=0.0)) ** 2
    live = (k >= PAIRS) & (aa > 1e-20 * size) & (bb > 1e-20 * size)
    return np.where(live, (a * b).sum(axis=1) / np.sqrt(np.where(live, aa * bb, 1.0)), np.nan)


def even_odd(X: Array, constructs: Sequence[Indices]) -> Array:
    """Return the even-odd consistency of each row (Johnson 2005), shape (n,); higher is more consistent.

    Each construct is split into its first, third, ... and second, fourth, ... items; r is the correlation of the two
    half scores over the constructs, stepped up by Spearman and Brown: 2 r / (1 + r), and no less than -1.

    Parameters
    ----------
    X : (n, p) array
        Items keyed, in one metric.
    constructs : sequence of int arrays
        Columns of each construct in the order of the form; constructs of one item are passed over.
    """
    blocks = [c for c in constructs if len(c) >= 2]
    if not blocks:
        return np.full(len(X), np.nan)
    first, second = (np.column_stack([_row_mean(X[:, c[k::2]]) for c in blocks]) for k in (0, 1))
    r = row_correlation(first, second)
    return np.where(r > -1 / 3, 2 * r / np.where(r > -1 / 3, 1 + r, 1.0), np.where(np.isnan(r), np.nan, -1.0))


def _row_mean(X: Array) -> Array:
    k = (~np.isnan(X)).sum(axis=1)
    return np.where(k > 0, np.nansum(X, axis=1) / np.maximum(k, 1), np.nan)


def correlations(X: Array) -> Array:
    """Return correlations of the available pairs, shape (p, p); NaN with items that do not vary."""
    given = ~np.isnan(X)
    mean = np.where(given, X, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)
    S = available_covariance(np.where(given, X - mean, 0.0), given.astype(float))
    d = np.sqrt(np.where(np.diag(S) > 1e-12 * np.maximum(mean**2, 1.0), np.diag(S), np.nan))
    return np.asarray(S / np.outer(d, d))


def pairs(R: Array, critical_r: float) -> tuple[Indices, Indices]:
    """Return pairs of items that correlate at `critical_r` or more, and at `-critical_r` or less; shapes (k, 2)."""
    i, j = np.triu_indices(len(R), 1)
    r = np.nan_to_num(R[i, j])
    both = np.column_stack([i, j])
    return both[r >= critical_r], both[r <= -critical_r]


def over_pairs(X: Array, chosen: Indices) -> Array:
    """Return the correlation of each row over pairs of items (Meade & Craig 2012), shape (n,).

    Psychometric synonyms: high for consistent answers. Antonyms: low, near -1. The item that comes first in the form is
    the first of its pair.
    """
    return row_correlation(X[:, chosen[:, 0]], X[:, chosen[:, 1]])


def person_total(X: Array) -> Array:
    """Return the correlation of each row with the item means of the other rows (Donlon & Fischer 1968), shape (n,)."""
    given = ~np.isnan(X)
    rest = given.sum(axis=0) - given
    total = np.where(given, X, 0.0).sum(axis=0) - np.where(given, X, 0.0)
    return row_correlation(X, np.where(rest > 0, total / np.maximum(rest, 1), np.nan))


def contradictions(
    X: Array, middle: Array, constructs: Sequence[tuple[Indices, Indices]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count pairs of items of opposite keying in one construct that got answers on the same side of the middle.

    Parameters
    ----------
    X : (n, p) array
        Answers as given.
    middle : (p,) array
        Middle of the answer scale of each item; an answer there contradicts nothing.
    constructs : sequence of (items keyed positively, items keyed negatively)

    Returns
    -------
    count, judged : (n,) int arrays
        Contradictions, and pairs of which both items were answered.
    """
    high, low, given = middle < X, middle > X, ~np.isnan(X)
    count, judged = np.zeros(len(X), dtype=np.int64), np.zeros(len(X), dtype=np.int64)
    for plus, minus in constructs:
        count += high[:, plus].sum(axis=1) * high[:, minus].sum(axis=1)
        count += low[:, plus].sum(axis=1) * low[:, minus].sum(axis=1)
        judged += given[:, plus].sum(axis=1) * given[:, minus].sum(axis=1)
    return count, judged


def opposed(R: Array) -> NDArray[np.bool_]:
    """Say which items of a construct go against most others: those of the rarer sign on the first principal axis.

    Items whose entry is less than a third of the largest are not judged: they go with nothing.
    """
    if np.isnan(R).any() or len(R) < 2:
        return np.zeros(len(R), dtype=np.bool_)
    v = np.linalg.eigh(R)[1][:, -1]
    sign = np.where(np.abs(v) >= np.abs(v).max() / 3, np.sign(v), 0)
    if len(R) == 2:
        return np.array([False, bool(R[0, 1] < 0)])
    return np.asarray(sign == (-1 if (sign > 0).sum() >= (sign < 0).sum() else 1))
