"""The indices of careless answering of all respondents, as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.parallel import one_thread, streams
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.screening import careless, consistency, distances
from cgsurvey.responses.screening.keying import Keying, find_keying
from cgsurvey.responses.screening.random_answers import judge
from cgsurvey.responses.screening.rules import BLOCK, DEFAULTS, ORDER_P, RUN, flags, repeat_cutoff
from cgsurvey.responses.selection import Constructs, Part, pick_constructs, require

Array = NDArray[np.float64]
ORDERS = 199  # random orders of the answers; more sharpen no verdict at a level of 5 %
COMPARED = 20_000  # respondents beyond which all are compared with all only when asked for


@dataclass(frozen=True)
class Asked:
    """What the caller of `screen` said about the form, and about indices that need a choice."""

    limits: bool | tuple[float, float] | None = None
    blocks: Mapping[str, Sequence[str]] | None = None
    times: tuple[str, str] | None = None
    constructs: Constructs = None
    reverse: Sequence[str] | None = None
    critical_r: float = 0.60
    alpha: float = DEFAULTS["random"]
    matches: bool = False
    seed: int = 1


def respondents(responses: Responses, names: tuple[str, ...], asked: Asked, notes: list[Note]) -> pd.DataFrame:
    """Return one row per respondent: `row` and the indices; what could not be told goes to `notes`."""
    frame, reasons = responses.frame, responses.reasons[list(names)]
    X = frame[list(names)].to_numpy(dtype=float)
    was_asked = (reasons != "not_asked").to_numpy()
    n_asked = was_asked.sum(axis=1)
    missing = np.isnan(X) & was_asked
    answered = (~np.isnan(X)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        missing_share = np.where(n_asked > 0, missing.sum(axis=1) / n_asked, np.nan)
        dont_know = np.where(n_asked > 0, (reasons == "dont_know").to_numpy().sum(axis=1) / n_asked, np.nan)
    silent = int(((answered == 0) & (n_asked > 0)).sum())
    if silent:
        notes.append(note("responses.no_answer", n=silent))
    ends = asked.limits if isinstance(asked.limits, tuple | list) else None
    keying = find_keying(responses, names, X, asked.constructs, asked.reverse, ends, notes)
    runs, repeated, straight = _patterns(responses, names, X, keying, asked)
    checks = _attention(responses)
    copies = careless.first_equal_row(np.column_stack([X, *(checks[c].to_numpy(dtype=float) for c in checks)]))
    if len(names) < 10 and (copies >= 0).any():
        notes.append(note("responses.duplicates_by_chance", n=int((copies >= 0).sum()), items=len(names)))
    match, like = _matches(X, asked.matches, notes)
    minutes = _minutes(frame, asked.times, notes)
    index = pd.Series(frame.index, index=frame.index)
    table = pd.DataFrame(
        {
            "row": index.to_numpy(),
            "n_asked": n_asked,
            "n_missing": missing.sum(axis=1),
            "missing_share": missing_share,
            "dont_know_share": dont_know,
            "out_of_range": _outside(responses, names, X, asked.limits),
            "longstring": runs,
            "repeat_share": repeated,
            "straight_lining": straight,
            "irv": _irv(responses, names, X),
            "attention_failed": _failed(checks, responses),
            "duplicate_of": _rows(index, copies),
            "match_share": match,
            "match_with": _rows(index, like),
        }
    )
    return table.assign(
        **_distances(X, names, answered, notes),
        **_order(X, table, keying, asked, notes),
        **_consistency(X, keying, asked.critical_r, notes),
        duration_minutes=minutes,
        seconds_per_answer=np.where(answered > 0, minutes * 60 / np.maximum(answered, 1), np.nan),
    )


def _rows(index: pd.Series, at: NDArray[np.int64]) -> pd.Series:
    """Names of the rows at these positions, missing where the position is -1."""
    found = index.iloc[np.maximum(at, 0)].reset_index(drop=True).where(at >= 0)
    return found.astype("Int64") if pd.api.types.is_integer_dtype(index.dtype) else found


def _matches(X: Array, wanted: bool, notes: list[Note]) -> tuple[Array, NDArray[np.int64]]:
    if len(X) > COMPARED and not wanted:
        notes.append(note("responses.matches_left_out", n=len(X)))
        return np.full(len(X), np.nan), np.full(len(X), -1, dtype=np.int64)
    return careless.best_match(X)


def _distances(X: Array, names: tuple[str, ...], answered: Array, notes: list[Note]) -> dict[str, Array]:
    distance = distances.mahalanobis(X)
    left_out = [n for n, u in zip(names, distance.used, strict=True) if not u]
    if left_out:
        notes.append(note("responses.mahalanobis_left_out", n=len(left_out), items=some(left_out)))
    if distance.shrinkage and np.isfinite(distance.d2).any():
        notes.append(note("responses.mahalanobis_shrunk", weight=distance.shrinkage))
    unjudged = int((np.isnan(distance.d2) & (answered > 0)).sum())
    if unjudged:
        notes.append(note("responses.mahalanobis_unjudged", n=unjudged))
    return {"mahalanobis": distance.d2, "mahalanobis_p": distance.p_value}


def _order(X: Array, table: pd.DataFrame, keying: Keying, asked: Asked, notes: list[Note]) -> dict[str, Array]:
    """Judge who answers at random by those who neither straight-line nor answer at random."""
    straight = flags(table, "longstring", DEFAULTS["longstring"]) | flags(
        table, "repeats", repeat_cutoff(table["repeat_share"])
    )
    straight |= flags(table, "straight_lining", DEFAULTS["straight_lining"])
    keys = streams(asked.seed, 1)[0].random((ORDERS, X.shape[1]))
    with one_thread():
        found = judge(X, ~straight.to_numpy(), keying.scale, keys, alpha=asked.alpha, order_alpha=ORDER_P)
    # One answer throughout has no order; that is no lack of information.
    unjudged = int((np.isnan(found.order_p) & (table["irv"] > 0).to_numpy()).sum())
    if unjudged:
        notes.append(note("responses.random_unjudged", n=unjudged))
    if np.isfinite(found.misfit_p).any():
        notes.append(note("responses.reference_group", n=int(found.reference.sum()), total=len(X)))
    return {"misfit_p": found.misfit_p, "order_p": found.order_p}


def _consistency(X: Array, keying: Keying, critical_r: float, notes: list[Note]) -> dict[str, Array]:
    near, far = consistency.pairs(consistency.correlations(X), critical_r)
    for kind, pairs in (("synonyms", near), ("antonyms", far)):
        if len(pairs) < consistency.PAIRS:
            notes.append(note(f"responses.few_{kind}", n=len(pairs), r=critical_r, least=consistency.PAIRS))
    count, pairs_judged = consistency.contradictions(X, (keying.low + keying.high) / 2, keying.opposites)
    judged = pairs_judged > 0
    return {
        "even_odd": consistency.even_odd(keying.keyed(X), list(keying.constructs.values())),
        "synonyms": consistency.over_pairs(X, near),
        "antonyms": consistency.over_pairs(X, far),
        "person_total": consistency.person_total(X),
        "contradictions": np.where(judged, count, np.nan),
        "contradiction_share": np.where(judged, count / np.maximum(pairs_judged, 1), np.nan),
    }


def _scale_of(responses: Responses, name: str) -> str:
    return responses.instrument.item(name).scale.name if responses.instrument is not None else ""


def _patterns(
    responses: Responses, names: tuple[str, ...], X: Array, keying: Keying, asked: Asked
) -> tuple[Array, Array, Array]:
    """Longest run and share of repeats over all stretches of one answer scale; share of blocks answered alike."""
    where = {n: j for j, n in enumerate(names)}
    if asked.blocks is not None:
        require(names, [i for b in asked.blocks.values() for i in b], "the data")
        pages = stretches = [[where[i] for i in b] for b in asked.blocks.values()]
    else:
        stretches = [[where[n] for n in g] for _, g in groupby(names, key=lambda n: _scale_of(responses, n))]
        pages = _pages(responses, where, keying, asked.constructs is not None)
    runs = np.max([careless.longest_run(X[:, s]) for s in stretches], axis=0)
    same, chances = np.sum([careless.repeats(X[:, s]) for s in stretches], axis=0)
    share = np.where((~np.isnan(X)).sum(axis=1) >= RUN, same / np.maximum(chances, 1), np.nan)
    alike = np.stack([careless.same_throughout(X[:, p], BLOCK) for p in pages], axis=1)
    judged = (~np.isnan(alike)).sum(axis=1)
    return runs, share, np.where(judged > 0, np.nansum(alike, axis=1) / np.maximum(judged, 1), np.nan)


def _pages(responses: Responses, where: Mapping[str, int], keying: Keying, named: bool) -> list[list[int]]:
    """Columns of the constructs that were named, or of the top constructs of the instrument; else of all items."""
    if named:
        return [c.tolist() for c in keying.constructs.values()]
    parts: tuple[Part, ...] = pick_constructs(responses) if responses.instrument is not None else ()
    tops = [p for part in parts if (p := [where[i] for i in part.all_items if i in where])]
    return tops or [list(where.values())]


def _irv(responses: Responses, names: tuple[str, ...], X: Array) -> Array:
    """Standard deviation within a respondent, pooled over answer scales so that their levels do not count as spread."""
    scales = np.array([_scale_of(responses, n) for n in names])
    ss, df = np.zeros(len(X)), np.zeros(len(X))
    for s in dict.fromkeys(scales):
        block = X[:, scales == s]
        k = (~np.isnan(block)).sum(axis=1)
        sd = careless.intra_individual_sd(block)
        ss += np.where(k >= 2, (k - 1) * np.nan_to_num(sd) ** 2, 0.0)
        df += np.maximum(k - 1, 0)
    return np.where(df > 0, np.sqrt(ss / np.maximum(df, 1)), np.nan)


def _attention(responses: Responses) -> dict[str, pd.Series]:
    """Answers to the attention checks that are in the file, as scores."""
    if responses.instrument is None:
        return {}
    scores = {}
    for name in responses.instrument.attention_checks:
        if name in responses.frame.columns:
            known = {c.name: c.score for c in responses.instrument.item(name).scale.choices if c.score is not None}
            raw = responses.frame[name]
            scores[name] = pd.to_numeric(raw, errors="coerce").fillna(raw.map(known).astype(float)).astype(float)
    return scores


def _failed(checks: Mapping[str, pd.Series], responses: Responses) -> Array:
    if not checks or responses.instrument is None:
        return np.full(len(responses), np.nan)
    failed = np.zeros(len(responses))
    for name, answer in checks.items():
        item = responses.instrument.item(name)
        expected = item.scale.choice(item.expected).score if item.expected is not None else None
        failed += (answer.notna() & (answer != expected)).to_numpy()
    return failed


def _outside(
    responses: Responses, names: tuple[str, ...], X: Array, limits: bool | tuple[float, float] | None
) -> Array:
    invalid = (responses.reasons[list(names)] == "invalid").to_numpy().sum(axis=1).astype(float)
    if isinstance(limits, tuple | list):
        low, high = (np.full(len(names), float(v)) for v in limits)
    elif responses.instrument is not None:
        scales = [responses.instrument.item(n).scale for n in names]
        low, high = np.array([s.min for s in scales], dtype=float), np.array([s.max for s in scales], dtype=float)
    else:
        return np.full(len(X), np.nan)
    return invalid + ((low > X) | (high < X)).sum(axis=1)


def _minutes(frame: pd.DataFrame, times: tuple[str, str] | None, notes: list[Note]) -> Array:
    """Minutes between start and end; NaN where a time cannot be read or the end lies before the start."""
    if times is not None:
        require(frame.columns, times, "the data")
    start, end = times or ("start", "end")
    if start not in frame.columns or end not in frame.columns:
        return np.full(len(frame), np.nan)
    began, ended = (pd.to_datetime(frame[c], utc=True, errors="coerce", format="ISO8601") for c in (start, end))
    minutes = (ended - began).dt.total_seconds() / 60
    unread = int(((began.isna() & frame[start].notna()) | (ended.isna() & frame[end].notna())).sum())
    if unread:
        notes.append(note("responses.times_unread", n=unread, columns=f"{start}, {end}"))
    backwards = int((minutes < 0).sum())
    if backwards:
        notes.append(note("responses.times_backwards", n=backwards))
    return minutes.where(minutes >= 0).to_numpy(dtype=float)
