"""Rows with missing answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated import MODEL, answers, with_holes

import cgsurvey as cg


def test_no_answer_is_wasted():
    data = with_holes(answers(), 0.3)
    fiml, listwise = cg.cfa(MODEL, data, missing="fiml"), cg.cfa(MODEL, data)
    assert fiml.meta.n == data.dropna(how="all").shape[0] > 2 * listwise.meta.n
    assert listwise.notes[0].code == "moments.listwise_loss"
    better = fiml.tidy()["std_error"] < listwise.tidy()["std_error"].reindex(fiml.tidy().index)
    assert better[fiml.tidy()["op"] == "=~"].sum() >= 3


def test_answers_missing_at_random_do_not_bias():
    data = answers(40_000)
    data.loc[data["x1"] > 3.3, ["x2", "x5"]] = np.nan
    fit = cg.cfa(MODEL, data, missing="fiml", std_lv=True)
    loadings = fit.tidy().query("op == '=~'")["std_all"]
    np.testing.assert_allclose(loadings, [0.8, 0.7, 0.6] * 2, atol=0.03)
    assert fit.fit_measures["rmsea"] < 0.02


def test_empty_rows_change_nothing():
    data = with_holes(answers())
    more = pd.concat([data, pd.DataFrame(np.nan, index=[1000, 1001], columns=data.columns)])
    one, two = cg.cfa(MODEL, data.dropna(how="all"), missing="fiml"), cg.cfa(MODEL, more, missing="fiml")
    np.testing.assert_allclose(one.theta, two.theta, rtol=1e-12)
    assert "moments.empty_rows" in {n.code for n in two.notes}


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_units_do_not_matter(estimator):
    data = with_holes(answers(150))
    scaled = data * np.array([1e-4, 1, 100, 20, 1e5, 3])
    one, two = (cg.cfa(MODEL, d, missing="fiml", estimator=estimator) for d in (data, scaled))
    for name in ("chisq", "cfi", "cfi_robust", "rmsea_robust", "srmr"):
        assert one.fit_measures[name] == pytest.approx(two.fit_measures[name], rel=1e-6, abs=1e-9)
    np.testing.assert_allclose(one.standardized()["std_error"], two.standardized()["std_error"], rtol=1e-6)


def test_covariates_are_kept_or_modelled():
    data = with_holes(answers()).assign(age=np.random.default_rng(1).normal(40, 10, 300))
    data.loc[:29, "age"] = np.nan
    model = f"{MODEL}\ntrust ~ age"
    kept, modelled = (cg.sem(model, data, missing=m) for m in ("fiml", "fiml.x"))
    assert kept.meta.n < modelled.meta.n
    assert "moments.missing_covariates" in {n.code for n in kept.notes}
    assert kept.fit_measures["df"] == modelled.fit_measures["df"] == 14
