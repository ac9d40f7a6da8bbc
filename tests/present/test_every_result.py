"""Of each class of results: all writers print the same cells, thresholds their source, no sentence claims too much."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import lxml.html
import numpy as np
import openpyxl
import pandas as pd
import pytest
from docx.oxml.ns import qn

import cgsurvey as cg
from cgsurvey.present.document import Document, Numbered, Paragraph
from cgsurvey.present.narration.sentences import Sentence, say
from cgsurvey.present.narration.sentences import paragraphs as told
from cgsurvey.present.numbers import NUMERIC, is_missing
from cgsurvey.present.table import Cell, Grid, Shown, Table, bound, cite
from cgsurvey.present.tables import tables
from cgsurvey.present.tables.style import Style
from cgsurvey.present.writers import docx as docx_writer
from cgsurvey.present.writers import html, latex, typst, xlsx
from cgsurvey.sem.hypotheses import test_hypotheses as decide
from tests.test_protocol import EXAMPLES, field_file

HOLDS_OTHERS = {"StudyResult"}
Rows = list[list[str]]


@pytest.fixture(scope="module", params=sorted(set(EXAMPLES) - HOLDS_OTHERS))
def result(request: pytest.FixtureRequest) -> cg.Result:
    return EXAMPLES[request.param](field_file())


def wanted(grid: Grid) -> Rows:
    return [[row] if isinstance(row, str) else [c.full for c in row] for row in grid.body]


def marked(mark: str) -> str:
    """Return the mark of a footnote as plain text has it."""
    return Shown("", mark=mark).note


def from_html(table: Table, language: str) -> Rows:
    root = lxml.html.fromstring(html.table(table.grid(language)))
    rows = []
    for row in root.findall(".//tbody/tr"):
        for mark in row.iter("sup"):
            mark.text = marked(mark.text)
        rows.append([cell.text_content() for cell in row])
    return rows


def from_docx(table: Table, language: str) -> Rows:
    """Bands of a table that is too wide for a page are joined again; a later one leaves out what is empty in it."""
    writer = docx_writer._Writer(Document("t", language, (Numbered("a", table),), bare=True), None)
    writer.run()
    joined: Rows = []
    for band in writer.word.tables:
        heads = sum(row.trPr.find(qn("w:tblHeader")) is not None for row in band._tbl.tr_lst)
        rows = [[_word_cell(c) for c in row.tc_lst] for row in band._tbl.tr_lst[heads:]]
        if not joined:
            joined = rows
            continue
        missing = len(rows[-1]) - 1
        later = iter(rows)
        row = next(later, None)
        for sofar in joined:
            if row is not None and row[0] == sofar[0]:
                sofar += row[1:]
                row = next(later, None)
            else:
                sofar += [""] * missing
    return joined


def _word_cell(cell) -> str:
    runs = [(r.text, r.rPr is not None and r.rPr.superscript) for p in cell.p_lst for r in p.r_lst]
    return "".join(marked(said) if high else said for said, high in runs).replace("\u00a0", " ")


def from_latex(table: Table, language: str) -> Rows:
    body = table.to_latex(language=language).split("\\endlastfoot\n")[1].split("\n\\end{longtable}")[0]
    back = {v: k for k, v in latex._ESCAPES.items()} | {r"$\sim$": "~"}
    codes = re.compile("|".join(re.escape(c) for c in sorted(back, key=len, reverse=True)))
    rows = []
    for line in body.splitlines():
        line = re.sub(r"\\hspace\*\{\d+em\}", "", re.sub(r" \\\\\*?$", "", line))
        group = re.fullmatch(r"\\multicolumn\{\d+\}\{l\}\{\\textit\{(.*)\}\}", line)
        cells = [group[1]] if group else re.split(r"(?<!\\) ?& ?", line)
        cells = [re.sub(r"\\textsuperscript\{([a-z*]+)\}$", lambda found: marked(found[1]), c) for c in cells]
        rows.append([codes.sub(lambda found: back[found[0]], c) for c in cells])
    return rows


def from_typst(table: Table, language: str) -> Rows:
    source = typst.table(table.grid(language), 1e4)
    body = source.split("table.hline(stroke: 0.5pt)),\n")[1].split("\n  table.hline(stroke: 0.9pt))]")[0]
    rows = []
    for line in body.splitlines():
        line = re.sub(r"#h\(\d+em\);", "", line.strip().removesuffix(","))
        line = re.sub(r"#text\(fill: [^)]*\)\)\[([^]]*)\]", r"\1", line)
        line = re.sub(
            r"#super\[(.*?)\]",
            lambda found: marked(found[1].replace("\\", "")),
            re.sub(r"^table\.cell\(.*?\)\[#emph\[(.*)\]\]$", r"[\1]", line),
        )
        cells = line[1:-1].split("], [")
        rows.append([re.sub(r"\\(.)", r"\1", c).replace("\u00a0", " ") for c in cells])
    return rows


def from_text(table: Table, language: str) -> Rows:
    """Cells of a terminal stand in columns of fixed width and wrap, so the letters alone are compared."""
    lines = table.to_text(language).splitlines()
    rules = [i for i, line in enumerate(lines) if line and set(line) == {"─"}]
    return [[line] for line in lines[rules[1] + 1 : rules[2]]]


def from_xlsx(table: Table, language: str) -> Rows:
    """Numbers are raw there: they are compared unrounded, in another test."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    xlsx._fill(book.active, table, Document("t", language, (Numbered("a", table),)), "a")
    book.save(stream)
    sheet = openpyxl.load_workbook(stream).active
    first = 6 if table.spanners else 5
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first, max_col=len(table.columns))]


