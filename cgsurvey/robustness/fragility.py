"""fragility(): do the conclusions survive another estimator, other respondents, weights, one office left out?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import recorded_seed, run_parallel
from cgsurvey.base.result import Result
from cgsurvey.responses import Screening
from cgsurvey.responses.selection import require
from cgsurvey.responses.source import Source, as_source
from cgsurvey.robustness.specifications import (
    EVERYBODY,
    FLAGGED,
    IMPUTED,
    LEAST_SQUARES,
    NONE,
    Choice,
    Outcome,
    combinations,
    effective,
    estimates_of,
    fitted,
    given,
    ordered_items,
    outcome,
    run,
)
from cgsurvey.robustness.survival import decisions, jackknife_error, survival
from cgsurvey.sem import PooledFit, SemFit
from cgsurvey.sem.options import Estimator

MOST, OFFICES = 500, 200  # specifications and offices beyond which the call is more likely a mistake
LEFT_OUT = "left out"
_COLUMNS = (
    "hypothesis", "path", "expected", "specification", "part", "estimate", "std_error", "ci_lower", "ci_upper",
    "statistic", "p_value", "std_all", "std_lower", "std_upper", "decision", "same_sign", "agrees",
)  # fmt: skip
_WORDS = {1: "supported", 0: "not supported", -1: "opposite"}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fragility(Result):
    """Hypotheses over reasonable specifications of one analysis.

    Attributes
    ----------
    specifications : DataFrame
        `specification part estimator respondents weights cluster missing left_out n converged admissible cfi rmsea srmr
        reason`. `part` is "main", "choice" or "left out"; `reason` says why one could not be estimated.
    estimates : DataFrame
        One row per hypothesis and specification: `hypothesis path expected specification part estimate std_error
        ci_lower ci_upper statistic p_value std_all std_lower std_upper decision same_sign agrees`. `decision` is
        "supported" (p below `alpha`, sign as expected), "not supported", "opposite", or "" where nothing was estimated;
        `agrees`: it is that of the main specification.
    conclusions : DataFrame
        One row per hypothesis: `hypothesis path expected std_all p_value decision n_specifications n_not_estimated
        same_sign_share supported_share agree_share n_left_out left_out_agree_share std_min std_max std_error
        jackknife_error worst worst_std worst_p`. Shares are of the main specification and the choices; `worst` is the
        specification (offices left out included) that speaks most against the main decision.
    alpha : float
        Level of the two-sided tests.
    how : {"one", "all"}
    """

    specifications: pd.DataFrame
    estimates: pd.DataFrame
    conclusions: pd.DataFrame
    alpha: float
    how: str

    def tidy(self) -> pd.DataFrame:
        """Return one row per hypothesis and specification, with the choices that made it."""
        choices = self.specifications.drop(columns=["part"])
        return self.estimates.merge(choices, on="specification", how="left", validate="many_to_one")

    def glance(self) -> pd.DataFrame:
        """Return one row: hypotheses, specifications, those not estimated, conclusions that never change."""
        found = self.conclusions
        everywhere = (found["agree_share"] == 1) & ~(found["left_out_agree_share"] < 1)
        return pd.DataFrame(
            {
                "count": [len(found)],
                "n_supported": [int((found["decision"] == "supported").sum())],
                "n_specifications": [len(self.specifications)],
                "n_not_estimated": [int((~self.specifications["converged"]).sum())],
                "n_stable": [int(everywhere.sum())],
                "agree_share": [float(found["agree_share"].min())],
            }
        )


def fragility(
    model: str,
    data: Any,
    *,
    hypotheses: Mapping[str, str] | None = None,
    estimators: Sequence[str] = ("ML", "MLR", "WLSMV"),
    ordered: Sequence[str] | bool | None = None,
    screening: Screening | None = None,
    rules: Sequence[str] = (),
    weights: str | bool | None = None,
    cluster: str | bool | None = None,
    missing: Sequence[str] = ("listwise", "fiml"),
    imputations: int = 20,
    leave_out: str | bool | None = None,
    how: Literal["one", "all"] = "one",
    alpha: float = 0.05,
    seed: int | None = None,
    n_jobs: int = 1,
    **fit_options: Any,
) -> Fragility:
    """Fit a model under every reasonable specification and see which conclusions depend on the choice.

    The first value of each choice makes the main specification. Others change one choice at a time, or all of them
    together; one office is left out of the main specification at a time.

    Parameters
    ----------
    model : str or Model
        Model in lavaan syntax.
    data : Responses or DataFrame
    hypotheses : mapping of str to str, optional
        As in `test_hypotheses`: ``{"H1": "quality ~ trust > 0"}``. Default: every path and defined parameter (without
        any, every correlation of factors), expected to keep the sign that it has in the main specification.
    estimators : sequence of str
        The first is the main one. Least squares take the items in `ordered`.
    ordered : sequence of str or bool, optional
        Ordered items for least squares; default: explained variables with whole answers of at most seven kinds.
    screening : Screening, optional
        The model is fitted again without those whom its rules flag.
    rules : sequence of str
        Which rules; default: those that were named in `screen`. Each alone, and all together.
    weights, cluster : str or bool, optional
        Columns, default those of the design of the data; the model is fitted with and without. False: never.
    missing : sequence of str
        Treatments of missing answers; "fiml" stands for "pairwise" where items are ordered, "mi" is multiple
        imputation (`impute`) of the variables of the model.
    imputations : int
        Copies for "mi".
    leave_out : str or bool, optional
        Column of offices, each of which is left out once; default: the clusters. False: none.
    how : {"one", "all"}
        One choice changed at a time, or every combination.
    alpha : float
        Level of the two-sided tests.
    seed : int, optional
        Of imputations and of resamples (``se="bootstrap"``).
    n_jobs : int
        Processes; the numbers are the same for any.
    **fit_options
        Further options of `sem`, the same for all.

    Returns
    -------
    Fragility

    Raises
    ------
    OptionError, DataError, ModelError, EstimationError
        What the main specification raises. Others that fail are kept, counted and named.

    Notes
    -----
    A specification curve (Simonsohn, Simmons & Nelson, 2020; Steegen et al., 2016). Specifications share their data and
    are not independent: shares describe, they are no test. Agreement shows that the choices that were varied do not
    matter; it cannot show that the model is right.
    """
    fraction("alpha", alpha)
    choose("how", how, ("one", "all"))
    whole("n_jobs", n_jobs, None)
    whole("imputations", imputations, 2)
    source = as_source(data)
    resampled = fit_options.get("se") in ("boot", "bootstrap")
    drawn = recorded_seed(seed) if resampled or IMPUTED in missing else None
    fit_options |= {"seed": drawn} if resampled else {}
    items = _ordered(ordered, model, source, fit_options)
    kept = _samples(screening, rules, data, source)
    levels, told = _levels(estimators, items, kept, weights, cluster, missing, source)
    main_choice, main_options = given(next(combinations(levels, every=False)), fit_options, items)
    main = fitted(model, source, main_options, imputations=imputations, seed=drawn)
    levels, more = _with_answers(levels, main, source)
    asked = hypotheses if hypotheses is not None else _paths(main)
    estimates = estimates_of(main, asked, alpha)
    choices, alike, undefined = _defined(combinations(levels, every=how == "all"), fit_options, items, source)
    if len(choices) > MOST:
        raise OptionError(f"{len(choices)} specifications are more than {MOST}: name fewer choices, or how='one'.")
    offices, column, untold = _offices(leave_out, main_options, source, main_choice)
    everybody = np.ones(len(source.frame), dtype=bool)
    tasks = [(c, o, kept[c.respondents]) for c, o in choices[1:]]
    for office in offices:
        without = (source.frame[column] != office).fillna(True).to_numpy(dtype=bool) if column else everybody
        tasks.append((replace(main_choice, left_out=str(office)), main_options, without))
    work = partial(run, model=model, source=source, hypotheses=asked, level=alpha, imputations=imputations, seed=drawn)
    found = [outcome(main_choice, main, estimates), *run_parallel(work, tasks, n_jobs=n_jobs, progress="fragility")]
    specifications = _specifications(found)
    table = _estimates(found, estimates, specifications, alpha)
    idle = [*told, *more, *untold]
    notes = [
        *main.notes,
        *([note("robustness.not_varied", choices=_both(idle))] if idle else []),
        *([note("robustness.alike", which=some(alike))] if alike else []),
        *([note("robustness.undefined", n=len(undefined), which=some(undefined))] if undefined else []),
        *_remarks(specifications),
    ]
    options = dict(main.meta.options) | {"estimators": tuple(levels["estimator"]), "missing": tuple(levels["missing"])}
    options |= {"how": how, "alpha": float(alpha), "leave_out": column}
    options |= {"rules": tuple(k for k in kept if k != EVERYBODY)}
    references = tuple(dict.fromkeys(["simonsohn2020", "steegen2016", *(r for o in found for r in o.references)]))
    return Fragility(
        specifications=specifications,
        estimates=table,
        conclusions=_conclusions(table, specifications, alpha),
        alpha=float(alpha),
        how=how,
        notes=tuple(notes),
        meta=replace(main.meta, function="fragility", options=options, references=references, seed=drawn),
    )


Idle = list[tuple[str, str]]  # what was not varied and why, in English and Indonesian


def _ordered(ordered: Any, model: str, source: Source, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the items that least squares take as ordered."""
    if options.get("group") is not None:
        raise OptionError(
            "fragility looks at one group at a time: give the rows of a group. Differences between groups: "
            "cg.invariance(model, data, group='column')."
        )
    if ordered is False:
        return ()
    found = ordered_items(model, source, 1)
    if ordered is None or ordered is True:
        return found
    names = (ordered,) if isinstance(ordered, str) else tuple(map(str, ordered))
    require(source.frame.columns, names, "ordered=: the data")
    return names


