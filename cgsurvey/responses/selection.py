"""Which items and constructs an analysis of responses is about, checked against the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from cgsurvey.base.errors import CodingError, ColumnNotFoundError, OptionError, hints, some
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.source import as_source

Constructs = Mapping[str, Sequence[str]] | Sequence[str] | str | None


@dataclass(frozen=True)
class Part:
    """A construct as far as the data hold it; `size` counts the items (elements) that it should have."""

    id: str
    items: tuple[str, ...] = ()
    elements: tuple[Part, ...] = ()
    parent: str = ""
    size: int = 0

    @property
    def all_items(self) -> tuple[str, ...]:
        """Items of the construct and of its elements."""
        return self.items + tuple(i for e in self.elements for i in e.all_items)

    def walk(self) -> Iterator[Part]:
        """Yield the construct, then what is below it."""
        yield self
        for element in self.elements:
            yield from element.walk()


def as_responses(data: Responses | pd.DataFrame, items: Iterable[str] | None = None) -> Responses:
    """Return `data` as `Responses`; of a plain data frame the numeric columns, or `items`, are the items.

    Raises
    ------
    ColumnNotFoundError
        When an item is no column; all of them are named.
    CodingError
        When an item column holds text that is no number, or an infinite value; rows and values are named.
    """
    if isinstance(data, Responses):
        return data
    frame = as_source(data).frame
    if items is None:
        names = [c for c in frame.columns if is_numeric_dtype(frame[c]) and not is_bool_dtype(frame[c])]
    else:
        names = [items] if isinstance(items, str) else [str(i) for i in items]
        require(frame.columns, names, "the data frame")
    # dates are whole numbers to pandas, and no answers
    answers = {n: frame[n].astype(object) if frame[n].dtype.kind in "mM" else frame[n] for n in names}
    numbers = {n: pd.to_numeric(a, errors="coerce").astype(float) for n, a in answers.items()}
    wrong = []
    for n in names:
        bad = frame.loc[(numbers[n].isna() & frame[n].notna()) | numbers[n].abs().eq(float("inf")), n]
        bad = bad[[str(v).strip() != "" for v in bad]]
        if len(bad):
            wrong.append(f"'{n}': " + some((f"{v!r} (row {r})" for r, v in bad.items()), 4))
    if wrong:
        raise CodingError(
            "columns of numbers hold text or infinite values: "
            + "; ".join(wrong)
            + ". Correct the cells, leave them empty, or read the file "
            "with cg.read_responses(path, instrument), which knows the labels."
        )
    frame = frame.assign(**numbers)
    return Responses(frame=frame, reasons=blanks(frame, names))


def check_range(frame: pd.DataFrame, scale: Sequence[float] | None) -> None:
    """Raise CodingError when answers lie outside a scale that the caller gave; items and values are named."""
    if scale is None:
        return
    low, high = scale
    wrong = []
    for name in frame.columns:
        beyond = frame[name].dropna()
        beyond = beyond[(beyond < low) | (beyond > high)]
        if len(beyond):
            wrong.append(f"'{name}' holds {beyond.iloc[0]:g} (row {beyond.index[0]})")
    if wrong:
        raise CodingError(
            f"answers outside scale=({low:g}, {high:g}): {some(wrong, 5)}. Give the scale that was printed, or leave "
            "cells empty that hold codes for no answer."
        )


def blanks(frame: pd.DataFrame, items: Iterable[str]) -> pd.DataFrame:
    """Return the reasons of items of which only the gaps are known: "blank" or ""."""
    words = pd.array(["", "blank"], dtype="str")
    columns = {i: words.take(frame[i].isna().to_numpy().astype(int)) for i in items}
    return pd.DataFrame(columns, index=frame.index)


def require(known: Iterable[object], names: Iterable[str], where: str) -> None:
    """Raise ColumnNotFoundError that lists all of `names` that are not among `known`, each with its nearest."""
    have = [str(k) for k in known]
    absent = [n for n in names if str(n) not in have]
    if absent:
        near = hints(absent, have, "; ")
        raise ColumnNotFoundError.of("responses.no_column", where=where, names=near, known=some(have, 12))


def pick_items(responses: Responses, items: Iterable[str] | None) -> tuple[str, ...]:
    """Return the items to work on, in the order of the file."""
    here = [c for c in responses.frame.columns if c in set(responses.items)]
    if items is None:
        return tuple(here)
    wanted = (items,) if isinstance(items, str) else tuple(map(str, items))
    require(here, wanted, file_of(responses))
    return tuple(c for c in here if c in set(wanted))


def answered_items(responses: Responses, items: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the items that the respondents themselves answered: all but the office means of linked data."""
    means = set(responses.linkage.items) if responses.linkage is not None else set()
    return tuple(n for n in pick_items(responses, items) if n not in means)


def file_of(responses: Responses) -> str:
    """Name the data in a message."""
    return responses.provenance.file or "the data frame"


def items_by_construct(constructs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return a mapping of constructs to items with all names as text; a text is no list of its letters."""
    words = [f"'{k}': write ['{v}']" for k, v in constructs.items() if isinstance(v, str)]
    if words:
        raise OptionError(f"constructs: a list of items belongs where a text stands. {'; '.join(words)}.")
    return {str(k): tuple(map(str, v)) for k, v in constructs.items()}


def pick_constructs(responses: Responses, constructs: Constructs = None) -> tuple[Part, ...]:
    """Return the constructs to work on.

    Parameters
    ----------
    responses : Responses
    constructs : mapping, sequence of str or str, optional
        Name to items, or ids of constructs of the instrument; None takes all top constructs of which an item is in
        the data.

    Raises
    ------
    OptionError
        Without an instrument and without a mapping, or for an unknown id.
    ColumnNotFoundError
        When a construct that was asked for by name has items that the data lack.
    """
    instrument = responses.instrument
    if isinstance(constructs, Mapping):
        parts = tuple(Part(k, v, size=len(v)) for k, v in items_by_construct(constructs).items())
        require(responses.items, [i for p in parts for i in p.items], file_of(responses))
        empty = [p.id for p in parts if not p.items]
        if empty:
            raise OptionError(f"constructs: {some(empty)} has no items.")
        return parts
    if instrument is None:
        raise OptionError(
            "constructs are not known without an instrument. Name them: constructs={'trust': ['tru1', 'tru2']}, "
            "or read the file with an instrument."
        )
    here = set(responses.items)
    if constructs is None:
        return tuple(p for c in instrument.constructs if (p := _part(c, here)) is not None)
    wanted = (constructs,) if isinstance(constructs, str) else tuple(constructs)
    known = [p for c in instrument.constructs for p in _ids(c)]
    unknown = [c for c in wanted if c not in known]
    if unknown:
        near = hints(unknown, known)
        raise OptionError.of("responses.no_construct", names=near, instrument=instrument.id, known=some(known, 20))
    require(here, [i for c in wanted for i in instrument.construct(c).all_items], file_of(responses))
    return tuple(p for c in wanted if (p := _part(instrument.construct(c), here)) is not None)


def _ids(construct: Any) -> list[str]:
    return [construct.id, *(i for e in construct.elements for i in _ids(e))]


def _part(construct: Any, here: set[str], parent: str = "") -> Part | None:
    """The construct without what the data lack; None when nothing is left."""
    elements = tuple(p for e in construct.elements if (p := _part(e, here, construct.id)) is not None)
    items = tuple(i for i in construct.items if i in here)
    if not elements and not items:
        return None
    return Part(construct.id, items, elements, parent, len(construct.elements) or len(construct.items))
