"""Conclusions over other estimators, samples, weights, clusters, treatments of missing answers and offices."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.robustness.survival import decisions, jackknife_error, survival

MODEL = "a =~ a1 + a2 + a3\nb =~ b1 + b2 + b3\nb ~ a"
ITEMS = ["a1", "a2", "a3", "b1", "b2", "b3"]
H = {"H1": "b ~ a > 0"}


def survey(n: int = 240, path: float = 0.6, straight: int = 0, holes: int = 0, seed: int = 5) -> pd.DataFrame:
    """Two constructs on 1..5 in twelve offices, rows weighted; straight-liners come last."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = path * a + rng.normal(size=n)
    x = np.clip(np.round(3 + np.column_stack([a] * 3 + [b] * 3) + rng.normal(size=(n, 6))), 1, 5)
    lines = np.repeat(rng.integers(1, 6, (straight, 1)), 6, axis=1)
    frame = pd.DataFrame(np.vstack([x, lines]), columns=ITEMS).astype(float)
    frame.loc[rng.choice(n, holes, replace=False), "b2"] = np.nan
    k = len(frame)
    return frame.assign(office=[f"office {i % 12}" for i in range(k)], w=rng.uniform(0.5, 2, k))


def codes(found: cg.Result) -> set[str]:
    return {n.code for n in found.notes}


def said(found: cg.Result, code: str) -> str:
    return next(n.text for n in found.notes if n.code == code)


def row(found: cg.Fragility, **choices: str) -> pd.Series:
    t = found.tidy()
    main = t.iloc[0]
    names = ["estimator", "respondents", "weights", "cluster", "missing", "left_out"]
    wanted = {n: choices.get(n, main[n]) for n in names}
    here = (t[names] == pd.Series(wanted)).all(axis=1)
    assert here.sum() == 1, wanted
    return t[here].iloc[0]


def same(found: pd.Series, fit: cg.SemFit, path: str = "b ~ a") -> None:
    want, std = (t[t["lhs"] + " " + t["op"] + " " + t["rhs"] == path].iloc[0] for t in (fit.tidy(), fit.standardized()))
    for column in ("estimate", "std_error", "p_value", "ci_lower", "ci_upper", "std_all"):
        assert found[column] == pytest.approx(want[column], rel=1e-8), column
    assert found["std_lower"] == pytest.approx(std["ci_lower"], rel=1e-8)
    assert found["n"] == fit.meta.n
    assert found["cfi"] == pytest.approx(fit.fit_measures["cfi"], rel=1e-8)


def test_every_specification_is_the_fit_of_its_choices():
    data = survey(240, straight=15, holes=20)
    screening = cg.screen(data, items=ITEMS, longstring=6)
    found = cg.fragility(
        MODEL, data, hypotheses=H, screening=screening, weights="w", cluster="office", leave_out="office"
    )
    complex_sample = {"weights": "w", "cluster": "office"}
    same(row(found), cg.sem(MODEL, data, **complex_sample))
    same(row(found, estimator="WLSMV"), cg.sem(MODEL, data, estimator="WLSMV", ordered=ITEMS, **complex_sample))
    kept = screening.keep().frame
    same(row(found, respondents="longstring"), cg.sem(MODEL, kept, **complex_sample))
    same(row(found, weights="none"), cg.sem(MODEL, data, cluster="office"))
    same(row(found, cluster="none"), cg.sem(MODEL, data, weights="w"))
    same(row(found, missing="fiml"), cg.sem(MODEL, data, missing="fiml", **complex_sample))
    same(row(found, left_out="office 3"), cg.sem(MODEL, data[data["office"] != "office 3"], **complex_sample))
    assert (found.specifications["part"] == "left out").sum() == 12
    assert "ML = MLR" in said(found, "robustness.alike") and {"sem.weights", "sem.clusters"} <= codes(found)
    assert found.conclusions["n_specifications"].item() == 6


