"""One self-contained HTML file: no script, no network, light and dark, fit for print. All texts are escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path

from cgsurvey.present.document import Bullets, Document, Em, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import SIMULATED, VERDICT, Grid, Shown, Table, Words
from cgsurvey.present.writers import clean, write_bytes
from cgsurvey.present.writers.docx_layout import SMALLEST, bands, least_width, widths
from cgsurvey.present.writers.text import width

_KEEP_ROWS = 20  # a table of no more rows is printed on one page
_FEW, _MANY = 20, 28  # letters of a text that is never broken, and of one that asks for a column of some width
_UPRIGHT_CM, _ACROSS_CM = 16.6, 25.3  # room between the margins of a printed page
_BOUND = re.compile(r" ([=<>≤≥±]) (?=[−.\d])")  # "p = .03" stays on one line
_DOI = re.compile(r"https://doi\.org/\S+")
_CONTENTS = Words("Contents", "Daftar isi")
_LISTS = {Table: Words("List of tables", "Daftar tabel"), Figure: Words("List of figures", "Daftar gambar")}
_FROM = Words("Where these numbers come from", "Asal angka tabel ini")
_AGAIN = Words(" (continued)", " (lanjutan)")
_PLACE = Words("[row].column, before rounding:", "[baris].kolom, sebelum dibulatkan:")


@cache
def _style() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def _text(text: str) -> str:
    return escape(clean(text))


def _running(text: str) -> str:
    return _text(_BOUND.sub("\u00a0\\1\u00a0", text))


def fragment(grid: Grid) -> str:
    """Return a table with its style, for a notebook; colours follow the page around it."""
    # Mid tones that stand out on white and on black: a notebook does not say which theme it shows.
    ink = "".join(f"--{name}:currentColor;" for name in ("ink", "soft", "rule", "line"))
    own = f"div.cg{{{ink}--good:#3d85c6;--fair:#b07a00;--poor:#d9534f}}"
    own += _style().replace(".cg ", ".cg.cg ")  # notebooks have rules for tables of their own; these weigh more
    return f'<div class="cg"><style>{own}</style>{table(grid)}</div>'


def table(grid: Grid, number: str = "", anchor: str = "") -> str:
    """Return one `<table>` with caption, scoped headings, its remarks and, folded, where its numbers come from."""
    name = f' id="{_text(anchor)}"' if anchor else ""
    keep = " keep" if len(grid.body) <= _KEEP_ROWS else ""
    broad = least_width(grid, SMALLEST)
    across = " across" if broad > _UPRIGHT_CM else ""
    size = widths(grid, _ACROSS_CM if across else _UPRIGHT_CM)[0]
    # What is broader than the page scrolls, by keyboard too.
    label = " ".join(filter(None, (number, grid.title)))
    reach = f' role="region" tabindex="0" aria-label="{_text(label)}"' if broad > _UPRIGHT_CM and label else ""
    return (
        f'<div class="wide{keep}{across}"{name} style="--pt:{size:g}pt"><div class="scroll"{reach}>'
        f"{_rows(grid, number)}</div>{_remarks(grid)}{_origin(grid)}</div>"
    )


def _rows(grid: Grid, number: str) -> str:
    spanned = {j for start, length, _ in grid.spanners for j in range(start, start + length)}
    deep = 2 if grid.spanners else 1
    head, j = [], 0
    starts = {start: (length, label) for start, length, label in grid.spanners}
    while grid.spanners and j < len(grid.heads):
        if j in starts:
            length, label = starts[j]
            head.append(f'<th class="span" scope="colgroup" colspan="{length}">{_text(label)}</th>')
            j += length
        else:
            head.append(_head(grid, j, deep))
            j += 1
    first = f"<tr>{''.join(head)}</tr>" if head else ""
    second = "".join(_head(grid, j, 1) for j in range(len(grid.heads)) if not grid.spanners or j in spanned)
    rows = [r for r in grid.body if not isinstance(r, str)]
    shapes = [_shape(grid.aligns[j], [r[j] for r in rows]) for j in range(len(grid.heads))]
    body, at = [], 0
    for row in grid.body:
        if isinstance(row, str):
            group = f"<span>{_text(row)}</span>"
            body.append(f'<tr><th class="group" scope="rowgroup" colspan="{len(grid.heads)}">{group}</th></tr>')
        else:
            at += 1
            places = [f"{grid.origin}[{at}].{name}" for name in grid.names] if grid.origin else [""] * len(row)
            tags = ["th"] + ["td"] * (len(row) - 1)
            parts = zip(row, tags, shapes, places, strict=True)
            body.append(f"<tr>{''.join(_cell(c, t, s, grid.language, p) for c, t, s, p in parts)}</tr>")
    title = (f"<b>{_text(number)}</b>" if number else "") + (f"<i>{_text(grid.title)}</i>" if grid.title else "")
    caption = f"<caption>{title}</caption>" if title else ""
    return f"<table>{caption}<thead>{first}<tr>{second}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _shape(align: str, cells: list[Shown]) -> str:
    """Return the class of a column: "r" numbers, "s" numbers with signs, "k" few letters, "t" texts."""
    if align == "right":
        return "s" if any(c.symbol for c in cells) else "r"
    longest = max((width(c.text) + 2 * c.indent for c in cells), default=0)
    return "k" if longest <= _FEW else "t" if longest > _MANY else ""


def _remarks(grid: Grid) -> str:
    remarks = "".join(
        f"<p><em>{_text(r.lead)}</em> {_running(r.text)}</p>"
        if r.lead.endswith(".")
        else f"<p><sup>{_text(r.lead)}</sup> {_running(r.text)}</p>"
        for r in grid.remarks
    )
    return f'<div class="remarks">{remarks}</div>' if remarks else ""


def _origin(grid: Grid) -> str:
    """Return what resting on a number shows, for those who use no pointer: its place and value before rounding."""
    rows = [r for r in grid.body if not isinstance(r, str)]
    kept = [j for j in range(len(grid.heads)) if any(r[j].raw for r in rows)]
    if not grid.origin or not kept:
        return ""
    lines = [",".join(["row", *(grid.names[j] for j in kept)])]
    lines += [",".join([str(i), *(r[j].raw for j in kept)]) for i, r in enumerate(rows, start=1)]
    place = f"{grid.origin}{_PLACE.of(grid.language)}"
    numbers = "\n".join(lines)
    return (
        f'<details class="from"><summary>{_FROM.of(grid.language)}</summary><p>{_text(place)}</p>'
        f'<pre tabindex="0">{_text(numbers)}</pre></details>'
    )


def _on_paper(grid: Grid, number: str) -> str:
    """Return the bands in which a table that no page is wide enough for is printed; on the screen it scrolls."""
    parts = bands(replace(grid, origin=""), _ACROSS_CM)
    return "".join(
        f'<div class="wide paper across" aria-hidden="true" style="--pt:{SMALLEST:g}pt">'
        f"{_rows(part, number + ('' if part.first else _AGAIN.of(grid.language)))}{_remarks(part)}</div>"
        for part in parts
        if len(parts) > 1
    )


def _head(grid: Grid, j: int, rows: int) -> str:
    span = f' rowspan="{rows}"' if rows > 1 else ""
    names = [n for n, yes in (("c1", not j), ("r", grid.aligns[j] == "right")) if yes]
    side = f' class="{" ".join(names)}"' if names else ""
    return f'<th scope="col"{span}{side}>{_text(grid.heads[j])}</th>'


def _cell(cell: Shown, tag: str, shape: str, language: str, place: str = "") -> str:
    """Return a cell; resting on a number shows where it comes from and what it was before it was rounded."""
    numeric = cell.align == "right"
    classes = [c for c in ("r" if numeric else shape, f"in{min(cell.indent, 3)}" if cell.indent else "") if c]
    content = _text(cell.text)
    if cell.symbol:
        word = VERDICT[cell.verdict].of(language)
        said = content.endswith(_text(word))  # a verdict in words needs no second telling
        label = "" if said else f' role="img" aria-label="{_text(word)}" title="{_text(word)}"'
        before, blank, last = content.rpartition(" ")  # the sign stays with the last word
        sign = f'<span class="v {cell.verdict}"{label}>{cell.symbol}</span>'
        content = f"{content} {sign}" if numeric else f'{before}{blank}<span class="b">{last} {sign}</span>'
    elif shape == "s" and cell.text:
        content += '<span class="v e"></span>'  # numbers without a sign stand below those that have one
    if cell.mark:
        hung = ' class="h"' if numeric and len(cell.mark) == 1 and not cell.symbol else ""
        content += f"<sup{hung}>{_text(cell.mark)}</sup>"
    side = f' class="{" ".join(classes)}"' if classes else ""
    scope = ' scope="row"' if tag == "th" else ""
    if place and cell.raw:
        side += f' title="{_text(f"{place} = {cell.raw}")}"'
    return f"<{tag}{scope}{side}>{content}</{tag}>"


def render(doc: Document) -> str:
    """Return a document as one HTML page."""
    language = doc.language
    flag = f'<p class="flag">{_text(SIMULATED.of(language))}</p>' if doc.simulated and not doc.bare else ""
    title = "" if doc.bare else f'<h1 class="title">{_text(doc.title)}</h1>'
    authors = f'<p class="authors">{_text(", ".join(doc.authors))}</p>' if doc.authors else ""
    content = "\n".join([title + authors + flag + (_contents(doc) if doc.contents else ""), *_blocks(doc)])
    style = _style()
    if doc.simulated:
        style += f'@page{{@top-left{{content:"{SIMULATED.of(language)}";font:8pt sans-serif}}}}'
    alone = ' class="alone"' if doc.bare else ""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html class="cg" lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(doc.title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body{alone}>\n<main>\n{content}\n</main>\n</body>\n</html>\n"
    )


def _contents(doc: Document) -> str:
    headings = [(i, b) for i, b in enumerate(doc.blocks) if isinstance(b, Heading) and b.level == 1]
    entries = "".join(f'<li><a href="#s{i}">{_text(b.text)}</a></li>' for i, b in headings)
    lists = "".join(
        f"<details><summary>{words.of(doc.language)}</summary><ol>{listed}</ol></details>"
        for kind, words in _LISTS.items()
        if (listed := "".join(_listed(doc, a, item) for a, item in doc.numbered() if isinstance(item, kind)))
    )
    return f'<nav aria-label="{_CONTENTS.of(doc.language)}"><ol class="two">{entries}</ol>{lists}</nav>'


def _listed(doc: Document, anchor: str, item: Table | Figure) -> str:
    title = item.title.of(doc.language) if isinstance(item, Table) else item.title
    return f'<li><a href="#{_text(anchor)}">{_text(f"{doc.name(anchor)} {title}")}</a></li>'


def _blocks(doc: Document) -> list[str]:
    out = []
    for i, block in enumerate(doc.blocks):
        if isinstance(block, Heading):
            out.append(f'<h{block.level + 1} id="s{i}">{_text(block.text)}</h{block.level + 1}>')
        elif isinstance(block, Paragraph):
            out.append(_paragraph(doc, block))
        elif isinstance(block, Bullets):
            out.append("<ul>" + "".join(f"<li>{_running(item)}</li>" for item in block.items) + "</ul>")
        elif isinstance(block, Numbered):
            number = "" if doc.bare else doc.name(block.anchor)
            item = block.item
            if isinstance(item, Table):
                grid = item.grid(doc.language)
                out += [table(grid, number, block.anchor), *filter(None, [_on_paper(grid, number)])]
            else:
                out.append(_figure(item, number, block.anchor))
    return out


def _paragraph(doc: Document, block: Paragraph) -> str:
    parts = (
        (f"<em>{_text(p)}</em>" if isinstance(p, Em) else _running(p))
        if isinstance(p, str)
        else f'<a href="#{_text(p.anchor)}">{_text(doc.name(p.anchor))}</a>'
        for p in block.parts
    )
    content = "".join(parts)
    if block.style == "code":
        return f"<pre>{content}</pre>"
    if block.style == "reference":
        linked = _DOI.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', content)
        return f'<div class="refs"><p>{linked}</p></div>'
    return f'<p class="flag">{content}</p>' if block.style == "lead" else f"<p>{content}</p>"


def _figure(item: Figure, number: str, anchor: str) -> str:
    # An image, not inline SVG: ids of several figures cannot collide and nothing in it can run.
    kind, data = ("svg+xml", item.svg) if item.svg else ("png", item.png)
    source = f"data:image/{kind};base64,{b64encode(data).decode('ascii')}"
    caption = f"<figcaption><b>{_text(number)}</b> <i>{_text(item.title)}</i></figcaption>"
    remark = f'<div class="remarks"><p>{_text(item.remark)}</p></div>' if item.remark else ""
    picture = f'<div class="pic"><img src="{source}" alt="{_text(item.alt)}"></div>'
    return f'<figure id="{_text(anchor)}">{picture}{caption}{remark}</figure>'


def write(doc: Document, path: str | Path) -> Path:
    """Write a document and return its path."""
    return write_bytes(path, render(doc).encode("utf-8"))
