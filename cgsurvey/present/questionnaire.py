"""The questionnaire on paper: instructions, questions about the respondent, statements to be rated in grids."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from cgsurvey.base.errors import OptionError, did_you_mean, some
from cgsurvey.instrument import Instrument, Item, Question, Scale, load_instrument
from cgsurvey.instrument.parts import Words
from cgsurvey.present.writers import clean, write_bytes

_BOX = "☐"
_FONT = "Arial"
_GREY = "595959"
_PAGE_CM, _MARGIN_CM = (21.0, 29.7), 1.8
_NUMBER_CM, _STATEMENT_CM, _LEAST_CM, _BOX_CM = 1.0, 8.2, 5.0, 1.0
_LETTER_CM = 0.165  # a bold letter of 7.5 points, on the wide side
_INDENT_CM = 1.0
_WIDEST = 12  # answers of a grid; more are listed below each statement
_SAID: Mapping[str, Words] = {
    "how": {
        "en": "Please answer every question that applies to you and tick one box unless it says otherwise. "
        "There are no right or wrong answers.",
        "id": "Mohon jawab setiap pertanyaan yang berlaku bagi Anda dan beri tanda centang pada satu kotak, kecuali "
        "dinyatakan lain. Tidak ada jawaban yang benar atau salah.",
    },
    "part": {"en": "Part", "id": "Bagian"},
    "about": {"en": "About you", "id": "Tentang Anda"},
    "statements": {"en": "Statements", "id": "Pernyataan"},
    "agree": {
        "en": "How far do you agree with each statement? Tick one box in each row.",
        "id": "Sejauh mana Anda setuju dengan setiap pernyataan? Beri tanda centang pada satu kotak di setiap baris.",
    },
    "row": {"en": "Tick one box in each row.", "id": "Beri tanda centang pada satu kotak di setiap baris."},
    "partner": {"en": "Only for partners in the collaboration", "id": "Hanya untuk mitra kolaborasi"},
    "user": {"en": "Only for users of the service", "id": "Hanya untuk pengguna layanan"},
    "many": {"en": "tick all that apply", "id": "boleh memilih lebih dari satu"},
    "optional": {"en": "may be left blank", "id": "boleh dikosongkan"},
    "ends": {
        "en": "If you ticked “{}”, the questionnaire ends here.",
        "id": "Jika Anda memilih “{}”, kuesioner berakhir di sini.",
    },
    "thanks": {"en": "Thank you for taking part.", "id": "Terima kasih atas kesediaan Anda mengisi kuesioner ini."},
    "number": {"en": "No.", "id": "No."},
    "statement": {"en": "Statement", "id": "Pernyataan"},
}


def questionnaire(
    instrument: Instrument | str, path: str | Path, *, language: str | Sequence[str] | None = None
) -> Path:
    """Write the questionnaire of an instrument as a Word document to be printed.

    Parameters
    ----------
    instrument : Instrument or str
        An instrument, or its name in the bank.
    path : str or Path
        The ``.docx`` file.
    language : str or list of str, optional
        One language, or several: the first in upright letters, the others in italics below it. Default: all languages
        of the instrument, its default language first.

    Returns
    -------
    Path
        Statements are numbered through; neither names of constructs nor directions of items are shown.

    Raises
    ------
    OptionError
        For a language that the instrument does not have.
    DataError
        When the file cannot be written.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.questionnaire("psq", "questionnaire.docx", language=["id", "en"]).name
    'questionnaire.docx'
    """
    one = load_instrument(instrument)
    rest = [x for x in one.languages if x != one.default_language]
    asked = [one.default_language, *rest] if language is None else [language] if isinstance(language, str) else language
    for x in asked:
        if x not in one.languages:
            raise OptionError(
                f"instrument '{one.id}' is not in '{x}'.{did_you_mean(x, one.languages)} "
                f"Its languages: {some(one.languages)}."
            )
    if not asked:
        raise OptionError(f"name at least one language; instrument '{one.id}' is in {some(one.languages)}.")
    paper = _Paper(one, tuple(dict.fromkeys(asked)))
    paper.run()
    buffer = io.BytesIO()
    paper.word.save(buffer)
    return write_bytes(path, buffer.getvalue())


class _Paper:
    """The writing of one questionnaire."""

    def __init__(self, one: Instrument, languages: tuple[str, ...]) -> None:
        import docx
        from docx.shared import Cm, Pt, RGBColor

        self.one, self.languages = one, languages
        self.number = self.part = 0
        self.told: str | None = None
        self.word: Any = docx.Document()
        page = self.word.sections[0]
        page.page_width, page.page_height = (Cm(x) for x in _PAGE_CM)
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(_MARGIN_CM)
        for name, size in (("Normal", 10), ("Title", 18), ("Heading 1", 13)):
            style = self.word.styles[name]
            _typeface(style.element, _FONT)
            style.font.size = Pt(size)
            style.font.color.rgb = RGBColor(0, 0, 0)
            style.paragraph_format.space_after = Pt(4)

    def run(self) -> None:
        one = self.one
        self.lines(self.word.add_paragraph(style="Title"), one.title, size=16)
        if one.description:
            self.lines(self.word.add_paragraph(), one.description)
        self.lines(self.word.add_paragraph(), _SAID["how"])
        if one.demographics:
            self.heading(_SAID["about"])
            for asked, block in groupby(one.demographics, key=lambda q: q.respondent):
                self.asked_of(asked)
                for q in block:
                    self.question(q)
        if one.items:
            self.heading(_SAID["statements"])
            for scale, asked, items in self.blocks():
                self.asked_of(asked)
                if len(items) > 1 and len(scale.choices) <= _WIDEST:
                    self.grid(scale, items)
                    continue
                for item in items:
                    self.ask(item.label, (), item.hint)
                    self.boxes(scale)
        self.lines(self.word.add_paragraph(), _SAID["thanks"])
        self.footer()

    def blocks(self) -> Iterator[tuple[Scale, str | None, list[Item]]]:
        """Yield the items that share their answers and whom they ask, in the order of the questionnaire."""
        for _, run in groupby(self.one.items, key=lambda i: (i.scale.name, i.respondent)):
            items = list(run)
            yield items[0].scale, items[0].respondent, items

    # ---- pieces --------------------------------------------------------------------------------------------------

    def lines(self, paragraph: Any, words: Words, *, size: float | None = None, bold: bool = False) -> Any:
        """Write words in all languages, one line each: the first upright, the others in grey italics."""
        from docx.shared import Pt, RGBColor

        for n, x in enumerate(self.languages):
            if n:
                paragraph.add_run().add_break()
            run = paragraph.add_run(clean(words.get(x) or words.get("en") or next(iter(words.values()), "")))
            run.bold = bold and not n
            if size:
                run.font.size = Pt(size if not n else size * 0.85)
            if n:
                run.italic = True
                run.font.color.rgb = RGBColor.from_string(_GREY)
        return paragraph

    def heading(self, words: Words) -> None:
        self.part += 1
        self.told = None
        letter = chr(ord("A") + self.part - 1)
        told = {x: f"{_SAID['part'].get(x, 'Part')} {letter}. {words.get(x, words['en'])}" for x in self.languages}
        self.lines(self.word.add_heading(level=1), told, size=13)

    def asked_of(self, respondent: str | None) -> None:
        from docx.shared import Pt

        if respondent and respondent != self.told:
            line = self.lines(self.word.add_paragraph(), _SAID[respondent], bold=True)
            line.paragraph_format.keep_with_next = True
            line.paragraph_format.space_before = Pt(8)
        self.told = respondent

    def question(self, q: Question) -> None:
        hints = [_SAID["many"]] if q.type == "many" else []
        self.ask(q.label, (*hints, *([_SAID["optional"]] if q.optional else [])), q.hint)
        if q.scale is None:
            self.word.add_paragraph("_" * (50 if q.type == "text" else 20)).paragraph_format.left_indent = _cm(
                _INDENT_CM
            )
        else:
            self.boxes(q.scale)
            self.ends(q, q.scale)

    def ends(self, q: Question, scale: Scale) -> None:
        """Say after which answers nothing more is asked."""
        told = {}
        for x in self.languages:
            names = [scale.choice(name).label.get(x) or name for name in q.ends]
            told[x] = _SAID["ends"].get(x, _SAID["ends"]["en"]).format("”, “".join(names))
        if q.ends:
            self.lines(self.word.add_paragraph(), told).paragraph_format.left_indent = _cm(_INDENT_CM)

    def ask(self, words: Words, extra: Sequence[Words], help: Words) -> None:
        self.number += 1
        told = {}
        for x in self.languages:
            shown = [w for w in (help.get(x, ""), *(h.get(x, h["en"]) for h in extra)) if w]
            told[x] = words.get(x, "") + (f" ({'; '.join(shown)})" if shown else "")
        paragraph = self.word.add_paragraph(f"{self.number}.\t")
        paragraph.paragraph_format.tab_stops.add_tab_stop(_cm(_INDENT_CM))
        paragraph.paragraph_format.left_indent = _cm(_INDENT_CM)
        paragraph.paragraph_format.first_line_indent = _cm(-_INDENT_CM)
        paragraph.paragraph_format.keep_with_next = True
        self.lines(paragraph, told)

    def boxes(self, scale: Scale) -> None:
        """Write the answers to tick, below each other."""
        from docx.shared import Pt

        for n, choice in enumerate(scale.choices, start=1):
            said = [choice.label.get(x, "") for x in self.languages]
            shown = " / ".join(dict.fromkeys(filter(None, said))) or choice.name
            paragraph = self.word.add_paragraph(f"{_BOX}  {clean(shown)}")
            paragraph.paragraph_format.left_indent = _cm(_INDENT_CM)
            paragraph.paragraph_format.space_after = Pt(6 if n == len(scale.choices) else 0)
            paragraph.paragraph_format.keep_with_next = n < len(scale.choices)

    def grid(self, scale: Scale, items: Sequence[Item]) -> None:
        """Write statements as rows and answers as columns; the header stands on every page, no row is cut."""
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        how = self.lines(self.word.add_paragraph(), _SAID["agree" if scale.type == "likert" else "row"])
        how.paragraph_format.keep_with_next = True
        n = len(scale.choices)
        widths = self.widths(scale)
        table = self.word.add_table(rows=1, cols=n + 2, style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        head = [_SAID["number"], _SAID["statement"], *(c.label or {"en": c.name} for c in scale.choices)]
        for cell, words in zip(table.rows[0].cells, head, strict=True):
            first = cell.paragraphs[0]
            if len(set(words.values())) == 1:
                _run(first, next(iter(words.values())), 7.5).bold = True
            else:
                self.lines(first, words, size=7.5, bold=True)
            first.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _repeat(table.rows[0])
        for item in items:
            self.number += 1
            cells = table.add_row().cells
            _run(cells[0].paragraphs[0], str(self.number), 9)
            helped = {x: f"{words} ({item.hint[x]})" if item.hint.get(x) else words for x, words in item.label.items()}
            self.lines(cells[1].paragraphs[0], helped, size=9)
            for cell in cells[2:]:
                _run(cell.paragraphs[0], _BOX, 12)
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        for column, width in zip(table.columns, widths, strict=True):
            column.width = _cm(width)
        for row in table.rows:
            _whole(row)
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = _cm(width)
                _tight(cell)
        self.word.add_paragraph().paragraph_format.space_after = 0

    def widths(self, scale: Scale) -> list[float]:
        """Return the widths of a grid in cm: no word of an answer is broken as long as statements have room."""
        free = _PAGE_CM[0] - 2 * _MARGIN_CM - _NUMBER_CM
        n = len(scale.choices)
        need = []
        for choice in scale.choices:
            said = [(choice.label.get(x, choice.name), 1 if k == 0 else 0.85) for k, x in enumerate(self.languages)]
            longest = max(len(word) * size for text, size in said for word in text.replace("-", "- ").split())
            need.append(max(_BOX_CM, longest * _LETTER_CM + 0.2))
        if free - sum(need) < _LEAST_CM:
            statement = max(_LEAST_CM, free - 1.0 * n)
            return [_NUMBER_CM, statement, *[(free - statement) / n] * n]
        statement = min(_STATEMENT_CM, free - sum(need))
        rest = (free - statement - sum(need)) / n
        return [_NUMBER_CM, statement, *(width + rest for width in need)]

    def footer(self) -> None:
        paragraph = self.word.sections[0].footer.paragraphs[0]
        _run(paragraph, f"{self.one.id} {self.one.version}\t\t", 8)
        for name in ("PAGE", "NUMPAGES"):
            _field(paragraph, name)
            if name == "PAGE":
                _run(paragraph, " / ", 8)


def _cm(width: float) -> Any:
    from docx.shared import Cm

    return Cm(width)


def _run(paragraph: Any, text: str, size: float) -> Any:
    from docx.shared import Pt

    run = paragraph.add_run(clean(text))
    run.font.size = Pt(size)
    return run


def _typeface(element: Any, name: str) -> None:
    """Set the typeface of a style for all scripts; the template's headings name one of the theme."""
    from docx.oxml.ns import qn

    fonts = element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), name)


def _property(row: Any, tag: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(tag))


def _repeat(row: Any) -> None:
    _property(row, "w:tblHeader")


def _whole(row: Any) -> None:
    _property(row, "w:cantSplit")


def _tight(cell: Any) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Pt

    sides = "".join(f'<w:{side} w:w="40" w:type="dxa"/>' for side in ("left", "right"))
    cell._tc.get_or_add_tcPr().append(parse_xml(f"<w:tcMar {nsdecls('w')}>{sides}</w:tcMar>"))
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    cell.paragraphs[0].paragraph_format.space_before = cell.paragraphs[0].paragraph_format.space_after = Pt(2)


def _field(paragraph: Any, name: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    run = '<w:r><w:rPr><w:sz w:val="16"/></w:rPr><w:t>1</w:t></w:r>'
    paragraph._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="{name}">{run}</w:fldSimple>'))
