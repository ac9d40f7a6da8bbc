"""Early against late respondents, and sample against population."""

from __future__ import annotations

import json
from pathlib import Path

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.responses.two_samples import (
    equivalence,
    hedges,
    hedges_interval,
    holm,
    independence,
    sample_of,
    unbiasing,
    welch,
)

FOLDER = Path(__file__).resolve().parents[1] / "reference"
ITEMS = list("abcd")
nan = np.nan


@pytest.fixture(scope="module")
def golden() -> dict:
    return json.loads((FOLDER / "samples.json").read_text())


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "samples.csv")


def codes(found: cg.Result) -> set[str]:
    return {n.code for n in found.notes}


def said(found: cg.Result, code: str) -> str:
    return next(n.text for n in found.notes if n.code == code)


# ---- against R -----------------------------------------------------------------------------------------------------


def test_comparisons_equal_those_of_r(data, golden):
    found = cg.nonresponse_bias(data, items=ITEMS, profile=["sex", "school"], wave="wave")
    rows = found.tidy().set_index("variable")
    for name, e in golden["means"].items():
        shown = rows.loc[name, ["statistic", "df", "p_value", "effect_size", "ci_lower", "ci_upper", "p_equivalence"]]
        want = [e[k] for k in ("t", "df", "p", "g", "lower", "upper", "equivalence")]
        np.testing.assert_allclose(shown.astype(float), want, rtol=1e-9, err_msg=name)
    for name, e in golden["tables"].items():
        shown = rows.loc[name, ["statistic", "df", "p_value"]].astype(float)
        np.testing.assert_allclose(shown, [e["chisq"], e["df"], e["p"]], rtol=1e-10)
        assert rows.loc[name, "effect_size"] == pytest.approx(np.sqrt(e["chisq"] / 160))
    np.testing.assert_allclose(rows["p_holm"], golden["holm"], rtol=1e-10)
    assert rows["verdict"].tolist() == ["undecided", "undecided", "undecided", "difference", "undecided", "undecided"]
    assert found.how == "wave" and "second" in said(found, "responses.middle_waves")
    row = found.glance().iloc[0]
    assert row[["n_early", "n_late", "n_variables", "n_different", "n_equivalent"]].tolist() == [90, 70, 6, 1, 0]


def test_goodness_of_fit_equals_that_of_r(data, golden):
    found = cg.representativeness(data, {"school": {"low": 0.25, "mid": 0.5, "high": 0.25}})
    test, e = found.tests.iloc[0], golden["fit"]
    np.testing.assert_allclose(test[["chisq", "df", "p_value"]].astype(float), [e["chisq"], e["df"], e["p"]], 1e-10)
    np.testing.assert_allclose(found.tidy()["std_residual"], e["stdres"], rtol=1e-10)
    assert test["cohen_w"] == pytest.approx(np.sqrt(test["chisq"] / 240)) and test["verdict"] == "difference"
    shares = found.tidy()
    assert shares["share"].sum() == pytest.approx(1) and shares["difference"].sum() == pytest.approx(0)


def test_shapes_and_mardia_equal_those_of_psych_and_semtools(data, golden):
    found, e = cg.normality(data, ITEMS), golden["shape"]
    np.testing.assert_allclose(found.items["skewness"], e["type2"]["skew"], rtol=1e-10)
    np.testing.assert_allclose(found.items["kurtosis"], e["type2"]["kurtosis"], rtol=1e-10)
    n = found.items["n"]
    g1, g2 = found.items["skewness_cr"] * np.sqrt(6 / n), found.items["kurtosis_cr"] * np.sqrt(24 / n)
    np.testing.assert_allclose(g1 * ((n - 1) / n) ** 1.5, e["type3"]["skew"], rtol=1e-10)
    np.testing.assert_allclose((g2 + 3) * ((n - 1) / n) ** 2 - 3, e["type3"]["kurtosis"], rtol=1e-9)
    m, psych, semtools = found.mardia.set_index("measure"), e["mardia"], e["semtools"]
    assert m["n"].unique().tolist() == [231]
    small, names = m.loc["skewness_small"], ["estimate", "statistic", "p_value"]
    np.testing.assert_allclose(m.loc["skewness", names], [psych[k] for k in ("b1p", "skew", "p_skew")], rtol=1e-9)
    np.testing.assert_allclose(small[["statistic", "p_value"]], [psych["small"], psych["p_small"]], rtol=1e-9)
    np.testing.assert_allclose(m.loc["kurtosis", ["estimate", "statistic"]], [psych["b2p"], psych["kurtosis"]], 1e-9)
    np.testing.assert_allclose(
        m.loc["skewness", [*names, "df"]], [semtools["skew"][k] for k in ("b1d", "chi", "p", "df")], rtol=1e-9
    )
    np.testing.assert_allclose(m.loc["kurtosis", names], [semtools["kurtosis"][k] for k in ("b2d", "z", "p")], 1e-9)


