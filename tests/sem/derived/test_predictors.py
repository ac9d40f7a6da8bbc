"""Effect sizes of predictors: those of regression, their closed form for factors, and where there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.outliers_influence import variance_inflation_factor

import cgsurvey as cg

FACTORS = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\n"


def answers(n: int = 300, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=n)
    g = 0.5 * f + rng.normal(size=n)
    h = 0.4 * f + 0.3 * g + rng.normal(size=n)
    items = np.repeat(np.column_stack([f, g, h]), 3, axis=1) + rng.normal(scale=0.6, size=(n, 9))
    return pd.DataFrame(items, columns=[f"x{k}" for k in range(1, 10)])


def test_of_observed_variables_they_are_those_of_regression():
    data = answers()
    found = cg.sem("x7 ~ x1 + x2 + x4", data).effect_sizes().set_index("predictor")
    X = sm.add_constant(data[["x1", "x2", "x4"]])
    full = sm.OLS(data["x7"], X).fit().rsquared
    for j, name in enumerate(["x1", "x2", "x4"], 1):
        less = sm.OLS(data["x7"], X.drop(columns=name)).fit().rsquared
        assert found.loc[name, "f_squared"] == pytest.approx((full - less) / (1 - full), rel=1e-6)
        assert found.loc[name, "vif"] == pytest.approx(variance_inflation_factor(X.to_numpy(), j), rel=1e-6)


def test_of_factors_they_follow_from_the_correlations():
    fit = cg.sem(FACTORS + "h ~ f + g", answers())
    r = cg.cfa(FACTORS, answers()).standardized().set_index(["lhs", "op", "rhs"])["estimate"]
    a, b, c = r["f", "~~", "h"], r["g", "~~", "h"], r["f", "~~", "g"]
    full = (a**2 + b**2 - 2 * a * b * c) / (1 - c**2)
    found = fit.effect_sizes().set_index("predictor")
    np.testing.assert_allclose(found["f_squared"], [(full - b**2) / (1 - full), (full - a**2) / (1 - full)], rtol=1e-5)
    np.testing.assert_allclose(found["vif"], 1 / (1 - c**2), rtol=1e-5)
    assert fit.r2["h"] == pytest.approx(full, rel=1e-5)


def test_one_predictor_in_each_group():
    data = answers().assign(unit=["a"] * 100 + ["b"] * 200)
    fit = cg.sem(FACTORS + "h ~ f", data, group="unit")
    found = fit.effect_sizes()
    assert list(found["group"]) == [1, 2] and np.allclose(found["vif"], 1)
    r2 = np.array([fit.r2["a", "h"], fit.r2["b", "h"]])
    np.testing.assert_allclose(found["f_squared"], r2 / (1 - r2))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=9, max_size=9))
def test_units_do_not_matter(powers):
    model, data = FACTORS + "h ~ f + g", answers(150)
    one, other = (cg.sem(model, d).effect_sizes() for d in (data, data * 10.0 ** np.array(powers)))
    np.testing.assert_allclose(one[["f_squared", "vif"]], other[["f_squared", "vif"]], rtol=1e-4)


def test_none_where_paths_are_no_regression():
    """A disturbance that goes with a predictor: explained variance has no parts."""
    loop = cg.sem(FACTORS + "g ~ f\nh ~ g\ng ~~ h", answers()).effect_sizes().set_index("outcome")
    assert np.isfinite(loop.loc["g", "f_squared"]) and np.isnan(loop.loc["h", "f_squared"])
    assert loop.loc["h", "vif"] == pytest.approx(1)


def test_a_model_without_paths_has_no_rows():
    assert list(cg.cfa(FACTORS, answers()).effect_sizes()) == ["group", "outcome", "predictor", "f_squared", "vif"]
    assert cg.cfa(FACTORS, answers()).effect_sizes().empty


def test_of_an_interaction():
    data = answers()
    data["x1:x4"] = (data["x1"] - data["x1"].mean()) * (data["x4"] - data["x4"].mean())
    fit = cg.sem("x7 ~ x1 + x4 + x1:x4", data)
    slopes = fit.simple_slopes("x7", "x1", "x4")
    X = sm.add_constant(data[["x1", "x4", "x1:x4"]])
    full, less = (sm.OLS(data["x7"], Z).fit().rsquared for Z in (X, X.iloc[:, :3]))
    assert slopes.f_squared == pytest.approx((full - less) / (1 - full), rel=1e-5)
    assert slopes.glance()["f_squared"][0] == slopes.f_squared
