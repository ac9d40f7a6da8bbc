"""Running a study: from the plan to a folder with report, tables, figures, results and the log of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.base.parallel import progress_bar
from cgsurvey.base.result import Meta, Result
from cgsurvey.study.analysis import STEPS, Analysis, analyse
from cgsurvey.study.plan import Language, Plan, read_plan
from cgsurvey.study.write import whole_folder, write_results


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StudyResult(Result):
    """What a study found.

    Attributes
    ----------
    plan : Plan
        The plan that was run.
    parts : mapping of str to Result
        The results by name: registration, screening, linkage, description, reliability, measurement, validity,
        structure, hypotheses, further sections by their names, cross_check; those that the plan asked for.
    folder : str
        Name of the folder of the results, "" when nothing was written.
    """

    plan: Plan
    parts: Mapping[str, Result]
    folder: str = ""

    def __getitem__(self, name: str) -> Result:
        """Return one part by its name."""
        return self.parts[name]

    def tidy(self) -> pd.DataFrame:
        """Return the hypotheses and their decisions, or the parameters where no hypothesis was stated."""
        for name in ("hypotheses", "structure", "measurement", "reliability", "description"):
            if name in self.parts:
                return self.parts[name].tidy()
        return pd.DataFrame()

    def glance(self) -> pd.DataFrame:
        """Return the summary of the structural model, else of the measurement model."""
        for name in ("structure", "measurement", "reliability", "description"):
            if name in self.parts:
                return self.parts[name].glance()
        return pd.DataFrame()


def run_study(
    path: str | Path,
    *,
    language: str | None = None,
    force: bool = False,
    progress: bool = False,
    write: bool = True,
    fresh: bool = False,
) -> StudyResult:
    """Run a study file end to end.

    Parameters
    ----------
    path : str or Path
        ``study.toml`` or the folder that holds it.
    language : {"en", "id"}, optional
        Language of the report, instead of the one in the file.
    force : bool, default False
        Replace an existing folder of results; without it an existing folder is an error.
    progress : bool, default False
        Show a progress bar on a terminal.
    write : bool, default True
        Write the folder of results.
    fresh : bool, default False
        Compute every part, also those that an earlier run had finished before it stopped.

    Returns
    -------
    StudyResult
        Its `folder` holds ``report.docx``, ``report.html``, ``tables.xlsx``, ``figures/``, ``results/``,
        ``log.json`` and a copy of the plan.

    Raises
    ------
    CgSurveyError
        Faults of the plan and of the data file, and results that cannot be written. Nothing is left half written,
        earlier results stay, and the parts that were finished are taken up by the next run.

    Notes
    -----
    A part that cannot be computed (a model that does not converge, a group that is too small) does not end the run: a
    note, in the report too, names it and the reason, and parts that need it are left out.
    """
    file = Path(path) / "study.toml" if Path(path).is_dir() else Path(path)
    plan = read_plan(file)
    if language is not None:
        chosen: Language = choose("language", language, ("en", "id"))
        plan = replace(plan, study=replace(plan.study, language=chosen))
    base = file.resolve().parent
    target = base / plan.report.folder
    if write and target.exists() and not force:
        raise OptionError.of("study.folder_there", folder=target.name)
    if write and target.exists() and not (target / "log.json").is_file():
        raise OptionError.of("study.folder_of_others", folder=plan.report.folder)
    template = plan.report.template
    if write and template and not (base / template).is_file():
        raise DataError.of("study.no_template", name=template, file=plan.path)
    steps = Progress(progress, len(STEPS) + sum(map(len, plan.further.values())))
    try:
        analysis = analyse(plan, base, steps.say, keep=write, fresh=fresh)
        found = StudyResult(
            plan=plan,
            parts=analysis.parts,
            folder=target.name if write else "",
            notes=_all_notes([*analysis.data.notes, *analysis.remarks, *_resumed(analysis)], analysis.parts),
            meta=_meta(analysis.parts),
        )
        if write:
            steps.say("report")
            with whole_folder(target) as folder:
                write_results(found, analysis, file, folder)
            if analysis.kept is not None:
                analysis.kept.clear()
    finally:
        steps.close()
    return found


def _resumed(analysis: Analysis) -> list[Note]:
    return [note("study.resumed", parts=", ".join(analysis.resumed))] if analysis.resumed else []


def _all_notes(own: Sequence[Note], parts: Mapping[str, Result]) -> tuple[Note, ...]:
    seen: dict[tuple[str, str], Note] = {}
    for one in (*own, *(n for part in parts.values() for n in part.notes)):
        seen.setdefault((one.code, one.text), one)
    return tuple(seen.values())


def _meta(parts: Mapping[str, Result]) -> Meta:
    last = list(parts.values())[-1].meta
    keys = dict.fromkeys(k for part in parts.values() for k in part.meta.references)
    return replace(last, function="run_study", references=tuple(keys))


class Progress:
    """A bar over the steps of a study, silent where it is not wanted."""

    def __init__(self, shown: bool, total: int) -> None:
        self._bar: Any = None
        if shown:
            form = "{desc:<14}{bar:30} {n_fmt}/{total_fmt}"
            self._bar = progress_bar()(total=total, leave=False, bar_format=form, disable=None)

    def say(self, step: str) -> None:
        """Show that a step begins."""
        if self._bar is not None:
            self._bar.set_description_str(step)
            self._bar.update(1)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
