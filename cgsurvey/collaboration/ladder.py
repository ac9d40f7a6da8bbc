"""ladder(): how far each pair of partners works together, as a network of ordered steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import scored, statements
from cgsurvey.collaboration.dyads import medians, told
from cgsurvey.collaboration.numbers import side_agreement
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import as_source, design_unused

STEP = "wog_step"
STEPS = range(1, 10)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Ladder(Result):
    """The ladder of working together between partners.

    Attributes
    ----------
    matrix : DataFrame
        Partner who tells x partner who is told of: lower median of the raters, 1 to 9; NaN where nobody rated.
    partners : DataFrame
        One row per partner: n_pairs (of it with others that are rated), out_strength and in_strength (sums of its row
        and its column), mean (of its pairs).
    steps : DataFrame
        One row per step: pairs whose step it is, and density, the share of all possible pairs that reach it. The step
        of a pair is the lower of the two sides where both tell.
    exact_agreement : float
        Share of the pairs told of by both sides in which they name the same step; `near_agreement`: within one step.
    """

    matrix: pd.DataFrame
    partners: pd.DataFrame
    steps: pd.DataFrame
    exact_agreement: float
    near_agreement: float
    mean: float

    def tidy(self) -> pd.DataFrame:
        """Return `partners`."""
        return self.partners.copy()

    def glance(self) -> pd.DataFrame:
        """Return ratings, partners, rated pairs, their mean step, agreement of the two sides."""
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_partners": [len(self.partners)],
                "n_pairs": [int(self.steps["count"].sum())],
                "mean": [self.mean],
                "agreement": [self.exact_agreement],
                "near_agreement": [self.near_agreement],
            }
        )


def ladder(data: Responses | pd.DataFrame, from_: str, to: str, *, partners: list[str] | None = None) -> Ladder:
    """Make the matrix of steps between partners from ratings, one row per rater and partner rated.

    Parameters
    ----------
    data : Responses or DataFrame
        With the column `wog_step` of the instrument "profile" (1 to 9, or its words) in each row.
    from_, to : str
        Columns of the organisation of the rater and of the partner that is rated.
    partners : list of str, optional
        All partners of the collaboration, in the order of the matrix; without it those that are named, sorted.

    Returns
    -------
    Ladder

    Raises
    ------
    CodingError
        When a partner rates itself, a name is not in `partners`, or a step is none of 1 to 9.
    ColumnNotFoundError, SampleError, OptionError

    Notes
    -----
    Steps are ordered: medians and the shares of pairs that reach a step use no more than that. Mean and strength (sum
    of weights; Barrat et al., 2004) take the nine steps as equally far apart and are descriptions. Pairs that nobody
    rated count as not reached in the density, and not at all in means.

    Examples
    --------
    >>> import pandas as pd
    >>> told = pd.DataFrame({"of": ["a", "b", "a"], "about": ["b", "a", "c"], "wog_step": [4, 3, 9]})
    >>> float(ladder(told, "of", "about").mean)
    6.0
    """
    source, notes = as_source(data), design_unused(data)
    require(source.frame.columns, [from_, to, STEP], source.file or "the data frame")
    question = statements("wog_ladder")[STEP]
    scores, ends, names = told(source, scored(source, [question]), (from_, to), partners, notes)
    step, k = scores[STEP], len(names)
    m = medians(step, ends, names)
    upper = np.triu_indices(k, 1)
    one, two = m[upper], m.T[upper]
    pair = np.fmin(one, two)
    same, near = side_agreement(one, two)
    sides = np.full((k, k), np.nan)
    sides[upper] = pair
    sides = np.fmax(sides, sides.T)
    of_each = [row[np.isfinite(row)] for row in sides]
    return Ladder(
        matrix=pd.DataFrame(m, index=pd.Index(names, name="partner"), columns=names),
        partners=pd.DataFrame(
            {
                "partner": names,
                "n_pairs": [len(row) for row in of_each],
                "out_strength": np.nansum(m, axis=1),
                "in_strength": np.nansum(m, axis=0),
                "mean": [float(row.mean()) if len(row) else float("nan") for row in of_each],
            }
        ),
        steps=pd.DataFrame(
            {
                "step": [str(s) for s in STEPS],
                "count": [int((pair == s).sum()) for s in STEPS],
                "density": [float((pair >= s).sum() / len(pair)) for s in STEPS],
            }
        ),
        exact_agreement=same,
        near_agreement=near,
        mean=float(np.nanmean(pair)),
        notes=tuple(notes),
        meta=Meta(
            function="ladder",
            options={"from_": from_, "to": to, "partners": None if partners is None else names},
            n=len(step),
            data_hash=data_hash(step.to_frame()),
            source=source.file,
            simulated=source.simulated,
            labels={STEP: question.label} | {c.name: c.label for c in question.scale.choices},
            references=("perri2004", "barrat2004"),
        ),
    )
