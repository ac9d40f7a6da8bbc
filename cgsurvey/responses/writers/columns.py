"""What stands in each column of a file of answers, whatever the format: codes, texts, labels, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.instrument.parts import in_language
from cgsurvey.responses.importing.decoding import NO_ANSWERS, Decoder
from cgsurvey.responses.readers.cells import column_text
from cgsurvey.responses.words import number

if TYPE_CHECKING:
    from cgsurvey.instrument import Item, Question, Scale
    from cgsurvey.responses.responses import Responses

# The words of a file for each reason; "invalid" is written as blank, and told.
WORDS: Mapping[str, Mapping[str, str]] = package_yaml("responses/importing/labels.yaml")["reasons"]
WRITTEN = tuple(WORDS)


@dataclass(frozen=True)
class Column:
    """One column to be written.

    Attributes
    ----------
    name : str
    label : str
        The text of the question.
    numbers : float array, shape (n,), optional
        Codes of an item or numbers of another column, NaN where there is none; None for text.
    texts : object array, shape (n,), optional
        Cells of a text column, "" where there is none.
    reasons : object array, shape (n,), optional
        Why an item has no answer, "" where it has one.
    values : mapping
        Code (float of a column of numbers, text of another) to its words.
    ordered : bool
        Whether it is an item.
    scale : Scale, optional
    """

    name: str
    label: str = ""
    numbers: np.ndarray | None = None
    texts: np.ndarray | None = None
    reasons: np.ndarray | None = None
    values: Mapping[float | str, str] = field(default_factory=dict)
    ordered: bool = False
    scale: Scale | None = None

    def told(self) -> tuple[str, ...]:
        """Return the reasons that occur, in one fixed order."""
        return () if self.reasons is None else tuple(r for r in WRITTEN if (self.reasons == r).any())


def columns_of(responses: Responses, language: str | None) -> tuple[list[Column], str, list[Note]]:
    """Return the columns of answers, the language of their words, and notes on what no file can hold."""
    instrument = responses.instrument
    if instrument is not None:
        language = choose("language", language or instrument.default_language, instrument.languages)
    language = language or "en"
    asked: dict[str, Item | Question] = {}
    items: set[str] = set()
    if instrument is not None:
        asked = {q.name: q for q in instrument.demographics} | {i.name: i for i in instrument.items}
        items = {i.name for i in instrument.items}
    notes: list[Note] = []
    off: list[str] = []
    out = []
    for name in responses.frame.columns:
        given, known = responses.frame[name], asked.get(str(name))
        label = in_language(known.label, language) if known is not None else responses.provenance.labels.get(name, "")
        scale = known.scale if known is not None else None
        column = Column(str(name), label, scale=scale, ordered=str(name) in items)
        if name in responses.reasons.columns:
            reasons = responses.reasons[name].to_numpy(dtype=object)
            column = replace(column, reasons=np.where(reasons == "invalid", "blank", reasons))
        numeric = pd.api.types.is_numeric_dtype(given) and not pd.api.types.is_bool_dtype(given)
        words: dict[float | str, str] = {}
        if numeric and column.ordered and scale is not None:
            codes = code_of(scale)
            numbers = given.to_numpy(dtype=float, na_value=np.nan)
            if not np.isin(numbers[~np.isnan(numbers)], list(codes)).all():
                off.append(column.name)
            words = {
                codes[float(c.score)]: in_language(c.label, language)
                for c in scale.choices
                if c.score is not None and c.name not in scale.missing and c.label
            }
            column = replace(column, numbers=_coded(numbers, codes))
        elif numeric:
            column = replace(column, numbers=given.to_numpy(dtype=float, na_value=np.nan))
        else:
            words = {c.name: in_language(c.label, language) for c in scale.choices if c.label} if scale else {}
            column = replace(column, texts=column_text(given))
        out.append(replace(column, values=words))
    if off:
        notes.append(note("responses.written_off_scale", n=len(off), items=some(off, 12)))
    invalid = int((responses.reasons == "invalid").to_numpy().sum())
    if invalid:
        notes.append(note("responses.written_invalid", n=invalid))
    return out, language, notes


def code_of(scale: Scale) -> dict[float, float]:
    """Return score to code: the names of the choices where all are numbers, else the scores themselves."""
    scored = [c for c in scale.choices if c.score is not None and c.name not in scale.missing]
    names = [number(c.name) for c in scored]
    if any(n is None for n in names) or len(set(names)) < len(names):
        return {float(c.score): float(c.score) for c in scored if c.score is not None}
    return {
        float(c.score): float(n) for c, n in zip(scored, names, strict=True) if c.score is not None and n is not None
    }


def _coded(scores: np.ndarray, codes: Mapping[float, float]) -> np.ndarray:
    out = scores.copy()
    for score, code in codes.items():
        out[scores == score] = code
    return out


def own_choices(scale: Scale | None) -> dict[str, str]:
    """Return reason to the name of the choice by which a scale says so itself: {"dont_know": "98"}."""
    if scale is None:
        return {}
    decoder = Decoder(scale)
    own: dict[str, str] = {}
    for choice in scale.choices:
        cell = decoder.read(choice.name)
        if cell.reason in WRITTEN:
            own.setdefault(cell.reason, choice.name)
    return own


def word_for(reason: str, scale: Scale | None, language: str) -> str:
    """Return the text by which a reader of plain cells recognises a reason: of the scale, or a common word."""
    if reason == "blank":
        return ""
    own = own_choices(scale).get(reason)
    if own is not None or scale is None:
        return own or WORDS[reason][language if language in WORDS[reason] else "en"]
    decoder = Decoder(scale)
    words: Iterable[str] = (*WORDS[reason].values(), *(w for w, r in NO_ANSWERS.items() if r == reason))
    first = WORDS[reason].get(language, WORDS[reason]["en"])
    return next((w for w in (first, *words) if decoder.read(w).reason == reason and decoder.read(w).choice < 0), "")


def reason_codes(column: Column) -> dict[str, float]:
    """Return a number above all scores for each reason that occurs: the scale's own, else 96 to 99 or 996 to 999 ...

    96 not asked, 97 don't know, 98 refused, 99 no answer, as is usual; a number that the scale has another use for is
    passed over downwards.
    """
    taken = {float(k) for k in column.values if isinstance(k, float)}
    if column.numbers is not None:
        taken |= set(column.numbers[~np.isnan(column.numbers)].tolist())
    if column.scale is not None:
        taken |= set(code_of(column.scale).values())
    top = max(taken, default=0.0)
    if column.scale is not None:
        taken |= {n for c in column.scale.choices if (n := number(c.name)) is not None}
    codes: dict[str, float] = {}
    for reason, name in own_choices(column.scale).items():
        n = number(name)
        if n is not None and n > top and n == int(n):
            codes[reason] = n
    power = 100.0
    while power - 12 <= top:
        power *= 10
    wishes = {"not_asked": power - 4, "dont_know": power - 3, "refused": power - 2, "blank": power - 1}
    for reason in column.told():
        if reason not in codes:
            free = [wishes[reason], *np.arange(power - 1, power - 12, -1.0).tolist()]
            codes[reason] = next(c for c in free if c not in taken)
            taken.add(codes[reason])
    return {r: codes[r] for r in column.told()}


def reason_words(column: Column, language: str) -> dict[str, str]:
    """Return the words for each reason that occurs: those of the scale, else the common ones."""
    own = own_choices(column.scale)
    words = {}
    for reason in column.told():
        common = WORDS[reason].get(language, WORDS[reason]["en"])
        label = in_language(column.scale.choice(own[reason]).label, language) if column.scale and reason in own else ""
        words[reason] = label or common
    return words
