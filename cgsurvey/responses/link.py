"""Linking the two sides of a service: partners who govern it and users who judge it, matched by office."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import (
    ColumnNotFoundError,
    DataError,
    InstrumentError,
    OptionError,
    SampleError,
    did_you_mean,
    some,
)
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.references import rule
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses import raters
from cgsurvey.responses.agreement import expected_variance, one_way, worst
from cgsurvey.responses.design import Design
from cgsurvey.responses.responses import FlowStep, Provenance, Responses
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import Constructs, Part, as_responses, blanks, file_of, pick_constructs

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument

FEW_OFFICES = 50  # Maas & Hox (2005): below it standard errors at the upper level are too small
VERY_FEW_OFFICES = 20  # Cameron & Miller (2015): below it cluster-robust errors are not to be relied on
_MEAN = "_mean"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Linkage(Result):
    """How two files were brought together, and whether the answers of partners may be averaged.

    Attributes
    ----------
    table : DataFrame
        One row per construct that was averaged: `construct respondent n_groups mean_group_size rwg_median icc1 icc2
        statistic df1 df2 p_value verdict`. The verdict is the worse of those on rwg and ICC(2), and "poor" where F is
        not significant at .05.
    offices : DataFrame
        One row per office on either side: `office n_partners n_users status`, status "linked", "no partners", "no
        users", "few partners" or "few users".
    on, level : str
        Column that links, level of the rows.
    items : tuple of str
        Items whose values are office means; no respondent of the linked data gave them.
    columns : mapping
        Construct to the column that holds its office mean.
    sampling_covariance : DataFrame
        Covariance of the errors that office means of construct scores carry because few partners speak for an office:
        pooled covariance within offices over the harmonic mean of their numbers.
    tops : tuple of str
        The averaged constructs that stand on top; the others are their elements.
    elements : mapping
        Dimension to its elements.
    partner_flow : tuple of FlowStep
        Flow of the partners; that of the users goes on in the linked responses.
    """

    table: pd.DataFrame
    offices: pd.DataFrame
    on: str = "office"
    level: str = "user"
    items: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    sampling_covariance: pd.DataFrame = field(default_factory=pd.DataFrame)
    tops: tuple[str, ...] = ()
    elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partner_flow: tuple[FlowStep, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return the gate: one row per construct."""
        return self.table

    def glance(self) -> pd.DataFrame:
        """Return one row: offices linked, partners and users in them, offices on one side only."""
        linked = self.offices[self.offices["status"] == "linked"]
        return pd.DataFrame(
            {
                "n_groups": [len(linked)],
                "n_partners": [int(linked["n_partners"].sum())],
                "n_users": [int(linked["n_users"].sum())],
                "n_unlinked": [len(self.offices) - len(linked)],
            }
        )

    @property
    def agreement(self) -> pd.DataFrame:
        """The gate, under the name of what it judges."""
        return self.table

    def measurement(
        self, constructs: Sequence[str] | str | None = None, *, by: Literal["score", "element"] = "score"
    ) -> Model:
        """Return lavaan syntax that measures constructs by office means, the sampling error of the means taken out.

        The errors that office means carry because few people speak for an office have a known size,
        `sampling_covariance`; it is fixed in the model, and what is left is what offices truly differ in (the idea of
        Croon & van Veldhoven 2007). Add paths to it, and at level "user" the measurement of the users' side.

        Parameters
        ----------
        constructs : sequence of str or str, optional
            Default: the top constructs that were averaged; at level "office" those of the users too.
        by : {"score", "element"}
            "score": one indicator per construct, its office mean, for few offices; paths hold between scores.
            "element": a factor per dimension, measured by the office means of its elements; paths hold between factors.

        Raises
        ------
        OptionError
            For a construct that was not averaged.
        """
        choose("by", by, ("score", "element"))
        known = list(self.sampling_covariance.columns)
        wanted = [constructs] if isinstance(constructs, str) else list(self.tops if constructs is None else constructs)
        unknown = [c for c in wanted if c not in known]
        if unknown:
            hints = " ".join(f"'{c}' was not averaged.{did_you_mean(c, known)}" for c in unknown)
            raise OptionError(f"measurement: {hints} Known: {some(known, 20)}.")
        lines: list[str] = []
        seen: list[str] = []
        for c in wanted:
            elements = self.elements.get(c, ()) if by == "element" else ()
            seen += elements or (c,)
            lines.append(f"{c} =~ " + (" + ".join(self.columns[e] for e in elements) or f"1*{self.columns[c]}"))
        E = self.sampling_covariance.loc[seen, seen].to_numpy(dtype=float)
        for i, a in enumerate(seen):
            if a not in wanted:
                # The variance of an element's error is part of its residual variance, which is free. Started above the
                # error, so that the fixed covariances leave the matrix positive definite.
                lines.append(f"{self.columns[a]} ~~ start({1.2 * E[i, i]:.6g})*{self.columns[a]}")
            for j in range(i if a in wanted else i + 1, len(seen)):
                if E[i, j] != 0:
                    lines.append(f"{self.columns[a]} ~~ {E[i, j]:.17g}*{self.columns[seen[j]]}")
        labels = {c: self.meta.labels[c] for c in (*wanted, *seen) if c in self.meta.labels}
        return Model("\n".join(lines) + "\n", name="office_means", labels=labels)


