"""Do people who rate the same thing agree: intraclass correlations and within-group agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose, fraction
from cgsurvey.base.references import rule
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.responses import raters
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.score import score_parts
from cgsurvey.responses.selection import (
    Constructs,
    Part,
    as_responses,
    check_range,
    items_by_construct,
    pick_constructs,
    pick_items,
    require,
)
from cgsurvey.responses.source import design_unused

_WORST = ("poor", "fair", "good")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IntraclassCorrelation(Result):
    """Intraclass correlations with F test and interval.

    Attributes
    ----------
    table : DataFrame
        `type icc statistic df1 df2 p_value ci_lower ci_upper`, for groups led by `construct n_groups mean_group_size`.
    """

    table: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per coefficient."""
        return self.table

    def glance(self) -> pd.DataFrame:
        """Return one row: rows of data that were used."""
        return pd.DataFrame({"n": [self.meta.n]})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Agreement(Result):
    """Agreement within groups.

    Attributes
    ----------
    table : DataFrame
        One row per construct: `construct n_items n_groups mean_group_size rwg rwg_median share verdict`; `rwg` is the
        mean over groups, `share` that of groups at or above the guideline.
    groups : DataFrame
        One row per construct and group: `construct group n rwg`.
    """

    table: pd.DataFrame
    groups: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """Return one row per construct."""
        return self.table

    def glance(self) -> pd.DataFrame:
        """Return one row: respondents, groups, the lowest median."""
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_groups": [self.groups["group"].nunique()],
                "rwg_median": [self.table["rwg_median"].min()],
            }
        )


def icc(
    data: Responses | pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    group: str | None = None,
    constructs: Constructs = None,
    ci: float = 0.95,
) -> IntraclassCorrelation:
    """Return intraclass correlations, for raters or for groups.

    Without `group`, rows are targets and columns raters: the six forms of Shrout & Fleiss (1979), each with F, p and
    interval. With `group`, ICC(1), the reliability of one member's answer, and ICC(2), that of the group mean, from a
    one-way random analysis of variance (Bliese 2000); groups of unequal size enter through n0 = (N - sum n_j^2 / N) /
    (G - 1), with which the interval is approximate. A negative estimate is shown as it is.

    Parameters
    ----------
    data : Responses or DataFrame
        Reverse items are keyed.
    columns : sequence of str, optional
        Raters, or the variables to decompose by group; default all items (without `group`), all constructs (with it).
    group : str, optional
        Column of the group, e.g. "office".
    constructs : mapping, sequence of str or str, optional
        Constructs whose scores are decomposed by group.
    ci : float
        Level of the interval.

    Raises
    ------
    SampleError
        When there are fewer than two targets and raters, or two groups of which one has two members.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.icc(answers, group="office", constructs=["psq_tangibles"]).tidy()[["type", "icc"]].round(3)
         type    icc
    0  ICC(1)  0.096
    1  ICC(2)  0.678
    """
    fraction("ci", ci)
    if columns is not None and constructs is not None:
        raise OptionError("icc: give columns or constructs, not both.")
    if group is None:
        if constructs is not None:
            raise OptionError(
                "icc: constructs are decomposed by group. Give group='office', or name raters in columns."
            )
        return _icc_raters(as_responses(data, columns), columns, ci)
    responses = _by_group(data, group, columns, constructs)
    notes: list[Note] = design_unused(data)
    if columns is not None or (constructs is None and responses.instrument is None):
        scores = responses.keyed[[n for n in pick_items(responses, columns) if n != group]]
    else:
        scores = score_parts(responses.keyed, pick_constructs(responses, constructs))
    codes, _ = group_codes(responses.frame[group], notes, group)
    rows = []
    for name in scores.columns:
        x = scores[name].to_numpy(dtype=float)
        use = ~np.isnan(x) & (codes >= 0)
        one = one_way(x[use], codes[use], name, group, ci)
        size = {
            "construct": name,
            "n_groups": len(np.unique(codes[use])),
            "mean_group_size": use.sum() / len(np.unique(codes[use])),
        }
        test = {"statistic": one.F, "df1": one.df1, "df2": one.df2, "p_value": one.p_value}
        rows.append(
            {**size, "type": "ICC(1)", "icc": one.icc1, **test, "ci_lower": one.icc1_lower, "ci_upper": one.icc1_upper}
        )
        rows.append(
            {**size, "type": "ICC(2)", "icc": one.icc2, **test, "ci_lower": one.icc2_lower, "ci_upper": one.icc2_upper}
        )
    options = {"group": group, "ci": ci}
    return IntraclassCorrelation(
        table=pd.DataFrame(rows), notes=tuple(notes), meta=_meta("icc", responses, scores, options, ("bliese2000",))
    )


