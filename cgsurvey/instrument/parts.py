"""The parts of an instrument: choices, scales, items, constructs, questions, roles, proposed models, scoring.

All are frozen and equal by value. Words stand per language: ``{"en": "Agree", "id": "Setuju"}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Words = Mapping[str, str]
Respondent = Literal["partner", "user"]
RESPONDENTS: tuple[Respondent, ...] = ("partner", "user")


@dataclass(frozen=True)
class Choice:
    """One answer that can be ticked.

    Attributes
    ----------
    name : str
        What a data file in codes holds, e.g. "4".
    score : float, optional
        Its number in analyses; None for an answer that is no degree (don't know, a category).
    label : mapping
        What the respondent reads, per language.
    aliases : tuple of str
        Other spellings in field files, e.g. "SS" for Sangat setuju; case and outer blanks do not matter.
    """

    name: str
    score: float | None = None
    label: Words = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scale:
    """The choices of an item, in order.

    Attributes
    ----------
    name : str
    choices : tuple of Choice
    type : {"likert", "ordinal", "nominal"}
        Agreement, ordered with labels of its own, or unordered (questions about the respondent).
    missing : tuple of str
        Names of choices that mean "no answer", e.g. "98".
    """

    name: str
    choices: tuple[Choice, ...]
    type: Literal["likert", "ordinal", "nominal"] = "likert"
    missing: tuple[str, ...] = ()

    @classmethod
    def between(cls, low: int, high: int, name: str = "") -> Scale:
        """Make a scale of the whole numbers from `low` to `high`, both included, without words."""
        choices = tuple(Choice(str(s), float(s)) for s in range(low, high + 1))
        return cls(name or f"scale_{low}_{high}".replace("-", "m"), choices)

    @property
    def scores(self) -> tuple[float, ...]:
        """Scores of the choices that have one, in their order."""
        return tuple(c.score for c in self.choices if c.score is not None and c.name not in self.missing)

    @property
    def min(self) -> float:
        """Lowest score."""
        return min(self.scores)

    @property
    def max(self) -> float:
        """Highest score."""
        return max(self.scores)

    def choice(self, name: str) -> Choice:
        """Return the choice of that name.

        Raises
        ------
        KeyError
            When the scale has no such choice.
        """
        return {c.name: c for c in self.choices}[name]


@dataclass(frozen=True)
class Item:
    """One statement to be rated.

    Attributes
    ----------
    name : str
        Name of its column.
    scale : Scale
    label : mapping
        The wording per language.
    reverse : bool
        True when agreement speaks against the construct; analyses use min + max - score.
    role : {"item", "attention_check"}
    expected : str, optional
        Name of the choice that an attention check asks for.
    respondent : {"partner", "user"}, optional
        Who is asked; None for everybody.
    element : mapping, optional
        Short heading per language, where an official form has one (the elements of the IKM).
    block : str
        Id of the instrument in which the item was first written.
    sources : tuple of str
        Keys of the references that the item draws on (`base/references.yaml`), or free text.
    hint : mapping
        Help below the wording, per language.
    relevant, constraint : str
        When it is asked, beyond `respondent`, and which answers are accepted: expressions of XLSForm with ``${name}``
        for the answer to another question. Forms carry them; nothing is computed from them here.
    constraint_message : mapping
        What is told when an answer is not accepted, per language.
    """

    name: str
    scale: Scale
    label: Words = field(default_factory=dict)
    reverse: bool = False
    role: Literal["item", "attention_check"] = "item"
    expected: str | None = None
    respondent: Respondent | None = None
    element: Words | None = None
    block: str = ""
    sources: tuple[str, ...] = ()
    hint: Words = field(default_factory=dict)
    relevant: str = ""
    constraint: str = ""
    constraint_message: Words = field(default_factory=dict)


@dataclass(frozen=True)
class Construct:
    """What items measure; a dimension has elements, a leaf has items.

    Attributes
    ----------
    id : str
    label : mapping
        Name per language.
    elements : tuple of Construct
        Constructs of which it is made; empty for a leaf.
    items : tuple of str
        Names of its items; empty where there are elements.
    kind : {"reflective", "composite"}
        Reflective: it causes its items. Composite: its items (elements) make it up; it is never treated as a factor
        unless that is asked for.
    respondent : {"partner", "user"}, optional
    description : mapping
        What it means, per language.
    reliability : float, optional
        Reliability of a construct of one item, taken from elsewhere (0 < r <= 1).
    """

    id: str
    label: Words = field(default_factory=dict)
    elements: tuple[Construct, ...] = ()
    items: tuple[str, ...] = ()
    kind: Literal["reflective", "composite"] = "reflective"
    respondent: Respondent | None = None
    description: Words = field(default_factory=dict)
    reliability: float | None = None

    @property
    def all_items(self) -> tuple[str, ...]:
        """Names of its items and of those of its elements, in order."""
        return self.items + tuple(i for e in self.elements for i in e.all_items)

    @property
    def leaves(self) -> tuple[Construct, ...]:
        """The constructs below it (or itself) that have items."""
        return tuple(leaf for e in self.elements for leaf in e.leaves) if self.elements else (self,)

    def walk(self) -> Iterator[Construct]:
        """Yield the construct, then all below it."""
        yield self
        for element in self.elements:
            yield from element.walk()


@dataclass(frozen=True)
class Question:
    """A question that is no scale item: who the respondent is, which service was used.

    Attributes
    ----------
    name : str
    label : mapping
    type : {"one", "many", "integer", "number", "text", "date"}
        One choice, several choices, or a value.
    scale : Scale, optional
        The choices of types "one" and "many".
    respondent : {"partner", "user"}, optional
        Who is asked; None for everybody.
    optional : bool
        True when it may be left blank.
    block : str
        Id of the instrument in which the question was first written.
    ends : tuple of str
        Names of choices after which nothing more is asked: consent refused, no user of the service.
    hint, relevant, constraint, constraint_message
        As of `Item`.
    """

    name: str
    label: Words = field(default_factory=dict)
    type: Literal["one", "many", "integer", "number", "text", "date"] = "text"
    scale: Scale | None = None
    respondent: Respondent | None = None
    optional: bool = False
    block: str = ""
    ends: tuple[str, ...] = ()
    hint: Words = field(default_factory=dict)
    relevant: str = ""
    constraint: str = ""
    constraint_message: Words = field(default_factory=dict)


@dataclass(frozen=True)
class Roles:
    """Which column says who the respondent is, and which of its values are partners or users.

    A value may stand in both: such a respondent is asked everything.
    """

    column: str
    partner: tuple[str, ...] = ()
    user: tuple[str, ...] = ()

    def of(self, value: str) -> tuple[Respondent, ...]:
        """Return the roles of a value of the column (or of a role itself); empty for an unknown value."""
        return tuple(r for r in RESPONDENTS if value == r or value in getattr(self, r))


@dataclass(frozen=True)
class Proposal:
    """A model that an instrument proposes: a measurement part that is written from the constructs, and syntax.

    Attributes
    ----------
    name : str
        E.g. "M1".
    title, description : mapping
        Words per language.
    measurement : str
        Kind of measurement model for the constructs that the syntax names (see `writing.KINDS`), or "none" where the
        syntax is the whole model.
    constructs : tuple of str
        Further constructs that are measured.
    syntax : str
        Lavaan syntax: structural paths, higher factors, defined parameters.
    labels : mapping
        Words for latent variables that are no constructs of the instrument.
    groups : tuple of str
        Questions by which the model is meant to be fitted in groups.
    hypotheses : mapping of str to str
        Name to statement: a path (``y ~ x``) or a defined parameter, then ``> 0``, ``< 0`` or ``!= 0``.
    sources : tuple of str
        Keys of references.
    """

    name: str
    title: Words = field(default_factory=dict)
    description: Words = field(default_factory=dict)
    measurement: str = "second_order"
    constructs: tuple[str, ...] = ()
    syntax: str = ""
    labels: Mapping[str, Words] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    hypotheses: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scoring:
    """An official way to turn the items of a construct into one figure.

    Attributes
    ----------
    construct : str
    method : str
        Name of the rule, e.g. "ikm_2017".
    weight : str
        Weight of an element as printed, e.g. "1/9".
    factor : float
        What the weighted mean is multiplied by.
    rounding : str
        How the figure is rounded before it is graded.
    grades : mapping of str to float
        Grade to its lower bound (included), best first.
    """

    construct: str
    method: str
    weight: str = ""
    factor: float = 1.0
    rounding: str = ""
    grades: Mapping[str, float] = field(default_factory=dict)


def in_language(words: Words, language: str, fallback: str = "en") -> str:
    """Return the words in `language`, else in `fallback`, else in any language, else ""."""
    return words.get(language) or words.get(fallback) or next(iter(words.values()), "")
