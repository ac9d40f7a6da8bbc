"""Small cells in tables for publication: none is shown, none can be computed from what is."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.present.tables.suppression import hidden


@pytest.mark.parametrize(
    ("counts", "out"),
    [
        ([10, 20, 30], set()),
        ([3, 20, 30], {0, 1}),  # the smallest other goes with it
        ([3, 4, 30], {0, 1}),
        ([1, 2, 30, 9], {0, 1, 3}),  # two that stand for three respondents together
        ([0, 3, 30], {1, 2}),
        ([3], {0}),
        ([2, 1], {0, 1}),
        ([0, 0], set()),
        ([3, 0, 0], {0, 1, 2}),
    ],
)
def test_which_cells_are_hidden(counts: list[int], out: set[int]) -> None:
    assert hidden(counts, 5) == out


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(0, 7))
def test_no_small_cell_is_shown_or_computable(counts: list[int], least: int) -> None:
    out = hidden(counts, least)
    assert all(c == 0 or c >= least for i, c in enumerate(counts) if i not in out)
    if out and len(out) < len(counts):
        assert len(out) >= 2 and sum(counts[i] for i in out) >= least
    if not least:
        assert not out


FRAME = pd.DataFrame(
    {
        "q1": [1, 2, 3, 4, 5] * 6,
        "q2": [2, 2, 3, 4, 4] * 6,
        "sex": ["f"] * 20 + ["m"] * 10,
        "city": ["a"] * 15 + ["b"] * 12 + ["c"] * 3,
        "age": [30, 40, 50] * 10,
    }
)


def shown(language: str = "en", **options: object) -> tuple[list[list[str]], str]:
    found = cg.describe(FRAME, items=["q1", "q2"], profile=["sex", "city", "age"])
    made = cg.table(found, "profile", language, **options)
    return [[str(c) for c in row] for row in made.to_frame().to_numpy().tolist()], made.to_text(language)


def test_profile_hides_small_cells_and_one_more() -> None:
    rows, text = shown(min_cell=5)
    by_name = {r[1]: r[2:] for r in rows}
    assert by_name["c"][0] == by_name["b"][0] == "s" and by_name["a"][0] in ("15", "15.0")
    assert by_name["f"][0] in ("20", "20.0") and "fewer than 5 respondents" in text
    assert "10" not in by_name["c"][1] and "kurang dari 5 responden" in shown("id", min_cell=5)[1]


def test_profile_is_whole_without_the_option() -> None:
    rows, text = shown()
    assert {r[1]: r[2] for r in rows}["c"] in ("3", "3.0") and "hidden" not in text
    assert shown(min_cell=0)[0] == rows == shown(min_cell=3)[0]


def test_groups_are_hidden_each_by_itself() -> None:
    found = cg.describe(FRAME, "sex", items=["q1", "q2"], profile=["city", "age"])
    text = cg.table(found, "profile", min_cell=5).to_text()
    assert text.count(" s") >= 2 and "fewer than 5" in text


def test_report_takes_the_option(tmp_path) -> None:
    found = cg.describe(FRAME, items=["q1", "q2"], profile=["city"])
    made = cg.report([found], title="T", min_cell=5, figures=False)
    page = made.save(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "fewer than 5 respondents" in page
    with pytest.raises(cg.OptionError, match="min_cell must be a whole number"):
        cg.report([found], title="T", min_cell=-1)
    with pytest.raises(cg.OptionError, match="min_cell must be a whole number"):
        cg.table(found, "profile", min_cell=True)


def test_table_of_anonymity_in_both_languages(tmp_path) -> None:
    found = cg.k_anonymity(FRAME, ["sex", "city"], k=5)
    assert "Anonymity of the respondents" in cg.table(found).to_text()
    text = " ".join(cg.table(found, language="id").to_text("id").split())
    assert "Anonimitas responden" in text and "Perlu diperkasar atau dikeluarkan, berurutan: city." in text
    assert "Anonimitas" in cg.report([found], title="T", language="id").save(tmp_path / "r.html").read_text(
        encoding="utf-8"
    )