def test_the_main_specification_may_be_of_those_who_were_kept():
    data = survey(240, straight=15, holes=20)
    screening = cg.screen(data, items=ITEMS, longstring=6, irv=0.3)
    found = cg.fragility(
        MODEL, data, hypotheses=H, screening=screening, respondents="kept", estimators=("MLR", "ML"), leave_out="office"
    )
    kept = screening.keep().frame
    same(row(found), cg.sem(MODEL, kept, estimator="MLR"))
    same(row(found, respondents="with flagged"), cg.sem(MODEL, data, estimator="MLR"))
    same(row(found, missing="fiml"), cg.sem(MODEL, kept, estimator="MLR", missing="fiml"))
    same(row(found, left_out="office 3"), cg.sem(MODEL, kept[kept["office"] != "office 3"], estimator="MLR"))
    assert found.specifications["respondents"].iloc[0] in ("all rules", "longstring", "irv")
    assert found.meta.n == cg.sem(MODEL, kept, estimator="MLR").meta.n and found.meta.options["respondents"] == "kept"
    nobody = cg.fragility(
        MODEL, data, screening=cg.screen(data, items=ITEMS, max_missing=0.9), respondents="kept", leave_out=False
    )
    assert "respondents (nobody was screened out)" in said(nobody, "robustness.not_varied")


def test_hypotheses_are_looked_at_in_each_group():
    data = survey(300, holes=10).assign(sex=np.where(np.arange(300) % 3, "m", "f"))
    options = {"group": "sex", "group_equal": "loadings"}
    found = cg.fragility(MODEL, data, hypotheses=H, estimators=("MLR", "WLSMV"), leave_out="office", **options)
    assert found.conclusions["hypothesis"].tolist() == ["H1 (f)", "H1 (m)"]
    assert found.conclusions["group"].tolist() == ["f", "m"] and set(found.conclusions["path"]) == {"b ~ a"}
    t = found.tidy()
    for more, rows in (
        ({}, data),
        ({"missing": "fiml"}, data),
        ({"left_out": "office 0"}, data[data["office"] != "office 0"]),
    ):
        fit = cg.sem(MODEL, rows, estimator="MLR", missing=more.get("missing", "listwise"), **options)
        paths, std = (x[x["op"] == "~"].set_index("group") for x in (fit.tidy(), fit.standardized()))
        for k, group in enumerate(fit.meta.groups, start=1):
            here = t[(t["hypothesis"] == f"H1 ({group})") & (t["estimator"] == "MLR")]
            here = here[(here["missing"] == more.get("missing", "listwise"))]
            one = here[here["left_out"] == more.get("left_out", "")].iloc[0]
            assert one["estimate"] == pytest.approx(paths.loc[k, "estimate"], rel=1e-6)
            assert one["std_error"] == pytest.approx(paths.loc[k, "std_error"], rel=1e-6)
            assert one["std_lower"] == pytest.approx(std.loc[k, "ci_lower"], rel=1e-6)
    # Without any hypothesis, each path in each group; a parameter defined by both has no group.
    model = MODEL.replace("b ~ a", "b ~ c(p, q)*a\ngap := p - q")
    every = cg.fragility(model, data, estimators="ML", group="sex", leave_out=False)
    assert every.conclusions["hypothesis"].tolist() == ["b ~ a (f)", "b ~ a (m)", "gap"]
    assert every.conclusions["group"].tolist() == ["f", "m", ""]
    # Labels belong to groups by number, so that these keep their order whoever is left out first.
    turned = pd.concat([data[data["sex"] == "m"].head(1), data])
    assert cg.sem(model, turned, group="sex").meta.groups == ("m", "f")


