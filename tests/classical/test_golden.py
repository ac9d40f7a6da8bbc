"""The classical block against base R and MASS, and against statsmodels and scipy."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import cgsurvey as cg

FOLDER = Path(__file__).resolve().parents[1] / "reference"
LINEAR = "quality ~ age + trust + school"
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "classical.csv")


@pytest.fixture(scope="module")
def golden() -> dict:
    return json.loads((FOLDER / "classical.json").read_text())


@pytest.fixture(scope="module")
def linear(data) -> cg.Regression:
    return cg.regress(data, ["quality ~ age", LINEAR])


def test_coefficients_and_fit(linear, golden):
    g, last, step = golden["linear"], linear.last, linear.steps.iloc[-1]
    for column, key in {"estimate": "b", "std_error": "se", "statistic": "t", "p_value": "p"}.items():
        assert_allclose(last[column], g[key], **CLOSE)
    assert_allclose(last[["ci_lower", "ci_upper"]], g["ci"], **CLOSE)
    assert_allclose(step[["f_value", "df1", "df2"]].astype(float), g["F"], **CLOSE)
    for name in ("r2", "r2_adj", "sigma", "aic", "bic"):
        assert step[name] == pytest.approx(g[name], rel=1e-10)
    change = step[["f_change", "df1_change", "p_change"]].astype(float)
    assert_allclose(change, [g["change"][k] for k in ("F", "df1", "p")], **CLOSE)


def test_shares_of_the_predictors(linear, golden):
    g, last = golden["linear"], linear.last.set_index("term")
    assert_allclose(last["std_all"].iloc[1:], g["beta"], **CLOSE)
    age = last.loc["age"]
    assert age["vif"] == pytest.approx(g["vif_age"]) and age["tolerance"] == pytest.approx(1 / g["vif_age"])
    assert_allclose([age["r_part"], age["r_partial"]], [g["part_age"], g["partial_age"]], **CLOSE)
    assert_allclose(last.loc[["school[b]", "school[c]"], "vif"], g["gvif_school"], **CLOSE)


@pytest.mark.parametrize("errors", ["HC0", "HC1", "HC2", "HC3", "HC4"])
def test_robust_errors(data, golden, errors):
    found = cg.regress(data, LINEAR, errors=errors)
    assert_allclose(found.coefficients["std_error"], golden["linear"][errors], **CLOSE)
    if errors == "HC3":
        assert found.steps["f_value"].iloc[0] == pytest.approx(golden["linear"]["wald_HC3"])


def test_cluster_errors(data, golden):
    found = cg.regress(data, LINEAR, cluster="office")
    assert_allclose(found.coefficients["std_error"], golden["linear"]["cluster"], **CLOSE)
    assert set(found.coefficients["df"]) == {data["office"].nunique() - 1}


def test_assumptions(linear, golden):
    g = golden["linear"]
    tests = linear.assumptions.set_index("test")

    def values(name: str) -> list[float]:
        return tests.loc[name, ["statistic", "p_value"]].astype(float).tolist()

    assert_allclose(values("shapiro_wilk"), g["shapiro"], rtol=1e-6)  # R's swilk and scipy's round differently
    assert_allclose(values("jarque_bera"), g["jb"], **CLOSE)
    assert tests.loc["lilliefors", "statistic"] == pytest.approx(g["ks"])
    assert_allclose(values("breusch_pagan"), g["bp"], **CLOSE)
    assert_allclose(tests.loc["white", ["statistic", "df"]].astype(float), g["white"], **CLOSE)
    assert tests.loc["glejser", "statistic"] == pytest.approx(g["glejser"])
    assert_allclose(tests.loc["glejser_t", "statistic"], g["glejser_t"], **CLOSE)
    assert_allclose(values("durbin_watson"), g["dw"], rtol=1e-7)
    assert_allclose(values("reset"), g["reset"], **CLOSE)
    worst = linear.influential.iloc[0]
    assert_allclose(worst[["cooks", "studentized"]].astype(float), [g["cooks"], g["rstudent"]], **CLOSE)


def test_ordinal(data, golden):
    g, found = golden["ordinal"], cg.regress(data, "level ~ age + trust + sex", kind="ordinal")
    # polr stops by its optimiser's rule, ours at a gradient of zero
    assert_allclose(found.coefficients["estimate"], [*g["b"], *g["theta"]], rtol=1e-5, atol=1e-6)
    # polr has second derivatives by finite differences
    assert_allclose(found.coefficients["std_error"], g["se"], rtol=5e-4)
    step = found.steps.iloc[0]
    assert_allclose([step["logl"], step["aic"]], [g["logl"], g["aic"]], rtol=1e-10)
    assert step["chisq"] == pytest.approx(2 * (g["logl"] - g["null"]))
    n = len(data)
    cox = 1 - np.exp(2 * (g["null"] - g["logl"]) / n)
    expected = [1 - g["logl"] / g["null"], cox, cox / (1 - np.exp(2 * g["null"] / n))]
    assert_allclose(step[["r2_mcfadden", "r2_cox_snell", "r2_nagelkerke"]].astype(float), expected, rtol=1e-8)
    assert found.assumptions["statistic"].iloc[0] == pytest.approx(g["brant"], rel=1e-7)
    assert found.assumptions["df"].tolist() == [6, 2, 2, 2]


def test_ordinal_equals_statsmodels(data):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    x = data[["age", "trust"]].assign(m=(data["sex"] == "m").astype(float))
    other = OrderedModel(data["level"], (x - x.mean()) / x.std(), distr="logit").fit(method="bfgs", disp=False)
    found = cg.regress(data, "level ~ age + trust + sex", kind="ordinal").coefficients
    assert_allclose(found["estimate"].iloc[:3] * x.std().to_numpy(), other.params.iloc[:3], rtol=1e-3)
    assert_allclose(found["statistic"].iloc[:3], other.tvalues.iloc[:3], rtol=1e-3)


def row(found: cg.GroupComparison, *columns: str) -> list[float]:
    return found.tests.loc[0, list(columns)].astype(float).tolist()


@pytest.mark.parametrize("method", ["t", "welch"])
def test_two_means(data, golden, method):
    found = cg.compare_groups(data, "quality", by="sex", method=method)
    assert_allclose(
        row(found, "statistic", "df1", "p_value", "ci_lower", "ci_upper"), golden["groups"][method], **CLOSE
    )


def test_paired_means(data, golden):
    found = cg.compare_groups(data, ["quality", "later"], paired=True)
    assert_allclose(
        row(found, "statistic", "df1", "p_value", "ci_lower", "ci_upper"), golden["groups"]["paired"], **CLOSE
    )
    d = data["quality"] - data["later"]
    assert row(found, "effect_size")[0] == pytest.approx(d.mean() / d.std() * (1 - 3 / (4 * 89 - 1)), rel=1e-4)


def test_ranks(data, golden):
    g = golden["groups"]
    found = cg.compare_groups(data, "item", by="sex", method="mann_whitney")
    assert_allclose(row(found, "statistic", "p_value"), g["mann_whitney"], **CLOSE)
    few = pd.DataFrame({"x": [*data["trust"][:9], *data["mood"][9:20]], "g": ["a"] * 9 + ["b"] * 11})
    found = cg.compare_groups(few, "x", by="g", method="mann_whitney")
    assert_allclose(row(found, "statistic", "p_value"), g["exact"], **CLOSE)
    found = cg.compare_groups(data, ["quality", "later"], paired=True, method="wilcoxon")
    assert_allclose(row(found, "statistic", "p_value"), g["wilcoxon"], **CLOSE)
    found = cg.compare_groups(data, "item", by="school", method="kruskal_wallis")
    assert_allclose(row(found, "statistic", "p_value"), g["kruskal"], **CLOSE)
    assert_allclose(found.post_hoc["statistic"], g["dunn"], **CLOSE)
    assert_allclose(found.post_hoc["p_adjusted"], g["dunn_p"], **CLOSE)


def test_several_means(data, golden):
    g = golden["groups"]
    found = cg.compare_groups(data, "quality", by="school", method="anova")
    assert_allclose(row(found, "statistic", "p_value"), g["anova"], **CLOSE)
    assert_allclose(row(found, "effect_lower", "effect_upper"), g["eta2_ci"], rtol=1e-6, atol=1e-9)
    tukey = found.post_hoc
    assert_allclose(tukey["p_adjusted"], g["tukey"], rtol=1e-8)
    assert_allclose(-tukey["ci_lower"], g["tukey_upper"], rtol=1e-7)  # R takes the second less the first
    levene = found.assumptions.set_index("test")
    assert_allclose(levene.loc["brown_forsythe", ["statistic", "p_value"]].astype(float), g["levene"][:2], **CLOSE)
    assert levene.loc["levene", "statistic"] == pytest.approx(g["levene"][2])
    found = cg.compare_groups(data, "quality", by="school")
    assert_allclose(row(found, "statistic", "df2", "p_value"), g["welch_anova"], **CLOSE)
    games = found.post_hoc
    half = (games["ci_upper"] - games["ci_lower"]) / 2
    assert_allclose(np.column_stack([games["df"], games["p_adjusted"], half]), g["games_howell"], rtol=1e-7)


def test_repeated_measures(data, golden):
    g, names = golden["groups"], ["quality", "later", "last"]
    found = cg.compare_groups(data, names, paired=True)
    assert_allclose(row(found, "statistic", "p_value"), g["repeated"], **CLOSE)
    assert_allclose(found.post_hoc["p_adjusted"], g["pair_holm"], **CLOSE)
    found = cg.compare_groups(data, names, paired=True, method="friedman")
    assert_allclose(row(found, "statistic", "p_value"), g["friedman"], **CLOSE)


@pytest.mark.parametrize(("method", "pair"), [("pearson", ["quality", "trust"]), ("spearman", ["item", "level"])])
def test_correlations(data, golden, method, pair):
    found = cg.correlate(data, pair, method=method).pairs.iloc[0]
    estimate, _, p, *limits = golden["correlation"][method]
    assert_allclose(found[["r", "p_value"]].astype(float), [estimate, p], **CLOSE)
    if limits:
        assert_allclose(found[["ci_lower", "ci_upper"]].astype(float), limits, **CLOSE)


def test_kendall_and_partial(data, golden):
    found = cg.correlate(data, ["item", "level"], method="kendall").pairs.iloc[0]
    assert_allclose(found[["r", "statistic", "p_value"]].astype(float), golden["correlation"]["kendall"], **CLOSE)
    found = cg.correlate(data, ["quality", "trust"], controls=["age"]).pairs.iloc[0]
    r = golden["correlation"]["partial"]
    assert found["r"] == pytest.approx(r)
    assert found["statistic"] == pytest.approx(r * np.sqrt((len(data) - 3) / (1 - r * r)))


def test_cross_tables(data, golden):
    g = golden["cross"]
    found = cg.crosstab(data, "school", "item", seed=1, replicates=20_000)
    assert_allclose(found.tests.loc[0, ["statistic", "df", "p_value"]].astype(float), g["chisq"], **CLOSE)
    assert_allclose(found.cells["std_residual"].to_numpy().reshape(3, -1), g["stdres"], **CLOSE)
    p = g["fisher"]
    assert found.tests["p_value"].iloc[-1] == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 20_000))
    found = cg.crosstab(data.assign(high=data["item"] > 3), "sex", "high")
    tests, measures = found.tests.set_index("test"), found.measures.set_index("measure")
    statistics = [tests.loc["pearson", "statistic"], *tests.loc["yates", ["statistic", "p_value"]]]
    assert_allclose(np.array(statistics, dtype=float), g["two"], **CLOSE)
    exact = [tests.loc["fisher", "p_value"], *measures.loc["odds_ratio_conditional"]]
    # R stops its search of the odds ratio earlier
    assert_allclose(np.array(exact, dtype=float), g["fisher2"], rtol=1e-3)


def test_cross_tables_under_a_design(data, golden):
    g = golden["cross"]["survey"]
    sampled = cg.Responses(frame=data, design=cg.Design(weights="w", cluster="office"))
    found = cg.crosstab(sampled, "school", "item")
    assert_allclose(found.cells["share"], g["shares"], **CLOSE)
    tests = found.tests.set_index("test")
    assert_allclose(tests.loc["rao_scott"].astype(float), g["rao_scott"], rtol=1e-8)
    assert_allclose(tests.loc["adjusted_wald", ["statistic", "p_value"]].astype(float), g["wald"], rtol=1e-8)
    assert not any(n.code == "classical.design_unused" for n in found.notes)
