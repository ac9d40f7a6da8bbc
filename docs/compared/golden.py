"""Golden values of R that the repository holds: simulated data, the script that made them, and what the tests ask."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "reference"
VERSIONS = {
    "lavaan": "0.6-14",
    "semTools": "0.5-6",
    "psych": "2.2.9",
    "GPArotation": "2022.10-2",
    "survey": "4.1-1",
    "MASS": "7.3-58.2",
}
SCRIPTS = {"compare_ordinal": "compare"}


@dataclass(frozen=True)
class Golden:
    """One file: what it holds, the tests that ask for it, and their tolerance (relative unless said)."""

    what: str
    tests: str
    tolerance: str


GOLDEN = {
    "boot_intervals": Golden("bootstrap intervals of given draws", "sem/resampling/test_bootstrap", "1e-9"),
    "classical": Golden(
        "regression, ordered logit, comparisons of groups, cross tables",
        "classical/test_golden",
        "1e-9; ordered logit 1e-5",
    ),
    "compare": Golden("difference tests over estimators and methods", "sem/test_compare", "1e-4"),
    "compare_ordinal": Golden("difference tests, ordered items", "sem/test_compare", "1e-4"),
    "constraints": Golden(
        "nonlinear equalities, inequalities, Wald and score tests", "sem/model/test_constraints", "2e-5; errors 1e-4"
    ),
    "design": Golden("estimates by design, domains, calibration", "responses/test_design", "1e-9"),
    "differences": Golden("one model by the conventions of several programs", "robustness/test_explanation", "1e-5"),
    "drivers": Golden("total effects of drivers", "service_quality/test_drivers", "5e-6 absolute"),
    "factor": Golden(
        "extraction, rotation, scores, parallel analysis",
        "factor/test_golden",
        "1e-9 of criteria; loadings 1e-7 absolute",
    ),
    "fourth": Golden("Gamma of means and covariances, with clusters", "moments/test_fourth", "1e-10"),
    "invariance": Golden("levels of invariance of ordered items", "sem/test_invariance", "1e-4"),
    "least_squares": Golden(
        "the least-squares family: ordered and numeric items, groups, weights",
        "sem/fitting/test_least_squares",
        "1e-4; errors 2e-4",
    ),
    "misfit": Golden("SRMR, CRMR, RMR with errors and tests", "sem/derived/test_residuals", "1e-4"),
    "moderation": Golden("product indicators, simple slopes", "sem/test_moderation", "1e-6; latent 2e-4 absolute"),
    "ordered_groups": Golden("ordered items in unequal groups", "sem/test_ordered_groups", "1e-5"),
    "ordinal": Golden("thresholds, polychoric and polyserial correlations, Gamma", "moments/test_ordinal", "2e-6"),
    "partable": Golden("parameter tables of 134 models", "sem/model/test_table", "exact"),
    "reliability": Golden("coefficients of reliability", "reliability/test_coefficients", "1e-9; omega 1e-6"),
    "samples": Golden("two samples, tables of counts, shapes", "responses/test_nonresponse", "1e-9"),
    "satisfaction": Golden("satisfaction index and errors by design", "service_quality/test_ikm", "1e-12"),
    "two_stage": Golden("two-stage and pairwise estimation", "sem/test_two_stage", "2e-5; measures 1e-5"),
    "validity": Golden(
        "HTMT, AVE, method factors, marker models, discriminant validity", "reliability/test_common_method", "2e-5"
    ),
}


def numbers_in(content: Any) -> int:
    """Count the numbers of a JSON value."""
    if isinstance(content, dict | list):
        return sum(map(numbers_in, content.values() if isinstance(content, dict) else content))
    return int(isinstance(content, int | float) and not isinstance(content, bool))


def programs(stem: str) -> str:
    """Name the R packages that a script loads, with versions; base R where it loads none."""
    script = (FOLDER / f"{SCRIPTS.get(stem, stem)}.R").read_text(encoding="utf-8")
    loaded = dict.fromkeys(re.findall(r"library\((\w+)\)|\b(\w+)::", script))
    names = [n for pair in loaded for n in pair if n in VERSIONS]
    return ", ".join(f"{n} {VERSIONS[n]}" for n in dict.fromkeys(names)) or "R 4.2.2"


def rows() -> list[list[Any]]:
    found = []
    for stem, golden in sorted(GOLDEN.items()):
        count = numbers_in(json.loads((FOLDER / f"{stem}.json").read_text(encoding="utf-8")))
        where = f"`tests/{golden.tests}.py`"
        found.append([f"`{stem}`", golden.what, programs(stem), count, golden.tolerance, where])
    return found
