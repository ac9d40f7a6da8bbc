"""Forms that are broken at random: an instrument that can be written again, or an error of our own."""

from __future__ import annotations

import io
import os
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from broken_files import CHANGE, changed, repacked
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st

from cgsurvey import Instrument, InstrumentError
from cgsurvey.instrument import Choice, Construct, Item, Question, Roles, Scale

SHARED = Path(os.environ.get("CGSURVEY_REFERENCE") or Path(__file__).resolve().parents[3] / "shared")
SAID = ["", "select_one yn", "select_multiple yn or_other", "begin group", "end group", "begin_repeat", "end_repeat"]
SAID += ["text", "integer", "calculate", "start", "note", "yes", "no", "likert", "table-list", "user", "partner", "1"]
SAID += ["${consent} = 'yes'", "${a} = 'x' or (${b}", "not(selected(${who}, 'user'))", "${who} != 'user'", ")", "and"]
SAID += ["type", "name", "label", "label::id", "hint::en", "relevant", "constraint", "list_name", "ends", "score"]
CELL = st.one_of(
    st.sampled_from(SAID),
    st.integers(-3, 99),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
)
SHEETS = ("survey", "survey", "choices", "settings", "cgsurvey")
CELLS = st.lists(st.tuples(st.sampled_from(SHEETS), st.integers(1, 12), st.integers(1, 16), CELL), max_size=12)


YN = Scale("yn", (Choice("yes", label={"en": "Yes"}), Choice("no", label={"en": "No"})), "nominal")
WHO = Scale("who", (Choice("gov"), Choice("user")), "nominal")
SMALL = Instrument(
    "small",
    (
        Item("a", Scale.between(1, 5, "agree"), {"en": "A"}, respondent="user", block="small", hint={"en": "Think."}),
        Item("b", Scale.between(1, 5, "agree"), {"en": "B"}, reverse=True, respondent="user", block="small"),
    ),
    (Construct("c", {"en": "C"}, items=("a", "b")),),
    title={"en": "Small"},
    demographics=(
        Question("consent", {"en": "Consent"}, "one", YN, ends=("no",), block="small"),
        Question("who", {"en": "Who"}, "one", WHO, block="small"),
        Question("age", {"en": "Age"}, "integer", constraint=". >= 17", relevant="${who} = 'user'", block="small"),
    ),
    roles=Roles("who", ("gov",), ("user",)),
)


@cache
def form() -> bytes:
    """Return a small valid form with all that is read: roles, ends, hints, conditions."""
    with TemporaryDirectory() as folder:
        return SMALL.to_xlsform(Path(folder) / "form.xlsx").read_bytes()


def check(content: bytes, name: str = "form.xlsx") -> Instrument | None:
    """Read a form, and write what was read."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            one = Instrument.from_xlsform(path)
        except InstrumentError as error:
            assert len(str(error)) > 20 and "form" in str(error)
            return None
        assert all(n.render("id") and n.text for n in one.remarks)
        try:
            again = one.to_xlsform(Path(folder) / "again.xlsx")
        except InstrumentError as error:
            assert "as a form" in str(error)
            return one
        assert Instrument.from_xlsform(again) == one
        return one


def broken_cells(cells: list[tuple[str, int, int, object]]) -> None:
    """Check a form in which single cells were overwritten."""
    book = openpyxl.load_workbook(io.BytesIO(form()))
    for sheet, row, column, value in cells:
        cell = book[sheet].cell(row, column, value)
        if isinstance(value, str):
            cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    check(out.getvalue())


def broken_bytes(changes: list[tuple[str, float, int, bytes]], member: float, inside: bool) -> None:
    """Check a form whose bytes were changed, in the archive or in one of its members."""
    check(repacked(form(), member, changes) if inside else changed(form(), changes))


QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


def test_the_form_is_valid() -> None:
    assert check(form()) == SMALL


@settings(max_examples=25, **QUIET)
@given(CELLS)
@example([("cgsurvey", 7, 1, "")])
def test_broken_cells(cells: list[tuple[str, int, int, object]]) -> None:
    broken_cells(cells)


@settings(max_examples=25, **QUIET)
@given(st.lists(CHANGE, min_size=1, max_size=4), st.floats(0, 1), st.booleans())
def test_broken_bytes(changes: list[tuple[str, float, int, bytes]], member: float, inside: bool) -> None:
    broken_bytes(changes, member, inside)


@pytest.mark.reference
@settings(max_examples=10, **QUIET)
@given(st.lists(CHANGE, min_size=1, max_size=4))
def test_broken_bytes_of_the_old_format(changes: list[tuple[str, float, int, bytes]]) -> None:
    check(changed((SHARED / "data" / "xlsform" / "pyxform__table-list.xls").read_bytes(), changes), "old.xls")


@pytest.mark.slow
@pytest.mark.parametrize("cells", [True, False])
def test_ten_minutes_of_broken_forms(cells: bool) -> None:
    began, k = time.monotonic(), 0
    while time.monotonic() - began < 600:
        k += 1
        how = settings(max_examples=200, **QUIET)
        if cells:
            seed(k)(how(given(CELLS)(broken_cells)))()
        else:
            drawn = given(st.lists(CHANGE, min_size=1, max_size=6), st.floats(0, 1), st.booleans())
            seed(k)(how(drawn(broken_bytes)))()
    assert k
