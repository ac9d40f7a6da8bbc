"""A field file becomes `Responses`: open, match columns, decode answers, tell "not asked" from "no answer"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.data import read_yaml, shipped
from cgsurvey.base.errors import DataError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.responses import several
from cgsurvey.responses.decoders import Decoders
from cgsurvey.responses.decoding import Decoder, decode, no_answer, unsteady
from cgsurvey.responses.design import Design
from cgsurvey.responses.mapping import Mapped, Plan, read_mapping
from cgsurvey.responses.matching import Matching, map_columns, match
from cgsurvey.responses.privacy import SALT_LENGTH, Discretion
from cgsurvey.responses.problems import Problems
from cgsurvey.responses.readers import SOURCES, RawTable, Request, open_table
from cgsurvey.responses.responses import REASONS, FlowStep, Provenance, Responses, no_stated
from cgsurvey.responses.vocabulary import Vocabulary
from cgsurvey.responses.words import number, plain, quantities, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument, Item

_NUMBERS = ("integer", "number")
_LOOKED_AT = 500  # different texts of a column by which language and set of words are told
_TOLD = 200  # different texts of one column that are told one by one
_BLANK = ("", "na", "n/a", "#n/a", "nan", "null", "<na>")


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
        True for data that nobody answered.
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
    reading = _Reading(
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
        notes.append(_no_answers(table))
    kinds: dict[str, str] = {} if asked is None else {q.name: q.type for q in asked.demographics}
    kept, places, aside = _others(table, matching, questions, kinds, discretion, notes)
    others, comma = _typed(kept, kinds, declared if asked is None else {}, notes, problems, table.rows)
    index = pd.Index(table.rows, name="row")
    frame = pd.DataFrame(scores | others, index=index, copy=False)
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
        simulated=simulated,
        stated=_stated_cells(table, places),
        matches=matches,
        found=problems,
    )


def load_sample(name: str = "same") -> Responses:
    """Load the simulated sample data that ship with the package.

    Parameters
    ----------
    name : {"same", "partners", "users"}
        "same": every respondent rated governance and service. "partners" and "users": a pair of files, linked by
        office (see `link`).

    Returns
    -------
    Responses
        With weights and clusters declared and `simulated` True.
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


