"""Draws and moments of a population, and what is made of replications: against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from cgsurvey.planning.drawing import Source, coded_moments, row_moments, wishart_moments
from cgsurvey.planning.summaries import tally, wanted_size, wilson

SIGMA = np.array([[1.0, 0.5, 0.3], [0.5, 2.0, -0.4], [0.3, -0.4, 1.5]])
MU = np.array([0.2, -1.0, 3.0])


def source(**more) -> Source:
    return Source(np.zeros((3, 3)), SIGMA, MU, np.arange(3), (None, None, None), **more)


def test_wishart_moments_have_the_moments_of_rows():
    """E S = (n - 1)/n Sigma, Var s_ij = (n - 1)/n^2 (s_ij^2 + s_ii s_jj), Var of the mean Sigma / n."""
    n, R = 12, 20_000
    drawn = wishart_moments(MU, SIGMA, n, [np.random.default_rng(k) for k in range(R)])
    error = 4 / np.sqrt(R)
    assert np.allclose(drawn.cov.mean(axis=0), SIGMA * (n - 1) / n, atol=error)
    spread = (n - 1) / n**2 * (SIGMA**2 + np.outer(np.diag(SIGMA), np.diag(SIGMA)))
    assert np.allclose(drawn.cov.var(axis=0), spread, rtol=0.08)
    assert np.allclose(drawn.mean.mean(axis=0), MU, atol=error) and np.allclose(
        np.cov(drawn.mean.T), SIGMA / n, atol=error / n * 2
    )
    assert np.allclose(drawn.cov, np.swapaxes(drawn.cov, 1, 2)) and (drawn.weight == n).all()


def test_codes_of_two_categories_have_the_arcsine_law():
    """P(both above 0) = 1/4 + arcsin(rho) / (2 pi)."""
    corr = np.array([[1.0, 0.6], [0.6, 1.0]])
    mean, cov = coded_moments(np.zeros(2), corr, (np.zeros(1), np.zeros(1)))
    assert mean.tolist() == [1.5, 1.5] and np.diag(cov) == pytest.approx([0.25, 0.25])
    assert cov[0, 1] == pytest.approx(np.arcsin(0.6) / (2 * np.pi), abs=1e-14)


def test_codes_equal_a_large_sample():
    cuts = (np.array([-0.5, 0.4, 1.0]), None, np.array([2.0, 3.5]))
    made = Source(np.zeros((3, 3)), SIGMA, MU, np.arange(3), cuts)
    mean, cov = made.moments()
    seen = row_moments(made.rows(400_000, np.random.default_rng(1)))
    assert np.allclose(mean, seen[0], atol=0.01) and np.allclose(cov, seen[1], atol=0.012)


def test_clusters_share_what_they_should():
    """The covariance of two rows of a cluster is icc times that of one row."""
    made = source(cluster_size=2, icc=np.array([0.3, 0.3, 0.3]))
    y = made.rows(200_000, np.random.default_rng(2)) - MU
    assert made.clusters(5).tolist() == [0, 0, 1, 1, 2]
    assert np.allclose(y[::2].T @ y[1::2] / 100_000, 0.3 * SIGMA, atol=0.02)
    assert np.allclose(y.T @ y / 200_000, SIGMA, atol=0.02)


def test_missing_cells():
    y = source(missing=0.2).rows(50_000, np.random.default_rng(3))
    assert np.isnan(y).mean(axis=0) == pytest.approx([0.2] * 3, abs=0.01)


def test_tally_by_hand():
    values = np.array([[1.0], [2.0], [-3.0], [np.nan]])
    t = tally(values, np.array([[0.4], [2.0], [1.0], [1.0]]), np.array([1.5]), 0.05)
    assert (t.used[0], t.mean[0], t.bias[0]) == (3, 0.0, -1.5)
    assert t.power[0] == pytest.approx(2 / 3) and t.coverage[0] == pytest.approx(2 / 3)
    assert t.sd[0] == pytest.approx(np.sqrt(7.0)) and t.mean_error[0] == pytest.approx(3.4 / 3)
    assert t.power_mcse[0] == pytest.approx(np.sqrt(2 / 27))
    nothing = tally(np.full((2, 1), np.nan), np.ones((2, 1)), np.zeros(1), 0.05)
    assert nothing.used[0] == 0 and np.isnan([nothing.power[0], nothing.lower[0], nothing.sd[0]]).all()


def test_wilson():
    """8 of 10: .490 to .943, as in textbooks; limits stay within 0 and 1."""
    low, high = wilson(np.array([0.8, 0.0, 1.0]), np.full(3, 10.0), 0.95)
    assert low == pytest.approx([0.4902, 0.0, 0.7225], abs=1e-4) and high == pytest.approx(
        [0.9433, 0.2775, 1.0], abs=1e-4
    )


@settings(deadline=None, max_examples=40)
@given(delta=st.floats(0.08, 0.4), target=st.floats(0.5, 0.95))
def test_size_of_a_known_curve(delta, target):
    """Power Phi(delta sqrt(n) - 1.96), without noise: n = ((z_target + 1.96) / delta)^2."""
    limit = ndtri(0.975)
    exact = ((ndtri(target) + limit) / delta) ** 2
    n = exact * np.array([0.6, 0.8, 1.0, 1.2])
    hits = 1e6 * ndtr(delta * np.sqrt(n) - limit)
    found, low, high = wanted_size(n, hits, np.full(4, 1e6), target, 0.05)
    assert found == pytest.approx(exact, rel=1e-6) and low < found < high
    one = wanted_size(n[1:2], hits[1:2], np.full(1, 1e6), target, 0.05)
    assert one[0] == pytest.approx(exact, rel=1e-6) and one[1] < one[0] < one[2]


def test_interval_of_the_size_covers():
    rng, delta = np.random.default_rng(5), 0.2
    exact = ((ndtri(0.8) + ndtri(0.975)) / delta) ** 2
    n = np.array([120.0, 180.0, 240.0])
    power = ndtr(delta * np.sqrt(n) - ndtri(0.975))
    inside = 0
    for _ in range(400):
        hits = rng.binomial(500, power).astype(float)
        _, low, high = wanted_size(n, hits, np.full(3, 500.0), 0.8, 0.05)
        inside += low <= exact <= high
    assert 0.92 <= inside / 400 <= 0.98


def test_no_size_without_slope():
    n = np.array([100.0, 200.0])
    assert np.isnan(wanted_size(n, np.array([50.0, 30.0]), np.full(2, 100.0), 0.8, 0.05)[0])
    assert np.isnan(wanted_size(n, np.array([1000.0, 1000.0]), np.full(2, 1000.0), 0.8, 0.05)[0])
    assert np.isnan(wanted_size(n, np.zeros(2), np.zeros(2), 0.8, 0.05)[0])
