"""Wald tests of several constraints at once, and score tests of what a fitted model holds or leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr

from cgsurvey.base.errors import EstimationError, ModelError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Result
from cgsurvey.moments.sample import Floats
from cgsurvey.sem.derived.modification import Candidates, counted_rows, extend
from cgsurvey.sem.fitting.derivatives import MANY, gradient, information
from cgsurvey.sem.model.constraints import compiled
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, MEAN, Structure
from cgsurvey.sem.model.syntax import parse, parse_equalities
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.testing.score_test import Scores, released, score_tests

if TYPE_CHECKING:
    from cgsurvey.sem.result import SemFit

ACTIVE = 1e-8  # distance from its bound at which an inequality holds as an equality


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WaldTest(Result):
    """A Wald test of constraints that the model does not hold.

    `tidy()` has one row per constraint, ``constraint estimate std_error statistic p_value``: left side minus right
    side and its test by itself. `glance()` has the joint test, ``chisq df pvalue``.
    """

    table: pd.DataFrame
    chisq: float
    df: int
    vcov_of: str = ""

    @property
    def p_value(self) -> float:
        """p of the joint test."""
        return float(chdtrc(self.df, self.chisq))

    def tidy(self) -> pd.DataFrame:
        """Return one row per constraint."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return the joint test."""
        return pd.DataFrame({"chisq": [self.chisq], "df": [self.df], "pvalue": [self.p_value]})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ScoreTest(Result):
    """Score tests: what each equality costs the fit, or what each parameter that is left out would gain it.

    `tidy()` has one row per equality or parameter, ``constraint lhs op rhs chisq df p_value epc epc_lhs epc_rhs``, in
    the order of the model. `epc` is the expected change of the left side minus the right side, or of the added
    parameter, when it alone is released; `epc_lhs` and `epc_rhs` are those of the two sides where these are parameters.
    df is 0, and p NaN, where releasing changes nothing (a constraint that gives a factor its scale). `glance()` has the
    test of all together, ``chisq df pvalue``.

    Attributes
    ----------
    changes : DataFrame
        Expected change of every parameter when all are released: ``lhs op rhs group label estimate epc``.
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    chisq: float
    df: int

    @property
    def p_value(self) -> float:
        """p of all together; NaN without degrees of freedom."""
        return float(chdtrc(self.df, self.chisq)) if self.df else float("nan")

    def tidy(self) -> pd.DataFrame:
        """Return one row per equality or parameter."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return the test of all together."""
        return pd.DataFrame({"chisq": [self.chisq], "df": [self.df], "pvalue": [self.p_value]})


def wald(fit: SemFit, constraints: str) -> WaldTest:
    """Test equalities of labelled parameters; see `SemFit.wald`."""
    written = parse_equalities(constraints)
    texts = [(c.lhs.text, "==", c.rhs.text) for c in written]
    known = _labels(fit.table)
    absent = dict.fromkeys(n for c in written for side in (c.lhs, c.rhs) for n in side.names if n not in known)
    if absent:
        shown = [n for n in known if not n.startswith(".p")]
        hints = "".join(did_you_mean(n, known) for n in absent)
        have = f" The model has {some(shown)}." if shown else " Give labels in the model, e.g. 'y ~ b*x'."
        raise OptionError(f"no parameter bears the label {some(map(repr, absent))}.{hints}{have}")
    functions = compiled(fit.table, fit.structure, texts)
    if len(functions) < len(texts):
        raise OptionError("an equality of fixed values is no hypothesis; name parameters that were estimated.")
    if np.isnan(fit.covariance).any():
        raise EstimationError("a Wald test needs standard errors, and this fit has none.")
    h, J, _ = functions(fit.theta)
    V = J @ fit.covariance @ J.T
    size = np.sqrt(np.maximum(np.diag(V), 0.0))
    own = np.sqrt(J**2 @ np.diag(fit.covariance))
    held = [functions.texts[k] for k in range(len(h)) if not size[k] > 1e-7 * own[k]]
    if held:
        raise OptionError(f"the model itself holds {some(held)}: there is nothing to test. See fit.score_test().")
    R = V / np.outer(size, size)
    if np.linalg.eigvalsh(R)[0] < 1e-10:
        raise OptionError("some of these equalities follow from the others; leave out what is said twice.")
    z = h / size
    return WaldTest(
        table=pd.DataFrame(
            {
                "constraint": list(functions.texts),
                "estimate": h,
                "std_error": size,
                "statistic": z,
                "p_value": 2 * ndtr(-np.abs(z)),
            }
        ),
        chisq=float(z @ np.linalg.solve(R, z)),
        df=len(h),
        vcov_of=fit.options.se,
        meta=replace(fit.meta, function="wald", references=("wald1943",)),
    )


