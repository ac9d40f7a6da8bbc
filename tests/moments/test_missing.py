"""Missing answers by item, person, pattern and pair; means of those who left an item out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import cgsurvey as cg
from cgsurvey.moments.missingness import COMPLETE


def answers(n: int = 300, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
    return pd.DataFrame(np.clip(np.round(3 + y), 1, 5), columns=list("abcd"))


def holes(n: int = 300, seed: int = 1, share: float = 0.12) -> pd.DataFrame:
    frame = answers(n, seed)
    return frame.mask(np.random.default_rng(seed + 500).random(frame.shape) < share)


def said(found: cg.Result, code: str) -> str:
    return next(n.text for n in found.notes if n.code == code)


def codes(found: cg.Result) -> list[str]:
    return [n.code for n in found.notes]


def test_items_persons_patterns_and_pairs_add_up():
    frame = holes().dropna(how="all")
    found = cg.missingness(frame)
    gone = frame.isna()
    assert found.tidy()["n_missing"].tolist() == gone.sum().tolist()
    assert found.persons["count"].sum() == found.patterns["count"].sum() == len(frame)
    assert (found.persons["n_missing"] * found.persons["count"]).sum() == gone.to_numpy().sum()
    pd.testing.assert_frame_equal(found.coverage, 1.0 * (~gone).astype(float).T @ (~gone).astype(float) / len(frame))
    row = found.glance().iloc[0]
    assert row["n_complete"] == (~gone.any(axis=1)).sum() and row["n_patterns"] == len(gone.value_counts())
    test = cg.mcar_test(frame)
    assert (row["chisq"], row["df"], row["p_value"]) == (test.chisq, test.df, test.p_value)
    pd.testing.assert_frame_equal(found.patterns, test.patterns)
    assert set(codes(test)) <= set(codes(found))


def test_differences_are_welch_tests():
    frame = holes(share=0.2)
    found = cg.missingness(frame).differences.set_index(["item", "variable"])
    assert len(found) == 12
    for item, variable in [("a", "b"), ("d", "a")]:
        gone = frame[item].isna()
        one, other = (frame.loc[g, variable].dropna() for g in (gone, ~gone))
        want = stats.ttest_ind(one, other, equal_var=False)
        row = found.loc[(item, variable)]
        assert (row["n_missing"], row["n_answered"]) == (len(one), len(other))
        shown = row[["mean_missing", "mean_answered", "statistic", "df_t", "p_value"]].astype(float)
        np.testing.assert_allclose(shown, [one.mean(), other.mean(), want.statistic, want.df, want.pvalue], rtol=1e-9)
    assert (found["p_holm"] >= found["p_value"]).all() and found["p_value"].is_monotonic_increasing
    shifted = cg.missingness(frame * 100 + 1e6).differences.set_index(["item", "variable"])
    pd.testing.assert_series_equal(shifted["statistic"], found["statistic"], rtol=1e-6)


def test_order_of_rows_and_items_does_not_matter():
    frame = holes(share=0.15)
    one, other = cg.missingness(frame), cg.missingness(frame.sample(frac=1, random_state=2)[list("dbca")])
    keys = ["item", "variable"]
    pd.testing.assert_frame_equal(
        one.differences.set_index(keys).sort_index(), other.differences.set_index(keys).sort_index(), rtol=1e-9
    )
    pd.testing.assert_frame_equal(one.persons, other.persons)
    assert one.glance()["chisq"].item() == pytest.approx(other.glance()["chisq"].item(), rel=1e-8)


def test_an_item_that_depends_on_another_is_named():
    frame = answers()
    frame.loc[frame["a"] >= 4, "b"] = np.nan
    found = cg.missingness(frame)
    assert found.differences.iloc[0][["item", "variable"]].tolist() == ["b", "a"]
    assert "b with a" in said(found, "moments.missing_related") and "moments.mcar_evidence" in codes(found)


def test_few_people_are_not_compared():
    frame = answers()
    frame.loc[:8, "b"] = np.nan
    frame.loc[:8, "a"] = 5  # nine people, all with the same answer: no basis for a test
    assert cg.missingness(frame).differences.empty
    frame.loc[:15, "b"] = np.nan
    assert len(cg.missingness(frame).differences) == 3
    assert cg.missingness(frame, least=0.10).differences.empty


def test_false_alarms_of_the_comparisons():
    alarms = ["moments.missing_related" in codes(cg.missingness(holes(seed=s))) for s in range(100)]
    assert np.mean(alarms) < 0.12  # .05 with a standard error of .022


def test_what_was_not_asked_is_not_missing():
    frame = holes()
    responses = cg.Responses(frame=frame, reasons=frame.isna().replace({True: "blank", False: ""}).astype("str"))
    reasons = responses.reasons.copy()
    reasons.loc[frame["a"].isna(), "a"] = "not_asked"
    found = cg.missingness(responses.replace(reasons=reasons)).tidy().set_index("item")
    assert found.loc["a", "n_asked"] == frame["a"].notna().sum() and found.loc["a", "n_missing"] == 0
    assert found.loc["b", "n_missing"] == frame["b"].isna().sum()


def test_complete_data():
    found = cg.missingness(answers())
    assert found.patterns["pattern"].tolist() == [COMPLETE] and found.differences.empty
    assert found.glance()["missing_share"].item() == 0 and codes(found)[-1] == "moments.mcar_complete"


def test_constant_unanswered_and_silent():
    frame = holes().assign(same=2.0, none=np.nan)
    frame.loc[0, list("abcd")] = np.nan
    frame.loc[0, "same"] = np.nan
    found = cg.missingness(frame)
    assert found.tidy().set_index("item").loc["none", "missing_share"] == 1
    assert "none" in said(found, "moments.nobody_answered")
    assert "none of the items: 1" in said(found, "moments.no_answers")
    assert "same, none" in said(found, "moments.mcar_left_out")
    assert found.mcar is not None and found.mcar.items == ("a", "b", "c", "d")
    assert found.patterns["count"].sum() == len(frame)


def test_where_little_has_no_test_the_rest_is_told():
    frame = answers(40)
    frame.loc[:19, "a"] = np.nan
    frame.loc[20:, "b"] = np.nan
    found = cg.missingness(frame)
    assert found.mcar is None and "a - b" in said(found, "moments.pairs_apart")
    assert "does not exist" in said(found, "moments.mcar_undefined")
    assert np.isnan(found.glance()["chisq"].item()) and found.patterns["count"].tolist() == [20, 20]
    few = cg.missingness(holes(3))
    assert few.mcar is None and few.tidy()["n_asked"].tolist() == [3] * 4


def test_nothing_to_look_at():
    with pytest.raises(cg.SampleError, match="0 respondents"):
        cg.missingness(answers().iloc[:0])
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'trust'"):
        cg.missingness(answers().rename(columns={"a": "trust"}), ["trus"])
    with pytest.raises(cg.OptionError, match="least=5"):
        cg.missingness(answers(), least=5)
