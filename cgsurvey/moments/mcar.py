"""Little's test of values missing completely at random.

Numeric file. With n_j rows of pattern j, their means ybar_j and the maximum-likelihood moments of all rows at the
places that j holds (Little, 1988)::

    d2 = sum_j n_j (ybar_j - mu_j)' Sigma_j^-1 (ybar_j - mu_j)        df = sum_j p_j - p
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgsurvey.moments.sample import Floats, Ints, Patterns


@dataclass(frozen=True)
class Little:
    """Little's statistic, pattern by pattern.

    Attributes
    ----------
    seen : ndarray of bool, shape (J, p)
        What the rows of each pattern hold; patterns in order of their rows, most first.
    count : ndarray of int, shape (J,)
        Rows of each pattern.
    part : ndarray, shape (J,)
        Its part of `chisq`.
    chisq : float
        With the covariance matrix times n / (n - 1), as in Little (1988).
    chisq_ml : float
        With the maximum-likelihood covariance matrix itself.
    df : int
    """

    seen: np.ndarray
    count: Ints
    part: Floats
    chisq: float
    chisq_ml: float
    df: int


def little(patterns: Sequence[Patterns], mean: Floats, cov: Floats, n: int) -> Little:
    """Test n rows sorted into patterns against their maximum-likelihood moments, shapes (p,) and (p, p)."""
    p = len(mean)
    seen, count, part = [], [], []
    for block in patterns:
        c = block.columns
        d = block.mean - mean[c]
        solved = np.linalg.solve(cov[c[:, :, None], c[:, None, :]], d[:, :, None])[:, :, 0]
        here = np.zeros((len(c), p), dtype=bool)
        np.put_along_axis(here, c, True, axis=1)
        rows = np.array([len(r) for r in block.rows])
        seen.append(here)
        count.append(rows)
        part.append(rows * np.einsum("mk,mk->m", d, solved))
    places, rows, parts = np.vstack(seen), np.concatenate(count), np.concatenate(part)
    order = np.lexsort((np.arange(len(rows)), places.shape[1] - places.sum(axis=1), -rows))
    total = float(parts.sum())
    unbiased = (n - 1) / n
    return Little(
        places[order],
        rows[order].astype(np.int64),
        parts[order] * unbiased,
        total * unbiased,
        total,
        int(places.sum()) - p,
    )
