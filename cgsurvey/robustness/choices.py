"""The choices of an analysis that are varied: their levels, and which combinations are defined and differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.options import choose
from cgsurvey.moments.build import Missing
from cgsurvey.responses import Screening
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import Source
from cgsurvey.robustness.specifications import (
    CARELESS,
    EVERYBODY,
    FLAGGED,
    IMPUTED,
    LEAST_SQUARES,
    LIKELIHOOD,
    NONE,
    Choice,
    effective,
    given,
    ordered_items,
)
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.options import Estimator

OFFICES = 200  # beyond which a column of offices is more likely a mistake
Idle = list[tuple[str, str]]  # what was not varied and why, in English and Indonesian


def items_of(ordered: Any, model: str, source: Source, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the items that least squares take as ordered."""
    if "estimator" in options:
        raise OptionError(f"name all estimators, the main one first: estimators=({options['estimator']!r}, ...).")
    if ordered is False:
        return ()
    group = options.get("group")
    found = ordered_items(model, source, 1 if group is None else int(source.frame[group].nunique()))
    if ordered is None or ordered is True:
        return found
    names = (ordered,) if isinstance(ordered, str) else tuple(map(str, ordered))
    require(source.frame.columns, names, "ordered=: the data")
    return names


def by_group(source: Source, group: str | None, missing: Sequence[str] | str) -> Source:
    """Return the data with the rows of each group of a model together, groups in the order of appearance.

    Groups are numbered as they appear; so they have the same number in every specification.
    """
    if group is None:
        return source
    require(source.frame.columns, [group], "group=: the data")
    if IMPUTED in missing:
        raise OptionError(
            f"multiple imputation over the groups of '{group}' would make them more alike than they are: leave 'mi' "
            "out of missing=, or look at one group at a time, fragility(model, data[data[group] == value])."
        )
    codes = pd.factorize(source.frame[group])[0]
    return replace(source, frame=source.frame.iloc[np.argsort(codes, kind="stable")])


def samples_of(
    screening: Screening | None, rules: Sequence[str], data: Any, source: Source, respondents: str
) -> dict[str, np.ndarray]:
    """Return which rows belong to each sample of respondents, shape (n,) each; that of the main specification first."""
    out = {EVERYBODY: np.ones(len(source.frame), dtype=bool)}
    if screening is None:
        if rules:
            raise OptionError("rules= names rules of a screening: give screening=cg.screen(data, ...) too.")
        if respondents == "kept":
            raise OptionError("respondents='kept' are those of a screening: give screening=cg.screen(data, ...) too.")
        return out
    if not isinstance(screening, Screening):
        raise OptionError(f"screening= takes the result of cg.screen(data, ...), not {type(screening).__name__}.")
    chosen = tuple(dict.fromkeys([rules] if isinstance(rules, str) else rules)) or screening.named
    steps = {r: (r,) for r in chosen} | ({FLAGGED: chosen} if len(chosen) != 1 else {})
    for name, by in steps.items():
        left = screening.keep(*by, data=data).frame.index
        out[name] = source.frame.index.isin(left)
    different: dict[bytes, str] = {}
    for name, rows in out.items():
        different.setdefault(rows.tobytes(), name)
    out = {name: out[name] for name in different.values()}
    if respondents == "everybody" or len(out) == 1:
        return out
    main = FLAGGED if FLAGGED in out else list(out)[-1]
    everybody = out.pop(EVERYBODY)
    return {main: out.pop(main), CARELESS: everybody, **out}


def levels_of(
    estimators: Sequence[str],
    items: tuple[str, ...],
    kept: Mapping[str, np.ndarray],
    weights: str | bool | None,
    cluster: str | bool | None,
    missing: Sequence[str],
    source: Source,
) -> tuple[dict[str, list[str]], Idle]:
    """Return the levels of each choice, the main one first, and what is not varied."""
    idle: Idle = []
    names = [estimators] if isinstance(estimators, str) else list(estimators)
    names = [choose("estimators", str(e).upper(), get_args(Estimator)) for e in names]
    if not names:
        raise OptionError("estimators= is empty: name at least one, estimators=('MLR', 'WLSMV').")
    if not items:
        ordinal = [e for e in names if e in LEAST_SQUARES]
        names = [e for e in names if e not in LEAST_SQUARES] or ordinal
        if ordinal and names != ordinal:
            idle.append((f"{some(ordinal)} (no ordered items)", f"{some(ordinal)} (tidak ada butir ordinal)"))
    columns = {}
    for role, chosen in (("weights", weights), ("cluster", cluster)):
        if chosen is True or not isinstance(chosen, str | bool | None):
            raise OptionError(f"{role}= takes the name of a column, or False.")
        name = None if chosen is False else chosen or getattr(source.design, role, None)
        if name is not None:
            require(source.frame.columns, [name], f"{role}=: the data")
        columns[role] = [NONE] if name is None else [str(name), NONE]
    if len(kept) == 1:
        idle.append(("respondents (nobody was screened out)", "responden (tidak ada yang disaring keluar)"))
    idle += [("weights (none)", "bobot (tidak ada)")] if len(columns["weights"]) == 1 else []
    idle += [("clusters (none)", "klaster (tidak ada)")] if len(columns["cluster"]) == 1 else []
    known = (*get_args(Missing), *LIKELIHOOD, IMPUTED)
    treatments = [choose("missing", m, known) for m in ([missing] if isinstance(missing, str) else missing)]
    levels = {"estimator": list(dict.fromkeys(names)), "respondents": list(kept), **columns}
    return levels | {"missing": list(dict.fromkeys(treatments)) or ["listwise"]}, idle


