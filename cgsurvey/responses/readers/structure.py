"""What a file beside the answers knows of them: names, texts of questions, labels of codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import note
from cgsurvey.responses.readers.raw import RawTable
from cgsurvey.responses.words import plain


@dataclass(frozen=True)
class Structure:
    """A questionnaire as its platform describes it.

    Attributes
    ----------
    names : tuple of str
        Names of all columns in the order of the data file, where the structure tells them; else empty.
    labels : mapping
        Name of a column to the text of its question.
    values : mapping
        Name of a column to its codes and their labels.
    several : mapping
        Name of a question with several answers to the column of each choice: code to name.
    file : str
    """

    names: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    several: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    file: str = ""


def content(path: Path) -> bytes:
    """Return the bytes of a structure file that the caller names."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(
            f"structure '{path}' cannot be read: {error}. The path starts at the working folder."
        ) from error


def key(name: str) -> str:
    """Return a name as all exports share it: Q1[SQ001], Q1_SQ001 and Q1.SQ001. are one."""
    return re.sub(r"[\[\]._\s]+", "_", plain(name)).strip("_")


def apply(table: RawTable, structure: Structure, chosen: frozenset[str]) -> RawTable:
    """Return the table with the words of the structure.

    Parameters
    ----------
    table : RawTable
    structure : Structure
    chosen : frozenset of str
        Cells, in lower case, that mean that a choice was ticked.
    """
    labels = dict(table.labels)
    if structure.names and len(structure.names) == len(table.headers):
        labels |= {j: h for j, h in enumerate(table.headers) if h}
        table = replace(table, headers=structure.names)
    place: dict[str, int] = {}
    for j, header in enumerate(table.headers):
        place.setdefault(key(header), j)
    found = 0
    for name, words in structure.labels.items():
        if key(name) in place:
            found += 1
            labels[place[key(name)]] = words
    values = {place[key(n)]: dict(v) for n, v in structure.values.items() if key(n) in place}
    headers: list[str] = []
    cells: list[np.ndarray] = []
    choices: dict[int, dict[str, int]] = {}
    for name, parts in structure.several.items():
        columns = {code: place[key(column)] for code, column in parts.items() if key(column) in place}
        if columns and key(name) not in place:
            j = len(table.headers) + len(headers)
            choices[j], labels[j] = columns, structure.labels.get(name, name)
            values[j] = dict(structure.values.get(name, {}))
            headers.append(name)
            cells.append(joined(table, columns, chosen))
    table = replace(
        table,
        labels=labels,
        values={**table.values, **values},
    ).append(headers, cells, choices)
    return table.noted(note("responses.structure", file=structure.file, n=found))


def joined(table: RawTable, columns: Mapping[str, int], chosen: frozenset[str]) -> np.ndarray:
    """Return the ticked choices of each row in one text, joined by blanks, shape (n,)."""
    text = np.full(len(table.rows), "", dtype=object)
    for code, j in columns.items():
        yes = np.array([c.strip().casefold() in chosen for c in table.cells[j]])
        text = np.where(yes, text + np.where(text == "", "", " ") + code, text)
    return text
