"""A Word document that needs no re-formatting: real tables with three rules, captions that Word can number and list."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from cgsurvey.base.errors import DataError
from cgsurvey.present.document import FIGURE, TABLE, Bullets, Document, Em, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import SIMULATED, Grid, Remark, Shown, Table, Words
from cgsurvey.present.writers import clean, write_bytes
from cgsurvey.present.writers.docx_layout import GAP_CM, bands, stands_off, turned, widths

_LOCALE = {"en": "en-GB", "id": "id-ID"}
_COLOUR = {"good": "0B5394", "fair": "8A5A00", "poor": "B3261E"}
_CONTENTS = Words("Contents", "Daftar isi")
_CONTINUED = Words("(continued)", "(lanjutan)")
_TABLES = Words("List of tables", "Daftar tabel")
_FIGURES = Words("List of figures", "Daftar gambar")
_FONT = "Times New Roman"
_TALLEST_CM = {False: 19.0, True: 12.5}  # of a figure on an upright page and on a turned one
# Names under which campuses hold styles of their own; those of Word keep their English name in the file.
_ALIASES = {
    "Title": ("Judul",),
    "Heading 1": ("Judul 1", "Judul Bab", "BAB"),
    "Heading 2": ("Judul 2", "Sub Bab", "Subbab"),
    "Heading 3": ("Judul 3",),
    "Caption": ("Keterangan", "Keterangan Gambar"),
    "List Bullet": ("Daftar Poin", "Butir Daftar"),
}
_READABLE = 0.72  # of its size, down to which a figure stays on an upright page
_GAP = round(GAP_CM * 567)  # twips
_KEEP_ROWS = 20  # a table of no more rows is kept on one page: longer ones would leave half a page empty


def write(doc: Document, path: str | Path, *, template: str | Path | None = None) -> Path:
    """Write a document and return its path.

    Parameters
    ----------
    doc : Document
        What to write.
    path : str or Path
        The ``.docx`` file; it is replaced whole or not at all.
    template : str or Path, optional
        A ``.docx`` or ``.dotx``: its styles, page set-up, headers and content are kept, the report follows.

    Raises
    ------
    DataError
        When the template is absent or no Word file, or the file cannot be written.
    """
    writer = _Writer(doc, template)
    writer.run()
    buffer = io.BytesIO()
    writer.word.save(buffer)
    return write_bytes(path, buffer.getvalue())


def _open(template: str | Path | None) -> Any:
    import docx

    if template is None:
        return docx.Document()
    source = Path(template)
    if not source.is_file():
        raise DataError(
            f"the Word template '{source.name}' does not exist. Paths are relative to the folder you work in."
        )
    try:
        content = source.read_bytes()
        if source.suffix.lower() == ".dotx":
            content = _as_document(content)
        return docx.Document(io.BytesIO(content))
    except Exception as error:
        raise DataError(
            f"the template '{source.name}' is no Word document that can be read ({error}). Save it as .docx."
        ) from error


def _as_document(content: bytes) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "[Content_Types].xml":
                data = data.replace(b"wordprocessingml.template.main", b"wordprocessingml.document.main")
            new.writestr(name, data)
    return out.getvalue()


def _element(tag: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


class _Writer:
    """State of one writing: the open Word document and the ids given so far."""

    def __init__(self, doc: Document, template: str | Path | None) -> None:
        self.doc, self.language = doc, doc.language
        self.word = _open(template)
        self.plain = template is None
        self.ids = 1000
        self.wide = False
        self.cell_style = ""
        self.named = self._named()

    def _named(self) -> dict[str, str]:
        """Return the styles that the template has under a name of its own: "Judul 1" for "Heading 1"."""
        known = {s.name.casefold(): s.name for s in self.word.styles}
        found: dict[str, str] = {}
        for name, aliases in _ALIASES.items():
            own = [known[a.casefold()] for a in aliases if a.casefold() in known]
            found |= {name: own[0]} if own and not self.plain else {}
        return found

    def _style(self, name: str) -> str:
        return self.named.get(name, name)

    def run(self) -> None:
        self._prepare()
        self._front()
        for k, block in enumerate(self.doc.blocks):
            self._turn(isinstance(block, Numbered) and self._needs_landscape(block.item))
            if isinstance(block, Heading):
                self._paragraph(block.text, f"Heading {block.level}", bookmark=f"_cg_heading_{k}")
            elif isinstance(block, Paragraph):
                self._running(block)
            elif isinstance(block, Bullets):
                for item in block.items:
                    self._paragraph(item, "List Bullet")
            elif isinstance(block.item, Table):
                for part in bands(block.item.grid(self.language), self._room_cm(self.wide)):
                    self._table(block.anchor, part)
            else:
                self._figure(block.anchor, block.item)
        self._turn(False)

    # -- page, styles, front matter ---------------------------------------------------------------------------------

    def _prepare(self) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt, RGBColor

        styles = self.word.styles
        run = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
        for old in run.findall(qn("w:lang")):
            run.remove(old)
        run.append(_element("w:lang", val=_LOCALE[self.language], eastAsia="ko-KR", bidi="ar-SA"))
        info = self.word.core_properties
        info.title, info.author = clean(self.doc.title)[:255], clean(", ".join(self.doc.authors))[:255]
        info.language, info.comments = _LOCALE[self.language], ""
        if self.plain:
            section = self.word.sections[0]
            section.page_width, section.page_height = Cm(21.0), Cm(29.7)
            section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.54)
            self._font(styles["Normal"], Pt(11), False)
            styles["Normal"].paragraph_format.space_after = Pt(8)
            styles["Normal"].paragraph_format.line_spacing = 1.25
            for level, size in ((1, 15), (2, 12.5), (3, 11)):
                style = styles[f"Heading {level}"]
                self._font(style, Pt(size), True)
                style.font.color.rgb = RGBColor(0, 0, 0)
                style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(20 - 4 * level), Pt(6)
                style.paragraph_format.keep_with_next = True
            self._font(styles["Title"], Pt(20), True)
            styles["Title"].font.color.rgb = RGBColor(0, 0, 0)
            for border in styles["Title"].element.iter(qn("w:pBdr")):
                border.getparent().remove(border)
                break
            self._page_number(section)
        self._own_styles()
        self.cell_style = styles["Table Text"].style_id  # by id: a search by name for each cell is slow
        if self.doc.simulated:
            paragraph = self.word.sections[0].header.paragraphs[0]
            target = paragraph if not paragraph.text.strip() else paragraph.insert_paragraph_before()
            mark = target.add_run(SIMULATED.of(self.language))
            mark.bold, mark.font.size, mark.font.color.rgb = True, Pt(9), RGBColor.from_string(_COLOUR["fair"])

    def _font(self, style: Any, size: Any, bold: bool) -> None:
        from docx.oxml.ns import qn

        style.font.name, style.font.size, style.font.bold, style.font.italic = _FONT, size, bold, False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{name}"), None)
        fonts.set(qn("w:cs"), _FONT)

    def _own_styles(self) -> None:
        """Add the styles that the template (or the plain document) lacks; those it has are left as they are."""
        from docx.enum.style import WD_STYLE_TYPE
        from docx.shared import Pt, RGBColor

        styles = self.word.styles
        known = {s.name for s in styles}
        for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "List Bullet"):
            if self._style(name) not in known:
                style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
                style.base_style = styles["Normal"] if "Normal" in known else None
                style.font.bold = name != "List Bullet"
        if self._style("Caption") not in known:
            styles.add_style("Caption", WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
        if self.plain:
            caption = styles["Caption"]
            self._font(caption, Pt(10.5), False)
            caption.font.color.rgb = RGBColor(0, 0, 0)
            caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(10), Pt(4)
        for name, size, after in (
            ("Table Text", 9, 0),
            ("Table Note", 8.5, 2),
            ("Reference Entry", 11, 4),
            ("Code Text", 8.5, 0),
        ):
            if name in known:
                continue
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = styles["Normal"] if "Normal" in known else None
            style.font.size = Pt(size)
            layout = style.paragraph_format
            layout.space_before, layout.space_after, layout.line_spacing = Pt(0), Pt(after), 1.0
            layout.first_line_indent = Pt(0)
            if name == "Reference Entry":
                layout.left_indent, layout.first_line_indent = Pt(24), Pt(-24)
            if name == "Code Text":
                style.font.name = "Courier New"

    def _page_number(self, section: Any) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        paragraph = section.footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._field(paragraph, "PAGE", "1")

    def _front(self) -> None:
        if self.doc.bare:
            return
        body = self.word.element.body
        if not self.plain and any(p.text.strip() for p in self.word.paragraphs):
            self.word.add_page_break()
        elif len(self.word.paragraphs) == 1 and not self.word.paragraphs[0].text:
            body.remove(self.word.paragraphs[0]._p)
        self._paragraph(self.doc.title, "Title")
        if self.doc.authors:
            self._paragraph(", ".join(self.doc.authors), "Normal")
        if self.doc.simulated:
            self._paragraph(SIMULATED.of(self.language), "Normal", bold=True)
        if not self.doc.contents:
            return
        entries = [
            (b.text, f"_cg_heading_{k}", b.level)
            for k, b in enumerate(self.doc.blocks)
            if isinstance(b, Heading) and b.level <= 2
        ]
        self._listing(_CONTENTS, r'TOC \o "1-2" \h \z \u', entries)
        for title, word, kind in ((_TABLES, TABLE, Table), (_FIGURES, FIGURE, Figure)):
            entries = []
            for anchor, item in self.doc.numbered():
                if isinstance(item, kind):
                    text = item.title.of(self.language) if isinstance(item, Table) else item.title
                    entries.append((f"{self.doc.name(anchor)}  {text}", self._bookmark_name(anchor), 1))
            if entries:
                self._listing(title, rf'TOC \h \z \c "{word.of(self.language)}"', entries)
        self.word.add_page_break()

    def _listing(self, title: Words, code: str, entries: Sequence[tuple[str, str, int]]) -> None:
        """Add a list that Word can renew (F9 adds page numbers); until then its entries are links."""
        from docx.shared import Pt

        head = self._paragraph(title.of(self.language), "Normal", bold=True)
        head.paragraph_format.space_before, head.paragraph_format.keep_with_next = Pt(12), True
        for i, (text, target, level) in enumerate(entries):
            paragraph = self.word.add_paragraph(style="Table Text")
            paragraph.paragraph_format.left_indent = Pt(14 * (level - 1))
            paragraph.paragraph_format.space_after = Pt(3)
            if i == 0:
                self._field_open(paragraph, code)
            link = _element("w:hyperlink", anchor=target, history="1")
            run = paragraph.add_run(clean(text))
            run.font.size = Pt(10)
            link.append(run._r)
            paragraph._p.append(link)
            if i == len(entries) - 1:
                paragraph.add_run()._r.append(_element("w:fldChar", fldCharType="end"))

    # -- text --------------------------------------------------------------------------------------------------------

    def _paragraph(self, text: str, style: str, *, bold: bool | None = None, bookmark: str = "") -> Any:
        paragraph = self.word.add_paragraph(style=self._style(style))
        if style.startswith("Heading") and style in self.named:  # so that the contents find it
            level = _element("w:outlineLvl", val=str(int(style[-1]) - 1))
            paragraph._p.get_or_add_pPr().append(level)
        if bookmark:
            self._bookmark(paragraph, bookmark, lambda: paragraph.add_run(clean(text)))
        else:
            paragraph.add_run(clean(text)).bold = bold
        return paragraph

    def _running(self, block: Paragraph) -> None:
        if block.style == "code":
            for line in self.doc.plain(block).splitlines():
                self._paragraph(line, "Code Text")
            return
        paragraph = self.word.add_paragraph(style="Reference Entry" if block.style == "reference" else "Normal")
        for part in block.parts:
            if isinstance(part, str):
                run = paragraph.add_run(_held(clean(part)))
                run.bold = True if block.style == "lead" else None
                run.italic = True if isinstance(part, Em) else None
            else:
                self._field(paragraph, rf"REF {self._bookmark_name(part.anchor)} \h", self.doc.name(part.anchor))

    def _field_open(self, paragraph: Any, code: str, bold: bool | None = None) -> None:
        from docx.oxml.ns import qn

        for kind in ("begin", "code", "separate"):
            made = paragraph.add_run()
            made.bold = bold
            run = made._r
            if kind == "code":
                text = _element("w:instrText")
                text.set(qn("xml:space"), "preserve")
                text.text = f" {code} "
                run.append(text)
            else:
                run.append(_element("w:fldChar", fldCharType=kind))

    def _field(self, paragraph: Any, code: str, shown: str, *, bold: bool | None = None) -> None:
        self._field_open(paragraph, code, bold)
        paragraph.add_run(clean(shown)).bold = bold
        paragraph.add_run()._r.append(_element("w:fldChar", fldCharType="end"))

    def _bookmark_name(self, anchor: str) -> str:
        return "_cg_" + "".join(c if c.isalnum() and c.isascii() else "_" for c in anchor)[:35]

    def _bookmark(self, paragraph: Any, name: str, fill: Any) -> None:
        self.ids += 1
        paragraph._p.append(_element("w:bookmarkStart", id=str(self.ids), name=name))
        fill()
        paragraph._p.append(_element("w:bookmarkEnd", id=str(self.ids)))

    def _caption(self, anchor: str, word: Words, title: str, *, above: bool) -> None:
        """Write "Table 1" as a field that Word counts, and the title on the next line of the same paragraph."""
        paragraph = self.word.add_paragraph(style=self._style("Caption"))
        paragraph.paragraph_format.keep_with_next = above
        number = str(self.doc.numbers[anchor])

        def fill() -> None:
            paragraph.add_run(f"{word.of(self.language)} ").bold = True
            self._field(paragraph, rf"SEQ {word.of(self.language)} \* ARABIC", number, bold=True)

        self._bookmark(paragraph, self._bookmark_name(anchor), fill)
        run = paragraph.add_run()
        run.add_break()
        run.add_text(clean(title))
        run.italic, run.bold = True, False

    # -- tables ------------------------------------------------------------------------------------------------------

    def _table(self, anchor: str, grid: Grid) -> None:
        """Add a table; its XML is built as a whole, since python-docx takes milliseconds for each cell."""
        from docx.oxml import parse_xml
        from docx.oxml.ns import nsdecls
        from docx.shared import Pt

        if grid.title or not self.doc.bare:
            if grid.first:
                self._caption(anchor, TABLE, grid.title, above=True)
            else:
                more = f"{self.doc.name(anchor)} {_CONTINUED.of(self.language)}"
                self._paragraph(more, "Caption").paragraph_format.keep_with_next = True
        size, room = widths(grid, self._room_cm(self.wide))
        twips = [round(w * 567) for w in room]  # twentieths of a point
        gaps = [_GAP * stands_off(grid, j) for j in range(len(twips))]
        keep, last = len(grid.body) <= _KEEP_ROWS, len(grid.body) - 1
        rows = self._head_rows(grid, twips, size)
        marks = iter(self._row_marks(anchor, grid))
        for i, row in enumerate(grid.body):
            hold = i == 0 or (bool(grid.remarks) if i == last else keep or i == last - 1 or isinstance(row, str))
            style: dict[str, Any] = {"size": size, "keep": hold, "bottom": 8 if i == last else 0}
            if isinstance(row, str):
                rows.append(
                    _row([_cell(Shown(row), sum(twips), self.cell_style, span=len(twips), italic=True, **style)])
                )
            else:
                cells = [
                    _cell(c, w, self.cell_style, gap=gaps[j], **style)
                    for j, (c, w) in enumerate(zip(row[1:], twips[1:], strict=True), start=1)
                ]
                first = _cell(row[0], twips[0], self.cell_style, mark=next(marks), **style)
                rows.append(_row([first, *cells]))
        title = _attribute(f"{self.doc.name(anchor)} {grid.title}")
        columns = "".join(f'<w:gridCol w:w="{w}"/>' for w in twips)
        sides = "".join(f'<w:{side} w:w="70" w:type="dxa"/>' for side in ("left", "right"))
        table = parse_xml(
            f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:jc w:val="left"/>'
            f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{sides}</w:tblCellMar><w:tblLook w:val="0420"/>'
            f'<w:tblCaption w:val="{title}"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
        )
        self.word.element.body.insert_element_before(table, "w:sectPr")
        after = [self._remark(r, first=k == 0, last=r is grid.remarks[-1]) for k, r in enumerate(grid.remarks)]
        (after or [self.word.add_paragraph(style="Table Note")])[-1].paragraph_format.space_after = Pt(12)

    def _row_marks(self, anchor: str, grid: Grid) -> list[tuple[int, str]]:
        """Return id and name of the bookmark of each row: table, result, row; Word allows 40 letters, digits and _."""
        count = sum(not isinstance(row, str) for row in grid.body)
        if not (grid.origin and grid.first):
            return [(0, "")] * count
        what = "_".join(re.findall(r"[A-Za-z0-9]+", grid.origin.replace("cg.", "")))
        names = [f"_{k}" for k in range(1, count + 1)]
        self.ids += count
        start = f"T{self.doc.numbers[anchor]}_{what}"
        return [(self.ids - count + k, start[: 40 - len(end)] + end) for k, end in enumerate(names, start=1)]

    def _head_rows(self, grid: Grid, twips: Sequence[int], size: float) -> list[str]:
        heads = [Shown(h, "right" if a == "right" else "left") for h, a in zip(grid.heads, grid.aligns, strict=True)]
        top = 0 if grid.spanners else 8
        style: dict[str, Any] = {"size": size, "keep": True, "foot": True}
        second = [
            _cell(h, w, self.cell_style, top=top, bottom=4, wrap=True, gap=_GAP * stands_off(grid, j), **style)
            for j, (h, w) in enumerate(zip(heads, twips, strict=True))
        ]
        if not grid.spanners:
            return [_row(second, head=True)]
        first, j = [], 0
        starts = {start: (length, label) for start, length, label in grid.spanners}
        while j < len(twips):
            length, label = starts.get(j, (1, ""))
            room, line = sum(twips[j : j + length]), 4 if j in starts else 0
            first.append(
                _cell(Shown(label), room, self.cell_style, span=length, centre=True, top=8, bottom=line, **style)
            )
            j += length
        return [_row(first, head=True), _row(second, head=True)]

    def _remark(self, remark: Remark, *, first: bool, last: bool) -> Any:
        from docx.shared import Pt

        paragraph = self.word.add_paragraph(style="Table Note")
        lead = paragraph.add_run(clean(remark.lead))
        lead.italic = remark.lead.endswith(".")
        lead.font.superscript = not remark.lead.endswith(".") or None
        paragraph.add_run(clean(f" {remark.text}"))
        paragraph.paragraph_format.space_before = Pt(3) if first else None
        paragraph.paragraph_format.keep_with_next = None if last else True
        return paragraph

    def _room_cm(self, landscape: bool) -> float:
        section = self.word.sections[0]
        long, short = max(section.page_width, section.page_height), min(section.page_width, section.page_height)
        page = long if landscape else short
        return (page - section.left_margin - section.right_margin) / 360000

    def _needs_landscape(self, item: Table | Figure) -> bool:
        if isinstance(item, Figure):  # a wide one, shrunk to an upright page, would have letters too small to read
            tall = item.width_cm * _aspect(item.png)
            upright, across = (
                min(self._room_cm(turn) / item.width_cm, _TALLEST_CM[turn] / tall) for turn in (False, True)
            )
            return upright < _READABLE and across > 1.2 * upright
        return turned(item.grid(self.language), self._room_cm(False), self._room_cm(True))

    def _turn(self, landscape: bool) -> None:
        """Begin a section of the other orientation, where a table is too wide for an upright page."""
        from docx.enum.section import WD_ORIENT, WD_SECTION

        if landscape == self.wide:
            return
        section = self.word.add_section(WD_SECTION.NEW_PAGE)
        section.page_width, section.page_height = section.page_height, section.page_width
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        self.wide = landscape

    # -- figures -----------------------------------------------------------------------------------------------------

    def _figure(self, anchor: str, item: Figure) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Cm, Pt

        paragraph = self.word.add_paragraph()
        paragraph.alignment, paragraph.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
        picture = paragraph.add_run().add_picture(
            io.BytesIO(item.png), width=Cm(min(item.width_cm, self._room_cm(self.wide)))
        )
        tallest = Cm(_TALLEST_CM[self.wide])
        if picture.height > tallest:
            picture.width, picture.height = int(picture.width * tallest / picture.height), tallest
        for inline in _descriptions(picture):
            inline.set("descr", clean(item.alt))
            inline.set("title", clean(item.title))
        self._caption(anchor, FIGURE, item.title, above=bool(item.remark))
        last = self.word.paragraphs[-1]
        if item.remark:
            last = self.word.add_paragraph(clean(item.remark), style="Table Note")
        last.paragraph_format.space_after = Pt(14)


def _held(text: str) -> str:
    """Return a text in which no line ends inside "p < .001" or "β = .58"."""
    return re.sub(r" ([=<>≥≤]) (?=\S)", "\u00a0\\1\u00a0", text)


def _descriptions(picture: Any) -> Iterator[Any]:
    yield picture._inline.docPr


def _aspect(png: bytes) -> float:
    """Return height / width of a picture, which stand at the head of its file."""
    return int.from_bytes(png[20:24]) / max(int.from_bytes(png[16:20]), 1)


def _attribute(text: str) -> str:
    return escape(clean(text), {'"': "&quot;", "\n": " "})


def _run(text: str, size: float, properties: str = "", *, before: str = "", after: str = "") -> str:
    # the schema wants bold and italic, then colour, then size, then the position of the letters
    points = f'<w:sz w:val="{round(2 * size)}"/>'
    look = f"<w:rPr>{before}{properties}{points}{after}</w:rPr>"
    return f'<w:r>{look}<w:t xml:space="preserve">{escape(clean(text))}</w:t></w:r>'


def _cell(
    shown: Shown,
    room: int,
    style: str,
    *,
    size: float,
    keep: bool,
    span: int = 1,
    italic: bool = False,
    centre: bool = False,
    foot: bool = False,
    wrap: bool = False,
    top: int = 0,
    bottom: int = 0,
    gap: int = 0,
    mark: tuple[int, str] = (0, ""),
) -> str:
    """Return the XML of a cell; `top` and `bottom` are rules in eighths of a point, `foot` sets the text low.

    `mark` is id and name of the bookmark around its text, `gap` the room before it in twips.

    Numbers are never broken; `wrap` lets the heading over them break at its blanks.
    """
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{weight}" w:space="0" w:color="auto"/>'
        for side, weight in (("top", top), ("bottom", bottom))
        if weight
    )
    right = shown.align == "right"
    text = shown.text.replace(" ", "\u00a0") if right and not wrap else shown.text
    runs = _run(text, size, before="<w:i/>" if italic else "")
    if shown.symbol:
        runs += _run(f"\u00a0{shown.symbol}", size, f'<w:color w:val="{_COLOUR[shown.verdict]}"/>')
    if shown.mark:
        runs += _run(shown.mark, size, after='<w:vertAlign w:val="superscript"/>')
    if mark[1]:
        opened = f'<w:bookmarkStart w:id="{mark[0]}" w:name="{mark[1]}"/>'
        runs = f'{opened}{runs}<w:bookmarkEnd w:id="{mark[0]}"/>'
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{room}" w:type="dxa"/>'
        + (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "")
        + (f"<w:tcBorders>{lines}</w:tcBorders>" if lines else "")
        + ('<w:vAlign w:val="bottom"/>' if foot else "")
        + f'</w:tcPr><w:p><w:pPr><w:pStyle w:val="{_attribute(style)}"/>'
        + ("<w:keepNext/>" if keep else "")
        + '<w:spacing w:before="30" w:after="30"/>'
        + (f'<w:ind w:left="{180 * shown.indent + gap}"/>' if shown.indent or gap else "")
        + f'<w:jc w:val="{"center" if centre else "right" if right else "left"}"/></w:pPr>{runs}</w:p></w:tc>'
    )


def _row(cells: Sequence[str], *, head: bool = False) -> str:
    """Return the XML of a row that is never torn over two pages; a head is repeated on each."""
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{''.join(cells)}</w:tr>"
