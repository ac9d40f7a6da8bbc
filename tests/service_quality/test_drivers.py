"""Drivers of a construct: effects in points of scores, performance, what an improvement is worth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

HERE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((HERE / "drivers.json").read_text())
MODEL = """
trust =~ t1 + t2 + t3
e1 =~ o1 + o2
e2 =~ o3 + o4
e3 =~ o5 + o6
open =~ e1 + e2 + e3
quality =~ q1 + q2 + q3
open ~ trust
quality ~ trust + open
"""


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "drivers.csv")


@pytest.fixture(scope="module")
def scale(data) -> dict[str, tuple[int, int]]:
    return {c: (1, 5) for c in data} | {"t3": (1, 7), "q3": (1, 4)}


@pytest.fixture(scope="module")
def fit(data) -> cg.SemFit:
    return cg.sem(MODEL, data)


@pytest.fixture(scope="module")
def found(fit, data, scale) -> cg.Drivers:
    return cg.drivers(fit, data, scale=scale)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
@pytest.mark.parametrize("std_lv", [False, True])
def test_effects_in_points_equal_lavaan_whatever_the_metric_of_the_factors(data, scale, estimator, std_lv):
    table = cg.drivers(cg.sem(MODEL, data, estimator=estimator, std_lv=std_lv), data, scale=scale).tidy()
    rows = table[table["level"] == "construct"].set_index("name")
    for name in ("trust", "open"):
        golden = GOLDEN[estimator][f"tau_{name}"]
        got = rows.loc[name, ["total_effect", "std_error", "ci_lower", "ci_upper"]].astype(float)
        np.testing.assert_allclose(got, list(golden.values()), atol=5e-6)


def test_model_effects_are_those_of_mediation(found, fit):
    rows = found.table[found.table["level"] == "construct"].set_index("name")
    effects = cg.mediation(fit, causes="trust", outcomes="quality", ci_type="delta")
    raw, std = (t[t["effect"] == "total"].iloc[0] for t in (effects.table, effects.standard))
    assert rows.loc["trust", "effect_raw"] == pytest.approx(raw["estimate"], rel=1e-10)
    assert rows.loc["trust", "effect_std"] == pytest.approx(std["estimate"], rel=1e-10)
    z = 1.959963984540054
    assert rows.loc["trust", "effect_raw_upper"] == pytest.approx(raw["estimate"] + z * raw["std_error"], rel=1e-8)
    assert rows.loc["trust", "effect_std_upper"] == pytest.approx(std["estimate"] + z * std["std_error"], rel=1e-8)


def test_performance_is_the_rescaled_mean(found, data):
    rows = found.table.set_index("name")
    assert rows.loc["t3", "performance_score"] == pytest.approx(100 * (data["t3"].mean() - 1) / 6)
    trust = (100 * (data[["t1", "t2"]] - 1) / 4).sum(axis=1) / 3 + 100 * (data["t3"] - 1) / 6 / 3
    assert rows.loc["trust", "performance_score"] == pytest.approx(trust.mean())
    assert found.target_performance == pytest.approx(
        ((100 * (data[["q1", "q2"]] - 1) / 4).sum(axis=1) / 3 + 100 * (data["q3"] - 1) / 3 / 3).mean()
    )


def test_parts_share_the_effect_of_their_construct(found):
    table = found.table
    for level in ("element", "item"):
        part = table[(table["level"] == level) & (table["construct"] == "open")]
        top = table[(table["level"] == "construct") & (table["name"] == "open")].iloc[0]
        assert part["weight"].sum() == pytest.approx(1)
        assert part["total_effect"].sum() == pytest.approx(top["total_effect"])


def test_units_of_items_do_not_matter(found, data, scale):
    turned = data * 10 - 4
    other = cg.drivers(
        cg.sem(MODEL, turned), turned, scale={k: (10 * a - 4, 10 * b - 4) for k, (a, b) in scale.items()}
    )
    numbers = ["total_effect", "std_error", "effect_std", "performance_score"]
    np.testing.assert_allclose(found.table[numbers], other.table[numbers], rtol=1e-5)


def test_order_of_rows_does_not_matter(found, data, scale):
    other = cg.drivers(cg.sem(MODEL, data[::-1]), data[::-1], scale=scale)
    pd.testing.assert_frame_equal(found.table, other.table, rtol=1e-6)


def test_weighted_scores(data, fit, scale):
    weighted = cg.drivers(fit, data, scale=scale, scores="weighted").table.set_index("name")
    rows = fit.tidy()
    loading = rows[(rows["op"] == "=~") & (rows["lhs"] == "trust")]["estimate"].to_numpy()
    residual = [
        rows[(rows["op"] == "~~") & (rows["lhs"] == t) & (rows["rhs"] == t)]["estimate"].iloc[0]
        for t in ("t1", "t2", "t3")
    ]
    w = loading / residual
    np.testing.assert_allclose(weighted.loc[["t1", "t2", "t3"], "weight"], w / w.sum(), rtol=1e-10)


def test_recovery_of_points_by_intervention():
    """Raise the factor so that its score rises by one point: the target's score rises by tau."""
    rng = np.random.default_rng(1)
    n = 40_000
    f = rng.normal(size=n)
    g = 0.6 * f + rng.normal(size=n)
    x = 10 + np.outer(f, [1.0, 0.8, 1.2]) + rng.normal(size=(n, 3))
    y = 10 + np.outer(g, [0.9, 1.1, 0.7]) + rng.normal(size=(n, 3))
    frame = pd.DataFrame(np.hstack([x, y]), columns=["x1", "x2", "x3", "y1", "y2", "y3"])
    fit = cg.sem("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f", frame)
    tau = cg.drivers(fit, frame, scale=(-20, 40)).table.iloc[0]["total_effect"]
    assert tau == pytest.approx(0.6 * np.mean([0.9, 1.1, 0.7]) / np.mean([1.0, 0.8, 1.2]), abs=0.02)


