"""The parameter table: the one language of syntax, automatic parameters, constraints and results.

Rows, their order and their defaults are those of lavaan 0.6.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.errors import ColumnNotFoundError, ModelSyntaxError, OptionError, did_you_mean, hints, some
from cgsurvey.base.options import choose_all
from cgsurvey.sem.model.expressions import evaluation_order
from cgsurvey.sem.model.syntax import Constraint, Place, Syntax, Term, parse, threshold_number

Kind = Literal["cfa", "sem", "growth"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GROUP_EQUAL = (
    "loadings", "intercepts", "means", "thresholds", "regressions",
    "residuals", "residual.covariances", "lv.variances", "lv.covariances",
)  # fmt: skip


@dataclass(frozen=True)
class ParameterTable:
    """One row per parameter, group by group; then ``:= == < >`` rows (group 0).

    Attributes
    ----------
    lhs, op, rhs : tuple of str
        The parameter; `op` is one of ``=~ ~ ~~ ~1 | ~*~ := == < >``; `rhs` of ``~1`` is "".
    group : ndarray of int
        1..G; 0 for ``:= == < >``.
    user : ndarray of int
        1 written by the user, 0 automatic, 2 equality that a repeated label implies.
    free : ndarray of int
        0 fixed, else 1.. in order of rows: each free row has its own number, as in lavaan; `placement` merges equals.
    exo : ndarray of int
        1 where the value is that of the sample (moments of covariates under ``fixed_x``).
    label, plabel : tuple of str
        The user's label, or the plabel of the first group's row where `group_equal` sets the rows equal; plabel is
        ``.p7.`` for row 7 (counted from 1), "" for ``:= == < >``.
    value : ndarray of float
        Fixed values; NaN where free, where `exo`, and for ``:= == < >``.
    start : ndarray of float
        The user's start values, else NaN.
    observed, latents : tuple of str
        Variables in lavaan's order; `observed` is the order of Sigma. All groups have the same.
    exogenous : tuple of str
        Observed covariates whose moments are those of the sample (empty unless ``fixed_x``).
    ordered : tuple of str
        Observed variables with thresholds.
    random_x : tuple of str
        Covariates that would be fixed, were not their variance, covariance or mean written in the model.
    products : tuple of str
        Observed variables written as ``x:z`` that are not columns: made as products of columns.
    n_groups : int
    means : bool
        True with a mean structure.
    theta : bool
        Parameterisation of ordered variables: "theta" if True, else "delta".
    """

    lhs: tuple[str, ...]
    op: tuple[str, ...]
    rhs: tuple[str, ...]
    group: Ints
    user: Ints
    free: Ints
    exo: Ints
    label: tuple[str, ...]
    plabel: tuple[str, ...]
    value: Floats
    start: Floats
    observed: tuple[str, ...]
    latents: tuple[str, ...]
    exogenous: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    random_x: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    n_groups: int = 1
    means: bool = False
    theta: bool = False

    def __len__(self) -> int:
        return len(self.lhs)

    @property
    def variables(self) -> tuple[str, ...]:
        """Observed, then latent variables: the order of v in `Structure`."""
        return self.observed + self.latents

    def where(self, *ops: str) -> Ints:
        """Return the rows (0-based) whose operator is one of `ops`."""
        return np.array([k for k, o in enumerate(self.op) if o in ops], dtype=np.int64)

    def name(self, row: int) -> str:
        """Return the parameter as text, e.g. "visual=~x2" (".g2" is added in the second group and after)."""
        g = int(self.group[row])
        return f"{self.lhs[row]}{self.op[row]}{self.rhs[row]}" + (f".g{g}" if g > 1 else "")


@dataclass
class _Row:
    """A parameter before it is repeated over groups: None where the user said nothing."""

    lhs: str
    op: str
    rhs: str
    user: int = 1
    fixed: tuple[float, ...] | None = None
    label: tuple[str, ...] | None = None
    equal: tuple[str, ...] | None = None
    start: tuple[float, ...] | None = None
    place: Place | None = None
    exo: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return _key(self.lhs, self.op, self.rhs)


def _key(lhs: str, op: str, rhs: str) -> tuple[str, str, str]:
    return (rhs, op, lhs) if op == "~~" and rhs < lhs else (lhs, op, rhs)


def parameter_table(
    syntax: Syntax | str,
    observed_names: Iterable[str] | None = None,
    *,
    kind: Kind = "cfa",
    groups: int = 1,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    std_lv: bool = False,
    orthogonal: bool = False,
    auto: bool = True,
    auto_fix_first: bool | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Mapping[str, int] | None = None,
    parameterization: Literal["delta", "theta"] = "delta",
) -> ParameterTable:
    """Complete a model by the automatic parameters of `kind`.

    Parameters
    ----------
    syntax : Syntax or str
        The model.
    observed_names : iterable of str, optional
        Columns of the data; what the model uses and the data lack raises ColumnNotFoundError. None: not checked.
    kind : {"cfa", "sem", "growth"}
        "growth" fixes the intercepts of observed variables and frees those of latent ones.
    groups : int
        Number of groups.
    meanstructure : bool, optional
        None: only where the model has intercepts or thresholds, `kind` is "growth", or there are several groups.
        (Callers set it True for fiml and for clusters.)
    fixed_x, std_lv, orthogonal, auto_fix_first : bool
        As in lavaan. `auto_fix_first` defaults to the opposite of `std_lv`.
    auto : bool
        False adds nothing but the moments of covariates: lavaan's function `lavaan()`.
    group_equal : sequence of str
        Kinds of parameters equal over groups, of `GROUP_EQUAL`.
    group_partial : sequence of str
        Parameters excepted from it, e.g. "x3 ~ 1".
    ordered : mapping of str to int, optional
        Number of thresholds of each ordered variable.
    parameterization : {"delta", "theta"}
        Which scale of ordered variables is free in later groups when thresholds are equal.

    Raises
    ------
    ModelSyntaxError
        A fault that has a place in the text.
    ColumnNotFoundError
        Variables that are not in the data; all of them at once.
    OptionError
        An unknown entry of `group_equal` or `group_partial`.
    """
    said = parse(str(syntax)) if isinstance(syntax, str) else syntax
    equal = choose_all("group_equal", group_equal, GROUP_EQUAL)
    rows = _user_rows(said, groups)
    ordered = dict(ordered or {})
    for row in rows:
        if row.op == "|":
            ordered[row.lhs] = max(ordered.get(row.lhs, 0), threshold_number(row.rhs))
    names = _names(rows)
    _orient(rows, names)
    names = _names(rows)  # the written order of covariances counts
    columns = None if observed_names is None else [str(n) for n in observed_names]
    products = _check_names(names, columns, rows, said)
    if meanstructure is None:
        meanstructure = bool(kind == "growth" or groups > 1 or ordered or any(r.op == "~1" for r in rows))
    if auto_fix_first is None:
        auto_fix_first = not std_lv
    free_ov, free_lv = (kind != "growth", kind == "growth") if auto else (False, False)
    rows += _automatic(rows, names, auto=auto, means=meanstructure, ordered=ordered)
    x, latents = set(names.x), set(names.latents)
    single = _single_indicators(rows) if auto else set()
    seen: set[str] = set()
    for row in rows:
        fixed: float | None = None
        if row.op == "=~" and row.lhs not in seen:
            seen.add(row.lhs)
            if auto and auto_fix_first:
                fixed = 1.0
        if row.user == 0:
            if row.op == "~1":
                free = free_lv if row.lhs in latents else (free_ov and row.lhs not in ordered)
                if row.lhs in x:
                    free, row.exo = True, fixed_x
                fixed = None if free else 0.0
            elif row.op == "~~" and row.lhs in x and row.rhs in x:
                row.exo = fixed_x
            elif row.op == "~~" and row.lhs == row.rhs:
                if row.lhs in ordered or (std_lv and auto and row.lhs in latents):
                    fixed = 1.0
                elif row.lhs in single:
                    fixed = 0.0
            elif row.op == "~~" and orthogonal and row.lhs in latents and row.rhs in latents:
                fixed = 0.0
            elif row.op == "~*~":
                fixed = 1.0
        if row.fixed is None and fixed is not None:
            # lavaan takes the start value of a marker for the value it is fixed to
            row.fixed = row.start if row.op == "=~" and row.start else (fixed,)
    return _assemble(
        rows, said, names, groups=groups, means=meanstructure, equal=equal, partial=group_partial, fixed_x=fixed_x,
        std_lv=std_lv and auto, auto=auto, ordered=ordered, theta=parameterization == "theta", products=products,
    )  # fmt: skip


def explained_variables(syntax: str, groups: int) -> tuple[str, ...]:
    """Observed variables of a model that are no covariates: those that may be ordered."""
    names = _names(_user_rows(parse(syntax), groups))
    return tuple(n for n in names.observed if n not in {*names.x, *names.random_x})


def _user_rows(said: Syntax, groups: int) -> list[_Row]:
    """Return one row per parameter the text names, with its modifiers."""
    known: dict[tuple[str, str, str], tuple[_Row, tuple[int, str]]] = {}
    for number, statement in enumerate(said.statements):
        for left in statement.lhs:
            for right in statement.rhs:
                op = "~1" if statement.op == "~" and not right.name else statement.op
                _check_pair(said, op, left, right)
                key = _key(left.name, op, right.name)
                once = (number, left.name)
                if key not in known:
                    known[key] = _Row(left.name, op, right.name, place=right.place), once
                elif known[key][1] != once or not right.modifiers:  # a second modifier may name its variable again
                    said.fail(f"'{left.name} {op} {right.name}' is in the model twice; keep one.", right.place)
                row = known[key][0]
                for modifier in right.modifiers:
                    if len(modifier.values) not in (1, groups):
                        have = (
                            f"there are {groups} groups" if groups > 1 else "without group='column' there is one group"
                        )
                        said.fail(f"This modifier has {len(modifier.values)} values; {have}.", modifier.place)
                    if getattr(row, modifier.kind) is not None:
                        said.fail(f"A second {modifier.kind} modifier for '{right.name}'; keep one.", modifier.place)
                    setattr(row, modifier.kind, modifier.values)
    return [row for row, _ in known.values()]


def _orient(rows: Sequence[_Row], names: _Names) -> None:
    """Write covariances as lavaan does: latent variables first, each kind in its order."""
    order = {n: k for k, n in enumerate((*names.latents, *names.observed))}
    for r in rows:
        if r.op == "~~" and order[r.rhs] < order[r.lhs]:
            r.lhs, r.rhs = r.rhs, r.lhs


def _check_pair(said: Syntax, op: str, left: Term, right: Term) -> None:
    if op in ("=~", "~") and left.name == right.name:
        said.fail(f"'{left.name}' cannot be a cause of itself.", right.place)
    if op == "|" and not threshold_number(right.name):
        said.fail(f"Thresholds are named t1, t2, ...; '{right.name}' is none.", right.place)
    if op == "~*~" and left.name != right.name:
        said.fail("A scaling factor has one variable: 'y ~*~ y'.", right.place)


@dataclass(frozen=True)
class _Names:
    """The variables by the part they play, each in lavaan's order."""

    observed: tuple[str, ...]
    latents: tuple[str, ...]
    x: tuple[str, ...]
    random_x: tuple[str, ...]
    y: tuple[str, ...]
    latent_x: tuple[str, ...]
    latent_y: tuple[str, ...]


