"""T25: tables of the satisfaction index and of its link to a latent factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from cgsurvey.base.result import Meta
from cgsurvey.present.numbers import show
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
from cgsurvey.present.tables.suppression import HIDDEN, blotted, explained, hidden
from cgsurvey.service_quality import IndexLink, SatisfactionIndex

PAIRS = 45  # differences in a table: those of ten groups; the others are had from `differences()`
GRADES = ("D", "C", "B", "A")


@makers.register(SatisfactionIndex)
def _satisfaction_makers(x: SatisfactionIndex) -> Mapping[str, Maker]:
    return {
        "satisfaction": elements,
        "satisfaction_groups": groups,
        "grades": grades,
        "changes": changes,
        "differences": differences,
    }


@makers.register(IndexLink)
def _link_makers(x: IndexLink) -> Mapping[str, Maker]:
    return {"index_link": link}


def group_words(x: SatisfactionIndex, row: Any, without: str | None = None) -> Words:
    """Return the words for a group: the answers in the columns of `by`."""
    names = [c for c in x.by if c != without] or list(x.by)
    parts = [value_words(x.meta, c, getattr(row, c) if not isinstance(row, Mapping) else row[c]) for c in names]
    return Words(*(", ".join(p.of(language) for p in parts) for language in ("en", "id")))


def value_words(meta: Meta, column: str, value: Any) -> Words:
    """Return the words for an answer in a column, the answer itself where there are none."""
    return answer(meta, column, value)


def element_words(meta: Meta, element: str) -> Words:
    """Return key and heading of an element."""
    found = label(meta, element)
    return Words(f"{element} {found.en}", f"{element} {found.id}")


def performance_words(grade: str) -> Words | None:
    """Return the performance word of the regulation with its translation."""
    return term("performance", grade) if grade else None


def elements(x: SatisfactionIndex, style: Style) -> Table:
    """The nine elements of all users and the index below them, as the regulation sums them up."""
    rows: list[tuple[Any, ...]] = []
    marked = False
    for r in rows_of(x.overall_elements):
        marked |= bool(r.priority)
        rows.append(
            (
                element_words(x.meta, r.element),
                r.n,
                r.sum,
                Cell(r.nrr, digits=3),
                Cell(r.nrr_weighted, digits=3),
                r.index,
                r.ci_lower,
                r.ci_upper,
                r.grade,
                Cell(r.rank, kind="count", mark="a" if r.priority else ""),
            )
        )
    whole = x.overall.iloc[0]
    total = x.overall_elements["nrr_weighted"].sum()
    name = Words("Satisfaction index (IKM)", "Indeks Kepuasan Masyarakat (IKM)")
    rows.append(
        (name, whole["n"], None, None, Cell(total, digits=3), whole["ikm"], whole["ci_lower"], whole["ci_upper"],
         whole["grade"], None)
    )  # fmt: skip
    columns = (
        Column("element", Words("Element", "Unsur")),
        Column.of("n"),
        Column("sum", Words("Sum", "Jumlah nilai"), "number", 0 if x.overall_elements["sum"].dtype.kind == "i" else 1),
        Column.of("nrr", digits=3),
        Column.of("nrr_weighted", Words("Weighted NRR", "NRR tertimbang"), digits=3),
        Column("index", Words("Index", "Indeks"), "number", 2),
        *interval("number", 2),
        Column("grade", Words("Grade", "Mutu")),
        Column("rank", Words("Rank", "Peringkat"), "count"),
    )
    first = "satisfaction_weighted" if "weights" in (x.meta.options["design"] or {}) else "satisfaction"
    foot = {"a": said("satisfaction_priority")} if marked else {}
    made = Table(
        "T25",
        "satisfaction",
        Words("Satisfaction index by element", "Indeks Kepuasan Masyarakat menurut unsur"),
        columns,
        tuple(rows),
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=(said(first), performed(whole["grade"]), how(x)),
        footnotes=foot,
    )
    return with_meta(made, x.meta)


def performed(grade: str) -> Words:
    """Say the grade of the index and its word."""
    word = performance_words(grade) or Words("–", "–")
    return said("satisfaction_grade", grade=grade, word=word)


def how(x: SatisfactionIndex) -> Words:
    """Say how the intervals were computed."""
    o = x.meta.options
    kind = o["interval"]
    words = said(f"satisfaction_{kind}", count=o.get("resamples", 0))
    if o["design"]:
        columns = ", ".join(o["design"].values())
        words = Words(
            f"{words.en} {said('satisfaction_design', columns=columns).en}",
            f"{words.id} {said('satisfaction_design', columns=columns).id}",
        )
    return words


def groups(x: SatisfactionIndex, style: Style) -> Table | None:
    """Index, interval, grade and ranks of the groups, best first; with a period, period by period."""
    if not x.by:
        return None
    frame = x.groups.assign(rank_lower=float("nan"), rank_upper=float("nan"))
    if x.pairs_are_few:
        ranks = x.ranking().set_index(list(x.by))[["rank_lower", "rank_upper"]]
        frame = x.groups.join(ranks, on=list(x.by))
    if x.period is None or len(x.by) > 1:
        keys, ascending = (["_period", "ikm"], [True, False]) if x.period else (["ikm"], [False])
        order = {p: k for k, p in enumerate(x.meta.options["order"])}
        frame = frame.assign(_period=frame[x.period].map(order) if x.period else 0)
        frame = frame.sort_values(keys, ascending=ascending, kind="stable")
    heads: dict[int, Words] = {}
    rows: list[tuple[Any, ...]] = []
    last: Any = None
    secret = concealed(x, style)
    for place, r in zip(frame.index, frame.to_dict("records"), strict=True):
        if x.period is not None and len(x.by) > 1 and r[x.period] != last:
            last = r[x.period]
            heads[len(rows)] = value_words(x.meta, x.period, last)
        span = "" if pd.isna(r["rank_lower"]) else _span(int(r["rank_lower"]), int(r["rank_upper"]))
        chance = r.get(f"p_{str(r['grade']).lower()}")
        row = (
            group_words(x, r, x.period),
            r["n"],
            r["ikm"],
            r["ci_lower"],
            r["ci_upper"],
            r["grade"],
            performance_words(r["grade"]),
            chance,
            r["rank"],
            Cell(span, kind="text"),
        )
        rows.append(blotted(row) if place in secret else row)
    columns: tuple[Column, ...] = (
        Column("group", Words("Group", "Kelompok")),
        Column.of("n"),
        Column.of("ikm", digits=2),
        *interval("number", 2),
        Column.of("grade"),
        Column.of("performance"),
        Column("chance", Words("Chance of grade (%)", "Peluang mutu (%)"), "share"),
        Column("rank", Words("Rank", "Peringkat"), "count"),
        Column("ranks", Words("Possible ranks", "Kemungkinan peringkat")),
    )
    notes: tuple[Words, ...] = (how(x), said("satisfaction_chance"))
    if len(rows) == 1 or (x.period is not None and len(x.by) == 1):
        columns, rows = columns[:8], [r[:8] for r in rows]
    else:
        notes = (*notes, said("satisfaction_ranks", level=_level(x)))
    title = ", ".join(x.meta.label(c, "en") for c in x.by), ", ".join(x.meta.label(c, "id") for c in x.by)
    made = Table(
        "T25",
        "satisfaction_groups",
        Words(f"Satisfaction index by group: {title[0]}", f"Indeks Kepuasan Masyarakat menurut kelompok: {title[1]}"),
        columns,
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=notes,
    )
    return _explained(with_meta(made, x.meta), style)


def grades(x: SatisfactionIndex, style: Style) -> Table | None:
    """Chances of the four grades, of all users and of each group."""
    if x.overall[["p_a", "p_b"]].isna().any(axis=None):
        return None
    first = {**x.overall.iloc[0].to_dict()}
    everybody = Words("All users", "Semua pengguna")
    secret = concealed(x, style)
    rows: list[tuple[Any, ...]] = [
        (everybody, first["n"], first["ikm"], first["grade"], *(first[f"p_{g.lower()}"] for g in GRADES))
    ]
    for place, r in enumerate(x.groups.to_dict("records") if x.by else ()):
        row = (group_words(x, r), r["n"], r["ikm"], r["grade"], *(r[f"p_{g.lower()}"] for g in GRADES))
        rows.append(blotted(row) if place in secret else row)
    columns = (
        Column("group", Words("Group", "Kelompok")),
        Column.of("n"),
        Column.of("ikm", digits=2),
        Column.of("grade"),
        *(Column(g, Words(f"{g} (%)", f"{g} (%)"), "share") for g in GRADES),
    )
    spanner = replace(
        interval_spanner(), label=Words("Chance of each grade", "Peluang setiap mutu"), columns=tuple(GRADES)
    )
    made = Table(
        "T25",
        "grades",
        Words("Chances of the grades", "Peluang mutu pelayanan"),
        columns,
        tuple(rows),
        spanners=(spanner,),
        notes=(said("satisfaction_chance"),),
    )
    return _explained(with_meta(made, x.meta), style)


def changes(x: SatisfactionIndex, style: Style) -> Table | None:
    """Changes from each period to the next."""
    if x.period is None or len(x.meta.options["order"]) < 2:
        return None
    others = [c for c in x.by if c != x.period]
    shut = {tuple(r[c] for c in (*others, x.period)) for r in _secret_rows(x, style)}
    rows: list[tuple[Any, ...]] = []
    for r in x.changes().to_dict("records"):
        spell = Words(*(f"{r['period_1']} → {r['period_2']}" for _ in range(2)))
        who = (group_words(x, r, x.period),) if len(x.by) > 1 else ()
        ends = {tuple(r[c] for c in (*others, which)) for which in ("period_1", "period_2")}
        row = (*who, spell, *_tested(r))
        rows.append((*row[: len(who)], *blotted(row[len(who) :])) if ends & shut else row)
    who_column = (Column("group", Words("Group", "Kelompok")),) if len(x.by) > 1 else ()
    columns = (*who_column, Column("period", Words("Periods", "Periode")), *_test_columns())
    made = Table(
        "T25",
        "changes",
        Words("Changes of the satisfaction index", "Perubahan Indeks Kepuasan Masyarakat"),
        columns,
        tuple(rows),
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=(said("satisfaction_changes" if x.covariance is None else "satisfaction_changes_shared"),),
    )
    return _explained(with_meta(made, x.meta), style)


def differences(x: SatisfactionIndex, style: Style) -> Table | None:
    """Differences between all pairs of groups, where there are few."""
    sizes = x.groups.groupby(x.period).size() if x.period else pd.Series([len(x.groups)])
    pairs = int((sizes * (sizes - 1) // 2).sum())
    if not x.by or not 0 < pairs <= PAIRS or (x.period is not None and len(x.by) == 1):
        return None
    frame = x.differences()
    names = _names(x)
    shut = {(r[x.period] if x.period else None, _name(x, r)) for r in _secret_rows(x, style)}
    rows: list[tuple[Any, ...]] = []
    heads: dict[int, Words] = {}
    last: Any = None
    for r in frame.to_dict("records"):
        if x.period is not None and r[x.period] != last:
            last = r[x.period]
            heads[len(rows)] = value_words(x.meta, x.period, last)
        one, two = names.get(r["group_1"], r["group_1"]), names.get(r["group_2"], r["group_2"])
        pair = Words(*(f"{w[0]} − {w[1]}" for w in zip(_both(one), _both(two), strict=True)))
        ends = {(r.get(x.period), r[g]) for g in ("group_1", "group_2")}
        rows.append(blotted((pair, *_tested(r))) if ends & shut else (pair, *_tested(r)))
    made = Table(
        "T25",
        "differences",
        Words("Differences of the satisfaction index", "Perbedaan Indeks Kepuasan Masyarakat"),
        (Column("pair", Words("Groups", "Kelompok")), *_test_columns()),
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(float(x.meta.options["ci"])),),
        notes=(said("satisfaction_differences"),),
    )
    return _explained(with_meta(made, x.meta), style)


def link(x: IndexLink, style: Style) -> Table:
    """Elements against the factor, and the share of the index that the factor explains."""
    own = x.meta.options["factor"] is None
    rows: list[tuple[Any, ...]] = [
        (element_words(x.meta, r.element), r.loading, r.ci_lower, r.ci_upper, r.r2) for r in rows_of(x.table)
    ]
    rows.append((Words("Index (IKM)", "Indeks (IKM)"), None, None, None, x.r2))
    head = Words("Loading", "Muatan faktor") if own else Words("r with the factor", "r dengan faktor")
    columns = (
        Column("element", Words("Element", "Unsur")),
        Column("loading", head, "coefficient", 3),
        *interval("coefficient", 3),
        Column("r2", Words("R²", "R²"), "coefficient", 3),
    )
    level = float(x.meta.options["ci"])
    limits = {
        f"{k}_{g}": show(v, "coefficient", g, 3)
        for k, v in (("low", x.ci_lower), ("high", x.ci_upper))
        for g in ("en", "id")
    }
    found = term("note", "index_link_own" if own else "index_link_other")
    percent = show(100 * level, "count", "en")
    note = Words(
        found.en.format(level=percent, low=limits["low_en"], high=limits["high_en"]),
        found.id.format(level=percent, low=limits["low_id"], high=limits["high_id"]),
    )
    name = label(x.meta, x.factor)
    made = Table(
        "T25",
        "index_link",
        Words(f"The satisfaction index and {name.en}", f"Indeks Kepuasan Masyarakat dan {name.id}"),
        columns,
        tuple(rows),
        spanners=(interval_spanner(level),),
        notes=(note,),
    )
    return with_meta(made, x.meta)


def _tested(r: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(r[c] for c in ("difference", "ci_lower", "ci_upper", "statistic", "df", "p_value", "p_adjusted")),)


def _test_columns() -> Sequence[Column]:
    return (
        Column.of("difference", digits=2),
        *interval("number", 2),
        Column("statistic", Words("t", "t"), "statistic"),
        Column("df", Words("df", "db"), "number", 1),
        Column.of("p_value"),
        Column("p_adjusted", Words("p (Holm)", "p (Holm)"), "p"),
    )


def _names(x: SatisfactionIndex) -> dict[str, Words]:
    """Return the words of groups by the name that `differences` gives them."""
    return {_name(x, r): group_words(x, r, x.period) for r in x.groups.to_dict("records")}


def _name(x: SatisfactionIndex, r: Mapping[str, Any]) -> str:
    shown = [c for c in x.by if c != x.period] or list(x.by)
    return " / ".join(str(r[c]) for c in shown)


def _both(name: Words | str) -> tuple[str, str]:
    return (name.en, name.id) if isinstance(name, Words) else (name, name)


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _level(x: SatisfactionIndex) -> str:
    return f"{100 * float(x.meta.options['ci']):g}"


def concealed(x: SatisfactionIndex, style: Style) -> frozenset[int]:
    """Return the places of groups too small to be published, and of others from which these could be computed."""
    return hidden([int(n) for n in x.groups["n"]], style.min_cell) if x.by else frozenset()


def _secret_rows(x: SatisfactionIndex, style: Style) -> list[dict[str, Any]]:
    return x.groups.iloc[sorted(concealed(x, style))].to_dict("records")


def _explained(made: Table, style: Style) -> Table:
    hides = any(isinstance(v, Cell) and v.value is HIDDEN for r in made.rows for v in r)
    return explained(made, style.min_cell) if hides else made
