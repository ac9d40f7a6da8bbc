"""Start values: one common factor per latent variable, then least squares among their scores.

Numeric file. Everything is done in correlations and carried back by standard deviations, so that the units of the
items do not matter. Start values only decide how many steps the optimiser takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgsurvey.moments.sample import Floats, Sample
from cgsurvey.sem.model.implied import places
from cgsurvey.sem.model.ram import Cells, Layout, layouts
from cgsurvey.sem.model.structure import Structure


def start_values(structure: Structure, samples: Sequence[Sample], user: Floats) -> Floats:
    """Return a start value for each free parameter, shape (q,).

    Parameters
    ----------
    user : ndarray, shape (cells,)
        The user's own start values by cell of the structure, NaN where there are none; they win.
    """
    total, count = np.zeros(structure.q), np.zeros(structure.q)
    for layout, sample in zip(layouts(structure), samples, strict=True):
        cells = _group_start(layout, sample)
        np.add.at(total, layout.target, cells)
        np.add.at(count, layout.target, 1.0)
    theta = total / np.maximum(count, 1)
    given = ~np.isnan(user) & (structure.free >= 0)
    theta[structure.free[given]] = user[given]
    return theta


def _group_start(layout: Layout, sample: Sample) -> Floats:
    p, v = layout.p, layout.v
    sd = np.sqrt(np.diag(sample.cov))
    R = sample.cov / np.outer(sd, sd)
    arrows = list(
        zip(
            layout.arrows.i.tolist(),
            layout.arrows.j.tolist(),
            layout.arrows.free.tolist(),
            layout.arrows.value.tolist(),
            strict=True,
        )
    )
    fixed_var = {int(i): float(x) for i, j, f, x in zip(*_columns(layout.covariances), strict=True) if i == j and f < 0}
    caused = {i for i, _, _, _ in arrows}
    shared = np.bincount([i for i, j, f, x in arrows if j >= p and (f >= 0 or x != 0)], minlength=v).clip(1)

    # Proxies: row k of W holds the weights of standardised items whose sum stands for latent k, unit variance.
    W, size, loads, known = np.zeros((v, p)), np.concatenate([sd, np.ones(v - p)]), {}, set(range(p))
    W[:p] = np.eye(p)
    while True:
        ready = [k for k in range(p, v) if k not in known and _indicators(arrows, k, known, p)]
        if not ready:
            break
        for k in ready:
            marks = _indicators(arrows, k, known, p)
            at = [i for i, _, _ in marks]
            C = W[at] @ R @ W[at].T
            l = _one_factor(C) / np.sqrt(shared[at])
            held = [(n, x) for n, (_, f, x) in enumerate(marks) if f < 0]
            if held:
                l = l * (np.sign(l[held[0][0]]) * np.sign(held[0][1]) or 1.0)
                size[k] = float(np.mean([abs(l[n]) * size[at[n]] / abs(x) for n, x in held]))
            elif k in fixed_var:
                size[k] = max(np.sqrt(abs(fixed_var[k])), 0.1) * (1.2 if k in caused else 1.0)
            W[k] = l @ W[at] / (l @ l)
            loads.update({(i, k): l[n] * size[i] / size[k] for n, i in enumerate(at)})
        known.update(ready)
    C = np.clip(W @ R @ W.T, -0.9, 0.9)
    C[:p, :p] = R
    np.fill_diagonal(C, 1.0)

    rest = np.ones(v)  # share of each variable's variance that its causes leave
    values = dict(loads)
    for i in caused:
        causes = [j for a, j, _, _ in arrows if a == i and (a, j) not in loads]
        explained = sum((loads[i, j] * size[j] / size[i]) ** 2 for a, j, _, _ in arrows if (a, j) in loads and a == i)
        if causes:
            beta = np.linalg.solve(C[np.ix_(causes, causes)] + 0.05 * np.eye(len(causes)), C[causes, i])
            values.update({(i, j): b * size[i] / size[j] for j, b in zip(causes, beta, strict=True)})
            explained += float(beta @ C[causes, i])
        rest[i] = 1 - np.clip(explained, 0, 0.8)

    start = np.zeros(len(layout.target))
    n_a, n_s = len(layout.ai), len(layout.si)
    start[:n_a] = [values[i, j] for i, j in zip(layout.ai.tolist(), layout.aj.tolist(), strict=True)]
    least = np.ones(v)  # by how much a fixed covariance makes a residual variance larger
    for i, j, f, x in zip(*_columns(layout.covariances), strict=True):
        if i != j and f < 0 and x:
            product = rest[i] * rest[j] * (size[i] * size[j]) ** 2
            least[[i, j]] = np.maximum(least[[i, j]], abs(x) / (0.8 * np.sqrt(product)))
    for n, (i, j) in enumerate(zip(layout.si.tolist(), layout.sj.tolist(), strict=True)):
        if i == j:
            start[n_a + n] = rest[i] * size[i] ** 2 * least[i]
        elif i not in caused and j not in caused:
            start[n_a + n] = C[i, j] * size[i] * size[j]
    n_m = len(layout.mi)
    start[n_a + n_s : n_a + n_s + n_m] = _mean_start(layout, sample, values)
    if len(layout.ordered):
        start[n_a + n_s + n_m :] = _response_start(layout, sample)
    return start


def _response_start(layout: Layout, sample: Sample) -> list[float]:
    """Thresholds of the sample, and scales of one."""
    at = places(layout)
    assert sample.moments is not None
    found = np.zeros(len(layout.thresholds.free))
    found[at.threshold[at.threshold >= 0]] = sample.moments[: len(at.threshold)][at.threshold >= 0]
    return [*found[layout.thresholds.free >= 0], *np.ones(int(np.sum(layout.scales.free >= 0)))]


def _columns(cells: Cells) -> tuple[list[int], list[int], list[int], list[float]]:
    return cells.i.tolist(), cells.j.tolist(), cells.free.tolist(), cells.value.tolist()


def _indicators(
    arrows: list[tuple[int, int, int, float]], k: int, known: set[int], p: int
) -> list[tuple[int, int, float]]:
    """Arrows from latent k to observed variables, or to latents where it has no observed ones: (i, free, value)."""
    out = [(i, f, x) for i, j, f, x in arrows if j == k and i in known and (f >= 0 or x != 0)]
    return [m for m in out if m[0] < p] or out


def _one_factor(C: Floats) -> Floats:
    """Loadings of one common factor on standardised variables, the larger part positive."""
    k = len(C)
    if k == 1:
        return np.array([0.9])
    D = C / np.sqrt(np.outer(np.diag(C), np.diag(C)))
    off = np.abs(D - np.eye(k))
    np.fill_diagonal(D, np.clip(off.max(axis=1), 0.1, 0.9))
    values, vectors = np.linalg.eigh(D)
    l = vectors[:, -1] * np.sqrt(max(values[-1], 0.1))
    l = np.where(np.abs(l) < 0.1, np.where(l < 0, -0.1, 0.1), np.clip(l, -0.95, 0.95))
    return l if l.sum() >= 0 else -l


def _mean_start(layout: Layout, sample: Sample, values: dict[tuple[int, int], float]) -> list[float]:
    """Means of observed variables; means of latents by least squares where intercepts are held (growth models)."""
    p, v = layout.p, layout.v
    held = [int(i) for i, f in zip(layout.means.i, layout.means.free, strict=True) if f < 0 and i < p]
    latent = [int(i) for i in layout.mi if i >= p]
    found: dict[int, float] = {}
    if held and latent:
        A = np.zeros((v, v))
        A[layout.arrows.i, layout.arrows.j] = [
            x if f < 0 else values[int(i), int(j)]
            for i, j, f, x in zip(
                layout.arrows.i, layout.arrows.j, layout.arrows.free, layout.arrows.value, strict=True
            )
        ]
        offset = {int(i): float(x) for i, x in zip(layout.means.i, layout.means.value, strict=True)}
        target = sample.mean[held] - np.array([offset[i] for i in held])
        found = dict(zip(latent, np.linalg.lstsq(A[np.ix_(held, latent)], target, rcond=None)[0].tolist(), strict=True))
    return [float(sample.mean[i]) if i < p else found.get(int(i), 0.0) for i in layout.mi]
