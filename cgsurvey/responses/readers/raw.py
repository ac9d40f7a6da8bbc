"""The table as it stands in the file: headers and cells as text, nothing interpreted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note

# How many rows from the top may be titles; a header further down is asked for with header_row=.
_TITLE_ROWS = 10


@dataclass(frozen=True)
class RawTable:
    """Headers and cells of one table.

    Attributes
    ----------
    headers : tuple of str, length k
        As in the file, duplicates included.
    cells : tuple of k object arrays, shape (n,)
        Text of each cell; "" where there is nothing.
    rows : int array, shape (n,)
        Row in the file as a spreadsheet counts (first row = 1).
    file, sha256, reader, sheet, encoding, delimiter : str
        Facts for the provenance.
    header_row : int
        Row of the headers.
    labels : mapping of int to str
        Position of a column from 0 to the text of its question, where the file holds one beside the header.
    values : mapping of int to mapping
        Position to the value labels of the column: text of a cell to its label. They hold codes for no answer too, so
        that the file's own word for a reason is kept.
    reasons : mapping of int to mapping
        Position to the texts of cells that the file declares as no answer, each with its reason: "blank", "not_asked",
        "dont_know", "refused" (see `reasons.reason_of`). The cells themselves stay as they are.
    notes : tuple of Note
    """

    headers: tuple[str, ...]
    cells: tuple[np.ndarray, ...]
    rows: np.ndarray
    file: str = ""
    sha256: str = ""
    reader: str = ""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 1
    labels: Mapping[int, str] = field(default_factory=dict)
    values: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    reasons: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[Note, ...] = field(default=())

    @property
    def named(self) -> str:
        """How messages call the table."""
        return (self.file or "the data frame") + (f", sheet '{self.sheet}'" if self.sheet else "")


Score = Callable[[Sequence[str]], int]


def find_header(records: Sequence[Sequence[str]], score: Score | None, where: str) -> int:
    """Return the index of the row that holds the headers.

    Parameters
    ----------
    records : sequence of rows
        The first rows of the file.
    score : callable, optional
        Counts the headers of a row that the instrument knows. The row with most of them wins; without any, the first
        row that fills at least half the width does: a title stands alone in its row.
    where : str
        The file, for the message.
    """
    head = records[: _TITLE_ROWS + 1]
    if score is not None:
        known = [score(r) for r in head]
        if max(known, default=0) > 1:
            return known.index(max(known))
    filled = [sum(bool(c.strip()) for c in r) for r in head]
    if not any(filled):
        raise DataError(f"{where} is empty: there is no row of headers. Export the data again.")
    width = max(filled)
    return next(i for i, k in enumerate(filled) if 2 * k >= width)


def to_table(
    records: Sequence[Sequence[str]],
    *,
    where: str,
    score: Score | None,
    header_row: int | None,
    ragged: bool = False,
) -> tuple[tuple[str, ...], tuple[np.ndarray, ...], np.ndarray, int, list[Note]]:
    """Split records into headers, cells by column, row numbers; return also the header row and notes.

    `ragged` tells that a record longer than the headers is a fault (text files) and not a cell without header (sheets).
    """
    if header_row is not None:
        at = header_row - 1
        if not 0 <= at < len(records) or not any(c.strip() for c in records[at]):
            raise DataError(f"{where}: header_row={header_row} holds no headers. The file has {len(records)} rows.")
    else:
        at = find_header(records, score, where)
    notes = [note("responses.header_row", row=at + 1)] if at and header_row is None else []
    headers = [re.sub(r"\s+", " ", h).strip() for h in records[at]]
    while headers and not headers[-1]:
        headers.pop()
    k = len(headers)
    body = records[at + 1 :]
    wide = [i for i, r in enumerate(body) if len(r) > k and any(c.strip() for c in r[k:])]
    # Columns without a header that hold answers get a name of their own; a row longer than most is broken.
    widest = max((_width(body[i]) for i in wide), default=k)
    if ragged and wide and 2 * len(wide) < len(body):
        rows = ", ".join(str(i + at + 2) for i in wide[:8]) + (" ..." if len(wide) > 8 else "")
        raise DataError(
            f"{where}: rows with more cells than the {k} headers: {len(wide)} (row {rows}). "
            "A text with the delimiter in it lacks its quotation marks; export again with all texts quoted, or as xlsx."
        )
    headers += [""] * (widest - k)
    k = widest
    short = 0
    grid = np.full((len(body), k), "", dtype=object)
    for i, record in enumerate(body):
        short += 0 < len(record) < k and bool(any(record))
        grid[i, : min(len(record), k)] = record[:k]
    if short:
        notes.append(note("responses.short_rows", n=short, width=k))
    full = np.fromiter((any(c.strip() for c in row) for row in grid), bool, len(grid))
    numbers = np.arange(len(body)) + at + 2
    # Blank lines after the last answer are no respondents and no news; blank rows between answers are.
    last = int(np.flatnonzero(full).max()) if full.any() else -1
    blank = int((~full[: last + 1]).sum())
    if blank:
        notes.append(note("responses.blank_rows", n=blank))
    grid, numbers = grid[full], numbers[full]
    cells = tuple(np.ascontiguousarray(grid[:, j]) for j in range(k))
    # A column with neither header nor answer is the trace of an export, not data.
    keep = [j for j in range(k) if headers[j] or any(c.strip() for c in cells[j])]
    named = tuple(headers[j] or f"column {j + 1}" for j in keep)
    return named, tuple(cells[j] for j in keep), numbers, at + 1, notes


def _width(record: Sequence[str]) -> int:
    return max((j + 1 for j, c in enumerate(record) if c.strip()), default=0)
