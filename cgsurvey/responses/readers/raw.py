"""The table as it stands in the file: headers and cells as text, nothing interpreted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note

# How many rows from the top may be titles; a header further down is asked for with header_row=.
_TITLE_ROWS = 10
# A sheet of Excel has 16 384 columns; a text with more is a broken line, and would fill the memory.
MOST_COLUMNS = 16_384
MOST_CELLS = 200_000_000

Score = Callable[[Sequence[str]], int]


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
        Row in the file as a spreadsheet counts (first row = 1); files without headers count as if they had some.
    file, sha256, reader, sheet, encoding, delimiter : str
        Facts for the provenance.
    source, source_why : str
        Which program wrote the file, and what gave it away.
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
    choices : mapping of int to mapping
        Position of a question with several answers to the columns that say yes or no to each: text of the choice to
        position. The column of the question itself holds the chosen texts joined by blanks or commas, as in the file.
    simulated : bool
        Whether the file says that nobody answered it.
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
    source: str = "table"
    source_why: str = ""
    header_row: int = 1
    labels: Mapping[int, str] = field(default_factory=dict)
    values: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    reasons: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    choices: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    simulated: bool = False
    notes: tuple[Note, ...] = field(default=())

    @property
    def named(self) -> str:
        """How messages call the table."""
        return (self.file or "the data frame") + (f", sheet '{self.sheet}'" if self.sheet else "")

    def noted(self, *notes: Note) -> RawTable:
        """Return the table with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def select(self, columns: Sequence[int]) -> RawTable:
        """Return the table with these columns only, in this order."""
        place = {old: new for new, old in enumerate(columns)}
        moved: dict[str, Any] = {
            name: {place[j]: v for j, v in getattr(self, name).items() if j in place}
            for name in ("labels", "values", "reasons")
        }
        choices = {
            place[j]: {text: place[p] for text, p in parts.items() if p in place}
            for j, parts in self.choices.items()
            if j in place
        }
        return replace(
            self,
            headers=tuple(self.headers[j] for j in columns),
            cells=tuple(self.cells[j] for j in columns),
            choices=choices,
            **moved,
        )

    def take(self, keep: np.ndarray) -> RawTable:
        """Return the table with these rows only; `keep` is a mask or positions, shape (n,)."""
        return replace(self, cells=tuple(c[keep] for c in self.cells), rows=self.rows[keep])

    def append(
        self,
        headers: Sequence[str],
        cells: Sequence[np.ndarray],
        choices: Mapping[int, Mapping[str, int]] | None = None,
    ) -> RawTable:
        """Return the table with further columns at its end."""
        return replace(
            self,
            headers=(*self.headers, *headers),
            cells=(*self.cells, *cells),
            choices={**self.choices, **(choices or {})},
        )


@dataclass(frozen=True)
class Grid:
    """All cells of one sheet by column, the headers still among them.

    Attributes
    ----------
    columns : tuple of object arrays, shape (n,)
    widths : int array, shape (n,)
        How many cells each record has in the file.
    empty : tuple of bool arrays, shape (n,), optional
        Where each column holds nothing but white space, if that is known already.
    """

    columns: tuple[np.ndarray, ...]
    widths: np.ndarray
    empty: tuple[np.ndarray, ...] | None = None

    @classmethod
    def of(cls, records: Sequence[Sequence[str]], where: str) -> Grid:
        """Make the grid of records of any width."""
        n = len(records)
        widths = np.fromiter(map(len, records), np.int64, n)
        k = int(widths.max()) if n else 0
        check_size(n, k, where, row=int(widths.argmax()) + 1 if n else 1)
        if k and (widths == k).all():
            return cls(tuple(np.array(c, dtype=object) for c in zip(*records, strict=True)), widths)
        columns = [np.full(n, "", dtype=object) for _ in range(k)]
        for i, record in enumerate(records):
            for column, cell in zip(columns, record, strict=False):
                column[i] = cell
        return cls(tuple(columns), widths)

    def __len__(self) -> int:
        return len(self.widths)

    def record(self, i: int) -> list[str]:
        """Return the cells of a row."""
        return [str(c[i]) for c in self.columns[: self.widths[i]]]

    def head(self, n: int) -> list[list[str]]:
        """Return the first rows."""
        return [self.record(i) for i in range(min(n, len(self)))]


def check_size(rows: int, columns: int, where: str, row: int = 1) -> None:
    """Refuse what no survey has and what would fill the memory."""
    if columns > MOST_COLUMNS:
        raise DataError(
            f"{where}: row {row} has {columns} cells, more than a sheet can hold ({MOST_COLUMNS}). The delimiter "
            "or the line ends are broken; export the data again."
        )
    if rows * columns > MOST_CELLS:
        raise DataError(
            f"{where} has {rows} rows x {columns} columns, more than can be read at once. Write it as parquet or "
            "split it."
        )


