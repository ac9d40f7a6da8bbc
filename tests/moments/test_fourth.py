"""Gamma of means and covariances: against lavaan and survey, and the sums over units behind it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.units import lonely, total_products
from cgsurvey.moments.fourth import adf_gamma
from cgsurvey.moments.normal import low

HERE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((HERE / "fourth.json").read_text())
DATA = pd.read_csv(HERE / "fourth.csv")
ONE, WITH = ["y1", "y2", "y3", "x"], ["y1", "y2", "y3", "x", "z"]


def codes(name: str) -> np.ndarray:
    return np.unique(DATA[name], return_inverse=True)[1]


@pytest.mark.parametrize(
    ("case", "columns", "options"),
    [
        ("simple", ONE, {}),
        ("unbiased", ONE, {"unbiased": True}),
        ("fixed", WITH, {"fixed": [3, 4]}),
        ("cluster", ONE, {"cluster": codes("cluster")}),
        ("cluster", ONE, {"cluster": codes("cluster"), "chunk": 7}),
    ],
)
def test_gamma_of_lavaan(case, columns, options):
    G = adf_gamma(DATA[columns].to_numpy(), **options)
    np.testing.assert_allclose(G, np.array(GOLDEN[case]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("case", "cluster"), [("survey_clusters", codes("cluster")), ("survey_rows", None)])
def test_design_of_survey(case, cluster):
    y, w, n, p = DATA[ONE].to_numpy(), DATA["w"].to_numpy(), len(DATA), 4
    acov = adf_gamma(y, weights=w, cluster=cluster, strata=codes("stratum"), chunk=16) / w.sum()
    golden = GOLDEN[case]
    np.testing.assert_allclose(acov[:p, :p], np.array(golden["mean"]), rtol=1e-10, atol=1e-13)
    i, j = low(p)
    # svyvar has divisor n - 1 and holds the whole matrix, by columns.
    full = np.array(golden["cov"])[np.ix_(j * p + i, j * p + i)]
    np.testing.assert_allclose(acov[p:, p:] * (n / (n - 1)) ** 2, full, rtol=1e-10, atol=1e-13)


def test_weights_count_rows():
    rng = np.random.default_rng(1)
    y, times = rng.normal(size=(40, 3)), rng.integers(1, 4, 40)
    unit = np.repeat(np.arange(40), times)
    one = adf_gamma(y, weights=times.astype(float), cluster=np.arange(40))
    np.testing.assert_allclose(one, adf_gamma(y[unit], cluster=unit), rtol=1e-10, atol=1e-12)


def test_fixed_columns_do_not_vary():
    y = DATA[WITH].to_numpy()
    G = adf_gamma(y, fixed=[3, 4])
    i, j = low(5)
    still = np.concatenate([np.arange(5) > 2, (i > 2) & (j > 2)])
    assert not G[still].any()
    assert not G[:, still].any()
    assert (np.diag(G)[:3] < np.diag(adf_gamma(y))[:3]).all()


def test_sums_over_units_by_hand():
    rng = np.random.default_rng(2)
    n, k = 61, 3
    Z, cluster, strata = rng.normal(size=(n, k)), rng.integers(0, 20, n), rng.integers(0, 3, n)
    expected = np.zeros((k, k))
    for h in range(3):
        totals = np.array([Z[(cluster == c) & (strata == h)].sum(0) for c in np.unique(cluster[strata == h])])
        expected += len(totals) * np.cov(totals.T)
    for chunk in (1, 5, 64):
        got = total_products(lambda rows: Z[rows], n, k, cluster=cluster, strata=strata, chunk=chunk)
        np.testing.assert_allclose(got, expected, rtol=1e-10)
    assert lonely(np.array([0, 0, 1, 1]), np.array([0, 1, 2, 2])) == 1


def test_normal_rows_have_the_normal_gamma():
    rng = np.random.default_rng(3)
    S = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.3], [0.2, 0.3, 1.0]])
    y = rng.normal(size=(200_000, 3)) @ np.linalg.cholesky(S).T
    i, j = low(3)
    normal = S[np.ix_(i, i)] * S[np.ix_(j, j)] + S[np.ix_(i, j)] * S[np.ix_(j, i)]
    G = adf_gamma(y)
    np.testing.assert_allclose(G[3:, 3:], normal, atol=0.05)
    np.testing.assert_allclose(G[:3, :3], S, atol=0.02)
    np.testing.assert_allclose(G[:3, 3:], 0, atol=0.05)
