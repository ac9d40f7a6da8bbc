"""Importance-performance analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor

import cgsurvey as cg
from cgsurvey.service_quality.importance_numbers import (
    correlations,
    importance_of,
    quadrant,
    relative_weights,
    resampled,
)

ITEMS = ["a", "b", "c", "d"]


def answers(n: int = 300, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n, 1))
    x = 3 + 0.5 * shared + rng.normal(size=(n, 4)) + np.array([0, 0.5, -0.5, 0.2])
    z = x @ [0.6, 0.3, 0.1, 0.0] + rng.normal(size=n)
    frame = pd.DataFrame(np.clip(np.round(x), 1, 5), columns=ITEMS)
    for k, i in enumerate(ITEMS):
        frame[f"{i}_i"] = np.clip(np.round(4.2 - 0.4 * k + rng.normal(size=n)), 1, 5)
    return frame.assign(sat=z)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return answers()


def find(data: pd.DataFrame, **options) -> cg.ImportancePerformance:
    return cg.ipa(data, **({"performance": ITEMS, "resamples": 200, "seed": 1} | options))


def test_regression_equals_statsmodels(data):
    found = find(data, importance="regression", outcome="sat")
    z = (data[[*ITEMS, "sat"]] - data[[*ITEMS, "sat"]].mean()) / data[[*ITEMS, "sat"]].std()
    fit = sm.OLS(z["sat"], z[ITEMS]).fit()
    np.testing.assert_allclose(found.table["importance"], fit.params, rtol=1e-9)
    assert found.r2 == pytest.approx(fit.rsquared, rel=1e-9)
    X = sm.add_constant(data[ITEMS]).to_numpy()
    np.testing.assert_allclose(found.table["vif"], [variance_inflation_factor(X, k) for k in range(1, 5)], rtol=1e-8)


def test_relative_weights_by_the_nearest_orthogonal_variables(data):
    """Johnson's definition from rows: Z = P Q' of the singular vectors of X, weights from both regressions."""
    z = ((data[[*ITEMS, "sat"]] - data[[*ITEMS, "sat"]].mean()) / data[[*ITEMS, "sat"]].std(ddof=0)).to_numpy()
    X, y = z[:, :4] / np.sqrt(len(z)), z[:, 4] / np.sqrt(len(z))
    P, _, Qt = np.linalg.svd(X, full_matrices=False)
    Z = P @ Qt
    expected = (Z.T @ X).T ** 2 @ (Z.T @ y) ** 2
    found = find(data, importance="relative weights", outcome="sat")
    np.testing.assert_allclose(found.table["importance"], expected, rtol=1e-9)
    ols = sm.OLS(data["sat"], sm.add_constant(data[ITEMS])).fit()
    assert found.table["importance"].sum() == pytest.approx(ols.rsquared, rel=1e-10)
    assert found.r2 == pytest.approx(ols.rsquared, rel=1e-10)


def test_relative_weights_of_uncorrelated_items_are_squared_correlations():
    r = np.array([0.5, 0.3, -0.2])
    np.testing.assert_allclose(relative_weights(np.eye(3), r), r**2, atol=1e-14)


def test_relative_weights_of_equal_items_are_equal():
    R = np.full((3, 3), 0.6) + 0.4 * np.eye(3)
    weights = relative_weights(R, np.full(3, 0.5))
    np.testing.assert_allclose(weights, np.full(3, 3 * 0.25 / (1 + 2 * 0.6) / 3), rtol=1e-12)


def test_correlation_importance(data):
    found = find(data, importance="correlation", outcome="sat")
    np.testing.assert_allclose(found.table["importance"], data[ITEMS].corrwith(data["sat"]), rtol=1e-10)


def test_stated_importance_and_gap(data):
    found = find(data, importance="stated", scale=(1, 5))
    rows = found.table.set_index("item")
    assert rows.loc["a", "importance"] == pytest.approx(data["a_i"].mean())
    assert rows.loc["a", "gap"] == pytest.approx((data["a"] - data["a_i"]).mean())
    by_name = find(data, importance={i: f"{i}_i" for i in ITEMS}, scale=(1, 5))
    pd.testing.assert_frame_equal(found.table, by_name.table)
    assert "gap" not in find(data, scale=(1, 5), importance_scale=(0, 10)).table
    assert "gap" not in find(data.assign(a_i=9), scale=(1, 5)).table
    assert "gap" not in find(data).table  # without scales nobody knows whether they are the same


def test_quadrants():
    p, w = np.array([1.0, 3, 1, 3, 2, np.nan]), np.array([5.0, 5, 1, 1, 3, 1])
    assert quadrant(p, w, np.asarray(2.0), np.asarray(3.0)).tolist() == [0, 1, 2, 3, 1, -1]


@pytest.mark.parametrize(
    ("crosshair", "expected"),
    [("mean", np.mean), ("median", np.median), ("scale", lambda v: 3.0), ((3.2, 3.9), None)],
)
def test_crosshair(data, crosshair, expected):
    found = find(data, crosshair=crosshair, scale=(1, 5))
    columns = [data[ITEMS].mean(), data[[f"{i}_i" for i in ITEMS]].mean()]
    want = crosshair if expected is None else [expected(c) for c in columns]
    np.testing.assert_allclose(found.crosshair, want, rtol=1e-12)


def test_certainty_is_the_share_of_resamples(data):
    table = find(data, importance="correlation", outcome="sat").table
    shares = table[["p_concentrate", "p_keep_up", "p_low_priority", "p_overkill"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    own = [row[f"p_{row['quadrant']}"] for _, row in table.iterrows()]
    np.testing.assert_allclose(table["certainty"], own)


def test_resamples_are_those_of_rows():
    """Moments from counts equal those of the rows drawn, written out."""
    x = answers(60)[[*ITEMS, "sat"]].to_numpy()
    counts = np.random.default_rng(4).multinomial(60, np.full(60, 1 / 60), size=5).astype(float)
    fast = correlations(x, counts)
    for R, c in zip(fast, counts, strict=True):
        np.testing.assert_allclose(R, np.corrcoef(np.repeat(x, c.astype(int), axis=0), rowvar=False), rtol=1e-9)


def test_bootstrap_interval_has_the_spread_of_repeated_samples():
    generator = np.random.default_rng(1)
    x = answers(400, 5)
    _, w = resampled(x[ITEMS].to_numpy(), None, x["sat"].to_numpy(), "regression", 1000, generator)
    repeated = [
        importance_of("regression", np.corrcoef(answers(400, 100 + k)[[*ITEMS, "sat"]].to_numpy(), rowvar=False))
        for k in range(200)
    ]
    np.testing.assert_allclose(w.std(axis=0), np.std(repeated, axis=0), rtol=0.2)


def test_seed_fixes_the_result_and_order_of_rows_does_not_move_estimates(data):
    one, two = find(data), find(data)
    pd.testing.assert_frame_equal(one.tidy(), two.tidy())
    other = find(data[::-1])
    np.testing.assert_allclose(one.table["importance"], other.table["importance"], rtol=1e-12)
    assert cg.ipa(data, performance=ITEMS, resamples=100).meta.seed is not None


def test_units_do_not_matter(data):
    a = find(data, importance="relative weights", outcome="sat")
    b = find(data.assign(a=10 * data["a"] + 3, sat=-2 + 5 * data["sat"]), importance="relative weights", outcome="sat")
    np.testing.assert_allclose(a.table["importance"], b.table["importance"], rtol=1e-9)


def test_missing_answers_count_where_they_can(data):
    holes = data.copy()
    holes.loc[:29, "a"] = np.nan
    found = find(holes, importance="correlation", outcome="sat")
    assert found.table["n"].tolist() == [270, 300, 300, 300]
    whole = holes.dropna()
    np.testing.assert_allclose(found.table["importance"], whole[ITEMS].corrwith(whole["sat"]), rtol=1e-10)
    assert "service_quality.complete_rows" in {n.code for n in found.notes}


def test_suppression_and_collinearity_are_told(data):
    twin = data["a"] + 0.05 * np.random.default_rng(0).normal(size=len(data))
    z = data["a"] - 0.8 * (twin - data["a"]) * 20 + data["sat"]
    codes = {n.code for n in find(data.assign(b=twin, z=z), importance="regression", outcome="z").notes}
    assert "service_quality.suppressors" in codes and "service_quality.collinear" in codes


def test_path_importance_is_the_standardised_total_effect():
    rng = np.random.default_rng(6)
    n = 400
    x = rng.normal(size=n)
    m = 0.5 * x + rng.normal(size=n)
    y = 0.4 * m + 0.2 * x + rng.normal(size=n)
    frame = pd.DataFrame({"x": x, "m": m, "y": y})
    fit = cg.sem("m ~ x\ny ~ m + x", frame)
    found = cg.ipa(frame, performance=["x", "m"], importance="path", outcome="y", fit=fit, resamples=2000, seed=3)
    std = fit.standardized().set_index(["lhs", "op", "rhs"])["estimate"]
    total = std["y", "~", "x"] + std["y", "~", "m"] * std["m", "~", "x"]
    np.testing.assert_allclose(found.table["importance"], [total, std["y", "~", "m"]], rtol=1e-10)
    assert found.r2 == pytest.approx(fit.r2["y"])
    effects = cg.mediation(fit, causes="x", outcomes="y", ci_type="monte.carlo", seed=1).standard
    width = effects.loc[effects["effect"] == "total", "std_error"].iloc[0] * 2 * 1.96
    row = found.table.iloc[0]
    assert row["importance_upper"] - row["importance_lower"] == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"importance": "regresion", "outcome": "sat"}, cg.OptionError, "Did you mean 'regression'"),
        ({"importance": "regression"}, cg.OptionError, 'outcome="sat1"'),
        ({"outcome": "sat"}, cg.OptionError, "derived from"),
        ({"importance": "path", "outcome": "sat"}, cg.OptionError, "fit="),
        ({"suffix": "_z"}, cg.ColumnNotFoundError, "suffix '_z'"),
        ({"importance": {"a": "a_i"}}, cg.OptionError, "no stated importance of b, c, d"),
        ({"crosshair": "scale"}, cg.OptionError, "ends of the scale"),
        ({"crosshair": "centre"}, cg.OptionError, "crosshair='centre'"),
        ({"crosshair": (3,)}, cg.OptionError, "two numbers"),
        ({"crosshair": "scale", "importance": "correlation", "outcome": "sat", "scale": (1, 5)}, cg.OptionError, "has"),
        ({"performance": ["a"]}, cg.OptionError, "two items"),
        ({"performance": ["a", "bb"]}, cg.ColumnNotFoundError, "bb"),
        ({"resamples": 5}, cg.OptionError, "100 or more"),
        ({"importance": "correlation", "outcome": "satt"}, cg.ColumnNotFoundError, "Did you mean 'sat'"),
    ],
)
def test_bad_input_is_told(data, change, error, words):
    with pytest.raises(error, match=words):
        find(data, **change)


def test_samples_that_cannot_carry_it(data):
    with pytest.raises(cg.SampleError, match="does not vary"):
        find(data.assign(a=3), importance="correlation", outcome="sat")
    with pytest.raises(cg.SampleError, match="linear combinations"):
        find(data.assign(a=data["b"] + data["c"]), importance="regression", outcome="sat")
    with pytest.raises(cg.SampleError, match="nobody answered"):
        find(data.assign(a=np.nan))
    with pytest.raises(cg.SampleError, match="6 are needed"):
        find(data.head(4), importance="correlation", outcome="sat")
