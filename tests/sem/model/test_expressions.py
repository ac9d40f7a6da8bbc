"""Arithmetic on labels: values as in R, derivatives exact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgsurvey.base.errors import ModelSyntaxError
from cgsurvey.sem.model.expressions import defined, evaluate, gradient, linear_form, parse_expression


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7), ("-2^2", -4), ("2^-1", 0.5), ("2**3**2", 512), ("(1 + 2)*3", 9), ("8/4/2", 1),
        ("1e-1*10", 1), ("--2", 2),
        ("exp(0) + log(1) + sqrt(9) + abs(-2)", 6), ("log10(1000)", 3), ("2 - -3", 5), ("tanh(0)*sin(1)", 0),
    ],
)  # fmt: skip
def test_values_as_in_r(text: str, value: float) -> None:
    assert math.isclose(float(evaluate(text, {})), value, abs_tol=1e-14)


EXPRESSIONS = [
    "a*b + c", "a/(b + c)", "a^2*exp(b)/c", "log(a*b)^c", "sqrt(a + b*b)", "a^b^0.5", "abs(a - 3*b)",
    "sin(a)*cos(b)*tan(c)", "tanh(a - b)", "(a*b)/(a*b + c)", "2^a", "log10(c)", "-a + b - -c",
]  # fmt: skip


@given(st.sampled_from(EXPRESSIONS), st.lists(st.floats(1.1, 1.4), min_size=3, max_size=3))
def test_derivatives_agree_with_differences(text: str, at: list[float]) -> None:
    values = dict(zip("abc", at, strict=True))
    _, slopes = gradient(text, values)
    for name in slopes:
        h = 1e-6
        up, down = (float(evaluate(text, {**values, name: values[name] + s * h})) for s in (1, -1))
        assert math.isclose(float(slopes[name]), (up - down) / (2 * h), rel_tol=1e-5, abs_tol=1e-6)


def test_draws_are_evaluated_at_once() -> None:
    draws = np.random.default_rng(1).normal(size=(2, 50))
    value, slopes = gradient("a*b + a", {"a": draws[0], "b": draws[1]})
    assert np.allclose(value, draws[0] * draws[1] + draws[0])
    assert np.allclose(slopes["a"], draws[1] + 1) and np.allclose(slopes["b"], draws[0])


def test_definitions_use_each_other_in_any_order() -> None:
    rows = [("total", "indirect + c"), ("indirect", "a*b"), ("share", "indirect/total")]
    value, jacobian = defined(rows, {"a": 0.5, "b": 0.4, "c": 0.3, "d": 9.0})
    assert np.allclose(value, [0.5, 0.2, 0.4])
    assert np.allclose(jacobian[0], [0.4, 0.5, 1, 0])
    assert np.allclose(jacobian[2], [0.4 * 0.3 / 0.25, 0.5 * 0.3 / 0.25, -0.2 / 0.25, 0])
    many, jac = defined(rows, {"a": np.full(7, 0.5), "b": np.full(7, 0.4), "c": np.full(7, 0.3), "d": np.zeros(7)})
    assert many.shape == (7, 3) and jac.shape == (7, 3, 4) and np.allclose(many, value) and np.allclose(jac, jacobian)


def test_a_circle_of_definitions() -> None:
    with pytest.raises(ModelSyntaxError, match="circle: p, q"):
        defined([("p", "q + 1"), ("q", "2*p")], {})


def test_undefined_results_are_nan_and_unknown_names_are_errors() -> None:
    assert np.isnan(evaluate("log(a)", {"a": -1.0}))
    with pytest.raises(ModelSyntaxError, match=r"'ind' is no label of the model\. Did you mean 'ind1'"):
        evaluate("ind*2", {"ind1": 1.0})


def test_linear_forms() -> None:
    assert linear_form(parse_expression("2*(a - b)/4 + 3 - -a"), {}) == (3.0, {"a": 1.5, "b": -0.5})
    assert linear_form(parse_expression("s*2"), {"s": (1.0, {"a": 1.0})}) == (2.0, {"a": 2.0})
    assert linear_form(parse_expression("exp(0)*a"), {}) == (0.0, {"a": 1.0})
    assert linear_form(parse_expression("2^3"), {}) == (8.0, {})
    for text in ("a*b", "a^2", "1/a", "exp(a)", "n + 1"):
        assert linear_form(parse_expression(text), {"n": None}) is None
