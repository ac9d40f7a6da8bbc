"""Rival measurement models of the same items, fitted in one call and laid side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, EstimationError, IdentificationError, OptionError, some
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.base.result import Meta, Result
from cgsurvey.instrument import Instrument, load_instrument
from cgsurvey.moments.sample import Ints
from cgsurvey.reliability.coefficients import NAN, Floats
from cgsurvey.reliability.constructs import gather
from cgsurvey.reliability.model_tests import improper
from cgsurvey.reliability.rivals_models import GENERAL, Level, Rival, Tree, tree_of, write_rivals
from cgsurvey.reliability.rivals_numbers import Bifactor, bifactor_indices, weights
from cgsurvey.responses import Responses
from cgsurvey.responses.source import Source, as_source
from cgsurvey.sem import SemFit, cfa, compare
from cgsurvey.sem.nested import likelihood

MEASURES = (
    "chisq", "df", "pvalue", "chisq_scaled", "pvalue_scaled", "cfi", "tli", "rmsea", "srmr", "cfi_robust",
    "rmsea_robust", "aic", "bic",
)  # fmt: skip
PAIRS = (
    "model_1", "model_2", "relation", "chisq_diff", "df_diff", "p_value", "boundary", "p_mixture", "p_distinct", "z",
    "p_vuong",
)  # fmt: skip
REFERENCES = ("wagenmakers2004", "bentler2010", "stoel2006")
Said = Mapping[str, Mapping[str, str]]  # what a model is called, per language
BIAS = ("murray2013", "morgan2015", "bonifay2017", "rodriguez2016")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Rivals(Result):
    """Rival models side by side; no number among these chooses one.

    Attributes
    ----------
    models : DataFrame
        One row per model in order of df: `model`; chi-square, df, p, also scaled; CFI, TLI, RMSEA, SRMR, robust ones;
        AIC, BIC and the weights of both; `ecv` and `omega_h` of a bifactor model; `improper` (True where the solution
        is one that no population could have); `equivalent_to`, models that no data can tell from it; `source`, keys of
        the references of its claim. NaN where a model could not be fitted.
    pairs : DataFrame
        One row per pair of fitted models, `model_1` the one with fewer df: `relation` ("nested", "equivalent",
        "not_nested"); difference test of nested ones, with `boundary` True where the smaller model lies on the boundary
        of the larger and `p_mixture`, the p-value if that is the only such restriction; Vuong's tests of the others:
        `p_distinct` that they can be told apart, `z` (positive for `model_1`) and `p_vuong`.
    bifactor : Series
        `ecv`, `puc`, `omega_total`, `omega_h` of the bifactor model; empty without one.
    syntax : mapping of str to Model
        Each model, as it was fitted.
    theory : mapping of str to mapping
        What each model claims, per language.
    """

    models: pd.DataFrame
    pairs: pd.DataFrame
    bifactor: pd.Series
    syntax: Mapping[str, Model]
    theory: Mapping[str, Mapping[str, str]]

    def tidy(self) -> pd.DataFrame:
        """Return one row per model in order of df."""
        return self.models.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: rows used, models, how many failed or are improper, equivalent pairs, lowest AIC and BIC."""
        table = self.models
        row: dict[str, Any] = {
            "n": self.meta.n,
            "count": len(table),
            "n_failed": int(table["chisq"].isna().sum()),
            "n_improper": int(table["improper"].fillna(False).sum()),
            "n_equivalent_pairs": int((self.pairs["relation"] == "equivalent").sum()),
        }
        for name in ("aic", "bic"):
            known = table[name].dropna()
            row[f"lowest_{name}"] = ", ".join(table["model"][known.index[known - known.min() < 1e-6]])
        return pd.DataFrame([row])


