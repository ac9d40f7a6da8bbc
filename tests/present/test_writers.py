"""Every writer prints the same cells, and none of them lets an answer become markup, a formula or a broken file."""

import io
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from cgsurvey.base.errors import DataError
from cgsurvey.present.document import Bullets, Document, Figure, Heading, Numbered, Paragraph, Ref
from cgsurvey.present.numbers import NUMERIC
from cgsurvey.present.table import Cell, Column, Origin, Table, Words, words
from cgsurvey.present.writers import docx as docx_writer
from cgsurvey.present.writers import html, latex, write_bytes, xlsx
from cgsurvey.present.writers.text import document as as_text

NASTY = [
    "=1+1",
    "+62 812",
    "-5",
    "@SUM(A1)",
    "\t=2",
    "'x",
    "<script>alert(1)</script>",
    "a & b",
    "bell\x07 null\x00",
    "{x} $5_%#~^\\",
]
ORIGIN = Origin("fit", "cfa")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


def nasty() -> Table:
    columns = (Column("item", words(NASTY[6])), Column("value", words("=A1"), "number"))
    rows = tuple((text, Cell(k + 0.5)) for k, text in enumerate(NASTY))
    return Table(
        "T1",
        "nasty",
        words("=cmd|' /C calc'!A0"),
        columns,
        rows,
        notes=(words("<b>note</b> =2"),),
        groups={3: words("=g")},
    )


def grid_cells(table: Table, language: str) -> list[list[str]]:
    return [[row] if isinstance(row, str) else [c.full for c in row] for row in table.grid(language).body]


