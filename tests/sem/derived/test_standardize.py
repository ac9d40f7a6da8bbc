"""Standardised solution: lavaan's values and errors, derivatives, invariance to units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from golden import load
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import ITEMS, MODEL, answers

import cgsurvey as cg
from cgsurvey.sem.derived.standardize import explained, standardize
from cgsurvey.sem.model.ram import fill

CASES = [
    "hs_ml", "hs_mlr", "hs_ml_stdlv", "hs_bifactor", "hs_second_order", "hs_resid_cor_clean", "hs_small_n",
    "hs_mimic", "hs_single_indicator", "hs_parallel", "poldem_ml", "poldem_eq_wishart_mean", "satact_path_fixedx",
    "growth_quadratic", "growth_tvc", "growth_groups", "hs_mg_scalar", "hs_mg_strictmeans", "hs_mcar_fiml",
    "hs_mar_mimic_fimlx", "talor_parallel_mlr", "cg_weights_mlr",
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_values_and_errors_of_lavaan(shared, name):
    g = load(shared, name)
    fixed = set(g.table.loc[g.table["exo"] == 1, "lhs"])
    latent = np.arange(g.structure.v) >= g.structure.p
    kinds = {"all": np.ones_like(latent), "lv": latent, "nox": np.array([v not in fixed for v in g.variables])}
    for kind, scaled in kinds.items():
        known = pd.DataFrame(g.expected[f"standardized_{kind}"]).loc[g.structure.row]
        found = standardize(g.structure, g.theta, g.matrices, scaled)
        np.testing.assert_allclose(found.value, known["est.std"].to_numpy(float), rtol=1e-8, atol=1e-10)
        assert g.vcov is not None
        # lavaan's own derivatives are numeric; at a solution near the border they hold fewer digits
        np.testing.assert_allclose(found.std_error(g.vcov), known["se"].to_numpy(float), rtol=1e-5, atol=1e-7)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["hs_second_order", "poldem_eq_ml", "growth_tvc", "hs_mg_scalar", "hs_bifactor"])
def test_derivatives_are_those_of_the_values(shared, name):
    g = load(shared, name)
    scaled = np.ones(g.structure.v, dtype=bool)
    found = standardize(g.structure, g.theta, g.matrices, scaled).jacobian
    for k in range(g.structure.q):
        h = 1e-6 * max(abs(g.theta[k]), 0.1)
        step = np.eye(g.structure.q)[k] * h
        ends = [g.theta + step, g.theta - step]
        up, down = (standardize(g.structure, t, fill(g.structure, t), scaled, derivatives=False).value for t in ends)
        np.testing.assert_allclose(found[:, k], (up - down) / (2 * h), rtol=1e-4, atol=1e-7)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_units_do_not_matter(powers):
    data = answers(200)
    model = f"{MODEL}\nx1 ~~ x4"
    one, other = cg.cfa(model, data), cg.cfa(model, data * 10.0 ** np.array(powers))
    for a, b in ((one.tidy()["std_all"], other.tidy()["std_all"]), (one.r2, other.r2)):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)
    tables = [fit.standardized() for fit in (one, other)]
    np.testing.assert_allclose(tables[0]["std_error"], tables[1]["std_error"], rtol=1e-5, equal_nan=True)


def test_identities_of_a_standardised_factor_model():
    fit = cg.cfa(MODEL, answers())
    table = fit.tidy().set_index(["lhs", "op", "rhs"])["std_all"]
    loadings = np.array([table[("trust" if k < 3 else "quality", "=~", x)] for k, x in enumerate(ITEMS)])
    residuals = np.array([table[(x, "~~", x)] for x in ITEMS])
    np.testing.assert_allclose(loadings**2 + residuals, 1)
    np.testing.assert_allclose(fit.r2[ITEMS], loadings**2)
    covariance = fit.matrices[0].S[6:, 6:]
    assert table[("trust", "~~", "quality")] == pytest.approx(
        covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    )


def test_a_residual_covariance_becomes_a_correlation_of_residuals():
    fit = cg.cfa(f"{MODEL}\nx1 ~~ x4", answers())
    S = fit.matrices[0].S
    table = fit.tidy().set_index(["lhs", "op", "rhs"])["std_all"]
    assert table[("x1", "~~", "x4")] == pytest.approx(S[0, 3] / np.sqrt(S[0, 0] * S[3, 3]))


def test_a_heywood_case_has_no_r2_and_a_variable_without_variance_no_correlation():
    data = answers(60, seed=4).assign(x3=lambda d: 5 * d.x1 + np.random.default_rng(1).normal(size=60) * 0.1)
    fit = cg.cfa("trust =~ x1 + x2 + x3", data)
    variances = np.diag(fit.matrices[0].S)[:3]
    assert variances.min() < 0
    share = explained(fit.structure, fit.matrices)[0, :3]
    assert np.array_equal(np.isnan(share), variances < 0)
    single = cg.sem("f =~ x1\nx2 ~ f", answers())
    assert np.isfinite(single.tidy()["std_all"]).sum() >= 4
