"""The size of misfit: root mean square residuals with standard errors, tests of exact and close fit, intervals.

Numeric file. With e the residuals of t moments, T = e'e, and Xi their covariance matrix, a mean square residual has,
to the second order (Maydeu-Olivares, 2017)::

    sqrt(T / t)                                  of the sample, which a perfect model too does not bring to zero:
    sqrt(tr Xi / t) (1 - tr Xi^2 / (4 tr^2 Xi))  is what it expects, with variance tr Xi^2 / (2 t tr Xi)
    sqrt((T - tr Xi) / t) / k                    unbiased, k = 1 - (tr Xi^2 + 2 e'Xi e) / (4 T^2),
                                                 with variance (tr Xi^2 + 2 e'Xi e) / (2 t T k^2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from cgsurvey.moments.fourth import adf_gamma
from cgsurvey.moments.normal import Kind, inverse, low, meat, moment_information, moment_scores
from cgsurvey.moments.sample import Floats, Sample

NAN = math.nan
CLOSE, LEVEL = 0.05, 0.90
Scale = Literal["srmr", "crmr", "rmr"]


@dataclass(frozen=True)
class Misfit:
    """One root mean square residual.

    Attributes
    ----------
    estimate, std_error : float
        Of the sample; the error is that of a model that fits exactly.
    exact_statistic, exact_p_value : float
        Test of exact fit: z of the estimate against its expectation (0 where it is smaller), upper tail.
    unbiased, unbiased_std_error, ci_lower, ci_upper : float
        Estimate of the population value and its 90 % interval.
    close_statistic, close_p_value : float
        Test that the population value is at most .05.
    """

    estimate: float
    std_error: float = NAN
    exact_statistic: float = NAN
    exact_p_value: float = NAN
    unbiased: float = 0.0
    unbiased_std_error: float = NAN
    ci_lower: float = NAN
    ci_upper: float = NAN
    close_statistic: float = NAN
    close_p_value: float = NAN


def misfit(e: Floats, Xi: Floats, moments: int) -> Misfit:
    """Size of the misfit of some moments.

    Parameters
    ----------
    e : ndarray, shape (m,)
        Residuals.
    Xi : ndarray, shape (m, m)
        Their covariance matrix.
    moments : int
        Number t that the sum of squares is divided by.

    Returns
    -------
    Misfit
        NaN but for the estimates where the residuals cannot vary (moments that the model reproduces).
    """
    T, t = float(e @ e), moments
    estimate = math.sqrt(T / t)
    t1, t2 = float(np.trace(Xi)), float(np.sum(Xi * Xi.T))
    if not t1 > 0 or T <= 1e-20:
        return Misfit(estimate, unbiased=estimate if T > 1e-20 else 0.0)
    error = math.sqrt(t2 / (2 * t * t1))
    z = max((estimate - math.sqrt(t1 / t) * (1 - t2 / (4 * t1**2))) / error, 0.0)
    spread = t2 + 2 * float(e @ Xi @ e)
    k = abs(1 - spread / (4 * T**2))
    unbiased, own = math.sqrt(max(T - t1, 0.0) / t) / k, math.sqrt(spread / (2 * t * T)) / k
    half, close = float(ndtri((1 + LEVEL) / 2)) * own, (unbiased - CLOSE) / own
    return Misfit(
        estimate, error, z, float(ndtr(-z)), unbiased, own, unbiased - half, unbiased + half, close, float(ndtr(-close))
    )


def residual_covariances(
    deltas: Sequence[Floats], weights: Sequence[Floats], gammas: Sequence[Floats], rows: Sequence[float]
) -> list[Floats]:
    """Covariance matrix of the residuals of each group, (I - P) Gamma (I - P)' / n with P = D (D'WD)^-1 D'W.

    Parameters
    ----------
    deltas : sequence of ndarray, shape (k, z)
        Derivatives of the moments by what is free.
    weights : sequence of ndarray, shape (k, k) or (k,)
        Weights of the fit function, the share of the group included.
    gammas : sequence of ndarray, shape (k, k)
        n times the covariance matrix of the sample moments.
    rows : sequence of float
        n of each group.

    Notes
    -----
    A group's residuals also vary with the rows of other groups where parameters are equal; lavaan leaves this out, and
    so does this function.
    """
    pull = [d.T @ w if w.ndim == 2 else d.T * w for d, w in zip(deltas, weights, strict=True)]
    total = np.sum([a @ d for a, d in zip(pull, deltas, strict=True)], axis=0)
    units = 1 / np.sqrt(np.abs(np.diag(total)))  # parameters may be of very different size
    inside = np.linalg.pinv(total * units * units[:, None], hermitian=True) * units * units[:, None]
    out = []
    for d, a, gamma, n in zip(deltas, pull, gammas, rows, strict=True):
        R = np.eye(len(d)) - d @ (inside @ a)
        Xi = R @ gamma @ R.T / n
        # What is left of a variance that is zero in theory is the difference of nearly equal numbers.
        nothing = np.diag(Xi) <= 1e-12 * np.diag(gamma) / n
        Xi[nothing], Xi[:, nothing] = 0.0, 0.0
        out.append((Xi + Xi.T) / 2)
    return out


def normal_weights(sample: Sample, Sigma: Floats, mu: Floats, kind: Kind | Literal["first.order"]) -> Floats:
    """Weights of the moments in the likelihood at (mu, Sigma), (k, k) over (mean, vech): their information."""
    if kind == "first.order":
        return meat(sample, moment_scores(sample, Sigma, mu))
    return moment_information(sample, Sigma, mu, kind)


def normal_gamma(
    sample: Sample, kind: Kind | Literal["first.order"], varies: NDArray[np.bool_], robust: bool
) -> Floats:
    """n times the covariance of the unrestricted moments as the likelihood sees them, (k, k) over (mean, vech).

    `varies` marks the moments that are free to vary (those of fixed covariates are not); rows and columns of others are
    zero. `robust`: without assuming normality, from the rows of the sample.
    """
    at = np.ix_(varies, varies)
    out = np.zeros((len(varies), len(varies)))
    if robust and sample.patterns is None:
        assert sample.cases is not None
        x = np.flatnonzero(~varies[sample.p :][np.equal(*low(sample.p))])
        c = sample.cases
        return adf_gamma(c.y, weights=c.weights, cluster=c.cluster, strata=c.strata, fixed=x.tolist())
    inside = inverse(normal_weights(sample, sample.cov, sample.mean, "observed" if robust else kind)[at])
    if robust:
        inside = inside @ meat(sample, moment_scores(sample, sample.cov, sample.mean)[:, varies]) @ inside
    out[at] = inside
    return out


def scaled_residuals(
    cov: Floats, Sigma: Floats, mean: Floats, mu: Floats, Xi: Floats, scale: Scale
) -> tuple[Floats, Floats]:
    """Residuals of (mean, vech S) in the metric of a measure, and their covariance matrix, shapes (k,) and (k, k).

    Parameters
    ----------
    cov, Sigma, mean, mu
        Sample and implied moments.
    Xi : ndarray, shape (k, k)
        Covariance matrix of the raw residuals.
    scale : {"srmr", "crmr", "rmr"}
        "srmr" divides by standard deviations of the sample (Bentler, 1995); "crmr" are residuals of correlations, whose
        variances follow by the delta method (Bollen, 1989); "rmr" are raw.
    """
    p = len(cov)
    i, j = low(p)
    sd, implied = np.sqrt(np.diag(cov)), np.sqrt(np.diag(Sigma))
    e = np.concatenate([mean - mu, (cov - Sigma)[i, j]])
    if scale == "rmr":
        return e, Xi
    unit = np.concatenate([1 / sd, 1 / (sd[i] * sd[j])])
    if scale == "srmr":
        return e * unit, Xi * unit * unit[:, None]
    r = cov / np.outer(sd, sd)
    e[:p] /= sd
    e[p:] = (r - Sigma / np.outer(implied, implied))[i, j]
    J = np.diag(unit)
    at = p + np.flatnonzero(i != j)
    own = p + np.flatnonzero(i == j)  # places of the variances, in the order of the variables
    J[own, own] = 0.0
    for k in (i, j):
        J[at, own[k[at - p]]] = -r[i, j][at - p] / (2 * np.diag(cov)[k[at - p]])
    e[own] = 0.0
    return e, J @ Xi @ J.T
