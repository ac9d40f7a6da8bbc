"""Instrument files that are wrong: one message with all problems, each with its line, its place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cgsurvey.base.data import shipped
from cgsurvey.base.errors import InstrumentError
from cgsurvey.instrument import Instrument

GOOD = """\
id: mine
version: 1.10
title: {en: Mine, id: Milikku}
languages: [en, id]
scale: agree5
constructs:
  trust:
    label: {en: Trust, id: Kepercayaan}
    items: [tr1, tr2r]
items:
  tr1:
    label: {en: I trust them., id: Saya percaya.}
  tr2r:
    reverse: yes
    label: {en: I doubt them., id: Saya ragu.}
"""


def message(tmp_path: Path, text: str, name: str = "mine.yaml") -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_file(tmp_path / name)
    return str(caught.value)


def read(tmp_path: Path, text: str) -> Instrument:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    return Instrument.from_file(tmp_path / "mine.yaml")


def test_a_good_file(tmp_path: Path) -> None:
    one = read(tmp_path, GOOD)
    assert one.version == "1.10" and one.default_language == "en" and one.item("tr2r").reverse
    assert one.item("tr1").scale.name == "agree5" and one.item("tr1").block == "mine"


def test_all_problems_come_in_one_message_with_their_lines(tmp_path: Path) -> None:
    text = (
        GOOD.replace("scale: agree5", "scale: agre5")
        .replace("[tr1, tr2r]", "[tr1, tr3]")
        .replace(", id: Saya ragu.", "")
    )
    told = message(tmp_path, text)
    assert told.startswith("instrument file mine.yaml has ")
    assert "line 11: items.tr1.scale: there is no scale 'agre5'. Did you mean 'agree5'?" in told
    assert "line 9: constructs.trust.items: there is no item 'tr3'. Did you mean 'tr1'?" in told
    assert "line 15: items.tr2r.label: has no words in id" in told


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  tr2r:\n", "  tr1:\n", "line 13: items.tr1: 'tr1' is there twice, first in line 11"),
        (
            "reverse: yes",
            "revers: yes",
            "line 14: items.tr2r.revers: there is no field 'revers'. Did you mean 'reverse'?",
        ),
        ("reverse: yes", "reverse: perhaps", "items.tr2r.reverse: 'perhaps' is neither true nor false"),
        (
            "reverse: yes",
            "role: attention",
            "items.tr2r.role: 'attention' is not known. Did you mean 'attention_check'? Allowed: item",
        ),
        (
            "reverse: yes",
            "role: attention_check",
            "items.tr2r.expected: an attention check names the choice that is right",
        ),
        ("reverse: yes", 'expected: "2"', "only an attention check has an expected answer"),
        ("version: 1.10\n", "", "line 1: version: is missing."),
        (
            "languages: [en, id]",
            "languages: english",
            "line 4: languages: a list, e.g. [a, b] belongs here, not a text",
        ),
        ("languages: [en, id]", "languages: [English]", "'English' is no language code; write e.g. en or id"),
        ("  tr2r:", "  2tr:", "'2tr' cannot be the name of an item: a name begins with a letter"),
        ("  tr2r:", f"  {'a' * 33}:", "cannot be the name of an item"),
        ("  tr2r:", "  tr/2:", "'tr/2' cannot be the name of an item"),
        ("  trust:", "  tr1:", "constructs.tr1: the name 'tr1' is that of an item too (items.tr1)"),
        ("[tr1, tr2r]", "[tr1, tr2r, tr1]", "the item 'tr1' belongs to 'trust' already"),
        ("    items: [tr1, tr2r]\n", "", "constructs.trust: has neither elements nor items"),
        (
            "    label: {en: Trust, id: Kepercayaan}\n",
            "",
            "line 7: constructs.trust.label: is missing; give it in en, id",
        ),
        ("[tr1, tr2r]", "{a: 1}", "constructs.trust.items: a list, e.g. [a, b] belongs here, not fields"),
        ("scale: agree5", "respondent: citizen", "respondent: 'citizen' is not known. Allowed: partner, user"),
        ("scale: agree5", "include: [mine]", "a cycle: mine.yaml > mine.yaml"),
        ("scale: agree5", "include: [en_dynamic]", "there is no instrument 'en_dynamic'. Did you mean 'en_dynamics'?"),
        ("scale: agree5", "include: [{from: psq, items: [tan9]}]", "'psq' has no item 'tan9'. Did you mean 'tan"),
        ("scale: agree5", "roles: {column: rol}", "roles.column: there is no question 'rol'"),
    ],
)
def test_each_problem_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert expected in message(tmp_path, GOOD.replace(old, new))


ELEMENTS = """\
    elements:
      a: {label: {en: A, id: A}, items: [tr1]}
      b: {label: {en: B, id: B}, items: [tr2r]}
