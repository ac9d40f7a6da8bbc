from __future__ import annotations

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import cgsurvey as cg

nan = np.nan


def answers(**columns: list[float]) -> cg.Responses:
    return cg.Responses(frame=pd.DataFrame(columns, dtype=float), instrument=linked_survey.survey())


def test_element_is_the_mean_of_keyed_items_and_dimension_the_mean_of_elements():
    r = answers(tru1=[5], tru2=[4], tru3r=[1], com1=[2], com2=[nan], com3=[2])
    s = cg.score(r)
    assert s.columns.tolist() == ["motivation", "trust", "commitment"]
    assert s.loc[0, "trust"] == pytest.approx((5 + 4 + 5) / 3)
    assert s.loc[0, "commitment"] == 2
    # Mean of elements, not of items: that of the five answers would be 3.6.
    assert s.loc[0, "motivation"] == pytest.approx((14 / 3 + 2) / 2)


def test_min_valid_counts_items_of_an_element_and_elements_of_a_dimension():
    r = answers(tru1=[5, 5], tru2=[nan, 4], tru3r=[nan, nan], com1=[nan, nan], com2=[nan, nan], com3=[nan, nan])
    s = cg.score(r, min_valid=0.5)
    assert np.isnan(s.loc[0, "trust"])
    assert s.loc[1, "trust"] == 4.5
    assert s.loc[1, "motivation"] == 4.5
    assert np.isnan(cg.score(r, min_valid=0.6).loc[1, "motivation"])
    assert cg.score(r, min_valid=0).loc[0, "trust"] == 5
    assert np.isnan(cg.score(r, min_valid=0).loc[0, "commitment"])


def test_items_that_the_file_lacks_count_as_not_answered():
    s = cg.score(answers(cap1=[5.0]))
    assert np.isnan(s.loc[0, "capacity"])
    assert cg.score(answers(cap1=[5.0], cap2=[4.0])).loc[0, "capacity"] == 4.5


def test_levels_and_sums():
    r = answers(tru1=[5], tru2=[4], tru3r=[1], com1=[2], com2=[nan], com3=[2], cap1=[1], cap2=[1], cap3=[1], cap4=[3])
    assert cg.score(r, level="element").columns.tolist() == ["trust", "commitment", "capacity"]
    assert cg.score(r, level="dimension").columns.tolist() == ["motivation", "capacity"]
    assert cg.score(r, ["trust"]).columns.tolist() == ["trust"]
    # A sum stands for all items, so that a gap does not lower it.
    assert cg.score(r, "commitment", method="sum").loc[0, "commitment"] == 6
    assert cg.score(r, method="sum").loc[0, "capacity"] == 6


def test_a_data_frame_needs_a_mapping_and_keeps_its_index():
    frame = pd.DataFrame({"a": [1.0, 2], "b": [3.0, nan], "text": ["x", "y"]}, index=["p", "q"])
    s = cg.score(frame, {"A": ["a", "b"]})
    assert s["A"].to_dict() == {"p": 2.0, "q": 2.0}
    with pytest.raises(cg.OptionError, match="constructs are not known without an instrument"):
        cg.score(frame)
    with pytest.raises(cg.ColumnNotFoundError, match=r"'bb'. Did you mean 'b'\?"):
        cg.score(frame, {"A": ["a", "bb"]})
    with pytest.raises(cg.CodingError, match="'text': 'x'"):
        cg.score(frame, {"A": ["a", "text"]})


def test_bad_options_are_named():
    r = answers(cap1=[1.0], cap2=[1.0], cap3=[1.0], cap4=[1.0])
    with pytest.raises(cg.OptionError, match=r"what is not known: 'capacty'. Did you mean 'capacity'\?"):
        cg.score(r, ["capacty"])
    with pytest.raises(cg.ColumnNotFoundError, match="tru1"):
        cg.score(r, ["trust"])
    with pytest.raises(cg.OptionError, match="method='total'"):
        cg.score(r, method="total")
    with pytest.raises(cg.OptionError, match="min_valid"):
        cg.score(r, min_valid=1.5)


@given(arrays(float, (6, 4), elements=st.floats(1, 5)), st.permutations(range(6)), st.floats(0.1, 10), st.floats(-5, 5))
@settings(max_examples=25, deadline=None)
def test_scores_follow_rows_and_units(X, order, slope, shift):
    frame = pd.DataFrame(X, columns=list("abcd"))
    A = {"A": list("abcd")}
    s = cg.score(frame, A)["A"]
    np.testing.assert_allclose(cg.score(frame.iloc[list(order)], A)["A"].loc[s.index], s)
    np.testing.assert_allclose(cg.score(shift + slope * frame, A)["A"], shift + slope * s, atol=1e-9)
