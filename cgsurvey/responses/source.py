"""The one way in which analyses get data: `Responses` and plain data frames look the same from here on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.design import Design
from cgsurvey.responses.importing.scan import ResponseFile
from cgsurvey.responses.responses import Responses

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument


@dataclass(frozen=True, eq=False)
class Source:
    """Data as an analysis needs them.

    Attributes
    ----------
    frame : DataFrame
        One row per respondent; reverse items keyed.
    instrument : Instrument, optional
    design : Design, optional
    labels : mapping
        Words per variable and language.
    simulated : bool
    file : str
        Name of the file, "" for a data frame.
    notes : tuple of Note
        What was noted on import and screening.
    composites : tuple of str
        Columns of `frame` that are means of the items of a composite construct, so that a model may name them.
    scan : ResponseFile, optional
        The file that is passed through in parts; `frame` then holds each different answer once, and no rows.
    """

    frame: pd.DataFrame
    instrument: Instrument | None = None
    design: Design | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    simulated: bool = False
    file: str = ""
    notes: tuple[Note, ...] = ()
    composites: tuple[str, ...] = ()
    scan: ResponseFile | None = None


def design_unused(data: object) -> list[Note]:
    """Say that an analysis of `data` does not use their sampling design, where there is one."""
    design = getattr(data, "design", None)
    return [note("responses.design_not_used", columns=", ".join(design.columns))] if design and design.columns else []


def as_source(data: Responses | ResponseFile | pd.DataFrame | Source, *, in_parts: bool = False) -> Source:
    """Return what an analysis needs of `data`.

    Parameters
    ----------
    data : Responses or DataFrame
        Reverse items of `Responses` are keyed here; a data frame is taken as it is, numbered columns by their numbers
        as text.
    in_parts : bool
        The analysis can pass through the rows of a `ResponseFile`.

    Raises
    ------
    OptionError
        When `data` is neither, or a `ResponseFile` and the analysis needs its rows.
    DataError
        When two columns of a frame share a name.
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, Responses):
        means = _composite_means(data)
        return Source(
            frame=data.keyed.join(means) if len(means.columns) else data.keyed,
            composites=tuple(means.columns),
            instrument=data.instrument,
            design=data.design,
            labels=data.labels,
            simulated=data.simulated,
            file=data.provenance.file,
            notes=data.notes,
        )
    if isinstance(data, ResponseFile):
        if not in_parts:
            raise OptionError(
                f"this analysis looks at single rows, and those of {data.file} stay in their file. Passed through in "
                "parts they can be by cfa, sem, growth and reliability; for all else draw some of them, "
                "data.sample(10_000, seed=1), or read the file whole, cg.read_responses(path, instrument)."
            )
        known = data.answers
        return Source(
            frame=known.keyed[list(data.columns)],
            instrument=known.instrument,
            design=known.design,
            labels=known.labels,
            simulated=known.simulated,
            file=data.file,
            notes=known.notes,
            scan=data,
        )
    if isinstance(data, pd.DataFrame):
        if not all(isinstance(c, str) for c in data.columns):
            # Columns of a bare array are numbers; everything below calls a column by its name.
            data = data.set_axis([str(c) for c in data.columns], axis=1)
        if not data.columns.is_unique:
            twice = some(dict.fromkeys(data.columns[data.columns.duplicated()]))
            raise DataError(f"the data frame has columns that share a name: {twice}. Rename or drop one of them.")
        sparse = {c: t.subtype for c, t in data.dtypes.items() if isinstance(t, pd.SparseDtype)}
        return Source(frame=data.astype(sparse) if sparse else data)
    raise OptionError(
        f"data must be Responses or a pandas DataFrame, not {type(data).__name__}. "
        "Read a file with cg.read_responses(path, instrument)."
    )


def _composite_means(data: Responses) -> pd.DataFrame:
    """Return the mean of each composite of which all items are there and no column has the name."""
    from cgsurvey.responses.score import score

    known = data.instrument.composites if data.instrument is not None else {}
    there = set(data.frame.columns)
    wanted = [c for c, items in known.items() if c not in there and there.issuperset(items)]
    return score(data, wanted, level="dimension")[wanted] if wanted else pd.DataFrame(index=data.frame.index)
