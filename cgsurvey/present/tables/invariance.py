"""Tables of levels of measurement invariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cgsurvey.present.numbers import show
from cgsurvey.present.table import Cell, Column, Table, Verdict, Words
from cgsurvey.present.tables.style import Maker, Style, item_label, makers, rows_of, term, with_meta
from cgsurvey.sem.invariance import Invariance

VERDICTS: Mapping[str, Verdict] = {"supported": "good", "not supported": "poor"}
_NUMBERS = (
    "chisq", "df", "chisq_diff", "df_diff", "p_value", "cfi", "rmsea", "srmr", "cfi_diff", "rmsea_diff", "srmr_diff",
)  # fmt: skip


@makers.register(Invariance)
def _invariance_makers(x: Invariance) -> Mapping[str, Maker]:
    return {"invariance": levels, "partial": search}


def levels(x: Invariance, style: Style) -> Table:
    """One row per level, with the decision and its rule."""
    found = x.tidy()
    freed = bool((found["freed"] != "").any())
    rows = []
    for r in rows_of(found):
        decision = Cell(term("invariance", str(r.decision)), "text", verdict=VERDICTS.get(str(r.decision), ""))
        numbers = tuple(getattr(r, n) for n in _NUMBERS)
        rows.append((term("invariance_level", str(r.level)), *numbers, *([str(r.freed)] if freed else []), decision))
    # Limits are .010 and .015: two decimals would hide what was decided.
    numbers_of = (replace(c, digits=3) if c.kind == "coefficient" else c for c in map(Column.of, _NUMBERS))
    columns = (Column.of("level"), *numbers_of, *([Column.of("freed")] if freed else []))
    notes = (_rule(x), *(Words(n.render("en"), n.render("id")) for n in x.notes if n.code.startswith("sem.")))
    title = Words("Measurement invariance", "Invariansi pengukuran")
    made = Table("", "invariance", title, (*columns, Column.of("decision")), tuple(rows), notes=notes)
    return with_meta(made, x.meta)


def search(x: Invariance, style: Style) -> Table | None:
    """Items that were freed in the search for partial invariance."""
    if not len(x.search):
        return None
    rows = tuple(
        (
            term("invariance_level", str(r.level)),
            item_label(x.meta, str(r.item)),
            r.chisq_diff,
            r.df_diff,
            r.p_value,
            Cell(r.threshold, "p"),
            term("invariance", str(r.decision)),
        )
        for r in rows_of(x.search)
    )
    names = ("level", "item", "chisq_diff", "df_diff", "p_value", "threshold", "decision")
    notes = (
        Words(
            "The item that lowers χ² most is freed when p lies below alpha over the number of items still equal "
            "(Holm).",
            "Butir yang paling menurunkan χ² dibebaskan bila p di bawah alpha dibagi banyaknya butir yang masih "
            "disamakan (Holm).",
        ),
    )
    title = Words("Search for partial invariance", "Pencarian invariansi parsial")
    return with_meta(Table("", "partial", title, tuple(map(Column.of, names)), rows, notes=notes), x.meta)


def _rule(x: Invariance) -> Words:
    if x.criterion == "test":
        return Words(
            "A level holds when the difference test does not reject it; an estimator for ordered items has no "
            "established cut-offs for changes of fit indices.",
            "Suatu tingkat terpenuhi bila uji selisih tidak menolaknya; penduga untuk butir ordinal tidak memiliki "
            "batas baku bagi perubahan indeks kecocokan.",
        )
    limits = x.limits()

    def text(language: str) -> str:
        parts = []
        for level, by in limits.items():
            cuts = ", ".join(
                f"Δ{n.upper()} {'<' if r.direction == '>=' else '>'} {show(r.good, 'coefficient', language, 3)}"
                for n, r in by.items()
            )
            parts.append(f"{term('invariance_level', level).of(language)}: {cuts}")
        return "; ".join(parts)

    if x.criterion == "cheung2002":
        return Words(
            f"A level fails when CFI falls too far (Cheung & Rensvold, 2002): {text('en')}.",
            f"Suatu tingkat gagal bila CFI turun terlalu jauh (Cheung & Rensvold, 2002): {text('id')}.",
        )
    return Words(
        "A level fails when CFI falls too far and RMSEA or SRMR rises too far (Chen, 2007): " + text("en") + ".",
        "Suatu tingkat gagal bila CFI turun terlalu jauh dan RMSEA atau SRMR naik terlalu jauh (Chen, 2007): "
        + text("id")
        + ".",
    )
