"""Estimates with intervals of several analyses, each against what it is judged by."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import Picture, item_words
from cgsurvey.present.numbers import show
from cgsurvey.reliability import DiscriminantValidity, ExpertJudgement, Retest
from cgsurvey.responses.nonresponse import NonresponseBias

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "discriminant": "Factor correlation, {level}% interval",
        "discriminant_alt": "Factor correlations of {shown} of {n} pairs of constructs, largest first. {told}",
        "experts": "Aiken's V, {level}% interval; stroke: critical V",
        "experts_alt": "Aiken's V of {n} items with intervals. {told}",
        "retest": "ICC(A,1), {level}% interval",
        "retest_alt": "Agreement of two occasions, ICC(A,1), for {n} constructs. {told}",
        "nonresponse": "Early less late, Hedges' g, {level}% interval",
        "nonresponse_alt": "Differences of early and late respondents in {n} means. {told}",
        "told": "{name}: {value}, interval {low} to {high}.",
    },
    "id": {
        "discriminant": "Korelasi faktor, interval {level}%",
        "discriminant_alt": "Korelasi faktor {shown} dari {n} pasangan konstruk, yang terbesar lebih dahulu. {told}",
        "experts": "V Aiken, interval {level}%; garis: V kritis",
        "experts_alt": "V Aiken {n} butir beserta intervalnya. {told}",
        "retest": "ICC(A,1), interval {level}%",
        "retest_alt": "Kesepakatan dua waktu pengukuran, ICC(A,1), untuk {n} konstruk. {told}",
        "nonresponse": "Awal dikurangi akhir, g Hedges, interval {level}%",
        "nonresponse_alt": "Perbedaan responden awal dan akhir pada {n} rerata. {told}",
        "told": "{name}: {value}, interval {low} sampai {high}.",
    },
}
MOST = 30  # pairs in one picture


def discriminant_intervals(x: DiscriminantValidity, *, language: str = "en") -> Picture:
    """Draw the factor correlation of each pair with its interval and the cut-offs, largest first."""
    pairs = x.pairs[x.pairs["r"].notna()]
    pairs = pairs.reindex(pairs["r"].abs().sort_values(ascending=False, kind="stable").index).head(MOST)
    names = [
        f"{x.meta.label(str(a), language)} – {x.meta.label(str(b), language)}"
        for a, b in zip(pairs["construct_1"], pairs["construct_2"], strict=True)
    ]
    cuts = sorted({abs(float(c)) for c in x.meta.options["cutoffs"]})
    low = -1.0 if pairs["r"].min() < 0 else 0.0
    guides = {show(c, "coefficient", language, 1): c for c in cuts}
    guides |= {show(-c, "coefficient", language, 1): -c for c in cuts} if low < 0 else {}
    rows = pairs.assign(estimate=pairs["r"])
    return _drawn(x, "discriminant", rows, names, {"least": low, "guides": guides}, language, total=len(x.pairs))


def expert_intervals(x: ExpertJudgement, items: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw Aiken's V of some items with its interval and critical value; `items` are rows of `x.table`."""
    names = [item_words(x.meta, str(i), language) for i in items["item"]]
    marks = pd.DataFrame({"panel": "", "heading": "", "row": names, "value": items["v_critical"].to_numpy()})
    return _drawn(x, "experts", items.assign(estimate=items["v"]), names, {}, language, marks=marks)


def retest_intervals(x: Retest, *, language: str = "en") -> Picture:
    """Draw the agreement of scores of each construct over two occasions."""
    names = [x.meta.label(str(c), language) for c in x.table["construct"]]
    rows = pd.DataFrame(
        {"estimate": x.table["icc"], "ci_lower": x.table["icc_ci_lower"], "ci_upper": x.table["icc_ci_upper"]}
    )
    return _drawn(x, "retest", rows, names, {}, language)


def nonresponse_intervals(x: NonresponseBias, rows: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw standardised differences of early and late respondents between the bounds of equivalence.

    Parameters
    ----------
    x : NonresponseBias
    rows : DataFrame
        Rows of `x.comparisons` that compare means.
    language : {"en", "id"}
    """
    names = [x.meta.label(str(v), language) for v in rows["variable"]]
    guides = {show(b, "number", language): b for b in (-x.bound, 0.0, x.bound)}
    axis = {"least": -2 * x.bound, "most": 2 * x.bound, "guides": guides}
    return _drawn(x, "nonresponse", rows.assign(estimate=rows["effect_size"]), names, axis, language, kind="number")


def _drawn(
    x: Any,
    what: str,
    rows: pd.DataFrame,
    names: list[str],
    axis: dict[str, Any],
    language: str,
    *,
    marks: pd.DataFrame | None = None,
    total: int = 0,
    kind: str = "coefficient",
) -> Picture:
    words = WORDS[language]
    level = show(100 * float(x.meta.options.get("ci", 0.95)), "count", language)
    told = " ".join(
        words["told"].format(name=name, **{k: show(v, kind, language) for k, v in values.items()})
        for name, values in zip(
            names,
            rows[["estimate", "ci_lower", "ci_upper"]].set_axis(["value", "low", "high"], axis=1).to_dict("records"),
            strict=True,
        )
    )
    drawn = [
        ("", "", name, "", r.estimate, r.ci_lower, r.ci_upper) for name, r in zip(names, rows.itertuples(), strict=True)
    ]
    return forest(
        pd.DataFrame(drawn, columns=list(COLUMNS)),
        axes={"": Axis(words[what].format(level=level), **axis)},
        series={"": ""},
        language=language,
        alt=words[f"{what}_alt"].format(n=total or len(rows), shown=len(rows), told=told),
        marks=marks,
    )
