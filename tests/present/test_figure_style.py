"""The typeface and size of pictures within a `with` block."""

import matplotlib
import pytest
from matplotlib.text import Text

import cgsurvey as cg

MODEL = "F =~ x1 + x2\nG =~ y1 + y2\nG ~ F"


def sizes(picture):
    picture.canvas.draw()
    return [t.get_fontsize() for a in picture.axes for t in (*a.texts, *(a.get_xticklabels() if a.axison else ()))]


def test_every_text_follows_the_size_and_the_typeface_and_only_within_the_block(tmp_path):
    data = cg.simulate("F =~ .8*x1 + .7*x2 + .6*x3", 200, seed=1)
    scree = cg.parallel_analysis(data, seed=1, iterations=20)
    usual, plain = cg.diagram(MODEL), cg.plot(scree)
    before = {k: matplotlib.rcParams[k] for k in ("font.family", "font.sans-serif", "font.size")}
    with cg.figure_style(font="DejaVu Serif", size=9):
        chosen, ticked = cg.diagram(MODEL), cg.plot(scree)
    assert sizes(chosen) == pytest.approx([s * 1.125 for s in sizes(usual)])
    assert max(sizes(ticked)) == pytest.approx(max(sizes(plain)) * 1.125)
    assert min(sizes(ticked)) == pytest.approx(min(sizes(plain)) * 1.125)
    assert {t.get_fontname() for t in chosen.findobj(Text)} == {"DejaVu Serif"}
    assert b"DejaVu Serif" in chosen.save(tmp_path / "a.svg").read_bytes()
    assert sizes(cg.diagram(MODEL)) == sizes(usual)
    assert {k: matplotlib.rcParams[k] for k in before} == before


def test_what_is_not_installed_or_unreadable_is_refused():
    with pytest.raises(cg.OptionError, match=r"font='DejaVu Serf' is not installed here\. Did you mean 'DejaVu Serif"):
        cg.figure_style(font="DejaVu Serf").__enter__()
    with pytest.raises(cg.OptionError, match="size=4 is outside 6 to 9 points"):
        cg.figure_style(size=4).__enter__()
