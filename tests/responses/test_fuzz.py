"""Files that are broken at random: answers, or an error of our own; never another exception, never a silent loss.

Valid files of each format are changed byte by byte, and piece by piece where the format has pieces. The short run is
part of every test run; the long one takes ten minutes per format (`--slow`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyreadstat
import pytest
from broken_files import CHANGE, changed, repacked
from formats import Submissions, as_text, lss, ods, r_syntax
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from test_formats import FIELD, tiny

import cgsurvey as cg
from cgsurvey.responses import read_responses

SHARED = Path(os.environ.get("CGSURVEY_REFERENCE") or Path(__file__).resolve().parents[3] / "shared")
TEXTS = ("kobo names", "kobo labels en in groups", "google id", "limesurvey", "qualtrics words", "redcap")
ZIPS = ("kobo xlsx", "google xlsx", "odk zip", "ods")
BINARIES = ("sav", "zsav", "dta", "parquet", "por")
STRUCTURES = ("R syntax", "lss", "dictionary")
# No library writes the old .xls, so its specimen is a real file.
FORMATS = (*TEXTS, *ZIPS, *BINARIES, *STRUCTURES, pytest.param("xls", marks=pytest.mark.reference))


@cache
def specimens() -> dict[str, tuple[str, bytes]]:
    """Return a valid file of each format: its name and content."""
    made: Submissions = tiny()
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = made.write_all(folder)
        made.codes.to_parquet(folder / "data.parquet")
        files["parquet"] = folder / "data.parquet"
        out = {n: (p.name, p.read_bytes()) for n, p in files.items()}
    with TemporaryDirectory() as name:
        pyreadstat.write_por(pd.DataFrame({"TRU1": [1.0, 2.0], "NAME": ["a", "b"]}), Path(name) / "a.por")
        out["por"] = ("a.por", (Path(name) / "a.por").read_bytes())
    out["ods"] = ("data.ods", ods([list(r) for r in made.google("en")]))
    old = SHARED / "data" / "xlsform" / "pyxform__table-list.xls"
    out["xls"] = ("old.xls", old.read_bytes() if old.is_file() else b"")
    agree = {"1": "No", "5": "Yes"}
    syntax = r_syntax([("id", "id", {}), ("submitdate", "", {}), ("lastpage", "", {}), ("tru_1", "[a] Agree?", agree)])
    out["R syntax"] = ("survey.R", syntax.encode())
    out["lss"] = (
        "survey.lss",
        lss({"tru": ("F", "Agree?", {"a": "x"}, agree), "sex": ("L", "Sex", {}, agree)}).encode(),
    )
    out["dictionary"] = ("dictionary.csv", as_text(made.redcap()[1]).encode())
    return out


def check(name: str, content: bytes, structure: bytes | None = None, source: str = "auto") -> None:
    """Read a file with and without an instrument."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        given = None
        if structure is not None:
            given = Path(folder) / "structure"
            given.write_bytes(structure)
        for instrument in (None, FIELD):
            try:
                data = read_responses(path, instrument, source=source, structure=given, missing_items="allow")
            except cg.CgSurveyError as error:
                assert len(str(error)) > 20
            else:
                assert len(data) > 0 and data.frame.columns.is_unique
                assert data.describe_import()["value"].map(len).max() < 200_000


def fuzz(form: str) -> Callable[[list[tuple[str, float, int, bytes]], float, bool], None]:
    """Return the check of one format under changes; archives are changed inside as well as outside."""
    name, valid = specimens()[form]

    def run(changes: list[tuple[str, float, int, bytes]], member: float, inside: bool) -> None:
        content = repacked(valid, member, changes) if form in ZIPS and inside else changed(valid, changes)
        if form not in STRUCTURES:
            check(name, content)
        else:
            source = "redcap" if form == "dictionary" else "limesurvey"
            data = specimens()["redcap" if form == "dictionary" else "limesurvey"]
            check(data[0], data[1], content, source)
            check(name, content)

    return run


@pytest.mark.parametrize("form", FORMATS)
def test_broken_files_end_in_answers_or_in_our_own_error(form: str) -> None:
    run = fuzz(form)
    search = given(st.lists(CHANGE, min_size=1, max_size=4), st.floats(0, 1), st.booleans())(run)
    few = form in ("sav", "zsav", "xls", "ods")  # each broken one is tried in a second process
    settings(max_examples=8 if few else 25, deadline=None, suppress_health_check=list(HealthCheck), database=None)(
        search
    )()


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_ten_minutes_of_broken_files(form: str) -> None:
    run, began, k = fuzz(form), time.monotonic(), 0
    while time.monotonic() - began < 600:
        search = given(st.lists(CHANGE, min_size=1, max_size=6), st.floats(0, 1), st.booleans())(run)
        k += 1
        seed(k)(
            settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None)(search)
        )()
    assert k
