"""Parsers of other languages tried in a process of their own, because a broken file can end the process they run in.

A wrong length lets such a parser ask for all memory there is, or read beyond its own, which cannot be caught.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Literal

_SECONDS = 300
_LIMIT = """
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
except (ImportError, OSError, ValueError):
    pass
"""


def tried(code: str, content: bytes = b"", *arguments: str) -> Literal["", "ended", "slow"]:
    """Run a trial: Python code with at most 3 GB of memory and five minutes of time.

    Parameters
    ----------
    code : str
        Reads its input from stdin and `sys.argv[1:]`; errors of the parser end with code 0, as they are told by the
        opening that follows.
    content : bytes
        What stdin holds.
    arguments : str

    Returns
    -------
    {"", "ended", "slow"}
        "" where the process survived, or no second process can be started here.
    """
    try:
        command = [sys.executable, "-I", "-c", _LIMIT + code, *arguments]
        done = subprocess.run(command, input=content, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "slow"
    except OSError:
        return ""
    return "ended" if done.returncode else ""
