"""A study in Indonesian tells its faults and what could not be computed in Indonesian."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.study.plan import language_of
from tests.study.small import PLAN, make

INDONESIAN = PLAN.replace('title = "Small study"', 'title = "Studi kecil"\nlanguage = "id"')
FAILS = """
[[compare_groups]]
outcomes = ["quality"]
by = "one"
"""


def told(folder: Path, command: str, *more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "cgsurvey", command, str(folder), *more], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_part_that_fails_is_told_in_both_languages(tmp_path):
    make(tmp_path, FAILS, plan=INDONESIAN)
    frame = pd.read_csv(tmp_path / "answers.csv").assign(one="city")
    frame.to_csv(tmp_path / "answers.csv", index=False)
    study = cg.run_study(tmp_path)
    failed = next(n for n in study.notes if n.code == "study.part_failed")
    assert "'one' has 1 group(s) with two answers or more to 'quality'" in failed.render("en")
    said = failed.render("id")
    assert "Bagian 'Perbandingan kelompok' tidak dapat dihitung" in said
    assert "'one' hanya memiliki 1 kelompok dengan dua jawaban atau lebih untuk 'quality'" in said
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "hanya memiliki 1 kelompok" in page and "two are needed" not in page


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("seed = 3", "sead = 3", "[study] sead: kunci tidak dikenal. Apakah maksudnya 'seed'?"),
        ("seed = 3", 'seed = "three"', "[study] seed: harus berupa bilangan bulat (tertulis 'three')."),
        ('"html"', '"htm"', "[report] formats.0: harus salah satu dari 'docx', 'html'"),
        ('"ML"', '"MLX"', "[estimation] estimator='MLX' tidak dikenal. Apakah maksudnya 'ML'?"),
        ('"answers.csv"', '"answer.csv"', "Berkas data 'answer.csv' yang disebut dalam study.toml tidak ada."),
        ("effort ~ trust\n", "effort ~ trus\n", "Model memakai 1 variabel yang tidak ada dalam data:\n  'trus'."),
        ("effort ~ trust > 0", "trust ~ effort > 0", "H1: model tidak memiliki parameter 'trust ~ effort'."),
        ('"instrument.yaml"', '"psqq"', "Instrumen 'psqq' tidak ada."),
        ("[report]", "[mediation]\nci = 95\n[report]", "ci=95 harus berada di antara 0 dan 1."),
        ("[report]", "[crosstab]\nrow = 1\n[report]", "[crosstab] kunci tidak dikenal 'row'. Apakah maksudnya 'rows'?"),
        ('"html"]', '"html"', "tidak dapat dibaca sebagai TOML"),
    ],
)
def test_faults_of_a_plan_are_told_in_its_language(tmp_path, old, new, words):
    make(tmp_path, plan=INDONESIAN.replace(old, new))
    with pytest.raises(cg.CgSurveyError) as caught:
        cg.run_study(tmp_path)
    assert language_of(tmp_path) == "id"
    assert words in caught.value.render("id")
    assert str(caught.value) == caught.value.render("en") != caught.value.render("id")


def test_the_command_line_speaks_the_language_of_the_study(tmp_path):
    make(tmp_path, plan=INDONESIAN)
    code, said = told(tmp_path, "verify")
    assert code == 2 and "tidak memuat studi yang selesai" in said
    (tmp_path / "results").mkdir()
    code, said = told(tmp_path, "run")
    assert code == 2 and "Map 'results' sudah ada; hasil tidak ditimpa tanpa --force" in said
    code, said = told(tmp_path, "run", "--language", "en")
    assert code == 2 and "exists already" in said


def test_the_language_of_a_plan_is_english_where_none_is_said(tmp_path):
    assert language_of(tmp_path) == "en"
    make(tmp_path)
    assert language_of(tmp_path) == "en" == language_of(tmp_path / "study.toml")


def test_every_part_of_a_study_has_words_of_its_own():
    from cgsurvey.study.further import FURTHER
    from cgsurvey.study.names import words

    for name in (*FURTHER, "description_users", "reliability_partners", "measurement", "cross_check"):
        assert words(name)["en"] != words(name)["id"] and "_" not in words(name)["id"], name
    assert words("crosstab_2") == {"en": "Cross-table (2)", "id": "Tabel silang (2)"}
    assert words("description_users")["id"] == "Deskripsi (pengguna)"
