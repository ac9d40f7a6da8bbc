"""What an XLSForm has no place for, as the difference between an instrument and what its sheets already tell.

The difference is a JSON merge patch (RFC 7396): a field that the sheets do not give, or give otherwise, stands in it
with its value, and a field that they give too many stands in it as null. So a form comes back equal whatever it holds,
and what is changed in the sheets later is not overridden by a copy of what they said before. Constructs keep their
tree in the patch; how a construct is called and which items it has is told by the sheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cgsurvey.instrument.dumping import as_document

if TYPE_CHECKING:
    from cgsurvey.instrument.instrument import Instrument

_LISTED = ("items", "questions", "scales")  # whose members are those of the sheets
Document = dict[str, Any]


def rest_of(one: Instrument, sheets: Mapping[str, list[list[str | float | None]]]) -> Document:
    """Return the patch that makes the instrument out of what its sheets tell."""
    from cgsurvey.instrument.xlsform_reading import told_by

    told = told_by(sheets).document
    whole = as_document(one)
    whole["scales"] = {s.name: _spread(s, whole["scales"][s.name]) for s in one.scales.values()}
    for item in one.items:
        whole["items"][item.name].setdefault("sources", list(item.sources))
    tree = _bare(whole.pop("constructs", {}), told.pop("constructs", {}))
    return _difference(told, whole) | ({"constructs": tree} if tree else {})


def completed(told: Document, rest: Document) -> Document:
    """Return the document of an instrument from what the sheets tell and the patch beside them."""
    kept = dict(rest)
    tree = kept.pop("constructs", {})
    for part in _LISTED:
        if isinstance(kept.get(part), dict):
            kept[part] = {k: v for k, v in kept[part].items() if k in told.get(part, {})}
    out = _patched({k: v for k, v in told.items() if k != "constructs"}, kept)
    leaves = told.get("constructs", {})
    held: set[str] = set()
    out["constructs"] = _filled(tree, leaves, held)
    if not isinstance(out["constructs"], dict):  # whoever checks the document tells what it holds instead
        return out
    new = {c: spec for c, spec in leaves.items() if c not in held}
    return out | {"constructs": {**out["constructs"], **new}}


def _spread(scale: Any, spec: Document) -> Document:
    """Return a scale with its choices written out, as the sheet lists them."""
    if "range" not in spec:
        return spec
    return {"type": scale.type, "choices": {c.name: {"score": c.score} for c in scale.choices}}


def _difference(old: Document, new: Document) -> Document:
    out: Document = {k: None for k in old if k not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            if inner := _difference(before, value):
                out[key] = inner
        elif key not in old or before != value:
            out[key] = value
    return out


def _patched(old: Document, patch: Document) -> Document:
    out = dict(old)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict):
            before = out.get(key)
            out[key] = _patched(before if isinstance(before, dict) else {}, value)
        else:
            out[key] = value
    return out


def _bare(constructs: Document, told: Mapping[str, Document]) -> Document:
    """Return the tree without the words and items that the sheet tells alike."""
    out = {}
    for id, spec in constructs.items():
        leaf = told.get(id, {})
        kept = {k: v for k, v in (({"label": {}} if leaf else {}) | spec).items() if v != leaf.get(k)}
        if "elements" in spec:
            kept["elements"] = _bare(spec["elements"], told)
        out[id] = kept
    return out


def _filled(tree: Any, leaves: Mapping[str, Document], held: set[str]) -> Any:
    """Return the tree with the items of the sheet; an order kept beside it holds while the items are the same."""
    if not isinstance(tree, dict):
        return tree
    out = {}
    for id, spec in tree.items():
        if not isinstance(spec, dict):
            out[id] = spec
            continue
        held.add(id)
        filled = dict(spec)
        if "elements" in spec:
            filled["elements"] = _filled(spec["elements"], leaves, held)
        if id in leaves:
            filled.setdefault("label", leaves[id]["label"])
        told = leaves.get(id, {}).get("items", [])
        own = spec.get("items")
        if told and not (isinstance(own, list) and sorted(map(str, own)) == sorted(told)):
            filled["items"] = told
        out[id] = filled
    return out
