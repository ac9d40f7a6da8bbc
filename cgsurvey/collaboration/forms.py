"""forms(): which of the four forms a collaboration takes, and which go together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, some
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import group_words, grouped, present, questions, scored, statements
from cgsurvey.collaboration.numbers import together
from cgsurvey.planning.summaries import wilson
from cgsurvey.responses import Responses
from cgsurvey.responses.source import Source, as_source, design_unused

TICKED = "collab_forms"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Forms(Result):
    """Forms of the collaboration.

    Attributes
    ----------
    table : DataFrame
        One row per group and form: n (who answered), count and share that name it, interval of the share.
    pairs : DataFrame
        One row per pair of forms, all groups together: count and share of those who answered both that name both, and
        jaccard, the share that name both of those that name either.
    mean : float
        Mean number of forms that a respondent names, over those who answered on all that were asked.
    confidence : float
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    mean: float
    confidence: float

    def tidy(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return respondents, groups, mean number of forms."""
        return pd.DataFrame({"n": [self.meta.n], "n_groups": [self.table["group"].nunique()], "mean": [self.mean]})


def forms(data: Responses | pd.DataFrame, *, by: str | None = None, confidence: float = 0.95) -> Forms:
    """Describe which forms the collaboration takes: policy making, co-production, oversight, capacity building.

    Parameters
    ----------
    data : Responses or DataFrame
        With the columns `form_...` of the instrument "partnership" (yes, no), or the column `collab_forms` of "profile"
        in which the forms that are ticked stand together: names with blanks between them, or words with commas.
    by : str, optional
        Column of groups, e.g. "org_type".
    confidence : float
        Level of the intervals of shares (Wilson, 1927).

    Returns
    -------
    Forms

    Raises
    ------
    ColumnNotFoundError, CodingError, SampleError, OptionError

    Notes
    -----
    An empty cell of `collab_forms` counts as no answer: who ticked nothing cannot be told from who did not answer. What
    two forms share is Jaccard's coefficient (1912), which does not grow with those who name neither.

    Examples
    --------
    >>> import pandas as pd
    >>> forms(pd.DataFrame({"collab_forms": ["policy oversight", "policy"]})).table["share"].tolist()
    [1.0, 0.0, 0.5, 0.0]
    """
    confidence = fraction("confidence", confidence)
    source, notes = as_source(data), design_unused(data)
    items = statements("collab_form_count")
    if TICKED in source.frame.columns and not set(items) & set(source.frame.columns):
        scores = _ticked(source, list(items))
    else:
        scores = scored(source, present(source, items, notes, "partnership").values())
    groups = grouped(source, scores, by, notes)
    rows = []
    for group, x in groups:
        for name in scores:
            known = x[name][np.isfinite(x[name])]
            n, count = len(known), int(known.sum())
            share = count / n if n else float("nan")
            low, high = wilson(np.array([share]), np.array([n if n else np.nan], dtype=float), confidence)
            rows.append((group, name, n, count, share, float(low[0]), float(high[0])))
    whole = {c: np.concatenate([x[c] for _, x in groups]) for c in scores}
    return Forms(
        table=pd.DataFrame(rows, columns=["group", "form", "n", "count", "share", "ci_lower", "ci_upper"]),
        pairs=pd.DataFrame(
            [(a, b, *_both(whole[a], whole[b])) for a, b in combinations(scores, 2)],
            columns=["form_1", "form_2", "n", "count", "share", "jaccard"],
        ),
        mean=_number_of_forms(np.column_stack(list(whole.values()))),
        confidence=confidence,
        notes=tuple(notes),
        meta=Meta(
            function="forms",
            options={"by": by, "confidence": confidence},
            n=sum(int(np.isfinite(np.column_stack(list(x.values()))).any(axis=1).sum()) for _, x in groups),
            data_hash=data_hash(scores),
            source=source.file,
            simulated=source.simulated,
            labels={n: _short(n) for n in scores} | group_words(source, by),
            groups=tuple(g for g, _ in groups),
            references=("wilson1927", "jaccard1912"),
        ),
    )


def _both(one: np.ndarray, two: np.ndarray) -> tuple[int, int, float, float]:
    known = np.isfinite(one) & np.isfinite(two)
    n = int(known.sum())
    both, jaccard = together(np.column_stack([one[known], two[known]]))
    return n, int(both[0, 1]), float(both[0, 1] / n) if n else float("nan"), float(jaccard[0, 1])


def _number_of_forms(named: np.ndarray) -> float:
    full = np.isfinite(named).all(axis=1)
    return float(named[full].sum(axis=1).mean()) if full.any() else float("nan")


def _short(name: str) -> dict[str, str]:
    """Return the heading of a form; the wording of its item is a sentence."""
    scale = questions(TICKED)[TICKED].scale
    assert scale is not None  # the question has choices
    return dict(scale.choice(name.removeprefix("form_")).label)


def _ticked(source: Source, names: Sequence[str]) -> pd.DataFrame:
    """Return 0 and 1 per form of a column in which the ticked answers stand together.

    Raises
    ------
    CodingError
        When a cell holds what is no form; row and forms are named.
    """
    words = {name.removeprefix("form_"): name for name in names}
    words |= {w.casefold(): name for name in names for w in _short(name).values()}
    scores, wrong = np.full((len(source.frame), len(names)), np.nan), []
    for i, cell in enumerate(source.frame[TICKED]):
        if pd.isna(cell) or not str(cell).strip():
            continue
        pieces = [p.strip().casefold() for p in re.split(r"[,;|]", str(cell)) if p.strip()]
        found = [w for p in pieces for w in ([p] if p in words else p.split())]
        if strange := [w for w in found if w not in words]:
            wrong.append(f"'{TICKED}' holds {strange[0]!r} (row {source.frame.index[i]})")
        scores[i] = [name in {words.get(w) for w in found} for name in names]
    if wrong:
        known = ", ".join(name.removeprefix("form_") for name in names)
        raise CodingError(f"{source.file or 'the data frame'}: {some(wrong, 4)}, which is none of {known}.")
    return pd.DataFrame(scores, index=source.frame.index, columns=list(names))
