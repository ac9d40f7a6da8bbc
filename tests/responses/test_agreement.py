from __future__ import annotations

import json
from pathlib import Path

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns
from cgsurvey.responses import raters

nan = np.nan

# Shrout & Fleiss (1979), Table 2: six targets rated by four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def test_the_six_forms_on_the_table_of_shrout_and_fleiss():
    t = cg.icc(pd.DataFrame(JUDGES, columns=list("abcd"))).tidy().set_index("type")
    # Their Table 4.
    assert t["icc"].round(2).to_dict() == {
        "ICC1": 0.17,
        "ICC2": 0.29,
        "ICC3": 0.71,
        "ICC1k": 0.44,
        "ICC2k": 0.62,
        "ICC3k": 0.91,
    }
    assert t.loc["ICC3", "statistic"] == pytest.approx(11.0272, abs=1e-3)
    assert t.loc["ICC1", ["df1", "df2"]].tolist() == [5, 18]


@pytest.mark.reference
@pytest.mark.parametrize("case", ["icc_cg_tru", "icc_hs_visual"])
def test_the_six_forms_against_psych(shared: Path, case: str):
    found = json.loads((shared / "reference" / "dev" / "reliability" / f"{case}.json").read_text())
    data = pd.read_csv(shared / "reference" / "dev" / "data" / found["data"]["file"])
    want = found["expected"]["icc"]
    t = cg.icc(data, found["data"]["variables"]).tidy()
    assert t["type"].tolist() == want["type"]
    names = {
        "icc": "ICC",
        "statistic": "F",
        "df1": "df1",
        "df2": "df2",
        "ci_lower": "lower bound",
        "ci_upper": "upper bound",
    }
    for ours, theirs in names.items():
        np.testing.assert_allclose(t[ours], want[theirs], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(t["p_value"], want["p"], rtol=1e-6)


def test_incomplete_targets_are_left_out_and_counted():
    frame = pd.DataFrame(np.vstack([JUDGES, [[nan, 1, 2, 3]]]), columns=list("abcd"))
    r = cg.icc(frame)
    assert r.meta.n == 6
    assert r.notes[0].values["n"] == 1
    assert r.tidy()["icc"][0] == pytest.approx(cg.icc(frame.iloc[:6]).tidy()["icc"][0])


def long(groups: list[int], seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(len(groups)), groups)
    x = np.asarray(rng.normal(size=len(groups)))[code] + rng.normal(size=len(code))
    return pd.DataFrame({"office": [f"o{c}" for c in code], "x": x})


def test_groups_of_one_size_are_raters_without_order():
    frame = long([4] * 10)
    t = cg.icc(frame, ["x"], group="office").tidy().set_index("type")
    wide = raters.shrout_fleiss(frame["x"].to_numpy().reshape(10, 4))
    for form, k in (("ICC(1)", 0), ("ICC(2)", 3)):
        assert t.loc[form, "icc"] == pytest.approx(wide.icc[k])
        assert t.loc[form, "ci_lower"] == pytest.approx(wide.lower[k])
        assert t.loc[form, "ci_upper"] == pytest.approx(wide.upper[k])
    assert t.loc["ICC(1)", "mean_group_size"] == 4


def test_groups_of_unequal_size_use_searles_n0():
    sizes = [2, 3, 7, 4, 9]
    frame = long(sizes)
    t = cg.icc(frame, ["x"], group="office").tidy().set_index("type")
    F, p = stats.f_oneway(*(g["x"] for _, g in frame.groupby("office")))
    assert t.loc["ICC(1)", "statistic"] == pytest.approx(F)
    assert t.loc["ICC(1)", "p_value"] == pytest.approx(p)
    N = sum(sizes)
    n0 = (N - sum(s**2 for s in sizes) / N) / (len(sizes) - 1)
    assert t.loc["ICC(1)", "icc"] == pytest.approx((F - 1) / (F + n0 - 1))
    assert t.loc["ICC(2)", "icc"] == pytest.approx((F - 1) / F)


def test_perfect_groups_and_groups_that_do_not_differ():
    frame = pd.DataFrame({"office": list("aabbcc"), "x": [1.0, 1, 2, 2, 3, 3]})
    assert cg.icc(frame, ["x"], group="office").tidy()["icc"].tolist() == [1, 1]
    frame["x"] = [1.0, 3, 1, 3, 1, 3]
    assert cg.icc(frame, ["x"], group="office").tidy()["icc"][0] == -1  # -1 / (n - 1), shown as it is
    frame["x"] = 2.0
    assert cg.icc(frame, ["x"], group="office").tidy()["icc"].isna().all()


def test_icc_refuses_what_it_cannot_decompose():
    frame = long([1, 1, 1])
    with pytest.raises(cg.SampleError, match="the largest of 1"):
        cg.icc(frame, ["x"], group="office")
    with pytest.raises(cg.ColumnNotFoundError, match=r"'ofice'. Did you mean 'office'\?"):
        cg.icc(frame, ["x"], group="ofice")
    with pytest.raises(cg.SampleError, match="at least two raters"):
        cg.icc(frame[["x"]])
    with pytest.raises(cg.OptionError, match="constructs are decomposed by group"):
        cg.icc(frame, constructs={"A": ["x"]})


# ---- rwg ------------------------------------------------------------------------------------------------------------


def test_rwg_of_one_item_by_hand():
    frame = pd.DataFrame({"office": ["a"] * 3 + ["b"] * 3 + ["c"] * 4, "x": [4.0, 4, 4, 3, 4, 5, 1, 5, 1, 5]})
    r = cg.rwg(frame, "office", items=["x"], scale=(1, 5))
    # Uniform over five categories: variance 2. Group b: s2 = 1. Group c: s2 = 16 / 3, below 0, set to 0.
    assert r.groups["rwg"].tolist() == [1, 0.5, 0]
    assert r.groups["n"].tolist() == [3, 3, 4]
    assert r.tidy()["rwg"][0] == pytest.approx(0.5)
    assert r.tidy()["rwg_median"][0] == 0.5
    assert r.tidy()["verdict"][0] == "fair"
    assert {n.code for n in r.notes} == {"responses.rwg_outside"}
    assert not unknown_columns([*r.tidy(), *r.glance(), *r.groups])


def test_rwg_of_several_items_by_hand():
    frame = pd.DataFrame({"office": list("aaabbb"), "x": [3.0, 4, 5, 2, 2, 2], "y": [4.0, 4, 4, 1, 2, 3]})
    r = cg.rwg(frame, "office", {"A": ["x", "y"]}, scale=(1, 5))
    share = np.array([(1 + 0) / 2 / 2, (0 + 1) / 2 / 2])
    np.testing.assert_allclose(r.groups["rwg"], 2 * (1 - share) / (2 * (1 - share) + share))
    assert r.tidy()["n_items"][0] == 2


def test_null_distributions():
    s5, s4 = np.arange(1.0, 6), np.arange(1.0, 5)
    assert raters.null_variance("uniform", s5) == pytest.approx((25 - 1) / 12)
    assert raters.null_variance("uniform", s4) == pytest.approx((16 - 1) / 12)
    # James et al.: (A^2 + 2A - 3) / 24 for an odd, (A^2 + 2A - 2) / 24 for an even number of categories.
    assert raters.null_variance("triangular", s5) == pytest.approx(32 / 24)
    assert raters.null_variance("triangular", s4) == pytest.approx(22 / 24)
    # LeBreton & Senter (2008), Table 2.
    assert raters.null_variance("slight_skew", s5) == pytest.approx(1.34)
    assert raters.null_variance("moderate_skew", s5) == pytest.approx(0.90)
    assert raters.null_variance("heavy_skew", s5) == pytest.approx(0.44)
    assert raters.null_variance((0, 0.5, 0, 0.5, 0), s5) == pytest.approx(1)


def test_rwg_reads_the_scale_of_the_instrument_and_judges_elements_and_dimensions():
    p, _ = linked_survey.pair(1, offices=8)
    frame = p.assign(**{n: p[n].round().clip(1, 5) for n in linked_survey.PARTNER})
    r = cg.rwg(cg.Responses(frame=frame, instrument=linked_survey.survey()), "office")
    assert r.tidy()["construct"].tolist() == ["motivation", "trust", "commitment", "capacity"]
    assert r.tidy()["n_items"].tolist() == [6, 3, 3, 4]
    assert r.tidy()["n_groups"].eq(8).all()


def test_members_with_gaps_do_not_count_and_small_groups_have_no_value():
    frame = pd.DataFrame({"office": list("aaabb"), "x": [3.0, 4, 5, 2, nan], "y": [3.0, nan, 5, 2, 2]})
    r = cg.rwg(frame, "office", {"A": ["x", "y"]}, scale=(1, 5))
    assert r.groups["n"].tolist() == [2, 1]
    assert np.isnan(r.groups["rwg"][1])


def test_rwg_bad_options():
    frame = pd.DataFrame({"office": list("aabb"), "x": [1.0, 2, 3, 4]})
    with pytest.raises(cg.OptionError, match=r"null='unifrom' is not known. Did you mean 'uniform'\?"):
        cg.rwg(frame, "office", items=["x"], null="unifrom")
    with pytest.raises(cg.OptionError, match="scale of a data frame is not known"):
        cg.rwg(frame, "office", items=["x"])
    with pytest.raises(cg.OptionError, match="tabled for five categories; 'x' has 7"):
        cg.rwg(frame, "office", items=["x"], scale=(1, 7), null="heavy_skew")
    with pytest.raises(cg.OptionError, match="3 shares for the 5 categories"):
        cg.rwg(frame, "office", items=["x"], scale=(1, 5), null=(0.2, 0.3, 0.5))
    with pytest.raises(cg.OptionError, match="min_size=1"):
        cg.rwg(frame, "office", items=["x"], scale=(1, 5), min_size=1)
    with pytest.raises(cg.SampleError, match="1 groups"):
        cg.rwg(frame.assign(office="a"), "office", items=["x"], scale=(1, 5))
    with pytest.raises(cg.SampleError, match="no group of 'office' has 3 members"):
        cg.rwg(frame, "office", items=["x"], scale=(1, 5), min_size=3)


@given(st.permutations(range(25)), st.floats(0.2, 5), st.floats(-9, 9))
@settings(max_examples=15, deadline=None)
def test_agreement_follows_neither_order_nor_units(order, slope, shift):
    frame = long([5, 6, 7, 3, 4])
    moved = frame.iloc[list(order)].assign(x=lambda d: shift + slope * d["x"])
    a, b = cg.icc(frame, ["x"], group="office").tidy(), cg.icc(moved, ["x"], group="office").tidy()
    pd.testing.assert_frame_equal(a, b)
    one = cg.rwg(frame, "office", items=["x"], null=2.0).groups["rwg"]
    two = cg.rwg(moved, "office", items=["x"], null=2.0 * slope**2).groups["rwg"]
    np.testing.assert_allclose(one, two, atol=1e-9)
