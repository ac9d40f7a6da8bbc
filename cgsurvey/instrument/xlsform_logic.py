"""The conditions of a form: expressions of XLSForm taken apart, put together, and those that are written here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|[()\[\]]|(?<![\w.\-/{$])(?:and|or)(?![\w.\-/])")
_TEST = re.compile(
    r"^\s*(?:selected\(\s*\$\{\s*(?P<many>[^{}]+?)\s*\}\s*,\s*(?P<a>'[^']*'|\"[^\"]*\")\s*\)"
    r"|\$\{\s*(?P<one>[^{}]+?)\s*\}\s*=\s*(?P<b>'[^']*'|\"[^\"]*\"))\s*$"
)
# What reaches beyond the answers of the same respondent, or names questions by their place in the form.
_BEYOND = re.compile(r"/|\b(?:instance|pulldata|position|indexed-repeat|current|once|version)\s*\(|\bjr:|last-saved#")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def conjuncts(expression: str) -> list[str]:
    """Return the conditions that an expression joins by "and", without brackets around the whole of each."""
    text = expression.strip()
    parts, words = _split(text)
    if words == {"and"}:
        return [inner for part in parts for inner in conjuncts(part)]
    if not words and text.startswith("(") and _closing(text) == len(text) - 1:
        return conjuncts(text[1:-1])
    return [text] if text else []


def together(conditions: Iterable[str]) -> str:
    """Return one expression that holds where all conditions hold."""
    parts = list(dict.fromkeys(conditions))
    if len(parts) < 2:
        return "".join(parts)
    return " and ".join(f"({p})" if "or" in _split(p)[1] else p for p in parts)


def one_of(name: str, values: Sequence[str], *, many: bool) -> str:
    """Return the condition that one of the values was chosen."""
    column = f"${{{name}}}"
    return " or ".join(f"selected({column}, {_quote(v)})" if many else f"{column} = {_quote(v)}" for v in values)


def goes_on(name: str, ends: Sequence[str], choices: Sequence[str], *, many: bool, everybody: bool) -> str:
    """Return the condition that an answer did not end the questions.

    Where everybody must answer, a blank does not go on either: nothing else is seen before the answer.
    """
    if everybody and not many:
        return one_of(name, [c for c in choices if c not in ends], many=False)
    return f"not({one_of(name, ends, many=many)})"


def chosen(condition: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the question and the values of a condition as `one_of` writes it, None for any other."""
    parts, words = _split(condition)
    if words - {"or"}:
        return None
    found = [_TEST.match(p) for p in parts]
    names = {m["one"] or m["many"] for m in found if m}
    if not all(found) or len(names) != 1:
        return None
    return names.pop(), tuple((m["a"] or m["b"])[1:-1] for m in found if m)


def beyond(expression: str) -> bool:
    """Return whether an expression needs more than the answers to other questions by name."""
    return _BEYOND.search(_QUOTED.sub("''", expression)) is not None


def with_names(expression: str, name: Callable[[str], str]) -> str:
    """Return the expression with each reference by another name."""
    return REFERENCE.sub(lambda m: f"${{{name(m[1])}}}", expression)


def _split(text: str) -> tuple[list[str], set[str]]:
    """Return the parts of an expression between its outermost "and"s and "or"s, and which of the two there are."""
    depth, begin, parts, words = 0, 0, [], set()
    for m in _WORD.finditer(text):
        if m[0] in "([":
            depth += 1
        elif m[0] in ")]":
            depth -= 1
        elif depth == 0 and m[0] in ("and", "or"):
            parts.append(text[begin : m.start()].strip())
            words.add(m[0])
            begin = m.end()
    return [*parts, text[begin:].strip()], words


def _closing(text: str) -> int:
    """Return where the bracket closes that the text begins with, -1 where it does not."""
    depth = 0
    for m in _WORD.finditer(text):
        depth += (m[0] in "([") - (m[0] in ")]")
        if depth == 0 and m[0] in ")]":
            return m.start()
    return -1


def _quote(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