def _names(rows: Sequence[_Row]) -> _Names:
    def unique(values: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(values))

    latents = unique(r.lhs for r in rows if r.op == "=~")
    is_latent = set(latents)
    indicators = unique(r.rhs for r in rows if r.op == "=~")
    outcomes = unique(r.lhs for r in rows if r.op == "~")
    predictors = unique(r.rhs for r in rows if r.op == "~")
    moments = [r.lhs for r in rows if r.op == "~~"] + [r.rhs for r in rows if r.op == "~~"]
    levels = [r.lhs for r in rows if r.op in ("~1", "|", "~*~")]
    observed = tuple(n for n in unique([*indicators, *outcomes, *predictors, *moments, *levels]) if n not in is_latent)
    described = set(moments) | {r.lhs for r in rows if r.op == "~1"}
    # A covariate whose variance, covariance or mean the user models is no fixed covariate.
    causes = tuple(n for n in observed if n in predictors and n not in {*outcomes, *indicators})
    x, random_x = tuple(n for n in causes if n not in described), tuple(n for n in causes if n in described)
    y = tuple(n for n in observed if n in outcomes and n not in {*predictors, *indicators})
    latent_x = tuple(n for n in latents if n not in {*indicators, *outcomes})
    latent_y = tuple(n for n in latents if n in outcomes and n not in {*indicators, *predictors})
    return _Names(observed, latents, x, random_x, y, latent_x, latent_y)