"""


def test_trees_of_constructs(tmp_path: Path) -> None:
    items = "    items: [tr1, tr2r]\n"
    assert [c.id for c in read(tmp_path, GOOD.replace(items, ELEMENTS)).leaf_constructs] == ["a", "b"]
    assert "a cycle: 'trust' is an element of itself (trust > trust)" in message(
        tmp_path, GOOD.replace(items, ELEMENTS.replace("      a:", "      trust:"))
    )
    assert "has both elements and items" in message(tmp_path, GOOD.replace(items, ELEMENTS + items))
    one = "    elements:\n      a: {label: {en: A, id: A}, items: [tr1, tr2r]}\n"
    assert "has one element ('a')" in message(tmp_path, GOOD.replace(items, one))
    told = message(tmp_path, GOOD.replace(items, items + "    reliability: 1.7\n"))
    assert "1.7 is no reliability" in told and "of one item only" in told


SCALE = """\
scales:
  mood:
    choices:
      no: {score: 1, label: {en: No, id: Tidak}}
      on: {score: 2, label: {en: On, id: Nyala}, aliases: [n]}
      y: {score: 3, label: {en: Yes, id: Ya}}
      98: {label: {en: Not asked, id: Tidak ditanya}}
    missing: [98]
"""


def test_choice_names_are_taken_as_written(tmp_path: Path) -> None:
    scale = read(tmp_path, GOOD.replace("scale: agree5\n", "scale: mood\n" + SCALE)).item("tr1").scale
    assert [c.name for c in scale.choices] == ["no", "on", "y", "98"] and scale.missing == ("98",)
    assert scale.choice("no").label == {"en": "No", "id": "Tidak"} and scale.scores == (1, 2, 3)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("missing: [98]", "missing: [99]", "'99' is none of the choices no, on, y, 98"),
        ("score: 2", "score: 1", "scores must rise from the first choice to the last; they are 1, 1, 3"),
        ("score: 2", "score: two", "'two' is no number"),
        ("{score: 3, ", "{", "scales.mood.choices.y: has no score"),
        ("aliases: [n]", "aliases: [NO]", "'NO' already means the choice 'no'; one spelling has one meaning"),
        ("      y: ", '      "y y": ', "cannot be the name of a choice"),
        ("    choices:\n", "    type: nominal\n    choices:\n", "is nominal: its choices have no order"),
        ("    choices:\n", "    range: [5, 1]\n    choices:\n", "give `range: [lowest, highest]`"),
    ],
)
def test_scales_that_are_wrong(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in SCALE
    assert expected in message(tmp_path, GOOD.replace("scale: agree5\n", "scale: mood\n" + SCALE.replace(old, new)))


def test_scales_are_looked_up_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "scales.yaml").write_text("scales:\n  agree5: {range: [0, 10]}\n  seven: {range: [1, 7]}\n")
    assert read(tmp_path, GOOD).item("tr1").scale.max == 10
    assert read(tmp_path, GOOD.replace("agree5", "seven")).item("tr1").scale.scores == (1, 2, 3, 4, 5, 6, 7)
    assert read(tmp_path, GOOD.replace("agree5", "agree4")).item("tr1").scale.max == 4


MODELS = """\
models:
  A1:
    title: {en: One, id: Satu}
    measurement: direct
    constructs: [trust]
    hypotheses: {H1: trust ~ nothing > 0, H2: trust bigger}
  A2:
    title: {en: Two, id: Dua}
    like: A11
    measurement: second
    syntax: trust ~ age
  first_order:
    title: {en: Three, id: Tiga}
