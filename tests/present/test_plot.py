"""`plot` finds the pictures of a result in the registry, and says which there are where it finds none."""

import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.errors import OptionError
from cgsurvey.present import plot_kinds
from cgsurvey.present.figures.drawers import drawable

from .conftest import CONSTRUCTS


def test_each_registered_class_names_its_pictures(measured, structured, answers):
    assert plot_kinds(measured) == ("diagram", "loadings")
    assert plot_kinds(cg.validity(answers, CONSTRUCTS)) == ("htmt", "correlations", "pairs")
    assert plot_kinds(cg.describe(answers, scale=(1, 5))) == ("likert",)
    assert {"SemFit", "Validity", "Description", "SimpleSlopes"} <= set(drawable())


def test_what_has_no_picture_is_told_which_results_have_one():
    assert plot_kinds(pd.DataFrame()) == ()
    with pytest.raises(OptionError, match="no picture of a DataFrame; pictures exist of Activities, Correlations, "):
        cg.plot(pd.DataFrame())


def test_a_result_without_anything_to_draw_says_so(answers):
    one = cg.validity(answers, {"f1": CONSTRUCTS["f1"]})
    with pytest.raises(OptionError, match="this Validity has nothing that a picture could show"):
        cg.plot(one)


def test_an_unknown_picture_is_answered_with_those_there_are(measured):
    with pytest.raises(OptionError, match="diagram"):
        cg.plot(measured, "diagramm")
