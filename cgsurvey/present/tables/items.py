"""Tables of the distribution of items and of missing answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.moments import Missingness
from cgsurvey.present.table import Cell, Column, Spanner, Table, Words
from cgsurvey.present.tables import missing
from cgsurvey.present.tables.style import Maker, Style, answer, item_label, judged, makers, rows_of, said, with_meta
from cgsurvey.responses import Normality
from cgsurvey.responses.categories import joined_words

_SHOWN = 15  # comparisons of means in print
_MARDIA: Mapping[str, Words] = {
    "skewness": Words("Skewness b₁ (χ²)", "Kemencengan b₁ (χ²)"),
    "skewness_small": Words("Skewness b₁, small samples (χ²)", "Kemencengan b₁, sampel kecil (χ²)"),
    "kurtosis": Words("Kurtosis b₂ (z)", "Kurtosis b₂ (z)"),
    "kurtosis_amos": Words("Kurtosis as in AMOS (c.r.)", "Kurtosis menurut AMOS (c.r.)"),
}


@makers.register(Normality)
def _normality_makers(x: Normality) -> Mapping[str, Maker]:
    return {"normality": normality, "mardia": mardia, "sparse": sparse}


@makers.register(Missingness)
def _missingness_makers(x: Missingness) -> Mapping[str, Maker]:
    return {
        "missing_items": missing_items,
        "missing_persons": missing_persons,
        "mcar": mcar,
        "patterns": patterns,
        "missing_related": missing_related,
    }


def normality(x: Normality, style: Style) -> Table:
    """T6: skewness and kurtosis with their critical ratios; the last row is that of all items together."""
    skew, kurt = style.rule("skewness_abs", "any"), style.rule("kurtosis_abs", "any")
    ratio = style.rule("critical_ratio_abs", "any") if style.dialect == "thesis" else None

    def size(value: float, by: Any) -> Cell:
        return replace(judged(abs(value), by, 2), value=value)

    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    together = x.mardia[x.mardia["measure"] == "kurtosis_amos"]
    for group, block in _by_group(x, x.items):
        if group is not None:
            groups[len(rows)] = answer(x.meta, x.by or "", group)
        for r in rows_of(block):
            rows.append(
                (
                    item_label(x.meta, r.item),
                    r.n,
                    size(r.skewness, skew),
                    size(r.skewness_cr, ratio),
                    size(r.kurtosis, kurt),
                    size(r.kurtosis_cr, ratio),
                    r.floor_share,
                    r.ceiling_share,
                )
            )
        (last,) = rows_of(together if group is None else together[together["group"] == group])
        rows.append(
            (
                Words("Multivariate", "Multivariat"),
                last.n,
                None,
                None,
                last.estimate,
                size(last.statistic, ratio),
                None,
                None,
            )
        )
    value, cr = Words("Value", "Nilai"), Words("c.r.", "c.r.")
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("n"),
        Column("skewness", value, "number"),
        Column("skewness_cr", cr, "statistic"),
        Column("kurtosis", value, "number"),
        Column("kurtosis_cr", cr, "statistic"),
        Column("floor_share", Words("Lowest (%)", "Terendah (%)"), "share"),
        Column("ceiling_share", Words("Highest (%)", "Tertinggi (%)"), "share"),
    )
    made = Table(
        "T6",
        "normality",
        Words("Distribution of the items", "Distribusi butir"),
        columns,
        tuple(rows),
        groups=groups,
        spanners=(
            Spanner(Words("Skewness", "Kemencengan"), ("skewness", "skewness_cr")),
            Spanner(Words("Kurtosis", "Kurtosis"), ("kurtosis", "kurtosis_cr")),
        ),
        notes=(said("normality"),),
        rules=tuple(r for r in (skew, kurt, ratio) if r),
    )
    return with_meta(made, x.meta)


def mardia(x: Normality, style: Style) -> Table:
    """T6: Mardia's tests of multivariate normality."""
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    for group, block in _by_group(x, x.mardia):
        if group is not None:
            groups[len(rows)] = answer(x.meta, x.by or "", group)
        rows += [(_MARDIA[r.measure], r.n, r.estimate, r.statistic, _df(r.df), r.p_value) for r in rows_of(block)]
    columns = (
        Column.of("measure"),
        Column.of("n"),
        Column("estimate", Words("Value", "Nilai"), "number"),
        Column("statistic", Words("Statistic", "Statistik"), "statistic"),
        Column.of("df"),
        Column.of("p_value"),
    )
    title = Words("Mardia's tests of multivariate normality", "Uji Mardia atas normalitas multivariat")
    made = Table("T6", "mardia", title, columns, tuple(rows), groups=groups, notes=(said("mardia"),))
    return with_meta(made, x.meta, 0)  # each row has its own n


