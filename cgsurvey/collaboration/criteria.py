"""criteria(): whether a forum is collaborative governance by the six criteria of its definition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.notes import note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import group_words, grouped, present, questions, scored
from cgsurvey.collaboration.numbers import lower_median, pair_agreement
from cgsurvey.planning.summaries import wilson
from cgsurvey.responses import Responses
from cgsurvey.responses.source import as_source, design_unused

STATES = {0.0: "no", 1.0: "partly", 2.0: "yes"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Criteria(Result):
    """The six criteria as a gate.

    Attributes
    ----------
    table : DataFrame
        One row per unit and criterion: n raters, shares of yes, partly and no, interval of the share of yes, agreement
        (share of pairs of raters with the same answer), verdict ("yes", "partly", "no": the lower median of the raters;
        "unknown" without an answer).
    units : DataFrame
        One row per unit: n_met (criteria answered yes), agreement (mean over criteria), verdict of the gate: "yes" when
        all six are met, "no" when one is not, "unknown" when one has no answer, else "partly".
    confidence : float
    """

    table: pd.DataFrame
    units: pd.DataFrame
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return respondents, units, share of units that pass the gate, mean agreement."""
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_groups": [len(self.units)],
                "share": [float((self.units["verdict"] == "yes").mean())],
                "agreement": [_mean(self.units["agreement"])],
            }
        )


def criteria(data: Responses | pd.DataFrame, *, unit: str | None = None, confidence: float = 0.95) -> Criteria:
    """Check the six criteria of collaborative governance (Ansell & Gash, 2008) in each unit.

    Parameters
    ----------
    data : Responses or DataFrame
        With the columns `crit_...` of the instrument "profile": codes (no, partly, yes), words in English or
        Indonesian, or scores 0 to 2. A criterion that is absent is "unknown", with a note.
    unit : str, optional
        Column of the office or forum that is rated, e.g. "office"; without it all rows rate one forum.
    confidence : float
        Level of the intervals of the share of yes (Wilson, 1927).

    Returns
    -------
    Criteria

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, OptionError

    Notes
    -----
    The answer of a unit is the lower median of its raters, so that a tie counts for the weaker answer. Agreement of
    raters is P_i of Fleiss (1971); it is not corrected for chance. The gate tells what raters see, and a unit with one
    rater rests on one opinion.

    Examples
    --------
    >>> import pandas as pd
    >>> names = ["initiated", "nonstate", "deciding", "formal", "consensus", "public"]
    >>> criteria(pd.DataFrame({f"crit_{n}": ["yes", "yes", "partly"] for n in names})).units["verdict"].tolist()
    ['yes']
    """
    confidence = fraction("confidence", confidence)
    source, notes = as_source(data), design_unused(data)
    asked = present(source, questions("crit_"), notes)
    scores = scored(source, asked.values())
    groups = grouped(source, scores, unit, notes)
    rows: list[tuple[object, ...]] = []
    units: list[tuple[object, ...]] = []
    for name, x in groups:
        start = len(rows)
        for criterion in questions("crit_"):
            answers = x.get(criterion, np.empty(0))
            known = answers[np.isfinite(answers)]
            n = len(known)
            yes, partly, no = ((float((known == s).mean()) if n else float("nan")) for s in (2.0, 1.0, 0.0))
            low, high = wilson(np.array([yes]), np.array([n if n else np.nan], dtype=float), confidence)
            verdict = STATES.get(lower_median(answers), "unknown")
            interval = (float(low[0]), float(high[0]))
            rows.append((name, criterion, n, yes, partly, no, *interval, pair_agreement(answers), verdict))
        states = [str(row[-1]) for row in rows[start:]]
        agreement = _mean(pd.Series([row[-2] for row in rows[start:]], dtype=float))
        units.append((name, states.count("yes"), agreement, _gate(states)))
    alone = [n for (n, x) in groups if max(int(np.isfinite(v).sum()) for v in x.values()) == 1]
    if alone:
        notes.append(note("collaboration.one_rater", n=len(alone)))
    columns = ["share_yes", "share_partly", "share_no", "ci_lower", "ci_upper", "agreement", "verdict"]
    return Criteria(
        table=pd.DataFrame(rows, columns=["group", "criterion", "n", *columns]),
        units=pd.DataFrame(units, columns=["group", "n_met", "agreement", "verdict"]),
        confidence=confidence,
        notes=tuple(notes),
        meta=Meta(
            function="criteria",
            options={"unit": unit, "confidence": confidence},
            n=sum(int(np.isfinite(np.column_stack(list(x.values()))).any(axis=1).sum()) for _, x in groups),
            data_hash=data_hash(scores),
            source=source.file,
            simulated=source.simulated,
            labels={n: q.label for n, q in questions("crit_").items()} | group_words(source, unit),
            groups=tuple(g for g, _ in groups),
            references=("ansell2008", "fleiss1971", "wilson1927"),
        ),
    )


def _gate(states: list[str]) -> str:
    """One criterion that is not met closes the gate, whatever is unknown of the others."""
    return next((s for s in ("no", "unknown", "partly") if s in states), "yes")


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if values.notna().any() else float("nan")
