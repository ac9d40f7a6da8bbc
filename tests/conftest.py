"""Where the reference battery and the real field files are, and what happens when they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("CGSURVEY_REFERENCE") or ROOT.parent / "shared").resolve()
HAVE_SHARED = (SHARED / "reference" / "dev").is_dir()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that holds `reference/`, `data/` and `instruments/`."""
    return SHARED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the long simulations too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, and never skip, what cannot run here; the count is printed in the summary."""
    out = []
    if not HAVE_SHARED:
        out += [i for i in items if i.get_closest_marker("reference")]
    if not config.getoption("--slow") and "slow" not in (config.option.markexpr or ""):
        out += [i for i in items if i.get_closest_marker("slow")]
    if out:
        gone = set(out)
        config.hook.pytest_deselected(items=list(gone))
        items[:] = [i for i in items if i not in gone]
    config.stash[_ABSENT] = 0 if HAVE_SHARED else sum(1 for i in out if i.get_closest_marker("reference"))
    if os.environ.get("CGSURVEY_REQUIRE_REFERENCE") and not any(i.get_closest_marker("reference") for i in items):
        raise pytest.UsageError(
            "the reference battery is required ($CGSURVEY_REQUIRE_REFERENCE) and none of its tests is selected"
        )


_ABSENT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    absent = terminalreporter.config.stash.get(_ABSENT, 0)
    if absent:
        terminalreporter.write_line(
            f"{absent} tests need the reference battery, which is absent ($CGSURVEY_REFERENCE): deselected"
        )
