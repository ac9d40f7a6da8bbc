"""The page of agreement is what its script writes from the battery that stands beside the repository."""

from __future__ import annotations

import json
import re
import warnings

import make_validation as made
import pytest

PAGE = (made.HERE / "agreement.md").read_text(encoding="utf-8")
QUICK = {"moderation", "reliability", "factors", "raters", "validity", "normality", "survey"}
ROWS = {words: row for row in re.findall(r"^\| (.+) \|$", PAGE, re.M) if (words := row.split(" | ")[0])}


def written(family: str) -> list[str]:
    return ROWS[made.FAMILIES[family]].split(" | ")


def same(found: dict[str, made.Tally], families: set[str]) -> None:
    """Cases, numbers and what lies apart are those of the page; digits of rounding may differ between machines."""
    for family in families:
        tally, cells = found[family], written(family)
        assert [str(tally.cases), str(tally.numbers), str(len(tally.beyond))] == [cells[2], cells[3], cells[-1]], family
        for kind, cell in zip(made.KINDS, cells[4:8], strict=True):
            assert (kind in tally.largest) == bool(cell.strip()), (family, kind)
            if cell.strip():
                assert tally.largest[kind] <= 10 * float(cell) + 1e-9, (family, kind)


@pytest.mark.reference
def test_small_families_are_as_the_page_says(shared):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = made.tallies(shared / "reference" / "dev", QUICK)
    same(found, QUICK)
    assert not any(t.beyond for t in found.values())


@pytest.mark.slow
@pytest.mark.reference
def test_all_families_are_as_the_page_says(shared):
    found = made.tallies(shared / "reference" / "dev")
    assert set(found) == set(made.FAMILIES)
    same(found, set(found))
    total = re.search(r"(\d+) numbers of (\d+) cases", PAGE)
    assert [int(n) for n in total.groups()] == [
        sum(t.numbers for t in found.values()),
        sum(t.cases for t in found.values()),
    ]


@pytest.mark.reference
def test_no_model_of_the_battery_is_left_out(shared):
    cases = [json.loads(p.read_text()) for p in (shared / "reference/dev/cases").glob("*.json")]
    for family in {c["family"] for c in cases} & set(made.FAMILIES):
        assert written(family)[2] == str(sum(c["family"] == family and made.usable(c) for c in cases)), family


def test_what_lies_apart_is_explained():
    explained = (made.HERE / "validation.md").read_text(encoding="utf-8") + PAGE.split("| case |")[0]
    apart = re.findall(r"^\| `(\w+)` \|", PAGE, re.M)
    assert apart and [name for name in apart if f"`{name}`" not in explained] == []
