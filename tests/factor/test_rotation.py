"""Rotation: criteria and their gradients, psych and GPArotation, invariance, known structures."""

from __future__ import annotations

import numpy as np
import pytest
from factor_cases import distance, matrix, population

from cgsurvey.factor import criteria
from cgsurvey.factor.extraction import extract
from cgsurvey.factor.rotation import OBLIQUE, ORTHOGONAL, ROTATIONS, criterion_of, minimise, rotate

WANTED = np.where(population()[0] > 0, np.nan, 0.0)


def turned(A: np.ndarray, method: str, **options: object):
    return rotate(A, method, wanted=WANTED, rng=np.random.default_rng(1), **options)


def noisy() -> np.ndarray:
    loadings, _, R = population()
    return extract(R, 3).loadings + 0.03 * np.random.default_rng(5).normal(size=loadings.shape)


@pytest.mark.reference
@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
@pytest.mark.parametrize("rotation", ["varimax", "promax", "oblimin"])
def test_rotated_loadings_equal_psych(case, method, rotation):
    if case.m == 1:
        assert f"{method}_{rotation}" not in case.expected["fa"]
        return
    expected = case.expected["fa"][f"{method}_{rotation}"]
    got = rotate(extract(case.R, case.m, method).loadings, rotation)
    assert got.converged and distance(got.loadings, matrix(expected["loadings"])) < 1e-3
    if expected["phi"]:
        phi = np.sort(np.abs(got.phi[np.tril_indices(case.m, -1)]))
        wanted = np.sort(np.abs(matrix(expected["phi"])[np.tril_indices(case.m, -1)]))
        np.testing.assert_allclose(phi, wanted, atol=1e-3)


@pytest.mark.reference
def test_rotated_loadings_equal_factanal(case):
    if case.m == 1:
        assert case.expected["factanal_varimax"]["loadings"]["cols"] is not None
        return
    A = extract(case.R, case.m, "ml").loadings
    varimax, promax = (matrix(case.expected[f"factanal_{name}"]["loadings"]) for name in ("varimax", "promax"))
    assert distance(rotate(A, "varimax").loadings, varimax) < 1e-3
    assert distance(rotate(A, "promax", kaiser=False).loadings, promax) < 2e-3


@pytest.mark.parametrize(
    "criterion",
    [
        criteria.orthomax(1.0),
        criteria.orthomax(0.0),
        criteria.oblimin(0.0),
        criteria.oblimin(0.4),
        criteria.geomin(0.01),
        criteria.target(WANTED),
        criteria.bifactor(),
    ],
)
def test_gradients_are_those_of_the_value(criterion):
    L = np.random.default_rng(1).normal(size=(12, 3))
    _, gradient = criterion(L)
    numeric = np.empty_like(L)
    for at in np.ndindex(*L.shape):
        step = np.zeros_like(L)
        step[at] = 1e-6
        numeric[at] = (criterion(L + step)[0] - criterion(L - step)[0]) / 2e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-7)


@pytest.mark.parametrize("method", ROTATIONS)
def test_what_is_common_does_not_change(method):
    A = noisy()
    got = turned(A, method)
    assert got.converged
    np.testing.assert_allclose(got.loadings @ got.phi @ got.loadings.T, A @ A.T, atol=1e-10)
    np.testing.assert_allclose(got.loadings, A @ got.rotmat, atol=1e-12)
    np.testing.assert_allclose(np.diag(got.phi), 1.0, atol=1e-12)
    if method not in OBLIQUE:
        np.testing.assert_allclose(got.phi, np.eye(3), atol=1e-10)


@pytest.mark.parametrize("method", [m for m in (*ORTHOGONAL, *OBLIQUE) if m not in ("promax", "bifactor_oblique")])
def test_the_start_does_not_matter(method):
    A = noisy()
    q = np.linalg.qr(np.random.default_rng(8).normal(size=(3, 3)))[0]
    one, other = turned(A, method, starts=20), turned(A @ q, method, starts=20)
    assert one.criterion == pytest.approx(other.criterion, rel=1e-7)
    assert distance(one.loadings, other.loadings) < 1e-4


@pytest.mark.parametrize("method", ["oblimin", "geomin", "target"])
def test_a_simple_structure_is_found(method):
    loadings, _, R = population()
    got = turned(extract(R, 3, "ml").loadings, method, delta=1e-6)
    assert distance(got.loadings, loadings) < 1e-3
    np.testing.assert_allclose(np.sort(got.phi[np.tril_indices(3, -1)]), [0.2, 0.3, 0.4], atol=1e-3)


def test_a_bifactor_structure_is_found():
    general = np.array([0.7, 0.6, 0.65, 0.5, 0.7, 0.55, 0.6, 0.5, 0.6, 0.65, 0.7, 0.5])
    loadings = np.column_stack([general, population()[0] * 0.6])
    R = loadings @ loadings.T
    np.fill_diagonal(R, 1.0)
    got = rotate(extract(R, 4, "ml").loadings, "bifactor", rng=np.random.default_rng(1))
    assert got.criterion < 1e-10
    assert distance(got.loadings, loadings) < 1e-3
    np.testing.assert_allclose(got.loadings[:, 0], general, atol=1e-3)


@pytest.mark.parametrize("method", [m for m in ROTATIONS if not m.startswith("target") and m != "none"])
def test_columns_stand_in_order_and_point_up(method):
    got = turned(noisy(), method)
    assert (got.loadings.sum(axis=0) > 0).all()
    sizes = (got.loadings**2).sum(axis=0)[1 if method.startswith("bifactor") else 0 :]
    assert (np.diff(sizes) <= 0).all()


def test_one_factor_is_not_rotated():
    A = -np.array([[0.8], [0.7], [0.6], [0.5]])
    got = rotate(A, "oblimin")
    np.testing.assert_array_equal(got.loadings, -A)
    assert got.phi.tolist() == [[1.0]] and got.starts == 0


def test_starts_and_minima_are_counted():
    got = turned(noisy(), "geomin")
    assert got.starts == 30 and got.minima >= 1
    assert turned(noisy(), "oblimin").starts == 1
    again = turned(noisy(), "geomin")
    np.testing.assert_array_equal(got.loadings, again.loadings)


@pytest.mark.parametrize("oblique", [False, True])
@pytest.mark.parametrize("near", [1e-3, np.inf])
def test_one_start_goes_where_the_same_start_goes_among_others(oblique, near):
    A = extract(population()[2], 3).loadings
    criterion, start = criterion_of("oblimin" if oblique else "varimax", 0.0, 0.01, None), np.eye(3)
    alone, among = (minimise(A, criterion, np.array([start] * s), oblique=oblique, near=near) for s in (1, 2))
    np.testing.assert_allclose(alone[0][0], among[0][1], atol=1e-7)
    assert alone[1][0] == pytest.approx(among[1][1], abs=1e-14) and alone[2][0] and among[2][1]
