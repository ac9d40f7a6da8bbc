"""What a reader sees: tables and their writers, figures, path diagram, narration, report.

Names are loaded when they are first used: a table needs no matplotlib, a picture no report.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

_WHERE = {
    "Table": "table",
    "table": "tables",
    "tables": "tables",
    "plot": "figures.plot",
    "plot_kinds": "figures.plot",
    "diagram": "figures.diagram",
    "narrate": "narration",
    "Report": "report",
    "report": "report",
}

__all__ = ["Report", "Table", "diagram", "narrate", "plot", "plot_kinds", "report", "table", "tables"]

if TYPE_CHECKING:
    from cgsurvey.present.figures.diagram import diagram
    from cgsurvey.present.figures.plot import plot, plot_kinds
    from cgsurvey.present.narration import narrate
    from cgsurvey.present.report import Report, report
    from cgsurvey.present.table import Table
    from cgsurvey.present.tables import table, tables


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'cgsurvey.present' has no attribute '{name}'")
    value = getattr(import_module(f"cgsurvey.present.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


class _Room(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        # Importing a file binds its name here; where a function has the same name (table, report), the function wins.
        if not (name in _WHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room
