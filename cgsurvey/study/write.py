"""The folder of results: written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgsurvey.base.errors import DataError
from cgsurvey.base.options import choose
from cgsurvey.base.result import versions
from cgsurvey.present.document import Figure, Numbered
from cgsurvey.present.report import Report, report
from cgsurvey.study.analysis import Analysis
from cgsurvey.study.plan import Plan

if TYPE_CHECKING:
    from cgsurvey.study.run import StudyResult


def write_results(found: StudyResult, analysis: Analysis, plan_file: Path, folder: Path) -> None:
    """Write report, tables, figures, results, plan and log into a folder."""
    plan = found.plan
    for language, names in report_files(plan).items():
        made = study_report(plan, analysis, language=language, base=plan_file.resolve().parent)
        for name in names:
            made.save(folder / name)
        if language == plan.study.language:
            _save_figures(made, folder / "figures")
            for name in ("references.bib", "references.json"):
                made.save(folder / name)
    (folder / "results").mkdir()
    for name, part in found.parts.items():
        part.save(folder / "results" / f"{name}.cgr")
    shutil.copyfile(plan_file, folder / "study.toml")
    (folder / "log.json").write_text(
        json.dumps(_log(found, analysis, folder), ensure_ascii=False, indent=1, default=str), encoding="utf-8"
    )


def report_files(plan: Plan) -> dict[str, list[str]]:
    """Return the names of the reports that a plan asks for, by language; tables stand in the workbook."""
    out: dict[str, list[str]] = {}
    for language in dict.fromkeys((plan.study.language, *plan.report.languages)):
        ending = "" if language == plan.study.language else f".{language}"
        stems = {"xlsx": "tables"}
        out[language] = [f"{stems.get(kind, 'report')}{ending}.{kind}" for kind in plan.report.formats]
    return out


def figure_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of figures by its name."""
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.glob("*")) if f.is_file()}


def _save_figures(made: Report, folder: Path) -> None:
    folder.mkdir()
    numbered = [b for b in made.document.blocks if isinstance(b, Numbered)]
    drawn = [(b.anchor.split(":")[-1], b.item) for b in numbered if isinstance(b.item, Figure)]
    for number, (name, figure) in enumerate(drawn, start=1):
        (folder / f"figure_{number:02d}_{name}.svg").write_bytes(figure.svg)
        (folder / f"figure_{number:02d}_{name}.png").write_bytes(figure.png)


def study_report(plan: Plan, analysis: Analysis, *, language: str, base: Path) -> Report:
    """Compose the report of a study; `base` is the folder that the path of the Word template is relative to."""
    template = plan.report.template
    return report(
        {**{side or "answers": answers for side, answers in analysis.sides.items()}, **analysis.parts},
        title=plan.study.title,
        language=choose("language", language, ("en", "id")),
        authors=(plan.study.author,) if plan.study.author else (),
        dialect=plan.report.dialect,
        template=base / template if template else None,
        cutoffs=plan.cutoffs or None,
        invited=plan.data.invited,
        notes=analysis.remarks,
        stamp={Path(plan.path).name: f"sha256 {plan.sha256}", "seed": str(plan.study.seed)},
    )


def _log(found: StudyResult, analysis: Analysis, folder: Path) -> dict[str, Any]:
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
        "figures": figure_hashes(folder / "figures"),
        "versions": dict(versions()),
    }


_WHY = {
    errno.ENOSPC: {"en": "No space left on device", "id": "ruang penyimpanan habis"},
    errno.EACCES: {"en": "Permission denied", "id": "tidak ada izin menulis"},
    errno.EROFS: {"en": "Read-only file system", "id": "penyimpanan hanya dapat dibaca"},
}


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Fill a folder beside the target and move it into place at the end: results are whole or not there."""
    work, old = None, target.with_name(f".{target.name}-old")
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        yield work
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
            target.rename(old)
        work.rename(target)
        target.chmod(0o755)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        raise DataError.of("study.not_written", folder=target.name, why=why) from error
    finally:
        if work is not None:
            shutil.rmtree(work, ignore_errors=True)
