"""Implied moments and all derivatives of the likelihood by the parameters, against differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cgsurvey.moments.normal import meat
from cgsurvey.moments.patterns import find_patterns
from cgsurvey.moments.sample import Cases, Sample
from cgsurvey.moments.saturated import saturated
from cgsurvey.sem.fitting import derivatives
from cgsurvey.sem.model import ram
from cgsurvey.sem.model.placement import structure
from cgsurvey.sem.model.structure import Structure
from cgsurvey.sem.model.table import parameter_table

MODELS = {
    "factors": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f",
    "equal": "f =~ x1 + a*x2 + a*x3\ng =~ x4 + x5 + x6\nx2 ~~ x5\nx3 ~~ v*x3\nx4 ~~ v*x4",
    "second order": "f =~ x1 + x2\ng =~ x3 + x4\nh =~ x5 + x6\nz =~ f + g + h",
    "loop": "x1 ~ x2 + x3\nx2 ~ x1 + x4",
    "mixed": "f =~ x1 + x2 + x3\nx4 ~ f + x5\nx5 ~ f\nx6 ~ x4",
}


def made(text: str, means: bool, groups: int = 1) -> tuple[Structure, np.ndarray]:
    s = structure(parameter_table(text, meanstructure=means, groups=groups, fixed_x=False))
    rng = np.random.default_rng(len(text))
    theta = rng.uniform(0.3, 0.6, s.q)
    variances = s.free[(s.matrix == 1) & (s.i == s.j) & (s.free >= 0)]
    theta[variances] = rng.uniform(1.0, 1.5, len(variances))
    return s, theta


def samples(s: Structure, fiml: bool = False, seed: int = 0) -> list[Sample]:
    out = []
    for g in range(s.n_groups):
        rng = np.random.default_rng(seed + g)
        y = rng.normal(size=(90 + 20 * g, s.p)) @ (np.eye(s.p) + 0.4)
        if not fiml:
            out.append(Sample(len(y), y.mean(0), np.cov(y.T, bias=True), float(len(y)), None, Cases(y)))
            continue
        y[rng.random(y.shape) < 0.2] = np.nan
        patterns = find_patterns(y)
        mean, cov, _ = saturated(patterns, s.p)
        out.append(Sample(len(y), mean, cov, float(len(y)), patterns, Cases(y)))
    return out


def differences(function, theta: np.ndarray, h: float = 1e-6) -> np.ndarray:
    return np.array([(function(theta + e) - function(theta - e)) / (2 * h) for e in h * np.eye(len(theta))])


def vech(M: np.ndarray) -> np.ndarray:
    j, i = np.triu_indices(len(M))
    return M[i, j]


@pytest.mark.parametrize("means", [False, True], ids=["covariances", "means"])
@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_jacobian(text, means):
    s, theta = made(text, means)

    def moments(t):
        (m,) = ram.fill(s, t)
        return np.concatenate([m.mu, vech(m.Sigma)]) if means else vech(m.Sigma)

    np.testing.assert_allclose(ram.jacobian(s, theta)[0].T, differences(moments, theta), atol=1e-7)


def test_implied_covariance_of_a_factor_model():
    s, theta = made("f =~ x1 + x2 + x3", False)
    (m,) = ram.fill(s, theta)
    l, psi = np.array([1, *theta[:2]]), theta[5]
    np.testing.assert_allclose(m.Sigma, psi * np.outer(l, l) + np.diag(theta[2:5]), rtol=1e-14)


@pytest.mark.parametrize("kind", ["covariances", "means", "groups", "fiml"])
@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_gradient_information_and_scores(text, kind):
    s, theta = made(text, kind != "covariances", groups=2 if kind == "groups" else 1)
    data = samples(s, fiml=kind == "fiml")
    numeric = differences(lambda t: derivatives.gradient(s, t, data), theta)
    np.testing.assert_allclose(derivatives.information(s, theta, data, "observed"), numeric, atol=2e-7)
    total = sum(z.sum(axis=0) for z in derivatives.case_scores(s, theta, data))
    np.testing.assert_allclose(-total / sum(x.n for x in data), derivatives.gradient(s, theta, data), atol=1e-12)


@pytest.mark.parametrize("fiml", [False, True])
def test_products_of_scores_are_summed_some_rows_at_a_time(fiml, monkeypatch):
    s, theta = made(MODELS["equal"], True, groups=2)
    data = samples(s, fiml=fiml)
    scores = derivatives.case_scores(s, theta, data)
    monkeypatch.setattr(derivatives, "ROWS", 7)
    for found, z, sample in zip(derivatives.score_products(s, theta, data), scores, data, strict=True):
        np.testing.assert_allclose(found, z.T @ z / sample.n, atol=1e-12)
    clustered = [replace(x, cases=replace(x.cases, cluster=np.arange(x.n) % 6)) for x in data]
    for found, z, sample in zip(derivatives.score_products(s, theta, clustered), scores, clustered, strict=True):
        np.testing.assert_allclose(found, meat(sample, z), atol=1e-12)


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_expected_information_is_the_observed_one_of_a_perfect_fit(text):
    s, theta = made(text, True)
    (m,) = ram.fill(s, theta)
    perfect = [Sample(100, m.mu, m.Sigma, 100.0)]
    np.testing.assert_allclose(
        derivatives.information(s, theta, perfect), derivatives.information(s, theta, perfect, "observed"), atol=1e-10
    )


def test_many_variables_take_the_other_way_to_the_same_information(monkeypatch):
    s, theta = made(MODELS["factors"], True)
    data = samples(s, fiml=True)
    first = derivatives.information(s, theta, data, "observed")
    monkeypatch.setattr(derivatives, "DENSE", 1)
    np.testing.assert_allclose(derivatives.information(s, theta, data, "observed"), first, atol=1e-12)
