"""The folder of results: written whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgsurvey.base.options import choose
from cgsurvey.base.result import versions
from cgsurvey.present.document import Figure, Numbered
from cgsurvey.present.report import Report, report
from cgsurvey.study.analysis import Analysis

if TYPE_CHECKING:
    from cgsurvey.study.run import StudyResult


def write_results(found: StudyResult, analysis: Analysis, plan_file: Path, folder: Path) -> None:
    """Write report, tables, figures, results, plan and log into a folder."""
    plan = found.plan
    for language in dict.fromkeys((plan.study.language, *plan.report.languages)):
        made = study_report(found, analysis, language=language, base=plan_file.resolve().parent)
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
        json.dumps(_log(found, analysis), ensure_ascii=False, indent=1, default=str), encoding="utf-8"
    )


def _save_figures(made: Report, folder: Path) -> None:
    folder.mkdir()
    numbered = [b for b in made.document.blocks if isinstance(b, Numbered)]
    drawn = [(b.anchor.split(":")[-1], b.item) for b in numbered if isinstance(b.item, Figure)]
    for number, (name, figure) in enumerate(drawn, start=1):
        (folder / f"figure_{number:02d}_{name}.svg").write_bytes(figure.svg)
        (folder / f"figure_{number:02d}_{name}.png").write_bytes(figure.png)


def study_report(found: StudyResult, analysis: Analysis, *, language: str, base: Path) -> Report:
    """Compose the report of a study; `base` is the folder that the path of the Word template is relative to."""
    plan = found.plan
    template = plan.report.template
    return report(
        [*analysis.sides.values(), *found.parts.values()],
        title=plan.study.title,
        language=choose("language", language, ("en", "id")),
        authors=(plan.study.author,) if plan.study.author else (),
        template=base / template if template else None,
        cutoffs=plan.cutoffs or None,
        stamp={Path(plan.path).name: f"sha256 {plan.sha256}", "seed": str(plan.study.seed)},
    )


def _log(found: StudyResult, analysis: Analysis) -> dict[str, Any]:
    read = {
        side or "file": {
            "provenance": asdict(answers.provenance),
            "flow": [asdict(s) for s in answers.flow],
            "exclusions": answers.exclusions.to_dict("records"),
        }
        for side, answers in analysis.sides.items()
    }
    return {
        "run": datetime.now().astimezone().isoformat(timespec="seconds"),
        "plan": {"file": found.plan.path, "sha256": found.plan.sha256, "content": asdict(found.plan)},
        "data": read,
        "simulated": analysis.data.simulated,
        "notes": [{"level": n.level, "code": n.code, "text": n.text} for n in found.notes],
        "data_hash": {name: part.meta.data_hash for name, part in found.parts.items() if part.meta.data_hash},
        "versions": dict(versions()),
    }


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
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