def test_intervals_of_draws_and_resamples_are_near_the_delta_method(data, fit, scale, found):
    delta = found.table.iloc[:2]
    drawn = cg.drivers(fit, data, scale=scale, ci_type="monte.carlo", seed=1).table.iloc[:2]
    boot = cg.sem(MODEL, data, se="bootstrap", bootstrap=200, seed=2)
    again = cg.drivers(boot, data, scale=scale)
    assert again.meta.options["ci_type"] == "percentile"
    for other, tolerance in ((drawn, 0.1), (again.table.iloc[:2], 0.25)):
        np.testing.assert_allclose(other["std_error"], delta["std_error"], rtol=tolerance)
        np.testing.assert_allclose(other["total_effect"], delta["total_effect"], rtol=1e-6)


def test_ordered_items_have_effects_in_points_too(data):
    items = ["t1", "t2", "q1", "q2"]
    model = "trust =~ a*t1 + a*t2\nquality =~ b*q1 + b*q2\nquality ~ trust"
    fit = cg.sem(model, data, ordered=items)
    x = cg.drivers(fit, data, scale=(1, 5))
    assert "service_quality.ordered_drivers" in {n.code for n in x.notes}
    row = x.table.iloc[0]
    ratio = data[["q1", "q2"]].mean(axis=1).std() / data[["t1", "t2"]].mean(axis=1).std()
    assert row["total_effect"] == pytest.approx(row["effect_std"] * ratio, rel=1e-10)
    with pytest.raises(cg.OptionError, match="residual variances"):
        cg.drivers(fit, data, scale=(1, 5), scores="weighted")


def test_groups_have_maps_of_their_own(data, scale):
    frame = data.assign(area=["city", "village"] * 200)
    fit = cg.sem("trust =~ t1 + t2 + t3\nquality =~ q1 + q2 + q3\nquality ~ trust", frame, group="area")
    x = cg.drivers(fit, frame, scale=scale, group="village")
    half = frame[frame["area"] == "village"]
    assert x.table.set_index("name").loc["t1", "performance_score"] == pytest.approx(25 * (half["t1"].mean() - 1))
    alone = cg.sem("trust =~ t1 + t2 + t3\nquality =~ q1 + q2 + q3\nquality ~ trust", half)
    only = cg.drivers(alone, half, scale=scale).table
    np.testing.assert_allclose(x.table["total_effect"], only["total_effect"], rtol=1e-5)
    with pytest.raises(cg.OptionError, match="group='city'"):
        cg.drivers(fit, frame, scale=scale)


def test_what_if(found):
    one = found.what_if().set_index("name")
    top = found.table[found.table["level"] == "construct"].set_index("name")
    np.testing.assert_allclose(one["change"], top.loc[one.index, "total_effect"])
    assert one["change"].is_monotonic_decreasing
    far = found.what_if(1000)
    np.testing.assert_allclose(far["performance_score"] + far["points"], 100)
    assert (far["target_after"] <= 100).all()
    assert len(found.what_if(5, level="item")) == 9
    fall = found.what_if(-5)
    assert (fall["change_lower"] <= fall["change"]).all() and (fall["change"] <= fall["change_upper"]).all()
    with pytest.raises(cg.OptionError, match="points=0"):
        found.what_if(0)


def test_observed_causes_without_a_scale_are_left_out(data, scale):
    frame = data.assign(age=np.arange(400.0))
    fit = cg.sem("trust =~ t1 + t2 + t3\nquality =~ q1 + q2 + q3\nquality ~ trust + age", frame)
    x = cg.drivers(fit, frame, scale=scale)
    assert x.table["construct"].unique().tolist() == ["trust"]
    assert any(n.code == "service_quality.drivers_without_scale" and "age" in n.text for n in x.notes)
    whole = cg.drivers(fit, frame, scale=scale | {"age": (0, 399)})
    row = whole.table.set_index("name").loc["age"]
    assert row["performance_score"] == pytest.approx(50)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"target": "qualty"}, cg.OptionError, "Did you mean 'quality'"),
        ({"target": "trust"}, cg.ModelError, "nothing drives 'trust'"),
        ({"constructs": ["e1"]}, cg.OptionError, "no driver of 'quality'"),
        ({"scale": None}, cg.OptionError, "0 to 100 needs its ends"),
        ({"scale": (1, 4)}, cg.CodingError, "outside scale"),
        ({"ci_type": "percentile"}, cg.OptionError, "se='bootstrap'"),
        ({"scores": "factor"}, cg.OptionError, "Allowed: 'mean', 'weighted'"),
        ({"group": 2}, cg.OptionError, "this fit has one"),
    ],
)
def test_bad_input_is_told(fit, data, scale, change, error, words):
    with pytest.raises(error, match=words):
        cg.drivers(fit, data, **({"scale": scale} | change))


def test_a_measurement_model_has_no_drivers(data, scale):
    with pytest.raises(cg.ModelError, match="no regressions"):
        cg.drivers(cg.cfa("trust =~ t1 + t2 + t3", data), data, scale=scale)
    with pytest.raises(cg.OptionError, match="fitted model"):
        cg.drivers("quality ~ trust", data)
