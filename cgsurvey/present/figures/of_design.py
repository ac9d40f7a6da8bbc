"""Pictures of estimates by design: domains side by side, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.forest import COLUMNS, ROWS_PER_PICTURE, Axis, forest, pages
from cgsurvey.present.figures.picture import Picture
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.design import domain_words, level_words, variable_words
from cgsurvey.present.tables.style import term
from cgsurvey.responses.design import SurveyEstimates

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"axis": "{what}, {level}% interval", "alt": "{what} of {n} rows with intervals by design. {told}",
           "told": "{name}: {value}, interval {low} to {high}."},
    "id": {"axis": "{what}, interval {level}%", "alt": "{what} untuk {n} baris beserta intervalnya. {told}",
           "told": "{name}: {value}, interval {low} sampai {high}."},
}  # fmt: skip


@drawers.register(SurveyEstimates)
def _of_estimates(x: SurveyEstimates, language: str) -> Drawers:
    headed = [_heading(x, r, language) for _, r in x.table.iterrows()]
    runs = pages(headed, ROWS_PER_PICTURE)
    return numbered(
        "survey_estimates", [partial(survey_intervals, x, x.table.iloc[k], language=language) for k in runs]
    )


def survey_intervals(x: SurveyEstimates, rows: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw estimates with their intervals, domain by domain.

    Parameters
    ----------
    x : SurveyEstimates
    rows : DataFrame
        Rows of `x.table`.
    language : {"en", "id"}
    """
    words, what = WORDS[language], term("survey_statistic", x.statistic).of(language)
    kind = "share" if x.statistic == "proportion" else "number"
    drawn, told = [], []
    for _, r in rows.iterrows():
        name = _row(x, r, language)
        values = {"value": r["estimate"], "low": r["ci_lower"], "high": r["ci_upper"]}
        told.append(words["told"].format(name=name, **{k: show(float(v), kind, language) for k, v in values.items()}))
        factor = 100 if kind == "share" else 1
        drawn.append(("", _heading(x, r, language), name, "", *(factor * float(v) for v in values.values())))
    level = show(100 * x.ci, "count", language)
    frame = pd.DataFrame(drawn, columns=list(COLUMNS))
    seen = frame[["estimate", "ci_lower", "ci_upper"]].stack()
    axis: dict[str, Any] = {"least": float(seen.min()), "most": float(seen.max())} if len(seen) else {}
    if kind == "share":
        axis = {"least": 0.0, "most": 100.0, "digits": 0}
    return forest(
        frame,
        axes={"": Axis(words["axis"].format(what=what, level=level), **axis)},
        series={"": ""},
        language=language,
        alt=words["alt"].format(what=what, n=len(rows), told=" ".join(told)),
    )


def _heading(x: SurveyEstimates, r: pd.Series, language: str) -> str:
    """The variable, where rows are domains; else nothing."""
    return variable_words(x, str(r["variable"])).of(language) if x.by or "level" in r else ""


def _row(x: SurveyEstimates, r: pd.Series, language: str) -> str:
    parts = [domain_words(x, str(r["group"])).of(language)] if x.by else []
    parts += [level_words(x, str(r["variable"]), str(r["level"])).of(language)] if "level" in r else []
    return ", ".join(parts) or variable_words(x, str(r["variable"])).of(language)