def link(
    partners: Responses | pd.DataFrame,
    users: Responses | pd.DataFrame,
    on: str = "office",
    *,
    constructs: Constructs = None,
    level: Literal["user", "office"] = "user",
    min_partners: int = 3,
    min_users: int = 1,
    min_valid: float = 0.5,
    null: str | float | Sequence[float] = "uniform",
) -> Responses:
    """Bring partners and users together by office.

    Partners answer how a service is governed, users how good it is: no person answers both. What partners say is
    averaged per office and put beside the users of that office. Averaging assumes that partners of an office see the
    same thing; rwg, ICC(1) and ICC(2) with their F test tell whether they do (`responses.linkage`).

    What comes back can be analysed like any other responses. At level "user", each user row holds its own answers,
    the office means of the partners' items under the names of the items, and those of construct scores as
    ``<construct>_mean``; the design names the office as cluster, for standard errors must count offices and not
    users. At level "office" both sides are averaged.

    What such data can show: how offices with better governance differ in quality. What they cannot: that a user or a
    partner who sees more of the one sees more of the other (Robinson 1950); and for the governance side they hold as
    many independent observations as there are offices, however many users answered. Office means of few partners
    carry sampling error, which draws paths towards zero by about ICC(2); `Linkage.measurement` writes a model that
    takes it out.

    Parameters
    ----------
    partners, users : Responses or DataFrame
        The two sides, screened each on its own. Data frames are taken as keyed and need `constructs` as a mapping.
    on : str
        Column of the office in both; blanks around it, case and "3.0" for "3" do not matter.
    constructs : mapping, sequence of str or str, optional
        What partners were asked; default all constructs of the instrument that partners answered.
    level : {"user", "office"}
    min_partners, min_users : int
        Smallest number of respondents with which an office is kept. Three partners is a convention: rwg needs two,
        and the mean of two is one person's view by half.
    min_valid : float
        As in `score`.
    null : str, float or sequence of float
        As in `rwg`.

    Returns
    -------
    Responses
        With `linkage`, `design`, and in `flow` and `exclusions` who was left out because of the office.

    Raises
    ------
    ColumnNotFoundError
        When `on` is not in a file.
    DataError
        When one file is given twice, the files are swapped, or one file holds both sides and needs no link.
    SampleError
        When fewer than two offices can be linked.
    """
    choose("level", level, ("user", "office"))
    fraction("min_valid", min_valid, closed=True)
    faults = [
        f"{k}={v!r} must be 1 or more." for k, v in (("min_partners", min_partners), ("min_users", min_users)) if v < 1
    ]
    if faults:
        raise OptionError("link: " + " ".join(faults))
    governed, judged, parts, user_parts = _two_sides(partners, users, on, constructs)
    notes: list[Note] = []
    p_office, u_office = _offices(governed, judged, on, notes)
    offices = _matched(p_office, u_office, min_partners, min_users)
    linked = offices.index[offices["status"] == "linked"]
    if len(linked) < 2:
        raise SampleError(
            f"only {len(linked)} of {len(offices)} offices can be linked: {_counts(offices)}. Compare '{on}' in both "
            "files "
            f"({some(p_office.dropna().unique(), 4)} | {some(u_office.dropna().unique(), 4)}), or lower min_partners."
        )
    _say_unlinked(offices, p_office, u_office, on, notes)
    p_rows, u_rows = p_office.isin(linked).to_numpy(), u_office.isin(linked).to_numpy()
    p_codes = linked.get_indexer(pd.Index(p_office[p_rows]))
    u_codes = linked.get_indexer(pd.Index(u_office[u_rows]))
    keyed = governed.keyed[p_rows]
    scores = score_parts(keyed, parts, min_valid=min_valid)
    table = _gate(governed, keyed, scores, parts, p_codes, on, null, "partner")
    p_weights = _weights(governed, p_rows, notes)
    items = tuple(i for part in parts for i in part.all_items)
    instrument = _joint_instrument(governed.instrument, judged.instrument)
    # Without an instrument nothing turns reverse items later, so that they are turned now.
    answers = governed.frame[p_rows] if instrument is not None else keyed
    means = _office_means(
        pd.concat([answers[list(items)], scores.add_suffix(_MEAN)], axis=1), p_codes, p_weights, len(linked)
    )
    columns = {c: f"{c}{_MEAN}" for c in scores.columns}
    covariance, tops = _sampling_covariance(scores, p_codes), tuple(p.id for p in parts)
    own = judged.frame[u_rows] if instrument is not None else judged.keyed[u_rows]
    if level == "user":
        frame, reasons = _user_rows(judged, own, u_rows, means, items, u_codes)
        design = dataclasses.replace(judged.design or Design(), cluster=on)
    else:
        u_keyed = judged.keyed[u_rows]
        u_scores = score_parts(u_keyed, user_parts, min_valid=min_valid)
        u_items = [i for i in judged.items if i not in items and own[i].notna().any()]
        both = pd.concat([own[u_items], u_scores.add_suffix(_MEAN)], axis=1)
        u_means = _office_means(both, u_codes, _weights(judged, u_rows, notes), len(linked))
        frame, reasons = _office_rows(own, means, u_means, [*items, *u_items], u_codes, offices.loc[linked], on)
        table = pd.concat(
            [table, _gate(judged, u_keyed, u_scores, user_parts, u_codes, on, null, "user")], ignore_index=True
        )
        columns |= {c: f"{c}{_MEAN}" for c in u_scores.columns}
        # Partners and users are different people, so that the errors of their means are independent.
        covariance = covariance.join(_sampling_covariance(u_scores, u_codes), how="outer").fillna(0.0)
        covariance = covariance.loc[list(columns), list(columns)]
        tops += tuple(p.id for p in user_parts)
        design = None
    if instrument is None:
        notes.append(note("responses.scale_observed"))
    notes += _judgement(table, len(linked), level)
    linkage = Linkage(
        table=table,
        offices=offices.reset_index(drop=True),
        on=on,
        level=level,
        items=items,
        columns=columns,
        sampling_covariance=covariance,
        tops=tops,
        elements={p.id: tuple(e.id for e in p.elements) for p in (*parts, *user_parts) if _is_factor(p, instrument)},
        partner_flow=(*_begun(governed), FlowStep("link", len(p_rows), int((~p_rows).sum()), "office not linked")),
        notes=tuple(notes),
        meta=Meta(
            function="link",
            options={
                "on": on,
                "level": level,
                "min_partners": min_partners,
                "min_users": min_users,
                "null": _plain(null),
            },
            n=len(frame),
            data_hash=data_hash(means),
            source=" + ".join((file_of(governed), file_of(judged))),
            simulated=governed.simulated or judged.simulated,
            labels={**governed.labels, **judged.labels},
            references=("james1984", "bliese2000", "lebreton2008", "croon2007", "robinson1950", "maas2005"),
        ),
    )
    status = offices["status"]
    out = pd.DataFrame(
        {
            "row": judged.frame.index[~u_rows],
            "rule": "link",
            "value": [f"{v}: {status[v]}" if isinstance(v, str) else f"no {on}" for v in u_office[~u_rows]],
        }
    )
    return Responses(
        frame=frame,
        instrument=instrument,
        reasons=reasons,
        provenance=_provenance(governed.provenance, judged.provenance),
        notes=(*governed.notes, *judged.notes, *notes),
        flow=(*_begun(judged), FlowStep("link", len(judged), len(out), "office not linked")),
        exclusions=pd.concat([judged.exclusions, out], ignore_index=True) if len(out) else judged.exclusions,
        design=design,
        simulated=governed.simulated or judged.simulated,
        linkage=linkage,
    )


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


