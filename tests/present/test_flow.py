"""F0 and F1: the flow of respondents with the response rate, the conceptual model with its hypotheses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pictured import overlapping, words

import cgsurvey as cg
from cgsurvey.base.errors import OptionError
from cgsurvey.present import diagram, plot, report
from cgsurvey.present.tables.flow import steps
from cgsurvey.responses import Responses, load_sample, screen
from cgsurvey.sem import SemFit

HYPOTHESES = {"H1": "f2 ~ f1 > 0", "H2": "f3 ~ f2 < 0", "H3": "f2 ~ f1 != 0", "H4": "indirect > 0"}


@pytest.fixture(scope="module")
def kept() -> Responses:
    return screen(load_sample("same"), max_missing=0.2, attention=1).keep()


def test_the_flow_adds_up(kept: Responses) -> None:
    found = steps(kept, 900)
    assert [found[0].before, found[0].after] == [900, 600] and found[-1].before == len(kept)
    assert all(a.after == b.before for a, b in pairwise(found))
    assert sum(s.out for s in found) == 900 - len(kept)


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_picture_shows_everyone_who_left(kept: Responses, language: str) -> None:
    picture = plot(kept, "flow", language=language, invited=900)
    said = " ".join(words(picture))
    left = [s.out for s in steps(kept, 900) if s.out]
    assert all(f"n = {n}" in said for n in [900, 600, *left, len(kept)])
    assert {"en": "response rate 66.7%", "id": "tingkat respons 66,7%"}[language] in said
    assert not overlapping(picture) and f"n = {len(kept)}" in picture.alt
    assert "response" not in " ".join(words(plot(kept, language="en")))


def test_the_report_tells_the_response_rate(kept: Responses) -> None:
    made = report({"a": kept}, invited=900, language="id")
    text = " ".join(made.to_text().split())
    assert "Dari 900 orang yang diundang, 66,7% menjawab" in text and "Tingkat respons: 66,7%" in text
    assert [f.title for f in made.figures] == ["Alur responden"] and "Lihat Tabel 1 dan Gambar 1" in text
    assert made.tables[0].to_frame()["n_before"].iloc[0] == 900 and made.verify().clean
    by_name = report({"a": kept, "b": kept.replace(frame=kept.frame.copy())}, invited={"b": 1200}, figures=False)
    assert [t.to_frame()["n_before"].iloc[0] for t in by_name.tables if t.name == "flow"] == [600, 1200]


def test_nobody_left_nothing_is_drawn(sample: Responses) -> None:
    assert not report([sample]).figures


def test_numbers_that_cannot_be_are_refused(kept: Responses) -> None:
    with pytest.raises(OptionError, match=r"invited=10, but 600 people answered"):
        report([kept], invited=10)
    with pytest.raises(OptionError, match=r"invited=100 needs one set of answers among the parts, and there are 2"):
        report([kept, kept], invited=100)
    with pytest.raises(OptionError, match=r"invited= names 'c', but the answers among the parts are: a"):
        report({"a": kept}, invited={"c": 900})


def test_hypotheses_stand_on_their_paths(structured: SemFit) -> None:
    picture = diagram(structured, hypotheses=HYPOTHESES)
    said = words(picture)
    assert "H1 (+), H3" in said and "H2 (−)" in said and not any("*" in w or "R²" in w for w in said)
    assert "Engagement to Motivation: H1 (+), H3." in picture.alt and "dashed" not in " ".join(said)
    assert "H1 (+)" in words(diagram("y ~ x", hypotheses={"H1": "y ~ x > 0"}))
    with pytest.raises(OptionError, match=r"H1: the model has no path 'f3 ~ f11'\. Did you mean 'f3 ~ f1'"):
        diagram(structured, hypotheses={"H1": "f3 ~ f11 > 0"})
    with pytest.raises(OptionError, match=r"H1: 'f3 = f1' is not of the form"):
        diagram(structured, hypotheses={"H1": "f3 = f1"})


def test_the_chapter_opens_with_the_concept(structured: SemFit) -> None:
    made = report([structured], hypotheses={"H1": "f2 ~ f1 > 0"}, language="id")
    assert made.figures[0].title == "Model konseptual dan hipotesis"
    assert "Gambar 1 menunjukkan hipotesis pada jalur-jalur model" in " ".join(made.to_text().split())
    assert cg.report([structured]).figures[0].title != "Conceptual model and hypotheses"
