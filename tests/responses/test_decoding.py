"""Answers: the set of words and the labels of the file decide, never the largest answer; nothing is silent."""

from __future__ import annotations

import dataclasses
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import AGREE, TRUST

import cgsurvey as cg
from cgsurvey.base.data import package_yaml
from cgsurvey.instrument import Choice, Question, Scale
from cgsurvey.responses import read_responses
from cgsurvey.responses.importing.decoding import Decoder
from cgsurvey.responses.importing.file_codes import meaning, numbering
from cgsurvey.responses.importing.label_sets import worded
from cgsurvey.responses.words import plain

NUMBERS = cg.Instrument.from_items({"trust": ["tru1", "tru2", "tru3"]}, scale=(1, 5))
AMOUNT = dataclasses.replace(TRUST, demographics=(Question("amount", {"en": "How many?"}, "integer"),))
SETS = package_yaml("responses/importing/labels.yaml")["sets"]


def notes(data: cg.Responses) -> dict[str, str]:
    return {n.code.partition(".")[2]: n.text for n in data.notes}


def labelled(
    monkeypatch: pytest.MonkeyPatch,
    frame: pd.DataFrame,
    values: dict[int, dict[str, str]],
    instrument: cg.Instrument = TRUST,
    **options: object,
) -> cg.Responses:
    """Read a frame as if its file held value labels."""
    from cgsurvey.responses.importing import read as module

    opened = module.open_table
    monkeypatch.setattr(module, "open_table", lambda *a, **k: dataclasses.replace(opened(*a, **k), values=values))
    return read_responses(frame, instrument, **options)


# Ways to write an answer, of every scale of the bank.


def scales() -> list[Scale]:
    found: dict[str, Scale] = {}
    for name in cg.list_instruments()["name"]:
        instrument = cg.load_instrument(name)
        for question in (*instrument.items, *instrument.demographics):
            if question.scale is not None:
                found.setdefault(question.scale.name, question.scale)
    return list(found.values())


DISGUISES = (
    str, str.upper, str.lower, lambda t: f" {t}. ", lambda t: t.replace(" ", "\u00a0"), lambda t: f"<b>{t}</b>",
    lambda t: f"<span style='color:red'>{t}</span>&nbsp;", lambda t: t.replace(" ", "  "), lambda t: f"{t}…",
    lambda t: t.replace("'", "’"), lambda t: t.replace("&", "&amp;"), lambda t: f"\u200b{t}", lambda t: f"*{t}*",
)  # fmt: skip


@pytest.mark.parametrize("scale", scales(), ids=lambda s: s.name)
def test_labels_of_the_bank_are_read_however_they_are_typed(scale: Scale) -> None:
    decoder = Decoder(scale)
    for k, choice in enumerate(scale.choices):
        for words, disguise in product((*choice.label.values(), choice.name), DISGUISES):
            assert decoder.read(disguise(words)).choice == k, disguise(words)
        if choice.score is not None:
            number = choice.name if choice.name.isdigit() else f"{choice.score:g}"
            for words in choice.label.values():
                assert decoder.read(f"{number} - {words}").choice == k
                assert decoder.read(f"{words} ({number})").choice == k


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("(5) Sangat Setuju", 5), ("5 = SS", 5), ("SS (5)", 5), ("5 – Sangat Setuju (SS)", 5), ("S = Setuju", 4),
        ("4 | Setuju", 4), ("Setuju [4]", 4), ("Setuju/Agree", None), ("setuju sekali", None), ("4,0", 4),
        ("Sangat Setuju!", 5),
    ],
)  # fmt: skip
def test_compound_answers(text: str, score: float | None) -> None:
    cell = Decoder(AGREE).read(text)
    assert cell.score == score if score else cell.fault


# The set of words decides.


@pytest.mark.parametrize(
    ("words", "points", "expected"),
    [
        (["STS", "TS", "N", "S", "SS"], (1, 5), [1, 2, 3, 4, 5]),
        (["STS", "TS", "KS", "S", "SS"], (1, 5), [1, 2, 3, 4, 5]),
        (["STS", "KS", "S", "SS"], (1, 4), [1, 2, 3, 4]),
        (["TS", "S"], (1, 4), [2, 3]),
        (["TS", "S"], (1, 5), [2, 4]),
        (["Tidak puas", "Puas", "Cukup puas"], (1, 5), [2, 4, 3]),
        (["Jarang", "Selalu", "Tidak pernah"], (0, 4), [1, 4, 0]),
        (["Tidak", "Sebagian", "Ya"], (0, 2), [0, 1, 2]),
        (["5 - Sangat Setuju", "2. Tidak setuju", "4"], (1, 5), [5, 2, 4]),
        (["Somewhat agree", "Strongly disagree"], (1, 7), [5, 1]),
        (["Agak setuju", "Sangat tidak setuju"], (1, 6), [4, 1]),
    ],
)  # fmt: skip
def test_words_of_a_scale_with_numbers_only(words: list[str], points: tuple[int, int], expected: list[float]) -> None:
    instrument = cg.Instrument.from_items({"t": ["a"]}, scale=points)
    data = read_responses(pd.DataFrame({"a": words}), instrument)
    assert data.frame["a"].tolist() == expected
    assert "words of the file were read by the set" in notes(data)["label_set"]


