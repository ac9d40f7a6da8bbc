"""How people answer who do not read: one answer per page, or any answer at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from cgsurvey.base.errors import OptionError
from cgsurvey.base.options import choose, fraction
from cgsurvey.instrument import Instrument, Item

Array = NDArray[np.float64]
CARELESS = ("straight", "random")
USUAL = 0.7  # of the pages on which who ticks one answer ticks it where on most others


def careless_counts(shares: Mapping[str, float] | None, n: int) -> list[int]:
    """Return how many of n respondents answer in each of the `CARELESS` manners.

    Raises
    ------
    OptionError
        For a manner that is not known, or shares that are none or exceed 1 together.
    """
    given = dict(shares or {})
    for kind, share in given.items():
        choose("careless", kind, CARELESS)
        fraction(f"careless '{kind}'", share, closed=True)
    if sum(given.values()) > 1:
        raise OptionError(f"careless={given}: the shares together exceed all respondents.")
    return [round(given.get(k, 0.0) * n) for k in CARELESS]


def draw_groups(n: int, counts: Sequence[int], rng: Generator) -> list[NDArray[np.int64]]:
    """Draw disjoint groups of these sizes from n respondents; return the rows of each."""
    order = rng.permutation(n)
    return [order[a:b] for a, b in pairwise(np.cumsum([0, *counts]))]


def manners(n: int, groups: Sequence[NDArray[np.int64]]) -> NDArray[np.object_]:
    """Return the manner of each respondent: "" for who reads, else one of `CARELESS`, whose rows are the groups."""
    manner = np.full(n, "", dtype=object)
    for name, rows in zip(CARELESS, groups, strict=False):
        manner[rows] = name
    return manner


def ticked_per_page(n: int, pages: int, rng: Generator) -> Array:
    """Return where on the scale (0 to 1) a person who does not read ticks, per page: mostly the same place."""
    usual = rng.random((n, 1))
    return np.where(rng.random((n, pages)) < USUAL, usual, rng.random((n, pages)))


def answered(answers: Array, manner: NDArray[np.object_], scores: Array, place: Array, rng: Generator) -> Array:
    """Return the answers to one item after the manner of each respondent.

    Parameters
    ----------
    answers : (n,) array
        Of who reads.
    manner : (n,) array of str
    scores : (k,) array
        Scores of the choices, ascending.
    place : (n,) array
        Where on the scale who ticks one answer per page ticks on this page.
    """
    same = scores[np.minimum((place * len(scores)).astype(int), len(scores) - 1)]
    answers = np.where(manner == "straight", same, answers)
    return np.where(manner == "random", rng.choice(scores, len(answers)), answers)


def pages_of(instrument: Instrument, items: Sequence[Item]) -> list[str]:
    """Return the page of each item: the construct on top of it, for other items that of the item before."""
    tops = {name: c.id for c in instrument.constructs for name in c.all_items}
    out: list[str] = []
    for item in items:
        out.append(tops.get(item.name, out[-1] if out else "first"))
    return out
