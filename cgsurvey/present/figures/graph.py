"""What a path diagram shows, taken from a fitted model or from model syntax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cgsurvey.base.errors import OptionError, did_you_mean
from cgsurvey.base.model import Model
from cgsurvey.sem.hypotheses import expected
from cgsurvey.sem.model.syntax import parse
from cgsurvey.sem.result import SemFit

SIGNS = {">": "+", "<": "−", "!=": ""}


@dataclass(frozen=True)
class Edge:
    """A line from `source` to `target`: op as in lavaan, standardised value and p (NaN where there is none).

    `label` is written on the line instead of its value: the hypothesis about it.
    """

    source: str
    target: str
    op: str
    value: float = float("nan")
    p: float = float("nan")
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes and edges of a model.

    Attributes
    ----------
    latent, observed : tuple of str
        Factors and observed variables, in the order of the model.
    edges : tuple of Edge
        Loadings (=~, from factor to indicator), paths (~, from cause to effect), covariances (~~).
    r2 : mapping
        Explained variance of nodes that have it.
    labels : mapping
        Words per node.
    fitted : bool
        True when the edges carry estimates.
    """

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    edges: tuple[Edge, ...]
    r2: Mapping[str, float]
    labels: Mapping[str, str]
    fitted: bool

    def children(self) -> dict[str, list[str]]:
        """Return the indicators of each factor, those that take part in a path left out."""
        active = self.structural()
        out: dict[str, list[str]] = {}
        hung: set[str] = set()
        for e in self.edges:
            if e.op == "=~" and e.target not in active and e.target not in hung:
                out.setdefault(e.source, []).append(e.target)
                hung.add(e.target)
        return out

    def structural(self) -> list[str]:
        """Return the nodes that stand for themselves: factors measured by nothing above them and all ends of paths."""
        measured = {e.target for e in self.edges if e.op == "=~"}
        in_paths = {n for e in self.edges if e.op == "~" for n in (e.source, e.target)}
        return [n for n in (*self.latent, *self.observed) if n in in_paths or n not in measured]


def with_hypotheses(seen: Graph, hypotheses: Mapping[str, str]) -> Graph:
    """Return a graph without numbers, the hypotheses and the signs they expect on its paths: the conceptual model.

    Raises
    ------
    OptionError
        When a hypothesis is about something that is no path of the model.
    """
    paths = {f"{e.target} ~ {e.source}" for e in seen.edges if e.op == "~"}
    on: dict[str, list[str]] = {}
    for name, statement in hypotheses.items():
        path, sign = expected(name, statement)
        if path in paths:
            on.setdefault(path, []).append(f"{name} ({SIGNS[sign]})" if SIGNS[sign] else name)
        elif "~" in path:
            raise OptionError(f"{name}: the model has no path '{path}'.{did_you_mean(path, paths)}")
    edges = (
        Edge(e.source, e.target, e.op, label=", ".join(on.get(f"{e.target} ~ {e.source}", ())) if e.op == "~" else "")
        for e in seen.edges
        if e.op != "~~"
    )
    return replace(seen, edges=tuple(edges), r2={}, fitted=False)


def graph(model: SemFit | Model | str, *, language: str = "en", group: int = 1) -> Graph:
    """Return the graph of a fitted model (with estimates of one group) or of model syntax (without)."""
    if isinstance(model, str):
        return _from_syntax(model, language)
    rows = model.tidy()
    rows = rows[(rows["group"] == group) & rows["op"].isin(["=~", "~", "~~"]) & (rows["lhs"] != rows["rhs"])]
    # A loading that fixes the unit of its factor has no p of its own; its standardised value has.
    standard = model.standardized()
    standard = standard[(standard["group"] == group) & (standard["op"] == "=~")]
    of_loading = {(r.lhs, r.rhs): float(r.p_value) for r in standard.itertuples()}
    edges = tuple(
        Edge(r.lhs, r.rhs, r.op, float(r.std_all), of_loading.get((r.lhs, r.rhs), float("nan")))
        if r.op == "=~"
        else Edge(r.rhs, r.lhs, r.op, float(r.std_all), float(r.p_value))
        for r in rows.itertuples()
        if not (r.op == "~~" and (r.free == 0 or r.std_all == 0))
    )
    r2 = model.r2.xs(model.meta.groups[group - 1]) if model.meta.groups else model.r2
    names = (*model.latents, *model.observed)
    labels = {n: model.meta.label(n, language) for n in names}
    return Graph(
        model.latents, model.observed, edges, {k: float(v) for k, v in r2.items() if np.isfinite(v)}, labels, True
    )


def _from_syntax(model: Model | str, language: str) -> Graph:
    edges = []
    names: dict[str, None] = {}
    latents: dict[str, None] = {}
    for s in parse(str.__str__(model)).statements:
        for a in s.lhs:
            for b in s.rhs:
                if s.op not in ("=~", "~", "~~") or not b.name or a.name == b.name:
                    continue
                names |= {a.name: None, b.name: None}
                if s.op == "=~":
                    latents[a.name] = None
                source, target = (a.name, b.name) if s.op == "=~" else (b.name, a.name)
                edges.append(Edge(source, target, s.op))
    words = model.labels if isinstance(model, Model) else {}
    labels = {n: words.get(n, {}).get(language) or words.get(n, {}).get("en") or n for n in names}
    observed = tuple(n for n in names if n not in latents)
    return Graph(tuple(latents), observed, tuple(edges), {}, labels, False)
