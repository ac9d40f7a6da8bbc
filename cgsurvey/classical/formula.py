"""From a formula to the columns of a regression.

Labelled file. Formulas are those of R and statsmodels, read by formulaic; a factor may use columns and a few functions,
so that a formula from a study file can run nothing else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cgsurvey.base.errors import ModelSyntaxError, OptionError, some

FUNCTIONS = {"log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "sqrt": np.sqrt}
TRANSFORMS = ("C", "I", "center", "scale", "poly", "bs", "contr")
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, eq=False)
class Design:
    """Outcome and design matrix.

    Attributes
    ----------
    formula : str
    outcome : str
    terms : tuple of str
        Names of the columns of X, the intercept first where there is one.
    parents : tuple of str
        The term of the formula that each column belongs to.
    y : ndarray, shape (n,)
        Numbers, or codes of categories.
    X : ndarray, shape (n, k)
    """

    formula: str
    outcome: str
    terms: tuple[str, ...]
    parents: tuple[str, ...]
    y: NDArray[np.float64]
    X: NDArray[np.float64]


def quoted(name: str) -> str:
    """Return a name as it stands in a formula."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"`{name}`"


def formula_of(outcome: str, predictors: Sequence[str]) -> str:
    """Return the formula of an outcome and its predictors."""
    return f"{quoted(outcome)} ~ {' + '.join(map(quoted, predictors)) or '1'}"


def variables_of(formula: str) -> list[str]:
    """Return the variables that a formula names, the outcome first.

    Raises
    ------
    ModelSyntaxError
        When it cannot be read, has no outcome, or uses what is no column and no known function.
    """
    parsed = _parsed(formula)
    names: dict[str, None] = {}
    for term in (*parsed.lhs, *parsed.rhs):
        for factor in term.factors:
            text = str(factor.expr)
            lookup = factor.eval_method.value == "lookup"  # a bare name, its backticks taken off
            names |= dict.fromkeys([text] if lookup else _names(text, formula))
    return list(names)


def outcome_of(formula: str) -> str:
    """Return the variable on the left of a formula."""
    return variables_of(formula)[0]


def build(formula: str, frame: pd.DataFrame) -> Design:
    """Make the design matrix of a formula on complete rows.

    Raises
    ------
    ModelSyntaxError
        When a function cannot be computed, e.g. the logarithm of zero.
    """
    import formulaic

    names = variables_of(formula)
    used = frame[names].apply(
        lambda c: c.cat.remove_unused_categories() if isinstance(c.dtype, pd.CategoricalDtype) else c
    )
    left, _, right = formula.partition("~")
    outcome = used[names[0]]
    if isinstance(outcome.dtype, pd.CategoricalDtype):
        y = outcome.cat.codes.to_numpy(dtype=float)
    else:
        y = _matrix(formulaic, left, f"0 + {left}", used, formula)[0][:, 0]
    X, terms, parents = _matrix(formulaic, right, right, used, formula)
    return Design(formula, left.strip().strip("`"), terms, parents, y, X)


def _matrix(
    formulaic: Any, text: str, spec: str, used: pd.DataFrame, formula: str
) -> tuple[NDArray[np.float64], tuple[str, ...], tuple[str, ...]]:
    try:
        with np.errstate(all="ignore"):
            made = formulaic.model_matrix(spec, used, context=dict(FUNCTIONS), na_action="ignore")
    except Exception as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelSyntaxError(f"'{text.strip()}' cannot be computed: {told[0]}", formula) from error
    values = np.asarray(made, dtype=float)
    terms = tuple(INTERCEPT if c == "Intercept" else _plain(str(c)) for c in made.columns)
    parents = [""] * len(terms)
    for term, where in made.model_spec.term_slices.items():
        parents[where] = [_plain(str(term))] * (where.stop - where.start)
    wrong = [t for t, column in zip(terms, values.T, strict=True) if not np.isfinite(column).all()]
    if wrong:
        raise ModelSyntaxError(f"{some(wrong)} has no finite value in some rows, e.g. a logarithm of 0.", formula)
    return values, terms, tuple(INTERCEPT if p == "1" else p for p in parents)


def _plain(name: str) -> str:
    """Write a category as R does in tables: sex[T.m] as sex[m]."""
    return name.replace("[T.", "[").replace("`", "")


def _parsed(formula: str) -> Any:
    import formulaic

    if not isinstance(formula, str):
        raise OptionError(f"a formula is a text such as 'quality ~ trust + age', not {type(formula).__name__}.")
    if formula.count("~") != 1 or not all(part.strip() for part in formula.split("~")):
        raise ModelSyntaxError(
            "a formula needs an outcome, one '~' and predictors: 'quality ~ trust + age'.", formula or " "
        )
    try:
        parsed = formulaic.Formula(formula)
        factors = [len(t.factors) for t in parsed.lhs]
        _ = [t.factors for t in parsed.rhs]  # parts divided by | have none
    except Exception as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelSyntaxError(f"the formula cannot be read: {told[0]}", formula) from error
    if factors != [1]:
        raise ModelSyntaxError("one outcome stands on the left of '~'.", formula)
    return parsed


def _names(factor: str, formula: str) -> list[str]:
    """Return the columns that a factor uses; anything but columns, numbers and known functions is refused."""
    if factor in ("1", "0"):
        return []
    masked, back = _masked(factor)
    try:
        tree = ast.parse(masked, mode="eval")
    except SyntaxError:
        raise ModelSyntaxError(f"'{factor}' cannot be read.", formula) from None
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    allowed = (
        *(ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator),
        *(ast.unaryop, ast.keyword, ast.Tuple, ast.List),
    )
    names = []
    for node in ast.walk(tree):
        if not isinstance(node, allowed):
            raise ModelSyntaxError(f"'{factor}' uses more than columns, numbers and functions.", formula)
        if isinstance(node, ast.Name) and id(node) not in called:
            names.append(back.get(node.id, node.id))
        elif isinstance(node, ast.Name) and node.id not in (*FUNCTIONS, *TRANSFORMS):
            known = ", ".join((*FUNCTIONS, *TRANSFORMS))
            raise ModelSyntaxError(f"the function '{node.id}' is not known. Known: {known}.", formula)
        elif isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            raise ModelSyntaxError(f"'{factor}' uses more than columns, numbers and functions.", formula)
    return names


def _masked(factor: str) -> tuple[str, dict[str, str]]:
    back: dict[str, str] = {}

    def mask(found: re.Match[str]) -> str:
        back[f"_column{len(back)}"] = found.group(1)
        return f"_column{len(back) - 1}"

    return re.sub(r"`([^`]+)`", mask, factor), back