def _two_sides(
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


def _key(column: pd.Series) -> pd.Series:
    """Names of offices without outer and double blanks, case and a ".0" left by a spreadsheet; missing where blank."""

    def plain(value: Any) -> str | None:
        if pd.isna(value):
            return None
        text = re.sub(r"\s+", " ", str(value)).strip()
        return re.sub(r"^(-?\d+)\.0+$", r"\1", text).casefold() or None

    return pd.Series([plain(v) for v in column], index=column.index, dtype=object)


def _offices(governed: Responses, judged: Responses, on: str, notes: list[Note]) -> tuple[pd.Series, pd.Series]:
    """Names of offices per row of either side, spelled alike; the spelling of the users stands."""
    raw = {"partners": governed.frame[on], "users": judged.frame[on]}
    keys = {side: _key(column) for side, column in raw.items()}
    spelled: dict[str, str] = {}
    variants: dict[str, set[str]] = {}
    for side in ("users", "partners"):
        for key, value in zip(keys[side], raw[side], strict=True):
            if key is not None:
                spelled.setdefault(key, re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip()))
                variants.setdefault(key, set()).add(str(value))
    merged = [spelled[k] for k, v in variants.items() if len(v) > 1]
    if merged:
        notes.append(note("responses.offices_spelled", n=len(merged), offices=some(merged)))
    for side, key in keys.items():
        blank = int(key.isna().sum())
        if blank:
            notes.append(note("responses.office_blank", n=blank, side=side, column=on))
    return keys["partners"].map(spelled).astype(object), keys["users"].map(spelled).astype(object)


