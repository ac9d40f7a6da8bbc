"""Arguments are checked with the nearest right word at hand."""

from __future__ import annotations

import numpy as np
import pytest

from cgsurvey.base.errors import OptionError
from cgsurvey.base.options import choose, choose_all, fraction


def test_choose():
    assert choose("language", "id", ("en", "id")) == "id"
    assert choose("clusters", None, (None, 1)) is None
    with pytest.raises(OptionError, match=r"estimator='mlr' is not known\. Did you mean 'MLR'\? Allowed: 'ML'"):
        choose("estimator", "mlr", ("ML", "MLR"))


def test_choose_all():
    assert choose_all("test", None, "ab") == ()
    assert choose_all("test", "a", "ab") == ("a",)
    assert choose_all("test", ["b", "a"], "ab") == ("b", "a")
    with pytest.raises(OptionError, match="'c'"):
        choose_all("test", ["a", "c"], "ab")


@pytest.mark.parametrize("value", [0, 1, -0.1, 95, np.nan])
def test_fraction_is_open(value):
    with pytest.raises(OptionError, match="must lie between 0 and 1"):
        fraction("ci", value)


def test_fraction():
    assert fraction("ci", 0.9) == 0.9
    assert fraction("share", 1, closed=True) == 1.0 and fraction("share", 0, closed=True) == 0.0
