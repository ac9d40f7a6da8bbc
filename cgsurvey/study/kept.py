"""Parts of a run that has not ended yet: kept beside the plan, so that the next run goes on where this one stopped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgsurvey.base.errors import DataError
from cgsurvey.base.result import Result, data_hash, load_result, versions

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses import Responses
    from cgsurvey.study.plan import Plan

FOLDER = ".cgsurvey"
# What every part rests on; further sections belong to single parts.
_COMMON = ("data", "screening", "estimation", "measurement", "structure")


@dataclass(frozen=True)
class Kept:
    """A folder of finished parts.

    Attributes
    ----------
    folder : Path
    key : str
        Hash of what every part rests on: data, instrument, sections of the plan, seed, versions. A part is taken again
        only under the same key.
    """

    folder: Path
    key: str

    @classmethod
    def of(cls, base: Path, plan: Plan, instrument: Instrument, answers: Mapping[str, Responses]) -> Kept:
        """Return what was kept of a plan on these answers."""
        rests_on = {
            "plan": {name: part for name, part in asdict(plan).items() if name in _COMMON},
            "seed": plan.study.seed,
            "instrument": instrument.to_yaml(),
            "data": {side: [data_hash(a.frame), data_hash(a.reasons)] for side, a in answers.items()},
            "versions": dict(versions()),
            "source": _source(),
        }
        return cls(base / FOLDER, _hash(rests_on))

    def load(self, name: str, more: Any = None) -> Result | None:
        """Return a part, None where it was not kept or its file is broken."""
        try:
            found: Result = load_result(self._file(name, more))
        except (DataError, zlib.error):  # absent, or cut short by whatever stopped the run
            return None
        return found

    def store(self, name: str, part: Result, more: Any = None) -> None:
        """Keep a part; where that fails, the next run computes it again."""
        file = self._file(name, more)
        half = file.with_name(f"new-{file.name}")
        try:
            self.folder.mkdir(exist_ok=True)
            part.save(half).replace(file)
        except OSError:
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget all parts, once the results are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, name: str, more: Any) -> Path:
        return self.folder / f"{name}-{_hash([self.key, more])[:16]}.cgr"


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _source() -> str:
    """Return the hash of the package's own files: the number of a version says too little while it is worked on."""
    digest = hashlib.sha256()
    root = Path(str(resources.files("cgsurvey")))
    for file in sorted((*root.rglob("*.py"), *root.rglob("*.yaml"))):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
