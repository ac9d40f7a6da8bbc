"""The registry of pictures: which ones can be drawn of each class of result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def numbered(kind: str, pictures: Sequence[Callable[..., Picture]]) -> dict[str, Callable[..., Picture]]:
    """Return pictures of one kind by name: "likert" for a single one, else "likert_1", "likert_2", ..."""
    if len(pictures) == 1:
        return {kind: pictures[0]}
    return {f"{kind}_{n}": picture for n, picture in enumerate(pictures, 1)}
