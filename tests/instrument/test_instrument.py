"""`Instrument` in a script: made from items, asked, shown."""

from __future__ import annotations

import doctest

import pytest

import cgsurvey.instrument.instrument as module
from cgsurvey.base.errors import InstrumentError, OptionError
from cgsurvey.base.glossary import unknown_columns
from cgsurvey.instrument import Choice, Construct, Instrument, Item, Question, Roles, Scale, load_instrument

AGREE = Scale.between(1, 5)


def test_from_items() -> None:
    kiosk = Instrument.from_items(
        {"usefulness": ["x1", "x2", "x3"], "reuse": {"y3": "I would use it again.", "y4": "I would recommend it."}},
        scale={"usefulness": (1, 7), "reuse": (1, 5), "x3": Scale.between(0, 10)},
        labels={"usefulness": "Usefulness", "x1": "It is useful."},
        reverse=["x2"],
        id="kiosk",
    )
    assert kiosk.item_names == ("x1", "x2", "x3", "y3", "y4")
    assert [kiosk.item(i).scale.max for i in kiosk.item_names] == [7, 7, 10, 5, 5]
    assert kiosk.labels["x1"] == {"en": "It is useful."} and kiosk.labels["x2"] == {"en": "x2"}
    assert kiosk.labels["y4"] == {"en": "I would recommend it."} and kiosk.labels["usefulness"] == {"en": "Usefulness"}
    assert kiosk.item("x2").reverse and not kiosk.item("x1").reverse
    assert kiosk.asked_of("user") == kiosk.item_names
    # a user's own questionnaire may long have been tried: nothing is said of it, and its file keeps that
    assert kiosk.status == "" and not kiosk.notes
    assert Instrument.from_items({"f": ["a", "b"]}).item("a").scale.scores == (1, 2, 3, 4, 5)


def test_from_items_tells_all_that_is_wrong() -> None:
    with pytest.raises(OptionError) as caught:
        Instrument.from_items({"f": ["x1", "x2"], "g": "x3"}, reverse=["x9"], labels={"ff": "F"}, scale={"x1": (1, 7)})
    told = str(caught.value)
    for expected in (
        "'g' holds the text 'x3' where a list of items belongs",
        "reverse names 'x9'",
        "labels names 'ff', which is not there. Did you mean 'f'?",
        "scale says nothing about 'x2'",
    ):
        assert expected in told
    with pytest.raises(InstrumentError, match="the item 'x1' is there twice"):
        Instrument.from_items({"f": ["x1", "x2"], "g": ["x1", "x3"]})


def test_parts_that_do_not_fit_are_refused_when_the_instrument_is_made() -> None:
    title = {"en": "T"}
    item = Item("a1", AGREE, {"en": "A"})
    with pytest.raises(InstrumentError) as caught:
        Instrument("x y", (item, Item("a1", AGREE, {})), (Construct("c", {"en": "C"}, items=("a1", "a2")),))
    told = str(caught.value)
    assert told.startswith("instrument 'x y' has ")
    for expected in (
        "title: is missing",
        "'x y' cannot be an id",
        "the item 'a1' is there twice",
        "items.a1.label: is missing",
        "no item 'a2'",
    ):
        assert expected in told
    with pytest.raises(InstrumentError, match=r"cannot be used: default_language: 'id' is not among the languages en"):
        Instrument("x", (item,), title=title, default_language="id")
    other = Item("a2", Scale("scale_1_5", (Choice("1", 1.0), Choice("2", 2.0))), {"en": "B"})
    with pytest.raises(InstrumentError, match="two different scales are named 'scale_1_5'"):
        Instrument("x", (item, other), title=title)
    with pytest.raises(InstrumentError, match=r"questions.sex: a question of type 'one' needs choices"):
        Instrument("x", (item,), title=title, demographics=(Question("sex", {"en": "Sex"}, "one"),))
    role = Question("role", {"en": "Role"}, "one", Scale("role", (Choice("gov", label={"en": "Gov"}),), "nominal"))
    with pytest.raises(
        InstrumentError, match=r"roles: 'gvo' is none of the choices of 'role': gov. Did you mean 'gov'"
    ):
        Instrument("x", (item,), title=title, demographics=(role,), roles=Roles("role", ("gvo",)))
    deep = Construct(
        "a", {"en": "A"}, (Construct("b", {"en": "B"}, (Construct("a", {"en": "A"}, items=("a1",)),) * 2),) * 2
    )
    with pytest.raises(InstrumentError, match="a cycle: 'a' is an element of itself"):
        Instrument("x", (item,), (deep,), title=title)


def test_scales_with_words() -> None:
    scale = Scale("s", (Choice("1", 1.0), Choice("2", 2.5), Choice("9")), missing=("9",))
    assert (scale.scores, scale.min, scale.max) == ((1.0, 2.5), 1.0, 2.5)
    assert Scale.between(-3, 3).scores == (-3, -2, -1, 0, 1, 2, 3) and Scale.between(-3, 3).name == "scale_m3_3"


def test_a_value_may_stand_for_both_roles() -> None:
    roles = Roles("role", ("gov", "both"), ("user", "both"))
    assert roles.of("gov") == ("partner",) and roles.of("both") == ("partner", "user") and roles.of("x") == ()


def test_lookups_name_the_nearest() -> None:
    psq = load_instrument("psq")
    with pytest.raises(InstrumentError, match=r"no item 'rel4'. Did you mean 'rel4r'"):
        psq.item("rel4")
    with pytest.raises(InstrumentError, match=r"no construct 'service_qualty'. Did you mean 'service_quality'"):
        psq.construct("service_qualty")
    assert psq.construct("psq_empathy").items == ("emp1", "emp2", "emp3", "emp4r")
    assert psq.construct("service_quality").all_items == psq.item_names


def test_describe_is_the_table_of_items() -> None:
    one = load_instrument("en_dynamics")
    table = one.describe()
    assert not unknown_columns(table.columns)
    row = table.set_index("item").loc["pe_def4r"]
    assert row["wording"].startswith("Setiap instansi") and row["dimension"] == "Penggerakan prinsip bersama"
    assert bool(row["reverse"]) and row["scale"] == "agree5 (1-5)" and row["source"] == "Emerson et al. (2012)"
    assert one.describe("en").set_index("item").loc["pe_def4r", "construct"] == "Definition"
    assert len(table) == 43 and table.set_index("item").loc["att1", "construct"] == ""


def test_html_is_safe() -> None:
    bad = "<script>alert(1)</script>"
    shown = Instrument.from_items({"f": {"x1": bad, "x2": "b"}}, title=bad)._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert (
        "belum diuji" in load_instrument("psq")._repr_html_()
        and repr(load_instrument("psq")) == "<Instrument psq 0.1.0: 20 items, 5 constructs>"
    )


def test_examples_of_the_docstrings() -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0 and found.failed == 0
