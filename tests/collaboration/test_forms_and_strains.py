"""Forms, challenges and harms of a collaboration: closed values, scores as cg.score has them, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cgsurvey as cg
from cgsurvey.collaboration.numbers import together

TICKED = pd.DataFrame(
    {
        "collab_forms": [
            "policy oversight",
            "Penguatan kapasitas, Perumusan kebijakan partisipatif",
            "policy",
            None,
            " ",
        ],
        "role": ["gov", "gov", "civil", "civil", "gov"],
    }
)


def rated(n: int = 40, missing: float = 0.1) -> pd.DataFrame:
    block, rng = cg.load_instrument("partnership"), np.random.default_rng(5)
    items = [i for c in ("collab_challenges", "collab_harms") for i in block.construct(c).all_items]
    answers = pd.DataFrame(rng.integers(1, 6, (n, len(items))).astype(float), columns=items)
    return answers.mask(rng.random(answers.shape) < missing).assign(role=["gov", "civil"] * (n // 2))


def test_forms_by_hand():
    found = cg.forms(TICKED)
    table = found.table.set_index("form")
    assert table["count"].tolist() == [3, 0, 1, 1] and set(table["n"]) == {3} and found.mean == pytest.approx(5 / 3)
    z = stats.norm.ppf(0.975)
    assert table.loc["form_policy", "ci_lower"] == pytest.approx(3 / (3 + z**2))  # Wilson's interval of 3 in 3
    pair = found.pairs.set_index(["form_1", "form_2"]).loc[("form_policy", "form_oversight")]
    assert (pair["n"], pair["count"]) == (3, 1) and pair["share"] == pair["jaccard"] == pytest.approx(1 / 3)
    assert cg.forms(TICKED, by="role").table.groupby("group")["n"].first().to_dict() == {"civil": 1, "gov": 2}
    assert found.meta.label("form_policy", "id") == "Perumusan kebijakan partisipatif"


def test_forms_asked_one_by_one_are_the_same():
    asked = pd.DataFrame(
        {"form_policy": ["yes", "Ya", 1], "form_coproduction": ["no", 0, "Tidak"], "form_oversight": [1, 0, 0],
         "form_capacity": [0, 1, 0]}
    )  # fmt: skip
    a, b = cg.forms(asked), cg.forms(TICKED)
    pd.testing.assert_frame_equal(a.table, b.table)
    pd.testing.assert_frame_equal(a.pairs, b.pairs)
    lacking = cg.forms(asked.drop(columns="form_policy"))
    assert "Partners take part in making policy" in lacking.notes[0].text and len(lacking.table) == 3


def test_jaccard_counts_those_who_name_either():
    both, jaccard = together(np.array([[1.0, 1, 0], [1, 0, 0], [0, 1, 0]]))
    assert both.tolist() == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert jaccard[0, 1] == pytest.approx(1 / 3) and np.isnan(jaccard[2, 2]) and jaccard[0, 2] == 0


def test_profiles_are_the_means_of_scores():
    data = rated()
    responses = cg.read_responses(data, "partnership", missing_items="allow")
    scores = cg.score(responses).reset_index(drop=True)
    for found in (cg.challenges(data), cg.harms(responses)):
        for row in found.table.itertuples():
            values = scores[row.construct].dropna()
            low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
            assert (row.n, row.mean, row.sd) == (len(values), pytest.approx(values.mean()), pytest.approx(values.std()))
            assert (row.ci_lower, row.ci_upper) == pytest.approx((low, high))
            assert row.share_above == pytest.approx((values > 3).mean())
    by = cg.challenges(data, by="role").table.set_index(["group", "construct"])
    part = scores.loc[data["role"] == "gov", "ch_power"].dropna()
    assert by.loc[("gov", "ch_power"), "mean"] == pytest.approx(part.mean())


def test_the_items_of_a_kind_have_a_reliability():
    responses = cg.read_responses(rated(), "partnership", missing_items="allow")
    assert set(cg.reliability(responses, ["ch_power", "hm_burden"]).tidy()["construct"]) == {"ch_power", "hm_burden"}


def test_what_is_not_answered_has_no_number():
    with pytest.raises(cg.SampleError, match="nobody answered"):
        cg.harms(pd.DataFrame({"hmi1": [4], "hmi2": ["98"], "hmi3": [None]}))
    two = cg.harms(pd.DataFrame({"hmi1": [4, 98.0], "hmi2": [2, 5]})).table.set_index("construct")
    assert (two.loc["hm_independence", "n"], two.loc["hm_independence", "mean"]) == (1, 3)
    few = cg.harms(pd.DataFrame({"hmi1": [4, 4], "hmi2": [4, None]})).notes[-1]
    assert few.code == "collaboration.no_score" and "1 respondents answered less than 50%" in few.text
    assert np.isnan(two.loc["hm_independence", ["sd", "ci_lower", "ci_upper"]].astype(float)).all()


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)))
def test_order_of_rows_does_not_matter(order):
    data = rated(12)
    for function in (cg.challenges, cg.harms):
        a, b = function(data, by="role"), function(data.iloc[list(order)], by="role")
        pd.testing.assert_frame_equal(a.table, b.table)
    ticked = pd.DataFrame({"collab_forms": ["policy", "capacity policy", "oversight"] * 4})
    pd.testing.assert_frame_equal(cg.forms(ticked).table, cg.forms(ticked.iloc[list(order)]).table)


def test_bad_input_is_named():
    with pytest.raises(
        cg.CodingError, match=r"'collab_forms' holds 'merger' \(row 1\), which is none of policy, coprod"
    ):
        cg.forms(pd.DataFrame({"collab_forms": ["policy", "policy merger"]}))
    with pytest.raises(cg.CodingError, match=r"'chp1' holds 6 \(row 0\)"):
        cg.challenges(pd.DataFrame({"chp1": [6]}))
    with pytest.raises(cg.ColumnNotFoundError, match=r"hmi1.*'partnership'"):
        cg.harms(TICKED)
    with pytest.raises(cg.SampleError, match="nobody answered"):
        cg.forms(pd.DataFrame({"form_policy": [None, ""]}))
    with pytest.raises(cg.OptionError, match="confidence"):
        cg.challenges(rated(), confidence=2)


def sampled(n: int = 120) -> tuple[pd.DataFrame, cg.Responses]:
    """Ratings in twelve offices of two strata, weighted; the first office answered nothing."""
    data, rng = rated(n, 0.05), np.random.default_rng(8)
    items = [c for c in data if c != "role"]
    data = data.assign(office=np.repeat(np.arange(12), n // 12), stratum=np.arange(n) // 60, w=rng.uniform(0.5, 2, n))
    data[items] = np.clip(data[items] + rng.integers(-1, 2, 12)[data["office"]][:, None], 1, 5)
    data.loc[data["office"] == 0, items] = np.nan
    read = cg.read_responses(data, cg.load_instrument("partnership"), missing_items="allow")
    return data, read.replace(design=cg.Design(weights="w", cluster="office", strata="stratum"))


@pytest.mark.parametrize("by", [None, "role"])
def test_intervals_of_challenges_are_those_of_the_sampling_design(by):
    data, responses = sampled()
    found = cg.challenges(responses, by=by)
    frame = data[["w", "office", "stratum", "role"]].assign(power=data[["chp1", "chp2", "chp3"]].mean(axis=1))
    few = data[["chp1", "chp2", "chp3"]].notna().sum(axis=1) < 2
    frame.loc[few, "power"] = np.nan
    want = cg.survey_estimates(
        frame, "power", by=by, design=cg.Design(weights="w", cluster="office", strata="stratum"), missing="available"
    ).tidy()
    mine = found.table[found.table["construct"] == "ch_power"].reset_index(drop=True)
    want = want.sort_values("group", ignore_index=True) if by else want
    for column, other in (("n", "n"), ("mean", "estimate"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper")):
        assert mine[column].tolist() == pytest.approx(want[other].tolist(), rel=1e-10)
    known = frame[frame["power"].notna()]
    if by is None:
        above = np.average(known["power"] > 3 + 1e-9, weights=known["w"])
        assert mine["share_above"].item() == pytest.approx(above, rel=1e-12)
    codes = {n.code for n in found.notes}
    assert "responses.design_used" in codes and "responses.design_not_used" not in codes
    apart = cg.challenges(responses.replace(design=None), by=by)
    assert not apart.notes or "responses.design_used" not in {n.code for n in apart.notes}
    assert apart.table["mean"].iloc[0] != found.table["mean"].iloc[0]


def test_a_mean_that_is_the_middle_is_not_above_it():
    sums = {"chp": (1, 1, 1), "chc": (3, 3, 3), "chk": (5, 5, 4), "chb": (4, 3, 3)}  # thirds: the mean is 3 + 4e-16
    thirds = pd.DataFrame({f"{kind}{k}": [x] for kind, xs in sums.items() for k, x in enumerate(xs, 1)})
    assert np.mean([np.mean(xs) for xs in sums.values()]) > 3
    whole = cg.challenges(thirds).table.set_index("construct").loc["collab_challenges"]
    assert whole["mean"] == pytest.approx(3.0) and whole["share_above"] == 0
