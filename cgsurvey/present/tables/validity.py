"""Tables of convergent and discriminant validity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    judged,
    label,
    makers,
    matrix,
    rows_of,
    rules_for,
    said,
    used_rules,
    with_meta,
)
from cgsurvey.reliability import Validity


@makers.register(Validity)
def _validity_makers(x: Validity) -> Mapping[str, Maker]:
    return {"validity": validity, "fornell_larcker": fornell_larcker, "htmt": htmt}


def validity(x: Validity, style: Style) -> Table:
    """T11: convergent and discriminant validity per construct."""
    by = rules_for(style, "composite_reliability", "ave", "htmt")
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
        rules=used_rules(by),
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
