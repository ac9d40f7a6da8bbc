"""Gamma of moments from incomplete rows: complete rows as a special case, units, and recovery by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cgsurvey.moments.fourth import adf_gamma
from cgsurvey.moments.normal import low
from cgsurvey.moments.patterns import find_patterns
from cgsurvey.moments.sample import Cases, Sample
from cgsurvey.moments.saturated import saturated
from cgsurvey.moments.two_stage import em_gamma, pairwise_gamma, pairwise_moments, zero_filled_gamma


def rows(n: int, rng: np.random.Generator, share: float = 0.25, skew: bool = False) -> np.ndarray:
    z = rng.exponential(size=(n, 3)) - 1 if skew else rng.normal(size=(n, 3))
    y = z @ np.array([[1.0, 0.6, 0.3], [0.0, 0.8, 0.4], [0.0, 0.0, 0.7]]) + [0.0, 1.0, 2.0]
    y[rng.random(y.shape) < share] = np.nan
    return y[~np.isnan(y).all(axis=1)]


def em_sample(y: np.ndarray) -> Sample:
    patterns = find_patterns(y)
    mean, cov, arrived = saturated(patterns, y.shape[1])
    assert arrived
    return Sample(len(y), mean, cov, float(len(y)), patterns, Cases(y))


def vech(mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    i, j = low(len(mean))
    return np.concatenate([mean, cov[i, j]])


def test_complete_rows():
    y = rows(150, np.random.default_rng(1), share=0)
    sample = em_sample(y)
    i, j = low(3)
    S = np.cov(y.T, bias=True)
    normal = S[np.ix_(i, i)] * S[np.ix_(j, j)] + S[np.ix_(i, j)] * S[np.ix_(j, i)]
    np.testing.assert_allclose(em_gamma(sample, robust=False)[3:, 3:], normal, rtol=1e-9)
    for G in (em_gamma(sample, robust=True), pairwise_gamma(y), zero_filled_gamma(y)):
        np.testing.assert_allclose(G, adf_gamma(y), rtol=1e-9, atol=1e-10)


def test_pairs_as_pandas_has_them():
    y = rows(90, np.random.default_rng(2))
    n, found, frame = len(y), pairwise_moments(y), pd.DataFrame(y)
    np.testing.assert_allclose(found.cov * n / (n - 1), frame.cov(), rtol=1e-12)
    np.testing.assert_allclose(found.mean, frame.mean(), rtol=1e-12)
    assert found.counts[0, 1] == frame[[0, 1]].dropna().shape[0]
    np.testing.assert_allclose(pairwise_moments(y, np.ones(n)).cov, found.cov, rtol=1e-12)


def test_units():
    y = rows(120, np.random.default_rng(3))
    scale = np.array([1e3, 1.0, 1e-3])
    i, j = low(3)
    u = np.concatenate([scale, scale[i] * scale[j]])
    for gamma in (pairwise_gamma, lambda y: em_gamma(em_sample(y), robust=True)):
        np.testing.assert_allclose(gamma(y * scale), gamma(y) * np.outer(u, u), rtol=1e-6)


@pytest.mark.parametrize("skew", [False, True], ids=["normal", "skewed"])
def test_gamma_is_the_covariance_of_the_moments(skew):
    rng = np.random.default_rng(4)
    n, em, pairs = 400, [], []
    for _ in range(400):
        y = rows(n, rng, skew=skew)
        sample, found = em_sample(y), pairwise_moments(y)
        em.append(vech(sample.mean, sample.cov))
        pairs.append(vech(found.mean, found.cov))
    y = rows(60_000, rng, skew=skew)
    for moments, G in ((em, em_gamma(em_sample(y), robust=True)), (pairs, pairwise_gamma(y))):
        ratio = np.cov(np.array(moments).T).diagonal() * len(rows(n, rng, skew=skew)) / np.diag(G)
        assert ratio.min() > 0.75 and ratio.max() < 1.3  # 400 replicates: a standard deviation of .07 (more if skewed)
    normal = np.diag(em_gamma(em_sample(y), robust=False)) / np.diag(em_gamma(em_sample(y), robust=True))
    assert (normal[3:].max() < 0.8) if skew else np.allclose(normal, 1, atol=0.05)
    assert np.diag(zero_filled_gamma(y)).sum() < 0.8 * np.diag(pairwise_gamma(y)).sum()
