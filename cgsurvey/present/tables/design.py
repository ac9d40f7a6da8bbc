"""Tables of estimates by design: means, shares, ratios, quantiles of the population and of its domains, regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    answer,
    interval,
    interval_spanner,
    label,
    makers,
    rows_of,
    said,
    term,
    with_meta,
)
from cgsurvey.responses.design import SurveyEstimates, SurveyRegression
from cgsurvey.responses.design.estimates import answers_of


@makers.register(SurveyEstimates)
def _estimates_makers(x: SurveyEstimates) -> Mapping[str, Maker]:
    return {"survey_estimates": survey_estimates}


@makers.register(SurveyRegression)
def _regression_makers(x: SurveyRegression) -> Mapping[str, Maker]:
    return {"survey_regression": survey_regression}


def variable_words(x: SurveyEstimates, name: str) -> Words:
    """Return the words for a variable; of a ratio those of both."""
    parts = [label(x.meta, p) for p in name.split(" / ")] if x.statistic == "ratio" else [label(x.meta, name)]
    return Words(" / ".join(p.en for p in parts), " / ".join(p.id for p in parts))


def level_words(x: SurveyEstimates | SurveyRegression, variable: str, level: str) -> Words:
    """Return the words for a category, its name where there are none."""
    key = f"{variable}={level}"
    return label(x.meta, key) if key in x.meta.labels else label(x.meta, level)


def domain_words(x: SurveyEstimates, group: str) -> Words:
    """Return the words for a domain, of several columns the answers in each."""
    parts = [answer(x.meta, c, v) for c, v in zip(x.by, answers_of(x.by, group), strict=False)]
    return Words(", ".join(p.en for p in parts), ", ".join(p.id for p in parts))


def survey_estimates(x: SurveyEstimates, style: Style) -> Table:
    """T2: estimates for the population with standard errors and intervals by design."""
    share = x.statistic == "proportion"
    kind = "share" if share else "number"
    has = x.table.columns
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    head = ""
    for r in rows_of(x.table):
        group = str(r.group) if "group" in has else ""
        if group and group != head:
            groups[len(rows)] = domain_words(x, group)
        head = group
        row: list[Any] = [variable_words(x, str(r.variable))]
        if "level" in has:
            row.append(level_words(x, str(r.variable), str(r.level)))
        row += [r.n, r.estimate, r.std_error, r.ci_lower, r.ci_upper]
        rows.append((*row, r.deff) if "deff" in has else tuple(row))
    columns = [Column.of("variable")]
    columns += [Column("level", term("estimate_level", x.statistic))] if "level" in has else []
    columns += [
        Column.of("n"),
        Column("estimate", term("survey_statistic", x.statistic), kind),
        Column("std_error", Words("SE (points)", "SE (poin)") if share else Words("SE", "SE"), kind),
        *interval(kind),
    ]
    columns += [Column.of("deff")] if "deff" in has else []
    notes = [said(f"survey_errors_{x.errors}", units=x.n_units, strata=x.n_strata, df=x.df)]
    notes += [said("survey_deff")] if "deff" in has else []
    made = Table(
        "T2",
        "survey_estimates",
        Words("Estimates for the population", "Estimasi untuk populasi"),
        tuple(columns),
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(x.ci),),
        notes=tuple(notes),
    )
    return with_meta(made, x.meta)


def survey_regression(x: SurveyRegression, style: Style) -> Table:
    """T2: coefficients of a regression by design."""
    rows = []
    for r in rows_of(x.table):
        name = label(x.meta, str(r.variable)) if r.variable != "(intercept)" else Words("(Intercept)", "(Konstanta)")
        if r.level:
            level = level_words(x, str(r.variable), str(r.level))
            name = Words(f"{name.en}: {level.en}", f"{name.id}: {level.id}")
        rows.append((name, r.estimate, r.std_error, Cell(r.statistic), r.p_value, r.ci_lower, r.ci_upper))
    columns = (
        Column.of("variable"),
        Column("estimate", Words("b", "b"), "number"),
        Column("std_error", Words("SE", "SE"), "number"),
        Column("statistic", Words("t", "t"), "statistic"),
        Column.of("p_value"),
        *interval("number"),
    )
    outcome = label(x.meta, x.outcome)
    made = Table(
        "T2",
        "survey_regression",
        Words(f"Regression of {outcome.en} by design", f"Regresi {outcome.id} menurut rancangan sampel"),
        columns,
        tuple(rows),
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=(said("survey_regression", df=int(x.table["df"].iloc[0])),),
    )
    return with_meta(made, x.meta)
