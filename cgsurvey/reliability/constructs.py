"""Which items belong to which construct, and their answers as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.errors import (
    CodingError,
    ColumnNotFoundError,
    DataError,
    OptionError,
    SampleError,
    did_you_mean,
    some,
)
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Labels, Meta, data_hash
from cgsurvey.responses import Responses
from cgsurvey.responses.source import Source, as_source

if TYPE_CHECKING:
    from cgsurvey.instrument import Construct

Constructs = Mapping[str, Sequence[str]] | Sequence[str] | None


@dataclass(frozen=True)
class Blocks:
    """Items by construct, their answers and what is known of them.

    Attributes
    ----------
    items : mapping of str to tuple of str
        Items per construct, in the order asked for.
    frame : DataFrame
        float64, every item of `items` once, reverse items keyed.
    source : Source
        Where the frame comes from.
    notes : tuple of Note
        What was left out.
    """

    items: Mapping[str, tuple[str, ...]]
    frame: pd.DataFrame
    source: Source
    notes: tuple[Note, ...]

    @property
    def unweighted(self) -> tuple[Note, ...]:
        """Say that the sampling design is not used, where there is one."""
        design = self.source.design
        columns = design.columns if design is not None else ()
        return (note("reliability.design_unused", columns=", ".join(columns)),) if columns else ()

    def meta(self, function: str, rows: np.ndarray, references: Iterable[str], **options: object) -> Meta:
        """Return the origin of a result that used the rows marked in `rows`."""
        return Meta(
            function=function,
            options=options,
            n=int(rows.sum()),
            data_hash=data_hash(self.frame),
            source=self.source.file,
            simulated=self.source.simulated,
            labels=used_labels(self.source.labels, self.items),
            references=tuple(references),
        )


def used_labels(labels: Labels, items: Mapping[str, Sequence[str]]) -> Labels:
    """Return the labels of the constructs and items named in `items`."""
    names = [*items, *(i for block in items.values() for i in block)]
    return {n: labels[n] for n in names if n in labels}


def gather(data: Responses | pd.DataFrame, constructs: Constructs, *, in_parts: bool = False) -> Blocks:
    """Find the constructs and check their items.

    Parameters
    ----------
    data : Responses or DataFrame
    constructs : mapping of str to sequence of str, sequence of str, or None
        Construct to its items; or names of constructs of the instrument; None: its reflective leaf constructs of
        which at least two items are present.
    in_parts : bool
        The analysis can pass through the rows of a `ResponseFile`; `frame` then holds each different answer once.

    Raises
    ------
    OptionError
        No construct named and no instrument, a construct without items, an item twice in a construct.
    ColumnNotFoundError
        Items that are not in the data, all of them.
    CodingError
        Items with text or infinite values, all of them.
    """
    source = as_source(data, in_parts=in_parts)
    notes: list[Note] = []
    if isinstance(constructs, Mapping):
        items = _named(constructs)
    elif constructs is None:
        items = _leaves(source, notes)
    else:
        items = _chosen(source, [constructs] if isinstance(constructs, str) else constructs, notes)
    absent = {i: construct for construct, block in items.items() for i in block if i not in source.frame.columns}
    if absent:
        lines = [f"'{i}' of {c}.{did_you_mean(i, source.frame.columns)}" for i, c in absent.items()]
        raise ColumnNotFoundError(
            f"{source.file or 'the data frame'} lacks {len(absent)} of the items asked for: {' '.join(lines)} "
            "Correct the names or leave the items out."
        )
    frame = _numbers(source, list(dict.fromkeys(i for block in items.values() for i in block)))
    return Blocks(items, frame, source, tuple(notes))


@contextmanager
def together(blocks: Blocks, constructs: Constructs) -> Iterator[None]:
    """Advise to name constructs where all those of the instrument in one model ask too much of the rows."""
    try:
        yield
    except SampleError as error:
        if constructs is not None or len(blocks.items) < 2:
            raise
        told = {"reason": error.words(), "n": len(blocks.items), "some": str(list(blocks.items)[:3])}
        raise SampleError.of("reliability.all_constructs", **told) from error


def _named(constructs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    if not constructs:
        raise OptionError('constructs is empty. Name each construct with its items: {"trust": ["tru1", "tru2"]}.')
    problems, items = [], {}
    for name, block in constructs.items():
        if isinstance(block, str):
            problems.append(f"{name!r} has the text {block!r} where a list of items belongs: write [{block!r}].")
            continue
        items[str(name)] = tuple(map(str, block))
        twice = [i for i in dict.fromkeys(block) if list(block).count(i) > 1]
        if not items[str(name)]:
            problems.append(f"{name!r} has no items.")
        if twice:
            problems.append(f"{name!r} names {some(twice)} twice: leave one.")
    if problems:
        raise OptionError("constructs cannot be used: " + " ".join(problems))
    return items


def _leaves(source: Source, notes: list[Note]) -> dict[str, tuple[str, ...]]:
    if source.instrument is None:
        raise OptionError(
            'a data frame does not say which items belong together: give constructs={"trust": ["tru1", "tru2"], ...} '
            "or read the file with an instrument: cg.read_responses(path, instrument)."
        )
    kept: dict[str, tuple[str, ...]] = {}
    composites, thin = [], []
    for construct in source.instrument.leaf_constructs:
        present = tuple(i for i in construct.all_items if i in source.frame.columns)
        if construct.kind == "composite":
            composites += [construct.id] if present else []
        elif len(present) >= 2:
            kept[construct.id] = present
            _note_absent(construct, present, source, notes)
        elif present:
            thin.append(construct.id)
    if composites:
        notes.append(note("reliability.composites_left_out", constructs=", ".join(composites)))
    if thin:
        notes.append(note("reliability.single_items_left_out", constructs=", ".join(thin)))
    if not kept:
        told = {"where": source.file or "the data", "instrument": source.instrument.id}
        raise DataError.of("reliability.no_construct", **told)
    return kept


def _chosen(source: Source, names: Sequence[str], notes: list[Note]) -> dict[str, tuple[str, ...]]:
    if source.instrument is None:
        raise OptionError(
            "constructs as a list of names needs data read with an instrument; with a data frame give a mapping: "
            'constructs={"trust": ["tru1", "tru2"], ...}.'
        )
    known = {c.id: c for top in source.instrument.constructs for c in top.walk()}
    wrong = [f"'{n}'.{did_you_mean(n, known)}" for n in names if n not in known]
    if wrong or not names:
        raise OptionError(f"no such construct in '{source.instrument.id}': {' '.join(wrong)} Known: {some(known, 40)}.")
    items = {}
    for name in names:
        items[name] = tuple(i for i in known[name].all_items if i in source.frame.columns)
        _note_absent(known[name], items[name], source, notes)
        if known[name].kind == "composite":
            notes.append(note("reliability.composite_asked_for", construct=name))
    empty = [n for n, block in items.items() if not block]
    if empty:
        raise ColumnNotFoundError(f"{source.file or 'the data'} hold no item of {some(empty)}.")
    return items


def _note_absent(construct: Construct, present: Sequence[str], source: Source, notes: list[Note]) -> None:
    absent = [i for i in construct.all_items if i not in present]
    if absent and present:
        notes.append(note("reliability.items_absent", construct=construct.id, items=", ".join(absent)))


def _numbers(source: Source, names: list[str]) -> pd.DataFrame:
    """Return the items as float64; all that are no numbers are named at once."""
    place = {n: j for j, n in enumerate(source.frame.columns)}
    whole = source.frame.iloc[:, [place[n] for n in names]]
    if all(isinstance(t, np.dtype) and t.kind in "iuf" for t in whole.dtypes):
        values = whole.to_numpy(dtype="float64")
        if not np.isinf(values).any():
            return pd.DataFrame(values, columns=names, index=source.frame.index)
    columns, problems = {}, []
    for name in names:
        answers = source.frame[name]
        numbers = pd.to_numeric(answers.astype(object), errors="coerce").astype("float64")
        wrong = (numbers.isna() & answers.notna()) | np.isinf(numbers) | answers.map(lambda v: isinstance(v, str))
        if wrong.any():
            shown = [f"{v!r} (row {row})" for row, v in answers[wrong].items()]
            problems.append(f"'{name}' holds {int(wrong.sum())} answers that are no numbers: {some(shown, 3)}.")
        columns[name] = numbers
    if problems:
        raise CodingError(
            f"{source.file or 'the data frame'}: {' '.join(problems)} Read the file with its instrument, "
            "cg.read_responses(path, instrument), which turns labels into scores; digits kept as text become numbers "
            "by data[items].apply(pd.to_numeric)."
        )
    return pd.DataFrame(columns, index=source.frame.index)
