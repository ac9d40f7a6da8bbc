"""The indices of careless answering of all respondents, as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from cgsurvey.base.errors import some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses import careless
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.screening_rules import BLOCK
from cgsurvey.responses.selection import Part, pick_constructs, require


def respondents(
    responses: Responses,
    names: tuple[str, ...],
    limits: bool | tuple[float, float] | None,
    blocks: Mapping[str, Sequence[str]] | None,
    times: tuple[str, str] | None,
    notes: list[Note],
) -> pd.DataFrame:
    """Return one row per respondent: `row` and the indices; what could not be told goes to `notes`."""
    frame, reasons = responses.frame, responses.reasons[list(names)]
    X = frame[list(names)].to_numpy(dtype=float)
    asked = (reasons != "not_asked").to_numpy()
    n_asked = asked.sum(axis=1)
    missing = np.isnan(X) & asked
    answered = (~np.isnan(X)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        missing_share = np.where(n_asked > 0, missing.sum(axis=1) / n_asked, np.nan)
        dont_know = np.where(n_asked > 0, (reasons == "dont_know").to_numpy().sum(axis=1) / n_asked, np.nan)
    silent = int(((answered == 0) & (n_asked > 0)).sum())
    if silent:
        notes.append(note("responses.no_answer", n=silent))
    runs, straight = _patterns(responses, names, X, blocks)
    checks = _attention(responses)
    copies = careless.first_equal_row(np.column_stack([X, *(checks[c].to_numpy(dtype=float) for c in checks)]))
    if len(names) < 10 and (copies >= 0).any():
        notes.append(note("responses.duplicates_by_chance", n=int((copies >= 0).sum()), items=len(names)))
    distance = careless.mahalanobis(X)
    left_out = [n for n, u in zip(names, distance.used, strict=True) if not u]
    if left_out:
        notes.append(note("responses.mahalanobis_left_out", n=len(left_out), items=some(left_out)))
    if distance.shrinkage and np.isfinite(distance.d2).any():
        notes.append(note("responses.mahalanobis_shrunk", weight=distance.shrinkage))
    unjudged = int((np.isnan(distance.d2) & (answered > 0)).sum())
    if unjudged:
        notes.append(note("responses.mahalanobis_unjudged", n=unjudged))
    minutes = _minutes(frame, times, notes)
    index = pd.Series(frame.index, index=frame.index)
    first = index.iloc[np.maximum(copies, 0)].reset_index(drop=True).where(copies >= 0)
    first = first.astype("Int64") if pd.api.types.is_integer_dtype(index.dtype) else first
    per_answer = np.where(answered > 0, minutes * 60 / np.maximum(answered, 1), np.nan)
    return pd.DataFrame(
        {
            "row": index.to_numpy(),
            "n_asked": n_asked,
            "n_missing": missing.sum(axis=1),
            "missing_share": missing_share,
            "dont_know_share": dont_know,
            "out_of_range": _outside(responses, names, X, limits),
            "longstring": runs,
            "straight_lining": straight,
            "irv": _irv(responses, names, X),
            "attention_failed": _failed(checks, responses),
            "duplicate_of": first,
            "mahalanobis": distance.d2,
            "mahalanobis_p": distance.p_value,
            "duration_minutes": minutes,
            "seconds_per_answer": per_answer,
        }
    )


def _scale_of(responses: Responses, name: str) -> str:
    return responses.instrument.item(name).scale.name if responses.instrument is not None else ""


def _patterns(
    responses: Responses, names: tuple[str, ...], X: np.ndarray, blocks: Mapping[str, Sequence[str]] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Longest run over all stretches of one answer scale; share of blocks with the same answer throughout."""
    where = {n: j for j, n in enumerate(names)}
    if blocks is not None:
        require(names, [i for b in blocks.values() for i in b], "the data")
        pages = stretches = [[where[i] for i in b] for b in blocks.values()]
    else:
        stretches = [[where[n] for n in g] for _, g in groupby(names, key=lambda n: _scale_of(responses, n))]
        parts: tuple[Part, ...] = pick_constructs(responses) if responses.instrument is not None else ()
        pages = [p for part in parts if (p := [where[i] for i in part.all_items if i in where])] or [
            list(where.values())
        ]
    runs = np.max([careless.longest_run(X[:, s]) for s in stretches], axis=0)
    same = np.stack([careless.same_throughout(X[:, p], BLOCK) for p in pages], axis=1)
    judged = (~np.isnan(same)).sum(axis=1)
    return runs, np.where(judged > 0, np.nansum(same, axis=1) / np.maximum(judged, 1), np.nan)


def _irv(responses: Responses, names: tuple[str, ...], X: np.ndarray) -> np.ndarray:
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


def _failed(checks: Mapping[str, pd.Series], responses: Responses) -> np.ndarray:
    if not checks or responses.instrument is None:
        return np.full(len(responses), np.nan)
    failed = np.zeros(len(responses))
    for name, answer in checks.items():
        item = responses.instrument.item(name)
        expected = item.scale.choice(item.expected).score if item.expected is not None else None
        failed += (answer.notna() & (answer != expected)).to_numpy()
    return failed


def _outside(
    responses: Responses, names: tuple[str, ...], X: np.ndarray, limits: bool | tuple[float, float] | None
) -> np.ndarray:
    invalid = (responses.reasons[list(names)] == "invalid").to_numpy().sum(axis=1).astype(float)
    if isinstance(limits, tuple | list):
        low, high = (np.full(len(names), float(v)) for v in limits)
    elif responses.instrument is not None:
        scales = [responses.instrument.item(n).scale for n in names]
        low, high = np.array([s.min for s in scales], dtype=float), np.array([s.max for s in scales], dtype=float)
    else:
        return np.full(len(X), np.nan)
    return invalid + ((low > X) | (high < X)).sum(axis=1)


def _minutes(frame: pd.DataFrame, times: tuple[str, str] | None, notes: list[Note]) -> np.ndarray:
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
