"""k-anonymity of the columns by which a respondent could be recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import as_responses, require
from cgsurvey.responses.source import design_unused

_MOST = 20  # columns; their combinations are all looked at up to _FULL columns, else up to threes and all together
_FULL = 8


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class KAnonymity(Result):
    """How many respondents share their combination of answers with fewer than k - 1 others.

    No combination of answers is listed, since a rare one points at a person.

    Attributes
    ----------
    combinations : DataFrame
        `columns n_columns n_classes k_smallest n_below share_below`, one row per set of columns, the smallest first.
    columns : DataFrame
        `column n_categories n_below n_below_without`: respondents in rare answers of the column alone, and respondents
        that stay below k when the column is left out of all of them.
    k : int
    k_smallest : int
        Size of the smallest class of equal combinations of all columns.
    n_below : int
        Respondents in classes smaller than k.
    coarsen : tuple of str
        Columns to coarsen or leave out, in this order, until every class has k members; empty where they have.
    l_smallest : float
        Smallest number of different values of the sensitive column within a class; NaN without one.
    """

    combinations: pd.DataFrame
    columns: pd.DataFrame
    k: int
    k_smallest: int
    n_below: int
    coarsen: tuple[str, ...] = ()
    l_smallest: float = np.nan

    def tidy(self) -> pd.DataFrame:
        """Return one row per set of columns."""
        return self.combinations

    def glance(self) -> pd.DataFrame:
        """Return one row: k that was asked for, what was found with all columns together."""
        whole = self.combinations.iloc[-1]
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "k": [self.k],
                "n_columns": [int(whole["n_columns"])],
                "n_classes": [int(whole["n_classes"])],
                "k_smallest": [self.k_smallest],
                "n_below": [self.n_below],
                "share_below": [float(whole["share_below"])],
                "l_smallest": [self.l_smallest],
            }
        )


def k_anonymity(
    data: Responses | pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    k: int = 5,
    sensitive: str | None = None,
) -> KAnonymity:
    """Say how well respondents are hidden among others with the same answers about themselves.

    Data are k-anonymous (Sweeney, 2002) when every combination of the columns by which somebody could be recognised is
    shared by k respondents or more. They are l-diverse (Machanavajjhala et al., 2007) when those who share one differ
    in a sensitive column by l values or more. A blank counts as an answer of its own, which is the stricter reading.
    Counts are of the sample: who knows that a person took part sees no more than this.

    Parameters
    ----------
    data : Responses or DataFrame
    columns : sequence of str, optional
        Columns by which somebody could be recognised; default the questions of the instrument about the respondent,
        texts left out.
    k : int
        Respondents that must share a combination, at least 2.
    sensitive : str, optional
        Column whose values within a combination are counted.

    Returns
    -------
    KAnonymity

    Raises
    ------
    OptionError, ColumnNotFoundError, SampleError

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.k_anonymity(cg.load_sample(), ["sex", "education"]).glance()[["n", "k", "k_smallest", "n_below"]]
         n  k  k_smallest  n_below
    0  600  5          27        0
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
        raise OptionError(f"k must be a whole number of 2 or more, not {k!r}. Five is usual.")
    responses = as_responses(data, ())
    frame = responses.frame
    notes: list[Note] = design_unused(data)
    names = _columns(responses, columns, notes)
    file = responses.provenance.file or "the data frame"
    require(frame.columns, [*names, *([sensitive] if sensitive is not None else [])], file)
    if sensitive in names:
        raise OptionError(f"'{sensitive}' is both a column to recognise by and the sensitive one. Name it once.")
    if not len(frame):
        raise SampleError(f"{file}: there are no respondents.")
    codes = np.column_stack([pd.factorize(frame[c], use_na_sentinel=False)[0] for c in names])
    blanks = [c for c in names if frame[c].isna().any()]
    if blanks:
        notes.append(note("responses.anonymity_blanks", columns=some(blanks, 12)))
    sets = [
        s for r in range(1, len(names)) if len(names) <= _FULL or r <= 3 for s in combinations(range(len(names)), r)
    ]
    sets.append(tuple(range(len(names))))
    rows = []
    for chosen in sets:
        sizes = np.bincount(_classes(codes[:, chosen]))
        below = int(sizes[sizes < k].sum())
        label = " + ".join(names[j] for j in chosen)
        rows.append((label, len(chosen), len(sizes), int(sizes.min()), below, below / len(frame)))
    table = pd.DataFrame(
        rows, columns=["columns", "n_columns", "n_classes", "k_smallest", "n_below", "share_below"]
    ).astype({"columns": "str"})
    classes = _classes(codes)
    found = table.iloc[-1]
    if found["n_below"]:
        values = {"n": int(found["n_below"]), "total": len(frame), "k": int(k), "columns": some(names, 12)}
        notes.append(note("responses.anonymity_below", **values))
    return KAnonymity(
        combinations=table,
        columns=_each(codes, names, int(k)),
        k=int(k),
        k_smallest=int(found["k_smallest"]),
        n_below=int(found["n_below"]),
        coarsen=_coarsen(codes, names, int(k)),
        l_smallest=np.nan if sensitive is None else float(_diversity(classes, frame[sensitive])),
        notes=tuple(notes),
        meta=Meta(
            function="k_anonymity",
            options={"columns": tuple(names), "k": int(k), "sensitive": sensitive},
            n=len(frame),
            data_hash=data_hash(pd.DataFrame(codes, columns=names)),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=("sweeney2002",) if sensitive is None else ("sweeney2002", "machanavajjhala2007"),
        ),
    )


