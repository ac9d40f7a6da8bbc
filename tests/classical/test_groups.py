"""Comparison of groups: closed forms, properties, what is refused, what is noted."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import cgsurvey as cg
from cgsurvey.base.errors import CodingError, OptionError, SampleError
from cgsurvey.classical import studentised_range
from cgsurvey.classical.group_tests import variance_share


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    d = pd.DataFrame({"g": np.repeat(list("abc"), [30, 40, 25]), "s": rng.choice(["m", "f"], 95)})
    d["x"] = rng.normal(size=95) + (d["g"] == "b")
    return d.assign(y=rng.integers(1, 6, 95).astype(float), z=d["x"] + rng.normal(size=95))


def codes(found: cg.Result) -> list[str]:
    return [n.code.partition(".")[2] for n in found.notes]


@pytest.mark.parametrize(("k", "df", "q"), [(3, 4.4, 3.0), (25, 7.7, 5.0), (10, 1000.0, 4.0), (2, 30.0, 2.8)])
def test_studentised_range_equals_scipy(k, df, q):
    assert studentised_range.cdf(np.array([q]), k, np.array([df]))[0] == pytest.approx(
        stats.studentized_range.cdf(q, k, df), abs=1e-9
    )
    level = studentised_range.cdf(studentised_range.quantile(0.95, k, np.array([df])), k, np.array([df]))
    assert level[0] == pytest.approx(0.95, abs=1e-9)


def test_two_groups_by_anova_is_t_squared(data):
    t = cg.compare_groups(data, "x", by="s", method="t").tests.iloc[0]
    F = cg.compare_groups(data, "x", by="s", method="anova").tests.iloc[0]
    assert F["statistic"] == pytest.approx(t["statistic"] ** 2) and F["p_value"] == pytest.approx(t["p_value"])
    welch = cg.compare_groups(data, "x", by="s").tests.iloc[0]
    F = cg.compare_groups(data, "x", by="s", method="welch_anova").tests.iloc[0]
    assert F["statistic"] == pytest.approx(welch["statistic"] ** 2) and F["df2"] == pytest.approx(welch["df1"])


def test_ranks_do_not_see_the_units(data):
    bent = data.assign(x=np.exp(data["x"]))
    for method in ("kruskal_wallis",):
        a, b = (cg.compare_groups(d, "x", by="g", method=method).tests for d in (data, bent))
        pd.testing.assert_frame_equal(a, b)
    a, b = (cg.compare_groups(d, "x", by="s", method="mann_whitney").tests for d in (data, bent))
    pd.testing.assert_frame_equal(a, b)


def test_kruskal_is_the_anova_of_ranks(data):
    H = cg.compare_groups(data, "y", by="g", method="kruskal_wallis").tests.iloc[0]
    ranks = cg.compare_groups(data.assign(y=data["y"].rank()), "y", by="g", method="anova").tests.iloc[0]
    assert H["effect_size"] == pytest.approx(ranks["eta2"])


def test_interval_of_the_share_of_variance_inverts_the_test():
    F = stats.f.ppf(0.975, 3, 60)
    lower, upper = variance_share(F, 3, 60, 64, 0.95)
    assert lower == pytest.approx(0, abs=1e-6) and upper > 0
    nc = upper * 64 / (1 - upper)
    assert stats.ncf.cdf(F, 3, 60, nc) == pytest.approx(0.025, abs=1e-8)


@pytest.mark.slow
def test_rank_biserial_interval_covers_with_ties():
    rng = np.random.default_rng(6)
    values, p, q = np.arange(5), [0.1, 0.2, 0.3, 0.25, 0.15], [0.2, 0.25, 0.3, 0.15, 0.1]
    truth = sum(p[i] * q[j] * np.sign(i - j) for i in values for j in values)
    hits = 0
    for _ in range(2000):
        d = pd.DataFrame(
            {"x": np.r_[rng.choice(values, 60, p=p), rng.choice(values, 45, p=q)], "g": [0] * 60 + [1] * 45}
        )
        found = cg.compare_groups(d, "x", by="g", method="mann_whitney").tests.iloc[0]
        hits += found["effect_lower"] <= truth <= found["effect_upper"]
    assert 0.93 <= hits / 2000 <= 0.97


def test_several_outcomes_are_adjusted(data):
    found = cg.compare_groups(data, ["x", "y", "z"], by="g")
    assert_allclose(sorted(found.tests["p_holm"]), sorted(np.maximum.accumulate(
        np.sort(found.tests["p_value"]) * [3, 2, 1]).clip(max=1)))  # fmt: skip
    assert len(found.post_hoc) == 9 and found.glance()["n_outcomes"][0] == 3


def test_small_and_empty_groups_are_told(data):
    d = data.copy()
    d.loc[0, "g"], d.loc[1:3, "g"], d.loc[10:12, "x"] = "alone", None, np.nan
    found = cg.compare_groups(d, "x", by="g")
    assert {"small_groups", "group_blank", "answers_missing"} <= set(codes(found))
    assert found.tests["n"][0] == 88 and set(found.groups["group"]) == {"a", "b", "c"}


def test_order_of_categories_is_kept(data):
    d = data.assign(s=pd.Categorical(data["s"], ["m", "f"]))
    assert cg.compare_groups(d, "x", by="s").groups["group"].tolist() == ["m", "f"]


def test_no_variation_within_groups_is_serious():
    d = pd.DataFrame({"x": [1.0, 1, 2, 2], "g": list("aabb")})
    found = cg.compare_groups(d, "x", by="g")
    assert np.isnan(found.tests["p_value"][0]) and "test_undefined" in codes(found)


@pytest.mark.parametrize(
    ("outcomes", "options", "error", "said"),
    [
        ("x", {}, OptionError, "name by="),
        ("x", {"by": "g", "method": "t"}, OptionError, "there are 3. Use method='anova'"),
        ("x", {"by": "g", "method": "anva"}, OptionError, "Did you mean 'anova'"),
        ("x", {"paired": True}, OptionError, "two or more outcomes"),
        (["x", "y", "z"], {"paired": True, "method": "wilcoxon"}, OptionError, "method='friedman'"),
        ("x", {"by": "x"}, OptionError, "among the outcomes"),
        ("s", {"by": "g"}, CodingError, "numbers are needed where 's' holds text"),
        ("flat", {"by": "g"}, SampleError, "no variance in 'flat'"),
        ("x", {"by": "one"}, SampleError, "has 1 group"),
        ("x", {"by": "own"}, SampleError, "has 0 group"),
    ],
)
def test_what_cannot_be_used_is_refused(data, outcomes, options, error, said):
    d = data.assign(flat=2.0, one="a", own=np.arange(95.0))
    with pytest.raises(error, match=said):
        cg.compare_groups(d, outcomes, **options)
