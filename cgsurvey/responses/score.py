"""Scores of constructs: the mean of the items of an element, then the mean of the elements of a dimension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from cgsurvey.base.options import choose, fraction
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import Constructs, Part, as_responses, items_by_construct, pick_constructs


def score(
    data: Responses | pd.DataFrame,
    constructs: Constructs = None,
    *,
    method: Literal["mean", "sum"] = "mean",
    min_valid: float = 0.5,
    level: Literal["element", "dimension", "all"] = "all",
) -> pd.DataFrame:
    """Score each respondent on each construct, reverse items keyed.

    Parameters
    ----------
    data : Responses or DataFrame
        A data frame is taken as keyed and needs `constructs` as a mapping.
    constructs : mapping, sequence of str or str, optional
        Name to items, or ids of the instrument; None takes all of which the data hold items.
    method : {"mean", "sum"}
        Scale of the score. A sum is the mean times the number of items, so that a gap does not lower it.
    min_valid : float
        Smallest share of the items of an element (of the elements of a dimension) that must be answered; below it the
        score is NaN. The share counts all items of the construct, also those that the file lacks.
    level : {"element", "dimension", "all"}
        Lowest level, top level or all.

    Returns
    -------
    DataFrame
        One row per respondent, index as in `data`, one column per construct.

    Raises
    ------
    OptionError, ColumnNotFoundError
        For an unknown option, construct or item.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.score(answers)[["principled_engagement", "service_quality"]].head(2).round(2)
         principled_engagement  service_quality
    row
    2                     3.52             2.85
    3                     2.96             2.80
    """
    choose("method", method, ("mean", "sum"))
    choose("level", level, ("element", "dimension", "all"))
    fraction("min_valid", min_valid, closed=True)
    names = [i for v in items_by_construct(constructs).values() for i in v] if isinstance(constructs, Mapping) else None
    responses = as_responses(data, dict.fromkeys(names) if names is not None else None)
    parts = pick_constructs(responses, constructs)
    scores = score_parts(responses.keyed, parts, method=method, min_valid=min_valid, level=level)
    return scores.rename_axis(index=data.index.name if isinstance(data, pd.DataFrame) else "row")


def score_parts(
    keyed: pd.DataFrame, parts: tuple[Part, ...], *, method: str = "mean", min_valid: float = 0.5, level: str = "all"
) -> pd.DataFrame:
    """Score `parts` on a frame of keyed answers; see `score`."""
    scores: dict[str, pd.Series] = {}
    for top in parts:
        for part in top.walk():
            leaf = not part.elements
            if level == "all" or (level == "element" and leaf) or (level == "dimension" and part is top):
                mean = _mean(keyed, part, min_valid)
                scores[part.id] = mean * len(part.all_items) if method == "sum" else mean
    return pd.DataFrame(scores, index=keyed.index)


def _mean(keyed: pd.DataFrame, part: Part, min_valid: float) -> pd.Series:
    if part.elements:
        below = pd.DataFrame({e.id: _mean(keyed, e, min_valid) for e in part.elements}, index=keyed.index)
    else:
        below = keyed[list(part.items)]
    given = below.notna().sum(axis=1)
    return below.mean(axis=1).where((given > 0) & (given >= min_valid * part.size))
