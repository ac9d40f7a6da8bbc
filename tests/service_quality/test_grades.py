"""Grades: lower bounds on the value of two decimals, rounded half up in decimal."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.service_quality.grades import bounds, two_decimals

EDGES = [
    (25, "D"), (64.99, "D"), (64.994, "D"), (64.995, "C"), (65.00, "C"), (76.60, "C"), (76.604, "C"), (76.605, "B"),
    (76.61, "B"), (88.30, "B"), (88.304, "B"), (88.305, "A"), (88.31, "A"), (100, "A"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), EDGES)
def test_edges(value, expected):
    assert cg.grade(value) == expected
    assert cg.grade(np.float64(value)) == expected
    assert cg.grade(Decimal(str(value))) == expected
    assert cg.grade(Fraction(str(value))) == expected


def test_bounds_are_those_of_the_regulation():
    assert {g: str(b) for g, b in bounds().items()} == {"A": "88.31", "B": "76.61", "C": "65.0", "D": "25.0"}


@given(st.integers(25_000_000, 100_000_000))
def test_a_ratio_is_rounded_as_its_decimal(millionths):
    exact, decimal = Fraction(millionths, 1_000_000), Decimal(millionths) / 1_000_000
    assert two_decimals(exact) == two_decimals(decimal)
    assert cg.grade(exact) == cg.grade(decimal)


@pytest.mark.parametrize("value", ["high", None, float("nan"), float("inf"), 101, 24.7, -3])
def test_what_is_no_index_is_refused(value):
    with pytest.raises(cg.OptionError, match=r"index (is a number from|lies between) 25 (to|and) 100"):
        cg.grade(value)


def test_a_mean_is_told_from_an_index():
    with pytest.raises(cg.OptionError, match=r"becomes an index by 25 \* mean"):
        cg.grade(3.2)
