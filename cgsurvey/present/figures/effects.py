"""Direct and indirect effects with their intervals, groups side by side."""

from __future__ import annotations

import pandas as pd

from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import Picture
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.mediation import effect_name
from cgsurvey.sem import Mediation

WORDS = {
    "en": {
        "axis": "Standardised effect, {level}% interval",
        "alt": "Standardised effects with intervals against zero. {told}",
        "told": "{head}{name}: {value}, interval {low} to {high}.",
    },
    "id": {
        "axis": "Pengaruh terstandar, interval {level}%",
        "alt": "Pengaruh terstandar beserta intervalnya terhadap nol. {told}",
        "told": "{head}{name}: {value}, interval {low} sampai {high}.",
    },
}


def effect_forest(x: Mediation, rows: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw standardised effects with their intervals.

    Parameters
    ----------
    x : Mediation
    rows : DataFrame
        Rows of `x.standardized()`. Groups are told apart by their marks.
    language : {"en", "id"}
    """
    words = WORDS[language]
    several = len(x.meta.groups) > 1
    groups = [x.meta.group(k + 1, language) for k in range(len(x.meta.groups))]
    drawn, told = [], []
    for r in rows.to_dict("records"):
        head = f"{x.meta.label(r['cause'], language)} → {x.meta.label(r['outcome'], language)}"
        name = effect_name(x, r["effect"], r["path"]).of(language)
        series = x.meta.group(r["group"], language) if several else ""
        values = {k: show(r[c], "coefficient", language) for k, c in _TOLD.items()}
        drawn.append(("", head, name, series, r["estimate"], r["ci_lower"], r["ci_upper"]))
        told.append(words["told"].format(head=f"{series}, {head}, " if series else f"{head}, ", name=name, **values))
    level = show(100 * x.ci, "count", language)
    return forest(
        pd.DataFrame(drawn, columns=list(COLUMNS)),
        axes={"": Axis(words["axis"].format(level=level), least=-0.1, most=0.5, guides={"0": 0.0})},
        series={g: g for g in groups} if several else {"": ""},
        language=language,
        alt=words["alt"].format(told=" ".join(told)),
    )


_TOLD = {"value": "estimate", "low": "ci_lower", "high": "ci_upper"}
