"""The page of agreement is what its script writes from the battery that stands beside the repository."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import make_validation as made
import pytest
from compared import golden
from compared.battery import Case, Number, Part, Tally, count, difference
from compared.families import FAMILIES, FIELDS, FILES
from compared.problems import behaviours

PAGE = (made.HERE / "agreement.md").read_text(encoding="utf-8")
ROWS = {row.split(" | ")[0]: row.split(" | ") for row in re.findall(r"^\| (.+) \|$", PAGE, re.M)}
TESTS = Path(__file__).parent
# what takes less than a few seconds; all families are compared with --slow
QUICK = {
    *("moderation", "saturated", "mcar_test", "multiple_imputation", "polychoric", "psych_polychoric", "problem"),
    *("reliability", "splits", "one_factor", "second_order", "glb_fa", "validity", "raters", "adequacy", "extraction"),
    *(
        "psych_minima",
        "rotation",
        "rules",
        "hierarchy",
        "normality",
        "correlations",
        "distances",
        "survey",
        "composites",
    ),
}


def same(found: made.Found) -> None:
    """Cases, numbers and what lies apart are those of the page; digits of rounding may differ between machines."""
    for family, tally in found.tallies.items():
        cells = ROWS[FAMILIES[family].words]
        assert [str(tally.cases), str(tally.numbers), str(len(tally.beyond))] == [cells[2], cells[3], cells[-1]], family
        for kind, cell in zip(made.KINDS, cells[4:8], strict=True):
            assert (kind in tally.largest) == bool(cell.strip()), (family, kind)
            if cell.strip():
                largest, limit = re.fullmatch(r"(\S+) \((\S+)\)", cell.strip()).groups()
                assert tally.largest[kind] <= min(10 * float(largest) + 1e-9, FAMILIES[family].limits[kind])
                assert float(limit) == pytest.approx(FAMILIES[family].limits[kind])


@pytest.mark.reference
def test_quick_families_are_as_the_page_says(shared):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = made.tallies(shared / "reference" / "dev", QUICK)
    assert set(found.tallies) == QUICK
    same(found)


@pytest.mark.slow
@pytest.mark.reference
def test_all_families_are_as_the_page_says(shared):
    battery = shared / "reference" / "dev"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = made.tallies(battery)
    assert set(found.tallies) == set(FAMILIES)
    same(found)
    total = re.search(r"(\d+) numbers of (\d+) cases \((\d+) files\)", PAGE)
    tallies = found.tallies.values()
    assert [int(n) for n in total.groups()] == [
        sum(t.numbers for t in tallies),
        sum(t.cases for t in tallies),
        len(found.read),
    ]
    # every field of a file that was read is compared, or the page says why not
    assert {what for _, what in found.unread() if made.reason(FIELDS, what) is None} == set()
    left = {n for n in made.files_of(battery) if n.split("/")[1] not in found.read and made.reason(FILES, n) is None}
    assert left == set()


@pytest.mark.reference
def test_no_file_of_the_battery_is_left_out(shared):
    """Each file belongs to a case of some family, or the page says why it has none."""
    battery = shared / "reference" / "dev"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        named = {case.name.split(",")[0] for case in made.cases(battery)}
    for name in made.files_of(battery):
        assert name.split("/")[1] in named or made.reason(FILES, name), name
    assert all(f"`{n}`" in PAGE for n in made.files_of(battery) if made.reason(FILES, n) and "prob_" not in n)


@pytest.mark.reference
def test_problems_are_as_the_page_says(shared):
    found = [[f"`{b.name}`", b.title, b.lavaan, b.ours] for b in behaviours(shared / "reference" / "dev")]
    assert len(found) > 10 and [ROWS[row[0]] for row in found if row[0] != "`prob_all_missing_row`"] == [
        row for row in found if row[0] != "`prob_all_missing_row`"
    ]
    refused = [row for row in found if row[2] == "an error"]
    assert refused and all(row[3].endswith("Error`") for row in refused)


def test_what_lies_apart_is_explained():
    explained = (made.HERE / "validation.md").read_text(encoding="utf-8")
    part = PAGE.split("## Beyond the tolerance")[1].split("##")[0]
    apart = re.findall(r"^\| `(\w+)` \|", part, re.M)
    assert apart and [name for name in apart if f"`{name}`" not in explained] == []


def test_every_reason_and_family_stands_on_the_page():
    assert all(f.words in ROWS for f in FAMILIES.values())
    for why, patterns in (FILES | FIELDS).items():
        if "by behaviour" not in why:
            assert f"{why} |" in PAGE
        assert patterns
    for patterns in FIELDS.values():
        assert all(f"`{p}`" in PAGE for p in patterns)


def test_golden_values_of_the_repository_stand_on_the_page():
    stems = {p.stem for p in golden.FOLDER.glob("*.json")} - {"partable_models"}
    assert stems == set(golden.GOLDEN)
    for row in golden.rows():
        assert ROWS[row[0]] == [str(x) for x in row], row[0]
    for stem, told in golden.GOLDEN.items():
        text = (TESTS / f"{told.tests}.py").read_text(encoding="utf-8")
        assert golden.SCRIPTS.get(stem, stem) in text, stem
        assert all(number in text for number in re.findall(r"\d+e-\d+", told.tolerance)), stem


def test_a_difference_and_what_is_unread():
    assert difference(Number("estimates", "a", 1.1, 1.0)) == pytest.approx(0.1)
    assert difference(Number("estimates", "a", 0.001, 0.0)) == pytest.approx(0.1)  # in units of .01
    assert difference(Number("estimates", "a", 3.0, 2.0, 4.0)) == pytest.approx(0.25)
    assert difference(Number("estimates", "a", None, 2.0)) == float("inf")
    content = Part({"a": 1, "b": Part({"c": 2, "d": None, "e": 3}), "f": 4})
    assert content["b"]["c"] + content.get("a") == 3
    assert list(content.unread()) == ["b.e", "f"]
    tally = Tally()
    pairs = [Number("estimates", "one", 1 + 1e-8, 1.0), Number("estimates", "two", 5, None)]
    count(Case("x", "good", content, iter(pairs)), {"estimates": 1e-6}, tally)
    count(Case("x", "bad", content, iter([Number("estimates", "three", 2.0, 1.0)])), {"estimates": 1e-6}, tally)
    assert (tally.cases, tally.numbers, tally.beyond) == (2, 2, {"bad": (["three"], 1.0)})
    assert tally.largest["estimates"] == pytest.approx(1e-8)
