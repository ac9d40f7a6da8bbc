"""What a normal-theory estimator sees of one group: counts, means, covariances, missing-data patterns, cases.

Numeric file: arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pattern:
    """The rows of a group that share one pattern of missing values.

    Attributes
    ----------
    observed : ndarray of int, shape (k,)
        Columns that were answered.
    weight : float
        Rows of the pattern (sum of weights) over the rows of the group.
    mean, cov : ndarray, shapes (k,), (k, k)
        Moments of the answered columns, divisor = rows of the pattern.
    rows : ndarray of int
        Places of the rows in `Cases.y`.
    """

    observed: Ints
    weight: float
    mean: Floats
    cov: Floats
    rows: Ints


@dataclass(frozen=True)
class Cases:
    """The rows themselves, present only while a model is being fitted.

    Attributes
    ----------
    y : ndarray, shape (n, p)
        Values; NaN where missing.
    weights : ndarray, shape (n,), optional
        Sampling weights that sum to n.
    cluster : ndarray of int, shape (n,), optional
        Cluster of each row.
    """

    y: Floats
    weights: Floats | None = None
    cluster: Ints | None = None


@dataclass(frozen=True)
class Curvature:
    """First and second derivatives of -(log-likelihood)/n by the moments, at one point.

    They replace the missing-data patterns once a model is fitted, so that a result holds no answers of single persons.

    Attributes
    ----------
    mean : ndarray, shape (p,)
        b with d(-l/n) = -b' dmu + tr(W dSigma) / 2.
    cov : ndarray, shape (p, p)
        W.
    moments : ndarray, shape (p + p*, p + p*)
        Second derivatives by (mu, vech Sigma), observed or expected.
    """

    mean: Floats
    cov: Floats
    moments: Floats


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
        What the fit function is multiplied by: n, or n - 1 for a Wishart likelihood.
    patterns : tuple of Pattern, optional
        Missing-data patterns; None when the rows are complete.
    cases : Cases, optional
        The rows, while a model is being fitted.
    curvature : Curvature, optional
        What stands in for the patterns in a finished result.
    """

    n: int
    mean: Floats
    cov: Floats
    size: float
    patterns: tuple[Pattern, ...] | None = None
    cases: Cases | None = None
    curvature: Curvature | None = None


def shares(samples: list[Sample]) -> Floats:
    """Return the share of each group in the fit function, shape (groups,), summing to 1."""
    sizes = np.array([s.size for s in samples])
    return sizes / sizes.sum()
