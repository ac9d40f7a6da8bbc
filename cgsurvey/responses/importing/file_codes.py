"""What the numbers of a file mean where the file itself says so, and how that agrees with the instrument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cgsurvey.responses.importing.decoding import Decoder, numbered
from cgsurvey.responses.words import number, short


@dataclass(frozen=True)
class Meaning:
    """What numbers stand for by the labels of a file.

    Attributes
    ----------
    codes : mapping of str to int, or None
        Number to its place in the scale, where the file differs from the instrument; numbers beside it mean nothing.
    differing : tuple of str
        The labels of scored answers that differ, "1 = 'Strongly agree'".
    unknown : tuple of str
        Labels of numbers that the scale has, in words that it does not have.
    fault : str
        Entry of `problems.yaml` where the labels contradict one another; `values` are what its sentence names.
    """

    codes: Mapping[str, int] | None = None
    differing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    fault: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def meaning(labels: Iterable[tuple[str, str]], decoder: Decoder) -> Meaning:
    """Return what numbers mean by their labels.

    The label decides. Numbers without a label follow those with one where these lie on a line of slope 1 or -1 against
    the scores of the instrument (0 to 4 in place of 1 to 5, or turned round); else they mean nothing.

    Parameters
    ----------
    labels : iterable of (str, str)
        Number as text, and its label.
    decoder : Decoder
        Of the scale, without codes of a file.
    """
    places: dict[str, int] = {}
    said: dict[str, str] = {}
    unknown = []
    for code, label in labels:
        n = number(code)
        if n is None or number(label) is not None:
            continue
        place = decoder.read(label).choice
        if place < 0:
            if decoder.read(code).reason == "":
                unknown.append(f"{n:g} = '{short(label, 30)}'")
            continue
        key = f"{n:g}"
        if places.setdefault(key, place) != place:
            return Meaning(fault="code_two_labels", values={"code": key, "first": said[key], "second": label})
        said.setdefault(key, label)
    choices = decoder.scale.choices
    scored = {
        c: p for c, p in places.items() if choices[p].score is not None and choices[p].name not in decoder.scale.missing
    }
    owner: dict[int, str] = {}
    for code, place in scored.items():
        if owner.setdefault(place, code) != code:
            values = {"first": owner[place], "second": code, "one": said[owner[place]], "other": said[code]}
            return Meaning(fault="labels_one_answer", values=values)
    other = {c for c, p in places.items() if decoder.read(c).choice != p}
    if not other:
        return Meaning(unknown=tuple(unknown))
    differing = tuple(f"{c} = '{short(said[c], 30)}'" for c in scored if c in other)
    return Meaning((_lined(scored, decoder) if differing else _coded(decoder)) | places, differing, tuple(unknown))


def numbering(texts: Iterable[str], decoder: Decoder) -> Meaning:
    """Return what numbers mean where cells carry both, "1 - Strongly agree", and all cells together are of one mind.

    One such cell may be a slip of the pen: at least two different answers on one line are needed, and no contradiction.
    """
    pairs = [pair for t in texts if (pair := numbered(t, decoder)) is not None]
    found = meaning(pairs, decoder)
    if found.codes is None or not found.differing:
        return Meaning()
    given = {f"{number(c):g}": decoder.read(w).choice for c, w in pairs}
    lined = _lined(given, decoder)
    return found if len(given) > 1 and lined and all(lined.get(c) == p for c, p in given.items()) else Meaning()


def _coded(decoder: Decoder) -> dict[str, int]:
    """Return number to place as the instrument has it."""
    names = {c: k for c, k in decoder.names.items() if number(c) is not None}
    return {f"{s:g}": k for s, k in decoder.scores.items() if f"{s:g}" not in names} | names


def _lined(scored: Mapping[str, int], decoder: Decoder) -> dict[str, int]:
    """Return number to place for all scored answers, where those given lie on a line of slope 1 or -1."""
    choices = decoder.scale.choices
    points = [(float(c), float(choices[p].score or 0.0)) for c, p in scored.items()]
    if len(points) < 2:
        return {}
    for slope in (1.0, -1.0):
        starts = {s - slope * c for c, s in points}
        if len(starts) == 1:
            start = starts.pop()
            return {
                f"{(choice.score - start) * slope:g}": k
                for k, choice in enumerate(choices)
                if choice.score is not None and choice.name not in decoder.scale.missing
            }
    return {}
