"""Workbooks of others, opened with care: no bomb fills the memory, no broken file ends the process.

The one door for answers (`responses.readers`) and forms (`instrument.xlsform_sheets`).
"""

from __future__ import annotations

import io
from typing import Any

from cgsurvey.base import apart, archive
from cgsurvey.base.errors import DataError


def opened(content: bytes, where: str) -> Any:
    """Return the workbook (a `CalamineWorkbook`); `where` names the file in messages.

    Raises
    ------
    DataError
        When it has a password, would fill the memory, or is no workbook.
    """
    from python_calamine import CalamineWorkbook, PasswordError

    if content[:2] != b"PK" or not archive.check_workbook(content, where):
        _try_apart(content, where)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError as error:
        raise DataError(f"{where} is protected by a password. Save it again without one.") from error
    except BaseException as error:  # the parser panics on some broken files, which is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        if "EncryptedPackage".encode("utf-16-le") in content[:200_000]:
            raise DataError(f"{where} is protected by a password. Save it again without one.") from error
        raise DataError(
            f"{where} cannot be opened as a workbook ({str(error)[:120]}). Save it again as xlsx, without a password."
        ) from error
    return book


def sheet(book: Any, name: str, where: str) -> Any:
    """Return a sheet of an opened workbook (a `CalamineSheet`)."""
    try:
        return book.get_sheet_by_name(name)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise DataError(
            f"{where}, sheet '{name}' cannot be read ({str(error)[:120]}). Save the workbook again as xlsx."
        ) from error


# The parser of .xls can ask for all memory there is where the place of a cell is broken.
_TRIAL = """
import io, sys
from python_calamine import CalamineWorkbook
try:
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    for name in book.sheet_names:
        book.get_sheet_by_name(name)
except Exception:
    pass  # the parser has no class of its own; the second opening, in this process, tells what is wrong
"""


def _try_apart(content: bytes, where: str) -> None:
    """Open a workbook whose cells cannot be checked beforehand (.xls, .xlsb, .ods) in a process of its own first."""
    found = apart.tried(_TRIAL, content)
    if found == "slow":
        raise DataError(f"{where} takes more than five minutes to open. Save it again as xlsx.")
    if found:
        raise DataError(
            f"{where} cannot be opened as a workbook: the places of its cells are broken, or it needs more memory "
            "than 3 GB. Save it again as xlsx."
        )
