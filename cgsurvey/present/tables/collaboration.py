"""Tables of the collaboration room: the gate of six criteria, activities and what is returned, ties of partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cgsurvey.collaboration import Activities, Criteria, Ladder
from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, interval, interval_spanner, label, makers, term, with_meta


@makers.register(Criteria)
def _criteria_makers(x: Criteria) -> Mapping[str, Maker]:
    return {"gate": gate, "criteria": criteria}


@makers.register(Activities)
def _activities_makers(x: Activities) -> Mapping[str, Maker]:
    return {"activities": activities} | ({} if x.pairs.empty else {"reciprocity": reciprocity})


@makers.register(Ladder)
def _ladder_makers(x: Ladder) -> Mapping[str, Maker]:
    return {"ladder": ladder, "partners": partners}


def gate(x: Criteria, style: Style) -> Table:
    """T1: criteria met, agreement of raters and verdict of each unit."""
    return _made(x, x.units, "gate", Words("Six criteria as a gate", "Enam kriteria sebagai saringan"))


def criteria(x: Criteria, style: Style) -> Table:
    """T1: answers to each criterion in each unit."""
    return _made(x, x.table, "criteria", Words("Criteria of collaboration", "Kriteria kolaborasi"))


def activities(x: Activities, style: Style) -> Table:
    """T1: how often each activity takes place."""
    return _made(x, x.table, "activities", Words("Activities of the partners", "Kegiatan para mitra"))


def reciprocity(x: Activities, style: Style) -> Table:
    """T1: giving, receiving and reciprocity."""
    return _made(x, x.pairs, "reciprocity", Words("Giving and receiving", "Memberi dan menerima"))


def ladder(x: Ladder, style: Style) -> Table:
    """T1: pairs at each step, share of all pairs that reach it."""
    return _made(x, x.steps, "ladder", Words("Steps of working together", "Tahap kerja sama"))


def partners(x: Ladder, style: Style) -> Table:
    """T1: ties of each partner."""
    return _made(x, x.partners, "partners", Words("Ties of the partners", "Hubungan para mitra"))


def _made(x: Any, frame: pd.DataFrame, name: str, title: Words) -> Table:
    """Show a table of the result, without the column of groups where there is one group that has no name."""
    shown = frame.drop(columns="group") if "group" in frame and frame["group"].eq("").all() else frame
    ends = interval("share") if "ci_lower" in shown else ()
    columns = {c: Column.of(c) for c in shown.columns} | {c.name: c for c in ends}
    spoken = {"verdict": lambda v: term("criterion_state", v), "activity": lambda v: _activity(x, v)}
    spoken |= {"criterion": lambda v: label(x.meta, v), "group": lambda v: Words(str(v), str(v))}
    rows = [
        tuple(spoken[c](v) if c in spoken else v for c, v in zip(shown.columns, r, strict=True))
        for r in shown.itertuples(index=False)
    ]
    made = Table(
        "T1",
        name,
        title,
        tuple(columns.values()),
        tuple(rows),
        spanners=(interval_spanner(x.confidence),) if ends else (),
        notes=tuple(Words(n.text, n.render("id")) for n in x.notes),
    )
    return with_meta(made, x.meta)


def _activity(x: Activities, name: str) -> Words:
    known = term("exchange", name)
    return known if known.en != name else label(x.meta, name)
