"""Files that are written as a whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cgsurvey.base.errors import CgSurveyError, DataError, OptionError
from cgsurvey.base.notes import Note


@dataclass(frozen=True)
class Written:
    """A file that was written; it can be used where a path can.

    Attributes
    ----------
    path : Path
    equal : bool or None
        Whether the file was read back into equal answers; None where that was not tried.
    notes : tuple of Note
        What the format cannot hold, what was renamed or cut, what comes back different.
    """

    path: Path
    equal: bool | None = None
    notes: tuple[Note, ...] = ()

    def __fspath__(self) -> str:
        return str(self.path)


def target(path: str | Path, suffixes: tuple[str, ...], *, overwrite: bool) -> Path:
    """Return where a file may be written.

    Raises
    ------
    OptionError
        When the name ends otherwise than the format asks, or the file exists.
    DataError
        When its folder does not exist.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise OptionError(f"{path.name}: the name of this format ends in {' or '.join(suffixes)}, not '{path.suffix}'.")
    if not path.parent.is_dir():
        raise DataError(f"{path.name} cannot be written: the folder '{path.parent}' does not exist. Make it first.")
    if path.is_dir():
        raise DataError(f"{path.name} cannot be written: a folder has this name. Choose another.")
    if path.exists() and not overwrite:
        raise OptionError(f"{path.name} exists already. Choose another name, or replace it with overwrite=True.")
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when all went well, and is removed otherwise."""
    beside = path.with_name(f".{secrets.token_hex(8)}{path.suffix.lower()}")
    try:
        yield beside
        beside.replace(path)
    except CgSurveyError:
        raise
    except Exception as error:  # the writers of other libraries have error classes of their own
        reason = getattr(error, "strerror", None) or str(error)[:160]
        raise DataError(
            f"{path.name} cannot be written ({reason}). Nothing was changed; try another folder."
        ) from error
    finally:
        beside.unlink(missing_ok=True)
