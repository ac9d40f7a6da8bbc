"""Numbers that rival models are described by: weights of information criteria, indices of a bifactor model.

Numeric file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.reliability.coefficients import NAN


def weights(criterion: Floats) -> Floats:
    """Weights exp(-d/2) / sum of models by their distance d from the lowest AIC or BIC (Wagenmakers & Farrell, 2004).

    NaN where a model has no criterion; the others share 1.
    """
    known = np.isfinite(criterion)
    out = np.full(len(criterion), NAN)
    if known.any():
        share = np.exp(-(criterion[known] - criterion[known].min()) / 2)
        out[known] = share / share.sum()
    return out


@dataclass(frozen=True)
class Bifactor:
    """Indices of a bifactor model (Rodriguez, Reise & Haviland, 2016).

    Attributes
    ----------
    ecv : float
        Explained common variance: share of the general factor in what the factors explain of the indicators.
    puc : float
        Share of the correlations of indicators that only the general factor explains.
    omega_total, omega_h : float
        Shares of the variance of the sum of the standardised items that come from all factors, and from the general
        one.
    """

    ecv: float
    puc: float
    omega_total: float
    omega_h: float


def bifactor_indices(
    general: Floats, specific: Sequence[tuple[Ints, Floats]], weight: Floats | None = None, residual: float = 0.0
) -> Bifactor:
    """Describe a bifactor model by its standardised solution.

    Parameters
    ----------
    general : ndarray, shape (m,)
        Loadings of the indicators (items, or elements) on the general factor.
    specific : sequence of (places, loadings)
        Indicators of each specific factor, and their loadings on it.
    weight : ndarray, shape (m,), optional
        Where the indicators are factors themselves: sum of the loadings of the items of each. What is left of such an
        indicator is common to its items and no error.
    residual : float
        Sum of the residual variances of the items then.
    """
    m = len(general)
    explained = sum(float((loading**2).sum()) for _, loading in specific)
    own = float((general**2).sum())
    inside = sum(len(at) * (len(at) - 1) / 2 for at, _ in specific)
    w = np.ones(m) if weight is None else weight
    left = 1 - general**2
    for at, loading in specific:
        left[at] -= loading**2
    top = float(w @ general) ** 2
    common = top + sum(float(w[at] @ loading) ** 2 for at, loading in specific)
    unique = float(w**2 @ left)
    whole = common + unique + residual
    return Bifactor(
        ecv=own / (own + explained) if own + explained > 0 else NAN,
        puc=1 - inside / (m * (m - 1) / 2) if m > 1 else NAN,
        omega_total=(common if weight is None else common + unique) / whole,
        omega_h=top / whole,
    )
