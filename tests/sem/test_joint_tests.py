"""Wald and score tests: as lavaan's, in closed form, and near the likelihood-ratio test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

import cgsurvey as cg
from cgsurvey.base.errors import EstimationError, ModelError, ModelSyntaxError, OptionError

HERE = Path(__file__).resolve().parents[1] / "reference"
TESTS = {t["id"]: t for t in json.loads((HERE / "constraints.json").read_text())["tests"]}
MODEL = "f =~ x1 + l2*x2 + l3*x3\ng =~ x4 + l5*x5 + l6*x6\n"
GROUPS = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "constraints.csv")


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> cg.SemFit:
    return cg.cfa(MODEL, data)


def fitted(case: dict, data: pd.DataFrame) -> cg.SemFit:
    """The fit that lavaan made; answers are taken away by the rule of constraints.R."""
    options = {k.replace(".", "_"): v for k, v in case["options"].items()}
    if options.get("missing"):
        rows = np.arange(1, len(data) + 1)
        data = data.copy()
        for k in range(1, 10):
            data.loc[(7 * rows + 3 * k) % 11 == 0, f"x{k}"] = np.nan
    return cg.sem(case["model"], data, **options)


@pytest.mark.parametrize("name", list(TESTS))
def test_as_lavaan(name: str, data: pd.DataFrame) -> None:
    case = TESTS[name]
    model = fitted(case, data)
    if case["wald"]:
        found = model.wald(case["wald"])
        row = found.glance().iloc[0]
        assert (row["chisq"], row["df"]) == (pytest.approx(case["stat"], rel=1e-4), case["df"])
        assert row["pvalue"] == pytest.approx(case["p.value"], rel=1e-4)
        return
    score = model.score_test(add=case["add"] or None)
    table, each = score.tidy(), {k: np.atleast_1d(v) for k, v in case["each"].items()}
    np.testing.assert_allclose(table["chisq"], each["X2"], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(table["p_value"], each["p.value"], rtol=1e-3)
    assert score.chisq == pytest.approx(case["stat"], rel=1e-4)
    if score.df == case["df"]:  # otherwise what is released is not identified, and the changes are not unique
        # By least squares lavaan's changes have the wrong sign, and a factor (n - 1) / n.
        sign = -len(data) / (len(data) - 1) if model.options.estimator in ("GLS", "ULS", "DWLS") else 1.0
        np.testing.assert_allclose(score.changes["epc"], sign * np.array(case["epc"]), rtol=1e-3, atol=2e-5)
    if not case["add"]:
        assert table["lhs"].tolist() == list(each["lhs"]) and table["rhs"].tolist() == list(each["rhs"])
    robust = {n.code for n in score.notes} & {"sem.score_not_robust"}
    assert bool(robust) == (model.options.se != "standard")


def test_df_of_all_together_is_what_is_gained(data: pd.DataFrame) -> None:
    """Ten equalities of loadings and intercepts are freed, but two of them only stand in for the latent means.

    lavaan says 10; the models differ by 8, and the score test approaches the likelihood-ratio test between them.
    """
    held = cg.cfa(GROUPS, data, group="school", group_equal=["loadings", "intercepts"])
    free = cg.cfa(GROUPS, data, group="school")
    score = held.score_test()
    assert score.df == held.fit_measures["df"] - free.fit_measures["df"] == 8
    assert score.chisq == pytest.approx(held.fit_measures["chisq"] - free.fit_measures["chisq"], rel=0.1)
    assert score.p_value == pytest.approx(chi2.sf(score.chisq, 8))
    assert [n.values for n in score.notes if n.code == "sem.score_df"] == [{"n": 10, "df": 8}]


def test_expected_changes_come_true(data: pd.DataFrame) -> None:
    """What an equality that is released is expected to do is about what it does."""
    held = cg.cfa(GROUPS, data, group="school", group_equal="loadings")
    score = held.score_test()
    row = score.tidy().set_index("constraint").loc["f =~ x2 [a] == f =~ x2 [b]"]
    free = cg.cfa(GROUPS, data, group="school", group_equal="loadings", group_partial="f =~ x2")
    gain = held.fit_measures["chisq"] - free.fit_measures["chisq"]
    assert row["chisq"] == pytest.approx(gain, rel=0.25) and gain > 3
    key = (held.tidy()["lhs"] == "f") & (held.tidy()["rhs"] == "x2")
    moved = free.tidy()[key]["estimate"].to_numpy() - held.tidy()[key]["estimate"].to_numpy()
    assert np.sign(row["epc_lhs"]) == np.sign(moved[0]) and row["epc"] == pytest.approx(moved[0] - moved[1], rel=0.3)
    assert row["epc"] == pytest.approx(row["epc_lhs"] - row["epc_rhs"])


@pytest.mark.parametrize("estimator", ["ML", "GLS", "ULS", "WLS", "DWLS"])
def test_the_sign_of_expected_changes(estimator: str, data: pd.DataFrame) -> None:
    """lavaan turns it round by least squares."""
    held = cg.cfa(f"{MODEL}l2 == l3", data, estimator=estimator).score_test().tidy().loc[0]
    free = cg.cfa(MODEL, data, estimator=estimator).tidy().set_index("label")["estimate"]
    assert held["epc"] == pytest.approx(free["l2"] - free["l3"], rel=0.35)


def test_added_parameters_are_modification_indices(fit: cg.SemFit) -> None:
    score = fit.score_test(add="x1 ~~ x4\nf =~ x5\nx6 ~~ x2").tidy()
    index = fit.modification_indices()
    for r in score.itertuples():
        pair = {r.lhs, r.rhs}
        same = [i for i in index.itertuples() if i.op == r.op and {i.lhs, i.rhs} == pair]
        assert len(same) == 1 and same[0].mi == pytest.approx(r.chisq) and same[0].epc == pytest.approx(r.epc)


def test_one_constraint_is_the_square_of_z(fit: cg.SemFit) -> None:
    one = fit.wald("l2 == 0")
    row = fit.tidy().set_index("label").loc["l2"]
    assert one.chisq == pytest.approx(row["statistic"] ** 2) and one.p_value == pytest.approx(row["p_value"])
    assert one.tidy().loc[0, "std_error"] == pytest.approx(row["std_error"])


def test_how_a_hypothesis_is_written_does_not_matter_when_it_is_linear(fit: cg.SemFit) -> None:
    a, b = fit.wald("l2 == l3; l3 == l5"), fit.wald("2*l5 == 2*l3\nl2 - l5 == 0")
    assert a.chisq == pytest.approx(b.chisq) and a.df == b.df == 2


def test_defined_names_can_be_tested(data: pd.DataFrame) -> None:
    defined = cg.cfa(f"{MODEL}gap := l2 - l3", data)
    assert defined.wald("gap == 0").chisq == pytest.approx(defined.wald("l2 == l3").chisq)


def test_units_do_not_matter(data: pd.DataFrame) -> None:
    large = data.assign(x5=data["x5"] * 1e5, x2=data["x2"] * 1e-4)
    text = "f =~ x1 + l2*x2 + l3*x3\ng =~ x4 + l5*x5 + l6*x6\nl3 == l6"
    for a, b in zip(
        (cg.cfa(text, d).score_test(add="x1 ~~ x5") for d in (data, large)),
        (cg.cfa(text, d).score_test() for d in (data, large)),
        strict=True,
    ):
        assert a.df == b.df == 1
    assert cg.cfa(text, data).score_test().chisq == pytest.approx(cg.cfa(text, large).score_test().chisq, rel=1e-6)


def test_an_inequality_that_binds_stays(data: pd.DataFrame) -> None:
    near = cg.cfa(f"{MODEL}l2 == l3\nl6 > 1.1", data).score_test()
    fixed = cg.cfa(f"{MODEL.replace('l6*', '1.1*')}l2 == l3", data).score_test()
    far = cg.cfa(f"{MODEL}l2 == l3\nl6 > 0.1", data).score_test()
    plain = cg.cfa(f"{MODEL}l2 == l3", data).score_test()
    assert near.chisq == pytest.approx(fixed.chisq, rel=1e-6) and far.chisq == pytest.approx(plain.chisq, rel=1e-6)


def test_an_equality_that_others_imply_costs_nothing(data: pd.DataFrame) -> None:
    model = cg.cfa(f"{MODEL}l2 - l3 == 0\n2*l2 == 2*l3\nl5 + l6 == 2", data)
    score = model.score_test()
    assert score.tidy()["df"].tolist() == [0, 0, 1] and score.df == 2


def test_what_cannot_be_tested(fit: cg.SemFit, data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match=r"'l22'. Did you mean 'l2'"):
        fit.wald("l22 == 0")
    with pytest.raises(ModelSyntaxError, match="Only equalities"):
        fit.wald("l2 == 0\nl3 > 1")
    with pytest.raises(ModelSyntaxError, match="empty"):
        fit.wald("# nothing")
    with pytest.raises(OptionError, match="follow from the others"):
        fit.wald("l2 == l3; 2*l2 == 2*l3")
    with pytest.raises(OptionError, match="itself holds l2 == l3"):
        cg.cfa(f"{MODEL}l2 - l3 == 0", data).wald("l2 == l3")
    with pytest.raises(OptionError, match="Give labels"):
        cg.cfa(GROUPS, data).wald("a == 0")
    with pytest.raises(EstimationError, match="standard errors"):
        cg.cfa(MODEL, data, se="none").wald("l2 == 0")
    with pytest.raises(ModelError, match="no equalities"):
        fit.score_test()
    with pytest.raises(OptionError, match=r"already: f =~ x2"):
        fit.score_test(add="f =~ x2")
    with pytest.raises(ModelSyntaxError, match=r"'x22' is no variable of the model\. Did you mean"):
        fit.score_test(add="x1 ~~ x22")
    with pytest.raises(ModelSyntaxError, match="no modifier"):
        fit.score_test(add="x1 ~~ a*x2")
    with pytest.raises(ModelSyntaxError, match="no means"):
        fit.score_test(add="x1 ~ 1")
    with pytest.raises(OptionError, match="1 to 1"):
        cg.cfa(f"{MODEL}l2 == l3", data).score_test(release=[2])


def test_size_of_the_test_of_all_together() -> None:
    """Where the equalities hold, p is uniform with the degrees of freedom that we count, not with lavaan's."""
    rng = np.random.default_rng(7)
    p = []
    for _ in range(60):
        f = rng.normal(size=(300, 1))
        frame = pd.DataFrame(0.8 * f + 0.6 * rng.normal(size=(300, 4)), columns=list("abcd"))
        frame["school"] = np.where(np.arange(300) < 150, "x", "y")
        held = cg.cfa("f =~ a + b + c + d", frame, group="school", group_equal=["loadings", "intercepts"])
        p.append(held.score_test().p_value)
    assert 0.4 < np.mean(p) < 0.6 and np.mean(np.array(p) < 0.2) == pytest.approx(0.2, abs=0.13)
