"""activities(): how often partners do what collaborations do, and whether giving is returned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.notes import note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import group_words, grouped, named, present, questions, scored
from cgsurvey.collaboration.numbers import reciprocity
from cgsurvey.planning.summaries import wilson
from cgsurvey.responses import Responses
from cgsurvey.responses.source import as_source, design_unused

MOST = 3.0  # score of "monthly or more often"
GIVE, GET = "_give", "_get"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Activities(Result):
    """Activities between organisations.

    Attributes
    ----------
    table : DataFrame
        One row per group and activity: n, mean (0 never to 3 monthly), intensity (mean / 3), share that ever does it
        with its interval.
    pairs : DataFrame
        One row per group and activity that is given and received, then all of them together ("all"): n_pairs (who
        answered both), give, receive (mean intensity), balance (give - receive), reciprocity.
    confidence : float
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return respondents, groups, mean intensity, and reciprocity where there is one group."""
        alone = self.table["group"].nunique() == 1
        whole = self.pairs["reciprocity"].tail(1)  # of all pairs together, or of the only one
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_groups": [self.table["group"].nunique()],
                "intensity": [float(np.nanmean(self.table["intensity"]))],
                "reciprocity": [float(whole.iloc[0]) if alone and len(whole) else float("nan")],
            }
        )


def activities(data: Responses | pd.DataFrame, *, by: str | None = None, confidence: float = 0.95) -> Activities:
    """Describe the eleven activities between organisations and the reciprocity of the four that are exchanged.

    Parameters
    ----------
    data : Responses or DataFrame
        With the columns `act_...` of the instrument "profile": codes (never, yearly, quarterly, monthly), words in
        English or Indonesian, or scores 0 to 3. Those that are absent are left out with a note.
    by : str, optional
        Column of groups, e.g. "org_type".
    confidence : float
        Level of the intervals of shares (Wilson, 1927).

    Returns
    -------
    Activities

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, OptionError

    Notes
    -----
    Reciprocity is sum 2 min(g, r) / sum (g + r) over respondents who answered both directions (Squartini et al.,
    2013), g and r the frequencies of giving and receiving. A respondent speaks of all partners together, so that help
    may be returned by another partner than the one who got it: it tells of balance, not of exchange between two. The
    frequencies are ordered; a mean takes the steps from never to monthly as equal.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame({"act_training_give": ["monthly", "never"], "act_training_get": ["yearly", "never"]})
    >>> float(activities(answers).pairs["reciprocity"].iloc[0])
    0.5
    """
    confidence = fraction("confidence", confidence)
    source, notes = as_source(data), design_unused(data)
    asked = present(source, questions("act_"), notes)
    scores = scored(source, asked.values())
    groups = grouped(source, scores, by, notes)
    stems = [n.removesuffix(GIVE).removesuffix(GET) for n in asked]
    both = [s for s in dict.fromkeys(stems) if s + GIVE in asked and s + GET in asked]
    single = [n for n, s in zip(asked, stems, strict=True) if n != s and s not in both]
    if single:
        notes.append(note("collaboration.no_pair", columns=named(asked[n] for n in single)))
    rows, pairs = [], []
    for group, x in groups:
        for name in asked:
            known = x[name][np.isfinite(x[name])]
            n = len(known)
            mean = float(known.mean()) if n else float("nan")
            share = float((known > 0).mean()) if n else float("nan")
            low, high = wilson(np.array([share]), np.array([n if n else np.nan], dtype=float), confidence)
            rows.append((group, name, n, mean, mean / MOST, share, float(low[0]), float(high[0])))
        g = {s: x[s + GIVE] for s in both}
        r = {s: x[s + GET] for s in both}
        if len(both) > 1:
            g, r = g | {"all": np.concatenate(list(g.values()))}, r | {"all": np.concatenate(list(r.values()))}
        for name in g:
            full = np.isfinite(g[name]) & np.isfinite(r[name])
            give, receive = (float(v[full].mean()) / MOST if full.any() else float("nan") for v in (g[name], r[name]))
            pairs.append((group, name, int(full.sum()), give, receive, give - receive, reciprocity(g[name], r[name])))
    if both:
        notes.append(note("collaboration.all_partners"))
    return Activities(
        table=pd.DataFrame(
            rows, columns=["group", "activity", "n", "mean", "intensity", "share", "ci_lower", "ci_upper"]
        ),
        pairs=pd.DataFrame(
            pairs, columns=["group", "activity", "n_pairs", "give", "receive", "balance", "reciprocity"]
        ),
        confidence=confidence,
        notes=tuple(notes),
        meta=Meta(
            function="activities",
            options={"by": by, "confidence": confidence},
            n=sum(int(np.isfinite(np.column_stack(list(x.values()))).any(axis=1).sum()) for _, x in groups),
            data_hash=data_hash(scores),
            source=source.file,
            simulated=source.simulated,
            labels={n: q.label for n, q in asked.items()} | group_words(source, by),
            groups=tuple(g for g, _ in groups),
            references=("wilson1927", *(("squartini2013",) if both else ())),
        ),
    )
