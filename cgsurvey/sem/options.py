"""Options of cfa(), sem() and growth(): what is allowed, and what follows from the estimator, as in lavaan 0.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from cgsurvey.base.errors import OptionError, did_you_mean
from cgsurvey.base.options import choose, choose_all, fraction, whole
from cgsurvey.base.parallel import check_seed
from cgsurvey.moments.build import STAGES, Missing
from cgsurvey.responses.design import Design
from cgsurvey.sem.model.table import GROUP_EQUAL
from cgsurvey.sem.resampling.bootstrap import INTERVALS, Interval

Estimator = Literal[
    "ML", "MLM", "MLMV", "MLMVS", "MLR", "MLF", "GLS", "ULS", "WLS", "DWLS",
    "WLSM", "WLSMV", "WLSMVS", "ULSM", "ULSMV",
]  # fmt: skip
Information = Literal["expected", "observed", "first.order"]
StandardErrors = Literal["standard", "robust.sem", "robust.huber.white", "bootstrap", "none"]
Test = Literal["standard", "satorra.bentler", "mean.var.adjusted", "scaled.shifted", "yuan.bentler.mplus"]
Likelihood = Literal["normal", "wishart"]
Engine = Literal["native", "semopy"]
Weight = Literal["GLS", "ULS", "WLS", "DWLS"]

RESAMPLING = ("bollen_stine", "bootstrap", "ci_type", "seed", "n_jobs")
_INTERVALS = {"perc": "percentile", "bca.simple": "bc", "norm": "normal"}
_SE = {"boot": "bootstrap"}
_SPELLINGS = {"ml": "fiml", "direct": "fiml", "ml.x": "fiml.x"}  # lavaan's words for the same
_MOMENTS = ("satorra.bentler", "mean.var.adjusted", "scaled.shifted")  # tests that need Gamma
# What an estimator stands for: what is minimised, standard errors, tests.
_ESTIMATORS: dict[str, tuple[str, StandardErrors, Test]] = {
    "ML": ("ML", "standard", "standard"),
    "MLM": ("ML", "robust.sem", "satorra.bentler"),
    "MLMV": ("ML", "robust.sem", "scaled.shifted"),
    "MLMVS": ("ML", "robust.sem", "mean.var.adjusted"),
    "MLR": ("ML", "robust.huber.white", "yuan.bentler.mplus"),
    "MLF": ("ML", "standard", "standard"),
    "GLS": ("GLS", "standard", "standard"),
    "ULS": ("ULS", "standard", "standard"),
    "WLS": ("WLS", "standard", "standard"),
    "DWLS": ("DWLS", "standard", "standard"),
    "WLSM": ("DWLS", "robust.sem", "satorra.bentler"),
    "WLSMV": ("DWLS", "robust.sem", "scaled.shifted"),
    "WLSMVS": ("DWLS", "robust.sem", "mean.var.adjusted"),
    "ULSM": ("ULS", "robust.sem", "satorra.bentler"),
    "ULSMV": ("ULS", "robust.sem", "scaled.shifted"),
}


@dataclass(frozen=True)
class Options:
    """Options as they take effect.

    Attributes
    ----------
    estimator : str
        Normal likelihood: "ML", with robust errors and tests "MLM", "MLMV", "MLMVS" (complete rows) and "MLR", with
        first-order errors "MLF". Least squares: "GLS", "ULS", "WLS", "DWLS", and with robust errors and tests "WLSM",
        "WLSMV", "WLSMVS" (diagonal weights), "ULSM", "ULSMV". Ordered items: least squares, "WLSMV" unless said.
    ordered : tuple of str, or True
        Items that are ordered categories; True: all endogenous ones.
    parameterization : {"delta", "theta"}
        Of ordered items: scales or residual variances are parameters.
    missing : {"listwise", "pairwise", "fiml", "fiml.x", "two.stage", "robust.two.stage"}
        Leave rows with missing answers out; use all that was answered in the likelihood ("fiml.x": covariates too);
        take each covariance (of ordered items: correlation) from the rows that answered both; or fit the model to means
        and covariances estimated by EM, with errors and tests that allow for it ("robust": and for the distribution).
        Two-stage estimation models covariates with the items, as with `fixed_x` False.
    se : {"standard", "robust.sem", "robust.huber.white", "bootstrap", "none"}
        Standard errors; with "bootstrap" intervals too come from `bootstrap` resamples of rows (or clusters).
    test : tuple of str
        Tests beside the standard one, of "satorra.bentler", "mean.var.adjusted", "scaled.shifted",
        "yuan.bentler.mplus"; the first is the one that scaled fit measures rest on.
    information : {"expected", "observed", "first.order"}
        Information that standard errors, or the bread of the sandwich, are made of.
    likelihood : {"normal", "wishart"}
        Divisor n or n - 1.
    group, cluster, strata, weights : str, optional
        Columns of the data.
    group_equal, group_partial : tuple of str
        Kinds of parameters equal over groups, and the exceptions.
    meanstructure : bool, optional
        None: where the model or another option asks for means.
    fixed_x, std_lv, orthogonal, auto, auto_fix_first : bool
        As in lavaan; `auto` False adds nothing to the model, and `fixed_x` is False for least squares on numeric
        variables unless said.
    ci : float
        Level of the confidence intervals.
    bollen_stine : bool
        True when `test` holds "bollen.stine": the p-value is found by resampling.
    bootstrap : int
        Number of resamples.
    ci_type : {"percentile", "bc", "bca", "normal", "basic"}
        Kind of bootstrap intervals; lavaan's "perc", "bca.simple" (bias-corrected only) and "norm" are understood.
    seed : int, optional
        Seed of the resamples; without one it is drawn, and named in a note.
    n_jobs : int
        Processes that fit resamples; the numbers are the same for any.
    engine : {"native", "semopy"}
    """

    estimator: Estimator = "ML"
    ordered: tuple[str, ...] | bool = ()
    parameterization: Literal["delta", "theta"] = "delta"
    missing: Missing = "listwise"
    se: StandardErrors = "standard"
    test: tuple[Test, ...] = ()
    information: Information = "expected"
    likelihood: Likelihood = "normal"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    strata: str | None = None
    weights: str | None = None
    meanstructure: bool | None = None
    fixed_x: bool = True
    std_lv: bool = False
    orthogonal: bool = False
    auto: bool = True
    auto_fix_first: bool | None = None
    ci: float = 0.95
    bollen_stine: bool = False
    bootstrap: int = 1000
    ci_type: Interval = "percentile"
    seed: int | None = None
    n_jobs: int = 1
    engine: Engine = "native"

    @property
    def names_ordered(self) -> tuple[str, ...] | None:
        """Ordered items by name; None: all that are explained."""
        return None if isinstance(self.ordered, bool) else self.ordered

    @property
    def fiml(self) -> bool:
        """True when the likelihood of incomplete rows is used."""
        return self.missing in ("fiml", "fiml.x")

    @property
    def two_stage(self) -> bool:
        """True when the model is fitted to moments that EM estimated."""
        return self.missing in STAGES

    @property
    def weight(self) -> Weight | None:
        """Weights of least squares; None for likelihood."""
        name = _ESTIMATORS[self.estimator][0]
        return None if name == "ML" else name  # type: ignore[return-value]

    @property
    def gamma(self) -> bool:
        """True when the sampling covariance of the moments is needed."""
        return self.se == "robust.sem" or self.weight in ("WLS", "DWLS") or any(t in _MOMENTS for t in self.test)

    @property
    def diagonal(self) -> bool:
        """True when no more than the variances of the moments is needed."""
        return self.weight == "DWLS" and self.se in ("standard", "none") and not any(t in _MOMENTS for t in self.test)

    @property
    def casewise(self) -> bool:
        """True when products of the scores of a likelihood are needed."""
        first = self.information == "first.order" and self.se != "none"
        return self.weight is None and (self.se == "robust.huber.white" or first or "yuan.bentler.mplus" in self.test)

    @property
    def bare(self) -> Options:
        """The same estimates, without errors and scaled tests."""
        return replace(self, se="none", test=())

    @property
    def scaled(self) -> bool:
        """True when tests are scaled for non-normal data."""
        return bool(self.test)

    @property
    def robust(self) -> bool:
        """True when standard errors allow for non-normal data."""
        return self.se in ("robust.sem", "robust.huber.white") and self.missing != "two.stage"


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
    known = [f.name for f in fields(Options) if f.name != "bollen_stine"]
    unknown = [k for k in given if k not in known]
    if unknown:
        words = " ".join(f"'{k}'.{did_you_mean(k, known)}" for k in unknown)
        raise OptionError(f"unknown option: {words} Known options: {', '.join(known)}.")
    made = dict(given)
    for name in ("cluster", "strata", "weights"):
        chosen = made.get(name)
        _check_column(name, None if chosen is False else chosen)
        made[name] = None if chosen is False else chosen or getattr(design, name, None)
    _check_column("group", made.get("group"))
    equal = choose_all("group_equal", made.get("group_equal", ()), GROUP_EQUAL)
    if made.get("group") is None and (equal or made.get("group_partial")):
        raise OptionError("group_equal= and group_partial= are about groups: name their column, group='column'.")
    ordered = made.pop("ordered", None) or ()
    ordered = ordered if ordered is True else _texts(ordered)
    estimator = str(made.pop("estimator", None) or ("WLSMV" if ordered else "ML")).upper()
    estimator = choose("estimator", estimator, _ESTIMATORS)
    fitted_by, se_default, test_default = _ESTIMATORS[estimator]
    likely = fitted_by == "ML"
    if ordered and (likely or estimator == "GLS"):
        raise OptionError(
            f"ordered items are not fitted by estimator='{estimator}': use 'WLSMV' (the default for them), another of "
            "the least-squares family (WLSM, WLSMVS, DWLS, ULSMV, ULSM, ULS, WLS), or treat them as continuous: leave "
            "ordered= out and take estimator='MLR'."
        )
    missing = made.pop("missing", None) or "listwise"
    missing = choose("missing", _SPELLINGS.get(missing, missing), get_args(Missing))
    if missing in ("fiml", "fiml.x") and (not likely or se_default == "robust.sem"):
        raise OptionError(
            f"missing='{missing}' is a likelihood method; estimator='{estimator}' goes with missing='listwise'"
            + (" or 'pairwise'." if ordered else ".")
            + " For items with missing answers: estimator='MLR', missing='fiml', or multiple imputation."
        )
    complex_sample = made["cluster"] is not None or made["weights"] is not None or made["strata"] is not None
    if missing in STAGES:
        return _staged(made, estimator, missing, bool(ordered), complex_sample)
    if missing == "pairwise" and not ordered:
        _check_pairwise(made, estimator, complex_sample)
    likelihood = choose("likelihood", made.pop("likelihood", "normal"), ("normal", "wishart"))
    if likelihood == "wishart" and (estimator != "ML" or missing not in ("listwise", "pairwise") or complex_sample):
        raise OptionError(
            "likelihood='wishart' goes with estimator='ML', complete rows or pairs, and neither clusters nor weights."
        )
    if complex_sample:
        if likely and se_default == "robust.sem":
            raise OptionError(
                f"estimator='{estimator}' takes rows as independent and equally weighted; with clusters, strata or "
                "weights use 'MLR'."
            )
        se_default = "robust.huber.white" if likely else "robust.sem"
        if test_default == "standard":
            test_default = "yuan.bentler.mplus" if likely else "satorra.bentler"
    se = made.pop("se", None) or se_default
    se = choose("se", _SE.get(se, se), ("standard", "robust.sem", "robust.huber.white", "bootstrap", "none"))
    if complex_sample and (se == "standard" or estimator == "MLF"):
        raise OptionError(
            "rows that come in clusters or strata, or with weights, need robust errors: leave se= out, and use "
            "estimator 'ML' or 'MLR' (ordered items: 'WLSMV')."
        )
    if se == "robust.huber.white" and not likely:
        raise OptionError(f"se='robust.huber.white' needs a likelihood; with estimator='{estimator}': 'robust.sem'.")
    if se == "robust.sem" and (missing in ("fiml", "fiml.x") or (likely and complex_sample)):
        raise OptionError("se='robust.sem' needs complete, independent rows; use se='robust.huber.white'.")
    tests = choose_all("test", made.pop("test", None), ("standard", *_MOMENTS, "yuan.bentler.mplus", "bollen.stine"))
    bollen_stine = "bollen.stine" in tests
    tests = tuple(t for t in tests if t != "bollen.stine")
    if bollen_stine and not likely:
        raise OptionError(f"test='bollen.stine' needs a likelihood: estimator='ML', not '{estimator}'.")
    asked = tuple(t for t in tests if t != "standard") if tests else (test_default,) * (test_default != "standard")
    if "yuan.bentler.mplus" in asked and not likely:
        raise OptionError(
            f"test='yuan.bentler.mplus' needs a likelihood; with estimator='{estimator}': {_MOMENTS[-1]!r}."
        )
    if any(t in _MOMENTS for t in asked) and (missing in ("fiml", "fiml.x") or (likely and complex_sample)):
        raise OptionError("Satorra-Bentler tests need complete, independent rows; use test='yuan.bentler.mplus'.")
    huber = se == "robust.huber.white" or (estimator == "MLR") or (likely and complex_sample)
    default = (
        "first.order" if estimator == "MLF" else "observed" if huber or missing in ("fiml", "fiml.x") else "expected"
    )
    information = choose(
        "information", made.pop("information", None) or default, ("expected", "observed", "first.order")
    )
    if likely and information != "expected" and any(t in _MOMENTS for t in asked):
        raise OptionError(
            "Satorra-Bentler tests rest on expected information: use information='expected' (with robust errors "
            "se='robust.sem'), or test='yuan.bentler.mplus'."
        )
    if information == "first.order" and not likely:
        raise OptionError("information='first.order' needs a likelihood; least squares has 'expected'.")
    if made["cluster"] is not None or made["strata"] is not None or missing in ("fiml", "fiml.x") or ordered:
        made["meanstructure"] = True
    # Covariates are part of what least squares fits, unless all is conditional on them (ordered items).
    made.setdefault("fixed_x", likely or bool(ordered))
    return Options(
        estimator=estimator,
        ordered=ordered,
        parameterization=choose("parameterization", made.pop("parameterization", "delta"), ("delta", "theta")),
        missing=missing,
        se=se,
        test=asked,
        information=information,
        likelihood=likelihood,
        group_equal=choose_all("group_equal", made.pop("group_equal", ()), GROUP_EQUAL),
        group_partial=_texts(made.pop("group_partial", ())),
        ci=fraction("ci", made.pop("ci", 0.95)),
        bollen_stine=bollen_stine,
        **_resampling(made),
        engine=choose("engine", made.pop("engine", "native"), ("native", "semopy")),
        **made,
    )


def _staged(made: dict[str, Any], estimator: str, missing: Any, ordered: bool, complex_sample: bool) -> Options:
    """Options of two-stage estimation: errors and tests follow from the covariance of the moments."""
    if estimator != "ML" or ordered:
        raise OptionError(
            f"missing='{missing}' goes with estimator='ML' and continuous items: its errors and tests are its own. "
            "For other estimators: missing='fiml' with 'ML' or 'MLR', or multiple imputation."
        )
    if complex_sample and (missing == "two.stage" or made["strata"] is not None):
        raise OptionError(
            f"missing='{missing}' takes rows as independent and equally weighted; with clusters or weights use "
            "'robust.two.stage', with strata estimator='MLR', missing='fiml'."
        )
    if made.get("fixed_x"):
        raise OptionError(f"missing='{missing}' models covariates with the items: leave fixed_x= out.")
    if made.pop("likelihood", "normal") != "normal":
        raise OptionError(f"missing='{missing}' needs likelihood='normal'.")
    choose("se", made.pop("se", None) or missing, (missing, "robust.sem", "none"))
    tests = choose_all("test", made.pop("test", None), ("standard", *_MOMENTS))
    return Options(
        estimator="ML",
        missing=missing,
        se="robust.sem",
        test=tuple(t for t in tests if t != "standard") or ("satorra.bentler",),
        information=choose("information", made.pop("information", None) or "observed", ("expected", "observed")),
        group_equal=choose_all("group_equal", made.pop("group_equal", ()), GROUP_EQUAL),
        group_partial=_texts(made.pop("group_partial", ())),
        ci=fraction("ci", made.pop("ci", 0.95)),
        engine=choose("engine", made.pop("engine", "native"), ("native",)),
        **_resampling(made),
        **(made | {"meanstructure": True, "fixed_x": False}),
    )


def _check_pairwise(made: Mapping[str, Any], estimator: str, complex_sample: bool) -> None:
    """Refuse what pairwise moments of continuous items cannot give."""
    fault = ""
    if estimator in ("MLR", "MLF"):
        fault = f"estimator='{estimator}' needs the scores of whole rows"
    elif complex_sample:
        fault = "clusters, strata and weights need whole rows"
    elif (made.get("se") or "") in ("boot", "bootstrap", "robust.huber.white"):
        fault = f"se='{made['se']}' needs whole rows"
    elif "bollen.stine" in choose_all(
        "test", made.get("test"), ("standard", *_MOMENTS, "yuan.bentler.mplus", "bollen.stine")
    ):
        fault = "test='bollen.stine' needs whole rows"
    if fault:
        raise OptionError(f"missing='pairwise': {fault}. Use missing='fiml', which uses the same answers better.")


def _resampling(made: dict[str, Any]) -> dict[str, Any]:
    """Options of resampling, taken out of `made`."""
    kind, seed = made.pop("ci_type", "percentile"), made.pop("seed", None)
    check_seed(seed)
    return {
        "bootstrap": whole("bootstrap", made.pop("bootstrap", 1000), 10),
        "ci_type": choose("ci_type", _INTERVALS.get(kind, kind), INTERVALS),
        "seed": None if seed is None else int(seed),
        "n_jobs": whole("n_jobs", made.pop("n_jobs", 1), None),
    }


def _check_column(role: str, given: Any) -> None:
    if isinstance(given, bool) or not isinstance(given, str | int | None):
        raise OptionError(
            f"{role}= takes the name of a column of the data, not {type(given).__name__}: "
            f"put the values into the data and name them, {role}='column'."
        )


def _texts(values: Any) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(map(str, values or ()))
