"""Standardised loadings with their intervals, construct by construct."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cgsurvey.present.figures.picture import GREY, INK, PAGE, POSITIVE, Picture, drawing
from cgsurvey.present.numbers import show

WORDS = {
    "en": {
        "axis": "Standardised loading, 95% interval",
        "alt": "Standardised loadings of {n} indicators on {k} factors, from {low} to {high}. Smallest: {item}.",
    },
    "id": {
        "axis": "Muatan faktor terstandar, interval 95%",
        "alt": "Muatan faktor terstandar {n} indikator pada {k} faktor, dari {low} sampai {high}. Terkecil: {item}.",
    },
}


def loading_plot(
    loadings: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    language: str = "en",
    guidelines: Sequence[float] = (),
) -> Picture:
    """Draw loadings as points with intervals.

    Parameters
    ----------
    loadings : DataFrame
        Columns ``construct item estimate ci_lower ci_upper``, in the order of the model.
    labels : mapping
        Words per construct.
    language : {"en", "id"}
    guidelines : sequence of float
        Conventional limits, drawn as thin lines.
    """
    words = WORDS[language]
    constructs = list(dict.fromkeys(loadings["construct"]))
    sizes = {c: int((loadings["construct"] == c).sum()) + 1 for c in constructs}
    columns = _columns(constructs, sizes)
    rows = max(sum(sizes[c] for c in part) for part in columns)
    weakest = loadings.loc[loadings["estimate"].abs().idxmin()]

    def number(x: float) -> str:
        return show(x, "coefficient", language, 2)

    alt = words["alt"].format(
        n=len(loadings),
        k=len(constructs),
        low=number(loadings["estimate"].min()),
        high=number(loadings["estimate"].max()),
        item=weakest["item"],
    )
    height = 0.165 * rows + 0.6
    low = min(0.0, float(np.nanmin(loadings[["estimate", "ci_lower"]].to_numpy(dtype=float))) - 0.05)
    high = max(1.0, float(np.nanmax(loadings[["estimate", "ci_upper"]].to_numpy(dtype=float))) + 0.05)
    width = PAGE if len(columns) == 2 else PAGE * 0.62
    with drawing(width, height, alt) as picture:
        share = 1 / len(columns)
        for n, part in enumerate(columns):
            axes = picture.add_axes(
                (n * share + 0.2 * share + 0.03, 0.42 / height, 0.72 * share - 0.03, 1 - 0.47 / height)
            )
            y, ticks = 0.0, []
            for c in part:
                axes.text(
                    low,
                    y,
                    textwrap.shorten(labels.get(c, c), 40, placeholder=" …"),
                    fontsize=7.2,
                    weight="bold",
                    ha="left",
                    va="center",
                )
                y -= 1
                for r in loadings[loadings["construct"] == c].itertuples():
                    solid = np.isfinite(r.ci_lower)
                    if solid:
                        axes.plot([r.ci_lower, r.ci_upper], [y, y], color=INK, linewidth=0.9, solid_capstyle="butt")
                    axes.plot(
                        [r.estimate],
                        [y],
                        "o",
                        markersize=3.6,
                        color=POSITIVE if solid else "white",
                        markeredgecolor=POSITIVE,
                        markeredgewidth=0.8,
                    )
                    ticks.append((y, r.item))
                    y -= 1
            for cut in guidelines:
                axes.axvline(cut, color=GREY, linewidth=0.5, linestyle=(0, (2, 2)), zorder=0)
            axes.set(xlim=(low, high), ylim=(y + 0.4, 0.7))
            axes.set_yticks([t for t, _ in ticks], [i for _, i in ticks], fontsize=6.4)
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
            axes.set_xlabel(words["axis"], fontsize=7)
            axes.tick_params(axis="x", labelsize=6.8)
            axes.xaxis.set_major_formatter(lambda x, _: number(float(x)))
    return picture


def _columns(constructs: list[str], sizes: Mapping[str, int]) -> list[list[str]]:
    total = sum(sizes.values())
    if total <= 34:
        return [constructs]
    left: list[str] = []
    while sum(sizes[c] for c in left) + sizes[constructs[len(left)]] / 2 <= total / 2:
        left.append(constructs[len(left)])
    return [left, constructs[len(left) :]] if left else [constructs]
