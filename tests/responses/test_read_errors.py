"""Bad input: each ends in a typed error that says what, where and what to do, all problems at once."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pandas as pd
import pytest
from reading import INSTRUMENT, TRUST, sheet, write

import cgsurvey as cg
from cgsurvey.responses import read_responses


def message(error: type[Exception], path: object, instrument: object = TRUST, **options: object) -> str:
    with pytest.raises(error) as caught:
        read_responses(path, instrument, **options)
    assert type(caught.value) is error
    return str(caught.value)


def test_missing_item_column_names_block_nearest_column_and_remedy(tmp_path: Path) -> None:
    text = message(cg.ColumnNotFoundError, write(tmp_path, "tru1,tru_2,other\n1,2,3\n"))
    assert "field.csv: 2 kinds of problems" in text
    assert "no column for item 'tru2' (tru2) of 'trust'. Nearest column: 'tru_2'" in text
    assert "mapping={'tru2': 'tru_2'}, or missing_items='allow'" in text
    assert "no column for item 'tru3'" in text


def test_absent_block_under_other_names_is_no_absent_block(tmp_path: Path) -> None:
    text = message(cg.ColumnNotFoundError, write(tmp_path, "tru1,tru2,tru3r,sat_1,sat_2\n1,2,3,4,5\n"), INSTRUMENT)
    assert "'sat1'" in text and "'sat_2'" in text


def test_no_item_at_all(tmp_path: Path) -> None:
    text = message(cg.ColumnNotFoundError, write(tmp_path, "a,b\n1,2\n"))
    assert "none of the 3 items of 'instrument' is among the 2 columns ('a', 'b')" in text and "mapping=" in text


def test_two_columns_for_one_item_are_both_named(tmp_path: Path) -> None:
    text = message(cg.DataError, write(tmp_path, "tru1,g/tru1,tru2,tru3\n1,2,3,4\n"))
    assert "2 columns hold item 'tru1': 'tru1' (column 1) and 'g/tru1' (column 2)" in text
    assert "mapping={'tru1': 1}" in text and "mapping={'tru1': [1, 2]}" in text


def test_joined_columns_that_contradict_each_other(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru1,tru2,tru3\n1,,2,3\n1,4,2,3\n")
    text = message(cg.DataError, path, mapping={"tru1": [1, 2]})
    assert "joined for item 'tru1', hold different answers in 1 rows (first: 3)" in text


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("7", r"'7' lies outside the scale 1-5: .* row 3\. If 7 means \"no answer\", .*: missing_codes=\[7\]"),
        ("0", r"'0' lies outside the scale 1-5"),
        ("-1", r"'-1' lies outside the scale 1-5"),
        ("3a", r"'3a' is text in a column of numbers \(scale 1-5\): column 'tru1' row 3\. Correct the cell"),
        ("3.5", r"'3\.5' is a decimal, and the scale 1-5 has whole points only"),
        ("3,5", r"'3,5' is a decimal"),
        ("Setju", r"'Setju' is no answer of scale 'agree5'\. Did you mean '4 \w+'\?: .*aliases=\{'Setju': '4'\}"),
        ("3 of my colleagues", r"'3 of my colleagues' is no answer"),
        ("Setuju (sebagian)", r"'Setuju \(sebagian\)' is no answer"),
        ("5 - Setuju", r"'5 - Setuju' names two answers at once, '4 \w+' and '5 \w+ \w+'"),
        ("Setuju (SS)", r"names two answers at once"),
        ("7 - Setuju", r"'7 - Setuju' is no answer"),
        ("=5", r"'=5' is no answer"),
    ],
)  # fmt: skip
def test_cell_outside_the_scale(tmp_path: Path, cell: str, expected: str) -> None:
    text = message(cg.CodingError, write(tmp_path, f'tru1;tru2;tru3\n1;2;3\n"{cell}";1;2\n'))
    assert re.search(expected, text), text


def test_all_problems_come_at_once_with_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2\n" + "99a,1\n" * 3 + "".join(f"{k},2\n" for k in range(10, 22)))
    with pytest.raises(cg.ColumnNotFoundError) as caught:
        read_responses(path, TRUST)
    text, table = str(caught.value), caught.value.problems
    assert "14 kinds of problems, 16 in all" in text and "and 4 more" in text and "column 'tru1' rows 2, 3, 4" in text
    assert list(table.columns) == ["row", "column", "item", "value", "problem", "remedy"] and len(table) == 16
    assert table["row"].dropna().tolist() == list(range(2, 17)) and table["row"].isna().sum() == 1
    assert table.loc[table["item"] == "tru3", "problem"].str.contains("no column").all()
    assert pickle.loads(pickle.dumps(caught.value)).problems.equals(table)


def test_same_value_in_many_columns_is_one_line(tmp_path: Path) -> None:
    text = message(cg.CodingError, write(tmp_path, "tru1,tru2,tru3\n77,77,77\n77,1,1\n"))
    assert text.count("'77'") == 1 and "column 'tru1' rows 2, 3" in text and "column 'tru3' row 2" in text


def test_wrong_column_full_of_texts_is_reported_shortly(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\n" + "".join(f"comment {k} of somebody,1,2\n" for k in range(1000)))
    with pytest.raises(cg.CodingError, match="Is it the right column") as caught:
        read_responses(path, TRUST)
    assert len(str(caught.value)) < 5000 and len(caught.value.problems) == 1000


@pytest.mark.parametrize("word", ["Kurang setuju", "KS"])
def test_form_of_four_points_is_not_read_as_five(tmp_path: Path, word: str) -> None:
    rows = [f"{a},{b},Setuju" for a in ("Sangat tidak setuju", word, "Setuju") for b in ("Sangat setuju", word)]
    path = write(tmp_path, "tru1,tru2,tru3\n" + "\n".join(rows))
    text = message(cg.CodingError, path)
    assert "the form may have had four points" in text and "aliases={'Kurang setuju': '3'}" in text
    told = read_responses(path, TRUST, aliases={word: "2"})
    assert told.frame["tru1"].tolist() == [1, 1, 2, 2, 4, 4]
    five = write(tmp_path, "tru1,tru2,tru3\n" + "\n".join(rows) + "\nTidak setuju,1,1")
    assert read_responses(five, TRUST).frame.at[4, "tru1"] == 3


def test_two_words_for_the_middle_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\nNetral,Kurang setuju,Tidak setuju\n")
    assert "'netral' and 'kurang setuju' stand side by side" in message(cg.CodingError, path)


@pytest.mark.parametrize("content", [b"", b"  \n\n ", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "field.csv"
    path.write_bytes(content)
    assert "field.csv is empty" in message(cg.DataError, path)


def test_headers_without_answers(tmp_path: Path) -> None:
    assert "holds headers (row 1, 3 columns) but no answers" in message(
        cg.DataError, write(tmp_path, "tru1,tru2,tru3\n,,\n")
    )
    assert "but no answers" in message(cg.DataError, sheet(tmp_path, {"a": [["tru1", "tru2"]]}))
    assert "is empty: 0 rows" in message(cg.DataError, pd.DataFrame({"tru1": []}))


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "tru1\n1\n", "answers.csv")
    assert "Did you mean 'answers.csv'?" in message(cg.DataError, tmp_path / "answer.csv")
    assert "is a folder" in message(cg.DataError, tmp_path)


def test_several_sheets_are_never_guessed(tmp_path: Path) -> None:
    path = sheet(tmp_path, {"raw": [["tru1"], [1]], "clean": [["tru1"], [1], [2]], "empty": []})
    text = message(cg.DataError, path)
    assert "has 2 sheets: 1 'raw' (2 rows); 2 'clean' (3 rows)" in text and "sheet='raw'" in text
    assert "Did you mean 'clean'?" in message(cg.OptionError, path, sheet="clan")
    assert "sheets 1 to 3" in message(cg.OptionError, path, sheet=4)
    one = cg.Instrument.from_items({"t": ["tru1"]})
    assert read_responses(path, one, sheet="clean").frame["tru1"].tolist() == [1, 2]
    assert read_responses(path, one, sheet=1).provenance.sheet == "raw"
    assert "has no sheets" in message(cg.OptionError, write(tmp_path, "tru1\n1\n"), one, sheet="raw")


def test_row_with_too_many_cells_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\n1,2,3\n1,2,3\n1,2,3,oops\n1,2,3\n")
    assert "rows with more cells than the 3 headers: 1 (row 4)" in message(cg.DataError, path)


def test_quotation_mark_that_is_not_closed(tmp_path: Path) -> None:
    path = write(tmp_path, 'tru1,tru2,tru3\n1,2,"' + "x" * 140_000)
    assert "quotation mark is not closed" in message(cg.DataError, path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.sav", b"$FL2@(#) SPSS", "as an SPSS file"),
        ("a.dta", b"<stata_dta><header>", "Stata file"),
        ("a.pdf", b"%PDF-1.7", "a PDF"),
        ("a.xlsx", b"PK\x03\x04 broken", "cannot be opened as a workbook"),
        ("a.xls", b"<html><table>", "web page"),
        ("a.parquet", b"PAR1 broken", "cannot be opened as parquet"),
        ("a.csv", b"\xff\xfea", "breaks off"),
    ],
)
def test_foreign_and_broken_files(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    text = message(cg.DataError, path)
    assert words in text and name in text


def test_mapping_that_misses(tmp_path: Path) -> None:
    path = write(tmp_path, "first,second,second\n1,2,3\n")
    text = message(cg.ColumnNotFoundError, path, mapping={"tru1": "frist", "tru2": "second", "tru3": 9})
    assert "asks for column 'frist', which is not in the file. Did you mean 'first'" in text
    assert "2 columns are called 'second' (columns 2, 3)" in text and "mapping={'tru2': 2}" in text
    assert "asks for column 9, the file has 3" in text
    both = message(cg.DataError, path, mapping={"tru1": 1, "tru2": 1, "tru3": 2})
    assert "mapping gives column 1 'first' to both 'tru1' and 'tru2'" in both
    assert "needs the header of a column or its position" in message(cg.OptionError, path, mapping={"tru1": 1.5})
    assert "there is no mapping file" in message(cg.DataError, path, mapping=tmp_path / "no.yaml")


def test_question_that_two_items_share(tmp_path: Path) -> None:
    twice = cg.Instrument.from_items({"t": {"a": "How good?", "b": "How good?"}})
    assert "'How good?' is the wording of a, b" in message(cg.DataError, write(tmp_path, "How good?,b\n1,2\n"), twice)


def test_wrong_options(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\n1,2,3\n")
    assert "Did you mean 'kobo'?" in message(cg.OptionError, path, source="cobo")
    assert "language='de' is not known" in message(cg.OptionError, path, language="de")
    assert "not int" in message(cg.OptionError, path, 5)
    assert "a path or a pandas DataFrame" in message(cg.OptionError, 5)
    assert "is no reason" in message(cg.OptionError, path, missing_codes={99: "lost"})
    assert "aliases name choices that no scale has: 'x': '9'" in message(cg.OptionError, path, aliases={"x": "9"})
    assert "header_row=8 holds no headers" in message(cg.DataError, path, header_row=8)
    assert "cannot be read with encoding='klingon'" in message(cg.DataError, path, encoding="klingon")
    assert "must be one character" in message(cg.OptionError, path, delimiter=";;")
    assert "missing_items" in message(cg.OptionError, path, missing_items="skip")
