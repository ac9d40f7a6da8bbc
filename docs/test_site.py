"""The built site: its links lead somewhere, it needs no network, and a reader with a screen reader can use it.

sphinx-build -W docs docs/_build/html && pytest docs/test_site.py
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import Browser
from lxml import html

SITE = Path(__file__).parent / "_build" / "html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts)
MAIN = [
    "index.html",
    "id/index.html",
    "start.html",
    "tutorials/01_quickstart_en.html",
    "guides/files.html",
    "explanation/which_estimator.html",
    "explanation/partners_and_users.html",
    "reference/sem.html",
    "reference/functions/cfa.html",
    "reference/classes/SemFit.html",
    "reference/thresholds.html",
    "reference/sources.html",
    "bank/psq.html",
    "agreement.html",
]
SEEN = ("src", "href", "data", "poster")


@pytest.fixture(scope="module")
def trees():
    assert PAGES, "build the site first: sphinx-build -W docs docs/_build/html"
    return {page: html.parse(str(SITE / page)).getroot() for page in PAGES}


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


def test_internal_links_lead_to_a_place(trees):
    anchors = {page: set(root.xpath("//@id")) | set(root.xpath("//a/@name")) for page, root in trees.items()}
    dead = []
    for page, root in trees.items():
        for target in root.xpath("//a/@href | //img/@src | //script/@src | //link/@href"):
            link = urlsplit(target)
            if link.scheme or link.netloc:
                continue
            path = ((SITE / page).parent / unquote(link.path)).resolve() if link.path else SITE / page
            if not path.is_file():
                dead.append(f"{page}: {target}")
            elif link.fragment and path.suffix == ".html":
                name = path.relative_to(SITE.resolve()).as_posix() if link.path else page
                if unquote(link.fragment) not in anchors.get(name, set()):
                    dead.append(f"{page}: {target}")
    assert not dead, "\n".join(dead[:40])


def test_only_sources_are_links_to_elsewhere(trees):
    found = {
        (page, element.tag, element.get(name))
        for page, root in trees.items()
        for name in SEEN
        for element in root.xpath(f"//*[@{name}]")
        if urlsplit(element.get(name)).netloc
    }
    assert [f for f in found if not (f[1] == "a" and urlsplit(f[2]).netloc == "doi.org")] == []


def test_pictures_have_words_and_tables_have_headers(trees):
    faults = []
    for page, root in trees.items():
        silent = [i.get("src", "")[:60] for i in root.xpath("//img") if not (i.get("alt") or "").strip()]
        faults += [f"{page}: {source} has no alt" for source in silent]
        faults += [f"{page}: a table has no header" for t in root.xpath("//table") if not t.xpath(".//th")]
        if len(root.xpath("//h1")) != 1:
            faults.append(f"{page}: {len(root.xpath('//h1'))} main headings")
    assert not faults, "\n".join(faults[:40])


def test_each_page_says_its_language(trees):
    for page, root in trees.items():
        indonesian = page.startswith("id/") or page.endswith("_id.html")
        assert root.get("lang") == ("id" if indonesian else "en"), page


def test_what_is_public_is_in_the_reference(trees):
    import cgsurvey as cg

    known = set().union(*(root.xpath("//dt/@id") for root in trees.values()))
    assert {f"cgsurvey.{n}" for n in cg.__all__ if n != "__version__"} <= known


@pytest.mark.parametrize("page", MAIN)
def test_a_page_opens_without_a_fault_light_dark_and_narrow(browser, page):
    url = (SITE / page).resolve().as_uri()
    for width, dark in ((1300, False), (1300, True), (390, False)):
        assert browser.visit(url, width=width, dark=dark) == []
        assert browser.evaluate("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        assert browser.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"wider than {width}"
        if width > 1000:
            assert browser.barriers() == [], "dark" if dark else "light"


def test_search_finds_a_function_without_a_network(browser):
    assert browser.visit((SITE / "search.html").resolve().as_uri() + "?q=invariance") == []
    until = time.monotonic() + 20
    while not (found := browser.evaluate("[...document.querySelectorAll('#search-results a')].map(a => a.href)")):
        assert time.monotonic() < until, "nothing found"
        time.sleep(0.2)
    assert any("functions/invariance.html" in f for f in found)
