"""The plan as a pre-registration: recorded before the analysis, compared with what was run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.registration import Registration
from cgsurvey.base.result import Meta, versions
from cgsurvey.study.plan import Plan, read_plan

FILE = "registration.json"
# What says nothing about the analysis: how it is written up, and what the file itself is called.
_NOT_COMPARED = ("report", "path", "sha256", "study.title", "study.language", "study.author")


def register(path: str | Path, *, force: bool = False) -> Path:
    """Record a plan before the analysis, as ``registration.json`` beside it, and return the path of the record.

    The record holds the plan as it was read, its hash, date and time and the versions of the software. `run_study`
    compares each later run with it and lists what was changed. Keep a copy where others can see it (a repository, an
    e-mail to the supervisor): a file of one's own proves no date.

    Parameters
    ----------
    path : str or Path
        ``study.toml`` or the folder that holds it.
    force : bool, default False
        Replace an existing record.

    Raises
    ------
    OptionError
        When the plan holds faults, or a record exists and `force` is not given.
    DataError
        When there is no plan.

    Examples
    --------
    >>> from pathlib import Path
    >>> import cgsurvey as cg
    >>> plan = Path("study.toml")
    >>> _ = plan.write_text('[study]\\ntitle = "Trust"\\n[data]\\nfile = "answers.csv"\\ninstrument = "psq"\\n')
    >>> cg.register(plan).name
    'registration.json'
    """
    plan = read_plan(path)
    file = Path(path) / FILE if Path(path).is_dir() else Path(path).with_name(FILE)
    if file.exists() and not force:
        raise OptionError.of("study.registered_before", file=FILE)
    record = {
        "format": "cgsurvey-registration/1",
        "registered": datetime.now().astimezone().isoformat(timespec="seconds"),
        "sha256": plan.sha256,
        "content": _plain(plan),
        "versions": dict(versions()),
    }
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    return file


def registration(plan: Plan, base: Path) -> Registration:
    """Compare a plan with the record beside it.

    Raises
    ------
    DataError
        When the record cannot be read.
    """
    file = base / FILE
    meta = Meta(function="register", source=plan.path, references=("nosek2018",))
    if not file.is_file():
        return Registration(deviations=_frame(()), sha256_run=plan.sha256, meta=meta)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        planned = dict(_leaves(record["content"]))
        registered, sha256 = str(record["registered"]), str(record["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{FILE} is no record of a plan ({error}). Restore it from a copy.") from error
    run = dict(_leaves(_plain(plan)))
    keys = dict.fromkeys((*planned, *run))
    rows = [(*_place(k), _told(planned.get(k)), _told(run.get(k))) for k in keys if planned.get(k) != run.get(k)]
    return Registration(
        deviations=_frame(rows), registered=registered, sha256=sha256, sha256_run=plan.sha256, meta=meta
    )


def _place(key: str) -> tuple[str, str]:
    """Return section and key as the file has them; a further analysis is a section of its own."""
    section, _, name = key.partition(".")
    return (name, "") if section == "further" else (section, name)


def _frame(rows: Any) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["section", "key", "planned", "run"], dtype="str")


def _plain(plan: Plan) -> Mapping[str, Any]:
    """Return a plan as JSON holds it."""
    return dict(json.loads(json.dumps(asdict(plan), default=str)))


def _leaves(part: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Go through what a plan says, key by key; what was left open is nothing said."""
    if place in _NOT_COMPARED:
        return
    if isinstance(part, Mapping) and (place.count(".") == 0):
        for key, value in part.items():
            yield from _leaves(value, f"{place}.{key}" if place else str(key))
    elif not (part is None or part is False or (isinstance(part, str | list | dict) and not part)):
        yield place, part


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return "; ".join(line.strip() for line in value.splitlines() if line.strip())
    return json.dumps(value, ensure_ascii=False)
