"""The page on which a unit publishes its index, as a page of Word and as a workbook."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import pandas as pd

from cgsurvey.present.numbers import show
from cgsurvey.present.table import SIMULATED, Words
from cgsurvey.present.tables.satisfaction import element_words, performance_words
from cgsurvey.present.writers.xlsx import as_wide_as_its_page, put_text
from cgsurvey.service_quality import SatisfactionIndex
from cgsurvey.service_quality.grades import bounds

SHEET: Mapping[str, Words] = {
    "title": Words("COMMUNITY SATISFACTION INDEX (IKM)", "INDEKS KEPUASAN MASYARAKAT (IKM)"),
    "value": Words("INDEX", "NILAI IKM"),
    "grade": Words("Grade: {grade}", "Mutu pelayanan: {grade}"),
    "word": Words("Performance: {word}", "Kinerja: {word}"),
    "interval": Words("{level}% interval {low} to {high}", "Interval {level}%: {low} sampai {high}"),
    "respondents": Words("RESPONDENTS", "RESPONDEN"),
    "number": Words("Number", "Jumlah"),
    "people": Words("{n} people", "{n} orang"),
    "unit": Words("Unit", "Unit pelayanan"),
    "period": Words("Period of the survey", "Periode survei"),
    "element": Words("Element of service", "Unsur pelayanan"),
    "mean": Words("Mean (1 to 4)", "NRR (1 sampai 4)"),
    "mark": Words("Grade", "Mutu"),
    "blank": Words("not stated", "tidak disebutkan"),
    "hidden": Words(
        "s: not shown, to protect respondents who could be recognised (fewer than {least}).",
        "s: tidak ditampilkan untuk melindungi responden yang dapat dikenali (kurang dari {least}).",
    ),
    "scale": Words(
        "25 to 100; A from {A}, B from {B}, C from {C}, D below (PermenPANRB 14/2017).",
        "Skala 25 sampai 100; A mulai {A}, B mulai {B}, C mulai {C}, D di bawahnya (PermenPANRB 14/2017).",
    ),
    "thanks": Words(
        "Thank you for your assessment. Your answers help our unit to keep improving the quality of its service to "
        "the public.",
        "Terima kasih atas penilaian yang telah Anda berikan. Masukan Anda sangat bermanfaat untuk kemajuan unit kami "
        "agar terus memperbaiki dan meningkatkan kualitas pelayanan bagi masyarakat.",
    ),
}


class _Sheet(ABC):
    """One page on which a unit publishes its index; `shut` is whether a count was hidden."""

    def __init__(self, index: SatisfactionIndex, language: str) -> None:
        self.x, self.language, self.shut = index, language, False

    def say(self, name: str, **values: Any) -> str:
        return SHEET[name].of(self.language).format(**values)

    def number(self, value: float, digits: int = 2) -> str:
        return show(value, "number", self.language, digits)

    def verdict(self, row: Mapping[str, Any]) -> list[str]:
        """Grade, performance and, where there is one, the interval."""
        word = (performance_words(row["grade"]) or Words("", "")).of(self.language)
        lines = [self.say("grade", grade=row["grade"]), self.say("word", word=word)]
        if row["ci_lower"] == row["ci_lower"]:
            level = show(100 * float(self.x.meta.options["ci"]), "count", self.language)
            low, high = self.number(row["ci_lower"]), self.number(row["ci_upper"])
            lines.append(self.say("interval", level=level, low=low, high=high))
        return lines

    def scale(self) -> str:
        return self.say("scale", **{g: self.number(float(b)) for g, b in bounds().items()})

    @abstractmethod
    def head(self, unit: str) -> None:
        """Title, the word of simulation, the unit."""

    @abstractmethod
    def box(self, row: Mapping[str, Any], facts: list[tuple[str, list[str]]]) -> None:
        """Value and grade, and beside them who answered."""

    @abstractmethod
    def elements(self, frame: pd.DataFrame) -> None:
        """Mean and grade of each element."""

    @abstractmethod
    def foot(self, least: int) -> None:
        """Scale, hidden counts, thanks."""

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Return the file."""


