"""cg.rivals: what is written, how models are laid side by side, the bank for collaborative governance, bad input."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.reliability.rivals_models import Tree, write_rivals
from cgsurvey.reliability.rivals_numbers import bifactor_indices, weights

TREE = {
    d: {f"{d.lower()}{e}": [f"{d.lower()}{e}_{i}" for i in range(1, 4)] for e in range(1, 4)}
    for d in ("PE", "SM", "CJA")
}
FLAT = {d: [i for items in block.values() for i in items] for d, block in TREE.items()}


def answers(n: int = 500, seed: int = 1, general: float = 0.6, specific: float = 0.0) -> pd.DataFrame:
    """Three dimensions of three elements of three items: second order or, with `specific`, bifactor."""
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(n, 1))
    columns = {}
    for block in TREE.values():
        own = rng.normal(size=(n, 1))
        dimension = np.sqrt(general) * g + np.sqrt(1 - general) * own
        for k, items in enumerate(block.values()):
            if specific:
                element = 0.65 * g + (specific + 0.1 * k) * own
                element = element + np.sqrt(1 - 0.65**2 - (specific + 0.1 * k) ** 2) * rng.normal(size=(n, 1))
            else:
                element = 0.85 * dimension + np.sqrt(1 - 0.85**2) * rng.normal(size=(n, 1))
            for item in items:
                columns[item] = (0.8 * element + 0.6 * rng.normal(size=(n, 1)))[:, 0]
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def found() -> cg.Rivals:
    return cg.rivals(answers(), constructs=TREE)


def codes(result: cg.Result) -> set[str]:
    return {n.code.removeprefix("reliability.") for n in result.notes}


def test_rows_stand_in_order_of_df(found):
    table = found.tidy()
    assert table["model"].tolist()[0] == "elements" and table["model"].tolist()[-1] == "one_factor"
    assert set(table["model"]) == {"elements", "one_factor", "dimensions", "second_order", "bifactor"}
    assert table["df"].is_monotonic_increasing
    assert table["bic_weight"].sum() == pytest.approx(1) and table["aic_weight"].sum() == pytest.approx(1)
    assert table.loc[table["model"] != "bifactor", ["ecv", "omega_h"]].isna().all(axis=None)


def test_each_model_is_the_fit_of_its_syntax(found):
    frame, table = answers(), found.tidy().set_index("model")
    for name, text in found.syntax.items():
        fit = cg.cfa(text, frame)
        for measure in ("chisq", "df", "cfi", "rmsea", "srmr", "aic", "bic"):
            assert table.loc[name, measure] == pytest.approx(fit.fit_measures[measure], rel=1e-6), (name, measure)


def test_equivalent_pairs_are_named(found):
    pairs = found.pairs.set_index(["model_1", "model_2"])
    same = pairs[pairs["relation"] == "equivalent"]
    assert [set(p) for p in same.index] == [{"dimensions", "second_order"}]
    assert same["p_value"].isna().all() and "rivals_equivalent" in codes(found)
    table = found.tidy().set_index("model")
    assert table.loc["dimensions", "equivalent_to"] == "second_order"
    assert table.loc["second_order", "equivalent_to"] == "dimensions"
    assert found.glance()["n_equivalent_pairs"][0] == 1


def test_nested_pairs_are_tested_and_boundaries_told(found):
    pairs = found.pairs.set_index(["model_1", "model_2"])
    row = pairs.loc[("dimensions", "one_factor")] if ("dimensions", "one_factor") in pairs.index else None
    assert row is not None and row["relation"] == "nested" and row["boundary"]
    assert row["p_mixture"] <= row["p_value"]
    table = found.tidy().set_index("model")
    assert row["chisq_diff"] == pytest.approx(table.loc["one_factor", "chisq"] - table.loc["dimensions", "chisq"])
    assert (pairs.loc["elements"]["relation"] == "nested").all()
    text = next(n.text for n in found.notes if n.code == "reliability.rivals_boundary")
    assert "Stoel" in text and "lies on the boundary of other models" in text and text.endswith(".")


def test_notes_call_models_what_tables_call_them(found, tmp_path):
    again = cg.load_result(found.save(tmp_path / "rivals.cgr"))
    assert [n.render("id") for n in again.notes] == [n.render("id") for n in found.notes]
    told, boundary = {n.code: n for n in again.notes}, found.pairs[found.pairs["boundary"]]
    same = told["reliability.rivals_equivalent"]
    assert "Dimensions (correlated factors) = Second order" in same.text and "second_order" not in same.text
    assert "Dimensi (faktor saling berkorelasi) = Orde kedua" in same.render("id")
    assert sum(n.code == "reliability.rivals_boundary" for n in again.notes) == len(set(boundary["model_2"]))
    assert told["reliability.rivals_boundary"].text.startswith("One factor lies on the boundary of")
    assert told["reliability.rivals_boundary"].render("id").startswith("Satu faktor terletak pada batas")


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_picture_shows_distances_from_the_lowest_criterion(found, language):
    drawn = cg.plot(found, language=language)
    known = found.models.sort_values("bic", kind="stable")
    points = {c.get_gid() or k: c for k, c in enumerate(drawn.axes[0].lines)}
    x = sorted(float(v) for line in points.values() for v in line.get_xdata() if line.get_marker() in ("o", "s"))
    both = known[["aic", "bic"]] - known[["aic", "bic"]].min()
    np.testing.assert_allclose(x, np.sort(both.to_numpy().ravel()), atol=1e-6)
    names = [found.meta.label(m, language) for m in known["model"]]
    assert all(name in drawn.alt for name in names)


def test_no_single_number_and_the_bias_of_bifactor_models_are_told(found):
    assert {"rivals_choice", "rivals_bifactor"} <= codes(found)
    assert {"murray2013", "morgan2015", "bonifay2017"} <= set(found.meta.references)
    assert set(found.theory) == set(found.syntax) and all(set(t) == {"en", "id"} for t in found.theory.values())
    without = cg.rivals(
        answers(), {"one": "g =~ pe1_1 + pe1_2 + pe1_3 + pe2_1", "two": "a =~ pe1_1 + pe1_2 + pe1_3\na =~ pe2_1"}
    )
    assert "rivals_bifactor" not in codes(without)


def test_recovers_a_bifactor_population():
    got = cg.rivals(answers(4000, 3, specific=0.3), constructs=TREE)
    table = got.tidy().set_index("model")
    assert table.loc["bifactor", "pvalue"] > 0.01
    g, s = 9 * 0.65**2, 3 * (0.3**2 + 0.4**2 + 0.5**2)
    assert got.bifactor["ecv"] == pytest.approx(g / (g + s), abs=0.03)
    top = (27 * 0.8 * 0.65) ** 2
    groups = 3 * (3 * 0.8 * (0.3 + 0.4 + 0.5)) ** 2
    unique = sum((3 * 0.8) ** 2 * (1 - 0.65**2 - x**2) for x in (0.3, 0.4, 0.5)) * 3
    whole = top + groups + unique + 27 * 0.36
    assert got.bifactor["omega_h"] == pytest.approx(top / whole, abs=0.02)
    assert got.bifactor["omega_total"] == pytest.approx((top + groups + unique) / whole, abs=0.01)
    assert got.bifactor["puc"] == pytest.approx(1 - 9 / 36)
    second = got.pairs.set_index(["model_1", "model_2"]).loc[("bifactor", "second_order")]
    assert second["relation"] == "nested" and second["p_value"] < 1e-4


def test_closed_forms():
    np.testing.assert_allclose(
        weights(np.array([100.0, 102.0, np.nan])), [1 / (1 + np.exp(-1)), np.exp(-1) / (1 + np.exp(-1)), np.nan]
    )
    assert np.isnan(weights(np.array([np.nan, np.nan]))).all()
    found = bifactor_indices(
        np.full(4, 0.6), [(np.array([0, 1]), np.full(2, 0.4)), (np.array([2, 3]), np.full(2, 0.4))]
    )
    assert found.ecv == pytest.approx(0.36 / 0.52) and found.puc == pytest.approx(1 - 2 / 6)
    whole = 2.4**2 + 2 * 0.8**2 + 4 * 0.48
    assert found.omega_h == pytest.approx(2.4**2 / whole)
    assert found.omega_total == pytest.approx((2.4**2 + 2 * 0.8**2) / whole)


@pytest.mark.parametrize("level", ["scores", "items"])
def test_other_levels(level: str):
    got = cg.rivals(answers(300), constructs=TREE, level=level)
    assert set(got.tidy()["model"]) == {"one_factor", "dimensions", "second_order", "bifactor"}
    p = 9 if level == "scores" else 27
    table = got.tidy().set_index("model")
    assert table.loc["one_factor", "df"] == p * (p + 1) / 2 - 2 * p
    assert table.loc["dimensions", "df"] == p * (p + 1) / 2 - 2 * p - 3
    assert table.loc["bifactor", "df"] == p * (p + 1) / 2 - 3 * p
    assert ("rivals_scores" in codes(got)) == (level == "scores")


def test_constructs_without_elements_are_compared_by_their_items():
    got = cg.rivals(answers(300), constructs=FLAT)
    assert "elements" not in set(got.tidy()["model"]) and got.meta.options["level"] == "items"
    two = cg.rivals(answers(300), constructs={d: FLAT[d] for d in ("PE", "SM")})
    assert set(two.tidy()["model"]) == {"one_factor", "dimensions"} and "rivals_left_out" in codes(two)


def test_the_bank_writes_its_five_rivals_over_twelve_elements():
    core = cg.load_instrument("cgsurvey_core")
    frame = pd.DataFrame(np.ones((1, len(core.item_names))), columns=list(core.item_names))
    from cgsurvey.reliability.rivals_models import tree_of
    from cgsurvey.responses.source import Source

    tree, _ = tree_of(Source(frame, instrument=core), None)
    assert len(tree.elements) == 12 and len(tree.items) == 42
    written, notes = write_rivals(tree, "elements")
    names = [r.name for r in written]
    assert names == ["elements", "one_factor", "three_factor", "six_factor", "second_order", "bifactor"] and not notes
    six = next(r for r in written if r.name == "six_factor")
    assert six.sources == ("beeton2024",)
    assert "`capacity_joint_action`" not in six.syntax
    assert (
        "`shared_motivation` ~~ `leadership` + `resources` + `knowledge` + `institutional_arrangements`" in six.syntax
    )


def test_the_short_form_is_compared_by_its_items():
    from cgsurvey.reliability.rivals_models import tree_of
    from cgsurvey.responses.source import Source

    short = cg.load_instrument("cgsurvey_short")
    frame = pd.DataFrame(np.ones((1, len(short.item_names))), columns=list(short.item_names))
    tree, _ = tree_of(Source(frame, instrument=short), None)
    assert list(tree.dimensions) == ["principled_engagement", "shared_motivation", "capacity_joint_action"]
    assert len(tree.items) == 12 and not tree.deep
    names = [r.name for r in write_rivals(tree, "items")[0]]
    assert names == ["one_factor", "dimensions", "second_order", "bifactor"]


def simulated_bank(n: int = 350) -> pd.DataFrame:
    """Answers to the items of the bank, made by its second-order model."""
    rng = np.random.default_rng(4)
    core = cg.load_instrument("cgsurvey_core")
    g, columns = rng.normal(size=n), {}
    for top in core.constructs[:3]:
        d = 0.8 * g + 0.6 * rng.normal(size=n)
        for leaf in top.leaves:
            e = 0.85 * d + np.sqrt(1 - 0.85**2) * rng.normal(size=n)
            for item in leaf.items:
                columns[item] = 0.75 * e + np.sqrt(1 - 0.75**2) * rng.normal(size=n)
    return pd.DataFrame(columns)


def test_rivals_of_the_bank_by_scores():
    got = cg.rivals(simulated_bank(), instrument="cgsurvey_core", level="scores")
    table = got.tidy().set_index("model")
    assert table["df"].to_dict() == {
        "bifactor": 42,
        "six_factor": 43,
        "three_factor": 51,
        "second_order": 51,
        "one_factor": 54,
    }
    assert table.loc["three_factor", "equivalent_to"] == "second_order"
    pairs = got.pairs.set_index(["model_1", "model_2"])
    assert pairs.loc[("six_factor", "three_factor"), "relation"] == "nested"
    apart = pairs.loc[("bifactor", "six_factor")]
    assert apart["relation"] == "not_nested" and 0 <= apart["p_distinct"] <= 1 and np.isfinite(apart["z"])
    assert table.loc["one_factor", "bic_weight"] < 1e-6
    labels = got.meta.labels["six_factor"]
    assert "Beeton" in labels["en"] and "Enam" in labels["id"]


@pytest.mark.slow
def test_rivals_of_the_bank_over_its_elements():
    got = cg.rivals(simulated_bank(500), instrument="cgsurvey_core")
    table = got.tidy().set_index("model")
    assert table["df"].to_dict() == {
        "elements": 753, "bifactor": 795, "six_factor": 796, "three_factor": 804, "second_order": 804,
        "one_factor": 807,
    }  # fmt: skip
    pairs = got.pairs.set_index(["model_1", "model_2"])["relation"]
    assert pairs["three_factor", "second_order"] == "equivalent"
    assert pairs["bifactor", "six_factor"] == "not_nested"
    assert (pairs["elements"] == "nested").all()
    dimensions = ["principled_engagement", "shared_motivation", "capacity_joint_action"]
    fit = cg.cfa(cg.load_instrument("cgsurvey_core").model("first_order", constructs=dimensions), simulated_bank(500))
    assert table.loc["elements", "chisq"] == pytest.approx(fit.fit_measures["chisq"], rel=1e-8)


def test_own_models_of_any_data():
    frame = answers(300)
    models = {
        "one": "g =~ " + " + ".join(FLAT["PE"] + FLAT["SM"]),
        "two": "a =~ " + " + ".join(FLAT["PE"]) + "\nb =~ " + " + ".join(FLAT["SM"]),
    }
    got = cg.rivals(frame, models)
    assert got.tidy()["model"].tolist() == ["two", "one"]
    expected = cg.compare(cg.cfa(models["two"], frame), cg.cfa(models["one"], frame)).tidy().iloc[1]
    assert got.pairs.loc[0, "chisq_diff"] == pytest.approx(expected["chisq_diff"])
    both = cg.rivals(frame[FLAT["PE"] + FLAT["SM"]], models, constructs={d: FLAT[d] for d in ("PE", "SM")})
    assert set(both.tidy()["model"]) == {"one", "two", "one_factor", "dimensions"}
    assert both.glance()["n_equivalent_pairs"][0] == 2  # the same models under other names


def test_robust_and_ordered_estimators():
    frame = answers(400)[FLAT["PE"][:3] + FLAT["SM"][:3]]
    blocks = {"PE": FLAT["PE"][:3], "SM": FLAT["SM"][:3]}
    robust = cg.rivals(frame, constructs=blocks, estimator="MLR").tidy()
    assert robust[["chisq_scaled", "cfi_robust", "rmsea_robust", "aic"]].notna().all(axis=None)
    ordered = pd.DataFrame(np.digitize(frame, [-1, 0, 1]) + 1.0, columns=frame.columns)
    got = cg.rivals(ordered, constructs=blocks, ordered=True)
    assert got.tidy()[["aic", "bic", "aic_weight"]].isna().all(axis=None) and got.glance()["lowest_bic"][0] == ""
    assert got.pairs["p_value"].notna().all() and got.pairs["p_vuong"].isna().all()


def test_what_cannot_be_fitted_and_improper_solutions_are_told():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(rng.normal(size=(60, 4)) + 0.4 * rng.normal(size=(60, 1)), columns=list("abcd"))
    frame["b"] = frame["a"] * 1.2 + 0.3 * rng.normal(size=60)
    got = cg.rivals(frame, {"one": "g =~ a + b + c + d", "loose": "g =~ a + b + c + d\nh =~ a + b + c + d"})
    assert "rival_failed" in codes(got)
    row = got.tidy().set_index("model").loc["loose"]
    assert np.isnan(row["chisq"]) and row.name == got.tidy()["model"].tolist()[-1]
    assert got.glance()["n_failed"][0] == 1
    flagged = bool(got.tidy().set_index("model").loc["one", "improper"])
    assert flagged == ("rival_improper" in codes(got))


def test_syntax_takes_any_name():
    odd = Tree({d: {f"{e} x": tuple(items) for e, items in block.items()} for d, block in TREE.items()})
    for level in ("elements", "scores", "items"):
        for rival, _ in product(write_rivals(odd, level)[0], [0]):
            assert "`" in rival.syntax
    frame = answers(200).rename(columns={"pe1_1": "item 1"})
    renamed = {**FLAT, "PE": ["item 1", *FLAT["PE"][1:]]}
    assert cg.rivals(frame, constructs={d: renamed[d] for d in ("PE", "SM")}).tidy()["chisq"].notna().all()


def test_what_is_refused():
    frame = answers(60)
    with pytest.raises(cg.OptionError, match="need models="):
        cg.rivals(frame)
    with pytest.raises(cg.OptionError, match="is a mapping of names to lavaan syntax"):
        cg.rivals(frame, ["g =~ pe1_1 + pe1_2"])
    with pytest.raises(cg.OptionError, match="two dimensions or more; there is PE"):
        cg.rivals(frame, constructs={"PE": FLAT["PE"]})
    with pytest.raises(cg.ModelError, match="level='elements' needs elements"):
        cg.rivals(frame, constructs=FLAT, level="elements")
    with pytest.raises(cg.OptionError, match="Did you mean 'items'"):
        cg.rivals(frame, constructs=FLAT, level="item")
    with pytest.raises(cg.ColumnNotFoundError, match=r"'pe1_9' of PE\. Did you mean"):
        cg.rivals(frame, constructs={**FLAT, "PE": ["pe1_9", "pe1_2"]})
    with pytest.raises(cg.OptionError, match="different observed variables"):
        cg.rivals(frame, {"a": "g =~ pe1_1 + pe1_2 + pe1_3 + pe2_1", "b": "g =~ pe1_1 + pe1_2 + pe1_3 + pe2_2"})
    with pytest.raises(cg.OptionError, match="named like columns"):
        cg.rivals(frame.assign(pe1=1.0), constructs=TREE, level="scores")
    with pytest.raises(cg.SampleError, match="20 usable rows for 27 variables"):
        cg.rivals(frame.iloc[:20], constructs=TREE)
