"""The report: chapter order, only what was done, the same cells in each format, nobody's data."""

import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from docx.oxml.ns import qn

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.notes import Note
from cgsurvey.base.references import reference
from cgsurvey.base.result import versions
from cgsurvey.moments import mcar_test, missingness
from cgsurvey.present import Report, report
from cgsurvey.present.document import Bullets, Em, Heading, Paragraph
from cgsurvey.present.report.closing import SHOWN_ELSEWHERE
from cgsurvey.present.table import Table
from cgsurvey.reliability import reliability, validity
from cgsurvey.responses import Responses, describe, link, load_sample, screen
from cgsurvey.sem import SemFit

from .conftest import LABELS

HYPOTHESES = {"H1": "f2 ~ f1 > 0", "H2": "f3 ~ f1 > 0"}


@pytest.fixture(scope="module")
def parts(measured: SemFit, structured: SemFit, answers: pd.DataFrame, sample: Responses) -> list[object]:
    blocks = {f"f{k + 1}": [f"{c}{i}" for i in range(1, 5)] for k, c in enumerate("xyz")}
    screening = screen(sample, max_missing=0.2, attention=1)
    kept = screening.keep()
    return [kept, screening, describe(kept), reliability(answers, blocks), measured, validity(measured), structured]


@pytest.fixture(scope="module")
def full(parts: list[object]) -> Report:
    return report(
        parts[::-1], title="Mutu <layanan> & kolaborasi", language="id", authors=["A. Penulis"], hypotheses=HYPOTHESES
    )


def headings(made: Report) -> list[str]:
    return [s.title for s in made.sections]


def test_sections_come_in_the_order_of_a_chapter(full: Report, parts: list[object]) -> None:
    wanted = [
        "Metode", "Responden", "Penyaringan data", "Deskripsi", "Model pengukuran", "Reliabilitas", "Validitas",
        "Model struktural", "Hipotesis", "Keterbatasan dan catatan", "Daftar pustaka", "Lampiran", "Reproduksibilitas",
    ]  # fmt: skip
    assert headings(full) == wanted
    again = report(parts, title="t", language="id", hypotheses=HYPOTHESES, figures=False)
    assert headings(again) == wanted and [t.name for t in again.tables] == [t.name for t in full.tables]


def test_nothing_is_written_about_what_was_not_done(answers: pd.DataFrame) -> None:
    made = report(reliability(answers, {"f1": ["x1", "x2", "x3"]}), title="T")
    assert headings(made) == ["Method", "Reliability", "Limitations and notes", "References", "Reproducibility"]
    text = made.to_text()
    assert "alpha" in text and "Structural model" not in text and "hypothes" not in text and "HTMT" not in text


def test_each_table_and_figure_is_named_in_the_text(full: Report) -> None:
    document = full.document
    said = "\n".join(document.plain(b) for b in document.blocks if isinstance(b, Paragraph))
    figures = {document.name(a) for a, item in document.numbered() if not isinstance(item, Table)}
    silent = {"stamp"}
    for anchor, item in document.numbered():
        if isinstance(item, Table) and item.name not in silent:
            assert re.search(rf"{document.name(anchor)}\b", said), item.name
    assert len(figures) >= 4 and all(item.alt for item in full.figures)


def test_references_are_those_that_were_used(full: Report, parts: list[object]) -> None:
    listed = [
        full.document.plain(b) for b in full.document.blocks if isinstance(b, Paragraph) and b.style == "reference"
    ]
    assert listed == sorted(listed, key=str.casefold) and len(listed) == len(set(listed))
    used = {k for p in parts if hasattr(p, "meta") for k in p.meta.references} | {"hu1999", "hair2019"}
    assert {reference(k).apa for k in used} <= set(listed)


def test_the_stamp_makes_it_repeatable(full: Report, structured: SemFit) -> None:
    stamp = next(t for t in full.tables if t.name == "stamp").to_text()
    for name, version in versions().items():
        assert name in stamp and version in stamp
    assert structured.meta.data_hash[:16] in stamp and "estimator=MLR" in "".join(stamp.split())
    assert any(b.parts == (structured.model.syntax.strip(),) for b in full.document.blocks if isinstance(b, Paragraph))


def labelled(one: Note) -> str:
    """Return a note as the report words it: constructs by their labels."""
    names = {k: words["id"] for k, words in LABELS.items()}
    values = {
        k: ", ".join(names.get(v, v) for v in value.split(", ")) if isinstance(value, str) else value
        for k, value in one.values.items()
    }
    return replace(one, values=values).render("id")


