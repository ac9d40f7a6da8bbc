"""A run that stops is taken up; a part that fails does not lose the others; a full disk leaves nothing half written."""

from __future__ import annotations

import errno
import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cgsurvey as cg
from cgsurvey import cli
from cgsurvey.cli import app
from cgsurvey.present.report import Report
from cgsurvey.study import analysis, read_plan, run_study
from cgsurvey.study.kept import FOLDER
from cgsurvey.study.write import whole_folder

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


def test_no_room_for_a_kept_part_costs_no_result(tmp_path, monkeypatch):
    path = make(tmp_path)
    monkeypatch.setattr(cg.Result, "save", full)
    found = analysis.analyse(read_plan(path), tmp_path, lambda step: None, keep=True)
    assert set(found.parts) >= FITS and not list((tmp_path / FOLDER).iterdir())


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
    assert ran.exit_code == 1 and "'Structural model' could not be computed" in ran.output
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "the optimiser stopped after 500 steps." in page and "Measurement model" in page and "skewness" in page
    assert "it needs what could not be computed: Structural model" in page
    kept = {p.stem for p in (tmp_path / "results" / "results").iterdir()}
    assert {"measurement", "validity", "normality"} <= kept and not {"structure", "hypotheses", "mediation"} & kept


def test_results_are_put_back_when_new_ones_cannot_take_their_place(tmp_path, monkeypatch):
    target, rename = tmp_path / "results", Path.rename
    target.mkdir()
    (target / "report.html").write_text("earlier")

    def refused(self, to):
        if self.name.startswith(".results-") and self.name != ".results-old":
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(cg.DataError, match="Permission denied"), whole_folder(target):
        pass
    assert (target / "report.html").read_text() == "earlier" and [p.name for p in tmp_path.iterdir()] == ["results"]


HOSTILE = {
    "unknown section": (
        "[report]",
        '[hypothesis]\nH2 = "a ~ b > 0"\n[report]',
        "unknown key. Did you mean 'hypotheses'",
    ),
    "unknown option": ("[report]", "[mcar_test]\nalhpa = 0.1\n[report]", "Did you mean 'alpha'"),
    "missing data file": ("answers.csv", "anwers.csv", "the data file 'anwers.csv' named in study.toml is not there"),
    "unknown construct": ("effort ~ trust\n", "effort ~ trusst\n", "trusst"),
    "language": (
        "seed = 3",
        'seed = 3\nlanguage = "fr"',
        "[study] language: Input should be 'en' or 'id' (found 'fr')",
    ),
    "template": (
        "[report]",
        '[report]\ntemplate = "kampus.docx"',
        "the Word template 'kampus.docx' named in study.toml",
    ),
    "hypothesis": ("effort ~ trust > 0", "effort ~ luck > 0", "luck"),
    "column": ("[report]", '[invariance]\ngroup = "aera"\n[report]', "study.toml: [invariance]"),
    "kind of value": ("[report]", "[normality]\nitems = 3\n[report]", "study.toml: [normality]"),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_a_fault_of_the_plan_ends_with_2_and_leaves_nothing(tmp_path, monkeypatch, capsys, fault):
    old, new, message = HOSTILE[fault]
    path = make(tmp_path, plan=PLAN.replace(old, new, 1))
    assert command(monkeypatch, "run", path) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said and "unexpected fault" not in said, said
    assert {p.name for p in tmp_path.iterdir()} <= {"answers.csv", "instrument.yaml", "study.toml", FOLDER}


def test_results_that_exist_are_not_replaced_unasked(tmp_path, monkeypatch, capsys):
    path = make(tmp_path)
    (tmp_path / "results").mkdir()
    assert command(monkeypatch, "run", path) == 2 and "without --force" in capsys.readouterr().err


def test_a_run_that_is_interrupted_says_that_it_goes_on(tmp_path, monkeypatch, capsys):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    path = make(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(SEM, "sem", interrupted)
        assert command(patched, "run", path) == 130
    assert "goes on where it stopped" in capsys.readouterr().err
    assert command(monkeypatch, "run", path, "-l", "id") == 0
    assert "diambil dari sana: description, reliability, measurement, validity" in capsys.readouterr().out


def command(monkeypatch, *words):
    """Run the command line in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["cgsurvey", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code
