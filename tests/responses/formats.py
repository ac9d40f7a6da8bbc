"""One set of submissions written as the export of each program, after its published format.

Seen on real files: KoboToolbox, Google Forms, Qualtrics (three rows), REDCap, LimeSurvey for R, SPSS .sav, Stata .dta.
Not seen on a real file, written after the documents named at each writer: LimeSurvey by code, ODK Central, Qualtrics
with two rows, SPSS .zsav.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

import pandas as pd
import pyreadstat
from openpyxl import Workbook

from cgsurvey.instrument import Instrument, Item, Question

Rows = list[list[str]]


class Submissions:
    """Answers as codes (names of choices), one column per item and question, and writers for them.

    Parameters
    ----------
    instrument : Instrument
    codes : DataFrame of str
        "" is no answer; several answers of one question are joined by blanks.
    """

    def __init__(self, instrument: Instrument, codes: pd.DataFrame) -> None:
        self.instrument = instrument
        known: dict[str, Item | Question] = {x.name: x for x in (*instrument.items, *instrument.demographics)}
        self.asked = {n: known[n] for n in codes.columns if n in known}
        self.codes = codes[list(self.asked)]
        self.names = list(self.asked)

    def several(self, name: str) -> bool:
        """Say whether a question takes several answers."""
        return getattr(self.asked[name], "type", "") == "many"

    def label(self, name: str, code: str, language: str) -> str:
        """Return the words of one answer."""
        scale = self.asked[name].scale
        return code if scale is None or not code else scale.choices[self._place(name, code)].label[language]

    def _place(self, name: str, code: str) -> int:
        scale = self.asked[name].scale
        assert scale is not None
        return [c.name for c in scale.choices].index(code)

    def words(self, name: str, language: str, joint: str) -> list[str]:
        """Return the cells of a column in words, several answers joined by `joint`."""
        return [
            joint.join(self.label(name, c, language) for c in (text.split() if self.several(name) else [text]))
            for text in self.codes[name]
        ]

    def question(self, name: str, language: str) -> str:
        """Return the text of a question."""
        return self.asked[name].label[language]

    def parts(self, name: str) -> list[tuple[str, str, list[str]]]:
        """Return code, label and the ticks ("1", "0") of each choice; all blank where nothing was answered."""
        scale = self.asked[name].scale
        assert scale is not None
        cells = self.codes[name]
        return [
            (c.name, c.label["en"], ["" if not text else str(int(c.name in text.split())) for text in cells])
            for c in scale.choices
        ]

    # --- KoboToolbox ------------------------------------------------------------------------------------------------

    def kobo(self, language: str | None = None, group: str = "") -> Rows:
        """Return an export with names (language None) or labels, groups before them on request."""
        columns: list[tuple[str, list[str]]] = [("start", self._times("T", "+07:00"))]
        for name in self.names:
            head = group + (name if language is None else self.question(name, language))
            columns.append((head, list(self.codes[name]) if language is None else self.words(name, language, " ")))
            for code, _, ticks in self.parts(name) if self.several(name) else ():
                said = code if language is None else self.label(name, code, language)
                columns.append((f"{head}/{said}", ticks))
        ids = [str(k + 1) for k in range(len(self.codes))]
        columns += [("_id", ids), ("_uuid", ids), ("_submission_time", self._times("T")), ("_index", ids)]
        return _across(columns)

    def _times(self, between: str = " ", zone: str = "") -> list[str]:
        return [f"2026-11-{k % 28 + 1:02d}{between}08:{k % 60:02d}:00{zone}" for k in range(len(self.codes))]

    # --- ODK Central: docs.getodk.org/central-submissions, "Submission Data in CSV" -----------------------------------

    def odk(self, folder: Path) -> Path:
        """Write the zip that ODK Central exports: the main table, a repeated group, a picture."""
        keys = [f"uuid:{k}" for k in range(len(self.codes))]
        columns = [("SubmissionDate", self._times("T", ".000Z"))]
        columns += [(f"dynamics-{n}", list(self.codes[n])) for n in self.names]
        columns += [("meta-instanceID", keys), ("KEY", keys), ("SubmitterName", ["x"] * len(keys))]
        columns += [("FormVersion", ["2026"] * len(keys))]
        repeat = _across([("name", ["a", "b"]), ("PARENT_KEY", [keys[0]] * 2), ("KEY", ["r1", "r2"])])
        path = folder / "survey.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("survey.csv", as_text(_across(columns)))
            archive.writestr("survey-member.csv", as_text(repeat))
            archive.writestr("media/photo.csv", b"no table")
        return path

    # --- Google Forms -------------------------------------------------------------------------------------------------

    def google(self, language: str) -> Rows:
        """Return the sheet of a form: time stamps in d/m, questions in full, ticked boxes joined by ", "."""
        times = [f"{k % 28 + 1}/11/2026 8:{k % 60:02d}:00" for k in range(len(self.codes))]
        columns = [("Cap waktu" if language == "id" else "Timestamp", times)]
        columns += [(self.question(n, language), self.words(n, language, ", ")) for n in self.names]
        return _across(columns)

    # --- LimeSurvey: manual.limesurvey.org/Exporting_results, headings "Question code" --------------------------------

    def limesurvey(self) -> Rows:
        """Return an export by code: Q[SQ001] for rows of arrays and for boxes, Y where one is ticked."""
        columns = [("id", [str(k + 1) for k in range(len(self.codes))]), ("submitdate", self._times())]
        columns += [("lastpage", ["3"] * len(self.codes)), ("startlanguage", ["id"] * len(self.codes))]
        for name in self.names:
            if self.several(name):
                columns += [
                    (f"{name}[{c}]", [{"1": "Y", "0": "N"}.get(t, "") for t in ticks])
                    for c, _, ticks in self.parts(name)
                ]
            else:
                main, cut, rest = name.partition("_")
                columns.append((f"{main}[{rest}]" if cut else name, list(self.codes[name])))
        return _across(columns)

    # --- Qualtrics: "Understanding Your Data Set" ---------------------------------------------------------------------

    def qualtrics(self, *, labels: bool = False, rows: int = 3) -> Rows:
        """Return an export with three or two rows of headers, by number or by choice text; -99 is seen, unanswered."""
        n = len(self.codes)
        columns = [
            ("StartDate", "Start Date", '{"ImportId":"startDate","timeZone":"Asia/Jakarta"}', self._times()),
            ("Status", "Response Type", '{"ImportId":"status"}', ["IP Address" if labels else "0"] * n),
            ("Finished", "Finished", '{"ImportId":"finished"}', ["True" if labels else "1"] * n),
            ("RecordedDate", "Recorded Date", '{"ImportId":"recordedDate"}', self._times()),
            ("ResponseId", "Response ID", '{"ImportId":"_recordId"}', [f"R_{k}" for k in range(n)]),
        ]
        for k, name in enumerate(self.names):
            cells = self.words(name, "en", ",") if labels else [",".join(c.split()) for c in self.codes[name]]
            cells = [c or ("-99" if isinstance(self.asked[name], Item) else "") for c in cells]
            columns.append((name, self.question(name, "en"), f'{{"ImportId":"QID{k + 1}"}}', cells))
        heads = [[c[r] for c in columns] for r in range(rows)]
        return heads + _across([("", c[3]) for c in columns])[1:]

    # --- REDCap -------------------------------------------------------------------------------------------------------

    def redcap(self) -> tuple[Rows, Rows]:
        """Return the data and the dictionary; names are lower case, boxes are columns name___code."""
        columns = [("record_id", [str(k + 1) for k in range(len(self.codes))])]
        fields = [["record_id", "form", "", "text", "Record ID", ""]]
        for name in self.names:
            scale = self.asked[name].scale
            choices = "" if scale is None else " | ".join(f"{c.name}, {c.label['en']}" for c in scale.choices)
            kind = "checkbox" if self.several(name) else "text" if scale is None else "radio"
            fields.append([name.lower(), "form", "", kind, f"<b>{self.question(name, 'en')}</b>", choices])
            if self.several(name):
                columns += [(f"{name.lower()}___{c}", [t or "0" for t in ticks]) for c, _, ticks in self.parts(name)]
            else:
                columns.append((name.lower(), list(self.codes[name])))
        columns.append(("form_complete", ["2"] * len(self.codes)))
        head = ["Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"]
        return _across(columns), [[*head, "Choices, Calculations, OR Slider Labels"], *fields]

    # --- SPSS and Stata -----------------------------------------------------------------------------------------------

    def statistics(self, path: Path) -> Path:
        """Write a .sav, .zsav or .dta: numbers with value labels, answers without a score declared as missing."""
        columns: dict[str, object] = {}
        labels, values, ranges = {}, {}, {}
        for name in self.names:
            scale = self.asked[name].scale
            numbers = pd.to_numeric(self.codes[name].replace("", None), errors="coerce")
            whole = [c.name for c in scale.choices] if scale is not None else []
            if self.several(name) or not all(c.isdigit() for c in whole):
                columns[name] = self.codes[name].to_numpy(str)
            else:
                columns[name] = numbers.to_numpy(float)
                if whole:
                    values[name] = {float(c.name): c.label["en"] for c in scale.choices}
                gone = sorted(float(c.name) for c in scale.choices if c.score is None) if whole else []
                if gone:
                    ranges[name] = [{"lo": gone[0], "hi": gone[-1]}]
            labels[name] = self.question(name, "en")[:80]
        frame = pd.DataFrame(columns)
        if path.suffix == ".dta":
            whole_values = {n: {int(k): v for k, v in known.items()} for n, known in values.items()}
            pyreadstat.write_dta(frame, path, column_labels=labels, variable_value_labels=whole_values)
        else:
            pyreadstat.write_sav(
                frame,
                path,
                column_labels=labels,
                variable_value_labels=values,
                missing_ranges=ranges,
                compress=path.suffix == ".zsav",
            )
        return path

    # --- files --------------------------------------------------------------------------------------------------------

    def write_all(self, folder: Path) -> dict[str, Path]:
        """Write all formats; return what each is called."""
        data, dictionary = self.redcap()
        write_rows(folder / "mpp_DataDictionary_2026-11-25.csv", dictionary)
        texts: dict[str, tuple[Rows, str]] = {
            "kobo names": (self.kobo(), ";"),
            "kobo names in groups": (self.kobo(group="core/en/"), ";"),
            "kobo names after groups": (self.kobo(group="core_en_"), ";"),
            "kobo labels id": (self.kobo("id"), ";"),
            "kobo labels en in groups": (self.kobo("en", group="dynamics/"), ","),
            "google en": (self.google("en"), ","),
            "google id": (self.google("id"), ","),
            "limesurvey": (self.limesurvey(), ","),
            "qualtrics numbers": (self.qualtrics(), ","),
            "qualtrics words": (self.qualtrics(labels=True), ","),
            "qualtrics two rows": (self.qualtrics(rows=2), ","),
            "qualtrics tab": (self.qualtrics(labels=True), "\t"),
            "redcap": (data, ","),
        }
        files = {}
        for name, (rows, delimiter) in texts.items():
            file = "mpp_DATA_2026-11-25_1200.csv" if name == "redcap" else f"{name.replace(' ', '_')}.csv"
            files[name] = write_rows(folder / file, rows, delimiter)
        files["kobo xlsx"] = write_sheets(folder / "kobo.xlsx", {"survey2026": self.kobo("id")})
        files["google xlsx"] = write_sheets(folder / "google.xlsx", {"Form Responses 1": self.google("id")})
        files["odk zip"] = self.odk(folder)
        for kind in ("sav", "zsav", "dta"):
            files[kind] = self.statistics(folder / f"data.{kind}")
        return files


def _across(columns: Iterable[tuple[str, Sequence[str]]]) -> Rows:
    """Return columns as rows, the headers first."""
    listed = list(columns)
    return [[h for h, _ in listed], *(list(r) for r in zip(*(c for _, c in listed), strict=True))]


def as_text(rows: Rows, delimiter: str = ",") -> str:
    """Return rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL if delimiter == ";" else csv.QUOTE_MINIMAL).writerows(
        rows
    )
    return out.getvalue()


