"""The satisfaction index: published example, exact ratios, values of R's survey package, properties, comparisons."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cgsurvey as cg

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
NAMES = [f"U{k}" for k in range(1, 10)]
SUMS = [105, 101, 100, 116, 102, 105, 106, 105, 115]


def with_sums(sums: list[int], n: int) -> pd.DataFrame:
    """n answers per element with these sums."""
    columns = {}
    for name, total in zip(NAMES, sums, strict=True):
        low, more = divmod(total, n)
        columns[name] = np.where(np.arange(n) < more, low + 1, low)
    return pd.DataFrame(columns)


def drawn(n: int, seed: int = 0, missing: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1))
    x = np.clip(np.round(3.1 + 0.5 * latent + 0.6 * rng.normal(size=(n, 9))), 1, 4)
    x[rng.random(x.shape) < missing] = np.nan
    return pd.DataFrame(x, columns=NAMES)


def text_of(x: cg.SatisfactionIndex, code: str) -> str:
    return next(n.text for n in x.notes if n.code == f"service_quality.{code}")


@pytest.mark.parametrize(("weight", "expected"), [("exact", 91.48), (0.11, 90.56), (0.111, 91.38)])
def test_published_example(weight, expected):
    found = cg.ikm(with_sums(SUMS, 29), weight=weight)
    row = found.glance().iloc[0]
    assert round(row["ikm"], 2) == expected and row["n"] == 29
    assert list(found.glance().columns) == ["n", "ikm", "grade", "performance", "ci_lower", "ci_upper"]
    assert (row["grade"], row["performance"]) == ("A", "Sangat baik")
    assert list(found.tidy().columns)[:1] == ["element"] and found.tidy()["element"].tolist() == NAMES
    if weight != "exact":
        assert "cannot exceed" in text_of(found, "rounded_weight") and "91.48" in text_of(found, "rounded_weight")


def test_published_example_by_element():
    found = cg.ikm(with_sums(SUMS, 29)).tidy()
    np.testing.assert_allclose(found["nrr"], np.array(SUMS) / 29, rtol=1e-15)
    np.testing.assert_allclose(found["nrr_weighted"], np.array(SUMS) / 261, rtol=1e-14)
    np.testing.assert_allclose(found["index"], np.array(SUMS) / 29 * 25, rtol=1e-14)
    assert found["rank"].tolist() == [4, 8, 9, 1, 7, 4, 3, 4, 2]  # three elements of the same sum share a rank
    assert found.loc[found["priority"], "element"].tolist() == ["U2", "U3", "U5"]


def test_a_half_cent_is_graded_from_whole_numbers():
    """64.995 = 25/9 * total / n needs total / n = 23.3982; in floating point such an index may fall short of it."""
    ratio = Fraction(64995, 1000) * 9 / 25  # sum over elements of the means
    n = 5000
    total = ratio * n
    assert total.denominator == 1
    base, more = divmod(int(total), 9)
    sums = [base + (k < more) for k in range(9)]
    row = cg.ikm(with_sums(sums, n)).glance().iloc[0]
    assert row["ikm"] == pytest.approx(64.995, abs=1e-12) and row["grade"] == "C"
    sums[0] -= 1
    assert cg.ikm(with_sums(sums, n)).glance()["grade"][0] == "D"


@pytest.mark.parametrize(("design", "key"), [(None, "srs"), ("clustered", "clustered"), ("full", "full")])
def test_equals_survey(design, key):
    data = pd.read_csv(REFERENCE / "satisfaction.csv")
    expected = json.loads((REFERENCE / "satisfaction.json").read_text())
    known = {
        "clustered": cg.Design(cluster="cluster", strata="stratum"),
        "full": cg.Design(cluster="cluster", strata="stratum", weights="weight", fpc="size"),
    }
    found = cg.ikm(data, design=known.get(design, design))
    row, r = found.overall.iloc[0], expected[key]
    assert [row["ikm"], row["std_error"]] == pytest.approx([r["ikm"], r["se"]], rel=1e-12)
    np.testing.assert_allclose(found.tidy()["nrr"], r["nrr"], rtol=1e-12)
    half = (found.tidy()["ci_upper"] - found.tidy()["index"]) / stats.t.ppf(0.975, row["df"])
    np.testing.assert_allclose(half, 25 * np.array(r["nrr_se"]), rtol=1e-11)
    groups = cg.ikm(data, by="unit", design=known.get(design, design)).groups.set_index("unit")
    for unit, r in expected[f"by_{key}"].items():
        assert [groups.loc[unit, "ikm"], groups.loc[unit, "std_error"]] == pytest.approx([r["ikm"], r["se"]], rel=1e-12)


def test_covariance_between_groups_of_shared_clusters():
    """Totals per cluster by hand: strata are absent, every cluster holds users of both units."""
    data = drawn(60).assign(unit=["a", "b"] * 30, cluster=np.repeat(np.arange(10), 6))
    found = cg.ikm(data, by="unit", design=cg.Design(cluster="cluster"))
    y = 25 * data[NAMES].mean(axis=1)
    z = pd.DataFrame({u: (y - y[data["unit"] == u].mean()) * (data["unit"] == u) / 30 for u in "ab"})
    totals = z.groupby(data["cluster"]).sum()
    np.testing.assert_allclose(found.covariance, totals.T @ totals * 10 / 9, rtol=1e-12)
    change = found.differences().iloc[0]
    v = found.covariance
    assert change["std_error"] == pytest.approx(np.sqrt(v[0, 0] + v[1, 1] - 2 * v[0, 1]), rel=1e-12)


def test_without_gaps_the_index_is_a_mean_of_respondents():
    data = drawn(80)
    y = 25 * data.mean(axis=1)
    row = cg.ikm(data).overall.iloc[0]
    t = stats.t.interval(0.95, 79, y.mean(), stats.sem(y))
    assert [row["ikm"], row["std_error"], row["ci_lower"], row["ci_upper"]] == pytest.approx(
        [y.mean(), stats.sem(y), *t], rel=1e-12
    )
    cuts = [-np.inf, 64.995, 76.605, 88.305, np.inf]
    expected = np.diff(stats.t.cdf(cuts, 79, y.mean(), stats.sem(y)))
    np.testing.assert_allclose(row[["p_d", "p_c", "p_b", "p_a"]].astype(float), expected, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 40))
def test_rows_and_columns_in_any_order(seed, n):
    data = drawn(n, seed, missing=0.05)
    rng = np.random.default_rng(seed)
    again = data.sample(frac=1, random_state=seed).iloc[:, rng.permutation(9)]
    if data.notna().any().all():
        one, other = cg.ikm(data), cg.ikm(again)
        pd.testing.assert_frame_equal(one.tidy(), other.tidy(), rtol=1e-12)
        pd.testing.assert_frame_equal(one.overall, other.overall, rtol=1e-9)
        assert 25 <= one.overall["ikm"][0] <= 100


@pytest.mark.parametrize("interval", ["percentile", "bca"])
@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_bootstrap_agrees_with_linearisation(interval, missing):
    data = drawn(300, missing=missing).assign(unit=np.repeat(["a", "b", "c"], 100))
    taylor = cg.ikm(data, by="unit").groups
    found = cg.ikm(data, by="unit", interval=interval, resamples=4000, seed=1)
    np.testing.assert_allclose(found.groups["std_error"], taylor["std_error"], rtol=0.06)
    np.testing.assert_allclose(found.groups[["ci_lower", "ci_upper"]], taylor[["ci_lower", "ci_upper"]], atol=0.5)
    np.testing.assert_allclose(found.groups[["p_c", "p_b"]], taylor[["p_c", "p_b"]], atol=0.05)
    again = cg.ikm(data, by="unit", interval=interval, resamples=4000, seed=1)
    pd.testing.assert_frame_equal(found.groups, again.groups)
    assert found.meta.seed == 1 and not found.groups["std_error"].equals(taylor["std_error"])


def test_bootstrap_of_clusters():
    data = pd.read_csv(REFERENCE / "satisfaction.csv")
    design = cg.Design(cluster="cluster", strata="stratum", weights="weight")
    taylor = cg.ikm(data, by="unit", design=design)
    found = cg.ikm(data, by="unit", design=design, interval="percentile", resamples=4000, seed=5)
    np.testing.assert_allclose(found.groups["std_error"], taylor.groups["std_error"], rtol=0.08)
    np.testing.assert_allclose(found.overall["std_error"], taylor.overall["std_error"], rtol=0.08)
    alone = cg.ikm(data, design=cg.Design(weights="weight"), interval="percentile", resamples=4000, seed=5)
    expected = cg.ikm(data, design=cg.Design(weights="weight"))
    np.testing.assert_allclose(alone.overall["std_error"], expected.overall["std_error"], rtol=0.08)


def test_groups_are_those_of_their_rows():
    data = drawn(90, missing=0.02).assign(unit=np.tile(["x", "y", "z"], 30), service=np.repeat(["kk", "ktp"], 45))
    found = cg.ikm(data, by=["unit", "service"])
    assert list(found.tidy().columns[:3]) == ["unit", "service", "element"] and len(found.tidy()) == 54
    for (unit, service), rows in data.groupby(["unit", "service"]):
        one = cg.ikm(rows).overall.iloc[0]
        group = found.groups[(found.groups["unit"] == unit) & (found.groups["service"] == service)].iloc[0]
        for column in ("n", "ikm", "std_error", "ci_lower", "ci_upper", "p_b"):
            assert group[column] == pytest.approx(one[column], rel=1e-9)
    assert found.glance()["ikm"][0] == cg.ikm(data).glance()["ikm"][0]


def test_small_and_empty_groups_are_told():
    data = drawn(40).assign(unit=["a"] * 35 + ["b"] * 3 + ["c", None])
    data.loc[data["unit"] == "b", "U7"] = np.nan
    found = cg.ikm(data, by="unit")
    assert "2 groups have fewer than 5 users (b, c)" in text_of(found, "small_groups")
    assert "1 groups have no index" in text_of(found, "groups_without_index")
    assert "1 users have no answer in unit" in text_of(found, "group_blank") and found.glance()["n"][0] == 39
    rows = found.groups.set_index("unit")
    assert np.isnan(rows.loc["b", "ikm"]) and rows.loc["b", "grade"] == ""
    assert np.isnan(rows.loc["c", ["std_error", "ci_lower", "p_a"]].astype(float)).all()
    assert np.isfinite(rows.loc["c", "ikm"]) and len(found.ranking()) == 3 and len(found.differences()) == 3


def test_free_service():
    found = cg.ikm(drawn(50).assign(U4=4))
    assert "the service seems to be free" in text_of(found, "free_service")
    row = found.tidy().set_index("element").loc["U4"]
    assert row["index"] == 100 and row["ci_lower"] == row["ci_upper"] == 100
    assert "U2" in text_of(cg.ikm(drawn(50).assign(U2=3)), "constant")


def test_differences_by_welch():
    data = drawn(100).assign(unit=["a"] * 30 + ["b"] * 70)
    y = 25 * data[NAMES].mean(axis=1)
    expected = stats.ttest_ind(y[:30], y[30:], equal_var=False)
    row = cg.ikm(data, by="unit").differences().iloc[0]
    limits = expected.confidence_interval()
    assert row[["statistic", "p_value", "df", "ci_lower", "ci_upper"]].tolist() == pytest.approx(
        [expected.statistic, expected.pvalue, expected.df, limits.low, limits.high], rel=1e-10
    )
    assert row["p_adjusted"] == row["p_value"]


def test_differences_are_adjusted_and_ties_are_shown():
    high = (drawn(200) + 1).clip(upper=4).assign(unit="best")
    data = pd.concat([high, drawn(200, 1).assign(unit="b"), drawn(200, 2).assign(unit="a")], ignore_index=True)
    found = cg.ikm(data, by="unit")
    p = found.differences("none")["p_value"].to_numpy()
    order = np.argsort(p)
    expected = np.empty(3)
    expected[order] = np.minimum(np.maximum.accumulate(p[order] * [3, 2, 1]), 1)
    np.testing.assert_allclose(found.differences()["p_adjusted"], expected, rtol=1e-12)
    ranks = found.ranking().set_index("unit")
    assert ranks.loc["best", ["rank", "rank_lower", "rank_upper"]].tolist() == [1, 1, 1]
    assert ranks.loc[["a", "b"], "rank_lower"].tolist() == [2, 2] and ranks.loc["a", "rank_upper"] == 3
    with pytest.raises(cg.SampleError, match="two groups"):
        cg.ikm(data).differences()


def test_changes_follow_the_order_of_periods():
    periods = ["Semester II 2024", "Semester I 2025", "Semester I 2024"]
    data = pd.concat([drawn(60, k).assign(period=p, unit=u) for k, (p, u) in enumerate(
        (p, u) for p in periods for u in ("a", "b"))])  # fmt: skip
    found = cg.ikm(data, by="unit", period="period")
    assert found.meta.options["order"] == ("Semester I 2024", "Semester II 2024", "Semester I 2025")
    changes = found.changes()
    assert changes["period_2"].tolist() == ["Semester II 2024", "Semester I 2025"] * 2
    groups = found.groups.set_index(["unit", "period"])["ikm"]
    first = changes.iloc[0]
    assert first["difference"] == pytest.approx(groups["a", "Semester II 2024"] - groups["a", "Semester I 2024"])
    assert len(found.differences()) == 3 and (found.ranking()["period"] == "Semester I 2025").all()
    with pytest.raises(cg.OptionError, match="changes need to know the time"):
        cg.ikm(data, by="unit").changes()


def test_unused_and_used_weights_are_told():
    users = cg.load_sample("users")
    official, weighted, plain = (cg.ikm(users, design=d) for d in (None, True, False))
    assert official.glance()["ikm"][0] == plain.glance()["ikm"][0] != weighted.glance()["ikm"][0]
    assert "weight" in text_of(official, "weights_unused") and "differs from the official" in text_of(
        weighted, "weighted"
    )
    assert "not used, as asked" in text_of(plain, "design_unused")
    assert official.overall["std_error"][0] > plain.overall["std_error"][0]  # offices differ
    by_office = cg.ikm(users, by="office")
    assert "lie within one sampling unit" in text_of(by_office, "one_unit_groups") and by_office.covariance is None


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, "many"])
def test_weights_that_are_none(value):
    data = drawn(20).assign(w=[value] + [1.0] * 19 if not isinstance(value, str) else [value] + ["1"] * 19)
    with pytest.raises(cg.DataError, match=r"weights 'w' must be numbers above 0; 1 are not: .*\(row 0\)"):
        cg.ikm(data, design=cg.Design(weights="w"))


def test_lonely_units_and_population_sizes():
    data = drawn(40).assign(s=["a"] * 39 + ["b"], size=50)
    with pytest.raises(cg.DataError, match="1 strata of 's' have a single sampling unit"):
        cg.ikm(data, design=cg.Design(strata="s"))
    found = {how: cg.ikm(data, design=cg.Design(strata="s", lonely=how)) for how in ("adjust", "average", "remove")}
    assert "from the mean of all units" in text_of(found["adjust"], "lonely_adjust")
    variance = {how: x.overall["std_error"][0] ** 2 for how, x in found.items()}
    y = 25 * data[NAMES].mean(axis=1)
    expected = 39 / 38 * ((y[:39] - y[:39].mean()) ** 2).sum() / 40**2
    assert variance["remove"] == pytest.approx(expected) and variance["average"] == pytest.approx(2 * expected)
    assert variance["adjust"] == pytest.approx(expected + (y[39] - y.mean()) ** 2 / 40**2)
    census = cg.ikm(data, design=cg.Design(fpc="size"))
    assert census.overall["std_error"][0] == pytest.approx(np.sqrt(0.2) * cg.ikm(data).overall["std_error"][0])
    with pytest.raises(cg.DataError, match="at least as many as were drawn"):
        cg.ikm(data.assign(size=30), design=cg.Design(fpc="size"))
    with pytest.raises(cg.DataError, match="is empty for 1 users"):
        cg.ikm(data.assign(s=["a"] * 39 + [None]), design=cg.Design(strata="s"))


def test_answers_and_profile_are_counts():
    found = cg.ikm(cg.load_sample("users"))
    assert found.answers.groupby("element")["count"].sum().tolist() == found.tidy()["n"].tolist()
    assert set(found.profile["variable"]) == {"sex", "education"}
    assert found.profile.groupby("variable")["count"].sum().eq(found.meta.n).all()


def test_too_many_groups_to_compare():
    data = drawn(2001 * 2).assign(unit=np.repeat(np.arange(2001), 2))
    found = cg.ikm(data, by="unit")
    with pytest.raises(cg.OptionError, match="2001 groups are too many to compare each with each"):
        found.ranking()
    assert "2,001 groups" in cg.narrate(found) and len(cg.table(found, "satisfaction_groups").rows) == 2001


@pytest.mark.parametrize("kind", ["int", "bool", "category", "datetime", "period", "mixed"])
def test_groups_of_any_kind_are_saved(kind, tmp_path):
    values = {
        "int": [2024, 2025] * 20,
        "bool": [True, False] * 20,
        "category": pd.Categorical(["b", "a"] * 20, categories=["b", "a", "unused"]),
        "datetime": pd.to_datetime(["2024-01-01", "2024-07-01"] * 20),
        "period": pd.PeriodIndex(["2024Q1", "2024Q2"] * 20, freq="Q"),
        "mixed": [1, "x"] * 20,
    }
    found = cg.ikm(drawn(40).assign(g=values[kind]), by="g")
    assert found.groups["n"].tolist() == [20, 20]
    again = cg.load_result(found.save(tmp_path / "index"))
    pd.testing.assert_frame_equal(again.groups, found.groups)
    if kind in ("int", "datetime", "period"):
        assert len(cg.ikm(drawn(40).assign(g=values[kind]), period="g").changes()) == 1
