"""Discriminant validity from a correlation matrix: R (p, p) of all items, blocks of positions, one per construct.

Numeric file. With w_a the mean correlation within construct a and b_ac that between a and c::

    HTMT = b_ac / (w_a w_c)^1/2        HTMT2: geometric means in place of arithmetic ones

Correlations stand as vectors r = vech R, so that the ratios of many matrices are two products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.normal import low
from cgsurvey.reliability.coefficients import NAN

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pairing:
    """Which correlations are averaged.

    Attributes
    ----------
    p : int
        Items.
    within, between : ndarray, shapes (p*, constructs), (p*, pairs)
        Weights of each correlation in each mean; columns sum to 1, a construct of one item has none.
    first, second : ndarray of int, shape (pairs,)
        Constructs of each pair, the earlier one first.
    """

    p: int
    within: Floats
    between: Floats
    first: Ints
    second: Ints

    @classmethod
    def of(cls, p: int, blocks: Sequence[Ints]) -> Pairing:
        """Pair all constructs."""
        i, j = low(p)
        place = np.empty((p, p), dtype=np.int64)
        place[i, j] = place[j, i] = np.arange(len(i))
        within = np.zeros((len(i), len(blocks)))
        for k, b in enumerate(blocks):
            mine = place[np.ix_(b, b)][np.tril_indices(len(b), -1)]
            within[mine, k] = 1 / max(len(mine), 1)
        first, second = np.triu_indices(len(blocks), 1)
        between = np.zeros((len(i), len(first)))
        for k, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
            theirs = place[np.ix_(blocks[one], blocks[other])].ravel()
            np.add.at(between[:, k], theirs, 1 / len(theirs))
        return cls(p, within, between, first, second)

    def square(self, values: Floats) -> Floats:
        """Put one number per pair into a symmetric matrix with unit diagonal."""
        out = np.eye(self.within.shape[1])
        out[self.first, self.second] = out[self.second, self.first] = values
        return out


def vech(R: Floats) -> Floats:
    """Lower triangles by columns of one or many symmetric matrices (..., p, p), shape (..., p*)."""
    i, j = low(R.shape[-1])
    return np.asarray(R[..., i, j])


def _means(values: Floats, weights: Floats, geometric: bool) -> Floats:
    """Means by columns of `weights`, shape (..., k); NaN without a value, and where a geometric mean does not exist."""
    lone = weights.sum(axis=0) == 0
    if not geometric:
        return np.where(lone, NAN, values @ weights)
    bad = ~(values > 0)
    out = np.exp(np.log(np.where(bad, 1.0, values)) @ weights)
    return np.where(lone | (bad.astype(float) @ weights > 0), NAN, out)


def ratios(r: Floats, pairing: Pairing, *, absolute: bool = True, geometric: bool = False) -> Floats:
    """Heterotrait-monotrait ratios of one or many matrices.

    Parameters
    ----------
    r : ndarray, shape (..., p*)
        Correlations.
    absolute, geometric : bool
        As in `htmt`.

    Returns
    -------
    ndarray, shape (..., pairs)
    """
    values = np.abs(r) if absolute else r
    within = _means(values, pairing.within, geometric)
    within = np.where(within > 0, within, NAN)
    between = _means(values, pairing.between, geometric)
    return np.asarray(between / np.sqrt(within[..., pairing.first] * within[..., pairing.second]))


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
    pairing = Pairing.of(len(R), blocks)
    return pairing.square(ratios(vech(R), pairing, absolute=absolute, geometric=geometric))


def ratio_slopes(r: Floats, pairing: Pairing, *, absolute: bool = True, geometric: bool = False) -> Floats:
    """Derivatives of the ratios by the correlations, shape (pairs, p*); NaN where a ratio does not exist."""
    h = ratios(r, pairing, absolute=absolute, geometric=geometric)
    a, b = pairing.first, pairing.second
    if geometric:
        inverse = np.divide(1.0, r, out=np.zeros_like(r), where=r != 0)
        half = (pairing.within[:, a] + pairing.within[:, b]) / 2
        g = h[:, None] * (pairing.between - half).T * inverse
    else:
        within = (np.abs(r) if absolute else r) @ pairing.within
        within = np.where(within > 0, within, NAN)
        own = pairing.within / within
        g = pairing.between.T / np.sqrt(within[a] * within[b])[:, None] - h[:, None] / 2 * (own[:, a] + own[:, b]).T
        g = g * np.sign(r) if absolute else g
    i, j = low(pairing.p)
    g[:, i == j] = np.where(np.isnan(h), NAN, 0.0)[:, None]  # an item of both constructs correlates 1 with itself
    return g


def quadratic(g: Floats, R: Floats) -> Floats:
    """Matrices D, shape (k, p, p), with dh = tr(D dS) for functions of correlations whose slopes are g (k, p*).

    S is the covariance matrix of the standardised items, of which the correlations are r_ij = s_ij / (s_ii s_jj)^1/2:
    D has g_ij / 2 beside the diagonal and -sum_j g_ij r_ij / 2 on it, so that tr(D R) = 0.
    """
    i, j = low(len(R))
    D = np.zeros((len(g), len(R), len(R)))
    D[:, i, j] = D[:, j, i] = g / 2
    D[:, np.arange(len(R)), np.arange(len(R))] = 0.0
    own = -(D * R).sum(axis=2)
    D[:, np.arange(len(R)), np.arange(len(R))] = own
    return D


def structure_coefficients(loadings: Floats, phi: Floats) -> Floats:
    """Correlations of items with factors, shape (p, constructs): pattern loadings (p, constructs) times phi."""
    return loadings @ phi


def score_correlations(S: Floats, blocks: Sequence[Ints]) -> Floats:
    """Correlations of items with the mean of the items of each construct, shape (p, constructs).

    Parameters
    ----------
    S : ndarray, shape (p, p)
        Covariance matrix. An item is part of the mean of its own construct.
    """
    W = np.zeros((len(S), len(blocks)))
    for k, b in enumerate(blocks):
        W[b, k] = 1 / len(b)
    C = S @ W
    return np.asarray(C / np.sqrt(np.outer(np.diag(S), np.einsum("pk,pk->k", W, C))))


def largest_other(M: Floats) -> Floats:
    """Largest absolute value beside the diagonal in each row of a symmetric matrix, NaN left out; shape (k,)."""
    off = np.abs(M)
    off[np.eye(len(M), dtype=bool)] = NAN
    return np.array([np.nanmax(row) if np.isfinite(row).any() else NAN for row in off])


def mean_square_other(M: Floats) -> Floats:
    """Mean squared value beside the diagonal in each row of a symmetric matrix, shape (k,); NaN for one row."""
    k = len(M)
    return ((M**2).sum(axis=1) - np.diag(M) ** 2) / (k - 1) if k > 1 else np.full(k, NAN)
