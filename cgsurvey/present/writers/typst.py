"""Typst: the source of a document, and the PDF that the compiler of typst makes of it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from cgsurvey.base.errors import MissingDependencyError
from cgsurvey.present.document import FIGURE, TABLE, Bullets, Document, Em, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import SIMULATED, Grid, Shown, Table, Words
from cgsurvey.present.writers import clean, write_bytes
from cgsurvey.present.writers.docx_layout import bands, turned, widths

_COLOUR = {"good": "#0b5394", "fair": "#8a5a00", "poor": "#b3261e"}
_LISTS = (
    (Words("Contents", "Daftar isi"), "depth: 2"),
    (Words("List of tables", "Daftar tabel"), "target: figure.where(kind: table)"),
    (Words("List of figures", "Daftar gambar"), "target: figure.where(kind: image)"),
)
_CONTINUED = Words("(continued)", "(lanjutan)")
_ROOM_CM = {False: 16.0, True: 24.7}  # between the margins of an upright page and of a turned one
_KEEP_ROWS = 20  # a table of no more rows stays on one page
# every sign that begins or joins something in typst's markup, "1." at the start of a text, and dots that it would join
_MARKUP = re.compile(r"[\\#*_$@<>\[\]`\"'~=+/|{}^-]|(?<=^\d)\.|(?<=^\d\d)\.|\.(?=\.)|(?<=\.)\.")


def escape(text: str) -> str:
    """Return a text in which typst finds no markup."""
    return _MARKUP.sub(lambda found: rf"\{found[0]}", clean(text))


def _string(text: str) -> str:
    """Return a text as a string of typst's code."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def table(grid: Grid, room: float = _ROOM_CM[False]) -> str:
    """Return `table(...)` with three rules, its head repeated on each page."""
    size, room_cm = widths(grid, room)
    count = len(grid.heads)
    columns = ", ".join(f"{w:.2f}cm" for w in room_cm)
    aligns = ", ".join(grid.aligns)
    out = [
        f"table(columns: ({columns},), align: ({aligns},), stroke: none, inset: (x: 2.5pt, y: 2.2pt),",
        "  table.header(table.hline(stroke: 0.9pt),",
    ]
    starts = {start: (length, label) for start, length, label in grid.spanners}
    if starts:
        above, j, rules = [], 0, []
        while j < count:
            length, label = starts.get(j, (1, ""))
            above.append(f"table.cell(colspan: {length}, align: center)[{escape(label)}]")
            rules += [f"table.hline(start: {j}, end: {j + length}, stroke: 0.4pt)"] if j in starts else []
            j += length
        out.append(f"    {', '.join([*above, *rules])},")
    out.append("    " + ", ".join(f"[{escape(h)}]" for h in grid.heads) + ", table.hline(stroke: 0.5pt)),")
    for row in grid.body:
        if isinstance(row, str):
            out.append(f"  table.cell(colspan: {count})[#emph[{escape(row)}]],")
        else:
            out.append("  " + ", ".join(f"[{_cell(c)}]" for c in row) + ",")
    return (
        f"[#set text(size: {size:g}pt); #set par(leading: 0.5em)\n#"
        + "\n".join(out)
        + "\n  table.hline(stroke: 0.9pt))]"
    )


def _cell(cell: Shown) -> str:
    # the blanks of a number are no places to break it
    text = escape(cell.text.replace(" ", "\u00a0") if cell.align == "right" else cell.text)
    symbol = f"\u00a0#text(fill: rgb({_string(_COLOUR[cell.verdict])}))[{escape(cell.symbol)}]" if cell.symbol else ""
    mark = f"#super[{escape(cell.mark)}]" if cell.mark else ""
    return (f"#h({cell.indent}em);" if cell.indent else "") + text + symbol + mark


def render(doc: Document, figures: str = "") -> str:
    """Return a document as typst source; its figures are looked for as ``<figures>-<number>.svg``."""
    authors = ", ".join(map(_string, doc.authors))
    simulated = escape(SIMULATED.of(doc.language)) if doc.simulated and not doc.bare else ""
    header = f', header: align(right, text(8.5pt, weight: "bold", fill: rgb("#8a5a00"))[{simulated}])'
    out = [
        f"#set document(title: {_string(doc.title)}, author: ({authors}{',' if authors else ''}), date: none)",
        f'#set page(paper: "a4", margin: 2.5cm, numbering: "1"{header if simulated else ""})',
        f'#set text(font: "Libertinus Serif", size: 11pt, lang: "{doc.language}")',
        "#set par(leading: 0.75em, spacing: 1.1em)",
        "#show heading: set block(above: 1.6em, below: 0.9em)",
        "#show figure.where(kind: table): set figure.caption(position: top)",
        "#show figure.where(kind: table): set block(breakable: true)",
        "#show figure.caption: it => block(sticky: it.kind == table, align(left)["
        "*#it.supplement #context it.counter.display()* \\ #emph(it.body)])",
        "#show figure: set align(left)",
    ]
    if not doc.bare:
        out.append(f'#text(20pt, weight: "bold")[{escape(doc.title)}]')
        out += [f"\n{escape(', '.join(doc.authors))}"] if doc.authors else []
        out += [f"\n*{simulated}*"] if simulated else []
    if doc.contents:
        kinds = {type(item) for _, item in doc.numbered()}
        for (title, what), kind in zip(_LISTS, (None, Table, Figure), strict=True):
            out += [f"#outline(title: [{title.of(doc.language)}], {what})"] if kind is None or kind in kinds else []
        out.append("#pagebreak()")
    for block in doc.blocks:
        out.append("")
        if isinstance(block, Heading):
            out.append(f"{'=' * block.level} {escape(block.text)}")
        elif isinstance(block, Paragraph):
            out.append(_paragraph(doc, block))
        elif isinstance(block, Bullets):
            out += [f"- {escape(item)}" for item in block.items]
        elif isinstance(block.item, Table):
            out.append(_table(doc, block, block.item.grid(doc.language)))
        else:
            out.append(_figure(doc, block, block.item, figures))
    return "\n".join([*out, ""])


