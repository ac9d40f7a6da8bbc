"""Closed forms against hand computation, against psych, and against what must hold for every matrix."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgsurvey.reliability.coefficients import (
    alpha,
    average_variance_extracted,
    composite_reliability,
    consistency,
    correlation,
    feldt,
    lambda2,
    lambda6,
    mean_correlation,
)
from cgsurvey.reliability.items import (
    against_the_rest,
    alpha_if_dropped,
    critical_correlation,
    item_rest_correlation,
)
from cgsurvey.reliability.validity_numbers import htmt, largest_other


@pytest.mark.reference
def test_equals_psych(case):
    x, expected = case.x, case.expected
    S, n = np.cov(x.T), len(x)
    got, closed = consistency(S, n, 0.95), expected["alpha_closed_form"]
    want = {
        "alpha": closed["raw_alpha"],
        "alpha_ci_lower": closed["feldt_lower"],
        "alpha_ci_upper": closed["feldt_upper"],
        "alpha_std": closed["std_alpha"],
        "lambda2": expected["lambda2"],
        "lambda6": expected["lambda6_smc"],
        "mean_inter_item_r": closed["mean_r"],
    }
    assert {k: getattr(got, k) for k in want} == pytest.approx(want, rel=1e-10)
    assert n == closed["n"]
    np.testing.assert_allclose(item_rest_correlation(S), expected["item_rest_correlation"], rtol=1e-10)
    np.testing.assert_allclose(alpha_if_dropped(S), expected["psych_alpha_drop"]["raw_alpha"], rtol=1e-10)


def test_by_hand():
    S = np.array([[2.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 2.0]])
    assert alpha(S) == pytest.approx(3 / 2 * (1 - 6 / 12))
    assert lambda2(S) == pytest.approx((6 + np.sqrt(3 / 2 * 6)) / 12)
    assert mean_correlation(correlation(S)) == pytest.approx(0.5)
    assert item_rest_correlation(S) == pytest.approx([2 / np.sqrt(2 * 6)] * 3)
    assert alpha_if_dropped(S) == pytest.approx([2 / 3] * 3)
    # the squared multiple correlation of one item on two others that correlate .5 is 1/3
    assert lambda6(correlation(S)) == pytest.approx(1 - 3 * (1 - 1 / 3) / 6)
    assert composite_reliability(np.array([0.8, 0.6])) == pytest.approx(1.96 / (1.96 + 0.36 + 0.64))
    assert average_variance_extracted(np.array([0.8, 0.6])) == pytest.approx(0.5)


def test_critical_correlation_is_the_printed_table():
    # df = 28 and df = 98 of the tables that theses print
    assert critical_correlation(30) == pytest.approx(0.361, abs=5e-4)
    assert critical_correlation(100) == pytest.approx(0.197, abs=5e-4)
    assert np.isnan(critical_correlation(2))


def test_undefined_is_nan():
    opposite = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert np.isnan([alpha(opposite), lambda2(opposite), lambda6(opposite)]).all()
    assert np.isnan([alpha(np.eye(1)), mean_correlation(np.eye(1))]).all()
    assert np.isnan(feldt(np.nan, 10, 3, 0.95)).all() and np.isnan(feldt(0.5, 1, 3, 0.95)).all()
    assert np.isnan(lambda6(np.ones((3, 3))))
    assert np.isnan(item_rest_correlation(np.diag([1.0, 0.0]))).all()
    assert np.isnan(largest_other(np.eye(1))).all()


def covariance(size_and_seed: tuple[int, int]) -> np.ndarray:
    k, seed = size_and_seed
    rng = np.random.default_rng(seed)
    return np.cov(rng.normal(size=40) + rng.normal(size=(k, 40)))


matrices = st.tuples(st.integers(2, 6), st.integers(0, 10_000)).map(covariance)


@settings(deadline=None, max_examples=60)
@given(matrices, st.integers(0, 1000))
def test_properties(S, seed):
    rng = np.random.default_rng(seed)
    order, unit = rng.permutation(len(S)), rng.uniform(0.1, 10)
    turned = unit * S[np.ix_(order, order)]
    for function in (alpha, lambda2):
        assert function(turned) == pytest.approx(function(S))
    np.testing.assert_allclose(item_rest_correlation(turned), item_rest_correlation(S)[order])
    assert lambda2(S) >= alpha(S) - 1e-12
    scale = np.diag(rng.uniform(0.5, 2, len(S)))
    assert lambda6(correlation(scale @ S @ scale)) == pytest.approx(lambda6(correlation(S)))


def test_feldt_covers():
    """The interval holds the population alpha about as often as its level says, for parallel items."""
    rng, k, n, inside, runs = np.random.default_rng(4), 4, 60, 0, 2000
    population = alpha(np.full((k, k), 0.4) + 0.6 * np.eye(k))
    for _ in range(runs):
        x = np.sqrt(0.4) * rng.normal(size=(n, 1)) + np.sqrt(0.6) * rng.normal(size=(n, k))
        low, high = feldt(alpha(np.cov(x.T)), n, k, 0.95)
        inside += low <= population <= high
    assert inside / runs == pytest.approx(0.95, abs=0.015)


def test_negative_items_are_found():
    R = np.full((5, 5), 0.5) + 0.5 * np.eye(5)
    flip = np.diag([1.0, -1, 1, 1, -1])
    assert against_the_rest(flip @ R @ flip).tolist() == [False, True, False, False, True]
    assert not against_the_rest(R).any()
    # three of five negative: the two are named, though item-rest correlations are negative nearly everywhere
    flip = np.diag([1.0, -1, -1, -1, 1])
    assert against_the_rest(flip @ R @ flip).tolist() == [True, False, False, False, True]
    # two of four: neither side is right, the first item gives the direction
    flip = np.diag([1.0, 1, -1, -1])
    assert against_the_rest(flip @ R[:4, :4] @ flip)[2:].all()


BLOCKS = [np.array([0, 1]), np.array([2, 3])]


def test_htmt_by_hand():
    R = np.eye(4)
    for i, j, r in [(0, 1, 0.64), (2, 3, 0.25), (0, 2, 0.2), (0, 3, 0.3), (1, 2, 0.1), (1, 3, -0.2)]:
        R[i, j] = R[j, i] = r
    assert htmt(R, BLOCKS)[0, 1] == pytest.approx(0.2 / 0.4)
    assert htmt(R, BLOCKS, absolute=False)[1, 0] == pytest.approx(0.1 / 0.4)
    assert htmt(R, BLOCKS, geometric=True)[0, 1] == pytest.approx((0.2 * 0.3 * 0.1 * 0.2) ** 0.25 / 0.4)
    assert np.isnan(htmt(R, BLOCKS, absolute=False, geometric=True)[0, 1])
    assert np.isnan(htmt(R, [np.array([0]), np.array([2, 3])])[0, 1])
    phi = np.array([[1, -0.4, np.nan], [-0.4, 1, 0.2], [np.nan, 0.2, 1]])
    assert largest_other(phi) == pytest.approx([0.4, 0.4, 0.2])


def test_htmt_is_the_factor_correlation_of_a_parallel_population():
    phi, loading = 0.6, 0.7
    L = np.kron(np.eye(2), np.full((3, 1), loading))
    R = L @ np.array([[1, phi], [phi, 1]]) @ L.T
    np.fill_diagonal(R, 1)
    blocks = [np.arange(3), np.arange(3, 6)]
    assert htmt(R, blocks)[0, 1] == pytest.approx(phi)
    assert htmt(R, blocks, geometric=True)[0, 1] == pytest.approx(phi)


@pytest.mark.reference
@pytest.mark.parametrize("case", ["validity_hs", "validity_cg_pe"])
def test_htmt_equals_semtools(shared, case):
    content = json.loads((shared / "reference/dev/reliability" / f"{case}.json").read_text())
    blocks = [[i.strip() for i in line.split("=~")[1].split("+")] for line in content["model"].splitlines()]
    items = [i for block in blocks for i in block]
    frame = pd.read_csv(shared / "reference/dev/data" / content["data"]["file"])[items].dropna()
    R, expected = correlation(np.cov(frame.to_numpy(float).T)), content["expected"]
    at = [np.array([items.index(i) for i in block]) for block in blocks]
    np.testing.assert_allclose(htmt(R, at), expected["htmt"]["values"], rtol=1e-10)
    np.testing.assert_allclose(htmt(R, at, absolute=False), expected["htmt_noabs"]["values"], rtol=1e-10)
    np.testing.assert_allclose(htmt(R, at, geometric=True), expected["htmt2"]["values"], rtol=1e-10)
