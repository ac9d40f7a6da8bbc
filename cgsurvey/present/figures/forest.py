"""Forest plot: estimates with intervals, row by row, series told apart by shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.figures.picture import GREY, INK, NEGATIVE, PAGE, POSITIVE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show

# Shape tells the series in greyscale, hue on a screen.
MARKS = (("o", POSITIVE), ("s", NEGATIVE), ("D", INK), ("^", "#7b9fc4"), ("v", "#d98a77"), ("P", GREY))
COLUMNS = ("panel", "heading", "row", "series", "estimate", "ci_lower", "ci_upper")
ROWS_PER_PICTURE = 24
BETWEEN = 0.085  # inches between the series of one row


@dataclass(frozen=True)
class Axis:
    """A panel of a forest plot: its title, the limits of its scale, guidelines with their names.

    `least` and `most` are shown in any case; the scale grows beyond them where estimates do.
    """

    title: str
    least: float = 0.0
    most: float = 1.0
    guides: Mapping[str, float] | None = None
    digits: int = 1


def forest(
    rows: pd.DataFrame,
    *,
    axes: Mapping[str, Axis],
    series: Mapping[str, str],
    language: str = "en",
    alt: str,
    marks: pd.DataFrame | None = None,
) -> Picture:
    """Draw estimates with intervals, panels side by side over the same rows.

    Parameters
    ----------
    rows : DataFrame
        Columns ``panel heading row series estimate ci_lower ci_upper``, in the order of drawing; an interval of NaN is
        not drawn, an estimate of NaN leaves its place empty. A heading of "" stands for none.
    axes : mapping
        Panel to its axis, from left to right.
    series : mapping
        Words of the series in the order of the legend, which is left out for a single one.
    language : {"en", "id"}
    alt : str
        Alternative text.
    marks : DataFrame, optional
        Columns ``panel heading row value``: short vertical strokes, e.g. a critical value of that row.
    """
    keys = list(dict.fromkeys(zip(rows["heading"], rows["row"], strict=True)))
    used = [s for s in series if s in set(rows["series"])]
    step = max(0.19, BETWEEN * rows.groupby(["panel", "heading", "row"])["estimate"].count().max() + 0.07)
    labels = {key: wrapped(str(key[1]), 58) for key in keys}
    places, heads, y = _places(keys, labels, step)
    top, bottom = 0.24, 0.46 + (0.24 if len(used) > 1 else 0.0)
    height = -y + top + bottom
    width = PAGE
    left = 0.42 if len(axes) == 1 else 0.37
    share = (0.985 - left) / len(axes)
    with drawing(width, height, alt) as picture:
        for n, (name, axis) in enumerate(axes.items()):
            panel = picture.add_axes((left + n * share, bottom / height, share - 0.035, -y / height))
            here = rows[rows["panel"] == name]
            _estimates(panel, here, places, used)
            if marks is not None:
                for r in marks[marks["panel"] == name].itertuples():
                    at = places[(r.heading, r.row)]
                    panel.plot([r.value, r.value], [at - step * 0.3, at + step * 0.3], color=GREY, linewidth=1.6)
            _dress(panel, here, axis, language)
            panel.set_ylim(y, 0.0)
            if n == 0:
                panel.set_yticks(list(places.values()), [labels[k] for k in keys], fontsize=6.8)
                for head, at in heads:
                    panel.text(
                        -0.02, at, wrapped(head, 52), transform=panel.get_yaxis_transform(), fontsize=7.2,
                        weight="bold", ha="right", va="center",
                    )  # fmt: skip
            else:
                panel.set_yticks(list(places.values()), [""] * len(places))
            panel.tick_params(axis="y", length=0)
            panel.spines["left"].set_visible(False)
            for at in places.values():
                panel.axhline(at, color="#efefef", linewidth=0.5, zorder=0)
        if len(used) > 1:
            handles = [panel.plot([], [], **_mark(k), label=series[s])[0] for k, s in enumerate(used)]
            picture.legend(handles=handles, loc="lower center", ncols=min(len(used), 4), fontsize=6.8, handlelength=1)
    return picture


def pages(headings: Sequence[str], most: int = ROWS_PER_PICTURE) -> list[list[int]]:
    """Return the rows of each picture: about equal numbers, near `most` at the most, groups whole where they fit.

    Parameters
    ----------
    headings : sequence of str
        Heading of each row, rows of a group side by side.
    most : int
    """
    n = -(-len(headings) // most)
    out: dict[int, list[int]] = {}
    for _, rows in groupby(range(len(headings)), key=lambda k: headings[k]):
        block = list(rows)
        pieces = np.array_split(block, -(-len(block) // most))
        for piece in pieces:
            middle = (piece[0] + piece[-1] + 1) / 2
            out.setdefault(int(middle * n // len(headings)), []).extend(int(k) for k in piece)
    return list(out.values())


def _places(
    keys: Sequence[tuple[str, str]], labels: Mapping[tuple[str, str], str], step: float
) -> tuple[dict[tuple[str, str], float], list[tuple[str, float]], float]:
    """Return the height of each row and heading in inches below the top, and that of the lowest line."""
    y, last, places, heads = 0.0, "", {}, []
    for key in keys:
        if key[0] and key[0] != last:
            heads.append((key[0], y - 0.11))
            y -= 0.22
        last = key[0]
        high = max(step, 0.13 + 0.115 * labels[key].count("\n"))
        places[key] = y - high / 2
        y -= high
    return places, heads, y


def _mark(k: int) -> dict[str, Any]:
    shape, colour = MARKS[k % len(MARKS)]
    return {
        "marker": shape,
        "color": colour,
        "linestyle": "none",
        "markersize": 3.8,
        "markeredgewidth": 0.8,
        "markerfacecolor": colour if k % 2 == 0 else "white",
    }


def _estimates(panel: Any, rows: pd.DataFrame, places: Mapping[tuple[str, str], float], used: Sequence[str]) -> None:
    """Draw what is known; series that share a row stand one below the other."""
    known = rows[rows["estimate"].notna()]
    together = known.groupby(["heading", "row"], sort=False)
    for r, place, number in zip(
        known.itertuples(), together.cumcount(), together["row"].transform("size"), strict=True
    ):
        k = used.index(r.series)
        at = places[(r.heading, r.row)] + BETWEEN * ((number - 1) / 2 - place)
        if np.isfinite(r.ci_lower) and np.isfinite(r.ci_upper):
            line = [r.ci_lower, r.ci_upper]
            panel.plot(line, [at, at], color=MARKS[k % len(MARKS)][1], linewidth=0.9, solid_capstyle="butt")
        panel.plot([r.estimate], [at], **_mark(k))


def _dress(panel: Any, rows: pd.DataFrame, axis: Axis, language: str) -> None:
    values = rows[["estimate", "ci_lower", "ci_upper"]].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    room = 0.03 * (axis.most - axis.least)
    low, high = (min(axis.least, values.min() - room), max(axis.most, values.max() + room)) if len(values) else (0, 1)
    panel.set_xlim(low, high)
    before, level = -np.inf, 0
    for name, value in sorted((axis.guides or {}).items(), key=lambda guide: guide[1]):
        level = 1 - level if value - before < 0.11 * (high - low) else 0  # names of neighbours stand at two heights
        before = value
        panel.axvline(value, color=GREY, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
        panel.annotate(
            name,
            (value, 1.0),
            xycoords=panel.get_xaxis_transform(),
            xytext=(0, 2 + 7 * level),
            textcoords="offset points",
            fontsize=6,
            color=GREY,
            ha="center",
            va="bottom",
        )
    panel.set_xlabel(axis.title, fontsize=7)
    panel.tick_params(axis="x", labelsize=6.8)
    kind = "coefficient" if axis.least >= -1 and axis.most <= 1 else "number"
    panel.xaxis.set_major_formatter(lambda x, _: show(float(x), kind, language, axis.digits))
