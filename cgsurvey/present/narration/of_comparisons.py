"""What is told about models side by side: comparison, invariance, mediation, moderation, pooled fits, tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from cgsurvey.present.narration import of_models as told
from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, paragraphs
from cgsurvey.present.table import Words
from cgsurvey.present.tables import comparison as comparison_tables
from cgsurvey.present.tables import mediation as mediation_tables
from cgsurvey.present.tables import missing as missing_tables
from cgsurvey.present.tables import moderation as moderation_tables
from cgsurvey.present.tables.style import Style, group_label, label, rows_of, term
from cgsurvey.sem import PooledFit
from cgsurvey.sem.compare import Comparison
from cgsurvey.sem.invariance import Invariance
from cgsurvey.sem.joint_tests import ScoreTest, WaldTest
from cgsurvey.sem.mediation import Mediation
from cgsurvey.sem.moderation import SimpleSlopes

# -- comparison ------------------------------------------------------------------------------------------------------


@paragraphs.register(Comparison)
def _comparison(x: Comparison, style: Style) -> Paragraphs:
    rows = list(rows_of(x.tidy()))
    out = [Sentence("comparison.models", {"count": len(rows), "names": [str(r.model) for r in rows]})]
    if x.vuong is not None:
        out.append(_vuong(x, str(rows[0].model), str(rows[1].model)))
    else:
        out += [_difference(x, a, b) for a, b in pairwise(rows)]
    lowest = x.glance().iloc[0]
    aic, bic = str(lowest["lowest_aic"]), str(lowest["lowest_bic"])
    if aic and aic == bic:
        out.append(Sentence("comparison.lowest_both", {"model": aic}))
    elif aic:
        out.append(Sentence("comparison.lowest", {"aic": aic, "bic": bic}))
    return {"comparison": out}


def _difference(x: Comparison, larger: Any, smaller: Any) -> Sentence:
    names = {"larger": str(larger.model), "smaller": str(smaller.model)}
    if smaller.df_diff == 0:
        return Sentence("comparison.equivalent", names)
    if not np.isfinite(smaller.p_value):
        return Sentence("comparison.untested", names)
    key = "comparison.worse" if smaller.p_value < ALPHA else "comparison.unclear"
    values = {"df": smaller.df_diff, "chisq": smaller.chisq_diff, "p": smaller.p_value}
    words = comparison_tables.METHOD[x.method]
    flat = Words(*(w.replace(" (", ", ").rstrip(")") for w in (words.en, words.id)))  # it stands in parentheses itself
    return Sentence(key, names | values | {"method": flat})


def _vuong(x: Comparison, first: str, second: str) -> Sentence:
    found = x.vuong
    assert found is not None
    if not found.p_distinct < ALPHA:
        return Sentence("comparison.alike", {"first": first, "second": second, "p": found.p_distinct})
    values = {"z": abs(found.z), "p": found.p_value}
    better, other = (first, second) if found.difference > 0 else (second, first)
    if found.p_value < ALPHA:
        return Sentence("comparison.better", {"better": better, "other": other} | values)
    return Sentence("comparison.rivals", {"first": first, "second": second} | values)


# -- invariance ------------------------------------------------------------------------------------------------------


def _level(name: str) -> Words:
    words = term("invariance_level", name)
    return Words(words.en.lower(), words.id.lower())


@paragraphs.register(Invariance)
def _invariance(x: Invariance, style: Style) -> Paragraphs:
    names = [group_label(x.meta, k + 1) for k in range(len(x.meta.groups))]
    out = [Sentence("invariance.groups", {"groups": len(names), "names": names})]
    rows = list(rows_of(x.tidy()))
    for before, row in zip([None, *rows], rows, strict=False):
        again = before is not None and before.level == row.level
        out.append(_of_level(x, row, again))
    last = x.glance().iloc[0]
    if last["level"]:
        out.append(Sentence(f"invariance.meaning_{last['level']}"))
        if last["freed"]:
            out.append(Sentence("invariance.partial", {"items": str(last["freed"]).split(", ")}))
    tried = x.search[x.search["decision"] == "freed"]
    found = [Sentence("invariance.search", {"items": list(dict.fromkeys(tried["item"].astype(str)))})] * (
        len(tried) > 0
    )
    return {"invariance": out, "partial": found if len(x.search) else []}


def _of_level(x: Invariance, row: Any, again: bool) -> Sentence:
    """Tell the decision on one level; `again`: with items freed after the level itself failed."""
    level = {"level": _level(str(row.level))}
    changes = {"cfi": row.cfi_diff, "rmsea": row.rmsea_diff, "srmr": row.srmr_diff}
    test = {"df": row.df_diff, "chisq": row.chisq_diff, "p": row.p_value}
    if row.decision == "baseline":
        return Sentence("invariance.baseline", {"cfi": row.cfi, "rmsea": row.rmsea, "srmr": row.srmr})
    if row.decision in ("supported", "not supported"):
        verb = "holds" if row.decision == "supported" else "fails"
        by = "test" if x.criterion == "test" else "index"
        items = {"items": str(row.freed).split(", ")} if again else {}
        key = f"invariance.{'freed_' if again else ''}{verb}_{by}"
        return Sentence(key, level | items | (test if by == "test" else changes))
    return Sentence(f"invariance.{str(row.decision).replace(' ', '_')}", level)


# -- mediation -------------------------------------------------------------------------------------------------------


@paragraphs.register(Mediation)
def _mediation(x: Mediation, style: Style) -> Paragraphs:
    out, rows = [], list(rows_of(x.tidy()))
    for _, block in groupby(rows, key=lambda r: (r.group, r.cause, r.outcome)):
        told = list(block)
        contrasts = [r for r in told if r.effect == "contrast"]
        together = len(contrasts) > 1 and not any(_clear(r) for r in contrasts)
        out += [s for r in told if not (together and r.effect == "contrast") for s in _effect(x, r)]
        if together:
            top = max(contrasts, key=lambda r: abs(r.estimate))
            numbers = {"b": top.estimate, "lower": top.ci_lower, "upper": top.ci_upper, "level": 100 * x.ci}
            out.append(Sentence("mediation.contrasts_unclear", _ends(x, top) | numbers | {"count": len(contrasts)}))
    return {"mediation": [*out, Sentence("mediation.causal")]}


def _clear(row: Any) -> bool:
    return bool(row.ci_lower > 0 or row.ci_upper < 0)


def _ends(x: Mediation, row: Any) -> dict[str, Words]:
    of = [f" ({x.meta.group(row.group, language)})" if len(x.meta.groups) > 1 else "" for language in ("en", "id")]
    cause, outcome = label(x.meta, str(row.cause)), label(x.meta, str(row.outcome))
    return {"cause": cause, "outcome": Words(f"{outcome.en}{of[0]}", f"{outcome.id}{of[1]}")}


def _effect(x: Mediation, row: Any) -> Iterator[Sentence]:
    clear = _clear(row)
    values = {"level": 100 * x.ci, "b": row.estimate, "lower": row.ci_lower, "upper": row.ci_upper, "beta": row.std_all}
    ends = _ends(x, row)
    kind = str(row.effect).replace(" ", "_")
    named = {"effect": mediation_tables.effect_name(x, str(row.effect), str(row.path))}
    if not np.isfinite(row.ci_lower):  # a path that the model holds at a value has no interval
        fixed = kind == "direct" and row.estimate == 0
        yield (
            Sentence("mediation.direct_none", ends)
            if fixed
            else Sentence("mediation.no_interval", ends | {"b": row.estimate})
        )
        return
    if kind == "contrast":
        del values["beta"]
    more = named if kind in ("indirect", "contrast") else {}
    yield Sentence(f"mediation.{kind}_{'clear' if clear else 'unclear'}", ends | more | values)
    if kind == "indirect" and row.mediation in ("complementary", "competitive"):
        yield Sentence(f"mediation.{row.mediation}")


# -- moderation ------------------------------------------------------------------------------------------------------


@paragraphs.register(SimpleSlopes)
def _slopes(x: SimpleSlopes, style: Style) -> Paragraphs:
    row = x.glance().iloc[0]
    names = {k: label(x.meta, getattr(x, k)) for k in ("predictor", "outcome", "moderator")}
    key = "slopes.clear" if row["p_value"] < ALPHA else "slopes.unclear"
    out = [Sentence(key, names | {"b": row["estimate"], "p": row["p_value"]})]
    region = moderation_tables.region(x)
    out.append(Sentence("slopes.region", {"region": Words(region.en.rstrip("."), region.id.rstrip("."))}))
    return {"simple_slopes": out}


# -- imputed data ----------------------------------------------------------------------------------------------------


@paragraphs.register(PooledFit)
def _pooled(x: PooledFit, style: Style) -> Paragraphs:
    by, test = missing_tables.test_of(x)
    fit = [Sentence("pooled.estimates", {"used": len(x.fits), "given": x.n_imputations})]
    if np.isfinite(test.p_value):
        values = {"by": by.upper(), "df1": test.df1, "df2": test.df2, "f": test.F, "p": test.p_value}
        fit.append(Sentence("pooled.rejected" if test.p_value < ALPHA else "pooled.unclear", values))
    return {
        "fit": fit,
        "loadings": told.loadings(x, style),
        "thresholds": list(told.thresholds(x)),
        "paths": list(told.paths(x)),
        "effects": list(told.effects(x)),
    }


# -- tests of constraints --------------------------------------------------------------------------------------------


@paragraphs.register(WaldTest)
def _wald(x: WaldTest, style: Style) -> Paragraphs:
    return {"wald": [_joint("wald", x)]}


@paragraphs.register(ScoreTest)
def _score(x: ScoreTest, style: Style) -> Paragraphs:
    return {"score": [_joint("score", x)] if x.df else []}


def _joint(kind: str, x: WaldTest | ScoreTest) -> Sentence:
    verdict = "rejected" if x.p_value < ALPHA else "unclear"
    return Sentence(f"tests.{kind}_{verdict}", {"df": x.df, "chisq": x.chisq, "p": x.p_value})
