"""Table of the number of another program beside ours under each convention."""

from __future__ import annotations

from collections.abc import Mapping

from cgsurvey.present.numbers import show
from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.fragility import path_words
from cgsurvey.present.tables.style import Maker, Style, makers, rows_of, said, term, with_meta
from cgsurvey.robustness import Explanation
from cgsurvey.robustness.evidence import catalogue

MOST = 12  # conventions shown: the causes, those of the other program, then the nearest


@makers.register(Explanation)
def _explanation_makers(x: Explanation) -> Mapping[str, Maker]:
    return {"differences": differences}


def convention_words(code: str, detail: str = "") -> Words:
    """Return the sentence of a convention, with its variant."""
    found = catalogue()["conventions"].get(code)
    words = Words(found["en"], found["id"]) if found else term("difference", code)
    if not detail:
        return words
    shown = term("difference", detail)
    return Words(f"{words.en} ({shown.en})", f"{words.id} ({shown.id})")


def quantity_words(x: Explanation) -> Words:
    """Name what the numbers are about, "RMSEA" or "estimate (trust → quality)"."""
    q = catalogue()["quantities"][x.quantity]
    if not x.of:
        return Words(q["en"], q["id"])
    about = path_words(x.meta, x.of)
    return Words(f"{q['en']} ({about.en})", f"{q['id']} ({about.id})")


def number_words(x: Explanation, value: float, more: int = 0) -> Words:
    """Print a number with the decimals of the other program."""
    return Words(*(show(value, "number", g, x.decimals + more) for g in ("en", "id")))


def differences(x: Explanation, style: Style) -> Table:
    """T24: the number under conventions, those that give theirs first, then those of the program and the nearest."""
    rows = []
    t = x.table
    own = t["programs"].str.split(", ").map(lambda known: x.program in known)
    first = t["matches"] | own
    nearest = t.index[~first][: max(MOST - int(first.sum()), 3)]
    for r in rows_of(t[first | t.index.isin(nearest)]):
        number = Cell(r.value, digits=x.decimals + 1, verdict="good" if r.matches else "")
        rows.append((convention_words(r.convention, r.detail), r.programs or None, number, bool(r.matches)))
    columns = (
        Column.of("convention"),
        Column.of("programs"),
        Column("value", Words("Number", "Angka"), "number"),
        Column.of("matches"),
    )
    other = x.program or term("difference", "other").en
    other_id = x.program or term("difference", "other").id
    quantity = quantity_words(x)
    title = Words(
        f"Why {other} gives another number: {quantity.en}", f"Mengapa {other_id} memberi angka lain: {quantity.id}"
    )
    notes = (said("differences", ours=number_words(x, x.ours, 1), theirs=number_words(x, x.theirs)),)
    return with_meta(Table("T24", "differences", title, columns, tuple(rows), notes=notes), x.meta)
