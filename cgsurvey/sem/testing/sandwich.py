"""Errors and tests of a model from its moments: D, W and Gamma.

Numeric file. D is the Jacobian of the implied moments, W their weight in the fit function, Gamma n times the sampling
covariance of the sample moments. With E = K (K'D'WD K)^-1 K' and U = W - W D E D'W (Satorra & Bentler, 1994)::

    n Var(theta) = E D'W Gamma W D E        T ~ sum of lambda_k chi-square(1), lambda the eigenvalues of U Gamma

from which follow the mean-adjusted statistic (satorra.bentler), the mean-and-variance adjusted one
(mean.var.adjusted; Satterthwaite) and the scaled and shifted one (scaled.shifted; Asparouhov & Muthen, 2010). Groups
stand one below the other; their weights are multiplied, their Gammas divided by the share of the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from cgsurvey.moments.sample import Floats
from cgsurvey.sem.fitting.least_squares import weigh
from cgsurvey.sem.testing.fit_measures import ChiSquare

Robust = Literal["satorra.bentler", "mean.var.adjusted", "scaled.shifted"]


@dataclass(frozen=True)
class Pieces:
    """D (k, q), W (k, k) or (k,), Gamma (k, k) of each group, and the share of the group in the fit function."""

    delta: Sequence[Floats]
    weight: Sequence[Floats]
    gamma: Sequence[Floats]
    share: Sequence[float]

    def within(self, K: Floats) -> Pieces:
        """The same for the parameters that linear constraints leave, theta = K z + k0."""
        if K.shape[0] == K.shape[1] and np.array_equal(K, np.eye(len(K))):
            return self
        return replace(self, delta=[d @ K for d in self.delta])

    @cached_property
    def pulled(self) -> list[Floats]:
        """W D of each group."""
        return [weigh(w, d) for d, w in zip(self.delta, self.weight, strict=True)]

    @cached_property
    def moved(self) -> list[Floats]:
        """Gamma W D of each group."""
        return [g @ a for a, g in zip(self.pulled, self.gamma, strict=True)]

    def bread(self) -> Floats:
        """D'WD."""
        return self._sum([d.T @ a for d, a in zip(self.delta, self.pulled, strict=True)])

    def meat(self) -> Floats:
        """D'W Gamma W D."""
        return self._sum([a.T @ m for a, m in zip(self.pulled, self.moved, strict=True)])

    def traces(self) -> tuple[float, float]:
        """tr(U Gamma) and tr(U Gamma U Gamma)."""
        first, second = 0.0, 0.0
        outer = [m.T @ weigh(w, m) for m, w in zip(self.moved, self.weight, strict=True)]
        for w, g in zip(self.weight, self.gamma, strict=True):
            if w.ndim == 1:
                first += float(w @ np.diag(g))
                second += float(w @ (g * g) @ w)
            else:
                wg = w @ g
                first += float(np.trace(wg))
                second += float(np.sum(wg * wg.T))
        E = _inverse(self.bread())
        EM = E @ self.meat()
        first -= float(np.trace(EM))
        second += float(np.sum(EM * EM.T)) - 2 * float(np.sum(E * self._sum(outer)))
        return first, second

    def _sum(self, parts: Sequence[Floats]) -> Floats:
        return np.asarray(np.einsum("g,gij->ij", np.array(self.share), np.array(parts)), dtype=np.float64)


def adjusted(test: ChiSquare, name: Robust, traces: tuple[float, float]) -> ChiSquare:
    """Add the scaled version of a statistic.

    Parameters
    ----------
    test : ChiSquare
        The statistic as it is.
    name : {"satorra.bentler", "mean.var.adjusted", "scaled.shifted"}
    traces : pair of float
        Of U Gamma and its square.
    """
    df = test.df
    first, second = traces
    if df == 0 or not second > 0:
        return replace(test, scaled=test.chisq, df_scaled=float(df))
    c = first / df
    if name == "satorra.bentler":
        return replace(test, scaled=test.chisq / c, df_scaled=float(df), factor=c, robust=c)
    if name == "mean.var.adjusted":
        factor = second / first
        return replace(test, scaled=test.chisq / factor, df_scaled=first**2 / second, factor=factor)
    a = float(np.sqrt(df / second))
    shift = df - a * first
    return replace(test, scaled=a * test.chisq + shift, df_scaled=float(df), factor=1 / a, shift=shift, robust=c)


def _inverse(H: Floats) -> Floats:
    if not len(H):
        return H
    units = 1 / np.sqrt(np.abs(np.diag(H)))
    return np.asarray(units[:, None] * np.linalg.inv(H * units * units[:, None]) * units, dtype=np.float64)
