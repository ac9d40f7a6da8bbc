"""Plain tables: csv, xlsx and parquet."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.cells import cell_text
from cgsurvey.responses.readers.columnar import FORMAT
from cgsurvey.responses.readers.text import guarded
from cgsurvey.responses.words import number
from cgsurvey.responses.writers.columns import Column, reason_words, word_for

# What a spreadsheet would take for a formula or an error.
_LIVE = frozenset("=+-@#\t\r")


def _cells(column: Column, language: str, labels: bool) -> np.ndarray:
    """Return the cells of a column: numbers, texts, "" where there is nothing, shape (n,)."""
    if column.numbers is None:
        assert column.texts is not None
        return _worded(column, column.texts, dict(column.values)) if labels and column.scale else column.texts
    codes, known = pd.factorize(column.numbers)
    words = [column.values.get(v, _whole(v)) if labels else _whole(v) for v in known.tolist()]
    cells = np.array([*words, ""], dtype=object)[codes]
    said = reason_words(column, language) if labels else {}
    for reason in column.told():
        word = word_for(reason, column.scale, language)
        n = number(word)
        # A code of the scale has words of its own; a common word stands for itself.
        cell = word if n is None else said[reason] if labels else _whole(n)
        cells[np.isnan(column.numbers) & (column.reasons == reason)] = cell
    return cells


def _worded(column: Column, cells: np.ndarray, words: dict[Any, str]) -> np.ndarray:
    codes, known = pd.factorize(cells)
    return np.array([*(words.get(t, t) for t in known), ""], dtype=object)[codes]


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def write_csv(path: Path, columns: list[Column], language: str, *, labels: bool, delimiter: str, bom: bool) -> None:
    """Write delimited text in UTF-8; texts that a spreadsheet would compute get an apostrophe, see `text.guarded`."""
    cells = [_texts(_cells(c, language, labels)) for c in columns]
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow([guarded(c.name) for c in columns])
        writer.writerows(zip(*cells, strict=True))


def _texts(cells: np.ndarray) -> np.ndarray:
    codes, known = pd.factorize(cells)
    words = [guarded(v) if isinstance(v, str) else cell_text(v) for v in known.tolist()]
    return np.array([*words, ""], dtype=object)[codes]


# Letters that a cell of a workbook holds.
_LETTERS = 32_767


def write_excel(
    path: Path,
    columns: list[Column],
    language: str,
    *,
    labels: bool,
    remarks: list[list[str]],
) -> list[Note]:
    """Write a workbook of three sheets: answers, labels, notes. No cell is a formula."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    answers = book.create_sheet("answers")
    shown = _safe_cells(answers)
    answers.freeze_panes = "A2"
    answers.append([shown(c.name) for c in columns])
    cells = [_cells(c, language, labels) for c in columns]
    for row in zip(*cells, strict=True):
        answers.append([shown(v) for v in row])
    for title, rows in (("labels", codebook(columns, language)), ("notes", remarks)):
        sheet = book.create_sheet(title)
        shown = _safe_cells(sheet)
        for line in rows:
            sheet.append([shown(v) for v in line])
    book.save(path)
    long = [c.name for c in columns if c.texts is not None and max(map(len, c.texts), default=0) > _LETTERS]
    if not long:
        return []
    return [note("responses.written_cut_text", n=len(long), limit=_LETTERS, columns=some(long, 12))]


def _safe_cells(sheet: Any) -> Callable[[Any], Any]:
    """Return how a value becomes a cell of a sheet: text stays text, and what XML cannot hold is replaced."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    def shown(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value == "":
            return None
        value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value.encode("utf-8", "replace").decode("utf-8"))[:_LETTERS]
        # Programs read _x0041_ in a cell as the letter A.
        value = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value)
        if value[0] not in _LIVE:
            return value
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell

    return shown


def write_parquet(path: Path, columns: list[Column], rows: pd.Index, *, simulated: bool) -> None:
    """Write parquet: codes, a column "reason.<item>" where an item has reasons beside blank, labels as metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = {c.name for c in columns}
    data: dict[str, Any] = {}
    beside: dict[str, str] = {}
    why: dict[str, Any] = {}
    for column in columns:
        if column.numbers is None:
            assert column.texts is not None
            data[column.name] = pd.array([t or None for t in column.texts], dtype="str")
            continue
        data[column.name] = column.numbers
        if column.reasons is not None and set(column.told()) - {"blank"}:
            name = f"reason.{column.name}"
            while name in names:
                name = f"{name}_"
            beside[column.name] = name
            why[name] = pd.Categorical([r or None for r in column.reasons])
    told = {
        "format": FORMAT,
        "simulated": simulated,
        "reasons": beside,
        "labels": {c.name: c.label for c in columns if c.label},
        "values": {c.name: {cell_text(k): v for k, v in c.values.items()} for c in columns if c.values},
    }
    table = pa.Table.from_pandas(pd.DataFrame(data | why, index=rows), preserve_index=True)
    meta = {
        **(table.schema.metadata or {}),
        b"cgsurvey": json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"),
    }
    pq.write_table(table.replace_schema_metadata(meta), path)


def codebook(columns: list[Column], language: str) -> list[list[str]]:
    """Return what each column is: name, question, answers, words for no answer."""
    rows = [["name", "question", "answers", "no answer"]]
    for column in columns:
        answers = "; ".join(f"{cell_text(k)} = {w}" for k, w in column.values.items())
        gone = "; ".join(f"{word_for(r, column.scale, language) or '(blank)'} = {r}" for r in column.told())
        rows.append([column.name, column.label, answers, gone])
    return rows
