"""Ordered items in unequal groups, with weights, and indices of their scales: lavaan's values on simulated data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

FILES = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((FILES / "ordered_groups.json").read_text())
ITEMS = [f"u{k}" for k in range(1, 7)]
TWO = "f =~ u1 + u2 + u3\nh =~ u4 + u5 + u6"
EQUAL = "\n".join(f"{u} | a*t1 + b*t2" for u in ITEMS[:3])


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(FILES / "ordered_groups.csv")


def test_difference_of_unequal_groups(data):
    fits = [cg.cfa(TWO, data, ordered=True, group="g", group_equal=e) for e in ((), ("loadings",))]
    row = cg.compare(*fits).tidy().iloc[-1]
    assert row[["chisq_diff", "p_value"]].tolist() == pytest.approx(GOLDEN["satorra_2000"], rel=1e-5)


def test_indices_of_scales_and_none_of_covariates(data):
    fit = cg.sem(f"f =~ u1 + u2 + u3\nf ~ x\n{EQUAL}", data, ordered=True)
    found = fit.modification_indices().set_index(["lhs", "op", "rhs"])["mi"]
    known = pd.DataFrame(GOLDEN["indices"]).set_index(["lhs", "op", "rhs"])["mi"]
    assert ("u1", "~*~", "u1") in known.index
    known = known[known > 1e-6]
    assert found[known.index].to_numpy() == pytest.approx(known.to_numpy(), rel=1e-3)
    assert not {("x", "~", "f"), ("x", "~~", "x")} & set(found.index)


def test_moments_of_covariates_with_weights(data):
    fit = cg.sem("f =~ u1 + u2 + u3\nf ~ x", data, ordered=True, weights="w")
    rows = fit.tidy().set_index(["lhs", "op", "rhs"])
    assert rows.loc[("x", "~~", "x"), "estimate"] == pytest.approx(GOLDEN["x_variance"][0], rel=1e-9)
    assert rows.loc[("f", "~", "x"), "std_all"] == pytest.approx(GOLDEN["std_slope"][0], rel=1e-5)


@pytest.mark.parametrize("estimator", ["ULS", "GLS"])
def test_expected_change_is_exact_where_the_fit_function_is_quadratic(data, estimator):
    """lavaan 0.6-14 gives (n - 1) / n of it."""
    base = "f =~ 1*u1 + .8*u2 + .7*u3 + .9*u4\nf ~~ .4*f"
    epc = cg.cfa(base, data, estimator=estimator).modification_indices().query("lhs == 'u1' and rhs == 'u2'")["epc"]
    freed = cg.cfa(f"{base}\nu1 ~~ u2", data, estimator=estimator).tidy().query("lhs == 'u1' and rhs == 'u2'")
    assert epc.iloc[0] == pytest.approx(freed["estimate"].iloc[0], rel=1e-9)


@pytest.mark.parametrize("units", [{"y": 1e4}, {"y": 1e-4}, {"y": 1e4, "z": 1e-3, "x": 1e4}])
def test_units_of_numeric_variables_beside_ordered_items_change_nothing(data, units):
    rng = np.random.default_rng(5)
    data = data.assign(y=data["u4"] + rng.normal(size=len(data)), z=data["u1"] + rng.normal(size=len(data)))
    model, ordered = "f =~ u1 + u2 + z\nh =~ y + u5 + u6\nh ~ f + x", ["u1", "u2", "u5", "u6"]
    other = data.assign(**{name: data[name] * k for name, k in units.items()})
    first, second = (cg.sem(model, rows, ordered=ordered) for rows in (data, other))
    for name in ("chisq", "chisq_scaled", "cfi_scaled", "srmr"):
        assert second.fit_measures[name] == pytest.approx(first.fit_measures[name], rel=1e-7)
    assert second.tidy()["std_all"].to_numpy() == pytest.approx(first.tidy()["std_all"].to_numpy(), abs=1e-7)


def test_weighted_covariances_of_least_squares_have_divisor_n(data):
    fit = cg.cfa(TWO, data, estimator="ULS", weights="w")
    assert fit.fit_measures["chisq"] == pytest.approx(GOLDEN["uls_chisq"][0], rel=1e-6)
