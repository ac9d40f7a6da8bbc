"""The normal likelihood in moment space: derivatives against differences, patterns, EM against lavaan."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from cgsurvey.moments.normal import (
    expected,
    log_likelihood,
    low,
    meat,
    moment_information,
    moment_scores,
    quadratic,
    slopes,
    value,
)
from cgsurvey.moments.patterns import coverage, find_patterns
from cgsurvey.moments.sample import Cases, Sample
from cgsurvey.moments.saturated import saturated


def holes(n: int = 80, p: int = 4, share: float = 0.25, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(p, p))
    y = rng.normal(size=(n, p)) @ A + rng.normal(size=p)
    y[rng.random((n, p)) < share] = np.nan
    return y[~np.isnan(y).all(axis=1)]


def incomplete(weights: bool = False) -> Sample:
    y = holes()
    w = np.random.default_rng(1).uniform(0.5, 2, len(y)) if weights else None
    w = None if w is None else w * len(y) / w.sum()
    patterns = find_patterns(y, w)
    mean, cov, arrived = saturated(patterns, y.shape[1])
    assert arrived
    return Sample(len(y), mean, cov, float(len(y)), patterns, Cases(y, w))


def complete() -> Sample:
    y = holes(share=0.0)
    return Sample(len(y), y.mean(0), np.cov(y.T, bias=True), float(len(y)), None, Cases(y))


def elsewhere(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Moments away from the optimum."""
    p = sample.p
    return sample.cov + 0.3 * np.eye(p) + 0.05, sample.mean + 0.2 * np.arange(p)


def as_vector(Sigma: np.ndarray, mu: np.ndarray) -> np.ndarray:
    i, j = low(len(mu))
    return np.concatenate([mu, Sigma[i, j]])


def as_moments(x: np.ndarray, p: int) -> tuple[np.ndarray, np.ndarray]:
    i, j = low(p)
    Sigma = np.zeros((p, p))
    Sigma[i, j] = Sigma[j, i] = x[p:]
    return Sigma, x[:p]


def gradient(sample: Sample, x: np.ndarray) -> np.ndarray:
    i, j = low(sample.p)
    b, W = slopes(sample, *as_moments(x, sample.p))
    return np.concatenate([-b, np.where(i == j, 0.5, 1.0) * W[i, j]])


@pytest.mark.parametrize(
    "sample", [complete(), incomplete(), incomplete(weights=True)], ids=["complete", "holes", "weights"]
)
def test_derivatives_are_those_of_the_value(sample):
    x = as_vector(*elsewhere(sample))
    steps = 1e-5 * np.eye(len(x))
    f = [
        (value(sample, *as_moments(x + h, sample.p)) - value(sample, *as_moments(x - h, sample.p))) / 2e-5
        for h in steps
    ]
    np.testing.assert_allclose(gradient(sample, x), f, atol=1e-7)
    H = [(gradient(sample, x + h) - gradient(sample, x - h)) / 2e-5 for h in steps]
    np.testing.assert_allclose(moment_information(sample, *as_moments(x, sample.p), "observed"), H, atol=1e-6)
    scores = moment_scores(sample, *as_moments(x, sample.p))
    np.testing.assert_allclose(-scores.sum(axis=0) / sample.n, gradient(sample, x), atol=1e-12)


def test_value_is_the_likelihood_of_the_rows():
    sample = incomplete()
    Sigma, mu = elsewhere(sample)
    total = 0.0
    for row in sample.cases.y:
        o = ~np.isnan(row)
        total += multivariate_normal(mu[o], Sigma[np.ix_(o, o)]).logpdf(row[o])
    assert log_likelihood(sample, Sigma, mu) == pytest.approx(total, rel=1e-12)


def test_expected_information_is_the_mean_of_the_observed_one():
    rng = np.random.default_rng(5)
    Sigma, mu = np.array([[2.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 1.5]]), np.array([1.0, 0.0, -1.0])
    y = rng.multivariate_normal(mu, Sigma, 200_000)
    y[rng.random(y.shape) < 0.2] = np.nan
    y = y[~np.isnan(y).all(axis=1)]
    patterns = find_patterns(y)
    sample = Sample(len(y), mu, Sigma, float(len(y)), patterns, Cases(y))
    expected = moment_information(sample, Sigma, mu, "expected")
    np.testing.assert_allclose(moment_information(sample, Sigma, mu, "observed"), expected, atol=0.02)
    np.testing.assert_allclose(meat(sample, moment_scores(sample, Sigma, mu)), expected, atol=0.02)


def test_patterns_hold_every_row_once():
    y = holes()
    patterns = find_patterns(y)
    rows = np.concatenate([r for block in patterns for r in block.rows])
    assert sorted(rows) == list(range(len(y)))
    assert sum(block.weight.sum() for block in patterns) == pytest.approx(1.0)
    for block in patterns:
        for columns, mean, r in zip(block.columns, block.mean, block.rows, strict=True):
            np.testing.assert_allclose(y[np.ix_(r, columns)].mean(axis=0), mean, atol=1e-12)
            assert np.isnan(np.delete(y[r], columns, axis=1)).all()
    np.testing.assert_allclose(np.diag(coverage(y)), (~np.isnan(y)).mean(axis=0))


