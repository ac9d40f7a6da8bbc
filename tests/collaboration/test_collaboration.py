"""Activities and criteria: closed values, bad input, order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.collaboration.numbers import lower_median, pair_agreement, reciprocity

SIX = [f"crit_{n}" for n in ("initiated", "nonstate", "deciding", "formal", "consensus", "public")]


def forum(**answers: list[object]) -> pd.DataFrame:
    """Four raters of two offices who see all criteria met, but for the answers given."""
    met = {c: ["yes"] * 4 for c in SIX} | {"office": ["a", "a", "a", "b"]}
    return pd.DataFrame(met | answers)


def exchange() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "act_training_give": ["monthly", "Tidak pernah", "yearly", None],
            "act_training_get": [1, 0, "1", 3],
            "act_grant_give": ["never"] * 4,
            "act_grant_get": ["Quarterly"] * 4,
            "act_planning": ["never", "never", "monthly", "monthly"],
        }
    )


def test_reciprocity_has_its_closed_values():
    a, b = np.array([3.0, 0, 1]), np.array([1.0, 0, 1])
    assert reciprocity(a, b) == pytest.approx(2 * 2 / 6)
    assert reciprocity(a, b) == reciprocity(b, a) == pytest.approx(reciprocity(5 * a, 5 * b))
    assert reciprocity(a, a) == 1 and reciprocity(a, 0 * a) == 0
    assert np.isnan(reciprocity(0 * a, 0 * a)) and np.isnan(reciprocity(np.array([np.nan]), np.array([1.0])))


def test_reciprocity_is_that_of_the_weighted_network():
    rng = np.random.default_rng(4)
    w = rng.integers(0, 4, (6, 6)).astype(float)
    np.fill_diagonal(w, 0)
    upper = np.triu_indices(6, 1)
    assert reciprocity(w[upper], w.T[upper]) == pytest.approx(np.minimum(w, w.T).sum() / w.sum())


def test_agreement_and_median_of_raters():
    assert pair_agreement(np.array([2.0, 2, 1, 0])) == pytest.approx(1 / 6)
    assert pair_agreement(np.array([2.0, 2, np.nan])) == 1 and np.isnan(pair_agreement(np.array([2.0])))
    assert lower_median(np.array([2.0, 1])) == 1 and lower_median(np.array([0.0, 2, 2])) == 2
    assert np.isnan(lower_median(np.array([np.nan])))


def test_activities_by_hand():
    found = cg.activities(exchange())
    pairs, table = found.pairs.set_index("activity"), found.table.set_index("activity")
    training = pairs.loc["act_training"]
    assert training["n_pairs"] == 3 and training["reciprocity"] == pytest.approx(4 / 6)
    assert (training["give"], training["receive"]) == pytest.approx((4 / 9, 2 / 9))
    assert pairs.loc["act_grant", "reciprocity"] == 0 and pairs.loc["act_grant", "balance"] == pytest.approx(-2 / 3)
    assert pairs.loc["all", "reciprocity"] == pytest.approx(4 / 14)
    assert table.loc["act_planning", "share"] == 0.5 and table.loc["act_planning", "mean"] == 1.5
    # Wilson's interval of 2 in 4: 1/2 -+ z sqrt(1/(4(n + z^2)))
    half = 1.959964 * np.sqrt(1 / (4 * (4 + 1.959964**2)))
    assert table.loc["act_planning", "ci_upper"] == pytest.approx(0.5 + half, abs=1e-6)
    assert {n.code for n in found.notes} == {"collaboration.not_asked", "collaboration.all_partners"}


def test_an_activity_without_its_other_direction_is_told():
    found = cg.activities(exchange().drop(columns="act_grant_get"))
    assert "act_grant_give" in next(n for n in found.notes if n.code == "collaboration.no_pair").text
    assert found.pairs["activity"].tolist() == ["act_training"]
    none = cg.activities(exchange()[["act_planning"]])
    assert none.pairs.empty and np.isnan(none.glance()["reciprocity"].iloc[0])


def test_a_gate_is_as_strong_as_its_weakest_criterion():
    gate = lambda d: dict(zip(*cg.criteria(d, unit="office").units[["group", "verdict"]].to_numpy().T, strict=True))  # noqa: E731
    assert gate(forum()) == {"a": "yes", "b": "yes"}
    assert gate(forum(crit_formal=["yes", "Sebagian", "partly", "no"])) == {"a": "partly", "b": "no"}
    assert gate(forum(crit_formal=["yes", "yes", "no", None])) == {"a": "yes", "b": "unknown"}
    lacking = forum().drop(columns="crit_formal")
    assert gate(lacking) == {"a": "unknown", "b": "unknown"}
    assert gate(lacking.assign(crit_public="Tidak")) == {"a": "no", "b": "no"}


def test_criteria_tell_shares_and_agreement():
    found = cg.criteria(forum(crit_formal=["yes", "yes", "no", "yes"]), unit="office")
    row = found.table.set_index(["group", "criterion"]).loc[("a", "crit_formal")]
    assert (row["share_yes"], row["share_no"], row["agreement"]) == pytest.approx((2 / 3, 1 / 3, 1 / 3))
    units = found.units.set_index("group")
    assert units.loc["a", "agreement"] == pytest.approx((5 + 1 / 3) / 6) and units.loc["a", "n_met"] == 6
    assert np.isnan(units.loc["b", "agreement"])
    assert "one person" in next(n for n in found.notes if n.code == "collaboration.one_rater").text


@pytest.mark.parametrize("order", [[3, 1, 0, 2], [2, 3, 1, 0]])
def test_order_of_rows_does_not_matter(order):
    data = pd.concat([forum(crit_formal=["yes", "no", "no", "partly"]), exchange()], axis=1)
    for function, group in ((cg.criteria, {"unit": "office"}), (cg.activities, {"by": "office"})):
        a, b = function(data, **group), function(data.iloc[order], **group)
        pd.testing.assert_frame_equal(a.tidy(), b.tidy())
        pd.testing.assert_frame_equal(a.glance(), b.glance())


def test_bad_input_is_named():
    with pytest.raises(cg.CodingError, match=r"'crit_formal' holds 'maybe' \(row 1\), which is none of no, partly"):
        cg.criteria(forum(crit_formal=["yes", "maybe", "no", "no"]))
    with pytest.raises(cg.CodingError, match=r"'act_planning' holds 7 \(row 0\)"):
        cg.activities(pd.DataFrame({"act_planning": [7]}))
    with pytest.raises(cg.ColumnNotFoundError, match=r"none of the columns .*act_informal.*'profile'"):
        cg.activities(forum())
    with pytest.raises(cg.ColumnNotFoundError, match="offise"):
        cg.criteria(forum(), unit="offise")
    with pytest.raises(cg.SampleError, match="nobody answered"):
        cg.criteria(pd.DataFrame({c: [None, ""] for c in SIX}))
    blank = cg.criteria(forum(office=["a", "a", " ", None]), unit="office")
    assert blank.meta.n == 2 and "2 respondents" in blank.notes[0].text