def _df(value: float) -> float | None:
    return None if np.isnan(value) else value


def _by_group(x: Normality, table: pd.DataFrame) -> list[tuple[str | None, pd.DataFrame]]:
    return [(None, table)] if x.by is None else [(str(g), t) for g, t in table.groupby("group", sort=False)]


def sparse(x: Normality, style: Style) -> Table | None:
    """T6: categories with few or no answers, and which neighbours to join."""
    thin = x.items[x.items["n_sparse"] > 0]
    if thin.empty:
        return None
    joins = x.collapse()
    rows = []
    for r in rows_of(thin):
        here = () if x.by is None else (answer(x.meta, x.by or "", r.group),)
        rows.append(
            (
                item_label(x.meta, r.item),
                *here,
                r.n_categories,
                r.sparse or None,
                r.empty or None,
                _join(joins.get(r.item)),
            )
        )
    columns = [Column("item", Words("Item", "Butir")), *([Column.of("group")] if x.by is not None else [])]
    columns += [Column.of("n_categories"), Column.of("sparse", Words("Sparse (answers)", "Jarang (jawaban)"))]
    columns += [Column.of("empty"), Column.of("collapse")]
    title = Words("Sparse and empty categories", "Kategori jarang dan kategori kosong")
    made = Table("T6", "sparse", title, tuple(columns), tuple(rows), notes=(said("sparse"),))
    return with_meta(made, x.meta)


def _join(joins: Mapping[float, float] | None) -> Words:
    """Say which categories to join."""
    if joins is None:
        return Words("cannot be filled by joining", "tidak dapat dipenuhi dengan penggabungan")
    groups = [[f"{v:g}" for v in g] for g in joined_words(joins)]

    def text(verb: str, also: str) -> str:
        return "; ".join(f"{verb} {', '.join(g[:-1])} {also} {g[-1]}" for g in groups)

    return Words(text("join", "and"), text("gabungkan", "dan"))


def missing_items(x: Missingness, style: Style) -> Table:
    """T4: missing answers per item, of those who were asked, and altogether."""
    by = style.rule("missing_share", "any")
    rows: list[tuple[Any, ...]] = [
        (item_label(x.meta, r.item), r.n_asked, r.n_missing, judged(r.missing_share, by, 1)) for r in rows_of(x.items)
    ]
    asked, gone = (int(x.items[c].sum()) for c in ("n_asked", "n_missing"))
    rows.append((Words("All items", "Semua butir"), asked, gone, gone / asked if asked else np.nan))
    columns = (
        Column("item", Words("Item", "Butir")),
        *map(Column.of, ("n_asked", "n_missing", "missing_share")),
    )
    title = Words("Missing answers per item", "Jawaban kosong per butir")
    made = Table("T4", "missing_items", title, columns, tuple(rows), rules=(by,) if by else ())
    return with_meta(made, x.meta)


def missing_persons(x: Missingness, style: Style) -> Table:
    """T4: how many people left how many answers out."""
    rows = tuple((r.n_missing, r.people, r.share) for r in rows_of(x.persons.rename(columns={"count": "people"})))
    columns = (
        Column("n_missing", Words("Answers missing", "Jawaban kosong"), "count"),
        Column("count", Words("Respondents", "Responden"), "count"),
        Column.of("share"),
    )
    title = Words("Missing answers per respondent", "Jawaban kosong per responden")
    return with_meta(Table("T4", "missing_persons", title, columns, rows), x.meta)


def mcar(x: Missingness, style: Style) -> Table | None:
    """T4: Little's test."""
    return None if x.mcar is None else missing.mcar(x.mcar, style)


def patterns(x: Missingness, style: Style) -> Table:
    """T4: patterns of missing answers."""
    return missing.pattern_rows(x.patterns, x.meta)


def missing_related(x: Missingness, style: Style) -> Table | None:
    """T4: where those who left an item out answered another one differently, smallest p first."""
    if x.differences.empty:
        return None
    rows = tuple(
        (
            item_label(x.meta, r.item),
            item_label(x.meta, r.variable),
            r.n_missing,
            r.mean_missing,
            r.mean_answered,
            r.effect_size,
            r.p_holm,
        )
        for r in rows_of(x.differences.head(_SHOWN))
    )
    columns = (
        Column("item", Words("Left out", "Tidak dijawab")),
        Column("variable", Words("Compared on", "Dibandingkan pada")),
        *map(Column.of, ("n_missing", "mean_missing", "mean_answered")),
        Column("effect_size", Words("g", "g"), "number"),
        Column.of("p_holm"),
    )
    title = Words("Answers of those who left an item out", "Jawaban responden yang mengosongkan suatu butir")
    note = said("missing_related", shown=len(rows), total=len(x.differences))
    return with_meta(Table("T4", "missing_related", title, columns, rows, notes=(note,)), x.meta)
