"""The multivariate normal likelihood as a function of means and covariances: value, derivatives, casewise scores.

Numeric file. All values are averages over rows, -(log-likelihood)/n without the constant p log(2 pi) / 2; moments are
ordered (mu, vech Sigma), vech taking the columns of the lower triangle one after another. With K = Sigma^-1,
d = ybar - mu and T = S + d d'::

    value = (log|Sigma| + tr(K T)) / 2          b = K d          W = K - K T K          M = K (2 T - Sigma) K

Missing values: K, b, W and M of each pattern are set to zero at its missing places and averaged over patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from cgsurvey.base.units import units
from cgsurvey.moments.sample import Floats, Ints, Sample

Kind = Literal["observed", "expected"]
LOG_2PI = float(np.log(2 * np.pi))
SLAB = 1024  # patterns whose matrices are in memory at a time


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


@dataclass(frozen=True)
class Expected:
    """What incomplete rows are expected to be at given moments: the E step of EM, which derivatives are made of too.

    Attributes
    ----------
    K : ndarray, shape (p, p)
        Sigma^-1 of all variables.
    inner : tuple of ndarray, shape (m, r, r)
        (K_mm)^-1 of the missing columns of each pattern, one per `Gap`: their covariances given the others.
    X : ndarray, shape (m, p)
        Mean of each pattern less mu, completed by the expectation of what is missing.
    T : ndarray, shape (p, p)
        Expected cross products about mu of the completed rows, averaged.
    value : float
        -(log-likelihood)/n without its constant.
    """

    K: Floats
    inner: tuple[Floats, ...]
    X: Floats
    T: Floats
    value: float


def expected(sample: Sample, Sigma: Floats, mu: Floats) -> Expected:
    """Complete the rows of a sample with missing values at (mu, Sigma); LinAlgError when Sigma is not definite.

    Everything happens on the missing columns m of a pattern, which are few: with K = Sigma^-1, those of a row y have
    expectation mu_m - (K_mm)^-1 (K d)_m, d = y - mu with zeros where it is missing, and covariance (K_mm)^-1; and
    log|Sigma_oo| = log|Sigma| + log|K_mm|. The last point is kept: value and derivatives are asked for in turn.
    """
    g, p = sample.gaps, sample.p
    if g.last and np.array_equal(g.last[0][0], Sigma) and np.array_equal(g.last[0][1], mu):
        return g.last[0][2]
    K = inverse(Sigma)
    total = g.weight.sum() * float(log_det(Sigma))
    inner = []
    for part in g.parts:
        block = _block(K, part.columns)
        total += part.weight @ (log_det(block) - part.columns.shape[1])
        inner.append(inverse(block))
    X = np.where(g.seen, g.mean - mu, 0.0)
    _complete(X, K, [(part.at, part.columns, inside) for part, inside in zip(g.parts, inner, strict=True)])
    T = g.cov + (X * g.weight[:, None]).T @ X
    for part, inside in zip(g.parts, inner, strict=True):
        c, w = part.columns, part.weight
        T += _scattered(c[:, :, None] * p + c[:, None, :], inside * w[:, None, None], p)
        if len(part.several):
            c, w, inside = c[part.several], w[part.several, None, None], inside[part.several]
            B = inside @ (K[c] @ part.cov)
            cross = _scattered(c[:, :, None] * p + np.arange(p), B * w, p)
            T += _scattered(c[:, :, None] * p + c[:, None, :], B @ np.swapaxes(K[c], 1, 2) @ inside * w, p)
            T -= cross + cross.T
    out = Expected(K, tuple(inner), X, T, float(total + np.sum(K * T)) / 2)
    g.last[:] = [(Sigma.copy(), np.array(mu), out)]
    return out


def _complete(D: Floats, K: Floats, holes: Sequence[tuple[Ints, Ints, Floats]]) -> None:
    """Fill the zeros of deviations D, shape (n, p), in with expectations; `holes` are rows, columns and (K_mm)^-1."""
    KD = D @ K
    for rows, columns, inside in holes:
        at = (rows[:, None], columns)
        D[at] = -np.einsum("nij,nj->ni", inside, KD[at])


def _block(K: Floats, columns: Ints) -> Floats:
    """Submatrices of K, shape (m, r, r)."""
    return K[columns[:, :, None], columns[:, None, :]]


def _scattered(places: Ints, values: Floats, p: int) -> Floats:
    """Add values into the cells of a p x p matrix."""
    out = np.bincount(places.ravel(), weights=values.ravel(), minlength=p * p)
    return out.astype(np.float64, copy=False).reshape(p, p)


def value(sample: Sample, Sigma: Floats, mu: Floats | None) -> float:
    """-(log-likelihood)/n without its constant; `mu` None stands for the sample means."""
    if sample.patterns is None:
        root, fault = dpotrf(Sigma, lower=1)
        if fault:
            raise np.linalg.LinAlgError("not positive definite")
        T = sample.cov
        if mu is not None:
            d = sample.mean - mu
            T = T + d[:, None] * d
        trace = np.trace(dpotrs(root, T, lower=1)[0])
        return float(np.log(np.diagonal(root)).sum() + trace / 2)
    return expected(sample, Sigma, sample.mean if mu is None else mu).value


def log_likelihood(sample: Sample, Sigma: Floats, mu: Floats | None) -> float:
    """Log-likelihood of the rows, sample covariances taken with divisor n."""
    if sample.patterns is None:
        answered = float(sample.p)
    else:
        answered = float(sum(block.weight.sum() * block.columns.shape[1] for block in sample.patterns))
    return -sample.rows * (value(sample, Sigma, mu) + answered * LOG_2PI / 2)


def case_log_likelihood(sample: Sample, Sigma: Floats, mu: Floats | None) -> Floats:
    """Log-likelihood of each row, times its weight, shape (n,)."""
    assert sample.cases is not None  # rows are there while a model is being fitted
    out = np.empty(sample.n)
    centre = sample.mean if mu is None else mu
    blocks = [(np.arange(sample.p), np.arange(sample.n))]
    if sample.patterns is not None:
        blocks = [pair for block in sample.patterns for pair in zip(block.columns, block.rows, strict=True)]
    for columns, rows in blocks:
        part = Sigma[np.ix_(columns, columns)]
        D = sample.cases.y[rows][:, columns] - centre[columns]
        distance = np.einsum("ni,ni->n", D @ inverse(part), D)
        out[rows] = -(len(columns) * LOG_2PI + log_det(part) + distance) / 2
    return out if sample.cases.weights is None else out * sample.cases.weights


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
    e = expected(sample, Sigma, sample.mean if mu is None else mu)
    return e.K @ (sample.gaps.weight @ e.X), e.K - e.K @ e.T @ e.K


def moment_information(sample: Sample, Sigma: Floats, mu: Floats | None, kind: Kind) -> Floats:
    """Second derivatives by (mu, vech Sigma), shape (p + p*, p + p*): exact, or their expectation.

    The sum over patterns of products K_ab M_cd is one product of two tall matrices, whatever the number of patterns.
    """
    p = sample.p
    i, j = low(p)
    k = len(i)
    KM, mean, Kb = np.zeros((k, k)), np.zeros((p, p)), np.zeros((p, p * p))
    for K, M, b, weight in (
        _slabs(sample, Sigma, mu, kind) if sample.patterns is not None else _one(sample, Sigma, mu, kind)
    ):
        half = K[:, i, j] * np.sqrt(weight)[:, None]
        KM += half.T @ (half if M is None else M[:, i, j] * np.sqrt(weight)[:, None])
        weighted = K * weight[:, None, None]
        mean += weighted.sum(axis=0)
        if kind == "observed":
            Kb += b.T @ weighted.reshape(len(b), -1)
    KM = KM + KM.T
    pack = _packed(p)
    ii, jj, ii_, jj_ = i[:, None], j[:, None], i[None, :], j[None, :]
    scale = np.where(i == j, 0.5, 1.0)
    H = np.zeros((p + k, p + k))
    part = KM[pack[jj, ii_], pack[ii, jj_]] + KM[pack[jj, jj_], pack[ii, ii_]]
    part *= (scale / 2) * scale[:, None]
    H[p:, p:] = part
    H[:p, :p] = mean
    if kind == "observed":
        Kb_ = Kb.reshape(p, p, p).transpose(1, 2, 0)
        cross = (Kb_[:, i, j] + Kb_[:, j, i]) * scale
        H[:p, p:], H[p:, :p] = cross, cross.T
    return H


Slab = tuple[Floats, Floats | None, Floats, Floats]


def _one(sample: Sample, Sigma: Floats, mu: Floats | None, kind: Kind) -> Iterator[Slab]:
    K = inverse(Sigma)
    d = np.zeros(sample.p) if mu is None else sample.mean - mu
    M = None if kind == "expected" else (K @ (2 * (sample.cov + np.outer(d, d)) - Sigma) @ K)[None]
    yield K[None], M, (K @ d)[None], np.ones(1)


def _slabs(sample: Sample, Sigma: Floats, mu: Floats | None, kind: Kind) -> Iterator[Slab]:
    """K, M (None where it is K), b and weight of some patterns at a time, zero at missing places."""
    g = sample.gaps
    e = expected(sample, Sigma, sample.mean if mu is None else mu)
    B = e.X @ e.K
    if len(g.full):
        b, M = B[g.full], None
        if kind == "observed":
            M = 2 * (e.K @ g.full_cov @ e.K + b.T @ b)[None] - e.K
        yield e.K[None], M, b, g.weight[g.full]
    for part, inner in zip(g.parts, e.inner, strict=True):
        for start in range(0, len(part.at), SLAB):
            here = slice(start, start + SLAB)
            at, columns = part.at[here], part.columns[here]
            KC = e.K[columns]
            K = e.K - np.swapaxes(KC, 1, 2) @ (inner[here] @ KC)
            K *= g.seen[at][:, :, None] & g.seen[at][:, None, :]
            b, M = B[at], None
            if kind == "observed":
                M = 2 * (b[:, :, None] * b[:, None, :]) - K
                among = (part.several >= start) & (part.several < start + SLAB)
                own = part.several[among] - start
                M[own] += 2 * K[own] @ part.cov[among] @ K[own]
            yield K, M, b, part.weight[here]


def moment_scores(sample: Sample, Sigma: Floats, mu: Floats | None) -> Floats:
    """Derivatives of each row's log-likelihood by (mu, vech Sigma), times its weight, shape (n, p + p*)."""
    assert sample.cases is not None  # rows are there while a model is being fitted
    p = sample.p
    i, j = low(p)
    scale = np.where(i == j, 0.5, 1.0)
    out = np.empty((sample.n, p + len(i)))
    Z, K, within = case_residuals(sample, Sigma, sample.mean if mu is None else mu)
    out[:, :p] = Z
    np.multiply(Z[:, i], Z[:, j], out=out[:, p:])
    out[:, p:] -= K[i, j]
    for part, inner in zip(sample.gaps.parts, within, strict=True):
        KC = K[part.columns]
        lost = (np.swapaxes(KC, 1, 2) @ (inner @ KC))[:, i, j]
        out[part.rows, p:] += lost[part.of]
    out[:, p:] *= scale
    return out if sample.cases.weights is None else out * sample.cases.weights[:, None]


