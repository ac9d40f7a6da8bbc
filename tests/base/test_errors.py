"""Errors: one root, readable messages, survival of process borders."""

from __future__ import annotations

import inspect
import pickle

import pytest

from cgsurvey.base import errors
from cgsurvey.base.errors import CgSurveyError, ModelSyntaxError, OptionError, did_you_mean, some

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, Exception)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_error_has_the_one_root_and_is_public(cls):
    import cgsurvey as cg

    assert issubclass(cls, CgSurveyError)
    assert getattr(cg, cls.__name__) is cls
    again = pickle.loads(pickle.dumps(cls("what is wrong")))
    assert type(again) is cls and str(again) == "what is wrong"


def test_the_errors_of_the_standard_library_are_kept():
    assert issubclass(OptionError, ValueError)
    assert issubclass(errors.MissingDependencyError, ImportError)
    assert issubclass(errors.ColumnNotFoundError, errors.DataError)


def test_a_syntax_error_points_at_the_character():
    error = ModelSyntaxError("unknown operator.", "f =~ x1\nf =* x2\n", line=2, column=3)
    *_, shown, caret = str(error).splitlines()
    assert shown[caret.index("^")] == "="
    assert shown.strip() == "f =* x2" and "line 2, column 3" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and (again.line, again.column) == (2, 3)


def test_a_tab_does_not_move_the_caret():
    *_, shown, caret = str(ModelSyntaxError("x", "\tf =* x2", line=1, column=4)).splitlines()
    assert shown[caret.index("^")] == "="


def test_a_place_outside_the_text_is_no_second_fault():
    assert str(ModelSyntaxError("nothing here", "a", line=9, column=1)) == "nothing here"


def test_did_you_mean():
    assert did_you_mean("Trsut1", ["trust1", "other"]) == " Did you mean 'trust1'?"
    assert did_you_mean("zzz", ["trust1"]) == ""
    assert did_you_mean("PE_DIS1", ["pe_dis1"]) == " Did you mean 'pe_dis1'?"
    assert " or " in did_you_mean("tru", ["tru1", "tru2"], n=2)
    assert did_you_mean(12, [1, 123]) == " Did you mean '123'?"


def test_some_says_how_many_more():
    assert some([1, 2]) == "1, 2"
    assert some(range(10), 3) == "0, 1, 2 and 7 more"
