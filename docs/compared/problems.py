"""Models and data that go wrong: what lavaan does and what cgsurvey does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cgsurvey as cg
from compared.battery import Case, Part, files, frame_of
from compared.models import fitted, numbers_of_fit


@dataclass(frozen=True)
class Behaviour:
    """One problem: how the two programs answer."""

    name: str
    title: str
    lavaan: str
    ours: str


def attempt(battery: Path, content: Part) -> cg.SemFit | cg.CgSurveyError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fitted(content["call"], content["model"], frame_of(battery, content))
    except cg.CgSurveyError as error:
        return error


def behaviours(battery: Path) -> Iterator[Behaviour]:
    for path, content in files(battery, "cases", "prob_*"):
        met = attempt(battery, content)
        if isinstance(met, cg.CgSurveyError):
            ours = f"`{type(met).__name__}`"
        else:
            codes = ", ".join(f"`{n.code}`" for n in met.notes if n.level != "info") or "no note"
            ours = f"a fit{'' if met.converged else ' that did not converge'}: {codes}"
            if "control" in (content["call"].get("options") or {}):
                ours = "a fit: a limit of steps is no option"
        said = len(content["warnings"])
        theirs = "an error" if content["error"] else f"a fit, {said} warning{'s' * (said != 1)}" if said else "a fit"
        yield Behaviour(path.stem, content["title"], theirs, ours)


def cases(battery: Path) -> Iterator[Case]:
    """Yield the cases that both programs fit until they converge."""
    for path, content in files(battery, "cases", "prob_*"):
        e = content.get("expected") or {}
        if e.get("converged") and path.stem != "prob_iter_limit":  # lavaan was stopped after three steps there
            met = attempt(battery, content)
            if isinstance(met, cg.SemFit) and met.converged:
                yield Case("problem", path.stem, content, numbers_of_fit(met, e, frame_of(battery, content)))
