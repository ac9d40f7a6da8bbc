"""Modification indices: lavaan's values, and the chi-square difference that they foretell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from golden import load
from simulated import MODEL, answers, with_holes

import cgsurvey as cg
from cgsurvey.sem.derived.modification import Candidates, modification
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN

CASES = [
    "hs_ml", "hs_mlr", "hs_ml_stdlv", "hs_ml_wishart", "hs_parallel", "hs_tau_equiv", "hs_second_order", "hs_mimic",
    "hs_mimic_randomx", "hs_single_indicator", "poldem_ml", "poldem_eq_ml", "satact_path_fixedx", "satact_path_mlr",
    "growth_linear", "growth_tvc", "hs_mg_conf", "hs_mg_scalar", "hs_mg_strictmeans", "talor_modmed",
    "cg_weights_mlr", "cg41_ml",
]  # fmt: skip


@pytest.mark.reference
@pytest.mark.parametrize("name", CASES)
def test_values_of_lavaan(shared, name):
    g = load(shared, name)
    known = pd.DataFrame(g.expected["modindices_top20"])
    at = {v: k for k, v in enumerate(g.variables)}
    places = []
    for lhs, op, rhs in zip(known["lhs"], known["op"], known["rhs"], strict=True):
        i, j = at[lhs], at.get(rhs, 0)
        kind = {"=~": ARROW, "~": ARROW, "~~": COVARIANCE, "~1": MEAN}[op]
        i, j = (j, i) if op == "=~" else (max(i, j), min(i, j)) if op == "~~" else (i, j)
        places.append((kind, i, j))
    group = np.array(known["group"] if "group" in known else np.ones(len(known)), dtype=np.int64) - 1
    fixed = set(g.table.loc[g.table["exo"] == 1, "lhs"])
    found = modification(
        g.structure,
        g.theta,
        g.matrices,
        g.samples,
        Candidates(group, *np.array(places).T),
        exogenous=[k for k, v in enumerate(g.observed) if v in fixed],
    )
    for mine, theirs in (
        (found.mi, "mi"),
        (found.epc, "epc"),
        (found.sepc_lv, "sepc.lv"),
        (found.sepc_all, "sepc.all"),
    ):
        theirs = known[theirs].to_numpy(float)
        seen = ~np.isnan(theirs)
        np.testing.assert_allclose(mine[seen], theirs[seen], rtol=1e-6, atol=1e-8)


def test_an_index_foretells_the_gain_and_the_value():
    rng = np.random.default_rng(3)
    data = answers(4000, seed=5)
    shared_error = rng.normal(size=4000) * 0.25
    data["x1"], data["x4"] = data["x1"] + shared_error, data["x4"] + shared_error
    fit = cg.cfa(MODEL, data)
    top = fit.modification_indices().query("op == '~~'").iloc[0]
    assert {top["lhs"], top["rhs"]} == {"x1", "x4"}
    freed = cg.cfa(f"{MODEL}\nx1 ~~ x4", data)
    gain = fit.fit_measures["chisq"] - freed.fit_measures["chisq"]
    value = freed.tidy().set_index(["lhs", "op", "rhs"]).loc[("x1", "~~", "x4")]
    assert top["mi"] == pytest.approx(gain, rel=0.05)
    assert top["epc"] == pytest.approx(value["estimate"], rel=0.05)
    assert top["sepc_all"] == pytest.approx(value["std_all"], rel=0.1)


def test_units_do_not_matter():
    data, factors = answers(), [1, 20, 0.05, 3, 7, 1000]
    one, other = cg.cfa(MODEL, data), cg.cfa(MODEL, data * factors)
    key = ["lhs", "op", "rhs"]
    both = one.modification_indices().merge(other.modification_indices(), on=key, suffixes=("", "_other"))
    assert len(both) == len(one.modification_indices()) == len(other.modification_indices())
    np.testing.assert_allclose(both["mi"], both["mi_other"], rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(both["sepc_all"], both["sepc_all_other"], rtol=1e-4, atol=1e-8)


def test_what_the_model_already_spans_is_left_out():
    table = cg.cfa(MODEL, answers()).modification_indices()
    assert list(table) == ["lhs", "op", "rhs", "group", "mi", "epc", "sepc_lv", "sepc_all"]
    assert table["mi"].is_monotonic_decreasing
    assert not ((table["lhs"] == "trust") & (table["rhs"] == "x1")).any()  # the marker: freeing it is no other model
    assert len(table) == 6 + 15


def test_indices_under_the_null_follow_chi_square():
    found = [
        cg.cfa(MODEL, answers(300, seed)).modification_indices().set_index(["lhs", "rhs"])["mi"] for seed in range(100)
    ]
    share = np.mean([mi[("trust", "x4")] > 3.84 for mi in found])
    assert 0.01 <= share <= 0.12


@pytest.mark.parametrize("options", [{"estimator": "MLR"}, {"missing": "fiml"}])
def test_other_estimators(options):
    data = with_holes(answers()) if "missing" in options else answers()
    table = cg.cfa("f =~ x1 + x2 + x3 + x4 + x5 + x6", data, **options).modification_indices()
    assert len(table) == 15
    assert table["mi"].iloc[0] > 10


def test_constraints_count():
    fit = cg.cfa("trust =~ x1 + a*x2 + b*x3\nquality =~ x4 + x5 + x6\na == b", answers())
    merged = cg.cfa("trust =~ x1 + a*x2 + a*x3\nquality =~ x4 + x5 + x6", answers())
    one, other = (f.modification_indices().set_index(["lhs", "op", "rhs"])["mi"] for f in (fit, merged))
    np.testing.assert_allclose(one, other.loc[one.index], rtol=1e-6)


def test_changes_of_a_heywood_case_are_in_units_of_the_fit():
    """Indices are taken near the estimates there, standard deviations are those that the fit implies."""
    data = answers(60, seed=8)
    data["x1"] = 2 * data["x2"] + 2 * data["x3"] + 0.5 * data["x1"]
    fit = cg.cfa(MODEL, data)
    assert fit.tidy().query("lhs == 'x1' and rhs == 'x1'")["estimate"].iloc[0] < 0
    table = fit.modification_indices().query("op == '=~'")
    sd = np.sqrt(np.diag(fit.implied["cov"].loc[table["rhs"], table["rhs"]]))
    np.testing.assert_allclose(table["sepc_lv"] / table["sepc_all"], sd, rtol=1e-9)
