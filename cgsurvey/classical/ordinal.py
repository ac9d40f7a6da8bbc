"""Proportional-odds regression (McCullagh, 1980) by Newton's method, and Brant's test. Arrays in, dataclass out.

Numeric file. y, shape (n,), codes 0..J-1; X, shape (n, k), without intercept. The model is that of MASS::polr::

    logit P(Y <= j) = theta_j - x'b

Its log-likelihood is concave, and first and second derivatives are exact; statsmodels' OrderedModel has them by finite
differences, whose errors reach the standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, log_expit, ndtr, ndtri

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
STEPS = 100
TOLERANCE = 1e-10
FAR = 30.0  # a standardised coefficient beyond it has left every finite maximum


@dataclass(frozen=True)
class Ordinal:
    """A fit.

    Attributes
    ----------
    b, theta : ndarray, shapes (k,), (J - 1,)
        Coefficients (log odds ratios) and thresholds.
    V : ndarray, shape (k + J - 1, k + J - 1)
        Covariance of (b, theta).
    loglik, loglik_null : float
        Log-likelihood, and that of the thresholds alone.
    n : int
    converged : bool
        False where no finite maximum was found, as when categories are separated.
    """

    b: Array
    theta: Array
    V: Array
    loglik: float
    loglik_null: float
    n: int
    converged: bool

    @property
    def se(self) -> Array:
        """Standard errors of (b, theta)."""
        return np.sqrt(np.diag(self.V))

    @property
    def chisq(self) -> tuple[float, int, float]:
        """Likelihood-ratio test of all coefficients: statistic, df, p."""
        statistic = max(0.0, 2 * (self.loglik - self.loglik_null))
        return statistic, len(self.b), float(chdtrc(len(self.b), statistic)) if len(self.b) else np.nan

    @property
    def pseudo_r2(self) -> tuple[float, float, float]:
        """McFadden (1974), Cox and Snell (1989), Nagelkerke (1991)."""
        cox = 1 - np.exp(2 * (self.loglik_null - self.loglik) / self.n)
        return 1 - self.loglik / self.loglik_null, float(cox), float(cox / (1 - np.exp(2 * self.loglik_null / self.n)))


def proportional_odds(y: Ints, X: Array, *, robust: bool = False, cluster: Ints | None = None) -> Ordinal:
    """Fit the model; each of the categories 0..J-1 occurs.

    Parameters
    ----------
    y : ndarray of int, shape (n,)
    X : ndarray, shape (n, k)
    robust : bool
        Covariance by the sandwich of the scores, else the inverse information.
    cluster : ndarray of int, shape (n,), optional
        Codes of clusters, whose scores are summed; with the factor G / (G - 1).
    """
    n, k = X.shape
    J = int(y.max()) + 1
    centre, scale = X.mean(axis=0), X.std(axis=0)
    Z = (X - centre) / scale
    share = np.cumsum(np.bincount(y, minlength=J))[:-1] / n
    start = np.log(share / (1 - share))
    p = np.concatenate([np.zeros(k), start])
    null = float(np.log(np.bincount(y, minlength=J) / n) @ np.bincount(y, minlength=J))
    value, gradient, hessian, _ = _derivatives(p, y, Z, J)
    converged = k == 0
    for _ in range(STEPS if k else 0):
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while True:
            new = p - size * step
            ordered = bool((np.diff(new[k:]) > 0).all())
            found = _derivatives(new, y, Z, J) if ordered else None
            if (found is not None and found[0] >= value - 1e-12 * abs(value)) or size < 1e-8:
                break
            size /= 2
        if found is None or np.abs(new[:k]).max() > FAR:
            break
        p, (value, gradient, hessian, _) = new, found
        if np.abs(size * step).max() < TOLERANCE * (1 + np.abs(p).max()):
            converged = True
            break
    value, gradient, hessian, scores = _derivatives(p, y, Z, J)
    V = _inverse(-hessian)
    if V is None:
        converged, V = False, np.full((len(p), len(p)), np.nan)
    elif cluster is not None:
        G = int(cluster.max()) + 1
        sums = np.zeros((G, len(p)))
        np.add.at(sums, cluster, scores)
        V = V @ (sums.T @ sums) @ V * G / (G - 1)
    elif robust:
        V = V @ (scores.T @ scores) @ V
    back = np.zeros((len(p), len(p)))  # from the standardised columns to the units of X
    back[:k, :k] = np.diag(1 / scale)
    back[k:, k:] = np.eye(J - 1)
    back[k:, :k] = centre / scale
    p = back @ p
    return Ordinal(p[:k], p[k:], back @ V @ back.T, value, null, n, converged)


def _inverse(A: Array) -> Array | None:
    try:
        found = np.asarray(np.linalg.inv(A), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return found if (np.diag(found) > 0).all() else None


def _derivatives(p: Array, y: Ints, X: Array, J: int) -> tuple[float, Array, Array, Array]:
    """Log-likelihood, gradient, second derivatives and casewise scores by (b, theta)."""
    n, k = X.shape
    eta = X @ p[:k]
    bounds = np.concatenate([[-np.inf], p[k:], [np.inf]])
    u, low = bounds[y + 1] - eta, bounds[y] - eta
    # F(u) - F(l) = F(u) F(-l) (1 - exp(l - u)), which loses no digits in the tails
    gap = np.where(np.isfinite(u) & np.isfinite(low), bounds[y + 1] - bounds[y], np.inf)
    log_p = log_expit(u) + log_expit(-low) + np.log(-np.expm1(-gap))
    probability = np.exp(log_p)
    fu, fl = expit(u) * expit(-u), expit(low) * expit(-low)
    gu, gl = fu / probability, -fl / probability
    huu = fu * (1 - 2 * expit(u)) / probability - gu**2
    hll = -fl * (1 - 2 * expit(low)) / probability - gl**2
    hul = -gu * gl
    Du, Dl = np.zeros((n, k + J - 1)), np.zeros((n, k + J - 1))
    Du[:, :k] = Dl[:, :k] = -X
    rows = np.arange(n)
    upper, lower = y < J - 1, y > 0
    Du[rows[upper], k + y[upper]] = 1
    Dl[rows[lower], k + y[lower] - 1] = 1
    scores = gu[:, None] * Du + gl[:, None] * Dl
    cross = (Du * hul[:, None]).T @ Dl
    hessian = (Du * huu[:, None]).T @ Du + (Dl * hll[:, None]).T @ Dl + cross + cross.T
    return float(log_p.sum()), scores.sum(axis=0), hessian, scores


@dataclass(frozen=True)
class Brant:
    """Brant's test: chi-square, df and p of all coefficients, and of each, shape (k,)."""

    chisq: float
    df: int
    p: float
    by_column: Array
    df_column: int
    p_column: Array


