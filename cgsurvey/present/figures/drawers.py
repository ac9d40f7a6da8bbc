"""The registry of pictures: which ones can be drawn of each class of result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from cgsurvey.present.figures.picture import Picture

Drawers = Mapping[str, Callable[..., Picture]]


@singledispatch
def drawers(x: Any, language: str) -> Drawers:
    """Return the functions that draw pictures of `x` by name, the main one first; none where none are known."""
    return {}


def drawable() -> list[str]:
    """Return the names of the classes of which there are pictures."""
    return sorted(c.__name__ for c in drawers.registry if c is not object)