class _WordSheet(_Sheet):
    """One page of Word, filled from top to bottom."""

    def __init__(self, index: SatisfactionIndex, language: str) -> None:
        import docx
        from docx.shared import Cm, Pt

        super().__init__(index, language)
        self.word = docx.Document()
        self.cm, self.pt = Cm, Pt
        normal = self.word.styles["Normal"]
        normal.font.name, normal.font.size = "Arial", Pt(10)
        normal.paragraph_format.space_after = Pt(3)
        page = self.word.sections[0]
        page.page_width, page.page_height = Cm(21.0), Cm(29.7)
        page.left_margin = page.right_margin = Cm(2.0)
        page.top_margin = page.bottom_margin = Cm(1.6)

    def line(self, where: Any, text: str, size: float, *, bold: bool = False, centred: bool = True) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        at = where.add_paragraph()
        run = at.add_run(text)
        run.bold, run.font.size = bold, self.pt(size)
        at.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
        at.paragraph_format.space_after = self.pt(2)
        return at

    def head(self, unit: str) -> None:
        self.word.core_properties.title = self.say("title")
        if self.x.meta.simulated:
            self.line(self.word, SIMULATED.of(self.language), 10, bold=True)
        self.line(self.word, self.say("title"), 18, bold=True)
        if unit:
            self.line(self.word, unit, 14, bold=True)

    def box(self, row: Mapping[str, Any], facts: list[tuple[str, list[str]]]) -> None:
        table = self.word.add_table(rows=1, cols=2)
        table.style = "Table Grid"
        left, right = table.rows[0].cells
        for cell, width in ((left, 8.0), (right, 9.0)):
            cell.width = self.cm(width)
            cell._tc.remove(cell.paragraphs[0]._p)
        self.line(left, self.say("value"), 14, bold=True)
        self.line(left, self.number(row["ikm"]), 54, bold=True)
        for k, text in enumerate(self.verdict(row)):
            self.line(left, text, (14, 12, 10)[k], bold=k < 2)
        self.line(right, self.say("respondents"), 12, bold=True)
        for head, lines in facts:
            self.line(right, head, 10, bold=True, centred=False)
            for text in lines:
                self.shut |= text.endswith(": s")
                self.line(right, text, 9.5, centred=False).paragraph_format.left_indent = self.cm(0.4)

    def elements(self, frame: pd.DataFrame) -> None:
        self.line(self.word, "", 4)
        table = self.word.add_table(rows=1, cols=3)
        table.style, table.autofit = "Table Grid", False
        widths = (11.0, 3.5, 2.5)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = self.cm(width)
        heads = [self.say(k) for k in ("element", "mean", "mark")]
        records = frame.to_dict("records")
        body = [
            [element_words(self.x.meta, r["element"]).of(self.language), self.number(r["nrr"], 3), r["grade"]]
            for r in records
        ]
        for k, texts in enumerate([heads, *body]):
            cells = table.rows[0].cells if k == 0 else table.add_row().cells
            for cell, text, width in zip(cells, texts, widths, strict=True):
                cell.width = self.cm(width)
                cell.text = ""
                run = cell.paragraphs[0].add_run(text)
                run.bold, run.font.size = k == 0, self.pt(9.5)
                cell.paragraphs[0].paragraph_format.space_after = self.pt(1)

    def foot(self, least: int) -> None:
        self.line(self.word, self.scale(), 8.5).paragraph_format.space_before = self.pt(6)
        if self.shut:
            self.line(self.word, self.say("hidden", least=least), 8.5)
        self.line(self.word, self.say("thanks"), 11, bold=True).paragraph_format.space_before = self.pt(12)

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        self.word.save(buffer)
        return buffer.getvalue()


