"""Reading of instrument files, with all problems and their lines.

Every scalar of a file is taken as text and turned into a number or a truth value only where the schema asks for one, so
that an answer named ``no``, a version ``1.10`` or a code ``01`` stays what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cgsurvey.base.data import shipped
from cgsurvey.base.errors import InstrumentError, did_you_mean, some
from cgsurvey.instrument import bank
from cgsurvey.instrument.check import Path as Place
from cgsurvey.instrument.check import problems
from cgsurvey.instrument.instrument import Instrument, tell, unchecked
from cgsurvey.instrument.parts import Choice, Construct, Item, Proposal, Question, Roles, Scale, Scoring

if TYPE_CHECKING:
    from cgsurvey.instrument import schema

_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{t}"
    for t in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value")
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 40
_BETWEEN = ("[key]", "constrained-str", "IncludeSpec")  # what pydantic puts between the names of a place


def read_instrument(path: Path) -> Instrument:
    """Read an instrument file and all that it includes; InstrumentError lists every problem."""
    reading = _Reading()
    made = reading.instrument(path, ())
    if reading.found or made is None:
        raise InstrumentError(tell(f"instrument file {path.name}", reading.found))
    return made


def read_document(content: dict[str, Any], path: Path, lines: Mapping[Place, int]) -> Instrument:
    """Make an instrument from the content of an instrument file that came in another form; `lines` tell its rows."""
    from cgsurvey.instrument import schema

    reading = _Reading()
    tree = _Tree(path, content, dict(lines))
    spec = reading.validated(tree, schema.InstrumentFile)
    made = _Assembly(reading, tree, spec, (path.resolve(),)).made() if spec else None
    if reading.found or made is None:
        raise InstrumentError(tell(f"form {path.name}", reading.found))
    return made


def plain_yaml(text: str, path: Path) -> dict[str, Any]:
    """Return the fields of a YAML text that came inside another file; InstrumentError where it is no such text."""
    tree = _Tree(path)
    try:
        fault = _refused(text)
        node = None if fault else yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        fault, node = getattr(error, "problem", None) or "this is no YAML", None
    content = tree.plain(node, ()) if node is not None else {}
    found = [fault] if fault else [f"line {line}: {told}" for _, line, told in tree.faults]
    if not found and not isinstance(content, dict):
        found = [f"it holds {_kind(content)} where fields belong."]
    if found:
        raise InstrumentError(tell(path.name, found))
    return content


@dataclass
class _Reading:
    """One reading of a file and of those it includes: what was found wrong so far, as "file, line: place: text"."""

    found: list[str] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    shared: dict[Path, dict[str, Scale]] = field(default_factory=dict)

    def instrument(self, path: Path, above: tuple[Path, ...]) -> Instrument | None:
        """Return the instrument of a file, None where its shape is wrong."""
        from cgsurvey.instrument import schema

        tree = self.tree(path)
        spec = self.validated(tree, schema.InstrumentFile) if tree else None
        return _Assembly(self, tree, spec, (*above, path.resolve())).made() if tree and spec else None

    def tree(self, path: Path) -> _Tree | None:
        """Return the content of a YAML file as texts, lists and mappings."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.found.append(f"there is no file '{path}'.")
            return None
        except (OSError, UnicodeDecodeError) as error:
            self.found.append(f"{path.name} cannot be read as UTF-8 text: {error}. Save it as plain text in UTF-8.")
            return None
        tree = _Tree(path)
        try:
            fault = _refused(text)
            if fault:
                self.found.append(f"{path.name}, {fault}")
                return None
            node = yaml.compose(text, Loader=_LOADER)
            content = tree.plain(node, ()) if node is not None else None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            reason = getattr(error, "problem", None) or str(error).splitlines()[0]
            self.found.append(
                f"{path.name}{where}: this is no YAML: {reason}. "
                "Indent by blanks, and quote texts that hold ': ' or begin with a sign."
            )
            return None
        for place, line, fault in tree.faults:
            self.add(tree, place, fault, line)
        if content is None:
            self.found.append(
                f"{path.name} is empty; an instrument has at least id, version, title, languages and items."
            )
            return None
        if not isinstance(content, dict):
            self.found.append(f"{path.name} holds {_kind(content)} where fields such as `id:` and `items:` belong.")
            return None
        tree.content = content
        return None if tree.faults else tree

    def validated(self, tree: _Tree, kind: type[schema.Part]) -> Any:
        """Return the content in the shape of `kind`, None where it has another."""
        from pydantic import ValidationError

        try:
            return kind.model_validate(tree.content)
        except ValidationError as error:
            faults = error.errors()
        places = [tuple(str(part) for part in fault["loc"] if part not in _BETWEEN) for fault in faults]
        for fault, place in zip(faults, places, strict=True):
            self.add(tree, place, _fault(fault, place))
        if any(fault["type"] != "extra_forbidden" for fault in faults):
            return None
        # A field too many hides nothing: without it the rest is checked too.
        for place in places:
            tree.drop(place)
        return kind.model_validate(tree.content)

    def scales(self, file: Path) -> Mapping[str, Scale]:
        """Return the scales of a ``scales.yaml``, read once; none where there is no such file."""
        from cgsurvey.instrument import schema

        if file not in self.shared:
            tree = self.tree(file) if file.is_file() else None
            spec = self.validated(tree, schema.ScalesFile) if tree else None
            self.shared[file] = self.made_scales(tree, spec.scales) if tree and spec else {}
        return self.shared[file]

    def made_scales(self, tree: _Tree, specs: Mapping[str, schema.ScaleSpec]) -> dict[str, Scale]:
        """Return the scales that a file declares."""
        out = {}
        for name, spec in specs.items():
            if spec.range is None:
                out[name] = Scale(name, _choices(spec.choices), spec.type, tuple(spec.missing))
                continue
            low, high = spec.range
            if spec.choices or low >= high:
                self.add(tree, ("scales", name), "give `range: [lowest, highest]` or `choices`, not both.")
            out[name] = replace(Scale.between(low, high, name), type=spec.type)
        return out

    def add(self, tree: _Tree, place: Place, text: str, line: int | None = None) -> None:
        """Note a problem, once."""
        told = f"{'.'.join(place)}: {text}" if place else text
        if told not in self.texts:
            self.texts.add(told)
            self.found.append(f"{tree.path.name}, line {line or tree.line(place)}: {told}")


