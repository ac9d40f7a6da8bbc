"""Giving and receiving between named partners: closed values, correlation of the directions, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.collaboration.numbers import link_reciprocity, reciprocity

COLUMNS = ["of", "about", "act_grant_give", "act_grant_get"]
TOLD = [("a", "b", 3, 1), ("b", "a", 1, 2), ("a", "c", "yearly", 0), ("c", "a", "Tidak pernah", 1), ("b", "c", 0, 0)]


def ties(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame([*TOLD, *rows], columns=COLUMNS)


def test_flows_by_hand():
    found = cg.exchange(ties(), "of", "about", partners=["a", "b", "c", "d"])
    # a gives b: 3 by a, 2 by b; b gives a: 1 and 1; a gives c: 1 and 1; c gives a: 0 and 0; b and c: b alone, 0 and 0
    expected = [[np.nan, 2, 1, np.nan], [1, np.nan, 0, np.nan], [0, 0, np.nan, np.nan], [np.nan] * 4]
    np.testing.assert_array_equal(found.matrix("act_grant").to_numpy(), expected)
    pd.testing.assert_frame_equal(found.matrix(), found.matrix("act_grant"))
    row = found.table.iloc[0]
    assert (row["n_pairs"], row["mean"], row["density"]) == (3, pytest.approx(4 / 6), 3 / 12)
    assert row["reciprocity"] == pytest.approx(2 * 1 / 4)
    assert row["link_reciprocity"] == pytest.approx(2 / 3)  # a-b and b-a of three links
    assert row["rho"] == pytest.approx((2 / 3 - 3 / 6) / (1 - 3 / 6))
    assert row["agreement"] == pytest.approx(3 / 4)
    of_a = found.partners.set_index("partner").loc["a"]
    assert (of_a["give"], of_a["receive"], of_a["balance"]) == (3, 1, 2)
    flow = found.flows[(found.flows["giver"] == "a") & (found.flows["receiver"] == "b")].iloc[0]
    assert (flow["told_give"], flow["told_receive"], flow["weight"]) == (3, 2, 2)
    assert [n.code for n in found.notes] == ["collaboration.not_asked", "collaboration.silent_partner"]
    assert '"Giving training to partners" (act_training_give)' in found.notes[0].text


def test_rho_is_the_correlation_of_the_two_directions():
    rng = np.random.default_rng(11)
    w = (rng.random((9, 9)) < 0.4) * rng.integers(1, 4, (9, 9)).astype(float)
    upper = np.triu_indices(9, 1)
    one, two = w[upper], w.T[upper]
    a, b = np.concatenate([one, two]) > 0, np.concatenate([two, one]) > 0
    assert link_reciprocity(one, two)[1] == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert link_reciprocity(one, one) == (1, pytest.approx(1)) and reciprocity(one, one) == 1
    assert np.isnan(link_reciprocity(0 * one, 0 * one)).all()
    full = link_reciprocity(1 + one, 1 + two)
    assert full[0] == 1 and np.isnan(full[1])


def test_flows_spread_at_random_have_no_reciprocity_beyond_chance():
    rng = np.random.default_rng(12)
    drawn = [link_reciprocity(*(rng.random((2, 190)) < 0.3).astype(float))[1] for _ in range(400)]
    assert abs(np.mean(drawn)) < 4 * np.std(drawn) / 20 and np.std(drawn) < 0.1


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(len(TOLD))))
def test_order_of_rows_does_not_matter(order):
    a, b = cg.exchange(ties(), "of", "about"), cg.exchange(ties().iloc[list(order)], "of", "about")
    pd.testing.assert_frame_equal(a.flows, b.flows)
    pd.testing.assert_frame_equal(a.table, b.table)
    pd.testing.assert_frame_equal(a.partners, b.partners)


def test_an_activity_without_its_other_direction_is_told_by_one_side():
    found = cg.exchange(ties().drop(columns="act_grant_get"), "of", "about")
    assert '"Managing grants for partners"' in next(n for n in found.notes if n.code == "collaboration.one_side").text
    assert np.isnan(found.table["agreement"]).all() and found.matrix().loc["a", "b"] == 3


def test_bad_input_is_named():
    with pytest.raises(cg.CodingError, match=r"cannot rate itself: 'c' \(row 5\)"):
        cg.exchange(ties(("c", "c", 3, 3)), "of", "about")
    with pytest.raises(cg.CodingError, match=r"'act_grant_give' holds 'often' \(row 5\)"):
        cg.exchange(ties(("c", "b", "often", 3)), "of", "about")
    with pytest.raises(cg.CodingError, match="lacks names that the data hold: 'e'"):
        cg.exchange(ties(("e", "a", 1, 1)), "of", "about", partners=["a", "b", "c"])
    with pytest.raises(cg.ColumnNotFoundError, match="about_partner"):
        cg.exchange(ties(), "of")
    with pytest.raises(cg.SampleError, match="no row has an answer and names both"):
        cg.exchange(ties().assign(about=" "), "of", "about")
    with pytest.raises(cg.OptionError, match="act_training"):
        cg.exchange(ties(), "of", "about").matrix("act_training")
