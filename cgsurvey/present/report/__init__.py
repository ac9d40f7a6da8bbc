"""The report: results in, a chapter out, in the order in which a chapter has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from cgsurvey.base.notes import Note
from cgsurvey.base.options import choose
from cgsurvey.present.numbers import language_of
from cgsurvey.present.report.chapter import sections
from cgsurvey.present.report.draft import Draft
from cgsurvey.present.report.finished import Report, Section
from cgsurvey.present.report.outline import TITLES
from cgsurvey.present.report.parts import Parts
from cgsurvey.present.tables.style import Style
from cgsurvey.present.tables.suppression import checked


def report(
    parts: Any,
    *,
    title: str = "",
    language: Literal["en", "id"] = "en",
    authors: Sequence[str] | str = (),
    hypotheses: Mapping[str, str] | None = None,
    template: str | Path | None = None,
    cutoffs: Mapping[str, float] | None = None,
    min_cell: int | None = None,
    dialect: Literal["apa", "thesis"] = "apa",
    figures: bool = True,
    contents: bool = True,
    stamp: Mapping[str, str] | None = None,
    invited: int | Mapping[str, int] | None = None,
    notes: Sequence[Note] = (),
) -> Report:
    """Compose a report of results.

    Parameters
    ----------
    parts : sequence or mapping of results
        Responses, screening, description, linkage, reliability, validity, fitted models, hypotheses, cross-check,
        tables, data frames; in any order, the report puts them into that of a chapter.
    title : str, optional
        "Survey report" or "Laporan survei" by default.
    language : {"en", "id"}
    authors : sequence of str
    hypotheses : mapping of str to str, optional
        Hypotheses about the structural model, ``{"H1": "y ~ x > 0"}``.
    template : str or Path, optional
        Word file whose styles and page set-up a ``.docx`` report takes over.
    cutoffs : mapping of str to float, optional
        Cut-offs by measure instead of those in the rules of the package.
    min_cell : int, optional
        For publication: cells of fewer respondents are hidden in the profile, see `tables`.
    dialect : {"apa", "thesis"}
        "thesis" prints the words of Indonesian theses.
    figures : bool
        Whether figures are drawn.
    contents : bool
        Whether lists of contents, tables and figures stand at the front.
    stamp : mapping of str to str, optional
        Further lines of the table of versions and hashes, e.g. the hash of the plan.
    invited : int or mapping of str to int, optional
        How many people were asked to take part, for the response rate; by the names of the parts where answers come
        from several files.
    notes : sequence of Note, optional
        What belongs to no single part, to stand among the limitations.

    Returns
    -------
    Report

    Raises
    ------
    OptionError
        When a part cannot be shown, nothing is given, or hypotheses have no structural model.

    Notes
    -----
    Sections, methods paragraph, references and stamp follow from what is given: nothing is written about an analysis
    that was not made.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> kept = cg.load_sample()
    >>> cg.report([kept, cg.reliability(kept)], title="Bab 4", language="id").save("bab4.docx")  # doctest: +SKIP
    """
    language_of(language)
    style = Style(dict(cutoffs or {}), choose("dialect", dialect, ("apa", "thesis")), checked(min_cell))
    if isinstance(parts, Iterator):
        parts = list(parts)
    given = Parts.sorted(parts, hypotheses, invited)
    draft = Draft(given, language, style, figures, dict(stamp or {}), tuple(notes))
    composed = tuple(s for s in sections(draft) if s.blocks)
    return Report(
        title=title or TITLES["report"].of(language),
        language=language,
        sections=composed,
        authors=(authors,) if isinstance(authors, str) else tuple(authors),
        simulated=given.simulated,
        template=Path(template) if template is not None else None,
        contents=contents,
        sources=draft.sources(),
        remake=partial(
            report,
            parts,
            title=title,
            language=language,
            authors=authors,
            hypotheses=hypotheses,
            template=template,
            cutoffs=cutoffs,
            min_cell=min_cell,
            dialect=dialect,
            figures=figures,
            contents=contents,
            stamp=stamp,
            invited=invited,
            notes=notes,
        ),
    )


__all__ = ["Report", "Section", "report"]
