"""Encodings, delimiters, titles, workbooks, parquet; and anything at all, which may fail but only in our own words."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import INSTRUMENT, TRUST, scores, sheet, write

import cgsurvey as cg
from cgsurvey.responses import read_responses
from cgsurvey.responses.readers.text import sniff

ROWS = [["tru1", "tru2", "tru3", "Komentar – “kesan”"], ["1", "2", "3", "Baik, cepat; ramah"], ["5", "4", "", "café"]]


def as_text(delimiter: str) -> str:
    return "\r\n".join(delimiter.join(f'"{c}"' for c in row) for row in ROWS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le", "utf-32"])
def test_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    data = read_responses(write(tmp_path, as_text(delimiter), encoding=encoding), TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3], [5, 4, None]]
    assert data.frame[ROWS[0][3]].tolist() == ["Baik, cepat; ramah", "café"]
    assert data.provenance.delimiter == delimiter and data.provenance.encoding == encoding
    guessed = encoding in ("cp1252", "utf-16-le")
    assert [n.level for n in data.notes if n.code == "responses.encoding_guessed"] == ["warning"] * guessed


def test_korean_and_japanese_are_told_apart(tmp_path: Path) -> None:
    korean = "tru1,tru2,tru3,느낌\n" + "1,2,3,마음에 든다 그리고 당연하다\n" * 20
    data = read_responses(write(tmp_path, korean, encoding="cp949"), TRUST)
    assert data.provenance.encoding == "cp949" and data.frame["느낌"].iloc[0] == "마음에 든다 그리고 당연하다"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b;c\n1,5;2,5;3,5\n", ";"),
        ("Usia, tahun;Kelamin, jenis, sebut;c\n1;2;3\n", ";"),
        ('"a;x","b;y;z;w"\n1,2\n', ","),
        ("sep=|\na|b\n1|2\n", "|"),
        ("Judul, panjang sekali\n\na\tb\tc\n1\t2\t3\n", "\t"),
        ("single\n1\n2\n", ","),
        ('"a\nb";"c"\n1;2\n', ";"),
    ],
)
def test_delimiter_is_sniffed_on_the_headers(text: str, delimiter: str) -> None:
    assert sniff(text) == delimiter


def test_given_delimiter_encoding_and_header_row_win(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1:tru2:tru3\n9:9:9\ntru1:tru2:tru3\n1:2:3\n", encoding="utf-16-be")
    data = read_responses(path, TRUST, delimiter=":", encoding="utf-16-be", header_row=3)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3]] and data.frame.index.tolist() == [4]


def test_lines_within_cells_count_as_one_row(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, 'tru1,"tru2",tru3,why\n1,2,3,"a\nb\nc"\n4,5,1,d\n'), TRUST)
    assert data.frame.index.tolist() == [2, 3] and data.frame["why"].iloc[0] == "a\nb\nc"


def test_titles_above_and_blank_rows_between(tmp_path: Path) -> None:
    rows = [["Survei kepuasan 2026"], [], ["tru1", "tru2", "tru3"], [1, 2, 3], [None, None, None], [4, 5, 98], []]
    for path in (
        sheet(tmp_path, {"Hasil": rows}),
        write(tmp_path, "\n".join(";".join("" if c is None else str(c) for c in r) for r in rows)),
    ):
        for instrument in (TRUST, None):
            data = read_responses(path, instrument)
            assert data.frame.index.tolist() == [4, 6] and data.provenance.header_row == 3
            assert {"responses.header_row", "responses.blank_rows"} <= {n.code for n in data.notes}


def test_short_rows_and_trailing_delimiters(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru2,tru3,\n1,2,3,\n1\n4,5,1,,,\n"), TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3], [1, None, None], [4, 5, 1]]
    assert "responses.short_rows" in {n.code for n in data.notes}


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    when = dt.datetime(2026, 11, 2, 8, 30)
    rows = [["tru1", "tru2", "tru3", "at", "day", "w", "note"], ["1", 2, 3.0, when, dt.date(2026, 11, 2), 1.5, "=1+1x"]]
    data = read_responses(sheet(tmp_path, {"a": rows}), TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3]]
    assert data.frame.loc[2, ["at", "day"]].tolist() == ["2026-11-02T08:30:00", "2026-11-02"]
    assert data.frame.at[2, "w"] == 1.5 and data.provenance.reader == "excel"


def test_columns_without_header(tmp_path: Path) -> None:
    rows = [["tru1", None, "tru2", "tru3", None], [1, None, 2, 3, None], [1, None, 2, 3, "late remark"]]
    data = read_responses(sheet(tmp_path, {"a": rows}), TRUST)
    assert data.others == ("column 5",) and data.frame.at[3, "column 5"] == "late remark"


def test_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"tru1": [1, None], "tru2": ["SS", "S"], "tru3": [3.0, 4.0]}).to_parquet(tmp_path / "a.parquet")
    data = read_responses(tmp_path / "a.parquet", TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 5, 3], [None, 4, 4]]
    assert (data.provenance.file, data.provenance.reader) == ("a.parquet", "parquet")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=60), st.text(alphabet='tru123;,\t"\n 5x\r\x00', max_size=80)), st.booleans())
def test_any_text_ends_in_responses_or_in_our_own_error(body: str, headed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes((("tru1,tru2,tru3\n" if headed else "") + body).encode("utf-8", "surrogatepass"))
        for instrument in (TRUST, None):
            try:
                data = read_responses(path, instrument)
            except cg.CgSurveyError as error:
                assert len(str(error)) > 20
            else:
                assert len(data) > 0 and data.frame.columns.is_unique


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_end_in_responses_or_in_our_own_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.dat"
        path.write_bytes(content)
        try:
            assert len(read_responses(path)) > 0
        except cg.CgSurveyError as error:
            assert "x.dat" in str(error)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["1", "2", "3", "4", "5", ""]), min_size=5, max_size=5), min_size=1, max_size=8)
)
def test_codes_survive_any_order_of_columns(answers: list[list[str]]) -> None:
    names = ["tru1", "tru2", "tru3r", "sat1", "sat2"]
    frame = pd.DataFrame(answers, columns=names)
    if (frame == "").to_numpy().all():
        return
    frame.insert(0, "id", "x")
    plain = read_responses(frame, INSTRUMENT)
    assert plain.equals(read_responses(frame[["id", *names[::-1]]], INSTRUMENT))
    expected = frame[names].replace("", np.nan).astype(float).to_numpy()
    assert np.array_equal(plain.frame[names].to_numpy(), expected, equal_nan=True)


def test_large_file_of_labels_is_read_in_seconds(tmp_path: Path) -> None:
    names = [f"q{k}" for k in range(60)]
    instrument = cg.Instrument.from_items({"t": names}, scale=TRUST.items[0].scale)
    labels = np.array(["Sangat tidak setuju", "Tidak setuju", "Netral", "Setuju", "Sangat setuju"], dtype=object)
    picked = labels[np.random.default_rng(1).integers(0, 5, (1000, 60))]
    block = "\n".join(";".join(row) for row in picked.tolist()) + "\n"
    path = write(tmp_path, ";".join(names) + "\n" + block * 20)
    began = time.process_time()
    data = read_responses(path, instrument)
    assert len(data) == 20_000 and data.frame[names].notna().to_numpy().all()
    assert time.process_time() - began < 10
