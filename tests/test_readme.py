"""What the README promises: its example runs, its commands are the ones that CI calls, its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_runs_and_draws_its_figure(tmp_path):
    code = re.search(r"```python\n(.*?)```", TEXT, re.S)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 25
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    got = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert got.returncode == 0, got.stderr
    assert "Warning" not in got.stderr
    assert (tmp_path / "structure.svg").stat().st_size > 10_000 and (tmp_path / "bab4.docx").stat().st_size > 10_000
    assert "cfi_robust" in got.stdout and "Teks draf" in got.stdout


def test_the_commands_of_ci_are_those_of_the_readme():
    for name in ("demo", "tests"):
        got = subprocess.run(
            [sys.executable, ROOT / ".ci" / "readme_command.py", name], capture_output=True, text=True, check=True
        )
        assert got.stdout.strip() in TEXT and "constraints.txt" in got.stdout


def test_links_and_pictures_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_constraints_pin_every_dependency_by_name():
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'^  "([A-Za-z0-9_.-]+)', project[: project.index("[project.optional-dependencies]")], re.M)
    dev = project[project.index("dev = [") :]
    wanted += re.findall(r'^  "([A-Za-z0-9_.-]+)', dev[: dev.index("]\n\n")], re.M)
    missing = {w.lower().replace("_", "-") for w in wanted} - pinned - {"development", "intended", "natural"}
    assert not {m for m in missing if m not in ("programming", "topic", "typing")}
