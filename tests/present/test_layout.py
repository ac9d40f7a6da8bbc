"""Places of a path diagram: columns by chains of paths, nothing on top of anything else."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgsurvey.present.figures.layout import Place, arrange, ranks


def test_columns_follow_the_longest_chain():
    nodes = ["a", "b", "c", "d"]
    assert ranks(nodes, [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_source_stands_next_to_what_it_acts_on():
    assert ranks(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])["late"] == 1


def test_a_loop_does_not_hang():
    found = ranks(["a", "b"], [("a", "b"), ("b", "a")])
    assert set(found.values()) == {0, 1}


graphs = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20),
        st.lists(st.integers(0, 5), min_size=n, max_size=n),
    )
)


@given(graphs)
@settings(max_examples=150, deadline=None)
def test_no_two_nodes_overlap(drawn):
    n, pairs, sizes = drawn
    nodes = [f"n{k}" for k in range(n)]
    arrows = [(nodes[a], nodes[b]) for a, b in pairs if a != b]
    children = {nodes[k]: [f"i{k}_{j}" for j in range(size)] for k, size in enumerate(sizes)}
    boxes = frozenset(i for c in children.values() for i in c)
    layout = arrange(nodes, arrows, children, boxes)
    assert set(layout.places) == set(nodes) | boxes
    for (a, p), (b, q) in combinations(layout.places.items(), 2):
        assert not p.overlaps(q), f"{a} lies on {b}"
    left, bottom, right, top = layout.extent
    assert all(left <= p.x - p.width / 2 and p.x + p.width / 2 <= right for p in layout.places.values())
    assert all(bottom <= p.y - p.height / 2 and p.y + p.height / 2 <= top for p in layout.places.values())


@pytest.mark.parametrize("arrows", [[], [("f", "g")]])
def test_factors_within_factors_hang_in_order(arrows):
    children = {"f": ["e1", "e2"], "e1": ["x1", "x2"], "e2": ["x3"]}
    layout = arrange(["f", "g"], arrows, children, frozenset({"x1", "x2", "x3"}))
    ys = [layout.places[n].y for n in ("x1", "x2", "x3")]
    assert ys == sorted(ys, reverse=True)
    assert layout.places["e1"].side == layout.places["x1"].side != ""


def test_touching_is_not_overlapping():
    assert not Place(0, 0, 1, 1).overlaps(Place(1, 0, 1, 1))
    assert Place(0, 0, 1, 1).overlaps(Place(0.9, 0, 1, 1))
