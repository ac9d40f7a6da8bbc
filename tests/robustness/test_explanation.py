"""Numbers of other programs: each convention against lavaan and semTools, what matches, what is told when none does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from differences_page import BEGIN, END, PAGE, tables

import cgsurvey as cg
from cgsurvey.base.references import reference
from cgsurvey.robustness.composites import composites
from cgsurvey.robustness.evidence import COMPUTED, catalogue
from cgsurvey.robustness.variants import moments_of, rmsea

HERE = Path(__file__).resolve().parents[1] / "reference"
GOLD = json.loads((HERE / "differences.json").read_text())
MODEL = "t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3\nq ~ t + z1 + z2\nt ~ z1 + z2"
PATH = "q ~ t"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "differences.csv")


@pytest.fixture(scope="module")
def fit(data) -> cg.SemFit:
    return cg.sem(MODEL, data)


@pytest.fixture(scope="module")
def measured(data) -> cg.SemFit:
    return cg.cfa("t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3", data)


def variant(quantity, code, detail="", *, of=None, **more) -> float:
    table = cg.why_different(0.123, "999.99999", quantity=quantity, of=of, **more).table
    return table[(table["convention"] == code) & (table["detail"] == detail)]["value"].item()


@pytest.mark.parametrize(
    ("quantity", "code", "detail", "of", "where"),
    [
        ("chisq", "likelihood_n", "", None, "ml chisq"),
        ("chisq", "likelihood_n_minus_1", "", None, "wishart chisq"),
        ("cfi", "likelihood_n_minus_1", "", None, "wishart cfi"),
        ("tli", "likelihood_n_minus_1", "", None, "wishart tli"),
        ("rmsea", "rmsea_n", "", None, "ml rmsea"),
        ("rmsea", "rmsea_n_minus_1", "", None, "wishart rmsea"),
        ("gfi", "gfi_given", "", None, "ml gfi"),
        ("agfi", "gfi_given", "", None, "ml agfi"),
        ("gfi", "gfi_covariances", "", None, "free_x gfi"),
        ("gfi", "gfi_means", "", None, "means gfi"),
        ("agfi", "gfi_means", "", None, "means agfi"),
        ("pgfi", "gfi_means", "", None, "means pgfi"),
        ("npar", "npar_means", "+ means", None, None),
        ("npar", "npar_covariates", "", None, "free_x npar"),
        ("srmr", "srmr_mplus", "", None, "ml srmr_mplus"),
        ("srmr", "rmr_raw", "", None, "ml rmr"),
        ("srmr", "srmr_off_diagonal", "", None, "ml crmr"),
        ("aic", "criterion_likelihood", "", None, "ml aic"),
        ("bic2", "criterion_likelihood", "", None, "ml bic2"),
        ("estimate", "other_reference", "q2, t3", PATH, "path other"),
        ("estimate", "unit_residual", "", PATH, "path std_lv"),
        ("estimate", "std_all", "", PATH, "path std_all"),
        ("estimate", "std_nox", "", "q ~ z1", "path std_nox_z1"),
        ("estimate", "divisor_n_minus_1", "", "t1 ~~ t1", "path variance_wishart"),
        ("std_error", "divisor_n_minus_1", "", PATH, "path se_wishart"),
        ("std_error", "divisor_n_minus_1", "+ covariances n - 1", "t1 ~~ t1", "path se_variance_wishart"),
    ],
)
def test_conventions_are_those_of_lavaan(fit, quantity, code, detail, of, where):
    found = variant(quantity, code, detail, of=of, result=fit)
    if where is None:  # lavaan does not count the means of covariates that are fixed
        assert found == GOLD["ml"]["npar"] + 8
        return
    block, name = where.split()
    assert found == pytest.approx(GOLD[block][name], rel=1e-5)


@pytest.mark.parametrize(
    ("quantity", "code", "detail", "of", "where"),
    [
        ("gfi", "refit_uls", "", None, "uls gfi"),
        ("chisq", "refit_mlm", "scaled", None, "mlm chisq.scaled"),
        ("rmsea", "refit_mlm", "robust", None, "mlm rmsea.robust"),
        ("chisq", "refit_mlr", "scaled", None, "mlr chisq.scaled"),
        ("cfi", "refit_mlr", "scaled", None, "mlr cfi.scaled"),
        ("std_error", "refit_mlr", "", PATH, "path se_mlr"),
    ],
)
def test_refits_are_those_of_lavaan(fit, data, quantity, code, detail, of, where):
    block, name = where.split()
    found = variant(quantity, code, detail, of=of, result=fit, data=data)
    assert found == pytest.approx(GOLD[block][name], rel=1e-5)


def test_baseline_of_uncorrelated_covariates(fit):
    T, Tb = GOLD["ml"]["chisq"], GOLD["independence"]["chisq"]
    assert GOLD["independence"]["df"] == 28
    assert variant("nfi", "independence_all", "n", result=fit) == pytest.approx(1 - T / Tb, rel=1e-7)
    assert variant("cfi", "independence_all", "n", result=fit) == pytest.approx(1 - (T - 16) / (Tb - 28), rel=1e-7)


def test_groups(data):
    grouped = cg.sem(MODEL, data, group="side")
    gold = GOLD["grouped_wishart"]
    assert variant("chisq", "likelihood_n_minus_1", result=grouped) == pytest.approx(gold["chisq"], rel=1e-6)
    assert variant("rmsea", "rmsea_n_minus_1", result=grouped) == pytest.approx(gold["rmsea"], rel=1e-6)
    amos = variant("rmsea", "rmsea_amos", result=grouped)
    assert amos == pytest.approx(gold["rmsea"] / np.sqrt(2), rel=1e-6)
    assert rmsea(10.0, 20, 100, 1) == 0.0


@pytest.mark.parametrize(
    ("quantity", "code", "of", "name"),
    [
        ("cr", "cr_raw", "t", "omega"),
        ("cr", "cr_observed", "t", "observed"),
        ("alpha", "alpha_raw", "t", "alpha"),
        ("ave", "ave_raw", "t", "ave"),
        ("htmt", "htmt_absolute", ["t", "q"], "htmt"),
        ("htmt", "htmt2", ["t", "q"], "htmt2"),
    ],
)
def test_reliability_is_that_of_semtools(measured, quantity, code, of, name):
    assert variant(quantity, code, of=of, result=measured) == pytest.approx(GOLD["reliability"][name], rel=1e-6)


def test_standardised_loadings_give_cr_and_ave(measured):
    lam = measured.tidy().query("op == '=~' and lhs == 't'")["std_all"].to_numpy()
    cr = lam.sum() ** 2 / (lam.sum() ** 2 + (1 - lam**2).sum())
    assert variant("cr", "cr_standardised", of="t", result=measured) == pytest.approx(cr)
    assert variant("ave", "ave_standardised", of="t", result=measured) == pytest.approx((lam**2).mean())
    assert variant("ave", "ave_root", of="t", result=measured) == pytest.approx(np.sqrt((lam**2).mean()))
    errors = cg.cfa("t =~ t1 + t2 + t3 + q1\nt2 ~~ t3", pd.read_csv(HERE / "differences.csv"))
    theta = errors.tidy().query("lhs == 't2' and rhs == 't3'")["estimate"].item()
    raw, less = (variant("cr", c, of="t", result=errors) for c in ("cr_raw", "cr_errors"))
    assert (raw > less) == (theta > 0)


def test_two_blocks_of_partial_least_squares_are_a_singular_vector():
    """Mode A with two blocks maximises the covariance of the sums (Wold, 1982)."""
    rng = np.random.default_rng(3)
    f = rng.normal(size=500)
    x = np.column_stack([f + rng.normal(size=500) for _ in range(3)] + [0.5 * f + rng.normal(size=500)] * 1)
    y = np.column_stack([-f + rng.normal(size=500) for _ in range(2)])
    R = np.corrcoef(np.column_stack([x, y]), rowvar=False)
    made = composites(R, [np.arange(4), np.arange(4, 6)], np.array([[False, False], [True, False]]))
    u, _, v = np.linalg.svd(R[:4, 4:])
    for own, vector in ((made.weights[:4, 0], u[:, 0]), (made.weights[4:, 1], v[0])):
        np.testing.assert_allclose(own / np.linalg.norm(own), vector * np.sign(vector.sum()), atol=1e-9)
    scores = (np.column_stack([x, y]) - np.r_[x.mean(0), y.mean(0)]) / np.r_[x.std(0), y.std(0)] @ made.weights
    np.testing.assert_allclose(scores.std(0), 1, rtol=1e-9)
    assert made.paths[1, 0] == pytest.approx(np.corrcoef(scores, rowvar=False)[0, 1]) and made.paths[1, 0] < 0
    assert made.r2[1] == pytest.approx(made.paths[1, 0] ** 2) and np.isnan(made.r2[0])
    equal = composites(R, [np.arange(4), np.arange(4, 6)], np.array([[False, False], [True, False]]), equal=True)
    assert np.ptp(equal.weights[:4, 0]) < 1e-12


def test_partial_least_squares_settles_at_its_own_equations(measured):
    """With three blocks the outer weights are the covariances of items with the inner sums that they make."""
    rng = np.random.default_rng(8)
    a, e = rng.normal(size=400), rng.normal(size=(400, 9))
    b = 0.5 * a + rng.normal(size=400)
    c = 0.4 * a + 0.4 * b + rng.normal(size=400)
    R = np.corrcoef(np.column_stack([a] * 3 + [b] * 3 + [c] * 3) + e, rowvar=False)
    causes = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0]], dtype=bool)
    blocks = [np.arange(3 * k, 3 * k + 3) for k in range(3)]
    made = composites(R, blocks, causes)
    C = made.correlations
    inner = np.array([[0, C[0, 1], C[0, 2]], [made.paths[1, 0], 0, C[1, 2]], [*made.paths[2, :2], 0]])
    for j, block in enumerate(blocks):
        wanted = (R @ made.weights @ inner[j])[block]
        np.testing.assert_allclose(
            wanted / np.linalg.norm(wanted), made.weights[block, j] / np.linalg.norm(made.weights[block, j]), atol=1e-8
        )
    ours = measured.tidy().query("op == '=~' and rhs == 't2'")["std_all"].item()
    assert variant("estimate", "pls", of="t =~ t2", result=measured) > ours


def test_shapes_under_three_conventions():
    x = np.array([1, 2, 2, 3, 3, 3, 4, 5, 5, 5, 1.0])
    made, n = moments_of(x), len(x)
    z = (x - x.mean()) / x.std()
    assert made["g1"] == pytest.approx((z**3).mean()) and made["g2"] == pytest.approx((z**4).mean() - 3)
    assert made["G1"] == pytest.approx(pd.Series(x).skew()) and made["G2"] == pytest.approx(pd.Series(x).kurt())
    b = (x - x.mean()) / x.std(ddof=1)
    assert made["b1"] == pytest.approx((b**3).mean()) and made["b2"] == pytest.approx((b**4).mean() - 3)
    frame = pd.DataFrame({"x": x, "y": x[::-1]})
    assert variant("skewness", "shape_G", of="x", data=frame) == pytest.approx(pd.Series(x).skew())
    assert variant("kurtosis_cr", "ratio_g", of="x", data=frame) == pytest.approx(made["g2"] / np.sqrt(24 / n))
    assert variant("sd", "divided_by_n", of="x", data=frame) == pytest.approx(x.std())
    assert variant("variance", "divided_by_n_minus_1", of="x", data=frame) == pytest.approx(x.var(ddof=1))
    assert variant("kurtosis", "kurtosis_plus_3", of="x", data=frame) == pytest.approx(made["g2"] + 3)
    assert variant("mean", "mean_reversed", of="x", data=frame) == pytest.approx(6 - x.mean())
    assert variant("correlation", "correlation_spearman", of=["x", "y"], data=frame) == pytest.approx(
        frame.corr("spearman").iloc[0, 1]
    )


def test_index_rounded_as_offices_do():
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.integers(2, 5, (57, 9)), columns=[f"U{k}" for k in range(1, 10)])
    found = cg.ikm(data)
    means = data.mean().to_numpy()
    assert variant("ikm", "ikm_exact", result=found) == pytest.approx(25 * means.mean())
    assert variant("ikm", "ikm_011", result=found) == pytest.approx(25 * 0.11 * means.sum())
    assert variant("ikm", "ikm_by_25", result=found) == pytest.approx(means.mean())
    rounded = cg.ikm(data, weight=0.11).overall["ikm"].item()
    told = cg.why_different(None, f"{rounded:.2f}", quantity="Nilai IKM", program="Excel", result=found)
    assert "ikm_011" in set(told.causes["convention"])


def test_the_cause_comes_first(fit, data):
    m, n = fit.fit_measures, fit.meta.n
    told = cg.why_different(None, f"{m['chisq'] * (n - 1) / n:.3f}", quantity="CMIN", program="amos", result=fit)
    assert told.causes["convention"].tolist() == ["likelihood_n_minus_1"]
    assert told.ours == m["chisq"] and told.decimals == 3 and told.program == "AMOS"
    assert told.glance()["convention"].item() == "likelihood_n_minus_1"
    comma = f"{m['chisq'] * (n - 1) / n + 2 * m['npar']:.3f}".replace(".", ",")
    assert cg.why_different(None, comma, quantity="AIC", result=fit).causes["convention"].iloc[0] == "criterion_chisq"
    scaled = GOLD["mlr"]["chisq.scaled"]
    told = cg.why_different(m["chisq"], round(scaled, 3), quantity="chi2", program="Mplus", result=fit, data=data)
    assert told.causes["convention"].iloc[0] == "refit_mlr"
    settings = {"estimator": "MLR"}
    told = cg.why_different(None, f"{scaled:.3f}", quantity="chisq", result=fit, data=data, settings=settings)
    assert told.causes["convention"].iloc[0] == "with_settings"


def test_the_same_number_rounded_is_no_difference(fit):
    told = cg.why_different(None, f"{fit.fit_measures['cfi']:.2f}", quantity="cfi", result=fit)
    assert told.causes["convention"].tolist() == ["same"]
    assert {n.code for n in told.notes} >= {"robustness.same_number"}


def test_what_no_convention_explains_is_said(fit):
    told = cg.why_different(None, "77.701", quantity="chisq", program="AMOS", result=fit)
    assert told.causes.empty and told.glance()["n_matches"].item() == 0
    text = " ".join(n.text for n in told.notes)
    assert "None of" in text and "Ask for the number of rows that the other program used" in text
    assert f"would need n = {round(77.701 / fit.fit_measures['chisq'] * 260)}; here n = 260" in text
    assert "Tanyakan jumlah baris" in " ".join(n.render("id") for n in told.notes)
    wrong = cg.why_different(0.5, "0.6", quantity="cfi", result=fit)
    assert "robustness.not_ours" in {n.code for n in wrong.notes}
    pls = cg.why_different(None, "0.9", quantity="path", of=PATH, program="SmartPLS", result=fit)
    assert "robustness.other_estimand" in {n.code for n in pls.notes}


def test_missing_answers(data):
    holes = data.mask(np.random.default_rng(1).random(data.shape) < 0.05).assign(side="a")
    model = "t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3\nq ~ t"
    listwise, fiml = cg.sem(model, holes), cg.sem(model, holes, missing="fiml")
    told = cg.why_different(
        None, f"{fiml.fit_measures['chisq']:.3f}", quantity="chisq", program="AMOS", result=listwise, data=holes
    )
    assert told.causes["convention"].tolist() == ["refit_fiml"]
    mean = cg.why_different(holes["t1"].mean(), "9", quantity="mean", of="t1", result=listwise, data=holes)
    complete = holes[["t1", "t2", "t3", "q1", "q2", "q3"]].dropna()["t1"].mean()
    value = mean.table.query("convention == 'mean_complete_rows'")["value"].item()
    assert value == pytest.approx(complete)
    assert (
        cg.why_different(0.5, "9", quantity="gfi", result=fiml)
        .table["convention"]
        .isin(["gfi_means", "gfi_covariances"])
        .sum()
        == 0
    )


def test_ordered_items_and_intercepts():
    rng = np.random.default_rng(4)
    f = rng.normal(size=(300, 1))
    data = pd.DataFrame(np.clip(np.round(3 + f + rng.normal(size=(300, 3))), 1, 5), columns=["x1", "x2", "x3"])
    ordinal = cg.cfa("f =~ x1 + x2 + x3", data, ordered=True)
    raw, polychoric = (variant("alpha", c, of="f", result=ordinal, data=data) for c in ("alpha_raw", "alpha_ordinal"))
    assert raw == pytest.approx(cg.reliability(data, {"f": list(data)}).tidy()["alpha"].item())
    assert polychoric > raw
    means = cg.cfa("f =~ x1 + x2 + x3", data, meanstructure=True)
    told = cg.why_different(None, "1", quantity="estimate", of="x1 ~1", result=means)
    assert told.ours == pytest.approx(data["x1"].mean())


def test_every_convention_is_computed_told_and_has_a_source():
    known = catalogue()
    for code, c in known["conventions"].items():
        assert code in COMPUTED or "options" in c, code
        assert reference(c["source"]), code
        assert c["en"].endswith(".") and c["id"].endswith(".") and c["en"] != c["id"], code
        for name in c["for"]:
            assert name in known["groups"] or name in known["quantities"], (code, name)
    assert set(COMPUTED) <= set(known["conventions"])
    for name, q in known["quantities"].items():
        assert set(q["ask"]) <= set(known["ask"]), name
    aliases = [a for q in known["quantities"].values() for a in q["aliases"]]
    assert len(aliases) == len(set(aliases)) and not set(aliases) & set(known["quantities"])


@pytest.mark.parametrize("printed", ["0.941", ".941", "0,941", " .941** "])
def test_numbers_as_they_are_printed(fit, printed):
    told = cg.why_different(0.95, printed, quantity="cfi", result=fit)
    assert (told.theirs, told.decimals) == (0.941, 3)


def test_thousands(fit):
    assert cg.why_different(None, "1.234,56", quantity="chisq", result=fit).theirs == 1234.56
    assert cg.why_different(None, "1,234.56", quantity="chisq", result=fit).theirs == 1234.56
    assert cg.why_different(None, 42.0, quantity="chisq", result=fit).decimals == 0


def test_what_cannot_be_asked(fit, data):
    with pytest.raises(cg.OptionError, match="Did you mean 'rmsea'"):
        cg.why_different(1, 2, quantity="rmsae", result=fit)
    with pytest.raises(cg.OptionError, match="Did you mean 'AMOS'"):
        cg.why_different(1, 2, quantity="cfi", program="AMSO", result=fit)
    with pytest.raises(cg.OptionError, match="cannot be read as one number"):
        cg.why_different(1, "< .001", quantity="p", of=PATH, result=fit)
    with pytest.raises(cg.OptionError, match="no number that could be compared"):
        cg.why_different(1, float("nan"), quantity="cfi", result=fit)
    with pytest.raises(cg.OptionError, match="nothing is given"):
        cg.why_different(1, 2, quantity="cfi")
    with pytest.raises(cg.OptionError, match="needs to know what the number is about"):
        cg.why_different(1, 2, quantity="loading", result=fit)
    with pytest.raises(cg.OptionError, match="our number is missing"):
        cg.why_different(None, 2, quantity="sd", of="t1", data=data)
    with pytest.raises(cg.OptionError, match=r"takes a fit of cg\.cfa or cg\.sem"):
        cg.why_different(1, 2, quantity="cfi", result=data)
    with pytest.raises(cg.OptionError, match="from its result"):
        cg.why_different(1, 2, quantity="ikm", data=data)
    with pytest.raises(cg.ModelError, match="Did you mean 'q ~ t'"):
        cg.why_different(1, 2, quantity="path", of="q ~ tt", result=fit)
    with pytest.raises(cg.ModelError, match="no construct 'x'"):
        cg.why_different(1, 2, quantity="ave", of="x", result=fit)


def test_the_page_of_conventions_is_what_the_code_computes():
    page = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    made, written = tables().split(), page.split()
    assert len(made) == len(written)
    for one, other in zip(made, written, strict=True):
        if one != other:  # the last digit may differ between machines
            assert float(one) == pytest.approx(float(other), abs=2e-4)
