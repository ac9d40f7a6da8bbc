"""Comparison of fitted models: lavaan's difference tests, what is refused, equivalence, boundaries, Vuong."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated import MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.base.model import Model

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
CASES = [c for name in ("compare", "compare_ordinal") for c in json.loads((REFERENCE / f"{name}.json").read_text())]
METHODS = {
    "standard": None,
    "satorra.bentler.2001": "satorra-bentler-2001",
    "satorra.bentler.2010": "satorra-bentler-2010",
    "satorra.2000": "satorra-2000",
}
THREE = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def nine():
    return pd.read_csv(REFERENCE / "compare.csv", na_values=["NA"])


def options(given):
    names = {"group.equal": "group_equal", "fixed.x": "fixed_x"}
    out = {names.get(k, k): v for k, v in given.items()}
    return out | ({"missing": "fiml"} if "missing" in out else {})


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_difference_tests_of_lavaan(case, nine):
    fit = getattr(cg, case["fun"])
    fits = [fit(m, nine, **options(o)) for m, o in zip(case["models"], case["options"], strict=True)]
    for method, wanted in case["expected"].items():
        if wanted["chisq_diff"] is None:  # lavaan has no factor for a saturated model, which needs none
            continue
        found = cg.compare(*fits, method=METHODS[method]).tidy().iloc[-1]
        assert found["df_diff"] == wanted["df_diff"]
        assert found["chisq_diff"] == pytest.approx(wanted["chisq_diff"], rel=1e-4, abs=1e-5)
        assert found["p_value"] == pytest.approx(wanted["p_value"], abs=1e-4)


def test_the_default_is_that_of_the_estimator():
    data = answers()
    smaller = f"{MODEL}\ntrust ~~ 0*quality"
    for estimator, method in (
        ("ML", "standard"),
        ("MLM", "satorra-bentler-2001"),
        ("MLR", "satorra-bentler-2001"),
        ("MLMV", "satorra-2000"),
        ("MLMVS", "satorra-2000"),
        ("GLS", "standard"),
    ):
        fits = [cg.cfa(m, data, estimator=estimator) for m in (MODEL, smaller)]
        assert cg.compare(*fits).method == method


def test_order_of_models_variables_and_rows_does_not_matter():
    data = answers()
    other = "quality =~ x6 + x4 + x5\ntrust =~ x3 + x2 + x1\ntrust ~~ 0*quality"
    for settings in ({"estimator": "MLR"}, {"estimator": "MLR", "missing": "fiml"}):
        rows = with_holes(data) if "missing" in settings else data
        large, small = cg.cfa(MODEL, rows, **settings), cg.cfa(f"{MODEL}\ntrust ~~ 0*quality", rows, **settings)
        moved = cg.cfa(other, rows.iloc[::-1], **settings)
        for method in ("satorra-bentler-2001", "satorra-bentler-2010", "satorra-2000"):
            first = cg.compare(large, small, method=method).tidy()
            second = cg.compare(moved, large, method=method).tidy()
            assert second["chisq_diff"][1] == pytest.approx(first["chisq_diff"][1], rel=1e-6)
            assert list(second["df"]) == list(first["df"])


def test_three_models_in_order_of_df(nine):
    names = ["all", "one_less", "two_less"]
    texts = [THREE, f"{THREE}\nf ~~ 0*h", f"{THREE}\nf ~~ 0*h\ng ~~ 0*h"]
    fits = [cg.cfa(Model(t, name=n), nine) for n, t in zip(names, texts, strict=True)]
    table = cg.compare(fits[2], fits[0], fits[1]).tidy()
    assert list(table) == ["model", "chisq", "df", "chisq_diff", "df_diff", "p_value", "aic", "bic"]
    assert list(table["model"]) == names
    assert np.isnan(table["chisq_diff"][0]) and table["chisq_diff"][1:].sum() == pytest.approx(
        fits[2].fit_measures["chisq"] - fits[0].fit_measures["chisq"]
    )
    assert cg.compare(*fits).glance()["lowest_aic"][0] == "all"


@pytest.mark.parametrize("settings", [{}, {"estimator": "MLR"}, {"estimator": "MLMV"}, {"estimator": "ULSMV"}])
def test_equivalent_models_are_named_and_not_tested(nine, settings):
    found = cg.compare(cg.cfa(THREE, nine, **settings), cg.cfa(f"{THREE}\ntop =~ f + g + h", nine, **settings))
    row = found.tidy().iloc[-1]
    assert row["df_diff"] == 0 and np.isnan(row["p_value"])
    assert "sem.equivalent" in [n.code for n in found.notes]


def test_merged_factors_lie_on_a_boundary(nine):
    merged = "f =~ x1 + x2 + x3 + x4 + x5 + x6\nh =~ x7 + x8 + x9"
    found = cg.compare(cg.cfa(THREE, nine), cg.cfa(merged, nine))
    assert found.tidy()["df_diff"][1] == 2
    (said,) = (n for n in found.notes if n.code == "sem.boundary")
    assert "f, g" in said.text and "h" not in said.values["what"]
    assert "sem.boundary_mixture" in [n.code for n in found.notes]


def test_correlation_of_one_and_variance_of_zero_lie_on_a_boundary(nine):
    large = cg.cfa(THREE, nine, std_lv=True)
    one = cg.compare(large, cg.cfa(f"{THREE}\nf ~~ 1*g", nine, std_lv=True))
    assert "sem.boundary" in [n.code for n in one.notes]
    paths = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f"
    zero = cg.compare(cg.sem(paths, nine), cg.sem(f"{paths}\ng ~~ 0*g", nine))
    assert any("g~~g = 0" in n.text for n in zero.notes if n.code == "sem.boundary")
    inside = cg.compare(large, cg.cfa(f"{THREE}\nf ~~ 0*g", nine, std_lv=True))
    assert "sem.boundary" not in [n.code for n in inside.notes]


def test_rivals_are_refused_and_vuong_decides(nine):
    rival = "f =~ x1 + x2 + x4\ng =~ x3 + x5 + x6\nh =~ x7 + x8 + x9"
    fits = [cg.cfa(THREE, nine), cg.cfa(rival, nine)]
    with pytest.raises(cg.OptionError, match="neither is nested"):
        cg.compare(*fits)
    with pytest.raises(cg.OptionError, match="data=data"):
        cg.compare(*fits, method="vuong")
    found = cg.compare(*fits, method="vuong", data=nine)
    v = found.vuong
    assert v.p_distinct < 0.01 and v.z > 2 and found.tidy()["p_value"][1] == pytest.approx(v.p_value)
    assert v.difference == pytest.approx(fits[0].fit_measures["logl"] - fits[1].fit_measures["logl"])
    assert found.glance()["z"][0] == v.z
    with pytest.raises(cg.DataError, match="same data"):
        cg.compare(*fits, method="vuong", data=nine.iloc[:200])


def test_a_smaller_model_that_only_looks_nested_is_refused(nine):
    loose = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"
    odd = "f =~ x1 + x2 + x7 + x4 + x5 + x6\nh =~ x3 + x8 + x9"
    with pytest.raises(cg.OptionError, match="not nested"):
        cg.compare(cg.cfa(loose, nine), cg.cfa(odd, nine))


def test_nonlinear_constraints(nine):
    base = "f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + x6"
    free, held, more = (cg.cfa(m, nine) for m in (base, f"{base}\na*b == 0.8", f"{base}\na*b == 0.8\na == 0.9"))
    table = cg.compare(free, held, more).tidy()
    assert list(table["df_diff"][1:]) == [1, 1]


def test_what_is_not_comparable_is_refused(nine):
    fit = cg.cfa(THREE, nine)
    smaller = f"{THREE}\nf ~~ 0*h"
    for other, words in (
        (cg.cfa(smaller, nine.iloc[:300]), "other data"),
        (cg.cfa(smaller, nine, estimator="MLR"), "estimator"),
        (cg.cfa("f =~ x1 + x2 + x3", nine), "different observed variables"),
        (cg.cfa(smaller, nine, meanstructure=True), "meanstructure"),
    ):
        with pytest.raises(cg.OptionError, match=words):
            cg.compare(fit, other)
    with pytest.raises(cg.OptionError, match="two or more"):
        cg.compare(fit)
    robust = [cg.cfa(m, nine, estimator="MLMV") for m in (THREE, smaller)]
    with pytest.raises(cg.OptionError, match="'satorra-2000'"):
        cg.compare(*robust, method="satorra-bentler-2001")
    with pytest.raises(cg.OptionError, match="not known"):
        cg.compare(*robust, method="satorra")
    with pytest.raises(cg.OptionError, match="not chi-square"):
        cg.compare(*robust, method="standard")


def test_equal_loadings_under_equal_scales_do_not_hold_free_scales(nine):
    """Ordered items: equal loadings alone fix the scales, equal thresholds free them, so neither model is nested."""
    model, common = THREE.replace("x", "o"), {"group": "grp", "ordered": True}
    fits = [cg.cfa(model, nine, group_equal=k, **common) for k in (["loadings"], ["loadings", "thresholds"])]
    with pytest.raises(cg.OptionError, match="not nested"):
        cg.compare(*fits)


def test_a_negative_factor_is_said(nine):
    fits = [cg.cfa(m, nine, estimator="MLR", std_lv=True) for m in (THREE, f"{THREE}\nf ~~ 1*g")]
    found = cg.compare(*fits, method="satorra-bentler-2001")
    assert np.isnan(found.tidy()["chisq_diff"][1])
    assert any("satorra-bentler-2010" in n.text for n in found.notes if n.code == "sem.negative_scaling")


def test_means_left_behind_are_said(nine):
    steps = (["loadings"], ["loadings", "intercepts"])
    for missing in ("listwise", "fiml"):
        model = THREE if missing == "listwise" else THREE.replace("x", "m")
        fits = [cg.cfa(model, nine, estimator="MLR", group="grp", group_equal=s, missing=missing) for s in steps]
        codes = [n.code for n in cg.compare(*fits, method="satorra-bentler-2010").notes]
        assert ("sem.means_left_behind" if missing == "listwise" else "sem.means_carried") in codes


def test_large_models_need_the_data_again(nine, monkeypatch):
    smaller = f"{THREE}\nf ~~ 0*h"
    kept = [cg.cfa(m, nine, estimator="MLR") for m in (THREE, smaller)]
    import importlib

    monkeypatch.setattr(importlib.import_module("cgsurvey.sem.testing.kept"), "MOMENTS", 0)
    bare = [cg.cfa(m, nine, estimator="MLR") for m in (THREE, smaller)]
    for method in ("satorra-bentler-2010", "satorra-2000"):
        with pytest.raises(cg.OptionError, match="data again"):
            cg.compare(*bare, method=method)
        again = cg.compare(*bare, method=method, data=nine).tidy()
        pd.testing.assert_frame_equal(again, cg.compare(*kept, method=method).tidy())


def test_saved_fits_can_be_compared(nine, tmp_path):
    fits = [cg.cfa(m, nine, estimator="MLR") for m in (THREE, f"{THREE}\nf ~~ 0*h")]
    read = [cg.load_result(f.save(tmp_path / f"{k}.cgr")) for k, f in enumerate(fits)]
    for again in (read, [pickle.loads(pickle.dumps(f)) for f in fits]):
        pd.testing.assert_frame_equal(
            cg.compare(*again, method="satorra-bentler-2010").tidy(),
            cg.compare(*fits, method="satorra-bentler-2010").tidy(),
        )
