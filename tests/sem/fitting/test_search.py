"""Models that suit their data badly: other starts find the minimum, and where there is none it is said soon."""

from __future__ import annotations

import importlib
import time

import numpy as np
import pandas as pd
import pytest
from simulated import MODEL, answers

import cgsurvey as cg
from cgsurvey.base.errors import ConvergenceError
from cgsurvey.sem.fitting.search import PATIENCE

optimise = importlib.import_module("cgsurvey.sem.fitting.optimise")
search_module = importlib.import_module("cgsurvey.sem.fitting.search")


def badly_modelled(seed: int) -> pd.DataFrame:
    """Few rows, weak loadings, items that load on other factors."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([25, 40, 60]))
    L = np.kron(np.eye(3), np.ones((3, 1))) * rng.uniform(0.1, 1.0, size=(9, 1)) + 0.3 * rng.normal(size=(9, 3))
    y = rng.normal(size=(n, 3)) @ L.T + rng.normal(size=(n, 9))
    return pd.DataFrame(y, columns=[f"x{k}" for k in range(1, 10)])


THREE = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"


def outcome(frame: pd.DataFrame) -> float:
    """The fit where it was found, infinite where none was."""
    try:
        fit = cg.cfa(THREE, frame, se="none")
    except ConvergenceError:
        return np.inf
    return float(fit.fit_measures["chisq"]) if fit.converged else np.inf


def test_further_starts_find_minima_and_lose_none(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [badly_modelled(seed) for seed in range(6)]
    now = np.array([outcome(f) for f in frames])
    monkeypatch.setattr(
        importlib.import_module("cgsurvey.sem.estimation"),
        "search",
        lambda p, z: optimise.minimise(p, z, limit=PATIENCE),
    )
    before = np.array([outcome(f) for f in frames])
    assert np.all(now <= before + 1e-6) and np.isfinite(now).sum() > np.isfinite(before).sum()


def test_nothing_more_is_done_where_the_first_attempt_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "_starts", lambda *a: pytest.fail("no further start is needed"))
    data = answers()
    assert cg.cfa(MODEL, data).converged
    assert cg.cfa(MODEL, data.mask(np.random.default_rng(1).random(data.shape) < 0.1), missing="fiml").converged


def test_a_model_without_minimum_is_refused_soon() -> None:
    rng = np.random.default_rng(8)
    data = pd.DataFrame(rng.normal(size=(60, 9)), columns=[f"x{k}" for k in range(1, 10)])
    data = data.mask(rng.random(data.shape) < 0.1)
    begun = time.perf_counter()
    try:
        told = not cg.cfa(THREE, data, missing="fiml", se="none").converged
    except ConvergenceError as error:
        told = "run away" in str(error)
    assert time.perf_counter() - begun < 20, told


def nearly_apart(r: float) -> pd.DataFrame:
    """Two factors with two items each, which are identified by their correlation r alone; exact in the sample."""
    y = np.random.default_rng(2).normal(size=(400, 4))
    y = (y - y.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(y.T, ddof=0))).T
    L = np.array([[0.8, 0], [0.7, 0], [0, 0.8], [0, 0.6]])
    S = L @ np.array([[1, r], [r, 1]]) @ L.T
    np.fill_diagonal(S, 1.0)
    return pd.DataFrame(y @ np.linalg.cholesky(S).T, columns=list("abcd"))


def test_conditioning_is_told() -> None:
    data = answers()
    fit = cg.cfa(MODEL, data)
    assert 1 < fit.conditioning < 1e4
    np.testing.assert_allclose(
        cg.cfa(MODEL, data.assign(x2=1e5 * data["x2"])).conditioning, fit.conditioning, rtol=1e-5
    )
    close = cg.cfa("f =~ a + b\ng =~ c + d", nearly_apart(1e-4))
    note = next(n for n in close.notes if n.code == "sem.ill_conditioned")
    assert "g=~d" in note.text and close.conditioning > 1e8
    assert "sem.ill_conditioned" not in {n.code for n in cg.cfa("f =~ a + b\ng =~ c + d", nearly_apart(0.3)).notes}
