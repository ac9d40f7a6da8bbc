"""Estimates by design: R's survey on simulated data, properties, bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.responses.design import drawn_from
from cgsurvey.responses.design.crosstab import independent
from cgsurvey.responses.design.gathered import ERRORS
from cgsurvey.responses.design.sample import solve
from cgsurvey.responses.design.statistics import Ratio

HERE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((HERE / "design.json").read_text())
DATA = pd.read_csv(HERE / "design.csv")
FEW = DATA[DATA["h"] < 5]
PLAIN = cg.Design(weights="w", cluster="c", strata="h", lonely="adjust")
REPLICATES = tuple(f"r{k}" for k in range(1, 9))


def near(got: Any, want: Any, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(np.ravel(got).astype(float), np.ravel(want).astype(float), rtol=rtol, atol=1e-12)


def agrees(found: cg.SurveyEstimates, want: dict[str, Any]) -> None:
    near(found.table["estimate"], want["est"])
    near(found.table["std_error"], want["se"])


@pytest.mark.parametrize("lonely", ["remove", "certainty", "adjust", "average"])
def test_strata_with_one_unit(lonely):
    design = cg.Design(weights="w", cluster="c", strata="h", fpc="fpc", lonely=lonely)
    want = GOLDEN[f"lonely_{lonely}"]
    agrees(cg.survey_estimates(DATA, "y", design=design), want["mean"])
    agrees(cg.survey_estimates(DATA, "x", statistic="total", design=design), want["total"])
    found = cg.survey_estimates(DATA, "x", by="g", design=design)
    agrees(found, want["by"])
    assert "responses.lonely_strata" in {n.code for n in found.notes}
    with pytest.raises(cg.DataError, match=r"2 strata of 'h' have a single primary unit.*5, 6.*lonely='adjust'"):
        cg.survey_estimates(DATA, "x", design=cg.Design(weights="w", cluster="c", strata="h"))


def test_domains():
    found = cg.survey_estimates(DATA, "x", by="g", design=PLAIN)
    agrees(found, GOLDEN["by"])
    near(found.table["deff"], GOLDEN["by"]["deff"])
    near(found.covariance, GOLDEN["by"]["cov"])
    difference = found.contrast({0: 1, 1: -1})
    near(difference[["estimate", "std_error"]], list(GOLDEN["by"]["contrast"].values()))
    with pytest.raises(cg.OptionError, match="rows go from 0 to 2"):
        found.contrast({7: 1})
    totals = cg.survey_estimates(DATA, "x", by="g", statistic="total", design=PLAIN)
    agrees(totals, GOLDEN["by_total"])
    near(totals.table["deff"], GOLDEN["by_total"]["deff"])
    agrees(cg.survey_estimates(DATA, "x", by="g", statistic="ratio", denominator="w", design=PLAIN), GOLDEN["by_ratio"])
    both = cg.survey_estimates(DATA, "x", by=["g", "s"], design=PLAIN).table
    assert list(both["group"]) == [f"{g}, {s}" for g in "abc" for s in "fm"]


@pytest.mark.parametrize("rule", list(GOLDEN["quantile"]))
def test_quantiles(rule):
    want = GOLDEN["quantile"][rule]
    found = cg.survey_estimates(
        DATA, "x", statistic="quantile", probabilities=[0.1, 0.25, 0.5, 0.9], rule=rule, design=PLAIN
    ).table
    near(found[["estimate", "ci_lower", "ci_upper", "std_error"]].T, [want[k] for k in ("est", "low", "high", "se")])


@pytest.mark.parametrize("method", ["logit", "beta", "asin", "wald"])
def test_intervals_of_shares(method):
    frame = DATA.assign(z=np.where(DATA["x"] > 5.5, "yes", "no"))
    found = cg.survey_estimates(frame, "z", statistic="proportion", interval=method, design=PLAIN).table.iloc[1]
    near(found[["ci_lower", "ci_upper"]], GOLDEN["share"]["mean" if method == "wald" else method])


def test_tests_of_independence():
    codes = [np.unique(DATA[c], return_inverse=True)[1] for c in ("g", "s")]
    _, found = independent(*codes, drawn_from(DATA, PLAIN, []))
    want = GOLDEN["chisq"]
    near([found.f, found.p], want["F"])
    near([found.chisq, found.p_first], want["Chisq"])
    near([found.wald, found.p_wald], want["Wald"])
    near([found.adjusted_wald, found.p_adjusted], want["adjWald"])


def test_simple_random_sampling_gives_pearson():
    rng = np.random.default_rng(4)
    rows, columns = rng.integers(0, 3, 4000), rng.integers(0, 2, 4000)
    _, found = independent(rows, columns, drawn_from(pd.DataFrame({"a": rows}), None, []))
    near(found.effects, [1.0, 1.0], rtol=0.08)
    assert found.p == pytest.approx(found.p_first, abs=0.01)


def test_regression():
    found = cg.survey_regression("x ~ y + g", DATA, design=PLAIN)
    near(found.table[["estimate", "std_error", "statistic", "p_value"]], GOLDEN["regression"]["coef"])
    assert set(found.table["df"]) == set(GOLDEN["regression"]["df"])
    assert list(found.table["level"]) == ["", "", "b", "c"]
    for wrong in ("x", "x ~", "x ~ y + y", "x ~ x"):
        with pytest.raises(cg.OptionError, match="formula="):
            cg.survey_regression(wrong, DATA, design=PLAIN)
    with pytest.raises(cg.SampleError, match="Leave one out"):
        cg.survey_regression("x ~ y + z", DATA.assign(z=2 * DATA["y"]), design=PLAIN)


def test_jackknife():
    design, want = cg.Design(weights="w", cluster="c", strata="h", fpc="fpc"), GOLDEN["JKn"]
    made = {"design": design, "errors": "JKn"}
    mean = cg.survey_estimates(FEW, "x", **made)
    agrees(mean, want["mean"])
    assert mean.df == want["df"][0]
    agrees(cg.survey_estimates(FEW, "x", statistic="variance", **made), want["var"])
    agrees(cg.survey_estimates(FEW, "x", statistic="ratio", denominator="w", **made), want["ratio"])
    agrees(cg.survey_estimates(FEW, "x", by="g", **made), want["by"])
    one = {"design": cg.Design(weights="w", cluster="c"), "errors": "JK1"}
    agrees(cg.survey_estimates(FEW, "x", **one), GOLDEN["JK1"]["mean"])
    agrees(cg.survey_estimates(FEW, "x", statistic="total", **one), GOLDEN["JK1"]["total"])
    with pytest.raises(cg.OptionError, match="with strata take errors='JKn'"):
        cg.survey_estimates(FEW, "x", design=design, errors="JK1")


@pytest.mark.parametrize("case", list(GOLDEN["given"]))
def test_given_replicate_weights(case):
    kind, mse = case.split()
    design = cg.Design(
        weights="w",
        replicate_weights=REPLICATES,
        replicate_type={"successive-difference": "SDR"}.get(kind, kind),
        replicate_mse=mse == "TRUE",
    )
    mean = cg.survey_estimates(DATA, "x", design=design)
    ratio = cg.survey_estimates(DATA, "x", statistic="ratio", denominator="w", design=design)
    want = GOLDEN["given"][case]
    assert mean.errors == "replicates"
    near([mean.table["estimate"], mean.table["std_error"], [mean.df]], [want["est"], want["se"], want["df"]])
    near(ratio.table["estimate"], list(want.values())[2])


def test_bootstrap_agrees_with_linearisation_and_repeats():
    design = cg.Design(weights="w", cluster="c", strata="h", fpc="fpc")
    taylor = cg.survey_estimates(FEW, ["x", "y"], design=design).table["std_error"]
    made = [
        cg.survey_estimates(FEW, ["x", "y"], design=design, errors="bootstrap", replicates=4000, seed=s) for s in (1, 1)
    ]
    near(made[0].table["std_error"], taylor, rtol=0.08)
    pd.testing.assert_frame_equal(made[0].table, made[1].table)
    assert made[0].meta.seed == 1


def test_rows_may_stand_in_any_order():
    want = cg.survey_estimates(DATA, "x", by="g", design=PLAIN).table
    got = cg.survey_estimates(DATA.sample(frac=1, random_state=1), "x", by="g", design=PLAIN).table
    pd.testing.assert_frame_equal(got, want, rtol=1e-12)


def test_units_of_answers_scale_estimates():
    frame = DATA.assign(x=1e6 + DATA["x"] * 1e-3)
    want = cg.survey_estimates(DATA, "x", design=PLAIN).table["std_error"]
    near(cg.survey_estimates(frame, "x", design=PLAIN).table["std_error"] * 1e3, want, rtol=1e-6)


def test_the_jackknife_of_a_mean_without_design_is_the_textbook():
    found = cg.survey_estimates(DATA, "x")
    near(found.table["std_error"], [DATA["x"].std() / np.sqrt(len(DATA))])
    assert "responses.no_design" in {n.code for n in found.notes}
    near(cg.survey_estimates(DATA, "x", errors="JK1").table["std_error"], found.table["std_error"])


def test_missing_answers():
    alone = cg.survey_estimates(DATA, "x", design=PLAIN).table
    listwise = cg.survey_estimates(DATA, ["x", "y"], design=PLAIN)
    available = cg.survey_estimates(DATA, ["x", "y"], design=PLAIN, missing="available")
    assert list(listwise.table["n"]) == [178, 178]
    assert "responses.estimates_listwise" in {n.code for n in listwise.notes}
    near(available.table.loc[0, ["estimate", "std_error", "n"]], alone.loc[0, ["estimate", "std_error", "n"]])


def test_domain_in_one_unit_has_no_interval():
    frame = FEW.assign(place=np.where(FEW["c"] == 101, "there", "elsewhere"))
    found = cg.survey_estimates(frame, "x", by="place", design=cg.Design(weights="w", cluster="c"))
    row = found.table.set_index("group").loc["there"]
    assert row["df"] == 0
    assert row["std_error"] > 0
    assert np.isnan(row["ci_lower"])
    assert "responses.domains_one_unit" in {n.code for n in found.notes}


def test_relative_weights_are_told():
    frame = FEW.assign(w=FEW["w"] / FEW["w"].mean())
    found = cg.survey_estimates(frame, "x", statistic="total", design=cg.Design(weights="w"))
    assert {"responses.totals_relative", "responses.deff_replace"} <= {n.code for n in found.notes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"w": [np.nan, 1.0]}, r"weights 'w': 1 are missing.*rows 0.*leave these rows out"),
        ({"w": [-1.0, 1.0]}, r"weights 'w': 1 are negative"),
        ({"w": [0.0, 1.0]}, r"weights 'w': 1 are zero.*stand for nobody"),
        ({"c": [np.nan, 101]}, r"cluster 'c': 1 are missing"),
        ({"fpc": [2.0, 2.0]}, r"fpc 'fpc' differs within"),
        ({"fpc": [-3.0, 12.0]}, r"not above zero"),
    ],
)
def test_design_with_faults(changes, message):
    frame = FEW.reset_index(drop=True).sort_values("h", kind="stable").reset_index(drop=True)
    for name, values in changes.items():
        frame[name] = frame[name].astype(float)
        frame.loc[[0, 1], name] = values
    with pytest.raises(cg.DataError, match=message):
        cg.survey_estimates(frame, "x", design=cg.Design(weights="w", cluster="c", strata="h", fpc="fpc"))


def test_contradictions_of_a_design():
    with pytest.raises(cg.DataError, match=r"smaller than the number of primary units.*stratum 1: 3 < 5"):
        cg.survey_estimates(FEW.assign(fpc=3), "x", design=cg.Design(weights="w", cluster="c", strata="h", fpc="fpc"))
    split = FEW.assign(c=FEW["c"] % 100)
    design = cg.Design(weights="w", cluster="c", strata="h")
    with pytest.raises(cg.DataError, match=r"5 clusters of 'c' lie in more than one stratum of 'h'.*nest=True"):
        cg.survey_estimates(split, "x", design=design)
    nested = cg.survey_estimates(split, "x", design=cg.Design(weights="w", cluster="c", strata="h", nest=True))
    near(nested.table["std_error"], cg.survey_estimates(FEW, "x", design=design).table["std_error"])
    with pytest.raises(cg.ColumnNotFoundError, match=r"weights='wt'.*Correct the names"):
        cg.survey_estimates(FEW, "x", design=cg.Design(weights="wt"))
    with pytest.raises(cg.OptionError, match="one replicate has no variance"):
        cg.Design(replicate_weights="r1")
    with pytest.raises(cg.OptionError, match="needs replicate_rscales"):
        cg.survey_estimates(FEW, "x", design=cg.Design(replicate_weights=REPLICATES, replicate_type="JKn"))
    with pytest.raises(cg.CodingError, match="statistic='proportion'"):
        cg.survey_estimates(FEW, "g", design=design)
    with pytest.raises(cg.OptionError, match="needs denominator"):
        cg.survey_estimates(FEW, "x", statistic="ratio", design=design)
    with pytest.raises(cg.OptionError, match="Did you mean 'mean'"):
        cg.survey_estimates(FEW, "x", statistic="means", design=design)


def test_sampling_fraction_or_number_of_units():
    design = cg.Design(weights="w", cluster="c", strata="h", fpc="fpc")
    counts = cg.survey_estimates(FEW, "x", design=design).table
    drawn = FEW.groupby("h")["c"].transform("nunique") / FEW["fpc"]
    pd.testing.assert_frame_equal(cg.survey_estimates(FEW.assign(fpc=drawn), "x", design=design).table, counts)
    alone = cg.survey_estimates(FEW, "x", statistic="total", design=cg.Design(cluster="c", strata="h", fpc="fpc"))
    near(alone.table["estimate"], (FEW["x"] / drawn).sum())


@pytest.mark.parametrize("errors", ERRORS)
def test_domain_without_rows_of_a_replicate(errors):
    frame = FEW.assign(place=np.where(FEW["c"] == 101, "there", "elsewhere"))
    design = cg.Design(weights="w", cluster="c") if errors == "JK1" else cg.Design(weights="w", cluster="c", strata="h")
    found = cg.survey_estimates(frame, "x", by="place", design=design, errors=errors, replicates=20, seed=1)
    assert np.isfinite(found.table["estimate"]).all()


def test_domains_at_once_equal_one_by_one():
    rng = np.random.default_rng(1)
    n, k = 20_000, 3
    y, domain = rng.normal(size=(n, k)), rng.integers(0, 50, n)
    drawn = drawn_from(pd.DataFrame({"c": rng.integers(0, 400, n)}), cg.Design(cluster="c"), [])
    found = solve(Ratio(y, np.ones((n, 1)), domain, 50), drawn)
    alone = solve(Ratio(y, np.ones((n, 1)), np.where(domain == 7, 0, -1), 1), drawn)
    near(found.covariance[7], alone.covariance[0])
