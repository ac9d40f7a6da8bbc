"""What is told about the satisfaction index and its link to a latent factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, extremes, paragraphs
from cgsurvey.present.table import Words
from cgsurvey.present.tables.satisfaction import concealed, element_words, group_words, performance_words
from cgsurvey.present.tables.style import Style, label
from cgsurvey.service_quality import IndexLink, SatisfactionIndex, grade

_NONE = Words("–", "–")


@paragraphs.register(SatisfactionIndex)
def _satisfaction(x: SatisfactionIndex, style: Style) -> Paragraphs:
    whole = x.overall.iloc[0].to_dict()
    level = 100 * float(x.meta.options["ci"])
    values = {"n": whole["n"], "ikm": whole["ikm"], "level": level, "grade": whole["grade"]}
    values["word"] = performance_words(whole["grade"]) or _NONE
    bounded = bool(np.isfinite(whole["ci_lower"]))
    limits = {"lower": whole["ci_lower"], "upper": whole["ci_upper"]} if bounded else {}
    out = [Sentence("ikm.index" if bounded else "ikm.bare", values | limits)]
    if bounded:
        ends = {grade(max(float(whole[side]), 24.75)) for side in ("ci_lower", "ci_upper")}
        chance = whole[f"p_{str(whole['grade']).lower()}"]
        firm = ends == {whole["grade"]}
        out.append(Sentence("ikm.firm") if firm else Sentence("ikm.unsure", {"chance": chance}))
    rows = x.overall_elements.set_index("element")
    if found := extremes(rows["nrr"]):
        low, a, high, b = found
        marked = rows[rows["priority"]].sort_values("nrr", kind="stable").index
        names = [element_words(x.meta, str(u)) for u in marked]
        told = {"low_name": element_words(x.meta, low), "low": a, "high_name": element_words(x.meta, high), "high": b}
        out.append(Sentence("ikm.elements", told | {"names": names}))
    return {"satisfaction": out, "satisfaction_groups": _groups(x, style), "changes": _changes(x, style)}


def _groups(x: SatisfactionIndex, style: Style) -> list[Sentence]:
    """Tell the best and the last of the groups that are shown, and whether any two differ; of the last period."""
    others = [c for c in x.by if c != x.period]
    if not others:
        return []
    secret = concealed(x, style)
    rows = x.groups.drop(index=list(secret)).dropna(subset="ikm")
    if x.period is not None:
        rows = rows[rows[x.period] == x.meta.options["order"][-1]]
    if len(rows) < 2:
        return []
    ordered = rows.sort_values("ikm", kind="stable").to_dict("records")
    low, high = ordered[0], ordered[-1]
    names = {"low_name": group_words(x, low, x.period), "high_name": group_words(x, high, x.period)}
    out = [Sentence("ikm.groups", {"n": len(rows), "low": low["ikm"], "high": high["ikm"], **names})]
    if not x.pairs_are_few:
        return out
    p = x.differences()
    if x.period is not None:
        p = p[p[x.period] == x.meta.options["order"][-1]]
    sure = int((p["p_adjusted"] < ALPHA).sum())
    pairs = int(p["p_adjusted"].notna().sum())
    out.append(
        Sentence("ikm.apart", {"pairs": pairs, "sure": sure}) if sure else Sentence("ikm.together", {"pairs": pairs})
    )
    return out


def _changes(x: SatisfactionIndex, style: Style) -> list[Sentence]:
    if x.period is None or len(x.meta.options["order"]) < 2 or concealed(x, style):
        return []
    frame = x.changes()
    sure = frame[frame["p_adjusted"] < ALPHA].to_dict("records")
    if not sure:
        return [Sentence("ikm.steady")]
    names: dict[bool, list[Words]] = {True: [], False: []}
    for r in sure:
        names[bool(r["difference"] > 0)].append(_spell(x, r))
    kinds = (("ikm.rose", names[True]), ("ikm.fell", names[False]))
    return [Sentence(key, {"names": told}) for key, told in kinds if told]


def _spell(x: SatisfactionIndex, r: dict[str, Any]) -> Words:
    spell = f"{r['period_1']} → {r['period_2']}"
    if len(x.by) == 1:
        return Words(spell, spell)
    who = group_words(x, r, x.period)
    return Words(f"{who.en} ({spell})", f"{who.id} ({spell})")


@paragraphs.register(IndexLink)
def _link(x: IndexLink, style: Style) -> Paragraphs:
    values: dict[str, Any] = {"r2": x.r2, "lower": x.ci_lower, "upper": x.ci_upper}
    values["level"] = 100 * float(x.meta.options["ci"])
    own = x.meta.options["factor"] is None
    name = {} if own else {"name": label(x.meta, x.factor)}
    return {"index_link": [Sentence("link.own" if own else "link.other", values | name)]}
