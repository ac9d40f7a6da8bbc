"""Whether rows can carry the sample statistics that are asked for, and what was left out of them.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ColumnNotFoundError, NotPositiveDefiniteError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.moments.sample import Floats

LOSS = 0.05  # listwise loss that is a warning
LINK = (
    "If partners answered one part and users the other, bring the two together with "
    "cg.link(partners, users, on='office')."
)


def need(frame: pd.DataFrame, **roles: str | None) -> None:
    """Raise ColumnNotFoundError for roles (group, weights ...) whose column the data lack."""
    absent = [
        f"{role}='{name}'.{did_you_mean(name, frame.columns)}"
        for role, name in roles.items()
        if name is not None and name not in frame
    ]
    if absent:
        raise ColumnNotFoundError(f"The data have no such column: {' '.join(absent)}")


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
        hint = " Many rows lack an answer: missing='pairwise' keeps them." if gaps else ""
        raise SampleError(
            f"{n} usable rows for {least} free parameters: the model asks more than the data can tell. Use a "
            f"smaller model, or more rows.{hint}"
        )


def refuse_gaps(share: Floats, observed: Sequence[str]) -> None:
    """Raise SampleError where no row answered an item, or both of two; share, shape (p, p): of the rows that did."""
    silent = [observed[int(k)] for k in np.flatnonzero(np.diag(share) == 0)]
    if silent:
        raise SampleError(f"Nobody answered {some(silent)}: the model cannot be estimated from these data. {LINK}")
    i, j = np.nonzero(np.triu(share == 0, 1))
    if len(i):
        raise SampleError(
            f"Nobody answered both '{observed[int(i[0])]}' and '{observed[int(j[0])]}' ({len(i)} such "
            f"pair{'s' * (len(i) > 1)} of items), so these data say nothing about how they go together. {LINK}"
        )


def refuse_flat(n: int, spread: Floats, observed: Sequence[str], where: str, lost: int) -> None:
    """Raise SampleError when n rows cannot carry covariances, or the range of an item, `spread`, is zero."""
    if n <= len(spread):
        raise SampleError(
            f"{n} usable row{'s' * (n != 1)}{where} for {len(spread)} variables: covariances need more rows than "
            "variables. "
            + ("Use missing='fiml', which keeps rows with missing answers, or a" if lost else "Use a")
            + " smaller model."
        )
    constant = [observed[int(k)] for k in np.flatnonzero(~(spread > 0))]
    if constant:
        one = len(constant) == 1
        raise SampleError(
            f"{some(constant)} {'has' if one else 'have'} one and the same value in all rows{where}: without variance "
            f"there is nothing to explain. Leave {'it' if one else 'them'} out of the model."
        )


def refuse_singular(cov: Floats, observed: Sequence[str], where: str) -> None:
    """Raise NotPositiveDefiniteError where covariances, shape (p, p), are singular; variables at fault are named."""
    sd = np.sqrt(np.diag(cov))
    values, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    if values[0] < 1e-9:
        parts = np.abs(vectors[:, 0])
        names = [observed[int(k)] for k in np.argsort(-np.round(parts, 6), kind="stable") if parts[k] > 0.05]
        raise NotPositiveDefiniteError(
            f"The covariance matrix{where} is singular: {some(names)} determine each other (a duplicate, a sum of "
            "other items, or items with too few common rows). Leave one of them out."
        )
