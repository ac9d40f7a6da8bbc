"""Simulated data have the population that was asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import cgsurvey as cg
from cgsurvey.base.errors import ModelError, OptionError
from cgsurvey.sem import population_model
from cgsurvey.sem.resampling.draws import cut, even_thresholds, unit_variances

MODEL = "f =~ .8*x1 + .7*x2 + .6*x3\ng =~ .8*y1 + .7*y2 + .6*y3\ng ~ .5*f + .3*z\nf ~~ .2*z\ny1 ~ 2*1"


def test_moments_of_a_model() -> None:
    data = cg.simulate(MODEL, 40_000, seed=1, latents=True)
    cor = data.cov()
    expected = {
        ("f", "f"): 1, ("g", "g"): 1, ("x1", "x1"): 1, ("x1", "x2"): 0.56, ("f", "z"): 0.2, ("g", "z"): 0.5 * 0.2 + 0.3,
        ("f", "g"): 0.5 + 0.3 * 0.2, ("x1", "y1"): 0.64 * 0.56,
    }  # fmt: skip
    for (a, b), value in expected.items():
        assert abs(cor.loc[a, b] - value) < 4.5 * np.sqrt((1 + value**2) / 40_000), (a, b)
    assert abs(data["y1"].mean() - 2) < 0.02 and abs(data["y2"].mean()) < 0.02
    assert set(cg.simulate(MODEL, 5, seed=1)) == set(data) - {"f", "g"}


def test_a_seed_gives_the_same_rows_again() -> None:
    pd.testing.assert_frame_equal(cg.simulate(MODEL, 50, seed=3), cg.simulate(MODEL, 50, seed=3))
    assert not cg.simulate(MODEL, 50, seed=3).equals(cg.simulate(MODEL, 50, seed=4))


def test_ml_recovers_the_population() -> None:
    model = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f"
    truth = {"x1": 0.8, "x2": 0.7, "x3": 0.6, "y1": 0.8, "y2": 0.7, "y3": 0.6}
    population = "f =~ .8*x1 + .7*x2 + .6*x3\ng =~ .8*y1 + .7*y2 + .6*y3\ng ~ .5*f"
    for missing, option in ((0.0, "listwise"), (0.15, "fiml")):
        fit = cg.sem(model, cg.simulate(population, 4000, seed=11, missing=missing), missing=option)
        found = fit.standardized()
        for row in found.itertuples():
            value = truth.get(row.rhs) if row.op == "=~" else 0.5 if row.op == "~" else None
            if value is not None:
                assert abs(row.estimate - value) < 3.5 * row.std_error, (option, row)
        assert fit.fit_measures["pvalue"] > 0.001


def test_residual_variances_make_unit_variances_even_in_loops() -> None:
    A = np.array([[0, 0.4, 0.3], [0.2, 0, 0], [0, 0, 0.0]])
    S = np.diag([np.nan, np.nan, np.nan])
    S[0, 1] = S[1, 0] = 0.1
    S[np.isnan(S)] = 0
    S[np.diag_indices(3)] = unit_variances(A, S, np.ones(3, dtype=bool))
    E = np.linalg.inv(np.eye(3) - A)
    assert np.allclose(np.diag(E @ S @ E.T), 1)


def test_stated_variances_are_kept() -> None:
    data = cg.simulate("f =~ 1*x1 + 2*x2\nf ~~ 4*f\nx1 ~~ .5*x1", 30_000, seed=2, unit_variance=False)
    assert np.allclose(data.var(), [4.5, 17], rtol=0.04)


def test_groups_and_clusters() -> None:
    data = cg.simulate("y ~ c(.2, .7)*x", [20_000, 10_000], seed=5)
    r = data.groupby("group")[["x", "y"]].corr().loc[(slice(None), "x"), "y"].to_numpy()
    assert np.allclose(r, [0.2, 0.7], atol=0.03) and data["group"].value_counts().to_dict() == {1: 20_000, 2: 10_000}
    clustered = cg.simulate("f =~ .9*x1 + .9*x2", 40_000, seed=5, cluster=400, icc=0.3)
    between = clustered.groupby("cluster")["x1"].mean().var()
    assert clustered["cluster"].nunique() == 400
    assert abs(between - (0.3 * 0.81 + (1 - 0.3 * 0.81) / 100)) < 0.06
    assert abs(clustered["x1"].var() - 1) < 0.05


def test_categories_thresholds_and_skew() -> None:
    data = cg.simulate("f =~ .8*x1 + .7*x2 + .6*x3\nx3 | -1*t1 + .5*t2", 20_000, seed=6, categories=5, skew=-0.5)
    assert sorted(data["x1"].unique()) == [1, 2, 3, 4, 5] and sorted(data["x3"].unique()) == [1, 2, 3]
    assert np.allclose((data["x3"] <= 1).mean(), stats.norm.cdf(-1), atol=0.01)
    assert stats.skew(data["x1"]) < -0.2 < 0.1 < -stats.skew(data["x1"]) + 0.1
    own = cg.simulate("f =~ .8*x1 + .7*x2", 20_000, seed=6, ordered={"x1": [0.0]})
    assert np.allclose((own["x1"] == 2).mean(), 0.5, atol=0.02) and own["x2"].nunique() == 20_000
    assert np.array_equal(cut(np.array([-1.0, 0.0, 1.0]), np.array([0.0])), [1, 1, 2])
    assert np.allclose(even_thresholds(5), [-1.2, -0.4, 0.4, 1.2]) and np.allclose(even_thresholds(2), [0])


def test_cells_lost_at_random() -> None:
    data = cg.simulate("f =~ .8*x1 + .7*x2", 5000, seed=7, missing=0.1)
    assert abs(data.isna().to_numpy().mean() - 0.1) < 0.01
    full = cg.simulate("f =~ .8*x1 + .7*x2", 5000, seed=7)
    assert np.array_equal(data.to_numpy()[data.notna()], full.to_numpy()[data.notna()])


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        ("f =~ .8*x1 + x2\ny ~ f", {}, ModelError, "lacks values of 2 parameters: f=~x2, y~f"),
        ("f =~ .8*x1 + .7*x2\nx1 ~~ x2", {}, ModelError, "lacks values of 1 parameters: x1~~x2"),
        ("f =~ 1.2*x1 + .7*x2", {}, ModelError, "more than the whole variance of x1 \\(1.44\\)"),
        ("a ~~ 2*b", {}, ModelError, "contradict each other"),
        ("y ~ 2*x\nx ~ .5*y", {}, ModelError, "round in a circle"),
        ("y ~ .5*x", {"n": 0}, OptionError, "at least one row"),
        ("y ~ .5*x", {"skew": 1}, OptionError, "give both"),
        ("y ~ .5*x", {"ordered": {"yy": [0]}}, OptionError, "Did you mean 'y'"),
        ("y ~ .5*x", {"ordered": {"y": [1, 0]}}, OptionError, "rising order: y"),
        ("y ~ .5*x", {"missing": 2}, OptionError, "between 0 and 1"),
        ("y ~ .5*x", {"cluster": [1, 2]}, OptionError, "2 entries for 10 rows"),
        ("y ~ .5*x", {"cluster": 2, "icc": {"z": 0.1}}, OptionError, "no variable of the model: z"),
        ("a ~~ .5*b", {"cluster": 2, "icc": {"a": 0.1}}, ModelError, "same icc: a ~~ b"),
        ("y ~ .5*x", {"population": "y ~ x"}, OptionError, "its own population"),
        (3, {}, OptionError, "lavaan syntax or an Instrument, not int"),
    ],
)
def test_what_cannot_be_simulated(model: str, options: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cg.simulate(model, **{"n": 10, "seed": 1, **options})


def test_an_instrument_gives_answers_on_its_scales() -> None:
    core = cg.load_instrument("cgsurvey_core")
    data = cg.simulate(core, 1500, seed=8)
    assert isinstance(data, cg.Responses) and data.simulated and len(data.items) == len(core.item_names)
    for item in core.items:
        found = set(data.frame[item.name])
        assert found <= set(item.scale.scores)
        assert len(found) == len(item.scale.scores) if item.role == "item" else found == {float(item.expected or 0)}
    keyed = data.keyed
    assert (
        data.frame[["pe_def1", "pe_def4r"]].corr().iloc[0, 1]
        < -0.2
        < 0.2
        < keyed[["pe_def1", "pe_def4r"]].corr().iloc[0, 1]
    )
    dims = [
        keyed[list(core.construct(c).all_items)].mean(axis=1) for c in ("principled_engagement", "shared_motivation")
    ]
    assert 0.4 < np.corrcoef(dims)[0, 1] < 0.6


def test_an_instrument_with_a_population_of_its_own() -> None:
    tool = cg.Instrument.from_items({"a": ["a1", "a2", "a3r"], "b": ["b1", "b2"]}, scale=(1, 7), reverse=["a3r"])
    text = "a =~ .9*a1 + .9*a2 + .9*a3r\nb =~ .9*b1 + .9*b2\nb ~ .8*a"
    data = cg.simulate(
        tool, 3000, seed=9, population=text, cluster=pd.Series(["u", "v", "w"] * 1000, name="office"), icc={"a": 0.2}
    )
    assert list(data.frame) == ["a1", "a2", "a3r", "b1", "b2", "office"]
    assert data.keyed[["a1", "b1"]].corr().iloc[0, 1] > 0.55 and data.frame[["a1", "a3r"]].corr().iloc[0, 1] < -0.7
    with pytest.raises(ModelError, match="it lacks b2; unknown are b9"):
        cg.simulate(tool, 10, seed=1, population=text.replace("b2", "b9"))
    with pytest.raises(OptionError, match="categories: not for an instrument"):
        cg.simulate(tool, 10, seed=1, categories=5)  # type: ignore[call-overload]
    assert "b ~ 0.3*a" in population_model(tool, paths={"b": {"a": 0.3}})
    with pytest.raises(ModelError, match=r"no construct 'aa'\. Did you mean 'a'"):
        population_model(tool, paths={"b": {"aa": 0.3}})


def test_careless_respondents_answer_as_they_are_told_to() -> None:
    model = "f =~ .8*x1 + .7*x2 + -.6*x3\ng =~ .8*y1 + .7*y2 + .6*y3\ny1 ~~ 0*z"
    clean = cg.simulate(model, 400, seed=1, categories={v: 5 for v in ("x1", "x2", "x3", "y1", "y2", "y3")})
    data = cg.simulate(
        model, 400, seed=1, categories={v: 5 for v in clean if v != "z"}, careless={"straight": 0.1, "random": 0.2}
    )
    kind = data["careless"]
    assert kind.value_counts().to_dict() == {"": 280, "random": 80, "straight": 40}
    items = [c for c in clean if c != "z"]
    pd.testing.assert_frame_equal(data.loc[kind == "", list(clean)], clean[kind == ""])
    pd.testing.assert_series_equal(data["z"], clean["z"])  # no categories, nothing to tick
    straight = data.loc[kind == "straight", items]
    assert (straight[["x1", "x2", "x3"]].nunique(axis=1) == 1).all()
    assert (straight[["y1", "y2", "y3"]].nunique(axis=1) == 1).all()
    assert 0.5 < (straight["x1"] == straight["y1"]).mean() < 1
    counts = data.loc[kind == "random", items].stack().value_counts()
    assert stats.chisquare(counts.reindex([1.0, 2.0, 3.0, 4.0, 5.0])).pvalue > 0.001
    nobody = cg.simulate(model, 400, seed=1, categories={v: 5 for v in items}, careless={})
    pd.testing.assert_frame_equal(nobody.drop(columns="careless"), clean)
    assert (nobody["careless"] == "").all()


def test_careless_respondents_of_an_instrument_fail_attention_checks() -> None:
    core = cg.load_instrument("cgsurvey_core")
    data = cg.simulate(core, 300, seed=2, careless={"random": 0.3}, missing=0.05)
    random = data.frame["careless"] == "random"
    assert random.sum() == 90 and "careless" not in data.items
    assert (data.frame.loc[~random, "att1"] == 2).all() and (data.frame.loc[random, "att1"] != 2).mean() > 0.6
    plain = cg.simulate(core, 300, seed=2, missing=0.05)
    pd.testing.assert_frame_equal(data.frame.loc[~random, list(data.items)], plain.frame.loc[~random, list(data.items)])
    assert data.frame[list(data.items)].isna().equals(plain.frame[list(data.items)].isna())


def test_careless_shares_that_cannot_be() -> None:
    with pytest.raises(OptionError, match="Did you mean 'random'"):
        cg.simulate(MODEL, 20, seed=1, categories=5, careless={"randon": 0.1})
    with pytest.raises(OptionError, match="together exceed"):
        cg.simulate(MODEL, 20, seed=1, categories=5, careless={"random": 0.6, "straight": 0.6})
    with pytest.raises(OptionError, match="categories=5"):
        cg.simulate(MODEL, 20, seed=1, careless={"random": 0.6})
    with pytest.raises(OptionError, match="another name"):
        cg.simulate("f =~ .8*careless + .7*x2", 20, seed=1, categories=5, careless={"random": 0.6})