"""


def test_models_that_are_wrong(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD + MODELS)
    for expected in (
        "line 21: models.A1.hypotheses.H1: 'nothing' does not occur in the model",
        "models.A1.hypotheses.H2: 'trust bigger' cannot be read",
        "line 24: models.A2.like: there is no model 'A11' above. Did you mean 'A1'?",
        "models.first_order: 'first_order' is a kind of model that the package writes itself",
        "models.first_order: is empty",
    ):
        assert expected in told


def test_cycle_of_two_files(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(
        GOOD.replace("id: mine", "id: other").replace("scale: agree5", "include: [mine]")
    )
    told = message(tmp_path, GOOD.replace("scale: agree5", "include: [other]"))
    assert "a cycle: mine.yaml > other.yaml > mine.yaml" in told


def test_an_item_of_two_included_files(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD.replace("scale: agree5", "scale: agree5\ninclude: [psq, {from: psq, items: [tan1]}]"))
    assert "the item 'tan1' is there twice; names are unique in an instrument and all that it includes" in told


def test_problems_of_an_included_file_are_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(GOOD.replace("id: mine", "id: other").replace("agree5", "agree6"))
    told = message(tmp_path, GOOD.replace("scale: agree5", "include: [other]\nscal: agree5"))
    assert "mine.yaml, line 6: scal: there is no field 'scal'. Did you mean 'scale'?" in told
    assert "other.yaml, line 11: items.tr1.scale: there is no scale 'agree6'" in told
    mine = GOOD.replace("tr1", "xy1").replace("tr2r", "xy2r").replace("trust:", "faith:")
    told = message(tmp_path, mine.replace("scale: agree5", "include: [other]\nscale: agree9"))
    assert "other.yaml, line 11: items.tr1.scale: there is no scale 'agree6'" in told
    assert "mine.yaml, line 12: items.xy1.scale: there is no scale 'agree9'" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "mine.yaml is empty"),
        ("# nothing\n", "mine.yaml is empty"),
        ("just words", "mine.yaml holds a text where fields such as `id:`"),
        ("- a\n- b\n", "mine.yaml holds a list where fields"),
        ("id: [1, 2\nitems: x", "mine.yaml, line 2, column 6: this is no YAML"),
        ("id: \tx\n\tversion: 1", "this is no YAML"),
        (
            "id: !!python/object/apply:os.system ['true']",
            "the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed",
        ),
        ("a: &a [1]\nb: *a", "anchors and aliases (&, *) are not allowed"),
        ("a: &a [*a]", "anchors and aliases (&, *) are not allowed"),
        ("? [a, b]\n: c", "a field has one word as its name"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than any instrument"),
        ("a: " + "[" * 100_000, "mine.yaml"),
        ("id: a\x00b", "this is no YAML"),
    ],
)
def test_what_is_no_instrument_file(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in message(tmp_path, text)


def test_growing_aliases_do_not_grow(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))
    assert "anchors and aliases" in message(tmp_path, bomb)


def test_other_encodings_and_absent_files(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("id: é".encode("latin-1"))
    with pytest.raises(InstrumentError, match="cannot be read as UTF-8 text"):
        Instrument.from_file(tmp_path / "latin.yaml")
    with pytest.raises(InstrumentError, match="there is no file"):
        Instrument.from_file(tmp_path / "absent.yaml")
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert Instrument.from_file(tmp_path / "bom.yaml").id == "mine"


LINES = (shipped("instruments") / "outcome.yaml").read_text(encoding="utf-8").splitlines()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, len(LINES) - 1),
    said=st.one_of(
        st.sampled_from(LINES),
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20),
        st.sampled_from(
            [
                "items:",
                "  items: 3",
                "- x",
                "null",
                "  : :",
                "{",
                "include: [.]",
                "scale: [1]",
                "models: {M1: {like: M1}}",
            ]
        ),
    ),
)
def test_nothing_but_the_typed_error_escapes(tmp_path: Path, cut: int, said: str) -> None:
    file = tmp_path / "fuzzed.yaml"
    file.write_bytes("\n".join([*LINES[:cut], said, *LINES[cut + 1 :]]).encode("utf-8"))
    try:
        assert Instrument.from_file(file).languages
    except InstrumentError as error:
        assert "fuzzed.yaml" in str(error)
