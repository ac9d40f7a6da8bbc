"""Test-retest: the same people, asked twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from cgsurvey.base.errors import OptionError, SampleError
from cgsurvey.base.notes import note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.reliability.coefficients import NAN, Floats
from cgsurvey.reliability.constructs import Blocks, Constructs, gather, used_labels
from cgsurvey.responses import Responses
from cgsurvey.responses.raters import shrout_fleiss
from cgsurvey.responses.selection import require

SOURCES = ("mcgraw1996", "weir2005", "devet2006")
COLUMNS = (
    *("construct", "n_items", "n", "mean_first", "mean_second", "mean_change", "ci_lower", "ci_upper", "statistic"),
    *("df", "p_value", "r", "r_ci_lower", "r_ci_upper", "icc", "icc_ci_lower", "icc_ci_upper"),
    *("sem", "sem_ci_lower", "sem_ci_upper", "sem_agreement", "mdc", "mdc_ci_lower", "mdc_ci_upper"),
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Retest(Result):
    """Stability of the scores of constructs over two occasions.

    Attributes
    ----------
    table : DataFrame
        One row per construct. `mean_change` (second less first) with its interval and paired t test; `r` (Fisher);
        `icc`, absolute agreement of single scores, ICC(A,1); `sem`, standard error of measurement SD of differences /
        sqrt 2 (consistency), with the interval of the chi-square; `sem_agreement`, which counts a shift of all as
        error; `mdc`, smallest change of one person that exceeds chance at the level, z sqrt 2 sem.
    """

    table: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: constructs, people who answered twice, the lowest ICC."""
        found = {"n_constructs": len(self.table), "n": self.meta.n, "icc": self.table["icc"].min()}
        return pd.DataFrame([found])


def test_retest(
    first: Responses | pd.DataFrame,
    second: Responses | pd.DataFrame,
    *,
    on: str | Sequence[str],
    constructs: Constructs = None,
    ci: float = 0.95,
) -> Retest:
    """Compare the scores of the same people on two occasions.

    The score of a construct is the mean of its items, of people who answered all of them both times.

    Parameters
    ----------
    first, second : Responses or DataFrame
        The two occasions, reverse items keyed by the instrument.
    on : str or sequence of str
        Column or columns that name a person in both; never shown.
    constructs : mapping of str to sequence of str, sequence of str, optional
        As in `reliability`.
    ci : float
        Level of the intervals, and of the minimal detectable change.

    Returns
    -------
    Retest

    Raises
    ------
    ColumnNotFoundError, CodingError, OptionError
        As `reliability`.
    SampleError
        A person stands twice in one occasion, or fewer than three stand in both.

    Notes
    -----
    ICC(A,1) is ICC2 of psych::ICC (McGraw & Wong, 1996; Shrout & Fleiss, 1979); standard error and minimal detectable
    change by Weir (2005); agreement by de Vet, Terwee, Knol & Bouter (2006).

    Examples
    --------
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> first = pd.DataFrame({"who": list("abcdef"), "q1": [1, 2, 3, 4, 5, 3], "q2": [2, 2, 3, 5, 5, 3]})
    >>> second = first.assign(q1=[1, 3, 3, 4, 5, 2])
    >>> found = cg.test_retest(first, second, on="who", constructs={"trust": ["q1", "q2"]})
    >>> found.tidy()[["n", "r", "icc", "mdc"]].round(3)
       n      r    icc   mdc
    0  6  0.973  0.977  0.62
    """
    fraction("ci", ci)
    keys = [on] if isinstance(on, str) else list(on)
    one, two = (gather(data, constructs) for data in (first, second))
    if list(one.items.items()) != list(two.items.items()):
        raise OptionError(
            "the two occasions do not hold the same items of the same constructs. Name those that both hold: "
            'constructs={"trust": ["tru1", "tru2"]}.'
        )
    rows, lost = _matched(one, two, keys)
    table: list[dict[str, Any]] = []
    for name, items in one.items.items():
        pair = np.column_stack(
            [b.frame[list(items)].to_numpy()[at].mean(axis=1) for b, at in zip((one, two), rows, strict=True)]
        )
        pair = pair[~np.isnan(pair).any(axis=1)]
        table.append(dict(zip(COLUMNS, (name, len(items), len(pair), *_stability(pair, ci)), strict=True)))
    notes = [*one.notes, *(n for n in two.notes if n not in one.notes), *one.unweighted]
    if lost:
        notes.append(note("reliability.retest_unmatched", n=lost, pairs=len(rows[0])))
    few = [r["construct"] for r in table if not np.isfinite(r["icc"])]
    if few:
        notes.append(note("reliability.retest_undefined", constructs=", ".join(few)))
    meta = Meta(
        function="test_retest",
        options={"on": tuple(keys), "ci": ci},
        n=len(rows[0]),
        data_hash=data_hash(np.hstack([b.frame.to_numpy()[at] for b, at in zip((one, two), rows, strict=True)])),
        source=one.source.file,
        simulated=one.source.simulated or two.source.simulated,
        labels=used_labels(one.source.labels, one.items),
        references=SOURCES,
    )
    return Retest(table=pd.DataFrame(table, columns=list(COLUMNS)), notes=tuple(notes), meta=meta)


