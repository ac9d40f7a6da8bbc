"""Derivatives of the normal likelihood by the parameters: gradient, observed and expected information, casewise scores.

Numeric file. All are those of -(log-likelihood) / N, in which each group counts with its share of the cases; N times
the information is the information of the sample, so the covariance of the estimates is its inverse over N.

The letters: K = Sigma^-1, d = ybar - mu, T = S + d d', W = K - K T K, b = K d, M = K (2 T - Sigma) K. Then::

    gradient_a = tr(W dSigma_a) / 2 - b' dmu_a
    Hessian_ab = tr(M dSigma_a K dSigma_b) / 2 + dmu_a' K dmu_b + dmu_a' K dSigma_b b + dmu_b' K dSigma_a b
                 + tr(W d2Sigma_ab) / 2 - b' d2mu_ab

With missing values K, W, b and M of a pattern are filled with zeros at its missing places and averaged over patterns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.moments.sample import Sample, shares
from cgsurvey.sem.ram import Factors, Layout, factors, layouts, matrices, moment_jacobian
from cgsurvey.sem.structure import Structure

Floats = NDArray[np.float64]
Kind = Literal["observed", "expected"]


def slopes(sample: Sample, Sigma: Floats, mu: Floats, means: bool) -> tuple[Floats, Floats]:
    """First derivatives by the moments of one group: b, shape (p,), and W, shape (p, p)."""
    if sample.curvature is not None:
        return sample.curvature.mean, sample.curvature.cov
    if sample.patterns is None:
        K = np.linalg.inv(Sigma)
        d = sample.mean - mu if means else np.zeros(len(mu))
        W = K - K @ (sample.cov + np.outer(d, d)) @ K
        return K @ d, W
    b, W = np.zeros(len(mu)), np.zeros(Sigma.shape)
    for pattern in sample.patterns:
        o = pattern.observed
        K = np.linalg.inv(Sigma[np.ix_(o, o)])
        d = pattern.mean - mu[o]
        b[o] += pattern.weight * (K @ d)
        W[np.ix_(o, o)] += pattern.weight * (K - K @ (pattern.cov + np.outer(d, d)) @ K)
    return b, W


def cell_gradient(f: Factors, b: Floats, W: Floats) -> Floats:
    """Gradient by the free cells of one group, shape (c,)."""
    return f.scale * np.einsum("pc,pc->c", f.L, W @ f.R) - b @ f.U


def cell_information(layout: Layout, f: Factors, sample: Sample, Sigma: Floats, mu: Floats, kind: Kind) -> Floats:
    """Information by the free cells of one group, shape (c, c)."""
    if sample.curvature is not None:
        i, j = layout.low_i, layout.low_j
        D = np.vstack([f.U, f.scale * (f.L[i] * f.R[j] + f.L[j] * f.R[i])])
        H = D.T @ sample.curvature.moments @ D
        b, W = sample.curvature.mean, sample.curvature.cov
        return H + _second(layout, f, b, W) if kind == "observed" else H
    if sample.patterns is None:
        d = sample.mean - mu if layout.has_means else np.zeros(len(mu))
        H = _curved(f, np.linalg.inv(Sigma), d, sample.cov, Sigma, kind, layout.has_means)
    else:
        H = np.zeros((f.L.shape[1],) * 2)
        for pattern in sample.patterns:
            o = pattern.observed
            part = Factors(f.E, f.V, f.G, f.eta, f.L[o], f.R[o], f.scale, f.U[o])
            Sigma_o = Sigma[np.ix_(o, o)]
            H += pattern.weight * _curved(part, np.linalg.inv(Sigma_o), pattern.mean - mu[o], pattern.cov, Sigma_o, kind, True)
    if kind == "expected":
        return H
    return H + _second(layout, f, *slopes(sample, Sigma, mu, layout.has_means))


def _curved(f: Factors, K: Floats, d: Floats, S: Floats, Sigma: Floats, kind: Kind, means: bool) -> Floats:
    """The part of the information that is bilinear in first derivatives."""
    c = f.L.shape[1]
    X = np.hstack([f.L, f.R])
    KX = K @ X
    k = X.T @ KX
    kll, klr, krr = k[:c, :c], k[:c, c:], k[c:, c:]
    if kind == "expected":
        H = kll * krr + klr * klr.T
    else:
        m = KX.T @ (2 * (S + np.outer(d, d)) - Sigma) @ KX
        mll, mlr, mrr = m[:c, :c], m[:c, c:], m[c:, c:]
        H = (klr.T * mlr + krr * mll + kll * mrr + klr * mlr.T) / 2
    H = H * f.scale * f.scale[:, None]
    if means:
        KU = K @ f.U
        H = H + f.U.T @ KU
        if kind == "observed":
            bx = d @ KX
            cross = (KU.T @ f.L) * (f.scale * bx[c:]) + (KU.T @ f.R) * (f.scale * bx[:c])
            H = H + cross + cross.T
    return H


def _second(layout: Layout, f: Factors, b: Floats, W: Floats) -> Floats:
    """The part of the information that holds second derivatives of the moments."""
    ai, aj, si, sj, mi = layout.ai, layout.aj, layout.si, layout.sj, layout.mi
    n_a, n_s = len(ai), len(si)
    H = np.zeros((len(layout.target),) * 2)
    GWG = f.G.T @ W @ f.G
    GWV = f.G.T @ W @ f.V[: layout.p]
    Gb = f.G.T @ b
    E = f.E[aj[:, None], ai[None, :]]  # E[j_a, i_b]
    part = E * GWV[ai[:, None], aj[None, :]]
    if layout.has_means:
        part = part - E * Gb[ai][:, None] * f.eta[aj][None, :]
    H[:n_a, :n_a] = part + part.T + f.V[aj[:, None], aj[None, :]] * GWG[ai[:, None], ai[None, :]]
    i, j, k, m = ai[:, None], aj[:, None], si[None, :], sj[None, :]
    cross = f.scale[n_a : n_a + n_s] * (f.E[j, k] * GWG[i, m] + f.E[j, m] * GWG[i, k])
    H[:n_a, n_a : n_a + n_s] = cross
    H[n_a : n_a + n_s, :n_a] = cross.T
    if len(mi):
        cross = -Gb[i] * f.E[j, mi[None, :]]
        H[:n_a, n_a + n_s :] = cross
        H[n_a + n_s :, :n_a] = cross.T
    return H


def gradient(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> Floats:
    """Gradient of -(log-likelihood) / N at `theta`, shape (q,).

    Equal to half the gradient of the usual ML fit function; with samples of a finished fit (`Sample.curvature`) only
    valid at the estimates, for any structure that implies the same moments there.
    """
    out = np.zeros(structure.q)
    for layout, sample, share in zip(layouts(structure), samples, shares(list(samples)), strict=True):
        filled = matrices(layout, theta)
        b, W = slopes(sample, filled.Sigma, filled.mu, layout.has_means)
        out += share * layout.gather(cell_gradient(factors(layout, filled), b, W))
    return out


def information(structure: Structure, theta: Floats, samples: Sequence[Sample], kind: Kind = "expected") -> Floats:
    """Unit information at `theta`, shape (q, q): N times it is the information of the sample.

    Parameters
    ----------
    kind : {"expected", "observed"}
        Expected (Fisher) or observed (exact Hessian) information.
    """
    out = np.zeros((structure.q, structure.q))
    for layout, sample, share in zip(layouts(structure), samples, shares(list(samples)), strict=True):
        filled = matrices(layout, theta)
        H = cell_information(layout, factors(layout, filled), sample, filled.Sigma, filled.mu, kind)
        out += share * layout.gather_both(H)
    return out


def case_scores(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> list[Floats]:
    """Derivatives of each row's log-likelihood by the parameters, times its weight: one (n_g, q) per group."""
    out = []
    for layout, sample in zip(layouts(structure), samples, strict=True):
        assert sample.cases is not None  # the caller keeps the rows while a model is being fitted
        filled = matrices(layout, theta)
        f = factors(layout, filled)
        cells = np.empty((sample.n, f.L.shape[1]))
        mu = filled.mu if layout.has_means else sample.mean
        for o, rows in row_blocks(sample):
            part = slice(None) if rows is None else rows
            K = np.linalg.inv(filled.Sigma[np.ix_(o, o)])
            KL, KR, KU = K @ f.L[o], K @ f.R[o], K @ f.U[o]
            D = sample.cases.y[part][:, o] - mu[o]
            cells[part] = f.scale * ((D @ KL) * (D @ KR) - np.einsum("pc,pc->c", f.L[o], KR)) + D @ KU
        scores = np.zeros((sample.n, layout.q))
        np.add.at(scores.T, layout.target, cells.T)
        out.append(scores if sample.cases.weights is None else scores * sample.cases.weights[:, None])
    return out


def row_blocks(sample: Sample) -> list[tuple[NDArray[np.int64], NDArray[np.int64] | None]]:
    """Blocks of rows that share their answered columns: (columns, rows); rows None means all."""
    if sample.patterns is None:
        return [(np.arange(len(sample.mean)), None)]
    return [(pattern.observed, pattern.rows) for pattern in sample.patterns]


__all__ = ["case_scores", "gradient", "information", "moment_jacobian"]
