"""Simulated answers whose factors psych, GPArotation and lavaan know: tests/reference/factor.R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from factor_cases import distance

import cgsurvey as cg
from cgsurvey.factor.dimensions import minimum_average_partial, successive
from cgsurvey.factor.extraction import extract
from cgsurvey.factor.rotation import rotate

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
ROTATIONS = (
    *("varimax", "quartimax", "geomin_orthogonal", "target_orthogonal", "bifactor"),
    *("oblimin", "oblimin_negative", "geomin", "target", "bifactor_oblique"),
)
# GPArotation leaves out the quarter of quartimin in its bifactor criterion
QUARTER = {"bifactor": 4.0, "bifactor_oblique": 4.0}


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return json.loads((REFERENCE / "factor.json").read_text())


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "factor.csv")


def wanted() -> np.ndarray:
    out = np.zeros((12, 3))
    for k in range(3):
        out[4 * k : 4 * k + 4, k] = np.nan
    return out


@pytest.mark.parametrize("name", ROTATIONS)
def test_rotations_arrive_where_gparotation_does(golden, name):
    expected = golden["rotations"][name]
    got = rotate(
        np.array(golden["unrotated"]),
        "oblimin" if name == "oblimin_negative" else name,
        gamma=-0.5 if name == "oblimin_negative" else 0.0,
        wanted=wanted() if name.startswith("target") else None,
        kaiser=False,
        rng=np.random.default_rng(1),
    )
    assert got.criterion * QUARTER.get(name, 1.0) == pytest.approx(expected["f"], rel=1e-9)
    assert distance(got.loadings, np.array(expected["loadings"])) < 1e-5


def test_factorability(golden, data):
    got = cg.factorability(data)
    assert got.kmo == pytest.approx(golden["kmo"]["overall"], rel=1e-10)
    np.testing.assert_allclose(got.kmo_items, golden["kmo"]["items"], rtol=1e-10)
    assert got.bartlett["chisq"] == pytest.approx(golden["bartlett"]["chisq"], rel=1e-10)
    ordinal = cg.factorability(data, correlation="polychoric")
    np.testing.assert_allclose(ordinal.correlations, golden["polychoric"], atol=1e-7)
    assert ordinal.kmo == pytest.approx(golden["kmo_polychoric"], rel=1e-7)


def test_unrotated_maximum_likelihood(golden):
    got = extract(np.array(golden["R"]), 3, "ml")
    np.testing.assert_allclose(np.abs(got.loadings), np.abs(golden["unrotated"]), atol=1e-7)


@pytest.mark.parametrize("case", ["pa_promax", "ml_oblimin", "pa_varimax", "polychoric_pa_oblimin"])
def test_whole_solutions_equal_psych(golden, data, case):
    *ordinal, method, rotation = case.split("_")
    correlation = "polychoric" if ordinal else "pearson"
    got, expected = (
        cg.efa(data, factors=3, method=method, rotation=rotation, correlation=correlation),
        golden["fa"][case],
    )
    assert distance(got.loadings.to_numpy(), np.array(expected["loadings"])) < 1e-3
    np.testing.assert_allclose(got.communalities, expected["communality"], atol=2e-5)
    np.testing.assert_allclose(got.complexity, expected["complexity"], atol=2e-3)
    np.testing.assert_allclose(np.sort(got.determinacy), np.sort(expected["r2"]), atol=2e-4)
    assert got.fit.astype(float).to_dict() == pytest.approx(expected["fit"], abs=1e-5)
    if expected.get("phi"):
        phi = np.sort(got.factor_correlations.to_numpy()[np.tril_indices(3, -1)])
        np.testing.assert_allclose(phi, np.sort(np.array(expected["phi"])[np.tril_indices(3, -1)]), atol=1e-3)


@pytest.mark.parametrize("method", ["regression", "bartlett", "tenberge", "anderson"])
def test_scores_equal_psych(golden, data, method):
    orthogonal = method == "anderson"
    got = cg.efa(data, factors=3, method="pa", rotation="varimax" if orthogonal else "oblimin")
    expected = golden["scores_orthogonal" if orthogonal else "scores"][method]
    assert distance(got.scores(data, method).to_numpy()[:5], np.array(expected)) < 2e-3


def test_number_of_factors(golden, data):
    expected = golden["parallel"]
    got = cg.parallel_analysis(data, seed=1)
    assert got.n_factors == expected["nfact"] == 3
    np.testing.assert_allclose(got.eigenvalues["fa"], expected["fa_values"], atol=1e-5)
    np.testing.assert_allclose(got.eigenvalues["fa_mean"], expected["fa_sim"], atol=0.05)
    np.testing.assert_allclose(got.eigenvalues["pca_mean"], expected["pc_sim"], atol=0.02)
    R = np.array(golden["R"])
    np.testing.assert_allclose(minimum_average_partial(R)[1:5], golden["map"], rtol=1e-9)
    tried = successive(R, len(data), 4)
    np.testing.assert_allclose(tried.vss1[:3], golden["vss1"][:3], atol=1e-3)
    np.testing.assert_allclose(tried.ebic[:3], golden["ebic"][:3], atol=1e-2)


def test_diagonally_weighted_least_squares_equals_lavaan(golden, data):
    expected = np.array(golden["lavaan_dwls"]["loadings"])
    got = cg.efa(data, factors=3, method="dwls", rotation="none", correlation="polychoric")
    np.testing.assert_allclose(got.reproduced, expected @ expected.T, atol=2e-6)


def test_standard_errors_are_near_those_of_lavaan(golden, data):
    # lavaan rotates loadings of covariances and standardises them afterwards; here correlations are analysed
    table = pd.DataFrame(golden["lavaan_ml"])
    got = cg.efa(data, factors=3, method="ml")
    loadings = table[table["op"] == "=~"]
    estimate, error = (loadings.pivot(index="rhs", columns="lhs", values=v).loc[list(data)] for v in ("est.std", "se"))
    order = [int(np.abs(got.loadings.to_numpy().T @ estimate[c]).argmax()) for c in estimate]
    assert distance(got.loadings.to_numpy(), estimate.to_numpy()) < 1e-4
    np.testing.assert_allclose(got.std_errors.to_numpy()[:, order], error, rtol=0.1)
    phi = got.factor_correlation_errors.to_numpy()[np.tril_indices(3, -1)]
    theirs = table[(table["op"] == "~~") & table["lhs"].str.startswith("f") & (table["lhs"] != table["rhs"])]
    np.testing.assert_allclose(np.sort(phi), np.sort(theirs["se"]), rtol=0.1)
