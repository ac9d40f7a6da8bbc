"""Overview of a screening: respondents that each rule flags, and how its index is distributed around the cut-off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.figures.picture import FAINT, GREY, INK, NEGATIVE, PAGE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.style import rows_of, term
from cgsurvey.responses import Screening
from cgsurvey.responses.screening.rules import RULES

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "flagged": "Respondents flagged",
        "absent": "not applied",
        "any": "Any rule",
        "people": "Respondents",
        "key": "Hatched: flagged. Line: cut-off.",
        "cut": "cut-off {sign} {value}",
        "alt": "Screening of {n} respondents: {flagged} are flagged by at least one rule. {told}",
        "told": "{rule}: {count} ({share}%).",
    },
    "id": {
        "flagged": "Responden yang ditandai",
        "absent": "tidak diterapkan",
        "any": "Aturan mana pun",
        "people": "Responden",
        "key": "Berarsir: ditandai. Garis: batas.",
        "cut": "batas {sign} {value}",
        "alt": "Penyaringan {n} responden: {flagged} ditandai oleh sedikitnya satu aturan. {told}",
        "told": "{rule}: {count} ({share}%).",
    },
}
ACROSS = 3  # distributions side by side
BINS = 24
SIGNS = {">=": "≥", "<=": "≤"}


def screening_overview(x: Screening, *, language: str = "en") -> Picture:
    """Draw the number of respondents that each rule flags and, below, the distribution of each index that is a number.

    Parameters
    ----------
    x : Screening
    language : {"en", "id"}
    """
    words, rules, sums = WORDS[language], x.tidy(), x.glance().iloc[0]
    drawn = [str(r.rule) for r in rows_of(rules) if pd.notna(r.n_flagged) and _spread(x, str(r.rule)) is not None]
    names = {str(r): _capital(term("rule_name", str(r)).of(language)) for r in rules["rule"]}

    def number(value: float, kind: str = "count") -> str:
        return show(value, kind, language)

    told = " ".join(
        words["told"].format(rule=names[str(r.rule)], count=number(r.n_flagged), share=number(r.share, "share"))
        for r in rows_of(rules)
        if pd.notna(r.n_flagged)
    )
    alt = words["alt"].format(n=number(sums["n"]), flagged=number(sums["n_flagged"]), told=told)
    lines = -(-len(drawn) // ACROSS)
    bars, each = 0.2 * (len(rules) + 1), 1.52
    height = 0.3 + bars + (0.42 + each * lines if drawn else 0.1)
    with drawing(PAGE, height, alt) as picture:
        axes = picture.add_axes((0.36, 1 - (0.26 + bars) / height, 0.55, bars / height))
        _flags(axes, x, names, words, language)
        for k, rule in enumerate(drawn):
            row, column = divmod(k, ACROSS)
            bottom = height - 0.26 - bars - 0.5 - each * row - (each - 0.52)
            place = (0.055 + column * 0.325, bottom / height, 0.27, (each - 0.64) / height)
            _distribution(picture.add_axes(place), x, rule, names[rule], words, language, first=column == 0)
        if drawn:
            picture.text(0.055, 0.02 / height, words["key"], fontsize=6.6, color=INK, va="bottom")
    return picture


def _flags(axes: Any, x: Screening, names: dict[str, str], words: dict[str, str], language: str) -> None:
    """Draw how many respondents each rule flags, and any of them."""
    rules, sums = x.tidy(), x.glance().iloc[0]
    rows = [(names[str(r.rule)], r.n_flagged, r.share) for r in rows_of(rules)]
    rows.append((words["any"], sums["n_flagged"], sums["share"]))
    most = max([float(n) for _, n, _ in rows if pd.notna(n)] + [1.0])
    for k, (_, count, share) in enumerate(rows):
        if pd.isna(count):
            axes.text(0.01 * most, k, words["absent"], va="center", fontsize=6.6, color=GREY, style="italic")
            continue
        last = k == len(rows) - 1
        axes.barh(k, count, height=0.66, color=INK if last else NEGATIVE)
        said = f"{show(count, 'count', language)} ({show(share, 'share', language)}%)"
        axes.text(count + 0.012 * most, k, said, va="center", fontsize=6.6)
    axes.set_yticks(range(len(rows)), [wrapped(name, 50, 1) for name, _, _ in rows], fontsize=6.8)
    axes.set(xlim=(0, most * 1.18), ylim=(len(rows) - 0.5, -0.5))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    axes.set_title(words["flagged"], fontsize=7.2, loc="left")


def _distribution(
    axes: Any, x: Screening, rule: str, name: str, words: dict[str, str], language: str, *, first: bool
) -> None:
    """Draw a histogram of an index, the flagged respondents hatched."""
    spread = _spread(x, rule)
    assert spread is not None
    values, flagged = spread
    seen, cut = np.unique(values), x.rules[rule]
    whole = bool(np.all(seen == np.round(seen))) and np.ptp(seen) < 2 * BINS
    edges = np.arange(seen[0] - 0.5, seen[-1] + 1.5) if whole else np.histogram_bin_edges(values, BINS)
    axes.hist(
        [values[~flagged], values[flagged]],
        bins=edges,
        stacked=True,
        color=[FAINT, "white"],
        edgecolor="white",
        linewidth=0.3,
    )
    for bar in axes.containers[1] if flagged.any() else []:
        if bar.get_height() > 0:
            bar.set(edgecolor=NEGATIVE, hatch="//////", linewidth=0.6)
    sign = RULES[rule].sign
    line = cut + (0.5 if sign in (">", "<=") else -0.5) if whole else cut  # between the bars of counts
    if edges[0] <= line <= edges[-1]:
        axes.axvline(line, color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    said = words["cut"].format(sign=SIGNS.get(sign, sign), value=_cut(cut, language))
    axes.set_title(wrapped(name, 38, 1), fontsize=6.8, loc="left", pad=11)
    axes.annotate(
        said, (0, 1), xycoords="axes fraction", xytext=(0, 3), textcoords="offset points", fontsize=6.2, color=GREY
    )
    axes.set_ylabel(words["people"] if first else "", fontsize=6.4)
    axes.tick_params(labelsize=6, length=2)
    axes.locator_params(axis="x", nbins=5, integer=whole)
    axes.locator_params(axis="y", nbins=4, integer=True)
    axes.xaxis.set_major_formatter(lambda value, _: _cut(float(value), language))


def _spread(x: Screening, rule: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the known values of the index of a rule and who of them is flagged; None where it is no number."""
    if RULES[rule].sign not in (">", ">=", "<", "<="):
        return None
    table = x.respondents
    values = pd.to_numeric(table[RULES[rule].index], errors="coerce").astype(float)
    if rule == "longstring" and x.rules[rule] <= 1:  # the cut-off is a share of the answers given
        values = values / (table["n_asked"] - table["n_missing"]).where(lambda n: n > 0)
    known = np.isfinite(values.to_numpy())
    if values[known].nunique() < 2:
        return None
    return values.to_numpy()[known], table[f"flag_{rule}"].to_numpy(dtype=bool)[known]


def _cut(value: float, language: str) -> str:
    """Return a number with the decimals that it needs, three at the most."""
    digits = next((d for d in range(3) if abs(value - round(value, d)) < 1e-9), 3)
    return show(value, "number", language, digits)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
