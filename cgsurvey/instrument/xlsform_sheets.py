"""The sheets of a form as rows of named cells: headers in all their spellings, languages, numbers read as floats."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from cgsurvey.base.errors import InstrumentError
from cgsurvey.instrument.xlsform import LANGUAGES

_CODE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")
_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*\)\s*$")
_LABEL = re.compile(r"^(?:label|caption)\s*(?::{1,2}\s*(?P<language>.*))?$", re.IGNORECASE | re.DOTALL)
_SPELLINGS = {"value": "name", "relevance": "relevant", "list": "list_name", "sources": "source"}
_ENGLISH_NAMES = {
    "indonesian": "id",
    "indonesia": "id",
    "arabic": "ar",
    "chinese": "zh",
    "dutch": "nl",
    "french": "fr",
    "german": "de",
    "hindi": "hi",
    "japanese": "ja",
    "javanese": "jv",
    "korean": "ko",
    "malay": "ms",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "sundanese": "su",
    "vietnamese": "vi",
}
_CODES = {name.casefold(): code for code, name in LANGUAGES.items()} | _ENGLISH_NAMES
_MOST_CELLS = 5_000_000
_MOST_BYTES = 300_000_000


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet, its cells by column, its labels by language."""

    number: int
    cells: dict[str, Any]
    words: dict[str, str]

    def text(self, column: str) -> str:
        """Return a cell as text without outer blanks; "" where it is empty or the column is not there."""
        return as_text(self.cells.get(column))

    def number_of(self, column: str) -> float | None:
        """Return a cell as a number, None where it is none."""
        try:
            found = float(self.text(column).replace(",", "."))
        except ValueError:
            return None
        return found if isfinite(found) else None


@dataclass(frozen=True)
class Table:
    """A sheet: its columns, its rows that hold anything, the languages of its labels, columns that are there twice."""

    header: list[str]
    rows: list[Row]
    languages: tuple[str, ...]
    twice: tuple[str, ...]

    def code(self, spoken: str) -> str:
        """Return the code of a language as the settings name it, "" where it is not one of the labels."""
        found = language_code(spoken) if spoken else ""
        return found if found in self.languages else ""


def opened(path: Path) -> dict[str, list[list[Any]]]:
    """Return the cells of all sheets of a workbook."""
    from python_calamine import CalamineWorkbook

    if not path.is_file():
        raise InstrumentError(f"there is no file '{path}'." if not path.exists() else f"'{path}' is no file.")
    advice = "Open it in a spreadsheet program and save it again as .xlsx, without a password."
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as inside:
                if sum(part.file_size for part in inside.infolist()) > _MOST_BYTES:
                    raise InstrumentError(f"{path.name} is larger when unpacked than any form.")
        book = CalamineWorkbook.from_path(path)
        sheets = {}
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height * sheet.width > _MOST_CELLS:
                raise InstrumentError(f"{path.name}, sheet {name}: {sheet.height} x {sheet.width} cells are no form.")
            sheets[name] = sheet.to_python(skip_empty_area=False)
    except BaseException as error:  # the parser panics on some broken files, which is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | InstrumentError):
            raise
        raise InstrumentError(f"{path.name} cannot be read as a workbook ({str(error)[:120]}). {advice}") from error
    return sheets


def table(rows: Sequence[Sequence[Any]], language: str) -> Table:
    """Return a sheet by its header, the first row that holds anything; `language` is that of labels that name none."""
    first = next((i for i, row in enumerate(rows) if any(as_text(c) for c in row)), None)
    if first is None:
        return Table([], [], (), ())
    columns: dict[int, str] = {}
    spoken: dict[int, str] = {}
    twice = []
    for i, cell in enumerate(rows[first]):
        head = as_text(cell)
        label = _LABEL.match(head)
        if label:
            code = language_code(label["language"]) if label["language"] else language
            if code in spoken.values():
                twice.append(head)
            else:
                spoken[i] = code
        elif head:
            name = re.sub(r"[\s_]+", "_", head.casefold())
            name = _SPELLINGS.get(name, name)
            if name in columns.values():
                twice.append(head)
            else:
                columns[i] = name
    found = []
    for number, row in enumerate(rows[first + 1 :], start=first + 2):
        cells = {name: row[i] for i, name in columns.items() if i < len(row) and as_text(row[i])}
        words = {code: as_text(row[i]) for i, code in spoken.items() if i < len(row) and as_text(row[i])}
        if cells or words:
            found.append(Row(number, cells, words))
    return Table(list(columns.values()), found, tuple(spoken.values()), tuple(twice))


def language_code(spoken: str) -> str:
    """Return the code of a language: "id" of "Bahasa Indonesia (id)", of "Indonesian" and of "id"."""
    text = " ".join(spoken.split())
    inner = _IN_BRACKETS.search(text)
    code = inner[1] if inner else _CODES.get(text.casefold(), text)
    head, _, tail = code.partition("-")
    code = head.lower() + (f"-{tail}" if tail else "")
    if _CODE.match(code):
        return code
    return "und-" + (re.sub(r"[^A-Za-z0-9]", "", text) or "x")  # undetermined, as BCP 47 has it


def as_text(value: Any) -> str:
    """Return a cell as it was meant: a whole number without its decimals, no outer blanks."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").strip()


def yes(text: str) -> bool:
    """Return whether a cell says yes."""
    return text.casefold() in ("yes", "true", "true()", "1", "y", "ya")
