"""The order of periods: numbers, dates, ordered categories, and the usual names of parts of a year."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from cgsurvey.base.errors import OptionError, some

_MONTHS = (
    *(("jan", 1), ("feb", 2), ("mar", 3), ("apr", 4), ("mei", 5), ("may", 5), ("jun", 6), ("jul", 7)),
    *(("agu", 8), ("ags", 8), ("aug", 8), ("sep", 9), ("okt", 10), ("oct", 10), ("nov", 11), ("des", 12), ("dec", 12)),
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


def ordered(column: pd.Series, order: Sequence[Any] | None, name: str) -> list[Any]:
    """Return the periods of a column from the first to the last.

    Raises
    ------
    OptionError
        When `order` lacks a period or names one twice, or when none is given and the periods do not tell their order.
    """
    seen = list(column.dropna().unique())
    if order is not None:
        listed = list(order)
        absent = [str(v) for v in seen if v not in listed]
        if absent or len(set(listed)) < len(listed):
            fault = f"it lacks {some(absent)}" if absent else "a period stands twice"
            raise OptionError(
                f"order={[str(v) for v in listed]}: {fault}. "
                f"Name each period of '{name}' once, from the first to the last."
            )
        return [v for v in listed if v in seen]
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        return [v for v in column.cat.categories if v in seen]
    if is_numeric_dtype(column) or is_datetime64_any_dtype(column) or isinstance(column.dtype, pd.PeriodDtype):
        return sorted(seen)
    places = {v: place(str(v)) for v in seen}
    known = {p for p in places.values() if p is not None}
    if len(known) < len(seen) or len({kind for _, kind, _ in known}) > 1:
        raise OptionError(
            f"the order of the periods in '{name}' is not certain: {some(map(str, seen), 8)}. Say it: "
            f"order={[str(v) for v in seen[:4]]}, from the first to the last."
        )
    return sorted(seen, key=lambda v: places[v] or (0, "", 0))


def place(text: str) -> tuple[int, str, int] | None:
    """Return year, kind of part ("", "month", "part") and its number; None where a text does not tell.

    Read are "2024", "2024-2", "Semester II 2024", "Q3 2024", "Triwulan IV/2024", "Maret 2024".
    """
    year = _YEAR.search(text)
    if year is None:
        return None
    rest = (text[: year.start()] + " " + text[year.end() :]).lower()
    words = re.findall(r"[a-z]+|\d+", rest)
    for word in words:
        for start, number in _MONTHS:
            if len(word) >= 3 and word.startswith(start):
                return int(year.group(1)), "month", number
    numbers = [int(w) for w in words if w.isdigit()] + [_ROMAN[w] for w in words if w in _ROMAN]
    if len(numbers) > 1:
        return None
    return (int(year.group(1)), "part", numbers[0]) if numbers else (int(year.group(1)), "", 0)
