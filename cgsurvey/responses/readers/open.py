"""One door for all formats; what a file is, is told by its first bytes and not by its ending."""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from cgsurvey.base import archive
from cgsurvey.base.errors import DataError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.readers import columnar, kobo, limesurvey, redcap, registry, statistical, text
from cgsurvey.responses.readers.dates import serials
from cgsurvey.responses.readers.platform import Head, Near, Platform, Request, Signs
from cgsurvey.responses.readers.raw import Grid, RawTable, find_header, to_table
from cgsurvey.responses.readers.workbook import Book, filled_down, joined_headers, without_totals
from cgsurvey.responses.words import plain, short

_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"RDX", "a file of R"),
    (b"HEADER RECORD", "a file of SAS"),
    (b"SQLite format 3", "a data base"),
)
_HEAD = 16
_LARGEST = 4 * 2**30


@dataclass(frozen=True)
class _File:
    """A file in memory: its name, bytes, what messages call it, and the file on disk if it is one."""

    name: str
    content: bytes
    where: str
    path: Path | None
    facts: Mapping[str, Any]


def open_table(data: str | Path | pd.DataFrame, request: Request | None = None) -> RawTable:
    """Open a field file or take a data frame, and return its headers and cells as text.

    Parameters
    ----------
    data : path or DataFrame
    request : Request, optional
        What overrules recognition.

    Raises
    ------
    DataError
        When there is no such file, it is empty, of a foreign format, or broken.
    """
    request = request or Request()
    if isinstance(data, pd.DataFrame):
        return _of_columns(columnar.from_frame(data), request)
    if not isinstance(data, str | Path):
        raise OptionError(f"a path or a pandas DataFrame is needed, not {type(data).__name__}.")
    path = Path(data)
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"{path.name} is larger than {_LARGEST // 2**30} GB. Write it as parquet or split it.")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(_unreadable(path, error)) from error
    if request.near.names is tuple:
        near = Near(
            lambda: [p.name for p in sorted(path.parent.iterdir()) if p.is_file()],
            lambda name: (path.parent / name).read_bytes(),
        )
        request = replace(request, near=near)
    facts = {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
    return _of_file(_File(path.name, content, path.name, path, facts), request)


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, IsADirectoryError | PermissionError) and path.is_dir():
        return f"'{path}' is a folder. Name the file in it."
    if isinstance(error, FileNotFoundError):
        near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        return f"there is no file '{path}'.{did_you_mean(path.name, near)} The path starts at the working folder."
    return f"'{short(path.name)}' cannot be read: {short(str(error), 120)}"


def _of_file(file: _File, request: Request) -> RawTable:
    """Choose the container by the first bytes."""
    content, where = file.content, file.where
    if not content.strip(b" \t\r\n\x00"):
        raise DataError(f"{where} is empty (0 answers, no headers). Export the data again.")
    foreign = next((what for mark, what in _FOREIGN if content.startswith(mark)), None)
    if foreign:
        raise DataError(f"{where} is {foreign}, which is not read. Export the answers as csv or xlsx.")
    kind = statistical.recognise(content)
    if kind:
        if content.startswith(b"<stata_dta>") and not content.rstrip(b"\x00\r\n ").endswith(b"</stata_dta>"):
            raise DataError(f"{where} is a Stata file that is cut off. Copy or download it again.")
        return _of_statistics(file, kind, request)
    if content.startswith(b"PAR1"):
        with _on_disk(file) as path:
            table = columnar.from_parquet(path, where)
        return _of_columns(replace(table, **file.facts), request)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        return _of_workbook(file, request)
    if content[:2] == b"PK":
        zipped = archive.open_archive(content, where)
        if _is_workbook(zipped):
            return _of_workbook(file, request)
        if file.path is None:
            raise DataError(f"{where} is an archive in an archive. Unpack the outer one and give the inner one.")
        return _of_archive(file, zipped, request)
    return _of_text(file, request)


