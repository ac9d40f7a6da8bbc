"""A report in the making: what it is made of, in which words, and what was numbered and cited so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cgsurvey.base.notes import Note
from cgsurvey.base.references import reference
from cgsurvey.base.registration import Registration
from cgsurvey.present.document import Figure, Numbered
from cgsurvey.present.report.parts import Parts
from cgsurvey.present.table import Table
from cgsurvey.present.tables.style import Style


@dataclass
class Draft:
    """A report in the making.

    Attributes
    ----------
    notes : tuple of Note
        What belongs to no single part.
    late : list
        Tables that stand in the appendix.
    cited : list of str
        Keys of the sources that were named.
    tables : list of (anchor, Table)
        The tables numbered so far.
    """

    parts: Parts
    language: str
    style: Style
    figures: bool
    stamp: Mapping[str, str]
    notes: tuple[Note, ...] = ()
    late: list[Numbered] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    tables: list[tuple[str, Table]] = field(default_factory=list)
    count: int = 0

    def numbered(self, name: str, item: Table | Figure) -> Numbered:
        """Give a table or figure its number; its sources are cited."""
        self.count += 1
        anchor = f"{self.count}:{name}"
        if isinstance(item, Table):
            self.cited += item.references
            self.tables.append((anchor, item))
        return Numbered(anchor, item)

    def about(self, name: str, *parts: Any) -> list[Numbered]:
        """Return the table of that name about the first of these parts that has one."""
        origins = [self.parts.origin(p) for p in parts]
        return [Numbered(a, made) for a, made in self.tables if made.name == name and made.origin in origins][:1]

    def cites(self, keys: Iterable[str]) -> str:
        """Return sources for a bracket, "Cronbach, 1951; Feldt, 1965"."""
        listed = list(dict.fromkeys(keys))
        self.cited += listed
        # One author alone comes before the same with others; years of the same authors stand together.
        shorts = sorted((reference(k).short for k in listed), key=lambda s: s.casefold().replace(" &", "~"))
        years: dict[str, list[str]] = {}
        for short in shorts:
            who, _, year = short.rpartition(" (")
            years.setdefault(who, []).append(year.rstrip(")"))
        told = "; ".join(f"{who}, {', '.join(found)}" for who, found in years.items())
        return told.replace(" et al.", " dkk.").replace(" & ", " dan ") if self.language == "id" else told

    def sources(self) -> tuple[str, ...]:
        """Return the keys of all sources that were named so far or that a result rests on.

        A plan that was not registered rests on none.
        """
        rest = [r for r in self.parts.results if not isinstance(r, Registration) or r.registered]
        return tuple(dict.fromkeys([*self.cited, *(k for r in rest for k in r.meta.references)]))
