"""Scores of service quality, gaps, response surfaces."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cgsurvey as cg
from cgsurvey.service_quality.gap_numbers import difference_reliability, mean_of, surface

DIMENSIONS = {"tangibles": ["tan1", "tan2"], "empathy": ["emp1", "emp2", "emp3"]}
ITEMS = [i for block in DIMENSIONS.values() for i in block]
SCALE = (1, 5)


def answers(n: int = 200, seed: int = 1) -> pd.DataFrame:
    """Perceptions, expectations (_e), importance of dimensions (_w) and items (_i), an outcome, a group."""
    rng = np.random.default_rng(seed)
    good, wish = rng.normal(size=n), rng.normal(size=n)
    cut = lambda x: np.clip(np.round(x), 1, 5)  # noqa: E731
    d = {i: cut(3 + 0.8 * good + rng.normal(size=n)) for i in ITEMS}
    d |= {f"{i}_e": cut(4 + 0.4 * wish + 0.5 * rng.normal(size=n)) for i in ITEMS}
    d |= {f"{i}_i": cut(3.5 + rng.normal(size=n)) for i in ITEMS}
    d |= {"tangibles_w": rng.integers(0, 101, n).astype(float)}
    d["empathy_w"] = 100 - d["tangibles_w"]
    d["sat"] = cut(3 + 0.6 * good - 0.2 * wish + rng.normal(size=n))
    return pd.DataFrame(d).assign(office=rng.choice(["A", "B"], n))


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return answers()


def test_dimensions_count_alike_whatever_their_number_of_items(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE).tidy().set_index("dimension")
    tangibles, empathy = data[["tan1", "tan2"]].mean(axis=1), data[["emp1", "emp2", "emp3"]].mean(axis=1)
    assert x.loc["tangibles", "score"] == pytest.approx(tangibles.mean(), abs=1e-12)
    whole = (tangibles + empathy) / 2
    assert x.loc["overall", "score"] == pytest.approx(whole.mean(), abs=1e-12)
    low, high = stats.t.interval(0.95, len(data) - 1, whole.mean(), stats.sem(whole))
    np.testing.assert_allclose(x.loc["overall", ["ci_lower", "ci_upper"]].astype(float), [low, high], rtol=1e-12)
    assert x.loc["overall", "score_100"] == pytest.approx(25 * (whole.mean() - 1), abs=1e-10)


def test_weights_of_respondents_weigh_their_own_dimensions(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE, importance="_w").tidy().set_index("dimension")
    tangibles, empathy = data[["tan1", "tan2"]].mean(axis=1), data[["emp1", "emp2", "emp3"]].mean(axis=1)
    weighted = (data["tangibles_w"] * tangibles + data["empathy_w"] * empathy) / 100
    assert x.loc["overall_weighted", "score"] == pytest.approx(weighted.mean(), abs=1e-12)
    assert x.loc["tangibles", "importance"] == pytest.approx(data["tangibles_w"].mean())


def test_weights_of_items_average_within_and_between_dimensions(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE, importance="_i").tidy().set_index("dimension")
    inside, w = [], []
    for block in DIMENSIONS.values():
        weights = data[[f"{i}_i" for i in block]].to_numpy()
        inside.append((weights * data[block].to_numpy()).sum(axis=1) / weights.sum(axis=1))
        w.append(weights.mean(axis=1))
    inside, w = np.array(inside), np.array(w)
    expected = ((inside * w).sum(axis=0) / w.sum(axis=0)).mean()
    assert x.loc["overall_weighted", "score"] == pytest.approx(expected, abs=1e-12)


def test_equal_weights_change_nothing(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE, importance={"tangibles": 3, "empathy": 3}).tidy()
    rows = x.set_index("dimension")
    assert rows.loc["overall_weighted", "score"] == pytest.approx(rows.loc["overall", "score"], abs=1e-12)


def test_gap_is_the_paired_t_test(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE, expectations="_e")
    row = x.gaps.set_index("dimension").loc["empathy"]
    p = data[["emp1", "emp2", "emp3"]].mean(axis=1)
    e = data[["emp1_e", "emp2_e", "emp3_e"]].mean(axis=1)
    found = stats.ttest_rel(p, e)
    assert row["gap"] == pytest.approx((p - e).mean())
    assert row["statistic"] == pytest.approx(found.statistic, rel=1e-10)
    assert row["p_value"] == pytest.approx(found.pvalue, rel=1e-8)
    low, high = found.confidence_interval()
    np.testing.assert_allclose([row["ci_lower"], row["ci_upper"]], [low, high], rtol=1e-10)
    assert [n.code for n in x.notes] == ["service_quality.difference_scores"]
    assert set(x.gaps["level"]) == {"dimension", "overall", "item"}


def test_gap_uses_pairs_with_both_answers(data):
    holes = data.copy()
    holes.loc[:49, "tan1"] = np.nan
    holes.loc[50:99, "tan1_e"] = np.nan
    row = cg.service_quality(holes, DIMENSIONS, scale=SCALE, expectations="_e").gaps.set_index("dimension").loc["tan1"]
    both = data.loc[100:]
    assert row["n"] == 100
    assert row["gap"] == pytest.approx((both["tan1"] - both["tan1_e"]).mean())
    assert row["perception"] == pytest.approx(both["tan1"].mean())


def test_reverse_items_are_turned_with_their_expectations():
    users = cg.load_sample("users")
    frame = users.frame.assign(rel4r_e=5.0, rel1_e=5.0)
    x = cg.service_quality(users.replace(frame=frame), expectations="_e").gaps.set_index("dimension")
    assert x.loc["rel1", "expectation"] == 5
    assert x.loc["rel4r", "expectation"] == 1
    assert x.loc["rel4r", "perception"] == pytest.approx(6 - users.frame["rel4r"].mean())


def test_reliability_of_a_difference_in_closed_form():
    rng = np.random.default_rng(3)
    true = rng.normal(size=(200_000, 2))
    x, y = true[:, 0], 0.5 * true[:, 0] + true[:, 1]
    P, E = x + rng.normal(size=len(x)), y + rng.normal(size=len(x))
    # true difference 0.5 t1 - t2 has variance 1.25, error variance 2
    assert difference_reliability(P, E, 1 / 2, 1.25 / 2.25) == pytest.approx(1.25 / 3.25, abs=0.01)
    assert np.isnan(difference_reliability(x, x, 1.0, 1.0))


def test_surface_equals_statsmodels(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE, expectations="_e", outcome="sat")
    p = data[["emp1", "emp2", "emp3"]].mean(axis=1) - 3
    e = data[["emp1_e", "emp2_e", "emp3_e"]].mean(axis=1) - 3
    frame = pd.DataFrame({"p": p, "e": e, "z": data["sat"]})
    fit = smf.ols("z ~ p + e + I(p**2) + p:e + I(e**2)", frame).fit()
    names = ["Intercept", "p", "e", "I(p ** 2)", "p:e", "I(e ** 2)"]
    rows = x.surface[x.surface["dimension"] == "empathy"].set_index("term")
    np.testing.assert_allclose(rows["estimate"].iloc[:6], fit.params[names], rtol=1e-8)
    np.testing.assert_allclose(rows["std_error"].iloc[:6], fit.bse[names], rtol=1e-8)
    np.testing.assert_allclose(rows["p_value"].iloc[:6], fit.pvalues[names], rtol=1e-6)
    tests = {"a1": "p + e = 0", "a3": "p - e = 0"}
    for term, hypothesis in tests.items():
        one = fit.t_test(hypothesis)
        assert rows.loc[term, "estimate"] == pytest.approx(one.effect[0], rel=1e-8)
        assert rows.loc[term, "std_error"] == pytest.approx(one.sd[0, 0], rel=1e-8)
    squares = np.array([[0, 0, 0, 1, s, 1] for s in (1, -1)], dtype=float)
    order = [list(fit.params.index).index(n) for n in names]
    for term, c in zip(("a2", "a4"), squares, strict=True):
        row = np.zeros(6)
        row[order] = c
        assert rows.loc[term, "std_error"] == pytest.approx(fit.t_test(row).sd[0, 0], rel=1e-8)
    difference = smf.ols("z ~ I(p - e)", frame).fit()
    f, p_value, df = fit.compare_f_test(difference)
    test = x.surface_tests.set_index("dimension").loc["empathy"]
    assert (test["df1"], test["df2"]) == (df, fit.df_resid)
    np.testing.assert_allclose([test["statistic"], test["p_value"]], [f, p_value], rtol=1e-7)
    np.testing.assert_allclose([test["r2"], test["r2_difference"]], [fit.rsquared, difference.rsquared], rtol=1e-9)


def test_surface_of_a_true_difference_is_not_rejected_too_often():
    rng = np.random.default_rng(8)
    rejected = 0
    for _ in range(400):
        p, e = rng.normal(size=(2, 100))
        found = surface(p, e, 0.5 * (p - e) + rng.normal(size=100))
        rejected += found.p_value < 0.05
    assert 0.02 < rejected / 400 < 0.085


def test_surface_needs_variation_in_both():
    p = np.arange(40.0) % 5
    assert surface(p, np.full(40, 4.0), p) is None
    assert surface(p[:8], p[::-1][:8], p[:8]) is None


def test_groups(data):
    x = cg.service_quality(data, DIMENSIONS, scale=SCALE, by="office").tidy()
    whole = data.assign(score=(data[["tan1", "tan2"]].mean(axis=1) + data[["emp1", "emp2", "emp3"]].mean(axis=1)) / 2)
    found = x[x["dimension"] == "overall"].set_index("office")["score"]
    np.testing.assert_allclose(found, whole.groupby("office")["score"].mean(), rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.5, 20), st.floats(-30, 30))
def test_units_of_the_scale_do_not_matter(seed, slope, shift):
    one = answers(40, seed % 50)[ITEMS]
    a = cg.service_quality(one, DIMENSIONS, scale=(1, 5)).tidy()
    b = cg.service_quality(one * slope + shift, DIMENSIONS, scale=(slope + shift, 5 * slope + shift + 1e-9)).tidy()
    np.testing.assert_allclose(a["score_100"], b["score_100"], rtol=1e-6)
    np.testing.assert_allclose(a["alpha"], b["alpha"], rtol=1e-6)


def test_order_of_rows_and_items_does_not_matter(data):
    a = cg.service_quality(data, DIMENSIONS, scale=SCALE, expectations="_e", outcome="sat")
    turned = {d: block[::-1] for d, block in DIMENSIONS.items()}
    b = cg.service_quality(data[::-1], turned, scale=SCALE, expectations="_e", outcome="sat")
    pd.testing.assert_frame_equal(a.tidy(), b.tidy(), rtol=1e-9)
    pd.testing.assert_frame_equal(a.surface, b.surface, rtol=1e-6)


def test_instrument_finds_dimensions_and_electronic_services():
    same = cg.load_sample("same")
    x = cg.service_quality(same)
    assert x.name == "service_quality" and len(x.table) == 6
    assert "service_quality.also_electronic" in {n.code for n in x.notes}
    assert "service_quality.design_left_out" in {n.code for n in x.notes}
    assert cg.service_quality(same, "e_service_quality").tidy()["dimension"].tolist()[0] == "eg_efficiency"


def test_means_without_variance_have_no_test():
    assert np.isnan(mean_of(np.full(10, 3.0), 0.95).statistic)
    assert mean_of(np.array([np.nan, 2.0]), 0.95).n == 1
    assert np.isnan(mean_of(np.array([np.nan]), 0.95).mean)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"scale": None}, cg.OptionError, r"scale=\(1, 5\)"),
        ({"scale": (5, 1)}, cg.OptionError, "lowest and the highest"),
        ({"scale": (1, 4)}, cg.CodingError, "outside scale"),
        ({"scale": {**dict.fromkeys(ITEMS, (1, 5)), "tan1": (0, 10)}}, cg.OptionError, "different scales"),
        ({"expectations": "_x"}, cg.ColumnNotFoundError, "suffix '_x'"),
        ({"expectations": {"tan9": "tan1_e"}}, cg.OptionError, "Did you mean 'tan"),
        ({"expectations": {"tan1": "tan1_f"}}, cg.ColumnNotFoundError, "Did you mean 'tan1_"),
        ({"outcome": "sat"}, cg.OptionError, "expectations"),
        ({"importance": {"tangibles": 1}}, cg.OptionError, "empathy"),
        ({"importance": {"tangibles": -1, "empathy": 2}}, cg.OptionError, "0 or more"),
        ({"importance": {"tangibles": "tangibles_w"}}, cg.OptionError, "empathy"),
        ({"by": "offic"}, cg.ColumnNotFoundError, "Did you mean 'office'"),
        ({"ci": 95}, cg.OptionError, "between 0 and 1"),
    ],
)
def test_bad_input_is_told(data, change, error, words):
    with pytest.raises(error, match=words):
        cg.service_quality(data, DIMENSIONS, **({"scale": SCALE} | change))


def test_dimensions_must_be_known(data):
    with pytest.raises(cg.OptionError, match="without an instrument"):
        cg.service_quality(data)
    with pytest.raises(cg.OptionError, match="Did you mean 'service_quality'"):
        cg.service_quality(cg.load_sample("users"), "service_qualty")
    with pytest.raises(cg.OptionError, match="has no items"):
        cg.service_quality(data, {"tangibles": []}, scale=SCALE)
    with pytest.raises(cg.SampleError, match="nobody has an overall score"):
        cg.service_quality(data.assign(tan1=np.nan, tan2=np.nan), DIMENSIONS, scale=SCALE, min_valid=1)


def test_importance_is_columns_or_numbers_not_both(data):
    with pytest.raises(cg.OptionError, match="mixes columns and numbers"):
        cg.service_quality(data, DIMENSIONS, scale=SCALE, importance={"tangibles": 3, "empathy": "t1"})
