"""Partners and users, linked by office: the population path behind the simulated pair is found again."""

from __future__ import annotations

import pytest
import yaml

import cgsurvey as cg
from cgsurvey.base.data import shipped
from cgsurvey.study import new_study

PATHS = """
shared_motivation ~ principled_engagement
capacity_joint_action ~ shared_motivation + principled_engagement
service_quality ~ capacity_joint_action + shared_motivation + principled_engagement
"""


@pytest.fixture(scope="module")
def population():
    recorded = yaml.safe_load((shipped("sample") / "population.yaml").read_text(encoding="utf-8"))["paths"]
    between = {k: v for k, v in recorded["office_level_of_the_pair"].items() if k != "r2"}
    return recorded["M1"] | {"service_quality": between}


@pytest.fixture(scope="module")
def sides():
    return [cg.screen(cg.load_sample(s), max_missing=0.2).keep() for s in ("partners", "users")]


def test_every_population_path_lies_within_its_interval(sides, population):
    linked = cg.link(*sides, level="office")
    assert len(linked) == 30
    model = linked.linkage.measurement([*population, "principled_engagement"]) + PATHS
    fit = cg.sem(model, linked)
    rows = fit.standardized().query("op == '~'")
    assert len(rows) == 6
    for r in rows.itertuples():
        truth = population[r.lhs][r.rhs]
        assert r.ci_lower < truth < r.ci_upper, (r.lhs, r.rhs, truth, r.ci_lower, r.ci_upper)
    assert any(n.code == "responses.few_offices" for n in linked.notes)


def test_partners_and_users_without_a_link_are_refused(sides):
    import pandas as pd

    items = ["pe_dis1", "pe_dis2", "pe_dis3", "tan1", "tan2", "tan3"]
    stacked = pd.concat([s.keyed.reindex(columns=items) for s in sides], ignore_index=True)
    with pytest.raises(cg.SampleError, match=r"(?s)link"):
        cg.sem("PE =~ pe_dis1 + pe_dis2 + pe_dis3\nSQ =~ tan1 + tan2 + tan3\nSQ ~ PE", stacked, missing="fiml")


def test_further_analyses_of_a_pair_are_about_what_each_side_answered(tmp_path):
    plan = new_study(tmp_path / "pair")
    text = plan.read_text(encoding="utf-8").replace("longstring = 20\n", "")
    text = text.replace('file = "data/same.csv"', 'partners = "data/partners.csv"\nusers = "data/users.csv"')
    more = '[ikm]\n[exclusion_sensitivity]\n[common_method]\n[fragility]\nestimators = ["MLR"]\nleave_out = false\n'
    plan.write_text(text + more, encoding="utf-8")
    for name in ("partners.csv", "users.csv"):
        (plan.parent / "data" / name).write_bytes((shipped("sample") / name).read_bytes())
    found = cg.run_study(plan, write=False)
    assert not [n for n in found.notes if n.code.startswith("study.part")]
    assert found["ikm"].meta.n == found["exclusion_sensitivity"].meta.n == 900
    # Averages of an office stand for the partners in the models; single items are those of the users.
    assert found["normality"].tidy()["item"].str.match("tan|rel|res|ass|emp").all()
    assert found["common_method"].collinearity["construct"].str.startswith("psq_").tolist() == [True] * 5
    assert set(found["fragility"].conclusions["hypothesis"]) == {f"H{k}" for k in range(1, 7)}


def test_a_study_of_a_pair_screens_links_and_says_what_it_can_show(tmp_path):
    plan = new_study(tmp_path / "pair")
    text = plan.read_text(encoding="utf-8")
    text = text.replace('file = "data/same.csv"', 'partners = "data/partners.csv"\nusers = "data/users.csv"')
    text = text.replace("longstring = 20\n", "").replace('["docx", "html", "xlsx"]', '["html"]')
    plan.write_text(text, encoding="utf-8")
    for name in ("partners.csv", "users.csv"):
        (plan.parent / "data" / name).write_bytes((shipped("sample") / name).read_bytes())
    found = cg.run_study(plan)
    assert {"screening_partners", "screening_users", "linkage", "reliability_partners"} <= set(found.parts)
    assert found["structure"].options.cluster == "office" and found["structure"].meta.n == 900
    page = (plan.parent / "results" / "report.html").read_text(encoding="utf-8")
    assert "30 offices" in page and "ICC" in page
    assert found["linkage"].tidy()["n_groups"].eq(30).all()
