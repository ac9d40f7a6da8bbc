"""Constructs from a file that is passed in parts: the moments and tables of their complete rows.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from cgsurvey.base.errors import CodingError, OptionError, some
from cgsurvey.base.notes import Note
from cgsurvey.base.parallel import in_threads, one_thread
from cgsurvey.moments.pairs import joint_counts
from cgsurvey.moments.passes import NumericPart, numeric_part, summed_products
from cgsurvey.reliability.coefficients import Floats
from cgsurvey.reliability.polychoric import MOST, tables_of_counts
from cgsurvey.reliability.scale import Scale, completed, from_moments
from cgsurvey.responses.importing.scan import ResponseFile

if TYPE_CHECKING:
    import pyarrow as pa

Blocks = Mapping[str, tuple[str, ...]]


def from_parts(file: ResponseFile, items: Blocks, smooth: bool) -> tuple[list[Scale], list[Note], int]:
    """Make the constructs in two passes through a file.

    The first yields moments and tables, the second what rows add to correlations, on which errors rest.

    Returns
    -------
    scales, notes
        As `scale.from_rows`, and with its numbers.
    used : int
        Rows that are complete in some construct.
    """
    names = list(dict.fromkeys(i for block in items.values() for i in block))
    at = [[names.index(i) for i in block] for block in items.values()]
    answers = [_answers(file, n) for n in names]
    ordinal = [all(2 <= len(answers[k]) <= MOST for k in a) for a in at]
    levels = np.array([len(a) for a in answers])

    def numbers(batch: pa.RecordBatch) -> Floats:
        return np.column_stack([file.columns[n].numbers(batch) for n in names])

    def first(batch: pa.RecordBatch) -> tuple[int, list[NumericPart], list[Floats]]:
        y = numbers(batch)
        code = np.column_stack([np.searchsorted(a, y[:, k]) for k, a in enumerate(answers)])
        seen = ~np.isnan(y)
        whole = [seen[:, a].all(axis=1) for a in at]
        moments = [numeric_part(y[w][:, a]) for w, a in zip(whole, at, strict=True)]
        counts = [
            joint_counts(code[w][:, a], levels[a]) if able else np.zeros((0, 0))
            for w, a, able in zip(whole, at, ordinal, strict=True)
        ]
        return int(np.any(whole, axis=0).sum()), moments, counts

    with one_thread():
        used, parts, counts = reduce(
            lambda a, b: (
                a[0] + b[0],
                [x.merge(y) for x, y in zip(a[1], b[1], strict=True)],
                [x + y for x, y in zip(a[2], b[2], strict=True)],
            ),
            in_threads(first, file.batches(names)),
        )
        scales = []
        for (name, block), a, part, joint, able in zip(items.items(), at, parts, counts, ordinal, strict=True):
            empty = [i for i in block if not len(_answers(file, i))]
            scale = from_moments(
                name, block, part.n, part.moments.mean, part.moments.products, part.high - part.low, empty
            )
            scales.append(replace(scale, tables=tables_of_counts(joint, levels[a]) if able and scale.defined else None))
        known = [k for k, s in enumerate(scales) if s.defined]
        units = {k: _units(scales[k]) for k in known}

        def second(batch: pa.RecordBatch) -> list[Floats]:
            y = numbers(batch)
            return [_products(y[:, at[k]], *units[k]) for k in known]

        sums = [np.zeros((1, 1)) for _ in known]
        for found in in_threads(second, file.batches(names)) if known else ():
            sums = [a + b for a, b in zip(sums, found, strict=True)]
        for k, total in zip(known, sums, strict=True):
            scales[k] = replace(scales[k], gamma=total / scales[k].n)
    return *completed(scales, smooth), used


def refuse_rows(bootstrap: int, categorical: bool) -> None:
    """Raise OptionError for what needs the rows of a file in parts again and again."""
    wrong = ["bootstrap="] * bool(bootstrap) + ["categorical=True"] * categorical
    if wrong:
        raise OptionError(
            f"data that are passed in parts: {' and '.join(wrong)} needs all rows at once. Leave it out (intervals of "
            "the delta method rest on no distribution), or draw rows: data.sample(100_000, seed=1)."
        )


def check_ends(file: ResponseFile, items: Blocks, ends: tuple[float, float] | None) -> None:
    """Raise CodingError when a file holds answers outside a scale that the caller gave."""
    if ends is None:
        return
    wrong = []
    for name in dict.fromkeys(i for block in items.values() for i in block):
        given = _answers(file, name)
        beyond = given[(given < ends[0]) | (given > ends[1])]
        if len(beyond):
            wrong.append(f"'{name}' holds {some([f'{v:g}' for v in beyond], 3)}")
    if wrong:
        raise CodingError(
            f"answers outside scale=({ends[0]:g}, {ends[1]:g}): {some(wrong, 5)}. Give the scale that was printed, or "
            "name codes for no answer: missing_codes=[...] of scan_responses."
        )


def frequencies(file: ResponseFile, item: str) -> tuple[Floats, np.ndarray]:
    """Different answers to an item, keyed, and how often each was given; none where they are too many to be counted."""
    column = file.columns[item]
    if column.lookup is None:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    scores, counts = column.scores[:-1], np.array(list(column.cells.count.values()), dtype=np.int64)
    there = ~np.isnan(scores)
    values, place = np.unique(scores[there], return_inverse=True)
    return values, np.bincount(place, counts[there], len(values)).astype(np.int64)


def _answers(file: ResponseFile, item: str) -> Floats:
    """Different answers in order; of a column of very many the first ones."""
    return np.unique(file.answers.keyed[item].dropna().to_numpy(dtype=float))


def _units(s: Scale) -> tuple[Floats, Floats, Floats]:
    """Means, standard deviations (divisor n) and correlations of the items."""
    sd = np.sqrt(np.diag(s.S) * (s.n - 1) / s.n)
    return s.mean, sd, s.S * (s.n - 1) / s.n / np.outer(sd, sd)


def _products(y: Floats, mean: Floats, sd: Floats, R: Floats) -> Floats:
    """Sum over complete rows of the products of what each adds to the correlations (`intervals.row_products`)."""
    z = np.ascontiguousarray(((y[~np.isnan(y).any(axis=1)] - mean) / sd).T)
    i, j = np.tril_indices(len(mean))
    centre = R[i, j][:, None]

    def scores(rows: slice, out: Floats) -> None:
        np.multiply(z[i, rows], z[j, rows], out=out)
        out -= centre

    return summed_products(scores, z.shape[1], len(i))
