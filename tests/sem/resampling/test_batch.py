"""Many fits at once are the same as one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulated import answers

from cgsurvey.moments.sample import Cases, Sample
from cgsurvey.sem.derived.standardize import standardize
from cgsurvey.sem.fitting.optimise import Problem, minimise
from cgsurvey.sem.model.placement import restrictions, structure
from cgsurvey.sem.model.ram import fill
from cgsurvey.sem.model.start import start_values
from cgsurvey.sem.model.structure import COVARIANCE
from cgsurvey.sem.model.table import parameter_table
from cgsurvey.sem.resampling.batch import Cells, Moments, definite, evaluate, finish, inverses, solve
from cgsurvey.sem.resampling.bootstrap import admissible, draw_counts, fixed_moments, resampled_moments
from cgsurvey.sem.resampling.drawn import standardized_cells, table_rows

CFA = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
MODELS = {
    "factors": (CFA, {}),
    "means": (CFA, {"meanstructure": True}),
    "paths": ("x2 ~ a*x1\nx3 ~ b*x2 + x1\nind := a*b", {}),
    "paths with means": ("x2 ~ a*x1\nx3 ~ b*x2 + x1\nx4 ~ x3\nx5 ~ x4 + x1\nx6 ~ x5", {"meanstructure": True}),
    "loop": ("x3 ~ a*x4 + x1\nx4 ~ b*x3 + x2\nx3 ~~ 0*x4", {}),
    "equal": ("f =~ x1 + a*x2 + a*x3\ng =~ x4 + b*x5 + c*x6\nb == 2*c - 0.4\nd := a - b", {}),
    "regression": (CFA + "\ng ~ f", {}),
    "groups": (CFA, {"groups": 2, "group_equal": ("loadings", "intercepts"), "meanstructure": True}),
}


class Case:
    def __init__(self, name: str, R: int = 30) -> None:
        text, options = MODELS[name]
        data = answers(240, 3)
        self.table = parameter_table(text, data.columns, kind="sem", **options)
        n = len(data) // self.table.n_groups
        parts = [data[list(self.table.observed)].to_numpy()[k * n : (k + 1) * n] for k in range(self.table.n_groups)]
        self.samples = [Sample(n, y.mean(0), np.cov(y.T, ddof=0), float(n), None, Cases(y)) for y in parts]
        made = structure(self.table)
        self.fixed = np.flatnonzero((made.free < 0) & (self.table.exo[made.row] == 1))
        own = fixed_moments(made, self.fixed, [Moments(np.ones(1), s.mean[None], s.cov[None]) for s in self.samples])
        made.value[self.fixed] = own[0]
        self.made = made
        held = restrictions(self.table, made)
        self.problem = Problem.of(made, self.samples, held.K, held.k0)
        start = start_values(made, self.samples, self.table.start[made.row])
        off = made.free[(made.matrix == COVARIANCE) & (made.free >= 0) & (made.i != made.j)]
        start[off] = 0
        z = np.linalg.lstsq(held.K, start - held.k0, rcond=None)[0]
        self.z = minimise(self.problem, z).z
        self.H = self.problem.slope(self.z, "observed")[1]
        self.cells = Cells.of(made, held.K, held.k0)
        counts = draw_counts(self.samples, np.random.SeedSequence(2).spawn(R))
        self.moments = [resampled_moments(s, c) for s, c in zip(self.samples, counts, strict=True)]
        self.base = np.tile(self.cells.d0, (R, 1))
        self.base[:, self.fixed] = fixed_moments(made, self.fixed, self.moments)

    def single(self, r: int) -> Problem:
        value = np.where(self.made.free >= 0, np.nan, self.base[r])
        samples = [
            replace(s, mean=m.mean[r], cov=m.cov[r], cases=None)
            for s, m in zip(self.samples, self.moments, strict=True)
        ]
        return Problem.of(replace(self.made, value=value), samples, self.problem.K, self.problem.k0)


@pytest.fixture(params=list(MODELS), scope="module")
def case(request) -> Case:
    return Case(request.param)


def test_value_and_gradient(case):
    z = case.z + 0.02 * np.random.default_rng(1).normal(size=(len(case.base), len(case.z)))
    found = evaluate(case.cells, z, case.base, case.moments)
    for r in range(0, len(z), 7):
        one = case.single(r)
        assert found.value[r] == pytest.approx(one.value(z[r]), rel=1e-12)
        np.testing.assert_allclose(found.gradient[r], one.gradient(z[r]), rtol=1e-9, atol=1e-12)


def test_minima(case):
    found = solve(case.cells, case.base, case.moments, case.z, case.H)
    found = finish(found, case.cells, case.base, case.moments, case.problem, case.made, case.z, case.H)
    assert found.converged.all()
    for r in range(0, len(case.base), 5):
        alone = minimise(case.single(r), case.z)
        np.testing.assert_allclose(found.z[r], alone.z, atol=1e-7)
        assert found.value[r] == pytest.approx(alone.value, rel=1e-9)


def test_what_is_left_open_is_finished_one_by_one(case):
    found = solve(case.cells, case.base, case.moments, case.z, case.H, limit=2)
    whole = finish(found, case.cells, case.base, case.moments, case.problem, case.made, case.z, case.H)
    best = solve(case.cells, case.base, case.moments, case.z, case.H)
    assert whole.converged.all()
    np.testing.assert_allclose(whole.z[best.converged], best.z[best.converged], atol=1e-7)


@pytest.mark.parametrize("kind", ["all", "latent"])
def test_standardised_values(case, kind):
    scaled = np.ones(case.made.v, dtype=bool)
    scaled[: case.made.p if kind == "latent" else 0] = False
    theta = case.problem.theta(case.z) + 0.01 * np.random.default_rng(4).normal(size=(4, case.made.q))
    cells = Cells.of(case.made, np.eye(case.made.q), np.zeros(case.made.q))
    x = theta @ cells.D.T + cells.d0
    found = standardized_cells(case.made, cells, x, scaled)
    for r, one in enumerate(theta):
        alone = standardize(case.made, one, fill(case.made, one), scaled, derivatives=False)
        np.testing.assert_allclose(found[r], alone.value, rtol=1e-9, atol=1e-12)


def test_defined_parameters():
    case = Case("paths", 5)
    x = np.random.default_rng(1).normal(size=(5, len(case.made.row)))
    rows = table_rows(case.table, case.made, x)
    label = {name: k for k, name in enumerate(case.table.label) if name}
    np.testing.assert_allclose(rows[:, case.table.where(":=")[0]], rows[:, label["a"]] * rows[:, label["b"]])


def test_admissible():
    case = Case("factors", 4)
    theta = np.tile(case.problem.theta(case.z), (3, 1))
    free, same = case.made.free, (case.made.matrix == COVARIANCE) & (case.made.i == case.made.j)
    latent = (case.made.matrix == COVARIANCE) & (case.made.i >= case.made.p) & ~same
    theta[1, free[np.flatnonzero(same)[0]]] = -0.1
    theta[2, free[np.flatnonzero(latent)[0]]] = 10.0
    cells = Cells.of(case.made, np.eye(case.made.q), np.zeros(case.made.q))
    np.testing.assert_array_equal(admissible(case.made, cells, theta @ cells.D.T + cells.d0), [True, False, False])


def test_stacks_with_singular_matrices():
    M = np.array([np.eye(2), np.ones((2, 2)), -np.eye(2)])
    np.testing.assert_array_equal(definite(M), [True, False, False])
    found = inverses(M)
    assert np.isnan(found[1]).all() and np.array_equal(found[2], -np.eye(2))
