"""Effects between variables: closed forms, exact derivatives, paths."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import ITEMS

from cgsurvey.base.errors import ModelError
from cgsurvey.sem.derived.effects import effects_of, reduced
from cgsurvey.sem.model.placement import structure
from cgsurvey.sem.model.structure import COVARIANCE
from cgsurvey.sem.model.table import parameter_table
from cgsurvey.sem.resampling.batch import Cells
from cgsurvey.sem.resampling.drawn import standardized_cells

SERIAL = "x2 ~ x1\nx3 ~ x2 + x1\nx4 ~ x3 + x2 + x1"
LOOP = "x3 ~ x4 + x1\nx4 ~ x3 + x2"


def made(text, **options):
    table = parameter_table(text, ITEMS, kind="sem", **options)
    return table, structure(table)


def find(found, kind, path=(), minus=(), **where):
    return next(
        k
        for k, e in enumerate(found.rows)
        if e.kind == kind
        and e.path == tuple(path)
        and e.minus == tuple(minus)
        and all(getattr(e, n) == v for n, v in where.items())
    )


def test_serial_paths():
    table, s = made(SERIAL)
    found = effects_of(table, s)
    at = {n: k for k, n in enumerate(table.variables)}
    names = [
        [table.variables[v] for v in e.path]
        for e in found.rows
        if e.kind == "indirect" and e.cause == at["x1"] and e.outcome == at["x4"]
    ]
    assert names == [["x1", "x2", "x4"], ["x1", "x3", "x4"], ["x1", "x2", "x3", "x4"]]
    assert [table.variables[v] for v in (*found.causes, *found.outcomes)] == ["x1", "x4"]
    assert not found.loop
    x = np.random.default_rng(1).normal(size=(6, len(s.row)))
    b = {(table.lhs[r], table.rhs[r]): x[:, c] for c, r in enumerate(s.row) if table.op[r] == "~"}
    value = found.values(x)
    path = [b["x2", "x1"] * b["x4", "x2"], b["x3", "x1"] * b["x4", "x3"], b["x2", "x1"] * b["x3", "x2"] * b["x4", "x3"]]
    where = {"cause": at["x1"], "outcome": at["x4"]}
    for through, expected in zip(names, path, strict=True):
        np.testing.assert_allclose(value[:, find(found, "indirect", [at[n] for n in through])], expected)
    np.testing.assert_allclose(value[:, find(found, "total indirect", **where)], sum(path))
    np.testing.assert_allclose(value[:, find(found, "total", **where)], sum(path) + b["x4", "x1"])
    first, second = ([at[n] for n in ("x1", m, "x4")] for m in ("x2", "x3"))
    np.testing.assert_allclose(value[:, find(found, "contrast", first, second)], path[0] - path[1])


def test_loops_have_total_effects_and_no_paths():
    table, s = made(LOOP)
    found = effects_of(table, s)
    at = {n: k for k, n in enumerate(table.variables)}
    assert [table.variables[v] for v in found.circle] == ["x3", "x4"]
    assert not any(e.kind in ("indirect", "contrast") for e in found.rows)
    x = np.full((1, len(s.row)), np.nan)
    b = {}
    for c, r in enumerate(s.row):
        if table.op[r] == "~":
            x[0, c] = b[table.lhs[r], table.rhs[r]] = 0.3 + 0.1 * c
    g = 1 / (1 - b["x3", "x4"] * b["x4", "x3"])
    value = found.values(x)[0]
    assert value[find(found, "total", cause=at["x1"], outcome=at["x3"])] == pytest.approx(b["x3", "x1"] * g)
    gain = value[find(found, "total indirect", cause=at["x1"], outcome=at["x3"])]
    assert gain == pytest.approx(b["x3", "x1"] * (g - 1))
    assert found.radius(x[0]) == pytest.approx(np.sqrt(b["x3", "x4"] * b["x4", "x3"]))


@pytest.mark.parametrize("text", [SERIAL, LOOP, "f =~ x1 + x2\ng =~ x3 + x4\ng ~ f\nx5 ~ g + f\nx6 ~ f + x5"])
def test_derivatives(text):
    table, s = made(text)
    found = effects_of(table, s)
    x = 0.4 * np.random.default_rng(2).normal(size=len(s.row))
    h = 1e-6
    numeric = [(found.values((x + h * e)[None]) - found.values((x - h * e)[None]))[0] / (2 * h) for e in np.eye(len(x))]
    np.testing.assert_allclose(found.jacobian(x), np.array(numeric).T, atol=1e-8)


def test_groups_have_effects_of_their_own():
    table, s = made("x2 ~ x1\nx3 ~ x2", groups=2)
    found = effects_of(table, s)
    x = np.random.default_rng(3).normal(size=(1, len(s.row)))
    value = found.values(x)[0]
    a, b = (k for k, e in enumerate(found.rows) if e.kind == "indirect")
    assert found.rows[a].group == 0 and found.rows[b].group == 1 and value[a] != value[b]


def test_loadings_count_where_regressions_meet_them():
    """A direct effect on an indicator, beside the one through its factor."""
    table, s = made("f =~ x1 + x2 + x3\nf ~ x4\nx2 ~ x4")
    found = effects_of(table, s)
    paths = [[table.variables[v] for v in e.path] for e in found.rows if e.kind == "indirect"]
    assert paths == [["x4", "f", "x2"]]


def test_standardised_part_is_that_of_the_whole_model():
    table, s = made("f =~ x1 + x2 + x3\ng =~ f + x4 + x5\nx6 ~ f", orthogonal=True)
    found = effects_of(table, s)
    part = reduced(s, found.variables)
    assert part.structure.v == 3  # x6, f, and g that f depends on
    x = np.random.default_rng(5).uniform(0.3, 0.9, size=(4, len(s.row)))
    x[:, (s.matrix == COVARIANCE) & (s.i == s.j)] += 1
    cells = Cells.of(s, np.eye(s.q), np.zeros(s.q))
    whole = standardized_cells(s, cells, x, np.ones(s.v, dtype=bool))
    np.testing.assert_allclose(part.standardized(x)[:, part.kept], whole[:, part.kept])


def test_too_many_paths():
    names = [f"v{k}" for k in range(12)]
    text = "\n".join(f"{n} ~ {' + '.join(names[:k])}" for k, n in enumerate(names) if k)
    table = parameter_table(text, names, kind="sem")
    with pytest.raises(ModelError, match=r"more than 400 paths from 'v\d+' to 'v11'"):
        effects_of(table, structure(table))
