"""What a plan asks for, done: read, screen, link, describe, fit, decide, check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgsurvey.base.errors import CgSurveyError, DataError, OptionError, UnsupportedByEngine, did_you_mean
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Result
from cgsurvey.study.models import constructs_on_paths, measurement_model, structural_model, variables
from cgsurvey.study.plan import Plan
from cgsurvey.study.registration import registration

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses import Responses
    from cgsurvey.sem import SemFit
    from cgsurvey.sem.cross_check import CrossCheck

Say = Callable[[str], None]
STEPS = (
    "data",
    "screening",
    "description",
    "reliability",
    "measurement",
    "validity",
    "structure",
    "cross-check",
    "report",
)


@dataclass(frozen=True)
class Analysis:
    """What came out of a plan.

    Attributes
    ----------
    sides : mapping of str to Responses
        The answers after screening: "" for one file, "partners" and "users" for a pair.
    data : Responses
        The answers that the models were fitted to, linked where there is a pair.
    parts : mapping of str to Result
        The results, in the order of the chapter.
    remarks : tuple of Note
        What belongs to no single result.
    """

    sides: Mapping[str, Responses]
    data: Responses
    parts: Mapping[str, Result]
    remarks: tuple[Note, ...]


def analyse(plan: Plan, base: Path, say: Say) -> Analysis:
    """Do what a plan asks for; `base` is the folder that its paths are relative to."""
    from cgsurvey.responses import link

    parts: dict[str, Result] = {"registration": registration(plan, base)}
    say("data")
    instrument = load(plan, base)
    sides = read(plan, base, instrument)
    say("screening")
    for side in sides:
        parts[_named("screening", side)], sides[side] = screened(plan, sides[side])
    if "" in sides:
        data = sides[""]
    else:
        wanted = constructs_on_paths(plan, instrument) if plan.data.level == "user" else []
        asked = [c for c in wanted if set(instrument.construct(c).all_items) <= set(sides["partners"].items)]
        data = link(sides["partners"], sides["users"], on=plan.data.on, level=plan.data.level, constructs=asked or None)
        parts |= {"linkage": data.linkage} if data.linkage is not None else {}
    data = with_design(plan, data)
    more, remarks = fitted(plan, instrument, sides, data, say)
    return Analysis(sides, data, parts | more, tuple(remarks))


def load(plan: Plan, base: Path) -> Instrument:
    """Load the instrument of a plan, from the bank or from a file beside the plan."""
    from cgsurvey.instrument import load_instrument

    name = plan.data.instrument
    local = base / name
    return load_instrument(local if local.suffix in (".yaml", ".yml", ".xlsx") and local.is_file() else name)


def read(plan: Plan, base: Path, instrument: Instrument) -> dict[str, Responses]:
    """Read the files of a plan: one under "", or a pair under "partners" and "users"."""
    from cgsurvey.responses import read_responses

    data = plan.data
    files = {"": data.file} if data.file else {"partners": data.partners, "users": data.users}
    out = {}
    for side, name in files.items():
        source = base / str(name).replace("\\", "/")  # a plan written on Windows runs anywhere
        if not source.exists():
            raise DataError(
                f"the data file '{name}' named in {plan.path} is not there. Paths are relative to the study file."
            )
        out[side] = read_responses(
            source,
            instrument,
            source=data.source,
            language=data.language,
            missing_codes=data.missing_codes,
            aliases=data.aliases or None,
            missing_items=data.missing_items,
            day_first=data.day_first,
            mapping=base / data.mapping if isinstance(data.mapping, str) else data.mapping,
            sheet=data.sheet,
            simulated=data.simulated,
        )
    return out


def screened(plan: Plan, responses: Responses) -> tuple[Result, Responses]:
    """Apply the screening rules that the plan names; without any, respondents are looked at and all stay."""
    from cgsurvey.responses import screen

    rules: dict[str, Any] = dict(plan.screening)
    screening = screen(responses, **rules)
    return screening, screening.keep() if rules else responses


def with_design(plan: Plan, responses: Responses) -> Responses:
    """Set the design columns that the plan names."""
    from cgsurvey.responses import Design

    chosen = {k: v for k in ("weights", "cluster", "strata") if (v := getattr(plan.data, k))}
    return responses.replace(design=replace(responses.design or Design(), **chosen)) if chosen else responses


def fitted(
    plan: Plan, instrument: Instrument, sides: Mapping[str, Responses], data: Responses, say: Say
) -> tuple[dict[str, Result], list[Note]]:
    """Describe each side, fit the models to the data, decide the hypotheses, check by the second engine."""
    from cgsurvey.reliability import reliability, validity
    from cgsurvey.responses import as_source, describe
    from cgsurvey.sem import cfa, sem
    from cgsurvey.sem.hypotheses import test_hypotheses
    from cgsurvey.sem.table import parameter_table

    parts: dict[str, Result] = {}
    structure = structural_model(plan, instrument, data.linkage)
    measurement = measurement_model(plan, instrument, data.linkage)
    if structure:
        # A misspelt name is told before anything is fitted.
        parameter_table(structure.syntax, as_source(data).frame.columns, kind="sem")
    used = variables(measurement, structure)
    options, remarks = estimation(plan, data, used)
    used |= {i for c in constructs_on_paths(plan, instrument) for i in instrument.construct(c).all_items}
    leaves = [c for c in instrument.leaf_constructs if used.issuperset(c.all_items) and len(c.all_items) > 1]
    say("description")
    for side, answers in sides.items():
        items = [n for n in answers.items if n in used]
        blocks = [c.id for c in leaves if set(answers.items).issuperset(c.all_items)]
        parts[_named("description", side)] = describe(answers, items=items or None, constructs=blocks or None)
        parts[_named("reliability", side)] = reliability(answers, constructs=blocks or None)
    say("measurement")
    fit = cfa(measurement, data, **options)
    parts["measurement"] = fit
    say("validity")
    parts["validity"] = validity(fit, data=data)
    if structure:
        say("structure")
        fit = sem(structure, data, **options)
        parts["structure"] = fit
    if plan.hypotheses:
        if not structure:
            raise OptionError(f"{plan.path}: [hypotheses] needs a [structure] with the paths that they are about.")
        parts["hypotheses"] = test_hypotheses(fit, plan.hypotheses)
    say("cross-check")
    checked, more = _cross_checked(fit, data)
    remarks += more
    return parts | ({"cross_check": checked} if checked is not None else {}), remarks


def estimation(plan: Plan, data: Responses, used: set[str]) -> tuple[dict[str, Any], list[Note]]:
    """Return the options of the models: those of the plan, its seed, and the ordered items by name where needed.

    Raises
    ------
    OptionError
        When an item named in ``ordered`` is no variable of the models.
    """
    options: dict[str, Any] = {**plan.estimation, "seed": plan.study.seed}
    ordered = options.get("ordered")
    if not ordered:
        return options, []
    items = [n for n in data.frame.columns if n in used]
    if ordered is not True:
        named = [ordered] if isinstance(ordered, str) else list(ordered)
        wrong = [f"'{n}'.{did_you_mean(n, items)}" for n in named if n not in items]
        if wrong:
            raise OptionError(
                f"{plan.path}: [estimation] ordered names what is no item of the models: {' '.join(wrong)} "
                "ordered = true means all items."
            )
        return options, []
    # Means of an office are no categories: only what single people answered is ordered.
    averaged = set(data.linkage.columns.values()) if data.linkage is not None else set()
    if not averaged & set(items):
        return options, []
    options["ordered"] = [n for n in items if n not in averaged]
    return options, [note("study.averages_not_ordered", n=len(averaged & set(items)))]


def _named(part: str, side: str) -> str:
    return f"{part}_{side}" if side else part


def _cross_checked(fit: SemFit, data: Responses) -> tuple[CrossCheck | None, list[Note]]:
    """Check a fit by the second engine; on complete rows where the fit used more than the engine can take."""
    from cgsurvey.sem import sem

    try:
        return fit.cross_check(data), []
    except UnsupportedByEngine:
        pass
    try:
        complete = sem(fit.model, data, estimator="ML", missing="listwise", cluster=False, strata=False, weights=False)
        checked = complete.cross_check(data)
    except CgSurveyError as error:
        return None, [note("study.no_cross_check", reason=str(error).splitlines()[0])]
    code = "study.cross_check_complete_rows_ordered" if fit.table.ordered else "study.cross_check_complete_rows"
    remark = note(code, n=checked.meta.n)
    return replace(checked, notes=(*checked.notes, remark)), []
