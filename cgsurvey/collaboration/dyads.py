"""Rows in which a rater tells of one partner: who tells of whom, and the matrix of their medians."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.collaboration.numbers import lower_median
from cgsurvey.moments.sample import Floats
from cgsurvey.responses.source import Source


def told(
    source: Source, scores: pd.DataFrame, columns: tuple[str, str], partners: Sequence[str] | None, notes: list[Note]
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the rows that have an answer and name both ends, with the two names of each, and the partners in order.

    Parameters
    ----------
    source : Source
    scores : DataFrame
        Answers about the partner, one row per row of the data.
    columns : tuple of str
        Columns of the organisation of the rater and of the partner that is told of.
    partners : sequence of str, optional
        All partners; those that are named, sorted, by default.
    notes : list of Note
        Gets what was left out.

    Raises
    ------
    CodingError
        When a partner tells of itself, or a name is not in `partners`.
    OptionError, SampleError
    """
    from_, to = columns
    if from_ == to:
        raise OptionError(f"from_ and to are the same column '{to}': one names who rates, the other who is rated.")
    ends = source.frame[[from_, to]].apply(lambda c: c.astype("str").str.strip().where(c.notna(), ""))
    answered = scores.notna().any(axis=1)
    full = answered & (ends[from_] != "") & (ends[to] != "")
    if (lost := int((answered & ~full).sum())) > 0:
        notes.append(note("collaboration.pair_blank", n=lost, columns=f"{from_}, {to}"))
    if not full.any():
        what = "a step" if scores.columns.tolist() == ["wog_step"] else "an answer"
        raise SampleError(f"no row has {what} and names both partners in '{from_}' and '{to}'.")
    ends = ends[full]
    own = ends[ends[from_] == ends[to]]
    if len(own):
        shown = some((f"'{v}' (row {i})" for i, v in own[to].items()), 4)
        raise CodingError(f"a partner cannot rate itself: {shown}. Remove these rows or correct '{to}'.")
    found = sorted(set(ends[from_]) | set(ends[to]))
    names = found if partners is None else [str(p).strip() for p in partners]
    if len(set(names)) < len(names):
        raise OptionError("partners names a partner twice.")
    if unknown := [p for p in found if p not in names]:
        hints = " ".join(f"'{p}'.{did_you_mean(p, names)}" for p in unknown[:4])
        raise CodingError(f"partners lacks names that the data hold: {hints} Known: {some(names, 12)}.")
    if silent := [p for p in names if p not in set(ends[from_])]:
        notes.append(note("collaboration.silent_partner", partners=some(silent, 12)))
    return scores[full], ends, names


def medians(answers: pd.Series, ends: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the matrix who tells x who is told of, lower median of the raters; NaN where nobody told."""
    place = {name: k for k, name in enumerate(names)}
    m = np.full((len(names), len(names)), np.nan)
    for (i, j), part in answers.groupby([ends.iloc[:, 0], ends.iloc[:, 1]]):
        m[place[i], place[j]] = lower_median(part.to_numpy(dtype=float))
    return m
