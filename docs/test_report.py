"""The HTML report of a study in Chromium: no fault of the console, no barrier, no need of a network, on any width.

pytest docs/test_report.py
"""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser

import cgsurvey as cg

MODEL = "tan =~ tan1 + tan2 + tan3; emp =~ emp1 + emp2 + emp3; sat =~ sat1 + sat2 + sat3; sat ~ tan + emp"


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, Path]:
    """One report of all kinds of blocks: wide tables, verdicts, pictures, path diagram, syntax."""
    answers = cg.load_sample()
    screening = cg.screen(answers, longstring=20)
    kept = screening.keep()
    fit = cg.sem(MODEL, kept, estimator="MLR")
    parts = [kept, screening, cg.describe(kept), cg.ikm(kept), cg.reliability(kept), cg.validity(fit), fit]
    folder = tmp_path_factory.mktemp("reports")
    return {
        language: cg.report(parts, title="Mutu layanan", language=language).save(folder / f"{language}.html")
        for language in ("en", "id")
    }


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(("width", "dark"), [(1300, False), (1300, True), (390, False)])
def test_report_opens_without_a_fault(browser, reports, language, width, dark):
    assert browser.visit(reports[language].resolve().as_uri(), width=width, dark=dark) == []
    assert browser.barriers() == []
    assert browser.evaluate("document.documentElement.lang") == language
    assert browser.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert browser.evaluate("document.images.length + document.querySelectorAll('svg').length") >= 5
    dead = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1)))"
    assert browser.evaluate(f"{dead}.map(a => a.hash)") == []
