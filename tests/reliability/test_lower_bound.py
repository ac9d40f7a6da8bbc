"""The greatest lower bound: cases with a known optimum, what must hold for every matrix, and psych::glb.fa."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.factor.extraction import uniquenesses
from cgsurvey.reliability import coefficients as c
from cgsurvey.reliability.lower_bound import bound_by_factors, greatest_lower_bound
from cgsurvey.reliability.split_half import split_halves


@pytest.mark.reference
def test_bound_by_factors_equals_psych(case):
    R, want = c.correlation(np.cov(case.x.T)), case.expected["glb_fa"]["glb"]
    assert want == pytest.approx(np.ravel(case.expected["guttman"]["glb"])[0], rel=1e-12)
    k = len(R)
    reduced = R - np.diag(uniquenesses(R[None], 1, "minres")[0][0])
    fewer = (np.linalg.eigvalsh(reduced) > 1e-6).sum() - 1
    if (k - fewer) ** 2 < k + fewer:  # psych asks k items for more factors than they determine
        assert bound_by_factors(R) == pytest.approx(want, abs=5e-3)
    else:
        assert bound_by_factors(R) == pytest.approx(want, rel=2e-5)  # psych's minres stops before the minimum


@pytest.mark.reference
def test_bounds_of_the_battery_are_in_order(case):
    frame = pd.DataFrame(case.x, columns=[f"v{i}" for i in range(case.x.shape[1])])
    found = cg.reliability(frame, {"f": list(frame)}).estimates
    for method in ("covariances", "correlations"):
        rows = found[found["method"] == method].set_index("measure")["estimate"]
        assert rows[["lambda1", "lambda2", "lambda3", "lambda4", "lambda5", "lambda6", "mu3"]].max() <= rows["glb"] < 1
    assert found["measure"].eq("glb_fa").sum() == 1


def test_an_optimum_in_whole_numbers():
    """S - diag(4, 3, 5, 2) is semidefinite and singular along (1, -1, 1, -1): lambda 4 is the greatest lower bound."""
    S = np.array([[9.0, 6, 3, 2], [6, 11, 5, 3], [3, 5, 11, 4], [2, 3, 4, 5]])
    found = greatest_lower_bound(S)
    np.testing.assert_allclose(found.errors, [4, 3, 5, 2], atol=1e-3)
    assert found.glb == pytest.approx(1 - 14 / S.sum(), abs=1e-10)
    assert found.glb == pytest.approx(split_halves(S).best, abs=1e-10)


def test_two_items():
    """Of two items the covariance is what the smaller variance leaves room for."""
    assert greatest_lower_bound(np.array([[4.0, 1], [1, 2]])).glb == pytest.approx(4 / 8, abs=1e-10)
    found = greatest_lower_bound(np.array([[9.0, 2], [2, 1]]))
    np.testing.assert_allclose(found.errors, [5, 0], atol=1e-8)
    assert greatest_lower_bound(np.array([[1.0, -0.5], [-0.5, 1]])).glb == pytest.approx(0, abs=1e-10)


def test_of_one_factor_it_is_omega():
    loadings = np.array([0.9, 0.7, 0.6, 0.5, 0.8])
    errors = np.array([0.4, 0.3, 1.0, 0.2, 0.5])
    found = greatest_lower_bound(np.outer(loadings, loadings) + np.diag(errors))
    assert found.glb == pytest.approx(c.omega(loadings, errors), abs=1e-10)
    np.testing.assert_allclose(found.errors, errors, atol=1e-8)
    parallel = np.full((6, 6), 0.3) + 0.7 * np.eye(6)
    assert greatest_lower_bound(parallel).glb == pytest.approx(c.alpha(parallel), abs=1e-10)
    assert bound_by_factors(parallel) == pytest.approx(c.alpha(parallel), abs=1e-8)


def test_items_that_others_make_up_carry_no_error():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 1)) + rng.normal(size=(60, 4))
    a, b, d, e = x.T
    S = np.cov(np.array([a, b, a + b, d, e]))
    found = greatest_lower_bound(S)
    assert (found.errors[:3] == 0).all() and (found.errors[3:] > 0).all()
    assert np.linalg.eigvalsh(S - np.diag(found.errors))[0] == pytest.approx(0, abs=1e-10)
    near = greatest_lower_bound(S + 1e-6 * np.eye(5))
    assert found.glb == pytest.approx(near.glb, abs=1e-4)
    assert greatest_lower_bound(np.cov(np.array([a, b, a + b]))).glb == 1


def test_where_there_is_none():
    opposite, indefinite = np.array([[1.0, -1], [-1, 1]]), np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    for S in (opposite, indefinite, np.eye(1)):
        assert np.isnan(greatest_lower_bound(S).glb)
    assert np.isnan(bound_by_factors(np.eye(2))) and np.isnan(bound_by_factors(np.eye(1)))


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 9), st.integers(0, 10_000))
def test_properties(k, seed):
    rng = np.random.default_rng(seed)
    S = np.cov(rng.normal(size=50) * rng.uniform(0, 2) + rng.normal(size=(k, 50)))
    found = greatest_lower_bound(S)
    assert 0 <= found.gap < 1e-8
    assert (found.errors >= 0).all() and np.linalg.eigvalsh(S - np.diag(found.errors))[0] > -1e-10
    others = [c.lambda1(S), c.lambda2(S), c.lambda5(S), c.lambda6(S), c.mu(S, 3), split_halves(S).best]
    assert max(others) <= found.glb + 1e-9 <= 1 + 2e-9
    order, unit = rng.permutation(k), rng.uniform(0.1, 10)
    assert greatest_lower_bound(unit * S[np.ix_(order, order)]).glb == pytest.approx(found.glb, abs=1e-8)
    # what a model says of these covariances cannot be below the bound
    admissible = found.errors * rng.uniform(0, 1, k)
    assert 1 - admissible.sum() / S.sum() >= found.glb - 1e-9
