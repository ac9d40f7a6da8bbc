"""A new study: the folder runs as it is, a foreign file gets a first instrument, nothing is overwritten."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

import cgsurvey as cg
from cgsurvey.study import new_study, read_plan


@pytest.fixture
def export(tmp_path):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.integers(1, 8, (40, 4)), columns=["x1", "x2", "x3", "x4r"])
    frame["y1"], frame["y2"] = rng.integers(1, 6, 40), rng.integers(1, 6, 40)
    frame["How long did you wait, in minutes?"] = rng.integers(0, 90, 40)
    frame["Was the room clean?"] = np.tile([1, 2, 3, 4], 10)
    frame["comment"] = "fine"
    path = tmp_path / "export.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_folder_of_the_sample_holds_all_that_a_run_needs(tmp_path, language):
    plan = read_plan(new_study(tmp_path / "s", language=language))
    assert plan.study.language == language and plan.data.simulated
    assert (tmp_path / "s" / plan.data.file).is_file()
    names = sorted(f.name for f in (tmp_path / "s" / "notebooks").iterdir())
    assert names.pop() == "README.md"
    assert [n[:2] for n in names] == [f"{k:02d}" for k in range(10)]
    english_only = {"05_groups_and_invariance_en.ipynb", "09_theory_to_model_en.ipynb"}
    assert {n for n in names if not n.endswith(f"_{language}.ipynb")} == (english_only if language == "id" else set())
    assert set(plan.hypotheses) == {f"H{k}" for k in range(1, 7)}


def test_a_file_without_an_instrument_gets_a_first_one(tmp_path, export):
    plan = read_plan(new_study(tmp_path / "s", data=export))
    instrument = cg.load_instrument(tmp_path / "s" / plan.data.instrument)
    found = {c.id: c.all_items for c in instrument.constructs}
    assert found["x_block"] == ("x1", "x2", "x3", "x4r") and found["y_block"] == ("y1", "y2")
    assert instrument.item("x1").scale.max == 7 and instrument.item("y1").scale.max == 5
    # A question as header needs a place to be found at; minutes are no rating.
    assert found["q_block"] == ("q8",) and plan.data.mapping == "mapping.yaml"
    answers = cg.read_responses(tmp_path / "s" / plan.data.file, instrument, mapping=tmp_path / "s" / plan.data.mapping)
    assert answers.frame["q8"].tolist() == [1.0, 2.0, 3.0, 4.0] * 10


def test_answers_in_words_give_a_draft_that_reads_its_file(tmp_path):
    words = ["Sangat tidak setuju", "Tidak setuju", "Netral", "Setuju", "Sangat setuju"]
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"Nama lengkap": [f"Budi {k}" for k in range(40)], "Kantor": ["A", "B"] * 20})
    frame["Apakah ruang bersih?"] = rng.choice(words, 40)
    frame["No. HP"] = "081234500001"
    frame["kerja1"], frame["Puas?"] = rng.choice(words, 40), rng.integers(1, 6, 40).astype(str)
    frame.loc[3, ["kerja1", "Puas?"]] = "99"
    frame.to_excel(tmp_path / "words.xlsx", index=False)
    plan = read_plan(new_study(tmp_path / "s", data=tmp_path / "words.xlsx", language="id"))
    answers = cg.read_responses(
        tmp_path / "s" / plan.data.file,
        tmp_path / "s" / plan.data.instrument,
        mapping=tmp_path / "s" / plan.data.mapping,
        missing_codes=[99],
    )
    # The columns of persons are no items and move nobody else.
    assert answers.items == ("q3", "q6", "kerja1") and answers.provenance.dropped == ("Nama lengkap", "No. HP")
    said = frame["Apakah ruang bersih?"].map(dict(zip(words, range(1, 6), strict=True)))
    assert answers.frame["q3"].tolist() == said.tolist()
    assert answers.frame["q6"].iloc[4:].tolist() == frame["Puas?"].iloc[4:].astype(float).tolist()
    mapping = yaml.safe_load((tmp_path / "s" / plan.data.mapping).read_text(encoding="utf-8"))
    assert mapping == {"q3": "Apakah ruang bersih?", "q6": "Puas?"}
    assert answers.instrument.item("q3").label == {"id": "Apakah ruang bersih?"}
    assert answers.instrument.item("kerja1").scale.max == 5 and np.isnan(answers.frame["kerja1"].iloc[3])


def test_columns_that_share_a_header_are_found_by_their_place(tmp_path):
    rows = "\n".join(f"{k % 5 + 1};{(k + 2) % 5 + 1}" for k in range(30))
    (tmp_path / "twice.csv").write_text(f"Puas ya?;Puas ya?\n{rows}\n", encoding="utf-8")
    plan = read_plan(new_study(tmp_path / "s", data=tmp_path / "twice.csv"))
    folder = tmp_path / "s"
    assert yaml.safe_load((folder / "mapping.yaml").read_text(encoding="utf-8")) == {"q1": 1, "q2": 2}
    answers = cg.read_responses(folder / plan.data.file, folder / "instrument.yaml", mapping=folder / "mapping.yaml")
    assert answers.frame["q1"].tolist()[:3] == [1, 2, 3] and answers.frame["q2"].tolist()[:3] == [3, 4, 5]


def test_a_named_instrument_is_taken_as_it_is(tmp_path, export):
    assert read_plan(new_study(tmp_path / "a", data=export, instrument="psq")).data.instrument == "psq"
    with pytest.raises(cg.InstrumentError, match="psq"):
        new_study(tmp_path / "b", data=export, instrument="pqs")


def test_nothing_is_overwritten(tmp_path, export):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "mine.txt").write_text("mine")
    with pytest.raises(cg.OptionError, match="not empty"):
        new_study(tmp_path / "s", data=export)
    new_study(tmp_path / "s", data=export, force=True)
    assert (tmp_path / "s" / "mine.txt").read_text() == "mine"


def test_a_file_without_ratings_is_refused(tmp_path):
    path = tmp_path / "text.csv"
    path.write_text("name_of_office,remark\na,b\nc,d\n")
    with pytest.raises(cg.DataError, match="looks like ratings"):
        new_study(tmp_path / "s", data=path)
    assert not (tmp_path / "s").exists()
    with pytest.raises(cg.DataError, match="no data file"):
        new_study(tmp_path / "t", data=tmp_path / "absent.csv")
