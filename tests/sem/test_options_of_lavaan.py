"""Combinations of options that lavaan 0.6-14 treats in ways of its own, and models that are hard to start."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated import MODEL, answers

import cgsurvey as cg

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
CG = "dis =~ dis1 + dis2 + dis3\ndef =~ def1 + def2 + def3\ndel =~ del1 + del2 + del3"
EQUAL = ("loadings", "intercepts")


@pytest.mark.reference
@pytest.mark.parametrize(
    ("options", "measure", "value"),
    [
        ({"estimator": "MLR", "information": "expected"}, "chisq_scaling_factor", 1.04131185811073),
        ({"test": "yuan.bentler.mplus"}, "chisq_scaling_factor", 1.04131185811073),
        ({"se": "robust.huber.white", "test": "yuan.bentler.mplus"}, "chisq_scaling_factor", 1.04087476),
        ({"likelihood": "wishart", "group": "school", "group_equal": "loadings"}, "chisq", 123.221540604049),
    ],
)
def test_complete_rows(shared, options, measure, value):
    fit = cg.cfa(HS, pd.read_csv(shared / "reference/dev/data/hs.csv"), **options)
    assert fit.fit_measures[measure] == pytest.approx(value, rel=1e-6)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("options", "measure", "value"),
    [
        ({"estimator": "MLF"}, "cfi_robust", 0.90586820868),
        ({"estimator": "MLR", "information": "expected"}, "chisq_scaling_factor", 1.01219325),
        ({"test": "yuan.bentler.mplus"}, "chisq_scaling_factor", 1.00080100),
    ],
)
def test_missing_answers(shared, options, measure, value):
    fit = cg.cfa(HS, pd.read_csv(shared / "reference/dev/data/hs_mcar.csv"), missing="fiml", **options)
    assert fit.fit_measures[measure] == pytest.approx(value, rel=1e-5)


@pytest.mark.reference
def test_groups_with_wishart_likelihood_count_by_their_rows(shared):
    data = pd.read_csv(shared / "reference/dev/data/hs.csv")
    fit = cg.cfa(HS, data, group="school", group_equal="loadings", likelihood="wishart")
    row = fit.tidy().query("rhs == 'x2' and op == '=~'").iloc[0]
    assert row["estimate"] == pytest.approx(0.598643728838673, rel=1e-9)
    assert row["std_error"] == pytest.approx(0.100464796810389, rel=1e-7)


@pytest.mark.reference
def test_weights_and_clusters_in_groups(shared):
    data = pd.read_csv(shared / "reference/dev/data/cg_dev.csv")
    fit = cg.cfa(CG, data, weights="weight", cluster="cluster", group="district", group_equal=EQUAL)
    assert fit.fit_measures["chisq_scaled"] == pytest.approx(88.3079217331058, rel=1e-6)


@pytest.mark.reference
def test_baseline_with_missing_covariates(shared):
    data = pd.read_csv(shared / "reference/dev/data/hs_mcar.csv")
    fit = cg.sem("x9 ~ x1 + x4\nx4 ~ x1 + x5", data, missing="fiml", fixed_x=False)
    covariates = cg.sem("x1 ~~ x5", data, missing="fiml")
    alone = sum(_log_likelihood(data[c].dropna()) for c in ("x9", "x4"))
    baseline = 2 * (fit.fit_measures["unrestricted_logl"] - alone - covariates.fit_measures["logl"])
    assert fit.fit_measures["baseline_chisq"] == pytest.approx(baseline, rel=1e-9)


def _log_likelihood(x: pd.Series) -> float:
    return -len(x) / 2 * (np.log(2 * np.pi * x.var(ddof=0)) + 1)


@pytest.mark.parametrize("size", [0.4, -0.5])
def test_fixed_residual_covariances_start_anywhere(size):
    fit = cg.cfa(f"{MODEL}\nx1 ~~ {size}*x2", answers())
    assert fit.converged
    assert fit.tidy().query("op == '~~' and rhs == 'x2'")["estimate"].iloc[0] == size


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_scores_where_an_item_has_no_residual(method):
    data = answers().assign(x9=answers()["x1"] ** 2)
    scores = cg.cfa(f"{MODEL}\nexact =~ x9", data).scores(data, method=method)
    np.testing.assert_allclose(scores["exact"], data["x9"] - data["x9"].mean(), atol=1e-10)
