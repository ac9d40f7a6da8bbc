"""Zip archives: what is in them, and whether it is safe to unpack.

A small archive can unpack to more than any memory holds, and state a smaller size than it has; so members are unpacked
piece by piece and counted before anything reads them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from cgsurvey.base.errors import DataError

_MOST_MEMBERS = 10_000
_MOST_BYTES = 2 * 2**30
# Sheets of equal cells shrink to a hundredth; a bomb to a thousandth.
_MOST_RATIO = 200
_SMALL = 64 * 2**20
_PIECE = 2**20
_CELL = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_REPEATED = re.compile(rb'number-(rows|columns)-repeated="([0-9]+)"')
# A few cells far apart would be laid out as a full rectangle.
_MOST_SPARSE = 20_000_000


def open_archive(content: bytes, where: str) -> zipfile.ZipFile:
    """Return the archive after its directory was looked at."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
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


def check_workbook(content: bytes, where: str) -> None:
    """Refuse a workbook that would fill the memory: a bomb, or few cells over a vast sheet."""
    archive = open_archive(content, where)
    names = {m.filename for m in archive.infolist()}
    if not any(
        n.startswith(("xl/", "Object", "content.xml")) or n in ("mimetype", "[Content_Types].xml") for n in names
    ):
        return
    total = 0
    for member in archive.infolist():
        if not member.filename.endswith(".xml") and not member.filename.endswith(".bin"):
            continue
        rows = columns = cells = 0
        repeated = 1
        rest = b""
        for piece in pieces(archive, member, where):
            total += len(piece)
            if total > _MOST_BYTES:
                raise DataError(_bomb(where, total, len(content)))
            text = rest + piece
            if "/worksheets/" in member.filename:
                found = set(_CELL.findall(text))
                cells += text.count(b"<c ")
                rows = (
                    max((int(r) for _, r in found), default=0)
                    if not rows
                    else max(rows, max((int(r) for _, r in found), default=0))
                )
                columns = max(columns, max((_column(c) for c, _ in found), default=0))
            elif member.filename == "content.xml":
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


def _column(letters: bytes) -> int:
    n = 0
    for c in letters:
        n = 26 * n + c - 64
    return n


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
