"""Draws, moments of resamples, intervals: against rows that are really repeated, and against lavaan's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cgsurvey.moments.sample import Cases, Sample
from cgsurvey.sem.resampling.bootstrap import (
    INTERVALS,
    accelerations,
    deviations,
    draw_counts,
    intervals,
    leave_out,
    left_out_moments,
    quantiles,
    repeated_rows,
    resampled_moments,
    transformed,
)

LAVAAN = json.loads((Path(__file__).parents[2] / "reference" / "boot_intervals.json").read_text())


def sample(
    n: int = 40, p: int = 3, *, weighted: bool = False, clustered: bool = False, wishart: bool = False
) -> Sample:
    rng = np.random.default_rng(5)
    y = rng.normal(size=(n, p)) * [1, 10, 0.1][:p] + 100
    w = rng.uniform(0.5, 2, n) if weighted else None
    cluster = np.repeat(np.arange(n // 5), 5) if clustered else None
    v = np.ones(n) if w is None else w
    mean = v @ y / v.sum()
    cov = ((y - mean) * v[:, None]).T @ (y - mean) / v.sum()
    cov = cov * n / (n - 1) if wishart else cov
    return Sample(n, mean, cov, float(v.sum()), None, Cases(y, w, cluster), wishart=wishart)


@pytest.mark.parametrize(
    "options", [{}, {"weighted": True}, {"clustered": True}, {"weighted": True, "clustered": True}]
)
def test_moments_are_those_of_repeated_rows(options):
    one = sample(**options)
    counts = draw_counts([one], np.random.SeedSequence(1).spawn(7))[0]
    found = resampled_moments(one, counts)
    unit = np.arange(one.n) if one.cases.cluster is None else one.cases.cluster
    w = np.ones(one.n) if one.cases.weights is None else one.cases.weights
    for r, count in enumerate(counts):
        assert count.sum() == len(count)
        rows = np.repeat(np.arange(one.n), count[unit].astype(int))
        y, v = one.cases.y[rows], w[rows]
        assert found.weight[r] == pytest.approx(v.sum())
        np.testing.assert_allclose(found.mean[r], v @ y / v.sum(), rtol=1e-12)
        d = y - v @ y / v.sum()
        np.testing.assert_allclose(found.cov[r], (d * v[:, None]).T @ d / v.sum(), rtol=1e-8, atol=1e-12)


def test_strata_keep_their_size():
    one = sample(clustered=True)
    strata = (np.repeat(np.arange(8), 5) >= 3).astype(int)
    one = replace(one, cases=replace(one.cases, strata=strata))
    counts = draw_counts([one], np.random.SeedSequence(1).spawn(20))[0]
    np.testing.assert_array_equal(counts[:, :3].sum(axis=1), 3)
    np.testing.assert_array_equal(counts[:, 3:].sum(axis=1), 5)
    assert len(np.unique(counts, axis=0)) > 15


def test_moments_in_blocks_of_rows(monkeypatch):
    one = sample()
    counts = draw_counts([one], np.random.SeedSequence(1).spawn(3))[0]
    whole = resampled_moments(one, counts)
    monkeypatch.setitem(resampled_moments.__globals__, "BLOCK", 70)
    np.testing.assert_allclose(resampled_moments(one, counts).cov, whole.cov, rtol=1e-12)


def test_wishart_divisor():
    one = sample(wishart=True)
    found = resampled_moments(one, np.ones((1, one.n)))
    np.testing.assert_allclose(found.cov[0], one.cov, rtol=1e-10)


def test_each_unit_is_left_out_once():
    groups = [sample(20), sample(30, clustered=True)]
    counts = leave_out(groups, list(np.arange(26)[:, None]))
    np.testing.assert_array_equal(counts[0].sum(axis=1), [19] * 20 + [20] * 6)
    np.testing.assert_array_equal(counts[1].sum(axis=1), [6] * 20 + [5] * 6)
    assert (np.hstack(counts).min(axis=1) == 0).all()


@pytest.mark.parametrize(
    "options",
    [{}, {"weighted": True}, {"clustered": True}, {"weighted": True, "clustered": True}, {"wishart": True}],
)
def test_moments_without_parts_are_those_of_the_other_rows(options):
    one = sample(**options)
    parts = [np.array([3, 9]), np.array([4]), np.array([100])]
    counts = leave_out([sample(3), one], parts)[1]
    found, expected = left_out_moments(one, 3, parts), resampled_moments(one, counts)
    np.testing.assert_allclose(found.weight, expected.weight)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(found.cov, expected.cov, rtol=1e-8, atol=1e-12)


def test_rows_of_a_resample_of_clusters():
    cluster = np.array([0, 1, 1, 0, 2, 1])
    rows, draw = repeated_rows(Cases(np.zeros((6, 1)), cluster=cluster), np.array([2.0, 1, 0]))
    np.testing.assert_array_equal(rows, [0, 3, 0, 3, 1, 2, 5])
    np.testing.assert_array_equal(draw, [0, 0, 1, 1, 2, 2, 2])
    rows, _ = repeated_rows(Cases(np.zeros((3, 1))), np.array([2.0, 0, 1]))
    np.testing.assert_array_equal(rows, [0, 0, 2])


def test_transformed_rows_have_the_moments_of_the_model():
    one = sample(weighted=True)
    Sigma, mu = np.array([[2, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 3.0]]), np.array([1.0, 2, 3])
    moved = transformed(one, Sigma, mu)
    found = resampled_moments(moved, np.ones((1, one.n)))
    np.testing.assert_allclose(found.cov[0], Sigma, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.mean[0], mu, rtol=1e-9)


@pytest.mark.parametrize("case", LAVAAN["limits"], ids=lambda c: f"{c['type']}-{c['level']}")
def test_limits_are_those_of_lavaan(case):
    draws = np.array(LAVAAN["draws"])
    estimate = np.array(LAVAAN["estimate"])
    draws, estimate = (np.hstack([a, (a[..., 0] * a[..., 1])[..., None]]) for a in (draws, estimate))
    kind = {"perc": "percentile", "bca.simple": "bc", "norm": "normal", "basic": "basic"}[case["type"]]
    low, high = intervals(draws, estimate, kind, case["level"])
    n = len(case["name"])
    np.testing.assert_allclose(low[:n], case["lower"], rtol=1e-9)
    np.testing.assert_allclose(high[:n], case["upper"], rtol=1e-9)
    np.testing.assert_allclose(deviations(draws)[:4], LAVAAN["error"], rtol=1e-9)


def test_quantiles_at_the_ends_are_the_extremes():
    x = np.sort(np.random.default_rng(1).normal(size=19))
    np.testing.assert_array_equal(quantiles(x, np.array([1e-6, 0.05, 0.5, 0.95, 1 - 1e-9])), x[[0, 0, 9, 18, 18]])


def test_bca_without_bias_and_skewness_is_the_percentile_interval():
    x = np.arange(-500, 501)[:, None] / 100 + 1e-9
    x = np.delete(x, 500, axis=0)
    plain, corrected = (intervals(x, np.zeros(1), kind, 0.95, np.zeros(1)) for kind in ("percentile", "bca"))
    np.testing.assert_allclose(plain, corrected)


def test_bca_moves_with_the_acceleration():
    x = np.random.default_rng(1).normal(size=(999, 1))
    low, high = intervals(x, np.median(x, axis=0), "bca", 0.9, np.array([0.05]))
    plain = intervals(x, np.median(x, axis=0), "bc", 0.9)
    assert low > plain[0] and high > plain[1]


@pytest.mark.parametrize("kind", INTERVALS)
def test_constants_and_gaps(kind):
    draws = np.array([[1.0, 2, np.nan], [1, np.nan, np.nan], [1, 4, np.nan], [1, 6, np.nan]])
    low, high = intervals(draws, np.array([1.0, 4, 4]), kind, 0.5, np.zeros(3))
    assert np.isnan(low[[0, 2]]).all() and low[1] < high[1]
    np.testing.assert_allclose(deviations(draws), [0, np.sqrt(8 / 3), np.nan])


def test_acceleration_of_a_mean():
    x = np.random.default_rng(3).exponential(size=50)
    left_out = (x.sum() - x)[:, None] / 49
    d = x - x.mean()
    assert accelerations(left_out)[0] == pytest.approx((d**3).sum() / (6 * (d**2).sum() ** 1.5))
