"""`efa`: exploratory factor analysis.

Labelled file. The steps: items and correlations, number of factors, extraction, rotation, fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ConvergenceError, IdentificationError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import check_seed, one_thread, streams
from cgsurvey.factor.extraction import NAMES, Extraction, Floats, extract
from cgsurvey.factor.gathered import Correlation, Items, Missing, gather_items
from cgsurvey.factor.labelling import factor_names, labelled, remarks
from cgsurvey.factor.least_squares import correlation_gamma, extract_weighted
from cgsurvey.factor.misfit import degrees_of_freedom, misfit, most_factors
from cgsurvey.factor.parallel_analysis import parallel_analysis
from cgsurvey.factor.prediction import determinacy
from cgsurvey.factor.result import FactorAnalysis
from cgsurvey.factor.rotation import FROM_IDENTITY, OBLIQUE, ROTATIONS, STARTS, Rotation, criterion_of, rotate
from cgsurvey.factor.standard_errors import Equations, Errors, rotation_errors, turned, unrotated
from cgsurvey.responses import Responses

Method = Literal["minres", "uls", "ml", "gls", "pa", "wls", "dwls"]
StandardErrors = Literal["standard", "robust", "none"]
METHODS = (*NAMES, "wls", "dwls")
SOURCES = {
    "minres": ("harman1966",),
    "uls": ("harman1966",),
    "ml": ("lawley1940", "joreskog1967"),
    "gls": ("joreskog1972",),
    "pa": ("harman1966",),
    "wls": ("browne1984",),
    "dwls": ("browne1984",),
    "varimax": ("kaiser1958", "jennrich2001"),
    "quartimax": ("jennrich2001",),
    "promax": ("hendrickson1964",),
    "oblimin": ("jennrich2002", "bernaards2005"),
    "geomin": ("yates1987", "bernaards2005"),
    "target": ("browne2001", "bernaards2005"),
    "bifactor": ("jennrich2011", "bernaards2005"),
}


def efa(
    data: Responses | pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    factors: int | None = None,
    method: Method = "minres",
    rotation: str = "oblimin",
    correlation: Correlation = "pearson",
    missing: Missing = "listwise",
    smooth: bool = False,
    kaiser: bool | None = None,
    gamma: float = 0.0,
    delta: float = 0.01,
    power: float = 4.0,
    target: pd.DataFrame | None = None,
    starts: int | None = None,
    seed: int | None = None,
    se: StandardErrors = "standard",
    ci: float = 0.95,
) -> FactorAnalysis:
    """Explore the factors behind items.

    Parameters
    ----------
    data : Responses or DataFrame
        One row per respondent; reverse items of `Responses` are keyed.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    factors : int, optional
        Number of factors. Default: the recommendation of `parallel_analysis`, which needs `seed`.
    method : {"minres", "uls", "ml", "gls", "pa", "wls", "dwls"}
        Extraction. "minres", "uls" and "pa" (iterated principal axes) minimise squared residual correlations and meet
        in the same solution; "ml" maximises the likelihood of normal rows; "gls" weights residuals by the inverse of
        the correlations; "dwls" weights each by its own sampling variance (with polychoric correlations the
        estimates of WLSMV), "wls" by the inverse of their whole sampling covariance, which takes many rows.
        psych's fm="wls" weights otherwise.
    rotation : str
        Orthogonal: "varimax", "quartimax", "geomin_orthogonal", "target_orthogonal", "bifactor"; oblique: "oblimin",
        "promax", "geomin", "target", "bifactor_oblique"; or "none".
    correlation : {"pearson", "polychoric"}
    missing : {"listwise", "pairwise", "fiml"}
        Complete rows; rows that answered both items of a pair; EM.
    smooth : bool
        Repair a matrix that is not positive definite instead of refusing it.
    kaiser : bool, optional
        Rotate loadings scaled to a communality of one (Kaiser normalisation). Default: for varimax and promax.
    gamma, delta, power : float
        Of oblimin (0 is quartimin), geomin and promax.
    target : DataFrame, optional
        Of target rotations: items by factors, NaN where no value is wanted.
    starts : int, optional
        Starts of the rotation: the unrotated loadings and random turns of them. Default: 1 for varimax, quartimax and
        oblimin, as psych and GPArotation have it, since better minima of oblimin can be factors that have collapsed; 30
        for the others.
    seed : int, optional
        Of parallel analysis and of random starts (default there 0; the minimum should not depend on it).
    se : {"standard", "robust", "none"}
        Standard errors of loadings and factor correlations: for normal rows, or for rows of any distribution; those of
        polychoric correlations rest on the sampling covariance of these in any case. Promax has none.
    ci : float
        Level of the intervals in `tidy()`.

    Returns
    -------
    FactorAnalysis
        `loadings` (pattern), `structure`, `communalities`, `factor_correlations`, `variance`, `fit`, `residuals`,
        `scores(data)`. Columns stand by falling sum of squared loadings and point to where their loadings are positive.

    Raises
    ------
    OptionError
        An option without meaning.
    IdentificationError
        More factors than the degrees of freedom allow.
    ConvergenceError
        The extraction or the rotation did not arrive.
    ColumnNotFoundError, CodingError, SampleError, NotPositiveDefiniteError
        See `cgsurvey.factor.gathered.gather_items`.

    Notes
    -----
    Equals psych::fa with the same options and stats::factanal for "ml". Uniquenesses are kept at or above 0.005, as in
    both; items at that bound (Heywood cases) are named in a note. The chi-square and what rests on it are those of the
    ML discrepancy, whatever was minimised (see `cgsurvey.factor.misfit.misfit`).

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> found = cg.efa(answers, ["tan1", "tan2", "tan3", "emp1", "emp2", "emp3"], factors=2, method="ml")
    >>> found.loadings.round(2)
            F1    F2
    tan1  0.21  0.56
    tan2  0.11  0.60
    tan3 -0.07  0.87
    emp1  0.79 -0.02
    emp2  0.71  0.01
    emp3  0.73  0.04
    """
    choose("method", method, METHODS)
    choose("rotation", rotation, ROTATIONS)
    choose("se", se, ("standard", "robust", "none"))
    fraction("ci", ci)
    if not power > 1:
        raise OptionError(f"power={power!r} must be greater than 1: promax raises loadings to it, by custom to 4.")
    check_seed(seed)
    if factors is not None:
        whole("factors", factors)
    if starts is not None:
        whole("starts", starts)
    weighted = method in ("wls", "dwls")
    rows_needed = correlation == "pearson" and (weighted or se == "robust")
    if rows_needed and missing != "listwise":
        asks = f"method='{method}'" if weighted else "se='robust'"
        raise OptionError(f"{asks} with Pearson correlations needs complete rows: missing='listwise'.")
    found = gather_items(data, items, correlation, missing, smooth, least=3, gamma=weighted or se != "none")
    notes = list(found.notes)
    if factors is None:
        factors = _recommended(data, found, correlation, missing, smooth, seed, notes)
    _identified(len(found.names), factors)
    wanted = _wanted(target, rotation, found.names, factors)
    with one_thread():
        W = _weights(found, method)
        extracted = extract(found.R, factors, method) if W is None else extract_weighted(found.R, factors, W)
        if not extracted.converged:
            where = {"method": method, "m": factors, "p": len(found.names), "gradient": extracted.gradient}
            raise ConvergenceError.of("factor.not_extracted", **where)
        count = starts if starts is not None else 1 if rotation in FROM_IDENTITY else STARTS
        (rng,) = streams(0 if seed is None else seed, 1)
        rotated = rotate(
            extracted.loadings,
            rotation,
            gamma=gamma,
            delta=delta,
            power=power,
            wanted=wanted,
            kaiser=kaiser,
            starts=count,
            rng=rng,
        )
        _check(rotated, rotation)
        fit = misfit(found.R, extracted.loadings @ extracted.loadings.T, factors, found.n)
        told: list[Note] = []
        equations = _equations(rotated, rotation, method, kaiser, gamma, delta, wanted)
        errors = None if se == "none" else _errors(found, extracted, rotated, rotation, equations, method, W, se, told)
        known = determinacy(found.R, rotated.loadings, rotated.phi)
    columns = factor_names(factors, rotation, target)
    notes += [*remarks(found, extracted, rotated, columns, rotation), *told]
    random = rotated.starts > 1 or any(n.code == "factor.number_recommended" for n in notes)
    family = rotation.removesuffix("_orthogonal").removesuffix("_oblique")
    return FactorAnalysis(
        **labelled(found, extracted, rotated, columns, errors),
        fit=pd.Series(asdict(fit), name="fit"),
        determinacy=pd.Series(known, index=columns, name="determinacy"),
        starts=rotated.starts,
        minima=rotated.minima,
        criterion=rotated.criterion,
        notes=tuple(notes),
        meta=found.meta(
            "efa",
            (*SOURCES[method], *SOURCES.get(family, ()), *(("jennrich1973",) if errors is not None else ())),
            seed=(0 if seed is None else seed) if random else None,
            factors=factors,
            method=method,
            rotation=rotation,
            correlation=correlation,
            missing=missing,
            smooth=smooth,
            kaiser=_scaled(rotation, kaiser),
            se=se,
            ci=ci,
            **_parameters(family, gamma, delta, power),
        ),
    )


def _recommended(
    data: Responses | pd.DataFrame,
    found: Items,
    correlation: Correlation,
    missing: Missing,
    smooth: bool,
    seed: int | None,
    notes: list[Note],
) -> int:
    """The number of factors by parallel analysis; told in a note."""
    if seed is None:
        raise OptionError(
            "without factors= their number is that of parallel analysis, which needs a seed: efa(data, seed=1), or "
            "factors=3."
        )
    advice = parallel_analysis(data, found.names, seed=seed, correlation=correlation, missing=missing, smooth=smooth)
    if advice.n_factors == 0:
        raise SampleError.of("factor.no_factor")
    m = min(advice.n_factors, most_factors(len(found.names)))
    notes += [n for n in advice.notes if n.code == "factor.rules_differ"]
    notes.append(note("factor.number_recommended", m=m, iterations=int(advice.meta.options["iterations"]), seed=seed))
    return m


def _identified(p: int, m: int) -> None:
    if m >= p or degrees_of_freedom(p, m) < 0:
        raise IdentificationError.of("factor.many_factors", m=m, p=p, pairs=p * (p - 1) // 2, most=most_factors(p))


def _wanted(target: Any, rotation: str, names: Sequence[str], m: int) -> Floats | None:
    if not rotation.startswith("target"):
        if target is not None:
            raise OptionError(f"target= belongs to rotation='target', not to '{rotation}'.")
        return None
    if not isinstance(target, pd.DataFrame):
        raise OptionError(
            "rotation='target' needs target=, a DataFrame of items by factors with 0 where no loading is expected and "
            "NaN where any may be."
        )
    absent = [n for n in names if n not in target.index]
    other = [str(n) for n in target.index if n not in names]
    if absent or other or target.shape[1] != m:
        hints = "; ".join(f"'{n}' is no item of the analysis.{did_you_mean(n, names)}" for n in other)
        lacking = f"it lacks {some(absent)}" if absent else ""
        size = f"it has {target.shape[1]} columns for {m} factors" if target.shape[1] != m else ""
        raise OptionError(f"target= does not fit the analysis: {'; '.join(filter(None, (hints, lacking, size)))}.")
    wanted = target.loc[list(names)].to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(wanted).all():
        raise OptionError("target= wants nothing: give at least one value, e.g. 0 where no loading is expected.")
    return wanted


def _check(rotated: Rotation, rotation: str) -> None:
    if not rotated.converged:
        starts = "start" if rotated.starts == 1 else "starts"
        raise ConvergenceError.of("factor.not_rotated", rotation=rotation, n=rotated.starts, starts=starts)


def _scaled(rotation: str, kaiser: bool | None) -> bool:
    return rotation in ("varimax", "promax") if kaiser is None else kaiser


def _weights(found: Items, method: str) -> Floats | None:
    """Weights of least squares; None for the discrepancies that need none."""
    if method not in ("wls", "dwls"):
        return None
    Gamma = correlation_gamma(found.z, found.R) if found.gamma is None else found.gamma
    if method == "dwls":
        return 1 / np.diag(Gamma)
    values = np.linalg.eigvalsh(Gamma)
    if found.n <= len(Gamma) or values[0] < 1e-10 * values[-1]:
        raise SampleError.of("factor.few_for_wls", n=found.n, m=len(Gamma))
    return np.asarray(np.linalg.inv(Gamma))


def _equations(
    rotated: Rotation,
    rotation: str,
    method: str,
    kaiser: bool | None,
    gamma: float,
    delta: float,
    wanted: Floats | None,
) -> Equations | None:
    """What the rotation made zero; None for promax, which minimises nothing."""
    if rotation == "none" or len(rotated.phi) == 1:
        return unrotated(method in ("ml", "gls"))
    if rotation == "promax":
        return None
    return turned(criterion_of(rotation, gamma, delta, wanted), rotation in OBLIQUE, _scaled(rotation, kaiser))


def _errors(
    found: Items,
    extracted: Extraction,
    rotated: Rotation,
    rotation: str,
    equations: Equations | None,
    method: str,
    W: Floats | None,
    se: str,
    told: list[Note],
) -> Errors | None:
    """Standard errors; None, told in a note, where there are none."""
    if equations is None:
        told.append(note("factor.promax_has_no_errors"))
        return None
    if extracted.bounded.any():
        told.append(note("factor.heywood_has_no_errors"))
        return None
    p, m = rotated.loadings.shape
    if W is None and method not in ("ml", "gls"):
        W = np.ones(p * (p - 1) // 2)
    return rotation_errors(
        rotated.loadings,
        rotated.phi,
        extracted.uniquenesses,
        equations,
        oblique=rotation in OBLIQUE and m > 1,
        W=W,
        n=found.n,
        R=found.R,
        Gamma=found.gamma,
        z=found.z if se == "robust" and found.gamma is None else None,
    )


def _parameters(family: str, gamma: float, delta: float, power: float) -> dict[str, float]:
    given = {"oblimin": {"gamma": gamma}, "geomin": {"delta": delta}, "promax": {"power": power}}
    return given.get(family, {})