def test_em_without_holes_is_the_sample():
    y = holes(share=0.0)
    mean, cov, arrived = saturated(find_patterns(y), y.shape[1])
    assert arrived
    np.testing.assert_allclose(mean, y.mean(0), atol=1e-12)
    np.testing.assert_allclose(cov, np.cov(y.T, bias=True), atol=1e-11)


def test_em_ends_where_the_gradient_is_zero_in_any_unit():
    y = holes(n=60, share=0.4, seed=8)
    units = np.array([1e-3, 1.0, 1e4, 7.0])
    mean, cov, _ = saturated(find_patterns(y), 4)
    mean_u, cov_u, _ = saturated(find_patterns(y * units), 4)
    np.testing.assert_allclose(mean_u, mean * units, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(cov_u, cov * np.outer(units, units), rtol=1e-8)
    sample = Sample(len(y), mean, cov, float(len(y)), find_patterns(y))
    b, W = slopes(sample, cov, mean)
    assert max(np.abs(b).max(), np.abs(W).max()) < 1e-9


def test_integer_weights_are_repeated_rows():
    y, times = holes(n=40), np.random.default_rng(2).integers(1, 4, 40)
    y = y[:40]
    times = times[: len(y)]
    once = saturated(find_patterns(y, times.astype(float)), 4)
    many = saturated(find_patterns(np.repeat(y, times, axis=0)), 4)
    np.testing.assert_allclose(once[0], many[0], atol=1e-10)
    np.testing.assert_allclose(once[1], many[1], atol=1e-9)


def test_meat_sums_within_clusters():
    sample = complete()
    scores = moment_scores(sample, *elsewhere(sample))
    cluster = np.arange(sample.n) % 8
    grouped = replace(sample, cases=replace(sample.cases, cluster=cluster))
    sums = np.array([scores[cluster == c].sum(axis=0) for c in range(8)])
    np.testing.assert_allclose(meat(grouped, scores), 8 / 7 * sums.T @ sums / sample.n, rtol=1e-12)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["hs_mcar", "hs_mar"])
def test_em_is_that_of_lavaan(shared, name):
    folder = shared / "reference" / "dev"
    case = json.loads((folder / "cases" / f"{name}_saturated_em.json").read_text())
    y = pd.read_csv(folder / "data" / f"{name}.csv", na_values=["NA"])[case["data"]["variables"]].to_numpy(float)
    patterns = find_patterns(y)
    mean, cov, _ = saturated(patterns, y.shape[1])
    golden = case["expected"]
    np.testing.assert_allclose(cov, np.array(golden["cov"]["values"], dtype=float), rtol=1e-9)
    np.testing.assert_allclose(mean, list(golden["mean"].values()), rtol=1e-9)
    sample = Sample(len(y), mean, cov, float(len(y)), patterns)
    assert log_likelihood(sample, cov, mean) == pytest.approx(golden["logl"], rel=1e-12)


def test_what_is_computed_on_missing_columns_is_what_patterns_one_by_one_give():
    sample = incomplete(weights=True)
    Sigma, mu = elsewhere(sample)
    total, T, p = 0.0, np.zeros_like(Sigma), sample.p
    for block in sample.patterns:
        for columns, weight, mean, cov in zip(block.columns, block.weight, block.mean, block.cov, strict=True):
            part, d = Sigma[np.ix_(columns, columns)], mean - mu[columns]
            S = cov + np.outer(d, d)
            total += weight * (np.linalg.slogdet(part)[1] + np.trace(np.linalg.solve(part, S))) / 2
            A = Sigma[:, columns] @ np.linalg.inv(part)
            T += weight * (A @ S @ A.T + Sigma - A @ Sigma[columns])
    assert value(sample, Sigma, mu) == pytest.approx(total, rel=1e-12)
    np.testing.assert_allclose(expected(sample, Sigma, mu).T, T, atol=1e-12)
    for data in (sample, complete()):
        R, d = np.cov(np.random.default_rng(1).normal(size=(p, 9))), np.arange(1.0, p + 1)
        r = as_vector(R, d)
        whole = r @ moment_information(data, Sigma, mu, "expected") @ r
        assert quadratic(data, Sigma, mu, R, d) == pytest.approx(whole, rel=1e-12)


def test_many_patterns_are_taken_some_at_a_time(monkeypatch):
    sample = incomplete()
    whole = [moment_information(sample, *elsewhere(sample), kind) for kind in ("expected", "observed")]
    monkeypatch.setattr("cgsurvey.moments.normal.SLAB", 3)
    for kind, H in zip(("expected", "observed"), whole, strict=True):
        np.testing.assert_allclose(moment_information(sample, *elsewhere(sample), kind), H, atol=1e-12)
