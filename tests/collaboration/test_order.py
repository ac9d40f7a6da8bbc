"""Results of the room do not depend on the order of the rows nor on their index; blocks ask as the profile asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg

ENDS = {"from_": "organisation", "to": "about_partner"}
FUNCTIONS: dict[str, Callable[[pd.DataFrame], cg.Result]] = {
    "criteria": partial(cg.criteria, unit="office"),
    "activities": partial(cg.activities, by="role"),
    "exchange": partial(cg.exchange, **ENDS),
    "ladder": partial(cg.ladder, **ENDS),
    "forms": partial(cg.forms, by="office"),
    "challenges": partial(cg.challenges, by="role"),
    "harms": cg.harms,
}
ROWS = cg.load_sample("partnership").frame.iloc[::7].reset_index(drop=True)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=5, deadline=None)
@given(order=st.permutations(range(len(ROWS))))
def test_order_and_index_of_rows_do_not_matter(name: str, order: list[int]) -> None:
    mixed = ROWS.iloc[order].set_axis([0] * len(ROWS))
    one, two = FUNCTIONS[name](ROWS), FUNCTIONS[name](mixed)
    pd.testing.assert_frame_equal(one.tidy(), two.tidy())
    pd.testing.assert_frame_equal(one.glance(), two.glance())


def test_facts_have_the_same_names_answers_and_scores_in_block_and_profile() -> None:
    profile = {q.name: q.scale for q in cg.load_instrument("profile").demographics}
    facts = [i for i in cg.load_instrument("partnership").items if i.name.startswith(("act_", "crit_", "wog_"))]
    assert len(facts) == 18
    for item in facts:
        assert [(c.name, c.score) for c in item.scale.choices] == [
            (c.name, c.score) for c in profile[item.name].choices
        ]
