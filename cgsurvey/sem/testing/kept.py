"""What a fit keeps of its rows so that it can be compared with others later: products of casewise moments, never rows.

Numeric file. Complete rows: Gamma, from which cross products of scores follow at any parameters. With missing values
they follow at the implied moments of the fit alone, so these are kept: observed information and cross products of the
casewise scores by the moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cgsurvey.moments.fourth import adf_gamma
from cgsurvey.moments.normal import low, meat, moment_information, moment_scores, slopes
from cgsurvey.moments.sample import Curvature, Floats, Sample
from cgsurvey.sem.model.structure import GroupMatrices

MOMENTS, WORK = 400, 4e8  # moments, and rows times squared moments, up to which keeping them costs next to nothing


def cheap(samples: Sequence[Sample]) -> bool:
    """Tell whether products of moments are kept without being asked for."""
    k = samples[0].p * (samples[0].p + 3) // 2
    return k <= MOMENTS and sum(s.n for s in samples) * k**2 <= WORK


def with_products(sample: Sample, filled: GroupMatrices, exogenous: Sequence[int]) -> Sample:
    """Add `gamma`, and with missing values the `curvature` at the implied moments; rows are still there afterwards.

    Parameters
    ----------
    exogenous : sequence of int
        Observed covariates with fixed moments.
    """
    if sample.patterns is None and sample.gamma is not None:
        return sample
    cases = sample.cases
    assert cases is not None  # rows are there while a model is being fitted
    if sample.patterns is None:
        gamma = adf_gamma(cases.y, weights=cases.weights, cluster=cases.cluster)
        return replace(sample, gamma=gamma)
    Sigma, mu = filled.Sigma, filled.mu
    b, W = slopes(sample, Sigma, mu)
    kept = Curvature(
        b,
        W,
        moment_information(sample, Sigma, mu, "expected"),
        observed=moment_information(sample, Sigma, mu, "observed"),
        products=meat(sample, moment_scores(sample, Sigma, mu)),
    )
    return replace(sample, curvature=kept, gamma=_answered(sample, filled, list(exogenous)))


def _answered(sample: Sample, filled: GroupMatrices, x: list[int]) -> Floats:
    """Cross products of z - sigma, missing ones counting as zero: what lavaan takes for Gamma with missing values.

    What the covariates x predict is taken out, as in `fourth.adf_gamma`.
    """
    assert sample.cases is not None
    i, j = low(sample.p)
    Sigma, D = filled.Sigma, sample.cases.y - filled.mu
    B = np.linalg.solve(Sigma[np.ix_(x, x)], Sigma[x])
    F, centre = D[:, x] @ B, Sigma - B.T @ Sigma[np.ix_(x, x)] @ B
    Z = np.hstack([D - F, D[:, i] * D[:, j] - F[:, i] * F[:, j] - centre[i, j]])
    Z[:, np.concatenate([np.isin(np.arange(sample.p), x), np.isin(i, x) & np.isin(j, x)])] = 0.0
    Z[np.isnan(Z)] = 0.0
    if sample.cases.weights is not None:
        Z *= sample.cases.weights[:, None]
    return np.asarray(Z.T @ Z / sample.rows)
