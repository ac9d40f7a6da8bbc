"""mediation(): against definitions written by hand, and as users meet it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from simulated import answers

import cgsurvey as cg

PARALLEL = "x2 ~ a1*x1\nx3 ~ a2*x1\nx4 ~ b1*x2 + b2*x3 + c*x1\nx2 ~~ x3"
DEFINED = """
one := a1*b1
two := a2*b2
indirect := one + two
total := indirect + c
difference := one - two
"""
PLACES = {"one": 0, "two": 1, "indirect": 2, "total": 4, "difference": 5}
LATENT = "f =~ x1 + x2\ng =~ x3 + x4\nh =~ x5 + x6\ng ~ a*f\nh ~ b*g + c*f\nind := a*b\ntot := a*b + c"


@pytest.mark.parametrize("options", [{}, {"estimator": "MLR"}, {"meanstructure": True}])
def test_the_same_as_definitions_by_hand(options):
    fit = cg.sem(PARALLEL + DEFINED, answers(), **options)
    by_hand = fit.tidy().query("op == ':='").set_index("lhs")
    std = fit.standardized().query("op == ':='").set_index("lhs")
    found = cg.mediation(fit, ci_type="delta")
    table, standard = found.tidy(), found.standardized()
    for name, row in PLACES.items():
        for column in ("estimate", "std_error", "statistic", "p_value", "ci_lower", "ci_upper", "std_all"):
            assert table.loc[row, column] == pytest.approx(by_hand.loc[name, column], rel=1e-8), (name, column)
        for column in ("estimate", "std_error", "ci_lower", "ci_upper"):
            assert standard.loc[row, column] == pytest.approx(std.loc[name, column], rel=1e-8), (name, column)
    assert list(table["effect"]) == ["indirect"] * 2 + ["total indirect", "direct", "total", "contrast"]
    assert table.loc[0, "path"] == "x1 -> x2 -> x4"
    assert table.loc[5, "path"] == "(x1 -> x2 -> x4) - (x1 -> x3 -> x4)"


def test_latent_mediators():
    fit = cg.sem(LATENT, answers(400))
    found = cg.mediation(fit, ci_type="delta").tidy()
    by_hand = fit.tidy().query("op == ':='")
    np.testing.assert_allclose(found.loc[[0, 2], "std_error"], by_hand["std_error"], rtol=1e-8)
    assert found.loc[0, "path"] == "f -> g -> h"
    assert list(found["effect"]) == ["indirect", "direct", "total"]  # one path is the total indirect effect


def test_bootstrap_intervals_equal_those_of_defined_parameters():
    fit = cg.sem(PARALLEL + DEFINED, answers(), se="bootstrap", bootstrap=300, seed=2, ci_type="bca")
    found = cg.mediation(fit)
    assert found.ci_type == "bca"
    for ci_type in ("percentile", "bc", "bca", "normal", "basic"):
        for solution, kind in (("raw", "raw"), ("std_all", "std_all")):
            by_hand = fit.intervals(ci_type, kind=kind).query("op == ':='").set_index("lhs")
            table = found.intervals(ci_type, solution=solution)
            for name, row in PLACES.items():
                for column in ("std_error", "ci_lower", "ci_upper"):
                    assert table.loc[row, column] == pytest.approx(by_hand.loc[name, column], rel=1e-7), (name, column)


def test_model_and_data():
    one = cg.mediation(PARALLEL, answers(), ci_type="bca", seed=5, bootstrap=100)
    fit = cg.sem(PARALLEL, answers(), se="bootstrap", ci_type="bca", bootstrap=100, seed=5)
    pd.testing.assert_frame_equal(one.tidy(), cg.mediation(fit, seed=5).tidy())
    assert one.meta.seed == 5
    plain = cg.mediation(PARALLEL, answers(), estimator="MLR", seed=1)
    assert plain.ci_type == "monte.carlo" and "mackinnon2004" in plain.meta.references


def test_monte_carlo_intervals():
    fit = cg.sem(PARALLEL + DEFINED, answers())
    found = cg.mediation(fit, seed=3, draws=40_000)
    by_hand = fit.monte_carlo(40_000, seed=3).set_index("lhs")
    for name, row in PLACES.items():
        for column in ("ci_lower", "ci_upper"):
            assert found.tidy().loc[row, column] == pytest.approx(by_hand.loc[name, column], rel=1e-9)
    # The distribution of a product of two independent normals, by quadrature over one of them.
    from scipy.stats import norm

    rows = fit.tidy().set_index("label")
    (a, sa), (b, sb) = (rows.loc[n, ["estimate", "std_error"]].astype(float) for n in ("a1", "b1"))
    assert abs(fit.vcov.loc["a1", "b1"]) < 1e-10
    u = np.linspace(-8, 8, 20001)
    u, w = (u[1:] + u[:-1]) / 2, norm.pdf((u[1:] + u[:-1]) / 2) * (u[1] - u[0])
    a_u = a + sa * u
    for side, share in (("ci_lower", 0.025), ("ci_upper", 0.975)):
        t = by_hand.loc["one", side]
        below = w @ np.where(a_u > 0, norm.cdf((t / a_u - b) / sb), norm.sf((t / a_u - b) / sb))
        assert below == pytest.approx(share, abs=0.003)


def test_seed_is_told():
    found = cg.mediation(cg.sem(PARALLEL, answers()))
    again = cg.mediation(cg.sem(PARALLEL, answers()), seed=found.meta.seed)
    pd.testing.assert_frame_equal(found.tidy(), again.tidy())
    assert any(n.code == "sem.monte_carlo" and str(found.meta.seed) in n.text for n in found.notes)


@pytest.mark.parametrize(
    ("a", "b", "c", "kind"),
    [
        (0.6, 0.6, 0.5, "complementary"),
        (0.6, 0.6, -0.7, "competitive"),
        (0.6, 0.6, 0.0, "indirect only"),
        (0.0, 0.0, 0.6, "direct only"),
        (0.0, 0.0, 0.0, "none"),
    ],
)
def test_types(a, b, c, kind):
    data = exact(400, a, b, c)
    found = cg.mediation("m ~ x\ny ~ m + x", data, seed=1)
    assert list(found.tidy()["mediation"]) == [kind, "", ""]
    assert any(n.code == "sem.mediation_types" and "does not say that it is absent" in n.text for n in found.notes)


def exact(n, a, b, c):
    """Rows whose covariances are exactly those of the model."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=(n, 3))
    z = z - z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / n)).T
    x = z[:, 0]
    m = a * x + z[:, 1]
    return pd.DataFrame({"x": x, "m": m, "y": b * m + c * x + z[:, 2]})


