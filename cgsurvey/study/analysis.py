"""What a plan asks for, done: read, screen, link, describe, fit, decide, check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cgsurvey.base.errors import (
    CgSurveyError,
    ColumnNotFoundError,
    DataError,
    InstrumentError,
    MissingDependencyError,
    ModelError,
    OptionError,
    UnsupportedByEngine,
    hints,
)
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Result
from cgsurvey.study.further import FURTHER, Material
from cgsurvey.study.further import run as further
from cgsurvey.study.kept import Kept
from cgsurvey.study.models import constructs_on_paths, measurement_model, structural_model, variables
from cgsurvey.study.names import words
from cgsurvey.study.plan import Plan
from cgsurvey.study.registration import registration

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses import Responses
    from cgsurvey.sem import SemFit
    from cgsurvey.sem.cross_check import CrossCheck

Say = Callable[[str], None]
STEPS = ("data", "screening", "description", "measurement", "validity", "structure", "cross-check", "report")
# Faults of the plan end a run, since it can be mended; what the data cannot give is told, and the rest goes on.
FAULTS = (OptionError, ModelError, InstrumentError, ColumnNotFoundError, MissingDependencyError)


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
        What belongs to no single result, parts that failed among it.
    resumed : tuple of str
        Parts that an earlier run had finished before it stopped.
    kept : Kept, optional
        Where finished parts are kept until the results are written.
    """

    sides: Mapping[str, Responses]
    data: Responses
    parts: Mapping[str, Result]
    remarks: tuple[Note, ...]
    resumed: tuple[str, ...] = ()
    kept: Kept | None = None


class Bench:
    """Where parts are made: each after those that it needs, or taken from a run that had finished it before it stopped.

    Attributes
    ----------
    parts : dict of str to Result
    remarks : list of Note
        What failed, and what could not be begun.
    resumed : list of str
        Parts that were taken.
    """

    def __init__(self, kept: Kept | None, fresh: bool) -> None:
        self._kept, self._fresh = kept, fresh
        self.parts: dict[str, Result] = {}
        self.remarks: list[Note] = []
        self.resumed: list[str] = []

    def make(self, name: str, how: Callable[[], Result | None], after: Sequence[str] = (), more: Any = None) -> None:
        """Make a part, or say why there is none; `more` is what it rests on beside that on which all parts rest.

        Raises
        ------
        CgSurveyError
            Faults of the plan.
        """
        if lacking := [n for n in after if n not in self.parts]:
            self.remarks.append(note("study.part_skipped", part=words(name), lacking=words(lacking[0])))
            return
        found = self._kept.load(name, more) if self._kept and not self._fresh else None
        if found is not None:
            self.resumed.append(name)
        else:
            try:
                found = how()
            except FAULTS:
                raise
            except CgSurveyError as error:
                self.remarks.append(note("study.part_failed", part=words(name), reason=error.words()))
                return
            if found is not None and self._kept:
                self._kept.store(name, found, more)
        if found is not None:
            self.parts[name] = found


