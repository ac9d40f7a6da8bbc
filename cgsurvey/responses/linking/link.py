"""Linking the two sides of a service: partners who govern it and users who judge it, matched by office."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import (
    DataError,
    InstrumentError,
    OptionError,
    SampleError,
    some,
)
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.references import rule
from cgsurvey.base.result import Meta, data_hash
from cgsurvey.responses import raters
from cgsurvey.responses.agreement import expected_variance, one_way, worst
from cgsurvey.responses.design import Design
from cgsurvey.responses.linking.linkage import Linkage
from cgsurvey.responses.linking.offices import (
    counts,
    matched,
    named_offices,
    office_means,
    office_rows,
    sampling_covariance,
    unlinked_notes,
    user_rows,
)
from cgsurvey.responses.linking.sides import two_sides
from cgsurvey.responses.responses import FlowStep, Provenance, Responses
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import Constructs, Part, file_of

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument

FEW_OFFICES = 50  # Maas & Hox (2005): below it standard errors at the upper level are too small
VERY_FEW_OFFICES = 20  # Cameron & Miller (2015): below it cluster-robust errors are not to be relied on
_MEAN = "_mean"


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
    same thing; rwg, ICC(1) and ICC(2) with their F test tell whether they do (`responses.linking.linkage`).

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

    Examples
    --------
    >>> import cgsurvey as cg
    >>> both = cg.link(cg.load_sample("partners"), cg.load_sample("users"))
    >>> len(both), both.design.cluster
    (900, 'office')
    """
    choose("level", level, ("user", "office"))
    fraction("min_valid", min_valid, closed=True)
    faults = [
        f"{k}={v!r} must be 1 or more." for k, v in (("min_partners", min_partners), ("min_users", min_users)) if v < 1
    ]
    if faults:
        raise OptionError("link: " + " ".join(faults))
    governed, judged, parts, user_parts = two_sides(partners, users, on, constructs)
    notes: list[Note] = []
    p_office, u_office = named_offices(governed, judged, on, notes)
    offices = matched(p_office, u_office, min_partners, min_users)
    linked = offices.index[offices["status"] == "linked"]
    if len(linked) < 2:
        seen = {"partners": some(p_office.dropna().unique(), 4), "users": some(u_office.dropna().unique(), 4)}
        raise SampleError.of(
            "responses.few_offices_linked", n=len(linked), of=len(offices), counts=counts(offices), on=on, **seen
        )
    notes += unlinked_notes(offices, on)
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
    means = office_means(
        pd.concat([answers[list(items)], scores.add_suffix(_MEAN)], axis=1), p_codes, p_weights, len(linked)
    )
    columns = {c: f"{c}{_MEAN}" for c in scores.columns}
    covariance, tops = sampling_covariance(scores, p_codes), tuple(p.id for p in parts)
    own = judged.frame[u_rows] if instrument is not None else judged.keyed[u_rows]
    if level == "user":
        frame, reasons = user_rows(judged, own, u_rows, means, items, u_codes)
        design = dataclasses.replace(judged.design or Design(), cluster=on)
    else:
        u_keyed = judged.keyed[u_rows]
        u_scores = score_parts(u_keyed, user_parts, min_valid=min_valid)
        u_items = [i for i in judged.items if i not in items and own[i].notna().any()]
        both = pd.concat([own[u_items], u_scores.add_suffix(_MEAN)], axis=1)
        u_means = office_means(both, u_codes, _weights(judged, u_rows, notes), len(linked))
        frame, reasons = office_rows(own, means, u_means, [*items, *u_items], u_codes, offices.loc[linked], on)
        table = pd.concat(
            [table, _gate(judged, u_keyed, u_scores, user_parts, u_codes, on, null, "user")], ignore_index=True
        )
        columns |= {c: f"{c}{_MEAN}" for c in u_scores.columns}
        # Partners and users are different people, so that the errors of their means are independent.
        covariance = covariance.join(sampling_covariance(u_scores, u_codes), how="outer").fillna(0.0)
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
