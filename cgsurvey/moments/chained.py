"""Chained equations for items: statsmodels' MICE with draws that stay among the answers.

Labelled file; it alone imports statsmodels, and is imported where imputations are made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri
from statsmodels.imputation.mice import MICEData

from cgsurvey.moments.sample import Floats


class ChainedItems(MICEData):
    """`MICEData` that regresses each item on all others and takes the answer of one of the nearest respondents.

    Three things differ from statsmodels' default. Data are a matrix, not formulas, so that any name of an item will do
    and a cycle takes milliseconds. The residual variance is drawn as well as the coefficients (Rubin, 1987). Donors who
    are equally near, as many are on items of few categories, are taken at random, not in the order of the file.

    Parameters
    ----------
    data : DataFrame
        Items as numbers, NaN where missing; no row without any answer.
    k_pmm : int
        Respondents among whom the donor is drawn.
    rng : Generator
    """

    def __init__(self, data: pd.DataFrame, k_pmm: int, rng: np.random.Generator) -> None:
        super().__init__(data, k_pmm=k_pmm)
        self.rng = rng  # statsmodels before 0.15 has no such argument; nothing has been drawn so far
        self._place = {name: k for k, name in enumerate(self.data.columns)}
        raw = self.data.to_numpy(dtype=float, copy=True)
        self._raw = raw
        self._x = np.zeros_like(raw)  # standardised
        for name, k in self._place.items():
            seen = raw[self.ix_obs[name], k]
            self._x[:, k] = (raw[:, k] - seen.mean()) / (seen.std() or 1.0)
            # Begin with answers drawn at random, so that chains start apart.
            self._take(name, rng.integers(0, len(seen), len(self.ix_miss[name])))

    def _take(self, name: str, donor: np.ndarray) -> None:
        """Fill the gaps of one item with the answers of donors, places among those who answered."""
        k, rows = self._place[name], self.ix_obs[name][donor]
        self._raw[self.ix_miss[name], k] = self._raw[rows, k]
        self._x[self.ix_miss[name], k] = self._x[rows, k]

    def _matrices(self, name: str) -> tuple[Floats, Floats]:
        k = self._place[name]
        x = self._x.copy()
        x[:, k] = 1.0  # the item's own column serves as the intercept
        return self._x[:, k], x

    def perturb_params(self, vname: str) -> None:
        """Draw coefficients of the regression of one item on the others from their posterior distribution."""
        y, x = self._matrices(vname)
        seen = self.ix_obs[vname]
        y, x = y[seen], x[seen]
        values, vectors = np.linalg.eigh(x.T @ x)
        keep = values > 1e-10 * values[-1]  # items may repeat each other
        half = vectors[:, keep] / np.sqrt(values[keep])
        fitted = half.T @ (x.T @ y)
        spare = max(len(y) - int(keep.sum()), 1)
        sigma = np.sqrt(max(y @ y - fitted @ fitted, 0.0) / self.rng.chisquare(spare))
        self.params[vname] = half @ (fitted + sigma * self.rng.standard_normal(len(fitted)))

    def impute(self, vname: str) -> None:
        """Fill one item in with answers of those whose predicted answer is nearest."""
        _, x = self._matrices(vname)
        predicted = x @ self.params[vname]
        have, want = predicted[self.ix_obs[vname]], predicted[self.ix_miss[vname]]
        self._take(vname, donors(have, want, self.k_pmm, self.rng))

    def update_all(self, n_iter: int = 1) -> None:
        """Run cycles; each fills every incomplete item in once. `data` follows at the end."""
        for _ in range(n_iter):
            for name in self._cycle_order:
                self.update(name)
        for name in self._cycle_order:
            self._store_changes(name, self._raw[self.ix_miss[name], self._place[name]])


def donors(have: Floats, want: Floats, k: int, rng: np.random.Generator) -> np.ndarray:
    """For each of `want` the place in `have` of one of its k nearest, drawn at random; ties are broken at random."""
    order = rng.permutation(len(have))
    order = order[np.argsort(have[order], kind="stable")]
    have = have[order]
    k = min(k, len(have))
    # Start in the middle of equal values, so that either neighbour of a block of ties is as likely as the other.
    low, high = np.searchsorted(have, want, "left"), np.searchsorted(have, want, "right")
    at = np.clip(low + rng.integers(0, high - low + 1), 0, len(have))
    window = np.clip(at[:, None] + np.arange(-k, k), 0, len(have) - 1)
    distance = np.abs(have[window] - want[:, None])
    repeated = np.diff(window, axis=1, prepend=-1) == 0
    nearest = np.argsort(np.where(repeated, np.inf, distance), axis=1, kind="stable")[:, :k]
    chosen = nearest[np.arange(len(want)), rng.integers(0, k, len(want))]
    return np.asarray(order[window[np.arange(len(want)), chosen]])


def normal_scores(column: Floats) -> dict[float, float]:
    """Mean of the standard normal variable between the thresholds of each category (by value of the category)."""
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    share = counts / counts.sum()
    edge = ndtri(np.concatenate([[0.0], np.cumsum(share)[:-1], [1.0]]))
    density = np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi)
    return dict(zip(values.tolist(), (-np.diff(density) / share).tolist(), strict=True))


def run_chain(task: tuple[pd.DataFrame, int, int, np.random.Generator]) -> dict[str, Any]:
    """One chain of so many cycles; the values that fill each item's gaps."""
    data, cycles, k, rng = task
    chain = ChainedItems(data, k, rng)
    chain.update_all(cycles)
    return {name: chain.data[name].to_numpy()[chain.ix_miss[name]] for name in chain._cycle_order}
