"""impute(): missing answers filled in several times, by chained equations whose draws stay among the answers.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import one_thread, run_parallel, streams
from cgsurvey.moments.build import sample_statistics
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import answered_items, as_responses, require
from cgsurvey.responses.source import Source, as_source

DONORS = 5  # respondents among whom a donor is drawn, as in the R package mice
MOST_CATEGORIES = 10  # whole numbers beyond which an item is taken for a measurement


@dataclass(frozen=True, eq=False, repr=False)
class Imputations(Sequence[pd.DataFrame]):
    """Several copies of one data set, each with its missing answers filled in.

    A sequence of data frames, reverse items keyed: ``imputed[0]``, ``len(imputed)``, ``for frame in imputed``. Given to
    `cfa`, `sem` or `growth` in place of data, they are fitted one by one and pooled. Holds answers: not to be saved
    beside results.

    Attributes
    ----------
    data : tuple of Responses or DataFrame
        The copies, as they came.
    log : DataFrame
        `item n_missing missing_share ordered`, one row per item.
    seed, iterations : int
        As given.
    notes : tuple of Note
    """

    data: tuple[Responses | pd.DataFrame, ...]
    log: pd.DataFrame
    seed: int
    iterations: int
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, k: int) -> pd.DataFrame: ...
    @overload
    def __getitem__(self, k: slice) -> list[pd.DataFrame]: ...
    def __getitem__(self, k: int | slice) -> pd.DataFrame | list[pd.DataFrame]:
        return [as_source(d).frame for d in self.data[k]] if isinstance(k, slice) else as_source(self.data[k]).frame

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return (as_source(d).frame for d in self.data)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What an analysis needs of each copy: design, labels and notes besides the frame."""
        sources = [as_source(d) for d in self.data]
        return tuple(replace(s, notes=tuple(dict.fromkeys((*s.notes, *self.notes)))) for s in sources)

    def __repr__(self) -> str:
        n = int(self.log["n_missing"].sum())
        return f"<Imputations m={len(self)}, n={len(self.data[0])}, answers filled in={n}, seed={self.seed}>"


