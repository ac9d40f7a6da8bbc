"""What a report is made of, sorted by kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import Note
from cgsurvey.base.result import Result
from cgsurvey.moments import McarTest, Missingness
from cgsurvey.present.report.outline import MODELS, OUTLINE, SHOWN
from cgsurvey.present.table import Origin, Table, Words, words
from cgsurvey.present.tables.estimation import structural
from cgsurvey.present.tables.responses import with_choices
from cgsurvey.present.tables.style import label
from cgsurvey.reliability import Reliability
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.describe import Description
from cgsurvey.responses.linking.linkage import Linkage
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.hypotheses import test_hypotheses

SIDES: Mapping[str, Words] = {"partner": Words("Partners", "Mitra"), "user": Words("Users", "Pengguna")}


@dataclass(frozen=True)
class Parts:
    """What a report is made of, by kind; `names` holds what a part was called by whoever gave it, by its id."""

    responses: tuple[Responses, ...]
    results: tuple[Result, ...]
    others: tuple[Table | pd.DataFrame, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    invited: int | Mapping[str, int] = 0

    @classmethod
    def sorted(
        cls, parts: Any, hypotheses: Mapping[str, str] | None, invited: int | Mapping[str, int] | None = None
    ) -> Parts:
        """Sort what was given; refuse what a report cannot show."""
        names = {id(part): str(name) for name, part in parts.items()} if isinstance(parts, Mapping) else {}
        if isinstance(parts, Mapping):
            parts = list(parts.values())
        listed = list(parts) if isinstance(parts, Iterable) and not isinstance(parts, pd.DataFrame | str) else [parts]
        wrong = [type(p).__name__ for p in listed if not isinstance(p, (*SHOWN, Table, pd.DataFrame))]
        if wrong:
            raise OptionError(
                f"parts: a report cannot show {', '.join(dict.fromkeys(wrong))}. Give results of cgsurvey, Responses, "
                "tables or data frames."
            )
        if not listed:
            raise OptionError("parts: nothing was given to report. Give results, e.g. report([fit], title=...).")
        held = [p.mcar for p in listed if isinstance(p, Missingness) and p.mcar is not None]
        found = cls(
            tuple(p for p in listed if isinstance(p, Responses)),
            # Missingness holds the test of Little; the same test given beside it is shown once.
            tuple(p for p in listed if isinstance(p, Result) and not (isinstance(p, McarTest) and _among(p, held))),
            tuple(p for p in listed if isinstance(p, Table | pd.DataFrame)),
            names,
            invited or 0,
        )
        found.check_invited()
        linked = [r.linkage for r in found.responses if r.linkage is not None]
        if linked and not found.of(Linkage):
            found = replace(found, results=(*found.results, *linked))
        if hypotheses:
            models = found.fits(True)
            if not models:
                raise OptionError("hypotheses need a structural model among the parts: cg.sem('y ~ x', data).")
            found = replace(found, results=(*found.results, test_hypotheses(models[-1], hypotheses)))
        if found.responses:
            told = tuple(
                with_choices(r, found.responses[0]) if isinstance(r, Description) else r for r in found.results
            )
            names |= {id(b): names[id(a)] for a, b in zip(found.results, told, strict=True) if id(a) in names}
            found = replace(found, results=told)
        return found

    def check_invited(self) -> None:
        """Refuse numbers of invited people that belong to no part."""
        names = [self.names.get(id(r), "") for r in self.responses]
        if isinstance(self.invited, Mapping):
            known = ", ".join(n for n in names if n) or "none has a name: give the parts as {name: answers}"
            if wrong := [repr(n) for n in self.invited if n not in names]:
                raise OptionError(f"invited= names {', '.join(wrong)}, but the answers among the parts are: {known}.")
        elif self.invited and len(names) != 1:
            raise OptionError(
                f"invited={self.invited} needs one set of answers among the parts, and there are {len(names)}. Of "
                "several, give the parts as {name: answers} and invited={name: number}."
            )

    def asked(self, part: Responses) -> int:
        """Return how many people were invited to give these answers, 0 where it is not known."""
        if isinstance(self.invited, Mapping):
            return self.invited.get(self.names.get(id(part), ""), 0)
        return self.invited

    def origin(self, part: Responses | Result) -> Origin:
        """Return where the numbers of a part come from, under the name that it was given."""
        name = self.names.get(id(part)) or type(part).__name__
        if isinstance(part, Responses):
            return Origin(name, "read_responses", part.provenance.sha256)
        return Origin(name, part.meta.function, part.meta.data_hash)

    def of(self, *kinds: type) -> list[Any]:
        """Return the results of these classes."""
        return [r for r in self.results if isinstance(r, kinds)]

    def section(self, name: str) -> list[Any]:
        """Return what a section of the outline shows."""
        if name in ("measurement", "structure"):
            return self.models(name == "structure")
        results = [r for kind in OUTLINE[name] for r in self.of(kind)]
        return [*(self.responses if Responses in OUTLINE[name] else ()), *results]

    def fits(self, paths: bool) -> list[SemFit]:
        """Return the models with (without) structural paths."""
        return [f for f in self.of(SemFit) if structural(f) == paths]

    def models(self, paths: bool) -> list[SemFit | PooledFit]:
        """Return the same, with those fitted to imputed data."""
        return [f for f in self.of(*MODELS) if structural(f) == paths]

    @property
    def simulated(self) -> bool:
        """True when any part is simulated."""
        marked = [r.simulated for r in self.responses] + [r.meta.simulated for r in self.results]
        return any(marked + [t.simulated for t in self.others if isinstance(t, Table)])

    def notes(self) -> list[tuple[Note, str, tuple[str, ...]]]:
        """All notes, each once, with file and sections: the file where several have notes of that kind, else empty."""
        seen: dict[tuple[str, str], tuple[Note, str, list[str]]] = {}
        data = {(n.code, n.text) for r in self.responses for n in r.notes}  # results of these answers bear them too
        for one, file, section in (
            *((n, r.provenance.file, "") for r in self.responses for n in r.notes),
            *((n, r.meta.source, self._place(r)) for r in self.results for n in r.notes),
        ):
            where = seen.setdefault((one.code, one.text), (one, file, []))[2]
            if (one.code, one.text) not in data and section and section not in where:
                where.append(section)
        files: dict[str, set[str]] = {}
        for one, file, _ in seen.values():
            files.setdefault(one.code, set()).add(file)
        return [(n, file if len(files[n.code]) > 1 else "", tuple(where)) for n, file, where in seen.values()]

    def _place(self, result: Result) -> str:
        """Return the section of the outline that is about a result, the last one that shows it."""
        if isinstance(result, SemFit | PooledFit):
            return "structure" if structural(result) else "measurement"
        return next((name for name in reversed(list(OUTLINE)) if isinstance(result, OUTLINE[name])), "")

    def constructs(self) -> dict[str, Words]:
        """Words for constructs and latent variables by their names."""
        named = {n: label(f.meta, n) for f in self.of(*MODELS) for n in f.latents}
        for one in (r.instrument for r in self.responses if r.instrument is not None):
            inner = [c for top in one.constructs for c in top.walk()]
            named |= {
                c.id: Words(c.label.get("en") or c.id, c.label.get("id") or c.label.get("en") or c.id) for c in inner
            }
        return named

    def side(self, part: Any) -> Words | None:
        """Return which side a part is about, where the parts come from several files."""
        if len(self.responses) < 2 or not isinstance(part, Responses | Screening | Description | Reliability):
            return None
        file = part.provenance.file if isinstance(part, Responses) else part.meta.source
        about = next((r for r in self.responses if r.provenance.file == file), None)
        if about is None or about.instrument is None:
            return words(file) if file else None
        asked = {about.instrument.item(i).respondent for i in about.items}
        known = [SIDES[who] for who in SIDES if who in asked]
        return known[0] if self.of(Linkage) and len(known) == 1 else words(file)


def _among(test: McarTest, held: Iterable[McarTest]) -> bool:
    return any(test.glance().equals(h.glance()) and test.patterns.equals(h.patterns) for h in held)