def _icc_raters(responses: Responses, columns: Sequence[str] | None, ci: float) -> IntraclassCorrelation:
    names = [str(c) for c in columns] if columns is not None else list(pick_items(responses, None))
    pick_items(responses, names)
    wide = responses.keyed[names]
    whole = wide.dropna()
    if len(whole) < 2 or len(names) < 2:
        raise SampleError(
            f"icc needs at least two raters and two targets rated by all; there are {len(names)} and {len(whole)}."
        )
    lost = len(wide) - len(whole)
    notes = design_unused(responses)
    notes += [note("responses.incomplete_dropped", n=lost, total=len(wide))] if lost else []
    c = raters.shrout_fleiss(whole.to_numpy(dtype=float), ci)
    table = pd.DataFrame(
        {
            "type": list(c.type),
            "icc": c.icc,
            "statistic": c.F,
            "df1": c.df1,
            "df2": c.df2,
            "p_value": c.p_value,
            "ci_lower": c.lower,
            "ci_upper": c.upper,
        }
    )
    return IntraclassCorrelation(
        table=table, notes=tuple(notes), meta=_meta("icc", responses, whole, {"ci": ci}, ("shrout1979",))
    )


def rwg(
    data: Responses | pd.DataFrame,
    group: str,
    constructs: Constructs = None,
    *,
    items: Sequence[str] | None = None,
    null: str | float | Sequence[float] = "uniform",
    scale: tuple[float, float] | None = None,
    min_size: int = 2,
) -> Agreement:
    """Return within-group agreement rwg and rwg(j) (James, Demaree & Wolf 1984).

    One item: 1 - s2 / sE2; J items: J (1 - m) / (J (1 - m) + m) with m the mean of s2 / sE2 over the items. Values
    outside 0..1 are set to 0, as the authors advise, and counted in a note.

    Parameters
    ----------
    data : Responses or DataFrame
    group : str
        Column of the group.
    constructs : mapping, sequence of str or str, optional
        Constructs, each judged by all its items together; elements and their dimension both get a row.
    items : sequence of str, optional
        Judge these items one by one instead.
    null : str, float or sequence of float
        Answers without agreement: "uniform" (variance (A^2 - 1) / 12), "triangular", "slight_skew", "moderate_skew",
        "heavy_skew" (the shapes of LeBreton & Senter 2008, for five categories), their variance, or one share per
        category.
    scale : (low, high), optional
        Answer scale in steps of one; needed for a data frame unless `null` is a variance.
    min_size : int
        Smallest group that gets a value, at least 2.

    Raises
    ------
    OptionError, ColumnNotFoundError, SampleError

    Examples
    --------
    >>> import pandas as pd
    >>> import cgsurvey as cg
    >>> answers = {"office": [1, 1, 1, 2, 2, 2], "q1": [4, 4, 5, 1, 3, 5], "q2": [4, 5, 4, 2, 5, 1]}
    >>> found = cg.rwg(pd.DataFrame(answers), "office", {"quality": ["q1", "q2"]}, scale=(1, 5))
    >>> found.tidy()[["construct", "n_groups", "rwg_median", "verdict"]].round(3)
      construct  n_groups  rwg_median verdict
    0   quality         2       0.455    poor
    """
    if isinstance(null, str):
        choose("null", null, raters.NULLS)
    if min_size < 2:
        raise OptionError(f"min_size={min_size!r}: one member agrees with nobody; the smallest group is 2.")
    if items is not None and constructs is not None:
        raise OptionError("rwg: give items or constructs, not both.")
    responses = _by_group(data, group, items, constructs)
    if items is not None or (constructs is None and responses.instrument is None):
        parts = tuple(Part(i, (i,), size=1) for i in pick_items(responses, items) if i != group)
    else:
        parts = pick_constructs(responses, constructs)
    notes: list[Note] = design_unused(data)
    codes, labels = group_codes(responses.frame[group], notes, group)
    rows, groups = [], []
    outside = 0
    guide = rule("rwg", "any")
    for part in (p for top in parts for p in top.walk()):
        X = responses.keyed.loc[codes >= 0, list(part.all_items)].to_numpy(dtype=float)
        check_range(responses.keyed[list(part.all_items)], scale)
        expected = expected_variance(responses, part.all_items, null, scale)
        value, raw, size = raters.rwg_j(X, codes[codes >= 0], expected, min_size)
        seen = ~np.isnan(value)
        if not seen.any():
            raise SampleError(
                f"rwg: no group of '{group}' has {min_size} members who answered all items of '{part.id}'."
            )
        with np.errstate(invalid="ignore"):
            outside += int(((raw < 0) | (raw > 1)).sum())
        median = float(np.median(value[seen]))
        rows.append(
            {
                "construct": part.id,
                "n_items": len(part.all_items),
                "n_groups": int(seen.sum()),
                "mean_group_size": float(size[seen].mean()),
                "rwg": float(value[seen].mean()),
                "rwg_median": median,
                "share": float((value[seen] >= guide.good).mean()) if guide else np.nan,
                "verdict": guide.verdict(median) if guide else "",
            }
        )
        groups.append(pd.DataFrame({"construct": part.id, "group": labels, "n": size, "rwg": value}))
    if outside:
        notes.append(note("responses.rwg_outside", n=outside))
    used = list(dict.fromkeys(i for p in parts for i in p.all_items))
    shown = null if isinstance(null, str | int | float) else tuple(null)
    return Agreement(
        table=pd.DataFrame(rows),
        groups=pd.concat(groups, ignore_index=True),
        notes=tuple(notes),
        meta=_meta(
            "rwg",
            responses,
            responses.keyed[used],
            {"group": group, "null": shown, "min_size": min_size},
            ("james1984", "lebreton2008"),
        ),
    )


