"""From the text of a cell to a score, or to the reason why there is none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import OptionError, some
from cgsurvey.responses.importing.problems import Problems
from cgsurvey.responses.privacy import is_personal
from cgsurvey.responses.responses import REASONS
from cgsurvey.responses.words import masked, number, plain, short

if TYPE_CHECKING:
    from cgsurvey.instrument import Choice, Scale

# What programs write for an empty cell.
_EMPTY = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "<na>", "#null"))
# Words for "no answer" that people write where the scale has none; each is told.
NO_ANSWERS: Mapping[str, str] = {
    plain(word): reason
    for reason, words in package_yaml("responses/importing/labels.yaml")["no_answer"].items()
    for word in words
}
_REFUSED = re.compile(r"refus|prefer not|menolak|tidak bersedia|tidak (?:mau )?menjawab|tidak dijawab")
_WITH_NUMBER = re.compile(r"^\(?(\d{1,3})\)?\s*(?:[-=.:)|]\s*|\s)(.*\D.*)$")
_IN_BRACKETS = re.compile(r"^(.*\S)\s*[(\[]([^()\[\]]+)[)\]]$")
_BEFORE_DASH = re.compile(r"^(\w{1,4})\s*[-=:]\s*(\D.*)$")
# More different faults than this in one column are the wrong column, and no slips of the pen.
_MANY = 20
# Words for the middle of five points, by kinship. "Kurang setuju" is the second of four points in other forms.
_MIDDLE = (
    ("netral", "neutral", "n"),
    ("ragu-ragu", "ragu ragu", "ragu", "rr", "r"),
    ("kurang setuju", "ks"),
    ("cukup setuju", "agak setuju", "cs"),
)
_UNSTEADY = _MIDDLE[2]


@dataclass(frozen=True)
class Cell:
    """What a text means: a score, or a reason; `choice` is its place in the scale.

    `fault` is what is wrong with it, an entry of `problems.yaml`; `values` are what its sentences name.
    """

    score: float = np.nan
    reason: str = ""
    choice: int = -1
    language: str = ""
    fault: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def no_answer(missing_codes: Mapping[object, str] | Iterable[object]) -> dict[str, str]:
    """Return declared no-answer codes as comparable text to reason.

    Parameters
    ----------
    missing_codes : iterable or mapping
        Codes such as 99, or code to reason: {98: "dont_know", 99: "refused"}. A code without a reason counts as blank.
    """
    if isinstance(missing_codes, str | int | float):
        missing_codes = (missing_codes,)
    given = missing_codes if isinstance(missing_codes, Mapping) else dict.fromkeys(missing_codes, "blank")
    allowed = REASONS[1:]
    wrong = {r for r in given.values() if r not in allowed}
    if wrong:
        raise OptionError(
            f"missing_codes: {some(sorted(map(str, wrong)))} is no reason. Reasons: {', '.join(allowed)}."
        )
    return {_code(k): r for k, r in given.items()}


def _code(value: object) -> str:
    text = plain(str(value))
    n = number(text)
    return text if n is None else f"{n:g}"


class Decoder:
    """Reads the cells of one scale; each text is worked out once.

    Parameters
    ----------
    scale : Scale
    missing : mapping
        Declared no-answer codes, from `no_answer`.
    aliases : mapping
        Further words, comparable text to the name of a choice.
    language : str
        Language in which messages show the choices.
    codes : mapping, optional
        What numbers mean by the labels of the file, number to place; see `file_codes`. Other numbers mean nothing then,
        but for those of answers without a score.
    """

    def __init__(
        self,
        scale: Scale,
        missing: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        language: str = "",
        codes: Mapping[str, int] | None = None,
    ) -> None:
        self.scale = scale
        self.codes = codes
        self.missing = dict(missing or {})
        self.language = language
        self.names: dict[str, int] = {}
        self.words: dict[str, dict[str, int]] = {}
        self.scores: dict[float, int] = {}
        aliased: dict[str, int] = {}
        place = {c.name: i for i, c in enumerate(scale.choices)}
        for i, choice in enumerate(scale.choices):
            self.names[_code(choice.name)] = i
            for lang, words in choice.label.items():
                self.words.setdefault(lang, {})[plain(words)] = i
            for alias in choice.aliases:
                aliased.setdefault(plain(alias), i)
            if choice.score is not None:
                self.scores.setdefault(float(choice.score), i)
        self.labels = aliased | {w: i for words in self.words.values() for w, i in words.items()}
        self.own = {word: place[name] for word, name in (aliases or {}).items() if name in place}
        self._known: dict[str, Cell] = {}

    def languages(self, text: str) -> tuple[str, ...]:
        """Return the languages in which the text is a label of the scale."""
        key = plain(text)
        return tuple(lang for lang, words in self.words.items() if key in words)

    def read(self, text: str) -> Cell:
        """Return what the text means."""
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def _place(self, key: str) -> int | None:
        """Return the choice for a comparable text: a word of the user, a code, a label, an alias, a score."""
        if key in self.own:
            return self.own[key]
        n = number(key)
        code = key if n is None else f"{n:g}"
        if n is not None and self.codes is not None:
            named = self.names.get(code, -1)
            silent = named >= 0 and (self.scale.choices[named].score is None or code in self.scale.missing)
            return self.codes.get(code, named if silent else None)
        if code in self.names:
            return self.names[code]
        if key in self.labels:
            return self.labels[key]
        return self.scores.get(n) if n is not None else None

    def _read(self, text: str) -> Cell:
        key = plain(text)
        if _code(key) in self.missing:
            return Cell(reason=self.missing[_code(key)])
        place = self._place(key)
        if place is None and key in _EMPTY:
            return Cell(reason="blank")
        if place is None and key in NO_ANSWERS:
            return Cell(reason=NO_ANSWERS[key])
        if place is None:
            places = self._compound(key)
            if len(places) > 1:
                first, second = (self._show(self.scale.choices[p]) for p in sorted(places)[:2])
                return Cell(reason="invalid", fault="two_answers", values={"first": first, "second": second})
            place = next(iter(places), None)
        if place is None:
            return self._fault(text, key)
        choice = self.scale.choices[place]
        if choice.score is None or choice.name in self.scale.missing:
            return Cell(reason=_why(choice), choice=place, language=self._language(key))
        return Cell(score=float(choice.score), choice=place, language=self._language(key))

    def _compound(self, key: str) -> set[int]:
        """Return the choices in "5 - sangat setuju (ss)": each part known, or the initials of its neighbour."""
        place = self._place(key)
        if place is not None:
            return {place}
        for pattern in (_WITH_NUMBER, _IN_BRACKETS, _BEFORE_DASH):
            parts = pattern.match(key)
            if parts:
                left, right = parts[1], parts[2]
                first, second = self._compound(left), self._compound(right)
                if (first and second) or (second and left == _initials(right)) or (first and right == _initials(left)):
                    return first | second
        return set()

    def _language(self, key: str) -> str:
        found = [lang for lang, words in self.words.items() if key in words]
        return found[0] if len(found) == 1 else ""

    def _show(self, choice: Choice) -> str:
        words = choice.label.get(self.language) or next(iter(choice.label.values()), "")
        return f"{choice.name} {words}".strip()

    def _fault(self, text: str, key: str) -> Cell:
        n = number(key)
        scores = self.scale.scores
        values = {"scale": self.scale.name, "span": f"{min(scores):g}-{max(scores):g}" if scores else "-"}
        if masked(text) != text:
            fault = "personal_answer"
        elif n is not None and self.codes is not None:
            fault = "unlabelled_code"
        elif n is not None:
            fault = "outside_scale" if n == int(n) else "decimal"
        elif key[:1].isdigit() and " " not in key:
            fault = "text_in_numbers"
        else:
            # Comparing letters is slow, and hundreds of unknown texts are the wrong column and no misspelling.
            known = {plain(w): c for c in self.scale.choices for w in (*c.label.values(), *c.aliases)}
            close = get_close_matches(key, known, n=1) if len(self._known) < 500 and len(key) < 200 else []
            choice = known[close[0]] if close else next(iter(self.scale.choices))
            fault = "unknown_answer_near" if close else "unknown_answer"
            values |= {"near": self._show(choice), "choice": choice.name}
        return Cell(reason="invalid", fault=fault, values=values)


def numbered(text: str, decoder: Decoder) -> tuple[str, str] | None:
    """Return number and label of a text that carries both, "5 - Setuju" or "Setuju (5)", where the label is known."""
    key = plain(text)
    for pattern in (_WITH_NUMBER, _IN_BRACKETS):
        parts = pattern.match(key)
        if parts:
            left, right = (parts[1], parts[2]) if number(parts[1]) is not None else (parts[2], parts[1])
            if number(left) is not None and number(right) is None and decoder.read(right).choice >= 0:
                return left, right
    return None


def _initials(words: str) -> str:
    return "".join(w[0] for w in re.findall(r"\w+", words))


def _why(choice: Choice) -> str:
    words = " ".join((*choice.label.values(), *choice.aliases)).casefold()
    return "refused" if _REFUSED.search(words) else "dont_know"


@dataclass(frozen=True)
class Decoded:
    """One column: scores, shape (n,), reasons (n,), and how often each choice was given."""

    scores: np.ndarray
    reasons: pd.api.extensions.ExtensionArray
    counts: Mapping[str, int]


def decode(
    cells: np.ndarray,
    rows: np.ndarray,
    decoder: Decoder,
    problems: Problems,
    *,
    item: str,
    column: str,
) -> Decoded:
    """Decode one column by its different texts, and add what cannot be read to `problems`."""
    codes, texts = pd.factorize(cells)
    read = [decoder.read(t) for t in texts]
    faults = [k for k, c in enumerate(read) if c.fault]
    hidden = bool(faults) and is_personal(column, cells)
    many: dict[str, Any] = {}
    if len(faults) > _MANY:
        example = "..." if hidden else short(texts[faults[0]], 30)
        many = {"gist": "wrong_column", "n": len(faults), "example": example}
    order = np.argsort(codes, kind="stable") if faults else codes
    ends = np.searchsorted(codes[order], np.arange(len(texts) + 1)) if faults else codes
    for k in faults:
        problems.add(
            "personal_answer" if hidden else read[k].fault,
            item=item,
            column=column,
            value=_blotted(texts[k]) if hidden else texts[k],
            rows=rows[order[ends[k] : ends[k + 1]]],
            **{"scale": decoder.scale.name} | dict(read[k].values) | many,
        )
    counts = Counter(dict(zip(map(plain, texts), np.bincount(codes, minlength=len(texts)).tolist(), strict=True)))
    return Decoded(
        np.array([c.score for c in read])[codes],
        pd.array([c.reason for c in read], dtype="str").take(codes),
        counts,
    )


def _blotted(text: str) -> str:
    shown = masked(text.strip())
    return shown if re.fullmatch(r"\[[\w-]+\]", shown) else "..."


def unsteady(decoder: Decoder, counts: Mapping[str, int]) -> tuple[str, Mapping[str, Any]] | None:
    """Return a fault, and what its sentence names, where the set of labels shows that the form had other points.

    "Kurang setuju" is the middle of some five-point forms and the second of four points in others. Where it is not the
    label of the scale itself and nobody in the file gives the answer below it, or where two words for the middle are
    used side by side, the scores would be wrong.

    Parameters
    ----------
    decoder : Decoder
    counts : mapping
        How often each comparable text occurs in all items of the scale.
    """
    labels = {w for words in decoder.words.values() for w in words}
    used = {w for w, n in counts.items() if n and w in decoder.labels and w not in decoder.own}
    kin = [next(w for w in family if w in used) for family in _MIDDLE if used & set(family)]
    if len(kin) > 1 and len({decoder.read(w).choice for w in kin}) == 1:
        return "middle_twice", {"first": kin[0], "second": kin[1]}
    for word in (w for w in _UNSTEADY if w in used and w not in labels):
        below = decoder.read(word).choice - 1
        if below >= 0 and all(decoder.read(w).choice != below for w, n in counts.items() if n):
            return "four_points", {"word": word}
    return None
