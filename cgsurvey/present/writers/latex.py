r"""LaTeX: tables with booktabs rules, a whole document with figures as PDF-ready PNG files beside it."""

from __future__ import annotations

from pathlib import Path

from cgsurvey.present.document import Bullets, Document, Em, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import SIMULATED, Grid, Shown, Table
from cgsurvey.present.writers import clean, write_bytes

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "−": r"$-$",
    "–": "--",
    "—": "---",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "√": r"$\surd$",
    "∞": r"$\infty$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "↔": r"$\leftrightarrow$",
    "✓": r"$\checkmark$",
    "✗": r"$\times$",
    "²": r"\textsuperscript{2}",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    "λ": r"$\lambda$",
    "χ": r"$\chi$",
    "ω": r"$\omega$",
    "Δ": r"$\Delta$",
    "ρ": r"$\rho$",
    "σ": r"$\sigma$",
}
_MAP = str.maketrans(_ESCAPES)
_BABEL = {"en": "british", "id": "indonesian"}


def escape(text: str) -> str:
    """Return a text in which LaTeX finds no command."""
    return clean(text).translate(_MAP)


def table(grid: Grid, label: str = "") -> str:
    """Return a `longtable`, which breaks over pages with its head repeated."""
    columns = "".join("r" if a == "right" else "l" for a in _shapes(grid))
    wide = {j for j, a in enumerate(_shapes(grid)) if a == "wide"}
    columns = "".join(r"p{0.34\linewidth}" if j in wide else c for j, c in enumerate(columns))
    count = len(grid.heads)
    head = []
    if grid.spanners:
        cells, rules, j = [], [], 0
        starts = {s: (n, text) for s, n, text in grid.spanners}
        while j < count:
            if j in starts:
                n, text = starts[j]
                cells.append(rf"\multicolumn{{{n}}}{{c}}{{{escape(text)}}}")
                rules.append(rf"\cmidrule(lr){{{j + 1}-{j + n}}}")
                j += n
            else:
                cells.append("")
                j += 1
        head = [" & ".join(cells) + r" \\", "".join(rules)]
    head.append(" & ".join(map(escape, grid.heads)) + r" \\")
    body = []
    for row in grid.body:
        if isinstance(row, str):
            body.append(rf"\multicolumn{{{count}}}{{l}}{{\textit{{{escape(row)}}}}} \\*")
        else:
            body.append(" & ".join(map(_cell, row)) + r" \\")
    notes = [
        rf"\textit{{{escape(r.lead)}}} {escape(r.text)}"
        if r.lead.endswith(".")
        else rf"\textsuperscript{{{escape(r.lead)}}} {escape(r.text)}"
        for r in grid.remarks
    ]
    name = rf"\label{{{label}}}" if label else ""
    caption = [rf"\caption{{{escape(grid.title)}}}{name}\\"] if grid.title else []
    told = r" \par ".join(notes)
    foot = (
        [rf"\par\noindent\begin{{minipage}}{{\linewidth}}\footnotesize {told}\end{{minipage}}\par\medskip"]
        if notes
        else []
    )
    return "\n".join(
        [
            rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
            *caption,
            r"\toprule",
            *head,
            r"\midrule",
            r"\endhead",
            r"\bottomrule",
            r"\endlastfoot",
            *body,
            r"\end{longtable}",
            *foot,
        ]
    )


def _shapes(grid: Grid) -> list[str]:
    rows = [r for r in grid.body if not isinstance(r, str)]
    return ["wide" if a == "left" and any(len(r[j].full) > 40 for r in rows) else a for j, a in enumerate(grid.aligns)]


def _cell(cell: Shown) -> str:
    symbol = {"fair": r"$\sim$"}.get(cell.verdict, escape(cell.symbol))
    mark = rf"\textsuperscript{{{escape(cell.mark)}}}" if cell.mark else ""
    return (
        rf"\hspace*{{{cell.indent}em}}" * bool(cell.indent) + " ".join(filter(None, (escape(cell.text), symbol))) + mark
    )