@dataclass
class _Reading:
    """What decoding of all columns of one file shares."""

    table: RawTable
    instrument: Instrument | None
    missing: Mapping[str, str]
    aliases: Mapping[str, str]
    language: str | None
    problems: Problems

    def __post_init__(self) -> None:
        self.notes: list[Note] = []
        self.spoken = self.language or ""
        self.over: dict[str, set[str]] = {}

    def items(
        self, matching: Matching
    ) -> tuple[dict[str, np.ndarray], dict[str, pd.api.extensions.ExtensionArray], str]:
        """Return scores and reasons by item in the order of the instrument, and the language of the labels."""
        if self.instrument is None:
            return {}, {}, ""
        present = [i for i in self.instrument.items if i.name in matching.columns]
        cells = {i.name: self._cells(i.name, matching) for i in present}
        self._check_aliases(present)
        texts = {name: pd.unique(column)[:_LOOKED_AT] for name, column in cells.items()}
        self.spoken, heard = self._listen(present, texts)
        headers = {i.name: self.table.headers[matching.columns[i.name][0]] for i in present}
        decoders = Decoders(
            present,
            texts,
            {i.name: self._labelled(matching.columns[i.name]) for i in present},
            headers,
            missing=self.missing,
            aliases=self.aliases,
            language=self.spoken,
            problems=self.problems,
        )
        counts: dict[str, Counter[str]] = {}
        scores, reasons = {}, {}
        for item in present:
            key, decoder = item.scale.name, decoders[item.name]
            stated = self._stated(matching.columns[item.name], decoder) | decoders.silent[item.name]
            answers, reason = _set_apart(cells[item.name], stated)
            done = decode(answers, self.table.rows, decoder, self.problems, item=item.name, column=headers[item.name])
            scores[item.name] = done.scores
            reasons[item.name] = done.reasons
            if stated:
                reasons[item.name] = pd.array(np.where(reason == "", done.reasons, reason), dtype="str")
            counts.setdefault(key, Counter()).update(done.counts)
        for decoder in decoders.bases:
            self._check_words(decoder, counts[decoder.scale.name])
        self.notes += [*decoders.notes, *decoders.words_for_none(counts)]
        for scale, codes in self.over.items():
            self.notes.append(note("responses.stated_over_score", codes=some(sorted(codes)), scale=scale))
        return scores, reasons, heard

    def _stated(self, positions: tuple[int, ...], decoder: Decoder) -> dict[str, str]:
        """Return the texts that the file declares as no answer, to their reasons.

        What the caller declares, and an answer without score that the scale itself knows, say more than the file.
        """
        stated: dict[str, str] = {}
        for j in positions:
            for text, reason in self.table.reasons.get(j, {}).items():
                known = Decoder(decoder.scale, decoder.missing).read(text)
                if known.reason in ("", "invalid", "blank") and plain(text) not in decoder.missing:
                    stated[text] = reason
                if known.reason == "":
                    self.over.setdefault(decoder.scale.name, set()).add(text)
        return stated

    def _labelled(self, positions: tuple[int, ...]) -> list[tuple[str, str]]:
        return [pair for j in positions for pair in self.table.values.get(j, {}).items()]

    def _declared(self, positions: tuple[int, ...]) -> dict[str, str]:
        return {text: reason for j in positions for text, reason in self.table.reasons.get(j, {}).items()}

    def _cells(self, name: str, matching: Matching) -> np.ndarray:
        """Return the cells of a name; joined columns must not contradict each other."""
        first, *more = matching.columns[name]
        cells = self.table.cells[first]
        nothing = {"", *self.table.reasons.get(first, {})}
        for j in more:
            other = self.table.cells[j]
            beside = {"", *self.table.reasons.get(j, {})}
            blank = np.array([c.strip() in nothing for c in cells])
            filled = np.array([c.strip() not in beside for c in other])
            clash = ~blank & filled & (cells != other)
            if clash.any():
                self.problems.add(
                    "joined_clash",
                    item=name,
                    column=self.table.headers[first],
                    error=DataError,
                    first=first + 1,
                    second=j + 1,
                    n=int(clash.sum()),
                    at=tuple(self.table.rows[clash].tolist()),
                )
            cells = np.where(blank & (filled | (cells == "")), other, cells)
            nothing |= beside
        if more:
            self.notes.append(note("responses.joined", item=name, n=len(more) + 1))
        return cells

    def _check_aliases(self, items: list[Item]) -> None:
        known = {c.name for i in items for c in i.scale.choices}
        wrong = {k: v for k, v in self.aliases.items() if v not in known}
        if wrong and known:
            named = ", ".join(f"'{k}': '{v}'{did_you_mean(v, known)}" for k, v in wrong.items())
            raise OptionError(f"aliases name choices that no scale has: {named}. Choices: {some(sorted(known), 12)}.")

    def _listen(self, items: list[Item], texts: Mapping[str, np.ndarray]) -> tuple[str, str]:
        """Return the language that decides, and the language in which labels were seen ("" for codes)."""
        seen: Counter[str] = Counter()
        only: Counter[str] = Counter()
        known: dict[tuple[str, str], tuple[str, ...]] = {}
        listeners: dict[str, Decoder] = {}
        for item in items:
            listener = listeners.setdefault(item.scale.name, Decoder(item.scale))
            for text in texts[item.name]:
                key = (item.scale.name, text)
                if key not in known:
                    known[key] = listener.languages(text)
                    seen.update(known[key])
                    only.update(known[key] if len(known[key]) == 1 else ())
        if not seen:
            return self.spoken, ""
        default = self.instrument.default_language if self.instrument is not None else ""
        best = max(seen, key=lambda k: (seen[k], k == default))
        others = sorted(only.keys() - {self.spoken or best})
        if others:
            self.notes.append(note("responses.other_language", main=self.spoken or best, others=", ".join(others)))
        return self.spoken or best, best

    def _check_words(self, decoder: Decoder, counts: Mapping[str, int]) -> None:
        fault = unsteady(decoder, counts)
        if fault:
            code, values = fault
            self.problems.add(code, column=decoder.scale.name, scale=decoder.scale.name, **values)
        over = [k for k in self.missing if k in counts and k in decoder.names and self._scored(decoder, k)]
        if over:
            self.notes.append(note("responses.code_over_score", codes=some(sorted(over)), scale=decoder.scale.name))

    @staticmethod
    def _scored(decoder: Decoder, code: str) -> bool:
        return decoder.scale.choices[decoder.names[code]].score is not None

    def questions(self, matching: Matching) -> dict[str, np.ndarray]:
        """Return the answers to questions about the respondent; labels of choices become their names."""
        if self.instrument is None:
            return {n: _set_apart(self._cells(n, matching), self._declared(p))[0] for n, p in matching.columns.items()}
        out = {}
        known = {q.name: q for q in self.instrument.demographics}
        items = {i.name for i in self.instrument.items}
        for name in (*known, *(n for n in matching.columns if n not in known and n not in items)):
            if name not in matching.columns:
                continue
            cells, _ = _set_apart(self._cells(name, matching), self._declared(matching.columns[name]))
            scale = known[name].scale if name in known else None
            if scale is not None and known[name].type == "one":
                cells = self._names(name, cells, Decoder(scale, {}, {}, self.spoken))
            elif scale is not None:
                cells = self._chosen(name, matching.columns[name], cells, Decoder(scale, {}, {}, self.spoken))
            out[name] = cells
        return out

    def _chosen(self, name: str, positions: tuple[int, ...], cells: np.ndarray, decoder: Decoder) -> np.ndarray:
        """Return the names of several chosen answers, from their yes/no columns where the file has them."""
        parts = self.table.choices.get(positions[0]) if len(positions) == 1 else None
        if parts:
            return several.by_columns({words: self.table.cells[j] for words, j in parts.items()}, decoder)
        texts, strange = several.by_text(cells, decoder)
        if strange.any():
            kinds = len(pd.unique(cells[strange]))
            self.notes.append(note("responses.other_answers", question=name, n=int(strange.sum()), kinds=kinds))
        return texts

    def _names(self, name: str, cells: np.ndarray, decoder: Decoder) -> np.ndarray:
        codes, texts = pd.factorize(cells)
        read = [decoder.read(t) for t in texts]
        names = [decoder.scale.choices[c.choice].name if c.choice >= 0 else t for c, t in zip(read, texts, strict=True)]
        foreign = np.array([c.choice < 0 and c.reason != "blank" for c in read], dtype=bool)
        if foreign.any():
            self.notes.append(
                note("responses.other_answers", question=name, n=int(foreign[codes].sum()), kinds=int(foreign.sum()))
            )
            for k in np.flatnonzero(foreign)[:_TOLD]:
                rows, value = self.table.rows[codes == k], str(texts[k])
                self.problems.add("other_answer", item=name, column=name, value=value, rows=rows, level="warning")
        return np.array(names, dtype=object)[codes]


