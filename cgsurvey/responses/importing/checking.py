"""What is wrong with a field file, in one table and on one page, whether it can be read or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cgsurvey.base.errors import LANGUAGES, DataError
from cgsurvey.base.notes import Note
from cgsurvey.base.options import choose
from cgsurvey.responses.importing.mapping import Matches
from cgsurvey.responses.importing.problems import Problems, listed
from cgsurvey.responses.importing.read import read_responses
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.words import number, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument

_SHOWN = 25  # kinds of problems on the page; the table holds all
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "size": "{file}: {rows} rows, {columns} columns.",
        "items": "{n} items of '{instrument}' found.",
        "source": "Source: {source}; sha256 {sha}",
        "error": "Problems that stop the reading: {kinds} kinds, {n} cells or columns",
        "warning": "Dealt with, to be looked at: {kinds} kinds, {n} cells or columns",
        "kind": "{n} x",
        "more": "... and {n} more kinds; the csv holds all of them",
        "columns": "Columns: {told}",
        "unmatched": "Columns that belong to no item, kept as they are: {columns}",
        "fine": "No problem was found.",
        "stopped": "{file} cannot be read as it is.",
    },
    "id": {
        "size": "{file}: {rows} baris, {columns} kolom.",
        "items": "{n} butir '{instrument}' ditemukan.",
        "source": "Sumber: {source}; sha256 {sha}",
        "error": "Masalah yang menghentikan pembacaan: {kinds} jenis, {n} sel atau kolom",
        "warning": "Sudah ditangani, perlu diperiksa: {kinds} jenis, {n} sel atau kolom",
        "kind": "{n} x",
        "more": "... dan {n} jenis lagi; csv memuat semuanya",
        "columns": "Kolom: {told}",
        "unmatched": "Kolom yang bukan butir, dibiarkan apa adanya: {columns}",
        "fine": "Tidak ditemukan masalah.",
        "stopped": "{file} belum dapat dibaca.",
    },
}
_HOW: Mapping[str, Mapping[str, str]] = {
    "en": {
        "matched": "matched", "similar": "matched by resemblance", "doubtful": "doubtful, not used",
        "unmatched": "unmatched", "personal": "left behind as personal", "empty": "empty doubles", "absent": "missing",
    },
    "id": {
        "matched": "cocok", "similar": "cocok karena kemiripan", "doubtful": "meragukan, tidak dipakai",
        "unmatched": "tidak cocok", "personal": "ditinggalkan karena bersifat pribadi", "empty": "ganda kosong",
        "absent": "tidak ada",
    },
}  # fmt: skip


@dataclass(frozen=True)
class FileCheck:
    """What reading of a file found.

    Attributes
    ----------
    file : str
    found : Problems
        Faults that stop the reading, and those that were dealt with.
    matches : Matches
        Which column was taken for which name.
    notes : tuple of Note
    responses : Responses, optional
        The answers, where they could be read.
    refused : mapping of str to str
        Per language, the message where the file could not be opened at all.
    """

    file: str
    found: Problems = field(default_factory=Problems)
    matches: Matches = field(default_factory=Matches)
    notes: tuple[Note, ...] = ()
    responses: Responses | None = None
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Whether the answers could be read."""
        return self.responses is not None

    def frame(self, language: str = "en") -> pd.DataFrame:
        """Return all problems: row, column, item, value, problem, remedy, level ("error" or "warning")."""
        choose("language", language, tuple(_WORDS))
        levels = [p.level for p in self.found.found for _ in range(max(len(p.rows), 1))]
        frame = self.found.frame(language).assign(level=pd.array(levels, dtype="str"))
        if self.refused:
            told = dict.fromkeys(frame.columns.drop("row"), "") | {"problem": self.refused[language], "level": "error"}
            row = {k: pd.array([told.get(k, pd.NA)], dtype=d) for k, d in frame.dtypes.items()}
            frame = pd.DataFrame(row)
        return frame

    def to_csv(self, path: str | Path, language: str = "en") -> Path:
        """Write all problems as csv, which a spreadsheet opens without running any formula in it."""
        target = Path(path)
        frame = self.frame(language)
        words = frame.columns.drop("row")
        frame[words] = frame[words].map(_harmless)
        try:
            frame.to_csv(target, index=False, encoding="utf-8-sig")
        except OSError as error:
            raise DataError(f"the problems cannot be written to '{target.name}': {error.strerror}.") from error
        return target

    def text(self, language: str = "en") -> str:
        """Return the page: what was understood, problems by kind with their first rows, columns, notes."""
        choose("language", language, tuple(_WORDS))
        words = _WORDS[language]
        lines = self._understood(words)
        if self.refused:
            lines.append(self.refused[language])
        for level, part in (("error", self.found.errors), ("warning", self.found.warnings)):
            if not part.found:
                continue
            kinds = list(part.groups(language))
            lines += ["", words[level].format(kinds=len(kinds), n=len(part))]
            for line, same in zip(part.lines(language), kinds[:_SHOWN], strict=False):
                n = sum(max(len(p.rows), 1) for p in same)
                lines.append(f"  {words['kind'].format(n=n):>7}  {line}")
            if len(kinds) > _SHOWN:
                lines.append(f"           {words['more'].format(n=len(kinds) - _SHOWN)}")
        if not self.found.found and not self.refused:
            lines.append(words["fine"])
        lines += self._columns(language)
        lines += [f"[{n.level}] {n.render(language)}" for n in self.notes]
        return "\n".join(lines)

    def _understood(self, words: Mapping[str, str]) -> list[str]:
        if self.responses is None:
            return [words["stopped"].format(file=self.file)]
        come = self.responses.provenance
        why = f"{come.source} ({come.source_why})" if come.source_why else come.source
        lines = [words["size"].format(file=self.file, rows=come.rows_read, columns=come.columns_read)]
        if self.responses.instrument is not None:
            lines.append(words["items"].format(n=len(self.responses.items), instrument=self.responses.instrument.id))
        return [*lines, words["source"].format(source=why, sha=come.sha256[:16])]

    def _columns(self, language: str) -> list[str]:
        words, hows = _WORDS[language], _HOW[language]
        kinds = Counter(
            m.how if m.how in hows else "similar" if m.how[:7] == "similar" else "matched" for m in self.matches.rows
        )
        if not kinds:
            return []
        told = ", ".join(f"{kinds[k]} {hows[k]}" for k in hows if kinds[k])
        lines = ["", words["columns"].format(told=told)]
        apart = tuple(f"'{short(m.column, 40)}'" for m in self.matches.rows if m.how == "unmatched")
        return [*lines, words["unmatched"].format(columns=listed(apart, language, 20))] if apart else lines


