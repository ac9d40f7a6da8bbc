"""cg.validity: golden values, from a fit and from data, what it refuses, what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

COLUMNS = [
    *(
        "construct",
        "n_items",
        "composite_reliability",
        "ave",
        "sqrt_ave",
        "max_r",
        "htmt_max",
        "fornell_larcker",
        "msv",
        "asv",
        "ave_above_msv",
        "ave_raw",
        "loading_min",
    ),
]


def golden(shared: Path, name: str) -> tuple[pd.DataFrame, dict]:
    content = json.loads((shared / "reference/dev/reliability" / f"{name}.json").read_text())
    return pd.read_csv(shared / "reference/dev/data" / content["data"]["file"]), content


def blocks_of(model: str) -> dict[str, list[str]]:
    pairs = [line.split("=~") for line in model.strip().splitlines()]
    return {name.strip(): [i.strip() for i in items.split("+")] for name, items in pairs}


def answers(n: int = 300, seed: int = 2, phi: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, phi], [phi, 1]]).T
    x = np.repeat(factors, 3, axis=1) * 0.8 + 0.6 * rng.normal(size=(n, 6))
    return pd.DataFrame(x, columns=["a1", "a2", "a3", "b1", "b2", "b3"])


MODEL = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3"
BLOCKS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}


def codes(result: cg.Result) -> set[str]:
    return {n.code.removeprefix("reliability.") for n in result.notes if n.code.startswith("reliability.")}


@pytest.mark.reference
@pytest.mark.parametrize("name", ["validity_hs", "validity_cg_pe"])
def test_equals_semtools_and_lavaan(shared, name):
    frame, content = golden(shared, name)
    expected, model = content["expected"], content["model"]
    for got in (cg.validity(cg.cfa(model, frame, std_lv=True)), cg.validity(frame, blocks_of(model))):
        table = got.tidy().set_index("construct")
        assert table["composite_reliability"].to_dict() == pytest.approx(expected["cr_std"], rel=1e-6)
        assert table["ave"].to_dict() == pytest.approx(expected["ave_std_mean_lambda2"], rel=1e-6)
        np.testing.assert_allclose(got.htmt, expected["htmt"]["values"], rtol=1e-10)
        np.testing.assert_allclose(got.htmt2, expected["htmt2"]["values"], rtol=1e-10)
        phi = np.array(expected["latent_cor"]["values"])
        np.testing.assert_allclose(np.tril(got.fornell_larcker.fillna(0), -1), np.tril(phi, -1), rtol=1e-6)
        np.testing.assert_allclose(np.diag(got.fornell_larcker), table["sqrt_ave"])
        off = np.where(np.eye(len(phi), dtype=bool), 0, np.abs(phi)).max(axis=0)
        np.testing.assert_allclose(table["max_r"], off, rtol=1e-6)
        assert (
            table["fornell_larcker"].tolist()
            == (np.sqrt(list(expected["ave_std_mean_lambda2"].values())) > off).tolist()
        )
    signed = cg.validity(frame, blocks_of(model), absolute=False)
    np.testing.assert_allclose(signed.htmt, expected["htmt_noabs"]["values"], rtol=1e-10)


@pytest.mark.reference
def test_reliability_of_a_fitted_model(shared):
    frame, content = golden(shared, "validity_hs")
    fit = cg.cfa(content["model"], frame)
    got, plain = cg.reliability(fit), cg.reliability(frame, blocks_of(content["model"]))
    table = got.tidy().set_index("construct")
    assert table["composite_reliability"].to_dict() == pytest.approx(content["expected"]["cr_std"], rel=1e-6)
    same = ["n", "alpha", "alpha_ci_lower", "alpha_ci_upper", "alpha_std", "lambda2", "lambda6", "mean_inter_item_r"]
    pd.testing.assert_frame_equal(got.tidy()[same], plain.tidy()[same])
    columns = ["item", "sd", "r_drop", "alpha_if_dropped"]
    pd.testing.assert_frame_equal(got.items[columns], plain.items[columns])
    assert cg.reliability(fit, ["speed"]).items["item"].tolist() == ["x7", "x8", "x9"]
    assert got.meta.data_hash == fit.meta.data_hash and got.meta.n == 301


def test_shape_and_flag():
    got = cg.validity(answers(), BLOCKS)
    assert list(got.tidy()) == COLUMNS
    assert got.htmt.index.tolist() == got.htmt.columns.tolist() == ["A", "B"]
    assert np.isnan(got.fornell_larcker.loc["A", "B"]) and np.diag(got.htmt).tolist() == [1, 1]
    pd.testing.assert_frame_equal(got.htmt, got.htmt.T)
    assert got.tidy()["fornell_larcker"].tolist() == [True, True]
    close = cg.validity(answers(phi=0.97), BLOCKS)
    assert close.tidy()["fornell_larcker"].tolist() == [False, False] and close.tidy()["htmt_max"].min() > 0.9
    assert got.glance()["n"][0] == 300 and got.glance()["n_constructs"][0] == 2


def test_recovers_the_population():
    got = cg.validity(answers(n=100_000), BLOCKS)
    assert got.tidy()["ave"].tolist() == pytest.approx([0.64, 0.64], abs=0.01)
    assert got.htmt.loc["A", "B"] == pytest.approx(0.5, abs=0.01)
    assert got.fornell_larcker.loc["B", "A"] == pytest.approx(0.5, abs=0.01)


def test_options_go_to_the_factor_model():
    frame = answers()
    frame.iloc[:40, 0] = np.nan
    listwise, full = cg.validity(frame, BLOCKS), cg.validity(frame, BLOCKS, missing="fiml")
    assert (listwise.meta.n, full.meta.n) == (260, 300)
    assert "saturated_moments" in codes(full)
    assert full.htmt.loc["A", "B"] != listwise.htmt.loc["A", "B"]
    fit = cg.cfa(MODEL, frame, missing="fiml")
    pd.testing.assert_frame_equal(cg.validity(fit).tidy(), full.tidy())
    with pytest.raises(cg.OptionError, match="options of cfa"):
        cg.validity(fit, missing="fiml")


def test_structural_paths_give_the_same_as_free_correlations():
    frame = answers()
    free, path = cg.validity(cg.cfa(MODEL, frame)), cg.validity(cg.sem(f"{MODEL}\nB ~ A", frame))
    pd.testing.assert_frame_equal(free.tidy(), path.tidy(), rtol=1e-6)
    np.testing.assert_allclose(free.fornell_larcker, path.fornell_larcker, rtol=1e-6)


def test_higher_order_factors_are_left_out_and_it_is_said():
    rng = np.random.default_rng(4)
    g = rng.normal(size=(400, 1))
    first = np.repeat(0.8 * g + 0.6 * rng.normal(size=(400, 3)), 3, axis=1)
    frame = pd.DataFrame(0.8 * first + 0.6 * rng.normal(size=(400, 9)), columns=[f"x{i}" for i in range(1, 10)])
    model = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf3 =~ x7 + x8 + x9\ng =~ f1 + f2 + f3"
    got = cg.validity(cg.cfa(model, frame))
    assert got.tidy()["construct"].tolist() == ["f1", "f2", "f3"]
    assert "higher_order_left_out" in codes(got)
    # 0.8 * 0.8, since each correlates 0.8 with g
    assert got.fornell_larcker.loc["f2", "f1"] == pytest.approx(0.64, abs=0.08)


def test_groups_are_chosen_by_name():
    frame = pd.concat([answers(seed=1).assign(school="B"), answers(seed=2).assign(school="A")], ignore_index=True)
    fit = cg.cfa(MODEL, frame, group="school")
    got = cg.validity(fit, group="A")
    alone = cg.validity(cg.cfa(MODEL, frame[frame["school"] == "A"]))
    pd.testing.assert_frame_equal(got.htmt, alone.htmt)
    pd.testing.assert_frame_equal(got.tidy(), alone.tidy(), rtol=1e-6)
    with pytest.raises(cg.OptionError, match="Name one of the groups of the model: B, A"):
        cg.validity(fit)
    with pytest.raises(cg.OptionError, match="Name one of the groups"):
        cg.reliability(fit)
    assert cg.reliability(fit, group="B").meta.n == 300
    with pytest.raises(cg.OptionError, match="chooses a group of a fitted model"):
        cg.validity(frame, BLOCKS, group="A")


def test_cross_loadings_and_residual_covariances_are_named():
    frame = answers()
    got = cg.validity(cg.cfa(f"{MODEL} + a3\nb1 ~~ b2", frame))
    texts = {n.code: n.text for n in got.notes}
    assert (
        texts["reliability.cross_loadings"].endswith("HTMT counts them in both.")
        and "a3" in texts["reliability.cross_loadings"]
    )
    assert "(b1 ~~ b2)" in texts["reliability.error_covariances"]


def test_one_item_of_stated_reliability():
    frame = answers()
    fit = cg.cfa("A =~ a1 + a2 + a3\nS =~ 1*b1\nb1 ~~ 0.2*b1", frame)
    got = cg.validity(fit)
    table = got.tidy().set_index("construct")
    assert table.loc["S", "ave"] == pytest.approx(1 - 0.2 / frame["b1"].var(ddof=0))
    assert np.isnan(got.htmt.loc["A", "S"]) and {"single_indicator", "htmt_undefined"} <= codes(got)
    row = cg.reliability(fit).tidy().set_index("construct").loc["S"]
    assert row["composite_reliability"] == table.loc["S", "composite_reliability"] and np.isnan(row["alpha"])


def test_items_that_are_not_keyed():
    frame = answers().assign(a2=lambda f: -f["a2"])
    got = cg.validity(frame, BLOCKS)
    assert "mixed_signs" in codes(got) and "a2" in next(
        n.text for n in got.notes if n.code == "reliability.mixed_signs"
    )
    assert got.tidy()["ave"][0] == pytest.approx(cg.validity(answers(), BLOCKS).tidy()["ave"][0])


def test_a_model_that_cannot_be_estimated_leaves_htmt():
    frame = answers()[["a1", "a2"]]
    got = cg.validity(frame, {"A": ["a1", "a2"]})
    assert {"model_failed", "one_construct"} <= codes(got)
    assert got.tidy()[["ave", "sqrt_ave", "max_r", "htmt_max"]].isna().all(axis=None)
    assert got.tidy()["fornell_larcker"].isna().all()


def test_what_is_refused():
    frame, fit = answers(), cg.cfa(MODEL, answers())
    with pytest.raises(cg.OptionError, match=r"no such measured latent variable: 'C'.*The model has: A, B"):
        cg.validity(fit, ["A", "C"])
    with pytest.raises(cg.OptionError, match="give the names of latent variables only"):
        cg.validity(fit, BLOCKS)
    with pytest.raises(cg.ModelError, match="no latent variable that is measured by items"):
        cg.validity(cg.sem("b1 ~ a1 + a2", frame))
    with pytest.raises(cg.ColumnNotFoundError, match=r"'a11' of A\. Did you mean 'a1'"):
        cg.validity(frame, {"A": ["a1", "a11"]})
    with pytest.raises(cg.SampleError, match="a1"):
        cg.validity(frame.assign(a1=1.0), BLOCKS)


def test_names_that_syntax_could_misread():
    frame = answers()
    odd = frame.rename(columns={"a1": "a 1", "b1": "b-1", "b2": "1b"})
    got = cg.validity(odd, {"My trust": ["a 1", "a2", "a3"], "B": ["b-1", "1b", "b3"]})
    np.testing.assert_allclose(got.htmt, cg.validity(frame, BLOCKS).htmt)
    assert got.tidy()["construct"].tolist() == ["My trust", "B"]
    with pytest.raises(cg.OptionError, match=r"backtick or a line break .* 'a`1'\. Rename them"):
        cg.validity(frame.rename(columns={"a1": "a`1"}), {"A": ["a`1", "a2", "a3"], "B": ["b1", "b2", "b3"]})


def test_data_behind_a_fit_go_by_name():
    frame = cg.simulate("f =~ .8*a + .7*b + .6*c\ng =~ .8*d + .7*e + .6*h\nf ~~ .4*g", 150, seed=3)
    fit = cg.cfa("f =~ a + b + c\ng =~ d + e + h", frame)
    for judge in (cg.validity, cg.discriminant_validity, cg.reliability):
        with pytest.raises(cg.OptionError, match="data go by name: data="):
            judge(fit, frame)


def test_neither_model_nor_complete_rows():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(np.clip(np.round(3 + rng.normal(size=(120, 10))), 1, 5), columns=[f"x{i}" for i in range(10)])
    frame = frame.where(rng.random(frame.shape) > 0.75)
    with pytest.raises(cg.SampleError, match="no row is complete, which HTMT alone would need"):
        cg.validity(frame, {"A": [f"x{i}" for i in range(5)], "B": [f"x{i}" for i in range(5, 10)]}, missing="fiml")


@pytest.mark.parametrize("judge", [cg.validity, cg.discriminant_validity, cg.common_method])
def test_a_whole_instrument_in_one_model_is_refused_with_advice(judge):
    few = cg.load_sample()
    with pytest.raises(cg.SampleError, match=r"all 32 constructs of the instrument.*constructs=\['discovery'"):
        judge(few)
