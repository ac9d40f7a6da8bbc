"""What a working environment needs, checked one by one."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import metadata, util

from cgsurvey.base.data import shipped
from cgsurvey.base.result import versions

_EXTRAS = {
    "pyxform": "xlsform",
    "typst": "pdf",
    "jupyterlab_templates": "launcher",
    "duckdb": "scale",
    "sphinx": "docs",
    "pytest": "dev",
}


def diagnose() -> Iterator[tuple[str, bool, str]]:
    """Yield (what, fine, remark) for each thing that is needed; extras that are absent are fine."""
    yield (
        "Python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()} ({platform.system()}); 3.11 or later is needed",
    )
    for name, found in versions().items():
        if name != "python":
            yield name, True, found
    for requirement in metadata.requires("cgsurvey") or []:
        if "extra ==" in requirement:
            continue
        name = requirement.split(";")[0].split("=")[0].split("<")[0].split(">")[0].split("[")[0].strip("!~ ")
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, False, f"missing; pip install '{requirement}'"
    for module, extra in _EXTRAS.items():
        there = util.find_spec(module) is not None
        yield (
            f"extra [{extra}]",
            True,
            "installed" if there else f"not installed; pip install 'cgsurvey[{extra}]' when needed",
        )
    for folder in ("instruments", "sample", "notebooks"):
        there = shipped(folder).is_dir()
        yield (
            f"shipped {folder}",
            there,
            f"{sum(1 for _ in shipped(folder).iterdir())} files" if there else "missing; reinstall cgsurvey",
        )
    yield "drawing", *_draws()


def _draws() -> tuple[bool, str]:
    import matplotlib

    matplotlib.use("Agg", force=True)
    from io import BytesIO

    from matplotlib.figure import Figure

    buffer = BytesIO()
    Figure(figsize=(1, 1)).savefig(buffer, format="png")
    return buffer.tell() > 0, f"matplotlib {matplotlib.__version__} draws without a display"
