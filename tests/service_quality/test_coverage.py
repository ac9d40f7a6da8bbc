"""Intervals of the index hold the population's index as often as they say (docs/satisfaction_index.md)."""

from __future__ import annotations

import pytest
from index_coverage import OFFICES, coverage, surveys, truth

import cgsurvey as cg


def test_population_value():
    data = surveys(1, 200_000, OFFICES["ordinary"], seed=1)
    assert cg.ikm(data).glance()["ikm"][0] == pytest.approx(truth(OFFICES["ordinary"]), abs=0.1)


@pytest.mark.parametrize("clusters", [0, 20])
def test_taylor_covers(clusters):
    assert 0.93 <= coverage(1000, 100, "ordinary", "taylor", 3, clusters) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("office", list(OFFICES))
@pytest.mark.parametrize("interval", ["taylor", "percentile", "bca"])
@pytest.mark.parametrize("n", [30, 100])
def test_intervals_cover(office, interval, n):
    assert 0.93 <= coverage(1500, n, office, interval, 11) <= 0.97
