r"""LaTeX: tables with booktabs rules, a whole document with figures as PDF-ready PNG files beside it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from cgsurvey.present.document import TABLE, Bullets, Document, Em, Figure, Heading, Numbered, Paragraph
from cgsurvey.present.table import SIMULATED, Grid, Shown, Table, Words
from cgsurvey.present.writers import clean, write_bytes
from cgsurvey.present.writers.docx_layout import SMALLEST, bands, least_width, widths

_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "varepsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "φ": "varphi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Δ": "Delta",
    "Γ": "Gamma",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
}
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
    "₁": r"\textsubscript{1}",
    "₂": r"\textsubscript{2}",
    "´": r"\textasciiacute{}",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "∩": r"$\cap$",
    "☐": r"$\square$",
    **{letter: rf"$\{name}$" for letter, name in _GREEK.items()},
}
_MAP = str.maketrans(_ESCAPES)
_BABEL = {"en": "british", "id": "indonesian"}
_CONTINUED = Words("(continued)", "(lanjutan)")
_UPRIGHT_CM, _ACROSS_CM = 16.0, 24.7  # room between the margins of a page
_GAP_CM = 0.14  # between a rule or a number and what stands beside it
_DOI = re.compile(r"(https://doi\.org/[^\s{}\\]+)")
_CODE = 88  # letters of a line of syntax
_LONG = 24  # letters of a word that may be broken where a column is narrow


def escape(text: str) -> str:
    """Return a text in which LaTeX finds no command."""
    return clean(text).translate(_MAP)


def table(grid: Grid, label: str = "", room: float = 0.0, number: str = "") -> str:
    """Return a `longtable`, which breaks over pages with its head repeated.

    In a document its columns are fitted into a room of so many cm; `number` names a further band of a table.
    """
    shapes = ["r" if a == "right" else r"p{0.34\linewidth}" if a == "wide" else "l" for a in _shapes(grid)]
    size = ""
    if room:
        points, cm = widths(grid, room)
        size = rf"\fontsize{{{points:g}}}{{{1.2 * points:g}}}\selectfont\setlength{{\tabcolsep}}{{{_GAP_CM}cm}}"
        sides = ("raggedleft" if a == "right" else "raggedright" for a in grid.aligns)
        fitted = zip(sides, cm, strict=True)
        shapes = [rf">{{\{side}\arraybackslash}}p{{{w - 2 * _GAP_CM:.2f}cm}}" for side, w in fitted]
    columns = "".join(shapes)
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
            body.append(" & ".join(_cell(c, breaks=bool(room)) for c in row) + r" \\")
    notes = [
        rf"\textit{{{escape(r.lead)}}} {escape(r.text)}"
        if r.lead.endswith(".")
        else rf"\textsuperscript{{{escape(r.lead)}}} {escape(r.text)}"
        for r in grid.remarks
    ]
    name = rf"\label{{{label}}}" if label else ""
    if number:
        caption = [rf"\caption*{{\textbf{{{escape(number)}}}}}\\"]
    else:
        caption = [rf"\caption{{{escape(grid.title)}}}{name}\\"] if grid.title else []
    told = r" \par ".join(notes)
    foot = (
        [rf"\par\noindent\begin{{minipage}}{{\linewidth}}\footnotesize {told}\end{{minipage}}\par\medskip"]
        if notes
        else []
    )
    top = [r"\toprule", *head, r"\midrule"]
    made = [
        rf"\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}",
        *([*caption, *top, r"\endfirsthead"] if caption else []),
        *top,
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *body,
        r"\end{longtable}",
    ]
    made = ["{" + size, *made, "}"] if size else made
    return "\n".join([*made, *([r"\addtocounter{table}{-1}"] if number else []), *foot])


def _shapes(grid: Grid) -> list[str]:
    rows = [r for r in grid.body if not isinstance(r, str)]
    return ["wide" if a == "left" and any(len(r[j].full) > 40 for r in rows) else a for j, a in enumerate(grid.aligns)]


def _broken(text: str) -> str:
    """Return a text whose long words, such as hashes, may be broken."""
    parts = (textwrap.wrap(w, 8) if len(w) > _LONG else [w] for w in text.split(" "))
    return " ".join(r"\allowbreak{}".join(map(escape, part)) for part in parts)


def _cell(cell: Shown, breaks: bool = False) -> str:
    symbol = {"fair": r"$\sim$"}.get(cell.verdict, escape(cell.symbol))
    mark = rf"\textsuperscript{{{escape(cell.mark)}}}" if cell.mark else ""
    return (
        rf"\hspace*{{{cell.indent}em}}" * bool(cell.indent)
        + " ".join(filter(None, (_broken(cell.text) if breaks else escape(cell.text), symbol)))
        + mark
    )


def render(doc: Document, figures: str = "") -> str:
    """Return a document as LaTeX source; its figures are looked for as ``<figures>-<number>.png``."""
    out = [
        r"\documentclass[11pt,a4paper]{article}",
        r"\usepackage{iftex}",
        r"\ifPDFTeX\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{lmodern}",
        r"\else\usepackage{fontspec}\fi",
        rf"\usepackage[{_BABEL[doc.language]}]{{babel}}",
        r"\usepackage{amsmath,amssymb,array,booktabs,longtable,graphicx,caption,textcomp,pdflscape}",
        r"\usepackage[margin=2.5cm]{geometry}",
        r"\usepackage[hidelinks]{hyperref}",
        r"\captionsetup{labelfont=bf,textfont=it,labelsep=newline,justification=raggedright,singlelinecheck=false}",
        r"\setlength{\LTcapwidth}{\linewidth}\setlength{\emergencystretch}{3em}",
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
                _table(doc, block.anchor, item.grid(doc.language), label)
                if isinstance(item, Table)
                else _figure(doc, block, item, label, figures)
            )
        out.append("")
    return "\n".join([*out, r"\end{document}", ""])


def _table(doc: Document, anchor: str, grid: Grid, label: str) -> str:
    """Return a table as it fits on a page: upright, turned, or in bands of columns."""
    if doc.bare:
        return table(grid, label)
    across = least_width(grid, SMALLEST) > _UPRIGHT_CM
    room = _ACROSS_CM if across else _UPRIGHT_CM
    again = f"{TABLE.of(doc.language)} {doc.numbers[anchor]} {_CONTINUED.of(doc.language)}"
    parts = [table(p, label if p.first else "", room, "" if p.first else again) for p in bands(grid, room)]
    return "\n\n".join([r"\begin{landscape}", *parts, r"\end{landscape}"] if across else parts)


def _code(lines: Sequence[str]) -> str:
    cut = [textwrap.wrap(w, _CODE, subsequent_indent="    ", break_on_hyphens=False) or [""] for w in lines]
    return "\n".join([r"{\footnotesize\begin{verbatim}", *(part for line in cut for part in line), r"\end{verbatim}}"])


def _paragraph(doc: Document, block: Paragraph) -> str:
    if block.style == "code":
        return _code(clean(doc.plain(block)).replace(r"\end{verbatim}", "").splitlines())
    kinds = {a: "tab" if isinstance(item, Table) else "fig" for a, item in doc.numbered()}
    word = {a: doc.name(a).rpartition(" ")[0] for a in kinds}
    text = "".join(
        (rf"\emph{{{escape(p)}}}" if isinstance(p, Em) else _linked(p))
        if isinstance(p, str)
        else rf"{word[p.anchor]}~\ref{{{kinds[p.anchor]}:{p.anchor}}}"
        for p in block.parts
    )
    if block.style == "reference":
        return rf"\noindent\hangindent=2em {text}\par"
    return rf"\noindent\textbf{{{text}}}\par" if block.style == "lead" else text


def _linked(text: str) -> str:
    """Return a text whose addresses of sources are links that can be broken."""
    return "".join(rf"\url{{{part}}}" if _DOI.match(part) else escape(part) for part in _DOI.split(clean(text)))


def _figure(doc: Document, block: Numbered, item: Figure, label: str, figures: str) -> str:
    file = f"{figures}-{doc.numbers[block.anchor]}.png"
    tall = r"height=0.85\textheight,keepaspectratio"
    remark = [rf"\par\footnotesize {escape(item.remark)}"] if item.remark else []
    return "\n".join(
        [
            r"\begin{figure}[htbp]",
            r"\centering",
            rf"\includegraphics[width={min(item.width_cm, _UPRIGHT_CM):.1f}cm,{tall}]{{{file}}}",
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
