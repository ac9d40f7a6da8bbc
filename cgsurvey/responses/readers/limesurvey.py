"""LimeSurvey: answers by code or text, with the texts in a syntax file or in the structure of the survey.

Shapes after the package limonaid, the manual of LimeSurvey ("Exporting results", "Tab Separated Value survey
structure") and its export for R: `survey_ID_R_data_file.csv` beside `survey_ID_R_syntax_file.R`. The syntax file is
never run; three kinds of its lines are read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import note
from cgsurvey.responses.readers import structure, text
from cgsurvey.responses.readers.markup import parse, without_tags
from cgsurvey.responses.readers.platform import Head, Platform, Request, Signs
from cgsurvey.responses.readers.raw import RawTable, blank
from cgsurvey.responses.readers.structure import Structure, key
from cgsurvey.responses.words import plain

_CODES = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr")
_TEXTS = (
    *("response id", "date submitted", "last page", "start language", "seed", "date started", "date last action"),
    *("id respon", "id respons", "tanggal dikirim", "tanggal terkirim", "halaman terakhir", "bahasa awal"),
    *("tanggal dimulai", "tanggal tindakan terakhir"),
)
_SUBMITTED = ("submitdate", "date submitted", "tanggal dikirim", "tanggal terkirim")
_CHOSEN = frozenset(("y", "yes", "ya", "1", "1.0"))
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)')
_LABEL = re.compile(r'^attributes\(data\)\$variable\.labels\[(\d+)\] <- "((?:[^"\\]|\\.)*)"', re.MULTILINE)
_NAME = re.compile(r'^names\(data\)\[(\d+)\] <- "((?:[^"\\]|\\.)*)"', re.MULTILINE)
_FACTOR = re.compile(
    r"^data\[, ?(\d+)\] <- factor\(data\[, ?\d+\], levels=c\((.*)\), ?labels=c\((.*)\)\)", re.MULTILINE
)
_CODED = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])+")
_MANY = ("M", "P")


def _signs(head: Head) -> Signs | None:
    for i, row in enumerate(head):
        names = [plain(c) for c in row]
        before = {n.partition(". ")[0] for n in names if ". " in n}
        for known in (_CODES, _TEXTS):
            seen = [h for h in known if h in names]
            if len(seen) >= 3 and (known is _TEXTS or "lastpage" in seen or "submitdate" in seen):
                return Signs(f"columns {', '.join(row[names.index(h)].strip() for h in seen[:4])}", i)
            # Some exports give both, "id. Response ID" or "Q1. How ...".
            both = [h for h in known if h in before]
            if len(both) >= 3:
                return Signs(f"columns {', '.join(both[:4])}", i)
    return None


def _read(table: RawTable, request: Request) -> RawTable:
    at = next((j for j, h in enumerate(table.headers) if plain(h).partition(". ")[0] in _SUBMITTED), None)
    if at is not None:
        n = int(blank(table.cells[at]).sum())
        if n:
            table = table.noted(note("responses.unfinished", n=n, column=table.headers[at]))
    boxes = _boxes(table)
    table = replace(table, headers=tuple(_header(h) for h in table.headers))
    known = _structure(table, request)
    if known is not None:
        return structure.apply(table, known, _CHOSEN)
    k = len(table.headers)
    columns = [structure.joined(table, parts, _CHOSEN) for parts in boxes.values()]
    return table.append(list(boxes), columns, {k + i: parts for i, parts in enumerate(boxes.values())})


def _boxes(table: RawTable) -> dict[str, dict[str, int]]:
    """Return the columns Q[code] of questions whose cells are only ticks: question to code to position."""
    found: dict[str, dict[str, int]] = {}
    for j, header in enumerate(table.headers):
        coded = _CODED.fullmatch(header)
        if coded and header.count("[") == 1:
            main, _, code = header[:-1].partition("[")
            found.setdefault(main, {})[code] = j
    have = {key(h) for h in table.headers}
    return {
        main: parts
        for main, parts in found.items()
        if len(parts) > 1 and key(main) not in have and all(_ticks(table.cells[j]) for j in parts.values())
    }


def _ticks(cells: np.ndarray) -> bool:
    return {c.strip().casefold() for c in pd.unique(cells)} <= {"y", "n", "yes", "no", "ya", "tidak", ""}


def _header(header: str) -> str:
    """Return a header without markup; Q1[SQ001] becomes Q1_SQ001, the name in exports for statistics programs."""
    words = without_tags(header)
    return re.sub(r"\]\[|\[", "_", words).rstrip("]") if _CODED.fullmatch(words) else words


def _structure(table: RawTable, request: Request) -> Structure | None:
    """Return the structure that was named, or the syntax file that belongs to a data file for R."""
    if request.structure is not None:
        return parse_structure(structure.content(request.structure), request.structure.name)
    name = table.file.replace("_R_data_file.csv", "_R_syntax_file.R")
    if name == table.file or name not in request.near.names():
        return None
    return parse_structure(request.near.read(name), name)


def parse_structure(content: bytes, where: str) -> Structure:
    """Return what the syntax file for R, the .lss or the tab-separated structure of a survey says."""
    words, _, _ = text.decode(content, None, where)
    if words[:400].lstrip().startswith(("<?xml", "<document")):
        return _lss(parse(words, where), where)
    if _NAME.search(words):
        return _syntax(words, where)
    rows = _tsv_rows(words)
    if rows is None:
        raise DataError(
            f"{where} is no structure of a LimeSurvey survey. Give its syntax file for R, its .lss or its "
            "tab-separated structure."
        )
    return _of_rows(rows, where)


def _unescaped(words: str) -> str:
    return re.sub(r"\\(.)", r"\1", words)


def _syntax(words: str, where: str) -> Structure:
    names = {int(m[1]): _unescaped(m[2]) for m in _NAME.finditer(words)}
    labels = {int(m[1]): without_tags(_unescaped(m[2])) for m in _LABEL.finditer(words)}
    values: dict[str, dict[str, str]] = {}
    for m in _FACTOR.finditer(words):
        name = names.get(int(m[1]))
        codes, said = ([_unescaped(s[0]) or s[1] for s in _STRING.findall(part)] for part in (m[2], m[3]))
        if name is not None and len(codes) == len(said):
            values[name] = dict(zip(codes, map(without_tags, said), strict=True))
    ordered = tuple(names[k] for k in sorted(names)) if sorted(names) == list(range(1, len(names) + 1)) else ()
    several: dict[str, dict[str, str]] = {}
    for name, known in values.items():
        main, cut, code = name.partition("_")
        # R gets ticks as 1 and 0; a single-choice question has no code after its name.
        if cut and set(known) == {"1", "0"}:
            several.setdefault(main, {})[code] = name
    # Labels put the row of an array before its question: "[Row] Question".
    told = {names[k]: re.sub(r"^(\[[^\[\]]*\]) (.+)$", r"\2 \1", v) for k, v in labels.items() if k in names and v}
    return Structure(ordered, told, values, {m: p for m, p in several.items() if len(p) > 1}, where)


def _tsv_rows(words: str) -> list[dict[str, str]] | None:
    reader = csv.DictReader(io.StringIO(words, newline=""), delimiter="\t")
    if not {"class", "name", "text", "type/scale"} <= set(reader.fieldnames or ()):
        return None
    try:
        return [{k: v or "" for k, v in row.items() if isinstance(k, str)} for row in reader]
    except csv.Error:
        return None


def is_structure(head: Head) -> bool:
    """Say whether the first rows are those of a tab-separated structure, which holds no answers."""
    return any({"class", "type/scale", "name", "relevance", "text"} <= set(row) for row in head[:1])


class _Builder:
    """Collects questions, their parts and answers of the base language."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}
        self.several: dict[str, dict[str, str]] = {}

    def add(
        self, name: str, kind: str, words: str, parts: dict[str, str], answers: dict[str, str], other: bool
    ) -> None:
        """Add one question with its subquestions (code to text) and answers (code to text)."""
        question = without_tags(words)
        self.labels[name] = question
        if answers and not parts:
            self.values[name] = answers | ({"-oth-": "Other"} if other else {})
        for code, said in parts.items():
            column = f"{name}[{code}]"
            self.labels[column] = f"{question} [{without_tags(said)}]"
            if kind in _MANY:
                self.several.setdefault(name, {})[code] = column
            elif answers:
                self.values[column] = answers
        if other:
            self.labels[f"{name}[other]"] = f"{question} [Other]"


