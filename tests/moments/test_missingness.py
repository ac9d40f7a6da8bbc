"""Little's test: against the reference battery, its size and power, and what is shown of patterns."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.moments.missingness import COMPLETE, OTHERS

CASES = ("hs_mcar_little", "hs_mar_little", "bfi_ace_little", "nhanes_little")


def answers(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
    return pd.DataFrame(y, columns=list("abcd"))


def mcar(n: int, seed: int = 1, share: float = 0.15) -> pd.DataFrame:
    frame = answers(n, seed)
    return frame.mask(np.random.default_rng(seed + 1000).random(frame.shape) < share).dropna(how="all")


def codes(result: cg.Result) -> list[str]:
    return [n.code for n in result.notes]


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_reference(shared, name):
    case = json.loads((shared / "reference" / "dev" / "cases" / f"{name}.json").read_text())
    data = pd.read_csv(shared / "reference" / "dev" / "data" / case["data"]["file"], na_values=["NA"])
    items, e = case["data"]["variables"], case["expected"]
    found = cg.mcar_test(data, items)
    row = found.glance().iloc[0]
    assert (row["df"], row["n_patterns"], row["n"]) == (e["df"], e["n_patterns"], e["n"])
    np.testing.assert_allclose(row["chisq"], e["chisq_unbiased_cov"], rtol=1e-6)
    np.testing.assert_allclose(row["chisq_ml"], e["chisq_ml_cov"], rtol=1e-6)
    np.testing.assert_allclose([row["p_value"], row["p_value_ml"]], [e["p_unbiased_cov"], e["p_ml_cov"]], rtol=1e-5)
    np.testing.assert_allclose(found.tidy()["chisq"].sum(), row["chisq"], rtol=1e-12)
    assert found.tidy()["count"].sum() == row["n"]


def test_two_items_by_hand():
    """With one item complete the moments of the other have a closed form."""
    frame = answers(50)[["a", "b"]]
    frame.loc[30:, "b"] = np.nan
    a, b = frame["a"].to_numpy(), frame["b"].to_numpy()
    full = ~np.isnan(b)
    slope, intercept = np.polyfit(a[full], b[full], 1)
    left = np.var(b[full] - slope * a[full])
    mean = np.array([a.mean(), intercept + slope * a.mean()])
    cov = np.var(a) * np.array([[1, slope], [slope, slope**2]]) + np.diag([0, left])
    d = np.array([a[full].mean(), b[full].mean()]) - mean
    d2 = 30 * d @ np.linalg.solve(cov, d) + 20 * (a[~full].mean() - mean[0]) ** 2 / np.var(a)
    found = cg.mcar_test(frame)
    np.testing.assert_allclose([found.chisq_ml, found.chisq], [d2, d2 * 49 / 50], rtol=1e-8)
    assert found.df == 1 and list(found.patterns["pattern"]) == [COMPLETE, "b"]


def test_size_and_power():
    rejected = [cg.mcar_test(mcar(200, seed)).p_value < 0.05 for seed in range(200)]
    assert 0.01 < np.mean(rejected) < 0.10  # .05 with a standard error of .015
    frame = answers(400)
    frame.loc[frame["a"] > 0.5, "b"] = np.nan
    found = cg.mcar_test(frame)
    assert found.p_value < 1e-6 and codes(found) == ["moments.mcar_evidence"]
    assert "evidence against" in found.notes[0].text


def test_never_says_that_answers_are_missing_completely_at_random():
    found = cg.mcar_test(mcar(300))
    assert found.p_value > 0.05 and "moments.mcar_no_evidence" in codes(found)
    text = " ".join(n.text for n in found.notes)
    assert "no evidence against" in text and "does not show that they are" in text


def test_rare_patterns_are_not_shown():
    frame = mcar(300, share=0.05)
    found = cg.mcar_test(frame)
    counts = frame.isna().value_counts()
    table = found.tidy().set_index("pattern")
    assert found.n_patterns == len(counts) == table["n_patterns"].sum()
    assert (table.drop(index=OTHERS)["count"] >= 5).all()
    assert table.loc[OTHERS, "count"] == counts[counts < 5].sum() and np.isnan(table.loc[OTHERS, "n_missing"])
    assert "moments.mcar_few" in codes(found)
    rare = [", ".join(np.array(list("abcd"))[list(c)]) for c in counts.index[counts < 5]]
    assert rare and not set(rare) & set(table.index)


def test_units_and_order_do_not_matter():
    frame = mcar(200)
    one = cg.mcar_test(frame)
    scaled = (frame * [1, 100, 0.01, 3] + [5, 0, 1, -2])[["d", "b", "a", "c"]].sample(frac=1, random_state=1)
    np.testing.assert_allclose(cg.mcar_test(scaled).chisq, one.chisq, rtol=1e-8)


def test_empty_rows_and_complete_answers():
    frame = mcar(200)
    more = pd.concat([frame, frame.iloc[:3] * np.nan], ignore_index=True)
    np.testing.assert_allclose(cg.mcar_test(more).chisq, cg.mcar_test(frame).chisq, rtol=1e-12)
    assert "moments.empty_rows" in codes(cg.mcar_test(more))
    found = cg.mcar_test(answers(50))
    assert np.isnan(found.p_value) and found.df == 0 and codes(found) == ["moments.mcar_complete"]


def test_what_cannot_be_tested_is_refused():
    frame = answers(50)
    with pytest.raises(cg.ColumnNotFoundError, match="'e'"):
        cg.mcar_test(frame, ["a", "e"])
    frame.loc[:24, "a"], frame.loc[25:, "b"] = np.nan, np.nan
    with pytest.raises(cg.SampleError, match="Nobody answered both 'a' and 'b'"):
        cg.mcar_test(frame)
    with pytest.raises(cg.OptionError, match="alpha"):
        cg.mcar_test(frame, alpha=5)
