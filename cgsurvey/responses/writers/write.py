"""A file of answers is written: columns, file, what is read back of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cgsurvey.base.errors import CgSurveyError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.responses.words import masked, short
from cgsurvey.responses.writers import statistical, tables
from cgsurvey.responses.writers.columns import Column, columns_of
from cgsurvey.responses.writers.files import Written, replacing, target

if TYPE_CHECKING:
    from cgsurvey.responses.responses import Responses

_ANSWERS = ("codes", "labels")
# What these formats hold of "nobody answered this".
_FLAGGED = (".sav", ".zsav", ".dta", ".parquet")

Writer = Callable[[Path, list[Column], str], list[Note]]


def write(
    responses: Responses,
    path: str | Path,
    suffixes: tuple[str, ...],
    language: str | None,
    writer: Writer,
    *,
    overwrite: bool,
    check: bool,
) -> Written:
    """Write answers by `writer` (path, columns, language) and read them back.

    Parameters
    ----------
    responses : Responses
    path : path
    suffixes : tuple of str
        Endings that the format may have.
    language : str, optional
        Of the words in the file; None is the default language of the instrument.
    writer : callable
    overwrite : bool
    check : bool
        Whether the file is read back and compared.
    """
    path = target(path, suffixes, overwrite=overwrite)
    columns, language, notes = columns_of(responses, language)
    equal = None
    with replacing(path) as beside:
        notes += writer(beside, columns, language)
        if check:
            differing = _read_back(beside, responses, path.name)
            equal = not differing
            notes += differing
    again = [] if path.suffix.lower() in _FLAGGED or not responses.simulated else ["simulated=True"]
    again += ["design=Design(...)"] if responses.design is not None else []
    if again:
        notes.append(note("responses.written_beside", arguments=", ".join(again)))
    return Written(path, equal, tuple(notes))


def _read_back(path: Path, responses: Responses, name: str) -> list[Note]:
    """Return what is different in the answers that a file gives."""
    from cgsurvey.responses.importing.read import read_responses

    try:
        back = read_responses(
            path,
            responses.instrument,
            personal="keep",
            missing_items="allow",
            design=responses.design,
            simulated=responses.simulated and path.suffix not in _FLAGGED,
        )
    except CgSurveyError as error:
        return [note("responses.written_unreadable", why=short(masked(str(error).replace(path.name, name)), 300))]
    if back.equals(responses):
        return []
    if len(back) != len(responses):
        return [note("responses.written_rows", written=len(responses), read=len(back))]
    parts = [(responses.frame, back.frame), (responses.reasons, back.reasons)]
    changed = [str(c) for one, other in parts for c in one.columns if not _alike(one, other, c)]
    more = [str(c) for c in back.frame.columns if c not in responses.frame.columns]
    names = list(dict.fromkeys(changed + more)) or ["-"]
    return [note("responses.written_changed", n=len(names), columns=some([f"'{short(c, 40)}'" for c in names], 12))]


def _alike(one: pd.DataFrame, other: pd.DataFrame, name: str) -> bool:
    if name not in other.columns:
        return False
    return one[name].reset_index(drop=True).equals(other[name].reset_index(drop=True))


def to_sav(responses: Responses, path: str | Path, *, language: str | None, overwrite: bool, check: bool) -> Written:
    """Write .sav or .zsav, see `Responses.to_sav`."""
    zipped = Path(path).suffix.lower() == ".zsav"

    def writer(file: Path, columns: list[Column], words: str) -> list[Note]:
        return statistical.write_sav(file, columns, words, simulated=responses.simulated, zipped=zipped)

    return write(responses, path, (".sav", ".zsav"), language, writer, overwrite=overwrite, check=check)


def to_dta(responses: Responses, path: str | Path, *, language: str | None, overwrite: bool, check: bool) -> Written:
    """Write .dta, see `Responses.to_dta`."""

    def writer(file: Path, columns: list[Column], words: str) -> list[Note]:
        return statistical.write_dta(file, columns, words, simulated=responses.simulated)

    return write(responses, path, (".dta",), language, writer, overwrite=overwrite, check=check)


def to_csv(
    responses: Responses,
    path: str | Path,
    *,
    answers: str,
    language: str | None,
    delimiter: str,
    bom: bool,
    overwrite: bool,
    check: bool,
) -> Written:
    """Write delimited text, see `Responses.to_csv`."""
    labels = choose("answers", answers, _ANSWERS) == "labels"
    choose("delimiter", delimiter, (",", ";", "\t"))

    def writer(file: Path, columns: list[Column], words: str) -> list[Note]:
        tables.write_csv(file, columns, words, labels=labels, delimiter=delimiter, bom=bom)
        return []

    return write(responses, path, (".csv", ".tsv", ".txt"), language, writer, overwrite=overwrite, check=check)


def to_excel(
    responses: Responses, path: str | Path, *, answers: str, language: str | None, overwrite: bool, check: bool
) -> Written:
    """Write a workbook, see `Responses.to_excel`."""
    labels = choose("answers", answers, _ANSWERS) == "labels"

    def writer(file: Path, columns: list[Column], words: str) -> list[Note]:
        facts = responses.describe_import()
        told = [["fact", "value"], ["simulated", "yes" if responses.simulated else "no"], *facts.to_numpy().tolist()]
        return tables.write_excel(file, columns, words, labels=labels, remarks=told)

    return write(responses, path, (".xlsx",), language, writer, overwrite=overwrite, check=check)


def to_parquet(
    responses: Responses, path: str | Path, *, language: str | None, overwrite: bool, check: bool
) -> Written:
    """Write parquet, see `Responses.to_parquet`."""

    def writer(file: Path, columns: list[Column], words: str) -> list[Note]:
        tables.write_parquet(file, columns, responses.frame.index, simulated=responses.simulated)
        return []

    return write(responses, path, (".parquet",), language, writer, overwrite=overwrite, check=check)
