"""The rows of the benchmark: what is done, on which data, how often, and the ratio to the peer that is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import cgsurvey as cg

SHARED = Path(os.environ.get("CGSURVEY_REFERENCE") or Path(__file__).resolve().parents[2] / "shared")
BATTERY = SHARED / "reference" / "dev" / "data"
SEED = 20261122

ELEMENTS = {
    "PE": ("dis", "def", "del", "det"),
    "SM": ("tru", "und", "leg", "com"),
    "CJA": ("pia", "lea", "kno", "res"),
}
QUALITY = ("sqtan", "sqrel", "sqres", "sqass", "sqemp")
ITEMS = [f"{e}{k}" for some in ELEMENTS.values() for e in some for k in (1, 2, 3)]
HOLZINGER = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def _collaboration(loading: str = "", second: str = "", paths: Mapping[str, str] | None = None) -> str:
    """Twelve elements of three items under three second-order factors; the texts hold population values."""
    value = paths or {}
    lines = [
        f"{e.upper()} =~ " + " + ".join(f"{loading}{e}{k}" for k in (1, 2, 3))
        for some in ELEMENTS.values()
        for e in some
    ]
    lines += [f"{f} =~ " + " + ".join(second + e.upper() for e in some) for f, some in ELEMENTS.items()]
    lines += [f"SM ~ {value.get('a1', 'a1*')}PE", f"CJA ~ {value.get('a2', 'a2*')}PE + {value.get('b1', 'b1*')}SM"]
    return "\n".join(lines)


MODEL_36 = _collaboration()
MODEL_41 = (
    MODEL_36
    + "\nSQ =~ "
    + " + ".join(QUALITY)
    + "\nSQ ~ c0*PE + c1*SM + c2*CJA\nserial := a1*b1*c2\nviaCJA := a2*c2\nviaSM := a1*c1\n"
    + "total_ind := serial + viaCJA + viaSM\ntotal := total_ind + c0"
)
POPULATION_36 = _collaboration(".75*", ".85*", {"a1": ".5*", "a2": ".3*", "b1": ".4*"})
POPULATION_41 = POPULATION_36 + "\nSQ =~ " + " + ".join(f".7*{q}" for q in QUALITY) + "\nSQ ~ .1*PE + .2*SM + .4*CJA"


def holzinger() -> pd.DataFrame:
    """301 pupils, nine tests: the data that semopy ships."""
    from semopy.examples import holzinger39

    return holzinger39.get_data()[[f"x{k}" for k in range(1, 10)]]


def holzinger_missing() -> pd.DataFrame:
    """The same with a tenth of the cells lost completely at random."""
    data = holzinger()
    return data.mask(np.random.default_rng(SEED).random(data.shape) < 0.1)


def developers() -> pd.DataFrame:
    """The 41 items of `cg_dev.csv`; simulated from the same model where the battery is absent."""
    items = [*ITEMS, *QUALITY]
    file = BATTERY / "cg_dev.csv"
    return pd.read_csv(file)[items] if file.exists() else simulated(600, POPULATION_41)[items]


def simulated(n: int, population: str = POPULATION_36, missing: float = 0.0) -> pd.DataFrame:
    """Five-point items of a known population."""
    return cg.simulate(population, n, seed=SEED, categories=5, missing=missing)


EIGHT = {f"C{k}": [f"c{k}_{j}" for j in range(1, 6)] for k in range(1, 9)}


def eight() -> pd.DataFrame:
    """Eight correlated constructs of five items, n = 600."""
    lines = [f"{c} =~ " + " + ".join(f".75*{i}" for i in items) for c, items in EIGHT.items()]
    names = list(EIGHT)
    lines += [f"{a} ~~ " + " + ".join(f".5*{b}" for b in names[k + 1 :]) for k, a in enumerate(names[:-1])]
    return simulated(600, "\n".join(lines))


DATA: dict[str, Callable[[], pd.DataFrame]] = {
    "hs": holzinger,
    "hs_missing": holzinger_missing,
    "cg41": developers,
    "cg36_600": lambda: developers()[ITEMS],
    "cg36_1000_missing": lambda: simulated(1000, missing=0.05),
    "eight": eight,
    "cg36_100000": lambda: simulated(100_000),
}


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    key, title : str
        Name on the command line, and what the table says.
    data : str
        One of `DATA`.
    asked : float
        Ratio to the peer that is aimed at.
    model : str
        Lavaan syntax; empty for a matrix of polychoric correlations and for works of psych.
    options : mapping
        Options of both sides, under the names they share.
    repetitions : int
        Calls on each side, whose median counts; `peer` those of lavaan where they differ.
    slow : bool
        True where the peer takes minutes.
    work : str
        What is compared with psych, by its name in `WORKS` and in psych.R; empty for what is compared with lavaan.
    memory : float
        Peak memory asked, in GB; NaN where it does not matter.
    blocks : mapping of str to sequence of str
        Constructs whose HTMT is resampled in place of a model; no peer does that.
    limit : float
        Seconds that are asked in place of a ratio; NaN where the ratio counts.
    """

    key: str
    title: str
    data: str
    asked: float
    model: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    repetitions: int = 21
    peer: int | None = None
    slow: bool = False
    memory: float = float("nan")
    blocks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limit: float = float("nan")
    work: str = ""

    @property
    def program(self) -> str:
        """The peer."""
        return "psych" if self.work else "lavaan"


