"""Aiken's V, content validity index and ratio, test-retest: printed tables, closed forms, bad input."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability.expert_numbers import aiken, at_least, critical_aiken, relevance, score_interval
from cgsurvey.responses.raters import shrout_fleiss


def panel(*items: list[int]) -> pd.DataFrame:
    return pd.DataFrame({f"i{k + 1}": item for k, item in enumerate(items)})


@pytest.mark.parametrize(
    ("raters", "categories", "level", "printed"),
    # values that theses quote from Aiken's (1985) table; all others follow from the count of judgements below
    [(2, 5, 0.05, 1.00), (5, 5, 0.05, 0.80), (8, 5, 0.05, 0.75), (10, 5, 0.05, 0.70), (5, 2, 0.05, 1.00)],
)  # fmt: skip
def test_critical_values_are_those_that_are_quoted(raters, categories, level, printed):
    assert critical_aiken(raters, categories - 1, level) == pytest.approx(printed, abs=0.006)


def test_right_tail_counts_all_judgements():
    sums = np.array([sum(scores) for scores in product(range(4), repeat=5)])
    tail = at_least(5, 3)
    assert tail == pytest.approx([(sums >= s).mean() for s in range(16)])
    assert np.isnan(critical_aiken(1, 4, 0.05)) and np.isnan(critical_aiken(0, 4, 0.05))


def test_score_interval_by_hand():
    """Ends of the interval solve z^2 V(1 - V) = m (V0 - V)^2 with m = n (high - low)."""
    V, n, steps, z = 0.75, 10, 4, 1.959964
    for end in score_interval(V, n, steps, 0.95):
        assert z**2 * end * (1 - end) == pytest.approx(n * steps * (V - end) ** 2, rel=1e-5)
    low, up = score_interval(1.0, 5, 4, 0.95)
    assert 0 < low < 1 and up == pytest.approx(1.0)


def test_aiken_of_a_panel():
    ratings = panel([5, 4, 5, 4, 5, 5], [3, 2, 4, 3, 3, 2], [1, 1, 1, 1, 1, 1])
    got = cg.aiken_v(ratings, 1, 5).tidy().set_index("item")
    assert got["v"].tolist() == pytest.approx([(28 - 6) / 24, (17 - 6) / 24, 0])
    assert got["valid"].tolist() == [True, False, False]
    assert got.loc["i3", "p_value"] == pytest.approx(1) and got.loc["i1", "p_value"] < 0.05
    assert (got["ci_lower"] <= got["v"]).all() and (got["v"] <= got["ci_upper"]).all()
    assert aiken(22, 6, 4) == pytest.approx(22 / 24)
    overall = cg.aiken_v(ratings, 1, 5).glance().iloc[0]
    assert overall["n_experts"] == 6 and overall["n_valid"] == 1 and overall["v"] == pytest.approx(got["v"].mean())
    moved = cg.aiken_v(ratings - 1, 0, 4).tidy()
    np.testing.assert_allclose(moved["v"], got["v"])


def test_experts_who_leave_an_item_out_and_too_few_experts():
    ratings = panel([5, 4, None, 4], [None] * 4).astype(float)
    got = cg.aiken_v(ratings, 1, 5, items=["i1", "i2"])
    assert got.tidy()["n"].tolist() == [3, 0] and got.tidy()["v"].isna().tolist() == [False, True]
    assert {n.code for n in got.notes} == {"reliability.experts_silent", "reliability.items_unjudged"}
    one = cg.aiken_v(panel([5]), 1, 5)
    assert one.tidy()["valid"].isna().all() and np.isnan(one.tidy()["v_critical"][0])
    assert [n.code for n in one.notes] == ["reliability.too_few_experts"]


def test_items_may_be_numbered_columns():
    numbered = pd.DataFrame([[5, 4], [4, 4], [5, 3]])
    assert cg.aiken_v(numbered, 1, 5, items=[1]).tidy()["item"].tolist() == ["1"]
    assert cg.cvi(numbered - 1, items=[0, 1]).tidy()["item"].tolist() == ["0", "1"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: cg.aiken_v(panel([5, 6], [1, 2]), 1, 5), cg.CodingError, r"no score from 1 to 5: 'i1' holds 6 \(row"),
        (lambda: cg.aiken_v(panel([5, 4.5]), 1, 5), cg.CodingError, r"'i1' holds 4\.5 \(row 1\)"),
        (lambda: cg.aiken_v(panel([6] * 7), 1, 5), cg.CodingError, r"\(row 4\) and 2 more\. Correct them\."),
        (lambda: cg.aiken_v(panel([5, 4]), "1", "5"), cg.OptionError, "give whole numbers"),
        (lambda: cg.aiken_v(panel([5, 4]), None, 5), cg.OptionError, "give whole numbers"),
        (lambda: cg.aiken_v(panel([5, 4]), 5, 1), cg.OptionError, "lowest score first"),
        (lambda: cg.aiken_v(panel([5, 4]), 1, 5, items=["x1"]), cg.ColumnNotFoundError, "'x1'"),
        (lambda: cg.aiken_v(panel([]), 1, 5), cg.SampleError, "one row per expert"),
        (lambda: cg.cvi(panel([4, 3]), relevant=5), cg.OptionError, "relevant=5 must lie above low=1"),
    ],
)  # fmt: skip
def test_panels_that_cannot_be_used(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_cvi_by_hand():
    """Polit, Beck & Owen (2007), table 3: I-CVI and kappa by number of experts."""
    for n, yes, share, kappa in ((3, 3, 1.00, 1.00), (4, 3, 0.75, 0.67), (5, 4, 0.80, 0.76), (6, 5, 0.83, 0.81),
                                 (7, 6, 0.86, 0.85), (8, 7, 0.88, 0.88), (9, 7, 0.78, 0.76)):  # fmt: skip
        found = relevance(yes, n, 0.05)
        assert (found.i_cvi, found.kappa) == pytest.approx((share, kappa), abs=0.01)


@pytest.mark.parametrize(
    # Ayre & Scally (2014): exact critical values of CVR, one-sided .05
    ("n", "printed"), [(5, 1.0), (6, 1.0), (7, 1.0), (8, 0.75), (9, 0.778), (10, 0.80), (15, 0.60), (40, 0.30)]
)  # fmt: skip
def test_critical_cvr(n, printed):
    assert relevance(n, n, 0.05).cvr_critical == pytest.approx(printed, abs=5e-4)


def test_cvi_of_a_panel():
    ratings = panel([4, 4, 3, 4, 3, 4], [4, 3, 3, 4, 2, 4], [1, 2, 4, 1, 2, 3])
    got = cg.cvi(ratings)
    table = got.tidy()
    assert table["i_cvi"].tolist() == pytest.approx([1, 5 / 6, 2 / 6]) and table["valid"].tolist() == [
        True,
        True,
        False,
    ]
    assert table["cvr"].tolist() == pytest.approx([1, 2 / 3, -1 / 3])
    overall = got.glance().iloc[0]
    assert overall["s_cvi_ave"] == pytest.approx(table["i_cvi"].mean()) and overall["s_cvi_ua"] == pytest.approx(1 / 3)
    few = cg.cvi(ratings.head(5)).tidy()  # up to five experts all must agree
    assert few["i_cvi"][1] == pytest.approx(0.8) and few["valid"].tolist() == [True, False, False]


def occasions(n: int = 60, seed: int = 2) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(n, 1))
    first, second = (
        pd.DataFrame(3 + true + shift + 0.5 * rng.normal(size=(n, 3)), columns=["t1", "t2", "t3"]).assign(who=range(n))
        for shift in (0.0, 0.2)
    )
    return first, second


def test_retest_by_hand():
    first, second = occasions()
    got = cg.test_retest(first, second.sample(frac=1, random_state=1), on="who", constructs={"t": ["t1", "t2", "t3"]})
    row = got.tidy().iloc[0]
    a, b = (f[["t1", "t2", "t3"]].mean(axis=1).to_numpy() for f in (first, second))
    d = b - a
    assert row["n"] == 60 and row["mean_change"] == pytest.approx(d.mean())
    assert row["statistic"] == pytest.approx(d.mean() / (d.std(ddof=1) / np.sqrt(60)))
    assert row["r"] == pytest.approx(np.corrcoef(a, b)[0, 1])
    forms = shrout_fleiss(np.column_stack([a, b]))
    assert (row["icc"], row["icc_ci_lower"]) == pytest.approx((forms.icc[1], forms.lower[1]))
    assert row["sem"] == pytest.approx(d.std(ddof=1) / np.sqrt(2))
    assert row["mdc"] == pytest.approx(1.959964 * d.std(ddof=1), rel=1e-6)
    # agreement counts the shift of all as error: the variance that ICC(A,1) leaves out
    pooled = np.column_stack([a, b])
    between = 2 * pooled.mean(axis=1).var(ddof=1)
    subjects = (between - row["sem"] ** 2) / 2
    assert row["icc"] == pytest.approx(subjects / (subjects + row["sem_agreement"] ** 2))
    assert row["sem_agreement"] > row["sem"]


def test_retest_recovers_the_error_of_a_population():
    rng, n, error = np.random.default_rng(0), 4000, 0.6
    true = rng.normal(size=n)
    first, second = (pd.DataFrame({"x": true + error * rng.normal(size=n), "who": range(n)}) for _ in range(2))
    row = cg.test_retest(first, second, on="who", constructs={"x": ["x"]}).tidy().iloc[0]
    assert row["sem"] == pytest.approx(error, abs=0.02) and row["icc"] == pytest.approx(1 / 1.36, abs=0.02)
    assert row["sem_ci_lower"] < error < row["sem_ci_upper"]


def test_retest_tells_who_did_not_come_back_and_refuses_doubles():
    first, second = occasions()
    got = cg.test_retest(first, second.tail(50), on="who", constructs={"t": ["t1", "t2"]})
    (made,) = got.notes
    assert made.code == "reliability.retest_unmatched" and made.values == {"n": 10, "pairs": 50} and got.meta.n == 50
    with pytest.raises(cg.SampleError, match="second occasion names 1 people more than once"):
        cg.test_retest(first, pd.concat([second, second.head(1)]), on="who", constructs={"t": ["t1"]})
    with pytest.raises(cg.SampleError, match="0 people stand in both occasions"):
        cg.test_retest(first, second.assign(who=second["who"] + 1000), on="who", constructs={"t": ["t1"]})
    with pytest.raises(cg.ColumnNotFoundError, match="'person'"):
        cg.test_retest(first, second, on="person", constructs={"t": ["t1"]})
    flat = cg.test_retest(first.assign(t1=3.0), second, on="who", constructs={"t": ["t1"]})
    assert np.isnan(flat.tidy()["icc"][0]) and flat.notes[0].code == "reliability.retest_undefined"