def _matched(p: pd.Series, u: pd.Series, min_partners: int, min_users: int) -> pd.DataFrame:
    counts = (
        pd.DataFrame({"n_partners": p.value_counts(), "n_users": u.value_counts()}).fillna(0).astype(int).sort_index()
    )
    status = np.select(
        [
            counts["n_partners"] == 0,
            counts["n_users"] == 0,
            counts["n_partners"] < min_partners,
            counts["n_users"] < min_users,
        ],
        ["no partners", "no users", "few partners", "few users"],
        "linked",
    )
    counts.insert(0, "office", pd.Series(counts.index, index=counts.index, dtype="str"))
    counts["status"] = pd.Series(status, index=counts.index, dtype="str")
    return counts


def _counts(offices: pd.DataFrame) -> str:
    return ", ".join(f"{n} {s}" for s, n in offices["status"].value_counts().items())


def _say_unlinked(offices: pd.DataFrame, p: pd.Series, u: pd.Series, on: str, notes: list[Note]) -> None:
    for status in ("no partners", "no users", "few partners", "few users"):
        out = offices[offices["status"] == status]
        if len(out):
            lost = int(out["n_users"].sum()), int(out["n_partners"].sum())
            code = "responses.offices_" + status.replace(" ", "_")
            notes.append(note(code, n=len(out), offices=some(out["office"]), users=lost[0], partners=lost[1]))
    one_sided = {s: list(offices.loc[offices["status"] == f"no {s}", "office"]) for s in ("partners", "users")}
    alike = [f"'{a}' and '{b}'" for a in one_sided["partners"] for b in one_sided["users"] if did_you_mean(a, [b])]
    if alike:
        notes.append(note("responses.offices_alike", column=on, pairs=some(alike)))


