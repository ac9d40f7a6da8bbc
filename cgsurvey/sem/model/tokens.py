"""Words of the model language with their places in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cgsurvey.base.errors import ModelSyntaxError


@dataclass(frozen=True)
class Token:
    """A word: kind is "name", "number", "string", "op" or "newline"; line and column count from 1."""

    kind: str
    text: str
    line: int
    column: int


_WORD = re.compile(
    r"""(?P<blank>\s+)|(?P<comment>[#!].*)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<name>(?:[^\W\d_]|\.(?!\d)|_)[\w.]*)
    |(?P<quoted>`[^`]+`)
    |(?P<string>"[^"]*"|'[^']*')
    |(?P<op>~\*~|=~|~~|<~|:=|==|<=|>=|\*\*|[~|<>+\-*/^(),?;:=])""",
    re.VERBOSE,
)


def tokenise(text: str) -> list[Token]:
    """Cut a text into tokens, a "newline" after each line; comments (``#``, ``!``) are dropped.

    Raises
    ------
    ModelSyntaxError
        At a character that no word of the language begins with.
    """
    tokens: list[Token] = []
    for number, line in enumerate(text.splitlines(), start=1):
        at = 0
        while at < len(line):
            found = _WORD.match(line, at)
            if found is None:
                what = "a quote that is not closed" if line[at] in "\"'`" else f"the character {line[at]!r}"
                raise ModelSyntaxError(f"The model text holds {what} where none can stand.", text, number, at + 1)
            kind = found.lastgroup or ""
            if kind == "quoted":
                tokens.append(Token("name", found.group()[1:-1], number, at + 1))
            elif kind == "string":
                tokens.append(Token("string", found.group()[1:-1], number, at + 1))
            elif kind == "number" and float(found.group()) == float("inf"):
                raise ModelSyntaxError("This number is larger than a computer holds.", text, number, at + 1)
            elif kind not in ("blank", "comment"):
                tokens.append(Token(kind, found.group(), number, at + 1))
            at = found.end()
        tokens.append(Token("newline", "", number, len(line) + 1))
    return tokens
