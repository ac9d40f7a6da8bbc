"""Factor analysis beside psych and factanal: adequacy, extraction, rotation, number of factors, omega hierarchical."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cgsurvey as cg
from cgsurvey.factor.dimensions import minimum_average_partial, successive
from cgsurvey.factor.extraction import extract
from cgsurvey.factor.rotation import rotate
from cgsurvey.reliability.method_numbers import one_factor
from cgsurvey.reliability.schmid_leiman import hierarchy, schmid_leiman
from compared.battery import (
    DERIVED,
    ESTIMATE,
    TEST,
    Case,
    Number,
    Numbers,
    Part,
    below,
    each,
    files,
    frame_of,
    matrix,
    scalar,
)

Floats = NDArray[np.float64]
FIT = {
    "chi_ml": "chisq",
    "dof": "df",
    "tli": "tli",
    "bic": "bic",
    "rms": "rmsr",
    "crms": "rmsr_corrected",
    "fit": "fit",
}
RMSEA = ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper")
ROTATIONS = ("varimax", "promax", "oblimin")


def cases(battery: Path) -> Iterator[Case]:
    for pattern in ("fa_*", "harman_*"):
        for path, content in files(battery, "reliability", pattern):
            frame, ordered, e = (
                frame_of(battery, content, complete=True),
                content["data"]["polychoric"],
                content["expected"],
            )
            R = matrix(e["R"]).to_numpy()
            yield Case("adequacy", path.stem, content, _adequacy(frame, ordered, e))
            yield Case("extraction", path.stem, content, _extraction(frame, ordered, R, e))
            yield Case("psych_minima", path.stem, content, _stopped_early(frame, ordered, e))
            if "minres_varimax" in e["fa"]:
                yield Case("rotation", path.stem, content, _rotation(R, e))
            yield Case("dimensions", path.stem, content, _dimensions(frame, R, e))
            yield Case("chance", path.stem, content, _chance(frame, e))
            yield Case("rules", path.stem, content, _rules(frame, R, e))
            yield Case("hierarchy", path.stem, content, _hierarchy(R, e, turned="fa_bfi" in path.stem))


def _adequacy(frame: pd.DataFrame, ordered: bool, e: Part) -> Numbers:
    got = cg.factorability(frame, correlation="polychoric" if ordered else "pearson")
    theirs = matrix(e["R"])
    yield from below(
        ESTIMATE, "correlation", pd.DataFrame(got.correlations, theirs.index, theirs.columns), theirs, k=-1
    )
    yield from each(ESTIMATE, "eigenvalue", np.linalg.eigvalsh(got.correlations)[::-1], e["eigenvalues"], frame)
    yield from each(ESTIMATE, "squared multiple correlation", got.smc, e["smc"], frame)
    yield Number(ESTIMATE, "KMO", got.kmo, scalar(e["kmo"]["overall"]))
    yield from each(ESTIMATE, "KMO", got.kmo_items, e["kmo"]["items"], frame)
    for mine, name in (("chisq", "chisq"), ("df", "df"), ("p_value", "p.value")):
        yield Number(TEST, f"Bartlett's {mine}", got.bartlett[mine], scalar(e["bartlett"][name]))


def _columns(kind: str, what: str, ours: Floats, theirs: Floats, names: pd.DataFrame) -> Numbers:
    """Yield loadings in absolute units, columns in the order and with the signs that come nearest."""
    best = min(permutations(range(theirs.shape[1])), key=lambda o: _apart(ours[:, o], theirs))
    turned = ours[:, best] * np.where((ours[:, best] * theirs).sum(axis=0) < 0, -1, 1)
    for j in range(theirs.shape[1]):
        yield from each(kind, f"{what} loading", turned[:, j], theirs[:, j], names, 1.0)


def _apart(a: Floats, b: Floats) -> float:
    return float(np.abs(a * np.where((a * b).sum(axis=0) < 0, -1, 1) - b).max())


def _extraction(frame: pd.DataFrame, ordered: bool, R: Floats, e: Part) -> Numbers:
    """Yield principal axes of psych, which go on to 1e-12, and maximum likelihood of factanal."""
    theirs = e["fa"]["pa_none"]
    axes = cg.efa(
        frame, factors=len(theirs["loadings"]["cols"]), method="pa", rotation="none", correlation=_kind(ordered)
    )
    yield from _columns(DERIVED, "pa", axes.loadings.to_numpy(), matrix(theirs["loadings"]).to_numpy(), frame)
    yield from _of_solution(axes, theirs, frame)
    theirs = e["factanal_none"]
    likely = extract(R, len(theirs["loadings"]["cols"]), "ml")
    yield from _columns(DERIVED, "ml", likely.loadings, matrix(theirs["loadings"]).to_numpy(), frame)
    yield from each(DERIVED, "uniqueness", likely.uniquenesses, theirs["uniqueness"], frame, 1.0)
    fit = cg.efa(frame, factors=likely.loadings.shape[1], method="ml", rotation="none", correlation=_kind(ordered)).fit
    for mine, name in (("chisq", "statistic"), ("df", "dof"), ("pvalue", "p")):
        yield Number(TEST, mine, fit[mine], scalar(theirs[name]))


def _kind(ordered: bool) -> str:
    return "polychoric" if ordered else "pearson"


def _of_solution(got: cg.FactorAnalysis, theirs: Part, frame: pd.DataFrame) -> Numbers:
    yield from each(DERIVED, "communality", got.communalities, theirs["communality"], frame, 1.0)
    yield from each(DERIVED, "uniqueness", got.uniquenesses, theirs["uniqueness"], frame, 1.0)
    for name, mine in FIT.items():
        yield Number(TEST, mine, got.fit[mine], scalar(theirs[name]))
    if theirs["rmsea"]:
        yield from each(TEST, "rmsea", got.fit[list(RMSEA)], theirs["rmsea"][:3], RMSEA)
    shares = np.atleast_2d(matrix(theirs["vaccounted"]).to_numpy())
    yield from each(DERIVED, "sum of squared loadings", got.variance["ss_loadings"], shares[0], got.variance.index)
    yield from each(DERIVED, "share of variance", got.variance["share_of_variance"], shares[1], got.variance.index)


def _stopped_early(frame: pd.DataFrame, ordered: bool, e: Part) -> Numbers:
    """Yield psych's minres and ml, which stop before their minimum (validation.md)."""
    for method in ("minres", "ml"):
        theirs = e["fa"][f"{method}_none"]
        m = len(theirs["loadings"]["cols"])
        got = cg.efa(frame, factors=m, method=method, rotation="none", correlation=_kind(ordered))
        yield from _columns(DERIVED, method, got.loadings.to_numpy(), matrix(theirs["loadings"]).to_numpy(), frame)
        yield from _of_solution(got, theirs, frame)


