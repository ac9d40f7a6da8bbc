"""No key of a catalogue stands twice: YAML would keep the last one without a word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2] / "cgsurvey"


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.yaml")), ids=lambda f: str(f.relative_to(ROOT)))
def test_keys_stand_once(file):
    waiting, twice = [yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)], []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            twice += [k for k, n in Counter(key.value for key, _ in node.value if key.value).items() if n > 1]
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
    assert not twice
