"""Sentences: a key of the catalogue and the values that it names, printed per language.

`paragraphs` is the registry: each room registers what it tells about its classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import OptionError
from cgsurvey.base.references import Rule
from cgsurvey.present.numbers import p_phrase, show
from cgsurvey.present.table import Words
from cgsurvey.present.tables.style import Style

NAMED = 5  # names listed in a sentence
ALPHA = 0.05
# A count with its noun is a word below ten; "#respondent|respondents" keeps digits beside another number.
_SMALL = {
    "en": ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "id": ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"),
}


@dataclass(frozen=True)
class Sentence:
    """One sentence: its key in the catalogue and the values it names."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


Paragraphs = Mapping[str, list[Sentence]]


def catalogue(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by key."""
    found: Mapping[str, str] = package_yaml(f"present/narration/{language}.yaml")
    return found


@dataclass(frozen=True)
class _Said:
    """A value in a sentence: `format` prints it for the language."""

    value: Any
    language: str

    def __format__(self, spec: str) -> str:
        value, language = self.value, self.language
        if isinstance(value, Words):
            return value.of(language)
        if isinstance(value, list | tuple):
            return _listed([f"{_Said(v, language)}" for v in value], language)
        if spec == "p=":
            return p_phrase(value, language)
        if spec == "df":
            return show(value, "count" if float(value).is_integer() else "number", language)
        if "|" in spec:  # "index|indices": the number with the right form of its noun
            one, many = spec.lstrip("#").split("|")
            number = show(value, "count", language) if spec.startswith("#") else _counted(value, language)
            return f"{number} {one if value == 1 else many}"
        kind, _, digits = spec.partition(".")
        return show(value, kind or "text", language, int(digits) if digits else None)


def _counted(value: Any, language: str) -> str:
    small = value in range(len(_SMALL[language]))
    return _SMALL[language][int(value)] if small else show(value, "count", language)


def _listed(names: list[str], language: str) -> str:
    rest = len(names) - NAMED
    more = {"en": "{} more", "id": "{} lainnya"}[language]
    shown = names[:NAMED] + ([more.format(rest)] if rest > 0 else [])
    link = {"en": "and", "id": "dan"}[language]
    if len(shown) < 3:
        return f" {link} ".join(shown)
    return ", ".join(shown[:-1]) + f", {link} {shown[-1]}"


def say(sentence: Sentence, language: str) -> str:
    """Return a sentence in words."""
    values = {k: _Said(v, language) for k, v in sentence.values.items()}
    text = Formatter().vformat(catalogue(language)[sentence.key], (), values)
    return text[:1].upper() + text[1:]


def paragraph(sentences: Iterable[Sentence], language: str) -> str:
    """Return sentences as one paragraph."""
    return " ".join(say(s, language) for s in sentences)


@singledispatch
def paragraphs(x: Any, style: Style) -> Paragraphs:
    """Return the sentences about `x` by the name of the table that they go with."""
    raise OptionError(f"nothing can be told about a {type(x).__name__}. Give Responses or a result of cgsurvey.")


def verdicts(values: pd.Series, by: Rule | None, *wanted: str) -> list[str]:
    """Return the names whose value has one of the wanted verdicts."""
    return [] if by is None else [str(n) for n, v in values.items() if by.verdict(float(v)) in wanted]


def extremes(values: pd.Series) -> tuple[str, float, str, float] | None:
    """Return the name and value of the smallest and of the largest known value."""
    known = values.dropna()
    if known.empty:
        return None
    low, high = int(known.argmin()), int(known.argmax())
    return str(known.index[low]), float(known.iloc[low]), str(known.index[high]), float(known.iloc[high])


def largest(square: pd.DataFrame) -> tuple[str, str, float] | None:
    """Return the largest absolute value below the diagonal and its pair."""
    values = square.to_numpy(dtype=float)
    i, j = np.tril_indices(len(values), -1)
    known = np.isfinite(values[i, j])
    if not known.any():
        return None
    at = int(np.argmax(np.where(known, np.abs(values[i, j]), -1.0)))
    return str(square.index[j[at]]), str(square.index[i[at]]), float(values[i[at], j[at]])
