"""A table that uses all that a table can hold, and results to be shown."""

import math

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.model import Model
from cgsurvey.base.references import rule
from cgsurvey.present import Table
from cgsurvey.present.table import Cell, Column, Spanner, Words
from cgsurvey.responses import Responses, load_sample
from cgsurvey.sem import SemFit, cfa, sem

COLUMNS = (
    Column("item", Words("Item", "Butir")),
    Column("loading", Words("λ", "λ"), "coefficient", 3),
    Column("ci_lower", Words("LL", "BB"), "coefficient"),
    Column("ci_upper", Words("UL", "BA"), "coefficient"),
    Column("p", Words("p", "p"), "p"),
)


@pytest.fixture
def example() -> Table:
    by = rule("loading")
    return Table(
        "T10",
        "loadings",
        Words("Loadings", "Muatan"),
        COLUMNS,
        (
            ("x1", Cell(0.812, verdict="good"), 0.7, 0.9, 0.0001),
            ("x2", Cell(0.31, verdict="poor", mark="a"), 0.1, 0.5, 0.04),
            (Words("Second", "Kedua"), math.nan, None, 0.5, math.nan),
        ),
        groups={0: Words("Trust", "Kepercayaan")},
        indents={1: 1},
        spanners=(Spanner(Words("95% CI", "IK 95%"), ("ci_lower", "ci_upper")),),
        notes=(Words("A note.", "Sebuah catatan."),),
        footnotes={"a": Words("Weak.", "Lemah.")},
        rules=(by,) if by else (),
        simulated=True,
    )


LABELS = {
    "f1": {"en": "Engagement", "id": "Keterlibatan"},
    "f2": {"en": "Motivation", "id": "Motivasi"},
    "f3": {"en": "Service quality", "id": "Mutu layanan"},
    "x1": {"en": "Partners <b>talk</b>", "id": "Mitra <b>berbicara</b>"},
}
MEASUREMENT = "f1 =~ x1 + x2 + x3 + x4\nf2 =~ y1 + y2 + y3 + y4\nf3 =~ z1 + z2 + z3 + z4"
CONSTRUCTS = {f"f{k + 1}": [f"{c}{i}" for i in range(1, 5)] for k, c in enumerate("xyz")}


@pytest.fixture(scope="session")
def answers() -> pd.DataFrame:
    """Answers on 1..5: f1 -> f2 -> f3, no direct path f1 -> f3, one weak item (z4)."""
    rng = np.random.default_rng(20260101)
    n = 400
    f1 = rng.normal(size=n)
    f2 = 0.6 * f1 + 0.8 * rng.normal(size=n)
    f3 = 0.5 * f2 + np.sqrt(0.75) * rng.normal(size=n)
    load = {
        f"{c}{i}": (f, 0.3 if (c, i) == ("z", 4) else 0.8)
        for c, f in zip("xyz", (f1, f2, f3), strict=True)
        for i in range(1, 5)
    }
    made = {
        k: np.clip(np.round(3 + a * f + np.sqrt(1 - a * a) * rng.normal(size=n)), 1, 5) for k, (f, a) in load.items()
    }
    return pd.DataFrame(made)


@pytest.fixture(scope="session")
def measured(answers: pd.DataFrame) -> SemFit:
    return cfa(Model(MEASUREMENT, name="measurement", labels=LABELS), answers, estimator="MLR")


@pytest.fixture(scope="session")
def structured(answers: pd.DataFrame) -> SemFit:
    paths = "f3 ~ b*f2 + c*f1\nf2 ~ a*f1\nindirect := a*b"
    return sem(Model(f"{MEASUREMENT}\n{paths}", name="structure", labels=LABELS), answers)


@pytest.fixture(scope="session")
def sample() -> Responses:
    """The first respondents of the simulated field file."""
    whole = load_sample("same")
    return whole.replace(frame=whole.frame.iloc[:80])
