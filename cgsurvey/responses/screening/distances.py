"""Squared Mahalanobis distances of respondents from the mean of the sample, missing answers allowed: arrays in and out.

X is always (rows = respondents, columns = items), float64, NaN = no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats

Array = NDArray[np.float64]


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
    S, shrinkage = positive_definite(available_covariance(centred[:, used], G), floor)
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


def available_covariance(C: Array, G: Array) -> Array:
    """Return covariances over the rows that hold both items; C is centred with 0 for a gap, G is 1 where answered."""
    n = G.T @ G
    # Centred at the means of all answers, not of the pair, each product moment needs the pair's own means taken out.
    a = C.T @ G
    with np.errstate(invalid="ignore", divide="ignore"):
        S = (C.T @ C - a * a.T / n) / (n - 1)
    return np.where(n >= 2, S, 0.0)


def positive_definite(S: Array, floor: float) -> tuple[Array, float]:
    """Return S with a correlation matrix whose eigenvalues are at least `floor`, and the weight that this took."""
    d = np.sqrt(np.diag(S))
    R = S / np.outer(d, d)
    smallest = float(np.linalg.eigvalsh(R)[0])
    if smallest >= floor:
        return S, 0.0
    w = (floor - smallest) / (1.0 - smallest)
    R = (1.0 - w) * R + w * np.eye(len(R))
    return R * np.outer(d, d), w
