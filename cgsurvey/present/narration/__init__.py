"""Narration: full sentences about a result, in English or Indonesian, every number taken from the result.

A class is registered in the module of its room: its function returns sentences by the name of the table that they go
with. The sentences themselves stand in ``en.yaml`` and ``id.yaml``, one per fact and language.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from cgsurvey.present.narration import (
    of_classical,
    of_collaboration,
    of_comparisons,
    of_design,
    of_factor,
    of_models,
    of_omega,
    of_planning,
    of_quality,
    of_registration,
    of_reliability,
    of_responses,
    of_rivals,
    of_robustness,
    of_samples,
    of_satisfaction,
    of_validity,
)
from cgsurvey.present.narration.sentences import Sentence, paragraph, paragraphs
from cgsurvey.present.numbers import language_of
from cgsurvey.present.tables.style import Style
from cgsurvey.responses import Responses

# Each registers its classes when imported.
_ROOMS = (
    of_classical,
    of_collaboration,
    of_comparisons,
    of_design,
    of_factor,
    of_models,
    of_omega,
    of_planning,
    of_quality,
    of_registration,
    of_reliability,
    of_responses,
    of_rivals,
    of_robustness,
    of_samples,
    of_satisfaction,
    of_validity,
)


class Narration(str):
    """A text in paragraphs; a notebook shows it as such."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(part)}</p>" for part in self.split("\n\n"))


def narrate(x: Any, language: str = "en", *, cutoffs: Mapping[str, float] | None = None) -> Narration:
    """Tell a result in sentences, one paragraph per table.

    A result that is not significant is "not enough evidence", never "no effect"; the text names what to do next where
    something is wrong, and calls itself a draft.

    Parameters
    ----------
    x : Responses or result
    language : {"en", "id"}
    cutoffs : mapping of str to float, optional
        Cut-offs by measure instead of those in the rules of the package.

    Returns
    -------
    Narration
        A str: paragraphs with blank lines between them.

    Raises
    ------
    OptionError
        When nothing can be told about such an object.

    Examples
    --------
    >>> import textwrap
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> text = cg.narrate(cg.factorability(answers, ["tan1", "tan2", "tan3"]), language="id")
    >>> print(textwrap.fill(text.splitlines()[-1], 80))
    Ukuran Kaiser-Meyer-Olkin sebesar 0,70, dapat diterima menurut pedoman untuk
    analisis faktor. Uji Bartlett menolak bahwa butir tidak berkorelasi, χ²(3) =
    491,44, p < 0,001, sebagaimana pada hampir semua skala.
    """
    language_of(language)
    told = paragraphs(x, Style(dict(cutoffs or {})))
    simulated = x.simulated if isinstance(x, Responses) else x.meta.simulated
    opening = [Sentence("draft"), *([Sentence("simulated")] if simulated else [])]
    closing = [Sentence(f"note.{n.level}", {"text": n.render(language)}) for n in x.notes if n.level != "info"]
    blocks = [opening, *told.values(), closing]
    return Narration("\n\n".join(paragraph(b, language) for b in blocks if b))


__all__ = ["narrate"]
