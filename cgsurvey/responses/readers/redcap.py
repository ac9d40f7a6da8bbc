"""REDCap: one row per record and event, boxes as columns `name___code`, the questions in a data dictionary.

Shapes after the package REDCapR and the data dictionary that REDCap exports, in which "1, Yes | 2, No" lists the
choices of a field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import note
from cgsurvey.responses.readers import structure, text
from cgsurvey.responses.readers.markup import without_tags
from cgsurvey.responses.readers.platform import Head, Platform, Request, Signs
from cgsurvey.responses.readers.raw import RawTable
from cgsurvey.responses.readers.structure import Structure
from cgsurvey.responses.words import plain

_BOX = re.compile(r"([a-z][a-z0-9_]*?)___([a-z0-9_]+)")
_SYSTEM = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_survey_identifier")
_FIELD, _TYPE, _LABEL = "variable / field name", "field type", "field label"
_CHOICES = "choices, calculations, or slider labels"
_CHOSEN = frozenset(("1", "checked"))


def _signs(head: Head) -> Signs | None:
    for i, row in enumerate(head):
        names = [plain(c) for c in row]
        seen = [h for h in _SYSTEM if h in names]
        boxes = [n for n in names if _BOX.fullmatch(n)]
        complete = [n for n in names if n.endswith("_complete")]
        found = [*seen, *boxes[:2], *complete[:1]]
        if seen or (complete and (boxes or names[0] == "record_id")) or len(boxes) > 1:
            return Signs(f"columns {', '.join(found[:4])}", i)
    return None


def _read(table: RawTable, request: Request) -> RawTable:
    known = _dictionary(table, request)
    boxes: dict[str, dict[str, int]] = {}
    for j, header in enumerate(table.headers):
        box = _BOX.fullmatch(plain(header))
        if box:
            boxes.setdefault(box[1], {})[box[2]] = j
    if known is not None:
        table = structure.apply(table, known, _CHOSEN)
    have = {plain(h) for h in table.headers}
    new = {n: parts for n, parts in boxes.items() if n not in have}
    k = len(table.headers)
    table = table.append(
        list(new),
        [structure.joined(table, parts, _CHOSEN) for parts in new.values()],
        {k + i: dict(parts) for i, parts in enumerate(new.values())},
    )
    if known is not None:
        said = {k + i: known.labels[n] for i, n in enumerate(new) if n in known.labels}
        codes = {k + i: dict(known.values[n]) for i, n in enumerate(new) if n in known.values}
        table = replace(table, labels={**table.labels, **said}, values={**table.values, **codes})
    first = table.cells[0]
    n = len(first) - len(pd.unique(first))
    if n and any(plain(h) in _SYSTEM[:3] for h in table.headers):
        table = table.noted(note("responses.several_rows", n=n, column=table.headers[0]))
    return table


def _dictionary(table: RawTable, request: Request) -> Structure | None:
    """Return the dictionary that was named, or the one beside the file whose name belongs to that of the data."""
    if request.structure is not None:
        return parse_dictionary(structure.content(request.structure), request.structure.name)
    stem = re.split(r"_+data(?![a-z])", Path(table.file).stem, maxsplit=1, flags=re.IGNORECASE)
    if len(stem) < 2 or not stem[0]:
        return None
    own = re.compile(re.escape(stem[0]) + r"_+(?:data)?dictionary[^/]*\.csv", re.IGNORECASE)
    near = [n for n in request.near.names() if own.fullmatch(n)]
    return parse_dictionary(request.near.read(near[0]), near[0]) if len(near) == 1 else None


def is_dictionary(head: Head) -> bool:
    """Say whether the first row is that of a data dictionary, which holds no answers."""
    return any({_FIELD, _TYPE, _LABEL} <= {plain(c) for c in row} for row in head[:1])


def parse_dictionary(content: bytes, where: str) -> Structure:
    """Return the structure that a data dictionary holds."""
    words, _, _ = text.decode(content, None, where)
    try:
        rows = list(csv.reader(io.StringIO(words, newline=""), delimiter=text.sniff(words)))
    except csv.Error as error:
        raise DataError(f"{where} breaks off: {error}. Export the data dictionary again.") from error
    if not rows or not is_dictionary(rows[:1]):
        raise DataError(
            f"{where} is no data dictionary of REDCap: it has no columns 'Variable / Field Name', 'Field Type' and "
            "'Field Label'."
        )
    at = {plain(c): j for j, c in enumerate(rows[0])}
    labels, values = {}, {}
    several: dict[str, dict[str, str]] = {}
    for row in rows[1:]:
        cells = {name: row[j] if j < len(row) else "" for name, j in at.items()}
        name = cells[_FIELD].strip()
        if not name:
            continue
        labels[name] = without_tags(cells[_LABEL])
        kind = cells[_TYPE].strip().lower()
        codes = _codes(cells.get(_CHOICES, "")) if kind in ("radio", "dropdown", "checkbox") else {}
        if kind == "yesno":
            codes = {"1": "Yes", "0": "No"}
        elif kind == "truefalse":
            codes = {"1": "True", "0": "False"}
        if codes:
            values[name] = codes
        if kind == "checkbox":
            several[name] = {c: f"{name}___{_box_name(c)}" for c in codes}
            for code, said in codes.items():
                labels[f"{name}___{_box_name(code)}"] = f"{labels[name]} [{said}]"
    return Structure((), labels, values, several, where)


def _codes(choices: str) -> Mapping[str, str]:
    """Return code to label of "1, Yes | 2, No"; labels may hold commas, codes do not."""
    pairs = [c.partition(",") for c in choices.split("|")]
    return {code.strip(): without_tags(label) for code, cut, label in pairs if cut and code.strip()}


def _box_name(code: str) -> str:
    """Return a code as it stands in the name of a column: lower case, a minus as an underscore."""
    return code.lower().replace("-", "_")


REDCAP = Platform(
    "redcap",
    "an export of REDCap",
    "boxes as columns name___code, columns form_complete, or redcap_event_name",
    _signs,
    _read,
)