def _check_names(names: _Names, columns: list[str] | None, rows: Sequence[_Row], said: Syntax) -> tuple[str, ...]:
    """Check variables against the data; return the products to be made."""
    products = [n for n in names.observed if ":" in n]
    for name in products:
        parts = [p for p in name.split(":") if p in names.latents]
        if parts:
            place = next(r.place for r in rows if name in (r.lhs, r.rhs) and r.place)
            said.fail(f"'{name}' is a product of a latent variable ('{parts[0]}'), which is not supported.", place)
    if columns is None:
        return tuple(products)
    have = set(columns)
    made = tuple(n for n in products if n not in have)
    needed = dict.fromkeys(part for n in names.observed for part in (n.split(":") if n in made else [n]))
    absent = [n for n in needed if n not in have]
    if absent:
        known = [*columns, *names.latents]
        block = any(sum(r.op == "=~" and r.lhs == f and r.rhs in absent for r in rows) > 1 for f in names.latents)
        code = "sem.absent_items" if block and len(absent) < len(needed) else "sem.absent_variables"
        variables = "variables" if len(absent) > 1 else "variable"
        raise ColumnNotFoundError.of(code, n=len(absent), variables=variables, names=hints(absent, known, "\n  "))
    both = [n for n in names.latents if n in have]
    if both:
        place = next(r.place for r in rows if r.lhs == both[0] and r.op == "=~" and r.place)
        said.fail(
            f"These latent variables bear the name of a column of the data: {some(both)}. Rename one of the two.",
            place,
        )
    return made


