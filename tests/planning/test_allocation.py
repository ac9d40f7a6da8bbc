"""Allocation over strata: whole numbers that sum, optimal ones that are optimal, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.planning.strata import stratified_variance

OFFICES = {"a": 500, "b": 300, "c": 200}
SPREAD = {"a": 10.0, "b": 20.0, "c": 30.0}


def test_proportional_and_equal():
    assert cg.allocate(100, OFFICES).tidy()["n"].tolist() == [50, 30, 20]
    assert cg.allocate(99, OFFICES, method="equal").tidy()["n"].tolist() == [33, 33, 33]


def test_largest_remainders():
    """Quotas 5.6, 3.1, 1.3: the one left over goes to the largest remainder."""
    assert cg.allocate(10, {"a": 56, "b": 31, "c": 13}).tidy()["n"].tolist() == [6, 3, 1]


def test_neyman_and_its_error():
    """N S = 5000, 6000, 6000: shares 5/17, 6/17, 6/17."""
    found = cg.allocate(170, OFFICES, method="neyman", sd=SPREAD)
    assert found.tidy()["n"].tolist() == [50, 60, 60]
    by_hand = 0.25 * 100 * (1 / 50 - 1 / 500) + 0.09 * 400 * (1 / 60 - 1 / 300) + 0.04 * 900 * (1 / 60 - 1 / 200)
    assert found.std_error == pytest.approx(np.sqrt(by_hand)) and found.std_error < found.std_error_proportional
    assert found.tidy()["weight"].tolist() == [10.0, 5.0, pytest.approx(10 / 3)]


def test_optimal_cost_and_budget():
    cost = {"a": 1, "b": 4, "c": 9}
    shares = np.array([5000 / 1, 6000 / 2, 6000 / 3])
    found = cg.allocate(300, OFFICES, method="optimal", sd=SPREAD, cost=cost)
    assert found.tidy()["n"].tolist() == (300 * shares / shares.sum()).astype(int).tolist() == [150, 90, 60]
    bought = cg.allocate(None, OFFICES, method="optimal", sd=SPREAD, cost=cost, budget=1051)
    assert 1030 < bought.cost <= 1051 and bought.glance().loc[0, "total_cost"] == bought.cost


def test_strata_that_are_asked_whole():
    """The quota of c exceeds its 4 people: the rest goes to the others."""
    found = cg.allocate(10, {"a": 10, "b": 20, "c": 4}, method="neyman", sd={"a": 10, "b": 10, "c": 200})
    assert found.tidy()["n"].tolist() == [2, 4, 4]
    assert "planning.census_strata" in {n.code for n in found.notes}


def test_strata_without_variance_take_what_the_others_cannot():
    found = cg.allocate(12, {"a": 5, "b": 20}, method="neyman", sd={"a": 1, "b": 0})
    assert found.tidy()["n"].tolist() == [5, 7]


def test_small_strata_are_raised():
    found = cg.allocate(50, {"a": 10_000, "b": 10}, minimum=2)
    assert found.tidy()["n"].tolist() == [48, 2]
    assert {"planning.raised_strata"} == {n.code for n in found.notes}
    assert "planning.single_strata" in {n.code for n in cg.allocate(50, {"a": 10_000, "b": 10}).notes}


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 500), min_size=1, max_size=12),
    spread=st.lists(st.floats(0.0, 50.0), min_size=12, max_size=12),
    share=st.floats(0.0, 1.0),
    method=st.sampled_from(["proportional", "equal", "neyman"]),
)
def test_parts_are_whole_within_bounds_and_sum(sizes, spread, share, method):
    strata = {f"s{k}": s for k, s in enumerate(sizes)}
    sd = {f"s{k}": spread[k] for k in range(len(sizes))}
    sd["s0"] = max(sd["s0"], 1.0)
    n = len(sizes) + int(share * (sum(sizes) - len(sizes)))
    table = cg.allocate(n, strata, method=method, sd=sd).tidy()
    assert table["n"].sum() == n and (table["n"] >= 1).all() and (table["n"] <= table["population"]).all()


@settings(deadline=None, max_examples=40)
@given(
    size=st.lists(st.integers(50, 2000), min_size=3, max_size=3), sd=st.lists(st.floats(0.5, 9), min_size=3, max_size=3)
)
def test_neyman_is_best_but_for_rounding(size, sd):
    names = list("abc")
    N, S = np.array(size, dtype=float), np.array(sd)
    frames = [
        cg.allocate(60, pd.Series(size, index=names), method=method, sd=pd.Series(sd, index=names))
        for method in ("neyman", "proportional", "equal")
    ]
    best, *others = (stratified_variance(f.tidy()["n"].to_numpy(), N, S) for f in frames)
    assert all(best <= other * 1.02 for other in others)


@pytest.mark.parametrize(
    ("n", "strata", "options", "words"),
    [
        (10, {"a": 0, "b": 5}, {}, r"strata without people.*a \(0\)"),
        (10, {"a": "many", "b": 5}, {}, "strata without people"),
        (10, {}, {}, "strata= is empty"),
        (10, [5, 5], {}, "mapping of strata"),
        (11, {"a": 5, "b": 5}, {}, "exceeds the 10 people"),
        (1, OFFICES, {}, "too small for at least 1 respondents in each of 3 strata"),
        (0, OFFICES, {}, "whole number of 1 or more"),
        (50, OFFICES, {"method": "neyman"}, "needs sd="),
        (50, OFFICES, {"method": "optimal", "sd": SPREAD}, "needs cost="),
        (50, OFFICES, {"method": "neyman", "sd": {"a": 1, "b": 1}}, "lacks the strata c"),
        (50, OFFICES, {"method": "neyman", "sd": {**SPREAD, "d": 1}}, "names no strata: d"),
        (50, OFFICES, {"method": "neyman", "sd": dict.fromkeys("abc", 0)}, "sd= is 0 in all strata"),
        (50, OFFICES, {"method": "neyman", "sd": {**SPREAD, "a": -1}}, "0 or more: a"),
        (50, OFFICES, {"method": "optimal", "sd": SPREAD, "cost": {"a": 0, "b": 1, "c": 1}}, "above 0: a"),
        (50, OFFICES, {"budget": 10}, "either n or budget="),
        (None, OFFICES, {"budget": 10}, "goes with method='optimal'"),
        (None, OFFICES, {"method": "optimal", "sd": SPREAD, "cost": dict.fromkeys("abc", 1), "budget": -1}, "above 0"),
        (None, OFFICES, {"method": "optimal", "sd": SPREAD, "cost": dict.fromkeys("abc", 9), "budget": 5}, "buys no"),
    ],
)
def test_what_is_refused(n, strata, options, words):
    with pytest.raises(cg.OptionError, match=words):
        cg.allocate(n, strata, **options)