def test_all_notes_stand_in_the_report(full: Report, parts: list[object]) -> None:
    told = [i for b in full.document.blocks if isinstance(b, Bullets) for i in b.items]
    for part in parts:
        for one in part.notes:  # type: ignore[attr-defined]
            if one.code in SHOWN_ELSEWHERE:
                continue
            assert any(item.endswith(labelled(one)) for item in told), one.code


def test_simulated_data_are_said_everywhere(full: Report, tmp_path: Path) -> None:
    said = "Data simulasi, bukan hasil lapangan."
    for ending in ("docx", "html", "xlsx", "tex", "typ", "txt"):
        full.save(tmp_path / f"r.{ending}")
    word = docx.Document(str(tmp_path / "r.docx"))
    assert all(said in s.header.paragraphs[0].text for s in word.sections)
    assert said in (tmp_path / "r.html").read_text(encoding="utf-8") and said in (tmp_path / "r.tex").read_text(
        encoding="utf-8"
    )
    assert openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[0]["A2"].value == said
    assert "Data ini adalah data simulasi" in (tmp_path / "r.txt").read_text(encoding="utf-8")


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tbody":
            self.inside = True
            self.tables.append([])
        elif self.inside and tag == "tr":
            self.tables[-1].append([])
        elif self.inside and tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif self.inside and tag == "sup":
            self.tables[-1][-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "tbody"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.tables[-1][-1][-1] += data


def test_all_formats_hold_the_same_cells(full: Report, tmp_path: Path) -> None:
    wanted = []
    for item in full.tables:
        rows = [[r] if isinstance(r, str) else [c.full for c in r] for r in item.grid("id").body]
        wanted.append([[re.sub(r" \(([a-z])\)$", r" \1", c) for c in row] for row in rows])
    parser = _Tables()
    parser.feed(full.save(tmp_path / "r.html").read_text(encoding="utf-8"))
    assert parser.tables == wanted
    word = docx.Document(str(full.save(tmp_path / "r.docx")))
    heads = [2 if t.spanners else 1 for t in full.tables]
    found = []
    for made, skip in zip(word.tables, heads, strict=True):
        rows = []
        for row in made._tbl.tr_lst[skip:]:
            runs = [
                [(r.text, r.rPr.find(qn("w:vertAlign")) is not None) for p in c.p_lst for r in p.r_lst]
                for c in row.tc_lst
            ]
            rows.append(["".join(f" {t}" if high else t for t, high in cell).replace("\u00a0", " ") for cell in runs])
        found.append(rows)
    assert found == wanted
    book = openpyxl.load_workbook(full.save(tmp_path / "r.xlsx"))
    assert len(book.worksheets) == len(full.tables) + 1
    for sheet, item in zip(book.worksheets[1:], full.tables, strict=True):
        raw = {
            v
            for row in item.to_frame("id").itertuples(index=False)
            for v in row
            if isinstance(v, float) and v == v and abs(v) != float("inf")
        }
        cells = {f"{c.value:.12g}" for row in sheet.iter_rows() for c in row if isinstance(c.value, int | float)}
        assert {f"{v:.12g}" for v in raw} <= cells, item.name


def test_html_is_one_page_without_script_or_network(full: Report) -> None:
    page = full.to_html()
    assert "<script" not in page and not re.search(r'(?:src|href)="(?!#|data:|https://doi\.org/)', page)
    assert "Mutu &lt;layanan&gt; &amp; kolaborasi" in page and "<b>berbicara" not in page
    assert page.count("<figure") == len(full.figures) and 'lang="id"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_word_file_is_complete(full: Report, tmp_path: Path) -> None:
    path = full.save(tmp_path / "chapter4.docx")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        body = archive.read("word/document.xml").decode("utf-8")
    names = re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', body)
    assert len(names) == len(set(names))
    assert set(re.findall(r" REF (\S+) ", body)) | set(re.findall(r'w:anchor="([^"]+)"', body)) <= set(names)
    assert body.count('w:fldCharType="begin"') == body.count('w:fldCharType="end"')
    assert len(re.findall(r"SEQ Tabel", body)) == len(full.tables) and len(re.findall(r"SEQ Gambar", body)) == len(
        full.figures
    )
    assert all(b.text in body for b in full.document.blocks if isinstance(b, Heading))


def test_the_same_report_twice_is_the_same(parts: list[object]) -> None:
    first, second = (report(parts, title="T", figures=False) for _ in range(2))
    assert first.to_html() == second.to_html() and first.to_text() == second.to_text()


def test_nobodys_answers_or_names_are_in_it(sample: Responses) -> None:
    named = sample.replace(frame=sample.frame.copy().assign(nama="Budi Santoso", hp="0812-3456-7890"))
    made = report([named, screen(named, max_missing=0.2), describe(named)], title="T", figures=False)
    assert "Budi" not in made.to_text() and "0812" not in made.to_html()


def test_small_cells_and_missing_hypotheses_are_noted(sample: Responses, structured: SemFit) -> None:
    few = sample.replace(frame=sample.frame.iloc[:12])
    text = report([describe(few), structured], title="T", figures=False).to_text()
    text = " ".join(text.split())
    assert "categories with fewer than 5 people; merge them" in text
    assert "the paths of the structural model are exploratory" in text


def test_languages_print_their_numbers(structured: SemFit) -> None:
    en, id_ = (report(structured, title="T", language=g, figures=False).to_text() for g in ("en", "id"))  # type: ignore[arg-type]
    assert "Table 1" in en and "< .001" in en and "0,0" not in en
    assert "Tabel 1" in id_ and "< 0,001" in id_


def test_figures_are_written_beside(full: Report, tmp_path: Path) -> None:
    paths = full.save_figures(tmp_path / "figures")
    assert len(paths) == 2 * len(full.figures) and all(p.stat().st_size > 500 for p in paths)
    assert {p.suffix for p in paths} == {".svg", ".png"}
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="'file' is a file"):
        full.save_figures(tmp_path / "file")


