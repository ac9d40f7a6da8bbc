"""Delimited text: encoding, delimiter and records."""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers.raw import MOST_COLUMNS, Grid

# Below this many characters the plain reader is as fast.
_SMALL = 200_000
# The block in which pyarrow reads; a record must fit into it.
_BLOCK = 2**24
# What spreadsheets take for the beginning of a formula.
_LIVE = frozenset("=+-@\t\r")
_DELIMITERS = (";", ",", "\t", "|")
_MINUS = re.compile(r"-(?:\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)?")
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

    Where several delimiters cut, the one that cuts most of the first records alike wins, then the one that cuts the
    earliest of them, then any before the comma, which also stands in numbers and sentences, then the one that cuts
    more.
    """
    head = io.StringIO(text[:1_000_000], newline="")
    first = next((line for line in head if line.strip()), "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4]
    best, found = (0.0, 0, False, 0), ","
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text[:1_000_000], newline=""), delimiter=delimiter)
        try:
            widths = [len(r) for _, r in zip(range(12), (r for r in reader if any(r)), strict=False)]
        except csv.Error:
            continue
        at = next((i for i, w in enumerate(widths) if w > 1), None)
        if at is None:
            continue
        alike = sum(w == widths[at] for w in widths[at:]) / (len(widths) - at)
        # A title above the headers may hold a comma; it is alone with it.
        merit = (alike if len(widths) - at > 1 else 0.0, -at, delimiter != ",", widths[at])
        if merit > best:
            best, found = merit, delimiter
    return found


def grid(text: str, delimiter: str, where: str) -> Grid:
    """Return all cells; equal cells of a column share one string, so that a long file of labels stays small."""
    return rectangular(text.encode("utf-8", "surrogatepass"), delimiter) or any_shape(text, delimiter, where)


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would compute it; numbers stay as they are."""
    live = text.lstrip("'")[:1] in _LIVE and bool(text)
    return f"'{text}" if live and not _MINUS.fullmatch(text) else text


def unguarded(text: str) -> str:
    """Return a text without the apostrophe that guards it, which careful programs write and which is no part of it."""
    return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in _LIVE else text


def rectangular(content: bytes, delimiter: str) -> Grid | None:
    """Read UTF-8 text whose records all have as many cells as the first, which pyarrow does several times faster.

    Returns None for anything else, and for short texts.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    if len(content) < _SMALL or not delimiter.isascii() or delimiter in '"\r\n':
        return None
    head = content[:1_000_000].decode("utf-8-sig", "replace")
    first = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
    names = [str(j) for j in range(len(first))]
    if not 2 <= len(names) <= MOST_COLUMNS:
        return None
    end = len(content)
    while end and content[end - 1] in b"\r\n":
        end -= 1
    try:
        table = pc.read_csv(
            pa.BufferReader(memoryview(content)[:end]),
            read_options=pc.ReadOptions(column_names=names, block_size=min(end + 1, _BLOCK)),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowException:
        return None
    columns, empty = [], []
    pool: dict[str, str] = {}
    for j in range(len(names)):
        column = np.empty(table.num_rows, dtype=object)
        nothing = np.zeros(table.num_rows, bool)
        at = 0
        for chunk in table.column(j).chunks:
            words = [pool.setdefault(w, unguarded(w)) for w in chunk.dictionary.to_pylist()]
            codes = chunk.indices.to_numpy()
            column[at : at + len(chunk)] = np.array([*words, ""], dtype=object)[codes]
            blank = np.array([not w.strip() for w in words], dtype=bool)
            if blank.any():
                nothing[at : at + len(chunk)] = blank[codes]
            at += len(chunk)
        columns.append(column)
        empty.append(nothing)
    return Grid(tuple(columns), np.full(table.num_rows, len(names)), tuple(empty))


def any_shape(text: str, delimiter: str, where: str) -> Grid:
    """Read records of any width, one by one."""
    pool: dict[str, str] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [[pool[c] if c in pool else pool.setdefault(c, unguarded(c)) for c in r] for r in reader]
    except csv.Error as error:
        raise DataError(
            f"{where} breaks off near line {reader.line_num}: {error}. A quotation mark is not closed; export it again."
        ) from error
    if rows and len(rows[0]) <= 2 and "".join(rows[0]).lower().startswith("sep="):
        rows[0] = []
    return Grid.of(rows, where)
