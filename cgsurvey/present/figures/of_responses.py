"""Pictures of what was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from cgsurvey.base.result import Meta
from cgsurvey.moments import McarTest
from cgsurvey.moments.missing import Missingness
from cgsurvey.moments.missingness import COMPLETE, FEW, OTHERS
from cgsurvey.present.figures.drawers import Drawers, drawers, numbered
from cgsurvey.present.figures.flow import flow_chart
from cgsurvey.present.figures.forest import pages
from cgsurvey.present.figures.intervals import nonresponse_intervals
from cgsurvey.present.figures.likert import Bar, likert_bars
from cgsurvey.present.figures.missing import Pattern, missing_map
from cgsurvey.present.figures.picture import Picture, item_words
from cgsurvey.present.figures.screening import screening_overview
from cgsurvey.responses import Responses, Screening
from cgsurvey.responses.describe import Description
from cgsurvey.responses.nonresponse import NonresponseBias

BARS_PER_PICTURE = 22
SCALE = range(3, 12)  # answer values that make a scale
ITEMS_PER_MAP = 40


@drawers.register(Responses)
def _of_answers(x: Responses, language: str) -> Drawers:
    return {"flow": partial(flow_chart, x, language=language)}


@drawers.register(Description)
def _of_description(x: Description, language: str) -> Drawers:
    items, constructs = list(_item_bars(x, language)), list(_construct_bars(x, language))
    return _likert(x, items, "items", language) | _likert(x, constructs, "constructs", language)


@drawers.register(McarTest)
def _of_mcar(x: McarTest, language: str) -> Drawers:
    return _maps(x.patterns, x.items, x.meta, None, language)


@drawers.register(Missingness)
def _of_missingness(x: Missingness, language: str) -> Drawers:
    shares = x.items.set_index("item")["missing_share"].dropna()
    return _maps(x.patterns, list(x.items["item"]), x.meta, shares.astype(float).to_dict(), language)


def _maps(
    table: pd.DataFrame, items: Sequence[str], meta: Meta, shares: dict[str, float] | None, language: str
) -> Drawers:
    """Return the maps of items that are missing in a pattern that may be shown, or by their share in rarer ones."""
    counts = {str(r.pattern): int(r.rows) for r in table.rename(columns={"count": "rows"}).itertuples()}
    complete, rare = counts.pop(COMPLETE, None), counts.pop(OTHERS, 0)
    rest = (int(table.loc[table["pattern"] == OTHERS, "n_patterns"].sum()), rare)
    patterns = [Pattern(tuple(name.split(", ")), n) for name, n in counts.items()]
    gaps = {i for p in patterns for i in p.items}
    gaps |= {i for i, share in (shares or {}).items() if share > 0} if gaps else set()
    shown = [i for i in items if i in gaps]
    maps = []
    for page in pages([""] * len(shown), ITEMS_PER_MAP):
        labels = {shown[k]: item_words(meta, shown[k], language) for k in page}
        maps.append(
            partial(
                missing_map,
                patterns,
                labels=labels,
                complete=complete,
                rare=rest,
                few=FEW,
                shares=shares,
                language=language,
            )
        )
    return numbered("missing", maps)


@drawers.register(Screening)
def _of_screening(x: Screening, language: str) -> Drawers:
    return {"screening": partial(screening_overview, x, language=language)} if x.rules else {}


def _likert(x: Description, bars: list[Bar], what: str, language: str) -> dict[str, Callable[..., Picture]]:
    """Return the pictures of bars: those of one set of answer values side by side, no group torn apart."""
    found: list[Callable[..., Picture]] = []
    bars = _on_one_scale(x, bars)
    for values in dict.fromkeys(tuple(b.shares) for b in bars):
        alike = [b for b in bars if tuple(b.shares) == values]
        alike.sort(key=lambda b: bool(b.heading))  # below a heading, a bar without one would seem to belong to it
        for page in pages([b.heading for b in alike], BARS_PER_PICTURE):
            shown = [alike[k] for k in page]
            answers = _answers(x, shown, values, language)
            found.append(partial(likert_bars, shown, answers=answers, what=what, language=language))
    return numbered("likert" if what == "items" else "likert_constructs", found)


def _on_one_scale(x: Description, bars: list[Bar]) -> list[Bar]:
    """Give items of which no scale is known, and that end with the same answer, the answers of each other.

    Where nobody chose the lowest answer, an item would else need a picture of its own.
    """
    bare = [b for b in bars if not any(f"{b.item}={v:g}" in x.meta.labels for v in b.shares)]
    values: dict[float, set[float]] = {}
    for bar in bare:
        values.setdefault(max(bar.shares), set()).update(bar.shares)
    wider = {id(b): {v: b.shares.get(v, 0.0) for v in sorted(values[max(b.shares)])} for b in bare}
    return [replace(b, shares=wider[id(b)]) if id(b) in wider else b for b in bars]


def _item_bars(x: Description, language: str) -> Iterator[Bar]:
    """One bar per item below its construct; with groups, one per group below the item."""
    owner = {i: c for c, items in x.members.items() for i in items}
    order = list(dict.fromkeys([*owner, *x.categories["item"]]))
    for item in order:
        said = item_words(x.meta, item, language)
        for group, shares, _ in _shares(x, item, language):
            if x.by is not None:
                yield Bar(f"{item}, {group}", group, said, shares, item)
            elif shares:
                heading = x.meta.label(owner[item], language) if item in owner else ""
                yield Bar(item, said, heading, shares, item)


def _construct_bars(x: Description, language: str) -> Iterator[Bar]:
    """One bar per construct, of all answers to its items, reverse items turned; with groups, one per group."""
    turned = set(x.items.loc[x.items["reverse"], "item"])
    above = dict(zip(x.constructs["construct"], x.constructs["dimension"], strict=True))
    for construct, items in x.members.items():
        per_group: dict[str, list[pd.Series]] = {}
        for item in items:
            for group, shares, n in _shares(x, item, language):
                values = sorted(shares)
                row = pd.Series({v: n * shares[values[-1 - k] if item in turned else v] for k, v in enumerate(values)})
                per_group.setdefault(group, []).append(row)
        name, top = x.meta.label(construct, language), above.get(construct, "")
        for group, rows in per_group.items():
            if any(set(r.index) != set(rows[0].index) for r in rows):
                break  # answered on different scales
            total = pd.concat(rows, axis=1).sum(axis=1)
            if not total.sum():
                continue
            shares = {float(v): float(s) for v, s in (total / total.sum()).items()}
            plain = next((i for i in items if i not in turned), items[0])
            if x.by is not None:
                yield Bar(f"{name}, {group}", group, name, shares, plain)
            else:
                yield Bar(name, name, x.meta.label(top, language) if top else "", shares, plain)


def _shares(x: Description, item: str, language: str) -> Iterator[tuple[str, dict[float, float], int]]:
    """Yield words of the group, share of each answer and their number; items that are no answer scale have none."""
    rows = x.categories[x.categories["item"] == item]
    for group, part in rows.groupby("group", sort=False) if x.by is not None else [("", rows)]:
        if len(part) in SCALE and part["share"].notna().all():
            words = x.meta.labels.get(f"{x.by}={group}", {}).get(language, str(group))
            shares = dict(zip(part["value"].astype(float), part["share"].astype(float), strict=True))
            yield words, shares, int(part["count"].sum())


def _answers(x: Description, bars: list[Bar], values: tuple[float, ...], language: str) -> dict[float, str]:
    """Return the words of the categories where all items of the picture share them, the numbers elsewhere."""
    words = [[x.meta.labels.get(f"{b.item}={value:g}") for value in values] for b in bars]
    shared = all(w == words[0] for w in words)
    return {v: (w or {}).get(language, f"{v:g}") if shared else f"{v:g}" for v, w in zip(values, words[0], strict=True)}


@drawers.register(NonresponseBias)
def _of_nonresponse(x: NonresponseBias, language: str) -> Drawers:
    means = x.comparisons[(x.comparisons["method"] == "welch") & x.comparisons["effect_size"].notna()]
    runs = pages([""] * len(means), 30)
    return numbered("nonresponse", [partial(nonresponse_intervals, x, means.iloc[k], language=language) for k in runs])
