"""Likert bars, loadings and heat maps are tested by what is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cgsurvey.present.figures.likert import Bar, colours, likert_bars
from cgsurvey.present.figures.loadings import loading_plot
from cgsurvey.present.figures.matrix import matrix_map
from cgsurvey.present.figures.plot import plot_kinds
from cgsurvey.responses import describe

ANSWERS = {1.0: "SD", 2.0: "D", 3.0: "N", 4.0: "A", 5.0: "SA"}
SHARES = [
    Bar("i1", "The partners meet", "Trust", dict(zip(ANSWERS, (0.1, 0.2, 0.3, 0.25, 0.15), strict=True))),
    Bar("i2", "They listen", "Trust", dict(zip(ANSWERS, (0.0, 0.05, 0.15, 0.5, 0.3), strict=True))),
]


def bars(picture):
    return [(round(p.get_x(), 6), round(p.get_width(), 6)) for p in picture.axes[0].patches]


def test_bars_are_centred_on_the_middle_category():
    drawn = bars(likert_bars(SHARES, answers=ANSWERS))
    assert drawn[0] == (pytest.approx(-45), pytest.approx(10))  # 10 + 20 + half of 30 to the left
    assert drawn[4] == (pytest.approx(-15), pytest.approx(30))
    assert sum(w for _, w in drawn) == pytest.approx(200)


def test_an_even_scale_has_no_middle():
    even = [Bar("i", "i", "", {1.0: 0.1, 2.0: 0.3, 3.0: 0.4, 4.0: 0.2})]
    drawn = bars(likert_bars(even, answers={}))
    assert drawn[1][0] + drawn[1][1] == pytest.approx(0)
    assert len(colours(4)) == 4 and len(set(colours(5))) == 5


def test_the_alternative_text_holds_the_shares():
    alt = likert_bars(SHARES, answers=ANSWERS, language="id").alt
    assert "i2: 80% setuju, 5% tidak setuju" in alt


def test_markup_in_a_wording_is_plain_text():
    picture = likert_bars([replace(SHARES[0], label="<b>$x$ & co</b>")], answers=ANSWERS)
    assert b"<b>$x$" not in picture.to_bytes("svg")


def test_the_heat_map_shows_the_lower_triangle_and_outlines_what_is_large():
    table = pd.DataFrame([[1, 0.4, 0.91], [0.4, 1, 0.3], [0.91, 0.3, 1]], index=list("abc"), columns=list("abc"))
    picture = matrix_map(table, kind="htmt", labels={}, cut=0.85)
    shown = {t.get_text(): t for t in picture.axes[0].texts}
    assert {".40", ".91", ".30"} <= set(shown)
    assert shown[".91"].get_weight() == "bold" and shown[".40"].get_weight() == "normal"
    assert "a with c, .91" in picture.alt or "c with a, .91" in picture.alt


def test_loadings_without_an_interval_are_hollow():
    rows = pd.DataFrame(
        {
            "construct": ["F", "F"],
            "item": ["x1", "x2"],
            "estimate": [0.8, 0.6],
            "ci_lower": [np.nan, 0.5],
            "ci_upper": [np.nan, 0.7],
        }
    )
    axes = loading_plot(rows, labels={}, guidelines=(0.5, 0.708)).axes[0]
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert points[0].get_markerfacecolor() == "white" != points[1].get_markerfacecolor()
    assert [t.get_text() for t in axes.get_yticklabels()] == ["x1", "x2"]


def test_items_without_a_known_scale_share_a_picture():
    frame = pd.DataFrame({"a": [1, 2, 3, 4, 5] * 4, "b": [3, 4, 5, 5, 5] * 4, "c": [2, 3, 4, 5, 5] * 4})
    assert plot_kinds(describe(frame.astype(float))) == ("likert",)
