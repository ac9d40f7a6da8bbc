"""All faults of a file in one error, never the first only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, ColumnNotFoundError, DataError, some
from cgsurvey.responses.words import short

_SHOWN = 10


@dataclass(frozen=True)
class Problem:
    """One fault: what, where, remedy.

    Attributes
    ----------
    problem : str
        What is wrong, without the place.
    remedy : str
    item, column, value : str
        Where; "" where it does not apply.
    rows : sequence of int
        Rows of the file.
    error : type
        The error that the fault would be on its own.
    gist : str
        One sentence for many faults of one kind; they share a line of the message.
    """

    problem: str
    remedy: str = ""
    item: str = ""
    column: str = ""
    value: str = ""
    rows: Sequence[int] = ()
    error: type[DataError] = CodingError
    gist: str = ""


@dataclass
class Problems:
    """Collects faults while a file is read."""

    where: str
    found: list[Problem] = field(default_factory=list)

    def add(self, problem: str, remedy: str = "", **place: Any) -> None:
        """Note one fault; see `Problem`."""
        self.found.append(Problem(problem, remedy, **place))

    def frame(self) -> pd.DataFrame:
        """Return one row per cell (or column) at fault: row, column, item, value, problem, remedy."""
        parts: dict[str, object] = {
            "row": pd.array(
                np.concatenate([np.asarray(p.rows if len(p.rows) else [-1], dtype="int64") for p in self.found]),
                dtype="Int64",
            )
        }
        times = [max(len(p.rows), 1) for p in self.found]
        for name in ("column", "item", "value", "problem", "remedy"):
            parts[name] = pd.array(
                np.repeat(np.array([getattr(p, name) for p in self.found], dtype=object), times), dtype="str"
            )
        frame = pd.DataFrame(parts)
        return frame.assign(row=frame["row"].mask(frame["row"] < 0))

    def lines(self) -> list[str]:
        """Return one line per kind of fault; the same value in many columns is one line."""
        groups: dict[tuple[str, str, str], list[Problem]] = {}
        for p in self.found:
            place = p.value if len(p.rows) else p.item + p.column
            key = (p.gist, "", "") if p.gist else (place, p.problem, p.remedy)
            groups.setdefault(key, []).append(p)
        return [_line(same) for same in groups.values()]

    def raise_any(self) -> None:
        """Raise one error that lists all faults; its `problems` is `frame()`."""
        if not self.found:
            return
        lines = self.lines()
        kinds = {p.error for p in self.found}
        error = next((k for k in (ColumnNotFoundError, DataError, CodingError) if k in kinds), DataError)
        if len(lines) == 1:
            text = f"{self.where}: {lines[0]}"
        else:
            more = len(lines) - _SHOWN
            shown = "".join(f"\n  - {line}" for line in lines[:_SHOWN])
            rest = f"\n  and {more} more; all of them stand in the `problems` table of this error." if more > 0 else ""
            text = f"{self.where}: {len(lines)} kinds of problems, {len(self.frame())} in all.{shown}{rest}"
        raised = error(text)
        raised.problems = self.frame()
        raise raised


def _line(same: list[Problem]) -> str:
    first = same[0]
    if first.gist:
        return first.gist
    places = [
        f"column '{short(p.column)}'"
        + (f" (item {p.item})" if p.item and p.item != p.column else "")
        + (f" row{'s' * (len(p.rows) > 1)} {some(p.rows, 5)}" if len(p.rows) else "")
        for p in same
        if p.column
    ]
    value = f"'{short(first.value)}' " if len(first.rows) else ""
    where = f": {some(places, 4)}" if places and len(first.rows) else ""
    remedy = f" {first.remedy.rstrip('.')}." if first.remedy else ""
    return f"{value}{first.problem.rstrip('.')}{where}.{remedy}"
