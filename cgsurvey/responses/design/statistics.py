"""Totals, ratios, means, shares, variances and covariances of domains: estimates and influence values.

Numeric file. Each class keeps the columns it is about, with zeros where an answer is missing, and is solved by
`sample.solve`. Letters: w weights, theta estimates (D, k), u influence values (n, k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.units import Floats, Ints


def sums(x: Floats, domain: Ints | None, D: int) -> Floats:
    """Sums of the columns of x (n, k) within each domain, shape (D, k); rows of domain -1 are left out."""
    if domain is None or (D == 1 and not domain.any()):
        return np.asarray(x.sum(axis=0, keepdims=True))
    return np.stack([np.bincount(domain + 1, column, minlength=D + 1)[1:] for column in x.T], axis=1)


def of_rows(theta: Floats, domain: Ints | None) -> Floats:
    """What belongs to the domain of each row, shape (n, k); of rows outside that of domain 0, to be given weight 0."""
    return theta[:1] if domain is None else theta[np.maximum(domain, 0)]


def _inside(u: Floats, domain: Ints | None) -> Floats:
    return u if domain is None else np.where((domain >= 0)[:, None], u, 0.0)


@dataclass(frozen=True)
class Total:
    """Totals of columns y (n, k)."""

    y: Floats
    domain: Ints | None = None
    D: int = 1

    def estimate(self, w: Floats) -> Floats:
        """Sum of w y, shape (D, k)."""
        return sums(w[:, None] * self.y, self.domain, self.D)

    def influence(self, w: Floats, theta: Floats) -> Floats:
        """The answers themselves, shape (n, k)."""
        return _inside(self.y, self.domain)


@dataclass(frozen=True)
class Ratio:
    """Ratios of totals, sum(w y) / sum(w x), y (n, k), x (n, k) or (n, 1): a mean where x is 1 for each answer given.

    Equals svyratio and svymean of R's survey.
    """

    y: Floats
    x: Floats
    domain: Ints | None = None
    D: int = 1

    def estimate(self, w: Floats) -> Floats:
        """Ratios, NaN where the denominator is 0, shape (D, k)."""
        below = sums(w[:, None] * self.x, self.domain, self.D)
        return sums(w[:, None] * self.y, self.domain, self.D) / np.where(below != 0, below, np.nan)

    def influence(self, w: Floats, theta: Floats) -> Floats:
        """(y - R x) / X, shape (n, k)."""
        below = sums(w[:, None] * self.x, self.domain, self.D)
        scaled = 1.0 / np.where(below != 0, below, np.nan)
        u = (self.y - self.x * of_rows(theta, self.domain)) * of_rows(scaled, self.domain)
        return _inside(u, self.domain)


@dataclass(frozen=True)
class Moments:
    """Covariances of the pairs of columns (a_j, b_j) of y (n, p), with the factor n / (n - 1) for n answers.

    Equals svyvar of R's survey; `given` (n, p) is 1 where there is an answer, and a pair counts where it has both.
    """

    y: Floats
    given: Floats
    pairs: Ints  # (k, 2)
    domain: Ints | None = None
    D: int = 1

    def _parts(self, w: Floats) -> tuple[Floats, Floats, Floats]:
        """Answered pairs (n, k), their products of deviations (n, k), and n / (n - 1) over their weight (D, k)."""
        a, b = self.pairs.T
        alone = np.array_equal(a, b)
        both = self.given[:, a] if alone else self.given[:, a] * self.given[:, b]
        v = w[:, None] * both
        total, n = sums(v, self.domain, self.D), sums(both, self.domain, self.D)
        total = np.where(total > 0, total, np.nan)
        products = both
        for column in (a,) if alone else (a, b):
            mean = sums(v * self.y[:, column], self.domain, self.D) / total
            d = self.y[:, column] - of_rows(mean, self.domain)
            products = products * (d * d if alone else d)
        return both, products, n / np.where(n > 1, n - 1, np.nan) / total

    def estimate(self, w: Floats) -> Floats:
        """Covariances, shape (D, k)."""
        _, products, scale = self._parts(w)
        return sums(np.nan_to_num(w[:, None] * products), self.domain, self.D) * scale

    def influence(self, w: Floats, theta: Floats) -> Floats:
        """Products of deviations less their mean, shape (n, k); that of the means has no part in it."""
        both, products, scale = self._parts(w)
        total = sums(w[:, None] * both, self.domain, self.D)
        mean = theta / (scale * total)
        return _inside((products - both * of_rows(mean, self.domain)) * of_rows(scale, self.domain), self.domain)


def variances(y: Floats, given: Floats, w: Floats, domain: Ints | None = None, D: int = 1) -> Floats:
    """Variances of the columns of y (n, k) in the population, shape (D, k)."""
    k = y.shape[1]
    return Moments(y, given, np.column_stack([np.arange(k)] * 2), domain, D).estimate(w)


def simple_random(
    y: Floats, given: Floats, w: Floats, domain: Ints | None = None, D: int = 1, *, replace: bool = False
) -> Floats:
    """Variances that means would have in a simple random sample of the same size, shape (D, k).

    S^2 / n (1 - n / N), N being the sum of the weights; without the last factor where drawn with replacement. The
    design effect divides the variance by it (Kish, 1965), as deff of R's svymean; NaN where n exceeds N.
    """
    n, N = sums(given, domain, D), sums(w[:, None] * given, domain, D)
    n, N = (np.where(v > 0, v, np.nan) for v in (n, N))
    share = np.zeros_like(n) if replace else np.where(n <= N, n / N, np.nan)
    return variances(y, given, w, domain, D) / n * (1 - share)
