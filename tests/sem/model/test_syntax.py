"""Model text is read as lavaan reads it, and every fault shows its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgsurvey.base.errors import ModelSyntaxError
from cgsurvey.base.model import Model
from cgsurvey.sem.model.placement import structure
from cgsurvey.sem.model.syntax import parse
from cgsurvey.sem.model.table import parameter_table


def modifiers(text: str) -> list[tuple[str, tuple[object, ...]]]:
    """The modifiers of the last term."""
    return [(m.kind, m.values) for m in parse(text).statements[-1].rhs[-1].modifiers]


def test_statements_lines_and_comments() -> None:
    text = "# the model\nf =~ x1 + # one\n  x2 +\n\n  x3 ! last\ng =~ y1\n  + y2; f ~~ 0*g\n a +\n b ~ 1 + c"
    said = parse(text)
    assert [(s.op, [t.name for t in s.lhs], [t.name for t in s.rhs]) for s in said.statements] == [
        ("=~", ["f"], ["x1", "x2", "x3"]),
        ("=~", ["g"], ["y1", "y2"]),
        ("~~", ["f"], ["g"]),
        ("~", ["a", "b"], ["", "c"]),
    ]
    term = said.statements[2].rhs[0]
    assert (term.place.line, term.place.column) == (7, 16)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ a*x", ("label", ("a",))),
        ("y ~ 'my label'*x", ("label", ("my label",))),
        ("y ~ label('a')*x", ("label", ("a",))),
        ("y ~ 0.5*x", ("fixed", (0.5,))),
        ("y ~ -1e-2*x", ("fixed", (-0.01,))),
        ("y ~ 1/4*x", ("fixed", (0.25,))),
        ("y ~ 2*3*x", ("fixed", (6.0,))),
        ("y ~ (1 + sqrt(4))^2*x", ("fixed", (9.0,))),
        ("y ~ start(.8)*x", ("start", (0.8,))),
        ("y ~ 0.8?x", ("start", (0.8,))),
        ("y ~ start(c(.1, -.2))*x", ("start", (0.1, -0.2))),
        ("y ~ c(a, b)*x", ("label", ("a", "b"))),
        ('y ~ c("a", NA)*x', ("label", ("a", ""))),
        ("y ~ equal('y~z')*x", ("equal", ("y~z",))),
        ("y ~ 0", ("fixed", (0.0,))),
        ("y ~ 0*1", ("fixed", (0.0,))),
    ],
)
def test_modifiers(text: str, expected: tuple[str, tuple[object, ...]]) -> None:
    assert modifiers(text) == [expected]


def test_free_is_written_as_na() -> None:
    ((kind, values),) = modifiers("f =~ c(1, NA)*x")
    assert kind == "fixed" and values[0] == 1.0 and np.isnan(values[1])


def test_names() -> None:
    said = parse("mutu_pelayanan =~ `butir 1` + jawaban.2 + réponse + 回答\ny ~ x:z + .hidden")
    assert [t.name for t in said.statements[0].rhs] == ["butir 1", "jawaban.2", "réponse", "回答"]
    assert [t.name for t in said.statements[1].rhs] == ["x:z", ".hidden"]


def test_constraints_lose_their_blanks() -> None:
    said = parse("y ~ a*x + b*z\nab := a * b\na == b + 0.5; b > 0\na<1")
    assert [(c.lhs.text, c.op, c.rhs.text) for c in said.constraints] == [
        ("ab", ":=", "a*b"), ("a", "==", "b+0.5"), ("b", ">", "0"), ("a", "<", "1"),
    ]  # fmt: skip


def test_a_model_is_read_like_its_text() -> None:
    assert parse(Model("f =~ x1 + x2", name="m")) == parse("f =~ x1 + x2")


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "is empty", 1, 1),
        ("# nothing\n\n", "is empty", 1, 1),
        ("f =~ x1 + x2\ng = x3 + x4", "'=~' .measured by.", 2, 3),
        ("f =~ x1 + + x2", "missing before '\\+'", 1, 11),
        ("f =~ x1 +", "missing after '\\+'", 1, 9),
        ("f =~", "Nothing follows '=~'", 1, 3),
        ("=~ x1", "Nothing stands before '=~'", 1, 1),
        ("f =~ x1 x2", "'x2' cannot follow 'x1'", 1, 9),
        ("f =~ x1\nx2 + x3", "no operator", 2, 1),
        ("f =~ x1 ~ x2", "second operator '~'", 1, 9),
        ("f <~ x1 + x2", "Formative composites", 1, 3),
        ("f =~ x1 - x2", "joined by '\\+'", 1, 9),
        ("f =~ x1 + 2", "number 2 cannot stand for a variable", 1, 11),
        ("f =~ 1", "number 1 cannot stand for a variable", 1, 6),
        ("f =~ a*", "missing after '\\*'", 1, 7),
        ("f =~ *x", "missing before '\\*'", 1, 6),
        ("f =~ a*0.5*x", "label within arithmetic", 1, 6),
        ("f =~ a*start(1)*x", "two terms", 1, 8),
        ("f =~ c(a, 1)*x", "cannot be mixed", 1, 6),
        ("f =~ c(a,)*x", "missing in the parentheses", 1, 6),
        ("f =~ start(a)*x", "start value is a number", 1, 12),
        ("f =~ lower(0)*x", "Bounds are written as a constraint", 1, 6),
        ("efa('b')*f =~ x1", "Exploratory blocks", 1, 1),
        ("a*f =~ x1", "cannot stand left of '=~'", 1, 1),
        ("f =~ log(x1)", "Transform the column", 1, 6),
        ("f =~ (x1 + x2", "never closed", 1, 6),
        ("f =~ x1) + x2", "never opened", 1, 8),
        ("f =~ 'x1", "quote that is not closed", 1, 6),
        ("f =~ x1 & x2", "the character '&'", 1, 9),
        ("level: 1\nf =~ x1", "Blocks", 1, 1),
        ("y ~ a*x\na <= 1", "written with '<'", 2, 3),
        ("y ~ a*x\nb := a +", "ends too early", 2, 8),
        ("y ~ a*x\nb := foo(a)", "'foo' is no function", 2, 6),
        ("y ~ a*x\na*2 := a", "one new name", 2, 1),
        ("y ~ a*x\nb := " + "(" * 90 + "a" + ")" * 90, "nested deeper", 2, 66),
    ],
)
def test_faults(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(ModelSyntaxError, match=message) as error:
        parse(text)
    assert (error.value.line, error.value.column) == (line, column)
    if text.strip():
        shown = str(error.value).splitlines()
        assert shown[-1].index("^") - 4 == column - 1 and shown[-2].strip() in text


OPERATORS = [
    "=~",
    "~",
    "~~",
    "~*~",
    "|",
    ":=",
    "==",
    "<",
    ">",
    "<~",
    "=",
    "+",
    "-",
    "*",
    "/",
    "^",
    "?",
    "(",
    ")",
    ",",
    ";",
]
NAMES = [
    "f",
    "g",
    "x1",
    "x2",
    "a",
    "b",
    "NA",
    "1",
    "0",
    "0.5",
    "1e3",
    "'q'",
    "`n m`",
    "t1",
    ".p1.",
    "é",
    "c(",
    "start(",
]
WORDS = st.sampled_from([*OPERATORS, *NAMES, "equal(", "exp(", "efa(", ":", "\n", "#", "!", "\t", "&", '"'])


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=60))
def test_nothing_but_a_syntax_error_escapes(text: str) -> None:
    try:
        parse(text)
    except ModelSyntaxError as error:
        assert error.line >= 1 and error.column >= 1


TERM = st.sampled_from(["x1", "x2", "x3", "a*x1", "b*x2", "1*x3", "NA*x1", "start(1)*x2", "f", "g", "y", "0.5*y", "1"])
LINE = st.builds(
    lambda lhs, op, rhs: f"{lhs} {op} {' + '.join(rhs)}",
    st.sampled_from(["f", "g", "y", "x1"]),
    st.sampled_from(["=~", "~", "~~"]),
    st.lists(TERM, min_size=1, max_size=4),
) | st.sampled_from(["a == b", "k := a*b", "a > 0", "a == 2*b - 1", "m := k/b"])


@given(st.lists(LINE, min_size=1, max_size=6).map("\n".join), st.integers(1, 2))
def test_every_table_is_well_formed(text: str, groups: int) -> None:
    from cgsurvey.base.errors import ModelError

    try:
        table = parameter_table(text, groups=groups, kind="sem")
        made = structure(table)
    except ModelError:
        return
    n = table.free.max(initial=0)
    assert sorted(table.free[table.free > 0]) == list(range(1, n + 1))
    assert set(made.free[made.free >= 0]) == set(range(made.q)) and made.q <= n
    assert np.array_equal(np.isnan(made.value), (made.free >= 0) | (table.exo[made.row] == 1))
    assert ((made.matrix != 1) | (made.i >= made.j)).all()
