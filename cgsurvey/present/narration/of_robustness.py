"""What is told about conclusions under other reasonable choices, and about numbers of other programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from cgsurvey.present.narration.sentences import Paragraphs, Sentence, paragraphs
from cgsurvey.present.table import Words
from cgsurvey.present.tables.differences import convention_words, number_words, quantity_words
from cgsurvey.present.tables.fragility import (
    hypothesis_words,
    level_words,
    main_words,
    path_words,
    specification_words,
    unit_words,
)
from cgsurvey.present.tables.style import Style, rows_of, term
from cgsurvey.robustness import Explanation, Fragility
from cgsurvey.robustness.evidence import catalogue
from cgsurvey.robustness.explanation import SAME
from cgsurvey.robustness.fragility import LEFT_OUT
from cgsurvey.robustness.specifications import DIMENSIONS

_KEYS = {"supported": "supported", "not supported": "unclear", "opposite": "opposite"}


@paragraphs.register(Fragility)
def _fragility(x: Fragility, style: Style) -> Paragraphs:
    parts = x.specifications["part"]
    told = [Sentence("fragility.main", {"main": main_words(x), "n": int((parts == "choice").sum())})]
    if offices := int((parts == LEFT_OUT).sum()):
        told.append(Sentence("fragility.offices", {"n": offices, "unit": unit_words(x)}))
    for row in rows_of(x.conclusions):
        told += _conclusion(x, row)
    told += [*_together(x), *_faults(x)]
    return {"fragility": [*told, Sentence("fragility.caveat")]}


def _conclusion(x: Fragility, row: Any) -> Iterator[Sentence]:
    """Tell one hypothesis: its decision, and what overturns it."""
    path = path_words(x.meta, row.path)
    named = hypothesis_words(x, row.hypothesis, row.path, row.group)
    if not row.hypothesis.startswith(row.path):
        named = Words(*(f"{named.of(g)} ({path.of(g)})" for g in ("en", "id")))
    values: dict[str, Any] = {"name": named, "beta": row.std_all, "p": row.p_value}
    if row.decision == "":
        yield Sentence("fragility.untested", {"name": named})
        return
    here = x.estimates[(x.estimates["hypothesis"] == row.hypothesis) & (x.estimates["decision"] != "")]
    turned = here[~here["agrees"]]
    key = _KEYS[row.decision]
    if turned.empty:
        values |= {"low": row.std_min, "high": row.std_max, "n": len(here)}
        yield Sentence(f"fragility.{key}_everywhere", values | _weakest(x, row))
    else:
        values |= {"same": int(here["agrees"].sum()), "n": len(here)}
        values["which"] = _named(x, turned) if x.how == "one" else _often(x, here)
        yield Sentence(f"fragility.{key}_overturned", values)
    if len(flipped := here[~here["same_sign"]]):
        yield Sentence("fragility.sign", {"name": named, "which": _named(x, flipped)})


def _together(x: Fragility) -> Iterator[Sentence]:
    """Sum up all hypotheses: in how many of the fits sign and decision of the main specification are kept."""
    known = x.estimates[(x.estimates["decision"] != "") & (x.estimates["part"] != "main")]
    tested = x.conclusions.loc[x.conclusions["decision"] != "", "hypothesis"]
    if len(tested) < 2 or known.empty:
        return
    kept = known.groupby("hypothesis")[["same_sign", "agrees"]].all().reindex(tested)
    values = {"hypotheses": len(tested), "stable": int((kept["same_sign"] & kept["agrees"]).sum())}
    values |= {"n": len(known), "sign": int(known["same_sign"].sum()), "agrees": int(known["agrees"].sum())}
    yield Sentence("fragility.together", values)


def _often(x: Fragility, rows: pd.DataFrame) -> list[Words]:
    """Name the choices under which the decision changes most often, over all combinations with the others."""
    turned = rows.set_index("specification")["agrees"].eq(False)
    s = x.specifications[x.specifications["part"] != LEFT_OUT].set_index("specification")
    found = []
    for dimension in DIMENSIONS:
        by = turned.reindex(s.index).dropna().astype(bool).groupby(s[dimension], sort=False)
        shares = by.agg(["sum", "size"])
        if len(shares) > 1:
            found += [(r["sum"] / r["size"], dimension, str(level), r) for level, r in shares.iterrows()]
    found = [f for f in sorted(found, key=lambda f: -f[0]) if f[0] > 0][:3]
    told = term("fragility", "often")
    return [
        Words(*(t.format(level=level_words(d, v).of(g), turned=r["sum"], n=r["size"]) for g, t in _spoken(told)))
        for _, d, v, r in found
    ]


def _spoken(said: Words) -> list[tuple[str, str]]:
    return [("en", said.en), ("id", said.id)]


def _weakest(x: Fragility, row: Any) -> dict[str, Any]:
    return {"worst": specification_words(x, row.worst), "worst_p": row.worst_p}


def _named(x: Fragility, rows: pd.DataFrame) -> list[Words]:
    """Name specifications, those that speak most against the main decision first."""
    by_p = rows.sort_values("p_value", ascending=bool(rows["decision"].iloc[0] != "not supported"), kind="stable")
    return [specification_words(x, s) for s in by_p["specification"]]


def _faults(x: Fragility) -> Iterator[Sentence]:
    s = x.specifications
    for key, rows in (("failed", ~s["converged"]), ("improper", s["converged"] & ~s["admissible"])):
        if rows.any():
            which = [specification_words(x, k) for k in s.loc[rows, "specification"]]
            yield Sentence(f"fragility.{key}", {"n": int(rows.sum()), "which": which})


@paragraphs.register(Explanation)
def _explanation(x: Explanation, style: Style) -> Paragraphs:
    other = Words(x.program, x.program) if x.program else term("difference", "other")
    numbers = {"ours": number_words(x, x.ours, 1), "theirs": number_words(x, x.theirs)}
    told = [Sentence("difference.numbers", {"quantity": quantity_words(x), "program": other, **numbers})]
    if x.causes.empty:
        known = catalogue()
        asked = [known["ask"][a] for a in known["quantities"][x.quantity]["ask"]]
        values = {"n": len(x.table) - 1, "ask": [Words(a["en"], a["id"]) for a in asked]}
        return {"differences": [*told, Sentence("difference.none", values)]}
    first = x.causes.iloc[0]
    if first["convention"] == SAME:
        return {"differences": [*told, Sentence("difference.same")]}
    reason = convention_words(str(first["convention"]), str(first["detail"]))
    own = str(first["programs"]).split(", ") if first["programs"] else []
    key = "difference.cause" if not x.program or not own or x.program in own else "difference.unusual"
    values = {"reason": reason, "value": number_words(x, first["value"], 1), "program": other}
    told.append(Sentence(key, values if key == "difference.unusual" else {k: values[k] for k in ("reason", "value")}))
    if len(x.causes) > 1:
        told.append(Sentence("difference.several", {"n": len(x.causes) - 1}))
    return {"differences": told}
