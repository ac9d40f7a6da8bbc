"""Data from a known model: two correlated factors, six items."""

from __future__ import annotations

import numpy as np
import pandas as pd

MODEL = "trust =~ x1 + x2 + x3\nquality =~ x4 + x5 + x6"
ITEMS = [f"x{k}" for k in range(1, 7)]


def answers(n: int = 300, seed: int = 1) -> pd.DataFrame:
    """Rows with factor correlation .5, loadings .8 to .6, unit residual shares."""
    rng = np.random.default_rng(seed)
    f = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n)
    loadings = np.array([0.8, 0.7, 0.6] * 2)
    y = f.repeat(3, axis=1) * loadings + rng.normal(size=(n, 6)) * np.sqrt(1 - loadings**2)
    return pd.DataFrame(y + 3, columns=ITEMS)


def with_holes(data: pd.DataFrame, share: float = 0.15, seed: int = 2) -> pd.DataFrame:
    """Some answers left out at random."""
    return data.mask(np.random.default_rng(seed).random(data.shape) < share)


def battery(shared):
    """The program that compares with the reference values."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("check", shared / "reference" / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
