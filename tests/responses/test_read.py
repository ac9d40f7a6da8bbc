"""Headers, answers, roles and other columns of field files that are as they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reading import AGREE, INSTRUMENT, TRUST, WORDS, scores, sheet, write

import cgsurvey as cg
from cgsurvey.instrument import Choice, Scale
from cgsurvey.responses import Design, Responses, read_responses
from cgsurvey.responses.privacy import is_personal

CODES = "role,tru1,tru2,tru3r,sat1,sat2,att1\ngov,5,4,2,,,2\nuser,,,,3,98,2\ncivil,1,99,,,,3\n"
EXPECTED = [[5, 4, 2, None, None], [None, None, None, 3, None], [1, None, None, None, None]]
REASONS = [
    ["", "", "", "not_asked", "not_asked"],
    ["not_asked", "not_asked", "not_asked", "", "dont_know"],
    ["", "refused", "blank", "not_asked", "not_asked"],
]


def codes(tmp_path: Path, **options: object) -> Responses:
    return read_responses(write(tmp_path, CODES), INSTRUMENT, **options)


def note_codes(data: Responses) -> set[str]:
    return {n.code.partition(".")[2] for n in data.notes}


def test_codes_become_scores_with_reasons_and_rows_of_the_sheet(tmp_path: Path) -> None:
    data = codes(tmp_path)
    assert scores(data.frame, *WORDS) == EXPECTED
    assert data.reasons.to_numpy().tolist() == REASONS
    assert data.frame.index.tolist() == [2, 3, 4] and data.frame.index.name == "row"
    assert data.frame["att1"].tolist() == [2, 2, 3] and "att1" not in data.items
    assert (data.frame[list(WORDS)].dtypes == "float64").all()
    assert data.keyed["tru3r"].iloc[0] == 4 and data.frame["tru3r"].iloc[0] == 2
    assert data.asked.sum().tolist() == [2, 2, 2, 1, 1]
    assert [(s.step, s.n_before, s.n_excluded) for s in data.flow] == [("read", 3, 0)]


def test_provenance_says_where_answers_come_from(tmp_path: Path) -> None:
    p = codes(tmp_path).provenance
    assert (p.file, p.reader, p.encoding, p.delimiter, p.decimal) == ("field.csv", "csv", "utf-8", ",", ".")
    assert (p.rows_read, p.columns_read, p.header_row, p.language) == (3, 7, 1, "")
    assert len(p.sha256) == 64 and p.mapping["tru1"] == "tru1" and p.matched_by["tru1"] == "name"
    assert str(tmp_path) not in repr(p)


def test_reading_again_gives_the_same(tmp_path: Path) -> None:
    one, two = codes(tmp_path), codes(tmp_path)
    assert one.equals(two) and one.provenance == two.provenance and one.notes == two.notes


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("prefix", ["", "block/", "A/b - c/"])
@pytest.mark.parametrize("headers", ["names", "questions"])
def test_labels_and_questions_of_either_language(tmp_path: Path, language: str, prefix: str, headers: str) -> None:
    place = ("en", "id").index(language)
    words = {c.name: c.label[language] for c in AGREE.choices}
    roles = {"gov": ("Government agency", "Instansi pemerintah"), "user": ("Service user", "Pengguna layanan")}
    names = [prefix + (WORDS[n][place] if headers == "questions" else n) for n in WORDS]
    lines = [[("Who are you?", "Siapakah Anda?")[place], *names]]
    lines += [[roles["gov"][place], words["5"], words["4"], words["2"], "", ""]]
    lines += [[roles["user"][place], "", "", "", words["3"].upper() + " ", words["98"]]]
    text = "\n".join(";".join(f'"{c}"' for c in line) for line in lines)
    data = read_responses(write(tmp_path, text), INSTRUMENT)
    assert scores(data.frame, *WORDS) == EXPECTED[:2]
    assert data.reasons.to_numpy().tolist() == REASONS[:2]
    assert data.frame["role"].tolist() == ["gov", "user"] and data.provenance.language == language


@pytest.mark.parametrize(
    ("cell", "score"),
    [
        ("5", 5), ("5.0", 5), ("5,0", 5), ("５", 5), (" 5 ", 5), ("+5", 5), ("05", 5),
        ("Sangat Setuju", 5), ("SANGAT  SETUJU", 5), ("sangat setuju.", 5), ("\u00a0Sangat setuju\u200b", 5),
        ("5 - Sangat Setuju", 5), ("5. Sangat setuju", 5), ("(5) Sangat setuju", 5), ("5=Sangat setuju", 5),
        ("5 – Strongly agree", 5), ("Sangat Setuju (SS)", 5), ("Sangat Setuju (5)", 5), ("5 (Sangat setuju)", 5),
        ("SS - Sangat setuju", 5), ("SS", 5), ("Setuju (Agree)", 4), ("5 - Sangat setuju (SS)", 5), ("Ragu-ragu", 3),
        ("n", 3), ("Netral (N)", 3), ("Strongly disagree", 1), ("STS", 1),
    ],
)  # fmt: skip
def test_ways_to_write_one_answer(tmp_path: Path, cell: str, score: float) -> None:
    data = read_responses(write(tmp_path, f'tru1;tru2;tru3\n"{cell}";1;2\n'), TRUST)
    assert data.frame.at[2, "tru1"] == score and data.reasons.at[2, "tru1"] == ""


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "blank"), ("  ", "blank"), ("NA", "blank"), ("98", "dont_know"), ("98.0", "dont_know"),
        ("Tidak tahu", "dont_know"), ("Don’t know", "dont_know"), ("98 - Don't know", "dont_know"),
        ("99", "refused"), ("Menolak menjawab", "refused"),
    ],
)  # fmt: skip
def test_ways_to_give_no_answer(tmp_path: Path, cell: str, reason: str) -> None:
    data = read_responses(write(tmp_path, f"tru1;tru2;tru3\n{cell};1;2\n"), TRUST)
    assert np.isnan(data.frame.at[2, "tru1"]) and data.reasons.at[2, "tru1"] == reason


def test_declared_codes_for_no_answer(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\n77,88,-9\n1,2,3\n")
    data = read_responses(path, TRUST, missing_codes={77: "refused", "88": "dont_know", -9.0: "blank"})
    assert data.reasons.loc[2].tolist() == ["refused", "dont_know", "blank"]
    assert read_responses(path, TRUST, missing_codes=[77, 88, -9]).reasons.loc[2].tolist() == ["blank"] * 3
    over = read_responses(path, TRUST, missing_codes=[77, 88, -9, 3])
    assert np.isnan(over.frame.at[3, "tru3"]) and "code_over_score" in note_codes(over)


def test_aliases_say_what_further_words_mean(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\nAgak setuju,2,3\n")
    assert read_responses(path, TRUST, aliases={"agak  SETUJU": "4"}).frame.at[2, "tru1"] == 4


def test_codes_and_scores_that_differ_are_read_as_codes(tmp_path: Path) -> None:
    from_nought = Scale("nought", tuple(Choice(str(k), k + 1.0) for k in range(5)))
    instrument = cg.Instrument.from_items({"t": ["a", "b"]}, scale=from_nought)
    data = read_responses(write(tmp_path, "a,b\n0,4\n"), instrument)
    assert data.frame.loc[2].tolist() == [1, 5]


def test_labels_in_another_language_than_expected_are_read_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3\nSetuju,Netral,Agree\n")
    told = next(n for n in read_responses(path, TRUST, language="en").notes if n.code == "responses.other_language")
    assert told.values == {"main": "en", "others": "id"}
    assert "other_language" not in note_codes(read_responses(write(tmp_path, "tru1,tru2,tru3\nSetuju,2,SS\n"), TRUST))


def test_mapping_by_header_position_and_file(tmp_path: Path) -> None:
    path = write(tmp_path, "A long question;B;B;office name\n1;2;3;MPP\n4;5;1;MPP 2\n")
    wanted = {"tru1": "a long  question", "tru2": 2, "tru3": 3, "office": "office name"}
    data = read_responses(path, TRUST, mapping=wanted)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3], [4, 5, 1]]
    assert data.frame["office"].tolist() == ["MPP", "MPP 2"] and "B" not in data.frame
    assert data.provenance.matched_by == {
        "tru1": "mapping",
        "tru2": "mapping by position",
        "tru3": "mapping by position",
        "office": "mapping",
    }
    saved = write(tmp_path, "tru1: A long question\ntru2: 2\ntru3: 3\noffice: office name\n", "mapping.yaml")
    assert read_responses(path, TRUST, mapping=saved).equals(data)


def test_versions_of_a_form_are_joined_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru1,tru2,tru3\n1,,2,3\n,4,2,3\n5,5,2,3\n")
    data = read_responses(path, TRUST, mapping={"tru1": [1, 2]})
    assert data.frame["tru1"].tolist() == [1, 4, 5] and "joined" in note_codes(data)


def test_empty_double_of_an_edited_question_is_passed_over(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru2,tru3,tru1\n,2,3,4\n,2,3,5\n"), TRUST)
    assert data.frame["tru1"].tolist() == [4, 5] and "empty_double" in note_codes(data)


def test_block_that_is_absent_was_not_asked_in_this_file(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "role,tru1,tru2,tru3r\ngov,1,2,3\n"), INSTRUMENT)
    assert data.items == ("tru1", "tru2", "tru3r") and "sat1" not in data.frame
    told = next(n for n in data.notes if n.code == "responses.not_in_file")
    assert "satisfaction" in told.text and "satisfaction" in told.render("id") and told.level == "info"
    assert "no_attention_check" in note_codes(data)


def test_missing_item_can_be_allowed(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru3\n1,2\n"), TRUST, missing_items="allow")
    assert data.items == ("tru1", "tru3") and "items_missing" in note_codes(data)


def test_roles_by_unknown_value_and_without_column(tmp_path: Path) -> None:
    strange = read_responses(write(tmp_path, CODES.replace("civil", "lainnya")), INSTRUMENT)
    assert strange.reasons.loc[4].tolist() == ["", "refused", "blank", "blank", "blank"]
    assert "lainnya" in next(n for n in strange.notes if n.code == "responses.unknown_role").text
    bare = read_responses(write(tmp_path, CODES.replace("role", "who")), INSTRUMENT)
    assert "not_asked" not in bare.reasons.to_numpy() and "no_role_column" in note_codes(bare)


def test_answer_that_was_not_asked_is_kept_and_told(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, CODES.replace("gov,5,4,2,,", "gov,5,4,2,3,")), INSTRUMENT)
    assert data.frame.at[2, "sat1"] == 3 and data.reasons.at[2, "sat1"] == ""
    told = next(n for n in data.notes if n.code == "responses.answered_though_not_asked")
    assert told.values["n"] == 1


def test_item_that_nobody_answered_is_told(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru2,tru3\n1,,3\n2,,3\n"), TRUST)
    assert next(n for n in data.notes if n.code == "responses.empty_items").values["items"] == "tru2"


def test_other_columns_are_kept_numbers_as_numbers(tmp_path: Path) -> None:
    text = (
        "start;tru1;tru2;tru3;weight;district;phone no;_id;age\n"
        "2026-11-02T08:00:00.000+07:00;1;2;3;1,25;0731;x;451000;31\n"
        "2026-11-02T09:00:00.000+07:00;1;2;3;0,80;0732;y;451001;\n"
    )
    frame = read_responses(write(tmp_path, text), TRUST).frame
    assert frame["weight"].tolist() == [1.25, 0.8] and frame["district"].tolist() == ["0731", "0732"]
    assert frame["_id"].dtype == "int64" and frame["age"].isna().tolist() == [False, True]
    assert frame["start"].iloc[0] == "2026-11-02T08:00:00.000+07:00"


BY_HEADER = [
    "Nama",
    "Nama Lengkap",
    "nama_responden",
    "Full name",
    "E-mail",
    "Alamat email",
    "No. HP",
    "Nomor WhatsApp",
    "Telepon",
    "phonenumber",
    "NIK",
    "Nomor KTP",
    "NIP",
    "IPAddress",
    "_gps_latitude",
    "_gps_longitude",
    "Lokasi GPS",
    "LocationLatitude",
    "lon",
    "Alamat rumah",
    "deviceid",
    "username",
    "RecipientFirstName",
    "_geolocation",
]
BY_VALUE = {
    "Kontak": "budi@example.org",
    "Kode": "3173051708900001",
    "Hubungi": "+62 812-3456-7890",
    "Titik": "-7.2575 112.7521 5 4.9",
}
PERSONAL = dict.fromkeys(BY_HEADER, "Budi Santoso") | BY_VALUE
HARMLESS = [
    "Nama kantor",
    "Nama instansi",
    "Nama layanan yang digunakan",
    "office_name",
    "manip",
    "unik",
    "Plasma",
    "kota",
]


def test_personal_columns_are_left_behind_and_only_their_headers_told(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"tru1": [1], "tru2": [2], "tru3": [3]} | {k: [v] for k, v in PERSONAL.items()} | dict.fromkeys(HARMLESS, "x")
    )
    data = read_responses(frame, TRUST)
    assert set(data.provenance.dropped) == set(PERSONAL)
    assert set(HARMLESS) <= set(data.frame.columns)
    told = next(n for n in data.notes if n.code == "responses.personal")
    everything = told.text + data._repr_html_() + data.describe_import().to_string()
    assert "Nama Lengkap" in told.text and "Santoso" not in everything and "example.org" not in everything
    assert read_responses(frame, TRUST, personal="keep").frame["Nama"].tolist() == ["Budi Santoso"]


@pytest.mark.parametrize(
    "header",
    ["1. Nama lengkap", "Siapa nama Anda?", "Nama Anda siapa?", "Nama Bapak/Ibu", "Nama/Inisial",
     "Nama (boleh inisial)", "Respondent's full name", "Alamat", "Kontak yang bisa dihubungi", "Contact number"],
)  # fmt: skip
def test_personal_headers_as_people_write_them(header: str) -> None:
    assert is_personal(header, np.array(["x"]))


@pytest.mark.parametrize("header", ["Nama kantor", "Nama (kantor)", "Alamat kantor", "Contact with the office", "q8"])
def test_headers_that_only_look_personal(header: str) -> None:
    assert not is_personal(header, np.array(["x", "8", "812"]))


def test_a_phone_that_a_workbook_made_a_number() -> None:
    assert is_personal("q9", np.array(["81234500001", "85712345678.0", ""]))


def test_columns_with_one_header_get_numbers(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,x,tru2,x,tru3,x\n1,a,2,b,3,c\n"), TRUST)
    assert data.frame[["x", "x (2)", "x (3)"]].loc[2].tolist() == ["a", "b", "c"] and "same_header" in note_codes(data)


def test_formula_in_a_cell_is_text(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, 'tru1,tru2,tru3,comment\n1,2,3,"=HYPERLINK(""http://x"")"\n'), TRUST)
    assert data.frame["comment"].tolist() == ['=HYPERLINK("http://x")']


def test_answer_of_a_question_outside_its_choices_is_kept(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, CODES.replace("civil", "Akademisi")), INSTRUMENT)
    assert data.frame["role"].tolist() == ["gov", "user", "Akademisi"] and "other_answers" in note_codes(data)


def test_frame_in_place_of_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({"tru1": [1, 2, None], "tru2": ["SS", "S", "TS"], "tru3": pd.Categorical(["1", "2", "5"])})
    data = read_responses(frame, TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 5, 1], [2, 4, 2], [None, 2, 5]]
    assert data.frame.index.tolist() == [2, 3, 4] and data.provenance.reader == "frame"
    assert read_responses(data.frame.drop(index=3), TRUST).frame.index.tolist() == [2, 4]


def test_without_instrument_columns_stay_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c\n1,x,2.5\n99,y,\n")
    data = read_responses(path)
    assert data.instrument is None and data.items == () and data.frame["a"].tolist() == [1, 99]
    assert data.frame["b"].tolist() == ["x", "y"] and data.frame["c"].iloc[0] == 2.5
    hidden = read_responses(path, missing_codes=[99], mapping={"age": "a"})
    assert hidden.frame["age"].isna().tolist() == [False, True] and "codes_hidden" in note_codes(hidden)


def test_long_and_small_numbers_stay_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"tru1": [1, 2], "tru2": [3, 4], "tru3": [5, 1], "w": [4 / 3, 1e-7], "id": ["1" * 17, "2" * 17]}
    )
    for data in (frame, sheet(tmp_path, {"a": [list(frame), *frame.to_numpy().tolist()]})):
        read = read_responses(data, TRUST).frame
        assert read["w"].tolist() == pytest.approx([4 / 3, 1e-7], rel=1e-14) and read["id"].tolist() == [
            "1" * 17,
            "2" * 17,
        ]


def test_blank_cells_of_other_columns_are_missing(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru2,tru3,office\n1,2,3, \n1,2,3,a\n"), TRUST)
    assert data.frame["office"].isna().tolist() == [True, False]


def test_questions_have_the_kind_that_the_instrument_gives_them(tmp_path: Path) -> None:
    with_age = CODES.replace("role", "age,role").replace("\n", "\n31,")[:-3]
    ages = read_responses(write(tmp_path, with_age.replace("31", "ca 31", 1)), INSTRUMENT)
    told = next(n for n in ages.notes if n.code == "responses.not_numbers")
    assert told.values == {"question": "age", "n": 1} and ages.frame.at[2, "age"] == "ca 31"
    fine = read_responses(write(tmp_path, with_age.replace("31", "", 1)), INSTRUMENT)
    assert fine.frame["age"].tolist()[1:] == [31, 31] and "not_numbers" not in note_codes(fine)


def test_design_names_columns_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1,tru2,tru3,office,w\n1,2,3,a,1.5\n")
    assert read_responses(path, TRUST, design=Design(weights="w", cluster="office")).design.columns == ("w", "office")
    with pytest.raises(cg.ColumnNotFoundError, match=r"cluster='ofice'\. Did you mean 'office'\?"):
        read_responses(path, TRUST, design=Design(weights="w", cluster="ofice"))


def test_sources_are_recognised_by_their_headers(tmp_path: Path) -> None:
    items = "tru1,tru2,tru3"
    kobo = read_responses(write(tmp_path, f"{items},_id,_uuid,_submission_time,_index\n1,2,3,4,5,6,7\n"), TRUST)
    odk = read_responses(write(tmp_path, "SubmissionDate,g-tru1,g-tru2,g-tru3,KEY\nx,1,2,3,y\n"), TRUST)
    google = read_responses(write(tmp_path, f"Cap waktu,{items}\n12/03/2025 23:12:47,1,2,3\n"), TRUST)
    plain = read_responses(write(tmp_path, f"{items}\n1,2,3\n"), TRUST)
    assert [d.provenance.source for d in (kobo, odk, google, plain)] == ["kobo", "odk", "google_forms", "table"]
    assert "_uuid" in kobo.provenance.source_why and "_submission_time" in kobo.frame
    assert read_responses(write(tmp_path, f"{items}\n1,2,3\n"), TRUST, source="kobo").provenance.source == "kobo"


def test_a_column_of_time_stamps_alone_is_no_export_of_google_forms(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Cap waktu": ["2025-03-12", "2025-03-13"], "tru1": [1, 2], "tru2": [3, 4], "tru3": [5, 1]})
    plain = read_responses(frame, TRUST)
    assert plain.provenance.source == "table"
    assert "source='google_forms' decides" in plain.provenance.source_why
    named = read_responses(frame, TRUST, source="google_forms")
    assert (named.provenance.source, named.frame["tru1"].tolist()) == ("google_forms", [1, 2])
    moments = frame.assign(**{"Cap waktu": pd.to_datetime(["2025-03-12 23:12:47", "2025-03-13 01:00:00"])})
    assert read_responses(moments, TRUST).provenance.source == "table"
    asked = moments.rename(columns={"tru1": "Saya percaya mitra."})
    got = read_responses(asked, TRUST, mapping={"tru1": 2})
    assert got.provenance.source == "google_forms"
    assert got.provenance.source_why == "first column 'Cap waktu', times of day in it, 1 headers of several words"
    headers = write(tmp_path, "Timestamp,Age in years\n")
    with pytest.raises(cg.DataError, match="holds headers"):
        read_responses(headers)


def test_workbook_and_csv_of_one_survey_are_equal(tmp_path: Path) -> None:
    rows = [line.split(",") for line in CODES.splitlines()]
    typed = [rows[0]] + [[int(c) if c.isdigit() else c or None for c in r] for r in rows[1:]]
    assert read_responses(sheet(tmp_path, {"a": typed}), INSTRUMENT).equals(codes(tmp_path))
    assert read_responses(sheet(tmp_path, {"a": rows}), INSTRUMENT).equals(codes(tmp_path))


def test_sample_is_read_by_its_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "tru1,tru2,tru3,office,w\n5,4,2,a,1.5\n")
    TRUST.to_yaml(tmp_path / "trust.yaml")
    entry = (
        f"{{file: field.csv, instrument: '{tmp_path / 'trust.yaml'}', weights: w, cluster: office, simulated: true}}"
    )
    write(tmp_path, f"same: {entry}\nusers: {entry}\n", "sample.yaml")
    monkeypatch.setattr(
        "cgsurvey.responses.importing.read.shipped", lambda folder: tmp_path if folder == "sample" else None
    )
    data = cg.load_sample("users")
    assert data.simulated and data.design == Design(weights="w", cluster="office") and len(cg.load_sample()) == 1
    with pytest.raises(cg.OptionError, match="Did you mean 'users'"):
        cg.load_sample("user")
    (tmp_path / "sample.yaml").unlink()
    with pytest.raises(cg.DataError, match="sample data are not installed"):
        cg.load_sample()
