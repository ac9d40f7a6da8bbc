"""Minimising the fit function: damped Newton steps with exact second derivatives, down to rounding error.

Numeric file. A step solves (H + lambda D) step = -gradient with D = diag(information), so steps do not depend on the
units of the items. H is the Hessian where it is positive definite, the expected information elsewhere (Levenberg,
Marquardt).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cgsurvey.moments.normal import Kind
from cgsurvey.moments.sample import Floats, Sample, shares
from cgsurvey.sem.fitting.derivatives import cell_gradient, cell_slope, group_value
from cgsurvey.sem.model.ram import Layout, factors, layouts, matrices
from cgsurvey.sem.model.structure import GroupMatrices, Structure

TOLERANCE = 1e-9  # largest gradient element, in units of the root information
NEAR = 1e-4  # gradient below which second derivatives hardly change from step to step


@dataclass(frozen=True)
class Optimum:
    """Where the optimiser stopped.

    Attributes
    ----------
    z : ndarray
        Parameters, after linear constraints: theta = K z + k0.
    value : float
        Fit function: -(log-likelihood)/N without constants, or half the weighted sum of squares.
    gradient : float
        Largest element of the gradient in units of the root information.
    iterations : int
    converged : bool
    """

    z: Floats
    value: float
    gradient: float
    iterations: int
    converged: bool


@dataclass(frozen=True)
class Problem:
    """The fit function of a structure on samples, as a function of z with theta = K z + k0."""

    layouts: tuple[Layout, ...]
    samples: tuple[Sample, ...]
    shares: Floats
    K: Floats
    k0: Floats
    last: list[tuple[bytes, list[GroupMatrices]]] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, structure: Structure, samples: Sequence[Sample], K: Floats, k0: Floats) -> Problem:
        """Prepare repeated evaluation."""
        return cls(tuple(layouts(structure)), tuple(samples), shares(samples), K, k0)

    def theta(self, z: Floats) -> Floats:
        """Parameters of the structure at z."""
        return self.K @ z + self.k0

    def filled(self, theta: Floats) -> list[GroupMatrices]:
        """Matrices of all groups; those of the last point are kept, whose slope is often asked for after its value."""
        key = theta.tobytes()
        if not self.last or self.last[0][0] != key:
            self.last[:] = [(key, [matrices(layout, theta) for layout in self.layouts])]
        return self.last[0][1]

    def value(self, z: Floats) -> float:
        """Fit function; infinite where a likelihood does not exist."""
        total = 0.0
        try:
            filled = self.filled(self.theta(z))
            for layout, sample, share, made in zip(self.layouts, self.samples, self.shares, filled, strict=True):
                total += share * group_value(layout, sample, made)
        except np.linalg.LinAlgError:
            return np.inf
        return total if np.isfinite(total) else np.inf

    @property
    def patterned(self) -> bool:
        """True when a sample has missing values."""
        return any(s.patterns is not None for s in self.samples)

    @property
    def complete(self) -> Problem:
        """The same problem as if the moments of the unrestricted model were those of complete rows."""
        return replace(self, samples=tuple(replace(s, patterns=None) for s in self.samples))

    def gradient(self, z: Floats) -> Floats:
        """Gradient at z."""
        theta = self.theta(z)
        g = np.zeros(len(theta))
        for layout, sample, share, filled in zip(
            self.layouts, self.samples, self.shares, self.filled(theta), strict=True
        ):
            g += share * layout.gather(cell_gradient(layout, factors(layout, filled), sample, filled))
        return self.K.T @ g

    def slope(self, z: Floats, kind: Kind) -> tuple[Floats, Floats]:
        """Gradient and information at z."""
        theta = self.theta(z)
        g, H = np.zeros(len(theta)), np.zeros((len(theta),) * 2)
        for layout, sample, share, filled in zip(
            self.layouts, self.samples, self.shares, self.filled(theta), strict=True
        ):
            f = factors(layout, filled)
            gradient, information = cell_slope(layout, f, sample, filled, kind)
            g += share * layout.gather(gradient)
            H += share * layout.gather_both(information)
        return self.K.T @ g, self.K.T @ H @ self.K


def minimise(problem: Problem, z: Floats, *, limit: int = 500) -> Optimum:
    """Minimise the fit function from `z`; `Optimum.converged` says whether the gradient vanished.

    With missing values second derivatives cost a pass over all patterns. So the search starts at the solution for
    complete data with the moments of the unrestricted model, and second derivatives are kept while steps with them
    shrink the gradient well; with complete data they are kept when the minimum is near.
    """
    if problem.patterned and len(z):
        near = minimise(problem.complete, z, limit=limit)
        z = near.z if np.isfinite(problem.value(near.z)) else z
    now, damping, size, iteration = problem.value(z), 0.0, np.inf, 0
    if not len(z):
        return Optimum(z, now, 0.0, 0, True)
    H, units, fresh = np.empty((0, 0)), np.ones(len(z)), True
    for iteration in range(1, limit + 1):
        last = size
        if not fresh:
            g = problem.gradient(z)
            size = float(np.abs(g * units).max())
            fresh = size > 0.2 * last
        if fresh:
            g, H = problem.slope(z, "observed")
            units, definite = _scaled(H)
            if not definite:
                g, H = problem.slope(z, "expected")
                units, definite = _scaled(H)
                damping = max(damping, 0.0 if definite else 1e-3)
            size = float(np.abs(g * units).max())
        scaled, downhill = H * units * units[:, None], -g * units
        if size < TOLERANCE and damping < 1e-6:
            # One more Newton step takes the gradient to rounding error; so near, it needs no check.
            return Optimum(z + units * _solve(scaled, 0.0, downhill), now, size, iteration, True)
        while True:
            move = _solve(scaled, damping, downhill)
            step = units * move
            if size < 1e-5 and not damping and np.abs(move).max() < NEAR:
                new = now  # so near, the value changes by less than its rounding error
                break
            new = problem.value(z + step)
            if new <= now - 1e-4 * abs(g @ step) or (size < 1e-5 and new <= now + 1e-12 * abs(now)) or damping > 1e12:
                break
            damping = max(4 * damping, 1e-3)
        if damping > 1e12:
            break
        z, now = z + step, new
        fresh = (size > NEAR and not problem.patterned) or damping > 0
        damping = 0.0 if damping < 1e-4 else damping / 8
    return Optimum(z, now, size, iteration, size < 1e-6)


def _solve(H: Floats, damping: float, g: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(H + damping * np.eye(len(g)) if damping else H, g))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(H + damping * np.eye(len(g)), g, rcond=1e-14)[0])


def _scaled(H: Floats) -> tuple[Floats, bool]:
    """Units that give H a unit diagonal, and whether H is safely positive definite."""
    diagonal = np.abs(np.diag(H))
    units = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    try:
        factor = np.linalg.cholesky(H * units * units[:, None])
    except np.linalg.LinAlgError:
        return units, False
    return units, bool(np.diag(factor).min() > 1e-5)
