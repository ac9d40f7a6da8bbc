"""Populations: a model with a number for each of its parameters, and thresholds of answers in categories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.model import Model
from cgsurvey.base.options import fraction
from cgsurvey.sem.model.placement import structure
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, Structure
from cgsurvey.sem.model.table import ParameterTable, parameter_table
from cgsurvey.sem.resampling.draws import Floats, even_thresholds, unit_variances

if TYPE_CHECKING:
    from cgsurvey.instrument import Construct, Instrument, Item

Share = float | Mapping[str, float]


@dataclass(frozen=True)
class Population:
    """What answers are drawn from.

    Attributes
    ----------
    table : ParameterTable
        Names of the variables, and what was written.
    groups : tuple of (A, S, m)
        Arrows (v, v), covariances (v, v) and intercepts (v,) of each group.
    thresholds : mapping of str to ndarray
        Of the observed variables that are answered in categories.
    """

    table: ParameterTable
    groups: tuple[tuple[Floats, Floats, Floats], ...]
    thresholds: Mapping[str, Floats]


def read_population(
    model: str,
    *,
    groups: int = 1,
    ordered: Mapping[str, Sequence[float]] | None = None,
    categories: int | Mapping[str, int] | None = None,
    skew: float = 0.0,
    unit_variance: bool = True,
) -> Population:
    """Read a population from a model with values in it; arguments and errors are those of `simulate`."""
    table = parameter_table(model, kind="sem", groups=groups, fixed_x=False, auto_fix_first=False)
    made = structure(table)
    value = _values(table, made)
    filled = tuple(_matrices(table, made, value, g, unit_variance) for g in range(groups))
    return Population(table, filled, _thresholds(table, ordered, categories, skew))


def population_model(instrument: Instrument, *, paths: Mapping[str, Mapping[str, float]] | None = None) -> Model:
    """Write the population that `simulate` assumes of an instrument, as lavaan syntax with values.

    Items as keyed: those of reverse wording have positive loadings too. Elements of a reflective dimension are factors;
    composites have one weak factor. Constructs to which no path leads correlate.

    Parameters
    ----------
    instrument : Instrument
    paths : mapping, optional
        Outcome to {cause: coefficient}; default: the recorded ones (`sem/population.yaml`).
    """
    assumed = package_yaml("sem/population.yaml")
    lines: list[str] = []
    for construct in instrument.constructs:
        lines += _measured(construct, instrument, assumed)
    tops = [c.id for c in instrument.constructs]
    chosen = assumed["paths"] if paths is None else paths
    known = {c.id for top in instrument.constructs for c in top.walk()}
    caused = []
    for outcome, causes in chosen.items():
        kept = {c: b for c, b in causes.items() if c in known}
        if outcome in known and kept:
            lines.append(f"{outcome} ~ " + " + ".join(f"{b:g}*{c}" for c, b in kept.items()))
            caused.append(outcome)
        elif paths is not None:
            wrong = next(k for k in (outcome, *causes) if k not in known)
            raise ModelError(f"instrument '{instrument.id}' has no construct '{wrong}'.{did_you_mean(wrong, known)}")
    loose = [t for t in tops if t not in caused]
    for k, left in enumerate(loose[:-1]):
        lines.append(f"{left} ~~ " + " + ".join(f"{assumed['correlation']:g}*{right}" for right in loose[k + 1 :]))
    placed = {i for c in instrument.constructs for i in c.all_items}
    lines += [f"{i} ~~ 1*{i}" for i in instrument.item_names if i not in placed]
    return Model("\n".join(lines) + "\n", name="population", labels=instrument.labels)


def _measured(construct: Construct, instrument: Instrument, assumed: Mapping[str, Any]) -> Iterator[str]:
    items = construct.all_items
    if construct.kind == "composite" or not construct.elements:
        weak = construct.kind == "composite"
        values = [
            assumed["composite_loading"] if weak else assumed["reverse_loading"] if instrument.item(i).reverse else b
            for i, b in zip(items, cycle(assumed["loadings"]), strict=False)
        ]
        values = [1.0] if len(items) == 1 else values
        yield f"{construct.id} =~ " + " + ".join(f"{b:g}*{i}" for i, b in zip(items, values, strict=True))
        return
    for element in construct.elements:
        yield from _measured(element, instrument, assumed)
    parts = zip((e.id for e in construct.elements), cycle(assumed["elements"]), strict=False)
    yield f"{construct.id} =~ " + " + ".join(f"{b:g}*{e}" for e, b in parts)


def instrument_population(instrument: Instrument, text: str | None = None) -> Population:
    """Read the population of an instrument; all its items are in categories, thresholds as keyed.

    Raises
    ------
    ModelError
        When population and instrument do not have the same items.
    """
    made = read_population(population_model(instrument) if text is None else text)
    known, names = made.table.observed, instrument.item_names
    absent, strange = [i for i in names if i not in known], [v for v in known if v not in names]
    if absent or strange:
        raise ModelError(
            f"the population and instrument '{instrument.id}' differ: "
            + "; ".join(f"{w} {some(v)}" for w, v in (("it lacks", absent), ("unknown are", strange)) if v)
            + ". Begin with population_model(instrument)."
        )
    return replace(made, thresholds={i: _item_thresholds(instrument.item(i), k) for k, i in enumerate(names)})


def _item_thresholds(item: Item, place: int) -> Floats:
    """Thresholds that `simulate` assumes of an item on its scale, as keyed; they shift with the place of the item."""
    assumed = package_yaml("sem/population.yaml")
    recorded = assumed["thresholds"].get(len(item.scale.scores))
    thresholds = even_thresholds(len(item.scale.scores)) if recorded is None else np.array(recorded)
    return np.asarray(thresholds + assumed["shifts"][place % len(assumed["shifts"])], dtype=np.float64)


def _values(table: ParameterTable, made: Structure) -> Floats:
    """Return the value of each cell; NaN for variances that are to be found."""
    value = np.where(np.isnan(made.value), table.start[made.row], made.value)
    own = made.i == made.j
    scaled = np.isin(made.i, [k for k, v in enumerate(table.variables) if v in table.ordered])
    # The table fixes the residual variance of ordered variables at 1; what is meant is a variance of 1.
    value[(made.matrix == COVARIANCE) & own & scaled & (table.user[made.row] == 0)] = np.nan
    absent = np.isnan(value) & ~((made.matrix == COVARIANCE) & own)
    said = table.user[made.row] == 1
    unsaid = [table.name(int(r)) for r in made.row[absent & (said | (made.matrix == ARROW))]]
    if unsaid:
        raise ModelError(
            f"the model lacks values of {len(unsaid)} parameters: {some(unsaid, 12)}. Write them before the variable, "
            "e.g. 'f =~ 0.8*x1'."
        )
    value[absent] = 0.0
    return value


def _matrices(
    table: ParameterTable, made: Structure, value: Floats, g: int, unit_variance: bool
) -> tuple[Floats, Floats, Floats]:
    A, S, m = np.zeros((made.v, made.v)), np.zeros((made.v, made.v)), np.zeros(made.v)
    for matrix, i, j, x, group in zip(made.matrix, made.i, made.j, value, made.group, strict=True):
        if group != g:
            continue
        if matrix == ARROW:
            A[i, j] = x
        elif matrix == COVARIANCE:
            S[i, j] = S[j, i] = x
        elif matrix == MEAN:
            m[i] = x
    open_ = np.isnan(np.diag(S))
    S[open_, open_] = 1.0
    if abs(np.linalg.det(np.eye(made.v) - A)) < 1e-10:
        raise ModelError("the paths go round in a circle of product 1; such a system has no solution. Lower them.")
    if unit_variance:
        found = unit_variances(A, S, open_)
        bad = [f"{table.variables[k]} ({1 - found[k]:.2f})" for k in np.flatnonzero(open_ & (found < 0))]
        if bad:
            raise ModelError(
                f"causes explain more than the whole variance of {some(bad)}. Lower values, or unit_variance=False."
            )
        S[np.diag_indices_from(S)] = found
    return A, S, m


def _thresholds(
    table: ParameterTable,
    ordered: Mapping[str, Sequence[float]] | None,
    categories: int | Mapping[str, int] | None,
    skew: float,
) -> dict[str, Floats]:
    written: dict[str, Any] = {}
    for k in table.where("|"):
        if table.group[k] == 1:
            written.setdefault(table.lhs[k], {})[int(table.rhs[k][1:])] = table.value[k]
    written = {v: [t[k] for k in sorted(t)] for v, t in written.items()}
    if isinstance(categories, int | np.integer):
        categories = {v: int(categories) for v in table.observed if v not in {**written, **(ordered or {})}}
    if categories is None and skew:
        raise OptionError("skew moves the thresholds of categories=; give both.")
    counted = {v: even_thresholds(k, skew) for v, k in (categories or {}).items()}
    out = {v: np.asarray(t, dtype=float) for v, t in {**written, **counted, **(ordered or {})}.items()}
    if wrong := [v for v in out if v not in table.observed]:
        raise OptionError(f"no observed variables of the model: {some(wrong)}.{did_you_mean(wrong[0], table.observed)}")
    if unsorted := [v for v, t in out.items() if np.isnan(t).any() or (np.diff(t) <= 0).any() or not len(t)]:
        raise OptionError(f"thresholds must be numbers in rising order: {some(unsorted)}.")
    return out


def shared_variance(icc: Share, table: ParameterTable) -> Floats:
    """Share of the variance of each disturbance that the rows of a cluster have in common, shape (v,)."""
    named = dict.fromkeys(table.latents, icc) if not isinstance(icc, Mapping) else icc
    known = table.variables
    if wrong := [k for k in named if k not in known]:
        raise OptionError(f"icc names no variable of the model: {some(wrong)}.{did_you_mean(wrong[0], known)}")
    return np.array([fraction(f"icc of {k}", named.get(k, 0.0), closed=True) for k in known])
