"""Whether rows can carry the sample statistics that are asked for, and what was left out of them.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cgsurvey.base.errors import BLANK, ColumnNotFoundError, NotPositiveDefiniteError, SampleError, hint
from cgsurvey.base.notes import Note, note
from cgsurvey.moments.sample import Floats

LOSS = 0.05  # listwise loss that is a warning
Words = Mapping[str, str]  # per language
_PAIRWISE = {
    "en": " Many rows lack an answer: missing='pairwise' keeps them.",
    "id": " Banyak baris tidak memiliki jawaban lengkap: missing='pairwise' tetap memakainya.",
}
_SMALLER = {"en": "Use a smaller model.", "id": "Gunakan model yang lebih kecil."}
_FIML = {
    "en": "Use missing='fiml', which keeps rows with missing answers, or a smaller model.",
    "id": "Gunakan missing='fiml', yang tetap memakai baris dengan jawaban kosong, atau model yang lebih kecil.",
}


def of_group(label: str) -> Words:
    """Return where a fault lies: the words for a group, blank where there is one group."""
    return {"en": f" of group '{label}'", "id": f" pada kelompok '{label}'"} if label else BLANK


def need(frame: pd.DataFrame, **roles: str | None) -> None:
    """Raise ColumnNotFoundError for roles (group, weights ...) whose column the data lack."""
    lost = {r: n for r, n in roles.items() if n is not None and n not in frame}
    if lost:
        told = {x: " ".join(f"{r}='{n}'.{hint(n, frame.columns)[x]}" for r, n in lost.items()) for x in BLANK}
        raise ColumnNotFoundError.of("moments.absent_roles", columns=told)


def listwise_loss(lost: int, total: int, ordered: Sequence[str]) -> list[Note]:
    """Say how many of the rows were left out because they lack an answer."""
    if not lost:
        return []
    share, instead = 100 * lost / total, "pairwise" if ordered else "fiml"
    if lost <= LOSS * total:
        return [note("moments.listwise", lost=lost, total=total, share=share)]
    return [note("moments.listwise_loss", lost=lost, total=total, share=share, instead=instead)]


def refuse_few(n: int, least: int, gaps: bool) -> None:
    """Raise SampleError when n rows are fewer than the model needs; `gaps` says that missing answers took many."""
    if n < least:
        raise SampleError.of("moments.few_rows", n=n, q=least, gaps=_PAIRWISE if gaps else BLANK)


def refuse_gaps(share: Floats, observed: Sequence[str]) -> None:
    """Raise SampleError where no row answered an item, or both of two; share, shape (p, p): of the rows that did."""
    silent = [observed[int(k)] for k in np.flatnonzero(np.diag(share) == 0)]
    if silent:
        raise SampleError.of("moments.nobody_answered", items=silent)
    i, j = np.nonzero(np.triu(share == 0, 1))
    if len(i):
        a, b = observed[int(i[0])], observed[int(j[0])]
        raise SampleError.of(
            "moments.nobody_answered_both", a=a, b=b, n=len(i), pairs="pairs" if len(i) > 1 else "pair"
        )


def refuse_flat(n: int, spread: Floats, observed: Sequence[str], where: Words, lost: int) -> None:
    """Raise SampleError when n rows cannot carry covariances, or the range of an item, `spread`, is zero."""
    if n <= len(spread):
        raise SampleError.of(
            "moments.rows_below_variables",
            n=n,
            rows="row" if n == 1 else "rows",
            where=where,
            p=len(spread),
            instead=_FIML if lost else _SMALLER,
        )
    constant = [observed[int(k)] for k in np.flatnonzero(~(spread > 0))]
    if constant:
        has, it = ("has", "it") if len(constant) == 1 else ("have", "them")
        raise SampleError.of("moments.constant", items=constant, has=has, where=where, it=it)


def refuse_singular(cov: Floats, observed: Sequence[str], where: Words) -> None:
    """Raise NotPositiveDefiniteError where covariances, shape (p, p), are singular; variables at fault are named."""
    sd = np.sqrt(np.diag(cov))
    values, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    if values[0] < 1e-9:
        parts = np.abs(vectors[:, 0])
        names = [observed[int(k)] for k in np.argsort(-np.round(parts, 6), kind="stable") if parts[k] > 0.05]
        raise NotPositiveDefiniteError.of("moments.singular", where=where, items=names)
