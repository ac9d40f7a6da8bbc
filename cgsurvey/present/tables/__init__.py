"""`table()` and `tables()`: what each result shows a reader, one registered function per class.

A class is registered in the module of its room. Its function returns the makers of its tables by name, in the order of
the chapter; a maker returns None where the result has nothing to show under that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import pandas as pd

from cgsurvey.base.errors import OptionError, did_you_mean
from cgsurvey.base.options import choose
from cgsurvey.present.numbers import language_of
from cgsurvey.present.table import Table
from cgsurvey.present.tables import (
    anonymity,
    associations,
    collaboration,
    comparison,
    design,
    differences,
    factor,
    fragility,
    group_comparison,
    invariance,
    items,
    joint_tests,
    mediation,
    method,
    missing,
    moderation,
    planning,
    quality,
    raters,
    registration,
    regression,
    reliability,
    responses,
    rivals,
    samples,
    satisfaction,
    sem,
    validity,
)
from cgsurvey.present.tables.style import Style, makers
from cgsurvey.present.tables.suppression import checked

# Each registers its classes when imported.
_ROOMS = (
    anonymity,
    associations,
    collaboration,
    comparison,
    design,
    differences,
    factor,
    fragility,
    group_comparison,
    invariance,
    items,
    joint_tests,
    mediation,
    method,
    missing,
    moderation,
    planning,
    quality,
    raters,
    registration,
    regression,
    reliability,
    responses,
    rivals,
    samples,
    satisfaction,
    sem,
    validity,
)


@makers.register(pd.DataFrame)
def _frame(x: pd.DataFrame) -> dict[str, Any]:
    return {"frame": lambda frame, style: Table.from_frame(frame)}


def tables(
    x: Any,
    language: str = "en",
    *,
    cutoffs: Mapping[str, float] | None = None,
    dialect: Literal["apa", "thesis"] = "apa",
    min_cell: int | None = None,
) -> tuple[Table, ...]:
    """Return all tables of a result, in the order of the chapter.

    Parameters
    ----------
    x : Responses, result or DataFrame
        What is to be shown.
    language : {"en", "id"}
        Language in which the tables print by default.
    cutoffs : mapping of str to float, optional
        Cut-offs by measure ("cfi", "ave") instead of those in the rules of the package.
    dialect : {"apa", "thesis"}
        "thesis" decides hypotheses as "Diterima"/"Ditolak" and adds GFI, AGFI, NFI and IFI.
    min_cell : int, optional
        For publication: in the profile of the respondents, cells of fewer respondents are hidden, and others with them
        so that they cannot be computed.

    Raises
    ------
    OptionError
        When no tables are known for such an object.
    """
    return all_tables(x, language, _style(language, cutoffs, dialect, min_cell))


def all_tables(x: Any, language: str, style: Style) -> tuple[Table, ...]:
    """Return all tables of a result under a style."""
    made = (maker(x, style) for maker in makers(x).values())
    return tuple(replace(t, language=language) for t in made if t is not None)


def table(
    x: Any,
    kind: str | None = None,
    language: str = "en",
    *,
    cutoffs: Mapping[str, float] | None = None,
    dialect: Literal["apa", "thesis"] = "apa",
    min_cell: int | None = None,
) -> Table:
    """Return one table of a result: the main one, or the one named.

    Parameters
    ----------
    x : Responses, result or DataFrame
        What is to be shown.
    kind : str, optional
        Name of the table, e.g. "loadings", "fit", "paths"; `tables(x)` shows which there are.
    language, cutoffs, dialect, min_cell
        As in `tables`.

    Raises
    ------
    OptionError
        When the result has no table of that name.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> print(cg.table(cg.reliability(answers, ["psq_tangibles"])).to_text())
    Reliability of the constructs
    ────────────────────────────────────────────────────────────────────────────
                                   ──95% CI──
    Construct  Items    n       α    LL    UL  Ordinal α      CR     AVE  Mean r
    ────────────────────────────────────────────────────────────────────────────
    Tangibles      4  582  .818 ✓  .792  .841       .845  .818 ✓  .530 ✓    .528
    ────────────────────────────────────────────────────────────────────────────
    Note. Simulated data, not a field result. n = 582. α = Cronbach's alpha with
    its interval by Feldt, CR = composite reliability, AVE = average variance
    extracted, mean r = mean correlation of the items. CR and AVE are those of
    each construct by itself (one factor, complete answers); a model of all
    constructs gives others. Ordinal α = standardised alpha of the polychoric
    correlations: of latent responses, not of the sum of answers. Guidelines –
    alpha ✓ ≥ .70 (~ ≥ .60): Nunnally & Bernstein (1994); CR ✓ ≥ .70 (~ ≥ .60):
    Bagozzi & Yi (1988); AVE ✓ ≥ .50 (~ ≥ .40): Fornell & Larcker (1981)
    (guideline, not law).
    """
    style = _style(language, cutoffs, dialect, min_cell)
    known = makers(x)
    if kind is None:
        found = next((t for t in (maker(x, style) for maker in known.values()) if t is not None), None)
        if found is None:
            raise OptionError(f"this {type(x).__name__} has nothing to show in a table.")
        return replace(found, language=language)
    choose("kind", kind, known)
    made = known[kind](x, style)
    if made is None:
        has = [t.name for t in tables(x)]
        raise OptionError(
            f"kind='{kind}' has nothing to show for this {type(x).__name__}.{did_you_mean(kind, has)} "
            f"It has: {', '.join(has) or 'no table'}."
        )
    return replace(made, language=language)


def _style(language: str, cutoffs: Mapping[str, float] | None, dialect: str, min_cell: int | None) -> Style:
    language_of(language)
    return Style(dict(cutoffs or {}), choose("dialect", dialect, ("apa", "thesis")), checked(min_cell))


__all__ = ["table", "tables"]
