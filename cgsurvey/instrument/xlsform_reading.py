"""Forms for KoboToolbox and ODK read as instruments, by whomever they were made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cgsurvey.base.errors import InstrumentError, did_you_mean, some
from cgsurvey.instrument.check import NAME
from cgsurvey.instrument.files import plain_yaml, read_document
from cgsurvey.instrument.instrument import Instrument, tell
from cgsurvey.instrument.xlsform import SEPARATOR, SHEET
from cgsurvey.instrument.xlsform_asked import Asked, Group, kept, settle
from cgsurvey.instrument.xlsform_lists import Lists
from cgsurvey.instrument.xlsform_logic import conjuncts, together
from cgsurvey.instrument.xlsform_rest import completed
from cgsurvey.instrument.xlsform_sheets import Row, Table, as_text, opened, table, yes
from cgsurvey.instrument.xlsform_told import Document, Told

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
    told = Told(stem)
    if "survey" not in tables:
        wanted = "a form has a sheet 'survey', with the columns type, name and label"
        told.faults.append(f"{wanted}; the sheets are {some(sheets)}.{did_you_mean('survey', sheets)}")
        return told
    empty = Table([], [], (), ())
    choices = "choices" if "choices" in tables else "choices and columns"
    for name, sheet in tables.items():
        if name not in ("survey", choices, "settings", SHEET) and (sheet.header or sheet.rows):
            told.note("sheets", name)
    settings, *others = tables.get("settings", empty).rows or [Row(2, {}, {})]
    told.left(settings, "settings")
    for row in others:
        for column in row.cells:
            told.note("cells", column, row.number, sheet="settings")
    return _Form(tables["survey"], tables.get(choices, empty), settings, language, told, Lists(told)).told()


@dataclass
class _Form:
    survey: Table
    choices: Table
    settings: Row
    language: str
    out: Told
    lists: Lists
    taken: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def told(self) -> Told:
        missing = [c for c in ("type", "name") if c not in self.survey.header]
        if missing:
            self.out.faults.append(
                f"sheet survey, row 1: there is no column {some(missing)}; it has {some(self.survey.header)}."
            )
            return self.out
        for sheet, rows in (("survey", self.survey), ("choices", self.choices)):
            for column in rows.twice:
                self.out.note("twice", f"{sheet}:{column}")
        for row in self.choices.rows:
            self.lists.add(row)
        asked = self.asked()
        spoken = self.languages(asked)
        id = fit(self.settings.text("form_id") or self.out.stem, "instrument")
        if self.settings.text("form_id") not in ("", id):
            self.out.note("renamed", f"{self.settings.text('form_id')} = {id}", self.settings.number, sheet="settings")
        title = self.settings.text("form_title") or self.settings.text("form_id") or self.out.stem
        scales = self.lists.scales(asked, spoken)
        measured = [a for a in asked if a.candidate and "score" in str(scales.get(a.list, ""))]
        choices = {a.name: list(scales[a.list]["choices"]) if a.list else [] for a in asked}
        roles = settle(asked, choices, self.names, self.out)
        items = {a.name: self.item(a, id, spoken) for a in measured}
        questions = {a.name: self.question(a, id, spoken) for a in asked if a.name not in items}
        used = {a.list for a in asked if a.list}
        self.lists.unused(used)
        document: Document = {
            "id": id,
            "version": self.settings.text("version") or "1",
            "title": dict.fromkeys(spoken, title),
            "languages": list(spoken),
            "default_language": spoken[0],
            "status": "",
            "scales": {self.lists.renamed.get(n, n): s for n, s in scales.items() if n in used},
            "roles": roles,
            "questions": questions,
            "constructs": self.constructs(measured, spoken),
            "items": items,
        }
        self.out.document = {k: v for k, v in document.items() if k == "status" or v not in ("", {}, [])}
        self.out.lines |= {("items" if a.name in items else "questions", a.name): a.row.number for a in asked}
        return self.out

    # ---- survey --------------------------------------------------------------------------------------------------

    def asked(self) -> list[Asked]:
        """Return the rows that ask something of the respondent, with the group they stand in."""
        out: list[Asked] = []
        stack: list[Group] = []
        for row in self.survey.rows:
            kind = " ".join(row.text("type").split())
            word = kind.lower().replace("_", " ")
            if not kind or yes(row.text("disabled")):
                words = row.text("name") or next((as_text(c) for c in (*row.words.values(), *row.cells.values())), "")
                self.out.note("dropped", words[:40], row.number, kind="disabled" if kind else "")
            elif word.startswith("begin"):
                listed = "table-list" in row.text("appearance").lower()
                stack.append(Group(row.text("name"), row.words, listed, "repeat" in word or "loop" in word, row))
                if not any(g.repeat for g in stack):
                    self.groups.append(stack[-1])
                else:
                    self.out.note("repeats", row.text("name"), row.number)
            elif word.startswith("end "):
                if not stack:
                    self.out.faults.append(f"sheet survey, row {row.number}: '{kind}' ends a group that never began.")
                else:
                    stack.pop()
            elif any(g.repeat for g in stack):
                self.out.note("repeats", row.text("name"), row.number)
            else:
                out += self.one(row, kind, tuple(stack))
        if stack:
            self.out.faults.append(f"sheet survey: the group '{stack[-1].name}' has no end.")
        return out

    def one(self, row: Row, kind: str, groups: tuple[Group, ...]) -> list[Asked]:
        """Return what a row asks: nothing, one thing, or a choice and the words for "other"."""
        lower = kind.lower()
        raw = row.text("name")
        if _SYSTEM.match(lower):
            if (lower, raw) not in (("start", "start"), ("end", "end")):  # those two are written in every form
                self.out.note("system", raw or lower, row.number, kind=lower if raw != lower else "")
            return []
        selected = _SELECT.match(kind)
        plain = _TYPES.get(lower.split(" ")[0].split("[")[0])
        if not raw:
            self.out.faults.append(f"sheet survey, row {row.number}: a question of type '{kind}' has no name.")
            return []
        if not selected and plain is None and not _AS_TEXT.match(lower):
            self.out.note("dropped", raw, row.number, kind=lower.split(" ")[0])
            return []
        self.out.left(row, "survey")
        if not selected:
            if plain is None:
                self.out.note("as_text", raw, row.number, kind=lower)
            return [Asked(self.named(raw, row), row, plain or "text", groups=groups)]
        name, listed = self.named(raw, row), selected["list"]
        if listed.startswith("${"):
            self.out.note("as_text", raw, row.number, kind=lower)
            return [Asked(name, row, "text", groups=groups)]
        if listed not in self.lists.rows:
            self.out.faults.append(
                f"sheet survey, row {row.number}: there is no list '{listed}' in the sheet choices."
                f"{did_you_mean(listed, self.lists.rows)}"
            )
            return []
        many = "mult" in selected["kind"].lower() or "all" in selected["kind"].lower()
        rated = (
            bool(row.text("construct"))
            or row.text("role") in ("item", "attention_check")
            or "likert" in row.text("appearance").lower()
            or any(g.table_list for g in groups)
        )
        if not selected["other"]:
            return [Asked(name, row, "many" if many else "one", listed, groups, rated and not many)]
        fuller = f"{listed}_or_other"
        if not any(r.text("name") == "other" for r in self.lists.rows[listed]):
            words = {x: _OTHER.get(x, "Other") for x in self.choices.languages or self.survey.languages}
            other = Row(self.lists.rows[listed][-1].number, {"list_name": fuller, "name": "other"}, words)
            self.lists.rows.setdefault(fuller, [*self.lists.rows[listed], other])
        else:
            self.lists.rows.setdefault(fuller, self.lists.rows[listed])
        shown = together([*conjuncts(row.text("relevant")), f"selected(${{{raw}}}, 'other')"])
        own = {k: v for k, v in row.cells.items() if k in ("instrument", "respondent")} | {"relevant": shown}
        return [
            Asked(name, row, "many" if many else "one", fuller, groups),
            Asked(self.named(f"{raw}_other", row), replace(row, cells=own, said={}), "text", groups=groups),
        ]

    def named(self, raw: str, row: Row) -> str:
        """Return the name of a question as instruments have it, under which conditions find it too."""
        name = self.free(raw, "q", row)
        self.names.setdefault(raw, name)
        return name

    def free(self, raw: str, stem: str, row: Row) -> str:
        """Return a name as instruments have them, not taken yet, and keep what was renamed."""
        name, n = fit(raw, stem), 1
        while name.casefold() in self.taken:
            n += 1
            name = f"{name[: 31 - len(str(n))]}_{n}" if n == 2 else f"{name[: name.rindex('_')]}_{n}"
        self.taken.add(name.casefold())
        if name != raw:
            self.out.note("renamed", f"{raw} = {name}", row.number)
        return name

    def languages(self, asked: Sequence[Asked]) -> tuple[str, ...]:
        """Return the languages in which anything is asked, the default one first."""
        seen = [x for x in self.survey.languages if any(x in a.row.words for a in asked)] or [self.language]
        wanted = self.settings.text("default_language")
        default = self.survey.code(wanted) or seen[0]
        if wanted and not self.survey.code(wanted):
            self.out.note("cells", f"default_language {wanted}", self.settings.number, sheet="settings")
        return (default, *(x for x in seen if x != default)) if default in seen else tuple(seen)

    def item(self, a: Asked, id: str, spoken: Sequence[str]) -> Document:
        row = a.row
        out: Document = {
            "label": self.out.words(row.words, a.name, spoken),
            "scale": self.lists.renamed.get(a.list, a.list),
            "reverse": yes(row.text("reverse")),
            "role": "attention_check" if row.text("role") == "attention_check" else "",
            "expected": row.text("expected"),
            "respondent": a.respondent,
            "block": self.block(row, id),
            **self.said(a, spoken),
        }
        if not yes(row.text("required")):
            self.out.note("required", "", row.number)
        cited = row.text("source")
        sources = {"sources": cited.split(SEPARATOR) if cited else []} if "source" in self.survey.header else {}
        return {k: v for k, v in out.items() if v} | sources

    def question(self, a: Asked, id: str, spoken: Sequence[str]) -> Document:
        out: Document = {
            "label": self.out.words(a.row.words, a.name, spoken),
            "scale": self.lists.renamed.get(a.list, a.list),
            "respondent": a.respondent,
            "optional": not yes(a.row.text("required")),
            "type": a.kind,
            "block": self.block(a.row, id),
            "ends": list(a.ends),
            **self.said(a, spoken),
        }
        return {k: v for k, v in out.items() if v}

    def said(self, a: Asked, spoken: Sequence[str]) -> Document:
        """Return how a question is asked: its hint and conditions."""
        out: Document = {
            "hint": {},
            "relevant": a.relevant,
            "constraint": kept(a.row, "constraint", self.names, self.out),
        }
        for column, words in a.row.said.items():
            for x in sorted(set(words) - set(spoken)):
                self.out.note("cells", f"{column}::{x}", a.row.number)
            if set(words) & set(spoken):
                out[column] = self.out.words(words, f"{a.name}: {column}", spoken)
        return out

    def block(self, row: Row, id: str) -> str:
        block = row.text("instrument")
        return block if block != id and NAME.match(block) else ""

    def constructs(self, measured: Sequence[Asked], spoken: Sequence[str]) -> Document:
        """Return the constructs that the column names, or else one per group with rated statements."""
        out: Document = {}
        ids: dict[str, str] = {}
        used: set[int] = set()
        for a in measured:
            if a.row.text("role") == "attention_check":
                continue
            raw, group = a.row.text("construct"), a.group
            if "construct" not in self.survey.header and group is not None and group.name:
                raw = group.name
                self.out.note("constructs", raw, group.row.number)
            elif group is not None and not group.name.startswith(f"block_{raw}"):
                group = None  # a group that stands for another construct, or for none
            if not raw:
                continue
            if raw not in ids:
                ids[raw] = self.free(raw, "c", a.row)
                said = group.label if group is not None else {}
                shown = raw.replace("_", " ").capitalize()
                label = self.out.words(said, raw, spoken) if said else dict.fromkeys(spoken, shown)
                out[ids[raw]] = {"label": label, "items": []}
            if group is not None:
                used.add(group.row.number)
            out[ids[raw]]["items"].append(a.name)
        for group in self.groups:
            if group.row.number in used:
                self.out.left(group.row, "survey")
            else:
                self.out.note("groups", group.name or next(iter(group.label.values()), ""), group.row.number)
        return out


def fit(raw: str, stem: str) -> str:
    """Return a name made of the signs that names of instruments have; `stem` stands before one without a letter."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", raw)
    return (name if re.match(r"[A-Za-z]", name) else f"{stem}_{name}")[:32]
