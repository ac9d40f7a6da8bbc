"""Tables of local fit (T14): the largest modification indices and residual correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import EstimationError
from cgsurvey.present.numbers import show
from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.estimation import in_group, of_model
from cgsurvey.present.tables.style import Style, label, rows_of, said, with_meta
from cgsurvey.sem import SemFit

MI_CUT, RESIDUAL_CUT, SHOWN = 3.84, 0.10, 10


def largest_mi(x: SemFit, style: Style) -> tuple[pd.DataFrame, str]:
    """Return the largest modification indices above 3.84, largest first, or why there are none."""
    return style.once("mi", x, lambda: _largest_mi(x))


def _largest_mi(x: SemFit) -> tuple[pd.DataFrame, str]:
    try:
        found = x.modification_indices()
    except EstimationError as error:
        return pd.DataFrame(columns=["lhs", "op", "rhs", "group", "mi", "epc", "sepc_all"]), str(error)
    return found[found["mi"] > MI_CUT].sort_values("mi", ascending=False, kind="stable").head(SHOWN), ""


def parameter(x: SemFit, row: Any) -> Words:
    """Return a parameter in the words of the report: latent variables by their labels, items by their codes."""
    ends = [label(x.meta, n) if n in x.latents else Words(n, n) for n in (str(row.lhs), str(row.rhs))]
    return Words(*(f"{ends[0].of(g)} {row.op} {ends[1].of(g)}" for g in ("en", "id")))


def modification(x: SemFit, style: Style) -> Table | None:
    """T14: the largest modification indices."""
    found, _ = largest_mi(x, style)
    if found.empty:
        return None
    several = len(x.meta.groups) > 1
    rows = []
    for r in rows_of(found):
        words = parameter(x, r)
        rows.append((in_group(x, int(r.group), words) if several else words, r.mi, r.epc, r.sepc_all))
    columns = (
        Column("parameter", Words("Parameter left out", "Parameter yang tidak dimasukkan")),
        Column.of("mi"),
        Column.of("epc"),
        Column.of("sepc_all"),
    )
    notes = (said("modification", shown=len(rows)),)
    made = Table(
        "T14",
        "modification",
        of_model(x, "Local fit: largest modification indices", "Kecocokan lokal: indeks modifikasi terbesar"),
        columns,
        tuple(rows),
        notes=notes,
    )
    return with_meta(made, x.meta)


def large_residuals(x: SemFit) -> tuple[pd.DataFrame, int, int]:
    """Return residual correlations beyond .10 (`group lhs rhs r`, largest first), how many, and of how many."""
    found = x.residuals("cor")
    frames = found if isinstance(found, dict) else {"": found}
    rows, total = [], 0
    for group, frame in frames.items():
        if not isinstance(frame, pd.DataFrame):
            continue
        names = [n for n in x.observed if n in frame.index and n in frame.columns]
        values = frame.loc[names, names].to_numpy(dtype=float)
        i, j = np.tril_indices(len(names), -1)
        total += len(i)
        rows += [
            (group, names[a], names[b], values[a, b])
            for a, b in zip(i, j, strict=True)
            if abs(values[a, b]) > RESIDUAL_CUT
        ]
    large = pd.DataFrame(rows, columns=["group", "lhs", "rhs", "r"])
    return large.sort_values("r", key=abs, ascending=False, kind="stable"), len(rows), total


def _counted(n: int) -> Words:
    return Words(*(show(n, "count", g) for g in ("en", "id")))


def residuals(x: SemFit, style: Style) -> Table | None:
    """T14: residual correlations beyond .10."""
    large, count, total = large_residuals(x)
    if large.empty:
        return None
    rows = []
    for r in rows_of(large.head(SHOWN)):
        pair = f"{r.lhs} – {r.rhs}"
        words = Words(pair, pair)
        rows.append((in_group(x, x.meta.groups.index(r.group) + 1, words) if r.group else words, r.r))
    columns = (
        Column("pair", Words("Items", "Butir")),
        Column("r", Words("Residual correlation", "Korelasi residual"), "coefficient", 3),
    )
    notes = (said("residuals", count=_counted(count), total=_counted(total), shown=len(rows)),)
    made = Table(
        "T14",
        "residuals",
        of_model(x, "Local fit: largest residual correlations", "Kecocokan lokal: korelasi residual terbesar"),
        columns,
        tuple(rows),
        notes=notes,
    )
    return with_meta(made, x.meta)
