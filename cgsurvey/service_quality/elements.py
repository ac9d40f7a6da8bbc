"""Which column is which element of the index: by key or by words, never by position; and whose answers count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import CodingError, ColumnNotFoundError, DataError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.instrument import load_instrument
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import as_responses, require
from cgsurvey.responses.source import as_source

_KEY = re.compile(r"(?:u|unsur)[\s._-]*0*(\d{1,2})(?!\d)", re.IGNORECASE)
LOW, HIGH = 1, 4


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return the nine elements in the order of the regulation: key, en, id, words."""
    found: Mapping[str, Mapping[str, str]] = package_yaml("service_quality/elements.yaml")
    return found


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers of users to the nine elements.

    Attributes
    ----------
    x : ndarray, shape (n, 9)
        Scores, U1 to U9; every row has one answer at least.
    rows : DataFrame
        The same respondents with all other columns.
    columns : mapping
        Element to the column it was taken from.
    responses : Responses
        Where they come from, all rows.
    """

    x: np.ndarray
    rows: pd.DataFrame
    columns: Mapping[str, str]
    responses: Responses


def gather(
    data: Responses | pd.DataFrame,
    notes: list[Note],
    *,
    elements: Mapping[str, str] | None,
    extra: str,
    scale: tuple[int, int],
    users: Mapping[str, object] | None,
) -> Answers:
    """Find the nine elements and the users, and check the scores; parameters as of `ikm`."""
    responses = data if isinstance(data, Responses) else None
    frame = responses.frame if responses is not None else as_source(data).frame
    if responses is None and not frame.index.is_unique:
        frame = frame.reset_index(drop=True)  # files of several periods put one below the other
    file = (responses.provenance.file if responses is not None else "") or "the data frame"
    columns, further = _matched(frame, responses, elements, file, notes)
    if further:
        if extra == "refuse":
            raise DataError(
                f"{file} holds elements beyond the nine of PermenPANRB 14/2017: {some(further)}. An index of more "
                'elements is not comparable. ikm(..., extra="leave_out") computes it of the nine and says so.'
            )
        notes.append(note("service_quality.extra_left_out", columns=", ".join(further)))
    found = list(columns.values())
    _check_scales(responses, found, scale)
    as_read = responses is not None and all(is_numeric_dtype(frame[c]) for c in found)
    kept = responses if responses is not None and as_read else as_responses(frame, found)
    rows = kept.frame[_users(kept, users, notes)]
    x = rows[found].to_numpy(dtype=float)
    _check_scores(rows, columns, x, scale, file)
    empty = np.isnan(x).all(axis=1)
    if empty.any():
        notes.append(note("service_quality.no_answers", n=int(empty.sum())))
        rows, x = rows[~empty], x[~empty]
    return Answers(x, rows, columns, kept)


def _matched(
    frame: pd.DataFrame,
    responses: Responses | None,
    elements: Mapping[str, str] | None,
    file: str,
    notes: list[Note],
) -> tuple[dict[str, str], list[str]]:
    """Return the column of each element, U1 to U9, and columns that are elements beyond these."""
    if elements is not None:
        return _named(elements, frame, file), []
    numbers = [c for c in frame.columns if is_numeric_dtype(frame[c]) and not is_bool_dtype(frame[c])]
    keyed = {c: int(m.group(1)) for c in frame.columns if (m := _KEY.match(c.strip()))}
    keyed = {c: k for c, k in keyed.items() if c in numbers or frame[c].isna().all() or _pure(c)}
    claims: dict[str, dict[str, str]] = {u: {} for u in catalogue()}  # element -> column -> "key" or "words"
    further = []
    bare = {k for c, k in keyed.items() if _pure(c)}
    for column, k in keyed.items():
        said = recognised(_words_of(column, responses))
        if len(said) == 1:
            claims[said[0]][column] = "words" if said[0] != f"U{k}" else "key"
        elif not _pure(column) and bare:
            continue  # "U1 importance" beside "U1"
        elif f"U{k}" in claims:
            claims[f"U{k}"][column] = "key"
        else:
            further.append(column)
    for column in numbers:
        if column not in keyed and any(not claims[u] for u in claims):
            said = [u for u in recognised(_words_of(column, responses)) if "key" not in claims[u].values()]
            if len(said) == 1 and _looks_scored(frame[column]):
                claims[said[0]][column] = "words"
    twice = {u: list(c) for u, c in claims.items() if len(c) > 1}
    if twice:
        told = "; ".join(f"{u} ({catalogue()[u]['en']}): {some(c)}" for u, c in twice.items())
        raise DataError(
            f"{file}: more than one column could be the same element of the index: {told}. Say which is which: "
            'elements={"U8": "<column of complaints>", "U9": "<column of facilities>", ...}, all nine.'
        )
    absent = [u for u, c in claims.items() if not c]
    if absent:
        told = ", ".join(f"{u} ({catalogue()[u]['en']}, {catalogue()[u]['id']})" for u in absent)
        raise ColumnNotFoundError(
            f"{file} lacks {len(absent)} of the nine elements of the index: {told}. Name their columns: "
            'elements={"U1": "<column>", ..., "U9": "<column>"}; an index of fewer elements is not defined.'
        )
    columns = {u: next(iter(c)) for u, c in claims.items()}
    _tell(columns, claims, responses, notes)
    return columns, further


def _tell(
    columns: Mapping[str, str],
    claims: Mapping[str, Mapping[str, str]],
    responses: Responses | None,
    notes: list[Note],
) -> None:
    by_words = {u: c for u, c in columns.items() if claims[u][c] == "words"}
    if by_words:
        notes.append(note("service_quality.by_words", pairs=", ".join(f"{u} = '{c}'" for u, c in by_words.items())))
    bare = [c for u, c in columns.items() if u in ("U8", "U9") and not recognised(_words_of(c, responses))]
    if bare:
        notes.append(note("service_quality.keys_only", columns=" and ".join(f"'{c}'" for c in bare)))


def _named(elements: Mapping[str, str], frame: pd.DataFrame, file: str) -> dict[str, str]:
    if not isinstance(elements, Mapping):
        raise OptionError(
            "elements must name each element with its column, never by position: "
            'elements={"U1": "q01", "U2": "q02", ..., "U9": "q09"}.'
        )
    keys = {v["key"]: u for u, v in catalogue().items()} | {u: u for u in catalogue()}
    keys |= {u.lower(): u for u in catalogue()}
    wrong = [f"'{k}'.{did_you_mean(k, keys)}" for k in elements if str(k) not in keys]
    if wrong:
        raise OptionError(f"elements names no element of the index by {' '.join(wrong)} Known: {some(keys, 18)}.")
    named = {keys[str(k)]: str(c) for k, c in elements.items()}
    absent = [u for u in catalogue() if u not in named]
    if absent:
        raise OptionError(f"elements lacks {some(absent, 9)}: the index needs all nine.")
    twice = [c for c in dict.fromkeys(named.values()) if list(named.values()).count(c) > 1]
    if twice or len(named) < len(elements):
        raise OptionError(f"elements names a column or an element twice{': ' + some(twice) if twice else ''}.")
    require(frame.columns, named.values(), file)
    return {u: named[u] for u in catalogue()}


def recognised(text: str) -> list[str]:
    """Return the elements whose words stand in a text."""
    lower = text.lower()
    return [u for u, entry in catalogue().items() if _pattern(tuple(entry["words"])).search(lower)]


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    parts = (re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) for w in words)
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(parts)})(?![^\W\d_])")


def _words_of(column: str, responses: Responses | None) -> str:
    """Return the heading of an item, else its wording, else the text of its column."""
    if responses is None:
        return column
    if responses.instrument is not None and column in responses.items:
        item = responses.instrument.item(column)
        heading = " ".join((item.element or {}).values())
        return heading or " ".join(item.label.values())
    return f"{column} {responses.provenance.labels.get(column, '')}"


def _pure(column: str) -> bool:
    return _KEY.fullmatch(column.strip()) is not None


def _looks_scored(answers: pd.Series) -> bool:
    """Say whether a column of numbers can be answers on a scale: few whole numbers."""
    seen = answers.dropna().unique()
    return 0 < len(seen) <= 7 and all(0 <= v <= 10 and float(v).is_integer() for v in seen)


def _check_scales(responses: Responses | None, columns: Iterable[str], scale: tuple[int, int]) -> None:
    if responses is None or responses.instrument is None:
        return
    items = [responses.instrument.item(c) for c in columns if c in responses.items]
    wrong = [f"{i.name} ({i.scale.min:g}-{i.scale.max:g})" for i in items if (i.scale.min, i.scale.max) != scale]
    if wrong:
        raise CodingError(
            f"the instrument '{responses.instrument.id}' asks {some(wrong, 9)} on another scale than "
            f"{scale[0]}-{scale[1]}. {_REMEDY}"
        )


_REMEDY = (
    "The regulation asks for four answers, 1 to 4; ikm(..., scale=(1, 5)) converts another scale on a straight line "
    "and says so."
)


def _check_scores(
    rows: pd.DataFrame, columns: Mapping[str, str], x: np.ndarray, scale: tuple[int, int], file: str
) -> None:
    low, high = scale
    with np.errstate(invalid="ignore"):
        wrong = ~np.isnan(x) & ((x < low) | (x > high) | (x != np.round(x)))
    if not wrong.any():
        return
    told = []
    for j, column in enumerate(columns.values()):
        at = np.flatnonzero(wrong[:, j])
        if len(at):
            shown = some((f"{x[i, j]:g} (row {rows.index[i]})" for i in at), 4)
            told.append(f"'{column}' holds {len(at)} scores that are not {low} to {high}: {shown}")
    known = x[~np.isnan(x)]
    five = bool(len(known)) and scale == (LOW, HIGH) and known.min() >= 1 and known.max() == 5
    remedy = (
        f"These look like a scale of 1 to 5. {_REMEDY}"
        if five
        else "Correct the cells, or leave those empty that stand for no answer."
    )
    raise CodingError(f"{file}: {'; '.join(told)}. {remedy}")


def _users(responses: Responses, users: Mapping[str, object] | None, notes: list[Note]) -> np.ndarray:
    """Return True per row of a user: by `users`, else by the role that the instrument names."""
    frame = responses.frame
    if users is not None:
        if not isinstance(users, Mapping) or len(users) != 1:
            raise OptionError('users must name one column and the answers of users: users={"role": ["user"]}.')
        column, wanted = next(iter(users.items()))
        require(frame.columns, [column], responses.provenance.file or "the data frame")
        listed = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Iterable) else list(wanted)
        is_user = frame[column].isin(listed).to_numpy()
        if not is_user.any():
            raise OptionError(f"users: nobody answered {some(map(repr, listed))} in '{column}'.")
    else:
        roles = responses.instrument.roles if responses.instrument is not None else None
        if roles is None:
            roles = load_instrument("profile").roles
        if roles is None or roles.column not in frame.columns:
            return np.ones(len(frame), dtype=bool)
        column = roles.column
        told = frame[column].astype("str").fillna("")
        known = {v: roles.of(v) for v in told.unique()}
        if not any(known.values()):
            notes.append(note("service_quality.role_unknown", column=column))
            return np.ones(len(frame), dtype=bool)
        is_user = told.map(lambda v: "user" in known[v]).to_numpy(dtype=bool)
        unknown = int((told.map(lambda v: not known[v])).sum())
        if unknown:
            notes.append(note("service_quality.role_blank", n=unknown, column=column))
    out = int((~is_user).sum())
    if out:
        notes.append(note("service_quality.not_users", n=out, column=column))
    return is_user
