"""Two fitted models, one nested in the other: whether it is, and the test of the difference. Labelled file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.sem.model.constraints import Constraints, constraints_of
from cgsurvey.sem.model.placement import restrictions as restrictions_of
from cgsurvey.sem.model.ram import fill
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.model.table import covariates
from cgsurvey.sem.options import Options
from cgsurvey.sem.result import SemFit
from cgsurvey.sem.testing.chisq import free_moments
from cgsurvey.sem.testing.difference import Difference, adjusted, chi_square, mixture, restrictions, scaled
from cgsurvey.sem.testing.kept import with_products
from cgsurvey.sem.testing.nesting import (
    SAME,
    Reproduced,
    are_means,
    moments,
    neighbours,
    on_boundary,
    reordered,
    reproduce,
    units,
)
from cgsurvey.sem.testing.scaling import factor, given, meat, meat_of_scores, permuted, unit_information

SCALED = ("satorra.bentler", "yuan.bentler.mplus")  # tests with a scaling factor, on which differences rest
ADJUSTED = ("mean.var.adjusted", "scaled.shifted")
LIKELIHOOD = ("ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF")


@dataclass(frozen=True)
class Pair:
    """The larger model (fewer df) and the smaller one, with rows where data were given."""

    larger: SemFit
    smaller: SemFit
    name_1: str
    name_0: str
    rows: tuple[tuple[Sample, ...], tuple[Sample, ...]] | None = None

    @property
    def order(self) -> list[int]:
        """Place in the larger model of each observed variable of the smaller one."""
        return [self.larger.observed.index(n) for n in self.smaller.observed]

    @property
    def inner(self) -> Structure:
        """The smaller model, its variables in the order of the larger one."""
        return reordered(self.smaller.structure, self.order)

    @property
    def df(self) -> tuple[int, int]:
        """Degrees of freedom of the larger and the smaller model."""
        return int(self.larger.fit_measures["df"]), int(self.smaller.fit_measures["df"])

    @property
    def gain(self) -> float:
        """Difference of their chi-squares."""
        return float(self.smaller.fit_measures["chisq"] - self.larger.fit_measures["chisq"])

    def by_name(self) -> Floats:
        """Parameters of the larger model at the estimates of the smaller one, taken by name; zero where absent."""
        small, large = self.smaller, self.larger
        at = {_key(small, k): small.values[k] for k in range(len(small.table))}
        theta = large.theta.copy()
        for row, free in zip(large.structure.row, large.structure.free, strict=True):
            if free >= 0:
                theta[free] = at.get(_key(large, row), 0.0)
        return theta


def _key(fit: SemFit, row: int) -> tuple[str, str, str, int]:
    t = fit.table
    lhs, op, rhs = t.lhs[row], t.op[row], t.rhs[row]
    return (*((rhs, op, lhs) if op == "~~" and rhs < lhs else (lhs, op, rhs)), int(t.group[row]))


def difference(pair: Pair, method: str) -> tuple[Difference, list[Note]]:
    """Test the difference of a pair.

    Raises
    ------
    OptionError
        When neither model is nested in the other, or rows are needed.
    """
    large, small, (d1, d0) = pair.larger, pair.smaller, pair.df
    inner, notes = pair.inner, []
    target, _ = moments(inner, small.theta)
    unit = units(inner, small.theta)
    named = pair.by_name()
    basis, curved = _constraints(large)
    start = large.theta + basis @ np.linalg.lstsq(basis, named - large.theta, rcond=None)[0]
    near = reproduce(large.structure, [start, large.theta], basis, target, unit, curved)
    gap = near.gap
    if _constraints(small)[1] is None:  # steps along a curved constraint would leave the smaller model
        for theta in neighbours(inner, small.theta, small.basis, unit):
            around = reproduce(large.structure, [near.theta], basis, moments(inner, theta)[0], unit, curved)
            gap = max(gap, around.gap)
    nested = gap < SAME
    if d0 == d1:
        return _equivalent(pair, nested, target, unit)
    if not nested:
        raise OptionError(
            f"{pair.name_0} (df = {d0}) is not nested in {pair.name_1} (df = {d1}): it implies moments that "
            f"{pair.name_1} cannot reproduce (largest gap {gap:.2g} SD), so a difference test does "
            "not exist. " + _advice(large.options)
        )
    limits = _boundary(pair, near)
    notes += limits
    T, m = pair.gain, d0 - d1
    if method == "standard":
        found = chi_square(T, m)
        if large.options.estimator in ("ULS", "DWLS"):
            notes.append(note("sem.difference_unscaled", estimator=large.options.estimator))
    elif method == "satorra-bentler-2001":
        c0, c1 = (float(f.fit_measures["chisq_scaling_factor"]) for f in (small, large))
        found = scaled(T, m, d0, c0, d1, c1)
    elif method == "satorra-bentler-2010":
        found, more = _at_smaller(pair, named, near, target, unit)
        notes += more
    else:
        found, more = _satorra_2000(pair)
        notes += more
    if method.startswith("satorra-bentler") and not found.scale > 0:
        notes.append(note("sem.negative_scaling", model=pair.name_0, factor=found.scale))
    if limits and np.isfinite(found.statistic):
        notes.append(note("sem.boundary_mixture", p=mixture(found.statistic, m)))
    return found, notes


def _constraints(fit: SemFit) -> tuple[Floats, Constraints | None]:
    """Directions that linear equalities leave free, and the equalities that are not linear."""
    held = restrictions_of(fit.table, fit.structure)
    curved = constraints_of(fit.table, fit.structure, held.nonlinear)
    return held.K, curved if len(curved) else None


def likelihood(options: Options) -> bool:
    """Tell whether the estimator maximises a likelihood."""
    return options.estimator in LIKELIHOOD


def _advice(options: Options) -> str:
    return (
        "Compare their AIC and BIC (fit.fit_measures[['aic', 'bic']]), or use method='vuong' with data=."
        if likelihood(options)
        else "Compare their fit measures side by side."
    )


def _equivalent(pair: Pair, nested: bool, target: Floats, unit: Floats) -> tuple[Difference, list[Note]]:
    """Models with the same df: equivalent ones imply the same moments, at the estimates as elsewhere."""
    own, _ = moments(pair.larger.structure, pair.larger.theta)
    gap = float(np.abs((own - target) / unit).max())
    if nested and gap < 1e-3:
        said = note("sem.equivalent", a=pair.name_1, b=pair.name_0)
        return Difference(0.0 if abs(pair.gain) < 1e-6 else pair.gain, 0, np.nan), [said]
    raise OptionError(
        f"{pair.name_1} and {pair.name_0} have the same df ({pair.df[0]}) and imply different moments: neither is "
        "nested in the other. " + _advice(pair.larger.options)
    )


def _boundary(pair: Pair, near: Reproduced) -> list[Note]:
    """Say that the smaller model lies where the larger one ends."""
    large = pair.larger
    flat, merged = on_boundary(large.structure, near.theta, large.theta)
    names = list(dict.fromkeys(large.table.name(int(large.structure.row[cell])) for _, cell in flat))
    parts = [f"{name} = 0" for name in names]
    if merged:
        parts.append("|r| = 1: " + ", ".join(_inseparable(large, near.theta, merged[0])))
    if not parts:
        return []
    return [note("sem.boundary", model=pair.name_0, what=some(parts))]


def _inseparable(fit: SemFit, theta: Floats, group: int) -> list[str]:
    """Names of the latent variables that cannot be told apart at `theta`."""
    filled = fill(fit.structure, theta)[group]
    E = np.linalg.inv(np.eye(len(filled.A)) - filled.A)
    V, p = E @ filled.S @ E.T, fit.structure.p
    latent = [k for k in range(p, fit.structure.v) if V[k, k] > 0]
    sd = np.sqrt(np.diag(V)[latent])
    _, vectors = np.linalg.eigh(V[np.ix_(latent, latent)] / np.outer(sd, sd))
    return [fit.table.variables[k] for k, w in zip(latent, vectors[:, 0], strict=True) if abs(w) > 0.05]


# What the robust tests are made of.


def _kept(fit: SemFit, rows: tuple[Sample, ...] | None, what: str) -> tuple[Sample, ...]:
    """Samples with Gamma (and curvature): those that the fit kept, or made again from the rows."""
    if all(s.gamma is not None for s in fit.samples):
        return fit.samples
    if rows is None:
        raise OptionError(
            f"method='{what}' needs products of moments, which are not kept of models this large. Give the data again: "
            f"compare(..., method='{what}', data=data)."
        )
    made = [with_products(s, m, _exogenous(fit)) for s, m in zip(rows, fit.matrices, strict=True)]
    return tuple(s.sealed(s.curvature) for s in made)


def _exogenous(fit: SemFit) -> list[int]:
    """Places of covariates with fixed moments."""
    return [fit.observed.index(n) for n in covariates(fit.table)] if fit.options.fixed_x else []


def _observed(options: Options) -> bool:
    return options.information != "expected"


def _satorra_2000(pair: Pair) -> tuple[Difference, list[Note]]:
    fit, m = pair.larger, pair.df[1] - pair.df[0]
    structure, theta, K = fit.structure, fit.theta, fit.basis
    samples = _kept(fit, pair.rows[0] if pair.rows else None, "satorra-2000")
    A = restrictions(moments(structure, theta)[1] @ K, moments(pair.inner, pair.smaller.theta)[1] @ pair.smaller.basis)
    bread = K.T @ unit_information(structure, theta, samples, observed=_observed(fit.options)) @ K
    fixed = [given(s, _exogenous(fit)) if s.curvature is None else s for s in samples]
    found = adjusted(pair.gain, m, bread, K.T @ meat(structure, theta, fixed) @ K, A)
    if samples[0].curvature is None:
        return found, []
    better = adjusted(pair.gain, m, bread, K.T @ meat_of_scores(structure, theta, samples) @ K, A)
    said = note("sem.satorra_2000_missing", model=pair.name_0, chisq=better.statistic, df=m, p=better.p_value)
    return found, [said]


def _at_smaller(
    pair: Pair, named: Floats, near: Reproduced, target: Floats, unit: Floats
) -> tuple[Difference, list[Note]]:
    """Satorra & Bentler (2010): the scaling factor of the larger model at the estimates of the smaller one."""
    (d1, d0), large = pair.df, pair.larger
    c0 = float(pair.smaller.fit_measures["chisq_scaling_factor"])

    def test(theta: Floats) -> Difference:
        return scaled(pair.gain, d0 - d1, d0, c0, d1, _factor(pair, theta))

    consistent = test(near.theta)
    gap = np.abs((moments(large.structure, named)[0] - target) / unit)
    # Estimates by name leave the means of latent variables behind where the larger model fixes them.
    means = are_means(large.structure)
    if not means.any() or gap.max() < SAME or gap[~means].max(initial=0.0) > SAME:
        return consistent, []
    if any(s.curvature is not None for s in large.samples):
        return consistent, [note("sem.means_carried", model=pair.name_0)]
    found = test(named)
    said = note(
        "sem.means_left_behind",
        model=pair.name_0, chisq=consistent.statistic, df=d0 - d1, p=consistent.p_value,
    )  # fmt: skip
    return found, [said]


def _factor(pair: Pair, theta: Floats) -> float:
    """Scaling factor c10 of the larger model at parameters `theta`."""
    fit, d1, what = pair.larger, pair.df[0], "satorra-bentler-2010"
    if d1 == 0:
        return 0.0
    structure, K = fit.structure, fit.basis
    samples = _kept(fit, pair.rows[0] if pair.rows else None, what)
    if fit.options.test[0] == "satorra.bentler":
        return factor(structure, theta, samples, K, d1)
    if samples[0].curvature is not None:
        # With missing values scores are known at the moments of the smaller model, which `theta` reproduces.
        own = _kept(pair.smaller, pair.rows[1] if pair.rows else None, what)
        samples = tuple(permuted(s, pair.order) for s in own)
    # Estimator ML with a scaled test leaves second derivatives out, but not with weights, as in the fit itself.
    second = fit.options.estimator != "ML" or fit.options.weights is not None
    H = unit_information(structure, theta, samples, observed=_observed(fit.options), second=second)
    own_trace = np.trace(np.linalg.solve(K.T @ H @ K, K.T @ meat_of_scores(structure, theta, samples) @ K))
    count = structure.n_groups * len(free_moments(structure.p, structure.means, _exogenous(fit)))
    return float(fit.tests.factor_h1 * count - own_trace) / d1
