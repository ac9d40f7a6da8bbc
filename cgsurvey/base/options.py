"""Checking of arguments: what is allowed is said, and the nearest right word is offered."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from cgsurvey.base.errors import OptionError, hint


def choose(name: str, value: Any, allowed: Iterable[Any]) -> Any:
    """Return `value` if it is one of `allowed`, else raise OptionError that names the nearest."""
    known = list(allowed)
    if any(value is k or value == k for k in known):
        return value
    words = ", ".join(repr(k) for k in known)
    raise OptionError.of("base.unknown_value", name=name, value=value, hint=hint(value, known), allowed=words)


def choose_all(name: str, values: Any, allowed: Iterable[Any]) -> tuple[Any, ...]:
    """Return a tuple of values, each one of `allowed`; a single value counts as a tuple of one."""
    if values is None:
        return ()
    listed = [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)
    known = list(allowed)
    return tuple(choose(name, v, known) for v in listed)


def fraction(name: str, value: float, *, closed: bool = False) -> float:
    """Return `value` if it lies between 0 and 1 (both included when `closed`)."""
    if (0 <= value <= 1) if closed else (0 < value < 1):
        return float(value)
    raise OptionError.of("base.not_a_fraction", name=name, value=value)


def whole(name: str, value: Any, least: int | None = 1) -> int:
    """Return `value` if it is a whole number of `least` or more (any but 0 when `least` is None)."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if is_whole and (value != 0 if least is None else value >= least):
        return int(value)
    if least is None:
        raise OptionError.of("base.not_whole", name=name, value=value)
    raise OptionError.of("base.not_whole_from", name=name, value=value, least=least)