def _columns(responses: Responses, columns: Sequence[str] | None, notes: list[Note]) -> list[str]:
    asked = () if responses.instrument is None else responses.instrument.demographics
    if columns is None:
        there = set(responses.frame.columns)
        names = [q.name for q in asked if q.name in there and q.type != "text"]
        texts = [q.name for q in asked if q.name in there and q.type == "text"]
        if texts:
            notes.append(note("responses.anonymity_texts", columns=some(texts, 12)))
    else:
        names = [columns] if isinstance(columns, str) else list(dict.fromkeys(columns))
    if not names:
        raise OptionError(
            "columns must name those by which a respondent could be recognised, e.g. columns=['gender', 'age']: "
            "the data have no instrument that says which they are."
        )
    if len(names) > _MOST:
        raise OptionError(
            f"columns names {len(names)}; up to {_MOST} can be combined. Leave out what nobody could know."
        )
    return names


def _classes(codes: np.ndarray) -> np.ndarray:
    """Return the class of each row, shape (n,), rows with equal codes (n, k) in one class."""
    if not codes.shape[1]:
        return np.zeros(len(codes), dtype=np.int64)
    return np.unique(codes, axis=0, return_inverse=True)[1].reshape(-1)


def _below(codes: np.ndarray, k: int) -> int:
    sizes = np.bincount(_classes(codes))
    return int(sizes[sizes < k].sum())


def _each(codes: np.ndarray, names: Sequence[str], k: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "column": pd.array(names, dtype="str"),
            "n_categories": [int(codes[:, j].max()) + 1 for j in range(len(names))],
            "n_below": [_below(codes[:, [j]], k) for j in range(len(names))],
            "n_below_without": [_below(np.delete(codes, j, axis=1), k) for j in range(len(names))],
        }
    )


def _coarsen(codes: np.ndarray, names: Sequence[str], k: int) -> tuple[str, ...]:
    """Return columns whose leaving out helps most, one after the other, until nobody is below k."""
    kept, out = list(range(len(names))), []
    while kept and _below(codes[:, kept], k):
        worst = min(kept, key=lambda j: (_below(codes[:, [i for i in kept if i != j]], k), -int(codes[:, j].max())))
        kept.remove(worst)
        out.append(names[worst])
    return tuple(out)


def _diversity(classes: np.ndarray, sensitive: pd.Series) -> int:
    pairs = np.column_stack([classes, pd.factorize(sensitive, use_na_sentinel=False)[0]])
    return int(np.bincount(np.unique(pairs, axis=0)[:, 0]).min())
