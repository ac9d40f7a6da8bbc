"""cg.discriminant_validity: classification, tests against cut-offs, models it takes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability.discriminant import _listed

BLOCKS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}
MODEL = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3"


def answers(n: int = 400, seed: int = 2, phi: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, phi], [phi, 1]]).T
    x = np.repeat(factors, 3, axis=1) * 0.8 + 0.6 * rng.normal(size=(n, 6))
    return pd.DataFrame(x, columns=[i for block in BLOCKS.values() for i in block])


def codes(result: cg.Result) -> set[str]:
    return {n.code.removeprefix("reliability.") for n in result.notes}


@pytest.mark.parametrize(
    ("phi", "expected"), [(0.5, "none"), (-0.5, "none"), (0.82, "marginal"), (0.93, "moderate"), (0.999, "severe")]
)
def test_classification_follows_the_population(phi: float, expected: str):
    row = cg.discriminant_validity(answers(3000, 3, phi), BLOCKS).tidy().iloc[0]
    assert (row["by_ci"], row["by_chisq"]) == (expected, expected)
    assert np.sign(row["r"]) == np.sign(phi) and row["ci_lower"] < phi < row["ci_upper"]


def test_test_equals_the_difference_of_two_fits():
    frame = answers(phi=0.7)
    got = cg.discriminant_validity(frame, BLOCKS)
    free = cg.cfa(MODEL, frame, std_lv=True)
    for cutoff in (0.8, 0.9, 1.0):
        fixed = cg.cfa(f"{MODEL}\nA ~~ {cutoff}*B", frame, std_lv=True)
        expected = cg.compare(free, fixed).tidy().iloc[1]
        row = got.tests.set_index("cutoff").loc[cutoff]
        assert row["chisq_diff"] == pytest.approx(expected["chisq_diff"], rel=1e-8)
        assert row["p_value"] == pytest.approx(expected["p_value"], rel=1e-6) and row["df_diff"] == 1
    assert got.fit["chisq"] == pytest.approx(free.fit_measures["chisq"])
    assert got.glance()["n_pairs"][0] == 1 and got.glance()["n"][0] == 400


def test_negative_correlations_are_tested_on_their_own_side():
    frame = answers(phi=0.7)
    turned = frame.assign(**{b: -frame[b] for b in BLOCKS["B"]})
    a, b = (cg.discriminant_validity(x, BLOCKS) for x in (frame, turned))
    np.testing.assert_allclose(a.tests["chisq_diff"], b.tests["chisq_diff"], rtol=1e-6)
    assert b.tests["cutoff"].tolist() == [-0.8, -0.9, -1.0]
    assert a.pairs["by_ci"].tolist() == b.pairs["by_ci"].tolist()


def test_correlation_beyond_a_cutoff_needs_no_test():
    got = cg.discriminant_validity(answers(phi=0.87), BLOCKS)
    first = got.tests.iloc[0]
    assert got.pairs["r"][0] > 0.8 and (first["chisq_diff"], first["p_value"]) == (0, 1)
    strict = cg.discriminant_validity(answers(phi=0.87), BLOCKS, cutoffs=(0.3, 0.5, 0.7))
    assert strict.pairs["by_ci"][0] == strict.pairs["by_chisq"][0] == "severe"


def test_a_fit_in_any_scale_gives_the_same():
    frame = answers(phi=0.7)
    plain = cg.discriminant_validity(frame, BLOCKS)
    for text, options in (
        (MODEL, {}),
        (MODEL, {"std_lv": True}),
        (MODEL.replace("a1", "NA*a1 + 1*a2", 1).replace(" + a2 +", " +"), {}),
    ):
        got = cg.discriminant_validity(cg.cfa(text, frame, **options), data=frame)
        pd.testing.assert_frame_equal(got.tests, plain.tests, rtol=1e-6)
        pd.testing.assert_frame_equal(got.pairs, plain.pairs, rtol=1e-5)
    alone = cg.discriminant_validity(cg.cfa(MODEL, frame))
    assert len(alone.tests) == 0 and "discriminant_no_rows" in codes(alone)
    assert alone.pairs["by_chisq"].isna().all() and alone.pairs["by_ci"][0] == plain.pairs["by_ci"][0]


def test_residual_covariances_of_a_fit_are_kept():
    frame = answers(phi=0.7)
    fit = cg.cfa(f"{MODEL}\na1 ~~ b1", frame)
    got = cg.discriminant_validity(fit, data=frame)
    fixed = cg.cfa(f"{MODEL}\na1 ~~ b1\nA ~~ 0.9*B", frame, std_lv=True)
    expected = fixed.fit_measures["chisq"] - fit.fit_measures["chisq"]
    assert got.tests.set_index("cutoff").loc[0.9, "chisq_diff"] == pytest.approx(expected, rel=1e-6)


def test_processes_do_not_change_a_number():
    frame = answers()
    a, b = (cg.discriminant_validity(frame, BLOCKS, n_jobs=k) for k in (1, 2))
    pd.testing.assert_frame_equal(a.tests, b.tests)


@pytest.mark.parametrize("options", [{"estimator": "MLR"}, {"ordered": True}])
def test_scaled_tests(options: dict):
    frame = answers(600, phi=0.75)
    frame = pd.DataFrame(np.digitize(frame, [-1, 0, 1]) + 1.0, columns=frame.columns)
    got = cg.discriminant_validity(frame, BLOCKS, **options)
    free = cg.cfa(MODEL, frame, std_lv=True, **options)
    fixed = cg.cfa(f"{MODEL}\nA ~~ 0.9*B", frame, std_lv=True, **options)
    expected = cg.compare(free, fixed).tidy().iloc[1]
    assert got.tests.set_index("cutoff").loc[0.9, "chisq_diff"] == pytest.approx(expected["chisq_diff"], rel=1e-6)


@pytest.mark.parametrize("estimator", ["ML", "MLR", "WLSMV"])
def test_equals_semtools(estimator: str):
    folder = Path(__file__).parents[1] / "reference"
    frame, content = pd.read_csv(folder / "validity.csv"), json.loads((folder / "validity.json").read_text())
    blocks = {c.upper(): [f"{c}{j}" for j in range(1, 5)] for c in "abc"}
    got = cg.discriminant_validity(frame, blocks, estimator=estimator, ordered=estimator == "WLSMV")
    pairs = got.pairs.set_index(["construct_1", "construct_2"])
    tests = got.tests.set_index(["construct_1", "construct_2", "cutoff"])
    compared = 0
    for step in content["discriminant"][estimator]:
        for k, pair in enumerate(zip(step.get("lhs", ()), step.get("rhs", ()), strict=True)):
            for name in ("r", "ci_lower", "ci_upper"):
                assert pairs.loc[pair, name] == pytest.approx(step[name][k], rel=1e-4)
            if step["chisq_diff"][k] is not None:  # there is no scaling factor of 2001 where it is
                found = tests.loc[(*pair, step["cutoff"]), "chisq_diff"]
                assert found == pytest.approx(step["chisq_diff"][k], rel=1e-4)
                compared += 1
    assert compared >= 3


def test_what_is_refused():
    frame = answers()
    with pytest.raises(cg.OptionError, match="three rising numbers"):
        cg.discriminant_validity(frame, BLOCKS, cutoffs=(0.9, 0.8, 1))
    with pytest.raises(cg.OptionError, match="there is one construct only"):
        cg.discriminant_validity(frame, {"A": BLOCKS["A"]})
    with pytest.raises(cg.ModelError, match="'B ~ A' is part of the model"):
        cg.discriminant_validity(cg.sem(f"{MODEL}\nB ~ A", frame), data=frame)
    with pytest.raises(cg.ModelError, match="is part of the model"):
        cg.discriminant_validity(cg.cfa("A =~ 1*a1 + 1*a2 + a3\nB =~ b1 + b2 + b3", frame), data=frame)
    with pytest.raises(cg.ModelError, match="is part of the model"):
        cg.discriminant_validity(cg.cfa(f"{MODEL}\nA ~~ 0*B", frame), data=frame)
    with pytest.raises(cg.OptionError, match="holds other rows"):
        cg.discriminant_validity(cg.cfa(MODEL, frame), data=frame.iloc[:300])
    with pytest.raises(cg.OptionError, match="here the data come first"):
        cg.discriminant_validity(frame, BLOCKS, data=frame)
    with pytest.raises(cg.OptionError, match="Did you mean 'estimator'"):
        cg.discriminant_validity(frame, BLOCKS, estimater="MLR")


def test_tests_with_another_scaling_are_listed_per_language():
    frame = cg.simulate("A =~ .8*a1 + .7*a2 + .6*a3\nB =~ .8*b1 + .7*b2 + .6*b3\nA ~~ .4*B", 200, seed=1)
    fit = cg.cfa("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3", frame)
    tests = [("A", "B", 0.9, False), ("A", "B", 1.0, False)]
    assert _listed(tests, fit, "en") == "A – B (0.9 / 1)" and _listed(tests, fit, "id") == "A – B (0,9 / 1)"
