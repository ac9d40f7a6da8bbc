"""The answers of one field file, with everything that was decided on their way in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, some
from cgsurvey.base.notes import Note
from cgsurvey.responses.design import Design
from cgsurvey.responses.importing.mapping import Matches
from cgsurvey.responses.importing.problems import Problems

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses.linking.linkage import Linkage
    from cgsurvey.responses.writers import Written

REASONS = ("", "blank", "not_asked", "dont_know", "refused", "invalid")


@dataclass(frozen=True)
class FlowStep:
    """One step of the flow of respondents: how many came in, how many left, why."""

    step: str
    n_before: int
    n_excluded: int
    reason: str = ""

    @property
    def n_after(self) -> int:
        """Respondents that went on."""
        return self.n_before - self.n_excluded


@dataclass(frozen=True)
class Provenance:
    """Where answers come from and how they were read.

    Attributes
    ----------
    file : str
        Name of the file without its folder; "" for a data frame.
    sha256 : str
        Hash of the bytes of the file, of the cells for a data frame.
    reader : str
        How it was opened: "csv", "excel", "parquet", "spss", "stata", "frame".
    source : str
        Which program wrote it, see `read_responses`; `source_why` says what gave it away.
    sheet, encoding, delimiter, decimal : str
        As they took effect; "" where they do not apply.
    language : str
        Language of the labels in the cells; "" when the cells hold codes.
    header_row : int
        Row of the headers as a spreadsheet counts.
    rows_read, columns_read : int
        Size of the table under its headers.
    mapping : mapping
        Item (or other column of the instrument) to the header it was read from.
    matched_by : mapping
        Item to how it was found: "name", "group/name", "label:id", "position", "mapping" ...
    unmatched : tuple of str
        Headers that belong to nothing in the instrument; kept in the frame.
    dropped : tuple of str
        Headers of personal data, which are not kept.
    labels : mapping
        Column of the frame to the text of its question, where the file holds one beside the header.
    values : mapping
        Column of the frame to its value labels in the file: code to label.
    """

    file: str = ""
    sha256: str = ""
    reader: str = ""
    source: str = ""
    source_why: str = ""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    language: str = ""
    header_row: int = 1
    rows_read: int = 0
    columns_read: int = 0
    mapping: Mapping[str, str] = field(default_factory=dict)
    matched_by: Mapping[str, str] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def no_stated() -> pd.DataFrame:
    """Return the empty table of cells declared as no answer: row, column, value, reason, word."""
    texts = {name: pd.Series(dtype="str") for name in ("column", "value", "reason", "word")}
    return pd.DataFrame({"row": pd.Series(dtype="int64"), **texts})


def no_exclusions() -> pd.DataFrame:
    """Return the empty log of exclusions: row, rule, value."""
    return pd.DataFrame(
        {"row": pd.Series(dtype="int64"), "rule": pd.Series(dtype="str"), "value": pd.Series(dtype="str")}
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Responses:
    """Answers of one field file.

    Attributes
    ----------
    frame : DataFrame
        One row per respondent, index "row" = row in the file as a spreadsheet shows it (headers = 1). Items are float64
        scores as answered (reverse items not yet keyed), NaN = no answer; other columns as read.
    instrument : Instrument, optional
        What was asked.
    reasons : DataFrame
        Same rows, items as columns: "" answered, "blank", "not_asked", "dont_know", "refused", "invalid".
    provenance : Provenance
        File, hash, reader, mapping and what else was recognised.
    notes : tuple of Note
        Every decision taken on the way.
    flow : tuple of FlowStep
        How many respondents came in and left, and why.
    exclusions : DataFrame
        Who left: row, rule, value.
    design : Design, optional
        Columns of weights, clusters and strata.
    simulated : bool
        True when nobody answered: the data were made by a simulation.
    linkage : Linkage, optional
        How the answers of partners were brought in as office means, where `link` did so.
    stated : DataFrame
        Cells that the file itself declares as no answer (user-missing values of SPSS, .a to .z of Stata, -99 of
        Qualtrics): row, column, value as in the file, reason, and the file's own word for it.
    matches : Matches
        Which column of the file was taken for which name, see `matching`.
    found : Problems
        What was wrong with the file and dealt with, see `problems`.
    """

    frame: pd.DataFrame
    instrument: Instrument | None = None
    reasons: pd.DataFrame = None  # None: blank wherever an item has no score
    provenance: Provenance = field(default_factory=Provenance)
    notes: tuple[Note, ...] = ()
    flow: tuple[FlowStep, ...] = ()
    exclusions: pd.DataFrame = field(default_factory=no_exclusions)
    design: Design | None = None
    simulated: bool = False
    linkage: Linkage | None = None
    stated: pd.DataFrame = field(default_factory=no_stated)
    matches: Matches = field(default_factory=Matches, repr=False)
    found: Problems = field(default_factory=Problems, repr=False)

    def __post_init__(self) -> None:
        frame = self.frame
        if not frame.columns.is_unique:
            twice = some(dict.fromkeys(frame.columns[frame.columns.duplicated()]))
            raise DataError(f"two columns share a name: {twice}. Rename or drop one of them.")
        if isinstance(frame.index, pd.MultiIndex):
            raise DataError("the rows have an index of several levels. Number them instead: frame.reset_index().")
        if not frame.index.is_unique:
            raise DataError("two respondents share a row number. Give the frame a unique index (frame.reset_index()).")
        frame = frame if frame.index.name == "row" else frame.rename_axis(index="row")
        names = self.instrument.item_names if self.instrument is not None else ()
        items = [n for n in names if n in frame.columns]
        reasons = self.reasons
        if reasons is None:
            blank = frame[items].isna().to_numpy()
            reasons = pd.DataFrame(np.where(blank, "blank", "").astype(object), frame.index, items, dtype="str")
        elif not reasons.index.equals(frame.index):
            raise DataError("reasons and frame must have the same rows.")
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "reasons", reasons)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the scale items present, in the order of the instrument; no attention checks."""
        if self.instrument is None:
            return tuple(self.reasons.columns)
        return tuple(n for n in self.instrument.item_names if n in self.frame.columns)

    @property
    def keyed(self) -> pd.DataFrame:
        """The frame with reverse items turned: smallest + largest score of the scale - answer."""
        if self.instrument is None:
            return self.frame
        turned = {}
        for name in self.items:
            item = self.instrument.item(name)
            if item.reverse:
                turned[name] = item.scale.min + item.scale.max - self.frame[name]
        return self.frame.assign(**turned)

    @property
    def asked(self) -> pd.DataFrame:
        """True where the item was put to the respondent, shape (rows, items)."""
        return self.reasons[list(self.items)] != "not_asked"

    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """Words per name and language, of answers to questions as "sex=female"; empty without an instrument."""
        if self.instrument is None:
            return {}
        asked = [q for q in self.instrument.demographics if q.name in self.frame.columns]
        choices = ((q.name, c) for q in asked if q.scale is not None for c in q.scale.choices)
        answers = {f"{name}={c.name}": c.label for name, c in choices}
        return {**self.instrument.labels, **answers}

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the columns that are no scale items."""
        items = set(self.items)
        return tuple(c for c in self.frame.columns if c not in items)

    def replace(self, **changes: Any) -> Responses:
        """Return a copy with some parts changed; a new frame without new reasons keeps the reasons of its rows."""
        frame = changes.get("frame")
        if frame is not None and "reasons" not in changes:
            columns = [c for c in self.reasons.columns if c in frame.columns]
            known = frame.index.isin(self.reasons.index).all()
            changes["reasons"] = self.reasons.loc[frame.index, columns] if known else None
        if frame is not None and "stated" not in changes:
            kept = self.stated["row"].isin(frame.index) & self.stated["column"].isin(frame.columns)
            changes["stated"] = self.stated[kept]
        return dataclasses.replace(self, **changes)

    def equals(self, other: object) -> bool:
        """Say whether the answers are the same: frame, reasons, keyed scores, instrument, design, simulated.

        Where they came from (provenance, notes, numbers of rows) is not compared: five exports of one survey are equal,
        although one has three rows of headers and another none.
        """
        return (
            isinstance(other, Responses)
            and _same(self.frame, other.frame)
            and _same(self.reasons, other.reasons)
            and _same(self.keyed, other.keyed)
            and getattr(self.instrument, "id", None) == getattr(other.instrument, "id", None)
            and self.design == other.design
            and self.simulated == other.simulated
        )

    @property
    def problems(self) -> pd.DataFrame:
        """What was wrong with the file and dealt with: row, column, item, value, problem, remedy."""
        return self.found.frame()

    def matching(self) -> pd.DataFrame:
        """Return which column was taken for which name, and how surely.

        Returns
        -------
        DataFrame
            One row per column of the file, then the names without a column: `name column position how score second_best
            second_score`, see `Match`.
        """
        return self.matches.frame()

    def write_mapping(self, path: str | Path) -> Path:
        """Write which column was taken for which name to a YAML file, for review and to repeat the import.

        ``read_responses(file, instrument, mapping=path)`` then reads the same file into equal answers, also when a
        later version recognises more, and says what has changed in another export.
        """
        return self.matches.write(path)

    def to_sav(
        self, path: str | Path, *, language: str | None = None, overwrite: bool = False, check: bool = True
    ) -> Written:
        """Write a file of SPSS, .sav or (smaller) .zsav.

        Codes with value labels, questions as labels, items as ordinal; reasons for no answer as numbers above the
        scale that are declared as missing: 96 not asked, 97 don't know, 98 refused, 99 no answer, or the scale's own.

        Parameters
        ----------
        path : path
            A new file; it is written as a whole or not at all.
        language : str, optional
            Of the labels; None is the default language of the instrument.
        overwrite : bool
            Whether an existing file is replaced.
        check : bool
            Whether the file is read back and compared with these answers, which takes as long as reading it.

        Returns
        -------
        Written
            The path, whether it was read back into equal answers, and notes on what was renamed, cut or lost.

        Raises
        ------
        OptionError
            When the file exists, or its name has another ending.
        DataError
            When it cannot be written.
        """
        from cgsurvey.responses.writers import write

        return write.to_sav(self, path, language=language, overwrite=overwrite, check=check)

    def to_dta(
        self, path: str | Path, *, language: str | None = None, overwrite: bool = False, check: bool = True
    ) -> Written:
        """Write a file of Stata 14 and later; arguments, result and errors as of `to_sav`.

        Reasons for no answer are the missing values .n (not asked), .d (don't know), .r (refused) and .b (blank).
        """
        from cgsurvey.responses.writers import write

        return write.to_dta(self, path, language=language, overwrite=overwrite, check=check)

    def to_csv(
        self,
        path: str | Path,
        *,
        answers: str = "codes",
        language: str | None = None,
        delimiter: str = ",",
        bom: bool = False,
        overwrite: bool = False,
        check: bool = True,
    ) -> Written:
        """Write delimited text in UTF-8; other arguments, result and errors as of `to_sav`.

        Reasons for no answer stand in the cells: the scale's own code, else "Not asked", "Don't know", "Refused";
        blank cells are blank. Texts that a spreadsheet would compute get an apostrophe, which reading takes off.

        Parameters
        ----------
        path : path
        answers : {"codes", "labels"}
            What stands in the cells of items and questions with one answer.
        language : str, optional
            Of labels and reasons.
        delimiter : {",", ";", tab}
        bom : bool
            Whether the file begins with the mark by which Excel recognises UTF-8.
        overwrite, check : bool
        """
        from cgsurvey.responses.writers import write

        return write.to_csv(
            self,
            path,
            answers=answers,
            language=language,
            delimiter=delimiter,
            bom=bom,
            overwrite=overwrite,
            check=check,
        )

    def to_excel(
        self,
        path: str | Path,
        *,
        answers: str = "codes",
        language: str | None = None,
        overwrite: bool = False,
        check: bool = True,
    ) -> Written:
        """Write a workbook of the sheets answers, labels, notes without formulas; arguments as of `to_csv`."""
        from cgsurvey.responses.writers import write

        return write.to_excel(self, path, answers=answers, language=language, overwrite=overwrite, check=check)

    def to_parquet(
        self, path: str | Path, *, language: str | None = None, overwrite: bool = False, check: bool = True
    ) -> Written:
        """Write parquet; arguments, result and errors as of `to_sav`.

        Codes as numbers, reasons beside blank in columns of their own ("reason.<item>"), labels in the metadata
        under "cgsurvey".
        """
        from cgsurvey.responses.writers import write

        return write.to_parquet(self, path, language=language, overwrite=overwrite, check=check)

    @property
    def language(self) -> str:
        """The language in which the answers speak of themselves: of the labels in the file, else of the instrument.

        Of an instrument in both languages, read from codes, it is English.
        """
        spoken: tuple[str, ...] = (self.provenance.language,) if self.provenance.language else ()
        if not spoken and self.instrument is not None:
            spoken = tuple(self.instrument.languages)
        return "id" if spoken == ("id",) else "en"

    def describe_import(self, language: str | None = None) -> pd.DataFrame:
        """Return what was read and decided, one fact a row: `step`, `value`.

        Parameters
        ----------
        language : {"en", "id"}, optional
            Default: `language` of the answers.
        """
        from cgsurvey.responses.importing.facts import import_facts

        return import_facts(self, language or self.language)

    def __repr__(self) -> str:
        name = self.instrument.id if self.instrument is not None else "no instrument"
        flag = ", simulated" if self.simulated else ""
        file = self.provenance.file or "frame"
        return f"<Responses {file}: {len(self)} respondents, {len(self.items)} items of {name}{flag}>"

    def _repr_html_(self) -> str:
        """Show in a notebook what was read; no answers, so that a shared notebook gives nobody away."""
        facts = self.describe_import().set_index("step").rename_axis(None)  # its rows have headings
        table = facts.to_html(header=False, border=0)
        simulated, head = "Simulated data.", repr(self).strip("<>")
        if self.language == "id":
            name = self.instrument.id if self.instrument is not None else "tanpa instrumen"
            file = self.provenance.file or "tabel"
            simulated, head = "Data simulasi.", f"{file}: {len(self)} responden, {len(self.items)} butir {name}"
        flag = f"<p><em>{simulated}</em></p>" if self.simulated else ""
        return f"<div><strong>{escape(head)}</strong>{flag}{table}</div>"


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.reset_index(drop=True).equals(other.reset_index(drop=True))
