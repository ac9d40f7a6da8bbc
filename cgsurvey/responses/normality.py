"""How the answers to each item are distributed: skewness, kurtosis, thin categories; Mardia's tests of all together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction, whole
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.references import rule
from cgsurvey.base.result import Meta, Result, data_hash, group_words
from cgsurvey.responses.agreement import group_codes, worst
from cgsurvey.responses.categories import join_sparse, joined_words
from cgsurvey.responses.mardia import (
    amos_kurtosis,
    full_rank,
    kurtosis_bias,
    mardia,
    moment_ratios,
    standard_errors,
    two_sided,
)
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.selection import answered_items, as_responses, require
from cgsurvey.responses.shape import shape
from cgsurvey.responses.source import design_unused

SPARSE = 5  # answers below which a category, and a threshold beside it, is badly known
_MOST = 11  # categories beyond which whole numbers are a measurement and no answer scale
_BIASED = 0.5  # standard errors by which the mean of b2p may lie off before it is said
_MARDIA = ("measure", "n", "estimate", "statistic", "df", "p_value")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Normality(Result):
    """Distribution of items; with `by`, each table is led by the column `group`.

    Attributes
    ----------
    items : DataFrame
        `item n skewness skewness_se skewness_z skewness_p kurtosis kurtosis_se kurtosis_z kurtosis_p skewness_cr
        kurtosis_cr verdict floor_share ceiling_share n_categories n_sparse n_empty sparse empty collapse`. Skewness and
        kurtosis are G1 and G2 with their exact standard errors (SPSS), `_z` their ratio and `_p` its two-sided p-value;
        `_cr` are the critical ratios that AMOS prints, g1 / sqrt(6 / n) and g2 / sqrt(24 / n) of the moments with
        divisor n. `n_categories` counts those of the scale, `n_sparse` those with fewer than five answers, the empty
        ones (`n_empty`) included.
    mardia : DataFrame
        `measure n estimate statistic df p_value`, of the rows that answered all items: "skewness" (b1p, chi-square),
        "skewness_small" (with the factor for small samples), "kurtosis" (b2p, z), "kurtosis_amos" (as AMOS prints it,
        with its critical ratio, centred on the exact mean under normality: the one to look at when n is small for so
        many items). NaN where n is not above the number of items.
    categories : DataFrame
        `item value count share`, one row per category of the scale.
    by : str, optional
        Column of the groups.
    """

    items: pd.DataFrame
    mardia: pd.DataFrame
    categories: pd.DataFrame
    by: str | None = None

    def tidy(self) -> pd.DataFrame:
        """Return one row per item (and group)."""
        return self.items.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: rows, items, groups, items with a verdict "poor" or thin categories, Mardia's test.

        With `by`, the test of the group with the largest critical ratio is shown.
        """
        by_group = self.mardia.query("measure == 'kurtosis_amos'")
        ratios = by_group["statistic"].abs()
        at = int(np.nanargmax(ratios)) if ratios.notna().any() else 0
        poor, sparse = (self.items.loc[hit, "item"].nunique() for hit in (self._poor, self.items["n_sparse"] > 0))
        return pd.DataFrame(
            {
                "n": [self.meta.n],
                "n_items": [self.items["item"].nunique()],
                "n_groups": [self.items["group"].nunique() if self.by else 1],
                "n_poor": [poor],
                "n_sparse_items": [sparse],
                "mardia_kurtosis": [by_group["estimate"].iloc[at]],
                "mardia_cr": [by_group["statistic"].iloc[at]],
                "p_value": [by_group["p_value"].iloc[at]],
            }
        )

    @property
    def _poor(self) -> pd.Series:
        return self.items["verdict"] == "poor"

    def collapse(self, *, least: int = SPARSE, share: float = 0.0) -> dict[str, dict[float, float]]:
        """Return which categories to join, item to old and new scores, for `cgsurvey.collapse`.

        As few neighbours as possible are joined so that every category holds enough answers, in every group; among
        equal ways the one that loses the least variance. The joined category takes the score of its largest part.

        Parameters
        ----------
        least : int
            Answers that each category must hold.
        share : float
            Share of the answers that it must hold as well.

        Returns
        -------
        dict of str to dict of float to float
            Only items with a category that is too thin and can be filled; items that cannot are named in the notes.
        """
        whole("least", least)
        fraction("share", share, closed=True)
        found = {}
        for item, table in self.categories.groupby("item", sort=False):
            joins = _joins(table, least, share)
            if joins and joined_words(joins):
                found[str(item)] = dict(joins)
        return found


