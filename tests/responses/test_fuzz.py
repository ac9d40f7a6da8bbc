"""Files that are broken at random: answers, or an error of our own; never another exception, never a silent loss.

Valid files of each format are changed byte by byte, and piece by piece where the format has pieces. The short run is
part of every test run; the long one takes ten minutes per format (`--slow`).
"""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyreadstat
import pytest
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

PIECES = st.sampled_from(
    [
        *(b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b";", b",", b"\t", b"\r", b"\n", b"\r\n", b"=1+1"),
        *(b"<b>", b"&amp;", b"]]>", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"-99", b"1e400", b".a"),
        *(b"99999999999999999999", b"\xff" * 8, b"\x00" * 8, b"\x7f\xff\xff\xff", b"A" * 10_000, b"[", b"]", b"/"),
        *(b'{"ImportId":"QID1"}', b"Timestamp", b"KEY", b"PARENT_KEY", b"_index", b"submitdate", b"\xf0\x9f\x92\xa9"),
    ]
)  # fmt: skip
CHANGE = st.tuples(
    st.sampled_from(["set", "insert", "delete", "double", "cut", "swap"]),
    st.floats(0, 1, allow_nan=False),
    st.integers(0, 200),
    PIECES | st.binary(max_size=8),
)


def changed(content: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """Return content with each change made at a place given as a share of its length."""
    for what, place, size, piece in changes:
        at = int(place * len(content))
        if what == "set":
            content = content[:at] + piece + content[at + len(piece) :]
        elif what == "insert":
            content = content[:at] + piece + content[at:]
        elif what == "delete":
            content = content[:at] + content[at + size :]
        elif what == "double":
            content = content[:at] + content[at : at + 20 * size] + content[at:]
        elif what == "cut":
            content = content[: max(at, 1)]
        else:
            content = (
                content[:at] + content[at + size : at + 2 * size] + content[at : at + size] + content[at + 2 * size :]
            )
    return content


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


def repacked(content: bytes, member: float, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """Return an archive with one of its members changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = names[min(int(member * len(names)), len(names) - 1)]
        for name in names:
            new.writestr(name, changed(old.read(name), changes) if name == chosen else old.read(name))
    return out.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_broken_files_end_in_answers_or_in_our_own_error(form: str) -> None:
    run = fuzz(form)
    search = given(st.lists(CHANGE, min_size=1, max_size=4), st.floats(0, 1), st.booleans())(run)
    settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)(search)()


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
