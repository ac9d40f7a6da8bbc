"""Weighted least squares: population, derivatives, weights, bound."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factor_cases import answers, population

import cgsurvey as cg
from cgsurvey.factor.extraction import extract
from cgsurvey.factor.least_squares import correlation_gamma, extract_weighted


def test_equal_weights_are_minres():
    R = answers().corr().to_numpy()
    got, expected = extract_weighted(R, 3, np.ones(66)), extract(R, 3)
    np.testing.assert_allclose(np.abs(got.loadings), np.abs(expected.loadings), atol=1e-7)
    assert got.converged and got.gradient < 1e-8


@pytest.mark.parametrize("full", [False, True])
def test_a_population_is_reproduced_whatever_the_weights(full):
    loadings, phi, R = population()
    rng = np.random.default_rng(1)
    W = rng.uniform(0.5, 2, 66)
    if full:
        root = np.eye(66) + 0.1 * rng.normal(size=(66, 66))
        W = root @ root.T
    got = extract_weighted(R, 3, W)
    np.testing.assert_allclose(got.loadings @ got.loadings.T, loadings @ phi @ loadings.T, atol=1e-7)


def test_gamma_of_normal_rows():
    R, n = population()[2], 40_000
    y = np.random.default_rng(2).multivariate_normal(np.zeros(12), R, n)
    Gamma = correlation_gamma((y - y.mean(axis=0)) / y.std(axis=0), np.corrcoef(y, rowvar=False))
    j, i = np.triu_indices(12, 1)
    # the asymptotic variance of a correlation of normal variables is (1 - rho^2)^2
    np.testing.assert_allclose(np.diag(Gamma), (1 - R[i, j] ** 2) ** 2, rtol=0.06)


def test_minimum():
    data = answers(600)
    R, z = data.corr().to_numpy(), ((data - data.mean()) / data.std(ddof=0)).to_numpy()
    W = np.linalg.inv(correlation_gamma(z, R))
    got = extract_weighted(R, 3, W).loadings
    j, i = np.triu_indices(12, 1)

    def lost(L: np.ndarray) -> float:
        e = (L @ L.T - R)[i, j]
        return float(e @ W @ e)

    rng = np.random.default_rng(1)
    assert all(lost(got + 1e-3 * rng.normal(size=got.shape)) > lost(got) for _ in range(50))


def test_heywood_case_is_held_at_the_bound():
    L = np.array([[1.1], [0.6], [0.5], [0.4]])
    R = L @ L.T
    np.fill_diagonal(R, 1.0)
    got = extract_weighted(R, 1, np.ones(6))
    assert got.converged and got.bounded.tolist() == [True, False, False, False]
    assert (got.loadings**2).sum(axis=1)[0] == pytest.approx(0.995) and got.uniquenesses[0] == pytest.approx(0.005)


@pytest.mark.parametrize("method", ["dwls", "wls"])
@pytest.mark.parametrize("correlation", ["pearson", "polychoric"])
def test_known_structure(method, correlation):
    got = cg.efa(answers(1500), factors=3, method=method, correlation=correlation)
    assert got.fit["rmsea"] < 0.05 and (got.loadings.abs().max(axis=1) > 0.35).all()
    assert (got.std_errors.to_numpy() < 0.1).all()


def test_too_few_rows_for_wls():
    with pytest.raises(cg.SampleError, match=r"60 rows are too few for method='wls'.*66 correlations"):
        cg.efa(answers(60), factors=2, method="wls")
    assert isinstance(cg.efa(answers(60), factors=2, method="dwls").loadings, pd.DataFrame)
