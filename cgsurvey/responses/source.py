"""The one way in which analyses get data: `Responses` and plain data frames look the same from here on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, some
from cgsurvey.base.notes import Note
from cgsurvey.responses.design import Design
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
    """

    frame: pd.DataFrame
    instrument: Instrument | None = None
    design: Design | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    simulated: bool = False
    file: str = ""
    notes: tuple[Note, ...] = ()


def as_source(data: Responses | pd.DataFrame | Source) -> Source:
    """Return what an analysis needs of `data`.

    Parameters
    ----------
    data : Responses or DataFrame
        Reverse items of `Responses` are keyed here; a data frame is taken as it is.

    Raises
    ------
    OptionError
        When `data` is neither.
    DataError
        When two columns of a frame share a name.
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, Responses):
        return Source(
            frame=data.keyed,
            instrument=data.instrument,
            design=data.design,
            labels=data.labels,
            simulated=data.simulated,
            file=data.provenance.file,
            notes=data.notes,
        )
    if isinstance(data, pd.DataFrame):
        if not data.columns.is_unique:
            twice = some(dict.fromkeys(data.columns[data.columns.duplicated()]))
            raise DataError(f"the data frame has columns that share a name: {twice}. Rename or drop one of them.")
        return Source(frame=data)
    raise OptionError(
        f"data must be Responses or a pandas DataFrame, not {type(data).__name__}. "
        "Read a file with cg.read_responses(path, instrument)."
    )
