"""Pairs of constructs: HTMT and factor correlations with intervals, against the limits of discriminant validity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.references import rule
from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import Picture
from cgsurvey.present.numbers import show
from cgsurvey.reliability import Validity

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "htmt": "HTMT, {level}% interval",
        "r": "Factor correlation, {level}% interval",
        "alt": "HTMT and factor correlations of {shown} of {n} pairs of constructs, largest HTMT first. {told}",
        "told": "{first} with {second}: {value}, interval {low} to {high}.",
    },
    "id": {
        "htmt": "HTMT, interval {level}%",
        "r": "Korelasi faktor, interval {level}%",
        "alt": "HTMT dan korelasi faktor {shown} dari {n} pasangan konstruk, HTMT terbesar lebih dahulu. {told}",
        "told": "{first} dengan {second}: {value}, interval {low} sampai {high}.",
    },
}
MOST = 30  # pairs in one picture; those with smaller HTMT are left out
CUTS = (0.8, 0.9, 1.0)  # degrees of problems with discriminant validity (Ronkko & Cho, 2022)


def pair_limits(x: Validity) -> pd.DataFrame | None:
    """Return the upper limits of the one-sided intervals of HTMT below the diagonal of a square."""
    square = pd.DataFrame(np.nan, index=x.htmt.index, columns=x.htmt.columns)
    order = {str(n): k for k, n in enumerate(x.htmt.index)}
    for r in x.pairs.itertuples():
        late, early = sorted((str(r.construct_1), str(r.construct_2)), key=lambda n: -order[n])
        square.loc[late, early] = r.htmt_upper
    return square if square.notna().any(axis=None) else None


def pair_intervals(x: Validity, *, language: str = "en") -> Picture:
    """Draw HTMT and the factor correlation of each pair with intervals, largest HTMT first.

    Parameters
    ----------
    x : Validity
    language : {"en", "id"}
    """
    words = WORDS[language]
    known = x.pairs[x.pairs["htmt"].notna()].sort_values("htmt", ascending=False, kind="stable")
    rows, told = [], []
    for r in known.head(MOST).itertuples():
        first, second = (x.meta.label(str(n), language) for n in (r.construct_1, r.construct_2))
        name = f"{first} – {second}"
        rows.append(("htmt", "", name, "", r.htmt, r.htmt_ci_lower, r.htmt_ci_upper))
        rows.append(("r", "", name, "", r.r, r.r_ci_lower, r.r_ci_upper))
        values = {"value": r.htmt, "low": r.htmt_ci_lower, "high": r.htmt_ci_upper}
        numbers = {k: show(v, "coefficient", language) for k, v in values.items()}
        told.append(words["told"].format(first=first, second=second, **numbers))
    level = show(100 * float(x.meta.options.get("ci", 0.95)), "count", language)
    limit = rule("htmt", "any")
    cuts = [c for c in (limit.good, limit.fair) if c is not None] if limit else []
    axes = {
        "htmt": Axis(words["htmt"].format(level=level), guides={show(c, "coefficient", language): c for c in cuts}),
        "r": Axis(words["r"].format(level=level), guides={show(c, "coefficient", language, 1): c for c in CUTS}),
    }
    alt = words["alt"].format(shown=min(MOST, len(known)), n=len(x.pairs), told=" ".join(told))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return forest(frame, axes=axes, series={"": ""}, language=language, alt=alt)