@pytest.mark.parametrize(
    ("words", "points"),
    [
        (["Setuju", "Setuju"], (1, 5)),  # one word tells no set
        (["Setuju", "Puas"], (1, 5)),  # words of two sets
        (["Setuju", "Agak setuju"], (1, 5)),  # a word of another number of points
        (["Setuju", "Tidak setuju"], (1, 9)),  # no set of nine points
        (["TP", "P"], (1, 3)),
    ],
)  # fmt: skip
def test_words_that_tell_no_set_are_refused(words: list[str], points: tuple[int, int]) -> None:
    instrument = cg.Instrument.from_items({"t": ["a"]}, scale=points)
    with pytest.raises(cg.CodingError, match="is no answer of scale"):
        read_responses(pd.DataFrame({"a": words}), instrument)


def test_sets_that_disagree_on_a_word_decide_nothing() -> None:
    assert worded(Scale.between(1, 5), ["TP", "S"])[1] == "often5"
    assert worded(Scale.between(1, 5), ["STP", "TP", "N", "SP"]) is not None  # satisfied and important agree
    assert worded(Scale.between(1, 5), ["TP", "KP"]) is not None
    assert worded(Scale.between(1, 4), ["TP", "KP"]) is None  # one answer in two words
    assert worded(Scale.between(1, 4), ["STS", "KS"]) is not None  # agree and true agree
    assert worded(AGREE, ["STS", "SS"]) is None


@pytest.mark.parametrize("name", list(SETS))
def test_each_set_is_read_back_whole(name: str) -> None:
    rows = SETS[name]
    scale = Scale.between(1, len(rows))
    for words in (
        product(*(r[:2] for r in rows)) if len(rows) < 5 else [tuple(r[0] for r in rows), tuple(r[-1] for r in rows)]
    ):
        made, _ = worded(scale, words)
        assert [Decoder(made).read(w).score for w in words] == list(range(1, len(rows) + 1))
    flat = [plain(str(w)) for r in rows for w in r]
    assert len(flat) == len(set(flat))


# The labels of the file decide.

TURNED = {"1": "Sangat setuju", "2": "Setuju", "3": "Netral", "4": "Tidak setuju", "5": "Sangat tidak setuju"}


def test_file_that_codes_the_other_way_is_read_by_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"tru1": [1, 2, 5], "tru2": [1, 2, 5], "tru3": [3, 4, 1]})
    data = labelled(monkeypatch, frame, {0: TURNED, 2: TURNED})
    assert data.frame["tru1"].tolist() == [5, 4, 1] and data.frame["tru2"].tolist() == [1, 2, 5]
    assert data.frame["tru3"].tolist() == [3, 2, 5]
    assert "1 = 'Sangat setuju'" in notes(data)["labels_decided"] and "tru1, tru3" in notes(data)["labels_decided"]
    assert data.problems["item"].tolist() == ["tru1", "tru3"] and "tru2" not in notes(data)["labels_decided"]


def test_file_of_a_statistics_program_that_codes_the_other_way(tmp_path: Path) -> None:
    frame = pd.DataFrame({"tru1": [1.0, 2, 5], "tru2": [1.0, 2, 5], "tru3": [3.0, 9, 4], "q4": ["Budi", "Ana", ""]})
    values = {"tru1": {float(k): v for k, v in TURNED.items()}, "tru3": {9.0: "Menolak menjawab"}}
    words = ["Partners keep their promises", "b", "c", "Siapa nama Anda?"]
    path = tmp_path / "field.sav"
    pyreadstat.write_sav(frame, path, column_labels=words, variable_value_labels=values, missing_ranges={"tru3": [9.0]})
    data = read_responses(path, TRUST)
    assert data.frame["tru1"].tolist() == [5, 4, 1] and data.frame["tru2"].tolist() == [1, 2, 5]
    assert data.reasons["tru3"].tolist() == ["", "refused", ""] and data.provenance.dropped == ("q4",)
    again = read_responses(path, TRUST, mapping=data.write_mapping(tmp_path / "m.yaml"))
    assert again.equals(data)


