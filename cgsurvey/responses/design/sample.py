"""The sample as estimators see it: weights, drawn units, shares drawn, calibration margins, replicate weights.

Numeric file. Errors of a statistic come from its influence values u_i, the statistic changing by w_i u_i with row i:
the variance of the weighted total of u is that of the statistic (Woodruff, 1971; Binder, 1983). With replicate weights
the statistic is computed again for each of them instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy.special import ndtri, stdtrit

from cgsurvey.base.units import CHUNK, Floats, Ints, total_products, unit_of_rows

SWEEPS = 500  # of raking margins; each takes off most of what is left


@dataclass(frozen=True)
class Replicates:
    """Replicate weights.

    Attributes
    ----------
    factors : ndarray, shape (U, R)
        What the weights of each unit are multiplied by; or replicate weights of the rows where `whole`, shape (n, R).
    scale : float
    rscales : ndarray, shape (R,)
        The variance is ``scale * sum_r rscales_r (theta_r - centre)^2``.
    mse : bool
        The centre is the estimate, else the mean of the replicates.
    whole : bool
        Whether `factors` are replicate weights themselves.
    """

    factors: Floats
    scale: float
    rscales: Floats
    mse: bool = False
    whole: bool = False

    def __len__(self) -> int:
        return self.factors.shape[1]


@dataclass(frozen=True)
class Drawn:
    """Who was drawn, and how.

    Attributes
    ----------
    weights : ndarray, shape (n,)
        Sampling weights, all greater than zero.
    cluster, strata : ndarray of int, shape (n,), optional
        Codes of primary units and strata.
    fraction : ndarray, shape (H,), optional
        Share of the primary units of each stratum that were drawn.
    alone : str
        What a stratum with one primary unit counts, see `total_products`.
    margins : tuple of ndarray of int, shape (n,)
        Categories to which weights were post-stratified (one) or raked (several).
    calibrated : ndarray, shape (n,), optional
        Weights that met the margins, where `weights` were trimmed afterwards.
    replicates : Replicates, optional
    """

    weights: Floats
    cluster: Ints | None = None
    strata: Ints | None = None
    fraction: Floats | None = None
    alone: str = "adjust"
    margins: tuple[Ints, ...] = ()
    calibrated: Floats | None = None
    replicates: Replicates | None = None

    def __len__(self) -> int:
        return len(self.weights)

    @cached_property
    def units(self) -> tuple[Ints, Ints]:
        """Unit of each row, shape (n,), and stratum of each unit, shape (U,)."""
        return unit_of_rows(len(self), self.cluster, self.strata)

    @cached_property
    def stratum(self) -> Ints:
        """Stratum of each row, zeros without strata."""
        return np.zeros(len(self), dtype=np.int64) if self.strata is None else self.strata

    def with_replicates(self, replicates: Replicates | None) -> Drawn:
        """The same sample with other replicate weights."""
        return replace(self, replicates=replicates)

    def replicate_weights(self, r: int) -> Floats:
        """Weights of the rows in replicate r, shape (n,)."""
        found = self.replicates
        assert found is not None
        return found.factors[:, r] if found.whole else self.weights * found.factors[self.units[0], r]


class Statistic(Protocol):
    """A statistic of D domains and k columns."""

    @property
    def domain(self) -> Ints | None:
        """Domain of each row, -1 for none."""

    def estimate(self, w: Floats) -> Floats:
        """Estimates for weights w, shape (D, k)."""

    def influence(self, w: Floats, theta: Floats) -> Floats:
        """Influence values of the rows on the estimates of their own domain, shape (n, k)."""


@dataclass(frozen=True)
class Estimated:
    """Estimates with their covariances.

    Attributes
    ----------
    estimate : ndarray, shape (D, k)
    covariance : ndarray, shape (D, k, k)
        Within each domain.
    joint : ndarray, shape (D k, D k), optional
        Of all estimates, domain by domain; None where it was not asked for.
    """

    estimate: Floats
    covariance: Floats
    joint: Floats | None = None

    @property
    def std_error(self) -> Floats:
        """Standard errors, shape (D, k)."""
        return np.asarray(np.sqrt(np.maximum(np.diagonal(self.covariance, axis1=1, axis2=2), 0.0)))


def solve(statistic: Statistic, drawn: Drawn, *, joint: bool = False) -> Estimated:
    """Estimates with their covariances under the design.

    Parameters
    ----------
    statistic : Statistic
    drawn : Drawn
    joint : bool
        Whether covariances between domains are wanted too.
    """
    theta = statistic.estimate(drawn.weights)
    D, k = theta.shape
    if drawn.replicates is not None:
        each = np.stack([statistic.estimate(drawn.replicate_weights(r)).ravel() for r in range(len(drawn.replicates))])
        V = replicate_products(drawn.replicates, each, theta.ravel())
        blocks = np.stack([V[d * k : (d + 1) * k, d * k : (d + 1) * k] for d in range(D)])
        return Estimated(theta, blocks, V)
    u = np.nan_to_num(statistic.influence(drawn.weights, theta))  # a domain without rows has no estimate
    if D == 1 or not joint:
        V = covariance(drawn, u, statistic.domain)
        return Estimated(theta, V, V[0] if D == 1 else None)
    assert statistic.domain is not None
    V = _between(drawn, u, statistic.domain, D)
    return Estimated(theta, np.stack([V[d * k : (d + 1) * k, d * k : (d + 1) * k] for d in range(D)]), V)


def covariance(drawn: Drawn, u: Floats, domain: Ints | None = None) -> Floats:
    """Covariance of the weighted totals of u (n, k) by linearisation, shape (D, k, k); rows of domain -1 count zero.

    Equals R survey's svyrecvar at its first stage.
    """
    whole = domain is None or not domain.any()
    if drawn.margins:
        return _of_residuals(drawn, u, domain)
    Z = drawn.weights[:, None] * u
    Z = _centred(drawn, Z) if whole else Z
    V = _products(drawn, lambda rows: Z[rows], Z.shape[1], None if whole else domain)
    return V[None] if whole else V


def degrees(drawn: Drawn, domain: Ints | None = None, D: int = 1) -> Ints:
    """Degrees of freedom of each domain: primary units less strata in which it lies, shape (D,).

    Given replicate weights have the rank of their matrix less one.
    """
    found = drawn.replicates
    if found is not None and found.whole:
        return np.full(D, max(np.linalg.matrix_rank(found.factors, tol=1e-5 * np.abs(found.factors).max()) - 1, 0))
    unit, stratum = drawn.units
    place = np.zeros(len(drawn), dtype=np.int64) if domain is None else domain
    inside = place >= 0
    pairs = np.unique(place[inside] * len(stratum) + unit[inside])
    d, u = pairs // len(stratum), pairs % len(stratum)
    H = int(stratum.max(initial=0)) + 1
    strata = np.unique(d * H + stratum[u]) // H
    return np.asarray(np.bincount(d, minlength=D) - np.bincount(strata, minlength=D), dtype=np.int64)


def t_quantile(df: Floats, ci: float) -> Floats:
    """Quantile (1 + ci) / 2 of the t distribution; normal for infinite df, NaN where df is 0 or less."""
    df = np.asarray(df, dtype=np.float64)
    q = (1 + ci) / 2
    t = np.where(np.isfinite(df), stdtrit(np.where((df > 0) & np.isfinite(df), df, 1.0), q), ndtri(q))
    return np.where(df > 0, t, np.nan)


def replicate_products(found: Replicates, each: Floats, theta: Floats) -> Floats:
    """Covariance matrix of estimates from those of the replicates, shape (R, q) to (q, q)."""
    used = found.rscales > 0
    centre = theta if found.mse else each[used].mean(axis=0)
    d = (each - centre) * np.sqrt(found.rscales)[:, None]
    return np.asarray(found.scale * d.T @ d)


def _products(
    drawn: Drawn,
    scores: Callable[[Ints], Floats],
    k: int,
    domain: Ints | None = None,
    chunk: int = CHUNK,
) -> Floats:
    return total_products(
        scores,
        len(drawn),
        k,
        cluster=drawn.cluster,
        strata=drawn.stratum,
        domain=domain,
        fraction=drawn.fraction,
        alone=drawn.alone,
        chunk=chunk,
    )


def _centred(drawn: Drawn, Z: Floats) -> Floats:
    """Scores less the mean of their stratum, spread over the rows of a unit, where no unit stands alone.

    The variance is the same; large totals with little spread keep their digits.
    """
    unit, stratum = drawn.units
    size = np.bincount(stratum)
    if (size == 1).any():
        return Z
    rows = np.bincount(unit)
    totals = np.stack([np.bincount(drawn.stratum, Z[:, j], minlength=len(size)) for j in range(Z.shape[1])], axis=1)
    return Z - (totals / size[:, None])[drawn.stratum] / rows[unit][:, None]


def _between(drawn: Drawn, u: Floats, domain: Ints, D: int) -> Floats:
    """Covariances of totals of all domains, shape (D k, D k)."""
    k = u.shape[1]
    if drawn.margins:
        wide = _spread(u, domain, D)
        return covariance(drawn, wide.reshape(len(u), D * k))[0]
    Z = drawn.weights[:, None] * u
    return _products(
        drawn,
        lambda rows: _spread(Z[rows], domain[rows], D).reshape(len(rows), D * k),
        D * k,
        chunk=max(64, CHUNK // D),
    )


def _spread(Z: Floats, domain: Ints, D: int) -> Floats:
    """Scores (m, k) in the place of their domain, shape (m, D, k), zero elsewhere."""
    wide = np.zeros((len(Z), D, Z.shape[1]))
    rows = np.flatnonzero(domain >= 0)
    wide[rows, domain[rows]] = Z[rows]
    return wide


def _of_residuals(drawn: Drawn, u: Floats, domain: Ints | None) -> Floats:
    """Covariance after calibration: totals of the margins are known, so only what they leave of u varies."""
    w = drawn.weights if drawn.calibrated is None else drawn.calibrated
    plain = replace(drawn, margins=(), weights=w)
    u = u * (drawn.weights / w)[:, None]
    if domain is None or not domain.any():
        return covariance(plain, residuals(u, drawn.margins, w))
    D = int(domain.max(initial=0)) + 1
    parts = (np.where((domain == d)[:, None], u, 0.0) for d in range(D))
    return np.concatenate([covariance(plain, residuals(part, drawn.margins, w)) for part in parts])


def residuals(u: Floats, margins: tuple[Ints, ...], w: Floats) -> Floats:
    """What is left of u (n, k) after means of the categories of each margin are taken off.

    One margin (post-strata) takes weighted means; several are swept in turn, unweighted, until nothing changes: errors
    equal those of postStratify and rake of R's survey.
    """
    v = w if len(margins) == 1 else np.ones_like(w)
    scale = np.abs(u).max(initial=0.0)
    for _ in range(SWEEPS):
        before = u
        for codes in margins:
            total = np.bincount(codes, v)
            means = [np.bincount(codes, v * u[:, j]) / np.where(total > 0, total, 1.0) for j in range(u.shape[1])]
            u = u - np.stack(means, axis=1)[codes]
        if len(margins) == 1 or np.abs(u - before).max(initial=0.0) <= 1e-14 * scale:
            break
    return u
