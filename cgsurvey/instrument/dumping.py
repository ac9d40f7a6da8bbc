"""Writing of instrument files: an instrument as plain YAML that reads back equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from cgsurvey.instrument.instrument import Instrument
from cgsurvey.instrument.parts import Construct, Item, Proposal, Question, Scale


def dump_instrument(one: Instrument) -> str:
    """Return the text of an instrument file that holds all of `one`, its scales too."""
    return as_yaml(as_document(one))


def as_yaml(document: Mapping[str, Any]) -> str:
    """Return plain YAML: fields in their order, long texts as blocks, no aliases."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def as_document(one: Instrument) -> dict[str, Any]:
    """Return the content of an instrument file that holds all of `one`."""
    document = {
        "id": one.id,
        "version": one.version,
        "title": dict(one.title),
        "description": dict(one.description),
        "languages": list(one.languages),
        "default_language": one.default_language,
        "status": one.status,
        "citation": one.citation,
        "doi": one.doi,
        "licence": one.licence,
        "references": list(one.references),
        "roles": {"column": one.roles.column, "partner": list(one.roles.partner), "user": list(one.roles.user)}
        if one.roles
        else None,
        "scales": {s.name: _dump_scale(s) for s in one.scales.values()},
        "questions": {q.name: _dump_question(q, one) for q in one.demographics},
        "constructs": {c.id: _dump_construct(c, Construct("")) for c in one.constructs},
        "items": {i.name: _dump_item(i, one) for i in one.items},
        "models": {p.name: _dump_proposal(p) for p in one.proposals},
        "scoring": {
            s.construct: _some(
                method=s.method, weight=s.weight, factor=s.factor, rounding=s.rounding, grades=dict(s.grades)
            )
            for s in one.scoring
        },
    }
    needed = ("id", "version", "title", "languages", "status")
    kept = {k: v for k, v in document.items() if k in needed or v not in (None, "", [], {})}
    return {k: _ordered(v, one.languages) for k, v in kept.items()}


def _ordered(part: Any, languages: tuple[str, ...]) -> Any:
    """Return a part with its words in the order of the languages, so that equal instruments have equal texts."""
    if not isinstance(part, dict):
        return part
    if part and all(k in languages and isinstance(v, str) for k, v in part.items()):
        return {x: part[x] for x in languages if x in part}
    return {k: _ordered(v, languages) for k, v in part.items()}


def _some(**values: Any) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v not in (None, "", [], {}, False)}


def _dump_scale(scale: Scale) -> dict[str, Any]:
    if len(scale.scores) > 1 and scale == replace(
        Scale.between(int(scale.min), int(scale.max), scale.name), type=scale.type
    ):
        return {"type": scale.type, "range": [int(scale.min), int(scale.max)]}
    choices = {
        c.name: _some(label=dict(c.label), aliases=list(c.aliases))
        | ({} if c.score is None else {"score": _tidy(c.score)})
        for c in scale.choices
    }
    return {"type": scale.type, "choices": choices} | _some(missing=list(scale.missing))


def _tidy(score: float) -> float | int:
    return int(score) if score == int(score) else score


def _dump_asked(part: Item | Question) -> dict[str, Any]:
    return _some(
        hint=dict(part.hint),
        relevant=part.relevant,
        constraint=part.constraint,
        constraint_message=dict(part.constraint_message),
    )


def _dump_item(i: Item, one: Instrument) -> dict[str, Any]:
    out = {"label": dict(i.label), "scale": i.scale.name}
    out |= _some(
        reverse=i.reverse,
        role=i.role if i.role != "item" else None,
        expected=i.expected,
        respondent=i.respondent,
        element=dict(i.element) if i.element else None,
        block=i.block if i.block != one.id else None,
    )
    out |= _dump_asked(i)
    return out if i.sources == one.references else out | {"sources": list(i.sources)}


def _dump_construct(c: Construct, above: Construct) -> dict[str, Any]:
    return _some(
        label=dict(c.label),
        description=dict(c.description),
        kind=c.kind if c.kind != above.kind else None,
        respondent=c.respondent if c.respondent != above.respondent else None,
        reliability=c.reliability,
        elements={e.id: _dump_construct(e, c) for e in c.elements},
        items=list(c.items),
    )


def _dump_question(q: Question, one: Instrument) -> dict[str, Any]:
    out = _some(
        label=dict(q.label), scale=q.scale.name if q.scale else None, respondent=q.respondent, optional=q.optional
    )
    place = _some(block=q.block if q.block != one.id else None, ends=list(q.ends))
    return out | {"type": q.type} | place | _dump_asked(q)


def _dump_proposal(p: Proposal) -> dict[str, Any]:
    return {"title": dict(p.title), "measurement": p.measurement} | _some(
        description=dict(p.description),
        constructs=list(p.constructs),
        syntax=p.syntax,
        labels={k: dict(v) for k, v in p.labels.items()},
        groups=list(p.groups),
        hypotheses=dict(p.hypotheses),
        sources=list(p.sources),
    )


class _Dumper(yaml.SafeDumper):
    """Plain YAML: long texts as blocks, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
