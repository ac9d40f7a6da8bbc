"""Why there is no answer, told by the words that a file has for it."""

from __future__ import annotations

import re

from cgsurvey.responses.words import plain

_WORDS = (
    (
        "refused",
        r"refus|prefer not|(?:did|does|do) ?n[o']t want|declin|menolak|tidak bersedia|tidak (?:mau |ingin )?menjawab"
        r"|rahasia",
    ),
    (
        "not_asked",
        r"not (?:asked|shown|seen|displayed|administered|presented)|skipp|inapplicable|filter|unseen"
        r"|tidak (?:ditanya|ditampil)|dilewati|lompat",
    ),
    (
        "dont_know",
        r"(?:don'?t|do not|did not|not) know|not sure|unsure|no opinion|not applicable|undecided"
        r"|tidak (?:tahu|berlaku|yakin|ada pendapat)|belum tahu",
    ),
)
_PATTERNS = tuple((reason, re.compile(words)) for reason, words in _WORDS)


def reason_of(words: str) -> str:
    """Return the reason that a label of a missing code names: "refused", "not_asked", "dont_know", else "blank".

    "Not applicable" stands with "don't know": the question was put, and it has no answer on the scale.
    """
    text = plain(words)
    return next((reason for reason, pattern in _PATTERNS if pattern.search(text)), "blank")
