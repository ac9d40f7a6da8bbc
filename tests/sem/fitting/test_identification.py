"""Models without a unique solution are refused before estimation, and the parameters concerned are named."""

from __future__ import annotations

import pytest
from simulated import MODEL, answers

import cgsurvey as cg
from cgsurvey.base.errors import IdentificationError


@pytest.fixture(scope="module")
def data():
    return answers()


def refused(model: str, data, **options) -> str:
    with pytest.raises(IdentificationError) as caught:
        cg.sem(model, data, **options)
    return str(caught.value)


def test_more_parameters_than_moments(data):
    text = refused("f =~ x1 + x2", data)
    assert "4 free parameters" in text and "hold 3 variances" in text and "df = -1" in text
    assert "f=~x2" in text and "three items" in text


def test_a_factor_without_scale(data):
    text = refused("f =~ NA*x1 + x2 + x3 + x4", data)
    assert "cannot tell these parameters apart" in text
    assert all(name in text for name in ("f=~x1", "f=~x4", "f~~f")) and "std_lv=True" in text
    assert "x1~~x1" not in text


def test_arrows_in_a_circle(data):
    text = refused("x1 ~ x2\nx2 ~ x1\nx3 ~ x1\nx4 ~ x2", data)
    assert "x1~x2" in text and "x2~x1" in text and "x3~x1" not in text


def test_only_the_parameters_concerned_are_named(data):
    text = refused(f"{MODEL}\nz =~ NA*trust + quality\nz ~~ z", data)
    assert "z=~trust" in text and "x1~~x1" not in text


def test_two_items_are_enough_beside_a_correlated_factor(data):
    fit = cg.cfa("trust =~ x1 + x2\nquality =~ x4 + x5 + x6", data)
    assert fit.converged and fit.fit_measures["df"] == 4


def test_two_items_are_not_enough_alone(data):
    text = refused("trust =~ x1 + x2\nquality =~ x4 + x5 + x6\ntrust ~~ 0*quality", data)
    assert "trust=~x2" in text and "trust~~trust" in text


def test_a_loop_with_instruments_is_identified(data):
    fit = cg.sem("x1 ~ x2 + x3\nx2 ~ x1 + x4\nx1 ~~ x2", data)
    assert fit.converged and fit.fit_measures["df"] == 0
