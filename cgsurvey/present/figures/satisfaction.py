"""Pictures of the satisfaction index: groups, elements and periods, between the bounds of the grades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from cgsurvey.present.figures.forest import COLUMNS, MARKS, Axis, forest
from cgsurvey.present.figures.picture import GREY, PAGE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.satisfaction import element_words, group_words, value_words
from cgsurvey.service_quality import SatisfactionIndex
from cgsurvey.service_quality.grades import bounds

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "groups": "Satisfaction index, {level}% interval; lines: lower bounds of the grades",
        "groups_alt": "Satisfaction index of {n} groups with intervals, best first. {told}",
        "elements": "Index of the element (25 × NRR), {level}% interval",
        "elements_alt": "Index of the nine elements with intervals, best first; {index} is the index of all. {told}",
        "series": {"element": "element", "priority": "priority: among the lowest means"},
        "mean": "index {value}",
        "trend": "Satisfaction index, {level}% interval",
        "trend_alt": "Satisfaction index over {n} periods with {level}% intervals. {told}",
        "told": "{name}: {value}, interval {low} to {high}.",
        "all": "all users",
    },
    "id": {
        "groups": "Indeks Kepuasan Masyarakat, interval {level}%; garis: batas bawah mutu",
        "groups_alt": "Indeks Kepuasan Masyarakat {n} kelompok beserta intervalnya, yang terbaik lebih dahulu. {told}",
        "elements": "Indeks unsur (25 × NRR), interval {level}%",
        "elements_alt": "Indeks sembilan unsur beserta intervalnya, yang terbaik lebih dahulu; indeks keseluruhan "
        "{index}. {told}",
        "series": {"element": "unsur", "priority": "prioritas: termasuk nilai terendah"},
        "mean": "indeks {value}",
        "trend": "Indeks Kepuasan Masyarakat, interval {level}%",
        "trend_alt": "Indeks Kepuasan Masyarakat pada {n} periode beserta interval {level}%. {told}",
        "told": "{name}: {value}, interval {low} sampai {high}.",
        "all": "semua pengguna",
    },
}
LINES = 6  # groups in one picture of periods


def index_forest(x: SatisfactionIndex, groups: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw the index of some groups with its interval between the bounds of the grades.

    Parameters
    ----------
    x : SatisfactionIndex
    groups : DataFrame
        Rows of `x.groups`, in the order of drawing.
    language : {"en", "id"}
    """
    words = WORDS[language]
    records = groups.to_dict("records")
    names = [group_words(x, r, x.period if len(x.by) > 1 else None).of(language) for r in records]
    heads = [
        value_words(x.meta, x.period, r[x.period]).of(language) if x.period and len(x.by) > 1 else "" for r in records
    ]
    rows = [
        ("", head, f"{name} (n = {show(r['n'], 'count', language)})", "", r["ikm"], r["ci_lower"], r["ci_upper"])
        for name, head, r in zip(names, heads, records, strict=True)
    ]
    axis = _axis(words["groups"].format(level=_level(x, language)), groups, language)
    told = _told(names, records, "ikm", language)
    alt = words["groups_alt"].format(n=len(groups), told=told)
    return forest(
        pd.DataFrame(rows, columns=list(COLUMNS)), axes={"": axis}, series={"": ""}, language=language, alt=alt
    )


def element_forest(x: SatisfactionIndex, *, language: str = "en") -> Picture:
    """Draw the nine elements, best first, the index of all as a line; the lowest are marked."""
    words = WORDS[language]
    frame = x.overall_elements.sort_values("nrr", ascending=False, kind="stable")
    records = frame.to_dict("records")
    names = [element_words(x.meta, r["element"]).of(language) for r in records]
    rows = [
        ("", "", name, "priority" if r["priority"] else "element", r["index"], r["ci_lower"], r["ci_upper"])
        for name, r in zip(names, records, strict=True)
    ]
    whole = float(x.overall["ikm"].iloc[0])
    value = show(whole, "number", language)
    axis = _axis(words["elements"].format(level=_level(x, language)), frame, language)
    marks = pd.DataFrame({"panel": "", "heading": "", "row": names, "value": whole})
    title = f"{axis.title}; {words['mean'].format(value=value)}"
    alt = words["elements_alt"].format(index=value, told=_told(names, records, "index", language))
    return forest(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        axes={"": Axis(title, axis.least, axis.most, axis.guides)},
        series=words["series"],
        language=language,
        alt=alt,
        marks=marks,
    )


