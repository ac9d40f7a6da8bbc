"""The rows of a form that ask something, and under which conditions each is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgsurvey.instrument.parts import RESPONDENTS
from cgsurvey.instrument.xlsform_logic import (
    REFERENCE,
    beyond,
    chosen,
    conjuncts,
    goes_on,
    one_of,
    together,
    with_names,
)
from cgsurvey.instrument.xlsform_sheets import Row, yes
from cgsurvey.instrument.xlsform_told import Document, Told

_USER = re.compile(r"^\$\{\s*(?P<name>[^{}]+?)\s*\}\s*(?P<sign>!?=)\s*(?:'user'|\"user\")$")


@dataclass
class Group:
    """A group of rows: its name, its words, how it is shown."""

    name: str
    label: dict[str, str]
    table_list: bool
    repeat: bool
    row: Row


@dataclass
class Asked:
    """One row of the survey that asks something."""

    name: str
    row: Row
    kind: str
    list: str = ""
    groups: tuple[Group, ...] = ()
    candidate: bool = False
    respondent: str = ""
    ends: tuple[str, ...] = ()
    relevant: str = ""

    @property
    def group(self) -> Group | None:
        """The innermost group."""
        return self.groups[-1] if self.groups else None


def settle(
    asked: Sequence[Asked], choices: Mapping[str, Sequence[str]], names: Mapping[str, str], out: Told
) -> Document:
    """Settle who is asked when, and return the roles.

    Roles and ends are taken from the conditions as `to_xlsform` writes them; any other condition stays as it is.

    Parameters
    ----------
    asked : sequence of Asked
        In the order of the form; `respondent`, `ends` and `relevant` are set.
    choices : mapping
        Name of a question to the names of its choices.
    names : mapping
        Names in the form to names in the instrument.
    out : Told
    """
    found = {}
    for a in asked:
        said = [kept(row, "relevant", names, out) for row in (*(g.row for g in a.groups), a.row)]
        found[a.name] = list(dict.fromkeys(c for text in said for c in conjuncts(text)))
        a.respondent = a.row.text("respondent")
        if a.respondent not in ("", *RESPONDENTS):
            out.note("cells", f"respondent {a.respondent}", a.row.number)
            a.respondent = ""
    if not any(a.respondent for a in asked):
        _recognise(asked, found, choices, out)
    ending = {a.name for a in asked if a.row.text("ends")}
    tests = Counter(
        (a.respondent, *test)
        for a in asked
        for test in map(chosen, found[a.name])
        if a.respondent and test and set(test[1]) <= set(choices.get(test[0], ())) and test[0] not in ending
    )
    column = max(tests, key=tests.__getitem__)[1] if tests else ""
    values: dict[str, tuple[str, ...]] = {}
    for (role, question, held), _ in tests.most_common():
        if question == column:
            values.setdefault(role, held)
    gates: list[str] = []
    for a in asked:
        own = [c for c in found[a.name] if c not in gates]
        if a.respondent in values and a.name != column:
            rest = [c for c in own if chosen(c) != (column, values[a.respondent])]
            if len(rest) == len(own):  # asked of others than its role says, so that the condition alone tells it
                out.note("respondent", a.name, a.row.number)
                a.respondent = ""
            own = rest
        a.relevant = together(own)
        a.ends = tuple(a.row.text("ends").split())
        if a.ends and not set(a.ends) < set(choices[a.name]):
            out.note("cells", f"ends {a.row.text('ends')}", a.row.number)
            a.ends = ()
        if a.ends:
            everybody = yes(a.row.text("required")) and not (a.respondent or a.relevant)
            gates.append(goes_on(a.name, a.ends, choices[a.name], many=a.kind == "many", everybody=everybody))
    return {"column": column} | {r: list(values[r]) for r in RESPONDENTS if r in values} if values else {}


def _recognise(
    asked: Sequence[Asked], found: dict[str, list[str]], choices: Mapping[str, Sequence[str]], out: Told
) -> None:
    """Take a question with the choice "user" for that about roles where no column tells who is asked."""
    for a in asked:
        for n, condition in enumerate(found[a.name]):
            test = _USER.match(condition)
            others = [c for c in choices.get(test["name"], ()) if c != "user"] if test else []
            if test is None or not others or len(others) == len(choices[test["name"]]):
                continue
            a.respondent = "user" if test["sign"] == "=" else "partner"
            found[a.name][n] = one_of(test["name"], ["user"] if a.respondent == "user" else others, many=False)
            out.note("roles", f"{condition} = {a.respondent}", a.row.number)


def kept(row: Row, column: str, names: Mapping[str, str], out: Told) -> str:
    """Return a condition by the names of the instrument; noted where it needs what the instrument lacks."""
    text = row.text(column)
    if beyond(text) or any(name not in names for name in REFERENCE.findall(text)):
        out.note("conditions", column, row.number)
        return ""
    return with_names(text, names.__getitem__)