def _of_rows(rows: list[dict[str, str]], where: str) -> Structure:
    base = next((r.get("text", "") for r in rows if r["class"] == "S" and r["name"] == "language"), "")
    built = _Builder()
    question: dict[str, str] = {}
    parts: dict[str, str] = {}
    answers: dict[str, str] = {}

    def close() -> None:
        if question:
            kind, words = question.get("type/scale", ""), question.get("text", "")
            built.add(question["name"], kind, words, dict(parts), dict(answers), question.get("other") == "Y")

    for row in rows:
        if base and row.get("language") not in (base, ""):
            continue
        if row["class"] == "Q":
            close()
            question = row
            parts, answers = {}, {}
        elif row["class"] == "SQ":
            parts[row["name"]] = row["text"]
        elif row["class"] == "A":
            answers.setdefault(row["name"], without_tags(row["text"]))
    close()
    return Structure((), built.labels, built.values, built.several, where)


def _table(root: Element, name: str) -> Iterator[dict[str, str]]:
    for row in root.findall(f"./{name}/rows/row"):
        yield {field.tag: field.text or "" for field in row}


def _lss(root: Element, where: str) -> Structure:
    if root.findtext("LimeSurveyDocType") != "Survey":
        raise DataError(f"{where} is XML, but not the structure of a LimeSurvey survey (.lss).")
    languages = [e.text or "" for e in root.findall("./languages/language")]
    surveys = [row.get("language", "") for row in _table(root, "surveys")]
    base = next((x for x in (*surveys, *languages) if x), "")
    # From version 4 on the words stand in tables of their own.
    said = {r["qid"]: r.get("question", "") for r in _table(root, "question_l10ns") if r.get("language") == base}
    read = {
        r["aid"]: r.get("answer", "") for r in _table(root, "answer_l10ns") if r.get("language") == base and "aid" in r
    }
    answers: dict[str, dict[str, str]] = {}
    for row in _table(root, "answers"):
        if row.get("language", base) == base:
            words = read.get(row.get("aid", ""), row.get("answer", ""))
            answers.setdefault(row.get("qid", ""), {}).setdefault(row.get("code", ""), without_tags(words))
    parts: dict[str, dict[str, str]] = {}
    for row in _table(root, "subquestions"):
        if row.get("language", base) == base:
            words = said.get(row.get("qid", ""), row.get("question", ""))
            parts.setdefault(row.get("parent_qid", ""), {})[row.get("title", "")] = words
    built = _Builder()
    for row in _table(root, "questions"):
        qid = row.get("qid", "")
        if row.get("language", base) == base and row.get("title") and row.get("parent_qid", "0") in ("0", ""):
            words = said.get(qid, row.get("question", ""))
            other = row.get("other") == "Y"
            built.add(row["title"], row.get("type", ""), words, parts.get(qid, {}), answers.get(qid, {}), other)
    return Structure((), built.labels, built.values, built.several, where)


LIMESURVEY = Platform(
    "limesurvey",
    "an export of LimeSurvey",
    "columns such as id, submitdate, lastpage, startlanguage",
    _signs,
    _read,
)
