"""A page can be read by everyone: headings in order, named parts, headings of tables scoped, colours that stand out."""

from __future__ import annotations

import re
from itertools import pairwise

import lxml.html
import pandas as pd
import pytest

from cgsurvey.present import report
from cgsurvey.present.document import Document, Numbered, Paragraph
from cgsurvey.present.table import Cell, Column, Origin, Table, Words, words
from cgsurvey.present.writers import docx, html
from cgsurvey.reliability import reliability, validity
from cgsurvey.sem import SemFit

from .conftest import CONSTRUCTS


@pytest.fixture(scope="module", params=["en", "id"])
def page(request, measured: SemFit, structured: SemFit, answers: pd.DataFrame) -> lxml.html.HtmlElement:
    parts = [measured, validity(measured), reliability(answers, CONSTRUCTS), structured]
    made = report(parts, title="T", language=request.param, hypotheses={"H1": "f2 ~ f1 > 0"})
    return lxml.html.document_fromstring(made.to_html())


def test_the_page_says_its_language_and_title(page):
    assert page.get("lang") in ("en", "id") and page.findtext(".//title") == "T"
    assert len(page.findall(".//h1")) == 1 and page.find(".//meta[@name='viewport']") is not None


def test_headings_come_in_steps(page):
    levels = [int(h.tag[1]) for h in page.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))
    assert all(h.text_content().strip() for h in page.iter("h1", "h2", "h3", "h4"))


def test_each_table_has_caption_and_scoped_headings(page):
    tables = page.findall(".//table")
    assert len(tables) > 8
    for table in tables:
        assert table.findtext("caption/b") and table.find("thead") is not None
        assert all(th.get("scope") in ("col", "colgroup", "row", "rowgroup") for th in table.iter("th"))
        assert all(th.text_content().strip() for th in table.find("thead").iter("th"))
        widths = {sum(int(c.get("colspan", 1)) for c in row) for row in table.findall("tbody/tr")}
        assert len(widths) == 1
        for row in table.findall("tbody/tr"):
            assert row[0].tag == "th"


def test_pictures_signs_and_links_are_named(page):
    pictures = page.findall(".//img")
    assert len(pictures) >= 4 and all(len(img.get("alt")) > 20 for img in pictures)
    for sign in page.xpath("//span[contains(@class, 'v ')]"):
        word = sign.getparent().text_content()
        assert sign.get("aria-label") or len(word.split()) > 1
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for link in page.iter("a"):
        where = link.get("href")
        assert link.text_content().strip()
        outside = where == link.text_content() and where.startswith("https://doi.org/")
        assert outside or where.removeprefix("#") in ids


def luminance(colour: str) -> float:
    full = "".join(2 * c for c in colour) if len(colour) == 3 else colour
    parts = [int(full[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes() -> list[dict[str, str]]:
    css = html._style()
    light, dark = (dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})", part)) for part in css.splitlines()[:2])
    return [light, light | dark]


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_texts_stand_out_from_the_paper(theme):
    for name in ("ink", "soft", "good", "fair", "poor", "flag"):
        assert contrast(theme[name], theme["paper"]) >= 4.5, name


def test_verdicts_stand_out_in_word_and_notebooks():
    assert all(contrast(c, "ffffff") >= 4.5 for c in docx._COLOUR.values())


def test_a_printed_page_repeats_heads_and_keeps_small_tables_whole(page):
    css = page.findtext(".//style")
    printed = css[css.index("@media print") :]
    for rule in (
        ".paper{display:block}",
        "@page across{size:A4 landscape}",
        "thead{display:table-header-group}",
        ".keep{break-inside:avoid}",
        "nav{display:none}",
        "@page{size:A4",
    ):
        assert rule in printed, rule
    shown = page.xpath("//div[contains(@class, 'wide') and not(contains(@class, 'paper'))]")
    small = [d for d in shown if len(d.findall(".//tbody/tr")) <= 20]
    assert small and all("keep" in d.get("class").split() for d in small)


def broad() -> Table:
    names = [f"c{j}" for j in range(60)]
    columns = (Column("item", Words("Item", "Butir")), *(Column(n, words(n), "coefficient") for n in names))
    rows = tuple((f"x{i}", *(Cell(0.5, verdict="good") for _ in names)) for i in range(3))
    return Table("T", "broad", words("Broad"), columns, rows, origin=Origin("fit", "cfa"))


def test_what_is_broader_than_a_page_scrolls_by_keyboard_and_is_printed_in_bands():
    doc = Document("t", "id", (Numbered("a", broad()),), contents=True)
    page = lxml.html.document_fromstring(html.render(doc))
    (screen,) = page.xpath("//div[@class='scroll' and @tabindex='0' and @role='region']")
    assert screen.get("aria-label") == "Tabel 1 Broad"
    printed = page.xpath("//div[contains(@class, 'paper') and @aria-hidden='true']")
    assert [p.findtext(".//caption/b") for p in printed] == ["Tabel 1", *["Tabel 1 (lanjutan)"] * (len(printed) - 1)]
    heads = [[th.text_content() for th in p.find(".//thead").iter("th")] for p in printed]
    assert all(h[0] == "Butir" for h in heads) and [n for h in heads for n in h[1:]] == [f"c{j}" for j in range(60)]
    assert not page.xpath("//div[contains(@class, 'paper')]//*[@title and contains(@title, 'cfa')]")


def test_a_number_leads_to_its_origin_without_a_pointer():
    page = lxml.html.document_fromstring(html.render(Document("t", "en", (Numbered("a", broad()),))))
    folded = page.find(".//details")
    assert folded.findtext("summary") == "Where these numbers come from"
    assert folded.findtext("p") == "fit · cg.cfa() · broad[row].column, before rounding:"
    lines = folded.findtext("pre").split("\n")
    assert lines[0].startswith("row,c0,c1") and [line[:6] for line in lines[1:]] == ["1,0.5,", "2,0.5,", "3,0.5,"]


def test_the_lists_of_tables_and_figures_are_at_the_front(page):
    folded = page.findall(".//nav/details")
    assert len(folded) == 2 and page.find(".//nav").get("aria-label") in ("Contents", "Daftar isi")
    named = [[a.text_content() for a in d.iter("a")] for d in folded]
    assert [len(n) for n in named] == [
        len(page.xpath("//div[contains(@class, 'scroll')]")),
        len(page.findall(".//img")),
    ]


def test_a_sign_of_comparison_stays_with_its_number():
    parts = ("Fit is good, CFI = .97, p < .001, in n = 300 answers: a = b.",)
    page = html.render(Document("t", "en", (Paragraph(parts),)))
    assert "CFI\u00a0=\u00a0.97, p\u00a0&lt;\u00a0.001, in n\u00a0=\u00a0300 answers: a = b." in page
