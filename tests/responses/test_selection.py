"""Columns are called by their names, whatever kind of name a data frame has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

NUMBERED = pd.DataFrame(np.clip(np.round(3 + np.random.default_rng(5).normal(size=(200, 8)).cumsum(axis=1) / 2), 1, 5))
NAMED = NUMBERED.rename(columns=str)
FIRST, SECOND = [0, 1, 2, 3], [4, 5, 6, 7]
CALLS = {
    "screen": lambda d, a, b: cg.screen(d, constructs={"a": a, "b": b}),
    "normality": lambda d, a, b: cg.normality(d, a),
    "missingness": lambda d, a, b: cg.missingness(d),
    "describe": lambda d, a, b: cg.describe(d),
    "icc": lambda d, a, b: cg.icc(d, a),
    "factorability": lambda d, a, b: cg.factorability(d),
    "efa": lambda d, a, b: cg.efa(d, factors=1, items=b),
    "reliability": lambda d, a, b: cg.reliability(d, {"a": a, "b": b}),
    "validity": lambda d, a, b: cg.validity(d, {"a": a, "b": b}),
}


@pytest.mark.parametrize("call", CALLS)
def test_numbered_columns_are_read_by_their_number_as_text(call):
    numbered = CALLS[call](NUMBERED, FIRST, SECOND)
    named = CALLS[call](NAMED, list(map(str, FIRST)), list(map(str, SECOND)))
    pd.testing.assert_frame_equal(numbered.tidy(), named.tidy())


def test_a_number_and_its_text_are_the_same_name():
    twice = NUMBERED.set_axis([0, "0", *range(2, 8)], axis=1)
    with pytest.raises(cg.DataError, match="share a name: 0"):
        cg.describe(twice)


def test_a_text_where_a_list_of_items_belongs_is_no_list_of_letters():
    with pytest.raises(cg.OptionError, match=r"'trust': write \['a1'\]"):
        cg.describe(NAMED, constructs={"trust": "a1"})


def test_one_item_may_be_given_as_text():
    frame = pd.DataFrame({"a1": [1, 2, 3, 4, None], "b": [1.0, 2, 2, 1, 2]})
    assert cg.missingness(frame, "a1").tidy()["item"].tolist() == ["a1"]
    with pytest.raises(cg.OptionError, match=r"items go by name: items="):
        cg.describe(frame, ["a1", "b"])


def test_dates_are_no_answers_and_rows_have_one_number():
    frame = NAMED.assign(when=pd.date_range("2026-01-01", periods=200))
    for call in (cg.missingness, cg.normality, cg.factorability):
        with pytest.raises(cg.CodingError, match="'when': Timestamp"):
            call(frame, ["0", "1", "2", "when"])
    levels = NAMED.set_axis(pd.MultiIndex.from_product([range(20), range(10)]))
    with pytest.raises(cg.DataError, match=r"index of several levels.*reset_index"):
        cg.screen(levels)


def test_sparse_columns_are_numbers():
    sparse = NAMED.astype(pd.SparseDtype("float"))
    blocks = {"a": ["0", "1", "2", "3"]}
    pd.testing.assert_frame_equal(cg.reliability(sparse, blocks).tidy(), cg.reliability(NAMED, blocks).tidy())
