"""Forms for KoboToolbox and ODK read as instruments, by whomever they were made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cgsurvey.base.errors import InstrumentError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.instrument.check import NAME
from cgsurvey.instrument.check import Path as Place
from cgsurvey.instrument.files import plain_yaml, read_document
from cgsurvey.instrument.instrument import Instrument, tell
from cgsurvey.instrument.xlsform import SEPARATOR, SHEET
from cgsurvey.instrument.xlsform_rest import completed
from cgsurvey.instrument.xlsform_sheets import Row, Table, opened, table, yes

_SELECT = re.compile(
    r"^(?:add\s+)?(?P<kind>select[_ ]?(?:one|multiple)|select1|select all that apply)(?:\s+prompt using|\s+from)?\s+"
    r"(?P<list>\S+)(?P<other>\s+or[_ ](?:specify[_ ])?other)?$",
    re.IGNORECASE,
)
_TYPES = {
    "integer": "integer",
    "int": "integer",
    "decimal": "number",
    "range": "number",
    "text": "text",
    "string": "text",
    "date": "date",
    "datetime": "date",
}
_AS_TEXT = re.compile(r"^(time|barcode|acknowledge|trigger|rank\b.*|select.*)$")
_SYSTEM = re.compile(
    r"^(start|end|today|username|deviceid|device id|subscriberid|simserial|phonenumber|phone number|email|audit|"
    r"start-geopoint|background-audio|uri:.*)$"
)
_OTHER = {"id": "Lainnya", "en": "Other"}
_NO_ANSWER = {"77", "88", "97", "98", "99", "777", "888", "997", "998", "999", "-1", "-77", "-88", "-97", "-98", "-99"}
Document = dict[str, Any]


def read_xlsform(path: Path, language: str) -> Instrument:
    """Read a form; see `Instrument.from_xlsform`."""
    sheets = opened(path)
    told = told_by(sheets, stem=path.stem, language=language)
    if told.faults:
        raise InstrumentError(tell(f"form {path.name}", told.faults))
    document = told.document
    kept = next((rows for name, rows in sheets.items() if name.strip().casefold() == SHEET), None)
    if kept is not None:
        document = completed(document, plain_yaml("\n".join(str(r[0]) if r else "" for r in kept[1:]), path))
    return replace(read_document(document, path, told.lines), remarks=told.remarks())


def told_by(sheets: Mapping[str, Sequence[Sequence[Any]]], *, stem: str = "form", language: str = "en") -> Told:
    """Return what the sheets of a form tell."""
    tables = {name.strip().casefold(): table(rows, language) for name, rows in sheets.items()}
    if "survey" not in tables:
        wanted = "a form has a sheet 'survey', with the columns type, name and label"
        told = Told(stem)
        told.faults.append(f"{wanted}; the sheets are {some(sheets)}.{did_you_mean('survey', sheets)}")
        return told
    empty = Table([], [], (), ())
    return _Form(
        tables["survey"],
        tables.get("choices") or tables.get("choices and columns") or empty,
        next(iter(tables.get("settings", empty).rows), Row(2, {}, {})),
        language,
        Told(stem),
    ).told()


@dataclass
class Told:
    """What the sheets tell: a document as an instrument file holds it, the row of each part, and what was left out."""

    stem: str
    document: Document = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    noted: dict[str, list[str]] = field(default_factory=dict)

    def note(self, code: str, what: str) -> None:
        """Keep one thing to be told by the note of that code."""
        self.noted.setdefault(code, []).append(what)

    def remarks(self) -> tuple[Note, ...]:
        """Return the notes, one per kind."""
        return tuple(
            note(f"instrument.xlsform_{code}", what=some(dict.fromkeys(found), 12), n=len(dict.fromkeys(found)))
            for code, found in self.noted.items()
        )


@dataclass
class _Group:
    name: str
    label: dict[str, str]
    table_list: bool
    repeat: bool


@dataclass
class _Asked:
    """One row of the survey that asks something."""

    name: str
    row: Row
    kind: str
    list: str = ""
    group: _Group | None = None
    candidate: bool = False


@dataclass
class _Form:
    survey: Table
    choices: Table
    settings: Row
    language: str
    out: Told
    taken: set[str] = field(default_factory=set)
    lists: dict[str, list[Row]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def told(self) -> Told:
        missing = [c for c in ("type", "name") if c not in self.survey.header]
        if missing:
            self.out.faults.append(
                f"sheet survey, row 1: there is no column {some(missing)}; it has {some(self.survey.header)}."
            )
            return self.out
        for sheet in (self.survey, self.choices):
            for column in sheet.twice:
                self.out.note("twice", column)
        for row in self.choices.rows:
            if row.text("list_name") and row.text("name"):
                self.lists.setdefault(row.text("list_name"), []).append(row)
        asked = self.asked()
        spoken = self.languages(asked)
        id = self.free(self.settings.text("form_id") or self.out.stem, "instrument", reserve=False)
        title = self.settings.text("form_title") or self.settings.text("form_id") or self.out.stem
        scales = self.scales(asked, spoken)
        measured = [a for a in asked if a.candidate and "score" in str(scales.get(a.list, ""))]
        items = {a.name: self.item(a, id, spoken) for a in measured}
        questions = {a.name: self.question(a, id, spoken) for a in asked if a.name not in items}
        used = {a.list for a in asked if a.list}
        document: Document = {
            "id": id,
            "version": self.settings.text("version") or "1",
            "title": dict.fromkeys(spoken, title),
            "languages": list(spoken),
            "default_language": spoken[0],
            "status": "",
            "scales": {self.renamed.get(n, n): s for n, s in scales.items() if n in used},
            "questions": questions,
            "constructs": self.constructs(measured, spoken),
            "items": items,
        }
        self.out.document = {k: v for k, v in document.items() if k == "status" or v not in ("", {}, [])}
        self.out.lines |= {("items" if a.name in items else "questions", a.name): a.row.number for a in asked}
        return self.out

    # ---- survey --------------------------------------------------------------------------------------------------

    def asked(self) -> list[_Asked]:
        """Return the rows that ask something of the respondent, with the group they stand in."""
        out: list[_Asked] = []
        stack: list[_Group] = []
        for row in self.survey.rows:
            kind = " ".join(row.text("type").split())
            word = kind.lower().replace("_", " ")
            if not kind or yes(row.text("disabled")):
                if row.text("name") and not yes(row.text("disabled")):
                    self.out.note("dropped", f"{row.text('name')} (no type)")
            elif word.startswith("begin"):
                listed = "table-list" in row.text("appearance").lower()
                stack.append(_Group(row.text("name"), row.words, listed, "repeat" in word or "loop" in word))
            elif word.startswith("end "):
                if not stack:
                    self.out.faults.append(f"sheet survey, row {row.number}: '{kind}' ends a group that never began.")
                else:
                    stack.pop()
            elif any(g.repeat for g in stack):
                self.out.note("repeats", row.text("name"))
            else:
                out += self.one(row, kind, stack)
        if stack:
            self.out.faults.append(f"sheet survey: the group '{stack[-1].name}' has no end.")
        return out

    def one(self, row: Row, kind: str, stack: list[_Group]) -> list[_Asked]:
        """Return what a row asks: nothing, one thing, or a choice and the words for "other"."""
        lower = kind.lower()
        raw = row.text("name")
        if _SYSTEM.match(lower):
            return []
        selected = _SELECT.match(kind)
        plain = _TYPES.get(lower.split(" ")[0].split("[")[0])
        if not raw:
            self.out.faults.append(f"sheet survey, row {row.number}: a question of type '{kind}' has no name.")
            return []
        if not selected and plain is None and not _AS_TEXT.match(lower):
            self.out.note("dropped", f"{raw} ({lower.split(' ')[0]})")
            return []
        if not selected:
            if plain is None:
                self.out.note("as_text", f"{raw} ({lower.split(' ')[0]})")
            return [_Asked(self.free(raw, "q"), row, plain or "text")]
        name, listed = self.free(raw, "q"), selected["list"]
        if listed.startswith("${"):
            self.out.note("as_text", raw)
            return [_Asked(name, row, "text")]
        if listed not in self.lists:
            self.out.faults.append(
                f"sheet survey, row {row.number}: there is no list '{listed}' in the sheet choices."
                f"{did_you_mean(listed, self.lists)}"
            )
            return []
        many = "mult" in selected["kind"].lower() or "all" in selected["kind"].lower()
        group = stack[-1] if stack else None
        rated = (
            bool(row.text("construct"))
            or row.text("role") in ("item", "attention_check")
            or "likert" in row.text("appearance").lower()
            or any(g.table_list for g in stack)
        )
        if not selected["other"]:
            return [_Asked(name, row, "many" if many else "one", listed, group, rated and not many)]
        fuller = f"{listed}_or_other"
        if not any(r.text("name") == "other" for r in self.lists[listed]):
            words = {x: _OTHER.get(x, "Other") for x in self.choices.languages or self.survey.languages}
            other = Row(self.lists[listed][-1].number, {"list_name": fuller, "name": "other"}, words)
            self.lists.setdefault(fuller, [*self.lists[listed], other])
        else:
            self.lists.setdefault(fuller, self.lists[listed])
        said = replace(row, cells={**row.cells, "required": ""})
        return [
            _Asked(name, row, "many" if many else "one", fuller, group),
            _Asked(self.free(f"{raw}_other", "q"), said, "text"),
        ]

    def free(self, raw: str, stem: str, *, reserve: bool = True) -> str:
        """Return a name as instruments have them, not taken yet, and keep what was renamed."""
        name = re.sub(r"[^A-Za-z0-9_]", "_", raw)
        if not re.match(r"[A-Za-z]", name):
            name = f"{stem}_{name}"
        name, n = name[:32], 1
        while reserve and name.casefold() in self.taken:
            n += 1
            name = f"{name[: 31 - len(str(n))]}_{n}" if n == 2 else f"{name[: name.rindex('_')]}_{n}"
        if reserve:
            self.taken.add(name.casefold())
            if name != raw:
                self.out.note("renamed", f"{raw} = {name}")
        return name

    def languages(self, asked: Sequence[_Asked]) -> tuple[str, ...]:
        """Return the languages in which anything is asked, the default one first."""
        seen = [x for x in self.survey.languages if any(x in a.row.words for a in asked)] or [self.language]
        default = self.survey.code(self.settings.text("default_language")) or seen[0]
        return (default, *(x for x in seen if x != default)) if default in seen else tuple(seen)

    def words(self, words: Mapping[str, str], name: str, spoken: Sequence[str]) -> dict[str, str]:
        """Return words in all languages; another language stands in for one that is missing."""
        known = next((words[x] for x in spoken if x in words), name)
        for x in spoken:
            if x not in words:
                self.out.note("untranslated", f"{name} ({x})")
        return {x: words.get(x, known) for x in spoken}

    def item(self, a: _Asked, id: str, spoken: Sequence[str]) -> Document:
        row = a.row
        out: Document = {
            "label": self.words(row.words, a.name, spoken),
            "scale": self.renamed.get(a.list, a.list),
            "reverse": yes(row.text("reverse")),
            "role": "attention_check" if row.text("role") == "attention_check" else "",
            "expected": row.text("expected"),
            "respondent": row.text("respondent"),
            "block": self.block(row, id),
        }
        cited = row.text("source")
        sources = {"sources": cited.split(SEPARATOR) if cited else []} if "source" in self.survey.header else {}
        return {k: v for k, v in out.items() if v} | sources

    def question(self, a: _Asked, id: str, spoken: Sequence[str]) -> Document:
        out: Document = {
            "label": self.words(a.row.words, a.name, spoken),
            "scale": self.renamed.get(a.list, a.list),
            "respondent": a.row.text("respondent"),
            "optional": not yes(a.row.text("required")),
            "type": a.kind,
            "block": self.block(a.row, id),
        }
        return {k: v for k, v in out.items() if v}

    def block(self, row: Row, id: str) -> str:
        block = row.text("instrument")
        return block if block != id and NAME.match(block) else ""

    def constructs(self, measured: Sequence[_Asked], spoken: Sequence[str]) -> Document:
        """Return the constructs that the column names, or else one per group with rated statements."""
        out: Document = {}
        ids: dict[str, str] = {}
        for a in measured:
            if a.row.text("role") == "attention_check":
                continue
            raw, words = a.row.text("construct"), {}
            if "construct" not in self.survey.header and a.group is not None and a.group.name:
                raw, words = a.group.name, a.group.label
                self.out.note("constructs", raw)
            if not raw:
                continue
            if raw not in ids:
                ids[raw] = self.free(raw, "c")
                shown = raw.replace("_", " ").capitalize()
                out[ids[raw]] = {"label": {x: words.get(x, shown) for x in spoken}, "items": []}
            out[ids[raw]]["items"].append(a.name)
        return out

    # ---- choices -------------------------------------------------------------------------------------------------

    def scales(self, asked: Sequence[_Asked], spoken: Sequence[str]) -> dict[str, Document]:
        rated = {a.list for a in asked if a.candidate}
        likert = {a.list for a in asked if "likert" in a.row.text("appearance").lower()}
        names: set[str] = set()
        out = {}
        for listed in dict.fromkeys(a.list for a in asked if a.list):
            scale = self.scale(listed, spoken, guess=listed in rated)
            scored = any("score" in c for c in scale["choices"].values())
            scale["type"] = ("likert" if listed in likert else "ordinal") if scored else "nominal"
            out[listed] = scale
            name = re.sub(r"\W", "_", listed, flags=re.ASCII)
            name = (name if re.match(r"[A-Za-z]", name) else f"list_{name}")[:32]
            while name in names:
                name = f"{name[:30]}_2" if not name.endswith("_2") else f"{name[:29]}_3"
            names.add(name)
            if name != listed:
                self.renamed[listed] = name
            self.out.lines["scales", name] = self.lists[listed][0].number
        return out

    def scale(self, listed: str, spoken: Sequence[str], *, guess: bool) -> Document:
        """Return the choices of a list with their scores: those of the sheet, or numeric names where it is rated."""
        choices: dict[str, Document] = {}
        meaning: dict[str, str] = {}
        for row in self.lists[listed]:
            raw = row.text("name")
            name = "_".join(raw.split())
            if name in choices:
                self.out.note("choices_twice", f"{listed}: {name}")
                continue
            words = {} if set(row.words.values()) <= {raw} else self.words(row.words, f"{listed}: {name}", spoken)
            for x, text in words.items():
                if meaning.setdefault(" ".join(text.split()).casefold(), name) != name:
                    words[x] = f"{text} ({name})"
                    self.out.note("renamed", f"{text} = {words[x]}")
            choices[name] = {"label": words, "aliases": [raw] if raw != name else []}
            choices[name] = {k: v for k, v in choices[name].items() if v}
            if (score := row.number_of("score")) is not None:
                choices[name]["score"] = score
        missing = ["_".join(r.text("name").split()) for r in self.lists[listed] if yes(r.text("missing"))]
        if guess and not any("score" in c for c in choices.values()):
            choices = self.scored(listed, choices)
        if any("score" in c for c in choices.values()):
            missing += [n for n, c in choices.items() if "score" not in c and n not in missing]
        return {"type": "", "choices": choices} | ({"missing": missing} if missing else {})

    def scored(self, listed: str, choices: dict[str, Document]) -> dict[str, Document]:
        """Return choices whose names are numbers with those as scores, lowest first, codes for no answer last."""
        numbers: dict[str, float] = {}
        for name in choices:
            try:
                numbers[name] = float(name)
            except ValueError:
                continue
        degrees = [n for n in numbers if n not in _NO_ANSWER]
        if len(degrees) < 2 or len(degrees) + sum(n in _NO_ANSWER for n in numbers) < len(choices):
            return choices
        self.out.note("scored", listed)
        order = sorted(degrees, key=numbers.__getitem__)
        return {n: choices[n] | {"score": numbers[n]} for n in order} | {
            n: c for n, c in choices.items() if n not in degrees
        }
