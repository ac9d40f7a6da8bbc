"""How much of the satisfaction index a latent factor explains: that of its own elements, or that of service quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from cgsurvey.base.errors import ColumnNotFoundError, OptionError, SampleError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import fraction
from cgsurvey.base.result import Meta, Result, data_hash
from cgsurvey.reliability.green_yang import green_yang
from cgsurvey.responses import Responses
from cgsurvey.responses.selection import require
from cgsurvey.sem import SemFit, cfa, sem
from cgsurvey.service_quality.elements import HIGH, LOW, catalogue, gather
from cgsurvey.service_quality.index_numbers import FACTOR

Factor = str | Mapping[str, Sequence[str]] | None
OWN, INDEX = "satisfaction", "ikm_index"
_STEP = 1e-5


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IndexLink(Result):
    """Share of the variance of the index over users that a factor explains.

    Attributes
    ----------
    table : DataFrame
        One row per element that varies: `element loading std_error ci_lower ci_upper r2`; `loading` is the standardised
        loading of the element's latent response on its own factor, or the correlation of its score with the factor of
        service quality.
    factor : str
        Name of the factor, "satisfaction" for that of the elements.
    r2, ci_lower, ci_upper : float
        Share of the variance of the index (mean of the nine scores, 25 to 100) that the factor explains.
    fit : SemFit
        The model behind `r2`.
    """

    table: pd.DataFrame
    factor: str
    r2: float
    ci_lower: float
    ci_upper: float
    fit: SemFit

    def tidy(self) -> pd.DataFrame:
        """Return one row per element."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: factor, users, R2 of the index with its interval, fit of the model."""
        found = {"factor": self.factor, "n": self.meta.n, "r2": self.r2}
        found |= {"ci_lower": self.ci_lower, "ci_upper": self.ci_upper}
        measures = self.fit.fit_measures
        return pd.DataFrame([found | {m: float(measures.get(m, np.nan)) for m in ("cfi", "rmsea", "srmr")}])


def ikm_link(
    data: Responses | pd.DataFrame,
    factor: Factor = None,
    *,
    elements: Mapping[str, str] | None = None,
    users: Mapping[str, Any] | None = None,
    extra: Literal["refuse", "leave_out"] = "refuse",
    scale: tuple[int, int] = (LOW, HIGH),
    ci: float = 0.95,
) -> IndexLink:
    """Tell how much of the satisfaction index a latent factor explains.

    Parameters
    ----------
    data : Responses or DataFrame
    factor : str or mapping, optional
        None: the common factor of the nine elements, whose answers are ordered (WLSMV). A construct of the instrument
        ("service_quality"), or {name: items}: the index of each user is regressed on that factor (MLR; FIML where
        answers are missing).
    elements, users, extra, scale
        As in `ikm`.
    ci : float
        Level of the intervals.

    Returns
    -------
    IndexLink

    Raises
    ------
    SampleError
        Fewer than three elements that vary.
    OptionError, ColumnNotFoundError
        A factor that is not known, items that are not in the data.

    Notes
    -----
    Own factor: R2 = variance of the sum of the scores that the factor gives / variance of the sum, by the model of
    latent responses (Green & Yang, 2009, equation 21; "omega" of semTools::reliability); interval by the delta method
    on the logit. Other factor: R2 = beta^2, its limits those of the standardised beta. Errors are robust to the
    clusters of the data's design; weights are not used. An element that all users answered alike (a free service) adds
    a constant to the index and leaves the model with a note.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.ikm_link(cg.load_sample()).glance()[["factor", "n", "r2", "ci_lower", "ci_upper"]].round(2)
             factor    n    r2  ci_lower  ci_upper
    0  satisfaction  582  0.75      0.72      0.78
    """
    fraction("ci", ci)
    notes: list[Note] = []
    answers = gather(data, notes, elements=elements, extra=extra, scale=scale, users=users)
    x = pd.DataFrame(answers.x, columns=list(catalogue()), index=answers.rows.index)
    varies = [u for u in x if x[u].nunique() > 1]
    if len(varies) < len(x.columns):
        notes.append(note("service_quality.constant_left_out", elements=", ".join(u for u in x if u not in varies)))
    if len(varies) < 3:
        raise SampleError(
            f"{len(varies)} elements vary between the {len(x)} users; a common factor needs three. Were the answers "
            "filled in by default?"
        )
    design = answers.responses.design
    cluster = design.cluster if design is not None else None
    clusters = answers.rows[[cluster]] if cluster is not None else answers.rows[[]]
    if factor is None:
        name = OWN
        fit, table, found = _own(x[varies], clusters, ci)
        references: tuple[str, ...] = ("green2009", "muthen1997")
    else:
        name, model, items = _measured(answers.responses, factor)
        frame = answers.responses.keyed.loc[answers.rows.index, items].join(clusters)
        fit, table, found = _other(frame, x, varies, name, model, cluster, ci)
        references = ("yuan2000",)
    notes += [n for n in fit.notes if n.level != "info" or n.code == "sem.clusters"]
    if design is not None and design.weights:
        notes.append(note("service_quality.link_unweighted", column=design.weights))
    return IndexLink(
        table=table,
        factor=name,
        r2=found[0],
        ci_lower=found[1],
        ci_upper=found[2],
        fit=fit,
        notes=tuple(notes),
        meta=Meta(
            function="ikm_link",
            options={"factor": factor if isinstance(factor, str | None) else dict(factor), "ci": ci},
            n=int(fit.meta.n),
            data_hash=data_hash(answers.x),
            source=answers.responses.provenance.file,
            simulated=answers.responses.simulated,
            labels=_labels(answers.responses, name),
            references=references,
        ),
    )


