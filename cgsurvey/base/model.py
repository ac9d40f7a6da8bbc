"""A model as text: lavaan syntax that knows its name and the words for its variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Model(str):
    """Lavaan model syntax with a name and labels; usable wherever a string is.

    Parameters
    ----------
    syntax : str
        The model in lavaan syntax.
    name : str, optional
        Short name, e.g. "second_order".
    titles : mapping of str to str, optional
        Title per language.
    labels : mapping, optional
        Variable name to its words per language, e.g. ``{"discovery": {"en": "Discovery", "id": "Penemuan"}}``.
    """

    name: str
    titles: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]

    def __new__(
        cls,
        syntax: str,
        *,
        name: str = "",
        titles: Mapping[str, str] | None = None,
        labels: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Model:
        """Make a model from its syntax."""
        self = super().__new__(cls, syntax)
        self.name, self.titles, self.labels = name, dict(titles or {}), dict(labels or {})
        return self

    @property
    def syntax(self) -> str:
        """The model text as a plain string."""
        return str.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.syntax, self.name, self.titles, self.labels)


def _rebuild(syntax: str, name: str, titles: Mapping[str, str], labels: Mapping[str, Mapping[str, str]]) -> Model:
    return Model(syntax, name=name, titles=titles, labels=labels)
