"""The choices of a form as scales: lists with scores, lists whose names are numbers, lists of categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cgsurvey.instrument.xlsform_asked import Asked
from cgsurvey.instrument.xlsform_sheets import Row, yes
from cgsurvey.instrument.xlsform_told import Document, Told

_NO_ANSWER = {"77", "88", "97", "98", "99", "777", "888", "997", "998", "999", "-1", "-77", "-88", "-97", "-98", "-99"}


@dataclass
class Lists:
    """The lists of a form: their rows, and how those are called whose names no instrument has."""

    out: Told
    rows: dict[str, list[Row]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Keep a row of the sheet under the name of its list."""
        if row.text("list_name") and row.text("name"):
            self.rows.setdefault(row.text("list_name"), []).append(row)
        else:
            words = row.text("list_name") or row.text("name") or next(iter(row.words.values()), "")
            self.out.note("dropped", words[:40], row.number, sheet="choices")

    def scales(self, asked: Sequence[Asked], spoken: Sequence[str]) -> dict[str, Document]:
        """Return the lists that are asked as scales, by their names in the form."""
        rated = {a.list for a in asked if a.candidate}
        likert = {a.list for a in asked if "likert" in a.row.text("appearance").lower()}
        names: set[str] = set()
        out = {}
        for listed in dict.fromkeys(a.list for a in asked if a.list):
            scale = self.scale(listed, spoken, guess=listed in rated)
            scored = any("score" in c for c in scale["choices"].values())
            scale["type"] = ("likert" if listed in likert else "ordinal") if scored else "nominal"
            out[listed] = scale
            name = re.sub(r"\W", "_", listed, flags=re.ASCII)
            name = (name if re.match(r"[A-Za-z]", name) else f"list_{name}")[:32]
            while name in names:
                name = f"{name[:30]}_2" if not name.endswith("_2") else f"{name[:29]}_3"
            names.add(name)
            if name != listed:
                self.renamed[listed] = name
                self.out.note("renamed", f"{listed} = {name}", self.rows[listed][0].number, sheet="choices")
            self.out.lines["scales", name] = self.rows[listed][0].number
        return out

    def scale(self, listed: str, spoken: Sequence[str], *, guess: bool) -> Document:
        """Return the choices of a list with their scores: those of the sheet, or numeric names where it is rated."""
        choices: dict[str, Document] = {}
        meaning: dict[str, str] = {}
        for row in self.rows[listed]:
            raw = row.text("name")
            name = "_".join(raw.split())
            if name in choices:
                self.out.note("choices_twice", f"{listed}: {name}", row.number, sheet="choices")
                continue
            words = {} if set(row.words.values()) <= {raw} else self.out.words(row.words, f"{listed}: {name}", spoken)
            for x, text in words.items():
                if meaning.setdefault(" ".join(text.split()).casefold(), name) != name:
                    words[x] = f"{text} ({name})"
                    self.out.note("renamed", f"{text} = {words[x]}")
            choices[name] = {"label": words, "aliases": [raw] if raw != name else []}
            choices[name] = {k: v for k, v in choices[name].items() if v}
            if (score := row.number_of("score")) is not None:
                choices[name]["score"] = score
        missing = ["_".join(r.text("name").split()) for r in self.rows[listed] if yes(r.text("missing"))]
        if guess and not any("score" in c for c in choices.values()):
            choices = self.scored(listed, choices)
        if any("score" in c for c in choices.values()):
            missing += [n for n, c in choices.items() if "score" not in c and n not in missing]
        return {"type": "", "choices": choices} | ({"missing": missing} if missing else {})

    def scored(self, listed: str, choices: dict[str, Document]) -> dict[str, Document]:
        """Return choices whose names are numbers with those as scores, lowest first, codes for no answer last."""
        numbers: dict[str, float] = {}
        for name in choices:
            try:
                numbers[name] = float(name)
            except ValueError:
                continue
        degrees = [n for n in numbers if n not in _NO_ANSWER]
        if len(degrees) < 2 or len(degrees) + sum(n in _NO_ANSWER for n in numbers) < len(choices):
            return choices
        self.out.note("scored", listed)
        order = sorted(degrees, key=numbers.__getitem__)
        if order != degrees:
            self.out.note("reordered", listed)
        return {n: choices[n] | {"score": numbers[n]} for n in order} | {
            n: c for n, c in choices.items() if n not in degrees
        }

    def unused(self, used: set[str]) -> None:
        """Note the lists that no question has, and what is left of those that are read."""
        for listed, rows in self.rows.items():
            known = listed in used
            for row in rows:
                if known:
                    self.out.left(row, "choices")
                elif f"{listed}_or_other" not in used:
                    self.out.note("lists", listed, row.number, sheet="choices")
