"""Tables of common-method variance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cgsurvey.base.references import Rule
from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    item_label,
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
from cgsurvey.reliability import CommonMethod

# How a measure prints, and the rule that judges it.
KINDS = {
    "n_lost": "count",
    "chisq_diff": "statistic",
    "method_c": "statistic",
    "method_u": "statistic",
    "method_r": "statistic",
}
RULES = {"component_share": "component_share", "vif": "vif_full", "vif_latent": "vif_full"}


@makers.register(CommonMethod)
def _makers(x: CommonMethod) -> Mapping[str, Maker]:
    return {
        "common_method": common_method,
        "method_models": models,
        "method_differences": differences,
        "method_loadings": loadings,
        "method_reliability": reliability,
        "marker_correlations": correlations,
        "collinearity": collinearity,
    }


def common_method(x: CommonMethod, style: Style) -> Table:
    """T9: every technique with its number."""
    by = rules_for(style, "component_share", "vif_full")
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    last = ""
    for r in rows_of(x.tidy()):
        if r.technique != last:
            groups[len(rows)], last = term("technique", r.technique), r.technique
        rule = by.get(RULES.get(r.measure, ""))
        cell = (
            judged(r.estimate, rule, kind="number")
            if rule
            else Cell(r.estimate, kind=KINDS.get(r.measure), digits=_digits(r.measure))
        )
        rows.append((term("method_measure", r.measure), cell, r.df, r.p_value))
    columns = (
        Column.of("measure"),
        Column("estimate", Words("Value", "Nilai"), "number", 3),
        Column.of("df"),
        Column.of("p_value"),
    )
    made = Table(
        "T9",
        "common_method",
        Words("Common-method variance", "Varians metode bersama"),
        columns,
        tuple(rows),
        groups=groups,
        notes=(said("common_method"),),
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def _digits(measure: str) -> int:
    return {"statistic": 2, "count": 0}.get(KINDS.get(measure, ""), 3)


def models(x: CommonMethod, style: Style) -> Table:
    """T9: the models behind the techniques."""
    names = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "bic")
    rows = tuple((term("method_model", r.model), *(getattr(r, n) for n in names)) for r in rows_of(x.models))
    title = Words("Models with and without a method factor", "Model dengan dan tanpa faktor metode")
    columns = (
        Column.of("model"),
        *(Column.of(n, digits=3 if n in ("cfi", "tli", "rmsea", "srmr") else None) for n in names),
    )
    return with_meta(Table("T9", "method_models", title, columns, rows), x.meta)


def differences(x: CommonMethod, style: Style) -> Table | None:
    """T9: difference tests of these models."""
    if not len(x.differences):
        return None
    rows = tuple(
        (term("method_model", r.model), term("method_model", r.against), r.chisq_diff, r.df_diff, r.p_value, r.cfi_diff)
        for r in rows_of(x.differences)
    )
    columns = (
        Column.of("model"),
        Column("against", Words("Restricted model", "Model terbatas")),
        Column.of("chisq_diff"),
        Column.of("df_diff"),
        Column.of("p_value"),
        Column("cfi_diff", Words("ΔCFI", "ΔCFI"), "coefficient", 3),
    )
    title = Words("Difference tests of the method models", "Uji beda model metode")
    return with_meta(Table("T9", "method_differences", title, columns, rows, notes=(said("ulmc"),)), x.meta)


def loadings(x: CommonMethod, style: Style) -> Table | None:
    """T9: loadings with and without the method factor, and the variance of each item by source."""
    if not len(x.loadings):
        return None
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    last = ""
    for r in rows_of(x.loadings):
        if r.model != last:
            groups[len(rows)], last = term("method_model", r.model), r.model
        rows.append(
            (
                item_label(x.meta, r.item),
                r.loading,
                r.loading_method_model,
                r.change,
                r.method_loading,
                r.trait,
                r.method,
                r.error,
            )
        )
    columns = (
        Column("item", Words("Item", "Butir")),
        Column("loading", Words("λ without", "λ tanpa"), "coefficient", 3),
        Column("loading_method_model", Words("λ with", "λ dengan"), "coefficient", 3),
        Column("change", Words("Change", "Perubahan"), "coefficient", 3),
        Column("method_loading", Words("λ method", "λ metode"), "coefficient", 3),
        Column("trait", Words("Trait", "Konstruk"), "coefficient", 3),
        Column("method", Words("Method", "Metode"), "coefficient", 3),
        Column("error", Words("Error", "Galat"), "coefficient", 3),
    )
    title = Words("Loadings and variance by source", "Muatan faktor dan varians menurut sumber")
    made = Table("T9", "method_loadings", title, columns, tuple(rows), groups=groups, notes=(said("method_loadings"),))
    return with_meta(made, x.meta)


def reliability(x: CommonMethod, style: Style) -> Table | None:
    """T9: reliability split into trait and method."""
    if not len(x.reliability):
        return None
    share = x.reliability["method"] / x.reliability["total"]
    rows = tuple(
        (label(x.meta, r.construct), r.baseline, r.total, r.trait, r.method, 100 * part)
        for r, part in zip(rows_of(x.reliability), share, strict=True)
    )
    columns = (
        Column.of("construct"),
        Column("baseline", Words("Baseline", "Baseline"), "coefficient", 3),
        Column("total", Words("Total", "Total"), "coefficient", 3),
        Column("trait", Words("Trait", "Konstruk"), "coefficient", 3),
        Column("method", Words("Method", "Metode"), "coefficient", 3),
        Column("share", Words("Method (%)", "Metode (%)"), "percent"),
    )
    title = Words("Reliability by source", "Reliabilitas menurut sumber")
    return with_meta(Table("T9", "method_reliability", title, columns, rows), x.meta)


def correlations(x: CommonMethod, style: Style) -> Table | None:
    """T9: correlations of scores before and after the marker's part is taken out."""
    if not len(x.correlations):
        return None
    rows = []
    for r in rows_of(x.correlations):
        a, b = label(x.meta, r.construct_1), label(x.meta, r.construct_2)
        pair = Words(f"{a.en} – {b.en}", f"{a.id} – {b.id}")
        rows.append((pair, r.r, r.p_value, r.r_adjusted, r.p_adjusted, bool(r.lost)))
    columns = (
        Column("pair", Words("Constructs", "Konstruk")),
        Column.of("r", digits=3),
        Column.of("p_value"),
        Column("r_adjusted", Words("r adjusted", "r disesuaikan"), "coefficient", 3),
        Column("p_adjusted", Words("p adjusted", "p disesuaikan"), "p"),
        Column("lost", Words("Significance lost", "Signifikansi hilang"), "flag"),
    )
    title = Words("Correlations without the marker's part", "Korelasi tanpa bagian penanda")
    made = Table("T9", "marker_correlations", title, columns, tuple(rows), notes=(said("marker"),))
    return with_meta(made, x.meta)


def collinearity(x: CommonMethod, style: Style) -> Table:
    """T9: variance inflation of each construct given all others."""
    by: Rule | None = style.rule("vif_full", "any")
    rows = tuple(
        (label(x.meta, r.construct), judged(r.vif, by, kind="number"), judged(r.vif_latent, by, kind="number"))
        for r in rows_of(x.collinearity)
    )
    columns = (
        Column.of("construct"),
        Column("vif", Words("VIF (scores)", "VIF (skor)"), "number", 3),
        Column("vif_latent", Words("VIF (factors)", "VIF (faktor)"), "number", 3),
    )
    title = Words("Full collinearity", "Kolinearitas penuh")
    empty = not np.isfinite(x.collinearity["vif_latent"]).any()
    notes = (said("vif_missing"),) if empty else ()
    return with_meta(Table("T9", "collinearity", title, columns, rows, notes=notes, rules=(by,) if by else ()), x.meta)