def impute(
    data: Responses | pd.DataFrame,
    m: int = 20,
    *,
    seed: int,
    items: Sequence[str] | None = None,
    ordered: Sequence[str] | bool | None = None,
    iterations: int = 10,
    n_jobs: int = 1,
) -> Imputations:
    """Fill missing answers in `m` times by chained equations (van Buuren & Groothuis-Oudshoorn, 2011).

    Each incomplete item in turn is regressed on all others; a missing answer is taken from one of the five respondents
    whose predicted answer is nearest (predictive mean matching), so that it is always an answer that somebody gave.
    Ordered items enter as normal scores of their categories. The method presumes that answers are missing at random
    given the other items, and knows no interactions: for a comparison of groups impute each group by itself.

    Parameters
    ----------
    data : Responses or DataFrame
        One row per respondent.
    m : int
        Copies; about as many as the percentage of incomplete information.
    seed : int
        The k-th copy depends on `seed` and k alone.
    items : sequence of str, optional
        Items that are filled in and predict each other: those of the model, and others that tell why answers are
        missing. Default: all items; of a data frame the numeric columns.
    ordered : sequence of str or bool, optional
        Items whose numbers are categories. True: all. Default: those with at most ten different whole numbers.
    iterations : int
        Cycles over the items in each chain.
    n_jobs : int
        Processes; the numbers do not depend on it.

    Raises
    ------
    OptionError
        `m` below 2, `iterations` below 1, a seed that is none.
    ColumnNotFoundError, CodingError
        An item is no column, or holds text.
    SampleError
        No more rows than items, an item without variance, two items that nobody answered both.
    NotPositiveDefiniteError
        An item is a combination of others: compute sums and means after imputation.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample().frame[["tan1", "tan2", "tan3", "emp1", "emp2", "emp3"]]
    >>> imputed = cg.impute(answers, m=5, seed=1)
    >>> fit = cg.cfa("tan =~ tan1 + tan2 + tan3; emp =~ emp1 + emp2 + emp3", imputed)
    >>> fit.tidy().query("op == '=~'")[["lhs", "rhs", "estimate"]].round(1).tail(2)
       lhs   rhs  estimate
    4  emp  emp2       1.0
    5  emp  emp3       1.0
    """
    for name, number, least in (("m", m, 2), ("iterations", iterations, 1)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
            raise OptionError(f"{name}={number!r} must be a whole number of {least} or more.")
    if seed is None:
        raise OptionError("impute() draws random numbers and needs a seed, so that it can be repeated: seed=1.")
    generators = streams(seed, m)
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    if len(names) < 2:
        raise SampleError(f"{len(names)} item{'s' * (len(names) != 1)} to impute: an item is filled in from others.")
    notes: list[Note] = []
    if items is None and not isinstance(data, Responses):
        notes.append(note("moments.imputed_items_guessed", n=len(names), items=some(names)))
    frame = responses.frame
    notes += [n for n in sample_statistics(frame, names, missing="fiml").notes if n.code != "moments.empty_rows"]
    y = frame[list(names)].to_numpy(dtype=float)
    gaps = np.isnan(y)
    empty = gaps.all(axis=1)
    kinds = _ordered(ordered, names, y)
    filled = _chains(y[~empty], kinds, iterations, generators, n_jobs)
    made = tuple(_copy(data, responses, names, np.flatnonzero(~empty), part) for part in filled)
    log = pd.DataFrame(
        {
            "item": list(names),
            "n_missing": (gaps & ~empty[:, None]).sum(axis=0),
            "missing_share": (gaps & ~empty[:, None]).sum(axis=0) / max((~empty).sum(), 1),
            "ordered": kinds,
        }
    )
    notes += _remarks(log, responses, names, empty, m, iterations)
    return Imputations(made, log, int(seed), int(iterations), tuple(notes))


def _ordered(ordered: Sequence[str] | bool | None, names: Sequence[str], y: np.ndarray) -> np.ndarray:
    """Whether each item is ordered, shape (p,)."""
    if isinstance(ordered, bool):
        return np.full(len(names), ordered)
    if ordered is not None:
        listed = [ordered] if isinstance(ordered, str) else list(ordered)
        require(names, listed, "items")
        return np.isin(names, listed)
    out = []
    for column in y.T:
        values = np.unique(column[~np.isnan(column)])
        out.append(len(values) <= MOST_CATEGORIES and bool(np.all(values == np.round(values))))
    return np.array(out)


def _chains(
    y: np.ndarray, ordered: np.ndarray, iterations: int, generators: Sequence[np.random.Generator], n_jobs: int
) -> list[np.ndarray]:
    """Copies of y, shape (n, p), without gaps."""
    from cgsurvey.moments.chained import normal_scores, run_chain

    gaps = np.isnan(y)
    scores = {k: normal_scores(y[:, k]) for k in np.flatnonzero(ordered)}
    x = y.copy()
    for k, score in scores.items():
        x[~gaps[:, k], k] = [score[v] for v in y[~gaps[:, k], k].tolist()]
    table = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
    with one_thread():
        found = run_parallel(run_chain, [(table, iterations, DONORS, g) for g in generators], n_jobs=n_jobs)
    out = []
    for filled in found:
        copy = y.copy()
        for k in np.flatnonzero(gaps.any(axis=0)):
            values = filled[f"x{k}"]
            copy[gaps[:, k], k] = _categories(values, scores[k]) if k in scores else values
        out.append(copy)
    return out


def _categories(values: np.ndarray, score: dict[float, float]) -> np.ndarray:
    category, of = np.array(list(score)), np.array(list(score.values()))
    return category[np.abs(values[:, None] - of).argmin(axis=1)]


def _copy(
    data: Responses | pd.DataFrame, responses: Responses, names: Sequence[str], rows: np.ndarray, values: np.ndarray
) -> Responses | pd.DataFrame:
    columns = list(names)
    if isinstance(data, Responses):
        frame, reasons = responses.frame.copy(), responses.reasons.copy()
        y = frame[columns].to_numpy(dtype=float, copy=True)
        y[rows] = values
        frame[columns] = y
        told = [n for n in columns if n in reasons.columns]
        why = reasons[told].to_numpy(dtype=object, copy=True)
        why[rows] = ""
        reasons[told] = pd.DataFrame(why, reasons.index, told, dtype="str")
        return replace(data, frame=frame, reasons=reasons)
    frame = data.copy()
    y = responses.frame[columns].to_numpy(dtype=float, copy=True)
    y[rows] = values
    frame[columns] = y
    return frame


def _remarks(
    log: pd.DataFrame, responses: Responses, names: Sequence[str], empty: np.ndarray, m: int, iterations: int
) -> list[Note]:
    total = int(log["n_missing"].sum())
    if not total:
        return [note("moments.nothing_to_impute")]
    out = [note("moments.imputed", n=total, items=int((log["n_missing"] > 0).sum()), m=m, iterations=iterations)]
    if empty.any():
        out.append(note("moments.empty_rows_kept", n=int(empty.sum())))
    told = [n for n in names if n in responses.reasons.columns]
    spared = int((responses.reasons[told] == "not_asked").to_numpy()[~empty].sum()) if told else 0
    if spared:
        out.append(note("moments.imputed_not_asked", n=spared))
    return out