def normality(
    data: Responses | pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    by: str | None = None,
    scale: tuple[float, float] | None = None,
) -> Normality:
    """Describe how answers are distributed, and whether their categories can carry a model.

    Answers are looked at as given; turning an item changes the sign of its skewness only. No test decides here: with
    many respondents every Likert item departs from the normal distribution significantly, so the verdict rests on the
    size of skewness and kurtosis (West, Finch & Curran, 1995).

    Parameters
    ----------
    data : Responses or DataFrame
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns.
    by : str, optional
        Column of groups; categories that one group uses and another does not are named.
    scale : (low, high), optional
        Answer scale where no instrument says it; without either, the whole numbers between the smallest and the
        largest answer of the item.

    Returns
    -------
    Normality

    Raises
    ------
    ColumnNotFoundError, CodingError
        For items or groups that are no columns, or hold text.
    SampleError
        When there are no rows or no items.

    Notes
    -----
    Skewness and kurtosis equal psych::describe(type = 2); psych's default, type 3, is g1 ((n - 1) / n)^1.5 and
    (g2 + 3) ((n - 1) / n)^2 - 3. Mardia's tests equal psych::mardia and semTools::mardiaSkew, mardiaKurtosis.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample()
    >>> cg.normality(answers, ["tan1", "tan2"]).tidy()[["item", "skewness", "kurtosis"]].round(2)
       item  skewness  kurtosis
    0  tan1     -0.52     -0.27
    1  tan2     -0.68     -0.10
    """
    responses = as_responses(data, items)
    frame, notes = responses.frame, list[Note]()
    require(frame.columns, [by] if by is not None else [], responses.provenance.file or "the data frame")
    if scale is not None and (len(scale) != 2 or not scale[0] < scale[1]):
        raise OptionError(f"scale={scale!r}: give the lowest and the highest score, e.g. scale=(1, 5).")
    names = tuple(n for n in answered_items(responses, items) if n != by)
    if not isinstance(data, Responses) and items is None:
        notes.append(note("responses.items_guessed", n=len(names), items=some(names)))
    if not len(frame) or not names:
        raise SampleError(f"there is nothing to look at: {len(frame)} respondents, {len(names)} items.")
    if responses.design is not None and responses.design.weights is not None:
        notes.append(note("responses.weights_unused", column=responses.design.weights))
    else:
        notes += design_unused(data)
    X = frame[list(names)].to_numpy(dtype=float)
    silent = int((np.isnan(X) & (responses.reasons[list(names)] != "not_asked").to_numpy()).all(axis=1).sum())
    if silent:
        notes.append(note("responses.no_answer", n=silent))
    scores = {n: _scores(responses, n, x, scale) for n, x in zip(names, X.T, strict=True)}
    outside = {n: int((~np.isin(x[~np.isnan(x)], s)).sum()) for (n, s), x in zip(scores.items(), X.T, strict=True) if s}
    if any(outside.values()):
        told = [f"{n} ({k})" for n, k in outside.items() if k]
        notes.append(note("responses.outside_scale", items=some(told)))
    tables: dict[str, list[pd.DataFrame]] = {"items": [], "mardia": [], "categories": []}
    for label, rows in _groups(frame, by, notes):
        with one_thread():
            together = _mardia(names, X[rows], group_words(responses.labels, [by], [[label]]) if by else None, notes)
        made = {
            "items": pd.DataFrame([_item(n, x, scores[n]) for n, x in zip(names, X[rows].T, strict=True)]),
            "mardia": together,
            "categories": _counts(scores, X[rows]),
        }
        for key, table in made.items():
            if by is not None:
                table.insert(0, "group", label)
            tables[key].append(table)
    joined = {key: pd.concat(found, ignore_index=True) for key, found in tables.items()}
    joined["items"]["collapse"] = _advice(joined["items"], joined["categories"], notes)
    notes += _remarks(joined["items"], joined["categories"], by)
    return Normality(
        **joined,
        by=by,
        notes=tuple(notes),
        meta=Meta(
            function="normality",
            options={"by": by, "scale": scale},
            n=len(frame),
            data_hash=data_hash(frame[list(names)]),
            source=responses.provenance.file,
            simulated=responses.simulated,
            labels=responses.labels,
            references=("joanes1998", "westfinch1995", "mardia1970", "mardia1974"),
        ),
    )