def expected_variance(
    responses: Responses,
    items: Sequence[str],
    null: str | float | Sequence[float],
    scale: tuple[float, float] | None = None,
) -> np.ndarray:
    """Return the null variance of each item, from its scale."""
    if isinstance(null, int | float):
        if not null > 0:
            raise OptionError(f"null={null!r}: a variance must be greater than 0.")
        return np.full(len(items), float(null))
    found = []
    for name in items:
        if scale is not None:
            scores = np.arange(scale[0], scale[1] + 1.0)
        elif responses.instrument is not None:
            scores = np.array(sorted(responses.instrument.item(name).scale.scores))
        else:
            raise OptionError("rwg: the answer scale of a data frame is not known. Give it, e.g. scale=(1, 5).")
        if not isinstance(null, str) and len(null) != len(scores):
            raise OptionError(f"null: {len(null)} shares for the {len(scores)} categories of '{name}'.")
        if isinstance(null, str) and null.endswith("skew") and len(scores) != 5:
            raise OptionError(
                f"null='{null}' is tabled for five categories; '{name}' has {len(scores)}. Give one share per category."
            )
        found.append(raters.null_variance(null, scores))
    return np.array(found)


def one_way(x: np.ndarray, codes: np.ndarray, name: str, group: str, ci: float = 0.95) -> raters.OneWay:
    """Decompose one variable by group, refusing what cannot be decomposed."""
    sizes = np.bincount(codes)[np.unique(codes)] if len(codes) else np.array([], dtype=int)
    if len(sizes) < 2 or sizes.max(initial=0) < 2:
        raise SampleError(
            f"'{name}' by '{group}': {len(sizes)} groups, the largest of {sizes.max(initial=0)}. "
            "An ICC needs two groups, and one with two members."
        )
    return raters.one_way(x, codes, ci)


def group_codes(column: pd.Series, notes: list[Note], name: str) -> tuple[np.ndarray, list[str]]:
    """Return 0..G-1 per row (-1 without a group) and the labels; rows without a group are counted in a note."""
    codes, labels = pd.factorize(column, sort=True)
    if (codes < 0).any():
        notes.append(note("responses.group_blank", n=int((codes < 0).sum()), column=name))
    return codes, [str(v) for v in labels]


def worst(*verdicts: str) -> str:
    """Return the worst of the verdicts that were reached, "" where none was."""
    reached = [v for v in verdicts if v]
    return min(reached, key=_WORST.index) if reached else ""


def _by_group(
    data: Responses | pd.DataFrame, group: str, columns: Sequence[str] | None, constructs: Constructs
) -> Responses:
    named = columns
    if isinstance(constructs, Mapping) and not isinstance(data, Responses):
        named = list(dict.fromkeys(i for v in items_by_construct(constructs).values() for i in v))
    responses = as_responses(data, named)
    require(responses.frame.columns, [group], responses.provenance.file or "the data")
    if responses.frame[group].nunique() < 2:
        raise SampleError(
            f"column '{group}' holds {responses.frame[group].nunique()} groups; agreement within groups needs two."
        )
    return responses


def _meta(
    function: str, responses: Responses, used: pd.DataFrame, options: dict[str, object], sources: tuple[str, ...]
) -> Meta:
    return Meta(
        function=function,
        options=options,
        n=len(used),
        data_hash=data_hash(used),
        source=responses.provenance.file,
        simulated=responses.simulated,
        labels=responses.labels,
        references=sources,
    )
