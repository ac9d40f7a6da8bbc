"""Extraction: derivatives, population values, psych and factanal."""

from __future__ import annotations

import numpy as np
import pytest
from factor_cases import matrix, population
from hypothesis import given
from hypothesis import strategies as st

from cgsurvey.factor.extraction import DISCREPANCIES, _at, _derivatives, extract, uniquenesses

METHODS = ("minres", "uls", "ml", "gls", "pa")


def sample_matrix(seed: int = 1, n: int = 150) -> np.ndarray:
    R = population()[2]
    return np.corrcoef(np.random.default_rng(seed).multivariate_normal(np.zeros(len(R)), R, n), rowvar=False)


@pytest.mark.reference
@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_unrotated_loadings_equal_psych(case, method):
    got = extract(case.R, case.m, method)
    expected = matrix(case.expected["fa"][f"{method}_none"]["loadings"])
    # psych's principal axes go on to 1e-12; its minres and ml stop before the minimum: what they minimise is lower here
    np.testing.assert_allclose(np.abs(got.loadings), np.abs(expected), atol=1e-9 if method == "pa" else 3e-5)
    assert got.converged and got.gradient < 1e-9
    if method != "pa":
        above = discrepancy(case.R, expected, method) - got.discrepancy
        away = np.abs(np.abs(got.loadings) - np.abs(expected)).max()
        assert above > 0 and (away < 1e-5 or above > 1e-11)


def discrepancy(R: np.ndarray, L: np.ndarray, method: str) -> float:
    """What minres and ml minimise, at loadings L, from its definition."""
    common = L @ L.T
    if method == "minres":
        return float(((R - common)[np.tril_indices(len(R), -1)] ** 2).sum())
    Sigma = common + np.diag(1 - np.diag(common))
    logs = np.linalg.slogdet(Sigma)[1] - np.linalg.slogdet(R)[1]
    return float(logs + np.trace(np.linalg.solve(Sigma, R)) - len(R))


@pytest.mark.reference
def test_maximum_likelihood_equals_factanal(case):
    got, expected = extract(case.R, case.m, "ml"), case.expected["factanal_none"]
    np.testing.assert_allclose(np.abs(got.loadings), np.abs(matrix(expected["loadings"])), atol=1e-7)
    np.testing.assert_allclose(got.uniquenesses, expected["uniqueness"], atol=1e-5)


@pytest.mark.parametrize("name", sorted(DISCREPANCIES))
def test_derivatives_are_those_of_the_value(name):
    fit, R = DISCREPANCIES[name], sample_matrix()
    x = np.random.default_rng(2).uniform(0.3, 0.9, len(R))
    x = np.log(x) if fit.scaled else x
    gradient, hessian = _derivatives(fit, _at(fit, R[None], x[None], 3), 3)
    steps = 1e-5 * np.eye(len(R))
    ahead, behind = (_at(fit, np.stack([R] * len(R)), x + way * steps, 3) for way in (1, -1))
    slope = (ahead.value - behind.value) / 2e-5
    curve = (_derivatives(fit, ahead, 3)[0] - _derivatives(fit, behind, 3)[0]) / 2e-5
    np.testing.assert_allclose(gradient[0], slope, atol=1e-8)
    np.testing.assert_allclose(hessian[0], curve, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_a_population_is_reproduced(method):
    loadings, phi, R = population()
    got = extract(R, 3, method)
    common = loadings @ phi @ loadings.T
    np.testing.assert_allclose(got.loadings @ got.loadings.T, common, atol=1e-7)
    np.testing.assert_allclose(got.uniquenesses, 1 - np.diag(common), atol=1e-7)
    assert got.discrepancy < 1e-12 and not got.bounded.any()


@pytest.mark.parametrize("method", METHODS)
@given(order=st.permutations(range(12)), turned=st.sets(st.integers(0, 11)))
def test_order_and_keying_of_items_do_not_matter(method, order, turned):
    R, sign = sample_matrix(), np.ones(12)
    sign[list(turned)] = -1
    one, other = extract(R, 2, method), extract((R * np.outer(sign, sign))[np.ix_(order, order)], 2, method)
    expected = (one.loadings * sign[:, None])[order]
    np.testing.assert_allclose(np.abs(other.loadings), np.abs(expected), atol=1e-6)
    np.testing.assert_allclose(other.uniquenesses, one.uniquenesses[order], atol=1e-6)


def test_minres_is_the_minimum_of_squared_residuals():
    R, rng = sample_matrix(), np.random.default_rng(3)
    L = extract(R, 3).loadings
    off = ~np.eye(12, dtype=bool)

    def lost(L: np.ndarray) -> float:
        return float(((R - L @ L.T)[off] ** 2).sum())

    assert all(lost(L + 1e-3 * rng.normal(size=L.shape)) > lost(L) for _ in range(50))


def test_heywood_case_stands_at_the_bound():
    L = np.array([[1.1], [0.6], [0.5], [0.4]])
    R = L @ L.T
    np.fill_diagonal(R, 1.0)
    for method in METHODS:
        got = extract(R, 1, method)
        assert got.converged
        assert got.bounded.tolist() == [True, False, False, False]
        assert got.uniquenesses[0] == pytest.approx(0.005)


def test_signs_of_columns():
    got = extract(-sample_matrix() + 2 * np.eye(12), 2)
    assert (got.loadings.sum(axis=0) >= 0).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_heywood_case_is_the_lowest_of_its_minima(seed):
    """Six items of one factor, taken for three: most solutions lie at a bound, and there are several."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 1)) * rng.uniform(0.5, 0.8, 6) + 0.7 * rng.normal(size=(300, 6))
    R = np.corrcoef(np.digitize(x, [-1.0, -0.3, 0.4, 1.1]), rowvar=False)
    starts = rng.uniform(0.01, 0.99, size=(60, 6))
    _, _, f, gradient, _ = uniquenesses(np.broadcast_to(R, (60, 6, 6)), 3, "minres", start=starts)
    found = extract(R, 3)
    assert found.converged
    assert found.discrepancy <= f[gradient < 1e-6].min() + 1e-8