READERS: dict[str, Callable[[Table, str], Rows]] = {
    "html": from_html,
    "docx": from_docx,
    "latex": from_latex,
    "typst": from_typst,
}


def alike(rows: Rows) -> Rows:
    """Return rows with blanks of one kind; LaTeX has one sign for a cross and a times."""
    return [[" ".join(c.split()).replace("×", "✗") for c in row] for row in rows]


def each(result: cg.Result) -> Iterator[tuple[Table, str]]:
    """Go through the tables of a result in both languages, and those that the dialect of theses changes."""
    for language in ("en", "id"):
        plain = tables(result, language)
        known = [t.grid(language) for t in plain]
        changed = (t for t in tables(result, language, dialect="thesis") if t.grid(language) not in known)
        for table in (*plain, *changed):
            yield table, language


def test_every_writer_prints_the_cells_of_the_grid(result: cg.Result) -> None:
    for table, language in each(result):
        grid = table.grid(language)
        for name, read in READERS.items():
            assert alike(read(table, language)) == alike(wanted(grid)), (table.name, language, name)
        letters = ["".join("".join(row).split()) for row in wanted(grid)]
        printed = "".join("".join(row[0].split()) for row in from_text(table, language))
        assert sorted(printed) == sorted("".join(letters)), (table.name, language)


def test_excel_holds_the_numbers_unrounded_and_the_words_as_printed(result: cg.Result) -> None:
    for table, language in each(result):
        grid, values = table.grid(language), iter(table.rows)
        for row, cells in zip(grid.body, from_xlsx(table, language), strict=False):
            if isinstance(row, str):
                assert cells[0] == row
                continue
            for shown, value, column, found in zip(row, next(values), table.columns, cells, strict=True):
                raw, kind = (value.value, value.kind) if isinstance(value, Cell) else (value, None)
                number = (kind or column.kind) in NUMERIC and not isinstance(raw, str | bool) and not is_missing(raw)
                if number and isinstance(found, int | float):
                    assert found == pytest.approx(float(raw), abs=0, rel=1e-15)
                else:
                    assert (found or "") == shown.full, (table.name, column.name)


