"""Fit measures: values of lavaan, closed forms, invariance."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from golden import Golden, load
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, ncx2

from cgsurvey.moments.sample import Sample
from cgsurvey.sem.model.structure import GroupMatrices
from cgsurvey.sem.testing.fit_measures import (
    ChiSquare,
    absolute,
    fit_measures,
    incremental,
    noncentrality,
    residual_measures,
    rmsea,
    rmsea_scaled,
    robust_incremental,
    shown,
)

COMPLETE = [
    "hs_ml", "hs_ml_mean", "hs_ml_wishart", "hs_mlr", "hs_mlm", "hs_mlmvs", "hs_mimic", "hs_mimic_randomx",
    "hs_bifactor", "hs_small_n", "hs_single_indicator", "hs_parallel", "poldem_eq_ml", "poldem_eq_wishart_mean",
    "satact_path_fixedx", "talor_parallel_ml", "hs_mg_conf", "hs_mg_scalar_mlr", "growth_linear", "growth_groups",
    "growth_tvc", "cg_weights_mlr", "cg_cluster_groups_mlr", "cg41_ml",
]  # fmt: skip


def chi_square(measures: dict[str, float], prefix: str) -> ChiSquare:
    plain = ChiSquare(measures[f"{prefix}chisq"], int(measures[f"{prefix}df"]))
    if f"{prefix}chisq_scaled" not in measures:
        return plain
    c = measures.get(f"{prefix}chisq_scaling_factor", math.nan)
    robust = c if "rmsea_robust" in measures else math.nan  # none for mean-and-variance adjusted statistics
    return replace(
        plain,
        scaled=measures[f"{prefix}chisq_scaled"],
        df_scaled=measures[f"{prefix}df_scaled"],
        factor=c,
        robust=robust,
    )


def computed(g: Golden) -> dict[str, float]:
    known = g.measures
    fixed = set(g.table.loc[g.table["exo"] == 1, "lhs"])
    return fit_measures(
        chi_square(known, ""),
        chi_square(known, "baseline_"),
        samples=g.samples,
        matrices=g.matrices,
        means=g.structure.means,
        npar=int(known["npar"]),
        logl=known["logl"],
        logl_saturated=known["unrestricted_logl"],
        factor_h0=known.get("scaling_factor_h0", math.nan),
        factor_h1=known.get("scaling_factor_h1", math.nan),
        exogenous=[k for k, name in enumerate(g.observed) if name in fixed],
    )


@pytest.mark.reference
@pytest.mark.parametrize("name", COMPLETE)
def test_all_measures_of_lavaan(shared, name):
    g = load(shared, name)
    ours, compared = computed(g), 0
    for measure, value in g.measures.items():
        assert ours[measure] == pytest.approx(value, rel=1e-6, abs=1e-9), measure
        compared += 1
    assert compared > 40


def test_incremental_measures_by_hand():
    found = incremental(30.0, 20, 220.0, 30)
    assert found["cfi"] == pytest.approx(1 - 10 / 190)
    assert found["tli"] == pytest.approx((220 / 30 - 1.5) / (220 / 30 - 1))
    assert found["nfi"] == pytest.approx(190 / 220)
    assert found["ifi"] == pytest.approx(190 / 200)
    assert found["rfi"] == pytest.approx(1 - 1.5 / (220 / 30))
    assert found["pnfi"] == pytest.approx(2 / 3 * 190 / 220)
    assert found["rni"] == found["cfi"]


def test_a_model_that_fits_better_than_expected_has_cfi_one():
    found = incremental(10.0, 20, 220.0, 30)
    assert found["cfi"] == 1
    assert found["tli"] > 1
    assert found["rni"] > 1


def test_a_saturated_model_says_nothing():
    found = incremental(0.0, 0, 220.0, 3)
    assert [found[k] for k in ("cfi", "tli", "rfi", "nfi", "ifi", "rni")] == [1] * 6
    close = rmsea(0.0, 0, 100, 1)
    assert close["rmsea"] == close["rmsea_ci_upper"] == 0
    assert math.isnan(close["rmsea_pvalue"])
    assert math.isnan(ChiSquare(0.0, 0).pvalue)


def test_a_model_looser_than_independence_has_no_nfi():
    found = incremental(40.0, 33, 220.0, 30)
    assert math.isnan(found["nfi"])
    assert math.isnan(found["rfi"])


@given(st.floats(1, 400), st.integers(1, 120), st.integers(50, 5000), st.integers(1, 4))
def test_rmsea_is_what_its_definition_says(t, df, n, groups):
    found = rmsea(t, df, n, groups)
    assert found["rmsea"] == pytest.approx(math.sqrt(max(t - df, 0) / df / n) * math.sqrt(groups))
    assert found["rmsea_ci_lower"] <= found["rmsea"] + 1e-9
    ncp = 0.05**2 * n * df / groups
    assert found["rmsea_pvalue"] == pytest.approx(ncx2.sf(t, df, ncp), abs=1e-9)
    assert 0 <= found["rmsea_notclose_pvalue"] <= 1


@given(st.floats(0.5, 300), st.integers(1, 100), st.sampled_from([0.05, 0.95]))
def test_limits_of_the_noncentrality(x, df, probability):
    found = noncentrality(x, df, probability, max(1000.0, 4 * x))
    if chi2.cdf(x, df) < probability:
        assert found == 0
    else:
        assert ncx2.cdf(x, df, max(found, 1e-12)) == pytest.approx(probability, abs=2e-5)


def test_scaled_measures_of_a_factor_of_one_are_the_plain_ones():
    plain = ChiSquare(85.3, 24)
    same = replace(plain, scaled=85.3, df_scaled=24.0, factor=1.0, robust=1.0)
    base = ChiSquare(918.9, 36, 918.9, 36.0, 1.0, robust=1.0)
    assert rmsea_scaled(same, 301, 1) == pytest.approx(
        {k: v for k, v in rmsea(85.3, 24, 301, 1).items() if not k.endswith(("level", "h0"))}
    )
    robust = robust_incremental(same, base)
    known = incremental(85.3, 24, 918.9, 36)
    assert (robust["cfi_robust"], robust["tli_robust"]) == pytest.approx((known["cfi"], known["tli"]))


def test_a_shifted_statistic_is_taken_as_it_is():
    shifted = ChiSquare(85.3, 24, scaled=75.9, df_scaled=24.0, factor=1.157, shift=2.1)
    assert rmsea_scaled(shifted, 301, 1)["rmsea"] == pytest.approx(math.sqrt((75.9 - 24) / 24 / 301))


def two_items(r: float, implied: float, scale: float = 1.0) -> tuple[list[Sample], list[GroupMatrices]]:
    D = np.diag([1.0, scale])
    S, Sigma = (D @ np.array([[1.0, x], [x, 1.0]]) @ D for x in (r, implied))
    zero = np.zeros((2, 2))
    mean = np.array([1.0, 2.0 * scale])
    return [Sample(100, mean, S, 100.0)], [GroupMatrices(zero, zero, mean, Sigma, mean)]


def averaged(samples: list[Sample], matrices: list[GroupMatrices], means: bool) -> dict[str, float]:
    return residual_measures(np.ones(1), [shown(s, m, means) for s, m in zip(samples, matrices, strict=True)])


def test_residual_measures_by_hand():
    found = averaged(*two_items(0.5, 0.2), means=False)
    assert found["srmr"] == found["srmr_bentler"] == pytest.approx(math.sqrt(0.09 / 3))
    assert found["crmr"] == pytest.approx(0.3)
    assert found["rmr"] == pytest.approx(math.sqrt(0.09 / 3))
    with_means = averaged(*two_items(0.5, 0.2), means=True)
    assert with_means["srmr"] == pytest.approx(math.sqrt(0.09 / 5))
    assert with_means["srmr_bentler_nomean"] == found["srmr"]


@given(st.floats(0.001, 1000), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_srmr_and_gfi_do_not_depend_on_units(scale, r, implied):
    one, other = two_items(r, implied), two_items(r, implied, scale)
    for means in (False, True):
        plain, scaled = averaged(*one, means), averaged(*other, means)
        for name in ("srmr", "srmr_mplus", "crmr"):
            assert scaled[name] == pytest.approx(plain[name], rel=1e-8)
        assert absolute(*other, means, ())[0] == pytest.approx(absolute(*one, means, ())[0], abs=1e-7)


def test_a_perfect_fit_has_gfi_one_and_srmr_zero():
    samples, matrices = two_items(0.4, 0.4)
    assert absolute(samples, matrices, True, ())[0] == pytest.approx(0)
    assert averaged(samples, matrices, True)["srmr"] == pytest.approx(0)
