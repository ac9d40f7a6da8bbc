"""C1 to C6, the collaboration room: criteria, activities, exchange and ties of partners, forms, challenges, harms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.collaboration import Activities, Criteria, Exchange, Forms, Ladder, Strains
from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, interval, interval_spanner, label, makers, term, with_meta

WIDEST = 12  # partners of a matrix that a page can hold


@makers.register(Criteria)
def _criteria_makers(x: Criteria) -> Mapping[str, Maker]:
    return {"gate": gate, "criteria": criteria}


@makers.register(Activities)
def _activities_makers(x: Activities) -> Mapping[str, Maker]:
    return {"activities": activities} | ({} if x.pairs.empty else {"reciprocity": reciprocity})


@makers.register(Ladder)
def _ladder_makers(x: Ladder) -> Mapping[str, Maker]:
    return {"ladder": ladder, "partners": partners} | ({"ladder_matrix": told} if len(x.matrix) <= WIDEST else {})


@makers.register(Exchange)
def _exchange_makers(x: Exchange) -> Mapping[str, Maker]:
    more: dict[str, Maker] = {"exchange_matrix": given} if len(x.names) <= WIDEST else {}
    return {"exchange": exchange, "exchange_partners": balances} | more


@makers.register(Forms)
def _forms_makers(x: Forms) -> Mapping[str, Maker]:
    return {"forms": forms} | ({} if x.pairs.empty else {"forms_together": together})


@makers.register(Strains)
def _strains_makers(x: Strains) -> Mapping[str, Maker]:
    return {x.what: strains}


def gate(x: Criteria, style: Style) -> Table:
    """C1: criteria met, agreement of raters and verdict of each unit."""
    return _made(x, x.units, "C1", "gate", Words("Six criteria as a gate", "Enam kriteria sebagai saringan"))


def criteria(x: Criteria, style: Style) -> Table:
    """C1: answers to each criterion in each unit."""
    return _made(x, x.table, "C1", "criteria", Words("Criteria of collaboration", "Kriteria kolaborasi"))


def activities(x: Activities, style: Style) -> Table:
    """C2: how often each activity takes place."""
    return _made(x, x.table, "C2", "activities", Words("Activities of the partners", "Kegiatan para mitra"))


def reciprocity(x: Activities, style: Style) -> Table:
    """C2: giving, receiving and reciprocity."""
    return _made(x, x.pairs, "C2", "reciprocity", Words("Giving and receiving", "Memberi dan menerima"))


def ladder(x: Ladder, style: Style) -> Table:
    """C4: pairs at each step, share of all pairs that reach it."""
    return _made(x, x.steps, "C4", "ladder", Words("Steps of working together", "Tahap kerja sama"))


def partners(x: Ladder, style: Style) -> Table:
    """C4: ties of each partner."""
    return _made(x, x.partners, "C4", "partners", Words("Ties of the partners", "Hubungan para mitra"))


def told(x: Ladder, style: Style) -> Table:
    """C4: step of each ordered pair, who tells by who is told of."""
    title = Words("Steps between the partners, who tells (row) of whom (column)",
                  "Tahap antarmitra, yang menerangkan (baris) tentang mitra (kolom)")  # fmt: skip
    return _square(x, x.matrix, "C4", "ladder_matrix", title, 0)


def exchange(x: Exchange, style: Style) -> Table:
    """C3: density, reciprocity and agreement of each activity that is given and received."""
    return _made(x, x.table, "C3", "exchange", Words("Exchange between named partners", "Pertukaran antarmitra"))


def balances(x: Exchange, style: Style) -> Table:
    """C3: what each partner gives and receives."""
    title = Words("Giving and receiving of each partner", "Pemberian dan penerimaan tiap mitra")
    return _made(x, x.partners, "C3", "exchange_partners", title)


def given(x: Exchange, style: Style) -> Table:
    """C3: mean frequency of giving of each ordered pair."""
    title = Words("Mean frequency of giving, giver (row) by receiver (column)",
                  "Rerata frekuensi pemberian, pemberi (baris) dan penerima (kolom)")  # fmt: skip
    return _square(x, x.matrix(), "C3", "exchange_matrix", title, 2)


def forms(x: Forms, style: Style) -> Table:
    """C5: share that names each form."""
    return _made(x, x.table, "C5", "forms", Words("Forms of the collaboration", "Bentuk kolaborasi"))


def together(x: Forms, style: Style) -> Table:
    """C5: forms that are named together."""
    title = Words("Forms named together", "Bentuk yang disebut bersama")
    return _made(x, x.pairs, "C5", "forms_together", title)


def strains(x: Strains, style: Style) -> Table:
    """C6: challenges or harms, kind by kind."""
    titles = {
        "challenges": Words("Challenges of the collaboration", "Tantangan kolaborasi"),
        "harms": Words("Harms of the collaboration", "Dampak buruk kolaborasi"),
    }
    return _made(x, x.table.drop(columns="level"), "C6", x.what, titles[x.what])


def _square(x: Ladder | Exchange, square: pd.DataFrame, key: str, name: str, title: Words, digits: int) -> Table:
    """Show a matrix of partners, its columns numbered."""
    columns = [Column.of("partner")]
    columns += [Column(f"c{j}", Words(str(j), str(j)), "number", digits) for j in range(1, len(square) + 1)]
    rows = tuple(
        (Words(f"{i}. {who}", f"{i}. {who}"), *values)
        for i, (who, values) in enumerate(zip(square.index, square.to_numpy().tolist(), strict=True), 1)
    )
    return with_meta(Table(key, name, title, tuple(columns), rows), x.meta)


def _made(x: Any, frame: pd.DataFrame, key: str, name: str, title: Words) -> Table:
    """Show a table of the result: groups of several rows as headings, none where the one group has no name."""
    shown, groups = frame, {}
    if "group" in frame and (frame["group"].eq("").all() or frame["group"].duplicated().any()):
        starts = ~frame["group"].duplicated() & frame["group"].ne("")
        groups = {int(k): label(x.meta, str(frame["group"].iloc[k])) for k in np.flatnonzero(starts)}
        shown = frame.drop(columns="group")
    kind = "number" if isinstance(x, Strains) else "share"
    ends = interval(kind) if "ci_lower" in shown else ()
    columns = {c: Column.of(c) for c in shown.columns} | {c.name: c for c in ends}
    spoken = {"verdict": lambda v: term("criterion_state", v), "activity": lambda v: activity_words(x, v)}
    spoken |= dict.fromkeys(("criterion", "construct", "form", "form_1", "form_2"), lambda v: label(x.meta, v))
    spoken |= {"step": lambda v: _step(x, v), "group": lambda v: label(x.meta, str(v))}
    rows = [
        tuple(spoken[c](v) if c in spoken else v for c, v in zip(shown.columns, r, strict=True))
        for r in shown.itertuples(index=False)
    ]
    made = Table(
        key,
        name,
        title,
        tuple(columns.values()),
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(x.confidence),) if ends else (),
        notes=tuple(Words(n.text, n.render("id")) for n in x.notes if n.code != "responses.design_not_used"),
    )
    return with_meta(made, x.meta)


def _step(x: Ladder, step: str) -> Words:
    words = label(x.meta, step)
    return words if words.en == step else Words(f"{step} {words.en}", f"{step} {words.id}")


def activity_words(x: Activities | Exchange, name: str) -> Words:
    """Return the words for an activity, those of the exchange where giving and receiving are one."""
    known = term("exchange", name)
    return known if known.en != name else label(x.meta, name)
