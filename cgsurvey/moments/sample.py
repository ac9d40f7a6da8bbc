"""What a normal-theory estimator sees of one group: counts, means, covariances, missing-data patterns, cases.

Numeric file: arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
class Cases:
    """The rows themselves, present only while a model is being fitted.

    Attributes
    ----------
    y : ndarray, shape (n, p)
        Values; NaN where missing.
    weights : ndarray, shape (n,), optional
        Sampling weights.
    cluster : ndarray of int, shape (n,), optional
        Cluster of each row, 0-based.
    """

    y: Floats
    weights: Floats | None = None
    cluster: Ints | None = None


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
    """

    b: Floats
    W: Floats
    H: Floats


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
        What the fit function is multiplied by: n, n - 1 for a Wishart likelihood, the sum of weights where rows have
        any (weights sum to the number of rows over all groups, not within each).
    patterns : tuple of Patterns, optional
        Missing-data patterns; None when the rows are complete.
    cases : Cases, optional
        The rows, while a model is being fitted.
    curvature : Curvature, optional
        What a finished fit keeps in place of the patterns.
    wishart : bool
        True for divisor n - 1.
    """

    n: int
    mean: Floats
    cov: Floats
    size: float
    patterns: tuple[Patterns, ...] | None = None
    cases: Cases | None = None
    curvature: Curvature | None = None
    wishart: bool = False

    @property
    def rows(self) -> float:
        """Rows, each counted by its weight."""
        return float(self.n) if self.wishart else self.size

    @property
    def p(self) -> int:
        """Number of variables."""
        return len(self.mean)

    def sealed(self, curvature: Curvature | None = None) -> Sample:
        """Return the sample without rows and patterns, as a result may keep it."""
        return replace(self, patterns=None, cases=None, curvature=curvature)


def shares(samples: Sequence[Sample]) -> Floats:
    """Return the share of each group in the fit function, shape (groups,), summing to 1."""
    sizes = np.array([s.rows for s in samples])
    return sizes / sizes.sum()
