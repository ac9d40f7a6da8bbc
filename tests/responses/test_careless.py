"""Indices of careless answering: closed forms, brute force, what must not matter, and the level of the tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from cgsurvey.responses.screening import careless, consistency, distances
from cgsurvey.responses.screening.random_answers import judge

nan = np.nan
LIKERT = arrays(float, (9, 7), elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, nan]))


def factor_answers(n: int, seed: int, items: int = 24, loading: float = 0.7) -> np.ndarray:
    """Normal answers to four uncorrelated scales."""
    rng = np.random.default_rng(seed)
    f = np.repeat(rng.standard_normal((n, 4)), items // 4, axis=1)
    return loading * f + np.sqrt(1 - loading**2) * rng.standard_normal((n, items))


# ---- patterns ------------------------------------------------------------------------------------------------------


def test_repeats_are_counted_over_gaps():
    X = np.array([[1, 1, 2, 2, 2], [1, nan, 1, 2, nan], [nan] * 5, [3, nan, nan, nan, nan]])
    same, chances = careless.repeats(X)
    assert same.tolist() == [3, 1, 0, 0]
    assert chances.tolist() == [4, 2, 0, 0]


@given(LIKERT)
@settings(max_examples=50, deadline=None)
def test_best_match_is_the_largest_share_of_equal_answers(X):
    share, other = careless.best_match(X)
    for i, x in enumerate(X):
        found = []
        for j, y in enumerate(X):
            both = ~np.isnan(x) & ~np.isnan(y)
            if i != j and both.sum() >= max(0.5 * (~np.isnan(x)).sum(), 1):
                found.append(((x == y) & both).sum() / both.sum())
        if found:
            assert share[i] == pytest.approx(max(found), abs=1e-6) and other[i] >= 0
        else:
            assert np.isnan(share[i]) and other[i] == -1


def test_best_match_works_in_blocks_and_passes_over_measurements(monkeypatch):
    X = np.random.default_rng(1).integers(1, 6, (60, 8)).astype(float)
    X[40] = X[3]
    whole = careless.best_match(X)
    monkeypatch.setattr(careless, "CELLS", 7 * len(X))
    np.testing.assert_array_equal(careless.best_match(X), whole)
    assert whole[0][[3, 40]].tolist() == [1, 1] and whole[1][[3, 40]].tolist() == [40, 3]
    measured = np.column_stack([X, np.random.default_rng(2).normal(size=60)])
    np.testing.assert_array_equal(careless.best_match(measured), whole)
    assert np.isnan(careless.best_match(measured[:, 8:])[0]).all()
    assert np.isnan(careless.best_match(X[:1])[0]).all()


# ---- consistency within a person -----------------------------------------------------------------------------------


def test_row_correlation_is_that_of_numpy_over_complete_pairs():
    rng = np.random.default_rng(3)
    A, B = rng.normal(size=(2, 20, 9))
    A[2, 4] = B[2, 7] = nan
    A[5, 2:] = nan
    A[6] = 0.1 + 0.2
    found = consistency.row_correlation(A, B)
    assert found[0] == pytest.approx(np.corrcoef(A[0], B[0])[0, 1])
    both = ~np.isnan(A[2] + B[2])
    assert found[2] == pytest.approx(np.corrcoef(A[2, both], B[2, both])[0, 1])
    assert np.isnan(found[[5, 6]]).all()


def test_even_odd_steps_the_correlation_of_half_scores_up():
    blocks = [np.arange(0, 4), np.arange(4, 7), np.arange(7, 9), np.array([9])]
    X = np.random.default_rng(4).integers(1, 6, (30, 10)).astype(float)
    X[0, 1] = nan
    halves = [[np.nanmean(X[:, b[k::2]], axis=1) for b in blocks[:3]] for k in (0, 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.array([np.corrcoef([h[i] for h in halves[0]], [h[i] for h in halves[1]])[0, 1] for i in range(30)])
        want = np.where(np.isnan(r), nan, np.maximum(2 * r / (1 + r), -1))
    np.testing.assert_allclose(consistency.even_odd(X, blocks), want, atol=1e-10)
    assert np.isnan(consistency.even_odd(X, blocks[:2])).all()
    assert np.isnan(consistency.even_odd(X, [])).all()
    perfect = np.array([[1.0, 1, 3, 3, 5, 5]])
    assert consistency.even_odd(perfect, [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])])[0] == pytest.approx(1)
    worst = np.array([[1.0, 5, 3, 3, 5, 1]])
    assert consistency.even_odd(worst, [np.array([0, 1]), np.array([2, 3]), np.array([4, 5])])[0] == -1


def test_synonyms_and_antonyms_are_the_pairs_beyond_the_limit():
    X = factor_answers(400, 5, items=12, loading=0.9)
    X[:, [1, 4]] *= -1
    R = consistency.correlations(X)
    np.testing.assert_allclose(R, np.corrcoef(X.T), atol=1e-12)
    near, far = consistency.pairs(R, 0.6)
    assert near.tolist() == [[0, 2], [3, 5], [6, 7], [6, 8], [7, 8], [9, 10], [9, 11], [10, 11]]
    assert far.tolist() == [[0, 1], [1, 2], [3, 4], [4, 5]]
    one = consistency.over_pairs(X, near)[7]
    assert one == pytest.approx(np.corrcoef(X[7, near[:, 0]], X[7, near[:, 1]])[0, 1])
    assert np.median(consistency.over_pairs(X, near)) > 0.6 > -0.4 > np.median(consistency.over_pairs(X, far))
    assert np.isnan(consistency.over_pairs(X, near[:2])).all()
    assert consistency.pairs(np.full((3, 3), nan), 0.6)[0].shape == (0, 2)


def test_person_total_leaves_the_person_out():
    X = np.random.default_rng(6).integers(1, 6, (12, 8)).astype(float) + np.arange(8) / 2
    X[0, 3] = nan
    found = consistency.person_total(X)
    rest = np.nanmean(np.delete(X, 0, axis=0), axis=0)
    given_ = ~np.isnan(X[0])
    assert found[0] == pytest.approx(np.corrcoef(X[0, given_], rest[given_])[0, 1])
    assert np.isnan(consistency.person_total(X[:1])).all()


def test_contradictions_are_answers_on_one_side_to_items_of_both_keyings():
    X = np.array([[5, 4, 5, 1], [5, 4, 1, 2], [3, 5, 5, 3], [1, 2, 1, nan], [5, 5, 5, 5]])
    count, judged = consistency.contradictions(X, np.full(4, 3.0), [(np.array([0, 1]), np.array([2, 3]))])
    assert count.tolist() == [2, 0, 1, 2, 4]
    assert judged.tolist() == [4, 4, 4, 2, 4]


def test_items_that_go_against_their_construct_are_seen():
    X = factor_answers(500, 7, items=20)[:, :5]
    X[:, [1, 3]] *= -1
    assert np.flatnonzero(consistency.opposed(consistency.correlations(X))).tolist() == [1, 3]
    assert consistency.opposed(consistency.correlations(X[:, :2])).tolist() == [False, True]
    assert not consistency.opposed(np.full((2, 2), nan)).any()


@given(LIKERT, st.permutations(range(9)), st.floats(0.5, 20), st.floats(-50, 50))
@settings(max_examples=50, deadline=None)
def test_units_and_order_of_rows_do_not_matter(X, order, slope, shift):
    blocks = [np.array([0, 1]), np.array([2, 3]), np.array([4, 5, 6])]
    for index in (consistency.person_total, lambda x: consistency.even_odd(x, blocks)):
        plain, moved = index(X), index(shift + slope * X)
        np.testing.assert_allclose(moved, plain, atol=1e-6)
        np.testing.assert_allclose(index(X[list(order)]), plain[list(order)], atol=1e-9)


# ---- the two hypotheses: careful answering, random order -----------------------------------------------------------


def keys(items: int, orders: int = 199) -> np.ndarray:
    return np.random.default_rng(99).random((orders, items))


def verdicts(X: np.ndarray, start: np.ndarray | None = None, alpha: float = 0.0, scale: np.ndarray | None = None):
    p = X.shape[1]
    start = np.ones(len(X), dtype=bool) if start is None else start
    scale = np.zeros(p, dtype=int) if scale is None else scale
    return judge(X, start, scale, keys(p), alpha=alpha, order_alpha=0.05)


def test_the_distance_is_that_from_the_others():
    X = np.random.default_rng(8).normal(size=(40, 3)) @ np.random.default_rng(9).normal(size=(3, 3))
    start = np.arange(40) < 30
    found = verdicts(X, start)
    for i in (0, 17, 35):
        rest = np.delete(X[start], i, axis=0) if start[i] else X[start]
        z = X[i] - rest.mean(axis=0)
        assert found.d2[i] == pytest.approx(z @ np.linalg.solve(np.cov(rest.T), z))
    np.testing.assert_array_equal(found.reference, start)


def test_the_distance_of_shuffled_answers_is_that_from_the_others_too():
    X = np.random.default_rng(10).normal(size=(30, 3))
    found, ranks = verdicts(X), keys(3).argsort(axis=1)
    for i in (0, 11):
        rest = np.delete(X, i, axis=0)
        Y = X[i][ranks] - rest.mean(axis=0)
        d2 = np.einsum("bi,ij,bj->b", Y, np.linalg.inv(np.cov(rest.T)), Y)
        assert found.order_p[i] == pytest.approx((1 + (d2 <= found.d2[i] * (1 + 1e-9)).sum()) / 200)


def test_careful_answering_is_rejected_at_its_level():
    # The p-value from the F distribution is exact under normality; the spread can only raise it.
    p = np.concatenate([verdicts(factor_answers(150, s)).misfit_p for s in range(20)])
    for level in (0.025, 0.1):
        assert (p < level).mean() < level + 3 * np.sqrt(level / len(p))
    assert (p < 0.1).mean() > 0.06
    order_p = verdicts(factor_answers(300, 5, items=48)).order_p
    assert np.median(order_p) <= 0.01 and (order_p <= 0.05).mean() > 0.7


def test_random_order_is_rejected_at_its_level_whatever_the_answers_are():
    rng = np.random.default_rng(11)
    odd = 2 * np.sign(rng.normal(size=(2000, 24))) + rng.normal(size=(2000, 24)) ** 2
    p = verdicts(np.vstack([factor_answers(300, 1), odd]), np.arange(2300) < 300).order_p[300:]
    assert stats.kstest(p, "uniform").statistic < 0.05
    assert abs((p <= 0.05).mean() - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_those_who_answer_at_random_leave_the_reference_and_unmask_each_other():
    X = factor_answers(300, 2)
    X[:100] = 1.7 * np.random.default_rng(12).normal(size=(100, 24))
    once, again = verdicts(X), verdicts(X, alpha=0.025)
    hidden, caught = ((v.misfit_p < 0.025) & (v.order_p > 0.05) for v in (once, again))
    assert hidden[:100].mean() < 0.7 and caught[:100].mean() > 0.8
    assert caught[100:].mean() < 0.05
    assert again.reference[100:].mean() > 0.95 and again.reference.sum() >= 150


def test_gaps_are_judged_by_what_was_answered():
    X = factor_answers(300, 3)
    whole = verdicts(X)
    holes = X.copy()
    holes[0, [3, 9]] = nan
    holes[1] = nan
    found = verdicts(holes)
    assert found.d2[2] == pytest.approx(whole.d2[2], rel=0.05)
    seen = np.delete(np.arange(24), [3, 9])
    assert found.d2[0] == pytest.approx(verdicts(X[:, seen]).d2[0], rel=0.02)
    assert np.isnan([found.d2[1], found.misfit_p[1], found.order_p[1]]).all()


def test_answers_are_shuffled_among_items_of_one_scale_only():
    X = factor_answers(200, 4)
    X[:, 12:] = 50 + 10 * X[:, 12:]
    scale = np.repeat([0, 1], 12)
    apart, together = verdicts(X, scale=scale), verdicts(X)
    assert together.order_p.max() <= 0.01  # an answer of 50 on a scale around 0 fits nobody
    assert apart.order_p.max() > 0.05
    same = X.copy()
    same[0, :12], same[0, 12:] = 1.0, 50.0
    assert np.isnan(verdicts(same, scale=scale).order_p[0])


def test_too_few_others_judge_nobody():
    X = np.random.default_rng(13).normal(size=(10, 9))
    assert np.isnan(verdicts(X).misfit_p).all()
    assert np.isnan(verdicts(np.ones((30, 4))).order_p).all()
    nobody = verdicts(X, np.zeros(10, dtype=bool))
    assert np.isnan(nobody.d2).all() and not nobody.reference.any()


# ---- values of R ---------------------------------------------------------------------------------------------------


@pytest.mark.reference
@pytest.mark.parametrize("case", ["mv_bfiA", "mv_hs", "mv_satact"])
def test_mahalanobis_distances_of_r(shared: Path, case: str):
    battery = shared / "reference" / "dev"
    wanted = json.loads((battery / "reliability" / f"{case}.json").read_text(encoding="utf-8"))
    data, values = wanted["data"], wanted["expected"]
    X = pd.read_csv(battery / "data" / data["file"])[data["variables"]].dropna().to_numpy(dtype=float)
    found = distances.mahalanobis(X)
    assert len(X) == data["n_used"]
    np.testing.assert_allclose(found.d2[:20], values["mahalanobis_d2_first20"], rtol=1e-9)
    np.testing.assert_allclose(found.p_value[:20], values["mahalanobis_p_first20"], rtol=1e-9)
    assert found.d2.max() == pytest.approx(values["mahalanobis_max"], rel=1e-9)
    assert (found.p_value < 0.001).sum() == values["n_outliers_p001"]
