"""Correlation matrices by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.errors import ColumnNotFoundError
from cgsurvey.moments.correlations import correlation_matrix

HERE = Path(__file__).parents[1] / "reference"
GOLDEN = json.loads((HERE / "ordinal.json").read_text())
DATA, HOLES = (pd.read_csv(HERE / f"ordinal{name}.csv") for name in ("", "_holes"))
MIXED, ORDERED = ["u", "a", "b", "v", "c"], ["a", "b", "c"]


def golden(case: str) -> np.ndarray:
    """Correlations below the diagonal, by columns, of the variables u, a, b, v, c."""
    s = np.array(GOLDEN[case]["s"])
    j, i = np.triu_indices(5, 1)
    sd = np.ones(5)
    sd[[0, 3]] = np.sqrt(s[-12:-10])
    return s[-10:] / (sd[i] * sd[j])


@pytest.mark.parametrize(
    ("case", "frame", "options"),
    [
        ("mixed", DATA[MIXED], {}),
        ("weights", DATA[[*MIXED, "w"]], {"weights": "w"}),
        ("holes", HOLES[MIXED], {"missing": "pairwise"}),
    ],
)
def test_lavaan(case, frame, options):
    matrix, _ = correlation_matrix(frame, ORDERED, **options)
    assert list(matrix) == list(matrix.index) == MIXED
    j, i = np.triu_indices(5, 1)
    np.testing.assert_allclose(matrix.to_numpy()[i, j], golden(case), atol=1e-7)


def test_numbers_have_pearsons_correlation():
    matrix, notes = correlation_matrix(DATA[MIXED])
    np.testing.assert_allclose(matrix, DATA[MIXED].corr(), atol=1e-12)
    assert not notes


def test_what_was_done_is_said():
    _, notes = correlation_matrix(HOLES[ORDERED], True)
    assert next(n.code for n in notes) == "moments.listwise_loss"
    with pytest.raises(ColumnNotFoundError, match="'aa'"):
        correlation_matrix(DATA[MIXED], ["aa"])


def test_ordered_categories_of_pandas():
    words = DATA[ORDERED].apply(lambda c: pd.Categorical(c.map("kind {}".format), ordered=True))
    pd.testing.assert_frame_equal(correlation_matrix(words, True)[0], correlation_matrix(DATA[ORDERED], True)[0])
