"""What users were asked of a service: dimensions and items, their scales, the columns of expectation and importance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ColumnNotFoundError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import as_responses, check_range, items_by_construct, require
from cgsurvey.responses.source import Source, as_source

Scales = tuple[float, float] | Mapping[str, tuple[float, float]] | None
Dimensions = Mapping[str, Sequence[str]] | str | None
QUALITY = ("service_quality", "e_service_quality")


@dataclass(frozen=True, eq=False)
class Asked:
    """Dimensions of a service, the numbers answered, and where they come from.

    Attributes
    ----------
    name : str
        The construct above the dimensions.
    items : mapping of str to tuple of str
        Dimension to its items.
    frame : DataFrame
        All columns; reverse items keyed.
    source : Source
    """

    name: str
    items: Mapping[str, tuple[str, ...]]
    frame: pd.DataFrame
    source: Source

    @property
    def all_items(self) -> list[str]:
        """Names of the items, each once."""
        return list(dict.fromkeys(i for block in self.items.values() for i in block))

    @property
    def file(self) -> str:
        """Name of the data in a message."""
        return self.source.file or "the data frame"

    def numbers(self, names: Iterable[str]) -> np.ndarray:
        """Return columns as numbers, shape (rows, columns); text in any is a CodingError that names it."""
        wanted = list(names)
        plain = as_responses(pd.DataFrame(self.frame[wanted]), wanted)
        return plain.frame[wanted].to_numpy(dtype=float)


def dimensions_of(data: Responses | pd.DataFrame, dimensions: Dimensions, notes: list[Note]) -> Asked:
    """Find the dimensions of the service.

    Parameters
    ----------
    data : Responses or DataFrame
    dimensions : mapping of str to sequence of str, str or None
        Dimension to items; or a construct of the instrument; None: its "service_quality", else "e_service_quality".

    Raises
    ------
    OptionError, ColumnNotFoundError
        Dimensions that are not known, or without items in the data.
    """
    source = as_source(data)
    frame = source.frame
    if isinstance(dimensions, Mapping):
        items = items_by_construct(dimensions)
        empty = [d for d, block in items.items() if not block]
        if empty or not items:
            raise OptionError(f"dimensions: {some(empty) or 'an empty mapping'} has no items.")
        require(frame.columns, [i for block in items.values() for i in block], source.file or "the data frame")
        return Asked("overall", items, frame, source)
    if source.instrument is None:
        raise OptionError(
            "the dimensions of the service are not known without an instrument. Name them: "
            'dimensions={"tangibles": ["tan1", "tan2"], "empathy": ["emp1", "emp2"]}, or read the file with the '
            'instrument "psq" or "egov".'
        )
    known = {c.id: c for top in source.instrument.constructs for c in top.walk()}
    if dimensions is None:
        here = [q for q in QUALITY if q in known and any(i in frame for i in known[q].all_items)]
        if not here:
            raise OptionError(
                f"the instrument '{source.instrument.id}' has no {' or '.join(QUALITY)} of which the data hold items. "
                f"Name a construct: dimensions='...'. Known: {some(known, 40)}."
            )
        if len(here) > 1:
            notes.append(note("service_quality.also_electronic", taken=here[0], other=here[1]))
        dimensions = here[0]
    if dimensions not in known:
        raise OptionError(f"dimensions='{dimensions}' is no construct.{did_you_mean(dimensions, known)}")
    top = known[dimensions]
    items = {leaf.id: tuple(i for i in leaf.items if i in frame.columns) for leaf in top.leaves}
    absent = [i for i in top.all_items if i not in frame.columns]
    items = {d: block for d, block in items.items() if block}
    if not items:
        raise ColumnNotFoundError(f"{source.file or 'the data'} hold no item of '{dimensions}'.")
    if absent:
        notes.append(note("service_quality.items_absent", items=", ".join(absent)))
    return Asked(dimensions, items, frame, source)


def scales_of(asked: Asked, names: Sequence[str], scale: Scales) -> dict[str, tuple[float, float]]:
    """Return lowest and highest score of each item, and check the answers against them.

    Raises
    ------
    OptionError
        No scale is known for an item.
    CodingError
        Answers outside it.
    """
    found: dict[str, tuple[float, float]] = {}
    instrument = asked.source.instrument
    for name in names:
        given = scale.get(name) if isinstance(scale, Mapping) else scale
        if given is not None:
            found[name] = _pair(given)
        elif instrument is not None and name in instrument.item_names:
            item = instrument.item(name)
            found[name] = (item.scale.min, item.scale.max)
    unknown = [n for n in names if n not in found]
    if unknown:
        raise OptionError(
            f"the scale of {some(unknown)} is not known, and performance from 0 to 100 needs its ends: scale=(1, 5), "
            'or item by item, scale={"' + unknown[0] + '": (1, 5)}.'
        )
    by_scale: dict[tuple[float, float], list[str]] = {}
    for name, ends in found.items():
        by_scale.setdefault(ends, []).append(name)
    for ends, block in by_scale.items():
        check_range(pd.DataFrame(asked.numbers(block), columns=block, index=asked.frame.index), ends)
    return found


def _pair(scale: Any) -> tuple[float, float]:
    try:
        low, high = (float(v) for v in scale)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if not (np.isfinite([low, high]).all() and low < high):
        raise OptionError(f"scale={scale!r} must be the lowest and the highest score: scale=(1, 5).")
    return low, high


def partners(asked: Asked, given: str | Mapping[str, str] | None, names: Sequence[str], what: str) -> dict[str, str]:
    """Return the column that goes with each name: by a suffix ("_e") or a mapping; nothing for None.

    Raises
    ------
    ColumnNotFoundError
        A suffix that no column has, or columns of a mapping that are not there.
    OptionError
        Names of a mapping that are no items.
    """
    if given is None:
        return {}
    if isinstance(given, str):
        found = {n: f"{n}{given}" for n in names if f"{n}{given}" in asked.frame.columns}
        if not found:
            raise ColumnNotFoundError(
                f"{asked.file} has no column of {what} by the suffix '{given}', such as '{names[0]}{given}'. Give the "
                f'suffix, {what}="_e", or the columns, {what}={{"{names[0]}": "<column>"}}.'
            )
        return found
    unknown = [n for n in given if n not in names]
    if unknown:
        hints = " ".join(f"'{n}'.{did_you_mean(n, names)}" for n in unknown)
        raise OptionError(f"{what} names what is not asked: {hints} Known: {some(names, 12)}.")
    require(asked.frame.columns, list(given.values()), asked.file)
    return {str(n): str(given[n]) for n in names if n in given}


def keyed_like(asked: Asked, pairs: Mapping[str, str], scale: Scales) -> pd.DataFrame:
    """Return the paired columns under the names of the items; those of reverse items turned as the items are.

    Columns that an instrument knows as reverse items of their own are turned already.
    """
    ends = scales_of(asked, list(pairs), scale)
    instrument = asked.source.instrument
    values = pd.DataFrame(asked.numbers(pairs.values()), columns=list(pairs), index=asked.frame.index)
    for low, high in set(ends.values()):
        block = [n for n in pairs if ends[n] == (low, high)]
        check_range(values[block].set_axis([pairs[n] for n in block], axis=1), (low, high))
    if instrument is not None:
        for name, column in pairs.items():
            if name in instrument.item_names and instrument.item(name).reverse:
                own = column in instrument.item_names and instrument.item(column).reverse
                values[name] = values[name] if own else sum(ends[name]) - values[name]
    return values


def tell_design(source: Source, notes: list[Note]) -> None:
    """Say that the sampling design is not used, where there is one."""
    columns = source.design.columns if source.design is not None else ()
    if columns:
        notes.append(note("service_quality.design_left_out", columns=", ".join(columns)))
