"""Delimited text: encoding, delimiter and records."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note

_DELIMITERS = (";", ",", "\t", "|")
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
# What Excel and old systems write; a wider choice makes the guess worse (cp1250 reads every cp1252 text).
_CANDIDATES = ["cp949", "cp1252", "shift_jis", "gb18030", "big5", "cp1251"]


def decode(content: bytes, encoding: str | None, where: str) -> tuple[str, str, list[Note]]:
    """Return the text, the encoding, and a note where the encoding had to be guessed."""
    if encoding is not None:
        try:
            return content.decode(encoding).lstrip("\ufeff"), encoding, []
        except (UnicodeDecodeError, LookupError) as error:
            raise DataError(
                f"{where} cannot be read with encoding='{encoding}': {error}. Leave encoding out."
            ) from error
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    try:
        return content.decode(marked or "utf-8"), (marked or "utf-8"), []
    except UnicodeDecodeError as error:
        if marked:
            raise DataError(f"{where} begins as {marked} but breaks off: {error}. Export it again.") from error
    name = _guess(content)
    if name is None:
        raise DataError(
            f"{where} is no readable text. Give its encoding (encoding='cp1252') or export it as UTF-8 or xlsx."
        )
    return content.decode(name), name, [note("responses.encoding_guessed", encoding=name)]


def _guess(content: bytes) -> str | None:
    if b"\x00" in content[:4096]:
        # UTF-16 without a mark: text of latin letters has a zero in every second byte.
        even, odd = content[0:4096:2].count(0), content[1:4096:2].count(0)
        names = ["utf-16-le" if odd > even else "utf-16-be"]
    else:
        from charset_normalizer import from_bytes

        best = from_bytes(content, cp_isolation=_CANDIDATES).best()
        names = ([best.encoding] if best is not None else []) + ["cp1252"]
    for name in names:
        try:
            content.decode(name)
            return name
        except UnicodeDecodeError:
            continue
    return None


def sniff(text: str) -> str:
    """Return the delimiter by the headers alone: cells may hold commas and semicolons, headers hold the truth.

    Where two delimiters cut the headers, the one that cuts the next record into as many cells wins, then the one that
    cuts more.
    """
    head = io.StringIO(text[:1_000_000], newline="")
    first = next((line for line in head if line.strip()), "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    best, found = (False, 0), ","
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text[:1_000_000], newline=""), delimiter=delimiter)
        try:
            widths = [len(r) for _, r in zip(range(12), (r for r in reader if any(r)), strict=False)]
        except csv.Error:
            continue
        wide = max(widths, default=0)
        if wide < 2:
            continue
        at = next(i for i, w in enumerate(widths) if w > 1)
        merit = (len(widths) > at + 1 and widths[at + 1] == widths[at], widths[at])
        if merit > best:
            best, found = merit, delimiter
    return found


def records(text: str, delimiter: str, where: str) -> Sequence[Sequence[str]]:
    """Return all records; equal cells share one string, so that a long file of labels stays small."""
    pool: dict[str, str] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [[pool.setdefault(c, c) for c in r] for r in reader]
    except csv.Error as error:
        raise DataError(
            f"{where} breaks off near line {reader.line_num}: {error}. A quotation mark is not closed; export it again."
        ) from error
    if rows and len(rows[0]) <= 2 and "".join(rows[0]).lower().startswith("sep="):
        rows[0] = []
    return rows
