"""A field file becomes `Responses`: open, match columns, decode answers, tell "not asked" from "no answer"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.data import read_yaml, shipped
from cgsurvey.base.errors import DataError, OptionError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.responses.design import Design
from cgsurvey.responses.importing.columns import TOLD, others, typed
from cgsurvey.responses.importing.decoding import no_answer
from cgsurvey.responses.importing.mapping import Mapped, Plan, read_mapping
from cgsurvey.responses.importing.matching import Matching, map_columns, match
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.importing.reading import Reading
from cgsurvey.responses.importing.stated import no_answers, stated_cells
from cgsurvey.responses.importing.vocabulary import Vocabulary
from cgsurvey.responses.privacy import Discretion
from cgsurvey.responses.readers import SOURCES, RawTable, Request, open_table
from cgsurvey.responses.responses import FlowStep, Provenance, Responses
from cgsurvey.responses.words import plain, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument


def read_responses(
    path_or_frame: str | Path | pd.DataFrame,
    instrument: Instrument | str | Path | None = None,
    *,
    source: str = "auto",
    language: str | None = None,
    missing_codes: Mapping[object, str] | Iterable[object] = (),
    mapping: Mapped | str | Path | None = None,
    sheet: str | int | None = None,
    aliases: Mapping[str, str] | None = None,
    missing_items: str = "error",
    personal: str = "drop",
    salt: str | None = None,
    free_text: str = "keep",
    design: Design | None = None,
    simulated: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
    repeat: str | None = None,
    structure: str | Path | None = None,
    day_first: bool | None = None,
) -> Responses:
    """Read a field file.

    Headers may be item names, names with a group before them (``group/name``, ``group-name``), or the questions in any
    language of the instrument. Cells may be codes, scores or labels in any language. What was recognised, guessed, left
    out or dropped stands in the notes and the provenance of the result.

    Parameters
    ----------
    path_or_frame : path or DataFrame
        Text of any delimiter and encoding, xlsx, xls, ods, parquet, SPSS (sav, zsav, por), Stata (dta), a zip of
        exports; or a data frame.
    instrument : Instrument, str or path, optional
        What was asked: an instrument, its name in the bank, or its file. Without it all columns are kept as read,
        columns of numbers as numbers, and nothing is decoded.
    source : {"auto", "kobo", "odk", "google_forms", "limesurvey", "qualtrics", "redcap", "spss", "stata", "table"}
        The program that wrote the file; "auto" recognises it, and the provenance says by what.
    language : str, optional
        Language in which the cells are expected to be; None recognises it. Labels of another language are read all the
        same, and noted.
    missing_codes : iterable or mapping
        Codes for "no answer" beside those of the scales: [99], or with a reason {98: "dont_know", 99: "refused"}.
    mapping : mapping or path, optional
        Column of an item (or of any other name that the column shall get): its header, its position counted from 1,
        or a list of both where versions of a form are to be joined. A path names a YAML file of the same form, or one
        that `Responses.write_mapping` wrote: then no other column that it knows is matched, and what has changed in the
        file is noted.
    sheet : str or int, optional
        Sheet of a workbook, by name or position counted from 1.
    aliases : mapping, optional
        What further words in cells mean: {"Agak setuju": "3"} (name of the choice).
    missing_items : {"error", "allow"}
        What a missing item of a block that is otherwise there is. A block that is absent as a whole was not asked in
        this file, which is noted.
    personal : {"drop", "hash", "keep"}
        Whether columns that say who somebody is (names, e-mails, phones, identity numbers, IP addresses, positions,
        dates of birth, signatures, files) are left behind, replaced by pseudonyms, or kept.
    salt : str, optional
        Key of the pseudonyms (HMAC-SHA256): the same text and salt give the same pseudonym in every file. Needed for
        "hash" and stored nowhere.
    free_text : {"keep", "drop"}
        Whether columns of sentences beside the instrument are left behind: people name themselves and others in them.
    design : Design, optional
        Columns of weights, clusters and strata.
    simulated : bool
        True for data that nobody answered; files that this package wrote say so themselves where their format can.
    encoding, delimiter, header_row
        Overrule what is recognised.
    repeat : str, optional
        A repeated group of Kobo or ODK: one row per entry of the group, with the answers of its submission.
    structure : path, optional
        The file that describes the answers: the syntax file for R, .lss or tab-separated structure of LimeSurvey, the
        data dictionary of REDCap. Where it lies beside the answers under the name of its export, it is found.
    day_first : bool, optional
        Whether the day stands before the month in time stamps of Google Forms; None decides by the dates themselves.

    Returns
    -------
    Responses
        One row per submission; see `Responses.describe_import`.

    Raises
    ------
    DataError
        When the file cannot be read or two columns hold one item.
    ColumnNotFoundError
        When items or mapped columns are missing.
    CodingError
        When cells do not belong to the scale of their item.

    Notes
    -----
    All problems of a file come in one error; its `problems` is a DataFrame with row, column, item, value, problem and
    remedy of each.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.read_responses("export.csv", "cgsurvey_core")  # doctest: +SKIP
    >>> answers.describe_import()  # doctest: +SKIP
    """
    choose("source", source, SOURCES)
    choose("missing_items", missing_items, ("error", "allow"))
    discretion = Discretion(personal, salt, free_text)
    asked = _instrument(instrument)
    if asked is not None and language is not None:
        choose("language", language, asked.languages)
    declared = no_answer(missing_codes)
    wanted = read_mapping(mapping)
    table = open_table(
        path_or_frame,
        Request(
            source=source,
            sheet=sheet,
            repeat=repeat,
            encoding=encoding,
            delimiter=delimiter,
            header_row=header_row,
            structure=None if structure is None else Path(structure),
            day_first=day_first,
            score=None if asked is None else Vocabulary(asked).score,
        ),
    )
    problems = Problems(table.named)
    notes = [*(asked.notes if asked is not None else ()), *table.notes]
    reading = Reading(
        table, asked, declared, {plain(k): str(v) for k, v in (aliases or {}).items()}, language, problems
    )
    if asked is None:
        matching = _unmatched(table, wanted, problems)
    else:
        matching = match(table, asked, wanted, missing_items, problems)
    notes += matching.notes
    scores, reasons, words = reading.items(matching)
    questions = reading.questions(matching)
    notes += reading.notes
    if table.reasons:
        notes.append(no_answers(table))
    kinds: dict[str, str] = {} if asked is None else {q.name: q.type for q in asked.demographics}
    kept, places, aside = others(table, matching, questions, kinds, discretion, notes)
    beside, comma = typed(kept, kinds, declared if asked is None else {}, notes, problems, table.rows)
    index = pd.Index(table.rows, name="row")
    frame = pd.DataFrame(scores | beside, index=index, copy=False)
    why_none = pd.DataFrame({k: v for k, v in reasons.items() if k in _item_names(asked)}, index=index, dtype="str")
    if asked is not None:
        why_none = _not_asked(asked, frame, why_none, notes, problems)
        _look_over(asked, frame, why_none, notes)
    dropped = tuple(table.headers[j] for j in aside)
    matches = matching.listed(table, "" if asked is None else f"{asked.id} {asked.version}", aside)
    problems.raise_any(matches, notes)
    if design is not None:
        _check_design(design, frame, dropped, table.named)
    return Responses(
        frame=frame,
        instrument=asked,
        reasons=why_none,
        provenance=Provenance(
            file=table.file,
            sha256=table.sha256,
            reader=table.reader,
            source=table.source,
            source_why=table.source_why,
            sheet=table.sheet,
            encoding=table.encoding,
            delimiter=table.delimiter,
            decimal="," if comma else ".",
            language=words,
            header_row=table.header_row,
            rows_read=len(table.rows),
            columns_read=len(table.headers),
            mapping={n: " + ".join(table.headers[j] for j in p) for n, p in matching.columns.items()},
            matched_by=dict(matching.how),
            unmatched=tuple(table.headers[j] for j in matching.unmatched),
            dropped=dropped,
            labels={n: table.labels[j] for n, j in places.items() if j in table.labels},
            values={n: dict(table.values[j]) for n, j in places.items() if j in table.values},
        ),
        notes=tuple(notes),
        flow=(FlowStep("read", len(table.rows), 0),),
        design=design,
        simulated=simulated or table.simulated,
        stated=stated_cells(table, places),
        matches=matches,
        found=problems,
    )


def load_sample(name: str = "same") -> Responses:
    """Load the simulated sample data that ship with the package.

    Parameters
    ----------
    name : {"same", "partners", "users", "expectations", "partnership"}
        "same": every respondent rated governance and service. "partners" and "users": a pair of files, linked by
        office (see `link`). "expectations": users who rated a service, said what they expect and what is important to
        them, over three periods. "partnership": eight organisations in three forums who rate one another and their
        forum (see `exchange`, `ladder`, `criteria`, `forms`, `challenges`, `harms`).

    Returns
    -------
    Responses
        With weights and clusters declared and `simulated` True.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.load_sample()
    <Responses same.csv: 600 respondents, 132 items of cgsurvey_core, simulated>
    """
    folder = shipped("sample")
    manifest = folder / "sample.yaml"
    if not manifest.is_file():
        raise DataError("the sample data are not installed with the package. Install cgsurvey again.")
    samples = read_yaml(manifest)
    entry = samples[choose("name", name, samples)]
    return read_responses(
        folder / entry["file"],
        entry["instrument"],
        mapping=entry.get("mapping"),
        sheet=entry.get("sheet"),
        design=Design(**{k: entry[k] for k in ("weights", "cluster", "strata", "fpc") if entry.get(k)}),
        simulated=bool(entry.get("simulated", True)),
    )


def _instrument(given: Instrument | str | Path | None) -> Instrument | None:
    if given is None:
        return None
    from cgsurvey.instrument import Instrument, load_instrument

    if isinstance(given, str | Path):
        return load_instrument(given)
    if isinstance(given, Instrument):
        return given
    raise OptionError(
        f"instrument must be an Instrument, its name in the bank or a path, not {type(given).__name__}. "
        "cg.list_instruments() shows the bank."
    )


def _item_names(instrument: Instrument | None) -> set[str]:
    return set() if instrument is None else set(instrument.item_names)


def _unmatched(table: RawTable, wanted: Plan, problems: Problems) -> Matching:
    columns, how = map_columns(table, wanted, problems)
    taken = {j for p in columns.values() for j in p}
    return Matching(columns, how, tuple(j for j in range(len(table.headers)) if j not in taken))


def _check_design(design: Design, frame: pd.DataFrame, dropped: tuple[str, ...], where: str) -> None:
    lost = [c for c in design.columns if c in set(dropped)]
    if lost:
        raise DataError(
            f"{where}: column '{lost[0]}' of the design looks like personal data and was left behind. "
            "personal='hash', salt='...' keeps it as a pseudonym that tells its groups apart."
        )
    design.check(frame.columns, where)


def _not_asked(
    instrument: Instrument, frame: pd.DataFrame, reasons: pd.DataFrame, notes: list[Note], problems: Problems
) -> pd.DataFrame:
    """Tell items that a role is not asked from items left blank."""
    sides = {i.name: i.respondent for i in instrument.items if i.name in reasons.columns}
    kinds = {s for s in sides.values() if s is not None}
    roles = instrument.roles
    if roles is None or not kinds:
        return reasons
    if roles.column not in frame.columns:
        blocks = [reasons[[n for n, side in sides.items() if side == kind]].eq("blank").all(axis=1) for kind in kinds]
        one_sided = int(sum(b.astype(int) for b in blocks).eq(1).sum()) if len(kinds) > 1 else 0
        if one_sided:
            notes.append(note("responses.no_role_column", column=roles.column, n=one_sided))
        return reasons
    told = frame[roles.column].astype("str").fillna("")
    known = {v: roles.of(str(v)) for v in told.unique()}
    strange = [str(v) for v, r in known.items() if not r]
    if strange:
        rows = int(told.isin(strange).sum())
        for value in strange[:TOLD]:
            at = told.index[told == value].to_numpy()
            problems.add("unknown_role", item=roles.column, column=roles.column, value=value, rows=at, level="warning")
        notes.append(
            note(
                "responses.unknown_role",
                n=rows,
                column=roles.column,
                values=some([repr(short(s)) for s in sorted(strange)], 10),
            )
        )
    out = reasons.copy()
    beside = 0
    for side in sorted(kinds):
        outside = np.array([bool(known[v]) and side not in known[v] for v in told], dtype=bool)
        names = [n for n, s in sides.items() if s == side]
        block = out.loc[outside, names]
        given = block == ""
        beside += int(given.to_numpy().sum())
        for name in names if given.to_numpy().any() else ():
            rows = block.index[given[name]].to_numpy()
            if len(rows):
                problems.add("not_asked_answered", item=name, column=name, rows=rows, level="warning", role=side)
        out.loc[outside, names] = block.mask(block == "blank", "not_asked")
    if beside:
        notes.append(note("responses.answered_though_not_asked", n=beside))
    return out


def _look_over(instrument: Instrument, frame: pd.DataFrame, reasons: pd.DataFrame, notes: list[Note]) -> None:
    """Note what a reader must know of the answers as a whole."""
    names = list(reasons.columns)
    empty = [n for n in names if frame[n].isna().all() and (reasons[n] != "not_asked").any()]
    if empty:
        notes.append(note("responses.empty_items", n=len(empty), items=some(empty, 20)))
    unknown, refused = (int((reasons == r).to_numpy().sum()) for r in ("dont_know", "refused"))
    if unknown:
        notes.append(note("responses.dont_know", n=unknown))
    if refused:
        notes.append(note("responses.refused", n=refused))