@pytest.mark.parametrize(
    ("values", "cells", "expected"),
    [
        ({"1": "Strongly agree", "5": "Strongly disagree"}, [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]),
        ({"0": "Strongly disagree", "4": "Strongly agree"}, [0, 1, 2, 3, 4], [1, 2, 3, 4, 5]),
        ({"-2": "Strongly disagree", "2": "Strongly agree"}, [-2, -1, 0, 1, 2], [1, 2, 3, 4, 5]),
        ({"1": "Strongly disagree", "5": "Strongly agree", "9": "Don't know"}, [1, 2, 9], [1, 2, None]),
        ({"9": "Tidak tahu"}, [1, 9, 5], [1, None, 5]),
        ({"1.0": "Strongly agree", "5.0": "Strongly disagree"}, [1.0, 5.0], [5, 1]),
        ({"1": "1", "5": "5"}, [1, 5], [1, 5]),
    ],
)  # fmt: skip
def test_partly_labelled_numbers(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], cells: list[float], expected: list[float | None]
) -> None:
    frame = pd.DataFrame({"tru1": cells, "tru2": [1] * len(cells), "tru3": [1] * len(cells)})
    got = labelled(monkeypatch, frame, {0: values}).frame["tru1"]
    assert [None if np.isnan(v) else v for v in got] == expected


def test_labels_that_contradict_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"tru1": [1], "tru2": [2], "tru3": [3]})
    with pytest.raises(cg.CodingError, match="labels 2 'Netral' and 3 'Ragu-ragu', which scale 'agree5' takes for one"):
        labelled(monkeypatch, frame, {0: {"2": "Netral", "3": "Ragu-ragu"}})


def test_number_without_label_beside_turned_labels_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"tru1": [1, 2, 3], "tru2": [2, 2, 2], "tru3": [3, 3, 3]})
    with pytest.raises(cg.CodingError, match="'3' has no label, while the labels of the file give numbers another"):
        labelled(monkeypatch, frame, {0: {"1": "Setuju", "2": "Tidak setuju"}})


def test_labels_in_unknown_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"tru1": [1, 2], "tru2": [2, 2], "tru3": [3, 3]})
    data = labelled(monkeypatch, frame, {0: {"1": "Setuju sekali", "5": "Tidak setuju sama sekali"}})
    assert data.frame["tru1"].tolist() == [1, 2] and "count in the same direction" in notes(data)["labels_unknown"]


def test_number_that_the_file_labels_as_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"a": [1, 8, 9, 5]})
    instrument = cg.Instrument.from_items({"t": ["a"]})
    data = labelled(monkeypatch, frame, {0: {"8": "Not asked", "9": "Refused"}}, instrument)
    assert data.reasons["a"].tolist() == ["", "not_asked", "refused", ""]
    assert "8 = 'Not asked', 9 = 'Refused'" in notes(data)["labelled_missing"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1 - Sangat setuju", "5 - Sangat tidak setuju", "2"], [5, 1, 4]),
        (["0 - Strongly disagree", "4 - Strongly agree", "3"], [1, 5, 4]),
        (["Setuju (2)", "Sangat setuju (1)", "Tidak tahu"], [4, 5, None]),
    ],
)
def test_numbering_of_the_form_that_differs_throughout(cells: list[str], expected: list[float | None]) -> None:
    frame = pd.DataFrame({"tru1": cells, "tru2": "Setuju", "tru3": "Netral"})
    data = read_responses(frame, TRUST)
    assert [None if np.isnan(v) else v for v in data.frame["tru1"]] == expected
    assert "labels of the file were followed" in notes(data)["labels_decided"]


@pytest.mark.parametrize(
    "cells",
    [
        ["5 - Setuju", "4", "3"],  # one cell may be a slip
        ["5 - Setuju", "4 - Setuju", "1"],  # two numbers for one answer
        ["1 - Sangat setuju", "1 - Sangat tidak setuju", "2"],  # one number for two
        ["1 - Sangat setuju", "4 - Setuju", "2"],  # no line
    ],
)
def test_numbering_that_contradicts_itself_is_a_problem(cells: list[str]) -> None:
    frame = pd.DataFrame({"tru1": cells, "tru2": "Setuju", "tru3": "Netral"})
    with pytest.raises(cg.CodingError, match="names two answers at once"):
        read_responses(frame, TRUST)


def test_numbering_that_agrees_changes_nothing() -> None:
    decoder = Decoder(AGREE)
    assert numbering(["5 - Sangat setuju", "4. Setuju", "98 - Tidak tahu"], decoder).codes is None
    assert meaning([("1", "STS"), ("5", "SS")], decoder).codes is None


