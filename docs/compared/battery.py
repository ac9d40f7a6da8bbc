"""The files of the reference battery, which fields of them were compared, and how a difference is measured."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

KINDS = ("estimates", "errors and intervals", "tests and fit", "derived")
ESTIMATE, ERROR, TEST, DERIVED = KINDS


class Number(NamedTuple):
    """One number of ours beside that of the reference.

    `unit` is what a difference of 1 means; None takes the size of the reference, at least .01.
    """

    kind: str
    what: str
    ours: Any
    reference: Any
    unit: float | None = None


Numbers = Iterator[Number]


class Part(dict[str, Any]):
    """A part of a reference file that remembers which of its fields were asked for."""

    def __init__(self, content: Any = ()) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def unread(self, above: str = "") -> Iterator[str]:
        """Yield the dotted names of fields that hold something and were not asked for."""
        for name, value in super().items():
            if name not in self.asked and value not in (None, [], [None], {}):
                yield above + name
            elif isinstance(value, Part):
                yield from value.unread(f"{above}{name}.")


@dataclass
class Case:
    """What a file holds for one family."""

    family: str
    name: str
    content: Part
    numbers: Numbers


@dataclass
class Tally:
    """What was compared in a family; cases with numbers beyond the tolerance stand apart."""

    cases: int = 0
    numbers: int = 0
    largest: dict[str, float] = field(default_factory=dict)
    beyond: dict[str, tuple[list[str], float]] = field(default_factory=dict)


def read(path: Path) -> Part:
    return json.loads(path.read_text(), object_hook=Part)


def files(battery: Path, folder: str, pattern: str = "*") -> Iterator[tuple[Path, Part]]:
    for path in sorted((battery / folder).glob(f"{pattern}.json")):
        yield path, read(path)


def frame_of(battery: Path, content: Part, *, complete: bool = False) -> pd.DataFrame:
    """Return the data of a file: its variables where it names some, complete rows where asked."""
    frame = pd.read_csv(battery / "data" / content["data"]["file"], na_values=["NA"])
    if complete:
        frame = frame[content["data"]["variables"]].dropna()
    return frame


def known(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)


def scalar(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def matrix(block: Part) -> pd.DataFrame:
    return pd.DataFrame(block["values"], index=block.get("rows"), columns=block.get("cols")).astype(float)


def usable(block: Any, *names: str) -> bool:
    """Whether the reference program could compute a part."""
    return isinstance(block, dict) and "error" not in block and all(n in block for n in names)


def each(
    kind: str, what: str, ours: Iterable[Any], theirs: Any, names: Iterable[Any], unit: float | None = None
) -> Numbers:
    """Yield pairs of two lists of equal length."""
    for name, a, b in zip(names, ours, theirs, strict=True):
        yield Number(kind, f"{what} of {name}", a, b, unit)


def below(
    kind: str, what: str, ours: pd.DataFrame, theirs: pd.DataFrame, unit: float | None = None, k: int = 0
) -> Numbers:
    """Yield the pairs at and below the diagonal of two symmetric matrices (k = -1: below it)."""
    rows, columns = np.tril_indices(len(theirs), k)
    ours = ours.loc[theirs.index, theirs.columns]
    for i, j in zip(rows, columns, strict=True):
        of = f"{what} of {theirs.index[i]}, {theirs.columns[j]}"
        yield Number(kind, of, ours.iat[i, j], float(theirs.iat[i, j]), unit)


def difference(pair: Number) -> float:
    """Return |ours - reference| / unit; infinite where we have no number."""
    if not known(pair.ours):
        return math.inf
    unit = max(abs(pair.reference), 0.01) if pair.unit is None else pair.unit
    return abs(float(pair.ours) - float(pair.reference)) / unit


def count(case: Case, limits: dict[str, float], tally: Tally) -> None:
    """Count the numbers of a case and keep the largest difference of each kind."""
    largest: dict[str, float] = {}
    beyond = []
    tally.cases += 1
    for pair in case.numbers:
        if not known(pair.reference):
            continue
        tally.numbers += 1
        gap = difference(pair)
        largest[pair.kind] = max(largest.get(pair.kind, 0.0), gap)
        if gap > limits[pair.kind]:
            beyond.append(pair.what)
    if beyond:
        tally.beyond[case.name] = beyond, max(largest.values())
    else:
        tally.largest |= {kind: max(gap, tally.largest.get(kind, 0.0)) for kind, gap in largest.items()}