def write_rows(path: Path, rows: Rows, delimiter: str = ",") -> Path:
    """Write delimited text."""
    path.write_text(as_text(rows, delimiter), encoding="utf-8-sig", newline="")
    return path


def write_sheets(path: Path, sheets: dict[str, Rows], change: Callable[[Workbook], None] | None = None) -> Path:
    """Write a workbook; `change` may merge cells or the like."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    if change is not None:
        change(book)
    book.save(path)
    return path


def lss(questions: dict[str, tuple[str, str, dict[str, str], dict[str, str]]]) -> str:
    """Return a survey structure (.lss) of LimeSurvey: name to type, text, subquestions, answers."""

    def rows(name: str, listed: list[dict[str, str]]) -> str:
        inner = "".join(
            "<row>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in r.items()) + "</row>" for r in listed
        )
        return f"<{name}><rows>{inner}</rows></{name}>"

    asked, parts, answers = [], [], []
    for k, (name, (kind, text, subs, codes)) in enumerate(questions.items()):
        for language in ("id", "en"):
            words = f"<p>{text}</p>" if language == "id" else f"EN {text}"
            asked.append(
                {"qid": str(k), "parent_qid": "0", "type": kind, "title": name, "question": words, "language": language}
            )
            parts += [
                {"qid": f"{k}{j}", "parent_qid": str(k), "title": c, "question": t, "language": language}
                for j, (c, t) in enumerate(subs.items())
            ]
            answers += [{"qid": str(k), "code": c, "answer": t, "language": language} for c, t in codes.items()]
    body = rows("questions", asked) + rows("subquestions", parts) + rows("answers", answers)
    body += rows("surveys", [{"sid": "1", "language": "id"}])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<document><LimeSurveyDocType>Survey</LimeSurveyDocType>'
        f"<languages><language>id</language><language>en</language></languages>{body}</document>"
    )


def tsv(questions: dict[str, tuple[str, str, dict[str, str], dict[str, str]]]) -> Rows:
    """Return the tab-separated structure of LimeSurvey of the same questions, in two languages."""
    rows = [["id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "other"]]
    rows += [["", "", "S", "", "language", "", "id", "", "", ""]]
    for language, before in (("id", ""), ("en", "EN ")):
        for name, (kind, text, subs, codes) in questions.items():
            rows += [["1", "", "Q", kind, name, "1", f"{before}<p>{text}</p>", "", language, "Y"]]
            rows += [["1", "", "SQ", "0", c, "", before + t, "", language, ""] for c, t in subs.items()]
            rows += [["1", "", "A", "0", c, "", before + t, "", language, ""] for c, t in codes.items()]
    return rows


def r_syntax(columns: list[tuple[str, str, dict[str, str]]]) -> str:
    """Return the syntax file that LimeSurvey exports for R: name, text and value labels of each column."""
    lines = ['data <- read.csv("survey_1_R_data_file.csv", quote = "\'\\"", na.strings=c("", "\\"\\""))', ""]
    for k, (name, text, values) in enumerate(columns, start=1):
        lines += [f"# LimeSurvey Field type: A\ndata[, {k}] <- as.character(data[, {k}])"]
        lines += [f"attributes(data)$variable.labels[{k}] <- {json.dumps(text, ensure_ascii=False)}"]
        if values:
            codes = ",".join(v if v.isdigit() and len(v) == 1 else json.dumps(v) for v in values)
            words = ", ".join(json.dumps(v, ensure_ascii=False) for v in values.values())
            lines += [f"data[, {k}] <- factor(data[, {k}], levels=c({codes}),labels=c({words}))"]
        lines += [f'names(data)[{k}] <- "{name}"']
    return "\n".join(lines) + "\n"


def ods(rows: Rows, more: str = "") -> bytes:
    """Return a small OpenDocument sheet; `more` is put after its rows as it is."""
    cells = [
        "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(c)}</text:p></table:table-cell>' for c in row
        )
        for row in rows
    ]
    body = "".join(f"<table:table-row>{c}</table:table-row>" for c in cells) + more
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Data">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return out.getvalue()
