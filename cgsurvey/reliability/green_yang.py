"""Reliability of the sum of ordered items by a factor model of their latent responses (Green & Yang, 2009).

Numeric file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from cgsurvey.moments.bivariate import grid
from cgsurvey.reliability.coefficients import NAN, Floats


def green_yang(
    thresholds: Sequence[Floats], common: Floats, total: Floats, steps: Sequence[Floats] | None = None
) -> float:
    """Share of the variance of the sum of ordered items that is due to common factors.

    Parameters
    ----------
    thresholds : sequence of ndarray, shapes (C_i - 1,)
        Of the standardised latent responses.
    common : ndarray, shape (k, k)
        What factors give to their covariances, communalities on the diagonal.
    total : ndarray, shape (k, k)
        Their correlations, by the model or of the sample.
    steps : sequence of ndarray, shapes (C_i - 1,), optional
        Difference between the scores of neighbouring categories; default 1.

    Notes
    -----
    cov(X_i, X_j) = sum_c sum_d s_c s_d [Phi2(tau_ic, tau_jd; r_ij) - Phi(tau_ic) Phi(tau_jd)], with r from `common` in
    the numerator, from `total` (and 1 for an item with itself) in the denominator: semTools::compRelSEM(ord.scale =
    TRUE) with the sample's `total`, ``omega`` of semTools::reliability with the model's.
    """
    k = len(thresholds)
    s = [np.ones(len(t)) for t in thresholds] if steps is None else list(steps)
    shown, whole = np.empty((k, k)), np.empty((k, k))
    for i in range(k):
        for j in range(i + 1):
            a, b = thresholds[i], thresholds[j]
            apart = np.outer(ndtr(a), ndtr(b))
            weight = np.outer(s[i], s[j])
            r = np.clip(np.array([common[i, j], total[i, j]]), -0.999999, 0.999999)
            joint = grid(np.tile(a, (2, 1)), np.tile(b, (2, 1)), r)
            if i == j:
                joint[1] = ndtr(np.minimum.outer(a, a))
            shown[i, j], whole[i, j] = (weight * (joint - apart)).sum(axis=(1, 2))
            shown[j, i], whole[j, i] = shown[i, j], whole[i, j]
    return float(shown.sum() / whole.sum()) if whole.sum() > 0 else NAN
