"""Coefficients of cg.reliability and cg.omega: psych, semTools and lavaan on the battery and on simulated data."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability import coefficients as c
from cgsurvey.reliability.intervals import MEASURES, delta, influences, resampled, row_products
from cgsurvey.reliability.intervals import measures as measures_of
from cgsurvey.reliability.items import against_the_rest
from cgsurvey.reliability.one_factor import one_factor
from cgsurvey.reliability.polychoric import smoothed
from cgsurvey.reliability.schmid_leiman import hierarchy, schmid_leiman
from cgsurvey.reliability.split_half import MOST, split_halves

GOLDEN = Path(__file__).parents[1] / "reference"
PARTS = "A =~ y1 + y2 + y3\nB =~ y4 + y5 + y6\nC =~ y7 + y8 + y9"
ALL = " + ".join(f"y{i}" for i in range(1, 10))


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "reliability.csv")


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return json.loads((GOLDEN / "reliability.json").read_text())


def of(found: cg.Result, measure: str, method: str | None = None, construct: str | None = None) -> float:
    rows = found.estimates[found.estimates["measure"] == measure]
    rows = rows if method is None else rows[rows["method"] == method]
    rows = rows if construct is None else rows[rows["construct"] == construct]
    return float(rows["estimate"].iloc[0])


@pytest.mark.reference
def test_every_value_of_the_battery(case):
    """psych::alpha, guttman, splitHalf, lavCor, and semTools on one-factor models."""
    e, frame = case.expected, pd.DataFrame(case.x, columns=[f"v{i}" for i in range(case.x.shape[1])])
    got = cg.reliability(frame, {"f": list(frame)}, categorical="cfa_one_factor_ordinal" in e)
    for k, wanted in {1: "lambda.1", 2: "lambda.2", 3: "lambda.3", 5: "lambda.5", 6: "lambda.6"}.items():
        assert of(got, f"lambda{k}", "correlations") == pytest.approx(np.ravel(e["guttman"][wanted])[0], rel=1e-10)
    R = c.correlation(np.cov(case.x.T))
    np.testing.assert_allclose([c.mu(R, r) for r in range(4)], e["guttman"]["tenberge"], rtol=1e-10)
    # of its coefficients psych::splitHalf alone turns items that run against the rest (check.keys)
    key = np.where(against_the_rest(R), -1.0, 1.0)
    _split_half(R * np.outer(key, key), e["psych_splithalf"])
    pair = e["split_half_odd_even"]
    for measure, name in (("odd_even_r", "r"), ("spearman_brown",) * 2, ("guttman_rulon",) * 2):
        assert of(got, measure) == pytest.approx(pair[name], rel=1e-10)
    assert of(got, "lambda6", "covariances") == pytest.approx(e["lambda6_smc_cov"], rel=1e-10)
    closed = e["alpha_closed_form"]
    row = got.estimates.query("measure == 'alpha' and method == 'duhachek'").iloc[0]
    wanted = [closed[n] for n in ("duhachek_ase", "duhachek_lower", "duhachek_upper")]
    np.testing.assert_allclose(row[["std_error", "ci_lower", "ci_upper"]].astype(float), wanted, rtol=1e-10)
    total = {k: v[0] for k, v in e["psych_alpha_total"].items()}
    assert of(got, "median_inter_item_r") == pytest.approx(total["median_r"], rel=1e-10)
    _dropped(got, e["psych_alpha_drop"])
    items = e["psych_item_stats"]
    for ours, theirs in (("r_total", "raw.r"), ("r_std", "std.r"), ("r_cor", "r.cor"), ("r_drop", "r.drop")):
        np.testing.assert_allclose(got.items[ours], items[theirs], rtol=1e-9)
    one = dict(zip(e["cfa_one_factor"]["semTools_reliability"]["rows"],
                   np.ravel(e["cfa_one_factor"]["semTools_reliability"]["values"]), strict=True))  # fmt: skip
    assert of(got, "omega") == pytest.approx(one["omega"], rel=1e-6)
    assert of(got, "omega_observed") == pytest.approx(one["omega3"], rel=1e-6)
    assert of(got, "omega_observed") == pytest.approx(e["cfa_one_factor"]["omega_compRelSEM"], rel=1e-6)
    if "ordinal_alpha" in e:
        assert got.tidy()["alpha_ordinal"][0] == pytest.approx(e["ordinal_alpha"], rel=1e-6)
        ordinal = e["cfa_one_factor_ordinal"]
        assert of(got, "omega_categorical") == pytest.approx(ordinal["omega_green_yang"], rel=1e-5)
        assert of(got, "omega_latent") == pytest.approx(ordinal["omega_latent_response"], rel=1e-5)


def _split_half(R: np.ndarray, e: dict[str, float]) -> None:
    found, k = split_halves(R), len(R)
    closed = {"alpha": c.alpha(R), "lambda2": c.lambda2(R), "av_r": c.mean_correlation(R)}
    assert closed == pytest.approx({name: e[name] for name in closed}, rel=1e-10)
    if k % 2 == 0:
        assert (found.best, found.worst, found.mean) == pytest.approx((e["maxrb"], e["minrb"], e["meanr"]), rel=1e-10)
        return
    # of an odd number of items psych looks at the first half of the splits only, those that it takes for their mirror
    some = list(combinations(range(k), k // 2))
    values = []
    for half in some:
        z = np.isin(np.arange(k), half).astype(float)
        values.append(4 * z @ R @ (1 - z) / R.sum())
    seen = values[: -(-len(some) // 2)]
    assert (max(seen), min(seen)) == pytest.approx((e["maxrb"], e["minrb"]), rel=1e-10)
    assert (found.best, found.worst, found.splits) == (
        pytest.approx(max(values)),
        pytest.approx(min(values)),
        len(some),
    )


def _dropped(got: cg.Result, e: dict[str, list[float]]) -> None:
    names = {
        **{"alpha": "raw_alpha", "alpha_std": "std.alpha", "lambda6": "G6(smc)", "mean_inter_item_r": "average_r"},
        **{"std_error": "alpha se", "median_inter_item_r": "med.r"},
    }
    for ours, theirs in names.items():
        np.testing.assert_allclose(got.dropped[ours], e[theirs], rtol=1e-9, err_msg=theirs)
    if len(got.dropped) > 3:
        np.testing.assert_allclose(got.dropped["var_inter_item_r"], e["var.r"], rtol=1e-9)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["fa_hs_1", "fa_hs_3", "fa_bfi_ace_3", "fa_hs_cat3_poly", "fa_cg_pe_4", "harman_cg36"])
def test_schmid_leiman_equals_psych(shared, name):
    e = json.loads((shared / "reference/dev/reliability" / f"{name}.json").read_text())["expected"]
    want, R = e["omega"], np.array(e["R"]["values"])
    m = len(want["schmid_sl"]["cols"]) - 4
    found = schmid_leiman(R, m)
    if name == "fa_bfi_ace_3":  # psych turns items that load negatively on the general factor; so is done here first
        sign = np.where(found.general < 0, -1.0, 1.0)
        R = R * np.outer(sign, sign)
        found = schmid_leiman(R, m)
    shares = hierarchy(R, found.general, found.groups, found.residuals)
    assert shares.general[0] == pytest.approx(want["omega_h"], abs=1e-3)
    assert shares.total[0] == pytest.approx(want["omega_tot"], abs=1e-3)
    assert shares.limit == pytest.approx(want["omega_lim"], abs=1e-3)
    assert shares.ecv == pytest.approx(want["eci"]["g"], abs=1e-3)
    table = np.array(want["schmid_sl"]["values"])
    np.testing.assert_allclose(np.abs(found.general), np.abs(table[:, 0]), atol=2e-3)
    np.testing.assert_allclose(found.residuals, table[:, -2], atol=2e-3)
    ours = np.array([shares.total[1:], shares.general[1:], shares.group[1:]])
    theirs = np.array([want["omega_group"][k][1:] for k in ("total", "general", "group")])
    order = [int(np.abs(ours - column[:, None]).sum(axis=0).argmin()) for column in theirs.T]
    assert sorted(order) == list(range(m))
    np.testing.assert_allclose(ours[:, order], theirs, atol=1e-3)
    assert shares.group[0] == pytest.approx(want["omega_group"]["group"][0], abs=1e-3)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["validity_hs", "validity_cg_pe", "validity_hs_cat3_ordinal"])
def test_omega_of_each_factor_equals_semtools(shared, name):
    case = json.loads((shared / "reference/dev/reliability" / f"{name}.json").read_text())
    options = {k.replace(".", "_"): v for k, v in case["call"]["options"].items()}
    data = pd.read_csv(shared / "reference/dev/data" / case["data"]["file"])
    got = cg.omega(cg.cfa(case["model"], data, **options)).tidy().set_index("factor")
    e = case["expected"]
    rows = dict(zip(e["reliability"]["rows"], e["reliability"]["values"], strict=True))
    rel = 1e-5 if "ordered" in options else 1e-6
    np.testing.assert_allclose(got["omega"], rows["omega2"], rtol=rel)
    np.testing.assert_allclose(got["omega_observed"], rows["omega3"], rtol=rel)
    assert got["omega_observed"].to_dict() == pytest.approx(e["compRelSEM"], rel=rel)
    if "ordered" not in options:
        np.testing.assert_allclose(got["alpha"], rows["alpha"], rtol=1e-9)
    else:
        ordinal = cg.reliability(cg.cfa(case["model"], data, **options)).tidy()
        np.testing.assert_allclose(ordinal["alpha_ordinal"], rows["alpha.ord"], rtol=1e-5)
        assert ordinal["alpha"].isna().all()


@pytest.mark.reference
def test_second_order_equals_semtools(shared):
    case = json.loads((shared / "reference/dev/reliability/second_order_cg_pe.json").read_text())
    fit = cg.cfa(case["model"], pd.read_csv(shared / "reference/dev/data" / case["data"]["file"]))
    e = case["expected"]
    index = cg.omega(fit).indices.iloc[0]
    wanted = {"omega_h": "omegaL1", "omega_l2": "omegaL2", "omega_partial": "partialOmegaL1"}
    assert index["method"] == "second_order"
    for ours, theirs in wanted.items():
        assert index[ours] == pytest.approx(e["reliabilityL2"][theirs], rel=1e-6)
    observed = cg.omega(fit, variance="observed").tidy().set_index("factor")
    for factor, value in e["compRelSEM_higher"].items():
        column = "omega_general" if factor == "PE" else "omega_total"
        assert observed.loc[factor, column] == pytest.approx(value, rel=1e-6)
    first = dict(zip(e["reliability"]["rows"], e["reliability"]["values"], strict=True))
    np.testing.assert_allclose(cg.omega(fit).tidy()["omega_total"][1:], first["omega2"], rtol=1e-6)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["icc_hs_visual", "icc_cg_tru"])
def test_icc_equals_psych(shared, name):
    case = json.loads((shared / "reference/dev/reliability" / f"{name}.json").read_text())
    data = pd.read_csv(shared / "reference/dev/data" / case["data"]["file"])[case["data"]["variables"]].dropna()
    got, e = cg.icc(data).tidy(), case["expected"]["icc"]
    assert got["type"].tolist() == e["type"]
    pairs = {"icc": "ICC", "statistic": "F", "df1": "df1", "df2": "df2", "p_value": "p"}
    for ours, theirs in {**pairs, "ci_lower": "lower bound", "ci_upper": "upper bound"}.items():
        np.testing.assert_allclose(got[ours], e[theirs], rtol=1e-8, err_msg=theirs)


def test_simulated_answers_equal_psych_and_semtools(simulated, golden):
    got = cg.reliability(simulated, {"f": list(simulated)}, categorical=True)
    row = got.tidy().iloc[0]
    total = golden["total"]
    assert row["alpha"] == pytest.approx(total["raw_alpha"], rel=1e-10)
    assert row["alpha_std"] == pytest.approx(total["std.alpha"], rel=1e-10)
    assert row["lambda6"] == pytest.approx(total["G6(smc)"], rel=1e-10)
    assert row["alpha_ordinal"] == pytest.approx(golden["alpha_ordinal"], rel=1e-6)
    assert row["omega_h"] == pytest.approx(golden["omega_h"], abs=1e-4)
    assert row["omega_total"] == pytest.approx(golden["omega_total"], abs=1e-4)
    _dropped(got, golden["drop"])
    for ours, theirs in (("r_total", "raw.r"), ("r_std", "std.r"), ("r_cor", "r.cor"), ("r_drop", "r.drop")):
        np.testing.assert_allclose(got.items[ours], golden["items"][theirs], rtol=1e-9)
    assert of(got, "omega") == pytest.approx(golden["one_factor"]["omega"], rel=1e-6)
    assert of(got, "omega_observed") == pytest.approx(golden["one_factor_observed"], rel=1e-6)
    assert of(got, "omega_categorical") == pytest.approx(golden["one_factor_ordinal_observed"], rel=1e-5)
    shares = got.frequencies.set_index(["item", "category"])["share"].unstack()
    np.testing.assert_allclose(shares.to_numpy(), np.array(golden["response_freq"])[:, :-1], rtol=1e-12)
    eight = cg.reliability(simulated, {"f": list(simulated)[:8]})
    halves = [of(eight, m, "correlations") for m in ("lambda4", "split_half_worst", "split_half_mean")]
    assert halves == pytest.approx([golden["split_half"][k] for k in ("best", "worst", "mean")], rel=1e-10)


def test_standard_error_of_omega_is_that_of_lavaan(simulated, golden):
    """The distribution-free delta method is the sandwich of MLR with the observed information."""
    got = cg.reliability(simulated, {"f": list(simulated)}).estimates
    row = got[(got["measure"] == "omega") & (got["method"] == "delta")].iloc[0]
    assert row["estimate"] == pytest.approx(golden["omega_delta"]["est"], rel=1e-6)
    assert row["std_error"] == pytest.approx(golden["omega_delta"]["se"], rel=1e-4)


@pytest.mark.parametrize("ordered", [False, True])
def test_bifactor_equals_semtools(simulated, golden, ordered):
    fit = cg.cfa(f"g =~ {ALL}\n{PARTS}", simulated, std_lv=True, orthogonal=True, ordered=ordered)
    model, observed = (cg.omega(fit, variance=v).tidy().set_index("factor") for v in ("model", "observed"))
    want, rel = golden["bifactor_ordinal" if ordered else "bifactor"], 1e-4 if ordered else 1e-5
    assert list(model.index) == ["g", "A", "B", "C"]
    ours = [model.loc["g", "omega_general"], *model["omega_group"][1:]]
    np.testing.assert_allclose(ours, want["omega2"], rtol=rel)
    ours = [observed.loc["g", "omega_general"], *observed["omega_group"][1:]]
    np.testing.assert_allclose(ours, want["omega3"], rtol=rel)
    index = cg.omega(fit).indices.iloc[0]
    assert index["method"] == "bifactor" and index["puc"] == pytest.approx(27 / 36)
    assert 0.5 < index["ecv"] < 0.9 and 0 < index["arpb"] < 0.2


def test_second_order_of_simulated_answers(simulated, golden):
    fit = cg.cfa(f"{PARTS}\ng =~ A + B + C", simulated)
    index, want = cg.omega(fit).indices.iloc[0], golden["second_order"]
    ours = index[["omega_h", "omega_l2", "omega_partial"]].astype(float)
    np.testing.assert_allclose(ours, [want["omegaL1"], want["omegaL2"], want["partialOmegaL1"]], rtol=1e-6)
    observed = cg.omega(fit, variance="observed").tidy().set_index("factor")
    assert observed.loc["g", "omega_general"] == pytest.approx(golden["second_order_observed"]["g"], rel=1e-6)


def test_bifactor_indices_by_hand():
    """A population with known loadings: the indices follow from sums."""
    g, s = np.full(6, 0.6), 0.5
    L = np.zeros((6, 2))
    L[:3, 0] = L[3:, 1] = s
    Sigma = np.outer(g, g) + L @ L.T
    np.fill_diagonal(Sigma, 1)
    z = np.random.default_rng(1).normal(size=(500, 6))
    Q = np.linalg.qr(z - z.mean(axis=0))[0] * np.sqrt(499)
    frame = pd.DataFrame(Q @ np.linalg.cholesky(Sigma).T, columns=list("abcdef"))
    fit = cg.cfa(
        "g =~ a + b + c + d + e + f\nA =~ s*a + s*b + s*c\nB =~ t*d + t*e + t*f", frame, std_lv=True, orthogonal=True
    )
    index, variance = cg.omega(fit).indices.iloc[0], Sigma.sum()
    assert index["omega_h"] == pytest.approx((6 * 0.6) ** 2 / variance, abs=1e-6)
    assert index["omega_total"] == pytest.approx(((6 * 0.6) ** 2 + 2 * (3 * s) ** 2) / variance, abs=1e-6)
    assert index["ecv"] == pytest.approx(0.36 / (0.36 + 0.25), abs=1e-6)
    assert index["puc"] == pytest.approx(1 - 6 / 15)


def test_what_omega_refuses_and_leaves_out(simulated):
    short = cg.omega(simulated, {"f": list(simulated), "g": ["y1", "y2", "y3"]})
    assert short.tidy()["construct"].unique().tolist() == ["f"]
    assert next(n for n in short.notes if n.code == "reliability.few_items").values["constructs"] == "g"
    fit = cg.cfa(PARTS, simulated)
    with pytest.raises(cg.OptionError, match="the model says which items"):
        cg.omega(fit, {"f": ["y1"]})
    with pytest.raises(cg.OptionError, match="variance='sample' is not known"):
        cg.omega(fit, variance="sample")
    with pytest.raises(cg.OptionError, match="factors=2 must be a whole number of 3 or more"):
        cg.omega(simulated, {"f": list(simulated)}, factors=2)


def test_omega_does_not_depend_on_the_order_of_items(simulated):
    one, other = (cg.omega(simulated, {"f": names}) for names in (list(simulated), list(simulated)[::-1]))
    for column in ("omega_total", "omega_h", "ecv"):
        assert other.indices[column][0] == pytest.approx(one.indices[column][0], abs=1e-6)


def test_influence_is_the_derivative_by_the_weight_of_a_row(simulated):
    x = simulated[["y1", "y2", "y3", "y4"]].to_numpy(float) * [1, 3, 0.2, 1]
    U, step = influences(x, one_factor(np.corrcoef(x.T)[None])), 1e-5

    def weighted(row: int, by: float) -> np.ndarray:
        w = np.ones(len(x))
        w[row] += by
        d = x - w @ x / w.sum()
        return measures_of(((d * w[:, None]).T @ d / w.sum())[None])[0]

    for row in (0, 7, 100):
        slope = (weighted(row, step) - weighted(row, -step)) / (2 * step) * len(x)
        np.testing.assert_allclose(U[row], slope, atol=1e-6)


def test_one_factor_gradient_vanishes_and_batches_agree(simulated):
    R = np.array([np.corrcoef(simulated.sample(80, random_state=k).to_numpy().T)[:5, :5] for k in range(20)])
    together = one_factor(R)
    for k, one in enumerate(R):
        alone = one_factor(one[None])
        np.testing.assert_allclose(alone.loadings[0], together.loadings[k], atol=1e-8)
    # units do not matter
    d = np.array([1.0, 10, 0.1, 2, 5])
    np.testing.assert_allclose(one_factor(R * np.outer(d, d)).loadings, together.loadings * d, rtol=1e-6)


def test_bootstrap_depends_on_the_seed_alone(simulated):
    blocks = {"f": ["y1", "y2", "y3"], "g": ["y4", "y5", "y6"]}
    one, same, other = (cg.reliability(simulated, blocks, bootstrap=60, seed=s).estimates for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)
    assert {"percentile", "bca"} <= set(one["method"])
    rows = one[one["method"].isin(["percentile", "bca"])]
    assert (rows["ci_lower"] < rows["estimate"]).all() and (rows["estimate"] < rows["ci_upper"]).all()


@pytest.mark.slow
def test_intervals_cover(simulated):
    """Delta, percentile and BCa intervals of alpha and omega hold the population value near their level."""
    rng, loadings, n, runs = np.random.default_rng(5), np.array([0.8, 0.7, 0.6, 0.5]), 200, 400
    S = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    truth = measures_of(S[None])[0]
    inside = np.zeros((3, len(MEASURES)))
    for _ in range(runs):
        x = rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, 4)) * np.sqrt(1 - loadings**2)
        solution, P = one_factor(np.corrcoef(x.T)[None]), row_products(x)
        found = resampled(x, solution, 0.95, 400, rng)
        normal = delta(np.cov(x.T), P.T @ P / n, n, solution, 0.95).interval
        for k, ends in enumerate((normal, found.percentile, found.bca)):
            inside[k] += (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    share = inside / runs
    for measure in ("alpha", "omega", "composite_reliability"):
        assert (np.abs(share[:, MEASURES.index(measure)] - 0.95) < 0.035).all(), measure


def test_many_items_are_split_at_random(simulated):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(150, 1)) + rng.normal(size=(150, MOST + 2))
    frame = pd.DataFrame(x, columns=[f"i{k}" for k in range(MOST + 2)])
    got = cg.reliability(frame, {"f": list(frame)}, seed=4)
    made = next(n for n in got.notes if n.code == "reliability.splits_sampled")
    assert "18 items" in made.text and "10000 random splits" in made.text
    exact = split_halves(np.cov(x[:, :8].T))
    assert exact.exact and exact.worst <= exact.mean <= exact.best


def test_ordinal_alpha_where_it_does_not_exist(simulated):
    numbers = simulated.astype(float)
    numbers["y1"] += np.linspace(0, 0.5, len(numbers))
    got = cg.reliability(numbers, {"f": ["y1", "y2", "y3"]})
    assert np.isnan(got.tidy()["alpha_ordinal"][0])
    assert "at most 11" in next(n.text for n in got.notes if n.code == "reliability.not_ordinal")


def test_indefinite_polychorics_are_smoothed_on_request_only():
    rng = np.random.default_rng(14)
    found = None
    for _ in range(200):
        y = (rng.normal(size=(25, 1)) * 1.5 + rng.normal(size=(25, 5)) > 0.5).astype(int)
        frame = pd.DataFrame(y, columns=list("abcde"))
        got = cg.reliability(frame, {"f": list(frame)})
        if any(n.code == "reliability.polychoric_indefinite" for n in got.notes):
            found = frame
            break
    assert found is not None
    smooth = cg.reliability(found, {"f": list(found)}, smooth=True)
    codes = {n.code for n in smooth.notes}
    assert "reliability.polychoric_smoothed" in codes and "reliability.polychoric_indefinite" not in codes
    assert smooth.tidy()["alpha_ordinal"][0] != got.tidy()["alpha_ordinal"][0]
    R = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    assert np.linalg.eigvalsh(smoothed(R))[0] > 0 and np.diag(smoothed(R)) == pytest.approx(1)


def test_difficulty_needs_the_ends_of_the_scale(simulated):
    blocks = {"f": ["y1", "y2"]}
    assert cg.reliability(simulated, blocks).items["difficulty"].isna().all()
    got = cg.reliability(simulated, blocks, scale=(1, 5)).items
    np.testing.assert_allclose(got["difficulty"], (simulated[["y1", "y2"]].mean() - 1) / 4)
    binary = (simulated > 3).astype(int)
    np.testing.assert_allclose(cg.reliability(binary, blocks).items["difficulty"], binary[["y1", "y2"]].mean())
    with pytest.raises(cg.OptionError, match="lowest and the highest answer"):
        cg.reliability(simulated, blocks, scale=(5, 1))


def test_r_table_one_sided(simulated):
    two, one = (cg.reliability(simulated, {"f": list(simulated)}, tails=t).items for t in (2, 1))
    assert (one["r_table"] < two["r_table"]).all() and two["above_r_table"].all()
    with pytest.raises(cg.OptionError, match="tails=3 is not known"):
        cg.reliability(simulated, {"f": ["y1", "y2"]}, tails=3)


def test_improper_solutions_are_named():
    """One factor behind six items: three group factors are too many, and a bound is reached in many samples."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 6)), columns=list("abcdef"))
        found += cg.omega(frame, {"f": list(frame)}).notes
    assert found and {n.code for n in found} == {"reliability.two_levels_improper"}
    assert "3 group factors" in found[0].text and found[0].level == "warning"
