"""The sheets of a form as rows of named cells: headers in all their spellings, languages, numbers read as floats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from cgsurvey.base import workbooks
from cgsurvey.base.errors import DataError, InstrumentError, did_you_mean
from cgsurvey.instrument.xlsform import LANGUAGES

_CODE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")
_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*\)\s*$")
_SAID = re.compile(
    r"^(?:(?P<what>label|hint)|(?P<label>caption)|(?P<message>constraint[ _]message|bind:{1,2}jr:constraintmsg))"
    r"\s*(?::{1,2}\s*(?P<language>.*))?$",
    re.IGNORECASE | re.DOTALL,
)
_SPELLINGS = {
    "value": "name",
    "relevance": "relevant",
    "list": "list_name",
    "sources": "source",
    "id_string": "form_id",
    "set_form_id": "form_id",
    "title": "form_title",
    "set_form_title": "form_title",
}
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
_MOST_BYTES = 100 * 2**20


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet, its cells by column, its labels by language, its other words likewise."""

    number: int
    cells: dict[str, Any]
    words: dict[str, str]
    said: dict[str, dict[str, str]] = field(default_factory=dict)

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
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InstrumentError(f"{path.name} is larger than {_MOST_BYTES // 2**20} MB, as no form is.")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InstrumentError(_unreadable(path, error)) from error
    try:
        book = workbooks.opened(content, path.name)
        sheets = {}
        for name in book.sheet_names:
            page = workbooks.sheet(book, name, path.name)
            last, right = page.end or (-1, -1)
            if (last + 1) * (right + 1) > _MOST_CELLS:
                raise InstrumentError(f"{path.name}, sheet {name}: {last + 1} x {right + 1} cells are no form.")
            sheets[name] = page.to_python(skip_empty_area=False)
    except DataError as error:
        raise InstrumentError(f"the form {error}") from error
    return sheets


def _unreadable(path: Path, error: Exception) -> str:
    if path.is_dir():
        return f"'{path}' is a folder. Name the form in it."
    if isinstance(error, FileNotFoundError):
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        return f"there is no file '{path}'.{did_you_mean(path.name, near)}"
    return f"'{path.name}' cannot be read: {str(error)[:120]}"


def table(rows: Sequence[Sequence[Any]], language: str) -> Table:
    """Return a sheet by its header, the first row that holds anything; `language` is that of labels that name none."""
    first = next((i for i, row in enumerate(rows) if any(as_text(c) for c in row)), None)
    if first is None:
        return Table([], [], (), ())
    columns: dict[int, str] = {}
    spoken: dict[int, tuple[str, str]] = {}
    twice = []
    for i, cell in enumerate(rows[first]):
        head = as_text(cell)
        if words := _SAID.match(head):
            what = "constraint_message" if words["message"] else "label" if words["label"] else words["what"].lower()
            found = what, language_code(words["language"]) if words["language"] else language
            if found in spoken.values():
                twice.append(head)
            else:
                spoken[i] = found
        elif head:
            name = re.sub(r"[\s_]+", "_", head.casefold())
            name = re.sub(r"^bind:{1,2}(?=(relevant|constraint|required)$)", "", name)
            name = _SPELLINGS.get(name, name)
            if name in columns.values():
                twice.append(head)
            else:
                columns[i] = name
    header = list(columns.values())
    for i in range(max(map(len, rows))):  # what stands beside the table is kept under the letter of its column
        if i >= len(rows[first]) or not as_text(rows[first][i]):
            columns[i] = f"({letters(i)})"
    out = []
    for number, row in enumerate(rows[first + 1 :], start=first + 2):
        cells = {name: row[i] for i, name in columns.items() if i < len(row) and as_text(row[i])}
        said: dict[str, dict[str, str]] = {}
        for i, (what, code) in spoken.items():
            if i < len(row) and as_text(row[i]):
                said.setdefault(what, {})[code] = as_text(row[i])
        if cells or said:
            out.append(Row(number, cells, said.pop("label", {}), said))
    return Table(header, out, tuple(code for what, code in spoken.values() if what == "label"), tuple(twice))


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0, as spreadsheets show them."""
    out = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        out = chr(65 + rest) + out
    return out


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
