"""The literature and the rules of thumb that the package cites, as data (`references.yaml`, `rules.yaml`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import did_you_mean


@dataclass(frozen=True)
class Reference:
    """One source: `key`, `authors` ("Hu, L., & Bentler, P. M."), `year`, `title`, `where`, `doi`."""

    key: str
    authors: str
    year: str
    title: str
    where: str
    doi: str = ""
    kind: str = "article"

    @property
    def apa(self) -> str:
        """The reference in APA 7 style, plain text."""
        link = f" https://doi.org/{self.doi}" if self.doi else ""
        title = self.title.rstrip(".")
        return f"{self.authors.rstrip('.')}. ({self.year}). {title}. {self.place}.{link}"

    @property
    def place(self) -> str:
        """Where it appeared, ranges of pages with a dash."""
        return re.sub(r"(?<=\d)-(?=\d)", "–", self.where.rstrip("."))

    @property
    def short(self) -> str:
        """Author and year, as in running text."""
        names = [a.split(",")[0].strip(" &") for a in self.authors.split("., ") if a.strip()]
        who = names[0] if len(names) == 1 else f"{names[0]} & {names[1]}" if len(names) == 2 else f"{names[0]} et al."
        return f"{who} ({self.year})"


@dataclass(frozen=True)
class Rule:
    """A conventional threshold: `measure` `direction` `good` (`fair`), for `applies_to`, by `source`."""

    measure: str
    direction: str
    good: float
    fair: float | None
    applies_to: tuple[str, ...]
    source: str

    def verdict(self, value: float) -> Literal["", "good", "fair", "poor"]:
        """Return "good", "fair", "poor" or "" (no number)."""
        if value != value:
            return ""
        passes = (lambda cut: value >= cut) if self.direction == ">=" else (lambda cut: value <= cut)
        if passes(self.good):
            return "good"
        return "fair" if self.fair is not None and passes(self.fair) else "poor"


def reference(key: str) -> Reference:
    """Look a source up by its key."""
    known: dict[str, Any] = package_yaml("base/references.yaml")
    if key not in known:
        raise KeyError(f"no reference '{key}'.{did_you_mean(key, known)}")
    return Reference(key=key, **{k: str(v) for k, v in known[key].items()})


def rule(measure: str, applies_to: str = "ml") -> Rule | None:
    """Return the rule for `measure` under `applies_to` ("ml", "ordinal", "any"), or None: no established cut-off."""
    for entry in package_yaml("base/rules.yaml"):
        scope = tuple(entry["applies_to"])
        if entry["measure"] == measure and (applies_to in scope or "any" in scope):
            return Rule(measure, entry["direction"], entry["good"], entry.get("fair"), scope, entry["source"])
    return None