def index_trend(x: SatisfactionIndex, groups: Sequence[dict[str, Any]], *, language: str = "en") -> Picture:
    """Draw the index over the periods, one line per group, grades as bands.

    Parameters
    ----------
    x : SatisfactionIndex
        With a period.
    groups : sequence of mapping
        Columns of `by` without the period, and their values; an empty mapping where there are none.
    language : {"en", "id"}
    """
    words = WORDS[language]
    periods = list(x.meta.options["order"])
    lines, told = [], []
    for wanted in groups:
        rows = x.groups
        for column, value in wanted.items():
            rows = rows[rows[column] == value]
        rows = rows.set_index(x.period).reindex(periods)
        name = group_words(x, wanted, x.period).of(language) if wanted else words["all"]
        lines.append((name, rows))
        ends = rows[rows["ikm"].notna()].iloc[[0, -1]].reset_index().to_dict("records")
        told.append(_told([f"{name}, {r[str(x.period)]}" for r in ends], ends, "ikm", language))
    values = pd.concat([rows for _, rows in lines])
    axis = _axis("", values, language)
    alt = words["trend_alt"].format(n=len(periods), level=_level(x, language), told=" ".join(told))
    with drawing(PAGE, 3.4, alt) as picture:
        panel = picture.add_axes((0.075, 0.16, 0.90, 0.72 if len(lines) > 1 else 0.80))
        for k, (name, rows) in enumerate(lines):
            shape, colour = MARKS[k % len(MARKS)]
            at = np.arange(len(periods)) + 0.05 * (k - (len(lines) - 1) / 2)
            y = rows["ikm"].to_numpy(dtype=float)
            panel.plot(at, y, color=colour, marker=shape, linewidth=1.1, markersize=4, label=name,
                       markerfacecolor=colour if k % 2 == 0 else "white")  # fmt: skip
            panel.vlines(at, rows["ci_lower"], rows["ci_upper"], color=colour, linewidth=0.9)
        panel.set_ylim(axis.least, axis.most)
        panel.set_xlim(-0.4, len(periods) - 0.6)
        for label, value in (axis.guides or {}).items():
            panel.axhline(value, color=GREY, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
            panel.text(1.005, value, label, transform=panel.get_yaxis_transform(), fontsize=6, color=GREY, va="center")
        panel.set_xticks(range(len(periods)), [wrapped(str(p), 16) for p in periods], fontsize=6.8)
        panel.yaxis.set_major_formatter(lambda v, _: show(float(v), "number", language, 0))
        panel.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        panel.set_ylabel(words["trend"].format(level=_level(x, language)), fontsize=7)
        panel.tick_params(axis="y", labelsize=6.8)
        if len(lines) > 1:
            panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.01), ncols=min(len(lines), 3), fontsize=6.8)
    return picture


def _axis(title: str, frame: pd.DataFrame, language: str) -> Axis:
    """Return an axis as wide as the intervals, with the bounds of the grades that lie within it."""
    column = "ikm" if "ikm" in frame else "index"
    known = frame[[column, "ci_lower", "ci_upper"]].to_numpy(dtype=float)
    known = known[np.isfinite(known)]
    low = max(25.0, 5 * np.floor((known.min() - 2) / 5)) if len(known) else 25.0
    high = min(101.0, 5 * np.ceil((known.max() + 2) / 5)) if len(known) else 100.0
    guides = {f"{g} {show(float(b), 'number', language)}": float(b) for g, b in bounds().items() if low < b < high}
    return Axis(title, float(low), float(high), guides)


def _told(names: Sequence[str], records: Sequence[dict[str, Any]], column: str, language: str) -> str:
    words = WORDS[language]["told"]
    keys = {"value": column, "low": "ci_lower", "high": "ci_upper"}
    return " ".join(
        words.format(name=name, **{k: show(r[c], "number", language) for k, c in keys.items()})
        for name, r in zip(names, records, strict=True)
    )


def _level(x: SatisfactionIndex, language: str) -> str:
    return show(100 * float(x.meta.options["ci"]), "count", language)