def test_no_direct_path_in_the_model():
    found = cg.mediation("m ~ x\ny ~ m", exact(400, 0.6, 0.6, 0.0), seed=1).tidy()
    assert found.loc[0, "mediation"] == "no direct path"
    assert found.loc[1, "estimate"] == 0 and np.isnan(found.loc[1, "std_error"])
    assert found.loc[2, "estimate"] == pytest.approx(found.loc[0, "estimate"])


def test_groups():
    data = answers(300).assign(g=np.tile(["a", "b"], 150))
    found = cg.mediation(
        PARALLEL.replace("a1*", "").replace("a2*", "").replace("b1*", "").replace("b2*", "").replace("c*", ""),
        data,
        group="g",
        seed=1,
    ).tidy()
    assert list(found["group"]) == [1] * 6 + [2] * 6
    alone = cg.mediation("x2 ~ x1\nx3 ~ x1\nx4 ~ x2 + x3 + x1\nx2 ~~ x3", data[data["g"] == "b"], seed=1).tidy()
    np.testing.assert_allclose(found["estimate"][6:], alone["estimate"], rtol=1e-6)
    np.testing.assert_allclose(found["std_error"][6:], alone["std_error"], rtol=1e-5)


def test_chosen_variables():
    model = "x2 ~ x1\nx3 ~ x2\nx4 ~ x3"
    found = cg.mediation(model, answers(), causes="x1", outcomes=["x3", "x4"], seed=1).tidy()
    assert list(dict.fromkeys(found["outcome"])) == ["x3", "x4"]
    assert found.query("effect == 'indirect'")["path"].tolist() == ["x1 -> x2 -> x3", "x1 -> x2 -> x3 -> x4"]


def test_pairs_without_a_mediator_are_left_out():
    found = cg.mediation("x2 ~ x1\nx3 ~ x2 + x4", answers(), seed=1).tidy()
    assert set(found["cause"]) == {"x1"}


def test_loops():
    rng = np.random.default_rng(4)
    x, e = rng.normal(size=(500, 2)), rng.normal(size=(500, 2))
    B = np.array([[0, 0.3], [0.4, 0]])
    y = (x * [0.7, 0.6] + e) @ np.linalg.inv(np.eye(2) - B).T
    data = pd.DataFrame(np.column_stack([x, y]), columns=["x1", "x2", "y1", "y2"])
    fit = cg.sem("y1 ~ p*y2 + a*x1\ny2 ~ q*y1 + b*x2\ny1 ~~ 0*y2\nt := a*q/(1 - p*q)", data)
    found = cg.mediation(fit, ci_type="delta")
    rows = found.tidy().set_index(["cause", "outcome", "effect"])
    by_hand = fit.tidy().iloc[-1]
    for column in ("estimate", "std_error", "std_all"):
        assert rows.loc[("x1", "y2", "total"), column] == pytest.approx(by_hand[column], rel=1e-8)
    assert "indirect" not in found.tidy()["effect"].tolist()
    note = next(n for n in found.notes if n.code == "sem.mediation_loop")
    assert "y1, y2" in note.text and note.level == "warning"


