"""Notes: what the package did or saw and the reader must know.

A note has a code such as ``sem.heywood``. The part before the first dot is the room; the texts of a room stand in
``<room>/notes.yaml``, one entry per code with its level and one full sentence per language::

    heywood:
      level: warning
      en: "The residual variance of {item} is negative ({value:.3f})."
      id: "Varians residual {item} bernilai negatif ({value:.3f})."
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cgsurvey.base.data import package_yaml

Level = Literal["info", "warning", "serious"]


@dataclass(frozen=True)
class Note:
    """One remark on a result.

    Attributes
    ----------
    level : {"info", "warning", "serious"}
        "info" tells what was done, "warning" what limits the result, "serious" what forbids its use without a remedy.
    code : str
        Stable name, "room.what".
    text : str
        The sentence in English.
    values : mapping
        The numbers and names in the sentence, for rendering in another language; a mapping of languages to words is
        said in the words of the language.
    """

    level: Level
    code: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def render(self, language: str = "en") -> str:
        """Return the sentence in `language`; English where the catalogue lacks it."""
        template = _entry(self.code).get(language)
        try:
            return template.format(**spoken(self.values, language)) if template else self.text
        except KeyError:  # a note saved by an earlier version may lack a value that the sentence names today
            return self.text

    def __str__(self) -> str:
        return f"[{self.level}] {self.text}"


class _Comma(float):
    """A number that prints with a decimal comma."""

    def __format__(self, spec: str) -> str:
        return float(self).__format__(spec).replace(".", ",")


def spoken(values: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Values as a sentence in a language says them."""
    out = {k: v.get(language, v["en"]) if isinstance(v, Mapping) else v for k, v in values.items()}
    return {k: _Comma(v) if isinstance(v, float) else v for k, v in out.items()} if language == "id" else out


def note(code: str, **values: Any) -> Note:
    """Make a note from its code and the values that its sentence names."""
    entry = _entry(code)
    if not entry:
        raise KeyError(f"no note '{code}' in the catalogue of its room")
    return Note(entry["level"], code, entry["en"].format(**spoken(values, "en")), values)


def _entry(code: str) -> Mapping[str, Any]:
    room, _, name = code.partition(".")
    return (package_yaml(f"{room}/notes.yaml") or {}).get(name, {})
