"""One self-contained HTML file: no script, no network, light and dark, fit for print. All texts are escaped."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path

from cgsurvey.present.document import Bullets, Document, Em, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import SIMULATED, VERDICT, Grid, Shown, Table
from cgsurvey.present.writers import clean, write_bytes

_KEEP_ROWS = 20  # a table of no more rows is printed on one page


@cache
def _style() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def _text(text: str) -> str:
    return escape(clean(text))


def fragment(grid: Grid) -> str:
    """Return a table with its style, for a notebook; colours follow the page around it."""
    # Mid tones that stand out on white and on black: a notebook does not say which theme it shows.
    ink = "".join(f"--{name}:currentColor;" for name in ("ink", "soft", "rule", "line"))
    own = f"div.cg{{{ink}--good:#3d85c6;--fair:#b07a00;--poor:#d9534f}}"
    own += _style().replace(".cg ", ".cg.cg ")  # notebooks have rules for tables of their own; these weigh more
    return f'<div class="cg"><style>{own}</style>{table(grid)}</div>'


def table(grid: Grid, number: str = "", anchor: str = "") -> str:
    """Return one `<table>` with caption, scoped headings and its remarks."""
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
    body, at = [], 0
    for row in grid.body:
        if isinstance(row, str):
            body.append(f'<tr><th class="group" scope="rowgroup" colspan="{len(grid.heads)}">{_text(row)}</th></tr>')
        else:
            at += 1
            places = [f"{grid.origin}[{at}].{name}" for name in grid.names] if grid.origin else [""] * len(row)
            tags = ["th"] + ["td"] * (len(row) - 1)
            cells = (_cell(c, t, grid.language, p) for c, t, p in zip(row, tags, places, strict=True))
            body.append(f"<tr>{''.join(cells)}</tr>")
    title = (f"<b>{_text(number)}</b>" if number else "") + (f"<i>{_text(grid.title)}</i>" if grid.title else "")
    caption = f"<caption>{title}</caption>" if title else ""
    remarks = "".join(
        f"<p><em>{_text(r.lead)}</em> {_text(r.text)}</p>"
        if r.lead.endswith(".")
        else f"<p><sup>{_text(r.lead)}</sup> {_text(r.text)}</p>"
        for r in grid.remarks
    )
    name = f' id="{_text(anchor)}"' if anchor else ""
    keep = " keep" if len(grid.body) <= _KEEP_ROWS else ""
    head_rows = f"<thead>{first}<tr>{second}</tr></thead>"
    return (
        f'<div class="wide{keep}"{name}><table>{caption}{head_rows}<tbody>{"".join(body)}</tbody></table>'
        + (f'<div class="remarks">{remarks}</div>' if remarks else "")
        + "</div>"
    )


def _head(grid: Grid, j: int, rows: int) -> str:
    span = f' rowspan="{rows}"' if rows > 1 else ""
    side = ' class="r"' if grid.aligns[j] == "right" else ""
    return f'<th scope="col"{span}{side}>{_text(grid.heads[j])}</th>'


def _cell(cell: Shown, tag: str, language: str, place: str = "") -> str:
    """Return a cell; resting on a number shows where it comes from and what it was before it was rounded."""
    classes = [
        c for c in ("r" if cell.align == "right" else "", f"in{min(cell.indent, 3)}" if cell.indent else "") if c
    ]
    content = _text(cell.text)
    if cell.symbol:
        word = VERDICT[cell.verdict].of(language)
        said = content.endswith(_text(word))  # a verdict in words needs no second telling
        label = "" if said else f' role="img" aria-label="{_text(word)}" title="{_text(word)}"'
        content += f' <span class="v {cell.verdict}"{label}>{cell.symbol}</span>'
    if cell.mark:
        content += f"<sup>{_text(cell.mark)}</sup>"
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
    alone = ' class="alone"' if doc.bare else ""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html class="cg" lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(doc.title)}</title>\n<style>{_style()}</style>\n</head>\n"
        f"<body{alone}>\n{content}\n</body>\n</html>\n"
    )


def _contents(doc: Document) -> str:
    headings = [(i, b) for i, b in enumerate(doc.blocks) if isinstance(b, Heading) and b.level == 1]
    entries = "".join(f'<li><a href="#s{i}">{_text(b.text)}</a></li>' for i, b in headings)
    return f"<nav><ol>{entries}</ol></nav>"


def _blocks(doc: Document) -> list[str]:
    out = []
    for i, block in enumerate(doc.blocks):
        if isinstance(block, Heading):
            out.append(f'<h{block.level + 1} id="s{i}">{_text(block.text)}</h{block.level + 1}>')
        elif isinstance(block, Paragraph):
            out.append(_paragraph(doc, block))
        elif isinstance(block, Bullets):
            out.append("<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>")
        elif isinstance(block, Numbered):
            number = "" if doc.bare else doc.name(block.anchor)
            item = block.item
            out.append(
                table(item.grid(doc.language), number, block.anchor)
                if isinstance(item, Table)
                else _figure(item, number, block.anchor)
            )
    return out


def _paragraph(doc: Document, block: Paragraph) -> str:
    parts = (
        (f"<em>{_text(p)}</em>" if isinstance(p, Em) else _text(p))
        if isinstance(p, str)
        else f'<a href="#{_text(p.anchor)}">{_text(doc.name(p.anchor))}</a>'
        for p in block.parts
    )
    content = "".join(parts)
    if block.style == "code":
        return f"<pre>{content}</pre>"
    if block.style == "reference":
        return f'<div class="refs"><p>{content}</p></div>'
    return f'<p class="flag">{content}</p>' if block.style == "lead" else f"<p>{content}</p>"


def _figure(item: Figure, number: str, anchor: str) -> str:
    # An image, not inline SVG: ids of several figures cannot collide and nothing in it can run.
    kind, data = ("svg+xml", item.svg) if item.svg else ("png", item.png)
    source = f"data:image/{kind};base64,{b64encode(data).decode('ascii')}"
    caption = f"<figcaption><b>{_text(number)}</b> <i>{_text(item.title)}</i></figcaption>"
    remark = f'<div class="remarks"><p>{_text(item.remark)}</p></div>' if item.remark else ""
    return f'<figure id="{_text(anchor)}"><img src="{source}" alt="{_text(item.alt)}">{caption}{remark}</figure>'


def write(doc: Document, path: str | Path) -> Path:
    """Write a document and return its path."""
    return write_bytes(path, render(doc).encode("utf-8"))
