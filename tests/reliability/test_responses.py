"""Answers read with an instrument: its constructs, its keys, its words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.instrument import Construct, Instrument, Item, Scale
from cgsurvey.responses import Design

FIVE = Scale.between(1, 5)
BLOCKS = {"trust": ("tru1", "tru2", "tru3"), "goals": ("goa1", "goa2"), "alone": ("one1",), "ikm": ("ikm1", "ikm2")}


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    items = tuple(Item(i, FIVE, {"en": i.upper()}, reverse=i == "tru2") for block in BLOCKS.values() for i in block)
    leaves = {
        c: Construct(
            c, {"en": c.title(), "id": f"{c} (id)"}, items=block, kind="composite" if c == "ikm" else "reflective"
        )
        for c, block in BLOCKS.items()
    }
    shared = Construct("motivation", {"en": "Motivation"}, elements=(leaves["trust"], leaves["goals"]))
    return Instrument(
        id="small", title={"en": "Small"}, items=items, constructs=(shared, leaves["alone"], leaves["ikm"])
    )


@pytest.fixture(scope="module")
def answered(instrument) -> cg.Responses:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(150, 1)) + rng.normal(size=(150, 8))
    frame = pd.DataFrame(np.clip(np.round(3 + x), 1, 5), columns=[i for b in BLOCKS.values() for i in b])
    frame["tru2"] = 6 - frame["tru2"]
    return cg.Responses(frame=frame.assign(office="A", w=1.0), instrument=instrument, simulated=True)


def test_constructs_of_the_instrument(answered):
    got = cg.reliability(answered)
    assert got.tidy()["construct"].tolist() == ["trust", "goals"]
    texts = {n.code: n.text for n in got.notes}
    assert texts["reliability.composites_left_out"].endswith(": ikm.")
    assert texts["reliability.single_items_left_out"].endswith(": alone.")
    assert "reliability.negative_items" not in texts  # the reverse item is keyed
    assert (got.items["r_drop"] > 0).all()
    assert got.meta.simulated and got.meta.label("trust", "id") == "trust (id)" and got.meta.label("tru1") == "TRU1"
    assert "alone" not in got.meta.labels


def test_the_same_as_a_frame_that_is_keyed_by_hand(answered):
    by_hand = cg.reliability(answered.keyed, {"trust": ["tru1", "tru2", "tru3"]}).tidy()
    pd.testing.assert_frame_equal(cg.reliability(answered, ["trust"]).tidy(), by_hand)


def test_dimensions_and_composites_can_be_asked_for(answered):
    got = cg.reliability(answered, ["motivation", "ikm"])
    assert got.tidy()["n_items"].tolist() == [5, 2]
    assert "reliability.composite_asked_for" in {n.code for n in got.notes}


def test_items_that_the_file_lacks_are_named(answered):
    fewer = answered.replace(frame=answered.frame.drop(columns=["tru3", "goa1"]))
    got = cg.reliability(fewer)
    assert got.tidy()["construct"].tolist() == ["trust"]
    texts = {n.code: n.text for n in got.notes}
    assert texts["reliability.items_absent"].endswith(": tru3.")
    assert "goals" in texts["reliability.single_items_left_out"]


def test_an_unknown_construct_is_refused_with_the_nearest(answered):
    with pytest.raises(cg.OptionError, match=r"no such construct in 'small': 'trsut'\. Did you mean 'trust'\?"):
        cg.reliability(answered, ["trsut"])


def test_a_file_without_any_construct(instrument):
    with pytest.raises(cg.DataError, match="no reflective construct of 'small' with two items"):
        cg.reliability(
            cg.Responses(frame=pd.DataFrame({"one1": [1.0, 2.0], "ikm1": [1.0, 2.0]}), instrument=instrument)
        )


def test_weights_are_not_used_and_it_is_said(answered):
    weighted = cg.reliability(answered.replace(design=Design(weights="w", cluster="office")))
    plain = cg.reliability(answered)
    pd.testing.assert_frame_equal(weighted.tidy(), plain.tidy())
    made = next(n for n in weighted.notes if n.code == "reliability.design_unused")
    assert "(w, office) are not used" in made.text


def test_questions_asked_of_others_leave_their_rows_out(answered):
    frame = answered.frame.copy()
    frame.loc[:49, ["goa1", "goa2"]] = np.nan
    got = cg.reliability(answered.replace(frame=frame, reasons=None))
    assert got.tidy()["n"].tolist() == [150, 100]
    assert "between 100 and 150 of 150 rows" in next(n.text for n in got.notes if n.code == "reliability.complete_rows")


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_in_there_is_a_number_or_a_reason(seed):
    """Damaged files end in a result whose missing numbers are explained."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.integers(1, 6, size=(int(rng.integers(0, 9)), 5)).astype(float), columns=list("abcde"))
    for name in rng.choice(list("abcde"), 2):
        frame[name] = [np.nan, 3.0, frame["a"], -frame["b"]][int(rng.integers(4))]
    got = cg.reliability(frame, {"block_1": list("abc"), "block_2": list("de"), "block_3": ["a"]})
    explained = " ".join(n.text for n in got.notes)
    numbers = got.tidy().set_index("construct").drop(columns=["n_items", "n"])
    assert [c for c, row in numbers.iterrows() if row.isna().any() and c not in explained] == []
