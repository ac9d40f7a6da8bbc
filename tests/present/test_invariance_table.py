"""Tables of levels of measurement invariance."""

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


def test_levels(data: pd.DataFrame) -> None:
    found = cg.invariance(THREE, data, group="grp")
    shown = cg.table(found)
    assert len(shown.rows) == 4 and "Measurement invariance" in shown.to_text()
    assert "Chen, 2007" in shown.to_text() and "ΔCFI" in shown.to_text()
    assert "Skalar" in cg.table(found, language="id").to_text()
    with pytest.raises(cg.OptionError, match="nothing to show"):
        cg.table(found, "partial")


def test_search(data: pd.DataFrame) -> None:
    moved = data.assign(x2=data["x2"] + 1.2 * (data["grp"] == "north"))
    found = cg.invariance(THREE, moved, group="grp", partial=True, criterion="test")
    shown = cg.table(found, "partial")
    assert "x2" in shown.to_text() and "Freed" in shown.to_text()
    assert "Not equal" in cg.table(found).to_text() and "Dibebaskan" in cg.table(found, "partial", "id").to_text()
