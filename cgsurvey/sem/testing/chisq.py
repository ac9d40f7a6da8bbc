"""Tests of a model against the unrestricted one: of likelihood, scaled for non-normal data, and of least squares.

Numeric file. Scaled statistics follow the variant of Mplus: with B the cross products of casewise scores (of cluster
sums, where there are clusters) and H the observed information, c = (tr B1 H1^-1 - tr B0 H0^-1) / df, index 1 at the
unrestricted moments and index 0 at those of the model (Yuan & Bentler, 2000; Asparouhov & Muthen, 2005).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import numpy as np
from scipy.linalg import solve

from cgsurvey.moments.normal import (
    Kind,
    inverse,
    log_likelihood,
    low,
    meat,
    moment_information,
    moment_scores,
    summed,
    value,
)
from cgsurvey.moments.patterns import find_patterns
from cgsurvey.moments.sample import Floats, Sample, shares
from cgsurvey.moments.saturated import saturated
from cgsurvey.sem.fitting.derivatives import MANY, information
from cgsurvey.sem.model.ram import jacobian
from cgsurvey.sem.model.structure import COVARIANCE, MEAN, GroupMatrices, Structure
from cgsurvey.sem.testing import moment_tests
from cgsurvey.sem.testing.fit_measures import ChiSquare
from cgsurvey.sem.testing.fitted import Fitted
from cgsurvey.sem.testing.sandwich import Robust, adjusted

NAN = float("nan")


@dataclass(frozen=True)
class Tests:
    """Test statistics and log-likelihoods of a fitted model.

    Attributes
    ----------
    user, baseline : ChiSquare
        The model, and the model of independent variables.
    logl, logl_saturated : float
        Log-likelihoods.
    factor_h0, factor_h1 : float
        Scaling factors of the two log-likelihoods; NaN without robust errors.
    corrected : pair of ChiSquare, optional
        What robust fit measures rest on where it is not the scaled statistic, model and baseline: with missing values
        statistics of complete data at the estimates and their c-hat; with ordered variables those of correlations.
    scaled : mapping of str to ChiSquare
        The model's statistic under each scaled test that was asked for.
    """

    user: ChiSquare
    baseline: ChiSquare
    logl: float
    logl_saturated: float
    factor_h0: float = NAN
    factor_h1: float = NAN
    corrected: tuple[ChiSquare, ChiSquare] | None = None
    scaled: Mapping[str, ChiSquare] = field(default_factory=dict)


def discrepancy(fitted: Fitted) -> float:
    """N times the fit function: twice the difference of the log-likelihoods."""
    total = 0.0
    for sample, filled in zip(fitted.samples, fitted.matrices, strict=True):
        mu = filled.mu if fitted.structure.means else None
        total += 2 * sample.size * (value(sample, filled.Sigma, mu) - value(sample, sample.cov, sample.mean))
    return max(total, 0.0)


def independence(structure: Structure, samples: Sequence[Sample], covariates: Sequence[int], fixed: bool) -> Fitted:
    """The model of independent variables at its estimates, which have a closed form, with missing values too.

    Parameters
    ----------
    covariates : sequence of int
        Observed variables that covary freely among each other; `fixed`: with the moments of the sample.
    """
    p, x = structure.p, set(covariates)
    cells: list[tuple[int, int, int, int, int, float]] = []
    theta: list[float] = []
    matrices = []

    def place(g: int, matrix: int, i: int, j: int, found: float, held: bool) -> None:
        cells.append((g, matrix, i, j, -1 if held else len(theta), found if held else NAN))
        if not held:
            theta.append(found)

    for g, sample in enumerate(samples):
        mean, variance = _available(sample)
        Sigma, (mean_x, cov_x) = np.diag(variance), _of_covariates(sample, covariates, fixed)
        for i in range(p):
            for j in range(i + 1):
                if i in x and j in x:
                    Sigma[i, j] = Sigma[j, i] = cov_x[i, j]
                if i == j or (i in x and j in x):
                    place(g, COVARIANCE, i, j, Sigma[i, j], fixed and i in x)
            if i in x:
                mean[i] = mean_x[i]
            if structure.means:
                place(g, MEAN, i, 0, mean[i], fixed and i in x)
        matrices.append(GroupMatrices(np.zeros((p, p)), Sigma, mean, Sigma, mean))
    columns = [np.array(c) for c in zip(*cells, strict=True)]
    row, (group, matrix, at_i, at_j, free, held) = np.zeros(len(cells), dtype=np.int64), columns
    made = Structure(p, p, structure.n_groups, structure.means, row, group, matrix, at_i, at_j, free, held)
    return Fitted(made, np.array(theta), matrices, samples, np.eye(len(theta)))


def _of_covariates(sample: Sample, covariates: Sequence[int], fixed: bool) -> tuple[Floats, Floats]:
    """Means and covariances, among all variables, in which the entries of covariates are their own estimates.

    With missing values these are the maximum-likelihood ones of the covariates alone; where they are fixed, those of
    the rows that answered, pair by pair (as in lavaan), if they form a covariance matrix.
    """
    x = np.array(covariates, dtype=np.int64)
    if sample.patterns is None or sample.cases is None or not np.isnan(sample.cases.y[:, x]).any():
        return sample.mean, sample.cov
    y, w = sample.cases.y[:, x], sample.cases.weights
    some = ~np.isnan(y).all(axis=1)
    mean, cov, _ = saturated(find_patterns(y[some], None if w is None else w[some]), len(x))
    if fixed:
        v, seen = np.ones(len(y)) if w is None else w, ~np.isnan(y)
        pairs = np.zeros_like(cov)
        for i, j in zip(*np.tril_indices(len(x)), strict=True):
            both = seen[:, i] & seen[:, j]
            pairs[i, j] = pairs[j, i] = np.cov(y[both, i], y[both, j], aweights=v[both], ddof=0)[0, 1]
        if np.linalg.eigvalsh(pairs)[0] > 0:
            mean, cov = np.nansum(y * v[:, None], axis=0) / (v @ seen), pairs
    means, covs = sample.mean.copy(), sample.cov.copy()
    means[x], covs[np.ix_(x, x)] = mean, cov
    return means, covs


def _available(sample: Sample) -> tuple[Floats, Floats]:
    """Mean and variance of each variable over the rows that answered it, each of shape (p,)."""
    if sample.patterns is None:
        return sample.mean.copy(), np.diag(sample.cov).copy()
    weight, first, second = np.zeros((3, sample.p))
    for block in sample.patterns:
        w, c = block.weight[:, None], block.columns
        np.add.at(weight, c, np.broadcast_to(w, c.shape))
        np.add.at(first, c, w * block.mean)
        np.add.at(second, c, w * (np.diagonal(block.cov, axis1=1, axis2=2) + block.mean**2))
    mean = first / weight
    return mean, second / weight - mean**2


def scaling_of(fitted: Fitted, kind: Kind = "observed", *, second: bool = True) -> float:
    """tr(B0 H0^-1): the expected value of twice the gain in log-likelihood by the free parameters.

    `second` False leaves second derivatives of the moments out of H0.
    """
    H = information(fitted.structure, fitted.theta, fitted.samples, kind, second=second)
    return float(np.sum(fitted.meat() * fitted.inverse(H)))


def saturated_scaling(
    samples: Sequence[Sample], means: bool, exogenous: Sequence[int], kind: Kind = "observed"
) -> float:
    """tr(B1 H1^-1) of the unrestricted model, summed over groups."""
    return sum(_saturated_scaling(s, means, exogenous, kind) for s in samples)


def _saturated_scaling(sample: Sample, means: bool, exogenous: Sequence[int], kind: Kind) -> float:
    if sample.cases is None:
        keep = free_moments(sample.p, means, exogenous)
        H = moment_information(sample, sample.cov, sample.mean, kind)[np.ix_(keep, keep)]
        return float(np.trace(solve(H, _saturated_products(sample, keep), assume_a="pos")))
    y, w, cluster = sample.cases.y, sample.cases.weights, sample.cases.cluster
    if sample.patterns is None and not len(exogenous) and sample.cases.strata is None:
        # The information of complete moments factors, so that no matrix of moments by moments is needed.
        K, D = inverse(sample.cov), y - sample.mean
        if cluster is None:
            distance = np.einsum("ni,ni->n", D @ K, D)
            each = (distance**2 - 2 * distance + sample.p) / 2 + (distance if means else 0.0)
            return float(np.sum(each if w is None else each * w**2) / sample.rows)
        weights, total, C = np.ones(len(y)) if w is None else w, 0.0, int(cluster.max()) + 1
        for c in range(C):
            here = cluster == c
            d, v = D[here], weights[here]
            KM = K @ ((d * v[:, None]).T @ d - v.sum() * sample.cov)
            total += np.sum(KM * KM.T) / 2 + ((v @ d) @ K @ (v @ d) if means else 0.0)
        return float(total * C / (C - 1) / sample.rows)
    keep = free_moments(sample.p, means, exogenous)
    H = moment_information(sample, sample.cov, sample.mean, kind)[np.ix_(keep, keep)]
    Z = summed(sample, moment_scores(sample, sample.cov, sample.mean)[:, keep])
    units = 1 / np.sqrt(np.diag(H))  # moments may be of very different size
    Z = Z * units
    return float(np.sum(Z * solve(H * units * units[:, None], Z.T, assume_a="pos").T) / sample.rows)


def _saturated_products(sample: Sample, keep: np.ndarray) -> Floats:
    """Cross products of casewise scores by some of the unrestricted moments at those of the sample."""
    if sample.cases is not None:
        return meat(sample, moment_scores(sample, sample.cov, sample.mean)[:, keep])
    assert sample.gamma is not None  # rows were passed in parts: Gamma stands for them
    H = moment_information(sample, sample.cov, sample.mean, "expected")[keep]
    return np.asarray(H @ sample.gamma @ H.T)


def free_moments(p: int, means: bool, exogenous: Sequence[int]) -> np.ndarray:
    """Places in (mu, vech Sigma) of the moments that a model explains: not those of fixed covariates."""
    i, j = low(p)
    x = np.isin(np.arange(p), list(exogenous))
    return np.flatnonzero(np.concatenate([~x & means, ~(x[i] & x[j])]))


def tests(
    fitted: Fitted,
    *,
    covariates: Sequence[int],
    fixed_x: bool,
    names: Sequence[str] = (),
    kind: Kind | Literal["first.order"] = "expected",
    robust: bool = False,
    second: bool = True,
    fiml: bool = False,
) -> Tests:
    """Test a fitted model and the independence model against the unrestricted one.

    Parameters
    ----------
    covariates : sequence of int
        Observed exogenous variables; `fixed_x`: their moments are those of the sample.
    names : sequence of str
        Scaled tests, the first of which goes into `Tests.user`.
    kind : {"observed", "expected", "first.order"}
        Information in the scaling (observed for "first.order") and in the indices corrected for missing values.
    robust : bool
        True: these indices allow for non-normal data.
    second : bool
        False leaves second derivatives of the moments out of the scaling.
    fiml : bool
        True: indices corrected for missing values, even where no value is missing.
    """
    if fitted.least_squares:
        return _least_squares_tests(fitted, covariates, fixed_x, names)
    structure, samples = fitted.structure, fitted.samples
    exogenous = covariates if fixed_x else ()
    base = independence(structure, [s.for_baseline for s in samples], covariates, fixed_x)
    moments = structure.n_groups * len(free_moments(structure.p, structure.means, exogenous))
    models = [fitted, base]
    plain = [ChiSquare(discrepancy(m), moments - m.npar) for m in models]
    logl = sum(
        log_likelihood(s, m.Sigma, m.mu if structure.means else None)
        for s, m in zip(samples, fitted.matrices, strict=True)
    )
    logl_1 = sum(log_likelihood(s, s.cov, s.mean) for s in samples)
    of_x = _covariate_likelihood(samples, exogenous)
    found = Tests(plain[0], plain[1], logl - of_x, logl_1 - of_x)
    traces = None
    for name in names:
        if name == "yuan.bentler.mplus":
            bread: Kind = "expected" if kind == "expected" else "observed"
            h1 = saturated_scaling(samples, structure.means, exogenous, bread)
            h0 = [scaling_of(m, bread, second=second) for m in models]
            both = [_scaled(c, h1 - t) for c, t in zip(plain, h0, strict=True)]
            cells = int(np.sum(structure.free >= 0))  # lavaan counts parameters that are set equal one by one here
            found = replace(found, factor_h0=h0[0] / max(cells, 1), factor_h1=h1 / moments)
        else:
            traces = traces or [m.pieces.within(m.K).traces() for m in models]
            both = [adjusted(c, cast(Robust, name), t) for c, t in zip(plain, traces, strict=True)]
        found = _with(found, name, both)
    if fiml and structure.p <= MANY:
        free = [
            _unrestricted(s, share, exogenous, kind, robust) for s, share in zip(samples, shares(samples), strict=True)
        ]
        user, baseline = (_corrected(m, free, covariates, fixed_x, robust) for m in models)
        found = replace(found, corrected=(user, baseline))
    return found


def _with(found: Tests, name: str, both: Sequence[ChiSquare]) -> Tests:
    """Add a scaled test; the first one is that of the model and the baseline."""
    user, baseline = (found.user, found.baseline) if found.scaled else both
    return replace(found, user=user, baseline=baseline, scaled={**found.scaled, name: both[0]})


def _least_squares_tests(fitted: Fitted, covariates: Sequence[int], fixed_x: bool, names: Sequence[str]) -> Tests:
    user = moment_tests.statistic(fitted, covariates, fixed_x)
    baseline, base = moment_tests.independence(fitted, covariates, fixed_x, robust=bool(names))
    found = Tests(user, baseline, NAN, NAN)
    if names:
        pieces = fitted.pieces
        traces = [pieces.within(fitted.K).traces(), base.traces()]
        for name in names:
            both = [adjusted(c, cast(Robust, name), t) for c, t in zip((user, baseline), traces, strict=True)]
            found = _with(found, name, both)
        if len(fitted.structure.ordered):
            nothing = replace(user, robust=NAN), replace(baseline, robust=NAN)
            found = replace(found, corrected=moment_tests.as_normal(fitted, pieces, covariates) or nothing)
    return found


def _scaled(test: ChiSquare, trace: float) -> ChiSquare:
    if test.df == 0:
        return replace(test, scaled=test.chisq, df_scaled=0.0, factor=NAN)
    c = abs(trace) / test.df
    return replace(test, scaled=test.chisq / c, df_scaled=float(test.df), factor=c, robust=c)


def _covariate_likelihood(samples: Sequence[Sample], exogenous: Sequence[int]) -> float:
    """Log-likelihood of the fixed covariates themselves, which the model does not explain."""
    if not len(exogenous):
        return 0.0
    x = np.array(exogenous)
    total = 0.0
    for s in samples:
        part = Sample(n=s.n, mean=s.mean[x], cov=s.cov[np.ix_(x, x)], size=s.size, wishart=s.wishart)
        total += log_likelihood(part, part.cov, part.mean)
    return total


@dataclass(frozen=True)
class _Unrestricted:
    """Moments without a model, of one group, each (k, k): weight of complete data, information, Gamma of estimates."""

    W: Floats
    H: Floats
    gamma: Floats


def _unrestricted(
    sample: Sample, share: float, exogenous: Sequence[int], kind: Kind | Literal["first.order"], robust: bool
) -> _Unrestricted:
    keep = free_moments(sample.p, True, exogenous)
    at = np.ix_(keep, keep)
    W = share * moment_information(sample.sealed(), sample.cov, sample.mean, "expected")[at]
    observed = share * moment_information(sample, sample.cov, sample.mean, "observed")[at]
    G, bread = inverse(observed), observed
    if robust or kind == "first.order":
        products = share * _saturated_products(sample, keep)
        G, bread = (G @ products @ G, observed) if robust else (G, products)
    elif kind == "expected":
        bread = share * moment_information(sample, sample.cov, sample.mean, kind)[at]
    return _Unrestricted(W, bread, G)


def _corrected(
    fitted: Fitted, free: Sequence[_Unrestricted], covariates: Sequence[int], fixed_x: bool, robust: bool
) -> ChiSquare:
    """Misfit of the unrestricted moments as if data were complete, and its expectation under the model per df.

    The expectation is tr(W C), with W the weight of complete data and C the covariance of the residuals: R Gamma R'
    with Gamma the covariance of the unrestricted estimates and R what takes them to residuals, which for normal data is
    Gamma less that of the implied moments (Zhang & Savalei, 2023). Moments among covariates do not count.
    """
    structure, samples = fitted.structure, fitted.samples
    keep = free_moments(structure.p, True, covariates if fixed_x else ())
    counted = np.isin(keep, free_moments(structure.p, True, covariates))
    chisq, delta = 0.0, []
    for s, filled, part in zip(samples, fitted.matrices, jacobian(structure, fitted.theta), strict=True):
        complete = s.sealed()
        chisq += 2 * s.size * (value(complete, filled.Sigma, filled.mu) - value(complete, s.cov, s.mean))
        delta.append(part[keep] @ fitted.K)
    HD = [u.H @ D for u, D in zip(free, delta, strict=True)]
    inside = inverse(np.sum([D.T @ h for D, h in zip(delta, HD, strict=True)], axis=0))
    if robust:
        # tr(W R Gamma R') with R = I - D inside D'H, over blocks of groups: only products with the tall matrices D.
        moved = np.sum([h.T @ u.gamma @ h for u, h in zip(free, HD, strict=True)], axis=0)
    else:
        moved = np.sum([D.T @ h for D, h in zip(delta, HD, strict=True)], axis=0)
    trace = 0.0
    for u, D, h in zip(free, delta, HD, strict=True):
        W, DP = np.where(counted & counted[:, None], u.W, 0.0), D @ inside
        trace += float(np.sum(W * u.gamma))
        spread = float(np.sum((W @ DP) * (DP @ moved)))
        trace += spread - 2 * float(np.sum((W @ DP) * (u.gamma @ h))) if robust else -spread
    df = len(samples) * len(keep) - fitted.K.shape[1]
    return ChiSquare(max(chisq, 0.0), df, robust=trace / df if df else NAN)
