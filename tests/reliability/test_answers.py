"""Answers of a rating scale as places among their own values, counted at once or sorted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cgsurvey.reliability.polychoric import MOST, coded, tally

ANSWERS = st.sampled_from([-2.0, 0.0, 1.0, 2.0, 2.5, 7.0, 98.0])


@given(arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=ANSWERS))
def test_places_are_those_of_sorted_answers(x: np.ndarray) -> None:
    found = coded(x)
    assert (found is not None) == all(2 <= len(set(column)) <= MOST for column in x.T)
    if found is not None:
        for code, column in zip(found.T, x.T, strict=True):
            assert np.array_equal(np.unique(column)[code], column)


@given(arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=ANSWERS | st.just(np.nan)))
def test_whole_answers_are_counted_and_others_are_not(x: np.ndarray) -> None:
    given_ = x[~np.isnan(x)]
    found = tally(x)
    if not len(given_) or 2.5 in given_ or np.ptp(given_) > 63:
        assert found is None
        return
    assert found is not None
    low, counts = found
    for column, row in zip(x.T, counts, strict=True):
        assert {low + k: n for k, n in enumerate(row) if n} == {a: (column == a).sum() for a in set(column) if a == a}
