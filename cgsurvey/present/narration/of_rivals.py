"""What is told about rival measurement models: side by side, no number chooses among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, paragraphs
from cgsurvey.present.tables.style import Style, label, rows_of
from cgsurvey.reliability import Rivals

FEW = 3  # tested pairs that are told one by one


@paragraphs.register(Rivals)
def _rivals(x: Rivals, style: Style) -> Paragraphs:
    fitted = x.models[x.models["chisq"].notna()]
    names = [label(x.meta, str(m)) for m in x.models["model"]]
    out = [Sentence("rivals.count", {"count": len(x.models), "names": names})]
    failed = [label(x.meta, str(m)) for m in x.models.loc[x.models["chisq"].isna(), "model"]]
    out += [Sentence("rivals.failed", {"names": failed})] if failed else []
    improper = [label(x.meta, str(r.model)) for r in rows_of(fitted) if r.improper is True or r.improper == 1]
    out += [Sentence("rivals.improper", {"names": improper})] if improper else []
    if len(fitted) > 1 and fitted["bic"].notna().any():
        lowest = {k: str(fitted["model"][fitted[k].idxmin()]) for k in ("aic", "bic")}
        if lowest["aic"] == lowest["bic"]:
            out.append(Sentence("rivals.lowest_both", {"model": label(x.meta, lowest["aic"])}))
        else:
            out.append(Sentence("rivals.lowest", {k: label(x.meta, v) for k, v in lowest.items()}))
    out.append(Sentence("rivals.choice"))
    return {"rivals": out, "rival_pairs": _pairs(x), "rival_bifactor": _bifactor(x), "rival_theory": []}


def _pairs(x: Rivals) -> list[Sentence]:
    out, tested = [], []
    for r in rows_of(x.pairs):
        if r.relation == "equivalent":
            names = {"larger": label(x.meta, str(r.model_1)), "smaller": label(x.meta, str(r.model_2))}
            out.append(Sentence("comparison.equivalent", names))
        elif r.relation == "nested" and np.isfinite(r.p_value):
            tested.append(r)
    out = [*(_one_by_one(x, tested) if len(tested) <= FEW else _against_the_largest(x, tested)), *out]
    if len(x.pairs) and x.pairs["boundary"].fillna(False).astype(bool).any():
        out.append(Sentence("rivals.boundary"))
    return out


def _one_by_one(x: Rivals, tested: Sequence[Any]) -> list[Sentence]:
    out = []
    for r in tested:
        names = {"larger": label(x.meta, str(r.model_1)), "smaller": label(x.meta, str(r.model_2))}
        test = {"df": r.df_diff, "chisq": r.chisq_diff, "p": r.p_value}
        out.append(Sentence("rivals.worse" if r.p_value < ALPHA else "rivals.unclear", {**names, **test}))
    return out


def _against_the_largest(x: Rivals, tested: Sequence[Any]) -> list[Sentence]:
    """Of many pairs tell those with the model that restricts least; the table has the others."""
    largest = str(tested[0].model_1)
    p = {str(r.model_2): float(r.p_value) for r in tested if r.model_1 == largest}
    out = []
    for key, names, most in (
        ("rivals.many_unclear", [m for m, v in p.items() if v >= ALPHA], min),
        ("rivals.many_worse", [m for m, v in p.items() if v < ALPHA], max),
    ):
        if names:
            values = {"larger": label(x.meta, largest), "models": [label(x.meta, m) for m in names]}
            out.append(Sentence(key, {**values, "p": most(p[m] for m in names)}))
    return [*out, Sentence("rivals.many_rest")]


def _bifactor(x: Rivals) -> list[Sentence]:
    if not x.bifactor.size:
        return []
    values = {"ecv": x.bifactor["ecv"], "omega_h": x.bifactor["omega_h"]}
    return [Sentence("rivals.bifactor", values), Sentence("rivals.bifactor_bias")]
