"""No text crashes the reader of models: it is read, or refused with an error that shows the place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cgsurvey.base.errors import CgSurveyError, ModelError, ModelSyntaxError
from cgsurvey.sem.model.constraints import constraints_of
from cgsurvey.sem.model.expressions import evaluate, linear_form, parse_expression, second_order
from cgsurvey.sem.model.placement import restrictions, structure
from cgsurvey.sem.model.syntax import parse, parse_equalities
from cgsurvey.sem.model.table import GROUP_EQUAL, parameter_table

fuzzed = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

VALID = [
    "f =~ x1 + a*x2 + b*x3\ng =~ x4 + x5 + start(0.8)*x6\ng ~ c*f\nind := a*c\na == b^2\nc > 0",
    "f =~ c(a, a)*x1 + c(1, NA)*x2 + x3\nx1 ~ c(i1, i2)*1\nf ~~ NA*f # comment\nf ~ 0*1",
    'y ~ x + x:z + "p q"*m; m ~ equal("y~x")*x\ny ~~ m ! end\n`item one` ~ y',
    "u =~ o1 + o2 + o3\no1 | t1 + t2\no1 ~*~ 1*o1\no2 ~~ 0.3*o3\nr := (sqrt(abs(exp(1))) + 2)^-1 / 3",
]
WORDS = [
    "=~", "~", "~~", "~1", "|", "~*~", ":=", "==", "<", ">", "<=", "=", "<~", "+", "-", "*", "/", "^", "**", "(", ")",
    ",", "?", ":", ";", "\n", " ", "#", "!", "`", '"', "'", "f", "x1", "x2", "a", "1", "0", "0.5", "1e308", "1e999",
    ".5", "1e-400", "NA", "c", "start", "equal", "label", "efa", "exp", "log", "t1", "t99", "level", "group", ".p1.",
    "\t", "\r", "\x85", "\u2028", "½", "٣", "é", "変", "\U0001f600", "\x00", "\ud800",
]  # fmt: skip


def read_or_refused(text: str) -> None:
    """The text is read, or refused with a place in it."""
    try:
        said = parse(text)
        assert said.statements
        compiled(parameter_table(text))
    except ModelSyntaxError as error:
        placed(error, text)
    except CgSurveyError as error:
        assert str(error)


def compiled(table) -> None:
    made = structure(table)
    held = restrictions(table, made)
    assert held.K.shape == (made.q, held.K.shape[1]) and np.all(np.isfinite(held.K)) and np.all(np.isfinite(held.k0))
    found = constraints_of(table, made, (*held.nonlinear, *held.inequalities))
    value, J, H = found(np.full(made.q, 0.7))
    assert len(value) == len(J) == len(H) == len(found)


def placed(error: ModelSyntaxError, text: str) -> None:
    lines = text.splitlines() or [""]
    assert 1 <= error.line <= len(lines), (error.line, text)
    line = lines[error.line - 1]
    assert 1 <= error.column <= len(line) + 1, (error.column, line)
    if text.splitlines():
        assert f"line {error.line}, column {error.column}" in str(error)
        shown, caret = str(error).split("\n")[-2:] if "\n" not in line else ("", "^")
        assert caret.strip() == "^" and len(caret) == 4 + error.column and shown[4:] == line.replace("\t", " ")


@fuzzed
@given(st.text(max_size=120))
def test_any_text(text: str) -> None:
    read_or_refused(text)


@fuzzed
@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
@example("f =~ x1\nf =~ x1")
@example("f =~ (0/0)*x1")
@example("f =~ a*x1\na == 1/0")
@example("f =~ a*x1 + 0.5*x1\na == 1")
@example("f =~ a*x1\nb := a\nb := b")
def test_words_of_the_language_in_any_order(text: str) -> None:
    read_or_refused(text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 4)))
        put = draw(st.one_of(st.just(""), st.sampled_from(WORDS), st.just(text[at:end] * 2), st.characters()))
        text = text[:at] + put + text[end:]
    return text


@fuzzed
@given(mutated())
def test_models_with_faults(text: str) -> None:
    read_or_refused(text)


@pytest.mark.parametrize("text", VALID)
def test_the_models_themselves_are_read(text: str) -> None:
    compiled(parameter_table(text, groups=2 if "c(" in text else 1))


@pytest.mark.parametrize(
    "text",
    ["(" * 5000 + "a" + ")" * 5000, "-" * 5000 + "a", "a^" * 5000 + "a", "+".join("a" * 5000), "*".join("a" * 5000),
     "exp(" * 5000 + "a" + ")" * 5000, "9" * 5000, "(" * 50 + "+".join("a" * 290) + "+1)" * 50, "a" * 50_000],
    ids=["parentheses", "signs", "powers", "sums", "products", "calls", "digits", "both", "name"],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["{}", "x := {}", "a == {}", "{} > 0"])
def test_deep_and_long(text: str, frame: str) -> None:
    read_or_refused(f"f =~ x1 + a*x2 + x3\n{frame.format(text)}")


names = st.sampled_from(["a", "b", "c"])
numbers = st.sampled_from(["0", "1", "2.5", "1e-3", "1e300", "-1"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/^"), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
        st.tuples(st.sampled_from(["exp", "log", "sqrt", "abs", "tanh"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        inner.map(lambda t: f"-({t})"),
    )


@fuzzed
@given(st.recursive(st.one_of(names, numbers), larger, max_leaves=12))
def test_arithmetic_never_raises(text: str) -> None:
    """Undefined results are NaN or infinite; the three ways of evaluating agree where there is a value."""
    parsed = parse_expression(text)
    at = {"a": 0.3, "b": -1.2, "c": 0.0}
    value = float(evaluate(parsed, at))
    unit = np.eye(3)
    with np.errstate(all="ignore"):
        again = second_order(parsed, {n: (v, unit[k], np.zeros((3, 3))) for k, (n, v) in enumerate(at.items())})[0]
        assert np.isclose(again, value, equal_nan=True) or not np.isfinite(value)
        form = linear_form(parsed, {})
        if form is not None and np.isfinite(value):
            line = form[0] + sum(w * at[n] for n, w in form[1].items())
            assert np.isclose(line, value, rtol=1e-6) or not np.isfinite(line)


variables = [f"x{k}" for k in range(1, 7)]
latents = ["f", "g"]
modifier = st.sampled_from(["", "", "", "", "a*", "b*", "0.5*", "NA*", "start(0.4)*", "c(a, b)*", "c(1, NA)*"])


@st.composite
def model(draw: st.DrawFn) -> str:
    """A model that obeys the grammar, sensible or not."""

    def term(pool: list[str]) -> str:
        return draw(modifier) + draw(st.sampled_from(pool))

    def terms(pool: list[str], most: int = 4) -> str:
        return " + ".join(term(pool) for _ in range(draw(st.integers(1, most))))

    lines = [f"f =~ {terms(variables)}"]
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["=~", "~", "~~", "~1", ":=", "==", ">"]))
        if kind == "=~":
            lines.append(f"{draw(st.sampled_from(latents))} =~ {terms([*variables, 'f'])}")
        elif kind in ("~", "~~"):
            lines.append(f"{draw(st.sampled_from([*variables, *latents]))} {kind} {terms([*variables, *latents])}")
        elif kind == "~1":
            lines.append(f"{draw(st.sampled_from([*variables, 'f']))} ~ {draw(modifier)}1")
        else:
            right = draw(st.sampled_from(["a*b", "a + 2*b", "1", "b^2", "exp(a)", "q"]))
            lines.append(f"{'q' if kind == ':=' else 'a'} {kind} {right}")
    return "\n".join(lines)


@fuzzed
@given(
    model(), st.sampled_from(["cfa", "sem", "growth"]), st.integers(1, 3),
    st.lists(st.sampled_from(GROUP_EQUAL), max_size=3), st.booleans(), st.booleans(), st.booleans(),
    st.sampled_from([None, True, False]), st.sampled_from([None, variables, variables[:3]]),
)  # fmt: skip
def test_tables_of_any_model(text, kind, groups, equal, std_lv, fixed_x, auto, means, columns) -> None:
    try:
        table = parameter_table(
            text, columns, kind=kind, groups=groups, group_equal=equal, std_lv=std_lv, fixed_x=fixed_x, auto=auto,
            meanstructure=means,
        )  # fmt: skip
        compiled(table)
    except ModelSyntaxError as error:
        placed(error, text)
    except CgSurveyError as error:
        assert str(error)
    else:
        assert len(set(table.plabel)) - ("" in table.plabel) == (table.group > 0).sum()
        assert (table.free[table.group > 0] > 0).sum() == table.free.max(initial=0)


@fuzzed
@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
def test_equalities(text: str) -> None:
    try:
        assert parse_equalities(text)
    except ModelSyntaxError as error:
        placed(error, text)


def test_a_side_without_value() -> None:
    table = parameter_table("f =~ x1 + a*x2 + x3\na == 1/0")
    with pytest.raises(ModelError, match="'a == 1/0' has a side without value"):
        restrictions(table, structure(table))
