"""Regression: properties, what is refused, what is noted."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import cgsurvey as cg
from cgsurvey.base.errors import (
    ColumnNotFoundError,
    ConvergenceError,
    ModelSyntaxError,
    OptionError,
    SampleError,
)
from cgsurvey.classical.assumptions import _imhof, durbin_watson
from cgsurvey.classical.linear import least_squares, sobel


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 150
    d = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(2, 3, n), "g": rng.choice(list("abc"), n)})
    d["m"] = 0.5 * d["x"] + rng.normal(size=n)
    d["y"] = 1 + 0.4 * d["x"] + 0.3 * d["m"] + rng.normal(size=n)
    d["office"] = rng.integers(0, 20, n)
    d["level"] = pd.cut(d["y"] + rng.logistic(size=n), [-99, 0, 1, 2, 99], labels=False)
    return d


def codes(found: cg.Result) -> list[str]:
    return [n.code.partition(".")[2] for n in found.notes]


def test_units_and_order_change_nothing_but_the_slope(data):
    whole = cg.regress(data, "y ~ x + z")
    other = cg.regress(data.assign(x=10 * data["x"] + 3).sample(frac=1, random_state=1), "y ~ z + x")
    a, b = whole.coefficients.set_index("term"), other.coefficients.set_index("term")
    assert a.loc["x", "estimate"] == pytest.approx(10 * b.loc["x", "estimate"])
    for column in ("std_all", "statistic", "r_part", "vif"):
        assert_allclose(a.loc[["x", "z"], column], b.loc[["x", "z"], column], rtol=1e-9)
    assert whole.steps["r2"][0] == pytest.approx(other.steps["r2"][0])


def test_parts_add_up_to_r2_where_predictors_are_unrelated():
    x = np.tile([-1.0, 1.0], 20)
    z = np.repeat([-1.0, 1.0], 20)
    y = x + 0.5 * z + np.sin(np.arange(40))
    found = cg.regress(pd.DataFrame({"x": x, "z": z, "y": y}), "y ~ x + z")
    assert (found.coefficients["r_part"].iloc[1:] ** 2).sum() == pytest.approx(found.steps["r2"][0])
    assert_allclose(found.coefficients["vif"].iloc[1:], 1)


def test_predictors_and_blocks_are_formulas(data):
    one = cg.regress(data, "y", predictors=[["x"], ["z", "g"]])
    other = cg.regress(data, ["y ~ x", "y ~ x + z + g"])
    pd.testing.assert_frame_equal(one.tidy(), other.tidy())
    assert one.steps["r2_change"].iloc[1] == pytest.approx(one.steps["r2"].diff().iloc[1])


def test_names_with_blanks_and_functions(data):
    d = data.rename(columns={"x": "trust in office"}).assign(w=np.exp(data["x"]))
    a = cg.regress(d, "y", predictors=["trust in office"]).last
    b = cg.regress(d, "y ~ log(w)").last
    assert a["term"].tolist() == ["(Intercept)", "trust in office"]
    assert_allclose(a["estimate"], b["estimate"])
    squared = cg.regress(d, "y ~ `trust in office` + I(`trust in office`**2) + C(office)").last
    assert squared["term"].str.startswith("C(office)").sum() == d["office"].nunique() - 1


def test_constructs_are_scored(data):
    items = pd.DataFrame({"t1": [1.0, 2, 3, 4, 5] * 8, "t2": [2.0, 2, 4, 4, 1] * 8})
    frame = items.assign(y=np.arange(40) % 7)
    found = cg.regress(frame, "y ~ trust", constructs={"trust": ["t1", "t2"]})
    direct = cg.regress(frame.assign(trust=items.mean(axis=1)), "y ~ trust")
    assert_allclose(found.coefficients["estimate"], direct.coefficients["estimate"])
    assert "scored" in codes(found)


def test_a_sample_with_its_instrument(data):
    users = cg.load_sample("same")
    names = [c.id for c in users.instrument.leaf_constructs][:2]
    found = cg.regress(users, names[0], predictors=[names[1]])
    scores = cg.score(users, names)
    both = scores.dropna()
    assert found.coefficients["std_all"].iloc[1] == pytest.approx(both[names].corr().iloc[0, 1])


def test_steps_of_baron_and_kenny(data):
    found = cg.regress(data, "y", predictors=["x", "z"], mediator="m")
    path = found.mediation.set_index("path")["estimate"]
    assert path["c"] - path["c'"] == pytest.approx(path["a*b"]) == pytest.approx(path["a"] * path["b"])
    assert "steps_historical" in codes(found) and "zhao2010" in found.meta.references


def test_sobel_by_hand():
    se, z, p = sobel(0.5, 0.1, 0.4, 0.2)
    assert se == pytest.approx(np.sqrt(0.25 * 0.04 + 0.16 * 0.01)) and z == pytest.approx(0.2 / se)
    assert p == pytest.approx(2 * stats.norm.sf(z))


def test_imhof_is_exact_for_a_chi_square_difference():
    # P(a z1^2 < b z2^2) is that of an F with 1 and 1 degrees of freedom
    assert _imhof(np.array([2.0, -3.0])) == pytest.approx(stats.f.cdf(1.5, 1, 1), abs=1e-6)


def test_durbin_watson_by_moments_meets_the_exact_one():
    rng = np.random.default_rng(2)
    X = np.column_stack([np.ones(200), rng.normal(size=200)])
    e = least_squares(rng.normal(size=200), X, intercept=True).e
    exact = durbin_watson(e, X)
    X2, e2 = np.vstack([X, X[:1]]), np.append(e, e[-1])
    near = durbin_watson(e2, X2)
    assert exact.p == pytest.approx(near.p, abs=0.02)


@pytest.mark.slow
def test_errors_cover_with_unequal_variances():
    rng = np.random.default_rng(8)
    hits = {"classical": 0, "HC3": 0}
    for _ in range(1000):
        x = rng.normal(size=120)
        d = pd.DataFrame({"x": x, "y": x + rng.normal(size=120) * (0.3 + np.abs(x))})
        for errors in hits:
            last = cg.regress(d, "y ~ x", errors=errors).last.iloc[1]
            hits[errors] += last["ci_lower"] <= 1 <= last["ci_upper"]
    assert 920 <= hits["HC3"] <= 970 and hits["classical"] < 900


def test_ordinal_is_invariant_to_the_codes_of_its_categories(data):
    a = cg.regress(data, "level ~ x + g", kind="ordinal").coefficients
    b = cg.regress(data.assign(level=data["level"] * 10 + 5), "level ~ x + g", kind="ordinal").coefficients
    c = cg.regress(data.assign(level=-data["level"]), "level ~ x + g", kind="ordinal").coefficients
    assert_allclose(a["estimate"], b["estimate"], rtol=1e-9)
    assert_allclose(a["estimate"].iloc[:3], -c["estimate"].iloc[:3], rtol=1e-7)


def test_ordinal_recovers_its_coefficients():
    rng = np.random.default_rng(3)
    x = rng.normal(size=20_000)
    y = np.digitize(0.8 * x + rng.logistic(size=20_000), [-1.0, 0.5, 2.0])
    found = cg.regress(pd.DataFrame({"x": x, "y": y}), "y ~ x", kind="ordinal").coefficients
    z = (found["estimate"] - [0.8, -1.0, 0.5, 2.0]) / found["std_error"]
    assert z.abs().max() < 3.5
    robust = cg.regress(pd.DataFrame({"x": x, "y": y}), "y ~ x", kind="ordinal", errors="HC0").coefficients
    assert_allclose(robust["std_error"], found["std_error"], rtol=0.03)


def test_gaps_and_order_of_an_ordinal_outcome_are_told(data):
    found = cg.regress(data.assign(level=data["level"].replace({3: 5})), "level ~ x", kind="ordinal")
    told = next(n for n in found.notes if n.code == "classical.category_gaps")
    assert "3, 4" in told.text
    words = data["level"].map({0: "low", 1: "mid", 2: "high", 3: "top"})
    order = pd.Categorical(words, ["low", "mid", "high", "top"], ordered=True)
    a = cg.regress(data.assign(level=order), "level ~ x", kind="ordinal")
    b = cg.regress(data, "level ~ x", kind="ordinal")
    assert_allclose(a.coefficients["estimate"], b.coefficients["estimate"])
    assert "low < mid < high < top" in next(n for n in a.notes if n.code == "classical.order_of_words").text


def test_missing_rows_are_counted(data):
    d = data.copy()
    d.loc[:4, "x"] = np.nan
    d.loc[4:9, "z"] = np.nan
    found = cg.regress(d, ["y ~ x", "y ~ x + z"])
    told = next(n for n in found.notes if n.code == "classical.rows_left_out")
    assert "10 of 150 (6.7%)" in told.text and "x 5, z 6" in told.text and "6,7%" in told.render("id")
    assert found.steps["n"].tolist() == [140, 140]


def test_warnings_name_a_remedy(data):
    rng = np.random.default_rng(1)
    d = data.assign(w=data["x"] + 0.05 * rng.normal(size=150))
    d["spread"] = d["x"] + d["x"] ** 2 + (1 + 3 * (d["x"] > 0)) * rng.normal(size=150)
    found = cg.regress(d, "spread ~ x + w")
    assert {"collinear", "heteroscedastic", "not_linear"} <= set(codes(found))
    assert "heteroscedastic" not in codes(cg.regress(d, "spread ~ x", errors="HC3"))
    designed = cg.Responses(frame=d, design=cg.Design(cluster="office"))
    assert {"clusters_there", "design_unused"} <= set(codes(cg.regress(designed, "y ~ x")))


@pytest.mark.parametrize(
    ("model", "options", "error", "said"),
    [
        ("y ~ x + zz", {}, ColumnNotFoundError, "'zz'"),
        ("y ~ x + I(2 * z + q)", {}, ColumnNotFoundError, "'q'"),
        ("y ~ tan(x)", {}, ModelSyntaxError, "the function 'tan' is not known"),
        ("y ~ x.__class__", {}, ColumnNotFoundError, "'x.__class__'"),
        ("y ~ I(x.mean())", {}, ModelSyntaxError, "more than columns"),
        ("y ~ __import__('os').getcwd()", {}, ModelSyntaxError, "cannot be read"),
        ("y ~", {}, ModelSyntaxError, "an outcome, one '~'"),
        ("y + x ~ z", {}, ModelSyntaxError, "one outcome"),
        ("y ~ x | z", {}, ModelSyntaxError, "cannot be read"),
        ("y ~ log(z)", {}, ModelSyntaxError, "no finite value"),
        ("y ~ 0 + x", {}, OptionError, "leaves the intercept out"),
        ("y", {}, OptionError, "is no formula"),
        ("y", {"predictors": ["x", "y"]}, OptionError, "'y' is the outcome"),
        ("y", {"predictors": ["x", "x"]}, OptionError, "twice"),
        ("y ~ x", {"predictors": ["z"]}, OptionError, "not both"),
        (["y ~ x", "y ~ z"], {}, OptionError, "lacks x"),
        (["y ~ x", "m ~ x + z"], {}, OptionError, "different outcomes"),
        ("y ~ x", {"kind": "ordnal"}, OptionError, "Did you mean 'ordinal'"),
        ("y ~ x", {"errors": "cluster"}, OptionError, "name the column"),
        ("y ~ x", {"mediator": "x"}, OptionError, "in the formula already"),
        ("level ~ x", {"kind": "ordinal", "errors": "HC3"}, OptionError, "not defined"),
        ("y ~ x + total", {}, SampleError, "'total' is a combination of x"),
        ("one ~ x", {}, SampleError, "the same in all 150 rows"),
        ("y ~ one", {}, SampleError, "no variance in one"),
        ("exact ~ x + z", {}, SampleError, "R2 is 1"),
        ("y ~ x + empty", {}, SampleError, "nobody has a value of empty"),
        ("split ~ x", {"kind": "ordinal"}, ConvergenceError, "separates"),
    ],
)
def test_what_cannot_be_used_is_refused(data, model, options, error, said):
    d = data.assign(total=2 * data["x"] + 1, one=3.0, empty=np.nan, exact=data["x"] - data["z"])
    d["split"] = (d["x"] > 0).astype(float)
    with pytest.raises(error, match=said):
        cg.regress(d, model, **options)


def test_too_few_rows(data):
    with pytest.raises(SampleError, match="4 complete rows cannot carry 3 coefficients"):
        cg.regress(data.head(4), "y ~ x + z")
    assert "few_rows" in codes(cg.regress(data.head(12), "y ~ x + z"))
