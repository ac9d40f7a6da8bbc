"""Moderation: the effect of a predictor at values of the moderator, and where it differs from zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from cgsurvey.base.errors import ModelError, OptionError, did_you_mean
from cgsurvey.base.notes import note
from cgsurvey.base.result import Result
from cgsurvey.moments.sample import Floats
from cgsurvey.sem.derived.johnson_neyman import Bounds, effect_at, johnson_neyman
from cgsurvey.sem.derived.standardize import total_covariance

if TYPE_CHECKING:
    from cgsurvey.sem.result import SemFit


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SimpleSlopes(Result):
    """Effect of a predictor at values of its moderator.

    `tidy()` has one row per value: ``level moderator_value estimate std_error statistic p_value ci_lower ci_upper``;
    `glance()` the interaction and the Johnson-Neyman bounds.

    Attributes
    ----------
    outcome, predictor, moderator, product : str
        Names in the model.
    group : int
        The group, 1..G.
    table : DataFrame
        The rows of `tidy()`.
    coefficients : ndarray, shape (3,)
        Effects of predictor, product and moderator.
    covariance : ndarray, shape (2, 2)
        Covariance matrix of the first two.
    bounds : Bounds
        Values of the moderator where the effect begins or ceases to differ from zero.
    means, deviations : ndarray, shape (3,)
        Means and standard deviations of outcome, predictor and moderator.
    between : float
        Mean of the product of predictor and moderator as the model has it.
    centred : bool
        True where the product is one of deviations from means (latent variables).
    f_squared : float
        What the product adds to the explained variance of the outcome: .005 small, .01 medium, .025 large (Kenny,
        2018).
    ci : float
        Level of intervals and bounds.
    """

    outcome: str
    predictor: str
    moderator: str
    product: str
    group: int = 1
    table: pd.DataFrame = field(repr=False)
    coefficients: Floats
    covariance: Floats
    bounds: Bounds
    means: Floats
    deviations: Floats
    between: float
    centred: bool
    f_squared: float = np.nan
    ci: float = 0.95

    def tidy(self) -> pd.DataFrame:
        """Return one row per value of the moderator."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: the interaction and the bounds of the region where the effect differs from zero."""
        error = float(np.sqrt(self.covariance[1, 1]))
        z = float(self.coefficients[1]) / error if error > 0 else np.nan
        row = {"outcome": self.outcome, "predictor": self.predictor, "moderator": self.moderator}
        numbers = {"estimate": self.coefficients[1], "std_error": error, "statistic": z, "p_value": 2 * ndtr(-abs(z))}
        numbers["f_squared"] = self.f_squared
        limits = {"bound_lower": self.bounds.lower, "bound_upper": self.bounds.upper, "region": self.bounds.region}
        return pd.DataFrame([row | {"n": self.meta.n} | numbers | limits])

    def slope(self, moderator: Sequence[float] | Floats) -> pd.DataFrame:
        """Return the effect at any values: ``moderator_value estimate std_error ci_lower ci_upper``."""
        w = np.asarray(moderator, dtype=float)
        estimate, error = effect_at(self.coefficients[:2], self.covariance, w)
        half = float(ndtri((1 + self.ci) / 2)) * error
        columns = {"moderator_value": w, "estimate": estimate, "std_error": error}
        return pd.DataFrame(columns | {"ci_lower": estimate - half, "ci_upper": estimate + half})

    def predicted(self, predictor: Floats, moderator: float) -> Floats:
        """Return the outcome at values of the predictor and one of the moderator, all else at its mean."""
        b, (my, mx, mw) = self.coefficients, self.means
        x = np.asarray(predictor, dtype=float)
        product = (x - mx) * (moderator - mw) if self.centred else x * moderator
        return np.asarray(my + b[0] * (x - mx) + b[2] * (moderator - mw) + b[1] * (product - self.between))


