"""Correlations and cross-tables: closed forms, properties, what is refused, what is noted."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cgsurvey as cg
from cgsurvey.base.errors import CodingError, ColumnNotFoundError, OptionError, SampleError
from cgsurvey.classical.crosstab_numbers import independence_tests, measures
from cgsurvey.moments.correlations import correlation_matrix


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    f = rng.normal(size=(300, 1))
    x = 0.7 * f + 0.7 * rng.normal(size=(300, 3))
    d = pd.DataFrame(np.digitize(x, [-1, 0, 1]) + 1.0, columns=["a", "b", "c"])
    return d.assign(w=x[:, 0] + f[:, 0], s=rng.choice(["m", "f"], 300), e=rng.choice(["low", "mid", "high"], 300))


def codes(found: cg.Result) -> list[str]:
    return [n.code.partition(".")[2] for n in found.notes]


def test_polychoric_is_that_of_the_moments(data):
    found = cg.correlate(data, ["a", "b", "c"], method="polychoric")
    matrix, _ = correlation_matrix(data[["a", "b", "c"]], ordered=True)
    assert_allclose(found.matrix, matrix, rtol=1e-9)
    assert (found.pairs["ci_lower"] < found.pairs["r"]).all() and (found.pairs["r"] < found.pairs["ci_upper"]).all()


@pytest.mark.slow
def test_polychoric_intervals_cover():
    rng = np.random.default_rng(12)
    hits = 0
    for _ in range(1000):
        z = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 200)
        d = pd.DataFrame(np.digitize(z, [-0.8, 0.2, 1.0]), columns=["a", "b"])
        found = cg.correlate(d, method="polychoric").pairs.iloc[0]
        hits += found["ci_lower"] <= 0.5 <= found["ci_upper"]
    assert 0.93 <= hits / 1000 <= 0.97


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall", "polychoric"])
def test_order_and_units_change_nothing(data, method):
    names = ["a", "b", "c"]
    one = cg.correlate(data, names, method=method)
    turned = data[names[::-1]].sample(frac=1, random_state=2) * 3 + 7
    other = cg.correlate(turned, names[::-1], method=method)
    assert_allclose(one.matrix, other.matrix.loc[names, names], rtol=1e-7)


def test_listwise_and_pairwise(data):
    d = data[["a", "b", "c"]].copy()
    d.loc[:9, "a"] = np.nan
    whole, pairs = cg.correlate(d), cg.correlate(d, missing="pairwise")
    assert whole.pairs["n"].tolist() == [290] * 3 and pairs.pairs["n"].tolist() == [290, 290, 300]
    assert "rows_left_out" in codes(whole) and "pairwise" in codes(pairs)


def test_partial_correlation_is_that_of_the_inverse(data):
    found = cg.correlate(data, ["a", "b"], controls=["c", "w"]).pairs.iloc[0]
    P = np.linalg.inv(data[["a", "b", "c", "w"]].corr())
    assert found["r"] == pytest.approx(-P[0, 1] / np.sqrt(P[0, 0] * P[1, 1])) and found["df"] == 296


def test_perfect_correlations(data):
    found = cg.correlate(data.assign(same=data["a"] * 2)[["a", "same"]]).pairs.iloc[0]
    assert found["r"] == 1 and found["p_value"] == 0 and found["ci_upper"] == 1


@pytest.mark.parametrize(
    ("names", "options", "error", "said"),
    [
        (["a"], {}, SampleError, "nothing to correlate"),
        (["a", "bb"], {}, ColumnNotFoundError, "'bb'"),
        (["a", "s"], {}, CodingError, "'s' holds text"),
        (["a", "w"], {"method": "polychoric"}, CodingError, "at most 20 values, unlike 'w'"),
        (["a", "b"], {"method": "kendall", "controls": ["c"]}, OptionError, "not of 'kendall'"),
        (["a", "b"], {"controls": ["a"]}, OptionError, "partialled out at once"),
        (["a", "flat"], {}, SampleError, "no variance in 'flat'"),
    ],
)
def test_correlations_that_are_refused(data, names, options, error, said):
    with pytest.raises(error, match=said):
        cg.correlate(data.assign(flat=1.0), names, **options)


def test_measures_of_a_table_by_hand():
    N = np.array([[20, 10], [5, 25]])
    found = {m.name: m for m in measures(N, 0.95)}
    phi = (20 * 25 - 10 * 5) / np.sqrt(30 * 30 * 25 * 35)
    assert found["cramers_v"].estimate == pytest.approx(phi)
    assert found["odds_ratio"].estimate == pytest.approx(10)
    log = 1.959964 * np.sqrt(1 / 20 + 1 / 10 + 1 / 5 + 1 / 25)
    assert_allclose([found["odds_ratio"].lower, found["odds_ratio"].upper], 10 * np.exp([-log, log]), rtol=1e-6)
    corrected = np.sqrt((phi**2 - 1 / 59) / (2 - 1 / 59 - 1))
    assert found["cramers_v_corrected"].estimate == pytest.approx(corrected)


def test_monte_carlo_nears_the_exact_test_and_keeps_its_seed():
    exact = independence_tests(np.array([[6, 2], [1, 7]]), seed=1, replicates=1)[-1].p
    wide = np.array([[6, 2, 0], [1, 7, 0]])[:, :2]
    assert independence_tests(wide, seed=1, replicates=10)[-1].p == exact
    N = np.array([[4, 1, 0], [0, 3, 2], [1, 1, 5]])
    a, b = (independence_tests(N, seed=s, replicates=5000)[-1].p for s in (1, 1))
    assert a == b and independence_tests(N, seed=2, replicates=5000)[-1].p == pytest.approx(a, abs=0.02)


def test_turned_table_says_the_same(data):
    one, other = cg.crosstab(data, "s", "e", seed=1), cg.crosstab(data, "e", "s", seed=1)
    assert one.tests["statistic"][0] == pytest.approx(other.tests["statistic"][0])
    assert one.counts().to_numpy().tolist() == other.counts().to_numpy().T.tolist()
    assert one.cells["count"].sum() == 300 and one.cells["share"].sum() == pytest.approx(1)


def test_thin_and_empty_cells_are_told():
    d = pd.DataFrame({"s": ["m"] * 6 + ["f"] * 5, "e": list("aaaaab") + list("bbbbc")})
    found = cg.crosstab(d, "s", "e", seed=1)
    assert {"thin_cells", "empty_cells"} <= set(codes(found)) and found.meta.seed == 1
    two = cg.crosstab(d[d["e"] != "c"].assign(e=lambda x: np.where(x["s"] == "m", "a", x["e"])), "s", "e")
    assert np.isnan(two.measures.set_index("measure").loc["odds_ratio", "estimate"]) and two.meta.seed is None


@pytest.mark.parametrize(
    ("columns", "error", "said"),
    [
        (("s", "s"), OptionError, "two different columns"),
        (("s", "flat"), SampleError, "'flat' has one category"),
        (("s", "w"), CodingError, "'w' has 300 different values"),
    ],
)
def test_cross_tables_that_are_refused(data, columns, error, said):
    with pytest.raises(error, match=said):
        cg.crosstab(data.assign(flat="x"), *columns)
