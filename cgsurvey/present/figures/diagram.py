"""The path diagram: ellipses, boxes, arrows with standardised coefficients; drawn by matplotlib alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.model import Model
from cgsurvey.base.options import choose
from cgsurvey.present.figures.graph import Edge, Graph, graph, with_hypotheses
from cgsurvey.present.figures.layout import Layout, Place, arrange
from cgsurvey.present.figures.picture import GREY, INK, Picture, drawing
from cgsurvey.present.numbers import show
from cgsurvey.sem.result import SemFit

Points = NDArray[np.float64]
ACROSS = 14.4  # inches that groups side by side may take: two pages
WORDS = {
    "en": {
        "stars": "Standardised coefficients. * p < .05, ** p < .01, *** p < .001; dashed: p ≥ .05.",
        "covariances": "Correlations that are not drawn: {n} (see the table of parameters).",
        "alt": "Path diagram with {latent} factors and {observed} observed variables. {paths}",
        "path": "{source} to {target}: {value}.",
        "item": "{n} item",
        "items": "{n} items",
        "dimension": "{n} dimension",
        "dimensions": "{n} dimensions",
        "simulated": "Simulated data.",
    },
    "id": {
        "stars": "Koefisien terstandar. * p < 0,05, ** p < 0,01, *** p < 0,001; putus-putus: p ≥ 0,05.",
        "covariances": "Korelasi yang tidak digambar: {n} (lihat tabel parameter).",
        "alt": "Diagram jalur dengan {latent} faktor dan {observed} variabel teramati. {paths}",
        "path": "{source} ke {target}: {value}.",
        "item": "{n} butir",
        "items": "{n} butir",
        "dimension": "{n} dimensi",
        "dimensions": "{n} dimensi",
        "simulated": "Data simulasi.",
    },
}


def diagram(
    model: SemFit | Model | str,
    *,
    language: str = "en",
    indicators: bool | None = None,
    covariances: bool | None = None,
    group: int | None = None,
    positions: Mapping[str, tuple[float, float]] | None = None,
    hypotheses: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Picture:
    """Draw the path diagram of a model.

    Parameters
    ----------
    model : SemFit, Model or str
        A fitted model, drawn with standardised coefficients, stars, R2 and dashed lines where p >= .05; or model
        syntax, drawn without numbers (the conceptual model).
    language : {"en", "id"}, default "en"
    indicators : bool, optional
        Draw the observed indicators; by default they are folded away, with their number under the factor, in models of
        second order and where there are too many to be read (24 beside paths, 60 without).
    covariances : bool, optional
        Draw curved lines between exogenous factors; by default when they are at most ten.
    group : int, optional
        Group of a multi-group model, from 1. Default: all groups, side by side.
    positions : mapping, optional
        Column and row of each factor, and of each observed variable that takes part in a path, e.g.
        ``{"trust": (0, 0), "quality": (1, 0.5)}``: columns count to the right, rows downward, fractions stand between.
        Indicators hang on their factors. By default places follow from the paths.
    hypotheses : mapping of str to str, optional
        Hypotheses about paths, ``{"H1": "quality ~ trust > 0"}``: their names and the signs they expect are written on
        the paths instead of coefficients, also of a fitted model (the conceptual model). What a construct is measured
        by is folded away there, with its number.
    title : str, optional
        Line above the diagram.

    Returns
    -------
    Picture
        A matplotlib figure with `.save("diagram.svg" | ".pdf" | ".png")` and an alternative text.

    Raises
    ------
    OptionError
        When a group does not exist, positions are incomplete, unknown, or lie on one another, or a hypothesis is about
        no path of the model.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> picture = cg.diagram("quality ~ trust + capacity; capacity ~ trust", hypotheses={"H1": "quality ~ trust > 0"})
    >>> picture.save("model.svg").name
    'model.svg'
    """
    choose("language", language, ("en", "id"))
    names = (
        [model.meta.group(k + 1, language) for k in range(len(model.meta.groups))] if isinstance(model, SemFit) else []
    )
    if group is not None and not 1 <= group <= max(len(names), 1):
        raise OptionError(f"group={group} does not exist; the model has {max(len(names), 1)}, counted from 1.")
    shown = range(1, max(len(names), 1) + 1) if group is None else (group,)
    if hypotheses is not None:  # a concept has no groups and no numbers
        panels = {"": with_hypotheses(graph(model, language=language), hypotheses)}
        indicators, covariances = indicators or False, covariances or False
    else:
        panels = {names[g - 1] if names else "": graph(model, language=language, group=g) for g in shown}
    simulated = isinstance(model, SemFit) and model.meta.simulated and hypotheses is None
    return draw(
        panels,
        language=language,
        indicators=indicators,
        covariances=covariances,
        positions=positions,
        title=title,
        simulated=simulated,
        whole=hypotheses is None or bool(indicators),
    )


def draw(
    panels: Graph | Mapping[str, Graph],
    *,
    language: str = "en",
    indicators: bool | None = None,
    covariances: bool | None = None,
    positions: Mapping[str, tuple[float, float]] | None = None,
    title: str | None = None,
    simulated: bool = False,
    whole: bool = True,
) -> Picture:
    """Draw a graph, or those of several groups by name; the arguments are those of `diagram`.

    `whole`: with the dimensions of constructs of second order.
    """
    graphs = {"": panels} if isinstance(panels, Graph) else panels
    seen, words = next(iter(graphs.values())), WORDS[language]
    hanging = seen.children()
    nodes = [n for n in seen.structural() if n in seen.latent or any(n in (e.source, e.target) for e in seen.edges)]
    leaves = [c for cs in hanging.values() for c in cs if c not in seen.latent]
    nested = any(c in seen.latent for cs in hanging.values() for c in cs)
    paths = [e for e in seen.edges if e.op == "~"]
    shown = indicators if indicators is not None else not nested and len(leaves) <= (24 if paths else 60)
    tree = hanging if shown else {k: [c for c in cs if c in seen.latent] for k, cs in hanging.items()}
    folded = {} if shown else {k: (sum(c not in seen.latent for c in cs), "item") for k, cs in hanging.items()}
    if not whole:
        tree = {}
        folded |= {k: (len(cs), "dimension") for k, cs in hanging.items() if any(c in seen.latent for c in cs)}
    if positions is not None:
        _check(positions, nodes)
    layout = arrange(
        nodes,
        [(e.source, e.target) for e in paths if e.source in nodes and e.target in nodes],
        tree,
        frozenset(seen.observed),
        positions,
    )
    if positions is not None and (upon := layout.upon_one_another()):
        raise OptionError(
            f"positions= puts '{upon[0]}' and '{upon[1]}' on one another; give one of them another column or row."
        )
    footer = [words["stars"]] if seen.fitted else []
    canvases = {}
    for name, one in graphs.items():
        arcs = [e for e in one.edges if e.op == "~~" and e.source in nodes and e.target in nodes]
        hidden = [e for e in one.edges if e.op == "~~" and e not in arcs]
        if not (covariances if covariances is not None else len(arcs) <= 10):
            hidden, arcs = hidden + arcs, []
        if hidden:
            line = words["covariances"].format(n=len(hidden))
            footer += [line] if line not in footer else []
        canvases[name] = _Canvas(one, layout, language, folded, arcs)
    if simulated:
        footer.insert(0, words["simulated"])
    return _on_paper(canvases, _told(graphs, language), footer, title)


def _told(graphs: Mapping[str, Graph], language: str) -> str:
    """Return the alternative text: every path of every group."""
    words, seen = WORDS[language], next(iter(graphs.values()))
    told = []
    for name, one in graphs.items():
        told += [f"{name}:"] if name else []
        told += [
            words["path"].format(source=one.labels[e.source], target=one.labels[e.target], value=_value(e, language))
            for e in one.edges
            if e.op == "~"
        ]
    return words["alt"].format(latent=len(seen.latent), observed=len(seen.observed), paths=" ".join(told)).strip()


def _check(positions: Mapping[str, tuple[float, float]], nodes: list[str]) -> None:
    """Refuse positions that are no pairs of numbers, of unknown nodes, or not of all."""
    for name, at in positions.items():
        if name not in nodes:
            raise OptionError(f"positions= names '{name}', which is no node of the diagram: {some(nodes)}.")
        if len(at) != 2 or not all(isinstance(v, int | float) and np.isfinite(v) for v in at):
            raise OptionError(f"positions= gives '{name}' {at!r}; a position is (column, row), two numbers.")
    if left := [n for n in nodes if n not in positions]:
        raise OptionError(
            f"positions= lacks {some(left)}: give a column and a row to every node that is not an indicator."
        )


def _on_paper(canvases: Mapping[str, _Canvas], alt: str, footer: list[str], title: str | None) -> Picture:
    """Put the drawings of all groups beside one another, under their names, as long as a page across holds them."""
    margin, gap, name_height = 0.12, 0.45, 0.3
    foot, head = 0.16 * len(footer) + (0.1 if footer else 0), 0.3 if title else 0.0
    boxes = [c.extent() for c in canvases.values()]
    wide, high = max(b[2] - b[0] for b in boxes), max(b[3] - b[1] for b in boxes)
    named = name_height if any(canvases) else 0.0
    beside = max(1, min(len(boxes), int((ACROSS + gap) // (wide + gap))))
    below = -(-len(boxes) // beside)
    width = beside * wide + (beside - 1) * gap + 2 * margin
    height = below * (high + named) + (below - 1) * gap + 2 * margin + foot + head
    with drawing(max(width, 3.0), height, alt) as picture:
        spare = max(3.0 - width, 0) / 2
        axes = picture.add_axes((0, 0, 1, 1))
        axes.set_xlim(-margin - spare, width - margin + spare)
        axes.set_ylim(-height + margin + head, margin + head)
        axes.set_axis_off()
        for k, ((name, canvas), (left, _, right, top)) in enumerate(zip(canvases.items(), boxes, strict=True)):
            x, y = k % beside * (wide + gap), -(k // beside) * (high + named + gap)
            if name:
                axes.text(x + wide / 2, y, name, fontsize=8.5, weight="bold", ha="center", va="top")
            canvas.move(x + (wide - right + left) / 2 - left, y - named - top)
            canvas.draw(axes)
        ground = -height + 2 * margin + head + foot
        for k, line in enumerate(footer):
            axes.text(-spare, ground - margin - 0.02 - 0.16 * k, line, fontsize=7, color=GREY, va="top", ha="left")
        if title:
            axes.text(width / 2 - margin, margin, title, fontsize=9.5, weight="bold", ha="center", va="bottom")
    return picture


def _value(edge: Edge, language: str) -> str:
    if edge.label:
        return edge.label
    if not np.isfinite(edge.value):
        return ""
    stars = (
        ""
        if not np.isfinite(edge.p)
        else "***"
        if edge.p < 0.001
        else "**"
        if edge.p < 0.01
        else "*"
        if edge.p < 0.05
        else ""
    )
    return show(edge.value, "coefficient", language, 2) + stars


def _dashed(edge: Edge) -> bool:
    return bool(np.isfinite(edge.p) and edge.p >= 0.05)


@dataclass(frozen=True)
class _Label:
    """A text that stands on a line and must not lie on others: the candidates are places along the line."""

    text: str
    candidates: Points
    size: float
    side: str = "center"

    @property
    def extent(self) -> tuple[float, float]:
        return 0.0085 * self.size * len(self.text) + 0.06, 0.0165 * self.size


class _Canvas:
    """Draws a graph on a layout; keeps what has been occupied, so that labels find free places."""

    def __init__(
        self, seen: Graph, layout: Layout, language: str, folded: dict[str, tuple[int, str]], arcs: list[Edge]
    ) -> None:
        self.seen, self.places = seen, dict(layout.places)
        self.language, self.folded = language, folded
        self.box = layout.extent
        self.lines = self._route(arcs)
        tops = [n for n, p in self.places.items() if n in seen.latent and not p.side]
        self.text_size = 6.9 if any(len(self._words(n, True, True)) > 2 for n in tops) else 7.6
        self.taken: list[Place] = list(self.places.values())

    def extent(self) -> tuple[float, float, float, float]:
        """Return left, bottom, right, top of everything, curves included."""
        left, bottom, right, top = self.box
        right += 0.36 if any(p.side == "below" for p in self.places.values()) else 0.0
        if self.lines:
            every = np.vstack(list(self.lines.values()))
            left, right = min(left, every[:, 0].min() - 0.2), max(right, every[:, 0].max() + 0.2)
            bottom, top = min(bottom, every[:, 1].min() - 0.1), max(top, every[:, 1].max() + 0.12)
        return left, bottom, right, top

    def move(self, dx: float, dy: float) -> None:
        """Shift everything by inches, before it is drawn."""
        self.places = {n: replace(p, x=p.x + dx, y=p.y + dy) for n, p in self.places.items()}
        self.lines = {e: curve + np.array([dx, dy]) for e, curve in self.lines.items()}
        self.taken = list(self.places.values())

    def draw(self, axes: Axes) -> None:
        """Draw lines first, then nodes over them, then the labels of the lines."""
        labels: list[_Label] = []
        for e, curve in self.lines.items():
            if e.op == "~~":
                self._line(axes, curve, e, style="<|-|>", colour=GREY, width=0.7)
            else:
                self._line(axes, curve, e, width=1.1)
            labels.append(self._label(e, curve, 6.5 if e.op == "~~" else 8))
        for e in self.seen.edges:
            if e.op == "=~" and e.source in self.places and e.target in self.places:
                labels.append(self._loading(axes, e))
        for name, place in self.places.items():
            self._node(axes, name, place)
        for label in sorted((x for x in labels if x.text), key=lambda x: len(x.candidates)):
            self._write(axes, label)

    def _paths(self) -> Iterable[Edge]:
        return (e for e in self.seen.edges if e.op == "~" and e.source in self.places and e.target in self.places)

    def _node(self, axes: Axes, name: str, place: Place) -> None:
        latent = name in self.seen.latent
        top = not place.side
        shape = (
            Ellipse((place.x, place.y), place.width, place.height)
            if latent
            else Rectangle((place.x - place.width / 2, place.y - place.height / 2), place.width, place.height)
        )
        shape.set(facecolor="white", edgecolor=INK, linewidth=1.1 if top else 0.7, zorder=3)
        shape.set_gid(f"node:{name}")
        axes.add_patch(shape)
        lines = self._words(name, latent, top)
        size = self.text_size if latent and top else 6.6
        axes.text(
            place.x,
            place.y,
            "\n".join(lines),
            ha="center",
            va="center",
            fontsize=size,
            linespacing=1.05,
            color=INK,
            zorder=4,
        )

    def _words(self, name: str, latent: bool, top: bool) -> list[str]:
        if not latent:
            # The wording of an item is a sentence; its name fits a box. A short label (age, office) is shown.
            label = textwrap.wrap(self.seen.labels[name], 14, break_long_words=False) or [name]
            fits = len(label) <= (2 if top else 1) and max(map(len, label)) <= 14
            return label if fits else [name if len(name) <= 12 else f"{name[:11]}…"]
        lines = textwrap.wrap(self.seen.labels[name], 16 if top else 15, max_lines=2, placeholder="…")
        if top and name in self.seen.r2:
            lines.append(f"R² = {show(self.seen.r2[name], 'coefficient', self.language, 2)}")
        elif self.folded.get(name, (0, ""))[0] and top:
            n, what = self.folded[name]
            lines.append(f"({WORDS[self.language][what if n == 1 else f'{what}s'].format(n=n)})")
        return lines

    def _route(self, arcs: list[Edge]) -> dict[Edge, Points]:
        """Return the line of every path and arc as points, short ones first, each free of nodes and earlier lines."""
        made: dict[Edge, Points] = {}
        for e in sorted(self._paths(), key=self._span):
            made[e] = self._path_line(e, list(made.values()))
        return made | {e: self._arc_line(e) for e in arcs}

    def _span(self, edge: Edge) -> float:
        a, b = self.places[edge.source], self.places[edge.target]
        return float(np.hypot(a.x - b.x, a.y - b.y))

    def _path_line(self, edge: Edge, earlier: list[Points]) -> Points:
        """Bend a path, a little and upward first, until it passes no node and lies on no earlier line."""
        a, b = self.places[edge.source], self.places[edge.target]
        others = [p for p in self.places.values() if p not in (a, b)]
        best, fewest = self._clipped(edge, 0.0, 1 / 3), np.inf
        shapes = [(0.0, 1 / 3), *((s * k * 0.3, at) for k in range(1, 18) for s in (1, -1) for at in (1 / 3, 0.1))]
        for bend, at in shapes:
            line = self._clipped(edge, bend, at)
            hits = sum(self._passes(line, p) for p in others) * 10 + sum(self._lies_on(line, o) for o in earlier) * 4
            if hits + abs(bend) * 0.3 < fewest:
                best, fewest = line, hits + abs(bend) * 0.3
            if not hits:
                break
        return best

    @staticmethod
    def _passes(line: Points, place: Place) -> bool:
        near = (abs(line[:, 0] - place.x) < place.width / 2 + 0.05) & (
            abs(line[:, 1] - place.y) < place.height / 2 + 0.05
        )
        return bool(near.any())

    @staticmethod
    def _lies_on(line: Points, other: Points) -> bool:
        middle = line[len(line) // 5 : -len(line) // 5 : 4]
        gap = np.hypot(*(middle[:, None, :] - other[None, ::4, :]).transpose(2, 0, 1)).min(axis=1)
        return bool((gap < 0.17).mean() > 0.34)

    def _clipped(self, edge: Edge, bend: float, at: float) -> Points:
        """Return the line with its top `bend` inches above the straight one; `at` below 1/3 makes the top flat."""
        a, b = self.places[edge.source], self.places[edge.target]
        start, end = np.array([a.x, a.y]), np.array([b.x, b.y])
        # High curves leave and arrive nearer to the middle of a node, so that arrowheads do not pile up.
        inward = np.array([np.sign(end[0] - start[0]) * min(0.25 * abs(bend), 0.4 * a.width), 0.0])
        start, end = start - inward * 0.6, end + inward * 0.6
        lift, along = np.array([0.0, bend * 4 / 3]), at * (end - start)
        return self._between(edge, start, start + along + lift, end - along + lift, end)

    def _arc_line(self, edge: Edge) -> Points:
        a, b = self.places[edge.source], self.places[edge.target]
        start, end = np.array([a.x - 0.3 * a.width, a.y]), np.array([b.x - 0.3 * b.width, b.y])
        column = abs(a.x - b.x) < 0.1
        shift = [-2 * (0.42 + 0.16 * abs(a.y - b.y)), 0.0] if column else [0.0, 1.2]
        middle = (start + end) / 2 + np.array(shift) * 2 / 3
        return self._between(edge, start, start / 3 + middle * 2 / 3, end / 3 + middle * 2 / 3, end)

    def _between(self, edge: Edge, start: Points, leave: Points, arrive: Points, end: Points) -> Points:
        """Return a cubic Bezier curve as points, cut where it enters its two nodes."""
        t = np.linspace(0, 1, 161)[:, None]
        u = 1 - t
        points: Points = u**3 * start + 3 * u * u * t * leave + 3 * u * t * t * arrive + t**3 * end
        inside = self._inside(points, self.places[edge.source], edge.source) | self._inside(
            points, self.places[edge.target], edge.target
        )
        free = points[~inside]
        return free if len(free) > 2 else points

    def _inside(self, points: Points, place: Place, name: str) -> NDArray[np.bool_]:
        dx, dy = (points[:, 0] - place.x) / (place.width / 2), (points[:, 1] - place.y) / (place.height / 2)
        inside: NDArray[np.bool_] = (
            (dx**2 + dy**2 <= 1.0) if name in self.seen.latent else (np.maximum(abs(dx), abs(dy)) <= 1.0)
        )
        return inside

    def _line(
        self, axes: Axes, points: Points, edge: Edge, *, style: str = "-|>", colour: str = INK, width: float = 0.8
    ) -> None:
        line = FancyArrowPatch(
            path=Path(points),
            arrowstyle=style,
            mutation_scale=8 if width > 1 else 6,
            linewidth=width,
            color=colour,
            zorder=2,
            linestyle=(0, (4, 2.5)) if _dashed(edge) else "-",
            shrinkA=0,
            shrinkB=0,
            capstyle="butt",
            joinstyle="miter",
        )
        line.set_gid(f"edge:{edge.source}{edge.op}{edge.target}")
        axes.add_patch(line)

    def _loading(self, axes: Axes, edge: Edge) -> _Label:
        parent, child = self.places[edge.source], self.places[edge.target]
        if child.side == "below" and parent.y > child.y:
            trunk = child.x - child.width / 2 - 0.26
            top = parent.y - parent.height / 2 * np.sqrt(max(0.0, 1 - ((trunk - parent.x) / (parent.width / 2)) ** 2))
            points = np.array([[trunk, top], [trunk, child.y], [child.x - child.width / 2, child.y]])
            self._line(axes, points, edge, colour=GREY, width=0.7)
            return _Label(
                _value(edge, self.language), np.array([[child.x + child.width / 2 + 0.05, child.y]]), 6.3, "left"
            )
        sign = 1.0 if child.x > parent.x else -1.0
        points = np.array([[parent.x, parent.y], [child.x - sign * child.width / 2, child.y]])
        t = np.linspace(0, 1, 81)[:, None]
        line = points[0] + t * (points[1] - points[0])
        line = line[~self._inside(line, parent, edge.source)]
        self._line(axes, line[[0, -1]], edge, colour=GREY, width=0.7)
        where = line[0] + np.array([0.62, 0.74, 0.5, 0.82])[:, None] * (line[-1] - line[0])
        return _Label(_value(edge, self.language), where, 6.3)

    def _label(self, edge: Edge, curve: Points, size: float) -> _Label:
        at = np.array([0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18])
        return _Label(_value(edge, self.language), curve[(at * (len(curve) - 1)).astype(int)], size)

    def _write(self, axes: Axes, label: _Label) -> None:
        width, height = label.extent
        spots = [Place(float(x), float(y), width, height) for x, y in label.candidates]
        spot = next((s for s in spots if not any(s.overlaps(o) for o in self.taken)), spots[0])
        self.taken.append(spot)
        axes.text(
            spot.x,
            spot.y,
            label.text,
            fontsize=label.size,
            ha=label.side,
            va="center",
            color=INK,
            zorder=5,
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none"},
        )
