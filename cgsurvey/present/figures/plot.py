"""`plot`: one call for the pictures of any result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.options import choose
from cgsurvey.base.references import rule
from cgsurvey.present.figures.diagram import diagram
from cgsurvey.present.figures.likert import likert_bars
from cgsurvey.present.figures.loadings import loading_plot
from cgsurvey.present.figures.matrix import matrix_map
from cgsurvey.present.figures.moderation import interaction_plot
from cgsurvey.present.figures.picture import Picture
from cgsurvey.reliability import Validity
from cgsurvey.responses.describe import Description
from cgsurvey.sem import SemFit, SimpleSlopes

Drawers = dict[str, Callable[..., Picture]]
ITEMS_PER_PICTURE = 22


def plot_kinds(x: Any, *, language: str = "en") -> tuple[str, ...]:
    """Return the names of the pictures that `plot` can draw of a result; empty when there are none."""
    return tuple(_drawers(x, language))


def plot(x: Any, kind: str | None = None, *, language: str = "en", **options: Any) -> Picture:
    """Draw a result.

    Parameters
    ----------
    x : Result
        A Description ("likert", numbered where the items need several pictures), SemFit ("diagram", "loadings",
        "correlations"), SimpleSlopes ("interaction") or Validity ("htmt", "correlations").
    kind : str, optional
        Which picture; the first of `plot_kinds(x)` by default.
    language : {"en", "id"}, default "en"
    **options
        Passed to the picture, e.g. ``indicators=True`` of a diagram.

    Returns
    -------
    Picture
        A matplotlib figure with `.save(path)` and an alternative text.

    Raises
    ------
    OptionError
        When there is no picture of such a result, or none of that kind.
    """
    choose("language", language, ("en", "id"))
    drawers = _drawers(x, language)
    if not drawers:
        raise OptionError(
            f"there is no picture of a {type(x).__name__}; pictures exist of Description, SemFit, "
            "SimpleSlopes and Validity."
        )
    return drawers[choose("kind", kind or next(iter(drawers)), drawers)](**options)


def _drawers(x: Any, language: str) -> Drawers:
    if isinstance(x, Description):
        return _of_description(x, language)
    if isinstance(x, Validity):
        return _of_validity(x, language)
    if isinstance(x, SimpleSlopes):
        return {"interaction": partial(interaction_plot, x, language=language)}
    return _of_fit(x, language) if isinstance(x, SemFit) else {}


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


def _of_validity(x: Validity, language: str) -> Drawers:
    labels = {n: x.meta.label(n, language) for n in x.htmt.index}
    if len(x.htmt) < 2:
        return {}
    limit = rule("htmt", "any")
    out: Drawers = {
        "htmt": partial(
            matrix_map, x.htmt, kind="htmt", labels=labels, language=language, cut=limit.good if limit else None
        )
    }
    below = x.fornell_larcker.where(np.tril(np.ones(x.fornell_larcker.shape, dtype=bool), -1))
    if below.notna().any(axis=None):
        out["correlations"] = partial(matrix_map, below, kind="r", labels=labels, language=language)
    return out


def _of_fit(x: SemFit, language: str) -> Drawers:
    out: Drawers = {"diagram": partial(diagram, x, language=language)}
    rows = x.standardized()
    rows = rows[(rows["op"] == "=~") & (rows["group"] == 1)]
    if len(rows):
        table = pd.DataFrame(
            {
                "construct": rows["lhs"],
                "item": rows["rhs"],
                "estimate": rows["estimate"],
                "ci_lower": rows["ci_lower"],
                "ci_upper": rows["ci_upper"],
            }
        )
        table["item"] = [x.meta.label(i, language) if i in x.latents else i for i in table["item"]]
        limit = rule("loading", "any")
        cuts = [c for c in (limit.fair, limit.good) if c is not None] if limit else []
        labels = {n: x.meta.label(n, language) for n in x.latents}
        out["loadings"] = partial(loading_plot, table, labels=labels, language=language, guidelines=cuts)
    return out
