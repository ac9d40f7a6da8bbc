"""Tables of convergent and discriminant validity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.result import Meta
from cgsurvey.present.table import Cell, Column, Spanner, Table, Words
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
    rules_for,
    said,
    term,
    used_rules,
    with_meta,
)
from cgsurvey.reliability import DiscriminantValidity, Validity

ONE_SIDED = Words("1-sided UL", "BA 1 sisi")


@makers.register(Validity)
def _validity_makers(x: Validity) -> Mapping[str, Maker]:
    return {
        "validity": validity,
        "validity_loadings": loadings,
        "fornell_larcker": fornell_larcker,
        "htmt": htmt,
        "htmt_intervals": htmt_intervals,
        "cross_loadings": cross_loadings,
    }


@makers.register(DiscriminantValidity)
def _discriminant_makers(x: DiscriminantValidity) -> Mapping[str, Maker]:
    return {"discriminant": discriminant, "discriminant_tests": discriminant_tests}


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
            r.msv,
            r.asv,
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
        Column.of("msv", digits=3),
        Column.of("asv", digits=3),
    )
    made = Table(
        "T11",
        "validity",
        Words("Convergent and discriminant validity", "Validitas konvergen dan diskriminan"),
        columns,
        rows,
        notes=(said("msv"),),
        rules=used_rules(by),
    )
    return with_meta(made, x.meta)


def loadings(x: Validity, style: Style) -> Table | None:
    """T11: standardised loadings with intervals, and the largest correlation with another factor."""
    if x.loadings["loading"].isna().all():
        return None
    by = style.rule("loading", "any")
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for construct, block in x.loadings.groupby("construct", sort=False):
        groups[len(rows)] = label(x.meta, str(construct))
        rows += [
            (
                item_label(x.meta, r.item),
                judged(r.loading, by),
                r.ci_lower,
                r.ci_upper,
                r.cross_loading,
                label(x.meta, r.cross_construct) if r.cross_construct else None,
            )
            for r in rows_of(block)
        ]
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("loading", Words("λ", "λ"), digits=3),
        *interval("coefficient", 3),
        Column("cross_loading", Words("Largest r elsewhere", "r terbesar di luar konstruk"), "coefficient", 3),
        Column("cross_construct", Words("with", "dengan")),
    )
    made = Table(
        "T11",
        "validity_loadings",
        Words("Standardised loadings", "Muatan faktor terstandar"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(_level(x)),),
        rules=(by,) if by else (),
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


def htmt_intervals(x: Validity, style: Style) -> Table | None:
    """T11: HTMT and HTMT2 of each pair with two-sided intervals and the upper limit of the one-sided one."""
    pairs = x.pairs
    if not len(pairs) or pairs["htmt_upper"].isna().all():
        return None
    by = style.rule("htmt", "any")
    rows = tuple(
        (
            _pair(x.meta, r),
            judged(r.htmt, by),
            r.htmt_ci_lower,
            r.htmt_ci_upper,
            judged(r.htmt_upper, by),
            r.htmt2,
            r.htmt2_ci_lower,
            r.htmt2_ci_upper,
            r.htmt2_upper,
        )
        for r in rows_of(pairs)
    )
    columns = (
        Column("pair", Words("Constructs", "Konstruk")),
        Column.of("htmt", digits=3),
        *(Column(f"htmt_{c.name}", c.label, c.kind, c.digits) for c in interval("coefficient", 3)),
        Column("htmt_upper", ONE_SIDED, "coefficient", 3),
        Column("htmt2", Words("HTMT2", "HTMT2"), "coefficient", 3),
        *(Column(f"htmt2_{c.name}", c.label, c.kind, c.digits) for c in interval("coefficient", 3)),
        Column("htmt2_upper", ONE_SIDED, "coefficient", 3),
    )
    level = _level(x)
    heading = interval_spanner(level).label
    spanners = tuple(Spanner(heading, (f"{m}_ci_lower", f"{m}_ci_upper")) for m in ("htmt", "htmt2"))
    resamples = int(x.meta.options.get("bootstrap", 0))
    notes = [said("htmt_upper", level=Words(f"{100 * level:g}", f"{100 * level:g}".replace(".", ",")))]
    notes.append(said("htmt_bootstrap", count=resamples) if resamples else said("htmt_asymptotic"))
    made = Table(
        "T11",
        "htmt_intervals",
        Words("HTMT with confidence intervals", "HTMT dengan interval kepercayaan"),
        columns,
        rows,
        spanners=spanners,
        notes=tuple(notes),
        rules=(by,) if by else (),
    )
    return with_meta(made, x.meta)


def cross_loadings(x: Validity, style: Style) -> Table | None:
    """T11: correlations of every item with every factor; those with the own factor are marked."""
    table = x.cross_loadings
    if len(table.columns) < 2 or table.isna().all(axis=None):
        return None
    names = list(table.columns)
    place = {c: k for k, c in enumerate(names)}
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for construct, block in x.loadings.groupby("construct", sort=False):
        own, heading = place[construct], label(x.meta, str(construct))
        groups[len(rows)] = Words(f"{own + 1}. {heading.en}", f"{own + 1}. {heading.id}")
        for item in block["item"]:
            cells = [Cell(table.loc[item, c], mark="a" if k == own else "") for k, c in enumerate(names)]
            rows.append((item_label(x.meta, str(item)), *cells))
    columns = [Column("item", Words("Item", "Butir"))]
    columns += [Column(f"c{k + 1}", Words(f"{k + 1}", f"{k + 1}"), "coefficient", 2) for k in range(len(names))]
    made = Table(
        "T11",
        "cross_loadings",
        Words("Cross-loadings", "Cross-loading"),
        tuple(columns),
        tuple(rows),
        groups=groups,
        notes=(said("cross_loadings"),),
        footnotes={
            "a": Words(
                "Standardised loading on the own construct.", "Muatan faktor terstandar pada konstruknya sendiri."
            )
        },
    )
    return with_meta(made, x.meta)


def discriminant(x: DiscriminantValidity, style: Style) -> Table:
    """T11: factor correlations with intervals, and the problem that either technique sees."""
    rows = tuple(
        (
            _pair(x.meta, r),
            r.r,
            r.ci_lower,
            r.ci_upper,
            None if r.by_ci is None or pd.isna(r.by_ci) else term("discriminant", r.by_ci),
            None if r.by_chisq is None or pd.isna(r.by_chisq) else term("discriminant", r.by_chisq),
        )
        for r in rows_of(x.tidy())
    )
    columns = (
        Column("pair", Words("Constructs", "Konstruk")),
        Column.of("r", digits=3),
        *interval("coefficient", 3),
        Column.of("by_ci"),
        Column.of("by_chisq"),
    )
    steps = [f"{v:g}" for v in x.meta.options["cutoffs"]]
    listed = Words(*(", ".join(v.replace(".", mark) if lang == "id" else v.lstrip("0") for v in steps)
                     for lang, mark in (("en", "."), ("id", ","))))  # fmt: skip
    made = Table(
        "T11",
        "discriminant",
        Words("Discriminant validity by factor correlations", "Validitas diskriminan menurut korelasi faktor"),
        columns,
        rows,
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=(said("discriminant", cutoffs=listed),),
    )
    return with_meta(made, x.meta)


def discriminant_tests(x: DiscriminantValidity, style: Style) -> Table | None:
    """T11: chi-square difference tests of factor correlations against the cut-offs."""
    if not len(x.tests):
        return None
    rows = tuple((_pair(x.meta, r), r.cutoff, r.chisq_diff, r.df_diff, r.p_value) for r in rows_of(x.tests))
    columns = (
        Column("pair", Words("Constructs", "Konstruk")),
        Column.of("cutoff"),
        Column.of("chisq_diff"),
        Column.of("df_diff"),
        Column.of("p_value"),
    )
    made = Table(
        "T11",
        "discriminant_tests",
        Words("Tests of factor correlations against cut-offs", "Uji korelasi faktor terhadap batas"),
        columns,
        rows,
        notes=(said("discriminant_tests"),),
    )
    return with_meta(made, x.meta)


def _pair(meta: Meta, row: Any) -> Words:
    a, b = label(meta, row.construct_1), label(meta, row.construct_2)
    return Words(f"{a.en} – {b.en}", f"{a.id} – {b.id}")


def _level(x: Validity) -> float:
    return float(x.meta.options.get("ci", 0.95))
