"""The models of a plan, as lavaan syntax: measurement of the constructs that the paths are about, and the paths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cgsurvey.base.errors import ModelError
from cgsurvey.base.model import Model
from cgsurvey.sem.model.syntax import parse
from cgsurvey.study.plan import Plan

if TYPE_CHECKING:
    from cgsurvey.instrument import Instrument
    from cgsurvey.responses.linking.linkage import Linkage


def constructs_on_paths(plan: Plan, instrument: Instrument) -> list[str]:
    """Return the constructs that the plan names, else those that its paths are about, as the instrument orders them."""
    if plan.measurement.constructs:
        return list(plan.measurement.constructs)
    text = _structure_text(plan)
    if text and "~" not in text:
        text = _proposed(plan, instrument, text)
    statements = parse(text).statements if text else ()
    named = {t.name for s in statements if s.op == "~" for t in (*s.lhs, *s.rhs)}
    return [c.id for top in instrument.constructs for c in top.walk() if c.id in named and c.kind != "composite"]


def measurement_model(plan: Plan, instrument: Instrument, linkage: Linkage | None = None) -> Model:
    """Return the measurement model of a plan."""
    wanted = plan.measurement.model.strip()
    if "=~" in wanted:
        return Model(wanted, name="measurement", labels=instrument.labels)
    constructs = constructs_on_paths(plan, instrument)
    if linkage is not None:
        return _linked(plan, instrument, linkage, constructs)
    return instrument.model(wanted, constructs=constructs or None)


def structural_model(plan: Plan, instrument: Instrument, linkage: Linkage | None = None) -> Model:
    """Return the structural model of a plan, empty text when it has none.

    Raises
    ------
    ModelError
        When [structure] is neither syntax nor the name of a model of the instrument.
    """
    wanted = _structure_text(plan)
    if not wanted:
        return Model("")
    if "=~" in wanted:
        return Model(wanted, name="structure", labels=instrument.labels)
    if "~" not in wanted:
        return _proposed(plan, instrument, wanted)
    if linkage is None and "=~" not in plan.measurement.model:
        return instrument.model(
            plan.measurement.model.strip(), constructs=constructs_on_paths(plan, instrument), paths=wanted
        )
    measured = measurement_model(plan, instrument, linkage)
    return Model(f"{measured}\n{wanted}", name="structure", labels={**instrument.labels, **measured.labels})


def variables(*models: Model) -> set[str]:
    """Return the names of all variables of models."""
    return {t.name for m in models if m for s in parse(m.syntax).statements for t in (*s.lhs, *s.rhs)}


def _linked(plan: Plan, instrument: Instrument, linkage: Linkage, constructs: Iterable[str]) -> Model:
    """Measure averaged constructs by their office means, those of single users by their items."""
    averaged = [c for c in constructs if c in linkage.columns]
    own = [c for c in constructs if c not in linkage.columns]
    means = linkage.measurement(averaged) if averaged else Model("")
    items = instrument.model(plan.measurement.model.strip(), constructs=own) if own else Model("")
    return Model(f"{means}{items}", name="linked", labels={**instrument.labels, **means.labels, **items.labels})


def _proposed(plan: Plan, instrument: Instrument, name: str) -> Model:
    if name not in instrument.models:
        known = ", ".join(instrument.models) or "-"
        raise ModelError.of("study.no_such_model", file=plan.path, name=name, instrument=instrument.id, known=known)
    return instrument.model(name)


def _structure_text(plan: Plan) -> str:
    lines = (line.partition("#")[0].rstrip() for line in (plan.structure.model if plan.structure else "").splitlines())
    return "\n".join(line for line in lines if line.strip())
