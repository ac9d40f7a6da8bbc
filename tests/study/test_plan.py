"""The plan of a study is checked before anything is run, and every fault of it is named at once."""

from __future__ import annotations

import hashlib

import pytest

import cgsurvey as cg
from cgsurvey.study import read_plan
from cgsurvey.study.analysis import read

GOOD = """
[study]
title = "Kolaborasi"
language = "id"
seed = 7
[data]
file = "data/a.csv"
missing_codes = [99]
mapping = {x1 = 3}
[screening]
max_missing = 0.2
[estimation]
estimator = "MLR"
[measurement]
model = "first_order"
[structure]
model = "b ~ a"
[hypotheses]
H1 = "b ~ a > 0"
"""


def write(folder, text):
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_plan_is_read_with_its_hash(tmp_path):
    plan = read_plan(write(tmp_path, GOOD))
    assert (plan.study.title, plan.study.language, plan.data.missing_codes) == ("Kolaborasi", "id", (99,))
    assert plan.screening == {"max_missing": 0.2} and plan.data.mapping == {"x1": 3}
    assert plan.structure.model == "b ~ a" and plan.hypotheses == {"H1": "b ~ a > 0"}
    assert plan.sha256 == hashlib.sha256((tmp_path / "study.toml").read_bytes()).hexdigest()


def test_a_byte_order_mark_does_not_hurt(tmp_path):
    (tmp_path / "study.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_plan(tmp_path).study.title == "Kolaborasi"


def test_all_faults_are_named_at_once_with_the_nearest_word(tmp_path):
    text = GOOD.replace('title = "Kolaborasi"', 'titel = "K"').replace('"id"', '"de"') + "\n[repport]\nformats = []\n"
    with pytest.raises(cg.OptionError) as caught:
        read_plan(write(tmp_path, text))
    message = str(caught.value)
    assert "3 fault(s)" in message
    assert "Did you mean 'title'?" in message and "Did you mean 'report'?" in message
    assert "[study] language" in message and "'de'" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('file = "data/a.csv"', ""), r"\[data\] needs file"),
        (('file = "data/a.csv"', 'file = "a"\npartners = "b"\nusers = "c"'), "both file and partners/users"),
        (("[study]", "[study"), "cannot be read as TOML"),
        (("[study]", "[report]\nfolder = '../other'\n[study]"), "inside that of the study"),
        (("[study]", "[cutoffs]\nrmsae = 0.06\n[study]"), r"no measure 'rmsae'. Did you mean 'rmsea'"),
        (("[study]", "[report]\nfolder = '.'\n[study]"), "inside that of the study"),
        (('"data/a.csv"', '"data\\answers.csv"'), "paths are written with / on Windows too"),
        (("seed = 7", "seed = 7\nsha256 = 'x'"), "unknown key"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(tmp_path, change, words):
    with pytest.raises(cg.CgSurveyError, match=words):
        read_plan(write(tmp_path, GOOD.replace(*change)))


def test_an_absent_plan_says_how_to_make_one(tmp_path):
    with pytest.raises(cg.DataError, match="cgsurvey new"):
        read_plan(tmp_path / "nothing.toml")


def test_only_results_are_replaced(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("x1\n1\n")
    plan = write(tmp_path, GOOD + '\n[report]\nfolder = "data"\n')
    with pytest.raises(cg.OptionError, match="holds no results of a run and is not replaced"):
        cg.run_study(plan, force=True)
    assert (tmp_path / "data" / "a.csv").read_text() == "x1\n1\n"


def test_what_messages_advise_can_be_said_in_a_plan(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("sat1,sat2\nAgak setuju,9\nSetuju,2\n", encoding="utf-8")
    said = """
[data]
file = 'data\\a.csv'
instrument = "outcome"
missing_codes = [9]
aliases = {"Agak setuju" = "3"}
missing_items = "allow"
"""
    answers = read(read_plan(write(tmp_path, said)), tmp_path, cg.load_instrument("outcome"))[""]
    assert answers.frame["sat1"].tolist() == [3, 4] and answers.frame["sat2"].isna().tolist() == [True, False]
    with pytest.raises(cg.CodingError, match=r"aliases=\{'Agak setuju'"):
        read(read_plan(write(tmp_path, said.replace("aliases", "# "))), tmp_path, cg.load_instrument("outcome"))
