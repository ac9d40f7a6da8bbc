"""What an estimator sees of one group: counts, means, covariances, vectors of moments, missing-data patterns, cases.

Numeric file: arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Patterns:
    """Missing-data patterns with the same number k of answered columns, stacked for batched linear algebra.

    Attributes
    ----------
    columns : ndarray of int, shape (m, k)
        Answered columns of each of the m patterns.
    weight : ndarray, shape (m,)
        Rows of a pattern (sum of weights) over the rows of the group.
    mean, cov : ndarray, shapes (m, k), (m, k, k)
        Moments of the answered columns within each pattern, divisor = its rows.
    rows : tuple of ndarray of int
        Places of each pattern's rows in `Cases.y`.
    """

    columns: Ints
    weight: Floats
    mean: Floats
    cov: Floats
    rows: tuple[Ints, ...]


@dataclass(frozen=True)
class Gap:
    """All patterns in which the same number r > 0 of columns is missing, sorted for batched algebra on these columns.

    Attributes
    ----------
    at : ndarray of int, shape (m,)
        Places of the patterns among all.
    columns : ndarray of int, shape (m, r)
        Missing columns of each.
    weight : ndarray, shape (m,)
    rows, of : ndarray of int, shape (k,)
        Rows with these patterns, and which of the m patterns each has.
    several : ndarray of int, shape (s,)
        Patterns that more than one row has: only their `cov`, shape (s, p, p), zero at missing places, are not zero.
    """

    at: Ints
    columns: Ints
    weight: Floats
    rows: Ints
    of: Ints
    several: Ints
    cov: Floats


@dataclass(frozen=True)
class Gaps:
    """Missing-data patterns seen from what is missing, which is little: the algebra is on these columns alone.

    Attributes
    ----------
    weight, mean : ndarray, shapes (m,), (m, p)
        Of each pattern; means 0 at missing places.
    seen : ndarray of bool, shape (m, p)
    cov : ndarray, shape (p, p)
        Weighted sum of the covariances within patterns, zero at missing places.
    full : ndarray of int, and full_cov : ndarray, shape (p, p)
        Place of the pattern in which nothing is missing (empty without one), and the covariances within it.
    parts : tuple of Gap
    last : list
        What was computed at the last point (see `moments.normal.expected`).
    """

    weight: Floats
    mean: Floats
    seen: NDArray[np.bool_]
    cov: Floats
    full: Ints
    full_cov: Floats
    parts: tuple[Gap, ...]
    last: list[Any] = field(default_factory=list, repr=False, compare=False)


def gaps(patterns: Sequence[Patterns], p: int) -> Gaps:
    """Sort patterns by the number of missing columns."""
    total = sum(len(b.weight) for b in patterns)
    weight, mean, seen = np.zeros(total), np.zeros((total, p)), np.zeros((total, p), dtype=bool)
    cov, full, full_cov, parts, start = np.zeros((p, p)), np.zeros(0, dtype=np.int64), np.zeros((p, p)), [], 0
    for b in patterns:
        m, c = len(b.weight), b.columns
        at = np.arange(start, start + m)
        start += m
        weight[at] = b.weight
        mean[at[:, None], c] = b.mean
        seen[at[:, None], c] = True
        several = np.flatnonzero(np.any(b.cov != 0, axis=(1, 2)))
        own = np.zeros((len(several), p, p))
        own[np.arange(len(several))[:, None, None], c[several, :, None], c[several, None, :]] = b.cov[several]
        cov += np.einsum("s,sij->ij", b.weight[several], own)
        if c.shape[1] == p:
            full, full_cov = at, own.sum(axis=0)
            continue
        rows = np.concatenate(b.rows) if b.rows else np.zeros(0, dtype=np.int64)
        of = np.repeat(np.arange(len(b.rows)), [len(r) for r in b.rows])
        missing = np.nonzero(~seen[at])[1].reshape(m, p - c.shape[1])
        parts.append(Gap(at, missing, b.weight, rows, of, several, own))
    return Gaps(weight, mean, seen, cov, full, full_cov, tuple(parts))


@dataclass(frozen=True)
class Cases:
    """The rows themselves, present only while a model is being fitted.

    Attributes
    ----------
    y : ndarray, shape (n, p)
        Values; NaN where missing.
    weights : ndarray, shape (n,), optional
        Sampling weights.
    cluster, strata : ndarray of int, shape (n,), optional
        Cluster and stratum of each row, 0-based.
    """

    y: Floats
    weights: Floats | None = None
    cluster: Ints | None = None
    strata: Ints | None = None


@dataclass(frozen=True)
class Curvature:
    """Derivatives of -(log-likelihood)/n by the moments at one point: what stands in for the missing-data patterns.

    With them a finished fit can be examined further (modification indices) without the answers of single persons.

    Attributes
    ----------
    b, W : ndarray, shapes (p,), (p, p)
        d(-l/n) = tr(W dSigma) / 2 - b' dmu.
    H : ndarray, shape (p + p*, p + p*)
        Second derivatives by (mu, vech Sigma), observed or expected.
    observed, products : ndarray, shape (p + p*, p + p*), optional
        Observed second derivatives, and cross products of casewise first derivatives (of their sums within clusters),
        per row; for tests that compare models.
    """

    b: Floats
    W: Floats
    H: Floats
    observed: Floats | None = None
    products: Floats | None = None


@dataclass(frozen=True)
class Sample:
    """Sample statistics of one group.

    Attributes
    ----------
    n : int
        Rows used.
    mean, cov : ndarray, shapes (p,), (p, p)
        Means and covariances with divisor n (n - 1 for a Wishart likelihood). With missing values: the
        maximum-likelihood estimates of the unrestricted model.
    size : float
        What the fit function is multiplied by: n, n - 1 for a Wishart likelihood and for least squares. Rows with
        weights count by them (weights sum to the number of rows over all groups, not within each).
    patterns : tuple of Patterns, optional
        Missing-data patterns; None when the rows are complete.
    cases : Cases, optional
        The rows, while a model is being fitted.
    curvature : Curvature, optional
        What a finished fit keeps in place of the patterns.
    wishart : bool
        True for divisor n - 1 (Wishart likelihood, least squares).
    moments : ndarray, shape (k,), optional
        The vector of moments that least squares fits: (mean,) vech cov, or thresholds and correlations of latent
        responses (`cov` is then their correlation matrix, `mean` zero where a variable is ordered).
    weight : ndarray, shape (k, k) or (k,), optional
        Its weights, full or diagonal; given, the estimator is least squares.
    gamma : ndarray, shape (k, k), optional
        n times the covariance of the moments over repeated samples, without assuming normality; for estimators that
        allow for the distribution of the data, and for moments of incomplete rows (two-stage).
    base_gamma : ndarray, shape (k, k), optional
        The same for the baseline model where lavaan takes another.
    unstructured : bool
        True: errors and tests weigh moments by the information at `cov`, not at what the model implies (two-stage).
    """

    n: int
    mean: Floats
    cov: Floats
    size: float
    patterns: tuple[Patterns, ...] | None = None
    cases: Cases | None = None
    curvature: Curvature | None = None
    wishart: bool = False
    moments: Floats | None = None
    weight: Floats | None = None
    gamma: Floats | None = None
    base_gamma: Floats | None = None
    unstructured: bool = False

    @cached_property
    def gaps(self) -> Gaps:
        """The missing-data patterns, seen from what is missing."""
        return gaps(self.patterns or (), self.p)

    @property
    def rows(self) -> float:
        """Rows, each counted by its weight."""
        return self.size + 1 if self.wishart else self.size

    @property
    def p(self) -> int:
        """Number of variables."""
        return len(self.mean)

    @property
    def for_baseline(self) -> Sample:
        """The sample as the baseline model sees it."""
        return self if self.base_gamma is None else replace(self, gamma=self.base_gamma, base_gamma=None)

    def sealed(self, curvature: Curvature | None = None) -> Sample:
        """Return the sample without rows and patterns, as a result may keep it."""
        return replace(self, patterns=None, cases=None, curvature=curvature, base_gamma=None)


def shares(samples: Sequence[Sample], *, rows: bool = False) -> Floats:
    """Return the share of each group in the fit function, shape (groups,), summing to 1.

    Least squares counts n - 1 rows of a group in what it minimises and, as in lavaan, n in the information (`rows`).
    """
    sizes = np.array([s.rows if rows or s.weight is None else s.size for s in samples])
    return sizes / sizes.sum()
