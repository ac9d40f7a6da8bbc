"""GLS, ULS, WLS, DWLS, ordered items and tests from Gamma: lavaan's values, properties, recovery."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.errors import CodingError, ColumnNotFoundError, ModelError, OptionError, SampleError

HERE = Path(__file__).parents[2] / "reference"
CASES = json.loads((HERE / "least_squares.json").read_text())
RENAMED = {"group.equal": "group_equal", "sampling.weights": "weights", "std.lv": "std_lv"}
MODEL = "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4\ng ~ f"
ORDERED = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "least_squares.csv")


def key(row: dict) -> tuple:
    lhs, rhs = sorted((row["lhs"], row["rhs"])) if row["op"] == "~~" else (row["lhs"], row["rhs"])
    return lhs, row["op"], rhs, int(row["group"])


@pytest.mark.parametrize("name", CASES)
def test_lavaans_values(name, data):
    case = CASES[name]
    fit = cg.sem(case["model"], data, **{RENAMED.get(k, k): v for k, v in case["options"].items()})
    ours = {key(r): r for r in fit.tidy().to_dict("records")}
    standard = {key(r): r for r in fit.standardized().to_dict("records")}
    rows = [r for r in case["parameters"] if r["op"] not in ("==", ":=")]
    assert len(ours) >= len(rows) > 5
    for row in rows:
        found = ours[key(row)]
        # lavaan stops where its optimiser does, some 1e-6 from the minimum
        assert found["estimate"] == pytest.approx(row["est"], rel=1e-4, abs=2e-5), key(row)
        if row.get("se"):
            assert found["std_error"] == pytest.approx(row["se"], rel=2e-4), key(row)
    for row in case["standardized"]:
        if key(row) in standard:
            assert standard[key(row)]["estimate"] == pytest.approx(row["est.std"], rel=1e-4, abs=2e-5), key(row)
            if row.get("se") and row["se"] > 1e-6:
                assert standard[key(row)]["std_error"] == pytest.approx(row["se"], rel=5e-4), key(row)
    for measure, value in case["measures"].items():
        if name == "wlsmv_numeric" and measure in ("cfi.robust", "tli.robust", "nnfi.robust", "rni.robust"):
            continue  # lavaan leaves the correction out where that of the baseline is 1 to the last bit, as here
        if measure != "baseline.pvalue" and not measure.endswith(("h0", "level")):
            assert fit.fit_measures[measure.replace(".", "_")] == pytest.approx(value, rel=5e-4, abs=2e-5), measure


def test_rows_and_items_in_another_order_change_nothing(data):
    first = cg.sem(MODEL, data, ordered=True)
    mixed = data.sample(frac=1, random_state=3)[data.columns[::-1]]
    second = cg.sem("g =~ b1 + b4 + b3 + b2\nf =~ a1 + a4 + a3 + a2\ng ~ f", mixed, ordered=True)
    a, b = (fit.tidy().set_index(["lhs", "op", "rhs"])[["estimate", "std_error"]] for fit in (first, second))
    pd.testing.assert_frame_equal(a.loc[b.index], b, rtol=1e-6, atol=1e-8)
    assert first.fit_measures["chisq_scaled"] == pytest.approx(second.fit_measures["chisq_scaled"], rel=1e-6)


def test_units_of_numeric_items_change_nothing(data):
    model = "f =~ c1 + c2 + c3 + c4"
    for estimator in ("GLS", "WLS", "DWLS", "MLM", "WLSMV"):
        plain = cg.cfa(model, data, estimator=estimator)
        scaled = cg.cfa(model, data.assign(c2=data["c2"] * 1000, c4=data["c4"] / 500), estimator=estimator)
        assert scaled.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=1e-7)
        np.testing.assert_allclose(scaled.tidy()["std_all"], plain.tidy()["std_all"], rtol=1e-6)


def test_only_the_order_of_categories_counts(data):
    first = cg.sem(MODEL, data, ordered=True)
    second = cg.sem(MODEL, data.assign(a1=data["a1"] ** 3, b2=data["b2"].map({1: -7, 2: 40})), ordered=True)
    np.testing.assert_allclose(second.theta, first.theta, atol=1e-9)


def test_delta_and_theta_are_one_model(data):
    delta, theta = (cg.sem(MODEL, data, ordered=True, parameterization=p) for p in ("delta", "theta"))
    for name in ("chisq", "chisq_scaled", "rmsea_robust", "srmr"):
        assert delta.fit_measures[name] == pytest.approx(theta.fit_measures[name], rel=1e-7)
    for column in ("estimate", "std_error"):
        a, b = (fit.standardized()[column] for fit in (delta, theta))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_pandas_categories_are_taken_in_their_order(data):
    words = ["never", "seldom", "often", "mostly", "always"]
    named = pd.Categorical.from_codes(data["a1"] - 1, words, ordered=True)
    first, second = (cg.sem(MODEL, d, ordered=True) for d in (data, data.assign(a1=named)))
    np.testing.assert_allclose(second.theta, first.theta, atol=1e-12)


def test_ordered_variables_have_the_variance_of_their_scale_though_others_depend_on_them(data):
    # lavaan 0.6-14 leaves the covariance of o1 and f out here, so that its implied variance of o2 is not 1.
    fit = cg.sem("f =~ a1 + a2 + a3\no1 ~ f\no2 ~ o1 + f", data, ordered=["a1", "a2", "a3", "o1", "o2"])
    np.testing.assert_allclose(np.diag(fit.implied["cov"]), 1.0)
    e = fit.tidy().set_index(["lhs", "op", "rhs"])["estimate"]
    explained = (
        e["o2", "~", "o1"] ** 2
        + e["o2", "~", "f"] ** 2 * e["f", "~~", "f"]
        + 2 * e["o2", "~", "o1"] * e["o2", "~", "f"] * e["o1", "~", "f"] * e["f", "~~", "f"]
    )
    assert e["o2", "~~", "o2"] == pytest.approx(1 - explained)


def test_paths_through_ordered_mediators_are_found():
    # lavaan 0.6-14 under delta: .398 for the last path, and the model rejected (tests/reference/ordered_path.R).
    rng = np.random.default_rng(7)
    x, e = rng.normal(size=6000), rng.normal(size=(3, 6000))
    s1 = 0.3 * x + e[0]
    s2 = 0.6 * s1 + 0.2 * x + 0.8 * e[1]
    rows = pd.DataFrame(
        {"x": x, "y": 0.5 * s2 + e[2], "o1": np.digitize(s1, [-0.8, 0.2]), "o2": np.digitize(s2, [-0.5, 0.6])}
    )
    fits = [
        cg.sem("o1 ~ x\no2 ~ a*o1 + x\ny ~ b*o2", rows, ordered=["o1", "o2"], parameterization=p)
        for p in ("delta", "theta")
    ]
    row = fits[0].tidy().set_index("label")
    assert abs(row.loc["b", "estimate"] - 0.5) < 2.5 * row.loc["b", "std_error"]
    assert fits[0].fit_measures["pvalue_scaled"] > 0.01
    assert fits[0].fit_measures["chisq"] == pytest.approx(fits[1].fit_measures["chisq"], rel=1e-6)


def test_derivatives_of_standardised_residual_variances_follow(data):
    fit = cg.sem("o1 ~ x1\no2 ~ o1 + x1", data, ordered=["o1", "o2"])
    s = fit.standardized().set_index(["lhs", "op", "rhs"])
    # the share that o1 leaves of its variance is 1 / (1 + b^2 Var(x))
    b, spread = fit.tidy().query("lhs == 'o1' and op == '~'")["estimate"].item(), data["x1"].var()
    share = 1 / (1 + b**2 * spread)
    assert s.loc[("o1", "~~", "o1"), "estimate"] == pytest.approx(share)
    error = fit.tidy().query("lhs == 'o1' and op == '~'")["std_error"].item()
    assert s.loc[("o1", "~~", "o1"), "std_error"] == pytest.approx(2 * abs(b) * spread * share**2 * error)


def test_clusters_change_errors_but_not_estimates(data):
    twice = pd.concat([data.assign(pair=range(len(data)))] * 2, ignore_index=True)
    alone = cg.sem(MODEL, data, ordered=True)
    doubled = cg.sem(MODEL, twice, ordered=True)
    paired = cg.sem(MODEL, twice, ordered=True, cluster="pair")
    np.testing.assert_allclose(paired.theta, alone.theta, atol=1e-8)
    free = alone.tidy()["free"] > 0
    errors = [fit.tidy()["std_error"][free].to_numpy() for fit in (alone, doubled, paired)]
    np.testing.assert_allclose(errors[1], errors[0] / np.sqrt(2), rtol=3e-3)
    np.testing.assert_allclose(errors[2], errors[0], rtol=3e-3)  # the same answers twice are no new information


def test_modal_scores_do_not_depend_on_the_parameterisation_and_take_covariates_in(data):
    # lavaan 0.6-14 gives other scores under theta, no multiples of those under delta.
    delta, theta = (cg.sem(MODEL, data, ordered=True, parameterization=p) for p in ("delta", "theta"))
    sd = [np.sqrt(np.diag(f.matrices[0].S[8:, 8:]))[0] for f in (delta, theta)]
    np.testing.assert_allclose(theta.scores(data)["f"] / sd[1], delta.scores(data)["f"] / sd[0], atol=1e-5)
    causes = cg.sem(f"{MODEL}\nf ~ x1\ng ~ x2", data, ordered=True)
    found = causes.scores(data)
    assert np.corrcoef(found["f"], data["x1"])[0, 1] > np.corrcoef(delta.scores(data)["f"], data["x1"])[0, 1]
    assert causes.scores(data.assign(x1=np.nan)).isna().all(axis=None)
    with pytest.raises(OptionError, match="'ebm'"):
        delta.scores(data, method="bartlett")
    with pytest.raises(CodingError, match=r"'a1' holds 9 \(row 0\)"):
        delta.scores(data.assign(a1=9))


@pytest.mark.reference
@pytest.mark.parametrize("name", ["bfi_ace_wlsmv", "hs_cat3_mixed", "hs_cat3_second_order", "hs_cat3_miss_pairwise"])
def test_modal_scores_of_lavaan(shared, name):
    case = json.loads((shared / "reference" / "dev" / "cases" / f"{name}.json").read_text())
    data = pd.read_csv(shared / "reference" / "dev" / "data" / case["data"]["file"], na_values=["NA"])
    fit = cg.cfa(case["model"], data, **case["call"]["options"])
    golden = case["expected"]["factor_scores_first10"]["ebm"]
    rows = [k - 1 for k in case["expected"]["factor_scores_case_idx"]]
    expected = np.array(golden["values"], dtype=float)
    # lavaan finds the mode with a tolerance of 1e-4 or so
    np.testing.assert_allclose(fit.scores(data).iloc[rows][golden["cols"]], expected, atol=3e-4)


def test_a_summary_says_what_least_squares_has(data):
    text = cg.sem(MODEL, data, ordered=True).summary()
    assert "WLSMV" in text and "Log-likelihood" not in text


def test_several_tests_at_once(data):
    names = ("satorra.bentler", "mean.var.adjusted", "scaled.shifted")
    fit = cg.sem(MODEL, data, ordered=True, estimator="DWLS", test=names)
    for name, estimator in zip(names, ("WLSM", "WLSMVS", "WLSMV"), strict=True):
        alone = cg.sem(MODEL, data, ordered=True, estimator=estimator)
        assert fit.tests.scaled[name].scaled == pytest.approx(alone.fit_measures["chisq_scaled"])
    assert fit.fit_measures["chisq_scaled"] == fit.tests.scaled["satorra.bentler"].scaled


def test_the_population_comes_back():
    truth = "f =~ 0.8*y1 + 0.7*y2 + 0.6*y3 + 0.5*y4\nf ~~ 1*f"
    data = cg.simulate(truth, 20_000, categories=4, skew=0.8, seed=5)
    fit = cg.cfa("f =~ y1 + y2 + y3 + y4", data, ordered=True, std_lv=True)
    rows = fit.tidy().query("op == '=~'")
    assert ((rows["estimate"] - [0.8, 0.7, 0.6, 0.5]).abs() < 4 * rows["std_error"]).all()
    assert (rows["std_error"] < 0.012).all()


@pytest.mark.parametrize(
    ("change", "options", "error", "words"),
    [
        ({}, {"ordered": ["a1", "a9"]}, ColumnNotFoundError, r"'a9'.*Did you mean 'a1'|'a9'"),
        ({"a1": np.arange(500)}, {"ordered": True}, CodingError, "'a1' \\(500 values\\)"),
        ({"a2": 3}, {"ordered": True}, SampleError, "'a2' has one and the same answer"),
        ({}, {"estimator": "ML", "ordered": True}, OptionError, "WLSMV"),
    ],
)
def test_what_cannot_be_done_is_said(data, change, options, error, words):
    with pytest.raises(error, match=words):
        cg.sem(MODEL, data.assign(**change), **options)


def test_a_category_that_is_empty_in_a_group_is_named(data):
    d = data.copy()
    d.loc[(d["area"] == "rural") & (d["a4"] == 3), "a4"] = 2
    with pytest.raises(SampleError, match=r"group 'rural'.*'a4' has nobody at 3.*Join the category"):
        cg.sem(MODEL, d, ordered=True, group="area")


def test_thresholds_belong_to_ordered_items(data):
    with pytest.raises(OptionError, match="ordered="):
        cg.cfa("f =~ a1 + a2 + a3\na1 | t1 + t2 + t3 + t4", data)
    with pytest.raises(ModelError, match="'a1' has 4, the model 1"):
        cg.sem(
            "f =~ 1*a1 + a2 + a3\nf ~~ f\na1 | t1\na2 | t1 + t2 + t3 + t4\na3 | t1 + t2 + t3",
            data,
            ordered=True,
            auto=False,
        )


def test_empty_cells_are_reported():
    data = cg.simulate("f =~ 0.8*y1 + 0.7*y2 + 0.6*y3 + 0.7*y4", 120, categories=5, skew=1.2, seed=2)
    fit = cg.cfa("f =~ y1 + y2 + y3 + y4", data, ordered=True)
    assert "moments.empty_cells" in {n.code for n in fit.notes}


def test_gamma_may_be_left_out_of_a_saved_fit(data, tmp_path):
    full, free = (cg.sem(m, data, ordered=True) for m in (MODEL, MODEL.replace("g ~ f", "g ~~ 0*f")))
    whole, bare = full.save(tmp_path / "whole.cgr"), full.save(tmp_path / "bare.cgr", gamma=False)
    assert bare.stat().st_size < whole.stat().st_size
    assert cg.compare(cg.load_result(whole), free).tidy()["p_value"].iloc[-1] < 0.001
    loaded = cg.load_result(bare)
    pd.testing.assert_frame_equal(loaded.tidy(), full.tidy())
    with pytest.raises(OptionError, match="data"):
        cg.compare(loaded, free)


def test_ordered_categories_are_not_taken_for_numbers_in_silence(data):
    ranked = data.assign(a1=pd.Categorical(data["a1"], ordered=True))
    with pytest.raises(CodingError, match=r"'a1' holds ordered categories.*ordered=True"):
        cg.sem(MODEL, ranked)
    assert cg.sem(MODEL, ranked, ordered=True).converged


def test_rows_that_cannot_carry_the_model_are_told_before_the_work_begins(data):
    few = data.mask(np.random.default_rng(1).random(data.shape) < 0.3)
    with pytest.raises(SampleError, match=r"usable rows for 34 free parameters.*missing='pairwise'"):
        cg.sem(MODEL, few, ordered=ORDERED)


def test_tests_that_rest_on_expected_information(data):
    for options in ({"information": "observed"}, {"se": "robust.huber.white"}):
        with pytest.raises(OptionError, match="information='expected'"):
            cg.cfa("f =~ c1 + c2 + c3 + c4", data, test="satorra.bentler", **options)
