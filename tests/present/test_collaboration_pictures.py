"""Pictures of criteria, activities and ties: what they show, in both languages, without colour."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.patches import Rectangle

import cgsurvey as cg
from cgsurvey.present.figures.plot import plot_kinds

SIX = [f"crit_{n}" for n in ("initiated", "nonstate", "deciding", "formal", "consensus", "public")]


def gate(units: int = 3) -> cg.Criteria:
    answers = {c: ["yes"] * units for c in SIX} | {"office": [f"office {k:02d}" for k in range(units)]}
    answers["crit_formal"] = ["yes", "partly", None, *["no"] * (units - 3)]
    return cg.criteria(pd.DataFrame(answers), unit="office")


def ties() -> cg.Ladder:
    rows = [("a", "b", 4), ("b", "a", 6), ("a", "c", 9)]
    return cg.ladder(pd.DataFrame(rows, columns=["of", "about", "wog_step"]), "of", "about")


def test_the_gate_tells_states_apart_by_shape():
    drawn = cg.plot(gate())
    marks = [line for line in drawn.axes[0].lines if line.get_marker() not in ("None", "") and len(line.get_xdata())]
    assert len(marks) == 3 * 7
    looks = {(str(m.get_marker()), m.get_fillstyle()) for m in marks}
    assert looks == {("o", "full"), ("o", "left"), ("$?$", "full")}
    assert "office 00: 6 of 6 met, gate met." in drawn.alt
    assert "office 01: 5 dari 6 terpenuhi, saringan terpenuhi sebagian." in cg.plot(gate(), language="id").alt
    assert plot_kinds(gate(30)) == ("gate_1", "gate_2") and "gate not met" in cg.plot(gate(30), "gate_2").alt


def test_giving_and_receiving_stand_side_by_side():
    told = pd.DataFrame({"act_grant_give": [3, 0], "act_grant_get": [1, 0], "office": ["x", "y"]})
    drawn = cg.plot(cg.activities(told))
    bars = [p for p in drawn.axes[0].patches if isinstance(p, Rectangle)]
    assert [b.get_width() for b in bars] == pytest.approx([0.5, 1 / 6]) and bars[1].get_hatch()
    assert drawn.alt.endswith("Grant management: giving .50, receiving .17, reciprocity .50.")
    assert plot_kinds(cg.activities(told, by="office")) == ("reciprocity_1", "reciprocity_2")
    assert plot_kinds(cg.activities(told[["act_grant_give"]])) == ()


def test_the_matrix_shows_what_each_partner_told():
    drawn = cg.plot(ties())
    cells = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in drawn.axes[0].texts}
    assert cells == {(0.5, 1.5): "4", (1.5, 0.5): "6", (0.5, 2.5): "9"}
    assert "Highest: a of c, 9." in drawn.alt and "Tertinggi: a tentang c, 9." in cg.plot(ties(), language="id").alt


def test_a_line_of_the_network_is_the_thicker_the_higher_the_step():
    drawn = cg.plot(ties(), "network")
    lines = [line for line in drawn.axes[0].lines if len(line.get_xdata()) == 2]
    assert [line.get_linewidth() for line in lines] == pytest.approx([0.3 + 3.2 * 3 / 8, 3.5])
    assert float(lines[0].get_color()) > float(lines[1].get_color())
    many = [(f"p{i:02d}", f"p{j:02d}", 2) for i in range(17) for j in range(17) if i != j]
    assert plot_kinds(cg.ladder(pd.DataFrame(many, columns=["of", "about", "wog_step"]), "of", "about")) == ("ladder",)


def test_a_report_carries_the_pictures():
    made = cg.report([gate(), ties()])
    alts = " ".join(f.alt for f in made.figures)
    assert "gate met" in alts and "3 partners" in alts
