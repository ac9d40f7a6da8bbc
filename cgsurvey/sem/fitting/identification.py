"""Can the data tell the parameters apart?

A model is locally identified where its information matrix has full rank (Rothenberg, 1971). The rank is checked before
estimation, at the start values and, should it be deficient there, at points nearby: a deficit at all of them is one of
the model, not of the point.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgsurvey.base.errors import BLANK, IdentificationError, some
from cgsurvey.moments.sample import Floats
from cgsurvey.sem.fitting.derivatives import bilinear
from cgsurvey.sem.fitting.optimise import Problem
from cgsurvey.sem.model.implied import implied_jacobian, moment_units
from cgsurvey.sem.model.ram import factors, matrices

RANK, TRIES = 1e-9, 3


def check_identification(problem: Problem, z: Floats, names: Sequence[str], moments: int) -> None:
    """Raise IdentificationError when the model has more unknowns than the data can tell apart.

    Parameters
    ----------
    problem : Problem
        The fit function.
    z : ndarray
        Start values.
    names : sequence of str
        The free parameters as text, in the order of theta.
    moments : int
        Means, variances and covariances that the model has to explain.

    Raises
    ------
    IdentificationError
        With the parameters concerned and the usual remedies.
    """
    loose = undetermined(problem, z)
    if moments < len(z):
        told = {"q": len(z), "moments": moments, "df": moments - len(z), "concerned": _concerned(loose, names)}
        raise IdentificationError.of("sem.more_parameters", **told)
    if loose is None:
        return
    rng = np.random.default_rng(0)
    for _ in range(TRIES):
        other = undetermined(problem, z + rng.normal(0.0, 0.1, len(z)) * np.maximum(np.abs(z), 0.1))
        if other is None:
            return
        loose = other
    raise IdentificationError.of("sem.not_identified", concerned=_concerned(loose, names))


def _concerned(loose: Floats | None, names: Sequence[str]) -> dict[str, str]:
    if loose is None:
        return BLANK
    size = np.abs(loose)
    concerned = [names[int(k)] for k in np.argsort(-size) if size[k] > 0.05 * size.max()]
    return {
        "en": f"The data cannot tell these parameters apart: {some(concerned, 10)}. ",
        "id": f"Data tidak dapat membedakan parameter berikut: {some(concerned, 10)}. ",
    }


def undetermined(problem: Problem, z: Floats) -> Floats | None:
    """Return the direction in theta that changes no moment, shape (q,); None when there is none."""
    theta = problem.theta(z)
    H = np.zeros((len(theta),) * 2)
    for layout, sample, share in zip(problem.layouts, problem.samples, problem.shares, strict=True):
        filled = matrices(layout, theta)
        f = factors(layout, filled)
        if len(layout.ordered):
            D = implied_jacobian(layout, filled, f) / moment_units(layout, np.sqrt(np.diag(sample.cov)))[:, None]
            H += share * layout.gather_both(D.T @ D)
            continue
        # Moments count in standard deviations; their own weights would take items that are nearly alike for a deficit.
        units = np.diag(np.diag(sample.cov))
        part = bilinear(f, units, units, np.zeros(layout.p), "expected", layout.has_means)
        H += share * layout.gather_both(part)
    H = problem.K.T @ H @ problem.K
    diagonal = np.diag(H)
    if not len(z):
        return None
    if diagonal.min() <= 0:
        return problem.K[:, int(np.argmin(diagonal))]
    units = 1 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(H * units * units[:, None])
    return None if values[0] > RANK else problem.K @ (vectors[:, 0] * units) * _sizes(problem, units)


def _sizes(problem: Problem, units: Floats) -> Floats:
    """Precision of each parameter of theta, so that entries of a direction compare."""
    return np.abs(problem.K) @ (1 / units)
