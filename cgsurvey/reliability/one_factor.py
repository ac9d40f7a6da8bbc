"""The one-factor model of a single construct by maximum likelihood, on the engine of the sem room."""

from __future__ import annotations

import numpy as np

from cgsurvey.base.parallel import one_thread
from cgsurvey.moments.sample import Sample
from cgsurvey.reliability.coefficients import NAN, Floats
from cgsurvey.sem.optimise import Problem, minimise
from cgsurvey.sem.start import start_values
from cgsurvey.sem.structure import ARROW, COVARIANCE, Structure


def one_factor_loadings(R: Floats, n: int) -> Floats:
    """Return the standardised loadings of k items on one factor, shape (k,), their sum not negative.

    Parameters
    ----------
    R : ndarray, shape (k, k)
        Correlation matrix. The solution does not depend on units, so that it is that of the covariances.
    n : int
        Rows behind it.

    Returns
    -------
    ndarray
        NaN where there is no solution: fewer than three items, a singular matrix, or signs that no factor can give.
    """
    k = len(R)
    if k < 3 or np.linalg.eigvalsh(R)[0] < 1e-10:
        return np.full(k, NAN)
    structure, sample = _structure(k), Sample(n=n, mean=np.zeros(k), cov=R, size=float(n))
    start = start_values(structure, [sample], np.full(len(structure.free), NAN))
    with one_thread():
        problem = Problem.of(structure, [sample], np.eye(structure.q), np.zeros(structure.q))
        found = minimise(problem, start)
    if not found.converged:
        return np.full(k, NAN)
    loadings = problem.theta(found.z)[:k]
    return -loadings if loadings.sum() < 0 else loadings


def _structure(k: int) -> Structure:
    """Loadings 0..k-1, residual variances k..2k-1, factor variance fixed to 1."""
    items, cells = np.arange(k), 2 * k + 1
    return Structure(
        p=k,
        v=k + 1,
        n_groups=1,
        means=False,
        row=np.arange(cells),
        group=np.zeros(cells, dtype=np.int64),
        matrix=np.repeat([ARROW, COVARIANCE], [k, k + 1]),
        i=np.concatenate([items, items, [k]]),
        j=np.concatenate([np.full(k, k), items, [k]]),
        free=np.concatenate([np.arange(2 * k), [-1]]),
        value=np.concatenate([np.full(2 * k, NAN), [1.0]]),
    )
