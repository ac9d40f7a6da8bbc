"""Groups are shown by the words of their answers in the reader's language; `tidy()` keeps the codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

import cgsurvey as cg
from cgsurvey.base.errors import OptionError
from cgsurvey.base.result import Meta, group_words, load_result
from cgsurvey.present.figures.plot import drawers
from cgsurvey.present.tables.style import makers
from cgsurvey.sem.hypotheses import test_hypotheses as decide

WORDS = {"en": ("Female", "Male"), "id": ("Perempuan", "Laki-laki")}


@pytest.fixture(scope="module")
def answers() -> cg.Responses:
    return cg.load_sample()


@pytest.fixture(scope="module")
def names(answers) -> tuple[list[str], str, str]:
    """Items, a model of two constructs and its path, of what the sample holds."""
    first, second = [c for c in answers.instrument.leaf_constructs if len(c.items) >= 3][:2]
    lines = "\n".join(f"{c.id} =~ {' + '.join(c.items[:3])}" for c in (first, second))
    return list(first.items[:3]), lines, f"{second.id} ~ {first.id}"


MAKE: dict[str, Callable[[cg.Responses, tuple[list[str], str, str]], Any]] = {
    "compare_groups": lambda a, n: cg.compare_groups(a, n[0][:1], by="sex"),
    "crosstab": lambda a, n: cg.crosstab(a, "sex", "area"),
    "ikm": lambda a, n: cg.ikm(a, by="sex"),
    "describe": lambda a, n: cg.describe(a, by="sex", items=n[0], constructs=[]),
    "service_quality": lambda a, n: cg.service_quality(a, by="sex"),
    "normality": lambda a, n: cg.normality(a, items=n[0], by="sex"),
    "survey_estimates": lambda a, n: cg.survey_estimates(a, n[0][:1], by="sex"),
    "representativeness": lambda a, n: cg.representativeness(a, {"sex": {"female": 0.5, "male": 0.5}}),
    "invariance": lambda a, n: cg.invariance(n[1], a, group="sex", levels=("configural", "metric")),
    "sem": lambda a, n: cg.sem(f"{n[1]}\n{n[2]}", a, group="sex"),
    "hypotheses": lambda a, n: decide(cg.sem(f"{n[1]}\n{n[2]}", a, group="sex"), {"H1": f"{n[2]} > 0"}),
}


def shown(x: Any, language: str) -> Iterator[str]:
    """All that a reader sees: tables, figures with their alternative texts, narration, notes."""
    for kind in makers(x):
        try:
            yield cg.table(x, kind=kind, language=language).to_text(language)
        except OptionError:
            continue
    try:
        pictures = drawers(x, language)
    except OptionError:
        pictures = {}
    for draw in pictures.values():
        picture = draw()
        yield " ".join(t.get_text() for t in picture.findobj(Text))
        yield picture.alt
        plt.close(picture)
    yield str(cg.narrate(x, language=language))
    yield from (n.render(language) for n in x.notes)


@pytest.mark.parametrize("name", MAKE)
def test_groups_bear_words_in_both_languages(name, answers, names):
    x = MAKE[name](answers, names)
    for language, words in WORDS.items():
        text = "\n".join(shown(x, language))
        assert any(w in text for w in words), f"{name}: no group is named in {language}"
        assert not re.search(r"\b(female|male|regency)\b", text), f"{name}: a code stands in {language}"


def test_tidy_tables_keep_the_codes(answers, names):
    for name in ("ikm", "describe", "service_quality", "survey_estimates"):
        frame = MAKE[name](answers, names).tidy()
        assert {"female", "male"} <= set(frame["group" if "group" in frame else "sex"])


def test_panels_of_a_diagram_are_named_by_words(answers, names):
    fit = cg.cfa(names[1], answers, group="sex")
    assert fit.meta.groups == ("female", "male") or fit.meta.groups == ("male", "female")
    for language, words in WORDS.items():
        picture = cg.diagram(fit, language=language)
        text = {t.get_text() for t in picture.findobj(Text)}
        assert set(words) <= text and words[0] in picture.alt
        plt.close(picture)


def test_the_words_travel_with_a_saved_result(answers, names, tmp_path):
    fit = cg.cfa(names[1], answers, group="sex")
    again = load_result(fit.save(tmp_path / "fit.cgr"))
    assert {again.meta.group(k, "id") for k in (1, 2)} == set(WORDS["id"])


def test_answers_without_words_stand_as_they_are():
    meta = Meta(labels={"sex=1": {"en": "Female", "id": "Perempuan"}}, groups=("1", "2"), options={"group": "sex"})
    assert [meta.group(k, "id") for k in (1, 2)] == ["Perempuan", "2"]
    assert meta.answer("sex", 1) == "Female" and meta.answer("age", 1) == "1"
    told = group_words(meta.labels, ["sex", "area"], [("1", "x"), ("2", "y")], limit=1)
    assert told == {"en": "Female / x and 1 more", "id": "Perempuan / x dan 1 lainnya"}


def test_labels_of_responses_hold_answers_of_columns_that_are_there(answers):
    assert answers.labels["sex=female"] == {"en": "Female", "id": "Perempuan"}
    assert "sex=female" not in answers.replace(frame=answers.frame.drop(columns="sex")).labels
