"""Discriminant validity from a correlation matrix: R (p, p) of all items, blocks of positions, one per construct."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgsurvey.reliability.coefficients import NAN

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def htmt(R: Floats, blocks: Sequence[Ints], *, absolute: bool = True, geometric: bool = False) -> Floats:
    """Heterotrait-monotrait ratio of correlations, shape (constructs, constructs), unit diagonal.

    Mean correlation between the items of two constructs over the root of the product of the mean correlations within
    each (Henseler, Ringle & Sarstedt, 2015; semTools::htmt).

    Parameters
    ----------
    R : ndarray, shape (p, p)
        Correlation matrix.
    blocks : sequence of ndarray of int
        Columns of `R` that belong to each construct.
    absolute : bool
        Take absolute correlations, so that items that are not keyed do not cancel.
    geometric : bool
        Geometric instead of arithmetic means: HTMT2 (Roemer, Schuberth & Henseler, 2021), for items whose loadings
        differ.

    Returns
    -------
    ndarray
        NaN where a construct has one item, where a mean within is not positive, and for geometric means of
        correlations that are not all positive.
    """
    values = np.abs(R) if absolute else R
    within = [_mean(values[np.ix_(b, b)][np.tril_indices(len(b), -1)], geometric) for b in blocks]
    out = np.eye(len(blocks))
    for i, a in enumerate(blocks):
        for j, b in enumerate(blocks[:i]):
            between = _mean(values[np.ix_(a, b)].ravel(), geometric)
            ok = within[i] > 0 and within[j] > 0
            out[i, j] = out[j, i] = between / np.sqrt(within[i] * within[j]) if ok else NAN
    return out


def _mean(values: Floats, geometric: bool) -> float:
    if not len(values) or (geometric and values.min() <= 0):
        return NAN
    return float(np.exp(np.log(values).mean()) if geometric else values.mean())


def largest_other(M: Floats) -> Floats:
    """Largest absolute value beside the diagonal in each row of a symmetric matrix, NaN left out; shape (k,)."""
    off = np.abs(M)
    off[np.eye(len(M), dtype=bool)] = NAN
    return np.array([np.nanmax(row) if np.isfinite(row).any() else NAN for row in off])