def _stated_cells(table: RawTable, places: Mapping[str, int]) -> pd.DataFrame:
    """Return the cells that the file declares as no answer: row, column, value, reason, the file's own word."""
    parts = []
    for name, j in places.items():
        stated = table.reasons.get(j)
        if stated:
            _, reasons = _set_apart(table.cells[j], stated)
            at = reasons != ""
            values = [c.strip() for c in table.cells[j][at]]
            words = [table.values.get(j, {}).get(v, "") for v in values]
            parts.append(
                pd.DataFrame(
                    {"row": table.rows[at], "column": name, "value": values, "reason": reasons[at], "word": words}
                )
            )
    return no_stated() if not parts else pd.concat([no_stated(), *parts], ignore_index=True).astype(no_stated().dtypes)


def _no_answers(table: RawTable) -> Note:
    counts: Counter[str] = Counter()
    for j, stated in table.reasons.items():
        counts.update(r for r in _set_apart(table.cells[j], stated)[1] if r)
    listed = ", ".join(f"{counts[r]} {r}" for r in REASONS if counts[r])
    return note("responses.stated_missing", n=counts.total(), columns=len(table.reasons), reasons=listed or "0")


def _set_apart(cells: np.ndarray, stated: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells without those that the file declares as no answer, and the reasons of these, shape (n,)."""
    if not stated:
        return cells, np.full(len(cells), "", dtype=object)
    codes, texts = pd.factorize(cells)
    reasons = np.array([stated.get(t.strip(), "") for t in texts], dtype=object)[codes]
    return np.where(reasons == "", cells, ""), reasons


def _unmatched(table: RawTable, wanted: Plan, problems: Problems) -> Matching:
    columns, how = map_columns(table, wanted, problems)
    taken = {j for p in columns.values() for j in p}
    return Matching(columns, how, tuple(j for j in range(len(table.headers)) if j not in taken))


def _others(
    table: RawTable,
    matching: Matching,
    questions: Mapping[str, np.ndarray],
    kinds: dict[str, str],
    discretion: Discretion,
    notes: list[Note],
) -> tuple[dict[str, np.ndarray], dict[str, int], tuple[int, ...]]:
    """Return the columns beside the items under unique names, where each name stands, and what was left behind.

    Questions of the instrument that ask for text are looked at like columns that it does not know. Pseudonyms are
    entered in `kinds` as text.
    """
    out: dict[str, np.ndarray] = {}
    places = {name: p[0] for name, p in matching.columns.items() if name not in questions}
    done: dict[str, list[int]] = {"drop": [], "hash": [], "text": []}
    twice = []

    def keep(name: str, j: int, cells: np.ndarray) -> None:
        verdict = discretion.of(table.headers[j], cells, table.labels.get(j, ""))
        if verdict != "keep":
            done[verdict].append(j)
        if verdict == "hash":
            kinds[name] = "text"
        elif verdict == "keep":  # of what is left behind, neither labels nor stated reasons are kept
            places[name] = j
        if verdict in ("keep", "hash"):
            out[name] = discretion.hashed(cells) if verdict == "hash" else cells

    for name, cells in questions.items():
        if kinds.get(name) == "text":
            keep(name, matching.columns[name][0], cells)
        else:
            out[name] = cells
            places[name] = matching.columns[name][0]
    used = set(matching.columns)
    for j in matching.unmatched:
        header, k = table.headers[j], 1
        name = header
        while name in used:
            k += 1
            name = f"{header} ({k})"
        keep(name, j, _set_apart(table.cells[j], table.reasons.get(j, {}))[0])
        if name in out:
            used.add(name)
            twice += [name] if k > 1 else []
    for verdict, code in (("drop", "personal"), ("hash", "personal_hashed"), ("text", "free_text")):
        if done[verdict]:
            shown = some([f"'{short(table.headers[j])}'" for j in done[verdict]], 40)
            notes.append(note(f"responses.{code}", n=len(done[verdict]), columns=shown))
    if done["hash"] and len(discretion.salt or "") < SALT_LENGTH:
        notes.append(note("responses.salt_short", length=SALT_LENGTH))
    if twice:
        notes.append(note("responses.same_header", columns=some([f"'{short(t)}'" for t in twice], 8)))
    return out, places, tuple(sorted(done["drop"] + done["text"]))


def _check_design(design: Design, frame: pd.DataFrame, dropped: tuple[str, ...], where: str) -> None:
    lost = [c for c in (design.weights, design.cluster, design.strata, design.fpc) if c in set(dropped)]
    if lost:
        raise DataError(
            f"{where}: column '{lost[0]}' of the design looks like personal data and was left behind. "
            "personal='hash', salt='...' keeps it as a pseudonym that tells its groups apart."
        )
    design.check(frame.columns, where)


def _typed(
    columns: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
    missing: Mapping[str, str],
    notes: list[Note],
    problems: Problems,
    rows: np.ndarray,
) -> tuple[dict[str, np.ndarray | pd.api.extensions.ExtensionArray], bool]:
    """Turn columns of numbers into numbers, the rest into text, blanks into NaN; say whether decimal commas were met.

    Questions have the kind that the instrument gives them; other columns are numbers where every cell is one.
    """
    out: dict[str, np.ndarray | pd.api.extensions.ExtensionArray] = {}
    comma, hidden = [], 0
    for name, cells in columns.items():
        codes, found = pd.factorize(cells)
        texts = [t.strip() for t in found]
        blank = np.array([t.casefold() in _BLANK for t in texts])
        kind = kinds.get(name)
        read, changed = (
            quantities(texts, whole=kind == "integer") if kind in _NUMBERS else (list(map(number, texts)), 0)
        )
        values = [np.nan if b else v for v, b in zip(read, blank, strict=True)]
        strange = np.array([v is None for v in values])
        if changed and not strange.any():
            bare = np.array([number(t) != v for t, v in zip(texts, read, strict=True)])
            notes.append(note("responses.units", question=name, n=int(bare[codes].sum())))
        if kind in _NUMBERS and strange.any():
            notes.append(note("responses.not_numbers", question=name, n=int(strange[codes].sum())))
            for k in np.flatnonzero(strange)[:_TOLD]:
                at = rows[codes == k]
                problems.add("no_number", item=name, column=name, value=texts[k], rows=at, level="warning")
        # 0812 and numbers of 16 digits are names, not quantities.
        coded = any(t.isdigit() and (len(t) > 15 or (len(t) > 1 and t[0] == "0")) for t in texts)
        as_text = coded or blank.all() if kind is None else kind not in _NUMBERS
        if as_text or strange.any():
            words = np.array([t or np.nan for t in texts], dtype=object)
            out[name] = pd.array(words[codes], dtype="str")
            continue
        if any("," in t and number(t) == v for t, v in zip(texts, values, strict=True)):
            comma.append(name)
        gone = np.array([not b and f"{v:g}" in missing for v, b in zip(values, blank, strict=True)], dtype=bool)
        hidden += int(gone[codes].sum())
        numbers = np.where(gone, np.nan, np.array(values, dtype=float))[codes]
        whole = not np.isnan(numbers).any() and (numbers == np.round(numbers)).all() and np.abs(numbers).max() < 2**53
        out[name] = numbers.astype("int64") if whole else numbers
    if comma:
        notes.append(note("responses.decimal_comma", columns=some(comma, 20)))
    if hidden:
        notes.append(note("responses.codes_hidden", n=hidden, codes=some(sorted(missing))))
    return out, bool(comma)


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
        for value in strange[:_TOLD]:
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
