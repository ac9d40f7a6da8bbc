"""What programs for partial least squares or sum scores estimate from the same correlations: weighted sums of items.

Numeric file. R (p, p) correlations of the items, blocks of their positions, one per construct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.errors import ConvergenceError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STEPS, CLOSE = 1000, 1e-12


@dataclass(frozen=True)
class Composites:
    """J composites of p items.

    Attributes
    ----------
    weights : ndarray, shape (p, J)
        Of standardised items, so that composites have unit variance; 0 outside the block.
    loadings : ndarray, shape (p,)
        Correlation of each item with its own composite.
    correlations : ndarray, shape (J, J)
        Of the composites.
    paths : ndarray, shape (J, J)
        Standardised regression coefficients, [to, from].
    r2 : ndarray, shape (J,)
        Explained share; NaN without a cause.
    """

    weights: Floats
    loadings: Floats
    correlations: Floats
    paths: Floats
    r2: Floats


def composites(R: Floats, blocks: Sequence[Ints], causes: NDArray[np.bool_], *, equal: bool = False) -> Composites:
    """Estimate reflective composites (mode A, path weighting) of Wold (1982), or of equal weights.

    Parameters
    ----------
    R : ndarray, shape (p, p)
    blocks : sequence of ndarray of int
        Items of each of the J constructs.
    causes : ndarray of bool, shape (J, J)
        [to, from]: which construct is regressed on which.
    equal : bool
        Sums of standardised items instead.

    Raises
    ------
    ConvergenceError
        When the weights do not settle.

    Notes
    -----
    The inner weight of a neighbour is its regression coefficient where it is a cause and its correlation where it is an
    effect (Lohmöller, 1989); outer weights are the covariances of the items with the inner sum. Signs are such that
    the loadings of a block sum to a positive number.
    """
    W = np.zeros((len(R), len(blocks)))
    for j, block in enumerate(blocks):
        W[block, j] = 1.0
    W = _unit(W, R)
    for _ in range(0 if equal else STEPS):
        before, W = W, _unit(_oriented(_outer(R, W, blocks, causes), R), R)
        if np.abs(W - before).max() < CLOSE:
            break
    else:
        if not equal:
            raise ConvergenceError("the weights of the composites do not settle.")
    C = W.T @ R @ W
    paths, r2 = _regressions(C, causes)
    loadings, with_all = np.full(len(R), np.nan), R @ W
    for j, block in enumerate(blocks):
        loadings[block] = with_all[block, j]
    return Composites(W, loadings, C, paths, r2)


def _outer(R: Floats, W: Floats, blocks: Sequence[Ints], causes: NDArray[np.bool_]) -> Floats:
    C = W.T @ R @ W
    paths, _ = _regressions(C, causes)
    inner = np.where(causes, paths, 0.0) + np.where(causes.T & ~causes, C, 0.0)  # [j, k]: weight of k in the sum of j
    covariances = R @ W @ inner.T
    out = np.zeros_like(W)
    for j, block in enumerate(blocks):
        out[block, j] = covariances[block, j]
    return out


def _regressions(C: Floats, causes: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    paths, r2 = np.zeros_like(C), np.full(len(C), np.nan)
    for j, row in enumerate(causes):
        if (k := np.flatnonzero(row)).size:
            paths[j, k] = np.linalg.solve(C[np.ix_(k, k)], C[k, j])
            r2[j] = paths[j, k] @ C[k, j]
    return paths, r2


def _unit(W: Floats, R: Floats) -> Floats:
    return W / np.sqrt(np.einsum("pj,pq,qj->j", W, R, W))


def _oriented(W: Floats, R: Floats) -> Floats:
    return W * np.where(np.einsum("pj,pq,qj->j", W != 0, R, W) < 0, -1.0, 1.0)
