"""The two sides of a service: who governs it, who judges it, and whether the files are what they are said to be."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cgsurvey.base.errors import ColumnNotFoundError, DataError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import Constructs, Part, as_responses, file_of, pick_constructs


def design_statement(responses: Responses) -> Note:
    """Say by which design governance and service quality were brought together, and what it can and cannot show."""
    if responses.linkage is not None:
        counts = responses.linkage.glance().iloc[0]
        code = "responses.design_linked_user" if responses.linkage.level == "user" else "responses.design_linked_office"
        values = {
            k: int(counts[v]) for k, v in (("offices", "n_groups"), ("partners", "n_partners"), ("users", "n_users"))
        }
        return note(code, on=responses.linkage.on, **values)
    sides = _answered_sides(responses)
    if sides["both"] > 0:
        return note("responses.design_same", n=sides["both"], total=len(responses))
    if sides["partner"] and sides["user"]:
        return note("responses.design_unlinked", partners=sides["partner"], users=sides["user"])
    return note("responses.design_one_side", n=len(responses))


def two_sides(
    partners: Responses | pd.DataFrame, users: Responses | pd.DataFrame, on: str, constructs: Constructs
) -> tuple[Responses, Responses, tuple[Part, ...], tuple[Part, ...]]:
    """Check that the files are what they are said to be; return them with the constructs of each side."""
    frames = {"partners": partners, "users": users}
    absent = []
    for side, data in frames.items():
        known = data.frame.columns if isinstance(data, Responses) else getattr(data, "columns", [])
        if on not in known:
            absent.append(f"the {side} have no column '{on}'.{did_you_mean(on, known)}")
    if absent:
        raise ColumnNotFoundError(
            f"link: {' '.join(absent)} Both files need the office of the respondent; name its column: on=..."
        )
    mapped = {str(k): tuple(v) for k, v in constructs.items()} if isinstance(constructs, Mapping) else None

    def wanted(data: Responses | pd.DataFrame) -> list[str] | None:
        if mapped is None or isinstance(data, Responses):
            return None
        return [i for v in mapped.values() for i in v if i in data.columns] or None

    governed, judged = as_responses(partners, wanted(partners)), as_responses(users, wanted(users))
    _not_the_same(governed, judged)
    sides = _answered_sides(governed), _answered_sides(judged)
    if sides[0]["known"] and sides[1]["known"]:
        _not_swapped(governed, judged, *sides)
    if mapped is not None:
        first = {
            k: v
            for k, v in mapped.items()
            if set(v) <= set(governed.items) and governed.frame[list(v)].notna().any(axis=None)
        }
        rest = {k: v for k, v in mapped.items() if k not in first}
        nowhere = {
            k: [i for i in v if i not in judged.items] for k, v in rest.items() if not set(v) <= set(judged.items)
        }
        if nowhere:
            lines = "; ".join(f"'{k}': {some(v)}" for k, v in nowhere.items())
            raise ColumnNotFoundError(
                f"link: items that neither file holds completely: {lines}. Check the names in `constructs`."
            )
        if not first:
            raise DataError(
                f"link: the partners answered none of the constructs {some(mapped)}. Are the two files swapped?"
            )
        return governed, judged, pick_constructs(governed, first), pick_constructs(judged, rest) if rest else ()
    parts = tuple(p for p in pick_constructs(governed, constructs) if _is_answered(governed, p, "partner"))
    if not parts:
        raise DataError(
            f"link: {file_of(governed)}, given as the partners, holds no answer to an item that partners are asked."
        )
    mine = {i for p in parts for i in p.all_items}
    others = pick_constructs(judged) if judged.instrument is not None else ()
    return (
        governed,
        judged,
        parts,
        tuple(p for p in others if not mine & set(p.all_items) and _is_answered(judged, p, "user")),
    )


def _is_answered(responses: Responses, part: Part, side: str) -> bool:
    asked = (
        {responses.instrument.item(i).respondent for i in part.all_items}
        if responses.instrument is not None
        else {None}
    )
    return asked <= {side, None} and bool(responses.frame[list(part.all_items)].notna().any(axis=None))


def _answered_sides(responses: Responses) -> dict[str, int]:
    """Count rows that answered items of partners, of users, of both; "known" is 0 if items do not say who is asked."""
    if responses.instrument is None:
        return {"partner": 0, "user": 0, "both": 0, "known": 0}
    of = {s: [i for i in responses.items if responses.instrument.item(i).respondent == s] for s in ("partner", "user")}
    some_answer = {s: responses.frame[names].notna().any(axis=1) for s, names in of.items()}
    both = int((some_answer["partner"] & some_answer["user"]).sum())
    return {s: int(v.sum()) for s, v in some_answer.items()} | {"both": both, "known": int(any(of.values()))}


def _not_the_same(governed: Responses, judged: Responses) -> None:
    if governed.frame is judged.frame or (
        governed.provenance.sha256
        and governed.provenance.sha256 == judged.provenance.sha256
        and governed.frame.index.isin(judged.frame.index).any()
    ):
        raise DataError(
            f"link: {file_of(governed)} is given as partners and as users. If each respondent answered both sides, "
            "analyse the file as it is; if it holds both kinds of respondents, give the rows of each."
        )


def _not_swapped(governed: Responses, judged: Responses, first: Mapping[str, int], second: Mapping[str, int]) -> None:
    faults = []
    if not first["partner"]:
        faults.append(f"{file_of(governed)}, given as the partners, holds no answer to an item that partners are asked")
    if not second["user"]:
        faults.append(f"{file_of(judged)}, given as the users, holds no answer to an item that users are asked")
    if len(faults) == 2 and first["user"] and second["partner"]:
        raise DataError("link: the files are swapped: " + "; ".join(faults) + ". Write cg.link(partners, users).")
    if faults:
        raise DataError(
            "link: " + "; ".join(faults) + ". Check which file is which, and the instrument they were read with."
        )
    for side, data, counts in (("partners", governed, first), ("users", judged, second)):
        if counts["both"] > len(data) / 2:
            raise DataError(
                f"link: in {file_of(data)}, given as the {side}, {counts['both']} of {len(data)} respondents answered "
                "the items of partners and of users. Who answered both needs no link: analyse that file as it is."
            )
