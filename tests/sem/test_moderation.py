"""Moderation: products of indicators, simple slopes, Johnson-Neyman bounds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import cgsurvey as cg
from cgsurvey.sem.derived.johnson_neyman import effect_at, johnson_neyman

REFERENCE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((REFERENCE / "moderation.json").read_text())
X, Z = ["x1", "x2", "x3"], ["z1", "z2", "z3"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "moderation.csv")


@pytest.mark.parametrize("case", GOLDEN["products"], ids=lambda c: f"{c['method']} {c['center']}")
def test_products_are_those_of_semtools(data, case):
    made = cg.product_indicators(data, X, Z, "XZ", method=case["method"], center=case["center"])
    assert sorted(made.names) == sorted(case["names"])
    new = made.data[case["names"]]
    np.testing.assert_allclose(new.mean(), case["sums"], atol=1e-10)
    np.testing.assert_allclose((new**2).mean(), case["squares"], rtol=1e-9)
    np.testing.assert_allclose(new.iloc[0], case["first"], rtol=1e-8, atol=1e-9)
    assert list(made.data.columns[: data.shape[1]]) == list(data.columns)


def test_slopes_of_a_latent_product_are_those_of_semtools(data):
    made = cg.product_indicators(data, X, Z, "XZ")
    latent = GOLDEN["latent"]
    fit = cg.sem(latent["model"], made.data, meanstructure=True, estimator="MLR")
    found = fit.simple_slopes("Y", "X", "Z", "XZ", at=latent["at"]).tidy()
    np.testing.assert_allclose(found["estimate"], latent["est"], atol=2e-4)
    np.testing.assert_allclose(found["std_error"], latent["se"], atol=2e-4)
    assert made.syntax in latent["model"]


def test_slopes_of_an_observed_product_are_those_of_lavaan(data):
    golden = GOLDEN["observed"]
    fit = cg.sem("y1 ~ x1 + z1 + x1:z1", data)
    found = fit.simple_slopes("y1", "x1", "z1", at=golden["at"])
    np.testing.assert_allclose(found.tidy()["estimate"], golden["est"], rtol=1e-6)
    np.testing.assert_allclose(found.tidy()["std_error"], golden["se"], rtol=1e-6)
    assert found.tidy()["level"].tolist() == ["2", "2.8", "3.5"]
    usual = fit.simple_slopes("y1", "x1", "z1").tidy()
    sd = data["z1"].std(ddof=0)
    np.testing.assert_allclose(usual["moderator_value"], data["z1"].mean() + sd * np.array([-1, 0, 1]))
    assert usual["level"].tolist() == ["-1 SD", "mean", "+1 SD"]
    turned = fit.simple_slopes("y1", "z1", "x1")
    assert turned.product == "x1:z1" and turned.predictor == "z1"


@pytest.mark.parametrize(
    ("b", "V", "region"),
    [
        ((0.2, 0.3), ((0.01, 0.0), (0.0, 0.002)), "outside"),
        ((0.5, 0.01), ((0.01, 0.0), (0.0, 0.04)), "inside"),
        ((0.0, 0.01), ((0.01, 0.0), (0.0, 0.04)), "nowhere"),
        ((1.0, 0.0), ((0.01, 0.0), (0.0, 0.0)), "everywhere"),
        ((0.1, 0.0), ((0.01, 0.0), (0.0, 0.0)), "nowhere"),
        ((0.2, 1.0), ((1.0, 0.0), (0.0, 0.0)), "outside"),
    ],
)
def test_bounds_are_where_the_interval_touches_zero(b, V, region):
    b, V, crit = np.array(b), np.array(V), norm.ppf(0.975)
    found = johnson_neyman(b, V, crit)
    assert found.region == region
    grid = np.linspace(-50, 50, 4001)
    estimate, error = effect_at(b, V, grid)
    shown = np.abs(estimate) > crit * error
    if region in ("inside", "outside"):
        for bound in (found.lower, found.upper):
            e, s = effect_at(b, V, np.array([bound]))
            assert abs(e[0]) == pytest.approx(crit * s[0], rel=1e-9)
        between = (grid > found.lower) & (grid < found.upper)
        assert (shown == (between if region == "inside" else ~between)).all()
    else:
        assert np.isnan([found.lower, found.upper]).all() and shown.all() == (region == "everywhere")


def test_a_single_bound():
    # crit 1: b1 = 1 + w, V = [[4, 0], [0, 1]]: (1 + w)^2 = 4 + w^2 at w = 1.5
    found = johnson_neyman(np.array([1.0, 1.0]), np.diag([4.0, 1.0]), 1.0)
    assert (found.lower, found.region) == (pytest.approx(1.5), "above") and np.isnan(found.upper)
    found = johnson_neyman(np.array([1.0, -1.0]), np.diag([4.0, 1.0]), 1.0)
    assert (found.upper, found.region) == (pytest.approx(-1.5), "below") and np.isnan(found.lower)


def test_units_and_centring_do_not_matter(data):
    model = "y1 ~ x1 + z1 + x1:z1"
    plain = cg.sem(model, data).simple_slopes("y1", "x1", "z1")
    moved = cg.sem(model, data.assign(x1=data["x1"] - 3, z1=10 * (data["z1"] - 2))).simple_slopes("y1", "x1", "z1")
    np.testing.assert_allclose(plain.tidy()["statistic"], moved.tidy()["statistic"], rtol=1e-6)
    np.testing.assert_allclose((plain.bounds.lower - 2) * 10, moved.bounds.lower, rtol=1e-6)
    x = np.array([2.0, 4.0])
    np.testing.assert_allclose(plain.predicted(x, 3.0), moved.predicted(x - 3, 10.0), rtol=1e-6)
    rows = cg.sem(model, data, meanstructure=True).tidy()
    e = rows[rows["lhs"] == "y1"].set_index(["op", "rhs"])["estimate"]
    by_hand = e["~1", ""] + e["~", "x1"] * x + e["~", "z1"] * 3 + e["~", "x1:z1"] * x * 3
    np.testing.assert_allclose(plain.predicted(x, 3.0), by_hand, rtol=1e-6)


def test_latent_interaction_is_recovered():
    rng = np.random.default_rng(4)
    n = 6000
    f = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], n)
    y = 0.4 * f[:, 0] + 0.3 * f[:, 1] + 0.25 * f[:, 0] * f[:, 1] + rng.normal(0, 0.7, n)
    noise = rng.normal(0, 0.5, (n, 7))
    frame = pd.DataFrame(np.column_stack([f[:, [0, 0, 0]], f[:, [1, 1, 1]], y]) + noise + 3, columns=[*X, *Z, "y"])
    for method in ("matched", "all"):
        made = cg.product_indicators(frame, X, Z, "XZ", method=method)
        model = f"X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\n{made.syntax}\ny ~ X + Z + XZ"
        slopes = cg.sem(model, made.data, estimator="MLR").simple_slopes("y", "X", "Z", "XZ", at=[-1, 0, 1]).tidy()
        assert (abs(slopes["estimate"] - [0.15, 0.4, 0.65]) < 3 * slopes["std_error"]).all()
    assert made.syntax.count("~~") == 18


def test_groups_have_their_own_slopes(data):
    both = data.assign(site=np.where(np.arange(len(data)) % 2, "b", "a"))
    fit = cg.sem("y1 ~ x1 + z1 + x1:z1", both, group="site")
    for g, site in ((1, "a"), (2, "b")):
        alone = cg.sem("y1 ~ x1 + z1 + x1:z1", both[both["site"] == site]).simple_slopes("y1", "x1", "z1")
        here = fit.simple_slopes("y1", "x1", "z1", group=g)
        np.testing.assert_allclose(here.tidy()["estimate"], alone.tidy()["estimate"], rtol=1e-6)
        assert here.bounds.lower == pytest.approx(alone.bounds.lower, rel=1e-5)


def test_what_cannot_be_probed_is_refused_or_noted(data):
    fit = cg.sem("y1 ~ x1 + x1:z1\ny2 ~ x1 + z1", data)
    assert [n.code for n in fit.simple_slopes("y1", "x1", "z1").notes] == ["sem.no_moderator_path"]
    with pytest.raises(cg.ModelError, match="no path 'y2 ~ x1:z1'"):
        fit.simple_slopes("y2", "x1", "z1")
    with pytest.raises(cg.OptionError, match="no variable of the model"):
        fit.simple_slopes("y9", "x1", "z1")
    with pytest.raises(cg.OptionError, match="product_indicators"):
        fit.simple_slopes("y1", "x1", "y2")
    with pytest.raises(cg.OptionError, match="numbered 1 to 1"):
        fit.simple_slopes("y1", "x1", "z1", group=2)
    with pytest.raises(cg.OptionError, match="as many indicators"):
        cg.product_indicators(data, X, Z[:2], "XZ")
    with pytest.raises(cg.OptionError, match="both latent"):
        cg.product_indicators(data, X, ["x1", "z1", "z2"], "XZ")
    with pytest.raises(cg.DataError, match="already"):
        cg.product_indicators(cg.product_indicators(data, X, Z, "XZ").data, X, Z, "XZ")
    with pytest.raises(cg.ColumnNotFoundError):
        cg.product_indicators(data, X, ["z1", "z2", "zz"], "XZ")


def test_missing_answers_give_missing_products(data):
    holes = data.copy()
    holes.loc[3, "x2"] = np.nan
    made = cg.product_indicators(holes, X, Z, "XZ").data
    assert np.isnan(made.loc[3, "x2.z2"]) and made.drop(index=3)["x2.z2"].notna().all()
    assert made["x2.z2"].mean() == pytest.approx(0, abs=1e-12)


def test_responses_keep_their_design_and_the_direction_of_their_items():
    answers = cg.load_sample()
    trust, lead = ["sm_tru2", "sm_tru3", "sm_tru4r"], ["cj_lea1", "cj_lea2", "cj_lea3"]
    made = cg.product_indicators(answers, lead, trust, "product")
    assert made.data.design == answers.design and made.data.simulated
    pd.testing.assert_frame_equal(made.data.frame[answers.frame.columns], answers.frame)
    plain = cg.product_indicators(answers.keyed, lead, trust, "product").data
    pd.testing.assert_frame_equal(made.data.frame[list(made.names)], plain[list(made.names)])
    syntax = f"{made.syntax}\nmutual_trust =~ {' + '.join(trust)}"
    fit = cg.cfa(syntax, made.data, missing="fiml", estimator="MLR")
    assert any(n.code == "sem.clusters" for n in fit.notes)
