"""Tables of Wald and score tests."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cgsurvey as cg

DATA = Path(__file__).resolve().parents[1] / "reference" / "constraints.csv"
MODEL = "f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + d*x6\n"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(DATA)


def test_wald(data: pd.DataFrame) -> None:
    found = cg.cfa(MODEL, data).wald("a == b; c == 1")
    shown = cg.table(found)
    assert [r[0] for r in shown.rows] == ["a == b", "c == 1"] and shown.rows[0][1] == found.tidy().loc[0, "estimate"]
    text = shown.to_text()
    assert "All together: χ²(2) = " in text and "Constraint" in text
    assert "Semuanya bersama: χ²(2) = " in cg.table(found, language="id").to_text()


def test_score(data: pd.DataFrame) -> None:
    model = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
    found = cg.cfa(model, data, group="school", group_equal="loadings", estimator="MLR").score_test()
    shown = cg.table(found)
    assert shown.rows[0][0] == "f =~ x2 [a] == f =~ x2 [b]" and len(shown.rows) == 4
    assert "normal theory" in shown.to_text() and "teori normal" in cg.table(found, language="id").to_text()
