"""Skewness, kurtosis and categories of items; Mardia's tests; joining of categories."""

from __future__ import annotations

import itertools
import json

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.responses.categories import join_sparse
from cgsurvey.responses.mardia import amos_kurtosis, kurtosis_bias, mardia, standard_errors

nan = np.nan


def codes(found: cg.Result) -> set[str]:
    return {n.code for n in found.notes}


def said(found: cg.Result | cg.Responses, code: str) -> str:
    return next(n.text for n in found.notes if n.code == code)


def likert(counts: dict[str, list[int]]) -> pd.DataFrame:
    """Items with so many answers 1, 2, 3, ..."""
    return pd.DataFrame({k: np.repeat(np.arange(1, len(c) + 1), c).astype(float) for k, c in counts.items()})


# ---- against other programs ----------------------------------------------------------------------------------------


@pytest.mark.reference
@pytest.mark.parametrize("name", ["mv_bfiA", "mv_hs", "mv_satact"])
def test_reference(shared, name):
    case = json.loads((shared / "reference" / "dev" / "reliability" / f"{name}.json").read_text())
    data = pd.read_csv(shared / "reference" / "dev" / "data" / case["data"]["file"], na_values=["NA"])
    items, e = case["data"]["variables"], case["expected"]
    data, close = data[items].dropna(), dict(rtol=1e-9)
    assert len(data) == case["data"]["n_used"]
    found = cg.normality(data, items)
    rows = found.mardia.set_index("measure")
    psych, skew, kurt = e["psych_mardia"], e["semTools_mardiaSkew"], e["semTools_mardiaKurtosis"]
    np.testing.assert_allclose(
        rows.loc["skewness", ["estimate", "statistic", "p_value"]].astype(float),
        [psych["b1p"], psych["skew"], psych["p.skew"]],
        **close,
    )
    np.testing.assert_allclose(
        rows.loc["skewness_small", ["statistic", "p_value"]].astype(float),
        [psych["small.skew"], psych["p.small"]],
        **close,
    )
    np.testing.assert_allclose(
        rows.loc["skewness", ["estimate", "statistic", "df", "p_value"]].astype(float),
        [skew["b1d"], skew["chi"], skew["df"], skew["p"]],
        **close,
    )
    np.testing.assert_allclose(
        rows.loc["kurtosis", ["estimate", "statistic", "p_value"]].astype(float),
        [kurt["b2d"], kurt["z"], kurt["p"]],
        **close,
    )
    np.testing.assert_allclose([psych["b2p"], psych["kurtosis"]], [kurt["b2d"], kurt["z"]], **close)
    of_n = mardia(data.to_numpy(float), ddof=0)
    np.testing.assert_allclose([of_n.b1, of_n.b2], [e["mardia_b1p_ncov"], e["mardia_b2p_ncov"]], **close)
    described = cg.describe(data, items=items).items
    n = len(data)
    for shape in (found.items, described):
        np.testing.assert_allclose(shape["skewness"], e["skew_type2"], **close)
        np.testing.assert_allclose(shape["kurtosis"], e["kurtosis_type2"], **close)
    columns = pd.DataFrame(e["describe"])
    np.testing.assert_allclose(described[["n", "mean", "sd"]], columns[["n", "mean", "sd"]], **close)
    g1 = found.items["skewness_cr"] * np.sqrt(6 / n)
    g2 = found.items["kurtosis_cr"] * np.sqrt(24 / n)
    np.testing.assert_allclose(g1 * ((n - 1) / n) ** 1.5, columns["skew"], **close)  # psych's type 3
    np.testing.assert_allclose((g2 + 3) * ((n - 1) / n) ** 2 - 3, columns["kurtosis"], **close)


