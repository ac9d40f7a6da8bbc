"""What is told about estimates by design."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, paragraphs
from cgsurvey.present.table import Words
from cgsurvey.present.tables.design import domain_words, level_words, variable_words
from cgsurvey.present.tables.style import Style, label, term
from cgsurvey.responses.design import SurveyEstimates, SurveyRegression

MANY = 6  # estimates that are told one by one


@paragraphs.register(SurveyEstimates)
def _estimates(x: SurveyEstimates, style: Style) -> Paragraphs:
    sizes = {"n": x.meta.n, "units": x.n_units, "strata": x.n_strata, "df": x.df}
    out = [Sentence("design.sample", sizes)]
    known = x.table[x.table["estimate"].notna()]
    unit = "share" if x.statistic == "proportion" else "number"
    if len(known) <= MANY:
        for _, r in known[known["ci_lower"].notna()].iterrows():
            values = {"name": _name(x, r), "statistic": term("survey_statistic", x.statistic), "level": 100 * x.ci}
            values |= {"estimate": r["estimate"], "low": r["ci_lower"], "high": r["ci_upper"]}
            out.append(Sentence(f"design.one_{unit}", values))
    elif x.by:
        for name, block in list(known.groupby("variable", sort=False))[:MANY]:
            if "level" in block.columns:
                continue
            low, high = block.loc[block["estimate"].idxmin()], block.loc[block["estimate"].idxmax()]
            values = {"name": variable_words(x, str(name)), "low": low["estimate"], "high": high["estimate"]}
            values |= {"low_name": domain_words(x, str(low["group"])), "high_name": domain_words(x, str(high["group"]))}
            out.append(Sentence("design.domains", values))
    if "deff" in known.columns and known["deff"].notna().any():
        top = known.loc[known["deff"].idxmax()]
        key = "design.deff" if top["deff"] > 1 else "design.deff_small"
        out.append(Sentence(key, {"deff": float(top["deff"]), "name": _name(x, top)}))
    return {"survey_estimates": out}


def _name(x: SurveyEstimates, r: pd.Series) -> Words:
    found = variable_words(x, str(r["variable"]))
    parts = [found]
    if "level" in r:
        parts.append(level_words(x, str(r["variable"]), str(r["level"])))
    if "group" in r:
        parts.append(domain_words(x, str(r["group"])))
    return Words(*(", ".join(p.of(g).rstrip(".") for p in parts) for g in ("en", "id")))


@paragraphs.register(SurveyRegression)
def _regression(x: SurveyRegression, style: Style) -> Paragraphs:
    rows = x.table[x.table["variable"] != "(intercept)"]
    names = [label(x.meta, str(v)) for v in rows.loc[rows["p_value"] < ALPHA, "variable"].drop_duplicates()]
    rest = [label(x.meta, str(v)) for v in rows.loc[~(rows["p_value"] < ALPHA), "variable"].drop_duplicates()]
    outcome = {"outcome": label(x.meta, x.outcome)}
    out = []
    if np.isfinite(x.r2):
        out.append(Sentence("design.regression", outcome | {"r2": x.r2, "n": x.meta.n}))
    out += [Sentence("design.related", outcome | {"names": names})] if names else []
    out += [Sentence("design.unclear", outcome | {"names": rest})] if rest else []
    return {"survey_regression": out}
