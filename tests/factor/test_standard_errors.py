"""Standard errors of rotated loadings: derivatives, repeated samples, other distributions, what has none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factor_cases import answers, population

import cgsurvey as cg
from cgsurvey.factor.extraction import extract
from cgsurvey.factor.rotation import criterion_of, rotate
from cgsurvey.factor.standard_errors import influence, rotation_errors, turned, unrotated

OBLIQUE = ("oblimin", "geomin")


@pytest.mark.parametrize("method", ["ml", "minres"])
@pytest.mark.parametrize("rotation", ["none", "varimax", "quartimax", "oblimin", "geomin"])
def test_influence_is_the_derivative(method, rotation):
    R = population()[2]

    def solve(R: np.ndarray):
        extracted = extract(R, 3, method)
        return extracted, rotate(extracted.loadings, rotation, starts=1)

    extracted, rotated = solve(R)
    scaled, oblique = method == "ml", rotation in OBLIQUE
    equations = (
        unrotated(scaled)
        if rotation == "none"
        else turned(criterion_of(rotation, 0.0, 0.01, None), oblique, rotation == "varimax")
    )
    W = None if scaled else np.ones(66)
    psi = extracted.uniquenesses
    found = influence(rotated.loadings, rotated.phi, psi, equations, oblique=oblique, W=W).jacobian
    for i, j in ((0, 1), (2, 7), (5, 11)):
        step = np.zeros_like(R)
        step[i, j] = step[j, i] = 1e-5
        ahead, behind = solve(R + step)[1], solve(R - step)[1]
        numeric = (ahead.loadings - behind.loadings).ravel() / 2e-5
        np.testing.assert_allclose(2 * found[:36, i, j], numeric, atol=1e-5)
        if oblique:
            b, a = np.triu_indices(3, 1)
            numeric = ((ahead.phi - behind.phi) / 2e-5)[a, b]
            np.testing.assert_allclose(2 * found[36:, i, j], numeric, atol=1e-5)


def test_one_factor_of_normal_rows_in_repeated_samples():
    one = np.array([0.8, 0.7, 0.6, 0.5, 0.4])
    R = np.outer(one, one)
    np.fill_diagonal(R, 1.0)
    rng, n = np.random.default_rng(1), 400
    found = []
    for _ in range(250):
        found.append(extract(np.corrcoef(rng.multivariate_normal(np.zeros(5), R, n), rowvar=False), 1, "ml").loadings)
    theory = rotation_errors(
        one[:, None], np.eye(1), 1 - one**2, unrotated(True), oblique=False, W=None, n=n, R=R
    ).loadings
    # 250 samples give a standard deviation to 4.5 %
    np.testing.assert_allclose(np.std(found, axis=0), theory, rtol=0.16)


def test_rotated_loadings_in_repeated_samples():
    loadings, _, R = population()
    root, rng, n = np.linalg.cholesky(R), np.random.default_rng(2), 500
    aim = rotate(extract(R, 3, "ml").loadings).loadings
    found, told = [], []
    for _ in range(80):
        got = cg.efa(pd.DataFrame(rng.normal(size=(n, 12)) @ root.T).add_prefix("x"), factors=3, method="ml")
        L = got.loadings.to_numpy()
        order = [int(np.abs(L.T @ aim[:, k]).argmax()) for k in range(3)]
        found.append(L[:, order] * np.sign((L[:, order] * aim).sum(axis=0)))
        told.append(got.std_errors.to_numpy()[:, order])
    ratio = np.mean(told, axis=0) / np.std(found, axis=0)
    assert ratio.mean() == pytest.approx(1.0, abs=0.05) and ratio.min() > 0.75 and ratio.max() < 1.4
    covered = np.abs(np.array(found) - aim) < 1.96 * np.array(told)
    assert covered.mean() == pytest.approx(0.95, abs=0.02)
    assert loadings.shape == aim.shape


def test_robust_errors_agree_for_normal_rows_and_grow_with_kurtosis():
    R, rng = population()[2], np.random.default_rng(3)
    rows = rng.normal(size=(3000, 12)) @ np.linalg.cholesky(R).T
    heavy = rows * np.sqrt(6 / rng.chisquare(6, size=(3000, 1)))
    ratio = []
    for y in (rows, heavy):
        data = pd.DataFrame(y).add_prefix("x")
        plain, robust = (cg.efa(data, factors=3, se=s).std_errors.to_numpy() for s in ("standard", "robust"))
        ratio.append((robust / plain).mean())
    assert ratio[0] == pytest.approx(1.0, abs=0.03) and ratio[1] > 1.2


def test_polychoric_errors_exceed_those_of_pearson():
    data = answers(800)
    pearson, ordinal = (cg.efa(data, factors=3, correlation=c) for c in ("pearson", "polychoric"))
    assert 1.0 < (ordinal.std_errors / pearson.std_errors).to_numpy().mean() < 1.4


def test_intervals_in_tidy():
    got = cg.efa(answers(), factors=3, ci=0.9)
    row = got.tidy().iloc[0]
    assert row["std_error"] == got.std_errors.iloc[0, 0]
    half = 1.6448536269514722 * row["std_error"]
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((row["loading"] - half, row["loading"] + half))
    assert (np.diag(got.factor_correlation_errors) == 0).all()


def test_where_there_are_none():
    data = answers()
    promax = cg.efa(data, factors=3, rotation="promax")
    assert promax.std_errors.isna().all().all()
    assert "factor.promax_has_no_errors" in {n.code for n in promax.notes}
    assert cg.efa(data, factors=3, se="none").std_errors.isna().all().all()
    gaps = data.astype(float)
    gaps.iloc[:30, 2] = np.nan
    for options in ({"se": "robust"}, {"method": "dwls"}):
        with pytest.raises(cg.OptionError, match="needs complete rows"):
            cg.efa(gaps, factors=3, missing="pairwise", **options)
    with pytest.raises(cg.OptionError, match="between 0 and 1"):
        cg.efa(data, factors=3, ci=95)
