"""Sampling covariances of means and covariances without the assumption of normality (Browne, 1984).

Numeric file. Moments are ordered (mean, vech S), vech taking the columns of the lower triangle one after another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgsurvey.base.units import CHUNK, total_products
from cgsurvey.moments.normal import low
from cgsurvey.moments.sample import Floats, Ints


def adf_gamma(
    y: Floats,
    *,
    weights: Floats | None = None,
    cluster: Ints | None = None,
    strata: Ints | None = None,
    fixed: Sequence[int] = (),
    unbiased: bool = False,
    chunk: int = CHUNK,
) -> Floats:
    """Gamma, shape (p + p*, p + p*): rows times the asymptotic covariance matrix of (mean, vech S).

    Element (ij, kl) is s_ijkl - s_ij s_kl, with divisor n; as lavaan uses it for WLS, DWLS and the robust errors and
    tests of ML and ULS. Weights, clusters and strata enter through the sums of v (z - s) within units, z being
    (y - ybar, vech (y - ybar)(y - ybar)'); Gamma is then the sum of the weights times the asymptotic covariance.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Complete rows.
    weights, cluster, strata : ndarray, shape (n,), optional
        Sampling weights; codes of clusters and strata, as in `total_products`.
    fixed : sequence of int
        Columns that do not vary from sample to sample (fixed covariates): what a linear regression of all columns on
        them predicts is taken out of z, and their own rows and columns of Gamma are zero.
    unbiased : bool
        Browne's (1984, equation 3.8) unbiased estimator; simple random samples without fixed columns only.
    chunk : int
        Rows that are worked on at a time.
    """
    n = len(y)
    v = np.ones(n) if weights is None else weights
    total = v.sum()
    mean = v @ y / total
    S = _products(y - mean, v) / total
    deviations = Deviations(mean, S, fixed)

    def scores(rows: Ints) -> Floats:
        Z = deviations(y[rows])
        if weights is not None:
            Z *= weights[rows, None]
        return Z

    G = total_products(scores, n, deviations.size, cluster=cluster, strata=strata, chunk=chunk) / total
    deviations.hold(G)
    return _unbiased(G, S, n) if unbiased else G


class Deviations:
    """What rows deviate by from moments: z - s, z being (y - ybar, vech (y - ybar)(y - ybar)').

    Parameters
    ----------
    mean, S : ndarray, shapes (p,), (p, p)
        The moments, divisor n.
    fixed : sequence of int
        Columns of which the predictions by linear regression are taken out of z.
    """

    def __init__(self, mean: Floats, S: Floats, fixed: Sequence[int] = ()) -> None:
        self.mean, self.fixed, self.p = mean, list(fixed), len(mean)
        i, j = self.i, self.j = low(self.p)
        self.size = self.p + len(i)
        x = self.fixed
        self.B = np.linalg.solve(S[np.ix_(x, x)], S[x]) if x else np.zeros((0, self.p))
        # What is left of S once the part that the fixed columns predict is out.
        self.centre = (S - self.B.T @ S[np.ix_(x, x)] @ self.B)[i, j]

    def __call__(self, y: Floats) -> Floats:
        """Deviations of rows y, shape (m, p), shape (m, p + p*)."""
        D, p = y - self.mean, self.p
        Z = np.empty((len(D), self.size))
        Z[:, :p] = D
        _vech_products(D, Z[:, p:])
        if self.fixed:
            F = D[:, self.fixed] @ self.B
            Z[:, :p] -= F
            Z[:, p:] -= F[:, self.i] * F[:, self.j]
        Z[:, p:] -= self.centre
        return Z

    def columns(self, y: Floats, out: Floats) -> None:
        """Fill in deviations of rows y, shape (m, p), a column for each, shape (p + p*, m)."""
        D, p = np.ascontiguousarray((y - self.mean).T), self.p
        out[:p] = D
        at = p
        for j in range(p):
            np.multiply(D[j:], D[j], out=out[at : at + p - j])
            at += p - j
        if self.fixed:
            F = self.B.T @ D[self.fixed]
            out[:p] -= F
            out[p:] -= F[self.i] * F[self.j]
        out[p:] -= self.centre[:, None]

    def hold(self, G: Floats) -> None:
        """Set the rows and columns of Gamma to zero that belong to the fixed columns alone."""
        if self.fixed:
            x = self.fixed
            still = np.concatenate([np.isin(np.arange(self.p), x), np.isin(self.i, x) & np.isin(self.j, x)])
            G[still], G[:, still] = 0.0, 0.0


def _unbiased(G: Floats, S: Floats, n: int) -> Floats:
    p = len(S)
    i, j = low(p)
    s = S[i, j]
    out = G.copy()
    normal = S[np.ix_(i, i)] * S[np.ix_(j, j)] + S[np.ix_(i, j)] * S[np.ix_(j, i)]
    part = n / ((n - 2) * (n - 3))
    out[p:, p:] = part * ((n - 1) * G[p:, p:] - normal + 2 / (n - 1) * np.outer(s, s))
    out[:p, p:] *= n / (n - 2)
    out[p:, :p] *= n / (n - 2)
    return out


def _vech_products(D: Floats, out: Floats) -> None:
    """Products of the columns of D in the order of vech, a column of the triangle at a time."""
    p, at = D.shape[1], 0
    for j in range(p):
        np.multiply(D[:, j:], D[:, j : j + 1], out=out[:, at : at + p - j])
        at += p - j


def _products(D: Floats, v: Floats) -> Floats:
    return np.asarray((D * v[:, None]).T @ D)
