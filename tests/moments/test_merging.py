"""Moments of parts merge into those of the whole, in any order and any cut."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgsurvey.moments.merging import PartMoments, complete_moments, moments_of


def assert_same(a: PartMoments, b: PartMoments) -> None:
    assert a.weight == pytest.approx(b.weight, rel=1e-12)
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(a.products, b.products, rtol=1e-10, atol=1e-9)


@given(st.integers(0, 2**31), st.integers(2, 60), st.lists(st.integers(1, 59), max_size=4), st.booleans())
def test_parts_merge_into_the_whole(seed, n, cuts, weighted):
    rng = np.random.default_rng(seed)
    y = rng.normal(5.0, 2.0, (n, 3))
    w = rng.uniform(0.2, 3.0, n) if weighted else None
    edges = sorted({0, n, *(c for c in cuts if c < n)})
    parts = [moments_of(y[a:b], None if w is None else w[a:b]) for a, b in pairwise(edges)]
    whole = moments_of(y, w)
    assert_same(reduce(PartMoments.merge, parts), whole)
    assert_same(reduce(PartMoments.merge, parts[::-1]), whole)
    assert_same(complete_moments(y, w, chunk=7), whole)


def test_moments_are_those_of_numpy():
    rng = np.random.default_rng(1)
    y, w = rng.normal(size=(50, 4)), rng.integers(1, 5, 50).astype(float)
    found = moments_of(y, w)
    np.testing.assert_allclose(found.mean, np.average(y, axis=0, weights=w))
    np.testing.assert_allclose(found.products / found.weight, np.cov(y.T, aweights=w, ddof=0))


def test_a_large_mean_costs_no_digits():
    y = np.random.default_rng(2).normal(size=(5000, 2))
    near, far = (complete_moments(y + shift, chunk=300) for shift in (0.0, 1e8))
    np.testing.assert_allclose(far.products, near.products, rtol=1e-6)