@dataclass
class _Tree:
    """The content of a YAML file and the line of each place in it."""

    path: Path
    content: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[tuple[Place, int, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place around it that the file has."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def drop(self, place: Place) -> None:
        """Take a field out of the content."""
        inner: Any = self.content
        for part in place[:-1]:
            inner = inner[int(part)] if isinstance(inner, list) else inner[part]
        inner.pop(place[-1], None)

    def plain(self, node: yaml.Node, place: Place) -> Any:
        """Turn a node into text, list or dict; the lines are kept and what is refused is noted."""
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if node.tag not in _PLAIN_TAGS:
            self.faults.append(
                (
                    place,
                    line,
                    f"the tag '{node.tag}' is not allowed: an instrument file holds plain texts, lists and fields.",
                )
            )
            return None
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag.endswith(":null") and not node.style else node.value
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, (*place, str(i))) for i, child in enumerate(node.value)]
        out: dict[str, Any] = {}
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append((place, key.start_mark.line + 1, "a field has one word as its name."))
                continue
            here, at = (*place, key.value), key.start_mark.line + 1
            if key.value in out:
                self.faults.append(
                    (here, at, f"'{key.value}' is there twice, first in line {self.lines[here]}; names are unique.")
                )
                continue
            self.lines[here] = at
            out[key.value] = self.plain(child, here)
        return out


