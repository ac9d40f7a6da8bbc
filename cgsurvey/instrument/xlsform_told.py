"""What a form tells, as a document like an instrument file, and what of the form has no place in it, each by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cgsurvey.base.notes import Note, note
from cgsurvey.instrument.check import Path as Place
from cgsurvey.instrument.xlsform import EXTRA
from cgsurvey.instrument.xlsform_sheets import Row, yes

Document = dict[str, Any]
# The columns of each sheet that are read, beside labels, hints and messages.
READ: Mapping[str, frozenset[str]] = {
    "survey": frozenset({"type", "name", "required", "relevant", "constraint", "appearance", "disabled", *EXTRA}),
    "choices": frozenset({"list_name", "name", "score", "missing"}),
    "settings": frozenset({"form_title", "form_id", "version", "default_language"}),
}


@dataclass
class Told:
    """What the sheets tell: a document as an instrument file holds it, the row of each part, and what was left out."""

    stem: str
    document: Document = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    noted: dict[str, dict[tuple[str, str], dict[str, set[int]]]] = field(default_factory=dict)

    def note(self, code: str, what: str, row: int | None = None, *, sheet: str = "survey", kind: str = "") -> None:
        """Keep one thing to be told by the note of that code, with its place and, where it has one, its kind."""
        places = self.noted.setdefault(code, {}).setdefault((what, kind), {})
        if row is not None:
            places.setdefault(sheet, set()).add(row)

    def left(self, row: Row, sheet: str) -> None:
        """Note the cells of a row whose columns are not read."""
        for column in row.cells:
            if column not in READ[sheet]:
                self.note("cells", column, row.number, sheet=sheet)
        if sheet == "survey":
            for column in ("appearance", "required"):
                if not _whole(column, row.text(column)):
                    self.note("cells", f"{column} {row.text(column)}", row.number)

    def words(self, words: Mapping[str, str], name: str, spoken: Sequence[str]) -> dict[str, str]:
        """Return words in all languages; another language stands in for one that is missing."""
        known = next((words[x] for x in spoken if x in words), name)
        for x in spoken:
            if x not in words:
                self.note("untranslated", f"{name} ({x})")
        return {x: words.get(x, known) for x in spoken}

    def remarks(self) -> tuple[Note, ...]:
        """Return the notes, one per kind; every single thing stands in them."""
        return tuple(
            note(
                f"instrument.xlsform_{code}", what="; ".join(_shown(*key, at) for key, at in found.items()), n=_n(found)
            )
            for code, found in self.noted.items()
        )


def _whole(column: str, text: str) -> bool:
    """Return whether all that a cell says is taken over."""
    if column == "appearance":
        return set(text.lower().split()) <= {"likert", "table-list", "field-list"}
    return yes(text) or text.casefold() in ("", "no", "false", "false()", "0", "n", "tidak")


def _n(found: Mapping[tuple[str, str], Mapping[str, set[int]]]) -> int:
    return sum(max(1, sum(map(len, at.values()))) for at in found.values())


def _shown(what: str, kind: str, at: Mapping[str, set[int]]) -> str:
    """Return a thing with its places: "thanks (note, survey:6)", "media::image (survey:3-5, 9)"."""
    places = [f"{sheet}:{_ranges(rows)}" for sheet, rows in at.items()]
    told = ", ".join(filter(None, (kind, *places)))
    return f"{what} ({told})" if told and what else what or told


def _ranges(rows: Iterable[int]) -> str:
    """Return row numbers with runs drawn together, e.g. "3-5, 9"."""
    runs: list[list[int]] = []
    for row in sorted(rows):
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)