def test_a_group_keeps_its_number_whoever_is_left_out():
    data = survey(240).assign(sex=np.where(np.arange(240) % 2, "m", "f"))
    data.loc[data["office"] == "office 0", "sex"] = "f"
    data = data.sort_values("office", kind="stable").reset_index(drop=True)
    model = MODEL.replace("b ~ a", "b ~ c(p, q)*a\ngap := p - q")
    found = cg.fragility(model, data, hypotheses={"H1": "gap != 0"}, estimators="ML", group="sex", leave_out="office")
    for office in ("office 0", "office 1"):
        rows = data[data["office"] != office]
        fit = cg.sem(model, rows.sort_values("sex", kind="stable"), group="sex")
        want = fit.tidy().query("op == ':='")["estimate"].item()
        assert found.tidy().query("left_out == @office")["estimate"].item() == pytest.approx(want, rel=1e-6)


def test_all_combinations():
    data = survey(holes=15)
    screening = cg.screen(data, items=ITEMS, irv=0.5)
    found = cg.fragility(MODEL, data, screening=screening, how="all", leave_out=False)
    assert len(found.specifications) == 3 * 2 * 2
    kept = screening.keep().frame
    same(
        row(found, estimator="WLSMV", respondents="irv", missing="pairwise"),
        cg.sem(MODEL, kept, estimator="WLSMV", ordered=True, missing="pairwise"),
    )
    same(
        row(found, estimator="MLR", respondents="irv", missing="fiml"),
        cg.sem(MODEL, kept, estimator="MLR", missing="fiml"),
    )
    assert "offices" in said(found, "robustness.not_varied") or "weights" in said(found, "robustness.not_varied")


def test_multiple_imputation_is_a_treatment_of_missing_answers():
    data = survey(holes=25)
    options = {"estimators": ("MLR", "WLSMV"), "missing": ("listwise", "mi"), "imputations": 5, "leave_out": False}
    found = cg.fragility(MODEL, data, hypotheses=H, how="all", seed=3, **options)
    assert len(found.specifications) == 4 and found.meta.seed == 3
    filled = cg.impute(data, 5, seed=3, items=sorted(ITEMS))
    for estimator, more in (("MLR", {}), ("WLSMV", {"ordered": True})):
        pooled = cg.sem(MODEL, filled, estimator=estimator, **more)
        want, mine = pooled.tidy().query("op == '~'").iloc[0], row(found, estimator=estimator, missing="mi")
        for name in ("estimate", "std_error", "p_value", "std_all"):
            assert mine[name] == pytest.approx(want[name], rel=1e-6), name
        assert mine["n"] == len(data) and np.isfinite(mine["cfi"])
    again = cg.fragility(MODEL, data, hypotheses=H, how="all", seed=3, **options)
    pd.testing.assert_frame_equal(found.tidy(), again.tidy())
    first = cg.fragility(MODEL, data, hypotheses=H, seed=3, **{**options, "missing": "mi", "estimators": "MLR"})
    assert first.conclusions["std_all"].item() == pytest.approx(row(found, missing="mi")["std_all"])


def test_a_conclusion_that_rests_on_straight_liners_is_overturned():
    data = survey(200, path=0.0, straight=40, seed=3)
    found = cg.fragility(MODEL, data, hypotheses=H, screening=cg.screen(data, items=ITEMS, longstring=6))
    c = found.conclusions.iloc[0]
    assert c["decision"] == "supported" and c["agree_share"] < 1
    worst = found.specifications.set_index("specification").loc[c["worst"]]
    assert worst["respondents"] == "longstring" and c["worst_p"] > 0.05
    assert found.glance()["n_stable"].item() == 0


def test_a_conclusion_that_nothing_moves():
    found = cg.fragility(MODEL, survey(400, path=0.8), hypotheses=H, leave_out="office")
    c = found.conclusions.iloc[0]
    assert c[["same_sign_share", "supported_share", "agree_share", "left_out_agree_share"]].tolist() == [1, 1, 1, 1]
    assert found.glance()["n_stable"].item() == 1
    assert c["std_min"] == found.estimates["std_all"].min() and c["std_max"] == found.estimates["std_all"].max()
    assert c["jackknife_error"] == pytest.approx(c["std_error"], rel=0.5)
    opposite = cg.fragility(MODEL, survey(400, path=0.8), hypotheses={"H1": "b ~ a < 0"}, leave_out=False)
    assert opposite.conclusions["decision"].item() == "opposite" and opposite.conclusions["supported_share"].item() == 0


