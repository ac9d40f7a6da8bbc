"""Zip archives: what is in them, and whether it is safe to unpack.

A small archive can unpack to more than any memory holds, and state a smaller size than it has; so members are unpacked
piece by piece and counted before anything reads them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import numpy as np

from cgsurvey.base.errors import DataError

_MOST_MEMBERS = 10_000
_MOST_BYTES = 2 * 2**30
# Sheets of equal cells shrink to a hundredth; a bomb to a thousandth.
_MOST_RATIO = 200
_SMALL = 64 * 2**20
_PIECE = 2**20
# XML allows blanks around the sign; nobody writes them.
_SPACED = re.compile(rb"\sr\s*=\s+|\sr\s+=\s*")
_REPEATED = re.compile(rb'number-(rows|columns)-repeated="([0-9]+)"')
# A few cells far apart would be laid out as a full rectangle.
_MOST_SPARSE = 20_000_000


def open_archive(content: bytes, where: str) -> zipfile.ZipFile:
    """Return the archive after its directory was looked at."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    # zipfile raises NotImplementedError for a compression or an encryption that it does not know
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{where} cannot be opened as a workbook or archive ({str(error)[:120]}). Save or download it again."
        ) from error
    if len(members) > _MOST_MEMBERS:
        raise DataError(f"{where} holds {len(members)} files, more than any export of a survey. It is not opened.")
    total = sum(m.file_size for m in members)
    if total > _MOST_BYTES or (total > _SMALL and total > _MOST_RATIO * max(len(content), 1)):
        raise DataError(_bomb(where, total, len(content)))
    if any(m.flag_bits & 1 for m in members):
        raise DataError(f"{where} is protected by a password. Save it again without one.")
    return archive


def _bomb(where: str, total: int, packed: int) -> str:
    return (
        f"{where} unpacks from {packed / 2**20:.1f} to {total / 2**20:,.0f} MB or more, as no survey does. It is not "
        "opened; export the answers as csv."
    )


def pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> Iterator[bytes]:
    """Yield a member piece by piece."""
    try:
        with archive.open(member) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except Exception as error:  # zipfile, zlib, lzma and bz2 have an error class each
        raise DataError(
            f"{where}: '{member.filename[:80]}' in it cannot be unpacked ({str(error)[:120]}). Download it again."
        ) from error


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> bytes:
    """Return the content of a member; zipfile never unpacks more than the directory states."""
    return b"".join(pieces(archive, member, where))


def check_workbook(content: bytes, where: str) -> bool:
    """Refuse a workbook that would fill the memory: a bomb, or few cells over a vast sheet.

    Returns whether the places of all its cells could be looked at, as they can in xlsx.
    """
    archive = open_archive(content, where)
    total = 0
    for member in archive.infolist():
        rows = columns = cells = 0
        repeated = 1
        rest = b""
        for piece in pieces(archive, member, where):
            total += len(piece)
            if total > _MOST_BYTES:
                raise DataError(_bomb(where, total, len(content)))
            text = rest + piece
            # A workbook may keep its sheets under any name, so every member is looked at.
            cells += text.count(b"<c ")
            row, column = _furthest(text)
            rows, columns = max(rows, row), max(columns, column)
            if member.filename == "content.xml":
                repeated = max(repeated, _repeats(text))
            rest = text[-40:]
        if rows * columns > _MOST_SPARSE and rows * columns > 40 * max(cells, 1):
            raise DataError(
                f"{where} has cells as far away as row {rows} and column {columns}, but only {cells} in all. "
                "Delete the stray cells, or export the answers as csv."
            )
        if repeated > _MOST_SPARSE:
            raise DataError(
                f"{where} repeats cells with a content {repeated:,} times, as no survey does. "
                "Export the answers as csv."
            )
    names = archive.namelist()
    return any(n.startswith("xl/") for n in names) and not any("sheet" in n and n.endswith(".bin") for n in names)


def _furthest(text: bytes) -> tuple[int, int]:
    """Return the largest row and column that an attribute r="XFD1048576" in a piece of a sheet names."""
    if _SPACED.search(text):
        text = _SPACED.sub(b" r=", text)
    # A place that the piece cuts is read whole in the next one, which begins with the end of this.
    a = np.frombuffer(text + b" " * 12, np.uint8)
    at = np.flatnonzero((a[:-3] == ord("r")) & (a[1:-2] == ord("=")) & ((a[2:-1] == 34) | (a[2:-1] == 39))) + 3
    at = at[at < len(text)]
    window = a[at[:, None] + np.arange(11)].astype(np.int64)
    letter = np.logical_and.accumulate((window >= ord("A")) & (window <= ord("Z")), axis=1)
    column = np.zeros(len(at), np.int64)
    for j in range(3):
        column = np.where(letter[:, j], 26 * column + window[:, j] - 64, column)
    digit = np.logical_and.accumulate(letter | ((window >= ord("0")) & (window <= ord("9"))), axis=1) & ~letter
    row = np.zeros(len(at), np.int64)
    for j in range(11):
        row = np.where(digit[:, j], 10 * row + window[:, j] - 48, row)
    named = (column > 0) & (row > 0)
    return (int(row[named].max()), int(column[named].max())) if named.any() else (0, 0)


def _repeats(text: bytes) -> int:
    """Return how many cells a piece of an ods sheet stands for where repeated cells have a content."""
    most = 1
    for row in re.findall(rb"<table:table-row[^>]*>.*?</table:table-row>", text, re.DOTALL):
        if b"<text:p" not in row and b"office:value" not in row:
            continue
        times = {b"rows": 1, b"columns": 1}
        for what, n in _REPEATED.findall(row):
            times[what] = max(times[what], int(n[:9]))
        most = max(most, times[b"rows"] * times[b"columns"])
    return most
