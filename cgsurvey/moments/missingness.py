"""mcar_test(): is there evidence that answers are not missing completely at random?

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cgsurvey.base.errors import SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.moments.build import sample_statistics
from cgsurvey.moments.mcar import Little, little
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import answered_items, as_responses
from cgsurvey.responses.source import design_unused

FEW = 5  # rows below which a pattern is not shown by itself: it could tell who somebody is
COMPLETE, OTHERS = "(complete)", "(rarer patterns)"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class McarTest(Result):
    """Little's test of answers missing completely at random.

    Attributes
    ----------
    items : tuple of str
        Items that were looked at.
    patterns : DataFrame
        `pattern n_patterns n_missing count share chisq`, most frequent first: the items that are missing, how many,
        rows, and the part of the statistic. Patterns of fewer than five rows are pooled in the last line.
    chisq, df, p_value : float, int, float
        The test as in Little (1988), whose covariance matrix has divisor n - 1. NaN where no answer is missing.
    chisq_ml, p_value_ml : float
        The same with the maximum-likelihood covariance matrix, as some programs have it.
    n_patterns : int
        Patterns, the complete one included.
    """

    items: tuple[str, ...]
    patterns: pd.DataFrame
    chisq: float
    df: int
    p_value: float
    chisq_ml: float
    p_value_ml: float
    n_patterns: int

    def tidy(self) -> pd.DataFrame:
        """Return one row per pattern of missing answers, most frequent first."""
        return self.patterns.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: rows, items, patterns, the test in both versions."""
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_items": [len(self.items)],
                "n_patterns": [self.n_patterns],
                "chisq": [self.chisq],
                "df": [self.df],
                "p_value": [self.p_value],
                "chisq_ml": [self.chisq_ml],
                "p_value_ml": [self.p_value_ml],
            }
        )


def mcar_test(data: Responses | pd.DataFrame, items: Sequence[str] | None = None, *, alpha: float = 0.05) -> McarTest:
    """Test whether answers are missing completely at random (Little, 1988).

    The test compares the means of rows that answered the same items with those that normal theory expects of all rows.
    A large p-value is no evidence against answers missing completely at random; it does not show that they are, and no
    test can tell answers missing at random from others.

    Parameters
    ----------
    data : Responses or DataFrame
        One row per respondent.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    alpha : float
        Level at which the note speaks of evidence.

    Raises
    ------
    ColumnNotFoundError, CodingError
        An item is no column, or holds text.
    SampleError
        Fewer rows than items, an item without variance, two items that nobody answered both.
    NotPositiveDefiniteError
        An item is a combination of others.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.mcar_test(answers, ["tan1", "tan2", "tan3"]).glance().round(3)
         n  n_items  n_patterns  chisq  df  p_value  chisq_ml  p_value_ml
    0  595        3           4  2.189   6    0.902     2.193       0.901
    """
    alpha = fraction("alpha", alpha)
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    if not names:
        raise SampleError("there are no items to look at: name them, mcar_test(data, items=[...]).")
    with one_thread():
        grouped = sample_statistics(responses.keyed, names, missing="fiml")
        (sample,) = grouped.samples
        if sample.patterns is None:
            found = Little(np.ones((1, len(names)), dtype=bool), np.array([sample.n]), np.zeros(1), 0.0, 0.0, 0)
        else:
            found = little(sample.patterns, sample.mean, sample.cov, sample.n)
    test, test_ml = (c if found.df else np.nan for c in (found.chisq, found.chisq_ml))
    p, p_ml = (float(chdtrc(found.df, c)) if found.df else np.nan for c in (test, test_ml))
    assert sample.cases is not None  # rows are there until the sample is sealed
    return McarTest(
        items=names,
        patterns=pattern_table(found, names),
        chisq=float(test),
        df=found.df,
        p_value=p,
        chisq_ml=float(test_ml),
        p_value_ml=p_ml,
        n_patterns=len(found.count),
        notes=(*design_unused(data), *grouped.notes, *_remarks(found, p, alpha)),
        meta=Meta(
            function="mcar_test",
            options={"alpha": alpha},
            n=sample.n,
            data_hash=data_hash(sample.cases.y),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=("little1988",),
        ),
    )


def pattern_table(found: Little, names: Sequence[str]) -> pd.DataFrame:
    """Return `McarTest.patterns` of the patterns that were found; rare ones are pooled in the last line."""
    shown = found.count >= FEW
    words = [", ".join(n for n, s in zip(names, seen, strict=True) if not s) or COMPLETE for seen in found.seen[shown]]
    frame = pd.DataFrame(
        {
            "pattern": words,
            "n_patterns": 1,
            "n_missing": (~found.seen[shown]).sum(axis=1).astype(float),
            "count": found.count[shown],
            "chisq": found.part[shown],
        }
    )
    if not shown.all():
        rare = pd.DataFrame(
            {
                "pattern": [OTHERS],
                "n_patterns": [int((~shown).sum())],
                "n_missing": [np.nan],
                "count": [int(found.count[~shown].sum())],
                "chisq": [found.part[~shown].sum()],
            }
        )
        frame = pd.concat([frame, rare], ignore_index=True) if len(frame) else rare
    frame.insert(4, "share", frame["count"] / found.count.sum())
    return frame


def _remarks(found: Little, p: float, alpha: float) -> list[Note]:
    if not found.df:
        return [note("moments.mcar_complete")]
    out = []
    numbers = {"chisq": found.chisq, "df": found.df, "p": p}
    if p < alpha:
        out.append(note("moments.mcar_evidence", **numbers))
    else:
        out.append(note("moments.mcar_no_evidence", **numbers))
    few = int((found.count < FEW).sum())
    if few:
        out.append(note("moments.mcar_few", few=few, total=len(found.count), size=FEW))
    return out