def test_the_default_is_every_path_and_defined_parameter():
    model = MODEL.replace("b ~ a", "b ~ p*a\nb1 ~~ b2\ntwice := 2*p")
    assert cg.fragility(model, survey(), estimators="ML").conclusions["path"].tolist() == ["b ~ a", "twice"]
    factors = MODEL.replace("b ~ a", "")
    assert cg.fragility(factors, survey(), estimators="ML").conclusions["path"].tolist() == ["a ~~ b"]


def test_what_fails_is_counted_and_named():
    data = survey(60, holes=5)
    data.loc[data["office"] != "office 1", "a1"] = 3.0
    found = cg.fragility(MODEL, data, hypotheses=H, estimators="ULS", ordered=False, leave_out="office")
    failed = found.specifications.query("not converged")
    assert failed["left_out"].tolist() == ["office 1"] and "a1" in failed["reason"].item()
    assert "left_out=office 1" in said(found, "robustness.not_estimated")
    assert found.conclusions["n_not_estimated"].item() == 1 and found.conclusions["n_left_out"].item() == 11
    assert np.isnan(found.conclusions["jackknife_error"].item())
    assert found.tidy().query("left_out == 'office 1'")["decision"].item() == ""


def test_what_is_not_defined_is_told():
    found = cg.fragility(MODEL, survey(holes=9), estimators=("MLR", "MLM"), cluster="office", leave_out=False)
    assert "MLM, listwise" in said(found, "robustness.undefined")
    assert "takes rows as independent" in said(found, "robustness.undefined")


def test_without_ordered_items_least_squares_are_left_out():
    data = survey().assign(**{i: survey()[i] + np.linspace(0, 0.4, 240) for i in ITEMS})
    found = cg.fragility(MODEL, data, hypotheses=H)
    assert set(found.specifications["estimator"]) == {"ML", "MLR"}
    assert "WLSMV (no ordered items)" in said(found, "robustness.not_varied")
    assert "missing answers (there are none)" in said(found, "robustness.not_varied")


def test_jobs_and_order_of_rows_do_not_matter():
    data = survey(holes=10)
    one = cg.fragility(MODEL, data, leave_out="office", estimators=("MLR", "WLSMV"))
    two = cg.fragility(MODEL, data, leave_out="office", estimators=("MLR", "WLSMV"), n_jobs=2)
    pd.testing.assert_frame_equal(one.tidy(), two.tidy())
    mixed = cg.fragility(MODEL, data.sample(frac=1, random_state=1), leave_out="office", estimators=("MLR", "WLSMV"))
    pd.testing.assert_series_equal(
        one.tidy().sort_values("left_out", kind="stable")["std_all"].reset_index(drop=True),
        mixed.tidy().sort_values("left_out", kind="stable")["std_all"].reset_index(drop=True),
        rtol=1e-6,
    )


def test_jackknife_is_that_of_a_mean():
    """Of a mean of G values the delete-one error is s / sqrt(G)."""
    x = np.random.default_rng(2).normal(size=30)
    without = (x.sum() - x) / 29
    assert jackknife_error(x.mean(), without) == pytest.approx(x.std(ddof=1) / np.sqrt(30), rel=1e-12)
    assert np.isnan(jackknife_error(1.0, np.array([1.0]))) and np.isnan(jackknife_error(1.0, np.array([1.0, np.nan])))


