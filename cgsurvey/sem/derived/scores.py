"""Factor scores of rows, complete or not.

Numeric file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.sem.derived.ebm import modal_scores
from cgsurvey.sem.derived.standardize import total_covariance
from cgsurvey.sem.model.ram import Layout, conditional
from cgsurvey.sem.model.structure import GroupMatrices

Floats = NDArray[np.float64]
Method = Literal["regression", "bartlett", "ebm"]


def factor_scores(y: Floats, matrices: GroupMatrices, method: Method = "regression") -> Floats:
    """Scores of the latent variables of one group.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Rows; NaN where missing. Missing places are left out row by row (one solution per pattern).
    matrices : GroupMatrices
        Filled matrices; `m` and `mu` must hold means (see `with_means`).
    method : {"regression", "bartlett", "ebm"}
        "regression" is the conditional mean of the latent variables given the row; under normality the mode of that
        distribution ("ebm") is the same. "bartlett" minimises the weighted residuals of the row (Bartlett, 1937).

    Returns
    -------
    ndarray, shape (n, v - p)
        NaN for rows without any answer.
    """
    p = y.shape[1]
    E, V = total_covariance(matrices)
    eta = (E @ matrices.m)[p:]
    out = np.full((len(y), len(V) - p), np.nan)
    answered = ~np.isnan(y)
    patterns, index = np.unique(answered, axis=0, return_inverse=True)
    Lambda, Theta = _measurement(matrices, p)
    for k, pattern in enumerate(patterns):
        o = np.flatnonzero(pattern)
        if not len(o):
            continue
        rows = np.flatnonzero(index.ravel() == k)
        d = y[np.ix_(rows, o)] - matrices.mu[o]
        if method == "bartlett":
            weights = _weights(Theta[np.ix_(o, o)], V[np.ix_(o, o)], Lambda[o])
            coefficients = np.linalg.pinv(Lambda[o].T @ weights, hermitian=True) @ weights.T
        else:
            coefficients = np.asarray(np.linalg.solve(V[np.ix_(o, o)], V[o, p:]).T, dtype=np.float64)
        out[rows] = eta + d @ coefficients.T
    return out


def response_scores(y: Floats, layout: Layout, filled: GroupMatrices) -> Floats:
    """Modal scores with ordered items, see `ebm.modal_scores`; residuals count as independent.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Ordered items as 0, 1, ...; NaN where missing. Rows without a covariate of the model have no scores.
    layout, filled
        The model of one group.

    Returns
    -------
    ndarray, shape (n, latents)
    """
    assert filled.thresholds is not None
    p, x = layout.p, layout.given
    E = np.linalg.inv(np.eye(layout.v) - filled.A)
    own = filled.m.copy()
    own[x] = 0.0
    mean = E @ own + y[:, x] @ E[:, x].T
    Psi = (E @ conditional(layout, filled.S) @ E.T)[p:, p:]
    Lambda, Theta = _measurement(filled, p)
    alpha = mean[:, p:]
    items = np.setdiff1d(np.arange(p), x)
    nu = (mean[:, :p] - alpha @ Lambda.T)[:, items]
    thresholds = [filled.thresholds[layout.thresholds.i == k] for k in items]
    out = np.full(alpha.shape, np.nan)
    known = ~np.isnan(y[:, x]).any(axis=1)
    if known.any():
        by_row = bool(len(x))
        out[known] = modal_scores(
            y[np.ix_(known, items)],
            thresholds,
            Lambda[items],
            nu[known] if by_row else nu[0],
            np.diag(Theta)[items],
            alpha[known] if by_row else alpha[0],
            Psi,
        )
    return out


def _weights(Theta: Floats, Sigma: Floats, Lambda: Floats) -> Floats:
    """Theta^-1 Lambda, or Sigma^-1 Lambda, which gives the same scores, where an item has no residual."""
    try:
        np.linalg.cholesky(Theta)
        return np.asarray(np.linalg.solve(Theta, Lambda), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.solve(Sigma, Lambda), dtype=np.float64)


def with_means(matrices: GroupMatrices, mean: Floats) -> GroupMatrices:
    """Give a model without a mean structure the means of the sample: latent intercepts zero, observed means `mean`."""
    p = len(mean)
    latent = np.linalg.solve(np.eye(len(matrices.A) - p) - matrices.A[p:, p:], matrices.A[p:, :p] @ mean)
    eta = np.concatenate([mean, latent])
    return replace(matrices, m=eta - matrices.A @ eta, mu=mean)


def _measurement(matrices: GroupMatrices, p: int) -> tuple[Floats, Floats]:
    """Direct effects of latent on observed variables (through observed ones too) and the residual covariances."""
    T = np.linalg.inv(np.eye(p) - matrices.A[:p, :p])
    return T @ matrices.A[:p, p:], T @ matrices.S[:p, :p] @ T.T
