"""The parameter table has lavaan's rows, in lavaan's order; its structure ties what must be equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.errors import ColumnNotFoundError, ModelError, ModelSyntaxError, OptionError
from cgsurvey.sem.model.placement import restrictions, structure
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, SCALE, THRESHOLD
from cgsurvey.sem.model.table import ParameterTable, parameter_table

REFERENCE = Path(__file__).parents[2] / "reference"
OPTION = {
    "meanstructure": "meanstructure", "fixed.x": "fixed_x", "std.lv": "std_lv", "orthogonal": "orthogonal",
    "group.equal": "group_equal", "group.partial": "group_partial", "parameterization": "parameterization",
}  # fmt: skip
MODELS = {m["id"]: m for m in json.loads((REFERENCE / "partable_models.json").read_text())}
TABLES = {t["id"][0]: t for t in json.loads((REFERENCE / "partable.json").read_text())}
THREE = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"


def rows(table: ParameterTable | dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows as tuples, of ours or of lavaan's table."""
    if isinstance(table, ParameterTable):
        numbers = [v.tolist() for v in (table.group, table.user, table.free)]
        return list(zip(table.lhs, table.op, table.rhs, *numbers, table.label, table.plabel, strict=True))
    group = table.get("group") or [1] * len(table["lhs"])
    group = [0 if op in (":=", "==", "<", ">") else g for op, g in zip(table["op"], group, strict=True)]
    words = (table[k] for k in ("lhs", "op", "rhs"))
    return list(zip(*words, group, *(table[k] for k in ("user", "free", "label", "plabel")), strict=True))


def check(ours: ParameterTable, theirs: dict[str, Any]) -> None:
    assert rows(ours) == rows(theirs)
    for k, fixed in enumerate(theirs["ustart"]):
        if ours.op[k] in ("~~", "~1"):  # lavaan marks regressions on covariates too when it conditions on them
            assert ours.exo[k] == theirs["exo"][k], ours.name(k)
        if ours.group[k] > 0 and not ours.exo[k]:
            mine = ours.start[k] if ours.free[k] else ours.value[k]
            assert np.isclose(mine, np.nan if fixed is None else fixed, equal_nan=True), ours.name(k)


@pytest.mark.parametrize("name", MODELS)
def test_rows_of_lavaan(name: str) -> None:
    model = MODELS[name]
    options = {OPTION[k]: v for k, v in model["options"].items() if k in OPTION}
    bare = model["kind"] == "lavaan"
    table = parameter_table(
        model["model"],
        kind="sem" if bare else model["kind"],
        auto=not bare,
        groups={"grp": 2, "grp3": 3}.get(model["options"].get("group"), 1),
        ordered={n: 1 if n[0] == "b" else 2 for n in model["options"].get("ordered", ())},
        **options,
    )
    check(table, TABLES[name]["table"])
    assert list(table.observed) == TABLES[name]["observed"]
    assert list(table.latents) == TABLES[name]["latents"]