def _automatic(
    rows: Sequence[_Row], names: _Names, *, auto: bool, means: bool, ordered: Mapping[str, int]
) -> list[_Row]:
    """Return the parameters that lavaan adds, in its order."""
    wanted: list[tuple[str, str, str]] = []
    x, scaled = set(names.x), [n for n in names.observed if n in ordered]
    if auto:
        wanted += [(n, "|", f"t{k + 1}") for n in scaled for k in range(ordered[n])]
        wanted += [(n, "~~", n) for n in (*(n for n in names.observed if n not in x), *names.latents)]
        for free in (names.latent_x, (*names.latent_y, *names.y)):
            wanted += [(a, "~~", b) for k, a in enumerate(free) for b in free[k + 1 :]]
    else:  # an ordered variable has a scale even where nothing is automatic
        wanted += [(n, "~~", n) for n in scaled]
    wanted += [(a, "~~", b) for k, a in enumerate(names.x) for b in names.x[k:]]
    wanted += [(n, "~*~", n) for n in scaled]
    if means:
        wanted += [(n, "~1", "") for n in (*names.observed, *names.latents)]
    known = {r.key for r in rows}
    return [_Row(lhs, op, rhs, user=0) for lhs, op, rhs in wanted if _key(lhs, op, rhs) not in known]


def _single_indicators(rows: Sequence[_Row]) -> set[str]:
    """Return the indicators that alone measure their latent variable and measure no other."""
    loadings = [(r.lhs, r.rhs) for r in rows if r.op == "=~"]
    per_latent, per_item = Counter(f for f, _ in loadings), Counter(i for _, i in loadings)
    return {i for f, i in loadings if per_latent[f] == 1 and per_item[i] == 1}


def _category(row: _Row, names: _Names) -> str:
    """Return the entry of GROUP_EQUAL that a parameter belongs to."""
    latent = row.lhs in names.latents
    if row.op == "~~":
        same = row.lhs == row.rhs
        if latent or row.rhs in names.latents:
            return "lv.variances" if same else "lv.covariances"
        return "residuals" if same else "residual.covariances"
    if row.op == "~1":
        return "means" if latent else "intercepts"
    return {"=~": "loadings", "~": "regressions", "|": "thresholds"}.get(row.op, "")