def simple_slopes(
    fit: SemFit,
    outcome: str,
    predictor: str,
    moderator: str,
    product: str | None = None,
    *,
    at: Sequence[float] | None = None,
    group: int = 1,
    ci: float | None = None,
) -> SimpleSlopes:
    """See `SemFit.simple_slopes`."""
    for role, name in (("outcome", outcome), ("predictor", predictor), ("moderator", moderator)):
        if name not in fit.table.variables:
            raise OptionError(f"{role}='{name}' is no variable of the model.{did_you_mean(name, fit.table.variables)}")
    if not 1 <= group <= fit.structure.n_groups:
        raise OptionError(f"group={group}: groups are numbered 1 to {fit.structure.n_groups}.")
    product = product or next(
        (n for n in (f"{predictor}:{moderator}", f"{moderator}:{predictor}") if n in fit.table.variables), None
    )
    if product is None:
        raise OptionError(
            f"the model has no product '{predictor}:{moderator}'. Observed variables are multiplied in the model "
            f"('{outcome} ~ {predictor} + {moderator} + {predictor}:{moderator}'); for latent ones name the factor of "
            "the products: product='...' (see cg.product_indicators)."
        )
    rows = [_path(fit, outcome, cause, group) for cause in (predictor, product, moderator)]
    if rows[0] is None or rows[1] is None:
        missing = predictor if rows[0] is None else product
        raise ModelError(
            f"the model has no path '{outcome} ~ {missing}': both the predictor and the product must stand in the "
            "regression."
        )
    b = np.array([0.0 if r is None else fit.values[r] for r in rows])
    S = np.zeros((2, fit.structure.q))
    for k, row in enumerate(rows[:2]):
        cell = int(np.flatnonzero(fit.structure.row == row)[0])
        if fit.structure.free[cell] >= 0:
            S[k, fit.structure.free[cell]] = 1.0
    V = S @ fit.covariance @ S.T
    means, deviations, between, centred = _moments(fit, (outcome, predictor, moderator), product, group)
    level = fit.options.ci if ci is None else ci
    crit = float(ndtri((1 + level) / 2))
    if at is None:
        values = means[2] + np.array([-1.0, 0.0, 1.0]) * deviations[2]
        levels = ["-1 SD", "mean", "+1 SD"]
    else:
        values = np.atleast_1d(np.asarray(at, dtype=float))
        levels = [f"{v:g}" for v in values]
    estimate, error = effect_at(b[:2], V, values)
    error = np.where(error > 0, error, np.nan)
    z = estimate / error
    table = pd.DataFrame(
        {
            "level": levels,
            "moderator_value": values,
            "estimate": estimate,
            "std_error": error,
            "statistic": z,
            "p_value": 2 * ndtr(-np.abs(z)),
            "ci_lower": estimate - crit * error,
            "ci_upper": estimate + crit * error,
        }
    )
    sizes = fit.effect_sizes().set_index(["group", "outcome", "predictor"])
    notes = () if rows[2] is not None else (note("sem.no_moderator_path", outcome=outcome, moderator=moderator),)
    return SimpleSlopes(
        outcome=outcome,
        predictor=predictor,
        moderator=moderator,
        product=product,
        group=group,
        table=table,
        coefficients=b,
        covariance=V,
        bounds=johnson_neyman(b[:2], V, crit),
        means=means,
        deviations=deviations,
        between=between,
        centred=centred,
        f_squared=float(sizes.loc[(group, outcome, product), "f_squared"]),
        ci=level,
        notes=notes,
        meta=replace(
            fit.meta,
            function="simple_slopes",
            references=(*fit.meta.references, "johnson1936", "aiken1991", "kenny2018"),
        ),
    )


def _path(fit: SemFit, outcome: str, cause: str, group: int) -> int | None:
    t = fit.table
    for k in t.where("~"):
        if t.lhs[k] == outcome and t.rhs[k] == cause and t.group[k] == group:
            return int(k)
    return None


def _moments(fit: SemFit, names: Sequence[str], product: str, group: int) -> tuple[Floats, Floats, float, bool]:
    """Means and standard deviations of the three variables, the mean of the product, and whether it is centred."""
    filled, p = fit.matrices[group - 1], fit.structure.p
    E, V = total_covariance(filled)
    mean = E @ filled.m
    place = {n: k for k, n in enumerate(fit.table.variables)}
    k = [place[n] for n in names]
    sample = fit.samples[group - 1]
    deviation = np.array([np.sqrt(sample.cov[i, i] if i < p else max(V[i, i], 0.0)) for i in k])
    if ":" in product and place[product] < p:
        return mean[k], deviation, float(mean[place[product]]), False
    return mean[k], deviation, float(V[k[1], k[2]]), True
