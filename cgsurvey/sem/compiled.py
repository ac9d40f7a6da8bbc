"""A model ready to be estimated: matrices, fit function, constraints, start values; checked to be identified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cgsurvey.base.errors import ConvergenceError, SampleError
from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.sem.fitting.constrained import feasible, tangent
from cgsurvey.sem.fitting.identification import check_identification
from cgsurvey.sem.fitting.optimise import Problem
from cgsurvey.sem.model.constraints import Constraints, constraints_of
from cgsurvey.sem.model.placement import Restrictions, restrictions, structure
from cgsurvey.sem.model.start import start_values
from cgsurvey.sem.model.structure import COVARIANCE, Structure
from cgsurvey.sem.model.table import ParameterTable, covariates
from cgsurvey.sem.result import parameter_names
from cgsurvey.sem.testing.chisq import free_moments


@dataclass(frozen=True)
class Compiled:
    """What estimation starts from.

    Attributes
    ----------
    table : ParameterTable
    structure : Structure
        Where each parameter stands, moments of fixed covariates filled in.
    problem : Problem
        The fit function within linear equalities.
    within : Constraints
        Nonlinear equalities and inequalities.
    z : ndarray
        Start values.
    covariates : tuple of int
        Observed variables that only cause others.
    """

    table: ParameterTable
    structure: Structure
    problem: Problem
    within: Constraints
    z: Floats
    covariates: tuple[int, ...]


def compile_model(table: ParameterTable, samples: Sequence[Sample], *, fixed_x: bool) -> Compiled:
    """Compile the matrices of a model, find start values, and check that the data can tell its parameters apart."""
    made = _with_covariates(structure(table), table, samples)
    held = restrictions(table, made)
    within = constraints_of(table, made, (*held.nonlinear, *held.inequalities))
    x = tuple(table.observed.index(n) for n in covariates(table))
    problem = Problem.of(made, samples, held.K, held.k0)
    z = _start(problem, made, table, held)
    z = feasible(problem, z, within) if len(within) else z
    moments = _moments(made, samples, x if fixed_x else ())
    check_identification(*_tangent(problem, z, within), parameter_names(table, made), moments)
    _check_rows(samples, problem)
    return Compiled(table, made, problem, within, z, x)


def _with_covariates(made: Structure, table: ParameterTable, samples: Sequence[Sample]) -> Structure:
    """Fill the moments of fixed covariates in from the sample."""
    value = made.value.copy()
    for cell in np.flatnonzero((made.free < 0) & (table.exo[made.row] == 1)):
        sample, i, j = samples[made.group[cell]], made.i[cell], made.j[cell]
        value[cell] = sample.cov[i, j] if made.matrix[cell] == COVARIANCE else sample.mean[i]
    return replace(made, value=value)


def _start(problem: Problem, made: Structure, table: ParameterTable, held: Restrictions) -> Floats:
    """Start values within the constraints, at which all implied covariances are positive definite."""
    theta = start_values(made, problem.samples, table.start[made.row])
    free, diagonal = made.free >= 0, made.i == made.j
    variances, off = (made.free[(made.matrix == COVARIANCE) & free & d] for d in (diagonal, ~diagonal))
    # Covariances give way first; covariances that the model fixes need variances that are large enough.
    for shrink, growth in ((1.0, 1.0), (0.5, 1.0), (0.0, 1.0), *((0.0, 2.0**k) for k in range(1, 25))):
        tried = theta.copy()
        tried[off] *= shrink
        tried[variances] *= growth
        z: Floats = tried - held.k0
        if len(held.K.T) < len(theta):
            z = np.asarray(np.linalg.lstsq(held.K, z, rcond=None)[0])
        if np.isfinite(problem.value(z)):
            return z
    raise ConvergenceError.of("sem.no_start")


def _tangent(problem: Problem, z: Floats, within: Constraints) -> tuple[Problem, Floats]:
    """The problem within its constraints, these taken as straight at `z`."""
    if not within.n_equal:
        return problem, z
    K = tangent(problem, z, within)
    return replace(problem, K=K, k0=problem.theta(z)), np.zeros(K.shape[1])


def _moments(made: Structure, samples: Sequence[Sample], fixed: Sequence[int]) -> int:
    """Number of sample moments that the model explains."""
    if len(made.ordered):
        return sum(len(s.moments) for s in samples if s.moments is not None)
    return made.n_groups * len(free_moments(made.p, made.means, fixed))


def _check_rows(samples: Sequence[Sample], problem: Problem) -> None:
    n, q = sum(s.n for s in samples), problem.K.shape[1]
    if n < q:
        raise SampleError.of("sem.few_rows", n=n, q=q)
