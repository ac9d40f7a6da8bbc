"""Table of the effects that mediation() found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import (
    Maker,
    Style,
    group_label,
    interval,
    interval_spanner,
    label,
    makers,
    rows_of,
    term,
    with_meta,
)
from cgsurvey.sem.mediation import Mediation

_EFFECTS = {
    "total indirect": Words("Total indirect", "Total tidak langsung"),
    "direct": Words("Direct", "Langsung"),
    "total": Words("Total", "Total"),
}
_TYPES = {
    "complementary": Words("complementary", "komplementer"),
    "competitive": Words("competitive", "kompetitif"),
    "indirect only": Words("indirect only shown", "hanya tidak langsung yang terbukti"),
    "direct only": Words("direct only shown", "hanya langsung yang terbukti"),
    "no direct path": Words("indirect shown, no direct path", "tidak langsung terbukti, tanpa jalur langsung"),
    "none": Words("not shown", "tidak terbukti"),
}
TOLD = ("sem.mediation_types", "sem.mediation_loop", "sem.unstable_loop")  # notes of the result that the table bears


@makers.register(Mediation)
def _makers(x: Mediation) -> Mapping[str, Maker]:
    return {"mediation": mediation}


def mediation(x: Mediation, style: Style) -> Table:
    """Specific indirect effects, totals, direct effects and contrasts, one block per cause and outcome."""
    rows: list[tuple[Any, ...]] = []
    groups: dict[int, Words] = {}
    last = None
    for r in rows_of(x.tidy()):
        pair = (r.group, r.cause, r.outcome)
        if pair != last:
            groups[len(rows)] = _head(x, *pair)
            last = pair
        kind = _TYPES.get(r.mediation)
        rows.append(
            (effect_name(x, r.effect, r.path), r.estimate, r.std_error, r.ci_lower, r.ci_upper, r.std_all, kind)
        )
    columns = (
        Column.of("effect"),
        Column("estimate", Words("B", "B"), "number", 3),
        Column("std_error", Words("SE", "SE"), "number", 3),
        *interval("number", 3),
        Column("std_all", Words("β", "β"), "coefficient", 3),
        Column.of("mediation"),
    )
    kind = term("intervals", x.ci_type)
    notes = [
        Words(f"Intervals: {kind.en}.", f"Interval kepercayaan: {kind.id}."),
        *(Words(n.render("en"), n.render("id")) for n in x.notes if n.code in TOLD),
    ]
    title = Words("Direct, indirect and total effects", "Pengaruh langsung, tidak langsung, dan total")
    made = Table(
        "",
        "mediation",
        title,
        columns,
        tuple(rows),
        groups=groups,
        spanners=(interval_spanner(x.ci),),
        notes=tuple(notes),
    )
    return with_meta(made, x.meta)


def _head(x: Mediation, group: int, cause: str, outcome: str) -> Words:
    a, b = label(x.meta, cause), label(x.meta, outcome)
    path = Words(f"{a.en} → {b.en}", f"{a.id} → {b.id}")
    if len(x.meta.groups) < 2:
        return path
    where = group_label(x.meta, group)
    return Words(f"{where.en}: {path.en}", f"{where.id}: {path.id}")


def effect_name(x: Mediation, effect: str, path: str) -> Words:
    """Words of an effect: the mediators of a path, the difference of two."""
    if effect in _EFFECTS:
        return _EFFECTS[effect]
    if effect == "indirect":
        return _through(x, path)
    first, second = (_through(x, part.strip("()")) for part in path.split(") - ("))
    return Words(f"{first.en} − {second.en}", f"{first.id} − {second.id}")


def _through(x: Mediation, path: str) -> Words:
    between = [label(x.meta, name) for name in path.split(" -> ")[1:-1]]
    return Words("via " + " → ".join(w.en for w in between), "melalui " + " → ".join(w.id for w in between))
