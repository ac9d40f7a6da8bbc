"""T25: scores and gaps of service quality, importance and performance. T22: drivers and what improvements are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from cgsurvey.base.result import Meta
from cgsurvey.present.table import Cell, Column, Spanner, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    answer,
    interval,
    interval_spanner,
    item_label,
    label,
    makers,
    rows_of,
    said,
    term,
    with_meta,
)
from cgsurvey.present.tables.suppression import blotted, explained, hidden
from cgsurvey.service_quality import Drivers, ImportancePerformance, ServiceQuality

SHARES = ("p_concentrate", "p_keep_up", "p_low_priority", "p_overkill")
POINTS = 5.0  # points of a driver in the table of improvements


@makers.register(ServiceQuality)
def _quality_makers(x: ServiceQuality) -> Mapping[str, Maker]:
    return {"quality": scores, "quality_groups": groups, "gaps": gaps, "surface": surface}


@makers.register(ImportancePerformance)
def _importance_makers(x: ImportancePerformance) -> Mapping[str, Maker]:
    return {"ipa": importance}


@makers.register(Drivers)
def _driver_makers(x: Drivers) -> Mapping[str, Maker]:
    return {"drivers": drivers, "what_if": what_if, "driver_items": driver_items}


def dimension_words(meta: Meta, name: str) -> Words:
    """Return the words for a dimension, an item, or a row of all dimensions."""
    if name in ("overall", "overall_weighted"):
        return term("quality", name)
    found = label(meta, name)
    return found if len(found.en) <= 64 else item_label(meta, name)


def by_words(x: ServiceQuality, key: Iterable[Any]) -> Words:
    """Return the words for a group: its answers in the columns of `by`."""
    parts = [answer(x.meta, c, v) for c, v in zip(x.by, key, strict=True)]
    return Words(", ".join(p.en for p in parts), ", ".join(p.id for p in parts))


def concealed(x: ServiceQuality, style: Style) -> frozenset[int]:
    """Return the groups, by place, that are not shown for fear that people could be recognised."""
    whole = x.groups[x.groups["dimension"] == "overall"]
    return hidden([int(n) for n in whole["n"]], style.min_cell)


def scores(x: ServiceQuality, style: Style) -> Table:
    """Score of each dimension and overall, on the scale of the items and on 0 to 100."""
    weighted = x.table["importance"].notna().any()
    rows = tuple(_score(x, r, weighted) for r in rows_of(x.table))
    made = Table(
        "T25",
        "quality",
        Words("Service quality by dimension", "Mutu layanan menurut dimensi"),
        (Column("dimension", Words("Dimension", "Dimensi")), *_columns(weighted)),
        rows,
        spanners=(interval_spanner(_level(x)),),
        notes=(said("quality_scores"), *((said("quality_weighted"),) if weighted else ())),
    )
    return with_meta(made, x.meta)


def groups(x: ServiceQuality, style: Style) -> Table | None:
    """Scores by group."""
    if not x.by:
        return None
    secret = concealed(x, style)
    heads: dict[int, Words] = {}
    rows: list[tuple[Any, ...]] = []
    weighted = bool(x.groups["importance"].notna().any())
    for place, (key, block) in enumerate(x.groups.groupby(list(x.by), sort=False)):
        heads[len(rows)] = by_words(x, key)
        made = [_score(x, r, weighted) for r in rows_of(block)]
        rows += [blotted(r) for r in made] if place in secret else made
    table = Table(
        "T25",
        "quality_groups",
        Words("Service quality by group", "Mutu layanan menurut kelompok"),
        (Column("dimension", Words("Dimension", "Dimensi")), *_columns(weighted)),
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(_level(x)),),
        notes=(said("quality_scores"),),
    )
    return with_meta(explained(table, style.min_cell) if secret else table, x.meta)


def _columns(weighted: bool) -> tuple[Column, ...]:
    columns = [Column.of("n_items"), Column.of("n"), Column.of("score", Words("M", "Rerata"), digits=2)]
    columns += [Column.of("sd", digits=2), *interval("number", 2), Column.of("score_100", digits=1)]
    columns += [Column.of("importance", digits=2)] if weighted else []
    return (*columns, Column.of("alpha", Words("α", "α"), digits=2))


def _score(x: ServiceQuality, r: Any, weighted: bool) -> tuple[Any, ...]:
    row = (dimension_words(x.meta, r.dimension), r.n_items, r.n, r.score, r.sd, r.ci_lower, r.ci_upper, r.score_100)
    return (*row, *((r.importance,) if weighted else ()), r.alpha)


def _level(x: Any) -> float:
    return float(x.meta.options.get("ci", 0.95))


def gaps(x: ServiceQuality, style: Style) -> Table | None:
    """Perception, expectation, gap with paired test; dimensions first, then items."""
    if not len(x.gaps):
        return None
    heads: dict[int, Words] = {}
    rows: list[tuple[Any, ...]] = []
    for level, block in x.gaps.groupby("level", sort=False):
        if level == "item":
            heads[len(rows)] = Words("Items", "Butir")
        for r in rows_of(block):
            name = item_label(x.meta, r.dimension) if level == "item" else dimension_words(x.meta, r.dimension)
            p = r.p_value if level == "overall" else r.p_holm
            rows.append((name, r.n, r.perception, r.expectation, r.gap, r.ci_lower, r.ci_upper, r.statistic, p, r.d,
                         r.reliability_gap))  # fmt: skip
    made = Table(
        "T25",
        "gaps",
        Words("Gaps between perceptions and expectations", "Kesenjangan antara persepsi dan harapan"),
        (
            *(Column("dimension", Words("Dimension", "Dimensi")), Column.of("n")),
            *(Column.of(c, digits=2) for c in ("perception", "expectation", "gap")),
            *interval("number", 2),
            Column("statistic", Words("t", "t"), "statistic", 2),
            *(Column.of("p_holm"), Column.of("d", digits=2), Column.of("reliability_gap", digits=2)),
        ),
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(_level(x)),),
        notes=(said("quality_gaps"), said("quality_gap_reliability")),
    )
    return with_meta(made, x.meta)


def surface(x: ServiceQuality, style: Style) -> Table | None:
    """Polynomial regression: slopes and curvatures of the surface, against the difference score."""
    if not len(x.surface):
        return None
    tests = x.surface_tests.set_index("dimension")
    rows: list[tuple[Any, ...]] = []
    heads: dict[int, Words] = {}
    for name, block in x.surface.groupby("dimension", sort=False):
        test, found = tests.loc[name], dimension_words(x.meta, str(name))
        told = said("surface_test", r2=f"{test['r2']:.2f}", difference=f"{test['r2_difference']:.2f}",
                    f=f"{test['statistic']:.2f}", df=f"{test['df2']:.0f}")  # fmt: skip
        comma = told.id.replace(".", ",").rstrip(",")
        heads[len(rows)] = Words(f"{found.en}: {told.en.rstrip('.')}", f"{found.id}: {comma}")
        for r in rows_of(block):
            rows.append(
                (term("surface", r.term), r.estimate, r.std_error, r.ci_lower, r.ci_upper, r.statistic, r.p_value)
            )
    made = Table(
        "T25",
        "surface",
        Words("Response surface of perceptions and expectations", "Permukaan respons persepsi dan harapan"),
        (
            *(Column.of("term"), Column.of("estimate", digits=3), Column.of("std_error", digits=3)),
            *interval("number", 3),
            *(Column("statistic", Words("t", "t"), "statistic", 2), Column.of("p_value")),
        ),
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(_level(x)),),
        notes=(said("surface"),),
    )
    return with_meta(made, x.meta)


def importance(x: ImportancePerformance, style: Style) -> Table:
    """Importance, performance, quadrant with the shares of resamples; sorted by quadrant."""
    order = {q: k for k, q in enumerate(("concentrate", "keep_up", "low_priority", "overkill"))}
    frame = x.table.sort_values("importance", ascending=False, kind="stable")
    frame = frame.sort_values("quadrant", key=lambda c: c.map(order), kind="stable")
    has_gap = "gap" in frame
    heads: dict[int, Words] = {}
    rows: list[tuple[Any, ...]] = []
    for quadrant, block in frame.groupby("quadrant", sort=False):
        heads[len(rows)] = term("quadrant", str(quadrant))
        for r in rows_of(block):
            row: tuple[Any, ...] = (item_label(x.meta, r.item), r.performance_score)
            row += (r.performance_lower, r.performance_upper)
            row += (r.importance, r.importance_lower, r.importance_upper)
            rows.append((*row, *((r.gap, r.p_value) if has_gap else ()), *(getattr(r, s) for s in SHARES)))
    percent = interval_spanner(_level(x)).label
    limits = [
        Column(f"{w}_{e}", words, "number", 3 if w == "importance" and x.method != "stated" else 2)
        for w in ("performance", "importance")
        for e, words in (("lower", Words("LL", "BB")), ("upper", Words("UL", "BA")))
    ]
    made = Table(
        "T25",
        "ipa",
        Words("Importance and performance", "Kepentingan dan kinerja"),
        (
            *(Column.of("item"), Column.of("performance_score", digits=2), *limits[:2]),
            *(Column.of("importance", digits=2 if x.method == "stated" else 3), *limits[2:]),
            *((Column.of("gap", digits=2), Column("p_value", Words("p", "p"), "p")) if has_gap else ()),
            *(Column(s, term("quadrant_short", s), "share", 0) for s in SHARES),
        ),
        tuple(rows),
        groups=heads,
        spanners=(
            Spanner(percent, ("performance_lower", "performance_upper")),
            Spanner(percent, ("importance_lower", "importance_upper")),
            Spanner(term("quadrant_short", "spanner"), SHARES),
        ),
        notes=(said("ipa", method=term("importance", x.method)), said(f"ipa_lines_{_lines(x)}")),
    )
    return with_meta(made, x.meta)


def _lines(x: ImportancePerformance) -> str:
    how = x.meta.options["crosshair"]
    return how if isinstance(how, str) else "given"


def drivers(x: Drivers, style: Style) -> Table:
    """Total effects and performance of constructs and their elements."""
    frame = x.table[x.table["level"] != "item"]
    rows: list[tuple[Any, ...]] = []
    for r in rows_of(frame):
        words = label(x.meta, r.name)
        name = words if r.level == "construct" else Words(f"– {words.en}", f"– {words.id}")
        rows.append((name, r.total_effect, r.ci_lower, r.ci_upper, r.effect_raw, r.effect_std, r.performance_score))
    order = [k for c in frame.loc[frame["level"] == "construct", "name"]
             for k, owner in enumerate(frame["construct"]) if owner == c]  # fmt: skip
    target = label(x.meta, x.target)
    made = Table(
        "T22",
        "drivers",
        Words(f"Importance-performance map of {target.en}", f"Peta kepentingan-kinerja {target.id}"),
        (
            Column("name", Words("Driver", "Pendorong")),
            Column.of("total_effect", digits=3),
            *interval("number", 3),
            *(Column.of("effect_raw", digits=3), Column.of("effect_std", digits=3)),
            Column.of("performance_score", Words("Performance (0-100)", "Kinerja (0-100)"), digits=1),
        ),
        tuple(rows[k] for k in order),
        spanners=(interval_spanner(_level(x)),),
        notes=(said("drivers"), said(f"drivers_{x.scores}")),
    )
    return with_meta(made, x.meta)


def driver_items(x: Drivers, style: Style) -> Table:
    """Total effects and performance of items, construct by construct."""
    frame = x.table[x.table["level"] == "item"]
    heads: dict[int, Words] = {}
    rows: list[tuple[Any, ...]] = []
    for construct, block in frame.groupby("construct", sort=False):
        heads[len(rows)] = label(x.meta, str(construct))
        for r in rows_of(block):
            rows.append((item_label(x.meta, r.name), r.weight, r.total_effect, r.ci_lower, r.ci_upper,
                         r.performance_score))  # fmt: skip
    if not rows:
        frame = x.table[x.table["level"] == "construct"]
        rows = [(label(x.meta, r.name), 1.0, r.total_effect, r.ci_lower, r.ci_upper, r.performance_score)
                for r in rows_of(frame)]  # fmt: skip
    made = Table(
        "T22",
        "driver_items",
        Words("Importance and performance of items", "Kepentingan dan kinerja butir"),
        (
            *(Column.of("item"), Column.of("weight", digits=3), Column.of("total_effect", digits=3)),
            *interval("number", 3),
            Column.of("performance_score", Words("Performance (0-100)", "Kinerja (0-100)"), digits=1),
        ),
        tuple(rows),
        groups=heads,
        spanners=(interval_spanner(_level(x)),),
        notes=(said("driver_items"),),
    )
    return with_meta(made, x.meta)


def what_if(x: Drivers, style: Style) -> Table:
    """What five points of each driver go with."""
    frame: pd.DataFrame = x.what_if(POINTS)
    target = label(x.meta, x.target)
    made = Table(
        "T22",
        "what_if",
        Words(f"What an improvement goes with in {target.en}", f"Perubahan {target.id} yang menyertai perbaikan"),
        (
            Column("name", Words("Driver", "Pendorong")),
            *(Column(n, w, "number", d) for n, w, d in (
                ("performance_score", Words("Now (0-100)", "Kini (0-100)"), 1),
                ("points", Words("Raised by", "Dinaikkan"), 1),
                ("change", Words("Change of the target", "Perubahan sasaran"), 2),
            )),
            *interval("number", 2),
            Column("target_after", Words("Target then", "Sasaran sesudahnya"), "number", 1),
        ),
        tuple(
            (label(x.meta, r.name), r.performance_score, r.points, r.change, Cell(r.change_lower), r.change_upper,
             r.target_after)
            for r in rows_of(frame)
        ),
        spanners=(interval_spanner(_level(x)),),
        notes=(said("what_if"),),
    )  # fmt: skip
    return with_meta(made, x.meta)
