"""Specifications: which analyses are run beside the main one, and one of them run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CgSurveyError, ConvergenceError, DataError, EstimationError, ModelError, OptionError
from cgsurvey.moments import impute
from cgsurvey.responses.source import Source
from cgsurvey.sem import PooledFit, SemFit, sem
from cgsurvey.sem.hypotheses import test_hypotheses as decide
from cgsurvey.sem.model.syntax import parse
from cgsurvey.sem.model.table import explained_variables
from cgsurvey.sem.options import Options, resolve

EVERYBODY, FLAGGED, NONE = "everybody", "all rules", "none"
CARELESS = "with flagged"  # everybody, where the main specification is of those who were kept
CATEGORIES = 7  # whole-number answers of an item up to which it counts as ordered
IMPROPER = ("sem.heywood", "sem.latent_covariance", "sem.residual_covariance")
FIT = ("cfi", "rmsea", "srmr")
POOLED = ("", "_d3", "_d2", "_pooled", "_mean")  # endings of fit measures, after imputation
IMPUTED = "mi"
LEAST_SQUARES = ("ULS", "DWLS", "WLS", "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV")
LIKELIHOOD = ("fiml", "fiml.x", "ml", "direct", "ml.x")


@dataclass(frozen=True)
class Choice:
    """One way to analyse the data; `left_out` is the value whose rows are not in it, "" for none."""

    estimator: str
    respondents: str = EVERYBODY
    weights: str = NONE
    cluster: str = NONE
    missing: str = "listwise"
    left_out: str = ""


DIMENSIONS = tuple(f.name for f in fields(Choice) if f.name != "left_out")


def combinations(levels: Mapping[str, Sequence[str]], *, every: bool) -> Iterator[Choice]:
    """Go through the choices, the main one (the first level of each dimension) first.

    Parameters
    ----------
    levels : mapping
        Dimension to its levels.
    every : bool
        All combinations; else one level changed at a time.
    """
    main = {name: values[0] for name, values in levels.items()}
    if every:
        for chosen in product(*levels.values()):
            yield Choice(**dict(zip(levels, chosen, strict=True)))
        return
    yield Choice(**main)
    for name, values in levels.items():
        for value in values[1:]:
            yield Choice(**(main | {name: value}))


def given(choice: Choice, base: Mapping[str, Any], ordered: Sequence[str]) -> tuple[Choice, dict[str, Any]]:
    """Return a choice as it takes effect, and the options of `sem`.

    Ordered items have no likelihood of incomplete rows here: what is "fiml" for a likelihood is "pairwise" for them.
    """
    least_squares = choice.estimator in LEAST_SQUARES
    if least_squares and ordered and choice.missing in LIKELIHOOD:
        choice = replace(choice, missing="pairwise")
    options = dict(base) | {
        "estimator": choice.estimator,
        "missing": choice.missing,
        "weights": False if choice.weights == NONE else choice.weights,
        "cluster": False if choice.cluster == NONE else choice.cluster,
    }
    return choice, options | ({"ordered": tuple(ordered)} if least_squares and ordered else {})


def effective(options: Mapping[str, Any], source: Source) -> Options:
    """Return options as they take effect, imputed rows being complete; OptionError where they are not defined."""
    imputed = options["missing"] == IMPUTED
    made = resolve({**options, "missing": "listwise"} if imputed else options, source.design)
    # With clusters or weights ML has the errors and the test of MLR.
    return replace(made, estimator="MLR") if made.estimator == "ML" and made.se == "robust.huber.white" else made


def ordered_items(model: str, source: Source, groups: int) -> tuple[str, ...]:
    """Return explained observed variables with whole answers of at most seven kinds."""
    out = []
    for name in explained_variables(str(model), groups):
        if name in source.frame:
            x = pd.to_numeric(source.frame[name], errors="coerce").dropna().unique()
            if 2 <= len(x) <= CATEGORIES and np.all(x == np.round(x)):
                out.append(name)
    return tuple(out)


@dataclass(frozen=True)
class Outcome:
    """What one specification gave: `row` of the table of specifications, `estimates` by hypothesis, its sources.

    `why` says per language why there is nothing.
    """

    row: dict[str, Any]
    estimates: list[dict[str, Any]]
    references: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)


def fitted(
    model: str, source: Source, options: Mapping[str, Any], *, imputations: int, seed: int | None
) -> SemFit | PooledFit:
    """Fit a model to the data, after multiple imputation of the answers that it asks for where `missing` says so."""
    if options["missing"] != IMPUTED:
        return sem(model, source, **options)
    asked = [n for n in _asked_of(model) if n in source.frame]
    design = {"strata": getattr(source.design, "strata", None) or False}
    filled = impute(source.frame, imputations, seed=int(seed or 0), items=asked)
    return sem(model, filled, **(design | dict(options) | {"missing": "listwise"}))


def _asked_of(model: str) -> tuple[str, ...]:
    """Return the observed variables of a model; of products the variables that are multiplied."""
    named = {t for s in parse(str(model)).statements for e in (*s.lhs, *s.rhs) for t in e.name.split(":")}
    return tuple(sorted(n for n in named if n))


def run(
    task: tuple[Choice, dict[str, Any], np.ndarray],
    *,
    model: str,
    source: Source,
    hypotheses: Mapping[str, str],
    level: float,
    imputations: int,
    seed: int | None,
) -> Outcome:
    """Fit one specification; a fit that fails is told, not raised."""
    choice, options, rows = task
    try:
        here = replace(source, frame=source.frame[rows], notes=())
        fit = fitted(model, here, options, imputations=imputations, seed=seed)
        if not fit.converged and isinstance(fit, SemFit):
            raise ConvergenceError.of("robustness.not_converged")
        return outcome(choice, fit, estimates_of(fit, hypotheses, level))
    except (DataError, EstimationError, ModelError, OptionError) as error:
        return failure(choice, int(rows.sum()), error)


def outcome(choice: Choice, fit: SemFit | PooledFit, estimates: list[dict[str, Any]]) -> Outcome:
    """Return what a fit gave."""
    found = fit.fit_measures
    measures = {m: float(next((found[m + e] for e in POOLED if m + e in found), np.nan)) for m in FIT}
    improper = any(n.code in IMPROPER for n in fit.notes)
    row = vars(choice) | {"n": fit.meta.n, "converged": True, "admissible": not improper, **measures, "reason": ""}
    return Outcome(row, estimates, fit.meta.references)


def failure(choice: Choice, n: int, why: CgSurveyError) -> Outcome:
    """Return a specification without numbers, and why."""
    empty = dict.fromkeys(FIT, np.nan)
    row = vars(choice) | {"n": n, "converged": False, "admissible": False, **empty, "reason": str(why)}
    return Outcome(row, [], why=why.words())


def group_of(hypothesis: str, groups: Sequence[str]) -> str:
    """Return the group of the model that a hypothesis is about, "" where there is one group or none is named."""
    return next((g for g in groups if hypothesis.endswith(f" ({g})")), "")


def estimates_of(fit: SemFit | PooledFit, hypotheses: Mapping[str, str], level: float) -> list[dict[str, Any]]:
    """Return one mapping per hypothesis: its estimate with error, raw and standardised."""
    found = decide(fit, hypotheses, alpha=level).tidy()
    groups = fit.meta.groups
    limits = {
        (r.lhs if r.op == ":=" else f"{r.lhs} {r.op} {r.rhs}", groups[r.group - 1] if groups and r.group else ""): (
            r.ci_lower,
            r.ci_upper,
        )
        for r in reversed(list(fit.standardized().itertuples()))
    }
    found["group"] = [group_of(name, groups) for name in found["hypothesis"]]
    found[["std_lower", "std_upper"]] = [limits[key] for key in zip(found["path"], found["group"], strict=True)]
    found["statistic"] = found["estimate"] / found["std_error"].where(found["std_error"] > 0)
    return found.drop(columns="decision").to_dict("records")
