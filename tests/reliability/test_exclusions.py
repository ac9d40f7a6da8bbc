"""Alpha and models with everybody and without those whom the screening flags."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability.exclusions import ALL, EVERYBODY

A, B = ["a1", "a2", "a3", "a4"], ["b1", "b2", "b3", "b4"]
CONSTRUCTS = {"a": A, "b": B}
MODEL = "a =~ a1 + a2 + a3 + a4\nb =~ b1 + b2 + b3 + b4\nb ~ a"


def survey(careful: int = 300, straight: int = 0, hasty: int = 0, path: float = 0.5, seed: int = 1) -> pd.DataFrame:
    """Careful respondents on 1..5, then straight-liners, then people who ticked at random."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=careful)
    b = path * a + rng.normal(size=careful)
    x = np.column_stack([a] * 4 + [b] * 4) + rng.normal(size=(careful, 8))
    x = np.clip(np.round(3 + x), 1, 5)
    lines = np.repeat(rng.integers(1, 6, (straight, 1)), 8, axis=1)
    frame = pd.DataFrame(np.vstack([x, lines, rng.integers(1, 6, (hasty, 8))]), columns=A + B).astype(float)
    minutes = np.r_[np.full(careful + straight, 10), np.full(hasty, 1)]
    start = pd.Timestamp("2026-09-07T08:00:00Z")
    return frame.assign(
        start=start.isoformat(), end=[(start + pd.Timedelta(minutes=int(m))).isoformat() for m in minutes]
    )


def screened(frame: pd.DataFrame, **rules: float) -> cg.Screening:
    return cg.screen(frame, items=A + B, **(rules or {"longstring": 8, "min_minutes": 5}))


def said(found: cg.Result, code: str) -> str:
    return next(n.text for n in found.notes if n.code == code)


def codes(found: cg.Result) -> set[str]:
    return {n.code for n in found.notes}


def test_constructs_are_those_of_the_screening(tmp_path):
    screening = cg.screen(survey(300, 25), constructs=CONSTRUCTS, longstring=8)
    named = cg.exclusion_sensitivity(screening, constructs=CONSTRUCTS)
    pd.testing.assert_frame_equal(cg.exclusion_sensitivity(screening).changes, named.changes)
    other = cg.exclusion_sensitivity(screening, constructs={"a": A}).changes
    assert other["name"].unique().tolist() == ["a"]
    again = cg.load_result(screening.save(tmp_path / "screening.cgr"))
    pd.testing.assert_frame_equal(cg.exclusion_sensitivity(again, data=survey(300, 25)).changes, named.changes)


def test_every_sample_is_that_of_keep():
    frame = survey(300, 25, 30)
    screening = screened(frame)
    found = cg.exclusion_sensitivity(screening, constructs=CONSTRUCTS, model=MODEL, estimator="MLR")
    assert found.samples["sample"].tolist() == [EVERYBODY, "longstring", "min_minutes", ALL]
    for sample, rules in {"longstring": ["longstring"], ALL: ["longstring", "min_minutes"]}.items():
        kept = screening.keep(*rules)
        rows = found.tidy().query("sample == @sample").set_index(["measure", "name"])["estimate"]
        want = cg.reliability(kept, CONSTRUCTS).tidy().set_index("construct")["alpha"]
        np.testing.assert_allclose(rows["alpha"].loc[["a", "b"]], want, rtol=1e-12)
        fit = cg.sem(MODEL, kept, estimator="MLR")
        assert rows["fit", "cfi"] == pytest.approx(fit.fit_measures["cfi"], rel=1e-9)
        assert rows["fit", "rmsea_robust"] == pytest.approx(fit.fit_measures["rmsea_robust"], rel=1e-9)
        path = fit.tidy().query("op == '~'").iloc[0]
        assert rows["path", "b ~ a"] == pytest.approx(path["std_all"], rel=1e-9)
        assert found.samples.set_index("sample").loc[sample, "n"] == len(kept)
    everybody = found.tidy().query("sample == @EVERYBODY")
    assert (everybody["difference"] == 0).all() and not everybody["decision_changed"].any()
    assert found.glance()["n_excluded"].item() == len(frame) - len(screening.keep())


def test_straight_liners_blow_alpha_up_and_the_change_is_told():
    found = cg.exclusion_sensitivity(screened(survey(200, 60)), "longstring", constructs=CONSTRUCTS)
    change = found.tidy().query("sample == 'longstring' and measure == 'alpha'")["difference"]
    assert (change < -0.02).all() and "alpha is -0." in said(found, "reliability.exclusions_alpha")
    assert found.samples["sample"].tolist() == [EVERYBODY, "longstring"]
    assert np.isnan(found.glance()["coefficient_change"].item())