def case_residuals(sample: Sample, Sigma: Floats, mu: Floats) -> tuple[Floats, Floats, tuple[Floats, ...]]:
    """Sigma_oo^-1 (y_o - mu_o) of each row, shape (n, p), zero at missing places; K and `Expected.inner`."""
    assert sample.cases is not None  # rows are there while a model is being fitted
    D = sample.cases.y - mu
    K = inverse(Sigma)
    if sample.patterns is None:
        return D @ K, K, ()
    np.copyto(D, 0.0, where=np.isnan(D))
    parts = sample.gaps.parts
    inner = tuple(inverse(_block(K, part.columns)) for part in parts)
    _complete(
        D, K, [(part.rows, part.columns[part.of], inside[part.of]) for part, inside in zip(parts, inner, strict=True)]
    )
    return D @ K, K, inner


def quadratic(sample: Sample, Sigma: Floats, mu: Floats, R: Floats, d: Floats) -> float:
    """Quadratic form of (d, vech R) in the expected information of (mu, vech Sigma), without forming it."""
    K = inverse(Sigma)
    if sample.patterns is None:
        KR = K @ R
        return float(np.sum(KR * KR.T) / 2 + d @ K @ d)
    # With K_o = K - K_.m (K_mm)^-1 K_m. of each pattern: tr(K_o R K_o R) and d' K_o d.
    e = expected(sample, Sigma, mu)
    KR, Kd = K @ R, K @ d
    RK, KRKRK = KR @ K, KR @ KR @ K
    g = sample.gaps
    total = g.weight.sum() * (np.sum(KR * KR.T) / 2 + d @ Kd)
    for part, inner in zip(g.parts, e.inner, strict=True):
        once, u = inner @ _block(RK, part.columns), Kd[part.columns]
        lost = np.einsum("mij,mji->m", inner, _block(KRKRK, part.columns)) - np.einsum("mij,mji->m", once, once) / 2
        total -= part.weight @ (lost + np.einsum("mi,mij,mj->m", u, inner, u))
    return float(total)


