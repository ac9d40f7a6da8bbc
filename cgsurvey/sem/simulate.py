"""Simulated data: from a model with numbers in it, or from an instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ModelError, OptionError, some
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import streams
from cgsurvey.responses.behaviour import answered, careless_counts, draw_groups, manners, pages_of, ticked_per_page
from cgsurvey.sem.population import Population, Share, instrument_population, read_population, shared_variance
from cgsurvey.sem.resampling.draws import Floats, cut, draw

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument, Item
    from cgsurvey.responses import Responses


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

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.simulate("f =~ .8*x1 + .7*x2 + .6*x3", n=500, seed=1).shape
    (500, 3)
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
    made = read_population(
        model_or_instrument, groups=len(sizes), ordered=ordered, categories=categories, skew=skew,
        unit_variance=unit_variance,
    )  # fmt: skip
    values, table, cuts = _draw(made, sizes, seed, cluster, icc), made.table, made.thresholds
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


def _draw(made: Population, sizes: Sequence[int], seed: int, cluster: Any, icc: Share) -> pd.DataFrame:
    """Draw all variables of a model, observed and latent."""
    table = made.table
    codes, clusters = _clusters(cluster, sum(sizes))
    shares = shared_variance(icc, table) if codes is not None else None
    rng = streams(seed, 3)[0]
    parts, at = [], 0
    for g, n in enumerate(sizes):
        A, S, m = made.groups[g]
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
    return frame if clusters is None else frame.assign(**{str(clusters.name): clusters.to_numpy()})


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

    made = instrument_population(instrument, population)
    values = _draw(made, [n], seed, cluster, icc)
    items = {
        name: _answer(instrument.item(name), values[name].to_numpy(), thresholds)
        for name, thresholds in made.thresholds.items()
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
    others = [c for c in values if c not in made.table.variables]
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


def _answer(item: Item, y: Floats, thresholds: Floats) -> Floats:
    """Cut y* into the scores of the item's scale, reversed where the item is."""
    scores = np.sort(np.array(item.scale.scores))
    answered = scores[cut(y, thresholds).astype(int) - 1]
    return scores[0] + scores[-1] - answered if item.reverse else answered