def battery(shared: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, case and step of every fit in the reference battery."""
    for file in sorted((shared / "reference/dev/cases").glob("*.json")):
        case = json.loads(file.read_text())
        single = {
            **case.get("expected", {}),
            "model": case.get("model"),
            "options": case.get("call", {}).get("options"),
        }
        for name, step in (case.get("fits") or {"": single}).items():
            if isinstance(step, dict) and "parameters" in step and step.get("model"):
                yield f"{file.stem} {name}", case, step


@pytest.mark.reference
def test_rows_of_the_battery(shared: Path) -> None:
    count = 0
    for name, case, step in battery(shared):
        frame = pd.read_csv(shared / "reference/dev/data" / case["data"]["file"], na_values="NA")
        options, fun = step.get("options") or {}, case["call"]["fun"]
        said: dict[str, Any] = {OPTION[k]: v for k, v in options.items() if k in OPTION}
        said |= {"kind": "sem" if fun == "lavaan" else fun, "auto": fun != "lavaan"}
        said["groups"] = frame[options["group"]].nunique() if "group" in options else 1
        if (
            options.get("missing", "listwise") not in ("listwise", "pairwise")
            or {"cluster", "ordered"} & options.keys()
        ):
            said["meanstructure"] = True
        if chosen := options.get("ordered"):
            probe = parameter_table(step["model"], **said)
            names = [n for n in probe.observed if n not in probe.exogenous and (chosen is True or n in chosen)]
            said["ordered"] = {n: frame[n].nunique() - 1 for n in names}
        table = parameter_table(step["model"], list(frame.columns), **said)
        if "partable" in step:
            check(table, step["partable"])
        else:
            mine = [r[:3] for r in rows(table) if r[4] != 2]
            p = step["parameters"]
            written = zip(p["lhs"], p["op"], p["rhs"], strict=True)
            assert mine == [r for r in written if not r[0].startswith(".p")], name
        structure(table)
        count += 1
    assert count >= 130


def test_structure_of_a_path_model() -> None:
    table = parameter_table("f =~ x1 + x2 + x3\nf ~ z\nx1 ~~ x2", meanstructure=True)
    made = structure(table)
    assert table.variables == ("x1", "x2", "x3", "z", "f")
    cell = {
        table.name(r): (m, i, j, f)
        for r, m, i, j, f in zip(made.row, made.matrix, made.i, made.j, made.free, strict=True)
    }
    assert cell["f=~x2"][:3] == (ARROW, 1, 4)
    assert cell["f~z"][:3] == (ARROW, 4, 3)
    assert cell["x1~~x2"][:3] == (COVARIANCE, 1, 0)
    assert cell["x3~1"][:3] == (MEAN, 2, 0)
    assert cell["z~~z"] == (COVARIANCE, 3, 3, -1)
    assert np.isnan(made.value[[table.name(r) == "z~~z" for r in made.row]]).all()
    assert made.q == table.free.max() == 11
    assert table.exogenous == ("z",)


def test_ordered_variables_have_thresholds_and_scales() -> None:
    table = parameter_table("f =~ x1 + x2 + x3", ordered={"x2": 2})
    made = structure(table)
    assert [(int(i), int(j)) for i, j, m in zip(made.i, made.j, made.matrix, strict=True) if m == THRESHOLD] == [
        (1, 0),
        (1, 1),
    ]
    assert (made.matrix == SCALE).sum() == 1
    assert table.ordered == ("x2",)


def test_equal_labels_share_one_parameter() -> None:
    table = parameter_table("f =~ x1 + a*x2 + a*x3 + b*x4\ng =~ y1 + c*y2 + y3\nb == c")
    made = structure(table)
    index = {table.name(r): int(f) for r, f in zip(made.row, made.free, strict=True)}
    assert index["f=~x2"] == index["f=~x3"] != index["f=~x4"] == index["g=~y2"]
    assert made.q == table.free.max() - 2
    assert sorted(set(made.free)) == list(range(-1, made.q))
    found = restrictions(table, made)
    assert np.array_equal(found.K, np.eye(made.q)) and not found.nonlinear


def test_linear_constraints_hold_for_every_z() -> None:
    model = "y1 ~ a*z1 + b*z2 + c*z3\ny2 ~ d*z1 + e*y1\ns := a + b\ns == 2*c - 1\nd == (e - 0.5)/2\nb == 0.25"
    table = parameter_table(model)
    made = structure(table)
    found = restrictions(table, made)
    at = {label: made.free[k] for k, label in enumerate(table.label[: len(made.row)]) if label}
    theta = found.K @ np.random.default_rng(3).normal(size=found.K.shape[1]) + found.k0
    a, b, c, d, e = (theta[at[n]] for n in "abcde")
    assert found.K.shape == (made.q, made.q - 3)
    assert np.allclose([a + b, d, b], [2 * c - 1, (e - 0.5) / 2, 0.25])


def test_what_is_not_linear_is_named() -> None:
    table = parameter_table("f =~ x1 + a*x2 + b*x3 + c*x4\na*b == 1\nk := a^2\nk == b + 1\nc > 0\na + b == c")
    found = restrictions(table, structure(table))
    assert [f"{table.lhs[k]}=={table.rhs[k]}" for k in found.nonlinear] == ["a*b==1", "k==b+1"]
    assert [table.op[k] for k in found.inequalities] == [">"]
    assert found.K.shape == (structure(table).q, structure(table).q - 1)


def test_constraints_that_contradict_each_other() -> None:
    table = parameter_table("f =~ x1 + a*x2 + b*x3\na == b + 1\na == b")
    with pytest.raises(ModelError, match=r"'a == b\+1' cannot hold"):
        restrictions(table, structure(table))


def test_a_marker_stays_free_on_request() -> None:
    table = parameter_table("f =~ x1 + x2 + x3", auto_fix_first=False)
    assert table.free[:3].tolist() == [1, 2, 3]


def test_equal_modifier() -> None:
    table = parameter_table("f =~ x1 + x2 + equal('f=~x2')*x3 + x4")
    assert table.label[1] == table.label[2] == ".p2."
    assert structure(table).q == table.free.max() - 1
    with pytest.raises(ModelSyntaxError, match=r"names no parameter.*Did you mean 'f=~x2'"):
        parameter_table("f =~ x1 + x2 + equal('f=~xx2')*x3")


def test_covariates_that_the_model_makes_random() -> None:
    table = parameter_table("y ~ z1 + z2\nz1 ~~ z1")
    assert table.random_x == ("z1",) and table.exogenous == ("z2",)


def test_products_are_made_of_columns() -> None:
    assert parameter_table("y ~ a + b + a:b", ["y", "a", "b"]).products == ("a:b",)
    assert parameter_table("y ~ a + b + a:b", ["y", "a", "b", "a:b"]).products == ()
    with pytest.raises(ModelSyntaxError, match="product of a latent variable"):
        parameter_table("f =~ x1 + x2 + x3\ny ~ f:z")


def test_all_absent_columns_are_named_at_once() -> None:
    with pytest.raises(ColumnNotFoundError) as error:
        parameter_table("f =~ pe_dis1 + pe_dis2 + pe_dos3\ny ~ f", ["pe_dis1", "pe_dis2", "pe_dis3"])
    assert "2 variables" in str(error.value)
    assert "'pe_dos3'. Did you mean 'pe_dis3'?" in str(error.value) and "'y'" in str(error.value)


@pytest.mark.parametrize(
    ("model", "message", "place"),
    [
        ("f =~ x1 + x2 + x3\nx2 ~~ x1\nx1 ~~ x2", "twice", (3, 7)),
        ("f =~ x1 + x2 + x1", "twice", (1, 16)),
        ("y ~ x\ny ~ 0.5*x", "twice", (2, 9)),
        ("f =~ x1 + f", "cause of itself", (1, 11)),
        ("f =~ x1 + a*x2\nb := A*2", "No parameter bears the label 'A'", (2, 6)),
        ("f =~ x1 + a*x2\nb := c\nc := b", "circle: b, c", (2, 1)),
        ("f =~ x1 + a*x2\na := 2", "needs a new name", (2, 1)),
        ("f =~ x1 + a*x2\nb := 2*a\nb := 3*a", "defined twice", (3, 1)),
        ("f =~ x1 + c(a, b)*x2", "has 2 values; without group", (1, 11)),
        ("f =~ x1 + a*x2 + b*x2", "second label modifier", (1, 18)),
        ("x1 | k1", "Thresholds are named t1", (1, 6)),
        ("x1 ~*~ x2", "has one variable", (1, 8)),
        ("x1 =~ x2 + x3 + x4", "bear the name of a column", (1, 7)),
    ],
)
def test_faults_show_their_place(model: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(ModelSyntaxError, match=message) as error:
        parameter_table(model, [f"x{k}" for k in range(1, 7)] + ["y", "x"])
    assert (error.value.line, error.value.column) == place
    assert "^" in str(error.value)


def test_one_path_written_in_two_ways() -> None:
    with pytest.raises(ModelError, match="'f=~y' and 'y~f' are one and the same path"):
        structure(parameter_table("f =~ x1 + x2 + y\ny ~ f"))


def test_group_options_are_checked() -> None:
    with pytest.raises(OptionError, match="Did you mean 'loadings'"):
        parameter_table(THREE, groups=2, group_equal=["loading"])
    with pytest.raises(OptionError, match="Did you mean 'f=~x2'"):
        parameter_table(THREE, groups=2, group_equal=["loadings"], group_partial=["f=~x22"])
    with pytest.raises(OptionError, match="no parameter such as"):
        parameter_table(THREE, groups=2, group_partial=["x2"])
