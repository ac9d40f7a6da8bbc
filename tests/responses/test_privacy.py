"""Columns that say who somebody is: recognised, left behind or hashed; nothing of them in results."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from reading import INSTRUMENT, TRUST, write

import cgsurvey as cg
from cgsurvey.responses import read_responses
from cgsurvey.responses.privacy import hashed, is_free_text, is_personal

SALT = "0123456789abcdef0123"
FRAME = pd.DataFrame(
    {
        "tru1": [1, 2, 3],
        "tru2": [1, 2, 3],
        "tru3": [5, 4, 3],
        "E-mail": ["Budi@example.org", "ana@example.org", ""],
        "q9": ["0812-3456-7890", "0857 1234 5678", "0812-3456-7890"],
        "Saran": [
            "Petugas di loket tiga sangat ramah",
            "Antrean panjang, tambah loket lagi",
            "Tidak ada saran lagi, Pak",
        ],
        "Kota": ["Sleman", "Bantul", "Sleman"],
    }
)


def column(*cells: str) -> np.ndarray:
    return np.array(cells, dtype=object)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Tanggal lahir", ("1990-01-02",)), ("Tanda tangan", ("x",)), ("signature", ("x",)), ("Foto diri", ("x",)),
        ("grp/respondent_name", ("x",)), ("q1", ("1718000000000.jpg", "")), ("q2", ("rekaman 12.m4a",)),
        ("q3", ("https://kobo.example.org/media/original?f/KTP budi.png",)), ("q4", ("+65 6123 4567",)),
        ("q5", ("(021) 555-1234",)), ("q6", ("fe80:0:0:0:202:b3ff:fe1e:8329",)), ("q7", ("-7.25750, 112.75210",)),
        ("q8", ("317305 170890 0001",)), ("Nomor KTP/SIM", ("-",)), ("NPWP", ("-",)),
    ],
)  # fmt: skip
def test_personal_by_header_or_content(header: str, cells: tuple[str, ...]) -> None:
    assert is_personal(header, column(*cells))


def test_personal_by_the_text_of_the_question() -> None:
    assert is_personal("q1", column("x"), "Siapa nama Anda?") and not is_personal("q1", column("x"), "Nama kantor")


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Jenis layanan: KTP", ("KTP", "KK")), ("Pernah mengurus KTP?", ("Ya", "Tidak")),
        ("Balasan lewat e-mail cepat", ("4", "5", "4") * 5), ("Nomor HP petugas mudah dihubungi", ("1", "2") * 9),
        ("Tanda tangan elektronik mudah", ("4", "5")), ("Foto kantor menarik", ("x",)), ("umur", ("34", "51")),
        ("start", ("2026-11-22T08:00:00.000+07:00",)), ("_uuid", ("6a1f0c0e-7f3c-4c5e-9d43-8a7c3e6bd0aa",)),
        ("Biaya", ("2.500.000",)), ("versi", ("1.2.3",)), ("_id", ("812345",)),
    ],
)  # fmt: skip
def test_what_only_looks_personal_is_kept(header: str, cells: tuple[str, ...]) -> None:
    assert not is_personal(header, column(*cells))


def test_hash_is_keyed_truncated_and_equal_for_equal_texts() -> None:
    got = hashed(column("Budi@example.org", " budi@EXAMPLE.org ", "", "ana@example.org"), SALT)
    expected = hmac.new(SALT.encode(), b"budi@example.org", hashlib.sha256).hexdigest()[:16]
    assert got[0] == got[1] == expected and got[2] == "" and got[3] != got[0]
    assert hashed(column("Budi@example.org"), SALT + "x")[0] != expected


def test_hashed_columns_stay_and_the_salt_does_not(tmp_path: Path) -> None:
    data = read_responses(FRAME, TRUST, personal="hash", salt=SALT)
    assert data.frame["E-mail"].str.fullmatch(r"[0-9a-f]{16}").fillna(False).tolist() == [True, True, False]
    assert data.frame["q9"].iloc[0] == data.frame["q9"].iloc[2] != data.frame["q9"].iloc[1]
    assert data.frame["E-mail"].isna().tolist() == [False, False, True]
    told = next(n for n in data.notes if n.code == "responses.personal_hashed")
    everything = repr(data.__dict__) + data._repr_html_() + data.matching().to_csv() + data.frame.to_csv()
    assert SALT not in everything and "example.org" not in everything and "'E-mail'" in told.text
    assert not any(n.code == "responses.salt_short" for n in data.notes)
    short = read_responses(FRAME, TRUST, personal="hash", salt="pepper")
    assert any(n.code == "responses.salt_short" for n in short.notes)


def test_hashing_needs_a_salt() -> None:
    with pytest.raises(cg.OptionError, match="needs a salt of your own"):
        read_responses(FRAME, TRUST, personal="hash")
    with pytest.raises(cg.OptionError, match="salt is used with personal='hash' only"):
        read_responses(FRAME, TRUST, salt=SALT)
    with pytest.raises(cg.OptionError, match="salt must be a text, not int"):
        read_responses(FRAME, TRUST, personal="hash", salt=5)
    with pytest.raises(cg.OptionError, match="Did you mean 'hash'"):
        read_responses(FRAME, TRUST, personal="hsh")


def test_free_text_is_left_behind_on_request() -> None:
    assert "Saran" in read_responses(FRAME, TRUST).frame
    data = read_responses(FRAME, TRUST, free_text="drop")
    assert "Saran" not in data.frame and "Kota" in data.frame and "Saran" in data.provenance.dropped
    assert any(n.code == "responses.free_text" and "'Saran'" in n.text for n in data.notes)
    assert data.matching().set_index("column").at["Saran", "how"] == "personal"


@pytest.mark.parametrize(
    ("cells", "free"),
    [
        (("Sangat tidak setuju sama sekali ya",) * 9, False),
        (("2026-11-22T08:00:00", "2026-11-23T08:00:00"), False),
        (("Dinas Kependudukan dan Pencatatan Sipil",) * 4 + ("Dinas Sosial Kota",), False),
        (("saya menunggu terlalu lama", "petugas ramah dan cepat sekali"), True),
        (("", ""), False),
    ],
)
def test_free_text_is_told_from_categories(cells: tuple[str, ...], free: bool) -> None:
    assert is_free_text(column(*cells)) is free


def test_question_of_the_instrument_that_asks_for_a_name_is_left_behind_too(tmp_path: Path) -> None:
    from dataclasses import replace

    from cgsurvey.instrument import Question

    asks = replace(
        INSTRUMENT,
        demographics=(*INSTRUMENT.demographics, Question("who", {"id": "Nama lengkap", "en": "Full name"}, "text")),
    )
    path = write(tmp_path, "role;age;Nama lengkap;tru1;tru2;tru3r;sat1;sat2;att1\ngov;34;Budi Santoso;1;2;3;4;5;2\n")
    data = read_responses(path, asks)
    assert "who" not in data.frame and data.provenance.dropped == ("Nama lengkap",)
    again = read_responses(path, asks, mapping=data.write_mapping(tmp_path / "m.yaml"))
    assert again.equals(data)
    kept = read_responses(path, asks, personal="hash", salt=SALT)
    assert re.fullmatch("[0-9a-f]{16}", kept.frame.at[2, "who"])


def test_design_column_that_is_personal_says_what_to_do() -> None:
    frame = FRAME.assign(enumerator_name=["Ana", "Budi", "Ana"])
    with pytest.raises(cg.DataError, match="'enumerator_name' of the design looks like personal data"):
        read_responses(frame, TRUST, design=cg.Design(cluster="enumerator_name"))
    data = read_responses(frame, TRUST, design=cg.Design(cluster="enumerator_name"), personal="hash", salt=SALT)
    assert data.frame["enumerator_name"].nunique() == 2


@pytest.mark.parametrize("options", [{}, {"personal": "hash", "salt": SALT}])
def test_value_labels_of_a_personal_column_are_left_behind_too(tmp_path: Path, options: dict[str, str]) -> None:
    frame = pd.DataFrame({"tru1": [1.0], "tru2": [2.0], "tru3": [3.0], "respondent_name": [1.0]})
    path = tmp_path / "f.sav"
    labels = {"respondent_name": {1.0: "Budi Santoso"}}
    pyreadstat.write_sav(frame, path, variable_value_labels=labels, missing_ranges={"respondent_name": [9.0]})
    data = read_responses(path, TRUST, **options)
    assert "Santoso" not in repr(data.__dict__) + repr(data.stated) + data.describe_import().to_string()
    assert "Santoso" in repr(read_responses(path, TRUST, personal="keep").provenance)


@pytest.mark.reference
def test_kobo_files_lose_no_column_that_is_harmless(shared: Path) -> None:
    for path in sorted((shared / "data" / "kobo").glob("*.csv")):
        dropped = read_responses(path).provenance.dropped
        assert all(
            re.search("gps|location|geo|nom|photo|username|device|phone|email|video|audio|file|_submitted_by", d, re.I)
            for d in dropped
        ), (path, dropped)