def _assemble(
    rows: list[_Row], said: Syntax, names: _Names, *, groups: int, means: bool, equal: Sequence[str],
    partial: Sequence[str], fixed_x: bool, std_lv: bool, auto: bool, ordered: Mapping[str, int], theta: bool,
    products: tuple[str, ...],
) -> ParameterTable:  # fmt: skip
    """Repeat the rows over groups, number them, tie what is equal, and add the constraints."""
    excepted = _excepted(partial, rows)
    kinds = [_category(r, names) for r in rows]
    tied = [k in equal and r.key not in excepted and not r.exo for r, k in zip(rows, kinds, strict=True)]
    free_means = ("intercepts" in equal or "thresholds" in equal) and "means" not in equal
    free_variances = std_lv and "loadings" in equal and "lv.variances" not in equal
    free_scales = "thresholds" in equal
    total = len(rows)
    value, start, label = [], [], []
    for g in range(groups):
        for r, kind, same in zip(rows, kinds, tied, strict=True):
            fixed = _pick(r.fixed, g, np.nan)
            if same and r.fixed is not None and r.label is None:
                # A value that is fixed in one group binds the others, where all are to be equal.
                fixed = next((v for v in r.fixed if not np.isnan(v)), np.nan)
            if g > 0 and r.user == 0 and auto:
                follows = kind == "residuals" and not same if theta else r.op == "~*~"
                frees = (
                    (free_means and kind == "means")
                    or (free_variances and kind == "lv.variances")
                    or (free_scales and r.lhs in ordered and follows)
                )
                if frees:
                    fixed = np.nan
            value.append(fixed)
            start.append(_pick(r.start, g, np.nan))
            label.append(_pick(r.label, g, ""))
    shared = {name: v for name, v in zip(label, value, strict=True) if name and not np.isnan(v)}
    # One fixed value binds all that bear its label.
    value = [shared.get(name, v) for name, v in zip(label, value, strict=True)]
    exo = [int(r.exo) for r in rows] * groups
    is_free = np.isnan(value) & (np.array(exo) == 0)
    free = np.where(is_free, np.cumsum(is_free), 0).tolist()
    plabel = [f".p{k + 1}." for k in range(total * groups)]
    # What group_equal ties carries the first group's name, as in lavaan.
    for k in range(total):
        if tied[k] and free[k]:
            later = [k + g * total for g in range(1, groups) if free[k + g * total] and not label[k + g * total]]
            if later and not label[k]:
                label[k] = plabel[k]
            for m in later:
                label[m] = label[k]
    _apply_equal(rows, said, groups, label, plabel)
    lhs, op, rhs = [r.lhs for r in rows] * groups, [r.op for r in rows] * groups, [r.rhs for r in rows] * groups
    user = [r.user for r in rows] * groups
    group = [g for g in range(1, groups + 1) for _ in rows]
    extra = [(c.lhs.text, c.op, c.rhs.text, 1, c.lhs.text if c.op == ":=" else "") for c in said.constraints]
    bearers: dict[str, list[str]] = {}
    for k, name in enumerate(label):
        if name and free[k]:
            bearers.setdefault(name, []).append(plabel[k])
    extra += [(first, "==", other, 2, "") for first, *others in bearers.values() for other in others]
    _check_constraints(said, {n for n in label if n} | set(plabel))
    n = len(extra)
    blank, zero = [np.nan] * n, [0] * n
    return ParameterTable(
        lhs=tuple(lhs + [e[0] for e in extra]),
        op=tuple(op + [e[1] for e in extra]),
        rhs=tuple(rhs + [e[2] for e in extra]),
        group=np.array(group + zero, dtype=np.int64),
        user=np.array(user + [e[3] for e in extra], dtype=np.int64),
        free=np.array(free + zero, dtype=np.int64),
        exo=np.array(exo + zero, dtype=np.int64),
        label=tuple(label + [e[4] for e in extra]),
        plabel=tuple(plabel + [""] * n),
        value=np.array(value + blank, dtype=float),
        start=np.array(start + blank, dtype=float),
        observed=names.observed,
        latents=names.latents,
        exogenous=names.x if fixed_x else (),
        ordered=tuple(v for v in names.observed if v in ordered),
        random_x=names.random_x if fixed_x else (),
        products=products,
        n_groups=groups,
        means=means,
        theta=theta,
    )


def _pick(values: tuple[Any, ...] | None, g: int, default: Any) -> Any:
    """Return the value of group g from a modifier that has one value for all groups or one per group."""
    return default if values is None else values[g if len(values) > 1 else 0]