def test_jackknife_is_that_of_survey():
    folder = Path(__file__).resolve().parents[1] / "reference"
    gold = json.loads((folder / "differences.json").read_text())["jackknife"]
    data = pd.read_csv(folder / "differences.csv").assign(office=lambda d: np.arange(len(d)) // 20)
    found = cg.fragility("q1 ~ t1", data, estimators="ML", leave_out="office")
    assert found.conclusions["n_left_out"].item() == 13
    assert found.conclusions["jackknife_error"].item() == pytest.approx(gold, rel=1e-8)


def test_survival_by_hand():
    value, p = np.array([0.3, 0.2, -0.1, np.nan]), np.array([0.01, 0.20, 0.60, np.nan])
    found = survival(value, value * 10, p, direction=1, level=0.05)
    assert (found.n, found.same_sign, found.supported, found.agree) == (3, pytest.approx(2 / 3), 1 / 3, 1 / 3)
    assert (found.lowest, found.highest, found.worst) == (-0.1, 0.3, 2)
    unsupported = survival(value[::-1][1:], value[::-1][1:] * 10, p[::-1][1:], direction=1, level=0.05)
    assert unsupported.worst == 2 and unsupported.agree == pytest.approx(2 / 3)
    assert survival(*np.full((3, 2), np.nan), direction=1, level=0.05).worst == -1


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 1)), min_size=1, max_size=8), st.sampled_from([1.0, -1.0]))
def test_turning_the_scale_turns_nothing_but_the_sign(pairs, way):
    z, p = np.array(pairs).T
    one, two = (survival(s * z, s * z, p, direction=s * way, level=0.05) for s in (1, -1))
    assert (one.n, one.supported, one.agree, one.same_sign) == (two.n, two.supported, two.agree, two.same_sign)
    assert one.lowest == -two.highest
    assert np.array_equal(decisions(z, p, direction=way, level=0.05), decisions(-z, p, direction=-way, level=0.05))


def test_what_cannot_be_asked():
    data = survey(60)
    with pytest.raises(cg.OptionError, match="Did you mean 'MLR'"):
        cg.fragility(MODEL, data, estimators=("ML", "MLRR"))
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'office'"):
        cg.fragility(MODEL, data, leave_out="ofice")
    with pytest.raises(cg.OptionError, match="2 to 200 values"):
        cg.fragility(MODEL, data.assign(one="x"), leave_out="one")
    with pytest.raises(cg.OptionError, match="more alike than they are: leave 'mi' out"):
        cg.fragility(MODEL, data, group="office", missing=("listwise", "mi"))
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'office'"):
        cg.fragility(MODEL, data, group="ofice")
    with pytest.raises(cg.OptionError, match="respondents='kept' are those of a screening"):
        cg.fragility(MODEL, data, respondents="kept")
    with pytest.raises(cg.OptionError, match="rules of a screening"):
        cg.fragility(MODEL, data, rules=["longstring"])
    with pytest.raises(cg.OptionError, match=r"result of cg\.screen"):
        cg.fragility(MODEL, data, screening=data)
    with pytest.raises(cg.OptionError, match="the model has no parameter 'b ~ c'"):
        cg.fragility(MODEL, data, hypotheses={"H1": "b ~ c > 0"})
    with pytest.raises(cg.OptionError, match="name of a column"):
        cg.fragility(MODEL, data, weights=True)
    with pytest.raises(cg.OptionError, match="is empty"):
        cg.fragility(MODEL, data, estimators=())
    with pytest.raises(cg.OptionError, match="Did you mean 'fiml'"):
        cg.fragility(MODEL, data, missing=("listwise", "fimll"))
    with pytest.raises(cg.OptionError, match="the main one first"):
        cg.fragility(MODEL, data, estimator="MLR")
    with pytest.raises(cg.OptionError, match="imputations=1 must be"):
        cg.fragility(MODEL, data, imputations=1)
    with pytest.raises(cg.OptionError, match="no path to look at"):
        cg.fragility("a =~ a1 + a2 + a3", data)
    with pytest.raises(cg.OptionError, match="how='some' is not known"):
        cg.fragility(MODEL, data, how="some")
