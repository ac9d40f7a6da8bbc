"""Polychoric correlations within constructs: the tables of all pairs of all constructs in one batch.

Numeric file. Pairs across constructs, which `moments.ordinal_moments` would estimate too, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cgsurvey.moments.association import polychoric
from cgsurvey.moments.pairs import without_zero
from cgsurvey.reliability.coefficients import NAN, Floats

Ints = NDArray[np.int64]
MOST = 11  # distinct answers beyond which an item is taken as continuous
SPAN = 64  # answers further apart are sorted instead of counted


def is_ordinal(x: Floats) -> bool:
    """Say whether each column of x, shape (n, k), has between two and `MOST` distinct values."""
    return coded(x) is not None


def coded(x: Floats) -> Ints | None:
    """Return the columns of x, shape (n, k), as places among their own values; None where they are not ordinal."""
    whole = tally(x)
    if whole is not None:
        low, counts = whole
        present = counts > 0
        levels = present.sum(axis=1)
        if levels.min() < 2 or levels.max() > MOST:
            return None
        return np.asarray((present.cumsum(axis=1) - 1)[np.arange(len(counts)), (x - low).astype(np.int64)])
    found = [np.unique(column, return_inverse=True) for column in x.T]
    if not all(2 <= len(values) <= MOST for values, _ in found):
        return None
    return np.column_stack([code for _, code in found])


def tally(x: Floats) -> tuple[float, Ints] | None:
    """Count the whole numbers in each column of x, shape (n, k), NaN left out, at once.

    Returns the smallest answer of all, and counts, shape (k, answers), of it and its followers; None where an answer is
    not a whole number or they lie further apart than answers on a rating scale do.
    """
    given = ~np.isnan(x)
    if not given.any():
        return None
    answers = x[given]
    low, span = answers.min(), np.ptp(answers) + 1
    if span > SPAN or (answers != np.rint(answers)).any():
        return None
    width, k = int(span), x.shape[1]
    place = (answers - low).astype(np.int64) + width * np.broadcast_to(np.arange(k), x.shape)[given]
    return float(low), np.bincount(place, minlength=k * width).reshape(k, width)


@dataclass(frozen=True)
class Tables:
    """Tables of all pairs (i, j), i < j, of the items of a construct, and the rows of each category of each item."""

    counts: Sequence[Floats]
    pairs: Mapping[tuple[int, int], Floats]


def tables_of(codes: Ints) -> Tables:
    """Count complete answers, shape (n, k), `coded`."""
    columns = list(codes.T)
    counts = [np.bincount(code).astype(float) for code in columns]
    pairs = {}
    for i, j in combinations(range(len(columns)), 2):
        size = len(counts[i]), len(counts[j])
        N = np.bincount(columns[i] * size[1] + columns[j], minlength=size[0] * size[1])
        pairs[i, j] = N.reshape(size).astype(float)
    return Tables(counts, pairs)


def tables_of_counts(joint: Floats, levels: Ints) -> Tables | None:
    """Cut the tables out of joint counts (`moments.pairs.joint_counts`); None where an item has one category left."""
    at = np.split(np.arange(len(joint)), np.cumsum(levels)[:-1])
    at = [a[np.diag(joint)[a] > 0] for a in at]
    if any(len(a) < 2 for a in at):
        return None
    pairs = {(i, j): joint[np.ix_(at[i], at[j])] for i, j in combinations(range(len(at)), 2)}
    return Tables([np.diag(joint)[a] for a in at], pairs)


def polychoric_matrices(blocks: Sequence[Ints | Tables]) -> list[Floats]:
    """Polychoric correlations of the columns of each block, two-step maximum likelihood, as lavaan::lavCor.

    Parameters
    ----------
    blocks : sequence of ndarray, shapes (n_b, k_b)
        Complete answers, `coded`, or their tables.

    Returns
    -------
    list of ndarray, shapes (k_b, k_b)
        NaN throughout where the correlation of a pair was not found.
    """
    tables = [block if isinstance(block, Tables) else tables_of(block) for block in blocks]
    out = [np.eye(len(t.counts)) for t in tables]
    shapes: dict[tuple[int, ...], list[tuple[int, int, int, Floats, Floats, Floats]]] = {}
    for b, t in enumerate(tables):
        cuts = [ndtri(np.cumsum(count)[:-1] / count.sum()) for count in t.counts]
        for (i, j), N in t.pairs.items():
            shapes.setdefault(N.shape, []).append((b, i, j, N, cuts[i], cuts[j]))
    for pairs in shapes.values():
        N, _, perfect = without_zero(np.array([p[3] for p in pairs]))
        found = polychoric(N, np.array([p[4] for p in pairs]), np.array([p[5] for p in pairs]))
        rho = np.where(perfect, np.sign(found.rho), np.where(found.lost, NAN, found.rho))
        for (b, i, j, *_), r in zip(pairs, rho, strict=True):
            out[b][i, j] = out[b][j, i] = r
    return [M if np.isfinite(M).all() else np.full_like(M, NAN) for M in out]


def smoothed(R: Floats, floor: float = 1e-6) -> Floats:
    """Nearest usable correlation matrix: negative eigenvalues are raised to `floor`, the diagonal scaled to 1."""
    roots, vectors = np.linalg.eigh(R)
    raised = (vectors * np.maximum(roots, floor)) @ vectors.T
    d = np.sqrt(np.diag(raised))
    return np.asarray(raised / np.outer(d, d))
