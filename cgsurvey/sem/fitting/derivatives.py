"""Derivatives of the fit function by the parameters: gradient, observed and expected information, casewise scores.

Numeric file. The fit function is -(log-likelihood) / N, in which each group counts with its share of the cases; N times
the information is the information of the sample, so the covariance of the estimates is its inverse over N. Samples with
weights for moments are fitted by least squares instead (`sem.fitting.least_squares`); everything here serves both.

With the letters of `moments.normal` (K, b, W, M) and dSigma_a = s (l r' + r l')::

    gradient_a = tr(W dSigma_a) / 2 - b' dmu_a
    Hessian_ab = tr(M dSigma_a K dSigma_b) / 2 + dmu_a' K dmu_b + dmu_a' K dSigma_b b + dmu_b' K dSigma_a b
                 + tr(W d2Sigma_ab) / 2 - b' d2mu_ab
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cgsurvey.moments.normal import Kind, case_residuals, inverse, low, meat, moment_information, slopes
from cgsurvey.moments.normal import value as negative_log_likelihood
from cgsurvey.moments.sample import Floats, Sample, shares
from cgsurvey.sem.fitting import least_squares
from cgsurvey.sem.model.ram import Factors, Layout, factors, layouts, matrices
from cgsurvey.sem.model.structure import GroupMatrices, Structure

# Variables beyond which second derivatives by the moments take more memory than they save time, and are not kept.
DENSE, MANY = 75, 60
ROWS = 4096  # rows whose scores are in memory at a time


def gradient(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> Floats:
    """Gradient of the fit function at `theta`, shape (q,).

    Half the gradient of the usual ML fit function. With samples of a finished fit (`Sample.curvature`) it is valid at
    the estimates only, for any structure that implies the same moments there.
    """
    out = np.zeros(structure.q)
    for layout, sample, share in zip(layouts(structure), samples, shares(samples), strict=True):
        filled = matrices(layout, theta)
        out += share * layout.gather(cell_gradient(layout, factors(layout, filled), sample, filled))
    return out


def information(
    structure: Structure, theta: Floats, samples: Sequence[Sample], kind: Kind = "expected", *, second: bool = True
) -> Floats:
    """Unit information at `theta`, shape (q, q): N times it is the information of the sample.

    Parameters
    ----------
    kind : {"expected", "observed"}
        Expected (Fisher) information, or the exact Hessian.
    second : bool
        False leaves second derivatives of the moments out of the Hessian.
    """
    out = np.zeros((structure.q, structure.q))
    for layout, sample, share in zip(layouts(structure), samples, shares(samples, rows=True), strict=True):
        filled = matrices(layout, theta)
        cells = cell_information(layout, factors(layout, filled), sample, filled, kind, second=second)
        out += share * layout.gather_both(cells)
    return out


def case_scores(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> list[Floats]:
    """Derivatives of each row's log-likelihood by the parameters, times its weight: one (n_g, q) per group."""
    out = []
    for layout, sample in zip(layouts(structure), samples, strict=True):
        scores = np.empty((layout.q, sample.n))
        for rows, part in _scores(layout, theta, sample, sample.n):
            scores[:, rows] = part
        out.append(scores.T)
    return out


def score_products(structure: Structure, theta: Floats, samples: Sequence[Sample]) -> list[Floats]:
    """Cross products of casewise scores over rows, or of their sums within clusters (see `meat`), (q, q) per group."""
    out: list[Floats] = []
    for layout, sample in zip(layouts(structure), samples, strict=True):
        cases = sample.cases
        if cases is not None and (cases.cluster is not None or cases.strata is not None):
            out.append(meat(sample, case_scores(structure, theta, samples)[len(out)]))
            continue
        total = np.zeros((layout.q, layout.q))
        for _, part in _scores(layout, theta, sample, ROWS):
            total += part @ part.T
        out.append(total / sample.rows)
    return out


