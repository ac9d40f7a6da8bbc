"""cg.common_method: lavaan's models, recovery with and without method variance, closed forms, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability.coefficients import correlation
from cgsurvey.reliability.measured import measured
from cgsurvey.reliability.method_numbers import decompose, inflation, one_factor, without_marker

REFERENCE = Path(__file__).parents[1] / "reference"
BLOCKS = {c.upper(): [f"{c}{j}" for j in range(1, 5)] for c in "abc"}
MARKER = ["m1", "m2", "m3"]


def simulated(n: int = 600, seed: int = 1, method: float = 0.0, marker: float | None = None) -> pd.DataFrame:
    """Three traits of four items and a marker of three; `method`: loading of all on a common method factor."""
    rng = np.random.default_rng(seed)
    traits = rng.multivariate_normal(np.zeros(3), [[1, 0.3, 0.2], [0.3, 1, 0.4], [0.2, 0.4, 1]], n)
    common, own = rng.normal(size=(2, n, 1))
    load = np.tile([0.7, 0.6, 0.75, 0.55], 3)
    error = np.sqrt(1 - load**2 - method**2)
    x = np.repeat(traits, 4, axis=1) * load + method * common + error * rng.normal(size=(n, 12))
    m = method if marker is None else marker
    k = 0.6 * own + m * common + np.sqrt(1 - 0.36 - m**2) * rng.normal(size=(n, 3))
    return pd.DataFrame(np.hstack([x, k]), columns=[i for b in BLOCKS.values() for i in b] + MARKER)


def codes(result: cg.Result) -> set[str]:
    return {n.code.removeprefix("reliability.") for n in result.notes}


@pytest.fixture(scope="module")
def golden() -> tuple[pd.DataFrame, dict]:
    return pd.read_csv(REFERENCE / "validity.csv"), json.loads((REFERENCE / "validity.json").read_text())


@pytest.fixture(scope="module")
def found(golden) -> cg.CommonMethod:
    return cg.common_method(golden[0], BLOCKS, marker=MARKER)


def test_models_equal_lavaan(golden, found):
    table, expected = found.models.set_index("model"), golden[1]["models"]
    assert set(table.index) == set(expected)
    for name, values in expected.items():
        for measure in ("chisq", "cfi", "rmsea", "srmr", "aic", "bic"):
            assert table.loc[name, measure] == pytest.approx(values[measure], rel=2e-5, abs=1e-6), (name, measure)
        assert table.loc[name, "df"] == values["df"]


def test_loadings_equal_lavaan(golden, found):
    for model, factor in (("ulmc_equal", "M"), ("ulmc_free", "M"), ("method_u", "K")):
        theirs = pd.DataFrame(golden[1]["loadings"][model])
        mine = found.loadings[found.loadings["model"] == model].set_index("item")
        trait = theirs[theirs["lhs"].isin(list(BLOCKS))].set_index("rhs")["est"]
        method = theirs[(theirs["lhs"] == factor) & theirs["rhs"].isin(mine.index)].set_index("rhs")["est"]
        np.testing.assert_allclose(mine["loading_method_model"].abs(), trait[mine.index].abs(), atol=2e-4)
        np.testing.assert_allclose(mine["method_loading"], method[mine.index] * np.sign(method.sum()), atol=2e-4)
        np.testing.assert_allclose(mine[["trait", "method", "error"]].sum(axis=1), 1)
        np.testing.assert_allclose(mine["change"], mine["loading_method_model"] - mine["loading"])


def test_steps_of_the_marker_models(golden, found):
    chisq = found.models.set_index("model")["chisq"]
    steps = found.differences.set_index(["model", "against"])
    assert golden[1]["retained"] == "method_u"
    for large, small, df in (("method_c", "baseline", 1), ("method_u", "method_c", 11), ("method_u", "method_r", 3)):
        row = steps.loc[(large, small)]
        assert row["chisq_diff"] == pytest.approx(chisq[small] - chisq[large]) and row["df_diff"] == df
    evidence = found.tidy().set_index(["technique", "measure"])
    assert evidence.loc[("marker_cfa", "method_c"), "p_value"] < 0.001
    table = found.reliability
    np.testing.assert_allclose(table["trait"] + table["method"], table["total"])
    assert table["construct"].tolist() == ["A", "B", "C"]


def test_shares_and_vif_equal_r(golden, found):
    evidence = found.tidy().set_index(["technique", "measure"])["estimate"]
    assert evidence["harman", "component_share"] == pytest.approx(golden[1]["harman"]["component"], rel=1e-10)
    table = found.collinearity.set_index("construct")
    assert table["vif"].to_dict() == pytest.approx(golden[1]["vif"]["scores"], rel=1e-10)
    assert table["vif_latent"].to_dict() == pytest.approx(golden[1]["vif"]["latent"], rel=1e-4)


@pytest.mark.reference
def test_harman_of_the_battery(shared: Path):
    content = json.loads((shared / "reference/dev/reliability/harman_cg36.json").read_text())
    frame = pd.read_csv(shared / "reference/dev/data" / content["data"]["file"])[content["data"]["variables"]]
    got, expected = one_factor(frame.corr().to_numpy()), content["expected"]["harman_single_factor"]
    assert got.eigenvalue == pytest.approx(expected["first_eigenvalue"], rel=1e-10)
    assert got.component_share == pytest.approx(expected["first_unrotated_pc_share"], rel=1e-10)
    assert got.factor_share == pytest.approx(expected["first_paf_share"], rel=1e-6)
    assert got.factor_share == pytest.approx(expected["minres_share"], rel=1e-5)


def test_closed_forms():
    R = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    np.testing.assert_allclose(inflation(R), 1.5)
    assert np.isnan(inflation(np.ones((2, 2)))).all() and np.isnan(inflation(np.eye(1))).all()
    got = one_factor(
        np.outer([0.8, 0.6, 0.7, 0.5], [0.8, 0.6, 0.7, 0.5]) + np.diag(1 - np.array([0.64, 0.36, 0.49, 0.25]))
    )
    np.testing.assert_allclose(got.loadings, [0.8, 0.6, 0.7, 0.5], atol=1e-6)
    assert got.factor_share == pytest.approx(0.435)
    parts = decompose(np.full(3, 0.6), np.full(3, 0.3), np.full(3, 0.55))
    assert parts.total == pytest.approx((3.24 + 0.81) / (3.24 + 0.81 + 1.65))
    assert parts.trait / parts.method == pytest.approx(4)


def test_adjusted_correlation_is_the_partial_one_given_the_method_factor():
    R = np.array([[1, 0.5, 0.2], [0.5, 1, 0.2], [0.2, 0.2, 1]])
    P = np.linalg.inv(R)
    partial = -P[0, 1] / np.sqrt(P[0, 0] * P[1, 1])
    adjusted, p = without_marker(np.array([0.5]), 0.2**2, 100)
    assert adjusted[0] == pytest.approx(partial)  # the method factor adds .2 * .2 to each correlation
    t = partial * np.sqrt(97 / (1 - partial**2))
    from scipy.stats import t as student

    assert p[0] == pytest.approx(2 * student.sf(t, 97))


def test_without_method_variance_little_is_found():
    got = cg.common_method(simulated(1500, 5), BLOCKS, marker=MARKER)
    evidence = got.tidy().set_index(["technique", "measure"])
    assert evidence.loc[("marker_cfa", "method_c"), "p_value"] > 0.01
    assert evidence.loc[("ulmc_equal", "chisq_diff"), "p_value"] > 0.01
    assert got.reliability["method"].max() < 0.02
    phi = got.correlations["r_adjusted"] - got.correlations["r"]
    assert phi.abs().max() < 0.08


def test_with_method_variance_it_is_found_and_taken_out():
    frame = simulated(3000, 5, method=0.5)
    got = cg.common_method(frame, BLOCKS, marker=MARKER)
    evidence = got.tidy().set_index(["technique", "measure"])
    assert evidence.loc[("marker_cfa", "method_c"), "p_value"] < 1e-6
    assert evidence.loc[("ulmc_equal", "method_share"), "estimate"] == pytest.approx(0.25, abs=0.06)
    mine = got.loadings[got.loadings["model"] == "ulmc_equal"]
    np.testing.assert_allclose(mine["loading_method_model"], np.tile([0.7, 0.6, 0.75, 0.55], 3), atol=0.08)
    assert (mine["change"] < 0).all()
    assert (got.correlations["r_adjusted"] < got.correlations["r"]).all()
    assert {"harman", "ulmc_weak", "ulmc_boundary", "marker_used"} <= codes(got)


def test_order_of_rows_and_items_does_not_matter():
    frame = simulated(300, 2, 0.3)
    a = cg.common_method(frame, BLOCKS, marker=MARKER)
    turned = {c: b[::-1] for c, b in BLOCKS.items()}
    b = cg.common_method(frame.sample(frac=1, random_state=1), turned, marker=MARKER[::-1])
    pd.testing.assert_frame_equal(a.models, b.models, rtol=1e-5)
    pd.testing.assert_frame_equal(a.evidence, b.evidence, rtol=1e-3)


def test_a_construct_as_marker_and_a_single_column():
    frame = simulated(400, 3, 0.3)
    whole = cg.common_method(frame, {**BLOCKS, "K": MARKER}, marker="K")
    listed = cg.common_method(frame, BLOCKS, marker=MARKER)
    pd.testing.assert_frame_equal(whole.evidence, listed.evidence, rtol=1e-6)
    assert "K" not in set(whole.collinearity["construct"])
    one = cg.common_method(frame, BLOCKS, marker="m1")
    assert "marker_single" in codes(one) and not len(one.reliability) and len(one.correlations) == 3
    none = cg.common_method(frame, BLOCKS)
    assert "marker_absent" in codes(none) and not len(none.correlations)


def test_a_construct_of_the_instrument_as_marker_and_the_design():
    sample = cg.load_sample()
    dimensions = ["principled_engagement", "shared_motivation"]
    got = cg.common_method(sample, dimensions, marker="trust_gov")
    assert got.collinearity["construct"].tolist() == dimensions
    assert got.meta.options["marker"] == ("trg1", "trg2", "trg3") and "method_unweighted" in codes(got)
    # Turning a whole factor is no change of loadings.
    assert (got.loadings.groupby(["model", "construct"])["loading_method_model"].sum() > 0).all()


def test_scaled_tests_of_robust_estimators(golden):
    got = cg.common_method(golden[0], BLOCKS, marker=MARKER, estimator="MLR")
    plain = cg.common_method(golden[0], BLOCKS, marker=MARKER)
    a, b = (x.differences.set_index(["model", "against"])["chisq_diff"] for x in (got, plain))
    assert np.isfinite(a).all() and not np.allclose(a, b, rtol=1e-3)


def test_models_that_fail_or_have_thin_constructs_are_told():
    frame = simulated(200, 4)
    thin = cg.common_method(frame, {"A": ["a1", "a2"], "B": ["b1", "b2"]})
    assert "method_thin" in codes(thin)
    assert {"method_failed", "method_improper", "method_swallows"} & codes(thin)
    failed = [n for n in thin.notes if n.code == "reliability.method_failed"]
    for n in failed:
        row = thin.models.set_index("model").loc[n.values["model"]]
        assert row.isna().all()
    assert len(thin.collinearity) == 2


def test_items_in_other_units_are_told():
    frame = simulated(300)
    assert "method_units" in codes(cg.common_method(frame.assign(a1=frame["a1"] * 10), BLOCKS))
    assert "method_units" not in codes(cg.common_method(frame, BLOCKS))


def test_what_is_refused():
    frame = simulated(100)
    with pytest.raises(cg.OptionError, match="the marker has items of a construct: 'a1' of A"):
        cg.common_method(frame, BLOCKS, marker=["a1", "m1"])
    with pytest.raises(cg.ColumnNotFoundError, match=r"'mark'\. Did you mean 'marks'"):
        cg.common_method(frame.assign(marks=1.0), BLOCKS, marker=["mark"])
    with pytest.raises(cg.OptionError, match="two constructs or more; there is A"):
        cg.common_method(frame, {"A": BLOCKS["A"]})
    with pytest.raises(cg.OptionError, match="'a1' belongs to A and to B"):
        cg.common_method(frame, {"A": BLOCKS["A"], "B": ["a1", "b1"]})
    with pytest.raises(cg.OptionError, match="Did you mean 'estimator'"):
        cg.common_method(frame, BLOCKS, estimater="ML")
    with pytest.raises(cg.SampleError, match="9 usable rows"):
        cg.common_method(frame.iloc[:9], BLOCKS)


TWO = "A =~ .8*a1 + .7*a2 + .6*a3\nB =~ .8*b1 + .7*b2 + .6*b3\nA ~~ .4*B"
PAIR = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}


def test_incomplete_rows_are_used_where_the_models_use_them():
    frame = cg.simulate(f"{TWO}\nM =~ .7*m1 + .7*m2\nM ~~ .2*A + .2*B", 300, seed=3)
    rng = np.random.default_rng(1)
    frame = frame.mask(rng.random(frame.shape) < 0.1)
    got = cg.common_method(frame, PAIR, marker=["m1", "m2"], missing="fiml")
    # the unrestricted moments that a fit by FIML holds
    model = measured(cg.cfa("f =~ " + " + ".join(frame), frame, missing="fiml"))
    S = pd.DataFrame(model.S, index=model.observed, columns=model.observed)
    items = [i for block in PAIR.values() for i in block]
    R = correlation(S.loc[items, items].to_numpy())
    known = got.evidence.set_index(["technique", "measure"])["estimate"]
    assert known["harman", "component_share"] == pytest.approx(np.linalg.eigvalsh(R)[-1] / 6, rel=1e-6)
    W = np.array([[i in block for i in frame] for block in (*PAIR.values(), ["m1", "m2"])], dtype=float)
    r = correlation(W @ S.loc[list(frame), list(frame)].to_numpy() @ W.T)
    assert got.collinearity["vif"].to_list() == pytest.approx([1 / (1 - r[0, 1] ** 2)] * 2, rel=1e-6)
    assert got.correlations["r"][0] == pytest.approx(r[0, 1], rel=1e-6)
    assert known["marker", "r_marker"] == pytest.approx(r[2, :2].min(), rel=1e-6)
    told = next(n for n in got.notes if n.code == "reliability.method_fiml")
    assert told.values["rows"] == got.meta.n == 300 and 200 < told.values["n"] < 300
    assert "maximum-likelihood moments of all 300 rows" in told.text


def test_without_complete_rows_it_is_refused():
    frame = cg.simulate(TWO, 240, seed=3, categories=5)
    for i in range(len(frame)):
        frame.iloc[i, i % 6] = np.nan
    with pytest.raises(cg.SampleError, match=r"0 complete rows for 6 items.*missing='fiml'.*cg\.impute"):
        cg.common_method(frame, PAIR, missing="pairwise", ordered=True)
    assert cg.common_method(frame, PAIR, missing="fiml").meta.n == 240


def test_rows_that_only_the_models_use_are_told():
    frame = cg.simulate(TWO, 240, seed=3, categories=5)
    frame.iloc[:40, 0] = np.nan
    told = cg.common_method(frame, PAIR, missing="pairwise", ordered=True).notes
    assert "200 complete rows of 240" in next(n.text for n in told if n.code == "reliability.method_complete")
