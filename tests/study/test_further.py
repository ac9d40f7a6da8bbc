"""Sections that bear the name of a function: called with what the study has, refused before anything is computed."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import cgsurvey as cg
from cgsurvey.present.report.outline import SHOWN
from cgsurvey.study import new_study, read_plan, run_study
from cgsurvey.study.further import FURTHER, function
from cgsurvey.study.registration import registration

from .small import PLAN, make

SECTIONS = """
[sample_size]
method = "slovin"
population = 1200
margin = 0.05

[k_anonymity]
columns = ["area"]

[mcar_test]

[normality]

[factorability]

[mediation]

[invariance]
group = "area"
levels = ["configural", "metric"]

[[compare_groups]]
outcomes = ["tru1"]
by = "area"

[[compare_groups]]
outcomes = ["qua1"]
by = "area"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    return folder, run_study(make(folder, SECTIONS))


def test_every_section_is_a_function_whose_result_a_report_shows():
    shown = {kind.__name__ for kind in SHOWN}
    for name, further in FURTHER.items():
        signature = inspect.signature(function(name))
        assert str(signature.return_annotation) in shown, name
        assert further.given <= set(signature.parameters), name


def test_the_parts_are_those_of_a_script(study):
    _, found = study
    further = ["sample_size", "k_anonymity", "mcar_test", "normality", "factorability", "invariance", "mediation"]
    assert set(found.parts) >= {*further, "compare_groups", "compare_groups_2"}
    fit = found["structure"]
    assert found["mediation"].tidy().equals(cg.mediation(fit, seed=3).tidy())
    assert found["sample_size"].glance().equals(cg.sample_size("slovin", 1200, margin=0.05).glance())
    assert set(found["compare_groups_2"].tidy()["outcome"]) == {"qua1"}
    assert not [n for n in found.notes if n.code.startswith("study.part")]


def test_the_report_holds_them_and_can_be_verified(study):
    folder, found = study
    page = (folder / found.folder / "report.html").read_text(encoding="utf-8")
    for title in ("Sample size and power", "Measurement invariance", "Direct and indirect effects"):
        assert title in page
    assert cg.verify(folder).clean


FAULTS = {
    '[ikm]\nbye = "office"': r"\[ikm\] unknown key 'bye'\. Did you mean 'by'",
    "[mediation]\ndata = 3": r"\[mediation\] data follows from the study",
    "[invariance]": r"\[invariance\] group must be given; see help\(cg\.invariance\)",
    "mediation = 3": r"'mediation' is a section: \[mediation\]",
    "[common_method]\nestimater = 'ML'": r"\[common_method\] unknown key 'estimater'\. Did you mean 'estimator'\?",
    "[ikm]\nbye = 1\n[invariance]\n[[crosstab]]\nrow = 'x'": r"(?s)4 fault\(s\).*bye.*group must.*'row'.*rows must",
    "[medation]\nci = 0.9": r"\[medation\]: unknown key\. Did you mean 'mediation'\?",
}


@pytest.mark.parametrize(("more", "message"), FAULTS.items())
def test_what_cannot_be_is_told_before_anything_is_read(tmp_path, more, message):
    plan = "\n" + more + "\n" if more.startswith("[") else ""
    path = make(tmp_path, plan)
    if not plan:
        path.write_text(f"{more}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(cg.OptionError, match=message):
        read_plan(path)


def test_a_column_that_is_not_there_is_told_with_its_section(tmp_path):
    path = make(tmp_path, '[invariance]\ngroup = "aera"\n')
    with pytest.raises(cg.CgSurveyError, match=r"study\.toml: \[invariance\].*'aera'"):
        run_study(path, write=False)


def test_models_of_further_analyses_are_those_of_the_study(tmp_path):
    """Their constructs, options and main choices are the study's own, and no model is resampled anew."""
    more = "[common_method]\n[rivals]\n[fragility]\nleave_out = false\n[exclusion_sensitivity]\n[ipa]\n"
    more += (
        'importance = "path"\noutcome = "quality"\nresamples = 100\nperformance = {trust = ["tru1", "tru2", "tru3"], '
    )
    more += 'effort = ["eff1", "eff2", "eff3"]}\n[screening]\nlongstring = 8\n'
    plan = PLAN.replace('estimator = "ML"\n', 'estimator = "ML"\nse = "bootstrap"\nbootstrap = 20\n')
    plan = plan.replace('"first_order"', '"first_order"\nconstructs = ["trust", "effort", "quality"]')
    found = run_study(make(tmp_path, more, plan=plan), write=False)
    parts = found.parts
    assert not [n for n in found.notes if n.code.startswith("study.part")]
    assert parts["structure"].bootstrap is not None and parts["fragility"].meta.options["se"] == "standard"
    assert parts["fragility"].meta.options["estimators"][0] == "ML"
    assert parts["common_method"].glance()["n_constructs"].item() == 3
    assert parts["ipa"].tidy()["item"].tolist() == ["trust", "effort"]


def test_fragility_starts_from_what_the_study_is_about(tmp_path):
    """Its main specification is the study's own model, of those whom the screening kept."""
    more = "[screening]\nirv = 0.4\n[fragility]\nleave_out = false\n"
    parts = run_study(make(tmp_path, more), write=False).parts
    found, own = parts["fragility"], parts["structure"]
    assert found.specifications["n"].iloc[0] == own.meta.n < 240 and found.meta.n == own.meta.n
    paths = own.tidy().query("op == '~' and lhs == 'effort'")
    assert found.conclusions["std_all"].tolist() == pytest.approx(paths["std_all"].tolist(), rel=1e-8)
    everybody = found.specifications.query("respondents == 'with flagged'")
    assert everybody["n"].tolist() == [240]


def test_a_value_of_a_wrong_kind_is_told_with_its_section(tmp_path):
    with pytest.raises(cg.OptionError, match=r"study\.toml: \[normality\]"):
        run_study(make(tmp_path, "[normality]\nitems = 3\n"), write=False)


def test_a_further_section_that_came_later_is_a_deviation(tmp_path):
    path = make(tmp_path)
    cg.register(path)
    path.write_text(path.read_text(encoding="utf-8") + "[mediation]\nci = 0.9\n", encoding="utf-8")
    row = registration(read_plan(path), tmp_path).tidy().iloc[0]
    assert (row["section"], row["key"], row["planned"]) == ("mediation", "", "") and "0.9" in row["run"]


def test_the_guide_and_the_templates_name_every_section(tmp_path):
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "study.md").read_text(encoding="utf-8")
    assert [n for n in FURTHER if f"`{n}`" not in guide] == []
    for language in ("en", "id"):
        text = new_study(tmp_path / language, language=language).read_text(encoding="utf-8")
        assert [n for n in FURTHER if n not in text] == []
        assert set(read_plan(tmp_path / language).further) == {"mcar_test", "normality", "mediation"}