def blank(cells: np.ndarray) -> np.ndarray:
    """Return where a column holds nothing but white space, shape (n,)."""
    codes, texts = pd.factorize(cells)
    return np.fromiter((not t.strip() for t in texts), bool, len(texts))[codes]


def mapped(cells: np.ndarray, change: Callable[[str], str]) -> np.ndarray:
    """Return a column with each different text changed once."""
    codes, texts = pd.factorize(cells)
    return np.array([change(t) for t in texts] or [""], dtype=object)[codes]


def find_header(head: Sequence[Sequence[str]], score: Score | None, where: str) -> int:
    """Return the index of the row that holds the headers.

    Parameters
    ----------
    head : sequence of rows
        The first rows of the file.
    score : callable, optional
        Counts the headers of a row that the instrument knows. The row with most of them wins; without any, the first
        row that fills at least half the width does: a title stands alone in its row.
    where : str
        The file, for the message.
    """
    head = head[: _TITLE_ROWS + 1]
    if score is not None:
        known = [score(r) for r in head]
        if max(known, default=0) > 1:
            return known.index(max(known))
    filled = [sum(bool(c.strip()) for c in r) for r in head]
    if not any(filled):
        raise DataError(f"{where} is empty: there is no row of headers. Export the data again.")
    width = max(filled)
    return next(i for i, k in enumerate(filled) if 2 * k >= width)


def tidy(header: str) -> str:
    """Return a header without line breaks and double blanks."""
    return re.sub(r"\s+", " ", header).strip()


def to_table(
    grid: Grid,
    *,
    where: str,
    at: int,
    told: bool = False,
    headers: Iterable[str] | None = None,
    ragged: bool = False,
    **facts: Any,
) -> RawTable:
    """Split a grid into headers and columns.

    Parameters
    ----------
    grid : Grid
    where : str
        The file, for messages.
    at : int
        Index of the row of headers.
    told : bool
        Whether the caller asked for that row, which then is no news.
    headers : iterable of str, optional
        Headers instead of those of the row.
    ragged : bool
        Whether a record longer than the headers is a fault (text files) and not a cell without header (sheets).
    **facts
        Further fields of the table.
    """
    notes = [note("responses.header_row", row=at + 1)] if at and not told else []
    names = [tidy(h) for h in (grid.record(at) if headers is None else headers)]
    while names and not names[-1]:
        names.pop()
    k = len(names)
    columns = [c[at + 1 :] for c in grid.columns]
    n = max(len(grid) - at - 1, 0)
    nothing = [blank(c) for c in columns] if grid.empty is None else [e[at + 1 :] for e in grid.empty]
    full, beyond = np.zeros(n, bool), np.zeros(n, bool)
    widest = k
    for j, empty in enumerate(nothing):
        full |= ~empty
        if j >= k and not empty.all():
            beyond |= ~empty
            widest = j + 1
    # Columns without a header that hold answers get a name of their own; a row longer than most is broken.
    wide = np.flatnonzero(beyond)
    if ragged and 0 < 2 * len(wide) < n:
        rows = ", ".join(str(i + at + 2) for i in wide[:8]) + (" ..." if len(wide) > 8 else "")
        raise DataError(
            f"{where}: rows with more cells than the {k} headers: {len(wide)} (row {rows}). "
            "A text with the delimiter in it lacks its quotation marks; export again with all texts quoted, or as xlsx."
        )
    short = int((full & (grid.widths[at + 1 :] < widest)).sum())
    if short:
        notes.append(note("responses.short_rows", n=short, width=widest))
    # Blank lines after the last answer are no respondents and no news; blank rows between answers are.
    last = int(np.flatnonzero(full).max()) if full.any() else -1
    if (~full[: last + 1]).any():
        notes.append(note("responses.blank_rows", n=int((~full[: last + 1]).sum())))
    names += [""] * (widest - k)
    while len(columns) < widest:
        columns.append(np.full(n, "", dtype=object))
        nothing.append(np.ones(n, bool))
    # A column with neither header nor answer is the trace of an export, not data.
    keep = [j for j in range(widest) if names[j] or not nothing[j].all()]
    if not full.any():
        raise DataError(
            f"{where} holds headers (row {at + 1}, {len(keep)} columns) but no answers. "
            "Export it again when submissions have come in."
        )
    return RawTable(
        headers=tuple(names[j] or f"column {j + 1}" for j in keep),
        cells=tuple(columns[j] if full.all() else columns[j][full] for j in keep),
        rows=(np.arange(n) + at + 2)[full],
        header_row=at + 1,
        notes=tuple(notes),
        **facts,
    )
