"""Tables, pictures and text of service quality, importance and performance, drivers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import cgsurvey as cg
from cgsurvey.present import tables
from cgsurvey.present.figures.plot import plot_kinds
from cgsurvey.present.figures.scatter import name_points

MODEL = """
trust =~ sm_tru1 + sm_tru2 + sm_tru3
quality =~ tan1 + rel1 + res1
quality ~ trust
"""


@pytest.fixture(scope="module")
def same() -> cg.Responses:
    sample = cg.load_sample("same")
    rng = np.random.default_rng(1)
    items = sample.instrument.construct("service_quality").all_items
    asked = {f"{i}_e": np.clip(np.round(4.3 + rng.normal(0, 0.6, len(sample))), 1, 5) for i in items}
    asked |= {f"{i}_i": np.clip(np.round(3.8 + rng.normal(0, 0.8, len(sample))), 1, 5) for i in items}
    return sample.replace(frame=sample.frame.join(pd.DataFrame(asked, index=sample.frame.index)))


@pytest.fixture(scope="module")
def results(same) -> dict[str, cg.Result]:
    fit = cg.sem(MODEL, same, missing="fiml")
    return {
        "scores": cg.service_quality(same, expectations="_e", importance="_i", outcome="satisfaction", by="district"),
        "stated": cg.ipa(same, resamples=200, seed=1),
        "weights": cg.ipa(same, importance="relative weights", outcome="satisfaction", resamples=200, seed=1),
        "drivers": cg.drivers(fit, same),
    }


def test_kinds(results):
    assert [t.name for t in tables(results["scores"])] == ["quality", "quality_groups", "gaps", "surface"]
    assert [t.name for t in tables(results["drivers"])] == ["drivers", "what_if", "driver_items"]
    assert plot_kinds(results["scores"]) == ("quality", "gaps_1", "gaps_2", "surface")
    assert plot_kinds(results["stated"]) == ("quadrants",)
    assert plot_kinds(results["drivers"]) == ("drivers", "driver_items")


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("dialect", ["apa", "thesis"])
def test_tables_print(results, language, dialect):
    for x in results.values():
        for made in tables(x, language, dialect=dialect):
            assert not re.search(r"\bnan\b|\{", made.to_text())
            assert made.simulated


@pytest.mark.parametrize("language", ["en", "id"])
def test_text_is_whole_and_its_numbers_are_those_of_the_result(results, language):
    for x in results.values():
        assert not re.search(r"\bnan\b|[{}]", str(cg.narrate(x, language=language)))
    said = str(cg.narrate(results["drivers"]))
    assert f"{results['drivers'].table['total_effect'].iloc[0]:.2f} points more" in said
    assert "widest gap first" in str(cg.narrate(results["scores"]))


def test_table_cells_are_numbers_of_the_result(results):
    x = results["weights"]
    frame = cg.table(x).to_frame()
    assert sorted(frame["importance"]) == pytest.approx(sorted(x.table["importance"]))
    gaps = cg.table(results["scores"], kind="gaps").to_frame()
    assert gaps["gap"].iloc[0] == results["scores"].gaps["gap"].iloc[0]


def test_small_groups_are_hidden(same):
    frame = same.frame.copy()
    frame["unit"] = np.where(np.arange(len(frame)) < 3, "few", np.where(np.arange(len(frame)) < 40, "some", "many"))
    x = cg.service_quality(same.replace(frame=frame), by="unit")
    text = cg.table(x, kind="quality_groups", min_cell=5).to_text()
    assert "s: hidden" in text and text.count(" s ") > 6


@pytest.mark.parametrize("language", ["en", "id"])
def test_pictures_are_drawn_with_all_items(results, language):
    for x in results.values():
        for kind in plot_kinds(x):
            picture = cg.plot(x, kind=kind, language=language)
            assert picture.alt and picture.to_bytes("png", dpi=50)[:4] == b"\x89PNG"
    chart = cg.plot(results["stated"], language="id")
    drawn = {t.get_text() for t in chart.axes[0].texts}
    assert set(results["stated"].table["item"]) < drawn and "A. Prioritas utama" in drawn
    points = np.vstack([c.get_offsets() for c in chart.axes[0].collections])
    table = results["stated"].table[["performance_score", "importance"]].to_numpy()
    np.testing.assert_allclose(np.sort(points, axis=0), np.sort(table, axis=0))


def test_names_of_points_do_not_lie_on_each_other():
    rng = np.random.default_rng(2)
    panel = Figure(figsize=(7, 5)).add_subplot()
    x, y = rng.uniform(0.1, 0.9, (2, 40))
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1)
    boxes = name_points(panel, x, y, [f"item{k}" for k in range(40)])
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1])


def test_report_has_sections(results, tmp_path):
    made = cg.report([results["scores"], results["weights"], results["drivers"]], title="Layanan", language="id")
    text = made.save(tmp_path / "r.html").read_text()
    assert "Mutu layanan" in text and "Faktor pendorong" in text and "Ringle" in text
