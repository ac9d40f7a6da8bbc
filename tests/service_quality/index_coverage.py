"""Coverage of the intervals of the index: python tests/service_quality/index_coverage.py [replicates] [--write]."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

import cgsurvey as cg

# Thresholds of the latent answers: an ordinary office, an excellent one (most answers are 4), a poor one.
OFFICES = {"ordinary": (-1.9, -0.9, 0.5), "excellent": (-2.6, -1.9, -0.7), "poor": (-0.9, 0.1, 1.3)}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "satisfaction_index.md"
LOADING, MISSING, BETWEEN = 0.65, 0.03, 0.15
SHIFTS = np.linspace(-0.3, 0.3, 9)
NAMES = [f"U{k}" for k in range(1, 10)]


def truth(cuts: tuple[float, ...]) -> float:
    """Index of the population: elements differ by a shift of their thresholds."""
    return 25 * float(np.mean([1 + norm.sf(np.add(cuts, s)).sum() for s in SHIFTS]))


def surveys(R: int, n: int, cuts: tuple[float, ...], seed: int, clusters: int = 0) -> pd.DataFrame:
    """R surveys of n users, one below the other; with clusters these share BETWEEN of the variance."""
    rng = np.random.default_rng(seed)
    between = BETWEEN if clusters else 0.0
    common = np.sqrt(1 - between) * rng.normal(size=(R, n))
    where = np.arange(n) * max(clusters, 1) // n
    if clusters:
        common += np.sqrt(between) * rng.normal(size=(R, clusters))[:, where]
    y = LOADING * common[..., None] + np.sqrt(1 - LOADING**2) * rng.normal(size=(R, n, 9))
    x = 1.0 + (y[..., None] > np.add.outer(SHIFTS, cuts)).sum(axis=3)
    x[rng.random(x.shape) < MISSING] = np.nan
    frame = pd.DataFrame(x.reshape(R * n, 9), columns=NAMES)
    return frame.assign(survey=np.repeat(np.arange(R), n), unit=np.repeat(np.arange(R) * 1000, n) + np.tile(where, R))


def coverage(R: int, n: int, office: str, interval: str, seed: int, clusters: int = 0) -> float:
    """Share of R surveys whose 95% interval holds the index of the population."""
    data = surveys(R, n, OFFICES[office], seed, clusters)
    # each survey is a stratum of its own, so that its units are counted by themselves
    design = cg.Design(cluster="unit", strata="survey") if clusters else False
    found = cg.ikm(data, by="survey", interval=interval, design=design, resamples=1000, seed=seed).groups
    index = truth(OFFICES[office])
    return float(((found["ci_lower"] <= index) & (index <= found["ci_upper"])).mean())


def table(R: int) -> str:
    """Return the table of the docs, line by line as it is computed."""
    head = ["office", "index", "n", "clusters", "Taylor %", "percentile %", "BCa %"]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for office, cuts in OFFICES.items():
        for n, clusters in ((30, 0), (100, 0), (400, 0), (400, 20)):
            kinds = ("taylor",) if n > 100 and not clusters else ("taylor", "percentile", "bca")
            shown = [f"{100 * coverage(R, n, office, k, 7 + n, clusters):.1f}" for k in kinds]
            shown += ["–"] * (3 - len(shown))  # resamples of large samples take long and agree with linearisation
            lines.append(f"| {office} | {truth(cuts):.2f} | {n} | {clusters or '–'} | {' | '.join(shown)} |")
            print(lines[-1], flush=True)  # noqa: T201
    return "\n".join(lines)


if __name__ == "__main__":
    made = table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    if "--write" in sys.argv:
        begin, end = "<!-- table: written by tests/service_quality/index_coverage.py -->", "<!-- end of table -->"
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
        PAGE.write_text(f"{before}{begin}\n\n{made}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")
