"""Narration: the same facts in both languages, every number from the result, nothing claimed that was not shown."""

import re
from collections.abc import Mapping
from dataclasses import replace
from string import Formatter

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import note
from cgsurvey.present import narrate
from cgsurvey.present.narration.of_responses import design_of
from cgsurvey.present.narration.sentences import Sentence, catalogue, paragraphs, say
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.style import Style
from cgsurvey.reliability import reliability, validity
from cgsurvey.responses import Responses, describe, link, load_sample, screen
from cgsurvey.sem import SemFit, cfa, mediation, sem
from cgsurvey.sem.hypotheses import test_hypotheses as decide

from .conftest import MEASUREMENT


def placeholders(text: str) -> list[str]:
    counted = ((name, "count" if "|" in (spec or "") else spec) for _, name, spec, _ in Formatter().parse(text))
    return sorted(f"{name}:{spec}" for name, spec in counted if name)


def test_both_catalogues_say_the_same_facts() -> None:
    en, id_ = catalogue("en"), catalogue("id")
    assert list(en) == list(id_)
    for key in en:
        assert placeholders(en[key]) == placeholders(id_[key]), key
        assert en[key] != id_[key] and en[key].rstrip('"')[-1] in ".}", key


def test_terms_and_notes_are_in_both_languages() -> None:
    groups = package_yaml("present/terms.yaml")
    for entries in (*groups.values(), package_yaml("present/notes.yaml")):
        for key, words in entries.items():
            assert words["en"] and words["id"], key
            assert placeholders(words["en"]) == placeholders(words["id"]), key


def test_no_sentence_claims_that_there_is_no_effect() -> None:
    for text in (*catalogue("en").values(), *catalogue("id").values()):
        assert not re.search(r"\bno effect\b|has no influence|tidak berpengaruh|tidak ada pengaruh", text), text


def test_a_null_path_lacks_evidence_in_both_languages(structured: SemFit) -> None:
    row = structured.tidy().query("lhs == 'f3' and rhs == 'f1'").iloc[0]
    assert row["p_value"] > 0.05
    en, id_ = narrate(structured), narrate(structured, "id")
    assert "For the path from Engagement to Service quality there is not enough evidence" in en
    assert "Untuk jalur dari Keterlibatan ke Mutu layanan belum cukup bukti" in id_
    assert f"p = {show(row['p_value'], 'p')}" in en and f"p = {show(row['p_value'], 'p', 'id')}" in id_
    assert "Higher Motivation goes with higher Service quality" in en


def test_a_path_that_is_not_in_the_model_is_not_called_unclear(answers: pd.DataFrame) -> None:
    fit = sem(MEASUREMENT + "\nf2 ~ f1\nf3 ~ f2", answers)
    found = mediation(fit, seed=1)
    en, id_ = narrate(found), narrate(found, "id")
    assert "The model has no direct path from f1 to f3." in en
    assert "Model tidak memuat jalur langsung dari f1 ke f3." in id_
    assert "For a direct effect of f1" not in en and "–" not in en


def test_text_calls_itself_a_draft(structured: SemFit) -> None:
    assert narrate(structured).startswith("Draft text")
    assert narrate(structured, "id").startswith("Teks draf")


def known(values: object, language: str) -> set[str]:
    """All numbers of a sentence as they may be printed."""
    if isinstance(values, Mapping):
        return {n for v in values.values() for n in known(v, language)}
    if isinstance(values, list | tuple):
        return {n for v in values for n in known(v, language)}
    if isinstance(values, bool | str) or not isinstance(values, int | float | np.number):
        return set(re.findall(r"\d+(?:[.,]\d+)*", values.of(language) if hasattr(values, "of") else str(values)))
    return {
        re.sub(r"[<>− ]", "", show(values, kind, language, digits))
        for kind in ("coefficient", "number", "p", "count", "share", "statistic")
        for digits in (None, 1, 3)
    }


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_number_comes_from_the_result(
    measured: SemFit, structured: SemFit, answers: pd.DataFrame, language: str
) -> None:
    results = [
        measured,
        structured,
        validity(measured),
        describe(answers),
        reliability(answers, {"f1": ["x1", "x2", "x3"]}),
    ]
    fixed = {"90", "95", "1", ".10", "0,10", "10"}  # levels of intervals, bounds that a sentence names
    for result in results:
        for sentences in paragraphs(result, Style()).values():
            for sentence in sentences:
                words = re.sub(r"[A-Za-z]+\d+", "", say(sentence, language))
                found = set(re.findall(r"(?<![\w.])[.]?\d+(?:[.,]\d+)*", words))
                assert found <= known(sentence.values, language) | fixed, (sentence.key, found)


