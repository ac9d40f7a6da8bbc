"""KoboToolbox and ODK: system columns, groups, questions with several answers, repeated groups.

Shapes after the fixtures of Kobo's exporter (formpack) and, for ODK Central, after its documentation ("Using Submission
Data": a zip of csv files, SubmissionDate and KEY in the main table, PARENT_KEY in those of repeats).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.platform import Head, Platform, Request, Signs
from cgsurvey.responses.readers.raw import RawTable, Score, blank
from cgsurvey.responses.words import plain, short

_KOBO = ("_id", "_uuid", "_submission_time", "_validation_status", "__version__", "_index", "_submitted_by", "_tags")
_ODK = ("submissiondate", "key", "instanceid", "formversion", "submitterid", "submittername", "reviewstate")
_KOBO_REPEAT = ("_parent_index", "_parent_table_name")
_ODK_REPEAT = "parent_key"
# Columns that only repeat what the parent row says.
_OF_PARENT = re.compile(r"_submission_|_parent_")
# Placeholders of the appearance "table-list".
_DUMMY = re.compile(r"(?:generated_table_list_label|reserved_name_for_field_list_labels)_\d+")
# Places where a group may end that are tried.
_CUTS = 12
_YES_NO = frozenset(("0", "1", "true", "false", ""))


def _last(header: str) -> str:
    """Return the name without its groups; Central writes meta-instanceID, Kobo meta/instanceID."""
    return re.split(r"[/-]", plain(header))[-1]


def _kobo_signs(head: Head) -> Signs | None:
    for i, row in enumerate(head):
        names = [plain(c).rpartition("/")[2] for c in row]
        seen = [h for h in _KOBO if h in names]
        if len(seen) >= 3:
            return Signs(f"columns {', '.join(seen[:4])}", i)
    return None


def _odk_signs(head: Head) -> Signs | None:
    for i, row in enumerate(head):
        names = [_last(c) for c in row]
        seen = [h for h in _ODK if h in names]
        if ("submissiondate" in seen and len(seen) >= 2) or ("key" in names and _ODK_REPEAT in names):
            return Signs(f"columns {', '.join(seen)}", i)
    return None


def _read(table: RawTable, request: Request) -> RawTable:
    dummies = [j for j, h in enumerate(table.headers) if _DUMMY.fullmatch(_last(h)) and blank(table.cells[j]).all()]
    if dummies:
        gone = set(dummies)
        table = table.select([j for j in range(len(table.headers)) if j not in gone])
        table = table.noted(note("responses.dummy_columns", n=len(gone)))
    table = _grouped(table, request.score)
    choices, notes = several_answers(table)
    return replace(table, choices={**table.choices, **choices}).noted(*notes)


def _grouped(table: RawTable, score: Score | None) -> RawTable:
    """Return the table with group_name as group/name, where only so its columns are those of the instrument.

    An underscore also stands within names, so the cut is where the rest is a name that is known.
    """
    if score is None:
        return table
    headers = list(table.headers)
    known = changed = 0
    for j, header in enumerate(headers):
        main, slash, part = header.partition("/")
        if score([main]):
            known += 1
            continue
        cuts = [i for i, c in enumerate(main) if c == "_" and i][:_CUTS]
        at = next((i for i in cuts if score([main[i + 1 :]])), None)
        if at is not None:
            headers[j] = f"{main[:at]}/{main[at + 1 :]}{slash}{part}"
            changed += 1
    if changed < 2 or changed < known:
        return table
    return replace(table, headers=tuple(headers)).noted(note("responses.groups_cut", n=changed))


def several_answers(table: RawTable) -> tuple[dict[int, dict[str, int]], list[Note]]:
    """Return the yes/no columns of each question with several answers, and notes on contradictions with its text.

    A column "group/question/choice" of 0 and 1 belongs to the nearest column "group/question" before it.
    """
    places: dict[str, int] = {}
    choices: dict[int, dict[str, int]] = {}
    for j, header in enumerate(table.headers):
        cuts = [i for i, c in enumerate(header) if c == "/"]
        for i in reversed(cuts):
            main = places.get(header[:i])
            if main is not None and _yes_no(table.cells[j]):
                choices.setdefault(main, {})[header[i + 1 :]] = j
                break
        else:
            places[header] = j
    notes = []
    for main, parts in choices.items():
        clash = _contradictions(table, main, parts)
        if len(clash):
            rows = some([int(r) for r in table.rows[clash]], 5)
            notes.append(
                note("responses.choices_contradict", question=short(table.headers[main]), n=len(clash), rows=rows)
            )
    return choices, notes


def _yes_no(cells: np.ndarray) -> bool:
    return {c.strip().casefold() for c in pd.unique(cells)} <= _YES_NO


def is_yes(cells: np.ndarray) -> np.ndarray:
    """Return where a yes/no column says yes, shape (n,)."""
    return np.isin(np.array([c.strip().casefold() for c in cells], dtype=object), ("1", "true"))


def _contradictions(table: RawTable, main: int, parts: dict[str, int]) -> np.ndarray:
    """Return positions of rows whose text names other choices than their 0/1 columns."""
    text = table.cells[main]
    told = np.array([" ".join(t.split()) for t in text], dtype=object)
    marked = np.full(len(told), "", dtype=object)
    for choice, j in parts.items():
        marked = np.where(is_yes(table.cells[j]), marked + " " + " ".join(choice.split()), marked)
    # Choices are joined by blanks and may hold some, so the words are compared whatever their order.
    return np.array(
        [i for i, (a, b) in enumerate(zip(told, marked, strict=True)) if sorted(a.split()) != sorted(b.split())],
        dtype=int,
    )


def is_repeat(headers: Sequence[str]) -> bool:
    """Say whether a table holds a repeated group: its rows belong to rows of another table."""
    names = [_last(h) for h in headers]
    return any(h in names for h in _KOBO_REPEAT) or _ODK_REPEAT in names


def join_repeat(tables: dict[str, RawTable], main: str, repeat: str) -> RawTable:
    """Return one row per entry of a repeated group, with the columns of its parents before its own.

    Parameters
    ----------
    tables : mapping of str to RawTable
        All tables of the file by name.
    main, repeat : str
        Names of the main table and of the repeated group.
    """
    known = [n for n in tables if n != main]
    if repeat not in known:
        raise OptionError(
            f"repeat='{repeat}' is no repeated group of the file.{did_you_mean(repeat, known)} "
            f"It has: {some(known) or 'none'}."
        )
    child = tables[repeat]
    keys, parent_of, parent_name = _links(child, repeat, tables, main)
    parent = join_repeat(tables, main, parent_name) if parent_name != main else tables[main]
    own = _column(parent, parent_of)
    place = {k: i for i, k in enumerate(own) if k}
    at = np.array([place.get(k, -1) for k in keys], dtype=int)
    lost = int((at < 0).sum())
    kept = at >= 0
    keep = [j for j, h in enumerate(child.headers) if not _OF_PARENT.match(_last(h)) and _last(h) != _ODK_REPEAT]
    inner = child.select(keep).take(kept)
    outer = parent.select(list(range(len(parent.headers)))).take(at[kept])
    k = len(outer.headers)
    shift: dict[str, Any] = {
        name: {**getattr(outer, name), **{j + k: v for j, v in getattr(inner, name).items()}}
        for name in ("labels", "values", "reasons")
    }
    joined = replace(
        outer,
        headers=(*outer.headers, *inner.headers),
        cells=(*outer.cells, *inner.cells),
        rows=inner.rows,
        sheet=inner.sheet or repeat,
        header_row=inner.header_row,
        **shift,
    )
    joined = joined.noted(note("responses.repeat_joined", repeat=repeat, n=int(kept.sum()), parents=len(own)))
    return joined.noted(note("responses.repeat_orphans", repeat=repeat, n=lost)) if lost else joined


def _column(table: RawTable, name: str) -> np.ndarray:
    """Return a system column; of a joined table that of the innermost group, which stands last."""
    places = [j for j, h in enumerate(table.headers) if _last(h) == name]
    if not places:
        raise DataError(f"{table.named} has no column '{name}', by which a repeated group would be joined.")
    return table.cells[places[-1]]


def _links(child: RawTable, repeat: str, tables: Mapping[str, RawTable], main: str) -> tuple[np.ndarray, str, str]:
    """Return the keys of the parents of each row, the column of the parent that holds them, and its table."""
    heads = [_last(h) for h in child.headers]
    if "_parent_index" in heads:
        told = set(_column(child, "_parent_table_name")) if "_parent_table_name" in heads else set()
        return _column(child, "_parent_index"), "_index", next((n for n in tables if n in told and n != repeat), main)
    keys = _column(child, _ODK_REPEAT)
    others = [n for n, t in tables.items() if n not in (repeat, main) and "key" in [_last(h) for h in t.headers]]
    inner = next((n for n in others if set(keys) & set(_column(tables[n], "key"))), main)
    return keys, "key", inner


KOBO = Platform(
    "kobo", "an export of KoboToolbox", "system columns such as _id, _uuid, _submission_time", _kobo_signs, _read
)
ODK = Platform("odk", "an export of ODK", "columns SubmissionDate and KEY", _odk_signs, _read, strict=True)