def _scores(responses: Responses, name: str, x: np.ndarray, scale: tuple[float, float] | None) -> tuple[float, ...]:
    """Return the categories of an item, ascending; none for a measurement."""
    if scale is not None:
        return tuple(np.arange(scale[0], scale[1] + 1, dtype=float))
    if responses.instrument is not None:
        return tuple(sorted(responses.instrument.item(name).scale.scores))
    x = x[~np.isnan(x)]
    if not len(x) or (x != np.round(x)).any() or np.ptp(x) >= _MOST:
        return ()
    return tuple(np.arange(x.min(), x.max() + 1))


def _groups(frame: pd.DataFrame, by: str | None, notes: list[Note]) -> Iterable[tuple[str, np.ndarray]]:
    if by is None:
        return [("", np.ones(len(frame), dtype=bool))]
    codes, labels = group_codes(frame[by], notes, by)
    if not labels:
        raise SampleError(f"column '{by}' names no group.")
    return [(label, codes == g) for g, label in enumerate(labels)]


def _item(name: str, x: np.ndarray, scores: tuple[float, ...]) -> dict[str, Any]:
    x = x[~np.isnan(x)]
    n, s = len(x), shape(x)
    (se_skew, se_kurt), (g1, g2) = standard_errors(n), moment_ratios(x)
    z_skew, z_kurt = s.skewness / se_skew, s.kurtosis / se_kurt
    by_size = [r.verdict(abs(v)) for m, v in _sizes(s.skewness, s.kurtosis) if (r := rule(m, "any")) is not None]
    counts = _count(x, scores)
    thin = [f"{v:g} ({c})" for v, c in zip(scores, counts, strict=True) if 0 < c < SPARSE]
    empty = [f"{v:g}" for v, c in zip(scores, counts, strict=True) if c == 0]
    known = bool(scores) and n > 0
    return {
        "item": name,
        "n": n,
        "skewness": s.skewness,
        "skewness_se": se_skew,
        "skewness_z": z_skew,
        "skewness_p": two_sided(z_skew),
        "kurtosis": s.kurtosis,
        "kurtosis_se": se_kurt,
        "kurtosis_z": z_kurt,
        "kurtosis_p": two_sided(z_kurt),
        "skewness_cr": g1 / np.sqrt(6 / n) if n else np.nan,
        "kurtosis_cr": g2 / np.sqrt(24 / n) if n else np.nan,
        "verdict": worst(*by_size),
        "floor_share": counts[0] / n if known else np.nan,
        "ceiling_share": counts[-1] / n if known else np.nan,
        "n_categories": float(len(scores)) if scores else np.nan,
        "n_sparse": float(len(thin) + len(empty)) if known else np.nan,
        "n_empty": float(len(empty)) if known else np.nan,
        "sparse": ", ".join(thin) if known else "",
        "empty": ", ".join(empty) if known else "",
    }


def _sizes(skewness: float, kurtosis: float) -> tuple[tuple[str, float], ...]:
    return ("skewness_abs", skewness), ("kurtosis_abs", kurtosis)


def _count(x: np.ndarray, scores: tuple[float, ...]) -> list[int]:
    return [int((x == v).sum()) for v in scores]


def _counts(scores: Mapping[str, tuple[float, ...]], X: np.ndarray) -> pd.DataFrame:
    rows = []
    for (name, values), x in zip(scores.items(), X.T, strict=True):
        n = int((~np.isnan(x)).sum())
        rows += [(name, v, c, c / n if n else np.nan) for v, c in zip(values, _count(x, values), strict=True)]
    return pd.DataFrame(rows, columns=["item", "value", "count", "share"])


