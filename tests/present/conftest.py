"""A table that uses all that a table can hold."""

import math

import pytest

from cgsurvey.base.references import rule
from cgsurvey.present import Table
from cgsurvey.present.table import Cell, Column, Spanner, Words

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
