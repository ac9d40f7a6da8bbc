"""k-anonymity: counted by hand, by its definition, and whatever the order of rows and columns."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import INSTRUMENT

import cgsurvey as cg

FRAME = pd.DataFrame(
    {
        "sex": list("ffffmmmmfm"),
        "age": [20, 20, 20, 20, 20, 20, 20, 20, 60, 60],
        "city": list("aaaabbbbab"),
        "ill": list("xxxxyzyzxy"),
    }
)


def test_smallest_class_and_rows_below_by_hand() -> None:
    got = cg.k_anonymity(FRAME, ["sex", "age", "city"], k=4, sensitive="ill")
    assert (got.k_smallest, got.n_below, got.l_smallest) == (1, 2, 1)
    assert got.glance()[["n", "n_classes", "share_below"]].to_numpy().tolist() == [[10, 4, 0.2]]
    table = got.tidy().set_index("columns")
    assert table.loc["sex + city", ["n_classes", "k_smallest", "n_below"]].tolist() == [2, 5, 0]
    assert table.loc["age", ["n_classes", "k_smallest", "n_below"]].tolist() == [2, 2, 2]
    assert list(table["n_columns"]) == [1, 1, 1, 2, 2, 2, 3]
    each = got.columns.set_index("column")
    assert each.loc["age", ["n_categories", "n_below", "n_below_without"]].tolist() == [2, 2, 0]
    assert each.loc["sex", "n_below_without"] == 2 and got.coarsen == ("age",)
    assert "2 of 10 respondents" in got.notes[0].text and "2 dari 10 responden" in got.notes[0].render("id")
    assert cg.k_anonymity(FRAME, ["sex", "city"], k=5).coarsen == () and not cg.k_anonymity(FRAME, ["sex"]).notes


def test_no_answer_of_a_person_stands_in_the_result() -> None:
    got = cg.k_anonymity(FRAME.assign(office="Dinas Rahasia"), ["office", "age"], k=3)
    assert "Dinas Rahasia" not in got.summary() + repr(got.meta) and "60" not in got.tidy().to_csv()


def test_blank_is_an_answer_of_its_own() -> None:
    got = cg.k_anonymity(FRAME.assign(sex=[None, *FRAME["sex"][1:]]), ["sex"], k=2)
    assert got.k_smallest == 1 and got.notes[0].code == "responses.anonymity_blanks"


def test_questions_of_the_instrument_are_the_default() -> None:
    frame = pd.DataFrame(
        {"role": ["gov", "user"], "age": [30, 40], "tru1": 1, "tru2": 2, "tru3r": 3, "sat1": 1, "sat2": 1}
    )
    got = cg.k_anonymity(cg.read_responses(frame, INSTRUMENT), k=2)
    assert got.columns["column"].tolist() == ["role", "age"] and got.k_smallest == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=25),
    st.integers(2, 6),
    st.randoms(use_true_random=False),
)
def test_definition_and_order(rows: list[tuple[str, str, str]], k: int, random) -> None:
    frame = pd.DataFrame(rows, columns=["x", "y", "z"])
    got = cg.k_anonymity(frame, ["x", "y", "z"], k=k)
    for names in (n for r in (1, 2, 3) for n in combinations("xyz", r)):
        sizes = frame.groupby(list(names)).size()
        row = got.tidy().set_index("columns").loc[" + ".join(names)]
        assert (row["k_smallest"], row["n_below"]) == (sizes.min(), sizes[sizes < k].sum())
    kept = [c for c in "xyz" if c not in got.coarsen]
    assert not kept or frame.groupby(kept).size().min() >= k or len(frame) < k
    order = list(range(len(rows)))
    random.shuffle(order)
    turned = cg.k_anonymity(frame.iloc[order][["z", "x", "y"]], ["z", "x", "y"], k=k)
    assert (turned.k_smallest, turned.n_below) == (got.k_smallest, got.n_below)


def test_wrong_calls() -> None:
    with pytest.raises(cg.OptionError, match="columns must name those"):
        cg.k_anonymity(FRAME)
    with pytest.raises(cg.OptionError, match="k must be a whole number of 2 or more, not 1"):
        cg.k_anonymity(FRAME, ["sex"], k=1)
    with pytest.raises(cg.ColumnNotFoundError, match=r"sexx.*'sex'"):
        cg.k_anonymity(FRAME, ["sexx"])
    with pytest.raises(cg.OptionError, match="both a column"):
        cg.k_anonymity(FRAME, ["sex"], sensitive="sex")
    with pytest.raises(cg.OptionError, match="up to 20"):
        cg.k_anonymity(pd.DataFrame(np.zeros((2, 21))), list(range(21)))
    with pytest.raises(cg.SampleError, match="no respondents"):
        cg.k_anonymity(FRAME.iloc[:0], ["sex"])
