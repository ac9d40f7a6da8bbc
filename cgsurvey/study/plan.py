"""The plan of a study: `study.toml`, checked before anything is run.

The dataclasses are the one definition of what a plan may hold; pydantic validates a file against them at the edge.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import LANGUAGES, DataError, OptionError, bullets, hint, hints, said
from cgsurvey.study.further import FURTHER, check

Language = Literal["en", "id"]
# Options of cfa() and sem() that a plan has elsewhere or that a study does not have, with what to do instead.
_NOT_HERE = {
    "seed": {"en": "the seed of a study stands in [study]", "id": "seed suatu studi ditulis dalam [study]"},
    "group": {
        "en": 'groups are compared by a section of their own: [invariance] with group = "..."',
        "id": 'kelompok dibandingkan dalam bagian tersendiri: [invariance] dengan group = "..."',
    },
    "group_equal": {
        "en": "equality across groups is tested in [invariance]",
        "id": "kesamaan antarkelompok diuji dalam [invariance]",
    },
    "group_partial": {
        "en": "equality across groups is tested in [invariance], with partial = true",
        "id": "kesamaan antarkelompok diuji dalam [invariance] dengan partial = true",
    },
    "engine": {
        "en": "the second engine checks the final model of every study by itself",
        "id": "mesin hitung kedua memeriksa model akhir setiap studi dengan sendirinya",
    },
}
# Kinds of faults that pydantic tells in English only.
_KINDS = {
    "string": "harus berupa teks di antara tanda kutip",
    "int": "harus berupa bilangan bulat",
    "float": "harus berupa angka",
    "bool": "harus true atau false",
    "tuple": 'harus berupa daftar, misalnya ["a", "b"]',
    "list": 'harus berupa daftar, misalnya ["a", "b"]',
    "dict": 'harus berupa tabel, misalnya {a = "b"}',
    "dataclass": "harus berupa bagian dengan kunci di bawahnya",
}
_STRICT = {"extra": "forbid"}


@dataclass(frozen=True)
class StudySection:
    """`[study]`: title, language of the report, seed, author, the unit that is studied."""

    __pydantic_config__ = _STRICT
    title: str = "Survey study"
    language: Language = "en"
    seed: int = 1
    author: str = ""
    unit: str = ""


@dataclass(frozen=True)
class DataSection:
    """`[data]`: one file of respondents, or `partners` and `users` to be linked `on` a column; design columns.

    `invited` is how many were asked to take part, for the response rate: a number, or one per side.
    """

    __pydantic_config__ = _STRICT
    instrument: str = "cgsurvey_core"
    file: str | None = None
    partners: str | None = None
    users: str | None = None
    on: str = "office"
    level: Literal["user", "office"] = "user"
    source: str = "auto"
    sheet: str | int | None = None
    language: Language | None = None
    mapping: str | dict[str, str | int] | None = None
    missing_codes: tuple[int | str, ...] = ()
    invited: int | dict[str, int] | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    missing_items: Literal["error", "allow"] = "error"
    day_first: bool | None = None
    weights: str | None = None
    cluster: str | None = None
    strata: str | None = None
    simulated: bool = False


@dataclass(frozen=True)
class MeasurementSection:
    """`[measurement]`: a model of the instrument or lavaan syntax; `constructs` narrows it."""

    __pydantic_config__ = _STRICT
    model: str = "second_order"
    constructs: tuple[str, ...] = ()


@dataclass(frozen=True)
class StructureSection:
    """`[structure]`: paths between the constructs, a model of the instrument by name, or full lavaan syntax."""

    __pydantic_config__ = _STRICT
    model: str = ""


@dataclass(frozen=True)
class ReportSection:
    """`[report]`: file formats, further languages, the dialect, a Word template, the folder of the results."""

    __pydantic_config__ = _STRICT
    formats: tuple[Literal["docx", "html", "pdf", "xlsx", "tex", "typ"], ...] = ("docx", "html", "xlsx")
    languages: tuple[Language, ...] = ()
    dialect: Literal["apa", "thesis"] = "apa"
    template: str | None = None
    folder: str = "results"


@dataclass(frozen=True)
class Plan:
    """A whole plan, as checked.

    Attributes
    ----------
    study, data, measurement, structure, report
        The sections of the file.
    screening, estimation, hypotheses, cutoffs : mapping
        Free sections: rules of `screen`, options of `cfa` and `sem`, hypotheses by name, cut-offs by measure. Options
        hold for measurement and structure alike; all of them can stand here but those of groups and the second engine.
    further : mapping
        Sections that bear the name of a function, `FURTHER`: options of each call.
    path : str
        Name of the file, without its folder.
    sha256 : str
        Hash of the file: the plan as it was registered.
    """

    __pydantic_config__ = _STRICT
    study: StudySection = field(default_factory=StudySection)
    data: DataSection = field(default_factory=DataSection)
    screening: dict[str, bool | int | float | str] = field(default_factory=dict)
    estimation: dict[str, bool | int | float | str | list[str]] = field(default_factory=dict)
    measurement: MeasurementSection = field(default_factory=MeasurementSection)
    structure: StructureSection | None = None
    hypotheses: dict[str, str] = field(default_factory=dict)
    cutoffs: dict[str, float] = field(default_factory=dict)
    report: ReportSection = field(default_factory=ReportSection)
    further: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    path: str = "study.toml"
    sha256: str = ""


def read_plan(path: str | Path) -> Plan:
    """Read and check a study file.

    Parameters
    ----------
    path : str or Path
        The file, or the folder that holds a ``study.toml``.

    Raises
    ------
    DataError
        When the file is absent or no TOML.
    OptionError
        When it holds unknown keys or values; all of them are listed.
    """
    file = Path(path)
    file = file / "study.toml" if file.is_dir() else file
    if not file.is_file():
        raise DataError.of("study.no_plan", file=str(file))
    raw = file.read_bytes()
    try:
        content = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError.of("study.no_toml", file=file.name, fault=str(error)) from error
    reserved = {"path", "sha256", "further"} & content.keys()
    if reserved:
        raise OptionError.of("study.unknown_section", file=file.name, sections=", ".join(sorted(reserved)))
    sections = {name: content.pop(name) for name in FURTHER if name in content}
    further = {name: calls if isinstance(calls, list) else [calls] for name, calls in sections.items()}
    plan = _validated(content, further, file.name)
    if not (plan.data.file or (plan.data.partners and plan.data.users)):
        raise OptionError.of("study.no_data", file=file.name)
    if plan.data.file and (plan.data.partners or plan.data.users):
        raise OptionError.of("study.two_kinds_of_data", file=file.name)
    measures = list(dict.fromkeys(["chisq_df", *(rule["measure"] for rule in package_yaml("base/rules.yaml"))]))
    if wrong := [m for m in plan.cutoffs if m not in measures]:
        known = ", ".join(measures)
        raise OptionError.of("study.unknown_cutoff", file=file.name, measures=hints(wrong, measures), known=known)
    _check_estimation(plan, file.name)
    folder = plan.report.folder.replace("\\", "/")
    if folder.startswith("/") or ":" in folder or {"", ".", ".."} & set(folder.split("/")):
        raise OptionError.of("study.folder_outside", file=file.name, folder=folder)
    return _with(plan, path=file.name, sha256=hashlib.sha256(raw).hexdigest())


def language_of(path: str | Path) -> Language:
    """Return the language of a plan, also of one that cannot be read; English where none is said.

    Parameters
    ----------
    path : str or Path
        The file, or the folder of a study or of its results.
    """
    file = Path(path) / "study.toml" if Path(path).is_dir() else Path(path)
    text = file.read_text(encoding="utf-8-sig", errors="replace") if file.is_file() else ""
    found = re.search(r"""^\s*\[study\][^\[]*?^\s*language\s*=\s*["']id["']""", text, re.MULTILINE)
    return "id" if found else "en"


def _check_estimation(plan: Plan, name: str) -> None:
    """Refuse options that cannot take effect, before the data are read."""
    from cgsurvey.responses.design import Design
    from cgsurvey.sem.options import resolve

    if refused := [k for k in plan.estimation if k in _NOT_HERE]:
        told = {
            x: joint.join(f"{k} ({_NOT_HERE[k][x]})" for k in refused) for x, joint in (("en", "; no "), ("id", "; "))
        }
        raise OptionError.of("study.not_in_estimation", file=name, keys=told)
    design = Design(weights=plan.data.weights, cluster=plan.data.cluster, strata=plan.data.strata)
    try:
        resolve(plan.estimation, design)
    except OptionError as error:
        raise error.at(f"{name}: [estimation]") from None


def _with(plan: Plan, **changes: Any) -> Plan:
    return Plan(**{f.name: changes.get(f.name, getattr(plan, f.name)) for f in fields(plan)})


def _validated(content: Mapping[str, Any], further: Mapping[str, list[Any]], name: str) -> Plan:
    from pydantic import TypeAdapter, ValidationError

    faults = [f for section, calls in further.items() for options in calls for f in _of_section(section, options)]
    try:
        plan = TypeAdapter(Plan).validate_python({**content, "further": {} if faults else further})
    except ValidationError as error:
        faults += [_fault(e) for e in error.errors()]
    if faults:
        raise OptionError.of("study.faults", file=name, n=len(faults), faults=bullets(faults))
    return plan


def _of_section(name: str, options: Any) -> Iterator[Mapping[str, str]]:
    """Say what is wrong with a section that bears the name of a function; [[name]] may stand several times."""
    if not isinstance(options, dict):
        yield said("study.section_not_value", name=name)
        return
    yield from ({x: f"[{name}] {fault[x]}" for x in LANGUAGES} for fault in check(name, options))


def _fault(error: Mapping[str, Any]) -> Mapping[str, str]:
    place = [
        str(part) for part in error["loc"] if not re.fullmatch(r"(str|int|float|bool|tuple|list|dict)\b.*", str(part))
    ]
    where = f"[{place[0]}] {'.'.join(place[1:])}".strip()
    if error["type"] == "unexpected_keyword_argument":
        known = _keys_of(place[:-1]) + ([] if place[:-1] else list(FURTHER))
        return said("study.unknown_key", where=where, hint=hint(place[-1], known), known=", ".join(known))
    what = {"en": error["msg"], "id": _KINDS.get(error["type"].split("_")[0], error["msg"])}
    if error["type"] == "literal_error":
        what["id"] = f"harus salah satu dari {error['ctx']['expected'].replace(' or ', ' atau ')}"
    return said("study.wrong_value", where=where, what=what, found=error["input"])


def _keys_of(place: list[str]) -> list[str]:
    kind: Any = Plan
    for part in place:
        hint = get_type_hints(kind)[part]
        kind = next((a for a in (hint, *getattr(hint, "__args__", ())) if is_dataclass(a)), hint)
    return [f.name for f in fields(kind) if f.name not in ("path", "sha256", "further")]
