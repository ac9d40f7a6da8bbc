"""F0: the flow of respondents, from those who were invited to those who are analysed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cgsurvey.base.errors import OptionError
from cgsurvey.present.numbers import show
from cgsurvey.present.table import Column, Table, Words, words
from cgsurvey.present.tables.style import Style, said, term
from cgsurvey.responses import Responses


@dataclass(frozen=True)
class Step:
    """One step of the flow of respondents: its name, how many came in and left, why they left, beyond which cut-off."""

    name: Words
    before: int
    out: int
    why: Words
    cut: Words | None = None

    @property
    def after(self) -> int:
        """Those who went on."""
        return self.before - self.out


def steps(x: Responses, invited: int = 0) -> list[Step]:
    """Return the flow of respondents from those who were invited, where their number is known, to the analysed.

    Raises
    ------
    OptionError
        When fewer people were invited than answered.
    """
    found = []
    for i, step in enumerate(x.flow):
        cut = _cut(step.reason) if step.reason else None
        name = rule_name(step.step) if step.n_excluded or i else term("step", step.step)
        found.append(Step(name, step.n_before, step.n_excluded, term("rule", step.step), cut))
    if not found:
        read = x.provenance.rows_read or len(x)
        found.append(Step(term("step", "data"), read, read - len(x), term("step", "left")))
    if invited:
        if invited < found[0].before:
            raise OptionError(
                f"invited={invited}, but {found[0].before} people answered; more were invited than answered."
            )
        found.insert(0, Step(term("step", "invited"), invited, invited - found[0].before, term("step", "silent")))
    return [*found, Step(term("step", "analysed"), len(x), 0, term("step", "analysed"))]


def flow(x: Responses, style: Style) -> Table:
    """F0: how many respondents were invited and came in, who left and why, how many are analysed."""
    found = steps(x, style.invited)
    columns = (
        Column.of("step"),
        Column("n_before", Words("Before", "Sebelum"), "count"),
        Column.of("n_excluded"),
        Column.of("n_remaining"),
        Column("reason", Words("Cut-off", "Batas")),
    )
    rows = tuple((s.name, s.before, s.out, s.after, s.cut) for s in found)
    share = found[0].after / style.invited if style.invited else 0.0
    rate = Words(*(show(share, "share", language, 1) for language in ("en", "id")))
    notes = (said("response_rate", rate=rate),) if style.invited else ()
    made = Table("F0", "flow", Words("Flow of respondents", "Alur responden"), columns, rows, notes=notes)
    return replace(made, simulated=x.simulated)


def rule_name(rule: str) -> Words:
    """Return a rule of screening without its cut-off, for a table that has a column for that."""
    found = term("rule_name", rule)
    return Words(*(t[:1].upper() + t[1:] for t in (found.en, found.id)))


def _cut(reason: str) -> Words:
    """Return the cut-off of a reason, "> .20", for readers of both languages; the reason where it has none."""
    found = re.search(r"(>=|<=|>|<) ([0-9.]+)", reason)
    if reason.startswith("not applied"):
        return Words("not applicable", "tidak dapat diterapkan")
    if found is None:
        return words(reason)
    sign = {">=": "≥", "<=": "≤"}.get(found[1], found[1])
    value = float(found[2])
    return Words(*(f"{sign} {show(value, 'number', g, decimals(value))}" for g in ("en", "id")))


def decimals(value: float) -> int:
    """Return the digits that a cut-off has after its point, at most three."""
    text = f"{value:.3f}".rstrip("0")
    return len(text.partition(".")[2])
