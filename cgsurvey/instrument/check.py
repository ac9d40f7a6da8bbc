"""Whether the parts of an instrument fit together: every problem is found, not the first only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cgsurvey.base.errors import did_you_mean, some
from cgsurvey.instrument.parts import Construct, Item, Question, Scale, Words
from cgsurvey.instrument.xlsform_logic import REFERENCE

if TYPE_CHECKING:
    from cgsurvey.instrument.instrument import Instrument

NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,31}$")
NAME_RULE = "a name begins with a letter and holds up to 32 letters, digits and underscores, as Stata wants"
HYPOTHESIS = re.compile(r"^(?P<lhs>\w+)(?:\s*(?P<op>=~|~~|~)\s*(?P<rhs>\w+))?\s*(?P<sign>>|<|!=)\s*0$")
Path = tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where in the instrument (`path`) and what to do about it (`text`)."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.text}" if self.path else self.text


def problems(instrument: Instrument) -> list[Problem]:
    """Return all that is wrong with an instrument, in the order of its parts."""
    return list(_problems(instrument))


def _problems(one: Instrument) -> Iterator[Problem]:
    if not one.languages:
        yield Problem(("languages",), "an instrument needs at least one language, e.g. [id, en].")
    if one.languages and one.default_language not in one.languages:
        yield Problem(
            ("default_language",), f"'{one.default_language}' is not among the languages {some(one.languages)}."
        )
    if not one.items and not one.demographics:
        yield Problem(("items",), "there are neither items nor questions.")
    yield from _words(one, ("title",), one.title, needed=True)
    yield from _names(one)
    for scale in one.scales.values():
        yield from _scale(one, scale)
    for item in one.items:
        if item.scale != one.scales[item.scale.name]:
            yield Problem(
                ("items", item.name, "scale"), f"two different scales are named '{item.scale.name}'; rename one."
            )
    asked: tuple[Item | Question, ...] = (*one.demographics, *one.items)
    names = [part.name for part in asked]
    for part in asked:
        yield from _asked(one, part, names)
    for item in one.items:
        yield from _item(one, item)
    for question in one.demographics:
        yield from _question(one, question)
    measured = set(one.item_names)
    held: dict[str, str] = {}
    for construct in one.constructs:
        yield from _construct(one, construct, ("constructs", construct.id), (), measured, held)
    yield from _roles(one)
    yield from _proposals(one)
    known = {c.id for top in one.constructs for c in top.walk()}
    for scoring in one.scoring:
        if scoring.construct not in known:
            yield Problem(
                ("scoring", scoring.construct), f"there is no such construct.{did_you_mean(scoring.construct, known)}"
            )


def _words(one: Instrument, path: Path, words: Words, *, needed: bool) -> Iterator[Problem]:
    if not words:
        if needed:
            yield Problem(path, f"is missing; give it in {some(one.languages)}.")
        return
    absent = [language for language in one.languages if not words.get(language, "").strip()]
    if absent:
        yield Problem(path, f"has no words in {some(absent)}; the instrument is in {some(one.languages)}.")


def _names(one: Instrument) -> Iterator[Problem]:
    seen: dict[str, tuple[str, Path]] = {}
    named: list[tuple[str, str, Path]] = [(i.name, "item", ("items", i.name)) for i in one.items]
    named += [(q.name, "question", ("questions", q.name)) for q in one.demographics]
    if not NAME.match(one.id):
        yield Problem(("id",), f"'{one.id}' cannot be an id: {NAME_RULE}.")
    for construct, path in _walk(one.constructs, ("constructs",), ()):
        # An element that bears the name of a dimension above it is told as a cycle, by _construct.
        if construct.id not in path[1:-1]:
            named.append((construct.id, "construct", path))
    for name, kind, path in named:
        if not NAME.match(name):
            yield Problem(path, f"'{name}' cannot be the name of {_article(kind)}: {NAME_RULE}.")
        before = seen.get(name.casefold())
        if before is None:
            seen[name.casefold()] = (kind, path)
        elif before == (kind, path):
            yield Problem(
                path, f"the {kind} '{name}' is there twice; names are unique in an instrument and all that it includes."
            )
        else:
            yield Problem(
                path,
                f"the name '{name}' is that of {_article(before[0])} too ({'.'.join(before[1])}); rename one of them.",
            )


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _walk(constructs: Iterable[Construct], path: Path, above: Path) -> Iterator[tuple[Construct, Path]]:
    for construct in constructs:
        here = (*path, construct.id)
        yield construct, here
        yield from _walk(construct.elements, (*here, "elements"), (*above, construct.id))


def _scale(one: Instrument, scale: Scale) -> Iterator[Problem]:
    path = ("scales", scale.name)
    names = [c.name for c in scale.choices]
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        yield Problem(path, f"the choice '{name}' is there twice.")
    for name in names:
        if not name or re.search(r"\s", name):
            yield Problem(
                path, f"'{name}' cannot be the name of a choice: it stands in data files as one word, without blanks."
            )
    for name in scale.missing:
        if name not in names:
            yield Problem(
                (*path, "missing"), f"'{name}' is none of the choices {some(names)}.{did_you_mean(name, names)}"
            )
    if scale.type != "nominal":
        if len(scale.scores) < 2:
            yield Problem(
                path, "a scale needs at least two choices with a score; a choice without one belongs under missing."
            )
        elif any(b <= a for a, b in zip(scale.scores, scale.scores[1:], strict=False)):
            yield Problem(
                path,
                f"scores must rise from the first choice to the last; they are {some(map(_number, scale.scores), 12)}.",
            )
        for choice in scale.choices:
            if choice.score is None and choice.name not in scale.missing:
                yield Problem(
                    (*path, "choices", choice.name), "has no score; give one or name the choice under missing."
                )
    meaning: dict[str, str] = {}
    for choice in scale.choices:
        yield from _words(one, (*path, "choices", choice.name, "label"), choice.label, needed=False)
        for spelling in (choice.name, *choice.label.values(), *choice.aliases):
            other = meaning.setdefault(" ".join(spelling.split()).casefold(), choice.name)
            if other != choice.name:
                yield Problem(
                    (*path, "choices", choice.name),
                    f"'{spelling}' already means the choice '{other}'; one spelling has one meaning.",
                )


def _number(score: float) -> str:
    return f"{score:g}"


def _asked(one: Instrument, part: Item | Question, known: Sequence[str]) -> Iterator[Problem]:
    path = ("items" if isinstance(part, Item) else "questions", part.name)
    yield from _words(one, (*path, "hint"), part.hint, needed=False)
    yield from _words(one, (*path, "constraint_message"), part.constraint_message, needed=False)
    for field, expression in (("relevant", part.relevant), ("constraint", part.constraint)):
        for name in REFERENCE.findall(expression):
            if name not in known:
                yield Problem((*path, field), f"there is no question '{name}'.{did_you_mean(name, known)}")


def _item(one: Instrument, item: Item) -> Iterator[Problem]:
    path = ("items", item.name)
    yield from _words(one, (*path, "label"), item.label, needed=True)
    if item.element is not None:
        yield from _words(one, (*path, "element"), item.element, needed=False)
    if item.scale.type == "nominal":
        yield Problem(
            (*path, "scale"),
            f"'{item.scale.name}' is nominal: its choices have no order, so nothing can be scored. Make it a question.",
        )
    names = [c.name for c in item.scale.choices]
    if item.role == "attention_check" and item.expected is None:
        yield Problem((*path, "expected"), f"an attention check names the choice that is right, one of {some(names)}.")
    if item.expected is not None and item.role == "item":
        yield Problem(
            (*path, "expected"), "only an attention check has an expected answer; add `role: attention_check`."
        )
    if item.expected is not None and item.expected not in names:
        yield Problem((*path, "expected"), f"'{item.expected}' is none of the choices {some(names)}.")


def _question(one: Instrument, question: Question) -> Iterator[Problem]:
    path = ("questions", question.name)
    yield from _words(one, (*path, "label"), question.label, needed=True)
    if (question.type in ("one", "many")) != (question.scale is not None):
        need = "needs choices (or a scale)" if question.scale is None else "has choices that cannot be ticked"
        yield Problem(path, f"a question of type '{question.type}' {need}.")
    names = [c.name for c in question.scale.choices] if question.scale else []
    for name in question.ends:
        if name not in names:
            yield Problem((*path, "ends"), f"'{name}' is none of the choices {some(names)}.{did_you_mean(name, names)}")
    if question.ends and set(names) <= set(question.ends):
        yield Problem((*path, "ends"), "every choice ends the questions; leave at least one that goes on.")


def _construct(
    one: Instrument, construct: Construct, path: Path, above: Path, measured: set[str], held: dict[str, str]
) -> Iterator[Problem]:
    if construct.id in above:
        chain = " > ".join((*above[above.index(construct.id) :], construct.id))
        yield Problem(
            path, f"a cycle: '{construct.id}' is an element of itself ({chain}). Take it out of its own elements."
        )
    yield from _words(one, (*path, "label"), construct.label, needed=True)
    if construct.elements and construct.items:
        yield Problem(path, "has both elements and items; give the items to an element.")
    if not construct.elements and not construct.items:
        yield Problem(path, "has neither elements nor items.")
    if len(construct.elements) == 1:
        yield Problem(
            path, f"has one element ('{construct.elements[0].id}'); a dimension of one element takes the items itself."
        )
    if construct.reliability is not None:
        if not 0 < construct.reliability <= 1:
            yield Problem(
                (*path, "reliability"), f"{construct.reliability:g} is no reliability; it lies above 0 and up to 1."
            )
        if len(construct.all_items) != 1:
            yield Problem(
                (*path, "reliability"),
                "is stated for a construct of one item only; with more it is estimated from the data.",
            )
    for name in construct.items:
        if name in one.attention_checks:
            yield Problem((*path, "items"), f"'{name}' is an attention check, which belongs to no construct.")
        elif name not in measured:
            yield Problem(
                (*path, "items"), f"there is no item '{name}'.{did_you_mean(name, measured)} Declare it under `items:`."
            )
        elif name in held:
            yield Problem(
                (*path, "items"),
                f"the item '{name}' belongs to '{held[name]}' already; an item measures one construct.",
            )
        held.setdefault(name, construct.id)
    for element in construct.elements:
        yield from _construct(one, element, (*path, "elements", element.id), (*above, construct.id), measured, held)


def _roles(one: Instrument) -> Iterator[Problem]:
    if one.roles is None:
        return
    asked = {q.name: q for q in one.demographics}
    question = asked.get(one.roles.column)
    if question is None:
        yield Problem(
            ("roles", "column"), f"there is no question '{one.roles.column}'.{did_you_mean(one.roles.column, asked)}"
        )
    elif question.scale is not None:
        names = [c.name for c in question.scale.choices]
        for name in dict.fromkeys((*one.roles.partner, *one.roles.user)):
            if name not in names:
                yield Problem(
                    ("roles",),
                    f"'{name}' is none of the choices of '{question.name}': {some(names)}.{did_you_mean(name, names)}",
                )


def _proposals(one: Instrument) -> Iterator[Problem]:
    from cgsurvey.instrument.writing import KINDS, words_of

    known = {c.id for top in one.constructs for c in top.walk()}
    taken: dict[str, str] = {}
    for proposal in one.proposals:
        path = ("models", proposal.name)
        if not NAME.match(proposal.name):
            yield Problem(path, f"'{proposal.name}' cannot be the name of a model: {NAME_RULE}.")
        if proposal.name in (*KINDS, "structural"):
            yield Problem(
                path, f"'{proposal.name}' is a kind of model that the package writes itself; choose another name."
            )
        yield from _words(one, (*path, "title"), proposal.title, needed=True)
        yield from _words(one, (*path, "description"), proposal.description, needed=False)
        if proposal.measurement not in (*KINDS, "none"):
            allowed = (*KINDS, "none")
            yield Problem(
                (*path, "measurement"),
                f"'{proposal.measurement}' is not known.{did_you_mean(proposal.measurement, allowed)} "
                f"Allowed: {some(allowed)}.",
            )
        for name in proposal.constructs:
            if name not in known:
                yield Problem((*path, "constructs"), f"there is no construct '{name}'.{did_you_mean(name, known)}")
        if not proposal.syntax.strip() and (proposal.measurement == "none" or not proposal.constructs):
            yield Problem(path, "is empty: give syntax, or a measurement and its constructs.")
        for name in proposal.groups:
            if name not in {q.name for q in one.demographics}:
                yield Problem(
                    (*path, "groups"),
                    f"there is no question '{name}'.{did_you_mean(name, (q.name for q in one.demographics))}",
                )
        used = words_of(proposal.syntax) | set(proposal.constructs)
        for name, statement in proposal.hypotheses.items():
            here = (*path, "hypotheses", name)
            found = HYPOTHESIS.match(statement.strip())
            if found is None:
                yield Problem(
                    here,
                    f"'{statement}' cannot be read; write e.g. `y ~ x > 0`, or `indirect > 0`.",
                )
                continue
            for word in filter(None, (found["lhs"], found["rhs"])):
                if word not in used:
                    yield Problem(here, f"'{word}' does not occur in the model.{did_you_mean(word, used)}")
            if taken.setdefault(name, statement) != statement:
                yield Problem(here, f"'{name}' is another hypothesis in another model; number hypotheses through.")
