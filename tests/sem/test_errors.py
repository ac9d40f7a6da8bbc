"""Faults of the model, the options and the data end in an error that says what to do; doubts end in notes."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest
from simulated import MODEL, answers

import cgsurvey as cg
from cgsurvey.base.errors import (
    CodingError,
    ColumnNotFoundError,
    ConvergenceError,
    ModelError,
    ModelSyntaxError,
    NotPositiveDefiniteError,
    OptionError,
    SampleError,
)
from cgsurvey.responses.design import Design
from cgsurvey.responses.source import Source


@pytest.fixture
def data():
    return answers()


def codes(fit) -> set[str]:
    return {n.code for n in fit.notes}


def test_unknown_variable_and_nearest_name(data):
    with pytest.raises(ColumnNotFoundError, match=r"'xx4'. Did you mean 'x4'"):
        cg.cfa("f =~ x1 + x2 + xx4", data)
    with pytest.raises(ColumnNotFoundError, match=r"'qualty'. Did you mean 'quality'") as caught:
        cg.sem(f"{MODEL}\nqualty ~ trust", data)
    assert "cg.link(" not in str(caught.value)
    with pytest.raises(ColumnNotFoundError, match=r"3 variables.*\n.*(?s:.*)cg\.link\(partners, users"):
        cg.sem(f"{MODEL}\nquality ~ trust", data.drop(columns=["x4", "x5", "x6"]))


def test_syntax_is_shown_with_its_place(data):
    with pytest.raises(ModelSyntaxError, match="line 2") as caught:
        cg.cfa("f =~ x1 + x2 +\n ~ x3 x4", data)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "PLS"}, "'ML', 'MLM', 'MLMV'"),
        ({"missing": "casewise"}, "'listwise', 'pairwise', 'fiml', 'fiml.x'"),
        ({"ordered": True, "estimator": "MLR"}, "'WLSMV'.*continuous"),
        ({"estimator": "MLM", "missing": "fiml"}, "likelihood method"),
        ({"estimator": "MLM", "cluster": "x1"}, "use 'MLR'"),
        ({"estimator": "DWLS", "se": "robust.huber.white"}, "'robust.sem'"),
        ({"estimator": "DWLS", "test": "yuan.bentler.mplus"}, "'scaled.shifted'"),
        ({"missing": "fiml", "test": "satorra.bentler"}, "yuan.bentler.mplus"),
        ({"missing": "fiml", "se": "robust.sem"}, "robust.huber.white"),
        ({"misssing": "fiml"}, "Did you mean 'missing'"),
        ({"group_equal": "loading"}, "Did you mean 'loadings'"),
        ({"se": "jackknife"}, "robust.huber.white"),
        ({"ci": 95}, "between 0 and 1"),
        ({"engine": "lavaan"}, "'native', 'semopy'"),
        ({"likelihood": "wishart", "estimator": "MLR"}, "wishart"),
        ({"cluster": "x1", "se": "standard"}, "robust errors"),
    ],
)
def test_options_are_checked(data, options, words):
    with pytest.raises(OptionError, match=words):
        cg.cfa(MODEL, data, **options)


def test_lavaans_words_for_missing_are_understood(data):
    assert cg.cfa(MODEL, data, missing="ml").options.missing == "fiml"


def test_model_and_data_of_the_wrong_kind(data):
    with pytest.raises(OptionError, match="lavaan syntax"):
        cg.cfa(3, data)
    with pytest.raises(OptionError, match="Responses or a pandas DataFrame"):
        cg.cfa(MODEL, data.to_numpy())


def test_constraints_that_contradict_each_other(data):
    with pytest.raises(ModelError, match="cannot hold together"):
        cg.cfa("f =~ x1 + a*x2 + x3\na == 1\na == 2", data)


def test_samples_that_cannot_carry_the_model(data):
    with pytest.raises(SampleError, match="13 free parameters"):
        cg.cfa(MODEL, data.head(12))
    with pytest.raises(SampleError, match="x2 has one and the same value"):
        cg.cfa(MODEL, data.assign(x2=4))
    with pytest.raises(NotPositiveDefiniteError, match=r"x1, x2|x2, x1"):
        cg.cfa(MODEL, data.assign(x2=data["x1"] * 3))
    with pytest.raises(CodingError, match="'x2' holds text"):
        cg.cfa(MODEL, data.assign(x2="often"))


def test_partners_alone_cannot_tell_about_service(data):
    partners = data.assign(**dict.fromkeys(["x4", "x5", "x6"], np.nan))
    for missing in ("listwise", "fiml"):
        with pytest.raises(SampleError, match=r"Nobody answered x4, x5, x6.*cg\.link\("):
            cg.sem(f"{MODEL}\nquality ~ trust", partners, missing=missing)
    users = data.assign(**dict.fromkeys(["x1", "x2", "x3"], np.nan))
    with pytest.raises(SampleError, match=r"Nobody answered both 'x1' and 'x4' \(9 such pairs of items\).*cg\.link\("):
        cg.sem(f"{MODEL}\nquality ~ trust", pd.concat([partners, users]), missing="fiml")


def test_no_minimum(monkeypatch, data):
    module = importlib.import_module("cgsurvey.sem.estimation")
    steps = importlib.import_module("cgsurvey.sem.fitting.optimise").minimise
    monkeypatch.setattr(module, "search", lambda problem, z: steps(problem, z, limit=1))
    with pytest.raises(
        ConvergenceError, match=r"after 1 steps without a minimum; parameters that run away: .*reversed items"
    ):
        cg.cfa(MODEL, data)
    monkeypatch.setattr(module, "search", lambda problem, z: steps(problem, z, limit=4))
    fit = cg.cfa(MODEL, data)
    assert not fit.converged and "sem.not_converged" in codes(fit) and "DID NOT CONVERGE" in fit.summary()


def test_items_that_are_nearly_alike_are_no_fault_of_the_model(data):
    near = data.assign(x2=data["x1"] + 1e-4 * data["x2"])
    fit = cg.cfa("f =~ x1 + x3\ng =~ x2 + x4 + x5", near)
    assert fit.fit_measures["df"] == 4


def test_inadmissible_estimates_are_noted(data):
    rng = np.random.default_rng(5)
    f = rng.normal(size=200)
    frame = pd.DataFrame({k: f * l + rng.normal(size=200) for k, l in zip("abc", (0.3, 0.35, 3.0), strict=True)})
    frame["c"] = 3 * f + 0.2 * rng.normal(size=200) + frame["a"] + frame["b"]
    fit = cg.cfa("f =~ a + b + c", frame)
    note = next(n for n in fit.notes if n.code == "sem.heywood")
    assert note.level == "serious" and note.values["variable"] == "c" and "Heywood" in note.render("id")
    one = data.assign(
        x4=data["x1"] + 0.3 * data["x4"], x5=data["x2"] + 0.3 * data["x5"], x6=data["x3"] + 0.3 * data["x6"]
    )
    assert "sem.latent_covariance" in codes(cg.cfa(MODEL, one))


def test_ordered_items_under_normal_theory_are_noted(data):
    five = np.clip(data.round(), 1, 5)
    assert {"sem.ordered_items"} == codes(cg.cfa(MODEL, five))
    assert codes(cg.cfa(MODEL, five, estimator="MLR")) == set()
    assert codes(cg.cfa(MODEL, data)) == set()
    assert {"sem.ordered_items", "sem.few_categories"} == codes(cg.cfa(MODEL, np.clip(data.round(), 2, 4)))


def test_the_design_of_the_data_is_used_unless_switched_off(data):
    frame = data.assign(office=np.arange(300) // 10, w=1.0 + np.arange(300) % 3)
    source = Source(frame=frame, design=Design(weights="w", cluster="office"))
    fit = cg.cfa(MODEL, source)
    assert (fit.options.cluster, fit.options.weights) == ("office", "w") and fit.options.robust
    assert {"sem.clusters", "sem.weights"} <= codes(fit)
    named = cg.cfa(MODEL, frame, cluster="office", weights="w")
    pd.testing.assert_frame_equal(fit.tidy(), named.tidy())
    plain = cg.cfa(MODEL, source, cluster=False, weights=False)
    assert plain.options.se == "standard" and "sem.clusters_unused" in codes(plain)
    few = cg.cfa(MODEL, frame.assign(office=np.arange(300) // 40), cluster="office")
    assert "sem.few_clusters" in codes(few)


def test_a_model_without_degrees_of_freedom_is_no_test(data):
    assert codes(cg.cfa("f =~ x1 + x2 + x3", data)) == {"sem.no_test"}


def test_errors_that_cannot_be_computed_are_told(monkeypatch, data):
    module = importlib.import_module("cgsurvey.sem.fit")
    fit = cg.cfa(MODEL, data)
    H = module.information(fit.structure, fit.theta, fit.samples)
    H[1] = H[:, 1] = H[0]
    H[1, 1] = H[0, 1] = H[1, 0] = H[0, 0]
    monkeypatch.setattr(module, "information", lambda *a: H)
    broken = cg.cfa(MODEL, data)
    note = next(n for n in broken.notes if n.code == "sem.no_errors")
    assert "trust=~x2" in note.text and "trust=~x3" in note.text and broken.tidy()["std_error"].isna().all()


@pytest.mark.parametrize("role", ["weights", "cluster", "strata", "group"])
def test_columns_are_named_not_given(role):
    data = answers()
    with pytest.raises(OptionError, match="name of a column of the data, not Series"):
        cg.cfa(MODEL, data, **{role: data[data.columns[0]]})


def test_equality_over_groups_needs_groups():
    with pytest.raises(OptionError, match="group='column'"):
        cg.cfa(MODEL, answers(), group_equal=["loadings"])


def test_two_categories_are_told():
    yes_no = answers() > 3
    assert {"sem.ordered_items", "sem.few_categories"} <= {n.code for n in cg.cfa(MODEL, yes_no).notes}
    dummy = answers().assign(sex=np.arange(300) % 2)
    assert "sem.ordered_items" not in {n.code for n in cg.sem(f"{MODEL}\ntrust ~ sex", dummy).notes}
