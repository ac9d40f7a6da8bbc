"""Qualtrics: names, then the texts of the questions, then the import ids.

Shape after the package qualtRics and the page "Understanding Your Data Set" of Qualtrics: three rows of headers, two in
the legacy export; a question that was seen and left out is -99 where the export asks for it; test answers are marked in
Status, by number (1 survey preview, 2 survey test, 8 spam, 16 offline) or by word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.markup import without_tags
from cgsurvey.responses.readers.platform import Head, Platform, Request, Signs
from cgsurvey.responses.readers.raw import RawTable, tidy
from cgsurvey.responses.words import plain

_NAMES = (
    "startdate",
    "enddate",
    "status",
    "ipaddress",
    "progress",
    "duration (in seconds)",
    "finished",
    "recordeddate",
    "responseid",
    "distributionchannel",
    "userlanguage",
    "responseset",
    "recipientlastname",
    "externaldatareference",
)
_PREVIEW = frozenset(("1", "2", "9", "17", "survey preview", "survey test", "offline preview", "preview"))
_UNFINISHED = frozenset(("0", "false"))
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_SEEN = "-99"


def _is_import(row: Sequence[str]) -> bool:
    ids = [c.lstrip().startswith(('{"ImportId"', "{'ImportId'")) for c in row if c.strip()]
    return bool(ids) and 2 * sum(ids) >= len(ids)


def _signs(head: Head) -> Signs | None:
    at = next((i for i, row in enumerate(head) if _is_import(row)), None)
    if at:
        return Signs(f"import ids in row {at + 1}", max(at - 2, 0))
    for i, row in enumerate(head):
        names = [plain(c) for c in row]
        seen = [h for h in _NAMES if h in names]
        if len(seen) >= 4 and ("responseid" in seen or "recordeddate" in seen):
            return Signs(f"columns {', '.join(row[names.index(h)] for h in seen[:4])}", i)
    return None


def _read(table: RawTable, request: Request) -> RawTable:
    first = [[c[i] for c in table.cells] for i in range(min(2, len(table.rows)))]
    at = next((i for i, row in enumerate(first) if _is_import(row)), None)
    questions: Sequence[str] = ()
    drop = 0
    if at is not None:
        questions, drop = (first[0] if at == 1 else ()), at + 1
    elif first and _is_label_row(table, first[0]):
        questions, drop = first[0], 1
    ids = first[at] if at is not None else ()
    table = table.take(np.arange(len(table.rows)) >= drop)
    labels = {j: without_tags(q) for j, q in enumerate(questions) if q.strip() and tidy(q) != table.headers[j]}
    asked = {j for j, c in enumerate(ids) if "QID" in c} if len(ids) else _questions(table)
    seen = {j for j in asked if (table.cells[j] == _SEEN).any()}
    return replace(
        table,
        labels={**table.labels, **labels},
        reasons={**table.reasons, **{j: {_SEEN: "blank"} for j in sorted(seen)}},
        values={**table.values, **{j: {_SEEN: "Seen but unanswered"} for j in sorted(seen)}},
    ).noted(*_status(table))


def _is_label_row(table: RawTable, row: Sequence[str]) -> bool:
    """Say whether the first row under the names holds words where the answers hold dates (legacy export)."""
    places = [j for j, h in enumerate(table.headers) if plain(h) in ("startdate", "enddate", "recordeddate")]
    return (
        bool(places)
        and not any(_DATE.fullmatch(row[j].strip()) for j in places)
        and any(row[j].strip() for j in places)
    )


def _questions(table: RawTable) -> set[int]:
    return {j for j, h in enumerate(table.headers) if plain(h) not in _NAMES}


def _status(table: RawTable) -> list[Note]:
    notes = []
    column, n = _told(table, "status", _PREVIEW)
    if n:
        notes.append(note("responses.previews", n=n, column=column))
    column, n = _told(table, "finished", _UNFINISHED)
    if n:
        notes.append(note("responses.unfinished", n=n, column=column))
    return notes


def _told(table: RawTable, name: str, wanted: frozenset[str]) -> tuple[str, int]:
    """Return the header of a system column and how many of its cells are one of the wanted."""
    at = next((j for j, h in enumerate(table.headers) if plain(h) == name), None)
    if at is None:
        return "", 0
    return table.headers[at], sum(c.strip().casefold() in wanted for c in table.cells[at])


QUALTRICS = Platform(
    "qualtrics",
    "an export of Qualtrics",
    "a row of import ids, or columns such as StartDate, Status, ResponseId",
    _signs,
    _read,
    strict=True,
)
