"""Indices of careless responding (Meade & Craig 2012; Curran 2016): arrays in, arrays out.

X is always (rows = respondents, columns = items in the order of the form), float64, NaN = no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats

Array = NDArray[np.float64]


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


@dataclass(frozen=True)
class Distances:
    """Squared Mahalanobis distances.

    Attributes
    ----------
    d2 : (n,) array
        Distance of each row from the mean of the items that it answered; NaN where it cannot be told.
    p_value : (n,) array
        Upper tail of chi2 with as many degrees of freedom as items answered.
    used : (p,) bool array
        Items that went in: False for those without variance or with fewer than two answers.
    shrinkage : float
        Weight of the diagonal that made the correlations positive definite, 0 where they were so already.
    """

    d2: Array
    p_value: Array
    used: NDArray[np.bool_]
    shrinkage: float


def mahalanobis(X: Array, floor: float = 1e-3) -> Distances:
    """Return squared Mahalanobis distances, missing answers allowed.

    Each row is judged by what it answered: d2 = (x_o - m_o)' S_oo^-1 (x_o - m_o), chi2 on |o| degrees of freedom,
    with m and S from the available pairs. This needs no imputation and leaves rows alone that answered little. Two
    items never answered by the same person get covariance zero, so that people who were asked different blocks are
    compared within their block. With complete data this is the ordinary distance with divisor n - 1. Where the
    available pairs do not form a positive definite correlation matrix (or nearly not: smallest eigenvalue below
    `floor`), R becomes (1 - w) R + w I with the smallest w that lifts it to `floor`. A row whose items were answered
    by no more people than they are in number gets NaN: there every row lies at the same distance.
    """
    given = ~np.isnan(X)
    count = given.sum(axis=0)
    mean = np.where(given, X, 0.0).sum(axis=0) / np.maximum(count, 1)
    centred = np.where(given, X - mean, 0.0)
    top = np.where(given, X, -np.inf).max(axis=0, initial=-np.inf)
    bottom = np.where(given, X, np.inf).min(axis=0, initial=np.inf)
    used = (count >= 2) & (top > bottom)
    d2, p = np.full(len(X), np.nan), np.full(len(X), np.nan)
    if not used.any():
        return Distances(d2, p, used, 0.0)
    G = given[:, used].astype(float)
    S, shrinkage = _positive(_available_covariance(centred[:, used], G), floor)
    C = centred[:, used]
    # Packed to bytes, a pattern of gaps is one value to sort by instead of one per item.
    packed = np.ascontiguousarray(np.packbits(given[:, used], axis=1))
    _, at, which = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True, return_inverse=True)
    for g, seen in enumerate(given[at][:, used]):
        if not seen.any() or count[used][seen].min() <= seen.sum() + 1:
            continue
        rows = which == g
        factor = linalg.cho_factor(S[np.ix_(seen, seen)], lower=True)
        Z = C[np.ix_(rows, seen)]
        d2[rows] = np.einsum("ij,ji->i", Z, linalg.cho_solve(factor, Z.T))
        p[rows] = stats.chi2.sf(d2[rows], int(seen.sum()))
    return Distances(d2, p, used, shrinkage)


def _available_covariance(C: Array, G: Array) -> Array:
    """Covariances over the rows that hold both items; C is centred with 0 for a gap, G is 1 where answered."""
    n = G.T @ G
    # Centred at the means of all answers, not of the pair, each product moment needs the pair's own means taken out.
    a = C.T @ G
    with np.errstate(invalid="ignore", divide="ignore"):
        S = (C.T @ C - a * a.T / n) / (n - 1)
    return np.where(n >= 2, S, 0.0)


def _positive(S: Array, floor: float) -> tuple[Array, float]:
    """Return S with a correlation matrix whose eigenvalues are at least `floor`, and the weight that this took."""
    d = np.sqrt(np.diag(S))
    R = S / np.outer(d, d)
    smallest = float(np.linalg.eigvalsh(R)[0])
    if smallest >= floor:
        return S, 0.0
    w = (floor - smallest) / (1.0 - smallest)
    R = (1.0 - w) * R + w * np.eye(len(R))
    return R * np.outer(d, d), w
