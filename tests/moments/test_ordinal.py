"""Statistics of ordered and numeric variables: against lavaan and survey, what must not matter, recovery."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from cgsurvey.base.errors import SampleError
from cgsurvey.moments.fourth import adf_gamma
from cgsurvey.moments.ordinal import OrdinalMoments, ordinal_moments, unused_categories

HERE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((HERE / "ordinal.json").read_text())
DATA, HOLES = (pd.read_csv(HERE / f"ordinal{name}.csv") for name in ("", "_holes"))
LEVELS = {"a": 5, "b": 3, "c": 2, "u": 0, "v": 0}
MIXED = ["u", "a", "b", "v", "c"]


def arrays(frame: pd.DataFrame, columns: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Values, ordered ones from 0, and numbers of categories."""
    y, levels = frame[columns].to_numpy(float), np.array([LEVELS[c] for c in columns])
    y[:, levels > 0] -= 1
    return y, levels


def golden(case: dict) -> tuple[np.ndarray, np.ndarray]:
    return np.array(case["s"], float), np.array(case["gamma"], float)


def simulated(
    n: int, p: int, seed: int, r: float = 0.5, cuts: tuple[float, ...] = (-1.2, -0.4, 0.3, 1.0)
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    latent = np.sqrt(r) * rng.normal(size=(n, 1)) + np.sqrt(1 - r) * rng.normal(size=(n, p))
    return (latent[:, :, None] > np.array(cuts)).sum(axis=2).astype(float)


def close(one: OrdinalMoments, other: OrdinalMoments, rtol: float = 1e-8) -> None:
    np.testing.assert_allclose(one.s, other.s, rtol=rtol, atol=1e-10)
    np.testing.assert_allclose(one.gamma, other.gamma, rtol=rtol, atol=1e-8)


@pytest.mark.parametrize(
    ("case", "frame", "columns", "options"),
    [
        ("plain", DATA, ["a", "b", "c"], {}),
        ("mixed", DATA, MIXED, {}),
        ("weights", DATA, MIXED, {"weights"}),
        ("given", DATA, MIXED, {"x"}),
        ("given_weights", DATA, MIXED, {"x", "weights"}),
        ("holes", HOLES, MIXED, {"pairwise"}),
        ("given_holes", HOLES, MIXED, {"x", "pairwise"}),
    ],
)
def test_lavaan(case, frame, columns, options):
    y, levels = arrays(frame, columns)
    found = ordinal_moments(
        y,
        levels,
        x=frame[["x1", "x2"]].to_numpy(float) if "x" in options else None,
        weights=frame["w"].to_numpy() if "weights" in options else None,
        pairwise="pairwise" in options,
    )
    s, gamma = golden(GOLDEN[case])
    # lavaan stops its searches of correlations early; thresholds are exact.
    np.testing.assert_allclose(found.s, s, rtol=1e-7, atol=2e-7)
    np.testing.assert_allclose(found.gamma / (found.size / len(y)), gamma, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("case", GOLDEN["tables"], ids=lambda c: "-".join(map(str, c["cells"])))
def test_small_tables_of_lavaan(case):
    y = np.repeat([[0, 0], [1, 0], [0, 1], [1, 1]], case["cells"], axis=0).astype(float)
    found = ordinal_moments(y, np.array([2, 2]))
    s, gamma = golden(case)
    np.testing.assert_allclose(found.s, s, atol=1e-7)
    assert found.empty[0, 1] == case["cells"].count(0)
    if case["cells"].count(0) == 1:
        assert found.adjusted == ((0, 1),)
        np.testing.assert_allclose(found.gamma, gamma, rtol=1e-6)
    else:
        assert found.perfect == ((0, 1),)


@pytest.mark.parametrize("case", ["clusters", "rows"])
def test_design_of_survey(case):
    """Thresholds by the delta method from svymean of cumulative shares; means and covariances of numeric variables."""
    y, levels = arrays(DATA, ["a", "b", "c", "u", "v"])
    found = ordinal_moments(
        y,
        levels,
        weights=DATA["w"].to_numpy(),
        strata=DATA["stratum"].to_numpy(),
        cluster=DATA["cluster"].to_numpy() if case == "clusters" else None,
    )
    assert found.gamma is not None
    acov = found.gamma / found.size
    golden = GOLDEN["survey"][case]
    np.testing.assert_allclose(acov[:9, :9], np.array(golden["acov"]), rtol=1e-7, atol=1e-11)
    n, k = len(y), len(found.s)
    at = [9, k - 1, 10]  # variance of u, covariance, variance of v
    full = np.array(golden["cov"])[np.ix_([0, 1, 3], [0, 1, 3])]
    np.testing.assert_allclose(acov[np.ix_(at, at)] * (n / (n - 1)) ** 2, full, rtol=1e-7, atol=1e-11)


def test_numeric_variables_alone_have_the_gamma_of_means_and_covariances():
    y = HOLES[["u", "v", "x1"]].dropna().to_numpy()
    unit = np.arange(len(y))
    found = ordinal_moments(y, np.zeros(3, int), cluster=unit)
    G = adf_gamma(y, cluster=unit)
    order = [0, 1, 2, 3, 6, 8, 4, 5, 7]
    sign = np.repeat([-1.0, 1.0], [3, 6])
    np.testing.assert_allclose(found.gamma, G[np.ix_(order, order)] * np.outer(sign, sign), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(found.cov, np.cov(y.T, bias=True), rtol=1e-12)


def test_clusters_by_linearisation():
    """Each unit's influence by dropping it from the weights, a little at a time."""
    y, w = simulated(60, 3, 4), np.random.default_rng(5).uniform(0.5, 2, 60)
    cluster, strata, levels = np.arange(60) // 3, np.arange(60) // 30, np.full(3, 5)
    s = ordinal_moments(y, levels, weights=w, gamma=False).s
    shift = 1e-5
    moved = []
    for c in range(20):
        up, down = (w * np.where(cluster == c, 1 + h, 1) for h in (shift, -shift))
        moved.append(
            (
                ordinal_moments(y, levels, weights=up, gamma=False).s
                - ordinal_moments(y, levels, weights=down, gamma=False).s
            )
            / (2 * shift)
        )
    acov = np.zeros((len(s), len(s)))
    for h in range(2):
        part = np.array(moved)[h * 10 : h * 10 + 10]
        acov += 10 * np.cov(part.T)
    found = ordinal_moments(y, levels, weights=w, cluster=cluster, strata=strata)
    assert found.gamma is not None
    t = 12
    np.testing.assert_allclose((found.gamma / found.size)[:t, :t], acov[:t, :t], rtol=1e-6, atol=1e-9)
    # Correlations rest on products of scores in place of second derivatives: the same in expectation.
    ratio = np.diag(found.gamma / found.size)[t:] / np.diag(acov)[t:]
    assert (np.abs(ratio - 1) < 0.5).all()


def test_order_of_rows_and_variables_does_not_matter():
    y = simulated(150, 4, 6)
    y[:, 3] = np.minimum(y[:, 3], 2)
    levels = np.array([5, 5, 5, 3])
    one = ordinal_moments(y, levels)
    close(ordinal_moments(y[np.random.default_rng(0).permutation(150)], levels), one)
    back = ordinal_moments(y[:, ::-1], levels[::-1])
    np.testing.assert_allclose(back.cov[::-1, ::-1], one.cov, atol=1e-11)
    assert back.gamma is not None and one.gamma is not None
    np.testing.assert_allclose(np.sort(np.diag(back.gamma)), np.sort(np.diag(one.gamma)), rtol=1e-9)


def test_doubled_rows_change_nothing_but_n():
    y, levels = arrays(DATA, MIXED)
    one, two = ordinal_moments(y, levels), ordinal_moments(np.vstack([y, y]), levels)
    assert two.n == 2 * one.n
    close(two, one)
    heavy = ordinal_moments(y, levels, weights=np.full(len(y), 2.0))
    assert heavy.gamma is not None and one.gamma is not None
    np.testing.assert_allclose(heavy.gamma / heavy.size, one.gamma / one.size, rtol=1e-9, atol=1e-11)


def test_an_item_turned_around_changes_signs():
    y = simulated(120, 3, 7)
    turned = y.copy()
    turned[:, 1] = 4 - turned[:, 1]
    one, two = (ordinal_moments(z, np.full(3, 5)) for z in (y, turned))
    sign = np.array([1.0, -1.0, 1.0])
    np.testing.assert_allclose(two.cov, one.cov * np.outer(sign, sign), atol=1e-11)
    np.testing.assert_allclose(two.thresholds[4:8], -one.thresholds[7:3:-1], atol=1e-12)


def test_weights_of_zero_and_one_select_rows():
    y, levels = arrays(DATA, MIXED)
    w = (np.arange(len(y)) % 3 > 0).astype(float)
    one, two = ordinal_moments(y, levels, weights=w), ordinal_moments(y[w > 0], levels)
    np.testing.assert_allclose(one.s, two.s, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(one.gamma, two.gamma, rtol=1e-7, atol=1e-9)


def test_population_values_return():
    y = simulated(20_000, 4, 8)
    found = ordinal_moments(y, np.full(4, 5))
    assert found.gamma is not None
    error = np.sqrt(np.diag(found.gamma) / found.n)
    truth = np.concatenate([np.tile([-1.2, -0.4, 0.3, 1.0], 4), np.full(6, 0.5)])
    assert (np.abs(found.s - truth) < 4 * error).all()


def test_errors_are_those_of_repeated_samples():
    estimates, errors = [], []
    for seed in range(150):
        found = ordinal_moments(simulated(250, 3, 100 + seed, cuts=(-0.5, 0.6)), np.full(3, 3))
        assert found.gamma is not None
        estimates.append(found.s)
        errors.append(np.diag(found.gamma) / found.n)
    ratio = np.mean(errors, axis=0) / np.var(estimates, axis=0)
    assert ((ratio > 0.7) & (ratio < 1.45)).all()


def test_clusters_enlarge_errors():
    """Rows in twos that are alike: each error is that of half the rows."""
    y = simulated(200, 3, 9)
    twice = np.repeat(y, 2, axis=0)
    one = ordinal_moments(y, np.full(3, 5))
    two = ordinal_moments(twice, np.full(3, 5), cluster=np.repeat(np.arange(200), 2))
    assert one.gamma is not None
    np.testing.assert_allclose(two.gamma, 2 * one.gamma * 200 / 199, rtol=1e-8, atol=1e-9)


def test_what_cannot_be_estimated_is_said():
    y = simulated(80, 3, 10)
    assert unused_categories(np.where(y == 2, 3, y), np.full(3, 5)) == ((0, 2), (1, 2), (2, 2))
    with pytest.raises(SampleError, match="category 3 of variable 1"):
        ordinal_moments(np.where(y == 2, 3, y), np.full(3, 5))
    y[0, 0] = np.nan
    with pytest.raises(SampleError, match="pairwise"):
        ordinal_moments(y, np.full(3, 5))
    same = np.column_stack([y[1:, 1], y[1:, 1]])
    found = ordinal_moments(same, np.full(2, 5))
    assert found.bound == ((0, 1),)
    assert found.cov[0, 1] == pytest.approx(0.999)


def test_thresholds_have_a_closed_form():
    y = simulated(90, 2, 11)
    found = ordinal_moments(y, np.full(2, 5), gamma=False)
    share = np.cumsum(np.bincount(y[:, 0].astype(int)))[:-1] / 90
    np.testing.assert_allclose(found.thresholds[:4], ndtri(share), rtol=1e-14)
    assert found.gamma is None
    assert found.variable.tolist() == [0] * 4 + [1] * 4


@pytest.mark.reference
def test_polychoric_matrices_of_the_battery(shared):
    for name in ("hs_cat2", "hs_cat3", "cg_dev"):
        case = json.loads((shared / "reference/dev/cases" / f"polychoric_{name}.json").read_text())
        frame = pd.read_csv(shared / "reference/dev/data" / case["data"]["file"])[case["data"]["variables"]].dropna()
        y = frame.to_numpy(float) - frame.to_numpy().min(axis=0)
        found = ordinal_moments(y, y.max(axis=0).astype(int) + 1)
        assert found.gamma is not None
        np.testing.assert_allclose(found.cov, np.array(case["expected"]["cor"]["values"]), atol=1e-7)
        np.testing.assert_allclose(found.thresholds, list(case["expected"]["thresholds"].values()), atol=1e-12)


def batteries(shared: Path) -> list[dict]:
    cases = [json.loads(f.read_text()) for f in sorted((shared / "reference/dev/cases").glob("*.json"))]
    return [c for c in cases if c["family"] in ("ordinal", "multigroup_ordinal") and "sample" in c.get("expected", {})]


@pytest.mark.reference
def test_samples_of_the_battery(shared):
    """Correlations, means and thresholds of all cases with ordered variables."""
    seen = 0
    for case in batteries(shared):
        options, sample = case["call"]["options"], case["expected"]["sample"]
        frame = pd.read_csv(shared / "reference/dev/data" / case["data"]["file"], na_values=["NA"])
        blocks = [(frame, sample)]
        if "group" in options:
            blocks = [(frame[frame[options["group"]] == label], part) for label, part in sample.items()]
        for rows, part in blocks:
            given = "res.cov" in part
            names = part["res.cov" if given else "cov"]["cols"]
            covariates = part["cov.x"]["cols"] if given else []
            pairwise = options.get("missing") == "pairwise"
            rows = rows[[*names, *covariates]]
            rows = rows.dropna(how="all") if pairwise else rows.dropna()
            ordered = names if options["ordered"] is True else options["ordered"]
            levels = np.array([rows[c].nunique() if c in ordered else 0 for c in names])
            y = rows[names].to_numpy(float)
            y[:, levels > 0] -= np.nanmin(y[:, levels > 0], axis=0)
            x = rows[covariates].to_numpy(float) if given else None
            found = ordinal_moments(y, levels, x=x, pairwise=pairwise, gamma=False)
            key = "res." if given else ""
            np.testing.assert_allclose(found.cov, np.array(part[f"{key}cov"]["values"]), rtol=2e-7, atol=2e-7)
            np.testing.assert_allclose(found.mean, list(part["res.int" if given else "mean"].values()), atol=1e-7)
            np.testing.assert_allclose(found.thresholds, list(part[f"{key}th"].values()), atol=1e-7)
            seen += 1
    assert seen >= 20
