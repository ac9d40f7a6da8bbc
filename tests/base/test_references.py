"""Sources and rules of thumb are data, and every rule names a source that exists."""

from __future__ import annotations

import math
import re

import pytest

from cgsurvey.base.data import package_yaml
from cgsurvey.base.references import reference, rule

KEYS = list(package_yaml("base/references.yaml"))
RULES = package_yaml("base/rules.yaml")


@pytest.mark.parametrize("key", KEYS)
def test_every_reference_can_be_printed(key):
    entry = reference(key)
    assert re.fullmatch(r"(19|20)\d\d", entry.year)
    assert f"({entry.year})" in entry.apa and f"({entry.year})" in entry.short
    assert entry.title.rstrip(".") in entry.apa and ".." not in entry.apa
    assert entry.doi == "" or re.fullmatch(r"10\.\d{4,9}/\S+", entry.doi)
    assert not entry.doi or entry.apa.endswith(f"https://doi.org/{entry.doi}")


def test_no_doi_stands_twice():
    dois = [d for k in KEYS if (d := reference(k).doi)]
    assert len(dois) == len(set(dois))


def test_short_forms():
    assert reference("cronbach1951").short == "Cronbach (1951)"
    assert reference("hu1999").short == "Hu & Bentler (1999)"
    assert reference("henseler2015").short == "Henseler et al. (2015)"
    assert reference("permenpanrb2017").short.endswith("(2017)")


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(KeyError, match="hu1999"):
        reference("hu19999")


@pytest.mark.parametrize("entry", RULES, ids=lambda e: e["measure"])
def test_every_rule_has_a_source_and_is_ordered(entry):
    assert entry["source"] in KEYS
    found = rule(entry["measure"], entry["applies_to"][0])
    assert found is not None and found.direction in (">=", "<=")
    assert found.verdict(found.good) == "good"
    worse = -math.inf if found.direction == ">=" else math.inf
    assert found.verdict(worse) == "poor" and found.verdict(math.nan) == ""
    if found.fair is not None:
        assert found.verdict(found.fair) == "fair"


def test_cut_offs_for_normal_theory_do_not_transfer_to_ordinal_estimators():
    assert rule("cfi", "ml") is not None and rule("cfi", "ordinal") is None
    assert rule("ave", "ordinal") is not None
