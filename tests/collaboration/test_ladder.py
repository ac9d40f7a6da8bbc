"""The ladder between partners: closed values, bad input, order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

COLUMNS = ["of", "about", "wog_step"]


def ratings(*rows: tuple[str, str, object]) -> pd.DataFrame:
    told = [("a", "b", 4), ("a", "b", 6), ("a", "b", 9), ("b", "a", 6), ("a", "c", "Dialog"), ("c", "a", 4)]
    return pd.DataFrame([*told, *rows], columns=COLUMNS)


def test_matrix_by_hand():
    found = cg.ladder(ratings(), "of", "about", partners=["a", "b", "c", "d"])
    expected = [[np.nan, 6, 2, np.nan], [6, np.nan, np.nan, np.nan], [4, np.nan, np.nan, np.nan], [np.nan] * 4]
    np.testing.assert_array_equal(found.matrix.to_numpy(), expected)
    assert (found.exact_agreement, found.near_agreement, found.mean) == (0.5, 0.5, 4.0)
    steps = found.steps.set_index("step")
    assert steps["density"].loc[["1", "2", "3", "6", "7"]].tolist() == pytest.approx([2 / 6, 2 / 6, 1 / 6, 1 / 6, 0])
    assert steps["count"].sum() == found.glance()["n_pairs"].iloc[0] == 2
    of_a = found.partners.set_index("partner").loc["a"]
    assert (of_a["out_strength"], of_a["in_strength"], of_a["mean"], of_a["n_pairs"]) == (8, 10, 4, 2)
    assert found.notes[0].code == "collaboration.silent_partner" and "d" in found.notes[0].text


def test_order_of_rows_and_of_partners_does_not_matter():
    a = cg.ladder(ratings(), "of", "about")
    b = cg.ladder(ratings().iloc[::-1], "of", "about", partners=["c", "a", "b"])
    pd.testing.assert_frame_equal(a.matrix, b.matrix.loc[a.matrix.index, a.matrix.columns])
    pd.testing.assert_frame_equal(a.steps, b.steps)
    pd.testing.assert_frame_equal(a.glance(), b.glance())


def test_bad_input_is_named():
    with pytest.raises(cg.CodingError, match=r"cannot rate itself: 'c' \(row 6\)"):
        cg.ladder(ratings(("c", "c", 3)), "of", "about")
    with pytest.raises(cg.CodingError, match=r"'wog_step' holds 10 \(row 6\)"):
        cg.ladder(ratings(("c", "b", 10)), "of", "about")
    with pytest.raises(cg.CodingError, match="lacks names that the data hold: 'dinas b'"):
        cg.ladder(ratings(("dinas b", "a", 1)), "of", "about", partners=["a", "b", "c"])
    with pytest.raises(cg.ColumnNotFoundError, match="abuot"):
        cg.ladder(ratings(), "of", "abuot")
    with pytest.raises(cg.OptionError, match="same column"):
        cg.ladder(ratings(), "of", "of")
    with pytest.raises(cg.OptionError, match="twice"):
        cg.ladder(ratings(), "of", "about", partners=["a", "b", "c", "a"])
    with pytest.raises(cg.SampleError, match="no row has a step"):
        cg.ladder(ratings().assign(about=None), "of", "about")
    blank = cg.ladder(ratings(("b", " ", 3)), "of", "about")
    assert blank.meta.n == 6 and blank.notes[0].code == "collaboration.pair_blank"
