"""Least squares with classical and robust errors. Arrays in, frozen dataclass out.

Numeric file. y, shape (n,), outcome; X, shape (n, k), design matrix; e residuals; h leverages, the diagonal of
H = X (X'X)^-1 X'. Estimates are those of statsmodels, which equal lm of R.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

Array = NDArray[np.float64]
Errors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "HC4", "cluster"]
ERRORS = ("classical", "HC0", "HC1", "HC2", "HC3", "HC4", "cluster")
ROUNDING = 1e-9


@dataclass(frozen=True)
class Linear:
    """A regression.

    Attributes
    ----------
    b, se, t, p : ndarray, shape (k,)
        Coefficients, standard errors, two-sided tests with `df_t` degrees of freedom.
    V : ndarray, shape (k, k)
        Covariance of the coefficients.
    fitted, e, h : ndarray, shape (n,)
        Fitted values, residuals, leverages.
    s : float
        Residual standard deviation.
    r2, r2_adj : float
        1 - RSS / TSS, about the mean where X holds an intercept.
    F, df1, df2, p_f : float
        Test that all coefficients but the intercept are zero: the usual F with classical errors, else Wald's. NaN
        where there is none.
    loglik : float
    df, df_t : int
        n - k; that of the t tests (G - 1 with G clusters).
    """

    b: Array
    se: Array
    t: Array
    p: Array
    V: Array
    fitted: Array
    e: Array
    h: Array
    s: float
    r2: float
    r2_adj: float
    F: float
    df1: int
    df2: int
    p_f: float
    loglik: float
    df: int
    df_t: int

    def interval(self, level: float) -> tuple[Array, Array]:
        """Return the limits of the coefficients."""
        width = float(t_distribution.ppf((1 + level) / 2, self.df_t)) * self.se
        return self.b - width, self.b + width

    @property
    def cooks(self) -> Array:
        """Cook's (1977) distance of each row, e^2 h / (k s^2 (1 - h)^2); NaN where the leverage is 1."""
        spare = np.where(1 - self.h > ROUNDING, 1 - self.h, np.nan)
        return self.e**2 * self.h / (len(self.b) * self.s**2 * spare**2)

    @property
    def standardised(self) -> Array:
        """Internally studentised residuals e / (s sqrt(1 - h))."""
        return self.e / (self.s * np.sqrt(np.where(1 - self.h > ROUNDING, 1 - self.h, np.nan)))

    @property
    def studentised(self) -> Array:
        """Externally studentised residuals, of which the row itself has no part in the deviation."""
        r = self.standardised
        with np.errstate(invalid="ignore", divide="ignore"):
            return r * np.sqrt((self.df - 1) / np.where(self.df - r**2 > 0, self.df - r**2, np.nan))


def least_squares(
    y: Array, X: Array, *, intercept: bool, errors: Errors = "classical", cluster: NDArray[np.int64] | None = None
) -> Linear:
    """Regress y on X, which must have full rank and fewer columns than rows.

    Parameters
    ----------
    y : ndarray, shape (n,)
    X : ndarray, shape (n, k)
    intercept : bool
        Whether the first column of X is the intercept.
    errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4", "cluster"}
        Sandwich with e^2 / (1 - h)^d_i: d = 0 (White, 1980), with n / (n - k) (HC1), 1 (HC2), 2 (HC3; MacKinnon &
        White, 1985), min(4, n h / k) (HC4; Cribari-Neto, 2004); clustered with the factor
        G / (G - 1) (n - 1) / (n - k) and t with G - 1 degrees of freedom (Cameron & Miller, 2015).
    cluster : ndarray of int, shape (n,), optional
        Codes 0..G-1 of the clusters.

    Notes
    -----
    R: lm; sandwich::vcovHC and vcovCL (type = "HC1").
    """
    from statsmodels.regression.linear_model import OLS

    n, k = X.shape
    fit = OLS(y, X).fit()
    e, bread = fit.resid, fit.normalized_cov_params
    h = np.clip(np.einsum("ij,jk,ik->i", X, bread, X), 0, 1)
    s2, df = float(e @ e) / (n - k), n - k
    V = bread * s2 if errors == "classical" else bread @ _meat(X, e, h, errors, cluster) @ bread
    df_t = int(cluster.max()) if errors == "cluster" and cluster is not None else df
    se = np.sqrt(np.diag(V))
    with np.errstate(invalid="ignore", divide="ignore"):
        t = fit.params / np.where(se > 0, se, np.nan)
    total = float(((y - y.mean()) ** 2).sum() if intercept else y @ y)
    r2 = 1 - float(e @ e) / total
    df1, tested = k - intercept, slice(int(intercept), None)
    F = np.nan
    if df1 and (errors == "classical" or df_t >= df1):
        F = float(fit.params[tested] @ np.linalg.solve(V[tested, tested], fit.params[tested])) / df1
    return Linear(
        b=fit.params,
        se=se,
        t=t,
        p=2 * t_distribution.sf(np.abs(t), df_t),
        V=V,
        fitted=fit.fittedvalues,
        e=e,
        h=h,
        s=float(np.sqrt(s2)),
        r2=r2,
        r2_adj=1 - (1 - r2) * (n - intercept) / df,
        F=F,
        df1=df1,
        df2=df_t,
        p_f=float(f_distribution.sf(F, df1, df_t)) if F == F else np.nan,
        loglik=float(fit.llf),
        df=df,
        df_t=df_t,
    )


