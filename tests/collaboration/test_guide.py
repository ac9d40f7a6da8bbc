"""The guide to the collaboration room: its code runs, and prints what the page shows."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "collaboration.md"


def test_the_guide_prints_what_it_shows() -> None:
    blocks = re.findall(r"```(python|text)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.S)
    space: dict[str, Any] = {}
    printed, compared = "", 0
    for kind, text in blocks:
        if kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(text, space)
            printed = out.getvalue()
        else:
            assert [line.rstrip() for line in printed.splitlines()] == text.splitlines()
            compared += 1
    assert compared == 7
