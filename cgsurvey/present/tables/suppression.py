"""Cells of few respondents in tables for publication: hidden, with others so that nobody can compute them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cgsurvey.base.errors import OptionError
from cgsurvey.present.table import Cell, Table, Words

HIDDEN = Words("s", "s")


def checked(min_cell: Any) -> int:
    """Return the smallest number of respondents that is shown; None or 0 hides nothing.

    Raises
    ------
    OptionError
        When it is no whole number, or negative.
    """
    if min_cell is None:
        return 0
    if isinstance(min_cell, bool) or not isinstance(min_cell, int) or min_cell < 0:
        raise OptionError(f"min_cell must be a whole number such as 5 (0 hides nothing), not {min_cell!r}.")
    return min_cell


def hidden(counts: Sequence[int], least: int) -> frozenset[int]:
    """Return the places of counts that must be hidden where their sum is known.

    Hidden are counts from 1 to `least` - 1, and as many of the next smallest as are needed that two or more are hidden
    and stand for `least` respondents together: else the sum less the shown counts would give them away.

    Parameters
    ----------
    counts : sequence of int
        Of categories that exclude each other.
    least : int
    """
    out = {i for i, c in enumerate(counts) if 0 < c < least}
    if not out:
        return frozenset()
    rest = sorted((c, i) for i, c in enumerate(counts) if i not in out and c > 0)
    while rest and (len(out) < 2 or sum(counts[i] for i in out) < least):
        out.add(rest.pop(0)[1])
    whole = len(out) < 2 or sum(counts[i] for i in out) < least
    return frozenset(range(len(counts))) if whole else frozenset(out)


def blotted(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with its numbers replaced by the sign for hidden; its name stays."""
    return (row[0], *(None if v is None else Cell(HIDDEN, kind="text") for v in row[1:]))


def explained(made: Table, least: int) -> Table:
    """Say below a table what the sign means."""
    said = Words(
        f"s: hidden, since fewer than {least} respondents stand behind it or could be computed from it.",
        f"s: tidak ditampilkan, karena didasarkan pada kurang dari {least} responden atau dapat dipakai untuk "
        "menghitungnya.",
    )
    return replace(made, notes=(*made.notes, said))
