"""Factor cases of the battery, and a population with a known structure."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

CASES = ("fa_bfi_ace_3", "fa_cg_pe_4", "fa_hs_1", "fa_hs_3", "fa_hs_cat3_poly", "harman_cg36")


@dataclass(frozen=True)
class Case:
    """Complete rows of a file and what psych, GPArotation and factanal say of them."""

    frame: pd.DataFrame
    ordered: bool
    expected: dict[str, Any]

    @property
    def R(self) -> np.ndarray:
        return matrix(self.expected["R"])

    @property
    def m(self) -> int:
        return matrix(self.expected["fa"]["minres_none"]["loadings"]).shape[1]


def matrix(stored: dict[str, Any]) -> np.ndarray:
    return np.array(stored["values"], dtype=float)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, shared: Path) -> Case:
    content = json.loads((shared / "reference/dev/reliability" / f"{request.param}.json").read_text())
    spec = content["data"]
    frame = pd.read_csv(shared / "reference/dev/data" / spec["file"])[spec["variables"]].dropna()
    return Case(frame, spec["polychoric"], content["expected"])


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference of two loading matrices, up to order and sign of their columns."""
    found = np.inf
    for order in itertools.permutations(range(a.shape[1])):
        turned = a[:, order] * np.where((a[:, order] * b).sum(axis=0) < 0, -1, 1)
        found = min(found, float(np.abs(turned - b).max()))
    return found


def population() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Loadings (12, 3), factor correlations and R of three correlated factors of four items each."""
    loadings = np.zeros((12, 3))
    for k, sizes in enumerate([(0.8, 0.7, 0.6, 0.5), (0.75, 0.65, 0.7, 0.6), (0.6, 0.8, 0.55, 0.7)]):
        loadings[4 * k : 4 * k + 4, k] = sizes
    phi = np.array([[1, 0.3, 0.2], [0.3, 1, 0.4], [0.2, 0.4, 1]])
    R = loadings @ phi @ loadings.T
    np.fill_diagonal(R, 1.0)
    return loadings, phi, R


def answers(n: int = 300, seed: int = 1) -> pd.DataFrame:
    """Answers from 1 to 5 to twelve items of three factors."""
    rng = np.random.default_rng(seed)
    y = rng.multivariate_normal(np.zeros(12), population()[2], n)
    return pd.DataFrame(np.clip(np.round(3 + y), 1, 5).astype(int), columns=[f"x{i}" for i in range(1, 13)])