def _mardia(names: Sequence[str], X: np.ndarray, group: Mapping[str, str] | None, notes: list[Note]) -> pd.DataFrame:
    """Return Mardia's tests of the items that vary, with a note where one was left out or no test exists."""
    given = ~np.isnan(X)
    varies = np.array([g.any() and np.ptp(x[g]) > 0 for x, g in zip(X.T, given.T, strict=True)])
    Y = X[:, varies]
    Y = Y[~np.isnan(Y).any(axis=1)]
    n, p = Y.shape
    where = {"group": {x: f" ({words})" for x, words in group.items()} if group else ""}
    if not varies.all() and varies.any():
        left_out = some(name for name, v in zip(names, varies, strict=True) if not v)
        notes.append(note("responses.mardia_left_out", items=left_out, **where))
    if p == 0 or n <= p:
        notes.append(note("responses.mardia_few_rows", n=n, p=p, **where))
    elif not full_rank(Y):
        notes.append(note("responses.mardia_dependent", n=n, p=p, **where))
    else:
        m, (value, ratio) = mardia(Y), amos_kurtosis(Y)
        bound = rule("critical_ratio_abs", "any")
        far = bound is not None and bound.verdict(abs(ratio)) == "poor"
        code = "responses.mardia_evidence" if far else "responses.mardia_no_evidence"
        notes.append(note(code, ratio=ratio, n=n, **where))
        low = kurtosis_bias(n, p)
        if low > _BIASED:
            notes.append(note("responses.mardia_biased", n=n, p=p, bias=low, **where))
        rows: list[tuple[Any, ...]] = [
            ("skewness", n, m.b1, m.chisq, m.df, m.p_value),
            ("skewness_small", n, m.b1, m.chisq_small, m.df, m.p_small),
            ("kurtosis", n, m.b2, m.z, np.nan, m.p_kurtosis),
            ("kurtosis_amos", n, value, ratio, np.nan, two_sided(ratio)),
        ]
        return pd.DataFrame(rows, columns=list(_MARDIA))
    nothing = [(m, n, *[np.nan] * 4) for m in ("skewness", "skewness_small", "kurtosis", "kurtosis_amos")]
    return pd.DataFrame(nothing, columns=list(_MARDIA))


def _joins(table: pd.DataFrame, least: int, share: float) -> Mapping[float, float] | None:
    """Return the joins of one item from its categories, a row per group and category."""
    scores = tuple(table["value"].unique())
    return join_sparse(scores, table["count"].to_numpy().reshape(-1, len(scores)), least, share)


def _advice(items: pd.DataFrame, categories: pd.DataFrame, notes: list[Note]) -> pd.Series:
    """Return what to join per item, "join 1 and 2; join 6 and 7"; items that cannot be helped are named in a note."""
    words, hopeless = {}, []
    for item, table in categories.groupby("item", sort=False):
        joins = _joins(table, SPARSE, 0.0)
        if joins is None:
            hopeless.append(str(item))
            continue
        groups = [[f"{v:g}" for v in g] for g in joined_words(joins)]
        words[item] = "; ".join(f"join {', '.join(g[:-1])} and {g[-1]}" for g in groups)
    if hopeless:
        notes.append(note("responses.collapse_impossible", items=some(hopeless), least=SPARSE))
    return pd.Series([words.get(i, "") for i in items["item"]], index=items.index, dtype="str")


def _remarks(items: pd.DataFrame, categories: pd.DataFrame, by: str | None) -> list[Note]:
    answers = items.groupby("item", sort=False)["n"].sum()
    out = []
    silent = [str(i) for i, n in answers.items() if n == 0]
    if silent:
        out.append(note("responses.items_unanswered", items=some(silent)))
    constant = items[(items["n"] > 0) & items["skewness"].isna()]
    if len(constant):
        named = constant["item"] + (" (" + constant["group"] + ")" if by is not None else "")
        out.append(note("responses.no_shape", items=some(named)))
    thin = items.loc[items["n_sparse"] > 0, "item"].unique()
    if len(thin):
        out.append(note("responses.sparse_categories", n=len(thin), items=some(thin), least=SPARSE))
    if by is not None:
        differ = []
        for item, table in categories.groupby("item", sort=False):
            used = table.pivot(index="value", columns="group", values="count") > 0
            odd = used[used.any(axis=1) & ~used.all(axis=1)]
            differ += [f"{item}: {v:g} ({', '.join(row.index[~row])})" for v, row in odd.iterrows()]
        if differ:
            out.append(note("responses.categories_differ", column=by, categories=some(differ)))
    return out