def _harmless(text: object) -> object:
    """Return a text that a spreadsheet takes for no formula."""
    starts = isinstance(text, str) and text[:1] in tuple("=+-@\t\r")
    return f"'{text}" if starts and number(str(text)) is None else text


def check_responses(
    path_or_frame: str | Path | pd.DataFrame, instrument: Instrument | str | Path | None = None, **options: Any
) -> FileCheck:
    """Read a field file and return everything that is wrong with it, without an error where it cannot be read.

    Parameters
    ----------
    path_or_frame, instrument, **options
        As in `read_responses`.

    Returns
    -------
    FileCheck
        `frame()` is one table of all problems, in English or Indonesian; `text()` is the page of ``cgsurvey check``.

    Raises
    ------
    OptionError, InstrumentError
        Faults of the call are no faults of the file.

    Examples
    --------
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> answers = pd.DataFrame({"tan1": [4, 9], "tan2": [5, "often"]})
    >>> found = cg.check_responses(answers, "psq").frame()
    >>> found[["row", "column", "value"]].dropna().values.tolist()
    [[3, 'tan1', '9'], [3, 'tan2', 'often']]
    """
    file = Path(path_or_frame).name if isinstance(path_or_frame, str | Path) else "the data frame"
    try:
        data = read_responses(path_or_frame, instrument, **options)
    except DataError as error:
        if error.found is None:
            return FileCheck(file, refused={x: error.render(x) for x in LANGUAGES})
        return FileCheck(file, error.found, error.matches, error.notes)
    return FileCheck(file, data.found, data.matches, data.notes, data)
