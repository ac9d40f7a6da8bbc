"""Estimates of a compiled model, by the native engine or by semopy, and whether a minimum was found."""

from __future__ import annotations

import numpy as np

from cgsurvey.base.errors import ConvergenceError, UnsupportedByEngine, some
from cgsurvey.base.notes import Note, note
from cgsurvey.sem.compiled import Compiled
from cgsurvey.sem.derived.scores import with_means
from cgsurvey.sem.fitting.constrained import Within, minimise_within
from cgsurvey.sem.fitting.identification import undetermined
from cgsurvey.sem.fitting.optimise import Optimum
from cgsurvey.sem.fitting.search import search
from cgsurvey.sem.model import ram
from cgsurvey.sem.options import Options
from cgsurvey.sem.result import parameter_names
from cgsurvey.sem.testing.fitted import Fitted

NEAR = 1e-3  # gradient, in units of the root information, below which estimates are near enough to be shown


def estimate(compiled: Compiled, options: Options) -> tuple[Fitted, Optimum, list[Note]]:
    """Minimise the fit function, down to rounding error, and fill the matrices in.

    Raises
    ------
    ConvergenceError
        When no minimum was found.
    UnsupportedByEngine
        When semopy cannot fit the model right.
    """
    found = _minimum(compiled, options)
    made, samples = compiled.structure, compiled.problem.samples
    theta = compiled.problem.theta(found.optimum.z)
    filled = ram.fill(made, theta)
    if not made.means:
        filled = [with_means(m, s.mean) for m, s in zip(filled, samples, strict=True)]
    notes = _convergence(found.optimum, compiled)
    notes += [note("sem.on_bound", constraint=compiled.within.texts[k]) for k in found.active]
    return Fitted(made, theta, filled, samples, found.K, found.bounds), found.optimum, notes


def _minimum(compiled: Compiled, options: Options) -> Within:
    problem, z, within = compiled.problem, compiled.z, compiled.within
    if options.engine == "native":
        return minimise_within(problem, z, within) if len(within) else Within(search(problem, z), problem.K)
    if len(within):
        raise UnsupportedByEngine(
            f"semopy cannot fit within constraints that are no linear equalities ({some(within.texts)}). Use "
            "engine='native'."
        )
    return Within(_by_semopy(compiled, options), problem.K)


def _by_semopy(compiled: Compiled, options: Options) -> Optimum:
    """Estimates of the second engine as they are; only errors and tests are computed here."""
    from cgsurvey.sem.engine_semopy import refit

    problem = compiled.problem
    found = refit(compiled.table, compiled.structure, problem.samples, options)
    gradient, H = problem.slope(found.theta, "expected")
    return Optimum(
        found.theta,
        problem.value(found.theta),
        float(np.abs(gradient / np.sqrt(np.diag(H))).max()),
        found.iterations,
        True,
    )


def _convergence(optimum: Optimum, compiled: Compiled) -> list[Note]:
    if optimum.converged:
        return []
    if optimum.gradient < NEAR:
        return [note("sem.not_converged", iterations=optimum.iterations, gradient=optimum.gradient)]
    direction = undetermined(compiled.problem, optimum.z)
    names = parameter_names(compiled.table, compiled.structure)
    theta = compiled.problem.theta(optimum.z)
    size = np.abs(theta if direction is None else direction)
    far = [f"{names[k]} ({theta[k]:.3g})" for k in np.argsort(-size)[:3]]
    raise ConvergenceError.of("sem.no_minimum", steps=optimum.iterations, parameters=far)
