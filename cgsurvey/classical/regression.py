"""regress(): linear and proportional-odds regression as a thesis reports it.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Result
from cgsurvey.classical.formula import INTERCEPT, Design, build, formula_of, variables_of
from cgsurvey.classical.linear import ERRORS, Errors, dependent_columns
from cgsurvey.classical.regression_linear import fit_linear
from cgsurvey.classical.regression_ordinal import fit_ordinal
from cgsurvey.classical.steps import by_steps
from cgsurvey.classical.variables import Variables, gather_variables, listed
from cgsurvey.responses.responses import Responses

Predictors = Sequence[str] | Sequence[Sequence[str]] | str
REFERENCES: Mapping[str, tuple[str, ...]] = {
    "linear": ("cohen2003", "cook1977"),
    "ordinal": ("mccullagh1980", "brant1990", "nagelkerke1991"),
    **{k: ("white1980",) for k in ("HC0", "HC1")},
    **{k: ("mackinnon1985",) for k in ("HC2", "HC3")},
    "HC4": ("cribari2004",),
    "cluster": ("cameron2015",),
    "mediation": ("baron1986", "sobel1982", "zhao2010"),
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Regression(Result):
    """A regression, or one in steps (blocks).

    Attributes
    ----------
    kind : {"linear", "ordinal"}
    outcome : str
    coefficients : DataFrame
        One row per step and column of the design matrix: `step term estimate std_error statistic p_value ci_lower
        ci_upper`; linear also `std_all r r_partial r_part tolerance vif`, ordinal `odds_ratio or_ci_lower
        or_ci_upper`, and the thresholds as terms "1|2".
    steps : DataFrame
        One row per step: linear `step formula n r2 r2_adj sigma f_value df1 df2 p_value r2_change f_change df1_change
        df2_change p_change aic bic`; ordinal `step formula n logl chisq df p_value r2_mcfadden r2_cox_snell
        r2_nagelkerke chisq_change df_change p_change aic bic`.
    assumptions : DataFrame
        Tests of what the last step assumes: `assumption test term statistic df df2 p_value`. Linear: normality of
        the residuals, homoscedasticity, independence, linearity; ordinal: proportional odds (Brant).
    influential : DataFrame
        The rows of the last step with the largest Cook's distances, ten at most: `row cooks leverage studentized`.
    mediation : DataFrame
        Steps of Baron and Kenny, empty unless they were asked for: `path lhs rhs estimate std_error statistic p_value`.
    residuals : DataFrame
        What the diagnostic picture shows of the last step, counted by cells so that no row can be read from it:
        `panel x y count`.
    """

    kind: str
    outcome: str
    coefficients: pd.DataFrame
    steps: pd.DataFrame
    assumptions: pd.DataFrame
    influential: pd.DataFrame = field(default_factory=pd.DataFrame)
    mediation: pd.DataFrame = field(default_factory=pd.DataFrame)
    residuals: pd.DataFrame = field(default_factory=pd.DataFrame)

    def tidy(self) -> pd.DataFrame:
        """Return one row per step and coefficient."""
        return self.coefficients.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: the last step."""
        last = self.steps.iloc[[-1]].reset_index(drop=True)
        last.insert(0, "outcome", self.outcome)
        return last.drop(columns=["step", "formula"])

    @property
    def last(self) -> pd.DataFrame:
        """Coefficients of the last step."""
        return self.coefficients[self.coefficients["step"] == self.coefficients["step"].max()].drop(columns="step")


