"""Weights of least squares on (mean,) vech S: what makes GLS, ULS, WLS and DWLS of one fit function (Browne, 1984).

Numeric file.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from cgsurvey.moments.normal import moment_information
from cgsurvey.moments.sample import Floats, Sample

Weight = Literal["GLS", "ULS", "WLS", "DWLS"]


def weight_matrix(name: Weight, k: int, gamma: Floats | None, normal: Floats | None = None) -> Floats:
    """Return W, shape (k, k), or its diagonal, shape (k,).

    Parameters
    ----------
    name : {"GLS", "ULS", "WLS", "DWLS"}
        The inverse of Gamma under normality, the identity, the inverse of Gamma, the inverse of its diagonal.
    k : int
        Number of moments.
    gamma, normal : ndarray, shape (k, k), optional
        Gamma without normality, and the inverse of Gamma under normality. Moments that do not vary (fixed covariates)
        have zero rows in `gamma` and get weight zero in DWLS and WLS: no model misses them.

    Raises
    ------
    numpy.linalg.LinAlgError
        When Gamma has no inverse (WLS with fewer rows than moments).
    """
    if name == "ULS":
        return np.ones(k)
    if name == "GLS":
        assert normal is not None
        return normal
    assert gamma is not None
    own = np.diag(gamma)
    vary = own > 0
    if name == "DWLS":
        return np.where(vary, 1 / np.where(vary, own, 1.0), 0.0)
    out = np.zeros_like(gamma)
    at = np.ix_(vary, vary)
    half = np.sqrt(own[vary])
    scaled = gamma[at] / np.outer(half, half)
    np.linalg.cholesky(scaled)
    out[at] = np.linalg.inv(scaled) / np.outer(half, half)
    return out


def normal_weight(cov: Floats, means: bool) -> Floats:
    """Inverse of Gamma under normality at a covariance matrix, for (mean,) vech S."""
    p = len(cov)
    H = moment_information(Sample(1, np.zeros(p), cov, 1.0), cov, None, "expected")
    return H if means else H[p:, p:]
