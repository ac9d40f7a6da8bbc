"""Dates that a spreadsheet left as numbers: days since the end of 1899."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pandas as pd

from cgsurvey.base.errors import some
from cgsurvey.base.notes import note
from cgsurvey.responses.readers.raw import RawTable, mapped
from cgsurvey.responses.words import plain, short

_HEADER = re.compile(r"\b(?:tanggal|tgl|date|timestamp|cap waktu|stempel waktu)\b")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
# 1970 to 2099: what lies outside is no day on which a survey was answered.
_FIRST, _LAST = 25_569, 73_050
_EPOCH = dt.datetime(1899, 12, 30)


def serials(table: RawTable) -> RawTable:
    """Return the table with numbers of days as dates, in columns whose header speaks of a date."""
    changed = list(table.cells)
    found = []
    for j, header in enumerate(table.headers):
        if len(header) > 200 or not _HEADER.search(plain(header).replace("_", " ")):
            continue
        texts = [t.strip() for t in pd.unique(table.cells[j]) if t.strip()]
        if texts and all(_SERIAL.fullmatch(t) and _FIRST <= float(t) <= _LAST for t in texts):
            changed[j] = mapped(table.cells[j], _iso)
            found.append(short(header, 40))
    if not found:
        return table
    return replace(table, cells=tuple(changed)).noted(note("responses.date_serials", columns=some(found)))


def _iso(text: str) -> str:
    if not text.strip():
        return text
    moment = _EPOCH + dt.timedelta(seconds=round(float(text) * 86_400))
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat()
