from __future__ import annotations

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns
from cgsurvey.responses.describe import TCR_WORDS, tcr_category
from cgsurvey.responses.shape import shape

nan = np.nan


def clients(n: int = 40, seed: int = 1, **more) -> cg.Responses:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 6, (n, 4)).astype(float), columns=list(linked_survey.USER))
    frame["sex"] = np.where(np.arange(n) % 4 == 0, "m", "f")
    frame["age"] = rng.integers(20, 60, n).astype(float)
    frame["role"] = "client"
    for name, values in more.items():
        frame[name] = values
    return cg.Responses(frame=frame, instrument=linked_survey.survey())


@given(arrays(float, 12, elements=st.integers(1, 7).map(float)))
@settings(deadline=None)
def test_shape_agrees_with_scipys_unbiased_estimators(x):
    s = shape(x)
    assert s.mean == pytest.approx(x.mean())
    assert s.sd == pytest.approx(x.std(ddof=1), abs=1e-12)
    if np.ptp(x):
        assert s.skewness == pytest.approx(stats.skew(x, bias=False), abs=1e-9)
        assert s.kurtosis == pytest.approx(stats.kurtosis(x, bias=False), abs=1e-9)
    else:
        assert np.isnan(s.skewness)
        assert np.isnan(s.kurtosis)


def test_equal_weights_change_nothing_and_whole_weights_repeat_cases():
    x = np.array([1.0, 2, 2, 5, 4, 3])
    for field in ("mean", "sd", "skewness", "kurtosis"):
        assert getattr(shape(x, np.full(6, 7.0)), field) == pytest.approx(getattr(shape(x), field))
    w = np.array([1.0, 3, 1, 1, 2, 1])
    assert shape(x, w).mean == pytest.approx(np.repeat(x, w.astype(int)).mean())


def test_items_are_described_as_answered_and_tcr_as_keyed():
    r = clients()
    d = cg.describe(r)
    t = d.tidy().set_index("item")
    x = r.frame["ser4r"]
    assert t.loc["ser4r", "mean"] == pytest.approx(x.mean())
    assert bool(t.loc["ser4r", "reverse"])
    assert t.loc["ser4r", "tcr"] == pytest.approx(100 * (6 - x).mean() / 5)
    assert t.loc["ser1", "tcr"] == pytest.approx(100 * r.frame["ser1"].mean() / 5)
    assert t.loc["ser1", "floor_share"] == pytest.approx((r.frame["ser1"] == 1).mean())
    c = d.constructs.set_index("construct")
    assert c.index.tolist() == ["service"]
    assert c.loc["service", "mean"] == pytest.approx(cg.score(r)["service"].mean())
    assert c.loc["service", "tcr"] == pytest.approx(100 * cg.score(r)["service"].mean() / 5)
    assert not unknown_columns({*d.tidy(), *d.glance(), *d.constructs, *d.categories, *d.profile})


def test_tcr_bands_have_no_gap_between_them():
    assert [tcr_category(v) for v in (100, 90, 89.999, 80, 79.5, 65, 64.99, 55, 54.9, 20)] == [
        "very good",
        "very good",
        "good",
        "good",
        "fair",
        "fair",
        "poor",
        "poor",
        "very poor",
        "very poor",
    ]
    assert tcr_category(nan) == ""
    assert TCR_WORDS["very good"]["id"] == "sangat baik"


def test_categories_hold_every_choice_also_those_nobody_ticked():
    r = clients(ser1=3.0)
    c = cg.describe(r).categories
    one = c[c["item"] == "ser1"]
    assert one["value"].tolist() == [1, 2, 3, 4, 5]
    assert one["count"].tolist() == [0, 0, 40, 0, 0]
    np.testing.assert_allclose(c.groupby("item")["share"].sum(), 1)


def test_missing_counts_those_who_were_asked():
    r = clients()
    frame, reasons = r.frame.copy(), r.reasons.copy()
    frame.loc[[0, 1, 2], "ser1"] = nan
    reasons.loc[[0, 1], "ser1"] = "blank"
    reasons.loc[2, "ser1"] = "not_asked"
    t = cg.describe(r.replace(frame=frame, reasons=reasons)).tidy().set_index("item")
    assert t.loc["ser1", ["n", "n_missing"]].tolist() == [37, 2]


