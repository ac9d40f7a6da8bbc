"""Workbooks: xlsx, xls, ods, and what people do in them: several sheets, merged cells, rows of totals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from cgsurvey.base import workbooks
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.cells import cell_text
from cgsurvey.responses.readers.raw import Grid, RawTable, blank, check_size
from cgsurvey.responses.words import number, plain, short

_TOTALS = re.compile(
    r"(?:grand |sub ?)?total|jumlah|rata-?\s?rata|rerata|mean|average|median|sum|n\.?r\.?r|ikm"
    r"|simpangan baku|std\.? ?dev"
)
_MOST_TOTALS = 12


class Book:
    """An opened workbook.

    Parameters
    ----------
    content : bytes
    where : str
        The file, for messages.
    """

    def __init__(self, content: bytes, where: str) -> None:
        self.where = where
        self._book = workbooks.opened(content, where)
        self.names = tuple(self._book.sheet_names)
        self._pages: dict[str, Any] = {}

    def page(self, name: str) -> Any:
        """Return a sheet; it is parsed once."""
        if name not in self._pages:
            self._pages[name] = workbooks.sheet(self._book, name, self.where)
        return self._pages[name]

    def rows(self, name: str) -> int:
        """Return how many rows a sheet has, those above its first cell too."""
        end = self.page(name).end
        return end[0] + 1 if end else 0

    def head(self, name: str, n: int) -> list[list[str]]:
        """Return the first rows of a sheet as text."""
        if not self.rows(name):
            return []
        return [[cell_text(c) for c in row] for row in self.page(name).to_python(skip_empty_area=False, nrows=n)]

    def grid(self, name: str) -> Grid:
        """Return a sheet as text."""
        page = self.page(name)
        end = page.end or (-1, -1)
        check_size(end[0] + 1, end[1] + 1, self.where)
        pool: dict[Any, str] = {}
        # Row by row, so that the cells of the parser are not held beside the texts made of them.
        rows = [[_text(c, pool) for c in row] for row in page.iter_rows()]
        left = page.start[1] if page.start else 0
        if left:
            rows = [[""] * left + r for r in rows]
        del page, self._pages[name]
        return Grid.of(rows, self.where)

    def merged(self, name: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Return the merged areas of a sheet: first and last cell, each (row, column) from 0."""
        return list(self.page(name).merged_cell_ranges or ())


def _text(cell: Any, pool: dict[Any, str]) -> str:
    # bool and int hash alike (True == 1), so the type is part of the key.
    key = (type(cell), cell)
    if key not in pool:
        pool[key] = cell_text(cell)
    return pool[key]


def joined_headers(grid: Grid, at: int) -> tuple[list[str], bool]:
    """Return the headers of a row, completed by the row above where that is a row of headers too.

    In two rows of headers the upper one holds groups over several columns ("Unsur pelayanan" over U1 to U9), or the
    only header of a column whose lower cell is merged with it. A title that stands alone is no row of headers.
    """
    lower = grid.record(at)
    if not at:
        return lower, False
    upper = grid.record(at - 1)
    upper += [""] * (len(lower) - len(upper))
    lower += [""] * (len(upper) - len(lower))
    filled = [j for j, c in enumerate(upper) if c.strip()]
    if len(filled) < 2:
        return lower, False
    group = ""
    names, used = [], False
    known: dict[str, int] = {}
    for cell in lower:
        known[plain(cell)] = known.get(plain(cell), 0) + 1
    for above, cell in zip(upper, lower, strict=True):
        group = above if above.strip() else group
        if not cell.strip() and above.strip():
            cell, used = above, True
        elif cell.strip() and known[plain(cell)] > 1 and group.strip():
            cell, used = f"{' '.join(group.split())}/{cell}", True
        names.append(cell)
    return names, used


def without_totals(table: RawTable) -> RawTable:
    """Return the table without rows of totals at its end, which are no respondents."""
    last = len(table.rows)
    words: list[str] = []
    while last and len(words) < _MOST_TOTALS:
        row = [str(c[last - 1]).strip() for c in table.cells]
        at = next((j for j, c in enumerate(row) if c), 0)
        first = row[at]
        found = _TOTALS.match(plain(first))
        # "Total" beside numbers is a total in any column; "Jumlah nilai per unsur" only where no texts stand above it.
        whole = found is not None and found.end() == len(plain(first))
        if (
            found is None
            or not any(number(c) is not None for c in row)
            or not (whole or _no_texts(table, at, last - 1))
        ):
            break
        words.append(short(first, 30))
        last -= 1
    if not words or not last:
        return table
    rows = table.rows[last:]
    kept = table.take(np.arange(len(table.rows)) < last)
    return kept.noted(
        note("responses.totals", n=len(words), rows=", ".join(map(str, rows)), words=", ".join(reversed(words)))
    )


def _no_texts(table: RawTable, column: int, rows: int) -> bool:
    above = [c.strip() for c in table.cells[column][:rows]]
    return 2 * sum(not c or c[0].isdigit() for c in above) >= len(above)


def filled_down(
    grid: Grid, areas: Sequence[tuple[tuple[int, int], tuple[int, int]]], at: int
) -> tuple[Grid, list[Note]]:
    """Return the grid with the answer of a merged cell in each of its rows: it holds for all of them."""
    columns = list(grid.columns)
    changed: set[int] = set()
    cells = 0
    for (top, left), (bottom, right) in areas:
        if top <= at or left != right or left >= len(columns) or bottom <= top:
            continue
        if left not in changed:
            columns[left] = columns[left].copy()
            changed.add(left)
        bottom = min(bottom, len(grid) - 1)
        empty = blank(columns[left][top : bottom + 1])
        columns[left][top : bottom + 1] = np.where(empty, columns[left][top], columns[left][top : bottom + 1])
        cells += int(empty.sum())
    if not cells:
        return grid, []
    return Grid(tuple(columns), grid.widths), [note("responses.merged_cells", n=cells, columns=len(changed))]
