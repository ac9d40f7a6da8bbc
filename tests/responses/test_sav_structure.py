"""Files of SPSS whose parts do not agree are tried in a process of their own, as their parser may read beyond them."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import cgsurvey as cg
from cgsurvey.base import apart
from cgsurvey.responses import read_responses
from cgsurvey.responses.readers.sav_structure import agrees

FRAME = pd.DataFrame({"tru1": [1.0, 2.0, np.nan] * 10, "long": ["x" * 300, "y", ""] * 10, "c": ["é"] * 30})


def sav(path: Path, **options: bool) -> bytes:
    labels = {"column_labels": {"tru1": "Trust"}, "variable_value_labels": {"tru1": {1: "No", 2: "Yes"}}}
    pyreadstat.write_sav(FRAME, path, **labels, missing_ranges={"tru1": [98, {"lo": 90, "hi": 95}]}, **options)
    return path.read_bytes()


@pytest.mark.parametrize("options", [{}, {"row_compress": True}, {"compress": True}])
def test_whole_files_agree(tmp_path: Path, options: dict[str, bool]) -> None:
    content = sav(tmp_path / "a.sav", **options)
    assert agrees(content)
    assert not agrees(content[:150])
    assert not agrees(content[:400])
    assert not agrees(b"")


@pytest.mark.reference
def test_files_of_other_programs_agree(shared: Path) -> None:
    files = sorted((shared / "data" / "spss_stata").glob("*.sav"))
    assert len(files) >= 7
    assert all(agrees(f.read_bytes()) for f in files)


@pytest.mark.parametrize(
    ("place", "value"), [(68, 5), (72, 7), (80, 7_890_276), (80, 29), (176 + 4, 999), (176 + 12, 9)]
)
def test_a_number_that_does_not_fit(tmp_path: Path, place: int, value: int) -> None:
    content = bytearray(sav(tmp_path / "a.sav"))
    content[place : place + 4] = struct.pack("<i", value)
    assert not agrees(bytes(content))


@pytest.mark.parametrize("variable", [0, 2, 3, 999, -1])
def test_labels_of_a_variable_that_cannot_have_them(tmp_path: Path, variable: int) -> None:
    content = sav(tmp_path / "a.sav")
    labels = struct.pack("<3i", 4, 1, 1)
    assert content.count(labels) == 1
    assert not agrees(content.replace(labels, struct.pack("<3i", 4, 1, variable)))


@pytest.mark.parametrize(("place", "change"), [(0, 1), (8, 8), (16, 24), (-8, 1), (-4, -1), (-16, 2), (-24, 5)])
def test_packed_blocks_that_do_not_follow(tmp_path: Path, place: int, change: int) -> None:
    content = bytearray(sav(tmp_path / "a.sav", compress=True))
    begin = content.index(struct.pack("<2i", 999, 0)) + 8
    at = begin + place if place >= 0 else len(content) + place
    form = "<q" if place in (0, 8, 16, -16, -24) else "<i"
    was = struct.unpack_from(form, content, at)[0]
    struct.pack_into(form, content, at, was + change if place != -8 else 1 << 30)
    assert not agrees(bytes(content))


def test_a_text_without_its_rest(tmp_path: Path) -> None:
    content = sav(tmp_path / "a.sav")
    rest = struct.pack("<4i", 2, -1, 0, 0)
    at = content.index(rest)
    assert not agrees(content[:at] + content[at + 32 :])


def test_a_file_that_ends_its_parser_is_told(tmp_path: Path) -> None:
    content = bytearray(sav(tmp_path / "a.sav"))
    (tmp_path / "b.sav").write_bytes(content[: len(content) - 2000])
    with pytest.raises(cg.DataError, match="b\\.sav cannot be read as an SPSS file"):
        read_responses(tmp_path / "b.sav")


def test_what_a_trial_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    assert apart.tried("import sys; assert sys.stdin.buffer.read() == b'x' and sys.argv[1:] == ['y']", b"x", "y") == ""
    assert apart.tried("import os; os.abort()") == "ended"
    if sys.platform == "linux":
        assert apart.tried("bytearray(4 * 2**30)") == "ended"
    monkeypatch.setattr(apart, "_SECONDS", 0.2)
    assert apart.tried("import time; time.sleep(20)") == "slow"
    monkeypatch.setattr(apart.sys, "executable", "/no/such/python")
    assert apart.tried("") == ""


def test_a_trial_that_ends_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(sav(tmp_path / "a.sav"))
    assert len(read_responses(tmp_path / "a.sav")) == 30
    content[80:84] = struct.pack("<i", 31)
    (tmp_path / "a.sav").write_bytes(content)
    monkeypatch.setattr(apart, "tried", lambda *_: "ended")
    with pytest.raises(cg.DataError, match="its records do not agree with one another"):
        read_responses(tmp_path / "a.sav")
