"""Residuals: lavaan's values, and what they must be."""

from __future__ import annotations

import numpy as np
import pytest
from golden import groups_of, load, matrix
from scipy.stats import kstest
from simulated import ITEMS, MODEL, answers

import cgsurvey as cg
from cgsurvey.sem.ram import jacobian
from cgsurvey.sem.residuals import correlations, raw, standardized

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
