"""Pictures of reliability: coefficients with intervals per construct, items against the rest of their construct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cgsurvey.base.references import rule
from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import Picture, item_words
from cgsurvey.present.numbers import show
from cgsurvey.reliability import Reliability

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "series": {
            "alpha": "Cronbach's α",
            "alpha_ordinal": "ordinal α",
            "omega": "ω",
            "omega_total": "ω total",
            "composite_reliability": "composite reliability",
        },
        "axis": "Coefficient, {level}% interval where there is one",
        "alt": "Reliability by construct ({n}). {told}",
        "told": "{name}: alpha {alpha}.",
        "told_ci": "{name}: alpha {alpha}, interval {low} to {high}.",
        "rest": "Item-rest correlation",
        "dropped": "α if dropped; stroke: α of all items",
        "rest_alt": "Item-rest correlations of {n} items, from {low} ({low_item}) to {high} ({high_item}); beside them "
        "alpha without the item. Rising above alpha of all items: {rises}.",
        "none": "none",
        "critical": "stroke: critical r",
        "weak": {"item": "item", "weak": "below the guideline, or α rises without it"},
    },
    "id": {
        "series": {
            "alpha": "α Cronbach",
            "alpha_ordinal": "α ordinal",
            "omega": "ω",
            "omega_total": "ω total",
            "composite_reliability": "reliabilitas komposit",
        },
        "axis": "Koefisien, interval {level}% bila ada",
        "alt": "Reliabilitas menurut konstruk ({n}). {told}",
        "told": "{name}: alpha {alpha}.",
        "told_ci": "{name}: alpha {alpha}, interval {low} sampai {high}.",
        "rest": "r butir-total terkoreksi",
        "dropped": "α jika dihapus; garis: α semua butir",
        "rest_alt": "Korelasi butir-total terkoreksi {n} butir, dari {low} ({low_item}) sampai {high} ({high_item}); "
        "di sampingnya alpha tanpa butir itu. Naik melebihi alpha semua butir: {rises}.",
        "none": "tidak ada",
        "critical": "garis: r tabel",
        "weak": {"item": "butir", "weak": "di bawah pedoman, atau α naik tanpa butir itu"},
    },
}
# Coefficients that are drawn, each with the kind of its interval.
SERIES = {
    "alpha": "feldt",
    "alpha_ordinal": "polychoric",
    "omega": "delta",
    "omega_total": "schmid_leiman",
    "composite_reliability": "delta",
}


def reliability_forest(x: Reliability, constructs: Sequence[str], *, language: str = "en") -> Picture:
    """Draw the coefficients of some constructs with their intervals.

    Parameters
    ----------
    x : Reliability
    constructs : sequence of str
    language : {"en", "id"}
    """
    words = WORDS[language]
    found = x.estimates.set_index(["measure", "method", "construct"])
    rows, told = [], []
    for construct in constructs:
        who = x.meta.label(construct, language)
        for measure, method in SERIES.items():
            if (measure, method, construct) in found.index:
                r = found.loc[(measure, method, construct)]
                rows.append(("", "", who, measure, r["estimate"], r["ci_lower"], r["ci_upper"]))
                if measure == "alpha":
                    values = {"alpha": r["estimate"], "low": r["ci_lower"], "high": r["ci_upper"]}
                    number = {k: show(v, "coefficient", language) for k, v in values.items()}
                    told.append(words["told_ci" if pd.notna(r["ci_lower"]) else "told"].format(name=who, **number))
    level = show(100 * float(x.meta.options.get("ci", 0.95)), "count", language)
    axis = Axis(words["axis"].format(level=level), 0.0, 1.0, _guides("alpha", language))
    alt = words["alt"].format(n=len(constructs), told=" ".join(told))
    return forest(_frame(rows), axes={"": axis}, series=words["series"], language=language, alt=alt)


def item_rest_plot(x: Reliability, items: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw the correlation of each item with the rest of its construct, and alpha without it.

    Parameters
    ----------
    x : Reliability
    items : DataFrame
        Rows of `x.items` whose `r_drop` is known.
    language : {"en", "id"}
    """
    words = WORDS[language]
    whole, limit = x.tidy().set_index("construct")["alpha"], rule("r_drop", "any")
    rows: list[tuple[Any, ...]] = []
    marks: list[tuple[Any, ...]] = []
    for r in items.itertuples():
        key = (x.meta.label(str(r.construct), language), item_words(x.meta, str(r.item), language))
        poor = limit is not None and limit.good is not None and r.r_drop < limit.good
        for panel, value, weak in (
            ("rest", r.r_drop, poor),
            ("dropped", r.alpha_if_dropped, r.alpha_if_dropped > whole[r.construct]),
        ):
            rows.append((panel, *key, "weak" if weak else "item", value, float("nan"), float("nan")))
        marks += [("rest", *key, r.r_table), ("dropped", *key, whole[r.construct])]
    known = items.set_index("item")["r_drop"]
    rises = items.loc[(items["alpha_if_dropped"] > items["construct"].map(whole)), "item"]
    ends = {k: show(v, "coefficient", language) for k, v in (("low", known.min()), ("high", known.max()))}
    names = (
        {"low_item": known.idxmin(), "high_item": known.idxmax()} if len(known) else {"low_item": "", "high_item": ""}
    )
    alt = words["rest_alt"].format(n=len(items), rises=", ".join(map(str, rises)) or words["none"], **ends, **names)
    axes = {
        "rest": Axis(f"{words['rest']}; {words['critical']}", 0.0, 1.0, _guides("r_drop", language)),
        "dropped": Axis(words["dropped"], 0.0, 1.0),
    }
    frame = pd.DataFrame(marks, columns=["panel", "heading", "row", "value"])
    return forest(_frame(rows), axes=axes, series=words["weak"], language=language, alt=alt, marks=frame)


def _guides(measure: str, language: str) -> dict[str, float]:
    """Return the guideline of a measure under the words in which it is printed."""
    limit = rule(measure, "any")
    return (
        {show(limit.good, "coefficient", language): limit.good} if limit is not None and limit.good is not None else {}
    )


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS))
