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
    # Packed bytes hold one byte per value or more; what zlib packs again may be much smaller.
    return cases * variables <= data * (1 if packing == 1 else _PACKED)


def _dictionary(content: bytes | mmap, order: str) -> tuple[int, int]:
    """Return where the data begin and how many records of variables there are, continuations of texts included."""
    at, variables = _HEADER, 0
    for _ in range(_MOST_RECORDS):
        kind, first, second, third = struct.unpack_from(order + "4i", content, at)
        if kind == 2:
            variables += 1
            width, labelled, missing = first, second, third
            if not -1 <= width <= 255 or labelled not in (0, 1) or not -3 <= missing <= 3:
                raise ValueError("no variable")
            at += 32 + 8 * abs(missing)
            if labelled:
                at += 4 + _padded(struct.unpack_from(order + "i", content, at - 8 * abs(missing))[0], 4)
        elif kind == 3:
            at += 8
            for _ in range(_counted(first, content)):
                at += 8 + _padded(content[at + 8] + 1 if at + 8 < len(content) else -1, 8)
        elif kind == 4:
            at += 8 + 4 * _counted(first, content)
        elif kind == 6:
            at += 8 + 80 * _counted(first, content)
        elif kind == 7:
            if second < 0 or third < 0:
                raise ValueError("no extension")
            at += 16 + second * third
        elif kind == 999:
            return at + 8, variables
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
