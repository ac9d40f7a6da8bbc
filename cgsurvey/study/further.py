"""Further analyses that a plan can ask for: a section bears the name of a function, its keys are options.

``[mediation]`` calls `cgsurvey.mediation` on the structural model, ``[ikm]`` with ``by = "office"`` calls
``cgsurvey.ikm(users, by="office")``; ``[[compare_groups]]`` may stand several times.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cgsurvey.base.errors import CgSurveyError, OptionError, hints, said
from cgsurvey.base.result import Result
from cgsurvey.sem.options import Options as Fit

if TYPE_CHECKING:
    from cgsurvey.base.model import Model
    from cgsurvey.responses import Responses
    from cgsurvey.study.plan import Plan

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Material:
    """What further analyses are made from.

    Attributes
    ----------
    plan : Plan
    raw, sides : mapping of str to Responses
        The answers before and after screening: "" for one file, "partners" and "users" for a pair.
    data : Responses
        The answers that the models were fitted to.
    measurement, structure : Model
        `structure` is empty where the plan has none.
    items : sequence of str
        The items of the models.
    blocks, constructs : sequence of str
        Constructs of the models that have items of their own, and those that the paths are about; empty where the
        models are no constructs of the instrument.
    options : mapping
        Options of the models.
    parts : mapping of str to Result
        What was found before.
    said : mapping
        What the plan says of the analysis that is being made.
    """

    plan: Plan
    raw: Mapping[str, Responses]
    sides: Mapping[str, Responses]
    data: Responses
    measurement: Model
    structure: Model
    items: Sequence[str]
    blocks: Sequence[str]
    constructs: Sequence[str]
    options: Options
    parts: Mapping[str, Result]
    said: Options = field(default_factory=dict)

    def side(self, name: str) -> Responses:
        """Return the answers of partners or users where the study has both, else those of everybody."""
        return self.sides.get(name, self.data)

    @property
    def model(self) -> Model:
        """The model that the study ends with."""
        return self.structure or self.measurement

    @property
    def fit(self) -> Any:
        """The fit that the study ends with."""
        return self.parts["structure" if self.structure else "measurement"]

    @property
    def screened(self) -> str:
        """The side whose screening is looked at again: the users of a pair."""
        return "users" if "users" in self.raw else ""

    def among(self, constructs: Sequence[str]) -> Options:
        """Return the constructs of the study as an argument: the instrument may hold many more."""
        return {"constructs": list(constructs)} if constructs else {}

    def again(self) -> dict[str, Any]:
        """Return the options of the models without resamples, for models that are compared by their fit."""
        if self.options.get("se") not in ("boot", "bootstrap"):
            return dict(self.options)
        return {k: v for k, v in self.options.items() if k not in ("se", "bootstrap", "ci_type")}


Arguments = tuple[tuple[Any, ...], Options]


@dataclass(frozen=True)
class Further:
    """How a study calls a function: what it hands over, and the parts that must be there.

    Attributes
    ----------
    call : callable
        From the material to the arguments that the study gives; what the plan says goes before them.
    after : callable
        From "has the plan a structure" to the names of the parts that are needed.
    given : frozenset of str
        Parameters that the plan cannot give, because the study does.
    """

    call: Callable[[Material], Arguments]
    after: Callable[[bool], tuple[str, ...]] = lambda structured: ()
    given: frozenset[str] = frozenset()


def _answers(side: str = "") -> Further:
    return Further(lambda m: ((m.side(side),), {}), given=frozenset({"data"}))


_ITEMS = Further(lambda m: ((m.data,), {"items": [i for i in m.data.items if i in m.items]}), given=frozenset({"data"}))
_FIT = Further(
    lambda m: ((m.fit, m.data), {}),
    lambda structured: ("structure" if structured else "measurement",),
    frozenset({"fit", "data"}),
)
_BLOCKS = Further(lambda m: ((m.data,), m.among(m.blocks)), given=frozenset({"data"}))


def _fragility(m: Material) -> Arguments:
    # The analyses are of those whom the screening kept; with those whom it flagged is one of the other choices.
    whole = m.plan.screening and "" in m.raw
    data = m.raw[""].replace(design=m.data.design) if whole else m.data
    screening = {"screening": m.parts["screening"], "respondents": "kept"} if whole else {}
    asked = {"hypotheses": m.plan.hypotheses} if m.plan.hypotheses else {}
    # The study's own choices come first: they make the main specification.
    rest = m.again()
    own = rest.pop("estimator", "WLSMV" if rest.get("ordered") else "ML")
    choices = {"estimators": list(dict.fromkeys([own, "ML", "MLR", "WLSMV"]))}
    choices["missing"] = list(dict.fromkeys([rest.pop("missing", "listwise"), "listwise", "fiml"]))
    return (str(m.model), data), screening | asked | choices | rest


def _exclusions(m: Material) -> Arguments:
    screening = m.parts["_".join(filter(None, ("screening", m.screened)))]
    if m.screened:  # the models of a pair are those of linked answers, of which a screening knows nothing
        return (screening,), {"data": m.raw[m.screened], **m.among(m.blocks)}
    return (screening,), {"model": m.model, "data": m.raw[""], **m.among(m.blocks), **m.again()}


def _importance(m: Material) -> Arguments:
    return (m.side("users"),), {"fit": m.fit} if m.said.get("importance") == "path" else {}


# In the order of the chapter.
FURTHER: Mapping[str, Further] = {
    "sample_size": Further(lambda m: ((), {})),
    "power": Further(lambda m: ((), {"progress": False}), given=frozenset({"progress"})),
    "k_anonymity": _answers(),
    "representativeness": _answers(),
    "nonresponse_bias": _BLOCKS,
    "exclusion_sensitivity": Further(_exclusions, given=frozenset({"screening", "model", "data"})),
    "missingness": _ITEMS,
    "mcar_test": _ITEMS,
    "normality": _ITEMS,
    "survey_estimates": _answers(),
    "ikm": _answers("users"),
    "ikm_link": _answers("users"),
    "criteria": _answers("partners"),
    "activities": _answers("partners"),
    "exchange": _answers("partners"),
    "ladder": _answers("partners"),
    "forms": _answers("partners"),
    "challenges": _answers("partners"),
    "harms": _answers("partners"),
    "service_quality": _answers("users"),
    "ipa": Further(_importance, given=frozenset({"data", "fit"})),
    "factorability": _ITEMS,
    "parallel_analysis": _ITEMS,
    "efa": _ITEMS,
    "rivals": Further(lambda m: ((m.data,), {**m.among(m.constructs), **m.again()}), given=frozenset({"data"})),
    "omega": Further(lambda m: ((m.data,), m.among(m.constructs)), given=frozenset({"data"})),
    "discriminant_validity": Further(
        lambda m: ((m.parts["measurement"],), {"data": m.data}),
        lambda structured: ("measurement",),
        frozenset({"fit_or_data", "data"}),
    ),
    "common_method": Further(lambda m: ((m.data,), {**m.among(m.blocks), **m.again()}), given=frozenset({"data"})),
    "invariance": Further(lambda m: ((m.measurement, m.data), m.again()), given=frozenset({"model", "data"})),
    "mediation": Further(lambda m: ((m.fit,), {}), _FIT.after, frozenset({"fit_or_model", "data"})),
    "drivers": _FIT,
    "fragility": Further(_fragility, given=frozenset({"model", "data", "screening", "hypotheses"})),
    "correlate": _answers(),
    "crosstab": _answers(),
    "compare_groups": _answers(),
    "regress": _answers(),
}


def function(name: str) -> Callable[..., Result]:
    """Return the public function of a section."""
    found: Callable[..., Result] = getattr(import_module("cgsurvey"), name)
    return found


def check(name: str, options: Options) -> Iterator[Mapping[str, str]]:
    """Say what the function of a section does not take, or lacks."""
    parameters = inspect.signature(function(name)).parameters
    own = [
        n for n, p in parameters.items()
        if n not in FURTHER[name].given and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]  # fmt: skip
    needed = [n for n in own if parameters[n].default is inspect.Parameter.empty and n not in (*options, "seed")]
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):  # options of the models that it fits
        own += [f.name for f in fields(Fit) if f.name not in own]
    if taken := [k for k in options if k in FURTHER[name].given]:
        yield said("study.follows_from_study", keys=", ".join(taken))
    if wrong := [k for k in options if k not in own and k not in taken]:
        yield said("study.unknown_option", keys=hints(wrong, own), known=", ".join(own))
    if needed:
        yield said("study.option_lacking", keys=", ".join(needed), function=name)


def run(name: str, options: Options, material: Material) -> Result:
    """Call the function of a section on what the study has."""
    made = function(name)
    places, given = FURTHER[name].call(replace(material, said=options))
    seed = {"seed": material.plan.study.seed} if "seed" in inspect.signature(made).parameters else {}
    try:
        return made(*places, **{**given, **seed, **options})
    except CgSurveyError as error:
        error.at(f"{material.plan.path}: [{name}]")
        raise
    except (TypeError, AttributeError) as error:
        fault = OptionError.of("study.option_kind", function=name, fault=str(error))
        raise fault.at(f"{material.plan.path}: [{name}]") from error