def _meat(X: Array, e: Array, h: Array, errors: Errors, cluster: NDArray[np.int64] | None) -> Array:
    n, k = X.shape
    if errors == "cluster":
        assert cluster is not None
        G = int(cluster.max()) + 1
        sums = np.zeros((G, k))
        np.add.at(sums, cluster, X * e[:, None])
        return sums.T @ sums * (G / (G - 1) * (n - 1) / (n - k))
    power = {"HC0": 0.0, "HC1": 0.0, "HC2": 1.0, "HC3": 2.0, "HC4": np.minimum(4, n * h / k)}[errors]
    # a row with leverage 1 has a residual of zero, whatever its answer
    w = e**2 / np.where(1 - h > ROUNDING, 1 - h, 1.0) ** power
    return (X * w[:, None]).T @ X * (n / (n - k) if errors == "HC1" else 1.0)


@dataclass(frozen=True)
class Shares:
    """What each column of X adds: standardised coefficient, correlations with y, tolerance; shape (k,), NaN at first.

    `r` is the plain correlation, `partial` that of what the other columns leave of both, `part` that of y with what
    they leave of the column: part^2 is the loss of R2 when the column goes. `tolerance` is 1 - R2 of the column on the
    others; its inverse is the variance inflation factor.
    """

    beta: Array
    r: Array
    partial: Array
    part: Array
    tolerance: Array


def shares(y: Array, X: Array, fit: Linear) -> Shares:
    """Standardise a regression with an intercept in the first column of X."""
    Z = X[:, 1:] - X[:, 1:].mean(axis=0)
    sd, sy = Z.std(axis=0, ddof=1), y.std(ddof=1)
    R = np.atleast_2d(np.corrcoef(Z, rowvar=False))
    r = Z.T @ (y - y.mean()) / ((len(y) - 1) * sd * sy)
    tolerance = 1 / np.diag(np.linalg.inv(R))
    beta = fit.b[1:] * sd / sy
    part = beta * np.sqrt(tolerance)
    partial = part / np.sqrt(part**2 + 1 - fit.r2) if fit.r2 < 1 else np.sign(part)
    return Shares(*(np.concatenate([[np.nan], v]) for v in (beta, r, partial, part, tolerance)))


def generalised_inflation(X: Array, parents: list[str]) -> dict[str, float]:
    """Fox and Monette's (1992) GVIF^(1 / df) of each term of X, comparable with the VIF of a single column."""
    Z = X[:, 1:]
    R = np.atleast_2d(np.corrcoef(Z, rowvar=False))
    names, whole = np.array(parents[1:]), np.linalg.slogdet(R)[1]
    out = {}
    for name in dict.fromkeys(parents[1:]):
        own = names == name
        rest = np.linalg.slogdet(R[np.ix_(~own, ~own)])[1] if (~own).any() else 0.0
        log_gvif = np.linalg.slogdet(R[np.ix_(own, own)])[1] + rest - whole
        out[str(name)] = float(np.exp(log_gvif / own.sum()))
    return out


def dependent_columns(X: Array) -> list[tuple[int, list[int]]]:
    """Return columns of X that are combinations of those before them, each with these; empty at full rank."""
    scale = np.linalg.norm(X, axis=0)
    Z = X / np.where(scale > 0, scale, 1)
    kept: list[int] = []
    out = []
    for j in range(Z.shape[1]):
        before = Z[:, kept]
        weights = np.linalg.lstsq(before, Z[:, j], rcond=None)[0] if kept else np.zeros(0)
        if np.linalg.norm(Z[:, j] - before @ weights) <= 1e-7:
            out.append((j, [i for i, w in zip(kept, weights, strict=True) if abs(w) > 1e-6]))
        else:
            kept.append(j)
    return out


def nested_change(small: Linear, large: Linear) -> tuple[float, int, int, float]:
    """F test of the columns that `large` adds to `small`, classical errors: F, df1, df2, p."""
    df1 = small.df - large.df
    rss, more = float(large.e @ large.e), float(small.e @ small.e)
    F = (more - rss) / df1 / (rss / large.df) if df1 and rss > 0 else np.nan
    return F, df1, large.df, float(f_distribution.sf(F, df1, large.df)) if F == F else np.nan


def wald_change(large: Linear, added: NDArray[np.bool_]) -> tuple[float, int, int, float]:
    """F test of some coefficients with the errors of the fit: F, df1, df2, p; NaN with too few clusters."""
    df1 = int(added.sum())
    if not df1 or large.df_t < df1:
        return np.nan, df1, large.df_t, np.nan
    b = large.b[added]
    F = float(b @ np.linalg.solve(large.V[np.ix_(added, added)], b)) / df1
    return F, df1, large.df_t, float(f_distribution.sf(F, df1, large.df_t))


def sobel(a: float, se_a: float, b: float, se_b: float) -> tuple[float, float, float]:
    """Sobel's (1982) test of the product a b: standard error, z, p."""
    from scipy.special import ndtr

    se = float(np.sqrt(a * a * se_b * se_b + b * b * se_a * se_a))
    z = a * b / se if se > 0 else np.nan
    return se, z, float(2 * ndtr(-abs(z)))
