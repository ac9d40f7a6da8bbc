"""Plain text for a terminal or a log."""

from __future__ import annotations

import textwrap
import unicodedata

from cgsurvey.present.document import Bullets, Document, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import Grid, Shown, Table

WIDEST = 46  # of a text column; longer texts are wrapped
LINE = 100


def width(text: str) -> int:
    """Return the columns a text takes on a terminal; East Asian letters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def render(grid: Grid, caption: str = "") -> str:
    """Return a table with three rules."""
    rows = [r for r in grid.body if not isinstance(r, str)]
    cells = [[_lines(c) for c in row] for row in rows]
    heads = [textwrap.wrap(h, WIDEST) or [""] for h in grid.heads]
    widths = [
        max([width(line) for line in heads[j]] + [width(line) for row in cells for line in row[j]] + [1])
        for j in range(len(heads))
    ]
    for start, length, label in grid.spanners:
        room = sum(widths[start : start + length]) + 2 * (length - 1)
        widths[start + length - 1] += max(0, width(label) - room)
    total = sum(widths) + 2 * (len(widths) - 1)
    title = " ".join(filter(None, (caption, grid.title)))
    out = [title, "─" * total] if title else ["─" * total]
    if grid.spanners:
        out.append(_spanner_line(grid, widths))
    out += [*_row(heads, grid.aligns, widths), "─" * total]
    printed = iter(cells)
    for row in grid.body:
        out += [row] if isinstance(row, str) else _row(next(printed), grid.aligns, widths)
    out.append("─" * total)
    for remark in grid.remarks:
        out += textwrap.wrap(f"{remark.lead} {remark.text}", max(total, 60))
    return "\n".join(out)


def _lines(cell: Shown) -> list[str]:
    pad = "  " * cell.indent
    if cell.align == "right":
        return [pad + cell.full]
    return [pad + line for line in textwrap.wrap(cell.full, WIDEST) or [""]]


def _row(cells: list[list[str]], aligns: tuple[str, ...], widths: list[int]) -> list[str]:
    out = []
    for k in range(max(map(len, cells))):
        line = []
        for lines, align, room in zip(cells, aligns, widths, strict=True):
            text = lines[k] if k < len(lines) else ""
            gap = " " * (room - width(text))
            line.append(gap + text if align == "right" else text + gap)
        out.append("  ".join(line).rstrip())
    return out


def _spanner_line(grid: Grid, widths: list[int]) -> str:
    line, at = "", 0
    for start, length, label in grid.spanners:
        left = sum(widths[:start]) + 2 * start
        room = sum(widths[start : start + length]) + 2 * (length - 1)
        gap = room - width(label)
        line += " " * (left - at) + "─" * (gap // 2) + label + "─" * (gap - gap // 2)
        at = left + room
    return line


def document(doc: Document) -> str:
    """Return a whole document as plain text; figures are told by caption and description."""
    out = (
        [] if doc.bare else [doc.title, "=" * width(doc.title), *([", ".join(doc.authors)] if doc.authors else []), ""]
    )
    for block in doc.blocks:
        if isinstance(block, Heading):
            out += [block.text, ("=", "-", "~")[block.level - 1] * width(block.text), ""]
        elif isinstance(block, Paragraph):
            out += [doc.plain(block) if block.style == "code" else textwrap.fill(doc.plain(block), LINE), ""]
        elif isinstance(block, Bullets):
            out += [textwrap.fill(item, LINE, initial_indent="- ", subsequent_indent="  ") for item in block.items] + [
                ""
            ]
        elif isinstance(block, Numbered):
            item, name = block.item, f"{doc.name(block.anchor)}."
            if isinstance(item, Table):
                out += [render(item.grid(doc.language), "" if doc.bare else name), ""]
            elif isinstance(item, Figure):
                out += [textwrap.fill(f"[{name} {item.title}: {item.alt}]", LINE), ""]
    return "\n".join(out)
