"""Tables of regressions: coefficients, model in steps, assumptions, influence, mediation by steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cgsurvey.classical import Regression
from cgsurvey.present.numbers import show
from cgsurvey.present.table import Column, Table, Words, words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    interval,
    interval_spanner,
    judged,
    label,
    makers,
    rows_of,
    rules_for,
    said,
    term,
    used_rules,
    with_meta,
)

ALPHA = 0.05
_STEP = Words("Step", "Tahap")
_TESTS = {
    "apa": Words("Model and test of all coefficients", "Model dan uji serempak"),
    "thesis": Words("F test and coefficient of determination", "Uji F dan koefisien determinasi"),
}
_TITLES = {
    "apa": Words("Regression of {}", "Regresi {}"),
    "thesis": Words("Regression of {}: t tests", "Regresi {}: uji t"),
}


@makers.register(Regression)
def _regression_makers(x: Regression) -> Mapping[str, Maker]:
    return {
        "regression": coefficients,
        "regression_model": model,
        "regression_assumptions": assumptions,
        "regression_influence": influence,
        "regression_steps": steps,
    }


def named(x: Regression, name: str) -> Words:
    """Return the words of a term: labels of its variables, the category in brackets."""
    if name == "(Intercept)":
        return Words("(Constant)", "(Konstanta)")

    def part(text: str, language: str) -> str:
        variable, _, rest = text.partition("[")
        shown = x.meta.label(variable, language)
        if not rest:
            return shown
        return f"{shown} [{x.meta.label(f'{variable}={rest[:-1]}', language).removeprefix(f'{variable}=')}]"

    return Words(*(" × ".join(part(p, g) for p in name.split(":")) for g in ("en", "id")))


def _title(x: Regression, which: Words) -> Words:
    who = label(x.meta, x.outcome)
    return Words(which.en.format(who.en), which.id.format(who.id))


def coefficients(x: Regression, style: Style) -> Table:
    """T16: coefficients of each step with standardised ones, tests, intervals and variance inflation."""
    found, groups = x.coefficients, dict[int, Words]()
    several = found["step"].nunique() > 1
    by = style.rule("vif", "any")
    rows: list[tuple[Any, ...]] = []
    for step, block in found.groupby("step", sort=False):
        if several:
            groups[len(rows)] = Words(f"{_STEP.en} {step}", f"{_STEP.id} {step}")
        for r in rows_of(block):
            row = [named(x, r.term), r.estimate, r.std_error]
            if x.kind == "linear":
                constant = r.term == "(Intercept)"
                row += [None if constant else r.std_all, r.statistic, r.p_value, r.ci_lower, r.ci_upper]
                row += [None if constant else v for v in (r.r_part, r.tolerance)]
                row += [None if constant else judged(r.vif, by, digits=2)]
            else:
                threshold = np.isnan(r.odds_ratio)
                row += [
                    r.statistic,
                    r.p_value,
                    *((None,) * 3 if threshold else (r.odds_ratio, r.or_ci_lower, r.or_ci_upper)),
                ]
            rows.append(tuple(row))
    head = [
        Column.of("term"),
        Column("estimate", Words("B", "B"), "number", 3),
        Column("std_error", Words("SE", "SE"), "number", 3),
    ]
    if x.kind == "linear":
        head += [
            Column("std_all", Words("β", "β"), "number"),
            Column("statistic", Words("t", "t hitung") if style.dialect == "thesis" else Words("t", "t"), "statistic"),
            Column("p_value", Words("p", "Sig.") if style.dialect == "thesis" else Words("p", "p"), "p"),
            *interval("number", 3),
            *(Column.of(n) for n in ("r_part", "tolerance", "vif")),
        ]
    else:
        head += [
            Column("statistic", Words("z", "z"), "statistic"),
            Column.of("p_value"),
            Column.of("odds_ratio"),
            *interval("number"),
        ]
    how = said(
        f"errors_{x.meta.options['errors']}"
        if x.meta.options["errors"] in ("classical", "cluster")
        else "errors_robust",
        errors=x.meta.options["errors"],
        cluster=x.meta.options["cluster"] or "",
    )
    notes = [how, said(f"regression_{x.kind}")]
    made = Table(
        "T16",
        "regression",
        _title(x, _TITLES[style.dialect]),
        tuple(head),
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=tuple(notes),
        rules=used_rules({"vif": by}) if x.kind == "linear" else (),
    )
    return with_meta(made, x.meta)


def model(x: Regression, style: Style) -> Table:
    """T16: each step as a whole, and what it adds to the one before."""
    linear = ["step", "r2", "r2_adj", "sigma", "f_value", "df1", "df2", "p_value"]
    ordinal = ["step", "logl", "chisq", "df", "p_value", "r2_mcfadden", "r2_cox_snell", "r2_nagelkerke", "aic"]
    names = linear if x.kind == "linear" else ordinal
    if len(x.steps) > 1:
        names = [
            *names,
            *(("r2_change", "f_change", "p_change") if x.kind == "linear" else ("chisq_change", "p_change")),
        ]
    rows = tuple(
        tuple(
            words(str(r.step)) if n == "step" else None if "change" in n and r.step == 1 else getattr(r, n)
            for n in names
        )
        for r in rows_of(x.steps)
    )
    columns = []
    for n in names:
        column = Column.of(n)
        thesis = {"f_value": Words("F", "F hitung"), "p_value": Words("p", "Sig.")} if style.dialect == "thesis" else {}
        if n in ("df1", "df2") and all(float(v).is_integer() for v in x.steps[n]):
            column = Column(n, column.label, "count")
        columns.append(Column(n, thesis.get(n, column.label), column.kind, column.digits))
    made = Table(
        "T16",
        "regression_model",
        _title(x, Words(f"{_TESTS[style.dialect].en}: {{}}", f"{_TESTS[style.dialect].id}: {{}}")),
        tuple(columns),
        rows,
    )
    return with_meta(made, x.meta)


def assumptions(x: Regression, style: Style) -> Table | None:
    """T16: tests of what the regression assumes, and variance inflation."""
    if x.assumptions.empty:
        return None
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for assumption, block in x.assumptions.groupby("assumption", sort=False):
        heading = "assumption_thesis" if style.dialect == "thesis" else "assumption"
        groups[len(rows)] = term(heading, str(assumption))
        for r in rows_of(block):
            name = term("assumption_test", r.test)
            if r.term:
                about = named(x, r.term)
                name = Words(f"{name.en}: {about.en}", f"{name.id}: {about.id}")
            known = [show(v, "count" if float(v).is_integer() else "number", "en") for v in (r.df, r.df2) if v == v]
            verdict = None if r.p_value != r.p_value else term("evidence", "against" if r.p_value < ALPHA else "none")
            rows.append((name, r.statistic, words("; ".join(known)) if known else None, r.p_value, verdict))
    if x.kind == "linear" and (vif := x.last["vif"]).notna().any():
        groups[len(rows)] = term("assumption_thesis" if style.dialect == "thesis" else "assumption", "collinearity")
        by = style.rule("vif", "any")
        top = x.last.loc[vif.idxmax(), "term"]
        name = Words(f"Largest VIF: {named(x, top).en}", f"VIF terbesar: {named(x, top).id}")
        rows.append((name, judged(vif.max(), by, digits=2, kind="number"), None, None, None))
    columns = (
        Column("test", Words("Test", "Uji")),
        Column("statistic", Words("Statistic", "Statistik"), "number", 3),
        Column("df", Words("df", "db")),
        Column.of("p_value"),
        Column("evidence", Words("Evidence", "Bukti")),
    )
    notes = (said("assumptions"), *((said("durbin_watson"),) if x.kind == "linear" else (said("brant"),)))
    title = Words("Tests of assumptions: {}", "Uji asumsi klasik: {}" if x.kind == "linear" else "Uji asumsi: {}")
    made = Table("T16", "regression_assumptions", _title(x, title), columns, tuple(rows), groups=groups, notes=notes,
                 rules=used_rules(rules_for(style, "vif")) if x.kind == "linear" else ())  # fmt: skip
    return with_meta(made, x.meta)


def influence(x: Regression, style: Style) -> Table | None:
    """The rows with the largest Cook's distances."""
    if x.influential.empty:
        return None
    columns = (
        Column("row", Words("Row", "Baris"), "text"),
        Column("cooks", Words("Cook's D", "D Cook"), "number", 3),
        Column("leverage", Words("Leverage", "Leverage"), "coefficient", 3),
        Column("studentized", Words("Studentised residual", "Residual terstudentkan"), "statistic"),
    )
    rows = tuple((str(r.row), r.cooks, r.leverage, r.studentized) for r in rows_of(x.influential))
    title = _title(x, Words("Rows with most influence: {}", "Baris paling berpengaruh: {}"))
    return with_meta(Table("", "regression_influence", title, columns, rows, notes=(said("cooks"),)), x.meta)


def steps(x: Regression, style: Style) -> Table | None:
    """T17: mediation by steps, with the remark that it is historical."""
    if x.mediation.empty:
        return None
    rows = tuple(
        (words(r.path), named(x, r.rhs), named(x, r.lhs), r.estimate, r.std_error, r.statistic, r.p_value)
        for r in rows_of(x.mediation)
    )
    columns = (
        Column.of("path"),
        Column("from", Words("From", "Dari")),
        Column("to", Words("To", "Ke")),
        Column("estimate", Words("B", "B"), "number", 3),
        Column("std_error", Words("SE", "SE"), "number", 3),
        Column("statistic", Words("t / z", "t / z"), "statistic"),
        Column.of("p_value"),
    )
    title = _title(x, Words("Mediation by steps: {}", "Mediasi bertahap: {}"))
    return with_meta(Table("T17", "regression_steps", title, columns, rows, notes=(said("by_steps"),)), x.meta)
