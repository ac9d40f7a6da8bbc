"""Tables of what becomes of conclusions under other reasonable choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cgsurvey.base.result import Meta
from cgsurvey.present.table import Cell, Column, Spanner, Table, Words
from cgsurvey.present.tables.style import Maker, Style, answer, label, makers, rows_of, said, term, with_meta
from cgsurvey.robustness import Fragility
from cgsurvey.robustness.fragility import LEFT_OUT
from cgsurvey.robustness.specifications import CARELESS, EVERYBODY, FLAGGED

MOST = 8  # hypotheses whose estimates stand side by side
SHORT = 32  # characters up to which the label of a column stands in a heading


@makers.register(Fragility)
def _fragility_makers(x: Fragility) -> Mapping[str, Maker]:
    return {
        "fragility": fragility,
        "fragility_range": fragility_range,
        "fragility_choices": lambda x, style: _specifications(x, "choice"),
        "fragility_offices": lambda x, style: _specifications(x, LEFT_OUT),
    }


def path_words(meta: Meta, path: str) -> Words:
    """Return the words for a path, "trust → quality", a correlation or a defined parameter."""
    parts = path.split()
    if len(parts) != 3:
        return label(meta, path)
    a, b = (label(meta, parts[k]) for k in (2, 0))
    a, b, sign = (a, b, "→") if parts[1] == "~" else (b, a, "↔" if parts[1] == "~~" else "→")
    return Words(f"{a.en} {sign} {b.en}", f"{a.id} {sign} {b.id}")


def unit_words(x: Fragility) -> Words:
    """Return what is left out one by one: the label of the column, its name where the label is a whole question."""
    column = str(x.meta.options.get("leave_out") or "")
    found = label(x.meta, column)
    own = found if max(len(found.en), len(found.id)) <= SHORT else Words(column, column)
    if own.en == column == "office":
        own = Words("office", "kantor")
    return Words(*(w if w[:2].isupper() else w[:1].lower() + w[1:] for w in (own.en, own.id)))


def hypothesis_words(x: Fragility, name: str, path: str, group: str) -> Words:
    """Name a hypothesis, or a path that bears no name of its own, with the group that it is about."""
    stem = name.removesuffix(f" ({group})") if group else name
    found = path_words(x.meta, path) if stem == path else Words(stem, stem)
    if not group:
        return found
    of = answer(x.meta, str(x.meta.options.get("group", "")), group)
    return Words(f"{found.en} ({of.en})", f"{found.id} ({of.id})")


def level_words(dimension: str, level: str) -> Words:
    """Return the words for one choice: an estimator, a sample, a treatment of missing answers."""
    if dimension == "respondents" and level not in (EVERYBODY, FLAGGED, CARELESS):
        rule = term("rule_name", level)
        return Words(f"without those flagged ({rule.en})", f"tanpa yang ditandai ({rule.id})")
    if dimension in ("weights", "cluster") and level != "none":
        return term("fragility", dimension)
    return term("fragility", f"{dimension}.{level}") if dimension != "estimator" else Words(level, level)


def specification_words(x: Fragility, number: int) -> Words:
    """Name a specification by the choices that differ from the main one."""
    rows = x.specifications.set_index("specification")
    main, row = rows.iloc[0], rows.loc[number]
    if row["left_out"]:
        left = answer(x.meta, str(x.meta.options.get("leave_out") or ""), row["left_out"])
        return Words(f"without {left.en}", f"tanpa {left.id}")
    names = ("estimator", "respondents", "weights", "cluster", "missing")
    changed = [level_words(n, str(row[n])) for n in names if row[n] != main[n]]
    if not changed:
        return term("fragility", "main")
    return Words(*(" + ".join(c.of(g) for c in changed) for g in ("en", "id")))


def main_words(x: Fragility) -> Words:
    """Name the choices of the main specification."""
    main = x.specifications.iloc[0]
    named = [level_words(n, str(main[n])) for n in ("estimator", "respondents", "missing")]
    named += [level_words(n, str(main[n])) for n in ("weights", "cluster") if main[n] != "none"]
    return Words(*(", ".join(w.of(g) for w in named) for g in ("en", "id")))


def _hypothesis(x: Fragility, r: Any) -> Words | None:
    """The name of a hypothesis; None where the path alone says it."""
    if r.hypothesis == r.path:
        return None
    if r.group and r.hypothesis == f"{r.path} ({r.group})":
        return answer(x.meta, str(x.meta.options.get("group", "")), r.group)
    return hypothesis_words(x, r.hypothesis, r.path, r.group)


def fragility(x: Fragility, style: Style) -> Table:
    """T22: the decision on each hypothesis, and how often other choices lead to the same one."""
    group, unit = "decision_thesis" if style.dialect == "thesis" else "decision", unit_words(x)
    rows: list[tuple[Any, ...]] = [
        (
            _hypothesis(x, r),
            path_words(x.meta, r.path),
            r.std_all,
            r.p_value,
            term(group, r.decision),
            r.n_specifications,
            r.same_sign_share,
            r.agree_share,
            r.n_left_out or None,
            r.left_out_agree_share if r.n_left_out else None,
        )
        for r in rows_of(x.conclusions)
    ]
    columns = [
        Column("hypothesis", Words("H", "H")),
        Column.of("path"),
        Column("std_all", Words("β", "β"), "coefficient", 3),
        Column.of("p_value"),
        Column.of("decision"),
        Column("n_specifications", Words("k", "k"), "count"),
        Column("same_sign_share", Words("Same sign (%)", "Tanda sama (%)"), "share"),
        Column("agree_share", Words("Same decision (%)", "Keputusan sama (%)"), "share"),
        Column("n_left_out", Words("k", "k"), "count"),
        Column("left_out_agree_share", Words("Same decision (%)", "Keputusan sama (%)"), "share"),
    ]
    spanners = [
        Spanner(Words("Main specification", "Spesifikasi utama"), ("std_all", "p_value", "decision")),
        Spanner(Words("Specifications", "Spesifikasi"), ("n_specifications", "same_sign_share", "agree_share")),
        Spanner(Words(f"Without one {unit.en}", f"Tanpa satu {unit.id}"), ("n_left_out", "left_out_agree_share")),
    ]
    if not x.conclusions["n_left_out"].any():
        columns, rows, spanners = columns[:-2], [r[:-2] for r in rows], spanners[:-1]
    if all(r[0] is None for r in rows):
        columns, rows = columns[1:], [r[1:] for r in rows]
    title = Words("Conclusions under other choices of analysis", "Simpulan menurut pilihan analisis lain")
    notes = (said("fragility", main=main_words(x)),)
    made = Table("T22", "fragility", title, tuple(columns), tuple(rows), spanners=tuple(spanners), notes=notes)
    return with_meta(made, x.meta)


def fragility_range(x: Fragility, style: Style) -> Table:
    """T22: range of each estimate, its error by leaving offices out, and what speaks most against the conclusion."""
    rows: list[tuple[Any, ...]] = []
    for r in rows_of(x.conclusions):
        worst = specification_words(x, r.worst) if r.worst else None
        name = hypothesis_words(x, r.hypothesis, r.path, r.group)
        rows.append((name, r.std_min, r.std_max, r.std_error, r.jackknife_error, worst, r.worst_std, r.worst_p))
    columns = [
        Column("hypothesis", Words("Hypothesis", "Hipotesis")),
        Column("std_min", Words("Smallest β", "β terkecil"), "coefficient", 3),
        Column("std_max", Words("Largest β", "β terbesar"), "coefficient", 3),
        Column("std_error", Words("SE (B)", "SE (B)"), "number", 3),
        Column("jackknife_error", Words("Jackknife SE (B)", "SE jackknife (B)"), "number", 3),
        Column("worst", Words("Specification", "Spesifikasi")),
        Column("worst_std", Words("β", "β"), "coefficient", 3),
        Column("worst_p", Words("p", "p"), "p"),
    ]
    if x.conclusions["jackknife_error"].isna().all():
        columns, rows = [*columns[:3], *columns[5:]], [r[:3] + r[5:] for r in rows]
    against = Spanner(Words("Speaks most against it", "Paling menentang"), ("worst", "worst_std", "worst_p"))
    title = Words("Range of the estimates over specifications", "Rentang estimasi antarspesifikasi")
    notes = (said("fragility_range"),)
    made = Table("T22", "fragility_range", title, tuple(columns), tuple(rows), spanners=(against,), notes=notes)
    return with_meta(made, x.meta)


def _specifications(x: Fragility, part: str) -> Table | None:
    """T22: every specification (or office left out) with its fit and estimates; a mark where the decision differs."""
    here = x.specifications
    here = here[here["part"].isin((part, "main") if part == "choice" else (part,))]
    if here.empty or (part == "choice" and len(here) == 1):
        return None
    shown = list(x.conclusions["hypothesis"])[:MOST]
    found = x.estimates.set_index(["hypothesis", "specification"])
    rows, unit, column = [], unit_words(x), str(x.meta.options.get("leave_out") or "")
    for r in rows_of(here):
        office = part == LEFT_OUT
        name: Any = answer(x.meta, column, r.left_out) if office else specification_words(x, r.specification)
        cells = [_estimate(found.loc[(h, r.specification)]) for h in shown]
        rows.append((name, r.n, *(getattr(r, m) for m in ("cfi", "rmsea", "srmr")), *cells))
    words = {r.hypothesis: hypothesis_words(x, r.hypothesis, r.path, r.group) for r in rows_of(x.conclusions)}
    title = Words("Estimates by specification", "Estimasi menurut spesifikasi")
    if part == LEFT_OUT:
        title = Words(f"Estimates without one {unit.en} each", f"Estimasi tanpa satu {unit.id} bergantian")
    head = Column("left_out", Words(*(w[:1].upper() + w[1:] for w in (unit.en, unit.id))))
    columns = (
        head if part == LEFT_OUT else Column("specification", Words("Specification", "Spesifikasi")),
        Column.of("n"),
        *(Column.of(m, digits=3) for m in ("cfi", "rmsea", "srmr")),
        *(Column(f"h{k}", words[h], "coefficient", 3) for k, h in enumerate(shown, 1)),
    )
    marks = {c.mark for row in rows for c in row if isinstance(c, Cell)}
    footnotes = {m: term("fragility", f"mark.{m}") for m in sorted(marks - {""})}
    name = "fragility_offices" if part == LEFT_OUT else "fragility_choices"
    spanner = Spanner(Words("β", "β"), tuple(f"h{k}" for k in range(1, len(shown) + 1)))
    made = Table("T22", name, title, columns, tuple(rows), spanners=(spanner,), footnotes=footnotes)
    return with_meta(made, x.meta)


def _estimate(row: pd.Series) -> Cell:
    if row["decision"] == "":
        return Cell(row["std_all"], mark="b")
    return Cell(row["std_all"], mark="" if row["agrees"] else "a")
