"""Polychoric correlations within constructs: the tables of all pairs of all constructs in one batch.

Numeric file. Pairs across constructs, which `moments.ordinal_moments` would estimate too, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cgsurvey.moments.association import polychoric
from cgsurvey.moments.pairs import without_zero
from cgsurvey.reliability.coefficients import NAN, Floats

Ints = NDArray[np.int64]
MOST = 11  # distinct answers beyond which an item is taken as continuous


def is_ordinal(x: Floats) -> bool:
    """Say whether each column of x, shape (n, k), has between two and `MOST` distinct values."""
    return coded(x) is not None


def coded(x: Floats) -> Ints | None:
    """Return the columns of x, shape (n, k), as places among their own values; None where they are not ordinal."""
    found = [np.unique(column, return_inverse=True) for column in x.T]
    if not all(2 <= len(values) <= MOST for values, _ in found):
        return None
    return np.column_stack([code for _, code in found])


def polychoric_matrices(blocks: Sequence[Ints]) -> list[Floats]:
    """Polychoric correlations of the columns of each block, two-step maximum likelihood, as lavaan::lavCor.

    Parameters
    ----------
    blocks : sequence of ndarray, shapes (n_b, k_b)
        Complete answers, `coded`.

    Returns
    -------
    list of ndarray, shapes (k_b, k_b)
        NaN throughout where the correlation of a pair was not found.
    """
    out = [np.eye(block.shape[1]) for block in blocks]
    shapes: dict[tuple[int, int], list[tuple[int, int, int, Floats, Floats, Floats]]] = {}
    for b, block in enumerate(blocks):
        codes = list(block.T)
        counts = [np.bincount(code) for code in codes]
        cuts = [ndtri(np.cumsum(count)[:-1] / len(block)) for count in counts]
        for i, j in combinations(range(len(codes)), 2):
            size = len(counts[i]), len(counts[j])
            N = np.bincount(codes[i] * size[1] + codes[j], minlength=size[0] * size[1]).reshape(size).astype(float)
            shapes.setdefault(size, []).append((b, i, j, N, cuts[i], cuts[j]))
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
