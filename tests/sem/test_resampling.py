"""se="bootstrap" and test="bollen.stine" as users meet them."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from simulated import MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.sem.resampled import drawn_rows
from cgsurvey.sem.resampling.resample import Resampler

PATHS = "x2 ~ a*x1\nx3 ~ b*x2 + x1\nind := a*b"


def boot(model=MODEL, data=None, **options):
    options = {"se": "bootstrap", "bootstrap": 60, "seed": 1} | options
    return cg.sem(model, answers() if data is None else data, **options)


def codes(fit):
    return [n.code for n in fit.notes]


@pytest.fixture(scope="module")
def fit():
    return boot(PATHS, bootstrap=400)


def test_estimates_are_those_of_the_whole_sample(fit):
    plain = cg.sem(PATHS, answers())
    np.testing.assert_allclose(fit.tidy()["estimate"], plain.tidy()["estimate"])
    np.testing.assert_allclose(fit.standardized()["estimate"], plain.standardized()["estimate"])


def test_errors_are_deviations_of_the_draws(fit):
    table, names = fit.tidy(), list(fit.vcov)
    a, b = (fit.bootstrap.theta[:, names.index(n)] for n in "ab")
    rows = table.set_index("label")
    assert rows.loc["a", "std_error"] == pytest.approx(a.std())
    assert table.loc[table["op"] == ":=", "std_error"].item() == pytest.approx((a * b).std())
    np.testing.assert_allclose(fit.vcov, np.cov(fit.bootstrap.theta.T, ddof=0))


def test_moments_of_covariates_have_no_errors(fit):
    row = fit.tidy().query("lhs == 'x1' and op == '~~'")
    assert row[["std_error", "ci_lower"]].isna().all(axis=None)


@pytest.mark.parametrize("kind", ["raw", "std_all", "std_lv", "std_nox"])
@pytest.mark.parametrize("ci_type", ["percentile", "bc", "bca", "normal", "basic"])
def test_intervals_of_every_kind_from_one_fit(fit, kind, ci_type):
    table = fit.intervals(ci_type, kind=kind)
    path = table.query("op == '~'")
    assert (path["ci_lower"] < path["estimate"]).all() and (path["estimate"] < path["ci_upper"]).all()
    again = boot(PATHS, bootstrap=400, ci_type=ci_type)
    same = again.tidy() if kind == "raw" else again.standardized(kind)
    pd.testing.assert_frame_equal(table, same[list(table)])


def test_standardised_draws_are_standardised_by_their_own_sample():
    """A regression on one covariate: the standardised slope is the correlation of the resample."""
    data = answers(80)
    found = boot("x2 ~ x1", data, bootstrap=30)
    seeds = np.random.SeedSequence(1).spawn(2)[0].spawn(30)
    rows = [np.random.default_rng(s).integers(0, 80, 80) for s in seeds]
    r = [np.corrcoef(data["x1"].iloc[k], data["x2"].iloc[k])[0, 1] for k in rows]
    assert found.standardized()["std_error"].iloc[0] == pytest.approx(np.std(r), rel=1e-7)


@pytest.mark.parametrize("options", [{}, {"missing": "fiml"}])
def test_same_numbers_for_any_number_of_processes(options):
    data = with_holes(answers(200)) if options else answers(200)
    one, two = (boot(data=data, bootstrap=25, n_jobs=n, **options) for n in (1, 2))
    np.testing.assert_array_equal(one.bootstrap.theta, two.bootstrap.theta)
    pd.testing.assert_frame_equal(one.tidy(), two.tidy())


def test_first_resamples_do_not_depend_on_their_number():
    few, many = boot(bootstrap=20), boot(bootstrap=40)
    np.testing.assert_allclose(few.bootstrap.theta, many.bootstrap.theta[:20], atol=1e-7)


def test_saved_and_read_back_without_rows(fit, tmp_path):
    again = cg.load_result(fit.save(tmp_path / "fit"))
    pd.testing.assert_frame_equal(again.intervals("bca"), fit.intervals("bca"))
    longer = boot(PATHS, pd.concat([answers()] * 2, ignore_index=True), bootstrap=400)
    longer.tidy()  # both know the names of their rows now
    assert abs(len(pickle.dumps(longer)) - len(pickle.dumps(fit))) < 300


def test_seed():
    assert not np.array_equal(boot(seed=2).bootstrap.theta, boot().bootstrap.theta)
    unnamed = boot(seed=None)
    again = boot(seed=unnamed.meta.seed)
    np.testing.assert_array_equal(unnamed.bootstrap.theta, again.bootstrap.theta)
    assert str(unnamed.meta.seed) in unnamed.notes[0].text


def test_missing_answers_one_by_one_equal_a_fit_of_the_repeated_rows():
    data = with_holes(answers(200))
    found = boot(data=data, bootstrap=10, missing="fiml")
    seed = np.random.SeedSequence(1).spawn(2)[0].spawn(10)[3]
    rows = np.random.default_rng(seed).integers(0, 200, 200)
    alone = cg.sem(MODEL, data.iloc[rows].reset_index(drop=True), missing="fiml")
    np.testing.assert_allclose(found.bootstrap.theta[3], alone.theta, atol=1e-6)
    assert np.isfinite(found.intervals("bca").query("op == '~~'")["ci_lower"]).all()


def test_missing_answers_with_covariates():
    data = with_holes(answers(200))
    data["x1"] = answers(200)["x1"]
    found = boot("x2 ~ x1\nx3 ~ x2", data, bootstrap=12, missing="fiml")
    seed = np.random.SeedSequence(1).spawn(2)[0].spawn(12)[5]
    rows = np.random.default_rng(seed).integers(0, 200, 200)
    assert found.bootstrap.fixed[5, 0] == pytest.approx(data["x1"].iloc[rows].var(ddof=0))


def test_complete_rows_with_fiml_are_fitted_at_once():
    plain, fiml = boot(meanstructure=True), boot(missing="fiml")
    np.testing.assert_allclose(plain.bootstrap.theta, fiml.bootstrap.theta, atol=1e-8)


def test_groups_are_drawn_each():
    data = answers(300).assign(g=np.repeat(["a", "b", "c"], [150, 90, 60]))
    found = boot(data=data, group="g", group_equal="loadings", bootstrap=20)
    seed = np.random.SeedSequence(1).spawn(2)[0].spawn(20)[7]
    rng = np.random.default_rng(seed)
    rows = np.concatenate([at + rng.integers(0, n, n) for at, n in ((0, 150), (150, 90), (240, 60))])
    alone = cg.sem(MODEL, data.iloc[rows].reset_index(drop=True), group="g", group_equal="loadings")
    np.testing.assert_allclose(found.bootstrap.theta[7], alone.theta, atol=1e-6)


def test_clusters_are_drawn_whole_and_weights_count():
    rng = np.random.default_rng(3)
    data = answers(200).assign(office=np.repeat(np.arange(20), 10), w=rng.uniform(0.5, 2, 200))
    found = boot(data=data, cluster="office", weights="w", bootstrap=20)
    assert found.bootstrap.clusters and "sem.bootstrap_clusters" in codes(found)
    seed = np.random.SeedSequence(1).spawn(2)[0].spawn(20)[2]
    offices = np.random.default_rng(seed).integers(0, 20, 20)
    parts = [data[data["office"] == k].assign(office=i) for i, k in enumerate(offices)]
    alone = cg.sem(MODEL, pd.concat(parts, ignore_index=True), cluster="office", weights="w")
    np.testing.assert_allclose(found.bootstrap.theta[2], alone.theta, atol=1e-6)


def test_jackknife_of_many_units_leaves_out_parts(monkeypatch):
    data = answers(600)
    data["x2"] = data["x2"] + 0.3 * data["x1"] ** 2
    exact = boot(PATHS, data, bootstrap=20).bootstrap.acceleration["raw"]
    monkeypatch.setitem(Resampler.jackknife.__globals__, "PARTS", 300)
    parts = boot(PATHS, data, bootstrap=20).bootstrap.acceleration["raw"]
    np.testing.assert_allclose(parts, exact, atol=0.02)  # the error falls with the number of parts, here 300


def test_failures_and_inadmissible_resamples_are_counted():
    data = answers(40, 8)
    found = boot("f =~ x1 + x2 + x3", data, bootstrap=300)
    b = found.bootstrap
    assert b.requested == 300 and len(b.theta) == 300 - b.failed and b.inadmissible > 15
    told = next(n for n in found.notes if n.code == "sem.bootstrap_losses")
    assert f"{b.inadmissible} gave" in told.text and told.level == "warning"
    assert "sem.few_resamples" in codes(found)


def test_bollen_stine():
    data = answers(250)
    found = cg.sem(MODEL, data, test="bollen.stine", bootstrap=400, seed=4)
    test = found.bootstrap.bollen_stine
    assert abs(test.p_value - found.fit_measures["pvalue"]) < 0.1
    assert test.statistic.mean() == pytest.approx(found.fit_measures["df"], rel=0.15)
    assert found.fit_measures["pvalue_bollen_stine"] == test.p_value == found.glance()["pvalue_bollen_stine"].item()
    assert "sem.bollen_stine" in codes(found) and not found.resampled
    assert found.tidy()["std_error"].equals(cg.sem(MODEL, data).tidy()["std_error"])
    wrong = cg.sem("f =~ x1 + x2 + x3 + x4 + x5 + x6", data, test=["standard", "bollen.stine"], bootstrap=100, seed=4)
    assert wrong.bootstrap.bollen_stine.p_value == 0


def test_both_at_once():
    both = boot(test="bollen.stine")
    np.testing.assert_array_equal(both.bootstrap.theta, boot().bootstrap.theta)
    alone = cg.sem(MODEL, answers(), test="bollen.stine", bootstrap=60, seed=1)
    np.testing.assert_array_equal(both.bootstrap.bollen_stine.statistic, alone.bootstrap.bollen_stine.statistic)


def test_lavaan_spellings():
    for theirs, ours in (("perc", "percentile"), ("bca.simple", "bc"), ("norm", "normal")):
        assert boot(ci_type=theirs).options.ci_type == ours
    assert boot(se="boot").options.se == "bootstrap"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bootstrap": 5}, "bootstrap=5 must be a whole number of 10 or more"),
        ({"bootstrap": 99.5}, "bootstrap=99.5"),
        ({"ci_type": "percentil"}, "Did you mean 'percentile'"),
        ({"seed": -1}, "seed=-1"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"se": "bootstrapp"}, "Did you mean 'bootstrap'"),
        ({"bollen_stine": True}, "unknown option"),
    ],
)
def test_options(options, said):
    with pytest.raises(cg.OptionError, match=said):
        boot(**options)


def test_bollen_stine_needs_complete_rows():
    with pytest.raises(cg.OptionError, match="complete rows"):
        cg.sem(MODEL, with_holes(answers()), missing="fiml", test="bollen.stine")


def test_intervals_need_resamples():
    with pytest.raises(cg.OptionError, match="se='bootstrap'"):
        cg.sem(MODEL, answers()).intervals("bca")


def test_coverage_of_an_indirect_effect():
    """Percentile intervals of a product of two paths cover it in about 95 % of samples."""
    rng = np.random.default_rng(20)
    covered = 0
    for k in range(100):
        x1 = rng.normal(size=80)
        x2 = 0.4 * x1 + rng.normal(size=80)
        x3 = 0.4 * x2 + rng.normal(size=80)
        data = pd.DataFrame({"x1": x1, "x2": x2, "x3": x3})
        row = boot(PATHS, data, bootstrap=200, seed=k).tidy().iloc[-1]
        covered += row["ci_lower"] < 0.16 < row["ci_upper"]
    assert 0.88 <= covered / 100 <= 0.99


@pytest.mark.reference
@pytest.mark.parametrize("name", ["talor_boot", "cg_serial_scales_boot"])
def test_mediation_of_the_battery(shared, name):
    root = shared / "reference" / "dev"
    case = json.loads((root / "cases" / f"{name}.json").read_text())
    theirs = pd.DataFrame({k: v for k, v in case["bootstrap"].items() if isinstance(v, list)}).set_index("name")
    data = pd.read_csv(root / "data" / case["data"]["file"], na_values=["NA"])
    found = boot(case["model"], data, bootstrap=20000, seed=12)

    def keyed(table):
        name = [r.lhs + (f"~{r.rhs}" if r.op == "~" else "") for r in table.itertuples()]
        return table.set_index(pd.Index(name)).loc[theirs.index]

    np.testing.assert_allclose(keyed(found.tidy())["estimate"], theirs["estimate"], rtol=1e-8)
    keep, _ = found._names()
    accelerated = found.tidy().assign(a=found.bootstrap.acceleration["raw"][keep])
    np.testing.assert_allclose(keyed(accelerated)["a"], theirs["jackknife_acceleration"], atol=1e-8)
    se = theirs["boot_se"]
    for ci_type in ("percentile", "bc", "bca"):
        table = keyed(found.intervals(ci_type))
        np.testing.assert_allclose(table["std_error"] / se, 1, atol=0.03)
        for side in ("lower", "upper"):
            gap = (table[f"ci_{side}"] - theirs[f"{ci_type}_{side}"]) / se
            assert gap.abs().max() < 0.08, (ci_type, side, gap)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["hs_bollen_stine", "poldem_bollen_stine"])
def test_bollen_stine_of_the_battery(shared, name):
    root = shared / "reference" / "dev"
    case = json.loads((root / "cases" / f"{name}.json").read_text())
    data = pd.read_csv(root / "data" / case["data"]["file"], na_values=["NA"])
    found = cg.sem(case["model"], data, test="bollen.stine", bootstrap=4000, seed=1)
    assert found.fit_measures["chisq"] == pytest.approx(case["expected"]["chisq"], rel=1e-8)
    test = found.bootstrap.bollen_stine
    assert abs(test.p_value - case["expected"]["p"]) < case["tolerance"]["p_abs"]
    quartiles = [case["expected"]["quantiles"][f"{q}%"] for q in (25, 50, 75)]
    np.testing.assert_allclose(np.quantile(test.statistic, [0.25, 0.5, 0.75]), quartiles, rtol=0.06)


def test_constraints_that_are_not_linear():
    data = answers(200)
    text = "x2 ~ a*x1\nx3 ~ b*x2 + c*x1\na*b == 0.1\nc > 0.05"
    found = boot(text, data, bootstrap=12, test="bollen.stine")
    seed = np.random.SeedSequence(1).spawn(2)[0].spawn(12)[6]
    rows = np.random.default_rng(seed).integers(0, 200, 200)
    alone = cg.sem(text, data.iloc[rows].reset_index(drop=True))
    np.testing.assert_allclose(found.bootstrap.theta[6], alone.theta, atol=1e-6)
    test = found.bootstrap.bollen_stine
    assert len(test.statistic) == 12 and test.failed == 0 and found.bootstrap.failed == 0
    assert np.isfinite(found.bootstrap.acceleration["raw"]).any()


@pytest.mark.parametrize("estimator", ["GLS", "ULS", "DWLS", "WLSMV", "WLS"])
def test_least_squares_one_by_one(estimator):
    data = answers(200)
    found = boot(data=data, bootstrap=11, estimator=estimator)
    rows = np.random.default_rng(np.random.SeedSequence(1).spawn(2)[0].spawn(11)[10]).integers(0, 200, 200)
    alone = cg.sem(MODEL, data.iloc[rows].reset_index(drop=True), estimator=estimator)
    np.testing.assert_allclose(found.bootstrap.theta[10], alone.theta, atol=1e-6)
    assert found.bootstrap.acceleration == {}
    with pytest.raises(cg.OptionError, match="ci_type='bca'"):
        found.intervals("bca")


def test_least_squares_with_clusters_groups_and_covariates():
    data = answers(240).assign(g=np.tile(["a", "b"], 120), office=np.repeat(np.arange(24), 10))
    model = "x2 ~ x1\nx3 ~ x2 + x1"
    options = {"estimator": "DWLS", "group": "g", "cluster": "office"}
    found = boot(model, data, bootstrap=10, ci_type="bca", **options)
    rng = np.random.default_rng(np.random.SeedSequence(1).spawn(2)[0].spawn(10)[4])
    parts = []
    for g in "ab":
        units = [u for _, u in data[data["g"] == g].groupby("office")]
        parts += [units[k].assign(office=f"{g}{i}") for i, k in enumerate(rng.integers(0, 24, 24))]
    alone = cg.sem(model, pd.concat(parts, ignore_index=True), **options)
    np.testing.assert_allclose(found.bootstrap.theta[4], alone.theta, atol=1e-6)
    assert np.isfinite(found.intervals("bca").query("op == '~'")["ci_lower"]).all()


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_ordered_items_one_by_one(parameterization):
    data = answers(250)
    data = data.apply(lambda y: np.digitize(y, [2.2, 3.4]) + 1)
    options = {"ordered": True, "parameterization": parameterization}
    found = boot(data=data, bootstrap=24, **options)
    rows = np.random.default_rng(np.random.SeedSequence(1).spawn(2)[0].spawn(24)[7]).integers(0, 250, 250)
    alone = cg.sem(MODEL, data.iloc[rows].reset_index(drop=True), **options)
    np.testing.assert_allclose(found.bootstrap.theta[7], alone.theta, atol=1e-6)
    # Standardised draws hold what follows from other parameters (residual variances, or scales).
    draws = drawn_rows(found.bootstrap, "std_all", found.table, found.structure)
    own = alone.standardized().query("op in ['=~', '|', '~~']")
    np.testing.assert_allclose(draws[7][own.index], own["estimate"], atol=1e-6)
    ratio = found.standardized()["std_error"] / cg.sem(MODEL, data, **options).standardized()["std_error"]
    assert ratio.median() == pytest.approx(1, abs=0.25)


@pytest.mark.scale
def test_same_numbers_on_a_dask_cluster(tmp_path):
    import joblib
    from dask.distributed import Client, LocalCluster

    data = answers(150)
    holes = with_holes(data)
    at_once, alone = boot(data=data, bootstrap=300), boot(data=holes, bootstrap=20, missing="fiml")
    cluster = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(tmp_path),
    )
    with cluster, Client(cluster) as client, joblib.parallel_config(backend="dask"):
        assert len(client.scheduler_info()["workers"]) == 2
        there = boot(data=data, bootstrap=300)
        there_alone = boot(data=holes, bootstrap=20, missing="fiml")
        tasks = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.transition_log))
    assert tasks > 0
    np.testing.assert_array_equal(at_once.bootstrap.theta, there.bootstrap.theta)
    np.testing.assert_array_equal(alone.bootstrap.theta, there_alone.bootstrap.theta)
