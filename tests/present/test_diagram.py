"""Path diagrams are tested by what is drawn: shapes, lines, texts, and that no line runs through a node."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle

import cgsurvey as cg
from cgsurvey.base.model import Model
from cgsurvey.present.figures.diagram import _Canvas, draw
from cgsurvey.present.figures.graph import Edge, Graph, graph
from cgsurvey.present.figures.layout import arrange

from .pictured import overlapping, words


def made(measured, paths, covariances=(), r2=None):
    latent = tuple(measured)
    observed = tuple(i for block in measured.values() for i in block if i not in measured)
    edges = [Edge(f, i, "=~", 0.7, 0.0) for f, block in measured.items() for i in block]
    edges += [Edge(a, b, "~", v, p) for a, b, v, p in paths] + [Edge(a, b, "~~", v, p) for a, b, v, p in covariances]
    return Graph(latent, observed, tuple(edges), r2 or {}, {n: n for n in (*latent, *observed)}, True)


CHAIN = made(
    {"A": ["a1", "a2"], "B": ["b1", "b2"], "C": ["c1", "c2"], "D": ["d1"]},
    [("A", "B", 0.5, 0.001), ("B", "C", -0.3, 0.02), ("A", "C", 0.1, 0.4), ("C", "D", 0.6, 0.0), ("A", "D", 0.2, 0.2)],
    r2={"B": 0.25, "C": 0.3},
)


def patches(picture, kind):
    return {p.get_gid(): p for p in picture.axes[0].patches if isinstance(p, kind) and p.get_gid()}


def texts(picture):
    return [t.get_text() for t in picture.axes[0].texts]


def test_factors_are_ellipses_and_items_are_boxes():
    picture = draw(CHAIN)
    assert set(patches(picture, Ellipse)) == {f"node:{n}" for n in "ABCD"}
    assert set(patches(picture, Rectangle)) == {f"node:{n}" for n in ("a1", "a2", "b1", "b2", "c1", "c2", "d1")}
    assert len(patches(picture, FancyArrowPatch)) == 5 + 7


def test_a_path_without_evidence_is_dashed_and_the_others_are_not():
    lines = patches(draw(CHAIN), FancyArrowPatch)
    dashed = {g for g, line in lines.items() if line.get_linestyle() not in ("-", "solid")}
    assert dashed == {"edge:A~C", "edge:A~D"}


def test_coefficients_carry_stars_and_the_decimal_sign_of_the_language():
    assert {".50**", "−.30*", ".10", "R² = .25"} <= {part for t in texts(draw(CHAIN)) for part in t.split("\n")}
    assert {"0,50**", "R² = 0,25"} <= {part for t in texts(draw(CHAIN, language="id")) for part in t.split("\n")}


def test_indicators_fold_away_with_their_number():
    picture = draw(CHAIN, indicators=False)
    assert not patches(picture, Rectangle)
    assert any("(2 items)" in t for t in texts(picture))


def test_the_alternative_text_names_every_path():
    alt = draw(CHAIN).alt
    assert "4 factors" in alt and "A to B: .50**" in alt and alt.count(" to ") == 5


def test_correlations_that_are_not_drawn_are_counted():
    factors = {f"F{k}": [f"x{k}a", f"x{k}b"] for k in range(6)}
    pairs = [(a, b, 0.4, 0.0) for a, b in combinations(factors, 2)]
    assert any("15" in t for t in texts(draw(made(factors, [], pairs))))
    assert sum("~~" in g for g in patches(draw(made(factors, [], pairs), covariances=True), FancyArrowPatch)) == 15


def test_paths_between_twelve_constructs_go_around_the_others():
    """Over eight dense random models, fewer than one path in ten passes behind a factor that is not one of its ends."""
    names = [f"F{k}" for k in range(12)]
    passed = drawn = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        pairs = [(a, b) for a, b in combinations(names, 2) if rng.random() < 0.25]
        seen = made({n: [f"{n}i"] for n in names}, [(a, b, 0.3, 0.01) for a, b in pairs])
        layout = arrange(names, pairs, {n: [] for n in names}, frozenset())
        lines = _Canvas(seen, layout, "en", {}, []).lines
        drawn += len(lines)
        passed += sum(
            any(_Canvas._passes(line, p) for n, p in layout.places.items() if n not in (edge.source, edge.target))
            for edge, line in lines.items()
        )
    assert drawn > 100 and passed < 0.1 * drawn


def test_a_model_text_is_drawn_without_numbers():
    model = Model("F =~ x1 + x2\nG =~ y1 + y2\nG ~ F", labels={"F": {"en": "First", "id": "Pertama"}})
    picture = cg.diagram(model, language="id")
    assert "Pertama" in texts(picture)
    assert not any("R²" in t or "*" in t for t in texts(picture))


def test_syntax_errors_reach_the_user():
    with pytest.raises(cg.ModelSyntaxError, match="line 1"):
        graph("F =~ x1 +")


def test_the_same_diagram_gives_the_same_file(tmp_path):
    first, second = (draw(CHAIN).save(tmp_path / f"{n}.svg").read_bytes() for n in (1, 2))
    assert first == second
    with pytest.raises(cg.OptionError, match="svg"):
        draw(CHAIN).save(tmp_path / "x.bmp")
    with pytest.raises(cg.DataError, match=r"folder 'absent' for x\.svg does not exist"):
        draw(CHAIN).save(tmp_path / "absent" / "x.svg")


def test_groups_stand_side_by_side_with_their_own_numbers():
    city = made({"A": ["a1", "a2"], "B": ["b1", "b2"]}, [("A", "B", 0.5, 0.001)], r2={"B": 0.25})
    regency = replace(city, r2={"B": 0.11}, edges=tuple(replace(e, value=e.value / 2) for e in city.edges))
    picture = draw({"city": city, "regency": regency}, indicators=False)
    nodes = [p for p in picture.axes[0].patches if isinstance(p, Ellipse)]
    assert len(nodes) == 4 and nodes[0].center[1] == nodes[2].center[1] and nodes[1].center[0] < nodes[2].center[0]
    assert {"city", "regency"} <= set(texts(picture))
    parts = {part for t in texts(picture) for part in t.split("\n")}
    assert {".50**", ".25**", "R² = .25", "R² = .11"} <= parts
    assert picture.alt.index("city:") < picture.alt.index("A to B: .50**") < picture.alt.index("regency:")


def test_many_groups_go_on_below():
    picture = draw(dict.fromkeys(["a", "b", "c", "d"], CHAIN))
    nodes = [p.center for p in picture.axes[0].patches if isinstance(p, Ellipse)][::4]
    assert len({y for _, y in nodes}) > 1 and picture.get_figwidth() < 16


def test_all_groups_of_a_fit_are_drawn_unless_one_is_chosen():
    data = cg.simulate("F =~ .8*x1 + .7*x2 + .6*x3\nG =~ .8*y1 + .7*y2 + .6*y3\nG ~ .5*F", 300, seed=1)
    data = data.assign(area=np.repeat(["city", "regency"], 150))
    fit = cg.sem("F =~ x1 + x2 + x3\nG =~ y1 + y2 + y3\nG ~ F", data, group="area")
    both, one = cg.diagram(fit), cg.diagram(fit, group=2)
    assert {"city", "regency"} <= set(texts(both)) and "city" not in texts(one)
    assert sum("R²" in t for t in texts(both)) == 2
    with pytest.raises(cg.OptionError, match="group=3 does not exist; the model has 2"):
        cg.diagram(fit, group=3)


def test_nodes_stand_where_they_are_put():
    at = {"A": (0, 0), "B": (0, 1), "C": (1, 0.5), "D": (2, 0.5)}
    place = {g[-1]: p.center for g, p in patches(draw(CHAIN, positions=at), Ellipse).items()}
    assert place["A"][0] == place["B"][0] < place["C"][0] < place["D"][0]
    assert place["A"][1] > place["C"][1] == place["D"][1] > place["B"][1]
    assert place["C"][1] == pytest.approx((place["A"][1] + place["B"][1]) / 2)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"A": (0, 0)}, "positions= lacks B, C, D"),
        ({"Aa": (0, 0)}, "'Aa', which is no node of the diagram"),
        ({"A": (0, 0), "B": (0, 1), "C": (1, 0), "D": (1, 0.1)}, "'C' and 'D' on one another"),
        ({"A": (0,), "B": (0, 1), "C": (1, 0), "D": (2, 0)}, "a position is \\(column, row\\)"),
        ({"A": (0, float("nan")), "B": (0, 1), "C": (1, 0), "D": (2, 0)}, "two numbers"),
    ],
)
def test_positions_that_cannot_be(at, message):
    with pytest.raises(cg.OptionError, match=message):
        draw(CHAIN, positions=at, indicators=False)


@pytest.mark.parametrize(("language", "shown"), [("en", "Outcome of the\ncollaboration"), ("id", "Hasil\nkolaborasi")])
def test_an_observed_cause_or_outcome_stands_with_its_words(language, shown):
    picture = cg.diagram(cg.load_instrument("cgsurvey_core").models["M3"], language=language)
    texts = words(picture)
    assert shown in texts and not any("…" in t or "_" in t for t in texts)
    assert not overlapping(picture)
