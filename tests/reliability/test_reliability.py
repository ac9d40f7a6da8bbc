"""cg.reliability: golden values, what it refuses, what it says."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability.one_factor import one_factor_loadings

COLUMNS = [
    *("construct", "n_items", "n", "alpha", "alpha_ci_lower", "alpha_ci_upper", "alpha_std", "alpha_ordinal"),
    *("omega_total", "omega_h", "lambda2", "lambda6", "composite_reliability", "ave", "mean_inter_item_r"),
]
ITEM_COLUMNS = [
    *("construct", "item", "n", "mean", "sd", "r_drop", "alpha_if_dropped", "r_table", "above_r_table", "loading"),
    *("r_total", "r_std", "r_cor", "difficulty"),
]
QUIET = {"few_items", "not_ordinal"}  # what most calls say


def answers(n: int = 200, k: int = 4, seed: int = 1, common: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = common * rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    return pd.DataFrame(np.clip(np.round(3 + x), 1, 5), columns=[f"tru{i + 1}" for i in range(k)])


def codes(result: cg.Result) -> set[str]:
    return {n.code.removeprefix("reliability.") for n in result.notes} - QUIET


def only_note(result: cg.Result) -> cg.Note:
    (made,) = (n for n in result.notes if n.code.removeprefix("reliability.") not in QUIET)
    return made


@pytest.mark.reference
def test_equals_psych_and_lavaan(case):
    x, expected = case.x, case.expected
    frame = pd.DataFrame(x, columns=[f"v{i}" for i in range(x.shape[1])])
    got = cg.reliability(frame, constructs={"f": list(frame)})
    row, closed, cfa = got.tidy().iloc[0], expected["alpha_closed_form"], expected["cfa_one_factor"]
    assert row["n"] == closed["n"] and row["n_items"] == closed["k"]
    want = {"alpha": closed["raw_alpha"], "alpha_ci_lower": closed["feldt_lower"], "lambda6": expected["lambda6_smc"]}
    assert row[list(want)].to_dict() == pytest.approx(want, rel=1e-10)
    loadings = np.array(cfa["loadings_std"])
    loadings = loadings * np.sign(loadings.sum())
    np.testing.assert_allclose(got.items["loading"], loadings, rtol=1e-6)
    assert row["composite_reliability"] == pytest.approx(cfa["omega_closed_form_std"], rel=1e-6)
    assert row["ave"] == pytest.approx((loadings**2).mean(), rel=1e-6)
    psych = expected["psych_item_stats"]
    np.testing.assert_allclose(got.items["sd"], psych["sd"], rtol=1e-10)
    if not case.turned:  # psych shows the mean of reversed items as answered
        np.testing.assert_allclose(got.items["mean"], psych["mean"], rtol=1e-10)
    np.testing.assert_allclose(got.items["r_drop"], expected["item_rest_correlation"], rtol=1e-10)


@pytest.mark.reference
def test_rows_with_missing_answers_leave_their_construct_only(shared):
    frame = pd.read_csv(shared / "reference/dev/data/bfi_ace.csv")
    case = json.loads((shared / "reference/dev/reliability/rel_bfi_A_noreverse.json").read_text())
    got = cg.reliability(frame, constructs={"A": [f"A{i}" for i in range(1, 6)], "C": ["C1", "C2", "C3"]})
    assert got.tidy()["n"].tolist() == [2709, int(frame[["C1", "C2", "C3"]].notna().all(axis=1).sum())]
    assert got.tidy()["alpha"][0] == pytest.approx(case["expected"]["alpha_closed_form"]["raw_alpha"], rel=1e-10)
    assert {"complete_rows", "negative_items"} <= codes(got)
    assert got.meta.n == int(frame[["A1", "A2", "A3", "A4", "A5"]].notna().all(axis=1).to_numpy().sum()) + int(
        (frame[["C1", "C2", "C3"]].notna().all(axis=1) & frame[["A1", "A2", "A3", "A4", "A5"]].isna().any(axis=1)).sum()
    )


def test_shape_and_meta():
    frame = answers()
    got = cg.reliability(frame, constructs={"trust": list(frame)}, ci=0.9)
    assert list(got.tidy()) == COLUMNS and list(got.items) == ITEM_COLUMNS
    assert got.glance().iloc[0].to_dict() == {"n_constructs": 1, "n_items": 4, "n": 200}
    assert got.meta.options == {"ci": 0.9, "tails": 2} and "cronbach1951" in got.meta.references
    assert [n.code for n in got.notes] == ["reliability.few_items"]
    wide = cg.reliability(frame, constructs={"trust": list(frame)}).tidy()
    assert wide["alpha_ci_lower"][0] < got.tidy()["alpha_ci_lower"][0]
    table = got.tidy()
    table["alpha"] = 0.0
    assert got.tidy()["alpha"][0] > 0.5


def test_recovers_the_loadings_of_a_population():
    loadings, n = np.array([0.8, 0.7, 0.6, 0.5]), 200_000
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, 4)) * np.sqrt(1 - loadings**2)
    got = cg.reliability(pd.DataFrame(x, columns=list("abcd")), constructs={"f": list("abcd")})
    np.testing.assert_allclose(got.items["loading"], loadings, atol=0.01)
    assert got.tidy()["ave"][0] == pytest.approx((loadings**2).mean(), abs=0.005)


def test_units_of_the_items_do_not_change_the_loadings():
    R = np.full((3, 3), 0.4) + 0.6 * np.eye(3)
    np.testing.assert_allclose(one_factor_loadings(R), np.sqrt(0.4), rtol=1e-9)
    frame = answers()
    scaled = frame * [1, 10, 1000, 0.01]
    one, other = (cg.reliability(f, constructs={"f": list(f)}) for f in (frame, scaled))
    np.testing.assert_allclose(one.items["loading"], other.items["loading"], rtol=1e-8)


def test_negative_items_are_named_and_not_turned():
    frame = answers()
    frame["tru2"] = 6 - frame["tru2"]
    got = cg.reliability(frame, constructs={"trust": list(frame)})
    named = next(n for n in got.notes if n.code == "reliability.negative_items")
    assert named.level == "serious" and "'trust'" in named.text and "tru2" in named.text and "tru1" not in named.text
    assert got.items.set_index("item")["r_drop"]["tru2"] < 0
    assert got.items.set_index("item")["mean"]["tru2"] == frame["tru2"].mean()


def test_negative_alpha_is_a_number_with_a_serious_note():
    rng = np.random.default_rng(5)
    a = rng.normal(size=300)
    frame = pd.DataFrame({"a": a, "b": -a + rng.normal(size=300)})
    got = cg.reliability(frame, constructs={"f": ["a", "b"]})
    assert got.tidy()["alpha"][0] < 0
    assert codes(got) == {"negative_alpha", "negative_items", "two_items"}
    assert "negative (-" in next(n.text for n in got.notes if n.code == "reliability.negative_alpha")


def test_two_items_have_alpha_and_no_factor_of_their_own():
    frame = answers(k=2)
    got = cg.reliability(frame, constructs={"trust": list(frame)})
    row = got.tidy().iloc[0]
    r = np.corrcoef(frame.T)[0, 1]
    assert row["alpha_std"] == pytest.approx(2 * r / (1 + r)) and row["lambda2"] == pytest.approx(row["alpha"])
    assert row[["composite_reliability", "ave"]].isna().all()
    assert got.items["r_drop"].tolist() == pytest.approx([r, r]) and got.items["alpha_if_dropped"].isna().all()
    assert only_note(got).code == "reliability.two_items"


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (lambda f: f.assign(tru3=4.0), "constant_items", "tru3"),
        (lambda f: f.assign(tru3=np.nan), "items_empty", "tru3"),
        (
            lambda f: f.mask(np.eye(len(f), 4)[:, ::-1].astype(bool) | (np.arange(len(f)) > 2)[:, None]),
            "no_complete_rows",
            "0 rows",
        ),
        (lambda f: f.iloc[:1], "no_complete_rows", "1 rows"),
        (lambda f: f.iloc[:0], "items_empty", "tru1, tru2"),
    ],
    ids=["constant", "all missing", "no complete row", "one row", "empty"],
)
def test_what_cannot_be_computed_is_nan_with_a_reason(change, code, named):
    frame = change(answers())
    got = cg.reliability(frame, constructs={"trust": list(frame)})
    assert got.tidy().drop(columns=["construct", "n_items", "n"]).isna().all(axis=None)
    assert got.items[["r_drop", "alpha_if_dropped", "loading"]].isna().all(axis=None)
    made = next(n for n in got.notes if n.code == f"reliability.{code}")
    assert made.level == "serious" and named in made.text


def test_the_other_constructs_are_computed_all_the_same():
    frame = answers(k=6).assign(tru6=3.0)
    blocks = {"good": ["tru1", "tru2", "tru3"], "bad": ["tru4", "tru6"], "single": ["tru5"]}
    got = cg.reliability(frame, constructs=blocks)
    assert got.tidy().set_index("construct")["alpha"].notna().to_dict() == {"good": True, "bad": False, "single": False}
    assert codes(got) == {"constant_items", "one_item"}
    assert got.items["item"].tolist() == [i for b in blocks.values() for i in b]


def test_few_rows():
    frame = answers(n=4)
    got = cg.reliability(frame, constructs={"trust": list(frame)})
    assert np.isnan(got.tidy()[["lambda6", "composite_reliability"]].to_numpy()).all()
    made = next(n for n in got.notes if n.code == "reliability.few_rows")
    assert "4 items and only 4 complete rows" in made.text and made.level == "serious"


def test_a_doubled_item():
    frame = answers().assign(tru5=lambda f: f["tru1"])
    got = cg.reliability(frame, constructs={"trust": list(frame)})
    assert {"dependent_items", "one_factor_failed"} == codes(got)
    assert np.isfinite(got.tidy()["alpha"][0]) and np.isnan(got.tidy()["ave"][0])


def test_signs_that_no_factor_can_give():
    R = np.array([[1, 0.5, 0.5], [0.5, 1, -0.2], [0.5, -0.2, 1]])
    x = np.random.default_rng(0).normal(size=(50, 3))
    x = np.linalg.qr(x - x.mean(axis=0))[0] @ np.linalg.cholesky(R).T
    got = cg.reliability(pd.DataFrame(x, columns=list("abc")), constructs={"f": list("abc")})
    assert codes(got) & {"one_factor_failed", "heywood"}


def test_unknown_items_are_all_named_with_the_nearest():
    with pytest.raises(cg.ColumnNotFoundError) as caught:
        cg.reliability(answers(), constructs={"trust": ["tru1", "Tru_2"], "other": ["zzz"]})
    text = str(caught.value)
    assert (
        "lacks 2 of the items" in text and "'Tru_2' of trust. Did you mean 'tru2'?" in text and "'zzz' of other" in text
    )


def test_text_in_an_item_is_named_with_row_and_value():
    frame = answers().astype(object)
    frame.loc[7, "tru1"], frame.loc[9, "tru2"] = "3a", np.inf
    with pytest.raises(cg.CodingError, match=r"'tru1' holds 1 .*'3a' \(row 7\).*'tru2' holds 1 .*inf \(row 9\)"):
        cg.reliability(frame, constructs={"trust": ["tru1", "tru2"]})


@pytest.mark.parametrize(
    ("constructs", "message"),
    [
        (None, r"a data frame does not say which items belong together"),
        ({}, r"constructs is empty"),
        (
            {"a": [], "b": ["tru1", "tru1"], "c": "tru1"},
            r"'a' has no items.*'b' names tru1 twice.*'c' has the text 'tru1'",
        ),
        (["trust"], r"needs data read with an instrument"),
    ],
)
def test_constructs_that_cannot_be_used(constructs, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.reliability(answers(), constructs=constructs)


def test_other_wrong_arguments():
    with pytest.raises(cg.OptionError, match="ci=95 must lie between 0 and 1"):
        cg.reliability(answers(), constructs={"a": ["tru1", "tru2"]}, ci=95)
    with pytest.raises(cg.OptionError, match="must be Responses or a pandas DataFrame, not str"):
        cg.reliability("data.csv", constructs={"a": ["tru1", "tru2"]})


def test_nullable_and_categorical_numbers_are_numbers():
    frame = answers()
    want = cg.reliability(frame, constructs={"trust": list(frame)}).tidy()
    for other in (frame.astype("Int64"), frame.astype("category"), frame.astype("int8")):
        pd.testing.assert_frame_equal(cg.reliability(other, constructs={"trust": list(frame)}).tidy(), want)


def test_answers_outside_the_scale_that_was_given_are_refused():
    frame = answers()
    with pytest.raises(cg.CodingError, match=r"outside scale=\(1, 4\): 'tru1' holds 5 \(row"):
        cg.reliability(frame, {"trust": list(frame)}, scale=(1, 4))
    with pytest.raises(cg.CodingError, match=r"outside scale=\(2, 5\): 'tru1' holds 1"):
        cg.rwg(frame.assign(group=frame.index % 5), "group", {"trust": list(frame)}, scale=(2, 5))
    with pytest.raises(cg.CodingError, match=r"outside scale=\(1, 4\)"):
        cg.describe(frame, scale=(1, 4))


def test_a_seed_that_was_drawn_is_recorded():
    frame = answers(k=5)
    first = cg.reliability(frame, {"trust": list(frame)}, bootstrap=30)
    again = cg.reliability(frame, {"trust": list(frame)}, bootstrap=30, seed=first.meta.seed)
    pd.testing.assert_frame_equal(first.estimates, again.estimates)
    long = cg.reliability(many := answers(k=30), {"trust": list(many)})
    assert long.meta.seed is not None
    pd.testing.assert_frame_equal(long.estimates, long.estimates)
    assert cg.reliability(frame, {"trust": list(frame)}).meta.seed is None