def parallel_analysis(data: pd.DataFrame) -> Any:
    """All rules, with 100 data sets of chance."""
    return cg.parallel_analysis(data, seed=1, iterations=100).tidy()


def polychoric(data: pd.DataFrame) -> Any:
    """Matrix of polychoric correlations of all columns."""
    from cgsurvey.moments.correlations import correlation_matrix

    return correlation_matrix(data, True)


def alpha(data: pd.DataFrame, size: int = 3) -> Any:
    """Alpha with all statistics of the items, of each `size` columns that stand together."""
    import cgsurvey as cg

    names = list(data)
    found = cg.reliability(data, {f"f{k}": names[k : k + size] for k in range(0, len(names), size)})
    return found.tidy(), found.items, found.dropped


def omega(data: pd.DataFrame, items: int = 12) -> Any:
    """Omega total, hierarchical and of the groups, with the Schmid-Leiman table, of the first columns."""
    import cgsurvey as cg

    return cg.omega(data, {"f": list(data)[:items]}).tidy()


# One function of the data per work; psych.R holds the other side under the same name.
WORKS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "parallel_analysis": parallel_analysis,
    "polychoric": polychoric,
    "alpha": alpha,
    "omega": omega,
}


WLSMV = {"estimator": "WLSMV", "ordered": True}
MLR = {"estimator": "MLR"}
RESAMPLES = {"se": "bootstrap", "bootstrap": 1000, "seed": 1}
FIML = {"missing": "fiml"}
HTMT = {"bootstrap": 5000, "seed": 1}
CASES = (
    Case("hs_ml", "HS1939 CFA, ML", "hs", 8, HOLZINGER),
    Case("cg41_ml", "41 items of cg_dev.csv, ML", "cg41", 5, MODEL_41, repetitions=9),
    Case("cg41_mlr", "41 items of cg_dev.csv, MLR", "cg41", 30, MODEL_41, MLR, 9, 3),
    Case("cg41_wlsmv", "41 items of cg_dev.csv, WLSMV", "cg41", 25, MODEL_41, WLSMV, 9, 3),
    Case("hs_fiml", "HS1939, 10 % missing, FIML MLR", "hs_missing", 15, HOLZINGER, FIML | MLR, 9),
    Case("cg36_fiml", "36 items, n = 1000, 5 % missing, FIML", "cg36_1000_missing", 25, MODEL_36, FIML, 3, 1, True),
    Case("polychoric", "polychoric matrix, 36 items, n = 600", "cg36_600", 30, repetitions=9, peer=3),
    Case("psych_polychoric", "polychoric matrix, 36 items", "cg36_600", 40, repetitions=9, peer=3, work="polychoric"),
    Case(
        "psych_parallel",
        "parallel analysis, 36 items, 100 data sets of chance",
        "cg36_600",
        5,
        repetitions=9,
        peer=5,
        work="parallel_analysis",
    ),
    Case("psych_alpha", "alpha and items, 12 constructs", "cg36_600", 5, repetitions=15, peer=9, work="alpha"),
    Case("psych_omega", "omega of 12 items, Schmid-Leiman", "cg36_600", 3, repetitions=15, peer=9, work="omega"),
    Case("bootstrap", "1000 bootstrap resamples, HS1939", "hs", 15, HOLZINGER, RESAMPLES, 3, 1, True),
    Case("large_mlr", "36 items, n = 100 000, MLR", "cg36_100000", 100, MODEL_36, MLR, 3, 1, True, 2),
    Case("large_wlsmv", "36 items, n = 100 000, WLSMV", "cg36_100000", 60, MODEL_36, WLSMV, 3, 1, True, 2),
    Case(
        "htmt", "5000 bootstrap HTMT intervals, 8 constructs, n = 600", "eight", 0, "", HTMT, 5, blocks=EIGHT, limit=10
    ),
)
