"""The variables of an analysis: columns of the data, or scores of constructs, as numbers and categories.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from cgsurvey.base.errors import CodingError, ColumnNotFoundError, DataError, OptionError, SampleError, hints, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Labels, Meta, data_hash
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.score import score
from cgsurvey.responses.selection import items_by_construct
from cgsurvey.responses.source import Source, as_source

MOST = 50  # values beyond which a column of text is no set of categories


@dataclass(frozen=True, eq=False)
class Variables:
    """What an analysis needs of its variables.

    Attributes
    ----------
    frame : DataFrame
        One row per respondent, one column per variable: float64, or ordered categories of words.
    source : Source
        Where they come from.
    labels : mapping
        Words of variables and, as "variable=category", of their categories.
    notes : tuple of Note
    """

    frame: pd.DataFrame
    source: Source
    labels: Labels = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def where(self) -> str:
        """Name of the data in a message."""
        return self.source.file or "the data frame"

    def numbers(self, names: Iterable[str]) -> pd.DataFrame:
        """Return variables that must be numbers.

        Raises
        ------
        CodingError
            When some are categories; all of them are named.
        """
        names = list(names)
        wrong = [
            f"'{n}' holds text ({some(map(repr, self.frame[n].cat.categories), 3)})"
            for n in names
            if isinstance(self.frame[n].dtype, pd.CategoricalDtype)
        ]
        if wrong:
            raise CodingError(
                f"{self.where}: numbers are needed where {'; '.join(wrong)}. Give numbers, or use the column as a "
                "group: cg.compare_groups(..., by='...'), cg.crosstab(...)."
            )
        return self.frame[names]

    def categories(self, name: str) -> tuple[np.ndarray, list[str]]:
        """Return codes 0..G-1, shape (n,), -1 where it is missing, and the words of the codes in order."""
        column = self.frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.cat.remove_unused_categories()
            return column.cat.codes.to_numpy(dtype=np.int64), [str(c) for c in column.cat.categories]
        codes, values = pd.factorize(column, sort=True)
        return codes.astype(np.int64), [f"{v:g}" for v in values]

    def meta(
        self, function: str, n: int, references: Iterable[str], seed: int | None = None, **options: object
    ) -> Meta:
        """Return the origin of a result that used `n` rows."""
        words = {n: c.cat.codes for n, c in self.frame.items() if isinstance(c.dtype, pd.CategoricalDtype)}
        return Meta(
            function=function,
            options=options,
            n=n,
            seed=seed,
            data_hash=data_hash(self.frame.assign(**words)),
            source=self.source.file,
            simulated=self.source.simulated,
            labels=self.labels,
            references=tuple(references),
        )


def gather_variables(
    data: Responses | pd.DataFrame,
    names: Iterable[str],
    constructs: Mapping[str, Sequence[str]] | None = None,
    *,
    designed: bool = False,
) -> Variables:
    """Find variables by name: a column, else a construct of `constructs` or of the instrument, which is scored.

    That the sampling design is not used is noted, unless the analysis is `designed`.

    Raises
    ------
    ColumnNotFoundError
        When a name is neither; all of them are named.
    CodingError
        When a column holds infinite values.
    DataError
        When a column holds dates, free text or nothing.
    """
    source, wanted = as_source(data), list(dict.fromkeys(names))
    given = items_by_construct(constructs or {})
    instrument = source.instrument
    ids = [p.id for c in instrument.constructs for p in c.walk()] if instrument is not None else []
    known = [*map(str, source.frame.columns), *given, *ids]
    if absent := [n for n in wanted if n not in known]:
        told = {"where": source.file or "the data frame", "names": hints(absent, known, "; "), "known": some(known, 12)}
        raise ColumnNotFoundError.of("classical.no_variable", **told)
    columns: dict[str, pd.Series] = {}
    notes: list[Note] = []
    scored = []
    for name in wanted:
        if name in given:
            columns[name] = score(data, {name: given[name]})[name]
        elif name in source.frame.columns:
            columns[name] = _column(source, name, notes)
            continue
        else:
            columns[name] = score(data, [name])[name]
        scored.append(name)
    if scored:
        notes.append(note("classical.scored", constructs=", ".join(scored)))
    design = source.design
    if design is not None and design.columns and not designed:
        notes.append(note("classical.design_unused", columns=", ".join(design.columns)))
    frame = pd.DataFrame(columns, index=source.frame.index)
    empty = [n for n in wanted if frame[n].notna().sum() == 0]
    if empty:
        raise SampleError.of("classical.nobody_answered", where=source.file or "the data frame", variables=empty)
    return Variables(frame, source, _labels(source, wanted), tuple(notes))


def _column(source: Source, name: str, notes: list[Note]) -> pd.Series:
    column, where = source.frame[name], source.file or "the data frame"
    question = next((q for q in getattr(source.instrument, "demographics", ()) if q.name == name), None)
    if is_bool_dtype(column):
        return pd.Series(pd.Categorical(column.astype("str"), ["False", "True"]), column.index).where(column.notna())
    if is_numeric_dtype(column):
        numbers = column.astype("float64")
        infinite = numbers[np.isinf(numbers)]
        if len(infinite):
            raise CodingError(f"{where}: '{name}' holds infinite values ({_rows(infinite)}). Leave these cells empty.")
        return numbers
    if column.dtype.kind in "mM":
        raise DataError(f"{where}: '{name}' holds dates. Make numbers or categories of them, e.g. the year.")
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = [str(c) for c in column.cat.categories]
        return pd.Series(pd.Categorical.from_codes(column.cat.codes, words, ordered=True), column.index)
    text = column.astype("str").where(column.notna()).str.strip()
    text = text.where(text != "")
    numbers = pd.to_numeric(text, errors="coerce")
    if text.notna().any() and numbers.notna().equals(text.notna()) and question is None:
        notes.append(note("classical.digits_read", column=name))
        return numbers.astype("float64")
    seen = sorted(text.dropna().unique())
    if len(seen) > MOST:
        raise DataError.of("classical.many_texts", where=where, column=name, n=len(seen), most=MOST)
    order = [c.name for c in question.scale.choices] if question is not None and question.scale is not None else []
    known = [c for c in order if c in seen]
    return pd.Series(pd.Categorical(text, [*known, *(s for s in seen if s not in known)], ordered=True), column.index)


def _rows(column: pd.Series) -> str:
    return some((f"row {r}" for r in column.index), 4)


def _labels(source: Source, names: Sequence[str]) -> Labels:
    questions = [q for q in getattr(source.instrument, "demographics", ()) if q.name in names]
    choices = {f"{q.name}={c.name}": c.label for q in questions if q.scale is not None for c in q.scale.choices}
    return {n: source.labels[n] for n in names if n in source.labels} | choices


def listed(name: str, value: str | Sequence[str] | None) -> list[str]:
    """Return names as a list; a single name counts as a list of one.

    Raises
    ------
    OptionError
        When there is none, or one stands twice.
    """
    names = [value] if isinstance(value, str) else [str(v) for v in value or ()]
    if not names:
        raise OptionError(f"{name} is empty: name a column or a construct.")
    twice = [n for n in dict.fromkeys(names) if names.count(n) > 1]
    if twice:
        raise OptionError(f"{name} names {some(twice)} twice.")
    return names


def constants(frame: pd.DataFrame, where: str) -> None:
    """Raise SampleError when a variable has one value only; all of them are named."""
    flat = [f"'{n}' (always {frame[n].dropna().iloc[0]})" for n in frame if frame[n].nunique() < 2]
    if flat:
        raise SampleError.of("classical.flat", where=where, variables=flat, n=len(frame))
