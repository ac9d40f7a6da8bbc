"""Direct, indirect and total effects between the variables of a model, with exact derivatives, for many draws at once.

Numeric file. B holds the arrows between the variables that regressions connect, B_ij from j to i. Total effects are
(I - B)^-1 - I, loops included (Bollen, 1987); a specific indirect effect is the product of the arrows on its path; with
E = (I - B)^-1::

    dE_kl / dB_ij = E_ki E_jl

Standardised effects are the same functions of the standardised arrows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgsurvey.base.errors import ModelError
from cgsurvey.moments.sample import Floats, Ints
from cgsurvey.sem.model.structure import ARROW, COVARIANCE, Structure
from cgsurvey.sem.model.table import ParameterTable
from cgsurvey.sem.resampling.batch import Cells, inverses
from cgsurvey.sem.resampling.drawn import standardized_cells

Kind = Literal["indirect", "total indirect", "direct", "total", "contrast"]
MOST = 400  # specific paths from one variable to another that are listed


@dataclass(frozen=True)
class Effect:
    """One effect of `cause` on `outcome` (places among the variables of the model) in one group.

    Attributes
    ----------
    path : tuple of int
        Variables on the path, cause and outcome included; of a contrast the first path; empty otherwise.
    minus : tuple of int
        Of a contrast, the second path.
    exists : bool
        False for a direct effect that the model does not have.
    """

    kind: Kind
    group: int
    cause: int
    outcome: int
    path: tuple[int, ...] = ()
    minus: tuple[int, ...] = ()
    exists: bool = True


@dataclass(frozen=True)
class Effects:
    """All effects that a model implies.

    Attributes
    ----------
    variables : tuple of int
        Variables that regressions connect, in the order of the model.
    causes, outcomes : tuple of int
        Those without a cause of their own; those that have causes and no effect.
    circle : tuple of int
        Variables that affect themselves through others: with any, specific paths are without number.
    mediated : frozenset of (cause, outcome)
        Pairs that more than their own arrow joins.
    rows : tuple of Effect
    arrows : tuple of mapping (i, j) to cell, one per group
    """

    variables: tuple[int, ...]
    causes: tuple[int, ...]
    outcomes: tuple[int, ...]
    circle: tuple[int, ...]
    mediated: frozenset[tuple[int, int]]
    rows: tuple[Effect, ...]
    arrows: tuple[dict[tuple[int, int], int], ...]

    @property
    def loop(self) -> bool:
        """True when a variable affects itself through others."""
        return bool(self.circle)

    def values(self, x: Floats) -> Floats:
        """Value of each effect, shape (R, rows), from cells (R, cells), raw or standardised."""
        out = np.empty((len(x), len(self.rows)))
        total = [self._total(g, x) for g in range(len(self.arrows))]
        place = {v: k for k, v in enumerate(self.variables)}
        for r, e in enumerate(self.rows):
            if e.kind in ("total", "total indirect"):
                out[:, r] = total[e.group][:, place[e.outcome], place[e.cause]]
                if e.kind == "total indirect":
                    out[:, r] -= self._direct(e, x)
            elif e.kind == "direct":
                out[:, r] = self._direct(e, x)
            else:
                out[:, r] = self._product(e.group, e.path, x)
                if e.minus:
                    out[:, r] -= self._product(e.group, e.minus, x)
        return out

    def jacobian(self, x: Floats) -> Floats:
        """Derivatives of the effects by the cells, shape (rows, cells), at cells (cells,)."""
        out = np.zeros((len(self.rows), len(x)))
        total = [self._total(g, x[None])[0] + np.eye(len(self.variables)) for g in range(len(self.arrows))]
        place = {v: k for k, v in enumerate(self.variables)}
        for r, e in enumerate(self.rows):
            arrows = self.arrows[e.group]
            own = arrows.get((e.outcome, e.cause))
            if e.kind in ("total", "total indirect"):
                E, k, m = total[e.group], place[e.outcome], place[e.cause]
                for (i, j), cell in arrows.items():
                    out[r, cell] += E[k, place[i]] * E[place[j], m]
                if e.kind == "total indirect" and own is not None:
                    out[r, own] -= 1.0
            elif e.kind == "direct":
                if own is not None:
                    out[r, own] = 1.0
            else:
                for path, sign in ((e.path, 1.0), (e.minus, -1.0)):
                    cells = self._cells(e.group, path)
                    for k, cell in enumerate(cells):
                        out[r, cell] += sign * np.prod(x[np.delete(cells, k)])
        return out

    def radius(self, x: Floats) -> float:
        """Largest absolute eigenvalue of B over the groups: below 1 effects around a loop die out."""
        return max(float(np.abs(np.linalg.eigvals(self._arrows(g, x[None])[0])).max()) for g in range(len(self.arrows)))

    def _direct(self, e: Effect, x: Floats) -> Floats:
        own = self.arrows[e.group].get((e.outcome, e.cause))
        return np.zeros(len(x)) if own is None else x[:, own]

    def _cells(self, group: int, path: Sequence[int]) -> Ints:
        arrows = self.arrows[group]
        return np.array([arrows[b, a] for a, b in pairwise(path)], dtype=np.int64)

    def _product(self, group: int, path: Sequence[int], x: Floats) -> Floats:
        return np.asarray(x[:, self._cells(group, path)].prod(axis=1), dtype=np.float64)

    def _arrows(self, group: int, x: Floats) -> Floats:
        place = {v: k for k, v in enumerate(self.variables)}
        B = np.zeros((len(x), len(place), len(place)))
        for (i, j), cell in self.arrows[group].items():
            B[:, place[i], place[j]] = x[:, cell]
        return B

    def _total(self, group: int, x: Floats) -> Floats:
        I = np.eye(len(self.variables))
        return inverses(I - self._arrows(group, x)) - I


def effects_of(table: ParameterTable, structure: Structure) -> Effects:
    """Find the variables that regressions connect, and all effects between them.

    Raises
    ------
    ModelError
        When there are more paths than can be listed.
    """
    names = {n: k for k, n in enumerate(table.variables)}
    rows = table.where("~")
    inside = sorted({names[n] for k in rows for n in (table.lhs[k], table.rhs[k])})
    arrows: list[dict[tuple[int, int], int]] = []
    member = np.zeros(structure.v, dtype=bool)
    member[inside] = True
    s = structure
    for g in range(s.n_groups):
        here = np.flatnonzero((s.group == g) & (s.matrix == ARROW) & member[s.i] & member[s.j])
        arrows.append({(int(s.i[c]), int(s.j[c])): int(c) for c in here})
    edges = sorted({pair for part in arrows for pair in part})
    after: dict[int, list[int]] = {v: [i for i, j in edges if j == v] for v in inside}
    causes = tuple(v for v in inside if all(i != v for i, _ in edges) and after[v])
    outcomes = tuple(v for v in inside if not after[v] and any(i == v for i, _ in edges))
    reach = _reachable(inside, after)
    circle = tuple(v for v in inside if v in reach[v])
    if circle and not outcomes:
        outcomes = tuple(v for v in inside if v not in causes)
    mediated = frozenset(
        (a, b)
        for a in inside
        for b in inside
        if a != b and any((m != b and b in reach[m]) or (m == b and b in circle) for m in after[a])
    )
    found: list[Effect] = []
    for g in range(s.n_groups):
        for a in inside:
            for b in inside:
                if a != b and b in reach[a]:
                    found += _pair(g, a, b, arrows[g], after, bool(circle), table)
    return Effects(tuple(inside), causes, outcomes, circle, mediated, tuple(found), tuple(arrows))


def _pair(
    g: int,
    a: int,
    b: int,
    arrows: dict[tuple[int, int], int],
    after: dict[int, list[int]],
    loop: bool,
    table: ParameterTable,
) -> list[Effect]:
    out: list[Effect] = []
    if not loop:
        paths = [p for p in _paths(a, b, after) if len(p) > 2]
        if len(paths) > MOST:
            names = table.variables
            raise ModelError(
                f"There are more than {MOST} paths from '{names[a]}' to '{names[b]}'; effects of a model with so many "
                "arrows cannot be listed one by one. Leave arrows out, or define the effects of interest with ':='."
            )
        out += [Effect("indirect", g, a, b, p) for p in paths]
        out += [Effect("contrast", g, a, b, p, q) for p, q in combinations(paths, 2)] if len(paths) <= 12 else []
    out.append(Effect("total indirect", g, a, b))
    out.append(Effect("direct", g, a, b, exists=(b, a) in arrows))
    out.append(Effect("total", g, a, b))
    return out


def _paths(a: int, b: int, after: dict[int, list[int]]) -> list[tuple[int, ...]]:
    """All paths from a to b, shortest first, as far as MOST of them."""
    out: list[tuple[int, ...]] = []
    waiting: list[tuple[int, ...]] = [(a,)]
    while waiting and len(out) <= MOST + 1:
        path = waiting.pop(0)
        for v in after[path[-1]]:
            if v == b:
                out.append((*path, v))
            elif v not in path:
                waiting.append((*path, v))
    return out


def _reachable(inside: Sequence[int], after: dict[int, list[int]]) -> dict[int, set[int]]:
    out = {}
    for v in inside:
        seen: set[int] = set()
        waiting = list(after[v])
        while waiting:
            w = waiting.pop()
            if w not in seen:
                seen.add(w)
                waiting += after[w]
        out[v] = seen
    return out


@dataclass(frozen=True)
class Reduced:
    """The part of a model that standardised effects rest on: connected variables and all that affects them.

    Attributes
    ----------
    structure, cells
        Of this part alone.
    kept : ndarray of int
        Its cells among all.
    follow : bool
        True when it has ordered variables, whose residual variances follow from other parameters.
    """

    structure: Structure
    cells: Cells
    kept: Ints
    follow: bool

    def standardized(self, x: Floats, scaled: NDArray[np.bool_] | None = None) -> Floats:
        """Cells with standardised values in place of those that are kept, shape (R, cells)."""
        unit = np.ones(self.structure.v, dtype=bool) if scaled is None else scaled
        out = x.copy()
        out[:, self.kept] = standardized_cells(self.structure, self.cells, x[:, self.kept], unit)
        return out


def reduced(structure: Structure, variables: Sequence[int]) -> Reduced:
    """Cut a structure down to `variables` and their ancestors."""
    s = structure
    member = np.zeros(s.v, dtype=bool)
    member[list(variables)] = True
    arrows = s.matrix == ARROW
    while True:
        more = np.zeros(s.v, dtype=bool)
        more[s.j[arrows & member[s.i]]] = True
        if not (more & ~member).any():
            break
        member |= more
    kept = np.flatnonzero((arrows | (s.matrix == COVARIANCE)) & member[s.i] & member[s.j])
    place = np.cumsum(member) - 1
    v = int(member.sum())
    made = Structure(
        p=0,
        v=v,
        n_groups=s.n_groups,
        means=False,
        row=np.arange(len(kept)),
        group=s.group[kept],
        matrix=s.matrix[kept],
        i=place[s.i[kept]],
        j=place[s.j[kept]],
        free=np.arange(len(kept)),
        value=np.full(len(kept), np.nan),
    )
    cells = Cells.of(made, np.eye(len(kept)), np.zeros(len(kept)))
    return Reduced(made, cells, kept, bool(member[s.ordered].any()))
