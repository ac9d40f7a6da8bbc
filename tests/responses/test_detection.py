"""The default rules find those who do not read and leave those who do alone (docs/screening.md has the whole table)."""

from __future__ import annotations

import numpy as np
import pytest
from detection import CONDITIONS, MAIN, Condition, mean_rates, screened

import cgsurvey as cg


@pytest.mark.parametrize("scales", [True, False])
def test_default_rules_find_the_careless(scales: bool) -> None:
    straight, random, alarms = mean_rates(MAIN, 3, scales=scales)
    assert straight >= 0.95 and random >= 0.8 and alarms <= 0.03


@pytest.mark.parametrize(
    ("name", "least"),
    [("loadings .5", 0.5), ("three scales of four", 0.3), ("30 % straight, 30 % random", 0.75), ("n = 150", 0.6)],
)
def test_where_there_is_less_to_go_by_fewer_are_found_and_none_more_accused(name: str, least: float) -> None:
    straight, random, alarms = mean_rates(CONDITIONS[name], 3, scales=False)
    assert straight >= 0.9 and random >= least and alarms <= 0.05


def test_when_all_read_few_are_flagged() -> None:
    for skew in (0.0, -1.3):
        found, truth = screened(Condition(share=0.0, skew=skew), 1, scales=True)
        assert (truth == "").all()
        assert (found.respondents["flags"] > 0).mean() < 0.05


def test_items_in_any_order() -> None:
    data = MAIN.answers(1)
    items = [c for c in data if c != "careless"]
    mixed = cg.screen(data[list(np.random.default_rng(1).permutation(items))]).respondents["flags"].to_numpy() > 0
    truth = data["careless"]
    assert mixed[truth == "straight"].mean() > 0.85 and mixed[truth == "random"].mean() > 0.8
    assert mixed[truth == ""].mean() < 0.03


@pytest.mark.slow
@pytest.mark.parametrize(("n", "correlation", "scales"), [(300, 0.0, False), (500, 0.3, True)])
def test_what_is_promised_holds_over_200_samples(n: int, correlation: float, scales: bool) -> None:
    straight, random, alarms = mean_rates(Condition(n=n, correlation=correlation), 200, scales=scales)
    assert straight >= 0.8 and random >= 0.6 and alarms <= 0.05
