"""Scales of which only the numbers are known, read by the set of words that a file uses for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from cgsurvey.base.data import package_yaml
from cgsurvey.responses.importing.decoding import Decoder
from cgsurvey.responses.words import number, plain

if TYPE_CHECKING:
    from cgsurvey.instrument import Scale


def is_wordless(scale: Scale) -> bool:
    """Say whether a scale has numbers only."""
    return not any(c.label or c.aliases for c in scale.choices)


def worded(scale: Scale, texts: Iterable[str]) -> tuple[Scale, str] | None:
    """Return a wordless scale with the words of the known set that explains all texts, and the name of that set.

    The set must have as many points as the scale, know every text that is no number and no blank, of which there must
    be two different answers; where several sets do, they must agree on each. The largest answer that was given says
    nothing: nobody may have given the top one.

    Parameters
    ----------
    scale : Scale
    texts : iterable of str
        The different texts of all columns of the scale.

    Returns
    -------
    (Scale, str), or None where no set explains the texts.
    """
    points = [k for k, c in enumerate(scale.choices) if c.score is not None and c.name not in scale.missing]
    bare = Decoder(scale)
    words = [t for t in dict.fromkeys(texts) if number(t) is None and bare.read(t).reason in ("", "invalid")]
    if not is_wordless(scale) or not words or len(words) > 200:
        return None
    upward = sorted(points, key=lambda k: scale.choices[k].score or 0.0)
    found: list[tuple[Scale, str, tuple[int, ...]]] = []
    for name, rows in package_yaml("responses/importing/labels.yaml")["sets"].items():
        if len(rows) != len(points):
            continue
        choices = list(scale.choices)
        for k, row in zip(upward, rows, strict=True):
            choices[k] = replace(choices[k], aliases=tuple(map(str, row)))
        made = replace(scale, choices=tuple(choices))
        decoder = Decoder(made)
        places = tuple(decoder.read(t).choice for t in words)
        if all(p >= 0 for p in places) and len(set(places)) > 1 and not any(decoder.read(t).fault for t in words):
            found.append((made, name, places))
    if not found or len({places for _, _, places in found}) > 1:
        return None
    return found[0][0], found[0][1]


def shown(texts: Iterable[str], scale: Scale) -> str:
    """Return the words of a file with the answers they were taken for, "STS = 1, TS = 2"."""
    decoder = Decoder(scale)
    words = sorted((decoder.read(t).choice, plain(t)) for t in set(texts) if number(t) is None)
    return ", ".join(f"{w} = {scale.choices[k].name}" for k, w in dict.fromkeys(words) if k >= 0)
