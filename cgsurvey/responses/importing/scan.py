"""Answers that stay in their file: looked through once, then passed to analyses a part at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, DataError, some
from cgsurvey.base.notes import note
from cgsurvey.base.options import whole
from cgsurvey.base.parallel import check_seed, recorded_seed, streams
from cgsurvey.responses.design import Design
from cgsurvey.responses.importing.mapping import Mapped
from cgsurvey.responses.importing.parts import Cells, Lookup, Parts, as_read, census, open_parts
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.importing.read import read_responses
from cgsurvey.responses.responses import Responses

if TYPE_CHECKING:
    import pyarrow as pa

    from cgsurvey.instrument import Instrument

ROWS = 32768  # rows that are passed at a time
_FIRST = 5  # rows that an error names
# What the reader notes of rows, of which it saw none.
_OF_ROWS = {
    f"responses.{code}"
    for code in ("no_role_column", "unknown_role", "answered_though_not_asked", "empty_items", "dont_know", "refused",
                 "stated_missing", "blank_rows", "no_answer", "header_row")
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Column:
    """A column of the file and what its cells mean.

    Attributes
    ----------
    header : str
        Its name in the file.
    cells : Cells
    lookup : Lookup, optional
        None for a column of too many different cells, which is then read as numbers.
    scores : ndarray, shape (cells + 1,)
        Score of each different cell, reverse items keyed; the last one is that of no answer, NaN.
    """

    header: str
    cells: Cells
    lookup: Lookup | None
    scores: np.ndarray

    def places(self, batch: pa.RecordBatch) -> np.ndarray:
        """Place of each row's cell among the different ones, -1 for none, shape (rows,)."""
        assert self.lookup is not None
        return self.lookup(batch.column(self.header))

    def numbers(self, batch: pa.RecordBatch) -> np.ndarray:
        """Each row as a number, NaN for no answer, shape (rows,)."""
        return self.scores[self.places(batch)] if self.lookup is not None else _numbers(batch.column(self.header))


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ResponseFile:
    """Answers of a file that is larger than memory, as analyses that pass through rows in parts take them.

    Attributes
    ----------
    answers : Responses
        Every different answer of each column once, decoded; its rows are no respondents.
    columns : mapping of str to Column
        Columns by the names of `answers`.
    n : int
        Rows of the file.
    rows : int
        Rows that are in memory at a time.
    gamma_rows : int, optional
        Rows drawn for the sampling covariance of moments; None takes all.
    seed : int, optional
        Seed of that draw.
    sha256 : str
    """

    answers: Responses
    columns: Mapping[str, Column]
    parts: Parts
    n: int
    rows: int
    gamma_rows: int | None
    seed: int | None
    sha256: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.parts.path.name

    @property
    def items(self) -> tuple[str, ...]:
        """Items of the instrument (columns of numbers without one) that the file holds."""
        return tuple(n for n in self.columns if n in set(self.answers.items))

    @cached_property
    def frequencies(self) -> pd.DataFrame:
        """How often each answer was given: `item`, `value` (score as answered), `n`, `share` of those who answered."""
        made = []
        for name in self.items:
            column = self.columns[name]
            if column.lookup is None:
                continue
            given = self.answers.frame[name].to_numpy(dtype=float)[: len(column.cells.count)]
            counts = pd.Series(list(column.cells.count.values())).groupby(given).sum()
            made.append(
                pd.DataFrame(
                    {
                        "item": name,
                        "value": counts.index,
                        "n": counts.to_numpy(),
                        "share": counts.to_numpy() / counts.sum(),
                    }
                )
            )
        return pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=["item", "value", "n", "share"])

    def batches(self, names: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """Pass through the file: the columns of these names, `rows` rows at a time."""
        return self.parts.batches(list(dict.fromkeys(self.columns[n].header for n in names)), self.rows)

    def sample(self, n: int, *, seed: int | None = None) -> Responses:
        """Draw rows at random, each with the same chance, and read them as `read_responses` does.

        Parameters
        ----------
        n : int
            Number of rows, or all where the file has fewer.
        seed : int, optional

        Returns
        -------
        Responses
            With a note that says how many rows were drawn.
        """
        whole("n", n, 1)
        seed = recorded_seed(seed)
        drawn = np.sort(streams(seed, 1)[0].choice(self.n, size=min(n, self.n), replace=False))
        names, found, at = [c for c in self.columns], [], 0
        for batch in self.batches(names):
            low, high = np.searchsorted(drawn, [at, at + batch.num_rows])
            here, at = drawn[low:high] - at, at + batch.num_rows
            if len(here):
                part = batch.take(here)
                found.append(pd.DataFrame({k: self._as_answered(k, part) for k in names}))
        frame = pd.concat(found, ignore_index=True).set_axis(pd.Index(drawn + 2, name="row"), axis=0)
        told = note("responses.rows_drawn", n=len(drawn), total=self.n, seed=seed)
        return replace(
            self.answers,
            frame=frame,
            reasons=None,
            notes=(*self.answers.notes, told),
            exclusions=self.answers.exclusions,
        )

    def _as_answered(self, name: str, batch: pa.RecordBatch) -> pd.Series | np.ndarray:
        column = self.columns[name]
        if column.lookup is None:
            return column.numbers(batch)
        return (
            self.answers.frame[name]
            .iloc[: len(column.cells.count)]
            .reindex(column.places(batch) + 2)
            .reset_index(drop=True)
        )

    def __repr__(self) -> str:
        asked = self.answers.instrument
        known = asked.id if asked is not None else "no instrument"
        return (
            f"<ResponseFile {self.file}: {self.n} rows, {len(self.items)} items of {known}, {self.rows} rows at a time>"
        )


def scan_responses(
    path: str | Path,
    instrument: Instrument | str | Path | None = None,
    *,
    language: str | None = None,
    missing_codes: Mapping[object, str] | Iterable[object] = (),
    mapping: Mapped | str | Path | None = None,
    aliases: Mapping[str, str] | None = None,
    missing_items: str = "error",
    personal: str = "drop",
    salt: str | None = None,
    free_text: str = "keep",
    design: Design | None = None,
    simulated: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    rows: int = ROWS,
    gamma_rows: int | None = None,
    seed: int | None = None,
) -> ResponseFile:
    """Look through a csv or parquet file that is too large to be read, and let analyses pass through it in parts.

    One pass counts the different cells of each column. These are decoded as `read_responses` would decode them, so
    that labels, missing codes, reverse items and values outside the scale are treated alike; no row is kept.
    `cfa`, `sem`, `growth` and `reliability` take the result as their data, and read the file once or twice more.

    Parameters
    ----------
    path : path
        csv (headers in its first row) or parquet.
    instrument, language, missing_codes, mapping, aliases, missing_items, personal, salt, free_text, design, simulated
        As in `read_responses`. Each name belongs to one column.
    encoding, delimiter : str, optional
        Overrule what is recognised.
    rows : int
        Rows that are in memory at a time: time and memory depend on it, numbers do not.
    gamma_rows : int, optional
        Robust errors and tests rest on the products of the scores of all rows, which takes most of the time. A number
        takes that many rows, drawn at random, instead; the result carries a note.
    seed : int, optional
        Seed of that draw.

    Returns
    -------
    ResponseFile

    Raises
    ------
    DataError
        When the file cannot be read, or is neither csv nor parquet.
    ColumnNotFoundError, CodingError
        As in `read_responses`; cells outside their scale are counted over the whole file.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> _ = cg.load_sample().to_parquet("answers.parquet")
    >>> big = cg.scan_responses("answers.parquet", "cgsurvey_core")
    >>> fit = cg.cfa("tan =~ tan1 + tan2 + tan3 + tan4", big)
    >>> fit.meta.n, fit.converged
    (582, True)
    """
    whole("rows", rows, 1)
    if gamma_rows is not None:
        whole("gamma_rows", gamma_rows, 100)
    check_seed(seed)
    parts = open_parts(path, encoding=encoding, delimiter=delimiter)
    found, n = census(parts, rows)
    if not n:
        raise DataError(f"{parts.path.name} has headers and no answers. Export the data again.")
    table = pd.DataFrame({h: pd.Series(as_read(c.count, parts.reader), dtype=object) for h, c in found.items()})
    try:
        answers = read_responses(
            table, instrument, source="table", language=language, missing_codes=missing_codes, mapping=mapping,
            aliases=aliases, missing_items=missing_items, personal=personal, salt=salt, free_text=free_text,
            design=design, simulated=simulated,
        )  # fmt: skip
    except DataError as error:
        raise _told(error, parts, found, rows) from None
    sha256 = parts.sha256()
    answers = replace(
        answers,
        notes=tuple(m for m in answers.notes if m.code not in _OF_ROWS),
        provenance=replace(
            answers.provenance, file=parts.path.name, sha256=sha256, reader=parts.reader, encoding=parts.encoding,
            delimiter=parts.delimiter, rows_read=n, columns_read=len(parts.headers),
        ),
    )  # fmt: skip
    columns = _columns(answers, parts, found, rows)
    if aside := [n for n in answers.keyed.columns if n not in columns]:
        told = note("responses.texts_left_aside", n=len(aside), columns=some(aside))
        answers = replace(answers, notes=(*answers.notes, told))
    seed = recorded_seed(seed) if gamma_rows is not None else seed
    return ResponseFile(
        answers=answers, columns=columns, parts=parts, n=n, rows=rows, gamma_rows=gamma_rows, seed=seed, sha256=sha256
    )


def _columns(answers: Responses, parts: Parts, found: Mapping[str, Cells], rows: int) -> dict[str, Column]:
    """What each column of the answers is in the file."""
    mapping, keyed = answers.provenance.mapping, answers.keyed
    joined = [f"'{n}' ({h})" for n, h in mapping.items() if h not in found]
    if joined:
        raise DataError(
            f"{parts.path.name}: {some(joined)} stand in several columns, which cannot be joined in parts. Join them "
            "in the file, or read it whole with cg.read_responses(path, instrument)."
        )
    kinds = next(parts.batches(parts.headers, rows)).schema
    out = {}
    for name in keyed.columns:
        header = mapping.get(name, name)
        if header not in found:
            continue
        cells = found[header]
        numeric = pd.api.types.is_numeric_dtype(keyed[name])
        if cells.wide and not numeric:
            continue  # texts that all differ are of no use to any analysis in parts
        scores = np.full(len(cells.count) + 1, np.nan)
        if numeric and not cells.wide:
            scores[:-1] = keyed[name].to_numpy(dtype=float)[: len(cells.count)]
        lookup = None if cells.wide else Lookup(list(cells.count), kinds.field(header).type)
        out[name] = Column(header, cells, lookup, scores)
    return out


def _numbers(column: pa.Array) -> np.ndarray:
    """A column of many different numbers; texts with a point or comma before the decimals."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        column = pc.replace_substring(pc.if_else(pc.equal(column, ""), None, column), ",", ".")
    try:
        return np.asarray(pc.cast(column, pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid as error:
        raise CodingError(f"a column of numbers holds something else: {error}. Correct the cells.") from error


def _told(error: DataError, parts: Parts, found: Mapping[str, Cells], rows: int) -> DataError:
    """The error of the different cells as one of the whole file: first rows of each fault, and how many there are."""
    if error.found is None:
        return error
    wrong: dict[str, set[int]] = {}
    for p in error.found.errors.found:
        if p.column in found and p.rows:
            wrong.setdefault(p.column, set()).update(r - 2 for r in p.rows)
    if not wrong:
        return type(error)(str(error).replace("the data frame", parts.path.name))
    first = _first_rows(parts, found, wrong, rows)
    told, total = Problems(parts.path.name), 0
    for p in error.found.errors.found:
        cells = list(found[p.column].count) if p.column in found else []
        faulty = [cells[r - 2] for r in p.rows if cells]
        total += sum(found[p.column].count[c] for c in faulty) if faulty else 1
        places = sorted(r for c in faulty for r in first[p.column][c])[:_FIRST]
        told.found.append(replace(p, rows=tuple(places)))
    out = type(error)(f"{told.text()} In all {total} cells of the file are at fault.")
    out.problems, out.found, out.matches, out.notes = told.frame(), told, error.matches, error.notes
    return out


def _first_rows(
    parts: Parts, found: Mapping[str, Cells], wrong: Mapping[str, set[int]], rows: int
) -> dict[str, dict[object, list[int]]]:
    """First rows, as a spreadsheet counts, in which some cells of some columns stand."""
    out: dict[str, dict[object, list[int]]] = {h: {} for h in wrong}
    lookups: dict[str, Lookup] = {}
    at = 2
    for batch in parts.batches(list(wrong), rows):
        for header, which in wrong.items():
            column = batch.column(header)
            cells = list(found[header].count)
            look = lookups.setdefault(header, Lookup(cells, column.type))
            places = look(column)
            for k in which:
                rows_of = out[header].setdefault(cells[k], [])
                rows_of += (np.flatnonzero(places == k)[: _FIRST - len(rows_of)] + at).tolist()
        at += batch.num_rows
    return out