def test_profile_counts_categories_and_averages_numbers():
    r = clients()
    frame = r.frame.copy()
    frame.loc[0, "sex"] = None
    p = cg.describe(r.replace(frame=frame)).profile
    sex = p[p["variable"] == "sex"].set_index("category")["count"].to_dict()
    assert sex == {"f": 30, "m": 9, "(no answer)": 1}
    age = p[p["variable"] == "age"].iloc[0]
    assert age["mean"] == pytest.approx(frame["age"].mean())
    assert age["count"] == 40


def test_text_columns_stay_out_of_the_profile():
    r = clients(name=[f"person {k}" for k in range(40)])
    d = cg.describe(r, profile=["sex", "name"])
    assert set(d.profile["variable"]) == {"sex"}
    assert "responses.profile_text" in {n.code for n in d.notes}


def test_groups_and_their_smallness():
    r = clients()
    d = cg.describe(r, by="sex")
    t = d.tidy()
    assert t["group"].unique().tolist() == ["f", "m"]
    assert t.set_index(["group", "item"]).loc[("m", "ser1"), "mean"] == pytest.approx(
        r.frame.query("sex == 'm'")["ser1"].mean()
    )
    assert d.glance()["n_groups"][0] == 2
    small = cg.describe(clients(sex=["m"] * 3 + ["f"] * 37), by="sex")
    assert "responses.small_groups" in {n.code for n in small.notes}
    blank = cg.describe(clients(sex=[None] * 3 + ["f"] * 37), by="sex")
    assert "responses.group_blank" in {n.code for n in blank.notes}
    with pytest.raises(cg.ColumnNotFoundError, match=r"'sexx'. Did you mean 'sex'\?"):
        cg.describe(r, by="sexx")


def test_weights_of_the_design_are_used_or_said_to_be_unused():
    w = np.r_[np.full(20, 1.0), np.full(20, 3.0)]
    r = clients(w=w).replace(design=cg.Design(weights="w"))
    d = cg.describe(r)
    x = r.frame["ser1"]
    t = d.tidy().set_index("item")
    assert d.weighted
    assert t.loc["ser1", "mean"] == pytest.approx(np.average(x, weights=w))
    assert t.loc["ser1", "ceiling_share"] == pytest.approx(w[x == 5].sum() / w.sum())
    assert t.loc["ser1", "n"] == 40
    sex = d.profile[d.profile["variable"] == "sex"].set_index("category")
    assert sex.loc["m", "count"] == 10
    assert sex.loc["m", "share"] == pytest.approx(w[(r.frame["sex"] == "m").to_numpy()].sum() / w.sum())
    assert "responses.weights_used" in {n.code for n in d.notes}
    plain = cg.describe(r, weights=False)
    assert plain.tidy()["mean"][0] == pytest.approx(x.mean())
    assert "responses.weights_unused" in {n.code for n in plain.notes}
    bad = clients(w=[-1.0, None, 0.0] + [1.0] * 37)
    with pytest.raises(cg.DataError, match=r"weights 'w'.*3 are not: -1.0 \(row 0\), nan \(row 1\), 0.0 \(row 2\)"):
        cg.describe(bad, weights="w")


def test_a_data_frame_is_described_and_the_guess_is_said():
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [5, 5, 5, 5], "g": list("xxyy")})
    d = cg.describe(frame)
    assert d.tidy()["item"].tolist() == ["a", "b"]
    assert "responses.items_guessed" in {n.code for n in d.notes}
    assert np.isnan(d.tidy()["tcr"][0])
    with_scale = cg.describe(frame, constructs={"A": ["a", "b"]}, scale=(1, 5))
    assert with_scale.constructs["tcr"][0] == pytest.approx(75)
    assert with_scale.tidy()["floor_share"].tolist() == [0.25, 0]
    with pytest.raises(cg.SampleError, match="nothing to describe"):
        cg.describe(frame[["g"]])


def test_it_can_be_saved(tmp_path):
    d = cg.describe(clients(), by="sex")
    again = cg.load_result(d.save(tmp_path / "description"))
    pd.testing.assert_frame_equal(again.tidy(), d.tidy())
    pd.testing.assert_frame_equal(again.profile, d.profile)


@given(st.permutations(range(40)))
@settings(max_examples=10, deadline=None)
def test_rows_in_any_order(order):
    r = clients()
    a = cg.describe(r).tidy()
    b = cg.describe(r.replace(frame=r.frame.iloc[list(order)])).tidy()
    pd.testing.assert_frame_equal(a, b)
