"""Tests of models that were fitted by least squares, and their comparison with variables that do not covary.

Numeric file. The statistic is N times the weighted sum of squared residuals. The model of variables that do not covary
is linear in its parameters: with f its free moments and z those it sets to zero, the minimum over f leaves

    F = z' (W_zz - W_zf W_ff^-1 W_fz) z / 2

Slopes on covariates that moments are conditional on are free in it, as in lavaan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgsurvey.moments.normal import inverse, low, value
from cgsurvey.moments.sample import Floats, Ints, Sample, shares
from cgsurvey.sem.fitting import least_squares
from cgsurvey.sem.fitting.least_squares import weigh
from cgsurvey.sem.model.implied import implied, places
from cgsurvey.sem.model.ram import Layout, factors, layouts
from cgsurvey.sem.testing.fit_measures import ChiSquare, Shown
from cgsurvey.sem.testing.fitted import Fitted
from cgsurvey.sem.testing.sandwich import Pieces


@dataclass(frozen=True)
class Roles:
    """Places of the moments that variables that do not covary leave free, set to zero, or take from the sample."""

    free: Ints
    zero: Ints
    given: Ints


def roles(layout: Layout, covariates: Sequence[int], fixed: bool) -> Roles:
    """Sort the moments of one group.

    Parameters
    ----------
    covariates : sequence of int
        Observed variables that may covary; `fixed`: with the moments of the sample.
    """
    p, x = layout.p, np.array(covariates, dtype=np.int64)
    if len(layout.ordered):
        at = places(layout)
        both = np.isin(at.i, x) & np.isin(at.j, x)
        first = len(at.variable) + len(at.y) * len(at.x) + len(at.numeric)
        zero = first + np.flatnonzero(~both)
        k = first + len(at.i)
        return Roles(np.setdiff1d(np.arange(k), zero), zero, np.zeros(0, dtype=np.int64))
    i, j = low(p)
    both = np.isin(i, x) & np.isin(j, x)
    first = p if layout.has_means else 0
    zero = first + np.flatnonzero((i != j) & ~both)
    given = np.zeros(0, dtype=np.int64)
    if fixed:
        given = np.concatenate([x[:first], first + np.flatnonzero(both)])
    return Roles(np.setdiff1d(np.arange(first + len(i)), np.concatenate([zero, given])), zero, given)


def statistic(fitted: Fitted, covariates: Sequence[int], fixed: bool) -> ChiSquare:
    """N times the weighted sum of squares of a fitted model."""
    total, moments = 0.0, 0
    for layout, s, filled in zip(layouts(fitted.structure), fitted.samples, fitted.matrices, strict=True):
        total += 2 * s.size * least_squares.value(layout, s, filled)
        part = roles(layout, covariates, fixed)
        moments += len(part.free) + len(part.zero)
    return ChiSquare(total, moments - fitted.npar)


def independence(fitted: Fitted, covariates: Sequence[int], fixed: bool, *, robust: bool) -> tuple[ChiSquare, Pieces]:
    """Statistic of variables that do not covary, and the pieces of its robust versions.

    U is zero but for the moments that are set to zero, so the pieces hold these alone, with no parameter left.
    """
    total, df, weight, gamma = 0.0, 0, [], []
    for layout, s in zip(layouts(fitted.structure), fitted.samples, strict=True):
        assert s.moments is not None and s.weight is not None
        r = roles(layout, covariates, fixed)
        at, z = np.ix_(r.zero, r.zero), s.moments[r.zero]
        if s.weight.ndim == 1:
            own = s.weight[r.zero]
        else:
            cross = s.weight[np.ix_(r.free, r.zero)]
            own = s.weight[at] - cross.T @ np.linalg.solve(s.weight[np.ix_(r.free, r.free)], cross)
        total += s.size * float(z @ weigh(own, z))
        df += len(r.zero)
        weight.append(own)
        if robust and s.gamma is not None:
            gamma.append(s.gamma[at])
    delta = [np.zeros((len(w), 0)) for w in weight]
    return ChiSquare(total, df), Pieces(delta, weight, gamma, shares(fitted.samples, rows=True).tolist())


def unexplained(fitted: Fitted) -> tuple[float, int]:
    """Misfit as a share of the weighted sum of squares of the sample moments, and the number of moments."""
    lost, moments = 0.0, 0
    rows = np.array([s.rows for s in fitted.samples])
    for layout, s, filled, w in zip(
        layouts(fitted.structure), fitted.samples, fitted.matrices, rows / rows.sum(), strict=True
    ):
        assert s.moments is not None and s.weight is not None
        whole = float(s.moments @ weigh(s.weight, s.moments))
        lost += w * 2 * least_squares.value(layout, s, filled) / whole
        moments += len(s.moments)
    return lost, moments


def shown(fitted: Fitted) -> list[Shown] | None:
    """Thresholds and correlations of ordered variables, of the sample and of the model; None without any."""
    if not len(fitted.structure.ordered):
        return None
    out = []
    for layout, s, filled in zip(layouts(fitted.structure), fitted.samples, fitted.matrices, strict=True):
        at = places(layout)
        assert s.moments is not None
        both = [_square(layout, values) for values in (s.moments, implied(layout, filled, factors(layout, filled)))]
        (sample, first), (model, second) = both
        d = (first - second)[at.threshold >= 0]
        out.append(Shown(sample, model, d, d, d, ordered=layout.p))
    return out


def _square(layout: Layout, moments: Floats) -> tuple[Floats, Floats]:
    """Covariance matrix of the explained variables, and thresholds and means, from a vector of moments."""
    at = places(layout)
    of = np.full(layout.p, -1)
    of[at.y] = np.arange(len(at.y))
    out = np.eye(len(at.y))
    n_t, n_x, n_v = len(at.variable), len(at.y) * len(at.x), len(at.numeric)
    out[of[at.numeric], of[at.numeric]] = moments[n_t + n_x : n_t + n_x + n_v]
    out[of[at.i], of[at.j]] = out[of[at.j], of[at.i]] = moments[n_t + n_x + n_v :]
    return out, moments[:n_t]


def as_normal(fitted: Fitted, pieces: Pieces, covariates: Sequence[int]) -> tuple[ChiSquare, ChiSquare] | None:
    """Misfit that the correlations of ordered variables would show to maximum likelihood, and what chance leaves of it.

    For the robust CFI, TLI and RMSEA of ordered variables (Savalei, 2021): the statistic of normal theory at the
    estimates of least squares, and its expectation tr(W C) under the model over df, with W the normal-theory weight of
    the correlations at those of the model and C = (I - P) Gamma (I - P)' the covariance of their residuals,
    P = D (D'VD)^-1 D'V. For variables that do not covary W is the identity and C is Gamma. None where some variable is
    numeric, or the correlations of the model are no correlation matrix.

    Notes
    -----
    With several groups the second expectation is that of lavaan 0.6-14, which divides Gamma by the share of the group
    and does not multiply W by it.
    """
    made = layouts(fitted.structure)
    if any(len(layout.ordered) < layout.p for layout in made):
        return None
    model, base = statistic(fitted, covariates, False), independence(fitted, covariates, False, robust=False)[0]
    reduced = pieces.within(fitted.K)
    E = inverse(reduced.bread())
    spread = E @ reduced.meat() @ E  # of the estimates
    chisq, none, trace, chance = 0.0, 0.0, 0.0, 0.0
    for s, filled, g, share, d, m in zip(
        fitted.samples, fitted.matrices, pieces.gamma, pieces.share, reduced.delta, reduced.moved, strict=True
    ):
        p = s.p
        plain = Sample(s.n, np.zeros(p), s.cov, s.size)
        try:
            own = value(plain, s.cov, None)
            chisq += 2 * s.rows * (value(plain, filled.cov, None) - own)
        except np.linalg.LinAlgError:
            return None
        none += 2 * s.rows * (value(plain, np.eye(p), None) - own)
        i, j = low(p)
        i, j = i[i != j], j[i != j]
        G, D = g[-len(i) :], d[-len(i) :]
        chance += float(np.trace(G[:, -len(i) :])) / share
        # tr(W C) from W D alone: the columns of D as symmetric matrices between two inverses of the correlations.
        K = inverse(filled.cov)
        X = np.zeros((D.shape[1], p, p))
        X[:, i, j] = X[:, j, i] = D.T
        WD = share * (K @ X @ K)[:, i, j].T
        W = K[np.ix_(i, i)] * K[np.ix_(j, j)] + K[np.ix_(i, j)] * K[np.ix_(j, i)]
        trace += float(np.sum(W * G[:, -len(i) :]))
        trace += float(np.sum((WD.T @ D) * spread)) - 2 * float(np.sum((WD @ E) * m[-len(i) :]))
    user, baseline = (
        ChiSquare(max(t, 0.0), df, robust=c / df if df else float("nan"))
        for t, df, c in ((chisq, model.df, trace), (none, base.df, chance))
    )
    return user, baseline
