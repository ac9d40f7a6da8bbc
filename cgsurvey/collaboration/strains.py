"""challenges() and harms(): what makes a collaboration hard, and what it does that nobody wants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import group_words, grouped, present, scored, statements
from cgsurvey.collaboration.numbers import mean_interval
from cgsurvey.instrument import load_instrument
from cgsurvey.responses import Responses, survey_estimates
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import Part
from cgsurvey.responses.source import Source, as_source

MIDDLE = 3.0  # of the scale of agreement from 1 to 5
ROUNDING = 1e-9  # a mean of means that is 3 but for the last digit of the computer is not above the middle
TOLD = ("responses.design_used", "responses.domains_one_unit", "responses.small_groups")
CONSTRUCTS = {"challenges": "collab_challenges", "harms": "collab_harms"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Strains(Result):
    """Challenges or harms of a collaboration as its partners see them.

    Attributes
    ----------
    table : DataFrame
        One row per group and kind, then the whole (`level` "element", "dimension"): n (who have a score), mean from 1
        to 5, sd, interval of the mean, share_above (share whose score is above the middle of the scale). All but n are
        estimates by the sampling design where the data have one.
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
        Level of the intervals of means, from Student's t: by the sampling design of the data (weights, clusters,
        strata; linearisation, as svyby of svymean in R's survey), else with respondents taken as independent.
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
    source, notes = as_source(data), list[Note]()
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
            above = float((known > MIDDLE + ROUNDING).mean()) if n else float("nan")
            level = "dimension" if part is whole else "element"
            rows.append((group, part.id, level, n, *mean_interval(values, confidence), above))
    columns = ["group", "construct", "level", "n", "mean", "sd", "ci_lower", "ci_upper", "share_above"]
    table = pd.DataFrame(rows, columns=columns)
    if source.design is not None and source.design.columns:
        table = _designed(table, scores, source, by, confidence, notes)
    return Strains(
        table=table,
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


def _designed(
    table: pd.DataFrame, scores: pd.DataFrame, source: Source, by: str | None, confidence: float, notes: list[Note]
) -> pd.DataFrame:
    """Return the table with means, deviations, intervals and shares by the sampling design."""
    assert source.design is not None
    names = list(dict.fromkeys(table["construct"]))
    used = list(source.design.columns)
    frame = source.frame[used].join(scores[names])
    over = [f"{n} above" for n in names]
    frame[over] = (scores[names] > MIDDLE + ROUNDING).astype(float).where(scores[names].notna())
    if by is not None:
        told = source.frame[by]
        text = told.astype(str).str.strip()
        frame["its group"] = text.where(told.notna() & (text != ""))
    estimate = partial(
        survey_estimates,
        frame,
        by="its group" if by is not None else None,
        design=source.design,
        ci=confidence,
        missing="available",
    )
    made = {
        "mean": estimate(names),
        "sd": estimate(names, statistic="variance"),
        "share_above": estimate(over),
    }
    notes += [n for n in made["mean"].notes if n.code in TOLD]
    out = table.set_index(["group", "construct"])
    for name, found in made.items():
        here = found.tidy().assign(construct=lambda t: t["variable"].str.removesuffix(" above"))
        here = here.assign(group=here["group"].astype(str) if by is not None else "")
        here = here.set_index(["group", "construct"]).reindex(out.index)
        out[name] = np.sqrt(here["estimate"]) if name == "sd" else here["estimate"]
        if name == "mean":
            out[["ci_lower", "ci_upper"]] = here[["ci_lower", "ci_upper"]]
    return out.reset_index()[list(table.columns)]
