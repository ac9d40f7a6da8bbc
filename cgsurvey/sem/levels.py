"""What each level of measurement invariance asks of a model, as lines of syntax and options.

Labelled file. Continuous items: lavaan's ``group_equal``. Ordered items: the identification of Wu & Estabrook (2016),
in which latent variables, intercepts and scales get free in later groups as soon as equal thresholds and loadings
identify them:

============  =============================  ============================================================
level         equal over groups              free in later groups
============  =============================  ============================================================
configural    nothing                        thresholds, loadings
threshold     thresholds                     intercepts, scales (residual variances)
metric        + loadings                     + variances of latent variables
scalar        + intercepts (all zero)        + means of latent variables, intercepts fixed
strict        + residual variances (all 1)   scales fixed (parameterisation theta)
means         + means of latent variables    means fixed
============  =============================  ============================================================

An item with two categories has one threshold, which cannot identify intercept and scale together: its scale is free
only from the scalar level on, and its loading is not tested before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cgsurvey.sem.model.syntax import threshold_number
from cgsurvey.sem.model.table import ParameterTable

CONTINUOUS = ("configural", "metric", "scalar", "strict", "means")
ORDERED = ("configural", "threshold", "metric", "scalar", "strict", "means")
_KINDS = {
    "threshold": "thresholds",
    "metric": "loadings",
    "scalar": "intercepts",
    "strict": "residuals",
    "means": "means",
}


@dataclass(frozen=True)
class Asked:
    """What is added to a model for one level: lines of syntax, kinds that are equal, parameters excepted."""

    lines: tuple[str, ...]
    equal: tuple[str, ...]
    partial: tuple[str, ...]


def asked(table: ParameterTable, level: str, freed: Mapping[str, str], *, theta: bool) -> Asked:
    """Return what `level` asks of the model whose configural table this is.

    Parameters
    ----------
    table : ParameterTable
        The configural model.
    level : str
        One of `CONTINUOUS`, of `ORDERED` where items are ordered.
    freed : mapping of str to str
        Items that are not invariant, and the level from which on they are not.
    theta : bool
        Parameterisation of ordered items.
    """
    order = ORDERED if table.ordered else CONTINUOUS
    reached = order[1 : order.index(level) + 1]
    loose = {item: order.index(since) for item, since in freed.items() if order.index(since) <= order.index(level)}
    ordered = set(table.ordered)
    equal = [_KINDS[step] for step in reached]
    partial, lines = [], []
    for item, since in loose.items():
        if item in ordered:
            continue
        if order.index("metric") >= since and "metric" in reached:
            partial += [f"{f} =~ {item}" for f in factors_of(table, item)]
        if "scalar" in reached:
            partial.append(f"{item} ~ 1")
        if "strict" in reached:
            partial.append(f"{item} ~~ {item}")
    if reached and ordered:
        made, excepted = _ordered(table, level, loose, order, theta)
        lines += made
        partial += excepted
    higher = _higher(table)
    if "scalar" in reached and "means" not in reached:
        lines += [f"{f} ~ 0*1" for f in higher if not _said(table, f, "~1", "")]
    return Asked(tuple(lines), tuple(equal), tuple(partial))


def _ordered(
    table: ParameterTable, level: str, loose: Mapping[str, int], order: tuple[str, ...], theta: bool
) -> tuple[list[str], list[str]]:
    lines: list[str] = []
    partial: list[str] = []
    measured: set[str] = set()  # latent variables with a loading that is equal
    rest = ", NA" * (table.n_groups - 1)
    at = order.index(level)
    scalar, metric = at >= order.index("scalar"), at >= order.index("metric")
    for item in table.ordered:
        count = thresholds_of(table, item)
        since = loose.get(item, len(order))
        loadings = [f"{f} =~ {item}" for f in factors_of(table, item)]
        scale = f"{item} ~~ {{}}*{item}" if theta else f"{item} ~*~ {{}}*{item}"
        if since <= order.index("threshold"):  # nothing of the item is equal: as in the configural model
            partial += [f"{item} | t{k + 1}" for k in range(count)] + loadings * metric
            lines.append(scale.format("1"))
            continue
        two = count == 1
        held = scalar and since > order.index("scalar")  # intercept equal
        free_scale = held if two else True
        if at >= order.index("strict") and since > order.index("strict"):
            free_scale = False
        if metric and (since <= order.index("metric") or (two and not held)):
            partial += loadings
        else:
            measured |= set(factors_of(table, item))
        if not held:
            lines.append(f"{item} ~ c(0{rest})*1")
            partial += [f"{item} ~ 1"] * scalar
        if free_scale and theta and at >= order.index("strict"):
            partial.append(f"{item} ~~ {item}")
        lines.append(scale.format(f"c(1{rest})" if free_scale else "1"))
    if not scalar:
        lines += [f"{f} ~ 0*1" for f in table.latents if not _said(table, f, "~1", "")]
    if metric:  # without an equal loading the variance of a factor stays what its scale is
        measured |= {table.lhs[k] for k in table.where("=~") if table.rhs[k] not in table.ordered}
        lines += [f"{f} ~~ 1*{f}" for f in table.latents if f not in measured and not _said(table, f, "~~", f)]
    return lines, partial


def factors_of(table: ParameterTable, item: str) -> list[str]:
    """Latent variables that an item measures."""
    rows = (k for k in table.where("=~") if table.group[k] == 1 and table.rhs[k] == item)
    return [table.lhs[k] for k in rows]


def thresholds_of(table: ParameterTable, item: str) -> int:
    """Number of thresholds of an ordered item."""
    rows = (k for k in table.where("|") if table.group[k] == 1 and table.lhs[k] == item)
    return max((threshold_number(table.rhs[k]) for k in rows), default=0)


def indicators(table: ParameterTable) -> list[str]:
    """Observed variables that measure latent ones, in order."""
    measured = {table.rhs[k] for k in table.where("=~")}
    return [n for n in table.observed if n in measured]


def two_categories(table: ParameterTable) -> list[str]:
    """Ordered items with two categories."""
    return [n for n in table.ordered if thresholds_of(table, n) == 1]


def _higher(table: ParameterTable) -> list[str]:
    """Latent variables that are measured by latent ones."""
    latents = set(table.latents)
    return [f for f in table.latents if any(table.lhs[k] == f and table.rhs[k] in latents for k in table.where("=~"))]


def _said(table: ParameterTable, lhs: str, op: str, rhs: str) -> bool:
    """Tell whether the user wrote the parameter."""
    rows = zip(table.lhs, table.op, table.rhs, table.user, strict=True)
    return any((a, b, c) == (lhs, op, rhs) and user == 1 for a, b, c, user in rows)
