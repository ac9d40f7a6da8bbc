"""Screening: how carefully each respondent answered and what each item can carry; nothing is deleted here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, hint, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.parallel import check_seed
from cgsurvey.base.result import Meta, data_hash
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.screening.indices import Asked, respondents
from cgsurvey.responses.screening.keying import check_constructs
from cgsurvey.responses.screening.result import Screening
from cgsurvey.responses.screening.rules import DEFAULTS, RULES, cutoffs, flags, repeat_cutoff
from cgsurvey.responses.selection import Constructs, answered_items, as_responses
from cgsurvey.responses.source import design_unused

SPARSE = 5  # answers in a category below which its share and its threshold are badly known


def screen(
    data: Responses | pd.DataFrame,
    *,
    items: Sequence[str] | None = None,
    constructs: Constructs = None,
    reverse: Sequence[str] | None = None,
    max_missing: float | None = None,
    longstring: float | None = None,
    repeats: bool | float | None = None,
    straight_lining: bool | float | None = None,
    irv: float | None = None,
    attention: bool | int | None = None,
    duplicates: bool | None = None,
    near_duplicates: bool | float | None = None,
    mahalanobis: float | None = None,
    random: bool | float | None = None,
    even_odd: float | None = None,
    synonyms: float | None = None,
    antonyms: float | None = None,
    person_total: float | None = None,
    contradictions: float | None = None,
    min_minutes: float | None = None,
    speed: float | None = None,
    out_of_range: bool | tuple[float, float] | None = None,
    blocks: Mapping[str, Sequence[str]] | None = None,
    times: tuple[str, str] | None = None,
    critical_r: float = 0.60,
    seed: int = 1,
    **unknown: Any,
) -> Screening:
    """Compute all indices of careless answering and flag by the rules that are named; delete nobody.

    Without any rule the default rules flag: ``out_of_range``, ``duplicates``, ``max_missing=0.2``, ``attention=1``,
    ``longstring=0.5``, ``repeats``, ``straight_lining=1``, ``random=.025``, ``speed=2``. Only named rules ever exclude
    (`Screening.keep`).

    Parameters
    ----------
    data : Responses or DataFrame
        Of a data frame the numeric columns, or `items`, are the items, in the order of the form.
    items : sequence of str, optional
        Items to look at; default all, of a data frame those of `constructs` where these are given. Office means in
        linked data are no answers and are left out.
    constructs : mapping of str to sequence of str, or sequence of str, optional
        Items that belong together; default the constructs of the instrument. Without them there is no even-odd
        consistency, no contradiction and no page.
    reverse : sequence of str, optional
        For a data frame: items worded against their construct. Nothing is turned that is not named here; items that
        seem to be reversed are told in a note.
    max_missing : float
        Flag a larger share of missing answers; only items count that this respondent was asked.
    longstring : float
        Flag a run of at least so many equal consecutive answers, as given (Johnson 2005); up to 1, of at least this
        share of the answers given (half of them: Curran 2016), and of eight answers or all. A run ends where the answer
        scale changes.
    repeats : bool or float
        Flag at least this share of answers that equal the one given before: one answer per page, whatever the pages
        are. True: what stands out in the sample, median + 3 MAD (Leys et al. 2013), half of the answers at least.
    straight_lining : bool or float
        Flag at least this share of blocks with one and the same answer throughout, as given (True: all of them). A
        block is a top construct of the instrument, or one of `constructs`, with four answers or more, or one of
        `blocks`.
    irv : float
        Flag an intra-individual standard deviation of at most this, pooled over answer scales (Dunn et al. 2018).
    attention : bool or int
        Flag at least so many failed attention checks (True: 1). A check without an answer counts as not failed.
    duplicates : bool
        Flag rows whose answers and gaps are those of an earlier row, attention checks included.
    near_duplicates : bool or float
        Flag at least this share of answers equal to those of the respondent most alike (True: .85, Kuriakose & Robbins
        2016). Straight-liners are alike too, and so are people who all agree.
    mahalanobis : float
        Flag p of the squared Mahalanobis distance below this; see `distances.mahalanobis` for missing answers.
    random : bool or float
        Flag answers that are improbable if given with care (p below this; True: .025, as usual for robust distances:
        Rousseeuw & van Zomeren 1990), and that fit the other answers no better than in random order (p above .05);
        see `random_answers.judge`. Of people who answer at random, one in twenty fits by chance.
    even_odd, synonyms, person_total : float
        Flag at most this even-odd consistency (Johnson 2005), correlation over pairs of items that correlate at
        `critical_r` or more (Meade & Craig 2012), correlation with the item means of the others (Donlon & Fischer
        1968). Higher is more consistent; no cut-off is established.
    antonyms : float
        Flag at least this correlation over pairs of items that correlate at ``-critical_r`` or less.
    contradictions : float
        Flag at least this share of contradictions among the pairs of items of opposite keying in a construct: both
        answered above, or both below, the middle of the scale.
    min_minutes, speed : float
        Flag fewer minutes, fewer seconds per answer given (Huang et al. 2012: 2 seconds).
    out_of_range : bool or (low, high)
        Flag answers outside the scale of the item, or outside `low..high`.
    blocks : mapping, optional
        Pages or scales of the form, name to items; then `longstring`, `repeats` and `straight_lining` look at these.
    times : (str, str), optional
        Columns of start and end; default "start" and "end", as Kobo writes them.
    critical_r : float
        Correlation from which two items are psychometric synonyms or antonyms.
    seed : int
        Of the random orders behind `random`.

    Returns
    -------
    Screening

    Raises
    ------
    OptionError
        For a rule that is not known or a cut-off that cannot be.
    ColumnNotFoundError, CodingError
        For columns that are absent or hold text.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> screening = cg.screen(answers, max_missing=0.20, longstring=20, attention=True)
    >>> kept = screening.keep()
    >>> kept
    <Responses same.csv: 551 respondents, 132 items of cgsurvey_core, simulated>
    >>> kept.exclusions["rule"].value_counts()
    rule
    attention      30
    max_missing    17
    longstring      2
    Name: count, dtype: int64
    """
    if unknown:
        others = ["items", "constructs", "reverse", "blocks", "times", "critical_r", "seed"]
        near = {u: hint(u, [*RULES, *others]) for u in unknown}
        told = {
            "en": " ".join(f"'{u}' is no rule of screen.{h['en']}" for u, h in near.items()),
            "id": " ".join(f"'{u}' bukan aturan penyaringan.{h['id']}" for u, h in near.items()),
        }
        raise OptionError.of("responses.unknown_rule", rules=told, known=some(RULES, 20))
    fraction("critical_r", critical_r)
    check_seed(seed)
    given = {
        "out_of_range": out_of_range,
        "duplicates": duplicates,
        "max_missing": max_missing,
        "attention": attention,
        "longstring": longstring,
        "repeats": repeats,
        "straight_lining": straight_lining,
        "irv": irv,
        "mahalanobis": mahalanobis,
        "random": random,
        "near_duplicates": near_duplicates,
        "even_odd": even_odd,
        "synonyms": synonyms,
        "antonyms": antonyms,
        "person_total": person_total,
        "contradictions": contradictions,
        "min_minutes": min_minutes,
        "speed": speed,
    }
    named = cutoffs(given)
    check_constructs(constructs)
    if items is None and isinstance(constructs, Mapping):
        items = list(dict.fromkeys(i for block in constructs.values() for i in block))
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    notes: list[Note] = design_unused(data)
    if not isinstance(data, Responses) and items is None:
        notes.append(note("responses.items_guessed", n=len(names), items=some(names)))
    if not len(responses) or not names:
        raise SampleError.of("responses.nothing_to_screen", n=len(responses), items=len(names))
    asked = Asked(
        limits=out_of_range,
        blocks=blocks,
        times=times,
        constructs=constructs,
        reverse=reverse,
        critical_r=critical_r,
        alpha=named.get("random", DEFAULTS["random"]),
        matches="near_duplicates" in named,
        seed=seed,
    )
    table = respondents(responses, names, asked, notes)
    cuts = dict(named or DEFAULTS)
    if "repeats" in cuts and (not named or repeats is True):
        cuts["repeats"] = repeat_cutoff(table["repeat_share"])
    active = {r: c for r, c in cuts.items() if named or r == "duplicates" or table[RULES[r].index].notna().any()}
    for r in active:
        table[f"flag_{r}"] = flags(table, r, active[r])
    table["flags"] = table[[f"flag_{r}" for r in active]].sum(axis=1)
    idle = [r for r in active if r != "duplicates" and not table[RULES[r].index].notna().any()]
    notes += [note("responses.rule_idle", rule=r, needs=RULES[r].needs or "answers") for r in idle]
    if not named:
        notes.append(note("responses.default_rules", rules=", ".join(f"{r}={c:.3g}" for r, c in active.items())))
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
            options={**active, "critical_r": critical_r, **({} if constructs is None else {"constructs": constructs})},
            seed=seed,
            n=len(responses),
            data_hash=data_hash(responses.frame[list(names)]),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=tuple(dict.fromkeys(s for r in active for s in RULES[r].sources)),
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
