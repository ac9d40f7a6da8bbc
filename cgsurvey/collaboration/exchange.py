"""exchange(): who gives what to whom, told by both sides, and whether the same partner returns it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.notes import note
from cgsurvey.base.options import choose
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.collaboration.activities import GET, GIVE
from cgsurvey.collaboration.asked import named, present, questions, scored
from cgsurvey.collaboration.dyads import medians, told
from cgsurvey.collaboration.numbers import link_reciprocity, reciprocity, side_agreement
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import as_source, design_unused

ALL = "all"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Exchange(Result):
    """What partners give one another.

    Attributes
    ----------
    flows : DataFrame
        One row per activity ("all": their mean) and ordered pair that somebody told of: giver, receiver, frequency from
        0 (never) to 3 (monthly) as told by the giver and by the receiver, and weight, the lower of what both tell.
    table : DataFrame
        One row per activity, then "all": n_pairs (pairs of partners of which both directions are known), mean weight,
        density (share of all ordered pairs with a flow; a pair of which nobody told counts as none), reciprocity,
        link_reciprocity (share of flows that are returned), rho, agreement of the two sides.
    partners : DataFrame
        One row per partner: give and receive (sums of its mean weights), balance (give - receive).
    names : tuple of str
        Partners in the order of the matrix.
    """

    flows: pd.DataFrame
    table: pd.DataFrame
    partners: pd.DataFrame
    names: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Return `flows`."""
        return self.flows.copy()

    def glance(self) -> pd.DataFrame:
        """Return rows, partners, pairs, and density, reciprocity, rho and agreement of all activities together."""
        row = self.table.iloc[-1]
        kept = ["n_pairs", "density", "reciprocity", "rho", "agreement"]
        return pd.DataFrame({"n": [self.meta.n], "n_partners": [len(self.names)]} | {k: [row[k]] for k in kept})

    def matrix(self, activity: str = ALL) -> pd.DataFrame:
        """Return the weights of an activity, giver x receiver; NaN where nobody told.

        Raises
        ------
        OptionError
            When no such activity was asked for.
        """
        choose("activity", activity, self.table["activity"])
        flows = self.flows[self.flows["activity"] == activity]
        square = flows.pivot(index="giver", columns="receiver", values="weight")
        return square.reindex(index=list(self.names), columns=list(self.names))


