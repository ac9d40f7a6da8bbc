"""Residuals: lavaan's values, and what they must be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from golden import data_of, groups_of, load, matrix
from scipy.stats import kstest
from simulated import ITEMS, MODEL, answers, battery

import cgsurvey as cg
from cgsurvey.sem.derived.misfit import misfit
from cgsurvey.sem.derived.residuals import correlations, raw, standardized
from cgsurvey.sem.model.ram import jacobian
from cgsurvey.sem.residual_summary import residuals_of

CASES = [
    "hs_ml", "hs_ml_mean", "hs_mimic", "hs_mcar_fiml", "hs_mg_conf", "hs_mg_scalar", "poldem_eq_ml",
    "growth_linear", "satact_path_fixedx",
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("kind", "of"), [("residuals_raw", raw), ("residuals_cor", correlations)])
def test_values_of_lavaan(shared, name, kind, of):
    g = load(shared, name)
    for block, sample, filled in zip(groups_of(g.expected[kind], g.labels), g.samples, g.matrices, strict=True):
        found = of(sample, filled)
        np.testing.assert_allclose(found.cov, matrix(block["cov"]).loc[g.observed, g.observed], atol=1e-9)
        if block.get("mean"):
            np.testing.assert_allclose(found.mean, [block["mean"][v] for v in g.observed], atol=1e-9)


@pytest.mark.reference
@pytest.mark.parametrize(
    "name",
    [
        "hs_ml",
        "hs_ml_mean",
        "hs_ml_wishart",
        "poldem_eq_ml",
        "hs_mimic",
        "satact_path_fixedx",
        "hs_mg_metric",
        "hs_mg_scalar",
    ],
)
def test_z_values_of_lavaan(shared, name):
    g = load(shared, name)
    fixed = set(g.table.loc[g.table["exo"] == 1, "lhs"])
    found = standardized(
        g.samples,
        g.matrices,
        jacobian(g.structure, g.theta),
        np.eye(g.structure.q),
        means=g.structure.means,
        exogenous=[k for k, v in enumerate(g.observed) if v in fixed],
    )
    for block, mine in zip(groups_of(g.expected["lavresiduals"], g.labels), found, strict=True):
        z = matrix(block["cov.z"]).loc[g.observed, g.observed].to_numpy()
        # lavaan leaves tiny residuals undivided
        seen = np.abs(matrix(block["cov"]).loc[g.observed, g.observed].to_numpy()) > 1e-4
        np.testing.assert_allclose(mine.cov[seen], z[seen], rtol=1e-7)
        if block.get("mean.z"):
            np.testing.assert_allclose(mine.mean, [block["mean.z"][v] for v in g.observed], atol=1e-7)


def test_correlation_residuals_do_not_depend_on_units():
    data, factors = answers(), [1, 20, 0.05, 3, 7, 1000]
    one, other = cg.cfa(MODEL, data), cg.cfa(MODEL, data * factors)
    for kind in ("cor", "standardized"):
        np.testing.assert_allclose(one.residuals(kind), other.residuals(kind), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one.residuals() * np.outer(factors, factors), other.residuals(), rtol=1e-4, atol=1e-5)
    with pytest.raises(cg.OptionError, match="Did you mean 'standardized'"):
        one.residuals("standardised")


def test_z_values_of_a_true_model_are_standard_normal():
    z = [cg.cfa(MODEL, answers(400, seed)).residuals("standardized").loc["x1", "x5"] for seed in range(120)]
    assert abs(np.mean(z)) < 0.3
    assert kstest(z, "norm").pvalue > 0.01


def test_a_saturated_model_leaves_nothing():
    left = cg.sem("x4 ~ x1 + x2\nx5 ~ x1 + x2", answers())
    for kind in ("raw", "cor", "standardized"):
        np.testing.assert_allclose(left.residuals(kind), 0, atol=1e-10)
    assert list(left.residuals()) == ["x4", "x5", "x1", "x2"]


def test_one_frame_per_group():
    data = answers().assign(site=["b", "a"] * 150)
    fit = cg.cfa(MODEL, data, group="site", group_equal=["loadings"])
    found = fit.residuals("standardized")
    assert list(found) == ["b", "a"]
    assert all(list(frame) == ITEMS and np.isfinite(frame).all(axis=None) for frame in found.values())


SUMMARY = {
    "srmr": "estimate",
    "srmr.se": "std_error",
    "srmr.exactfit.z": "exact_statistic",
    "srmr.exactfit.pvalue": "exact_p_value",
    "usrmr": "unbiased",
    "usrmr.se": "unbiased_std_error",
    "usrmr.ci.lower": "ci_lower",
    "usrmr.ci.upper": "ci_upper",
    "usrmr.closefit.z": "close_statistic",
    "usrmr.closefit.pvalue": "close_p_value",
}
PARTS = {"cov": "covariances", "mean": "means", "total": "all"}


def size_of_misfit(frame: pd.DataFrame, part: str, measure: str, group: int = 1) -> pd.Series:
    at = (frame["moments"] == PARTS[part]) & (frame["measure"] == measure) & (frame["group"] == group)
    return frame[at].iloc[0]


@pytest.mark.reference
@pytest.mark.parametrize(
    "name",
    ["hs_ml", "hs_ml_mean", "hs_ml_obsinfo", "hs_ml_wishart", "hs_mlf", "hs_mlm", "hs_mlr", "hs_gls", "hs_wls",
     "hs_mimic", "hs_mcar_fiml", "hs_mcar_fiml_expected", "hs_mar_fiml_mlr", "hs_mcar_fiml_groups", "hs_mg_scalar",
     "hs_mg_scalar_mlr", "hs_parallel", "poldem_eq_wishart_mean", "poldem_gls", "poldem_mlr", "growth_linear",
     "growth_fiml", "growth_groups", "growth_linear_mlr", "cg_weights_mlr", "cg_moderation_fixedx", "satact_path_mlr",
     "talor_parallel_mlr"],
)  # fmt: skip
def test_size_of_misfit_is_that_of_lavaan(shared, name):
    case = json.loads((shared / "reference" / "dev" / "cases" / f"{name}.json").read_text())
    data = data_of(shared, case)
    fit = battery(shared).run(case["call"], case["model"], data, case["call"]["options"])
    found = fit.residual_summary(data)
    golden = case["expected"]["lavresiduals"]
    for g, block in enumerate(groups_of(golden, list(fit.meta.groups))):
        for part in set(PARTS) & set(block["summary"]):
            mine = size_of_misfit(found, part, "srmr", g + 1)
            for key, value in zip(block["summary"]["row"], block["summary"][part], strict=True):
                if key in SUMMARY:
                    expected = np.nan if value is None else value
                    np.testing.assert_allclose(
                        mine[SUMMARY[key]], expected, rtol=1e-6, atol=1e-8, err_msg=f"{part} {key}"
                    )
    if len(fit.meta.groups) < 2:
        z = matrix(golden["cov.z"]).astype(float)
        mine = fit.residuals("standardized", data).loc[z.index, z.columns].to_numpy()
        seen = np.abs(matrix(golden["cov"]).astype(float).to_numpy()) > 1e-4
        np.testing.assert_allclose(mine[seen], z.to_numpy()[seen], rtol=1e-6)


ORDERED = ["hs_cat2_wlsmv", "hs_cat3_dwls", "hs_cat3_ulsm", "hs_cat3_wls", "hs_cat3_wlsmv_theta", "cg_pe_wlsmv"]


@pytest.mark.reference
@pytest.mark.parametrize("name", [*ORDERED, "hs_cat3_miss_pairwise"])
def test_size_of_misfit_of_ordered_items(shared, name):
    case = json.loads((shared / "reference" / "dev" / "cases" / f"{name}.json").read_text())
    fit = battery(shared).run(case["call"], case["model"], data_of(shared, case), case["call"]["options"])
    found, golden = fit.residual_summary(), case["expected"]["lavresiduals"]
    parts = {"cor": "covariances", "thresholds": "thresholds", "total": "all"}
    for part, mine in parts.items():
        row = found[(found["moments"] == mine) & (found["measure"] == "srmr")].iloc[0]
        for key, value in zip(golden["summary"]["row"], golden["summary"][part], strict=True):
            # "total" of lavaan takes residuals and their covariances in different orders (docs/validation.md).
            if key in SUMMARY and value is not None and not (part == "total" and key.startswith("usrmr")):
                np.testing.assert_allclose(row[SUMMARY[key]], value, rtol=2e-4, atol=1e-6, err_msg=f"{part} {key}")
    (left,) = residuals_of(fit)
    t, p = len(left.at.variable), len(left.at.y)
    turned = misfit(np.concatenate([left.e[t:], left.e[:t]]), left.Xi, p * (p + 1) // 2 + t)
    total = dict(zip(golden["summary"]["row"], golden["summary"]["total"], strict=True))
    assert turned.unbiased == pytest.approx(total["usrmr"], rel=1e-4)
    assert turned.unbiased_std_error == pytest.approx(total["usrmr.se"], rel=1e-4)
    z = matrix(golden["cov.z"]).astype(float)
    mine = fit.residuals("standardized").loc[z.index, z.columns].to_numpy()
    seen = np.abs(matrix(golden["cov"]).astype(float).to_numpy()) > 1e-4
    np.testing.assert_allclose(mine[seen], z.to_numpy()[seen], rtol=1e-4, atol=1e-5)


@pytest.mark.reference
def test_residuals_of_ordered_items_in_groups_vary_with_the_rows_of_the_group(shared):
    case = json.loads((shared / "reference" / "dev" / "cases" / "hs_cat3_mg_groupequal.json").read_text())
    fit = battery(shared).run(case["call"], case["model"], data_of(shared, case), case["call"]["options"])
    n = np.array([s.n for s in fit.samples])
    for g, (label, left) in enumerate(zip(fit.meta.groups, residuals_of(fit), strict=True)):
        se = matrix(case["expected"]["lavresiduals"][label]["cov.se"]).astype(float)
        se = se.loc[list(fit.observed), list(fit.observed)].to_numpy()[left.at.i, left.at.j]
        mine = np.sqrt(np.diag(left.Xi))[-len(se) :]
        np.testing.assert_allclose(mine, se * np.sqrt(n.sum() / n[g]), rtol=1e-4)  # lavaan divides by all rows


REFERENCE = Path(__file__).parents[2] / "reference"


@pytest.mark.parametrize("case", json.loads((REFERENCE / "misfit.json").read_text()), ids=lambda c: c["id"])
def test_all_measures_are_those_of_lavaan(case):
    data = pd.read_csv(REFERENCE / "misfit.csv")
    fit = cg.cfa(case["model"], data, **case["options"])
    found = fit.residual_summary(data)
    for measure, block in case["summary"].items():
        for part, values in block.items():
            mine = size_of_misfit(found, part, measure)[list(SUMMARY.values())].to_numpy(float)
            expected = np.array([np.nan if v is None else v for v in values], dtype=float)
            np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5, err_msg=f"{measure} {part}")


def test_the_size_of_misfit_asks_for_rows_where_it_needs_them():
    data = answers()
    gaps = data.mask(np.random.default_rng(1).random(data.shape) < 0.1)
    incomplete = cg.cfa(MODEL, gaps, estimator="MLR", missing="fiml")
    with pytest.raises(cg.OptionError, match=r"residual_summary\(data\)"):
        incomplete.residual_summary()
    with pytest.raises(cg.DataError, match="not the data of the fit"):
        incomplete.residual_summary(gaps.head(250))
    robust = cg.cfa(MODEL, data, estimator="MLR")
    pd.testing.assert_frame_equal(robust.residual_summary(), robust.residual_summary(data), rtol=1e-9)
    plain, mlm = cg.cfa(MODEL, data), cg.cfa(MODEL, data, estimator="MLM")
    np.testing.assert_allclose(plain.residual_summary()["estimate"][0], plain.fit_measures["srmr"], rtol=1e-10)
    assert plain.residual_summary()["estimate"][1] == pytest.approx(plain.fit_measures["crmr"])
    assert mlm.residual_summary()["std_error"].notna().any()
    own = robust.residuals("standardized")
    np.testing.assert_allclose(own, robust.residuals("standardized", data), atol=1e-9)
    assert not np.allclose(own, plain.residuals("standardized"), rtol=1e-3)
    assert not np.allclose(incomplete.residuals("standardized", gaps), incomplete.residuals("standardized"), rtol=1e-3)


def test_groups_clusters_and_units_have_their_size_of_misfit():
    data = answers().assign(site=["b", "a"] * 150, village=np.arange(300) // 10)
    found = cg.cfa(MODEL, data, group="site", group_equal=["loadings"]).residual_summary()
    assert found.groupby("group").size().tolist() == [9, 9]
    assert set(found["moments"]) == {"covariances", "means", "all"}
    clustered = cg.cfa(MODEL, data, cluster="village").residual_summary(data)
    assert clustered["std_error"].notna().any()
    one, other = cg.cfa(MODEL, data), cg.cfa(MODEL, data[ITEMS] * [1, 20, 0.05, 3, 7, 1000])
    a, b = (f.residual_summary() for f in (one, other))
    free = a["measure"] != "rmr"
    np.testing.assert_allclose(a.loc[free, "estimate":], b.loc[free, "estimate":], rtol=1e-6)


@pytest.mark.slow
def test_exact_fit_is_rejected_as_often_as_it_should():
    p = [cg.cfa(MODEL, answers(500, seed)).residual_summary()["exact_p_value"][0] for seed in range(600)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
