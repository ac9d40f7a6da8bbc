"""Difference tests as functions of arrays: closed forms, limits, size by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from cgsurvey.sem.testing.difference import (
    adjusted,
    chi_square,
    mixture,
    restrictions,
    scaled,
    vuong,
    weighted_chi_square,
)


def test_scaled_difference_by_hand():
    # Satorra & Bentler (2001): c = (d0 c0 - d1 c1) / m
    found = scaled(10.0, 2, 6, 1.5, 4, 1.2)
    assert found.scale == pytest.approx((9 - 4.8) / 2)
    assert found.statistic == pytest.approx(10 / 2.1) and found.p_value == pytest.approx(chi2.sf(10 / 2.1, 2))
    assert np.isnan(scaled(10.0, 1, 5, 1.0, 4, 1.5).p_value)
    assert scaled(10.0, 2, 2, 1.3, 0, np.nan).scale == pytest.approx(1.3)  # a saturated model has no factor


def test_normal_data_need_no_adjustment():
    """With meat equal to bread the weights are all one, and T stays as it is."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(9, 5))
    bread, A = X.T @ X, rng.normal(size=(2, 5))
    found = adjusted(7.0, 2, bread, bread, A)
    assert found.statistic == pytest.approx(7.0) and found.p_value == pytest.approx(chi_square(7.0, 2).p_value)
    twice = adjusted(7.0, 2, bread, 2 * bread, A)
    assert twice.statistic == pytest.approx(3.5) and twice.scale == pytest.approx(2.0)


def test_adjusted_statistic_has_the_moments_of_chi_square():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(9, 4)), rng.normal(size=(9, 4))
    bread, meat, A = X.T @ X, Y.T @ Y, rng.normal(size=(3, 4))
    E = np.linalg.inv(bread)
    P = E @ A.T @ np.linalg.inv(A @ E @ A.T) @ A @ E
    weights = np.linalg.eigvals(P @ meat).real
    mean, variance = weights.sum(), 2 * np.sum(weights**2)
    a, b = 1 / adjusted(0.0, 3, bread, meat, A).scale, adjusted(0.0, 3, bread, meat, A).statistic
    assert a * mean + b == pytest.approx(3) and a**2 * variance == pytest.approx(6)


def test_restrictions_are_what_the_smaller_model_cannot_change():
    rng = np.random.default_rng(3)
    larger, H = rng.normal(size=(12, 5)), rng.normal(size=(5, 3))
    A = restrictions(larger, larger @ H)
    assert A.shape == (2, 5) and np.abs(A @ H).max() < 1e-10
    units = np.array([1e-3, 1.0, 1e3, 10.0, 0.1])  # the same restrictions in other units of the parameters
    B = restrictions(larger * units, larger @ H)
    assert np.linalg.matrix_rank(np.vstack([A, B / units]), tol=1e-8 * np.abs(B / units).max()) == 2


@pytest.mark.parametrize("weights", [[1.0], [1.0, 1.0, 1.0], [2.0] * 6])
@pytest.mark.parametrize("x", [0.1, 2.0, 7.5, 30.0])
def test_weighted_chi_square_with_equal_weights(weights, x):
    w = np.array(weights)
    assert weighted_chi_square(x, w) == pytest.approx(chi2.sf(x / w[0], len(w)), abs=1e-10)


def test_weighted_chi_square_by_simulation():
    w = np.array([3.0, 1.0, 0.4, 0.05, 0.0])
    draws = np.random.default_rng(4).chisquare(1, size=(200_000, 5)) @ w
    for x in (1.0, 4.0, 12.0):
        assert weighted_chi_square(x, w) == pytest.approx(np.mean(draws > x), abs=0.004)
    assert weighted_chi_square(0.0, w) == 1.0


def test_mixture_of_chi_squares():
    assert mixture(2.0, 1) == pytest.approx(chi2.sf(2.0, 1) / 2)
    assert mixture(0.0, 1) == 1.0
    assert mixture(5.0, 3) == pytest.approx((chi2.sf(5.0, 2) + chi2.sf(5.0, 3)) / 2)


def test_vuong_of_two_normal_means():
    """Rival means a = (mu, 0) and b = (0, mu) of two variables of unit variance, by hand."""
    y = np.random.default_rng(5).normal([0.6, 0.1], 1.0, size=(400, 2))
    m = y.mean(axis=0)
    logl = [norm.logpdf(y[:, 0], m[0]) + norm.logpdf(y[:, 1]), norm.logpdf(y[:, 0]) + norm.logpdf(y[:, 1], m[1])]
    found = vuong(logl, [y[:, :1] - m[0], y[:, 1:] - m[1]], [np.eye(1), np.eye(1)])
    each = logl[0] - logl[1]
    assert found.omega2 == pytest.approx(each.var())
    assert found.z == pytest.approx(each.sum() / np.sqrt(400 * each.var())) and found.z == found.z_bic
    assert found.p_distinct < 1e-6 and found.difference > 0


def test_vuong_variance_test_has_its_size():
    """Two models that coincide in the population: n omega2 exceeds its 5 % point in 5 % of the samples."""
    rng, hits = np.random.default_rng(6), 0
    for _ in range(400):
        y = rng.normal(size=(150, 2))
        m = y.mean(axis=0)
        logl = [norm.logpdf(y[:, 0], m[0]) + norm.logpdf(y[:, 1]), norm.logpdf(y[:, 0]) + norm.logpdf(y[:, 1], m[1])]
        hits += vuong(logl, [y[:, :1] - m[0], y[:, 1:] - m[1]], [np.eye(1), np.eye(1)]).p_distinct < 0.05
    assert hits / 400 == pytest.approx(0.05, abs=0.03)
