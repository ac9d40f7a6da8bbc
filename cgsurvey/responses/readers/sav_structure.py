"""Whether the parts of an SPSS system file agree with one another, told before its parser opens it.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/System-File-Format.html
"""

from __future__ import annotations

import struct
from mmap import mmap

_HEADER = 176
_MOST_RECORDS = 1_000_000
# zlib shrinks to a thousandth at most.
_PACKED = 1100
_BLOCK = 1 << 24  # bytes that a packed block holds at most; SPSS writes 0x3ff000


def agrees(content: bytes | mmap) -> bool:
    """Return whether the records follow one another to the end, and variables and cases fit what the header says.

    A file that does not agree may still be readable; it may also make its parser read beyond its memory.
    """
    try:
        order = "<" if struct.unpack_from("<i", content, 64)[0] in (2, 3) else ">"
        size, packing, _, cases = struct.unpack_from(order + "4i", content, 68)
        begin, variables = _dictionary(content, order)
    except (struct.error, ValueError):
        return False
    row, data = 8 * variables, len(content) - begin
    if size != variables or packing not in (0, 1, 2) or cases < -1 or not variables:
        return False
    if packing == 0:
        return data == cases * row if cases >= 0 else data % row == 0
    if packing == 2 and not _blocks_follow(content, order, begin):
        return False
    # Packed bytes hold one byte per value or more; what zlib packs again may be much smaller.
    return cases * variables <= data * (1 if packing == 1 else _PACKED)


def _blocks_follow(content: bytes | mmap, order: str, begin: int) -> bool:
    """Return whether the blocks packed by zlib follow one another, of the sizes that the trailer tells."""
    try:
        start, trailer, length = struct.unpack_from(order + "3q", content, begin)
        _, _, most, number = struct.unpack_from(order + "2q2i", content, trailer)
        if (
            start != begin
            or not begin < trailer == len(content) - length
            or most > _BLOCK
            or length != 24 * (number + 1)
        ):
            return False
        loose, packed = begin, begin + 24
        for at in range(trailer + 24, trailer + length, 24):
            loose_at, packed_at, size, packed_size = struct.unpack_from(order + "2q2i", content, at)
            if (loose_at, packed_at) != (loose, packed) or not (0 <= size <= most and packed_size >= 0):
                return False
            loose, packed = loose + size, packed + packed_size
    except struct.error:
        return False
    return packed == trailer


def _dictionary(content: bytes | mmap, order: str) -> tuple[int, int]:
    """Return where the data begin and how many records of variables there are, continuations of texts included."""
    at, rest, widths = _HEADER, 0, list[int]()
    for _ in range(_MOST_RECORDS):
        kind, first, second, third = struct.unpack_from(order + "4i", content, at)
        if kind == 2:
            width, labelled, missing = first, second, third
            widths.append(width)
            if not -1 <= width <= 255 or labelled not in (0, 1) or not -3 <= missing <= 3 or (rest > 0) != (width < 0):
                raise ValueError("no variable")
            rest = rest - 1 if width < 0 else _padded(width, 8) // 8 - (width > 0)
            at += 32 + 8 * abs(missing)
            if labelled:
                at += 4 + _padded(struct.unpack_from(order + "i", content, at - 8 * abs(missing))[0], 4)
        elif kind == 3:
            at += 8
            for _ in range(_counted(first, content)):
                at += 8 + _padded(content[at + 8] + 1 if at + 8 < len(content) else -1, 8)
        elif kind == 4:
            labelled = struct.unpack_from(f"{order}{_counted(first, content)}i", content, at + 8)
            if not all(1 <= place <= len(widths) and 0 <= widths[place - 1] <= 8 for place in labelled):
                raise ValueError("labels of no variable that can have them")
            at += 8 + 4 * first
        elif kind == 6:
            at += 8 + 80 * _counted(first, content)
        elif kind == 7:
            if second < 0 or third < 0:
                raise ValueError("no extension")
            at += 16 + second * third
        elif kind == 999 and not rest:
            return at + 8, len(widths)
        else:
            raise ValueError("no record")
        if at > len(content):
            raise ValueError("cut off")
    raise ValueError("no end")


def _padded(length: int, to: int) -> int:
    if length < 0:
        raise ValueError("a length below zero")
    return -(-length // to) * to


def _counted(n: int, content: bytes | mmap) -> int:
    if not 0 <= n <= len(content):
        raise ValueError("no count")
    return n
