"""Rival measurement models of the same indicators, written from dimensions, their elements and the items of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.responses.source import Source

Level = Literal["elements", "scores", "items"]
Words = Mapping[str, str]
GENERAL = "general_factor"
# Dimensions of Emerson, Nabatchi and Balogh (2012); the short form of the bank asks one item per element of theirs.
COLLABORATION = ("principled_engagement", "shared_motivation", "capacity_joint_action")


@dataclass(frozen=True)
class Rival:
    """One model: its syntax, words, what it claims and on whose authority."""

    name: str
    syntax: str
    title: Words = field(default_factory=dict)
    theory: Words = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    bifactor: bool = False


@dataclass(frozen=True)
class Tree:
    """Dimensions with their elements, elements with their items.

    Attributes
    ----------
    dimensions : mapping of str to mapping of str to tuple of str
        A dimension without elements holds its items under itself.
    groupings : mapping of str to Rival and list of groups
        Rivals in which elements are grouped otherwise: name to the groups, each a name and its elements.
    """

    dimensions: Mapping[str, Mapping[str, tuple[str, ...]]]
    groupings: Mapping[str, tuple[Rival, Mapping[str, tuple[str, ...]]]] = field(default_factory=dict)

    @property
    def elements(self) -> dict[str, tuple[str, ...]]:
        """All elements with their items."""
        return {e: items for block in self.dimensions.values() for e, items in block.items()}

    @property
    def items(self) -> list[str]:
        """All items."""
        return [i for items in self.elements.values() for i in items]

    @property
    def deep(self) -> bool:
        """True where dimensions have elements of two items or more, so that elements can be factors."""
        own = [items for d, block in self.dimensions.items() for e, items in block.items() if e != d]
        return bool(own) and len(own) == len(self.elements) and all(len(items) > 1 for items in own)


def tree_of(source: Source, constructs: Any) -> tuple[Tree, list[Note]]:
    """Find dimensions, elements and items.

    Parameters
    ----------
    constructs : mapping, sequence of str or None
        Dimension to its items, or to elements with theirs; names of constructs of the instrument; None: those of the
        first grouping that the instrument proposes as a model of its own, else all reflective ones with elements.
    """
    if isinstance(constructs, Mapping):
        return Tree({str(d): _named(str(d), block) for d, block in constructs.items()}), []
    if source.instrument is None:
        raise OptionError(
            "rivals of a data frame need models={name: syntax}, or constructs= as a mapping: dimension to items, or to "
            'elements with theirs: {"engagement": {"discovery": ["dis1", "dis2"], ...}, ...}.'
        )
    known = {c.id: c for top in source.instrument.constructs for c in top.walk()}
    direct = [p for p in source.instrument.proposals if p.measurement == "direct" and not p.syntax.strip()]
    if constructs is None:
        chosen = list(direct[0].constructs) if direct else []
        chosen = chosen or [d for d in COLLABORATION if set(COLLABORATION) <= set(known)]
        chosen = chosen or [c.id for c in source.instrument.constructs if c.kind == "reflective" and c.elements]
        chosen = chosen or [c.id for c in source.instrument.constructs if c.kind == "reflective" and len(c.items) > 1]
    else:
        chosen = [constructs] if isinstance(constructs, str) else list(constructs)
    wrong = [f"'{n}'.{did_you_mean(n, known)}" for n in chosen if n not in known]
    if wrong or not chosen:
        raise OptionError(f"no such construct in '{source.instrument.id}': {' '.join(wrong)} Known: {some(known, 40)}.")
    notes: list[Note] = []
    dimensions = {}
    for name in chosen:
        block = {leaf.id: tuple(i for i in leaf.items if i in source.frame) for leaf in known[name].leaves}
        absent = [i for leaf in known[name].leaves for i in leaf.items if i not in source.frame]
        if absent:
            notes.append(note("reliability.items_absent", construct=name, items=", ".join(absent)))
        dimensions[name] = {e: items for e, items in block.items() if items}
    tree = Tree({d: block for d, block in dimensions.items() if block})
    groupings = {}
    for proposal in direct:
        groups = {
            c: tuple(leaf.id for leaf in known[c].leaves if leaf.id in tree.elements) for c in proposal.constructs
        }
        covered = sorted(e for g in groups.values() for e in g)
        if covered == sorted(tree.elements) and list(groups) != list(tree.dimensions):
            rival = Rival(proposal.name, "", proposal.title, proposal.description, proposal.sources)
            groupings[proposal.name] = (rival, groups)
    own = next((p for p in direct if list(p.constructs) == list(tree.dimensions)), None)
    if own is not None:
        groupings["dimensions"] = (Rival(own.name, "", own.title, own.description, own.sources), {})
    return Tree(tree.dimensions, groupings), notes


def _named(dimension: str, block: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(block, Mapping):
        return {str(e): tuple(items) for e, items in block.items()}
    if isinstance(block, str) or not len(block):
        raise OptionError(f"constructs={{{dimension!r}: ...}} needs a list of items, or a mapping of elements.")
    return {dimension: tuple(block)}


def write_rivals(tree: Tree, level: Level) -> tuple[list[Rival], list[Note]]:
    """Write all rivals that the indicators allow.

    Parameters
    ----------
    level : {"elements", "scores", "items"}
        Indicators: elements that are factors of their items, means of their items, or the items themselves.
    """
    if len(tree.dimensions) < 2:
        raise OptionError(f"rivals need two dimensions or more; there is {some(tree.dimensions) or 'none'}.")
    groups = _indicators(tree, level)
    below = [_measured(e, items) for e, items in tree.elements.items()] if level == "elements" else []
    every = [x for block in groups.values() for x in block]
    notes: list[Note] = []
    out = []
    if level == "elements":
        out.append(_rival("elements", below))
    out.append(_rival("one_factor", [*below, _measured(GENERAL, every)]))
    own, _ = tree.groupings.get("dimensions", (None, {}))
    plain = _rival("dimensions", [*below, *(_measured(d, block) for d, block in groups.items())])
    if own is None:
        out.append(plain)
    else:  # the instrument words its model for items without elements
        said = own if level == "items" else plain
        out.append(Rival(own.name, plain.syntax, said.title, said.theory, own.sources))
    for name, (rival, grouped) in tree.groupings.items():
        if name != "dimensions":
            lines = [*below, *_grouped(tree, grouped, level)]
            out.append(Rival(rival.name, "\n".join(lines), rival.title, rival.theory, rival.sources))
    thin = [d for d, block in groups.items() if len(block) < 3]
    if len(groups) < 3 or thin:
        why = f"{len(groups)} dimensions" if len(groups) < 3 else f"fewer than three indicators of {some(thin)}"
        notes.append(note("reliability.rivals_left_out", reason=why))
    if len(groups) >= 3:
        lines = [*below, *(_measured(d, block) for d, block in groups.items()), _measured(GENERAL, list(groups))]
        out.append(_rival("second_order", lines))
        if not thin:
            out.append(_rival("bifactor", [*below, *_bifactor(groups)], bifactor=True))
    return out, notes


def _rival(name: str, lines: Sequence[str], *, bifactor: bool = False) -> Rival:
    entry = package_yaml("reliability/rivals.yaml")[name]
    return Rival(name, "\n".join(lines), entry["title"], entry["theory"], tuple(entry["sources"]), bifactor)


def _indicators(tree: Tree, level: Level) -> dict[str, list[str]]:
    if level == "items":
        return {d: [i for items in block.values() for i in items] for d, block in tree.dimensions.items()}
    if not tree.deep:
        flat = [d for d, block in tree.dimensions.items() if list(block) == [d]]
        why = f"{some(flat)} has items but no elements" if flat else "some elements have one item"
        raise ModelError(
            f"level='{level}' needs elements of two items or more in every dimension: {why}. Use level='items'."
        )
    return {d: list(block) for d, block in tree.dimensions.items()}


def _grouped(tree: Tree, groups: Mapping[str, tuple[str, ...]], level: Level) -> Iterator[str]:
    """Factors over groups of elements; a group of one element is that element."""
    single = [e for g in groups.values() if len(g) == 1 for e in g]
    for name, elements in groups.items():
        if level == "items":
            yield _measured(name, [i for e in elements for i in tree.elements[e]])
        elif len(elements) > 1:
            yield _measured(name, elements)
        elif level == "scores":
            yield f"`{elements[0]}_factor` =~ 1*`{elements[0]}`"
            yield f"`{elements[0]}` ~~ 0*`{elements[0]}`"
    if level == "elements":
        # Elements are explained in the other models, so that lavaan's defaults leave these covariances out.
        free = [*(name for name, g in groups.items() if len(g) > 1), *single]
        for k, name in enumerate(free[:-1]):
            yield f"`{name}` ~~ " + " + ".join(f"`{other}`" for other in free[k + 1 :])


def _bifactor(groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    factors = {GENERAL: [x for block in groups.values() for x in block], **groups}
    names = list(factors)
    for name, block in factors.items():
        yield f"`{name}` =~ NA*`{block[0]}`" + "".join(f" + `{x}`" for x in block[1:])
        yield f"`{name}` ~~ 1*`{name}`"
    for k, name in enumerate(names[:-1]):
        yield f"`{name}` ~~ " + " + ".join(f"0*`{other}`" for other in names[k + 1 :])


def _measured(factor: str, indicators: Sequence[str]) -> str:
    return f"`{factor}` =~ " + " + ".join(f"`{i}`" for i in indicators)