def analyse(plan: Plan, base: Path, say: Say, *, keep: bool = False, fresh: bool = False) -> Analysis:
    """Do what a plan asks for; `base` is the folder that its paths are relative to.

    With `keep`, finished parts are kept beside the plan until `Kept.clear`, and those that a run of the same plan on
    the same data had finished before it stopped are taken from there, unless `fresh`.
    """
    from cgsurvey.responses import link

    instrument = load(plan, base)
    say("data")
    raw = read(plan, base, instrument)
    say("screening")
    found: dict[str, Result] = {"registration": registration(plan, base)}
    sides = dict(raw)
    for side in sides:
        found[_named("screening", side)], sides[side] = screened(plan, sides[side])
    if "" in sides:
        data = sides[""]
    else:
        wanted = constructs_on_paths(plan, instrument) if plan.data.level == "user" else []
        asked = [c for c in wanted if set(instrument.construct(c).all_items) <= set(sides["partners"].items)]
        data = link(sides["partners"], sides["users"], on=plan.data.on, level=plan.data.level, constructs=asked or None)
        found |= {"linkage": data.linkage} if data.linkage is not None else {}
    data = with_design(plan, data)
    kept = Kept.of(base, plan, instrument, {**sides, "all": data}) if keep else None
    bench = Bench(kept, fresh)
    bench.parts |= found
    fitted(bench, plan, instrument, raw, sides, data, say)
    return Analysis(sides, data, bench.parts, tuple(bench.remarks), tuple(bench.resumed), kept)


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
            raise DataError.of("study.no_data_file", name=name, file=plan.path)
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
    bench: Bench,
    plan: Plan,
    instrument: Instrument,
    raw: Mapping[str, Responses],
    sides: Mapping[str, Responses],
    data: Responses,
    say: Say,
) -> None:
    """Describe each side, fit the models to the data, decide the hypotheses, go further, check by the second engine."""
    from cgsurvey.reliability import reliability, validity
    from cgsurvey.responses import as_source, describe
    from cgsurvey.sem import cfa, sem
    from cgsurvey.sem.hypotheses import test_hypotheses
    from cgsurvey.sem.model.table import parameter_table

    structure = structural_model(plan, instrument, data.linkage)
    measurement = measurement_model(plan, instrument, data.linkage)
    # A misspelt name is told before anything is fitted.
    columns = as_source(data).frame.columns
    parameter_table(measurement.syntax, columns, kind="cfa")
    if structure:
        parameter_table(structure.syntax, columns, kind="sem")
    elif plan.hypotheses:
        raise OptionError.of("study.hypotheses_without_paths", file=plan.path)
    used = variables(measurement, structure)
    options, remarks = estimation(plan, data, used)
    bench.remarks += remarks
    # Of linked answers, constructs that stand in the models as averages of an office are no matter of single items.
    constructs = constructs_on_paths(plan, instrument)
    whole = [c for c in constructs if used.issuperset(instrument.construct(c).all_items)]
    in_models = frozenset(used)
    used |= {i for c in constructs for i in instrument.construct(c).all_items}
    leaves = [c for c in instrument.leaf_constructs if used.issuperset(c.all_items) and len(c.all_items) > 1]
    say("description")
    for side, answers in sides.items():
        items = [n for n in answers.items if n in used]
        blocks = [c.id for c in leaves if set(answers.items).issuperset(c.all_items)]
        bench.make(
            _named("description", side), partial(describe, answers, items=items or None, constructs=blocks or None)
        )
        bench.make(_named("reliability", side), partial(reliability, answers, constructs=blocks or None))
    say("measurement")
    bench.make("measurement", partial(cfa, measurement, data, **options))
    say("validity")
    bench.make("validity", lambda: validity(bench.parts["measurement"], data=data), ["measurement"])
    last = "structure" if structure else "measurement"
    if structure:
        say("structure")
        bench.make("structure", partial(sem, structure, data, **options))
    if plan.hypotheses:
        bench.make(
            "hypotheses",
            lambda: test_hypotheses(cast("SemFit", bench.parts["structure"]), plan.hypotheses),
            ["structure"],
            plan.hypotheses,
        )
    items = [i for i in data.items if i in in_models]
    blocks = [c.id for c in leaves if in_models.issuperset(c.all_items)]
    found = bench.parts
    material = Material(plan, raw, sides, data, measurement, structure, items, blocks, whole, options, found)
    for name, section in ((n, s) for n in FURTHER for s in plan.further.get(n, ())):
        number = plan.further[name].index(section) + 1
        say(name)
        bench.make(
            name if number == 1 else f"{name}_{number}",
            partial(further, name, section, material),
            FURTHER[name].after(bool(structure)),
            [section, plan.hypotheses],
        )
    say("cross-check")
    bench.make("cross_check", lambda: _cross_checked(bench, last, data), [last])


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
        if wrong := [n for n in named if n not in items]:
            raise OptionError.of("study.ordered_unknown", file=plan.path, items=hints(wrong, items))
        return options, []
    # Means of an office are no categories: only what single people answered is ordered.
    averaged = set(data.linkage.columns.values()) if data.linkage is not None else set()
    if not averaged & set(items):
        return options, []
    options["ordered"] = [n for n in items if n not in averaged]
    return options, [note("study.averages_not_ordered", n=len(averaged & set(items)))]


def _named(part: str, side: str) -> str:
    return f"{part}_{side}" if side else part


def _cross_checked(bench: Bench, name: str, data: Responses) -> CrossCheck | None:
    """Check a fit by the second engine; on complete rows where the fit used more than the engine can take."""
    from cgsurvey.sem import sem

    fit = cast("SemFit", bench.parts[name])
    try:
        return fit.cross_check(data)
    except UnsupportedByEngine:
        pass
    try:
        complete = sem(fit.model, data, estimator="ML", missing="listwise", cluster=False, strata=False, weights=False)
        checked = complete.cross_check(data)
    except CgSurveyError as error:
        bench.remarks.append(note("study.no_cross_check", reason=error.words()))
        return None
    code = "study.cross_check_complete_rows_ordered" if fit.table.ordered else "study.cross_check_complete_rows"
    return replace(checked, notes=(*checked.notes, note(code, n=checked.meta.n)))
