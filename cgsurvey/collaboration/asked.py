"""Questions about the collaboration: their columns in the data, their answers as scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from cgsurvey.base.errors import BLANK, CodingError, ColumnNotFoundError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.instrument import load_instrument
from cgsurvey.instrument.parts import Item, Question
from cgsurvey.moments.sample import Floats
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import Source

Asked = TypeVar("Asked", Question, Item)


@cache
def questions(prefix: str) -> dict[str, Question]:
    """Return the questions of the profile whose names begin so, in their order."""
    return {q.name: q for q in load_instrument("profile").demographics if q.name.startswith(prefix)}


@cache
def statements(construct: str) -> dict[str, Item]:
    """Return the items of a construct of the block "partnership" by name, in their order."""
    block = load_instrument("partnership")
    return {i: block.item(i) for i in block.construct(construct).all_items}


def present(
    source: Source, asked: Mapping[str, Asked], notes: list[Note], instrument: str = "profile"
) -> dict[str, Asked]:
    """Return those of the questions that the data hold; those that they lack are noted.

    Raises
    ------
    ColumnNotFoundError
        When the data hold none of them.
    """
    found = {n: q for n, q in asked.items() if n in source.frame.columns}
    absent = [n for n in asked if n not in found]
    if not found:
        raise ColumnNotFoundError(
            f"{source.file or 'the data frame'} has none of the columns {some(asked, 12)}. They are questions of the "
            f"instrument '{instrument}'; rename the columns that hold their answers: data.rename(columns=...)."
        )
    if absent:
        notes.append(note("collaboration.not_asked", columns=named(asked[n] for n in absent)))
    return found


def named(asked: Iterable[Question | Item]) -> dict[str, str]:
    """Return the wordings of questions with the names of their columns, per language, for a note."""
    listed = list(asked)
    return {g: ", ".join(f'"{q.label[g].rstrip(".")}" ({q.name})' for q in listed) for g in ("en", "id")}


def scored(source: Source, asked: Iterable[Question] | Iterable[Item]) -> pd.DataFrame:
    """Return the scores of answers given as codes, words in either language, or scores; blanks are NaN.

    Raises
    ------
    CodingError
        When an answer is none of the choices; column, row and the choices are named.
    """
    columns, wrong = {}, []
    for question in asked:
        assert question.scale is not None  # the questions of this room all have choices
        words: dict[str, float] = {}
        for choice in question.scale.choices:
            score = float("nan") if choice.score is None else choice.score
            words |= {_plain(w): score for w in (choice.name, *choice.label.values(), *choice.aliases)}
        numbers = set(question.scale.scores)
        values = np.full(len(source.frame), np.nan)
        for i, value in enumerate(source.frame[question.name]):
            if pd.isna(value) or _plain(value) == "":
                continue
            if (word := _plain(value)) in words or (word := f"{_number(value):g}") in words:  # 98.0 is the code 98
                values[i] = words[word]
            elif _number(value) in numbers:
                values[i] = _number(value)
            else:
                row, known = source.frame.index[i], some((c.name for c in question.scale.choices), 9)
                wrong.append(f"'{question.name}' holds {value!r} (row {row}), which is none of {known}")
        columns[question.name] = values
    if wrong:
        raise CodingError(
            f"{source.file or 'the data frame'}: {some(wrong, 4)}. Correct the cells or leave them empty."
        )
    return pd.DataFrame(columns, index=source.frame.index)


def grouped(
    source: Source, scores: pd.DataFrame, column: str | None, notes: list[Note]
) -> list[tuple[str, dict[str, Floats]]]:
    """Return name and scores of each group, sorted by name; one group called "" without a column.

    Rows without any answer do not count, and rows without a group are left out with a note.

    Raises
    ------
    SampleError
        When nobody answered.
    """
    answered = scores.notna().any(axis=1).to_numpy()
    names = pd.Series("", index=scores.index)
    if column is not None:
        require(source.frame.columns, [column], source.file or "the data frame")
        told = source.frame[column]
        blank = told.isna().to_numpy() | (told.astype(str).str.strip() == "").to_numpy()
        if (blank & answered).any():
            notes.append(note("collaboration.group_blank", n=int((blank & answered).sum()), column=column))
        answered = answered & ~blank
        names = told.astype(str).str.strip()
    if not answered.any():
        named = {"en": f" and names {column}", "id": f" dan mengisi {column}"} if column else BLANK
        raise SampleError.of("collaboration.nobody_answered", items=list(map(str, scores.columns)), named=named)
    kept, names = scores[answered], names[answered]
    return [
        (str(name), {c: part[c].to_numpy(dtype=float) for c in part}) for name, part in kept.groupby(names.to_numpy())
    ]


def group_words(source: Source, column: str | None) -> dict[str, Mapping[str, str]]:
    """Return the words for the groups of a column whose choices the instrument of the data knows, per language."""
    asked = source.instrument.demographics if source.instrument is not None else ()
    found = next((q.scale for q in asked if q.name == column and q.scale is not None), None)
    return {c.name: c.label for c in found.choices} if found else {}


def _plain(value: Any) -> str:
    return str(value).strip().casefold()


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
