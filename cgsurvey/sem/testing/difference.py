"""Tests of the difference in fit of two nested models.

Numeric file. T0, d0 and c0 are chi-square, df and scaling factor of the smaller model (more df), T1, d1 and c1 those of
the larger one; T = T0 - T1 and m = d0 - d1::

    Satorra & Bentler (2001)    T / c,  c = (d0 c0 - d1 c1) / m
    Satorra & Bentler (2010)    the same with c10, the factor of the larger model at the estimates of the smaller one
    Satorra (2000)              a T + b with the mean m and the variance 2 m of a chi-square variable
                                (Asparouhov & Muthen, 2010)

For the last, T is distributed as a sum of chi-square(1) variables whose weights are the eigenvalues of P M, with
P = E A'(A E A')^-1 A E, E the inverse of the bread D'WD and M = D'W Gamma W D, all of the larger model, and A the
restrictions that make it the smaller one: a = (m / tr(P M P M))^1/2, b = m - a tr(P M).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2

from cgsurvey.moments.normal import low
from cgsurvey.moments.sample import Floats

NAN = float("nan")


@dataclass(frozen=True)
class Difference:
    """A difference test: statistic, degrees of freedom, p-value, and the scaling that T was divided by."""

    statistic: float
    df: float
    p_value: float
    scale: float = 1.0


def chi_square(T: float, m: int) -> Difference:
    """The likelihood-ratio test itself."""
    return Difference(T, m, float(chi2.sf(T, m)))


def scaled(T: float, m: int, d0: float, c0: float, d1: float, c1: float) -> Difference:
    """Satorra & Bentler (2001), and (2010) where `c1` is the factor at the estimates of the smaller model.

    A scaling factor that is not positive leaves statistic and p-value without a number.
    """
    # A saturated model has no scaling factor, and needs none.
    c = (d0 * c0 - (d1 * c1 if d1 else 0.0)) / m
    return Difference(T / c, m, float(chi2.sf(T / c, m)), c) if c > 0 else Difference(NAN, m, NAN, c)


def adjusted(T: float, m: int, bread: Floats, meat: Floats, A: Floats) -> Difference:
    """Satorra (2000), scaled and shifted.

    Parameters
    ----------
    bread, meat : ndarray, shape (z, z)
        Of the larger model, per row of data.
    A : ndarray, shape (m, z)
        Restrictions on its parameters.
    """
    E = np.linalg.inv(bread)
    AE = A @ E
    PM = AE.T @ np.linalg.solve(AE @ A.T, AE) @ meat
    first, second = float(np.trace(PM)), float(np.sum(PM * PM.T))
    a = float(np.sqrt(m / second))
    statistic = a * T + m - a * first
    return Difference(statistic, m, float(chi2.sf(statistic, m)), 1 / a)


def restrictions(larger: Floats, smaller: Floats) -> Floats:
    """The restrictions A, shape (m, z1), that take the larger model to the smaller one.

    Parameters
    ----------
    larger, smaller : ndarray, shapes (k, z1), (k, z0)
        Jacobians of the implied moments; what the parameters of the smaller model can change, the larger can by H, and
        A is orthogonal to H ("delta" in lavaan).
    """
    unit = np.sqrt(np.sum(larger**2, axis=0))
    unit[unit == 0] = 1.0
    H = np.linalg.lstsq(larger / unit, smaller / np.sqrt(np.sum(smaller**2, axis=0)), rcond=None)[0]
    left, size, _ = np.linalg.svd(H)
    rank = int(np.sum(size > 1e-7 * size.max(initial=0.0)))
    return np.asarray(left[:, rank:].T * unit)


def score_products(
    gamma: Floats, cov: Floats, mean: Floats, Sigma: Floats, mu: Floats, weight: Floats, delta: Floats
) -> Floats:
    """Cross products of casewise scores at moments other than those of the sample, shape (q, q).

    The score of a row is a linear function of (y - ybar, vech (y - ybar)(y - ybar)'), so that `gamma`, the covariance
    matrix of the latter, is all that is needed of the rows.

    Parameters
    ----------
    gamma : ndarray, shape (p + p*, p + p*)
    cov, mean : ndarray, shapes (p, p), (p,)
        Moments of the sample.
    Sigma, mu, weight : ndarray
        The moments at which scores are wanted, and their information, of the shape of `gamma`.
    delta : ndarray, shape (p + p*, q)
        Jacobian of the moments.
    """
    p = len(mean)
    i, j = low(p)
    d = mean - mu
    T = np.eye(len(gamma))
    np.add.at(T, (p + np.arange(len(i)), i), d[j])
    np.add.at(T, (p + np.arange(len(i)), j), d[i])
    offset = np.concatenate([d, (cov + np.outer(d, d) - Sigma)[i, j]])
    B = weight @ delta
    return np.asarray(B.T @ (T @ gamma @ T.T + np.outer(offset, offset)) @ B)


def mixture(T: float, m: int) -> float:
    """p-value of a difference with one of its m restrictions on a boundary: half chi-square(m - 1), half (m)."""
    upper = float(chi2.sf(T, m - 1)) if m > 1 else float(T <= 0)
    return (upper + float(chi2.sf(T, m))) / 2


@dataclass(frozen=True)
class Vuong:
    """Vuong's (1989) tests of two models that need not be nested.

    Attributes
    ----------
    omega2 : float
        Variance of the casewise differences in log-likelihood; 0 when the models cannot be told apart.
    p_distinct : float
        p-value of omega2 = 0: whether the models can be told apart in the population.
    difference : float
        Log-likelihood of the first model less that of the second.
    z, z_aic, z_bic : float
        Normal statistic of the difference, plain and corrected for the number of parameters; positive for the first.
    """

    omega2: float
    p_distinct: float
    difference: float
    z: float
    z_aic: float
    z_bic: float

    @property
    def p_value(self) -> float:
        """Two-sided p-value of `z`."""
        return float(2 * ndtr(-abs(self.z)))


def vuong(logl: Sequence[Floats], scores: Sequence[Floats], breads: Sequence[Floats]) -> Vuong:
    """Compare two models on the same rows.

    Parameters
    ----------
    logl : pair of ndarray, shape (n,)
        Casewise log-likelihoods.
    scores : pair of ndarray, shapes (n, z1), (n, z2)
        Casewise derivatives of them by the parameters.
    breads : pair of ndarray, shapes (z1, z1), (z2, z2)
        Minus the mean second derivatives.
    """
    n, (q1, q2) = len(logl[0]), (s.shape[1] for s in scores)
    each = logl[0] - logl[1]
    total = float(each.sum())
    omega2 = float(np.mean((each - each.mean()) ** 2))
    both = np.hstack(list(scores))
    B = both.T @ both / n
    # W of Vuong (1989, equation 3.6), whose squared eigenvalues weigh the chi-square variables of n omega2.
    sign = np.concatenate([-np.ones(q1), np.ones(q2)])
    A = np.zeros_like(B)
    A[:q1, :q1], A[q1:, q1:] = np.linalg.inv(breads[0]), np.linalg.inv(breads[1])
    lambda2 = np.asarray(np.linalg.eigvals((sign[:, None] * B) @ A).real ** 2, dtype=np.float64)
    p_distinct = weighted_chi_square(n * omega2, lambda2)
    root = np.sqrt(n * omega2)
    z = (total - np.array([0.0, q1 - q2, (q1 - q2) * np.log(n) / 2])) / root if omega2 > 1e-12 else np.full(3, NAN)
    return Vuong(omega2, p_distinct, total, *map(float, z))


def weighted_chi_square(x: float, weights: Floats) -> float:
    """P(sum of w_k chi-square(1) > x) for positive weights.

    The moment generating function M(s) = prod (1 - 2 w_k s)^(-1/2) is inverted, the integral of M(s) exp(-s x) / s
    over a parabola that opens around its branch cut, where the integrand vanishes exponentially.
    """
    w = weights[weights > 1e-12 * weights.max(initial=0.0)]
    if x <= 0 or not len(w):
        return 1.0 if x <= 0 and len(w) else 0.0
    w, x = w / w.max(), x / w.max()
    c = float(np.clip(0.5 - len(w) / (2 * x), 0.1, 0.4))  # near the saddle point, between the pole at 0 and the cut
    step = min(c, 0.5 - c) / 6
    u = np.arange(0.0, 6.5 / np.sqrt(x) + 1.0, step)
    s = c + 1j * u + u**2
    log_m = -np.sum(np.log(1 - 2 * w[:, None] * s), axis=0) / 2
    f = np.real(np.exp(log_m - s * x) / s * (1 - 2j * u))
    return float(np.clip(step / np.pi * (f.sum() - f[0] / 2), 0.0, 1.0))
