"""The object that carries answers, and the one way in which analyses take it."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reading import INSTRUMENT, TRUST, write

import cgsurvey as cg
from cgsurvey.responses import Design, FlowStep, Responses, as_source, read_responses


def made(**changes: object) -> Responses:
    frame = pd.DataFrame(
        {"tru1": [1.0, np.nan], "tru2": [2.0, 5.0], "tru3r": [1.0, 4.0], "office": ["a", "b"]}, index=[2, 3]
    )
    return Responses(frame=frame, instrument=INSTRUMENT, **changes)


def test_reasons_default_to_blank_where_there_is_no_score() -> None:
    data = made()
    assert data.reasons.to_numpy().tolist() == [["", "", ""], ["blank", "", ""]]
    assert data.items == ("tru1", "tru2", "tru3r") and data.others == ("office",) and len(data) == 2
    assert data.asked.to_numpy().all() and data.frame.index.name == "row"


def test_keyed_turns_reverse_items_and_leaves_the_frame() -> None:
    data = made()
    assert data.keyed["tru3r"].tolist() == [5, 2] and data.frame["tru3r"].tolist() == [1, 4]
    assert data.keyed["office"].tolist() == ["a", "b"] and data.labels["tru1"]["id"] == "Para mitra menepati janji."


def test_replace_keeps_reasons_with_their_rows() -> None:
    data = made()
    fewer = data.replace(frame=data.frame.loc[[3]], flow=(FlowStep("screen", 2, 1, "speed"),))
    assert fewer.reasons.to_numpy().tolist() == [["blank", "", ""]] and fewer.flow[0].n_after == 1
    assert len(data) == 2 and fewer.instrument is data.instrument


def test_equality_looks_at_answers_not_at_files() -> None:
    assert made().equals(made(notes=(cg.Note("info", "x.y", "z"),)))
    assert not made().equals(made(simulated=True)) and not made().equals(made(design=Design(cluster="office")))
    other = made()
    assert not made().equals(other.replace(frame=other.frame.assign(tru1=[2.0, np.nan]))) and not made().equals(1)


def test_frozen_and_picklable(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru2,tru3\n1,2,98\n"), TRUST)
    with pytest.raises(FrozenInstanceError):
        data.simulated = True  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(data)).equals(data)


def test_two_columns_or_rows_of_one_name_are_refused() -> None:
    with pytest.raises(cg.DataError, match="two columns share a name: a"):
        Responses(frame=pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(cg.DataError, match="unique index"):
        Responses(frame=pd.DataFrame({"a": [1, 2]}, index=[1, 1]))
    with pytest.raises(cg.DataError, match="same rows"):
        Responses(frame=pd.DataFrame({"a": [1, 2]}), reasons=pd.DataFrame({"a": [""]}))


def test_log_of_the_import_shows_no_answers(tmp_path: Path) -> None:
    data = read_responses(write(tmp_path, "tru1,tru2,tru3,<b>x</b>\n5,4,,secret words\n"), TRUST, simulated=True)
    log = data.describe_import().set_index("step")["value"]
    assert log["answers missing of asked"] == "1 of 3" and log["rows read"] == "1" and log["encoding"] == "utf-8"
    html = data._repr_html_()
    assert "Simulated data" in html and "secret words" not in html and "<b>x</b>" not in html and "&lt;b&gt;" in html
    assert "simulated" in repr(data) and "color" not in html


def test_log_of_the_import_in_indonesian() -> None:
    data = cg.load_sample("same")
    english, told = data.describe_import(), data.describe_import("id")
    assert len(told) == len(english) and not set(told["step"]) & set(english["step"]) - {"sha256"}
    facts = told.set_index("step")["value"]
    assert facts["jawaban kosong dari yang ditanyakan"] == "1969 dari 79200" and facts["baris dibaca"] == "600"
    assert facts["kolom lain yang disimpan"].endswith("org_type dan 14 lainnya")
    assert told["value"].iloc[-1] == data.notes[-1].render("id")
    with pytest.raises(cg.OptionError, match="language='fr'"):
        data.describe_import("fr")


def test_answers_in_indonesian_speak_of_themselves_in_indonesian() -> None:
    spoken = cg.Instrument.from_items({"percaya": ["p1", "p2"]}, id="kepercayaan", language="id")
    data = read_responses(pd.DataFrame({"p1": [1, 2], "p2": [3, 5]}), spoken, simulated=True)
    assert data.language == "id" and "baris dibaca" in data.describe_import()["step"].tolist()
    html = data._repr_html_()
    assert "2 responden, 2 butir kepercayaan" in html and "Data simulasi." in html and "rows read" not in html
    assert "rows read" in data.describe_import("en")["step"].tolist()
    codes = cg.load_sample("same")  # of an instrument in both languages
    assert codes.language == "en" and "rows read" in codes._repr_html_()
    labelled = codes.replace(provenance=replace(codes.provenance, language="id"))
    assert labelled.language == "id" and "600 responden" in labelled._repr_html_()


def test_source_of_responses_is_keyed() -> None:
    source = as_source(made(design=Design(cluster="office"), simulated=True))
    assert source.frame["tru3r"].tolist() == [5, 2] and source.design == Design(cluster="office")
    assert source.simulated and source.instrument is INSTRUMENT and source.labels["trust"]["en"] == "Trust"
    assert as_source(source) is source


def test_source_of_a_frame_is_the_frame() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    source = as_source(frame)
    assert source.frame is frame and source.instrument is None and source.labels == {} and source.file == ""
    with pytest.raises(cg.DataError, match="share a name: a"):
        as_source(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(cg.OptionError, match="not dict"):
        as_source({"a": [1]})  # type: ignore[arg-type]


def test_design_lists_its_columns() -> None:
    assert Design(weights="w", strata="s").columns == ("w", "s") and Design().columns == ()
