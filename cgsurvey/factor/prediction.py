"""Weights that turn standardised items into factor scores.

Numeric file. Lambda (p, m) pattern, Phi (m, m), R (p, p) correlations.
"""

from __future__ import annotations

import numpy as np

from cgsurvey.factor.extraction import Floats

METHODS = ("regression", "bartlett", "tenberge", "anderson")


def score_weights(R: Floats, Lambda: Floats, Phi: Floats, psi: Floats, method: str) -> Floats:
    """Weights, shape (p, m).

    Parameters
    ----------
    R, Lambda, Phi : ndarray
    psi : ndarray, shape (p,)
        Uniquenesses, positive.
    method : {"regression", "bartlett", "tenberge", "anderson"}
        "regression": R^-1 Lambda Phi (Thurstone, 1935), the most accurate; "bartlett": conditionally unbiased
        (Bartlett, 1937); "tenberge": correlations of the scores are Phi (ten Berge et al., 1999); "anderson": scores
        are uncorrelated (Anderson & Rubin, 1956), for orthogonal factors.
    """
    if method == "regression":
        return np.asarray(np.linalg.solve(R, Lambda @ Phi))
    if method == "tenberge":
        root = _power(Phi, 0.5)
        back = _power(R, -0.5)
        C = back @ Lambda @ root
        return back @ C @ _power(C.T @ C, -0.5) @ root
    weighted = Lambda / psi[:, None]
    M = Lambda.T @ weighted
    if method == "anderson":
        return weighted @ _power(weighted.T @ R @ weighted, -0.5)
    return weighted @ np.linalg.inv(M)


def determinacy(R: Floats, Lambda: Floats, Phi: Floats) -> Floats:
    """Squared multiple correlation of each factor with the items, shape (m,) (Guttman, 1955; psych: R2)."""
    S = Lambda @ Phi
    return np.asarray((S * np.linalg.solve(R, S)).sum(axis=0))


def _power(M: Floats, power: float) -> Floats:
    t, w = np.linalg.eigh(M)
    return (w * t**power) @ w.T
