"""mediation(): every indirect path of a model, with total and direct effects, intervals, contrasts and types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import SeedSequence
from scipy.special import ndtr, ndtri

from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import check_seed, one_thread
from cgsurvey.base.result import Result
from cgsurvey.moments.sample import Floats
from cgsurvey.sem.derived.defined import selection
from cgsurvey.sem.derived.effects import Effect, Effects, Reduced, effects_of, reduced
from cgsurvey.sem.derived.standardize import standardize
from cgsurvey.sem.fit import sem
from cgsurvey.sem.model.implied import following
from cgsurvey.sem.resampled import normal_draws
from cgsurvey.sem.resampling.bootstrap import INTERVALS, cell_values, deviations, intervals
from cgsurvey.sem.result import SemFit

Limits = Literal["delta", "monte.carlo", "percentile", "bc", "bca", "normal", "basic"]
LIMITS: tuple[Limits, ...] = ("delta", "monte.carlo", *INTERVALS)
COLUMNS = ("group", "cause", "outcome", "effect", "path")
_ORDER = ("indirect", "total indirect", "direct", "total", "contrast")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Mediation(Result):
    """Effects of causes on outcomes.

    `tidy()` has one row per effect: ``group cause outcome effect path estimate std_error statistic p_value ci_lower
    ci_upper std_all mediation``. `effect` is "indirect" (one path), "total indirect", "direct", "total" or "contrast"
    (of two paths). `mediation`, on indirect rows, is the type of Zhao, Lynch & Chen (2010): "complementary" and
    "competitive" (indirect and direct effect shown, with the same or opposite signs), "indirect only", "direct only"
    and "none" (what is named is shown; the rest is not shown, which is not to say that it is absent), and "no direct
    path" where an indirect effect is shown and the model has no direct one.

    Attributes
    ----------
    table, standard : DataFrame
        Effects, raw and standardised, without intervals.
    limits : DataFrame
        Intervals of all kinds that were computed: ``row solution ci_type ci_lower ci_upper``.
    ci_type : str
        The kind that `tidy()` shows and types rest on.
    ci : float
        Level of the intervals.
    """

    table: pd.DataFrame = field(repr=False)
    standard: pd.DataFrame = field(repr=False)
    limits: pd.DataFrame = field(repr=False)
    ci_type: Limits = "delta"
    ci: float = 0.95

    def tidy(self) -> pd.DataFrame:
        """Return one row per effect."""
        return self.intervals(self.ci_type)

    def standardized(self) -> pd.DataFrame:
        """Return the standardised effects (std_all), one row each."""
        return self.intervals(self.ci_type, solution="std_all")

    def intervals(self, ci_type: Limits, *, solution: Literal["raw", "std_all"] = "raw") -> pd.DataFrame:
        """Return the effects with intervals of another kind; types follow the raw intervals of that kind.

        Raises
        ------
        OptionError
            When that kind was not computed.
        """
        known = list(dict.fromkeys(self.limits["ci_type"]))
        if ci_type in LIMITS and ci_type not in known:
            raise OptionError(
                f"intervals of kind '{ci_type}' were not computed; there are: {', '.join(known)}. Bootstrap intervals "
                "need a model fitted with se='bootstrap'."
            )
        choose("ci_type", ci_type, known)
        choose("solution", solution, ("raw", "std_all"))
        found = self.table if solution == "raw" else self.standard
        out = found.assign(**self._limits(ci_type, solution))
        if solution == "raw":
            out["std_all"] = self.standard["estimate"]
        raw = self._limits(ci_type, "raw")
        out["mediation"] = _types(self.table, raw["ci_lower"], raw["ci_upper"])
        return out

    def glance(self) -> pd.DataFrame:
        """Return one row: number of specific paths, how many of them are shown, kind and level of the intervals."""
        rows = self.tidy()
        path = rows[rows["effect"] == "indirect"]
        shown = (path["ci_lower"] > 0) | (path["ci_upper"] < 0)
        row = {"n": self.meta.n, "n_paths": len(path), "n_shown": int(shown.sum()), "ci_type": self.ci_type}
        return pd.DataFrame([row | {"ci_level": self.ci}])

    def _limits(self, ci_type: str, solution: str) -> dict[str, Floats]:
        part = self.limits[(self.limits["ci_type"] == ci_type) & (self.limits["solution"] == solution)]
        return {name: part[name].to_numpy() for name in ("ci_lower", "ci_upper")}


def mediation(
    fit_or_model: SemFit | str,
    data: Any = None,
    *,
    causes: str | Sequence[str] | None = None,
    outcomes: str | Sequence[str] | None = None,
    ci_type: str | None = None,
    draws: int = 20_000,
    seed: int | None = None,
    ci: float = 0.95,
    **options: Any,
) -> Mediation:
    """Find every indirect path of a model and test it.

    Parameters
    ----------
    fit_or_model : SemFit or str
        A fitted model, or a model to be fitted to `data`. Paths run along regressions (``~``), through observed and
        latent variables.
    data : Responses or DataFrame, optional
        Needed with a model, refused with a fit.
    causes, outcomes : str or sequence of str, optional
        Variables between which effects are sought. Default: variables that nothing in the model causes, and variables
        that have causes and cause nothing.
    ci_type : {"delta", "monte.carlo", "percentile", "bc", "bca", "normal", "basic"}, optional
        Intervals that are shown and that types rest on. Default: those of the resamples where the fit has any, else
        "monte.carlo" (MacKinnon, Lockwood & Williams, 2004), since a product of estimates is not normal. The last five
        are made of resamples: with a model they set ``se="bootstrap"``.
    draws : int
        Draws of the Monte-Carlo intervals.
    seed : int, optional
        Seed of draws and resamples; without one it is drawn, and named in a note.
    ci : float
        Level of the intervals.
    **options
        Options of `sem` for a model that is to be fitted.

    Returns
    -------
    Mediation

    Raises
    ------
    ModelError
        When the model has no indirect path between the variables.
    OptionError
        When an argument does not suit the others.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> model = "t =~ tan1 + tan2 + tan3; e =~ emp1 + emp2 + emp3; s =~ sat1 + sat2 + sat3; e ~ t; s ~ e + t"
    >>> found = cg.mediation(cg.sem(model, answers))
    >>> found.tidy()[["effect", "estimate", "p_value"]].head(3).round(3)
         effect  estimate  p_value
    0  indirect     0.349    0.000
    1    direct     0.162    0.107
    2     total     0.511    0.000
    """
    fraction("ci", ci)
    whole("draws", draws, 100)
    check_seed(seed)
    ci_type = None if ci_type is None else {"monte_carlo": "monte.carlo"}.get(ci_type, ci_type)
    if ci_type is not None:
        choose("ci_type", ci_type, LIMITS)
    fit = _fitted(fit_or_model, data, ci_type, seed, options)
    if ci_type in INTERVALS and not fit.resampled:
        raise OptionError(
            f"ci_type='{ci_type}' is made of resamples, and the fit has none: fit with se='bootstrap', or give model "
            f"and data: cg.mediation(model, data, ci_type='{ci_type}')."
        )
    kind = ci_type or (fit.options.ci_type if fit.resampled else "monte.carlo")
    with one_thread():
        return _mediation(fit, _names(causes), _names(outcomes), kind, draws, seed, ci)


def _fitted(model: SemFit | str, data: Any, ci_type: str | None, seed: int | None, options: dict[str, Any]) -> SemFit:
    if isinstance(model, SemFit):
        if data is not None or options:
            given = ["data", *options] if data is not None else list(options)
            raise OptionError(f"{some(given)} cannot be given with a fitted model: the fit has its own.")
        return model
    if data is None:
        raise OptionError("a model needs data: cg.mediation(model, data). A fitted model does not.")
    if ci_type in INTERVALS:
        options = {"se": "bootstrap"} | options | {"ci_type": ci_type}
    if options.get("se") in ("bootstrap", "boot"):
        options = {"seed": seed} | options
    return sem(model, data, **options)


def _names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def _mediation(
    fit: SemFit, causes: tuple[str, ...], outcomes: tuple[str, ...], kind: str, draws: int, seed: int | None, ci: float
) -> Mediation:
    found = effects_of(fit.table, fit.structure)
    chosen = _chosen(found, fit, causes, outcomes)
    rows = [found.rows[k] for k in chosen]
    shown = replace(found, rows=tuple(rows))
    part = reduced(fit.structure, found.variables)
    seed = seed if seed is not None else int(SeedSequence().generate_state(1)[0])
    with_errors = bool(np.isfinite(fit.covariance).all())
    # Estimates and exact derivatives, raw and standardised.
    cells = cell_values(fit.structure, fit.theta[None], np.zeros((1, 0)), np.zeros(0, dtype=np.int64))
    made, theta, slope = following(fit.structure, fit.theta)
    unit = np.ones(fit.structure.v, dtype=bool)
    scaled = standardize(made, theta, fit.matrices, unit)
    solutions = {"raw": (cells[0], selection(fit.structure)), "std_all": (scaled.value, scaled.jacobian @ slope)}
    taken = _taken(fit, part, found, draws, seed) if with_errors else {}
    frames, limits, z = {}, [], float(ndtri((1 + ci) / 2))
    boot = fit.bootstrap if fit.resampled else None
    for solution, (x, by_theta) in solutions.items():
        x = np.where(np.isfinite(x), x, 0.0)
        value = shown.values(x[None])[0]
        J = shown.jacobian(x) @ by_theta
        error = np.sqrt(np.maximum(np.einsum("rq,rq->r", J @ fit.covariance, J), 0.0))
        fixed = _fixed(shown, solutions["raw"][1]) if solution == "raw" else np.array([not e.exists for e in rows])
        delta = np.where(fixed, np.nan, error)
        drawn = {name: shown.values(y) for name, y in taken.get(solution, {}).items()}
        if boot is not None:
            error = deviations(drawn["bootstrap"])
        error = np.where(fixed, np.nan, error)
        frames[solution] = _frame(fit, rows, value, error)
        parts = {"delta": (value - z * delta, value + z * delta)}
        if "monte.carlo" in drawn:
            parts["monte.carlo"] = intervals(drawn["monte.carlo"], value, "percentile", ci)
        if boot is not None:
            name = "effects" if solution == "raw" else "effects_std"
            a = boot.acceleration.get(name)
            for one in INTERVALS:
                if one != "bca" or a is not None:
                    parts[one] = intervals(drawn["bootstrap"], value, one, ci, None if a is None else a[chosen])
        for name, (lower, upper) in parts.items():
            limits.append(
                pd.DataFrame(
                    {
                        "row": np.arange(len(rows)),
                        "solution": solution,
                        "ci_type": name,
                        "ci_lower": np.where(fixed, np.nan, lower),
                        "ci_upper": np.where(fixed, np.nan, upper),
                    }
                )
            )
    kind = kind if with_errors else "delta"
    return Mediation(
        table=frames["raw"],
        standard=frames["std_all"],
        limits=pd.concat(limits, ignore_index=True),
        ci_type=kind,  # type: ignore[arg-type]
        ci=ci,
        notes=(*fit.notes, *_notes(found, fit, solutions["raw"][0], kind, draws, seed)),
        meta=replace(
            fit.meta,
            function="mediation",
            seed=seed if kind == "monte.carlo" else fit.meta.seed,
            references=(*fit.meta.references, "zhao2010", *(("mackinnon2004",) if kind == "monte.carlo" else ())),
        ),
    )


def _fixed(shown: Effects, by_theta: Floats) -> np.ndarray:
    """Which effects no free parameter enters, found at a point where no product vanishes by chance."""
    x = np.random.default_rng(0).uniform(0.2, 0.4, len(by_theta))
    return np.asarray(~np.any(np.abs(shown.jacobian(x) @ by_theta) > 0, axis=1))


def _taken(fit: SemFit, part: Reduced, found: Effects, draws: int, seed: int) -> dict[str, dict[str, Floats]]:
    """Cells of Monte-Carlo draws and of resamples, raw and standardised."""
    theta = normal_draws(fit.theta, fit.covariance, draws, seed)
    empty = np.zeros((draws, 0)), np.zeros(0, dtype=np.int64)
    x = {"monte.carlo": cell_values(fit.structure, theta, *empty, follow=part.follow)}
    if fit.resampled and fit.bootstrap is not None:
        x["bootstrap"] = fit.bootstrap.cells(fit.structure)
    return {"raw": x, "std_all": {name: part.standardized(y) for name, y in x.items()}}


def _chosen(found: Effects, fit: SemFit, causes: tuple[str, ...], outcomes: tuple[str, ...]) -> np.ndarray:
    """Rows between the chosen variables, pairs without an indirect path left out."""
    names = fit.table.variables
    inside = [names[v] for v in found.variables]
    if not inside:
        raise ModelError("The model has no regressions (y ~ x), so there is nothing to mediate.")
    unknown = [n for n in (*causes, *outcomes) if n not in inside]
    if unknown:
        words = " ".join(f"'{n}'.{did_you_mean(n, inside)}" for n in unknown)
        raise OptionError(f"no regression of the model holds {words} Its variables: {', '.join(inside)}.")
    start = [names.index(n) for n in causes] or list(found.causes)
    end = [names.index(n) for n in outcomes] or list(found.outcomes)
    if not start:
        raise ModelError(
            "Every variable of the model has a cause, so it is not clear where effects begin: name it, e.g. "
            f"causes='{inside[0]}'."
        )
    pairs = [(a, b) for a in start for b in end if (a, b) in found.mediated]
    if not pairs:
        raise ModelError(
            f"No indirect path leads from {some([names[a] for a in start])} to {some([names[b] for b in end])}. A path "
            "needs a mediator: m ~ x and y ~ m. Choose other variables by causes= and outcomes=."
        )
    out = [k for k, e in enumerate(found.rows) if (e.cause, e.outcome) in pairs]
    rank = {pair: k for k, pair in enumerate(pairs)}

    def order(k: int) -> tuple[int, int, int]:
        e = found.rows[k]
        return e.group, rank[e.cause, e.outcome], _ORDER.index(e.kind)

    count = Counter(_pair(e) for e in found.rows if e.kind == "indirect" and e.group == 0)
    # Where there is one path, its effect is the total indirect effect.
    keep = [k for k in out if found.rows[k].kind != "total indirect" or count[_pair(found.rows[k])] != 1]
    return np.array(sorted(keep, key=order), dtype=np.int64)


def _pair(e: Effect) -> tuple[int, int]:
    return e.cause, e.outcome


def _frame(fit: SemFit, rows: Sequence[Effect], value: Floats, error: Floats) -> pd.DataFrame:
    names = fit.table.variables

    def words(path: tuple[int, ...]) -> str:
        return " -> ".join(names[v] for v in path)

    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(error > 0, value / error, np.nan)
    out = {
        "group": [e.group + 1 for e in rows],
        "cause": [names[e.cause] for e in rows],
        "outcome": [names[e.outcome] for e in rows],
        "effect": [e.kind for e in rows],
        "path": [f"({words(e.path)}) - ({words(e.minus)})" if e.minus else words(e.path) for e in rows],
        "estimate": value,
        "std_error": error,
        "statistic": statistic,
        "p_value": 2 * ndtr(-np.abs(statistic)),
    }
    return pd.DataFrame(out)


def _types(table: pd.DataFrame, lower: Floats, upper: Floats) -> list[str]:
    """Type of mediation of each indirect row, "" elsewhere."""
    shown = (lower > 0) | (upper < 0)
    known = ~np.isnan(lower)
    direct = {(r.group, r.cause, r.outcome): k for k, r in enumerate(table.itertuples()) if r.effect == "direct"}
    out = []
    for k, r in enumerate(table.itertuples()):
        if r.effect not in ("indirect", "total indirect") or not known[k]:
            out.append("")
            continue
        d = direct[r.group, r.cause, r.outcome]
        if not known[d]:
            out.append("no direct path" if shown[k] else "none")
        elif shown[k] and shown[d]:
            same = r.estimate * table["estimate"].iloc[d] > 0
            out.append("complementary" if same else "competitive")
        else:
            out.append("indirect only" if shown[k] else "direct only" if shown[d] else "none")
    return out


def _notes(found: Effects, fit: SemFit, x: Floats, kind: str, draws: int, seed: int) -> list[Note]:
    out = []
    if kind == "monte.carlo":
        out.append(note("sem.monte_carlo", n=draws, seed=seed))
    out.append(note("sem.mediation_types"))
    if found.loop:
        names = fit.table.variables
        radius = found.radius(np.where(np.isfinite(x), x, 0.0))
        out.append(note("sem.mediation_loop", variables=some([names[v] for v in found.circle])))
        if radius >= 1:
            out.append(note("sem.unstable_loop", radius=radius))
    out.append(note("sem.mediation_causal"))
    return out