def _scores(layout: Layout, theta: Floats, sample: Sample, size: int) -> Iterator[tuple[slice, Floats]]:
    """Casewise scores of some rows at a time, shape (q, rows)."""
    assert sample.cases is not None  # rows are there while a model is being fitted
    filled = matrices(layout, theta)
    f = factors(layout, filled)
    Z, K, within = case_residuals(sample, filled.Sigma, sample.mean if _mu(layout, filled) is None else filled.mu)
    level = f.scale * np.einsum("pc,pc->c", f.L, K @ f.R)
    own = np.zeros((len(level), 0))  # what rows with missing places lack of it, by pattern
    which = np.zeros(sample.n, dtype=np.int64)
    if sample.patterns is not None:
        own = np.zeros((len(level), len(sample.gaps.weight)))
        which[:] = sample.gaps.full[0] if len(sample.gaps.full) else 0
        for part, inner in zip(sample.gaps.parts, within, strict=True):
            KC = K[part.columns]
            own[:, part.at] = (np.einsum("mrc,mrc->mc", KC @ f.L, inner @ (KC @ f.R)) * f.scale).T
            which[part.rows] = part.at[part.of]
    weights = sample.cases.weights
    plain = np.array_equal(layout.target, np.arange(layout.q))
    for start in range(0, sample.n, size):
        rows = slice(start, min(start + size, sample.n))
        cells = _products(layout, f, Z[rows]) - level[:, None]
        if own.size:
            cells += own[:, which[rows]]
        if plain:
            scores = cells
        else:
            scores = np.zeros((layout.q, cells.shape[1]))
            for target, cell in zip(layout.target, cells, strict=True):
                scores[target] += cell
        yield rows, scores if weights is None else scores * weights[rows]


def _products(layout: Layout, f: Factors, Z: Floats) -> Floats:
    """Scale (z'l)(z'r) + z'u of each row z and each cell, shape (c, n): products of few distinct vectors."""
    n_a, n_s = len(layout.ai), len(layout.si)
    ZG, ZV = f.G.T @ Z.T, f.V[: layout.p].T @ Z.T
    out = np.empty((len(layout.target), len(Z)))
    for c, (i, j) in enumerate(zip(layout.ai, layout.aj, strict=True)):
        np.multiply(ZG[i], ZV[j], out=out[c])
        if layout.has_means and f.eta[j]:
            out[c] += f.eta[j] * ZG[i]
    for c, (i, j) in enumerate(zip(layout.si, layout.sj, strict=True)):
        np.multiply(ZG[i], ZG[j], out=out[n_a + c])
        if i == j:
            out[n_a + c] *= 0.5
    out[n_a + n_s :] = ZG[layout.mi] if layout.has_means else 0.0
    return out


def group_value(layout: Layout, sample: Sample, filled: GroupMatrices) -> float:
    """Fit function of one group; LinAlgError where a covariance matrix is not positive definite."""
    if sample.weight is not None:
        return least_squares.value(layout, sample, filled)
    return negative_log_likelihood(sample, filled.Sigma, _mu(layout, filled))


def cell_gradient(layout: Layout, f: Factors, sample: Sample, filled: GroupMatrices) -> Floats:
    """Gradient by the free cells of one group, shape (c,)."""
    if sample.weight is not None:
        return least_squares.cell_gradient(layout, f, sample, filled)
    return _pull(f, *slopes(sample, filled.Sigma, _mu(layout, filled)))


def _pull(f: Factors, b: Floats, W: Floats) -> Floats:
    return f.scale * np.einsum("pc,pc->c", f.L, W @ f.R) - b @ f.U


def cell_slope(layout: Layout, f: Factors, sample: Sample, filled: GroupMatrices, kind: Kind) -> tuple[Floats, Floats]:
    """Gradient and information by the free cells of one group: both at the price of the information."""
    if sample.weight is not None:
        return cell_gradient(layout, f, sample, filled), cell_information(layout, f, sample, filled, kind)
    bent = slopes(sample, filled.Sigma, _mu(layout, filled))
    return _pull(f, *bent), cell_information(layout, f, sample, filled, kind, bent=bent)


