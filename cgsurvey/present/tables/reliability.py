"""Tables of reliability and item analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.raters import decided
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    interval,
    interval_spanner,
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
from cgsurvey.reliability import Omega, Reliability


@makers.register(Reliability)
def _reliability_makers(x: Reliability) -> Mapping[str, Maker]:
    return {"reliability": reliability, "items": items, "coefficients": coefficients, "lower_bounds": lower_bounds}


@makers.register(Omega)
def _omega_makers(x: Omega) -> Mapping[str, Maker]:
    return {"omega": omega, "bifactor": bifactor}


def reliability(x: Reliability, style: Style) -> Table:
    """T10: reliability of each construct; columns that no construct fills are left out."""
    by = rules_for(style, "alpha", "omega_total", "composite_reliability", "ave")
    frame = x.tidy()
    level = float(x.meta.options.get("ci", 0.95))
    columns = [
        Column.of("construct"),
        Column.of("n_items"),
        Column.of("n"),
        Column.of("alpha", Words("α", "α"), digits=3),
        *interval("coefficient", 3),
    ]
    further = ("alpha_ordinal", "omega_total", "omega_h")
    optional = [name for name in further if frame[name].notna().any()]
    columns += [Column.of(name, digits=3) for name in optional]
    columns += [Column.of(name, digits=3) for name in ("composite_reliability", "ave", "mean_inter_item_r")]
    rows = tuple(
        (
            label(x.meta, r.construct),
            r.n_items,
            r.n,
            judged(r.alpha, by["alpha"]),
            r.alpha_ci_lower,
            r.alpha_ci_upper,
            *(judged(getattr(r, name), by.get(name)) for name in optional),
            judged(r.composite_reliability, by["composite_reliability"]),
            judged(r.ave, by["ave"]),
            r.mean_inter_item_r,
        )
        for r in rows_of(frame)
    )
    own = () if "fit" in x.meta.options else (said("own_factor"),)
    used = {name: found for name, found in by.items() if name not in further or name in optional}
    made = Table(
        "T10",
        "reliability",
        Words("Reliability of the constructs", "Reliabilitas konstruk"),
        tuple(columns),
        rows,
        spanners=(interval_spanner(level),),
        notes=(said("reliability"), *own, *(said(name) for name in optional if name != "omega_h")),
        rules=used_rules(used),
    )
    return with_meta(made, x.meta)


def items(x: Reliability, style: Style) -> Table:
    """T7: item analysis, one block per construct; the thesis dialect decides by "r tabel"."""
    by = rules_for(style, "r_drop")
    whole = x.tidy().set_index("construct")["alpha"]
    thesis = style.dialect == "thesis"
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    rises = False
    for construct, block in x.items.groupby("construct", sort=False):
        groups[len(rows)] = label(x.meta, str(construct))
        for r in rows_of(block):
            better = bool(r.alpha_if_dropped > whole[construct])
            rises |= better
            rows.append(
                (
                    item_label(x.meta, r.item),
                    r.mean,
                    r.sd,
                    r.r_drop if thesis else judged(r.r_drop, by["r_drop"]),
                    r.r_table,
                    *((decided(r.above_r_table),) if thesis else ()),
                    Cell(r.alpha_if_dropped, mark="a" if better else ""),
                    r.loading,
                )
            )
    r_drop = Words("r (item-total)", "r hitung") if thesis else Words("Item-rest r", "r butir-total terkoreksi")
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("mean"),
        Column.of("sd"),
        Column.of("r_drop", r_drop, digits=3),
        Column.of("r_table", digits=3),
        *((Column("valid", Words("Decision", "Keputusan")),) if thesis else ()),
        Column.of("alpha_if_dropped", Words("α if dropped", "α jika dihapus"), digits=3),
        Column.of("loading", Words("λ", "λ"), digits=3),
    )
    foot = (
        {"a": Words("Alpha rises when this item is left out.", "Alpha naik bila butir ini dikeluarkan.")}
        if rises
        else {}
    )
    made = Table(
        "T7",
        "items",
        Words("Item analysis", "Analisis butir"),
        columns,
        tuple(rows),
        groups=groups,
        notes=(said("items"), *((said("items_thesis"),) if thesis else ())),
        footnotes=foot,
        rules=() if thesis else used_rules(by),
    )
    return with_meta(made, x.meta)


def coefficients(x: Reliability, style: Style) -> Table | None:
    """T10: the coefficients that have an interval, where intervals of resamples were asked for."""
    if not x.meta.options.get("bootstrap"):
        return None
    shown = x.estimates[x.estimates["ci_lower"].notna()]
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for construct, block in shown.groupby("construct", sort=False):
        groups[len(rows)] = label(x.meta, str(construct))
        for r in rows_of(block):
            name, how = term("measure", r.measure), term("interval", r.method)
            rows.append((name, r.estimate, r.std_error, r.ci_lower, r.ci_upper, how))
    columns = (
        Column("measure", Words("Coefficient", "Koefisien")),
        Column.of("estimate", digits=3),
        Column.of("std_error", digits=3),
        *interval("coefficient", 3),
        Column.of("method"),
    )
    made = Table(
        "T10",
        "coefficients",
        Words("Coefficients of reliability", "Koefisien reliabilitas"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(float(x.meta.options.get("ci", 0.95))),),
        notes=(said("coefficients"),),
    )
    return with_meta(made, x.meta)


def lower_bounds(x: Reliability, style: Style) -> Table | None:
    """T10: lower bounds of the reliability of each sum of answers, the greatest last."""
    found = x.estimates[x.estimates["method"] == "covariances"]
    names = ("lambda1", "lambda2", "lambda3", "lambda4", "lambda5", "lambda6", "mu3", "glb")
    if found.empty:
        return None
    known = found.pivot_table(index="construct", columns="measure", values="estimate", sort=False).reindex(
        columns=names
    )
    rows = tuple(
        (label(x.meta, str(construct)), *row)
        for construct, row in zip(known.index, known.to_numpy().tolist(), strict=True)
    )
    made = Table(
        "T10",
        "lower_bounds",
        Words("Lower bounds of the reliability of sums", "Batas bawah reliabilitas skor jumlah"),
        (Column.of("construct"), *(Column(n, term("measure", n), "coefficient", 3) for n in names)),
        rows,
        notes=(said("lower_bounds"),),
    )
    return with_meta(made, x.meta)


def omega(x: Omega, style: Style) -> Table:
    """T10: shares of the variance of sums of items."""
    frame = x.tidy()
    names = [c for c in frame.columns if c not in ("construct", "factor", "n_items")]
    general = "omega_general" in names
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for construct, block in frame.groupby("construct", sort=False):
        if general:
            groups[len(rows)] = label(x.meta, str(construct))
        for r in rows_of(block):
            first = str(r.factor) in (str(construct), "g") and general
            who = Words("All items", "Semua butir") if first else label(x.meta, str(r.factor))
            rows.append((who, r.n_items, *(getattr(r, n) for n in names)))
    made = Table(
        "T10",
        "omega",
        Words("Reliability by factors", "Reliabilitas menurut faktor"),
        (Column.of("factor"), Column.of("n_items"), *(Column.of(n, digits=3) for n in names)),
        tuple(rows),
        groups=groups,
        notes=(said("omega_general" if general else "omega_factors"),),
    )
    return with_meta(made, x.meta)


def bifactor(x: Omega, style: Style) -> Table | None:
    """T10: loadings on the general factor and on the groups."""
    if not x.loadings:
        return None
    most = max((list(f.columns) for f in x.loadings.values()), key=len)
    groups: dict[int, Words] = {}
    rows: list[tuple[Any, ...]] = []
    for construct, frame in x.loadings.items():
        groups[len(rows)] = label(x.meta, construct)
        values = frame.reindex(columns=most).to_numpy(dtype=float)
        rows += [(item_label(x.meta, str(i)), *row) for i, row in zip(frame.index, values.tolist(), strict=True)]
    heads = {"g": Words("g", "g"), "h2": Words("h²", "h²"), "u2": Words("u²", "u²"), "p2": Words("p²", "p²")}
    columns = [Column(n, heads.get(n) or label(x.meta, n), "coefficient", 2) for n in most]
    made = Table(
        "T10",
        "bifactor",
        Words("Loadings on a general and on group factors", "Muatan pada faktor umum dan faktor kelompok"),
        (Column("item", Words("Item", "Butir")), *columns),
        tuple(rows),
        groups=groups,
        notes=(said("bifactor"),),
    )
    return with_meta(made, x.meta)