@contextmanager
def _on_disk(file: _File) -> Iterator[Path]:
    """A path of the file for parsers that want one; members of an archive are written to a temporary folder."""
    if file.path is not None:
        yield file.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("data" + PurePosixPath(file.name).suffix[:8])
        path.write_bytes(file.content)
        yield path


def _is_workbook(zipped: zipfile.ZipFile) -> bool:
    names = set(zipped.namelist())
    return (
        any(n.startswith("xl/") for n in names)
        or {"content.xml", "mimetype"} <= names
        or "[Content_Types].xml" in names
    )


def _of_statistics(file: _File, kind: str, request: Request) -> RawTable:
    platform = registry.STATA if kind == "dta" else registry.SPSS
    _no_sheets(request, file.where)
    signs = registry.check(request.source, platform, file.where)
    with _on_disk(file) as path:
        table = statistical.read(path, kind, where=file.where, encoding=request.encoding)
    return replace(table, source=platform.name, source_why=signs.why, **file.facts)


def _no_sheets(request: Request, where: str) -> None:
    if request.sheet is not None:
        raise OptionError(f"sheet={request.sheet!r}: {where} has no sheets. Leave sheet out.")
    if request.repeat is not None:
        raise OptionError(
            f"repeat={request.repeat!r}: {where} holds one table and no repeated groups. Leave repeat out."
        )


def _of_text(file: _File, request: Request) -> RawTable:
    content, where = file.content, file.where
    _no_sheets(request, where)
    if request.delimiter is not None and len(request.delimiter) != 1:
        raise OptionError(f"delimiter={request.delimiter!r} must be one character, e.g. ';'.")
    words, encoding, notes = text.decode(content, request.encoding, where)
    start = words[:4000].lstrip().lower()
    if start.startswith(("<?xml", "<document")) and "limesurveydoctype" in start:
        raise DataError(_no_answers(where, "the structure of a LimeSurvey survey"))
    if start.startswith(("<html", "<!doctype", "<table", "<?xml")):
        raise DataError(
            f"{where} is a web page or XML, not a table. Open it in a spreadsheet and save it as xlsx or csv."
        )
    delimiter = request.delimiter or text.sniff(words)
    # The whole text is not held beside its bytes longer than needed: files may be large.
    plain_bytes = content if encoding in ("utf-8", "utf-8-sig") else words.encode("utf-8", "surrogatepass")
    del words
    grid = text.rectangular(plain_bytes, delimiter)
    if grid is None:
        grid = text.any_shape(plain_bytes.decode("utf-8", "surrogatepass").lstrip("\ufeff"), delimiter, where)
    head = grid.head(_HEAD)
    if limesurvey.is_structure(head):
        raise DataError(_no_answers(where, "the structure of a LimeSurvey survey"))
    if redcap.is_dictionary(head):
        raise DataError(_no_answers(where, "the data dictionary of a REDCap project"))
    facts = {**file.facts, "reader": "csv", "encoding": encoding, "delimiter": delimiter}
    return _of_grid(grid, head, facts, notes, request, where, ragged=True)


def _no_answers(where: str, what: str) -> str:
    return (
        f"{where} is {what}: it holds questions and no answers. Give the file of answers, and this one as "
        f"structure='{where}'."
    )


def _of_grid(
    grid: Grid,
    head: Head,
    facts: Mapping[str, Any],
    notes: Sequence[Note],
    request: Request,
    where: str,
    *,
    ragged: bool = False,
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (),
) -> RawTable:
    """Find the headers, and hand the table to its platform."""
    platform, signs = registry.recognise(request.source, head, where)
    at = _header(grid, head, signs, request, where)
    headers, used = None, False
    if platform.name in ("table", "google_forms"):
        headers, used = joined_headers(grid, at) if at else (None, False)
    grid, filled = filled_down(grid, merged, at) if merged else (grid, [])
    table = to_table(
        grid, where=where, at=at, told=request.header_row is not None, headers=headers, ragged=ragged, **facts
    )
    more = [note("responses.two_header_rows", rows=f"{at} and {at + 1}")] if used else []
    table = replace(table, notes=(*notes, *table.notes, *more, *filled))
    if platform.name in ("table", "google_forms"):
        table = without_totals(table)
    return _finished(serials(table), platform, signs, request)