def rivals(
    data: Responses | pd.DataFrame,
    models: Mapping[str, str] | None = None,
    *,
    constructs: Mapping[str, Any] | Sequence[str] | None = None,
    instrument: Instrument | str | None = None,
    level: Level | None = None,
    **options: Any,
) -> Rivals:
    """Fit rival measurement models of the same items and lay them side by side.

    Parameters
    ----------
    data : Responses or DataFrame
    models : mapping of str to str, optional
        Own models: name to lavaan syntax, of the same observed variables. None: the rivals below.
    constructs : mapping or sequence of str, optional
        What the rivals are written from: dimension to its items, or to elements with theirs; or names of constructs of
        the instrument. Default: the dimensions that the instrument groups its elements in.
    instrument : Instrument or str, optional
        For a data frame whose columns are the items of an instrument, reverse items keyed.
    level : {"elements", "scores", "items"}, optional
        What dimensions are measured by. "elements" (default where there are any): factors, each measured by its items.
        "scores": observed means of the items of each element; a smaller model for few rows, which takes the means as
        the elements themselves: their error weakens loadings, elements that stand alone are taken as free of error, and
        misfit within elements is not seen. "items" (default without elements): the items, without elements; what items
        of an element share then counts against every model, most against the one with the fewest factors.
    **options
        Options of `cgsurvey.cfa`, e.g. ``estimator="MLR"``, ``missing="fiml"``.

    Returns
    -------
    Rivals
        Over elements: `elements` (all correlated, the model that the others restrict), `one_factor`, the dimensions as
        correlated factors (`three_factor` in the bank for collaborative governance; Emerson et al., 2012), other
        groupings that the instrument proposes (`six_factor`; Beeton et al., 2024), `second_order`, `bifactor`.

    Raises
    ------
    OptionError, ModelError
        Nothing to write rivals from, models of different variables, an unknown option.
    ColumnNotFoundError, CodingError, SampleError
        The data cannot be used.
    EstimationError
        None of the models could be fitted.

    Notes
    -----
    Nested and equivalent models are recognised by the moments they imply (Bentler & Satorra, 2010). With three
    dimensions the second-order model is equivalent to correlated dimensions: no data can choose between them.
    Bifactor models tend to fit better than the model that made the data (Murray & Johnson, 2013; Morgan et al., 2015;
    Bonifay & Cai, 2017); a note says so wherever one is shown.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> one, two = "q =~ tan1 + tan2 + tan3 + emp1 + emp2 + emp3", "t =~ tan1 + tan2 + tan3; e =~ emp1 + emp2 + emp3"
    >>> cg.rivals(cg.load_sample(), {"one": one, "two": two}).tidy()[["model", "cfi", "bic"]].round(3)
      model    cfi       bic
    0   two  0.996  9043.984
    1   one  0.911  9134.316
    """
    source = as_source(data)
    if instrument is not None:
        known = instrument if isinstance(instrument, Instrument) else load_instrument(instrument)
        source = replace(source, instrument=known, labels={**known.labels, **source.labels})
    if level is not None:
        choose("level", level, ("elements", "scores", "items"))
    listed, tree, notes = _listed(source, models, constructs, level)
    chosen: Level | None = None
    if tree is not None:
        chosen = level or ("elements" if tree.deep else "items")
        written, more = write_rivals(tree, chosen)
        listed, notes = [*written, *listed], [*notes, *more]
        source, more = _with_scores(source, tree, chosen)
        notes += more
    fits, failed = _fit(listed, source, options)
    said = {r.name: {k: r.title.get(k) or r.title.get("en") or r.name for k in ("en", "id")} for r in listed}
    notes += [note("reliability.rival_failed", model=said[name], reason=why) for name, why in failed.items()]
    if not fits:
        raise EstimationError.of("reliability.no_rival", reason=next(iter(failed.values())))
    _same_variables(fits)
    pairs, told = _pairs(fits, source, said)
    described = _bifactors(listed, fits, tree, chosen)
    first = next(iter(fits.values()))
    notes += [n for n in first.notes if n not in source.notes and n.code in ABOUT_DATA]
    notes += [*_remarks(listed, fits, pairs, said), *told]
    meta = _meta(first, listed, described, chosen, options)
    return Rivals(
        models=_table(listed, fits, pairs, described),
        pairs=pairs,
        bifactor=pd.Series({k: v for d in described.values() for k, v in vars(d).items()}, dtype=float),
        syntax={r.name: Model(r.syntax, name=r.name, titles=r.title) for r in listed},
        theory={r.name: dict(r.theory) for r in listed if r.theory},
        notes=tuple(notes),
        meta=meta,
    )


# Notes of a fit that are about the rows and not about the model.
ABOUT_DATA = (
    "moments.listwise", "moments.listwise_loss", "sem.clusters", "sem.few_clusters", "sem.strata", "sem.weights",
    "sem.ordered_items", "sem.few_categories", "sem.clusters_unused",
)  # fmt: skip


