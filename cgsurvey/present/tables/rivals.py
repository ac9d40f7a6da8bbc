"""Tables of rival measurement models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.table import Cell, Column, Table, Words, cite, words
from cgsurvey.present.tables.style import Maker, Style, label, makers, rows_of, said, term, with_meta
from cgsurvey.reliability import Rivals

SHOWN = (
    "chisq",
    "df",
    "pvalue",
    "chisq_scaled",
    "pvalue_scaled",
    "cfi",
    "rmsea",
    "cfi_robust",
    "rmsea_robust",
    "srmr",
    "aic",
    "bic",
    "bic_weight",
)
THREE = ("cfi", "rmsea", "srmr", "cfi_robust", "rmsea_robust", "bic_weight")
WITHOUT = {"chisq_scaled": "chisq", "pvalue_scaled": "pvalue", "cfi_robust": "cfi", "rmsea_robust": "rmsea"}


@makers.register(Rivals)
def _makers(x: Rivals) -> Mapping[str, Maker]:
    return {"rivals": rivals, "rival_pairs": pairs, "rival_bifactor": bifactor, "rival_theory": theory}


def rivals(x: Rivals, style: Style) -> Table:
    """T23: models side by side, in order of df; robust statistics in place of naive ones where there are any."""
    found = x.tidy()
    there = [n for n in SHOWN if n in found and found[n].notna().any()]
    names = [n for n in there if n not in {WITHOUT[r] for r in there if r in WITHOUT}]
    rows = []
    for r in rows_of(found):
        marks = "".join(
            m for m, on in (("a", r.equivalent_to), ("b", not pd.isna(r.improper) and bool(r.improper))) if on
        )
        rows.append((Cell(label(x.meta, r.model), mark=", ".join(marks)), *(getattr(r, n) for n in names)))
    foot: dict[str, Words] = {}
    same = x.pairs[x.pairs["relation"] == "equivalent"]
    if len(same):
        both = [(label(x.meta, r.model_1), label(x.meta, r.model_2)) for r in rows_of(same)]
        en, id_ = ("; ".join(f"{a.of(k)} = {b.of(k)}" for a, b in both) for k in ("en", "id"))
        foot["a"] = Words(
            f"Equivalent, no data can tell them apart: {en}.",
            f"Ekuivalen, tidak ada data yang dapat membedakannya: {id_}.",
        )
    if found["improper"].fillna(False).any():
        foot["b"] = Words("Improper solution.", "Solusi tidak layak.")
    if {"a", "b"} <= set(foot):
        foot["a, b"] = Words("Both.", "Keduanya.")
    notes = [said("rivals")]
    if x.bifactor.size:
        notes.append(said("bifactor_bias"))
    columns = (Column.of("model"), *(Column.of(n, digits=3 if n in THREE else None) for n in names))
    used = {c.mark for r in rows for c in r if isinstance(c, Cell) and c.mark}
    made = Table(
        "T23",
        "rivals",
        Words("Rival measurement models", "Model pengukuran tandingan"),
        columns,
        tuple(rows),
        notes=tuple(notes),
        footnotes={k: v for k, v in foot.items() if k in used},
    )
    return with_meta(made, x.meta)


def pairs(x: Rivals, style: Style) -> Table | None:
    """T23: difference tests of nested pairs, Vuong's tests of the others."""
    if not len(x.pairs):
        return None
    rows: list[tuple[Any, ...]] = []
    for r in rows_of(x.pairs):
        p = Cell(r.p_value, mark="a" if r.boundary else "")
        rows.append(
            (
                label(x.meta, r.model_1),
                label(x.meta, r.model_2),
                term("relation", r.relation),
                r.chisq_diff,
                r.df_diff,
                p,
                r.p_distinct,
                r.z,
                r.p_vuong,
            )
        )
    columns = [
        Column("model_1", Words("Model (fewer df)", "Model (db lebih kecil)")),
        Column("model_2", Words("Rival", "Tandingan")),
        Column("relation", Words("Relation", "Hubungan")),
        Column.of("chisq_diff"),
        Column.of("df_diff"),
        Column.of("p_value"),
        Column("p_distinct", Words("p (distinct)", "p (terbedakan)"), "p"),
        Column("z", Words("z (Vuong)", "z (Vuong)"), "statistic"),
        Column("p_vuong", Words("p (Vuong)", "p (Vuong)"), "p"),
    ]
    if not np.isfinite(x.pairs["z"]).any():
        columns, rows = columns[:6], [r[:6] for r in rows]
    foot = {"a": said("boundary")} if x.pairs["boundary"].any() else {}
    made = Table(
        "T23",
        "rival_pairs",
        Words("Rival models in pairs", "Model tandingan berpasangan"),
        tuple(columns),
        tuple(rows),
        notes=(said("rival_pairs"),),
        footnotes=foot,
    )
    return with_meta(made, x.meta)


def bifactor(x: Rivals, style: Style) -> Table | None:
    """T23: indices of the bifactor model."""
    if not x.bifactor.size:
        return None
    rows = tuple((term("bifactor_index", str(k)), float(v)) for k, v in x.bifactor.items())
    columns = (Column.of("measure"), Column("estimate", Words("Value", "Nilai"), "coefficient", 3))
    title = Words("Indices of the bifactor model", "Indeks model bifaktor")
    return with_meta(Table("T23", "rival_bifactor", title, columns, rows, notes=(said("bifactor_bias"),)), x.meta)


def theory(x: Rivals, style: Style) -> Table | None:
    """T23: what each model claims, and who says so."""
    rows: list[tuple[Any, ...]] = []
    for r in rows_of(x.tidy()):
        if r.model in x.theory:
            rows.append((label(x.meta, r.model), words(x.theory[r.model]), _cited(r.source)))
    if not rows:
        return None
    columns = (Column.of("model"), Column("theory", Words("Claim", "Klaim")), Column.of("source"))
    return Table("T23", "rival_theory", Words("What the rivals claim", "Klaim model tandingan"), columns, tuple(rows))


def _cited(keys: str) -> Words | None:
    """Authors and years of the references named in a cell."""
    if pd.isna(keys) or not keys:
        return None
    en, id_ = ("; ".join(cite(k, language) for k in keys.split("; ")) for language in ("en", "id"))
    return Words(en, id_)
