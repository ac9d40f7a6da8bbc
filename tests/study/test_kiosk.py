"""The main job on a published survey: self-service kiosks, n = 194 (MIT, hanakim120/kiosk-servqual-research)."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.study import new_study

pytestmark = pytest.mark.reference

BLOCKS = {
    "F1": ["x4", "x5", "x6", "x22"],
    "F2": ["x19", "x20", "x21"],
    "F3": ["x10", "x11", "x18"],
    "F4": ["x13", "x14", "x15", "x16", "x17"],
    "F5": ["x1", "x2", "x3"],
    "F6": ["x7", "x8"],
}
OUTCOMES = {"R1": ["y1", "y2"], "R2": ["y3", "y4"]}
LABELS = {
    "F1": "Tangibles",
    "F2": "Security",
    "F3": "Economy",
    "F4": "Convenience",
    "F5": "Usefulness",
    "F6": "Control",
    "R1": "Satisfaction",
    "R2": "Reuse",
}
PATHS = "R1 ~ F1 + F2 + F3 + F4 + F5 + F6\nR2 ~ R1"


def measured(blocks):
    return "\n".join(f"{f} =~ {' + '.join(items)}" for f, items in blocks.items())


def printed(fit):
    m = fit.fit_measures
    return round(m["chisq"], 3), int(m["df"]), round(m["cfi"], 3), round(m["rmsea"], 3)


def test_the_published_factor_models(shared):
    folder = shared / "data" / "kiosk"
    assert printed(cg.cfa(measured(BLOCKS), pd.read_csv(folder / "ipa_satisfaction_clean.csv"))) == (
        269.782,
        155,
        0.944,
        0.062,
    )
    chisq, *rest = printed(cg.cfa(measured(BLOCKS), pd.read_csv(folder / "servqual_perception_clean.csv")))
    assert (round(chisq, 2), *rest) == (302.55, 155, 0.898, 0.070)


@pytest.fixture(scope="module")
def study(shared, tmp_path_factory):
    """A study folder made as a user would: scaffold, then the plan and the instrument edited."""
    folder = tmp_path_factory.mktemp("kiosk") / "study"
    plan = new_study(folder, data=shared / "data" / "kiosk" / "ipa_satisfaction_clean.csv")
    scale = {f: (1, 7) for f in BLOCKS} | {f: (1, 5) for f in OUTCOMES}
    instrument = cg.Instrument.from_items(BLOCKS | OUTCOMES, id="kiosk", scale=scale, labels=LABELS)
    instrument.to_yaml(folder / "instrument.yaml")
    text = plan.read_text(encoding="utf-8")
    text = text.replace('estimator = "MLR"\nmissing = "fiml"', 'estimator = "ML"')
    text = text.replace("# longstring = 12", "longstring = 28").replace("# outcome ~ cause_one + cause_two", PATHS)
    text = text.replace(
        '# H1 = "outcome ~ cause_one > 0"', 'H1 = "R1 ~ F3 > 0"\nH2 = "R1 ~ F2 > 0"\nH3 = "R2 ~ R1 > 0"'
    )
    plan.write_text(text.replace('# languages = ["id"]', 'languages = ["id"]'), encoding="utf-8")
    return cg.run_study(folder), folder / "results"


def test_the_published_structural_model(study):
    found, _ = study
    fit = found["structure"]
    assert printed(fit) == (387.465, 230, 0.939, 0.059)
    paths = fit.tidy().query("op == '~'")["std_all"].round(3).tolist()
    assert paths == [0.174, -0.029, 0.468, 0.171, 0.237, -0.031, 0.810]


def test_the_hypotheses_are_decided(study):
    table = study[0].tidy().set_index("hypothesis")
    assert table["decision"].to_dict() == {"H1": "supported", "H2": "not supported", "H3": "supported"}


def test_an_independent_engine_agrees(study):
    assert study[0]["cross_check"].max_difference < 1e-5


def test_the_folder_holds_what_was_promised(study):
    _, folder = study
    names = {f.name for f in folder.iterdir()}
    assert names >= {"report.docx", "report.id.docx", "report.html", "report.id.html", "tables.xlsx", "study.toml"}
    log = json.loads((folder / "log.json").read_text(encoding="utf-8"))
    assert (
        log["data"]["file"]["provenance"]["rows_read"] == 194
        and len(log["plan"]["sha256"]) == 64
        and "numpy" in log["versions"]
    )
    assert {f.suffix for f in (folder / "figures").iterdir()} == {".svg", ".png"}
    again = cg.load_result(folder / "results" / "structure.cgr")
    pd.testing.assert_frame_equal(again.tidy(), study[0]["structure"].tidy())


def test_every_writer_shows_the_published_numbers(study):
    _, folder = study
    html, indonesian = ((folder / f).read_text(encoding="utf-8") for f in ("report.html", "report.id.html"))
    assert re.search(r"387\.46", html) and ".810" in html
    assert re.search(r"387,46", indonesian) and "0,81" in indonesian
    assert "no effect" not in html and "tidak ada pengaruh" not in indonesian


def test_results_are_not_overwritten(study):
    _, folder = study
    with pytest.raises(cg.OptionError, match="--force"):
        cg.run_study(folder.parent)
