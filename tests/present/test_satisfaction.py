"""Tables, pictures and text of the satisfaction index: every number is that of the result, small groups stay hidden."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present import tables
from cgsurvey.present.figures.plot import plot_kinds
from cgsurvey.present.numbers import show

PERIODS = ("Semester II 2024", "Semester I 2025", "Semester II 2025")


@pytest.fixture(scope="module")
def users() -> cg.Responses:
    sample = cg.load_sample("users")
    frame = sample.frame.assign(period=np.array(PERIODS)[np.arange(len(sample)) % 3])
    return sample.replace(frame=frame)


@pytest.fixture(scope="module")
def index(users: cg.Responses) -> cg.SatisfactionIndex:
    return cg.ikm(users, by="district", period="period")


def test_the_main_table_is_the_sheet_of_the_regulation(index):
    frame = cg.table(index).to_frame()
    assert frame["element"].tolist()[0] == "U1 Requirements" and len(frame) == 10
    np.testing.assert_array_equal(frame["nrr"][:9], index.overall_elements["nrr"])
    last = frame.iloc[-1]
    assert last["nrr_weighted"] == pytest.approx(last["index"] / 25) and last["index"] == index.glance()["ikm"][0]
    text = cg.table(index, language="id").to_text()
    assert "U8 Penanganan pengaduan, saran, dan masukan" in text and "Kurang baik" in text
    assert "76,29" in text


def test_kinds_depend_on_groups_and_periods(users, index):
    assert [t.name for t in tables(cg.ikm(users))] == ["satisfaction", "grades"]
    names = ["satisfaction", "satisfaction_groups", "grades", "changes", "differences"]
    assert [t.name for t in tables(index)] == names
    assert plot_kinds(cg.ikm(users)) == ("elements",)
    assert plot_kinds(index) == ("groups", "elements", "trend")
    assert plot_kinds(cg.ikm(users, period="period")) == ("elements", "trend")
    many = cg.ikm(users, by="office")
    assert "differences" not in [t.name for t in tables(many)] and len(many.differences()) == 435


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("dialect", ["apa", "thesis"])
def test_tables_print(index, language, dialect):
    for made in tables(index, language, dialect=dialect):
        assert not re.search(r"\bnan\b|\{", made.to_text())
        assert made.simulated


def test_groups_are_those_of_the_result(index):
    frame = cg.table(index, "satisfaction_groups").to_frame()
    assert frame["section"].drop_duplicates().tolist() == list(PERIODS)
    best = frame[frame["section"] == PERIODS[-1]].iloc[0]
    groups = index.groups[index.groups["period"] == PERIODS[-1]]
    assert best["ikm"] == groups["ikm"].max() and best["ranks"] == "1–3"
    weighted = cg.table(cg.ikm(cg.load_sample("users"), design=True)).to_text()
    assert "not the official one" in " ".join(weighted.split())


def test_small_groups_are_hidden_with_what_gives_them_away(users):
    frame = users.frame.assign(unit=np.where(np.arange(900) < 4, "tiny", np.where(np.arange(900) < 400, "a", "b")))
    found = cg.ikm(users.replace(frame=frame), by="unit")
    shown = cg.table(found, "satisfaction_groups", min_cell=5).to_frame().set_index("group")
    assert shown.loc["tiny", "ikm"] == "s"
    assert (shown["ikm"] == "s").sum() == 2  # one small group alone would follow from the index of all
    assert (cg.table(found, "differences", min_cell=5).to_frame()["difference"] == "s").sum() == 3
    assert (cg.table(found, "satisfaction_groups").to_frame()["ikm"] == "s").sum() == 0


def test_changes_table(index):
    frame = cg.table(index, "changes").to_frame()
    np.testing.assert_array_equal(frame["difference"], index.changes()["difference"])
    assert frame["period"][0] == "Semester II 2024 → Semester I 2025"


def test_pictures_show_the_numbers(index):
    picture = cg.plot(index, "groups", language="id")
    assert show(index.groups["ikm"].iloc[0], "number", "id") in picture.alt
    trend = cg.plot(index, "trend")
    assert "Satisfaction index over 3 periods" in trend.alt and len(trend.axes[0].lines) >= 3
    drawn = trend.axes[0].lines[0].get_ydata()
    district = index.groups[index.groups["district"] == index.groups["district"].iloc[0]]
    np.testing.assert_array_equal(drawn, district["ikm"])
    assert cg.plot(index, "elements").alt.count(", interval ") == 9


def test_text_is_true(users, index):
    text = cg.narrate(index)
    assert "76.29 (95% CI 75.11 to 77.46), grade C" in text and "The interval reaches beyond this grade" in text
    assert "rose significantly for Tirtamaya" in text or "not enough evidence of a change" in text
    assert "indeks naik" in cg.narrate(index, "id").lower() or "Belum cukup bukti" in cg.narrate(index, "id")
    firm = pd.DataFrame({f"U{k}": [4] * 40 + [3] for k in range(1, 10)})
    assert "The whole interval lies within this grade" in cg.narrate(cg.ikm(firm))
    assert "so few users give no interval" in cg.narrate(cg.ikm(firm.head(1)))


def test_link_is_shown(users):
    found = cg.ikm_link(users, "service_quality")
    made = cg.table(found)
    assert made.to_frame()["r2"].iloc[-1] == found.r2
    assert show(found.ci_lower, "coefficient", "id", 3) in made.to_text("id")
    assert "explains 32.7% of the variance of the index" in cg.narrate(found)


def test_report_has_a_section(users, tmp_path):
    made = cg.report([cg.ikm(users, by="service_used")], language="id")
    assert "Indeks Kepuasan Masyarakat" in [s.title for s in made.sections]
    assert made.save(tmp_path / "r.docx").stat().st_size > 5000
