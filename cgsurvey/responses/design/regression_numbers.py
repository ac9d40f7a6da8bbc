"""Weighted least squares under a design. Numeric file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.units import Floats, Ints


@dataclass(frozen=True)
class Linear:
    """Coefficients of y (n,) on X (n, k), rows of domain -1 left out: beta = (X'WX)^-1 X'Wy.

    Equals svyglm of R's survey for the gaussian family.
    """

    X: Floats
    y: Floats
    domain: Ints | None = None

    def _inverse(self, w: Floats) -> tuple[Floats, Floats]:
        v: Floats = w if self.domain is None else np.where(self.domain >= 0, w, 0.0)
        inverse: Floats = np.linalg.inv((self.X * v[:, None]).T @ self.X).astype(np.float64)
        return inverse, v

    def estimate(self, w: Floats) -> Floats:
        """Coefficients, shape (1, k)."""
        inverse, v = self._inverse(w)
        return np.asarray(inverse @ (self.X.T @ (v * self.y)))[None]

    def influence(self, w: Floats, theta: Floats) -> Floats:
        """(X'WX)^-1 x_i e_i, shape (n, k)."""
        inverse, v = self._inverse(w)
        e = np.where(v > 0, self.y - self.X @ theta[0], 0.0)
        return np.asarray((self.X * e[:, None]) @ inverse)


def explained(linear: Linear, beta: Floats, w: Floats) -> float:
    """Share of the weighted variance of y that X explains; NaN where y does not vary."""
    v = w if linear.domain is None else np.where(linear.domain >= 0, w, 0.0)
    y = linear.y
    total = float(v @ (y - v @ y / v.sum()) ** 2)
    return 1 - float(v @ (y - linear.X @ beta) ** 2) / total if total > 0 else np.nan