def _excepted(partial: Sequence[str], rows: Sequence[_Row]) -> set[tuple[str, str, str]]:
    """Return the keys of the parameters that `group_partial` names."""
    known = {r.key for r in rows}
    found: set[tuple[str, str, str]] = set()
    for entry in [partial] if isinstance(partial, str) else partial:
        try:
            statements = parse(str(entry)).statements
        except ModelSyntaxError as error:
            raise OptionError(f"group_partial={entry!r} is no parameter such as 'f=~x2' or 'x3~1'. {error}") from error
        for s in statements:
            for left in s.lhs:
                for right in s.rhs:
                    key = _key(left.name, s.op if right.name else "~1", right.name)
                    if key not in known:
                        words = ["".join(k) for k in known]
                        raise OptionError(
                            f"group_partial={entry!r} is no parameter of the model.{did_you_mean(''.join(key), words)}"
                        )
                    found.add(key)
    return found


def _apply_equal(rows: Sequence[_Row], said: Syntax, groups: int, label: list[str], plabel: Sequence[str]) -> None:
    """Give the rows of ``equal("f=~x2")`` the label of the row they name."""
    at = {"".join((r.lhs, r.op, r.rhs)): k for k, r in enumerate(rows)}
    for k, row in enumerate(rows):
        for g in range(groups if row.equal else 0):
            wanted = re.sub(r"\s", "", str(_pick(row.equal, g, "")))
            name, _, later = wanted.partition(".g")
            if name not in at or not (later or "1").isdigit() or int(later or 1) > groups:
                said.fail(
                    f"equal('{wanted}') names no parameter of the model.{did_you_mean(wanted, at)}",
                    row.place or Place(1, 1),
                )
            target = at[name] + ((int(later) if later else g + 1) - 1) * len(rows)
            label[target] = label[target] or plabel[target]
            label[k + g * len(rows)] = label[target]


def _check_constraints(said: Syntax, labels: set[str]) -> None:
    """Check that the names in constraints exist, are new where they must be, and do not go round in a circle."""
    new: dict[str, Constraint] = {}
    for c in said.constraints:
        if c.op == ":=":
            name = c.lhs.text
            if name in labels:
                said.fail(f"'{name}' is the label of a parameter; a defined quantity needs a new name.", c.place)
            if name in new:
                said.fail(f"'{name}' is defined twice.", c.place)
            new[name] = c
    known = labels | set(new)
    absent: dict[str, Place] = {}
    for c in said.constraints:
        for name in (*(c.lhs.names if c.op != ":=" else ()), *c.rhs.names):
            if name not in known:
                absent.setdefault(name, _locate(said, c, name))
    if absent:
        first, place = next(iter(absent.items()))
        hints = "".join(did_you_mean(n, known) for n in absent)
        said.fail(
            f"No parameter bears the label {some(map(repr, absent))}.{hints} Labels are given in the model, "
            f"e.g. 'y ~ {first}*x'.",
            place,
        )
    try:
        evaluation_order({name: c.rhs for name, c in new.items()})
    except ModelSyntaxError as error:
        said.fail(error.message, next(iter(new.values())).place)


def _locate(said: Syntax, constraint: Constraint, name: str) -> Place:
    """Return where a name stands in a constraint."""
    lines = said.text.splitlines()
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
    at = constraint.place
    for number in range(at.line, len(lines) + 1):
        found = word.search(lines[number - 1], at.column - 1 if number == at.line else 0)
        if found:
            return Place(number, found.start() + 1)
    return at


def covariates(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables that only cause others and whose moments the model leaves alone."""
    outcomes = {lhs for lhs, op in zip(table.lhs, table.op, strict=True) if op == "~"}
    indicators = {rhs for rhs, op in zip(table.rhs, table.op, strict=True) if op == "=~"}
    causes = {rhs for rhs, op in zip(table.rhs, table.op, strict=True) if op == "~"} - outcomes - indicators
    modelled = {
        name
        for lhs, op, rhs, user in zip(table.lhs, table.op, table.rhs, table.user, strict=True)
        if op in ("~~", "~1") and user == 1
        for name in (lhs, rhs)
    }
    return tuple(n for n in table.observed if n in causes - modelled)
