"""The items of a factor analysis, their correlations, and what was left out on the way.

Labelled file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import CodingError, NotPositiveDefiniteError, OptionError, SampleError, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import choose
from cgsurvey.base.parallel import one_thread
from cgsurvey.base.result import Meta, data_hash
from cgsurvey.factor.extraction import Floats
from cgsurvey.moments.build import sample_statistics
from cgsurvey.moments.ordered import ordered_frame
from cgsurvey.moments.patterns import coverage
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import answered_items, as_responses, file_of
from cgsurvey.responses.source import Source, as_source

Correlation = Literal["pearson", "polychoric"]
Missing = Literal["listwise", "pairwise", "fiml"]
CORRELATIONS = ("pearson", "polychoric")
MISSING = ("listwise", "pairwise", "fiml")
SINGULAR = 1e-9  # eigenvalue below which a matrix counts as not positive definite
FLOOR = 1e-8  # eigenvalue that smoothing gives to those below


@dataclass(frozen=True)
class Items:
    """Items and how they go together.

    Attributes
    ----------
    names : tuple of str
    R : ndarray, shape (p, p)
        Correlations, positive definite.
    n : int
        Rows behind them; with pairwise deletion the smallest number behind any.
    mean, sd : ndarray, shape (p,)
        Of the rows that are used, sd with divisor n - 1.
    y : ndarray, shape (rows, p)
        The rows that are used; categories are numbers.
    gamma : ndarray, shape (k, k), or None
        Asymptotic covariance of the polychoric correlations below the diagonal, by columns, where it was asked for.
    source : Source
    notes : tuple of Note
    """

    names: tuple[str, ...]
    R: Floats
    n: int
    mean: Floats
    sd: Floats
    y: Floats
    gamma: Floats | None
    source: Source
    notes: tuple[Note, ...]

    @property
    def z(self) -> Floats:
        """The rows that are used, standardised to a mean square of one."""
        return (self.y - self.mean) / self.y.std(axis=0)

    def meta(self, function: str, references: Sequence[str], *, seed: int | None = None, **options: Any) -> Meta:
        """Return the origin of a result on these items."""
        labels = self.source.labels
        return Meta(
            function=function,
            options=options,
            n=self.n,
            seed=seed,
            data_hash=data_hash(self.y),
            source=self.source.file,
            simulated=self.source.simulated,
            labels={i: labels[i] for i in self.names if i in labels},
            references=tuple(references),
        )


def gather_items(
    data: Responses | pd.DataFrame,
    items: Sequence[str] | None,
    correlation: Correlation,
    missing: Missing = "listwise",
    smooth: bool = False,
    least: int = 2,
    gamma: bool = False,
) -> Items:
    """Find the items, check them, and correlate them.

    Parameters
    ----------
    data : Responses or DataFrame
        Reverse items of `Responses` are keyed.
    items : sequence of str, optional
        Default: all items; of a data frame the numeric columns, named in a note.
    correlation : {"pearson", "polychoric"}
    missing : {"listwise", "pairwise", "fiml"}
        Complete rows; for each pair the rows that answered both; moments of incomplete normal rows by EM.
    smooth : bool
        Repair a matrix that is not positive definite, with a note.
    least : int
        Items that are needed.
    gamma : bool
        Compute the asymptotic covariance of polychoric correlations too.

    Raises
    ------
    ColumnNotFoundError, CodingError
        An item is no column, holds text or infinite numbers.
    SampleError
        Too few items or rows, items without variance or without answers.
    NotPositiveDefiniteError
        Items determine each other, or a polychoric or pairwise matrix is not positive definite and `smooth` is False.
    """
    choose("correlation", correlation, CORRELATIONS)
    choose("missing", missing, MISSING)
    if missing == "fiml" and correlation == "polychoric":
        raise OptionError(
            "missing='fiml' is defined for normal variables, not for polychoric correlations. Use missing='pairwise' "
            "or cg.impute()."
        )
    items = _asked(items)
    if isinstance(data, pd.DataFrame):
        data = as_source(data).frame
    if isinstance(data, pd.DataFrame) and correlation == "polychoric":
        ranked = [c for c in data.columns if isinstance(data[c].dtype, pd.CategoricalDtype) and data[c].cat.ordered]
        data = ordered_frame(data, ranked)
    responses = as_responses(data, items)
    names = answered_items(responses, items)
    names = names if items is None else tuple(i for i in items if i in names)
    source = as_source(responses)
    notes: list[Note] = []
    if items is None and isinstance(data, pd.DataFrame) and len(names) < data.shape[1]:
        others = [str(c) for c in data.columns if c not in names]
        notes.append(note("factor.items_guessed", n=len(names), items=some(names, 12), others=some(others, 8)))
    if source.design is not None and source.design.columns:
        notes.append(note("factor.design_unused", columns=", ".join(source.design.columns)))
    _enough(names, least, file_of(responses))
    y = _checked(source.frame, names, missing, file_of(responses))
    with one_thread():
        found = sample_statistics(
            pd.DataFrame(y, columns=list(names)),
            names,
            missing=missing,
            ordered=names if correlation == "polychoric" else (),
            weight="ULS" if correlation == "polychoric" else None,
            gamma=gamma and correlation == "polychoric",
        )
        cov, all_gamma = found.samples[0].cov, found.samples[0].gamma
        d = np.sqrt(np.diag(cov))
        R = cov / np.outer(d, d)
        np.fill_diagonal(R, 1.0)
        notes += found.notes
        R, smoothed = _definite(R, names, smooth, correlation)
    notes += smoothed
    y = y[found.rows]
    n = len(y)
    if missing == "pairwise" and np.isnan(y).any():
        share = coverage(y)
        n = round(float(share.min()) * len(y))
        notes.append(note("factor.pairwise", smallest=n, rows=len(y)))
    elif missing == "fiml" and np.isnan(y).any():
        notes.append(note("factor.fiml", n=n))
    if correlation == "polychoric":
        notes.append(note("factor.polychoric"))
    k = len(names) * (len(names) - 1) // 2
    of_correlations = None if all_gamma is None else all_gamma[-k:, -k:]  # thresholds come first
    mean, sd = np.nanmean(y, axis=0), np.nanstd(y, axis=0, ddof=1)
    return Items(names, R, n, mean, sd, y, of_correlations, source, tuple(notes))


def _asked(items: Iterable[str] | str | None) -> tuple[str, ...] | None:
    """The items in the order asked for, each named once."""
    if items is None:
        return None
    names = (items,) if isinstance(items, str) else tuple(str(i) for i in items)
    twice = [n for n in dict.fromkeys(names) if names.count(n) > 1]
    if twice:
        raise OptionError(f"items names {some(twice)} twice: leave one.")
    return names


def _enough(names: Sequence[str], least: int, where: str) -> None:
    if len(names) < least:
        told = {"n": len(names), "items": f" ({some(names)})" if names else "", "least": least}
        raise SampleError.of("factor.few_items", where=where, **told)


def _checked(frame: pd.DataFrame, names: Sequence[str], missing: str, where: str) -> Floats:
    """Answers as numbers, shape (rows, p), of items that vary and rows that suffice."""
    y = frame[list(names)].to_numpy(dtype=float, na_value=np.nan)
    endless = [n for n, bad in zip(names, np.isinf(y).any(axis=0), strict=True) if bad]
    if endless:
        raise CodingError(f"{where}: {some(endless)} hold infinite numbers. Correct them or leave them empty.")
    answered = ~np.isnan(y)
    silent = [n for n, some_ in zip(names, answered.any(axis=0), strict=True) if not some_]
    if silent:
        raise SampleError.of("factor.nobody_answered", where=where, items=silent, it=_them(silent))
    used = answered.all(axis=1) if missing == "listwise" else answered.any(axis=1)
    n, p = int(used.sum()), len(names)
    if n <= p:
        code = "factor.few_rows"
        if missing == "listwise":
            code = "factor.gaps" if answered.any(axis=1).sum() > p else "factor.few_complete"
        raise SampleError.of(code, where=where, n=n, p=p, lost=len(y) - n, rows=len(y))
    low, high = np.nanmin(y[used], axis=0), np.nanmax(y[used], axis=0)
    constant = [n for n, same in zip(names, low == high, strict=True) if same]
    if constant:
        raise SampleError.of("factor.constant", where=where, n=n, items=constant, it=_them(constant))
    return y


def _them(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


_PLAIN = {"en": "correlations", "id": "korelasi"}
_POLYCHORIC = {"en": "polychoric correlations", "id": "korelasi polikorik"}


def _definite(R: Floats, names: Sequence[str], smooth: bool, correlation: str) -> tuple[Floats, list[Note]]:
    """Refuse a matrix that is not positive definite, or repair it."""
    values, vectors = np.linalg.eigh(R)
    if values[0] >= SINGULAR:
        return R, []
    parts = np.abs(vectors[:, 0])
    order = np.argsort(-np.round(parts, 6), kind="stable")
    behind = [names[int(k)] for k in order[:4] if parts[k] > 0.05]
    if not smooth:
        what = _POLYCHORIC if correlation == "polychoric" else _PLAIN
        smallest = float(values[0])
        raise NotPositiveDefiniteError.of("factor.not_definite", what=what, smallest=smallest, items=behind)
    raised = (vectors * np.maximum(values, FLOOR)) @ vectors.T
    d = np.sqrt(np.diag(raised))
    out = raised / np.outer(d, d)
    out = (out + out.T) / 2
    np.fill_diagonal(out, 1.0)
    largest = float(np.abs(out - R).max())
    told = note("factor.smoothed", smallest=float(values[0]), items=some(behind), largest=largest)
    return out, [told]
