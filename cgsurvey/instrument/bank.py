"""The bank: instruments that ship with the package, and those that other packages bring.

A package brings a folder of instrument files by an entry point in the group ``cgsurvey.instruments``::

    [project.entry-points."cgsurvey.instruments"]
    health = "my_package:instruments"        # the folder `instruments` inside `my_package`

Its instruments are then loaded by name, or as "health/name" where the name is not unique.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cgsurvey.base.data import shipped
from cgsurvey.base.errors import InstrumentError, hint, some

if TYPE_CHECKING:
    import pandas as pd

    from cgsurvey.instrument.instrument import Instrument

GROUP = "cgsurvey.instruments"
_ENDINGS = (".yaml", ".yml")
_COLUMNS = [
    "name",
    "title",
    "version",
    "n_items",
    "n_constructs",
    "languages",
    "respondent",
    "status",
    "licence",
    "origin",
    "problem",
]


def load_instrument(name_or_path: str | Path | Instrument) -> Instrument:
    """Load an instrument of the bank by its name, or any instrument file by its path.

    Parameters
    ----------
    name_or_path : str or Path
        E.g. "cgsurvey_core" or "my_instrument.yaml". An `Instrument` is returned as it is.

    Raises
    ------
    InstrumentError
        When there is none of that name, or with all problems of its file.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> psq = cg.load_instrument("psq")
    >>> psq
    <Instrument psq 0.1.0: 20 items, 5 constructs>
    >>> psq.construct("psq_empathy").items
    ('emp1', 'emp2', 'emp3', 'emp4r')
    >>> print(psq.item("tan1").label["id"])
    Ruang layanan bersih.
    """
    from cgsurvey.instrument.instrument import Instrument

    if isinstance(name_or_path, Instrument):
        return name_or_path
    file = find(str(name_or_path))
    if file is None:
        known, wanted = names(), str(name_or_path)
        raise InstrumentError.of(
            "instrument.no_such_instrument", name=wanted, hint=hint(wanted, known), known=some(known, 20)
        )
    return Instrument.from_file(file)


def list_instruments(language: str = "en") -> pd.DataFrame:
    """List all instruments that can be loaded by name.

    Returns
    -------
    DataFrame
        One row per instrument, columns ``name title version n_items n_constructs languages respondent status licence
        origin problem``; `origin` is "cgsurvey" or the entry point, `problem` says why a file cannot be loaded.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.list_instruments()[["name", "n_items", "respondent"]].head(3)
                 name  n_items     respondent
    0     ansell_gash       26        partner
    1   cgsurvey_core      132  partner, user
    2  cgsurvey_short       20  partner, user
    """
    import pandas as pd

    from cgsurvey.instrument.instrument import Instrument
    from cgsurvey.instrument.parts import RESPONDENTS, in_language

    rows = []
    for name, (file, origin) in _files().items():
        row: dict[str, object] = dict.fromkeys(_COLUMNS, "") | {
            "name": name,
            "origin": origin,
            "n_items": 0,
            "n_constructs": 0,
        }
        try:
            one = Instrument.from_file(file)
        except InstrumentError as error:
            rows.append(row | {"problem": str(error)})
            continue
        asked = {i.respondent for i in one.items}
        rows.append(
            row
            | {
                "title": in_language(one.title, language, one.default_language),
                "version": one.version,
                "n_items": len(one.item_names),
                "n_constructs": len(one.leaf_constructs),
                "languages": ", ".join(one.languages),
                "respondent": ", ".join(r for r in RESPONDENTS if r in asked or None in asked),
                "status": one.status,
                "licence": one.licence,
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def names() -> tuple[str, ...]:
    """Return the names by which instruments can be loaded."""
    return tuple(_files())


def find(name: str, beside: Path | None = None) -> Path | None:
    """Return the file of an instrument: a path (from `beside`), a file of that name beside, or one of the bank."""
    if name.endswith(_ENDINGS):
        file = (beside or Path()) / name
        return file if file.is_file() else None
    if beside is not None:
        here = [file for ending in _ENDINGS if (file := beside / f"{name}{ending}").is_file()]
        if here:
            return here[0]
    return _files()[name][0] if name in _files() else None


def _files() -> dict[str, tuple[Path, str]]:
    """Return name to (file, origin); the bank's own names go before those of other packages."""
    out: dict[str, tuple[Path, str]] = {}
    for origin, folder in _folders():
        for file in sorted(f for f in folder.iterdir() if f.suffix in _ENDINGS and f.stem != "scales"):
            out[file.stem if file.stem not in out else f"{origin}/{file.stem}"] = (file, origin)
    return out


def _folders() -> Iterator[tuple[str, Path]]:
    yield "cgsurvey", shipped("instruments")
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda e: e.name):
        package, _, inner = entry.value.partition(":")
        spec = find_spec(package.strip())
        for root in (spec.submodule_search_locations or []) if spec else []:
            folder = Path(root, *inner.strip().split("."))
            if folder.is_dir():
                yield entry.name, folder