def _samples(screening: Screening | None, rules: Sequence[str], data: Any, source: Source) -> dict[str, np.ndarray]:
    """Return which rows belong to each sample of respondents, shape (n,) each."""
    out = {EVERYBODY: np.ones(len(source.frame), dtype=bool)}
    if screening is None:
        if rules:
            raise OptionError("rules= names rules of a screening: give screening=cg.screen(data, ...) too.")
        return out
    if not isinstance(screening, Screening):
        raise OptionError(f"screening= takes the result of cg.screen(data, ...), not {type(screening).__name__}.")
    chosen = tuple(dict.fromkeys([rules] if isinstance(rules, str) else rules)) or screening.named
    steps = {r: (r,) for r in chosen} | ({FLAGGED: chosen} if len(chosen) != 1 else {})
    for name, by in steps.items():
        left = screening.keep(*by, data=data).frame.index
        out[name] = source.frame.index.isin(left)
    different: dict[bytes, str] = {}
    for name, rows in out.items():
        different.setdefault(rows.tobytes(), name)
    return {name: out[name] for name in different.values()}


def _levels(
    estimators: Sequence[str],
    items: tuple[str, ...],
    kept: Mapping[str, np.ndarray],
    weights: str | bool | None,
    cluster: str | bool | None,
    missing: Sequence[str],
    source: Source,
) -> tuple[dict[str, list[str]], Idle]:
    """Return the levels of each choice, the main one first, and what is not varied."""
    idle: Idle = []
    names = [estimators] if isinstance(estimators, str) else list(estimators)
    names = [choose("estimators", str(e).upper(), get_args(Estimator)) for e in names]
    if not names:
        raise OptionError("estimators= is empty: name at least one, estimators=('MLR', 'WLSMV').")
    if not items:
        ordinal = [e for e in names if e in LEAST_SQUARES]
        names = [e for e in names if e not in LEAST_SQUARES] or ordinal
        if ordinal and names != ordinal:
            idle.append((f"{some(ordinal)} (no ordered items)", f"{some(ordinal)} (tidak ada butir ordinal)"))
    columns = {}
    for role, chosen in (("weights", weights), ("cluster", cluster)):
        if chosen is True or not isinstance(chosen, str | bool | None):
            raise OptionError(f"{role}= takes the name of a column, or False.")
        name = None if chosen is False else chosen or getattr(source.design, role, None)
        if name is not None:
            require(source.frame.columns, [name], f"{role}=: the data")
        columns[role] = [NONE] if name is None else [str(name), NONE]
    if len(kept) == 1:
        idle.append(("respondents (nobody was screened out)", "responden (tidak ada yang disaring keluar)"))
    idle += [("weights (none)", "bobot (tidak ada)")] if len(columns["weights"]) == 1 else []
    idle += [("clusters (none)", "klaster (tidak ada)")] if len(columns["cluster"]) == 1 else []
    treatments = [missing] if isinstance(missing, str) else list(missing)
    levels = {"estimator": list(dict.fromkeys(names)), "respondents": list(kept), **columns}
    return levels | {"missing": list(dict.fromkeys(treatments)) or ["listwise"]}, idle