# ---- closed forms and properties -----------------------------------------------------------------------------------


def test_factor_against_bias():
    assert unbiasing(2.0) == pytest.approx(1 / np.sqrt(np.pi))  # Gamma(1) / (1 * Gamma(1/2))
    assert unbiasing(100.0) == pytest.approx(1 - 3 / (4 * 100 - 1), abs=1e-5)


def test_hedges_is_unbiased_and_its_interval_covers():
    rng = np.random.default_rng(1)
    found = []
    for x in rng.normal(size=(2000, 14)):
        one, other = sample_of(x[:6] + 0.8), sample_of(x[6:])
        g = float(hedges(one, other))
        found.append((g, *hedges_interval(g, 6, 8, 0.9)))
    g, lower, upper = np.array(found).T
    assert g.mean() == pytest.approx(0.8, abs=0.04)
    # the interval is that of d times the factor: it covers the population value divided by it
    J = float(unbiasing(12.0))
    assert ((lower / J < 0.8) & (upper / J > 0.8)).mean() == pytest.approx(0.9, abs=0.02)


def test_size_of_the_equivalence_test_at_its_bound():
    rng = np.random.default_rng(2)
    p = [equivalence(sample_of(x[:80] + 0.5), sample_of(x[80:]), 0.5) for x in rng.normal(size=(2000, 160))]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.015)


@given(st.lists(st.one_of(st.just(nan), st.floats(0, 1)), min_size=1, max_size=12))
@settings(deadline=None)
def test_holm(p):
    p = np.array(p)
    adjusted = holm(p)
    known = ~np.isnan(p)
    assert np.array_equal(np.isnan(adjusted), ~known)
    m = known.sum()
    rejected = adjusted[known] <= 0.05
    ordered = np.sort(p[known])
    stop = next((i for i, v in enumerate(ordered) if v > 0.05 / (m - i) * (1 + 1e-12)), m)
    assert abs(int(rejected.sum()) - stop) <= (np.isclose(adjusted[known], 0.05, rtol=1e-9)).sum()


def test_independence_of_a_table_by_hand():
    found = independence(np.array([[30, 10, 0], [10, 30, 0]]))
    assert (found.chisq, found.df, found.v, found.thin) == (20.0, 1, 0.5, 0.0)
    assert np.isnan(independence(np.array([[30, 0], [10, 0]])).chisq)


def test_welch_does_not_depend_on_units():
    x, y = np.random.default_rng(3).normal(size=(2, 20))
    one, other = welch(sample_of(x), sample_of(y)), welch(sample_of(5 + 100 * x), sample_of(5 + 100 * y))
    assert float(one.t) == pytest.approx(float(other.t)) and float(one.df) == pytest.approx(float(other.df))


# ---- who is early and who is late ----------------------------------------------------------------------------------


def test_order_of_time_and_of_rows():
    n = 40
    frame = pd.DataFrame({"x": np.arange(n) % 5 + 1.0, "y": np.arange(n, dtype=float)})
    rows = cg.nonresponse_bias(frame, items=["y"])
    assert rows.tidy()[["n_early", "mean_early", "mean_late"]].iloc[0].tolist() == [10, 4.5, 34.5]
    assert rows.how == "rows" and "first and the last 25 %" in said(rows, "responses.order_of_rows")
    stamps = pd.date_range("2026-09-01", periods=n, freq="h", tz="Asia/Jakarta").astype(str)
    shuffled = frame.assign(end=stamps).sample(frac=1, random_state=1)
    timed = cg.nonresponse_bias(shuffled, items=["y"], time="end", share=0.1)
    assert timed.tidy()[["n_early", "mean_early", "mean_late"]].iloc[0].tolist() == [4, 1.5, 37.5]
    shuffled.loc[[0, 1], "end"] = ["?", None]
    partly = cg.nonresponse_bias(shuffled, items=["y"], time="end", share=0.1)
    assert partly.tidy()["mean_early"].item() == 3 and "2." in said(partly, "responses.times_blank")