def exchange(
    data: Responses | pd.DataFrame,
    from_: str = "organisation",
    to: str = "about_partner",
    *,
    partners: list[str] | None = None,
) -> Exchange:
    """Make the matrix of giving and receiving between named partners, one row of data per rater and partner told of.

    Parameters
    ----------
    data : Responses or DataFrame
        With the columns `act_..._give` and `act_..._get` of the instrument "partnership" about the partner in `to`.
    from_, to : str
        Columns of the organisation of the rater and of the partner that is told of.
    partners : list of str, optional
        All partners of the collaboration, in the order of the matrix; without it those that are named, sorted.

    Returns
    -------
    Exchange

    Raises
    ------
    CodingError
        When a partner tells of itself, a name is not in `partners`, or an answer is none of the choices.
    ColumnNotFoundError, SampleError, OptionError

    Notes
    -----
    A flow is told of twice: by the giver and by the receiver. The word of a side is the lower median of its raters, the
    weight w the lower of the two sides, so that a flow counts as far as both confirm it, or that of the one side
    that tells. Over pairs with both directions known, reciprocity is sum 2 min(w_ij, w_ji) / sum (w_ij + w_ji)
    (Squartini et al., 2013), link_reciprocity the share r of flows w > 0 that are returned, and
    rho = (r - a) / (1 - a) with a the share of these ordered pairs that have a flow (Garlaschelli & Loffredo, 2004).
    Intervals do not exist: the partners are all that there are.

    Examples
    --------
    >>> import pandas as pd
    >>> told = pd.DataFrame({"of": ["a", "b"], "about": ["b", "a"], "act_grant_give": [3, 1], "act_grant_get": [1, 2]})
    >>> exchange(told, "of", "about").matrix().loc["a", "b"]
    np.float64(2.0)
    """
    source, notes = as_source(data), design_unused(data)
    require(source.frame.columns, [from_, to], source.file or "the data frame")
    exchanged = {n: q for n, q in questions("act_").items() if n.endswith((GIVE, GET))}
    asked = present(source, exchanged, notes)
    scores, ends, names = told(source, scored(source, asked.values()), (from_, to), partners, notes)
    stems = list(dict.fromkeys(n.removesuffix(GIVE).removesuffix(GET) for n in asked))
    if alone := [n for s in stems for n in (s + GIVE, s + GET) if n in asked and not {s + GIVE, s + GET} <= set(asked)]:
        notes.append(note("collaboration.one_side", columns=named(asked[n] for n in alone)))
    k = len(names)
    nobody = np.full((k, k), np.nan)
    given = {s: medians(scores[s + GIVE], ends, names) if s + GIVE in asked else nobody for s in stems}
    received = {s: medians(scores[s + GET], ends, names).T if s + GET in asked else nobody for s in stems}
    weights = {s: np.fmin(given[s], received[s]) for s in stems}
    rows = [(s, *_described(weights[s], given[s], received[s])) for s in stems]
    every = tuple(np.array([m[s] for s in stems]) for m in (weights, given, received))
    w = _mean(every[0])
    rows.append((ALL, *_described(w, *(m.reshape(-1, k) for m in every[1:]))))
    flows = [_flows(names, s, given[s], received[s], weights[s]) for s in stems]
    flows.append(_flows(names, ALL, _mean(every[1]), _mean(every[2]), w))
    out, back = np.nansum(w, axis=1), np.nansum(w, axis=0)
    columns = ["n_pairs", "mean", "density", "reciprocity", "link_reciprocity", "rho", "agreement"]
    return Exchange(
        flows=pd.concat(flows, ignore_index=True),
        table=pd.DataFrame(rows, columns=["activity", *columns]),
        partners=pd.DataFrame({"partner": names, "give": out, "receive": back, "balance": out - back}),
        names=tuple(names),
        notes=tuple(notes),
        meta=Meta(
            function="exchange",
            options={"from_": from_, "to": to, "partners": None if partners is None else names},
            n=len(scores),
            data_hash=data_hash(scores),
            source=source.file,
            simulated=source.simulated,
            labels={n: q.label for n, q in asked.items()},
            references=("squartini2013", "garlaschelli2004"),
        ),
    )


def _described(w: np.ndarray, given: np.ndarray, received: np.ndarray) -> tuple[float, ...]:
    k = len(w)
    upper = np.triu_indices(k, 1)
    one, two = w[upper], w.T[upper]
    known = w[np.isfinite(w)]
    pairs = int((np.isfinite(one) & np.isfinite(two)).sum())
    mean = float(known.mean()) if len(known) else float("nan")
    sides = side_agreement(given.ravel(), received.ravel())[0]
    density = float((known > 0).sum() / (k * (k - 1)))
    return pairs, mean, density, reciprocity(one, two), *link_reciprocity(one, two), sides


def _mean(stacked: np.ndarray) -> np.ndarray:
    """Mean over the activities, shape (a, k, k), of those that are known; NaN where none is."""
    known = np.isfinite(stacked)
    n = known.sum(axis=0)
    return np.divide(np.where(known, stacked, 0.0).sum(axis=0), n, out=np.full(n.shape, np.nan), where=n > 0)


def _flows(
    names: list[str], activity: str, given: np.ndarray, received: np.ndarray, weight: np.ndarray
) -> pd.DataFrame:
    i, j = np.nonzero(np.isfinite(weight))
    words = np.array(names, dtype=object)
    return pd.DataFrame(
        {
            "activity": activity,
            "giver": words[i],
            "receiver": words[j],
            "told_give": given[i, j],
            "told_receive": received[i, j],
            "weight": weight[i, j],
        }
    )