def _refused(text: str) -> str:
    """Say what of a YAML text is not to be composed at all, "" where it is harmless.

    Aliases would let a small file grow without limit, or contain itself; composing goes as deep as the text is nested.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            return f"line {line}: anchors and aliases (&, *) are not allowed; write the part out."
        if depth > _DEEPEST:
            return f"line {line}: is nested deeper than any instrument."
    return ""


def _kind(value: Any) -> str:
    return {dict: "fields", list: "a list", str: "a text", type(None): "nothing"}.get(type(value), type(value).__name__)


def _fault(fault: Mapping[str, Any], place: Place) -> str:
    """Say in plain words what pydantic found."""
    from cgsurvey.instrument.schema import FIELDS

    kind, given, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return f"there is no field '{place[-1]}'.{did_you_mean(place[-1], FIELDS)}"
    if kind == "missing":
        return "is missing."
    if kind in ("dict_type", "model_type", "model_attributes_type", "list_type", "string_type", "tuple_type"):
        wanted = {"l": "a list, e.g. [a, b]", "s": "a text", "t": "a list of two numbers"}.get(
            kind[0], "fields below it (`name: value`)"
        )
        return f"{wanted} belongs here, not {_kind(given)}."
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"'{given}' is not known.{did_you_mean(given, allowed)} Allowed: {some(allowed)}."
    if kind.startswith("bool"):
        return f"'{given}' is neither true nor false."
    if kind.startswith(("float", "int")):
        return f"'{given}' is no number."
    if kind == "string_pattern_mismatch":
        return f"'{given}' is no language code; write e.g. en or id."
    if kind == "string_too_short":
        return "is empty."
    return f"{fault['msg']} (found {given!r})."


@dataclass
class _Assembly:
    """The making of one instrument from the content of its file."""

    reading: _Reading
    tree: _Tree
    spec: Any
    files: tuple[Path, ...]

    def made(self) -> Instrument:
        spec = self.spec
        parts, labelled = self.included()
        scales = self.scales()
        constructs = self.constructs(labelled)
        asked = {i: c.respondent for top in constructs for c in top.leaves for i in c.items}
        proposals = [p for part in parts for p in part.proposals if p.name not in spec.models]
        default = spec.default_language or (spec.languages[0] if spec.languages else "")
        items = (*(i for p in parts for i in p.items), *self.items(scales, asked))
        # What one block asks as a question and another as an item is asked once, as an item, which can be scored.
        scored = {i.name for i in items}
        asked_before = (q for p in parts for q in p.demographics if q.name not in scored)
        one = unchecked(
            id=spec.id,
            version=spec.version,
            title=spec.title,
            description=spec.description,
            languages=tuple(spec.languages),
            default_language=default,
            status=spec.status,
            citation=spec.citation,
            doi=spec.doi,
            licence=spec.licence,
            references=_union(spec.references, *(p.references for p in parts)),
            items=items,
            constructs=(*(c for p in parts for c in p.constructs), *constructs),
            demographics=(*asked_before, *self.questions(scales)),
            roles=Roles(spec.roles.column, tuple(spec.roles.partner), tuple(spec.roles.user))
            if spec.roles
            else next((p.roles for p in parts if p.roles), None),
            proposals=(*proposals, *self.proposals(proposals)),
            scoring=(*(s for p in parts for s in p.scoring), *self.scoring()),
        )
        for problem in problems(one):
            self.add(problem.path, problem.text)
        return one

    def add(self, place: Place, text: str) -> None:
        self.reading.add(self.tree, place, text)

    def included(self) -> tuple[list[Instrument], dict[str, Construct]]:
        """Return what is included, pruned to the items asked for, and the constructs whose words may be taken over."""
        parts: list[Instrument] = []
        labelled: dict[str, Construct] = {}
        for n, entry in enumerate(self.spec.include):
            name, chosen = (entry, None) if isinstance(entry, str) else (entry.from_, entry.items)
            place = ("include", str(n))
            file = bank.find(name, beside=self.tree.path.parent)
            if file is None:
                self.add(
                    place,
                    f"there is no instrument '{name}'.{did_you_mean(name, bank.names())} Name one, or a file.",
                )
                continue
            if file.resolve() in self.files:
                chain = " > ".join(f.name for f in (*self.files[self.files.index(file.resolve()) :], file))
                self.add(place, f"a cycle: {chain}. Take one of these includes out.")
                continue
            whole = self.reading.instrument(file, self.files)
            if whole is None:
                continue
            if chosen is None:
                parts.append(whole)
                continue
            labelled |= {c.id: c for top in whole.constructs for c in top.walk()}
            known = [i.name for i in whole.items]
            for item in chosen:
                if item not in known:
                    self.add((*place, "items"), f"'{whole.id}' has no item '{item}'.{did_you_mean(item, known)}")
            items = tuple(i for i in whole.items if i.name in chosen)
            parts.append(unchecked(id=whole.id, items=items, references=whole.references))
        return parts, labelled

    def scales(self) -> dict[str, Scale]:
        """Return the scales of the file, then those of ``scales.yaml`` beside it, then those of the bank."""
        folders = (shipped("instruments"), self.tree.path.resolve().parent)
        shared = {n: s for folder in folders for n, s in self.reading.scales(folder / "scales.yaml").items()}
        return shared | self.reading.made_scales(self.tree, self.spec.scales)

    def known_scale(self, scales: Mapping[str, Scale], name: str, place: Place) -> Scale:
        if name not in scales:
            self.add(
                place,
                f"there is no scale '{name}'.{did_you_mean(name, scales)} "
                f"Declare it under `scales:`, or use one of these: {some(scales, 20)}.",
            )
            # A stand-in that raises no further problems, so that what else is wrong is told in the same message.
            return Scale.between(1, 2, name)
        return scales[name]

    def items(self, scales: Mapping[str, Scale], asked: Mapping[str, Any]) -> list[Item]:
        out = []
        for name, i in self.spec.items.items():
            place = ("items", name, "scale")
            wanted = i.scale or self.spec.scale
            if wanted is None:
                self.add(place, "is missing; name a scale here, or one for all items as `scale:` of the file.")
            scale = self.known_scale(scales, wanted, place) if wanted else Scale.between(1, 2)
            expected = i.expected if i.scale or wanted in scales else None
            out.append(
                Item(
                    name=name,
                    scale=scale,
                    label=i.label,
                    reverse=i.reverse,
                    role=i.role,
                    expected=expected,
                    respondent=i.respondent or asked.get(name) or self.spec.respondent,
                    element=i.element,
                    block=i.block or self.spec.id,
                    sources=tuple(self.spec.references if i.sources is None else i.sources),
                    **_asked(i),
                )
            )
        return out

    def constructs(self, labelled: Mapping[str, Construct]) -> list[Construct]:
        return [
            self.construct(id, c, "reflective", self.spec.respondent, labelled)
            for id, c in self.spec.constructs.items()
        ]

    def construct(self, id: str, spec: Any, kind: Any, respondent: Any, labelled: Mapping[str, Construct]) -> Construct:
        before = labelled.get(id, Construct(id))
        kind, respondent = spec.kind or kind, spec.respondent or before.respondent or respondent
        return Construct(
            id=id,
            label=spec.label or before.label,
            description=spec.description or before.description,
            elements=tuple(self.construct(e, s, kind, respondent, labelled) for e, s in spec.elements.items()),
            items=tuple(spec.items),
            kind=kind,
            respondent=respondent,
            reliability=spec.reliability,
        )

    def questions(self, scales: Mapping[str, Scale]) -> list[Question]:
        out = []
        for name, q in self.spec.questions.items():
            place = ("questions", name)
            if q.scale and q.choices:
                self.add(place, "give a scale or choices, not both.")
            scale = Scale(name, _choices(q.choices), "nominal") if q.choices else None
            scale = self.known_scale(scales, q.scale, (*place, "scale")) if q.scale else scale
            out.append(
                Question(
                    name,
                    q.label,
                    q.type,
                    scale,
                    q.respondent or self.spec.respondent,
                    q.optional,
                    q.block or self.spec.id,
                    tuple(q.ends),
                    **_asked(q),
                )
            )
        return out

    def proposals(self, before: Iterable[Proposal]) -> list[Proposal]:
        known = {p.name: p for p in before}
        out = []
        for name, m in self.spec.models.items():
            like = known.get(m.like) if m.like else Proposal(name)
            if like is None:
                self.add(("models", name, "like"), f"there is no model '{m.like}' above.{did_you_mean(m.like, known)}")
                like = Proposal(name)
            known[name] = Proposal(
                name=name,
                title=m.title,
                description=m.description,
                measurement=like.measurement if m.like else m.measurement,
                constructs=(*like.constructs, *m.constructs),
                syntax="\n".join(filter(None, (like.syntax, m.syntax.strip()))),
                labels={**like.labels, **m.labels},
                groups=tuple(m.groups),
                hypotheses=m.hypotheses,
                sources=tuple(m.sources),
            )
            out.append(known[name])
        return out

    def scoring(self) -> list[Scoring]:
        return [Scoring(c, s.method, s.weight, s.factor, s.rounding, s.grades) for c, s in self.spec.scoring.items()]


def _choices(spec: Mapping[str, schema.ChoiceSpec]) -> tuple[Choice, ...]:
    return tuple(Choice(name, c.score, c.label, tuple(c.aliases)) for name, c in spec.items())


def _union(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for group in groups for key in group))


def _asked(spec: schema.AskedSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in ("hint", "relevant", "constraint", "constraint_message")}
