"""Clean simulated answers made into what arrives from the field, and written as the programs of the field write it.

`cgsurvey.simulate` gives answers of people who all answer everything with care. Here some cells stay empty, some people
break off, some answer without reading; respondents get offices, weights, a profile and times; and the file is written
as KoboToolbox or Google Forms would export it.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

from cgsurvey.base.errors import OptionError, did_you_mean, some
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.parallel import streams
from cgsurvey.instrument import Instrument, Item
from cgsurvey.responses.behaviour import answered, careless_counts, draw_groups, manners, pages_of, ticked_per_page
from cgsurvey.responses.responses import Responses

SECONDS = {"": 7.0, "straight": 1.2, "random": 0.9}  # per item, typical
_COUNTED = ("_id", "_index")  # numbers in a workbook
PASSED = 0.98  # attention checks passed by people who read


@dataclass(frozen=True, eq=False)
class FieldData:
    """Answers as they would arrive, and the truth about who gave them.

    Attributes
    ----------
    responses : Responses
    truth : DataFrame
        Same rows: `careless` ("", "straight", "random") and `last_page` (construct after which the respondent broke
        off, "" for those who did not).
    """

    responses: Responses
    truth: pd.DataFrame


@dataclass(frozen=True)
class District:
    """A district of a simulated survey: kind ("city", "regency"), number of offices, people served."""

    area: str
    offices: int
    population: int


def draw_offices(n: int, districts: Mapping[str, District], *, seed: int) -> pd.DataFrame:
    """Spread n respondents evenly over offices and give them sampling weights.

    Returns
    -------
    DataFrame
        `district`, `area`, `office` ("K01", "K02", ...) and `weight` (mean 1): people served per respondent, where the
        people of a district are spread unevenly over its offices.
    """
    (rng,) = streams(seed, 1)
    rows = []
    for name, d in districts.items():
        share = rng.dirichlet(np.full(d.offices, 8.0))
        rows += [(name, d.area, s * d.population) for s in share]
    offices = pd.DataFrame(rows, columns=["district", "area", "served"])
    offices["office"] = [f"K{k + 1:02d}" for k in range(len(offices))]
    of = np.sort(np.arange(n) % len(offices))
    weight = (offices["served"] / np.bincount(of, minlength=len(offices))).to_numpy()[of]
    out = offices.loc[of, ["district", "area", "office"]].reset_index(drop=True)
    return out.assign(weight=np.round(weight / weight.mean(), 4))


def draw_profile(
    instrument: Instrument, n: int, shares: Mapping[str, Mapping[str, float] | tuple[int, int]], *, seed: int
) -> pd.DataFrame:
    """Draw answers to questions about the respondent.

    Parameters
    ----------
    shares : mapping
        Question to the shares of its choices, or to lowest and highest whole number.
    """
    rng = streams(seed, 2)[1]
    known = {q.name: q for q in instrument.demographics}
    out = {}
    for name, share in shares.items():
        if name not in known:
            raise OptionError(f"instrument '{instrument.id}' has no question '{name}'.{did_you_mean(name, known)}")
        if isinstance(share, tuple):
            out[name] = rng.integers(share[0], share[1] + 1, n).astype(str)
            continue
        scale = known[name].scale
        choices = {c.name for c in scale.choices} if scale is not None else set(share)
        if wrong := [c for c in share if c not in choices]:
            raise OptionError(f"question '{name}' has no choice {some(wrong)}.{did_you_mean(wrong[0], choices)}")
        p = np.array(list(share.values()), dtype=float)
        out[name] = np.array(list(share))[rng.choice(len(p), n, p=p / p.sum())]
    return pd.DataFrame(out, dtype="str")


def field_behaviour(
    clean: Responses,
    *,
    seed: int,
    missing: float = 0.0,
    dont_know: float = 0.0,
    break_off: float = 0.0,
    careless: Mapping[str, float] | None = None,
    start: str | None = None,
    days: int = 20,
) -> FieldData:
    """Make clean answers into what arrives.

    Parameters
    ----------
    clean : Responses
        As `cgsurvey.simulate` gives them, or a selection of their columns.
    seed : int
    missing : float
        Share of the cells of scale items that are left blank, completely at random.
    dont_know : float
        Share of cells with "don't know", where the scale offers it.
    break_off : float
        Share of respondents who stop after a page; a page is a construct.
    careless : mapping
        Share of respondents who tick one answer per page ("straight") or any answer ("random").
    start : str, optional
        First day of the field work, e.g. "2026-11-02": adds columns `start` and `end`.
    days : int
        Length of the field work.

    Returns
    -------
    FieldData
    """
    instrument = clean.instrument
    if instrument is None:
        raise OptionError("field_behaviour needs answers to an instrument: cg.simulate(instrument, n, seed=...).")
    for name, share in (("missing", missing), ("dont_know", dont_know), ("break_off", break_off)):
        fraction(name, share, closed=True)
    who, cells, clock = streams(seed, 3)
    n, items = len(clean), [i for i in instrument.items if i.name in clean.frame.columns]
    pages = pages_of(instrument, items)
    counts = [*careless_counts(careless, n), round(break_off * n)]
    if sum(counts) > n:
        raise OptionError("careless and break_off together exceed all respondents.")
    groups = draw_groups(n, counts, who)
    manner = manners(n, groups)
    names = list(dict.fromkeys(pages))
    last = np.full(n, len(names) - 1)
    last[groups[-1]] = who.integers(0, max(len(names) - 1, 1), len(groups[-1]))

    given: dict[str, np.ndarray] = {}
    whys: dict[str, np.ndarray] = {}
    page = np.array([names.index(p) for p in pages])
    ticked = ticked_per_page(n, len(names), who)
    for item, at in zip(items, page, strict=True):
        answers = clean.frame[item.name].to_numpy(dtype=float)
        scores = np.sort(np.array(item.scale.scores))
        if item.role == "attention_check":
            answers = np.where(cells.random(n) < PASSED, answers, cells.choice(scores, n))
        answers = answered(answers, manner, scores, ticked[:, at], cells)
        why = np.full(n, "", dtype=object)
        chance = cells.random(n)
        if item.role == "item":
            why[chance < missing] = "blank"
            if item.scale.missing:
                why[(chance >= missing) & (chance < missing + dont_know)] = "dont_know"
        why[last < at] = "blank"
        given[item.name], whys[item.name] = np.where(why != "", np.nan, answers), why
    frame = clean.frame.assign(**given).copy()
    reasons = pd.DataFrame({k: whys[k] for k in clean.reasons if k in whys}, index=frame.index, dtype="str")
    if start is not None:
        reached = (page[None, :] <= last[:, None]).sum(axis=1)
        frame = frame.assign(**_times(manner, reached, start, days, clock))
    broke = np.where(last < len(names) - 1, np.array(names, dtype=object)[last], "")
    truth = pd.DataFrame(
        {"careless": pd.array(manner, dtype="str"), "last_page": pd.array(broke, dtype="str")}, frame.index
    )
    return FieldData(clean.replace(frame=frame, reasons=reasons, simulated=True), truth)


def _times(manner: np.ndarray, answered: np.ndarray, start: str, days: int, rng: Generator) -> dict[str, list[str]]:
    """Return start and end of each interview as Kobo writes them, in order of rows."""
    n = len(manner)
    pace = np.array([SECONDS[k] for k in manner]) * np.exp(rng.normal(0, 0.25, n))
    seconds = np.maximum(np.round(pace * answered + 20), 15).astype(int)
    opened = np.sort(rng.integers(0, days, n) * 86_400 + rng.integers(8 * 3600, 15 * 3600, n))
    first = pd.Timestamp(start)
    begin = [first + pd.Timedelta(seconds=int(s)) for s in opened]
    end = [b + pd.Timedelta(seconds=int(s)) for b, s in zip(begin, seconds, strict=True)]
    return {"start": [_stamp(t) for t in begin], "end": [_stamp(t) for t in end]}


def _stamp(moment: pd.Timestamp) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+07:00")


# ---- files as programs write them ------------------------------------------------------------------------------------


def write_kobo(
    data: Responses,
    path: str | Path,
    *,
    values: Literal["codes", "labels"] = "codes",
    language: str = "id",
    groups: bool = False,
    form: str = "vSIM1",
) -> Path:
    """Write answers as KoboToolbox exports them: csv (";", all quoted, BOM) or xlsx, by the ending of `path`.

    Parameters
    ----------
    values : {"codes", "labels"}
        XML names and codes, or questions and answers in words.
    language : str
        Language of the words.
    groups : bool
        Put the block before the name (``en_dynamics/pe_dis1``).
    form : str
        Version of the form (column ``__version__``).
    """
    choose("values", values, ("codes", "labels"))
    table = _table(data, language if values == "labels" else "", groups)
    frame, n = data.frame, len(data)
    ends = frame["end"].astype(str) if "end" in frame else pd.Series([""] * n)
    marks = np.random.default_rng(np.random.SeedSequence(n))
    table |= {
        "_id": [str(451000 + k) for k in range(n)],
        "_uuid": [str(uuid.UUID(bytes=marks.bytes(16), version=4)) for _ in range(n)],
        "_submission_time": [e[:19] for e in ends],
        "_validation_status": [""] * n,
        "_notes": [""] * n,
        "_status": ["submitted_via_web"] * n,
        "_submitted_by": [""] * n,
        "__version__": [form] * n,
        "_tags": [""] * n,
        "_index": [str(k + 1) for k in range(n)],
    }
    target = Path(path)
    if target.suffix.lower() == ".xlsx":
        return _write_xlsx(table, target)
    return _write_csv(table, target, delimiter=";", quoting=csv.QUOTE_ALL, encoding="utf-8-sig")


def write_google_forms(data: Responses, path: str | Path, *, language: str = "id") -> Path:
    """Write answers as Google Forms exports them: csv, a time stamp first, questions as headers, answers in words."""
    frame = data.frame
    if "end" not in frame:
        raise OptionError("a Google Forms export has a time stamp: field_behaviour(..., start='2026-11-02').")
    stamps = pd.to_datetime(frame["end"].astype(str).str[:19])
    named = {"id": "Cap waktu"}.get(language, "Timestamp")
    hidden = [c for c in ("start", "end") if c in frame]
    table = {named: [t.strftime("%d/%m/%Y %H:%M:%S") for t in stamps]}
    table |= _table(data.replace(frame=frame.drop(columns=hidden)), language, False)
    return _write_csv(table, Path(path), delimiter=",", quoting=csv.QUOTE_MINIMAL, encoding="utf-8")


def _table(data: Responses, language: str, groups: bool) -> dict[str, list[str]]:
    """Return header to cells: times, questions and other columns, items; in codes when `language` is ""."""
    instrument = data.instrument
    if instrument is None:
        raise OptionError("writing needs answers to an instrument.")
    questions = {q.name: q for q in instrument.demographics}
    items = [i for i in instrument.items if i.name in data.frame.columns]
    measured = {i.name for i in items}
    names = [c for c in data.frame.columns if c not in measured]
    names = [c for c in ("start", "end") if c in names] + [c for c in names if c not in ("start", "end")]
    out: dict[str, list[str]] = {}
    for name in names:
        cells = ["" if pd.isna(v) else str(v) for v in data.frame[name]]
        question = questions.get(name)
        if question is not None and language:
            if question.scale is not None:
                words = {c.name: c.label.get(language, c.name) for c in question.scale.choices}
                cells = [words.get(c, c) for c in cells]
            name = question.label.get(language, name)
        out[name] = cells
    for item in items:
        header = item.label.get(language, item.name) if language else item.name
        out[f"{item.block}/{header}" if groups and item.block else header] = _cells(data, item, language)
    return out


def _cells(data: Responses, item: Item, language: str) -> list[str]:
    choices = {c.score: c for c in item.scale.choices if c.name not in item.scale.missing}
    words = {s: c.label.get(language, c.name) if language else c.name for s, c in choices.items()}
    unknown = item.scale.choice(item.scale.missing[0]) if item.scale.missing else None
    no_answer = {
        "dont_know": "" if unknown is None else unknown.label.get(language, unknown.name) if language else unknown.name
    }
    why = data.reasons[item.name] if item.name in data.reasons else pd.Series("", index=data.frame.index)
    return [
        no_answer.get(reason, "") if np.isnan(score) else words[score]
        for score, reason in zip(data.frame[item.name], why, strict=True)
    ]


def _write_csv(
    table: Mapping[str, list[str]], path: Path, *, delimiter: str, quoting: Literal[0, 1], encoding: str
) -> Path:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def _write_xlsx(table: Mapping[str, list[str]], path: Path) -> Path:
    """Write one sheet; the same table gives the same bytes, so times of writing are taken out."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Survei")
    sheet.append(list(table))
    for row in zip(*table.values(), strict=True):
        sheet.append([None if c == "" else int(c) if h in _COUNTED else c for h, c in zip(table, row, strict=True)])
    made, clean = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, compresslevel=9)
    path.write_bytes(clean.getvalue())
    return path
