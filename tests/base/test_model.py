"""A model is its text, and carries its words with it."""

from __future__ import annotations

import pickle

from cgsurvey.base.model import Model


def test_a_model_is_a_string_with_words():
    model = Model("f =~ x", name="m", titles={"en": "One factor"}, labels={"f": {"en": "F"}})
    assert model == "f =~ x" and isinstance(model, str) and type(model.syntax) is str
    again = pickle.loads(pickle.dumps(model))
    assert (again, again.name, again.titles, again.labels) == (model, "m", {"en": "One factor"}, {"f": {"en": "F"}})
    assert Model("f =~ x").labels == {}
