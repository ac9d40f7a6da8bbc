"""Tables of a fitted model: fit, loadings, paths, effects, hypotheses, cross-check by another engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.references import Rule
from cgsurvey.present.numbers import show
from cgsurvey.present.table import Cell, Column, Table, Verdict, Words
from cgsurvey.present.tables.estimation import (
    Fit,
    error_note,
    in_group,
    of_model,
    ordered,
    scope,
    sentence,
    structural,
    tested,
)
from cgsurvey.present.tables.local_fit import SHOWN, modification, residuals
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    cutoff,
    group_label,
    interval,
    interval_spanner,
    item_label,
    judged,
    label,
    makers,
    matrix,
    rows_of,
    rules_for,
    said,
    term,
    used_rules,
    verdict_cell,
    with_meta,
)
from cgsurvey.sem import SemFit
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.hypotheses import Hypotheses

_INDICES = ("cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue", "srmr")
_THESIS = ("gfi", "agfi", "nfi", "ifi")
_SCALED = {
    name: f"{name}_scaled" for name in ("chisq", "df", "pvalue", "chisq_df", "cfi", "tli", "rmsea", "nfi", "ifi")
}
_ROBUST = {name: f"{name}_robust" for name in ("cfi", "tli", "rmsea")}
for _name in ("rmsea_ci_lower", "rmsea_ci_upper", "rmsea_pvalue"):
    _SCALED[_name], _ROBUST[_name] = f"{_name}_scaled", f"{_name}_robust"


@makers.register(SemFit)
def _fit_makers(x: SemFit) -> Mapping[str, Maker]:
    return {
        "fit": fit,
        "loadings": loadings,
        "thresholds": thresholds,
        "factor_correlations": factor_correlations,
        "paths": paths,
        "effects": effects,
        "modification": modification,
        "residuals": residuals,
        "correlations": correlations,
    }


@makers.register(Hypotheses)
def _hypotheses_makers(x: Hypotheses) -> Mapping[str, Maker]:
    return {"hypotheses": hypotheses}


@makers.register(CrossCheck)
def _cross_check_makers(x: CrossCheck) -> Mapping[str, Maker]:
    return {"cross_check": cross_check}


def measures(x: SemFit) -> pd.Series:
    """Return the fit measures with the ratios of chi-square and df."""
    found = x.fit_measures
    ratios = {}
    for tail in ("", "_scaled"):
        df = found.get(f"df{tail}", np.nan)
        ratios[f"chisq_df{tail}"] = found.get(f"chisq{tail}", np.nan) / df if df else np.nan
    return pd.concat([found, pd.Series(ratios)])


def judged_measure(x: SemFit, name: str) -> float:
    """Return the value that a verdict looks at: the robust one where there is one, else the scaled one."""
    found = measures(x)
    values = [found.get(names.get(name, ""), np.nan) for names in (_ROBUST, _SCALED)]
    return float(next((v for v in values if np.isfinite(v)), found.get(name, np.nan)))


def fit(x: SemFit, style: Style) -> Table:
    """T13: global fit with verdicts."""
    found = measures(x)
    names = [
        "chisq",
        "df",
        "pvalue",
        "pvalue_bollen_stine",
        "chisq_df",
        *_INDICES,
        *(_THESIS if style.dialect == "thesis" else ()),
        "aic",
        "bic",
    ]
    shown = [n for n in names if n in found and (n in {"chisq", "df"} or np.isfinite(found[n]))]
    # A column stands where it has something to show.
    kinds = {
        kind: which
        for kind, which in (("scaled", _SCALED), ("robust", _ROBUST))
        if any(np.isfinite(found.get(which.get(n, ""), np.nan)) for n in shown)
    }
    rows: list[tuple[Any, ...]] = []
    rules: list[Rule] = []
    for name in shown:
        column = Column.of(name)
        by = style.rule(name, scope(x))
        asked = style.dialect == "thesis" or name in style.cutoffs
        judge = name in {"cfi", "tli", "rmsea", "srmr", *_THESIS} or (name == "chisq_df" and by is not None and asked)
        rules += [by] if by is not None and judge else []
        digits = 3 if column.kind in {"coefficient", "p"} else None
        own = [Cell(found[name], column.kind, digits)]
        for which in kinds.values():
            other = found.get(which.get(name, ""), None)
            whole = name != "df" or other is None or float(other).is_integer()
            own.append(Cell(other, column.kind if whole else "number", digits))
        verdict = verdict_cell(judged_measure(x, name), by) if judge else None
        rows.append((column.label, *own, cutoff(by) if judge else None, verdict))
    if not rules:  # without any guideline its column would be empty
        rows = [(*row[:-2], row[-1]) for row in rows]
    columns = [Column.of("measure"), Column("value", Words("Value", "Nilai"), "number")]
    heads = {"scaled": Words("Scaled", "Terskala"), "robust": Words("Robust", "Robust")}
    columns += [Column(kind, heads[kind], "number") for kind in kinds]
    columns += [*([Column.of("guideline")] if rules else []), Column.of("verdict")]
    notes = [sentence(x)]
    if "scaled" in kinds:
        notes.append(said("scaled", plain=term("model_test", "standard"), test=tested(x)))
    notes += [said("robust")] if "robust" in kinds else []
    verdicts = said("verdict_robust" if kinds else "verdict")
    notes.append(verdicts if rules else said(f"no_cutoff_{'ordered' if ordered(x) else 'least_squares'}"))
    title = (
        Words("Global fit of the structural model", "Kecocokan global model struktural")
        if structural(x)
        else (Words("Global fit of the measurement model", "Kecocokan global model pengukuran"))
    )
    made = Table(
        "T13", "fit", title, tuple(columns), tuple(rows), notes=tuple(notes), rules=tuple(dict.fromkeys(rules))
    )
    return with_meta(made, x.meta)


def loadings(x: SemFit, style: Style) -> Table | None:
    """T10: standardised loadings with their intervals, one block per latent variable."""
    std = x.standardized()
    std = std[std["op"] == "=~"]
    if std.empty:
        return None
    by = style.rule("loading", scope(x))
    r2 = r_squared(x)
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for group, latent, block in by_left(std):
        groups[len(rows)] = in_group(x, group, label(x.meta, latent))
        for row in rows_of(block):
            name = str(row.rhs)
            shown = label(x.meta, name) if name in x.latents else item_label(x.meta, name)
            rows.append(
                (
                    shown,
                    judged(row.estimate, by),
                    row.std_error,
                    row.ci_lower,
                    row.ci_upper,
                    row.statistic,
                    row.p_value,
                    r2.get((group, name), np.nan),
                )
            )
    columns = (
        Column("item", Words("Item", "Butir")),
        Column("loading", Words("λ", "λ"), "coefficient", 3),
        Column("std_error", Words("SE", "SE"), "coefficient", 3),
        *interval("coefficient", 3),
        Column.of("statistic"),
        Column.of("p_value"),
        Column("r2", Words("R²", "R²"), "coefficient", 3),
    )
    notes = (Words("λ = standardised loading.", "λ = muatan faktor terstandar."),)
    made = Table(
        "T10",
        "loadings",
        of_model(x, "Standardised loadings", "Muatan faktor terstandar"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(x.options.ci),),
        notes=notes,
        rules=(by,) if by else (),
    )
    return with_meta(made, x.meta)


def thresholds(x: SemFit, style: Style) -> Table | None:
    """T24: thresholds of ordered items with their standard errors, one row per item."""
    found = x.tidy()
    found = found[found["op"] == "|"]
    if found.empty:
        return None
    k = int(found.groupby(["group", "lhs"]).size().max())
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for g, block in found.groupby("group", sort=False):
        if len(x.meta.groups) > 1:
            groups[len(rows)] = group_label(x.meta, int(g))
        for name, own in block.groupby("lhs", sort=False):
            cells = [_with_error(t, e) for t, e in zip(own["estimate"], own["std_error"], strict=True)]
            rows.append((str(name), *cells, *(None,) * (k - len(cells))))
    columns = (
        Column("item", Words("Item", "Butir")),
        *(Column(f"t{j}", Words(f"τ{j}", f"τ{j}")) for j in range(1, k + 1)),
    )
    made = Table(
        "T24",
        "thresholds",
        of_model(x, "Thresholds", "Ambang"),
        columns,
        tuple(rows),
        groups=groups,
        notes=(said("thresholds"),),
    )
    return with_meta(made, x.meta)


def _with_error(value: float, error: float) -> Words:
    def text(language: str) -> str:
        number = show(value, "number", language, 3)
        return number if not np.isfinite(error) else f"{number} ({show(error, 'number', language, 3)})"

    return Words(text("en"), text("id"))


def by_left(frame: pd.DataFrame) -> Iterator[tuple[int, str, pd.DataFrame]]:
    """Go through parameters by group and left-hand variable, in the order of the table."""
    for (group, left), block in frame.groupby(["group", "lhs"], sort=False):
        yield int(group), str(left), block


def r_squared(x: Fit) -> dict[tuple[int, str], float]:
    """Return R2 by (group, variable), computed from the standardised solution of each group."""
    found = x.r2
    if isinstance(found, pd.Series):
        out = {}
        for key, value in found.items():
            if isinstance(key, tuple):
                first, name = key
                group = x.meta.groups.index(str(first)) + 1 if str(first) in x.meta.groups else int(first)
                out[(group, str(name))] = float(value)
            else:
                out |= {(g, str(key)): float(value) for g in range(1, max(len(x.meta.groups), 1) + 1)}
        return out
    return {(g, str(n)): float(v) for g, (_, s) in enumerate(found.items(), 1) for n, v in s.items()}


def factor_correlations(x: SemFit, style: Style) -> Table | None:
    """Correlations of the latent variables, estimated in the model."""
    std = x.standardized()
    pairs = std[
        (std["op"] == "~~") & std["lhs"].isin(x.latents) & std["rhs"].isin(x.latents) & (std["lhs"] != std["rhs"])
    ]
    if len(pairs) < 1 or len(x.meta.groups) > 1 or structural(x):
        return None
    names = [n for n in x.latents if n in set(pairs["lhs"]) | set(pairs["rhs"])]
    r = {frozenset((a, b)): v for a, b, v in zip(pairs["lhs"], pairs["rhs"], pairs["estimate"], strict=True)}
    made = matrix(
        [label(x.meta, n) for n in names],
        lambda i, j: r.get(frozenset((names[i], names[j])), np.nan),
        diagonal=False,
        key="T11",
        name="factor_correlations",
        title=Words("Correlations of the latent variables", "Korelasi antarvariabel laten"),
    )
    return with_meta(made, x.meta)


def _arrow(x: Fit, lhs: str, rhs: str) -> Words:
    a, b = label(x.meta, rhs), label(x.meta, lhs)
    return Words(f"{a.en} → {b.en}", f"{a.id} → {b.id}")


def _effect_columns(x: Fit, first: Column) -> tuple[Column, ...]:
    return (
        first,
        Column("estimate", Words("B", "B"), "number", 3),
        Column("std_error", Words("SE", "SE"), "number", 3),
        *interval("number", 3),
        Column("std_all", Words("β", "β"), "coefficient", 3),
        Column.of("statistic"),
        Column.of("p_value"),
    )


def paths(x: SemFit, style: Style) -> Table | None:
    """T16: structural paths, one block per outcome with its R2."""
    found = x.tidy()
    found = found[found["op"] == "~"]
    if found.empty:
        return None
    r2, by = r_squared(x), rules_for(style, "vif_inner")
    sizes = {(r.group, r.outcome, r.predictor): (r.f_squared, r.vif) for r in rows_of(x.effect_sizes())}
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for group, outcome, block in by_left(found):
        head, share = label(x.meta, outcome), r2.get((group, outcome), np.nan)
        groups[len(rows)] = in_group(x, group, Words(*(_outcome(head.of(g), share, g) for g in ("en", "id"))))
        rows += [
            (
                label(x.meta, str(r.rhs)),
                r.estimate,
                r.std_error,
                r.ci_lower,
                r.ci_upper,
                r.std_all,
                r.statistic,
                r.p_value,
                sizes[group, outcome, r.rhs][0],
                judged(sizes[group, outcome, r.rhs][1], by["vif_inner"], digits=2),
            )
            for r in rows_of(block)
        ]
    first = Column("predictor", Words("Outcome and predictor", "Variabel terikat dan prediktor"))
    columns = (*_effect_columns(x, first), Column.of("f_squared"), Column.of("vif"))
    made = Table(
        "T16",
        "paths",
        Words("Structural paths", "Jalur struktural"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(x.options.ci),),
        notes=(said("effect"), said("f_squared")),
        rules=used_rules(by),
        sources=("cohen1988",),
    )
    return with_meta(made, x.meta)


def _outcome(name: str, r2: float, language: str) -> str:
    return name if r2 != r2 else f"{name} (R² = {show(r2, 'coefficient', language, 3)})"


def effects(x: SemFit, style: Style) -> Table | None:
    """T17: defined parameters, e.g. indirect and total effects."""
    found = x.tidy()
    found = found[found["op"] == ":="]
    if found.empty:
        return None
    rows = tuple(
        (label(x.meta, str(r.lhs)), r.estimate, r.std_error, r.ci_lower, r.ci_upper, r.std_all, r.statistic, r.p_value)
        for r in rows_of(found)
    )
    formulas = "; ".join(f"{r.lhs} = {r.rhs}" for r in rows_of(found)) + "."
    notes = (said("effect"), error_note(x), Words(formulas, formulas))
    made = Table(
        "T17",
        "effects",
        Words("Defined effects", "Efek yang didefinisikan"),
        _effect_columns(x, Column("effect", Words("Effect", "Efek"))),
        rows,
        spanners=(interval_spanner(x.options.ci),),
        notes=notes,
    )
    return with_meta(made, x.meta)


def correlations(x: SemFit, style: Style) -> Table | None:
    """T24: correlations, means and standard deviations, so that others can refit the model."""
    if len(x.samples) != 1:
        return None
    sample, names = x.samples[0], x.observed
    category = set(x.table.ordered)
    numeric = np.array([n not in category for n in names])
    scale = np.sqrt(np.diag(sample.cov))
    sd = np.where(numeric, scale * np.sqrt(sample.n / (sample.n - 1)), np.nan)
    r = sample.cov / np.outer(scale, scale)
    means = np.where(numeric, sample.mean, np.nan) if len(sample.mean) else np.full(len(names), np.nan)
    # Ordered items have neither mean nor standard deviation.
    moments = [] if not numeric.any() else [(Column.of("mean"), means), (Column.of("sd"), sd)]
    columns = [Column("item", Words("Item", "Butir")), *(c for c, _ in moments)]
    columns += [Column(f"c{j + 1}", Words(str(j + 1), str(j + 1)), "coefficient", 2) for j in range(len(names) - 1)]
    rows = tuple(
        (f"{i + 1}. {n}", *(v[i] for _, v in moments), *(r[i, j] if j < i else None for j in range(len(names) - 1)))
        for i, n in enumerate(names)
    )
    title = (
        Words("Correlations, means and standard deviations of the items", "Korelasi, rerata, dan simpangan baku butir")
        if moments
        else Words("Polychoric correlations of the items", "Korelasi polikorik butir")
    )
    notes = [sentence(x), *([said("correlations_ordered")] if category and moments else [])]
    made = Table("T24", "correlations", title, tuple(columns), rows, notes=tuple(notes))
    return with_meta(made, x.meta)


def hypothesis_words(x: Hypotheses, name: str) -> Words:
    """Return the name of a hypothesis, with the words for the group that it is about."""
    for k, group in enumerate(x.meta.groups, start=1):
        if name.endswith(f" ({group})"):
            stem, of = name.removesuffix(f" ({group})"), group_label(x.meta, k)
            return Words(f"{stem} ({of.en})", f"{stem} ({of.id})")
    return Words(name, name)


def hypotheses(x: Hypotheses, style: Style) -> Table:
    """T16: the decision on each hypothesis."""
    found = x.tidy()
    thesis = style.dialect == "thesis"
    group = "decision_thesis" if thesis else "decision"
    unproven: Verdict = "poor" if thesis else "fair"
    rows = []
    for r in rows_of(found):
        parts = str(r.path).split()
        if len(parts) == 3 and parts[1] == "~":
            a, b = label(x.meta, parts[2]), label(x.meta, parts[0])
            path = Words(f"{a.en} → {b.en}", f"{a.id} → {b.id}")
        else:
            path = label(x.meta, str(r.path))
        known: dict[str, Verdict] = {"supported": "good", "not supported": unproven, "opposite": "poor"}
        decided = Cell(term(group, str(r.decision)), "text", verdict=known.get(str(r.decision), ""))
        rows.append(
            (
                hypothesis_words(x, str(r.hypothesis)),
                path,
                term("expected", str(r.expected)),
                r.estimate,
                r.std_all,
                r.ci_lower,
                r.ci_upper,
                r.p_value,
                decided,
            )
        )
    columns = (
        Column("hypothesis", Words("H", "H")),
        Column.of("path"),
        Column("expected", Words("Expected", "Arah")),
        Column("estimate", Words("B", "B"), "number", 3),
        Column("std_all", Words("β", "β"), "coefficient", 3),
        *interval("number", 3),
        Column.of("p_value"),
        Column.of("decision"),
    )
    notes = (
        Words(
            f"p two-sided, alpha = {show(x.alpha, 'coefficient', 'en', 2)}. A result that is not significant means not "
            "enough evidence; it does not show that the path is zero.",
            f"p dua sisi, alpha = {show(x.alpha, 'coefficient', 'id', 2)}. Hasil yang tidak signifikan berarti belum "
            "cukup bukti; itu tidak menunjukkan bahwa jalurnya nol.",
        ),
    )
    made = Table(
        "T16",
        "hypotheses",
        Words("Hypotheses", "Hipotesis"),
        columns,
        tuple(rows),
        spanners=(interval_spanner(float(x.meta.options.get("ci", 0.95))),),
        notes=notes,
    )
    return with_meta(made, x.meta)


def cross_check(x: CrossCheck, style: Style) -> Table:
    """Standardised estimates of two independent engines side by side: the largest differences."""
    found = x.tidy()
    found = found.reindex(found["difference"].abs().sort_values(ascending=False, kind="stable").index).head(SHOWN)
    rows = tuple((f"{r.lhs} {r.op} {r.rhs}", r.native, r.semopy, r.difference) for r in rows_of(found))
    columns = (
        Column("parameter", Words("Parameter", "Parameter")),
        Column("native", Words("cgsurvey", "cgsurvey"), "coefficient", 6),
        Column("semopy", Words("semopy", "semopy"), "coefficient", 6),
        Column("difference", Words("Difference", "Selisih"), "coefficient", 8),
    )
    notes = (said("cross_check", shown=len(rows), total=len(x.tidy())),)
    made = Table(
        "T24",
        "cross_check",
        Words("Estimates by an independent engine", "Estimasi dengan mesin hitung independen"),
        columns,
        rows,
        notes=notes,
    )
    return with_meta(made, x.meta)
