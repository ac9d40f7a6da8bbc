"""Ordered items: their categories, and the sample statistics of a group that has some.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, ColumnNotFoundError, SampleError, hints, some
from cgsurvey.base.notes import Note, note
from cgsurvey.moments.ordinal import OrdinalMoments, ordinal_moments, unused_categories
from cgsurvey.moments.sample import Cases, Floats, Ints, Sample
from cgsurvey.moments.usable import Words
from cgsurvey.moments.weights import Weight, weight_matrix

MOST = 20  # categories beyond which a variable is no ordered item
FEW = 5  # expected answers below which a cell of a two-way table is thin

Categories = Mapping[str, tuple[float, ...]]


def ordered_frame(frame: pd.DataFrame, ordered: Sequence[str] | bool) -> pd.DataFrame:
    """Replace ordered categories of pandas by the numbers 1, 2, ... in the columns named, or in all (True).

    Raises
    ------
    ColumnNotFoundError
        When a name is no column.
    """
    names = [str(n) for n in frame.columns] if ordered is True else list(ordered or ())
    absent = [n for n in names if n not in frame]
    if absent:
        raise ColumnNotFoundError.of("moments.absent_ordered", columns=hints(absent, frame.columns))
    coded = {}
    for name in names:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
            codes = column.cat.codes.to_numpy(dtype=float)
            coded[name] = np.where(codes < 0, np.nan, codes + 1)
    return frame.assign(**coded) if coded else frame


def categories(y: Floats, names: Sequence[str], ordered: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Categories of ordered variables: the numbers that occur, in order.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        Answers of the variables `names`.

    Raises
    ------
    CodingError
        When a variable has too many values for an ordered item.
    SampleError
        When a variable has one value only.
    """
    out, many, one = {}, [], []
    for name in ordered:
        column = y[:, list(names).index(name)]
        values = np.unique(column[~np.isnan(column)])
        if len(values) > MOST:
            many.append(f"'{name}' ({len(values)} values)")
        elif len(values) < 2:
            one.append(f"'{name}'")
        out[name] = tuple(map(float, values))
    if many:
        raise CodingError(
            f"ordered= names variables with more than {MOST} different values: {some(many)}. Name the ordered items "
            "alone; other variables are taken as continuous."
        )
    if one:
        has, it = ("has", "it") if len(one) == 1 else ("have", "them")
        raise SampleError.of("moments.constant_answer", items=one, has=has, it=it)
    return out


def coded(y: Floats, names: Sequence[str], known: Categories) -> Floats:
    """Answers with those of ordered variables as 0, 1, ..., shape (n, p).

    Raises
    ------
    CodingError
        When a row holds an answer that is none of the known ones.
    """
    out, strange = y.copy(), []
    for name, values in known.items():
        k = list(names).index(name)
        there, answers = np.flatnonzero(~np.isnan(y[:, k])), np.array(values)
        given = y[there, k]
        place = np.searchsorted(answers, given).clip(max=len(answers) - 1)
        other = there[answers[place] != given]
        strange += [f"'{name}' holds {y[r, k]:g} (row {r})" for r in other[:3]]
        out[there, k] = place
    if strange:
        raise CodingError(
            f"Answers that the model has no category for: {some(strange)}. Correct them or leave them out."
        )
    return out


def ordered_sample(
    cases: Cases,
    names: Sequence[str],
    known: Categories,
    given: Sequence[int],
    where: Words,
    *,
    weight: Weight,
    gamma: bool,
    pairwise: bool,
) -> tuple[Sample, list[Note]]:
    """Sample statistics of one group with ordered variables.

    Parameters
    ----------
    cases : Cases
        Rows; ordered variables coded 0, 1, ...
    names : sequence of str
        All variables.
    known : mapping
        Categories of the ordered ones.
    given : sequence of int
        Covariates that everything is conditional on.
    where : Words
        The group, for messages.
    weight : {"ULS", "WLS", "DWLS"}
    gamma, pairwise : bool
        Compute the sampling covariance of the moments; use for each pair the rows that answered both.

    Raises
    ------
    SampleError
        When a category is empty in the group, or the rows are too few for the weights.
    """
    explained = np.setdiff1d(np.arange(len(names)), np.array(given, dtype=np.int64))
    levels = np.array([len(known.get(names[k], ())) for k in explained], dtype=np.int64)
    y = cases.y[:, explained]
    labels = [names[int(k)] for k in explained]
    refuse_unused(unused_categories(y, levels), labels, known, where)
    take = partial(
        ordinal_moments,
        y,
        levels,
        x=cases.y[:, list(given)] if len(given) else None,
        weights=cases.weights,
        pairwise=pairwise,
    )
    found = take(cluster=cases.cluster, strata=cases.strata, gamma=gamma)
    clustered = gamma and (cases.cluster is not None or cases.strata is not None)
    # How rows were drawn tells on errors, not on estimates: few clusters would make weights of the fit erratic.
    of_weights = take().gamma if clustered else found.gamma
    mean, cov = _joint(found, len(names), explained, given, weighted=cases.weights is not None)
    sample = weighed(found, mean, cov, of_weights, where, weight=weight)
    return replace(sample, cases=cases), thin_tables(found, labels, where)