def render(doc: Document, figures: str = "") -> str:
    """Return a document as LaTeX source; its figures are looked for as ``<figures>-<number>.png``."""
    out = [
        r"\documentclass[11pt,a4paper]{article}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[utf8]{inputenc}",
        rf"\usepackage[{_BABEL[doc.language]}]{{babel}}",
        r"\usepackage{amsmath,amssymb,booktabs,longtable,graphicx,caption,textcomp}",
        r"\usepackage[margin=2.5cm]{geometry}",
        r"\usepackage[hidelinks]{hyperref}",
        r"\captionsetup{labelfont=bf,textfont=it,labelsep=newline,justification=raggedright,singlelinecheck=false}",
        rf"\title{{{escape(doc.title)}}}",
        rf"\author{{{escape(', '.join(doc.authors))}}}",
        r"\date{}",
        r"\begin{document}",
        "" if doc.bare else r"\maketitle",
    ]
    if doc.simulated and not doc.bare:
        out.append(rf"\noindent\textbf{{{escape(SIMULATED.of(doc.language))}}}\par")
    for block in doc.blocks:
        if isinstance(block, Heading):
            out.append(rf"\{'sub' * (block.level - 1)}section{{{escape(block.text)}}}")
        elif isinstance(block, Paragraph):
            out.append(_paragraph(doc, block))
        elif isinstance(block, Bullets):
            out.append("\n".join([r"\begin{itemize}", *(rf"\item {escape(i)}" for i in block.items), r"\end{itemize}"]))
        elif isinstance(block, Numbered):
            item, label = block.item, f"{'tab' if isinstance(block.item, Table) else 'fig'}:{block.anchor}"
            out.append(
                table(item.grid(doc.language), label)
                if isinstance(item, Table)
                else _figure(doc, block, item, label, figures)
            )
        out.append("")
    return "\n".join([*out, r"\end{document}", ""])


def _paragraph(doc: Document, block: Paragraph) -> str:
    if block.style == "code":
        return "\\begin{verbatim}\n" + clean(doc.plain(block)).replace(r"\end{verbatim}", "") + "\n\\end{verbatim}"
    kinds = {a: "tab" if isinstance(item, Table) else "fig" for a, item in doc.numbered()}
    word = {a: doc.name(a).rpartition(" ")[0] for a in kinds}
    text = "".join(
        (rf"\emph{{{escape(p)}}}" if isinstance(p, Em) else escape(p))
        if isinstance(p, str)
        else rf"{word[p.anchor]}~\ref{{{kinds[p.anchor]}:{p.anchor}}}"
        for p in block.parts
    )
    if block.style == "reference":
        return rf"\noindent\hangindent=2em {text}\par"
    return rf"\noindent\textbf{{{text}}}\par" if block.style == "lead" else text


def _figure(doc: Document, block: Numbered, item: Figure, label: str, figures: str) -> str:
    file = f"{figures}-{doc.numbers[block.anchor]}.png"
    remark = [rf"\par\footnotesize {escape(item.remark)}"] if item.remark else []
    return "\n".join(
        [
            r"\begin{figure}[htbp]",
            r"\centering",
            rf"\includegraphics[width=\linewidth]{{{file}}}",
            rf"\caption{{{escape(item.title)}}}\label{{{label}}}",
            *remark,
            r"\end{figure}",
        ]
    )


def write(doc: Document, path: str | Path) -> Path:
    """Write the source and, beside it, its figures; return the path of the source."""
    target = Path(path)
    figures = f"{target.stem}-figure"
    for anchor, item in doc.numbered():
        if isinstance(item, Figure):
            write_bytes(target.with_name(f"{figures}-{doc.numbers[anchor]}.png"), item.png)
    return write_bytes(target, render(doc, figures).encode("utf-8"))
