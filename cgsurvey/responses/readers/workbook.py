"""Workbooks: xlsx, xls, ods."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from cgsurvey.base.errors import DataError, OptionError, did_you_mean, some


def sheet_records(content: bytes, sheet: str | int | None, where: str) -> tuple[Sequence[Sequence[str]], str]:
    """Return the rows of one sheet as text and the name of the sheet.

    Parameters
    ----------
    content : bytes
        The workbook.
    sheet : str or int, optional
        Name, or place counted from 1. A workbook with several filled sheets is never guessed at.
    where : str
        The file, for messages.
    """
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = list(book.sheet_names)
    except Exception as error:  # the parser has no common error class
        raise DataError(
            f"{where} cannot be opened as a workbook ({str(error)[:120]}). Save it again as xlsx, without a password."
        ) from error
    ends = {n: book.get_sheet_by_name(n).end for n in names}
    sizes = {n: end[0] + 1 if end else 0 for n, end in ends.items()}
    if sheet is None:
        filled = [n for n in names if sizes[n]]
        if not filled:
            raise DataError(f"{where} is empty: none of its sheets holds a cell. Export the data again.")
        if len(filled) > 1:
            listed = "; ".join(f"{names.index(n) + 1} '{n}' ({sizes[n]} rows)" for n in filled)
            raise DataError(
                f"{where} has {len(filled)} sheets: {listed}. Say which one holds the answers as they were given, "
                f"e.g. sheet='{filled[0]}'."
            )
        sheet = filled[0]
    elif isinstance(sheet, int):
        if not 1 <= sheet <= len(names):
            raise OptionError(f"sheet={sheet}: {where} has sheets 1 to {len(names)}: {some(names)}.")
        sheet = names[sheet - 1]
    elif sheet not in names:
        raise OptionError(f"sheet='{sheet}' is not in {where}.{did_you_mean(sheet, names)} Sheets: {some(names, 20)}.")
    page = book.get_sheet_by_name(sheet)
    pool: dict[Any, str] = {}
    rows = [[_text(c, pool) for c in row] for row in page.to_python(skip_empty_area=False)]
    return rows, str(sheet)


def _text(cell: Any, pool: dict[Any, str]) -> str:
    # bool and int hash alike (True == 1), so the type is part of the key.
    key = (type(cell), cell)
    if key not in pool:
        pool[key] = cell_text(cell)
    return pool[key]


def cell_text(cell: Any) -> str:
    """Return a cell as the text a person would type: 5.0 as "5", dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        if cell != cell:
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() and cell.tzinfo is None else cell.isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
