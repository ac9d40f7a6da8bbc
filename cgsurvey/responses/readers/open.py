"""One door for all formats; what a file is, is told by its first bytes and not by its ending."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, did_you_mean
from cgsurvey.responses.readers import text, workbook
from cgsurvey.responses.readers.raw import RawTable, Score, to_table

_FOREIGN = (
    (b"$FL2", "an SPSS file"),
    (b"$FL3", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
)


def open_table(
    data: str | Path | pd.DataFrame,
    *,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    score: Score | None = None,
) -> RawTable:
    """Open a field file or take a data frame, and return its headers and cells as text.

    Parameters
    ----------
    data : path or DataFrame
    sheet, encoding, delimiter, header_row
        Overrule what would be recognised.
    score : callable, optional
        Counts the known headers in a row; finds headers that stand below a title.

    Raises
    ------
    DataError
        When there is no such file, it is empty, of a foreign format, or broken.
    """
    if isinstance(data, pd.DataFrame):
        return _from_frame(data, reader="frame")
    if not isinstance(data, str | Path):
        raise OptionError(f"a path or a pandas DataFrame is needed, not {type(data).__name__}.")
    path = Path(data)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(_unreadable(path, error)) from error
    where = path.name
    if not content.strip():
        raise DataError(f"{where} is empty (0 answers, no headers). Export the data again.")
    facts: dict[str, Any] = {"file": where, "sha256": hashlib.sha256(content).hexdigest()}
    foreign = next((what for mark, what in _FOREIGN if content.startswith(mark)), None)
    if (foreign is None and content[:4] in (b"\x72\x00\x00\x00", b"\x73\x00\x00\x00")) or path.suffix.lower() == ".dta":
        foreign = "a Stata file"
    if foreign:
        raise DataError(f"{where} is {foreign}, which is not read. Export the answers as csv or xlsx.")
    if content.startswith(b"PAR1"):
        return _from_parquet(path, facts)
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        rows, name = workbook.sheet_records(content, sheet, where)
        facts |= {"reader": "excel", "sheet": name}
        return _finish(rows, facts, score, header_row, f"{where}, sheet '{name}'")
    if sheet is not None:
        raise OptionError(f"sheet={sheet!r}: {where} is text and has no sheets. Leave sheet out.")
    if content[:200].lstrip().lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise DataError(
            f"{where} is a web page or XML, not a table. Open it in a spreadsheet and save it as xlsx or csv."
        )
    words, found, notes = text.decode(content, encoding, where)
    if delimiter is not None and len(delimiter) != 1:
        raise OptionError(f"delimiter={delimiter!r} must be one character, e.g. ';'.")
    cut = delimiter or text.sniff(words)
    rows = text.records(words, cut, where)
    facts |= {"reader": "csv", "encoding": found, "delimiter": cut}
    table = _finish(rows, facts, score, header_row, where, ragged=True)
    return replace(table, notes=(*notes, *table.notes))


def _unreadable(path: Path, error: Exception) -> str:
    if path.is_dir():
        return f"'{path}' is a folder. Name the file in it."
    if isinstance(error, FileNotFoundError):
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        return f"there is no file '{path}'.{did_you_mean(path.name, near)} The path starts at the working folder."
    return f"'{path.name}' cannot be read: {error}"


def _finish(
    rows: Sequence[Sequence[str]],
    facts: dict[str, Any],
    score: Score | None,
    header_row: int | None,
    where: str,
    ragged: bool = False,
) -> RawTable:
    headers, cells, numbers, at, notes = to_table(rows, where=where, score=score, header_row=header_row, ragged=ragged)
    if not len(numbers):
        raise DataError(
            f"{where} holds headers (row {at}, {len(headers)} columns) but no answers. "
            "Export it again when submissions have come in."
        )
    if any('"ImportId"' in c[k] for c in cells[:3] for k in range(min(2, len(numbers)))):
        raise DataError(
            f"{where} is a Qualtrics export with three rows of headers, which is not read. "
            "Delete the second and third row, or export without them."
        )
    return RawTable(headers=headers, cells=cells, rows=numbers, header_row=at, notes=tuple(notes), **facts)


def _from_parquet(path: Path, facts: dict[str, Any]) -> RawTable:
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow raises what it likes on a broken file
        raise DataError(f"{path.name} cannot be opened as parquet ({str(error)[:120]}). Write it again.") from error
    return replace(_from_frame(frame, reader="parquet", where=path.name), **facts)


def _from_frame(frame: pd.DataFrame, *, reader: str, where: str = "the data frame") -> RawTable:
    if frame.shape[1] == 0 or frame.shape[0] == 0:
        raise DataError(f"{where} is empty: {frame.shape[0]} rows, {frame.shape[1]} columns.")
    if any(isinstance(c, tuple) for c in frame.columns):
        raise DataError(f"{where} has headers of several levels. Give it one name per column.")
    cells = tuple(column_text(frame.iloc[:, j]) for j in range(frame.shape[1]))
    own = frame.index.name == "row" and frame.index.is_unique and frame.index.inferred_type == "integer"
    rows = frame.index.to_numpy() if own else np.arange(len(frame)) + 2
    digest = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    for column in cells:
        digest.update("\x1e".join(column).encode("utf-8", "surrogatepass"))
    headers = tuple(" ".join(str(c).split()) or f"column {j + 1}" for j, c in enumerate(frame.columns))
    return RawTable(headers=headers, cells=cells, rows=rows, reader=reader, sha256=digest.hexdigest())


def column_text(column: pd.Series) -> np.ndarray:
    """Return a column as text, shape (n,); each different value is written once."""
    codes, values = pd.factorize(column)
    words = [workbook.cell_text(v.to_pydatetime() if isinstance(v, pd.Timestamp) else v) for v in values.tolist()]
    return np.array([*words, ""], dtype=object)[codes]
