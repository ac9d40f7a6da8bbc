"""Layered layout of a path diagram (numeric): which node stands where. Units are inches.

Structural nodes stand in columns by the longest chain of paths that leads to them, ordered within a column by the mean
place of their neighbours (Sugiyama, Tagawa & Toda, 1981). What a node measures hangs on it as a tree: beside it in the
outer columns where there is room to the side, below it elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# Factors without paths between them stand in columns of at most GRID.
GRID = 6
ELLIPSE = (1.36, 0.60)
SMALL = (1.22, 0.40)
BOX, TOP_BOX = (0.74, 0.23), (0.92, 0.28)  # an indicator; an observed variable with paths of its own
ROW_GAP, TREE_INDENT, TREE_DROP, NODE_GAP, COLUMN_GAP, FAN_GAP = 0.08, 0.20, 0.14, 0.34, 0.95, 0.80


@dataclass(frozen=True)
class Place:
    """Centre and size of a node, and the side of its parent on which it hangs ("", "left", "right", "below")."""

    x: float
    y: float
    width: float
    height: float
    side: str = ""

    def overlaps(self, other: Place) -> bool:
        """Return True when the two rectangles share an area."""
        return (
            abs(self.x - other.x) * 2 < self.width + other.width - 1e-9
            and abs(self.y - other.y) * 2 < self.height + other.height - 1e-9
        )


@dataclass(frozen=True)
class Layout:
    """Places by node, and the extent: left, bottom, right, top."""

    places: Mapping[str, Place]
    extent: tuple[float, float, float, float]
    ranks: Mapping[str, int]

    def upon_one_another(self) -> tuple[str, str] | None:
        """Return two nodes that share an area, the first found."""
        pairs = combinations(self.places, 2)
        return next(((a, b) for a, b in pairs if self.places[a].overlaps(self.places[b])), None)


def ranks(nodes: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the column of each node: the longest chain of arrows (from, to) that ends in it; loops are cut once."""
    followers: dict[str, list[str]] = {n: [] for n in nodes}
    for a, b in arrows:
        if a != b:
            followers[a].append(b)
    state: dict[str, int] = {}
    order: list[str] = []
    back: set[tuple[str, str]] = set()

    def visit(n: str) -> None:
        state[n] = 1
        for m in followers[n]:
            if state.get(m) == 1:
                back.add((n, m))
            elif m not in state:
                visit(m)
        state[n] = 2
        order.append(n)

    for n in nodes:
        if n not in state:
            visit(n)
    out = dict.fromkeys(nodes, 0)
    for n in reversed(order):
        for m in followers[n]:
            if (n, m) not in back:
                out[m] = max(out[m], out[n] + 1)
    for n in order:
        ahead = [out[m] for m in followers[n] if (n, m) not in back]
        if ahead and not any(b == n for a, b in arrows if (a, b) not in back):
            out[n] = min(ahead) - 1
    return out