@pytest.mark.parametrize(
    ("rmsea", "said"),
    [
        (0.03, "all of them are good"),
        (0.07, "not all are good; marginal: RMSEA"),
        (0.2, "poor by RMSEA: look at local fit"),
    ],
)
def test_fit_is_judged_and_the_next_step_named(structured: SemFit, rmsea: float, said: str) -> None:
    good = {"cfi": 0.97, "tli": 0.96, "srmr": 0.04, "rmsea": rmsea}
    changed = replace(structured, fit_measures=pd.concat([structured.fit_measures.drop(list(good)), pd.Series(good)]))
    assert said in narrate(changed)
    ordinal = replace(changed, options=replace(changed.options, estimator="DWLS"))  # type: ignore[arg-type]
    assert "no established cut-off" in narrate(ordinal) and "poor" not in narrate(ordinal).partition("Standardised")[0]


def test_what_did_not_converge_is_not_interpreted(structured: SemFit) -> None:
    text = narrate(replace(structured, converged=False))
    assert "did not converge; nothing of this model may be interpreted" in text and "Higher" not in text


def test_weak_items_are_named_with_a_remedy(measured: SemFit, answers: pd.DataFrame) -> None:
    assert "The loadings of z4 are below the lower guideline" in narrate(measured)
    found = reliability(answers, {"f3": ["z1", "z2", "z3", "z4"]})
    text = narrate(found, "id")
    assert "Alpha akan naik tanpa z4" in text and "IK 95%" in text


def test_validity_names_the_pair(measured: SemFit) -> None:
    found = validity(measured)
    top = found.htmt.where(np.tril(np.ones(found.htmt.shape, dtype=bool), -1)).max().max()
    assert f"ratio is {show(top, 'coefficient')}" in narrate(found)
    close = replace(found, htmt=found.htmt.where(found.htmt == 1, 0.95))
    assert "above the guideline: the respondents hardly tell the two apart" in narrate(close)


def test_hypotheses_are_decided_one_by_one(structured: SemFit) -> None:
    found = decide(structured, {"H1": "f2 ~ f1 > 0", "H2": "f3 ~ f1 > 0", "H3": "f3 ~ f2 < 0"})
    text = narrate(found)
    assert "1 of 3 hypotheses" in text
    assert "H1 (Engagement → Motivation) is supported" in text
    assert "For H2 (Engagement → Service quality) there is not enough evidence" in text
    assert "H3 (Motivation → Service quality) is contradicted" in text


def test_screening_tells_the_next_step(sample: Responses) -> None:
    found = screen(sample, max_missing=0.2, attention=1)
    n = int(found.glance()["n_flagged"].iloc[0])
    assert f"Of 80 respondents, {n} (" in narrate(found) and "with and without the flagged" in narrate(found)
    assert "simulated" in narrate(found)


def test_the_design_says_what_it_can_show(sample: Responses) -> None:
    assert design_of(sample).key == "responses.design_same"
    assert "cannot separate a relation from what a common source" in narrate(sample)
    rng = np.random.default_rng(1)
    office = np.repeat([f"o{i}" for i in range(20)], 5)
    people = pd.DataFrame(
        {"t1": rng.integers(1, 6, 100).astype(float), "t2": rng.integers(1, 6, 100).astype(float), "office": office}
    )
    users = pd.DataFrame({"s1": rng.integers(1, 6, 100).astype(float), "office": office})
    linked = link(people, users, on="office", constructs={"trust": ["t1", "t2"]})
    assert design_of(linked).key == "responses.design_linked"
    assert "dirata-ratakan per office" in narrate(linked, "id")
    assert linked.linkage is not None
    gate = narrate(linked.linkage)
    assert (
        "By office, 20 units were linked, with 100 partners and 100 users" in gate
        and "treat relations between units as exploratory" in gate
    )
    alone = sample.replace(instrument=None)
    assert design_of(alone).key == "responses.design_one"


def test_warnings_are_part_of_the_text(answers: pd.DataFrame) -> None:
    fit = cfa("f1 =~ x1 + x2 + x3 + x4", answers)
    serious = replace(fit, notes=(note("present.small_cells", n=2, least=5), note("present.no_hypotheses")))
    assert "Caution: The profile of respondents has 2 categories" in narrate(serious)
    assert "Perhatian: Profil responden memuat 2 kategori" in narrate(serious, "id")
    assert "exploratory" not in narrate(serious)


def test_lists_are_cut_and_joined_per_language() -> None:
    names = [f"x{i}" for i in range(8)]
    assert "x0, x1, x2, x3, x4, and 3 more" in say(Sentence("items.poor", {"items": names}), "en")
    assert "x0 dan x1;" in say(Sentence("items.poor", {"items": names[:2]}), "id")


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(OptionError, match="nothing can be told about a list"):
        narrate([])
    with pytest.raises(OptionError, match="language='fr'"):
        narrate([], "fr")


def test_a_notebook_shows_paragraphs():
    told = narrate(describe(load_sample()))
    assert isinstance(told, str)
    assert told._repr_html_().count("<p>") == told.count("\n\n") + 1
