"""Errors are told in the language of a report: a code has a sentence per language, others that of their class."""

from __future__ import annotations

import ast
import pickle
import re
import string
from pathlib import Path

import pytest

import cgsurvey as cg
from cgsurvey.base import errors
from cgsurvey.base.data import package_yaml, read_yaml
from cgsurvey.base.errors import BLANK, CgSurveyError, OptionError, SampleError, bullets, hint, said
from cgsurvey.base.options import choose, fraction, whole

PACKAGE = Path(cg.__file__).resolve().parent
ENTRIES = {
    f"{file.parent.name}.{code}": entry
    for file in sorted(PACKAGE.glob("*/errors.yaml"))
    for code, entry in read_yaml(file).items()
    if code != "kinds"
}
CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, CgSurveyError)]


def placeholders(text: str) -> set[str]:
    return {re.split(r"[.\[!]", field)[0] for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def made() -> dict[str, list[tuple[str, set[str] | None]]]:
    """Codes that the package makes errors from, with the names of their values; None where these are passed on."""
    found: dict[str, list[tuple[str, set[str] | None]]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            codes = [c.value for c in ast.walk(node.args[0]) if isinstance(c, ast.Constant) and c.value in ENTRIES]
            if name in ("of", "said"):
                names = {k.arg for k in node.keywords}
                for code in codes:
                    found.setdefault(code, []).append((path.name, None if None in names else names))
    return found


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_sentences_name_the_same_values_in_both_languages(code):
    entry = ENTRIES[code]
    assert set(entry) == {"en", "id"} and entry["en"] != entry["id"]
    # A word of English grammar, such as "has" or "have", has no place in the other sentence.
    grammar = {"it", "has", "rows", "variables", "starts", "pairs"}
    assert placeholders(entry["en"]) - grammar == placeholders(entry["id"]) - grammar


def test_every_sentence_is_told_and_gets_its_values():
    calls = made()
    chosen = {"factor.few_rows", "factor.few_complete", "factor.gaps", "sem.absent_items", "sem.absent_variables"}
    assert set(ENTRIES) - set(calls) - chosen == set()
    short = [
        (code, file, placeholders(ENTRIES[code]["en"]) - names)
        for code, places in calls.items()
        for file, names in places
        if names is not None and placeholders(ENTRIES[code]["en"]) - names
    ]
    assert short == []


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_an_error_without_a_code_is_told_by_its_class_and_quoted(cls):
    told = cls("three rows are missing.").render("id")
    assert told.endswith("Pesan program dalam bahasa Inggris: three rows are missing.")
    assert len(told) > 80 and cls("three rows are missing.").render() == "three rows are missing."


def test_sentences_of_classes_differ():
    kinds = package_yaml("base/errors.yaml")["kinds"]
    assert set(kinds) == {c.__name__ for c in CLASSES}
    assert len({k["id"] for k in kinds.values()}) == len(kinds)


def test_an_error_of_a_code_speaks_both_languages_and_survives_process_borders():
    error = SampleError.of("sem.few_rows", n=12, q=30)
    assert str(error).startswith("12 usable rows for 30 free parameters")
    again = pickle.loads(pickle.dumps(error.at("study.toml: [power]")))
    assert str(again).startswith("study.toml: [power] 12 usable rows")
    assert again.render("id").startswith("study.toml: [power] Hanya ada 12 baris")
    assert again.words() == {"en": str(again), "id": again.render("id")}


def test_numbers_and_lists_are_said_in_the_language():
    error = errors.NotPositiveDefiniteError.of("factor.not_definite", what=BLANK, smallest=-0.25, items=["x"] * 10)
    assert "(smallest eigenvalue -0.25); x, x, x, x, x, x, x, x and 2 more stand" in str(error)
    assert "(nilai eigen terkecil -0,25); penyebabnya x, x, x, x, x, x, x, x dan 2 lainnya:" in error.render("id")


def test_a_code_that_no_catalogue_holds_is_a_fault_of_the_package():
    with pytest.raises(KeyError, match=r"no error 'attic\.anything'"):
        said("attic.anything")


def test_arguments_are_refused_in_both_languages():
    with pytest.raises(OptionError) as caught:
        choose("estimator", "MLRR", ("ML", "MLR"))
    assert str(caught.value) == "estimator='MLRR' is not known. Did you mean 'MLR'? Allowed: 'ML', 'MLR'."
    assert caught.value.render("id") == (
        "estimator='MLRR' tidak dikenal. Apakah maksudnya 'MLR'? Yang diperbolehkan: 'ML', 'MLR'."
    )
    with pytest.raises(OptionError) as caught:
        fraction("ci", 95.0)
    assert "harus berada di antara 0 dan 1" in caught.value.render("id")
    with pytest.raises(OptionError) as caught:
        whole("resamples", 2.5)
    assert "bilangan bulat 1 atau lebih" in caught.value.render("id")
    with pytest.raises(OptionError) as caught:
        whole("shift", 0, None)
    assert "harus berupa bilangan bulat." in caught.value.render("id")


def test_hints_and_lists_of_faults():
    assert hint("zzz", ["trust"]) == BLANK and "Apakah maksudnya 'trust'?" in hint("trsut", ["trust"])["id"]
    assert bullets([{"en": "a", "id": "b"}, {"en": "c", "id": "d"}]) == {"en": "\n  - a\n  - c", "id": "\n  - b\n  - d"}


def test_faults_of_a_field_file_are_told_row_by_row():
    answers = cg.load_sample()
    frame = answers.frame.copy()
    frame["pe_dis1"] = frame["pe_dis1"].astype("object")
    frame.loc[frame.index[3], "pe_dis1"] = "entah"
    with pytest.raises(cg.DataError) as caught:
        cg.read_responses(frame, answers.instrument, missing_items="allow")
    told = caught.value.render("id")
    assert "entah" in told and "pe_dis1" in told and told != str(caught.value) and "Pesan program" not in told
