"""Which items belong together, which are reversed and where their scales end, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.screening import consistency
from cgsurvey.responses.selection import Constructs, pick_constructs, require

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Keying:
    """Columns of the constructs, which columns are reversed, ends and number of the answer scale of each.

    Attributes
    ----------
    constructs : mapping of str to int array
        Columns of the items, in the order of the form; empty where nothing is known.
    reverse : (p,) bool array
    low, high : (p,) array
        Ends of the answer scale; where they are not known, the smallest and largest answer of the construct.
    scale : (p,) int array
        Items of the same number have the same answer scale.
    """

    constructs: Mapping[str, Indices]
    reverse: NDArray[np.bool_]
    low: Array
    high: Array
    scale: Indices

    def keyed(self, X: Array) -> Array:
        """Return the answers with reversed items turned, all on 0 to 1."""
        span = np.where(self.high > self.low, self.high - self.low, 1.0)
        unit = (X - self.low) / span
        return np.where(self.reverse, 1 - unit, unit)

    @property
    def opposites(self) -> list[tuple[Indices, Indices]]:
        """Columns keyed positively and negatively, for the constructs that have both."""
        split = [(c[~self.reverse[c]], c[self.reverse[c]]) for c in self.constructs.values()]
        return [(plus, minus) for plus, minus in split if len(plus) and len(minus)]


def check_constructs(constructs: Constructs) -> None:
    """Raise OptionError when a mapping of constructs to items is empty, holds a text for a list, or an item twice."""
    if not isinstance(constructs, Mapping):
        return
    faults = [] if constructs else ["it is empty."]
    for name, block in constructs.items():
        if isinstance(block, str):
            faults.append(f"{name!r} has the text {block!r} where a list of items belongs: write [{block!r}].")
            continue
        twice = [i for i in dict.fromkeys(block) if list(block).count(i) > 1]
        if not len(block):
            faults.append(f"{name!r} has no items.")
        if twice:
            faults.append(f"{name!r} names {some(twice)} twice: leave one.")
    if faults:
        raise OptionError(f"constructs cannot be used: {' '.join(faults)}")


def find_keying(
    responses: Responses,
    names: Sequence[str],
    X: Array,
    constructs: Constructs,
    reverse: Iterable[str] | None,
    limits: tuple[float, float] | None,
    notes: list[Note],
) -> Keying:
    """Find out what is known of the items `names`; what is not goes to `notes`.

    Raises
    ------
    OptionError
        When `reverse` is given beside an instrument, which says itself which items are reversed.
    ColumnNotFoundError
        When items are not in the data.
    """
    where = {n: j for j, n in enumerate(names)}
    groups = _groups(responses, constructs, where)
    turned = np.zeros(len(names), dtype=np.bool_)
    if responses.instrument is not None:
        if reverse is not None:
            raise OptionError(
                f"reverse={some(reverse)}: the instrument '{responses.instrument.id}' says which items are reversed. "
                "Correct it there (item.reverse)."
            )
        items = [responses.instrument.item(n) for n in names]
        turned[:] = [i.reverse for i in items]
        low, high = np.array([i.scale.min for i in items], float), np.array([i.scale.max for i in items], float)
        kinds: list[str] = [i.scale.name for i in items]
    else:
        named = [reverse] if isinstance(reverse, str) else list(reverse or ())
        require(names, named, "the data")
        turned[[where[n] for n in named]] = True
        low, high, kinds = _observed(X, groups, limits)
        if not groups:
            notes.append(note("responses.constructs_unknown"))
        elif reverse is None:
            _suspected(X, groups, names, notes)
    codes = {k: c for c, k in enumerate(dict.fromkeys(kinds))}
    found = Keying(groups, turned, low, high, np.array([codes[k] for k in kinds], dtype=np.int64))
    if groups and not found.opposites:
        notes.append(note("responses.no_reverse"))
    elif groups and responses.instrument is None and limits is None:
        notes.append(note("responses.ends_observed"))
    halves = sum(len(c) >= 2 for c in groups.values())
    if groups and halves < consistency.PAIRS:
        notes.append(note("responses.few_constructs", n=halves, least=consistency.PAIRS))
    return found


def _groups(responses: Responses, constructs: Constructs, where: Mapping[str, int]) -> dict[str, Indices]:
    if constructs is None and responses.instrument is None:
        return {}
    parts = (
        [leaf for top in pick_constructs(responses) for leaf in top.walk() if leaf.items]
        if constructs is None
        else list(pick_constructs(responses, constructs))
    )
    # Items of a composite need not agree with each other, so that inconsistency among them says nothing.
    loose = set(responses.instrument.composites) if responses.instrument is not None else set()
    columns = {p.id: np.array([where[i] for i in p.all_items if i in where], dtype=np.int64) for p in parts}
    return {c: np.sort(x) for c, x in columns.items() if len(x) and c not in loose}


def _observed(
    X: Array, groups: Mapping[str, Indices], limits: tuple[float, float] | None
) -> tuple[Array, Array, list[str]]:
    """Ends of the scales as far as answers show them; items share a scale when their largest answers are equal."""
    p = X.shape[1]
    if limits is not None:
        return np.full(p, float(limits[0])), np.full(p, float(limits[1])), [""] * p
    given = ~np.isnan(X)
    low = np.where(given, X, np.inf).min(axis=0, initial=np.inf)
    high = np.where(given, X, -np.inf).max(axis=0, initial=-np.inf)
    kinds = [str(h) for h in high]
    for c in groups.values():
        low[c], high[c] = low[c].min(), high[c].max()
    silent = ~given.any(axis=0) & ~np.isfinite(low)
    low[silent], high[silent] = 0.0, 0.0
    return low, high, kinds


def _suspected(X: Array, groups: Mapping[str, Indices], names: Sequence[str], notes: list[Note]) -> None:
    against = [
        names[j] for c in groups.values() for j in c[consistency.opposed(consistency.correlations(X[:, c]))].tolist()
    ]
    if against:
        notes.append(note("responses.reverse_suspected", n=len(against), items=some(against, 40)))