def _label(doc: Document, anchor: str) -> str:
    return f"<{'t' if isinstance(dict(doc.numbered())[anchor], Table) else 'f'}-{doc.numbers[anchor]}>"


def _paragraph(doc: Document, block: Paragraph) -> str:
    if block.style == "code":
        lines = "\\n".join(_string(line)[1:-1] for line in doc.plain(block).splitlines())
        return f'#text(8.5pt, raw("{lines}", block: true))'
    content = "".join(_emphasised(p) if isinstance(p, str) else f"#ref({_label(doc, p.anchor)});" for p in block.parts)
    if block.style == "reference":
        return f"#par(hanging-indent: 2em)[{content}]"
    return f"#strong[{content}]" if block.style == "lead" else content


def _emphasised(text: str) -> str:
    # the semicolon ends the call: "(3)" after it is text, no argument
    return f"#emph[{escape(text)}];" if isinstance(text, Em) else escape(text)


def _table(doc: Document, block: Numbered, grid: Grid) -> str:
    across = turned(grid, _ROOM_CM[False], _ROOM_CM[True])
    number, out = doc.numbers[block.anchor], []
    for part in bands(grid, _ROOM_CM[across]):
        made = table(part, _ROOM_CM[across])
        if not grid.title and doc.bare:
            out.append(f"#{made}")
        elif part.first:
            word, label = TABLE.of(doc.language), _label(doc, block.anchor)
            out.append(f"#figure(kind: table, supplement: [{word}], caption: [{escape(grid.title)}], {made}) {label}")
        else:
            out.append(f"*{TABLE.of(doc.language)} {number}* {_CONTINUED.of(doc.language)}\n\n#{made}")
    notes = [
        f"#emph[{escape(r.lead)}] {escape(r.text)}"
        if r.lead.endswith(".")
        else f"#super[{escape(r.lead)}] {escape(r.text)}"
        for r in grid.remarks
    ]
    told = "\n\n".join(f"#text(8.5pt)[{note}]" for note in notes)
    keep = "false" if len(grid.body) <= _KEEP_ROWS else "true"
    content = "\n\n".join([*out, *([told] if told else [])])
    held = f"#block(breakable: {keep}, above: 1.4em, below: 1.6em)[\n{content}\n]"
    return f"#page(flipped: true)[\n{held}\n]" if across else held


def _figure(doc: Document, block: Numbered, item: Figure, figures: str) -> str:
    source = _string(f"{figures}-{doc.numbers[block.anchor]}.svg")
    image = f"image({source}, alt: {_string(item.alt)}, width: {min(item.width_cm, _ROOM_CM[False]):.1f}cm)"
    remark = f"\n\n#text(8.5pt)[{escape(item.remark)}]" if item.remark else ""
    made = f"#figure(supplement: [{FIGURE.of(doc.language)}], caption: [{escape(item.title)}], {image})"
    return f"#block(breakable: false)[\n{made} {_label(doc, block.anchor)}{remark}\n]"


def write(doc: Document, path: str | Path) -> Path:
    """Write the source and, beside it, its figures; return the path of the source."""
    target = Path(path)
    figures = f"{target.stem}-figure"
    for anchor, item in doc.numbered():
        if isinstance(item, Figure):
            write_bytes(target.with_name(f"{figures}-{doc.numbers[anchor]}.svg"), item.svg)
    return write_bytes(target, render(doc, figures).encode("utf-8"))


def write_pdf(doc: Document, path: str | Path) -> Path:
    """Write a document as PDF and return its path.

    It is tagged for screen readers (PDF/UA) and set in the typefaces of the compiler, alike on every computer.

    Raises
    ------
    MissingDependencyError
        When the package typst, which holds the compiler, is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise MissingDependencyError(
            "A PDF is made by typst: pip install 'cgsurvey[pdf]'. Without it, save as .docx or .html and print, or "
            "save the source as .typ."
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        source = write(doc, Path(folder) / "report.typ")
        made = typst.compile(source, ignore_system_fonts=True, pdf_standards="ua-1")
    return write_bytes(path, made)
