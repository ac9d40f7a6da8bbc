"""What was answered: readers, `Responses`, screening, scoring, description, linking."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

_WHERE = {
    "Responses": "responses",
    "Provenance": "responses",
    "FlowStep": "responses",
    "Design": "design",
    "Source": "source",
    "as_source": "source",
    "read_responses": "read",
    "load_sample": "read",
    "screen": "screen",
    "Screening": "screen",
    "describe": "describe",
    "score": "score",
    "link": "link",
    "Linkage": "link",
    "design_statement": "link",
    "icc": "agreement",
    "rwg": "agreement",
}

__all__ = [
    "Design",
    "FlowStep",
    "Linkage",
    "Provenance",
    "Responses",
    "Screening",
    "Source",
    "as_source",
    "describe",
    "design_statement",
    "icc",
    "link",
    "load_sample",
    "read_responses",
    "rwg",
    "score",
    "screen",
]

if TYPE_CHECKING:
    from cgsurvey.responses.agreement import icc, rwg
    from cgsurvey.responses.describe import describe
    from cgsurvey.responses.design import Design
    from cgsurvey.responses.link import Linkage, design_statement, link
    from cgsurvey.responses.read import load_sample, read_responses
    from cgsurvey.responses.responses import FlowStep, Provenance, Responses
    from cgsurvey.responses.score import score
    from cgsurvey.responses.screen import Screening, screen
    from cgsurvey.responses.source import Source, as_source


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'cgsurvey.responses' has no attribute '{name}'")
    value = getattr(import_module(f"cgsurvey.responses.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


class _Room(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        # Importing a file binds its name here; where a function has the same name (screen, score), the function wins.
        if not (name in _WHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room