def test_tables_and_frames_may_be_added(structured: SemFit) -> None:
    made = report([structured, pd.DataFrame({"office": ["=1+1"], "n": [3]})], title="T", figures=False)
    assert "Further tables" in headings(made)
    assert "frame" in [t.name for t in made.tables]


def test_faults_are_told(structured: SemFit, measured: SemFit, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="a report cannot show int, str"):
        report([structured, 3, "x"], title="T")
    with pytest.raises(OptionError, match="nothing was given"):
        report([], title="T")
    with pytest.raises(OptionError, match="hypotheses need a structural model"):
        report([measured], title="T", hypotheses=HYPOTHESES)
    with pytest.raises(OptionError, match=r"format='odt' is not known"):
        report([measured], title="T", figures=False).save(tmp_path / "r.odt")
    with pytest.raises(DataError, match=r"template 'kampus\.docx' does not exist"):
        report([measured], title="T", figures=False, template="kampus.docx").save(tmp_path / "r.docx")
    assert not list(tmp_path.iterdir())


def test_two_files_are_told_apart_and_nothing_is_told_twice() -> None:
    partners, users = load_sample("partners"), load_sample("users")
    linked = link(partners, users, on="office")
    assert linked.linkage is not None
    parts = [partners, users, linked.linkage, *(screen(x, max_missing=0.2) for x in (partners, users))]
    made = report(parts, title="Linked", figures=False, stamp={"study.toml": "sha256 abc"})
    text = " ".join(made.to_text().split())
    assert "Flow of respondents: Partners" in text and "Flow of respondents: Users" in text
    assert "free of common-source bias" in text and "One group of respondents was asked" not in text
    assert text.count("The answers were screened by one rule (") == 1 and "sha256 abc" in text


def test_references_have_italics_where_apa_wants_them(full: Report) -> None:
    listed = [b.parts for b in full.document.blocks if isinstance(b, Paragraph) and b.style == "reference"]
    slanted = {str(p) for parts in listed for p in parts if isinstance(p, Em)}
    assert len([1 for parts in listed if any(isinstance(p, Em) for p in parts)]) == len(listed)
    assert "Psychometrika, 16" in slanted and "<em>Psychometrika, 16</em>(3), 297–334" in full.to_html()


def test_the_same_test_of_missingness_is_shown_once(sample: Responses) -> None:
    items = list(sample.items)[:6]
    whole, alone, other = missingness(sample, items), mcar_test(sample, items), mcar_test(sample, items[:4])
    names = [t.name for t in report([whole, alone], title="x", figures=False).tables]
    assert names.count("mcar") == names.count("patterns") == 1
    assert [t.name for t in report([whole, other], title="x", figures=False).tables].count("mcar") == 2
