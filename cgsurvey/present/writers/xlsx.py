"""One Excel workbook: contents and one sheet per table. Numbers stay raw; texts can never become formulas."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from cgsurvey.present.document import Document
from cgsurvey.present.numbers import NUMERIC, excel_format, is_missing
from cgsurvey.present.table import SIMULATED, Cell, Grid, Shown, Table
from cgsurvey.present.table import Column as TableColumn
from cgsurvey.present.writers import clean, write_bytes
from cgsurvey.present.writers.text import width

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_COLOUR = {"good": "FF0B5394", "fair": "FF8A5A00", "poor": "FFB3261E"}
_SOFT = "FF57606A"
_UPRIGHT, _ACROSS = 110, 210  # letters beside one another that can be read on a page, upright and turned
_NAME = 31  # letters of the name of a sheet
_LINE = 58  # letters of a line in the widest column of texts
_CONTENTS = {"en": "Contents", "id": "Daftar tabel"}
_PAGE = {"en": "Page &P of &N", "id": "Halaman &P dari &N"}
_BACK = {"en": "back to contents", "id": "kembali ke daftar tabel"}


def put_text(cell: Any, text: str) -> None:
    """Put a text into a cell as text, whatever it begins with."""
    cell.value = clean(text)
    cell.data_type = "s"
    if text.startswith(_RISKY):
        cell.quotePrefix = True  # Excel then keeps it as text even when somebody edits the cell


def write(doc: Document, path: str | Path) -> Path:
    """Write all tables of a document and return the path."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.title, book.properties.creator = clean(doc.title), clean(", ".join(doc.authors)) or "cgsurvey"
    book.properties.language = doc.language
    front = book.active
    front.title = _CONTENTS[doc.language]
    put_text(front["A1"], doc.title)
    front["A1"].font = _font(bold=True, size=14)
    at = 2
    if doc.simulated:
        put_text(front.cell(at, 1), SIMULATED.of(doc.language))
        front.cell(at, 1).font = _font(bold=True, color=_COLOUR["fair"])
        at += 1
    front.column_dimensions["A"].width, front.column_dimensions["B"].width = 14, 90
    as_wide_as_its_page(front, "portrait")
    _foot(front, doc)
    taken = {front.title.lower()}
    for anchor, item in doc.numbered():
        if not isinstance(item, Table):
            continue
        at += 1
        name = _sheet_name(f"{doc.numbers[anchor]} {item.title.of(doc.language) or item.name}", taken)
        sheet = book.create_sheet(name)
        _fill(sheet, item, doc, anchor)
        _foot(sheet, doc)
        put_text(front.cell(at, 1), doc.name(anchor))
        _link(front.cell(at, 1), name)
        put_text(front.cell(at, 2), item.title.of(doc.language))
    buffer = io.BytesIO()
    book.save(buffer)
    return write_bytes(path, buffer.getvalue())


def _font(**look: Any) -> Any:
    """Return a font of the usual typeface: one without a name falls back to another beside it."""
    from openpyxl.styles import Font

    return Font(**{"name": "Calibri", "size": 11, **look})


def _foot(sheet: Any, doc: Document) -> None:
    """Number the printed pages and say on each that data are simulated."""
    sheet.oddFooter.right.text = _PAGE[doc.language]
    if doc.simulated:
        sheet.oddFooter.left.text = SIMULATED.of(doc.language)


def _link(cell: Any, sheet: str) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{sheet}'!A1")
    cell.style = "Hyperlink"


def _sheet_name(wanted: str, taken: set[str]) -> str:
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted.replace("'", "’"))
    plain = " ".join(plain.split()) or "table"
    base = plain if len(plain) <= _NAME else f"{plain[: _NAME - 1].rstrip()}…"
    name, k = base, 1
    while name.lower() in taken:
        k += 1
        name = f"{base[: 30 - len(str(k))]} {k}"
    taken.add(name.lower())
    return name