def _header(grid: Grid, head: Head, signs: Signs, request: Request, where: str) -> int:
    if request.header_row is None:
        return signs.header if signs.header is not None else find_header(head, request.score, where)
    at = request.header_row - 1
    if not 0 <= at < len(grid) or not any(c.strip() for c in grid.record(at)):
        raise DataError(f"{where}: header_row={request.header_row} holds no headers. The file has {len(grid)} rows.")
    return at


def _finished(table: RawTable, platform: Platform, signs: Signs, request: Request) -> RawTable:
    if request.structure is not None and platform.name not in ("limesurvey", "redcap"):
        raise OptionError(
            f"structure='{request.structure}': {table.named} is {platform.called}, which has no structure file. "
            "Leave structure out, or name source='limesurvey' or 'redcap'."
        )
    table = platform.read(replace(table, source=platform.name, source_why=signs.why), request)
    if not len(table.rows):
        raise DataError(f"{table.named} holds headers but no answers. Export it again when submissions have come in.")
    return table


def _of_columns(table: RawTable, request: Request) -> RawTable:
    """Hand a table that came by columns to its platform; further rows of headers may stand among its rows."""
    _no_sheets(request, table.named)
    first = [[str(c[i]) for c in table.cells] for i in range(min(3, len(table.rows)))]
    platform, signs = registry.recognise(request.source, [list(table.headers), *first], table.named)
    if signs.header:
        raise DataError(
            f"{table.named}: the headers stand in a row of answers. Read the file itself, not a frame of it."
        )
    return _finished(table, platform, signs, request)


# The sheets of a workbook of answers that this package wrote.
_WRITTEN = ("answers", "labels", "notes")


def _of_workbook(file: _File, request: Request) -> RawTable:
    book = Book(file.content, file.where)
    filled = [n for n in book.names if book.rows(n)]
    names = {plain(n) for n in book.names}
    if "survey" in names and names & {"choices", "settings", "cascades"} and request.sheet is None:
        raise DataError(
            f"{file.where} is a form (XLSForm): it holds questions and no answers. Give the export of its answers."
        )
    if request.sheet is None and book.names == _WRITTEN:
        request = replace(request, sheet=_WRITTEN[0])
    heads = {n: book.head(n, _HEAD) for n in filled}
    sheet, notes = _choose(heads, {n: book.rows(n) for n in filled}, book.names, request, file.where)

    def load(name: str, notes: Sequence[Note] = ()) -> RawTable:
        where = f"{file.where}, sheet '{name}'"
        facts = {**file.facts, "reader": "excel", "sheet": name}
        areas = book.merged(name)
        return _of_grid(book.grid(name), heads.get(name, []), facts, notes, request, where, merged=areas)

    if request.repeat is not None:
        tables = {n: load(n) for n in filled if n == sheet or _holds_repeat(heads[n])}
        return kobo.join_repeat(tables, sheet, request.repeat).noted(*notes)
    if sheet not in heads:
        raise DataError(f"{file.where}, sheet '{sheet}' is empty: it holds no cell. Choose another sheet.")
    return load(sheet, notes)


def _holds_repeat(head: Head) -> bool:
    return any(kobo.is_repeat(row) for row in head[:3])