def _rotation(R: Floats, e: Part) -> Numbers:
    m, names = len(e["fa"]["minres_none"]["loadings"]["cols"]), e["R"]["rows"]
    for method in ("minres", "ml", "pa"):
        A = extract(R, m, method).loadings
        for rotation in ROTATIONS:
            theirs, got = e["fa"][f"{method}_{rotation}"], rotate(A, rotation)
            yield from _columns(
                DERIVED, f"{method}, {rotation}:", got.loadings, matrix(theirs["loadings"]).to_numpy(), names
            )
            if theirs["phi"]:
                phi, want = (
                    np.sort(np.abs(P[np.tril_indices(m, -1)])) for P in (got.phi, matrix(theirs["phi"]).to_numpy())
                )
                yield from each(DERIVED, f"{method}, {rotation}: factor correlation", phi, want, range(len(want)), 1.0)
    A = extract(R, m, "ml").loadings
    for rotation, options in (("varimax", {}), ("promax", {"kaiser": False})):
        theirs = matrix(e[f"factanal_{rotation}"]["loadings"]).to_numpy()
        yield from _columns(DERIVED, f"factanal, {rotation}:", rotate(A, rotation, **options).loadings, theirs, names)


def _dimensions(frame: pd.DataFrame, R: Floats, e: Part) -> Numbers:
    # psych was given Pearson correlations here, of ordered items too
    got, theirs = cg.parallel_analysis(frame, seed=1, iterations=400), e["parallel"]
    rules = got.tidy().set_index("rule")["n_factors"]
    yield Number(ESTIMATE, "number of factors", got.n_factors, theirs["nfact"])
    yield Number(ESTIMATE, "number of components", rules["parallel_pca_percentile"], theirs["ncomp"])
    for mine, name in (("fa", "fa_values"), ("pca", "pc_values")):
        yield from each(DERIVED, f"eigenvalue ({mine})", got.eigenvalues[mine], theirs[name], frame, 1.0)
    harman, theirs = one_factor(R), e.get("harman_single_factor")
    if theirs:
        yield Number(ESTIMATE, "first eigenvalue", harman.eigenvalue, theirs["first_eigenvalue"])
        yield Number(
            ESTIMATE, "share of the first component", harman.component_share, theirs["first_unrotated_pc_share"]
        )
        yield Number(ESTIMATE, "share of one factor", harman.factor_share, theirs["first_paf_share"])
        yield Number(DERIVED, "share of one factor", harman.factor_share, theirs["minres_share"])