def _listed(
    source: Source, models: Mapping[str, str] | None, constructs: Any, level: str | None
) -> tuple[list[Rival], Tree | None, list[Note]]:
    """Own models, and what others are written from."""
    own: list[Rival] = []
    if models is not None:
        if not isinstance(models, Mapping) or not models:
            raise OptionError(
                'models= is a mapping of names to lavaan syntax: {"one factor": "g =~ x1 + x2 + x3", ...}.'
            )
        bad = [str(k) for k, v in models.items() if not isinstance(v, str)]
        if bad:
            raise OptionError(f"models= holds something that is no syntax under {some(bad)}.")
        own = [Rival(str(k), str(v), getattr(v, "titles", {})) for k, v in models.items()]
        if constructs is None and level is None:
            return own, None, []
    tree, notes = tree_of(source, constructs)
    gather(source, {d: [i for items in block.values() for i in items] for d, block in tree.dimensions.items()})
    return own, tree, notes


def _with_scores(source: Source, tree: Tree, level: Level) -> tuple[Source, list[Note]]:
    """Add the means of the items of each element where these are the indicators."""
    if level != "scores":
        return source, []
    taken = [e for e in tree.elements if e in source.frame.columns and e not in source.composites]
    if taken:
        raise OptionError(f"elements are named like columns of the data ({some(taken)}): rename one of them.")
    made = {}
    for element, items in tree.elements.items():
        block = source.frame[list(items)].astype(float)
        made[element] = block.mean(axis=1).where(block.notna().mean(axis=1) >= 0.5)
    frame = pd.concat([source.frame, pd.DataFrame(made, index=source.frame.index)], axis=1)
    return replace(source, frame=frame), [note("reliability.rivals_scores")]


def _fit(
    listed: Sequence[Rival], source: Source, options: Mapping[str, Any]
) -> tuple[dict[str, SemFit], dict[str, Mapping[str, str]]]:
    fits: dict[str, SemFit] = {}
    failed: dict[str, Mapping[str, str]] = {}
    for rival in listed:
        try:
            fits[rival.name] = cfa(Model(rival.syntax, name=rival.name), source, **options)
        except (EstimationError, IdentificationError) as error:
            failed[rival.name] = error.words()
    return dict(sorted(fits.items(), key=lambda x: x[1].fit_measures["df"])), failed


def _same_variables(fits: Mapping[str, SemFit]) -> None:
    name, first = next(iter(fits.items()))
    for other, fit in fits.items():
        if odd := set(fit.observed) ^ set(first.observed):
            raise OptionError(
                f"'{name}' and '{other}' are of different observed variables ({some(sorted(odd))}), so that "
                "chi-square, AIC and BIC are not comparable. Keep each variable in, if need be with a loading of zero."
            )


def _pairs(fits: Mapping[str, SemFit], source: Source, said: Said) -> tuple[pd.DataFrame, list[Note]]:
    rows, notes = [], []
    beyond: dict[str, list[str]] = {}  # a model to those of which it lies on the boundary
    for (name_1, larger), (name_2, smaller) in combinations(fits.items(), 2):
        row: dict[str, Any] = {"model_1": name_1, "model_2": name_2, "relation": "not_nested", "boundary": False}
        try:
            found = compare(larger, smaller)
        except OptionError:
            if likelihood(larger.options):
                row |= _vuong(larger, smaller, source)
            rows.append(row)
            continue
        last, codes = found.table.iloc[1], {n.code: n for n in found.notes}
        row["relation"] = "equivalent" if "sem.equivalent" in codes else "nested"
        row |= {"chisq_diff": last["chisq_diff"], "df_diff": last["df_diff"], "p_value": last["p_value"]}
        if "sem.boundary" in codes:
            row["boundary"] = True
            beyond.setdefault(name_2, []).append(name_1)
        if "sem.boundary_mixture" in codes:
            row["p_mixture"] = codes["sem.boundary_mixture"].values["p"]
        notes += [n for n in found.notes if n.code == "sem.negative_scaling"]
        rows.append(row)
    for name, models in beyond.items():
        larger_ones = {k: "; ".join(said[m][k] for m in models) for k in ("en", "id")}
        notes.append(note("reliability.rivals_boundary", model=said[name], larger=larger_ones))
    table = pd.DataFrame(rows, columns=list(PAIRS))
    numeric = [c for c in PAIRS if c not in ("model_1", "model_2", "relation", "boundary")]
    return table.astype(dict.fromkeys(numeric, float) | {"boundary": bool}), notes