def refuse_unused(unused: Sequence[tuple[int, int]], labels: Sequence[str], known: Categories, where: Words) -> None:
    """Raise SampleError for categories (variable, category) that nobody of a group chose."""
    if unused:
        cells = [(labels[v], known[labels[v]][c]) for v, c in unused]
        empty = {
            "en": some(f"'{name}' has nobody at {value:g}" for name, value in cells),
            "id": some(f"'{name}' pada nilai {value:g}" for name, value in cells),
        }
        raise SampleError.of("moments.empty_categories", where=where, cells=empty)


def weighed(
    found: OrdinalMoments, mean: Floats, cov: Floats, of_weights: Floats | None, where: Words, *, weight: Weight
) -> Sample:
    """The sample that least squares fits, with the weights of its moments; `of_weights` is the Gamma they rest on."""
    try:
        W = weight_matrix(weight, len(found.s), of_weights)
    except np.linalg.LinAlgError:
        raise SampleError.of("moments.few_for_wls", n=found.n, where=where, m=len(found.s), instead="'WLSMV'") from None
    size = found.size - 1  # as in lavaan, whose least squares takes one row off each group
    return Sample(found.n, mean, cov, size, wishart=True, moments=found.s, weight=W, gamma=found.gamma)


def _joint(found: OrdinalMoments, p: int, y: Ints, given: Sequence[int], *, weighted: bool) -> tuple[Floats, Floats]:
    """Means and covariances of latent responses, numeric variables and covariates together, in the order of names."""
    mean, cov, x = np.zeros(p), np.zeros((p, p)), np.array(given, dtype=np.int64)
    # As in lavaan, where only here covariates have divisor n - 1, and not with weights.
    x_cov = found.x_cov if weighted else found.x_cov * found.n / (found.n - 1)
    spread = found.slopes @ x_cov
    cov[np.ix_(y, y)] = found.cov + spread @ found.slopes.T
    mean[y] = found.mean + found.slopes @ found.x_mean
    if len(x):
        cov[np.ix_(y, x)], cov[np.ix_(x, y)] = spread, spread.T
        cov[np.ix_(x, x)], mean[x] = x_cov, found.x_mean
    return mean, cov


def thin_tables(found: OrdinalMoments, labels: Sequence[str], where: Words) -> list[Note]:
    """What the reader must know of thin tables."""
    out: list[Note] = []
    a, b = np.nonzero(np.triu(found.empty, 1))
    if len(a):
        k = int(np.argmax(found.empty[a, b]))
        out.append(
            note(
                "moments.empty_cells", where=where, n=len(a), a=labels[a[k]], b=labels[b[k]],
                most=int(found.empty[a[k], b[k]]),
            )
        )  # fmt: skip

    def named(pairs: Sequence[tuple[int, int]]) -> str:
        return some([f"{labels[i]} - {labels[j]}" for i, j in pairs])

    if found.adjusted:
        out.append(note("moments.adjusted_table", where=where, pairs=named(found.adjusted)))
    if stuck := (*found.perfect, *found.bound):
        out.append(note("moments.perfect_pair", where=where, pairs=named(stuck)))
    if found.lost:
        out.append(note("moments.lost_pair", where=where, pairs=named(found.lost)))
    if found.failed:
        out.append(note("moments.lost_margin", where=where, items=some([labels[k] for k in found.failed])))
    return out


__all__ = ["Categories", "categories", "coded", "ordered_frame", "ordered_sample"]