def meat(sample: Sample, scores: Floats) -> Floats:
    """Cross products of casewise scores over rows, or of their sums within the units that were drawn (`summed`)."""
    scores = summed(sample, scores)
    return np.asarray(scores.T @ scores / sample.rows, dtype=np.float64)


def summed(sample: Sample, scores: Floats) -> Floats:
    """Casewise scores, summed within clusters and centred within strata where there are any.

    Cross products of what is returned estimate the covariance of the total (`base.units`): the factors
    C / (C - 1) of C clusters, within each stratum, are in it.
    """
    cases = sample.cases
    if cases is None or (cases.cluster is None and cases.strata is None):
        return scores
    if cases.strata is None:
        assert cases.cluster is not None
        scores = cluster_sums(scores, cases.cluster)
        return scores * np.sqrt(len(scores) / (len(scores) - 1))
    order, unit, stratum = units(len(scores), cases.cluster, cases.strata)
    sums = cluster_sums(scores[order], unit)
    size = np.bincount(stratum)
    mean = cluster_sums(sums, stratum) / size[:, None]
    mean[size == 1] = 0.0
    factor = size / np.maximum(size - 1, 1)
    return np.asarray((sums - mean[stratum]) * np.sqrt(factor[stratum])[:, None], dtype=np.float64)


def cluster_sums(values: Floats, cluster: Ints) -> Floats:
    """Sum rows within clusters, shape (n, k) to (clusters, k)."""
    out = np.zeros((int(cluster.max()) + 1, values.shape[1]))
    np.add.at(out, cluster, values)
    return out