def _choose(
    heads: Mapping[str, Head], rows: Mapping[str, int], names: Sequence[str], request: Request, where: str
) -> tuple[str, list[Note]]:
    """Return the table that is read, and a note on those that are not.

    One that holds answers is taken, and the main one beside repeated groups. Anything else is asked for.
    """
    sheet = request.sheet
    if isinstance(sheet, int):
        if not 1 <= sheet <= len(names):
            raise OptionError(f"sheet={sheet}: {where} has sheets 1 to {len(names)}: {some(names)}.")
        return names[sheet - 1], []
    if sheet is not None:
        if sheet not in names:
            raise OptionError(
                f"sheet='{sheet}' is not in {where}.{did_you_mean(sheet, names)} Sheets: {some(names, 20)}."
            )
        return sheet, []
    if not heads:
        raise DataError(f"{where} is empty: none of its sheets holds a cell. Export the data again.")
    main = [n for n in heads if not _holds_repeat(heads[n])]
    repeats = [n for n in heads if n not in main]
    if len(main) == 1:
        told = [note("responses.repeats_left", repeats=some(repeats, 20), n=len(repeats))] if repeats else []
        return main[0], [] if request.repeat is not None else told
    listed = "; ".join(f"{list(names).index(n) + 1} '{n}' ({rows[n]} rows)" for n in heads)
    raise DataError(
        f"{where} has {len(heads)} sheets: {listed}. Say which one holds the answers as they were given, "
        f"e.g. sheet='{next(iter(heads))}'."
    )


def _of_archive(file: _File, zipped: zipfile.ZipFile, request: Request) -> RawTable:
    """Read the table of an archive of exports: one file, or the main one beside those of repeated groups."""
    members = {}
    for member in zipped.infolist():
        path = PurePosixPath(member.filename)
        hidden = path.name.startswith(".") or "__MACOSX" in path.parts or "media" in path.parts[:-1]
        if not member.is_dir() and not hidden and path.suffix.lower() in _DATA:
            members[member.filename] = member
    if not members:
        raise DataError(
            f"{file.where} is an archive without a table ({some([m.filename for m in zipped.infolist()], 5)}). "
            "Unpack it and give the file of answers."
        )
    contents: dict[str, bytes] = {}

    def content(name: str) -> bytes:
        if name not in contents:
            contents[name] = archive.unpack(zipped, members[name], file.where)
        return contents[name]

    def inner(name: str) -> _File:
        # The name of the member tells which structure belongs to it; that of the archive stands in the provenance.
        facts = {**file.facts, "file": PurePosixPath(name).name}
        return _File(name, content(name), f"{file.where}, {name}", None, facts)

    every = {PurePosixPath(m.filename).name: m for m in zipped.infolist() if not m.is_dir()}
    near = Near(lambda: list(every), lambda name: archive.unpack(zipped, every[name], file.where))
    own = replace(request, sheet=None, repeat=None, near=near)
    tables = [n for n in members if not n.lower().endswith((".xlsx", ".xls", ".ods", ".sav", ".dta", ".parquet"))]
    if len(members) == 1 and (len(tables) == 0 or request.repeat is None):
        (name,) = members
        return _outside(_of_file(inner(name), own if tables else replace(own, sheet=request.sheet)), file)
    heads = {n: _text_head(content(n), request, file.where) for n in members if n in tables}
    heads = {n: h for n, h in heads.items() if h and not redcap.is_dictionary(h) and not limesurvey.is_structure(h)}
    rows = {n: content(n).count(b"\n") for n in heads}
    name, notes = _choose(heads, rows, list(members), request, file.where)
    if request.repeat is not None:
        repeats = [n for n in heads if n == name or _holds_repeat(heads[n])]
        stems = {n: PurePosixPath(n).stem for n in repeats}
        read = {stems[n]: _of_file(inner(n), own) for n in repeats}
        wanted = request.repeat
        full = next((s for s in stems.values() if s == wanted or s.endswith(f"-{wanted}")), wanted)
        return _outside(kobo.join_repeat(read, stems[name], full), file)
    return _outside(_of_file(inner(name), own), file).noted(*notes)


_DATA = (".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xls", ".ods", ".sav", ".zsav", ".dta", ".parquet")


def _text_head(content: bytes, request: Request, where: str) -> Head:
    words, _, _ = text.decode(content, request.encoding, where)
    cut = request.delimiter or text.sniff(words)
    # The last line of the piece may be cut in the middle.
    return text.grid(re.sub(r"[^\n]*\Z", "", words[:200_000]) or words, cut, where).head(_HEAD)


def _outside(table: RawTable, file: _File) -> RawTable:
    return replace(table, file=file.facts["file"], sheet=table.sheet or table.file)