def test_fit_without_errors():
    found = cg.mediation(cg.sem(PARALLEL, answers(), se="none"))
    assert found.tidy()["estimate"].notna().all() and found.tidy()["std_error"].isna().all()
    assert found.ci_type == "delta" and set(found.tidy()["mediation"]) == {""}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda fit: cg.mediation("x2 ~ x1"), "a model needs data"),
        (lambda fit: cg.mediation(fit, answers()), "data cannot be given with a fitted model"),
        (lambda fit: cg.mediation(fit, estimator="MLR"), "estimator cannot be given"),
        (lambda fit: cg.mediation(fit, ci_type="bca"), "has none"),
        (lambda fit: cg.mediation(fit, ci_type="bcaa"), "Did you mean 'bca'"),
        (lambda fit: cg.mediation(fit, causes="x11"), "Did you mean 'x1'"),
        (lambda fit: cg.mediation(fit, draws=5), "draws=5"),
        (lambda fit: cg.mediation(fit).intervals("bca"), "se='bootstrap'"),
        (lambda fit: fit.monte_carlo(), "defines no parameter"),
    ],
)
def test_arguments(call, said):
    with pytest.raises(cg.OptionError, match=said):
        call(cg.sem(PARALLEL, answers()))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("f =~ x1 + x2 + x3", "no regressions"),
        ("x2 ~ x1\nx3 ~ x1", "No indirect path leads from x1 to x2, x3"),
    ],
)
def test_models_without_mediation(model, said):
    with pytest.raises(cg.ModelError, match=said):
        cg.mediation(model, answers())


def test_coverage_of_monte_carlo_intervals():
    rng = np.random.default_rng(9)
    covered = 0
    for k in range(150):
        x = rng.normal(size=60)
        m = 0.4 * x + rng.normal(size=60)
        data = pd.DataFrame({"x": x, "m": m, "y": 0.4 * m + rng.normal(size=60)})
        row = cg.mediation("m ~ x\ny ~ m + x", data, seed=k, draws=2000).tidy().iloc[0]
        covered += row["ci_lower"] < 0.16 < row["ci_upper"]
    assert 0.90 <= covered / 150 <= 0.985


def test_table_in_both_languages():
    data = answers().rename(columns={"x1": "cause"})
    found = cg.mediation("x2 ~ cause\nx3 ~ cause\nx4 ~ x2 + x3 + cause\nx2 ~~ x3", data, seed=1)
    made = cg.table(found)
    first = [str(v) for v in made.to_frame()["effect"]]
    assert first[:2] == ["via x2", "via x3"] and "via x2 − via x3" in first
    np.testing.assert_array_equal(made.to_frame()["estimate"], found.tidy()["estimate"])
    shown = str(cg.table(found, language="id"))
    assert "melalui x2" in shown and "Pengaruh" in shown and "cause → x4" in shown


@pytest.mark.reference
@pytest.mark.parametrize(
    "name",
    [
        "talor_parallel_ml",
        "talor_parallel_mlr",
        "cg_serial_scales_ml",
        "cg_serial_latent_ml",
        "cg_serial_latent_mlr",
        "cg_serial_latent_wlsmv",
    ],
)
def test_battery(shared, name):
    """lavaan's := rows: the same effects, found without definitions."""
    root = shared / "reference" / "dev"
    case = json.loads((root / "cases" / f"{name}.json").read_text())
    data = pd.read_csv(root / "data" / case["data"]["file"], na_values=["NA"])
    options = {k.replace(".", "_"): v for k, v in dict(case["call"]["options"] or {}).items()}
    found = cg.mediation(case["model"], data, ci_type="delta", **options).tidy()
    theirs = pd.DataFrame(case["expected"]["parameters"]).query("op == ':='").set_index("lhs")
    path = found.set_index("path")["estimate"]
    within = 1e-5 if name.endswith("wlsmv") else 1e-7
    rows = (
        {"ind1": 0, "ind2": 1, "total_ind": 2, "total": 4, "contrast": 5}
        if name.startswith("talor")
        else {"via_SM": 0, "via_CJA": 1, "serial": 2, "total_ind": 3, "total": 5}
    )
    assert path.index[0].count("->") == 2
    for label, row in rows.items():
        assert found.loc[row, "estimate"] == pytest.approx(theirs.loc[label, "est"], rel=within, abs=1e-8)
        assert found.loc[row, "std_error"] == pytest.approx(theirs.loc[label, "se"], rel=100 * within)
