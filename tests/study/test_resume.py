"""A run that stops is taken up; a part that fails does not lose the others; a full disk leaves nothing half written."""

from __future__ import annotations

import errno
import shutil
from importlib import import_module

import pytest
from typer.testing import CliRunner

import cgsurvey as cg
from cgsurvey.cli import app
from cgsurvey.present.report import Report
from cgsurvey.study import analysis, run_study
from cgsurvey.study.kept import FOLDER

from .small import PLAN, make

SEM = import_module("cgsurvey.sem")  # the name cgsurvey.sem is the function
FITS = {"description", "reliability", "measurement", "validity", "structure", "hypotheses", "cross_check"}


def full(*args, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """A study whose report could not be written."""
    path = make(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Report, "save", full)
        with pytest.raises(cg.DataError, match=r"No space left on device.*Nothing was left half") as told:
            run_study(path)
    assert "what was computed is taken up" in str(told.value)
    return path


def test_a_full_disk_leaves_the_plan_and_what_was_computed(stopped):
    left = {p.name for p in stopped.parent.iterdir()}
    assert left == {"answers.csv", "instrument.yaml", "study.toml", FOLDER}
    assert {p.name.split("-")[0] for p in (stopped.parent / FOLDER).iterdir()} == FITS


def test_earlier_results_stay_when_new_ones_cannot_be_written(tmp_path, monkeypatch):
    path = make(tmp_path)
    run_study(path)
    before = {p.name: p.read_bytes() for p in (tmp_path / "results").iterdir() if p.is_file()}
    monkeypatch.setattr(Report, "save", full)
    with pytest.raises(cg.DataError, match="earlier results are as they were"):
        run_study(path, force=True)
    assert {p.name: p.read_bytes() for p in (tmp_path / "results").iterdir() if p.is_file()} == before


def test_the_next_run_goes_on_where_the_last_one_stopped(stopped, monkeypatch):
    monkeypatch.setattr(SEM, "cfa", full)
    monkeypatch.setattr(SEM, "sem", full)
    found = run_study(stopped)
    (resumed,) = [n for n in found.notes if n.code == "study.resumed"]
    assert set(resumed.values["parts"].split(", ")) == FITS
    assert not (stopped.parent / FOLDER).exists()
    monkeypatch.undo()
    assert cg.verify(stopped.parent).clean


def test_what_was_kept_is_left_alone_when_it_is_asked_or_no_longer_fits(stopped):
    calls = []
    real = analysis.Kept.load

    def load(self, name, more=None):
        found = real(self, name, more)
        calls.append((name, found is not None))
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(analysis.Kept, "load", load)
        run_study(stopped, fresh=True)
        assert not calls
    shutil.rmtree(stopped.parent / "results")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Report, "save", full)
        with pytest.raises(cg.DataError):
            run_study(stopped)
    stopped.write_text(stopped.read_text(encoding="utf-8").replace('"ML"', '"MLR"'), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(analysis.Kept, "load", load)
        found = run_study(stopped)
    assert calls and not any(taken for _, taken in calls)
    assert found["structure"].options.estimator == "MLR"


def test_a_broken_file_of_a_stopped_run_is_computed_again(stopped):
    for file in (stopped.parent / FOLDER).glob("structure-*"):
        file.write_bytes(b"half")
    found = run_study(stopped)
    (resumed,) = [n for n in found.notes if n.code == "study.resumed"]
    assert "structure" not in resumed.values["parts"] and found["structure"].converged


def test_a_part_that_fails_does_not_lose_the_others(tmp_path, monkeypatch):
    def does_not_converge(*args, **options):
        raise cg.ConvergenceError("the optimiser stopped after 500 steps.\nMore")

    path = make(tmp_path, "[mediation]\n[normality]\n")
    monkeypatch.setattr(SEM, "sem", does_not_converge)
    ran = CliRunner().invoke(app, ["run", str(path)])
    assert ran.exit_code == 1 and "'structure' could not be computed" in ran.output
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "the optimiser stopped after 500 steps." in page and "Measurement model" in page and "skewness" in page
    assert "it needs what could not be computed: structure" in page
    kept = {p.stem for p in (tmp_path / "results" / "results").iterdir()}
    assert {"measurement", "validity", "normality"} <= kept and not {"structure", "hypotheses", "mediation"} & kept


@pytest.mark.parametrize(
    ("plan", "more", "message"),
    [
        (PLAN, '[hypothesis]\nH2 = "a ~ b > 0"\n', "unknown key. Did you mean 'hypotheses'"),
        (PLAN.replace("answers.csv", "anwers.csv"), "", "'anwers.csv'"),
        (PLAN.replace("effort ~ trust\n", "effort ~ trusst\n"), "", "trusst"),
        (PLAN.replace("seed = 3", 'seed = 3\nlanguage = "fr"'), "", "'en' or 'id'"),
        (PLAN, "[mcar_test]\nalhpa = 0.1\n", "Did you mean 'alpha'"),
    ],
)
def test_a_fault_of_the_plan_ends_with_2_and_leaves_nothing(tmp_path, plan, more, message):
    path = make(tmp_path, more, plan=plan)
    ran = CliRunner().invoke(app, ["run", str(path)])
    assert isinstance(ran.exception, cg.CgSurveyError) and message in str(ran.exception)
    assert {p.name for p in tmp_path.iterdir()} <= {"answers.csv", "instrument.yaml", "study.toml", FOLDER}
