"""Missingness map: which items are missing together, pattern by pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cgsurvey.present.figures.picture import FAINT, GREY, INK, NEGATIVE, PAGE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "rows": "Rows",
        "item": "Missing (%)",
        "rare": "rarer",
        "key": "Filled: missing. Columns are patterns, most frequent first.",
        "pooled": "The last column holds {n} patterns of fewer than {few} rows, whose items are not shown.",
        "rest": "Patterns from the {k}th on are in the last column.",
        "complete": "Without missing answers: {n} rows ({share}%).",
        "alt": "Map of missing answers, items by patterns. {complete} {told}",
        "told": "{n} rows lack {items}.",
    },
    "id": {
        "rows": "Baris",
        "item": "Kosong (%)",
        "rare": "lainnya",
        "key": "Terisi warna: kosong. Kolom adalah pola, yang tersering lebih dahulu.",
        "pooled": "Kolom terakhir memuat {n} pola dengan kurang dari {few} baris; butirnya tidak ditampilkan.",
        "rest": "Pola mulai urutan ke-{k} termasuk kolom terakhir.",
        "complete": "Tanpa jawaban kosong: {n} baris ({share}%).",
        "alt": "Peta jawaban kosong, butir menurut pola. {complete} {told}",
        "told": "{n} baris tanpa jawaban atas {items}.",
    },
}
COLUMNS = 24  # patterns that a page can show


@dataclass(frozen=True)
class Pattern:
    """Items that are missing together, and the rows in which they are."""

    items: tuple[str, ...]
    count: int


def missing_map(
    patterns: Sequence[Pattern],
    *,
    labels: Mapping[str, str],
    complete: int | None,
    rare: tuple[int, int] = (0, 0),
    few: int = 5,
    shares: Mapping[str, float] | None = None,
    language: str = "en",
) -> Picture:
    """Draw patterns of missing answers.

    Parameters
    ----------
    patterns : sequence of Pattern
        Incomplete patterns that may be shown, most frequent first.
    labels : mapping
        Words per item in the order of drawing; items of no pattern may be among them.
    complete : int
        Rows without a missing answer; None where so few are complete that they are pooled too.
    rare : (int, int)
        Patterns that are pooled because few rows show them, and their rows.
    few : int
        Rows below which a pattern is pooled.
    shares : mapping, optional
        Share of missing answers per item, told at the right.
    language : {"en", "id"}
    """
    words = WORDS[language]
    shown, beyond = list(patterns[:COLUMNS]), patterns[COLUMNS:]
    pooled = rare[1] + sum(p.count for p in beyond)
    items = list(labels)

    def count(n: float) -> str:
        return show(n, "count", language)

    full = ""
    if complete is not None:
        total = complete + sum(p.count for p in patterns) + rare[1]
        full = words["complete"].format(n=count(complete), share=show(complete / total, "share", language))
    told = " ".join(words["told"].format(n=count(p.count), items=", ".join(p.items)) for p in shown[:6])
    row, column, columns = 0.2, 0.185, len(shown) + (1 if pooled else 0)
    texts = [wrapped(labels[i], 58, 1) for i in items]
    left, right = min(3.05, 0.55 + 0.053 * max(map(len, texts))), 0.62 if shares else 0.15
    column = min(column, (PAGE - left - right) / columns)
    notes = [*([full] if full else []), words["key"]]
    notes += [words["pooled"].format(n=count(rare[0]), few=few)] if rare[0] else []
    notes += [words["rest"].format(k=COLUMNS + 1)] if beyond else []
    body, head, foot = row * len(items), 0.75, 0.12 + 0.145 * len(notes)
    height, width = body + head + foot, PAGE
    with drawing(width, height, words["alt"].format(complete=full, told=told)) as picture:
        place = (left / width, column * columns / width)
        axes = picture.add_axes((place[0], foot / height, place[1], body / height))
        bars = picture.add_axes((place[0], (foot + body + 0.04) / height, place[1], 0.42 / height))
        _cells(axes, shown, items, columns)
        axes.set_yticks([k + 0.5 for k in range(len(items))], texts, fontsize=6.6)
        axes.set_xticks([])
        axes.set(xlim=(0, columns), ylim=(len(items), 0))
        axes.tick_params(length=0)
        heights = [p.count for p in shown] + ([pooled] if pooled else [])
        bars.bar([k + 0.5 for k in range(columns)], heights, width=0.72, color=[GREY] * len(shown) + [FAINT])
        for k, n in enumerate(heights):
            bars.text(k + 0.5, n, count(n), ha="center", va="bottom", fontsize=5.8, rotation=90 if n > 999 else 0)
        bars.set(xlim=(0, columns), ylim=(0, max(heights) * 1.05))
        bars.set_axis_off()
        bars.text(-0.25, max(heights) * 0.4, words["rows"], ha="right", va="center", fontsize=6.8)
        if pooled:
            middle = (columns - 0.5, len(items) / 2)
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.text(*middle, words["rare"], rotation=90, ha="center", va="center", fontsize=6.2, bbox=paper)
        if shares:
            bars.text(columns + 0.3, 0, words["item"], ha="left", va="bottom", fontsize=6.4)
            for k, item in enumerate(items):
                axes.text(columns + 0.4, k + 0.5, show(shares[item], "share", language), va="center", fontsize=6.4)
        for spine in axes.spines.values():
            spine.set_visible(False)
        picture.text(0.012, (foot - 0.1) / height, "\n".join(notes), fontsize=6.6, color=INK, va="top")
    return picture


def _cells(axes: Any, patterns: Sequence[Pattern], items: Sequence[str], columns: int) -> None:
    from matplotlib.patches import Rectangle

    for c in range(columns):
        known = c < len(patterns)
        for r, item in enumerate(items):
            gone = known and item in patterns[c].items
            colour = NEGATIVE if gone else "#f2f2f2" if known else "white"
            axes.add_patch(Rectangle((c + 0.06, r + 0.08), 0.88, 0.84, edgecolor="none", facecolor=colour))
        if not known:
            axes.add_patch(
                Rectangle((c + 0.06, 0.08), 0.88, len(items) - 0.16, fill=False, edgecolor=FAINT, hatch="////", lw=0)
            )
