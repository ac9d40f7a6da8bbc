"""All platforms, in the order in which a file is shown to them."""

from __future__ import annotations

from cgsurvey.base.errors import OptionError
from cgsurvey.responses.readers.google_forms import GOOGLE_FORMS, doubt
from cgsurvey.responses.readers.kobo import KOBO, ODK
from cgsurvey.responses.readers.limesurvey import LIMESURVEY
from cgsurvey.responses.readers.platform import Head, Platform, Signs, as_it_stands
from cgsurvey.responses.readers.qualtrics import QUALTRICS
from cgsurvey.responses.readers.redcap import REDCAP

TABLE = Platform("table", "a plain table", "a row of headers", lambda head: None, as_it_stands)
SPSS = Platform(
    "spss", "a file of SPSS", "the format .sav, .zsav or .por", lambda head: None, as_it_stands, strict=True
)
STATA = Platform("stata", "a file of Stata", "the format .dta", lambda head: None, as_it_stands, strict=True)
PLATFORMS = (QUALTRICS, LIMESURVEY, KOBO, ODK, REDCAP, GOOGLE_FORMS, SPSS, STATA, TABLE)
SOURCES = ("auto", *(p.name for p in PLATFORMS))


def recognise(source: str, head: Head, where: str) -> tuple[Platform, Signs]:
    """Return the platform of a table and what gave it away.

    Parameters
    ----------
    source : str
        "auto", or the name of a platform. A named one is taken at its word unless the file is certainly another's.
    head : sequence of rows
        The first rows of the table.
    where : str
        The file, for the message.
    """
    seen = next(((p, s) for p in PLATFORMS if (s := p.recognise(head)) is not None), None)
    if source == "auto":
        return seen or (TABLE, Signs(doubt(head)))
    named = next(p for p in PLATFORMS if p.name == source)
    own = named.recognise(head) or (named.named(head) if named.named else None)
    if own is not None:
        return named, Signs(f"as told; {own.why}", own.header)
    if named is not TABLE and (named.strict or seen is not None):
        raise _wrong(named, where, seen)
    return named, Signs("as told")


def check(source: str, platform: Platform, where: str) -> Signs:
    """Return the signs of a file that only one platform writes, or refuse another name for it."""
    if source in ("auto", platform.name, "table"):
        return Signs(platform.needs if source == "auto" else "as told")
    raise _wrong(next(p for p in PLATFORMS if p.name == source), where, (platform, Signs(platform.needs)))


def _wrong(named: Platform, where: str, seen: tuple[Platform, Signs] | None) -> OptionError:
    looks = f" It looks like {seen[0].called} ({seen[1].why}): source='{seen[0].name}'." if seen is not None else ""
    return OptionError(
        f"source='{named.name}': {where} is not {named.called}, which needs {named.needs}.{looks} "
        "Leave source out to have it recognised."
    )
