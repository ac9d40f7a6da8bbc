"""Tables, pictures, narration and report of planning, in both languages."""

from __future__ import annotations

import re

import numpy as np
import pytest

import cgsurvey as cg
from cgsurvey.present import narrate, plot_kinds, report
from cgsurvey.present.narration.sentences import paragraphs, say
from cgsurvey.present.numbers import show
from cgsurvey.present.tables import table, tables
from cgsurvey.present.tables.style import Style

from .pictured import overlapping
from .test_narration import known

MODEL = """trust =~ .7*t1 + .7*t2 + .7*t3
quality =~ .8*q1 + .7*q2 + .6*q3
quality ~ .3*trust + .15*z"""


@pytest.fixture(scope="module")
def results() -> dict[str, cg.Result]:
    options = {"seed": 1, "progress": False}
    spread = {"Blitar": 10, "Kediri": 14, "Malang": 30}
    return {
        "cochran": cg.sample_size("cochran", 985, response_rate=0.6),
        "slovin": cg.sample_size("slovin", 985, margin=0.1),
        "mean": cg.sample_size("mean", margin=2, sd=15, design_effect=1.5),
        "path": cg.sample_size("inverse_square_root", path=0.2),
        "corrected": cg.sample_size("gamma_exponential", path=0.2),
        "rmsea": cg.sample_size("rmsea", df=87, groups=2),
        "neyman": cg.allocate(200, {"Blitar": 985, "Kediri": 1500, "Malang": 300}, method="neyman", sd=spread),
        "cost": cg.allocate(9, {"a": 20, "b": 30}, method="optimal", sd={"a": 1, "b": 1}, cost={"a": 1, "b": 4}),
        "power": cg.power(MODEL, [100, 250, 600], replications=200, **options),
        "codes": cg.power(MODEL, 250, replications=100, categories=5, parameters="quality ~ z", **options),
        "enough": cg.power(MODEL, [400, 800], replications=100, parameters="quality ~ trust", **options),
        "unknown": cg.power("y ~ .01*x", [20, 40], replications=50, **options),
    }


NAMES = ["cochran", "slovin", "mean", "path", "rmsea", "neyman", "cost", "power", "codes", "enough", "unknown"]


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("name", NAMES)
def test_each_result_is_told_with_its_own_numbers(results, name, language):
    told = paragraphs(results[name], Style())
    assert any(told.values()) and set(told) <= {t.name for t in tables(results[name])}
    for sentence in (s for block in told.values() for s in block):
        text = say(sentence, language)
        found = set(re.findall(r"(?<![\w.])[.]?\d+(?:[.,]\d+)*", text))
        percent = {show(v, "share", language, 0) for v in sentence.values.values() if isinstance(v, float)}
        assert found <= known(sentence.values, language) | percent, (sentence.key, found)


def test_what_is_told_of_power(results):
    told = narrate(results["power"])
    assert "quality" in told and "z → quality decides" in told and "not significant" not in told
    assert "result that is not significant would say little" in narrate(results["codes"])
    assert "Already 400 respondents" in narrate(results["enough"])
    assert "do not tell which n" in narrate(results["unknown"])
    assert "bukan analisis daya uji" in narrate(results["slovin"], "id")


def test_steps_of_a_sample_size(results):
    grid = table(results["cochran"]).grid("en")
    cells = {row[0].full: row[1].full for row in grid.body if not isinstance(row, str)}
    assert cells["n needed"] == "277" and cells["People to be asked"] == "462"
    assert cells["Margin (percentage points)"] == "5.0" and cells["Confidence (%)"] == "95"
    assert "Design effect" not in cells
    other = {row[0].full: row[1].full for row in table(results["mean"]).grid("id").body if not isinstance(row, str)}
    assert other["Efek rancangan"] == "1,50" and other["Margin galat (setengah interval)"] == "2,000"
    assert "Slovin's formula is no power analysis" in " ".join(r.text for r in table(results["slovin"]).grid().remarks)


def test_power_has_one_block_per_parameter(results):
    x = results["power"]
    made = table(x)
    assert [w.en for w in made.groups.values()] == ["trust → quality", "z → quality"]
    assert [r[0] for r in made.rows] == [100, 250, 600] * 2
    assert made.rows[0][4] == x.tidy().loc[0, "power"] and made.simulated
    assert "theory" in made.grid("en").heads[-1] and len(table(results["codes"]).columns) == len(made.columns) - 1
    assert [t.name for t in tables(x)] == ["power", "needed", "replications"]


def test_allocation_sums(results):
    made = table(results["neyman"], language="id")
    assert made.rows[-1][0].id == "Semua strata" and made.rows[-1][3] == 200
    assert "alokasi Neyman" in made.notes[0].id and "," in made.notes[1].id


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("name", ["cochran", "mean", "rmsea", "power", "codes", "unknown"])
def test_no_text_covers_another(results, name, language):
    for kind in plot_kinds(results[name], language=language):
        picture = cg.plot(results[name], kind, language=language)
        assert not overlapping(picture) and picture.get_figwidth() <= 7.2 and len(picture.alt) > 40


def test_the_curve_shows_what_was_simulated(results):
    x = results["power"]
    axes = cg.plot(x).axes[1]
    points = axes.containers[0].lines[0].get_xydata()
    own = x.tidy().query("rhs == 'z'")
    assert np.allclose(points, own[["n", "power"]])


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_chapter_on_planning(results, language):
    text = report([results["cochran"], results["neyman"], results["power"]], language=language, title="Plan").to_html()
    assert {"en": "Sample size and power", "id": "Ukuran sampel dan daya uji"}[language] in text
    assert "Cochran" in text and "Neyman" in text and "Muthén" in text
