"""The bivariate normal distribution: against direct integration, closed forms, differences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from cgsurvey.moments.bivariate import cdf, density, density_slope, grid, limit_slope


def by_integration(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Integral of the density over the correlation, in panels that halve towards its singularity."""
    x, w = np.polynomial.legendre.leggauss(40)
    ends = 1 - np.concatenate([0.5 ** np.arange(24), [0.0]])
    total = np.zeros(len(h))
    for a, b in pairwise(ends):
        theta = np.arcsin(rho)[:, None] * (a + (b - a) * (x + 1) / 2)
        power = (np.sin(theta) * (h * k)[:, None] - ((h * h + k * k) / 2)[:, None]) / np.cos(theta) ** 2
        total += np.exp(power) @ w * (b - a) / 2
    return ndtr(h) * ndtr(k) + total * np.arcsin(rho) / (2 * np.pi)


@pytest.mark.parametrize("limits", [(0, 0.3), (0.3, 0.75), (0.75, 0.925), (0.925, 0.99)])
def test_cdf_to_the_last_digits(limits):
    rng = np.random.default_rng(1)
    h, k = 2 * rng.normal(size=(2, 3000))
    k[:300], k[300:400], h[:20], k[10:30] = h[:300], -h[300:400], 0, 0
    rho = rng.uniform(*limits, 3000) * rng.choice([-1, 1], 3000)
    np.testing.assert_allclose(cdf(h, k, rho), by_integration(h, k, rho), rtol=0, atol=2e-15)


def test_cdf_has_closed_forms():
    rho = np.array([-0.99, -0.5, 0.0, 0.3, 0.95])
    np.testing.assert_allclose(cdf(np.zeros(5), np.zeros(5), rho), 0.25 + np.arcsin(rho) / (2 * np.pi), atol=1e-15)
    t = np.array([-1.3, 0.2, 2.5])
    for r in (0.4, -0.96):
        np.testing.assert_allclose(cdf(np.inf, t, r), ndtr(t), atol=1e-15)
        np.testing.assert_allclose(cdf(t, -np.inf, r), 0, atol=1e-15)
    assert cdf(0.3, -0.4, 0.5) == pytest.approx(multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]]).cdf([0.3, -0.4]))


def test_grid_is_cdf_at_each_point():
    rng = np.random.default_rng(2)
    h, k, rho = rng.normal(size=(9, 3)), rng.normal(size=(9, 2)), np.linspace(-0.98, 0.98, 9)
    got = grid(h, k, rho)
    np.testing.assert_allclose(got, cdf(h[:, :, None], k[:, None, :], rho[:, None, None]), rtol=0, atol=1e-16)


def test_derivatives():
    h, k, r, e = np.array([0.3, -1.0, 1.5]), np.array([0.8, 0.1, -0.7]), np.array([0.2, -0.6, 0.85]), 1e-5
    phi2 = density(h, k, r)
    np.testing.assert_allclose(phi2, (cdf(h, k, r + e) - cdf(h, k, r - e)) / (2 * e), rtol=1e-7)
    np.testing.assert_allclose(
        density_slope(h, k, r, phi2), (density(h, k, r + e) - density(h, k, r - e)) / (2 * e), rtol=1e-7
    )
    np.testing.assert_allclose(limit_slope(h, k, r), (cdf(h + e, k, r) - cdf(h - e, k, r)) / (2 * e), rtol=1e-7)
