"""Pictures of what was answered."""

from __future__ import annotations

from functools import partial

import pandas as pd

from cgsurvey.present.figures.drawers import Drawers, drawers
from cgsurvey.present.figures.likert import likert_bars
from cgsurvey.responses.describe import Description

ITEMS_PER_PICTURE = 22


@drawers.register(Description)
def _of_description(x: Description, language: str) -> Drawers:
    if x.by or x.categories.empty:
        return {}
    tables = [t for t in _by_scale(x.categories)]
    parts = [
        t.iloc[k : k + -(-len(t) // n)]
        for t in tables
        for n in (-(-len(t) // ITEMS_PER_PICTURE),)
        for k in range(0, len(t), -(-len(t) // n))
    ]
    names = ["likert"] if len(parts) == 1 else [f"likert_{n}" for n in range(1, len(parts) + 1)]
    return {
        name: partial(
            likert_bars,
            part,
            labels={i: _wording(x, i, language) for i in part.index},
            answers=_answers(x, part, language),
            language=language,
        )
        for name, part in zip(names, parts, strict=True)
    }


def _by_scale(categories: pd.DataFrame) -> list[pd.DataFrame]:
    """Return one table of shares (items, categories) per set of answer values; neighbours share a picture."""
    wide = categories.pivot(index="item", columns="value", values="share").loc[list(dict.fromkeys(categories["item"]))]
    sets = wide.notna().apply(lambda row: tuple(wide.columns[row]), axis=1)
    return [wide.loc[sets == s, list(s)] for s in dict.fromkeys(sets) if 3 <= len(s) <= 11]


def _wording(x: Description, item: str, language: str) -> str:
    words = x.meta.label(item, language)
    return item if words == item else f"{item}  {words}"


def _answers(x: Description, part: pd.DataFrame, language: str) -> dict[float, str]:
    """Return the words of the categories where all items of the picture share them, the numbers elsewhere."""
    words = [[x.meta.labels.get(f"{item}={value:g}") for value in part.columns] for item in part.index]
    shared = all(w == words[0] for w in words)
    return {
        v: (w or {}).get(language, f"{v:g}") if shared else f"{v:g}"
        for v, w in zip(part.columns, words[0], strict=True)
    }
