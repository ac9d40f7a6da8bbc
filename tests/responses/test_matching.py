"""Columns and items: exact ways, resemblance with a score, the list for review, the mapping file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import INSTRUMENT, WORDS, write

import cgsurvey as cg
from cgsurvey.responses import read_responses
from cgsurvey.responses.importing.mapping import Plan, read_mapping
from cgsurvey.responses.importing.matching import DOUBTFUL, MARGIN, SURE, match
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.importing.resemblance import one_to_one, resemblance, same_statement
from cgsurvey.responses.importing.vocabulary import Vocabulary
from cgsurvey.responses.readers import RawTable
from cgsurvey.responses.words import plain

ROWS = "gov;34;1;2;3;4;5;2\nuser;51;5;4;3;2;1;2\n"


def table(headers: list[str], labels: dict[int, str] | None = None) -> RawTable:
    cells = tuple(np.array(["1"], dtype=object) for _ in headers)
    return RawTable(tuple(headers), cells, np.array([2]), labels=labels or {})


def found(headers: list[str], labels: dict[int, str] | None = None) -> tuple[dict[str, str], Problems]:
    problems = Problems("f")
    got = match(table(headers, labels), INSTRUMENT, Plan(), "allow", problems)
    return {n: f"{p[0]} {got.how[n]}" for n, p in got.columns.items()}, problems


def note_of(data: cg.Responses, code: str) -> cg.Note:
    return next(n for n in data.notes if n.code == f"responses.{code}")


def codes(data: cg.Responses) -> set[str]:
    return {n.code.partition(".")[2] for n in data.notes}


@pytest.mark.parametrize(
    ("header", "how"),
    [
        ("tru1", "name"), ("TRU1", "name"), ("a/tru1", "group/name"), ("Para mitra menepati janji", "label:id"),
        ("PARTNERS KEEP THEIR PROMISES.", "label:en"), ("3. Partners keep their promises", "label after number:en"),
        ("How do you agree? Partners keep their promises.", "label after text:en"),
        ("Seberapa setuju Anda: Para mitra menepati janji.", "label after text:id"),
        ("<b>Para&nbsp;mitra</b> menepati <span style='color:red'>janji</span>.", "label:id"),
        ("Setuju? [Para mitra menepati janji]", "label in grid:id"),
        ("Para mitra menepati janji. (wajib diisi) *", "label:id"),
    ],
)  # fmt: skip
def test_exact_ways(header: str, how: str) -> None:
    got, _ = found([header, "tru2", "tru3r"])
    assert got["tru1"] == f"0 {how}"


def test_question_text_beside_the_header_is_used() -> None:
    got, problems = found(["q1", "q2", "tru3r"], {0: WORDS["tru1"][1], 1: WORDS["tru2"][0]})
    assert got["tru1"] == "0 question label:id" and got["tru2"] == "1 question label:en" and not problems.found


def test_name_of_one_item_with_the_question_of_another_is_told() -> None:
    got, problems = found(["tru1", "tru2", "tru3r"], {0: WORDS["tru2"][1]})
    assert got["tru1"] == "0 name"
    assert "its question is that of 'tru2'" in problems.frame().at[0, "problem"] and not problems.errors.found


MISSPELT = "Para mitra berbagi informasi/dta secara terbuka."
TURNED = "Para mitra tidak berbagi informasi/data secara terbuka."
OTHER_WORD = "Para mitra berbagi informasi/data secara rahasia."


def test_misspelt_question_is_matched_with_a_score_and_a_note(tmp_path: Path) -> None:
    path = write(tmp_path, f"tru1;{MISSPELT} (wajib);tru3r\n1;2;3\n")
    data = read_responses(path, INSTRUMENT)
    assert data.frame.loc[2, ["tru1", "tru2", "tru3r"]].tolist() == [1, 2, 3]
    row = data.matching().set_index("name").loc["tru2"]
    assert row["how"] == "similar:id" and SURE <= row["score"] < 1 and row["second_score"] < row["score"] - MARGIN
    assert "tru2 = 'Para mitra berbagi informasi/dta" in note_of(data, "similar").text
    assert "kemiripan" in note_of(data, "similar").render("id")
    assert data.problems.at[0, "item"] == "tru2" and "by resemblance" in data.problems.at[0, "problem"]


@pytest.mark.parametrize("header", [TURNED, OTHER_WORD, "2 " + OTHER_WORD])
def test_another_statement_is_listed_and_not_used(tmp_path: Path, header: str) -> None:
    path = write(tmp_path, f"tru1;{header};tru3r\n1;2;3\n")
    data = read_responses(path, INSTRUMENT, missing_items="allow")
    assert "tru2" not in data.frame and header in data.frame
    row = data.matching().set_index("position").loc[2]
    assert (row["name"], row["how"]) == ("tru2", "doubtful") and row["score"] >= DOUBTFUL
    assert "not surely enough" in note_of(data, "doubtful").text
    with pytest.raises(
        cg.ColumnNotFoundError, match=r"no column for item 'tru2' .*Nearest column: '(2 )?Para mitra"
    ) as caught:
        read_responses(path, INSTRUMENT)
    assert {m.how for m in caught.value.matches.rows} >= {"name", "doubtful", "absent"}


def test_two_columns_as_near_as_each_other_are_not_used() -> None:
    one, other = "Partners keep their promise", "Partner keep their promises"
    got, _ = found([one, other, "tru2", "tru3r"])
    assert "tru1" not in got


def test_names_that_nearly_agree_are_never_used() -> None:
    got, _ = found(["tru_1", "tru22", "tru3r"])
    assert set(got) == {"tru3r"}


def test_every_column_is_listed_once(tmp_path: Path) -> None:
    header = "role;age;tru1;Para mitra berbagi info;tru3r;sat1;sat2;att1;E-mail;Saran;x;x"
    path = write(tmp_path, f"{header}\ngov;34;1;2;3;4;5;2;a@b.org;baik;1;2\n")
    data = read_responses(path, INSTRUMENT, missing_items="allow")
    got = data.matching()
    listed = got[got["position"].notna()]
    assert listed["position"].tolist() == list(range(1, 13)) and listed["column"].tolist() == header.split(";")
    assert got.loc[got["column"] == "E-mail", "how"].tolist() == ["personal"]
    assert got.loc[got["column"] == "x", "how"].tolist() == ["unmatched"] * 2
    assert got.loc[got["how"] == "absent", "name"].tolist() == ["tru2"]
    assert (got.loc[got["how"] == "name", "score"] == 1).all()
    assert {"Saran", "x", "x (2)"} <= set(data.frame.columns)


def field_file(folder: Path, name: str = "field.csv", more: str = "", rows: str = ROWS) -> Path:
    words = [w[1] for w in WORDS.values()]
    header = ";".join(["Siapakah Anda?", "age", words[0], MISSPELT, *words[2:], "att1"])
    return write(folder, header + more + "\n" + rows, name)


def test_mapping_file_repeats_an_import(tmp_path: Path) -> None:
    path = field_file(tmp_path)
    first = read_responses(path, INSTRUMENT)
    target = first.write_mapping(tmp_path / "mapping.yaml")
    again = read_responses(path, INSTRUMENT, mapping=target)
    assert again.equals(first) and list(again.frame.columns) == list(first.frame.columns)
    assert not codes(again) & {"mapping_headers_changed", "mapping_order_changed", "mapping_answers_changed", "similar"}
    text = target.read_text(encoding="utf-8")
    assert "similar:id, score 0.9" in text and "'field.csv'" not in text and "# Which column of field.csv" in text
    assert read_mapping(target).columns["tru2"] == (MISSPELT,)
    twice = again.write_mapping(tmp_path / "again.yaml")
    assert read_mapping(twice).columns == read_mapping(target).columns


def test_doubtful_line_can_be_taken_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path, f"tru1;{OTHER_WORD};tru3r\n1;2;3\n")
    data = read_responses(path, INSTRUMENT, missing_items="allow")
    target = data.write_mapping(tmp_path / "m.yaml")
    lines = target.read_text(encoding="utf-8")
    assert f'  # tru2: "{OTHER_WORD}"  # column 2' in lines and "doubtful, score 0." in lines
    target.write_text(lines.replace("  # tru2:", "  tru2:"), encoding="utf-8")
    assert read_responses(path, INSTRUMENT, mapping=target).frame.at[2, "tru2"] == 2


def test_joined_and_duplicate_headers_survive_the_mapping_file(tmp_path: Path) -> None:
    path = write(tmp_path, "tru1;tru2;x;x;tru3\n1;;9;2;3\n;4;8;5;1\n".replace("tru2", "tru1"))
    instrument = cg.Instrument.from_items({"t": ["tru1", "tru3"]})
    first = read_responses(path, instrument, mapping={"tru1": [1, 2], "second": 4})
    target = first.write_mapping(tmp_path / "m.yaml")
    assert read_mapping(target).columns == {"tru1": (1, 2), "second": (4,), "tru3": ("tru3",)}
    again = read_responses(path, instrument, mapping=target)
    assert again.equals(first) and again.frame["tru1"].tolist() == [1, 4]
    turned = write(tmp_path, "tru3;x;tru1;tru1;x\n3;9;1;;2\n1;8;;4;5\n", "turned.csv")
    moved = read_responses(turned, instrument, mapping=target)
    assert moved.frame[["tru1", "tru3", "second"]].equals(first.frame[["tru1", "tru3", "second"]])
    assert "another order" in note_of(moved, "mapping_order_changed").text


def test_mapping_says_what_changed_in_the_file(tmp_path: Path) -> None:
    target = read_responses(field_file(tmp_path), INSTRUMENT).write_mapping(tmp_path / "m.yaml")
    later = read_responses(
        field_file(tmp_path, "later.csv", rows=ROWS + "gov;20;1;1;1;1;1;2\n"), INSTRUMENT, mapping=target
    )
    assert (
        "written for 'field.csv' with the same columns and other answers"
        in note_of(later, "mapping_answers_changed").text
    )
    wider = field_file(tmp_path, "wider.csv", ";Saran", rows=ROWS.replace("2\n", "2;ok\n"))
    told = note_of(read_responses(wider, INSTRUMENT, mapping=target), "mapping_headers_changed")
    assert "New: 'Saran'. Gone: -." in told.text and "Baru: 'Saran'" in told.render("id")


def test_names_that_yaml_misreads_and_strange_headers(tmp_path: Path) -> None:
    headers = ["no: #1", "\u2028a\u0085", "{x}", "- y", "😀 'q' \"d\"", "5"]
    names = ["no", "on", "null", "y", "true", "t5"]
    frame = pd.DataFrame([[1] * 6], columns=headers)
    instrument = cg.Instrument.from_items({"t": names})
    first = read_responses(frame, instrument, mapping=dict(zip(names, range(1, 7), strict=True)))
    target = first.write_mapping(tmp_path / "m.yaml")
    assert set(read_mapping(target).columns) == set(names)
    assert read_responses(frame, instrument, mapping=target).equals(first)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=6), st.data())
def test_any_headers_survive_the_mapping_file(
    tmp_path_factory: pytest.TempPathFactory, headers: list[str], data: st.DataObject
) -> None:
    frame = pd.DataFrame([["1"] * len(headers)], columns=headers)
    instrument = cg.Instrument.from_items({"t": ["a", "b"]})
    places = data.draw(st.permutations(range(1, len(headers) + 1)))
    mapping = dict(zip("ab", places, strict=False))
    first = read_responses(frame, instrument, mapping=mapping, missing_items="allow", personal="keep")
    target = first.write_mapping(tmp_path_factory.mktemp("m") / "m.yaml")
    again = read_responses(frame, instrument, mapping=target, missing_items="allow", personal="keep")
    assert again.equals(first)


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(5)))
def test_order_of_columns_changes_nothing(order: list[int]) -> None:
    headers = ["tru1", MISSPELT, "Saran Anda", WORDS["tru3r"][0], "x"]
    got, _ = found([headers[k] for k in order])
    assert {n: (headers[order[int(v.split()[0])]], v.split(" ", 1)[1]) for n, v in got.items()} == {
        "tru1": ("tru1", "name"),
        "tru2": (MISSPELT, "similar:id"),
        "tru3r": (WORDS["tru3r"][0], "label:en"),
    }


def test_resemblance_is_dice_on_trigrams() -> None:
    assert resemblance(["abc"], ["abc", "xyz", "abd"])[0] == pytest.approx([1, 0, 4 / 8])
    assert resemblance([""], ["a"]).shape == (1, 1)
    assert one_to_one(np.array([[0.9, 0.8], [0.85, 0.0]])) == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("petugas melayani dengan ramah", "petugas melayni dengan ramah", True),
        ("petugas melayani dengan ramah", "petugas melayani dengan ramah sekali", True),
        ("petugas melayani dengan ramah", "petugas tidak melayani dengan ramah", False),
        ("petugas melayani dengan ramah", "petugas melayani dengan cepat", False),
        ("i am satisfied with it", "i am dissatisfied with it", False),
        ("i am satisfied with it", "i am not satisfied with it", False),
        ("wait of 10 minutes", "wait of 15 minutes", False),
        ("it doesn't help", "it does help", False),
    ],
)
def test_same_statement(one: str, other: str, same: bool) -> None:
    assert same_statement(one, other) == same_statement(other, one) == same


@pytest.mark.parametrize("name", list(cg.list_instruments()["name"]))
def test_no_two_items_of_the_bank_come_near_the_threshold(name: str) -> None:
    instrument = cg.load_instrument(name)
    for language in instrument.languages:
        words = [plain(i.label[language]) for i in instrument.items]
        scores = resemblance(words, words)
        np.fill_diagonal(scores, 0)
        assert not len(words) or scores.max() <= 0.70


def test_written_file_is_plain_yaml_with_its_facts(tmp_path: Path) -> None:
    data = read_responses(field_file(tmp_path), INSTRUMENT)
    loaded = yaml.safe_load(data.write_mapping(tmp_path / "m.yaml").read_text(encoding="utf-8"))
    assert loaded["format"] == "cgsurvey-mapping/1" and loaded["sha256"] == data.provenance.sha256
    assert loaded["headers"] == list(data.matches.frame()["column"]) and loaded["instrument"].startswith("tiny")
    with pytest.raises(cg.DataError, match="no file was read"):
        dataclasses.replace(data, matches=type(data.matches)()).write_mapping(tmp_path / "n.yaml")
    with pytest.raises(cg.DataError, match="cannot be written"):
        data.write_mapping(tmp_path / "no" / "m.yaml")


def test_wide_file_with_long_headers_is_matched_in_seconds() -> None:
    instrument = cg.load_instrument("cgsurvey_core")
    headers = [f"Kolom {k} " + "panjang/ " * 20 for k in range(4990)] + ["a/" * 5000] * 10
    vocabulary, problems = Vocabulary(instrument), Problems("f")
    got = match(table(headers), instrument, Plan(), "allow", problems)
    assert not got.columns and len(got.unmatched) == 5000 and vocabulary.score(headers[:10]) == 0


@pytest.mark.reference
def test_edited_questions_of_a_real_form_find_their_columns_or_none(shared: Path) -> None:
    path = shared / "data" / "kiosk" / "kiosk_cp949.csv"
    headers = list(read_responses(path).matching()["column"])
    seen = [h for h in headers if "인지 설문" in h]

    def edited(text: str, k: int) -> str:
        words = text.split()
        at = 1 + k % (len(words) - 1)
        return " ".join(words[:at] + words[at + 1 :] if k % 2 else [*words[:at], "정말", *words[at:]])

    asked = {f"x{k}": edited(h, k) for k, h in enumerate(seen)}
    instrument = cg.Instrument.from_items({"p": asked}, scale=(1, 7), language="ko")
    got = cg.check_responses(path, instrument).matches.frame()
    used = got[got["how"].str.startswith("similar")]
    assert len(used) >= 16
    assert [seen[int(n[1:])] for n in used["name"]] == used["column"].tolist()


@pytest.mark.reference
def test_expectation_is_not_taken_for_perception(shared: Path) -> None:
    path = shared / "data" / "kiosk" / "kiosk_cp949.csv"
    headers = list(read_responses(path).matching()["column"])
    hoped = [h for h in headers if "기대 설문" in h]
    turned = {f"x{k}": h.replace("기대 설문", "만족 설문") for k, h in enumerate(hoped)}
    instrument = cg.Instrument.from_items({"p": turned}, scale=(1, 7), language="ko")
    got = cg.check_responses(path, instrument).matches.frame()
    assert not got["how"].str.startswith("similar").any() and (got["how"] == "doubtful").any()
