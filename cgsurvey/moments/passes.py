"""Passes through rows that come in parts: what is kept of a part, and how parts merge.

Numeric file. One pass yields counts, means and covariances (`merging`) or joint counts of categories (`pairs`), which
is all that estimates need. Robust errors and tests rest on sums of products of casewise scores, z z' over all rows,
which need the estimates of the first pass: a second one adds them up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cgsurvey.moments.merging import PartMoments, moments_of
from cgsurvey.moments.pairs import joint_counts
from cgsurvey.moments.sample import Floats, Ints

AT_A_TIME = 4096  # rows whose scores are in memory, per thread


@dataclass(frozen=True)
class Counted:
    """How many rows of a part there are and which of them are used.

    Attributes
    ----------
    no_unit, with_unit : int
        Rows without a group, and all others.
    empty, complete, lacking : int
        Of the latter: without any answer, with all, with some answers but without all covariates.
    both : ndarray, shape (p, p)
        Of the latter: rows that answered both of two variables.
    bad_weight : int
        Rows without a weight above zero.
    """

    no_unit: int
    with_unit: int
    empty: int
    complete: int
    lacking: int
    both: Floats
    bad_weight: int = 0

    def merge(self, other: Counted) -> Counted:
        """Counts of the rows of both parts."""
        return Counted(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def counted(answered: np.ndarray, unit: np.ndarray, given: list[int], weights: Floats | None) -> Counted:
    """Count the rows of a part.

    Parameters
    ----------
    answered : ndarray of bool, shape (n, p)
    unit : ndarray of bool, shape (n,)
        Rows that belong to a group.
    given : list of int
        Covariates.
    """
    whole = answered.all(axis=1)
    some = answered.any(axis=1)
    lacking = np.zeros(len(unit), dtype=bool) if whole.all() else some & ~answered[:, given].all(axis=1)
    n = int(unit.sum())
    if whole.all():
        both = np.full((answered.shape[1],) * 2, float(n))
    else:
        A = answered[unit].astype(np.float32)
        both = (A.T @ A).astype(float)  # exact up to 2^24 rows of a part
    bad = 0 if weights is None else int((~(np.isfinite(weights) & (weights > 0))).sum())
    return Counted(
        int((~unit).sum()),
        n,
        int((unit & ~some).sum()),
        int((unit & whole).sum()),
        int((unit & lacking).sum()),
        both,
        bad,
    )


@dataclass(frozen=True)
class NumericPart:
    """Complete rows of one group: moments, and the smallest and largest value of each variable, shape (p,)."""

    n: int
    moments: PartMoments
    low: Floats
    high: Floats

    def merge(self, other: NumericPart) -> NumericPart:
        """The same of the rows of both parts."""
        if not (self.n and other.n):
            return self if self.n else other
        return NumericPart(
            self.n + other.n,
            self.moments.merge(other.moments),
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
        )


def numeric_part(y: Floats) -> NumericPart:
    """Moments of complete rows y, shape (n, p)."""
    if not len(y):
        nothing = np.zeros(y.shape[1])
        return NumericPart(0, PartMoments(0.0, nothing, np.zeros((y.shape[1],) * 2)), nothing, nothing)
    return NumericPart(len(y), moments_of(y), y.min(axis=0), y.max(axis=0))


@dataclass(frozen=True)
class OrderedPart:
    """Rows of one group whose variables are ordered: rows, sum of weights, joint counts of all categories."""

    n: int
    total: float
    joint: Floats

    def merge(self, other: OrderedPart) -> OrderedPart:
        """The same of the rows of both parts."""
        return OrderedPart(self.n + other.n, self.total + other.total, self.joint + other.joint)


def ordered_part(code: np.ndarray, levels: Ints, weights: Floats | None) -> OrderedPart:
    """Count codes, shape (n, p): 0, 1, ..., the number of categories where missing."""
    total = float(len(code)) if weights is None else float(weights.sum())
    return OrderedPart(len(code), total, joint_counts(code, levels, weights))


def summed_products(scores: Callable[[slice, Floats], None], n: int, k: int) -> Floats:
    """Sum of z z' over n rows, shape (k, k); `scores` takes some of the rows and fills in z, shape (k, rows)."""
    out = np.zeros((k, k))
    # Kept from one block to the next: fresh memory would take longer than what is written into it.
    room = np.empty((k, min(n, AT_A_TIME)))
    for at in range(0, n, AT_A_TIME):
        rows = slice(at, min(at + AT_A_TIME, n))
        Z = room[:, : rows.stop - at]
        scores(rows, Z)
        out += Z @ Z.T
    return out