def test_waves_that_count_as_early(data):
    found = cg.nonresponse_bias(data, items=["a"], wave="wave", early=["first", "second"])
    assert found.tidy()[["n_early", "n_late"]].iloc[0].tolist() == [170, 70]
    with pytest.raises(cg.OptionError, match=r"'frist'\. Did you mean 'first'"):
        cg.nonresponse_bias(data, items=["a"], wave="wave", early="frist")
    with pytest.raises(cg.OptionError, match="every wave is called early"):
        cg.nonresponse_bias(data, items=["a"], wave="wave", early=["first", "second", "third"])
    with pytest.raises(cg.OptionError, match="early names waves"):
        cg.nonresponse_bias(data, items=["a"], early="first")


def test_constructs_are_scored_with_reverse_items_turned():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.integers(1, 6, (80, 4)).astype(float), columns=list(linked_survey.USER))
    frame["sex"], frame["age"], frame["role"] = (
        np.where(np.arange(80) % 3, "f", "m"),
        rng.integers(20, 60, 80),
        "client",
    )
    responses = cg.Responses(frame=frame, instrument=linked_survey.survey())
    rows = cg.nonresponse_bias(responses).tidy().set_index("variable")
    score = cg.score(responses)["service"]
    assert rows.loc["service", "mean_early"] == pytest.approx(score[:20].mean())
    assert rows["method"].to_dict() == {"service": "welch", "role": "chisq", "sex": "chisq", "age": "welch"}
    assert rows.loc["role", "verdict"] == "" and np.isnan(rows.loc["role", "p_value"])
    one = cg.nonresponse_bias(responses, items=["ser4r"]).tidy().set_index("variable")
    assert one.loc["ser4r", "mean_early"] == pytest.approx((6 - frame["ser4r"][:20]).mean())
    by_name = cg.nonresponse_bias(frame, {"service": ["ser1", "ser2"]}).tidy()
    assert by_name["mean_early"].item() == pytest.approx(frame.loc[:19, ["ser1", "ser2"]].mean(axis=None))


def test_wording_never_claims_that_there_is_no_difference():
    same = pd.DataFrame(np.random.default_rng(6).normal(size=(2000, 2)), columns=["a", "b"])
    found = cg.nonresponse_bias(same, share=0.5)
    assert found.tidy()["verdict"].tolist() == ["equivalent", "equivalent"]
    text = " ".join(n.text for n in found.notes)
    assert "No evidence of a difference" in text and "does not show that there is none" in text
    assert "rule out a difference of 0.3 standard deviations or more for 2 of 2" in text
    few = cg.nonresponse_bias(same.iloc[:40], share=0.5)
    assert few.tidy()["verdict"].tolist() == ["undecided", "undecided"]
    assert "leaves it open" in said(few, "responses.nonresponse_bound")
    shifted = same.assign(a=same["a"] + 0.15 * (np.arange(2000) >= 1000))
    assert cg.nonresponse_bias(shifted, share=0.5).tidy()["verdict"].tolist() == ["small", "equivalent"]


def test_false_alarms_of_early_against_late():
    rng = np.random.default_rng(7)
    alarms = [
        "responses.nonresponse_evidence" in codes(cg.nonresponse_bias(pd.DataFrame(x, columns=list("abcde"))))
        for x in rng.integers(1, 6, (300, 120, 5)).astype(float)
    ]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.04)


# ---- bad input -----------------------------------------------------------------------------------------------------


