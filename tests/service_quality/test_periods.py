"""The order of periods, and when it is not certain."""

from __future__ import annotations

import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.service_quality.periods import ordered


@pytest.mark.parametrize(
    "periods",
    [
        ["2023", "2024", "2025"],
        ["2024-1", "2024-2", "2025-1"],
        ["Semester I 2024", "Semester II 2024", "Semester I 2025"],
        ["Triwulan I/2024", "Triwulan IV/2024", "Triwulan II/2025"],
        ["Q2 2024", "Q10 2024", "Q1 2025"],
        ["Februari 2024", "Mei 2024", "Agustus 2024", "Desember 2024"],
        ["Feb 2024", "May 2024", "Oct 2024"],
        [2021, 2023, 2024],
        list(pd.to_datetime(["2024-01-01", "2024-07-01", "2025-01-01"])),
    ],
)
def test_known_names(periods):
    assert ordered(pd.Series(periods[::-1]), None, "period") == periods


def test_categories_and_stated_order():
    column = pd.Series(["after", "before", "after"])
    assert ordered(column, ["before", "after", "later"], "wave") == ["before", "after"]
    kind = pd.CategoricalDtype(["before", "after"], ordered=True)
    assert ordered(column.astype(kind), None, "wave") == ["before", "after"]


@pytest.mark.parametrize(
    "periods", [["awal", "akhir"], ["2024", "Semester I 2024"], ["2024-01-05", "2024-02-03"], ["Mei 2024", "May 2024"]]
)
def test_uncertain_order_is_asked_for(periods):
    with pytest.raises(cg.OptionError, match=r"the order of the periods in 'wave' is not certain: .* Say it: order="):
        ordered(pd.Series(periods), None, "wave")


def test_stated_order_must_be_whole():
    with pytest.raises(cg.OptionError, match="it lacks akhir"):
        ordered(pd.Series(["awal", "akhir"]), ["awal"], "wave")
    with pytest.raises(cg.OptionError, match="a period stands twice"):
        ordered(pd.Series(["awal"]), ["awal", "awal"], "wave")