def _with_answers(
    levels: dict[str, list[str]], main: SemFit | PooledFit, source: Source
) -> tuple[dict[str, list[str]], Idle]:
    """Leave other treatments of missing answers out where none are missing."""
    asked = [n for n in main.observed if n in source.frame]
    if len(levels["missing"]) == 1 or source.frame[asked].isna().any(axis=None):
        return levels, []
    words = ("missing answers (there are none)", "jawaban kosong (tidak ada)")
    return levels | {"missing": levels["missing"][:1]}, [words]


def _paths(fit: SemFit | PooledFit) -> dict[str, str]:
    """Return the hypotheses that a model is about: its paths and defined parameters, else correlations of factors."""
    t = fit.tidy()
    free = t[t["std_error"].notna()]
    chosen = free[free["op"].isin(["~", ":="])]
    if chosen.empty:
        between = free["lhs"].isin(fit.latents) & free["rhs"].isin(fit.latents) & (free["lhs"] != free["rhs"])
        chosen = free[(free["op"] == "~~") & between]
    if chosen.empty:
        raise OptionError("the model has no path to look at. Name what you conclude: hypotheses={'H1': 'y ~ x > 0'}.")
    names = [r.lhs if r.op == ":=" else f"{r.lhs} {r.op} {r.rhs}" for r in chosen.itertuples()]
    return {name: f"{name} != 0" for name in names}


