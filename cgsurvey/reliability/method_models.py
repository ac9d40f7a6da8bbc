"""Factor models with a method factor, written as lavaan syntax and fitted.

All substantive factors have variance 1 and correlate; the method factor has variance 1 and correlates with none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from cgsurvey.base.errors import EstimationError, IdentificationError
from cgsurvey.base.notes import Note, note
from cgsurvey.reliability.coefficients import Floats
from cgsurvey.reliability.measured import measured
from cgsurvey.reliability.model_tests import improper
from cgsurvey.reliability.validity import measurement_model
from cgsurvey.responses.source import Source
from cgsurvey.sem import SemFit, cfa

Items = Mapping[str, tuple[str, ...]]
METHOD = "method_factor"


@dataclass
class Models:
    """Fits of one sample by name, and what was said where one could not be made."""

    source: Source
    options: Mapping[str, Any]
    fits: dict[str, SemFit] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    failed: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def fit(self, name: str, text: str) -> SemFit | None:
        """Fit a model under the common options; None, and a note, where that fails."""
        try:
            made = cfa(text, self.source, **{**self.options, "std_lv": True})
        except (EstimationError, IdentificationError) as error:
            self.failed[name] = reason = error.words()
            self.notes.append(note("reliability.method_failed", model=name, reason=reason))
            return None
        self.fits[name] = made
        if text_of := improper(made):
            self.notes.append(note("reliability.method_improper", model=name, what=text_of))
        return made


def all_items(items: Items) -> list[str]:
    """Items of all constructs, once each."""
    return list(dict.fromkeys(i for block in items.values() for i in block))


def one_factor_text(items: Items) -> str:
    """All items on one factor."""
    return measurement_model({METHOD: tuple(all_items(items))})


def method_text(items: Items, method: str = METHOD, *, equal: bool) -> str:
    """Traits and a method factor that loads on every item, with equal or free loadings (ULMC)."""
    lines = [measurement_model(items), _loads(method, all_items(items), "method" if equal else "")]
    return "\n".join([*lines, *_apart(method, items)])


def _loads(factor: str, items: Sequence[str], label: str = "") -> str:
    weight = f"{label}*" if label else "NA*"
    return f"`{factor}` =~ " + " + ".join(f"{weight}`{i}`" for i in items)


def _apart(factor: str, items: Items) -> Iterator[str]:
    for name in items:
        yield f"`{factor}` ~~ 0*`{name}`"


def marker_texts(items: Items, marker: str, block: Sequence[str], cfa_fit: SemFit) -> Mapping[str, str]:
    """Baseline, Method-C and Method-U of Williams, Hartman and Cavazotte (2010), given their CFA model.

    Loadings and residual variances of the marker are fixed to those of the CFA model, in which it correlates with all
    substantive factors; in the others it correlates with none.
    """
    at = {(lhs, op, rhs): float(v) for lhs, op, rhs, v in zip(
        cfa_fit.table.lhs, cfa_fit.table.op, cfa_fit.table.rhs, cfa_fit.values, strict=True)}  # fmt: skip
    fixed = [f"`{marker}` =~ " + " + ".join(f"{at[marker, '=~', i]!r}*`{i}`" for i in block)]
    fixed += [f"`{i}` ~~ {at[i, '~~', i]!r}*`{i}`" for i in block]
    base = [measurement_model(items), *fixed, *_apart(marker, items)]
    return {
        "baseline": "\n".join(base),
        "method_c": "\n".join([*base, _loads(marker, all_items(items), "method")]),
        "method_u": "\n".join([*base, _loads(marker, all_items(items))]),
    }


def restricted_text(retained: str, items: Items, baseline: SemFit) -> str:
    """Method-R: the retained model with the correlations of the traits fixed to those of the baseline model."""
    phi = measured(baseline, list(items)).correlations
    lines = [f"`{a}` ~~ {float(phi[i, j])!r}*`{b}`" for (i, a), (j, b) in combinations(list(enumerate(items)), 2)]
    return "\n".join([retained, *lines])


def method_loadings(fit: SemFit, items: Items, method: str) -> tuple[Floats, Floats, Floats]:
    """Standardised loadings of each item on its trait and on the method factor, and what is left, shapes (p,).

    Signs of factors, which nothing determines, make the sums of their loadings positive.
    """
    names = all_items(items)
    owner = {i: c for c, block in items.items() for i in block}
    rows = fit.standardized("std_all")
    known = {(r.lhs, r.op, r.rhs): float(r.estimate) for r in rows.itertuples()}
    trait = np.array([known[owner[i], "=~", i] for i in names])
    for block in items.values():
        at = [names.index(i) for i in block]
        trait[at] *= -1.0 if trait[at].sum() < 0 else 1.0
    other = np.array([known.get((method, "=~", i), 0.0) for i in names])
    error = np.array([known[i, "~~", i] for i in names])
    return trait, -other if other.sum() < 0 else other, error
