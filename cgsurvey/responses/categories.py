"""Answer categories that are too thin to carry a threshold: which neighbours to join, and the joining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.notes import note
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import as_responses, require

Joins = Mapping[float, float]


def join_sparse(scores: Sequence[float], counts: NDArray[np.int64], least: int, share: float = 0.0) -> Joins | None:
    """Say which score each category takes so that no category is too thin.

    As many categories as possible are kept; of all ways to keep so many the one is taken that loses the least variance
    of the answers. A joined category takes the score that most of its answers have, so that few answers change.

    Parameters
    ----------
    scores : sequence of float, length k
        Categories, ascending.
    counts : ndarray of int, shape (groups, k)
        Answers per group; every category must be filled in every group.
    least : int
        Answers that each category must hold in each group.
    share : float
        Share of the answers of the group that it must hold as well.

    Returns
    -------
    mapping of float to float, or None
        Old to new score of all categories; None where not even two categories can be filled.
    """
    k, total = len(scores), counts.sum(axis=0).astype(float)
    needed = np.maximum(least, share * counts.sum(axis=1))
    value = np.asarray(scores, dtype=float)

    def loss(a: int, b: int) -> float:
        """Sum of squares that is lost when categories a..b-1 become one."""
        w, v = total[a:b], value[a:b]
        return float(w @ v**2 - (w @ v) ** 2 / w.sum()) if w.sum() else 0.0

    @cache
    def best(b: int) -> tuple[int, float, int] | None:
        """Of the first b categories: minus the number kept, the loss, where the last one begins."""
        if b == 0:
            return 0, 0.0, 0
        found = []
        for a in range(b):
            before = best(a)
            if before is not None and (counts[:, a:b].sum(axis=1) >= needed).all():
                found.append((before[0] - 1, round(before[1] + loss(a, b), 9), a))
        return min(found) if found else None

    last = best(k)
    if last is None or last[0] > -2:
        return None
    joins: dict[float, float] = {}
    end = k
    while end:
        step = best(end)
        assert step is not None  # every part of a way through is itself one
        start = step[2]
        common = value[start + int(np.argmax(total[start:end]))]
        joins = {**{float(v): float(common) for v in value[start:end]}, **joins}
        end = start
    return joins


def joined_words(joins: Joins) -> list[tuple[float, ...]]:
    """Return the categories that are joined, each group as its old scores."""
    groups: dict[float, list[float]] = {}
    for old, new in joins.items():
        groups.setdefault(new, []).append(old)
    return [tuple(g) for g in groups.values() if len(g) > 1]


def collapse(data: Responses | pd.DataFrame, mapping: Mapping[str, Mapping[float, float]]) -> Responses | pd.DataFrame:
    """Join neighbouring answer categories.

    Parameters
    ----------
    data : Responses or DataFrame
        Answers as given: of `Responses` reverse items are joined before they are turned.
    mapping : mapping of str to mapping of float to float
        Item to old and new scores, as `Normality.collapse` proposes it; scores that are not named stay.

    Returns
    -------
    Responses or DataFrame
        What was given, as a copy; `Responses` carry a note of what was joined.

    Raises
    ------
    ColumnNotFoundError
        For items that are no columns.
    OptionError
        When a mapping turns the order of the answers round.

    Examples
    --------
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> cg.collapse(pd.DataFrame({"q1": [1, 2, 3, 5]}), {"q1": {1: 2}})["q1"].tolist()
    [2.0, 2.0, 3.0, 5.0]
    """
    responses = as_responses(data, mapping)
    require(responses.items, mapping, responses.provenance.file or "the data frame")
    frame, told, faults = responses.frame, [], []
    changed = {}
    for item, joins in mapping.items():
        old = np.unique(np.concatenate([frame[item].dropna().to_numpy(dtype=float), np.array(list(joins), float)]))
        new = np.array([float(joins.get(v, v)) for v in old])
        if (np.diff(new) < 0).any():
            at = int(np.argmax(np.diff(new) < 0))
            faults.append(f"'{item}': {old[at]:g} becomes {new[at]:g} and {old[at + 1]:g} becomes {new[at + 1]:g}.")
        table = dict(zip(old, new, strict=True))
        changed[item] = frame[item].map(table).astype(float)
        groups = joined_words(table)
        told += [f"{item} {', '.join('+'.join(f'{v:g}' for v in g) for g in groups)}"] if groups else []
    if faults:
        raise OptionError(
            f"collapse joins neighbours and keeps the order of the answers: {' '.join(faults)} Correct the mapping."
        )
    if not isinstance(data, Responses):
        return data.assign(**changed)
    notes = (note("responses.collapsed", n=len(told), items=some(told, 40)),) if told else ()
    return responses.replace(frame=frame.assign(**changed), notes=(*responses.notes, *notes))
