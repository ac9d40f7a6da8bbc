"""Simulated data: from a model with numbers in it, or from an instrument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.model import Model
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import streams
from cgsurvey.responses.behaviour import answered, careless_counts, draw_groups, manners, pages_of, ticked_per_page
from cgsurvey.sem.draws import Floats, cut, draw, even_thresholds, unit_variances
from cgsurvey.sem.placement import structure
from cgsurvey.sem.structure import ARROW, COVARIANCE, MEAN, Structure
from cgsurvey.sem.table import ParameterTable, parameter_table

if TYPE_CHECKING:
    from cgsurvey.instrument import Construct, Instrument, Item
    from cgsurvey.responses import Responses

Share = float | Mapping[str, float]


@overload
def simulate(
    model_or_instrument: Instrument,
    n: int,
    *,
    seed: int,
    population: str | None = ...,
    missing: float = ...,
    careless: Mapping[str, float] | None = ...,
    cluster: Sequence[object] | pd.Series | int | None = ...,
    icc: Share = ...,
) -> Responses: ...
@overload
def simulate(
    model_or_instrument: str,
    n: int | Sequence[int],
    *,
    seed: int,
    ordered: Mapping[str, Sequence[float]] | None = ...,
    categories: int | Mapping[str, int] | None = ...,
    skew: float = ...,
    missing: float = ...,
    careless: Mapping[str, float] | None = ...,
    cluster: Sequence[object] | pd.Series | int | None = ...,
    icc: Share = ...,
    unit_variance: bool = ...,
    latents: bool = ...,
) -> pd.DataFrame: ...
def simulate(
    model_or_instrument: str | Instrument,
    n: int | Sequence[int],
    *,
    seed: int,
    population: str | None = None,
    ordered: Mapping[str, Sequence[float]] | None = None,
    categories: int | Mapping[str, int] | None = None,
    skew: float = 0.0,
    missing: float = 0.0,
    careless: Mapping[str, float] | None = None,
    cluster: Sequence[object] | pd.Series | int | None = None,
    icc: Share = 0.0,
    unit_variance: bool = True,
    latents: bool = False,
) -> pd.DataFrame | Responses:
    """Simulate data with known population values.

    Parameters
    ----------
    model_or_instrument : str or Instrument
        Lavaan syntax in which loadings and paths have values (``f =~ .8*x1 + .7*x2``, ``y ~ .4*f``): gives a
        DataFrame, continuous unless asked otherwise. An instrument gives `Responses` on its scales, reverse items
        answered in reverse.
    n : int or sequence of int
        Rows; a sequence gives one group per entry (column "group" holds 1, 2, ...), with ``c(.8, .7)*x1`` where the
        groups differ.
    seed : int
        Seed of the random numbers.
    population : str, optional
        For an instrument: its population as lavaan syntax with values; default `population_model(instrument)`. Items
        stand in it as keyed, so that all loadings are positive.
    ordered : mapping of str to sequence of float, optional
        Thresholds of single variables, in their metric. Thresholds may also stand in the model: ``x1 | -1*t1 + 0*t2``.
    categories : int or mapping, optional
        Number of categories of all observed variables, or of single ones, with evenly spaced thresholds.
    skew : float
        Moves these thresholds, in standard deviations; negative: answers pile up at agreement.
    missing : float
        Share of cells that are lost completely at random.
    careless : mapping, optional
        Share of respondents who tick one answer per page ("straight") or any answer ("random"), e.g. ``{"straight": .1,
        "random": .1}``; the column "careless" tells who ("" for those who read). A page is a construct; of a model, the
        items of a latent variable that have categories.
    cluster : sequence, Series or int, optional
        Cluster of each row, or the number of clusters of equal size; becomes a column (named "cluster", or as the
        Series).
    icc : float or mapping
        Share of the variance of disturbances that the rows of a cluster have in common: of all latent variables, or of
        the variables that are named.
    unit_variance : bool
        Variances that the model does not state are such that each variable has variance 1 (False: are 1).
    latents : bool
        Return the latent variables too (models only).

    Returns
    -------
    DataFrame or Responses

    Raises
    ------
    ModelError
        When values are missing from the model, all of them named, or cannot be.

    Notes
    -----
    Covariances and means that the model does not state are 0.
    """
    fraction("missing", missing, closed=True)
    if not isinstance(model_or_instrument, str):
        from cgsurvey.instrument import Instrument

        if not isinstance(model_or_instrument, Instrument):
            raise OptionError(
                f"simulate needs lavaan syntax or an Instrument, not {type(model_or_instrument).__name__}. "
                "cg.load_instrument(name) gives one of the bank."
            )
        if not isinstance(n, int | np.integer):
            raise OptionError("n must be one number of rows for an instrument.")
        given = {"ordered": ordered, "categories": categories, "latents": latents or None, "skew": skew or None}
        if wrong := [k for k, v in given.items() if v is not None]:
            raise OptionError(f"{some(wrong)}: not for an instrument, whose scales say how answers look.")
        return _answers(model_or_instrument, int(n), seed, population, missing, careless, cluster, icc)
    if population is not None:
        raise OptionError("population belongs to an instrument; a model is its own population.")
    sizes = [int(n)] if isinstance(n, int | np.integer) else [int(k) for k in n]
    if not sizes or min(sizes) < 1:
        raise OptionError(f"n={n!r} must be at least one row.")
    values, table = _draw(model_or_instrument, sizes, seed, cluster, icc, unit_variance)
    cuts = _thresholds(table, ordered, categories, skew)
    frame = values if latents else values[[c for c in values if c not in table.latents]]
    frame = frame.assign(**{name: cut(values[name].to_numpy(), t) for name, t in cuts.items()})
    if careless is not None:
        if not cuts:
            raise OptionError("careless answers are ticks in categories: give categories=5.")
        measures = {i: f for f, op, i in zip(table.lhs, table.op, table.rhs, strict=True) if op == "=~"}
        chosen = [v for v in table.observed if v in cuts]
        scores = {v: np.arange(1.0, len(cuts[v]) + 2) for v in chosen}
        frame = _careless(frame, {v: measures.get(v, "") for v in chosen}, scores, careless, seed)
    if missing:
        lost = streams(seed, 3)[2].random((len(frame), len(table.observed))) < missing
        observed = list(table.observed)
        frame[observed] = frame[observed].mask(lost)
    return frame


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


def _draw(
    model: str, sizes: Sequence[int], seed: int, cluster: Any, icc: Share, unit_variance: bool
) -> tuple[pd.DataFrame, ParameterTable]:
    """Draw all variables of a model, observed and latent."""
    table = parameter_table(model, kind="sem", groups=len(sizes), fixed_x=False, auto_fix_first=False)
    made = structure(table)
    value = _values(table, made)
    codes, clusters = _clusters(cluster, sum(sizes))
    shares = _shares(icc, table) if codes is not None else None
    rng = streams(seed, 3)[0]
    parts, at = [], 0
    for g, n in enumerate(sizes):
        A, S, m = _matrices(table, made, value, g, unit_variance)
        if shares is not None and shares.any():
            a, b = np.nonzero(np.triu(S, 1))
            clash = [
                f"{table.variables[i]} ~~ {table.variables[j]}"
                for i, j in zip(a, b, strict=True)
                if shares[i] != shares[j]
            ]
            if clash:
                raise ModelError(f"correlated variables need the same icc: {some(clash)}.")
        try:
            parts.append(draw(A, S, m, n, rng, cluster=None if codes is None else codes[at : at + n], icc=shares))
        except np.linalg.LinAlgError as error:
            raise ModelError(
                "the stated covariances contradict each other (the matrix is not positive definite). Lower them."
            ) from error
        at += n
    frame = pd.DataFrame(np.vstack(parts), columns=list(table.variables))
    if len(sizes) > 1:
        frame["group"] = np.repeat(np.arange(1, len(sizes) + 1), sizes)
    return frame if clusters is None else frame.assign(**{str(clusters.name): clusters.to_numpy()}), table


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


def _clusters(cluster: Any, n: int) -> tuple[np.ndarray | None, pd.Series | None]:
    """Return codes 0.. and the labels of the clusters of the rows."""
    if cluster is None:
        return None, None
    if isinstance(cluster, int | np.integer):
        cluster = np.arange(n) * int(cluster) // n + 1
    labels = cluster if isinstance(cluster, pd.Series) else pd.Series(cluster)
    if len(labels) != n:
        raise OptionError(f"cluster has {len(labels)} entries for {n} rows.")
    codes, _ = pd.factorize(labels)
    return codes.astype(np.int64), labels.rename(str(labels.name or "cluster"))


def _shares(icc: Share, table: ParameterTable) -> Floats:
    named = dict.fromkeys(table.latents, icc) if not isinstance(icc, Mapping) else icc
    known = table.variables
    if wrong := [k for k in named if k not in known]:
        raise OptionError(f"icc names no variable of the model: {some(wrong)}.{did_you_mean(wrong[0], known)}")
    return np.array([fraction(f"icc of {k}", named.get(k, 0.0), closed=True) for k in known])


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


def _answers(
    instrument: Instrument,
    n: int,
    seed: int,
    population: str | None,
    missing: float,
    careless: Mapping[str, float] | None,
    cluster: Any,
    icc: Share,
) -> Responses:
    """Simulate answers on the scales of an instrument."""
    from cgsurvey.responses import Responses

    model = population_model(instrument) if population is None else population
    values, table = _draw(model, [n], seed, cluster, icc, True)
    absent = [i for i in instrument.item_names if i not in table.observed]
    strange = [v for v in table.observed if v not in instrument.item_names]
    if absent or strange:
        raise ModelError(
            f"the population and instrument '{instrument.id}' differ: "
            + "; ".join(f"{w} {some(v)}" for w, v in (("it lacks", absent), ("unknown are", strange)) if v)
            + ". Begin with population_model(instrument)."
        )
    items = {
        name: _answer(instrument.item(name), values[name].to_numpy(), k) for k, name in enumerate(instrument.item_names)
    }
    for name in instrument.attention_checks:
        check = instrument.item(name)
        items[name] = np.full(n, check.scale.choice(str(check.expected)).score)
    frame = pd.DataFrame({i.name: items[i.name] for i in instrument.items})
    if careless is not None:
        pages = dict(zip(frame, pages_of(instrument, instrument.items), strict=True))
        scores = {i.name: np.sort(np.array(i.scale.scores)) for i in instrument.items}
        frame = _careless(frame, pages, scores, careless, seed)
    if missing:
        lost = streams(seed, 3)[2].random((n, len(instrument.item_names))) < missing
        names = list(instrument.item_names)
        frame[names] = frame[names].mask(lost)
    others = [c for c in values if c not in table.variables]
    frame = frame.join(values[others]).set_axis(pd.RangeIndex(2, n + 2, name="row"), axis=0)
    return Responses(frame=frame, instrument=instrument, simulated=True)


def _careless(
    frame: pd.DataFrame, pages: Mapping[str, str], scores: Mapping[str, Floats], shares: Mapping[str, float], seed: int
) -> pd.DataFrame:
    """Let some respondents answer without reading; say who in the column "careless"."""
    if "careless" in frame:
        raise OptionError("'careless' is the column that tells who answers carelessly; give the variable another name.")
    n = len(frame)
    who, cells = streams(seed, 5)[3:]
    manner = manners(n, draw_groups(n, careless_counts(shares, n), who))
    names = list(dict.fromkeys(pages.values()))
    place = ticked_per_page(n, len(names), who)
    new = {
        v: answered(frame[v].to_numpy(float), manner, scores[v], place[:, names.index(page)], cells)
        for v, page in pages.items()
    }
    columns = {v: new.get(v, frame[v]) for v in frame} | {"careless": pd.array(manner, dtype="str")}
    return pd.DataFrame(columns, index=frame.index)


def _answer(item: Item, y: Floats, place: int) -> Floats:
    """Cut y* into the scores of the item's scale, reversed where the item is."""
    assumed = package_yaml("sem/population.yaml")
    scores = np.sort(np.array(item.scale.scores))
    recorded = assumed["thresholds"].get(len(scores))
    thresholds = even_thresholds(len(scores)) if recorded is None else np.array(recorded)
    shift = assumed["shifts"][place % len(assumed["shifts"])]
    answered = scores[cut(y, thresholds + shift).astype(int) - 1]
    return scores[0] + scores[-1] - answered if item.reverse else answered
