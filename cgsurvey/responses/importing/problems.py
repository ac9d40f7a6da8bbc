"""All faults of a file in one table and one message, never the first only; sentences stand in `problems.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import CodingError, ColumnNotFoundError, DataError
from cgsurvey.responses.words import short

COLUMNS = ("row", "column", "item", "value", "problem", "remedy")
_SHOWN = 10
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "column": "column '{}'",
        "item": " (item {})",
        "row": " row {}",
        "rows": " rows {}",
        "more": " and {} more",
        "head": "{kinds} kinds of problems, {n} in all.",
        "rest": "and {} more; all of them stand in the `problems` table of this error.",
    },
    "id": {
        "column": "kolom '{}'",
        "item": " (butir {})",
        "row": " baris {}",
        "rows": " baris {}",
        "more": " dan {} lainnya",
        "head": "{kinds} jenis masalah, seluruhnya {n}.",
        "rest": "dan {} lagi; semuanya ada di tabel `problems` pada galat ini.",
    },
}


@dataclass(frozen=True)
class Problem:
    """One fault: what, where, remedy.

    Attributes
    ----------
    code : str
        Its entry in `problems.yaml`.
    values : mapping
        What its sentences name; a tuple is listed.
    item, column, value : str
        Where; "" where it does not apply. A value never shows personal data.
    rows : tuple of int
        Rows of the file.
    error : type
        The error that the fault would be on its own.
    gist : str
        Entry of one sentence for many faults of one kind; they share a line of the message.
    level : {"error", "warning"}
        A warning was dealt with and is told; an error stops the reading.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    item: str = ""
    column: str = ""
    value: str = ""
    rows: tuple[int, ...] = ()
    error: type[DataError] = CodingError
    gist: str = ""
    level: Literal["error", "warning"] = "error"

    def say(self, part: Literal["problem", "remedy", "gist"], language: str = "en") -> str:
        """Return a sentence of the fault, "" where it has none."""
        entry = package_yaml("responses/importing/problems.yaml")[self.gist if part == "gist" else self.code]
        values = {k: listed(v, language) if isinstance(v, tuple) else v for k, v in self.values.items()}
        return entry.get(language, entry["en"]).get(part, "").format(**values)


@dataclass
class Problems:
    """Collects faults while a file is read."""

    where: str = ""
    found: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        *,
        item: str = "",
        column: str = "",
        value: str = "",
        rows: Sequence[int] | np.ndarray = (),
        error: type[DataError] = CodingError,
        gist: str = "",
        level: Literal["error", "warning"] = "error",
        **values: Any,
    ) -> None:
        """Note one fault; further `values` are what its sentences name. See `Problem`."""
        named = {"item": item, "column": short(column), "value": short(value, 30), **values}
        places = tuple(int(r) for r in rows)
        self.found.append(Problem(code, named, item, column, short(value), places, error, gist, level))

    @property
    def errors(self) -> Problems:
        """The faults that stop the reading."""
        return Problems(self.where, [p for p in self.found if p.level == "error"])

    @property
    def warnings(self) -> Problems:
        """The faults that were dealt with."""
        return Problems(self.where, [p for p in self.found if p.level == "warning"])

    def __len__(self) -> int:
        """Cells and columns at fault."""
        return sum(max(len(p.rows), 1) for p in self.found)

    def frame(self, language: str = "en") -> pd.DataFrame:
        """Return one row per cell (or column) at fault: row, column, item, value, problem, remedy."""
        times = [max(len(p.rows), 1) for p in self.found]
        rows = np.array([r for p in self.found for r in (p.rows or (-1,))], dtype="int64")
        texts = {
            "column": [p.column for p in self.found],
            "item": [p.item for p in self.found],
            "value": [p.value for p in self.found],
            "problem": [p.say("problem", language) for p in self.found],
            "remedy": [p.say("remedy", language) for p in self.found],
        }
        parts: dict[str, object] = {"row": pd.array(rows, dtype="Int64")}
        parts |= {k: pd.array(np.repeat(np.array(v, dtype=object), times), dtype="str") for k, v in texts.items()}
        frame = pd.DataFrame(parts, columns=list(COLUMNS))
        return frame.assign(row=frame["row"].mask(frame["row"] < 0))

    def groups(self, language: str = "en") -> Iterator[list[Problem]]:
        """Yield the faults by kind; the same value in many columns is one kind."""
        groups: dict[tuple[str, ...], list[Problem]] = {}
        for p in self.found:
            place = p.value if p.rows else p.item + p.column
            said = (p.say("problem", language), p.say("remedy", language))
            key = (p.say("gist", language),) if p.gist else (place, *said)
            groups.setdefault(key, []).append(p)
        yield from groups.values()

    def lines(self, language: str = "en") -> list[str]:
        """Return one line per kind of fault."""
        return [_line(same, language) for same in self.groups(language)]

    def text(self, language: str = "en") -> str:
        """Return the faults as one message."""
        lines = self.lines(language)
        if len(lines) == 1:
            return f"{self.where}: {lines[0]}"
        words = _WORDS[language]
        more = len(lines) - _SHOWN
        shown = "".join(f"\n  - {line}" for line in lines[:_SHOWN])
        rest = f"\n  {words['rest'].format(more)}" if more > 0 else ""
        return f"{self.where}: {words['head'].format(kinds=len(lines), n=len(self))}{shown}{rest}"

    def raise_any(self, matches: Any = (), notes: Sequence[Any] = ()) -> None:
        """Raise one error that lists all faults, if there are any.

        Its `problems` is their `frame()`, its `found` all that was collected, its `matches` how columns were matched,
        its `notes` what else was noted.
        """
        faults = self.errors
        if not faults.found:
            return
        kinds = {p.error for p in faults.found}
        error = next((k for k in (ColumnNotFoundError, DataError, CodingError) if k in kinds), DataError)
        raised = error(faults.text())
        raised.problems = faults.frame()
        raised.found = self
        raised.matches = matches
        raised.notes = tuple(notes)
        raise raised


def listed(values: Sequence[object], language: str = "en", limit: int = 8) -> str:
    """Join values for a message: the first `limit`, then how many more there are."""
    rest = len(values) - limit
    more = _WORDS[language]["more"].format(rest) if rest > 0 else ""
    return ", ".join(str(v) for v in values[:limit]) + more


def _line(same: list[Problem], language: str) -> str:
    first = same[0]
    if first.gist:
        return first.say("gist", language)
    words = _WORDS[language]
    places = tuple(
        words["column"].format(short(p.column))
        + (words["item"].format(p.item) if p.item and p.item != p.column else "")
        + (words["rows" if len(p.rows) > 1 else "row"].format(listed(p.rows, language, 5)) if p.rows else "")
        for p in same
        if p.column
    )
    value = f"'{first.value}' " if first.rows and first.value else ""
    where = f": {listed(places, language, 4)}" if places and first.rows else ""
    remedy = first.say("remedy", language).rstrip(".")
    problem = first.say("problem", language).rstrip(".")
    return f"{value}{problem}{where}." + (f" {remedy}." if remedy else "")
