"""Samples from a population: rows of answers, or their moments alone, and the moments of the population itself.

Numeric file. Of n normal rows the mean is N(mu, Sigma / n) and, independent of it, n S is Wishart(Sigma, n - 1), whose
Bartlett factor is drawn directly: all that maximum likelihood sees of complete rows, at a price that does not grow with
n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr

from cgsurvey.moments.bivariate import cdf, normal_density
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.sem.resampling.batch import Moments
from cgsurvey.sem.resampling.draws import cut, draw


@dataclass(frozen=True)
class Source:
    """What rows are drawn from.

    Attributes
    ----------
    A, S, m : ndarray, shapes (v, v), (v, v), (v,)
        Arrows, covariances of disturbances, intercepts.
    use : ndarray of int, shape (p,)
        Variables that the analysis sees, in its order.
    thresholds : tuple of ndarray or None
        Of each of them; None: continuous.
    missing : float
        Share of cells lost completely at random.
    cluster_size : int
        Rows per cluster; 0 without clusters.
    icc : ndarray, shape (v,), optional
        Share of the variance of each disturbance that the rows of a cluster have in common.
    """

    A: Floats
    S: Floats
    m: Floats
    use: Ints
    thresholds: tuple[Floats | None, ...]
    missing: float = 0.0
    cluster_size: int = 0
    icc: Floats | None = None

    @property
    def continuous(self) -> bool:
        """True when no variable is in categories."""
        return all(t is None for t in self.thresholds)

    @property
    def normal(self) -> bool:
        """True when rows are complete, independent and normal."""
        return self.continuous and not self.missing and not self.cluster_size

    def latent_moments(self) -> tuple[Floats, Floats]:
        """Means (p,) and covariances (p, p) before answers are cut into categories."""
        E = np.linalg.inv(np.eye(len(self.A)) - self.A)[self.use]
        return E @ self.m, E @ self.S @ E.T

    def moments(self) -> tuple[Floats, Floats]:
        """Means (p,) and covariances (p, p) of the answers, categories counted 1, 2, ..."""
        return coded_moments(*self.latent_moments(), self.thresholds)

    def rows(self, n: int, rng: Generator) -> Floats:
        """Draw answers, shape (n, p), NaN where missing; rows of a cluster stand together (`clusters`)."""
        codes = self.clusters(n)
        if codes is None:
            mu, Sigma = self.latent_moments()
            y = mu + rng.standard_normal((n, len(mu))) @ np.linalg.cholesky(Sigma).T
        else:
            y = draw(self.A, self.S, self.m, n, rng, cluster=codes, icc=self.icc)[:, self.use]
        for k, t in enumerate(self.thresholds):
            if t is not None:
                y[:, k] = cut(y[:, k], t)
        if self.missing:
            y[rng.random(y.shape) < self.missing] = np.nan
        return y

    def clusters(self, n: int) -> Ints | None:
        """Cluster of each row, 0-based."""
        return np.arange(n) // self.cluster_size if self.cluster_size else None


def wishart_moments(mu: Floats, Sigma: Floats, n: int, rngs: Sequence[Generator]) -> Moments:
    """Moments (divisor n) of one sample of n normal rows per generator."""
    p, R = len(mu), len(rngs)
    L = np.linalg.cholesky(Sigma)
    B, z = np.zeros((R, p, p)), np.empty((R, p))
    low, own = np.tril_indices(p, -1), np.arange(p)
    for r, rng in enumerate(rngs):
        B[r, own, own] = np.sqrt(rng.chisquare(n - 1.0 - own))
        B[r][low] = rng.standard_normal(len(low[0]))
        z[r] = rng.standard_normal(p)
    F = L @ B
    return Moments(np.full(R, float(n)), mu + z @ L.T / np.sqrt(n), F @ np.swapaxes(F, 1, 2) / n)


def row_moments(y: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance (divisor n) of complete rows."""
    mean = y.mean(axis=0)
    d = y - mean
    return mean, d.T @ d / len(y)


def coded_moments(mu: Floats, Sigma: Floats, thresholds: Sequence[Floats | None]) -> tuple[Floats, Floats]:
    """Moments of answers that are cut into categories 1, 2, ...: a code is 1 + sum of 1(y > t).

    Covariances of two codes are sums of P(both above) - P(above) P(above) over their thresholds; of a code and a
    continuous variable sums of Cov(x, 1(y > t)) = Cov(x, y) phi((t - mu) / sd) / sd.
    """
    p, sd = len(mu), np.sqrt(np.diag(Sigma))
    at = [None if t is None else (t - m) / s for t, m, s in zip(thresholds, mu, sd, strict=True)]
    mean, cov = mu.copy(), Sigma.copy()
    slope = np.ones(p)
    for k, t in enumerate(at):
        if t is not None:
            mean[k] = 1 + ndtr(-t).sum()
            slope[k] = normal_density(t).sum() / sd[k]
            above = ndtr(-t)
            cov[k, k] = float((np.minimum.outer(above, above) - np.outer(above, above)).sum())
    for i in range(p):
        for j in range(i):
            a, b = at[i], at[j]
            if a is not None and b is not None:
                rho = Sigma[i, j] / (sd[i] * sd[j])
                both = cdf(-a[:, None], -b[None, :], rho)
                found = float((both - ndtr(-a)[:, None] * ndtr(-b)[None, :]).sum())
            else:
                found = Sigma[i, j] * (slope[i] if a is not None else 1.0) * (slope[j] if b is not None else 1.0)
            cov[i, j] = cov[j, i] = found
    return mean, cov
