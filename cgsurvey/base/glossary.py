"""The one glossary of columns: what a column of a result means, its words per language, how it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cgsurvey.base.data import package_yaml


@dataclass(frozen=True)
class Column:
    """A column that results may have.

    Attributes
    ----------
    name : str
        Name in data frames.
    en, id : str
        Heading per language.
    kind : {"text", "count", "number", "statistic", "coefficient", "p", "share", "percent", "flag"}
        How it is printed: "coefficient" lies within -1..1 as a rule (leading zero dropped in APA), "share" is a
        proportion shown in per cent, "percent" is already in per cent.
    """

    name: str
    en: str
    id: str
    kind: str

    def label(self, language: str) -> str:
        """Return the heading in `language`."""
        return self.id if language == "id" else self.en


def column(name: str) -> Column:
    """Look a column up; KeyError when the glossary lacks it."""
    entry = package_yaml("base/glossary.yaml")[name]
    return Column(name=name, en=entry["en"], id=entry["id"], kind=entry["kind"])


def unknown_columns(names: Iterable[str]) -> list[str]:
    """Return those of `names` that the glossary lacks."""
    known = package_yaml("base/glossary.yaml")
    return [n for n in names if n not in known]
