"""Tables of Wald and score tests."""

from __future__ import annotations

from collections.abc import Mapping

from cgsurvey.present.numbers import show
from cgsurvey.present.table import Column, Table, Words
from cgsurvey.present.tables.style import Maker, Style, makers, rows_of, with_meta
from cgsurvey.sem.joint_tests import ScoreTest, WaldTest


@makers.register(WaldTest)
def _wald_makers(x: WaldTest) -> Mapping[str, Maker]:
    return {"wald": wald}


@makers.register(ScoreTest)
def _score_makers(x: ScoreTest) -> Mapping[str, Maker]:
    return {"score": score}


def wald(x: WaldTest, style: Style) -> Table:
    """Each constraint by itself, and all together below the table."""
    rows = tuple((r.constraint, r.estimate, r.std_error, r.statistic, r.p_value) for r in rows_of(x.tidy()))
    columns = (
        Column.of("constraint"),
        Column.of("difference"),
        Column.of("std_error"),
        Column.of("statistic"),
        Column.of("p_value"),
    )
    title = Words("Wald tests of constraints", "Uji Wald atas kendala")
    return with_meta(Table("", "wald", title, columns, rows, notes=(_together(x),)), x.meta)


def score(x: ScoreTest, style: Style) -> Table:
    """Each equality or parameter by itself, and all together below the table."""
    rows = tuple((r.constraint, r.chisq, r.df, r.p_value, r.epc) for r in rows_of(x.tidy()))
    columns = (
        Column.of("constraint"),
        Column.of("chisq"),
        Column.of("df"),
        Column.of("p_value"),
        Column.of("epc"),
    )
    title = Words("Score tests of constraints", "Uji skor atas kendala")
    notes = (
        Words(
            "EPC: expected change of the left side minus the right side when this constraint alone is released.",
            "EPC: perubahan yang diharapkan pada sisi kiri dikurangi sisi kanan bila hanya kendala ini yang dilepas.",
        ),
        _together(x),
        *(Words(n.render("en"), n.render("id")) for n in x.notes),
    )
    return with_meta(Table("", "score", title, columns, rows, notes=notes), x.meta)


def _together(x: WaldTest | ScoreTest) -> Words:
    def text(language: str, together: str, df: str) -> str:
        p = show(x.p_value, "p", language)
        p = p if p.startswith(("<", ">")) else f"= {p}"
        return f"{together}: χ²({df}) = {show(x.chisq, 'statistic', language)}, p {p}."

    return Words(text("en", "All together", str(x.df)), text("id", "Semuanya bersama", str(x.df)))
