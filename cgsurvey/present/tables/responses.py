"""Tables of what was answered: flow, wording, missing answers, screening, description, linking of two sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from cgsurvey.base.result import Meta
from cgsurvey.present.table import VERDICT, Cell, Column, Table, Words, words
from cgsurvey.present.tables.flow import decimals, flow
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    answer,
    item_label,
    judged,
    label,
    makers,
    rows_of,
    said,
    term,
    with_meta,
)
from cgsurvey.present.tables.suppression import HIDDEN, blotted, explained, hidden
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.describe import NO_ANSWER, TCR_WORDS, Description
from cgsurvey.responses.linking.linkage import Linkage


@makers.register(Responses)
def _responses_makers(x: Responses) -> Mapping[str, Maker]:
    return {"flow": flow, "missing": missing, "wording": wording}


@makers.register(Screening)
def _screening_makers(x: Screening) -> Mapping[str, Maker]:
    return {"screening": screening, "indices": indices, "item_quality": item_quality}


@makers.register(Description)
def _description_makers(x: Description) -> Mapping[str, Maker]:
    return {"profile": profile, "description": description, "constructs": constructs}


def _meta(x: Responses) -> Meta:
    return Meta(labels=x.labels, n=len(x), simulated=x.simulated)


def missing(x: Responses, style: Style) -> Table | None:
    """T4: missing answers per item, of those who were asked."""
    if not x.items:
        return None
    by = style.rule("missing_share", "any")
    reasons = [r for r in ("blank", "dont_know", "refused", "invalid") if (x.reasons == r).to_numpy().any()]
    if not reasons:
        return None
    rows: list[tuple[Any, ...]] = []
    for name in x.items:
        found = x.reasons[name]
        asked = int((found != "not_asked").sum())
        counts = [int((found == r).sum()) for r in reasons]
        rows.append((name, asked, *counts, judged(sum(counts) / asked if asked else float("nan"), by, 1)))
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("n_asked"),
        *(Column(r, term("reason", r), "count") for r in reasons),
        Column.of("missing_share"),
    )
    made = Table(
        "T4",
        "missing",
        Words("Missing answers per item", "Jawaban kosong per butir"),
        columns,
        tuple(rows),
        rules=(by,) if by else (),
    )
    return with_meta(made, _meta(x))


def wording(x: Responses, style: Style) -> Table | None:
    """T3: wording, scale and keying of the items; none where the items have no words but their names."""
    instrument = x.instrument
    if instrument is None or all(set(instrument.item(n).label.values()) <= {n} for n in x.items):
        return None
    present = set(x.items)
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    blocks = [(c.label, [i for i in c.items if i in present]) for c in instrument.leaf_constructs]
    placed = {i for _, items in blocks for i in items}
    blocks.append(({"en": "Other items", "id": "Butir lain"}, [i for i in x.items if i not in placed]))
    for head, names in blocks:
        for k, name in enumerate(names):
            if k == 0:
                groups[len(rows)] = words(head)
            item = instrument.item(name)
            low, high = item.scale.min, item.scale.max
            rows.append(
                (name, words(item.label or name), f"{low:g}–{high:g}", Cell("R" if item.reverse else "", "text"))
            )
    columns = (
        Column("item", Words("Item", "Butir")),
        Column.of("wording"),
        Column.of("scale"),
        Column("keying", Words("Key", "Kunci")),
    )
    notes = (said("wording"),)
    made = Table(
        "T3",
        "wording",
        Words("Wording of the items", "Pernyataan butir"),
        columns,
        tuple(rows),
        groups=groups,
        notes=notes if any(r[3].value for r in rows) else (),
    )
    return replace(made, simulated=x.simulated)


def screening(x: Screening, style: Style) -> Table:
    """T5: how many respondents each rule flags."""
    rows = tuple(
        (
            term("rule", r.rule),
            None if r.rule == "duplicates" else Cell(r.threshold, digits=decimals(r.threshold)),
            r.n_flagged,
            r.share,
        )
        for r in rows_of(x.tidy())
    )
    columns = (Column.of("rule"), Column.of("threshold"), Column.of("n_flagged"), Column.of("share"))
    notes = [said("screening")]
    if any(pd.isna(r[2]) for r in rows):
        notes.append(
            Words("–: the rule could not be applied to these data.", "–: aturan tidak dapat diterapkan pada data ini.")
        )
    made = Table(
        "T5",
        "screening",
        Words("Screening for careless answers", "Penyaringan jawaban ceroboh"),
        columns,
        rows,
        notes=tuple(notes),
    )
    return with_meta(made, x.meta)


def indices(x: Screening, style: Style) -> Table:
    """T5: the indices of careless answering, their spread, and what was flagged by them."""
    rows = tuple(
        (
            term("index", r.index),
            r.n,
            *(Cell(v, digits=2) for v in (r.mean, r.sd, r.min, r.max)),
            None if pd.isna(r.threshold) else Cell(r.threshold, digits=decimals(r.threshold)),
            r.n_flagged,
        )
        for r in x.indices.itertuples(index=False)
    )
    columns = (
        Column("index", Column.of("index").label, "text"),
        Column("n", Words("n", "n"), "count"),
        *(Column(c, Column.of(c).label, "number") for c in ("mean", "sd", "min", "max")),
        Column.of("threshold"),
        Column.of("n_flagged"),
    )
    made = Table(
        "T5",
        "indices",
        Words("Indices of careless answering", "Indeks jawaban ceroboh"),
        columns,
        rows,
        notes=(said("indices"),),
    )
    return with_meta(made, x.meta)


def item_quality(x: Screening, style: Style) -> Table | None:
    """T4: items with missing answers, and where answers crowd at an end of the scale."""
    by = style.rule("missing_share", "any")
    rows = tuple(
        (
            r.item,
            r.n_asked,
            r.n_missing,
            judged(r.missing_share, by, 1),
            r.dont_know_share,
            r.floor_share,
            r.ceiling_share,
        )
        for r in rows_of(x.items)
    )
    columns = (
        Column("item", Words("Item", "Butir")),
        *map(Column.of, ("n_asked", "n_missing", "missing_share", "dont_know_share", "floor_share", "ceiling_share")),
    )
    made = Table(
        "T4",
        "item_quality",
        Words("What each item can carry", "Mutu jawaban per butir"),
        columns,
        rows,
        rules=(by,) if by else (),
    )
    return with_meta(made, x.meta)


def description(x: Description, style: Style) -> Table:
    """T6: mean, spread and shape of each item."""
    skew, kurt = style.rule("skewness_abs", "any"), style.rule("kurtosis_abs", "any")

    def shape(value: float, by: Any) -> Cell:
        return replace(judged(abs(value), by, 2), value=value)

    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    last: Any = None
    for r in rows_of(x.items):
        group = getattr(r, "group", None)
        if group is not None and group != last:
            groups[len(rows)], last = answer(x.meta, x.by or "", group), group
        rows.append(
            (
                item_label(x.meta, r.item),
                r.n,
                r.n_missing,
                r.mean,
                r.sd,
                shape(r.skewness, skew),
                shape(r.kurtosis, kurt),
                r.floor_share,
                r.ceiling_share,
            )
        )
    columns = (
        Column("item", Words("Item", "Butir")),
        Column("n", Words("n", "n"), "count"),
        Column.of("n_missing"),
        Column.of("mean"),
        Column.of("sd"),
        Column("skewness", Words("Skew", "Skew"), "number"),
        Column("kurtosis", Words("Kurt.", "Kurt."), "number"),
        Column("floor_share", Words("Lowest (%)", "Terendah (%)"), "share"),
        Column("ceiling_share", Words("Highest (%)", "Tertinggi (%)"), "share"),
    )
    notes = [
        Words(
            "Means of the answers as given, reverse items not turned.",
            "Rerata jawaban apa adanya; butir negatif tidak dibalik.",
        )
    ]
    if x.weighted:
        notes.append(
            Words("Means and shares are weighted, counts are not.", "Rerata dan persentase diboboti, jumlah tidak.")
        )
    made = Table(
        "T6",
        "description",
        Words("Description of the items", "Deskripsi butir"),
        columns,
        tuple(rows),
        groups=groups,
        notes=tuple(notes),
        rules=tuple(r for r in (skew, kurt) if r),
    )
    return with_meta(made, x.meta)


def constructs(x: Description, style: Style) -> Table | None:
    """T6: scores of the constructs."""
    if x.constructs.empty:
        return None
    found = x.constructs
    thesis = style.dialect == "thesis"
    known = set(found["construct"])
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    indents: dict[int, int] = {}
    last: Any = None
    for r in rows_of(found):
        group = getattr(r, "group", None)
        if group is not None and group != last:
            groups[len(rows)], last = answer(x.meta, x.by or "", group), group
        if r.dimension and r.dimension in known:
            indents[len(rows)] = 1
        extra = (r.tcr, words(TCR_WORDS[r.tcr_category]) if r.tcr_category else None) if thesis else ()
        rows.append((label(x.meta, r.construct), r.n_items, r.n, r.mean, r.sd, r.min, r.max, *extra))
    columns = [*map(Column.of, ("construct", "n_items", "n", "mean", "sd", "min", "max"))]
    notes = [
        Words(
            "Scores are means of the items, reverse items turned.",
            "Skor adalah rerata butir; butir negatif telah dibalik.",
        )
    ]
    if thesis:
        columns += [
            Column("tcr", Words("TCR (%)", "TCR (%)"), "percent"),
            Column("tcr_category", Words("Category", "Kategori")),
        ]
        notes.append(said("constructs"))
    made = Table(
        "T6",
        "constructs",
        Words("Scores of the constructs", "Skor konstruk"),
        tuple(columns),
        tuple(rows),
        groups=groups,
        indents=indents,
        notes=tuple(notes),
    )
    return with_meta(made, x.meta)


def with_choices(x: Description, responses: Responses) -> Description:
    """Return a description that knows the words of the answer choices, "variable=choice", from the instrument."""
    questions = getattr(responses.instrument, "demographics", ())
    known = {f"{q.name}={c.name}": c.label for q in questions if q.scale is not None for c in q.scale.choices}
    asked = {q.name: q.label for q in questions}
    return replace(x, meta=replace(x.meta, labels={**x.meta.labels, **asked, **known}))


def profile(x: Description, style: Style) -> Table | None:
    """T2: who the respondents are."""
    if x.profile.empty:
        return None
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    blocks: dict[Any, list[int]] = {}
    last: Any = None
    for r in rows_of(x.profile):
        here = (getattr(r, "group", None), r.variable)
        blocks.setdefault(here, []).append(len(rows))
        if here != last:
            head = label(x.meta, r.variable)
            if here[0] is not None:
                of = answer(x.meta, x.by or "", here[0])
                head = Words(f"{of.en}: {head.en}", f"{of.id}: {head.id}")
            groups[len(rows)], last = head, here
        if r.category == NO_ANSWER:
            name = Words("No answer", "Tidak menjawab")
        elif r.category == "":
            name = Words("Mean (SD)", "Rerata (SB)")
        else:
            name = label(x.meta, f"{r.variable}={r.category}")
            name = words(str(r.category)) if "=" in name.en and name.en == f"{r.variable}={r.category}" else name
        number = r.category == ""
        rows.append(
            (
                name,
                r.count,
                r.share if not number and not pd.isna(r.share) else None,
                r.mean if number else None,
                r.sd if number else None,
            )
        )
    for places in blocks.values():
        for k in hidden([int(rows[i][1]) for i in places], style.min_cell):
            rows[places[k]] = blotted(rows[places[k]])
    columns = [Column("category", Words("Characteristic", "Karakteristik")), Column.of("n"), Column.of("share")]
    if any(r[3] is not None for r in rows):
        columns += [Column.of("mean"), Column.of("sd")]
    else:
        rows = [r[:3] for r in rows]
    notes = (
        (Words("Percentages and means are weighted, counts are not.", "Persentase dan rerata diboboti, jumlah tidak."),)
        if x.weighted
        else ()
    )
    made = Table(
        "T2",
        "profile",
        Words("Profile of the respondents", "Profil responden"),
        tuple(columns),
        tuple(rows),
        groups=groups,
        notes=notes,
    )
    made = with_meta(made, x.meta)
    return explained(made, style.min_cell) if any(HIDDEN in map(_value, r) for r in made.rows) else made


def _value(cell: Any) -> Any:
    return cell.value if isinstance(cell, Cell) else cell


@makers.register(Linkage)
def _linkage_makers(x: Linkage) -> Mapping[str, Maker]:
    return {"linkage": linkage}


def linkage(x: Linkage, style: Style) -> Table:
    """T9: whether the answers of partners may be averaged per office."""
    rwg, icc2 = style.rule("rwg", "any"), style.rule("icc2", "any")
    rows = tuple(
        (
            label(x.meta, r.construct),
            r.n_groups,
            r.mean_group_size,
            judged(r.rwg_median, rwg),
            r.icc1,
            judged(r.icc2, icc2),
            r.statistic,
            r.p_value,
            Cell(VERDICT.get(r.verdict), "text", verdict=r.verdict),
        )
        for r in rows_of(x.tidy())
    )
    columns = (
        Column.of("construct"),
        Column.of("n_groups"),
        Column.of("mean_group_size"),
        Column.of("rwg_median", digits=3),
        Column.of("icc1", digits=3),
        Column.of("icc2", digits=3),
        Column.of("statistic", Words("F", "F")),
        Column.of("p_value"),
        Column.of("verdict"),
    )
    notes = (said("linkage"),)
    title = Words("Agreement of partners within units", "Kesepakatan mitra di dalam unit")
    made = Table("T9", "linkage", title, columns, rows, notes=notes, rules=tuple(r for r in (rwg, icc2) if r))
    return with_meta(made, x.meta)
