"""The second engine: agreement where semopy is right, refusal elsewhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from simulated import ITEMS, MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns


def examples():
    from semopy.examples import holzinger39, political_democracy

    return {"HS1939": holzinger39, "PoliticalDemocracy": political_democracy}


@pytest.mark.parametrize("name", ["HS1939", "PoliticalDemocracy"])
def test_two_engines_agree(name):
    example = examples()[name]
    data = example.get_data()
    check = cg.sem(example.get_model(), data).cross_check(data)
    assert check.max_difference < 1e-5
    table = check.tidy()
    assert list(table) == ["lhs", "op", "rhs", "group", "native", "semopy", "difference"]
    assert (table["native"] != table["semopy"]).any()  # two computations, not one
    assert not unknown_columns([*table, *check.glance()])
    assert check.notes[0].code == "sem.engines_agree"
    assert "semopy 2.3.11" in check.notes[0].render("id")


STRUCTURES = {
    "unit variances": (MODEL, {"std_lv": True}),
    "equal labels": ("trust =~ a*x1 + a*x2 + a*x3\nquality =~ x4 + x5 + x6", {"std_lv": True}),
    "orthogonal": ("trust =~ x1 + x2 + x3\nquality =~ x4 + x5 + x6", {"orthogonal": True}),
    "second order": ("a =~ x1 + x2\nb =~ x3 + x4\nc =~ x5 + x6\ng =~ a + b + c", {}),
    "mimic": ("trust =~ x1 + x2 + x3\ntrust ~ x4 + x5", {}),
    "random covariates": ("trust =~ x1 + x2 + x3\ntrust ~ x4 + x5", {"fixed_x": False}),
    "path": ("x3 ~ x1 + x2\nx6 ~ b*x3 + x1\nindirect := b^2", {}),
    "robust": (f"{MODEL}\nquality ~ trust\nx1 ~~ x4", {"estimator": "MLR", "meanstructure": True}),
    "fixed values": ("trust =~ 1*x1 + 0.9*x2 + x3\nx1 ~~ 0.5*x1", {}),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_other_structures_and_units(name):
    model, options = STRUCTURES[name]
    equal = name in ("equal labels", "fixed values")
    data = answers() * (1 if equal else [1, 20, 0.05, 3, 7, 1000])
    check = cg.sem(model, data, **options).cross_check(data)
    assert check.max_difference < 1e-5
    assert np.isfinite(check.tidy()["semopy"]).all()


def test_groups_that_share_nothing_are_fitted_one_by_one():
    data = answers().assign(site=["b", "a"] * 150)
    check = cg.cfa(MODEL, data, group="site").cross_check(data)
    assert check.max_difference < 1e-5
    assert set(check.tidy()["group"]) == {1, 2}


def test_the_engine_can_be_chosen():
    data = answers()
    one, other = (cg.cfa(MODEL, data, engine=engine) for engine in ("native", "semopy"))
    np.testing.assert_allclose(one.tidy()["std_all"], other.tidy()["std_all"], atol=1e-5)
    assert one.fit_measures["df"] == other.fit_measures["df"]
    assert other.meta.options["engine"] == "semopy"


REFUSED = {
    "missing values": (MODEL, {"missing": "fiml"}, "complete rows"),
    "constraints": ("trust =~ x1 + a*x2 + b*x3\na == 2*b", {}, "constraints by '=='"),
    "groups": (MODEL, {"group": "site", "group_equal": ["loadings"]}, "equal across groups"),
    "means": ("trust =~ x1 + x2 + x3\nx1 ~ 0*1\ntrust ~ 1", {}, "means"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_semopy_gets_wrong_is_refused(name):
    model, options, reason = REFUSED[name]
    data = answers().assign(site=["b", "a"] * 150)
    data = with_holes(data[ITEMS]) if name == "missing values" else data
    fit = cg.sem(model, data, **options)
    with pytest.raises(cg.UnsupportedByEngine, match=reason):
        fit.cross_check(data)
    with pytest.raises(cg.UnsupportedByEngine, match="engine='native'"):
        cg.sem(model, data, engine="semopy", **options)


def test_all_reasons_come_at_once():
    data = with_holes(answers().assign(site=["b", "a"] * 150)[ITEMS]).assign(site=["b", "a"] * 150)
    fit = cg.cfa(MODEL, data, missing="fiml", group="site", group_equal=["loadings", "intercepts"])
    with pytest.raises(cg.UnsupportedByEngine, match=r"(?s)complete rows.*equal across groups.*means"):
        fit.cross_check(data)


def test_other_data_are_noticed():
    data = answers()
    fit = cg.cfa(MODEL, data)
    with pytest.raises(cg.DataError, match="299 complete rows here, 300 there"):
        fit.cross_check(data.iloc[1:])
    with pytest.raises(cg.DataError, match="of other values"):
        fit.cross_check(data + 0.1)


def test_saved_and_read_again(tmp_path):
    data = answers()
    check = cg.cfa(MODEL, data).cross_check(data)
    again = cg.load_result(check.save(tmp_path / "check"))
    assert again.max_difference == check.max_difference
    assert again.version == check.version
    assert "semopy" in again.summary()


def test_semopy_is_loaded_only_when_it_is_used():
    code = (
        "import sys, numpy as np, pandas as pd, cgsurvey as cg;"
        "r = np.random.default_rng(1);"
        "d = pd.DataFrame(r.normal(size=(99, 3)) + r.normal(size=(99, 1)), columns=list('abc'));"
        "cg.cfa('f =~ a + b + c', d).tidy();"
        "assert 'semopy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
