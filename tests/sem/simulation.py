"""The simulation programme: bias, coverage of 95 % intervals, size of the test, for five-point items of a known model.

    python tests/sem/simulation.py [--replications 500] [--jobs 1] [--first 0] [--write]

Two factors of four items, a path of .5 between them; items are cut from normal latent responses into five points,
evenly or skewed. Estimators that see the points as numbers estimate the model of these numbers, whose parameters follow
from the population covariances of the points; those of ordered items estimate that of the latent responses.
`--write` puts the table into docs/simulation.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import multivariate_normal, norm

import cgsurvey as cg
from cgsurvey.base.parallel import run_parallel, streams

MODEL = "trust =~ t1 + t2 + t3 + t4\nquality =~ q1 + q2 + q3 + q4\nquality ~ trust"
ITEMS = [f"{f}{k}" for f in "tq" for k in (1, 2, 3, 4)]
LOADINGS, PATH = np.array([0.8, 0.7, 0.6, 0.7] * 2), 0.5
POINTS = {"normal": np.array([-1.5, -0.5, 0.5, 1.5]), "skewed": np.array([-2.0, -1.5, -1.0, 0.1])}
METHODS: Mapping[str, Mapping[str, Any]] = {
    "ML": {},
    "MLR": {"estimator": "MLR"},
    "FIML, MCAR": {"estimator": "MLR", "missing": "fiml"},
    "FIML, MAR": {"estimator": "MLR", "missing": "fiml"},
    "WLSMV": {"estimator": "WLSMV", "ordered": True},
}
N, MANY, LOST, SEED = 400, 1600, 0.15, 20261125
COLUMNS = ("items", "rows", "estimator", "bias %", "SE / SD", "coverage %", "lowest", "highest", "test size %", "fits")


def correlations() -> np.ndarray:
    """Correlations of the latent responses."""
    f = np.repeat([0, 1], 4)
    between = np.where(f[:, None] == f, 1.0, PATH)
    R = np.outer(LOADINGS, LOADINGS) * between
    np.fill_diagonal(R, 1.0)
    return R


def answers(rng: np.random.Generator, points: str, n: int = N) -> pd.DataFrame:
    """Rows of five-point answers."""
    y = rng.multivariate_normal(np.zeros(8), correlations(), n)
    return pd.DataFrame(1.0 + np.searchsorted(POINTS[points], y), columns=ITEMS)


def with_holes(data: pd.DataFrame, rng: np.random.Generator, method: str) -> pd.DataFrame:
    """Answers to six items lost at random, or the likelier the lower the answer to the first."""
    share = np.full(len(data), LOST)
    if method.endswith("MAR"):
        share = np.where(data["t1"] <= data["t1"].median(), 1.6, 0.4) * LOST
    lost = rng.random((len(data), 6)) < share[:, None]
    out = data.copy()
    out.iloc[:, 2:] = out.iloc[:, 2:].mask(lost)
    return out


@cache
def truth(points: str, ordered: bool) -> tuple[float, ...]:
    """Standardised loadings and path in the population."""
    if ordered:
        return (*LOADINGS, PATH)
    t, R = POINTS[points], correlations()
    # A point is 1 + the number of thresholds passed, so covariances are sums of those of passing.
    S = np.empty((8, 8))
    for i in range(8):
        for j in range(i + 1):
            r = min(R[i, j], 1.0)
            both = (
                np.minimum.outer(norm.sf(t), norm.sf(t))
                if i == j
                else np.array([[multivariate_normal.cdf([-a, -b], cov=[[1, r], [r, 1]]) for b in t] for a in t])
            )
            S[i, j] = S[j, i] = np.sum(both - np.outer(norm.sf(t), norm.sf(t)))
    z = np.random.default_rng(0).normal(size=(5000, 8))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / len(z))).T @ np.linalg.cholesky(S).T  # exactly these covariances
    return tuple(wanted(cg.sem(MODEL, pd.DataFrame(z, columns=ITEMS)))["estimate"])


def wanted(fit: cg.SemFit) -> pd.DataFrame:
    """Standardised loadings and path."""
    rows = fit.standardized()
    return rows[rows["op"].isin(["=~", "~"])]


@dataclass(frozen=True)
class Replication:
    """Estimates, errors and hits of the intervals, shape (9,), and the p-value of the test; NaN where a fit failed."""

    estimate: np.ndarray
    error: np.ndarray
    hit: np.ndarray
    p_value: float


def replicate(job: tuple[str, str, int, np.random.Generator]) -> Replication:
    """One sample, one fit."""
    points, method, n, rng = job
    data = answers(rng, points, n)
    if method.startswith("FIML"):
        data = with_holes(data, rng, method)
    options = METHODS[method]
    try:
        fit = cg.sem(MODEL, data, **options)
    except cg.EstimationError:
        gone = np.full(9, np.nan)
        return Replication(gone, gone, gone, np.nan)
    rows = wanted(fit)
    true = np.array(truth(points, "ordered" in options))
    hit = (rows["ci_lower"].to_numpy() < true) & (true < rows["ci_upper"].to_numpy())
    p = fit.fit_measures["pvalue" if method == "ML" else "pvalue_scaled"]
    return Replication(rows["estimate"].to_numpy(), rows["std_error"].to_numpy(), hit.astype(float), float(p))


def cell(points: str, method: str, replications: int, n_jobs: int = 1, n: int = N) -> dict[str, Any]:
    """One row of the table; samples of a cell depend on the seed, the points and the number of the replication."""
    truth(points, "ordered" in METHODS[method])
    rngs = streams(SEED + list(POINTS).index(points), replications)
    done = run_parallel(replicate, [(points, method, n, rng) for rng in rngs], n_jobs=n_jobs)
    true = np.array(truth(points, "ordered" in METHODS[method]))
    kept = [d for d in done if np.isfinite(d.p_value)]
    estimate, error, hit = (np.array([getattr(d, k) for d in kept]) for k in ("estimate", "error", "hit"))
    covered = 100 * np.nanmean(hit, axis=0)
    numbers = (
        100 * np.mean(estimate.mean(axis=0) / true - 1),
        np.mean(np.nanmean(error, axis=0) / estimate.std(axis=0)),
        covered.mean(),
        covered.min(),
        covered.max(),
        100 * np.mean([d.p_value < 0.05 for d in kept]),
    )
    return dict(zip(COLUMNS, (points, n, method, *numbers, len(kept)), strict=True))


def main() -> None:
    """Run all cells and print, or write, the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="cells of the table to leave out at its beginning")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    rows = []
    cells = [(points, method, N) for points in POINTS for method in METHODS]
    # What robust methods promise is asymptotic: skewed items once more with many rows.
    cells += [("skewed", method, MANY) for method in METHODS if method != "ML"]
    for points, method, n in cells[given.first :]:
        rows.append(cell(points, method, given.replications, given.jobs, n))
        print(rows[-1], flush=True)  # noqa: T201
    digits = {"bias %": 2, "SE / SD": 3, "coverage %": 1, "lowest": 1, "highest": 1, "test size %": 1}
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += [
        "| " + " | ".join(f"{r[c]:.{digits[c]}f}" if c in digits else str(r[c]) for c in COLUMNS) + " |" for r in rows
    ]
    table = "\n".join(lines)
    print(table)  # noqa: T201
    if given.write:
        page = Path(__file__).parents[2] / "docs" / "simulation.md"
        begin, end = "<!-- table: written by tests/sem/simulation.py -->", "<!-- end of table -->"
        text = page.read_text()
        page.write_text(f"{text.split(begin)[0]}{begin}\n\n{table}\n\n{end}{text.split(end)[1]}")


if __name__ == "__main__":
    main()
