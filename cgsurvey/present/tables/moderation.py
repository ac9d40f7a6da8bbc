"""Table of simple slopes."""

from __future__ import annotations

from collections.abc import Mapping

from cgsurvey.present.numbers import show
from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, interval, interval_spanner, label, makers, rows_of, with_meta
from cgsurvey.sem.moderation import SimpleSlopes

_LEVELS = {
    "-1 SD": Words("Mean − 1 SD", "Rerata − 1 SB"),
    "mean": Words("Mean", "Rerata"),
    "+1 SD": Words("Mean + 1 SD", "Rerata + 1 SB"),
}
_REGIONS = {
    "outside": Words("where {m} is below {lower} or above {upper}", "bila {m} di bawah {lower} atau di atas {upper}"),
    "inside": Words("where {m} is between {lower} and {upper}", "bila {m} antara {lower} dan {upper}"),
    "above": Words("where {m} is above {lower}", "bila {m} di atas {lower}"),
    "below": Words("where {m} is below {upper}", "bila {m} di bawah {upper}"),
    "everywhere": Words("at every value of {m}", "pada semua nilai {m}"),
    "nowhere": Words("at no value of {m}", "tidak pada nilai {m} mana pun"),
}


@makers.register(SimpleSlopes)
def _makers(x: SimpleSlopes) -> Mapping[str, Maker]:
    return {"simple_slopes": simple_slopes}


def simple_slopes(x: SimpleSlopes, style: Style) -> Table:
    """Effect at each value of the moderator; interaction and Johnson-Neyman region below."""
    rows = tuple(
        (_LEVELS.get(r.level, r.level), r.moderator_value, r.estimate, r.std_error, r.p_value, r.ci_lower, r.ci_upper)
        for r in rows_of(x.tidy())
    )
    columns = (
        Column.of("level"),
        Column.of("moderator_value"),
        Column("estimate", Words("B", "B"), "number", 3),
        Column("std_error", Words("SE", "SE"), "number", 3),
        Column.of("p_value"),
        *interval("number", 3),
    )
    a, b, m = (label(x.meta, name) for name in (x.predictor, x.outcome, x.moderator))
    of = [f" ({x.meta.group(x.group, language)})" if len(x.meta.groups) > 1 else "" for language in ("en", "id")]
    title = Words(
        f"Effect of {a.en} on {b.en} at values of {m.en}{of[0]}",
        f"Pengaruh {a.id} terhadap {b.id} pada berbagai nilai {m.id}{of[1]}",
    )
    said = tuple(Words(n.render("en"), n.render("id")) for n in x.notes if n.code == "sem.no_moderator_path")
    notes = (_interaction(x), region(x), *said)
    made = Table("", "simple_slopes", title, columns, rows, spanners=(interval_spanner(x.ci),), notes=notes)
    return with_meta(made, x.meta)


def _interaction(x: SimpleSlopes) -> Words:
    row = next(rows_of(x.glance()))

    def text(language: str, name: str) -> str:
        p = show(row.p_value, "p", language)
        p = p if p.startswith(("<", ">")) else f"= {p}"
        size = (
            ""
            if x.f_squared != x.f_squared
            else f"; f² = {show(x.f_squared, 'number', language, 3)} ({bounds.of(language)})"
        )
        return f"{name}: B = {show(row.estimate, 'number', language, 3)}, p {p}{size}."

    bounds = Words(
        ".005 small, .01 medium, .025 large; Kenny, 2018", "0,005 kecil, 0,01 sedang, 0,025 besar; Kenny, 2018"
    )
    return Words(text("en", "Interaction"), text("id", "Interaksi"))


def region(x: SimpleSlopes) -> Words:
    """Say where the effect differs from zero (Johnson-Neyman)."""
    words, m = _REGIONS[x.bounds.region], label(x.meta, x.moderator)

    def text(language: str, effect: str) -> str:
        shown = {k: show(v, "number", language) for k, v in (("lower", x.bounds.lower), ("upper", x.bounds.upper))}
        level = show(1 - x.ci, "p", language, 2)
        return f"Johnson-Neyman: {effect} (p < {level}) {words.of(language).format(m=m.of(language), **shown)}."

    return Words(text("en", "the effect differs from zero"), text("id", "pengaruh berbeda dari nol"))
