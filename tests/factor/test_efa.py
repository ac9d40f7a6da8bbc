"""cg.efa: psych, recovery, properties, scores, what is refused, what is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factor_cases import answers, distance, matrix, population

import cgsurvey as cg

FIT = {
    "chisq": "chi_ml",
    "df": "dof",
    "tli": "tli",
    "bic": "bic",
    "rmsr": "rms",
    "rmsr_corrected": "crms",
    "fit": "fit",
}


def codes(result: cg.Result) -> set[str]:
    return {n.code for n in result.notes}


@pytest.mark.reference
@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_equals_psych(case, method):
    expected = case.expected["fa"][f"{method}_none"]
    correlation = "polychoric" if case.ordered else "pearson"
    got = cg.efa(case.frame, factors=case.m, method=method, rotation="none", correlation=correlation)
    # its minres and ml stop up to 3e-5 before the minimum
    atol = {"pa": 1e-6, "minres": 3e-5, "ml": 3e-5}[method]
    np.testing.assert_allclose(np.abs(got.loadings), np.abs(matrix(expected["loadings"])), atol=atol)
    np.testing.assert_allclose(got.communalities, expected["communality"], atol=atol)
    np.testing.assert_allclose(got.uniquenesses, expected["uniqueness"], atol=atol)
    for name, theirs in FIT.items():
        assert got.fit[name] == pytest.approx(expected[theirs], rel=1e-5, abs=2e-4), name
    rmsea = got.fit[["rmsea", "rmsea_ci_lower", "rmsea_ci_upper"]]
    np.testing.assert_allclose(rmsea.astype(float), expected["rmsea"][:3], atol=1e-6)
    np.testing.assert_allclose(got.variance["ss_loadings"], np.atleast_2d(matrix(expected["vaccounted"]))[0], atol=1e-4)


@pytest.mark.reference
def test_share_of_one_factor_is_harmans(shared, case):
    if "harman_single_factor" not in case.expected or case.ordered:
        assert case.ordered
        return
    expected = case.expected["harman_single_factor"]
    shares = {
        "first_paf_share": cg.efa(case.frame, factors=1, method="pa").variance["share_of_variance"].iloc[0],
        "minres_share": cg.efa(case.frame, factors=1).variance["share_of_variance"].iloc[0],
    }
    assert shares == pytest.approx({k: expected[k] for k in shares}, abs=1e-5)


@pytest.mark.parametrize("method", ["minres", "ml", "gls", "pa"])
def test_a_known_structure_is_recovered(method):
    loadings, phi, R = population()
    rows = np.random.default_rng(1).multivariate_normal(np.zeros(12), R, 4000)
    got = cg.efa(pd.DataFrame(rows).add_prefix("x"), factors=3, method=method)
    assert distance(got.loadings.to_numpy(), loadings) < 0.06
    off = np.tril_indices(3, -1)
    np.testing.assert_allclose(np.sort(got.factor_correlations.to_numpy()[off]), np.sort(phi[off]), atol=0.06)
    assert got.fit["rmsea"] < 0.02 and got.fit["tli"] > 0.99


def test_polychoric_correlations_undo_the_categories():
    rows = answers(3000)
    truth = population()[0]
    ordinal, plain = (cg.efa(rows, factors=3, correlation=c) for c in ("polychoric", "pearson"))
    assert distance(ordinal.loadings.to_numpy(), truth) < 0.06
    # coarse answers attenuate Pearson correlations, and with them the loadings
    assert np.abs(plain.loadings.to_numpy()).max(axis=0).sum() < np.abs(ordinal.loadings.to_numpy()).max(axis=0).sum()
    assert "factor.polychoric" in codes(ordinal)


def test_size_of_the_chi_square_test():
    R, rng = population()[2], np.random.default_rng(7)
    root = np.linalg.cholesky(R)
    p = [
        cg.efa(pd.DataFrame(rng.normal(size=(250, 12)) @ root.T).add_prefix("x"), factors=3, method="ml").fit["pvalue"]
        for _ in range(120)
    ]
    # 5 % and 50 % within three standard errors of 120 draws
    assert np.mean(np.array(p) < 0.05) < 0.11 and 0.36 < np.mean(np.array(p) < 0.5) < 0.64


def test_what_belongs_together():
    got = cg.efa(answers(), factors=3)
    L, phi = got.loadings.to_numpy(), got.factor_correlations.to_numpy()
    np.testing.assert_allclose(got.structure, L @ phi, atol=1e-12)
    np.testing.assert_allclose(got.communalities, np.diag(L @ phi @ L.T), atol=1e-12)
    np.testing.assert_allclose(got.uniquenesses, 1 - got.communalities, atol=1e-8)
    np.testing.assert_allclose(got.complexity, (L**2).sum(1) ** 2 / (L**4).sum(1), rtol=1e-12)
    assert got.variance["share_cumulative"].iloc[-1] == pytest.approx(got.communalities.mean())
    assert got.variance["share_explained"].sum() == pytest.approx(1)
    off = ~np.eye(12, dtype=bool)
    expected = got.correlations.to_numpy() - L @ phi @ L.T
    np.testing.assert_allclose(got.residuals.to_numpy()[off], expected[off], atol=1e-12)
    assert got.fit["rmsr"] == pytest.approx(np.sqrt((expected[off] ** 2).mean()))
    assert got.n_factors == 3 and list(got.loadings) == ["F1", "F2", "F3"]
    assert len(got.tidy()) == 36 and got.glance().iloc[0]["n_factors"] == 3
    assert (got.determinacy > got.communalities.max()).any() and (got.determinacy < 1).all()


def test_units_keying_and_order_of_rows_do_not_matter():
    data = answers()
    one = cg.efa(data, factors=3, method="ml")
    other = cg.efa(data.sample(frac=1, random_state=1) * 7 - 3, factors=3, method="ml")
    np.testing.assert_allclose(one.loadings, other.loadings, atol=1e-6)
    turned = cg.efa(data.assign(x1=6 - data["x1"]), factors=3, method="ml")
    np.testing.assert_allclose(np.abs(one.loadings), np.abs(turned.loadings), atol=1e-6)


def test_number_of_factors_by_parallel_analysis():
    got = cg.efa(answers(600), seed=1)
    assert got.n_factors == 3 and got.meta.seed == 1
    (told,) = [n for n in got.notes if n.code == "factor.number_recommended"]
    assert "The number of factors, 3," in told.text and "seed 1" in told.text
    with pytest.raises(cg.OptionError, match="seed=1"):
        cg.efa(answers())


@pytest.mark.parametrize("rotation", ["bifactor", "bifactor_oblique"])
def test_bifactor_names_its_general_factor(rotation):
    got = cg.efa(answers(), factors=3, rotation=rotation, seed=2)
    assert list(got.loadings) == ["G", "F1", "F2"] and got.starts == 30 and got.meta.seed == 2


def test_target_rotation():
    data = answers()
    loadings = population()[0]
    wanted = pd.DataFrame(np.where(loadings > 0, np.nan, 0.0), index=list(data), columns=["A", "B", "C"])
    got = cg.efa(data, factors=3, rotation="target", target=wanted.iloc[::-1])
    assert list(got.loadings) == ["A", "B", "C"]
    assert [
        got.loadings[c].abs().nlargest(4).index[0][1:] in map(str, span)
        for c, span in zip("ABC", (range(1, 5), range(5, 9), range(9, 13)), strict=True)
    ] == [True] * 3
    with pytest.raises(cg.OptionError, match="needs target="):
        cg.efa(data, factors=3, rotation="target")
    with pytest.raises(cg.OptionError, match=r"it lacks x12"):
        cg.efa(data, factors=3, rotation="target", target=wanted.drop("x12"))
    with pytest.raises(cg.OptionError, match="3 columns for 2 factors"):
        cg.efa(data, factors=2, rotation="target", target=wanted)
    with pytest.raises(cg.OptionError, match="wants nothing"):
        cg.efa(data, factors=3, rotation="target", target=wanted * np.nan)
    with pytest.raises(cg.OptionError, match="belongs to rotation='target'"):
        cg.efa(data, factors=3, target=wanted)


def test_scores():
    data = answers()
    got = cg.efa(data, factors=3, method="ml")
    L, phi, R = (x.to_numpy() for x in (got.loadings, got.factor_correlations, got.correlations))
    scores = {m: got.scores(data, m) for m in ("regression", "bartlett", "tenberge")}
    assert all(s.shape == (300, 3) and list(s) == list(got.loadings) for s in scores.values())
    assert all(np.allclose(s.mean(), 0, atol=1e-12) for s in scores.values())
    # regression scores have the covariance of what the items tell of the factors
    np.testing.assert_allclose(scores["regression"].cov(), phi @ L.T @ np.linalg.solve(R, L @ phi), atol=1e-10)
    np.testing.assert_allclose(np.diag(scores["regression"].cov()), got.determinacy, atol=1e-10)
    np.testing.assert_allclose(scores["tenberge"].cov(), phi, atol=1e-10)
    z = (data - data.mean()) / data.std()
    psi = got.uniquenesses.to_numpy()
    expected = np.linalg.solve((L.T / psi) @ L, (L.T / psi) @ z.to_numpy().T).T
    np.testing.assert_allclose(scores["bartlett"], expected, atol=1e-10)


def test_scores_of_orthogonal_factors_and_of_gaps():
    data = answers().astype(float)
    got = cg.efa(data, factors=3, rotation="varimax")
    np.testing.assert_allclose(got.scores(data, "anderson").cov(), np.eye(3), atol=1e-10)
    data.loc[4, "x3"] = np.nan
    scored = got.scores(data)
    assert scored.loc[4].isna().all() and scored.drop(4).notna().all().all()
    with pytest.raises(cg.OptionError, match="tenberge"):
        cg.efa(data, factors=3).scores(data, "anderson")
    with pytest.raises(cg.ColumnNotFoundError, match="x3"):
        got.scores(data.drop(columns="x3"))


def test_heywood_cases_are_reported():
    data = answers()
    rng = np.random.default_rng(1)
    twin = pd.DataFrame({"a": rng.normal(size=300)})
    twin["b"] = twin["a"] + 0.1 * rng.normal(size=300)
    got = cg.efa(pd.concat([data, twin], axis=1), factors=5, method="ml")
    told = [n for n in got.notes if n.code == "factor.heywood"]
    assert len(told) == 1 and told[0].level == "serious"
    named = told[0].values["items"].split(", ")
    assert set(named) & {"a", "b"}
    np.testing.assert_allclose(got.uniquenesses[named], 0.005, rtol=1e-12)


def test_weak_solutions_are_told():
    data = answers()
    assert "factor.thin_factors" in codes(cg.efa(data, factors=5))
    assert "factor.no_degrees_of_freedom" in codes(cg.efa(data, ["x1", "x2", "x3"], factors=1))
    fit = cg.efa(data, ["x1", "x2", "x3"], factors=1).fit
    assert fit["df"] == 0 and np.isnan(fit["pvalue"]) and np.isnan(fit["tli"])


def test_refused():
    data = answers()
    with pytest.raises(cg.OptionError, match="power=0 must be greater than 1"):
        cg.efa(data, factors=2, rotation="promax", power=0)
    with pytest.raises(cg.IdentificationError, match="at most 7 factors"):
        cg.efa(data, factors=8)
    for bad in (0, -1, 2.5):
        with pytest.raises(cg.OptionError, match="factors"):
            cg.efa(data, factors=bad)
    with pytest.raises(cg.OptionError, match="Did you mean 'oblimin'"):
        cg.efa(data, factors=2, rotation="obliman")
    with pytest.raises(cg.OptionError, match="Did you mean 'minres'"):
        cg.efa(data, factors=2, method="minre")
    with pytest.raises(cg.ConvergenceError, match="collapse"):
        cg.efa(data, factors=3, gamma=1.5)
    with pytest.raises(cg.OptionError, match="seed"):
        cg.efa(data, factors=3, rotation="geomin", seed=-1)


def test_responses_are_keyed_and_labelled():
    survey = cg.load_sample()
    names = [n for n in survey.items][:9]
    got = cg.efa(survey, names, factors=2)
    assert got.meta.simulated and set(got.meta.labels) <= set(names) and len(got.loadings) == 9
