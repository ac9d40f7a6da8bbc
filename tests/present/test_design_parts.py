"""Table, picture and text of estimates by design."""

from __future__ import annotations

import pytest

import cgsurvey as cg


@pytest.fixture(scope="module")
def sample() -> cg.Responses:
    return cg.load_sample("users")


def test_table_of_domains(sample):
    found = cg.survey_estimates(sample, "tan1", by="district")
    made = cg.table(found)
    assert [w.en for w in made.groups.values()] == list(found.table["group"])
    assert [r[1] for r in made.rows] == list(found.table["n"])
    assert [r[2] for r in made.rows] == list(found.table["estimate"])
    text = str(cg.table(found, language="id"))
    assert "Efek rancangan" in text
    assert "linearisasi dari 30 unit utama dalam 3 strata" in text


def test_table_of_shares_names_categories(sample):
    made = cg.table(cg.survey_estimates(sample, "sex", statistic="proportion"))
    assert [r[1].id for r in made.rows] == ["Perempuan", "Laki-laki"]


def test_table_of_regression(sample):
    made = cg.table(cg.survey_regression("tan1 ~ age + sex", sample))
    assert [r[0].en for r in made.rows] == ["(Intercept)", "Age in years", "Sex: Male"]


def test_picture_shows_each_domain(sample):
    found = cg.survey_estimates(sample, "tan1", by="district")
    picture = cg.plot(found)
    panel = picture.axes[0]
    assert [t.get_text() for t in panel.get_yticklabels()] == list(found.table["group"])
    marks = [float(line.get_xdata()[0]) for line in panel.lines if line.get_marker() == "o"]
    assert marks == pytest.approx(list(found.table["estimate"]))


def test_text_names_no_proof(sample):
    told = cg.narrate(cg.survey_regression("tan1 ~ age", sample))
    assert "not enough evidence" in told
    many = cg.narrate(cg.survey_estimates(sample, ["tan1", "tan2", "tan3"], by="district"), "id")
    assert "interval yang bertumpang tindih tidak menunjukkan" in many