def _own(x: pd.DataFrame, clusters: pd.DataFrame, ci: float) -> tuple[SemFit, pd.DataFrame, tuple[float, float, float]]:
    names = list(x)
    missing = "pairwise" if x.isna().to_numpy().any() else "listwise"
    fit = cfa(
        f"{OWN} =~ " + " + ".join(names),
        x.join(clusters),
        ordered=names,
        std_lv=True,
        cluster=next(iter(clusters), None),
        missing=missing,
    )
    rows = fit.tidy()
    loadings, cuts = rows[rows["op"] == "=~"], rows[rows["op"] == "|"]
    steps = [np.diff(np.sort(x[u].dropna().unique())) for u in names]
    ends = np.cumsum([0, *(len(s) for s in steps)])
    k = len(names)

    def share(theta: np.ndarray) -> float:
        common = np.outer(theta[:k], theta[:k])
        total = common.copy()
        np.fill_diagonal(total, 1.0)
        thresholds = [theta[k + a : k + b] for a, b in pairwise(ends)]
        return green_yang(thresholds, common, total, steps)

    theta = np.concatenate([loadings["estimate"], cuts["estimate"]]).astype(float)
    r2 = share(theta)
    step = _STEP * np.eye(len(theta))
    gradient = np.array([(share(theta + s) - share(theta - s)) / (2 * _STEP) for s in step])
    keys = [f"{r.lhs}{r.op}{r.rhs}" for r in pd.concat([loadings, cuts]).itertuples()]
    variance = float(gradient @ fit.vcov.loc[keys, keys].to_numpy() @ gradient)
    logit, error = np.log(r2 / (1 - r2)), np.sqrt(max(variance, 0.0)) / (r2 * (1 - r2))
    half = stats.norm.ppf((1 + ci) / 2) * error
    low, high = (float(1 / (1 + np.exp(-(logit + side)))) for side in (-half, half))
    return fit, _table(names, fit.standardized(), "=~", "rhs", ci), (r2, low, high)


def _other(
    frame: pd.DataFrame, x: pd.DataFrame, varies: list[str], name: str, model: str, cluster: str | None, ci: float
) -> tuple[SemFit, pd.DataFrame, tuple[float, float, float]]:
    index = FACTOR * x.mean(axis=1, skipna=False)
    whole = frame.assign(**{INDEX: index})
    missing = "fiml" if whole.isna().to_numpy().any() else "listwise"
    options: dict[str, Any] = {"estimator": "MLR", "missing": missing, "cluster": cluster}
    fit = sem(f"{model}\n{INDEX} ~ {name}", whole, **options)
    by_element = sem("\n".join([model, *(f"{u} ~ {name}" for u in varies)]), frame.join(x[varies]), **options)
    row = _table([INDEX], fit.standardized(), "~", "lhs", ci).iloc[0]
    low, high = sorted((row["ci_lower"] ** 2, row["ci_upper"] ** 2))
    if row["ci_lower"] < 0 < row["ci_upper"]:
        low = 0.0
    return fit, _table(varies, by_element.standardized(), "~", "lhs", ci), (float(row["r2"]), float(low), float(high))


def _table(names: list[str], solution: pd.DataFrame, op: str, side: str, ci: float) -> pd.DataFrame:
    rows = solution[solution["op"] == op].set_index(side).loc[names]
    value, error = rows["estimate"].to_numpy(dtype=float), rows["std_error"].to_numpy(dtype=float)
    half = stats.norm.ppf((1 + ci) / 2) * error
    found = {"element": pd.array(names, dtype="str"), "loading": value, "std_error": error}
    return pd.DataFrame(found | {"ci_lower": value - half, "ci_upper": value + half, "r2": value**2})


def _measured(responses: Responses, factor: str | Mapping[str, Sequence[str]]) -> tuple[str, str, list[str]]:
    """Return name, measurement model and items of the factor."""
    if isinstance(factor, Mapping):
        if len(factor) != 1 or any(isinstance(v, str) or len(v) < 3 for v in factor.values()):
            raise OptionError('factor must name one factor with three items at least: {"quality": ["q1", "q2", "q3"]}.')
        name, items = next((str(k), [str(i) for i in v]) for k, v in factor.items())
        require(responses.frame.columns, items, responses.provenance.file or "the data frame")
        return name, f"{name} =~ " + " + ".join(items), items
    if responses.instrument is None:
        raise OptionError(
            f"factor='{factor}' names a construct, and the data have no instrument: give its items, "
            f'factor={{"{factor}": ["q1", "q2", "q3"]}}.'
        )
    known = {c.id: c for top in responses.instrument.constructs for c in top.walk()}
    if factor not in known:
        raise OptionError(f"factor='{factor}' is no construct.{did_you_mean(factor, known)} Known: {some(known, 20)}.")
    items = list(known[factor].all_items)
    absent = [i for i in items if i not in responses.frame.columns]
    if absent:
        raise ColumnNotFoundError(f"the data hold no {some(absent)} of '{factor}'. Name the items: factor={{...}}.")
    return factor, responses.instrument.model("second_order", constructs=[factor]).syntax, items


def _labels(responses: Responses, name: str) -> dict[str, Mapping[str, str]]:
    words: dict[str, Mapping[str, str]] = {u: {"en": e["en"], "id": e["id"]} for u, e in catalogue().items()}
    words[OWN] = {"en": "satisfaction with the elements", "id": "kepuasan atas unsur layanan"}
    return words | {k: v for k, v in responses.labels.items() if k == name}
