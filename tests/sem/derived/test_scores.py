"""Factor scores: lavaan's values, closed forms, missing answers."""

from __future__ import annotations

import numpy as np
import pytest
from golden import data_of, groups_of, load, matrix
from simulated import ITEMS, MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.sem.derived.scores import factor_scores, with_means

CASES = [
    "hs_ml", "hs_ml_mean", "hs_second_order", "hs_bifactor", "hs_mimic", "hs_mimic_randomx", "hs_single_indicator",
    "hs_mcar_fiml", "hs_mar_mimic_fimlx", "hs_mcar_listwise", "hs_mg_scalar", "growth_tvc", "growth_groups",
    "poldem_ml", "poldem_eq_wishart_mean", "cg_weights_mlr", "cg41_ml",
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_values_of_lavaan(shared, name, method):
    g = load(shared, name)
    data = data_of(shared, g.case)
    where = groups_of(g.expected["factor_scores_case_idx"], g.labels)
    for k, block in enumerate(groups_of(g.expected["factor_scores_first10"][method], g.labels)):
        y = data[g.observed].to_numpy(float)[[i - 1 for i in where[k]]]
        filled = g.matrices[k] if g.structure.means else with_means(g.matrices[k], g.samples[k].mean)
        found = factor_scores(y, filled, method)[:, [g.latents.index(v) for v in block["cols"]]]
        known = matrix(block).to_numpy()
        np.testing.assert_allclose(found[~np.isnan(known)], known[~np.isnan(known)], atol=1e-8)


@pytest.fixture(scope="module")
def one_factor():
    return cg.cfa("trust =~ x1 + x2 + x3", answers(), meanstructure=True)


def test_one_factor_has_closed_forms(one_factor):
    data = answers()
    m = one_factor.matrices[0]
    weights = m.A[:3, 3] / np.diag(m.S)[:3]  # loadings over residual variances
    d = data[["x1", "x2", "x3"]].to_numpy() - m.mu
    information = weights @ m.A[:3, 3]
    bartlett = one_factor.scores(data, method="bartlett")["trust"]
    np.testing.assert_allclose(bartlett, d @ weights / information)
    regression = one_factor.scores(data)["trust"]
    np.testing.assert_allclose(regression, d @ weights / (information + 1 / m.S[3, 3]))
    np.testing.assert_allclose(one_factor.scores(data, method="ebm")["trust"], regression)
    assert list(regression.index) == list(data.index)


def test_regression_scores_are_nearest_and_bartlett_scores_unbiased(one_factor):
    rng = np.random.default_rng(7)
    m = one_factor.matrices[0]
    eta = rng.normal(size=20_000) * np.sqrt(m.S[3, 3])
    y = m.mu + np.outer(eta, m.A[:3, 3]) + rng.normal(size=(20_000, 3)) * np.sqrt(np.diag(m.S)[:3])
    near, fair = (factor_scores(y, m, method)[:, 0] for method in ("regression", "bartlett"))
    assert np.mean((near - eta) ** 2) < np.mean((fair - eta) ** 2)
    assert np.polyfit(eta, fair, 1)[0] == pytest.approx(1, abs=0.02)
    assert np.cov(near, eta)[0, 1] == pytest.approx(near.var(), rel=0.05)


def test_rows_with_missing_answers_are_scored_by_what_they_answered():
    data = with_holes(answers())
    data.iloc[3] = np.nan
    fit = cg.cfa(MODEL, data, missing="fiml")
    for method in ("regression", "bartlett"):
        found = fit.scores(data, method=method)
        assert len(found) == len(data)
        assert found.iloc[3].isna().all()
        assert found.drop(index=3).notna().all(axis=None) or method == "bartlett"
    row = data.iloc[[0]].assign(x1=np.nan)
    alone = factor_scores(row[ITEMS].to_numpy(), fit.matrices[0])
    m, o = fit.matrices[0], np.flatnonzero(row[ITEMS].notna().to_numpy()[0])
    V = np.linalg.inv(np.eye(8) - m.A) @ m.S @ np.linalg.inv(np.eye(8) - m.A).T
    by_hand = V[6:, o] @ np.linalg.solve(V[np.ix_(o, o)], row[ITEMS].to_numpy()[0, o] - m.mu[o])
    np.testing.assert_allclose(alone[0], by_hand)


def test_scores_of_other_rows_and_of_unknown_methods(one_factor):
    new = answers(7, seed=99)[["x3", "x1", "x2"]]
    assert one_factor.scores(new).shape == (7, 1)
    with pytest.raises(cg.OptionError, match="Did you mean 'bartlett'"):
        one_factor.scores(new, method="Bartlet")
    with pytest.raises(cg.ColumnNotFoundError, match="x2"):
        one_factor.scores(new.drop(columns="x2"))


def test_a_model_without_means_takes_those_of_the_sample():
    data = answers()
    np.testing.assert_allclose(
        cg.cfa(MODEL, data).scores(data), cg.cfa(MODEL, data, meanstructure=True).scores(data), atol=1e-7
    )
