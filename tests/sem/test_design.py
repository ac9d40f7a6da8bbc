"""Clusters, strata and weights: the linearisation of survey statistics by hand, coverage, and what options say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from simulated import MODEL, answers

import cgsurvey as cg
from cgsurvey.base.errors import OptionError


def survey(seed: int, *, apart: float = 0.5) -> pd.DataFrame:
    """Rows in 24 offices of three districts, whose answers go together within offices."""
    rng = np.random.default_rng(seed)
    office = np.repeat(np.arange(24), rng.integers(8, 20, 24))
    shared = 0.6 * rng.standard_normal(24)[office] + apart * (office % 3)
    f = shared + rng.standard_normal(len(office))
    y = 0.7 * f[:, None] + 0.7 * rng.standard_normal((len(office), 4))
    frame = pd.DataFrame(y, columns=["y1", "y2", "y3", "y4"])
    answers = {f"o{k + 1}": 1 + np.searchsorted([-0.8, 0.2, 1.1], y[:, k]) for k in range(4)}
    return frame.assign(**answers, office=office, district=office % 3, weight=rng.uniform(0.5, 2, len(office)))


def linearised(values: np.ndarray, data: pd.DataFrame, *, strata: bool) -> float:
    """Standard error of a weighted mean of `values`: totals of offices about those of their district (Binder, 1983)."""
    w = data["weight"].to_numpy()
    centred = w * (values - np.average(values, weights=w))
    totals = pd.Series(centred).groupby([data["district"] if strata else 0 * data["office"], data["office"]]).sum()
    out = 0.0
    for _, part in totals.groupby(level=0):
        n = len(part)
        out += n / (n - 1) * ((part - (part.mean() if strata else 0.0)) ** 2).sum()
    return float(np.sqrt(out) / w.sum())


@pytest.mark.parametrize("strata", [False, True])
def test_errors_of_means_are_those_of_survey_statistics(strata):
    data = survey(1)
    design = {"cluster": "office", "weights": "weight"} | ({"strata": "district"} if strata else {})
    fit = cg.sem("y1 ~~ y2\ny1 ~ 1\ny2 ~ 1", data, **design)
    found = fit.tidy().query("op == '~1'").set_index("lhs")
    for name in ("y1", "y2"):
        assert found.loc[name, "estimate"] == pytest.approx(np.average(data[name], weights=data["weight"]))
        assert found.loc[name, "std_error"] == pytest.approx(
            linearised(data[name].to_numpy(), data, strata=strata), rel=1e-6
        )


@pytest.mark.parametrize("strata", [False, True])
def test_errors_of_thresholds_are_those_of_survey_statistics(strata):
    data = survey(2)
    design = {"cluster": "office", "weights": "weight"} | ({"strata": "district"} if strata else {})
    fit = cg.cfa("f =~ o1 + o2 + o3 + o4", data, ordered=True, **design)
    found = fit.tidy().query("op == '|' and lhs == 'o1'").set_index("rhs")
    for k in (1, 2, 3):
        below = (data["o1"] <= k).to_numpy(float)
        share = np.average(below, weights=data["weight"])
        threshold = norm.ppf(share)
        assert found.loc[f"t{k}", "estimate"] == pytest.approx(threshold)
        n = len(data)
        error = linearised(below, data, strata=strata) / norm.pdf(threshold) * np.sqrt(n / (n - 1))
        assert found.loc[f"t{k}", "std_error"] == pytest.approx(error, rel=1e-5)


def test_clusters_leave_estimates_of_ordered_items_alone():
    data = survey(5)
    for options in ({"ordered": True}, {"ordered": True, "estimator": "WLS"}):
        model = "f =~ o1 + o2 + o3 + o4"
        plain, design = (cg.cfa(model, data, **options, **more) for more in ({}, {"cluster": "office"}))
        np.testing.assert_allclose(design.theta, plain.theta, atol=1e-9)
        assert not np.allclose(design.std_errors, plain.std_errors, rtol=0.05, equal_nan=True)


def test_strata_that_differ_make_errors_smaller():
    data = survey(3, apart=2.0)
    alone, within = (
        cg.sem("y1 ~~ y2\ny1 ~ 1\ny2 ~ 1", data, cluster="office", **more) for more in ({}, {"strata": "district"})
    )
    assert (within.std_errors[-2:] < alone.std_errors[-2:]).all()


def test_ordered_items_in_clusters_cover_their_population_value():
    """95 % intervals of a threshold: right with clusters, too narrow without (lavaan 0.6-14 ignores clusters here)."""
    spread = np.sqrt(0.49 * (0.6**2 + 1) + 0.49)
    truth = norm.ppf(np.mean([norm.cdf((0.2 - 0.35 * district) / spread) for district in range(3)]))
    covered = []
    for seed in range(120):
        data, row = survey(seed), []
        for design in ({}, {"cluster": "office", "strata": "district"}):
            fit = cg.cfa("f =~ o1 + o2 + o3 + o4", data, ordered=True, **design)
            t = fit.tidy().query("op == '|' and lhs == 'o1' and rhs == 't2'").iloc[0]
            row.append(t["ci_lower"] < truth < t["ci_upper"])
        covered.append(row)
    without, within = np.mean(covered, axis=0)
    assert without < 0.85 < 0.88 < within


def test_likelihood_estimators_that_presume_independent_rows_are_refused():
    data = survey(4)
    for estimator in ("MLM", "MLMV"):
        with pytest.raises(OptionError, match="'MLR'"):
            cg.cfa("f =~ y1 + y2 + y3 + y4", data, estimator=estimator, strata="district")


def test_what_is_done_with_a_design_is_told():
    data = survey(6)
    lone = data["office"].isin([0, 3, 6, 9, 12, 15, 18])  # leaves one office in the first district
    fit = cg.cfa("f =~ y1 + y2 + y3 + y4", data[~lone], cluster="office", strata="district")
    told = {n.code: n.values for n in fit.notes}
    assert told["sem.strata"] == {"strata": "district", "n": 3}
    assert told["sem.lonely_strata"]["n"] == 1
    sample = cg.load_sample()
    answers = replace(sample, design=cg.Design(fpc=sample.frame.columns[-1]))
    codes = {n.code for n in cg.cfa("f =~ pe_dis1 + pe_dis2 + pe_def1", answers).notes}
    assert "sem.fpc_unused" in codes


def test_clusters_in_two_groups_and_strata_are_told():
    data = answers().assign(
        office=np.arange(300) % 30, district=np.arange(300) % 3, sex=np.where(np.arange(300) < 200, "f", "m")
    )
    fit = cg.cfa(MODEL, data, cluster="office", strata="district", group="sex")
    told = {n.code: n.values for n in fit.notes}
    assert told["sem.clusters"]["n"] == 30 and told["sem.clusters_shared"]["n"] == 30
    assert told["sem.strata"]["n"] == 3
    apart = cg.cfa(MODEL, data.assign(office=data["office"].astype(str) + data["sex"]), cluster="office", group="sex")
    assert "sem.clusters_shared" not in {n.code for n in apart.notes}
