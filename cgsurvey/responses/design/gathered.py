"""From a frame and a design to the sample that estimators see, with every fault of the design told at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, DataError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, whole
from cgsurvey.base.parallel import recorded_seed, streams
from cgsurvey.base.units import Floats, Ints, unit_of_rows
from cgsurvey.responses.design.design import Design
from cgsurvey.responses.design.replication import given, jackknife, rao_wu, scales
from cgsurvey.responses.design.sample import Drawn, Replicates
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.source import Source, as_source

ERRORS = ("taylor", "JK1", "JKn", "bootstrap")


def drawn_from(
    frame: pd.DataFrame,
    design: Design | None,
    notes: list[Note],
    *,
    errors: str = "taylor",
    replicates: int = 500,
    seed: int | None = None,
    file: str = "the data",
) -> Drawn:
    """Return the sample as estimators see it.

    Parameters
    ----------
    frame : DataFrame
        All respondents of the sample; those outside a domain stay in, for they tell how units were drawn.
    design : Design, optional
        None: a simple random sample with replacement, which is noted.
    notes : list of Note
        Takes what was assumed.
    errors : {"taylor", "JK1", "JKn", "bootstrap"}
        Where errors come from; replicate weights of the design go before.
    replicates, seed : int
        Of the bootstrap.
    file : str
        Name of the data for messages.

    Raises
    ------
    ColumnNotFoundError
        Columns of the design that are not there.
    DataError
        Weights that are missing, zero or negative; clusters, strata or population sizes that are missing or contradict
        each other; a stratum with one unit under lonely="fail".
    OptionError
        Options that do not go together.
    """
    choose("errors", errors, ERRORS)
    if not len(frame):
        raise SampleError(f"{file} holds no respondents.")
    found = design or Design()
    if not found.columns:
        notes.append(note("responses.no_design", n=len(frame)))
    found.check(frame.columns, file)
    faults: list[str] = []
    cluster = _codes(frame, found.cluster, "cluster", faults)
    strata = _codes(frame, found.strata, "strata", faults)
    weights = None if found.weights is None else _weights(frame, found.weights, "weights", faults)
    if not faults and cluster is not None and strata is not None and not found.nest:
        faults += _split_clusters(frame, found, cluster, strata)
    fraction = None
    if not faults and found.fpc is not None:
        fraction, faults = _fractions(frame, found, cluster, strata)
    if faults:
        raise DataError(f"{file}: the design cannot be used. " + " ".join(faults))
    if weights is None and fraction is not None:
        weights = 1.0 / fraction[np.zeros(len(frame), dtype=int) if strata is None else strata]
        notes.append(note("responses.weights_of_fpc", fpc=found.fpc))
    elif weights is None and found.columns:
        notes.append(note("responses.weights_equal"))
    drawn = Drawn(
        weights=np.ones(len(frame)) if weights is None else weights,
        cluster=cluster,
        strata=strata,
        fraction=fraction,
        alone="remove" if found.lonely == "certainty" else "adjust" if found.lonely == "fail" else found.lonely,
        margins=tuple(_margin(frame, name) for name in found.margins),
        calibrated=None if found.calibrated is None else frame[found.calibrated].to_numpy(dtype=float),
    )
    if found.replicate_weights:
        return drawn.with_replicates(_given(frame, found, file))
    _check_lonely(frame, found, drawn, notes, file)
    if errors == "taylor":
        return drawn
    return drawn.with_replicates(_made(drawn, errors, replicates, seed))


def _made(drawn: Drawn, errors: str, replicates: int, seed: int | None) -> Replicates:
    if errors == "JK1" and drawn.strata is not None:
        raise OptionError("errors='JK1' leaves out units of the whole sample; with strata take errors='JKn'.")
    if drawn.margins:
        raise OptionError(
            f"errors={errors!r} would have to calibrate each replicate again; calibrated weights take errors='taylor'."
        )
    if len(drawn.units[1]) < 2:
        raise SampleError("the sample has one primary unit; errors need two.")
    if errors == "bootstrap":
        return rao_wu(drawn, whole("replicates", replicates, 2), streams(seed, 1)[0])
    return jackknife(drawn, errors)


def _weights(frame: pd.DataFrame, name: str, what: str, faults: list[str]) -> Floats:
    w = _as_floats(frame[name])
    for wrong, words, remedy in (
        (~np.isfinite(w), "are missing or no numbers", "fill them in or leave these rows out"),
        (w < 0, "are negative", "correct them"),
        (w == 0, "are zero", "leave these rows out: they stand for nobody"),
    ):
        if wrong.any():
            rows = some(frame.index[wrong], 5)
            faults.append(f"{what} '{name}': {int(wrong.sum())} {words} (rows {rows}); {remedy}.")
    return w


def _codes(frame: pd.DataFrame, name: str | None, what: str, faults: list[str]) -> Ints | None:
    if name is None:
        return None
    codes, _ = pd.factorize(frame[name], sort=True)
    if (codes < 0).any():
        rows = some(frame.index[codes < 0], 5)
        faults.append(f"{what} '{name}': {int((codes < 0).sum())} are missing (rows {rows}); fill them in.")
    return codes.astype(np.int64)


def _margin(frame: pd.DataFrame, name: str) -> Ints:
    codes, _ = pd.factorize(frame[name], sort=True)
    return (codes - codes.min(initial=0)).astype(np.int64)


def _split_clusters(frame: pd.DataFrame, design: Design, cluster: Ints, strata: Ints) -> list[str]:
    pairs = pd.DataFrame({"c": cluster, "h": strata}).drop_duplicates()
    twice = pairs["c"].value_counts()
    split = twice.index[twice > 1]
    if not len(split):
        return []
    names = frame[design.cluster].groupby(cluster).first()
    return [
        f"{len(split)} clusters of '{design.cluster}' lie in more than one stratum of '{design.strata}': "
        f"{some(map(str, names.loc[sorted(split)]))}. Where numbers of clusters start anew in each stratum, say "
        "Design(..., nest=True); else correct the stratum."
    ]


def _fractions(
    frame: pd.DataFrame, design: Design, cluster: Ints | None, strata: Ints | None
) -> tuple[Floats | None, list[str]]:
    """Share of the units drawn in each stratum."""
    name, faults = str(design.fpc), []
    N = _as_floats(frame[name])
    h = np.zeros(len(frame), dtype=np.int64) if strata is None else strata
    if not (np.isfinite(N) & (N > 0)).all():
        wrong = ~(np.isfinite(N) & (N > 0))
        return None, [
            f"fpc '{name}': {int(wrong.sum())} are missing or not above zero (rows {some(frame.index[wrong], 5)}); "
            "give the number of units in the population, or the share that was drawn."
        ]
    label = (
        (lambda k: "the sample") if strata is None else (lambda k: f"stratum {frame[design.strata][h == k].iloc[0]}")
    )
    H = int(h.max()) + 1
    low, high = (np.full(H, v) for v in (np.inf, -np.inf))
    np.minimum.at(low, h, N)
    np.maximum.at(high, h, N)
    uneven = np.flatnonzero(high > low)
    if len(uneven):
        return None, [
            f"fpc '{name}' differs within {some(map(label, uneven), 4)}; one stratum has one number of primary units."
        ]
    size = np.bincount(unit_of_rows(len(frame), cluster, strata)[1], minlength=H)
    shares = low <= 1
    if shares.any() and not shares.all() and (low[shares] < 1).any():
        faults.append(f"fpc '{name}' mixes shares (up to 1) with numbers of units (above 1); keep to one of them.")
    small = np.flatnonzero(~shares & (low < size))
    if len(small):
        shown = some((f"{label(k)}: {low[k]:g} < {size[k]}" for k in small), 4)
        faults.append(
            f"fpc '{name}' is smaller than the number of primary units in the sample ({shown}). It counts units of the "
            "population, of the same kind as the cluster."
        )
    return np.where(shares, low, size / low), faults


def _check_lonely(frame: pd.DataFrame, design: Design, drawn: Drawn, notes: list[Note], file: str) -> None:
    size = np.bincount(drawn.units[1])
    kept = np.ones(len(size)) if drawn.fraction is None else 1.0 - drawn.fraction
    alone = np.flatnonzero((size == 1) & (kept > 0))
    if not len(alone):
        return
    if drawn.strata is None:
        raise SampleError(f"{file}: the sample has one primary unit ('{design.cluster}'); errors need two.")
    names = [str(frame[design.strata][drawn.strata == k].iloc[0]) for k in alone]
    if design.lonely == "fail":
        raise DataError(
            f"{file}: {len(alone)} strata of '{design.strata}' have a single primary unit, which shows no variance: "
            f"{some(names)}. Join them with like strata, or say how they count: Design(..., lonely='adjust'), "
            "'average', 'certainty' (drawn for sure) or 'remove'."
        )
    notes.append(note("responses.lonely_strata", n=len(alone), strata=some(names), how=design.lonely))


def _given(frame: pd.DataFrame, design: Design, file: str) -> Replicates:
    names = list(design.replicate_weights)
    W = frame[names].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    wrong = ~(np.isfinite(W) & (W >= 0)).all(axis=0)
    if wrong.any():
        raise DataError(
            f"{file}: replicate weights must be numbers of 0 or more; not so {some(np.array(names)[wrong])}. Correct "
            "or leave out these replicates."
        )
    scale = design.replicate_scale
    scale = scales(design.replicate_type, len(names), design.rho) if scale is None else scale
    if design.replicate_type in ("JKn", "other") and not design.replicate_rscales:
        raise OptionError(
            f"replicate_type='{design.replicate_type}' needs replicate_rscales, one factor for each replicate, as the "
            "documentation of the survey tells."
        )
    if scale is None:
        scale = 1.0
    rscales = np.array(design.replicate_rscales) if design.replicate_rscales else None
    return given(W, scale, rscales, design.replicate_mse)


def wanted_frame(data: Responses | pd.DataFrame) -> tuple[Source, pd.DataFrame]:
    """Source of the data and their answers as given, with means of composites beside them."""
    source = as_source(data)
    if not isinstance(data, Responses):
        return source, source.frame
    return source, data.frame.join(source.frame[list(source.composites)]) if source.composites else data.frame


def numbers(frame: pd.DataFrame, names: Sequence[str], file: str = "") -> Floats:
    """Columns as numbers, shape (n, k), NaN without an answer; all that hold text are named at once."""
    columns, wrong = [], []
    for name in names:
        answers = frame[name]
        x = _as_floats(answers)
        bad = (np.isnan(x) & answers.notna().to_numpy()) | np.isinf(x)
        if bad.any():
            shown = (f"{v!r} (row {r})" for r, v in answers[bad].items())
            wrong.append(f"'{name}': {some(shown, 3)}")
        columns.append(x)
    if wrong:
        raise CodingError(
            f"{file or 'the data'}: columns hold text or infinite values where numbers belong: {'; '.join(wrong)}. "
            "Shares of categories are had by statistic='proportion'; labels become scores where the file is read with "
            "its instrument."
        )
    return np.column_stack(columns)


def _as_floats(column: pd.Series) -> Floats:
    """A column as numbers, NaN for what is none."""
    known = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
    return np.asarray(column if known else pd.to_numeric(column.astype(object), errors="coerce"), dtype=np.float64)


def recorded(errors: str, design: Design | None, seed: int | None) -> int | None:
    """The seed of a bootstrap, drawn now where none was given; None where nothing is drawn."""
    given = design is not None and bool(design.replicate_weights)
    return recorded_seed(seed) if errors == "bootstrap" and not given else None