def regress(
    data: Responses | pd.DataFrame,
    model: str | Sequence[str],
    *,
    predictors: Predictors | None = None,
    kind: Literal["linear", "ordinal"] = "linear",
    constructs: Mapping[str, Sequence[str]] | None = None,
    errors: Errors = "classical",
    cluster: str | None = None,
    mediator: str | None = None,
    ci: float = 0.95,
) -> Regression:
    """Regress an outcome on predictors.

    Parameters
    ----------
    data : Responses or DataFrame
        A variable is a column (reverse items keyed) or a construct, whose score is the mean of its items as in `score`.
    model : str or sequence of str
        A formula, "quality ~ trust + age"; formulas of steps, each of which adds to the one before; or the name of the
        outcome, with `predictors`. Words become indicators against their first category; numbers that are codes of
        groups are written C(office). Known besides: interactions a:b and a*b, I(x**2), log, sqrt, exp, center, scale.
    predictors : sequence of str, or sequence of sequences, optional
        Columns; several lists are blocks that enter one after the other.
    kind : {"linear", "ordinal"}
        Least squares, or proportional odds for an outcome of ordered categories.
    constructs : mapping of str to sequence of str, optional
        Items of scores that the formula names, for data without an instrument.
    errors : {"classical", "HC0", "HC1", "HC2", "HC3", "HC4", "cluster"}
        Standard errors; "HC3" stays honest where variances differ. Ordinal: "classical", "HC0" or "cluster".
    cluster : str, optional
        Column of the clusters, e.g. the office; implies errors="cluster".
    mediator : str, optional
        Adds the steps of Baron and Kenny (1986) with Sobel's test for the first predictor, the others as covariates.
        They are a historical procedure: `cg.mediation` estimates and tests the indirect effect itself.
    ci : float
        Level of the intervals.

    Returns
    -------
    Regression

    Raises
    ------
    ModelSyntaxError, ColumnNotFoundError, OptionError
        For a formula, variable or option that cannot be used.
    SampleError
        For an outcome without variance, predictors that are combinations of others, too few rows.
    ConvergenceError
        When an ordinal regression has no finite maximum.

    Notes
    -----
    R: lm, MASS::polr, sandwich::vcovHC and vcovCL, lmtest. All steps use the same rows.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> fit = cg.regress(answers, "satisfaction ~ service_quality")
    >>> fit.tidy()[["term", "estimate", "std_error", "std_all"]].round(3)
                  term  estimate  std_error  std_all
    0      (Intercept)     0.826      0.163      NaN
    1  service_quality     0.722      0.045    0.547
    """
    fraction("ci", ci)
    choose("kind", kind, ("linear", "ordinal"))
    errors = choose("errors", "cluster" if cluster is not None and errors == "classical" else errors, ERRORS)
    if (errors == "cluster") != (cluster is not None):
        raise OptionError("errors='cluster' and cluster='<column>' belong together: name the column of the clusters.")
    if kind == "ordinal" and errors not in ("classical", "HC0", "cluster"):
        raise OptionError(f"errors={errors!r} is not defined for kind='ordinal'. Allowed: classical, HC0, cluster.")
    formulas = _formulas(model, predictors)
    names = list(dict.fromkeys(n for f in formulas for n in variables_of(f)))
    outcome = variables_of(formulas[-1])[0]
    if mediator is not None and (kind == "ordinal" or mediator in names):
        reason = "is in the formula already: leave it out there" if mediator in names else "needs kind='linear'"
        raise OptionError(f"mediator='{mediator}' {reason}.")
    asides = [c for c in (cluster, mediator) if c is not None]
    variables = gather_variables(data, [*names, *asides], constructs)
    notes = list(variables.notes)
    rows = _complete(formulas, variables, asides, notes)
    designs = _designs(formulas, variables, rows)
    codes = _clusters(variables, rows, cluster, notes)
    with one_thread():
        if kind == "linear":
            parts = fit_linear(designs, rows, errors, codes, ci, notes)
        else:
            parts = fit_ordinal(designs, rows, errors, codes, ci, notes)
        steps = None if mediator is None else by_steps(designs[-1], rows, mediator, errors, codes, notes)
    keys = [kind, *([errors] if errors != "classical" else []), *(["mediation"] if mediator is not None else [])]
    return Regression(
        kind=kind,
        outcome=outcome,
        coefficients=parts.coefficients,
        steps=parts.steps,
        assumptions=parts.assumptions,
        influential=parts.influential,
        residuals=parts.residuals,
        mediation=steps if steps is not None else pd.DataFrame(),
        notes=tuple(notes),
        meta=variables.meta(
            "regress",
            len(designs[-1].y),
            dict.fromkeys(r for k in keys for r in REFERENCES[k]),
            formula=tuple(formulas),
            kind=kind,
            errors=errors,
            cluster=cluster,
            mediator=mediator,
            ci=ci,
        ),
    )


