"""How a table fits on a page of Word: size of its letters, width of its columns, bands where no page is wide enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from cgsurvey.present.table import Grid
from cgsurvey.present.writers.text import width

_TEXT_MIN_CM, _TEXT_MAX_CM = 3.6, 8.0
# A text that wants less than the first is a few words and can wrap at the second.
_LONG_TEXT_CM, _WORDS_MIN_CM = 6.5, 2.4
_LETTER_CM = 0.0222  # width of a digit, cm per point; more than Times needs, so that other fonts fit
_BROAD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZmw%²χ")
_LONGEST_WORD = 22  # letters of a word that is never broken
GAP_CM = 0.3  # before a text that follows a column of numbers
SMALLEST = 7.0  # points, before a table is turned or cut


def needs(grid: Grid, size: float) -> tuple[list[float], list[float]]:
    """Return the width each column wants, in cm, and the least it can do with because its text wraps."""
    letter = size * _LETTER_CM
    rows = [r for r in grid.body if not isinstance(r, str)]
    wants, least = [], []
    for j, head in enumerate(grid.heads):
        longest = max([width(r[j].full) + 2 * r[j].indent for r in rows], default=1)
        word = max([_broad(w) for w in head.split()], default=1)
        if grid.aligns[j] == "right":
            wants.append(max(longest, word) * letter + 0.3)
            least.append(wants[-1])
        else:
            gap = GAP_CM if stands_off(grid, j) else 0.0
            wants.append(min(max(longest, word) * letter * 1.05 + 0.35, _TEXT_MAX_CM) + gap)
            enough = _TEXT_MIN_CM if wants[-1] > _LONG_TEXT_CM else _WORDS_MIN_CM
            inside = max((2 * r[j].indent + _broad(w) for r in rows for w in r[j].full.split()), default=1)
            held = max(enough, max(word, min(inside, _LONGEST_WORD)) * letter * 1.1 + 0.35)
            least.append(min(wants[-1], held + gap))
    for start, length, label in grid.spanners:
        short = width(label) * letter + 0.3 - sum(wants[start : start + length])
        for j in range(start, start + length):
            wants[j] += max(0.0, short / length)
            least[j] += max(0.0, short / length)
    return wants, least


def stands_off(grid: Grid, j: int) -> bool:
    """Tell whether a column of text follows one of numbers, which would touch it."""
    return j > 0 and grid.aligns[j] != "right" and grid.aligns[j - 1] == "right"


def least_width(grid: Grid, size: float) -> float:
    """Return the least room that a table needs, in cm."""
    return sum(needs(grid, size)[1])


def bands(grid: Grid, room: float) -> list[Grid]:
    """Cut a table that no page is wide enough for into bands of columns, each with the first column before it."""
    if least_width(grid, SMALLEST) <= room:
        return [grid]
    wants, _ = needs(grid, SMALLEST)
    cut = _cut(wants, room)
    # The narrowest room that needs no more bands: they come out alike, and none holds a column or two.
    for narrow in (room * share / 20 for share in range(10, 20)):
        if len(found := _cut(wants, narrow)) == len(cut):
            cut = found
            break
    return [_band(grid, [0, *kept], k, len(cut)) for k, kept in enumerate(cut)]


def _cut(wants: Sequence[float], room: float) -> list[list[int]]:
    """Return the columns of each band: as many as find room beside the first one."""
    cut: list[list[int]] = [[]]
    for j, want in enumerate(wants[1:], start=1):
        if cut[-1] and wants[0] + sum(wants[k] for k in cut[-1]) + want > room:
            cut.append([])
        cut[-1].append(j)
    return cut


def _band(grid: Grid, kept: list[int], number: int, of: int) -> Grid:
    body = [row if isinstance(row, str) else tuple(row[j] for j in kept) for row in grid.body]
    spans = [(s, n, label) for s, n, label in grid.spanners if set(range(s, s + n)) <= set(kept)]
    return replace(
        grid,
        heads=tuple(grid.heads[j] for j in kept),
        aligns=tuple(grid.aligns[j] for j in kept),
        names=tuple(grid.names[j] for j in kept),
        spanners=tuple((kept.index(s), n, label) for s, n, label in spans),
        # rows of a triangle that are empty in this band tell nothing
        body=tuple(r for r in body if not number or isinstance(r, str) or any(c.text for c in r[1:])),
        remarks=grid.remarks if number == of - 1 else (),
        first=number == 0,
    )


def turned(grid: Grid, upright: float, across: float) -> bool:
    """Tell whether a table stands on a page across: it needs the room, or is a page shorter there.

    `upright` and `across` are the rooms between the margins in cm.
    """
    if least_width(grid, SMALLEST) > upright:
        return True
    long = _height(grid, upright) / across  # the room down an upright page is that along a turned one
    return long > 1.3 and _height(grid, across) / upright < 0.9 * long


def _height(grid: Grid, room: float) -> float:
    """Return about how many cm the rows of a table take."""
    size, columns = widths(grid, room)
    letter, lines = size * _LETTER_CM, 0
    for row in grid.body:
        cells = [] if isinstance(row, str) else [(c, w) for c, w in zip(row, columns, strict=True) if c.align == "left"]
        needed = ((width(c.full) + 2 * c.indent) * letter / max(w - 0.3, 0.5) for c, w in cells)
        lines += max((math.ceil(n) for n in needed), default=1) or 1
    return 0.042 * size * lines + 0.1 * len(grid.body)


def widths(grid: Grid, room: float) -> tuple[float, list[float]]:
    """Return the size of the letters in points, and the width of each column in cm, in a room of so many cm."""
    for size in (9.0, 8.5, 8.0, 7.0, 6.0):
        wants, least = needs(grid, size)
        if sum(least) <= room:
            break
    total = sum(wants)
    if total <= room:
        stretch = min(room / total, 1.3)
        return size, [w * stretch for w in wants]
    give = total - room
    spare = sum(wants) - sum(least)
    if give > spare:
        return size, [w * room / sum(least) for w in least]
    return size, [w - give / spare * (w - enough) for w, enough in zip(wants, least, strict=True)]


def _broad(text: str) -> float:
    """Return the width of a word in digits; capitals and the like take more room than a digit."""
    return width(text) + 0.5 * sum(c in _BROAD for c in text)
