"""Whatever the package computes can be shown: each class of results has a table, sentences, a place in the chapter."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import cgsurvey as cg
from cgsurvey.present.narration.sentences import paragraphs
from cgsurvey.present.report.outline import SHOWN
from cgsurvey.present.tables.style import makers

HOLDER = {"StudyResult"}  # holds the others
ABOUT_REPORTS = {"Verification"}  # is about a finished report, and no part of one


def results() -> list[type]:
    for module in pkgutil.walk_packages(cg.__path__, "cgsurvey."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = [], [cg.Result]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.startswith("cgsurvey.") and cls.__name__ not in HOLDER:
                found.append(cls)
    return found


@pytest.mark.parametrize("cls", results(), ids=lambda c: c.__name__)
def test_each_result_is_shown(cls):
    for registry in (makers, paragraphs):
        assert registry.dispatch(cls) is not registry.dispatch(object), f"no {registry.__name__} of {cls.__name__}"
    assert cls in SHOWN or cls.__name__ in ABOUT_REPORTS
