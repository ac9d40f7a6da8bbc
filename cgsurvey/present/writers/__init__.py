"""One module per format; each turns a `Document` (or the grid of a table) into text, HTML, Word, Excel or LaTeX."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from cgsurvey.base.errors import DataError

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Drop the characters that XML (hence Word, Excel and SVG) cannot hold."""
    return _CONTROL.sub("", text)


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Write a file whole or not at all, and return its path.

    Raises
    ------
    DataError
        When the folder is absent or the file cannot be replaced, e.g. because Word has it open.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise DataError(f"the folder '{target.parent.name}' for {target.name} does not exist. Make it first.")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except OSError as error:
        raise DataError(
            f"{target.name} cannot be written ({error.strerror}). If a program has it open, close it there."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
