"""The glossary: one entry per column, both languages, a known kind."""

from __future__ import annotations

import pytest

from cgsurvey.base.data import package_yaml
from cgsurvey.base.glossary import column, unknown_columns

KINDS = {"text", "count", "number", "statistic", "coefficient", "p", "share", "percent", "flag"}


@pytest.mark.parametrize("name", list(package_yaml("base/glossary.yaml")))
def test_every_entry_is_complete(name):
    assert isinstance(name, str)  # a bare n or y would be read as a truth value
    entry = column(name)
    assert entry.kind in KINDS
    assert entry.label("en").strip() and entry.label("id").strip()


def test_lookup():
    assert column("mean").label("id") == "Rerata" and column("mean").label("en") == "Mean"
    assert column("mean").label("fr") == "Mean"
    assert unknown_columns(["n", "alpha", "no_such_column"]) == ["no_such_column"]
    with pytest.raises(KeyError):
        column("no_such_column")
