"""The search for a minimum where the first attempt finds none: other starts, then the best minimum that they lead to.

Numeric file. A model that suits its data badly may have a valley that falls for ever, and a minimum elsewhere: a
negative variance, or factors that are nearly one. Nothing here runs when the first attempt arrives.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cgsurvey.moments.sample import Floats
from cgsurvey.sem.fitting.optimise import TOLERANCE, Optimum, Problem, minimise

PATIENCE, TRIALS, BRIEF = 100, 12, 40  # steps of the first attempt; further starts, and their steps
LAST = 400  # steps that the first attempt is given after all, where no start leads to a minimum


def search(problem: Problem, z: Floats) -> Optimum:
    """Minimise the fit function from `z`; from other starts too where no minimum is found.

    With missing values the further starts are tried on the moments of the unrestricted model as if they were complete,
    which costs no pass over the patterns.
    """
    plain = problem.complete if problem.patterned else problem
    first = minimise(plain, z, limit=PATIENCE)
    if _arrived(first):
        return minimise(problem, first.z, limit=PATIENCE) if problem.patterned else first
    found = [o for s in _starts(plain, z) if _arrived(o := minimise(plain, s, limit=BRIEF))]
    if not found:
        first = minimise(plain, first.z, limit=LAST)
    # Where rounding keeps the gradient from vanishing the first attempt is as good as any.
    best = min([*found, first] if first.converged or not found else found, key=lambda o: o.value)
    if not problem.patterned:
        return best
    near = best.z if np.isfinite(problem.value(best.z)) else z
    return minimise(problem, near, limit=PATIENCE)


def _arrived(optimum: Optimum) -> bool:
    """True where the gradient has vanished, not where it only fades in a valley that never ends."""
    return optimum.converged and optimum.gradient < 10 * TOLERANCE


def _starts(problem: Problem, z: Floats) -> Iterator[Floats]:
    """Start values of another kind: loadings alike, small factor variances, factors apart; then these disturbed."""
    rng = np.random.default_rng(0)
    for trial in range(TRIALS):
        theta, disturbed = problem.theta(z), trial > 2
        share = (0.05, 0.3, 0.05)[trial] if not disturbed else float(rng.uniform(0.02, 0.6))
        for layout, sample in zip(problem.layouts, problem.samples, strict=True):
            n_a, n_s, p = len(layout.ai), len(layout.si), layout.p
            sd = np.sqrt(np.diag(sample.cov))
            arrows, covariances = layout.target[:n_a], layout.target[n_a : n_a + n_s]
            fixed = {
                int(j): int(i)
                for i, j, f in zip(layout.arrows.i, layout.arrows.j, layout.arrows.free, strict=True)
                if f < 0 and i < p <= j
            }
            for i, j, k in zip(layout.ai.tolist(), layout.aj.tolist(), arrows.tolist(), strict=True):
                if i < p <= j and trial != 2:
                    marker = fixed.get(j, -1)
                    sign = -1.0 if marker >= 0 and sample.cov[i, marker] < 0 else 1.0
                    size = rng.uniform(0.3, 1.5) if disturbed else 1.0
                    theta[k] = sign * size * sd[i] / (sd[marker] if marker >= 0 else 1.0)
                elif i >= p and j >= p:
                    theta[k] = rng.uniform(-0.5, 0.8) if disturbed else 0.0
            for i, j, k in zip(layout.si.tolist(), layout.sj.tolist(), covariances.tolist(), strict=True):
                if i != j:
                    theta[k] = 0.0
                elif i < p:
                    theta[k] = sample.cov[i, i] * (rng.uniform(0.2, 0.9) if disturbed else 0.5)
                else:
                    theta[k] = share * (sample.cov[fixed[i], fixed[i]] if i in fixed else 1.0)
        start: Floats = np.asarray(np.linalg.lstsq(problem.K, theta - problem.k0, rcond=None)[0], dtype=np.float64)
        if np.isfinite(problem.value(start)):
            yield start
