"""A page can be read by everyone: headings in order, named parts, headings of tables scoped, colours that stand out."""

from __future__ import annotations

import re
from itertools import pairwise

import lxml.html
import pandas as pd
import pytest

from cgsurvey.present import report
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
        assert link.text_content().strip() and link.get("href").removeprefix("#") in ids


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
        "thead{display:table-header-group}",
        ".keep{break-inside:avoid}",
        "nav{display:none}",
        "@page{size:A4",
    ):
        assert rule in printed, rule
    small = [d for d in page.xpath("//div[contains(@class, 'wide')]") if len(d.findall(".//tbody/tr")) <= 20]
    assert small and all("keep" in d.get("class").split() for d in small)
