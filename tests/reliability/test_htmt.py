"""HTMT with intervals: closed forms, agreement of the ways to an error, resamples, what is said and refused."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.moments.normal import low
from cgsurvey.reliability.validity_intervals import normal_theory, polychorics
from cgsurvey.reliability.validity_numbers import Pairing, htmt, quadratic, ratio_slopes, ratios, vech

BLOCKS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}
ITEMS = [i for block in BLOCKS.values() for i in block]


def answers(n: int = 300, seed: int = 2, phi: float = 0.5, loading: float = 0.8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, phi], [phi, 1]]).T
    x = np.repeat(factors, 3, axis=1) * loading + np.sqrt(1 - loading**2) * rng.normal(size=(n, 6))
    return pd.DataFrame(x, columns=ITEMS)


def likert(n: int = 400, seed: int = 2, phi: float = 0.5) -> pd.DataFrame:
    return pd.DataFrame(np.digitize(answers(n, seed, phi), [-1.2, -0.4, 0.4, 1.2]) + 1.0, columns=ITEMS)


def codes(result: cg.Result) -> set[str]:
    return {n.code.removeprefix("reliability.") for n in result.notes}


def random_correlations(seed: int, p: int = 7) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(40, p)) + 0.8
    return np.corrcoef(x + np.random.default_rng(seed + 1).normal(size=(40, 1)), rowvar=False)


@pytest.mark.reference
def test_ordinal_case_equals_semtools(shared: Path):
    content = json.loads((shared / "reference/dev/reliability/validity_hs_cat3_ordinal.json").read_text())
    frame, expected = pd.read_csv(shared / "reference/dev/data" / content["data"]["file"]), content["expected"]
    fit = cg.cfa(content["model"], frame, ordered=True, std_lv=True)
    got = cg.validity(fit)
    table = got.tidy().set_index("construct")
    assert table["composite_reliability"].to_dict() == pytest.approx(expected["cr_std"], rel=1e-5)
    assert table["ave"].to_dict() == pytest.approx(expected["ave_std_mean_lambda2"], rel=1e-5)
    assert table["ave_raw"].to_dict() == pytest.approx(expected["ave_semTools"], rel=1e-5)
    loadings = expected["std_loadings"]
    assert got.loadings["item"].tolist() == loadings["rhs"]
    for column, theirs, rel in (
        ("loading", "est.std", 1e-5),
        ("std_error", "se", 1e-4),
        ("ci_lower", "ci.lower", 1e-4),
    ):
        np.testing.assert_allclose(got.loadings[column], loadings[theirs], rtol=rel)
    phi = np.array(expected["latent_cor"]["values"])
    np.testing.assert_allclose(np.tril(got.fornell_larcker.fillna(0), -1), np.tril(phi, -1), rtol=1e-5)
    items = {c: [i for i, k in zip(loadings["rhs"], loadings["lhs"], strict=True) if k == c] for c in table.index}
    for found in (got, cg.validity(fit, data=frame), cg.validity(frame, items, correlation="polychoric")):
        np.testing.assert_allclose(found.htmt, expected["htmt"]["values"], rtol=1e-5)
        np.testing.assert_allclose(found.htmt2, expected["htmt2"]["values"], rtol=1e-5)
        assert found.intervals["std_error"].to_numpy() == pytest.approx(got.intervals["std_error"], rel=1e-8)
    signed = cg.validity(fit, absolute=False)
    np.testing.assert_allclose(signed.htmt, expected["htmt_noabs"]["values"], rtol=1e-5)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["validity_hs", "validity_cg_pe"])
def test_loadings_and_raw_ave_equal_lavaan_and_semtools(shared: Path, name: str):
    content = json.loads((shared / "reference/dev/reliability" / f"{name}.json").read_text())
    expected, loadings = content["expected"], content["expected"]["std_loadings"]
    frame = pd.read_csv(shared / "reference/dev/data" / content["data"]["file"])
    got = cg.validity(cg.cfa(content["model"], frame))
    assert got.tidy().set_index("construct")["ave_raw"].to_dict() == pytest.approx(expected["ave_semTools"], rel=1e-6)
    for column, theirs in (("loading", "est.std"), ("std_error", "se"), ("ci_upper", "ci.upper")):
        np.testing.assert_allclose(got.loadings[column], loadings[theirs], rtol=1e-5)


def test_simulated_case_equals_semtools():
    folder = Path(__file__).parents[1] / "reference"
    frame, expected = pd.read_csv(folder / "validity.csv"), json.loads((folder / "validity.json").read_text())
    blocks = {c.upper(): [f"{c}{j}" for j in range(1, 5)] for c in "abc"}
    got, poly = cg.validity(frame, blocks), cg.validity(frame, blocks, correlation="polychoric")
    for mine, theirs, rel in (
        (got.htmt, "pearson", 1e-9),
        (got.htmt2, "pearson2", 1e-9),
        (poly.htmt, "polychoric", 1e-5),
        (poly.htmt2, "polychoric2", 1e-5),
    ):
        names, values = expected["htmt"][theirs]["names"], np.array(expected["htmt"][theirs]["values"])
        np.testing.assert_allclose(mine.loc[names, names], values, rtol=rel)
    assert got.tidy().set_index("construct")["ave_raw"].to_dict() == pytest.approx(expected["ave"], rel=1e-5)


@given(st.integers(0, 10_000), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_slopes_are_those_of_differences(seed: int, absolute: bool, geometric: bool):
    R = random_correlations(seed)
    pairing, r = Pairing.of(7, [np.array([0, 1, 2]), np.array([3, 4]), np.array([5, 6])]), vech(R)
    how = {"absolute": absolute, "geometric": geometric}
    g, step = ratio_slopes(r, pairing, **how), 1e-7
    for k in np.flatnonzero(np.not_equal(*low(7))):
        d = np.zeros(len(r))
        d[k] = step
        if abs(r[k]) < 1e-3:
            continue  # the kink of the absolute value
        numeric = (ratios(r + d, pairing, **how) - ratios(r - d, pairing, **how)) / (2 * step)
        np.testing.assert_allclose(g[:, k], numeric, rtol=1e-4, atol=1e-5)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_many_matrices_at_once_and_in_any_order(seed: int):
    R = np.stack([random_correlations(seed + k) for k in range(3)])
    blocks = [np.array([0, 1, 2]), np.array([3, 4]), np.array([5, 6])]
    order = np.random.default_rng(seed).permutation(7)
    place = np.argsort(order)
    for geometric in (False, True):
        at_once = ratios(vech(R), Pairing.of(7, blocks), geometric=geometric)
        for k in range(3):
            alone = htmt(R[k], blocks, geometric=geometric)
            np.testing.assert_allclose(at_once[k], alone[np.triu_indices(3, 1)])
            moved = htmt(R[k][np.ix_(order, order)], [place[b] for b in blocks], geometric=geometric)
            np.testing.assert_allclose(moved, alone)


def test_closed_form_of_tau_equivalent_items():
    phi, lam = 0.6, 0.7
    R = np.full((6, 6), lam**2)
    R[:3, 3:] = R[3:, :3] = phi * lam**2
    np.fill_diagonal(R, 1)
    blocks = [np.arange(3), np.arange(3, 6)]
    assert htmt(R, blocks)[0, 1] == pytest.approx(phi)
    assert htmt(R, blocks, geometric=True)[0, 1] == pytest.approx(phi)
    congeneric = np.outer([0.9, 0.5, 0.7, 0.6, 0.8, 0.4], [0.9, 0.5, 0.7, 0.6, 0.8, 0.4])
    congeneric[:3, 3:] *= phi
    congeneric[3:, :3] *= phi
    np.fill_diagonal(congeneric, 1)
    assert htmt(congeneric, blocks, geometric=True)[0, 1] == pytest.approx(phi)  # what HTMT2 is made for
    assert abs(htmt(congeneric, blocks)[0, 1] - phi) > 1e-3


def test_normal_errors_of_one_correlation_are_fishers():
    R = np.array([[1, 0.3], [0.3, 1]])
    g = np.zeros((1, 3))
    g[0, 1] = 1.0  # the correlation itself
    assert normal_theory(quadratic(g, R), R, 100.0)[0] == pytest.approx((1 - 0.09) / 10)


def test_the_ways_to_an_error_agree_on_many_normal_rows():
    frame = answers(n=20_000)
    fit = cg.cfa("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3", frame)
    normal, free = cg.validity(fit), cg.validity(fit, data=frame)
    assert "htmt_normal" in codes(normal) and "htmt_normal" not in codes(free)
    np.testing.assert_allclose(normal.intervals["std_error"], free.intervals["std_error"], rtol=0.03)
    drawn = cg.validity(frame.iloc[:2000], BLOCKS, bootstrap=1500, seed=3).intervals
    spread = drawn.pivot_table(index="measure", columns="method", values="std_error")
    np.testing.assert_allclose(spread["percentile"], spread["asymptotic"], rtol=0.08)
    ordinal = likert(1000)
    one = cg.validity(ordinal, BLOCKS, correlation="polychoric", bootstrap=200, seed=1).intervals
    spread = one.pivot_table(index="measure", columns="method", values="std_error")
    np.testing.assert_allclose(spread["percentile"], spread["asymptotic"], rtol=0.25)


def test_intervals_and_their_one_sided_limit():
    got = cg.validity(answers(), BLOCKS, bootstrap=999, seed=5)
    long = got.intervals
    assert long["method"].tolist() == ["asymptotic"] * 2 + ["percentile"] * 2 + ["bca"] * 2
    assert (long["ci_lower"] < long["estimate"]).all() and (long["upper"] < long["ci_upper"]).all()
    assert (long["estimate"] < long["upper"]).all()
    row = got.pairs.iloc[0]
    taken = long[(long["measure"] == "htmt") & (long["method"] == "percentile")].iloc[0]
    shown = row[["htmt", "htmt_ci_lower", "htmt_ci_upper", "htmt_upper"]]
    assert shown.tolist() == taken[["estimate", "ci_lower", "ci_upper", "upper"]].tolist()
    assert row["r_ci_lower"] < row["r"] < row["r_ci_upper"]
    assert got.meta.seed == 5 and "htmt_resamples" in codes(got) and "htmt_few_resamples" in codes(got)
    ninety = cg.validity(answers(), BLOCKS, ci=0.90).intervals
    asymptotic = long[long["method"] == "asymptotic"].reset_index(drop=True)
    np.testing.assert_allclose(ninety["ci_upper"], asymptotic["upper"])  # 90 % two-sided, 95 % one-sided


def test_resamples_depend_on_the_seed_alone(monkeypatch):
    numbers = importlib.import_module("cgsurvey.reliability.validity_intervals")
    frame = answers(120)
    first = cg.validity(frame, BLOCKS, bootstrap=60, seed=1).intervals
    again = cg.validity(frame, BLOCKS, bootstrap=60, seed=1, n_jobs=2).intervals
    monkeypatch.setattr(numbers, "BLOCK", 1500)
    small = cg.validity(frame, BLOCKS, bootstrap=60, seed=1).intervals
    for other in (again, small):
        pd.testing.assert_frame_equal(first, other, rtol=1e-12)
    other_seed = cg.validity(frame, BLOCKS, bootstrap=60, seed=2).intervals
    assert not np.allclose(first["ci_lower"], other_seed["ci_lower"])


def test_units_of_the_items_do_not_matter():
    frame = answers()
    scaled = frame * [1, 10, 0.1, 3, 1, 100] + 5
    a, b = (cg.validity(x, BLOCKS, bootstrap=50, seed=1).intervals for x in (frame, scaled))
    pd.testing.assert_frame_equal(a, b, rtol=1e-7)


def test_whole_clusters_are_drawn_and_widen_the_interval():
    rng = np.random.default_rng(1)
    office = np.repeat(np.arange(40), 15)
    frame = answers(600) + np.repeat(rng.normal(size=(40, 2)), 3, axis=1)[office]
    frame = frame.assign(office=office)
    plain, drawn = (
        cg.validity(frame, BLOCKS, bootstrap=400, seed=1, **o).intervals for o in ({}, {"cluster": "office"})
    )
    assert (drawn["std_error"] > 1.1 * plain["std_error"]).all()
    by = drawn.pivot_table(index="measure", columns="method", values="std_error")
    np.testing.assert_allclose(by["percentile"], by["asymptotic"], rtol=0.15)


def test_incomplete_rows():
    frame = answers(1500)
    holes = np.random.default_rng(1).random(frame.shape) < 0.1
    full, holed = cg.validity(frame, BLOCKS), cg.validity(frame.mask(holes), BLOCKS, missing="fiml")
    listwise = cg.validity(frame.mask(holes), BLOCKS)
    errors = [x.intervals["std_error"].to_numpy() for x in (full, holed, listwise)]
    assert (errors[0] < errors[1]).all() and (errors[1] < errors[2]).all()
    # Without gaps the maximum-likelihood moments and their sandwich are those of the complete rows.
    same = cg.validity(frame, BLOCKS, missing="fiml")
    np.testing.assert_allclose(same.intervals["std_error"], errors[0], rtol=1e-6)


def test_what_cannot_have_intervals_is_said():
    frame = answers()
    frame.iloc[:40, 0] = np.nan
    got = cg.validity(cg.cfa("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3", frame, missing="fiml"))
    assert "htmt_incomplete" in codes(got) and got.intervals["ci_lower"].isna().all()
    assert got.pairs["htmt"].notna().all()
    with pytest.raises(cg.OptionError, match="resamples complete rows"):
        cg.validity(frame, BLOCKS, missing="fiml", bootstrap=10, seed=1)
    one = cg.validity(frame, {**BLOCKS, "S": ["a1"]}.copy(), bootstrap=20, seed=1)
    alone = one.intervals[one.intervals["construct_2"] == "S"]
    assert alone[["estimate", "std_error", "ci_lower", "ci_upper", "upper"]].isna().all(axis=None)
    assert "htmt_undefined" in codes(one)


def test_resamples_without_a_ratio_are_counted():
    z = np.random.default_rng(3).normal(size=(40, 4))
    z = np.linalg.qr(z - z.mean(axis=0))[0]
    R = np.full((4, 4), 0.1) + np.diag([0.9] * 4)
    frame = pd.DataFrame(z @ np.linalg.cholesky(R).T, columns=list("abcd"))
    blocks = {"A": ["a", "b"], "B": ["c", "d"]}
    got = cg.validity(frame, blocks, absolute=False, bootstrap=300, seed=1)
    text = next(n.text for n in got.notes if n.code == "reliability.htmt_lost" and n.text.startswith("HTMT did"))
    assert "A - B: " in text and "of the 300 resamples" in text
    rare = likert(60).assign(a1=[5.0] + [3.0] * 59)
    failed = cg.validity(rare, BLOCKS, bootstrap=100, seed=1)
    assert "htmt_failed" in codes(failed) and failed.intervals["ci_lower"].notna().any()


def test_signs_that_absolute_values_hide_are_told():
    frame = answers(phi=0.0)
    assert "htmt_signs" in codes(cg.validity(frame, BLOCKS))
    assert "htmt_signs" not in codes(cg.validity(frame, BLOCKS, absolute=False))
    assert "htmt_signs" not in codes(cg.validity(answers(), BLOCKS))


def test_polychorics_leave_out_categories_nobody_chose():
    frame = likert()
    whole = cg.validity(frame, BLOCKS, correlation="polychoric")
    R = polychorics(frame.to_numpy(), None, np.ones(6, dtype=bool))
    np.testing.assert_allclose(htmt(R, [np.arange(3), np.arange(3, 6)])[0, 1], whole.htmt.loc["A", "B"], rtol=1e-9)
    fewer = polychorics(frame.replace({"a1": {5.0: 4.0}}).to_numpy(), None, np.ones(6, dtype=bool))
    assert np.isfinite(fewer).all()
    assert np.isnan(polychorics(frame.assign(a1=3.0).to_numpy(), None, np.ones(6, dtype=bool))).all()


def test_polychorics_that_contradict_each_other_are_told():
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        (rng.normal(size=(26, 8)) + 1.5 * rng.normal(size=(26, 1)) > 0).astype(float), columns=list("abcdefgh")
    )
    got = cg.validity(frame, {"A": list("abcd"), "B": list("efgh")}, correlation="polychoric")
    assert "not_definite" in codes(got)
    assert got.htmt.loc["A", "B"] > 0


def test_cross_loadings():
    frame = answers()
    fit = cg.cfa("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3", frame)
    got = cg.validity(fit)
    phi = got.fornell_larcker.loc["B", "A"]
    own = got.loadings.set_index("item")["loading"]
    np.testing.assert_allclose(got.cross_loadings.loc[["a1", "a2"], "B"], own[["a1", "a2"]] * phi)
    np.testing.assert_allclose(got.loadings["cross_loading"].to_numpy()[:3], own[["a1", "a2", "a3"]] * phi)
    assert got.loadings["cross_construct"].tolist() == ["B"] * 3 + ["A"] * 3
    means = pd.DataFrame({c: frame[items].mean(axis=1) for c, items in BLOCKS.items()})
    for item in ITEMS:
        for construct in BLOCKS:
            expected = np.corrcoef(frame[item], means[construct])[0, 1]
            assert got.score_correlations.loc[item, construct] == pytest.approx(expected)


def test_msv_and_asv():
    rng = np.random.default_rng(1)
    third = pd.DataFrame(rng.normal(size=(300, 1)) + rng.normal(size=(300, 3)), columns=["c1", "c2", "c3"])
    got = cg.validity(answers().join(third), {**BLOCKS, "C": ["c1", "c2", "c3"]})
    table, phi = got.tidy().set_index("construct"), got.pairs.set_index(["construct_1", "construct_2"])["r"] ** 2
    assert table.loc["A", "msv"] == pytest.approx(max(phi["A", "B"], phi["A", "C"]))
    assert table.loc["C", "asv"] == pytest.approx((phi["A", "C"] + phi["B", "C"]) / 2)
    assert table["ave_above_msv"].tolist() == (table["ave"] > table["msv"]).tolist()


def test_bad_input():
    frame = answers()
    fit = cg.cfa("A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3", frame)
    with pytest.raises(cg.OptionError, match="needs the rows, which a fit does not keep"):
        cg.validity(fit, bootstrap=100, seed=1)
    with pytest.raises(cg.OptionError, match="correlation='polychoric' needs the rows"):
        cg.validity(fit, correlation="polychoric")
    with pytest.raises(cg.OptionError, match="Did you mean 'polychoric'"):
        cg.validity(frame, BLOCKS, correlation="polycoric")
    with pytest.raises(cg.OptionError, match="holds other rows"):
        cg.validity(fit, data=frame.iloc[:200])
    with pytest.raises(cg.OptionError, match="here the data come first"):
        cg.validity(frame, BLOCKS, data=frame)
    with pytest.raises(cg.OptionError, match="bootstrap=-1 must be a whole number"):
        cg.validity(frame, BLOCKS, bootstrap=-1)
    with pytest.raises(cg.SampleError, match="5 usable rows for 6 variables"):
        cg.validity(frame.iloc[:5], BLOCKS)


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.5, 0.85])
def test_coverage(phi: float):
    """Two-sided 95 % and one-sided 95 % intervals hold the population HTMT about as often as they say."""
    hits = {m: np.zeros(2) for m in ("asymptotic", "percentile", "bca")}
    runs = 300
    for seed in range(runs):
        long = cg.validity(likert(250, seed, phi), BLOCKS, correlation="pearson", bootstrap=400, seed=seed).intervals
        for method, rows in long[long["measure"] == "htmt"].groupby("method"):
            row = rows.iloc[0]
            hits[str(method)] += [row["ci_lower"] <= phi <= row["ci_upper"], phi <= row["upper"]]
    for method, count in hits.items():
        assert count[0] / runs == pytest.approx(0.95, abs=0.035), method
        assert count[1] / runs == pytest.approx(0.95, abs=0.035), method
