"""Screening: how carefully each respondent answered and what each item can carry; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, data_hash
from cgsurvey.responses.indices import respondents
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.screening import Screening
from cgsurvey.responses.screening_rules import DEFAULTS, RULES, cutoffs, flags
from cgsurvey.responses.selection import answered_items, as_responses

SPARSE = 5  # answers in a category below which its share and its threshold are badly known


def screen(
    data: Responses | pd.DataFrame,
    *,
    items: Sequence[str] | None = None,
    max_missing: float | None = None,
    longstring: float | None = None,
    straight_lining: bool | float | None = None,
    irv: float | None = None,
    attention: bool | int | None = None,
    duplicates: bool | None = None,
    mahalanobis: float | None = None,
    min_minutes: float | None = None,
    speed: float | None = None,
    out_of_range: bool | tuple[float, float] | None = None,
    blocks: Mapping[str, Sequence[str]] | None = None,
    times: tuple[str, str] | None = None,
    **unknown: Any,
) -> Screening:
    """Compute all indices of careless answering and flag by the rules that are named; delete nobody.

    Without any rule the default rules flag: ``out_of_range``, ``duplicates``, ``max_missing=0.2``, ``attention=1``,
    ``longstring=0.5``, ``straight_lining=1``, ``mahalanobis=.001``, ``speed=2``. Only named rules ever exclude
    (`Screening.keep`).

    Parameters
    ----------
    data : Responses or DataFrame
        Of a data frame the numeric columns, or `items`, are the items, in the order of the form.
    items : sequence of str, optional
        Items to look at; default all. Office means in linked data are no answers and are left out.
    max_missing : float
        Flag a larger share of missing answers; only items count that this respondent was asked.
    longstring : float
        Flag a run of at least so many equal consecutive answers, as given (Johnson 2005); up to 1, of at least this
        share of the answers given (half of them: Curran 2016). A run ends where the answer scale changes.
    straight_lining : bool or float
        Flag at least this share of blocks with one and the same answer throughout, as given (True: all of them). A
        block is a top construct of the instrument with four answers or more, or one of `blocks`.
    irv : float
        Flag an intra-individual standard deviation of at most this, pooled over answer scales (Dunn et al. 2018).
    attention : bool or int
        Flag at least so many failed attention checks (True: 1). A check without an answer counts as not failed.
    duplicates : bool
        Flag rows whose answers and gaps are those of an earlier row, attention checks included.
    mahalanobis : float
        Flag p of the squared Mahalanobis distance below this; see `careless.mahalanobis` for missing answers.
    min_minutes, speed : float
        Flag fewer minutes, fewer seconds per answer given (Huang et al. 2012: 2 seconds).
    out_of_range : bool or (low, high)
        Flag answers outside the scale of the item, or outside `low..high`.
    blocks : mapping, optional
        Pages or scales of the form, name to items; then `longstring` and `straight_lining` look at these.
    times : (str, str), optional
        Columns of start and end; default "start" and "end", as Kobo writes them.

    Returns
    -------
    Screening

    Raises
    ------
    OptionError
        For a rule that is not known or a cut-off that cannot be.
    ColumnNotFoundError, CodingError
        For columns that are absent or hold text.
    """
    if unknown:
        hints = " ".join(
            f"'{u}' is no rule of screen.{did_you_mean(u, [*RULES, 'items', 'blocks', 'times'])}" for u in unknown
        )
        raise OptionError(f"{hints} Rules: {some(RULES, 20)}.")
    given = {
        "out_of_range": out_of_range,
        "duplicates": duplicates,
        "max_missing": max_missing,
        "attention": attention,
        "longstring": longstring,
        "straight_lining": straight_lining,
        "irv": irv,
        "mahalanobis": mahalanobis,
        "min_minutes": min_minutes,
        "speed": speed,
    }
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    notes: list[Note] = []
    if not isinstance(data, Responses) and items is None:
        notes.append(note("responses.items_guessed", n=len(names), items=some(names)))
    if not len(responses) or not names:
        raise SampleError(
            f"there is nothing to screen: {len(responses)} respondents, {len(names)} items. Check the file and `items`."
        )
    named = cutoffs(given)
    table = respondents(responses, names, out_of_range, blocks, times, notes)
    active = {
        r: c
        for r, c in (named or DEFAULTS).items()
        if named or r == "duplicates" or table[RULES[r].index].notna().any()
    }
    for r in active:
        table[f"flag_{r}"] = flags(table, r, active[r])
    table["flags"] = table[[f"flag_{r}" for r in active]].sum(axis=1)
    idle = [r for r in active if r != "duplicates" and not table[RULES[r].index].notna().any()]
    notes += [note("responses.rule_idle", rule=r, needs=RULES[r].needs or "answers") for r in idle]
    if not named:
        notes.append(note("responses.default_rules", rules=", ".join(f"{r}={c:g}" for r, c in active.items())))
    per_item = _items(responses, names)
    constant = list(per_item.loc[per_item["constant"], "item"])
    if constant:
        notes.append(note("responses.constant_items", n=len(constant), items=some(constant)))
    screening = Screening(
        respondents=table,
        items=per_item,
        rules=active,
        named=tuple(named),
        notes=tuple(notes),
        meta=Meta(
            function="screen",
            options=dict(active),
            n=len(responses),
            data_hash=data_hash(responses.frame[list(names)]),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=tuple(dict.fromkeys(s for r in active if (s := RULES[r].source))),
        ),
    )
    # No field: the answers must not travel with the result when it is saved or pickled.
    object.__setattr__(screening, "_source", responses)
    return screening


def _items(responses: Responses, names: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for name in names:
        x, reason = responses.frame[name], responses.reasons[name]
        asked = int((reason != "not_asked").sum())
        given = x.dropna()
        counts = given.value_counts()
        if responses.instrument is not None:
            scores = sorted(responses.instrument.item(name).scale.scores)
        else:
            scores = sorted(counts.index) if len(counts) <= 11 else []
        thin = [s for s in scores if counts.get(s, 0) < SPARSE] if len(given) else []
        n = len(given)
        rows.append(
            {
                "item": name,
                "n_asked": asked,
                "n_missing": asked - n,
                "missing_share": (asked - n) / asked if asked else np.nan,
                "dont_know_share": float((reason == "dont_know").sum()) / asked if asked else np.nan,
                "floor_share": counts.get(scores[0], 0) / n if n and scores else np.nan,
                "ceiling_share": counts.get(scores[-1], 0) / n if n and scores else np.nan,
                "n_sparse": len(thin),
                "sparse": ", ".join(f"{s:g} ({counts.get(s, 0)})" for s in thin),
                "constant": bool(n) and given.nunique() == 1,
            }
        )
    return pd.DataFrame(rows)
