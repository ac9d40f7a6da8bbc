"""What is told about service quality, importance and performance, and drivers."""

from __future__ import annotations

from typing import Any

import numpy as np

from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, extremes, paragraphs
from cgsurvey.present.table import Words
from cgsurvey.present.tables.quality import POINTS, dimension_words
from cgsurvey.present.tables.style import Style, label, term
from cgsurvey.service_quality import Drivers, ImportancePerformance, ServiceQuality


@paragraphs.register(ServiceQuality)
def _quality(x: ServiceQuality, style: Style) -> Paragraphs:
    rows = x.table.set_index("dimension")
    last, level = rows.loc["overall"], 100 * float(x.meta.options["ci"])
    low, high = x.meta.options["scale"]
    values = {"n": int(last["n"]), "score": last["score"], "low": low, "high": high, "level": level}
    values |= {"lower": last["ci_lower"], "upper": last["ci_upper"], "share": last["score_100"]}
    out = [Sentence("quality.overall", values)]
    known = rows.drop(index=["overall", "overall_weighted"], errors="ignore")["score"]
    if len(known) > 1 and (ends := extremes(known)):
        a, least, b, most = ends
        names = {"low_name": dimension_words(x.meta, a), "high_name": dimension_words(x.meta, b)}
        out.append(Sentence("quality.range", names | {"low": least, "high": most}))
    if "overall_weighted" in rows.index:
        out.append(Sentence("quality.weighted", {"score": rows.loc["overall_weighted", "score"]}))
    told: dict[str, list[Sentence]] = {"quality": out}
    if len(x.gaps):
        told["gaps"] = _gaps(x, level)
    if len(x.surface_tests):
        told["surface"] = _surface(x)
    return told


def _gaps(x: ServiceQuality, level: float) -> list[Sentence]:
    found = x.gaps.set_index("dimension")
    whole = found.loc["overall"]
    values = {"gap": whole["gap"], "level": level, "lower": whole["ci_lower"], "upper": whole["ci_upper"]}
    out = [Sentence("quality.gap", values)]
    rows = found[found["level"] == "dimension"]
    below = rows[(rows["gap"] < 0) & (rows["p_holm"] < ALPHA)]
    if len(below):
        names = [dimension_words(x.meta, str(n)) for n in below["gap"].sort_values().index]
        out.append(Sentence("quality.gap_below", {"names": names}))
    else:
        out.append(Sentence("quality.gap_none"))
    out.append(Sentence("quality.gap_caution"))
    return out


def _surface(x: ServiceQuality) -> list[Sentence]:
    test = x.surface_tests.iloc[-1]
    values = {"r2": test["r2"], "difference": test["r2_difference"], "p": test["p_value"]}
    key = "quality.surface_rejected" if test["p_value"] < ALPHA else "quality.surface_kept"
    return [Sentence(key, values)]


@paragraphs.register(ImportancePerformance)
def _importance(x: ImportancePerformance, style: Style) -> Paragraphs:
    t, level = x.table, float(x.meta.options["ci"])
    out = [Sentence("ipa.method", {"items": len(t), "method": term("importance", x.method), "n": x.meta.n})]
    first = t[t["quadrant"] == "concentrate"].sort_values("importance", ascending=False)
    if len(first):
        out.append(Sentence("ipa.concentrate", {"items": [_named(x, str(i)) for i in first["item"]]}))
    else:
        out.append(Sentence("ipa.none"))
    sure = first[first["certainty"] >= level]
    if len(first):
        values: dict[str, Any] = {"percent": level, "sure": len(sure), "of": len(first)}
        out.append(Sentence("ipa.sure", values))
    unsure = int((t["certainty"] < level).sum())
    out.append(Sentence("ipa.unsure", {"unsure": unsure, "of": len(t), "percent": level}))
    return {"ipa": out}


def _named(x: ImportancePerformance, name: str) -> Words | str:
    """An item by its name, as tables and picture have it; a dimension by its words."""
    return name if tuple(x.meta.options["performance"].get(name, ())) == (name,) else label(x.meta, name)


@paragraphs.register(Drivers)
def _drivers(x: Drivers, style: Style) -> Paragraphs:
    top = x.table[(x.table["level"] == "construct") & x.table["total_effect"].notna()]
    top = top.sort_values("total_effect", ascending=False)
    target = label(x.meta, x.target)
    level = 100 * float(x.meta.options["ci"])
    out = [Sentence("drivers.performance", {"target": target, "performance": x.target_performance})]
    if len(top):
        r = top.iloc[0]
        values = {"name": label(x.meta, r["name"]), "target": target, "effect": r["total_effect"], "level": level}
        values |= {"lower": r["ci_lower"], "upper": r["ci_upper"], "performance": r["performance_score"]}
        out.append(Sentence("drivers.first", values))
    firm = top[np.sign(top["ci_lower"]) != np.sign(top["ci_upper"])]
    if len(firm):
        out.append(Sentence("drivers.unsure", {"names": [label(x.meta, n) for n in firm["name"]], "target": target}))
    told = {"drivers": out}
    gain = x.what_if(POINTS).iloc[0]
    values = {"name": label(x.meta, gain["name"]), "points": gain["points"], "change": gain["change"], "target": target}
    values |= {"lower": gain["change_lower"], "upper": gain["change_upper"], "level": level}
    told["what_if"] = [Sentence("drivers.what_if", values), Sentence("drivers.caution")]
    return told