def _defined(
    choices: Any, base: Mapping[str, Any], items: tuple[str, ...], source: Source
) -> tuple[list[tuple[Choice, dict[str, Any]]], list[str], list[str]]:
    """Return the choices that are defined and differ in effect, with their options; those alike; those undefined."""
    seen: dict[tuple[str, bool, str], Choice] = {}
    alike: dict[str, None] = {}
    undefined: dict[str, str] = {}
    out = []
    for one in choices:
        choice, options = given(one, base, items)
        try:
            key = (choice.respondents, choice.missing == IMPUTED, repr(effective(options, source)))
        except OptionError as error:
            undefined[f"{choice.estimator}, {choice.missing}, {choice.weights}, {choice.cluster}"] = str(error)
            continue
        if key not in seen:
            seen[key] = choice
            out.append((choice, options))
        elif seen[key].estimator != choice.estimator:
            alike[f"{seen[key].estimator} = {choice.estimator}"] = None
    return out, list(alike), [f"{k} ({why})" for k, why in undefined.items()]


def _offices(
    leave_out: str | bool | None, options: Mapping[str, Any], source: Source, main: Choice
) -> tuple[list[Any], str, Idle]:
    """Return the offices of which each is left out once, and their column."""
    if leave_out is True or not isinstance(leave_out, str | bool | None):
        raise OptionError("leave_out= takes the name of the column of offices, or False.")
    if leave_out is False:
        return [], "", []
    design = getattr(source.design, "cluster", None)
    column = leave_out or (main.cluster if main.cluster != NONE else design)
    if column is None:
        return [], "", [("offices (no column of offices)", "kantor (tidak ada kolom kantor)")]
    require(source.frame.columns, [column], "leave_out=: the data")
    offices = list(source.frame[column].dropna().unique())
    if 2 <= len(offices) <= OFFICES:
        return offices, str(column), []
    if leave_out:
        raise OptionError(
            f"leave_out='{column}' has {len(offices)} values; it takes a column of 2 to {OFFICES} offices, whose rows "
            "are left out together."
        )
    n = len(offices)
    return [], "", [(f"offices ('{column}' has {n} values)", f"kantor ('{column}' memiliki {n} nilai)")]


def _specifications(found: Sequence[Outcome]) -> pd.DataFrame:
    table = pd.DataFrame([o.row for o in found])
    part = np.where(table["left_out"] != "", LEFT_OUT, "choice")
    part[0] = "main"
    table.insert(0, "part", part)
    table.insert(0, "specification", np.arange(1, len(table) + 1))
    for name in ("left_out", "reason"):
        table[name] = table[name].astype("str")
    return table[[c for c in table if c != "reason"] + ["reason"]]


