"""Pictures of screening, missing answers, reliability and validity: what is drawn, in both languages, few and many."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

import cgsurvey as cg
from cgsurvey.present import plot_kinds
from cgsurvey.present.figures.forest import COLUMNS, Axis, forest, pages
from cgsurvey.present.figures.matrix import matrix_map
from cgsurvey.present.figures.missing import COLUMNS as PATTERNS
from cgsurvey.present.figures.missing import Pattern, missing_map
from cgsurvey.present.figures.picture import NEGATIVE
from cgsurvey.present.figures.validity import pair_limits
from cgsurvey.responses import load_sample

from .conftest import CONSTRUCTS
from .pictured import overlapping, words

LONG = "Para mitra saling menyampaikan secara terbuka kebutuhan, harapan, dan keberatan mereka dalam forum ini"


@pytest.fixture(scope="module")
def field():
    return load_sample("same")


@pytest.fixture(scope="module")
def results(field):
    named = [c.id for c in field.instrument.constructs][:1]
    some = [e.id for c in field.instrument.constructs for e in c.walk() if e.items][:6]
    return {
        "screening": cg.screen(field),
        "description": cg.describe(field, constructs=named),
        "groups": cg.describe(field, "sex", constructs=named),
        "reliability": cg.reliability(field),
        "validity": cg.validity(field, some),
        "mcar": cg.mcar_test(field, list(field.items)[:12]),
    }


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("name", ["screening", "description", "groups", "reliability", "validity", "mcar"])
def test_no_text_covers_another_and_each_picture_fits_a_page(results, name, language):
    kinds = plot_kinds(results[name], language=language)
    assert kinds
    for kind in kinds if len(kinds) < 8 else (kinds[0], kinds[-1]):
        picture = cg.plot(results[name], kind, language=language)
        assert not overlapping(picture), kind
        assert picture.get_figwidth() <= 7.2 and picture.get_figheight() <= 9.7, kind
        assert len(picture.alt) > 40


def test_pages_keep_groups_whole_and_lose_no_row():
    headings = [c for c, n in zip("abcdefgh", (4, 4, 3, 5, 4, 4, 3, 4), strict=True) for _ in range(n)]
    found = pages(headings, 12)
    assert [k for page in found for k in page] == list(range(len(headings)))
    assert len(found) == 3 and all(9 <= len(page) <= 14 for page in found)
    assert all(not {headings[k] for k in a} & {headings[k] for k in b} for a, b in pairwise(found))
    assert pages([]) == [] and [len(p) for p in pages([""] * 50, 24)] == [17, 17, 16]


def test_a_forest_shows_estimate_interval_guideline_and_series():
    one, two = ("", "", "A", "one", 0.8, 0.7, 0.9), ("", "", "A", "two", 0.6, np.nan, np.nan)
    rows = pd.DataFrame([one, two, ("", "", "B", "one", 0.5, 0.4, 0.6)], columns=list(COLUMNS))
    axis = Axis("r", guides={".70": 0.7})
    picture = forest(rows, axes={"": axis}, series={"one": "First", "two": "Second"}, alt="x")
    panel = picture.axes[0]
    points = {
        round(float(line.get_xdata()[0]), 3): float(line.get_ydata()[0])
        for line in panel.lines
        if line.get_marker() not in (None, "None", "") and len(line.get_xdata())
    }
    bars = [tuple(line.get_xdata()) for line in panel.lines if len(set(line.get_xdata())) == 2]
    assert set(points) == {0.8, 0.6, 0.5} and points[0.8] > points[0.6] > points[0.5]  # series one below the other
    assert (0.7, 0.9) in bars and (0.4, 0.6) in bars and not any(np.isnan(x) for bar in bars for x in bar)
    assert {"A", "B", "First", "Second", ".70", "r"} <= set(words(picture))


def test_reliability_is_drawn_with_its_interval_and_named(answers):
    found = cg.reliability(answers, CONSTRUCTS)
    picture = cg.plot(found, "reliability", language="id")
    row = found.tidy().iloc[0]
    ends = [tuple(line.get_xdata()) for line in picture.axes[0].lines]
    assert (row["alpha_ci_lower"], row["alpha_ci_upper"]) in ends
    assert "0,70" in words(picture) and "f1: alpha 0," in picture.alt


def test_items_that_should_be_looked_at_are_marked(answers):
    found = cg.reliability(answers, CONSTRUCTS)
    picture = cg.plot(found, "item_rest")
    rest, dropped = picture.axes
    whole = found.items["construct"].map(found.tidy().set_index("construct")["alpha"])
    weak = found.items.loc[found.items["alpha_if_dropped"] > whole, "item"]
    squares = [line for line in dropped.lines if line.get_marker() == "s" and len(line.get_xdata())]
    assert list(weak) == ["z4"] and len(squares) == 1
    assert squares[0].get_xdata()[0] == pytest.approx(found.items.set_index("item").loc["z4", "alpha_if_dropped"])
    dots = sorted(
        float(line.get_xdata()[0]) for line in rest.lines if line.get_marker() in ("o", "s") and len(line.get_xdata())
    )
    assert dots == pytest.approx(sorted(found.items["r_drop"]))
    assert "Rising above alpha of all items: z4." in picture.alt


def test_the_heat_map_marks_upper_limits_beyond_the_guideline(results):
    found = results["validity"]
    limit = found.pairs["htmt_upper"].sort_values().iloc[-2:].mean()  # between the largest two

    def marked(cut: float) -> int:
        labels = {n: str(n) for n in found.htmt.index}
        picture = matrix_map(found.htmt, kind="htmt", labels=labels, cut=cut, limits=pair_limits(found))
        return sum(p.get_gid() == "reaches" for p in picture.axes[0].patches)

    assert marked(limit) == int(found.pairs.loc[found.pairs["htmt_upper"] > limit, "htmt"].le(limit).sum())
    assert marked(1.5) == 0 and any("one-sided interval" in t for t in words(cg.plot(found, "htmt")))


def test_pairs_come_with_the_largest_ratio_first(results):
    found = results["validity"]
    panel = cg.plot(found, "pairs").axes[0]
    points = [float(line.get_xdata()[0]) for line in panel.lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert points == sorted(found.pairs["htmt"], reverse=True)


def test_the_overview_counts_and_spreads_each_rule(results):
    found = results["screening"]
    picture = cg.plot(found, language="id")
    said = " ".join(words(picture))
    for row in found.tidy().itertuples():
        if row.n_flagged == row.n_flagged:
            assert f"{int(row.n_flagged)} ({100 * row.share:.1f}%)".replace(".", ",") in said
    assert len(picture.axes) > 4
    for panel in picture.axes[1:]:
        assert sum(bar.get_height() for part in panel.containers for bar in part) == pytest.approx(
            len(found.respondents), abs=len(found.respondents) * 0.1
        )


def test_a_rule_that_could_not_be_applied_says_so(answers):
    picture = cg.plot(cg.screen(answers, max_missing=0.2, speed=2))
    assert "not applied" in words(picture)


def test_the_map_fills_what_is_missing():
    patterns = [Pattern(("a", "c"), 20), Pattern(("b",), 7)]
    picture = missing_map(patterns, labels={"a": "Item a", "b": "Item b", "c": "Item c"}, complete=470, rare=(2, 3))
    cells, bars = picture.axes
    red = [p for p in cells.patches if to_hex(p.get_facecolor()) == NEGATIVE and p.get_fill()]
    filled = {(int(p.get_x()), int(p.get_y())) for p in red}
    assert filled == {(0, 0), (0, 2), (1, 1)}
    assert [round(p.get_height()) for p in bars.patches] == [20, 7, 3]
    assert "470 rows (94.0%)" in picture.alt and "20 rows lack a, c." in picture.alt


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_map_of_many_items_and_patterns_stays_legible(language):
    rng = np.random.default_rng(5)
    labels = {f"i{k}": f"i{k}  {LONG}" for k in range(40)}
    patterns = [Pattern(tuple(rng.choice(list(labels), 3, replace=False)), 90 - k) for k in range(40)]
    picture = missing_map(patterns, labels=labels, complete=None, language=language)
    assert not overlapping(picture) and picture.get_figheight() < 9.7
    heights = [p.get_height() for p in picture.axes[1].patches]
    assert len(heights) == PATTERNS + 1 and heights[-1] == sum(p.count for p in patterns[PATTERNS:])
    assert "(" not in picture.alt  # so few are complete that their number is not told


def test_patterns_of_few_rows_are_never_drawn(answers):
    holes = answers.copy()
    holes.iloc[:9, 0], holes.iloc[20:23, [1, 5]] = np.nan, np.nan
    picture = cg.plot(cg.mcar_test(holes))
    assert picture.axes[0].get_yticklabels()[0].get_text() == "x1" and len(picture.axes[0].get_yticklabels()) == 1
    assert "x2" not in picture.alt


def test_bars_by_construct_turn_reverse_items(results):
    found = results["description"]
    picture = cg.plot(found, "likert_constructs")
    assert {len(c) for c in picture.axes[0].containers} == {len(found.members)}
    bars = {t.get_text(): k for k, t in enumerate(picture.axes[0].get_yticklabels())}
    turned = set(found.items.loc[found.items["reverse"], "item"])
    for construct, items in found.members.items():
        top = given = 0.0
        for item in items:
            rows = found.categories[found.categories["item"] == item].sort_values("value")
            top += rows["share"].iloc[0 if item in turned else -1] * rows["count"].sum()  # shares are weighted
            given += rows["count"].sum()
        width = picture.axes[0].containers[-1][bars[found.meta.label(construct)]].get_width()
        assert width == pytest.approx(100 * top / given), construct


def test_bars_by_group_stand_below_their_item(results):
    found = results["groups"]
    picture = cg.plot(found, "likert_1" if "likert_1" in plot_kinds(found) else "likert", language="id")
    names = [t.get_text() for t in picture.axes[0].get_yticklabels()]
    assert set(names) == {"Perempuan", "Laki-laki"}
    group = {"Perempuan": "female", "Laki-laki": "male"}[names[0]]
    rows = found.categories[(found.categories["item"] == "pe_dis1") & (found.categories["group"] == group)]
    shares = rows.sort_values("value")["share"]
    assert [c[0].get_width() for c in picture.axes[0].containers] == pytest.approx(100 * shares.to_numpy())


@pytest.mark.parametrize("language", ["en", "id"])
def test_estimates_stand_beside_what_judges_them(answers, language):
    rng = np.random.default_rng(4)
    experts = pd.DataFrame(rng.integers(3, 6, size=(7, 5)), columns=[f"e{k}" for k in range(5)])
    again = answers.assign(person=range(len(answers)))
    waves = answers.assign(wave=np.repeat([1, 2], 200))
    results = {
        "experts": cg.aiken_v(experts, 1, 5),
        "discriminant": cg.discriminant_validity(answers, CONSTRUCTS),
        "retest": cg.test_retest(again, again, on="person", constructs=CONSTRUCTS),
        "nonresponse": cg.nonresponse_bias(waves, CONSTRUCTS, wave="wave", early=1),
    }
    for kind, found in results.items():
        picture = cg.plot(found, kind, language=language)
        assert not overlapping(picture), kind
        lines = picture.axes[0].lines
        points = [float(line.get_xdata()[0]) for line in lines if line.get_marker() == "o" and len(line.get_xdata())]
        wanted = {"experts": "v", "discriminant": "r", "retest": "icc", "nonresponse": "effect_size"}[kind]
        assert sorted(points) == pytest.approx(sorted(found.tidy()[wanted])), kind
    critical = results["experts"].table["v_critical"].iloc[0]
    strokes = [line for line in cg.plot(results["experts"]).axes[0].lines if list(line.get_xdata()) == [critical] * 2]
    assert len(strokes) == 5
    assert {"−0.30", "0.30"} <= set(words(cg.plot(results["nonresponse"])))


def test_the_map_tells_the_share_of_each_item(answers):
    holes = answers.copy()
    holes.iloc[:20, 0] = np.nan
    assert "5,0" in words(cg.plot(cg.missingness(holes), language="id"))


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_scree_fills_the_points_above_chance(answers, language):
    found = cg.parallel_analysis(answers, seed=1, iterations=20)
    picture = cg.plot(found, language=language)
    assert not overlapping(picture)
    common = picture.axes[0]
    filled = [line for line in common.lines if line.get_markersize() == 4 and line.get_markerfacecolor() != "white"]
    assert len(filled) == found.n_factors == 3
    observed = next(line for line in common.lines if len(line.get_xdata()) == 12 and line.get_marker() == "o")
    assert list(observed.get_ydata()) == pytest.approx(list(found.eigenvalues["fa"]))
    assert f"{found.n_factors}" in picture.alt


@pytest.mark.parametrize(("items", "factors"), [(4, 1), (12, 3)])
@pytest.mark.parametrize("language", ["en", "id"])
def test_the_pattern_is_sorted_and_pale_where_it_is_small(answers, items, factors, language):
    found = cg.efa(answers, list(answers.columns[:items]), factors=factors)
    picture = cg.plot(found, language=language)
    assert not overlapping(picture)
    axes = picture.axes[0]
    order = [t.get_text() for t in axes.get_yticklabels()]
    own = found.loadings.abs().to_numpy().argmax(axis=1)
    places = [own[list(found.loadings.index).index(i)] for i in order]
    assert places == sorted(places)
    faces = {(int(p.get_x()), int(p.get_y())): to_hex(p.get_facecolor()) for p in axes.patches}
    for (column, row), colour in faces.items():
        small = abs(found.loadings.loc[order[row]].iloc[column]) < 0.3
        assert (colour == "#f5f5f5") == small, (order[row], column)
    assert len(axes.get_xticklabels()) == factors


def test_a_map_of_many_loadings_is_split(field):
    found = cg.efa(field, list(field.items)[:60], factors=5)
    kinds = plot_kinds(found)
    assert kinds == ("pattern_1", "pattern_2")
    assert cg.plot(found, "pattern_1").get_figheight() < 9.7


def test_an_item_whose_patterns_are_rare_keeps_its_share():
    frame = pd.DataFrame(np.random.default_rng(1).integers(1, 6, size=(200, 4)).astype(float), columns=list("abcd"))
    frame.loc[:9, "a"] = np.nan
    frame.loc[10:13, "b"] = np.nan  # a pattern of four rows is not shown
    told = words(cg.plot(cg.missingness(frame)))
    assert {"a", "b", "5.0", "2.0"} <= set(told) and not {"c", "d"} & set(told)
