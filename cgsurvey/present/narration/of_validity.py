"""What is told about validity: convergent, discriminant, common method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.references import Rule
from cgsurvey.base.result import Meta
from cgsurvey.present.narration.sentences import ALPHA, Paragraphs, Sentence, largest, paragraphs, verdicts
from cgsurvey.present.table import Words
from cgsurvey.present.tables.style import Style, label
from cgsurvey.reliability import CommonMethod, DiscriminantValidity, Validity

HALF = 0.5  # share of the first component that readers look for


@paragraphs.register(Validity)
def _validity(x: Validity, style: Style) -> Paragraphs:
    found = x.tidy().set_index("construct")
    convergent: list[Sentence] = []
    weak = [label(x.meta, n) for n in verdicts(found["ave"].dropna(), style.rule("ave", "any"), "fair", "poor")]
    if weak:
        convergent.append(Sentence("validity.convergent_poor", {"names": weak}))
    elif found["ave"].notna().all():
        convergent.append(Sentence("validity.convergent_good"))
    criterion = []
    known = found["fornell_larcker"].dropna()
    if len(known):
        fails = [label(x.meta, str(n)) for n in known.index[~known.astype(bool)]]
        criterion.append(Sentence("validity.fl_poor", {"names": fails}) if fails else Sentence("validity.fl_good"))
    return {"validity": convergent, "fornell_larcker": criterion, "htmt": _ratios(x, style.rule("htmt", "any"))}


def _ratios(x: Validity, by: Rule | None) -> list[Sentence]:
    """Tell the largest ratio with its interval, and the pairs whose one-sided limit is beyond the guideline."""
    top = largest(x.htmt)
    if top is None or by is None or by.good is None:
        return []
    first, second, value = top
    names = {"first": label(x.meta, first), "second": label(x.meta, second)}
    out = [Sentence(f"validity.htmt_{by.verdict(value)}", {"value": value} | names)]
    row = x.pairs[
        [{a, b} == {first, second} for a, b in zip(x.pairs["construct_1"], x.pairs["construct_2"], strict=True)]
    ]
    if len(row) and np.isfinite(row["htmt_ci_upper"].iloc[0]):
        level = 100 * float(x.meta.options.get("ci", 0.95))
        ends = {"lower": row["htmt_ci_lower"].iloc[0], "upper": row["htmt_ci_upper"].iloc[0]}
        out.append(Sentence("validity.htmt_interval", {"level": level} | ends))
        limits = {"cut": by.good, "level": level}
        open_ = x.pairs[(x.pairs["htmt"] <= by.good) & (x.pairs["htmt_upper"] > by.good)]
        if len(open_):
            out.append(Sentence("validity.htmt_reaches", limits | {"pairs": _pairs(open_, x.meta)}))
        elif (x.pairs["htmt_upper"] <= by.good).all():
            out.append(Sentence("validity.htmt_apart", limits))
    return out


def _pairs(rows: pd.DataFrame, meta: Meta) -> list[Words]:
    """Return pairs of constructs in words."""
    listed = []
    for a, b in zip(rows["construct_1"].astype(str), rows["construct_2"].astype(str), strict=True):
        one, two = label(meta, a), label(meta, b)
        listed.append(Words(f"{one.en} – {two.en}", f"{one.id} – {two.id}"))
    return listed


@paragraphs.register(DiscriminantValidity)
def _discriminant(x: DiscriminantValidity, style: Style) -> Paragraphs:
    out: list[Sentence] = []
    known = x.pairs[x.pairs["by_ci"].notna()]
    top = x.pairs.iloc[int(x.pairs["r"].abs().fillna(-1.0).argmax())]
    ends = {"first": label(x.meta, str(top["construct_1"])), "second": label(x.meta, str(top["construct_2"]))}
    if np.isfinite(top["r"]):
        values = {"r": top["r"], "lower": top["ci_lower"], "upper": top["ci_upper"]}
        out.append(Sentence("discriminant.largest", ends | values))
    found = {kind: known[known["by_ci"] == kind] for kind in ("severe", "moderate", "marginal")}
    out += [
        Sentence(f"discriminant.{kind}", {"pairs": _pairs(rows, x.meta)}) for kind, rows in found.items() if len(rows)
    ]
    if len(known) and not any(len(rows) for rows in found.values()):
        out.append(Sentence("discriminant.none", {"pairs": len(known)}))
    apart = known[known["by_chisq"].notna() & (known["by_chisq"] != known["by_ci"])]
    out += [Sentence("discriminant.apart", {"pairs": _pairs(apart, x.meta)})] if len(apart) else []
    return {"discriminant": out}


@paragraphs.register(CommonMethod)
def _common_method(x: CommonMethod, style: Style) -> Paragraphs:
    known = x.evidence.set_index(["technique", "measure"])["estimate"].dropna()
    p_values = x.evidence.set_index(["technique", "measure"])["p_value"].dropna()

    def has(technique: str, measure: str) -> bool:
        return (technique, measure) in known.index

    out: list[Sentence] = []
    if has("harman", "component_share"):
        share = known["harman", "component_share"]
        out.append(Sentence("method_bias.harman_low" if share < HALF else "method_bias.harman_high", {"share": share}))
    if has("one_factor", "chisq_diff") and ("one_factor", "chisq_diff") in p_values.index:
        p = p_values["one_factor", "chisq_diff"]
        key = "method_bias.one_factor_worse" if p < ALPHA else "method_bias.one_factor_unclear"
        out.append(Sentence(key, {"chisq": known["one_factor", "chisq_diff"], "p": p}))
    if has("ulmc_equal", "method_share"):
        values: dict[str, Any] = {"share": known["ulmc_equal", "method_share"]}
        if has("ulmc_equal", "change_max"):
            out.append(Sentence("method_bias.ulmc", values | {"change": known["ulmc_equal", "change_max"]}))
        out.append(Sentence("method_bias.ulmc_weak"))
    if len(x.correlations):
        lost = x.correlations[x.correlations["lost"].astype(bool)]
        out.append(
            Sentence("method_bias.marker_lost", {"pairs": _pairs(lost, x.meta)})
            if len(lost)
            else Sentence("method_bias.marker_kept", {"pairs": len(x.correlations)})
        )
    by, vif = style.rule("vif_full", "any"), x.collinearity.set_index("construct")["vif"].dropna()
    if by is not None and by.good is not None and len(vif):
        high = [label(x.meta, str(n)) for n in vif.index[vif > by.good]]
        values = {"vif": vif.max(), "cut": by.good}
        key = "method_bias.vif_high" if high else "method_bias.vif_low"
        out.append(Sentence(key, values | ({"names": high} if high else {})))
    return {"common_method": [*out, Sentence("method_bias.together")] if out else []}
