"""A printed number leads back to the result, the function and the row that it comes from."""

from __future__ import annotations

import re

import docx
import pytest

from cgsurvey.present import Report, report
from cgsurvey.reliability import reliability
from cgsurvey.sem import SemFit


@pytest.fixture(scope="module")
def made(measured: SemFit, answers) -> Report:
    parts = {"measurement": measured, "reliability": reliability(answers, {"f1": ["x1", "x2", "x3"]})}
    return report(parts, title="T", figures=False)


def test_each_table_of_a_result_knows_its_origin(made, measured):
    for table in made.tables:
        if table.name == "stamp":
            assert table.origin is None
        else:
            assert table.origin.result in ("measurement", "reliability")
            assert table.origin.function in ("cfa", "reliability")
    assert {t.origin.data_hash for t in made.tables if t.name == "loadings"} == {measured.meta.data_hash}


def test_a_number_in_the_page_tells_its_place_and_its_value_before_rounding(made, measured):
    titles = re.findall(r'title="measurement · cg\.cfa\(\) · loadings\[(\d+)\]\.(\w+) = ([^"]+)"', made.to_html())
    table = next(t for t in made.tables if t.name == "loadings").to_frame()
    assert len(titles) > 12
    for row, column, value in titles:
        assert float(value) == pytest.approx(table[column].iloc[int(row) - 1], abs=0)


def test_rows_in_word_have_bookmarks_and_the_report_lists_the_way_back(made, tmp_path):
    xml = docx.Document(str(made.save(tmp_path / "r.docx"))).element.xml
    marks = re.findall(r'<w:bookmarkStart w:id="(\d+)" w:name="([^"]+)"', xml)
    ids, names = zip(*marks, strict=True)
    assert len(set(ids)) == len(ids) and len(set(names)) == len(names) and max(map(len, names)) <= 40
    number = next(k for k, t in enumerate(made.tables, start=1) if t.name == "loadings")
    rows = [n for n in names if n.startswith(f"T{number}_measurement_cfa_loadings_")]
    assert len(rows) == len(made.tables[number - 1].rows)
    text = made.to_text()
    assert "Where the numbers come from" in text
    assert re.search(rf"measurement · cg\.cfa\(\) \(sha256 [0-9a-f]{{16}}\): .*Table {number}\b", text, re.S)


def test_without_names_the_class_is_named(measured):
    assert {str(t.origin) for t in report([measured], figures=False).tables[:1]} == {"SemFit · cg.cfa()"}