# Reasons are kept apart.


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("Tidak menjawab", "refused"), ("Prefer not to say", "refused"), ("Tidak tahu", "dont_know"),
        ("Not applicable", "dont_know"), ("Not asked", "not_asked"), ("Dilewati", "not_asked"), ("No answer", "blank"),
        ("", "blank"), ("-", "blank"),
    ],
)  # fmt: skip
def test_words_for_no_answer_that_the_scale_lacks(cell: str, reason: str) -> None:
    data = read_responses(pd.DataFrame({"tru1": [cell], "tru2": [1], "tru3": [2]}), NUMBERS)
    assert data.reasons.at[2, "tru1"] == reason
    assert ("words_for_none" in notes(data)) is (cell not in ("", "-"))


def test_codes_and_words_after_a_change_of_the_form() -> None:
    scale = Scale("yes_no", (Choice("0", 0.0, {"en": "no"}, ("n",)), Choice("1", 1.0, {"en": "yes"}, ("y",))))
    instrument = cg.Instrument.from_items({"t": ["a"]}, scale=scale)
    data = read_responses(pd.DataFrame({"a": ["0", "yes", "1", "no", "Y", "1.0", "1,0"]}), instrument)
    assert data.frame["a"].tolist() == [0, 1, 1, 0, 1, 1, 1]


# Properties.

WAYS = ["1", "5", "Setuju", "SS", "Strongly disagree", "3 - Netral", "98", "", "Tidak tahu", "4,0", "sangat  SETUJU."]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WAYS), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_decoding_depends_on_the_cell_and_the_scale_only(cells: list[str], random) -> None:
    alone = [Decoder(AGREE).read(c) for c in cells]
    order = list(range(len(cells)))
    random.shuffle(order)
    frame = pd.DataFrame({"tru2": "Setuju", "tru1": [cells[k] for k in order], "tru3": "4"})
    data = read_responses(frame, TRUST)
    np.testing.assert_array_equal(data.frame["tru1"].to_numpy(), [alone[k].score for k in order])
    assert data.reasons["tru1"].tolist() == [alone[k].reason for k in order]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_score_a_reason_or_a_fault(text: str) -> None:
    for scale in (AGREE, Scale.between(0, 10)):
        cell = Decoder(scale).read(text)
        assert np.isnan(cell.score) != (cell.reason == "") and bool(cell.fault) == (cell.reason == "invalid")


@pytest.mark.reference
def test_labels_of_real_statistical_files_do_not_turn_answers(shared: Path) -> None:
    path = shared / "data" / "kobo" / "synthetic_cgsurvey_core__label_id.csv"
    if not path.exists():
        path = next((shared / "data" / "kobo").glob("synthetic_cgsurvey_core__label*.csv"))
    data = read_responses(path, "cgsurvey_core")
    assert not {"labels_decided", "label_set", "words_for_none"} & set(notes(data))


# Questions that ask for a number.


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["34 tahun", "51", "27 th"], [34, 51, 27]),
        (["34 years", "51 yrs."], [34, 51]),
        (["Rp 2.500.000", "3.000.000", "Rp750.000,-"], [2500000, 3000000, 750000]),
        (["1.500", "12,000", "900"], [1500, 12000, 900]),
        (["2 kali", "1x"], [2, 1]),
        (["45 orang", ""], [45, None]),
    ],
)  # fmt: skip
def test_numbers_with_units(cells: list[str], expected: list[float | None]) -> None:
    data = read_responses(pd.DataFrame({"tru1": 1, "tru2": 2, "tru3": 3, "amount": cells}), AMOUNT)
    assert [None if np.isnan(v) else v for v in data.frame["amount"]] == expected
    assert "units or thousands separators were taken off" in notes(data)["units"]


@pytest.mark.parametrize("cells", [["6 bulan", "2 tahun"], ["5-10"], ["2 jam 30 menit"], ["sekitar 30"], ["5 apel"]])
def test_what_is_no_number_stays_text(cells: list[str]) -> None:
    data = read_responses(pd.DataFrame({"tru1": 1, "tru2": 2, "tru3": 3, "amount": cells}), AMOUNT)
    assert data.frame["amount"].tolist() == cells and "units" not in notes(data) and "not_numbers" in notes(data)


def test_decimals_of_a_question_for_any_number_stay_decimals() -> None:
    asks = dataclasses.replace(AMOUNT, demographics=(Question("amount", {"en": "Hours"}, "number"),))
    data = read_responses(pd.DataFrame({"tru1": 1, "tru2": 2, "tru3": 3, "amount": ["1.500", "2,5 jam"]}), asks)
    assert data.frame["amount"].tolist() == [1.5, 2.5]