def arrange(
    nodes: Sequence[str],
    arrows: Sequence[tuple[str, str]],
    children: Mapping[str, Sequence[str]],
    boxes: frozenset[str],
    at: Mapping[str, tuple[float, float]] | None = None,
) -> Layout:
    """Place structural nodes and their measurement trees.

    Parameters
    ----------
    nodes : sequence of str
        Structural nodes, in the order of the model.
    arrows : sequence of (str, str)
        Paths between them.
    children : mapping
        What each node measures, for structural nodes and for factors within a tree.
    boxes : frozenset of str
        Observed variables, which are drawn as boxes.
    at : mapping, optional
        Column and row of every structural node, counted to the right and downward; fractions stand between. Columns
        and rows are as wide as the widest node with its tree.
    """
    rank = ranks(nodes, arrows)
    if at is not None:
        return _on_grid(nodes, children, boxes, at, rank)
    columns = _ordered(nodes, arrows, rank)
    sides = [_side(k, len(columns), len(c)) for k, c in enumerate(columns)]
    if not arrows and len(nodes) > GRID:
        n = -(-len(nodes) // -(-len(nodes) // GRID))
        columns = [list(nodes[k : k + n]) for k in range(0, len(nodes), n)]
        sides = ["right"] * len(columns)
    places: dict[str, Place] = {}
    x = 0.0
    for column, side in zip(columns, sides, strict=True):
        blocks = [_block(n, children, boxes, side) for n in column]
        left = max(b.left for b in blocks)
        right = max(b.right for b in blocks)
        x += left
        anchors, y = [], 0.0
        for k, b in enumerate(blocks):
            y -= b.above if k == 0 else blocks[k - 1].below + NODE_GAP + b.above
            anchors.append(y)
        # Columns meet at the height of their nodes, not of their trees.
        middle = (anchors[0] + anchors[-1]) / 2
        for b, anchor in zip(blocks, anchors, strict=True):
            for name, (dx, dy, w, h, s) in b.parts.items():
                places[name] = Place(x + dx, anchor - middle + dy, w, h, s)
        x += right + COLUMN_GAP
    return Layout(places, _extent(places), rank)


def _on_grid(
    nodes: Sequence[str],
    children: Mapping[str, Sequence[str]],
    boxes: frozenset[str],
    at: Mapping[str, tuple[float, float]],
    rank: Mapping[str, int],
) -> Layout:
    first, last = min(at[n][0] for n in nodes), max(at[n][0] for n in nodes)
    side = {n: "below" if first < at[n][0] < last else "left" if at[n][0] < last else "right" for n in nodes}
    blocks = {n: _block(n, children, boxes, side[n]) for n in nodes}
    # Trees of the outer columns hang outward and take no room between columns.
    inner = [b.left + b.right if side[n] == "below" else ELLIPSE[0] for n, b in blocks.items()]
    across, down = max(inner) + COLUMN_GAP, max(b.above + b.below for b in blocks.values()) + NODE_GAP
    places: dict[str, Place] = {}
    for n, block in blocks.items():
        x, y = at[n][0] * across, -at[n][1] * down
        places |= {name: Place(x + dx, y + dy, w, h, s) for name, (dx, dy, w, h, s) in block.parts.items()}
    return Layout(places, _extent(places), rank)


def _extent(places: Mapping[str, Place]) -> tuple[float, float, float, float]:
    return (
        min(p.x - p.width / 2 for p in places.values()),
        min(p.y - p.height / 2 for p in places.values()),
        max(p.x + p.width / 2 for p in places.values()),
        max(p.y + p.height / 2 for p in places.values()),
    )


@dataclass(frozen=True)
class _Block:
    """A node with its tree around the node's centre: parts (dx, dy, width, height, side) and its reach."""

    parts: Mapping[str, tuple[float, float, float, float, str]]
    left: float
    right: float
    above: float
    below: float


def _side(k: int, n_columns: int, n_nodes: int) -> str:
    if n_columns == 1:
        return "right"
    if k == 0 and (n_columns == 2 or n_nodes > 2):
        return "left"
    if k == n_columns - 1 and (n_columns == 2 or n_nodes > 2):
        return "right"
    return "below"


def _ordered(nodes: Sequence[str], arrows: Sequence[tuple[str, str]], rank: Mapping[str, int]) -> list[list[str]]:
    columns: list[list[str]] = [[n for n in nodes if rank[n] == k] for k in range(max(rank.values(), default=0) + 1)]
    columns = [c for c in columns if c]
    near: dict[str, set[str]] = {n: set() for n in nodes}
    for a, b in arrows:
        near[a].add(b)
        near[b].add(a)
    for sweep in range(6):
        at = {n: i - (len(c) - 1) / 2 for c in columns for i, n in enumerate(c)}
        for c in columns if sweep % 2 == 0 else reversed(columns):
            own = {n: (sum(at[m] for m in near[n]) / len(near[n]) if near[n] else at[n]) for n in c}
            c.sort(key=lambda n: own[n])
            at |= {n: i - (len(c) - 1) / 2 for i, n in enumerate(c)}
    return columns


def _size(name: str, boxes: frozenset[str], top: bool) -> tuple[float, float]:
    if name in boxes:
        return TOP_BOX if top else BOX
    return ELLIPSE if top else SMALL


def _block(node: str, children: Mapping[str, Sequence[str]], boxes: frozenset[str], side: str) -> _Block:
    return _tree_below(node, children, boxes) if side == "below" else _tree_beside(node, children, boxes, side)


def _tree_below(node: str, children: Mapping[str, Sequence[str]], boxes: frozenset[str]) -> _Block:
    w, h = _size(node, boxes, True)
    parts = {node: (0.0, 0.0, w, h, "")}
    y = -h / 2 - TREE_DROP
    right = w / 2

    def hang(parent: str, depth: int, y: float) -> float:
        nonlocal right
        for name in children.get(parent, ()):
            cw, ch = _size(name, boxes, False)
            x = -w / 2 + TREE_INDENT + depth * (TREE_INDENT + 0.26) + 0.26 + cw / 2
            parts[name] = (x, y - ch / 2, cw, ch, "below")
            right = max(right, x + cw / 2)
            y = hang(name, depth + 1, y - ch - ROW_GAP)
        return y

    bottom = hang(node, 0, y)
    return _Block(parts, w / 2, right, h / 2, max(h / 2, -bottom - ROW_GAP))


def _tree_beside(node: str, children: Mapping[str, Sequence[str]], boxes: frozenset[str], side: str) -> _Block:
    w, h = _size(node, boxes, True)
    sign = -1.0 if side == "left" else 1.0
    parts: dict[str, tuple[float, float, float, float, str]] = {}

    def spread(parent: str, inner: float, y: float) -> tuple[float, float]:
        """Place the children of `parent` from height `y` downward; return the new height and the mean height."""
        heights = []
        for name in children.get(parent, ()):
            cw, ch = _size(name, boxes, False)
            x = inner + FAN_GAP + cw / 2
            if children.get(name):
                y, centre = spread(name, x + cw / 2, y)
            else:
                centre = y - ch / 2
                y -= ch + ROW_GAP
            parts[name] = (sign * x, centre, cw, ch, side)
            heights.append(centre)
        return y, (heights[0] + heights[-1]) / 2 if heights else y

    _, centre = spread(node, w / 2, 0.0)
    parts = {n: (x, y - centre, cw, ch, s) for n, (x, y, cw, ch, s) in parts.items()}
    parts[node] = (0.0, 0.0, w, h, "")
    reach = max([abs(x) + cw / 2 for x, _, cw, _, _ in parts.values()])
    above = max([y + ch / 2 for _, y, _, ch, _ in parts.values()])
    below = -min([y - ch / 2 for _, y, _, ch, _ in parts.values()])
    left, right = (reach, w / 2) if side == "left" else (w / 2, reach)
    return _Block(parts, left, right, above, below)