@pytest.mark.reference
def test_critical_ratios_that_amos_prints(shared):
    """The assessment of normality in the documentation of AMOS: 73 girls of the Grant-White school."""
    data = pd.read_csv(shared / "reference" / "dev" / "data" / "hs.csv")
    girls = data[(data["school"] == "Grant-White") & (data["sex"] == 2)]
    found = cg.normality(girls, [f"x{i}" for i in range(1, 7)])
    shown = found.tidy().round(3)
    assert shown["skewness_cr"].tolist() == pytest.approx([-1.418, -0.457, 2.906, 1.305, -2.915, 2.004], abs=0.0011)
    assert shown["kurtosis_cr"].tolist() == pytest.approx([-0.490, 2.510, 0.221, -0.416, 0.936, -0.370], abs=0.0011)
    row = found.glance().iloc[0]
    assert (round(row["mardia_kurtosis"], 3), round(row["mardia_cr"], 3)) == (3.102, 1.353)


def test_standard_errors_of_spss():
    # n = 100: SES .241, SEK .478, as SPSS prints them
    assert [round(v, 3) for v in standard_errors(100)] == [0.241, 0.478]
    assert np.isnan(standard_errors(2)).all() and np.isnan(standard_errors(3)[1])


# ---- closed forms and properties -----------------------------------------------------------------------------------


def test_mardia_by_its_definition():
    X = np.random.default_rng(1).gamma(2, size=(40, 3))
    C = X - X.mean(axis=0)
    G = C @ np.linalg.inv(np.cov(X.T)) @ C.T
    m = mardia(X)
    np.testing.assert_allclose([m.b1, m.b2], [(G**3).mean(), (np.diag(G) ** 2).mean()], rtol=1e-10)
    assert m.df == 10
    C1 = X[:, :1] - X[:, :1].mean()
    one = mardia(X[:, :1], ddof=0)
    np.testing.assert_allclose(one.b1, (C1**3).mean() ** 2 / (C1**2).mean() ** 3)  # of one column: g1 squared
    np.testing.assert_allclose(one.b2, (C1**4).mean() / (C1**2).mean() ** 2)


def test_mardia_does_not_depend_on_units_or_order():
    rng = np.random.default_rng(2)
    X = rng.exponential(size=(60, 4))
    A = rng.normal(size=(4, 4))
    for Y in (X @ A + 5, X[:, ::-1] * [1, 10, 1e4, 1e-4], X[::-1]):
        np.testing.assert_allclose(
            [mardia(Y).b1, mardia(Y).b2, amos_kurtosis(Y)[1]], [mardia(X).b1, mardia(X).b2, amos_kurtosis(X)[1]], 1e-7
        )


def test_size_of_the_tests():
    """AMOS's kurtosis is centred on its mean under normality; psych's lies lower by what is said of it."""
    rng = np.random.default_rng(3)
    found = [(mardia(X), amos_kurtosis(X)[1]) for X in rng.normal(size=(400, 60, 5))]
    assert abs(np.mean([cr for _, cr in found])) < 0.12
    assert np.mean([m.z for m, _ in found]) == pytest.approx(-kurtosis_bias(60, 5), abs=0.12)
    assert 0.02 < np.mean([m.p_small < 0.05 for m, _ in found]) < 0.09


def test_skewness_of_turned_items_changes_its_sign_only():
    data = likert({"a": [5, 9, 20, 40, 26]})
    a, b = (cg.normality(d).tidy().iloc[0] for d in (data, 6 - data))
    assert a["skewness"] == pytest.approx(-b["skewness"]) and a["kurtosis"] == pytest.approx(b["kurtosis"])
    assert a["floor_share"] == b["ceiling_share"] == 0.05


def test_order_of_rows_and_items_does_not_matter():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.integers(1, 6, (90, 4)).astype(float), columns=list("abcd")).mask(
        rng.random((90, 4)) < 0.05
    )
    one, other = cg.normality(data), cg.normality(data.sample(frac=1, random_state=1)[list("dacb")])
    index = one.items["item"]
    pd.testing.assert_frame_equal(one.items, other.items.set_index("item").loc[index].reset_index(), rtol=1e-9)
    pd.testing.assert_frame_equal(one.mardia, other.mardia, rtol=1e-9)
    assert one.collapse() == other.collapse()


