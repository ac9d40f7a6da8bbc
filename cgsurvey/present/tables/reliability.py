"""Tables of reliability and item analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgsurvey.present.table import Cell, Column, Table, Words
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
    used_rules,
    with_meta,
)
from cgsurvey.reliability import Reliability


@makers.register(Reliability)
def _reliability_makers(x: Reliability) -> Mapping[str, Maker]:
    return {"reliability": reliability, "items": items}


def reliability(x: Reliability, style: Style) -> Table:
    """T10: reliability of each construct."""
    by = rules_for(style, "alpha", "composite_reliability", "ave")
    rows = tuple(
        (
            label(x.meta, r.construct),
            r.n_items,
            r.n,
            judged(r.alpha, by["alpha"]),
            r.alpha_ci_lower,
            r.alpha_ci_upper,
            judged(r.composite_reliability, by["composite_reliability"]),
            judged(r.ave, by["ave"]),
            r.mean_inter_item_r,
        )
        for r in rows_of(x.tidy())
    )
    columns = (
        Column.of("construct"),
        Column.of("n_items"),
        Column.of("n"),
        Column.of("alpha", Words("α", "α"), digits=3),
        *interval("coefficient", 3),
        Column.of("composite_reliability", digits=3),
        Column.of("ave", digits=3),
        Column.of("mean_inter_item_r", digits=3),
    )
    notes = (said("reliability"),)
    level = float(x.meta.options.get("ci", 0.95))
    made = Table(
        "T10",
        "reliability",
        Words("Reliability of the constructs", "Reliabilitas konstruk"),
        columns,
        rows,
        spanners=(interval_spanner(level),),
        notes=notes,
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def items(x: Reliability, style: Style) -> Table:
    """T7: item analysis, one block per construct."""
    by = rules_for(style, "r_drop")
    whole = x.tidy().set_index("construct")["alpha"]
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
                    judged(r.r_drop, by["r_drop"]),
                    r.r_table,
                    Cell(r.alpha_if_dropped, mark="a" if better else ""),
                    r.loading,
                )
            )
    thesis = style.dialect == "thesis"
    r_drop = Words("r (item-total)", "r hitung") if thesis else Words("Item-rest r", "r butir-total terkoreksi")
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("mean"),
        Column.of("sd"),
        Column.of("r_drop", r_drop, digits=3),
        Column.of("r_table", digits=3),
        Column.of("alpha_if_dropped", Words("α if dropped", "α jika dihapus"), digits=3),
        Column.of("loading", Words("λ", "λ"), digits=3),
    )
    notes = (said("items"),)
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
        notes=notes,
        footnotes=foot,
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)