def score_test(fit: SemFit, *, add: str | None = None, release: Sequence[int] | None = None) -> ScoreTest:
    """Test what the model holds or leaves out; see `SemFit.score_test`."""
    if add is not None and release is not None:
        raise OptionError("give add= or release=, not both.")
    if fit.samples[0].curvature is None and fit.options.fiml and fit.structure.p > MANY:
        raise EstimationError(f"Score tests with missing values are available for up to {MANY} observed variables.")
    made = _released(fit, release) if add is None else _added(fit, add)
    notes: list[Note] = []
    if fit.options.se != "standard":
        notes.append(note("sem.score_not_robust", se=fit.options.se))
    if made[2].rank < len(made[0]):
        notes.append(note("sem.score_df", n=len(made[0]), df=made[2].rank))
    return ScoreTest(
        table=made[0],
        changes=made[1],
        chisq=made[2].total,
        df=made[2].rank,
        notes=tuple(notes),
        meta=replace(fit.meta, function="score_test", references=("rao1948", "saris1987")),
    )


def _released(fit: SemFit, release: Sequence[int] | None) -> tuple[pd.DataFrame, pd.DataFrame, Scores]:
    t, apart = fit.table, _apart(fit)
    rows = [int(k) for k in t.where("==") if len(compiled(t, apart, [(t.lhs[k], "==", t.rhs[k])]))]
    if not rows:
        raise ModelError(
            "The model holds no equalities that could be released. Labels that repeat, 'a == b' and group_equal make "
            "some; score_test(add='x1 ~~ x2') tests a parameter that is left out."
        )
    chosen = _chosen(rows, release)
    others = [k for k in rows if k not in chosen]
    theta = np.full(apart.q, np.nan)
    free = fit.structure.free >= 0
    theta[apart.free[free]] = fit.theta[fit.structure.free[free]]
    # Released ones first, then equalities that stay, then inequalities, of which only active ones bind.
    written = [(t.lhs[k], t.op[k], t.rhs[k]) for k in (*chosen, *others, *(int(k) for k in t.where("<", ">")))]
    functions = compiled(t, apart, written)
    c, J, _ = functions(theta)
    binding = (np.arange(len(c)) < functions.n_equal) | (np.abs(c) < ACTIVE)
    H = information(apart, theta, fit.samples)
    units = 1 / np.sqrt(np.maximum(np.diag(H), 1e-300))
    K, D, every = released(J[binding], len(chosen), units)
    found = score_tests(gradient(apart, theta, fit.samples), H, K, D, counted_rows(fit.samples), every)
    sides = [[_row_of(t, side) for side in (t.lhs[k], t.rhs[k])] for k in chosen]
    index = dict(zip(apart.row.tolist(), apart.free.tolist(), strict=True))

    def change(k: int, side: int | None) -> float:
        return float(found.change[k, index[side]]) if side is not None and index[side] >= 0 else float("nan")

    table = pd.DataFrame(
        {
            "constraint": [
                " == ".join(_side(fit, r, text) for r, text in zip(pair, (t.lhs[k], t.rhs[k]), strict=True))
                for k, pair in zip(chosen, sides, strict=True)
            ],
            "lhs": [t.lhs[k] for k in chosen],
            "op": [t.op[k] for k in chosen],
            "rhs": [t.rhs[k] for k in chosen],
            "chisq": found.each,
            "df": found.df,
            "p_value": _p(found),
            "epc": np.einsum("rq,rq->r", J[: len(chosen)], found.change),
            "epc_lhs": [change(k, pair[0]) for k, pair in enumerate(sides)],
            "epc_rhs": [change(k, pair[1]) for k, pair in enumerate(sides)],
        }
    )
    return table, _changes(fit, apart, theta, found.all_change), found


def _chosen(rows: Sequence[int], release: Sequence[int] | None) -> list[int]:
    if release is None:
        return list(rows)
    wrong = [k for k in release if not 1 <= k <= len(rows)]
    if wrong or not len(release):
        raise OptionError(
            f"release={list(release)} must name equalities by their number, 1 to {len(rows)}, in the order of "
            "score_test()."
        )
    return [rows[k - 1] for k in dict.fromkeys(release)]


def _added(fit: SemFit, add: str) -> tuple[pd.DataFrame, pd.DataFrame, Scores]:
    names = _wanted(fit, add)
    cells = [_place(fit.table, lhs, op, rhs) for lhs, op, rhs, _ in names]
    at = Candidates(
        np.array([g - 1 for *_, g in names], dtype=np.int64),
        *(np.array(c, dtype=np.int64) for c in zip(*cells, strict=True)),
    )
    larger, theta, _ = extend(fit.structure, fit.theta, at)
    q, extra = fit.structure.q, len(at)
    K, D = (
        np.vstack([fit.basis, np.zeros((extra, fit.basis.shape[1]))]),
        np.vstack([np.zeros((q, extra)), np.eye(extra)]),
    )
    H = information(larger, theta, fit.samples)
    found = score_tests(gradient(larger, theta, fit.samples), H, K, D, counted_rows(fit.samples))
    table = pd.DataFrame(
        {
            "constraint": [f"{_name(fit, *name)} == {theta[q + k]:g}" for k, name in enumerate(names)],
            "lhs": [n[0] for n in names],
            "op": [n[1] for n in names],
            "rhs": [n[2] for n in names],
            "chisq": found.each,
            "df": found.df,
            "p_value": _p(found),
            "epc": np.diag(found.change[:, q:]),
            "epc_lhs": np.diag(found.change[:, q:]),
            "epc_rhs": np.full(extra, np.nan),
        }
    )
    changes = pd.concat(
        [
            _changes(fit, fit.structure, fit.theta, found.all_change),
            pd.DataFrame(
                [(*n, "", float(theta[q + k]), float(found.all_change[q + k])) for k, n in enumerate(names)],
                columns=["lhs", "op", "rhs", "group", "label", "estimate", "epc"],
            ),
        ],
        ignore_index=True,
    )
    return table, changes, found


