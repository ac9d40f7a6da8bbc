"""Workbooks: xlsx, xls, ods, and what people do in them: several sheets, merged cells, rows of totals."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers import archive
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
        from python_calamine import CalamineWorkbook, PasswordError

        self.where = where
        if content[:2] != b"PK" or not archive.check_workbook(content, where):
            _try_apart(content, where)
        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            self.names = tuple(self._book.sheet_names)
        except PasswordError as error:
            raise DataError(f"{where} is protected by a password. Save it again without one.") from error
        except BaseException as error:  # the parser panics on some broken files, which is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            if "EncryptedPackage".encode("utf-16-le") in content[:200_000]:
                raise DataError(f"{where} is protected by a password. Save it again without one.") from error
            raise DataError(
                f"{where} cannot be opened as a workbook ({str(error)[:120]}). Save it again as xlsx, without "
                "a password."
            ) from error
        self._pages: dict[str, Any] = {}

    def page(self, name: str) -> Any:
        """Return a sheet; it is parsed once."""
        if name not in self._pages:
            try:
                self._pages[name] = self._book.get_sheet_by_name(name)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                raise DataError(
                    f"{self.where}, sheet '{name}' cannot be read ({str(error)[:120]}). Save the workbook again "
                    "as xlsx."
                ) from error
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


# A broken place of a cell lets the parser ask for all memory there is, which ends the process and cannot be caught.
_TRIAL = """
import io, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
except (ImportError, OSError, ValueError):
    pass
from python_calamine import CalamineWorkbook
try:
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    for name in book.sheet_names:
        book.get_sheet_by_name(name)
except Exception:
    pass  # the parser has no class of its own; the second opening, in this process, tells what is wrong
"""


def _try_apart(content: bytes, where: str) -> None:
    """Open a workbook whose cells cannot be checked beforehand (.xls, .xlsb, .ods) in a process of its own first.

    Errors of the parser are left to the second opening; what ends the process, or panics, is told here.
    """
    try:
        command = [sys.executable, "-I", "-c", _TRIAL]
        done = subprocess.run(command, input=content, capture_output=True, timeout=300, check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{where} takes more than five minutes to open. Save it again as xlsx.") from error
    except OSError:  # no second process can be started here, so the file is opened without a trial
        return
    if done.returncode:
        raise DataError(
            f"{where} cannot be opened as a workbook: the places of its cells are broken, or it needs more memory "
            "than 3 GB. Save it again as xlsx."
        )


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
