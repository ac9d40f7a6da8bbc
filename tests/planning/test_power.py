"""Power by simulation: closed forms, the same fits one by one, coverage, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from numpy.random import SeedSequence
from scipy import integrate, stats

import cgsurvey as cg
from cgsurvey.planning.models import aim, analysis_model, populate
from cgsurvey.planning.repeated import at_once, one_by_one
from cgsurvey.sem.options import resolve

FACTOR = "f =~ .7*x1 + .7*x2 + .7*x3\ny ~ .3*f"
PATHS = "f =~ .7*x1 + .7*x2 + .7*x3\ng =~ .8*y1 + .7*y2 + .6*y3\ng ~ .3*f + .2*z"
CHAIN = "m ~ a*x + .3*x\ny ~ b*m + .3*m + .1*x\nind := a*b"
QUIET = {"progress": False, "seed": 4}


def codes(found: cg.Power) -> set[str]:
    return {n.code for n in found.notes}


def test_regression_equals_the_noncentral_t():
    """z of ML exceeds 1.96 where t exceeds 1.96 sqrt((n - 2) / n); given x, t is noncentral (b sqrt(n s_x^2 / s^2))."""
    n, b = 60, 0.3
    delta = b / np.sqrt(1 - b**2)
    limit = stats.norm.isf(0.025) * np.sqrt((n - 2) / n)

    def given_x(w: float) -> float:
        shift = delta * np.sqrt(w)
        both = stats.nct.sf(limit, n - 2, shift) + stats.nct.cdf(-limit, n - 2, shift)
        return float(both * stats.chi2.pdf(w, n - 1))

    exact = integrate.quad(given_x, 5, 150)[0]
    found = cg.power("y ~ .3*x", n, replications=5000, **QUIET).tidy().loc[0]
    assert found["power"] == pytest.approx(exact, abs=3.3 * found["power_mcse"])
    assert found["ci_lower"] < found["power"] < found["ci_upper"]
    assert found["power_mcse"] == pytest.approx(np.sqrt(found["power"] * (1 - found["power"]) / 5000))


def test_model_test_equals_satorra_and_saris():
    """A covariance that the analysis leaves out: chi-square is noncentral with n F(population)."""
    model = "f =~ .7*x1 + .7*x2 + .7*x3\ng =~ .7*y1 + .7*y2 + .7*y3\nf ~~ .5*g\nx1 ~~ .1*y1"
    found = cg.power(model, 300, analysis="f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3", replications=2000, **QUIET)
    told = next(n for n in found.notes if n.code == "planning.misspecified")
    shift = 300 * 8 * told.values["rmsea"] ** 2
    exact = stats.ncx2.sf(stats.chi2.isf(0.05, 8), 8, shift)
    assert found.runs.loc[0, "rejection_share"] == pytest.approx(exact, abs=0.04)


def test_coverage_bias_and_theory():
    found = cg.power(PATHS, [150, 300], replications=1000, **QUIET)
    table = found.table[found.table["n"] == 300]
    assert table["coverage"].between(0.92, 0.975).all()
    paths = found.tidy()
    assert paths["true_value"].tolist() == pytest.approx([0.3 * 0.8 / 0.7, 0.16] * 2)
    assert (paths["relative_bias"].abs() < 0.06).all()
    assert paths["power"].to_numpy() == pytest.approx(paths["power_expected"].to_numpy(), abs=0.06)
    assert paths["mean_std_error"].to_numpy() == pytest.approx(paths["sd_estimate"].to_numpy(), rel=0.06)
    assert found.runs["rejection_share"].iloc[1] == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize(
    ("model", "options", "draw"),
    [
        (PATHS, {"estimator": "MLR"}, {}),
        (PATHS, {"estimator": "ML"}, {"categories": 5}),
        (PATHS, {"estimator": "MLR", "meanstructure": True}, {"categories": 5}),
        (PATHS, {"estimator": "ML", "cluster": "cluster"}, {"cluster_size": 10, "icc": True}),
        (CHAIN, {"estimator": "MLR"}, {}),
        (CHAIN, {"estimator": "MLR", "fixed_x": False}, {}),
        ("f =~ .7*x1 + a*x2 + .6*x2 + a*x3 + .6*x3\ny ~ .3*f", {"estimator": "MLR", "std_lv": True}, {}),
    ],
)
def test_all_at_once_equals_one_by_one(model, options, draw):
    """Estimates, errors, and what is improper, of the same rows."""
    made, text, _ = populate(model, None, None, draw.get("categories"), 0.0, True)
    size = draw.get("cluster_size", 0)
    icc = np.full(len(made.table.variables), 0.2) if draw.get("icc") else None
    goal = aim(made, text, resolve(options), cluster_size=size, icc=icc)
    task = (120, SeedSequence(7).spawn(6))
    fast, slow = at_once(goal, task), one_by_one(goal, text, options, size > 0, task)
    assert fast.converged.all() and slow.converged.all()
    np.testing.assert_allclose(fast.values, slow.values, rtol=1e-6, atol=1e-8)
    free = np.isfinite(fast.errors).any(axis=0)
    np.testing.assert_allclose(fast.errors[:, free], slow.errors[:, free], rtol=1e-5)
    assert (fast.proper == slow.proper).all()
    if not goal.study.robust:
        np.testing.assert_allclose(fast.statistic, slow.statistic, rtol=1e-5)


def test_numbers_do_not_depend_on_jobs_or_the_other_sizes():
    one = cg.power(FACTOR, [80, 150], replications=260, **QUIET)
    again = cg.power(FACTOR, 150, replications=260, **QUIET)
    with parallel_config("threading"):
        two = cg.power(FACTOR, [80, 150], replications=260, n_jobs=2, **QUIET)
    pd.testing.assert_frame_equal(one.table, two.table)
    last = one.table[one.table["n"] == 150].reset_index(drop=True)
    pd.testing.assert_frame_equal(last, again.table)
    assert one.meta.seed == 4 and one.meta.simulated


@pytest.mark.scale
def test_same_numbers_on_a_dask_cluster(tmp_path):
    from dask.distributed import Client, LocalCluster

    options = {"replications": 260, **QUIET}
    here = cg.power(FACTOR, 100, **options)
    cluster = LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        local_directory=str(tmp_path),
    )
    with cluster, Client(cluster) as client, parallel_config(backend="dask"):
        there = cg.power(FACTOR, 100, n_jobs=-1, **options)
        tasks = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.transition_log))
    assert tasks > 0
    pd.testing.assert_frame_equal(here.table, there.table)


def test_sizes_are_found():
    """Without n: sizes around that of theory; the n found has the wanted power."""
    found = cg.power(FACTOR, replications=1000, **QUIET)
    low, high = found.needed.loc[0, ["ci_lower", "ci_upper"]]
    assert len(found.runs) == 5 and low < found.needed.loc[0, "n"] < high < 1.2 * low
    check = cg.power(FACTOR, found.n, replications=2000, progress=False, seed=99).tidy().loc[0]
    assert check["power"] == pytest.approx(0.80, abs=0.04)
    row = found.glance().loc[0]
    assert row["n_needed"] == found.n and row["ci_lower"] == low and row["target_power"] == 0.80


def test_zero_is_an_error_rate():
    found = cg.power("y ~ 0*x + .4*z", 100, replications=2000, **QUIET)
    rows = found.tidy().set_index("rhs")
    assert rows.loc["x", "power"] == pytest.approx(0.055, abs=0.018) and np.isnan(rows.loc["x", "relative_bias"])
    assert "planning.zero_effect" in codes(found) and np.isnan(found.needed.set_index("rhs").loc["x", "n"])


@pytest.mark.parametrize("seed", range(1, 8))
def test_noise_gives_no_size(seed):
    """Power of a tiny effect near alpha: the interval has no upper end, and no n is told."""
    found = cg.power("y ~ .01*x", [20, 40], replications=50, seed=seed, progress=False)
    assert found.n is None and "planning.no_size" in codes(found)
    assert not np.isfinite(found.needed.loc[0, "ci_upper"])


def test_codes_are_weaker_than_what_lies_behind():
    plain = cg.power(FACTOR, 150, replications=500, **QUIET).tidy().loc[0]
    coarse = cg.power(FACTOR, 150, replications=500, categories=2, **QUIET)
    assert coarse.tidy().loc[0, "power"] < plain["power"] - 0.1
    assert {"planning.codes"} <= codes(coarse)
    assert abs(coarse.tidy().loc[0, "relative_bias"]) < 0.08  # judged in the metric of the codes


def test_ordered_answers_recover_what_lies_behind():
    found = cg.power(
        FACTOR, 250, replications=60, categories=4, estimator="WLSMV", parameters=["y ~ f", "f =~ x2"], **QUIET
    )
    rows = found.tidy()
    assert rows["true_value"].tolist() == pytest.approx([1.0, 0.3 / 0.7])
    assert (rows["bias"].abs() < 3.5 * rows["bias_mcse"]).all()
    assert rows["power_expected"].isna().all() and "planning.codes" not in codes(found)


def test_missing_answers_and_clusters_cost_power():
    options = {"replications": 60, **QUIET}
    lost = cg.power(FACTOR, 100, missing=0.15, **options)
    assert lost.tidy()["mean_std_error"][0] > cg.power(FACTOR, 100, **options).tidy()["mean_std_error"][0]
    assert "planning.missing" in codes(lost)
    model = "f =~ .8*x1 + .8*x2 + .8*x3"
    options = {"replications": 400, "cluster_size": 20, "icc": {"f": 0.5}, "parameters": "f ~~ f", **QUIET}
    aware, naive = (cg.power(model, 400, cluster=used, **options) for used in (True, False))
    assert "planning.clusters" in codes(aware)
    assert aware.tidy()["coverage"][0] > naive.tidy()["coverage"][0] + 0.07


def test_a_fitted_model_and_an_instrument():
    data = cg.simulate(PATHS, 400, seed=2)
    fit = cg.sem("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f + z", data)
    found = cg.power(fit, 200, replications=100, **QUIET)
    assert found.tidy()["true_value"].to_numpy() == pytest.approx(
        fit.tidy().query("op == '~'")["estimate"].to_numpy(), rel=1e-6
    )
    form = cg.load_instrument("cgsurvey_core")
    text = form.model("direct", constructs=["mutual_trust", "leadership"])
    told = cg.power(form, 150, analysis=text, replications=30, **QUIET)
    assert told.tidy()[["lhs", "op", "rhs"]].to_numpy().tolist() == [["mutual_trust", "~~", "leadership"]]
    assert "planning.codes" in codes(told) and told.meta.label("leadership", "id") == form.labels["leadership"]["id"]


def test_analysis_model_of_a_population():
    made, text, _ = populate(f"{PATHS}\nf ~~ .1*z\nx1 ~~ 0*x2\nx1 ~~ .5*x1\nf =~ 0*y1", None, None, None, 0.0, True)
    assert text == (
        "f =~ x1\nf =~ x2\nf =~ x3\ng =~ y1\ng =~ y2\ng =~ y3\ng ~ f\ng ~ z\nf ~~ z\n"
    ) and text == analysis_model(made.table)
    assert populate(CHAIN, None, None, None, 0.0, True)[1] == "m ~ a*x\ny ~ b*m\ny ~ x\nind := a*b\n"


def test_failures_are_counted_and_told():
    """A category that few give is absent from many samples of 40."""
    cut = {f"x{k}": [-1.0, 2.2] for k in (1, 2, 3)} | {"y": [0.0, 2.5]}
    found = cg.power(FACTOR, 40, replications=20, ordered=cut, estimator="WLSMV", **QUIET)
    assert found.runs.loc[0, "converged_share"] < 1
    told = next(n for n in found.notes if n.code in ("planning.many_failed", "planning.some_failed"))
    assert told.values["n"] == 40 and found.table["n_used"].max() < 20


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("f =~ x1 + .7*x2 + .7*x3", 100), {}, cg.ModelError, "lacks values of 1 parameters: f=~x1"),
        (("y ~ 0*x",), {}, cg.OptionError, "zero in the population"),
        (("y ~ .3*x", []), {}, cg.OptionError, "is empty"),
        (("y ~ .3*x", 2), {}, cg.OptionError, "n=2 is too small"),
        (
            ("y ~ .3*x", 100),
            {"parameters": "y ~ w"},
            cg.OptionError,
            "no parameters that the analysis estimates: y ~ w",
        ),
        (("y ~ .3*x", 100), {"target": 80}, cg.OptionError, "target=80 must lie between 0 and 1"),
        (("y ~ .3*x", 100), {"alpha": 0}, cg.OptionError, "alpha=0"),
        (("y ~ .3*x", 100), {"replications": 2}, cg.OptionError, "replications=2"),
        (("y ~ .3*x", 100), {"estimator": "WLSMV"}, cg.OptionError, "answers in categories"),
        (("y ~ .3*x", 100), {"estimator": "MLL"}, cg.OptionError, "Did you mean 'ML"),
        (("y ~ .3*x", 100), {"analysis": "y ~ w"}, cg.ColumnNotFoundError, "w"),
        (("y ~ .3*x", 100), {"group": "g"}, cg.OptionError, "group=: not an option of power"),
        (("y ~ .3*x", 100), {"icc": 0.1}, cg.OptionError, "need cluster_size="),
        (("y ~ .3*x", 100), {"missing": 2}, cg.OptionError, "missing=2"),
        (("y ~ .3*x", 100), {"missing_method": "fiml"}, cg.OptionError, "give their share"),
        (("y ~ .3*x", 100), {"population": "y ~ .3*x"}, cg.OptionError, "belongs to an instrument"),
        (("y ~ .3*x", 100), {"parameterization": "theta"}, cg.OptionError, "parameterization='delta'"),
        ((7, 100), {}, cg.OptionError, "lavaan syntax with values"),
        (("y ~ 1.2*x", 100), {}, cg.ModelError, "more than the whole variance"),
        (("f =~ .7*x1 + .7*x2", 100), {}, cg.IdentificationError, "cannot tell these parameters apart"),
    ],
)
def test_what_is_refused(arguments, options, error, words):
    with pytest.raises(error, match=words):
        cg.power(*arguments, progress=False, **options)