def _estimates(
    found: Sequence[Outcome], main: list[dict[str, Any]], specifications: pd.DataFrame, level: float
) -> pd.DataFrame:
    """Return one row per hypothesis and specification, with decisions."""
    blocks = []
    for k, first in enumerate(main):
        block = pd.DataFrame([o.estimates[k] if o.estimates else {} for o in found]).reindex(columns=list(_COLUMNS))
        named = {c: first[c] for c in ("hypothesis", "path", "expected")}
        block = block.assign(**named, specification=specifications["specification"], part=specifications["part"])
        way = direction(first["expected"], first["estimate"])
        p, z = block["p_value"].to_numpy(float), block["statistic"].to_numpy(float)
        made, known = decisions(z, p, direction=way, level=level), np.isfinite(p)
        words = [_WORDS[d] if k else "" for d, k in zip(made, known, strict=True)]
        same = np.sign(block["estimate"].to_numpy(float)) == np.sign(first["estimate"])
        blocks.append(block.assign(decision=words, same_sign=same & known, agrees=(made == made[0]) & known))
    return pd.concat(blocks, ignore_index=True)


def direction(expected: str, main: float) -> float:
    """Return the expected sign, that of the main estimate where none was stated."""
    return {">": 1.0, "<": -1.0}.get(expected) or (1.0 if main >= 0 else -1.0)


def _conclusions(table: pd.DataFrame, specifications: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for name, block in table.groupby("hypothesis", sort=False):
        first = block.iloc[0]
        way = direction(first["expected"], first["estimate"])
        chosen, left = block[block["part"] != LEFT_OUT], block[block["part"] == LEFT_OUT]
        parts = {
            k: survival(
                *(b[c].to_numpy(float) for c in ("std_all", "statistic", "p_value")), direction=way, level=level
            )
            for k, b in (("all", block), ("chosen", chosen))
        }
        made, every = parts["chosen"], parts["all"]
        known = left["p_value"].notna()
        worst = block.iloc[every.worst]
        rows.append(
            {
                "hypothesis": name,
                **first[["path", "expected", "std_all", "p_value", "decision"]].to_dict(),
                "n_specifications": made.n,
                "n_not_estimated": int(block["p_value"].isna().sum()),
                "same_sign_share": made.same_sign,
                "supported_share": made.supported,
                "agree_share": made.agree,
                "n_left_out": int(known.sum()),
                "left_out_agree_share": float(left.loc[known, "agrees"].mean()) if known.any() else np.nan,
                "std_min": every.lowest,
                "std_max": every.highest,
                "std_error": first["std_error"],
                "jackknife_error": jackknife_error(first["estimate"], left["estimate"].to_numpy(float)),
                "worst": int(worst["specification"]) if every.worst >= 0 else 0,
                "worst_std": worst["std_all"],
                "worst_p": worst["p_value"],
            }
        )
    return pd.DataFrame(rows)


def _both(idle: Idle) -> dict[str, str]:
    return {g: some(words[k] for words in idle) for k, g in enumerate(("en", "id"))}


def _remarks(specifications: pd.DataFrame) -> list[Note]:
    """Tell which specifications could not be estimated or have a solution that no population could have."""
    out = []
    names = describe(specifications)
    failed = ~specifications["converged"]
    if failed.any():
        told = some(f"{names[k]}: {specifications['reason'][k]}" for k in np.flatnonzero(failed))
        out.append(note("robustness.not_estimated", n=int(failed.sum()), of=len(specifications), which=told))
    improper = specifications["converged"] & ~specifications["admissible"]
    if improper.any():
        told = some(names[k] for k in np.flatnonzero(improper))
        out.append(note("robustness.improper", n=int(improper.sum()), of=len(specifications), which=told))
    return out


def describe(specifications: pd.DataFrame) -> list[str]:
    """Name each specification by its values, those that differ from the main one."""
    first, out = specifications.iloc[0], []
    for k, row in specifications.iterrows():
        names = ("estimator", "respondents", "weights", "cluster", "missing", "left_out")
        changed = [f"{c}={row[c]}" for c in names if row[c] != first[c]]
        out.append(", ".join(changed) if k else "main")
    return out