def _wanted(fit: SemFit, add: str) -> list[tuple[str, str, str, int]]:
    """Return the parameters that `add` names, each for every group."""
    said, t = parse(add), fit.table
    if said.constraints:
        said.fail(
            "Parameters to be added are written like those of a model, e.g. 'x1 ~~ x2'.", said.constraints[0].place
        )
    out: list[tuple[str, str, str]] = []
    for statement in said.statements:
        for left in statement.lhs:
            for right in statement.rhs:
                if right.modifiers or left.modifiers:
                    said.fail("A parameter to be added has no modifier.", right.place)
                op = "~1" if statement.op == "~" and not right.name else statement.op
                if op not in ("=~", "~", "~~", "~1"):
                    said.fail(f"Parameters with '{op}' cannot be added.", statement.place)
                if op == "~1" and not fit.structure.means:
                    said.fail("This model has no means; fit it with meanstructure=True.", right.place)
                for term in (left, right):
                    if term.name and term.name not in t.variables:
                        said.fail(
                            f"'{term.name}' is no variable of the model.{did_you_mean(term.name, t.variables)}",
                            term.place,
                        )
                if op == "=~" and left.name not in t.latents:
                    said.fail(f"'{left.name}' is no latent variable of the model.", left.place)
                if op in ("=~", "~") and left.name == right.name:
                    said.fail(f"'{left.name}' cannot be a cause of itself.", right.place)
                out.append((left.name, op, right.name))
    s = fit.structure
    free = {key for key, k in zip(zip(s.group, s.matrix, s.i, s.j, strict=True), s.free, strict=True) if k >= 0}
    named = [(*name, g) for g in range(1, t.n_groups + 1) for name in dict.fromkeys(out)]
    there = [_name(fit, *n) for n in named if (n[3] - 1, *_place(t, *n[:3])) in free]
    if there:
        raise OptionError(f"the model has these parameters already: {some(there)}. Leave them out of add=.")
    places = [(n[3], *_place(t, *n[:3])) for n in named]
    if len(set(places)) < len(places):
        raise OptionError("add= names one parameter twice.")
    return named


def _place(table: ParameterTable, lhs: str, op: str, rhs: str) -> tuple[int, int, int]:
    at = {name: k for k, name in enumerate(table.variables)}
    if op == "~1":
        return MEAN, at[lhs], 0
    a, b = at[lhs], at[rhs]
    if op == "~~":
        return COVARIANCE, max(a, b), min(a, b)
    return (ARROW, b, a) if op == "=~" else (ARROW, a, b)


def _apart(fit: SemFit) -> Structure:
    """The structure in which parameters that are set equal stand apart, numbered as in the table."""
    number = fit.table.free[fit.structure.row] - 1
    return replace(fit.structure, free=np.where(fit.structure.free >= 0, number, -1))


def _labels(table: ParameterTable) -> list[str]:
    defined = [table.lhs[k] for k in table.where(":=")]
    return [n for n in dict.fromkeys([*table.label, *defined, *table.plabel]) if n]


def _row_of(table: ParameterTable, side: str) -> int | None:
    """Return the row of the parameter that a side of an equality is, None for an expression."""
    for names in (table.plabel, table.label):
        found = next((k for k, n in enumerate(names) if n == side and table.group[k] > 0), None)
        if found is not None:
            return found
    return None


def _side(fit: SemFit, row: int | None, text: str) -> str:
    """Return a side of an equality for readers: the label that the user gave, or the parameter."""
    t = fit.table
    if row is None or (t.label[row] == text and text != t.plabel[row]):
        return text
    return _name(fit, t.lhs[row], t.op[row], t.rhs[row], int(t.group[row]))


def _name(fit: SemFit, lhs: str, op: str, rhs: str, group: int) -> str:
    label = f" [{fit.meta.groups[group - 1]}]" if fit.meta.groups else ""
    return f"{lhs} {op} {rhs}".rstrip() + label


def _p(found: Scores) -> Floats:
    return np.where(found.df > 0, chdtrc(np.maximum(found.df, 1), found.each), np.nan)


def _changes(fit: SemFit, made: Structure, theta: Floats, change: Floats) -> pd.DataFrame:
    t, free = fit.table, np.flatnonzero(made.free >= 0)
    rows, index = made.row[free], made.free[free]
    return pd.DataFrame(
        {
            "lhs": [t.lhs[k] for k in rows],
            "op": [t.op[k] for k in rows],
            "rhs": [t.rhs[k] for k in rows],
            "group": t.group[rows],
            "label": [t.label[k] for k in rows],
            "estimate": theta[index],
            "epc": change[index],
        }
    )
