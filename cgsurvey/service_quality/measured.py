"""How constructs of a fitted model are measured: items, elements, their weights in a score from 0 to 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import Note, note
from cgsurvey.sem import SemFit
from cgsurvey.sem.model.structure import COVARIANCE
from cgsurvey.service_quality.asked import Asked, Scales, scales_of
from cgsurvey.service_quality.driver_numbers import arrows, bartlett_weights
from cgsurvey.service_quality.gap_numbers import weighted_mean
from cgsurvey.service_quality.path_effects import solution_of


@dataclass(frozen=True)
class Piece:
    """A construct, element or item, and its share in the score of the construct above all."""

    level: str
    name: str
    weight: float


@dataclass(frozen=True, eq=False)
class Measured:
    """Constructs and their items.

    Attributes
    ----------
    constructs : mapping
        Construct to what it is made of, itself first: (level, name, weight).
    made_of : mapping
        Construct or element to {part: weight}; weights of a construct sum to one. Items have no entry.
    answers : DataFrame
        Items from 0 to 100.
    ranges : mapping
        Item to highest less lowest score.
    """

    constructs: Mapping[str, tuple[Piece, ...]]
    made_of: Mapping[str, Mapping[str, float]]
    answers: pd.DataFrame
    ranges: Mapping[str, float]

    def parts(self, construct: str) -> tuple[Piece, ...]:
        """Return the construct, its elements and items, with their weights in its score."""
        return self.constructs[construct]

    def score(self, name: str) -> np.ndarray:
        """Score of every respondent, 0 to 100, over the parts that are there if half of them are (by weight)."""
        if name not in self.made_of:
            return self.answers[name].to_numpy()
        parts = self.made_of[name]
        x = np.column_stack([self.score(p) for p in parts])
        w = np.broadcast_to(list(parts.values()), x.shape)
        there = np.where(np.isnan(x), 0.0, w).sum(axis=1)
        return np.where(there >= 0.5 - 1e-12, weighted_mean(x, w), np.nan)

    def weights_in(self, fit: SemFit, construct: str) -> np.ndarray:
        """Row of W D over the observed variables of the fit, shape (1, p)."""
        names = list(fit.observed)
        out = np.zeros((1, len(names)))
        for piece in self.constructs[construct]:
            if piece.name in self.ranges and piece.name not in self.made_of:
                out[0, names.index(piece.name)] += piece.weight * 100 / self.ranges[piece.name]
        return out


def measured(
    fit: SemFit, asked: Asked, group: int, places: Sequence[int], scores: str, scale: Scales, notes: list[Note]
) -> Measured:
    """Find the items of the variables at `places` of the model (the last is the target), and bring them to 0..100.

    Observed variables without a scale (age, sex) have no performance: as drivers they are left out with a note, as
    target they are an error.
    """
    names = fit.table.variables
    rows = fit.table.where("=~")
    below: dict[str, list[str]] = {}
    for r in rows:
        block = below.setdefault(fit.table.lhs[r], [])
        if fit.table.rhs[r] not in block:
            block.append(fit.table.rhs[r])
    made_of: dict[str, dict[str, float]] = {}
    constructs: dict[str, tuple[Piece, ...]] = {}
    instrument = asked.source.instrument
    by_hand = scale if isinstance(scale, Mapping) else {}
    left_out = []
    for at, k in enumerate(places):
        name = names[k]
        latent = name in below
        known = name in by_hand or (instrument is not None and name in instrument.item_names)
        if not latent and not known and (isinstance(scale, Mapping) or scale is None or at < len(places) - 1):
            if at == len(places) - 1:
                raise OptionError(f"the scale of the target '{name}' is not known: scale={{'{name}': (0, 100)}}.")
            left_out.append(name)
            continue
        _weigh(fit, group, name, below, scores, made_of, notes)
        constructs[name] = tuple(_pieces(name, made_of, 1.0, "construct"))
    if left_out:
        notes.append(note("service_quality.drivers_without_scale", names=", ".join(left_out)))
    items = list(dict.fromkeys(p.name for ps in constructs.values() for p in ps if p.name not in made_of))
    absent = [i for i in items if i not in asked.frame.columns]
    if absent:
        raise OptionError(f"the data do not hold {', '.join(absent[:8])}, which the model was fitted to.")
    ends = scales_of(asked, items, scale)
    low = np.array([ends[i][0] for i in items])
    size = np.array([ends[i][1] - ends[i][0] for i in items])
    answers = pd.DataFrame(100 * (asked.numbers(items) - low) / size, columns=items, index=asked.frame.index)
    return Measured(constructs, made_of, answers, dict(zip(items, size.tolist(), strict=True)))


def _weigh(
    fit: SemFit,
    group: int,
    name: str,
    below: Mapping[str, list[str]],
    scores: str,
    made_of: dict[str, dict[str, float]],
    notes: list[Note],
) -> None:
    """Fill in the weights of a construct and of all below it."""
    if name not in below or name in made_of:
        return
    parts = below[name]
    w = np.full(len(parts), 1 / len(parts))
    if scores == "weighted":
        if len(fit.structure.ordered):
            raise OptionError(
                'scores="weighted" needs residual variances of the items, and the fit has ordered items: '
                'choose scores="mean".'
            )
        place = {n: k for k, n in enumerate(fit.table.variables)}
        s, x = fit.structure, solution_of(fit).raw
        A = arrows(s, group, x[None])[0]
        own = (s.group == group) & (s.matrix == COVARIANCE) & (s.i == s.j)
        residual = np.zeros(s.v)
        residual[s.i[own]] = x[own]
        at = [place[p] for p in parts]
        w = bartlett_weights(A[at, place[name]], residual[at])
        if np.isnan(w).any() or (w < 0).any():
            notes.append(note("service_quality.weights_not_positive", construct=name))
            w = np.full(len(parts), 1 / len(parts))
    made_of[name] = dict(zip(parts, w.tolist(), strict=True))
    for part in parts:
        _weigh(fit, group, part, below, scores, made_of, notes)


def _pieces(name: str, made_of: Mapping[str, Mapping[str, float]], weight: float, level: str) -> list[Piece]:
    if name not in made_of and level != "construct":
        return [Piece("item", name, weight)]
    out = [Piece(level, name, weight)]
    for part, w in made_of.get(name, {}).items():
        out += _pieces(part, made_of, weight * w, "element")
    return out
