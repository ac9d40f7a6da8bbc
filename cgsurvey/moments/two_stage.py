"""Sampling covariances of means and covariances estimated from incomplete rows: by EM, and pair by pair.

Numeric file. Moments are ordered (mean, vech S), vech taking the columns of the lower triangle one after another.
Gamma is the number of rows times the asymptotic covariance matrix of the moments; with it a model is fitted to the
moments as if they came from complete rows, and errors and tests are those of the sandwich (Savalei & Bentler, 2009;
Savalei & Falk, 2014, for rows that are not normal).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cgsurvey.moments.normal import Kind, low, meat, moment_information, moment_scores
from cgsurvey.moments.sample import Floats, Sample


@dataclass(frozen=True)
class PairwiseMoments:
    """Moments of the rows that answered, variable by variable and pair by pair.

    Attributes
    ----------
    mean, cov : ndarray, shapes (p,), (p, p)
        Means of the rows that answered a variable; covariances of the rows that answered both, about their own means,
        with divisor (rows - 1) n / (n - 1), as lavaan has them. `cov` need not be positive definite.
    counts : ndarray, shape (p, p)
        Rows (sum of weights) that answered both.
    """

    mean: Floats
    cov: Floats
    counts: Floats


def em_gamma(sample: Sample, *, robust: bool, kind: Kind = "observed") -> Floats:
    """Gamma of maximum-likelihood moments of incomplete rows (`sample.mean`, `sample.cov`), shape (p + p*, p + p*).

    Parameters
    ----------
    sample : Sample
        With its rows.
    robust : bool
        False: inverse information, for normal rows. True: the sandwich, which allows for other distributions, weights
        and clusters.
    kind : {"observed", "expected"}
        Information. The expected one presumes that answers are missing completely at random.
    """
    I = moment_information(sample, sample.cov, sample.mean, kind)
    units = 1 / np.sqrt(np.diag(I))  # moments may be of very different size
    inverse = np.linalg.inv(I * units * units[:, None]) * units * units[:, None]
    if robust:
        inverse = inverse @ meat(sample, moment_scores(sample, sample.cov, sample.mean)) @ inverse
    return np.asarray((inverse + inverse.T) / 2)


def pairwise_moments(y: Floats, weights: Floats | None = None) -> PairwiseMoments:
    """Means and covariances of the rows of y, shape (n, p), that answered a variable, and two of them."""
    v = np.ones(len(y)) if weights is None else weights
    n = v.sum()
    seen = (~np.isnan(y)).astype(float)
    first = np.where(seen > 0, y, 0.0)
    mean = v @ first / (v @ seen)
    D = np.where(seen > 0, y - mean, 0.0)
    V = v[:, None]
    counts = (seen * V).T @ seen
    shift = (D * V).T @ seen / counts  # mean of variable i, about its own, over the rows that answered j
    cov = (D * V).T @ D - shift * shift.T * counts
    return PairwiseMoments(mean, cov / (counts - 1) * (n - 1) / n, counts)


def pairwise_gamma(y: Floats, weights: Floats | None = None) -> Floats:
    """Gamma of pairwise moments without the assumption of normality, shape (p + p*, p + p*).

    With a and b two moments, n_a, n_b and n_ab the rows that hold what they, and both, need::

        Gamma_ab = n / (n_a n_b) sum over n_ab rows of (z_a - s_a)(z_b - s_b)
    """
    p = y.shape[1]
    v = np.ones(len(y)) if weights is None else weights
    i, j = low(p)
    moments = pairwise_moments(y, weights)
    D = y - moments.mean
    Z = np.hstack([D, D[:, i] * D[:, j]])
    seen = ~np.isnan(Z)
    Z = np.where(seen, Z, 0.0)
    each = v @ seen
    Z = np.where(seen, Z - v @ Z / each, 0.0) * (v[:, None] * np.sqrt(v.sum()) / each)
    return np.asarray(Z.T @ Z)


def zero_filled_gamma(y: Floats) -> Floats:
    """Gamma in which a row counts as zero in the moments it lacks, and n divides all sums, shape (p + p*, p + p*).

    What lavaan 0.6-14 scales the test of the baseline model by in two-stage estimation. It is too small wherever
    answers are missing, and serves to agree on indices alone.
    """
    p = y.shape[1]
    i, j = low(p)
    D = y - np.nanmean(y, axis=0)
    Z = np.hstack([D, D[:, i] * D[:, j]])
    Z = np.nan_to_num(Z - np.nanmean(Z, axis=0))
    return np.asarray(Z.T @ Z / len(y))


def staged(sample: Sample, *, robust: bool, kind: Kind = "observed") -> Sample:
    """The sample as the second stage sees it: maximum-likelihood moments and their Gamma, no patterns."""
    assert sample.cases is not None  # rows are there while a model is being fitted
    return replace(
        sample,
        gamma=em_gamma(sample, robust=robust, kind=kind),
        base_gamma=zero_filled_gamma(sample.cases.y),
        unstructured=True,
        patterns=None,
    )
