"""Specification curve: estimates with intervals, sorted, above the choices that made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.figures.picture import FAINT, GREY, INK, PAGE, POSITIVE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.fragility import hypothesis_words, level_words, path_words, specification_words, unit_words
from cgsurvey.present.tables.style import term
from cgsurvey.robustness import Fragility
from cgsurvey.robustness.specifications import DIMENSIONS

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "y": "Standardised estimate, {level}% interval",
        "x": "Specifications, sorted by estimate",
        "failed": "{n} not estimated",
        "main": "main specification",
        "supported": "p below {alpha}, sign as expected",
        "other": "otherwise",
        "left_out": "Without one {unit}",
        "without": "without",
        "alt": "Specification curve of {path}: {n} estimates from {low} to {high}, {k} of them with p below {alpha} "
        "and the expected sign; the main specification gives {main}. Most against the main decision: {worst}. Dots "
        "below show the choices of each specification.",
    },
    "id": {
        "y": "Estimasi terstandar, interval {level}%",
        "x": "Spesifikasi, diurutkan menurut estimasi",
        "failed": "{n} tidak terestimasi",
        "main": "spesifikasi utama",
        "supported": "p di bawah {alpha}, tanda sesuai dugaan",
        "other": "selain itu",
        "left_out": "Tanpa satu {unit}",
        "without": "tanpa",
        "alt": "Kurva spesifikasi {path}: {n} estimasi dari {low} sampai {high}, {k} di antaranya dengan p di bawah "
        "{alpha} dan tanda sesuai dugaan; spesifikasi utama menghasilkan {main}. Paling menentang keputusan utama: "
        "{worst}. Titik di bawah menunjukkan pilihan setiap spesifikasi.",
    },
}
ROW, TOP = 0.165, 2.1  # inches of a row of choices, and of the panel of estimates


def specification_curve(x: Fragility, hypothesis: str, *, language: str = "en") -> Picture:
    """Draw the specification curve of one hypothesis; filled marks are significant in the expected direction."""
    words = WORDS[language]
    conclusion = x.conclusions.set_index("hypothesis").loc[hypothesis]
    rows = x.tidy().query("hypothesis == @hypothesis")
    known = rows[rows["decision"] != ""].sort_values("std_all", kind="stable").reset_index(drop=True)
    choices = list(_choices(x, language))
    below = ROW * len(choices) + 0.1
    height, left, width = TOP + below + 0.75, 0.31, 0.67
    alpha = show(x.alpha, "coefficient", language)
    path = path_words(x.meta, str(conclusion["path"])).of(language)
    with drawing(PAGE, height, _alt(x, known, conclusion, path, language)) as picture:
        above = picture.add_axes((left, (below + 0.42) / height, width, TOP / height))
        matrix = picture.add_axes((left, 0.36 / height, width, below / height))
        _curve(above, known, language)
        level = show(100 * float(x.meta.options.get("ci", 0.95)), "count", language)
        above.set_ylabel(words["y"].format(level=level), fontsize=7)
        named = hypothesis_words(x, hypothesis, str(conclusion["path"]), str(conclusion["group"])).of(language)
        title = named if hypothesis.startswith(str(conclusion["path"])) else f"{named}: {path}"
        above.set_title(wrapped(title, 80), fontsize=8, loc="left")
        _dots(matrix, known, choices)
        failed = len(rows) - len(known)
        tail = f" ({words['failed'].format(n=failed)})" if failed else ""
        matrix.set_xlabel(words["x"] + tail, fontsize=7)
        names = (
            ("D", INK, "white", words["main"]),
            ("o", POSITIVE, POSITIVE, words["supported"].format(alpha=alpha)),
            ("o", POSITIVE, "white", words["other"]),
        )
        for shape, edge, face, name in names:
            above.plot([], [], shape, color=edge, markerfacecolor=face, markersize=4, label=name)
        handles, labels = above.get_legend_handles_labels()
        picture.legend(handles, labels, loc="lower center", ncols=3, fontsize=6.8, handlelength=1)
    return picture


def _choices(x: Fragility, language: str) -> Iterator[tuple[str, str, str]]:
    """Go through the rows of the matrix: dimension, level, words; only what was varied."""
    s = x.specifications
    for dimension in DIMENSIONS:
        levels = list(dict.fromkeys(s[dimension]))
        if len(levels) > 1:
            head = term("fragility", f"dimension.{dimension}").of(language)
            for n, level in enumerate(levels):
                said = _level(dimension, str(level), language)
                yield dimension, str(level), f"{head}: {said}" if n == 0 else said
    if (s["left_out"] != "").any():
        yield "left_out", "", WORDS[language]["left_out"].format(unit=unit_words(x).of(language))


def _level(dimension: str, level: str, language: str) -> str:
    """Name a level shortly: a row of the matrix has room for one line."""
    rule = term("rule_name", level).of(language)
    if dimension == "respondents" and rule != level:
        return f"{WORDS[language]['without']}: {rule}"
    return level_words(dimension, level).of(language)


def _curve(panel: Any, known: pd.DataFrame, language: str) -> None:
    size = float(np.clip(120 / max(len(known), 1), 1.8, 4.0))
    panel.axhline(0.0, color=GREY, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
    for k, r in enumerate(known.itertuples()):
        main = r.part == "main"
        colour = INK if main else POSITIVE
        if np.isfinite(r.std_lower) and np.isfinite(r.std_upper):
            panel.plot([k, k], [r.std_lower, r.std_upper], color=colour, linewidth=1.4 if main else 0.7, zorder=1)
        face = colour if r.decision == "supported" else "white"
        panel.plot(
            [k], [r.std_all], "D" if main else "o", color=colour, markerfacecolor=face,
            markersize=size + 1.2 * main, markeredgewidth=0.7, zorder=3 if main else 2,
        )  # fmt: skip
    panel.set_xlim(-0.8, len(known) - 0.2)
    panel.set_xticks([])
    panel.tick_params(axis="y", labelsize=6.8)
    panel.yaxis.set_major_formatter(lambda v, _: show(float(v), "coefficient", language))


def _dots(panel: Any, known: pd.DataFrame, choices: list[tuple[str, str, str]]) -> None:
    size = float(np.clip(110 / max(len(known), 1), 1.4, 3.6))
    before = ""
    for j, (dimension, level, _) in enumerate(choices):
        column = known[dimension].astype(str)
        chosen = (column != "") if dimension == "left_out" else (column == level)
        panel.plot(np.flatnonzero(chosen), np.full(chosen.sum(), -j), "o", color=INK, markersize=size)
        off = np.flatnonzero(~chosen)
        panel.plot(off, np.full(len(off), -j), "o", color=FAINT, markersize=0.5 * size)
        if before and dimension != before:
            panel.axhline(0.5 - j, color=FAINT, linewidth=0.5)
        before = dimension
    if len(at := np.flatnonzero((known["part"] == "main").to_numpy())):
        panel.axvline(at[0], color=GREY, linewidth=0.5, zorder=0)
    panel.set_xlim(-0.8, len(known) - 0.2)
    panel.set_ylim(0.6 - len(choices), 0.6)
    panel.set_yticks([-j for j in range(len(choices))], [name for *_, name in choices], fontsize=6.6)
    panel.set_xticks([])
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.spines["bottom"].set_visible(False)


def _alt(x: Fragility, known: pd.DataFrame, conclusion: pd.Series, path: str, language: str) -> str:
    numbers = {"low": conclusion["std_min"], "high": conclusion["std_max"], "main": conclusion["std_all"]}
    return WORDS[language]["alt"].format(
        path=path,
        n=len(known),
        k=int((known["decision"] == "supported").sum()),
        alpha=show(x.alpha, "coefficient", language),
        worst=specification_words(x, conclusion["worst"]).of(language) if conclusion["worst"] else "",
        **{k: show(v, "coefficient", language, 3) for k, v in numbers.items()},
    )
