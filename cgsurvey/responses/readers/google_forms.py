"""Google Forms: a time stamp, then the questions in full.

Time stamps follow the locale of the sheet and do not say which; the days above 12 do. Answers to a grid stand in one
column per row, "Question [Row]"; ticked boxes are joined by ", " although the choices may hold commas.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.platform import Head, Platform, Request, Signs
from cgsurvey.responses.readers.raw import RawTable, blank, mapped
from cgsurvey.responses.words import plain

_STAMP = (
    "timestamp",
    "cap waktu",
    "stempel waktu",
    "zeitstempel",
    "타임스탬프",
    "marca temporal",
    "horodateur",
    "carimbo de data/hora",
    "tijdstempel",
    "informazioni cronologiche",
    "タイムスタンプ",
    "时间戳记",
)
_DATE = re.compile(
    r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{2,4})"
    r"(?:[ ,T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([AaPp])?\.?(?:[Mm]\.?)?(?: ?(?:GMT|UTC)[+\-\d:.]*)?)?"
)


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}.*")
_SERIAL = re.compile(r"[34]\d{4}[.,]\d+")  # a moment as workbooks count days, 1982 to 2036


def _column(head: Head) -> tuple[str, int] | None:
    """Return the first column where its header is that of the time stamps, and in which row it stands."""
    for i, row in enumerate(head):
        first = next((c for c in row if c.strip()), "")
        if plain(first) in _STAMP and row and row[0] == first:
            return first.strip(), i
    return None


def _signs(head: Head) -> Signs | None:
    """Recognise an export by its time stamps, and by the way in which these or the other headers are written.

    The header alone would take any table with a column of that name for an export.
    """
    found = _column(head)
    if found is None:
        return None
    first, at = found
    below = [row[0].strip() for row in head[at + 1 :] if row and row[0].strip()]
    clock = [t for t in below if _SERIAL.fullmatch(t) or ((m := _DATE.match(t)) and m[4])]
    questions = sum(len(h.split()) > 1 for h in head[at][1:])
    local = [t for t in clock if not _ISO.fullmatch(t)]
    if 2 * len(clock) < len(below) or not (questions or local):
        return None
    more = ["times of day in it"] if clock else []
    more += [f"{questions} headers of several words"] if questions else ["written by a locale"]
    return Signs(f"first column '{first}', {', '.join(more)}", at)


def _as_named(head: Head) -> Signs | None:
    found = _column(head)
    return Signs(f"first column '{found[0]}'", found[1]) if found else None


def doubt(head: Head) -> str:
    """Return why a table with a column of time stamps is not taken for an export; "" where it has none."""
    found = _column(head)
    if found is None:
        return ""
    return (
        f"first column '{found[0]}', but neither times as Google Forms writes them nor questions as headers; "
        "source='google_forms' decides"
    )


def _read(table: RawTable, request: Request) -> RawTable:
    cells, notes = stamps(table.cells[0], request.day_first, table.headers[0])
    empty = [h for h, c in zip(table.headers, table.cells, strict=True) if blank(c).all()]
    if empty:
        notes.append(note("responses.questions_without_answers", n=len(empty)))
    return replace(table, cells=(cells, *table.cells[1:])).noted(*notes)


def stamps(cells: np.ndarray, day_first: bool | None, column: str) -> tuple[np.ndarray, list[Note]]:
    """Return time stamps as year-month-day, and notes on how the order of day and month was told.

    Parameters
    ----------
    cells : object array, shape (n,)
    day_first : bool, optional
        Whether the day stands before the month; None decides by the numbers above 12, and failing these by the order of
        the file, in which time goes on.
    column : str
        Its header, for the notes.
    """
    found = {t: _DATE.fullmatch(t.strip()) for t in pd.unique(cells)}
    loose = [m for m in found.values() if m and len(m[1]) <= 2 and len(m[3]) in (2, 4)]
    if not loose:
        return cells, []
    day = any(int(m[1]) > 12 for m in loose)
    month = any(int(m[2]) > 12 for m in loose)
    how = "asked"
    if day_first is None:
        if day == month:
            order = None if day else _by_order([found[t] for t in cells])
            if order is None:
                return cells, [note("responses.dates_undecided", column=column, n=len(loose))]
            day_first, how = order, "order"
        else:
            day_first, how = day, "numbers"
    changed = mapped(cells, lambda t: _iso(found[t], bool(day_first)) or t)
    wrong = int(sum(m is not None and _iso(m, bool(day_first)) == "" for m in (found[t] for t in cells)))
    order_name = "d/m" if day_first else "m/d"
    notes = [note(f"responses.dates_by_{how}", column=column, order=order_name)]
    if wrong:
        notes.append(note("responses.dates_left", column=column, n=wrong, order=order_name))
    return changed, notes


def _by_order(found: list[re.Match[str] | None]) -> bool | None:
    """Return whether the day comes first, told by the one reading in which time never goes back; None when both do."""
    steady = {}
    for day_first in (True, False):
        times = [_iso(m, day_first) for m in found if m]
        steady[day_first] = all(a <= b for a, b in itertools.pairwise(times)) and "" not in times
    return None if steady[True] == steady[False] else steady[True]


def _iso(match: re.Match[str] | None, day_first: bool) -> str:
    if match is None:
        return ""
    a, b, c = (int(match[k]) for k in (1, 2, 3))
    if len(match[1]) == 4:
        year, month, day = a, b, c
    else:
        day, month = (a, b) if day_first else (b, a)
        year = c + 2000 if len(match[3]) == 2 else c
    hour, minute, second = (int(match[k] or 0) for k in (4, 5, 6))
    if match[7]:
        hour = hour % 12 + 12 * (match[7].lower() == "p")
    try:
        moment = dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return ""
    return moment.isoformat() if match[4] else moment.date().isoformat()


GOOGLE_FORMS = Platform(
    "google_forms",
    "an export of Google Forms",
    "a first column of time stamps, headed 'Timestamp'",
    _signs,
    _read,
    strict=True,
    named=_as_named,
)
