"""The multivariate normal likelihood as a function of means and covariances: value, derivatives, casewise scores.

Numeric file. All values are averages over rows, -(log-likelihood)/n without the constant p log(2 pi) / 2; moments are
ordered (mu, vech Sigma), vech taking the columns of the lower triangle one after another. With K = Sigma^-1,
d = ybar - mu and T = S + d d'::

    value = (log|Sigma| + tr(K T)) / 2          b = K d          W = K - K T K          M = K (2 T - Sigma) K

Missing values: K, b, W and M of each pattern are set to zero at its missing places and averaged over patterns.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal

import numpy as np

from cgsurvey.moments.sample import Floats, Ints, Sample

Kind = Literal["observed", "expected"]
LOG_2PI = float(np.log(2 * np.pi))


@cache
def low(p: int) -> tuple[Ints, Ints]:
    """Places (i, j), i >= j, of vech of a p x p matrix."""
    j, i = np.triu_indices(p)
    return i, j


@cache
def _packed(p: int) -> Ints:
    """Place in vech of each cell of a symmetric p x p matrix."""
    out = np.zeros((p, p), dtype=np.int64)
    i, j = low(p)
    out[i, j] = out[j, i] = np.arange(len(i))
    return out


def inverse(M: Floats) -> Floats:
    """Inverse of one matrix or of a stack of them."""
    return np.asarray(np.linalg.inv(M), dtype=np.float64)


def log_det(Sigma: Floats) -> Floats:
    """Log determinant of positive definite matrices, shape (..., p, p); LinAlgError when one is not."""
    return 2 * np.log(np.diagonal(np.linalg.cholesky(Sigma), axis1=-2, axis2=-1)).sum(axis=-1)


def value(sample: Sample, Sigma: Floats, mu: Floats | None) -> float:
    """-(log-likelihood)/n without its constant; `mu` None stands for the sample means."""
    if sample.patterns is None:
        K = inverse(Sigma)
        distance = 0.0 if mu is None else (sample.mean - mu) @ K @ (sample.mean - mu)
        return float(log_det(Sigma) + np.sum(K * sample.cov) + distance) / 2
    centre = sample.mean if mu is None else mu
    total = 0.0
    for block in sample.patterns:
        part = _sub(Sigma, block.columns)
        K = inverse(part)
        d = block.mean - centre[block.columns]
        T = block.cov + d[:, :, None] * d[:, None, :]
        total += block.weight @ (log_det(part) + np.einsum("mij,mij->m", K, T))
    return float(total) / 2


def log_likelihood(sample: Sample, Sigma: Floats, mu: Floats | None) -> float:
    """Log-likelihood of the rows, sample covariances taken with divisor n."""
    if sample.patterns is None:
        answered = float(sample.p)
    else:
        answered = float(sum(block.weight.sum() * block.columns.shape[1] for block in sample.patterns))
    return -sample.rows * (value(sample, Sigma, mu) + answered * LOG_2PI / 2)


def slopes(sample: Sample, Sigma: Floats, mu: Floats | None) -> tuple[Floats, Floats]:
    """First derivatives by the moments: b, shape (p,), and W, shape (p, p), with d value = tr(W dSigma)/2 - b' dmu."""
    if sample.curvature is not None:
        return sample.curvature.b, sample.curvature.W
    p = sample.p
    if sample.patterns is None:
        K = inverse(Sigma)
        KTK = K @ sample.cov @ K
        if mu is None:
            return np.zeros(p), K - KTK
        b = K @ (sample.mean - mu)
        return b, K - KTK - np.outer(b, b)
    b, W = np.zeros(p), np.zeros((p, p))
    centre = sample.mean if mu is None else mu
    for block in sample.patterns:
        c = block.columns
        K = inverse(_sub(Sigma, c))
        d = np.einsum("mij,mj->mi", K, block.mean - centre[c])
        part = K - K @ block.cov @ K - d[:, :, None] * d[:, None, :]
        np.add.at(b, c, block.weight[:, None] * d)
        np.add.at(W, (c[:, :, None], c[:, None, :]), block.weight[:, None, None] * part)
    return b, W


