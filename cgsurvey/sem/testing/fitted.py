"""A model at its estimates: what tests and standard errors are computed from.

Numeric file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cgsurvey.moments.normal import moment_information
from cgsurvey.moments.sample import Floats, Sample, shares
from cgsurvey.sem.fitting.derivatives import score_products
from cgsurvey.sem.model.implied import implied_jacobian
from cgsurvey.sem.model.ram import factors, gathered, layouts, moment_jacobian
from cgsurvey.sem.model.structure import GroupMatrices, Structure
from cgsurvey.sem.testing.sandwich import Pieces
from cgsurvey.sem.testing.scaling import meat_of_scores


@dataclass(frozen=True)
class Fitted:
    """A model at its estimates: what tests and errors are computed from.

    Attributes
    ----------
    structure : Structure
    theta : ndarray, shape (q,)
    matrices : sequence of GroupMatrices
    samples : sequence of Sample
    K : ndarray, shape (q, z)
        Directions that constraints leave free.
    bounds : int
        Directions that active inequalities took from K: they bind the errors, but count as free parameters, as in
        lavaan.
    """

    structure: Structure
    theta: Floats
    matrices: Sequence[GroupMatrices]
    samples: Sequence[Sample]
    K: Floats
    bounds: int = 0

    @property
    def npar(self) -> int:
        """Number of free parameters within the equalities."""
        return self.K.shape[1] + self.bounds

    @property
    def total(self) -> float:
        """What the fit function is multiplied by."""
        return float(sum(s.size for s in self.samples))

    def inverse(self, H: Floats) -> Floats:
        """K (K' H K)^-1 K': the inverse of an information within the constraints."""
        reduced = self.K.T @ H @ self.K
        units = 1 / np.sqrt(np.abs(np.diag(reduced)))  # parameters may be of very different size
        half = self.K * units
        return half @ np.linalg.solve(reduced * units * units[:, None], half.T)

    def meat(self) -> Floats:
        """Cross products of casewise scores, or of their sums within clusters, over N, shape (q, q)."""
        if self.samples[0].cases is None:  # rows were passed in parts: Gamma stands for them
            return meat_of_scores(self.structure, self.theta, self.samples)
        parts = score_products(self.structure, self.theta, self.samples)
        return np.asarray(np.einsum("g,gij->ij", shares(self.samples), np.array(parts)), dtype=np.float64)

    @property
    def least_squares(self) -> bool:
        """True when moments are fitted by least squares."""
        return self.samples[0].weight is not None

    @cached_property
    def pieces(self) -> Pieces:
        """Jacobian, weights and sampling covariances of the moments; samples must hold their `gamma`."""
        means, p = self.structure.means, self.structure.p
        delta, weight, gamma = [], [], []
        for layout, filled, s in zip(layouts(self.structure), self.matrices, self.samples, strict=True):
            assert s.gamma is not None
            f = factors(layout, filled)
            if s.weight is not None:
                delta.append(gathered(layout, implied_jacobian(layout, filled, f)))
                weight.append(s.weight)
                gamma.append(s.gamma)
            else:
                drop = 0 if means else p
                delta.append(moment_jacobian(layout, f))
                Sigma, mu = (s.cov, s.mean) if s.unstructured else (filled.Sigma, filled.mu)
                weight.append(moment_information(s.sealed(), Sigma, mu, "expected")[drop:, drop:])
                gamma.append(s.gamma[drop:, drop:])
        return Pieces(delta, weight, gamma, shares(self.samples, rows=True).tolist())
