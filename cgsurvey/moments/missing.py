"""missingness(): which answers are missing, from how many people, in which patterns, and whether others depend on it.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.errors import EstimationError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.moments.mcar import Little
from cgsurvey.moments.missingness import McarTest, mcar_test, pattern_table
from cgsurvey.moments.patterns import coverage
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import answered_items, as_responses
from cgsurvey.responses.source import design_unused
from cgsurvey.responses.two_samples import hedges, holm, welch

_LEAST = 10  # people on each side of a comparison of means
_DIFFERENCES = (
    "item",
    "variable",
    "n_missing",
    "n_answered",
    "mean_missing",
    "mean_answered",
    "effect_size",
    "statistic",
    "df_t",
    "p_value",
    "p_holm",
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Missingness(Result):
    """Missing answers by item, person, pattern and pair, with Little's test. No row stands for a person.

    Attributes
    ----------
    items : DataFrame
        `item n_asked n_missing missing_share`: of those who were asked.
    persons : DataFrame
        `n_missing count share`: how many people left so many answers out.
    patterns : DataFrame
        As `McarTest.patterns`; patterns seen in fewer than five rows are pooled.
    coverage : DataFrame
        Share of the people who answered both of two items, items by items.
    differences : DataFrame
        `item variable n_missing n_answered mean_missing mean_answered effect_size statistic df_t p_value p_holm`: the
        mean of `variable` among those who left `item` out and those who answered it, Hedges' g, Welch's t; smallest p
        first. Only items that a share of `least` left out, with ten people and some variance on each side: below that
        the t distribution says nothing of Likert answers.
    mcar : McarTest or None
        Little's test; None where it does not exist, with a note that says why.
    """

    items: pd.DataFrame
    persons: pd.DataFrame
    patterns: pd.DataFrame
    coverage: pd.DataFrame
    differences: pd.DataFrame
    mcar: McarTest | None

    def tidy(self) -> pd.DataFrame:
        """Return one row per item."""
        return self.items.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: people, items, share missing, complete rows, patterns, least coverage, Little's test."""
        asked, none = self.items["n_asked"].sum(), self.persons["n_missing"] == 0
        test = self.mcar
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_items": [len(self.items)],
                "missing_share": [self.items["n_missing"].sum() / asked if asked else np.nan],
                "n_complete": [int(self.persons.loc[none, "count"].sum())],
                "n_patterns": [int(self.patterns["n_patterns"].sum())],
                "coverage_min": [float(self.coverage.to_numpy().min())],
                "chisq": [np.nan if test is None else test.chisq],
                "df": [np.nan if test is None else float(test.df)],
                "p_value": [np.nan if test is None else test.p_value],
            }
        )