def moment_information(sample: Sample, Sigma: Floats, mu: Floats | None, kind: Kind) -> Floats:
    """Second derivatives by (mu, vech Sigma), shape (p + p*, p + p*): exact, or their expectation.

    The sum over patterns of products K_ab M_cd is one product of two tall matrices, whatever the number of patterns.
    """
    p = sample.p
    i, j = low(p)
    K, M, b, weight = (
        (_stacked(sample, Sigma, mu, kind)) if sample.patterns is not None else _one(sample, Sigma, mu, kind)
    )
    KM = (K[:, i, j] * weight[:, None]).T @ M[:, i, j]
    pack = _packed(p)
    ii, jj, kk, ll = i[:, None], j[:, None], i[None, :], j[None, :]
    scale = np.where(i == j, 0.5, 1.0)
    H = np.zeros((p + len(i),) * 2)
    part = KM[pack[jj, kk], pack[ii, ll]] + KM[pack[jj, ll], pack[ii, kk]]
    part += KM[pack[ii, kk], pack[jj, ll]] + KM[pack[ii, ll], pack[jj, kk]]
    H[p:, p:] = part * scale * scale[:, None] / 2
    H[:p, :p] = np.einsum("m,mij->ij", weight, K)
    if kind == "observed":
        Kb = np.einsum("m,mac,md->acd", weight, K, b)
        cross = (Kb[:, i, j] + Kb[:, j, i]) * scale
        H[:p, p:], H[p:, :p] = cross, cross.T
    return H


def _one(sample: Sample, Sigma: Floats, mu: Floats | None, kind: Kind) -> tuple[Floats, Floats, Floats, Floats]:
    K = inverse(Sigma)
    d = np.zeros(sample.p) if mu is None else sample.mean - mu
    M = K if kind == "expected" else K @ (2 * (sample.cov + np.outer(d, d)) - Sigma) @ K
    return K[None], M[None], (K @ d)[None], np.ones(1)


def _stacked(sample: Sample, Sigma: Floats, mu: Floats | None, kind: Kind) -> tuple[Floats, Floats, Floats, Floats]:
    """K, M and b of all patterns, zero at missing places, and the weights of the patterns."""
    assert sample.patterns is not None
    p, total = sample.p, sum(len(block.weight) for block in sample.patterns)
    Ks, Ms, bs, weight = np.zeros((total, p, p)), np.zeros((total, p, p)), np.zeros((total, p)), np.zeros(total)
    centre = sample.mean if mu is None else mu
    at = 0
    for block in sample.patterns:
        c, m = block.columns, len(block.weight)
        here = np.arange(at, at + m)
        at += m
        part = _sub(Sigma, c)
        K = inverse(part)
        d = block.mean - centre[c]
        T = block.cov + d[:, :, None] * d[:, None, :]
        where = (here[:, None, None], c[:, :, None], c[:, None, :])
        Ks[where] = K
        Ms[where] = K if kind == "expected" else K @ (2 * T - part) @ K
        bs[here[:, None], c] = np.einsum("mij,mj->mi", K, d)
        weight[here] = block.weight
    return Ks, Ms, bs, weight


def moment_scores(sample: Sample, Sigma: Floats, mu: Floats | None) -> Floats:
    """Derivatives of each row's log-likelihood by (mu, vech Sigma), times its weight, shape (n, p + p*)."""
    assert sample.cases is not None  # rows are there while a model is being fitted
    p = sample.p
    i, j = low(p)
    scale = np.where(i == j, 0.5, 1.0)
    out = np.zeros((sample.n, p + len(i)))
    centre = sample.mean if mu is None else mu
    for columns, rows in row_blocks(sample):
        K = np.zeros((p, p))
        K[np.ix_(columns, columns)] = inverse(Sigma[np.ix_(columns, columns)])
        Z = (sample.cases.y[rows][:, columns] - centre[columns]) @ K[columns]
        out[rows, :p] = Z
        out[rows, p:] = (Z[:, i] * Z[:, j] - K[i, j]) * scale
    return out if sample.cases.weights is None else out * sample.cases.weights[:, None]


def row_blocks(sample: Sample) -> Iterator[tuple[Ints, Ints | slice]]:
    """Yield (columns, rows) of the rows that answered the same columns."""
    if sample.patterns is None:
        yield np.arange(sample.p), slice(None)
        return
    for block in sample.patterns:
        yield from zip(block.columns, block.rows, strict=True)


def meat(sample: Sample, scores: Floats) -> Floats:
    """Cross products of casewise scores over rows; with C clusters, of their sums within them, times C / (C - 1)."""
    scores, factor = summed(sample, scores)
    return factor * scores.T @ scores / sample.rows


def summed(sample: Sample, scores: Floats) -> tuple[Floats, float]:
    """Casewise scores, summed within clusters where there are any, and the factor of their cross products."""
    if sample.cases is None or sample.cases.cluster is None:
        return scores, 1.0
    scores = cluster_sums(scores, sample.cases.cluster)
    return scores, len(scores) / (len(scores) - 1)


def cluster_sums(values: Floats, cluster: Ints) -> Floats:
    """Sum rows within clusters, shape (n, k) to (clusters, k)."""
    out = np.zeros((int(cluster.max()) + 1, values.shape[1]))
    np.add.at(out, cluster, values)
    return out


def _sub(Sigma: Floats, columns: Ints) -> Floats:
    """Submatrices of Sigma, shape (m, k, k)."""
    return Sigma[columns[:, :, None], columns[:, None, :]]
