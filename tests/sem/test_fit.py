"""The fitted model: its tables, what it keeps, what it saves."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from simulated import ITEMS, MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns
from cgsurvey.base.model import Model

STRUCTURAL = f"{MODEL}\nquality ~ b*trust\nindirect := b^2"


@pytest.fixture(scope="module")
def data():
    return answers()


@pytest.fixture(scope="module")
def fit(data):
    return cg.sem(Model(STRUCTURAL, labels={"trust": {"en": "Trust", "id": "Kepercayaan"}}), data)


@pytest.fixture(scope="module")
def groups(data):
    return cg.cfa(MODEL, data.assign(site=["b", "a"] * 150), group="site", estimator="MLR")


def test_tidy(fit):
    table = fit.tidy()
    assert list(table) == [
        "lhs", "op", "rhs", "group", "label", "free", "estimate", "std_error", "statistic", "p_value", "ci_lower",
        "ci_upper", "std_lv", "std_all",
    ]  # fmt: skip
    first, last = table.iloc[0], table.iloc[-1]
    assert (first["estimate"], first["free"]) == (1.0, 0) and np.isnan(first["std_error"])
    assert (last["lhs"], last["op"], last["rhs"], last["group"]) == ("indirect", ":=", "b^2", 0)
    free = table[table["free"] > 0]
    np.testing.assert_allclose(free["statistic"], free["estimate"] / free["std_error"])
    assert not unknown_columns([*table, *fit.glance(), *fit.standardized(), *fit.modification_indices()])


def test_glance(fit, groups):
    row = fit.glance().iloc[0]
    assert (row["estimator"], row["n"], row["npar"], row["df"]) == ("ML", 300, 13, 8) and row["converged"]
    assert groups.glance().iloc[0]["cfi_robust"] == groups.fit_measures["cfi_robust"]


def test_names(fit):
    assert fit.latents == ("trust", "quality") and fit.observed == tuple(ITEMS)
    assert fit.meta.label("trust", "id") == "Kepercayaan" and fit.meta.function == "sem" and fit.meta.n == 300
    assert "b" in fit.vcov.index and "trust=~x2" in fit.vcov.columns


def test_vcov_holds_the_standard_errors(fit):
    table = fit.tidy()
    free = table[table["free"] > 0]
    names = free["label"].where(free["label"] != "", free["lhs"] + free["op"] + free["rhs"])
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov.loc[names, names])), free["std_error"])


def test_moments_and_residuals(fit, groups, data):
    np.testing.assert_allclose(fit.sample_statistics["cov"], data.cov(ddof=0))
    gap = fit.sample_statistics["cov"] - fit.implied["cov"]
    pd.testing.assert_frame_equal(fit.residuals(), gap)
    assert "mean" not in fit.implied and set(groups.implied) == {"b", "a"} and "mean" in groups.implied["a"]
    assert np.allclose(np.diag(fit.residuals(kind="cor")), 0) and set(groups.residuals(kind="standardized")) == {
        "b",
        "a",
    }
    assert fit.residuals(kind="standardized").abs().max().max() < 4


def test_r2_is_the_squared_standardised_loading(fit, groups):
    loading = fit.tidy().query("op == '=~' and rhs == 'x5'")["std_all"].iloc[0]
    assert fit.r2["x5"] == pytest.approx(loading**2) and "quality" in fit.r2 and "trust" not in fit.r2
    assert groups.r2["a", "x1"] > 0


def test_standardized_kinds(fit):
    table = fit.standardized().set_index(["lhs", "op", "rhs"])
    assert table.loc[("trust", "~~", "trust"), "estimate"] == pytest.approx(1)
    b = table.loc[("quality", "~", "trust"), "estimate"]
    assert table.loc[("indirect", ":=", "b^2"), "estimate"] == pytest.approx(b**2)
    lv = fit.standardized("std_lv").set_index(["lhs", "op", "rhs"])["estimate"]
    assert lv["quality", "~", "trust"] == pytest.approx(b)
    with pytest.raises(cg.OptionError, match="std_all"):
        fit.standardized("all")


def test_std_nox_leaves_covariates_in_their_units(data):
    fit = cg.sem(f"{MODEL}\ntrust ~ age", data.assign(age=40 + 10 * np.arange(300) / 300))
    nox, every = (fit.standardized(k).set_index(["lhs", "op", "rhs"])["estimate"] for k in ("std_nox", "std_all"))
    sd = np.sqrt(fit.implied["cov"].loc["age", "age"])
    assert every["trust", "~", "age"] == pytest.approx(nox["trust", "~", "age"] * sd)


def test_scores(fit, groups, data):
    for method in ("regression", "bartlett", "ebm"):
        scores = fit.scores(data, method=method)
        assert list(scores) == ["trust", "quality"] and scores.index.equals(data.index)
        assert abs(scores.mean()).max() < 1e-9
    holes = with_holes(data)
    assert fit.scores(holes).notna().all().all()
    by_group = groups.scores(data.assign(site=["b", "a"] * 150))
    assert by_group.notna().all().all()
    assert groups.scores(data.assign(site="elsewhere")).isna().all().all()
    with pytest.raises(cg.ColumnNotFoundError, match="group='site'"):
        groups.scores(data)


def test_modification_indices_find_what_is_missing(data):
    together = data.copy()
    together[["x2", "x5"]] += 0.5 * np.random.default_rng(7).normal(size=(300, 1))
    fit = cg.cfa(MODEL, together)
    top = fit.modification_indices()
    row = top.iloc[0]
    assert (row["lhs"], row["op"], row["rhs"]) == ("x2", "~~", "x5") and top["mi"].is_monotonic_decreasing
    freed = cg.cfa(f"{MODEL}\nx2 ~~ x5", together)
    assert row["mi"] == pytest.approx(fit.fit_measures["chisq"] - freed.fit_measures["chisq"], rel=0.2)
    found = freed.tidy().query("lhs == 'x2' and rhs == 'x5'").iloc[0]
    assert row["epc"] == pytest.approx(found["estimate"], rel=0.2)
    assert row["sepc_all"] == pytest.approx(found["std_all"], rel=0.3)


def test_no_rows_are_kept(data):
    fit = cg.cfa(MODEL, with_holes(data), missing="fiml", estimator="MLR")
    assert all(s.cases is None and s.patterns is None for s in fit.samples)
    assert len(pickle.dumps(fit)) < 200_000
    assert (fit.modification_indices()["mi"] >= 0).all()


def test_saved_and_read_again(fit, groups, data, tmp_path):
    for number, one in enumerate((fit, groups, cg.cfa(MODEL, with_holes(data), missing="fiml"))):
        again = cg.load_result(one.save(tmp_path / f"fit{number}"))
        for made in (cg.SemFit.tidy, cg.SemFit.glance, cg.SemFit.standardized, cg.SemFit.modification_indices):
            pd.testing.assert_frame_equal(made(again), made(one))
        pd.testing.assert_series_equal(again.fit_measures, one.fit_measures)
        assert again.notes == one.notes and again.model == one.model


def test_summary(fit, groups):
    text = fit.summary()
    for words in (
        "SemFit (sem): converged",
        "Rows used",
        "CFI",
        "Latent variables",
        "trust =~",
        "Regressions",
        "indirect",
        "(b)",
    ):
        assert words in text
    text = groups.summary()
    assert "Group a" in text and "robust" in text and "b (150), a (150)" in text


def test_semopy_arrives_at_the_same_estimates(fit, data):
    other = cg.sem(STRUCTURAL, data, engine="semopy")
    np.testing.assert_allclose(other.theta, fit.theta, atol=1e-5)
    np.testing.assert_allclose(other.tidy()["std_error"], fit.tidy()["std_error"], atol=1e-5)
    with pytest.raises(cg.UnsupportedByEngine, match="missing"):
        cg.cfa(MODEL, with_holes(data), missing="fiml", engine="semopy")


def test_without_standard_errors(data):
    fit = cg.cfa(MODEL, data, se="none")
    assert fit.tidy()["std_error"].isna().all() and fit.fit_measures["cfi"] > 0.9


def test_level_of_the_intervals(fit, data):
    wide = cg.sem(STRUCTURAL, data, ci=0.99).tidy()
    usual = fit.tidy()
    ratio = (wide["ci_upper"] - wide["ci_lower"]) / (usual["ci_upper"] - usual["ci_lower"])
    np.testing.assert_allclose(ratio.dropna(), 2.5758293 / 1.9599640, rtol=1e-6)


def test_scores_of_a_plain_frame_are_refused_where_reverse_items_were_keyed():
    """A frame may hold the answers as given; scores from them would be wrong without a sign of it."""
    answers_ = cg.load_sample("users")
    fit = cg.cfa("rel =~ rel1 + rel2 + rel3 + rel4r", answers_, cluster=False, weights=False)
    assert fit.turned == ("rel4r",)
    with pytest.raises(cg.DataError, match=r"rel4r.*fit\.scores\(responses\)"):
        fit.scores(answers_.frame)
    assert fit.scores(answers_).notna().to_numpy().mean() > 0.9


def test_a_number_and_its_text_are_one_group():
    data = answers(200).assign(g=[1, "1"] * 50 + [2, "2"] * 50)
    fit = cg.cfa(MODEL, data, group="g")
    assert fit.meta.groups == ("1", "2") and [s.n for s in fit.samples] == [100, 100]
