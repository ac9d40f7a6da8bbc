"""Tables of reliability, item analysis and validity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.references import Rule
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
    matrix,
    rows_of,
    said,
    with_meta,
)
from cgsurvey.reliability import Reliability, Validity


@makers.register(Reliability)
def _reliability_makers(x: Reliability) -> Mapping[str, Maker]:
    return {"reliability": reliability, "items": items}


@makers.register(Validity)
def _validity_makers(x: Validity) -> Mapping[str, Maker]:
    return {"validity": validity, "fornell_larcker": fornell_larcker, "htmt": htmt}


def _rules(style: Style, *names: str) -> dict[str, Rule | None]:
    return {n: style.rule(n, "any") for n in names}


def _used(rules: Mapping[str, Rule | None]) -> tuple[Rule, ...]:
    return tuple(r for r in rules.values() if r is not None)


def reliability(x: Reliability, style: Style) -> Table:
    """T10: reliability of each construct."""
    by = _rules(style, "alpha", "composite_reliability", "ave")
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
        rules=_used(by),
    )
    return with_meta(made, x.meta)


def items(x: Reliability, style: Style) -> Table:
    """T7: item analysis, one block per construct."""
    by = _rules(style, "r_drop")
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
        rules=_used(by),
    )
    return with_meta(made, x.meta)


def validity(x: Validity, style: Style) -> Table:
    """T11: convergent and discriminant validity per construct."""
    by = _rules(style, "composite_reliability", "ave", "htmt")
    rows = tuple(
        (
            label(x.meta, r.construct),
            r.n_items,
            judged(r.composite_reliability, by["composite_reliability"]),
            judged(r.ave, by["ave"]),
            r.sqrt_ave,
            r.max_r,
            judged(r.htmt_max, by["htmt"]),
            None if pd.isna(r.fornell_larcker) else bool(r.fornell_larcker),
        )
        for r in rows_of(x.tidy())
    )
    columns = (
        Column.of("construct"),
        Column.of("n_items"),
        Column.of("composite_reliability", digits=3),
        Column.of("ave", digits=3),
        Column.of("sqrt_ave", Words("√AVE", "√AVE"), digits=3),
        Column.of("max_r", digits=3),
        Column.of("htmt_max", digits=3),
        Column("fornell_larcker", Words("√AVE > r", "√AVE > r"), "flag"),
    )
    made = Table(
        "T11",
        "validity",
        Words("Convergent and discriminant validity", "Validitas konvergen dan diskriminan"),
        columns,
        rows,
        rules=_used(by),
    )
    return with_meta(made, x.meta)


def fornell_larcker(x: Validity, style: Style) -> Table | None:
    """T11: roots of the AVE on the diagonal, correlations of the constructs below."""
    square = x.fornell_larcker
    if len(square) < 2:
        return None
    values = square.to_numpy(dtype=float)
    root = np.diag(values)

    def cell(i: int, j: int) -> Cell:
        return Cell(values[i, j], mark="a" if j < i and abs(values[i, j]) > min(root[i], root[j]) else "")

    fails = any(cell(i, j).mark for i in range(len(square)) for j in range(i))
    foot = (
        {
            "a": Words(
                "Exceeds the root of the AVE of one of the two constructs.",
                "Melebihi akar AVE salah satu dari kedua konstruk.",
            )
        }
        if fails
        else {}
    )
    made = matrix(
        [label(x.meta, str(n)) for n in square.index],
        cell,
        diagonal=True,
        key="T11",
        name="fornell_larcker",
        title=Words("Fornell-Larcker criterion", "Kriteria Fornell-Larcker"),
        footnotes=foot,
        notes=(said("fornell_larcker"),),
    )
    return with_meta(made, x.meta)


def htmt(x: Validity, style: Style) -> Table | None:
    """T11: heterotrait-monotrait ratios."""
    if len(x.htmt) < 2:
        return None
    by = style.rule("htmt", "any")
    values = x.htmt.to_numpy(dtype=float)
    made = matrix(
        [label(x.meta, str(n)) for n in x.htmt.index],
        lambda i, j: judged(values[i, j], by),
        diagonal=False,
        digits=3,
        key="T11",
        name="htmt",
        title=Words("Heterotrait-monotrait ratios (HTMT)", "Rasio heterotrait-monotrait (HTMT)"),
        rules=(by,) if by else (),
    )
    return with_meta(made, x.meta)