class _Cells(HTMLParser):
    """Text of the cells of the body, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "tbody":
            self.inside = True
        elif self.inside and tag == "tr":
            self.rows.append([])
        elif self.inside and tag in ("td", "th"):
            self.rows[-1].append("")
        elif self.inside and tag == "sup":
            self.rows[-1][-1] += " ("

    def handle_endtag(self, tag: str) -> None:
        if tag == "tbody":
            self.inside = False
        elif self.inside and tag == "sup":
            self.rows[-1][-1] += ")"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def from_html(table: Table, language: str, folder: Path) -> list[list[str]]:
    parser = _Cells()
    parser.feed(table.to_html(folder / "t.html", language))
    assert (folder / "t.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    return parser.rows


def from_docx(table: Table, language: str, folder: Path) -> list[list[str]]:
    word = docx.Document(str(table.to_docx(folder / "t.docx", language)))
    rows = []
    heads = 2 if table.spanners else 1
    for row in word.tables[0]._tbl.tr_lst[heads:]:
        cells = []
        for cell in row.tc_lst:
            runs = [(r.text, r.rPr is not None and r.rPr.superscript) for p in cell.p_lst for r in p.r_lst]
            cells.append("".join(f" ({text})" if high else text for text, high in runs).replace("\u00a0", " "))
        rows.append(cells)
    return rows


def from_latex(table: Table, language: str, folder: Path) -> list[list[str]]:
    source = table.to_latex(language=language)
    body = source.split(r"\endlastfoot" + "\n")[1].split("\n" + r"\end{longtable}")[0]
    back = {v: k for k, v in latex._ESCAPES.items()} | {r"$\sim$": "~", r"\&": "&"}
    rows = []
    for line in body.splitlines():
        line = re.sub(r"\\hspace\*\{\d+em\}", "", line.removesuffix(r" \\").removesuffix(r" \\*"))
        group = re.fullmatch(r"\\multicolumn\{\d+\}\{l\}\{\\textit\{(.*)\}\}", line)
        cells = [group[1]] if group else line.split(" & ")
        rows.append([])
        for cell in cells:
            cell = re.sub(r"\\textsuperscript\{([a-z])\}", r" (\1)", cell)
            for code in sorted(back, key=len, reverse=True):
                cell = cell.replace(code, f"\x01{ord(back[code])}\x02")
            rows[-1].append(re.sub("\x01(\\d+)\x02", lambda m: chr(int(m[1])), cell))
    return rows


def from_text(table: Table, language: str, folder: Path) -> list[list[str]]:
    lines = table.to_text(language).splitlines()
    marks = [i for i, line in enumerate(lines) if line and set(line) == {"─"}]
    return [re.split(r"\s{2,}", line.strip()) for line in lines[marks[1] + 1 : marks[2]]]


READERS: dict[str, Callable[[Table, str, Path], list[list[str]]]] = {
    "html": from_html,
    "docx": from_docx,
    "latex": from_latex,
}


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("kind", READERS)
def test_each_writer_prints_the_cells_of_the_grid(example: Table, kind: str, language: str, tmp_path: Path) -> None:
    # "✗" and "×" are one sign in LaTeX
    found = [[c.replace("×", "✗") for c in row] for row in READERS[kind](example, language, tmp_path)]
    assert found == grid_cells(example, language)


@pytest.mark.parametrize("language", ["en", "id"])
def test_text_prints_the_cells_of_the_grid(example: Table, language: str, tmp_path: Path) -> None:
    wanted = [[c for c in row if c] for row in grid_cells(example, language)]
    assert from_text(example, language, tmp_path) == wanted


@pytest.mark.parametrize("kind", READERS)
def test_nasty_texts_come_back_as_they_were(kind: str, tmp_path: Path) -> None:
    found = READERS[kind](nasty(), "en", tmp_path)
    plain = str.maketrans("", "", "\x07\x00")
    wanted = [[c.translate(plain) for c in row] for row in grid_cells(nasty(), "en")]
    normal = [[" ".join(c.split()) for c in row] for row in found]
    assert normal == [[" ".join(c.split()) for c in row] for row in wanted]


def test_html_holds_no_script_and_no_foreign_address() -> None:
    page = nasty().to_html()
    parser = _Cells()
    parser.feed(page)
    assert "script" not in parser.tags and "b" not in parser.tags[parser.tags.index("table") + 3 :]
    assert "http://" not in page and "https://" not in page
    assert "default-src 'none'" in page
    assert "prefers-color-scheme:dark" in page and "@media print" in page


def test_html_headings_are_scoped_and_captioned(example: Table) -> None:
    page = example.to_html()
    for part in (
        '<html class="cg" lang="en">',
        'scope="colgroup"',
        'scope="col"',
        'scope="row"',
        'scope="rowgroup"',
        "<caption>",
    ):
        assert part in page
    assert 'role="img" aria-label="Good"' in page and 'aria-label="Poor"' in page


@pytest.mark.parametrize("language", ["en", "id"])
def test_excel_holds_raw_numbers_and_no_formula(example: Table, language: str, tmp_path: Path) -> None:
    for table in (example, nasty()):
        book = openpyxl.load_workbook(table.to_xlsx(tmp_path / "t.xlsx", language))
        cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
        assert all(c.data_type != "f" for c in cells)
        for c in cells:
            if isinstance(c.value, str) and c.value.startswith(("=", "+", "-", "@", "'")):
                assert c.quotePrefix, c.value
    book = openpyxl.load_workbook(example.to_xlsx(tmp_path / "t.xlsx", language))
    assert book.sheetnames[0] == {"en": "Contents", "id": "Daftar tabel"}[language]
    sheet = book.worksheets[1]
    values = {row[0].value: row for row in sheet.iter_rows(min_row=6)}
    assert values["x1"][1].value == 0.812 and '"' in values["x1"][1].number_format
    assert values["x1"][4].value == 0.0001
    assert values["x2"][1].number_format.endswith('" ✗ (a)"')
    printed = {r[0].text: r for r in example.grid(language).body if not isinstance(r, str)}
    for name, row in values.items():
        for shown, cell, column in zip(printed.get(name, ()), row, example.columns, strict=False):
            if column.kind not in NUMERIC or not isinstance(cell.value, int | float):
                assert (cell.value or "") == shown.full


def test_excel_sheets_have_distinct_lawful_names(example: Table, tmp_path: Path) -> None:
    names = ["a/b:c*?[d]" * 5, "A/B:C*?[D]" * 5]
    blocks = tuple(
        Numbered(f"{i}", Table(f"T{i}", n, words(n), example.columns, example.rows[:1])) for i, n in enumerate(names)
    )
    book = openpyxl.load_workbook(xlsx.write(Document("t", "en", blocks), tmp_path / "t.xlsx"))
    assert len({n.lower() for n in book.sheetnames}) == 3
    assert all(len(n) <= 31 and not re.search(r"[\[\]:*?/\\]", n) for n in book.sheetnames)
    assert [book.worksheets[0].cell(r, 1).hyperlink.location for r in (3, 4)] == [
        f"'{n}'!A1" for n in book.sheetnames[1:]
    ]


def test_excel_is_told_in_its_language_and_prints_page_by_page(example: Table, tmp_path: Path) -> None:
    wide = [Column(f"c{j}", words(f"c{j}"), "coefficient") for j in range(40)]
    broad = Table("T2", "broad", words("Broad"), (example.columns[0], *wide), (("x", *[0.5] * 40),), origin=ORIGIN)
    doc = Document("Judul", "id", (Numbered("a", example), Numbered("b", broad)), ("Ani",), simulated=True)
    book = openpyxl.load_workbook(xlsx.write(doc, tmp_path / "t.xlsx"))
    assert book.sheetnames == ["Daftar tabel", "1 Muatan", "2 Broad"]
    assert (book.properties.title, book.properties.creator, book.properties.language) == ("Judul", "Ani", "id")
    for sheet in book:
        assert sheet.oddFooter.right.text == "Halaman &P dari &N" and "simulasi" in sheet.oddFooter.left.text
        assert {c.font.name for row in sheet.iter_rows() for c in row if c.value is not None} == {"Calibri"}
    one, two = book.worksheets[1:]
    assert (one.page_setup.fitToWidth, one.page_setup.orientation, one.print_title_cols) == (1, "portrait", None)
    assert (two.page_setup.fitToWidth, two.page_setup.orientation) == (2, "landscape")
    assert two.print_title_cols == "$A:$A" and two.print_title_rows == "$4:$4"
    assert two["A3"].value == "fit · cg.cfa() · broad"


def test_excel_keeps_a_text_off_the_number_before_it(tmp_path: Path) -> None:
    columns = [Column(n, words(n), kind) for n, kind in (("a", "text"), ("b", "number"), ("c", "text"), ("d", "text"))]
    book = openpyxl.load_workbook(
        Table("T", "t", words("T"), tuple(columns), (("x", 1.5, "y", "z"),)).to_xlsx(tmp_path / "t.xlsx")
    )
    for row in book.worksheets[1]["A4:D5"]:
        assert [c.alignment.indent for c in row] == [0, 0, 1, 0]


def a_document(example: Table, language: str = "id", **more: object) -> Document:
    figure = Figure(
        b"<svg xmlns='http://www.w3.org/2000/svg'/>", PIXEL, "Path <diagram>", "Alt & text", 12.0, "Remark."
    )
    blocks = (
        Heading("Hasil"),
        Paragraph(("Lihat ", Ref("t"), " dan ", Ref("f"), ".")),
        Numbered("t", example),
        Numbered("f", figure),
        Bullets(("satu", "dua")),
        Heading("Lampiran"),
        Paragraph(("f =~ x1\nf =~ x2",), "code"),
        Paragraph(("Penulis, A. (2020). Judul.",), "reference"),
    )
    return Document("Judul & uji", language, blocks, ("A. Penulis",), **more)  # type: ignore[arg-type]


def xml(path: Path, part: str = "word/document.xml") -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(part).decode("utf-8")


def test_word_tables_are_real_tables(example: Table, tmp_path: Path) -> None:
    path = docx_writer.write(a_document(example, simulated=True, contents=True), tmp_path / "r.docx")
    word, body = docx.Document(str(path)), xml(path)
    section = word.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert 'w:val="id-ID"' in xml(path, "word/styles.xml")
    rows = word.tables[0]._tbl.tr_lst
    assert all(r.trPr.find(qn("w:cantSplit")) is not None for r in rows)
    assert [r.trPr.find(qn("w:tblHeader")) is not None for r in rows[:3]] == [True, True, False]
    assert len(re.findall(r"SEQ Tabel ", body)) == 1 and len(re.findall(r"SEQ Gambar ", body)) == 1
    assert "REF _cg_t " in body and "REF _cg_f " in body
    assert 'TOC \\h \\z \\c "Tabel"' in body and 'TOC \\o "1-2"' in body
    caption = next(p for p in word.paragraphs if p.style.name == "Caption")
    assert caption.text == "Tabel 1\nMuatan" and caption.paragraph_format.keep_with_next
    assert [p.text for p in word.paragraphs if p.style.name == "Heading 1"] == ["Hasil", "Lampiran"]
    assert 'descr="Alt &amp; text"' in body
    assert "Data simulasi" in section.header.paragraphs[0].text
    assert any("Data simulasi" in p.text for p in word.paragraphs)


def test_word_table_has_three_rules(example: Table, tmp_path: Path) -> None:
    path = Table("T", "t", words("t"), example.columns, example.rows[:1]).to_docx(tmp_path / "t.docx")
    rows = docx.Document(str(path)).tables[0]._tbl.tr_lst
    sides = [
        {b.tag.rpartition("}")[2] for tc in row.tc_lst for b in tc.tcPr.iter(qn("w:tcBorders")) for b in b}
        for row in rows
    ]
    assert sides == [{"top", "bottom"}, {"bottom"}]


def test_word_xml_is_in_the_order_of_the_schema(example: Table, tmp_path: Path) -> None:
    body = docx.Document(str(docx_writer.write(a_document(example), tmp_path / "r.docx"))).element.body
    order = ["tcW", "gridSpan", "vMerge", "tcBorders", "shd", "noWrap", "tcMar", "textDirection", "tcFitText", "vAlign"]
    for properties in body.iter(qn("w:tcPr")):
        places = [order.index(e.tag.rpartition("}")[2]) for e in properties]
        assert places == sorted(places)
    table = ["tblStyle", "tblW", "jc", "tblLayout", "tblCellMar", "tblLook", "tblCaption"]
    for properties in body.iter(qn("w:tblPr")):
        places = [table.index(e.tag.rpartition("}")[2]) for e in properties]
        assert places == sorted(places)
    for row in body.iter(qn("w:tr")):
        spans = sum(c.grid_span for c in row.tc_lst)
        assert spans == len(example.columns)


def test_a_template_keeps_its_page_styles_and_content(example: Table, tmp_path: Path) -> None:
    from docx.shared import Cm, Pt

    campus = docx.Document()
    campus.sections[0].page_width, campus.sections[0].left_margin = Cm(21.59), Cm(4)
    campus.sections[0].header.paragraphs[0].text = "Universitas"
    campus.styles["Heading 1"].font.size = Pt(33)
    campus.add_paragraph("Halaman judul kampus")
    campus.save(str(tmp_path / "campus.docx"))
    path = docx_writer.write(
        a_document(example, simulated=True), tmp_path / "r.docx", template=tmp_path / "campus.docx"
    )
    word = docx.Document(str(path))
    section = word.sections[0]
    assert (round(section.page_width.cm, 2), round(section.left_margin.cm, 1)) == (21.59, 4.0)
    assert word.styles["Heading 1"].font.size == Pt(33)
    texts = [p.text for p in word.paragraphs]
    assert texts[0] == "Halaman judul kampus" and "Judul & uji" in texts
    assert [p.text for p in section.header.paragraphs] == ["Data simulasi, bukan hasil lapangan.", "Universitas"]


def test_styles_of_a_campus_are_used_under_their_indonesian_names(example: Table, tmp_path: Path) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Cm, Pt

    campus = docx.Document()
    campus.sections[0].left_margin = Cm(4)
    campus.styles["Normal"].font.name = "Arial"
    for name in ("Judul 1", "Keterangan"):
        campus.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).font.size = Pt(14)
    campus.save(str(tmp_path / "campus.docx"))
    content = (tmp_path / "campus.docx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(tmp_path / "campus.dotx", "w") as new:
        for part in old.namelist():  # a template differs from a document in its declared type alone
            data = old.read(part)
            new.writestr(part, data.replace(b"wordprocessingml.document.main", b"wordprocessingml.template.main"))
    path = docx_writer.write(a_document(example, contents=True), tmp_path / "r.docx", template=tmp_path / "campus.dotx")
    word = docx.Document(str(path))
    heads = [p for p in word.paragraphs if p.style.name == "Judul 1"]
    assert [p.text for p in heads] == ["Hasil", "Lampiran"] and word.styles["Judul 1"].font.size == Pt(14)
    assert all(p._p.pPr.find(qn("w:outlineLvl")).get(qn("w:val")) == "0" for p in heads)
    assert [p.text.split("\n")[0] for p in word.paragraphs if p.style.name == "Keterangan"] == ["Tabel 1", "Gambar 1"]
    assert word.styles["Normal"].font.name == "Arial" and round(word.sections[0].left_margin.cm, 1) == 4.0
    order = ["pStyle", "keepNext", "keepLines", "pageBreakBefore", "spacing", "ind", "jc", "outlineLvl", "rPr"]
    for properties in word.element.body.iter(qn("w:pPr")):
        places = [order.index(e.tag.rpartition("}")[2]) for e in properties if e.tag.rpartition("}")[2] in order]
        assert places == sorted(places)


def test_a_template_that_is_none_is_told(example: Table, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"template 'no\.docx' does not exist"):
        docx_writer.write(a_document(example), tmp_path / "r.docx", template=tmp_path / "no.docx")
    (tmp_path / "bad.docx").write_text("no zip")
    with pytest.raises(DataError, match=r"'bad\.docx' is no Word document.*Save it as \.docx"):
        docx_writer.write(a_document(example), tmp_path / "r.docx", template=tmp_path / "bad.docx")
    assert not (tmp_path / "r.docx").exists()


def test_a_table_too_wide_for_the_page_gets_a_page_across(example: Table, tmp_path: Path) -> None:
    columns = (Column("item", words("Item")), *(Column(f"c{j}", words(str(j)), "coefficient") for j in range(22)))
    wide = Table("T", "wide", words("Wide"), columns, (("x", *[0.5] * 22),))
    doc = Document("t", "en", (Numbered("a", example), Numbered("b", wide), Numbered("c", example)))
    word = docx.Document(str(docx_writer.write(doc, tmp_path / "w.docx")))
    assert [s.page_width > s.page_height for s in word.sections] == [False, True, False]
    for table, section in zip(word.tables, word.sections, strict=True):
        room = section.page_width - section.left_margin - section.right_margin
        assert sum(c.width for c in table._tbl.tr_lst[-1].tc_lst) <= room * 1.001


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = write_bytes(tmp_path / "a.docx", b"old")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DataError, match=r"a\.docx cannot be written.*close it there"):
        write_bytes(target, b"new")
    assert target.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["a.docx"]
    with pytest.raises(DataError, match="folder 'none'"):
        write_bytes(tmp_path / "none" / "b.txt", b"")


def test_documents_number_and_refer_alike(example: Table, tmp_path: Path) -> None:
    doc = a_document(example)
    assert "Lihat Tabel 1 dan Gambar 1." in as_text(doc)
    page = html.render(doc)
    assert (
        '<a href="#t">Tabel 1</a>' in page and 'alt="Alt &amp; text"' in page and "data:image/svg+xml;base64," in page
    )
    source = latex.write(doc, tmp_path / "r.tex").read_text(encoding="utf-8")
    assert r"Tabel~\ref{tab:t}" in source and r"Gambar~\ref{fig:f}" in source
    assert r"\usepackage[indonesian]{babel}" in source and r"\title{Judul \& uji}" in source
    assert (tmp_path / "r-figure-1.png").read_bytes() == PIXEL
    assert source.count(r"\begin{") == source.count(r"\end{")


def test_word_pictures_are_in_the_file(example: Table, tmp_path: Path) -> None:
    path = docx_writer.write(a_document(example), tmp_path / "r.docx")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert [archive.read(n) for n in archive.namelist() if n.startswith("word/media/")] == [PIXEL]


def test_headings_wrap_at_blanks_and_wide_tables_are_cut_into_bands(tmp_path: Path) -> None:
    names = [f"c{j}" for j in range(60)]
    columns = (
        Column("item", Words("Item", "Butir")),
        *(Column(n, Words("Residual r", "r"), "coefficient") for n in names),
    )
    rows = tuple((f"x{i}", *(0.5 if j < i else None for j in range(60))) for i in range(61))
    path = Table("T", "wide", Words("Correlations", "Korelasi"), columns, rows).to_docx(tmp_path / "wide.docx", "id")
    bands = docx.Document(str(path)).tables
    assert len(bands) > 1 and sum(len(b.columns) - 1 for b in bands) == 60
    assert all(b.cell(0, 0).text == "Butir" for b in bands)
    assert len(bands[-1].rows) < len(bands[0].rows)  # empty rows of the triangle are left out
    small = Table("T", "small", Words("", ""), columns[:3], (("x1", 0.1, 0.2),)).to_docx(tmp_path / "small.docx")
    assert "\u00a0" not in docx.Document(str(small)).tables[0].cell(0, 1).text
