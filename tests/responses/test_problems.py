"""Problems of a file: both languages, one table, nothing personal in them."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from reading import INSTRUMENT, TRUST, write

import cgsurvey as cg
from cgsurvey.base.data import package_yaml
from cgsurvey.responses import read_responses
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.words import masked


def failed(path: Path, instrument: cg.Instrument = TRUST, **options: object) -> cg.DataError:
    with pytest.raises(cg.DataError) as caught:
        read_responses(path, instrument, **options)
    return caught.value


def test_each_sentence_stands_in_both_languages_with_the_same_values() -> None:
    def names(text: str) -> set[str]:
        return {field for _, field, _, _ in Formatter().parse(text) if field}

    for code, entry in package_yaml("responses/importing/problems.yaml").items():
        assert set(entry) == {"en", "id"} and set(entry["en"]) == set(entry["id"]), code
        for part, text in entry["en"].items():
            assert names(text) == names(entry["id"][part]), (code, part)
            assert text != entry["id"][part]


def test_messages_come_in_indonesian_too(tmp_path: Path) -> None:
    error = failed(write(tmp_path, "tru1,tru2,other\n7,Setju,x\n7,3,x\n"))
    said = error.found.text("id")
    assert "4 kinds of problems" not in said and "3 jenis masalah, seluruhnya 4." in said
    assert "'7' berada di luar skala 1-5: kolom 'tru1' baris 2, 3. Jika 7 berarti" in said
    assert "'Setju' bukan jawaban pada skala 'agree5'. Mungkin maksudnya '4 Agree'?: kolom 'tru2' baris 2" in said
    assert "tidak ada kolom untuk butir 'tru3'" in said
    table = error.found.frame("id")
    assert table.drop(columns=["problem", "remedy"]).equals(error.problems.drop(columns=["problem", "remedy"]))
    assert not (table["problem"] == error.problems["problem"]).any()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("budi.santoso+mpp@dinas.go.id", "[e-mail]"),
        ("hub. 0812-3456-7890 ya", "hub. [phone] ya"),
        ("+62 812 3456 7890", "[phone]"),
        ("(021) 555-1234", "[phone]"),
        ("81234567890", "[phone]"),
        ("3173051708900001", "[NIK]"),
        ("317305 170890 0001", "[NIK]"),
        ("-7.25750 112.75210 5 4.9", "[GPS]"),
        ("lokasi -7.25750, 112.75210", "lokasi [GPS]"),
        ("10.24.3.117", "[IP]"),
        ("1.2.1.3 Petugas ramah", "1.2.1.3 Petugas ramah"),
        ("2026-11-22T08:00:00.000+07:00", "2026-11-22T08:00:00.000+07:00"),
        ("12/03/2025 23:12:47", "12/03/2025 23:12:47"),
        ("Rp 2.500.000", "Rp 2.500.000"),
        ("3,5", "3,5"),
        ("12345678", "12345678"),
    ],
)
def test_what_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


SECRETS = ("budi@example.org", "0812-3456-7890", "3173051708900001", "-7.25750 112.75210 5 4.9", "Budi Santoso")


@pytest.mark.parametrize("secret", SECRETS[:4])
def test_personal_text_in_an_item_is_never_shown(tmp_path: Path, secret: str) -> None:
    error = failed(write(tmp_path, f"tru1,tru2,tru3\n{secret},1,2\n"))
    for shown in (str(error), error.found.text("id"), error.problems.to_csv(), error.found.frame("id").to_csv()):
        assert secret not in shown and "tru1" in shown
    assert "looks like personal data" in error.problems.at[0, "problem"]


def test_column_of_names_taken_for_an_item_shows_none(tmp_path: Path) -> None:
    body = "\n".join(f"Budi Santoso {'abcdefghijklmnopqrstuvwxyz'[k]},1,2" for k in range(26))
    error = failed(write(tmp_path, f"Nama lengkap,tru2,tru3\n{body}\n"), mapping={"tru1": 1})
    shown = str(error) + error.problems.to_csv() + error.found.text("id")
    assert "Santoso" not in shown and "Is it the right column?" in shown


def test_header_row_that_is_an_answer_shows_no_address(tmp_path: Path) -> None:
    error = failed(write(tmp_path, "budi@example.org,4,0812-3456-7890\nana@example.org,3,0812-3456-7891\n"))
    assert not re.search("example|0812", str(error) + error.problems.to_csv())


def test_role_that_is_an_address_is_masked_in_the_note(tmp_path: Path) -> None:
    data = read_responses(
        write(tmp_path, "role,tru1,tru2,tru3r,sat1,sat2,att1\nbudi@example.org,1,2,3,4,5,2\n"), INSTRUMENT
    )
    assert not any("example" in n.text or "example" in n.render("id") for n in data.notes)
    assert any("[e-mail]" in n.text for n in data.notes)


def test_warnings_do_not_stop_and_are_counted_apart() -> None:
    problems = Problems("f.csv")
    problems.add("decimal", item="a", column="a", value="3.5", rows=(2, 3), level="warning", span="1-5")
    problems.raise_any()
    assert len(problems.errors) == 0 and len(problems.warnings) == 2 and len(problems.frame()) == 2
    problems.add("text_in_numbers", item="a", column="a", value="3a", rows=(4,), span="1-5")
    with pytest.raises(cg.CodingError) as caught:
        problems.raise_any()
    assert len(caught.value.problems) == 1 and len(caught.value.found) == 3
