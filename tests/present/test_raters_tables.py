"""Tables of omega, ICC, test-retest and experts: numbers of the result, decisions in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present import tables

ITEMS = [f"y{i}" for i in range(1, 10)]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    group = np.repeat(rng.normal(size=(250, 3)), 3, axis=1)
    x = 0.7 * rng.normal(size=(250, 1)) + 0.4 * group + 0.6 * rng.normal(size=(250, 9))
    return pd.DataFrame(np.clip(np.round(3 + x), 1, 5), columns=ITEMS)


def text(made: cg.Table, language: str) -> list[list[str]]:
    return [[row] if isinstance(row, str) else [c.full for c in row] for row in made.grid(language).body]


def test_reliability_shows_what_exists(answers):
    found = cg.reliability(answers, {"all": ITEMS, "short": ITEMS[:3]})
    frame = cg.table(found).to_frame()
    tidy = found.tidy()
    for column in ("alpha_ordinal", "omega_total", "omega_h"):
        np.testing.assert_allclose(frame[column].astype(float), tidy[column])
    short = cg.table(cg.reliability(answers, {"short": ITEMS[:3]})).to_frame()
    assert "omega_total" not in short and "alpha_ordinal" in short
    with pytest.raises(cg.OptionError, match="nothing to show"):
        cg.table(found, "coefficients")
    many = cg.reliability(answers, {"short": ITEMS[:3]}, bootstrap=50, seed=1)
    shown = cg.table(many, "coefficients").to_frame()
    assert len(shown) == many.estimates["ci_lower"].notna().sum()


def test_lower_bounds_stand_side_by_side_and_in_a_report_on_request(answers):
    found = cg.reliability(answers, {"all": ITEMS, "short": ITEMS[:3]})
    made = cg.table(found, "lower_bounds")
    shown = made.to_frame()
    bounds = found.estimates[found.estimates["method"] == "covariances"]
    for construct, row in shown.set_index("construct").astype(float).iterrows():
        known = bounds[bounds["construct"] == construct].set_index("measure")
        np.testing.assert_allclose(row, known.loc[list(row.index), "estimate"])
        assert row["glb"] == row.max()
    assert [c.label.en for c in made.columns][-2:] == ["μ3", "glb"]
    plain, asked = (cg.report(parts, title="T").to_html() for parts in ([found], [found, made]))
    assert "Lower bounds of" not in plain and "Lower bounds of" in asked


def test_a_thesis_decides_by_r_tabel(answers):
    frame = answers.assign(noise=np.random.default_rng(1).integers(1, 6, len(answers)))
    found = cg.reliability(frame, {"all": [*ITEMS, "noise"]})
    rows = text(cg.table(found, "items", "id", dialect="thesis"), "id")
    decisions = {row[0]: row[5] for row in rows if len(row) > 1}
    assert decisions["y1"] == "Valid ✓" and decisions["noise"] == "Tidak valid ✗"
    heads = [c.label.id for c in cg.table(found, "items", dialect="thesis").columns]
    assert {"r hitung", "r tabel", "Keputusan"} <= set(heads)
    assert "decision" not in " ".join(c.label.en.lower() for c in cg.table(found, "items").columns)


def test_omega_and_its_loadings(answers):
    found = cg.omega(answers, {"all": ITEMS})
    first, second = tables(found, "en")
    assert first.name == "omega" and second.name == "bifactor"
    assert text(first, "en")[1][0].strip() == "All items" and text(first, "id")[1][0].strip() == "Semua butir"
    np.testing.assert_allclose(first.to_frame()["omega_general"].astype(float), found.tidy()["omega_general"])
    np.testing.assert_allclose(second.to_frame()["h2"].astype(float), found.loadings["all"]["h2"])
    fit = cg.cfa("A =~ y1 + y2 + y3\nB =~ y4 + y5 + y6", answers)
    (only,) = tables(cg.omega(fit), "id")
    assert only.to_frame()["omega"].tolist() == cg.omega(fit).tidy()["omega"].tolist()


def test_icc_retest_and_experts_in_both_languages(answers):
    people = answers.assign(who=range(len(answers)))
    panel = pd.DataFrame({"i1": [5, 5, 4, 5, 5], "i2": [2, 3, 1, 2, 3]})
    results = {
        "icc": cg.icc(answers[ITEMS[:3]]),
        "agreement": cg.rwg(answers.assign(group=np.arange(250) % 9), "group", {"all": ITEMS}, scale=(1, 5)),
        "retest": cg.test_retest(people, people.iloc[::-1], on="who", constructs={"all": ITEMS}),
        "aiken": cg.aiken_v(panel, 1, 5),
        "cvi": cg.cvi(panel.clip(1, 4)),
    }
    for name, found in results.items():
        made = cg.table(found)
        assert made.name == name and len(made.rows) == len(found.tidy())
        for language in ("en", "id"):
            assert made.title.of(language) and text(made, language)
    rows = text(cg.table(results["aiken"], language="id"), "id")
    assert [r[-1] for r in rows] == ["Valid ✓", "Tidak valid ✗"] and rows[0][2] == "0,950"
    assert "S-CVI/Ave" in cg.table(results["cvi"]).to_text()
