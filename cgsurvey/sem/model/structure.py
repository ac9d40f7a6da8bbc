"""The model as matrices: reticular action form, one set of matrices per group.

All variables of a model stand in one vector v = (observed, latent). With A (arrows), S (two-headed arrows) and m
(intercepts and means)::

    Sigma = F (I - A)^-1 S (I - A)^-T F'        mu = F (I - A)^-1 m

where F keeps the observed variables (McArdle & McDonald, 1984). Every parameter is one cell of A, S or m; ordered
variables add thresholds and scales, which turn Sigma and mu into the moments that answers show (`sem.model.implied`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ARROW, COVARIANCE, MEAN, THRESHOLD, SCALE = range(5)
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Structure:
    """Where each parameter stands.

    Attributes
    ----------
    p, v : int
        Number of observed variables and of all variables (observed first).
    n_groups : int
        Number of groups.
    means : bool
        True when the model has a mean structure.
    row, group, matrix, i, j, free : ndarray of int, shape (cells,)
        One entry per parameter: its row in the parameter table, group (0-based), matrix (ARROW, COVARIANCE, MEAN,
        THRESHOLD, SCALE), place in the matrix (j = 0 for MEAN and SCALE, the number of the threshold, from 0, for
        THRESHOLD; i >= j for COVARIANCE, which stands for both places), and the index of the free parameter that
        fills it, -1 when it is fixed. Cells that share a label share an index.
    value : ndarray, shape (cells,)
        Fixed values; NaN where free.
    theta : bool
        Parameterisation of ordered variables: True "theta" (residual variances are parameters and scales follow),
        False "delta" (scales are parameters and residual variances follow).
    given : tuple of int
        Observed covariates that the moments are conditional on (models of ordered variables with fixed covariates).
    """

    p: int
    v: int
    n_groups: int
    means: bool
    row: Ints
    group: Ints
    matrix: Ints
    i: Ints
    j: Ints
    free: Ints
    value: Floats
    theta: bool = False
    given: tuple[int, ...] = ()

    @property
    def ordered(self) -> Ints:
        """Observed variables that have thresholds, in order."""
        return np.unique(self.i[self.matrix == THRESHOLD])

    @property
    def q(self) -> int:
        """Number of free parameters, those with the same label counted once."""
        return int(self.free.max(initial=-1)) + 1


@dataclass(frozen=True)
class GroupMatrices:
    """The filled matrices of one group: A (v, v), S (v, v), m (v,), Sigma (p, p), mu (p,).

    With ordered variables also their scales (p,), 1 for numeric ones, and the thresholds (k,), variable by variable.
    """

    A: Floats
    S: Floats
    m: Floats
    Sigma: Floats
    mu: Floats
    scale: Floats | None = None
    thresholds: Floats | None = None

    @property
    def cov(self) -> Floats:
        """Covariances of what is compared with the sample: latent responses times their scales."""
        return self.Sigma if self.scale is None else self.Sigma * np.outer(self.scale, self.scale)

    @property
    def mean(self) -> Floats:
        """Means of what is compared with the sample."""
        return self.mu if self.scale is None else self.mu * self.scale
