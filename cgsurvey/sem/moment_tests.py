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
from scipy.linalg import block_diag

from cgsurvey.moments.normal import low, moment_information, value
from cgsurvey.moments.sample import Floats, Ints, Sample, shares
from cgsurvey.sem import least_squares
from cgsurvey.sem.fit_measures import ChiSquare, Shown
from cgsurvey.sem.fitted import Fitted
from cgsurvey.sem.implied import implied, places
from cgsurvey.sem.least_squares import weigh
from cgsurvey.sem.ram import Layout, factors, layouts
from cgsurvey.sem.sandwich import Pieces


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
    """Statistic of variables that do not covary, and the pieces of its robust versions."""
    total, df = 0.0, 0
    parts = [roles(layout, covariates, fixed) for layout in layouts(fitted.structure)]
    width = sum(len(r.free) for r in parts)
    delta, at = [], 0
    for s, r in zip(fitted.samples, parts, strict=True):
        assert s.moments is not None and s.weight is not None
        z = s.moments[r.zero]
        if s.weight.ndim == 1:
            loss = float(s.weight[r.zero] @ z**2)
        else:
            cross = s.weight[np.ix_(r.free, r.zero)] @ z
            own = s.weight[np.ix_(r.free, r.free)]
            loss = float(z @ s.weight[np.ix_(r.zero, r.zero)] @ z - cross @ np.linalg.solve(own, cross))
        total += s.size * loss
        df += len(r.zero)
        D = np.zeros((len(s.moments), width))
        D[r.free, at + np.arange(len(r.free))] = 1.0
        at += len(r.free)
        delta.append(D)
    weight = [s.weight for s in fitted.samples if s.weight is not None]
    gamma = [s.gamma for s in fitted.samples if s.gamma is not None] if robust else []
    return ChiSquare(total, df), Pieces(delta, weight, gamma, shares(fitted.samples).tolist())


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
        d = first - second
        sd = np.ones(layout.p)
        sd[at.y] = np.sqrt(np.diag(sample))
        of_means = d / sd[at.variable]
        out.append(Shown(sample, model, of_means, of_means, d, ordered=True))
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


def as_normal(fitted: Fitted, pieces: Pieces | None, covariates: Sequence[int]) -> tuple[ChiSquare, ChiSquare] | None:
    """Misfit that the correlations of ordered variables would show to maximum likelihood, and what chance leaves of it.

    For the robust CFI, TLI and RMSEA of ordered variables (Savalei, 2021): the statistic of normal theory at the
    estimates of least squares, and its expectation tr(W C) under the model over df, with W the normal-theory weight of
    the correlations and C = (I - P) Gamma (I - P)' the covariance of their residuals, P = D (D'VD)^-1 D'V.
    """
    made = layouts(fitted.structure)
    if pieces is None or any(len(layout.ordered) < layout.p for layout in made):
        return None
    base, base_pieces = independence(fitted, covariates, False, robust=True)
    model = statistic(fitted, covariates, False)
    out = []
    for test, part, of_model in ((model, pieces.within(fitted.K), True), (base, base_pieces, False)):
        chisq, W, C = 0.0, [], []
        for layout, s, filled, share in zip(made, fitted.samples, fitted.matrices, part.share, strict=True):
            p = layout.p
            d = filled.scale
            assert d is not None
            Sigma = filled.Sigma * np.outer(d, d) if of_model else np.eye(p)
            plain = Sample(s.n, np.zeros(p), s.cov, s.size)
            try:
                chisq += 2 * s.size * (value(plain, Sigma, None) - value(plain, s.cov, None))
            except np.linalg.LinAlgError:
                return None
            i, j = low(p)
            keep = p + np.flatnonzero(i != j)
            W.append(share * moment_information(plain, s.cov, None, "expected")[np.ix_(keep, keep)])
        D = np.vstack(part.delta)
        V = [share * w for share, w in zip(part.share, part.weight, strict=True)]
        VD = np.vstack([weigh(v, d) for v, d in zip(V, part.delta, strict=True)])
        R = np.eye(len(D)) - D @ np.linalg.solve(D.T @ VD, VD.T)
        G = block_diag(*[g / share for g, share in zip(part.gamma, part.share, strict=True)])
        C = R @ G @ R.T
        at, rows = 0, []
        for layout, g in zip(made, part.gamma, strict=True):
            k = layout.p * (layout.p - 1) // 2
            rows.append(np.arange(at + len(g) - k, at + len(g)))
            at += len(g)
        kept = np.concatenate(rows)
        trace = float(np.sum(block_diag(*W) * C[np.ix_(kept, kept)]))
        out.append(ChiSquare(max(chisq, 0.0), test.df, robust=trace / test.df if test.df else float("nan")))
    return out[0], out[1]
