"""Lavaan syntax written from the constructs of an instrument.

What a construct becomes in a model:

* a reflective construct becomes a factor; one of a single item is that item, with its residual variance fixed to
  (1 - reliability) x variance where a reliability is stated and the variance given, else to 0;
* a composite is not caused by its items, so it never becomes a factor unless `reflective` asks for it. A path may name
  it: it then is an observed variable, the mean of its items, whose column `cgsurvey.score` makes;
* a factor that stands alone with two indicators has equal loadings, as it is not identified otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.model import Model
from cgsurvey.instrument.parts import Construct, Proposal, Words

if TYPE_CHECKING:
    from cgsurvey.instrument.instrument import Instrument

GENERAL = "general_factor"
_GENERAL_LABEL = {"en": "General factor", "id": "Faktor umum"}
_TITLES: Mapping[str, Words] = {
    "first_order": {
        "en": "First-order model (correlated factors)",
        "id": "Model orde pertama (faktor saling berkorelasi)",
    },
    "second_order": {"en": "Second-order model", "id": "Model orde kedua"},
    "direct": {"en": "One factor per construct, without elements", "id": "Satu faktor per konstruk, tanpa unsur"},
    "one_factor": {"en": "One-factor model", "id": "Model satu faktor"},
    "bifactor": {"en": "Bifactor model", "id": "Model bifaktor"},
}
KINDS = tuple(_TITLES)
_WIDTH = 110
_COMMENT = re.compile(r"[#!](?!=).*")


@dataclass(frozen=True)
class _Request:
    """What the lines of a model are written from."""

    constructs: tuple[Construct, ...]
    variances: Mapping[str, float]

    @property
    def alone(self) -> bool:
        return len(self.constructs) == 1


def write_model(
    instrument: Instrument,
    name: str,
    *,
    paths: str | Iterable[str] | None = None,
    constructs: str | Sequence[str] | None = None,
    reflective: str | Sequence[str] = (),
    variances: Mapping[str, float] | None = None,
) -> Model:
    """Write a model of an instrument; see `Instrument.model`."""
    extra = "" if paths is None else paths.strip() if isinstance(paths, str) else "\n".join(paths).strip()
    named = _names(instrument, constructs)
    released = _names(instrument, reflective) or ()
    given = _variances(instrument, variances)
    proposal = _proposal(instrument, name)
    if proposal is None:
        return _write(instrument, Proposal(name, _TITLES[name], measurement=name), extra, named, released, given)
    if named is not None:
        raise OptionError(
            f"the model '{name}' has its own constructs; leave constructs out, or choose a kind: {some(KINDS)}."
        )
    return _write(instrument, proposal, extra, None, released, given)


def _proposal(instrument: Instrument, name: str) -> Proposal | None:
    """Return the model proposed under that name, None where the name is a kind."""
    proposals = {p.name: p for p in instrument.proposals}
    if name == "structural":
        stated = [p for p in instrument.proposals if p.hypotheses]
        if not stated:
            raise OptionError(
                f"instrument '{instrument.id}' proposes no structural model; give paths, e.g. 'outcome ~ cause'."
            )
        return stated[0]
    if name in proposals or name in KINDS:
        return proposals.get(name)
    known = (*KINDS, "structural", *proposals)
    raise OptionError(
        f"instrument '{instrument.id}' has no model '{name}'.{did_you_mean(name, known)} "
        f"Kinds: {some(KINDS)}. Models of its own: {some(proposals, 20) or 'none'}."
    )


def _names(instrument: Instrument, names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    listed = (names,) if isinstance(names, str) else tuple(names)
    known = {c.id for top in instrument.constructs for c in top.walk()}
    wrong = [f"'{n}'.{did_you_mean(n, known)}" for n in listed if n not in known]
    if wrong:
        raise OptionError(f"instrument '{instrument.id}' has no construct {' '.join(wrong)} Known: {some(known, 40)}.")
    return listed


def _variances(instrument: Instrument, variances: Mapping[str, float] | None) -> Mapping[str, float]:
    given = {str(k): float(v) for k, v in (variances.items() if variances is not None else ())}
    bad = [k for k, v in given.items() if k in instrument.item_names and not v > 0]
    if bad:
        raise OptionError(f"the variance of {some(bad)} is not above 0; a constant item carries no information.")
    return given


def _write(
    instrument: Instrument,
    proposal: Proposal,
    extra: str,
    named: tuple[str, ...] | None,
    reflective: tuple[str, ...],
    variances: Mapping[str, float],
) -> Model:
    syntax = "\n".join(filter(None, (proposal.syntax.strip(), extra)))
    kind = proposal.measurement
    lines: list[str] = []
    if kind != "none":
        if extra and kind in ("one_factor", "bifactor"):
            raise OptionError(
                f"a {kind} model has no constructs between which paths could run; choose another kind for paths."
            )
        wanted = (*(named or ()), *proposal.constructs)
        chosen, observed = _chosen(instrument, wanted, syntax, reflective)
        request = _Request(chosen, variances)
        if kind == "first_order":
            _refuse_dimensions(chosen, syntax)
        lines += [_observed(c) for c in observed]
        lines += _WRITERS[kind](request)
        lines += _covariances(chosen, observed, syntax)
    text = "\n".join([*lines, *([syntax] if syntax else [])]) + "\n"
    known = {**instrument.labels, **proposal.labels, GENERAL: _GENERAL_LABEL}
    used = words_of(text)
    labels = {n: dict(known[n]) for n in known if n in used}
    return Model(text, name=proposal.name, titles=proposal.title, labels=labels)


def _chosen(
    instrument: Instrument, wanted: tuple[str, ...], syntax: str, reflective: tuple[str, ...]
) -> tuple[tuple[Construct, ...], tuple[Construct, ...]]:
    """Return the constructs to measure, in the order of the instrument, and the composites taken as observed."""
    tops = [_released(c, reflective) for c in instrument.constructs]
    every = [c for top in tops for c in top.walk()]
    refused = [c.id for c in every if c.id in wanted and c.kind == "composite"]
    if refused:
        raise ModelError(
            f"{some(refused)} of '{instrument.id}': a composite is made up by its items and not their cause, so it "
            "is no factor. Use its score (the column that score() makes) in a path, or say "
            f"reflective={refused!r} to treat it as a factor on purpose."
        )
    names = {*wanted, *words_of(syntax)} if wanted or syntax else {c.id for c in tops if c.kind == "reflective"}
    chosen: list[Construct] = []
    covered: set[str] = set()
    for construct in every:
        if construct.id in names and construct.id not in covered:
            chosen.append(construct)
            covered |= {c.id for c in construct.walk()}
    if not chosen:
        why = "it has no constructs, or the syntax names none of them"
        if not names and tops:
            why = "all its constructs are composites; say reflective=[...] to treat one as a factor on purpose"
        raise ModelError(f"instrument '{instrument.id}' gives no measurement model: {why}.")
    measured = tuple(c for c in chosen if c.kind == "reflective")
    return measured, tuple(c for c in chosen if c.kind == "composite")


def _refuse_dimensions(chosen: tuple[Construct, ...], syntax: str) -> None:
    used = words_of(syntax)
    wide = [c.id for c in chosen if c.elements and c.id in used]
    if wide:
        raise ModelError(
            f"{some(wide)} has elements and is no factor in a first-order model, so no path can name it. "
            "Use 'second_order' or 'direct', or name its elements."
        )


def _covariances(chosen: tuple[Construct, ...], observed: tuple[Construct, ...], syntax: str) -> list[str]:
    """Let exogenous composites covary with what else is exogenous; for observed variables that is not the default."""
    told = list(_statements(syntax))
    higher = [w for left, op, _ in told if op == "=~" for w in sorted(words_of(left))]
    explained = {w for left, op, right in told if op in ("~", "=~") for w in words_of(left if op == "~" else right)}
    outside = [c.id for c in observed if c.id not in explained]
    others = [n for n in dict.fromkeys([*(c.id for c in chosen), *higher]) if n not in explained]
    pairs = [(name, [*outside[i + 1 :], *others]) for i, name in enumerate(outside)]
    return [line for name, rest in pairs if rest for line in _wrapped(f"{name} ~~", rest)]


def _statements(syntax: str) -> Iterator[tuple[str, str, str]]:
    """Yield (left, operator, right) of each statement; a line that begins or ends with + belongs to its neighbour."""
    joined = re.sub(r"\s*\n\s*\+|\+\s*\n\s*", "+", _COMMENT.sub("", syntax))
    for statement in re.split(r"[;\n]", joined):
        parts = re.split(r"(=~|~~|:=|==|~)", statement, maxsplit=1)
        if len(parts) == 3:
            yield parts[0], parts[1], parts[2]


# ---- the kinds ---------------------------------------------------------------------------------------------------


def _second_order(request: _Request) -> list[str]:
    return [line for c in request.constructs for line in _tree(request, c, alone=request.alone)]


def _tree(request: _Request, construct: Construct, *, alone: bool = False) -> Iterator[str]:
    if not construct.elements:
        yield from _leaf(request, construct.id, construct.items, construct.reliability, alone=alone)
        return
    for element in construct.elements:
        if element.kind == "composite":
            yield _observed(element)
        else:
            yield from _tree(request, element)
    yield from _factor(construct.id, [e.id for e in construct.elements], equal=alone and len(construct.elements) == 2)


def _first_order(request: _Request) -> list[str]:
    leaves = [leaf for c in request.constructs for leaf in _pruned(c).leaves]
    return [line for c in leaves for line in _leaf(request, c.id, c.items, c.reliability, alone=len(leaves) == 1)]


def _direct(request: _Request) -> list[str]:
    parts = map(_pruned, request.constructs)
    return [x for c in parts for x in _leaf(request, c.id, c.all_items, c.reliability, alone=request.alone)]


def _one_factor(request: _Request) -> list[str]:
    items = [i for c in request.constructs for i in _pruned(c).all_items]
    return list(_leaf(request, request.constructs[0].id if request.alone else GENERAL, items, None, alone=True))


def _bifactor(request: _Request) -> list[str]:
    """One general and uncorrelated specific factors, all of variance 1: no marker has to load on two factors."""
    whole = [_pruned(c) for c in request.constructs]
    specific = [c for c in (whole[0].elements if request.alone else whole) if len(c.all_items) >= 3]
    if len(specific) < 3:
        raise ModelError(
            f"a bifactor model needs three specific factors of three items or more; there are {len(specific)}."
        )
    factors = {GENERAL: tuple(i for c in whole for i in c.all_items)} | {c.id: c.all_items for c in specific}
    names = list(factors)
    lines = [line for name, items in factors.items() for line in _factor(name, [f"NA*{items[0]}", *items[1:]])]
    lines += [f"{name} ~~ 1*{name}" for name in names]
    pairs = [(name, [f"0*{other}" for other in names[i + 1 :]]) for i, name in enumerate(names[:-1])]
    return lines + [line for name, others in pairs for line in _wrapped(f"{name} ~~", others)]


def _pruned(construct: Construct) -> Construct:
    """Return a reflective construct without the elements that are composites: their items have no factor."""
    if not construct.elements:
        return construct
    kept = tuple(_pruned(e) for e in construct.elements if e.kind == "reflective")
    if not kept:
        raise ModelError(
            f"all elements of '{construct.id}' are composites: only 'second_order' can use them, as observed."
        )
    return replace(construct, elements=kept)


def _released(construct: Construct, names: tuple[str, ...], above: bool = False) -> Construct:
    """Return the construct with the composites in `names`, and all below them, made reflective."""
    free = above or construct.id in names
    inner = tuple(_released(e, names, free) for e in construct.elements)
    return replace(construct, elements=inner, kind="reflective" if free else construct.kind)


def _observed(construct: Construct) -> str:
    return f"# {construct.id}: composite, the observed mean of its items (score() makes the column)"


_WRITERS: Mapping[str, Callable[[_Request], list[str]]] = {
    "first_order": _first_order,
    "second_order": _second_order,
    "direct": _direct,
    "one_factor": _one_factor,
    "bifactor": _bifactor,
}


def _leaf(
    request: _Request, name: str, items: Sequence[str], reliability: float | None, *, alone: bool
) -> Iterator[str]:
    if len(items) > 1:
        yield from _factor(name, items, equal=alone and len(items) == 2)
        return
    item, variance = items[0], request.variances.get(items[0])
    if reliability is None:
        residual, why = 0.0, "single item, taken as free of error"
    elif variance is None:
        residual, why = 0.0, f"reliability {reliability:g} is used when variances= is given; taken as free of error"
    else:
        residual, why = (1 - reliability) * variance, f"reliability {reliability:g}, variance {variance:.6g}"
    yield f"{name} =~ 1*{item}"
    yield f"{item} ~~ {residual:.10g}*{item}  # {why}"


def _factor(name: str, indicators: Sequence[str], *, equal: bool = False) -> Iterator[str]:
    yield from _wrapped(f"{name} =~", [f"1*{i}" for i in indicators] if equal else list(indicators))


def _wrapped(start: str, terms: Sequence[str]) -> Iterator[str]:
    """Yield `start t1 + t2 + ...`, broken after a plus sign where the line grows too long."""
    line = f"{start} {terms[0]}"
    for term in terms[1:]:
        if len(line) + len(term) + 3 > _WIDTH:
            yield f"{line} +"
            line = f"    {term}"
        else:
            line += f" + {term}"
    yield line


def words_of(syntax: str) -> set[str]:
    """Return the names that occur in lavaan syntax, labels of parameters included; comments are left out."""
    return set(re.findall(r"[^\W\d]\w*", _COMMENT.sub("", syntax)))
