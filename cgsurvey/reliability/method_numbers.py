"""Common-method variance in numbers: shares of one factor, partial correlations, collinearity, parts of reliability.

Numeric file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as t_distribution

from cgsurvey.factor.extraction import extract
from cgsurvey.reliability.coefficients import NAN, Floats


@dataclass(frozen=True)
class OneFactor:
    """Harman: share of the variance of all items in the first unrotated component, and in one common factor."""

    eigenvalue: float
    component_share: float
    factor_share: float
    loadings: Floats
    converged: bool


def one_factor(R: Floats) -> OneFactor:
    """First principal component and one factor by minres of a correlation matrix (p, p).

    Minres and iterated principal axes have the same solution; psych::fa(nfactors = 1, rotate = "none").
    """
    top = float(np.linalg.eigvalsh(R)[-1])
    found = extract(R, 1, "minres")
    loadings = found.loadings[:, 0]
    return OneFactor(top, top / len(R), float((loadings**2).mean()), loadings, found.converged)


def inflation(R: Floats) -> Floats:
    """Variance inflation factor of each variable given all others, the diagonal of the inverse of R, shape (k,).

    NaN where R is not positive definite.
    """
    if len(R) < 2 or not np.isfinite(R).all() or np.linalg.eigvalsh(R)[0] < 1e-10:
        return np.full(len(R), NAN)
    return np.diag(np.linalg.inv(R)).copy()


def significance(r: Floats, df: float) -> Floats:
    """Two-sided p-values of (partial) correlations, t = r (df / (1 - r^2))^1/2."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = r * np.sqrt(df / (1 - r**2))
    return np.asarray(2 * t_distribution.sf(np.abs(t), df))


def without_marker(r: Floats, r_m: float, n: int) -> tuple[Floats, Floats]:
    """Correlations with the part of a marker taken out, and their p-values (Lindell & Whitney, 2001).

    r_A = (r - r_M) / (1 - r_M) on n - 3 degrees of freedom: the partial correlation given a method factor that
    correlates r_M^1/2 with each variable, the marker included, so that the marker correlates r_M with either.
    """
    adjusted = (r - r_m) / (1 - r_m)
    return adjusted, significance(adjusted, n - 3)


@dataclass(frozen=True)
class Decomposition:
    """Reliability of the sum of the items of one construct, split into its sources (Williams et al., 2010)."""

    total: float
    trait: float
    method: float


def decompose(trait: Floats, method: Floats, error: Floats) -> Decomposition:
    """Split (sum l)^2 / ((sum l)^2 + (sum m)^2 + sum e) into the parts of trait l and method m.

    Parameters
    ----------
    trait, method, error : ndarray, shape (k,)
        Standardised loadings on trait and method, residual variances.
    """
    own, other = trait.sum() ** 2, method.sum() ** 2
    whole = own + other + error.sum()
    return Decomposition(float((own + other) / whole), float(own / whole), float(other / whole))
