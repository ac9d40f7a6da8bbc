"""The neutral table: what it checks, what it prints, what it hands out as data."""

import math
from dataclasses import FrozenInstanceError, replace

import pandas as pd
import pytest
from lxml import html

from cgsurvey.base.errors import OptionError
from cgsurvey.base.references import rule
from cgsurvey.present import Table
from cgsurvey.present.table import Cell, Spanner, Words, guideline, words


def test_it_is_frozen(example: Table) -> None:
    with pytest.raises(FrozenInstanceError):
        example.title = Words("", "")  # type: ignore[misc]


def test_it_prints_per_language(example: Table) -> None:
    en, id_ = example.grid("en"), example.grid("id")
    assert (en.title, id_.title) == ("Loadings", "Muatan")
    assert en.body[0] == "Trust" and id_.body[0] == "Kepercayaan"
    shown = [[c.full for c in r] for r in en.body if not isinstance(r, str)]
    assert shown == [
        ["x1", ".812 ✓", ".70", ".90", "< .001"],
        ["x2", ".310 ✗ (a)", ".10", ".50", ".040"],
        ["Second", "–", "", ".50", "–"],
    ]
    assert [c.full for c in id_.body[1]] == ["x1", "0,812 ✓", "0,70", "0,90", "< 0,001"]  # type: ignore[union-attr]
    assert [r[0].indent for r in en.body if not isinstance(r, str)] == [1, 2, 1]
    assert en.spanners == ((2, 2, "95% CI"),)


def test_remarks_say_simulated_first_and_give_the_guideline_with_its_source(example: Table) -> None:
    en, id_ = example.grid("en").remarks, example.grid("id").remarks
    assert en[0].lead == "Note." and en[0].text.startswith("Simulated data, not a field result. A note.")
    assert "Loading ✓ ≥ .708 (~ ≥ .50): Hair et al. (2019) (guideline, not law)." in en[0].text
    assert "≥ 0,708 (~ ≥ 0,50): Hair dkk. (2019) (pedoman, bukan hukum)." in id_[0].text
    assert (en[1].lead, en[1].text) == ("a", "Weak.")


def test_rules_of_one_source_are_told_together_and_own_cutoffs_as_such() -> None:
    cfi, tli = rule("cfi"), rule("tli")
    assert cfi and tli
    [told] = guideline((cfi, tli, replace(cfi, measure="ave", good=0.6, fair=None, source="")), "en")
    assert told.count("Hu & Bentler (1999)") == 1
    assert "AVE ✓ ≥ .60: chosen for this study" in told


def test_the_frame_holds_machine_numbers(example: Table) -> None:
    frame = example.to_frame("id")
    assert list(frame.columns) == ["section", "item", "loading", "ci_lower", "ci_upper", "p"]
    assert frame["loading"].iloc[0] == 0.812 and frame["p"].iloc[0] == 0.0001
    assert frame["item"].iloc[2] == "Kedua" and set(frame["section"]) == {"Kepercayaan"}


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_styler_prints_what_the_table_prints_and_holds_what_the_frame_holds(example: Table, language: str) -> None:
    styler, grid = example.to_styler(language), example.grid(language)
    pd.testing.assert_frame_equal(styler.data, example.to_frame(language))
    first = styler.data.shape[1] - len(grid.heads)
    page = html.fromstring(styler.to_html())
    printed = [[c.text_content() for c in row.findall("td")][first:] for row in page.iterfind(".//tbody/tr")]
    assert printed == [[c.full for c in row] for row in grid.body if not isinstance(row, str)]
    assert [h.text_content() for h in page.iterfind(".//thead/tr/th")][first:] == list(grid.heads)


def test_all_that_does_not_fit_together_is_told_at_once(example: Table) -> None:
    with pytest.raises(OptionError) as caught:
        Table(
            "T1",
            "x",
            words(""),
            example.columns[:2],
            (("a",), ("b", Cell(1.0, mark="z"))),
            groups={9: words("g")},
            spanners=(Spanner(words("s"), ("item", "nowhere")),),
        )
    for part in ("row 0 has 1 cells", "group heading at row 9", "spanner 's'", "footnote 'z' is missing"):
        assert part in str(caught.value)


def test_a_data_frame_becomes_a_table_with_the_words_of_the_glossary() -> None:
    frame = pd.DataFrame(
        {"item": ["a", None], "alpha": [0.8, math.nan], "seen": [True, False], "k": [1, 2], "own": [1.5, 2.5]}
    )
    made = Table.from_frame(frame, title="T")
    assert [c.kind for c in made.columns] == ["text", "coefficient", "flag", "count", "number"]
    assert [[c.full for c in r] for r in made.grid("id").body] == [
        ["a", "0,80", "Ya", "1", "1,50"],
        ["", "–", "Tidak", "2", "2,50"],
    ]


def test_text_has_three_rules_and_wraps_long_wordings(example: Table) -> None:
    wide = replace(example, rows=(("word " * 30, 0.5, 0.1, 0.2, 0.5),), groups={}, indents={}, footnotes={})
    lines = wide.to_text().splitlines()
    assert sum(set(line) == {"─"} for line in lines) == 3
    assert max(map(len, lines)) < 90
    assert " ".join(wide.to_text().split()).count("word") == 30
