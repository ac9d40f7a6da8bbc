"""The two sheets of the regulation: scores per respondent and element, and the index as it is published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, did_you_mean, some
from cgsurvey.present.numbers import language_of, show
from cgsurvey.present.publication_sheets import SHEET, SHEETS
from cgsurvey.present.table import Cell, Column, Table, Words
from cgsurvey.present.tables.satisfaction import element_words, value_words
from cgsurvey.present.tables.style import said, with_meta
from cgsurvey.present.tables.suppression import checked, hidden
from cgsurvey.present.writers import write_bytes
from cgsurvey.responses import Responses
from cgsurvey.service_quality import SatisfactionIndex, ikm
from cgsurvey.service_quality.elements import catalogue, gather

_LONG_DOCX = 3000  # respondents; a table of more rows takes Word minutes to open
_MOST_XLSX = 1_000_000
_RECAP = Words(
    "Scores of the satisfaction index per respondent and element of service",
    "Pengolahan Indeks Kepuasan Masyarakat per Responden dan per Unsur Pelayanan",
)


def ikm_recap(
    data: Responses | pd.DataFrame,
    path: str | Path | None = None,
    *,
    weight: Any = "exact",
    elements: Mapping[str, str] | None = None,
    users: Mapping[str, Any] | None = None,
    extra: Any = "refuse",
    scale: tuple[int, int] = (1, 4),
    unit: str = "",
    period: str = "",
    language: str = "id",
) -> Table:
    """Make the recap sheet of the regulation: scores per respondent and element, sums, means, weighted means, index.

    Respondents are numbered from 1 in the order of the data; nothing else about them stands in the sheet.

    Parameters
    ----------
    data : Responses or DataFrame
        Users of one unit and period.
    path : str or Path, optional
        A ``.docx`` or ``.xlsx`` file to be written as well.
    weight, elements, users, extra, scale
        As in `ikm`.
    unit, period : str
        Named in the title.
    language : {"en", "id"}

    Returns
    -------
    Table

    Raises
    ------
    OptionError
        For another kind of file, and for more respondents than such a file holds well.
    DataError, CodingError, SampleError
        As `ikm`.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> sheet = cg.ikm_recap(cg.load_sample(), unit="Kantor Contoh", period="2026")
    >>> sheet.to_frame().shape
    (587, 11)
    """
    language_of(language)
    made = _recap(
        data, {"weight": weight, "elements": elements, "users": users, "extra": extra, "scale": scale}, unit, period
    ).in_language(language)
    if path is None:
        return made
    target = Path(path)
    kind, n = target.suffix.lower(), len(made.rows) - 5
    if kind not in (".docx", ".xlsx"):
        raise OptionError(f"a recap sheet is a .docx or .xlsx file, not '{target.suffix}': '{target.stem}.xlsx'.")
    if n > (_LONG_DOCX if kind == ".docx" else _MOST_XLSX):
        instead = "write a workbook: path='recap.xlsx'" if kind == ".docx" else "make one sheet per unit"
        raise OptionError(f"{n} respondents are too many for one {kind} sheet; {instead}.")
    made.to_docx(target) if kind == ".docx" else made.to_xlsx(target)
    return made


def _recap(data: Responses | pd.DataFrame, options: dict[str, Any], unit: str, period: str) -> Table:
    x = ikm(data, design=False, **options)
    answers = gather(data, [], **{k: v for k, v in options.items() if k != "weight"})
    rows: list[tuple[Any, ...]] = [
        (k + 1, *(None if v != v else int(v) for v in row)) for k, row in enumerate(answers.x.tolist())
    ]
    frame = x.overall_elements
    whole = x.overall.iloc[0]
    share = frame["nrr_weighted"].iloc[0] / frame["nrr"].iloc[0]
    spoken = [show(share, "number", g, 4) for g in ("en", "id")]
    wide = [None] * (len(frame) - 1)
    rows += [
        (Words("Sum", "Jumlah nilai per unsur"), *frame["sum"]),
        (Words("Answers given", "Jumlah jawaban terisi"), *frame["n"]),
        (Words("NRR = sum / answers", "NRR per unsur = jumlah nilai / jawaban terisi"), *_cells(frame["nrr"])),
        (
            Words(f"Weighted NRR = NRR × {spoken[0]}", f"NRR tertimbang per unsur = NRR × {spoken[1]}"),
            *_cells(frame["nrr_weighted"]),
        ),
        (
            Words(f"Index = 25 × sum of weighted NRR; grade {whole['grade']}",
                  f"IKM = 25 × jumlah NRR tertimbang; mutu {whole['grade']}"),
            Cell(whole["ikm"], kind="number", digits=2),
            *wide,
        ),
    ]  # fmt: skip
    n = len(answers.x)
    where = [part for part in (unit, period) if part]
    title = Words(*(". ".join([_RECAP.of(g), *([", ".join(where)] if where else [])]) for g in ("en", "id")))
    legend = Words(*("; ".join(element_words(x.meta, u).of(g) for u in catalogue()) + "." for g in ("en", "id")))
    columns = (
        Column("respondent", Words("Respondent", "Nomor responden")),
        *(Column(u, Words(u, u), "count") for u in catalogue()),
    )
    notes = tuple(Words(m.render("en"), m.render("id")) for m in x.notes if m.level != "info")
    made = Table(
        "T25",
        "recap",
        title,
        columns,
        tuple(rows),
        groups={0: Words("Scores", "Nilai unsur pelayanan"), n: Words("Result", "Hasil pengolahan")},
        notes=(legend, said("satisfaction"), *notes),
    )
    return with_meta(made, x.meta)


def _cells(values: pd.Series) -> list[Cell]:
    return [Cell(float(v), kind="number", digits=3) for v in values]


def ikm_publication(
    index: SatisfactionIndex,
    path: str | Path,
    *,
    group: Mapping[str, Any] | None = None,
    unit: str = "",
    period: str = "",
    min_cell: int = 5,
    language: str = "id",
) -> Path:
    """Write the sheet by which a unit publishes its index: value, grade, respondents, means of the elements, one page.

    Parameters
    ----------
    index : SatisfactionIndex
    path : str or Path
        A ``.docx`` or ``.xlsx`` file.
    group : mapping, optional
        Which group, {"office": "K01"}; all users without it.
    unit, period : str
        As they are to be printed; default the words of the group.
    min_cell : int
        Fewest respondents that are shown: an index of fewer is refused, counts of fewer are hidden with others from
        which they could be computed.
    language : {"en", "id"}

    Returns
    -------
    Path

    Raises
    ------
    SampleError
        When the group has fewer than `min_cell` respondents, or no index.
    OptionError
        When there is no such group, and for another kind of file.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.ikm_publication(cg.ikm(cg.load_sample()), "ikm.docx", unit="Kantor Contoh", period="2026").name
    'ikm.docx'
    """
    language_of(language)
    least, target = checked(min_cell), Path(path)
    kind = target.suffix.lower()
    if kind not in SHEETS:
        raise OptionError(
            f"the publication sheet is a .docx or .xlsx file, not '{target.suffix}': '{target.stem}.docx'."
        )
    row, elements, profile = _chosen(index, group)
    if row["n"] < least:
        raise SampleError(
            f"{row['n']} respondents are fewer than {least}: an index of so few is not published, because single "
            "answers could be recognised. Join units or periods."
        )
    if not row["grade"]:
        raise SampleError("this group has no index: nobody in it answered one of the nine elements.")
    said_unit = unit or _spoken(index, group, [c for c in index.by if c != index.period], language)
    said_period = period or _spoken(index, group, [c for c in index.by if c == index.period], language)
    sheet = SHEETS[kind](index, language)
    sheet.head(said_unit)
    sheet.box(row, _facts(index, row, profile, said_unit, said_period, least, language))
    sheet.elements(elements)
    sheet.foot(least)
    return write_bytes(target, sheet.to_bytes())


def _chosen(x: SatisfactionIndex, group: Mapping[str, Any] | None) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    if group is None:
        counts = x.profile.groupby(["variable", "category"], sort=False)["count"].sum().reset_index()
        return x.overall.iloc[0].to_dict(), x.overall_elements, counts
    wrong = [f" '{c}'.{did_you_mean(c, x.by)}" for c in group if c not in x.by]
    if wrong or set(group) != set(x.by):
        known = some(x.by) or "the index has none"
        raise OptionError(
            f"group={dict(group)!r} must name a value of each column of groups ({known}).{''.join(wrong)}"
        )
    parts = [x.groups, x.elements, x.profile]
    for column, value in group.items():
        parts = [p[p[column].astype(str) == str(value)] for p in parts]
    if parts[0].empty:
        told = x.groups[list(x.by)].astype(str).agg(" / ".join, axis=1)
        raise OptionError(f"there is no group {dict(group)!r}. There are: {some(told, 8)}.")
    return parts[0].iloc[0].to_dict(), parts[1], parts[2]


def _spoken(x: SatisfactionIndex, group: Mapping[str, Any] | None, columns: list[str], language: str) -> str:
    if group is None:
        return ""
    return ", ".join(value_words(x.meta, c, group[c]).of(language) for c in columns)


def _facts(
    x: SatisfactionIndex,
    row: Mapping[str, Any],
    profile: pd.DataFrame,
    unit: str,
    period: str,
    least: int,
    language: str,
) -> list[tuple[str, list[str]]]:
    """Return what stands beside the value: heading and lines."""
    people = SHEET["people"].of(language).format(n=show(row["n"], "count", language))
    facts = [(SHEET["number"].of(language), [people])]
    for name, block in profile.groupby("variable", sort=False):
        counts = block.sort_values("count", ascending=False, kind="stable")
        shut = hidden([int(c) for c in counts["count"]], least)
        lines = []
        for k, r in enumerate(counts.to_dict("records")):
            blank = r["category"] in ("", "nan")
            word = SHEET["blank"].of(language) if blank else value_words(x.meta, str(name), r["category"]).of(language)
            lines.append(f"{word}: {'s' if k in shut else show(r['count'], 'count', language)}")
        facts.append((x.meta.label(str(name), language), lines))
    facts += [(SHEET["period"].of(language), [period])] if period else []
    return [(SHEET["unit"].of(language), [unit]), *facts] if unit else facts