def test_verdict_is_the_worse_of_both_sizes():
    rare = likert({"even": [20, 20, 20, 20, 20], "rare": [96, 1, 1, 1, 1]})
    found = cg.normality(rare).tidy().set_index("item")
    assert found["verdict"].to_dict() == {"even": "good", "rare": "poor"}
    assert cg.normality(rare).glance()["n_poor"].item() == 1


def test_multivariate_normality_is_never_proved():
    rng = np.random.default_rng(4)
    plain, heavy = (
        pd.DataFrame(x, columns=list("abc")) for x in (rng.normal(size=(300, 3)), rng.standard_t(3, (300, 3)))
    )
    assert "no evidence against" in said(cg.normality(plain), "responses.mardia_no_evidence")
    assert "evidence against multivariate normality" in said(cg.normality(heavy), "responses.mardia_evidence")


# ---- categories ----------------------------------------------------------------------------------------------------


def test_sparse_and_empty_categories_within_the_scale():
    found = cg.normality(likert({"a": [3, 0, 40, 30, 27], "b": [0, 20, 20, 30, 30]}), scale=(1, 5))
    rows = found.tidy().set_index("item")
    assert rows.loc["a", ["sparse", "empty", "collapse"]].tolist() == ["1 (3)", "2", "join 1, 2 and 3"]
    assert rows.loc["b", ["n_categories", "n_sparse", "n_empty"]].tolist() == [5, 1, 1]
    assert rows.loc["b", "collapse"] == "join 1 and 2"
    assert found.collapse()["a"] == {1: 3, 2: 3, 3: 3, 4: 4, 5: 5}
    assert "responses.sparse_categories" in codes(found)
    # without the scale the lowest category that nobody chose cannot be known
    assert cg.normality(likert({"b": [0, 20, 20, 30, 30]})).tidy()["n_categories"].item() == 4


def test_measurements_have_no_categories():
    found = cg.normality(pd.DataFrame({"minutes": np.random.default_rng(1).exponential(size=50), "age": range(50)}))
    assert found.categories.empty and found.tidy()["n_categories"].isna().all() and found.collapse() == {}


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=5, max_size=5), min_size=1, max_size=2),
    st.integers(1, 6),
)
@settings(deadline=None)
def test_joining_keeps_as_many_categories_as_can_be_filled(counts, least):
    table, scores = np.array(counts), (1.0, 2.0, 3.0, 4.0, 5.0)
    joins = join_sparse(scores, table, least)

    def filled(cuts: tuple[int, ...]) -> bool:
        return all((part.sum(axis=1) >= least).all() for part in np.split(table, cuts, axis=1))

    possible = [len(c) + 1 for r in range(5) for c in itertools.combinations(range(1, 5), r) if filled(c)]
    if max(possible, default=0) < 2:
        assert joins is None
        return
    assert joins is not None
    new = np.array([joins[s] for s in scores])
    assert (np.diff(new) >= 0).all() and len(set(new)) == max(possible)
    assert all((table[:, new == v].sum(axis=1) >= least).all() and v in np.array(scores)[new == v] for v in set(new))


def test_every_group_must_fill_a_category():
    data = likert({"a": [10, 10, 10, 10, 10]}).assign(side=["x"] * 20 + ["y"] * 30)
    found = cg.normality(data, ["a"], by="side")
    assert "x" in said(found, "responses.categories_differ") and "3 (x)" in said(found, "responses.categories_differ")
    assert found.collapse() == {} and "responses.collapse_impossible" in codes(found)
    mixed = data.assign(side=["x", "y"] * 25)
    assert "responses.categories_differ" not in codes(cg.normality(mixed, ["a"], by="side"))
    assert list(cg.normality(mixed, ["a"], by="side").mardia["group"].unique()) == ["x", "y"]


def test_share_asks_for_more_than_the_count():
    found = cg.normality(likert({"a": [6, 44, 50]}))
    assert found.collapse() == {} and found.collapse(share=0.10) == {"a": {1: 2, 2: 2, 3: 3}}
    with pytest.raises(cg.OptionError, match="share=2"):
        found.collapse(share=2)