def missingness(
    data: Responses | pd.DataFrame, items: Sequence[str] | None = None, *, alpha: float = 0.05, least: float = 0.05
) -> Missingness:
    """Describe missing answers by item, person, pattern and pair, and test whether they are missing at random.

    Little's test asks whether any means differ between patterns; the comparisons of means say where. Neither can show
    that answers are missing completely at random, and no test can tell answers missing at random from others.

    Parameters
    ----------
    data : Responses or DataFrame
        An item that was not put to somebody is not missing there. Reverse items are keyed.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    alpha : float
        Level at which the notes speak of evidence.
    least : float
        Share of missing answers from which an item is compared on the others.

    Returns
    -------
    Missingness

    Raises
    ------
    ColumnNotFoundError, CodingError
        An item is no column, or holds text.
    SampleError
        No rows or no items.

    See Also
    --------
    mcar_test : Little's test alone.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.missingness(answers, ["tan1", "tan2"]).tidy().round(3)
       item  n_asked  n_missing  missing_share
    0  tan1      600          8          0.013
    1  tan2      600         10          0.017
    """
    fraction("alpha", alpha)
    fraction("least", least, closed=True)
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    if not len(responses) or not names:
        raise SampleError(f"there is nothing to look at: {len(responses)} respondents, {len(names)} items.")
    notes: list[Note] = design_unused(data)
    if not isinstance(data, Responses) and items is None:
        notes.append(note("moments.items_guessed", n=len(names), items=some(names)))
    y = responses.keyed[list(names)].to_numpy(dtype=float)
    seen, asked = ~np.isnan(y), (responses.reasons[list(names)] != "not_asked").to_numpy()
    missing = ~seen & asked
    per_item, silent = missing.sum(axis=0), int((asked.any(axis=1) & ~seen.any(axis=1)).sum())
    if silent:
        notes.append(note("moments.no_answers", n=silent))
    unanswered = [n for n, s in zip(names, seen.any(axis=0), strict=True) if not s]
    if unanswered:
        notes.append(note("moments.nobody_answered", items=some(unanswered)))
    pairs = coverage(y)
    apart = [f"{names[j]} - {names[k]}" for j, k in zip(*np.nonzero(np.triu(pairs == 0, 1)), strict=True)]
    apart = [p for p in apart if not set(p.split(" - ")) & set(unanswered)]
    if apart:
        notes.append(note("moments.pairs_apart", n=len(apart), pairs=some(apart)))
    test = _little(responses, names, y, alpha, notes)
    with one_thread():
        differences = _differences(names, y, missing, least * asked.sum(axis=0))
    shown = differences[differences["p_holm"] < alpha]
    if len(shown):
        told = some(f"{r.item} with {r.variable}" for r in shown.itertuples())
        notes.append(note("moments.missing_related", n=len(shown), total=len(differences), pairs=told))
    kinds, counts = np.unique(seen, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    whole = Little(kinds[order], counts[order], np.full(len(counts), np.nan), np.nan, np.nan, 0)
    with_test = test is not None and test.items == names and test.meta.n == len(y)
    return Missingness(
        items=pd.DataFrame(
            {
                "item": list(names),
                "n_asked": asked.sum(axis=0),
                "n_missing": per_item,
                "missing_share": per_item / np.where(asked.any(axis=0), asked.sum(axis=0), np.nan),
            }
        ),
        persons=_persons(missing.sum(axis=1)),
        patterns=test.patterns if test is not None and with_test else pattern_table(whole, names),
        coverage=pd.DataFrame(pairs, index=list(names), columns=list(names)),
        differences=differences,
        mcar=test,
        notes=tuple(notes),
        meta=Meta(
            function="missingness",
            options={"alpha": alpha, "least": least},
            n=len(y),
            data_hash=data_hash(y),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=("little1988", "welch1947", "hedges1981", "holm1979"),
        ),
    )


def _little(
    responses: Responses, names: Sequence[str], y: np.ndarray, alpha: float, notes: list[Note]
) -> McarTest | None:
    """Return Little's test of the items that vary, or None with a note that says why there is none."""
    varies = [n for n, x in zip(names, y.T, strict=True) if (g := x[~np.isnan(x)]).size and np.ptp(g) > 0]
    if len(varies) < len(names):
        notes.append(note("moments.mcar_left_out", items=some(n for n in names if n not in varies)))
    if not varies:
        return None
    try:
        test = mcar_test(responses, varies, alpha=alpha)
    except (SampleError, EstimationError) as error:
        notes.append(note("moments.mcar_undefined", why=error.words()))
        return None
    notes += test.notes
    return test


def _persons(missing: np.ndarray) -> pd.DataFrame:
    numbers, counts = np.unique(missing, return_counts=True)
    return pd.DataFrame({"n_missing": numbers, "count": counts, "share": counts / len(missing)})


def _differences(names: Sequence[str], y: np.ndarray, missing: np.ndarray, least: np.ndarray) -> pd.DataFrame:
    """Compare the mean of every item between those who left another out and those who answered it.

    All pairs come from products of indicators with answers: sizes, sums and sums of squares, about the mean.
    """
    seen = ~np.isnan(y)
    centre = np.array([x[s].mean() if s.any() else 0.0 for x, s in zip(y.T, seen.T, strict=True)])
    d = np.where(seen, y - centre, 0.0)

    def samples(side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        w = side.astype(float).T
        n, total, squares = w @ seen, w @ d, w @ d**2
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / n
            spread = np.where(squares - n * mean**2 > 1e-10 * np.maximum(squares, 1e-300), squares - n * mean**2, 0.0)
            return n, mean, spread / (n - 1)

    gone, here = samples(missing), samples(seen)
    keep = (missing.sum(axis=0) >= least)[:, None] & ~np.eye(len(names), dtype=bool)
    for n, _, variance in (gone, here):
        keep &= (n >= _LEAST) & (np.nan_to_num(variance) > 0)
    j, k = np.nonzero(keep)
    one, other = ((n[j, k], mean[j, k], variance[j, k]) for n, mean, variance in (gone, here))
    test = welch(one, other)
    table = pd.DataFrame(
        {
            "item": np.array(names, dtype=object)[j],
            "variable": np.array(names, dtype=object)[k],
            "n_missing": one[0].astype(int),
            "n_answered": other[0].astype(int),
            "mean_missing": one[1] + centre[k],
            "mean_answered": other[1] + centre[k],
            "effect_size": hedges(one, other),
            "statistic": test.t,
            "df_t": test.df,
            "p_value": test.p_value,
            "p_holm": holm(np.atleast_1d(test.p_value)),
        },
        columns=list(_DIFFERENCES),
    )
    table = table.astype({"item": "str", "variable": "str"})
    return table.sort_values("p_value", kind="stable", ignore_index=True)
