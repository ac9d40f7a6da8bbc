"""Running a study: from the plan to a folder with report, tables, figures, results and the log of decisions."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cgsurvey.base.errors import CgSurveyError, DataError, ModelError, OptionError, UnsupportedByEngine
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.base.result import Result, versions
from cgsurvey.present.document import Figure, Numbered
from cgsurvey.present.report import Report, report
from cgsurvey.sem.syntax import parse
from cgsurvey.study.plan import Language, Plan, read_plan

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses import Responses
    from cgsurvey.sem import SemFit
    from cgsurvey.sem.cross_check import CrossCheck


@dataclass(frozen=True, kw_only=True)
class StudyResult(Result):
    """What a study found.

    Attributes
    ----------
    plan : Plan
        The plan that was run.
    parts : mapping of str to Result
        The results by name, in the order of the chapter: screening, description, linkage, reliability, measurement,
        validity, structure, hypotheses, cross_check; those that the plan asked for.
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

    Returns
    -------
    StudyResult
        Its `folder` holds ``report.docx``, ``report.html``, ``tables.xlsx``, ``figures/``, ``results/``,
        ``log.json`` and a copy of the plan.

    Raises
    ------
    CgSurveyError
        The error of the stage that failed; nothing is left half written.
    """
    file = Path(path) / "study.toml" if Path(path).is_dir() else Path(path)
    plan = read_plan(file)
    if language is not None:
        chosen: Language = choose("language", language, ("en", "id"))
        plan = replace(plan, study=replace(plan.study, language=chosen))
    base = file.resolve().parent
    target = base / plan.report.folder
    if write and target.exists() and not force:
        raise OptionError(
            f"the folder '{target.name}' exists already; results are not overwritten without --force (force=True)."
        )
    steps = _Progress(progress, total=9)

    steps.say("data")
    instrument = _instrument(plan, base)
    responses, linkage = _responses(plan, base, instrument)
    steps.say("screening")
    screening, kept = _screened(plan, responses)
    parts: dict[str, Result] = {"screening": screening}
    if linkage is not None:
        parts["linkage"] = linkage
    analysed, remarks = _analysed(plan, kept, instrument, steps)
    parts |= analysed

    found = StudyResult(
        plan=plan,
        parts=parts,
        folder=target.name if write else "",
        notes=_all_notes([*kept.notes, *remarks], parts),
        meta=_meta(parts),
    )
    if write:
        with _folder(target) as folder:
            _write(found, kept, file, folder, steps)
    steps.close()
    return found


def _instrument(plan: Plan, base: Path) -> Instrument:
    from cgsurvey.instrument import load_instrument

    name = plan.data.instrument
    local = base / name
    return load_instrument(local if local.suffix in (".yaml", ".yml", ".xlsx") and local.is_file() else name)


def _responses(plan: Plan, base: Path, instrument: Instrument) -> tuple[Responses, Result | None]:
    from cgsurvey.responses import Design, link, read_responses

    data = plan.data
    mapping = base / data.mapping if isinstance(data.mapping, str) else data.mapping

    def read(name: str) -> Responses:
        source = base / name
        if not source.exists():
            raise DataError(
                f"the data file '{name}' named in {plan.path} is not there. Paths are relative to the study file."
            )
        got = read_responses(
            source,
            instrument,
            source=data.source,
            language=data.language,
            missing_codes=data.missing_codes,
            mapping=mapping,
            sheet=data.sheet,
        )
        return got.replace(simulated=True) if data.simulated else got

    if data.file:
        responses, linkage = read(data.file), None
    else:
        assert data.partners and data.users  # read_plan has checked it
        responses = link(read(data.partners), read(data.users), on=data.on, level=data.level)
        linkage = responses.linkage
    chosen = {k: v for k in ("weights", "cluster", "strata") if (v := getattr(data, k))}
    if chosen:
        design = replace(responses.design or Design(), **chosen)
        responses = responses.replace(design=design)
    return responses, linkage


def _screened(plan: Plan, responses: Responses) -> tuple[Result, Responses]:
    from cgsurvey.responses import screen

    rules: dict[str, Any] = dict(plan.screening)
    screening = screen(responses, **rules)
    return screening, screening.keep() if rules else responses


def _analysed(
    plan: Plan, data: Responses, instrument: Instrument, steps: _Progress
) -> tuple[dict[str, Result], list[Note]]:
    from cgsurvey.reliability import reliability, validity
    from cgsurvey.responses import describe
    from cgsurvey.sem import cfa, sem
    from cgsurvey.sem.hypotheses import test_hypotheses

    parts: dict[str, Any] = {}
    structure = _structural_model(plan, instrument)
    measurement = _measurement_model(plan, instrument, structure)
    used = _variables(measurement) | _variables(structure)
    items = [n for n in data.items if n in used]
    blocks = [c.id for c in instrument.leaf_constructs if used.issuperset(c.all_items) and len(c.all_items) > 1]
    steps.say("description")
    parts["description"] = describe(data, items=items or None, constructs=blocks or None)
    steps.say("reliability")
    parts["reliability"] = reliability(data, constructs=blocks or None)
    steps.say("measurement")
    fit = cfa(measurement, data, **plan.estimation)
    parts["measurement"] = fit
    steps.say("validity")
    parts["validity"] = validity(fit)
    steps.say("structure")
    if structure:
        fit = sem(structure, data, **plan.estimation)
        parts["structure"] = fit
    steps.say("hypotheses")
    if plan.hypotheses:
        if "structure" not in parts:
            raise OptionError(f"{plan.path}: [hypotheses] needs a [structure] with the paths that they are about.")
        parts["hypotheses"] = test_hypotheses(fit, plan.hypotheses)
    steps.say("cross-check")
    parts["cross_check"], remarks = _cross_checked(fit, data)
    return {k: v for k, v in parts.items() if v is not None}, remarks


def _cross_checked(fit: SemFit, data: Responses) -> tuple[CrossCheck | None, list[Note]]:
    """Check a fit by the second engine; on complete rows where the fit used more than the engine can take."""
    from cgsurvey.sem import sem

    try:
        return fit.cross_check(data), []
    except UnsupportedByEngine:
        pass
    try:
        complete = sem(fit.model, data, estimator="ML", missing="listwise", cluster=False, weights=False)
        checked = complete.cross_check(data)
    except CgSurveyError as error:
        return None, [note("study.no_cross_check", reason=str(error).splitlines()[0])]
    remark = note("study.cross_check_complete_rows", n=checked.meta.n)
    return replace(checked, notes=(*checked.notes, remark)), []


def _measurement_model(plan: Plan, instrument: Instrument, structure: Model) -> Model:
    """Return the measurement model: of the constructs that the plan names, else of those that the paths are about."""
    wanted = plan.measurement.model.strip()
    if "=~" in wanted:
        return Model(wanted, name="measurement", labels=instrument.labels)
    constructs = plan.measurement.constructs or _on_paths(structure, instrument)
    return instrument.model(wanted, constructs=constructs or None)


def _structural_model(plan: Plan, instrument: Instrument) -> Model:
    """Return the structural model, empty text when the plan has none."""
    wanted = _without_comments(plan.structure.model) if plan.structure else ""
    measurement = plan.measurement.model.strip()
    if not wanted:
        return Model("")
    if "=~" in wanted:
        return Model(wanted, name="structure", labels=instrument.labels)
    if "~" not in wanted:
        if wanted not in instrument.models:
            known = ", ".join(instrument.models) or "none"
            raise ModelError(
                f"{plan.path}: [structure] model = '{wanted}' is neither syntax nor a model of '{instrument.id}' "
                f"(known: {known})."
            )
        return instrument.model(wanted)
    if "=~" in measurement:
        return Model(f"{measurement}\n{wanted}", name="structure", labels=instrument.labels)
    return instrument.model(measurement, constructs=plan.measurement.constructs or None, paths=wanted)


def _without_comments(text: str) -> str:
    lines = (line.partition("#")[0].rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line.strip())


def _variables(model: Model) -> set[str]:
    statements = parse(model.syntax).statements if model else ()
    return {t.name for s in statements for t in (*s.lhs, *s.rhs)}


def _on_paths(model: Model, instrument: Instrument) -> list[str]:
    statements = parse(model.syntax).statements if model else ()
    named = {t.name for s in statements if s.op == "~" for t in (*s.lhs, *s.rhs)}
    measured = {t.name for s in statements if s.op == "=~" for t in s.lhs}
    return [c.id for top in instrument.constructs for c in top.walk() if c.id in named & measured]


def _all_notes(own: Sequence[Note], parts: Mapping[str, Result]) -> tuple[Note, ...]:
    seen: dict[tuple[str, str], Note] = {}
    for one in (*own, *(n for part in parts.values() for n in part.notes)):
        seen.setdefault((one.code, one.text), one)
    return tuple(seen.values())


def _meta(parts: Mapping[str, Result]) -> Any:
    last = list(parts.values())[-1].meta
    keys = dict.fromkeys(k for part in parts.values() for k in part.meta.references)
    return replace(last, function="run_study", references=tuple(keys))


def _write(found: StudyResult, responses: Responses, plan_file: Path, folder: Path, steps: _Progress) -> None:
    steps.say("report")
    plan = found.plan
    for language in dict.fromkeys((plan.study.language, *plan.report.languages)):
        made = study_report(found, responses, language=language, base=plan_file.resolve().parent)
        ending = "" if language == plan.study.language else f".{language}"
        for kind in plan.report.formats:
            stem = "tables" if kind == "xlsx" else "report"
            made.save(folder / f"{stem}{ending}.{kind}")
        if language == plan.study.language:
            _save_figures(made, folder / "figures")
    (folder / "results").mkdir()
    for name, part in found.parts.items():
        part.save(folder / "results" / f"{name}.cgr")
    shutil.copyfile(plan_file, folder / "study.toml")
    (folder / "log.json").write_text(
        json.dumps(_log(found, responses), ensure_ascii=False, indent=1, default=str), encoding="utf-8"
    )


def _save_figures(made: Report, folder: Path) -> None:
    folder.mkdir()
    numbered = [b for b in made.document.blocks if isinstance(b, Numbered)]
    drawn = [(b.anchor.split(":")[-1], b.item) for b in numbered if isinstance(b.item, Figure)]
    for number, (name, figure) in enumerate(drawn, start=1):
        (folder / f"figure_{number:02d}_{name}.svg").write_bytes(figure.svg)
        (folder / f"figure_{number:02d}_{name}.png").write_bytes(figure.png)


def study_report(
    found: StudyResult,
    responses: Responses | None = None,
    *,
    language: str | None = None,
    base: Path | None = None,
) -> Report:
    """Compose the report of a study.

    Parameters
    ----------
    found : StudyResult
        The study.
    responses : Responses, optional
        The answers after screening; with them the report shows respondents and wording.
    language : {"en", "id"}, optional
        Language, that of the plan by default.
    base : Path, optional
        Folder that the path of the Word template is relative to.
    """
    plan = found.plan
    template = plan.report.template
    return report(
        [*([responses] if responses is not None else []), *found.parts.values()],
        title=plan.study.title,
        language=choose("language", language or plan.study.language, ("en", "id")),
        authors=(plan.study.author,) if plan.study.author else (),
        template=(base or Path()) / template if template else None,
        cutoffs=plan.cutoffs or None,
    )


def _log(found: StudyResult, responses: Responses) -> dict[str, Any]:
    return {
        "run": datetime.now().astimezone().isoformat(timespec="seconds"),
        "plan": {"file": found.plan.path, "sha256": found.plan.sha256, "content": asdict(found.plan)},
        "data": asdict(responses.provenance),
        "simulated": responses.simulated,
        "flow": [asdict(s) for s in responses.flow],
        "exclusions": responses.exclusions.to_dict("records"),
        "notes": [{"level": n.level, "code": n.code, "text": n.text} for n in found.notes],
        "data_hash": {name: part.meta.data_hash for name, part in found.parts.items() if part.meta.data_hash},
        "versions": dict(versions()),
    }


@contextmanager
def _folder(target: Path) -> Iterator[Path]:
    """Fill a folder beside the target and move it into place at the end: results are whole or not there."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield work
        old = None
        if target.exists():
            old = target.with_name(f".{target.name}-old")
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
        work.rename(target)
        target.chmod(0o755)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Progress:
    """A bar over the steps of a study, silent where it is not wanted."""

    def __init__(self, shown: bool, total: int) -> None:
        self._bar = None
        if shown:
            from tqdm.auto import tqdm

            self._bar = tqdm(
                total=total, leave=False, bar_format="{desc:<14}{bar:30} {n_fmt}/{total_fmt}", disable=None
            )

    def say(self, step: str) -> None:
        if self._bar is not None:
            self._bar.set_description_str(step)
            self._bar.update(1)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