def brant(y: Ints, X: Array) -> Brant | None:
    """Test whether the coefficients are alike at all thresholds (Brant, 1990); None where it cannot be computed.

    The coefficients of the J - 1 binary regressions of Y > j are compared by Wald's test with their joint covariance
    matrix (R: brant::brant).
    """
    n, k = X.shape
    J = int(y.max()) + 1
    if J < 3 or k == 0:
        return None
    scale = X.std(axis=0)
    design = np.column_stack([np.ones(n), (X - X.mean(axis=0)) / scale])
    b, pi, inverse = np.zeros((J - 1, k)), np.zeros((J - 1, n)), []
    for j in range(J - 1):
        fit = proportional_odds((y > j).astype(np.int64), design[:, 1:])
        if not fit.converged:
            return None
        b[j], pi[j] = fit.b, expit(design[:, 1:] @ fit.b - fit.theta[0])
        inverse.append(np.linalg.inv((design * (pi[j] * (1 - pi[j]))[:, None]).T @ design))
    V = np.zeros(((J - 1) * k, (J - 1) * k))
    for j in range(J - 1):
        for m in range(j, J - 1):  # P(Y > j, Y > m) = pi_m
            middle = (design * (pi[m] - pi[j] * pi[m])[:, None]).T @ design
            block = (inverse[j] @ middle @ inverse[m])[1:, 1:]
            V[j * k : (j + 1) * k, m * k : (m + 1) * k] = block
            V[m * k : (m + 1) * k, j * k : (j + 1) * k] = block.T
    contrast = np.column_stack([-np.ones(J - 2), np.eye(J - 2)])
    D = np.kron(contrast, np.eye(k))
    found = _wald(D @ b.ravel(), D @ V @ D.T)
    if found is None:
        return None
    single = np.full(k, np.nan)
    for column in range(k):
        at = np.arange(J - 1) * k + column
        part = _wald(contrast @ b[:, column], contrast @ V[np.ix_(at, at)] @ contrast.T)
        single[column] = np.nan if part is None else part
    df = (J - 2) * k
    return Brant(found, df, float(chdtrc(df, found)), single, J - 2, chdtrc(J - 2, single))


def _wald(d: Array, V: Array) -> float | None:
    try:
        return float(d @ np.linalg.solve(V, d))
    except np.linalg.LinAlgError:
        return None


def normal_test(estimate: Array, se: Array, level: float) -> tuple[Array, Array, Array, Array]:
    """Wald's z, two-sided p and limits of estimates."""
    z = estimate / se
    width = float(ndtri((1 + level) / 2)) * se
    return z, 2 * ndtr(-np.abs(z)), estimate - width, estimate + width
