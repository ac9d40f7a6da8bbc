"""What each reader of a platform says of itself: how it is recognised, what it needs, how it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cgsurvey.responses.readers.raw import RawTable, Score

# The first rows of a file, headers or not.
Head = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Near:
    """The files beside the one that is read, in its folder or archive."""

    names: Callable[[], Sequence[str]] = tuple
    read: Callable[[str], bytes] = lambda name: b""


@dataclass(frozen=True)
class Request:
    """What the caller asked for; see `read_responses`."""

    source: str = "auto"
    sheet: str | int | None = None
    repeat: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    structure: Path | None = None
    day_first: bool | None = None
    score: Score | None = None
    near: Near = Near()


@dataclass(frozen=True)
class Signs:
    """What gave a platform away, in words for the provenance, and where its headers stand if that is certain."""

    why: str
    header: int | None = None


@dataclass(frozen=True)
class Platform:
    """One program that exports answers.

    Attributes
    ----------
    name : str
        The value of `source`.
    called : str
        How messages call its files.
    needs : str
        What a file must have to be one of them; completes "... needs".
    recognise : callable
        First rows to `Signs`, None where the file is something else.
    read : callable
        Table and request to the table with what the platform knows about it.
    strict : bool
        Whether a file without the signs cannot be read as one of these.
    named : callable, optional
        First rows to `Signs` where the caller names the platform; fewer signs may do then.
    """

    name: str
    called: str
    needs: str
    recognise: Callable[[Head], Signs | None]
    read: Callable[[RawTable, Request], RawTable]
    strict: bool = False
    named: Callable[[Head], Signs | None] | None = None


def as_it_stands(table: RawTable, request: Request) -> RawTable:
    """Return the table unchanged: nothing is known of the program."""
    return table
