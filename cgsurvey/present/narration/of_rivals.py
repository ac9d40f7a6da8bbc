"""What is told about rival measurement models: side by side, no number chooses among them."""

from __future__ import annotations

from typing import Any

import numpy as np

from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, paragraphs
from cgsurvey.present.tables.style import Style, label, rows_of
from cgsurvey.reliability import Rivals


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
    out = []
    for r in rows_of(x.pairs):
        names: dict[str, Any] = {"larger": label(x.meta, str(r.model_1)), "smaller": label(x.meta, str(r.model_2))}
        if r.relation == "equivalent":
            out.append(Sentence("comparison.equivalent", names))
        elif r.relation == "nested" and np.isfinite(r.p_value):
            test = {"df": r.df_diff, "chisq": r.chisq_diff, "p": r.p_value}
            key = "rivals.worse" if r.p_value < ALPHA else "rivals.unclear"
            out.append(Sentence(key, names | test))
    if len(x.pairs) and x.pairs["boundary"].fillna(False).astype(bool).any():
        out.append(Sentence("rivals.boundary"))
    return out


def _bifactor(x: Rivals) -> list[Sentence]:
    if not x.bifactor.size:
        return []
    values = {"ecv": x.bifactor["ecv"], "omega_h": x.bifactor["omega_h"]}
    return [Sentence("rivals.bifactor", values), Sentence("rivals.bifactor_bias")]