def test_collapse_joins_answers_and_says_so():
    data = likert({"a": [2, 28, 30, 38, 2]}).assign(who="x")
    joins = cg.normality(data).collapse()
    new = cg.collapse(data, joins)
    assert new["a"].value_counts().to_dict() == {2: 30, 3: 30, 4: 40} and list(new["who"].unique()) == ["x"]
    assert data["a"].nunique() == 5  # the data that were given are left alone
    survey = linked_survey.survey()
    frame = likert({n: [2, 28, 30, 38, 2] for n in linked_survey.USER})
    responses = cg.Responses(frame=frame, instrument=survey)
    joined = cg.collapse(responses, {"ser4r": {1: 2}})
    assert isinstance(joined, cg.Responses)
    assert joined.frame["ser4r"].min() == 2 and joined.keyed["ser4r"].max() == 4
    assert said(joined, "responses.collapsed") == "Neighbouring answer categories were joined in 1 items: ser4r 1+2."


def test_collapse_refuses_what_it_cannot_do():
    data = likert({"trust": [10, 10, 10]})
    with pytest.raises(cg.OptionError, match=r"'trust': 2 becomes 3 and 3 becomes 1"):
        cg.collapse(data, {"trust": {2: 3, 3: 1}})
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'trust'"):
        cg.collapse(data, {"trusst": {1: 2}})


# ---- bad input -----------------------------------------------------------------------------------------------------


def test_constant_unanswered_and_few_rows():
    data = pd.DataFrame({"same": [3.0] * 4, "none": [nan] * 4, "a": [1.0, 2, 3, nan], "b": [2.0, 1, 4, nan]})
    found = cg.normality(data)
    rows = found.tidy().set_index("item")
    assert rows.loc[["same", "none"], ["skewness", "kurtosis", "skewness_cr"]].isna().all(axis=None)
    assert rows.loc["none", "n"] == 0 and np.isnan(rows.loc["none", "floor_share"])
    assert rows.loc["same", "verdict"] == rows.loc["none", "verdict"] == ""
    assert "Nobody answered these items" in said(found, "responses.items_unanswered")
    assert "all the same or too few: same" in said(found, "responses.no_shape")
    assert "same, none" in said(found, "responses.mardia_left_out")
    few = cg.normality(data[["a", "b"]].iloc[:2])
    assert few.mardia["estimate"].isna().all() and "2 rows answered all of the 2 items" in said(
        few, "responses.mardia_few_rows"
    )


def test_dependent_items_and_silent_persons():
    x = np.random.default_rng(1).integers(1, 6, (30, 2)).astype(float)
    data = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "sum": x.sum(axis=1)})
    data.loc[30] = nan
    found = cg.normality(data)
    assert "exact combination" in said(found, "responses.mardia_dependent")
    assert "answered no item at all: 1" in said(found, "responses.no_answer")


def test_bad_columns_scales_and_answers():
    data = likert({"trust": [9, 1, 10]}).assign(side=nan)
    with pytest.raises(cg.ColumnNotFoundError, match="Did you mean 'trust'"):
        cg.normality(data, ["trusty"])
    with pytest.raises(cg.ColumnNotFoundError, match="sid"):
        cg.normality(data, ["trust"], by="sid")
    with pytest.raises(cg.SampleError, match="names no group"):
        cg.normality(data, ["trust"], by="side")
    with pytest.raises(cg.OptionError, match=r"scale=\(5, 1\)"):
        cg.normality(data, ["trust"], scale=(5, 1))
    with pytest.raises(cg.OptionError, match=r"scale=\(1,\)"):
        cg.normality(data, ["trust"], scale=(1,))
    with pytest.raises(cg.CodingError, match=r"'trust': inf \(row 2\)"):
        cg.normality(data.assign(trust=np.where(data.index == 2, np.inf, data["trust"])), ["trust"])
    with pytest.raises(cg.SampleError, match="0 respondents"):
        cg.normality(data.iloc[:0])
    with pytest.raises(cg.CodingError, match="hold text"):
        cg.normality(pd.DataFrame({"a": ["yes", "no"]}), ["a"])
    assert "trust (10)" in said(cg.normality(data, ["trust"], scale=(1, 2)), "responses.outside_scale")
