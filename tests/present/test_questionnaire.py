"""The questionnaire to be printed and the codebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pytest

from cgsurvey import InstrumentError, OptionError, codebook, load_instrument, questionnaire
from cgsurvey.cli import app
from cgsurvey.instrument.bank import names

BARE = {"constructs": (), "proposals": (), "scoring": ()}


def text_of(path: Path) -> str:
    word = docx.Document(str(path))
    cells = [c.text for t in word.tables for row in t.rows for c in row.cells]
    return "\n".join([p.text for p in word.paragraphs] + cells)


@pytest.mark.parametrize("name", names())
def test_all_that_is_asked_stands_on_paper_in_every_language(name: str, tmp_path: Path) -> None:
    one = load_instrument(name)
    text = text_of(questionnaire(one, tmp_path / "q.docx"))
    for part in (*one.items, *one.demographics):
        for words in part.label.values():
            assert words in text, (part.name, words)
    tops = {c.label["en"] for c in one.leaf_constructs} - {w for i in one.items for w in i.label.values()}
    headings = {p.text for p in docx.Document(str(tmp_path / "q.docx")).paragraphs if p.style.name.startswith("Head")}
    assert not tops & headings


def test_grids_repeat_their_header_and_number_statements_through(tmp_path: Path) -> None:
    one = load_instrument("cgsurvey_short")
    word = docx.Document(str(questionnaire(one, tmp_path / "q.docx", language="id")))
    assert word.tables
    numbers: list[int] = []
    for table in word.tables:
        head, *rows = table.rows
        assert "w:tblHeader" in head._tr.xml
        assert all("w:cantSplit" in r._tr.xml for r in table.rows)
        assert sum(column.width.cm for column in table.columns) == pytest.approx(17.4, abs=0.05)
        assert [c.text for c in head.cells][:3] == ["No.", "Pernyataan", "Sangat tidak setuju"]
        numbers += [int(r.cells[0].text) for r in rows]
        assert all(c.text == "☐" for r in rows for c in r.cells[2:])
    assert numbers == sorted(set(numbers))
    text = text_of(tmp_path / "q.docx")
    assert "Mohon jawab" in text
    assert "Please answer" not in text


def test_where_the_questions_end_and_what_helps(tmp_path: Path) -> None:
    text = text_of(questionnaire("profile", tmp_path / "q.docx"))
    assert "Jika Anda memilih “Tidak”, kuesioner berakhir di sini." in text
    assert "If you ticked “No”, the questionnaire ends here." in text
    one = load_instrument("ikm")
    helped = replace(one, items=(replace(one.items[0], hint={"en": "Think back.", "id": "Ingat kembali."}),), **BARE)
    assert "(Ingat kembali.)" in text_of(questionnaire(helped, tmp_path / "h.docx", language="id"))


def test_no_word_of_an_answer_is_broken(tmp_path: Path) -> None:
    word = docx.Document(str(questionnaire("en_dynamics", tmp_path / "q.docx", language="en")))
    for column, cell in zip(word.tables[0].columns, word.tables[0].rows[0].cells, strict=True):
        longest = max(map(len, cell.text.split()))
        assert column.width.cm > 0.15 * longest, cell.text


def test_a_language_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"not in 'fr'.*id, en"):
        questionnaire("ikm", tmp_path / "q.docx", language="fr")
    with pytest.raises(OptionError, match="at least one language"):
        questionnaire("ikm", tmp_path / "q.docx", language=[])


@pytest.mark.parametrize("name", names())
def test_the_codebook_has_a_row_for_every_column_of_the_data(name: str) -> None:
    one = load_instrument(name)
    made = codebook(one)
    assert [row[0] for row in made.rows] == [p.name for p in (*one.demographics, *one.items)]


def test_what_the_codebook_says(tmp_path: Path) -> None:
    one = load_instrument("psq")
    frame = codebook(one, language="en").to_frame().set_index("variable")
    row = frame.loc["rel4r"]
    assert row["wording_en"] == one.item("rel4r").label["en"]
    assert row["wording_id"] == one.item("rel4r").label["id"]
    assert row["reverse"] == "yes"
    assert row["missing"] == "98"
    assert row["codes"].startswith("1 = Strongly disagree; 2 = Disagree")
    assert frame.loc["rel1", "reverse"] == ""
    codebook(one, tmp_path / "c.html")
    assert one.item("rel1").label["id"] in (tmp_path / "c.html").read_text(encoding="utf-8")
    codebook(one, tmp_path / "c.xlsx")
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    assert "rel4r" in {c.value for sheet in book for row in sheet for c in row}
    with pytest.raises(OptionError, match=r"\.html, \.xlsx, \.docx"):
        codebook(one, tmp_path / "c.pdf")


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form, back = str(tmp_path / "f.xlsx"), tmp_path / "f.yaml"
    app(["form", "culture", form], standalone_mode=False)
    app(["form", form, str(back), "-l", "id"], standalone_mode=False)
    assert load_instrument(back) == load_instrument("culture")
    app(["questionnaire", form, str(tmp_path / "q.docx"), "-l", "id"], standalone_mode=False)
    app(["codebook", str(back), str(tmp_path / "c.html"), "-l", "id"], standalone_mode=False)
    said = capsys.readouterr().out
    assert said.count("Written: ") == 2
    assert said.count("Ditulis: ") == 2
    with pytest.raises(InstrumentError, match="there is no file"):
        app(["form", str(tmp_path / "none.xlsx"), form], standalone_mode=False)