def _chance(frame: pd.DataFrame, e: Part) -> Numbers:
    got, theirs = cg.parallel_analysis(frame, seed=1, iterations=400).eigenvalues, e["parallel"]
    for mine, name in (("fa_mean", "fa_sim"), ("pca_mean", "pc_sim")):
        yield from each(ESTIMATE, f"mean eigenvalue ({name})", got[mine], theirs[name], frame, 1.0)
    shuffled = cg.parallel_analysis(frame, seed=1, iterations=400, null="permuted").eigenvalues
    for mine, name in (("fa_mean", "fa_sim_resampled"), ("pca_mean", "pc_sim_resampled")):
        yield from each(ESTIMATE, f"mean eigenvalue ({name})", shuffled[mine], theirs[name], frame, 1.0)


def _rules(frame: pd.DataFrame, R: Floats, e: Part) -> Numbers:
    """Yield Velicer's MAP, and the rules of successive solutions as long as these are proper (validation.md)."""
    theirs = e["vss_map"]
    partial = minimum_average_partial(R)[1 : len(theirs["map"]) + 1]
    yield from each(
        ESTIMATE, "average partial correlation", partial, theirs["map"][: len(partial)], range(1, len(partial) + 1)
    )
    m = len(e["fa"]["minres_none"]["loadings"]["cols"])
    k = int((np.array(theirs["stats"]["dof"], dtype=float) > 0).sum())
    got = successive(R, len(frame), k)
    proper = [not extract(R, f).bounded.any() for f in range(1, m + 2)]
    sure = min(k, [*proper, False].index(False))
    for name in ("vss1", "vss2"):
        ours, want = getattr(got, name)[:sure], theirs[name][:sure]
        first = int(name == "vss2")  # of one factor there is no second loading
        yield from each(DERIVED, name, ours[first:], want[first:], range(first + 1, sure + 1), 1.0)
    for mine, name in ((got.ebic, "eBIC"), (got.bic, "BIC")):
        yield from each(TEST, name, mine[:sure], theirs["stats"][name][:sure], range(1, sure + 1))


def _hierarchy(R: Floats, e: Part, *, turned: bool) -> Numbers:
    want = e["omega"]
    m = len(want["schmid_sl"]["cols"]) - 4
    found = schmid_leiman(R, m)
    if turned:  # psych turns items that load negatively on the general factor; so is done here first
        sign = np.where(found.general < 0, -1.0, 1.0)
        R = R * np.outer(sign, sign)
        found = schmid_leiman(R, m)
    shares = hierarchy(R, found.general, found.groups, found.residuals)
    of_all = {"omega_h": shares.general[0], "omega_tot": shares.total[0], "omega_lim": shares.limit}
    for name, value in of_all.items():
        yield Number(ESTIMATE, name, value, scalar(want[name]), 1.0)
    yield Number(ESTIMATE, "explained common variance", shares.ecv, want["eci"]["g"], 1.0)
    table, names = matrix(want["schmid_sl"]).to_numpy(), e["R"]["rows"]
    yield from each(DERIVED, "general loading", np.abs(found.general), np.abs(table[:, 0]), names, 1.0)
    yield from each(DERIVED, "uniqueness", found.residuals, table[:, -2], names, 1.0)
    ours = np.array([shares.total[1:], shares.general[1:], shares.group[1:]])
    theirs = np.array([want["omega_group"][k][1:] for k in ("total", "general", "group")])
    order = [int(np.abs(ours - column[:, None]).sum(axis=0).argmin()) for column in theirs.T]
    for name, mine, values in zip(("total", "general", "group"), ours[:, order], theirs, strict=True):
        yield from each(ESTIMATE, f"omega ({name})", mine, values, range(1, m + 1), 1.0)
