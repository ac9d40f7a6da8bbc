"""ladder(): how far each pair of partners works together, as a network of ordered steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.asked import questions, scored
from cgsurvey.collaboration.numbers import lower_median
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import as_source

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
    source, notes = as_source(data), list[Note]()
    require(source.frame.columns, [from_, to, STEP], source.file or "the data frame")
    if from_ == to:
        raise OptionError(f"from_ and to are the same column '{to}': one names who rates, the other who is rated.")
    scores = scored(source, [questions(STEP)[STEP]])
    ends = source.frame[[from_, to]].apply(lambda c: c.astype("str").str.strip().where(c.notna(), ""))
    rated = scores[STEP].notna()
    full = rated & (ends[from_] != "") & (ends[to] != "")
    if (lost := int((rated & ~full).sum())) > 0:
        notes.append(note("collaboration.pair_blank", n=lost, columns=f"{from_}, {to}"))
    if not full.any():
        raise SampleError(f"no row has a step and names both partners in '{from_}' and '{to}'.")
    ends, step = ends[full], scores.loc[full, STEP]
    own = ends[ends[from_] == ends[to]]
    if len(own):
        shown = some((f"'{v}' (row {i})" for i, v in own[to].items()), 4)
        raise CodingError(f"a partner cannot rate itself: {shown}. Remove these rows or correct '{to}'.")
    found = sorted(set(ends[from_]) | set(ends[to]))
    names = found if partners is None else [str(p).strip() for p in partners]
    if len(set(names)) < len(names):
        raise OptionError("partners names a partner twice.")
    if unknown := [p for p in found if p not in names]:
        told = " ".join(f"'{p}'.{did_you_mean(p, names)}" for p in unknown[:4])
        raise CodingError(f"partners lacks names that the data hold: {told} Known: {some(names, 12)}.")
    k = len(names)
    m = np.full((k, k), np.nan)
    for (i, j), part in step.groupby([ends[from_], ends[to]]):
        m[names.index(i), names.index(j)] = lower_median(part.to_numpy(dtype=float))
    if silent := [p for p in names if p not in set(ends[from_])]:
        notes.append(note("collaboration.silent_partner", partners=some(silent, 12)))
    upper = np.triu_indices(k, 1)
    one, two = m[upper], m.T[upper]
    pair = np.fmin(one, two)
    both = np.isfinite(one) & np.isfinite(two)
    apart = np.abs(one - two)[both]
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
        exact_agreement=float((apart == 0).mean()) if len(apart) else float("nan"),
        near_agreement=float((apart <= 1).mean()) if len(apart) else float("nan"),
        mean=float(np.nanmean(pair)),
        notes=tuple(notes),
        meta=Meta(
            function="ladder",
            options={"from_": from_, "to": to, "partners": None if partners is None else names},
            n=int(full.sum()),
            data_hash=data_hash(step.to_frame()),
            source=source.file,
            simulated=source.simulated,
            labels={STEP: questions(STEP)[STEP].label},
            references=("barrat2004",),
        ),
    )
