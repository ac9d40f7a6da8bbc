"""challenges() and harms(): what makes a collaboration hard, and what it does that nobody wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from cgsurvey.base.notes import note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import group_words, grouped, present, scored, statements
from cgsurvey.collaboration.numbers import mean_interval
from cgsurvey.instrument import load_instrument
from cgsurvey.responses import Responses
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import Part
from cgsurvey.responses.source import as_source, design_unused

MIDDLE = 3.0  # of the scale of agreement from 1 to 5
CONSTRUCTS = {"challenges": "collab_challenges", "harms": "collab_harms"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Strains(Result):
    """Challenges or harms of a collaboration as its partners see them.

    Attributes
    ----------
    table : DataFrame
        One row per group and kind, then the whole (`level` "element", "dimension"): n (who have a score), mean from 1
        to 5, sd, interval of the mean, share_above (share whose score is above the middle of the scale).
    what : {"challenges", "harms"}
    confidence : float
    """

    table: pd.DataFrame
    what: str
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return respondents, groups, and the mean of the whole where there is one group."""
        whole = self.table[self.table["level"] == "dimension"]
        mean = float(whole["mean"].iloc[0]) if len(whole) == 1 else float("nan")
        return pd.DataFrame({"n": [self.meta.n], "n_groups": [len(whole)], "mean": [mean]})


def challenges(
    data: Responses | pd.DataFrame, *, by: str | None = None, confidence: float = 0.95, min_valid: float = 0.5
) -> Strains:
    """Profile the four challenges of a collaboration: power, commitment, culture, bureaucracy.

    Parameters
    ----------
    data : Responses or DataFrame
        With the columns `chp1` to `chb3` of the instrument "partnership": answers 1 to 5, codes or words in English or
        Indonesian. Those that are absent are left out with a note.
    by : str, optional
        Column of groups, e.g. "role" or "office".
    confidence : float
        Level of the intervals of means (Student's t, respondents taken as independent).
    min_valid : float
        Smallest share of the items of a kind (of the kinds, for the whole) that must be answered, as in `score`.

    Returns
    -------
    Strains

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, OptionError

    Notes
    -----
    A score is the mean of the items of a kind, the whole the mean of the kinds. The kinds add up and need not go
    together; `reliability(data, ["ch_power", ...])` judges the items of each.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"chp1": [4, 2], "chp2": [5, 2], "chp3": ["Agree", "STS"]})
    >>> challenges(answers).table["mean"].iloc[0].round(3)
    np.float64(3.0)
    """
    return _strains(data, "challenges", by, confidence, min_valid)


def harms(
    data: Responses | pd.DataFrame, *, by: str | None = None, confidence: float = 0.95, min_valid: float = 0.5
) -> Strains:
    """Profile four harms of collaboration: co-optation, administrative burden, conflict of interest, lower quality.

    Parameters
    ----------
    data : Responses or DataFrame
        With the columns `hmi1` to `hmq3` of the instrument "partnership".
    by, confidence, min_valid
        As in `challenges`.

    Returns
    -------
    Strains

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, OptionError

    Notes
    -----
    Harms are what partners perceive (O'Toole & Meier, 2004, on co-optation); that a harm is reported does not tell its
    cause.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.harms(cg.load_sample("partnership")).tidy()[["construct", "level", "n", "mean"]].head(2).round(2)
             construct    level    n  mean
    0  hm_independence  element  168  2.40
    1        hm_burden  element  168  3.27
    """
    return _strains(data, "harms", by, confidence, min_valid)


def _strains(
    data: Responses | pd.DataFrame,
    what: Literal["challenges", "harms"],
    by: str | None,
    confidence: float,
    min_valid: float,
) -> Strains:
    confidence, min_valid = fraction("confidence", confidence), fraction("min_valid", min_valid, closed=True)
    source, notes = as_source(data), design_unused(data)
    items = statements(CONSTRUCTS[what])
    asked = present(source, items, notes, "partnership")
    answers = scored(source, asked.values())
    construct = load_instrument("partnership").construct(CONSTRUCTS[what])
    kinds = tuple(Part(e.id, e.items, size=len(e.items)) for e in construct.elements)
    whole = Part(construct.id, elements=kinds, size=len(kinds))
    scores = score_parts(answers.reindex(columns=list(items)), (whole,), min_valid=min_valid)
    without = answers.notna().any(axis=1) & scores.isna().all(axis=1)
    if without.any():
        notes.append(note("collaboration.no_score", n=int(without.sum()), share=100 * min_valid))
    rows = []
    groups = grouped(source, scores, by, notes)
    for group, x in groups:
        for part in (*kinds, whole):
            values = x[part.id]
            known = values[np.isfinite(values)]
            n = len(known)
            above = float((known > MIDDLE).mean()) if n else float("nan")
            level = "dimension" if part is whole else "element"
            rows.append((group, part.id, level, n, *mean_interval(values, confidence), above))
    columns = ["group", "construct", "level", "n", "mean", "sd", "ci_lower", "ci_upper", "share_above"]
    return Strains(
        table=pd.DataFrame(rows, columns=columns),
        what=what,
        confidence=confidence,
        notes=tuple(notes),
        meta=Meta(
            function=what,
            options={"by": by, "confidence": confidence, "min_valid": min_valid},
            n=sum(int(np.isfinite(np.column_stack(list(x.values()))).any(axis=1).sum()) for _, x in groups),
            data_hash=data_hash(answers),
            source=source.file,
            simulated=source.simulated,
            labels={c.id: c.label for c in construct.walk()} | group_words(source, by),
            groups=tuple(g for g, _ in groups),
            references=("ansell2008",) if what == "challenges" else ("otoole2004",),
        ),
    )
