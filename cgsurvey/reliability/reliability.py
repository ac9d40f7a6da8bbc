"""Reliability of constructs and analysis of their items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.notes import note
from cgsurvey.base.options import choose, fraction, whole
from cgsurvey.base.parallel import check_seed, recorded_seed
from cgsurvey.base.result import Result
from cgsurvey.reliability import coefficients as c
from cgsurvey.reliability.categorical import omega_of_answers
from cgsurvey.reliability.coefficients import NAN
from cgsurvey.reliability.constructs import Blocks, Constructs, gather
from cgsurvey.reliability.estimates import COLUMNS, estimates, of_resamples
from cgsurvey.reliability.items import (
    ItemStatistics,
    critical_correlation,
    item_statistics,
    without_each,
)
from cgsurvey.reliability.measured import NO_GROUP, measured
from cgsurvey.reliability.polychoric import MOST, tally
from cgsurvey.reliability.scale import Scale, from_model, from_rows
from cgsurvey.reliability.scanned import check_ends, frequencies, from_parts, refuse_rows
from cgsurvey.reliability.split_half import DRAWN
from cgsurvey.reliability.split_half import MOST as WHOLE
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import check_range
from cgsurvey.sem import SemFit

REFERENCES = ("cronbach1951", "feldt1965", "guttman1945", "joreskog1971", "fornell1981")
LEVEL = 0.05  # of "r tabel"
_DROPPED = {  # column to the attribute of what remains without an item
    "alpha": "alpha",
    "std_error": "std_error",
    "alpha_std": "alpha_std",
    "lambda6": "lambda6",
    "mean_inter_item_r": "mean_r",
    "median_inter_item_r": "median_r",
    "var_inter_item_r": "var_r",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Reliability(Result):
    """Reliability of constructs.

    Attributes
    ----------
    coefficients : DataFrame
        One row per construct: `construct`, `n_items`, `n` (complete rows), `alpha` with its interval (Feldt),
        `alpha_std`, `alpha_ordinal` (standardised alpha of the polychoric correlations), `omega_total` and `omega_h`
        (Schmid-Leiman: three factors, minimum residual, oblimin), `lambda2` (of covariances), `lambda6` (of
        correlations), `composite_reliability` and `ave` (of the standardised one-factor ML solution, or of the model
        that was given), `mean_inter_item_r`.
    items : DataFrame
        One row per item: `construct`, `item`, `n`, `mean`, `sd`, `r_drop` (item-rest correlation), `alpha_if_dropped`,
        `r_table` (smallest correlation that differs from zero at 5 %), `above_r_table` (whether `r_drop` reaches it),
        `loading` (standardised), `r_total` (item-total correlation, the item included), `r_std` (the same of
        standardised items), `r_cor` (freed of the overlap by squared multiple correlations), `difficulty` (mean as a
        share of the range of the scale; NaN where the scale is not known).
    estimates : DataFrame
        Every coefficient of every construct: `construct measure estimate std_error ci_lower ci_upper method`. alpha
        stands once for each kind of interval. `method` is "feldt", "duhachek", "delta" (distribution free),
        "percentile" or "bca" (of resamples), "covariances" and "correlations" (bounds without an interval),
        "polychoric", "schmid_leiman", "categorical", "model".
    dropped : DataFrame
        Each construct without each item: `construct item alpha std_error alpha_std lambda6 mean_inter_item_r
        median_inter_item_r var_inter_item_r`.
    inter_item : mapping of str to DataFrame
        Correlations of the items of each construct.
    resampled : DataFrame
        Rows of `estimates` that rest on resamples and on categorical models.
    scales : tuple of Scale
        Moments of each construct, from which `estimates`, `dropped` and `inter_item` follow; no rows of data.
    frequencies : DataFrame
        Shares of the answers to each item with at most eleven different ones: `construct item category count share`,
        of all who answered the item.
    """

    coefficients: pd.DataFrame
    items: pd.DataFrame
    frequencies: pd.DataFrame
    resampled: pd.DataFrame
    scales: tuple[Scale, ...]

    @property
    def estimates(self) -> pd.DataFrame:
        """Every coefficient of every construct, one row for each kind of interval."""
        rows = pd.DataFrame(estimates(self.scales, self.meta.options["ci"], self.meta.seed), columns=list(COLUMNS))
        both = pd.concat([rows, self.resampled], ignore_index=True) if len(self.resampled) else rows
        order = {s.name: k for k, s in enumerate(self.scales)}
        return both.sort_values("construct", key=lambda n: n.map(order), kind="stable", ignore_index=True)

    @property
    def dropped(self) -> pd.DataFrame:
        """Coefficients of each construct without each item."""
        return _stacked(_dropped(self.scales))

    @property
    def inter_item(self) -> Mapping[str, pd.DataFrame]:
        """Correlations of the items of each construct."""
        return {s.name: _inter_item(s) for s in self.scales}

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct."""
        return self.coefficients.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: number of constructs and items, rows used."""
        sizes = {"n_constructs": len(self.coefficients), "n_items": len(self.items), "n": self.meta.n}
        return pd.DataFrame([sizes])


def reliability(
    data: Responses | pd.DataFrame | SemFit,
    constructs: Constructs = None,
    *,
    ci: float = 0.95,
    group: str | None = None,
    bootstrap: int = 0,
    categorical: bool = False,
    scale: tuple[float, float] | None = None,
    tails: Literal[1, 2] = 2,
    smooth: bool = False,
    seed: int | None = None,
) -> Reliability:
    """Estimate the reliability of constructs and analyse their items.

    Parameters
    ----------
    data : Responses, DataFrame, ResponseFile or SemFit
        Reverse items of `Responses` are keyed by the instrument; those of a data frame are taken as they are, and named
        in a note when they run against the rest, never turned. Of a fitted model the sample moments and the
        standardised loadings are used; with ordered items these are moments of latent responses, so that what needs
        sums of answers is NaN.
    constructs : mapping of str to sequence of str, sequence of str, optional
        Construct to its items; or names of constructs of the instrument (or latent variables of the model). Default:
        all reflective leaf constructs of which at least two items are present; all latent variables of the model that
        are measured by items.
    ci : float
        Level of the intervals.
    group : str, optional
        Group of a fitted model with several.
    bootstrap : int
        Resamples of rows for percentile and BCa intervals in `estimates`; 0 draws none.
    categorical : bool
        Add the reliability of the sum of ordered items, omega of Green & Yang (2009), from a one-factor model of the
        polychoric correlations (WLSMV).
    scale : (low, high), optional
        Ends of the answer scale, for `difficulty`. Default: those of the instrument; items answered 0 and 1 need none.
    tails : {2, 1}
        Whether `r_table` is two-sided or one-sided.
    smooth : bool
        Make polychoric matrices that are not positive definite so, with a note.
    seed : int, optional
        Seed of resamples, and of splits into halves where an item count beyond 16 has too many.

    Returns
    -------
    Reliability
        Complete rows per construct; sampling weights are not used. Coefficients that do not exist are NaN, with a note.

    Raises
    ------
    ColumnNotFoundError, CodingError, OptionError
        See `cgsurvey.reliability.constructs.gather`.

    Notes
    -----
    alpha, r_drop and lambda 6 equal psych::alpha (``raw_alpha``, ``r.drop``, ``G6(smc)``), its interval
    psych::alpha.ci; alpha_ordinal is that of lavaan::lavCor; omega_total and omega_h equal psych::omega(nfactors = 3,
    flip = FALSE). Two items do not identify a factor of their own: composite reliability and AVE are NaN unless a model
    is given. Items that are not keyed enter as they are.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> found = cg.reliability(answers, ["psq_tangibles", "psq_empathy"])
    >>> found.tidy()[["construct", "n", "alpha", "composite_reliability"]].round(3)
           construct    n  alpha  composite_reliability
    0  psq_tangibles  582  0.818                  0.818
    1    psq_empathy  572  0.781                  0.785
    >>> found.items[["item", "r_drop", "alpha_if_dropped"]].head(2).round(3)
       item  r_drop  alpha_if_dropped
    0  tan1   0.653             0.764
    1  tan2   0.607             0.785
    """
    fraction("ci", ci)
    whole("bootstrap", bootstrap, 0)
    choose("tails", tails, (1, 2))
    check_seed(seed)
    ends = _ends(scale)
    options = {"ci": ci, "tails": tails}
    if isinstance(data, SemFit):
        if bootstrap or categorical:
            raise OptionError("bootstrap and categorical need the answers: give the data, not the fitted model.")
        model = measured(data, constructs, group=group)
        scales = from_model(model)
        # the signs of the items are judged from their correlations
        notes = [n for n in model.notes if n.code != "reliability.mixed_signs"]
        hidden = [s.name for s in scales if s.ordinal_only]
        notes += [note("reliability.latent_responses", constructs=", ".join(hidden))] if hidden else []
        meta = model.meta("reliability", REFERENCES, **options)
        blocks = None
    else:
        if group is not None:
            raise OptionError(NO_GROUP.format(group))
        blocks = gather(data, constructs, in_parts=True)
        scan = blocks.source.scan
        if scan is None:
            scales, found = from_rows(blocks.items, blocks.frame, smooth)
            used = _used(blocks)
            rows_of_file = len(used)
            check_range(blocks.frame, ends)
        else:
            refuse_rows(bootstrap, categorical)
            check_ends(scan, blocks.items, ends)
            scales, found, n = from_parts(scan, blocks.items, smooth)
            used, rows_of_file = np.zeros(0), scan.n
        notes = [*blocks.notes, *blocks.unweighted]
        if bootstrap or any(s.defined and s.k > WHOLE for s in scales):
            seed = recorded_seed(seed)
        asked_for = {"bootstrap": bootstrap} if bootstrap else {}
        meta = replace(blocks.meta("reliability", used, REFERENCES, **options, **asked_for), seed=seed)
        meta = meta if scan is None else replace(meta, n=n, data_hash=scan.sha256)
        sizes = [s.n for s in scales]
        if min(sizes) < rows_of_file:
            notes.append(note("reliability.complete_rows", smallest=min(sizes), largest=max(sizes), rows=rows_of_file))
        notes += found
    rows, more = of_resamples(scales, ci, bootstrap, seed) if bootstrap else ([], [])
    if categorical:
        added, failed = omega_of_answers(scales)
        rows, more = [*rows, *added], [*more, *failed]
    more += [
        note("reliability.splits_sampled", construct=s.name, k=s.k, splits=DRAWN)
        for s in scales
        if s.defined and s.k > WHOLE
    ]
    return Reliability(
        coefficients=_coefficients(scales, ci),
        items=_stacked(_items(scales, [_range(s, blocks, ends) for s in scales], tails), above_r_table="boolean"),
        frequencies=_frequencies(blocks),
        resampled=pd.DataFrame(rows, columns=list(COLUMNS)),
        scales=tuple(s.without_rows() for s in scales),
        notes=(*notes, *(n for s in scales for n in s.notes), *more),
        meta=meta,
    )


def _used(blocks: Blocks) -> np.ndarray:
    """Mark the rows that are complete in some construct."""
    seen, place = blocks.frame.notna().to_numpy(), {n: j for j, n in enumerate(blocks.frame.columns)}
    return np.any([seen[:, [place[i] for i in b]].all(axis=1) for b in blocks.items.values()], axis=0)


def _ends(scale: Sequence[float] | None) -> tuple[float, float] | None:
    if scale is None:
        return None
    if len(scale) != 2 or not scale[0] < scale[1]:
        raise OptionError(f"scale={scale!r}: give the lowest and the highest answer, e.g. scale=(1, 5).")
    return float(scale[0]), float(scale[1])


def _by_size(scales: Sequence[Scale], numbers: Callable[[c.Floats, np.ndarray], Any]) -> dict[str, dict[str, Any]]:
    """What `numbers` makes of the covariances and rows of each construct that has some, those of one size together."""
    known = [s for s in scales if s.defined and not s.ordinal_only]
    found: dict[str, dict[str, Any]] = {}
    for k in {s.k for s in known}:
        same = [s for s in known if s.k == k]
        made = numbers(np.array([s.S for s in same]), np.array([s.n for s in same]))
        found |= {s.name: {f.name: getattr(made, f.name)[i] for f in fields(made)} for i, s in enumerate(same)}
    return found


def _coefficients(scales: Sequence[Scale], ci: float) -> pd.DataFrame:
    found = _by_size(scales, lambda S, n: c.consistency(S, n, ci))
    nothing = {f.name: NAN for f in fields(c.Consistency)}
    rows = []
    for s in scales:
        known = found.get(s.name, nothing)
        rows.append(
            {
                "construct": s.name,
                "n_items": s.k,
                "n": s.n,
                **{name: known[name] for name in ("alpha", "alpha_ci_lower", "alpha_ci_upper", "alpha_std")},
                "alpha_ordinal": s.alpha_ordinal,
                "omega_total": float(s.shares.total[0]) if s.shares else NAN,
                "omega_h": float(s.shares.general[0]) if s.shares else NAN,
                **{name: known[name] for name in ("lambda2", "lambda6")},
                "composite_reliability": float(c.composite_reliability(s.loadings)),
                "ave": float(c.average_variance_extracted(s.loadings)),
                "mean_inter_item_r": known["mean_inter_item_r"],
            }
        )
    return pd.DataFrame(rows)


def _range(s: Scale, blocks: Blocks | None, ends: tuple[float, float] | None) -> list[tuple[float, float]]:
    """Ends of the scale of each item; NaN where they are not known."""
    instrument = blocks.source.instrument if blocks is not None else None
    known = {i.name for i in instrument.items} if instrument is not None else set()
    out = []
    for j, item in enumerate(s.items):
        if ends is not None:
            out.append(ends)
        elif instrument is not None and item in known:
            scores = sorted(instrument.item(item).scale.scores)
            out.append((float(scores[0]), float(scores[-1])))
        else:
            in_parts = blocks is not None and blocks.source.scan is not None
            given = blocks.frame[item].dropna().to_numpy() if in_parts and blocks is not None else np.zeros(0)
            given = given if s.x is None else s.x[:, j]
            binary = len(given) > 0 and bool(np.isin(given, (0.0, 1.0)).all())
            out.append((0.0, 1.0) if binary else (NAN, NAN))
    return out


def _stacked(parts: Sequence[Mapping[str, Any]], **dtypes: str) -> pd.DataFrame:
    """One frame of the columns of all constructs."""
    columns = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    return pd.DataFrame({n: pd.array(v, dtype=dtypes[n]) if n in dtypes else v for n, v in columns.items()})


def _items(
    scales: Sequence[Scale], ranges: Sequence[Sequence[tuple[float, float]]], tails: int
) -> list[dict[str, Any]]:
    found = _by_size(scales, lambda S, n: item_statistics(S))
    out = []
    for s, ends in zip(scales, ranges, strict=True):
        nothing = np.full(s.k, NAN)
        r = found.get(s.name, {f.name: nothing for f in fields(ItemStatistics)})
        r_table, (low, high) = critical_correlation(s.n, LEVEL, tails), np.array(ends).T
        out.append(
            {
                "construct": [s.name] * s.k,
                "item": list(s.items),
                "n": [s.n] * s.k,
                "mean": nothing if s.ordinal_only else s.mean,
                "sd": nothing if s.ordinal_only else np.sqrt(np.diag(s.S)),
                "r_drop": r["r_drop"],
                "alpha_if_dropped": r["alpha_if_dropped"],
                "r_table": [r_table] * s.k,
                "above_r_table": np.array([None if np.isnan(v) else bool(v >= r_table) for v in r["r_drop"]], object),
                "loading": s.loadings,
                "r_total": r["r_total"],
                "r_std": r["r_std"],
                "r_cor": r["r_cor"],
                "difficulty": (s.mean - low) / (high - low),
            }
        )
    return out


def _dropped(scales: Sequence[Scale]) -> list[dict[str, Any]]:
    """Coefficients without each item."""
    found = _by_size(scales, without_each)
    return [
        {"construct": [s.name] * s.k, "item": list(s.items)}
        | {column: found[s.name][f] if s.name in found else np.full(s.k, NAN) for column, f in _DROPPED.items()}
        for s in scales
    ]


def _inter_item(s: Scale) -> pd.DataFrame:
    R = c.correlation(s.S) if s.defined else np.full((s.k, s.k), NAN)
    return pd.DataFrame(R, index=list(s.items), columns=list(s.items))


def _frequencies(blocks: Blocks | None) -> pd.DataFrame:
    """Share of each answer; items with more than eleven different ones are left out."""
    parts = []
    asked = [(construct, i) for construct, block in blocks.items.items() for i in block] if blocks is not None else []
    whole = blocks.frame.to_numpy() if blocks is not None else np.zeros((0, 0))
    place = {n: j for j, n in enumerate(blocks.frame.columns)} if blocks is not None else {}
    counted = tally(whole)
    for construct, item in asked:
        if blocks is not None and blocks.source.scan is not None:
            values, counts = frequencies(blocks.source.scan, item)
        elif counted is not None:
            low, all_counts = counted
            (at,) = np.nonzero(all_counts[place[item]])
            values, counts = np.asarray(low + at, dtype=float), all_counts[place[item], at]
        else:
            answers = whole[:, place[item]]
            values, counts = np.unique(answers[~np.isnan(answers)], return_counts=True)
        if 0 < len(values) <= MOST:
            parts.append((construct, item, values, counts, counts / counts.sum()))
    return pd.DataFrame(
        {
            "construct": [p[0] for p in parts for _ in p[2]],
            "item": [p[1] for p in parts for _ in p[2]],
            "category": [f"{v:g}" for p in parts for v in p[2]],
            "count": np.concatenate([p[3] for p in parts]) if parts else np.zeros(0, dtype=np.int64),
            "share": np.concatenate([p[4] for p in parts]) if parts else np.zeros(0),
        }
    )
