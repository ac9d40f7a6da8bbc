"""Raking and post-stratification: R's survey, properties, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

HERE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((HERE / "design.json").read_text())
DATA = pd.read_csv(HERE / "design.csv")
G, S = {"a": 400, "b": 500, "c": 300}, {"f": 650, "m": 550}
DESIGNS = {
    "w": cg.Design(weights="w"),
    "c": cg.Design(weights="w", cluster="c", strata="h", fpc="fpc", lonely="adjust"),
}


def near(got, want, rtol=1e-9):
    np.testing.assert_allclose(np.ravel(got).astype(float), np.ravel(want).astype(float), rtol=rtol)


@pytest.mark.parametrize("design", list(DESIGNS))
@pytest.mark.parametrize("how", ["post", "rake"])
def test_against_survey(how, design):
    made = (
        cg.poststratify(DATA, "g", G, design=DESIGNS[design])
        if how == "post"
        else cg.rake(DATA, {"g": G, "s": S}, design=DESIGNS[design])
    )
    want = GOLDEN[f"{how} {design}"]
    near(made.frame[made.design.weights].head(6), want["weights"])
    for key, found in (
        ("mean", cg.survey_estimates(made, "x")),
        ("total", cg.survey_estimates(made, "x", statistic="total")),
        ("by", cg.survey_estimates(made, "x", by="s")),
        ("missing", cg.survey_estimates(made, "y")),
        ("reg", cg.survey_regression("x ~ w", made)),
    ):
        near(found.tidy()["estimate"], want[key]["est"])
        near(found.tidy()["std_error"], want[key]["se"])


@pytest.mark.parametrize("design", list(DESIGNS))
def test_trimming_against_survey(design):
    made = cg.rake(DATA, {"g": G, "s": S}, design=DESIGNS[design], trim=(0.3, 1.6))
    w = made.frame["raked_weight"]
    want = GOLDEN[f"trim {design}"]
    near([w.min(), w.max()], want["weights"])
    assert w.sum() == pytest.approx(1200)
    found = cg.survey_estimates(made, "x").tidy()
    near(found[["estimate", "std_error"]], list(want["mean"].values()))
    told = {n.code: n.values for n in made.notes}
    assert told["responses.weights_trimmed"]["off"] > 0
    assert told["responses.weights_spread"]["high"] == pytest.approx(1.6)


def test_known_margins_have_no_error():
    made = cg.rake(DATA, {"g": {"a": 0.3, "b": 0.5, "c": 0.2}, "s": {"f": 0.5, "m": 0.5}}, design=DESIGNS["w"])
    found = cg.survey_estimates(made, ["g", "s"], statistic="proportion").tidy()
    near(found["estimate"], [0.3, 0.5, 0.2, 0.5, 0.5])
    assert (found["std_error"] < 1e-9).all()
    near(made.frame["raked_weight"].sum(), DATA["w"].sum())


def test_cells_of_two_variables():
    cells = {(g, s): (k + 1) / 21 for k, (g, s) in enumerate((g, s) for g in "abc" for s in "fm")}
    made = cg.poststratify(DATA, ["g", "s"], cells, design=DESIGNS["w"], total=2100)
    got = made.frame.groupby(["g", "s"])["poststratified_weight"].sum()
    near(got, [100, 200, 300, 400, 500, 600])


def test_responses_keep_what_they_were():
    sample = cg.load_sample("users")
    made = cg.rake(sample, {"sex": {"female": 0.5, "male": 0.5}})
    assert made.instrument is sample.instrument
    assert made.design.cluster == "office"
    assert [n.code for n in made.notes[len(sample.notes) :]] == ["responses.rake", "responses.weights_spread"]
    assert "persen" not in made.notes[-1].render("id")
    assert cg.describe(made).weighted


@pytest.mark.parametrize(
    ("population", "error", "message"),
    [
        ({"g": {"a": 0.4, "b": 0.4, "c": 0.1}}, cg.OptionError, "sum to 0.9, not to 1.*add the one that is missing"),
        ({"g": {"a": 40, "b": 40, "c": 20}, "s": {"f": 0.5, "m": 0.5}}, None, ""),
        (
            {"g": G, "s": {"f": 600, "m": 550}},
            cg.OptionError,
            "sum to 1150, neither to 1 nor to the population of 1200",
        ),
        ({"g": {"a": 0.5, "b": 0.5}}, cg.CodingError, r"'g' holds 'c' \("),
        ({"g": {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}}, cg.SampleError, "nobody in the sample has 'g' = d"),
        ({"g": {"a": 1.4, "b": -0.3, "c": 0.2}}, cg.OptionError, "greater than 0"),
        ({"y": {"1": 0.4, "2": 0.6}}, cg.DataError, "2 respondents have no answer"),
        ({"gg": {"1": 0.4, "2": 0.6}}, cg.ColumnNotFoundError, "gg"),
        ({}, cg.OptionError, "population names columns"),
    ],
)
def test_bad_populations(population, error, message):
    if error is None:
        assert cg.rake(DATA, population, design=DESIGNS["w"]).frame["raked_weight"].sum() == pytest.approx(100)
        return
    with pytest.raises(error, match=message):
        cg.rake(DATA, population, design=DESIGNS["w"])


def test_margins_that_contradict_each_other():
    frame = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["p", "p", "q", "q"]})
    with pytest.raises(cg.ConvergenceError, match="contradict each other"):
        cg.rake(frame, {"a": {"x": 0.5, "y": 0.5}, "b": {"p": 0.2, "q": 0.8}})


def test_other_refusals():
    with pytest.raises(cg.OptionError, match="multiples of the mean weight"):
        cg.rake(DATA, {"g": G}, design=DESIGNS["w"], trim=(2, 3))
    with pytest.raises(cg.OptionError, match="is a column of the data already"):
        cg.rake(DATA, {"g": G}, design=DESIGNS["w"], weight="x")
    with pytest.raises(cg.OptionError, match="keys are tuples of 2"):
        cg.poststratify(DATA, ["g", "s"], {"a": 0.5, "b": 0.5}, design=DESIGNS["w"])
    with pytest.raises(cg.OptionError, match="calibrated weights take errors='taylor'"):
        cg.survey_estimates(cg.rake(DATA, {"g": G}, design=DESIGNS["w"]), "x", errors="JK1")