def test_a_path_that_rests_on_the_flagged_is_named():
    frame = survey(250, path=0.0, seed=3)
    lines = survey(0, 40, seed=4)  # the same answer to everything relates what is not related
    found = cg.exclusion_sensitivity(screened(pd.concat([frame, lines], ignore_index=True)), "longstring", model=MODEL)
    row = found.tidy().query("sample == 'longstring' and measure == 'path'").iloc[0]
    assert row["decision_changed"] and row["p_value"] > 0.05
    assert "b ~ a (longstring)" in said(found, "reliability.exclusions_matter")
    assert found.glance()["n_decision_changed"].item() == 1
    same = cg.exclusion_sensitivity(screened(survey(300, 5)), "longstring", model=MODEL)
    assert "does not show that their answers were careful" in said(same, "reliability.exclusions_agree")


def test_groups_and_defined_parameters():
    frame = survey(400, 20).assign(side=lambda d: np.where(np.arange(len(d)) % 2, "city", "regency"))
    model = f"{MODEL.replace('b ~ a', 'b ~ c(p, q)*a')}\ndifference := p - q"
    found = cg.exclusion_sensitivity(screened(frame), "longstring", model=model, group="side")
    names = found.tidy().query("measure in ['path', 'defined'] and sample == 'longstring'")["name"].tolist()
    assert names == ["b ~ a [regency]", "b ~ a [city]", "difference"]


def test_rules_that_flag_nobody_and_rules_that_leave_nothing():
    frame = survey(120)
    found = cg.exclusion_sensitivity(screened(frame, longstring=8, max_missing=0.5), constructs=CONSTRUCTS)
    assert "max_missing" in said(found, "reliability.exclusions_idle")
    idle = cg.exclusion_sensitivity(screened(frame, max_missing=0.5), constructs=CONSTRUCTS)
    assert "flag nobody" in said(idle, "reliability.exclusions_none")
    everyone = cg.exclusion_sensitivity(screened(frame, irv=9), constructs=CONSTRUCTS)
    assert "leave no respondent" in said(everyone, "reliability.exclusions_failed")
    assert everyone.tidy().query("sample == 'longstring'")["estimate"].isna().all()
    assert everyone.samples["n"].tolist() == [120, 0]


def test_constructs_without_alpha_are_named():
    frame = survey(100, 5).assign(same=3.0)
    screening = cg.screen(frame, items=[*A, *B, "same"], longstring=8)
    found = cg.exclusion_sensitivity(screening, constructs={"a": A, "one": ["b1"], "flat": ["b1", "same"]})
    rows = found.tidy().query("sample == @EVERYBODY").set_index("name")["estimate"]
    assert rows.isna().to_dict() == {"a": False, "one": True, "flat": True}
    assert "one (everybody), flat (everybody)" in said(found, "reliability.exclusions_no_alpha")


def test_a_model_that_fails_without_the_flagged():
    frame = survey(12, 0, 200)
    found = cg.exclusion_sensitivity(
        screened(frame, min_minutes=5), constructs={"a": A}, model="a =~ a1 + a2 + a3 + a4", ordered=A, estimator="WLS"
    )
    assert found.tidy().query("sample == 'min_minutes'")["estimate"].isna().all()
    assert "min_minutes nothing could be estimated" in said(found, "reliability.exclusions_failed")


def test_what_cannot_be_asked():
    screening = screened(survey(100, 5))
    with pytest.raises(cg.OptionError, match="Did you mean 'longstring'"):
        cg.exclusion_sensitivity(screening, "longstrings", constructs=CONSTRUCTS)
    with pytest.raises(cg.OptionError, match="nothing to estimate"):
        cg.exclusion_sensitivity(screening)
    with pytest.raises(cg.OptionError, match="estimator: options of a fit need model"):
        cg.exclusion_sensitivity(screening, constructs=CONSTRUCTS, estimator="MLR")
    with pytest.raises(cg.OptionError, match=r"result of cg\.screen"):
        cg.exclusion_sensitivity(survey(10), constructs=CONSTRUCTS)
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'a1'"):
        cg.exclusion_sensitivity(screening, constructs={"a": ["a11", "a2"]})
    loaded = pickle.loads(pickle.dumps(screening))
    with pytest.raises(cg.OptionError, match="without its data"):
        cg.exclusion_sensitivity(loaded, constructs=CONSTRUCTS)
    again = cg.exclusion_sensitivity(loaded, constructs=CONSTRUCTS, data=survey(100, 5))
    pd.testing.assert_frame_equal(again.tidy(), cg.exclusion_sensitivity(screening, constructs=CONSTRUCTS).tidy())
