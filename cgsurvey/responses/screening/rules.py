"""The rules of screening: which index each looks at, its cut-off, its source; who is flagged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cgsurvey.base.errors import OptionError

BLOCK = 4  # answers that a block needs before the same answer throughout says anything
SHORT = 8  # equal answers in a row below which a share of the answers says nothing
RUN = 10  # answers that a respondent needs before the share of repeated answers says anything
ORDER_P = 0.05  # order_p above which answers are taken to fit no better than in random order


@dataclass(frozen=True)
class Rule:
    """One rule: the index that it looks at, the sign of the comparison with the cut-off, its sources, what it needs."""

    index: str
    sign: str
    sources: tuple[str, ...]
    needs: str


RULES: Mapping[str, Rule] = {
    "out_of_range": Rule("out_of_range", ">=", (), "the range of the answers: an instrument or out_of_range=(1, 5)"),
    "duplicates": Rule("duplicate_of", "exists", (), ""),
    "near_duplicates": Rule("match_share", ">=", ("kuriakose2016",), "items with few categories"),
    "max_missing": Rule("missing_share", ">", (), ""),
    "attention": Rule("attention_failed", ">=", ("meade2012",), "attention checks in the instrument and in the file"),
    "longstring": Rule("longstring", ">=", ("curran2016",), ""),
    "repeats": Rule("repeat_share", ">=", ("leys2013",), f"{RUN} answers or more"),
    "straight_lining": Rule("straight_lining", ">=", ("curran2016",), f"a block with at least {BLOCK} answers"),
    "irv": Rule("irv", "<=", ("dunn2018",), ""),
    "mahalanobis": Rule("mahalanobis_p", "<", ("meade2012",), "more respondents than items"),
    "random": Rule(
        "misfit_p", "<", ("rousseeuw1990", "wilks1963", "phipson2010"), "clearly more respondents than items"
    ),
    "even_odd": Rule("even_odd", "<=", ("johnson2005",), "three constructs of two items or more: constructs={...}"),
    "synonyms": Rule("synonyms", "<=", ("meade2012",), "three pairs of items that correlate at critical_r or more"),
    "antonyms": Rule("antonyms", ">=", ("meade2012",), "three pairs of items that correlate at -critical_r or less"),
    "person_total": Rule("person_total", "<=", ("donlon1968",), "three items whose means differ"),
    "contradictions": Rule(
        "contradiction_share", ">=", (), "constructs with items of both keyings: constructs={...}, reverse=[...]"
    ),
    "min_minutes": Rule("duration_minutes", "<", ("huang2012",), "columns with start and end: times=('start', 'end')"),
    "speed": Rule("seconds_per_answer", "<", ("huang2012",), "columns with start and end: times=('start', 'end')"),
}
DEFAULTS: Mapping[str, float] = {
    "out_of_range": 1,
    "duplicates": 1,
    "max_missing": 0.20,
    "attention": 1,
    "longstring": 0.5,
    "repeats": 0.5,
    "straight_lining": 1.0,
    "random": 0.025,
    "speed": 2.0,
}
# Indices that have a distribution worth showing, in the order of the tables.
INDICES = (
    "missing_share",
    "longstring",
    "repeat_share",
    "straight_lining",
    "irv",
    "even_odd",
    "synonyms",
    "antonyms",
    "person_total",
    "contradiction_share",
    "mahalanobis",
    "mahalanobis_p",
    "misfit_p",
    "order_p",
    "match_share",
    "attention_failed",
    "duration_minutes",
    "seconds_per_answer",
)
# What True stands for; for `repeats` the least that `repeat_cutoff` gives.
ASKED: Mapping[str, float] = {
    "out_of_range": 1,
    "duplicates": 1,
    "attention": 1,
    "straight_lining": 1,
    "repeats": 0.5,
    "random": 0.025,
    "near_duplicates": 0.85,
}
SHARES = {"max_missing", "straight_lining", "mahalanobis", "random", "repeats", "near_duplicates", "contradictions"}
CORRELATIONS = {"even_odd", "synonyms", "antonyms", "person_total"}
POSITIVE = {"longstring", "attention", "straight_lining", "repeats", "near_duplicates", "contradictions"}
EXAMPLES = {"even_odd": 0.3, "synonyms": 0.2, "antonyms": 0.0, "person_total": 0.0, "contradictions": 0.5}


def cutoffs(given: Mapping[str, Any]) -> dict[str, float]:
    """Return the rules that were named as numbers, in the order in which they are applied."""
    cuts: dict[str, float] = {}
    faults = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        if name in ("out_of_range", "duplicates") or value is True:
            if value is True and name not in ASKED:
                faults.append(
                    f"{name}=True: give a cut-off, e.g. {name}={DEFAULTS.get(name, EXAMPLES.get(name, 1)):g}."
                )
            cuts[name] = ASKED.get(name, 1.0)
            continue
        try:
            cut = float(value)
        except (TypeError, ValueError):
            faults.append(f"{name}={value!r} is no number.")
            continue
        if name in CORRELATIONS:
            if not -1 <= cut <= 1:
                faults.append(f"{name}={value!r} is a correlation and must lie between -1 and 1.")
        elif name in SHARES and not 0 <= cut <= 1:
            faults.append(f"{name}={value!r} must lie between 0 and 1.")
        elif cut < 0 or cut != cut or (cut == 0 and name in POSITIVE):
            faults.append(f"{name}={value!r} must be greater than 0.")
        cuts[name] = cut
    if faults:
        raise OptionError("screen: " + " ".join(faults))
    return cuts


def repeat_cutoff(shares: pd.Series) -> float:
    """Return the share of repeated answers that stands out in this sample: median + 3 MAD (Leys et al. 2013).

    Items that follow each other measure the same thing, so that how often careful people repeat an answer depends on
    the form. Half of the answers is the least, and all of them the most.
    """
    known = shares.dropna()
    if known.empty:
        return DEFAULTS["repeats"]
    middle = known.median()
    return float(min(1.0, max(DEFAULTS["repeats"], middle + 3 * 1.4826 * (known - middle).abs().median())))


def run_cutoff(share: float, answered: pd.Series) -> pd.Series:
    """Return the run that a share of the answers given means.

    Four of eight equal answers in a row are common among careful people: of few answers, eight or all must be equal.
    """
    return (share * answered).clip(lower=answered.clip(upper=SHORT))


def flags(table: pd.DataFrame, rule: str, cut: float) -> pd.Series:
    """Say who is flagged by a rule at a cut-off."""
    values = table[RULES[rule].index]
    if rule == "duplicates":
        return values.notna()
    if rule == "longstring" and cut <= 1:
        answered = table["n_asked"] - table["n_missing"]
        return (answered >= BLOCK) & (values >= run_cutoff(cut, answered))
    if rule == "random":
        return values.lt(cut) & table["order_p"].gt(ORDER_P)
    compare: dict[str, Callable[[pd.Series, float], pd.Series]] = {
        ">": pd.Series.gt,
        ">=": pd.Series.ge,
        "<": pd.Series.lt,
        "<=": pd.Series.le,
    }
    return compare[RULES[rule].sign](values.astype(float), cut)
