"""Options of cfa(), sem() and growth(): what is allowed, and what follows from the estimator, as in lavaan 0.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cgsurvey.base.errors import OptionError, did_you_mean
from cgsurvey.base.options import choose, choose_all, fraction
from cgsurvey.responses.design import Design
from cgsurvey.sem.table import GROUP_EQUAL

Estimator = Literal["ML", "MLR", "MLF"]
Missing = Literal["listwise", "fiml", "fiml.x"]
Information = Literal["expected", "observed", "first.order"]
StandardErrors = Literal["standard", "robust.huber.white", "none"]
Test = Literal["standard", "yuan.bentler.mplus"]
Likelihood = Literal["normal", "wishart"]
Engine = Literal["native", "semopy"]

_ABSENT = {
    "ordered": "items are treated as continuous; estimator='MLR' allows for their distribution",
    "parameterization": "it belongs to ordered items",
    "bootstrap": "estimator='MLR' has errors that need no normality",
    "strata": "clusters and weights are allowed for, strata are not",
}
_SPELLINGS = {"ml": "fiml", "direct": "fiml", "ml.x": "fiml.x"}  # lavaan's words for the same


@dataclass(frozen=True)
class Options:
    """Options as they take effect.

    Attributes
    ----------
    estimator : {"ML", "MLR", "MLF"}
        Maximum likelihood; MLR with errors and tests that allow for non-normal data, MLF with first-order errors.
    missing : {"listwise", "fiml", "fiml.x"}
        Leave rows with missing answers out, or use all that was answered ("fiml.x": covariates too).
    se : {"standard", "robust.huber.white", "none"}
        Standard errors.
    test : {"standard", "yuan.bentler.mplus"}
        The test beside the standard one, if any.
    information : {"expected", "observed", "first.order"}
        Information that standard errors, or the bread of the sandwich, are made of.
    likelihood : {"normal", "wishart"}
        Divisor n or n - 1.
    group, cluster, weights : str, optional
        Columns of the data.
    group_equal, group_partial : tuple of str
        Kinds of parameters equal over groups, and the exceptions.
    meanstructure : bool, optional
        None: where the model or another option asks for means.
    fixed_x, std_lv, orthogonal, auto, auto_fix_first : bool
        As in lavaan; `auto` False adds nothing to the model.
    ci : float
        Level of the confidence intervals.
    engine : {"native", "semopy"}
    """

    estimator: Estimator = "ML"
    missing: Missing = "listwise"
    se: StandardErrors = "standard"
    test: Test = "standard"
    information: Information = "expected"
    likelihood: Likelihood = "normal"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    weights: str | None = None
    meanstructure: bool | None = None
    fixed_x: bool = True
    std_lv: bool = False
    orthogonal: bool = False
    auto: bool = True
    auto_fix_first: bool | None = None
    ci: float = 0.95
    engine: Engine = "native"

    @property
    def fiml(self) -> bool:
        """True when rows with missing answers are used."""
        return self.missing != "listwise"

    @property
    def scaled(self) -> bool:
        """True when tests are scaled for non-normal data."""
        return self.test != "standard"

    @property
    def robust(self) -> bool:
        """True when standard errors allow for non-normal data."""
        return self.se == "robust.huber.white"


def resolve(given: Mapping[str, Any], design: Design | None = None) -> Options:
    """Check options and fill in what follows from them.

    Parameters
    ----------
    given : mapping
        Options as the user wrote them.
    design : Design, optional
        Design of the data; its clusters and weights are used unless the user says ``cluster=False``, ``weights=False``.

    Raises
    ------
    OptionError
        Naming what is allowed.
    """
    known = [f.name for f in fields(Options)]
    absent = [f"{k}= ({_ABSENT[k]})" for k in given if k in _ABSENT]
    if absent:
        raise OptionError(f"not available in this version: {'; '.join(absent)}.")
    unknown = [k for k in given if k not in known]
    if unknown:
        words = " ".join(f"'{k}'.{did_you_mean(k, known)}" for k in unknown)
        raise OptionError(f"unknown option: {words} Known options: {', '.join(known)}.")
    made = dict(given)
    for name in ("cluster", "weights"):
        chosen = made.get(name)
        made[name] = None if chosen is False else chosen or getattr(design, name, None)
    estimator = choose("estimator", str(made.pop("estimator", None) or "ML").upper(), ("ML", "MLR", "MLF"))
    missing = made.pop("missing", None) or "listwise"
    missing = choose("missing", _SPELLINGS.get(missing, missing), ("listwise", "fiml", "fiml.x"))
    complex_sample = made["cluster"] is not None or made["weights"] is not None
    likelihood = choose("likelihood", made.pop("likelihood", "normal"), ("normal", "wishart"))
    if likelihood == "wishart" and (estimator != "ML" or missing != "listwise" or complex_sample):
        raise OptionError(
            "likelihood='wishart' goes with estimator='ML', complete rows, and neither clusters nor weights."
        )
    robust = estimator == "MLR" or complex_sample
    se = made.pop("se", None) or ("robust.huber.white" if robust else "standard")
    se = choose("se", se, ("standard", "robust.huber.white", "none"))
    if complex_sample and (se == "standard" or estimator == "MLF"):
        raise OptionError(
            "rows that come in clusters or with weights need robust errors: leave se= out, and use estimator 'ML' or "
            "'MLR'."
        )
    tests = choose_all("test", made.pop("test", None), ("standard", "yuan.bentler.mplus"))
    test: Test = tests[-1] if tests else ("yuan.bentler.mplus" if robust else "standard")
    first_order = "first.order" if estimator == "MLF" else None
    default = first_order or (
        "observed" if robust or se == "robust.huber.white" or missing != "listwise" else "expected"
    )
    information = choose(
        "information", made.pop("information", None) or default, ("expected", "observed", "first.order")
    )
    if made["cluster"] is not None:
        made["meanstructure"] = True
    if missing != "listwise":
        made["meanstructure"] = True
    return Options(
        estimator=estimator,
        missing=missing,
        se=se,
        test=test,
        information=information,
        likelihood=likelihood,
        group_equal=choose_all("group_equal", made.pop("group_equal", ()), GROUP_EQUAL),
        group_partial=_texts(made.pop("group_partial", ())),
        ci=fraction("ci", made.pop("ci", 0.95)),
        engine=choose("engine", made.pop("engine", "native"), ("native", "semopy")),
        **made,
    )


def _texts(values: Any) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(map(str, values or ()))
