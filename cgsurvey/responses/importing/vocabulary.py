"""The names and wordings by which the columns of an instrument can be told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from cgsurvey.responses.words import plain

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.instrument.parts import Item, Question

# "1.", "1-1.", "P3)", "Q12:" before a question; the number alone, without a mark after it, belongs to the text.
_NUMBERING = re.compile(r"^\(?[a-z]{0,2}\d+(?:[.\-_]\d+)*\s*[.):\-]\s*", re.IGNORECASE)
_GRID = re.compile(r"\[([^\[\]]+)\]\s*$")
# What a form says after a question about how to answer it.
_HOW_TO = re.compile(
    r"\s*[(\[](?:tidak wajib|wajib|harus|opsional|optional|required|mandatory|pilih|select|choose)[^()\[\]]*[)\]]$"
)
_CUTS = 24  # places where a group may end and the question begin, that are tried
_VARIANTS = 6  # texts of one column that are compared with the questions


class Vocabulary:
    """The names and wordings by which an instrument can be recognised."""

    def __init__(self, instrument: Instrument | None) -> None:
        self.names: dict[str, str] = {}
        self.words: dict[str, dict[str, str]] = {}
        self.labels: dict[str, tuple[str, ...]] = {}
        asked: list[Item | Question] = []
        if instrument is not None:
            asked = [*instrument.items, *instrument.demographics]
        for question in asked:
            self.names[plain(question.name)] = question.name
            self.labels[question.name] = tuple(question.label.values())
            for language, words in question.label.items():
                self.words.setdefault(plain(words), {})[question.name] = language

    def find(self, header: str, question: str = "") -> tuple[tuple[str, ...], str]:
        """Return the names that a header, or else the text of its question, can mean and how: the first way."""
        for key, how in _keys(header):
            if how.endswith("name") and key in self.names:
                return (self.names[key],), how
            if how.startswith("label") and key in self.words:
                found = self.words[key]
                return tuple(found), f"{how}:{next(iter(found.values()))}"
        return self.asked(question)

    def asked(self, question: str) -> tuple[tuple[str, ...], str]:
        """Return the names whose wording the text of a question is, and how."""
        for key, how in _keys(question) if question else ():
            if how.startswith("label") and key in self.words:
                found = self.words[key]
                return tuple(found), f"question {how}:{next(iter(found.values()))}"
        return (), ""

    def score(self, row: Sequence[str]) -> int:
        """Return how many cells of a row are headers of the instrument."""
        return sum(bool(self.find(c)[0]) for c in row if c.strip())


def _keys(header: str) -> Iterator[tuple[str, str]]:
    whole = plain(_HOW_TO.sub("", plain(header)))
    yield whole, "name"
    # Both the prefix and the words themselves may hold a slash, so every cut is tried, the longest rest first.
    rests = [whole[m.end() :].strip() for m in islice(re.finditer("/", whole), _CUTS)]
    yield from ((r, "group/name") for r in rests)
    if "-" in whole:
        yield whole.rpartition("-")[2].strip(), "group-name"
    yield whole, "label"
    yield from ((r, "label in group") for r in rests)
    grid = _GRID.search(whole)
    inner = [plain(grid[1])] if grid else []
    yield from ((g, "label in grid") for g in inner)
    # "How far do you agree: ..." and what else a form says before the statement.
    yield from ((plain(whole[m.end() :]), "label after text") for m in islice(re.finditer(r"[:?>] ", whole), _CUTS))
    for text in (whole, *rests, *inner):
        bare = _NUMBERING.sub("", text)
        if bare != text:
            yield plain(bare), "label after number"


def sentences(header: str, question: str) -> list[str]:
    """Return the comparable texts of a column that may be its question: of two words or more."""
    keys = (key for text in (header, question) if text for key, how in _keys(text) if how.startswith("label"))
    return list(islice((k for k in dict.fromkeys(keys) if " " in k), _VARIANTS))
