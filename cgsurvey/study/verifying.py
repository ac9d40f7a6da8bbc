"""Computing a finished study again, from its plan and data, and comparing all that it left behind."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, Result, load_result, versions
from cgsurvey.present.report.verification import Content, Verification, content, differences, joined
from cgsurvey.study.analysis import Analysis, analyse
from cgsurvey.study.plan import Plan, read_plan
from cgsurvey.study.write import figure_hashes, report_files, study_report

Found = tuple[pd.DataFrame, pd.DataFrame]


def verify(folder: str | Path) -> Verification:
    """Compute a finished study again and list every number and sentence that differs from what was written.

    The plan that was kept with the results is run on the data file; then the stored results, each cell and sentence of
    the reports (docx, html, xlsx, tex) and the files of the figures are compared with what comes out now.

    Parameters
    ----------
    folder : str or Path
        The folder of results, or that of the study.

    Returns
    -------
    Verification
        `clean` is True when nothing differs; `differences` has one row each: `file place printed recomputed`.
        Other versions of the software than those of the run are told in a note.

    Raises
    ------
    DataError
        When the folder holds no finished study, or its data file is gone.
    """
    results, log = _finished(Path(folder))
    plan = _plan_that_ran(results, log)
    base = results.resolve().parents[len(Path(plan.report.folder.replace("\\", "/")).parts) - 1]
    again = analyse(plan, base, lambda step: None)
    found = [
        _sources(results, log, base, plan, again),
        *(_stored(results, name, part) for name, part in again.parts.items()),
        *_reports(results, plan, again, base),
        _figures(results, log),
    ]
    meta = Meta(function="verify", source=plan.path, simulated=again.data.simulated)
    return joined(found, notes=tuple(_other_versions(log)), meta=meta)


def _finished(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    inner = folder
    if not (folder / "log.json").is_file() and (folder / "study.toml").is_file():
        inner = folder / read_plan(folder).report.folder
    try:
        return inner, json.loads((inner / "log.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError.of("study.not_finished", folder=folder.resolve().name) from error


def _plan_that_ran(results: Path, log: Mapping[str, Any]) -> Plan:
    plan = read_plan(results / "study.toml")
    language = log["plan"]["content"]["study"]["language"]
    return replace(plan, path=log["plan"]["file"], study=replace(plan.study, language=language))


def _sources(results: Path, log: Mapping[str, Any], base: Path, plan: Plan, again: Analysis) -> Found:
    """Compare the hashes of plan and data files with those of the run."""
    then = {"sha256 of the plan": log["plan"]["sha256"]}
    now = {"sha256 of the plan": plan.sha256}
    for side, answers in again.sides.items():
        told = log["data"].get(side or "file", {}).get("provenance", {})
        place = f"sha256 of {answers.provenance.file}"
        then[place], now[place] = told.get("sha256", ""), answers.provenance.sha256
    present = base / plan.path
    if present.is_file():
        place = f"sha256 of {plan.path} in the folder of the study"
        then[place], now[place] = log["plan"]["sha256"], hashlib.sha256(present.read_bytes()).hexdigest()
    return differences("log.json", then, now)


def _stored(results: Path, name: str, part: Result) -> Found:
    file = results / "results" / f"{name}.cgr"
    return _compared(f"results/{file.name}", lambda: dict(_cells(load_result(file))), dict(_cells(part)))


def _compared(name: str, read: Callable[[], Content], again: Content) -> Found:
    """Compare what a file holds; one that cannot be read is one difference."""
    try:
        return differences(name, read(), again)
    except DataError as error:
        return differences(name, {"the file": str(error)}, {"the file": "as the run wrote it"})


def _cells(part: Result) -> Iterator[tuple[str, str | float]]:
    for kind, frame in (("tidy", part.tidy()), ("glance", part.glance())):
        for column in frame.columns:
            for row, value in enumerate(frame[column].tolist(), start=1):
                yield f"{kind}, row {row}, {column}", float(value) if isinstance(value, int | float) else str(value)


def _reports(results: Path, plan: Plan, again: Analysis, base: Path) -> Iterator[Found]:
    for language, names in report_files(plan).items():
        made = study_report(plan, again, language=language, base=base)
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                now = content(made.save(Path(folder) / name))
            yield _compared(name, partial(content, results / name), now)


def _figures(results: Path, log: Mapping[str, Any]) -> Found:
    then = dict(log.get("figures", {}))
    return differences("figures", then, figure_hashes(results / "figures"))


def _other_versions(log: Mapping[str, Any]) -> list[Note]:
    now = versions()
    other = [f"{name} {v} → {now[name]}" for name, v in log["versions"].items() if now.get(name, v) != v]
    return [note("study.other_versions", changed=", ".join(other))] if other else []