def _fill(sheet: Any, item: Table, doc: Document, anchor: str) -> None:
    from openpyxl.styles import Alignment, Border, Side
    from openpyxl.utils import get_column_letter

    language, grid = doc.language, item.grid(doc.language)
    thick, thin = Side(style="medium"), Side(style="thin")
    columns = len(grid.heads)
    put_text(sheet["A1"], f"{doc.name(anchor)}. {grid.title}")
    sheet["A1"].font = _font(bold=True)
    put_text(sheet["A2"], _BACK[language])
    _link(sheet["A2"], _CONTENTS[language])
    if grid.origin:
        put_text(sheet["A3"], grid.origin)
        sheet["A3"].font = _font(size=9, italic=True, color=_SOFT)
    at = 4
    if grid.spanners:
        for start, length, label in grid.spanners:
            put_text(sheet.cell(at, start + 1), label)
            sheet.cell(at, start + 1).alignment = Alignment(horizontal="center")
            sheet.merge_cells(start_row=at, end_row=at, start_column=start + 1, end_column=start + length)
        for j in range(columns):
            sheet.cell(at, j + 1).border = Border(top=thick)
        at += 1
    for j, head in enumerate(grid.heads):
        cell = sheet.cell(at, j + 1)
        put_text(cell, head)
        cell.font = _font(bold=True)
        side = grid.aligns[j]
        cell.alignment = Alignment(horizontal=side, indent=_apart(grid, j), wrap_text=True, vertical="bottom")
        cell.border = Border(top=None if grid.spanners else thick, bottom=thin)
    sheet.freeze_panes, top = sheet.cell(at + 1, 2), at
    values = iter(item.rows)
    for shown in grid.body:
        at += 1
        if isinstance(shown, str):
            put_text(sheet.cell(at, 1), shown)
            sheet.cell(at, 1).font = _font(italic=True)
            continue
        for j, (value, printed, column) in enumerate(zip(next(values), shown, item.columns, strict=True)):
            apart = replace(printed, indent=printed.indent + _apart(grid, j))
            _put(sheet.cell(at, j + 1), value, apart, column, language)
        lines = max(-(-width(printed.full) // _LINE) for printed in shown)
        if lines > 1:  # not all programs fit the height of a row to its text
            sheet.row_dimensions[at].height = 15 * lines
    for j in range(columns):
        cell = sheet.cell(at, j + 1)
        cell.border = Border(bottom=thick, top=cell.border.top)
    for j, column in enumerate(item.columns):
        texts = [r[j].full for r in grid.body if not isinstance(r, str)]
        widest = max([1.2 * width(grid.heads[j]), *map(width, texts)])  # bold letters are wider
        sheet.column_dimensions[get_column_letter(j + 1)].width = min(
            max(widest + 2 + _apart(grid, j), 8), _LINE + 2 if column.kind not in NUMERIC else 14
        )
    widths = [sheet.column_dimensions[get_column_letter(j + 1)].width for j in range(columns)]
    lines = max(-(-1.2 * width(h) // w) for h, w in zip(grid.heads, widths, strict=True))
    sheet.row_dimensions[top].height = 15 * max(lines, 1)
    pages = -(-sum(widths) // _ACROSS)
    as_wide_as_its_page(sheet, "landscape" if sum(widths) > _UPRIGHT else "portrait", int(pages))
    sheet.print_title_rows = "4:5" if grid.spanners else "4:4"
    if pages > 1:
        sheet.print_title_cols = "A:A"
    while columns > 1 and sum(widths[:columns]) > _ACROSS:  # title and remarks stay on the first page
        columns -= 1
    _across(sheet, 1, columns, sum(widths[:columns]))
    for remark in grid.remarks:
        at += 1
        put_text(sheet.cell(at, 1), f"{remark.lead} {remark.text}")
        sheet.cell(at, 1).font = _font(size=9)
        _across(sheet, at, columns, 1.15 * sum(widths[:columns]))


def _apart(grid: Grid, j: int) -> int:
    """Return the indent of a column: texts keep off the numbers that end before them."""
    return int(j > 0 and grid.aligns[j] == "left" and grid.aligns[j - 1] == "right")


def _across(sheet: Any, row: int, columns: int, letters: float) -> None:
    """Let a text run over all columns, in as many lines as it takes: beyond them it would shrink the print."""
    from openpyxl.styles import Alignment

    cell = sheet.cell(row, 1)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if columns > 1:
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
    sheet.row_dimensions[row].height = 15 * -(-width(cell.value) // max(int(letters), 1))


def as_wide_as_its_page(sheet: Any, orientation: str, pages: int = 1) -> None:
    """Print a sheet as wide as its page, or so many pages beside one another, over as many pages as it takes."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = sheet.PAPERSIZE_A4, 0
    sheet.page_setup.fitToWidth = pages
    sheet.page_setup.orientation = orientation
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _put(cell: Any, value: Any, shown: Shown, column: TableColumn, language: str) -> None:
    from openpyxl.styles import Alignment

    given = value if isinstance(value, Cell) else Cell(value)
    kind = given.kind or column.kind
    if (
        kind in NUMERIC
        and not isinstance(given.value, str | bool)
        and not is_missing(given.value)
        and _is_number(given.value)
    ):
        number = float(given.value)
        suffix = (f" {shown.symbol}" if shown.symbol else "") + shown.note
        cell.value = int(number) if kind == "count" and number.is_integer() else number
        digits = given.digits if given.digits is not None else column.digits
        cell.number_format = excel_format(kind, language, digits, suffix)
    else:
        put_text(cell, shown.full)
    cell.alignment = Alignment(
        horizontal=shown.align,
        indent=shown.indent,
        vertical="top",
        wrap_text=shown.align == "left" and width(shown.full) > _LINE,
    )
    if shown.verdict in _COLOUR:
        cell.font = _font(color=_COLOUR[shown.verdict])


def _is_number(value: Any) -> bool:
    try:
        return abs(float(value)) != float("inf")
    except (TypeError, ValueError):
        return False
