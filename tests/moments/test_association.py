"""Correlations of pairs: at the maximum of their likelihood, whichever way it is found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtri

from cgsurvey.moments.association import (
    Limits,
    cells,
    conditional,
    maximise,
    normal,
    polychoric,
    polychoric_given,
    polyserial,
    table_scores,
)


def tables(m: int, la: int, lb: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random tables with thresholds from their margins."""
    N = np.random.default_rng(seed).integers(1, 40, (m, la, lb)).astype(float)
    N[:, 0, 0] += 60
    N[:, -1, -1] += 50
    total = N.sum(axis=(1, 2))[:, None]
    return N, *(ndtri(np.cumsum(N.sum(axis=axis), axis=1)[:, :-1] / total) for axis in (2, 1))


@pytest.mark.parametrize("shape", [(2, 2), (2, 5), (4, 3), (7, 7)])
def test_polychoric_maximises_the_likelihood(shape):
    N, a, b = tables(20, *shape, seed=1)
    found = polychoric(N, a, b)
    assert not found.bound.any()
    assert not found.lost.any()
    cell = cells(a, b, found.rho)
    np.testing.assert_allclose((N * cell.slope / cell.pi).sum(axis=(1, 2)), 0, atol=1e-9)
    np.testing.assert_allclose(cell.pi.sum(axis=(1, 2)), 1, atol=1e-14)

    def loss(r: float) -> float:
        return -(N[0] * np.log(cells(a[:1], b[:1], np.array([r])).pi[0])).sum()

    assert found.rho[0] == pytest.approx(minimize_scalar(loss, bounds=(-0.99, 0.99), method="bounded").x, abs=1e-4)


def test_rows_say_the_same_as_their_table():
    N, a, b = tables(1, 4, 3, seed=2)
    i, j = (np.repeat(k.ravel(), N[0].ravel().astype(int)) for k in np.indices(N[0].shape))
    edges = [np.concatenate([[-38.0], t[0], [38.0]]) for t in (a, b)]
    limits = [Limits(e[c][:, None], e[c + 1][:, None]) for e, c in zip(edges, (i, j), strict=True)]
    rho = polychoric_given(*limits, np.ones((len(i), 1))).rho
    np.testing.assert_allclose(rho, polychoric(N, a, b).rho, atol=1e-11)


def test_scores_of_tables_are_derivatives():
    N, a, b = tables(1, 3, 4, seed=3)
    rho, e = np.array([0.37]), 1e-6
    found = table_scores(N, a, b, rho)
    log = [np.log(cells(a, b, rho + d).pi) for d in (e, -e)]
    np.testing.assert_allclose(found.rho, (log[0] - log[1]) / (2 * e), rtol=1e-6, atol=1e-8)
    for side, by in (("a", found.by_a), ("b", found.by_b)):
        for k in range(by.shape[1]):
            shift = np.zeros((1, by.shape[1]))
            shift[0, k] = e
            ends = [cells(a + d * shift, b, rho) if side == "a" else cells(a, b + d * shift, rho) for d in (1, -1)]
            slope = (np.log(ends[0].pi) - np.log(ends[1].pi)) / (2 * e)
            assert by[0, k] == pytest.approx((N * found.rho * slope).sum(), rel=1e-5, abs=1e-6)


def test_polyserial():
    rng = np.random.default_rng(4)
    z = rng.normal(size=(4000, 2))
    y = 0.6 * z + 0.8 * rng.normal(size=z.shape)
    cuts = np.array([-38.0, -0.8, 0.1, 1.0, 38.0])
    code = np.searchsorted(cuts[1:-1], y)
    b = Limits(cuts[code], cuts[code + 1])
    found = polyserial(z, b, np.ones(z.shape))
    np.testing.assert_allclose(found.rho, 0.6, atol=0.05)
    cell = conditional(z, b, found.rho)
    np.testing.assert_allclose((cell.slope / cell.pi).sum(axis=0), 0, atol=1e-7)
    e = 1e-6
    ends = [conditional(z, b, found.rho + d) for d in (e, -e)]
    np.testing.assert_allclose(cell.slope, (ends[0].pi - ends[1].pi) / (2 * e), atol=1e-8)
    np.testing.assert_allclose(cell.curve, (ends[0].slope - ends[1].slope) / (2 * e), atol=1e-7)


def test_normal_correlation_has_a_closed_form():
    found = normal(np.ones(3), np.ones(3), np.array([-0.7, 0.0, 0.93]))
    np.testing.assert_allclose(found.rho, [-0.7, 0.0, 0.93], atol=1e-13)


def test_maximum_at_a_bound_and_far_from_the_start():
    def derivatives(rho: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        goal = np.array([0.9985, 2.0, -3.0, 0.1])[which]
        # steep far away, flat near the start
        return np.sinh(3 * (goal - rho)), -3 * np.cosh(3 * (goal - rho)), np.full(len(rho), -1.0)

    found = maximise(derivatives, np.array([-0.9, 0.0, 0.0, 0.95]))
    np.testing.assert_allclose(found.rho, [0.9985, 0.999, -0.999, 0.1], atol=1e-12)
    assert found.bound.tolist() == [False, True, True, False]
    assert not found.lost.any()
