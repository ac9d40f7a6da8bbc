"""The rules of screening: which index each looks at, its cut-off, its source; who is flagged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cgsurvey.base.errors import OptionError

BLOCK = 4  # answers that a block needs before the same answer throughout says anything


@dataclass(frozen=True)
class Rule:
    """One rule: the index that it looks at, the sign of the comparison with the cut-off, and its source."""

    index: str
    sign: str
    source: str
    needs: str


RULES: Mapping[str, Rule] = {
    "out_of_range": Rule("out_of_range", ">=", "", "the range of the answers: an instrument or out_of_range=(1, 5)"),
    "duplicates": Rule("duplicate_of", "exists", "", ""),
    "max_missing": Rule("missing_share", ">", "", ""),
    "attention": Rule("attention_failed", ">=", "meade2012", "attention checks in the instrument and in the file"),
    "longstring": Rule("longstring", ">=", "curran2016", ""),
    "straight_lining": Rule("straight_lining", ">=", "curran2016", f"a block with at least {BLOCK} answers"),
    "irv": Rule("irv", "<=", "dunn2018", ""),
    "mahalanobis": Rule("mahalanobis_p", "<", "meade2012", "more respondents than items"),
    "min_minutes": Rule("duration_minutes", "<", "huang2012", "columns with start and end: times=('start', 'end')"),
    "speed": Rule("seconds_per_answer", "<", "huang2012", "columns with start and end: times=('start', 'end')"),
}
DEFAULTS: Mapping[str, float] = {
    "out_of_range": 1,
    "duplicates": 1,
    "max_missing": 0.20,
    "attention": 1,
    "longstring": 0.5,
    "straight_lining": 1.0,
    "mahalanobis": 0.001,
    "speed": 2.0,
}


def cutoffs(given: Mapping[str, Any]) -> dict[str, float]:
    """Return the rules that were named as numbers, in the order in which they are applied."""
    cuts: dict[str, float] = {}
    faults = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        if name in ("out_of_range", "duplicates") or value is True:
            if value is True and name not in ("out_of_range", "duplicates", "attention", "straight_lining"):
                faults.append(f"{name}=True: give a cut-off, e.g. {name}={DEFAULTS.get(name, 1):g}.")
            cuts[name] = 1.0
            continue
        try:
            cut = float(value)
        except (TypeError, ValueError):
            faults.append(f"{name}={value!r} is no number.")
            continue
        if name in ("max_missing", "straight_lining", "mahalanobis") and not 0 <= cut <= 1:
            faults.append(f"{name}={value!r} must lie between 0 and 1.")
        elif cut < 0 or cut != cut or (cut == 0 and name in ("longstring", "attention", "straight_lining")):
            faults.append(f"{name}={value!r} must be greater than 0.")
        cuts[name] = cut
    if faults:
        raise OptionError("screen: " + " ".join(faults))
    return cuts


def flags(table: pd.DataFrame, rule: str, cut: float) -> pd.Series:
    """Say who is flagged by a rule at a cut-off."""
    values = table[RULES[rule].index]
    if rule == "duplicates":
        return values.notna()
    if rule == "longstring" and cut <= 1:
        # Half of two answers is one answer: a share says nothing before a block is long enough.
        answered = table["n_asked"] - table["n_missing"]
        return (answered >= BLOCK) & (values >= cut * answered)
    compare: dict[str, Callable[[pd.Series, float], pd.Series]] = {
        ">": pd.Series.gt,
        ">=": pd.Series.ge,
        "<": pd.Series.lt,
        "<=": pd.Series.le,
    }
    return compare[RULES[rule].sign](values.astype(float), cut)