def _vuong(larger: SemFit, smaller: SemFit, source: Source) -> dict[str, float]:
    try:
        found = compare(larger, smaller, method="vuong", data=source)
    except (OptionError, DataError, np.linalg.LinAlgError):
        return {}
    assert found.vuong is not None
    # compare() orders by df; models with the same df keep their order.
    return {"p_distinct": found.vuong.p_distinct, "z": found.vuong.z, "p_vuong": found.vuong.p_value}


def _bifactors(
    listed: Sequence[Rival], fits: Mapping[str, SemFit], tree: Tree | None, level: Level | None
) -> dict[str, Bifactor]:
    if tree is None:
        return {}
    return {
        r.name: describe_bifactor(fits[r.name], tree, deep=level == "elements")
        for r in listed
        if r.bifactor and r.name in fits
    }


def describe_bifactor(fit: SemFit, tree: Tree, *, deep: bool) -> Bifactor:
    """Indices of a bifactor model whose general factor is `general_factor` and whose specific ones are dimensions."""
    rows = fit.standardized("std_all")
    loads = {(r.lhs, r.rhs): float(r.estimate) for r in rows[rows["op"] == "=~"].itertuples()}
    names = [x for f, x in loads if f == GENERAL]
    place = {x: k for k, x in enumerate(names)}
    specific: list[tuple[Ints, Floats]] = []
    for dimension in tree.dimensions:
        mine = [(place[x], v) for (f, x), v in loads.items() if f == dimension]
        specific.append((np.array([k for k, _ in mine]), np.array([v for _, v in mine])))
    general = np.array([loads[GENERAL, x] for x in names])
    if not deep:
        return bifactor_indices(general, specific)
    items = {e: [v for (f, _), v in loads.items() if f == e] for e in names}
    left = sum(1 - v**2 for values in items.values() for v in values)
    return bifactor_indices(general, specific, np.array([sum(items[e]) for e in names]), left)


def _table(
    listed: Sequence[Rival], fits: Mapping[str, SemFit], pairs: pd.DataFrame, described: Mapping[str, Bifactor]
) -> pd.DataFrame:
    by_name = {r.name: r for r in listed}
    names = [*fits, *(r.name for r in listed if r.name not in fits)]
    out: dict[str, Any] = {"model": names}
    for measure in MEASURES:
        out[measure] = np.array([float(fits[n].fit_measures.get(measure, NAN)) if n in fits else NAN for n in names])
    out["aic_weight"], out["bic_weight"] = weights(out["aic"]), weights(out["bic"])
    for index in ("ecv", "omega_h"):
        out[index] = [float(getattr(described[n], index)) if n in described else NAN for n in names]
    out["improper"] = pd.array([bool(improper(fits[n])) if n in fits else None for n in names], dtype="boolean")
    same = pairs[pairs["relation"] == "equivalent"]
    either = [(a, b) for a, b in zip(same["model_1"], same["model_2"], strict=True)]
    out["equivalent_to"] = [
        ", ".join([b for a, b in either if a == n] + [a for a, b in either if b == n]) for n in names
    ]
    out["source"] = ["; ".join(by_name[n].sources) for n in names]
    return pd.DataFrame(out)


def _remarks(listed: Sequence[Rival], fits: Mapping[str, SemFit], pairs: pd.DataFrame, said: Said) -> list[Note]:
    notes = [note("reliability.rivals_choice")]
    if any(r.bifactor and r.name in fits for r in listed):
        notes.append(note("reliability.rivals_bifactor"))
    for name, fit in fits.items():
        if what := improper(fit):
            notes.append(note("reliability.rival_improper", model=said[name], what=what))
    same = list(pairs[pairs["relation"] == "equivalent"].itertuples())
    if same:
        told = {k: "; ".join(f"{said[r.model_1][k]} = {said[r.model_2][k]}" for r in same) for k in ("en", "id")}
        notes.append(note("reliability.rivals_equivalent", pairs=told))
    return notes


def _meta(
    fit: SemFit,
    listed: Sequence[Rival],
    described: Mapping[str, Bifactor],
    level: str | None,
    options: Mapping[str, Any],
) -> Meta:
    claims = dict.fromkeys(k for r in listed for k in r.sources)
    vuong = ("vuong1989",) if likelihood(fit.options) else ()
    references = dict.fromkeys([*claims, *REFERENCES, *vuong, *(BIAS if described else ())])
    titles = {r.name: dict(r.title) for r in listed if r.title}
    shown = {"level": level, "estimator": fit.options.estimator, "missing": fit.options.missing, **options}
    return replace(
        fit.meta, function="rivals", options=shown, labels={**fit.meta.labels, **titles}, references=tuple(references)
    )