def _gate(
    responses: Responses,
    keyed: pd.DataFrame,
    scores: pd.DataFrame,
    parts: tuple[Part, ...],
    codes: np.ndarray,
    on: str,
    null: str | float | Sequence[float],
    side: str,
) -> pd.DataFrame:
    """rwg, ICC(1), ICC(2) and F of each construct and element."""
    rows = []
    rwg_rule, icc_rule = rule("rwg", "any"), rule("icc2", "any")
    for part in (p for top in parts for p in top.walk()):
        x = scores[part.id].to_numpy(dtype=float)
        use = ~np.isnan(x)
        one = one_way(x[use], codes[use], part.id, on)
        scale = _observed_scale(keyed, part) if responses.instrument is None else None
        X = keyed[list(part.all_items)].to_numpy(dtype=float)
        value, _, _ = raters.rwg_j(X, codes, expected_variance(responses, part.all_items, null, scale))
        median = float(np.nanmedian(value)) if (~np.isnan(value)).any() else np.nan
        verdict = worst(rwg_rule.verdict(median) if rwg_rule else "", icc_rule.verdict(one.icc2) if icc_rule else "")
        n_groups = len(np.unique(codes[use]))
        rows.append(
            {
                "construct": part.id,
                "respondent": side,
                "n_groups": n_groups,
                "mean_group_size": use.sum() / n_groups,
                "rwg_median": median,
                "icc1": one.icc1,
                "icc2": one.icc2,
                "statistic": one.F,
                "df1": one.df1,
                "df2": one.df2,
                "p_value": one.p_value,
                "verdict": "poor" if not one.p_value < 0.05 else verdict,
            }
        )
    return pd.DataFrame(rows)


def _observed_scale(keyed: pd.DataFrame, part: Part) -> tuple[float, float]:
    """Lowest and highest answer seen: the nearest to a scale that plain frames tell."""
    X = keyed[list(part.all_items)].to_numpy(dtype=float)
    return float(np.nanmin(X)), float(np.nanmax(X))


def _weights(responses: Responses, rows: np.ndarray, notes: list[Note]) -> np.ndarray | None:
    column = responses.design.weights if responses.design is not None else None
    if column is None:
        return None
    w = pd.to_numeric(responses.frame.loc[rows, column], errors="coerce")
    bad = w.index[w.isna() | (w < 0)]
    if len(bad):
        raise DataError(f"link: weights '{column}' are no number of 0 or more in rows {some(bad)}. Correct them.")
    notes.append(note("responses.link_weighted", column=column))
    return w.to_numpy(dtype=float)


def _office_means(values: pd.DataFrame, codes: np.ndarray, w: np.ndarray | None, G: int) -> pd.DataFrame:
    """Mean per office over those who answered, index 0..G-1."""
    X = values.to_numpy(dtype=float)
    given = ~np.isnan(X)
    W = given * (1.0 if w is None else w[:, None])
    total, mass = np.zeros((G, X.shape[1])), np.zeros((G, X.shape[1]))
    np.add.at(total, codes, np.where(given, X, 0.0) * W)
    np.add.at(mass, codes, W)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(np.where(mass > 0, total / mass, np.nan), columns=values.columns)


def _sampling_covariance(scores: pd.DataFrame, codes: np.ndarray) -> pd.DataFrame:
    whole = scores.notna().all(axis=1).to_numpy()
    if not len(scores.columns):
        return pd.DataFrame()
    S, _ = raters.pooled_within(scores[whole].to_numpy(dtype=float), codes[whole])
    sizes = np.bincount(codes[whole])
    harmonic = len(sizes[sizes > 0]) / (1.0 / sizes[sizes > 0]).sum()
    return pd.DataFrame(S / harmonic, index=scores.columns, columns=scores.columns)


