"""Factor scores of ordered items: the mode of the posterior, and lavaan's values."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

import cgsurvey as cg
from cgsurvey.sem.derived.ebm import modal_scores
from cgsurvey.sem.derived.scores import factor_scores
from cgsurvey.sem.model.structure import GroupMatrices

LAMBDA = np.array([[0.8, 0], [0.7, 0], [0.6, 0.2], [0, 0.9], [0, 0.5]])
PSI = np.array([[1.0, 0.4], [0.4, 1.2]])
THETA = np.array([0.4, 0.6, 0.5, 0.3, 0.7])
NU, ALPHA = np.array([0.1, 0, 0, -0.2, 2.0]), np.array([0.3, -0.1])
CUTS = [np.array([-1, 0, 1.0]), np.array([0.2]), np.array([-0.5, 0.5]), np.array([-2, -1, 1, 2.0]), np.array([])]
GIVEN = (CUTS, LAMBDA, NU, THETA, ALPHA, PSI)


def answers(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    eta = ALPHA + rng.multivariate_normal([0, 0], PSI, n)
    y = NU + eta @ LAMBDA.T + rng.normal(size=(n, 5)) * np.sqrt(THETA)
    for j, cuts in enumerate(CUTS):
        if len(cuts):
            y[:, j] = np.searchsorted(cuts, y[:, j])
    return y, eta


def log_posterior(eta: np.ndarray, row: np.ndarray) -> float:
    d, out, s = eta - ALPHA, 0.0, np.sqrt(THETA)
    out -= d @ np.linalg.solve(PSI, d) / 2
    m = NU + LAMBDA @ eta
    for j, cuts in enumerate(CUTS):
        if np.isnan(row[j]):
            continue
        if len(cuts):
            edges = np.concatenate([[-np.inf], cuts, [np.inf]])
            out += np.log(
                norm.cdf((edges[int(row[j]) + 1] - m[j]) / s[j]) - norm.cdf((edges[int(row[j])] - m[j]) / s[j])
            )
        else:
            out += norm.logpdf(row[j], m[j], s[j])
    return out


def test_scores_are_the_mode_of_the_posterior():
    y, _ = answers(40)
    y[3, [0, 4]], y[7, 1:], y[9] = np.nan, np.nan, np.nan
    found = modal_scores(y, *GIVEN)
    assert np.isnan(found[9]).all() and not np.isnan(np.delete(found, 9, axis=0)).any()
    for k in (0, 3, 7, 20):
        best = minimize(lambda e, k=k: -log_posterior(e, y[k]), ALPHA, tol=1e-12)
        np.testing.assert_allclose(found[k], best.x, atol=1e-5)
        h = 1e-5 * np.eye(2)
        slope = [(log_posterior(found[k] + e, y[k]) - log_posterior(found[k] - e, y[k])) / 2e-5 for e in h]
        np.testing.assert_allclose(slope, 0, atol=1e-8)


def test_scores_follow_the_factors_and_the_order_of_rows():
    y, eta = answers(5000)
    found = modal_scores(y, *GIVEN)
    assert np.corrcoef(found[:, 0], eta[:, 0])[0, 1] > 0.8
    np.testing.assert_allclose(np.mean(found, axis=0), ALPHA, atol=0.05)
    order = np.random.default_rng(0).permutation(5000)
    np.testing.assert_allclose(modal_scores(y[order], *GIVEN), found[order], atol=1e-10)


def test_numeric_items_have_the_regression_scores():
    y = np.random.default_rng(1).normal(size=(30, 5))
    y[4, 2] = np.nan
    found = modal_scores(y, [np.array([])] * 5, *GIVEN[1:])
    A, S = np.zeros((2, 7, 7))
    A[:5, 5:], S[:5, :5], S[5:, 5:] = LAMBDA, np.diag(THETA), PSI
    m = np.concatenate([NU, ALPHA])
    mu = NU + LAMBDA @ ALPHA
    filled = GroupMatrices(A, S, m, LAMBDA @ PSI @ LAMBDA.T + np.diag(THETA), mu)
    np.testing.assert_allclose(found, factor_scores(y, filled), atol=1e-9)


def test_the_scale_of_latent_responses_does_not_matter():
    # the same model in two parameterisations: residual variances and thresholds in other units
    y, _ = answers(100)
    y[:, 4] = np.nan
    d = 1 / np.sqrt(THETA)
    other = modal_scores(
        y, [c * s for c, s in zip(CUTS, d, strict=True)], LAMBDA * d[:, None], NU * d, THETA * d**2, *GIVEN[4:]
    )
    np.testing.assert_allclose(other, modal_scores(y, *GIVEN), atol=1e-9)


def test_means_may_depend_on_the_row_and_factors_on_each_other():
    y, _ = answers(50)
    shift = np.linspace(-1, 1, 50)[:, None] * np.array([1.0, 0.5])
    found = modal_scores(y, CUTS, LAMBDA, NU, THETA, ALPHA + shift, PSI)
    one = modal_scores(y[:1], CUTS, LAMBDA, NU, THETA, ALPHA + shift[0], PSI)
    np.testing.assert_allclose(found[0], one[0], atol=1e-9)
    # a third factor that is the sum of the two, without a disturbance: a singular Psi
    T = np.array([[1.0, 0], [0, 1], [1, 1]])
    wide = np.hstack([LAMBDA, np.zeros((5, 1))])
    more = modal_scores(y, CUTS, wide, NU, THETA, T @ ALPHA, T @ PSI @ T.T)
    np.testing.assert_allclose(more[:, 2], more[:, 0] + more[:, 1], atol=1e-6)
    np.testing.assert_allclose(more[:, :2], modal_scores(y, *GIVEN), atol=1e-6)


def test_unlikely_answers_and_items_without_residual_have_scores():
    y = np.array([[3.0, 0, 2, 0, 30.0], [0, 1, 0, 4, -30.0]])
    assert np.isfinite(modal_scores(y, CUTS, LAMBDA, NU, np.array([0.01, 0.0, 0.01, -0.1, 0.1]), ALPHA, PSI)).all()


CASES = ["bfi_ace_wlsmv", "cg_serial_latent_wlsmv", "hs_cat2_wlsmv", "hs_cat3_mixed", "hs_cat3_second_order"]


@pytest.mark.reference
@pytest.mark.parametrize("name", [*CASES, "hs_cat3_miss_pairwise", "hs_cat3_wlsmv_delta", "hs_cat3_wlsmv_stdlv"])
def test_values_of_lavaan(shared, name):
    folder = shared / "reference" / "dev"
    case = json.loads((folder / "cases" / f"{name}.json").read_text())
    e = case["expected"]
    table = pd.DataFrame(e["partable"]).astype({"est": float})
    latents = list(dict.fromkeys(table.loc[table["op"] == "=~", "lhs"]))
    items = list(e["sample"]["cov"]["cols"])
    place = {n: k for k, n in enumerate(items + latents)}
    p, v = len(items), len(place)
    A, S, m = np.zeros((v, v)), np.zeros((v, v)), np.zeros(v)
    for r in table.itertuples():
        if r.op in ("=~", "~"):
            i, j = (r.rhs, r.lhs) if r.op == "=~" else (r.lhs, r.rhs)
            A[place[i], place[j]] = r.est
        elif r.op == "~~":
            S[place[r.lhs], place[r.rhs]] = S[place[r.rhs], place[r.lhs]] = r.est
        elif r.op == "~1":
            m[place[r.lhs]] = r.est
    E = np.linalg.inv(np.eye(v - p) - A[p:, p:])
    cuts = [table.loc[(table["op"] == "|") & (table["lhs"] == c), "est"].to_numpy() for c in items]
    data = pd.read_csv(folder / "data" / case["data"]["file"], na_values=["NA"])[items]
    y = data.to_numpy(float)
    for k, c in enumerate(items):
        if len(cuts[k]):
            codes = pd.Categorical(data[c]).codes.astype(float)
            y[:, k] = np.where(data[c].isna(), np.nan, codes)
    found = modal_scores(y, cuts, A[:p, p:], m[:p], np.diag(S)[:p], E @ m[p:], E @ S[p:, p:] @ E.T)
    golden = e["factor_scores_first10"]["ebm"]
    where = np.array(e["factor_scores_case_idx"]) - 1
    mine = found[where][:, [latents.index(n) for n in golden["cols"]]]
    # lavaan's optimiser leaves up to 2e-4; the mode itself is checked above
    np.testing.assert_allclose(mine, np.array(golden["values"], dtype=float), atol=2e-4)


@pytest.mark.reference
def test_scores_of_lavaan_in_groups_count_the_mean_twice(shared):
    """Thresholds less the mean and times the scale, loadings as they are: where scales and means are free (delta)."""
    folder = shared / "reference" / "dev"
    case = json.loads((folder / "cases" / "hs_cat3_mg_groupequal.json").read_text())
    data = pd.read_csv(folder / "data" / case["data"]["file"])
    options = {k.replace(".", "_"): v for k, v in case["call"]["options"].items()}
    fit, e = cg.cfa(case["model"], data, **options), case["expected"]
    items, ours = list(fit.observed), fit.scores(data, method="ebm")
    p = len(items)
    for g, label in enumerate(fit.meta.groups):
        m, where = fit.matrices[g], np.array(e["factor_scores_case_idx"][label]) - 1
        golden = e["factor_scores_first10"]["ebm"][label]
        cuts = fit.tidy().query(f"op == '|' and group == {g + 1}").groupby("lhs")["estimate"]
        loadings, alpha = m.A[:p, p:], m.m[p:]
        mixed = [(cuts.get_group(v).to_numpy() - (loadings @ alpha)[k]) * m.scale[k] for k, v in enumerate(items)]
        y = data[items].to_numpy(float)[where] - 1
        given = (mixed, loadings, np.zeros(p), np.diag(m.S)[:p], alpha, m.S[p:, p:])
        np.testing.assert_allclose(modal_scores(y, *given), np.array(golden["values"], dtype=float), atol=2e-4)
        apart = np.abs(ours.iloc[where][golden["cols"]].to_numpy() - np.array(golden["values"], dtype=float)).max()
        assert (apart < 2e-4) == (g == 0)
