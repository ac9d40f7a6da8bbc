"""The command line: what it prints, how it ends; faults end with one message and exit code 2, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest


def run(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "cgsurvey", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return run("demo", "out", "--language", "id", cwd=folder), folder / "out"


def test_the_demo_runs_from_any_folder(demo):
    got, folder = demo
    assert got.returncode == 0, got.stderr
    results = folder / "results"
    assert all((results / f).stat().st_size > 5000 for f in ("report.docx", "report.html", "tables.xlsx"))
    assert "Data ini simulasi" in got.stdout and "H1" in got.stdout and "Kecocokan global" in got.stdout
    assert "simulasi" in (results / "report.html").read_text(encoding="utf-8").lower()


def test_a_console_without_greek_letters_does_not_stop_a_run(tmp_path):
    words = [sys.executable, "-m", "cgsurvey", "check", str(bad_file(tmp_path, "none")), "-i", "psq", "-l", "id"]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    got = subprocess.run(words, capture_output=True, text=True, check=False, env=env, timeout=300)
    assert got.returncode == 0, got.stderr


def test_the_demo_does_not_overwrite(demo):
    again = run("demo", "out", cwd=demo[1].parent)
    assert again.returncode == 2 and "--force" in again.stderr and "Traceback" not in again.stderr


def bad_file(folder, name):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, 6, (60, 20)), columns=PSQ)
    match name:
        case "missing column":
            frame = frame.drop(columns=["rel2", "emp3"])
        case "unknown label":
            frame = frame.astype(object)
            frame.loc[3, "tan1"] = "Setujuu banget"
        case "out of range":
            frame.loc[12, "res1"] = 9
        case "text in a number":
            frame = frame.astype(object)
            frame.loc[5, "ass2"] = "3a"
        case "two columns":
            frame["group/tan1"] = frame["tan1"]
        case "empty":
            (folder / "f.csv").write_text("")
            return folder / "f.csv"
    frame.to_csv(folder / "f.csv", index=False)
    return folder / "f.csv"


PSQ = [f"{d}{k}" for d in ("tan", "rel", "res", "ass", "emp") for k in (1, 2, 3, 4)]
PSQ = [n + "r" if n in ("rel4", "res4", "emp4") else n for n in PSQ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing column", ["rel2", "emp3"]),
        ("unknown label", ["tan1", "Setujuu banget", "5"]),
        ("out of range", ["res1", "9", "14"]),
        ("text in a number", ["ass2", "3a", "7"]),
        ("two columns", ["tan1", "group/tan1"]),
        ("empty", ["f.csv", "empty"]),
    ],
)
def test_check_names_file_row_column_value(tmp_path, name, words):
    got = run("check", bad_file(tmp_path, name), "--instrument", "psq")
    assert got.returncode == 2 and "Traceback" not in got.stderr
    for word in words:
        assert word in got.stderr, got.stderr


def test_check_says_what_was_understood(tmp_path):
    got = run("check", bad_file(tmp_path, "none"), "--instrument", "psq")
    assert got.returncode == 0 and "60 rows" in got.stdout and "20 items" in got.stdout


def test_check_can_do_what_its_messages_advise(tmp_path):
    file = bad_file(tmp_path, "out of range")
    told = run("check", file, "-i", "psq").stderr
    assert "missing_codes" in told
    assert run("check", file, "-i", "psq", "--missing-code", "9").returncode == 0
    file = bad_file(tmp_path, "missing column")
    assert run("check", file, "-i", "psq", "--allow-missing-items").returncode == 0
    file = bad_file(tmp_path, "unknown label")
    assert run("check", file, "-i", "psq", "--alias", "Setujuu banget=5").returncode == 0
    assert "TEXT=CHOICE" in run("check", file, "-i", "psq", "--alias", "nonsense").stderr


def test_check_writes_problems_and_mapping(tmp_path):
    file = bad_file(tmp_path, "out of range")
    got = run(
        "check", file, "-i", "psq", "-l", "id", "--csv", tmp_path / "p.csv", "--write-mapping", tmp_path / "m.yaml"
    )
    assert got.returncode == 2 and "berada di luar skala" in got.stderr and "Traceback" not in got.stderr
    assert "Pada baris perintah" in got.stderr and "Ditulis" in got.stdout
    table = pd.read_csv(tmp_path / "p.csv")
    assert table[["row", "item", "value", "level"]].to_numpy().tolist() == [[14, "res1", 9, "error"]]
    fine = run("check", file, "-i", "psq", "--mapping", tmp_path / "m.yaml", "--missing-code", "9", "--strict")
    assert fine.returncode == 0 and "No problem was found" in fine.stdout, fine.stderr


def test_check_strict_ends_with_one_where_something_is_to_be_looked_at(tmp_path):
    frame = pd.read_csv(bad_file(tmp_path, "none")).drop(columns="tan1")
    frame.to_csv(tmp_path / "f.csv", index=False)
    words = ("check", tmp_path / "f.csv", "-i", "psq", "--allow-missing-items")
    assert run(*words).returncode == 0 and run(*words, "--strict").returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "nothing.toml"], "cgsurvey new"),
        (["check", "f.csv", "--instrument", "pqs"], "Did you mean 'psq'"),
        (["frobnicate"], "No such command"),
        (["demo", "x", "--language", "de"], "language='de'"),
        (["new"], "Missing argument"),
    ],
)
def test_wrong_words_end_with_a_message(tmp_path, words, said):
    got = run(*words, cwd=tmp_path)
    assert got.returncode == 2 and said in got.stderr and "Traceback" not in got.stderr


def test_lists_and_doctor():
    assert "en_dynamics" in run("instruments").stdout
    got = run("doctor")
    assert got.returncode == 0 and "BAD" not in got.stdout and "draws without a display" in got.stdout


MODELS = {
    "service_quality ~ trust_that_is_not_there": "trust_that_is_not_there",
    "service_quality ~": "line",
}


@pytest.mark.parametrize(("structure", "said"), MODELS.items())
def test_a_study_whose_model_is_wrong_leaves_nothing_behind(tmp_path, structure, said):
    run("new", tmp_path / "s", "--data", bad_file(tmp_path, "none"), "--instrument", "psq")
    plan = tmp_path / "s" / "study.toml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("# outcome ~ cause_one + cause_two", structure), "utf-8")
    got = run("run", tmp_path / "s")
    assert got.returncode == 2 and said in got.stderr and "Traceback" not in got.stderr
    assert not (tmp_path / "s" / "results").exists() and not list((tmp_path / "s").glob(".results*"))
