"""Imputation: draws stay among the answers, seeds, what is refused, recovery where answers are missing at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.moments.chained import donors, normal_scores

ITEMS = list("abcd")


def latent(n: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.8 * rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, 4))


def likert(n: int = 300, seed: int = 1) -> pd.DataFrame:
    """Answers on 1..5, skewed."""
    return pd.DataFrame(1.0 + np.digitize(latent(n, seed), [-1.8, -1.1, -0.4, 0.6]), columns=ITEMS)


def holes(frame: pd.DataFrame, share: float = 0.15, seed: int = 2) -> pd.DataFrame:
    gone = np.random.default_rng(seed).random(frame.shape) < share
    gone[:, 0] &= ~gone.all(axis=1)
    return frame.mask(gone)


def codes(found: cg.Imputations) -> list[str]:
    return [n.code for n in found.notes]


def test_answers_stay_and_gaps_are_filled_with_answers_that_were_given():
    data = holes(likert())
    found = cg.impute(data, 3, seed=1)
    assert len(found) == 3 and [type(f) for f in found] == [pd.DataFrame] * 3
    for frame in found:
        assert not frame.isna().any().any()
        pd.testing.assert_frame_equal(frame.where(data.notna()), data)
        assert all(set(frame[i]) <= set(data[i].dropna()) for i in ITEMS)
    assert not found[0].equals(found[1])
    assert list(found.log["n_missing"]) == list(data.isna().sum()) and found.log["ordered"].all()
    assert len(found[1:]) == 2 and "m=3" in repr(found)


def test_measurements_are_matched_as_they_are():
    data = holes(pd.DataFrame(latent(200), columns=ITEMS))
    found = cg.impute(data, 2, seed=1)
    assert not found.log["ordered"].any()
    assert all(set(found[0][i]) == set(data[i].dropna()) for i in ITEMS)
    forced = cg.impute(holes(likert()), 2, seed=1, ordered=["a", "b"])
    assert list(forced.log["ordered"]) == [True, True, False, False]


def test_same_seed_same_numbers_and_no_global_state():
    data = holes(likert(150))
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    one = cg.impute(data, 3, seed=9)
    assert np.array_equal(before, np.random.get_state()[1])
    np.random.seed(6)
    again, more, other = cg.impute(data, 3, seed=9), cg.impute(data, 5, seed=9), cg.impute(data, 3, seed=10)
    for k in range(3):
        pd.testing.assert_frame_equal(one[k], again[k])
        pd.testing.assert_frame_equal(one[k], more[k])
    assert not one[0].equals(other[0])
    pd.testing.assert_frame_equal(cg.impute(data, 3, seed=9, n_jobs=2)[2], one[2])


def test_donors_who_are_equally_near_are_equally_likely():
    rng = np.random.default_rng(1)
    have = np.repeat([0.0, 1.0, 2.0], 30)
    taken = donors(have, np.full(9000, 1.0), 5, rng)
    assert set(have[taken]) == {1.0}
    assert len(set(taken)) == 30 and np.bincount(taken)[30:60].min() > 0
    several = np.concatenate([donors(have, np.array([1.0]), 5, rng) for _ in range(6000)])
    assert np.bincount(several, minlength=90)[30:60].min() > 0.6 * 200
    assert set(donors(np.array([0.0, 1.0, 2.0, 3.0]), np.array([-9.0] * 50), 2, rng)) == {0, 1}
    assert set(donors(np.array([0.0, 1.0, 2.0, 3.0]), np.array([9.0] * 50), 2, rng)) == {2, 3}
    assert set(donors(np.array([0.0, 1.0]), np.array([0.4] * 50), 5, rng)) == {0, 1}


def test_normal_scores_are_the_means_between_thresholds():
    found = normal_scores(np.array([1.0, 2.0, 2.0, 3.0, np.nan]))
    assert list(found) == [1, 2, 3]
    np.testing.assert_allclose(list(found.values()), [-1.2711, 0, 1.2711], atol=1e-4)  # -phi(-.6745)/.25


def test_any_name_of_an_item_and_other_columns():
    data = holes(likert()).rename(columns={"a": "pe dis-1", "b": "class", "c": "1st", "d": "x y"})
    data["g"] = ["north", "south"] * 150
    found = cg.impute(data, 2, seed=1)
    assert list(found[0].columns) == list(data.columns) and found[0]["g"].equals(data["g"])
    assert "moments.imputed_items_guessed" in codes(found)


def test_what_one_item_repeats_is_refused_and_what_it_nearly_repeats_is_imputed():
    data = holes(likert())
    with pytest.raises(cg.NotPositiveDefiniteError, match="total"):
        cg.impute(data.assign(total=data.sum(axis=1, skipna=False)), 2, seed=1)
    twin = data["a"].where(np.arange(len(data)) % 3 > 0)
    twin.iloc[[1, 2]] += 1
    found = cg.impute(data.assign(twin=twin), 2, seed=1)
    agree = found[0]["twin"] == found[0]["a"]
    assert agree[data["a"].notna()].mean() > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [({"m": 1}, "m=1"), ({"m": 2.5}, "m=2.5"), ({"iterations": 0}, "iterations=0"), ({"seed": -1}, "seed=-1")],
)
def test_options_that_are_none(options, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.impute(holes(likert(50)), **({"seed": 1} | options))


def test_what_cannot_be_imputed_is_refused():
    data = holes(likert(60))
    with pytest.raises(cg.OptionError, match="needs a seed"):
        cg.impute(data, seed=None)
    with pytest.raises(cg.ColumnNotFoundError, match="'e'"):
        cg.impute(data, seed=1, items=["a", "e"])
    with pytest.raises(cg.ColumnNotFoundError, match="'e'"):
        cg.impute(data, seed=1, ordered=["e"])
    with pytest.raises(cg.SampleError, match="1 item to impute"):
        cg.impute(data, seed=1, items=["a"])
    data.loc[:29, "a"], data.loc[30:, "b"] = np.nan, np.nan
    with pytest.raises(cg.SampleError, match="Nobody answered both"):
        cg.impute(data, seed=1)


def test_empty_rows_stay_empty_and_complete_data_are_said_to_be():
    data = holes(likert(80))
    data.iloc[3] = np.nan
    found = cg.impute(data, 2, seed=1)
    assert found[0].iloc[3].isna().all() and found[0].drop(index=3).notna().all().all()
    assert "moments.empty_rows_kept" in codes(found)
    assert codes(cg.impute(likert(80), 2, seed=1, items=ITEMS)) == ["moments.nothing_to_impute"]


def test_responses_are_keyed_and_keep_what_they_are():
    sample = cg.load_sample()
    items = [i for i in sample.items if sample.frame[i].isna().any()][:4]
    items = list(dict.fromkeys([*items, *sample.items[:4]]))
    found = cg.impute(sample, 2, seed=1, items=items, iterations=2)
    source = found.sources[0]
    assert source.instrument is sample.instrument and source.simulated
    assert not source.frame[items].isna().any().any()
    pd.testing.assert_frame_equal(source.frame[items].where(sample.keyed[items].notna()), sample.keyed[items])
    assert not (found.data[0].reasons[items] == "blank").any().any()
    assert "moments.imputed" in {n.code for n in source.notes}


def test_answers_missing_at_random_do_not_bias_means_and_correlations():
    """Low answers to a make b and c go missing: complete rows mislead, imputed ones do not."""
    full = likert(3000, seed=3)
    data = full.copy()
    rng = np.random.default_rng(4)
    for item in "bc":
        data.loc[(data["a"] <= 3) & (rng.random(len(data)) < 0.6), item] = np.nan
    found = cg.impute(data, 5, seed=1)
    means = np.mean([f[ITEMS].mean() for f in found], axis=0)
    r = np.mean([np.corrcoef(f[ITEMS].T) for f in found], axis=0)
    assert (data.dropna().mean() - full.mean())[["b", "c"]].min() > 0.15
    np.testing.assert_allclose(means, full.mean(), atol=0.04)
    np.testing.assert_allclose(r, np.corrcoef(full.T), atol=0.03)


@pytest.mark.slow
def test_pooled_intervals_cover_where_those_of_complete_rows_do_not():
    model, covered, listwise = "f =~ a + b + c + d", [], []
    truth = likert(400_000, seed=99)["b"].mean()
    for seed in range(150):
        data = likert(300, seed)
        rng = np.random.default_rng(seed + 7000)
        for item in "bc":
            data.loc[(data["a"] <= 3) & (rng.random(len(data)) < 0.5), item] = np.nan
        imputed = cg.impute(data, 10, seed=seed, iterations=5)
        for found, frames in ((covered, imputed), (listwise, data)):
            table = cg.cfa(model, frames, meanstructure=True, estimator="MLR").tidy()
            row = table[(table["op"] == "~1") & (table["lhs"] == "b")].iloc[0]
            found.append(row["ci_lower"] < truth < row["ci_upper"])
    assert 0.88 < np.mean(covered) < 0.99 and np.mean(listwise) < 0.5
