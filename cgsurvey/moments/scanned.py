"""From a file that is passed in parts to sample statistics: what `build` does for rows in memory.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from cgsurvey.base.errors import CodingError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import in_threads, streams
from cgsurvey.moments.build import Grouped, Missing, group_codes, numbers, with_weights
from cgsurvey.moments.fourth import Deviations
from cgsurvey.moments.ordered import Categories, categories, refuse_unused, thin_tables, weighed
from cgsurvey.moments.ordinal import Tabled
from cgsurvey.moments.passes import (
    Counted,
    NumericPart,
    OrderedPart,
    counted,
    numeric_part,
    ordered_part,
    summed_products,
)
from cgsurvey.moments.sample import Floats, Ints, Sample
from cgsurvey.moments.usable import (
    Words,
    listwise_loss,
    need,
    of_group,
    refuse_few,
    refuse_flat,
    refuse_gaps,
    refuse_singular,
)
from cgsurvey.moments.weights import Weight
from cgsurvey.responses.importing.scan import ResponseFile

if TYPE_CHECKING:
    import pyarrow as pa

P = TypeVar("P", NumericPart, OrderedPart)


def scanned_statistics(
    file: ResponseFile,
    observed: Sequence[str],
    *,
    missing: Missing = "listwise",
    covariates: Sequence[str] = (),
    products: Sequence[str] = (),
    group: str | None = None,
    weights: str | None = None,
    wishart: bool = False,
    weight: Weight | None = None,
    gamma: bool = False,
    casewise: bool = False,
    diagonal: bool = False,
    means: bool = False,
    fixed_x: bool = True,
    ordered: Sequence[str] = (),
    least: int = 0,
) -> Grouped:
    """Compute the sample statistics of each group in one pass through the file, or two.

    Parameters
    ----------
    file : ResponseFile
    observed, missing, covariates, products, group, weights, wishart, weight, gamma, means, fixed_x, ordered, least
        As in `build.sample_statistics`, and with its numbers.
    casewise : bool
        Products of the casewise scores of a likelihood are needed, which follow from Gamma.
    diagonal : bool
        Of Gamma no more than its diagonal is needed, which tables of ordered items tell: one pass is enough.

    Raises
    ------
    OptionError
        What needs single rows more than twice: likelihood with missing answers, models in which some variables are
        ordered and others not, weights without ordered variables.
    ColumnNotFoundError, CodingError, SampleError, NotPositiveDefiniteError
        As there.
    """
    frame = file.answers.keyed[list(file.columns)]
    need(frame, group=group, weights=weights)
    different = numbers(frame, observed, products)
    known = categories(different, observed, ordered)
    given = [list(observed).index(x) for x in covariates]
    _refuse(observed, known, weights, casewise=casewise and gamma, fixed=bool(given) and fixed_x)
    table, labels = (None, ("",)) if group is None else group_codes(frame[group])
    part = _Reader(file, tuple(observed), tuple(products), known, group, table, weights)
    pairwise = missing == "pairwise" and bool(known)
    levels = np.array([len(known.get(n, ())) for n in observed], dtype=np.int64)

    def first(batch: pa.RecordBatch) -> tuple[Counted, list[Any]]:
        rows = part(batch)
        used = rows.used(pairwise, given)
        tallied = counted(rows.answered, rows.unit >= 0, given, rows.weights)
        out: list[Any] = []
        for g in range(len(labels)):
            here = used & (rows.unit == g) if group else used
            y = rows.y if here.all() else rows.y[here]
            w = None if rows.weights is None else rows.weights[here]
            out.append(ordered_part(y, levels, w) if known else numeric_part(y))
        return tallied, out

    tally, parts = reduce(_merged, in_threads(first, file.batches(part.names)))
    notes = _counted_notes(file, tally, pairwise, missing, weights, group, covariates, ordered, observed)
    n = sum(p.n for p in parts)
    refuse_few(n, least, missing == "listwise" and tally.complete < (tally.with_unit - tally.empty) / 2)
    if known:
        scale = n / sum(p.total for p in parts)
        found = [
            _tabled(p, scale, levels, known, list(observed), of_group(label))
            for p, label in zip(parts, labels, strict=True)
        ]
        takers = [t.scores for t in found]
        sizes = [len(t.moments.s) for t in found]
    else:
        scale = 1.0
        lost = tally.with_unit - tally.complete
        samples = [
            _numeric(p, observed, of_group(label), wishart or weight is not None, lost)
            for p, label in zip(parts, labels, strict=True)
        ]
        fixed = given if fixed_x and not casewise else ()
        deviations = [Deviations(p.moments.mean, p.moments.products / p.moments.weight, fixed) for p in parts]
        takers, sizes = [_columns(d) for d in deviations], [d.size for d in deviations]
    summed: list[Floats] | None = None
    tabled = bool(known) and diagonal and weights is None
    if (gamma or casewise) and not tabled:
        summed, drawn = _second(file, part, takers, sizes, scale, pairwise, given, len(labels))
        notes += drawn
    out, more = [], []
    for g, label in enumerate(labels):
        if known:
            t = found[g]
            moments = replace(t.moments, gamma=None if summed is None else t.gamma(summed[g]))
            mean, cov = np.zeros(len(observed)), moments.cov
            of_weights = np.diag(t.variances()) if tabled else moments.gamma
            out.append(weighed(moments, mean, cov, of_weights, of_group(label), weight=weight or "DWLS"))
            more += thin_tables(moments, list(observed), of_group(label))
        else:
            G = None
            if summed is not None:
                G = summed[g] / samples[g].n
                deviations[g].hold(G)
            out.append(with_weights(samples[g], of_group(label), G, G, weight=weight, means=means))
    return Grouped(tuple(out), labels, np.zeros(0, dtype=np.int64), (*notes, *more), known, n)


@dataclass(frozen=True)
class _Rows:
    """Rows of a part: numbers or codes, which are answered, group (-1 for none), weights."""

    y: np.ndarray
    answered: np.ndarray
    unit: np.ndarray
    weights: Floats | None

    def used(self, pairwise: bool, given: list[int]) -> np.ndarray:
        """Mark the rows that are used."""
        if pairwise:
            return (self.unit >= 0) & self.answered.any(axis=1) & self.answered[:, given].all(axis=1)
        return (self.unit >= 0) & self.answered.all(axis=1)

    def only(self, mark: np.ndarray) -> _Rows:
        """Keep some rows."""
        w = None if self.weights is None else self.weights[mark]
        return _Rows(self.y[mark], self.answered[mark], self.unit[mark], w)


class _Reader:
    """Turns cells of a part into numbers, or into codes where all variables are ordered."""

    def __init__(
        self,
        file: ResponseFile,
        observed: tuple[str, ...],
        made: tuple[str, ...],
        known: Categories,
        group: str | None,
        table: Ints | None,
        weights: str | None,
    ) -> None:
        self.file, self.observed, self.made, self.known = file, observed, set(made), known
        self.group, self.weights = group, weights
        pieces = [piece for n in observed for piece in (n.split(":") if n in self.made else [n])]
        self.names = [n for n in (*pieces, group, weights) if n is not None]
        self.codes = {}
        for name, values in known.items():
            scores, answers = file.columns[name].scores, np.array(values)
            blank = np.isnan(scores)
            code = np.searchsorted(answers, np.where(blank, answers[0], scores))
            self.codes[name] = np.where(blank, len(answers), code).astype(np.uint8)
        if table is not None and group is not None:
            column = file.columns[group]
            if column.lookup is None:
                raise OptionError(f"group='{group}' has more than 1000 different values: name a column of groups.")
            self.units = np.append(table[: len(column.scores) - 1], -1)

    def __call__(self, batch: pa.RecordBatch) -> _Rows:
        n, columns = batch.num_rows, self.file.columns
        if self.known:
            y = np.empty((n, len(self.observed)), dtype=np.uint8, order="F")
            for k, name in enumerate(self.observed):
                np.take(self.codes[name], columns[name].places(batch), out=y[:, k], mode="wrap")
            answered = y < np.array([len(self.known[name]) for name in self.observed], dtype=np.uint8)
        else:
            y = np.empty((n, len(self.observed)))
            for k, name in enumerate(self.observed):
                pieces = name.split(":") if name in self.made else [name]
                y[:, k] = np.prod([columns[piece].numbers(batch) for piece in pieces], axis=0)
            answered = ~np.isnan(y)
            if np.isinf(y).any():
                bad = [
                    name
                    for name, wrong in zip(self.observed, np.atleast_1d(np.isinf(y).any(axis=0)), strict=True)
                    if wrong
                ]
                raise CodingError(f"{some(bad)} hold infinite numbers. Correct the cells or leave them empty.")
        unit = np.zeros(n, dtype=np.int64)
        if self.group is not None:
            unit = self.units[columns[self.group].places(batch)]
        weights = None if self.weights is None else columns[self.weights].numbers(batch)
        return _Rows(y, answered, unit, weights)


def _merged(one: tuple[Counted, list[P]], other: tuple[Counted, list[P]]) -> tuple[Counted, list[P]]:
    return one[0].merge(other[0]), [a.merge(b) for a, b in zip(one[1], other[1], strict=True)]


def _refuse(observed: Sequence[str], known: Categories, weights: str | None, *, casewise: bool, fixed: bool) -> None:
    """Refuse models whose statistics need the rows of a file more than twice."""
    whole = "Draw rows, data.sample(100_000, seed=1), or read the file whole, cg.read_responses(path, instrument)."
    numeric = [n for n in observed if n not in known]
    if known and numeric:
        raise OptionError(
            f"ordered items together with numeric variables or covariates ({some(numeric)}) need all rows many times, "
            f"which a file in parts cannot give. Make all variables of the model ordered, or none. {whole}"
        )
    if weights is not None and not known:
        raise OptionError(
            f"weights='{weights}': a file in parts carries weights for ordered items only (ordered=True). {whole}"
        )
    if casewise and fixed:
        raise OptionError(f"robust tests of two kinds with fixed covariates need one more pass. Ask for one. {whole}")


def _counted_notes(
    file: ResponseFile,
    tally: Counted,
    pairwise: bool,
    missing: Missing,
    weights: str | None,
    group: str | None,
    covariates: Sequence[str],
    ordered: Sequence[str],
    observed: Sequence[str],
) -> list[Note]:
    """What became of the rows; refuse what they cannot carry."""
    notes = []
    if tally.bad_weight:
        raise CodingError(
            f"weights='{weights}': {tally.bad_weight} rows have no weight above zero. Give each row its weight, or "
            "leave these rows out."
        )
    if tally.no_unit:
        notes.append(note("moments.no_unit", role="group", column=group, n=tally.no_unit))
    if not tally.with_unit:
        raise SampleError.of("moments.no_rows")
    refuse_gaps(tally.both / tally.with_unit, observed)
    incomplete = tally.with_unit - tally.complete
    if missing == "listwise":
        return notes + listwise_loss(incomplete, tally.with_unit, ordered)
    if incomplete and not pairwise:
        raise OptionError(
            f"missing='{missing}' needs the rows of {file.file} again and again, since {incomplete} of "
            f"{tally.with_unit} lack one. In parts: missing='listwise', or ordered items with missing='pairwise'. "
            "Or draw rows, data.sample(100_000, seed=1), and fit them."
        )
    if tally.empty:
        notes.append(note("moments.empty_rows", n=tally.empty))
    if tally.lacking:
        notes.append(note("moments.covariates_needed", n=tally.lacking, covariates=some(covariates)))
    return notes


def _tabled(
    part: OrderedPart, scale: float, levels: Ints, known: Categories, labels: list[str], where: Words
) -> Tabled:
    first = np.concatenate([[0], np.cumsum(levels)])
    gone = np.flatnonzero(np.diag(part.joint) == 0)
    variable = np.searchsorted(first, gone, side="right") - 1
    refuse_unused(list(zip(variable.tolist(), (gone - first[variable]).tolist(), strict=True)), labels, known, where)
    return Tabled(part.joint * scale, levels, part.n, part.total * scale)


def _numeric(part: NumericPart, observed: Sequence[str], where: Words, wishart: bool, lost: int) -> Sample:
    n = part.n
    refuse_flat(n, part.high - part.low, observed, where, lost)
    cov = part.moments.products / (n - 1 if wishart else n)
    refuse_singular(cov, observed, where)
    return Sample(n, part.moments.mean, cov, float(n - wishart), wishart=wishart)


def _columns(deviations: Deviations) -> Any:
    """Scores of numeric rows, one column a row."""
    return lambda y, weights, out: deviations.columns(y, out)


def _second(
    file: ResponseFile,
    part: _Reader,
    takers: Sequence[Any],
    sizes: Sequence[int],
    scale: float,
    pairwise: bool,
    given: list[int],
    groups: int,
) -> tuple[list[Floats], list[Note]]:
    """Sums of the products of the scores of all rows, or of rows drawn as if they were all, group by group."""
    drawn = None
    if file.gamma_rows is not None and file.gamma_rows < file.n:
        chosen = streams(file.seed, 1)[0].choice(file.n, size=file.gamma_rows, replace=False)
        drawn = np.zeros(file.n, dtype=bool)
        drawn[chosen] = True

    def tasks() -> Any:
        at = 0
        for batch in file.batches(part.names):
            mark = None if drawn is None else drawn[at : at + batch.num_rows]
            at += batch.num_rows
            # a group at a time: sums of products are large, and few of them are to be held
            yield from ((batch, mark, g) for g in range(groups))

    def task(given_task: tuple[pa.RecordBatch, np.ndarray | None, int]) -> tuple[int, int, int, Floats]:
        batch, mark, g = given_task
        rows = part(batch)
        used = rows.used(pairwise, given) & (rows.unit == g)
        total = int(used.sum())
        if mark is not None:
            used &= mark
        here = rows if used.all() else rows.only(used)

        def scores(which: slice, out: Floats) -> None:
            takers[g](here.y[which], None if here.weights is None else here.weights[which] * scale, out)

        return g, total, len(here.y), summed_products(scores, len(here.y), sizes[g])

    out = [np.zeros((k, k)) for k in sizes]
    totals, taken = np.zeros((2, groups))
    for g, total, n, found in in_threads(task, tasks()):
        out[g] += found
        totals[g] += total
        taken[g] += n
    if drawn is None:
        return out, []
    if (taken < 2).any():
        raise SampleError(f"gamma_rows={file.gamma_rows} left a group without rows. Draw more of them.")
    told = note("moments.gamma_drawn", n=int(taken.sum()), total=int(totals.sum()), seed=file.seed)
    return [G * total / n for G, total, n in zip(out, totals, taken, strict=True)], [told]
