"""What is told about the sample: distributions, missing answers, early and late respondents, population, exclusions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cgsurvey.moments import McarTest
from cgsurvey.moments.missing import Missingness
from cgsurvey.moments.missingness import COMPLETE
from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, paragraphs, verdicts
from cgsurvey.present.tables.style import Style, answer, label
from cgsurvey.reliability.exclusions import ExclusionSensitivity
from cgsurvey.responses.nonresponse import NonresponseBias
from cgsurvey.responses.normality import SPARSE, Normality
from cgsurvey.responses.representativeness import Representativeness

# -- distributions ---------------------------------------------------------------------------------------------------


@paragraphs.register(Normality)
def _normality(x: Normality, style: Style) -> Paragraphs:
    rows = x.items
    poor = _named(rows.loc[rows["verdict"] == "poor", "item"])
    shape = Sentence("normality.poor", {"items": poor}) if poor else Sentence("normality.good")
    thin = _named(rows.loc[rows["n_sparse"] > 0, "item"])
    sparse = (
        Sentence("sparse.some", {"items": thin, "least": SPARSE})
        if thin
        else Sentence("sparse.none", {"least": SPARSE})
    )
    return {"normality": [shape], "mardia": list(_mardia(x)), "sparse": [sparse]}


def _mardia(x: Normality) -> Iterator[Sentence]:
    found = x.mardia[x.mardia["measure"] == "kurtosis_amos"]
    known = found[found["p_value"].notna()]
    if known.empty:
        yield Sentence("mardia.absent")
    elif x.by is not None:
        against = [answer(x.meta, x.by, g) for g in known.loc[known["p_value"] < ALPHA, "group"]]
        values = {"groups": len(known)}
        yield (
            Sentence("mardia.groups", values | {"names": against})
            if against
            else Sentence("mardia.groups_unclear", values)
        )
    else:
        row = known.iloc[0]
        key = "mardia.rejected" if row["p_value"] < ALPHA else "mardia.unclear"
        yield Sentence(key, {"ratio": row["statistic"], "p": row["p_value"], "n": row["n"]})


def _named(items: pd.Series) -> list[str]:
    return list(dict.fromkeys(items.astype(str)))


# -- missing answers -------------------------------------------------------------------------------------------------


@paragraphs.register(McarTest)
def _mcar(x: McarTest, style: Style) -> Paragraphs:
    return {"mcar": [_little(x)], "patterns": _patterns(x)}


def _patterns(x: McarTest) -> list[Sentence]:
    """Tell how many miss nothing, and in how many patterns the others do."""
    complete = int(x.patterns.loc[x.patterns["pattern"] == COMPLETE, "count"].sum())
    values = {"n": x.meta.n, "complete": complete, "patterns": x.n_patterns - (complete > 0)}
    return [Sentence("mcar.patterns", values)] if np.isfinite(x.p_value) else []


def _little(x: McarTest) -> Sentence:
    if not np.isfinite(x.p_value):
        return Sentence("mcar.none")
    key = "mcar.rejected" if x.p_value < ALPHA else "mcar.unclear"
    return Sentence(key, {"df": x.df, "chisq": x.chisq, "p": x.p_value})


@paragraphs.register(Missingness)
def _missingness(x: Missingness, style: Style) -> Paragraphs:
    shares = x.items.set_index("item")["missing_share"]
    lost, asked = x.items["n_missing"].sum(), x.items["n_asked"].sum()
    if not lost:
        return {"missing_items": [Sentence("responses.missing_none")]}
    items = [Sentence("responses.missing", {"asked": asked, "share": lost / asked})]
    much = verdicts(shares.sort_values(ascending=False).dropna(), style.rule("missing_share", "any"), "fair", "poor")
    items += [Sentence("responses.missing_much", {"items": much})] if much else []
    people = x.persons["count"].sum()
    some = x.persons.loc[x.persons["n_missing"] > 0, "count"].sum()
    persons = [Sentence("missing.persons", {"some": some, "n": people, "share": some / people})]
    related = []
    clear = x.differences[x.differences["p_holm"] < ALPHA]
    if len(clear):
        top = clear.iloc[0]
        ends = {"item": str(top["item"]), "variable": label(x.meta, str(top["variable"]))}
        numbers = {"g": top["effect_size"], "p": top["p_holm"], "count": len(clear), "total": len(x.differences)}
        related.append(Sentence("missing.related", ends | numbers))
    elif len(x.differences):
        related.append(Sentence("missing.related_unclear", {"total": len(x.differences)}))
    test = [_little(x.mcar)] if x.mcar is not None else []
    return {"missing_items": items, "missing_persons": persons, "mcar": test, "missing_related": related}


# -- who answered ----------------------------------------------------------------------------------------------------


@paragraphs.register(NonresponseBias)
def _nonresponse(x: NonresponseBias, style: Style) -> Paragraphs:
    sums, rows = x.glance().iloc[0], x.comparisons
    sizes = {"early": sums["n_early"], "late": sums["n_late"], "variables": sums["n_variables"]}
    out = [Sentence("nonresponse.counts", sizes)]

    def names(*wanted: str) -> list[object]:
        return [label(x.meta, str(v)) for v in rows.loc[rows["verdict"].isin(wanted), "variable"]]

    if found := names("difference", "small"):
        out.append(Sentence("nonresponse.different", {"names": found}))
    else:
        out.append(Sentence("nonresponse.unclear"))
    if found := names("equivalent", "small"):
        out.append(Sentence("nonresponse.equivalent", {"names": found, "bound": x.bound}))
    if found := names("undecided"):
        out.append(Sentence("nonresponse.undecided", {"names": found}))
    return {"nonresponse": out}


@paragraphs.register(Representativeness)
def _representativeness(x: Representativeness, style: Style) -> Paragraphs:
    different = [label(x.meta, str(v)) for v in x.tests.loc[x.tests["verdict"] == "difference", "variable"]]
    top = x.shares.iloc[int(x.shares["difference"].abs().argmax())]
    values = {
        "category": answer(x.meta, str(top["variable"]), top["category"]),
        "variable": label(x.meta, str(top["variable"])),
    }
    values |= {"share": top["share"], "population": top["population_share"]}
    key = "representativeness.different" if different else "representativeness.unclear"
    known = [label(x.meta, str(v)) for v in x.tests["variable"]]
    first = Sentence(key, {"names": different or known})
    return {"representativeness": [first, Sentence("representativeness.largest", values)]}


# -- exclusions ------------------------------------------------------------------------------------------------------


@paragraphs.register(ExclusionSensitivity)
def _exclusions(x: ExclusionSensitivity, style: Style) -> Paragraphs:
    sums = x.glance().iloc[0]
    who = [Sentence("exclusions.counts", {"out": sums["n_excluded"], "n": sums["n"]})]
    alpha, model = [], []
    if np.isfinite(sums["alpha_change"]):
        alpha.append(Sentence("exclusions.alpha", {"change": sums["alpha_change"]}))
    if np.isfinite(sums["coefficient_change"]):
        signs, decisions = int(sums["n_sign_changed"]), int(sums["n_decision_changed"])
        values = {"change": sums["coefficient_change"]}
        if signs or decisions:
            model.append(Sentence("exclusions.changed", values | {"signs": signs, "decisions": decisions}))
        else:
            model.append(Sentence("exclusions.stable", values))
    return {"exclusions": who, "exclusion_alpha": alpha, "exclusion_model": model}