def with_answers(
    levels: dict[str, list[str]], main: SemFit | PooledFit, frame: pd.DataFrame
) -> tuple[dict[str, list[str]], Idle]:
    """Leave other treatments of missing answers out where none are missing."""
    asked = [n for n in main.observed if n in frame]
    if len(levels["missing"]) == 1 or frame[asked].isna().any(axis=None):
        return levels, []
    words = ("missing answers (there are none)", "jawaban kosong (tidak ada)")
    return levels | {"missing": levels["missing"][:1]}, [words]


def paths_of(fit: SemFit | PooledFit) -> dict[str, str]:
    """Return the hypotheses that a model is about: its paths and defined parameters, else correlations of factors."""
    t = fit.tidy()
    free = t[t["std_error"].notna()]
    chosen = free[free["op"].isin(["~", ":="])]
    if chosen.empty:
        between = free["lhs"].isin(fit.latents) & free["rhs"].isin(fit.latents) & (free["lhs"] != free["rhs"])
        chosen = free[(free["op"] == "~~") & between]
    if chosen.empty:
        raise OptionError("the model has no path to look at. Name what you conclude: hypotheses={'H1': 'y ~ x > 0'}.")
    names = [r.lhs if r.op == ":=" else f"{r.lhs} {r.op} {r.rhs}" for r in chosen.itertuples()]
    return {name: f"{name} != 0" for name in names}


def defined(
    choices: Any, base: Mapping[str, Any], items: tuple[str, ...], source: Source
) -> tuple[list[tuple[Choice, dict[str, Any]]], list[str], Idle]:
    """Return the choices that are defined and differ in effect, with their options; those alike; those undefined."""
    seen: dict[tuple[str, bool, str], Choice] = {}
    alike: dict[str, None] = {}
    undefined: dict[str, Mapping[str, str]] = {}
    out = []
    for one in choices:
        choice, options = given(one, base, items)
        try:
            key = (choice.respondents, choice.missing == IMPUTED, repr(effective(options, source)))
        except OptionError as error:
            undefined[f"{choice.estimator}, {choice.missing}, {choice.weights}, {choice.cluster}"] = error.words()
            continue
        if key not in seen:
            seen[key] = choice
            out.append((choice, options))
        elif seen[key].estimator != choice.estimator:
            alike[f"{seen[key].estimator} = {choice.estimator}"] = None
    return out, list(alike), [(f"{k} ({why['en']})", f"{k} ({why['id']})") for k, why in undefined.items()]


def offices_of(
    leave_out: str | bool | None, frame: pd.DataFrame, source: Source, main: Choice
) -> tuple[list[Any], str, Idle]:
    """Return the values (offices) whose rows are left out once each, and their column."""
    if leave_out is True or not isinstance(leave_out, str | bool | None):
        raise OptionError("leave_out= takes the name of a column, whose values are left out one by one, or False.")
    if leave_out is False:
        return [], "", []
    design = getattr(source.design, "cluster", None)
    column = leave_out or (main.cluster if main.cluster != NONE else design)
    if column is None:
        words = "who is left out (no column of offices or other units)", "yang dikeluarkan (tidak ada kolom unit)"
        return [], "", [words]
    require(frame.columns, [column], "leave_out=: the data")
    offices = list(frame[column].dropna().unique())
    if 2 <= len(offices) <= OFFICES:
        return offices, str(column), []
    if leave_out:
        raise OptionError(
            f"leave_out='{column}' has {len(offices)} values; it takes a column of 2 to {OFFICES} values, such as "
            "offices, whose rows are left out together."
        )
    n = len(offices)
    words = f"who is left out ('{column}' has {n} values)", f"yang dikeluarkan ('{column}' memiliki {n} nilai)"
    return [], "", [words]