def _user_rows(
    judged: Responses,
    own: pd.DataFrame,
    rows: np.ndarray,
    means: pd.DataFrame,
    items: tuple[str, ...],
    codes: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    brought = means.iloc[codes].set_index(own.index)
    frame = pd.concat([own.drop(columns=[c for c in brought.columns if c in own.columns]), brought], axis=1)
    order = [c for c in own.columns if c in frame.columns] + [c for c in brought.columns if c not in own.columns]
    kept = judged.reasons.loc[rows, [c for c in judged.reasons.columns if c not in items]]
    return frame[order], pd.concat([kept, blanks(brought, items)], axis=1)


def _office_rows(
    own: pd.DataFrame,
    means: pd.DataFrame,
    u_means: pd.DataFrame,
    items: Sequence[str],
    codes: np.ndarray,
    offices: pd.DataFrame,
    on: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    # What is the same for all users of an office (its district) describes the office and is kept.
    rest = own[[c for c in own.columns if c not in {on, *items, *means.columns, *u_means.columns}]]
    by = rest.groupby(codes)
    spread = by.nunique(dropna=False)
    alike = [c for c in rest.columns if bool((spread[c] == 1).all())]
    head = offices[["office", "n_partners", "n_users"]].reset_index(drop=True).rename(columns={"office": on})
    index = pd.RangeIndex(1, len(offices) + 1, name="row")
    frame = pd.concat([head, by[alike].first().reset_index(drop=True), means, u_means], axis=1).set_index(index)
    return frame, blanks(frame, items)


def _judgement(table: pd.DataFrame, offices: int, level: str) -> list[Note]:
    notes = []
    partner = table[table["respondent"] == "partner"]
    poor = partner[partner["verdict"] == "poor"]
    if len(poor):
        shown = some(
            (
                f"{r.construct} (rwg {r.rwg_median:.2f}, ICC(2) {r.icc2:.2f}, p {r.p_value:.3f})"
                for r in poor.itertuples()
            ),
            6,
        )
        notes.append(note("responses.aggregation_poor", n=len(poor), constructs=shown))
    if offices < VERY_FEW_OFFICES:
        notes.append(note("responses.very_few_offices", n=offices, least=VERY_FEW_OFFICES))
    elif offices < FEW_OFFICES:
        notes.append(note("responses.few_offices", n=offices, least=FEW_OFFICES))
    if level == "user":
        notes.append(note("responses.office_means_repeat", n=offices))
    return notes


def _joint_instrument(a: Instrument | None, b: Instrument | None) -> Instrument | None:
    """The instrument of the linked data: that of one side when it holds all, else both put together."""
    if a is None or b is None:
        return None
    if a == b or set(a.item_names) <= set(b.item_names):
        return b
    if set(b.item_names) <= set(a.item_names):
        return a
    own = {q.name for q in b.demographics}
    items = {i.name: i for i in (*a.items, *b.items)}
    constructs = {c.id: c for c in (*a.constructs, *b.constructs)}
    languages = tuple(x for x in b.languages if x in a.languages) or b.languages
    try:
        return dataclasses.replace(
            b,
            id="linked",
            items=tuple(items.values()),
            constructs=tuple(constructs.values()),
            languages=languages,
            default_language=b.default_language if b.default_language in languages else languages[0],
            demographics=(*b.demographics, *(q for q in a.demographics if q.name not in own)),
            proposals=(),
            scoring=(),
            status="draft" if "draft" in (a.status, b.status) else b.status,
        )
    except InstrumentError as error:
        raise InstrumentError(
            f"link: the instruments '{a.id}' and '{b.id}' do not fit together. Read both files with one instrument "
            f"that holds both sides. {error}"
        ) from error


def _is_factor(part: Part, instrument: Instrument | None) -> bool:
    # A composite is made up by its elements and never measured by them.
    return bool(part.elements) and (instrument is None or instrument.construct(part.id).kind == "reflective")


def _begun(responses: Responses) -> tuple[FlowStep, ...]:
    return responses.flow or (FlowStep("data", len(responses), 0),)


def _provenance(a: Provenance, b: Provenance) -> Provenance:
    both = hashlib.sha256((a.sha256 + b.sha256).encode()).hexdigest()
    return dataclasses.replace(
        b,
        file=" + ".join(f for f in (a.file, b.file) if f),
        sha256=both,
        reader="link",
        rows_read=a.rows_read + b.rows_read,
        mapping={**a.mapping, **b.mapping},
        matched_by={**a.matched_by, **b.matched_by},
        unmatched=tuple(dict.fromkeys((*a.unmatched, *b.unmatched))),
        dropped=tuple(dict.fromkeys((*a.dropped, *b.dropped))),
    )


def _plain(null: str | float | Sequence[float]) -> Any:
    return null if isinstance(null, str | int | float) else tuple(null)
