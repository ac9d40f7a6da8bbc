"""The result of cfa(), sem() and growth()."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from cgsurvey.base.errors import DataError, EstimationError, OptionError, some
from cgsurvey.base.model import Model
from cgsurvey.base.options import choose, whole
from cgsurvey.base.parallel import check_seed, one_thread
from cgsurvey.base.result import Result
from cgsurvey.moments.build import group_labels, numbers
from cgsurvey.moments.ordered import coded, ordered_frame
from cgsurvey.moments.sample import Curvature, Floats, Sample
from cgsurvey.responses.source import as_source
from cgsurvey.sem.derived.candidates import admissible, candidates
from cgsurvey.sem.derived.defined import defined_parameters
from cgsurvey.sem.derived.modification import modification
from cgsurvey.sem.derived.predictors import predictors
from cgsurvey.sem.derived.residuals import correlations, over_errors, raw, standardized
from cgsurvey.sem.derived.scores import factor_scores, response_scores
from cgsurvey.sem.derived.standardize import explained, standardize
from cgsurvey.sem.fitting.derivatives import MANY, information
from cgsurvey.sem.model.implied import following
from cgsurvey.sem.model.ram import jacobian, layouts
from cgsurvey.sem.model.structure import GroupMatrices, Structure
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.options import Options
from cgsurvey.sem.resampled import KINDS, limits, monte_carlo, scaled
from cgsurvey.sem.resampling.bootstrap import INTERVALS, Bootstrap, Interval, deviations, intervals
from cgsurvey.sem.testing.chisq import Tests

if TYPE_CHECKING:
    from cgsurvey.sem.cross_check import CrossCheck
    from cgsurvey.sem.hypotheses import Hypotheses
    from cgsurvey.sem.joint_tests import ScoreTest, WaldTest
    from cgsurvey.sem.moderation import SimpleSlopes

Standard = Literal["std_all", "std_lv", "std_nox"]
PARAMETERS = ("=~", "~", "~~", "~1", "|", "~*~", ":=")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SemFit(Result):
    """A fitted structural equation model.

    Attributes
    ----------
    model : Model
        The model text.
    options : Options
        Options as they took effect.
    table : ParameterTable
        The parameters, in lavaan's order.
    structure : Structure
        Where each parameter stands in the matrices.
    theta : ndarray, shape (q,)
        Estimates of the free parameters.
    covariance : ndarray, shape (q, q)
        Their covariance matrix; NaN without standard errors.
    basis : ndarray, shape (q, z)
        Directions that linear equality constraints leave free; the identity without any.
    matrices : tuple of GroupMatrices
        The matrices at the estimates, with the implied moments, one per group. Where the model has no means, `m` and
        `mu` hold those of the sample.
    samples : tuple of Sample
        Sample statistics per group, without rows.
    tests : Tests
        Test statistics and log-likelihoods.
    fit_measures : Series
        Fit measures under lavaan's names, dots as underscores.
    values, std_errors : ndarray, shape (rows of the table,)
        Estimate and standard error of each row of the table, NaN where there is none.
    converged : bool
        Whether the gradient vanished.
    iterations : int
        Steps of the optimiser.
    turned : tuple of str
        Reverse items that were keyed before the model saw them.
    categories : mapping of str to tuple of float
        Answers of each ordered item, in order.
    bootstrap : Bootstrap, optional
        Estimates of the resamples, with se="bootstrap" or test="bollen.stine".
    """

    model: Model
    options: Options
    table: ParameterTable
    structure: Structure
    theta: Floats
    covariance: Floats
    basis: Floats
    matrices: tuple[GroupMatrices, ...]
    samples: tuple[Sample, ...]
    tests: Tests
    fit_measures: pd.Series = field(repr=False)
    values: Floats
    std_errors: Floats
    converged: bool
    iterations: int = 0
    turned: tuple[str, ...] = ()
    categories: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    bootstrap: Bootstrap | None = None

    @one_thread()
    def tidy(self) -> pd.DataFrame:
        """Return one row per parameter, in lavaan's order.

        Returns
        -------
        DataFrame
            ``lhs op rhs group label free estimate std_error statistic p_value ci_lower ci_upper std_lv std_all``; NaN
            where a number does not exist (a fixed parameter has no standard error).
        """
        keep, out = self._names(label=True)
        out["estimate"] = self.values[keep]
        out |= self._intervals(self.values, self.std_errors, keep, "raw")
        out["std_lv"] = self._standardized("std_lv")[0][keep]
        out["std_all"] = self._standardized("std_all")[0][keep]
        return pd.DataFrame(out)

    def glance(self) -> pd.DataFrame:
        """Return one row: estimator, n, chi-square, the usual fit measures."""
        names = (
            "npar",
            "chisq",
            "df",
            "pvalue",
            "pvalue_bollen_stine",
            "chisq_scaled",
            "pvalue_scaled",
            "cfi",
            "tli",
            "cfi_robust",
            "tli_robust",
            "rmsea",
            "rmsea_ci_lower",
            "rmsea_ci_upper",
            "rmsea_robust",
            "srmr",
            "logl",
            "aic",
            "bic",
        )
        row: dict[str, Any] = {"estimator": self.options.estimator, "converged": self.converged, "n": self.meta.n}
        row |= {name: self.fit_measures[name] for name in names if name in self.fit_measures}
        for name in ("npar", "df"):
            row[name] = int(row[name])
        return pd.DataFrame([row])

    @one_thread()
    def standardized(self, kind: Standard = "std_all") -> pd.DataFrame:
        """Return the standardised parameters with standard errors by the delta method.

        Parameters
        ----------
        kind : {"std_all", "std_lv", "std_nox"}
            Variables brought to unit variance: all, the latent ones, all but observed covariates.

        Returns
        -------
        DataFrame
            ``lhs op rhs group estimate std_error statistic p_value ci_lower ci_upper``, as lavaan's
            ``standardizedSolution()``.
        """
        keep, out = self._names()
        kind = choose("kind", kind, ("std_all", "std_lv", "std_nox"))
        value, error = self._standardized(kind, errors=not self.resampled)
        out["estimate"] = value[keep]
        return pd.DataFrame(out | self._intervals(value, error, keep, kind))

    @property
    def resampled(self) -> bool:
        """True when standard errors and intervals come from resamples."""
        return self.bootstrap is not None and self.bootstrap.requested > 0

    @one_thread()
    def intervals(
        self, ci_type: Interval | None = None, *, kind: Literal["raw", "std_all", "std_lv", "std_nox"] = "raw"
    ) -> pd.DataFrame:
        """Return bootstrap errors and intervals of any kind; no model is fitted again.

        Parameters
        ----------
        ci_type : {"percentile", "bc", "bca", "normal", "basic"}, optional
            Default: the `ci_type` of the fit.
        kind : {"raw", "std_all", "std_lv", "std_nox"}
            The parameters as they are, or standardised.

        Returns
        -------
        DataFrame
            ``lhs op rhs group estimate std_error statistic p_value ci_lower ci_upper``, defined parameters included.

        Raises
        ------
        OptionError
            When the fit has no resamples.
        """
        if not self.resampled:
            raise OptionError(
                "the fit has no resamples; fit with se='bootstrap', e.g. cg.sem(model, data, se='bootstrap')."
            )
        ci_type = choose("ci_type", ci_type or self.options.ci_type, INTERVALS)
        kind = choose("kind", kind, KINDS)
        if ci_type == "bca" and self.bootstrap is not None and kind not in self.bootstrap.acceleration:
            raise OptionError("the fit has no jackknife, which 'bca' needs; fit with ci_type='bca'.")
        keep, out = self._names()
        value = self.values if kind == "raw" else self._standardized(kind)[0]
        out["estimate"] = value[keep]
        return pd.DataFrame(out | self._intervals(value, self.std_errors, keep, kind, ci_type))

    @one_thread()
    def monte_carlo(self, draws: int = 20_000, *, seed: int | None = None) -> pd.DataFrame:
        """Return Monte-Carlo intervals of the defined parameters (MacKinnon, Lockwood & Williams, 2004).

        Parameters
        ----------
        draws : int
            Draws from the normal distribution of the estimates.
        seed : int, optional

        Returns
        -------
        DataFrame
            ``lhs op rhs group estimate std_error ci_lower ci_upper``: the standard deviation and the quantiles of the
            draws. Its ``attrs["seed"]`` is the seed.

        Raises
        ------
        OptionError
            When the model defines no parameter.
        EstimationError
            When the fit has no standard errors.
        """
        whole("draws", draws, 100)
        check_seed(seed)
        rows = self.table.where(":=")
        if not len(rows):
            raise OptionError(
                "the model defines no parameter; write one, e.g. 'indirect := a*b', or use cg.mediation(fit)."
            )
        if not np.isfinite(self.covariance).all():
            raise EstimationError("Monte-Carlo intervals need standard errors, and the fit has none (see its notes).")
        seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
        drawn = monte_carlo(self.theta, self.covariance, self.table, self.structure, draws, seed)[:, rows]
        keep, out = self._names()
        defined = np.isin(keep, rows)
        out = {name: np.asarray(column)[defined] for name, column in out.items()}
        lower, upper = intervals(drawn, self.values[rows], "percentile", self.options.ci)
        out |= {"estimate": self.values[rows], "std_error": deviations(drawn), "ci_lower": lower, "ci_upper": upper}
        frame = pd.DataFrame(out)
        frame.attrs["seed"] = seed
        return frame

    @property
    def latents(self) -> tuple[str, ...]:
        """Names of the latent variables."""
        return self.table.latents

    @property
    def observed(self) -> tuple[str, ...]:
        """Names of the observed variables, in the order of the covariance matrix."""
        return self.table.observed

    @property
    def vcov(self) -> pd.DataFrame:
        """Covariance matrix of the free parameters, named by label or as "visual=~x2"; equal ones stand once."""
        names = parameter_names(self.table, self.structure)
        return pd.DataFrame(self.covariance, index=names, columns=names)

    @property
    def conditioning(self) -> float:
        """Condition number of the expected information within the constraints, parameters in units of their precision.

        Near 1 the data tell all parameters apart; beyond 1e8 some hardly, and a note names them.
        """
        H = self.basis.T @ information(self.structure, self.theta, self.samples) @ self.basis
        units = 1 / np.sqrt(np.maximum(np.diag(H), 1e-300))
        values = np.linalg.eigvalsh(H * units * units[:, None]) if len(H) else np.ones(1)
        return float(values[-1] / values[0]) if values[0] > 0 else float("inf")

    @property
    def implied(self) -> Mapping[str, Any]:
        """Implied moments: ``cov`` (DataFrame) and, with means, ``mean`` (Series); by group label with groups."""
        return self._by_group([self._moments(m.cov, m.mean) for m in self.matrices])

    @property
    def sample_statistics(self) -> Mapping[str, Any]:
        """Moments of the sample, as `implied`; with missing values those of the unrestricted model."""
        return self._by_group([self._moments(s.cov, s.mean) for s in self.samples])

    @property
    def r2(self) -> pd.Series:
        """Explained share of variance of each variable with a cause; indexed by (group, variable) with groups."""
        share = explained(self.structure, list(self.matrices))
        names, parts = np.array(self.table.variables), {}
        for g, row in enumerate(share):
            at = np.flatnonzero(~np.isnan(row))
            parts[self.meta.groups[g] if self.meta.groups else ""] = pd.Series(row[at], index=names[at])
        return (
            next(iter(parts.values())).rename("r2")
            if len(parts) == 1
            else pd.concat(parts, names=["group", "variable"]).rename("r2")
        )

    def effect_sizes(self) -> pd.DataFrame:
        """Return what each predictor of a regression adds, and how far it repeats the other predictors.

        Returns
        -------
        DataFrame
            ``group outcome predictor f_squared vif``, one row per path, from the implied covariances (of the latent
            variables, too). f² = (R² − R² without the predictor) / (1 − R²), .02 small, .15 medium, .35 large; NaN
            where the disturbance of the outcome is correlated with a predictor.

        References
        ----------
        Cohen, J. (1988). Statistical power analysis for the behavioral sciences (2nd ed.). Erlbaum.
        """
        t, place = self.table, {n: k for k, n in enumerate(self.table.variables)}
        paths = [(int(t.group[k]) - 1, place[t.lhs[k]], place[t.rhs[k]]) for k in t.where("~")]
        names = self.table.variables
        rows = [(g + 1, names[y], names[x], f2, vif) for g, y, x, f2, vif in predictors(list(self.matrices), paths)]
        return pd.DataFrame(rows, columns=["group", "outcome", "predictor", "f_squared", "vif"])

    @one_thread()
    def residuals(
        self, kind: Literal["raw", "cor", "standardized"] = "raw", data: Any = None
    ) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Return what the model leaves unexplained of the covariances.

        Parameters
        ----------
        kind : {"raw", "cor", "standardized"}
            Sample minus implied covariances, the same of correlations, or z-values.
        data : Responses or DataFrame, optional
            The data of the fit. Errors of z-values are those of the estimator where it keeps what they need, or gets
            the data again (MLR, MLF, missing values); else those of normal theory.

        Returns
        -------
        DataFrame, or one per group label
        """
        kind = choose("kind", kind, ("raw", "cor", "standardized"))
        names = list(self.observed)
        if kind == "standardized":
            from cgsurvey.sem.residual_summary import residuals_of

            exogenous = [self.observed.index(x) for x in self.table.exogenous]
            own = residuals_of(self, data)
            if own is None:
                slopes = jacobian(self.structure, self.theta)
                left = standardized(
                    self.samples, self.matrices, slopes, self.basis, means=self.structure.means, exogenous=exogenous
                )
            else:
                left = [
                    over_errors(s, m, o.e, o.Xi, o.at) for s, m, o in zip(self.samples, self.matrices, own, strict=True)
                ]
        else:
            of = raw if kind == "raw" else correlations
            left = [of(s, m) for s, m in zip(self.samples, self.matrices, strict=True)]
        out = [pd.DataFrame(r.cov, index=names, columns=names) for r in left]
        return out[0] if len(out) == 1 else dict(zip(self.meta.groups, out, strict=True))

    @one_thread()
    def residual_summary(self, data: Any = None) -> pd.DataFrame:
        """Return the size of misfit (SRMR, CRMR, RMR) with errors, tests of exact and close fit, and 90 % intervals.

        Parameters
        ----------
        data : Responses or DataFrame, optional
            The data of the fit; needed where errors rest on single rows (MLR, MLF, missing values).

        Returns
        -------
        DataFrame
            One row per ``group``, ``moments`` ("covariances", "means" or "thresholds", "all") and ``measure``:
            ``estimate std_error exact_statistic exact_p_value unbiased unbiased_std_error ci_lower ci_upper
            close_statistic close_p_value``. As ``lavResiduals(fit)$summary`` of lavaan (Maydeu-Olivares, 2017); the
            interval and the test of close fit (population value at most .05) belong to the unbiased estimate.

        Raises
        ------
        OptionError
            When the data are needed and not given.
        DataError
            When they are not those of the fit.
        """
        from cgsurvey.sem.residual_summary import residual_summary

        return residual_summary(self, data)

    def simple_slopes(
        self,
        outcome: str,
        predictor: str,
        moderator: str,
        product: str | None = None,
        *,
        at: Sequence[float] | None = None,
        group: int = 1,
        ci: float | None = None,
    ) -> SimpleSlopes:
        """Return the effect of a predictor at values of its moderator, and where it differs from zero.

        Parameters
        ----------
        outcome, predictor, moderator : str
            Variables of the model.
        product : str, optional
            What stands for their product in the regression: ``x:z`` of observed variables (found by itself), or the
            factor of `cg.product_indicators`.
        at : sequence of float, optional
            Values of the moderator; one standard deviation below its mean, the mean, and one above by default.
        group : int
            The group, 1..G.
        ci : float, optional
            Level of intervals and of the Johnson-Neyman bounds; that of the fit by default.

        Returns
        -------
        SimpleSlopes
            Errors by the delta method.

        Raises
        ------
        OptionError, ModelError
            When the model has no such variable, product or path.
        """
        from cgsurvey.sem.moderation import simple_slopes

        return simple_slopes(self, outcome, predictor, moderator, product, at=at, group=group, ci=ci)

    @one_thread()
    def modification_indices(self) -> pd.DataFrame:
        """Return the score test of each parameter that could be freed, largest first.

        Returns
        -------
        DataFrame
            ``lhs op rhs group mi epc sepc_lv sepc_all``. A large index says that the model misses something there, not
            that the parameter is to be freed. Where a correlation of the fit lies beyond 1 or a variance is negative,
            the indices are taken, as in lavaan, near the estimates (`admissible`) and are no guide.
        """
        if self.samples[0].curvature is None and self.options.fiml and self.structure.p > MANY:
            raise EstimationError(
                f"Modification indices with missing values are available for up to {MANY} observed variables."
            )
        found = candidates(self.table, self.structure)
        fixed = [self.observed.index(x) for x in self.table.exogenous]
        theta, own = self.theta, None
        if self.samples[0].curvature is None and (near := admissible(self.structure, theta)) is not theta:
            theta, own = near, theta
        model = (self.structure, theta, self.matrices, self.samples, found.cells)
        gain = modification(*model, basis=self.basis, exogenous=fixed, own_theta=own)
        out = {"lhs": found.lhs, "op": found.op, "rhs": found.rhs, "group": found.cells.group + 1}
        frame = pd.DataFrame(out | {"mi": gain.mi, "epc": gain.epc, "sepc_lv": gain.sepc_lv, "sepc_all": gain.sepc_all})
        return frame.dropna(subset="mi").sort_values("mi", ascending=False, kind="stable", ignore_index=True)

    @one_thread()
    def wald(self, constraints: str) -> WaldTest:
        """Test equalities of labelled parameters that the model does not hold, all at once.

        Parameters
        ----------
        constraints : str
            Equalities, linear or not, of labels and defined names, one a line or with ``;``: ``"a == b; c*d == 0"``.

        Returns
        -------
        WaldTest
            With the covariance matrix of the estimates, robust or not, as lavaan's ``lavTestWald()``.

        Raises
        ------
        ModelSyntaxError, OptionError
            The text cannot be read, names no parameters, or says the same twice.
        """
        from cgsurvey.sem.joint_tests import wald

        return wald(self, constraints)

    @one_thread()
    def hypotheses(self, statements: Mapping[str, str], *, alpha: float = 0.05) -> Hypotheses:
        """Decide hypotheses about paths and defined parameters.

        Parameters
        ----------
        statements : mapping of str to str
            Name to statement, e.g. ``{"H1": "satisfaction ~ quality > 0"}``; those of an instrument are
            `Instrument.hypotheses`.
        alpha : float
            Level of the two-sided tests.

        Raises
        ------
        OptionError
            A statement cannot be read or names a parameter that the model lacks; all such statements are listed.
        """
        from cgsurvey.sem.hypotheses import test_hypotheses

        return test_hypotheses(self, statements, alpha=alpha)

    @one_thread()
    def score_test(self, *, add: str | None = None, release: Sequence[int] | None = None) -> ScoreTest:
        """Test what releasing equalities, or adding parameters, would gain; nothing is fitted again.

        Parameters
        ----------
        add : str, optional
            Parameters that the model leaves out, e.g. ``"x1 ~~ x2"``; with groups, in each. None: the equalities of the
            model (of repeated labels, ``==``, `group_equal`) are released.
        release : sequence of int, optional
            Which equalities to release, by their number in ``score_test()``, counted from 1; the others stay.

        Returns
        -------
        ScoreTest
            One test per equality or parameter, and the test of all together, as lavaan's ``lavTestScore()``. After
            robust errors it is the ordinary test too, and a note says so.

        Raises
        ------
        ModelError
            The model holds no equalities.
        OptionError, ModelSyntaxError
            `add` or `release` names nothing that can be tested.
        """
        from cgsurvey.sem.joint_tests import score_test

        return score_test(self, add=add, release=release)

    @one_thread()
    def scores(self, data: Any, *, method: Literal["regression", "bartlett", "ebm"] | None = None) -> pd.DataFrame:
        """Return factor scores, one row per row of data.

        Parameters
        ----------
        data : Responses or DataFrame
            Rows to score; they need not be those of the fit.
        method : {"regression", "bartlett", "ebm"}, optional
            Default "regression"; with ordered items "ebm", the mode of the factors given the answers, which alone is
            defined for them. For continuous items "ebm" equals "regression".

        Raises
        ------
        DataError
            When the fit saw keyed reverse items and `data` is a plain data frame.
        CodingError
            When an ordered item holds an answer that it did not have in the data of the fit.
        """
        ordered = bool(self.table.ordered)
        allowed = ("ebm",) if ordered else ("regression", "bartlett", "ebm")
        method = choose("method", method or allowed[0], allowed)
        source = as_source(data)
        if self.turned and source.instrument is None:
            raise DataError(
                f"The model was fitted to Responses, whose reverse items are keyed ({some(self.turned)}); in a data "
                "frame they may not be, and scores would be wrong. Give the Responses: fit.scores(responses)."
            )
        frame = ordered_frame(source.frame, self.options.ordered)
        y = coded(numbers(frame, self.observed, self.table.products), self.observed, self.categories)
        out = np.full((len(y), len(self.latents)), np.nan)
        here = np.ones((1, len(y)), dtype=bool)
        if self.options.group is not None:
            group_labels(frame, self.options.group)  # names the column when it is absent
            names = frame[self.options.group].astype(str).to_numpy()
            here = np.array([names == label for label in self.meta.groups])
        for rows, layout, filled in zip(here, layouts(self.structure), self.matrices, strict=True):
            out[rows] = response_scores(y[rows], layout, filled) if ordered else factor_scores(y[rows], filled, method)
        return pd.DataFrame(out, index=frame.index, columns=list(self.latents))

    def save(self, path: str | Path, *, gamma: bool = True) -> Path:
        """Write the result to one file, see `Result.save`.

        Parameters
        ----------
        path : str or Path
        gamma : bool
            False leaves the sampling covariances of moments out, the largest part of a file with many items; a fit
            that is loaded from it cannot be compared by robust difference tests.
        """
        if gamma:
            return super().save(path)
        bare = [replace(s, gamma=None, curvature=_without_products(s.curvature)) for s in self.samples]
        return Result.save(replace(self, samples=tuple(bare)), path)

    def cross_check(self, data: Any) -> CrossCheck:
        """Fit the model again with semopy, an independent engine, and put the standardised estimates side by side.

        Raises
        ------
        UnsupportedByEngine
            When semopy cannot fit this model right.
        """
        from cgsurvey.sem.cross_check import cross_check

        return cross_check(self, data)

    def summary(self) -> str:
        """Return the result as plain text for a terminal."""
        from cgsurvey.sem.summary import summary

        return summary(self)

    def _names(self, *, label: bool = False) -> tuple[np.ndarray, dict[str, Any]]:
        """Rows that are parameters, and the columns that name them."""
        t = self.table
        keep, words = self._words
        out: dict[str, Any] = dict(words)
        out["group"] = t.group[keep]
        if label:
            out["label"] = [t.label[k] for k in keep]
            out["free"] = t.free[keep]
        return keep, out

    @cached_property
    def _words(self) -> tuple[np.ndarray, dict[str, Any]]:
        t = self.table
        keep = t.where(*PARAMETERS)
        columns = {"lhs": t.lhs, "op": t.op, "rhs": t.rhs}
        return keep, {name: pd.array([words[k] for k in keep], dtype="str") for name, words in columns.items()}

    def _intervals(
        self, value: Floats, error: Floats, keep: np.ndarray, kind: str, ci_type: Interval | None = None
    ) -> dict[str, Floats]:
        """Columns of a test against zero and of an interval, for the rows `keep`."""
        if self.resampled and self.bootstrap is not None:
            error, lower, upper = limits(
                self.bootstrap,
                kind,
                value,
                self.table,
                self.structure,
                ci_type or self.options.ci_type,
                self.options.ci,
            )
            value, error, lower, upper = value[keep], error[keep], lower[keep], upper[keep]
        else:
            value, error = value[keep], np.where(error > 0, error, np.nan)[keep]
            half = float(ndtri((1 + self.options.ci) / 2)) * error
            lower, upper = value - half, value + half
        z = value / np.where(error > 0, error, np.nan)
        return {
            "std_error": error,
            "statistic": z,
            "p_value": 2 * ndtr(-np.abs(z)),
            "ci_lower": lower,
            "ci_upper": upper,
        }

    def _standardized(self, kind: Standard, *, errors: bool = False) -> tuple[Floats, Floats]:
        """Standardised value and standard error of each row of the table, shape (rows,)."""
        unit = scaled(kind, self.table, self.structure)
        made, theta, slope = following(self.structure, self.theta)
        found = standardize(made, theta, self.matrices, unit, derivatives=errors)
        if errors:
            found = replace(found, jacobian=found.jacobian @ slope)
        value, error = np.full((2, len(self.table)), np.nan)
        value[self.structure.row] = found.value
        rows = self.table.where(":=")
        if len(rows):
            value[rows], by_theta = defined_parameters(self.table, self.structure, found.value, found.jacobian)
            if errors:
                error[rows] = np.sqrt(np.maximum(np.einsum("dq,dq->d", by_theta @ self.covariance, by_theta), 0.0))
        if errors:
            error[self.structure.row] = found.std_error(self.covariance)
            error[error < 1e-9] = np.nan  # a standardised parameter that cannot vary, up to rounding
        return value, error

    def _moments(self, cov: Floats, mean: Floats) -> dict[str, Any]:
        names = list(self.observed)
        out: dict[str, Any] = {"cov": pd.DataFrame(cov, index=names, columns=names)}
        if self.structure.means:
            out["mean"] = pd.Series(mean, index=names, name="mean")
        return out

    def _by_group(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        return parts[0] if len(parts) == 1 else dict(zip(self.meta.groups, parts, strict=True))


def _without_products(curvature: Curvature | None) -> Curvature | None:
    return curvature if curvature is None else replace(curvature, observed=None, products=None)


def parameter_names(table: ParameterTable, structure: Structure) -> list[str]:
    """Name each free parameter by its label or as text; parameters set equal bear the name of the first."""
    out = [""] * structure.q
    for row, free in zip(structure.row, structure.free, strict=True):
        if free >= 0 and not out[free]:
            label = table.label[row]
            out[free] = label if label and not label.startswith(".p") else table.name(int(row))
    return out