def _matched(one: Blocks, two: Blocks, keys: list[str]) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """Rows of the people of both occasions, in the order of the first, and how many rows have no partner."""
    places = []
    for blocks, which in ((one, "first"), (two, "second")):
        frame = blocks.source.frame
        require(frame.columns, keys, blocks.source.file or f"the {which} data frame")
        person = pd.MultiIndex.from_frame(frame[keys].astype("string"))
        known = frame[keys].notna().all(axis=1).to_numpy()
        twice = int(person[known].duplicated().sum())
        if twice:
            raise SampleError(
                f"the {which} occasion names {twice} people more than once in {', '.join(keys)}: who answered which? "
                "Keep one row per person."
            )
        places.append(pd.Series(np.flatnonzero(known), index=person[known]))
    both = places[0].index[places[0].index.isin(places[1].index)]
    if len(both) < 3:
        raise SampleError(
            f"{len(both)} people stand in both occasions by {', '.join(keys)}; three are needed. Are the columns "
            "written alike in both?"
        )
    lost = len(one.frame) + len(two.frame) - 2 * len(both)
    return (places[0].loc[both].to_numpy(), places[1].loc[both].to_numpy()), lost


def _stability(pair: Floats, ci: float) -> tuple[float, ...]:
    """All numbers of one construct from its scores, shape (n, 2), in the order of `COLUMNS`."""
    n = len(pair)
    if n < 3 or (np.ptp(pair, axis=0) == 0).any():
        means = pair.mean(axis=0) if n else np.full(2, NAN)
        return (*map(float, means), float(means[1] - means[0]), *[NAN] * (len(COLUMNS) - 6))
    change = pair[:, 1] - pair[:, 0]
    df, mean, sd = n - 1, float(change.mean()), float(change.std(ddof=1))
    error, t = sd / np.sqrt(n), float(stats.t.ppf((1 + ci) / 2, n - 1))
    statistic = mean / error if error > 0 else NAN
    r = float(np.corrcoef(pair[:, 0], pair[:, 1]).ravel()[1])
    z = float(stats.norm.ppf((1 + ci) / 2))
    fisher = (NAN, NAN)
    if n > 3 and abs(r) < 1:
        fisher = (
            float(np.tanh(np.arctanh(r) - z / np.sqrt(n - 3))),
            float(np.tanh(np.arctanh(r) + z / np.sqrt(n - 3))),
        )
    with np.errstate(invalid="ignore", divide="ignore"):
        forms = shrout_fleiss(pair, ci)
    sem = sd / np.sqrt(2)
    spread = np.sqrt(df / stats.chi2.ppf([(1 + ci) / 2, (1 - ci) / 2], df))
    shift = max(mean**2 / 2 - sem**2 / n, 0.0)  # variance between the two occasions
    mdc = z * np.sqrt(2) * sem
    return (
        *map(float, pair.mean(axis=0)),
        *(mean, mean - t * error, mean + t * error, statistic, float(df)),
        float(2 * stats.t.sf(abs(statistic), df)),
        *(r, *fisher),
        *(float(v[1]) for v in (forms.icc, forms.lower, forms.upper)),
        *(float(sem), float(sem * spread[0]), float(sem * spread[1]), float(np.sqrt(shift + sem**2))),
        *(float(mdc), float(mdc * spread[0]), float(mdc * spread[1])),
    )
