"""The size of misfit: lavaan's values, and what they must be."""

from __future__ import annotations

import numpy as np
import pytest

from cgsurvey.moments.normal import low
from cgsurvey.sem.derived.misfit import misfit, residual_covariances, scaled_residuals


def population(seed: int = 2, p: int = 4):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(p, p + 3))
    cov, m = A @ A.T, p + p * (p + 1) // 2
    B = rng.normal(size=(m, m))
    return cov, cov + np.diag(rng.uniform(0.1, 0.5, p)), rng.normal(size=p), rng.normal(size=p), B @ B.T


def test_residuals_of_correlations_vary_as_the_delta_method_says():
    cov, Sigma, mean, mu, Xi = population()
    i, j = low(len(cov))

    def correlations(v):
        S = np.zeros_like(cov)
        S[i, j] = S[j, i] = v
        sd = np.sqrt(np.diag(S))
        return np.where(i == j, 0.0, (S / np.outer(sd, sd))[i, j])

    e, X = scaled_residuals(cov, Sigma, mean, mu, Xi, "crmr")
    v, h = cov[i, j], 1e-6
    J = np.array([(correlations(v + d) - correlations(v - d)) / (2 * h) for d in h * np.eye(len(v))]).T
    np.testing.assert_allclose(X[4:, 4:], J @ Xi[4:, 4:] @ J.T, atol=1e-7)
    np.testing.assert_allclose(e[4:], correlations(v) - correlations(Sigma[i, j]), atol=1e-14)
    raw, own = scaled_residuals(cov, Sigma, mean, mu, Xi, "rmr")
    assert own is Xi
    bentler, _ = scaled_residuals(cov, Sigma, mean, mu, Xi, "srmr")
    np.testing.assert_allclose(bentler[:4] * np.sqrt(np.diag(cov)), raw[:4])


def test_projection_leaves_what_the_model_cannot_move():
    rng = np.random.default_rng(1)
    D, G = rng.normal(size=(6, 2)), np.cov(rng.normal(size=(6, 40)))
    (Xi,) = residual_covariances([D], [np.linalg.inv(G)], [G], [100])
    np.testing.assert_allclose(D.T @ np.linalg.inv(G) @ Xi, 0, atol=1e-12)
    np.testing.assert_allclose(np.trace(np.linalg.inv(G) @ Xi) * 100, 4)
    diagonal, full = (
        residual_covariances([D], [w], [G], [100])[0] for w in (np.arange(1.0, 7), np.diag(np.arange(1.0, 7)))
    )
    np.testing.assert_allclose(diagonal, full, atol=1e-14)


@pytest.mark.parametrize("size", [0.0, 0.08])
def test_unbiased_estimate_interval_and_tests_recover_the_population(size):
    # residuals e ~ N(eps, Xi) with known mean square of eps
    rng = np.random.default_rng(3)
    B = rng.normal(size=(20, 20))
    Xi = (B @ B.T) * 2e-5
    eps = rng.normal(size=20)
    eps *= size / np.sqrt(np.mean(eps**2))
    drawn = [misfit(e, Xi, 20) for e in rng.multivariate_normal(eps, Xi, size=4000)]
    unbiased = np.array([m.unbiased for m in drawn])
    if size:
        assert np.mean(unbiased) == pytest.approx(size, abs=0.001)
        assert np.std(unbiased) == pytest.approx(np.mean([m.unbiased_std_error for m in drawn]), rel=0.1)
        assert np.mean([m.ci_lower < size < m.ci_upper for m in drawn]) == pytest.approx(0.90, abs=0.02)
        assert np.mean([m.exact_p_value < 0.05 for m in drawn]) > 0.9
    else:
        assert np.mean([m.estimate for m in drawn]) == pytest.approx(
            np.sqrt(np.trace(Xi) / 20) * (1 - np.sum(Xi**2) / (4 * np.trace(Xi) ** 2)), rel=0.02
        )
        assert np.mean([m.exact_p_value < 0.05 for m in drawn]) == pytest.approx(0.05, abs=0.03)
        assert all(m.unbiased >= 0 for m in drawn)


def test_moments_that_a_model_reproduces_have_no_error():
    found = misfit(np.zeros(3), np.zeros((3, 3)), 3)
    assert (found.estimate, found.unbiased) == (0.0, 0.0)
    assert np.isnan(found.std_error) and np.isnan(found.close_p_value)
