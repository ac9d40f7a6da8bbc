"""Table of what was changed after the plan was registered."""

from __future__ import annotations

from collections.abc import Mapping

from cgsurvey.base.registration import Registration
from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, makers, rows_of


@makers.register(Registration)
def _registration_makers(x: Registration) -> Mapping[str, Maker]:
    return {"deviations": deviations}


def deviations(x: Registration, style: Style) -> Table | None:
    """What was planned and what was run, entry by entry; None where they are the same."""
    if x.deviations.empty:
        return None
    nothing = Words("(nothing)", "(tidak ada)")
    rows = [(f"[{r.section}] {r.key}", r.planned or nothing, r.run or nothing) for r in rows_of(x.deviations)]
    columns = tuple(map(Column.of, ("key", "planned", "run")))
    title = Words("Deviations from the registered plan", "Penyimpangan dari rencana yang didaftarkan")
    return Table("P1", "deviations", title, columns, tuple(rows))