def _formulas(model: str | Sequence[str], predictors: Predictors | None) -> list[str]:
    models = [model] if isinstance(model, str) else list(model)
    with_tilde = [m for m in models if "~" in str(m)]
    if predictors is None:
        if len(with_tilde) != len(models) or not models:
            raise OptionError(
                f"model={model!r} is no formula. Write 'quality ~ trust + age', or name predictors=['trust', 'age']."
            )
        return models
    if with_tilde or len(models) != 1:
        raise OptionError("give a formula, or one outcome with predictors=[...], not both.")
    single = [predictors] if isinstance(predictors, str) else [p for p in predictors if isinstance(p, str)]
    whole = isinstance(predictors, str) or len(single) == len(predictors)
    blocks = [listed("predictors", single)] if whole else [listed("predictors", p) for p in predictors]
    names = [n for b in blocks for n in b]
    listed("predictors", names)
    if models[0] in names:
        raise OptionError(f"'{models[0]}' is the outcome and stands among the predictors too.")
    return [formula_of(models[0], [n for b in blocks[: i + 1] for n in b]) for i in range(len(blocks))]


def _complete(formulas: Sequence[str], variables: Variables, asides: Sequence[str], notes: list[Note]) -> pd.DataFrame:
    """Return the rows that have a value of all variables of all steps."""
    frame = variables.frame
    names = list(dict.fromkeys([*(n for f in formulas for n in variables_of(f)), *asides]))
    complete = frame[names].notna().all(axis=1)
    lost, missing = int((~complete).sum()), frame[names].isna().sum()
    gaps = some(f"{n} {missing[n]}" for n in names if missing[n])
    if not complete.any():
        raise SampleError.of("classical.no_complete_row", where=variables.where, gaps=gaps)
    if lost:
        notes.append(note("classical.rows_left_out", n=lost, rows=len(frame), share=100 * lost / len(frame), gaps=gaps))
    return frame[complete]


def _designs(formulas: Sequence[str], variables: Variables, rows: pd.DataFrame) -> list[Design]:
    """Make the design matrix of each step."""
    designs = [build(f, rows) for f in formulas]
    outcomes = dict.fromkeys(d.outcome for d in designs)
    if len(outcomes) > 1:
        raise OptionError(f"the steps have different outcomes: {some(outcomes)}.")
    for design in designs:
        _check(design, variables)
    for before, after in pairwise(designs):
        gone = [t for t in before.terms if t not in after.terms]
        if gone or len(before.terms) == len(after.terms):
            told = f"'{after.formula}' lacks {some(gone)}" if gone else f"'{after.formula}' adds nothing"
            raise OptionError(f"each step adds predictors to the one before, but {told}.")
    return designs


def _check(design: Design, variables: Variables) -> None:
    n, k = design.X.shape
    if len(np.unique(design.y)) < 2:
        raise SampleError.of("classical.constant_outcome", where=variables.where, outcome=design.outcome, n=n)
    if INTERCEPT not in design.terms:
        raise OptionError(f"'{design.formula}' leaves the intercept out. Take '- 1' or '0 +' out of the formula.")
    if n <= k + 1:
        raise SampleError.of("classical.many_coefficients", n=n, k=k, least=k + 2)
    flat = [t for t, x in zip(design.terms[1:], design.X.T[1:], strict=True) if np.ptp(x) == 0]
    if flat:
        raise SampleError.of("classical.flat_terms", terms=flat, n=n)
    found = dependent_columns(design.X)
    if found:
        terms = [(design.terms[j], some((design.terms[i] for i in others if i), 6)) for j, others in found]
        told = {
            "en": "; ".join(f"'{term}' is a combination of {others}" for term, others in terms),
            "id": "; ".join(f"'{term}' merupakan kombinasi dari {others}" for term, others in terms),
        }
        raise SampleError.of("classical.collinear", terms=told, formula=design.formula)


def _clusters(variables: Variables, rows: pd.DataFrame, cluster: str | None, notes: list[Note]) -> np.ndarray | None:
    if cluster is None:
        design = variables.source.design
        if design is not None and design.cluster is not None:
            notes.append(note("classical.clusters_there", column=design.cluster))
        return None
    codes = pd.factorize(rows[cluster])[0].astype(np.int64)
    G = int(codes.max()) + 1
    if G < 2:
        raise SampleError.of("classical.one_cluster", column=cluster)
    if G < 40:
        notes.append(note("classical.few_clusters", n=G, column=cluster))
    return codes