class _ExcelSheet(_Sheet):
    """The same page as a workbook; numbers stay numbers."""

    def __init__(self, index: SatisfactionIndex, language: str) -> None:
        from openpyxl import Workbook

        super().__init__(index, language)
        self.book = Workbook()
        self.at = self.book.active
        self.at.title = "IKM"
        self.at.sheet_view.showGridLines = False
        for letter, width in zip("ABCD", (44, 20, 12, 36), strict=True):
            self.at.column_dimensions[letter].width = width
        as_wide_as_its_page(self.at, "portrait")
        self.next = 1

    def put(self, row: int, column: int, value: str | float, *, size: float = 10, bold: bool = False) -> Any:
        from openpyxl.styles import Alignment, Font

        cell = self.at.cell(row, column)
        if isinstance(value, str):
            put_text(cell, value)
        else:
            cell.value = value
        cell.font = Font(name="Arial", size=size, bold=bold)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        return cell

    def wide(
        self, value: str | float, size: float, *, bold: bool = False, last: int = 4, rows: int = 1, high: float = 0
    ) -> Any:
        """Put a line of its own over the first columns and some rows."""
        from openpyxl.styles import Alignment

        cell = self.put(self.next, 1, value, size=size, bold=bold)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        end = self.next + rows - 1
        self.at.merge_cells(start_row=self.next, end_row=end, start_column=1, end_column=last)
        if rows == 1:
            self.at.row_dimensions[self.next].height = high or max(1.5 * size, 15)
        self.next += rows
        return cell

    def head(self, unit: str) -> None:
        self.book.properties.title = self.say("title")
        if self.x.meta.simulated:
            self.wide(SIMULATED.of(self.language), 10, bold=True)
        self.wide(self.say("title"), 18, bold=True)
        if unit:
            self.wide(unit, 14, bold=True)
        self.next += 1

    def box(self, row: Mapping[str, Any], facts: list[tuple[str, list[str]]]) -> None:
        start = self.next
        self.wide(self.say("value"), 14, bold=True, last=3)
        self.wide(float(row["ikm"]), 48, bold=True, last=3, rows=4).number_format = "0.00"
        for k, text in enumerate(self.verdict(row)):
            self.wide(text, (14, 12, 10)[k], bold=k < 2, last=3)
        lines = [(self.say("respondents"), True)]
        for head, texts in facts:
            lines += [(head, True), *(("   " + text, False) for text in texts)]
            self.shut |= any(text.endswith(": s") for text in texts)
        for k, (text, bold) in enumerate(lines):
            self.put(start + k, 4, text, size=10 if k else 12, bold=bold)
        self.next = max(self.next, start + len(lines))
        self.frame(start, 1, self.next - 1, 3)
        self.frame(start, 4, self.next - 1, 4)
        self.next += 1

    def frame(self, top: int, left: int, bottom: int, right: int) -> None:
        from openpyxl.styles import Border, Side

        thin = Side(style="thin")
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self.at.cell(row, column).border = Border(
                    top=thin if row == top else None,
                    bottom=thin if row == bottom else None,
                    left=thin if column == left else None,
                    right=thin if column == right else None,
                )

    def elements(self, frame: pd.DataFrame) -> None:
        from openpyxl.styles import Alignment

        heads = [self.say(k) for k in ("element", "mean", "mark")]
        body = [
            [element_words(self.x.meta, r["element"]).of(self.language), float(r["nrr"]), r["grade"]]
            for r in frame.to_dict("records")
        ]
        for k, values in enumerate([heads, *body]):
            for j, value in enumerate(values):
                cell = self.put(self.next, j + 1, value, bold=k == 0)
                self.frame(self.next, j + 1, self.next, j + 1)
                if j:
                    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
                if isinstance(value, float):
                    cell.number_format = "0.000"
            self.next += 1

    def foot(self, least: int) -> None:
        self.next += 1
        self.wide(self.scale(), 8.5)
        if self.shut:
            self.wide(self.say("hidden", least=least), 8.5)
        self.next += 1
        self.wide(self.say("thanks"), 11, bold=True, high=36)

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        self.book.save(buffer)
        return buffer.getvalue()


SHEETS: Mapping[str, type[_Sheet]] = {".docx": _WordSheet, ".xlsx": _ExcelSheet}
