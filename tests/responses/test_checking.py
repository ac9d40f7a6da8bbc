"""One page and one table of everything that is wrong with a file, in both languages."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from reading import INSTRUMENT, TRUST, write

import cgsurvey as cg
from cgsurvey.responses import check_responses

HEADER = "role;age;tru1;Para mitra berbagi informasi/dta secara terbuka.;tru3r;sat1;sat2;att1;E-mail;Saran"
ROWS = (
    "gov;34;1;Setju;4;;;2;a@b.org;baik",
    "user;lima;;;;7;3;2;c@d.org;ok",
    "Akademisi;51;7;7;5;4;a@b.org;2;e@f.org;-",
)
BAD = "\n".join((HEADER, *ROWS, ""))
FAIR = BAD.replace(";7", ";5").replace("Setju", "Setuju").replace("a@b.org;2", ";2")


def test_all_problems_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    got = check_responses(write(tmp_path, BAD), INSTRUMENT)
    assert not got.readable and got.responses is None
    table = got.frame()
    assert list(table.columns) == ["row", "column", "item", "value", "problem", "remedy", "level"]
    errors = table[table["level"] == "error"].sort_values(["column", "row"])
    assert errors[["row", "item", "value"]].to_numpy().tolist() == [
        [2, "tru2", "Setju"],
        [4, "tru2", "7"],
        [3, "sat1", "7"],
        [4, "sat2", "[e-mail]"],
        [4, "tru1", "7"],
    ]
    warnings = table[table["level"] == "warning"]
    assert set(warnings["item"]) == {"tru2", "role", "age"} and warnings["value"].tolist().count("lima") == 1
    text = got.text()
    assert "Problems that stop the reading: 3 kinds, 5 cells or columns" in text
    assert "      3 x  '7' lies outside the scale 1-5" in text and "1 left behind as personal" in text
    assert "a@b.org" not in text + table.to_csv()


def test_page_in_indonesian(tmp_path: Path) -> None:
    got = check_responses(write(tmp_path, BAD), INSTRUMENT)
    text = got.text("id")
    assert "field.csv belum dapat dibaca." in text and "Masalah yang menghentikan pembacaan: 3 jenis, 5 sel" in text
    assert "Sudah ditangani, perlu diperiksa" in text and "berada di luar skala 1-5" in text
    assert not {"column", "Problems", "row "} & set(text.split())
    assert len(got.frame("id")) == len(got.frame())
    with pytest.raises(cg.OptionError, match="language='de'"):
        got.text("de")


def test_file_that_can_be_read_tells_what_was_dealt_with(tmp_path: Path) -> None:
    got = check_responses(write(tmp_path, FAIR), INSTRUMENT)
    assert got.readable and set(got.frame()["level"]) == {"warning"}
    pd.testing.assert_frame_equal(got.responses.problems, got.frame().drop(columns="level"))
    assert "field.csv: 3 rows, 10 columns." in got.text() and "by resemblance (94 %)" in got.text()
    fine = check_responses(write(tmp_path, "tru1,tru2,tru3\n1,2,3\n"), TRUST)
    assert "No problem was found." in fine.text() and "Tidak ditemukan masalah." in fine.text("id")
    assert len(fine.frame()) == 0 and list(fine.frame().columns)[-1] == "level"


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    got = check_responses(tmp_path / "no.csv", TRUST)
    assert "there is no file" in got.text() and got.frame()["level"].tolist() == ["error"]
    assert got.frame().notna()["problem"].all() and got.matches.rows == ()


def test_csv_runs_no_formula(tmp_path: Path) -> None:
    path = write(tmp_path, 'tru1;tru2;tru3\n"=HYPERLINK(""http://x"")";-7;"@SUM(A1)"\n')
    target = check_responses(path, TRUST).to_csv(tmp_path / "p.csv")
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    values = pd.read_csv(target, dtype=str)["value"].tolist()
    assert values == ['\'=HYPERLINK("http://x")', "-7", "'@SUM(A1)"]
    with pytest.raises(cg.DataError, match="cannot be written"):
        check_responses(path, TRUST).to_csv(tmp_path / "no" / "p.csv")


def test_many_kinds_are_cut_on_the_page_and_whole_in_the_table(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "tru1,tru2,tru3\n"
        + "".join(f"{k},2,3\n" for k in range(100, 119))
        + "".join(f"1,{k},3\n" for k in range(200, 219)),
    )
    got = check_responses(path, TRUST)
    assert "... and 13 more kinds; the csv holds all of them" in got.text() and len(got.frame()) == 38


def test_faults_of_the_call_stay_errors(tmp_path: Path) -> None:
    with pytest.raises(cg.OptionError):
        check_responses(write(tmp_path, BAD), INSTRUMENT, source="cobo")


@pytest.mark.reference
@pytest.mark.parametrize("folder", ["kobo", "limesurvey", "redcap", "kiosk", "careless"])
def test_every_real_file_gives_a_page_and_a_table(shared: Path, folder: str) -> None:
    for path in sorted((shared / "data" / folder).iterdir()):
        got = check_responses(path, "psq")
        assert got.readable == path.name.startswith("synthetic_cgsurvey_core__"), path
        assert len(got.frame()) >= (not got.readable) and got.text("id") != got.text("en"), path
