"""Notes: a code, a level, one sentence per language."""

from __future__ import annotations

import pickle

import pytest

from cgsurvey.base.notes import Note, note


def test_a_note_speaks_both_languages():
    made = note("reliability.negative_alpha", construct="trust", value=-0.1234)
    assert made.level == "serious" and "'trust' is negative (-0.123)" in made.text
    assert made.render("en") == made.text
    assert "bernilai negatif (-0,123)" in made.render("id")
    assert str(made).startswith("[serious] alpha of 'trust'")


def test_a_language_that_the_catalogue_lacks_falls_back_to_english():
    made = note("reliability.one_construct")
    assert made.render("fr") == made.text


def test_unknown_codes_and_missing_values_are_refused():
    with pytest.raises(KeyError, match=r"no note 'reliability\.nonsense'"):
        note("reliability.nonsense")
    with pytest.raises(KeyError, match="no note"):
        note("attic.anything")
    with pytest.raises(KeyError, match="value"):
        note("reliability.negative_alpha", construct="trust")


def test_braces_in_a_value_are_text():
    assert "{x}" in note("reliability.one_item", construct="{x}", item="y").render("id")


def test_a_value_may_have_words_per_language():
    made = note("reliability.one_item", construct={"en": "Trust", "id": "Kepercayaan"}, item={"en": "first"})
    assert "Trust" in made.text and "Kepercayaan" in made.render("id") and "Trust" not in made.render("id")
    assert "first" in made.render("id") and made.render("fr") == made.text


def test_notes_are_values():
    made = note("reliability.one_item", construct="a", item="y")
    assert pickle.loads(pickle.dumps(made)) == made
    assert made == Note(made.level, made.code, made.text)
    with pytest.raises(AttributeError):
        made.level = "info"
