"""The sources of what a fit did: estimator, errors, tests, missing answers, design, resamples. Labelled file."""

from __future__ import annotations

from collections.abc import Iterable

from cgsurvey.sem.options import Options

_ESTIMATION = {"GLS": ("joreskog1972",), "WLS": ("browne1984",), "DWLS": ("browne1984",)}
_ORDERED = {"ULS": ("forero2009",), "DWLS": ("muthen1997",)}
_TESTS = {
    "satorra.bentler": "satorra1994",
    "mean.var.adjusted": "satorra1994",
    "scaled.shifted": "asparouhov2010",
    "yuan.bentler.mplus": "yuan2000",
}


def sources(options: Options, *, ordered: bool, measures: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the sources in `base/references.yaml`.

    Parameters
    ----------
    options : Options
        As they took effect.
    ordered : bool
        Whether the model has ordered items.
    measures : iterable of str
        Names of the fit measures that were computed.
    """
    o, computed = options, set(measures)
    keys = ["bollen1989", "rosseel2012"]
    if o.weight is None:
        keys.append("joreskog1969")
    elif ordered:
        keys += ["muthen1984", "olsson1979", *_ORDERED.get(o.weight, ())]
    else:
        keys += _ESTIMATION.get(o.weight, ())
    keys += ["arbuckle1996"] if o.fiml else []
    keys += ["savalei2009"] if o.two_stage else []
    keys += ["savalei2014"] if o.missing == "robust.two.stage" else []
    keys += ["satorra1994"] if o.se == "robust.sem" and not o.two_stage else []
    keys += ["yuan2000"] if o.se == "robust.huber.white" else []
    keys += [_TESTS[t] for t in o.test]
    if "cfi_robust" in computed:
        keys.append("savalei2021" if ordered else "zhang2023" if o.fiml or o.two_stage else "brosseau2018")
    keys += ["binder1983"] if o.cluster or o.strata else []
    keys += ["asparouhov2005"] if o.weights else []
    keys += ["efron1979", "davison1997"] if o.se == "bootstrap" else []
    keys += ["efron1987"] if o.se == "bootstrap" and o.ci_type in ("bc", "bca") else []
    keys += ["bollen1992"] if o.bollen_stine else []
    return tuple(dict.fromkeys(keys))
