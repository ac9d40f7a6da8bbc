"""KMO, Bartlett's test, what is refused, what is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factor_cases import answers, matrix

import cgsurvey as cg
from cgsurvey.factor.adequacy import kmo


def codes(result: cg.Result) -> set[str]:
    return {n.code for n in result.notes}


@pytest.mark.reference
def test_equals_psych(case):
    correlation = "polychoric" if case.ordered else "pearson"
    got, expected = cg.factorability(case.frame, correlation=correlation), case.expected
    rel = 1e-6 if case.ordered else 1e-10
    np.testing.assert_allclose(got.correlations, case.R, atol=rel)
    assert got.kmo == pytest.approx(expected["kmo"]["overall"], rel=rel)
    np.testing.assert_allclose(got.kmo_items, expected["kmo"]["items"], rtol=rel)
    np.testing.assert_allclose(got.smc, expected["smc"], rtol=rel)
    wanted = expected["bartlett"]
    assert got.bartlett["chisq"] == pytest.approx(wanted["chisq"], rel=rel) and got.bartlett["df"] == wanted["df"]
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix(expected["R"]))[::-1], expected["eigenvalues"], rtol=1e-10)


def test_closed_form_of_equal_correlations():
    p, r = 5, 0.4
    R = np.full((p, p), r)
    np.fill_diagonal(R, 1.0)
    q = r / (1 + (p - 2) * r)  # partial correlation given the p - 2 others
    got = kmo(R)
    assert got.overall == pytest.approx(r**2 / (r**2 + q**2), rel=1e-12)
    np.testing.assert_allclose(got.items, got.overall)


def test_tables_and_meta():
    data = answers()
    got = cg.factorability(data)
    assert list(got.tidy()) == ["item", "kmo", "smc"] and got.tidy()["item"].tolist() == list(data)
    row = got.glance().iloc[0]
    assert row["n"] == 300 and row["n_items"] == 12 and row["df"] == 66
    assert got.determinant == pytest.approx(np.linalg.det(data.corr()), rel=1e-9)
    assert not got.notes


@pytest.mark.parametrize("missing", ["listwise", "pairwise", "fiml"])
def test_missing_answers(missing):
    data = answers().astype(float)
    data.iloc[:20, 3] = np.nan
    data.iloc[5] = np.nan
    got = cg.factorability(data, missing=missing)
    expected = {"listwise": 280, "pairwise": 280, "fiml": 299}[missing]
    assert got.meta.n == expected
    wanted = {"listwise": "moments.listwise_loss", "pairwise": "factor.pairwise", "fiml": "factor.fiml"}[missing]
    assert wanted in codes(got)
    if missing == "pairwise":
        np.testing.assert_allclose(got.correlations, data.corr(), atol=0.02)


def test_columns_that_are_no_items_are_named():
    got = cg.factorability(answers().assign(office="north"))
    (told,) = got.notes
    assert told.code == "factor.items_guessed" and "office" in told.text and "12 numeric columns" in told.text


def test_items_that_share_nothing_are_named():
    data = answers()
    data["odd"] = data["x1"] - data["x2"] + 0.2 * np.random.default_rng(3).normal(size=len(data))
    told = [n for n in cg.factorability(data).notes if n.code == "factor.inadequate_items"]
    assert len(told) == 1 and "odd" in told[0].text


REFUSED = {
    "constant": (lambda d: d.assign(x2=3), cg.SampleError, r"same answer to x2.*leave it out"),
    "empty": (lambda d: d.assign(x2=np.nan), cg.SampleError, r"nobody answered x2"),
    "few rows": (lambda d: d.head(10), cg.SampleError, r"10 complete rows for 12 items"),
    "gaps": (lambda d: d.where(np.eye(300, 12, dtype=bool) < 1).head(13), cg.SampleError, r"missing='pairwise'"),
    "duplicate": (lambda d: d.assign(x2=d["x1"]), cg.NotPositiveDefiniteError, r"(?s)x1.*x2|singular"),
    "infinite": (lambda d: d.assign(x2=np.inf), cg.CodingError, r"x2.*inf"),
    "one item": (lambda d: d[["x1"]], cg.SampleError, r"usable items: 1 \(x1\)"),
    "nothing": (lambda d: d.head(0), cg.SampleError, r"nobody answered|0 complete rows"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused_with_reason(name):
    change, error, message = REFUSED[name]
    for analysis in (
        cg.factorability,
        lambda d: cg.parallel_analysis(d, seed=1, iterations=20),
        lambda d: cg.efa(d, factors=2),
    ):
        with pytest.raises(error, match=message):
            analysis(change(answers()))


def test_unknown_items_and_text_are_refused():
    with pytest.raises(cg.ColumnNotFoundError, match=r"'x99'"):
        cg.factorability(answers(), ["x1", "x2", "x99"])
    data = answers().astype(object)
    data.loc[7, "x1"] = "agree"
    with pytest.raises(cg.CodingError, match=r"'x1'.*'agree' \(row 7\)"):
        cg.factorability(data, list(data))
    with pytest.raises(cg.OptionError, match="Did you mean 'polychoric'"):
        cg.factorability(answers(), correlation="polichoric")
    with pytest.raises(cg.OptionError, match="missing='pairwise'"):
        cg.factorability(answers(), correlation="polychoric", missing="fiml")
    with pytest.raises(cg.OptionError, match="x1 twice"):
        cg.factorability(answers(), ["x1", "x2", "x1"])
    with pytest.raises(cg.SampleError, match=r"usable items: 1 \(x1\)"):
        cg.factorability(answers(), "x1")


def test_items_stand_in_the_order_asked_for():
    data = answers()
    assert cg.factorability(data, iter(["x5", "x1", "x9"])).tidy()["item"].tolist() == ["x5", "x1", "x9"]
    numbered = cg.factorability(data.set_axis(range(12), axis=1), [3, 1, 2])
    assert numbered.tidy()["item"].tolist() == ["3", "1", "2"]


def test_indefinite_matrices_are_smoothed_on_request_only():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.integers(0, 2, (14, 12)), columns=[f"b{i}" for i in range(12)])
    with pytest.raises(cg.NotPositiveDefiniteError, match="smooth=True"):
        cg.factorability(data, correlation="polychoric")
    got = cg.factorability(data, correlation="polychoric", smooth=True)
    assert "factor.smoothed" in codes(got)
    assert np.linalg.eigvalsh(got.correlations)[0] > 0 and np.diag(got.correlations) == pytest.approx(1.0)


def test_categories_of_pandas_are_ordered_items():
    data = answers()
    ranked = data.apply(lambda c: pd.Categorical(c, categories=[1, 2, 3, 4, 5], ordered=True))
    one, other = (cg.factorability(d, correlation="polychoric") for d in (data, ranked))
    assert one.kmo == pytest.approx(other.kmo, rel=1e-12)


def test_columns_that_share_a_name_are_refused():
    data = answers()
    for correlation in ("pearson", "polychoric"):
        with pytest.raises(cg.DataError, match="share a name: x1"):
            cg.factorability(pd.concat([data, data[["x1"]]], axis=1), correlation=correlation)
