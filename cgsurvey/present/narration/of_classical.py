"""What is told about regressions, comparisons of groups, correlations and cross-tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cgsurvey.classical import Correlations, CrossTable, GroupComparison, Regression
from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, paragraphs
from cgsurvey.present.table import Words
from cgsurvey.present.tables.group_comparison import STATISTIC, group, outcome
from cgsurvey.present.tables.regression import named
from cgsurvey.present.tables.style import Style, label, term

# -- regression ------------------------------------------------------------------------------------------------------


@paragraphs.register(Regression)
def _regression(x: Regression, style: Style) -> Paragraphs:
    out = {"regression": list(_coefficients(x)), "regression_model": list(_model(x))}
    if len(x.assumptions):
        out["regression_assumptions"] = list(_assumptions(x))
    if len(x.mediation):
        row = x.mediation.iloc[-1]
        key = "steps.evidence" if row["p_value"] < ALPHA else "steps.unclear"
        out["regression_steps"] = [
            Sentence(key, {"estimate": row["estimate"], "z": row["statistic"], "p": row["p_value"]})
        ]
    return out


def _coefficients(x: Regression) -> Iterator[Sentence]:
    last = x.last
    terms = last[(last["term"] != "(Intercept)") & (last["std_all" if x.kind == "linear" else "odds_ratio"].notna())]
    who = label(x.meta, x.outcome)
    clear = terms[terms["p_value"] < ALPHA]
    for r in clear.itertuples():
        values = {
            "term": named(x, str(r.term)),
            "outcome": who,
            "lower": r.ci_lower,
            "upper": r.ci_upper,
            "p": r.p_value,
        }
        values["level"] = 100 * float(x.meta.options["ci"])
        kind = "category_" if "[" in str(r.term) else ""
        if x.kind == "linear":
            key = f"regression.{kind}higher" if r.estimate > 0 else f"regression.{kind}lower"
            yield Sentence(key, values | {"b": r.estimate, "beta": r.std_all})
        else:
            odds = {"odds": r.odds_ratio, "lower": r.or_ci_lower, "upper": r.or_ci_upper}
            yield Sentence(f"regression.{kind}odds", values | odds)
    unclear = [named(x, str(t)) for t in terms.loc[~(terms["p_value"] < ALPHA), "term"]]
    if unclear:
        yield Sentence("regression.unclear", {"terms": unclear, "outcome": who})


def _model(x: Regression) -> Iterator[Sentence]:
    last, who = x.steps.iloc[-1], label(x.meta, x.outcome)
    if x.kind == "linear" and np.isfinite(last["f_value"]):
        values = {
            "outcome": who,
            "r2": last["r2"],
            "adjusted": last["r2_adj"],
            "f": last["f_value"],
            "p": last["p_value"],
        }
        yield Sentence("regression.model", values | {"df1": last["df1"], "df2": last["df2"]})
    elif x.kind == "ordinal":
        values = {
            "outcome": who,
            "chisq": last["chisq"],
            "df": last["df"],
            "p": last["p_value"],
            "r2": last["r2_nagelkerke"],
        }
        yield Sentence("regression.model_ordinal", values)
    if len(x.steps) > 1 and x.kind == "linear" and np.isfinite(last["p_change"]):
        key = "regression.step" if last["p_change"] < ALPHA else "regression.step_unclear"
        yield Sentence(key, {"change": last["r2_change"], "f": last["f_change"], "p": last["p_change"]})


def _assumptions(x: Regression) -> Iterator[Sentence]:
    whole = x.assumptions[(x.assumptions["term"] == "") & x.assumptions["p_value"].notna()]
    against = [term("assumption_test", str(t)) for t in whole.loc[whole["p_value"] < ALPHA, "test"]]
    yield (
        Sentence("assumptions.against", {"tests": against})
        if against
        else Sentence("assumptions.none", {"n": len(whole)})
    )


# -- groups ----------------------------------------------------------------------------------------------------------


@paragraphs.register(GroupComparison)
def _groups(x: GroupComparison, style: Style) -> Paragraphs:
    tests, after = [], []
    symbol = STATISTIC[x.method]
    for r in x.tests.itertuples():
        effect = term("effect_size", str(r.effect))
        values = {"outcome": outcome(x, str(r.outcome)), "symbol": symbol, "statistic": r.statistic, "p": r.p_value}
        if not np.isfinite(r.p_value):
            tests.append(Sentence("groups.none", {"outcome": values["outcome"]}))
            continue
        key = "groups.different" if r.p_value < ALPHA else "groups.unclear"
        tests.append(Sentence(key, values | {"effect": effect, "size": r.effect_size}))
    clear = x.post_hoc[x.post_hoc["p_adjusted"] < ALPHA]
    for name, block in clear.groupby("outcome", sort=False):
        pairs = [_pair(x, str(a), str(b)) for a, b in zip(block["group_1"], block["group_2"], strict=True)]
        after.append(Sentence("groups.pairs", {"outcome": outcome(x, str(name)), "pairs": pairs}))
    if len(x.post_hoc) and clear.empty:
        after.append(Sentence("groups.pairs_unclear"))
    return {"group_tests": tests, **({"post_hoc": after} if after else {})}


def _pair(x: GroupComparison, a: str, b: str) -> Words:
    one, other = group(x, a), group(x, b)
    return Words(f"{one.en} – {other.en}", f"{one.id} – {other.id}")


# -- associations ----------------------------------------------------------------------------------------------------


@paragraphs.register(Correlations)
def _correlations(x: Correlations, style: Style) -> Paragraphs:
    known = x.pairs[x.pairs["r"].notna()]
    if known.empty:
        return {"correlation_matrix": [Sentence("correlations.none")]}
    p = known["p_holm" if x.adjusted else "p_value"]
    counts = {"clear": int((p < ALPHA).sum()), "pairs": len(known)}
    top = known.loc[known["r"].abs().idxmax()]
    values = {"a": label(x.meta, top["variable_1"]), "b": label(x.meta, top["variable_2"]), "r": top["r"]}
    values |= {"lower": top["ci_lower"], "upper": top["ci_upper"], "level": 100 * float(x.meta.options["ci"])}
    bounded = pd.notna(top["ci_lower"])
    return {
        "correlation_matrix": [
            Sentence("correlations.counts", counts),
            Sentence("correlations.largest" if bounded else "correlations.largest_bare", values),
        ]
    }


@paragraphs.register(CrossTable)
def _crosstab(x: CrossTable, style: Style) -> Paragraphs:
    sums, v = x.glance().iloc[0], x.measures.iloc[0]
    values = {
        "rows": label(x.meta, x.rows),
        "columns": label(x.meta, x.columns),
        "chisq": sums["chisq"],
        "df": sums["df"],
    }
    thin = sums["thin_share"] > 0.2 and not x.designed
    p = sums["p_fisher"] if thin else sums["p_value"]
    ends = {
        "v": v["estimate"],
        "lower": v["ci_lower"],
        "upper": v["ci_upper"],
        "level": 100 * float(x.meta.options["ci"]),
    }
    key = "crosstab.related" if p < ALPHA else "crosstab.unclear"
    if x.designed:
        sizes = Sentence("crosstab.v_designed", {"v": v["estimate"]})
        values = {k: values[k] for k in ("rows", "columns")} | {"f": x.tests["statistic"].iloc[0], "p": p}
        return {"crosstab": [], "crosstab_tests": [Sentence(f"{key}_designed", values), sizes]}
    if thin:
        key += "_fisher"
        values = {k: values[k] for k in ("rows", "columns")}
    return {"crosstab": [], "crosstab_tests": [Sentence(key, values | {"p": p}), Sentence("crosstab.v", ends)]}
