"""Tables of models side by side."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cgsurvey as cg

DATA = Path(__file__).resolve().parents[1] / "reference" / "compare.csv"
THREE = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(DATA)


def test_comparison(data: pd.DataFrame) -> None:
    fits = [cg.cfa(m, data, estimator="MLR") for m in (THREE, f"{THREE}\nf ~~ 0*h")]
    found = cg.compare(*fits)
    shown = cg.table(found)
    assert [c.name for c in shown.columns] == list(found.tidy()) and len(shown.rows) == 2
    assert "Satorra & Bentler, 2001" in shown.to_text() and "χ² difference" in shown.to_text()
    assert "Perbandingan model" in cg.table(found, language="id").to_text()


def test_rivals_have_no_difference(data: pd.DataFrame) -> None:
    rival = "f =~ x1 + x2 + x4\ng =~ x3 + x5 + x6\nh =~ x7 + x8 + x9"
    found = cg.compare(cg.cfa(THREE, data), cg.cfa(rival, data), method="vuong", data=data)
    shown = cg.table(found)
    assert "chisq_diff" not in [c.name for c in shown.columns]
    assert "variance test" in shown.to_text()
