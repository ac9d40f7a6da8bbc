"""Hypotheses about paths, stated before the data were seen and decided by a fitted model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, bullets, hint, said
from cgsurvey.base.notes import note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Result

if TYPE_CHECKING:
    from cgsurvey.sem.fit import SemFit
    from cgsurvey.sem.pooled import PooledFit

_FORM = re.compile(r"^(?P<lhs>[^\s~<>!=]+)\s*(?:(?P<op>=~|~~|~)\s*(?P<rhs>[^\s~<>!=]+))?\s*(?P<sign>>|<|!=)\s*0$")
_COLUMNS = ("estimate", "std_error", "std_all", "p_value", "ci_lower", "ci_upper")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Hypotheses(Result):
    """The decision on each hypothesis.

    `tidy()` has one row per hypothesis: ``hypothesis path expected estimate std_error std_all p_value ci_lower ci_upper
    decision``, where `decision` is "supported" (p below alpha, sign as expected), "not supported" (not enough
    evidence) or "opposite" (p below alpha, sign against it). p is two-sided.
    """

    table: pd.DataFrame
    alpha: float = 0.05

    def tidy(self) -> pd.DataFrame:
        """Return one row per hypothesis."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return the number of hypotheses and how many are supported."""
        decided = self.table["decision"]
        return pd.DataFrame({"count": [len(decided)], "n_supported": [int((decided == "supported").sum())]})


def test_hypotheses(fit: SemFit | PooledFit, hypotheses: Mapping[str, str], *, alpha: float = 0.05) -> Hypotheses:
    """Decide hypotheses such as ``{"H1": "shared_motivation ~ principled_engagement > 0"}`` by a fitted model.

    Parameters
    ----------
    fit : SemFit or PooledFit
        The fitted model, to one data set or to imputed ones.
    hypotheses : mapping of str to str
        Name to statement: a path (``y ~ x``) or a defined parameter (``indirect``), then ``> 0``, ``< 0`` or ``!= 0``.
        In a model with groups a path is decided in each of them, "H1 (city)"; whether groups differ is a matter of a
        defined parameter, or of `compare`.
    alpha : float, default 0.05
        Level of the two-sided test.

    Raises
    ------
    OptionError
        When a statement cannot be read or names a parameter that the model lacks; all such statements are listed.
    """
    fraction("alpha", alpha)
    parameters = fit.tidy()
    parameters = parameters[parameters["op"].isin(["=~", "~", "~~", ":="])]
    known: dict[str, list[pd.Series]] = {}
    for _, row in parameters.iterrows():
        known.setdefault(_name(row["lhs"], row["op"], row["rhs"]), []).append(row)
    rows, faults = [], []
    for name, statement in hypotheses.items():
        try:
            path, sign = expected(name, statement)
        except OptionError as fault:
            faults.append(fault.words())
            continue
        if path not in known:
            faults.append(said("sem.no_such_path", name=name, path=path, hint=hint(path, known)))
            continue
        for row in known[path]:
            group = f" ({fit.meta.groups[int(row['group']) - 1]})" if fit.meta.groups and row["group"] > 0 else ""
            rows.append({"hypothesis": f"{name}{group}", "path": path, "expected": sign} | _decide(row, sign, alpha))
    if faults:
        raise OptionError.of("sem.undecidable", faults=bullets(faults))
    notes = tuple(
        note("sem.hypothesis_not_estimated", hypothesis=r["hypothesis"], path=r["path"])
        for r in rows
        if r["decision"] == ""
    )
    table = pd.DataFrame(rows, columns=["hypothesis", "path", "expected", *_COLUMNS, "decision"])
    return Hypotheses(table=table, alpha=alpha, notes=notes, meta=replace(fit.meta, function="test_hypotheses"))


def expected(name: str, statement: str) -> tuple[str, str]:
    """Return the path ("y ~ x", or a defined parameter) of a hypothesis and the sign that it expects: > < or !=.

    Raises
    ------
    OptionError
        When the statement cannot be read.
    """
    found = _FORM.match(statement.strip())
    if found is None:
        raise OptionError.of("sem.no_hypothesis", name=name, statement=statement)
    return _name(found["lhs"], found["op"] or ":=", found["rhs"] or ""), found["sign"]


def _name(lhs: str, op: str, rhs: str) -> str:
    return lhs if op == ":=" else f"{lhs} {op} {rhs}"


def _decide(row: pd.Series, sign: str, alpha: float) -> dict[str, object]:
    out: dict[str, object] = {c: row[c] for c in _COLUMNS}
    p, estimate = float(row["p_value"]), float(row["estimate"])
    expected = {">": estimate > 0, "<": estimate < 0, "!=": True}[sign]
    if not np.isfinite(p):
        return out | {"decision": ""}
    return out | {"decision": "not supported" if p >= alpha else "supported" if expected else "opposite"}
