"""Fits pooled over imputed data: the reference battery, closed forms, recovery, and what is said and refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated import MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.sem.result import parameter_names
from cgsurvey.sem.testing.pooling import d2, d3, pooled_covariance, rubin

CASES = ("hs_mcar_mi_cfa", "hs_mar_mi_cfa")
# semTools' names of what is pooled by D3
MEASURES = {
    "chisq_d3": "chisq",
    "riv_d3": "ariv",
    "baseline_chisq_d3": "baseline.chisq",
    "logl_pooled": "logl",
    "aic_pooled": "aic",
    "bic_pooled": "bic",
    "cfi_d3": "cfi",
    "tli_d3": "tli",
    "rmsea_d3": "rmsea",
    "rmsea_ci_lower_d3": "rmsea.ci.lower",
    "rmsea_ci_upper_d3": "rmsea.ci.upper",
    "rmsea_pvalue_d3": "rmsea.pvalue",
    "srmr_pooled": "srmr",
    "chisq_scaled_d3": "chisq.scaled",
    "pvalue_scaled_d3": "pvalue.scaled",
    "cfi_scaled_d3": "cfi.scaled",
    "tli_scaled_d3": "tli.scaled",
    "cfi_robust_d3": "cfi.robust",
    "rmsea_robust_d3": "rmsea.robust",
    "rmsea_ci_lower_robust_d3": "rmsea.ci.lower.robust",
    "rmsea_ci_upper_robust_d3": "rmsea.ci.upper.robust",
}


def imputed(shared, name):
    case = json.loads((shared / "reference" / "dev" / "cases" / f"{name}.json").read_text())
    table = pd.read_csv(shared / "reference" / "dev" / "data" / case["data"]["file"])
    options = {k.replace(".", "_"): v for k, v in (case.get("call") or {}).get("options", {}).items()}
    return case, [part for _, part in table.groupby(".imp")], options


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    return list(cg.impute(with_holes(answers(200)).dropna(how="all"), 4, seed=1, iterations=3))


def codes(fit: cg.Result) -> list[str]:
    return [n.code for n in fit.notes]


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_reference(shared, name):
    case, frames, options = imputed(shared, name)
    fit = cg.cfa(case["model"], frames, **options)
    each, e = case["per_imputation"], case["expected"]["pooled"]
    np.testing.assert_allclose([f.fit_measures["chisq"] for f in fit.fits], each["chisq"], rtol=1e-6)
    np.testing.assert_allclose([f.fit_measures["logl"] for f in fit.fits], each["logl"], rtol=1e-8)
    names = [n.replace(" ", "") for n in parameter_names(fit.table, fit.fits[0].structure)]
    at = [e["name"].index(n) for n in names]
    tidy = fit.tidy()
    rows = tidy[tidy["free"] > 0]
    columns = {"estimate": "est", "std_error": "se", "within": "within", "between": "between", "riv": "riv"}
    for ours, theirs in (columns | {"fmi": "fmi_large_sample", "df_t": "df_rubin1987"}).items():
        expected = np.array(e[theirs], dtype=float)[at]
        known = np.isfinite(expected) & (np.array(e["riv"], dtype=float)[at] > 1e-12)  # complete items do not vary
        np.testing.assert_allclose(rows[ours].to_numpy()[known], expected[known], rtol=1e-5, err_msg=ours)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), rows["std_error"], rtol=1e-10)


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_tests_and_measures_of_semtools(shared, name):
    case, frames, options = imputed(shared, name)
    fit = cg.cfa(case["model"], frames, **options)
    found, e = fit.fit_measures, case["expected"]["semTools"]
    for ours, theirs in MEASURES.items():
        if theirs in e["fit"]:
            np.testing.assert_allclose(found[ours], e["fit"][theirs], rtol=1e-5, err_msg=ours)
    np.testing.assert_allclose(found["chisq_d2"], e["anova_D2_asymptotic"]["chisq"], rtol=1e-6)
    if e["anova_D3"] is not None:
        for k in ("d2", "d3"):
            t, expected = fit.tests[k], e[f"anova_{k.upper()}"]
            np.testing.assert_allclose(
                [t.F, t.df1, t.df2, t.p_value, t.riv],
                [expected[n] for n in ("F", "df1", "df2", "pvalue", "ariv")],
                rtol=1e-5,
            )
    else:
        np.testing.assert_allclose(found["chisq_scaled_d2"], e["anova_D2"]["chisq.scaled"], rtol=1e-6)


@pytest.mark.reference
def test_differences_of_semtools(shared):
    case, frames, options = imputed(shared, "hs_mcar_mi_cfa")
    free, held = (cg.cfa(case[m], frames, **options) for m in ("model", "model0"))
    for test, e in case["expected"]["semTools_nested"].items():
        for t in (free.difference(held, test=test), held.difference(free, test=test)):
            expected = [e[n] for n in ("F", "df1", "df2", "pvalue", "ariv")]
            np.testing.assert_allclose([t.F, t.df1, t.df2, t.p_value, t.riv], expected, rtol=1e-5)


@pytest.mark.reference
def test_rules_of_mice(shared):
    """mice::pool of a regression, with the degrees of freedom of Barnard and Rubin."""
    case, frames, _ = imputed(shared, "nhanes_mi_lm")
    Q, U = [], []
    for frame in frames:
        x = np.column_stack([np.ones(len(frame)), frame[["age", "bmi"]]])
        b, ssr, *_ = np.linalg.lstsq(x, frame["chl"], rcond=None)
        Q.append(b)
        U.append(np.diag(np.linalg.inv(x.T @ x)) * ssr / (len(x) - 3))
    found, e = rubin(np.array(Q), np.array(U), 22), case["expected"]["pooled"]
    pairs = {"estimate": "estimate", "within": "ubar", "between": "b", "df_small": "df", "riv": "riv"}
    for ours, theirs in (pairs | {"share": "lambda", "fmi_small": "fmi"}).items():
        np.testing.assert_allclose(getattr(found, ours), e[theirs], rtol=1e-7, err_msg=ours)
    np.testing.assert_allclose(found.std_error**2, e["t"], rtol=1e-7)


def test_rubin_by_hand():
    Q, U = np.array([[1.0], [2.0], [3.0]]), np.full((3, 1), 0.5)
    found = rubin(Q, U)
    np.testing.assert_allclose([found.between[0], found.within[0]], [1, 0.5])
    np.testing.assert_allclose(found.std_error[0] ** 2, 0.5 + 4 / 3)
    np.testing.assert_allclose(found.df[0], 2 * (1 + 0.5 / (4 / 3)) ** 2)
    np.testing.assert_allclose(pooled_covariance(Q, U[:, :, None]), [[0.5 + 4 / 3]])
    equal = rubin(np.ones((3, 1)), U)
    assert equal.df[0] == np.inf and equal.fmi[0] == 0 and equal.std_error[0] == np.sqrt(0.5)
    assert rubin(Q, U, 20).df_small[0] < found.df[0] and rubin(Q, U).df_small[0] == found.df[0]


def test_equal_imputations_are_one_sample():
    data = answers(200)
    one, fit = cg.cfa(MODEL, data, meanstructure=True), cg.cfa(MODEL, [data] * 3, meanstructure=True)
    pd.testing.assert_frame_equal(
        fit.tidy()[["estimate", "std_error", "p_value", "ci_lower", "std_all"]],
        one.tidy()[["estimate", "std_error", "p_value", "ci_lower", "std_all"]],
        rtol=1e-7,
    )
    measures = one.fit_measures
    for ours, theirs in (("chisq_d3", "chisq"), ("chisq_d2", "chisq"), ("cfi_d3", "cfi"), ("rmsea_d2", "rmsea")):
        np.testing.assert_allclose(fit.fit_measures[ours], measures[theirs], atol=1e-6)
    for t in (fit.tests["d2"], fit.tests["d3"]):
        np.testing.assert_allclose(t.p_value, measures["pvalue"], atol=1e-5)
    pd.testing.assert_series_equal(fit.r2, one.r2)


def test_size_of_pooled_tests():
    """Chi-squares that are all the same: D2 and D3 are the plain test; spread makes them milder."""
    t = d2(np.full(5, 12.0), 6)
    np.testing.assert_allclose([t.F, t.p_value], [2, stats.chi2.sf(12, 6)])
    assert d3(np.full(5, 12.0), np.full(5, 12.0), 6).p_value == t.p_value
    assert d2(np.array([6.0, 9, 12, 15, 18]), 6).p_value > t.p_value
    assert d3(np.full(5, 12.0), np.full(5, 9.0), 6).p_value > t.p_value
    assert np.isnan(d2(np.zeros(3), 0).p_value)
    small = d3(np.full(3, 5.0), np.full(3, 4.0), 1)  # k (m - 1) <= 4 has its own degrees of freedom
    r = 2 * (5 - 4)
    np.testing.assert_allclose([small.riv, small.df2], [r, 2 * 2 * (1 + 1 / r) ** 2 / 2])


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_answers_missing_at_random(estimator):
    """Estimates come near FIML, which uses the same information."""
    data = with_holes(answers(400), 0.15)
    fiml = cg.cfa(MODEL, data, missing="fiml", estimator=estimator).tidy()
    pooled = cg.cfa(MODEL, cg.impute(data, 20, seed=1), meanstructure=True, estimator=estimator).tidy()
    assert list(pooled["lhs"]) == list(fiml["lhs"])
    free = fiml["free"] > 0
    gap = (pooled["estimate"] - fiml["estimate"])[free] / fiml["std_error"][free]
    assert np.abs(gap).max() < 0.5
    ratio = (pooled["std_error"] / fiml["std_error"])[free]
    assert ratio.min() > 0.85 and ratio.max() < 1.2
    assert (pooled.loc[free, "fmi"] > 0.02).any() and pooled.loc[~free, "fmi"].isna().all()


def test_groups_defined_parameters_and_standardised_ones(frames):
    placed = [f.assign(g=np.where(np.arange(len(f)) % 2, "u", "v")) for f in frames]
    fit = cg.cfa(MODEL, placed, group="g", group_equal=["loadings"])
    assert fit.meta.groups == ("v", "u") and set(fit.tidy()["group"]) == {1, 2}
    model = f"{MODEL}\nquality ~ b*trust\ntwice := 2*b"
    fit = cg.sem(model, frames)
    tidy = fit.tidy().set_index("op")
    np.testing.assert_allclose(tidy.loc[":=", "estimate"], 2 * tidy.loc["~", "estimate"])
    np.testing.assert_allclose(tidy.loc[":=", "std_error"], 2 * tidy.loc["~", "std_error"], rtol=1e-6)
    std = fit.standardized()
    np.testing.assert_allclose(std["estimate"], fit.tidy()["std_all"])
    own = [f.standardized() for f in fit.fits]
    total = np.mean([o["std_error"] ** 2 for o in own], 0) + 1.25 * np.var([o["estimate"] for o in own], 0, ddof=1)
    some = std["std_error"].notna()
    np.testing.assert_allclose(std.loc[some, "std_error"] ** 2, total[some], rtol=1e-10)


def test_shifted_tests_are_pooled_themselves(frames):
    """Least squares with a scaled and shifted test: the plain statistic is no chi-square."""
    fit = cg.cfa(MODEL, frames, estimator="ULSMV")
    assert "d3" not in fit.tests and "sem.no_d3" in codes(fit)
    each = np.array([f.fit_measures["chisq_scaled"] for f in fit.fits])
    t = d2(each, 8)
    assert fit.tests["d2_scaled"] == t and fit.fit_measures["pvalue_scaled_d2"] == t.p_value
    assert fit.glance()["pvalue_scaled_d2"].item() == t.p_value
    assert "F (D2)" in cg.table(fit).to_text()
    ordered = [f.apply(lambda c: pd.cut(c, 4, labels=False)) for f in frames]
    fit = cg.cfa(MODEL, ordered, ordered=True)
    assert {"d2", "d2_scaled"} == set(fit.tests) and 0 <= fit.fit_measures["cfi_scaled_d2"] <= 1
    assert fit.fit_measures["srmr_mean"] == np.mean([f.fit_measures["srmr"] for f in fit.fits])


def test_order_of_imputations_does_not_matter(frames):
    one, two = cg.cfa(MODEL, frames), cg.cfa(MODEL, frames[::-1])
    np.testing.assert_allclose(one.theta, two.theta, rtol=1e-9)
    np.testing.assert_allclose(one.fit_measures, two.fit_measures, rtol=1e-7)


def test_data_sets_without_a_solution_are_counted(frames):
    bad = frames[0].copy()
    bad["x3"] = bad["x1"] + bad["x2"]
    fit = cg.cfa(MODEL, [*frames[:2], bad, frames[3]])
    assert fit.failed == (3,) and len(fit.fits) == 3 and not fit.converged
    note = next(n for n in fit.notes if n.code == "sem.imputations_failed")
    assert note.level == "serious" and "1 of 4" in note.text and "(number 3)" in note.text
    assert fit.glance()["n_failed"].item() == 1
    with pytest.raises(cg.ConvergenceError, match="1 of 3"):
        cg.cfa(MODEL, [frames[0], bad, bad])


def test_what_is_said(frames):
    fit = cg.cfa(MODEL, frames)
    assert "sem.imputations" in codes(fit) and "sem.few_imputations" in codes(fit)
    assert "meng1992" in fit.meta.references and len(set(codes(fit))) == len(codes(fit))
    text = fit.summary()
    assert text.startswith("PooledFit (cfa): 4 of 4 imputations pooled") and "trust" in text


def test_what_is_refused(frames):
    with pytest.raises(cg.OptionError, match="needs at least two"):
        cg.cfa(MODEL, frames[:1])
    with pytest.raises(cg.OptionError, match="same degrees of freedom"):
        cg.cfa(MODEL, frames).difference(cg.cfa(MODEL, frames))
    other = [f + 1e-3 * np.random.default_rng(1).normal(size=f.shape) for f in frames]
    with pytest.raises(cg.OptionError, match="same imputed data"):
        cg.cfa(MODEL, frames).difference(cg.cfa(f"{MODEL}\ntrust ~~ 0*quality", other))
    robust = [cg.cfa(m, frames, estimator="MLR") for m in (MODEL, f"{MODEL}\ntrust ~~ 0*quality")]
    with pytest.raises(cg.OptionError, match="not for scaled"):
        robust[0].difference(robust[1])
    placed = [f.assign(g=np.roll(np.arange(len(f)) % 2, k)) for k, f in enumerate(frames)]
    with pytest.raises(cg.DataError, match="do not give the same parameters"):
        cg.cfa(MODEL, placed, group="g")