def cell_information(
    layout: Layout,
    f: Factors,
    sample: Sample,
    filled: GroupMatrices,
    kind: Kind,
    *,
    second: bool = True,
    bent: tuple[Floats, Floats] | None = None,
) -> Floats:
    """Information by the free cells of one group, shape (c, c).

    `second` False leaves second derivatives of the moments out; `bent` are the slopes (b, W) where they are known.
    """
    if sample.weight is not None:
        H = least_squares.cell_information(layout, f, sample, filled)
        curved = least_squares.curvature(layout, sample, filled, kind) if second else None
        return H if curved is None else H + _second(layout, f, *curved)
    mu = _mu(layout, filled)
    if sample.patterns is None and sample.curvature is None:
        d = np.zeros(layout.p) if mu is None else sample.mean - mu
        H = bilinear(f, filled.Sigma, sample.cov, d, kind, layout.has_means)
    elif sample.curvature is not None or layout.p <= DENSE:
        i, j = low(layout.p)
        D = np.vstack([f.U, f.scale * (f.L[i] * f.R[j] + f.L[j] * f.R[i])])
        kept = sample.curvature
        H = D.T @ (moment_information(sample, filled.Sigma, mu, kind) if kept is None else kept.H) @ D
    else:
        H = np.zeros((f.L.shape[1],) * 2)
        for block in sample.patterns or ():
            for o, weight, mean, cov in zip(block.columns, block.weight, block.mean, block.cov, strict=True):
                part = Factors(f.E, f.V, f.G, f.eta, f.L[o], f.R[o], f.scale, f.U[o])
                H += weight * bilinear(part, filled.Sigma[np.ix_(o, o)], cov, mean - filled.mu[o], kind, True)
    if kind == "expected" or not second:
        return H
    return H + _second(layout, f, *(bent or slopes(sample, filled.Sigma, mu)))


def _mu(layout: Layout, filled: GroupMatrices) -> Floats | None:
    """Implied means; None where the model leaves the means alone."""
    return filled.mu if layout.has_means else None


def bilinear(f: Factors, Sigma: Floats, S: Floats, d: Floats, kind: Kind, means: bool) -> Floats:
    """The part of the information that is bilinear in first derivatives of the moments."""
    c = f.L.shape[1]
    K = inverse(Sigma)
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
            bx = (d @ KX) * np.tile(f.scale, 2)
            cross = (KU.T @ f.L) * bx[c:] + (KU.T @ f.R) * bx[:c]
            H = H + cross + cross.T
    return H


def _second(layout: Layout, f: Factors, b: Floats, W: Floats) -> Floats:
    """The part of the information that holds second derivatives of the moments."""
    n_a, n_s = len(layout.ai), len(layout.si)
    i, j = layout.ai[:, None], layout.aj[:, None]
    H = np.zeros((len(layout.target),) * 2)
    GWG = f.G.T @ W @ f.G
    GWV = f.G.T @ W @ f.V[: layout.p]
    Gb = f.G.T @ b
    part = GWV[i, j.T] - Gb[i] * f.eta[j.T] if layout.has_means else GWV[i, j.T]
    part = part * f.E[j, i.T]
    H[:n_a, :n_a] = part + part.T + f.V[j, j.T] * GWG[i, i.T]
    k, m = layout.si[None, :], layout.sj[None, :]
    cross = f.scale[n_a : n_a + n_s] * (f.E[j, k] * GWG[i, m] + f.E[j, m] * GWG[i, k])
    H[:n_a, n_a : n_a + n_s], H[n_a : n_a + n_s, :n_a] = cross, cross.T
    cross, means = -Gb[i] * f.E[j, layout.mi[None, :]], slice(n_a + n_s, n_a + n_s + len(layout.mi))
    H[:n_a, means], H[means, :n_a] = cross, cross.T
    return H