def test_every_threshold_shows_its_source(result: cg.Result) -> None:
    for table, language in each(result):
        remarks = " ".join(r.text for r in table.grid(language).remarks)
        for rule in table.rules:
            assert cite(rule.source, language) in remarks and bound(rule, rule.good, language) in remarks, table.name
        judged = {c.verdict for row in table.rows for c in row if isinstance(c, Cell)} & {"good", "fair", "poor"}
        if judged and not table.rules:  # decided by a test: its level or its source is named
            assert re.search(r"\d ?%|alpha|\b(19|20)\d\d\)", remarks), (table.name, remarks)


CLAIMS = re.compile(
    r"\bno (effect|influence|relation|relationship|difference)\b|has no influence|does not (affect|influence)|"
    r"\b(proves?|proven)\b|tidak (berpengaruh|ada pengaruh|memiliki pengaruh|ada hubungan|ada perbedaan)|terbukti",
    re.IGNORECASE,
)
# "does not show that there is no effect" and its like deny the claim
DENIALS = re.compile(r"\b(not|none|never|no proof)\b|bukan|tidak (menunjukkan|membuktikan|berarti)", re.IGNORECASE)


def claims(result: cg.Result) -> list[str]:
    out = []
    for language in ("en", "id"):
        said = [say(s, language) for sentences in told(result, Style()).values() for s in sentences]
        said += [r.text for t in tables(result, language) for r in t.grid(language).remarks]
        out += [s for s in said if CLAIMS.search(s) and not DENIALS.search(s)]
    return out


def test_no_sentence_claims_that_there_is_no_effect(result: cg.Result) -> None:
    assert not claims(result)


UNRELATED: dict[str, Callable[[pd.DataFrame], cg.Result]] = {
    "paths": lambda d: cg.sem("y ~ x + z", d),
    "hypotheses": lambda d: decide(cg.sem("y ~ x + z", d), {"H1": "y ~ x > 0", "H2": "y ~ z > 0"}),
    "mediation": lambda d: cg.mediation("y ~ x + z\nz ~ x", d, seed=1),
    "slopes": lambda d: cg.sem("y ~ x + z + x:z", d).simple_slopes("y", "x", "z"),
    "regression": lambda d: cg.regress(d, ["y ~ x"], mediator="z"),
    "groups": lambda d: cg.compare_groups(d, ["x", "y"], by="group"),
    "correlations": lambda d: cg.correlate(d, ["x", "y", "z"]),
    "crosstab": lambda d: cg.crosstab(d, "group", "x", seed=1, replicates=100),
    "nonresponse": lambda d: cg.nonresponse_bias(d, {"a": ["x", "y", "z"]}),
}


@pytest.mark.parametrize("n", [40, 200])
@pytest.mark.parametrize("name", UNRELATED)
def test_what_is_unrelated_lacks_evidence_and_nothing_more(name: str, n: int) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.integers(1, 6, size=(n, 3)).astype(float), columns=["x", "y", "z"])
        found = UNRELATED[name](frame.assign(group=["a", "b"] * (n // 2)))
        assert not claims(found), seed
        if name == "paths" and (found.tidy().query("op == '~'")["p_value"] > 0.05).all():
            assert "not enough evidence" in cg.narrate(found) and "belum cukup bukti" in cg.narrate(found, "id")


def test_both_languages_tell_every_fact(result: cg.Result) -> None:
    for sentences in told(result, Style()).values():
        for sentence in sentences:
            en, id_ = say(sentence, "en"), say(sentence, "id")
            assert en != id_ and "{" not in en + id_, sentence.key


# What no sentence of the method is about: the files and plan themselves, and what is told in a sentence of its own.
TOLD_OTHERWISE = {"Registration", "Explanation", "Verification"}


def test_the_method_says_that_it_was_done_and_after_whom(result: cg.Result) -> None:
    if type(result).__name__ in TOLD_OTHERWISE:
        return
    for language in ("en", "id"):
        made = cg.report([result], language=language, figures=False)
        texts = [made.document.plain(b) for b in made.sections[0].blocks if isinstance(b, Paragraph)][1:]
        software = say(Sentence("method.software", {"version": "", "python": ""}), language)[:20]
        assert "()" not in "".join(texts) and not texts[0].startswith(software), "the method tells nothing of it"
        assert set(result.meta.references) <= set(made.sources)
