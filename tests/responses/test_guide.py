"""The guide "My file does not load" quotes messages as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from formats import write_sheets
from reading import TRUST, write

import cgsurvey as cg
from cgsurvey.responses import read_responses

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "files.md"
GOOD = "tru1;tru2;tru3\n"


def csv(text: str) -> Callable[[Path], Path]:
    return lambda folder: write(folder, text, "survey.csv")


def locked(folder: Path) -> Path:
    path = folder / "locked.xlsx"
    stream = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream + bytes(3000))
    return path


FILES: tuple[Callable[[Path], Path], ...] = (
    lambda f: write_sheets(f / "survey.xlsx", {"raw": [["tru1"], ["1"]], "clean": [["tru1"], ["1"]]}),
    csv("Pertanyaan 1;Pertanyaan 2;Pertanyaan 3\n1;2;3\n"),
    csv("tru1;tru2;kepercayaan\n1;2;3\n"),
    csv(GOOD + "1;2;3\n7;1;2\n4;7;1\n"),
    csv(GOOD + "1;2;3\nSetju;1;2\n"),
    csv("tru1;g/tru1;tru2;tru3\n1;;3;4\n;2;3;4\n"),
    csv("tru1,tru2,tru3,remark\n1,2,3,good\n1,2,3,slow, and rude\n4,5,1,fine\n2,2,2,ok\n"),
    csv(GOOD),
    lambda f: write_sheets(f / "form.xlsx", {"survey": [["type", "name"]], "choices": [["list_name", "name"]]}),
    locked,
)


@pytest.mark.parametrize("number", range(1, 11))
def test_messages_of_the_guide_are_real(tmp_path: Path, number: int) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    part = re.split(r"^### \d+\. ", text, flags=re.MULTILINE)[number]
    quoted = next(line[2:] for line in part.splitlines() if line.startswith("> "))
    with pytest.raises(cg.CgSurveyError) as caught:
        read_responses(FILES[number - 1](tmp_path), TRUST)
    assert str(caught.value) == quoted