def test_what_cannot_be_compared():
    frame = pd.DataFrame({"a": [3.0] * 40, "b": [nan] * 20 + [1.0, 2] * 10, "text": "x"})
    found = cg.nonresponse_bias(frame, items=["a", "b"])
    assert found.tidy()["p_value"].isna().all() and "a, b" in said(found, "responses.not_compared")
    with pytest.raises(cg.SampleError, match="0 early and 0 late"):
        cg.nonresponse_bias(frame.iloc[:3], items=["a"])
    hundred = pd.DataFrame({"x": np.arange(100.0)})
    assert cg.nonresponse_bias(hundred, items=["x"], share=0.29).tidy()["n_early"].item() == 29
    with pytest.raises(cg.OptionError, match=r"share=0\.7"):
        cg.nonresponse_bias(frame, items=["a"], share=0.7)
    with pytest.raises(cg.OptionError, match="bound=0"):
        cg.nonresponse_bias(frame, items=["a"], bound=0)
    with pytest.raises(cg.OptionError, match="not both"):
        cg.nonresponse_bias(frame, items=["a"], wave="text", time="text")
    with pytest.raises(cg.SampleError, match="holds 1 waves"):
        cg.nonresponse_bias(frame, items=["a"], wave="text")
    with pytest.raises(cg.DataError, match="mixes numbers and text"):
        cg.nonresponse_bias(frame.assign(text=[1, "2"] * 20), items=["a"], wave="text")
    with pytest.raises(cg.DataError, match="no time that can be read"):
        cg.nonresponse_bias(frame, items=["a"], time="text")
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'text'"):
        cg.nonresponse_bias(frame, items=["a"], wave="texts")
    with pytest.raises(cg.SampleError, match="nothing to compare"):
        cg.nonresponse_bias(frame[["text"]])


def test_population_that_does_not_match(data):
    with pytest.raises(cg.CodingError, match=r"'school' holds 'low' \(\d+\)\. Did you mean 'lo'\?"):
        cg.representativeness(data, {"school": {"lo": 0.25, "mid": 0.5, "high": 0.25}})
    with pytest.raises(cg.OptionError, match=r"sum to 0\.99, not to 1"):
        cg.representativeness(data, {"sex": {"f": 0.5, "m": 0.49}})
    with pytest.raises(cg.OptionError, match=r"Write \.51 for 51 %"):
        cg.representativeness(data, {"sex": {"f": 51, "m": 49}})
    with pytest.raises(cg.OptionError, match="numbers greater than 0, not m: 0"):
        cg.representativeness(data, {"sex": {"f": 1, "m": 0}})
    with pytest.raises(cg.OptionError, match="numbers greater than 0, not m: half"):
        cg.representativeness(data, {"sex": {"f": 0.5, "m": "half"}})
    with pytest.raises(cg.OptionError, match="names a category twice: 1, '1'"):
        cg.representativeness(data, {"a": {1: 0.5, "1": 0.5}})
    with pytest.raises(cg.OptionError, match="needs two categories"):
        cg.representativeness(data, {"sex": {"f": 1}})
    with pytest.raises(cg.OptionError, match="names variables"):
        cg.representativeness(data, {})
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'sex'"):
        cg.representativeness(data, {"sexx": {"f": 0.5, "m": 0.5}})
    with pytest.raises(cg.SampleError, match="nobody answered 'sex'"):
        cg.representativeness(data.assign(sex=None), {"sex": {"f": 0.5, "m": 0.5}})


def test_numbers_as_categories_gaps_and_a_design(data):
    frame = data.assign(area=np.where(np.arange(240) % 2, 1.0, 2.0))
    frame.loc[:9, "area"] = nan
    found = cg.representativeness(frame, {"area": {1: 0.5, 2: 0.3, 3: 0.2}})
    assert found.tidy()["count"].tolist() == [115, 115, 0] and "10." in said(found, "responses.population_blank")
    responses = cg.Responses(frame=frame, design=cg.Design(weights="a"))
    assert "a" in said(cg.representativeness(responses, {"sex": {"f": 0.6, "m": 0.4}}), "responses.design_unweighted")
    exact = cg.representativeness(frame, {"area": pd.Series({"1": 0.5, "2": 0.5})})
    assert exact.tests["chisq"].item() == 0 and exact.tests["p_value"].item() == 1
    assert "does not show" in said(exact, "responses.representative_no_evidence")
    few = cg.representativeness(frame.iloc[10:14], {"area": {1: 0.5, 2: 0.5}})
    assert "area" in said(few, "responses.thin_cells")
