"""The two sheets of the regulation are reopened and compared cell by cell; nobody can be recognised in them."""

from __future__ import annotations

import docx
import openpyxl
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present.numbers import show

NAMES = [f"U{k}" for k in range(1, 10)]


@pytest.fixture(scope="module")
def unit() -> cg.Responses:
    users = cg.load_sample("users")
    return users.replace(frame=users.frame[users.frame["office"] == "K01"])


@pytest.fixture(scope="module")
def index() -> cg.SatisfactionIndex:
    return cg.ikm(cg.load_sample("users"), by="office")


def test_recap_workbook(unit, tmp_path):
    made = cg.ikm_recap(unit, tmp_path / "recap.xlsx", unit="Kantor K01", period="Semester II 2026")
    sheet = openpyxl.load_workbook(tmp_path / "recap.xlsx").worksheets[1]
    assert "Kantor K01, Semester II 2026" in sheet["A1"].value
    rows = [list(r) for r in sheet.iter_rows(values_only=True)]
    at = next(k for k, r in enumerate(rows) if str(r[0]).strip() == "1")
    answers = unit.frame[NAMES]
    for k in range(len(answers)):
        written = [None if v in ("", None, "–") else float(v) for v in rows[at + k][1:10]]
        assert written == [None if pd.isna(v) else v for v in answers.iloc[k]]
    frame = made.to_frame()
    sums = frame[frame["respondent"] == "Jumlah nilai per unsur"].iloc[0]
    assert sums[NAMES].astype(int).tolist() == answers.sum().astype(int).tolist()
    last = frame.iloc[-1]
    assert last["U1"] == cg.ikm(unit).glance()["ikm"][0] and "mutu C" in last["respondent"]
    found = cg.ikm(unit).tidy()
    assert frame.iloc[-3][NAMES].tolist() == found["nrr"].tolist()
    assert frame.iloc[-2][NAMES].tolist() == found["nrr_weighted"].tolist()


def test_recap_document_names_nobody(unit, tmp_path):
    cg.ikm_recap(unit, tmp_path / "recap.docx", language="en")
    table = docx.Document(tmp_path / "recap.docx").tables[0]
    heads = [c.text for c in table.rows[0].cells]
    assert heads == ["Respondent", *NAMES]
    first = [r.cells[0].text.strip() for r in table.rows]
    assert [t for t in first if t.isdigit()] == [str(k) for k in range(1, 31)]
    for column in ("occupation", "age", "office"):
        assert not set(unit.frame[column].astype(str)) & {c.text for r in table.rows[32:] for c in r.cells[:1]}


def test_recap_tells_the_rounded_weight(unit):
    text = cg.ikm_recap(unit, weight=0.11).to_text()
    assert "NRR × 0,1100" in text and "99,00" in text


@pytest.mark.parametrize(
    ("name", "message"), [("recap.pdf", r"a recap sheet is a \.docx or \.xlsx file"), ("recap", "not ''")]
)
def test_recap_of_another_kind(unit, tmp_path, name, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.ikm_recap(unit, tmp_path / name)


def test_recap_of_too_many(tmp_path):
    frame = pd.DataFrame({u: [3, 4] * 2000 for u in NAMES})
    with pytest.raises(cg.OptionError, match=r"4000 respondents are too many for one \.docx sheet; write a workbook"):
        cg.ikm_recap(frame, tmp_path / "recap.docx")


def text_of(path) -> str:
    word = docx.Document(path)
    cells = [c.text for t in word.tables for r in t.rows for c in r.cells]
    return "\n".join([*(p.text for p in word.paragraphs), *cells])


@pytest.mark.parametrize("language", ["id", "en"])
def test_publication_sheet(index, tmp_path, language):
    path = cg.ikm_publication(index, tmp_path / "p.docx", group={"office": "K01"}, period="2026", language=language)
    text = text_of(path)
    row = index.groups.set_index("office").loc["K01"]
    value = f"{row['ikm']:.2f}"
    assert (value.replace(".", ",") if language == "id" else value) in text
    assert {"id": "Kinerja: Kurang baik", "en": "Performance: less than good (kurang baik)"}[language] in text
    assert {"id": "30 orang", "en": "30 people"}[language] in text and "2026" in text
    assert {"id": "U9 Sarana dan prasarana", "en": "U9 Facilities"}[language] in text
    assert {"id": "Data simulasi", "en": "Simulated data"}[language] in text


@pytest.mark.parametrize("language", ["id", "en"])
def test_publication_workbook(index, tmp_path, language):
    options = {"group": {"office": "K01"}, "period": "2026", "language": language}
    path = cg.ikm_publication(index, tmp_path / "p.xlsx", **options)
    values = [
        v for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True) for v in row if v is not None
    ]
    row = index.groups.set_index("office").loc["K01"]
    means = index.elements.set_index("office").loc["K01"]["nrr"]
    assert [v for v in values if isinstance(v, float)] == pytest.approx([row["ikm"], *means])
    lines = {line.strip() for v in values if isinstance(v, str) for line in v.splitlines()}
    on_word = text_of(cg.ikm_publication(index, tmp_path / "p.docx", **options)).splitlines()
    numbers = {show(x, "number", language, d) for d, xs in ((2, [row["ikm"]]), (3, means)) for x in xs}
    assert {line.strip() for line in on_word} - lines == numbers | {""}


def test_small_counts_are_hidden(index, tmp_path):
    path = cg.ikm_publication(index, tmp_path / "p.docx", group={"office": "K01"})
    lines = text_of(path).splitlines()
    profile = index.profile[(index.profile["office"] == "K01") & (index.profile["variable"] == "education")]
    assert (profile["count"] < 5).any() and sum(line.endswith(": s") for line in lines) >= 2
    assert any("untuk melindungi responden" in line for line in lines)
    shown = [line for line in lines if line.endswith(tuple(f": {k}" for k in range(1, 5)))]
    assert not shown


def test_publication_of_all_and_what_is_refused(index, tmp_path):
    assert "76,29" in text_of(cg.ikm_publication(index, tmp_path / "all.docx", unit="MPP"))
    small = cg.ikm(pd.DataFrame({u: [3, 4, 3] for u in NAMES}))
    with pytest.raises(cg.SampleError, match="3 respondents are fewer than 5"):
        cg.ikm_publication(small, tmp_path / "p.docx")
    with pytest.raises(cg.OptionError, match=r"no group .*K99.*There are: K01"):
        cg.ikm_publication(index, tmp_path / "p.docx", group={"office": "K99"})
    with pytest.raises(cg.OptionError, match=r"each column of groups \(office\).*Did you mean 'office'"):
        cg.ikm_publication(index, tmp_path / "p.docx", group={"offce": "K01"})
    with pytest.raises(cg.OptionError, match=r"is a \.docx or \.xlsx file"):
        cg.ikm_publication(index, tmp_path / "p.pdf")
