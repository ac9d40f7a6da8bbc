"""Where the files that ship with the package are, in a source tree and in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(folder: str) -> Path:
    """Return a shipped folder: "instruments", "sample" or "notebooks"."""
    installed = _PACKAGE / "_data" / folder
    if installed.is_dir():
        return installed
    return _PACKAGE.parent / {"sample": "data/sample"}.get(folder, folder)


def read_yaml(path: Path) -> Any:
    """Read a YAML file by the safe loader (the C one where it exists)."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


@cache
def package_yaml(relative: str) -> Any:
    """Read a YAML file of the package once, e.g. "base/glossary.yaml"; the result must not be changed."""
    path = _PACKAGE / relative
    return read_yaml(path) if path.is_file() else {}
