"""A plan is recorded before the analysis; what was changed afterwards is listed, entry by entry."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import cgsurvey as cg
from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.cli import app
from cgsurvey.study import read_plan
from cgsurvey.study.registration import FILE, registration

from .test_plan import GOOD, write


def compared(folder):
    return registration(read_plan(folder), folder)


def test_an_unregistered_plan_says_so(tmp_path):
    made = compared(write(tmp_path, GOOD))
    assert made.registered == "" and made.deviations.empty
    for language, said in (("en", "was not registered"), ("id", "tidak didaftarkan")):
        assert said in cg.narrate(made, language=language) and made.sha256_run[:16] in cg.narrate(
            made, language=language
        )


def test_a_plan_that_was_followed(tmp_path):
    write(tmp_path, GOOD)
    assert CliRunner().invoke(app, ["register", str(tmp_path)]).exit_code == 0
    write(tmp_path, GOOD.replace("[data]", "# a remark\n[data]").replace('title = "Kolaborasi"', 'title = "Lain"'))
    made = compared(tmp_path)
    assert made.registered and made.deviations.empty and made.sha256 != made.sha256_run
    assert "followed it in every entry" in cg.narrate(made)
    with pytest.raises(OptionError, match="nothing to show"):
        cg.table(made)


def test_every_changed_entry_is_listed(tmp_path):
    cg.register(write(tmp_path, GOOD.replace("max_missing = 0.2", "max_missing = 0\nlongstring = 12")))
    changed = GOOD.replace("max_missing = 0.2", "attention = true").replace("b ~ a > 0", "b ~ a < 0")
    changed = changed.replace('estimator = "MLR"', 'estimator = "WLSMV"').replace("seed = 7", "seed = 8")
    made = compared(write(tmp_path, changed + "[cutoffs]\ncfi = 0.9\n"))
    rows = {(r.section, r.key): (r.planned, r.run) for r in made.tidy().itertuples()}
    assert rows == {
        ("study", "seed"): ("7", "8"),
        ("screening", "max_missing"): ("0", ""),
        ("screening", "longstring"): ("12", ""),
        ("screening", "attention"): ("", "true"),
        ("estimation", "estimator"): ("MLR", "WLSMV"),
        ("hypotheses", "H1"): ("b ~ a > 0", "b ~ a < 0"),
        ("cutoffs", "cfi"): ("", "0.9"),
    }
    shown = cg.table(made, language="id").to_text()
    assert "[estimation] estimator" in shown and "(tidak ada)" in shown
    text = cg.narrate(made)
    assert "seven entries" in text and "exploratory" in text
    report = cg.report([made], figures=False).to_text()
    assert "Plan of the study" in report and "Nosek, B. A." in report


def test_a_record_is_not_overwritten_by_accident(tmp_path):
    path = cg.register(write(tmp_path, GOOD))
    with pytest.raises(OptionError, match="registered before"):
        cg.register(tmp_path)
    assert cg.register(tmp_path / "study.toml", force=True) == path
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["sha256"] == read_plan(tmp_path).sha256 and record["versions"]["cgsurvey"]


def test_a_record_that_cannot_be_read_stops_the_run(tmp_path):
    write(tmp_path, GOOD)
    (tmp_path / FILE).write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="Restore it"):
        compared(tmp_path)
